#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the library's files must agree on.
#
#   files.sh LIBRARY    from the directory userlib, with CC and CXX set

set -u
library=$1
passed=0
failed=0
skipped=0

# check NAME COMMAND...: the command succeeds.
check() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		echo "ok - libcmm files: $name"
		passed=$((passed + 1))
	else
		printf 'not ok - libcmm files: %s: %s\n' "$name" "$output"
		failed=$((failed + 1))
	fi
}

same() {
	[ "$1" = "$2" ] || { printf '%s\nis not\n%s\n' "$1" "$2"; false; }
}

readme_code() {
	# shellcheck disable=SC2016 # no command is meant
	sed -n '/^```c$/,/^```$/{/^```/!p}' ../README.md
}

# What the header declares, the version script lists, the library exports.
declared() {
	sed -n '/^static inline/,/)$/d; s/^[a-z].*[ *]\(cmm_[a-z_]*\)(.*/\1/p' \
		include/cmm.h | sort
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

# compiles LANGUAGE COMPILER STANDARD: a file with nothing but the header.
compiles() {
	# shellcheck disable=SC2086 # a compiler may come with options
	echo '#include <cmm.h>' |
		$2 "-std=$3" -Wall -Wextra -Wpedantic -Werror -Iinclude \
			-fsyntax-only -x "$1" -
}

check "README quotes the example" \
	same "$(readme_code)" "$(cat examples/minimal.c)"
check "the version script lists what the header declares" \
	same "$(listed)" "$(declared)"
check "the library exports what the version script lists" \
	same "$(exported)" "$(listed)"
check "the library needs libc only" same "$(other_libraries)" ""
check "the header is C99" compiles c "$CC" c99
if command -v "${CXX%% *}" >/dev/null; then
	check "the header is C++" compiles c++ "$CXX" c++11
else
	echo "skip - libcmm files: the header is C++: no C++ compiler, $CXX"
	skipped=1
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
