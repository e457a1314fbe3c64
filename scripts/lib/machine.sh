# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The emulated board: QEMU's "virt" machine with an SMMU, two "edu" DMA engines
# as PCI devices 00:05.0 and 00:06.0 behind it, and dts/board.dtso.

# Where the machine's memory begins.
MACHINE_RAM=0x40000000

# machine_set MEM ICOUNT: sets MACHINE, QEMU's arguments for the board. With
# ICOUNT 1 time is counted in instructions, which only one processor can do.
machine_set() {
	MACHINE=(
		-machine "virt,iommu=smmuv3,gic-version=3" -cpu cortex-a72 -m "$1"
		-nodefaults -display none
		-device edu,addr=5 -device edu,addr=6
	)
	if [ "$2" = 1 ]; then
		MACHINE+=(-smp 1 -icount "shift=auto,sleep=off")
	else
		MACHINE+=(-smp 2 -accel "tcg,thread=multi")
	fi
}

# machine_device_tree DIR: makes DIR/board.dtb, the machine's own device tree
# with ours merged in. Prints and returns what is wrong.
machine_device_tree() {
	local dir=$1

	machine_merge "$dir" >"$dir/device-tree.log" 2>&1 || {
		cat "$dir/device-tree.log" >&2
		return 1
	}
}

machine_merge() {
	qemu-system-aarch64 "${MACHINE[@]}" -machine dumpdtb="$1/machine.dtb" &&
		dtc -q -I dts -O dtb -o "$1/board.dtbo" "$ROOT/dts/board.dtso" &&
		fdtoverlay -i "$1/machine.dtb" -o "$1/board.dtb" "$1/board.dtbo"
}
