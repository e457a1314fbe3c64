#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What it takes to get a frame from a pool, share it, and put it twice. Counted, not
# timed: the instructions are the same on any machine with the same C library.
#
#   pool_cost.sh PROGRAM    which is pool_cost.c

set -u
program=$1
# shellcheck disable=SC1091 # of the repository's root
. ../tests/harness/ktap.sh
# Instructions that are allowed: three locked sections and four atomic operations.
MOST=400
PAIRS=1000

# killed ARGUMENT: a system call killed the program. Its shell's message is not wanted.
killed() {
	(exec 2>/dev/null; "$program" "$1"; exit $?)
	[ $? -eq 159 ]
}

ktap_begin
name="libcmm pool cost: gets and puts make no system call"
"$program" calls
case $? in
0) ktap_ok "$name" ;;
77) ktap_not_ok "$name" "this system does not allow a seccomp filter" ;;
*) ktap_not_ok "$name" "a get or put makes a system call" ;;
esac
ktap_check "libcmm pool cost: the filter notices a system call" killed sample

name="libcmm pool cost: at most $MOST instructions for a get, a reference and two puts"
if ! command -v valgrind >/dev/null; then
	ktap_skip "$name" "there is no valgrind"
else
	count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--toggle-collect=get_and_put "$program" $PAIRS 2>&1 |
		sed -n 's/.*Collected : //p')
	each=$((${count:-0} / PAIRS))
	if [ "$each" -gt 0 ] && [ "$each" -le "$MOST" ]; then
		ktap_ok "$name"
	else
		ktap_not_ok "$name" "$each instructions"
	fi
fi

ktap_end
