// SPDX-License-Identifier: MIT
/* A holder of everything: see holder.h. */
#include "holder.h"

#include <sys/mman.h>
#include <unistd.h>

#include "pattern.h"

#define SEED	21

const char *hold_name(enum hold what)
{
	static const char *const names[] = {
		"node", "descriptor", "mapping", "attachment",
	};

	return names[what];
}

struct holder hold_all(void)
{
	struct holder holder;

	holder.node = ASSERT_OK(zone_open(ZONE));
	holder.buffer = buffer_alloc(holder.node, HOLDER_LEN, 0);
	holder.importer = open_importer("edu0");
	holder.import = import(holder.importer, holder.buffer.fd,
			       CMM_IMPORT_BIDIRECTIONAL);
	buffer_fill(&holder.buffer, SEED);
	return holder;
}

void let_go(struct holder *holder, enum hold what)
{
	struct buffer *buffer = &holder->buffer;

	switch (what) {
	case NODE:
		ASSERT(!close(holder->node));
		break;
	case DESCRIPTOR:
		ASSERT(!close(buffer->fd));
		break;
	case MAPPING:
		ASSERT_PATTERN(pattern_check(buffer->at, buffer->len, 0, SEED));
		ASSERT(!munmap(buffer->at, buffer->len));
		break;
	default:
		ASSERT_OK(importer_release(&holder->import));
	}
}

void let_go_of_all_but(struct holder *holder, enum hold what)
{
	int i;

	for (i = 0; i < HOLDS; i++) {
		if (i != (int)what)
			let_go(holder, i);
	}
}

void holder_end(struct holder *holder)
{
	ASSERT(!close(holder->importer));
}
