// SPDX-License-Identifier: MIT
/*
 * The zones of a command: reads their names, opens them, and prints errors.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmmctl.h"

/* Exists while the cmm module is loaded. */
#define CLASS_PATH	"/sys/class/cmm"
#define NODE_DIR	"/dev/cmm"

int parse_zone(const struct command *command, char **operands,
	       const char **zone)
{
	int i;

	*zone = NULL;
	for (i = 0; operands[i]; i++) {
		if (operands[i][0] == '-')
			return usage_error(command, "'%s' is not an option",
					   operands[i]);
		if (i)
			return usage_error(command,
					   "'%s' is one argument too many",
					   operands[i]);
		*zone = operands[i];
	}
	return 0;
}

int zone_error(const char *zone, const char *what)
{
	const char *reason = cmm_explain();

	fputs("cmmctl: ", stderr);
	if (zone)
		fprintf(stderr, "zone '%s': ", zone);
	if (what)
		fprintf(stderr, "%s: ", what);
	fprintf(stderr, "%s\n", reason);
	return EXIT_FAILED;
}

static int no_zone(void)
{
	fputs(access(CLASS_PATH, F_OK) ?
	      "cmmctl: the cmm module is not loaded; run 'modprobe cmm'" :
	      "cmmctl: the cmm module is loaded, but there is no zone", stderr);
	fputs("; 'dmesg | grep cmm' shows what failed\n", stderr);
	return EXIT_FAILED;
}

static int add_name(const char *name, void *arg)
{
	int *names = arg;

	fprintf(stderr, "%s%s", (*names)++ ? ", " : "", name);
	return 0;
}

/* Completes a message with the names of the zones. */
static void print_names(const char *before)
{
	int names = 0;

	fputs(before, stderr);
	cmm_zone_list(add_name, &names);
	fputc('\n', stderr);
}

/* The udev rule lets the group of a node open it; without it only root can. */
static void no_permission(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s",
		 strchr(name, '/') ? "" : NODE_DIR "/", name);
	fprintf(stderr, "cmmctl: zone '%s': permission denied; ", name);
	if (!stat(path, &st) && st.st_gid && st.st_mode & 0040)
		fputs("you are not in the group of its node, 'video' by the udev rule: ",
		      stderr);
	else
		fprintf(stderr, "its node belongs to root alone: %s, run '%s', ",
			"install the udev rule 70-cmm.rules",
			"udevadm control --reload && udevadm trigger -s cmm");
	fputs("run 'usermod -aG video USER', log in again, and check with 'id'\n",
	      stderr);
}

/* Stores the name of the first zone. */
static int keep_name(const char *name, void *arg)
{
	snprintf(arg, NAME_MAX + 1, "%s", name);
	return 1;
}

/* Prints why zone @name could not be opened. NULL means the default zone. */
static void open_failed(const char *name, int errnum)
{
	char first[NAME_MAX + 1] = "";

	if (!name)
		name = getenv("CMM_ZONE");
	if (name && !*name)
		name = NULL;
	if (errnum == ENOENT || !name)
		cmm_zone_list(keep_name, first);
	if (errnum == ENOENT && !*first) {
		no_zone();
		return;
	}
	if (errnum == ENOTUNIQ) {
		print_names("cmmctl: there are several zones; name one of ");
		return;
	}
	if (!name)
		name = first;
	if (errnum == EACCES) {
		no_permission(name);
		return;
	}
	if (errnum == ENOENT || errnum == ENOTTY) {
		fprintf(stderr, "cmmctl: '%s' is not a zone", name);
		print_names("; name one of ");
		return;
	}
	errno = errnum;
	zone_error(name, NULL);
}

struct cmm_zone *open_zone(const char *name)
{
	struct cmm_zone *zone = cmm_zone_open(name);

	if (!zone)
		open_failed(name, errno);
	return zone;
}

struct visit {
	zone_fn each;
	void *arg;
	unsigned int zones;
	int status;
};

/* Never stops the walk: one failing zone must not hide the other zones. */
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
		return zone_error(NULL, "cannot read " NODE_DIR);

	return visit.zones ? visit.status : no_zone();
}
