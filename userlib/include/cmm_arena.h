/* SPDX-License-Identifier: MIT */
/*
 * libcmm: many small allocations from few buffers, for NPUs and codecs.
 *
 * - A rule says how a vendor's runtime rounds and aligns allocations.
 * - Segments are parts of one block, with offsets that follow the rules.
 * - An arena allocates parts of its buffers while the program runs.
 * - A split divides a zone between several arenas.
 * - Tensors whose lifetimes do not overlap can use the same memory.
 *
 * <cmm.h> includes this file and describes the library's conventions. Rules, segments
 * and tensors are pure arithmetic: they need no zone.
 */
#ifndef CMM_ARENA_H
#define CMM_ARENA_H

#include <cmm.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* --- rules --- */

/**
 * struct cmm_rule - how to round and align an allocation
 * @round: the size is rounded up to a multiple of this many bytes; at least 1
 * @tail: bytes that are added after rounding; a device may access them
 * @align: alignment of the start in bytes; a power of two
 *
 * An allocation of len bytes has a size of ((len - 1) / @round + 1) * @round + @tail
 * bytes. Use cmm_rule_get(), or fill the members for other hardware.
 */
struct cmm_rule {
	size_t round;
	size_t tail;
	size_t align;
};

/**
 * cmm_rule_get() - the rule of a vendor's runtime
 * @name: one of the names below
 * @rule: filled on success
 *
 * Name, round, tail, align, and where the rule comes from:
 *
 * ascend-rt: 32, 32, 64. CANN, "Secondary Memory Allocation": aclrtMalloc(),
 * aclrtMallocAlign32(), aclrtMallocCached(), aclrtMallocHost().
 *
 * ascend-rt-1g: 32, 0, 64. What aclrtMalloc() itself allocates with huge pages of 1 GiB.
 * Blocks that you cut from such an allocation need ascend-rt: Ascend's documentation
 * demands the tail of 32 bytes for each of them.
 *
 * ascend-950: 32, 0, 64. Ascend 950 with CANN 9.1.0 or later.
 *
 * ascend-dvpp: 32, 32, 128. acldvppMalloc(), hi_mpi_dvpp_malloc(): media output that a
 * model reads.
 *
 * axera: 1, 0, 128. Inputs and outputs of AX_ENGINE have the size in the model, and
 * Axera's samples align them to 128.
 *
 * cvi: 16, 0, 64. The CV18xx compiler places weights and activations in units of 16
 * bytes. LDC needs 64; this also keeps two allocations out of one cache line.
 *
 * rknn: 128, 0, 128. A tensor has the size size_with_stride. Rockchip's samples flush
 * caches in units of 128 bytes.
 *
 * Errors: ENOENT there is no such rule.
 *
 * Return: 0, or -1.
 */
int cmm_rule_get(const char *name, struct cmm_rule *rule);

/* --- segments --- */

/**
 * cmm_segment_size() - the size of an allocation by a rule
 * @rule: a rule
 * @len: bytes that the caller needs, at least 1
 * @size: set to the size in bytes; see &struct cmm_rule
 *
 * Errors: EINVAL @len is 0, or the rule is invalid; EOVERFLOW the size does not fit
 * into a size_t.
 *
 * Return: 0, or -1.
 */
int cmm_segment_size(const struct cmm_rule *rule, size_t len, size_t *size);

/**
 * struct cmm_segment - a part of a block
 * @rule: the segment's rule
 * @len: bytes that the caller needs, at least 1
 * @size: set by cmm_segments_pack() to the size by the rule; at least @len
 * @offset: set by cmm_segments_pack() to the start, in bytes from the block's start
 */
struct cmm_segment {
	const struct cmm_rule *rule;
	size_t len;
	size_t size;
	size_t offset;
};

/* Alignment in bytes of segments with different rules, unless a rule needs more. */
#define CMM_MIXED_ALIGN		128

/**
 * cmm_segments_pack() - place segments one after the other in a block
 * @segments: array of @count segments with @rule and @len set
 * @count: at least 1
 * @base: address of the block, or 0 if it is sufficiently aligned
 * @total: set to the bytes that the block needs
 *
 * All segments start at multiples of one alignment. If all segments have the same rule,
 * this is the rule's alignment. If the rules differ, it is the largest alignment of the
 * rules, but at least CMM_MIXED_ALIGN. Ascend's documentation recommends the larger
 * alignment for a block that the CPU, the NPU and DVPP share.
 *
 * Errors: EINVAL @count or a length is 0, a rule is invalid, or @base does not have the
 * segments' alignment; EOVERFLOW @total does not fit into a size_t, or the end of the
 * block not into 64 bits. After an error, @size and @offset of the segments are
 * undefined.
 *
 * Return: 0, or -1.
 */
