/* SPDX-License-Identifier: MIT */
/* What the kernel's tools/include lacks; the native tests have one thread. */
#ifndef SHIM_DRIVER_H
#define SHIM_DRIVER_H

/* There is one thread. */
#define data_race(expr) (expr)

#endif /* SHIM_DRIVER_H */
