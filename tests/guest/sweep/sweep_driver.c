// SPDX-License-Identifier: MIT
/* The driver's life: binding and unbinding a zone, loading and unloading. */
#include "sweep.h"

#include <errno.h>
#include <unistd.h>

#include "driver.h"
#include "inject.h"
#include "zone.h"

/* More failures than any call has. */
#define ENOUGH	1000000
/* At least as many as the module has before it refuses its parameter. */
#define OURS	10
/* The kernel has some more or less from load to load. */
#define LOADS	5

/* How long that may take where nobody can tell, in the linear map. */
#define RELEASE_US	500000

/* CONFIG_DEBUG_KOBJECT_RELEASE lets go of its range a little later. */
static int when_unbound(struct scene *scene)
{
	int ret = driver_unbind();

	(void)scene;
	if (chosen.kind == CMM_KIND_LINEAR)
		usleep(RELEASE_US);
	while (!ret && driver_holds_range())
		usleep(10000);
	return ret;
}

/* Its zones' devices are not bound when it is loaded: that is swept above. */
static int when_unloaded(struct scene *scene)
{
	int ret = driver_unload();

	(void)scene;
	return ret ? ret : driver_bind_all(false);
}

static int unbind(struct scene *scene)
{
	(void)scene;
	return driver_unbind();
}

static int bind(struct scene *scene)
{
	(void)scene;
	return driver_bind();
}

/* Not what the kernel itself does before our code runs, which may refuse. */
static unsigned int loader_failures(void)
{
	unsigned int i, count, most = OURS;

	driver_unload();
	for (i = 0; i < LOADS; i++) {
		inject_arm(ENOUGH);
		driver_load("nonsense");
		count = inject_count(ENOUGH);
		if (count > most)
			most = count;
	}
	driver_restore();
	return most - OURS;
}

static int load(struct scene *scene)
{
	(void)scene;
	return driver_load("");
}

static int unload(struct scene *scene)
{
	(void)scene;
	return driver_unload();
}

/*
 * The kernel says of a range that it has no memory to claim: it is taken; and of
 * a driver for whose directory it has none: it is invalid (module_add_driver()).
 */
const struct operation sweep_driver[] = {
	OPERATION("unbind", NULL, unbind, .driver = true),
	OPERATION("bind", when_unbound, bind, .driver = true, .also = { EBUSY }),
	{}
};

const struct operation sweep_module[] = {
	OPERATION("unload", NULL, unload, .driver = true),
	OPERATION("load", when_unloaded, load, .driver = true,
		  .also = { EBUSY, EINVAL }, .skip = loader_failures),
	{}
};