int cmm_segments_pack(struct cmm_segment *segments, size_t count, uint64_t base,
		      size_t *total);

/**
 * cmm_kv_size() - bytes of a key-value cache
 * @layers: layers of the model
 * @heads: key-value heads per layer
 * @head_dim: elements per head
 * @tokens: maximum length of the context in tokens
 * @bits: bits per element, for example 16, 8 or 4
 * @size: set to 2 * @layers * @heads * @head_dim * @tokens * @bits / 8, rounded up
 *
 * Errors: EINVAL a number is 0; EOVERFLOW the number of bits does not fit into 64 bits,
 * or @size not into a size_t.
 *
 * Return: 0, or -1.
 */
int cmm_kv_size(size_t layers, size_t heads, size_t head_dim, size_t tokens,
		size_t bits, size_t *size);

/* --- tensors --- */

/**
 * struct cmm_tensor - a tensor and the steps that use it
 * @len: bytes, at least 1
 * @first: the first step that writes or reads it
 * @last: the last step that does, at least @first
 * @offset: set by cmm_tensors_place(): bytes from the start of the block
 */
struct cmm_tensor {
	size_t len;
	unsigned int first;
	unsigned int last;
	size_t offset;
};

/**
 * cmm_tensors_place() - let tensors share memory whose lifetimes do not overlap
 * @rule: gives each tensor's size and alignment
 * @tensors: array of @count tensors; their offsets are set on success
 * @count: at least 1
 * @peak: set to the bytes that the block needs
 * @bound: set to the bytes that the fullest step needs, with the alignment of its
 *	tensors; no placement needs less than this; may be NULL
 *
 * Places large tensors first, each in the smallest gap that fits, like the "greedy by
 * size" planner of TensorFlow Lite. The same input always gives the same offsets. The
 * time is proportional to the square of @count.
 *
 * Models that run one after the other can share one block: number the steps of the
 * second model after those of the first. An input that several models read is one
 * tensor, from the first step of the first model to the last step of the last model.
 * Models that run at the same time need tensors with overlapping steps.
 *
 * Errors: EINVAL @count is 0, the rule is invalid, or a tensor has a @len of 0 or a
 * @last before @first; EOVERFLOW a size or the end of a tensor, rounded up to the
 * alignment, does not fit into a size_t; ENOMEM.
 *
 * Return: 0, or -1.
 */
int cmm_tensors_place(const struct cmm_rule *rule, struct cmm_tensor *tensors,
		      size_t count, size_t *peak, size_t *bound);

/* --- arenas --- */

/*
 * Any number of threads may use the arenas of a split at the same time: they share a
 * mutex, which is not held during system calls. An arena keeps its records outside the
 * buffers, so it also works if the CPU has no access to them. Its blocks do not move.
 */
struct cmm_arena;
struct cmm_split;

/**
 * struct cmm_block - an allocation of an arena
 * @buf: the arena's buffer that contains the block, for cmm_buf_sync_begin_range() and
 *	for devices. Several threads may do that with one buffer at the same time. Do not
 *	unmap or close it, because it may contain other blocks
 * @fd: the descriptor of @buf, which the arena owns
 * @offset: start of the block in bytes from the start of @buf
 * @len: bytes as requested
 * @size: bytes that belong to the block by the arena's rule; at least @len
 * @ptr: address of the block, or NULL if the zone is protected from the CPU. Writing to
 *	a block of a read-only view is a fault
 * @serial: the block's number in its arena, for cmm_arena_free(); 0 in a part of a
 *	reservation
 *
 * A new block may contain data of a freed block.
 */
struct cmm_block {
	struct cmm_buf *buf;
	int fd;
	size_t offset;
	size_t len;
	size_t size;
	void *ptr;
	uint64_t serial;
};

/**
 * struct cmm_arena_info - how full an arena is
 * @limit: maximum bytes of the arena's buffers
 * @size: bytes of its buffers now
 * @used: bytes in blocks, including rounding, tails and alignment
 * @peak: the highest value of @used so far
 * @free: @limit - @used
 * @largest_free: bytes of the largest free extent in the buffers
 * @idle: bytes of buffers without a block; cmm_arena_trim() frees them
 * @blocks: number of blocks
 *
 * Later versions may add members at the end.
 */
struct cmm_arena_info {
	uint64_t limit;
	uint64_t size;
	uint64_t used;
	uint64_t peak;
	uint64_t free;
	uint64_t largest_free;
	uint64_t idle;
	uint64_t blocks;
};

