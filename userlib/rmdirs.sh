#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rmdirs.sh ROOT BASE DIRECTORY...: removes the directories ROOT/BASE/DIRECTORY that
# are empty, and their parents below ROOT as far as these are empty too.

cd "$1" 2>/dev/null || exit 0
base=${2#/}
shift 2
for directory; do
	directory=${base:+$base/}${directory#/}
	[ ! -d "$directory" ] || rmdir -p --ignore-fail-on-non-empty "$directory"
done
