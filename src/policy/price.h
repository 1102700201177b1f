/*
 * price: what a model's tokens cost, from a dated table, and what a turn of so
 * many tokens comes to.  Money is micro (base/money.h), prices are micro for a
 * million tokens, so that no sum is rounded twice.
 * What is not in a table is not known, and that is never 0: a price of 0 is
 * one that somebody wrote down.
 *
 * A table (share/prices.json, and the user's own in its form):
 *
 *   {"prices": [
 *      {"host": "api.example.org", "model": "example-4", "input": 3,
 *       "cached": 0.3, "cache_write": 3.75, "output": 15,
 *       "above": {"tokens": 200000, "input": 6, "output": 22.5},
 *       "dated": "2026-11-20", "source": "https://..."}]}
 *
 * in dollars for a million tokens.  A row is for a `host` (of the base_url) or
 * for a `provider` (as the user calls it), or for both; one with neither is for
 * all.  `model` is the beginning of a model's name: what may follow is the date
 * of a snapshot ("-20250929", "-2025-09-29"), "-latest" or "@..."; with a * at
 * its end anything may.  The longest that fits counts.
 */
#ifndef ASSENT_POLICY_PRICE_H
#define ASSENT_POLICY_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/money.h"

#define PRICE_UNKNOWN MONEY_UNKNOWN

struct price_rates {		/* micro for a million tokens; or UNKNOWN */
	int64_t	 input;
	int64_t	 cached;	/* read from the cache; unknown: as input */
	int64_t	 cache_write;	/* unknown: as input */
	int64_t	 output;	/* reasoning too */
};

struct price {
	struct price_rates rates;
	int64_t		 above;	/* prompts of more tokens cost `more`; 0: no */
	struct price_rates more;
};

struct price_usage {		/* tokens; below zero: not told */
	int64_t	 input;		/* all of the prompt, cached and written too */
	int64_t	 cached;
	int64_t	 cache_write;
	int64_t	 output;
	int64_t	 write_1h;	/* of cache_write: costs twice the input */
};

/* Is this a table? -1 with what is wrong, and in which row. */
int	price_table_check(const cJSON *table, struct err *);
/*
 * The row for this model, as the object that a session records: the members of
 * struct price as numbers of micro, `model`, and `dated` and `source` where the
 * row has them. NULL if there is none, or if the row has no price (*told says
 * that there is one: not to be looked up elsewhere). The caller deletes.
 * base_url may be NULL.
 */
cJSON	*price_find(const cJSON *table, const char *provider,
	    const char *base_url, const char *model, bool *told);
/* From such an object; false if it has no price (or is NULL). */
bool	price_read(const cJSON *, struct price *);
/* In micro, rounded to the nearest; PRICE_UNKNOWN if the counts that matter
 * were not told, or are beyond all sense. */
int64_t	price_of(const struct price *, const struct price_usage *);

/*
 * Tokens of so many bytes of a request or an answer, where the provider has not
 * told: a third of the bytes, rounded up. English prose and code have 3.5 to
 * 4.5 bytes a token with the usual vocabularies, so this rather errs upwards.
 */
int64_t	price_tokens_guess(uint64_t bytes);

#endif
