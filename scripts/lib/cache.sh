# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The cache has everything that the scripts download, unpack or build. An object is
# either complete or does not exist: it is made under another name and then renamed. Any
# number of scripts may share a cache.

# The user's home directory, even without HOME.
home=~
CACHE=$(realpath -m "${CMM_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/cmm}")
case $CACHE in
*[[:space:]]*)
	die "the cache $CACHE has a space in its path, and kernel builds do not support that: set CMM_CACHE."
	;;
esac

# cache_locked NAME COMMAND...: runs COMMAND in a subshell that holds the lock NAME.
cache_locked() (
	mkdir -p "$CACHE/lock" ||
		die "cannot write to the cache $CACHE: set CMM_CACHE to a directory that you own."
	exec 9>"$CACHE/lock/${1//\//-}"
	flock -n 9 || {
		note "waiting for another run that uses $1"
		flock 9
	}
	shift
	"$@"
)

# cache_make NAME COMMAND...: unless the directory NAME exists, calls COMMAND to fill it,
# with the directory as its last argument. Returns COMMAND's status.
cache_make() {
	[ -d "$CACHE/$1" ] || cache_locked "$1" cache_make_locked "$@"
}

cache_make_locked() {
	local dir=$CACHE/$1
	shift

	[ -d "$dir" ] && return
	rm -rf "$dir.part"
	mkdir -p "$dir.part" && "$@" "$dir.part" && mv -T "$dir.part" "$dir"
}

# short_hash WORD...: prints a short name that is unique for the words.
short_hash() {
	echo "$*" | sha256sum | cut -c1-12
}

# cache_space BYTES: succeeds if the cache's disk has that much free space. Prints a note
# if not.
cache_space() {
	local free

	mkdir -p "$CACHE" && free=$(df -B1 --output=avail "$CACHE" | tail -n 1) || return
	[ "$free" -ge "$1" ] || {
		note "the disk of the cache $CACHE is full: $(mib "$1") are needed, and $(mib "$free") are free. Make room, or set CMM_CACHE to a directory on another disk."
		return 1
	}
}

# mib BYTES: prints the size in MiB, rounded up.
mib() {
	echo "$((($1 + 1048575) >> 20)) MiB"
}
