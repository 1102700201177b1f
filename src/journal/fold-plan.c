/* The plan: its versions, who approved it, and the finished steps. */
#include "config.h"

#include "journal/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/fold-int.h"

static const struct json_field fold_plan_check[] = {
	JSON_FIELD(fold_plan, check, JSON_TEXT, "command", NULL),
	JSON_FIELD(fold_plan, check_by, JSON_TEXT, "by", NULL),
};

static void
fold_plan_clear(struct fold_plan *p)
{
	size_t i;

	for (i = 0; i < p->steps_len; i++) {
		free(p->steps[i].title);
		free(p->steps[i].held);
		xfree_list(p->steps[i].tools, p->steps[i].tools_len);
		xfree_list(p->steps[i].paths, p->steps[i].paths_len);
	}
	free(p->steps);
	xfree_list(p->files, p->files_len);
	xfree_list(p->risks, p->risks_len);
	free(p->json);
	free(p->word);
	free(p->by);
	free(p->goal);
	JSON_RELEASE(p, fold_plan_check);
	memset(p, 0, sizeof(*p));
}

const char *const fold_plan_words[] = {
	[FOLD_PLAN_NONE] = "",
	[FOLD_PLAN_PROPOSED] = "proposed",
	[FOLD_PLAN_APPROVED] = "approved",
	[FOLD_PLAN_RETURNED] = "returned",
	[FOLD_PLAN_STEP] = "step",
};

enum fold_plan_status
fold_plan_status(const cJSON *line)
{
	return event_type(line) != EVENT_PLAN ? FOLD_PLAN_NONE :
	    (enum fold_plan_status)MEM_WORD(fold_plan_words,
	    json_str(line, "status"));
}

/* The members that a person may edit, in order, as text. */
static char *
fold_plan_json(const cJSON *line)
{
	static const char *const names[] = {
		"goal", "steps", "files", "check", "risks",
	};
	AUTO_JSON cJSON *o = cJSON_CreateObject();

	JSON_COPY(o, line, names);
	return json_print(o);
}

/* "edit, write; src/": the tools and paths a plan step is restricted to;
 * malloc'ed, NULL if it isn't restricted. */
static char *
fold_step_held(const cJSON *step)
{
	static const char *const lists[] = { "tools", "paths" };
	struct buf b = BUF_INIT(0);
	const cJSON *it;
	size_t i;

	for (i = 0; i < MEM_COUNT(lists); i++) {
		const char *sep = b.len > 0 ? "; " : "";

		cJSON_ArrayForEach(it, json_array(step, lists[i])) {
			if (!cJSON_IsString(it))
				continue;
			buf_addf(&b, "%s%s", sep, it->valuestring);
			sep = ", ";
		}
	}
	for (i = 0; i < b.len; i++)	/* always a row of its own */
		if (b.p[i] == '\n')
			b.p[i] = ' ';
	return b.len > 0 ? buf_take(&b) : NULL;
}

static char **
fold_strings(const cJSON *array, size_t *n)
{
	const cJSON *item;
	char **out = NULL;

	*n = 0;
	cJSON_ArrayForEach(item, array) {
		if (!cJSON_IsString(item))
			continue;
		GROW(out, *n);
		out[(*n)++] = xstrdup(item->valuestring);
	}
	return out;
}

static void
fold_plan_parse(struct fold_plan *p, const cJSON *line)
{
	const cJSON *steps = json_array(line, "steps"), *item;
	size_t n = steps == NULL ? 0 : (size_t)cJSON_GetArraySize(steps);
	int version = p->version, before = p->before;

	fold_plan_clear(p);
	p->version = version;
	p->before = before;
	p->json = fold_plan_json(line);
	p->goal = xstrdup_null(json_str(line, "goal"));
	if (n > 0)
		p->steps = xcalloc(n, sizeof(*p->steps));
	cJSON_ArrayForEach(item, steps) {
		const char *title = cJSON_IsString(item) ?
		    item->valuestring : json_str(item, "title");
		struct fold_step *s = &p->steps[p->steps_len++];

		s->title = xstrdup(title == NULL ? "?" : title);
		s->held = fold_step_held(item);
		s->tools = fold_strings(json_array(item, "tools"),
		    &s->tools_len);
		s->paths = fold_strings(json_array(item, "paths"),
		    &s->paths_len);
	}
	p->files = fold_strings(json_array(line, "files"), &p->files_len);
	p->risks = fold_strings(json_array(line, "risks"), &p->risks_len);
	JSON_READ(p, json_get(line, "check"), fold_plan_check);
}

const char *
fold_check_source(const char *by)
{
	static const struct { const char *by, *words; } rows[] = {
		{ "approved", "approved by you" },
		{ "config", "set by config.json" },
		{ "flag", "set by --test" },
		{ "model", "suggested by the model" },
		{ "person", "set by you" },
		{ "project", "set by the project" },
		{ "user", "set by you" },
	};

	return MEM_FIND(rows, by) == NULL ? "set by nobody" :
	    MEM_FIND(rows, by)->words;
}

/* Ends the row that began at *from: line ends inside become spaces. */
static void
fold_plan_row_end(struct buf *b, size_t *from)
{
	for (; *from < b->len; (*from)++)
		if (b->p[*from] == '\n')
			b->p[*from] = ' ';
	buf_addc(b, '\n');
	*from = b->len;
}

