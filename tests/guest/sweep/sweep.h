/* SPDX-License-Identifier: MIT */
/*
 * The sweep: every operation on a zone, a buffer or the module, with each of its
 * kernel allocations failing once. See sweep.c.
 *
 * A new ioctl is one line in a table and, at most, one function.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "zone.h"

#define SWEEP_LEN	(4 * PAGE)

/* What an operation starts from. Descriptors are closed, buffers unmapped. */
struct scene {
	int node;
	int buf;		/* of SWEEP_LEN bytes */
	uint8_t *at;		/* where it is mapped */
	uint8_t *also_at;	/* and where else, if it is */
	int importer;
	uint32_t handle;	/* an attachment */
	int other;		/* any other descriptor */
};

/*
 * An operation. Functions return 0 or a negative errno. What run() opens it
 * also closes.
 */
struct operation {
	const char *name;
	/* Setup, without failures; may be NULL. */
	int (*prepare)(struct scene *scene);
	int (*run)(struct scene *scene);
	/* Further errnos for a failure, besides ENOMEM and EFAULT. */
	int also[2];
	/* Binds, unbinds, loads or unloads the driver, which logs this. */
	bool driver;
	/* How many failures, the first ones, are not of interest; may be NULL. */
	unsigned int (*skip)(void);
	/* The kernel's own function that warns of a failure, if one does. */
	const char *warns;
};

#define OPERATION(title, before, what, ...)	\
	{ .name = title, .prepare = before, .run = what, __VA_ARGS__ }

/* Each ends with an operation without a name. */
extern const struct operation sweep_zone[];
extern const struct operation sweep_buffer[];
extern const struct operation sweep_device[];
extern const struct operation sweep_driver[];
/* What is left of these where the CPU has no access. */
extern const struct operation sweep_protected[];
/* What is done for all zones at once. */
extern const struct operation sweep_module[];

/* Preparations: the node, and a buffer, mapped, that is cached or not. */
int with_node(struct scene *scene);
int with_buffer(struct scene *scene);
int with_wc_buffer(struct scene *scene);

/* An operation of every zone: several buffers in one call. */
int sweep_alloc_many(struct scene *scene);

/* 0 if the call gave what it had to, else its errno. */
int sweep_expect(int ret, int wanted);

#endif /* SWEEP_H */
