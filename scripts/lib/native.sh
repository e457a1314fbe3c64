# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages that run on this machine, from its own Debian archive: the only
# thing that the scripts ever change outside the cache, and only after saying
# so. NO_INSTALL=1 forbids even that.

HOST_ARCH=$(dpkg --print-architecture 2>/dev/null) || HOST_ARCH=

# native_need PACKAGE...: installs those that are missing.
native_need() {
	local -a missing install

	[ -n "$HOST_ARCH" ] ||
		die "this needs Debian's package tools (dpkg and apt), which this system does not have."
	mapfile -t missing < <(native_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0

	install=(apt-get install --no-install-recommends "${missing[@]}")
	if [ -n "${NO_INSTALL:-}" ] || ! native_may_install; then
		die "packages are missing; as root, run: apt-get update && ${install[*]}"
	fi
	# apt's lists are missing or old if they do not know a package, or if it is
	# no longer where they say.
	native_announce "${install[@]}" ||
		{ native_update && native_announce "${install[@]}"; } ||
		die "apt does not know all of these packages: ${missing[*]}"
	native_install "${install[@]}" || { native_update && native_install "${install[@]}"; } ||
		die "the packages could not be installed: see apt-get's message above."
}

# Prints those of the packages that are not installed.
native_missing() {
	local package

	for package; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -qx installed || echo "$package"
	done
}

native_may_install() {
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null
}

native_update() {
	local log

	note "reading this machine's package lists"
	log=$(as_root env LC_ALL=C apt-get -q update) ||
		die "apt-get update failed: see its message above."
	count_fetched <<<"$log"
}

# native_announce COMMAND...: says what an apt-get install command is to fetch.
# Fails if apt cannot tell.
native_announce() {
	local uris bytes

	uris=$("$@" -qq --print-uris 2>/dev/null) || return
	bytes=$(awk '{ n += $3 } END { printf "%d\n", n }' <<<"$uris")
	note "installing on this machine (with what they need, $((bytes >> 20)) MiB to download): ${*:4}"
	count_download "$bytes"
}

# native_install COMMAND...: runs an apt-get install command.
native_install() {
	as_root env DEBIAN_FRONTEND=noninteractive "$@" -qq -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 >/dev/null
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}
