/* See task-limit.h. */
#include "config.h"

#include "journal/task-limit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/task-usage.h"

#define LIMIT_TURNS_USUAL 30
#define LIMIT_REPEATS_USUAL 5

/* clang-format off */
static const struct limit_row {
	const char	*word;
	const char	*flag;		/* NULL: none */
	const char	*setting;	/* in the start object */
	int64_t		 unit;		/* our units per one of the journal's */
	int64_t		 def;
} limit_rows[LIMIT_KINDS] = {
	{ "turns", "--max-turns", "max_turns", 1, LIMIT_TURNS_USUAL },
	{ "tokens", "--max-total-tokens", "max_total_tokens", 1, 0 },
	{ "money", "--max-cost", "max_cost_usd", MONEY_DOLLAR, 0 },
	{ "time", "--max-time", "max_time_ms", 1000, 0 },
	{ "repeat", NULL, "max_repeats", 1, LIMIT_REPEATS_USUAL },
};
/* clang-format on */

int64_t
limit_setting(enum limit_kind kind, const cJSON *settings)
{
	const struct limit_row *r = &limit_rows[kind];
	const cJSON *v = json_get(settings, r->setting);

	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
	    v->valuedouble > (double)TASK_USAGE_MAX)
		return r->def;
	/* Times are in ms there too. */
	return kind == LIMIT_MONEY ? money_from_json(v) :
	    json_int(settings, r->setting, r->def);
}

const char *
limit_word(enum limit_kind kind)
{
	return limit_rows[kind].word;
}

int
limit_find(const char *word)
{
	const struct limit_row *row = MEM_FIND(limit_rows, word);

	return row == NULL ? LIMIT_NONE : (int)(row - limit_rows);
}

const char *
limit_flag(enum limit_kind kind)
{
	return limit_rows[kind].flag;
}

int64_t
limit_used(const struct task_usage *s, enum limit_kind kind)
{
	switch (kind) {
	case LIMIT_TURNS:
		return s->task.turns;
	case LIMIT_TOKENS:
		return task_usage_add(s->task.in, s->task.out);
	case LIMIT_MONEY:
		return s->task.cost;
	case LIMIT_TIME:
		return s->task.worked_ms;
	case LIMIT_REPEAT:
		break;
	}
	return s->repeats;
}

int64_t
limit_now(const struct task_usage *s, enum limit_kind kind)
{
	return s->limit[kind] <= 0 ? 0 : s->limit[kind] + s->more[kind];
}

int
limit_reached(const struct task_usage *s)
{
	int i;

	for (i = 0; i < LIMIT_KINDS; i++) {
		int64_t most = limit_now(s, i);

		if (most > 0 && (limit_used(s, i) >= most ||
		    (i == LIMIT_MONEY &&
		    s->task.unpriced > s->unpriced_known)))
			return i;
	}
	return LIMIT_NONE;
}

double
limit_to_json(enum limit_kind kind, int64_t v)
{
	return (double)v / (double)limit_rows[kind].unit;
}

int64_t
limit_from_json(enum limit_kind kind, double v)
{
	if (!(v >= 0) || v > (double)TASK_USAGE_MAX / 1e6)
		return -1;
	return (int64_t)(v * (double)limit_rows[kind].unit + 0.5);
}

int64_t
limit_step(const struct task_usage *s, enum limit_kind kind)
{
	return s->limit[kind];
}

/* ---- words ---- */

void
limit_count_text(struct buf *b, int64_t n)
{
	if (n >= 1000) {
		limit_count_text(b, n / 1000);
		buf_addf(b, ",%03d", (int)(n % 1000));
	} else
		buf_addf(b, "%lld", (long long)n);
}

void
limit_text(struct buf *b, enum limit_kind kind, int64_t v)
{
	int64_t s = (v + 500) / 1000;

	switch (kind) {
	case LIMIT_TURNS:
		buf_addf(b, "%lld turn%s", (long long)v, v == 1 ? "" : "s");
		break;
	case LIMIT_TOKENS:
		limit_count_text(b, v);
		buf_adds(b, " tokens");
		break;
	case LIMIT_MONEY:
		money_text(b, v);
		break;
	case LIMIT_TIME:
		if (s >= 3600)
			buf_addf(b, "%lld:%02lld:%02lld h",
			    (long long)(s / 3600),
			    (long long)(s / 60 % 60), (long long)(s % 60));
		else if (s >= 60)
			buf_addf(b, "%lld:%02lld min", (long long)(s / 60),
			    (long long)(s % 60));
		else
			buf_addf(b, "%lld s", (long long)s);
		break;
	case LIMIT_REPEAT:
		buf_addf(b, "%lld times", (long long)v);
		break;
	}
}

/* "200", "200k", "2M"; -1 if it is none: in a time, m is minutes. */
static int64_t
limit_count_from_text(const char *s)
{
	int64_t v = 0;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = 10 * v + (*s - '0');
		if (v > TASK_USAGE_MAX / 10000000)
			return -1;
	}
	if (*s == 'k' || *s == 'K')
		v *= 1000;
	else if (*s == 'M')
		v *= 1000000;
	else
		s--;
	return s[1] == '\0' ? v : -1;
}

int64_t
limit_from_text(enum limit_kind kind, const char *s)
{
	int64_t v;

	while (*s == ' ' || *s == '+')
		s++;
	v = kind == LIMIT_MONEY ? money_from_text(s) :
	    kind == LIMIT_TIME ? clock_duration_ms(s) :
	    limit_count_from_text(s);
	return v > 0 ? v : -1;
}
