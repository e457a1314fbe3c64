# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the scripts tell their user: everything goes to stderr, so that stdout
# belongs to the command that is run.

note() {
	printf 'cmm: %s\n' "$*" >&2
}

# die SENTENCE: what is wrong and what to do about it.
die() {
	note "$*"
	exit 125
}

# count_download BYTES: adds to the tally that the caller of a script keeps in
# the file $CMM_TALLY, if it keeps one.
count_download() {
	if [ -n "${CMM_TALLY:-}" ]; then
		echo "$1" >>"$CMM_TALLY"
	fi
}

# count_fetched: the same for what apt-get update, on stdin, says it fetched.
count_fetched() {
	count_download "$(awk '/^Fetched/ {
		gsub(",", "", $2)
		print int($2 * ($3 == "MB" ? 1e6 : $3 == "kB" ? 1e3 : 1))
	}')"
}
