# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The kernel's selftest of dma-heaps, from Debian's newest kernel source. It is one
# program in one file.

SELFTEST_SUITE=sid
SELFTEST_FILES=(tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c tools/testing/selftests/kselftest.h)

# selftest_prepare: sets SELFTEST, the path of the program. It is linked statically.
selftest_prepare() {
	local package name

	# Without a mirror, the package lists that were read last are used.
	foreign_update "$SELFTEST_SUITE" "$ARCH" || true
	package=$(selftest_newest)
	[ -n "$package" ] ||
		die "Debian $SELFTEST_SUITE has no package linux-source-*: name another mirror in CMM_DEBIAN_MIRROR."
	name=source/selftest-$(short_hash "$package ${SELFTEST_FILES[*]}" "$(declare -f selftest_make)")
	cache_make "$name" selftest_make "$package" ||
		die "the selftest of dma-heaps could not be built: see the reason above."
	SELFTEST=$CACHE/$name/dmabuf-heap
}

# Prints the newest source package as PACKAGE=VERSION.
selftest_newest() {
	local package

	package=$(foreign_apt "$SELFTEST_SUITE" "$ARCH" apt-cache --names-only search '^linux-source-[0-9]' |
		cut -d' ' -f1 | sort -V | tail -n 1)
	[ -z "$package" ] ||
		echo "$package=$(foreign_versions "$SELFTEST_SUITE" "$ARCH" "$package" | tail -n 1)"
}

# selftest_make PACKAGE=VERSION DIR: builds DIR/dmabuf-heap.
selftest_make() {
	local package=${1%=*} dir=$2

	foreign_download "$SELFTEST_SUITE" "$ARCH" "$dir.deb" "$1" || return
	dpkg-deb --fsys-tarfile "$dir.deb"/*.deb |
		tar -xOf - "./usr/src/$package.tar.xz" | xz -dc |
		tar -C "$dir" --strip-components=1 -xf - "${SELFTEST_FILES[@]/#/$package/}" || return
	"${CROSS}gcc" -O2 -static -I"$dir/tools/testing/selftests" \
		-o "$dir/dmabuf-heap" "$dir/${SELFTEST_FILES[0]}" || return
	rm -r "$dir.deb"
}
