# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Test results in KTAP, see ktap.h, for tests that are shell scripts. The plan comes last.

ktap_reported=0 ktap_failed=0 ktap_skipped=0

# Prints the version. Call it first.
ktap_begin() {
	echo "KTAP version 1"
}

ktap_ok() {
	ktap_reported=$((ktap_reported + 1))
	echo "ok $ktap_reported $1"
}

# ktap_not_ok NAME REASON
ktap_not_ok() {
	ktap_reported=$((ktap_reported + 1))
	ktap_failed=$((ktap_failed + 1))
	echo "not ok $ktap_reported $1"
	printf '%s\n' "$2" | sed 's/^/# /'
}

# ktap_skip NAME REASON
ktap_skip() {
	ktap_reported=$((ktap_reported + 1))
	ktap_skipped=$((ktap_skipped + 1))
	echo "ok $ktap_reported $1 # SKIP $2"
}

# ktap_check NAME COMMAND...: a test that passes if COMMAND succeeds.
ktap_check() {
	ktap_name=$1
	shift
	if ktap_output=$("$@" 2>&1); then
		ktap_ok "$ktap_name"
	else
		ktap_not_ok "$ktap_name" "$ktap_output"
	fi
}

# Prints the plan and the sums. Fails if a test failed.
ktap_end() {
	echo "1..$ktap_reported"
	echo "$((ktap_reported - ktap_failed - ktap_skipped)) passed, $ktap_failed failed, $ktap_skipped skipped"
	[ "$ktap_failed" -eq 0 ]
}
