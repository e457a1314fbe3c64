// SPDX-License-Identifier: MIT
/*
 * The CPU's access to parts of buffers: exactly the part is maintained, once,
 * after the devices that work on the buffer; and a batch is done as a whole or
 * not at all.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xf86drm.h>

#include "buffer.h"
#include "driver.h"
#include "events.h"
#include "ledger.h"
#include "vgem.h"

#define BEGIN_READ	CMM_SYNC_READ
#define BEGIN_WRITE	CMM_SYNC_WRITE
#define BEGIN		CMM_SYNC_RW
#define END_READ	(CMM_SYNC_READ | CMM_SYNC_END)
#define END_WRITE	(CMM_SYNC_WRITE | CMM_SYNC_END)
#define END		(CMM_SYNC_RW | CMM_SYNC_END)

/* --- what is maintained --- */

static void announce(int node, int fd, uint32_t flags, uint64_t offset,
		     uint64_t len)
{
	ledger_clear();
	ASSERT_OK(zone_sync_part(node, fd, flags, offset, len));
}

/* Each kind of access to a part of whole lines, at that physical address. */
static void expect_exact(int node, int fd, uint64_t phys, uint64_t offset,
			 uint64_t len)
{
	phys += offset;
	announce(node, fd, BEGIN_READ, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, BEGIN, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, BEGIN_WRITE, offset, len);
	expect_none();
	announce(node, fd, END_READ, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, END_WRITE, offset, len);
	expect_one_pass(phys, len);
	announce(node, fd, END, offset, len);
	expect_one_pass(phys, len);
}

TEST(a_part_is_maintained_once_for_any_number_of_devices)
{
	/* The ledger needs a page for itself. */
	const uint64_t len = 64 * KIB,
		       whole = ZONE_SIZE > 64 * MIB ? 64 * MIB : 32 * MIB;
	const uint64_t places[] = { 0, 20 * MIB, whole - len };
	int node = ASSERT_OK(zone_open(ZONE));
	int plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, whole, 0));
	uint64_t phys = buffer_phys(node, fd);
	struct import dma[3];
	unsigned int devices;
	size_t i;

	for (devices = 0; devices <= 3; devices++) {
		if (devices)
			dma[devices - 1] = import(plain, fd,
						  CMM_IMPORT_BIDIRECTIONAL);
		ledger_open();
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			note("%u devices, at %#llx", devices,
			     (unsigned long long)places[i]);
			expect_exact(node, fd, phys, places[i], len);
		}
		ledger_close();
	}
	for (i = 0; i < 3; i++)
		ASSERT_OK(importer_release(&dma[i]));
	close(fd);
	close(plain);
	close(node);
}

TEST(a_part_needs_none_if_all_devices_snoop)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int engine = open_importer("edu0"), plain = open_importer("plain");
	int fd = ASSERT_OK(zone_alloc(node, 8 * PAGE, 0));
	struct import dma, other;

	need_snooping(engine);
	dma = import(engine, fd, CMM_IMPORT_BIDIRECTIONAL);
	ledger_open();
	announce(node, fd, BEGIN, PAGE, PAGE);
	expect_none();
	announce(node, fd, END, PAGE, PAGE);
	expect_none();
	announce(node, fd, BEGIN_WRITE, 1, 1);
	expect_none();
	/* One that does not is enough. */
	other = import(plain, fd, CMM_IMPORT_BIDIRECTIONAL);
	expect_exact(node, fd, buffer_phys(node, fd), PAGE, PAGE);
	ASSERT_OK(importer_release(&other));
	ledger_close();
	ASSERT_OK(importer_release(&dma));
	close(fd);
	close(plain);
	close(engine);
	close(node);
}

TEST(a_part_needs_none_if_it_is_write_combined)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd;

	need_wc();
	fd = ASSERT_OK(zone_alloc(node, 8 * PAGE, CMM_BUF_WC));
	ledger_open();
	announce(node, fd, BEGIN, PAGE, PAGE);
	expect_none();
	announce(node, fd, END, PAGE, PAGE);
	expect_none();
	ledger_close();
	close(fd);
	close(node);
}

