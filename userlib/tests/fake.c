// SPDX-License-Identifier: MIT
/*
 * A fake system: see fake.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

#include "fake.h"

#define DIR_PATH	"/dev/cmm"
#define HEAP_PATH	"/dev/dma_heap/system"
#define UDMABUF_PATH	"/dev/udmabuf"
#define CLASS_PATH	"/sys/class/cmm"

struct fake fake;

/* --- kinds of descriptors --- */

#define MAX_FILES	256

enum kind { NONE, ZONE, HEAP, UDMABUF, BUFFER, FOREIGN };

static struct {
	dev_t dev;
	ino_t inode;
	enum kind kind;
} files[MAX_FILES];
static unsigned int file_count;

/* Name of the memory files that are zones and buffers. */
#define FILE_NAME	"fake"

/* A memory file that another process of the same example created. */
static int is_fake_file(int fd)
{
	static const char name[] = "/memfd:" FILE_NAME " ";
	char link[64], target[sizeof(name)] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(name) - 1) > 0 && !strcmp(target, name);
}

static enum kind kind_of(int fd)
{
	struct stat st;
	unsigned int i;

	if (fstat(fd, &st))
		return NONE;
	for (i = 0; i < file_count; i++)
		if (files[i].dev == st.st_dev && files[i].inode == st.st_ino)
			return files[i].kind;
	return is_fake_file(fd) ? FOREIGN : NONE;
}

static int new_file(enum kind kind, uint64_t len)
{
	int fd = memfd_create(FILE_NAME, MFD_CLOEXEC);
	struct stat st;

	if (fd < 0 || ftruncate(fd, (off_t)len) || fstat(fd, &st) ||
	    file_count == MAX_FILES)
		abort();
	files[file_count].dev = st.st_dev;
	files[file_count].inode = st.st_ino;
	files[file_count++].kind = kind;
	return fd;
}

int fake_foreign_dmabuf(void)
{
	return new_file(FOREIGN, 3 * FAKE_PAGE);
}

void fake_reset(void)
{
	fake = (struct fake) {
		.zones = "media",
		.loaded = 1,
		.used = FAKE_TOTAL - FAKE_FREE,
		.entries = 3,
		.page = ~0u,
		.callocs = -1,
		.direct_reads = -1,
	};
	file_count = 0;
}

/* Before the constructor in fake_env.c. */
__attribute__((constructor(101)))
static void start(void)
{
	fake_reset();
}

/* --- the directory and its nodes --- */

/* Copies the next name at *@names and advances it. Returns 0 at the end. */
static int next_name(const char **names, char *name, size_t size)
{
	size_t len = strcspn(*names, " ");

	if (!len)
		return 0;
	snprintf(name, size, "%.*s", (int)len, *names);
	*names += len;
	*names += strspn(*names, " ");
	return 1;
}

static int fail(int errnum)
{
	errno = errnum;
	return -1;
}

static int open_zone_node(const char *wanted)
{
	const char *names = fake.zones ? fake.zones : "";
	char name[64];
	unsigned int place;

	for (place = 0; next_name(&names, name, sizeof(name)); place++) {
		if (strcmp(name, wanted))
			continue;
		if (!strcmp(name, "secret"))
			return fail(EACCES);
		return new_file(ZONE, place);
	}
	return fail(ENOENT);
}

int __wrap_access(const char *path, int mode)
{
	if (strcmp(path, CLASS_PATH))
		return __real_access(path, mode);
	return fake.loaded ? 0 : fail(ENOENT);
}

/* cmmctl checks whether a group may open a node. */
int __wrap_stat(const char *path, struct stat *st)
{
	if (strncmp(path, DIR_PATH "/", sizeof(DIR_PATH)))
		return __real_stat(path, st);
	*st = (struct stat) {
		.st_mode = S_IFCHR | (fake.shared ? 0660 : 0600),
		.st_gid = fake.shared ? 44 : 0,
	};
	return 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	/* Memory files have direct I/O on some kernels only: pread() imitates it. */
	if (flags & O_DIRECT)
		return fake.no_direct ? fail(EINVAL) :
					__real_open(path, flags & ~O_DIRECT);
	if (!strcmp(path, HEAP_PATH))
		return new_file(HEAP, 0);
	if (!strcmp(path, UDMABUF_PATH))
		return new_file(UDMABUF, 0);
	if (strncmp(path, DIR_PATH "/", sizeof(DIR_PATH)))
		return __real_open(path, flags);
	return open_zone_node(path + sizeof(DIR_PATH));
}

