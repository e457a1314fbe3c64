// SPDX-License-Identifier: MIT
/* What can be asked of a buffer: dma-buf's calls, and those on any mapping. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int with_flags(struct scene *scene, uint32_t flags)
{
	int ret = with_node(scene);

	if (ret)
		return ret;
	scene->buf = zone_alloc(scene->node, SWEEP_LEN, flags);
	if (scene->buf < 0)
		return scene->buf;
	scene->at = zone_map(scene->buf, SWEEP_LEN);
	return scene->at ? 0 : -ENOMEM;
}

int with_buffer(struct scene *scene)
{
	return with_flags(scene, 0);
}

int with_wc_buffer(struct scene *scene)
{
	return with_flags(scene, zone_wc());
}

/* --- mappings --- */

static int map_and_unmap(struct scene *scene)
{
	void *at = mmap(NULL, SWEEP_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			scene->buf, 0);

	if (at == MAP_FAILED)
		return -errno;
	if (!munmap(at, SWEEP_LEN))
		return 0;
	scene->also_at = at;
	return -errno;
}

/* No fault can happen on the way: a mapping is complete from the start. */
static int write_and_read(struct scene *scene)
{
	volatile uint8_t *at = scene->at;
	size_t i;

	for (i = 0; i < SWEEP_LEN; i++)
		at[i] = i;
	for (i = 0; i < SWEEP_LEN; i++) {
		if (at[i] != (uint8_t)i)
			return -EPROTO;
	}
	return 0;
}

static int unmap_the_middle(struct scene *scene)
{
	return munmap(scene->at + PAGE, PAGE) ? -errno : 0;
}

static int protect_the_middle(struct scene *scene)
{
	return mprotect(scene->at + PAGE, PAGE, PROT_READ) ? -errno : 0;
}

static int move(struct scene *scene)
{
	void *to = mmap(NULL, SWEEP_LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (to == MAP_FAILED)
		return -errno;
	scene->also_at = to;
	to = mremap(scene->at, SWEEP_LEN, SWEEP_LEN,
		    MREMAP_MAYMOVE | MREMAP_FIXED, to);
	return to == MAP_FAILED ? -errno : 0;
}

static int inherit(struct scene *scene)
{
	pid_t pid = fork();
	int status;

	(void)scene;
	if (!pid)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid(pid, &status, 0);
	return status ? -EPROTO : 0;
}

/* A page that crosses into the next, read and written as a debugger does. */
static int debug(struct scene *scene)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC), ret = 0;
	off_t place = (off_t)(uintptr_t)scene->at + PAGE / 2;
	uint8_t data[PAGE];

	if (mem < 0)
		return -errno;
	if (pread(mem, data, PAGE, place) != PAGE ||
	    pwrite(mem, data, PAGE, place) != PAGE)
		ret = -errno;
	close(mem);
	return ret;
}

/* --- blocks --- */

/* What page tables can map in one entry, with pages of 4 KiB. */
#define BLOCK		(2 * MIB)
#define BLOCKS_LEN	(2 * BLOCK)

/* A buffer that can be mapped by nothing but blocks, and is not mapped yet. */
static int with_blocks(struct scene *scene)
{
	int ret = with_node(scene);

	if (ret)
		return ret;
	scene->buf = zone_alloc_named(scene->node, BLOCKS_LEN, BLOCK, "blocks");
	return scene->buf < 0 ? scene->buf : 0;
}

/* A page fault that fails is tried again, so that no store fails. */
static int touch_all(volatile uint8_t *at)
{
	size_t i;

	for (i = 0; i < BLOCKS_LEN; i += PAGE)
		at[i] = i / PAGE;
	for (i = 0; i < BLOCKS_LEN; i += PAGE) {
		if (at[i] != (uint8_t)(i / PAGE))
			return -EPROTO;
	}
	return 0;
}

static int touch_whole(uint8_t *at)
{
	return touch_all(at);
}

