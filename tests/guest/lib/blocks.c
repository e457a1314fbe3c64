// SPDX-License-Identifier: MIT
/* Mappings at chosen addresses: see blocks.h. */
#include "blocks.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

bool has_blocks(void)
{
	struct utsname name;
	int major, minor;

	ASSERT(!uname(&name));
	if (sscanf(name.release, "%d.%d", &major, &minor) != 2)
		FAIL("what is %s?", name.release);
	if (!strcmp(name.machine, "riscv64"))
		return major * 100 + minor >= 702;
	return major * 100 + minor >= 612;
}

uint8_t *blocks_map(int node, int fd, size_t len, off_t offset, size_t shift,
		    int prot)
{
	uintptr_t wanted = (buffer_phys(node, fd) + offset + shift) % BLOCK;
	uint8_t *room = mmap(NULL, len + BLOCK, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *at, *p;

	ASSERT(room != MAP_FAILED);
	at = room + (wanted - (uintptr_t)room) % BLOCK;
	p = mmap(at, len, prot, MAP_SHARED | MAP_FIXED, fd, offset);
	ASSERT(p == at);
	if (at != room)
		ASSERT(!munmap(room, at - room));
	ASSERT(!munmap(at + len, room + BLOCK - at));
	return p;
}

struct buffer blocks_alloc(int node, size_t len, uint64_t seed)
{
	struct buffer buffer = {
		.fd = ASSERT_OK(zone_alloc_named(node, len, BLOCK, "blocks")),
		.len = len,
	};

	buffer.at = blocks_map(node, buffer.fd, len, 0, 0,
			       PROT_READ | PROT_WRITE);
	buffer_fill(&buffer, seed);
	return buffer;
}
