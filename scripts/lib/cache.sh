# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The cache: everything that the scripts download, unpack or build. An object
# is either complete under its name or does not exist: it is made under another
# name and renamed. Any number of scripts may share a cache.

CACHE=${CMM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cmm}

# cache_lock NAME: until the shell that calls this ends, no other holds NAME.
# Run it in a subshell to hold a lock for a few steps only.
cache_lock() {
	local fd

	mkdir -p "$CACHE/lock" ||
		die "cannot write to the cache $CACHE: set CMM_CACHE to a directory that you own."
	exec {fd}>"$CACHE/lock/${1//\//-}"
	flock "$fd"
}

# cache_make NAME COMMAND...: has COMMAND fill the directory NAME, given as its
# last argument, unless it exists. Returns COMMAND's status.
cache_make() {
	local name=$1
	shift

	[ -d "$CACHE/$name" ] || (
		cache_lock "$name"
		[ -d "$CACHE/$name" ] && exit
		rm -rf "$CACHE/$name.part"
		mkdir -p "$CACHE/$name.part"
		"$@" "$CACHE/$name.part" || exit
		mv -T "$CACHE/$name.part" "$CACHE/$name"
	)
}

# short_hash WORD...: a name for the words.
short_hash() {
	echo "$*" | sha256sum | cut -c1-12
}
