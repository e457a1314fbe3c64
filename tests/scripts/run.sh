#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Tests of the Makefile, and of the scripts on machines that lack something. They take
# seconds: small programs replace apt, and a directory replaces the kernel.

set -u -o pipefail

ROOT=$(realpath "$(dirname "$0")/../..")
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# The tests must not use the settings of the caller's make and scripts.
unset MAKEFLAGS MAKELEVEL MFLAGS CMM_CACHE CMM_TALLY CMM_PROGRESS CMM_DEBIAN_MIRROR NO_INSTALL
# shellcheck source=tests/harness/ktap.sh
. "$ROOT/tests/harness/ktap.sh"

# says TEXT STATUS COMMAND...: succeeds if the command exits with STATUS and its output
# contains TEXT.
says() {
	local text=$1 wanted=$2 output status=0
	shift 2

	output=$("$@" 2>&1) || status=$?
	echo "status $status: $output"
	[ "$status" -eq "$wanted" ] && [[ $output = *"$text"* ]]
}

ktap_begin
for file in install cold; do
	# shellcheck source=/dev/null
	. "$ROOT/tests/scripts/$file.sh"
done
ktap_end
