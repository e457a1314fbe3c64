#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of giving a buffer back and taking another, by the number of
# buffers that live. Counted, not timed: the same on any machine. They may grow
# as the logarithm does, which is to say that no row has more of them for each
# doubling of the buffers than the row before.
#
#   cost.sh PROGRAM, which is cost.c

set -u -o pipefail

PAIRS=10000

# instructions LIVE: of all pairs.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=cost_pair \
		"$PROGRAM" "$1" "$PAIRS" 2>&1 | awk '/Collected/ { print $NF }'
}

PROGRAM=$1
for live in 10 100 1000 10000 100000; do
	echo "$live $(instructions "$live")"
done | awk -v pairs="$PAIRS" '{
	each = $2 / pairs
	rate = each / (log($1) / log(2))
	ok = each > 0 && (NR == 1 || rate <= last * 1.05)
	printf "%s - %6d buffers: %6.1f instructions, %5.1f for each doubling\n",
		ok ? "ok" : "not ok", $1, each, rate
	last = rate
	ok ? passed++ : failed++
} END {
	printf "%d passed, %d failed, 0 skipped\n", passed, failed
	exit failed > 0
}'
