# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The emulated board: QEMU's "virt" machine, two "edu" DMA engines as PCI devices 00:05.0
# and 00:06.0, and dts/board-$ARCH.dtso. On arm64 the engines are behind an SMMU. On
# riscv64 they have no IOMMU.

# Prints the packages that are needed to build for the board and to run it.
machine_packages() {
	case $ARCH in
	arm64) echo qemu-system-arm ;;
	riscv64) echo qemu-system-misc opensbi ;;
	esac
	echo device-tree-compiler cpio kmod make xz-utils "${TOOLCHAIN[@]}"
}

# machine_set MEM ICOUNT: sets
#   MACHINE		the command that runs the board
#   MACHINE_RAM		the start address of its memory
#   MACHINE_KEEPS_MIB	how much of the memory's end QEMU uses
#   CONSOLE		the name of its console
# With ICOUNT 1, time is counted in instructions, one nanosecond each. QEMU supports that
# with one processor only.
machine_set() {
	local edu=edu

	case $ARCH in
	arm64)
		MACHINE=(qemu-system-aarch64 -machine "virt,iommu=smmuv3,gic-version=3" -cpu cortex-a72)
		MACHINE_RAM=0x40000000
		MACHINE_KEEPS_MIB=0
		CONSOLE=ttyAMA0
		# The default of 28 bits limits the mask that the driver can set.
		edu+=,dma_mask=0xffffffffff
		;;
	riscv64)
		MACHINE=(qemu-system-riscv64 -machine virt -cpu rv64)
		MACHINE_RAM=0x80000000
		# QEMU keeps the device tree there.
		MACHINE_KEEPS_MIB=2
		CONSOLE=ttyS0
		# All memory is beyond the engine's default of 28 bits.
		edu+=,dma_mask=0xffffffff
		;;
	*) die "there is no board of the architecture $ARCH: use arm64 or riscv64." ;;
	esac
	MACHINE+=(
		-m "$1" -nodefaults -display none
		-device "$edu,addr=5" -device "$edu,addr=6"
	)
	if [ "$2" = 1 ]; then
		MACHINE+=(-smp 1 -icount "shift=0,sleep=off")
	else
		MACHINE+=(-smp 2 -accel "tcg,thread=multi")
	fi
}

# machine_device_tree DIR [DTSI]...: makes DIR/board.dtb: QEMU's device tree, merged with
# board-$ARCH.dtso and these files. File names are relative to dts/. On failure, prints
# the reason and returns non-zero.
machine_device_tree() {
	local dir=$1

	machine_merge "$@" >"$dir/device-tree.log" 2>&1 || {
		cat "$dir/device-tree.log" >&2
		return 1
	}
}

machine_merge() {
	local dir=$1
	shift

	"${MACHINE[@]}" -machine dumpdtb="$dir/machine.dtb" &&
		machine_snoop_only_as_named "$dir/machine.dtb" &&
		(cd "$ROOT/dts" && cat "board-$ARCH.dtso" "$@") |
		dtc -q -I dts -O dtb -i "$ROOT/dts" -o "$dir/board.dtbo" - &&
		fdtoverlay -i "$dir/machine.dtb" -o "$dir/board.dtb" "$dir/board.dtbo"
}

# machine_snoop_only_as_named DTB: newer versions of QEMU declare all devices coherent, in
# the root node. The tests need devices that do not snoop.
machine_snoop_only_as_named() {
	! fdtget -p "$1" / | grep -qx dma-coherent || fdtput -d "$1" / dma-coherent
}

# machine_reserve DTB START SIZE: adds an entry to the /memreserve/ map of DTB.
machine_reserve() {
	dtc -q -I dtb -O dts "$1" | sed "s|^/dts-v1/;|&\n/memreserve/ $2 $3;|" |
		dtc -q -I dts -O dtb -o "$1.new" - && mv "$1.new" "$1"
}

# A line of the kernel's log that matches this makes a run fail. The tests use the same list.
BAD_LOG=$(sed -n 's/^"\(.*\)"$/\1/p' "$ROOT/tests/guest/lib/bad_log.inc" | tr -d '\n')
