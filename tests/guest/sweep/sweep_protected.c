// SPDX-License-Identifier: MIT
/* What can be asked of a protected zone: to hand out memory, and to devices. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "importer.h"

static int alloc_all(struct scene *scene)
{
	int fd = zone_alloc(scene->node, ZONE_SIZE, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int with_unmapped_buffer(struct scene *scene)
{
	int ret = with_node(scene);

	if (ret)
		return ret;
	scene->buf = zone_alloc(scene->node, SWEEP_LEN, 0);
	scene->importer = importer_open("plain");
	if (scene->buf < 0)
		return scene->buf;
	return scene->importer < 0 ? scene->importer : 0;
}

static int import(struct scene *scene)
{
	struct import dma;
	int ret = importer_import(scene->importer, scene->buf,
				  CMM_IMPORT_BIDIRECTIONAL, &dma);

	return ret ? ret : importer_release(&dma);
}

static int map(struct scene *scene)
{
	return zone_map(scene->buf, SWEEP_LEN) ? -EPROTO :
	       sweep_expect(-errno, -EOPNOTSUPP);
}

const struct operation sweep_protected[] = {
	OPERATION("ioctl ALLOC of all", with_node, alloc_all),
	OPERATION("ioctl ALLOC of many", with_node, sweep_alloc_many),
	OPERATION("attach, map, unmap and detach", with_unmapped_buffer, import),
	OPERATION("mmap, refused", with_unmapped_buffer, map),
	{}
};
