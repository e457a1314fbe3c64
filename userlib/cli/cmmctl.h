/* SPDX-License-Identifier: MIT */
/*
 * Shared by the commands of cmmctl: entry points and error messages. An error is one
 * line, "cmmctl: zone 'x': what is wrong; what to do". The name of a zone is always the
 * last argument, which is optional.
 */
#ifndef CMMCTL_H
#define CMMCTL_H

#include <cmm.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Exit statuses other than 0. */
#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define EXIT_UNKNOWN	3

/**
 * struct command - one subcommand
 * @name: the name on the command line
 * @args: the arguments, for the usage line
 * @help: one line for the overview
 * @details: further lines for the command's own help
 * @example: a command line, for the command's own help
 * @statuses: exit statuses beyond those of all commands, or NULL
 * @run: runs the command and returns the exit status; argv[0] is the command's name,
 *	and --help is not among the arguments
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	const char *details;
	const char *example;
	const char *statuses;
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_info;
extern const struct command cmd_list;
extern const struct command cmd_devices;
extern const struct command cmd_whois;
extern const struct command cmd_alloc;

/*
 * Prints an error of the command line, "cmmctl info: 'x' is …", and the usage. Returns
 * EXIT_USAGE.
 */
int usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Reads the remaining operands, NULL-terminated: at most the name of a zone.
 * Sets *@zone to it, or to NULL. Returns 0 or EXIT_USAGE.
 */
int parse_zone(const struct command *command, char **operands,
	       const char **zone);

/*
 * Prints what cmm_explain() says about the last failure. @zone is the zone's name. @what
 * is the action that failed, "cannot …". Either may be NULL. Returns EXIT_FAILED.
 */
int zone_error(const char *zone, const char *what);

/*
 * Opens the zone @name, or the default zone if @name is NULL. On failure, prints the reason
 * and returns NULL.
 */
struct cmm_zone *open_zone(const char *name);

/* Returns 0. On failure, prints the reason and returns an exit status. */
typedef int (*zone_fn)(struct cmm_zone *zone, const char *name, void *arg);

/*
 * Calls @each for the zone @name, or for all zones if @name is NULL. Returns the exit
 * status, which is not 0 if one of the zones failed.
 */
int visit_zones(const char *name, zone_fn each, void *arg);

#endif /* CMMCTL_H */
