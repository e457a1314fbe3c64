/* SPDX-License-Identifier: MIT */
/*
 * Common operations on buffers. Each function asserts that it succeeds.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "importer.h"
#include "kmsg.h"
#include "zone.h"
#include "zonetest.h"

/* A buffer and the test's mapping of all of it. */
struct buffer {
	int fd;
	size_t len;
	uint8_t *at;
};

/* Allocates and maps, or maps the buffer of a descriptor. */
struct buffer buffer_alloc(int node, size_t len, uint32_t flags);
struct buffer buffer_of(int fd, size_t len);
/* Unmaps and closes. */
void buffer_free(struct buffer *buffer);

/* Fills the buffer with its seed's pattern, with the CPU access announced. */
void buffer_fill(const struct buffer *buffer, uint64_t seed);
/* The buffer contains its seed's pattern, or only zeros. */
void buffer_expect(const struct buffer *buffer, uint64_t seed);
void buffer_expect_zero(const struct buffer *buffer);

uint64_t buffer_id(int node, int fd);
/* A buffer's offset from the start of its zone. */
uint64_t buffer_offset(int node, int fd);
/* Its physical address. If the zone exposes addresses, the kernel returned it. */
uint64_t buffer_phys(int node, int fd);
/* Whether ZONE exposes physical addresses to privileged callers. */
bool exposes_phys(void);
/* Whether the zone has these CMM_FEATURE_* bits. */
bool has_feature(int node, uint32_t feature);
/* Skips the test on kernels where each view of a buffer has fences of its own. */
void need_shared_fences(int node);

/* Opens an importer, or imports a dma-buf. */
int open_importer(const char *name);
/*
 * Whether that engine snoops the CPU's caches in ZONE. Memory without struct pages
 * is mapped like a device's registers by an IOMMU before Linux 6.18.
 */
bool engine_snoops(int engine);
/* Skips the test if the engine does not snoop. */
void need_snooping(int engine);
/* Skips the test if this CPU cannot have write-combined buffers. */
void need_wc(void);
struct import import(int importer, int fd, uint32_t dir);
/* The physical address behind a DMA address. */
uint64_t translate(int importer, uint64_t addr);

/*
 * Has an engine make an access, to memory or from it, that the SMMU must refuse
 * and report; what it reported.
 */
struct smmu_event stray(int engine, uint64_t addr, bool to_memory);
/* The same, however the access comes about; each call makes one. */
struct smmu_event stray_by(void (*go_astray)(void *arg), void *arg,
			   uint64_t addr);

/* The zone has exactly that many bytes in use, now or after a little while. */
void expect_used(uint64_t bytes);
void expect_used_soon(uint64_t bytes);

#endif /* BUFFER_H */
