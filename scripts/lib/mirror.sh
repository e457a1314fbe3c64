# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Where Debian packages come from: the mirror that this machine's apt is
# configured with, or CMM_DEBIAN_MIRROR.

# The main archive.
mirror_main() {
	local uri=${CMM_DEBIAN_MIRROR:-$(mirror_configured Debian debian)}

	[ -n "$uri" ] ||
		die "no Debian mirror is configured here: set CMM_DEBIAN_MIRROR to the address of one."
	echo "$uri"
}

# The security archive; nothing if there is none.
mirror_security() {
	if [ -z "${CMM_DEBIAN_MIRROR:-}" ]; then
		mirror_configured Debian-Security debian-security
	fi
}

# The suite of this machine's own libraries and compilers; nothing if it does
# not run Debian.
mirror_suite() {
	(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-}")
}

# mirror_configured LABEL NAME: the first archive in apt's sources with this
# label, or, as labels are unknown before the first apt-get update, with this
# name at the end of its address.
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

# mirror_answers URI SUITE: whether the mirror can be reached, the way that apt goes;
# says so if not. Takes a few seconds at most.
mirror_answers() {
	local file log reason

	file=$(mktemp) || return
	log=$(LC_ALL=C /usr/lib/apt/apt-helper -o Acquire::Retries=0 \
		-o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10 \
		download-file "${1%/}/dists/$2/Release.gpg" "$file" 2>&1) || {
		reason=$(sed -n 's/^E: Failed to fetch [^ ]* *//p' <<<"$log")
		# A mirror that has not got the file has answered.
		[[ $reason = 404* ]]
	} || {
		rm -f "$file"
		note "cannot reach the Debian mirror $1 (${reason:-no reason given}): check the network, or name another mirror, in apt's sources or with CMM_DEBIAN_MIRROR."
		return 1
	}
	rm -f "$file"
}
