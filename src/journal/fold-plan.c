/* The plan: its versions, who approved it, and the finished steps. */
#include "config.h"

#include "journal/fold.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-int.h"

static void
fold_plan_unnote(struct fold_plan *p)
{
	MEM_EACH(p, notes, x)
		FREE_ALL(x->at, x->text);
	FREE_NULL(p->notes);
	p->notes_len = 0;
}

static void
fold_plan_clear(struct fold_plan *p)
{
	if (p->was != NULL)
		fold_plan_clear(p->was);
	free(p->was);
	MEM_EACH(p, steps, s) {
		FREE_ALL(s->title, s->held);
		xfree_list(s->paths, s->paths_len);
	}
	xfree_list(p->files, p->files_len);
	xfree_list(p->risks, p->risks_len);
	fold_plan_unnote(p);
	FREE_ALL(p->steps, p->json, p->word, p->by, p->goal, p->check,
	    p->check_by, p->said);
	memset(p, 0, sizeof(*p));
}

const char *const fold_plan_words[] = {
	[FOLD_PLAN_NONE] = "",
	[FOLD_PLAN_PROPOSED] = "proposed",
	[FOLD_PLAN_APPROVED] = "approved",
	[FOLD_PLAN_RETURNED] = "returned",
	[FOLD_PLAN_STEP] = "step",
	[FOLD_PLAN_NOTE] = "note",
};

/* ---- the user's notes on its rows ---- */

#define PLAN_NOTE_QUOTE	200	/* bytes of the row */

static const char *const plan_parts[] = { "", [PLAN_AT_GOAL] = "goal",
	[PLAN_AT_STEP] = "step", [PLAN_AT_FILE] = "file",
	[PLAN_AT_CHECK] = "check", [PLAN_AT_RISK] = "risk" };

char *
fold_plan_at(enum fold_plan_part part, int n)
{
	return part == PLAN_AT_GOAL || part == PLAN_AT_CHECK ?
	    xstrdup(plan_parts[part]) : xasprintf("%s %d", plan_parts[part], n);
}

/* Which part; 0: none. *n: which of its rows, 0: no number. */
static size_t
plan_at_read(const char *at, unsigned *n)
{
	char word[8] = "";
	int end = 0;

	*n = 0;
	return sscanf(at, "%7[a-z]%n %6u%n", word, &end, n, &end) < 1 ||
	    at[end] != '\0' ? 0 : MEM_WORD(plan_parts, word);
}

const char *
fold_plan_row(const struct fold_plan *p, const char *at)
{
	unsigned n;

	switch (plan_at_read(at, &n)) {
	case PLAN_AT_GOAL:
		return n == 0 ? p->goal : NULL;
	case PLAN_AT_CHECK:
		return n == 0 ? p->check : NULL;
	case PLAN_AT_STEP:
		return n - 1 < p->steps_len ? p->steps[n - 1].title : NULL;
	case PLAN_AT_FILE:
		return n - 1 < p->files_len ? p->files[n - 1] : NULL;
	case PLAN_AT_RISK:
		return n - 1 < p->risks_len ? p->risks[n - 1] : NULL;
	default:
		return NULL;
	}
}

char *
fold_plan_at_cut(const struct fold_plan *p, const char **text)
{
	const char *s = *text;
	size_t n = strcspn(s, " :");
	char *at = NULL;

	if (n > 0 && strspn(s, "0123456789") == n)
		at = xasprintf("step %.*s", (int)n, s);
	else {
		at = xmemdup(s, n);
		if (fold_plan_row(p, at) == NULL && s[n] == ' ')
			FREE_SET(at, xmemdup(s, n += 1 + strcspn(s + n + 1,
			    " :")));
	}
	if (fold_plan_row(p, at) == NULL) {
		free(at);
		return NULL;
	}
	n += s[n] == ':';
	*text = s + n + strspn(s + n, " ");
	return at;
}

const struct fold_plan_note *
fold_plan_note(const struct fold_plan *p, const char *at)
{
	return MEM_FIND_IN(p->notes, p->notes_len, at);
}

void
fold_plan_note_text(struct buf *b, const struct fold_plan *p, const char *at,
    const char *text)
{
	const char *row = ev_str(fold_plan_row(p, at), "");
	size_t all = strcspn(row, "\n"), n = utf8_cut(row, all,
	    PLAN_NOTE_QUOTE);

	buf_addf(b, "On %s%s \"%.*s%s\": %s", strchr(at, ' ') == NULL ? "the " :
	    "", at, (int)n, row, n < strlen(row) ? " ..." : "", text);
}

