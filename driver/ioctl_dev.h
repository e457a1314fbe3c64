/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ioctl, devices: CMM_IOC_DEV_LIST, CMM_IOC_DEV_MAP and CMM_IOC_DEV_UNMAP.
 */
#ifndef _CMM_IOCTL_DEV_H
#define _CMM_IOCTL_DEV_H

struct cmm_client;
struct cmm_dev_list;
struct cmm_dev_map;
struct cmm_dev_unmap;
struct cmm_zone;

int cmm_ioctl_dev_list(struct cmm_zone *zone, struct cmm_dev_list *list);
int cmm_ioctl_dev_map(struct cmm_client *client, struct cmm_dev_map *map);
int cmm_ioctl_dev_unmap(struct cmm_client *client,
			const struct cmm_dev_unmap *unmap);

#endif /* _CMM_IOCTL_DEV_H */
