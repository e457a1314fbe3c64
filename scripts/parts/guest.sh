# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The tests on the emulated board with the reference kernel. Each suite boots a board of
# its own and runs beside the others. To add a suite, add a job_suite line to guest_jobs
# and a function that runs scripts/vm. Long suites come first.

# Boots the board, for all parts.
VM=$ROOT/scripts/vm

needs_guest() {
	machine_packages
	kernel_packages "$KERNEL"
}

part_guest() {
	guest_jobs
}

# ci_guest: queues the tests that depend on the kernel's version, and the other suites.
# All tests run on an older and on a newer kernel, see matrix.sh.
ci_guest() {
	guest_jobs "${VERSION_TESTS[@]}"
}

# guest_jobs [TEST]...: queues these tests (default: all) and the other suites.
guest_jobs() {
	job "the guest" guest_tests "$@"
	job "large buffers" large_buffers
	job_suite "memory that has another owner" other_owners
	job_suite "the SMMU" smmu_tests "$KERNEL"
	job_suite "calls at 10, 1,000 and 40,000 buffers" \
		"$ROOT/scripts/vm" --kernel "$KERNEL" --icount --timeout 1800 -- cmm-count media
	job "the demo" silent "the demo" demo
}

# guest_tests [TEST]...
guest_tests() {
	row_begin "arm64/$KERNEL"
	# The part "style" builds for this kernel.
	cell built style
	row_boot "$KERNEL" "$@"
}

# One after the other, because each needs gigabytes of this machine's memory.
large_buffers() {
	suite "a large model" large_model
	suite "a huge buffer" huge_buffer
}

# Loads a file of 1.5 GiB into a zone while Linux has 1 GiB, which also holds the other
# zones. The zone's memory has no struct pages.
large_model() {
	local start insert

	machine_set 3G 0
	start=$((MACHINE_RAM + (1 << 30)))
	insert="modprobe -r cmm_importer cmm && modprobe cmm zones=big,0,$start,1536M && modprobe cmm_importer"
	"$VM" --kernel "$KERNEL" --mem 3G --append mem=1G --timeout 1800 -- \
		sh -c "$insert && cmm-check big/load/large big/cache/engine_cacheops"
}

# Devices access all of a buffer of 4.5 GiB. The board's memory is this machine's memory.
huge_buffer() {
	local free insert

	free=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo) >> 10))
	if [ "$free" -lt 6144 ]; then
		printf '%s\n' "KTAP version 1" 1..1 \
			"ok 1 huge # SKIP it needs 6 GiB of memory, and this machine has $free MiB free"
		return
	fi
	insert="modprobe -r cmm_importer && modprobe cmm_importer edu_bits=40"
	"$VM" --kernel "$KERNEL" --mem 6G --dts "$ROOT/dts/huge.dtsi" --timeout 1800 -- \
		sh -c "$insert && cmm-huge"
}

# Tests zones whose memory another owner uses, and zones without memory.
other_owners() {
	"$VM" --kernel "$KERNEL" --dts "$ROOT/dts/owners.dtsi" \
		--reserve 0x6e680000:0x10000 -- cmm-owners media/
}

# Shows the demo only if it fails.
demo() {
	if ! "$ROOT/scripts/demo" >"$WORK/demo" 2>&1 ||
		[ "$(tail -n 1 "$WORK/demo")" != 'demo: PASS' ]; then
		cat "$WORK/demo"
		return 1
	fi
}
