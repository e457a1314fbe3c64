/* SPDX-License-Identifier: MIT */
/*
 * A zone's node with direct ioctl calls, for tests of the interface itself.
 *
 * Functions return 0 or a negative errno unless documented otherwise.
 */
#ifndef ZONE_H
#define ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/cmm.h>

#define PAGE		4096UL
#define KIB		1024UL
#define MIB		(1024UL * KIB)

/* The zone that the running tests are about: driver_choose() sets it. */
struct chosen_zone {
	char name[CMM_NAME_LEN];
	uint64_t start, size;	/* the range, as the board's device tree says */
	uint32_t kind;		/* CMM_KIND_*, as the board's device tree says */
	uint32_t flags;		/* CMM_ZONE_*, the same */
};

extern struct chosen_zone chosen;

#define ZONE		chosen.name
/* Bytes that ZONE manages. */
#define ZONE_SIZE	chosen.size

/* Whether this CPU lacks the instructions to maintain its cache: riscv's may. */
bool zone_lacks_maintenance(void);
/*
 * Whether this CPU cannot have write-combined buffers: it has no uncached mappings,
 * or no instructions to maintain its cache. riscv's may lack both.
 */
bool zone_lacks_wc(void);
/* CMM_BUF_WC, or 0 on a CPU that cannot have such buffers. */
uint32_t zone_wc(void);

/* Whether the CPU must not access ZONE. */
static inline bool zone_is_protected(void)
{
	return chosen.flags & CMM_ZONE_PROTECTED;
}

/* Opens the node; a descriptor. */
int zone_open(const char *name);
/* Any command, on a node or a buffer. */
int zone_ioctl(int fd, unsigned long command, void *arg);

int zone_info(int node, struct cmm_info *info);
/* Bytes in live buffers. */
uint64_t zone_used(int node);

/* Any request; *req is what the kernel made of it. */
int zone_request(int node, struct cmm_alloc *req);
/* One buffer; its descriptor. */
int zone_alloc(int node, uint64_t len, uint32_t flags);
/* The same, aligned, with a name. */
int zone_alloc_named(int node, uint64_t len, uint64_t align, const char *name);

int zone_query(int node, int buf, struct cmm_query *query);
/* The first count entries after that id; how many were written. */
int zone_list(int node, struct cmm_list_entry *entries, uint32_t count,
	      uint64_t after);

/* One entry of CMM_IOC_SYNC: CMM_SYNC_* flags, and a part of a buffer. */
struct cmm_sync_entry sync_entry(int buf, uint32_t flags, uint64_t offset,
				 uint64_t len);
int zone_sync_entries(int node, const struct cmm_sync_entry *entries,
		      uint32_t count);
int zone_sync_part(int node, int buf, uint32_t flags, uint64_t offset,
		   uint64_t len);

/* CMM_IOC_VIEW with CMM_VIEW_* flags, of a part or of all bytes; the new descriptor. */
int zone_view(int node, int buf, uint64_t offset, uint64_t len, uint32_t flags);
int zone_view_all(int node, int buf, uint32_t flags);

/* The devices of the zone's list, at most count; how many there are. */
int zone_devices(int node, struct cmm_dev_entry *entries, uint32_t count);
/* Maps for one of them with CMM_DEV_MAP_* flags; *map is its address and id. */
int zone_map_device(int node, int buf, uint32_t index, uint32_t flags,
		    struct cmm_dev_map *map);
int zone_unmap_device(int node, uint32_t id);

/*
 * Asks which buffer is at an address of a device, or at a physical address if device
 * is NULL. *whois is the answer.
 */
int zone_whois(int node, const char *device, uint64_t addr,
	       struct cmm_whois *whois);

/* Maps a whole buffer, shared, readable and writable; NULL on failure. */
void *zone_map(int buf, size_t len);
/* DMA_BUF_IOCTL_SYNC with DMA_BUF_SYNC_* flags. */
int zone_sync(int buf, uint64_t flags);

#endif /* ZONE_H */
