/* SPDX-License-Identifier: MIT */
/* See ../kernel.h. */
