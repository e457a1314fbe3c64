// SPDX-License-Identifier: MIT
/* The driver's life: binding and unbinding a zone, loading and unloading. */
#include "sweep.h"

#include <errno.h>
#include <unistd.h>

#include "driver.h"

/* CONFIG_DEBUG_KOBJECT_RELEASE lets go of its range a little later. */
static int when_unbound(struct scene *scene)
{
	int ret = driver_unbind();

	(void)scene;
	while (!ret && driver_holds_range())
		usleep(10000);
	return ret;
}

static int when_unloaded(struct scene *scene)
{
	(void)scene;
	return driver_unload();
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

/* The kernel says of a range that it has no memory to claim: it is taken. */
const struct operation sweep_driver[] = {
	OPERATION("unbind", NULL, unbind, .driver = true),
	OPERATION("bind", when_unbound, bind, .driver = true, .also = EBUSY),
	{}
};

const struct operation sweep_module[] = {
	OPERATION("unload", NULL, unload, .driver = true),
	OPERATION("load", when_unloaded, load, .driver = true, .also = EBUSY),
	{}
};
