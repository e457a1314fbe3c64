# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Runs unmodified programs of Debian unstable with CMM buffers, on the release kernel. It
# has the dma-heaps and drivers that they need.

needs_clients() {
	echo e2fsprogs
	machine_packages
	kernel_packages release
}

part_clients() {
	job "the release kernel" kernel_prepare release
	job_after "the release kernel" "the clients" clients_tests
}

clients_tests() {
	selftest_prepare
	suite "the clients" "$VM" --kernel release --root debian:sid --timeout 5400 \
		--add "$ROOT/tests/clients:/opt/clients" --add "$SELFTEST:/opt/dmabuf-heap" -- \
		/opt/clients/run.py /opt/dmabuf-heap
}
