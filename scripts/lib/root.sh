# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A Debian for the board, as a disk image in the cache. It has the packages below and
# their dependencies, unpacked. The packages' maintainer scripts do not run: they need
# root rights and the board's processor. root_complete and scripts/guest/init do the part
# of their work that the guest needs. Caches of libraries, plugins and Python code are
# missing, which only costs time.

# The unmodified clients, and a shell to run them.
ROOT_PACKAGES=(
	base-files bash coreutils libc-bin kmod mount
	libcamera-tools
	gstreamer1.0-tools gstreamer1.0-libcamera
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	python3-gi gir1.2-gst-plugins-base-1.0
)
# Files that are not needed on the board.
ROOT_UNUSED=(usr/share/{doc,info,locale,man,iso-codes,fonts,icons} usr/lib/systemd)

# root_prepare debian:SUITE: sets ROOT_IMAGE, the disk's image. Makes it again if the
# suite has other versions of the packages.
root_prepare() {
	local suite=${1#debian:} packages name

	[[ $1 =~ ^debian:[a-z]+$ ]] ||
		die "--root $1 is not a root file system: give debian: and a suite, for example debian:trixie."
	# Without a mirror, the package lists that were read last are used.
	foreign_update "$suite" "$ARCH" || true
	packages=$(foreign_needs "$suite" "$ARCH" "${ROOT_PACKAGES[@]}") ||
		die "Debian $suite does not have all of these packages for $ARCH: ${ROOT_PACKAGES[*]}"
	name=root/$suite-$ARCH-$(short_hash "$packages ${ROOT_UNUSED[*]}" \
		"$(declare -f root_make root_complete root_pack)")
	# shellcheck disable=SC2086 # a word is a package
	cache_make "$name" root_make "$suite" $packages ||
		die "there is no root file system of Debian $suite: see the reason above."
	ROOT_IMAGE=$CACHE/$name/image
}

# root_make SUITE PACKAGE=VERSION... DIR: makes DIR/image.
root_make() {
	local suite=$1 dir=${*: -1} packages=("${@:2:$#-2}") tree

	tree=$dir/tree
	# Packages need these directories to be links into /usr.
	mkdir -p "$tree"/usr/{bin,sbin,lib} &&
		ln -s usr/bin usr/sbin usr/lib "$tree" &&
		foreign_unpack "$suite" "$ARCH" "$tree" "${packages[@]}" &&
		root_complete "$tree" &&
		root_pack "$tree" "$dir/image" &&
		rm -r "$tree"
}

# root_complete TREE: makes what maintainer scripts or an installer would make, and
# removes ROOT_UNUSED.
root_complete() {
	(cd "$1" && rm -rf "${ROOT_UNUSED[@]}") &&
		mkdir -p "$1"/{dev,proc,sys,tmp,run,root} "$1/usr/lib/modules" &&
		ln -sf bash "$1/usr/bin/sh"
}

# root_pack TREE IMAGE: makes an ext4 image of 1.5 times the tree's size. It needs no
# journal, because a run's writes are discarded.
root_pack() {
	local mib

	mib=$(du -sm "$1" | cut -f1)
	truncate -s "$((mib * 3 / 2))M" "$2" &&
		mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$1" "$2"
}