/* Bytes of what is maintained at least, as the first byte shows it. */
static uint64_t line_size(int node, int fd)
{
	struct ledger_entry entry;

	announce(node, fd, END, 0, 1);
	ASSERT_EQ(ledger_read(&entry, 1), 1);
	ASSERT(entry.size && !(entry.size & (entry.size - 1)));
	ASSERT(entry.size >= 16 && entry.size <= 2048);
	return entry.size;
}

/* The part's lines, and nothing beyond the buffer. */
static void expect_rounded(int node, int fd, uint64_t line, uint64_t offset,
			   uint64_t len)
{
	uint64_t phys = buffer_phys(node, fd) + offset / line * line;
	uint64_t end = (offset + len + line - 1) / line * line;
	uint64_t size = end - offset / line * line;

	note("line of %llu, bytes %llu to %llu", (unsigned long long)line,
	     (unsigned long long)offset, (unsigned long long)(offset + len));
	announce(node, fd, BEGIN, offset, len);
	expect_one_pass(phys, size);
	announce(node, fd, END, offset, len);
	expect_one_pass(phys, size);
}

TEST(a_part_is_rounded_to_lines_inside_the_buffer)
{
	static const uint64_t size = 3 * PAGE;
	int node = ASSERT_OK(zone_open(ZONE));
	int before = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int fd = ASSERT_OK(zone_alloc(node, size, 0));
	int behind = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint64_t line;

	ASSERT_EQ(buffer_offset(node, fd), buffer_offset(node, before) + PAGE);
	ASSERT_EQ(buffer_offset(node, behind), buffer_offset(node, fd) + size);
	ledger_open();
	line = line_size(node, fd);
	expect_rounded(node, fd, line, 0, 1);
	expect_rounded(node, fd, line, size - 1, 1);
	expect_rounded(node, fd, line, line - 1, 1);
	expect_rounded(node, fd, line, line - 1, 2);
	expect_rounded(node, fd, line, line, 1);
	expect_rounded(node, fd, line, PAGE - 1, 2);
	expect_rounded(node, fd, line, 1, size - 2);
	expect_rounded(node, fd, line, 5, 3 * line);
	expect_rounded(node, fd, line, 0, size);
	ledger_close();
	close(behind);
	close(fd);
	close(before);
	close(node);
}

TEST(a_part_takes_the_lines_that_the_processor_has)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));

	if (!hardware_line())
		skip("programs cannot ask this CPU for the size of its lines");
	ledger_open();
	ASSERT_EQ(line_size(node, fd), hardware_line());
	ledger_close();
	close(fd);
	close(node);
}

/* The lines that a part touches but does not cover, from an address on. */
static size_t partly_covered(struct ledger_range *ranges, uint64_t phys,
			     uint64_t line, uint64_t first, uint64_t end)
{
	uint64_t at;
	size_t n = 0;

	for (at = first / line * line; at < end; at += line) {
		if (first <= at && at + line <= end)
			continue;
		if (n && ranges[n - 1].phys + ranges[n - 1].size == phys + at)
			ranges[n - 1].size += line;
		else
			ranges[n++] = (struct ledger_range){ phys + at, line };
	}
	return n;
}

static void expect_write_begin(int node, int fd, uint64_t phys, uint64_t line,
			       uint64_t first, uint64_t end)
{
	struct ledger_range ranges[2];
	size_t count = partly_covered(ranges, phys, line, first, end);

	note("bytes %llu to %llu", (unsigned long long)first,
	     (unsigned long long)end);
	announce(node, fd, BEGIN_WRITE, first, end - first);
	expect_flushed(ranges, count);
}

/*
 * A device may have written the other bytes of such a line, and the CPU must not
 * write back older ones. Lines that the CPU replaces need nothing.
 */
