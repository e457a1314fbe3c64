# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Tests of the driver's pure parts, the library and the scripts, on this machine.

needs_native() {
	echo g++ gcc make libc6-dev xz-utils valgrind pkg-config
	# Libraries that calculate the same layouts.
	echo 'libavutil-dev?' 'libgstreamer-plugins-base1.0-dev?'
}

part_native() {
	job native native_tests
}

native_tests() {
	source_prepare
	suite "the driver's extents" extents_make unit check
	suite "the driver's zeromap" extents_make unit check-zeromap
	suite "the driver's pool" extents_make unit check-pool
	suite "the parser of sizes" extents_make unit check-size
	suite "cache maintenance on riscv" extents_make unit check-cacheops
	suite "what cache maintenance does to data" extents_make unit check-cache
	suite "the fuzzer's corpus" extents_make unit check-corpus
	suite "the instructions of an allocation" extents_make replay cost
	suite "the scripts" "$ROOT/tests/scripts/run.sh"
	suite "the library and the tool" make -s -C "$ROOT/userlib" check O="$WORK/userlib"
}

# extents_make DIRECTORY TARGET
extents_make() {
	make -s -C "$ROOT/tests/$1" O="$WORK/$1" LINUX_SRC="$LINUX_SRC" "$2"
}
