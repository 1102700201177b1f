/* See stats-print.h. */
#include "config.h"

#include "cmd/stats-print.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/money.h"
#include "base/sanitize.h"
#include "cmd/base/print.h"

#define STATS_BAR	20	/* cells */
#define STATS_NAME	19	/* cells of a row's name */

void
stats_print_used(struct buf *b, const struct stats_sum *s)
{
	const struct task_usage_sum *u = &s->used;

	buf_addf(b, "%lld turn%s, %s", (long long)u->turns,
	    u->turns == 1 ? "" : "s", u->guessed ? "~" : "");
	limit_count_text(b, u->in);
	buf_adds(b, " tokens in, ");
	limit_count_text(b, u->out);
	buf_adds(b, " out, cache ");
	task_usage_cache_text(b, u);
	buf_adds(b, ", ");
	if (stats_cost(s) < 0)
		buf_adds(b, "cost unknown");
	else
		money_text(b, stats_cost(s));
}

void
stats_print_hunks(struct buf *b, const struct stats_sum *s)
{
	buf_addf(b, "hunks: %lld accepted", (long long)s->n[STATS_ACCEPTED]);
	if (s->n[STATS_EDITED] > 0)
		buf_addf(b, " (%lld edited)", (long long)s->n[STATS_EDITED]);
	buf_addf(b, ", %lld rejected", (long long)s->n[STATS_REFUSED]);
}

/* ---- rates ---- */

static int
stats_percent(int64_t part, int64_t all)
{
	return all <= 0 ? 0 : (int)(100.0 * (double)part / (double)all);
}

static void
stats_bar(struct buf *b, int64_t part, int64_t all)
{
	bool ascii = (sanitize_locale() & SANITIZE_ASCII) != 0;
	int i, full = (stats_percent(part, all) * STATS_BAR + 50) / 100;

	for (i = 0; i < STATS_BAR; i++)
		buf_adds(b, i < full ? (ascii ? "#" : "\u2588") :
		    ascii ? "." : "\u2591");
	buf_adds(b, "  ");
}

static void
stats_rate(const char *what, int64_t part, int64_t all, const char *of,
    int aim)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (all == 0)
		return;
	buf_addf(&b, "    %-20s%4d%%  ", what, stats_percent(part, all));
	if (print_is_terminal(stdout))
		stats_bar(&b, part, all);
	buf_addf(&b, "%lld of %lld %s", (long long)part, (long long)all, of);
	if (aim > 0)
		buf_addf(&b, " (aim: over %d%%)", aim);
	print_words(stdout, "%s", buf_str(&b));
}

static double
stats_mean(const struct stats_sum *s, int64_t v)
{
	return (double)v / (double)s->n[STATS_TASKS];
}

static void
stats_time(struct buf *b, const struct stats_sum *s, enum stats_count k)
{
	limit_text(b, LIMIT_TIME, (int64_t)stats_mean(s, s->n[k]));
}

static void
stats_means(const struct stats_sum *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "    a task on average: %.1f prompts, %.1f keys, review ",
	    stats_mean(s, s->n[STATS_PROMPTS]),
	    stats_mean(s, s->n[STATS_KEYS]));
	stats_time(&b, s, STATS_REVIEW_MS);
	buf_adds(&b, ", waiting ");
	stats_time(&b, s, STATS_WAITED_MS);
	buf_adds(&b, " of ");
	stats_time(&b, s, STATS_WALL_MS);
	buf_adds(&b, " in all");
	print_words(stdout, "%s", buf_str(&b));
}

/* ---- rows ---- */

static void
stats_share(struct buf *b, int width, int64_t part, int64_t all)
{
	AUTO_FREE char *text = all == 0 ? xstrdup("-") :
	    xasprintf("%d%%", stats_percent(part, all));

	buf_addf(b, "%*s", width, text);
}

static void
stats_print_row(const struct stats_row *r)
{
	const struct stats_sum *s = &r->sum;
	const int64_t *n = s->n;
	int wide = sanitize_width(r->name, strlen(r->name),
	    sanitize_locale());
	AUTO_BUF struct buf b = BUF_INIT(0), t = BUF_INIT(0);

	buf_addf(&b, "    %s%*s%6lld", r->name, wide < STATS_NAME ?
	    STATS_NAME - wide : 1, "", (long long)n[STATS_TASKS]);
	stats_share(&b, 8, n[STATS_PASSED], n[STATS_CHECKED]);
	stats_share(&b, 7, n[STATS_APPROVED], n[STATS_PLANS]);
	stats_share(&b, 7, n[STATS_ACCEPTED], n[STATS_ACCEPTED] +
	    n[STATS_REFUSED]);
	buf_addf(&b, "%6.1f", n[STATS_TASKS] == 0 ? 0.0 :
	    stats_mean(s, n[STATS_KEYS]));
	limit_text(&t, LIMIT_TIME, n[STATS_TASKS] == 0 ? 0 :
	    n[STATS_REVIEW_MS] / n[STATS_TASKS]);
	buf_addf(&b, "%8s", buf_str(&t));
	buf_clear(&t);
	limit_text(&t, LIMIT_TIME, n[STATS_TASKS] == 0 ? 0 :
	    n[STATS_WALL_MS] / n[STATS_TASKS]);
	buf_addf(&b, "%9s", buf_str(&t));
	buf_clear(&t);
	money_text(&t, stats_cost(s));
	buf_addf(&b, "%10s", buf_str(&t));
	print_words(stdout, "%s", buf_str(&b));
}

