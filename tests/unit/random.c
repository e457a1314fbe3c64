// SPDX-License-Identifier: MIT
/* Random numbers: see random.h. */
#include "random.h"

#include <stdlib.h>
#include <time.h>

#include "ktap.h"

static u64 state;

static unsigned long setting(const char *name, unsigned long fallback)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

unsigned long random_begin(unsigned long default_rounds)
{
	unsigned long rounds = setting("CMM_ROUNDS", default_rounds);

	state = setting("CMM_SEED", (unsigned long)time(NULL));
	ktap_note("seed: CMM_SEED=%llu CMM_ROUNDS=%lu", (unsigned long long)state, rounds);
	return rounds;
}

u32 random_number(u32 below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(state >> 33) % below;
}
