#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Counts the instructions of one free and one allocation for different numbers of live
# buffers. Instructions are the same on any machine. They may grow with the logarithm of
# the number of buffers: no row may need more instructions for each doubling than the row
# before.
#
#   cost.sh PROGRAM, the program of cost.c

set -u -o pipefail

PAIRS=10000
PROGRAM=$1

# instructions LIVE PAIRS [ALIGN]: prints the instructions of all pairs.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=cost_pair \
		"$PROGRAM" "$@" 2>&1 | awk '/Collected/ { print $NF }'
}

# measure WHAT PAIRS [ALIGN]: prints a line for each number of live buffers.
measure() {
	local live

	for live in 10 100 1000 10000 100000; do
		echo "$1 $live $2 $(instructions "$live" "${@:2}")"
	done
}

{
	measure unaligned "$PAIRS"
	# The smallest and the largest alignment that the search handles exactly.
	measure 8KiB-aligned 100 $((8 << 10))
	measure 1MiB-aligned 100 $((1 << 20))
} | awk '
BEGIN { print "KTAP version 1" }
{
	each = $4 / $3
	rate = each / (log($2) / log(2))
	ok = each > 0 && ($1 != kind || rate <= last * 1.1)
	kind = $1
	last = rate
	ok ? passed++ : failed++
	printf "%s %d cost/%s_with_%d_buffers\n", ok ? "ok" : "not ok", NR, $1, $2
	printf "# %.1f instructions, %.1f for each doubling\n", each, rate
} END {
	print "1.." NR
	printf "%d passed, %d failed, 0 skipped\n", passed, failed
	exit failed > 0
}'
