/*
 * How long a random test goes on, and from where.  ROUNDS and SEED in the
 * environment say it; else it does its usual number of rounds from seed 1, all
 * `slow` of them in `make check-slow`, and fewer under a sanitizer, where each
 * takes ten times as long and memory is what is looked at.
 */
#ifndef TEST_ROUNDS_H
#define TEST_ROUNDS_H

#include <stdint.h>
#include <stdlib.h>

static inline unsigned long long
rounds_env(const char *name, unsigned long long usual)
{
	const char *text = getenv(name);

	return text == NULL || text[0] == '\0' ? usual :
	    strtoull(text, NULL, 10);
}

static inline unsigned long long
rounds_of(unsigned long long usual, unsigned long long slow)
{
	if (getenv("ASSENT_SLOW") != NULL)
		usual = slow;
#ifdef __SANITIZE_ADDRESS__
	usual = (usual + 4) / 5;
#endif
	return rounds_env("ROUNDS", usual);
}

static inline unsigned long long
rounds_seed(void)
{
	return rounds_env("SEED", 1);
}

/* By chance, but the same for the same seed. */
static inline uint32_t
random_next(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

#endif
