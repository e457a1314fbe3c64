# SPDX-License-Identifier: GPL-2.0
# What people type. The kernel's build system reads Kbuild instead.

KDIR	?= /lib/modules/$(shell uname -r)/build
OUT	?= $(CURDIR)/build
DESTDIR	?=
prefix	?= /usr/local
CC	:= $(if $(filter default,$(origin CC)),$(CROSS_COMPILE)gcc,$(CC))

kbuild	= $(MAKE) -C '$(KDIR)' M='$(CURDIR)'
userlib	= $(MAKE) -C userlib O='$(OUT)' CC='$(CC)'
headers	= $(wildcard $(KDIR)/Makefile)
no-headers = The module needs the headers of the kernel it is for: install \
	linux-headers-$(shell uname -r), or name a kernel build directory with KDIR=.

.PHONY: all modules userland install check check-clients check-debug check-matrix \
	check-soak bench demo clean help

all: userland
ifneq ($(headers),)
all: modules
else
	@echo '$(strip $(no-headers))'
endif

modules:
	$(if $(headers),,$(error $(strip $(no-headers))))
	+$(kbuild) modules

userland:
	+$(userlib)

install: userland
	+$(userlib) install DESTDIR='$(DESTDIR)' prefix='$(prefix)'
	$(if $(wildcard cmm.ko),+$(kbuild) modules_install \
		INSTALL_MOD_PATH='$(DESTDIR)')

check:
	scripts/check

check-clients:
	scripts/check clients

check-debug:
	scripts/check debug

check-matrix:
	scripts/check-matrix

check-soak:
	scripts/check soak

bench:
	scripts/bench

demo:
	scripts/demo

clean:
	$(if $(headers),+$(kbuild) clean)
	rm -rf '$(OUT)'

help:
	@echo 'make            the module, the library and the tool'
	@echo 'make demo       a camera and two DMA engines share buffers, on an emulated board'
	@echo 'make check      all tests, natively and on an emulated board'
	@echo 'make check-clients   libcamera, GStreamer and other unmodified programs with'
	@echo '                our buffers; builds a kernel first'
	@echo 'make check-debug   the latter on a kernel that looks for faults, and with'
	@echo '                every allocation failing once; builds that kernel first'
	@echo 'make check-matrix   builds and tests on Debian'\''s kernels, from 5.10 on'
	@echo 'make check-soak   hands out 100 GiB and looks at every byte; takes long'
	@echo 'make bench      what allocation costs, beside the kernel'\''s CMA heap'
	@echo 'make modules    the module alone, for the running kernel, or with'
	@echo '                KDIR=directory [ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-]'
	@echo 'make userland   the library and the tool alone, in $$OUT (default build/)'
	@echo 'make install    to $$DESTDIR and $$prefix (default /usr/local); the module'
	@echo '                to $$DESTDIR/lib/modules, if it was built'
	@echo 'make clean      remove what was built here'
