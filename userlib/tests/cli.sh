#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs cmmctl on a system that fake.c plays, and looks at what it says.
#
#   cli.sh CMMCTL

set -u
cmmctl=$1
passed=0
failed=0

matches() {
	# shellcheck disable=SC2254 # a pattern is meant
	case $output in
	$pattern) true ;;
	*) false ;;
	esac
}

# expect NAME STATUS PATTERN ARGUMENT...: cmmctl ends with that status, and its
# output, errors included, matches the shell pattern as a whole.
expect() {
	name=$1 status=$2 pattern=$3
	shift 3
	output=$("$cmmctl" "$@" 2>&1 </dev/null)
	got=$?
	if matches && [ "$got" -eq "$status" ]; then
		echo "ok - cmmctl: $name"
		passed=$((passed + 1))
	else
		printf 'not ok - cmmctl: %s: status %s, output: %s\n' \
			"$name" "$got" "$output"
		failed=$((failed + 1))
	fi
}

export FAKE_ZONES="spare media"

expect "no command" 2 "usage: cmmctl COMMAND*"
expect "--help" 0 "usage: cmmctl COMMAND*info*list*devices*whois*alloc*" --help
expect "unknown command" 2 "cmmctl: 'x' is not a command; see 'cmmctl --help'" x
for command in info list devices whois alloc; do
	expect "$command --help" 0 "usage: cmmctl $command *" "$command" --help
	expect "$command, unknown option" 2 "cmmctl $command: *usage: *" \
		"$command" --bad
done
expect "info, two zones" 2 "cmmctl info: takes the name of one zone*" info a b

expect "info" 0 "ZONE*SIZE*FLAGS
media  16 MiB  8 MiB  16.0 MiB  8 MiB    4 MiB  4 KiB  linear  expose-phys
media *" info
expect "info of a zone" 0 "ZONE *
media *" info media
expect "info of no zone" 1 \
	"cmmctl: zone 'x': no such zone, device, mapping or file, or nothing known; 'cmmctl info' shows *" info x
expect "info of another node" 1 \
	"cmmctl: zone '/dev/null': not a CMM zone, or a module older than this program; name a node in /dev/cmm" \
	info /dev/null

expect "list" 0 "ZONE   ID      OFFSET   SIZE  NAME   PID  COMMAND*
media   2  0x00002000  4 KiB  frame   42  camera      2s  0000:00:03.0
media   4  0x00004000  4 KiB  -        -  \\\\x1b\[2J\\\\\\\\   4s  0000:00:03.0 +2
media   6  *
spare   2  *" list
FAKE_ENTRIES=0 expect "list of nothing" 0 "no buffers" list media
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
FAKE_ZONES="media spare" expect "whois, whichever zone comes first" 0 "zone       media
*" whois npu:EE0010
expect "whois, freed, in a zone" 0 "zone       media
*; ended at 119.000123, 30s ago
*" whois npu:EE0010 media
expect "whois, of a device without an IOMMU" 1 \
	"cmmctl: zone 'media': a privilege is missing*" whois isp:0x1
for bad in "" npu npu: :0x1 npu:0xg npu:-1 "npu:1 2" npu:10000000000000000; do
	expect "whois '$bad'" 2 "cmmctl whois: '$bad' is not a device's *" \
		whois "$bad"
done
expect "whois --phys of no address" 2 "cmmctl whois: '4G' is not *" whois --phys 4G
expect "whois --phys without one" 2 "cmmctl whois: takes an *" whois --phys
expect "whois of too much" 2 "cmmctl whois: takes an *" whois npu:1 a b

expect "alloc without a size" 2 "cmmctl alloc: SIZE is missing*" alloc
expect "alloc of no size" 2 "cmmctl alloc: '4MB' is not a size *" alloc 4MB
expect "alloc of nothing" 2 "cmmctl alloc: '0' is not a size *" alloc 0
expect "alloc, bad count" 2 "cmmctl alloc: '65' is not from 1 to 64*" \
	alloc 4K --count 65
expect "alloc, bad alignment" 2 "cmmctl alloc: '3' is not a power of two*" \
	alloc 4K --align 3
expect "alloc, alignment too large" 2 "cmmctl alloc: '2G' is not a power of *" \
	alloc 4K --align 2G
expect "alloc, name too long" 2 "cmmctl alloc: a name has at most 31 *" \
	alloc 4K --name 12345678901234567890123456789012
expect "alloc, unprintable name" 2 "cmmctl alloc: a name has at most 31 *" \
	alloc 4K --name "$(printf 'a\tb')"
expect "alloc, which zone?" 1 "cmmctl: there are several zones; choose one *" \
	alloc 4K
expect "alloc" 0 "FD *
*0x00001000  4 KiB  4 KiB  0x40001000  frame
Held until *" alloc 4K --zone media
# shellcheck disable=SC2016 # the command expands it
expect "alloc with a command" 3 "FD *0x00001000*0x00001000*
fds=[0-9]* [0-9]*" alloc 4K --count 2 --zone media -- sh -c '
	for fd in $CMM_FDS; do [ -e "/proc/self/fd/$fd" ] || exit 1; done
	echo "fds=$CMM_FDS"; exit 3'
expect "alloc with a command that is none" 1 \
	"*cmmctl: cannot run '/x': No such file*" alloc 4K --zone media -- /x
expect "alloc, too large" 1 "cmmctl: zone 'media': cannot allocate 1 x 1 GiB\
 with 8 MiB free, at most 4 MiB in one piece: larger than the zone or the buffer" \
	alloc 1G --zone media
expect "alloc, full" 1 "cmmctl: zone 'media': cannot allocate 4 x 3 MiB\
 with 8 MiB free, at most 4 MiB in one piece: the zone is full; 'cmmctl list'*" \
	alloc 3M --count 4 --zone media
expect "alloc, fragmented" 1 "*: enough is free, but not in one piece; *" \
	alloc 5M --zone media

FAKE_ZONES="media"
expect "alloc from the only zone" 0 "FD *" alloc 4K
FAKE_ZONES="media secret"
expect "a zone that may not be opened does not hide the others" 1 \
	"cmmctl: zone 'secret': Permission denied; be root or *
ZONE *
media *" info
unset FAKE_ZONES
for command in info list devices "info x" "alloc 4K"; do
	# shellcheck disable=SC2086 # words are meant
	expect "$command without any zone" 1 \
		"cmmctl: no CMM zone on this system: is the cmm module loaded?" \
		$command
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
