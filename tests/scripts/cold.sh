# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Tests of the scripts on a machine without packages, mirror, disk space or home.
# Programs in $TMP/bin replace apt's and record their calls.

BIN=$TMP/bin
mkdir "$BIN"

# program NAME: installs a program that runs the script on stdin.
program() {
	{ echo '#!/bin/bash'; cat; } >"$BIN/$1"
	chmod +x "$BIN/$1"
}

# with_scripts COMMAND...: runs COMMAND in a shell that has the scripts' functions and
# searches the programs in $BIN first.
with_scripts() {
	# shellcheck disable=SC2016 # the inner shell expands it
	env PATH="$BIN:/usr/bin:/bin" CMM_CACHE="$TMP/cache" "${SETTINGS[@]}" bash -c '
		set -u -o pipefail
		ROOT=$1
		shift
		for lib in log cache native mirror foreign toolchain kernel report; do
			. "$ROOT/scripts/lib/$lib.sh"
		done
		"$@"' - "$ROOT" "$@"
}
SETTINGS=()

# Two packages: "fuller" needs "other"; "bare" exists only in older suites.
program dpkg-query </dev/null
program apt-cache <<<'[ "$*" = "show fuller" ]'
program sudo <<<'exec "$@"'
program apt-get <<'SH'
echo "$*" >>"${0%/*}/calls"
case "$*" in
indextargets*) echo "${0%/*}/lists" ;;
*--print-uris*fuller* | *fuller*--print-uris*)
	echo "'http://m/fuller_1_all.deb' fuller_1_all.deb 3145728 SHA256:0"
	echo "'http://m/other_1_all.deb' other_1_all.deb 1048576 SHA256:0"
	;;
*update*)
	touch "${0%/*}/lists"
	[ ! -e "${0%/*}/busy" ] || {
		rm "${0%/*}/busy"
		echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)' >&2
		exit 100
	}
	;;
*) exit 1 ;;
esac
SH

no_home() {
	# shellcheck disable=SC2016 # the inner shell expands it
	[ "$(env -u HOME -u XDG_CACHE_HOME bash -c '. "$1/scripts/lib/log.sh"; set -u; . "$1/scripts/lib/cache.sh"; echo "$CACHE"' \
		- "$ROOT")" = "$(realpath -m ~)/.cache/cmm" ]
}

# Checks the PATH that the scripts set for the programs that they call.
finds_sbin() {
	local path

	path=$(with_scripts printenv PATH)
	[[ :$path: = *:/usr/sbin:* && :$path: = *:/sbin:* ]]
}

reads_lists_first() {
	: >"$BIN/calls"
	with_scripts native_install 'bare?' && grep -q update "$BIN/calls"
}

one_list() {
	local output

	SETTINGS=(NO_INSTALL=1)
	output=$(with_scripts native_need fuller 'bare?' fuller 2>&1)
	echo "$output"
	[ "$(grep -c 'fuller .* 3.0 MiB' <<<"$output")" -eq 1 ] &&
		grep -q '1 that these need .* 1.0 MiB' <<<"$output" &&
		grep -q 'in all .* 4.0 MiB' <<<"$output" &&
		grep -q 'install --no-install-recommends fuller$' <<<"$output"
}

waits_for_the_lists() {
	touch "$BIN/busy"
	: >"$BIN/calls"
	with_scripts native_update && [ "$(grep -c update "$BIN/calls")" -eq 2 ]
}

# One run installs. The other run then finds the package installed.
two_at_once() {
	local status=0

	# shellcheck disable=SC2016 # the program expands it
	program dpkg-query <<<'[ ! -e "${0%/*}/installed" ] || echo installed'
	program apt-get <<'SH'
case "$*" in
indextargets*) echo /etc/passwd ;;
*--print-uris*) echo "'http://m/fuller_1_all.deb' fuller_1_all.deb 3145728 SHA256:0" ;;
*)
	mkdir "${0%/*}/installing" || exit
	sleep 1
	touch "${0%/*}/installed"
	;;
esac
SH
	with_scripts native_need fuller &
	with_scripts native_need fuller || status=1
	wait $! && [ "$status" -eq 0 ]
}

# No disk has that much free space.
no_room() {
	says "the disk of the cache $TMP/cache is full: 1099511627776 MiB are needed" 1 \
		with_scripts cache_space $((1 << 60))
}

full_disk() {
	echo "E: Write error - write (28: No space left on device)" >"$TMP/apt.log"
	says "is full: make room" 1 with_scripts foreign_excuse "$TMP/apt.log"
}

# The error comes within seconds, in one line.
no_network() {
	local start=$SECONDS output

	output=$(with_scripts mirror_answers http://localhost:1/debian bookworm 2>&1) && return 1
	echo "$output"
	[ "$(wc -l <<<"$output")" -eq 1 ] && [ $((SECONDS - start)) -lt 10 ] &&
		[[ $output = *"cannot reach the Debian mirror http://localhost:1/debian"* ]]
}

# A long command prints its progress repeatedly.
progress() {
	says "cmm: still at it (" 7 with_scripts eval \
		'PROGRESS_SECONDS=1; with_progress "echo still at it" bash -c "sleep 3; exit 7"'
}

ktap_check "scripts: HOME may be unset" no_home
ktap_check "scripts: the directories of depmod and mke2fs are searched" finds_sbin
ktap_check "scripts: apt's lists are read where there are none" reads_lists_first
ktap_check "scripts: NO_INSTALL prints one list with sizes" one_list
ktap_check "scripts: a package that this Debian does not have is not asked for" \
	says "" 0 with_scripts native_need 'bare?'
ktap_check "scripts: another program may be reading apt's lists" waits_for_the_lists
ktap_check "scripts: two cold runs at once install once" two_at_once
ktap_check "scripts: a full disk is noticed before a download" no_room
ktap_check "scripts: a disk that fills up is no fault of the network" full_disk
ktap_check "scripts: a mirror that cannot be reached is one line" no_network
ktap_check "scripts: what takes long shows progress" progress