/* Direct I/O, which the library needs pread() for. It accepts whole blocks only. */
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t offset)
{
	const size_t block = 1 << 16;
	ssize_t got;

	if ((uintptr_t)to % block || size % block || (size_t)offset % block)
		abort();
	if (!fake.direct_reads)
		return fail(EINVAL);
	if (fake.direct_reads > 0)
		fake.direct_reads--;
	got = __real_pread(fd, to, size, offset);
	if (fake.direct_end && got > fake.direct_end - offset)
		got = fake.direct_end - offset;
	if (got > 0)
		fake.direct_bytes += (size_t)got;
	return got;
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	fake.advice |= 1u << advice;
	return fake.no_fadvise ? ENOSYS : __real_posix_fadvise(fd, offset, len, advice);
}

int __wrap_scandir(const char *path, struct dirent ***entries,
		   int (*filter)(const struct dirent *entry),
		   int (*compare)(const struct dirent **a,
				  const struct dirent **b))
{
	const char *names = fake.zones;
	struct dirent entry = { 0 };
	int count = 0;

	if (strcmp(path, DIR_PATH))
		abort();
	if (!names)
		return fail(ENOENT);

	*entries = malloc(64 * sizeof(**entries));
	while (next_name(&names, entry.d_name, sizeof(entry.d_name))) {
		if (!filter(&entry))
			continue;
		(*entries)[count] = malloc(sizeof(entry));
		*(*entries)[count++] = entry;
	}
	qsort(*entries, (size_t)count, sizeof(**entries),
	      (int (*)(const void *, const void *))compare);
	return count;
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (fake.callocs == 0) {
		errno = ENOMEM;
		return NULL;
	}
	if (fake.callocs > 0)
		fake.callocs--;
	return __real_calloc(count, size);
}

/* --- the ioctls --- */

static int do_info(int fd, struct cmm_info *info)
{
	struct stat st;
	unsigned int marked;

	fstat(fd, &st);
	/* The file's size is the zone's place in fake.zones. */
	marked = fake.marked >> st.st_size & 1;
	*info = (struct cmm_info) {
		.total = FAKE_TOTAL,
		.used = fake.used,
		.peak = FAKE_TOTAL - FAKE_PAGE,
		.largest_free = FAKE_LARGEST,
		.clean = FAKE_PAGE,
		.kind = CMM_KIND_LINEAR,
		.flags = CMM_ZONE_EXPOSE_PHYS | (marked ? CMM_ZONE_DEFAULT : 0),
		.name = "media",
		.quota = fake.quota,
		.charged = FAKE_CHARGED,
	};
	return 0;
}

static int no_room(struct cmm_alloc *request, int errnum)
{
	request->largest_free = FAKE_LARGEST;
	request->total_free = FAKE_FREE;
	return fail(errnum);
}

static int do_alloc(struct cmm_alloc *request)
{
	int32_t *fds = (void *)(uintptr_t)request->fds;
	int error = fake.on_alloc ? fake.on_alloc() : 0;
	unsigned int i;

	if (error)
		return fail(-error);
	fake.asked = *request;
	for (i = 0; i < request->count; i++)
		fds[i] = -1;

	if (!request->len || !request->count)
		return fail(EINVAL);
	if (request->len > FAKE_TOTAL)
		return no_room(request, EFBIG);
	request->len = (request->len + FAKE_PAGE - 1) / FAKE_PAGE * FAKE_PAGE;
	if (fake.quota &&
	    FAKE_CHARGED + request->len * request->count > fake.quota)
		return no_room(request, EDQUOT);
	if (request->len * request->count > FAKE_FREE)
		return no_room(request, ENOSPC);
	if (request->len > FAKE_LARGEST)
		return no_room(request, ENOBUFS);

	for (i = 0; i < request->count; i++)
		fds[i] = new_file(BUFFER, request->len);
	return 0;
}

static int do_query(struct cmm_query *query)
{
	enum kind kind = kind_of(query->fd);
	int fd = query->fd;
	struct stat st;

	if (kind != BUFFER)
		return fail(kind == FOREIGN ? EXDEV : EBADF);
	fstat(fd, &st);
	*query = (struct cmm_query) {
		.fd = fd,
		.flags = CMM_BUF_PHYS | (fake.user ? 0 : CMM_BUF_OFFSET),
		.id = st.st_ino,
		.len = (uint64_t)st.st_size,
		.align = FAKE_PAGE,
		.offset = fake.user ? 0 : 0x1000,
		.phys = 0x40001000,
		.age_ns = 5,
		.uid = 1000,
		.pid = 42,
		.comm = "camera",
		.name = "frame",
		.map_block = fake.block,
		.map_offset = fake.block_offset,
		.view_offset = 0x2000,
		.inode = st.st_ino,
	};
	return 0;
}

/*
 * Of each three buffers, the second has a command name with control characters, and the
 * third has a name with wide characters.
 */
