// SPDX-License-Identifier: MIT
/*
 * Finds the buffer at an address, or the last one there.
 */
#include <assert.h>
#include <errno.h>

#include <linux/cmm.h>

#include "internal.h"

static_assert(CMM_WHOSE_LIVE == CMM_WHOIS_LIVE, "states are passed on");
static_assert(CMM_WHOSE_MAPPED == CMM_WHOIS_MAPPED, "states are passed on");

static unsigned int access_of(const struct cmm_whois *answer)
{
	return (answer->access & CMM_DEV_MAP_READ ? CMM_DMA_READ : 0) |
	       (answer->access & CMM_DEV_MAP_WRITE ? CMM_DMA_WRITE : 0);
}

static int ask(const struct cmm_zone *zone, struct cmm_whois *question,
	       struct cmm_whose *whose, size_t size)
{
	struct cmm_whose known = { 0 };

	if (cmm_zone_call(zone, CMM_IOC_WHOIS, question))
		return -1;

	known.id = question->id;
	known.len = question->len;
	known.offset = question->offset;
	known.now_ns = question->now_ns;
	known.born_ns = question->born_ns;
	known.freed_ns = question->freed_ns;
	known.unmapped_ns = question->unmapped_ns;
	known.state = question->state;
	known.access = access_of(question);
	known.uid = question->uid;
	known.pid = question->pid;
	memcpy(known.comm, question->comm, sizeof(known.comm));
	memcpy(known.name, question->name, sizeof(known.name));
	copy_sized(whose, size, &known, sizeof(known));
	return 0;
}

int cmm_zone_whois_iova_sized(const struct cmm_zone *zone, const char *device,
			      uint64_t iova, struct cmm_whose *whose,
			      size_t size)
{
	struct cmm_whois question = { .addr = iova };

	/* Copy only the significant part of the name. */
	memcpy(question.device, device,
	       strnlen(device, sizeof(question.device) - 1));
	return ask(zone, &question, whose, size);
}

int cmm_zone_whois_phys_sized(const struct cmm_zone *zone, uint64_t phys,
			      struct cmm_whose *whose, size_t size)
{
	struct cmm_whois question = { .addr = phys, .flags = CMM_WHOIS_PHYS };

	return ask(zone, &question, whose, size);
}
