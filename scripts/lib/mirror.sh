# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The Debian mirror: CMM_DEBIAN_MIRROR, or the mirror in this machine's apt sources.

# Prints the address of the main archive.
mirror_main() {
	local uri=${CMM_DEBIAN_MIRROR:-$(mirror_configured Debian debian)}

	[ -n "$uri" ] ||
		die "no Debian mirror is configured here: set CMM_DEBIAN_MIRROR to the address of one."
	echo "$uri"
}

# Prints the address of the security archive, or nothing.
mirror_security() {
	if [ -z "${CMM_DEBIAN_MIRROR:-}" ]; then
		mirror_configured Debian-Security debian-security
	fi
}

# Prints this machine's Debian suite, or nothing on another system.
mirror_suite() {
	# shellcheck disable=SC1091
	(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-}")
}

# mirror_configured LABEL NAME: prints the first archive in apt's sources that has this
# label. Labels are unknown before the first apt-get update; the end of the address must
# then be this name.
mirror_configured() {
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
		awk -v label="$1" -v name="$2" '
			$2 ~ /^cdrom:/ { next }
			$1 == label || ($1 !~ /^[A-Z]/ && $2 ~ "/" name "(/|[.]list)?$") {
				print $2
				exit
			}'
}

# mirror_answers URI SUITE: succeeds if apt can reach the mirror. Prints a note if not.
# Tries for ten seconds.
mirror_answers() {
	local file log reason

	file=$(mktemp) || return
	log=$(LC_ALL=C /usr/lib/apt/apt-helper -o Acquire::Retries=0 \
		-o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 \
		download-file "${1%/}/dists/$2/Release.gpg" "$file" 2>&1) || {
		reason=$(sed -n 's/^E: Failed to fetch [^ ]* *//p' <<<"$log")
		# A mirror without that file answers too.
		[[ $reason = 404* ]]
	} || {
		rm -f "$file"
		note "cannot reach the Debian mirror $1 (${reason:-no reason given}): check the network, or name another mirror, in apt's sources or with CMM_DEBIAN_MIRROR."
		return 1
	}
	rm -f "$file"
}
