# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The tests on many kernels. A row builds for one Debian kernel with W=1 and sparse,
# without a complaint, boots the emulated board with it, and runs the tests there.

# Architecture and kernel in the terms of scripts/vm. There is no board for amd64, so
# that row only builds. part_guest fills the row of the reference kernel.
ROWS=(
	arm64/5.10 arm64/newest riscv64/newest
	arm64/6.12 arm64/sid riscv64/6.12
	amd64/6.1
)
REFERENCE_ROW=arm64/$KERNEL

# Continuous integration runs all tests on these: the oldest kernel, the newest one and
# one for riscv64.
WHOLE_ROWS=(arm64/5.10 arm64/newest riscv64/newest)
# The tests of code that depends on the kernel's version: device mappings, importers,
# CPU mappings, waits for fences, and the driver's registrations. For drm, mmap and
# pinning, memory without struct pages uses other code.
VERSION_GROUPS=(abi chosen consumer device drm heap mmap pages pinning sysfs unbind v4l2)
VERSION_TESTS=("${VERSION_GROUPS[@]/#/media/}" npu/{drm,mmap,pinning})

needs_matrix() {
	local name

	for name in "${ROWS[@]}" "$REFERENCE_ROW"; do
		needs_row "$name"
	done
}

# needs_row ARCH/KERNEL
needs_row() (
	toolchain_set "${1%/*}"
	echo sparse
	machine_packages
	kernel_packages "${1#*/}"
)

part_matrix() {
	matrix_rows "${ROWS[@]}" "$REFERENCE_ROW"
}

ci_matrix() {
	local name

	job_beside downloads matrix_download
	for name in "${ROWS[@]}"; do
		case " ${WHOLE_ROWS[*]} " in
		*" $name "*) job "$name" row "$name" ;;
		*) job "$name" row "$name" "${VERSION_TESTS[@]}" ;;
		esac
	done
}

# matrix_rows ARCH/KERNEL...: queues these rows with all tests.
matrix_rows() {
	local name

	for name; do
		job "$name" row "$name"
	done
}

# matrix_download: downloads the kernels in the order of their use, while other jobs use
# the processors.
matrix_download() {
	local name

	for name in "$REFERENCE_ROW" "${ROWS[@]}"; do
		toolchain_set "${name%/*}"
		kernel_prepare "${name#*/}"
		[ "$ARCH" = amd64 ] || guest_libs
	done
}

# row ARCH/KERNEL [TEST]...: runs one row with these tests (default: all).
row() {
	row_begin "$1"
	build_modules_anew row_build
	[ "$ARCH" = amd64 ] || row_boot "${1#*/}" "${@:2}"
}

# row_begin ARCH/KERNEL: prepares the kernel and starts the row of the table.
row_begin() {
	toolchain_set "${1%/*}"
	CELLS=$(cells_of "$1")
	: >"$CELLS"
	kernel_prepare "${1#*/}"
	cell release "$KERNEL_RELEASE"
}

# cells_of ARCH/KERNEL: prints the path of the file with a row's cells.
cells_of() {
	echo "${REPORT%/*}/cells-${1/\//-}"
}

# cell COLUMN VALUE: adds a cell to the running row. The last value of a column counts.
cell() {
	echo "$1 $2" >>"$CELLS"
}

row_build() {
	cell built FAILED
	silent "sparse and W=1: cmm.ko" style_module &&
		silent "sparse and W=1: cmm_importer.ko" style_test_module &&
		cell built ok
}

# row_boot KERNEL [TEST]...
row_boot() {
	local zone

	cell boots FAILED
	suite "$KERNEL_RELEASE" "$VM" --arch "$ARCH" --kernel "$1" --timeout 5400 -- \
		cmm-check --timeout-multiplier 3 "${@:2}"
	grep -aqE '^(not )?ok [0-9]+ ' "$WORK/log" || return 0
	cell boots ok
	for zone in media npu ext; do
		cell "$zone" "$(zone_results "$zone")"
	done
	cell protected "$(zone_results 'secure|vault')"
}

# zone_results ZONE[|ZONE]...: prints the zones' passed/failed/skipped tests in the log.
zone_results() {
	awk -v of="^($1)/" '
		/^ok / { n[/ # SKIP/ ? "skip" : "ok"] += $3 ~ of }
		/^not ok / { n["not"] += $4 ~ of }
		END { printf "%d/%d/%d\n", n["ok"], n["not"], n["skip"] }' "$WORK/log"
}

# print_rows: prints the table of the rows that ran, if any.
print_rows() {
	local name format='%-22s %-8s %-11s %-7s %-10s %-10s %-10s %-10s\n' title=1

	for name in "$REFERENCE_ROW" "${ROWS[@]}"; do
		[ -f "$(cells_of "$name")" ] || continue
		[ -z "$title" ] || {
			echo
			# shellcheck disable=SC2059
			printf "$format" kernel arch W=1+sparse boots media npu ext protected
			title=
		}
		print_row "$name"
	done
}

# print_row ARCH/KERNEL: prints one row with print_rows's $format.
print_row() {
	local -A cells=()
	local column value

	while read -r column value; do
		cells[$column]=$value
	done <"$(cells_of "$1")"
	# shellcheck disable=SC2059
	printf "$format" "${cells[release]:-${1#*/}}" "${1%/*}" \
		"${cells[built]:--}" "${cells[boots]:--}" "${cells[media]:--}" "${cells[npu]:--}" \
		"${cells[ext]:--}" "${cells[protected]:--}"
}
