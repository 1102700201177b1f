/*
 * The end of a task, as a card for people: its outcome, files, check, and what
 * it used.
 */
#include "config.h"

#include "journal/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/sanitize.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/task-usage.h"

static void
fold_pause_release(struct fold *f)
{
	event_drop(&f->pause);
}

int
fold_pause_kind(const struct fold *f)
{
	return f->pause == NULL ? LIMIT_NONE : limit_find(f->pause->budget.what);
}

int64_t
fold_pause_until(const struct fold *f)
{
	return fold_pause_kind(f) != LIMIT_SERVICE ? 0 :
	    clock_stamp_ms(f->pause->t) + limit_from_json(LIMIT_SERVICE,
	    f->pause->budget.limit);
}

/* "turns: 30 turns of 30 turns", by the kind of limit. */
static char *
fold_budget_amount(const char *what, double v)
{
	struct buf b = BUF_INIT(0);
	int kind = limit_find(what);

	if (kind == LIMIT_NONE || !(v >= 0))
		buf_addf(&b, "%g", v);
	else
		limit_text(&b, (enum limit_kind)kind,
		    limit_from_json((enum limit_kind)kind, v));
	return buf_take(&b);
}

static void
pause_text(struct buf *b, const struct fold *f)
{
	const struct ev_budget *x = &f->pause->budget;
	const struct fold_item *call = fold_item_last(f, ITEM_TOOL);
	enum limit_kind k = (enum limit_kind)fold_pause_kind(f);
	char until[CLOCK_STAMP_SIZE];

	if (k == LIMIT_NONE) {
		buf_addf(b, "the limit on %s is reached: %.6g of %.6g",
		    ev_str(x->what, "?"), x->used, x->limit);
		return;
	}
	if (k == LIMIT_SERVICE) {
		clock_local_ms(fold_pause_until(f), until);
		buf_addf(b, "the model's service is at a limit until %s",
		    until);
		return;
	}
	if (k == LIMIT_REPEAT) {
		buf_adds(b, "the model made the same call ");
		limit_text(b, k, limit_from_json(k, x->used));
		buf_addf(b, " in a row%s%s", call == NULL ? "" : ": ",
		    call == NULL ? "" : call->title);
		return;
	}
	buf_addf(b, "the limit on %s %s ", x->what, x->unpriced ?
	    "can't be checked, because some of the work has no known price:" :
	    "is reached:");
	limit_text(b, k, limit_from_json(k, x->used));
	buf_adds(b, " of ");
	limit_text(b, k, limit_from_json(k, x->limit));
}

static void
fold_on_budget(struct fold *f, const struct event *e)
{
	const struct ev_budget *x = &e->budget;
	const char *what = ev_str(x->what, "?");
	AUTO_FREE char *title = NULL, *used = NULL, *limit = NULL;
	struct buf text = BUF_INIT(0);

	event_keep(&f->pause, x->action == NULL ? e : NULL);
	if (fold_pause_kind(f) == LIMIT_SERVICE) {
		pause_text(&text, f);
		title = buf_take(&text);
	} else if (x->action == NULL) {
		used = fold_budget_amount(what, x->used);
		limit = fold_budget_amount(what, x->limit);
		title = xasprintf("limit reached: %s, %s of %s%s", what, used,
		    limit, x->unpriced ? ", plus turns without a known "
		    "price" : "");
	} else if (x->more > 0) {
		used = fold_budget_amount(what, x->more);
		title = xasprintf("limit of %s: %s by %s", what, x->action,
		    used);
	} else
		title = xasprintf("limit of %s: %s", what, x->action);
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = x->action != NULL;
}

static void
pause_used(struct buf *b, const struct task_usage_sum *s)
{
	task_usage_line(b, s);
	if (s->worked_ms < 1000)
		return;
	buf_adds(b, ", ");
	limit_text(b, LIMIT_TIME, s->worked_ms);
	buf_adds(b, " of work");
}

