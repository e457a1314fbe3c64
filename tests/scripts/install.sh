# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Tests of the Makefile: what it builds and installs, and that uninstall removes it all. A
# directory replaces the kernel and records what was requested.

COPY=$TMP/checkout
KERNEL=$TMP/kernel
STAGE=$TMP/stage

mkdir -p "$COPY/scripts" "$KERNEL/include/config" "$KERNEL/include/generated"
cp -r "$ROOT"/{Makefile,Kbuild,VERSION,driver,uapi,userlib} "$COPY"
cp -r "$ROOT/scripts/lib" "$COPY/scripts"
rm -f "$COPY/cmm.ko"
echo '#define UTS_RELEASE "1.2.3-test"' >"$KERNEL/include/generated/utsrelease.h"
printf '%s\n' CONFIG_MODULE_SIG_ALL=y 'CONFIG_MODULE_SIG_KEY="certs/key.pem"' \
	>"$KERNEL/include/config/auto.conf"
cat >"$KERNEL/Makefile" <<'MAKE'
include include/config/auto.conf
modules:
	touch $(M)/cmm.ko $(M)/Module.symvers
modules_install:
	@echo "strip=$(INSTALL_MOD_STRIP) sign=$(CONFIG_MODULE_SIG_ALL)."
	install -D $(M)/cmm.ko $(INSTALL_MOD_PATH)/lib/modules/1.2.3-test/extra/cmm.ko
MAKE

# in_copy MAKE-ARGUMENT...
in_copy() {
	make -s -C "$COPY" "$@"
}

# recipe: calls make as Yocto's class for modules does.
recipe() {
	in_copy KERNEL_SRC="$KERNEL" &&
		[ -e "$COPY/cmm.ko" ] && [ ! -e "$COPY/build" ] &&
		in_copy KERNEL_SRC="$KERNEL" modules_install INSTALL_MOD_PATH="$STAGE" &&
		[ "$(installed)" = lib/modules/1.2.3-test/extra/cmm.ko ] && rm -r "$STAGE"
}

# Prints the files in the stage.
installed() {
	(cd "$STAGE" && find . ! -type d | sed 's,^\./,,' | LC_ALL=C sort)
}

install_and_uninstall() {
	in_copy install KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		diff <(installed) - <<-FILES &&
			lib/modules/1.2.3-test/extra/cmm.ko
			usr/bin/cmmctl
			usr/include/cmm.h
			usr/include/cmm_arena.h
			usr/include/cmm_layout.h
			usr/include/cmm_pool.h
			usr/include/cmm_ring.h
			usr/include/linux/cmm.h
			usr/lib/libcmm.a
			usr/lib/libcmm.so
			usr/lib/libcmm.so.0
			usr/lib/pkgconfig/libcmm.pc
			usr/lib/udev/rules.d/70-cmm.rules
			usr/share/man/man4/cmm.4
			usr/share/man/man7/cmm-migration.7
			usr/share/man/man7/cmm.7
			usr/src/cmm/1.2.3-test/Module.symvers
			usr/src/cmm/include/linux/cmm.h
			usr/src/cmm/include/uapi/linux/cmm.h
		FILES
		in_copy uninstall KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		[ -z "$(installed)" ] && [ ! -e "$STAGE/usr/src/cmm" ] && rm -r "$STAGE"
}

# Uninstall leaves other packages' files, empty directories, and modules at another path or
# with another name.
others_stay() {
	local updates=lib/modules/1.2.3-test/updates extra=lib/modules/1.2.3-test/extra

	mkdir -p "$STAGE/usr/lib/pkgconfig" "$STAGE/$updates" "$STAGE/$extra" &&
		touch "$STAGE/$updates/cmm.ko" "$STAGE/$extra/cmm.ko.orig" &&
		in_copy install KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		in_copy uninstall KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		diff <(installed) - <<-FILES &&
			$extra/cmm.ko.orig
			$updates/cmm.ko
		FILES
		[ -d "$STAGE/usr/lib/pkgconfig" ] && rm -r "$STAGE"
}

# The module is removed from where this kernel installs it.
newer_kernel() {
	mkdir -p "$KERNEL/scripts" &&
		echo 'INSTALL_MOD_DIR ?= updates' >"$KERNEL/scripts/Makefile.modinst" &&
		sed -i s,/extra/,/updates/, "$KERNEL/Makefile" &&
		in_copy install KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		[ -e "$STAGE/lib/modules/1.2.3-test/updates/cmm.ko" ] &&
		in_copy uninstall KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		[ -z "$(installed)" ] && rm -r "$STAGE" "$KERNEL/scripts" &&
		sed -i s,/updates/,/extra/, "$KERNEL/Makefile"
}

