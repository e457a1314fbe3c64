# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A Debian to run on the board, as an image of a disk in the cache: the packages
# below and what they depend on, unpacked. Their maintainers' scripts do not run,
# as that takes root rights and the board's own processor. What of those scripts'
# work the guest misses is made here, or by scripts/guest/init; caches of
# libraries, of plugins and of Python's code are only there to save time.

# What unmodified clients are, and a shell to run them from.
ROOT_PACKAGES=(
	base-files bash coreutils libc-bin kmod mount
	libcamera-tools
	gstreamer1.0-tools gstreamer1.0-libcamera
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	python3-gi gir1.2-gst-plugins-base-1.0
)
# Files that are not needed on the board.
ROOT_UNUSED=(usr/share/{doc,info,locale,man,iso-codes,fonts,icons} usr/lib/systemd)

# root_prepare debian:SUITE: sets ROOT_IMAGE, the disk's image. It is made again
# if the suite has other versions of the packages. Without a mirror they are
# those of the package lists that were read last.
root_prepare() {
	local suite=${1#debian:} packages name

	[[ $1 =~ ^debian:[a-z]+$ ]] ||
		die "--root $1 is not a root file system: give debian: and a suite, debian:trixie for instance."
	# Without a mirror the lists that were read last serve.
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

# root_make SUITE PACKAGE=VERSION... DIR
root_make() {
	local suite=$1 dir=${*: -1} packages=("${@:2:$#-2}") tree

	tree=$dir/tree
	# Directories outside /usr are links into it, which packages take for granted.
	mkdir -p "$tree"/usr/{bin,sbin,lib} &&
		ln -s usr/bin usr/sbin usr/lib "$tree" &&
		foreign_unpack "$suite" "$ARCH" "$tree" "${packages[@]}" &&
		root_complete "$tree" &&
		root_pack "$tree" "$dir/image" &&
		rm -r "$tree"
}

# root_complete TREE: what maintainers' scripts or an installer would have made.
root_complete() {
	(cd "$1" && rm -rf "${ROOT_UNUSED[@]}") &&
		mkdir -p "$1"/{dev,proc,sys,tmp,run,root} "$1/usr/lib/modules" &&
		ln -sf bash "$1/usr/bin/sh"
}

# root_pack TREE IMAGE: an ext4 that has room for half as much again. Nothing is
# kept of what a run writes to it, so that it needs no journal.
root_pack() {
	local mib

	mib=$(du -sm "$1" | cut -f1)
	truncate -s "$((mib * 3 / 2))M" "$2" &&
		mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$1" "$2"
}
