// SPDX-License-Identifier: MIT
/*
 * The pool: charging, placing and the owner together. A request succeeds as a whole,
 * or changes nothing and is counted for one reason.
 *
 * The last test runs random calls of several users against a model that knows only
 * the user of each page. See random.h for the settings.
 */
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "pool.h"
#include "random.h"

#define PAGE		4096ULL
#define MIB		0x100000ULL
#define BASE		0x50000000ULL
#define ALICE		1000
#define BOB		1001
#define MAX_COUNT	4
#define MAX_LIVE	64

bool out_of_memory, has_cap_sys_resource;
int init_user_ns;

static struct cmm_pool pool;

/* An allocation and the account that it is charged to. */
struct piece {
	struct cmm_allocation allocation;
	struct cmm_account *account;
};

static void begin(u64 size, u64 quota, bool exclusive)
{
	has_cap_sys_resource = false;
	out_of_memory = false;
	memset(&pool, 0, sizeof(pool));
	ASSERT(!cmm_pool_init(&pool, BASE, size, quota, exclusive));
}

static struct cmm_usage usage_now(void)
{
	struct cmm_usage usage;

	cmm_pool_usage(&pool, &usage);
	return usage;
}

static struct cmm_stats stats_now(void)
{
	struct cmm_stats stats;

	cmm_pool_stats(&pool, &stats);
	return stats;
}

/* Nothing is allocated or charged any more. */
static void end(void)
{
	ASSERT(usage_now().used == 0 && usage_now().buffers == 0);
	ASSERT(!cmm_pool_charged(&pool, KUIDT_INIT(ALICE)));
	ASSERT(!cmm_pool_charged(&pool, KUIDT_INIT(BOB)));
	cmm_pool_destroy(&pool);
}

static struct cmm_usage shortage;

static int alloc_each(struct piece **pieces, unsigned int uid,
		      unsigned int count, u64 size, u64 align)
{
	const struct cmm_request request = {
		.count = count, .size = size, .align = align,
		.uid = KUIDT_INIT(uid),
	};
	struct cmm_allocation *allocations[MAX_COUNT];
	struct cmm_account *account;
	unsigned int i;

	for (i = 0; i < count; i++)
		allocations[i] = &pieces[i]->allocation;
	account = cmm_pool_alloc(&pool, allocations, &request, &shortage);
	if (IS_ERR(account))
		return PTR_ERR(account);
	for (i = 0; i < count; i++)
		pieces[i]->account = account;
	return 0;
}

static int alloc_aligned(struct piece *pieces, unsigned int uid,
			 unsigned int count, u64 size, u64 align)
{
	struct piece *each[MAX_COUNT];
	unsigned int i;

	for (i = 0; i < count; i++)
		each[i] = &pieces[i];
	return alloc_each(each, uid, count, size, align);
}

static int alloc(struct piece *pieces, unsigned int uid, unsigned int count,
		 u64 size)
{
	return alloc_aligned(pieces, uid, count, size, PAGE);
}

static void free_one(struct piece *piece)
{
	struct cmm_account *empty;

	spin_lock(&pool.lock);
	empty = cmm_pool_free(&pool, &piece->allocation, piece->account);
	spin_unlock(&pool.lock);
	free(empty);
}

static u64 offset_of(const struct piece *piece)
{
	return piece->allocation.extent.start - BASE;
}

/* --- refusals --- */

TEST(each_refusal_has_one_reason_and_changes_nothing)
{
	struct piece pieces[MAX_COUNT], more[MAX_COUNT];
	struct cmm_stats stats;

	begin(4 * MIB, 3 * MIB, false);
	ASSERT(alloc(pieces, ALICE, 1, 4 * MIB + PAGE) == -EFBIG);
	ASSERT(alloc(pieces, ALICE, 1, 4 * MIB) == -EDQUOT);
	ASSERT(!alloc(pieces, ALICE, 3, MIB));
	ASSERT(alloc(more, ALICE, 1, PAGE) == -EDQUOT);
	ASSERT(alloc(more, BOB, 2, MIB) == -ENOSPC);
	ASSERT(shortage.free == MIB && shortage.largest_free == MIB);
	free_one(&pieces[0]);
	ASSERT(alloc(more, BOB, 1, 2 * MIB) == -ENOBUFS);
	ASSERT(shortage.free == 2 * MIB && shortage.largest_free == MIB);
	out_of_memory = true;
	ASSERT(alloc(more, BOB, 1, PAGE) == -ENOMEM);
	out_of_memory = false;

	stats = stats_now();
	ASSERT(stats.too_large == 1 && stats.over_quota == 2);
	ASSERT(stats.full == 1 && stats.fragmented == 1 && !stats.other_owner);
	ASSERT(cmm_pool_charged(&pool, KUIDT_INIT(ALICE)) == 2 * MIB);
	ASSERT(!cmm_pool_charged(&pool, KUIDT_INIT(BOB)));
	ASSERT(usage_now().used == 2 * MIB && usage_now().peak == 3 * MIB);
	ASSERT(usage_now().buffers == 2);
	free_one(&pieces[1]);
	free_one(&pieces[2]);
	end();
}

