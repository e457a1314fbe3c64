# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Jobs that run side by side. Each job is a part (see report.sh). Jobs start in the
# order of the queue, so the longest ones come first.

# How many jobs run at a time. A board waits a third of its time, so three boards keep two
# processors busy.
QUEUE_WIDTH=$((($(nproc) * 3 + 1) / 2))

QUEUE=()
declare -A QUEUE_COMMAND=() QUEUE_AFTER=() QUEUE_BESIDE=()
# The jobs that have ended, by name: "passed" or "failed".
declare -A QUEUE_ENDED=()

# job NAME COMMAND...: adds a job at the end of the queue.
job() {
	QUEUE+=("$1")
	QUEUE_COMMAND[$1]=${*@Q}
}

# job_after OTHER NAME COMMAND...: adds a job that starts after the job OTHER. It
# fails without running if OTHER could not do its work.
job_after() {
	job "${@:2}"
	QUEUE_AFTER[$2]=$1
}

# job_beside NAME COMMAND...: adds a job that mostly waits for the network. It
# starts at once and takes no processor from the other jobs.
job_beside() {
	job "$@"
	QUEUE_BESIDE[$1]=1
}

# job_suite NAME COMMAND...: adds a job that is one suite of tests.
job_suite() {
	job "$1" suite "$@"
}

# queue_run: runs all jobs and returns when the last one has ended.
queue_run() {
	local -A running=()
	local pid status name busy=0

	trap 'queue_stop; exit 130' INT
	trap 'queue_stop; exit 143' TERM HUP
	while queue_start; [ ${#running[@]} -gt 0 ]; do
		wait -n -p pid "${!running[@]}"
		status=$?
		name=${running[$pid]}
		unset "running[$pid]"
		[ -n "${QUEUE_BESIDE[$name]:-}" ] || busy=$((busy - 1))
		QUEUE_ENDED[$name]=$([ "$status" = 0 ] && echo passed || echo failed)
	done
	trap - INT TERM HUP
}

# queue_start: starts every job that can start now. It uses the variables of queue_run.
queue_start() {
	local waiting=() name after

	for name in "${QUEUE[@]}"; do
		after=${QUEUE_AFTER[$name]:-}
		if { [ -z "${QUEUE_BESIDE[$name]:-}" ] && [ "$busy" -ge "$QUEUE_WIDTH" ]; } ||
			{ [ -n "$after" ] && [ -z "${QUEUE_ENDED[$after]:-}" ]; }; then
			waiting+=("$name")
			continue
		fi
		[ -n "${QUEUE_BESIDE[$name]:-}" ] || busy=$((busy + 1))
		queue_start_one "$name" "$after"
	done
	QUEUE=("${waiting[@]}")
}

# queue_start_one NAME AFTER: starts the job in its own process group, so that
# queue_stop ends all of its processes. Prints its output when it ends.
queue_start_one() {
	local name=$1 after=$2
	eval "local words=(${QUEUE_COMMAND[$name]})"

	if [ -n "$after" ] && [ "${QUEUE_ENDED[$after]}" = failed ]; then
		words=("$name" queue_not_run "$after")
	fi
	set -m
	(
		set +m
		part "${words[@]}" >"$WORK/output-$BASHPID" 2>&1
		status=$?
		cat "$WORK/output-$BASHPID"
		exit "$status"
	) </dev/null &
	set +m
	running[$!]=$name
	echo "$name: begins after $SECONDS s"
}

queue_not_run() {
	die "it did not run, because it needs the part \"$1\"."
}

# queue_stop: ends all running jobs.
queue_stop() {
	local pid

	for pid in "${!running[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null
	done
	wait
}
