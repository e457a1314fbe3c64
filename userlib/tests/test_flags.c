// SPDX-License-Identifier: MIT
/*
 * Each call accepts its own flags and rejects every other bit before it calls the
 * kernel.
 */
#include <errno.h>
#include <unistd.h>

#include <cmm.h>

#include "harness.h"
#include "fake.h"

static struct cmm_zone *zone;
static struct cmm_buf *buf;

static void open_buf(void)
{
	zone = cmm_zone_open("media");
	buf = cmm_buf_alloc(zone, 1, 0, 0, NULL);
	ASSERT(buf);
}

static void close_buf(void)
{
	cmm_buf_close(buf);
	cmm_zone_close(zone);
}

/* --- wrappers of the calls, whose only argument is the flags --- */

static int try_alloc(unsigned int flags)
{
	struct cmm_buf *other = cmm_buf_alloc(zone, 1, 0, flags, NULL);

	cmm_buf_close(other);
	return other ? 0 : -1;
}

static int try_alloc_array(unsigned int flags)
{
	struct cmm_buf *others[2];
	int ret = cmm_buf_alloc_array(zone, 1, 0, flags, NULL, others, 2);

	cmm_buf_close(others[0]);
	cmm_buf_close(others[1]);
	return ret;
}

static int try_map(unsigned int flags)
{
	return cmm_buf_map_flags(buf, flags) ? 0 : -1;
}

static int try_view(unsigned int flags)
{
	struct cmm_buf *view = cmm_buf_view(buf, 0, FAKE_PAGE, flags);

	cmm_buf_close(view);
	return view ? 0 : -1;
}

static int try_begin(unsigned int access)
{
	return cmm_buf_sync_begin(buf, access);
}

static int try_end(unsigned int access)
{
	return cmm_buf_sync_end(buf, access);
}

static int try_begin_range(unsigned int access)
{
	return cmm_buf_sync_begin_range(buf, 0, 1, access);
}

static int try_end_range(unsigned int access)
{
	return cmm_buf_sync_end_range(buf, 0, 1, access);
}

static int try_map_device(unsigned int access)
{
	struct cmm_device_map map;

	return cmm_buf_map_device(buf, "npu", access, &map);
}

/* --- the tests --- */

/* @call accepts any combination of the flags in @own, and no other bit. */
static void takes_only(int (*call)(unsigned int flags), unsigned int own)
{
	unsigned int bit, calls;

	ASSERT(!call(own));
	for (bit = 1; bit; bit <<= 1) {
		if (own & bit) {
			ASSERT(!call(bit));
			continue;
		}
		calls = fake.calls;
		ASSERT_ERRNO(call(bit) == -1, EINVAL);
		ASSERT_ERRNO(call(own | bit) == -1, EINVAL);
		ASSERT(fake.calls == calls);
	}
}

TEST(calls_have_no_flag_in_common)
{
	static const unsigned int sets[] = {
		CMM_ALLOC_WC, CMM_MAP_PREFAULT, CMM_VIEW_WRITABLE | CMM_VIEW_PERMANENT,
		CMM_CPU_READ | CMM_CPU_WRITE, CMM_DMA_READ | CMM_DMA_WRITE,
	};
	unsigned int taken = CMM_BUF_FLAGS | CMM_SYNC_RW | CMM_SYNC_END |
			     CMM_VIEW_WRITE | CMM_VIEW_SEAL | CMM_DEV_MAP_RW |
			     CMM_WHOIS_PHYS;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		ASSERT(!(taken & sets[i]));
		taken |= sets[i];
	}
}

/* A view cannot be writable and permanent. */
TEST(view_takes_one_of_its_flags)
{
	unsigned int bit, calls;

	open_buf();
	ASSERT(!try_view(0) && !try_view(CMM_VIEW_WRITABLE));
	ASSERT(!try_view(CMM_VIEW_PERMANENT));
	ASSERT_ERRNO(try_view(CMM_VIEW_WRITABLE | CMM_VIEW_PERMANENT) == -1,
		     EINVAL);
	calls = fake.calls;
	for (bit = 1; bit; bit <<= 1)
		if (!(bit & (CMM_VIEW_WRITABLE | CMM_VIEW_PERMANENT)))
			ASSERT_ERRNO(try_view(bit) == -1, EINVAL);
	ASSERT(fake.calls == calls);
	close_buf();
}

TEST(flags_of_other_calls_are_refused)
{
	open_buf();
	takes_only(try_alloc, CMM_ALLOC_WC);
	takes_only(try_alloc_array, CMM_ALLOC_WC);
	takes_only(try_map, CMM_MAP_PREFAULT);
	takes_only(try_begin, CMM_CPU_READ | CMM_CPU_WRITE);
	takes_only(try_end, CMM_CPU_READ | CMM_CPU_WRITE);
	takes_only(try_begin_range, CMM_CPU_READ | CMM_CPU_WRITE);
	takes_only(try_end_range, CMM_CPU_READ | CMM_CPU_WRITE);
	takes_only(try_map_device, CMM_DMA_READ | CMM_DMA_WRITE);
	close_buf();
}

TEST(some_calls_need_no_flag)
{
	open_buf();
	ASSERT(!try_alloc(0) && !try_alloc_array(0) && !try_map(0) &&
	       !try_view(0));
	fake.calls = 0;
	ASSERT_ERRNO(try_begin(0), EINVAL);
	ASSERT_ERRNO(try_end(0), EINVAL);
	ASSERT_ERRNO(try_begin_range(0), EINVAL);
	ASSERT_ERRNO(try_end_range(0), EINVAL);
	ASSERT_ERRNO(try_map_device(0), EINVAL);
	ASSERT(!fake.calls);
	close_buf();
}

TEST(wrong_flags_come_before_wrong_buffers)
{
	int fd = fake_foreign_dmabuf();
	struct cmm_buf *own;

	open_buf();
	own = buf;
	buf = cmm_buf_import(NULL, fd);
	ASSERT_ERRNO(try_view(CMM_MAP_PREFAULT), EINVAL);
	ASSERT_ERRNO(try_begin_range(CMM_DMA_READ), EINVAL);
	ASSERT_ERRNO(try_map_device(CMM_CPU_READ), EINVAL);
	cmm_buf_close(buf);
	buf = own;
	close(fd);
	close_buf();
}
