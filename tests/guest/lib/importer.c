// SPDX-License-Identifier: MIT
/* The test importer's nodes, as functions: see importer.h. */
#include "importer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

static int call(int importer, unsigned long request, void *arg)
{
	return ioctl(importer, request, arg) < 0 ? -errno : 0;
}

int importer_open(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/cmm_%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int importer_attach(int importer, int dmabuf, uint32_t *handle)
{
	struct cmm_import_attach arg = { .fd = dmabuf };
	int ret = call(importer, CMM_IMPORT_ATTACH, &arg);

	if (!ret)
		*handle = arg.handle;
	return ret;
}

int importer_detach(int importer, uint32_t handle)
{
	struct cmm_import_handle arg = { .handle = handle };

	return call(importer, CMM_IMPORT_DETACH, &arg);
}

int importer_map(int importer, uint32_t handle, uint32_t dir,
		 struct cmm_import_map *map)
{
	struct cmm_import_map arg = { .handle = handle, .dir = dir };
	int ret = call(importer, CMM_IMPORT_MAP, &arg);

	if (!ret && map)
		*map = arg;
	return ret;
}

int importer_unmap(int importer, uint32_t handle)
{
	struct cmm_import_handle arg = { .handle = handle };

	return call(importer, CMM_IMPORT_UNMAP, &arg);
}

int importer_import(int importer, int dmabuf, uint32_t dir,
		    struct import *import)
{
	int ret;

	import->importer = importer;
	ret = importer_attach(importer, dmabuf, &import->handle);
	if (ret)
		return ret;
	ret = importer_map(importer, import->handle, dir, &import->map);
	if (ret)
		importer_detach(importer, import->handle);
	return ret;
}

int importer_release(struct import *import)
{
	int unmapped = importer_unmap(import->importer, import->handle);
	int detached = importer_detach(import->importer, import->handle);

	return unmapped ? unmapped : detached;
}

static int translate(int importer, uint64_t addr,
		     struct cmm_import_translate *arg)
{
	*arg = (struct cmm_import_translate){ .addr = addr };
	return call(importer, CMM_IMPORT_TRANSLATE, arg);
}

int importer_translate(int importer, uint64_t addr, uint64_t *phys)
{
	struct cmm_import_translate arg;
	int ret = translate(importer, addr, &arg);

	if (!ret)
		*phys = arg.phys;
	return ret;
}

int importer_is_translated(int importer)
{
	struct cmm_import_translate arg;
	int ret = translate(importer, 0, &arg);

	return ret ? ret : (int)arg.translated;
}

int importer_own_domain(int importer)
{
	return call(importer, CMM_IMPORT_OWN_DOMAIN, NULL);
}

static int transfer(int importer, uint64_t addr, uint32_t sram, uint32_t len,
		    uint32_t to_memory)
{
	struct cmm_import_dma arg = {
		.addr = addr,
		.sram = sram,
		.len = len,
		.to_memory = to_memory,
	};

	return call(importer, CMM_IMPORT_DMA, &arg);
}

int importer_load(int importer, uint64_t addr, uint32_t sram, uint32_t len)
{
	return transfer(importer, addr, sram, len, 0);
}

int importer_store(int importer, uint64_t addr, uint32_t sram, uint32_t len)
{
	return transfer(importer, addr, sram, len, 1);
}

int importer_copy(int importer, uint64_t dst, uint64_t src, size_t len)
{
	size_t done, n;
	int ret;

	for (done = 0; done < len; done += n) {
		n = len - done;
		if (n > CMM_EDU_CHUNK)
			n = CMM_EDU_CHUNK;
		ret = importer_load(importer, src + done, 0, n);
		if (!ret)
			ret = importer_store(importer, dst + done, 0, n);
		if (ret)
			return ret;
	}
	return 0;
}

static int cpu(int importer, int dmabuf, uint64_t offset, uint64_t user,
	       size_t len, uint32_t write)
{
	struct cmm_import_cpu arg = {
		.fd = dmabuf,
		.write = write,
		.offset = offset,
		.len = len,
		.user = user,
	};

	return call(importer, CMM_IMPORT_CPU, &arg);
}

int importer_cpu_read(int importer, int dmabuf, uint64_t offset, void *data,
		      size_t len)
{
	return cpu(importer, dmabuf, offset, (uintptr_t)data, len, 0);
}

int importer_cpu_write(int importer, int dmabuf, uint64_t offset,
		       const void *data, size_t len)
{
	return cpu(importer, dmabuf, offset, (uintptr_t)data, len, 1);
}

int importer_leaf(int importer, const void *at, struct cmm_import_leaf *leaf)
{
	*leaf = (struct cmm_import_leaf) { .addr = (uintptr_t)at };
	return call(importer, CMM_IMPORT_LEAF, leaf);
}
