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
