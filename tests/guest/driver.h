/* SPDX-License-Identifier: MIT */
/*
 * The driver as a whole: loading and unloading the module, binding and
 * unbinding the zone's platform device, and what sysfs says of a zone.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdint.h>

/* Reserved ranges of the board that no zone uses, the latter with no-map. */
#define SPARE		"spare"
#define HIDDEN		"hidden"

/*
 * Loads cmm.ko with the given parameters. The file is $CMM_KO, or else the one
 * below /lib/modules.
 */
int driver_load(const char *params);
int driver_unload(void);
/* Loads it again, with the given parameters. */
int driver_reload(const char *params);
/* Makes it as it was at boot, if it is not; a test has failed then. */
void driver_restore(void);

/* Unbinds the device of the zone ZONE, or binds it again. */
int driver_unbind(void);
int driver_bind(void);

/* References to a module; negative if it is not loaded. */
long module_refs(const char *module);
/* A module that comes with the kernel, by modprobe. */
int module_probe(const char *module);

/* /sys/class/cmm/<zone>/<attribute> as a number. */
int zone_attribute(const char *zone, const char *attribute, uint64_t *value);
/* How many zones there are. */
int zone_count(void);

/* The reserved range of that name in the device tree. */
int reserved_range(const char *name, uint64_t *start, uint64_t *size);
/* The memory of the device tree that mem= hides from the kernel. */
int external_range(uint64_t *start, uint64_t *size);

#endif /* DRIVER_H */
