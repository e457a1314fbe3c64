# SPDX-License-Identifier: GPL-2.0
# What people type. The kernel's build system reads Kbuild instead.

# Recipes of modules, Yocto's for instance, call KDIR KERNEL_SRC.
KDIR	?= $(or $(KERNEL_SRC),/lib/modules/$(shell uname -r)/build)
OUT	?= build
DESTDIR	?=
prefix	?= /usr/local
INSTALL	?= install
CC	:= $(if $(filter default,$(origin CC)),$(CROSS_COMPILE)gcc,$(CC))

# As the kernel's own: the module goes to $(INSTALL_MOD_PATH)/lib/modules, and an empty
# INSTALL_MOD_STRIP leaves the debug information in it.
INSTALL_MOD_PATH	?= $(abspath $(DESTDIR))
INSTALL_MOD_STRIP	?= 1

# $(call odd,PATH): not empty if make, and so a kernel's build, cannot take PATH
odd	= $(word 2,[$(1)])$(findstring :,$(1))
# $(call relative,PATH): PATH as seen from a directory below this one
relative = $(if $(filter-out /%,$(firstword $(1))),../$(1),$(1))

kbuild	= $(MAKE) -C '$(KDIR)' M='$(CURDIR)'
userlib	= $(MAKE) -C userlib O='$(call relative,$(OUT))' CC='$(CC)' \
	DESTDIR='$(call relative,$(DESTDIR))' prefix='$(prefix)'

# Why the module cannot be built; empty if it can.
ifneq ($(call odd,$(KDIR)),)
no-module = Kernel builds cannot take a space or a colon in a path, but KDIR is '$(KDIR)'
else ifneq ($(call odd,$(CURDIR)),)
no-module = Kernel builds cannot take a space or a colon in a path, but this is '$(CURDIR)'
else ifeq ($(wildcard $(KDIR)/Makefile),)
no-module = The module needs the headers of the kernel it is for: install \
	linux-headers-$(shell uname -r), or name a kernel build directory with KDIR=
endif

# Where the kernel was built: recipes give O= if that is not KDIR.
kernel	= $(or $(O),$(KDIR))
release	= $(shell sed -n 's/.* UTS_RELEASE "\(.*\)"/\1/p' '$(kernel)/include/generated/utsrelease.h')
modlib	= $(or $(MODLIB),$(INSTALL_MOD_PATH)/lib/modules/$(release))
# Where the kernel installs modules that are not part of it: the default has changed.
modinst	= $(firstword $(wildcard $(foreach d,$(KDIR) $(KDIR)/source,$(d)/scripts/Makefile.modinst)))
moddir	= $(or $(INSTALL_MOD_DIR),$(shell sed -n 's/.*INSTALL_MOD_DIR ?= *//p' $(modinst) /dev/null),extra)
# Headers and symbols for drivers that allocate, see driver/include/linux/cmm.h.
devel	= $(DESTDIR)$(prefix)/src/cmm

# The key that the kernel signs its modules with, if it is here. Headers mostly come
# without it; then nothing may try to sign.
key-name = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="\(.*\)"$$/\1/p' '$(kernel)/include/config/auto.conf')
key	= $(foreach k,$(key-name),$(filter pkcs11:%,$(k))$(wildcard $(filter /%,$(k)) $(kernel)/$(k)))

.PHONY: all modules userland install modules_install uninstall uninstall-module check check-all \
	check-clients check-debug check-matrix check-soak bench demo clean help

# A recipe that gives KERNEL_SRC is the module's alone.
all: $(if $(KERNEL_SRC),modules,userland $(if $(no-module),,modules))
	@$(if $(no-module),echo "$(strip $(no-module)).",:)

modules:
	$(if $(no-module),$(error $(strip $(no-module))))
	+$(kbuild) modules

userland:
	$(if $(call odd,$(OUT)),$(error make cannot take a space or a colon in OUT, which is '$(OUT)'))
	+$(userlib)

