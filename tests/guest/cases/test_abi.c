// SPDX-License-Identifier: MIT
/*
 * The numbers and sizes of commands: unknown numbers fail. Structures of older
 * and newer programs have other sizes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"

#define MAX_SIZE	((1 << _IOC_SIZEBITS) - 1)

static const unsigned int directions[] = {
	_IOC_NONE, _IOC_READ, _IOC_WRITE, _IOC_READ | _IOC_WRITE,
};

static const struct {
	unsigned long command;
	size_t size;
} commands[] = {
	{ CMM_IOC_INFO, sizeof(struct cmm_info) },
	{ CMM_IOC_ALLOC, sizeof(struct cmm_alloc) },
	{ CMM_IOC_QUERY, sizeof(struct cmm_query) },
	{ CMM_IOC_LIST, sizeof(struct cmm_list) },
	{ CMM_IOC_SYNC, sizeof(struct cmm_sync) },
	{ CMM_IOC_VIEW, sizeof(struct cmm_view) },
	{ CMM_IOC_DEV_LIST, sizeof(struct cmm_dev_list) },
	{ CMM_IOC_DEV_MAP, sizeof(struct cmm_dev_map) },
	{ CMM_IOC_DEV_UNMAP, sizeof(struct cmm_dev_unmap) },
	{ CMM_IOC_WHOIS, sizeof(struct cmm_whois) },
};

#define COMMANDS	ARRAY_SIZE(commands)

TEST(structure_sizes_and_command_numbers_are_stable)
{
	ASSERT_EQ(sizeof(struct cmm_info), 104);
	ASSERT_EQ(sizeof(struct cmm_alloc), 88);
	ASSERT_EQ(sizeof(struct cmm_query), 136);
	ASSERT_EQ(sizeof(struct cmm_list_entry), 264);
	ASSERT_EQ(sizeof(struct cmm_list), 24);
	ASSERT_EQ(sizeof(struct cmm_sync_entry), 24);
	ASSERT_EQ(sizeof(struct cmm_sync), 16);
	ASSERT_EQ(sizeof(struct cmm_view), 32);
	ASSERT_EQ(sizeof(struct cmm_dev_entry), 48);
	ASSERT_EQ(sizeof(struct cmm_dev_list), 16);
	ASSERT_EQ(sizeof(struct cmm_dev_map), 24);
	ASSERT_EQ(sizeof(struct cmm_dev_unmap), 8);
	ASSERT_EQ(offsetof(struct cmm_dev_entry, name), 16);
	ASSERT_EQ(offsetof(struct cmm_dev_map, addr), 16);
	ASSERT_EQ(offsetof(struct cmm_info, name), 56);
	ASSERT_EQ(offsetof(struct cmm_info, quota), 88);
	ASSERT_EQ(offsetof(struct cmm_alloc, name), 56);
	ASSERT_EQ(offsetof(struct cmm_query, uid), 56);
	ASSERT_EQ(offsetof(struct cmm_list_entry, devices), 96);
	ASSERT_EQ(offsetof(struct cmm_list_entry, inodes), 200);
	ASSERT_EQ(offsetof(struct cmm_query, inode), 128);
	ASSERT_EQ(offsetof(struct cmm_sync_entry, len), 16);
	ASSERT_EQ(CMM_IOC_INFO, 0x8068c300);
	ASSERT_EQ(CMM_IOC_ALLOC, 0xc058c301);
	ASSERT_EQ(CMM_IOC_QUERY, 0xc088c302);
	ASSERT_EQ(CMM_IOC_LIST, 0xc018c303);
	ASSERT_EQ(CMM_IOC_SYNC, 0x4010c304);
	ASSERT_EQ(CMM_IOC_VIEW, 0xc020c308);
	ASSERT_EQ(CMM_FEATURE_SYNC, 1);
	ASSERT_EQ(CMM_FEATURE_VIEW, 2);
	ASSERT_EQ(CMM_IOC_DEV_LIST, 0xc010c305);
	ASSERT_EQ(CMM_IOC_DEV_MAP, 0xc018c306);
	ASSERT_EQ(CMM_IOC_DEV_UNMAP, 0x4008c307);
	ASSERT_EQ(CMM_FEATURE_DEV, 4);
	ASSERT_EQ(sizeof(struct cmm_whois), 200);
	ASSERT_EQ(offsetof(struct cmm_whois, device), 16);
	ASSERT_EQ(offsetof(struct cmm_whois, name), 168);
	ASSERT_EQ(CMM_IOC_WHOIS, 0xc0c8c309);
	ASSERT_EQ(CMM_FEATURE_WHOIS, 8);
	ASSERT_EQ(CMM_FEATURE_INODE, 16);
	ASSERT_EQ(CMM_FEATURE_FENCES, 32);
}

static bool is_command(unsigned int nr)
{
	size_t c;

	for (c = 0; c < COMMANDS; c++) {
		if (_IOC_NR(commands[c].command) == nr)
			return true;
	}
	return false;
}

ZONE_TEST(unknown_command_numbers_fail_with_enotty)
{
	static const size_t sizes[] = { 0, 4, 88, 104, MAX_SIZE };
	static uint8_t arg[MAX_SIZE];
	unsigned int nr;
	size_t d, s;

	for (nr = 0; nr < 256; nr++) {
		for (d = 0; d < 4 && !is_command(nr); d++) {
			for (s = 0; s < 5; s++)
				ASSERT_ERR(zone_ioctl(node,
						      _IOC(directions[d],
							   CMM_IOC_MAGIC, nr,
							   sizes[s]), arg),
					   ENOTTY);
		}
	}
}

ZONE_TEST(unknown_ioctl_types_fail_with_enotty)
{
	static uint8_t arg[MAX_SIZE];
	unsigned int type;
	size_t c;

	for (type = 0; type < 256; type++) {
		/* The kernel has commands of these types for every file. */
		if (type == CMM_IOC_MAGIC || type == 'T' || type == 'f' ||
		    type == 'X' || type == 0)
			continue;
		for (c = 0; c < COMMANDS; c++)
			ASSERT_ERR(zone_ioctl(node,
					      _IOC(_IOC_READ | _IOC_WRITE, type,
						   _IOC_NR(commands[c].command),
						   commands[c].size), arg),
				   ENOTTY);
	}
}

