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
	if [ -n "${NO_INSTALL:-}" ]; then
		note "packages are missing; install them with: apt-get update && ${install[*]}"
		exit 125
	fi
	native_lists_usable "${missing[@]}" || as_root apt-get -q update >&2 ||
		die "apt-get update failed: see its message above."
	native_announce "${install[@]}"
	as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq -y \
		-o DPkg::Lock::Timeout=300 >&2 ||
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

# Whether apt knows all of these packages, from lists of the last day.
native_lists_usable() {
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit)" ] &&
		apt-cache show --no-all-versions "$@" >/dev/null 2>&1
}

# Says what the apt-get install command given would fetch, and how much it is.
native_announce() {
	local size

	size=$(LC_ALL=C "$@" --assume-no 2>/dev/null | sed -n 's/^Need to get \(.*\) of archives.*/\1/p')
	note "installing on this machine: ${*:4} (${size:-already downloaded})"
	count_download "$(LC_ALL=C "$@" --print-uris -qq |
		awk '{ n += $3 } END { printf "%d\n", n }')"
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}