/* Is the row before that one? */
static bool
plan_at_before(const char *at, const char *that)
{
	unsigned n, m;
	size_t part = plan_at_read(at, &n), other = plan_at_read(that, &m);

	return part != other ? part < other : n < m;
}

/* Set the note there; without a text: delete it. They are in the order of the
 * rows. */
static void
fold_plan_set_note(struct fold_plan *p, const char *at, const char *text)
{
	size_t i = 0, n = p->notes_len;
	bool is;

	while (i < n && plan_at_before(p->notes[i].at, at))
		i++;
	is = i < n && strcmp(p->notes[i].at, at) == 0;
	if (is && text[0] != '\0')
		xstrset(&p->notes[i].text, text);
	else if (is) {
		FREE_ALL(p->notes[i].at, p->notes[i].text);
		memmove(p->notes + i, p->notes + i + 1, (--p->notes_len - i) *
		    sizeof(*p->notes));
	} else if (text[0] != '\0') {
		GROW(p->notes, p->notes_len);
		memmove(p->notes + i + 1, p->notes + i, (p->notes_len++ - i) *
		    sizeof(*p->notes));
		p->notes[i] = (struct fold_plan_note){ xstrdup(at),
			xstrdup(text) };
	}
}

/* Take over a note on a row of the version before: the same row may have another
 * number now; without it the note is about the whole. */
static void
fold_plan_carry_note(struct fold_plan *p, const struct fold_plan *old,
    const struct fold_plan_note *x)
{
	const char *row = fold_plan_row(old, x->at), *now;
	const struct fold_plan_note *goal = fold_plan_note(p, "goal");
	AUTO_FREE char *part = xmemdup(x->at, strcspn(x->at, " ")), *at = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	int n = 0;

	do {
		FREE_SET(at, fold_plan_at((enum fold_plan_part)MEM_WORD(
		    plan_parts, part), ++n));
		now = fold_plan_row(p, at);
	} while (now != NULL && strcmp(now, row) != 0 && strcmp(part, at) != 0);
	if (now == NULL || strcmp(now, row) != 0) {
		buf_addf(&b, "%s%s", goal == NULL ? "" : goal->text, goal ==
		    NULL ? "" : "\n");
		fold_plan_note_text(&b, old, x->at, x->text);
		fold_plan_set_note(p, "goal", buf_str(&b));
	} else
		fold_plan_set_note(p, at, x->text);
}

enum fold_plan_status
fold_plan_status(const struct event *e)
{
	return e->type != EVENT_PLAN ? FOLD_PLAN_NONE :
	    (enum fold_plan_status)MEM_WORD(fold_plan_words, e->plan.status);
}

/* The members that a person may edit, in order, as text. */
static char *
fold_plan_json(const struct ev_plan *x)
{
	const struct ev_plan some = {
		.goal = x->goal, .steps = x->steps, .steps_len = x->steps_len,
		.files = x->files, .files_len = x->files_len,
		.check = x->check,
		.risks = x->risks, .risks_len = x->risks_len,
	};
	AUTO_JSON cJSON *o = event_write(EVENT_PLAN, &some);

	/* It is a part of a line, without what each line has. */
	cJSON_DeleteItemFromObjectCaseSensitive(o, "version");
	return json_print(o);
}

/* "src/, *.md": the paths that a plan step is restricted to; malloc'ed, NULL if it
 * isn't restricted. */
static char *
fold_step_held(const struct ev_plan_step *x)
{
	struct buf b = BUF_INIT(0);

	MEM_EACH(x, paths, path)
		buf_addf(&b, "%s%s", path > x->paths ? ", " : "", *path);
	return b.len > 0 ? buf_take(&b) : NULL;
}

/* The same step of this plan, or NULL. */
static const struct fold_step *
fold_step_in(const struct fold_plan *p, const struct fold_step *step)
{
	MEM_EACH(p, steps, s)
		if (strcmp(s->title, step->title) == 0 &&
		    strcmp(ev_str(s->held, ""), ev_str(step->held, "")) == 0)
			return s;
	return NULL;
}

/* What is done of the plan that this one changes. */
static void
fold_plan_carry(struct fold_plan *p)
{
	const struct fold_step *old;

	p->settled = p->was->settled;
	MEM_EACH(p, steps, s)
		if ((old = fold_step_in(p->was, s)) != NULL)
			s->state = old->state;
}

