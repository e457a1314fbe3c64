# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Builds the project for the guest in a copy of the checkout, one per kernel,
# so that the checkout stays clean and kernels do not get in each other's way.
# Only what changed is copied and built again.

SOURCES=(Kbuild Makefile driver uapi userlib tests dts)

# build_guest ROOT MODULES DEST: builds in a copy of the checkout ROOT and
# copies the result to DEST/usr/bin, usr/lib, and, if MODULES is 1,
# lib/modules/$KERNEL_RELEASE/extra. Needs kernel_prepare and guest_libs.
build_guest() (
	root=$1 modules=$2 dest=$3
	name=build/$KERNEL_RELEASE-$(short_hash "$root:$KERNEL_BUILD")
	copy=$CACHE/$name/src
	out=$CACHE/$name/out

	cache_lock "$name"
	mkdir -p "$copy" "$out"
	build_copy "$root" "$copy"
	build_userland
	[ "$modules" = 0 ] || build_modules

	mkdir -p "$dest"/usr/{bin,lib}
	build_install
)

# build_copy ROOT COPY: makes COPY's sources those of ROOT, with their times.
build_copy() {
	local root=$1 copy=$2

	build_list "$root" >"$copy/../files.new"
	if [ -f "$copy/../files" ]; then
		comm -23 "$copy/../files" "$copy/../files.new" |
			(cd "$copy" && xargs -r -d '\n' rm -f)
	fi
	tar -C "$root" -cf - -T "$copy/../files.new" | tar -C "$copy" -xpf -
	mv "$copy/../files.new" "$copy/../files"
}

# The checkout's sources, without what a build in the checkout left there.
build_list() (
	cd "$1" || exit
	find $(ls -d "${SOURCES[@]}" 2>/dev/null) -name build -prune -o -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod' \
		! -name '*.mod.c' ! -name '.*' ! -name '*.a' ! -name '*.d' \
		! -name '*.so*' ! -name Module.symvers ! -name modules.order -print |
		LC_ALL=C sort
)

build_userland() {
	[ -f "$copy/userlib/Makefile" ] || return 0 # TEMPORARY
	build_step -C "$copy/userlib" O="$out/userlib" CC="${CROSS}gcc"
	[ -f "$copy/tests/guest/Makefile" ] || return 0 # TEMPORARY
	build_step -C "$copy/tests/guest" O="$out/guest" LIBCMM="$out/userlib" CC="${CROSS}gcc" \
		DRM_CFLAGS="-I$GUEST_LIBS/usr/include -I$GUEST_LIBS/usr/include/libdrm" \
		DRM_LIBS="-L$GUEST_LIBS/usr/lib/$GUEST_TRIPLET -ldrm"
}

build_modules() {
	build_step -C "$copy" modules KDIR="$KERNEL_BUILD" ARCH="$ARCH" CROSS_COMPILE="$CROSS"
	build_step -C "$KERNEL_BUILD" M="$copy/tests/modules" ARCH="$ARCH" CROSS_COMPILE="$CROSS" modules
}

# build_step MAKE-ARGUMENT...: shows make's output only if it fails.
build_step() {
	if ! make -k -j2 "$@" >"$copy/../log" 2>&1; then
		grep -E 'error|rror:|\*\*\*' -A3 "$copy/../log" | head -40 >&2
		[ "$modules" = 1 ] || return 0 # TEMPORARY
		die "the build for the guest failed: see make's messages above."
	fi
}

build_install() {
	cp "$out"/userlib/{cmmctl,example} "$dest/usr/bin" 2>/dev/null || true # TEMPORARY
	cp "$out"/guest/{cmm-check,cmm-demo} "$dest/usr/bin" 2>/dev/null || true # TEMPORARY
	cp "$out"/userlib/libcmm.so.0 "$dest/usr/lib" 2>/dev/null || true # TEMPORARY
	if [ "$modules" = 1 ]; then
		install -D -t "$dest/lib/modules/$KERNEL_RELEASE/extra" \
			"$copy/cmm.ko" "$copy/tests/modules/cmm_importer.ko"
	fi
}
