# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The tests on the debug kernel, which looks for faults in itself and in the
# driver, and the sweep, which makes each allocation of each operation fail once.
# An emulated debug kernel is about ten times slower than an ordinary one.
# Continuous integration runs there only what that kernel can judge better.

# Groups of tests of locks, lifetimes and mappings. The other groups compare
# contents or count calls, which any kernel judges equally well.
LIFETIME_TESTS=(alloc chosen device drm late lifetime mmap pinning seal threads unbind unplug)
# Groups of code that differs where the kernel has no struct pages.
PAGELESS_TESTS=(drm mmap pinning)
# Operations of the sweep that continuous integration runs: those that allocate, map
# for devices and seal. Most of the others have many allocations of the kernel's own.
CI_SWEEPS=("ioctl ALLOC" CMM_IOC_SEAL "attach, map, unmap, detach, IOMMU" DEV_MAP unbind)

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
	debug_tests "lifetimes" "${LIFETIME_TESTS[@]/#/media/}" "${PAGELESS_TESTS[@]/#/npu/}" \
		secure/ vault/
	debug_sweep "media, in part" "${CI_SWEEPS[@]/#/media/}"
}

# debug_kernel: queues its build, once.
debug_kernel() {
	[ -n "${QUEUE_COMMAND[the debug kernel]:-}" ] ||
		job "the debug kernel" kernel_prepare debug
}

# debug_tests NAME TESTS...
debug_tests() {
	job_debug "on the debug kernel, $1" -- cmm-check --timeout-multiplier 10 "${@:2}"
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
