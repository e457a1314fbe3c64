// SPDX-License-Identifier: MIT
/*
 * cmmctl: shows the zones of contiguous memory and allocates from them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmmctl.h"

/* Exit statuses of all commands. */
#define STATUSES	"0 done, 1 failed, 2 a mistake in the command line"

static const struct command *const commands[] = {
	&cmd_info,
	&cmd_list,
	&cmd_devices,
	&cmd_whois,
	&cmd_alloc,
};

int usage_error(const struct command *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "cmmctl %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: cmmctl %s %s\n", command->name,
		command->args);
	return EXIT_USAGE;
}

static int overview(FILE *to)
{
	size_t i;

	fputs("usage: cmmctl COMMAND [ARGUMENT]...\n\n"
	      "Shows the zones of physically contiguous memory, which are the nodes\n"
	      "/dev/cmm/<zone>, and allocates from them.\n\n", to);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i]->name,
			commands[i]->help);
	fputs("\nEvery command takes the name of a ZONE as its last argument (before --).\n"
	      "Without it, alloc uses the default zone, and the other commands use all zones.\n\n"
	      "Example: cmmctl info\n"
	      "Exit status: " STATUSES ".\n"
	      "'cmmctl COMMAND --help' explains a command, 'cmmctl --version' prints the\n"
	      "version.\n", to);
	return to == stdout ? 0 : EXIT_USAGE;
}

static int is_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

static int wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (is_help(argv[i]))
			return 1;
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	if (!wants_help(argc, argv))
		return command->run(argc, argv);

	printf("usage: cmmctl %s %s\n\n%s\n\nExample: %s\n", command->name,
	       command->args, command->details, command->example);
	printf("Exit status: " STATUSES "%s.\n",
	       command->statuses ? command->statuses : "");
	return 0;
}

static int run_named(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return overview(stderr);
	if (is_help(argv[1]))
		return overview(stdout);
	if (!strcmp(argv[1], "--version")) {
		puts("cmmctl " CMM_VERSION);
		return 0;
	}

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i]->name))
			return run(commands[i], argc - 1, argv + 1);

	fprintf(stderr,
		"cmmctl: '%s' is not a command; see 'cmmctl --help'\n",
		argv[1]);
	return EXIT_USAGE;
}

/* Lost output is a failure, for example on a full disk. */
static int close_output(int status)
{
	int failed = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !failed)
		return status;
	fputs("cmmctl: cannot write the output", stderr);
	/* The reason of an earlier failure may be lost. */
	if (errno)
		fprintf(stderr, ": %s", strerror(errno));
	fputc('\n', stderr);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	return close_output(run_named(argc, argv));
}
