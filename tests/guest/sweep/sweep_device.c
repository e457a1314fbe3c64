// SPDX-License-Identifier: MIT
/* What drivers do with a buffer: the test importer's, and a GPU's. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "driver.h"
#include "importer.h"

/* --- the test importer --- */

static int open_for(struct scene *scene, const char *device)
{
	scene->importer = importer_open(device);
	return scene->importer < 0 ? scene->importer : 0;
}

static int with_edu(struct scene *scene)
{
	int ret = with_buffer(scene);

	return ret ? ret : open_for(scene, "edu0");
}

static int with_edu_and_wc(struct scene *scene)
{
	int ret = with_wc_buffer(scene);

	return ret ? ret : open_for(scene, "edu0");
}

static int with_plain(struct scene *scene)
{
	int ret = with_buffer(scene);

	return ret ? ret : open_for(scene, "plain");
}

static int with_plain_and_wc(struct scene *scene)
{
	int ret = with_wc_buffer(scene);

	return ret ? ret : open_for(scene, "plain");
}

static int with_direct(struct scene *scene)
{
	int ret = with_buffer(scene);

	return ret ? ret : open_for(scene, "direct");
}

static int with_attachment(struct scene *scene)
{
	int ret = with_edu(scene);

	return ret ? ret : importer_attach(scene->importer, scene->buf,
					   &scene->handle);
}

/* It may read, and is mapped for that. */
static int with_mapping(struct scene *scene)
{
	int ret = with_attachment(scene);

	if (!ret)
		ret = importer_map(scene->importer, scene->handle,
				   CMM_IMPORT_TO_DEVICE, NULL);
	return ret ? ret : importer_unmap(scene->importer, scene->handle);
}

static int attach_to_unmap(struct scene *scene)
{
	struct import import;
	int ret = importer_import(scene->importer, scene->buf,
				  CMM_IMPORT_BIDIRECTIONAL, &import);

	return ret ? ret : importer_release(&import);
}

static int attach(struct scene *scene)
{
	uint32_t handle;
	int ret = importer_attach(scene->importer, scene->buf, &handle);

	return ret ? ret : importer_detach(scene->importer, handle);
}

static int refuse(struct scene *scene)
{
	uint32_t handle;

	return sweep_expect(importer_attach(scene->importer, scene->buf,
					    &handle), -EOPNOTSUPP);
}

static int map_and_unmap(struct scene *scene)
{
	int ret = importer_map(scene->importer, scene->handle,
			       CMM_IMPORT_FROM_DEVICE, NULL);

	return ret ? ret : importer_unmap(scene->importer, scene->handle);
}

static int detach(struct scene *scene)
{
	return importer_detach(scene->importer, scene->handle);
}

/* What has ended is known, whatever failed before. */
static int attach_and_ask(struct scene *scene)
{
	struct cmm_whois whois;
	struct import import;
	int ret = importer_import(scene->importer, scene->buf,
				  CMM_IMPORT_BIDIRECTIONAL, &import);

	if (ret)
		return ret;
	ret = importer_release(&import);
	if (!ret)
		ret = zone_whois(scene->node, "0000:00:05.0", import.map.addr,
				 &whois);
	return ret ? ret : whois.state == CMM_WHOIS_LIVE ? 0 : -EPROTO;
}

static int access_by_kernel(struct scene *scene)
{
	char data[64] = "data", back[64] = "";
	int ret = importer_cpu_write(scene->importer, scene->buf, PAGE, data,
				     sizeof(data));

	if (!ret)
		ret = importer_cpu_read(scene->importer, scene->buf, PAGE, back,
					sizeof(back));
	return ret ? ret : memcmp(data, back, sizeof(data)) ? -EPROTO : 0;
}

