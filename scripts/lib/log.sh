# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Messages of the scripts. All go to stderr: stdout belongs to the command that runs on
# the board.

note() {
	printf 'cmm: %s\n' "$*" >&2
}

# die SENTENCE: the sentence says what is wrong and what to do about it.
die() {
	note "$*"
	exit 125
}

# Progress goes to the stderr of the first script, even if a script captures the output
# of the scripts that it calls.
if [ -z "${CMM_PROGRESS:-}" ]; then
	exec {CMM_PROGRESS}>&2
	export CMM_PROGRESS
fi

PROGRESS_SECONDS=15

# with_progress WORDS COMMAND...: runs COMMAND in this shell. Every PROGRESS_SECONDS
# until it ends, runs the command WORDS and prints its output line. Returns the status
# of COMMAND.
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

# progress_watch WORDS PID: prints the progress. Ends soon after the process PID, even if
# that was killed.
progress_watch() {
	local start=$SECONDS ticks=0

	while sleep 1 && kill -0 "$2"; do
		[ $((++ticks % PROGRESS_SECONDS)) -ne 0 ] ||
			printf 'cmm: %s (%d s)\n' "$($1)" $((SECONDS - start)) >&"$CMM_PROGRESS"
	done
}

# count_download BYTES: adds a line to the file $CMM_TALLY, if the script's caller set it.
count_download() {
	if [ -n "${CMM_TALLY:-}" ]; then
		echo "$1" >>"$CMM_TALLY"
	fi
}

# count_fetched: reads the output of apt-get update from stdin, and counts its download.
count_fetched() {
	count_download "$(awk '/^Fetched/ {
		gsub(",", "", $2)
		print int($2 * ($3 == "MB" ? 1e6 : $3 == "kB" ? 1e3 : 1))
	}')"
}