/* Some of the extents fit. Those are given back with the charge. */
TEST(request_that_fits_in_part_is_undone)
{
	struct piece pieces[MAX_COUNT], more[MAX_COUNT];

	begin(4 * MIB, 0, false);
	ASSERT(!alloc(pieces, ALICE, 1, MIB + PAGE));
	ASSERT(alloc_aligned(more, ALICE, 3, MIB - PAGE, 2 * MIB) == -ENOBUFS);
	ASSERT(usage_now().used == MIB + PAGE && usage_now().buffers == 1);
	ASSERT(cmm_pool_charged(&pool, KUIDT_INIT(ALICE)) == MIB + PAGE);
	ASSERT(!alloc(more, BOB, 1, 3 * MIB - PAGE));
	free_one(&pieces[0]);
	free_one(&more[0]);
	end();
}

TEST(quota_is_given_back_with_the_memory)
{
	struct piece pieces[MAX_COUNT];

	begin(4 * MIB, MIB, false);
	ASSERT(!alloc(pieces, ALICE, 4, MIB / 4));
	ASSERT(alloc(&pieces[0], ALICE, 1, PAGE) == -EDQUOT);
	free_one(&pieces[1]);
	ASSERT(!alloc(&pieces[1], ALICE, 1, MIB / 4));
	cmm_pool_set_quota(&pool, PAGE);
	ASSERT(alloc(&pieces[0], BOB, 1, 2 * PAGE) == -EDQUOT);
	/* Existing memory stays above the limit. */
	ASSERT(cmm_pool_charged(&pool, KUIDT_INIT(ALICE)) == MIB);
	while (usage_now().buffers)
		free_one(&pieces[usage_now().buffers - 1]);
	end();
}

TEST(privileged_user_is_charged_without_a_limit)
{
	struct piece piece;

	begin(4 * MIB, PAGE, false);
	has_cap_sys_resource = true;
	ASSERT(!alloc(&piece, ALICE, 1, 2 * MIB));
	ASSERT(cmm_pool_charged(&pool, KUIDT_INIT(ALICE)) == 2 * MIB);
	has_cap_sys_resource = false;
	free_one(&piece);
	end();
}

/* --- the owner --- */

TEST(first_user_owns_an_exclusive_pool)
{
	struct piece piece, other;
	int i;

	begin(4 * MIB, 0, true);
	for (i = 0; i < 2; i++) {
		ASSERT(!alloc(&piece, ALICE, 1, MIB));
		ASSERT(alloc(&other, BOB, 1, PAGE) == -EBUSY);
		free_one(&piece);
		ASSERT(alloc(&other, BOB, 1, PAGE) == -EBUSY);
		ASSERT(alloc(&other, BOB, 1, 5 * MIB) == -EFBIG);
	}
	/* Privileges do not help: the memory has the owner's data. */
	has_cap_sys_resource = true;
	ASSERT(alloc(&other, 0, 1, PAGE) == -EBUSY);
	ASSERT(stats_now().other_owner == 5 && stats_now().too_large == 2);
	end();
}

TEST(pool_that_is_not_exclusive_has_no_owner)
{
	struct piece piece, other;

	begin(4 * MIB, 0, false);
	ASSERT(!alloc(&piece, ALICE, 1, MIB));
	ASSERT(!alloc(&other, BOB, 1, MIB));
	free_one(&piece);
	free_one(&other);
	end();
}

TEST(failed_request_makes_no_owner)
{
	struct piece pieces[MAX_COUNT];

	begin(4 * MIB, 3 * MIB, true);
	ASSERT(alloc(pieces, ALICE, 1, 5 * MIB) == -EFBIG);
	ASSERT(alloc(pieces, ALICE, 1, 4 * MIB) == -EDQUOT);
	ASSERT(alloc_aligned(pieces, ALICE, 3, PAGE, 2 * MIB) == -ENOBUFS);
	has_cap_sys_resource = true;
	ASSERT(alloc(pieces, ALICE, 2, 3 * MIB) == -ENOSPC);
	has_cap_sys_resource = false;
	out_of_memory = true;
	ASSERT(alloc(pieces, ALICE, 1, PAGE) == -ENOMEM);
	out_of_memory = false;
	ASSERT(!alloc(pieces, BOB, 1, MIB));
	ASSERT(alloc(&pieces[1], ALICE, 1, PAGE) == -EBUSY);
	free_one(pieces);
	end();
}

/* --- placement --- */