static void fill_entry(struct cmm_list_entry *entry, uint64_t id)
{
	*entry = (struct cmm_list_entry) {
		.id = id,
		.offset = fake.user ? 0 : id * FAKE_PAGE,
		.len = FAKE_PAGE,
		.age_ns = id * 1000000000,
		.uid = 1000,
		.pid = 42,
		.flags = fake.user ? 0 : CMM_BUF_OFFSET,
		.attached = 1,
		.comm = "camera",
		.name = "frame",
		.devices = "0000:00:03.0",
		.dmabufs = 1,
		.inodes = { 100 + id },
	};
	if (id % 6 == 4) {
		strcpy(entry->comm, "\033[2J\\");
		strcpy(entry->name, "");
		entry->pid = 0;
		entry->attached = 3;
	}
	if (id % 6 == 0) {
		strcpy(entry->name, "\u6444\u50cf\u5934");
		entry->flags |= fake.gone ? CMM_BUF_OWNER_GONE : 0;
	}
}

static int do_list(struct cmm_list *list)
{
	char *to = (void *)(uintptr_t)list->entries;
	uint64_t after = list->after;
	unsigned int room = list->count;
	struct cmm_list_entry entry;

	if (list->entry_size != sizeof(entry))
		abort();
	if (room > fake.page)
		room = fake.page;
	list->count = 0;
	for (after += 2; after <= 2ull * fake.entries && room; after += 2) {
		fill_entry(&entry, after);
		memcpy(to, &entry, sizeof(entry));
		to += sizeof(entry);
		list->after = after;
		list->count++;
		room--;
	}
	return 0;
}

static int do_sync(const struct cmm_sync *sync)
{
	const struct cmm_sync_entry *entries =
		(const void *)(uintptr_t)sync->entries;

	if (sync->entry_size != sizeof(*entries) ||
	    sync->count > CMM_SYNC_MAX_COUNT)
		abort();
	if (fake.interruptions)
		return fail(fake.interruptions-- % 2 ? EINTR : EAGAIN);
	memcpy(fake.ranges, entries, sync->count * sizeof(*entries));
	fake.range_count = sync->count;
	fake.range_syncs++;
	return 0;
}

/*
 * A view is the whole buffer here, with the requested mode. Permanent sealing has no
 * effect except its errors.
 */
static int do_view(struct cmm_view *view)
{
	char path[64];
	struct stat st;

	if (kind_of(view->fd) != BUFFER || fstat(view->fd, &st))
		return fail(EBADF);
	if (view->flags & ~(CMM_VIEW_WRITE | CMM_VIEW_SEAL) ||
	    view->flags == (CMM_VIEW_WRITE | CMM_VIEW_SEAL) || !view->len ||
	    (view->offset | view->len) % FAKE_PAGE ||
	    view->offset + view->len > (uint64_t)st.st_size)
		return fail(EINVAL);
	if (view->flags & CMM_VIEW_SEAL && fake.busy)
		return fail(EBUSY);
	fake.viewed = *view;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", view->fd);
	view->view_fd = __real_open(path, O_CLOEXEC |
				    (view->flags & CMM_VIEW_WRITE ? O_RDWR :
				     O_RDONLY));
	return view->view_fd < 0 ? -1 : 0;
}

/* Two devices. The second has the index 5 and is not ready. */
static int do_dev_list(struct cmm_dev_list *list)
{
	struct cmm_dev_entry *entries = (void *)(uintptr_t)list->entries;

	if (list->entry_size != sizeof(*entries) ||
	    list->count != CMM_DEV_MAX_COUNT)
		abort();
	entries[0] = (struct cmm_dev_entry) {
		.flags = CMM_DEV_READY | CMM_DEV_TRANSLATED,
		.mask = 0xffffffff,
		.name = "npu",
	};
	entries[1] = (struct cmm_dev_entry) { .index = 5, .name = "isp" };
	list->count = 2;
	return 0;
}

static int do_dev_map(struct cmm_dev_map *map)
{
	if (kind_of(map->fd) != BUFFER)
		return fail(EBADF);
	if (map->index)
		return fail(map->index == 5 ? EOPNOTSUPP : ENOENT);
	if (!map->flags || map->flags & ~CMM_DEV_MAP_RW)
		return fail(EINVAL);
	map->addr = 0xfe00000 + map->flags;
	map->id = 7;
	return 0;
}

static int do_dev_unmap(const struct cmm_dev_unmap *unmap)
{
	return unmap->id == 7 && !unmap->pad ? 0 : fail(ENOENT);
}

