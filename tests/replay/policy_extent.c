// SPDX-License-Identifier: MIT
/*
 * The driver's extents as two policies. "CMM" allocates as the driver does: it prefers
 * addresses at which large buffers can be mapped with PMD blocks. "first fit" does not.
 */
#include "policy.h"

#define PMD_SIZE	(2ULL << 20)

static struct cmm_extents extents;
static struct cmm_range range;

static void extents_begin(u64 zone)
{
	cmm_extents_init(&extents);
	cmm_extents_add_range(&extents, &range, 0, zone);
}

static bool first_fit_take(struct buffer *buffer)
{
	return !cmm_extents_insert(&extents, &buffer->extent, buffer->size, PAGE);
}

/* As in driver/zone.c. The Makefile reads CMM_BLOCK_ALIGN_FROM there. */
static bool driver_take(struct buffer *buffer)
{
	if (buffer->size >= CMM_BLOCK_ALIGN_FROM &&
	    !cmm_extents_insert(&extents, &buffer->extent, buffer->size, PMD_SIZE))
		return true;
	return first_fit_take(buffer);
}

static void extents_give(struct buffer *buffer)
{
	cmm_extents_remove(&extents, &buffer->extent);
}

const struct policy driver = { "CMM", extents_begin, driver_take, extents_give };
const struct policy first_fit = {
	"first fit", extents_begin, first_fit_take, extents_give
};
