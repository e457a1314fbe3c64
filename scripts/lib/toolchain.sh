# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Compilers. The guest's programs, and the modules for kernels that are not
# newer than this machine's compiler, are built with that: its own where it has
# the guest's architecture, else Debian's cross compiler. For a newer kernel a
# suite's cross compiler is unpacked into the cache, with sparse and the C library
# that both need.

# toolchain_set ARCH: sets
#   ARCH		Debian's name of the architecture
#   KARCH		the kernel's name of it
#   TRIPLET		the compiler's
#   CROSS		the prefix of the compiler's tools
#   TOOLCHAIN	its packages
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

# toolchain_prepare SUITE: sets SUITE_TOOLCHAIN, where the suite's cross
# compiler and sparse are.
toolchain_prepare() {
	# The programs in it are made for this very place.
	local name
	name=toolchain/$1-$ARCH-$(short_hash "$CACHE" "$(declare -f toolchain_download toolchain_adopt foreign_closure)")

	SUITE_TOOLCHAIN=$CACHE/$name
	cache_make "$name" toolchain_download "$1" "$SUITE_TOOLCHAIN" ||
		die "the compiler of Debian $1 for $ARCH is not available: see the reason above."
}

# toolchain_download SUITE FINAL-DIR DIR
toolchain_download() {
	local suite=$1 final=$2 dir=$3 packages

	foreign_update "$suite" "$ARCH" || return
	mapfile -t packages < <(foreign_closure "$suite" "$ARCH" "gcc-${TRIPLET//_/-}")
	if [ ${#packages[@]} -eq 0 ]; then
		note "Debian $suite has no compiler for $ARCH that runs on $HOST_ARCH."
		return 1
	fi
	# Of what sparse depends on only the C library is for the checker itself.
	foreign_unpack "$suite" "$ARCH" "$dir" "${packages[@]}" "sparse:$HOST_ARCH" &&
		toolchain_adopt "$dir/usr" "$final"
}

# toolchain_adopt DIR ROOT: has the programs in DIR run with the C library that
# is unpacked in ROOT, instead of this machine's older one.
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
