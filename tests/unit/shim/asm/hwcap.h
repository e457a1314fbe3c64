/* SPDX-License-Identifier: MIT */
/* See cpufeature.h. */
