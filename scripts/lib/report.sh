# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The output of the checks: failed and skipped tests, the cost of each part, and totals.
# WORK is a temporary directory of the script. Inside a part, WORK is the part's own.

report_begin() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	# One line for each part: seconds, bytes downloaded, passed, failed, skipped, ":name".
	REPORT=$WORK/report
	: >"$REPORT"
	CACHE_STATE="cold: the cache was empty"
	[ ! -d "$CACHE/kernel" ] || CACHE_STATE="warm: the cache had kernels"
}

# add PASSED FAILED SKIPPED: adds to the running part's results.
add() {
	echo "$*" >>"$WORK/results"
}

# skip NAME REASON: reports a test that cannot run on this machine.
skip() {
	echo "  skip - $1: $2"
	add 0 0 1
}

# fail NAME REASON: reports a failed test.
fail() {
	echo "  not ok - $1: $2"
	failed_test "not ok - $1: $2"
	add 0 1 0
}

# failed_test LINE...: stores the lines for report_end, which prints them again.
failed_test() {
	printf '%.300s\n' "$@" >>"${REPORT%/*}/failed"
}

# suite NAME COMMAND...: runs tests that report in KTAP (see tests/harness/ktap.h) and adds
# their results. Prints all output except passed tests. $WORK/log has all output.
# Fewer or more results than planned are a failure.
suite() {
	local name=$1 status planned passed failed skipped
	shift

	with_progress "suite_progress $name" suite_run "$name" "$@"
	status=$?
	read -r planned passed failed skipped < <(suite_count <"$WORK/log")
	add "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] || suite_failed "$name"
	if [ "$planned" -eq 0 ] || [ "$planned" -ne $((passed + failed + skipped)) ]; then
		fail "$name" "it reported $((passed + failed + skipped)) of $planned results and ended with status $status, see above"
	elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
		fail "$name" "it ended with status $status, see above"
	fi
}

# suite_count: prints the planned, passed, failed and skipped results of a log in KTAP.
suite_count() {
	awk '
		/^1\.\.[0-9]+$/ { planned += substr($0, 4) }
		/^ok [0-9]+ / { if (/ # SKIP/) skipped++; else passed++ }
		/^not ok [0-9]+ / { failed++ }
		END { print planned + 0, passed + 0, failed + 0, skipped + 0 }'
}

# suite_run NAME COMMAND...: runs COMMAND and returns its status.
suite_run() {
	"${@:2}" 2>&1 | tee "$WORK/log" |
		sed -u "/^KTAP version/d; /^1\.\.[0-9]*\$/d; /^ok [^#]*\$/d; /passed, .* failed,/s/^/$1: /; s/^/  /"
	return "${PIPESTATUS[0]}"
}

# suite_failed NAME: stores the failed tests of the log, and the first line of each reason,
# for report_end.
suite_failed() {
	local line

	while IFS= read -r line; do
		failed_test "$1: $line"
	done < <(awk '/^not ok / { print; next_is_reason = 1; next }
		next_is_reason && /^# /
		{ next_is_reason = 0 }' "$WORK/log")
}

# suite_progress NAME
suite_progress() {
	echo "$*: $(grep -ac '^ok ' "$WORK/log") tests passed"
}

# silent NAME COMMAND...: one test, passed if COMMAND succeeds and prints nothing.
# Returns whether it passed.
silent() {
	local name=$1
	shift

	if with_progress "echo $name: running" "$@" >"$WORK/log" 2>&1 && [ ! -s "$WORK/log" ]; then
		echo "  ok - $name"
		add 1 0 0
	else
		sed 's/^/    /' "$WORK/log"
		fail "$name" "see above"
		return 1
	fi
}

# part NAME COMMAND...: runs one part of the tests and reports its cost. Fails if the part
# could not be set up. Succeeds if tests failed.
part() {
	local name=$1 start=$SECONDS status=0 WORK
	shift

	WORK=$(mktemp -d -p "${REPORT%/*}")
	export CMM_TALLY=$WORK/tally
	: >"$CMM_TALLY"
	: >"$WORK/results"
	echo "$name:"
	# A subshell, because a set-up that fails exits.
	("$@"; exit 0) || {
		status=1
		fail "$name" "it could not be set up, see above"
	}
	awk -v name="$name" -v seconds=$((SECONDS - start)) -v report="$REPORT" '
		FILENAME ~ /tally$/ { bytes += $1; next }
		{ passed += $1; failed += $2; skipped += $3 }
		END {
			printf "%s: %d s, %d MiB downloaded\n", name, seconds, bytes / 1048576
			print seconds, bytes + 0, passed + 0, failed + 0, skipped + 0, ":" name >>report
		}' "$CMM_TALLY" "$WORK/results"
	rm -rf "$WORK"
	return "$status"
}

# report_end: prints a table of the parts, the failed tests and the totals. Fails if a test
# failed.
report_end() {
	awk -v seconds="$SECONDS" -v processors="$(nproc)" -v state="$CACHE_STATE" \
		-v names="${REPORT%/*}/failed" '
		BEGIN { printf "\n%6s %6s %7s %7s %8s  %s\n", "s", "MiB", "passed", "failed", "skipped", "part" }
		{
			printf "%6d %6d %7d %7d %8d  %s\n", $1, $2 / 1048576, $3, $4, $5, substr($0, index($0, ":") + 1)
			bytes += $2; passed += $3; failed += $4; skipped += $5
		}
		END {
			printf "%6d %6d %7d %7d %8d  all of them, side by side on %d processors\n",
				seconds, bytes / 1048576, passed, failed, skipped, processors
			print state
			while ((getline line <names) > 0)
				print line
			printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
			exit (failed > 0)
		}' "$REPORT"
}
