#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs cmmctl on the fake system of fake.c and checks its output and exit status.
#
#   cli.sh CMMCTL

set -u
cmmctl=$1
# shellcheck disable=SC1091 # of the repository's root
. ../tests/harness/ktap.sh

matches() {
	# shellcheck disable=SC2254 # a pattern is meant
	case $output in
	$pattern) true ;;
	*) false ;;
	esac
}

# count NAME STATUS: counts and prints the result of a test. It passes if $output matches
# $pattern and $got is STATUS.
count() {
	if matches && [ "$got" -eq "$2" ]; then
		ktap_ok "cmmctl: $1"
	else
		ktap_not_ok "cmmctl: $1" "status $got, output: $output"
	fi
}

# expect NAME STATUS PATTERN ARGUMENT...: cmmctl exits with that status, and all of its
# output, including errors, matches the shell pattern.
expect() {
	name=$1 status=$2 pattern=$3
	shift 3
	output=$("$cmmctl" "$@" 2>&1 </dev/null)
	got=$?
	count "$name" "$status"
}

# expect_lost ARGUMENT...: cmmctl fails with a message if it cannot write its output.
expect_lost() {
	pattern="cmmctl: cannot write the output*"
	output=$("$cmmctl" "$@" 2>&1 >/dev/full </dev/null)
	got=$?
	count "$1 to a full disk" 1
	output=$("$cmmctl" "$@" 2>&1 >&- </dev/null)
	got=$?
	count "$1 to a closed descriptor" 1
}

export FAKE_ZONES="spare media"
ktap_begin

expect "no command" 2 "usage: cmmctl COMMAND*"
expect "--help" 0 "usage: cmmctl COMMAND*info*list*devices*whois*alloc*\
Example: *Exit status: 0 *, 1 *, 2 *" --help
expect "--version" 0 "cmmctl $(cat ../VERSION)" --version
expect "unknown command" 2 "cmmctl: 'x' is not a command; see 'cmmctl --help'" x
for command in info list devices whois alloc; do
	expect "$command --help" 0 "usage: cmmctl $command *\
Example: cmmctl $command*
Exit status: 0 *, 1 *, 2 *" "$command" --help
	expect "$command, unknown option" 2 "cmmctl $command: *usage: *" \
		"$command" --bad
done
expect "whois --help" 0 "*Exit status: *, 3 nothing is known *" whois --help
expect "alloc --help" 0 "*Exit status: *COMMAND, the command's own." alloc --help

# A zone is the last argument of every command.
for command in info list devices "whois npu:1" "alloc 4K"; do
	# shellcheck disable=SC2086 # words are meant
	{
		expect "$command, two zones" 2 \
			"cmmctl ${command% *}: 'spare' is one argument too many
usage: cmmctl ${command% *} *\[ZONE\]*" $command media spare
		expect "$command, no such zone" 1 \
			"cmmctl: 'x' is not a zone; name one of media, spare*" \
			$command x
		expect "$command, another node" 1 \
			"cmmctl: '/dev/null' is not a zone; name one of media, spare*" \
			$command /dev/null
	}
done
expect "alloc --zone" 2 "cmmctl alloc: '--zone' is not an option*" \
	alloc --zone media 4K
expect "info -z" 2 "cmmctl info: '-z' is not an option*" info -z media

FAKE_USED=0x800000 expect "info" 0 "ZONE*SIZE*FLAGS
media  16 MiB  8 MiB  16.0 MiB  8 MiB    4 MiB  4 KiB  3 MiB      -  linear  \
expose-phys
media *" info
FAKE_QUOTA=0x1000000 expect "info of a zone, with a quota" 0 "ZONE *YOURS   QUOTA *
media * 3 MiB  16 MiB *" info media

