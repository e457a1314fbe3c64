/* SPDX-License-Identifier: MIT */
/*
 * The test importer's nodes, as functions: see tests/modules/cmm_importer.h
 * for what each does.
 *
 * Unless it says otherwise, a function returns 0 or a negative errno.
 */
#ifndef IMPORTER_H
#define IMPORTER_H

#include <stddef.h>
#include <stdint.h>

#include "../modules/cmm_importer.h"

/* A dma-buf attached to and mapped for a device. */
struct import {
	int importer;		/* the node, not owned */
	uint32_t handle;
	struct cmm_import_map map;
};

/* Opens /dev/cmm_<name>, as "edu0"; a descriptor. */
int importer_open(const char *name);

int importer_attach(int importer, int dmabuf, uint32_t *handle);
int importer_detach(int importer, uint32_t handle);
/* *map may be left out. */
int importer_map(int importer, uint32_t handle, uint32_t dir,
		 struct cmm_import_map *map);
int importer_unmap(int importer, uint32_t handle);

/* Attaches and maps; nothing is left behind on failure. */
int importer_import(int importer, int dmabuf, uint32_t dir,
		    struct import *import);
/* Unmaps and detaches. */
int importer_release(struct import *import);

/* The physical address behind a DMA address, 0 if there is none. */
int importer_translate(int importer, uint64_t addr, uint64_t *phys);
/* 1 if the device is behind a translating IOMMU, else 0. */
int importer_is_translated(int importer);

/* Gives the device an IOMMU domain of its driver's, until the node is closed. */
int importer_own_domain(int importer);

/* The engine reads memory into its on-chip buffer, or writes that to memory. */
int importer_load(int importer, uint64_t addr, uint32_t sram, uint32_t len);
int importer_store(int importer, uint64_t addr, uint32_t sram, uint32_t len);
/* The engine reads at src and writes what it read at dst, in chunks. */
int importer_copy(int importer, uint64_t dst, uint64_t src, size_t len);

/* A kernel driver's CPU access through vmap. */
int importer_cpu_read(int importer, int dmabuf, uint64_t offset, void *data,
		      size_t len);
int importer_cpu_write(int importer, int dmabuf, uint64_t offset,
		       const void *data, size_t len);

/* How this process's page tables map an address. */
int importer_leaf(int importer, const void *at, struct cmm_import_leaf *leaf);

#endif /* IMPORTER_H */
