# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages that run on this machine, from its own Debian archive. Their installation is
# the only change that the scripts make outside the cache. They print the list first.
# NO_INSTALL=1 forbids the installation. A script asks for all of its packages at once,
# before it downloads anything. A question mark after the name marks a package that some
# Debian suites lack: it is installed if it exists.

HOST_ARCH=$(dpkg --print-architecture 2>/dev/null) || HOST_ARCH=
# depmod and mke2fs are in directories that a user's path lacks.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

APT_INSTALL=(apt-get install --no-install-recommends)
# How long to wait for apt's locks, in seconds.
APT_LOCK_SECONDS=600

# native_need PACKAGE[?]...: installs the missing packages.
native_need() {
	local -a missing

	[ -n "$HOST_ARCH" ] ||
		die "this needs Debian's package tools (dpkg and apt), which this system does not have."
	mapfile -t missing < <(native_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0

	if [ -n "${NO_INSTALL:-}" ] || ! native_may_install; then
		native_list "${missing[@]%\?}"
		die "packages are missing; as root, run: apt-get update && ${APT_INSTALL[*]} ${missing[*]%\?}"
	fi
	cache_locked apt/native native_install "$@" || exit
}

# native_missing PACKAGE[?]...: prints the packages that are not installed. Leaves out a
# package with a question mark that apt's lists do not have.
native_missing() {
	local package name

	for package; do
		name=${package%\?}
		dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
			{ [ "$name" != "$package" ] && native_have_lists && ! native_knows "$name"; } ||
			echo "$package"
	done | awk '!seen[$0]++'
}

native_knows() {
	apt-cache show "$1" >/dev/null 2>&1
}

# Succeeds if apt has package lists.
native_have_lists() {
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' |
		xargs -r -d '\n' ls 2>/dev/null | grep -q .
}

native_may_install() {
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

# native_install PACKAGE[?]...: runs under the lock of native_need.
native_install() {
	local -a missing

	native_have_lists || native_update
	# Another run may have installed them.
	mapfile -t missing < <(native_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	missing=("${missing[@]%\?}")
	# apt's lists are old if they lack a package or give an old address for it.
	native_list "${missing[@]}" || { native_update && native_list "${missing[@]}"; } ||
		die "apt does not know all of these packages: ${missing[*]}"
	native_mirror_answers || exit 125
	native_apt "${missing[@]}" || { native_update && native_apt "${missing[@]}"; } ||
		die "the packages could not be fetched: see apt-get's message above."
}

# native_list PACKAGE...: lists the packages with their sizes, and sets NATIVE_BYTES and
# NATIVE_NAMES. Fails if apt does not know all of them.
native_list() {
	local uris

	uris=$("${APT_INSTALL[@]}" "$@" -qq --print-uris 2>/dev/null) || {
		note "packages to install on this machine (their sizes are known after apt-get update): $*"
		return 1
	}
	note "packages to install on this machine, and what there is to download for each:"
	awk -v asked=" $* " '
		function row(name, bytes) { printf "  %-28s %7.1f MiB\n", name, bytes / 1048576 }
		!NF { next }
		{ split($2, name, "_"); sum += $3 }
		index(asked, " " name[1] " ") { row(name[1], $3); sub(" " name[1] " ", "  ", asked); next }
		{ others++; rest += $3 }
		END {
			# apt has downloaded these before.
			for (i = split(asked, left); i > 0; i--)
				row(left[i], 0)
			if (others)
				row(others " that these need", rest)
			row("in all", sum)
		}' <<<"$uris" >&2
	NATIVE_BYTES=$(awk '{ n += $3 } END { printf "%d\n", n }' <<<"$uris")
	mapfile -t NATIVE_NAMES < <(awk 'NF { split($2, name, "_"); print name[1] }' <<<"$uris")
}

# native_apt PACKAGE...: installs the packages. Returns non-zero if a package could not
# be fetched, and exits after any other error.
native_apt() {
	local log

	log=$(with_progress native_progress as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		"${APT_INSTALL[@]}" "$@" -qq -y -o DPkg::Lock::Timeout="$APT_LOCK_SECONDS" \
		-o Dpkg::Use-Pty=0 2>&1 >/dev/null 9>&-) || {
		native_complain "$log"
		[[ $log = *'E: Failed to fetch'* ]] && return 1
		die "the packages could not be installed: see apt-get's message above."
	}
	count_download "$NATIVE_BYTES"
}

native_progress() {
	local left

	left=$(native_missing "${NATIVE_NAMES[@]}" | wc -l)
	echo "installing packages: $((${#NATIVE_NAMES[@]} - left)) of ${#NATIVE_NAMES[@]} are installed"
}

# native_update: reads apt's lists. It waits for another program that reads them, because
# apt-get's own option to wait covers only dpkg's locks.
native_update() {
	local log deadline=$((SECONDS + APT_LOCK_SECONDS))

	native_mirror_answers || exit 125
	note "reading this machine's package lists"
	until log=$(as_root env LC_ALL=C apt-get -q update 2>&1 9>&-); do
		[[ $log = *'E: Could not get lock'* && $SECONDS -lt $deadline ]] || {
			native_complain "$log"
			die "this machine's package lists could not be read: see apt-get's message above."
		}
		sleep 2
	done
	count_fetched <<<"$log"
}

native_mirror_answers() {
	local mirror suite

	mirror=$(mirror_configured Debian debian)
	suite=$(mirror_suite) || return 0
	[ -z "$mirror" ] || mirror_answers "$mirror" "$suite"
}

# native_complain LOG: prints the first errors of apt-get in the log. Without one, prints
# the end of the log: sudo may have failed.
native_complain() {
	{ grep -E -m 4 '^(E|dpkg): ' || tail -n 4 <<<"$1"; } <<<"$1" | sed 's/^/  /' >&2
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}