TEST(a_write_begins_with_the_lines_that_it_covers_partly)
{
	static const uint64_t size = 3 * PAGE;
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, size, 0));
	uint64_t phys = buffer_phys(node, fd), line, first, end;

	ledger_open();
	line = line_size(node, fd);
	/* At each line's edge, and a byte before and behind it. */
	for (first = 0; first <= 2 * line + 1; first++) {
		if ((first + 1) % line > 2)
			continue;
		for (end = first + 1; end <= 4 * line; end++)
			if ((end + 1) % line <= 2)
				expect_write_begin(node, fd, phys, line, first,
						   end);
		expect_write_begin(node, fd, phys, line, first, PAGE + 1);
		expect_write_begin(node, fd, phys, line, first, size - 1);
		expect_write_begin(node, fd, phys, line, first, size);
	}
	ledger_close();
	close(fd);
	close(node);
}

TEST(a_batch_is_done_in_its_order)
{
	struct cmm_sync_entry entries[CMM_SYNC_MAX_COUNT];
	struct ledger_entry seen[2 * CMM_SYNC_MAX_COUNT];
	int node = ASSERT_OK(zone_open(ZONE));
	int fds[4];
	uint64_t phys[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		fds[i] = ASSERT_OK(zone_alloc(node, 16 * PAGE, 0));
		phys[i] = buffer_phys(node, fds[i]);
	}
	for (i = 0; i < CMM_SYNC_MAX_COUNT; i++)
		entries[i] = sync_entry(fds[i % 4], END, i / 4 * PAGE, PAGE);
	ledger_open();
	ASSERT_OK(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT));
	ASSERT_EQ(ledger_read(seen, ARRAY_SIZE(seen)), CMM_SYNC_MAX_COUNT);
	for (i = 0; i < CMM_SYNC_MAX_COUNT; i++) {
		ASSERT_EQ(seen[i].phys, phys[i % 4] + i / 4 * PAGE);
		ASSERT_EQ(seen[i].size, PAGE);
	}
	ledger_close();
	for (i = 0; i < 4; i++)
		close(fds[i]);
	close(node);
}

TEST(it_is_told_that_parts_can_be_synchronised)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct cmm_info info;

	ASSERT_OK(zone_info(node, &info));
	ASSERT(info.features & CMM_FEATURE_SYNC);
	close(node);
}

/* --- what is waited for --- */

static bool is_done(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) == 1;
}

/* A device's work on the last of some buffers, whose end is awaited. */
TEST(devices_are_waited_for)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int card = open_vgem();
	int idle = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int busy = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t handle = fd_to_handle(card, busy);
	uint32_t work = vgem_begin(card, handle, true);
	const struct cmm_sync_entry entries[] = {
		sync_entry(idle, BEGIN, 0, PAGE),
		sync_entry(busy, BEGIN_READ, 0, 1),
	};
	pid_t pid;

	/* The end of an access waits for nobody. */
	ASSERT_OK(zone_sync_part(node, busy, END, 0, PAGE));
	ASSERT(!is_done(busy));
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		usleep(100000);
		vgem_end(card, work);
		_exit(0);
	}
	ASSERT_OK(zone_sync_entries(node, entries, 2));
	ASSERT(is_done(busy));
	join(pid);
	ASSERT(!drmCloseBufferHandle(card, handle));
	close(busy);
	close(idle);
	close(card);
	close(node);
}

static void ignore(int signal)
{
	(void)signal;
}

/*
 * Signals from in 100 ms on: the first may come before the call that is meant.
 * @flags: of the handler, SA_RESTART for one that lets calls go on
 */
static void begin_signals(int flags)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };

	ASSERT(!sigaction(SIGALRM, &action, NULL));
	ualarm(100000, 100000);
}

static void end_signals(void)
{
	ualarm(0, 0);
}

