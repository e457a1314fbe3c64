// SPDX-License-Identifier: MIT
/*
 * Kernel drivers that allocate from the zone that their device names. The driver is
 * the test consumer: see tests/modules/cmm_consumer.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../modules/cmm_consumer.h"
#include "buffer.h"
#include "driver.h"
#include "events.h"
#include "kmsg.h"

#define MODULE	"cmm_consumer"

static void device_of_zone(char *device, size_t size)
{
	snprintf(device, size, "cmm-consumer-%s", ZONE);
}

static int consumer_unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

static int consumer_open(void)
{
	char device[64], path[80];
	int fd;

	device_of_zone(device, sizeof(device));
	snprintf(path, sizeof(path), "/dev/%s", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A device can only name a zone that has a device tree node. */
static void load(void)
{
	char device[64], path[96];

	device_of_zone(device, sizeof(device));
	snprintf(path, sizeof(path), "/proc/device-tree/%s", device);
	if (access(path, F_OK))
		skip("no device names the zone");
	ASSERT_OK(module_probe(MODULE));
}

static int consumer_alloc(int consumer, uint64_t size, uint32_t flags,
			  const char *name)
{
	struct cmm_consumer_alloc arg = { .size = size, .flags = flags };

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	return ioctl(consumer, CMM_CONSUMER_ALLOC, &arg) ? -errno : arg.fd;
}

static int consumer_share(int consumer)
{
	int fd = ioctl(consumer, CMM_CONSUMER_SHARE);

	return fd < 0 ? -errno : fd;
}

/* Checks the contents of the driver's own buffer from user space. */
static void expect_firmware(int fd)
{
	struct buffer buffer = buffer_of(fd, CMM_CONSUMER_FIRMWARE);
	size_t i;

	for (i = 0; i < buffer.len; i++)
		ASSERT_EQ(buffer.at[i], i % 251);
	buffer_free(&buffer);
}

ZONE_TEST(driver_can_allocate_its_own_buffer)
{
	struct cmm_list_entry entry;
	int consumer;
	char device[64];

	load();
	consumer = ASSERT_OK(consumer_open());
	ASSERT_EQ(zone_used(node), CMM_CONSUMER_FIRMWARE);
	ASSERT_EQ(ASSERT_OK(zone_list(node, &entry, 1, 0)), 1);
	ASSERT_STREQ(entry.name, "firmware");
	ASSERT_EQ(entry.len, CMM_CONSUMER_FIRMWARE);
	ASSERT_EQ(entry.attached, 1);
	device_of_zone(device, sizeof(device));
	ASSERT_STREQ(entry.devices, device);
	expect_firmware(ASSERT_OK(consumer_share(consumer)));
	close(consumer);
	ASSERT_OK(consumer_unload());
	ASSERT_EQ(zone_used(node), 0);
}

ZONE_TEST(driver_allocated_buffers_work_like_other_buffers)
{
	struct cmm_query query;
	struct buffer buffer;
	int consumer;

	load();
	consumer = ASSERT_OK(consumer_open());
	buffer = buffer_of(ASSERT_OK(consumer_alloc(consumer, MIB + 1, 0, "frame")),
			   MIB + PAGE);
	ASSERT_OK(zone_query(node, buffer.fd, &query));
	ASSERT_EQ(query.len, MIB + PAGE);
	ASSERT_STREQ(query.name, "frame");
	ASSERT_EQ(query.pid, getpid());
	ASSERT_EQ(query.flags & CMM_BUF_FLAGS, 0);
	buffer_expect_zero(&buffer);
	buffer_fill(&buffer, 3);
	/* The buffer outlives the driver that allocated it. */
	close(consumer);
	ASSERT_OK(consumer_unload());
	buffer_expect(&buffer, 3);
	buffer_free(&buffer);
	ASSERT_EQ(zone_used(node), 0);
}