install: userland
	+$(userlib) install
	$(INSTALL) -D -m 644 driver/include/linux/cmm.h '$(devel)/include/linux/cmm.h'
	$(INSTALL) -D -m 644 uapi/linux/cmm.h '$(devel)/include/uapi/linux/cmm.h'
	$(if $(wildcard cmm.ko),+$(MAKE) modules_install)
	$(if $(wildcard cmm.ko),$(INSTALL) -D -m 644 Module.symvers '$(devel)/$(release)/Module.symvers')

# The index of modules is made where the module will run: depmod is for the running
# system only.
modules_install:
	$(if $(no-module),$(error $(strip $(no-module))))
	$(if $(wildcard cmm.ko),,$(error There is no cmm.ko to install: run make modules first))
	$(if $(call odd,$(INSTALL_MOD_PATH)),$(error Kernel builds cannot take a space or a \
		colon in a path, but the module is to go to '$(INSTALL_MOD_PATH)'))
	+$(kbuild) modules_install INSTALL_MOD_PATH='$(INSTALL_MOD_PATH)' \
		INSTALL_MOD_STRIP='$(INSTALL_MOD_STRIP)' \
		$(if $(key),,CONFIG_MODULE_SIG_ALL=) $(if $(INSTALL_MOD_PATH),DEPMOD=true)

# Takes the variables that install was given, and removes what it put there. Of the
# directories, only those of this project go, if they are empty.
uninstall: $(if $(no-module),,uninstall-module)
	+$(userlib) uninstall
	rm -f '$(devel)/include/linux/cmm.h' '$(devel)/include/uapi/linux/cmm.h'
	userlib/rmdirs.sh '$(devel)' include/uapi/linux include/linux

uninstall-module:
	rm -f $(foreach s,ko ko.gz ko.xz ko.zst,'$(modlib)/$(moddir)/cmm.$(s)') \
		'$(devel)/$(release)/Module.symvers'
	userlib/rmdirs.sh '$(devel)' '$(release)'
ifeq ($(INSTALL_MOD_PATH),)
	! [ -e '$(modlib)/modules.dep' ] || PATH=$$PATH:/usr/sbin:/sbin depmod '$(release)'
endif

check:
	scripts/check

# check-all, check-debug and so on: see scripts/check --help.
check-all check-clients check-debug check-matrix check-soak: check-%:
	scripts/check $*

bench:
	scripts/bench

demo:
	scripts/demo

clean:
	$(if $(no-module),,+$(kbuild) clean)
	rm -rf '$(OUT)'

help:
	@echo 'make            the module, the library and the tool'
	@echo 'make demo       a camera and two DMA engines share buffers, on an emulated board'
	@echo 'make check      all tests, natively and on an emulated board'
	@echo 'make check-all  these tests and all below; takes hours'
	@echo 'make check-debug   on a kernel that checks for faults, and with every'
	@echo '                allocation failing once; builds that kernel first'
	@echo 'make check-matrix   builds and tests on Debian'\''s kernels, from 5.10 on'
	@echo 'make check-clients   libcamera, GStreamer and other unmodified programs with'
	@echo '                the buffers; builds a kernel first'
	@echo 'make check-soak   allocates 100 GiB and checks every byte; takes long'
	@echo 'make bench      the cost of allocation, beside the kernel'\''s CMA heap'
	@echo 'make modules    the module alone, for the running kernel, or with'
	@echo '                KDIR=directory [ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-]'
	@echo 'make userland   the library and the tool alone, in $$OUT (default build/)'
	@echo 'make install    to $$DESTDIR and $$prefix (default /usr/local); the module'
	@echo '                to $$DESTDIR/lib/modules, if it was built'
	@echo 'make modules_install   the module alone, to $$INSTALL_MOD_PATH/lib/modules'
	@echo 'make uninstall  remove what make install put there, with the same variables'
	@echo 'make clean      remove what was built here'