/* "20 turns", or nothing if an extension has no amount. */
static void
pause_step(struct buf *b, const struct fold *f)
{
	enum limit_kind k = (enum limit_kind)fold_pause_kind(f);
	int64_t step;

	if (k == LIMIT_NONE || k == LIMIT_REPEAT || k == LIMIT_SERVICE)
		return;
	step = f->facts.usage.limit[k];
	limit_text(b, k, step > 0 ? step : limit_from_json(k,
	    f->pause->budget.limit));
}

void
fold_pause_words(const struct fold *f, struct buf *text, struct buf *used,
    struct buf *step)
{
	pause_text(text, f);
	if (used != NULL)
		pause_used(used, &f->facts.usage.task);
	if (step != NULL)
		pause_step(step, f);
}

#define FOLD_END_FILES 8	/* names in the card */
#define FOLD_END_STEPS 3	/* the same of steps */

/* Append what was used, and the cost if known. */
static void
fold_add_usage(struct buf *b, const struct task_usage_sum *s)
{
	const char *about = s->guessed ? "~" : "";

	limit_text(b, LIMIT_TURNS, s->turns);
	if (!s->uncounted || s->in > 0) {
		buf_addf(b, ", %s", about);
		limit_count_text(b, s->in);
		buf_adds(b, " tokens in, ");
		limit_count_text(b, s->out);
		buf_adds(b, " out");
	}
	if (s->unpriced > 0 || (s->cost == 0 && s->in == 0))
		return;
	buf_addf(b, ", %s", about);
	money_text(b, s->cost);
}

void
fold_add_rejected(struct buf *b, int rejected, int decided)
{
	if (rejected > 0 && decided > 0)
		buf_addf(b, ", %d of %d hunk%s rejected", rejected, decided,
		    decided == 1 ? "" : "s");
	else if (rejected > 0)
		buf_addf(b, ", %d hunk%s rejected", rejected, rejected == 1 ?
		    "" : "s");
}

/* Is this the model's last message in this task? */
static bool
fold_is_said(const struct fold *f, const char *text)
{
	MEM_EACH_BACK(f, items, it) {
		if (it->kind == ITEM_ASSISTANT)
			return it->title == NULL && ev_is(it->text, text);
		if (it->kind == ITEM_USER || it->kind == ITEM_END)
			break;
	}
	return false;
}

const char *
fold_outcome_words(const char *outcome)
{
	static const char *const words[][2] = {
		{ "unproven", "check not passed" },
		{ "limit", "limit reached" },
		{ "waiting", "waiting for you" },
		{ "refused", "rejected or denied" },
		{ "unmet", "not begun: what it requires isn't met" },
		{ "provider", "provider failed" },
		{ "error", "failed" },
	};
	const char *const (*row)[2] = MEM_FIND(words, outcome);

	return row == NULL ? outcome : (*row)[1];
}

const char *
fold_outcome(const struct fold *f)
{
	return ev_str(f->end.words, "ended");
}

const struct fold_item *
fold_tried(const struct fold *f)
{
	return ev_is(f->mode, "try") ? fold_item_last(f, ITEM_TOOL) : NULL;
}

bool
fold_is_empty(const struct fold *f)
{
	MEM_EACH(f, items, it)
		if (it->kind != ITEM_NOTE && it->kind != ITEM_END)
			return false;
	return true;
}

bool
fold_is_over(const struct fold *f)
{
	return f->live && (fold_is_empty(f) || (f->ended &&
	    f->proposal == NULL));
}

bool
fold_can_retry(const struct fold *f)
{
	return !f->end.left && (ev_is(f->end.outcome, "provider") ||
	    ev_is(f->end.outcome, "interrupted")) &&
	    f->plan.status != FOLD_PLAN_PROPOSED;
}

/* ---- the card: outcome, files, check, and what it took ---- */

/* What the task did to a file, from first to last: without sides, nothing. */
struct fold_end_file {
	const struct fold_side *first, *last;
	int64_t		 added, removed;
	const char	*from;		/* the name that it had before the task
					   renamed it, or NULL */
	bool		 told;
};

/* The files of the task that were written; those that are deleted, such as
 * `name`; and their lines. */
struct fold_end_wrote {
	int		 n, gone;
	const char	*name;
	int64_t		 added, removed;
};

