# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kernels for the emulated board: Debian's, named by series, unpacked into the cache with
# their headers; the kernels of srckernel.sh; or a kernel tree built elsewhere.

# kernel_suite NAME: prints the Debian suite that has the kernel.
kernel_suite() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	sid | newest) echo sid ;;
	*) die "no Debian suite is known to have kernel $1: choose 5.10, 6.1, 6.12, sid, newest, debug or release, or name a built kernel tree." ;;
	esac
}

# kernel_prepare NAME|KIND|KDIR: sets, for the architecture that toolchain_set chose,
#   KERNEL_IMAGE	the file that QEMU boots
#   KERNEL_RELEASE	the release, as uname -r prints it
#   KERNEL_MODULES	the directory that has lib/modules/$KERNEL_RELEASE
#   KERNEL_BUILD	the directory to build modules against
#   KERNEL_CROSS	the prefix of the tools that build modules
#   KERNEL_SPARSE	the sparse that checks modules
kernel_prepare() {
	if [ "$1" = debug ] || [ "$1" = release ]; then
		with_progress "kernel_progress $1" srckernel_prepare "$1"
		kernel_from_tree "$SRCKERNEL"
	elif [ -d "$1" ]; then
		kernel_from_tree "$(realpath "$1")"
	else
		kernel_from_debian "$1"
	fi
}

# kernel_progress KIND: prints the progress of a build in srckernel.sh, which compiles in
# a directory of that name.
kernel_progress() {
	echo "building the $1 kernel: $(find "$CACHE/kernel" -path "*/source-*-$1-*.part.tree/*.o" 2>/dev/null | wc -l) files compiled"
}

# kernel_packages NAME|KIND|KDIR: prints the packages that kernel_prepare needs.
kernel_packages() {
	case $1 in
	debug | release) echo "${SRCKERNEL_NEEDS[@]}" ;;
	# The compiler of these suites runs with its own C library, see toolchain_adopt.
	6.12 | sid | newest) echo gcc patchelf ;;
	esac
	# W=1 runs kernel-doc: a Perl program, and since Linux 7.0 a Python one.
	echo perl
	case $1 in
	sid | newest | */*) echo python3 ;;
	esac
}

