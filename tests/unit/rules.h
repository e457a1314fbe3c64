/* SPDX-License-Identifier: MIT */
/* The harness of the unit tests. Each rule is a function that uses CHECK(). */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>

struct rule {
	const char *name;
	void (*run)(void);
};

#define RULE(function)	{ #function, function }

/* Each test program defines this. The last rule has no name. */
extern const struct rule rules[];

/* Ends the rule as failed if @cond is false. */
#define CHECK(cond) check(cond, #cond, __LINE__)

void check(bool ok, const char *what, int line);

/* Returns a number from the environment. */
unsigned long setting(const char *name, unsigned long fallback);

#endif /* RULES_H */
