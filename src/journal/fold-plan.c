/* The plan: its versions, who approved it, and the finished steps. */
#include "config.h"

#include "journal/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold-int.h"

void
fold_plan_release(struct fold_plan *p)
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
	free(p->status);
	free(p->by);
	free(p->goal);
	free(p->check);
	free(p->check_by);
	memset(p, 0, sizeof(*p));
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

/* Is it approved, in this task? */
static bool
fold_plan_holds(const struct fold_plan *p)
{
	return p->version > 0 && !p->past && p->status != NULL &&
	    strcmp(p->status, "approved") == 0;
}

static void
fold_plan_parse(struct fold_plan *p, const cJSON *line)
{
	const cJSON *steps = json_array(line, "steps"), *item;
	const cJSON *check = json_get(line, "check");
	size_t n = steps == NULL ? 0 : (size_t)cJSON_GetArraySize(steps);
	int before = p->before;
	/* The work on an earlier version goes on. */
	bool mixed = fold_plan_holds(p) && (p->mixed || p->work > 0);

	fold_plan_release(p);
	p->before = before;
	p->mixed = mixed;
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
	p->check = xstrdup_null(json_str(check, "command"));
	p->check_by = xstrdup_null(json_str(check, "by"));
}

int
fold_plan_number(const struct fold_plan *p)
{
	return p->version - p->before;
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
	return f->ended || (f->state != NULL && strcmp(f->state, "idle") ==
	    0) || (p->status != NULL && strcmp(p->status, "returned") == 0) ?
	    STEP_OPEN : STEP_CURRENT;
}

void
fold_plan_settle(struct fold_plan *p)
{
	size_t i;

	for (i = 0; i < p->steps_len; i++)
		p->steps[i].settled = p->steps[i].done;
	p->work = p->work_to = 0;
	p->mixed = p->mixed || p->mixing;
	p->mixing = false;
}

/* The first step that isn't done, from 1. */
static size_t
fold_plan_now(const struct fold_plan *p)
{
	size_t i;

	for (i = 0; i < p->steps_len && p->steps[i].done; i++)
		;
	return i + 1;
}

void
fold_plan_worked(struct fold_plan *p, bool own)
{
	size_t now = own ? 1 : fold_plan_now(p);

	if (!fold_plan_holds(p))
		return;
	p->work = p->work == 0 || now < p->work ? now : p->work;
	now = own ? p->steps_len + 1 : now;
	p->work_to = now > p->work_to ? now : p->work_to;
}

const char *
fold_plan_step_of(const struct fold *f)
{
	const struct fold_plan *p = &f->plan;

	/* All of its work was before the model said that this step is done, and
	 * no other one is since. */
	return fold_plan_holds(p) && !p->mixed && p->steps_len > 1 &&
	    p->work > 0 && p->work == p->work_to &&
	    fold_plan_now(p) == p->work + 1 ? p->steps[p->work - 1].title :
	    NULL;
}

void
fold_plan_mix(struct fold_plan *p, bool now)
{
	if (fold_plan_holds(p)) {
		p->mixed = p->mixed || now;
		p->mixing = true;
	}
}

static void
fold_plan_step(struct fold *f, const cJSON *line)
{
	int64_t step = json_int(line, "step", -1);
	struct fold_plan *p = &f->plan;
	AUTO_FREE char *title = NULL;

	if (step < 0 || (uint64_t)step >= p->steps_len)
		return;
	/* In another order. */
	if ((uint64_t)step + 1 != fold_plan_now(p))
		fold_plan_mix(p, true);
	p->steps[step].done = true;
	p->steps[step].settled = false;
	title = xasprintf("model finished step %lld of %zu: %s", (long long)step + 1,
	    p->steps_len, p->steps[step].title);
	fold_item_add(f, ITEM_PLAN, title, NULL)->ok = true;
}

void
fold_on_plan(struct fold *f, const cJSON *line)
{
	const char *status = json_str_or(line, "status", "");
	struct fold_plan *p = &f->plan;
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = NULL, *who = fold_who(line);
	int version = fold_int(line, "version", p->version);
	bool edited = p->edited;
	int number;

	if (strcmp(status, "step") == 0) {
		fold_plan_step(f, line);
		return;
	}
	/* One that was returned is followed by its next version. */
	if (p->past && strcmp(status, "returned") != 0 &&
	    strcmp(p->status == NULL ? "" : p->status, "returned") != 0)
		p->before = p->version;
	number = version - p->before;
	if (strcmp(status, "returned") == 0) {
		xstrset(&p->word, json_str(line, "word"));
		title = xasprintf("plan v%d returned by %s", number, who);
		buf_adds(&text, json_str_or(line, "word", ""));
	} else if (strcmp(status, "proposed") == 0) {
		fold_plan_parse(p, line);
		edited = json_is(line, "by", "user");
		title = xasprintf("plan v%d%s%s", number, edited ?
		    ", edited by " : "", edited ? who : "");
		if (p->goal != NULL)
			buf_addf(&text, "%s\n", p->goal);
		fold_plan_rows(p, &text);
	} else if (strcmp(status, "approved") == 0) {
		/* A line without the plan approves the current one. */
		if (json_get(line, "steps") != NULL ||
		    json_get(line, "goal") != NULL)
			fold_plan_parse(p, line);
		fold_check_becomes(f, p->check);
		title = xasprintf("plan v%d approved by %s", number, who);
	} else {
		return;
	}
	p->version = version;
	p->past = false;
	p->ahead = f->ended && strcmp(status, "returned") != 0;
	p->edited = edited;
	xstrset(&p->status, status);
	xstrset(&p->by, who);
	fold_item_add(f, ITEM_PLAN, title,
	    text.len == 0 ? NULL : buf_str(&text))->ok =
	    strcmp(status, "returned") != 0;
}
