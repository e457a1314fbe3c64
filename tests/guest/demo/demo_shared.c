// SPDX-License-Identifier: MIT
/* A buffer of the demo as the CPU and the engines see it: see demo_shared.h. */
#include "demo_shared.h"

#include <unistd.h>

#include "demo_fail.h"

static int nodes[ENGINES];

void engines_open(void)
{
	static const char *const names[ENGINES] = { "edu0", "edu1" };
	enum engine engine;

	for (engine = FIRST; engine < ENGINES; engine++) {
		nodes[engine] = importer_open(names[engine]);
		must(nodes[engine], "/dev/cmm_edu*, of the module cmm_importer");
		if (!must(importer_is_translated(nodes[engine]), "translate"))
			fail("%s is not behind an SMMU", names[engine]);
	}
}

void engines_close(void)
{
	close(nodes[FIRST]);
	close(nodes[SECOND]);
}

void shared_alloc(struct shared *shared, struct cmm_zone *zone, size_t len,
		  const char *name)
{
	shared->buf = cmm_buf_alloc(zone, len, 0, 0, name);
	must_cmm(shared->buf, name);
	must_cmm(!cmm_buf_info(shared->buf, &shared->info), name);
	if (!(shared->info.flags & CMM_INFO_PHYS))
		fail("the zone does not show physical addresses to root");
}

void shared_free(struct shared *shared)
{
	enum engine engine;

	for (engine = FIRST; engine < ENGINES; engine++)
		if (shared->views[engine].attached)
			shared_detach(shared, engine);
	cmm_buf_close(shared->buf);
}

uint8_t *shared_look(struct shared *shared, unsigned int access)
{
	uint8_t *data = cmm_buf_map(shared->buf);

	must_cmm(data, "map for the CPU");
	must_cmm(!cmm_buf_sync_begin(shared->buf, access), "begin CPU access");
	return data;
}

void shared_leave(struct shared *shared, unsigned int access)
{
	must_cmm(!cmm_buf_sync_end(shared->buf, access), "end CPU access");
}

void shared_attach(struct shared *shared, enum engine engine)
{
	struct view *view = &shared->views[engine];

	must(importer_attach(nodes[engine], cmm_buf_fd(shared->buf),
			     &view->handle),
	     "attach to an engine");
	view->attached = true;
}

void shared_detach(struct shared *shared, enum engine engine)
{
	struct view *view = &shared->views[engine];

	must(importer_detach(nodes[engine], view->handle),
	     "detach from an engine");
	view->attached = false;
}

static void check_pages(const struct shared *shared, enum engine engine,
			struct page_count *pages)
{
	const struct cmm_buf_info *info = &shared->info;
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t iova = shared->views[engine].iova;
	uint64_t at;

	for (at = 0; at < info->len; at += page) {
		if (engine_reaches(engine, iova + at) != info->phys + at)
			pages->elsewhere++;
		pages->checked++;
	}
	if (pages->elsewhere)
		fail("%u pages of %s are not where edu%d reaches",
		     pages->elsewhere, info->name, engine);
}

void shared_map(struct shared *shared, enum engine engine, uint32_t dir,
		struct page_count *pages)
{
	struct view *view = &shared->views[engine];
	struct cmm_import_map map;

	must(importer_map(nodes[engine], view->handle, dir, &map),
	     "map for an engine");
	if (!map.contiguous || map.len != shared->info.len)
		fail("edu%d sees %s in pieces", engine, shared->info.name);
	if (view->iova && view->iova != map.addr)
		fail("%s moved to another IOVA", shared->info.name);
	if (map.addr == shared->info.phys)
		fail("the IOVA of %s is its physical address",
		     shared->info.name);
	view->iova = map.addr;
	check_pages(shared, engine, pages);
}

void shared_unmap(struct shared *shared, enum engine engine)
{
	must(importer_unmap(nodes[engine], shared->views[engine].handle),
	     "unmap from an engine");
}

uint64_t engine_reaches(enum engine engine, uint64_t iova)
{
	uint64_t phys;

	must(importer_translate(nodes[engine], iova, &phys),
	     "translate an IOVA");
	return phys;
}

void engine_load(enum engine engine, uint64_t iova, uint32_t len)
{
	must(importer_load(nodes[engine], iova, 0, len), "let an engine read");
}

void engine_store(enum engine engine, uint64_t iova, uint32_t len)
{
	must(importer_store(nodes[engine], iova, 0, len),
	     "let an engine write");
}
