# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Compilers. This machine's compiler builds the guest's programs, and the modules for
# kernels that were not built with a newer compiler. It is the native compiler if this
# machine has the guest's architecture, or else Debian's cross compiler. For a newer
# kernel, its suite's cross compiler is unpacked into the cache, with sparse and the C
# library that both need.

# toolchain_set ARCH: sets
#   ARCH		Debian's name of the architecture
#   KARCH		the kernel's name of the architecture
#   TRIPLET		the compiler's name of the architecture
#   CROSS		the prefix of the compiler's tools
#   TOOLCHAIN	the packages of the compiler
toolchain_set() {
	ARCH=$1
	case $ARCH in
	arm64) KARCH=arm64 TRIPLET=aarch64-linux-gnu ;;
	riscv64) KARCH=riscv TRIPLET=riscv64-linux-gnu ;;
	amd64) KARCH=x86 TRIPLET=x86_64-linux-gnu ;;
	*) die "the architecture $ARCH is not known: use arm64 or riscv64." ;;
	esac
	if [ "$HOST_ARCH" = "$ARCH" ]; then
		CROSS=
		TOOLCHAIN=(gcc libc6-dev)
	else
		CROSS=$TRIPLET-
		TOOLCHAIN=("gcc-${TRIPLET//_/-}" "libc6-dev-$ARCH-cross")
	fi
}

# toolchain_prepare SUITE: sets SUITE_TOOLCHAIN, the directory with the suite's cross
# compiler and sparse.
toolchain_prepare() {
	# The programs work only at this path, because they contain it.
	local name
	name=toolchain/$1-$ARCH-$(short_hash "$CACHE" "$(declare -f toolchain_download toolchain_adopt foreign_closure)")

	SUITE_TOOLCHAIN=$CACHE/$name
	cache_make "$name" toolchain_download "$1" "$SUITE_TOOLCHAIN" ||
		die "the compiler of Debian $1 for $ARCH is not available: see the reason above."
}

# toolchain_download SUITE FINAL-DIR DIR: fills DIR, which will be renamed to FINAL-DIR.
toolchain_download() {
	local suite=$1 final=$2 dir=$3 packages

	foreign_update "$suite" "$ARCH" || return
	mapfile -t packages < <(foreign_closure "$suite" "$ARCH" "gcc-${TRIPLET//_/-}")
	if [ ${#packages[@]} -eq 0 ]; then
		note "Debian $suite has no compiler for $ARCH that runs on $HOST_ARCH."
		return 1
	fi
	# The checker itself needs only the C library. Its other dependencies are left out.
	foreign_unpack "$suite" "$ARCH" "$dir" "${packages[@]}" "sparse:$HOST_ARCH" &&
		toolchain_adopt "$dir/usr" "$final"
}

# toolchain_adopt DIR ROOT: makes the programs in DIR use the C library in ROOT instead of
# this machine's older one.
toolchain_adopt() {
	local lib program loader

	native_need patchelf
	lib=$2/usr/lib/$(gcc -dumpmachine)
	find "$1" -type f -perm /111 ! -name '*.so*' | while read -r program; do
		loader=$(patchelf --print-interpreter "$program" 2>/dev/null) || continue
		patchelf --set-interpreter "$lib/${loader##*/}" --force-rpath --set-rpath "$lib" "$program" ||
			return
	done
}