void
stats_print_rates(const struct stats *s)
{
	static const char *const by_names[STATS_BY] = { "by model",
		"by profile", "by week" };
	const int64_t *n = s->sum.n;
	size_t i;
	int by;

	if (n[STATS_TASKS] == 0)
		return;
	stats_rate("first check passed", n[STATS_PASSED], n[STATS_CHECKED],
	    "tasks", 80);
	stats_rate("plans approved", n[STATS_APPROVED], n[STATS_PLANS],
	    "plans", 70);
	stats_rate("hunks accepted", n[STATS_ACCEPTED], n[STATS_ACCEPTED] +
	    n[STATS_REFUSED], "hunks", 0);
	stats_means(&s->sum);
	for (by = 0; by < STATS_BY; by++) {
		if (s->by[by].len < 2)
			continue;
		print_words(stdout, "    %-*s%6s%8s%7s%7s%6s%8s%9s%10s",
		    STATS_NAME, by_names[by], "tasks", "passed", "plans",
		    "hunks", "keys", "review", "wall", "cost");
		for (i = 0; i < s->by[by].len; i++)
			stats_print_row(&s->by[by].v[i]);
	}
}

/* ---- CSV ---- */

/* Foreign text, as one field. A spreadsheet runs what begins with "=". */
static void
stats_field(struct buf *b, const char *s)
{
	if (b->len > 0)
		buf_addc(b, ',');
	if (s == NULL)
		return;
	buf_addc(b, '"');
	if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL)
		buf_addc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_addc(b, '"');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void
stats_number(struct buf *b, int64_t v)
{
	buf_addf(b, ",%lld", (long long)v);
}

static void
stats_seconds(struct buf *b, int64_t ms)
{
	buf_addf(b, ",%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
}

static void
stats_csv_sum(struct buf *b, const struct stats_sum *s)
{
	const struct task_usage_sum *u = &s->used;
	int i;

	for (i = STATS_TASKS; i <= STATS_KEYS; i++)
		stats_number(b, i == STATS_ACCEPTED ? s->n[i] -
		    s->n[STATS_EDITED] : s->n[i]);
	stats_number(b, u->turns);
	stats_number(b, u->in);
	stats_number(b, u->out);
	if (u->cached_told)
		stats_number(b, u->cached);
	else
		buf_addc(b, ',');
	buf_addc(b, ',');
	if (stats_cost(s) >= 0)
		buf_addf(b, "%lld.%06lld", (long long)(u->cost / MONEY_DOLLAR),
		    (long long)(u->cost % MONEY_DOLLAR));
	stats_seconds(b, s->n[STATS_REVIEW_MS]);
	stats_seconds(b, u->worked_ms);
	stats_seconds(b, s->n[STATS_WAITED_MS]);
	stats_seconds(b, s->n[STATS_WALL_MS]);
}

void
stats_print_csv(const struct stats_run *r)
{
	static const char head[] = "session,name,project,started,week,mode,"
	    "profile,model,outcome,exit,tasks,checked,passed_first,plans,"
	    "plans_approved,hunks_accepted,hunks_edited,hunks_rejected,"
	    "prompts,keys,turns,tokens_in,tokens_out,tokens_cached,cost_usd,"
	    "review_s,worked_s,waited_s,wall_s,file,"
	    "repeated\r\n";
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (r == NULL) {
		fputs(head, stdout);
		return;
	}
	buf_addc(&b, '"');
	buf_adds(&b, r->session == NULL ? "" : r->session);
	buf_addc(&b, '"');
	stats_field(&b, r->name);
	stats_field(&b, r->project);
	stats_field(&b, r->started);
	stats_field(&b, r->stats.by[STATS_BY_WEEK].len == 0 ? NULL :
	    r->stats.by[STATS_BY_WEEK].v[0].name);
	stats_field(&b, r->mode);
	stats_field(&b, r->stats.profile);
	stats_field(&b, r->stats.model);
	stats_field(&b, r->stats.outcome);
	if (r->exit < 0)
		buf_addc(&b, ',');
	else
		stats_number(&b, r->exit);
	stats_csv_sum(&b, &r->stats.sum);
	stats_field(&b, r->file);
	buf_adds(&b, r->repeated ? ",yes\r\n" : ",\r\n");
	print_foreign(stdout, b.p, b.len);
}