TEST(a_signal_ends_the_wait_and_nothing_was_done)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int card = open_vgem();
	int idle = ASSERT_OK(zone_alloc(node, PAGE, 0));
	int busy = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t handle = fd_to_handle(card, busy);
	uint32_t work = vgem_begin(card, handle, true);
	const struct cmm_sync_entry entries[] = {
		sync_entry(idle, END, 0, PAGE),
		sync_entry(idle, BEGIN, 0, PAGE),
		sync_entry(busy, BEGIN, 0, PAGE),
	};

	ledger_open();
	begin_signals(0);
	ASSERT_ERR(zone_sync_entries(node, entries, 3), EINTR);
	end_signals();
	expect_none();
	ASSERT(!is_done(busy));
	vgem_end(card, work);
	/* The same once more. */
	ASSERT_OK(zone_sync_entries(node, entries, 3));
	ledger_close();
	ASSERT(!drmCloseBufferHandle(card, handle));
	close(busy);
	close(idle);
	close(card);
	close(node);
}

/* --- when the process is killed --- */

#define WHOLES	64

/* Between two steps a signal can end the call, and another thread can run. */
TEST(a_buffer_is_flushed_in_steps)
{
	static struct ledger_entry entries[16];
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, 9 * MIB, 0));
	uint64_t flushed = 0;
	size_t i, count;

	ledger_open();
	ASSERT_OK(zone_sync_part(node, fd, BEGIN_READ, 0, 9 * MIB));
	count = ledger_read(entries, ARRAY_SIZE(entries));
	ledger_close();
	for (i = 0; i < count; i++) {
		ASSERT(entries[i].size <= 2 * MIB);
		flushed += entries[i].size;
	}
	ASSERT_EQ(flushed, 9 * MIB);
	close(fd);
	close(node);
}

/* Begins an access of all of a buffer, as often as one call can. */
static void begin_wholes(void *buffer)
{
	struct cmm_sync_entry entries[WHOLES];
	int node = ASSERT_OK(zone_open(ZONE)), i;

	for (i = 0; i < WHOLES; i++)
		entries[i] = sync_entry(*(int *)buffer, BEGIN_READ, 0, ZONE_SIZE);
	ASSERT_OK(zone_sync_entries(node, entries, WHOLES));
	close(node);
}

TEST(a_killed_process_does_not_finish_its_batch)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, ZONE_SIZE, 0));
	int i, done, status;
	pid_t pid;

	if (zone_lacks_maintenance())
		skip("this CPU has no instructions to maintain its cache");
	events_begin();
	pid = fork_to(begin_wholes, &fd);
	for (i = 0; i < 1000 && !events_count("cmm_sync", ""); i++)
		usleep(1000);
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	done = events_count("cmm_sync", "");
	events_end();
	note("%d entries are done", done);
	ASSERT(WIFSIGNALED(status));
	ASSERT(done > 0);
	ASSERT(done < WHOLES);
	close(fd);
	close(node);
}

TEST(a_wait_goes_on_after_a_signal_that_restarts_calls)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int card = open_vgem();
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t handle = fd_to_handle(card, fd);
	uint32_t work = vgem_begin(card, handle, true);
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		usleep(300000);
		vgem_end(card, work);
		_exit(0);
	}
	begin_signals(SA_RESTART);
	ASSERT_OK(zone_sync_part(node, fd, BEGIN, 0, PAGE));
	end_signals();
	ASSERT(is_done(fd));
	join(pid);
	ASSERT(!drmCloseBufferHandle(card, handle));
	close(fd);
	close(card);
	close(node);
}

TEST(only_a_writer_waits_for_readers)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int card = open_vgem();
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t handle = fd_to_handle(card, fd);
	uint32_t work = vgem_begin(card, handle, false);

	ASSERT_OK(zone_sync_part(node, fd, BEGIN_READ, 0, PAGE));
	begin_signals(0);
	ASSERT_ERR(zone_sync_part(node, fd, BEGIN_WRITE, 0, PAGE), EINTR);
	ASSERT_ERR(zone_sync_part(node, fd, BEGIN, 0, PAGE), EINTR);
	end_signals();
	vgem_end(card, work);
	ASSERT(!drmCloseBufferHandle(card, handle));
	close(fd);
	close(card);
	close(node);
}

