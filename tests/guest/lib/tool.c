// SPDX-License-Identifier: MIT
/* Programs that tests run: see tool.h. */
#include "tool.h"

#include <stdio.h>
#include <sys/wait.h>

#include "harness.h"

int tool_run(const char *command, char *text, size_t size)
{
	char line[256];
	FILE *out;
	size_t len;
	int status;

	snprintf(line, sizeof(line), "%s 2>&1", command);
	out = popen(line, "r");
	ASSERT(out);
	len = fread(text, 1, size - 1, out);
	text[len] = '\0';
	status = pclose(out);
	ASSERT(WIFEXITED(status));
	note("%s: %.150s", command, text);
	return WEXITSTATUS(status);
}