TEST(invalid_driver_requests_fail)
{
	char longest[CMM_NAME_LEN], name[CMM_NAME_LEN + 1];
	int node, consumer, fd;
	struct cmm_query query;

	load();
	node = ASSERT_OK(zone_open(ZONE));
	consumer = ASSERT_OK(consumer_open());
	ASSERT_ERR(consumer_alloc(consumer, 0, 0, ""), EINVAL);
	ASSERT_ERR(consumer_alloc(consumer, ~0ULL, 0, ""), EINVAL);
	ASSERT_ERR(consumer_alloc(consumer, PAGE, 0x40, ""), EINVAL);
	events_begin();
	ASSERT_ERR(consumer_alloc(consumer, ZONE_SIZE + 1, 0, ""), EFBIG);
	events_end();
	ASSERT_EQ(events_count("cmm_refuse", " reason=EFBIG "), 1);
	ASSERT_ERR(consumer_alloc(consumer, ZONE_SIZE, 0, ""), ENOSPC);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ASSERT_ERR(consumer_alloc(consumer, PAGE, 0, name), EINVAL);
	memcpy(longest, name + 1, sizeof(longest));
	fd = ASSERT_OK(consumer_alloc(consumer, PAGE, zone_wc(), longest));
	ASSERT_OK(zone_query(node, fd, &query));
	ASSERT_STREQ(query.name, longest);
	ASSERT_EQ(query.flags & CMM_BUF_FLAGS, zone_wc());
	close(fd);
	close(consumer);
	close(node);
	ASSERT_OK(consumer_unload());
}

/* Waits until the kernel has bound the driver, and opens it. */
static int open_soon(void)
{
	int fd;

	WAIT_UNTIL((fd = consumer_open()) != -ENOENT);
	return fd;
}

/*
 * Whether the kernel's list of deferred probes has the device with the reason. When
 * another device is bound, the kernel retries deferred probes. During the retry the
 * list lacks the device.
 */
static bool is_deferred_for_its_zone(void)
{
	char device[64], line[256], reason[80];
	bool found = false;
	FILE *list = fopen("/sys/kernel/debug/devices_deferred", "r");

	device_of_zone(device, sizeof(device));
	snprintf(reason, sizeof(reason), "no zone: the zone /cmm-%s is not bound yet", ZONE);
	ASSERT(list);
	while (fgets(line, sizeof(line), list))
		found = found || (strstr(line, device) && strstr(line, reason));
	fclose(list);
	return found;
}

TEST(driver_probe_is_deferred_until_its_zone_is_bound)
{
	int consumer, kept;

	load();
	ASSERT_OK(consumer_unload());
	ASSERT_OK(driver_unbind());
	load();
	WAIT_UNTIL(is_deferred_for_its_zone());
	ASSERT_ERR(consumer_open(), ENOENT);
	ASSERT_OK(driver_bind_soon(ZONE));
	consumer = ASSERT_OK(open_soon());

	/* After the unbind the driver keeps its buffers but cannot allocate. */
	kept = ASSERT_OK(consumer_alloc(consumer, PAGE, 0, "kept"));
	ASSERT_OK(driver_unbind());
	ASSERT_ERR(consumer_alloc(consumer, PAGE, 0, ""), EAGAIN);
	expect_firmware(ASSERT_OK(consumer_share(consumer)));
	close(kept);
	close(consumer);
	ASSERT_OK(consumer_unload());
	ASSERT_OK(driver_bind_soon(ZONE));
}

TEST(cmm_cannot_be_unloaded_while_a_driver_uses_it)
{
	load();
	ASSERT_ERR(driver_unload(), EWOULDBLOCK);
	ASSERT_OK(consumer_unload());
	ASSERT_OK(driver_reload(""));
}

TEST(probe_failure_without_a_usable_zone_logs_the_reason)
{
	static const struct {
		const char *device, *reason;
	} expected[] = {
		{ "cmm-consumer-none:", "no zone: the device's node has no property cmm,zone" },
		{ "cmm-consumer-wrong:",
		  "no zone: cmm,zone names /cmm-test-plain, which is not a cmm,zone node" },
		{ "cmm-consumer-disabled:",
		  "no zone: cmm,zone names /cmm-disabled, which is disabled" },
	};
	int log = ASSERT_OK(kmsg_open()), seen = 0;
	char line[KMSG_LINE];
	size_t i;

	load();
	while (kmsg_next(log, line))
		for (i = 0; i < ARRAY_SIZE(expected); i++)
			seen += strstr(line, expected[i].device) &&
				strstr(line, expected[i].reason);
	ASSERT_EQ(seen, ARRAY_SIZE(expected));
	close(log);
	ASSERT_OK(consumer_unload());
}
