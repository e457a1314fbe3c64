/* SPDX-License-Identifier: MIT */
/* The extensions of a riscv CPU. The test sets them. */
#ifndef SHIM_CPUFEATURE_H
#define SHIM_CPUFEATURE_H

#include <stdbool.h>

extern bool has_zicbom;

#define riscv_isa_extension_available(isa, name) has_##name
#define has_ZICBOM has_zicbom

#endif
