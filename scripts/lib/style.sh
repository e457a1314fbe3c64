# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Checks of the sources' style and of builds without a warning. A check prints the faults
# that it finds, and nothing if there are none. Needs kernel_prepare and source_prepare.

# style_prepare DIR: copies the checkout to DIR, for the checks and builds, and enters it.
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

# Checks "make install" and "make uninstall" with this kernel's own rules. The module must
# be stripped: less than 1 MiB. The rules warn because Debian's headers lack System.map.
style_install() {
	local stage=$PWD/stage installed

	style_build install DESTDIR="$stage" KDIR="$KERNEL_BUILD" CC="${CROSS}gcc" \
		AR="${CROSS}ar" | grep -v "missing 'System.map' file"
	installed=$(find "$stage" -name 'cmm.ko*' -size -1024k)
	[ -n "$installed" ] || echo "there is no installed cmm.ko of less than 1 MiB"
	style_build uninstall DESTDIR="$stage" KDIR="$KERNEL_BUILD"
	# Directories that other packages use stay.
	find "$stage" ! -type d -o -path '*/src/cmm*'
}

# style_build MAKE-ARGUMENT...: builds and prints complaints of the compiler and sparse.
style_build() {
	make -s "$@" ARCH="$KARCH" CROSS_COMPILE="$KERNEL_CROSS" \
		CHECK="$ROOT/scripts/lib/sparse $KERNEL_SPARSE" C=2 W=1 2>&1
}

# Builds the library and the tool on a system without kernel headers. make fails, and one
# sentence says what the module needs.
style_userland() {
	make -s KDIR=/nonexistent CFLAGS='-O2 -Werror' 2>&1 | grep -v '^The module needs '
	[ "${PIPESTATUS[*]}" = "0 1" ]
}

# Builds the library and the tool with musl. Its package lacks the kernel's interface
# headers, so this machine's are searched after musl's own headers.
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

# checkpatch.pl recommends these to code outside the kernel, but only the kernel has them:
# u64, BIT(), ARRAY_SIZE(), __printf(), kstrtoul() instead of sscanf(), and READ_ONCE()
# instead of volatile. CAMELCASE complains about standard C names such as PRIu64.
# ENOSYS is what a missing system call returns to user space.
NOT_IN_USERLAND=PREFER_KERNEL_TYPES,BIT_MACRO,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO
NOT_IN_USERLAND+=,SSCANF_TO_KSTRTO,VOLATILE,CAMELCASE,ENOSYS

# Code that replaces a function which older kernels lack breaks these rules: it has the
# form of that function, or of the older kernel.
IN_COMPAT=LINUX_VERSION_CODE,CONSTANT_COMPARISON,CAMELCASE
IN_COMPAT+=,COMPLEX_MACRO,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE

# checkpatch.pl mistakes the definitions of trace events for function calls.
IN_TRACE=OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT

style_checkpatch() {
	local in_kernel='^(driver|tests/modules)/' compat='^driver/compat/'
	local trace='^driver/trace.h'

	printf '%s\n' "${STYLE_SOURCES[@]}" | grep -E "$in_kernel" | grep -v -e "$compat" -e "$trace" |
		checkpatch
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep "$trace" | checkpatch --ignore "$IN_TRACE"
	# With --root, checkpatch.pl looks up names in the kernel's include/.
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep "$compat" |
		checkpatch --root="$LINUX_SRC" --ignore "$IN_COMPAT"
	printf '%s\n' "${STYLE_SOURCES[@]}" | grep -vE "$in_kernel" |
		checkpatch --root="$LINUX_SRC" --ignore "$NOT_IN_USERLAND"
}

# checkpatch OPTION...: checks the files whose names are on stdin.
checkpatch() {
	xargs -d '\n' -n 8 -P "$(nproc)" perl "$LINUX_SRC/scripts/checkpatch.pl" \
		--no-tree --strict --quiet --terse --no-summary --show-types "$@" --file
}

style_kernel_doc() {
	perl "$LINUX_SRC/scripts/kernel-doc" -none "${STYLE_SOURCES[@]}" 2>&1
}

# Checks the pages of the manual, and that uninstall removes those that install copied.
style_manual() {
	local stage=$PWD/stage-manual
	local -a userlib=(make -s -C userlib O="$WORK/manual"
		KERNEL_DOC="$LINUX_SRC/scripts/kernel-doc")

	"${userlib[@]}" man 2>&1
	"${userlib[@]}" install DESTDIR="$stage" prefix= 2>&1
	find "$stage/share/man" -type f -exec mandoc -Tlint -Wwarning {} + 2>&1
	"${userlib[@]}" uninstall DESTDIR="$stage" prefix= 2>&1
	find "$stage" ! -type d
}

# Checks that the bindings are valid schemas and that their examples match them.
style_binding() {
	local schema

	for schema in dts/bindings/*.yaml; do
		dt-doc-validate -u dts/bindings "$schema"
		dt-extract-example "$schema" >example.dts &&
			dtc -q -@ -O dtb -o example.dtb example.dts &&
			dt-validate -s dts/bindings -l cmm example.dtb
	done
}

# Checks CMM's nodes in the board's device tree against the bindings. The rest of that
# tree is QEMU's.
style_board() {
	machine_device_tree "$WORK" && dt-validate -s dts/bindings -l cmm "$WORK/board.dtb"
}

# Some variables are set in one file and used in another.
style_shellcheck() (
	cd "$ROOT" && grep -rIlE --exclude-dir=build '^(#!.*(bash|/sh)$|# shellcheck shell=)' \
		scripts tests userlib .ci | xargs -d '\n' shellcheck --exclude=SC2034
)

# Words of other projects, and requests of manual pages, that are no misspellings.
style_codespell() (
	cd "$ROOT" && codespell --skip=.git,build --ignore-words-list=parm,filp,cann,nd,bu,wronly,caf 2>&1
)
