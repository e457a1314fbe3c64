/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Param: zones for boards whose device tree cannot be changed.
 */
#ifndef _CMM_PARAM_H
#define _CMM_PARAM_H

/* Platform devices of this name carry a struct cmm_region as platform data. */
#define CMM_PARAM_DEVICE	"cmm-zone"

int cmm_param_add_devices(void);
void cmm_param_remove_devices(void);

#endif /* _CMM_PARAM_H */
