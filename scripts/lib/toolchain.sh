# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The compiler and C library for the guest: this machine's own where it has the
# guest's architecture, else Debian's cross compiler. Sets CROSS, the prefix of
# the compiler's tools, and TOOLCHAIN, its packages.

if [ "$HOST_ARCH" = arm64 ]; then
	CROSS=
	TOOLCHAIN=(gcc libc6-dev)
else
	CROSS=aarch64-linux-gnu-
	TOOLCHAIN=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
fi

# toolchain_library NAME: the path of a shared library of the guest's.
toolchain_library() {
	realpath "$("${CROSS}gcc" -print-file-name="$1")"
}
