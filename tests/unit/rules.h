/* SPDX-License-Identifier: MIT */
/* The harness of the unit tests: each rule is a function, which CHECK()s. */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>

struct rule {
	const char *name;
	void (*run)(void);
};

#define RULE(function)	{ #function, function }

/* The test's own; ends with a rule without a name. */
extern const struct rule rules[];

/* Ends the rule if it does not hold. */
#define CHECK(cond) check(cond, #cond, __LINE__)

void check(bool ok, const char *what, int line);

/* A number from the environment. */
unsigned long setting(const char *name, unsigned long fallback);

#endif /* RULES_H */
