#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs test programs and adds up their results.
#
#   run.sh COMMAND [COMMAND...]

passed=0 failed=0 skipped=0

for command; do
	# Every line but the program's own sum.
	output=$(sh -c "$command")
	status=$?
	printf '%s\n' "$output" | sed '$d'
	# shellcheck disable=SC2046 # words are meant
	set -- $(printf '%s\n' "$output" | sed -n '$s/[^0-9 ]//gp')
	if [ $# -ne 3 ] || { [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; }; then
		echo "not ok - $command: ended with status $status"
		set -- "${1:-0}" "$((${2:-0} + 1))" "${3:-0}"
	fi
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
