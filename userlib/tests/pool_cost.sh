#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What it takes to get a frame from a pool, share it, and put it twice. Counted, not
# timed: the instructions are the same on any machine with the same C library.
#
#   pool_cost.sh PROGRAM    which is pool_cost.c

set -u
program=$1
passed=0
failed=0
skipped=0

# Instructions that are allowed: three locked sections and four atomic operations.
MOST=400
PAIRS=1000

result() {
	echo "$1 - libcmm pool cost: $2"
	case $1 in
	ok) passed=$((passed + 1)) ;;
	skip) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
}

# killed ARGUMENT: a system call killed the program. Its shell's message is not wanted.
killed() {
	(exec 2>/dev/null; "$program" "$1"; exit $?)
	[ $? -eq 159 ]
}

"$program" calls
case $? in
0) result ok "100000 gets and puts make no system call" ;;
77) result "not ok" "this system does not allow a seccomp filter" ;;
*) result "not ok" "a get or put makes a system call" ;;
esac
if killed sample; then
	result ok "one system call would have been noticed"
else
	result "not ok" "the filter does not notice a system call"
fi

if ! command -v valgrind >/dev/null; then
	result skip "instructions: there is no valgrind"
else
	count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--toggle-collect=get_and_put "$program" $PAIRS 2>&1 |
		sed -n 's/.*Collected : //p')
	each=$((${count:-0} / PAIRS))
	if [ "$each" -gt 0 ] && [ "$each" -le "$MOST" ]; then
		result ok "$each instructions for a get, a reference and two puts"
	else
		result "not ok" "$each instructions, at most $MOST are allowed"
	fi
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