/**
 * cmm_arena_open() - create an arena on one buffer
 * @buf: a buffer, which stays open and mapped until the arena is closed; the caller
 *	still owns it
 * @rule: the rule of all blocks; its alignment is at most a page
 *
 * Maps the buffer.
 *
 * Errors: EINVAL the rule is invalid; ENOMEM; and those of cmm_buf_map() except
 * EOPNOTSUPP.
 *
 * Return: the arena, which the caller closes with cmm_arena_close(), or NULL.
 */
struct cmm_arena *cmm_arena_open(struct cmm_buf *buf,
				 const struct cmm_rule *rule);

/**
 * cmm_arena_close() - close an arena that cmm_arena_open() created
 * @arena: an arena, or NULL
 *
 * Its blocks become invalid. The buffer stays open and mapped. Preserves errno.
 */
void cmm_arena_close(struct cmm_arena *arena);

/**
 * cmm_arena_alloc() - allocate a block
 * @arena: an arena
 * @len: bytes, at least 1
 * @block: filled on success
 *
 * Uses the smallest free extent that fits. If there is none, an arena of a split
 * allocates another buffer. If its limit is near, the call closes idle buffers of this
 * arena only.
 *
 * If the zone lacks space or quota for the share's chunk, the call tries a smaller
 * buffer that holds the block. If that fails too, it closes the idle buffers of all
 * arenas of the split and tries once more. The function of cmm_zone_set_reclaim() is
 * the last resort; it gets the bytes that the block needs.
 *
 * The time is proportional to the number of blocks and free extents of the arena.
 *
 * Errors: EINVAL @len is 0; EOVERFLOW the size does not fit into a size_t; EFBIG larger
 * than the arena's limit; ENOSPC the arena has not enough free bytes; ENOBUFS it has,
 * but not contiguous; ENOMEM; and in a split those of cmm_buf_alloc() and
 * cmm_buf_map(). cmm_explain() says whether the arena or the zone was full.
 *
 * Return: 0, or -1.
 */
int cmm_arena_alloc(struct cmm_arena *arena, size_t len, struct cmm_block *block);

/**
 * cmm_arena_free() - free a block
 * @arena: the arena that allocated it
 * @block: the block
 *
 * End CPU and device accesses before that. A buffer without blocks stays allocated for
 * later blocks.
 *
 * Errors: EINVAL the arena has no such block; it may have been freed already, or it is a
 * part of a reservation.
 *
 * Return: 0, or -1.
 */
int cmm_arena_free(struct cmm_arena *arena, const struct cmm_block *block);

/**
 * cmm_arena_mark() - remember which blocks exist
 * @arena: an arena
 *
 * Errors: ENOMEM.
 *
 * Return: a mark for cmm_arena_release(), or 0.
 */
uint64_t cmm_arena_mark(struct cmm_arena *arena);

/**
 * cmm_arena_release() - free all blocks that are newer than a mark
 * @arena: an arena
 * @mark: as returned by cmm_arena_mark()
 *
 * Marks form a stack: this removes @mark and all newer marks. It also frees the newer
 * blocks of other threads.
 *
 * Errors: EINVAL there is no such mark; it may have been removed already.
 *
 * Return: 0, or -1.
 */
int cmm_arena_release(struct cmm_arena *arena, uint64_t mark);

/**
 * cmm_arena_trim() - close the idle buffers of an arena
 * @arena: an arena
 *
 * Has no effect on an arena that cmm_arena_open() created.
 *
 * Return: bytes that were freed.
 */
size_t cmm_arena_trim(struct cmm_arena *arena);

/**
 * cmm_arena_info_sized() - cmm_arena_info() for callers that cannot use inlines
 * @arena: an arena
 * @info: filled up to @size bytes; unknown members are zero
 * @size: sizeof(struct cmm_arena_info) as the caller knows it
 */
void cmm_arena_info_sized(struct cmm_arena *arena, struct cmm_arena_info *info,
			  size_t size);

/**
 * cmm_arena_info() - how full an arena is
 * @arena: an arena
 * @info: filled
 *
 * Makes no system call.
 */
static inline void cmm_arena_info(struct cmm_arena *arena,
				  struct cmm_arena_info *info)
{
	cmm_arena_info_sized(arena, info, sizeof(*info));
}

/* --- splits --- */

