/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices: the devices for which users may map a zone's buffers.
 *
 * The device tree lists their nodes. A device may come and go at any time, so each
 * request searches it on the buses that are built into the kernel.
 */
#ifndef _CMM_DEVICES_H
#define _CMM_DEVICES_H

struct cmm_zone;
struct device;

int cmm_devices_read(struct device *dev, struct cmm_zone *zone);
void cmm_devices_release(struct cmm_zone *zone);

struct device *cmm_devices_find(const struct cmm_zone *zone,
				unsigned int index);

#endif /* _CMM_DEVICES_H */
