// SPDX-License-Identifier: MIT
/*
 * Finding the zones that a command is about, and saying what is wrong with
 * them.
 */
#include <errno.h>
#include <stdio.h>

#include "cmmctl.h"

/* What to do about an errno, or NULL. */
static const char *remedy(int errnum)
{
	switch (errnum) {
	case EACCES:
		return "be root or a member of the group video";
	case EMFILE:
		return "ask for fewer buffers or raise 'ulimit -n'";
	case ENODEV:
		return "bind its device to cmm again";
	case ENOENT:
		return "'cmmctl info' shows the zones that there are";
	case ENOSPC:
	case ENOBUFS:
	case EDQUOT:
		return "'cmmctl list' shows who holds what";
	case ENOTTY:
		return "name a node in /dev/cmm";
	case ENOTUNIQ:
		return "choose one with --zone";
	default:
		return NULL;
	}
}

int zone_error(const char *zone, const char *what)
{
	const char *reason = cmm_strerror(errno);
	const char *advice = remedy(errno);

	fputs("cmmctl: ", stderr);
	if (zone)
		fprintf(stderr, "zone '%s': ", zone);
	if (what)
		fprintf(stderr, "%s: ", what);
	fputs(reason, stderr);
	if (advice)
		fprintf(stderr, "; %s", advice);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

static int no_zone(void)
{
	fputs("cmmctl: no CMM zone on this system: is the cmm module loaded?\n",
	      stderr);
	return EXIT_FAILED;
}

static int found(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return 1;
}

struct cmm_zone *open_zone(const char *name)
{
	struct cmm_zone *zone = cmm_zone_open(name);
	int saved = errno;

	if (zone)
		return zone;
	if (saved == ENOENT && cmm_zone_list(found, NULL) == 0) {
		no_zone();
		return NULL;
	}
	errno = saved;
	zone_error(name, NULL);
	return NULL;
}

struct visit {
	zone_fn each;
	void *arg;
	unsigned int zones;
	int status;
};

/* Never ends the walk: a zone that fails does not hide the others. */
static int visit_zone(const char *name, void *arg)
{
	struct visit *visit = arg;
	struct cmm_zone *zone = open_zone(name);
	int status = EXIT_FAILED;

	visit->zones++;
	if (zone)
		status = visit->each(zone, name, visit->arg);
	if (status)
		visit->status = status;
	cmm_zone_close(zone);
	return 0;
}

int visit_zones(const char *name, zone_fn each, void *arg)
{
	struct visit visit = { .each = each, .arg = arg };

	if (name)
		visit_zone(name, &visit);
	else if (cmm_zone_list(visit_zone, &visit))
		return zone_error(NULL, "cannot read /dev/cmm");

	return visit.zones ? visit.status : no_zone();
}
