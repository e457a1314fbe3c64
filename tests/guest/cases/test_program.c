// SPDX-License-Identifier: MIT
/*
 * A driver that is a program: it has the engine's registers from the kernel's
 * uio_pci_generic, and the addresses that it gives the engine from libcmm.
 */
#include <cmm.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "file.h"
#include "importer.h"
#include "pattern.h"

#define ENGINE		"0000:00:06.0"
#define STREAM		0x30
#define DEVICE		"/sys/bus/pci/devices/" ENGINE "/"
#define DRIVERS		"/sys/bus/pci/drivers/"

/* The engine's registers, in units of 64 bits, and its on-chip buffer. */
enum { SRC = 0x80 / 8, DST = 0x88 / 8, COUNT = 0x90 / 8, COMMAND = 0x98 / 8 };
#define START		1
#define TO_MEMORY	2
#define SRAM		0x40000

#define LEN		(4 * PAGE)
#define CHUNK		1024

struct program {
	struct cmm_zone *zone;
	struct cmm_buf *buf;
	int uio;		/* while it is open, the engine may do DMA */
	volatile uint64_t *registers;
};

static int add_name(const struct cmm_device *device, void *found)
{
	if (!strcmp(device->name, ENGINE))
		*(uint32_t *)found = device->flags;
	return 0;
}

static uint32_t flags_of_engine(struct cmm_zone *zone)
{
	uint32_t flags = 0;

	ASSERT(!cmm_zone_devices(zone, add_name, &flags));
	return flags;
}

static int uio_open(void)
{
	glob_t nodes;
	char path[64];
	int fd;

	ASSERT(!glob(DEVICE "uio/uio*", 0, NULL, &nodes));
	snprintf(path, sizeof(path), "/dev%s", strrchr(nodes.gl_pathv[0], '/'));
	globfree(&nodes);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT(fd >= 0);
	return fd;
}

static void let_it_do_dma(void)
{
	int config = open(DEVICE "config", O_RDWR | O_CLOEXEC);
	uint16_t command;

	ASSERT(config >= 0);
	ASSERT_EQ(pread(config, &command, 2, 4), 2);
	command |= 6;	/* memory, master */
	ASSERT_EQ(pwrite(config, &command, 2, 4), 2);
	close(config);
}

static volatile uint64_t *map_registers(void)
{
	int fd = open(DEVICE "resource0", O_RDWR | O_CLOEXEC);
	void *at;

	ASSERT(fd >= 0);
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT(at != MAP_FAILED);
	close(fd);
	return at;
}

/* Takes the engine from its driver. */
static struct program begin(void)
{
	struct program p = { .zone = cmm_zone_open(ZONE) };

	ASSERT(p.zone);
	if (!flags_of_engine(p.zone))
		skip("the zone has no devices");
	if (module_probe("uio_pci_generic"))
		skip("this kernel has no uio_pci_generic");
	ASSERT_OK(file_write(DRIVERS "cmm_edu/unbind", ENGINE));
	ASSERT_EQ(flags_of_engine(p.zone), 0);
	ASSERT_OK(file_write(DEVICE "driver_override", "uio_pci_generic"));
	ASSERT_OK(file_write(DRIVERS "uio_pci_generic/bind", ENGINE));
	ASSERT(flags_of_engine(p.zone) & CMM_DEVICE_READY);

	p.uio = uio_open();
	let_it_do_dma();
	p.registers = map_registers();
	p.buf = cmm_buf_alloc(p.zone, LEN, 0, 0, "tensor");
	ASSERT(p.buf);
	return p;
}

/* Returns the engine to its driver. */
static void end(struct program *p)
{
	munmap((void *)p->registers, PAGE);
	close(p->uio);
	cmm_buf_close(p->buf);
	cmm_zone_close(p->zone);
	ASSERT_OK(file_write(DRIVERS "uio_pci_generic/unbind", ENGINE));
	ASSERT_OK(file_write(DEVICE "driver_override", "\n"));
	ASSERT_OK(file_write(DRIVERS "cmm_edu/bind", ENGINE));
}

static void run_engine(struct program *p, uint64_t dst, uint64_t src,
		       size_t len, uint64_t command)
{
	p->registers[SRC] = src;
	p->registers[DST] = dst;
	p->registers[COUNT] = len;
	p->registers[COMMAND] = command | START;
	WAIT_UNTIL(!(p->registers[COMMAND] & START));
}

static void copy(struct program *p, uint64_t dst, uint64_t src)
{
	run_engine(p, SRAM, src, CHUNK, 0);
	run_engine(p, dst, SRAM, CHUNK, TO_MEMORY);
}

TEST_LIMIT(program_drives_engine_through_libcmm_mapping, 60)
{
	struct program p = begin();
	struct cmm_device_map map;
	uint8_t *at = cmm_buf_map(p.buf);

	ASSERT(at);
	ASSERT(!cmm_buf_map_device(p.buf, ENGINE, CMM_DMA_READ | CMM_DMA_WRITE,
				   &map));
	ASSERT(!cmm_buf_sync_begin(p.buf, CMM_CPU_WRITE));
	pattern_fill(at, CHUNK, 0, 11);
	ASSERT(!cmm_buf_sync_end(p.buf, CMM_CPU_WRITE));
	copy(&p, map.addr + 2 * PAGE, map.addr);
	ASSERT(!cmm_buf_sync_begin(p.buf, CMM_CPU_READ));
	ASSERT_PATTERN(pattern_check(at + 2 * PAGE, CHUNK, 0, 11));
	ASSERT(!cmm_buf_sync_end(p.buf, CMM_CPU_READ));
	ASSERT(!cmm_buf_unmap_device(p.buf, &map));
	end(&p);
}

struct written {
	struct program *program;
	uint64_t addr;
};

static void write_there(void *arg)
{
	const struct written *w = arg;

	/* One event's worth. */
	run_engine(w->program, w->addr, SRAM, 8, TO_MEMORY);
}

TEST_LIMIT(engine_cannot_reach_what_the_program_unmapped, 60)
{
	struct program p = begin();
	struct cmm_device_map map;
	struct smmu_event event;
	uint8_t *at = cmm_buf_map(p.buf);
	struct written written = { .program = &p };

	if (!(flags_of_engine(p.zone) & CMM_DEVICE_TRANSLATED)) {
		end(&p);
		skip("no IOMMU stops the device");
	}
	ASSERT(at);
	ASSERT(!cmm_buf_map_device(p.buf, ENGINE, CMM_DMA_READ | CMM_DMA_WRITE,
				   &map));
	pattern_fill(at, LEN, 0, 12);
	ASSERT(!cmm_buf_unmap_device(p.buf, &map));
	written.addr = map.addr;
	event = stray_by(write_there, &written, map.addr);
	ASSERT_EQ(event.type, SMMU_TRANSLATION);
	ASSERT_EQ(event.stream, STREAM);
	ASSERT_PATTERN(pattern_check(at, LEN, 0, 12));
	end(&p);
}

/* The address goes before the driver that gave the program the registers. */
TEST_LIMIT(unbinding_the_engine_ends_the_programs_device_mapping, 60)
{
	struct program p = begin();
	struct cmm_device_map map;

	ASSERT(!cmm_buf_map_device(p.buf, ENGINE, CMM_DMA_READ, &map));
	ASSERT_OK(file_write(DRIVERS "uio_pci_generic/unbind", ENGINE));
	ASSERT(cmm_buf_unmap_device(p.buf, &map) && errno == ENOENT);
	ASSERT_OK(file_write(DRIVERS "uio_pci_generic/bind", ENGINE));
	end(&p);
}
