/* SPDX-License-Identifier: MIT */
/* Programs that tests run as a user does. */
#ifndef TOOL_H
#define TOOL_H

#include <stddef.h>

/* Runs a shell's command; its exit status, and all that it printed in text. */
int tool_run(const char *command, char *text, size_t size);

#endif /* TOOL_H */