static void
fold_plan_read(struct fold_plan *p, const struct ev_plan *x, int64_t seq,
    bool edited)
{
	struct fold_plan old = *p;

	*p = (struct fold_plan){
		.version = old.version, .before = old.before, .settled = seq,
		.was = old.was,
		.json = fold_plan_json(x), .goal = xstrdup_null(x->goal),
		.steps = xcalloc(x->steps_len + 1, sizeof(*p->steps)),
		.files = fold_strings(x->files, x->files_len),
		.files_len = x->files_len,
		.risks = fold_strings(x->risks, x->risks_len),
		.risks_len = x->risks_len,
	};
	MEM_EACH(x, steps, step)
		p->steps[p->steps_len++] = (struct fold_step){
			.title = xstrdup(ev_str(step->title, "?")),
			.held = fold_step_held(step),
			.paths = fold_strings(step->paths, step->paths_len),
			.paths_len = step->paths_len,
		};
	if (x->check != NULL) {
		p->check = xstrdup_null(x->check->command);
		p->check_by = xstrdup_null(x->check->by);
	}
	if (p->was != NULL)
		fold_plan_carry(p);
	MEM_EACH(&old, notes, note)
		if (edited)
			fold_plan_carry_note(p, &old, note);
	old.was = NULL;
	fold_plan_clear(&old);
}

/* The approved plan is kept until a change of it is approved. */
static void
fold_plan_keep(struct fold_plan *p)
{
	struct fold_plan *was;

	if (p->status != FOLD_PLAN_APPROVED || p->task == PLAN_OF_EARLIER)
		return;
	was = xmalloc(sizeof(*was));
	*was = *p;
	*p = (struct fold_plan){ .version = was->version,
		.before = was->before, .was = was };
}

