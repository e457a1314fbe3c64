#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the examples on the fake system of fake.c.
#
#   examples.sh DIRECTORY    where the examples are

set -u
directory=$1
# shellcheck disable=SC1091 # of the repository's root
. ../tests/harness/ktap.sh

# prints TEXT COMMAND...: the command succeeds, and its output contains the text.
prints() {
	text=$1
	shift
	output=$("$@" 2>&1) || { printf '%s\n' "$output"; return 1; }
	case $output in
	*"$text"*) ;;
	*) printf '%s\n' "$output"; return 1 ;;
	esac
}

export FAKE_ZONES=media
ktap_begin

ktap_check "examples: a frame and its layout reach another process" \
	prints "received 1366x768 with 2 planes: 1049088 grey pixels" "$directory/share_frame"
ktap_check "examples: workers read one sealed model" \
	prints "not writable" "$directory/seal_model" ../VERSION

ktap_end