/* Append " +12 -2". */
static void
fold_end_lines(struct buf *b, int64_t added, int64_t removed)
{
	if (added > 0 || removed > 0)
		buf_addf(b, " +%lld -%lld", (long long)added,
		    (long long)removed);
}

static void
fold_end_sum(const struct fold *f, const struct fold_change *c,
    struct fold_end_file *files)
{
	struct fold_end_file *x;
	int way = fold_change_counts(f, c);

	if (way == 0)
		return;
	MEM_EACH(c, files, file) {
		x = &files[file->at - 1];
		x->added += way > 0 ? file->added : file->removed * way;
		x->removed += way > 0 ? file->removed : file->added * way;
		/* A new name has the last side, an old one the first. */
		if (x->first == NULL && file->from == NULL)
			x->first = &file->before;
		if (file->from != NULL || !file->renamed_later)
			x->last = &file->after;
		x->from = x->from != NULL ? x->from : file->from;
	}
}

/* Has it another content, mode or name than before the task? */
static bool
fold_end_differs(const struct fold_end_file *x, const char *path)
{
	const struct fold_side none = { 0 };
	const struct fold_side *a = x->first == NULL ? &none : x->first;
	const struct fold_side *b = x->last == NULL ? &none : x->last;

	return a->exists != b->exists || (a->exists && (a->mode != b->mode ||
	    !ev_is(a->hash, b->hash))) || (b->exists && x->from != NULL &&
	    strcmp(x->from, path) != 0);
}

static void
fold_end_file(const struct fold *f, const char *path,
    const struct fold_end_file *x, struct fold_end_wrote *w, struct buf *b)
{
	bool gone = fold_is_gone(f, path);

	w->added += x->added;
	w->removed += x->removed;
	w->gone += gone;
	w->name = gone ? path : w->name;
	if (++w->n > FOLD_END_FILES)
		return;
	fold_add_names(b, x->from, path);
	buf_adds(b, gone ? " (deleted)" : "");
	fold_end_lines(b, x->added, x->removed);
	buf_addc(b, '\n');
}

/* The files of the session, with what the task did to them; `told` if that is
 * something. malloc'ed. */
static struct fold_end_file *
fold_end_all(const struct fold *f)
{
	struct fold_end_file *files = xcalloc(f->files.list_len + 1,
	    sizeof(*files));
	size_t i;

	MEM_EACH(f, changes, c)
		if (!c->index)
			fold_end_sum(f, c, files);
	for (i = 0; i < f->files.list_len; i++)
		files[i].told = f->files.list[i].path != NULL &&
		    fold_end_differs(&files[i], f->files.list[i].path);
	return files;
}

/* Append a row for each file. */
static void
fold_end_files(const struct fold *f, struct fold_end_wrote *w, struct buf *b)
{
	AUTO_FREE struct fold_end_file *files = fold_end_all(f);

	MEM_EACH(f, changes, c)
		MEM_EACH(c, files, file) {
			struct fold_end_file *x = c->index ? NULL :
			    &files[file->at - 1];

			if (x == NULL || !x->told)
				continue;
			x->told = false;
			fold_end_file(f, f->files.list[file->at - 1].path, x,
			    w, b);
		}
	if (w->n > FOLD_END_FILES)
		buf_addf(b, "and %d more\n", w->n - FOLD_END_FILES);
}

const char **
fold_task_wrote(const struct fold *f, size_t *n)
{
	AUTO_FREE struct fold_end_file *files = fold_end_all(f);
	const char **names = xcalloc(2 * f->files.list_len + 1, sizeof(*names));
	size_t i;

	for (i = *n = 0; i < f->files.list_len; i++) {
		if (files[i].told && files[i].from != NULL)
			names[(*n)++] = files[i].from;
		if (files[i].told)
			names[(*n)++] = f->files.list[i].path;
	}
	return names;
}

/* What the check's last result is of, if it ran once all was decided. */
static const char *
fold_end_check_on(const struct fold *f, bool wrote)
{
	return f->evidence.seq < f->open.last[EVENT_DECISION] ||
	    f->end.decided == 0 || f->proposal != NULL ? "" : wrote ? " on what was written" :
	    " on your files, without the rejected change";
}

