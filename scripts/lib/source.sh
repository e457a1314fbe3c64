# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The files of the kernel's source that the checks need: its style checkers, and the code
# that the native tests compile with the driver's pure parts.

SOURCE_SUITE=bookworm
SOURCE_PACKAGE=linux-source-6.1
SOURCE_FILES=(
	scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch
	scripts/kernel-doc tools/include
	tools/lib/{rbtree,find_bit,hweight}.c
)

# source_prepare: sets LINUX_SRC, the directory with SOURCE_FILES.
source_prepare() {
	local name

	# This file determines the result.
	name=source/$SOURCE_PACKAGE-$(short_hash "$(cat "$ROOT/scripts/lib/source.sh")")
	cache_make "$name" source_extract ||
		die "the kernel's source is not available: see the reason above."
	LINUX_SRC=$CACHE/$name
}

# source_extract DIR: downloads the source and extracts SOURCE_FILES to DIR.
source_extract() {
	local dir=$1

	foreign_download "$SOURCE_SUITE" "$ARCH" "$dir.deb" "$SOURCE_PACKAGE" || return
	dpkg-deb --fsys-tarfile "$dir.deb"/*.deb |
		tar -xOf - "./usr/src/$SOURCE_PACKAGE.tar.xz" | xz -dc |
		tar -C "$dir" --strip-components=1 -xf - "${SOURCE_FILES[@]/#/$SOURCE_PACKAGE/}" || return
	# checkpatch.pl complains if this directory does not exist.
	mkdir "$dir/include"
	rm -r "$dir.deb"
}