/* A device that never finishes holds up neither others nor the driver. */
TEST(a_wait_does_not_hold_up_an_unbind)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int card = open_vgem();
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t handle = fd_to_handle(card, fd);
	uint32_t work = vgem_begin(card, handle, true);
	pid_t pid = fork();

	ASSERT(pid >= 0);
	if (!pid) {
		ASSERT_OK(zone_sync_part(node, fd, BEGIN, 0, PAGE));
		_exit(0);
	}
	while (child_state(pid) != 'S')
		usleep(1000);
	ASSERT_OK(driver_unbind());
	vgem_end(card, work);
	join(pid);
	ASSERT(!drmCloseBufferHandle(card, handle));
	close(fd);
	close(card);
	close(node);
	ASSERT_OK(driver_bind_soon(ZONE));
}

/* --- what is refused --- */

/* Of a CPU that cannot maintain its cache the ledger stays empty. */
static void watch_if_possible(void)
{
	if (!zone_lacks_maintenance())
		ledger_open();
}

/* With that entry among good ones nothing is done. */
static void expect_refused(int node, int good, struct cmm_sync_entry bad,
			   int wanted)
{
	struct cmm_sync_entry entries[3];
	size_t i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++)
			entries[k] = sync_entry(good, END, 0, PAGE);
		entries[i] = bad;
		ledger_clear();
		ASSERT_ERR(zone_sync_entries(node, entries, 3), wanted);
		expect_none();
	}
}

TEST(parts_that_are_not_inside_the_buffer)
{
	static const struct { uint64_t offset, len; } bad[] = {
		{ 0, 0 }, { PAGE, 0 }, { 2 * PAGE, 0 }, { 0, 2 * PAGE + 1 },
		{ 1, 2 * PAGE }, { 2 * PAGE, 1 }, { 2 * PAGE - 1, 2 },
		{ 2 * PAGE + 1, 1 }, { 1ULL << 32, PAGE },
		{ PAGE, 1ULL << 32 }, { ~0ULL, 1 }, { ~0ULL, 2 },
		{ 1, ~0ULL }, { PAGE, ~0ULL - PAGE + 1 }, { ~0ULL, ~0ULL },
		{ 1ULL << 63, 1ULL << 63 }, { 0, ~0ULL },
	};
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, 2 * PAGE, 0));
	size_t i;

	watch_if_possible();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		note("%#llx bytes at %#llx", (unsigned long long)bad[i].len,
		     (unsigned long long)bad[i].offset);
		expect_refused(node, fd, sync_entry(fd, END, bad[i].offset,
						    bad[i].len), EINVAL);
		expect_refused(node, fd, sync_entry(fd, BEGIN, bad[i].offset,
						    bad[i].len), EINVAL);
	}
	ledger_close();
	close(fd);
	close(node);
}

TEST(accesses_that_are_none)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint32_t bit;

	watch_if_possible();
	expect_refused(node, fd, sync_entry(fd, 0, 0, PAGE), EINVAL);
	expect_refused(node, fd, sync_entry(fd, CMM_SYNC_END, 0, PAGE), EINVAL);
	for (bit = CMM_SYNC_END << 1; bit; bit <<= 1) {
		note("flag %#x", bit);
		expect_refused(node, fd, sync_entry(fd, BEGIN | bit, 0, PAGE),
			       EINVAL);
	}
	ledger_close();
	close(fd);
	close(node);
}

