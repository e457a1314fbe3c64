# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Counts the SMMU's commands for a buffer of 16 MiB, in QEMU's trace while cmm-smmu runs.
# cmm-smmu makes the device access marks, which divide the trace into parts. ROOT is the
# checkout. WORK is the directory of the running part, see report.sh.

# smmu_tests KERNEL: boots KERNEL, runs cmm-smmu and reports tests.
smmu_tests() {
	local trace=$WORK/smmu

	"$ROOT/scripts/vm" --kernel "$1" --smmu-trace "$trace" -- cmm-smmu media || return
	smmu_judge <"$trace"
}

# smmu_judge: reads the trace from stdin. Part N begins with the access to mark N - 1,
# because marks count from 0. Its lines are translation misses, commands, and page table
# walks that end at a block, at a page or with a fault.
smmu_judge() {
	awk '
	function test(good, name) {
		print (good ? "ok " : "not ok ") (passed + failed + 1) " smmu/" name
		good ? passed++ : failed++
	}
	/lookup_miss/ && match($0, /addr=0x10[0-3]000 /) { part = 1 + substr($0, RSTART + 9, 1) }
	!part { next }
	/cmdq_opcode/ { commands[part]++ }
	/cmdq_opcode/ && /TLBI/ { invalidated[part]++ }
	/ptw_block_pte/ && /block size = 2 MiB/ { blocks++ }
	/ptw_page_pte/ { pages++ }
	END {
		print "KTAP version 1\n1..4"
		printf "# mapping it: %d commands; the device found %d blocks of 2 MiB and %d pages\n",
			commands[1], blocks, pages
		printf "# 3000 times more: %d commands\n", commands[2]
		printf "# unmapping it: %d commands, %d of them invalidate\n", commands[3], invalidated[3]
		test(part == 4, "trace_has_all_marks")
		test(blocks == 8 && !pages, "aligned_buffer_is_mapped_in_blocks")
		test(part == 4 && !commands[2], "mapping_again_sends_no_smmu_command")
		test(invalidated[3] > 0, "unmapping_sends_an_invalidation")
		printf "%d passed, %d failed, 0 skipped\n", passed, failed
		exit (failed > 0)
	}'
}
