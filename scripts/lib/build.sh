# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Builds the project for the guest in copies of the checkout, so that the checkout stays
# clean. Each architecture has a copy for the programs, and each kernel has one for the
# modules. Only what changed is built again. ROOT is the checkout; needs kernel_prepare
# and guest_libs.

SOURCES=(Kbuild Makefile VERSION driver uapi userlib tests dts)

# build_guest MODULES ROOT DEST: builds, and copies the result to DEST/usr/bin,
# DEST/usr/lib and, if MODULES is 1, ROOT/lib/modules/$KERNEL_RELEASE/extra.
build_guest() {
	build_in "programs-$ARCH" "$GUEST_LIBS" "${CROSS}gcc" build_programs "$3"
	[ "$1" = 0 ] ||
		build_in "$KERNEL_RELEASE" "$KERNEL_BUILD" "${KERNEL_CROSS}gcc" build_modules "$2"
}

# build_in NAME BASE COMPILER WHAT DEST: calls the function WHAT to build, unless nothing
# changed. Then calls the function WHAT_install to copy the result to DEST.
build_in() {
	build_locked "$1" "$2" build_and_install "${@:3}"
}

# build_name NAME BASE: prints the name of this checkout's build against BASE: a
# directory in the cache.
build_name() {
	echo "build/$1-$(short_hash "$ROOT $2")"
}

# build_locked NAME BASE COMMAND...: runs COMMAND with BUILD set to the directory of
# this checkout's build against BASE. No other run uses the directory at that time.
build_locked() {
	local name

	name=$(build_name "$1" "$2")
	BUILD=$CACHE/$name
	cache_locked "$name" "${@:3}"
}

# build_modules_anew COMMAND...: runs COMMAND, which builds the modules, in a fresh copy
# of the sources. The next board loads these modules.
build_modules_anew() {
	build_locked "$KERNEL_RELEASE" "$KERNEL_BUILD" build_anew "$@"
}

build_anew() {
	rm -rf "$BUILD"
	mkdir -p "$BUILD/src"
	build_copy "$BUILD/src"
	cd "$BUILD/src" && "$@"
}

build_and_install() {
	local compiler=$1 what=$2 dest=$3 state

	mkdir -p "$BUILD/src"
	state=$(build_state "$compiler")
	if [ "$state" != "$(cat "$BUILD/state" 2>/dev/null)" ]; then
		build_copy "$BUILD/src"
		"$what"
		echo "$state" >"$BUILD/state"
	fi
	"${what}_install" "$dest"
}

# build_state COMPILER: prints a word that changes when a build is needed.
build_state() {
	(cd "$ROOT" && build_list | xargs -d '\n' stat -c '%n %s %y') |
		cat - "$ROOT/scripts/lib/build.sh" <("$1" --version) |
		sha256sum
}

# build_copy DIR: makes the sources in DIR equal to the checkout's, with the same times.
build_copy() {
	local dir=$1

	(cd "$ROOT" && build_list) >"$dir/.sources.new"
	if [ -f "$dir/.sources" ]; then
		comm -23 "$dir/.sources" "$dir/.sources.new" | (cd "$dir" && xargs -r -d '\n' rm -f)
	fi
	tar -C "$ROOT" -cf - -T "$dir/.sources.new" | tar -C "$dir" -xpf -
	mv "$dir/.sources.new" "$dir/.sources"
}

# Lists the sources in the current directory, without the files of a build there.
build_list() {
	find "${SOURCES[@]}" -type d -name build -prune -o -type f ! -name '.*' \
		! -name '*.o' ! -name '*.a' ! -name '*.so*' ! -name '*.d' ! -name '*.ko' \
		! -name '*.mod' ! -name '*.mod.c' ! -name Module.symvers ! -name modules.order \
		-print | LC_ALL=C sort
}

build_programs() {
	build_step -C "$BUILD/src/userlib" O="$BUILD/userlib" CC="${CROSS}gcc" AR="${CROSS}ar"
	build_step -C "$BUILD/src/tests/guest" O="$BUILD/tests" LIBCMM="$BUILD/userlib" \
		CC="${CROSS}gcc" "${GUEST_DRM[@]}"
}

build_programs_install() {
	install -D -t "$1/usr/bin" "$BUILD"/userlib/{cmmctl,example*} "$BUILD"/tests/cmm-*
	install -D -t "$1/usr/lib" "$BUILD/userlib/libcmm.so.0"
}

# Uses the flags of style_build, so that make does not compile its objects again.
build_modules() {
	build_step -C "$BUILD/src" modules KDIR="$KERNEL_BUILD" W=1 \
		ARCH="$KARCH" CROSS_COMPILE="$KERNEL_CROSS"
	build_step -C "$KERNEL_BUILD" M="$BUILD/src/tests/modules" modules \
		KBUILD_EXTRA_SYMBOLS="$BUILD/src/Module.symvers" W=1 \
		ARCH="$KARCH" CROSS_COMPILE="$KERNEL_CROSS"
}

build_modules_install() {
	install -D -t "$1/lib/modules/$KERNEL_RELEASE/extra" \
		"$BUILD"/src/{cmm.ko,tests/modules/cmm_{importer,consumer}.ko}
}

# build_step MAKE-ARGUMENT...: shows make's output only if make fails.
build_step() {
	with_progress build_progress make -j2 "$@" >"$BUILD/log" 2>&1 || {
		cat "$BUILD/log" >&2
		die "the build for the guest failed: see make's messages above."
	}
}

build_progress() {
	echo "building for the board: $(find "$BUILD" -name '*.o' | wc -l) files compiled"
}
