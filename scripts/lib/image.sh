# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The guest's initramfs. The cache has the base of its root directory: busybox,
# libraries and the kernel's modules. Each run adds the project's builds, its own files
# and its command, and packs everything as an initramfs.

# The kernel's modules that the guest can load. Their dependencies are added.
GUEST_MODULES=(virtio_pci virtio_console vivid vgem)
# Modules that some kernels lack.
GUEST_OPTIONAL_MODULES=(loop uio_pci_generic vim2m vkms virtio_blk ext4)

GUEST_PACKAGES=(busybox-static libc6 libgcc-s1 libdrm2 libdrm-dev)

# guest_libs: sets GUEST_LIBS, the directory with the unpacked GUEST_PACKAGES, and
# GUEST_DRM, the flags for libdrm in tests/guest/Makefile.
guest_libs() {
	local suite object

	suite=$(guest_suite)
	object=guest/$suite-$ARCH-$(short_hash "${GUEST_PACKAGES[*]}")
	cache_make "$object" guest_libs_download "$suite" ||
		die "the libraries for the guest are not available: see the reason above."
	GUEST_LIBS=$CACHE/$object
	# libdrm may be newer than the compiler's C library.
	GUEST_DRM=(
		DRM_CFLAGS="-I$GUEST_LIBS/usr/include -I$GUEST_LIBS/usr/include/libdrm"
		DRM_LIBS="-L$GUEST_LIBS/usr/lib/$TRIPLET -ldrm -Wl,--allow-shlib-undefined"
	)
}

# Prints the guest's suite: this machine's own, because the guest's C library must not be
# older than this machine's compiler. Debian has riscv64 only since trixie.
guest_suite() {
	local suite

	suite=$(mirror_suite)
	suite=${suite:-bookworm}
	if [ "$ARCH-$suite" = riscv64-bookworm ]; then
		suite=trixie
	fi
	echo "$suite"
}

# guest_libs_download SUITE DIR
guest_libs_download() {
	foreign_unpack "$1" "$ARCH" "$2" "${GUEST_PACKAGES[@]}"
}

# image_base: sets IMAGE_BASE, the base of the root directory for the kernel that
# kernel_prepare chose.
image_base() {
	local name

	name=image/$KERNEL_RELEASE-$(short_hash "$KERNEL_MODULES $GUEST_LIBS ${GUEST_MODULES[*]} ${GUEST_OPTIONAL_MODULES[*]}" \
		"$(declare -f image_make_base image_find image_copy_modules)" \
		"$(stat -c %Y "$KERNEL_IMAGE" "$KERNEL_MODULES/lib/modules/$KERNEL_RELEASE/modules.order")")
	cache_make "$name" image_make_base ||
		die "the guest's base image could not be made: see the message above."
	IMAGE_BASE=$CACHE/$name
}

# image_make_base DIR
image_make_base() {
	local dir=$1 lib

	mkdir -p "$dir"/{bin,sbin,lib,usr/{bin,sbin,lib},dev,proc,sys,tmp,run,root,etc} &&
		cp "$(image_find '*bin/busybox')" "$dir/bin" || return
	for lib in 'ld-linux-*.so.1' libc.so.6 libm.so.6 libgcc_s.so.1 libdrm.so.2; do
		cp -t "$dir/lib" "$(image_find "*/lib/$TRIPLET/$lib")" || return
	done
	image_copy_modules "$dir"
}

# image_find PATTERN: prints the path of a file of GUEST_PACKAGES. Older suites have some
# files outside /usr.
image_find() {
	find "$GUEST_LIBS" -path "$1" -print -quit
}

# image_copy_modules DIR: copies GUEST_MODULES, the existing ones of
# GUEST_OPTIONAL_MODULES, and their dependencies.
image_copy_modules() {
	local dir=$1 modules=lib/modules/$KERNEL_RELEASE module

	depmod -b "$KERNEL_MODULES" "$KERNEL_RELEASE" || return
	mkdir -p "$dir/$modules"
	cp "$KERNEL_MODULES/$modules"/modules.{order,builtin,builtin.modinfo} "$dir/$modules" || return
	for module in "${GUEST_MODULES[@]}"; do
		modprobe -C /dev/null -d "$KERNEL_MODULES" -S "$KERNEL_RELEASE" --show-depends "$module" ||
			return
	done >"$dir/$modules/list" || return
	for module in "${GUEST_OPTIONAL_MODULES[@]}"; do
		modprobe -C /dev/null -d "$KERNEL_MODULES" -S "$KERNEL_RELEASE" --show-depends "$module" \
			>>"$dir/$modules/list" 2>/dev/null || :
	done
	sed -n "s,^insmod .*/$modules/\([^ ]*\) *$,\1,p" "$dir/$modules/list" | sort -u |
		tar -C "$KERNEL_MODULES/$modules" -cf - -T - | tar -C "$dir/$modules" -xf - || return
	rm "$dir/$modules/list"
	find "$dir/$modules" -name '*.xz' -exec xz -d {} +
}

# image_pack ROOT FILE: makes the initramfs FILE of the directory ROOT.
image_pack() {
	depmod -b "$1" "$KERNEL_RELEASE" &&
		(cd "$1" && find . | cpio --quiet -o -H newc -R +0:+0) >"$2"
}