void
fold_add_check_end(struct buf *b, const struct fold *f,
    const struct ev_check_end *check, const char *on)
{
	const struct fold_evidence *e = &f->evidence;
	bool ran = fold_check(f).ran && ev_is(e->command, check->command);

	if (check->exit.is && check->exit.n == 0)
		buf_addf(b, "passed%s", on);
	else if (check->exit.is)
		buf_addf(b, "failed%s%s, exit %lld%s", check->met != NULL ?
		    " at a limit" : "", on, (long long)check->exit.n,
		    e->before ? ", as before the changes" : "");
	else if (ran)
		fold_add_check(b, f);
	else
		buf_adds(b, "not run");
}

/* Append "check: make check passed, 3 passed"; false if there was none. */
static bool
fold_end_check(const struct fold *f, const struct ev_check_end *check,
    bool wrote, struct buf *b)
{
	const struct fold_evidence *e = &f->evidence;
	const char *command = check == NULL ? NULL : check->command;
	bool known = command != NULL && fold_check(f).ran &&
	    ev_is(e->command, command) && !e->stale;

	/* An earlier task's, which an answer, or what wrote nothing, needs none
	 * of. */
	if (command == NULL || (!check->exit.is &&
	    (f->end.answered || (e->past && !wrote))))
		return false;
	buf_addf(b, "check: %.*s ", (int)strcspn(command, "\n"), command);
	fold_add_check_end(b, f, check, e->past ? " earlier" :
	    fold_end_check_on(f, wrote));
	if (known && e->words != NULL)
		buf_addf(b, ", %s", e->words);
	buf_addc(b, '\n');
	return known;
}

/* Append a row that names the steps that the model left unticked, of a task that
 * wasn't stopped, if its plan was approved. Another agent ticks none. */
static void
fold_end_steps(const struct fold *f, const struct ev_agent_end *x,
    struct buf *b)
{
	AUTO_BUF struct buf steps = BUF_INIT(0);
	const char *title = "";
	int open = 0;

	if (x->stopped.on || f->agent != NULL ||
	    f->plan.status != FOLD_PLAN_APPROVED)
		return;
	MEM_EACH(x, steps, it) {
		size_t i = (size_t)(it - x->steps);

		if (it->done || (i < f->plan.steps_len &&
		    f->plan.steps[i].state == FOLD_STEP_REJECTED))
			continue;
		title = ev_str(it->title, "");
		if (++open <= FOLD_END_STEPS)
			buf_addf(&steps, "%s%d", open > 1 ? ", " : "",
			    (int)i + 1);
	}
	if (open == 0)
		return;
	buf_addf(b, "the model left step%s %s", open == 1 ? "" : "s",
	    buf_str(&steps));
	if (open > FOLD_END_STEPS)
		buf_addf(b, " and %d more", open - FOLD_END_STEPS);
	buf_adds(b, " unticked");
	if (open == 1)
		buf_addf(b, ": %.*s", (int)strcspn(title, "\n"), title);
	buf_addc(b, '\n');
}

#define FOLD_END_NAMES 5

void
fold_add_not_written(struct buf *b, const struct ev_agent_end *x)
{
	size_t n = 0;

	MEM_EACH(x, not_written, it) {
		if (n++ >= FOLD_END_NAMES)
			continue;
		buf_adds(b, n > 1 ? ", " : "");
		fold_add_name(b, ev_str(it->path, "?"));
		buf_adds(b, " (");
		sanitize_name(b, it->why);
		buf_addc(b, ')');
	}
	if (n > FOLD_END_NAMES)
		buf_addf(b, " and %zu more", n - FOLD_END_NAMES);
}

/* The same, as a row. */
static void
fold_end_not_written(const struct ev_agent_end *x, struct buf *b)
{
	if (x->not_written_len == 0)
		return;
	buf_adds(b, "not written: ");
	fold_add_not_written(b, x);
	buf_addc(b, '\n');
}

