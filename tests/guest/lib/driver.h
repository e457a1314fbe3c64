/* SPDX-License-Identifier: MIT */
/*
 * The driver as a whole: loading and unloading the module, binding and
 * unbinding the zone's platform device, and what sysfs says of a zone.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/cmm.h>

/* A reserved range of the board that no zone uses. */
#define SPARE		"spare"

/* The board's zones, as they are at boot. */
#define DRIVER_MAX_ZONES	8
struct board_zones {
	int count;
	char names[DRIVER_MAX_ZONES][CMM_NAME_LEN];
};

/* Learns them; before anything else here. */
int driver_start(struct board_zones *zones);
/* Makes a zone ZONE. */
int driver_choose(const char *zone);

/*
 * Loads cmm.ko with the board's zones= and more entries, or "". The file is
 * $CMM_KO, or else the one below /lib/modules.
 */
int driver_load(const char *more_zones);
int driver_unload(void);
/* Whether loading it binds the devices of its zones. */
int driver_bind_all(bool bind);
/* Unloads and loads it. */
int driver_reload(const char *more_zones);
/* Makes it as it was at boot, if it is not; a test has failed then. */
void driver_restore(void);

/* Unbinds the device of ZONE, or binds it again. */
int driver_unbind(void);
int driver_bind(void);
/* The same for any zone. */
int driver_unbind_zone(const char *zone);
int driver_bind_zone(const char *zone);
/* Binds a device by its own name. */
int driver_bind_device(const char *device);
/* Binds it as soon as its last holder is gone: kernels may let go later. */
int driver_bind_soon(const char *zone);
/* Whether the range of ZONE is still claimed. */
bool driver_holds_range(void);

/* References to a module; negative if it is not loaded. */
long module_refs(const char *module);
/* A module that comes with the kernel, by modprobe. */
int module_probe(const char *module);

/* /sys/class/cmm/<zone>/<attribute> as a number. */
int zone_attribute(const char *zone, const char *attribute, uint64_t *value);
int zone_set_attribute(const char *zone, const char *attribute,
		       const char *text);
/* How many zones there are. */
int zone_count(void);

/* The reserved range of that name in the device tree. */
int reserved_range(const char *name, uint64_t *start, uint64_t *size);
/* The memory of the device tree that mem= hides from the kernel. */
int external_range(uint64_t *start, uint64_t *size);
/* Whether there is no memory from an address on. */
bool is_end_of_memory(uint64_t address);

#endif /* DRIVER_H */
