#include "config.h"

#include "journal/task-usage.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "journal/event.h"

#define LIMIT_TURNS_USUAL 30
#define LIMIT_REPEATS_USUAL 5

/* clang-format off */
const struct limit_row limit_rows[LIMIT_KINDS] = {
	{ "turns", "--max-turns", "max_turns", 1, LIMIT_TURNS_USUAL },
	{ "tokens", "--max-total-tokens", "max_total_tokens", 1, 0 },
	{ "money", "--max-cost", "max_cost_usd", MONEY_DOLLAR, 0 },
	{ "time", "--max-time", "max_time_ms", 1000, 0 },
	{ "repeat", NULL, "max_repeats", 1, LIMIT_REPEATS_USUAL },
	{ "today", "--max-cost-day", "max_cost_day_usd", MONEY_DOLLAR, 0 },
	{ "service", NULL, NULL, 1000, 0 },
};
/* clang-format on */

/* A limit's value in the settings of the start object; 0: none. */
static int64_t
limit_setting(enum limit_kind kind, const cJSON *settings)
{
	const struct limit_row *r = &limit_rows[kind];
	const cJSON *v = r->setting == NULL ? NULL :
	    json_get(settings, r->setting);

	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
	    v->valuedouble > (double)TASK_USAGE_MAX)
		return r->def;
	/* Times are in ms there too. */
	return r->unit == MONEY_DOLLAR ? money_from_json(v) :
	    json_int(settings, r->setting, r->def);
}

int
limit_find(const char *word)
{
	const struct limit_row *row = MEM_FIND(limit_rows, word);

	return row == NULL ? LIMIT_NONE : (int)(row - limit_rows);
}

/* The sum, at most TASK_USAGE_MAX. */
static int64_t
task_usage_add(int64_t a, int64_t b)
{
	return b <= 0 ? a : a > TASK_USAGE_MAX - b ? TASK_USAGE_MAX : a + b;
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
		return s->repeats;
	case LIMIT_DAY:
	case LIMIT_SERVICE:
	case LIMIT_NONE:
		break;
	}
	return 0;
}

int
limit_reached(const struct task_usage *s)
{
	int i;

	for (i = 0; i < LIMIT_KINDS; i++)
		if (s->now[i] > 0 && (limit_used(s, i) >= s->now[i] ||
		    (limit_rows[i].unit == MONEY_DOLLAR &&
		    s->task.unpriced > s->unpriced_known)))
			return i;
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
	case LIMIT_DAY:
		money_text(b, v);
		break;
	case LIMIT_TIME:
	case LIMIT_SERVICE:
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
	case LIMIT_NONE:
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
	v = limit_rows[kind].unit == MONEY_DOLLAR ? money_from_text(s) :
	    kind == LIMIT_TIME ? clock_duration_ms(s) :
	    limit_count_from_text(s);
	return v > 0 ? v : -1;
}

/* ---- lines ---- */

static void
task_usage_start(struct task_usage *s, const struct ev_session_start *x)
{
	int i;

	for (i = 0; i < LIMIT_KINDS; i++)
		s->now[i] = s->limit[i] = limit_setting((enum limit_kind)i,
		    x->settings);
	s->window = json_int(x->model, "window", 0);
}

/* Tokens that the next request adds; see query_tokens (core/context/query.c). */
static void
task_usage_said(struct task_usage *s, const char *text)
{
	s->context = task_usage_add(s->context,
	    (int64_t)(strlen(ev_str(text, "")) / 3) + 1);
	s->context_guessed = true;
}

void
task_usage_add_sum(struct task_usage_sum *to, const struct task_usage_sum *turn)
{
	to->turns += turn->turns;
	to->in = task_usage_add(to->in, turn->in);
	to->out = task_usage_add(to->out, turn->out);
	to->cached = task_usage_add(to->cached, turn->cached);
	to->counted = task_usage_add(to->counted, turn->counted);
	to->counted_out = task_usage_add(to->counted_out, turn->counted_out);
	to->cached_told = to->cached_told || turn->cached_told;
	to->cost = task_usage_add(to->cost, turn->cost);
	to->unpriced += turn->unpriced;
	to->worked_ms = task_usage_add(to->worked_ms, turn->worked_ms);
	to->guessed = to->guessed || turn->guessed;
	to->uncounted = to->uncounted || turn->uncounted;
	to->uncached = to->uncached || turn->uncached;
}

struct task_usage_sum
task_usage_whole(const struct task_usage *s)
{
	struct task_usage_sum sum = s->earlier;

	task_usage_add_sum(&sum, &s->task);
	return sum;
}

bool
task_usage_continues(const struct task_usage *s,
    const struct ev_user_message *m)
{
	return s->state == USAGE_UNFINISHED || m->again || m->question != NULL;
}

static void
task_usage_user(struct task_usage *s, const struct event *e)
{
	bool user = strcmp(e->by, "user") == 0;

	if (user && s->state != USAGE_OPEN) {
		s->earlier = task_usage_continues(s, &e->user_message) ?
		    task_usage_whole(s) : (struct task_usage_sum){ 0 };
		memset(&s->task, 0, sizeof(s->task));
		memcpy(s->now, s->limit, sizeof(s->now));
		s->unpriced_known = 0;
		s->repeats = 0;
		s->wrapped = false;
		s->state = USAGE_OPEN;
	}
}