expect "list" 0 "ZONE   ID      OFFSET   SIZE  NAME    PID  COMMAND *
media   2  0x00002000  4 KiB  frame    42  camera      2s  0000:00:03.0     102
media   4  0x00004000  4 KiB  -         -  \\\\x1b\[2J\\\\\\\\   4s  0000:00:03.0 +2  104
media   6  0x00006000  4 KiB  摄像头   42  camera      6s  0000:00:03.0     106
spare   2  *" list
FAKE_GONE=1 expect "list, a process has exited" 0 "ZONE *
media   2  *  frame          42  camera *
media   4  *
media   6  *  摄像头  42 (gone)  camera *
(gone): this process has exited; its buffer is still in use" list media
FAKE_USER=1 expect "list without a privilege" 0 "ZONE   ID  OFFSET   SIZE *
media   2       -  4 KiB *" list media
FAKE_ENTRIES=0 expect "list of nothing" 0 "no buffers" list media
FAKE_ENTRIES=0 FAKE_USED=0xf400000 expect "list of nothing of one's own" 0 \
	"media: none of yours; root sees all (244 MiB used)" list media
FAKE_USED=0xf403000 expect "list of a part" 0 "ZONE *
media   6 *
media: only yours; root sees all (244 MiB more used)" list media
FAKE_ENTRIES=500 expect "long list" 0 "*media  1000 *" list media

expect "devices" 0 "ZONE   DEVICE        MASK  STATE      IOMMU  CACHES
media  npu     0xffffffff  ready      yes    ignored
media  isp            0x0  not-ready  -      -" devices media

expect "whois, live" 0 "zone       media
buffer     17, 'frame', 8 KiB
address    0x1010 bytes into it
allocated  at 100.000000, 50s ago, by camera, process 42, user 1000
mapped     for 0000:00:03.0, to write; still is
freed      no" whois 0000:00:03.0:0xfe001010 media
expect "whois, freed, the last of all zones" 0 "zone       spare
buffer     17, 'frame', 8 KiB
address    0x10 bytes into it
allocated  at 100.000000, 50s ago, by \\\\x1b\[2J, user 1000
mapped     for npu, to read and write; ended at 120.000123, 29s ago
freed      at 130.500000, 19s ago" whois npu:EE0010
expect "whois, physical" 0 "zone       media
buffer     17, *
address    0x20 bytes into it
allocated *
freed      no" whois --phys 0x50000020 media
expect "whois, unknown" 3 "nothing is known of this address" whois npu:0x1
expect "whois, unknown address of an attached device" 3 \
	"nothing is known of this address" whois 0000:00:03.0:0x1
expect "whois, unknown device" 3 "nothing is known of this address; 'gpu' is not\
 a device that a zone knows now; these are: npu, isp, 0000:00:03.0; see 'cmmctl\
 devices' and 'cmmctl list'" whois gpu:0x1
expect "whois, unknown physical address" 3 "nothing is known of this address" \
	whois --phys 0x1
FAKE_ZONES="media spare" expect "whois, whichever zone comes first" 0 "zone       media
*" whois npu:EE0010
expect "whois, freed, in a zone" 0 "zone       media
*; ended at 119.000123, 30s ago
*" whois npu:EE0010 media
expect "whois, of a device without an IOMMU" 1 \
	"cmmctl: zone 'media': The call failed: a privilege is missing.*" whois isp:0x1
for bad in "" npu npu: :0x1 npu:0xg npu:-1 "npu:1 2" npu:10000000000000000; do
	expect "whois '$bad'" 2 "cmmctl whois: '$bad' is not a device's *" \
		whois "$bad"
done
expect "whois --phys of no address" 2 "cmmctl whois: '4G' is not *" whois --phys 4G
expect "whois --phys without one" 2 "cmmctl whois: the address is *" whois --phys

expect "alloc without a size" 2 "cmmctl alloc: SIZE is missing*" alloc
expect "alloc of no size" 2 "cmmctl alloc: '4MB' is not a size *" alloc 4MB
expect "alloc of nothing" 2 "cmmctl alloc: '0' is not a size *" alloc 0
expect "alloc, bad count" 2 "cmmctl alloc: '65' is not from 1 to 64*" \
	alloc 4K --count 65
expect "alloc, bad alignment" 2 "cmmctl alloc: '3' is not a power of two*" \
	alloc 4K --align 3
expect "alloc, alignment too large" 2 "cmmctl alloc: '2G' is not a power of *" \
	alloc 4K --align 2G
expect "alloc, several letters after a dash" 2 \
	"cmmctl alloc: '-xy' is not an option*" alloc 4K -xy
expect "alloc, option without a value" 2 \
	"cmmctl alloc: '--count' is not an option, or lacks its value*" alloc 4K --count
expect "alloc, name in UTF-8" 0 "FD *" alloc 4K --name "摄像头 1" media
expect "alloc, name too long" 2 "cmmctl alloc: a name has at most 31 *" \
	alloc 4K --name 12345678901234567890123456789012
expect "alloc, name of characters too long" 2 \
	"cmmctl alloc: a name has at most 31 bytes*" alloc 4K --name 摄像头摄像头摄像头摄像
expect "alloc, unprintable name" 2 "cmmctl alloc: a name has at most 31 *" \
	alloc 4K --name "$(printf 'a\tb')"
expect "alloc, which zone?" 1 \
	"cmmctl: there are several zones; name one of media, spare" alloc 4K
FAKE_USER=1 expect "alloc without a privilege" 0 "FD *OFFSET *
*    -  4 KiB *" alloc 4K media
expect "alloc" 0 "FD *
*0x00001000  4 KiB  4 KiB  0x40001000  frame
Held until *" alloc 4K media
# shellcheck disable=SC2016 # the command expands it
expect "alloc with a command" 3 "FD *0x00001000*0x00001000*
fds=[0-9]* [0-9]*" alloc 4K --count 2 media -- sh -c '
	for fd in $CMM_FDS; do [ -e "/proc/self/fd/$fd" ] || exit 1; done
	echo "fds=$CMM_FDS"; exit 3'
expect "alloc with a command that is none" 1 \
	"*cmmctl: cannot run '/x': No such file*" alloc 4K media -- /x
expect "alloc, too large" 1 "cmmctl: Zone 'media' cannot allocate 1 x 1 GiB\
 (larger than the zone or the buffer): 8 MiB are free, at most 4 MiB in one piece, and\
 no quota limits you; ask for less." \
	alloc 1G media
expect "alloc, full" 1 "cmmctl: Zone 'media' cannot allocate 4 x 3 MiB\
 (the zone is full): 8 MiB are free, at most 4 MiB in one piece, and no quota limits you;\
 'cmmctl list' shows which processes hold buffers." \
	alloc 3M --count 4 media
FAKE_QUOTA=0x1000000 expect "alloc, more than the quota" 1 "cmmctl: Zone 'media'\
 cannot allocate 2 x 7 MiB (more than the user's quota of the zone): 8 MiB are free, at\
 most 4 MiB in one piece, and you use 3 MiB of your quota of 16 MiB; 'cmmctl list' *" alloc 7M --count 2 media
expect "alloc, fragmented" 1 "* (enough is free, but not in one piece): *;\
 ask for smaller buffers*" \
	alloc 5M media

CMM_ZONE=spare expect "alloc from the zone of the environment" 0 "FD *" alloc 4K
CMM_ZONE=x expect "alloc, the environment names no zone" 1 \
	"cmmctl: 'x' is not a zone; name one of media, spare" alloc 4K
FAKE_MARKED=1 expect "alloc from the marked zone" 0 "FD *" alloc 4K

FAKE_ZONES="media"
expect "alloc from the only zone" 0 "FD *" alloc 4K
for command in info list devices "whois npu:ee0000" "alloc 4K"; do
	# shellcheck disable=SC2086 # words are meant
	expect_lost $command
done
expect_lost --help
expect_lost info --help
# The output is larger than a pipe, so cmmctl still writes after the reader has exited.
{
	(
		trap '' PIPE
		FAKE_ENTRIES=4000 "$cmmctl" list 2>&3
		echo "status $?" >&3
	) | true
} 3>"$cmmctl.lost"
got=0 output=$(cat "$cmmctl.lost")
pattern="cmmctl: cannot write the output*
status 1"
count "list to a reader that has gone" 0
rm "$cmmctl.lost"

FAKE_ZONES="media secret"
expect "a zone that may not be opened does not hide the others" 1 \
	"cmmctl: zone 'secret': permission denied; its node belongs to root alone:\
 install the udev rule 70-cmm.rules, *udevadm trigger*video USER*'id'
ZONE *
media *" info
FAKE_SHARED=1 expect "a zone that only its group may open" 1 \
	"cmmctl: zone 'secret': permission denied; you are not in the group of its\
 node, 'video' by the udev rule: *video USER*'id'" info secret
FAKE_ZONES="secret"
FAKE_SHARED=1 expect "the only zone may not be opened" 1 \
	"cmmctl: zone 'secret': permission denied; you *" alloc 4K
unset FAKE_ZONES
for command in info list devices "info x" "whois npu:1" "alloc 4K"; do
	# shellcheck disable=SC2086 # words are meant
	{
		expect "$command without the module" 1 \
			"cmmctl: the cmm module is not loaded; *modprobe cmm*dmesg*" \
			$command
		FAKE_LOADED=1 expect "$command without any zone" 1 \
			"cmmctl: the cmm module is loaded, but there is no zone;\
 'dmesg | grep cmm' shows what failed" $command
	}
done

ktap_end
