#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rmdirs.sh ROOT DIRECTORY...: removes each directory ROOT/DIRECTORY, its parents and ROOT
# if they are empty. Keeps directories behind a symbolic link.

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
