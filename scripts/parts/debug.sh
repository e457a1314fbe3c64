# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Runs the tests on the debug kernel, which checks itself and the driver for faults, and
# the sweep, which makes each allocation of each operation fail once. The emulated debug
# kernel is about ten times slower than Debian's. Continuous integration runs there only
# the tests that find more faults on it.

# Groups of tests of locks, lifetimes and mappings. The other groups compare contents or
# count calls, which finds the same faults on any kernel.
LIFETIME_TESTS=(alloc chosen device drm late lifetime mmap pinning seal threads unbind unplug view)
# Groups whose driver code differs for memory without struct pages.
PAGELESS_TESTS=(drm mmap pinning)
# Operations of the sweep that continuous integration runs. They allocate, map for
# devices and seal. Most allocations in the other operations are the kernel's own.
CI_SWEEPS=("ioctl ALLOC" CMM_IOC_VIEW "attach, map, unmap, detach, IOMMU" DEV_MAP unbind)

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
	# The longest job comes first: bind is the longest operation, and binding npu makes
	# the most allocations.
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

# debug_kernel: queues the build of the debug kernel, once.
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
	# The dma-buf core warns for each failure of vmap().
	job_debug "failures on purpose, $1" --may-warn dma_buf_vmap -- cmm-sweep "${@:2}"
}

# job_debug NAME [OPTION]... -- COMMAND...: adds a job that runs COMMAND on the debug
# kernel.
job_debug() {
	job_after "the debug kernel" "$1" judged "$@"
}

# judged NAME [OPTION]... -- COMMAND...: runs the suite COMMAND on the debug kernel and
# prints the number of bad lines in the kernel's log. Such a line also fails the suite.
judged() {
	local name=$1
	shift

	suite "$name" "$VM" --kernel debug --timeout 5400 "$@"
	echo "  $name: $(grep -acE "$BAD_LOG" "$WORK/log") bad lines in the kernel's log"
}
