#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of make and of the scripts on machines that lack something. They run in
# seconds: programs of their own stand for apt, and a directory for a kernel.

set -u -o pipefail

ROOT=$(realpath "$(dirname "$0")/../..")
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# The caller's make and cache have nothing to do with these.
unset MAKEFLAGS MAKELEVEL MFLAGS CMM_CACHE CMM_TALLY CMM_PROGRESS CMM_DEBIAN_MIRROR NO_INSTALL
passed=0 failed=0

# check NAME COMMAND...: the command succeeds.
check() {
	local name=$1 output
	shift

	if output=$("$@" 2>&1); then
		echo "ok - scripts: $name"
		passed=$((passed + 1))
	else
		printf 'not ok - scripts: %s: %s\n' "$name" "$output"
		failed=$((failed + 1))
	fi
}

# says TEXT STATUS COMMAND...: the command ends with that status and prints TEXT.
says() {
	local text=$1 wanted=$2 output status=0
	shift 2

	output=$("$@" 2>&1) || status=$?
	echo "status $status: $output"
	[ "$status" -eq "$wanted" ] && [[ $output = *"$text"* ]]
}

for file in install cold; do
	# shellcheck source=/dev/null
	. "$ROOT/tests/scripts/$file.sh"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
