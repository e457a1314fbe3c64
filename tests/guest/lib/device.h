/* SPDX-License-Identifier: MIT */
/*
 * Devices that importers and zones use: their drivers come and go, and so do the
 * devices.
 *
 * A device is named as in /sys/bus/BUS/devices; the bus is PCI, the platform, AMBA or
 * the importer's own. A function returns 0 or a negative errno.
 */
#ifndef DEVICE_H
#define DEVICE_H

/* Takes the device's driver away, or gives it one again. */
int device_unbind(const char *name);
int device_bind(const char *name);

/* Of an AMBA device: only this driver can be bound from now on; "\n" for any. */
int device_override(const char *name, const char *driver);

/* Removes a PCI device as a hot unplug does. */
int device_unplug(const char *name);
/* Finds all PCI devices that are not there, and binds their drivers. */
int device_plug(void);

/* Makes the first engine as it was at boot, if it is not; a test has failed then. */
void device_restore(void);

/*
 * How much of an engine's address space is free: how often 2 MiB of the zone can be
 * mapped for it. Buffers are allocated for that. Returns -EOPNOTSUPP for an engine
 * without an IOMMU, and -ENOSPC if the zone is full before the address space is.
 */
int device_room(int importer, int node);

#endif /* DEVICE_H */
