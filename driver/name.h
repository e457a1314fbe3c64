/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Name: what a buffer may be called by those who allocate it.
 */
#ifndef _CMM_NAME_H
#define _CMM_NAME_H

#include <linux/types.h>
#include <uapi/linux/cmm.h>

bool cmm_name_is_valid(const char name[CMM_NAME_LEN]);

#endif /* _CMM_NAME_H */