TEST(buffers_that_are_none_of_the_zones)
{
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	struct board_zones zones;
	struct cmm_info info;
	int i, other, of_other;

	watch_if_possible();
	expect_refused(node, fd, sync_entry(-1, END, 0, PAGE), EBADF);
	expect_refused(node, fd, sync_entry(node, END, 0, PAGE), EBADF);
	ASSERT_OK(driver_start(&zones));
	for (i = 0; i < zones.count; i++) {
		if (!strcmp(zones.names[i], ZONE))
			continue;
		other = ASSERT_OK(zone_open(zones.names[i]));
		of_other = ASSERT_OK(zone_alloc(other, PAGE, 0));
		expect_refused(node, fd, sync_entry(of_other, END, 0, PAGE),
			       EXDEV);
		ASSERT_OK(zone_info(other, &info));
		/* A protected one refuses the rest of the batch as well. */
		if (!(info.flags & CMM_ZONE_PROTECTED))
			expect_refused(other, of_other,
				       sync_entry(fd, END, 0, PAGE), EXDEV);
		close(of_other);
		close(other);
	}
	ledger_close();
	close(fd);
	close(node);
}

TEST(batches_that_are_malformed)
{
	static struct cmm_sync_entry entries[CMM_SYNC_MAX_COUNT + 1];
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t longer[2 * sizeof(struct cmm_sync_entry)] = { 0 };
	struct cmm_sync sync = {
		.entries = (uintptr_t)entries,
		.count = 1,
		.entry_size = sizeof(entries[0]),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = sync_entry(fd, END, 0, PAGE);
	ASSERT_ERR(zone_sync_entries(node, entries, 0), EINVAL);
	ASSERT_OK(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT));
	ASSERT_ERR(zone_sync_entries(node, entries, CMM_SYNC_MAX_COUNT + 1),
		   E2BIG);
	ASSERT_ERR(zone_sync_entries(node, entries, ~0U), E2BIG);

	sync.entry_size = 0;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), EINVAL);
	sync.entry_size = PAGE + 1;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	sync.entry_size = ~0U;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	/* So short that the length is missing. */
	sync.entry_size = 16;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), EINVAL);

	/* A newer program's, which does or does not use what it knows more. */
	memcpy(longer, &entries[0], sizeof(entries[0]));
	sync.entries = (uintptr_t)longer;
	sync.entry_size = sizeof(longer);
	ASSERT_OK(zone_ioctl(node, CMM_IOC_SYNC, &sync));
	longer[sizeof(longer) - 1] = 1;
	ASSERT_ERR(zone_ioctl(node, CMM_IOC_SYNC, &sync), E2BIG);
	close(fd);
	close(node);
}

TEST(batches_that_cannot_be_read)
{
	struct cmm_sync_entry *entries;
	int node = ASSERT_OK(zone_open(ZONE));
	int fd = ASSERT_OK(zone_alloc(node, PAGE, 0));
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(pages != MAP_FAILED);
	munmap(pages + PAGE, PAGE);
	entries = (struct cmm_sync_entry *)(pages + PAGE) - 1;
	entries[0] = sync_entry(fd, END, 0, PAGE);
	watch_if_possible();
	ledger_clear();
	ASSERT_ERR(zone_sync_entries(node, entries, 2), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, NULL, 1), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, (void *)-24L, 1), EFAULT);
	ASSERT_ERR(zone_sync_entries(node, (void *)-24L, 2), EFAULT);
	expect_none();
	ASSERT_OK(zone_sync_entries(node, entries, 1));
	ledger_close();
	munmap(pages, PAGE);
	close(fd);
	close(node);
}

/* A batch in the buffer that it speaks of is a batch as any other. */
TEST(a_batch_may_be_in_its_buffer)
{
	int node = ASSERT_OK(zone_open(ZONE));
	struct buffer buffer = buffer_alloc(node, PAGE, 0);
	struct cmm_sync_entry *entry = (void *)buffer.at;

	*entry = sync_entry(buffer.fd, END, 0, PAGE);
	ASSERT_OK(zone_sync_entries(node, entry, 1));
	ASSERT_EQ(entry->len, PAGE);
	buffer_free(&buffer);
	close(node);
}