/* Knows one buffer: at a camera's address, at an NPU's old address, and physically. */
static int do_whois(int fd, struct cmm_whois *whois)
{
	int npu = !strcmp(whois->device, "npu");
	uint64_t base = npu ? FAKE_OLD_IOVA : FAKE_IOVA;
	struct stat st;

	if (!strcmp(whois->device, "isp"))
		return fail(EPERM);
	if (!*whois->device != !!(whois->flags & CMM_WHOIS_PHYS))
		return fail(EINVAL);
	if (!*whois->device)
		base = FAKE_PHYS;
	if (whois->addr < base || whois->addr - base >= 2 * FAKE_PAGE ||
	    fstat(fd, &st))
		return fail(ENOENT);
	*whois = (struct cmm_whois) {
		.state = npu ? 0 : CMM_WHOIS_LIVE,
		.id = 17,
		.offset = whois->addr - base,
		.len = 2 * FAKE_PAGE,
		.now_ns = 150000000000,
		.born_ns = 100000000000,
		.uid = 1000,
		.pid = npu ? 0 : 42,
		.access = whois->flags ? 0 :
			  npu ? CMM_DEV_MAP_RW : CMM_DEV_MAP_WRITE,
		.comm = "camera",
		.name = "frame",
	};
	if (base == FAKE_IOVA)
		whois->state |= CMM_WHOIS_MAPPED;
	if (!npu)
		return 0;
	strcpy(whois->comm, "\033[2J");
	/* A zone that is later in fake.zones has an earlier time. */
	whois->unmapped_ns = 120000123000 - (uint64_t)st.st_size * 1000000000;
	whois->freed_ns = 130500000000;
	return 0;
}

static int zone_ioctl(int fd, unsigned long request, void *arg)
{
	fake.allocs += request == CMM_IOC_ALLOC;
	if (fake.error && !fake.error_after--)
		return fail(fake.error);

	switch (request) {
	case CMM_IOC_INFO:
		return do_info(fd, arg);
	case CMM_IOC_ALLOC:
		return do_alloc(arg);
	case CMM_IOC_QUERY:
		return do_query(arg);
	case CMM_IOC_LIST:
		return do_list(arg);
	case CMM_IOC_SYNC:
		return do_sync(arg);
	case CMM_IOC_DEV_LIST:
		return do_dev_list(arg);
	case CMM_IOC_DEV_MAP:
		return do_dev_map(arg);
	case CMM_IOC_DEV_UNMAP:
		return do_dev_unmap(arg);
	case CMM_IOC_VIEW:
		return do_view(arg);
	case CMM_IOC_WHOIS:
		return do_whois(fd, arg);
	default:
		return fail(ENOTTY);
	}
}

/* As the kernel's heaps: only the number of a command counts. */
static int heap_ioctl(unsigned long request, struct dma_heap_allocation_data *data)
{
	if (_IOC_NR(request) || data->fd || data->heap_flags ||
	    data->fd_flags != (O_RDWR | O_CLOEXEC) || data->len % FAKE_PAGE)
		return fail(EINVAL);
	if (data->len > FAKE_TOTAL)
		return fail(ENOMEM);
	data->fd = (uint32_t)new_file(FOREIGN, data->len);
	return 0;
}

static int udmabuf_ioctl(unsigned long request, const struct udmabuf_create *create)
{
	struct stat st;

	if (request != UDMABUF_CREATE)
		return fail(ENOTTY);
	if (fstat((int)create->memfd, &st) || (uint64_t)st.st_size != create->size ||
	    fcntl((int)create->memfd, F_GET_SEALS) != F_SEAL_SHRINK ||
	    create->flags != UDMABUF_FLAGS_CLOEXEC || create->offset ||
	    create->size > FAKE_TOTAL)
		return fail(EINVAL);
	return new_file(FOREIGN, create->size);
}

static int buffer_ioctl(unsigned long request, const struct dma_buf_sync *sync)
{
	if (request == DMA_BUF_SET_NAME) {
		snprintf(fake.label, sizeof(fake.label), "%s", (const char *)sync);
		return 0;
	}
	if (request != DMA_BUF_IOCTL_SYNC)
		return fail(ENOTTY);
	if (!(sync->flags & DMA_BUF_SYNC_RW))
		return fail(EINVAL);
	if (fake.interruptions)
		return fail(fake.interruptions-- % 2 ? EINTR : EAGAIN);
	fake.sync_flags = sync->flags;
	fake.syncs++;
	return 0;
}

/* Threads of a test call at the same time. */
static pthread_mutex_t ioctl_lock = PTHREAD_MUTEX_INITIALIZER;

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);

	pthread_mutex_lock(&ioctl_lock);
	switch (kind_of(fd)) {
	case ZONE:
		fake.calls++;
		ret = zone_ioctl(fd, request, arg);
		break;
	case HEAP:
		ret = heap_ioctl(request, arg);
		break;
	case UDMABUF:
		ret = udmabuf_ioctl(request, arg);
		break;
	case BUFFER:
	case FOREIGN:
		fake.calls++;
		ret = buffer_ioctl(request, arg);
		break;
	default:
		ret = __real_ioctl(fd, request, arg);
	}
	pthread_mutex_unlock(&ioctl_lock);
	return ret;
}