/* It holds again. */
static void
fold_plan_hold(struct fold_plan *p)
{
	struct fold_plan *was = p->was;

	was->version = p->version;
	p->was = NULL;
	fold_plan_clear(p);
	*p = *was;
	free(was);
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

struct fold_plan_text
fold_plan_rows(const struct fold_plan *p, struct buf *b)
{
	struct fold_plan_text text = { .goal = b->len };
	size_t from = b->len;

	MEM_EACH(p, steps, s) {
		buf_addf(b, "%zu. %s%s%s%s%s%s", (size_t)(s - p->steps) + 1,
		    s->title, s->held == NULL ? "" : " (only ",
		    s->held == NULL ? "" : s->held,
		    s->held == NULL ? "" : ")", p->was != NULL &&
		    fold_step_in(p->was, s) == NULL ? " (new)" : "",
		    s->state == FOLD_STEP_REJECTED ? " (rejected)" :
		    s->state != FOLD_STEP_OPEN ? " (done)" : "");
		fold_plan_row_end(b, &from);
	}
	if (p->was != NULL)
		MEM_EACH(p->was, steps, s)
			if (fold_step_in(p, s) == NULL) {
				buf_addf(b, "left out: %s", s->title);
				fold_plan_row_end(b, &from);
			}
	text.steps = b->len;
	MEM_EACH(p, files, file)
		buf_addf(b, "%s%s", file == p->files ? "files: " : ", ", *file);
	if (p->files_len > 0)
		fold_plan_row_end(b, &from);
	if (p->check != NULL) {
		buf_addf(b, "check: %s", p->check);
		if (p->check_by != NULL)
			buf_addf(b, " (%s)", fold_check_source(p->check_by));
		fold_plan_row_end(b, &from);
	}
	text.plain = b->len;
	MEM_EACH(p, risks, risk) {
		buf_addf(b, "risk: %s", *risk);
		fold_plan_row_end(b, &from);
	}
	return text;
}

static bool
plan_is_word(char c)
{
	return c == '_' || c == '-' || c == '/' || (unsigned char)c >= 0x80 ||
	    isalnum((unsigned char)c);
}

/* Does the text have this name as a whole word? A dot may end a sentence. */
static bool
plan_has_word(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *s, *from, *to;

	for (s = text; (s = strstr(s, name)) != NULL; s++) {
		to = s + n;
		from = s - text >= 2 && strncmp(s - 2, "./", 2) == 0 ? s - 2 : s;
		if ((from == text || (from[-1] != '.' &&
		    !plan_is_word(from[-1]))) && !plan_is_word(*to) &&
		    (*to != '.' || !plan_is_word(to[1])))
			return true;
	}
	return false;
}

/* Does a step say the path, or its end: "src/a/b.c", "a/b.c", "b.c"? A last name
 * that may be an ordinary word doesn't count: one without a dot, unless it is a
 * file such as Makefile beside the project's folders. */
static bool
plan_says(const struct fold_plan *p, const char *path)
{
	const char *s, *slash;

	for (s = path; s != NULL; s = slash == NULL ? NULL : slash + 1) {
		slash = strchr(s, '/');
		if (slash == NULL && strchr(s, '.') == NULL && (s != path ||
		    strpbrk(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL))
			return false;
		MEM_EACH(p, steps, it)
			if (it->title != NULL && plan_has_word(it->title, s))
				return true;
	}
	return false;
}

/* Is it one of these files, or in one of these folders? */
static bool
plan_lists(char *const *list, size_t len, const char *path)
{
	const char *want;
	size_t i, n;

	for (i = 0; i < len; i++) {
		want = list[i];
		if (strncmp(want, "./", 2) == 0)
			want += 2;
		n = strlen(want);
		while (n > 0 && want[n - 1] == '/')
			n--;
		if ((strncmp(want, path, n) == 0 && (path[n] == '\0' ||
		    path[n] == '/')) || fnmatch(want, path, 0) == 0)
			return true;
	}
	return false;
}

bool
fold_plan_expects(const struct fold *f, const char *path)
{
	const struct fold_plan *p = &f->plan;

	if (path == NULL || p->files_len == 0 || p->task == PLAN_OF_EARLIER ||
	    p->status != FOLD_PLAN_APPROVED || (f->proposal != NULL &&
	    f->proposal->undo != 0) ||
	    plan_lists(p->files, p->files_len, path) || plan_says(p, path))
		return true;
	MEM_EACH(p, steps, s)
		if (plan_lists(s->paths, s->paths_len, path))
			return true;
	return false;
}

const char *
fold_plan_goal(const struct fold_plan *p)
{
	return p->version > 0 && p->task == PLAN_OF_THIS ? p->goal : NULL;
}

static bool
fold_step_is_reviewed(const struct fold *f, const struct fold_step *s)
{
	return f->proposal != NULL && f->proposal->undo == 0 && !f->ended &&
	    s->state == FOLD_STEP_DONE;
}

enum fold_step_at
fold_step_at(const struct fold *f, size_t step)
{
	const struct fold_plan *p = &f->plan;

	if (p->steps[step].state != FOLD_STEP_OPEN)
		return fold_step_is_reviewed(f, &p->steps[step]) ? STEP_REVIEW :
		    p->steps[step].state == FOLD_STEP_REJECTED ?
		    STEP_REJECTED : STEP_DONE;
	MEM_EACH(p, steps, s)
		if (fold_step_is_reviewed(f, s) || (s < &p->steps[step] &&
		    s->state == FOLD_STEP_OPEN))
			return STEP_OPEN;
	/* Another agent doesn't say where it is. */
	return f->ended || fold_is_idle(f) || f->agent != NULL ||
	    p->status == FOLD_PLAN_RETURNED ? STEP_OPEN : STEP_CURRENT;
}

static void
fold_plan_step(struct fold *f, int64_t step)
{
	struct fold_plan *p = &f->plan;
	AUTO_FREE char *title = NULL;
	struct fold_item *it;

	if (step < 0 || (uint64_t)step >= p->steps_len)
		return;
	p->steps[step].state = FOLD_STEP_DONE;
	title = xasprintf("model finished step %lld of %zu: %s", (long long)step + 1,
	    p->steps_len, p->steps[step].title);
	it = fold_item_add(f, ITEM_PLAN, title, NULL);
	it->ok = it->finished = true;
}

static void
plan_on_plan(struct fold *f, const struct event *e)
{
	const struct ev_plan *x = &e->plan;
	enum fold_plan_status status = fold_plan_status(e);
	struct fold_plan *p = &f->plan;
	AUTO_BUF struct buf text = BUF_INIT(0);
	AUTO_FREE char *title = NULL, *who = fold_who(e->by, x->client);
	struct fold_plan_text parts = { 0 };
	struct fold_item *it;
	bool back = status == FOLD_PLAN_RETURNED;
	bool edited = p->edited;
	int number;

	if (status == FOLD_PLAN_STEP)
		fold_plan_step(f, ev_int(x->step, -1));
	if (status == FOLD_PLAN_NOTE && p->status == FOLD_PLAN_PROPOSED &&
	    fold_plan_row(p, ev_str(x->at, "")) != NULL)
		fold_plan_set_note(p, ev_str(x->at, ""), ev_str(x->word, ""));
	if (status == FOLD_PLAN_NONE || status >= FOLD_PLAN_STEP)
		return;
	/* One that was returned is followed by its next version. */
	if (p->task == PLAN_OF_EARLIER && status != FOLD_PLAN_RETURNED &&
	    p->status != FOLD_PLAN_RETURNED)
		p->before = p->version;
	p->version = x->version > 0 ? fold_int(x->version) : p->version;
	number = p->version - p->before;
	if (status == FOLD_PLAN_RETURNED) {
		fold_plan_unnote(p);
		if (p->was != NULL) {
			fold_plan_hold(p);
			status = FOLD_PLAN_APPROVED;
			edited = p->edited;
		}
		xstrset(&p->word, ev_str(x->word, ""));
		title = xasprintf("plan v%d returned by %s", number, who);
		buf_adds(&text, ev_str(x->word, ""));
	} else if (status == FOLD_PLAN_PROPOSED) {
		fold_plan_keep(p);
		edited = ev_is(e->by, "user");
		fold_plan_read(p, x, f->seq, edited);
		title = xasprintf("plan v%d%s%s", number, edited ?
		    ", edited by " : "", edited ? who : "");
		if (p->goal != NULL)
			buf_addf(&text, "%s\n", p->goal);
		parts = fold_plan_rows(p, &text);
	} else {
		/* A line without the plan approves the current one. */
		if (x->steps != NULL || x->goal != NULL)
			fold_plan_read(p, x, f->seq, false);
		fold_plan_unnote(p);
		if (p->was != NULL)
			fold_plan_clear(p->was);
		FREE_NULL(p->was);
		title = xasprintf("plan v%d approved by %s", number, who);
	}
	if (x->notes != NULL) {
		xstrset(&p->said, x->notes);
		buf_addf(&text, "%s%s", text.len > 0 ? "\n" : "", x->notes);
	}
	p->task = f->ended && status != FOLD_PLAN_RETURNED ? PLAN_OF_NEXT :
	    PLAN_OF_THIS;
	p->edited = edited;
	p->status = status;
	p->seq = f->seq;
	xstrset(&p->by, who);
	it = fold_item_add(f, ITEM_PLAN, title,
	    text.len == 0 ? NULL : buf_str(&text));
	it->ok = !back;
	it->plan = parts;
}

/* It begins another task, unless it continues one that was stopped. */
static void
plan_on_user_message(struct fold *f, const struct event *e)
{
	if (!f->ended || f->end.outcome == NULL || !ev_is(e->by, "user") ||
	    e->user_message.again || e->user_message.question != NULL)
		return;
	if (f->plan.task == PLAN_OF_NEXT)
		f->plan.task = PLAN_OF_THIS;
	else if (!f->end.stopped)
		f->plan.task = PLAN_OF_EARLIER;
}

static void
plan_on_compaction(struct fold *f, const struct event *e)
{
	if (!ev_is(e->compaction.why, "new"))
		return;
	f->plan.task = f->plan.version > 0 ? PLAN_OF_EARLIER : PLAN_OF_THIS;
}

/* An empty one closes the proposal: what is done was decided, too. A step of
 * which all was rejected isn't done. */
static void
plan_on_proposal(struct fold *f, const struct event *e)
{
	struct fold_plan *p = &f->plan;

	if (e->proposal.files_len > 0 ||
	    (f->proposal != NULL && f->proposal->undo != 0))
		return;
	MEM_EACH(p, steps, s) {
		if (s->state == FOLD_STEP_DONE)
			s->state = facts_all_rejected(&f->facts, p->settled) ?
			    FOLD_STEP_REJECTED : FOLD_STEP_DECIDED;
	}
	p->settled = f->seq;
}

static void
fold_plan_release(struct fold *f)
{
	fold_plan_clear(&f->plan);
}

const struct fold_part fold_plans = {
	.on = {
		[EVENT_COMPACTION] = plan_on_compaction,
		[EVENT_PLAN] = plan_on_plan,
		[EVENT_PROPOSAL] = plan_on_proposal,
		[EVENT_USER_MESSAGE] = plan_on_user_message,
	},
	.release = fold_plan_release,
};
