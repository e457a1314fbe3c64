# SPDX-License-Identifier: GPL-2.0
# The commands for users. The kernel's build system reads Kbuild instead.

# Recipes for modules, for example Yocto's, set KERNEL_SRC instead of KDIR.
KDIR	?= $(or $(KERNEL_SRC),/lib/modules/$(shell uname -r)/build)
OUT	?= build
DESTDIR	?=
prefix	?= /usr/local
INSTALL	?= install
CC	:= $(if $(filter default,$(origin CC)),$(CROSS_COMPILE)gcc,$(CC))

# As in the kernel's Makefile: the module is installed to $(INSTALL_MOD_PATH)/lib/modules.
# With an empty INSTALL_MOD_STRIP, it keeps its debug information.
INSTALL_MOD_PATH	?= $(abspath $(DESTDIR))
INSTALL_MOD_STRIP	?= 1

# $(call odd,PATH): not empty if PATH has a space or a colon, which make does not support
odd	= $(word 2,[$(1)])$(findstring :,$(1))
# $(call relative,PATH): PATH relative to a subdirectory of this one
relative = $(if $(filter-out /%,$(firstword $(1))),../$(1),$(1))

kbuild	= $(MAKE) -C '$(KDIR)' M='$(CURDIR)'
userlib	= $(MAKE) -C userlib O='$(call relative,$(OUT))' CC='$(CC)' \
	DESTDIR='$(call relative,$(DESTDIR))' prefix='$(prefix)'

# The reason why the module cannot be built; empty if it can.
ifneq ($(call odd,$(KDIR)),)
no-module = Kernel builds cannot take a space or a colon in a path, but KDIR is '$(KDIR)'
else ifneq ($(call odd,$(CURDIR)),)
no-module = Kernel builds cannot take a space or a colon in a path, but this is '$(CURDIR)'
else ifeq ($(wildcard $(KDIR)/Makefile),)
no-module = The module needs the headers of the kernel it is for: install \
	linux-headers-$(shell uname -r), or name a kernel build directory with KDIR=
endif

# The kernel's build directory: recipes set O if it is not KDIR.
kernel	= $(or $(O),$(KDIR))
release	= $(shell sed -n 's/.* UTS_RELEASE "\(.*\)"/\1/p' '$(kernel)/include/generated/utsrelease.h')
modlib	= $(or $(MODLIB),$(INSTALL_MOD_PATH)/lib/modules/$(release))
# The directory where the kernel installs external modules. Kernels have different ones.
modinst	= $(firstword $(wildcard $(foreach d,$(KDIR) $(KDIR)/source,$(d)/scripts/Makefile.modinst)))
moddir	= $(or $(INSTALL_MOD_DIR),$(shell sed -n 's/.*INSTALL_MOD_DIR ?= *//p' $(modinst) /dev/null),extra)
# Headers and symbols for drivers that allocate buffers, see driver/include/linux/cmm.h.
devel	= $(DESTDIR)$(prefix)/src/cmm

# The key that signs the kernel's modules, if it is here. Packages of headers usually lack
# the key. Signing is then switched off.
key-name = $(shell sed -n 's/^CONFIG_MODULE_SIG_KEY="\(.*\)"$$/\1/p' '$(kernel)/include/config/auto.conf')
key	= $(foreach k,$(key-name),$(filter pkcs11:%,$(k))$(wildcard $(filter /%,$(k)) $(kernel)/$(k)))

.PHONY: all modules userland install modules_install uninstall uninstall-module check check-all \
	check-clients check-debug check-matrix check-soak bench demo clean help

# A recipe that sets KERNEL_SRC builds only the module.
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

# depmod runs only for the running system. Other systems run it themselves.
modules_install:
	$(if $(no-module),$(error $(strip $(no-module))))
	$(if $(wildcard cmm.ko),,$(error There is no cmm.ko to install: run make modules first))
	$(if $(call odd,$(INSTALL_MOD_PATH)),$(error Kernel builds cannot take a space or a \
		colon in a path, but the module is to go to '$(INSTALL_MOD_PATH)'))
	+$(kbuild) modules_install INSTALL_MOD_PATH='$(INSTALL_MOD_PATH)' \
		INSTALL_MOD_STRIP='$(INSTALL_MOD_STRIP)' \
		$(if $(key),,CONFIG_MODULE_SIG_ALL=) $(if $(INSTALL_MOD_PATH),DEPMOD=true)

# Needs the variables of "make install", and removes the files that it installed. Removes
# this project's directories if they are empty, and no other directory.
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