/* Did the model only answer? Nobody can prove that. */
static bool
task_usage_answered(const struct ev_agent_end *x)
{
	return ev_is(x->outcome, "unproven") && x->modified_files != NULL &&
	    x->modified_files_len == 0 && x->proposed_len == 0;
}

/* A request, as it is paid for: the provider's counts, or else the core's
 * guess. */
static struct task_usage_sum
task_usage_turn(const struct ev_usage *usage, const struct ev_guess *guess,
    struct ev_number cost)
{
	const struct ev_usage no_usage = { 0 }, *u = usage == NULL ?
	    &no_usage : usage;
	const struct ev_guess no_guess = { 0 }, *g = guess == NULL ?
	    &no_guess : guess;

	return (struct task_usage_sum){
		.in = ev_int(u->input, g->input),
		.out = ev_int(u->output, g->output),
		.cached = u->cached.n,
		.counted = u->input.n, .counted_out = u->output.n,
		.cached_told = u->cached.is,
		.cost = ev_int(cost, MONEY_UNKNOWN), .unpriced = !cost.is,
		.guessed = guess != NULL && (!u->input.is || !u->output.is),
		.uncounted = !u->input.is || !u->output.is,
		.uncached = !u->cached.is,
	};
}

/* Add the line if it pays for a request, and set *turn to it. */
static bool
task_usage_pays(const struct event *e, struct task_usage_sum *turn)
{
	const struct ev_btw *b = &e->btw;
	const struct ev_compaction *c = &e->compaction;
	const struct ev_review *r = &e->review;
	const struct ev_turn_end *t = &e->turn_end;

	if (e->type == EVENT_TURN_END)
		*turn = task_usage_turn(t->usage, t->guess, t->cost_usd);
	else if (e->type == EVENT_REVIEW)
		*turn = task_usage_turn(r->usage, r->guess, r->cost_usd);
	else if (e->type == EVENT_BTW && b->usage != NULL)
		*turn = task_usage_turn(b->usage, b->guess, b->cost_usd);
	else if (e->type == EVENT_COMPACTION && c->usage != NULL)
		*turn = task_usage_turn(c->usage, c->guess, c->cost_usd);
	else
		return false;
	/* A request that was cut off tells nothing. */
	if (e->type == EVENT_TURN_END && t->broken)
		turn->uncounted = turn->uncached = false;
	return true;
}

bool
task_usage_paid(struct task_usage_sum *sum, const struct event *e)
{
	struct task_usage_sum turn;

	if (!task_usage_pays(e, &turn))
		return false;
	task_usage_add_sum(sum, &turn);
	return true;
}

int64_t
task_usage_cost(const struct task_usage_sum *s)
{
	return s->unpriced > 0 ? MONEY_UNKNOWN : s->cost;
}

static void
task_usage_cache_text(struct buf *b, const struct task_usage_sum *s)
{
	int64_t cached = s->cached < s->counted ? s->cached : s->counted;

	if (!s->cached_told || s->counted <= 0)
		buf_addc(b, '-');
	else
		buf_addf(b, "%d%%", (int)(100.0 * (double)cached /
		    (double)s->counted));
}

void
task_usage_line(struct buf *b, const struct task_usage_sum *s)
{
	const char *about = s->guessed ? "~" : "";

	limit_text(b, LIMIT_TURNS, s->turns);
	if (s->in == 0 && s->out == 0 && s->unpriced == 0)
		return;
	buf_addf(b, ", %s", about);
	limit_count_text(b, s->in);
	buf_adds(b, " tokens in, ");
	limit_count_text(b, s->out);
	buf_addf(b, " out, %s", s->unpriced > 0 ? "cost unknown" : about);
	if (s->unpriced == 0)
		money_text(b, s->cost);
	buf_adds(b, ", cache ");
	task_usage_cache_text(b, s);
}

static void
task_usage_compaction(struct task_usage *s, const struct event *e)
{
	const struct ev_compaction *x = &e->compaction;

	if (s->state == USAGE_UNFINISHED && ev_is(x->why, "new"))
		s->state = USAGE_CLOSED;
	s->context_seq = e->seq;
	s->context = x->tokens == NULL ? 0 : x->tokens->after;
	s->context_guessed = true;
	s->window = x->window > 0 ? x->window : s->window;
}

static void
task_usage_turn_end(struct task_usage *s, const struct event *e,
    const struct task_usage_sum *turn)
{
	s->in_turn = false;
	/* Cut-off text is not sent again. */
	if (!e->turn_end.broken) {
		s->context_seq = e->seq;
		s->context = turn->in + turn->out;
		s->context_guessed = turn->guessed;
	}
}

/* The same tool with the same arguments, however they are written. */
static char *
task_usage_key(const char *name, const cJSON *args, const char *args_text)
{
	AUTO_FREE char *text =
	    args != NULL ? json_print(args) : xstrdup(args_text);

	return xasprintf("%s %s", name, text);
}