/* Calls commands[which] as a program with another structure size does. */
static int call_sized(int node, size_t which, unsigned int direction,
		      size_t size, void *arg)
{
	unsigned int nr = _IOC_NR(commands[which].command);
	unsigned long command = _IOC(direction, CMM_IOC_MAGIC, nr, size);

	return zone_ioctl(node, command, arg);
}

ZONE_TEST(command_direction_bits_are_ignored)
{
	size_t d;

	for (d = 0; d < 4; d++) {
		struct cmm_info info = { 0 };

		ASSERT_OK(call_sized(node, 0, directions[d], sizeof(info),
				     &info));
		ASSERT_STREQ(info.name, ZONE);
	}
}

ZONE_TEST(longer_structure_with_nonzero_tail_fails_with_e2big)
{
	static uint8_t arg[MAX_SIZE];
	size_t c, tail;

	for (c = 0; c < COMMANDS; c++) {
		static const size_t places[] = { 0, 1, 7, 100 };
		size_t p;

		for (p = 0; p < 4; p++) {
			tail = commands[c].size + places[p];
			note("command %zu, byte %zu", c, tail);
			memset(arg, 0, sizeof(arg));
			arg[tail] = 1;
			ASSERT_ERR(call_sized(node, c, _IOC_WRITE, tail + 1,
					      arg), E2BIG);
			ASSERT_ERR(call_sized(node, c, _IOC_WRITE, MAX_SIZE,
					      arg), E2BIG);
		}
		memset(arg, 0, sizeof(arg));
		arg[MAX_SIZE - 1] = 0x80;
		ASSERT_ERR(call_sized(node, c, _IOC_WRITE, MAX_SIZE, arg),
			   E2BIG);
	}
}