TEST(large_extents_are_aligned_to_blocks_if_possible)
{
	struct piece small, large, more;

	begin(18 * MIB, 0, false);
	ASSERT(!alloc(&small, ALICE, 1, PAGE));
	ASSERT(!alloc(&large, ALICE, 1, 8 * MIB));
	ASSERT(offset_of(&small) == 0 && offset_of(&large) == 2 * MIB);
	/* No aligned hole is left for it, but a hole. */
	ASSERT(!alloc(&more, ALICE, 1, 8 * MIB));
	ASSERT(offset_of(&more) == 10 * MIB);
	free_one(&more);
	free_one(&large);
	ASSERT(!alloc(&more, ALICE, 1, 18 * MIB - PAGE));
	ASSERT(offset_of(&more) == PAGE);
	free_one(&small);
	free_one(&more);
	end();
}

TEST(address_finds_its_allocation)
{
	struct piece pieces[2];

	begin(4 * MIB, 0, false);
	ASSERT(!alloc(pieces, ALICE, 2, MIB));
	spin_lock(&pool.lock);
	ASSERT(cmm_pool_find(&pool, BASE) == &pieces[0].allocation);
	ASSERT(cmm_pool_find(&pool, BASE + 2 * MIB - 1) == &pieces[1].allocation);
	ASSERT(!cmm_pool_find(&pool, BASE + 2 * MIB));
	ASSERT(!cmm_pool_find(&pool, BASE - 1));
	spin_unlock(&pool.lock);
	free_one(&pieces[0]);
	free_one(&pieces[1]);
	end();
}

/* --- the scrubber --- */

/* Clears all that it finds, as the scrubber's thread does. */
static void scrub_all(void)
{
	struct cmm_chunk granule, hole;
	u64 cursor = 0;
	bool more;

	do {
		more = cmm_pool_scrub_begin(&pool, &cursor, &granule);
		if (!granule.size)
			continue;
		hole = (struct cmm_chunk){ .offset = granule.offset };
		while (cmm_pool_scrub_next(&pool, &hole))
			ASSERT(hole.size);
		cmm_pool_scrub_end(&pool);
	} while (more);
}

TEST(scrubbed_memory_is_allocated_clean)
{
	struct piece piece;

	begin(4 * MIB, 0, false);
	ASSERT(!alloc(&piece, ALICE, 1, MIB));
	ASSERT(!piece.allocation.clean);
	free_one(&piece);
	cmm_pool_scrub_enable(&pool, true);
	scrub_all();
	ASSERT(usage_now().clean == 4 * MIB && !pool.scrub.pending);
	ASSERT(!alloc(&piece, ALICE, 1, MIB));
	ASSERT(piece.allocation.clean && usage_now().clean == 3 * MIB);
	free_one(&piece);
	ASSERT(usage_now().clean == 3 * MIB && pool.scrub.pending);
	cmm_pool_reset(&pool);
	ASSERT(!usage_now().clean);
	end();
}

/* Allocated or freed while the scrubber works on the granule. */
static void granule_is_lost_by(bool freed)
{
	struct cmm_chunk granule, hole = {};
	struct piece piece;
	u64 cursor = 0;

	begin(4 * MIB, 0, false);
	cmm_pool_scrub_enable(&pool, true);
	if (freed)
		ASSERT(!alloc(&piece, ALICE, 1, PAGE));
	cmm_pool_scrub_begin(&pool, &cursor, &granule);
	ASSERT(granule.size == CMM_GRANULE && !granule.offset);
	ASSERT(cmm_pool_scrub_next(&pool, &hole));
	if (freed)
		free_one(&piece);
	else
		ASSERT(!alloc(&piece, ALICE, 1, PAGE));
	ASSERT(pool.scrub.lost && !cmm_pool_scrub_next(&pool, &hole));
	if (!freed)
		ASSERT(cmm_pool_is_scrubbing(&pool, &piece.allocation));
	cmm_pool_scrub_end(&pool);
	ASSERT(!usage_now().clean && pool.scrub.pending);
	if (!freed) {
		ASSERT(!cmm_pool_is_scrubbing(&pool, &piece.allocation));
		free_one(&piece);
	}
	end();
}

TEST(granule_is_lost_if_its_memory_changes)
{
	granule_is_lost_by(false);
	granule_is_lost_by(true);
}

TEST(disabled_scrubber_finds_nothing)
{
	begin(4 * MIB, 0, false);
	cmm_pool_scrub_enable(&pool, true);
	cmm_pool_scrub_enable(&pool, false);
	scrub_all();
	ASSERT(!usage_now().clean);
	end();
}