/**
 * struct cmm_share - one arena's share of a zone
 * @rule: the rule of all blocks; its alignment is at most a page
 * @limit: maximum bytes of the arena's buffers, a multiple of the page size; or 0 for
 *	an equal part of what the other limits leave
 * @chunk: bytes of each buffer that the arena allocates, rounded up to whole pages,
 *	unless a block needs more, or the limit or the zone allows less; 0 for @limit
 * @flags: for cmm_buf_alloc()
 * @name: the label of the buffers, or NULL; see cmm_buf_alloc()
 */
struct cmm_share {
	const struct cmm_rule *rule;
	size_t limit;
	size_t chunk;
	unsigned int flags;
	const char *name;
};

/**
 * cmm_split_open() - divide a zone between arenas
 * @zone: the zone
 * @shares: array of @count shares
 * @count: at least 1
 *
 * The arenas allocate buffers when they need them, and keep them for later blocks. The
 * limits reserve nothing: other programs and other splits may use the zone too.
 *
 * Memory that is not a zone's has no known size. There, all shares need a limit, and
 * their sum is not checked.
 *
 * Errors: EINVAL @count is 0, a rule or flags are invalid, a name is too long, a limit
 * is not a multiple of the page size, or nothing is left for a limit of 0; EOPNOTSUPP a
 * limit is 0 and @zone is a dma-heap or udmabuf; ENOSPC the sum of the limits is larger
 * than the zone; ENODEV the zone's device has been unbound; ENOMEM. Invalid characters in
 * a name make cmm_arena_alloc() fail with EINVAL.
 *
 * Return: the split, which the caller closes with cmm_split_close(), or NULL.
 */
struct cmm_split *cmm_split_open(struct cmm_zone *zone,
				 const struct cmm_share *shares,
				 unsigned int count);

/**
 * cmm_split_close() - close the arenas of a split and their buffers
 * @split: a split, or NULL
 *
 * Their blocks become invalid. Preserves errno.
 */
void cmm_split_close(struct cmm_split *split);

/**
 * cmm_split_arena() - an arena of a split
 * @split: a split
 * @index: the position of its share in the array
 *
 * Errors: EINVAL there is no such arena.
 *
 * Return: the arena, which the split owns, or NULL.
 */
struct cmm_arena *cmm_split_arena(struct cmm_split *split, unsigned int index);

/**
 * cmm_split_move() - move a part of one arena's limit to another arena
 * @split: a split
 * @from: index of the arena whose limit becomes lower
 * @to: index of the arena whose limit becomes higher
 * @bytes: a multiple of the page size
 *
 * Closes idle buffers of the first arena, as few as needed, if its buffers exceed the
 * new limit. A call that fails has no effect.
 *
 * Errors: EINVAL there is no such arena, or @bytes is not a multiple of the page size
 * or larger than the limit; EBUSY blocks of the first arena are in the way.
 *
 * Return: 0, or -1.
 */
int cmm_split_move(struct cmm_split *split, unsigned int from, unsigned int to,
		   size_t bytes);

/* --- reservations --- */

/**
 * struct cmm_reserve - a block that fills up from its start
 * @block: the reserved block; @block.len is the maximum
 * @used: bytes in use, from the start of the block
 *
 * For data that grows up to a known maximum, such as a key-value cache. All memory is
 * allocated at the start, so growing cannot fail before the maximum. Only one thread
 * at a time may use a reservation.
 */
struct cmm_reserve {
	struct cmm_block block;
	size_t used;
};

/**
 * cmm_reserve_open() - allocate a reservation
 * @arena: an arena
 * @max: the maximum in bytes, at least 1
 * @reserve: filled on success, with nothing in use
 *
 * Errors: as cmm_arena_alloc().
 *
 * Return: 0, or -1. Free it with cmm_arena_free() of its block.
 */
int cmm_reserve_open(struct cmm_arena *arena, size_t max,
		     struct cmm_reserve *reserve);

/**
 * cmm_reserve_grow() - use the next bytes of a reservation
 * @reserve: a reservation
 * @len: bytes, at least 1
 * @part: set to the new part, which directly follows the part before; may be NULL.
 *	Do not free it.
 *
 * Errors: EINVAL @len is 0; ENOSPC more than the maximum.
 *
 * Return: 0, or -1.
 */
int cmm_reserve_grow(struct cmm_reserve *reserve, size_t len,
		     struct cmm_block *part);

/**
 * cmm_reserve_shrink() - stop using the last bytes of a reservation
 * @reserve: a reservation
 * @used: bytes that stay in use, at most the number now
 *
 * Errors: EINVAL @used is too large.
 *
 * Return: 0, or -1.
 */
int cmm_reserve_shrink(struct cmm_reserve *reserve, size_t used);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* CMM_ARENA_H */
