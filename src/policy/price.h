/*
 * price: the cost of a model's tokens, from a dated table. Money is in micro,
 * millionths of a dollar (base/money.h), prices in micro per million tokens, so that nothing is
 * rounded twice. A missing price is unknown, never 0; a price of 0 is in the
 * table explicitly.
 *
 * A table (share/prices.json, or the user's own in the same form):
 *
 *   {"prices": [
 *      {"host": "api.example.org", "model": "example-4", "input": 3,
 *       "cached": 0.3, "cache_write": 3.75, "output": 15,
 *       "above": {"tokens": 200000, "input": 6, "output": 22.5},
 *       "dated": "2026-11-20", "source": "https://..."}]}
 *
 * in dollars per million tokens. A row applies to a `host` (in the base_url), a
 * `provider` (the user's name for it), or both; without either, to all. `model`
 * is the start of a model's name: it matches if a snapshot date ("-20250929",
 * "-2025-09-29"), "-latest" or "@..." follows, and with a * at its end whatever
 * follows. The longest match wins.
 */
#ifndef ASSENT_POLICY_PRICE_H
#define ASSENT_POLICY_PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/money.h"

#define PRICE_UNKNOWN MONEY_UNKNOWN

struct price_rates {		/* micro per million tokens; or UNKNOWN */
	int64_t	 input;
	int64_t	 cached;	/* read from the cache; unknown: as input */
	int64_t	 cache_write;	/* unknown: as input */
	int64_t	 output;	/* including reasoning */
};

struct price {
	struct price_rates rates;
	int64_t		 above;	/* longer prompts cost `more`; 0: no */
	struct price_rates more;
};

struct price_usage {		/* tokens; negative: unknown */
	int64_t	 input;		/* the whole prompt, including cached and
				   written */
	int64_t	 cached;
	int64_t	 cache_write;
	int64_t	 output;
	int64_t	 write_1h;	/* part of cache_write: costs twice the input */
};

/* Is this a table? -1 with the error and its row. */
int	price_table_check(const cJSON *table, struct err *);
/*
 * The row for this model, as the object that a session records: the members of
 * struct price in micro, `model`, and `dated` and `source` if the row has them.
 * NULL if there is none, or if its price is explicitly unknown (*told: don't
 * look elsewhere). The caller deletes. base_url may be NULL.
 */
cJSON	*price_find(const cJSON *table, const char *provider,
	    const char *base_url, const char *model, bool *told);
/* The same from "3/0.30/15": input, cached, output; or from "3/15". NULL if it is
 * neither. */
cJSON	*price_from_text(const char *);
/* The model of a row of the table if it applies to this provider and is a whole
 * name; else NULL. */
const char *price_row_model(const cJSON *row, const char *provider,
	    const char *base_url);
/* From such an object; false if it has no price (or is NULL). */
bool	price_read(const cJSON *, struct price *);
/* In micro, rounded to the nearest; PRICE_UNKNOWN if a count is missing or
 * absurdly large. */
int64_t	price_of(const struct price *, const struct price_usage *);

#endif