TEST(free_wakes_the_scrubber_once)
{
	struct piece pieces[2];
	unsigned int wakeups;

	begin(4 * MIB, 0, false);
	cmm_pool_scrub_enable(&pool, true);
	ASSERT(!alloc(pieces, ALICE, 2, MIB));
	scrub_all();
	wakeups = pool.scrub.wake.wakeups;
	free_one(&pieces[0]);
	free_one(&pieces[1]);
	ASSERT(pool.scrub.wake.wakeups == wakeups + 1);
	end();
}

/* --- all together --- */

#define PAGES	256
#define USERS	3

/* The user of each page, or 0; and the bytes and limit of each user. */
static unsigned int user_of[PAGES];
static u64 charged[USERS + 1], quota, peak;
static struct piece pieces_of_all[MAX_LIVE], *live[MAX_LIVE];
static unsigned int live_count;

static u64 model_free(void)
{
	u64 pages = 0, i;

	for (i = 0; i < PAGES; i++)
		pages += !user_of[i];
	return pages * PAGE;
}

/* Whether that many extents fit, each at the lowest aligned address. */
static bool model_fits(unsigned int count, u64 pages, u64 align)
{
	u64 at = 0, run;

	while (count && at + pages <= PAGES) {
		for (run = 0; run < pages && !user_of[at + run]; run++)
			;
		if (run == pages) {
			count--;
			at += pages;
		} else {
			at++;
		}
		at = (at + align - 1) / align * align;
	}
	return !count;
}

static int model_verdict(unsigned int uid, unsigned int count, u64 pages,
			 u64 align, unsigned int owner)
{
	u64 size = count * pages * PAGE;

	if (pages > PAGES)
		return -EFBIG;
	if (owner && owner != uid)
		return -EBUSY;
	if (quota && charged[uid] + size > quota)
		return -EDQUOT;
	if (size > model_free())
		return -ENOSPC;
	return model_fits(count, pages, align) ? 0 : -ENOBUFS;
}

static void model_set(const struct piece *piece, unsigned int uid)
{
	u64 first = offset_of(piece) / PAGE;
	u64 pages = piece->allocation.extent.size / PAGE, i;

	for (i = first; i < first + pages; i++) {
		ASSERT(!user_of[i] != !uid);
		user_of[i] = uid;
	}
}

static void random_alloc(unsigned int *owner, bool exclusive)
{
	unsigned int uid = 1 + random_number(USERS);
	unsigned int count = 1 + random_number(MAX_COUNT), i;
	u64 pages = 1 + random_number(random_number(8) ? 24 : PAGES + 8);
	u64 align = 1 << random_number(5);
	int expected, ret;

	if (live_count + count > MAX_LIVE)
		return;
	expected = model_verdict(uid, count, pages, align, *owner);
	ret = alloc_each(&live[live_count], uid, count, pages * PAGE,
			 align * PAGE);
	ASSERT(ret == expected);
	if (ret) {
		ASSERT(shortage.free == model_free());
		return;
	}
	for (i = 0; i < count; i++) {
		ASSERT(offset_of(live[live_count]) % (align * PAGE) == 0);
		model_set(live[live_count++], uid);
	}
	charged[uid] += count * pages * PAGE;
	peak = max(peak, PAGES * PAGE - model_free());
	if (exclusive)
		*owner = uid;
}

static void random_free(void)
{
	unsigned int i = random_number(live_count);
	struct piece *piece = live[i];

	model_set(piece, 0);
	charged[piece->account->uid.val] -= piece->allocation.extent.size;
	free_one(piece);
	/* The first live_count entries are in use. */
	live[i] = live[--live_count];
	live[live_count] = piece;
}

static void run_rounds(unsigned long rounds, bool exclusive)
{
	unsigned int owner = 0, uid, i;

	begin(PAGES * PAGE, 0, exclusive);
	memset(user_of, 0, sizeof(user_of));
	memset(charged, 0, sizeof(charged));
	live_count = 0;
	quota = 0;
	peak = 0;
	for (i = 0; i < MAX_LIVE; i++)
		live[i] = &pieces_of_all[i];
	for (; rounds; rounds--) {
		if (!random_number(50)) {
			quota = random_number(2) ? 0 : random_number(PAGES) * PAGE;
			cmm_pool_set_quota(&pool, quota);
		}
		if (random_number(2))
			random_alloc(&owner, exclusive);
		else if (live_count)
			random_free();
		for (uid = 1; uid <= USERS; uid++)
			ASSERT(cmm_pool_charged(&pool, KUIDT_INIT(uid)) ==
			       charged[uid]);
		ASSERT(usage_now().free == model_free());
		ASSERT(usage_now().peak == peak);
		ASSERT(usage_now().buffers == live_count);
	}
	while (live_count)
		random_free();
	end();
}

TEST_LIMIT(random_calls_agree_with_a_model, 600)
{
	unsigned long rounds = random_begin(20000);

	run_rounds(rounds, false);
	run_rounds(rounds, true);
}
