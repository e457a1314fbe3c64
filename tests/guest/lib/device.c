// SPDX-License-Identifier: MIT
/* Devices that importers and zones use: see device.h. */
#include "device.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "file.h"
#include "importer.h"
#include "zone.h"

#define PIECE		(2 * MIB)
/* An address space of 28 bits has less, and each buffer is mapped three times. */
#define MOST_BUFFERS	64
#define DIRECTIONS	3

/* Writes the device's name to a file of its bus; format takes the device's name. */
__attribute__((format(printf, 1, 0)))
static int tell_bus(const char *format, const char *name)
{
	static const char *const buses[] = {
		"pci", "platform", "amba", "cmm_test",
	};
	char path[256], file[128];
	size_t i;

	for (i = 0; i < sizeof(buses) / sizeof(*buses); i++) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", buses[i],
			 name);
		if (access(path, F_OK))
			continue;
		snprintf(file, sizeof(file), format, name);
		snprintf(path, sizeof(path), "/sys/bus/%s/%s", buses[i], file);
		return file_write(path, name);
	}
	return -ENODEV;
}

int device_unbind(const char *name)
{
	return tell_bus("devices/%s/driver/unbind", name);
}

int device_bind(const char *name)
{
	return tell_bus("drivers_probe", name);
}

int device_override(const char *name, const char *driver)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/amba/devices/%s/driver_override",
		 name);
	return file_write(path, driver);
}

int device_unplug(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", name);
	return file_write(path, "1");
}

int device_plug(void)
{
	return file_write("/sys/bus/pci/rescan", "1");
}

void device_restore(void)
{
	static const char engine[] = "0000:00:05.0";

	if (!access("/sys/bus/pci/devices/0000:00:05.0/driver", F_OK))
		return;
	device_plug();
	device_bind(engine);
}

/* --- room --- */

static int map_all_ways(int importer, int fd, struct import *imports, int *count)
{
	int dir, ret;

	for (dir = 0; dir < DIRECTIONS; dir++) {
		ret = importer_import(importer, fd, dir, &imports[*count]);
		if (ret)
			return ret;
		++*count;
	}
	return 0;
}

int device_room(int importer, int node)
{
	static struct import imports[MOST_BUFFERS * DIRECTIONS];
	int fds[MOST_BUFFERS], buffers = 0, count = 0, ret = 0, i;

	if (importer_is_translated(importer) != 1)
		return -EOPNOTSUPP;
	/* What was unmapped shortly before may still be in a flush queue. */
	usleep(100000);
	while (!ret && buffers < MOST_BUFFERS) {
		int fd = zone_alloc(node, PIECE, 0);

		ret = fd;
		if (fd < 0)
			break;
		fds[buffers++] = fd;
		ret = map_all_ways(importer, fd, imports, &count);
	}
	for (i = 0; i < count; i++)
		importer_release(&imports[i]);
	for (i = 0; i < buffers; i++)
		close(fds[i]);
	if (ret == -ENOMEM)
		return count;
	return ret ? ret : -E2BIG;
}
