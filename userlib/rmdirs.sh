#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rmdirs.sh ROOT DIRECTORY...: removes each directory ROOT/DIRECTORY, its parents and ROOT,
# as far as they are empty. What is behind a symbolic link stays.

# real DIRECTORY: its path without symbolic links
real() {
	(cd "$1" 2>/dev/null && pwd -P)
}

root=$1
shift
above=$(real "$(dirname "$root")") || exit 0
for directory; do
	while :; do
		path=${directory:+/$directory}
		[ "$(real "$root$path")" = "${above%/}/$(basename "$root")$path" ] || break
		rmdir "$root$path" 2>/dev/null || break
		[ "$directory" ] || break
		case $directory in
		*/*) directory=${directory%/*} ;;
		*) directory= ;;
		esac
	done
done
