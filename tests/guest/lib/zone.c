// SPDX-License-Identifier: MIT
/* A zone's node by its bare ioctls: see zone.h. */
#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct chosen_zone chosen;

int zone_ioctl(int fd, unsigned long command, void *arg)
{
	int ret = ioctl(fd, command, arg);

	return ret < 0 ? -errno : ret;
}

/* Whether this is a riscv CPU without that extension. */
static bool lacks_extension(const char *name)
{
	FILE *cpuinfo = fopen("/proc/cpuinfo", "r");
	char line[1024];
	bool lacks = false;

	while (cpuinfo && fgets(line, sizeof(line), cpuinfo))
		lacks |= !strncmp(line, "isa", 3) && !strstr(line, name);
	if (cpuinfo)
		fclose(cpuinfo);
	return lacks;
}

bool zone_lacks_maintenance(void)
{
	return lacks_extension("zicbom");
}

bool zone_lacks_wc(void)
{
	return lacks_extension("svpbmt") || zone_lacks_maintenance();
}

uint32_t zone_wc(void)
{
	return zone_lacks_wc() ? 0 : CMM_BUF_WC;
}

int zone_open(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/cmm/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int zone_info(int node, struct cmm_info *info)
{
	return zone_ioctl(node, CMM_IOC_INFO, info);
}

uint64_t zone_used(int node)
{
	struct cmm_info info;

	return zone_info(node, &info) ? UINT64_MAX : info.used;
}

int zone_request(int node, struct cmm_alloc *req)
{
	return zone_ioctl(node, CMM_IOC_ALLOC, req);
}

static int alloc_one(int node, struct cmm_alloc *req)
{
	int32_t fd = -1;
	int ret;

	req->fds = (uintptr_t)&fd;
	req->count = 1;
	req->fd_flags = O_CLOEXEC;
	ret = zone_request(node, req);
	return ret ? ret : fd;
}

int zone_alloc(int node, uint64_t len, uint32_t flags)
{
	struct cmm_alloc req = { .len = len, .flags = flags };

	return alloc_one(node, &req);
}

int zone_alloc_named(int node, uint64_t len, uint64_t align, const char *name)
{
	struct cmm_alloc req = { .len = len, .align = align };

	snprintf(req.name, sizeof(req.name), "%s", name);
	return alloc_one(node, &req);
}

int zone_query(int node, int buf, struct cmm_query *query)
{
	*query = (struct cmm_query){ .fd = buf };
	return zone_ioctl(node, CMM_IOC_QUERY, query);
}

int zone_list(int node, struct cmm_list_entry *entries, uint32_t count,
	      uint64_t after)
{
	struct cmm_list list = {
		.entries = (uintptr_t)entries,
		.after = after,
		.count = count,
		.entry_size = sizeof(*entries),
	};
	int ret = zone_ioctl(node, CMM_IOC_LIST, &list);

	return ret ? ret : (int)list.count;
}

struct cmm_sync_entry sync_entry(int buf, uint32_t flags, uint64_t offset,
				 uint64_t len)
{
	return (struct cmm_sync_entry){
		.fd = buf,
		.flags = flags,
		.offset = offset,
		.len = len,
	};
}

int zone_sync_entries(int node, const struct cmm_sync_entry *entries,
		      uint32_t count)
{
	struct cmm_sync sync = {
		.entries = (uintptr_t)entries,
		.count = count,
		.entry_size = sizeof(*entries),
	};

	return zone_ioctl(node, CMM_IOC_SYNC, &sync);
}

int zone_sync_part(int node, int buf, uint32_t flags, uint64_t offset,
		   uint64_t len)
{
	struct cmm_sync_entry entry = sync_entry(buf, flags, offset, len);

	return zone_sync_entries(node, &entry, 1);
}

int zone_view(int node, int buf, uint64_t offset, uint64_t len, uint32_t flags)
{
	struct cmm_view view = {
		.fd = buf,
		.flags = flags,
		.offset = offset,
		.len = len,
		.fd_flags = O_CLOEXEC,
		.view_fd = -1,
	};
	int ret = zone_ioctl(node, CMM_IOC_VIEW, &view);

	return ret ? ret : view.view_fd;
}

int zone_view_all(int node, int buf, uint32_t flags)
{
	off_t len = lseek(buf, 0, SEEK_END);

	/* Something that is no dma-buf gets an error from the ioctl. */
	return zone_view(node, buf, 0, len > 0 ? (uint64_t)len : PAGE, flags);
}

int zone_devices(int node, struct cmm_dev_entry *entries, uint32_t count)
{
	struct cmm_dev_list list = {
		.entries = (uintptr_t)entries,
		.count = count,
		.entry_size = sizeof(*entries),
	};
	int ret = zone_ioctl(node, CMM_IOC_DEV_LIST, &list);

	return ret ? ret : (int)list.count;
}

int zone_map_device(int node, int buf, uint32_t index, uint32_t flags,
		    struct cmm_dev_map *map)
{
	*map = (struct cmm_dev_map){
		.fd = buf,
		.index = index,
		.flags = flags,
	};
	return zone_ioctl(node, CMM_IOC_DEV_MAP, map);
}

int zone_unmap_device(int node, uint32_t id)
{
	struct cmm_dev_unmap unmap = { .id = id };

	return zone_ioctl(node, CMM_IOC_DEV_UNMAP, &unmap);
}

int zone_whois(int node, const char *device, uint64_t addr,
	       struct cmm_whois *whois)
{
	*whois = (struct cmm_whois){
		.addr = addr,
		.flags = device ? 0 : CMM_WHOIS_PHYS,
	};
	snprintf(whois->device, sizeof(whois->device), "%s",
		 device ? device : "");
	return zone_ioctl(node, CMM_IOC_WHOIS, whois);
}

void *zone_map(int buf, size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);

	return p == MAP_FAILED ? NULL : p;
}

int zone_sync(int buf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	return zone_ioctl(buf, DMA_BUF_IOCTL_SYNC, &sync);
}