kernel_from_debian() {
	local name=$1 suite object root

	suite=$(kernel_suite "$name") || exit
	object=kernel/debian-$name-$ARCH-$(short_hash "$(declare -f kernel_download kernel_adapt_headers toolchain_prepare)")
	cache_make "$object" kernel_download "$name" "$suite" ||
		die "Debian's kernel $name for $ARCH is not available: see the reason above."
	root=$CACHE/$object

	KERNEL_MODULES=$root
	KERNEL_BUILD=$(echo "$root/usr/src/linux-headers-"*"-$ARCH")
	KERNEL_RELEASE=${KERNEL_BUILD##*/linux-headers-}
	KERNEL_IMAGE=
	# kernel_download gets only the headers for amd64.
	if [ "$ARCH" != amd64 ]; then
		KERNEL_IMAGE=$(find "$root/boot" "$root/lib/modules/$KERNEL_RELEASE/" -maxdepth 1 -name 'vmlinu[xz]*')
		[ -n "$KERNEL_IMAGE" ] ||
			die "$root has no kernel to boot: delete it to download it again."
	fi
	KERNEL_CROSS=$CROSS
	KERNEL_SPARSE=sparse
	if kernel_needs_newer_compiler "$KERNEL_BUILD"; then
		toolchain_prepare "$suite"
		KERNEL_CROSS=$SUITE_TOOLCHAIN/usr/bin/$TRIPLET-
		KERNEL_SPARSE=$SUITE_TOOLCHAIN/usr/bin/sparse
	fi
}

# kernel_download NAME SUITE DIR: downloads a kernel and its headers into DIR.
kernel_download() {
	local name=$1 suite=$2 dir=$3 image headers wanted packages package

	foreign_update "$suite" "$ARCH" || return
	image=$(kernel_package "$name" "$suite")
	if [ -z "$image" ]; then
		note "Debian $suite has no kernel for $ARCH."
		return 1
	fi
	headers=${image/image/headers}
	wanted=("$image" "$headers")
	# Modules are built for amd64, but there is no board to boot.
	[ "$ARCH" != amd64 ] || wanted=("$headers")
	# The tools of the headers run on this machine, so they have its architecture.
	mapfile -t packages < <(for package in "${wanted[@]}"; do
		echo "$package"
		foreign_depends "$suite" "$ARCH" "$package"
	done | sed -n "s/^linux-kbuild-.*/&:$HOST_ARCH/; /^linux-[a-z]*-[0-9]/p" | sort -u)
	foreign_unpack "$suite" "$ARCH" "$dir" "${packages[@]}" || return
	# Since trixie, /lib is a link to usr/lib. The newest kernels have no /boot.
	[ -d "$dir/lib" ] || ln -s usr/lib "$dir/lib"
	mkdir -p "$dir/boot"
	kernel_adapt_headers "$dir/usr/src/$headers"
	if kernel_needs_newer_compiler "$dir/usr/src/$headers"; then
		toolchain_prepare "$suite"
		toolchain_adopt "$dir/usr/lib" "$SUITE_TOOLCHAIN"
	fi
}

# kernel_package NAME SUITE: prints the package of the suite's kernel. With NAME newest,
# experimental's kernel counts too.
kernel_package() {
	local package=linux-image-$ARCH

	if [ "$1" = newest ]; then
		package+="=$(foreign_versions "$2" "$ARCH" "$package" | tail -n 1)"
	fi
	foreign_depends "$2" "$ARCH" "$package" | grep '^linux-image-'
}

# kernel_adapt_headers DIR: adapts Debian's headers to this machine.
#
# They name their directory by an absolute path, and one version of gcc. Any directory
# and any gcc work. The build of BTF for modules is disabled for make, because it needs
# pahole. It stays enabled for C code, because the layout of struct module depends on it.
# Newer kernels run a script to check sparse; Debian's headers lack the script.
kernel_adapt_headers() {
	# shellcheck disable=SC2016 # for make to expand
	sed -i -e 's,^include /usr/src,include $(dir $(lastword $(MAKEFILE_LIST)))..,' \
		-e 's,^KBUILD_OUTPUT=.*,KBUILD_OUTPUT := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))),' "$1/Makefile"
	sed -i -e 's/gcc-[0-9]*$/gcc/' -e '/^override CROSS_COMPILE = /d' "$1/.kernelvariables"
	# shellcheck disable=SC2016
	sed -i -e '/^CONFIG_DEBUG_INFO_BTF_MODULES=/d' \
		-e 's/^CONFIG_PAHOLE_VERSION=.*/CONFIG_PAHOLE_VERSION=$(PAHOLE_VERSION)/' \
		"$1/include/config/auto.conf"
	if [ ! -e "$1/scripts/checker-valid.sh" ]; then
		printf '#!/bin/sh\necho 1\n' >"$1/scripts/checker-valid.sh"
		chmod +x "$1/scripts/checker-valid.sh"
	fi
}

# kernel_needs_newer_compiler HEADERS: succeeds if the kernel was built with a newer gcc
# than this machine has.
kernel_needs_newer_compiler() {
	local kernels

	kernels=$(sed -n 's/^CONFIG_GCC_VERSION=\([0-9]*\)[0-9]\{4\}$/\1/p' "$1/.config")
	[ "$kernels" -gt "$("${CROSS}gcc" -dumpversion)" ]
}

# kernel_from_tree KDIR: uses a tree in which "make Image modules" was run.
kernel_from_tree() {
	local kdir=$1

	KERNEL_IMAGE=$kdir/arch/$KARCH/boot/Image
	[ -f "$KERNEL_IMAGE" ] ||
		die "$kdir is not a built $ARCH kernel tree: run make Image modules in it first."
	KERNEL_CROSS=$CROSS
	KERNEL_SPARSE=sparse
	KERNEL_RELEASE=$(cat "$kdir/include/config/kernel.release")
	KERNEL_MODULES=$CACHE/kernel/tree-$(short_hash "$kdir")
	KERNEL_BUILD=$kdir
	cache_locked "kernel/tree" kernel_install_modules "$kdir" ||
		die "the modules of $kdir could not be installed into the cache."
}

# kernel_install_modules KDIR: installs the tree's modules in KERNEL_MODULES, without
# debug information, unless the installed modules are up to date.
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