static int with_sealed_for_ever(struct scene *scene)
{
	int ret = with_plain(scene);

	if (ret)
		return ret;
	munmap(scene->at, SWEEP_LEN);
	scene->at = NULL;
	scene->other = zone_view_all(scene->node, scene->buf, CMM_VIEW_SEAL);
	return scene->other < 0 ? scene->other : 0;
}

static int refuse_to_kernel(struct scene *scene)
{
	char back[8];

	return sweep_expect(importer_cpu_read(scene->importer, scene->buf, 0,
					      back, sizeof(back)), -EACCES);
}

/* --- devices of the zone's list, if it has one --- */

static bool has_devices(const struct scene *scene)
{
	struct cmm_dev_entry entry;

	return zone_devices(scene->node, &entry, 1) == 1;
}

static int list_devices(struct scene *scene)
{
	struct cmm_dev_entry entries[4];
	int ret = zone_devices(scene->node, entries, 4);

	return ret < 0 ? ret : 0;
}

/* The scene's handle says whether there is something to do. */
static int with_devices(struct scene *scene)
{
	int ret = with_buffer(scene);

	scene->handle = !ret && has_devices(scene);
	return ret;
}

static int map_for_device(struct scene *scene)
{
	struct cmm_dev_map map;
	int ret;

	if (!scene->handle)
		return 0;
	ret = zone_map_device(scene->node, scene->buf, 0, CMM_DEV_MAP_RW, &map);
	return ret ? ret : zone_unmap_device(scene->node, map.id);
}

/* --- a GPU --- */

#define MAX_CARDS	16

static bool is_vgem(int card)
{
	drmVersion *version = drmGetVersion(card);
	bool is = version && !strcmp(version->name, "vgem");

	drmFreeVersion(version);
	return is;
}

static int with_gpu(struct scene *scene)
{
	char path[64];
	int i, ret = module_probe("vgem");

	if (!ret)
		ret = with_buffer(scene);
	for (i = 0; !ret && i < MAX_CARDS; i++) {
		snprintf(path, sizeof(path), DRM_DEV_NAME, DRM_DIR_NAME, i);
		scene->other = open(path, O_RDWR | O_CLOEXEC);
		if (scene->other >= 0 && is_vgem(scene->other))
			return 0;
		close(scene->other);
	}
	return ret ? ret : -ENODEV;
}

static int import_to_gpu(struct scene *scene)
{
	uint32_t handle;

	if (drmPrimeFDToHandle(scene->other, scene->buf, &handle))
		return -errno;
	return drmCloseBufferHandle(scene->other, handle) ? -errno : 0;
}

const struct operation sweep_device[] = {
	OPERATION("attach, detach, IOMMU", with_edu, attach),
	OPERATION("attach, map, unmap, detach, IOMMU", with_edu, attach_to_unmap),
	OPERATION("the same, write-combined", with_edu_and_wc, attach_to_unmap),
	OPERATION("map for another direction", with_mapping, map_and_unmap),
	OPERATION("detach what was mapped", with_mapping, detach),
	OPERATION("attach, map, unmap, detach, ioctl WHOIS", with_edu, attach_and_ask),
	OPERATION("attach, map, unmap, detach, no IOMMU", with_plain, attach_to_unmap),
	OPERATION("attach a device that cannot reach it", with_direct, refuse),
	OPERATION("ioctl DEV_LIST", with_buffer, list_devices),
	OPERATION("ioctl DEV_MAP, ioctl DEV_UNMAP", with_devices, map_for_device),
	OPERATION("vmap", with_plain, access_by_kernel),
	/* The dma-buf core takes any failure of vmap() for a mistake. */
	OPERATION("vmap, sealed for ever", with_sealed_for_ever,
		  refuse_to_kernel, .warns = "dma_buf_vmap"),
	OPERATION("vmap, write-combined", with_plain_and_wc, access_by_kernel,
		  .warns = "dma_buf_vmap"),
	OPERATION("a GPU's buffer", with_gpu, import_to_gpu),
	{}
};