/* Append who accepted how much, unless it was a person alone. */
static void
fold_end_accepted(const struct fold *f, struct buf *b)
{
	struct facts_hunks h = facts_hunks(&f->facts, FACTS_OF_TASK);

	if (h.by[FACTS_PERSON].hunks == h.n[FACTS_ACCEPTED] +
	    h.n[FACTS_EDITED])
		return;
	buf_adds(b, "accepted: ");
	facts_add_accepted(b, &h);
	buf_addc(b, '\n');
}

/* What the task took, and the session if it had other tasks. */
static void
fold_end_took(const struct fold *f, struct buf *b)
{
	const struct task_usage_sum task = task_usage_whole(&f->facts.usage);
	const struct task_usage_sum *all = &f->facts.usage.session;
	bool more = all->turns > task.turns;
	int64_t s = task.worked_ms / 1000;

	if (!ev_mode_has_model(f->mode))
		return;
	buf_adds(b, more ? "task: " : "");
	fold_add_usage(b, &task);
	if (s >= 60)
		buf_addf(b, ", %lldm %llds of work", (long long)(s / 60),
		    (long long)(s % 60));
	else if (s >= 1)
		buf_addf(b, ", %llds of work", (long long)s);
	if (more) {
		buf_adds(b, " (session: ");
		fold_add_usage(b, all);
		buf_addc(b, ')');
	}
}

/* Do the card's rows begin with these names, all that there are? */
static bool
fold_end_names(const char *rows, const char *names, int n)
{
	size_t len;

	for (; *names != '\0'; names += len + (names[len] == '\n'), n--) {
		len = strcspn(names, "\n");
		if (strncmp(rows, names, len) != 0 || (rows[len] != '\n' &&
		    strncmp(rows + len, " +", 2) != 0))
			return false;
		rows += strcspn(rows, "\n");
		rows += *rows == '\n';
	}
	return n == 0;
}

/* Does the card repeat it? It has n files and, if `check`, the check's last
 * run. */
static bool
fold_end_repeats(const struct fold *f, const struct fold_item *it,
    const char *rows, int n, bool check)
{
	switch (it->kind) {
	case ITEM_APPLIED:
		return it->ok && it->text != NULL && strchr(it->title, ',') ==
		    NULL && fold_end_names(rows, it->text, n);
	case ITEM_PROPOSAL:
		return it->ok && f->proposal == NULL;
	case ITEM_EVIDENCE:
		return check && it->ok;
	case ITEM_NOTE:
		return ev_is(it->text, f->end.words);
	default:
		return false;
	}
}

/* Hide rows that came with the end, if the card repeats them. What the user did
 * before it stays where it is. */
static void
fold_end_hide(struct fold *f, const char *rows, int n, bool check)
{
	MEM_EACH_BACK(f, items, it) {
		if (it->kind == ITEM_USER || it->kind == ITEM_ASSISTANT ||
		    it->kind == ITEM_TOOL || it->kind == ITEM_DECISION ||
		    it->kind == ITEM_END)
			break;
		if (fold_end_repeats(f, it, rows, n, check)) {
			check = check && it->kind != ITEM_EVIDENCE;
			fold_item_hide(it);
		}
		if (it->kind == ITEM_APPLIED)
			break;
	}
}

/* Did the model only answer, or a command of `try` change nothing? No check runs
 * if there is nothing new; one that failed is still a failure. */
static bool
fold_end_answered(const struct fold *f, const struct ev_agent_end *x, int files)
{
	return files == 0 && f->end.decided == 0 && f->mode != NULL &&
	    (ev_is(f->end.outcome, "done") || (ev_is(f->mode, "interactive") &&
	    ev_is(f->end.outcome, "unproven"))) &&
	    f->end.dropped == 0 && x->proposed_len == 0 &&
	    x->not_proposable == NULL &&
	    (x->check == NULL || x->check->exit.n == 0);
}

/* Say why the end counts as unproven. The check may have passed, or there may
 * be none. */
