/* SPDX-License-Identifier: MIT */
/* Defines what the kernel's tools/include lacks. */
#ifndef SHIM_DRIVER_H
#define SHIM_DRIVER_H

/* Native tests have one thread. */
#define data_race(expr) (expr)

#endif /* SHIM_DRIVER_H */
