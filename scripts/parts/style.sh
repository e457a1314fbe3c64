# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Checks of the sources' style and of builds without a warning, see lib/style.sh.

# Debian has no package dt-schema since trixie.
needs_style() {
	echo sparse shellcheck codespell 'dt-schema?' perl gcc libc6-dev musl-tools mandoc
	machine_packages
}

part_style() {
	job style style_tests
}

style_tests() {
	source_prepare
	kernel_prepare "$KERNEL"
	guest_libs
	machine_set 1G 0
	style_prepare "$WORK/tree"
	silent "sparse and W=1: cmm.ko" style_module
	silent "install and uninstall" style_install
	silent "sparse and W=1: cmm_importer.ko" style_test_module
	silent "the library and the tool, without kernel headers" style_userland
	silent "the library and the tool, with musl" style_musl
	silent "the guest's programs, without a warning" style_guest_programs
	silent "checkpatch.pl --strict" style_checkpatch
	silent "kernel-doc" style_kernel_doc
	silent "shellcheck" style_shellcheck
	silent "codespell" style_codespell
	silent "the manual" style_manual
	if command -v dt-validate >/dev/null; then
		silent "dt-schema: the binding" style_binding
		silent "dt-schema: the board" style_board
	else
		skip "dt-schema: the binding" "this Debian has no package dt-schema"
		skip "dt-schema: the board" "the same"
	fi
}
