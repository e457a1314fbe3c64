#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the library's files must agree on.
#
#   files.sh BUILD    from the directory userlib, with CC and CXX set

set -u
build=$1
library=$build/libcmm.so.0
# shellcheck disable=SC1091 # of the repository's root
. ../tests/harness/ktap.sh
ktap_begin

same() {
	[ "$1" = "$2" ] || { printf '%s\nis not\n%s\n' "$1" "$2"; false; }
}

readme_code() {
	# shellcheck disable=SC2016 # no command is meant
	sed -n '/^```c$/,/^```$/{/^```/!p}' ../README.md
}

# What the headers declare, the version script lists, the library exports.
declared() {
	sed -n '/^static inline/,/)$/d; s/^[a-z].*[ *]\(cmm_[a-z0-9_]*\)(.*/\1/p' \
		include/*.h | sort
}

listed() {
	sed -n 's/^\t\(cmm_.*\);$/\1/p' libcmm.map | sort
}

exported() {
	nm -D --defined-only "$library" |
		sed -n 's/.* T \(.*\)@@LIBCMM_0.1$/\1/p' | sort
}

other_libraries() {
	readelf -d "$library" | grep NEEDED | grep -v -e libc -e ld-
}

# Names that a static program may well use for its own functions.
common_names() {
	nm -g --defined-only "$build/libcmm.a" |
		grep -wE '(buf_new|zone_call|zone_query|(flags|access)_to_kernel|call_kernel)$'
}

# Functions that may return one text to all threads.
not_thread_safe() {
	nm -D --undefined-only "$library" | grep -wE 'strerror|strtok|localtime'
}

# compiles LANGUAGE COMPILER STANDARD HEADER...: a file with nothing but the headers.
compiles() {
	language=$1 compiler=$2 standard=$3
	shift 3
	# shellcheck disable=SC2086 # a compiler may come with options
	printf '#include <%s>\n' "$@" |
		$compiler "-std=$standard" -Wall -Wextra -Wpedantic -Werror \
			-Iinclude -I../uapi -fsyntax-only -x "$language" -
}

# Functions that the handwritten pages of the manual name, and the headers do not document.
unknown_in_manual() {
	documented=$(sed -n 's/^ \* \(cmm_[a-z0-9_]*\)() - .*/\1/p' include/*.h)
	sed -n 's/^\(\.It \)*\.*Xr \(cmm_[a-z0-9_]*\) 3.*/\2/p' man/*.[47] | sort -u |
		grep -vxF "$documented"
}

# Layouts take little memory: what a static program links of the library, in bytes.
layout_bytes() {
	map=$build/tests/only_layout.map
	$CC -std=c11 -Iinclude -static "-Wl,-Map=$map" -o "$build/tests/only_layout" \
		tests/only_layout.c -L"$build" -lcmm || return
	objects=$(sed -n "s|.*libcmm\.a(\([a-z_]*\.o\)).*|$build/src/\1|p" "$map" | sort -u)
	[ "$objects" ] || return
	# shellcheck disable=SC2086 # one word for each object
	size -t $objects | awk 'END { print $4 }'
}

layouts_are_small() {
	if ! bytes=$(layout_bytes) || [ -z "$bytes" ]; then
		echo "the program cannot be linked"
		return 1
	fi
	[ "$bytes" -lt 20480 ] || { echo "$bytes bytes"; return 1; }
}

ktap_check "libcmm files: README quotes the example" \
	same "$(readme_code)" "$(cat examples/camera.c)"
ktap_check "libcmm files: the version script lists what the header declares" \
	same "$(listed)" "$(declared)"
ktap_check "libcmm files: the library exports what the version script lists" \
	same "$(exported)" "$(listed)"
ktap_check "libcmm files: the library needs libc only" same "$(other_libraries)" ""
ktap_check "libcmm files: the library calls nothing that is unsafe with threads" \
	same "$(not_thread_safe)" ""
ktap_check "libcmm files: the static library leaves common names to the program" \
	same "$(common_names)" ""
ktap_check "libcmm files: the manual names functions that exist" \
	same "$(unknown_in_manual)" ""
ktap_check "libcmm files: a static program with layouts only links less than 20 KiB" layouts_are_small
ktap_check "libcmm files: the header is C99" compiles c "$CC" c99 cmm.h
ktap_check "libcmm files: the header is C11" compiles c "$CC" c11 cmm.h
ktap_check "libcmm files: the header of pools is C11" compiles c "$CC" c11 cmm_pool.h
ktap_check "libcmm files: the header goes before the kernel's" \
	compiles c "$CC" c99 cmm.h linux/cmm.h
ktap_check "libcmm files: the header goes after the kernel's" \
	compiles c "$CC" c99 linux/cmm.h cmm.h
if command -v "${CXX%% *}" >/dev/null; then
	ktap_check "libcmm files: the header is C++11" compiles c++ "$CXX" c++11 cmm.h
	ktap_check "libcmm files: the header is C++17" compiles c++ "$CXX" c++17 cmm.h
	ktap_check "libcmm files: the header of pools is C++17" compiles c++ "$CXX" c++17 cmm_pool.h
else
	ktap_skip "libcmm files: the header is C++11" "there is no C++ compiler $CXX"
	ktap_skip "libcmm files: the header is C++17" "there is no C++ compiler $CXX"
fi

ktap_end
