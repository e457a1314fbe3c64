# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kernels for the board in a box: Debian's, by series, unpacked into the cache
# with the headers to build modules against, or a kernel tree built elsewhere.

# The Debian suite whose stable kernel is of a series.
kernel_suite() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	*) die "no Debian suite is known to have kernel $1: choose 5.10, 6.1 or 6.12, or name a built kernel tree." ;;
	esac
}

# kernel_prepare SERIES|KDIR ARCH: sets
#   KERNEL_IMAGE	what QEMU boots
#   KERNEL_RELEASE	as uname -r prints it
#   KERNEL_MODULES	the directory that has lib/modules/$KERNEL_RELEASE
#   KERNEL_BUILD	what modules are built against
kernel_prepare() {
	if [ -d "$1" ]; then
		kernel_from_tree "$(realpath "$1")" "$2"
	else
		kernel_from_debian "$1" "$2"
	fi
}

kernel_from_debian() {
	local series=$1 arch=$2 suite root

	suite=$(kernel_suite "$series") || exit
	cache_make "kernel/debian-$series-$arch" kernel_download "$suite" "$arch" ||
		die "Debian's kernel $series for $arch is not available: see the reason above."
	root=$CACHE/kernel/debian-$series-$arch

	KERNEL_IMAGE=$(echo "$root"/boot/vmlinuz-*)
	KERNEL_RELEASE=${KERNEL_IMAGE##*/vmlinuz-}
	KERNEL_MODULES=$root
	KERNEL_BUILD=$root/usr/src/linux-headers-$KERNEL_RELEASE
}

# kernel_download SUITE ARCH DIR: the suite's newest kernel and its headers.
# The tools among the headers run here, so they are of this machine's own
# architecture.
kernel_download() {
	local suite=$1 arch=$2 dir=$3 image headers support

	foreign_update "$suite" "$arch" || return
	image=$(foreign_depends "$suite" "$arch" "linux-image-$arch" | grep '^linux-image-')
	headers=${image/image/headers}
	support=$(foreign_depends "$suite" "$arch" "$headers" |
		sed -n "/^linux-headers-.*-common/p; s/^linux-kbuild-.*/&:$HOST_ARCH/p")
	if [ -z "$image" ] || [ -z "$support" ]; then
		note "Debian $suite has no kernel for $arch."
		return 1
	fi
	# shellcheck disable=SC2086
	foreign_unpack "$suite" "$arch" "$dir" "$image" "$headers" $support || return
	# Suites since trixie have /lib as a link to usr/lib.
	[ -d "$dir/lib" ] || ln -s usr/lib "$dir/lib"
	kernel_relocate_headers "$dir/usr/src/$headers"
}

# Debian's headers name their common part by an absolute path, and the very
# compiler that built the kernel. Any directory and any gcc will do.
kernel_relocate_headers() {
	# shellcheck disable=SC2016 # for make to expand
	sed -i 's,^include /usr/src,include $(dir $(lastword $(MAKEFILE_LIST)))..,' "$1/Makefile"
	sed -i 's/gcc-[0-9]*$/gcc/' "$1/.kernelvariables"
}

# kernel_from_tree KDIR ARCH: a tree in which "make Image modules" was run.
kernel_from_tree() {
	local kdir=$1 arch=$2

	KERNEL_IMAGE=$kdir/arch/$arch/boot/Image
	[ -f "$KERNEL_IMAGE" ] ||
		die "$kdir is not a built $arch kernel tree: run make Image modules in it first."
	KERNEL_RELEASE=$(cat "$kdir/include/config/kernel.release")
	KERNEL_MODULES=$CACHE/kernel/tree-$(short_hash "$kdir")
	KERNEL_BUILD=$kdir
	cache_locked "kernel/tree" kernel_install_modules "$kdir" ||
		die "the modules of $kdir could not be installed into the cache."
}

# kernel_install_modules KDIR: lays out the tree's modules in KERNEL_MODULES as
# an installed kernel's, without debug information; only if they are newer.
kernel_install_modules() {
	local kdir=$1 done=$KERNEL_MODULES/done dir=$KERNEL_MODULES/lib/modules/$KERNEL_RELEASE

	[ "$done" -nt "$kdir/Module.symvers" ] && [ "$done" -nt "$kdir/modules.order" ] && return
	rm -rf "$KERNEL_MODULES"
	mkdir -p "$dir/kernel" &&
		sed 's/\.o$/.ko/' "$kdir/modules.order" |
		tar -C "$kdir" -cf - -T - | tar -C "$dir/kernel" -xf - &&
		find "$dir/kernel" -name '*.ko' -exec "${CROSS}strip" --strip-debug {} + &&
		cp "$kdir"/modules.builtin{,.modinfo} "$dir" &&
		sed 's,^,kernel/,; s/\.o$/.ko/' "$kdir/modules.order" >"$dir/modules.order" &&
		touch "$done"
}