int64_t
task_usage_whole_from(const struct task_usage *s)
{
	return s->call_seq > 0 && s->call_seq < s->context_seq ? s->call_seq :
	    s->context_seq;
}

bool
task_usage_is_again(const struct task_usage *s, const char *name,
    const cJSON *args, const char *args_text)
{
	AUTO_FREE char *key = task_usage_key(name, args, args_text);

	return s->last_call != NULL && strcmp(s->last_call, key) == 0;
}

static void
task_usage_call(struct task_usage *s, const struct event *e)
{
	const struct ev_tool_call *x = &e->tool_call;
	char *now;

	if (!ev_is(e->by, "model"))
		return;
	/* A trimmed call equals no other. */
	now = e->cut != NULL ? xstrdup("") : task_usage_key(
	    ev_str(x->name, ""), x->args, ev_str(x->args_text, ""));
	s->repeats = ev_is(s->last_call, now) ? s->repeats + 1 : 1;
	if (s->repeats == 1)
		s->call_seq = e->seq;
	FREE_SET(s->last_call, now);
}

static void
task_usage_budget(struct task_usage *s, const struct ev_budget *x)
{
	int kind = limit_find(x->what);

	/* It cost nothing to be told to wait. */
	if (kind == LIMIT_SERVICE)
		s->in_turn = false;
	if (kind == LIMIT_NONE || x->action == NULL)
		return;
	s->repeats = 0;
	s->wrapped = s->wrapped || ev_is(x->action, "wrap");
	if (!ev_is(x->action, "extend"))
		return;
	if (limit_rows[kind].unit == MONEY_DOLLAR)
		s->unpriced_known = s->task.unpriced;
	if (s->limit[kind] > 0)
		s->now[kind] = task_usage_add(s->now[kind],
		    limit_from_json(kind, x->more));
}

/* Does this text end with a question mark? */
static bool
task_usage_asks(const char *text)
{
	size_t n = strlen(text);

	while (n > 0 && strchr(" \n*_`)", text[n - 1]) != NULL)
		n--;
	return n > 0 && text[n - 1] == '?';
}

/* Time spent on the task so far; 0: the line doesn't say. */
static int64_t
task_usage_worked(const struct event *e)
{
	return e->type == EVENT_TURN_START ? e->turn_start.worked_ms :
	    e->type == EVENT_TURN_END ? e->turn_end.worked_ms :
	    e->type == EVENT_ASSISTANT_MESSAGE ?
	    e->assistant_message.worked_ms :
	    e->type == EVENT_BUDGET ? e->budget.worked_ms :
	    e->type == EVENT_AGENT_END ? e->agent_end.worked_ms : 0;
}

void
task_usage_event(struct task_usage *s, const struct event *e)
{
	int64_t worked = task_usage_worked(e);
	struct task_usage_sum turn = { 0 };

	if (task_usage_pays(e, &turn)) {
		task_usage_add_sum(&s->task, &turn);
		task_usage_add_sum(&s->session, &turn);
	}
	if (e->type == EVENT_SESSION_START)
		task_usage_start(s, &e->session_start);
	else if (e->type == EVENT_USER_MESSAGE) {
		task_usage_user(s, e);
		task_usage_said(s, e->user_message.text);
	} else if (e->type == EVENT_TURN_START) {
		s->task.turns++;
		s->session.turns++;
		s->in_turn = true;
		s->window = e->turn_start.window > 0 ? e->turn_start.window :
		    s->window;
	} else if (e->type == EVENT_COMPACTION)
		task_usage_compaction(s, e);
	else if (e->type == EVENT_MODEL)
		s->window = json_int(e->model.model, "window", 0);
	else if (e->type == EVENT_TURN_END)
		task_usage_turn_end(s, e, &turn);
	else if (e->type == EVENT_TOOL_CALL)
		task_usage_call(s, e);
	else if (e->type == EVENT_TOOL_RESULT)
		task_usage_said(s, e->tool_result.text);
	else if (e->type == EVENT_BUDGET)
		task_usage_budget(s, &e->budget);
	else if (e->type == EVENT_ASSISTANT_MESSAGE)
		s->asked = task_usage_asks(ev_str(e->assistant_message.text,
		    ""));
	else if (e->type == EVENT_NOTE && e->note.forked != NULL) {
		/* The other session has paid for what is before it. */
		s->earlier = s->task = s->session =
		    (struct task_usage_sum){ 0 };
	} else if (e->type == EVENT_AGENT_END) {
		s->state = s->asked || !(ev_is(e->agent_end.outcome, "done") ||
		    ev_is(e->agent_end.outcome, "refused") ||
		    task_usage_answered(&e->agent_end)) ? USAGE_UNFINISHED :
		    USAGE_CLOSED;
	}
	if (worked > s->task.worked_ms && worked < TASK_USAGE_MAX) {
		s->session.worked_ms = task_usage_add(s->session.worked_ms,
		    worked - s->task.worked_ms);
		s->task.worked_ms = worked;
	}
}
