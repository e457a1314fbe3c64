/* SPDX-License-Identifier: MIT */
/* See ../../zone.h. */
