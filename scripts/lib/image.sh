# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the guest boots into. The base of its root directory (busybox,
# libraries, the kernel's modules) lies in the cache; a run adds the project's
# builds, its own files and its command, and packs everything as an initramfs.

# The kernel's modules that the guest can load; what they depend on comes along.
GUEST_MODULES=(virtio_pci virtio_console vivid vgem)

GUEST_TRIPLET=aarch64-linux-gnu

# guest_libs ARCH: sets GUEST_LIBS, where busybox and libdrm, with its headers,
# are unpacked, and GUEST_DRM, what tests/guest/Makefile is to know of it. They are of this machine's own suite, as they run with the C
# library of this machine's compiler.
guest_libs() {
	local suite

	suite=$(mirror_suite)
	suite=${suite:-bookworm}
	cache_make "guest/$suite-$1" guest_libs_download "$suite" "$1" ||
		die "busybox and libdrm for the guest are not available: see the reason above."
	GUEST_LIBS=$CACHE/guest/$suite-$1
	GUEST_DRM=(
		DRM_CFLAGS="-I$GUEST_LIBS/usr/include -I$GUEST_LIBS/usr/include/libdrm"
		DRM_LIBS="-L$GUEST_LIBS/usr/lib/$GUEST_TRIPLET -ldrm"
	)
}

# guest_libs_download SUITE ARCH DIR
guest_libs_download() {
	foreign_unpack "$1" "$2" "$3" busybox-static libdrm2 libdrm-dev
}

# image_base: sets IMAGE_BASE, the base of the root directory for the kernel
# that kernel_prepare has set.
image_base() {
	local name

	name=image/$KERNEL_RELEASE-$(short_hash "$KERNEL_MODULES $GUEST_LIBS ${GUEST_MODULES[*]}" \
		"$(stat -c %Y "$KERNEL_IMAGE" "$KERNEL_MODULES/lib/modules/$KERNEL_RELEASE/modules.order")")
	cache_make "$name" image_make_base ||
		die "the guest's base image could not be made: see the message above."
	IMAGE_BASE=$CACHE/$name
}

# image_make_base DIR
image_make_base() {
	local dir=$1 lib

	mkdir -p "$dir"/{bin,sbin,lib,usr/{bin,sbin,lib},dev,proc,sys,tmp,run,root,etc} &&
		cp "$GUEST_LIBS/bin/busybox" "$dir/bin" &&
		cp "$GUEST_LIBS/usr/lib/$GUEST_TRIPLET/libdrm.so.2" "$dir/usr/lib" || return
	for lib in ld-linux-aarch64.so.1 libc.so.6 libm.so.6 libgcc_s.so.1; do
		cp "$(toolchain_library $lib)" "$dir/lib/$lib" || return
	done
	image_copy_modules "$dir"
}

# image_copy_modules DIR: GUEST_MODULES and what they depend on.
image_copy_modules() {
	local dir=$1 modules=lib/modules/$KERNEL_RELEASE module

	depmod -b "$KERNEL_MODULES" "$KERNEL_RELEASE" || return
	mkdir -p "$dir/$modules"
	cp "$KERNEL_MODULES/$modules"/modules.{order,builtin,builtin.modinfo} "$dir/$modules" || return
	for module in "${GUEST_MODULES[@]}"; do
		modprobe -C /dev/null -d "$KERNEL_MODULES" -S "$KERNEL_RELEASE" --show-depends "$module" ||
			return
	done | sed -n "s,^insmod .*/$modules/\([^ ]*\) *$,\1,p" | sort -u |
		tar -C "$KERNEL_MODULES/$modules" -cf - -T - | tar -C "$dir/$modules" -xf - || return
	find "$dir/$modules" -name '*.xz' -exec xz -d {} +
}

# image_pack ROOT FILE: makes the initramfs FILE of the directory ROOT.
image_pack() {
	depmod -b "$1" "$KERNEL_RELEASE" &&
		(cd "$1" && find . | cpio --quiet -o -H newc -R +0:+0) >"$2"
}
