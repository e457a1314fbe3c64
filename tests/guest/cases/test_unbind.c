// SPDX-License-Identifier: MIT
/*
 * The zone's device is unbound while references exist. They stay usable, new
 * allocations fail, and the range is free again when the last reference ends.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "buffer.h"
#include "driver.h"
#include "holder.h"
#include "latepage.h"
#include "pattern.h"

static void expect_every_call_refused(int node, int buf)
{
	struct cmm_list_entry entry;
	struct cmm_dev_entry device;
	struct cmm_dev_map map;
	struct cmm_whois whois;
	struct cmm_query query;
	struct cmm_info info;

	ASSERT_ERR(zone_whois(node, NULL, chosen.start, &whois), ENODEV);
	ASSERT_ERR(zone_devices(node, &device, 1), ENODEV);
	ASSERT_ERR(zone_map_device(node, buf, 0, CMM_DEV_MAP_RW, &map), ENODEV);
	ASSERT_ERR(zone_info(node, &info), ENODEV);
	ASSERT_ERR(zone_alloc(node, PAGE, 0), ENODEV);
	ASSERT_ERR(zone_query(node, buf, &query), ENODEV);
	ASSERT_ERR(zone_list(node, &entry, 1, 0), ENODEV);
	ASSERT_ERR(zone_view_all(node, buf, 0), ENODEV);
	ASSERT_ERR(zone_sync_part(node, buf, CMM_SYNC_RW, 0, 1), ENODEV);
}

static void expect_fresh_zone(void)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer all = buffer_alloc(node, ZONE_SIZE, 0);

	ASSERT_EQ(buffer_offset(node, all.fd), 0);
	ASSERT_PATTERN(pattern_check_zero(all.at, 2 * MIB));
	buffer_free(&all);
	close(node);
}

TEST(unbound_zone_refuses_new_allocations)
{
	struct holder holder = hold_all();
	int i, zones = zone_count();

	ASSERT_OK(driver_unbind());
	ASSERT_EQ(zone_count(), zones - 1);
	ASSERT_ERR(zone_open(ZONE), ENOENT);
	expect_every_call_refused(holder.node, holder.buffer.fd);
	for (i = 0; i < HOLDS; i++)
		let_go(&holder, i);
	holder_end(&holder);
	ASSERT_OK(driver_bind_soon(ZONE));
	expect_fresh_zone();
}

TEST(buffers_stay_usable_after_unbind)
{
	struct holder holder = hold_all();
	struct buffer *buffer = &holder.buffer, again;
	struct import another;
	uint8_t data[64];
	int i;

	ASSERT_OK(driver_unbind());
	/* All views that exist, and new ones of what exists. */
	buffer_fill(buffer, 31);
	again = buffer_of(dup(buffer->fd), buffer->len);
	buffer_expect(&again, 31);
	ASSERT_OK(importer_copy(holder.importer, holder.import.map.addr + PAGE,
				holder.import.map.addr, 64));
	ASSERT_PATTERN(pattern_check(again.at + PAGE, 64, 0, 31));
	another = import(holder.importer, buffer->fd, CMM_IMPORT_TO_DEVICE);
	ASSERT_OK(importer_release(&another));
	ASSERT_OK(importer_cpu_read(holder.importer, buffer->fd, 0, data, 64));
	ASSERT_PATTERN(pattern_check(data, 64, 0, 31));

	buffer_fill(&again, 21);
	buffer_free(&again);
	for (i = 0; i < HOLDS; i++)
		let_go(&holder, i);
	holder_end(&holder);
	ASSERT_OK(driver_bind_soon(ZONE));
}

/* Kernels before 5.12 return one error for every error of a driver. */
static int bind_error(int told)
{
	struct utsname kernel;
	int major, minor;

	ASSERT(!uname(&kernel));
	if (sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		FAIL("the kernel's release is %s", kernel.release);
	return major > 5 || (major == 5 && minor >= 12) ? told : ENODEV;
}

static void expect_busy(void)
{
	ASSERT_ERR(driver_bind(), bind_error(EBUSY));
}

TEST(each_kind_of_reference_keeps_the_range_after_unbind)
{
	int what;

	for (what = 0; what < HOLDS; what++) {
		struct holder holder = hold_all();

		note("the %s alone", hold_name(what));
		let_go_of_all_but(&holder, what);
		ASSERT_OK(driver_unbind());
		expect_busy();
		expect_busy();
		let_go(&holder, what);
		holder_end(&holder);
		ASSERT_OK(driver_bind_soon(ZONE));
		expect_fresh_zone();
	}
}

TEST(range_is_kept_until_the_last_reference_ends)
{
	struct holder holder = hold_all();
	int what;

	ASSERT_OK(driver_unbind());
	for (what = 0; what < HOLDS; what++) {
		note("still the %s", hold_name(what));
		expect_busy();
		let_go(&holder, what);
	}
	holder_end(&holder);
	ASSERT_OK(driver_bind_soon(ZONE));
	expect_fresh_zone();
}

TEST(zone_can_be_unbound_and_bound_repeatedly)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_OK(driver_unbind());
		ASSERT_ERR(zone_open(ZONE), ENOENT);
		ASSERT_OK(driver_bind_soon(ZONE));
	}
	expect_fresh_zone();
}

/* Allocates, maps and frees until the zone is gone. */
static void work_until_gone(void *arg)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int ready = *(int *)arg, fd;

	ASSERT_EQ(write(ready, "", 1), 1);
	while ((fd = zone_alloc(node, 16 * PAGE, 0)) >= 0) {
		uint8_t *p = zone_map(fd, 16 * PAGE);

		ASSERT(p);
		memset(p, 0xff, 16 * PAGE);
		ASSERT(!close(fd));
		ASSERT(!munmap(p, 16 * PAGE));
	}
	ASSERT_EQ(fd, -ENODEV);
}

TEST(zone_can_be_unbound_under_load)
{
	pid_t pids[3];
	int pipes[2], i, round;
	char byte;

	ASSERT(!pipe(pipes));
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 3; i++) {
			pids[i] = fork_to(work_until_gone, &pipes[1]);
			ASSERT_EQ(read(pipes[0], &byte, 1), 1);
		}
		usleep(20000);
		ASSERT_OK(driver_unbind());
		for (i = 0; i < 3; i++)
			join(pids[i]);
		ASSERT_OK(driver_bind_soon(ZONE));
	}
	close(pipes[0]);
	close(pipes[1]);
	expect_fresh_zone();
}

/* --- a caller that the kernel waits for --- */

static int held_node;

/* Asks with a structure in a page that is not there. */
static void *ask_with_late_page(void *page)
{
	return (void *)(intptr_t)zone_info(held_node, page);
}

TEST(unbind_does_not_wait_for_page_fault_of_a_caller)
{
	static const uint8_t zeroes[PAGE];
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct late_page page = late_page_make(at);
	pthread_t thread;
	void *ret;

	held_node = ASSERT_OK(zone_open(ZONE));
	ASSERT(!pthread_create(&thread, NULL, ask_with_late_page, at));
	late_page_wait(&page);
	/* The caller blocks in its ioctl; other callers must not. */
	ASSERT_OK(driver_unbind());
	ASSERT_ERR(zone_alloc(held_node, PAGE, 0), ENODEV);
	late_page_fill(&page, zeroes);
	ASSERT(!pthread_join(thread, &ret));
	ASSERT_ERR((intptr_t)ret, ENODEV);
	close(held_node);
	ASSERT_OK(driver_bind_soon(ZONE));
	late_page_end(&page);
	munmap(at, PAGE);
}