static int touch_pages(uint8_t *at)
{
	if (madvise(at, BLOCKS_LEN, MADV_NOHUGEPAGE))
		return -errno;
	return touch_all(at);
}

static int touch_again(uint8_t *at)
{
	int ret = touch_all(at);

	if (!ret && mprotect(at + BLOCK + PAGE, PAGE, PROT_READ))
		ret = -errno;
	if (!ret && mprotect(at + BLOCK + PAGE, PAGE, PROT_READ | PROT_WRITE))
		ret = -errno;
	return ret ? ret : touch_all(at);
}

/* Maps the buffer where blocks are possible, for a moment. */
static int on_blocks(struct scene *scene, int (*touch)(uint8_t *at))
{
	const size_t len = BLOCKS_LEN + BLOCK;
	uint8_t *at, *room = mmap(NULL, len, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				  -1, 0);
	int ret;

	if (room == MAP_FAILED)
		return -errno;
	at = mmap(room + -(uintptr_t)room % BLOCK, BLOCKS_LEN,
		  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, scene->buf, 0);
	ret = at == MAP_FAILED ? -errno : touch(at);
	while (munmap(room, len))
		ret = -errno;
	return ret;
}

static int map_blocks(struct scene *scene)
{
	return on_blocks(scene, touch_whole);
}

static int map_pages_of_blocks(struct scene *scene)
{
	return on_blocks(scene, touch_pages);
}

static int split_blocks(struct scene *scene)
{
	return on_blocks(scene, touch_again);
}

/* --- the descriptor --- */

