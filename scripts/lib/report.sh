# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the checks say: failed and skipped tests, what each part cost, and the
# sum. WORK is a directory of the script's own.

report_begin() {
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	export CMM_TALLY=$WORK/tally
	RESULTS=$WORK/results
	: >"$RESULTS"
}

# add PASSED FAILED SKIPPED: to the totals, which are the sum of these lines.
add() {
	echo "$*" >>"$RESULTS"
}

# skip NAME REASON: one test that cannot run here.
skip() {
	echo "  skip - $1: $2"
	add 0 0 1
}

fail() {
	echo "  not ok - $1: $2"
	add 0 1 0
}

# suite NAME COMMAND...: runs tests that report as ours do and adds their totals;
# passes on all but their passed tests. All they printed is in $WORK/log.
suite() {
	local name=$1 status totals passed failed skipped
	shift

	with_progress "suite_progress $name" suite_run "$name" "$@"
	status=$?
	totals=$(grep -aE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$WORK/log" | tail -n 1)
	read -r passed failed skipped < <(tr -dc '0-9 \n' <<<"${totals:-0 0 0}")
	add "$passed" "$failed" "$skipped"
	if [ -z "$totals" ] || { [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
		fail "$name" "it ended with status $status, see above"
	fi
}

# suite_run NAME COMMAND...: returns the status of COMMAND.
suite_run() {
	"${@:2}" 2>&1 | tee "$WORK/log" |
		sed -u "/^ok /d; /passed, .* failed,/s/^/$1: /; s/^/  /"
	return "${PIPESTATUS[0]}"
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

# part NAME COMMAND...: one part of the tests, and what it took.
part() {
	local name=$1 start=$SECONDS
	shift

	echo "$name:"
	: >"$CMM_TALLY"
	# A subshell, as what cannot be set up exits.
	("$@"; exit 0) || fail "$name" "it could not be set up, see above"
	awk -v name="$name" -v seconds=$((SECONDS - start)) '{ bytes += $1 } END {
		printf "%s: %d s, %d MiB downloaded\n", name, seconds, bytes / 1048576
	}' "$CMM_TALLY"
}

# part_beside NAME COMMAND...: the same beside others, as many at a time as there
# are processors; a board mostly uses one. What it prints comes in one piece when
# it has ended, its WORK is its own, and the caller has to wait for the last.
part_beside() {
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	(
		WORK=$(mktemp -d -p "$WORK")
		CMM_TALLY=$WORK/tally
		part "$@" >"$WORK/part" 2>&1
		cat "$WORK/part"
	) &
}

# report_end: the totals. Fails if a test failed.
report_end() {
	awk '{ passed += $1; failed += $2; skipped += $3 } END {
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit (failed > 0)
	}' "$RESULTS"
}
