# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The tests on the debug kernel, which looks for faults in itself and in the
# driver, and the sweep, which makes each allocation of each operation fail once.
# The debug kernel is slow, so continuous integration runs one zone whole, and of
# the other zones the tests and operations that depend on the zone's kind.

# Groups of tests of code that differs where the kernel has no struct pages.
PAGELESS_TESTS=(cache device drm kinds mmap pages takers v4l2 zeroing)
# Groups that compare contents, count calls or read what a program prints, and take
# long on this kernel. Of these, CI runs there only those in PAGELESS_TESTS, on "npu".
CONTENT_TESTS=(cache cmmctl content contiguity module/loaded_and_unloaded_again_and_again
	pages/a_mapping_in_4096_pieces space zeroing)
# Operations for which the kernel allocates other things if the zone is not in the
# linear map. Binding is one too, but it has 242 allocations there, most of them for
# page tables, and takes a quarter of an hour: that is left to part_debug.
KIND_SWEEPS=(mmap vmap attach "a GPU")

needs_debug() {
	machine_packages
	kernel_packages debug
}

part_debug() {
	debug_kernel
	debug_tests media media/
	debug_tests npu npu/
	debug_tests ext ext/
	debug_tests protected secure/ vault/
	# Of all kinds, this one takes most to bind, which takes longest of all.
	debug_sweep npu npu/
	debug_sweep media media/
	debug_sweep ext ext/
	debug_sweep "protected and all" secure/ vault/ all/
}

ci_debug() {
	debug_kernel
	debug_tests media media/ "${CONTENT_TESTS[@]/#/!media/}"
	debug_sweep media media/
	debug_tests "npu and protected" "${PAGELESS_TESTS[@]/#/npu/}" secure/ vault/
	debug_sweep "npu, protected and all" "${KIND_SWEEPS[@]/#/npu/}" secure/ vault/ all/
}

# debug_kernel: queues its build, once.
debug_kernel() {
	[ -n "${QUEUE_COMMAND[the debug kernel]:-}" ] ||
		job "the debug kernel" kernel_prepare debug
}

# debug_tests NAME TESTS...
debug_tests() {
	job_debug "on the debug kernel, $1" -- cmm-check --patience 10 "${@:2}"
}

# debug_sweep NAME OPERATIONS...
debug_sweep() {
	# The dma-buf core takes any failure of vmap() for a mistake.
	job_debug "failures on purpose, $1" --may-warn dma_buf_vmap -- cmm-sweep "${@:2}"
}

# job_debug NAME [OPTION]... -- COMMAND...: adds a job that runs COMMAND on the debug
# kernel.
job_debug() {
	job_after "the debug kernel" "$1" judged "$@"
}

# judged NAME [OPTION]... -- COMMAND...: tests on the debug kernel, and the number of
# bad lines in its log, which also fail the command.
judged() {
	local name=$1
	shift

	suite "$name" "$VM" --kernel debug --timeout 5400 "$@"
	echo "  $name: $(grep -acE "$BAD_LOG" "$WORK/log") bad lines in the kernel's log"
}
