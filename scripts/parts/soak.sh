# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Tests that take hours: allocate 100 GiB, and remove zones and devices 1000 times, with
# and without lazy invalidation in the SMMU.

needs_soak() {
	needs_debug
}

part_soak() {
	debug_kernel
	job_suite "the soak" "$VM" --kernel "$KERNEL" --timeout 14400 -- cmm-soak 100 media npu ext
	soak_unbind 1
	soak_unbind 0
}

# soak_unbind STRICT: scripts/vm also sets iommu.strict, but the last one counts.
soak_unbind() {
	job_debug "zones and devices come and go, iommu.strict=$1" \
		--timeout 14400 --append "iommu.strict=$1" -- cmm-unbind 1000 npu
}