static int sync_both_ways(struct scene *scene)
{
	int ret = zone_sync(scene->buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);

	return ret ? ret : zone_sync(scene->buf,
				     DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
}

/* The first and the last byte, by the zone's own command. */
static int sync_parts(struct scene *scene)
{
	const struct cmm_sync_entry entries[] = {
		sync_entry(scene->buf, CMM_SYNC_RW, 0, 1),
		sync_entry(scene->buf, CMM_SYNC_RW, SWEEP_LEN - 1, 1),
		sync_entry(scene->buf, CMM_SYNC_RW | CMM_SYNC_END, 0, SWEEP_LEN),
	};

	return zone_sync_entries(scene->node, entries, 3);
}

static int view(struct scene *scene)
{
	int fd = zone_view_all(scene->node, scene->buf, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* A failed request leaves no writable view, which would prevent the seal. */
static int view_then_seal(struct scene *scene)
{
	int fd, ret = 0;

	munmap(scene->at, SWEEP_LEN);
	scene->at = NULL;
	fd = zone_view(scene->node, scene->buf, 0, PAGE, CMM_VIEW_WRITE);
	if (fd >= 0)
		close(fd);
	else
		ret = fd;
	fd = zone_view_all(scene->node, scene->buf, CMM_VIEW_SEAL);
	if (fd == -EBUSY)
		return -EPROTO;
	if (fd < 0)
		return fd;
	close(fd);
	return ret;
}

/* Whatever fails on the way, it is done as a whole or not at all. */
static int seal_for_ever(struct scene *scene)
{
	struct cmm_query query;
	bool done, sealed;
	int fd, ret;

	/* A mapping that came to nothing is not in the way. */
	map_and_unmap(scene);
	munmap(scene->at, SWEEP_LEN);
	scene->at = NULL;
	fd = zone_view_all(scene->node, scene->buf, CMM_VIEW_SEAL);
	done = fd >= 0;
	if (done)
		close(fd);
	ret = zone_query(scene->node, scene->buf, &query);
	sealed = query.flags & CMM_BUF_READ_ONLY;
	if (!ret && sealed != done)
		return -EPROTO;
	return fd < 0 ? fd : ret;
}

static int with_sealed(struct scene *scene)
{
	int ret = with_buffer(scene);

	if (ret)
		return ret;
	scene->other = zone_view_all(scene->node, scene->buf, 0);
	return scene->other < 0 ? scene->other : 0;
}

static int map_sealed(struct scene *scene)
{
	void *at = mmap(NULL, SWEEP_LEN, PROT_READ, MAP_SHARED, scene->other,
			0);

	if (at == MAP_FAILED)
		return -errno;
	if (!munmap(at, SWEEP_LEN))
		return 0;
	scene->also_at = at;
	return -errno;
}

static int export_fence(struct scene *scene)
{
	struct dma_buf_export_sync_file arg = { .flags = DMA_BUF_SYNC_RW };
	int ret = zone_ioctl(scene->buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg);

	if (!ret)
		close(arg.fd);
	return ret;
}

static int with_fence(struct scene *scene)
{
	struct dma_buf_export_sync_file arg = { .flags = DMA_BUF_SYNC_RW };
	int ret = with_buffer(scene);

	if (!ret)
		ret = zone_ioctl(scene->buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
				 &arg);
	scene->other = arg.fd;
	return ret;
}

static int import_fence(struct scene *scene)
{
	struct dma_buf_import_sync_file arg = {
		.flags = DMA_BUF_SYNC_RW,
		.fd = scene->other,
	};

	return zone_ioctl(scene->buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &arg);
}

static int set_name(struct scene *scene)
{
	return zone_ioctl(scene->buf, DMA_BUF_SET_NAME_B, "a name");
}

static int seek(struct scene *scene)
{
	return lseek(scene->buf, 0, SEEK_END) == SWEEP_LEN ? 0 : -errno;
}

static int poll_it(struct scene *scene)
{
	struct pollfd pfd = { .fd = scene->buf, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -errno : 0;
}

static int duplicate(struct scene *scene)
{
	int fd = fcntl(scene->buf, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int read_fdinfo(struct scene *scene)
{
	char path[64], text[1024];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", scene->buf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = read(fd, text, sizeof(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

const struct operation sweep_buffer[] = {
	OPERATION("mmap and munmap", with_buffer, map_and_unmap),
	OPERATION("mmap and munmap, write-combined", with_wc_buffer, map_and_unmap),
	OPERATION("loads and stores", with_buffer, write_and_read),
	OPERATION("munmap of the middle", with_buffer, unmap_the_middle),
	OPERATION("mprotect of the middle", with_buffer, protect_the_middle),
	OPERATION("mremap", with_buffer, move),
	OPERATION("fork", with_buffer, inherit),
	OPERATION("/proc/PID/mem", with_buffer, debug, .also = { EIO }),
	OPERATION("/proc/PID/mem, write-combined", with_wc_buffer, debug,
		  .also = { EIO }),
	OPERATION("loads and stores, blocks", with_blocks, map_blocks),
	OPERATION("the same, by pages", with_blocks, map_pages_of_blocks),
	OPERATION("the same, split", with_blocks, split_blocks),
	OPERATION("ioctl SYNC", with_buffer, sync_both_ways),
	OPERATION("ioctl SYNC, write-combined", with_wc_buffer, sync_both_ways),
	OPERATION("ioctl CMM_IOC_SYNC", with_buffer, sync_parts),
	OPERATION("ioctl CMM_IOC_SYNC, write-combined", with_wc_buffer, sync_parts),
	OPERATION("ioctl CMM_IOC_VIEW", with_buffer, view),
	OPERATION("ioctl CMM_IOC_VIEW, writable", with_buffer, view_then_seal),
	OPERATION("ioctl CMM_IOC_VIEW, for ever", with_buffer, seal_for_ever),
	OPERATION("mmap, sealed", with_sealed, map_sealed),
	OPERATION("ioctl EXPORT_SYNC_FILE", with_buffer, export_fence),
	OPERATION("ioctl IMPORT_SYNC_FILE", with_fence, import_fence),
	OPERATION("ioctl SET_NAME", with_buffer, set_name),
	OPERATION("lseek", with_buffer, seek),
	OPERATION("poll", with_buffer, poll_it),
	OPERATION("dup", with_buffer, duplicate),
	OPERATION("fdinfo", with_buffer, read_fdinfo),
	{}
};
