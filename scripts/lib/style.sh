# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the sources must satisfy besides working. Each check prints what is
# wrong, and nothing if all is well. Needs kernel_prepare and source_prepare.

# style_prepare DIR: makes DIR a copy of the checkout to check and to build in,
# and enters it.
style_prepare() {
	mkdir "$1"
	build_copy "$1"
	cd "$1" || return
	mapfile -t STYLE_SOURCES < <(build_list | grep '\.[ch]$')
}

style_module() {
	style_build modules KDIR="$KERNEL_BUILD"
}

style_test_module() {
	style_build -C "$KERNEL_BUILD" M="$PWD/tests/modules" modules \
		KBUILD_EXTRA_SYMBOLS="$PWD/Module.symvers"
}

# What this kernel's own rules install is small, and goes again. There is no System.map
# among the headers of Debian, which is worth a warning to them.
style_install() {
	local stage=$PWD/stage installed

	style_build install DESTDIR="$stage" KDIR="$KERNEL_BUILD" CC="${CROSS}gcc" \
		AR="${CROSS}ar" | grep -v "missing 'System.map' file"
	installed=$(find "$stage" -name 'cmm.ko*' -size -1024k)
	[ -n "$installed" ] || echo "there is no installed cmm.ko of less than 1 MiB"
	style_build uninstall DESTDIR="$stage" KDIR="$KERNEL_BUILD"
	# Directories that others use too stay.
	find "$stage" ! -type d -o -path '*/src/cmm*'
}

# style_build MAKE-ARGUMENT...: what the compiler and sparse complain about.
style_build() {
	make -s "$@" ARCH="$KARCH" CROSS_COMPILE="$KERNEL_CROSS" \
		CHECK="$ROOT/scripts/lib/sparse $KERNEL_SPARSE" C=2 W=1 2>&1
}

# The library and the tool, on a system without kernel headers: they are built,
# and one sentence says what the module needs.
style_userland() {
	make -s KDIR=/nonexistent CFLAGS='-O2 -Werror' 2>&1 | grep -v '^The module needs '
	[ "${PIPESTATUS[*]}" = "0 1" ]
}

# The same with musl, whose package has no headers of the kernel's interface: they
# are this machine's own, behind musl's.
style_musl() {
	local headers=/usr/include

	make -s -C userlib O="$WORK/musl" CC=musl-gcc CFLAGS='-O2 -Werror' \
		CPPFLAGS="-idirafter $headers -idirafter $headers/$(gcc -print-multiarch)" 2>&1
}

style_guest_programs() {
	make -s -C userlib O="$WORK/guest-lib" CC="${CROSS}gcc" AR="${CROSS}ar" \
		CFLAGS='-O2 -Werror' 2>&1 &&
		make -s -C tests/guest O="$WORK/guest" LIBCMM="$WORK/guest-lib" CC="${CROSS}gcc" \
			"${GUEST_DRM[@]}" CFLAGS='-O2 -Werror' 2>&1
}

# What checkpatch.pl recommends in code that does not run in the kernel, but
# only the kernel has: u64 and BIT() and ARRAY_SIZE() and __printf(), kstrtoul()
# for sscanf(), READ_ONCE() for volatile. Names such as PRIu64 are standard C's.
NOT_IN_USERLAND=PREFER_KERNEL_TYPES,BIT_MACRO,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO
NOT_IN_USERLAND+=,SSCANF_TO_KSTRTO,VOLATILE,CAMELCASE

# What it does not want in a kernel's own code, but a stand-in for an older kernel
# cannot do without: it has the form of what it stands in for, or of its age.
IN_COMPAT=LINUX_VERSION_CODE,CONSTANT_COMPARISON,CAMELCASE
IN_COMPAT+=,COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE

# Nor of the lists that trace events are, which it takes for calls.
IN_TRACE=OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT

style_checkpatch() {
	local in_kernel='^(driver|tests/modules)/' compat='^driver/compat/'
	local trace='^driver/trace.h'

	printf '%s\n' "${STYLE_SOURCES[@]}" | grep -E "$in_kernel" | grep -v -e "$compat" -e "$trace" |
		checkpatch
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep "$trace" | checkpatch --ignore "$IN_TRACE"
	# For a name such as _Static_assert or PRIu64 it looks into the kernel's include/.
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep "$compat" |
		checkpatch --root="$LINUX_SRC" --ignore "$IN_COMPAT"
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep -vE "$in_kernel" |
		checkpatch --root="$LINUX_SRC" --ignore "$NOT_IN_USERLAND"
}

# checkpatch OPTION...: checks the files named on stdin.
checkpatch() {
	xargs -d '\n' -n 8 -P "$(nproc)" perl "$LINUX_SRC/scripts/checkpatch.pl" \
		--no-tree --strict --quiet --terse --no-summary --show-types "$@" --file
}

style_kernel_doc() {
	perl "$LINUX_SRC/scripts/kernel-doc" -none "${STYLE_SOURCES[@]}" 2>&1
}

# The binding is a valid schema, and its own example keeps to it.
style_binding() {
	local schema

	for schema in dts/bindings/*.yaml; do
		dt-doc-validate -u dts/bindings "$schema"
		dt-extract-example "$schema" >example.dts &&
			dtc -q -@ -O dtb -o example.dtb example.dts &&
			dt-validate -s dts/bindings -l cmm example.dtb
	done
}

# Our nodes in the board's device tree keep to the binding. The rest of that
# tree is QEMU's.
style_board() {
	machine_device_tree "$WORK" && dt-validate -s dts/bindings -l cmm "$WORK/board.dtb"
}