ZONE_TEST(longer_structure_with_zero_tail_works)
{
	static uint8_t raw[MAX_SIZE];
	struct cmm_info *info = (void *)raw;
	struct cmm_alloc *alloc = (void *)raw;
	struct cmm_query *query = (void *)raw;
	int32_t fd = -1;

	ASSERT_OK(call_sized(node, 0, _IOC_READ, MAX_SIZE, raw));
	ASSERT_EQ(info->total, ZONE_SIZE);

	memset(raw, 0, sizeof(raw));
	alloc->len = 1;
	alloc->count = 1;
	alloc->fds = (uintptr_t)&fd;
	ASSERT_OK(call_sized(node, 1, _IOC_READ, sizeof(*alloc) + 8, raw));
	ASSERT_EQ(alloc->len, PAGE);
	ASSERT(fd >= 0);

	memset(raw, 0, sizeof(raw));
	query->fd = fd;
	ASSERT_OK(call_sized(node, 2, _IOC_READ, MAX_SIZE, raw));
	ASSERT_EQ(query->len, PAGE);
	close(fd);
}

ZONE_TEST(shorter_structure_is_filled_up_to_its_size)
{
	union {
		struct cmm_info info;
		struct cmm_query query;
		uint8_t raw[256];
	} arg;
	int fd = ASSERT_OK(zone_alloc(node, MIB, 0));

	memset(&arg, 0xa5, sizeof(arg));
	ASSERT_OK(call_sized(node, 0, _IOC_READ, 16, &arg));
	ASSERT_EQ(arg.info.total, ZONE_SIZE);
	ASSERT_EQ(arg.raw[16], 0xa5);

	memset(&arg, 0xa5, sizeof(arg));
	ASSERT_OK(call_sized(node, 0, _IOC_READ, 0, &arg));
	ASSERT_EQ(arg.raw[0], 0xa5);

	memset(&arg, 0xa5, sizeof(arg));
	arg.query.fd = fd;
	ASSERT_OK(call_sized(node, 2, _IOC_READ, 24, &arg));
	ASSERT_EQ(arg.query.len, MIB);
	ASSERT_EQ(arg.raw[24], 0xa5);
	close(fd);
}

ZONE_TEST(shorter_request_is_extended_with_zeroes)
{
	struct cmm_alloc req;
	int32_t fd = -1;

	/* As if flags and all later fields did not exist yet. */
	memset(&req, 0xff, sizeof(req));
	req.len = PAGE;
	req.align = 0;
	req.fds = (uintptr_t)&fd;
	req.count = 1;
	ASSERT_OK(call_sized(node, 1, _IOC_WRITE,
			     offsetof(struct cmm_alloc, flags), &req));
	ASSERT_EQ(req.flags, ~0U);
	ASSERT_EQ(fcntl(fd, F_GETFD), 0);
	close(fd);

	/* Too short: count is missing, or all fields are. */
	ASSERT_ERR(call_sized(node, 1, _IOC_WRITE, 16, &req), EINVAL);
	ASSERT_ERR(call_sized(node, 1, _IOC_WRITE, 0, &req), EINVAL);
	ASSERT_ERR(call_sized(node, 3, _IOC_WRITE, 0, &req), EINVAL);
	ASSERT_ERR(call_sized(node, 4, _IOC_WRITE, 0, &req), EINVAL);
}

/* The structure ends where readable and writable memory ends. */
ZONE_TEST(kernel_accesses_nothing_beyond_the_structure)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct cmm_info *info;

	ASSERT(pages != MAP_FAILED);
	ASSERT(!munmap(pages + PAGE, PAGE));
	info = (void *)(pages + PAGE - sizeof(*info));
	ASSERT_OK(zone_info(node, info));
	ASSERT_STREQ(info->name, ZONE);
	/* One byte further, the end of the structure is not accessible. */
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_INFO, (uint8_t *)info + 1), EFAULT);
	munmap(pages, PAGE);
}

ZONE_TEST(zone_command_on_a_buffer_fails_with_enotty)
{
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct cmm_info info;

	ASSERT_ERR(zone_ioctl(fd, CMM_IOC_INFO, &info), ENOTTY);
	close(fd);
}