void
fold_plan_rows(const struct fold_plan *p, struct buf *b)
{
	const struct fold_step *s;
	size_t i, from = b->len;

	for (s = p->steps; s < p->steps + p->steps_len; s++) {
		buf_addf(b, "%zu. %s%s%s%s%s", (size_t)(s - p->steps) + 1,
		    s->title, s->held == NULL ? "" : " (only ",
		    s->held == NULL ? "" : s->held,
		    s->held == NULL ? "" : ")", s->done ? " (done)" : "");
		fold_plan_row_end(b, &from);
	}
	for (i = 0; i < p->files_len; i++)
		buf_addf(b, "%s%s", i == 0 ? "files: " : ", ", p->files[i]);
	if (p->files_len > 0)
		fold_plan_row_end(b, &from);
	if (p->check != NULL) {
		buf_addf(b, "success check: %s", p->check);
		if (p->check_by != NULL)
			buf_addf(b, " (%s)", fold_check_source(p->check_by));
		fold_plan_row_end(b, &from);
	}
	for (i = 0; i < p->risks_len; i++) {
		buf_addf(b, "risk: %s", p->risks[i]);
		fold_plan_row_end(b, &from);
	}
}

const char *
fold_plan_goal(const struct fold_plan *p)
{
	return p->version > 0 && !p->past && !p->ahead ? p->goal : NULL;
}

static bool
fold_step_is_reviewed(const struct fold *f, const struct fold_step *s)
{
	return f->proposal != NULL && f->proposal->undo == 0 && !f->ended &&
	    s->done && !s->settled;
}

enum fold_step_at
fold_step_at(const struct fold *f, size_t step)
{
	const struct fold_plan *p = &f->plan;
	size_t i;

	if (p->steps[step].done)
		return fold_step_is_reviewed(f, &p->steps[step]) ? STEP_REVIEW :
		    STEP_DONE;
	for (i = 0; i < p->steps_len; i++)
		if (fold_step_is_reviewed(f, &p->steps[i]) ||
		    (i < step && !p->steps[i].done))
			return STEP_OPEN;
	return f->ended || f->status.idle || p->status == FOLD_PLAN_RETURNED ?
	    STEP_OPEN : STEP_CURRENT;
}

static void
fold_plan_step(struct fold *f, const cJSON *line)
{
	int64_t step = json_int(line, "step", -1);
	struct fold_plan *p = &f->plan;
	AUTO_FREE char *title = NULL;

	if (step < 0 || (uint64_t)step >= p->steps_len)
		return;
	p->steps[step].done = true;
	p->steps[step].settled = false;
	title = xasprintf("model finished step %lld of %zu: %s", (long long)step + 1,
	    p->steps_len, p->steps[step].title);
	fold_item_add(f, ITEM_PLAN, title, NULL)->ok = true;
}

static void
fold_on_plan(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	enum fold_plan_status status = fold_plan_status(line);
	struct fold_plan *p = &f->plan;
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = NULL, *who = fold_who(line);
	bool edited = p->edited;
	int number;

	if (status == FOLD_PLAN_STEP)
		fold_plan_step(f, line);
	if (status == FOLD_PLAN_NONE || status == FOLD_PLAN_STEP)
		return;
	/* One that was returned is followed by its next version. */
	if (p->past && status != FOLD_PLAN_RETURNED &&
	    p->status != FOLD_PLAN_RETURNED)
		p->before = p->version;
	p->version = fold_int(line, "version", p->version);
	number = p->version - p->before;
	if (status == FOLD_PLAN_RETURNED) {
		xstrset(&p->word, json_str(line, "word"));
		title = xasprintf("plan v%d returned by %s", number, who);
		buf_adds(&text, json_str_or(line, "word", ""));
	} else if (status == FOLD_PLAN_PROPOSED) {
		fold_plan_parse(p, line);
		edited = json_is(line, "by", "user");
		title = xasprintf("plan v%d%s%s", number, edited ?
		    ", edited by " : "", edited ? who : "");
		if (p->goal != NULL)
			buf_addf(&text, "%s\n", p->goal);
		fold_plan_rows(p, &text);
	} else {
		/* A line without the plan approves the current one. */
		if (json_get(line, "steps") != NULL ||
		    json_get(line, "goal") != NULL)
			fold_plan_parse(p, line);
		title = xasprintf("plan v%d approved by %s", number, who);
	}
	p->past = false;
	p->ahead = f->ended && status != FOLD_PLAN_RETURNED;
	p->edited = edited;
	p->status = status;
	xstrset(&p->by, who);
	fold_item_add(f, ITEM_PLAN, title,
	    text.len == 0 ? NULL : buf_str(&text))->ok =
	    status != FOLD_PLAN_RETURNED;
}

/* It begins another task, unless it continues one that was stopped. */
static void
fold_on_user_message(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	if (!f->ended || f->end.outcome == NULL ||
	    !json_is(line, "by", "user") || json_bool(line, "again", false) ||
	    json_get(line, "question") != NULL)
		return;
	if (!f->end.stopped)
		f->plan.past = !f->plan.ahead;
	f->plan.ahead = false;
}

static void
fold_on_compaction(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	if (!json_is(line, "why", "new"))
		return;
	f->plan.past = f->plan.version > 0;
	f->plan.ahead = false;
}

/* An empty one closes the proposal: what is done was decided, too. */
static void
fold_on_proposal(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_plan *p = &f->plan;
	size_t i;

	if (cJSON_GetArraySize(json_array(line, "files")) > 0 ||
	    (f->proposal != NULL && f->proposal->undo != 0))
		return;
	for (i = 0; i < p->steps_len; i++)
		p->steps[i].settled = p->steps[i].done;
}

static void
fold_plan_release(struct fold *f)
{
	fold_plan_clear(&f->plan);
}

const struct fold_part fold_plans = {
	.on = {
		[EVENT_COMPACTION] = fold_on_compaction,
		[EVENT_PLAN] = fold_on_plan,
		[EVENT_PROPOSAL] = fold_on_proposal,
		[EVENT_USER_MESSAGE] = fold_on_user_message,
	},
	.release = fold_plan_release,
};
