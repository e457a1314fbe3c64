/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Size: numbers of bytes that people write, with or without a unit.
 */
#ifndef _CMM_SIZE_H
#define _CMM_SIZE_H

#include <linux/types.h>

int cmm_parse_size(const char *text, u64 *value);

#endif /* _CMM_SIZE_H */
