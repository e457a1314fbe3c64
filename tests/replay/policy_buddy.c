// SPDX-License-Identifier: MIT
/*
 * The binary buddy policy. A buffer takes a block whose size is a power of two of pages
 * and whose address is a multiple of its size. Two free halves of a block merge. Of the
 * smallest blocks that are large enough, the lowest is used. A zone whose size is not a
 * power of two starts as the smallest number of blocks.
 */
#include "policy.h"

#define MAX_BLOCKS	65536

static struct block {
	u64 start;
	u64 size;
} blocks[MAX_BLOCKS];		/* the free ones, in no order */

static unsigned int block_count;

static void buddy_begin(u64 zone)
{
	u64 start = 0, size;

	block_count = 0;
	for (size = 1ULL << 63; size >= PAGE; size >>= 1) {
		if (!(zone & size))
			continue;
		blocks[block_count++] = (struct block) { start, size };
		start += size;
	}
}

static u64 block_size(const struct buffer *buffer)
{
	u64 size = PAGE;

	while (size < buffer->size)
		size <<= 1;
	return size;
}

static bool is_better(const struct block *block, const struct block *best)
{
	return !best || block->size < best->size ||
	       (block->size == best->size && block->start < best->start);
}

static bool buddy_take(struct buffer *buffer)
{
	const u64 size = block_size(buffer);
	struct block *best = NULL, *block;

	for (block = blocks; block < blocks + block_count; block++)
		if (block->size >= size && is_better(block, best))
			best = block;
	if (!best)
		return false;

	/* Its upper halves stay free. */
	buffer->start = best->start;
	while (best->size > size) {
		best->size /= 2;
		blocks[block_count++] = (struct block) {
			best->start + best->size, best->size
		};
	}
	*best = blocks[--block_count];
	return true;
}

static void buddy_give(struct buffer *buffer)
{
	struct block free = { buffer->start, block_size(buffer) };
	unsigned int i = 0;

	while (i < block_count) {
		if (blocks[i].size != free.size ||
		    blocks[i].start != (free.start ^ free.size)) {
			i++;
			continue;
		}
		blocks[i] = blocks[--block_count];
		free.start &= ~free.size;
		free.size *= 2;
		i = 0;
	}
	blocks[block_count++] = free;
}

const struct policy buddy = { "buddy", buddy_begin, buddy_take, buddy_give };
