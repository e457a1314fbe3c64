# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Messages of the scripts. All go to stderr, so that stdout belongs to the command
# that is run.

note() {
	printf 'cmm: %s\n' "$*" >&2
}

# die SENTENCE: what is wrong and what to do about it.
die() {
	note "$*"
	exit 125
}

# Progress goes to the stderr of the first script, also where a script that calls
# others keeps back what they print.
if [ -z "${CMM_PROGRESS:-}" ]; then
	exec {CMM_PROGRESS}>&2
	export CMM_PROGRESS
fi

PROGRESS_SECONDS=15

# with_progress WORDS COMMAND...: runs COMMAND in this shell. While it runs, prints
# the output line of the command WORDS every PROGRESS_SECONDS. Returns the status of
# COMMAND.
with_progress() {
	local words=$1 status=0 watcher
	shift

	progress_watch "$words" "$BASHPID" </dev/null >/dev/null 2>&1 9>&- &
	watcher=$!
	"$@" || status=$?
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	return "$status"
}

# progress_watch WORDS PID: ends soon after the process PID, so that nothing
# waits for it.
progress_watch() {
	local start=$SECONDS ticks=0

	while sleep 1 && kill -0 "$2"; do
		[ $((++ticks % PROGRESS_SECONDS)) -ne 0 ] ||
			printf 'cmm: %s (%d s)\n' "$($1)" $((SECONDS - start)) >&"$CMM_PROGRESS"
	done
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