static const char *
fold_end_unproven(const struct fold *f, const struct ev_agent_end *x)
{
	if (x->check != NULL && !(x->check->exit.is && x->check->exit.n == 0))
		return x->rolled_back ? "check not passed, its changes undone" :
		    fold_outcome_words("unproven");
	return x->rolled_back ? "its changes undone" :
	    f->facts.test == FACTS_TEST_MISSED ? "no test failed first" :
	    x->check != NULL && ev_is(x->check->by, "model") ?
	    "only the model's own check passed" : "unproven";
}

static const char *
fold_end_words(const struct fold *f, const struct ev_agent_end *x)
{
	const char *outcome = f->end.outcome;
	bool unproven = ev_is(outcome, "unproven");

	if (f->end.dropped > 0 && (ev_is(outcome, "done") || unproven))
		return "ended without a plan, nothing kept";
	if (f->end.answered)
		return "nothing changed";
	/* How many hunks were rejected follows. */
	if (ev_is(outcome, "refused") && f->end.rejected > 0)
		return "ended";
	return unproven ? fold_end_unproven(f, x) : fold_outcome_words(outcome);
}

static struct fold_item *
fold_end_card(struct fold *f, const struct ev_agent_end *x)
{
	AUTO_BUF struct buf title = BUF_INIT(0);
	struct buf rows = BUF_INIT(0);
	struct fold_item *it;
	bool check;
	struct fold_end_wrote wrote = { 0 };
	int n;

	fold_end_files(f, &wrote, &rows);
	n = wrote.n;
	f->end.answered = fold_end_answered(f, x, n);
	f->end.said = fold_is_said(f, f->end.summary);
	f->end.words = fold_end_words(f, x);
	buf_adds(&title, f->end.words);
	fold_add_rejected(&title, f->end.rejected,
	    fold_undecided(f->proposal) > 0 ? 0 : f->end.decided);
	if (n > 0) {
		buf_adds(&title, ": ");
		fold_add_wrote(&title, n, wrote.gone, wrote.name);
		fold_end_lines(&title, wrote.added, wrote.removed);
	} else if (f->end.rejected > 0 && f->end.rejected == f->end.decided)
		buf_adds(&title, ": nothing was written");
	fold_end_not_written(x, &rows);
	check = fold_end_check(f, x->check, n > 0, &rows);
	fold_end_steps(f, x, &rows);
	fold_end_accepted(f, &rows);
	if (x->setup_failed)
		buf_adds(&rows, "worktree_setup failed\n");
	fold_end_took(f, &rows);
	fold_end_hide(f, buf_str(&rows), n, check);
	it = fold_item_add(f, ITEM_END, buf_str(&title), f->end.said ? NULL :
	    f->end.summary);
	it->summary = buf_take(&rows);
	return it;
}

static void
fold_on_agent_end(struct fold *f, const struct event *e)
{
	const struct ev_agent_end *x = &e->agent_end;
	struct facts_hunks hunks = facts_hunks(&f->facts, FACTS_OF_TASK);
	struct fold_item *card;

	fold_pause_release(f);
	f->evidence.running = false;
	f->output.running = f->output.running && f->output.own;
	f->ended = true;
	xstrset(&f->end.outcome, ev_str(x->outcome, "ended"));
	xstrset(&f->end.summary, x->summary);
	f->end = (struct fold_end){
		.seq = f->end.seq, .outcome = f->end.outcome,
		.exit = fold_int(x->exit), .summary = f->end.summary,
		.stopped = x->stopped.on, .dropped = fold_int(x->dropped),
		.decided = hunks.decided, .rejected = hunks.n[FACTS_REJECTED],
	};
	/* None before an earlier end runs. */
	MEM_EACH_BACK(f, items, it) {
		if (it->kind == ITEM_END)
			break;
		if (it->running) {
			it->running = it->ok = false;
			it->rev++;
		}
	}
	card = fold_end_card(f, x);
	card->ok = f->end.exit == 0 || f->end.answered;
	f->end.seq = f->seq;
}

const struct fold_part fold_ends = {
	.on = {
		[EVENT_AGENT_END] = fold_on_agent_end,
		[EVENT_BUDGET] = fold_on_budget,
	},
	.release = fold_pause_release,
};