# A symbolic link to a directory stays, and so does the directory.
links_stay() {
	mkdir -p "$STAGE/usr/src/cmm" "$STAGE/elsewhere" &&
		ln -s ../../../elsewhere "$STAGE/usr/src/cmm/include" &&
		in_copy install KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		[ -e "$STAGE/elsewhere/linux/cmm.h" ] &&
		in_copy uninstall KDIR="$KERNEL" DESTDIR="$STAGE" prefix=/usr &&
		[ "$(installed)" = usr/src/cmm/include ] && [ -d "$STAGE/elsewhere/linux" ] &&
		rm -r "$STAGE"
}

# On the running system, here below a prefix, directories that may be older than the
# installation stay. Without a kernel there is no module.
running_system() {
	mkdir -p "$STAGE/src" && in_copy install KDIR=/nonexistent prefix="$STAGE" &&
		[ -e "$STAGE/src/cmm/include/linux/cmm.h" ] &&
		in_copy uninstall KDIR=/nonexistent prefix="$STAGE" &&
		[ -z "$(installed)" ] && [ -d "$STAGE/src" ] && [ ! -e "$STAGE/src/cmm" ] &&
		rm -r "$STAGE" "$COPY/build"
}

relative_destdir() {
	in_copy install KDIR="$KERNEL" DESTDIR=rel prefix=/usr >/dev/null &&
		[ -e "$COPY/rel/usr/bin/cmmctl" ] &&
		[ -e "$COPY/rel/lib/modules/1.2.3-test/extra/cmm.ko" ] &&
		rm -r "$COPY/rel"
}

# modinst ARGUMENT...: runs modules_install and removes the files.
modinst() {
	in_copy modules_install KDIR="$KERNEL" INSTALL_MOD_PATH="$STAGE" "$@"
	rm -rf "$STAGE"
}

signs_with_a_key() {
	mkdir "$KERNEL/certs" && touch "$KERNEL/certs/key.pem" &&
		says "sign=y." 0 modinst && rm -r "$KERNEL/certs"
}

ktap_check "scripts: uninstall leaves directories of the running system" running_system
ktap_check "scripts: a recipe builds and installs the module alone" recipe
ktap_check "scripts: install puts a file where it belongs, and uninstall leaves none" install_and_uninstall
ktap_check "scripts: uninstall leaves what is not ours" others_stay
ktap_check "scripts: uninstall knows where the kernel installs modules" newer_kernel
ktap_check "scripts: uninstall removes no directory behind a symbolic link" links_stay
ktap_check "scripts: DESTDIR may be relative" relative_destdir
ktap_check "scripts: the module is stripped" says "strip=1 " 0 modinst
ktap_check "scripts: the module is not stripped if that is asked for" says "strip= " 0 modinst INSTALL_MOD_STRIP=
ktap_check "scripts: nothing signs the module where there is no key" says "sign=." 0 modinst
ktap_check "scripts: the module is signed where there is a key" signs_with_a_key

SPACED="$TMP/a directory"
mkdir "$SPACED"
cp -r "$KERNEL" "$SPACED/kernel"
cp -r "$COPY" "$SPACED/checkout"
rm -rf "$SPACED/checkout"/{build,cmm.ko}

# spaced MAKE-ARGUMENT...: runs make in a checkout with a space in its path.
spaced() {
	make -s -C "$SPACED/checkout" "$@"
}

spaced_install() {
	spaced install DESTDIR="$SPACED/stage" && [ -x "$SPACED/stage/usr/local/bin/cmmctl" ] &&
		spaced uninstall DESTDIR="$SPACED/stage" && [ -z "$(find "$SPACED/stage" -type f)" ]
}

ktap_check "scripts: a kernel with a space in its path is refused in one sentence" \
	says "cannot take a space or a colon in a path, but KDIR is '$SPACED/kernel'" 2 \
	in_copy modules KDIR="$SPACED/kernel"
ktap_check "scripts: a checkout with a space in its path is refused in one sentence" \
	says "cannot take a space or a colon in a path, but this is '$SPACED/checkout'" 2 \
	spaced modules KDIR="$KERNEL"
ktap_check "scripts: the library and the tool are built in a path with a space" says "but this is" 0 spaced KDIR="$KERNEL"
ktap_check "scripts: the library and the tool are installed to a directory with a space in its path" spaced_install
