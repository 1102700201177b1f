/* What waits for the user, the hunks that a key or an answer affects, and the
 * question to confirm first. */
#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"

#define TARGET_NAMED 3		/* files that a question names */

/* ---- what waits for the user ---- */

char *
review_question(const struct review *r)
{
	const struct fold *f = r->fold;

	return review_wait_name(r, f->ask.command != NULL ? REVIEW_ASK :
	    f->pause != NULL ? REVIEW_LIMIT : REVIEW_NOTHING);
}

/* Does this kind wait? */
static bool
review_waits(const struct review *r, enum review_wait kind)
{
	const struct fold *f = r->fold;

	switch (kind) {
	case REVIEW_ASK:
		return f->ask.command != NULL;
	case REVIEW_LIMIT:
		return f->pause != NULL;
	case REVIEW_PLAN:
		/* An open undo comes before the plan: the user asked for it
		 * meanwhile. */
		return f->plan.status == FOLD_PLAN_PROPOSED &&
		    !(f->proposal != NULL && f->proposal->undo != 0);
	default:
		return f->proposal != NULL;
	}
}

void
review_update_waits(struct review *r)
{
	int i;

	r->waiting = 0;
	r->first = REVIEW_NOTHING;
	for (i = REVIEW_WAITS - 1; i >= REVIEW_ASK; i--) {
		r->waits[i] = review_waits(r, (enum review_wait)i);
		r->waiting += r->waits[i];
		if (r->waits[i])
			r->first = (enum review_wait)i;
	}
}

char *
review_wait_name(const struct review *r, enum review_wait kind)
{
	const struct fold *f = r->fold;

	switch (kind) {
	case REVIEW_ASK:
		return xasprintf("ask:%s", f->ask.id == NULL ? "" : f->ask.id);
	case REVIEW_LIMIT:
		return xasprintf("pause:%lld", (long long)f->pause->seq);
	case REVIEW_PLAN:
		return xasprintf("plan:%d", f->plan.version);
	case REVIEW_DIFF:
		return xasprintf("diff:%lld", (long long)f->proposal->id);
	default:
		return NULL;
	}
}

const char *
review_wait_words(const struct review *r, enum review_wait kind)
{
	switch (kind) {
	case REVIEW_ASK:
		return fold_ask_row(&r->fold->ask)->waits;
	case REVIEW_LIMIT:
		return "limit reached";
	case REVIEW_PLAN:
		return "a plan to review";
	default:
		return "changes to review";
	}
}

/* ---- which hunks ---- */

/* May others be accepted with it, since they make the same change? */
static bool
review_may_be_alike(const struct fold_file *f, const struct fold_hunk *h)
{
	return f->protected_by == NULL && f->weakened == 0 && !f->binary &&
	    !f->misread && f->note == NULL && f->from == NULL &&
	    f->before.exists && f->after.exists &&
	    f->before.mode == f->after.mode && f->after.mode != 0120000 &&
	    !h->overwrites && !h->decided;
}

void
review_alike_make(struct review *r)
{
	const struct fold_proposal *p = r->fold->proposal;
	struct review_alike *a = &r->alike;
	size_t i;

	if (p == NULL || a->at != NULL)
		return;
	a->at = xcalloc(p->hunks_len + 1, sizeof(*a->at));
	a->first = xcalloc(p->files_len + 1, sizeof(*a->first));
	for (i = 0; i < p->files_len; i++) {
		struct fold_file *f = &p->files[i];

		a->first[i] = a->all.len;
		EV_EACH(f, hunks, h) {
			a->at[a->all.len] = (struct fold_at){ .file = f,
				.hunk = h };
			if (fold_is_in_row(f)) {
				AUTO_BUF struct buf name = BUF_INIT(0);

				fold_row_text(&name, f);
				alike_add_named(&a->all, buf_str(&name));
				continue;
			}
			alike_add(&a->all, h->reason != NULL ? h->reason :
			    f->reason, h->text, review_may_be_alike(f, h) ?
			    h->text_len : 0);
		}
	}
	alike_find(&a->all);
}

void
review_alike_release(struct review *r)
{
	alike_release(&r->alike.all);
	FREE_ALL(r->alike.at, r->alike.first);
	r->alike = (struct review_alike){ .at = NULL };
}

size_t
review_alike(const struct review *r, const struct fold_file *f,
    const struct fold_hunk *h)
{
	const struct review_alike *a = &r->alike;

	return a->at == NULL ? 0 : a->all.hunks[a->first[f -
	    r->fold->proposal->files] + (size_t)(h - f->hunks)].group;
}

size_t
review_alike_len(const struct review *r, size_t group)
{
	return r->alike.all.groups[group - 1].len;
}

const struct fold_at *
review_alike_member(const struct review *r, size_t group, size_t i)
{
	const struct alike *all = &r->alike.all;

	return &r->alike.at[all->members[all->groups[group - 1].from + i]];
}

/* Is this file the target's, or in its folder? */
static bool
target_has_file(const struct review_target *t, const struct fold_file *f)
{
	const char *p = t->file->path_bytes, *q = f->path_bytes;
	const char *a = strrchr(p, '/'), *b = strrchr(q, '/');

	if (t->scope != REVIEW_FOLDER || a == NULL || b == NULL)
		return f == t->file;
	return a - p == b - q && memcmp(p, q, (size_t)(a - p)) == 0;
}

/* Does the target name this hunk, whatever its mark is? */
static bool
target_names(const struct review *r, const struct review_target *t,
    const struct fold_file *f, const struct fold_hunk *h)
{
	size_t group;

	switch (t->scope) {
	case REVIEW_ALL:
		return !fold_is_in_row(f);
	case REVIEW_FILE:
	case REVIEW_FOLDER:
		return target_has_file(t, f);
	case REVIEW_REST:
		return f == t->file && h >= t->hunk;
	case REVIEW_ALIKE:
		group = review_alike(r, t->file, t->hunk);
		return h == t->hunk || (group > 0 && group ==
		    review_alike(r, f, h));
	default:
		return h == t->hunk;
	}
}

/* Does the hunk get the mark? Of several, only those that are open and shown,
 * and none that overwrites newer lines: that needs a question of its own. What
 * the user has edited isn't accepted as the model worded it. */
static bool
target_covers(const struct review *r, const struct review_target *t,
    const struct fold_file *f, const struct fold_hunk *h)
{
	bool yes = t->mark == MARK_YES, more = t->scope != REVIEW_HUNK;

	if (h->decided || !target_names(r, t, f, h) ||
	    (yes && more && h->overwrites) ||
	    (yes && h->edit != NULL && review_mark_of(r, h).mark == MARK_YES))
		return false;
	if (h == t->hunk && t->scope != REVIEW_ALL && t->scope != REVIEW_ALIKE)
		return true;
	return review_is_open(r, h) && (t->scope == REVIEW_ALL ||
	    !review_hides(r, h));
}

bool
review_is_open(const struct review *r, const struct fold_hunk *h)
{
	return !h->decided && review_mark_of(r, h).mark == MARK_NONE;
}

/* Count what the target does to this hunk, which isn't decided; the mark that it
 * has then. */
static enum fold_mark
target_take(const struct review *r, const struct review_target *t,
    const struct fold_file *f, const struct fold_hunk *h,
    struct review_choice *c)
{
	enum fold_mark m = review_mark_of(r, h).mark;

	c->newer += m == MARK_NONE && h->overwrites;
	if (t == NULL)
		return m;
	if (target_covers(r, t, f, h)) {
		c->hunks[c->len++] = h;
		return t->mark;
	}
	if (t->scope != REVIEW_HUNK && target_names(r, t, f, h)) {
		c->edited += m == MARK_YES && h->edit != NULL;
		c->rejected += m == MARK_NO;
		c->open += m == MARK_NONE;
	}
	return m;
}

struct review_choice
review_choose(const struct review *r, const struct review_target *t)
{
	const struct fold_proposal *p = r->fold->proposal;
	struct review_choice c = { 0 };
	struct review_effect *e = &c.effect;
	enum fold_mark m;
	size_t i, yes, open = 0;

	if (t != NULL)
		c.hunks = xcalloc(p->hunks_len + 1, sizeof(*c.hunks));
	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		yes = e->yes;
		EV_EACH(f, hunks, h) {
			if (h->decided)
				continue;
			open += review_is_open(r, h);
			m = target_take(r, t, f, h, &c);
			e->all++;
			e->yes += m == MARK_YES;
			e->no += m == MARK_NO;
			e->open += m == MARK_NONE;
		}
		e->files += e->yes > yes;
	}
	c.completes = t != NULL && open > 0 && e->open == 0 && !t->hold &&
	    !r->fold->reads;
	return c;
}

void
review_choice_release(struct review_choice *c)
{
	free(c->hunks);
	*c = (struct review_choice){ 0 };
}

struct review_effect
review_effect(const struct review *r)
{
	return review_choose(r, NULL).effect;
}

size_t
review_unseen(const struct review *r, const struct review_choice *c, int *lines)
{
	const struct seen *s;
	size_t i, n = 0;

	*lines = 0;
	for (i = 0; i < c->len; i++) {
		s = seen_find(r, c->hunks[i]->id);
		if (seen_is_full(s))
			continue;
		n++;
		*lines += seen_missing_lines(s, c->hunks[i]->text,
		    c->hunks[i]->text_len);
	}
	return n;
}

/* ---- what that does ---- */

struct review_facts
review_facts(const struct review *r)
{
	const struct fold *f = r->fold;
	const struct fold_proposal *p = f->proposal;
	struct fold_words n = fold_words(p);
	struct review_facts v = { 0 };

	if (p == NULL)
		return v;
	v.has_model = p->undo == 0 && ev_mode_has_model(f->mode);
	v.tells = v.has_model && (n.reasons + n.comments > 0 || !p->final);
	(void)fold_change_named(f, p->undo, &v.redoes);
	v.check_is_old = p->undo != 0 && f->evidence.stale &&
	    !f->evidence.running;
	return v;
}

bool
review_is_unchecked(const struct review *r)
{
	const struct fold *f = r->fold;
	struct review_effect e = review_effect(r);

	return !f->evidence.partial && e.open < e.all &&
	    e.yes < f->proposal->hunks_len;
}

const char *
review_verb(const struct review *r)
{
	return fold_stages(r->fold) ? "stage" : "write";
}

void
review_effect_words(const struct review_effect *e, const char *verb,
    struct buf *b)
{
	size_t n = e->yes > 0 ? e->yes : e->no;

	buf_addf(b, "%s ", e->yes == 0 ? "reject" : verb);
	if (n < e->all)
		buf_addf(b, "%zu of %zu", n, e->all);
	else if (n == 1)
		buf_adds(b, "it");
	else
		buf_addf(b, "all %zu", n);
}

static const char *
target_many(size_t n)
{
	return n == 1 ? "" : "s";
}

/* "Write 7 of 9 hunks in 3 files, reject 2?" */
static void
ask_write(const struct review *r, const struct review_effect *e,
    struct buf *b)
{
	buf_addf(b, "%s %zu", fold_stages(r->fold) ? "Stage" : "Write", e->yes);
	if (e->yes < e->all)
		buf_addf(b, " of %zu", e->all);
	buf_addf(b, " hunk%s in %zu file%s", target_many(e->all), e->files,
	    target_many(e->files));
	if (e->no > 0)
		buf_addf(b, ", reject %zu", e->no);
	buf_addc(b, '?');
}

/* "Undo: puts back 3 hunks in 2 files (a.c, b.c)." */
static void
ask_undo(const struct review *r, const struct review_choice *c, struct buf *b)
{
	const struct fold_proposal *p = r->fold->proposal;
	AUTO_BUF struct buf names = BUF_INIT(0);
	bool redo = review_facts(r).redoes;
	const struct fold_change *of = fold_change_find(r->fold, p->undo);
	bool index = of != NULL && of->index;
	size_t i, j, files = 0;

	for (i = 0; i < p->files_len && files <= TARGET_NAMED; i++) {
		const struct fold_file *f = &p->files[i];

		for (j = 0; j < f->hunks_len && (f->hunks[j].decided ||
		    review_mark_of(r, &f->hunks[j]).mark == MARK_NO); j++)
			;
		if (j == f->hunks_len)
			continue;
		buf_adds(&names, files++ == 0 ? "" : ", ");
		if (files > TARGET_NAMED)
			buf_adds(&names, "...");
		else
			sanitize_name(&names, f->path_bytes);
	}
	buf_addf(b, "%s %zu hunk%s in %zu file%s (%s)%s.", redo ? index ?
	    "Redo: stages" : "Redo: writes" : index ? "Undo: takes" :
	    "Undo: puts back", c->effect.yes, target_many(c->effect.yes),
	    c->effect.files, target_many(c->effect.files), buf_str(&names),
	    redo ? " again" : index ? " out of git's index" : "");
}

static bool
target_is_edited(const struct fold_proposal *p)
{
	EV_EACH(p, hunks, h)
		if (h->hunk->edit != NULL)
			return true;
	return false;
}

/* Append " Their check passed." if the check ran on exactly these hunks, after what
 * they do to tests. */
static void
ask_check(const struct review *r, const struct review_effect *e,
    const char *how, struct buf *b)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_evidence *check = &r->fold->evidence;
	size_t weakened = fold_weakened(p);

	if (e->yes == e->all && weakened > 0)
		buf_addf(b, " Tests weakened: %zu.", weakened);
	/* Only a check of exactly these hunks counts. */
	if (e->yes == e->all && !target_is_edited(p)) {
		if (check->whole != NULL) {
			buf_addf(b, " Their check %s%s.", strcmp(check->whole,
			    "passed") == 0 ? "passed" : "FAILED",
			    ev_is(r->fold->proofs[FOLD_YOUR_TESTS].status,
			    "failed") ? ", your tests FAILED" : "");
			return;
		}
		if (check->running && !check->partial) {
			buf_adds(b, " Their check is still running.");
			return;
		}
	}
	if (fold_check(r->fold).ran ? check->killed != NULL &&
	    !fold_not_run(check->killed) : r->fold->test == NULL &&
	    r->fold->plan.check == NULL)
		return;
	buf_addf(b, " Check not run on these hunks.%s", how == NULL ? "" : how);
}

/* Append hunks of a file that follow each other. */
static void
ask_run(size_t first, size_t last, struct buf *b)
{
	if (first == 0)
		return;
	buf_addf(b, "%s%zu", b->len > 0 ? ", " : "", first);
	if (last > first)
		buf_addf(b, "-%zu", last);
}

/* Append "2, 4-6", the numbers of the hunks of this file that are covered and
 * weren't seen in full; *at: the first hunk covered that is its own or a later
 * file's. */
static void
ask_numbers(const struct review *r, const struct review_choice *c,
    const struct fold_file *f, size_t before, size_t *at, struct buf *b)
{
	const struct fold_hunk *h;
	size_t i, from = 0;
	bool unseen;

	for (i = 0; i < f->hunks_len; i++) {
		h = &f->hunks[i];
		unseen = *at < c->len && c->hunks[*at] == h &&
		    !seen_is_full(seen_find(r, h->id));
		*at += *at < c->len && c->hunks[*at] == h;
		if (unseen)
			from = from == 0 ? before + i + 1 : from;
		else {
			ask_run(from, before + i, b);
			from = 0;
		}
	}
	ask_run(from, before + i, b);
}

/* Name the hunks that weren't seen in full by their numbers in the proposal. */
static void
ask_unseen(const struct review *r, const struct review_choice *c, struct buf *b)
{
	const struct fold_proposal *p = r->fold->proposal;
	AUTO_BUF struct buf run = BUF_INIT(0);
	size_t i, at = 0, before = 0, files = 0;

	for (i = 0; i < p->files_len; before += p->files[i++].hunks_len) {
		buf_clear(&run);
		ask_numbers(r, c, &p->files[i], before, &at, &run);
		if (run.len == 0 || files++ >= TARGET_NAMED)
			continue;
		buf_adds(b, files == 1 ? "" : ", ");
		sanitize_name(b, p->files[i].path_bytes);
		buf_addf(b, " (hunk%s %s)", strpbrk(buf_str(&run), ",-") ==
		    NULL ? "" : "s", buf_str(&run));
	}
	if (files > TARGET_NAMED)
		buf_addf(b, ", %zu more file%s", files - TARGET_NAMED,
		    target_many(files - TARGET_NAMED));
}

const struct fold_hunk *
review_ask(const struct review *r, const struct review_target *t,
    const struct review_choice *c, const char *how, bool fresh, struct buf *b)
{
	const struct fold_hunk *first = NULL;
	size_t i, unseen;
	int lines, all;

	if (r->fold->proposal->undo != 0 && c->completes)
		ask_undo(r, c, b);
	else if (c->completes) {
		ask_write(r, &c->effect, b);
		ask_check(r, &c->effect, how, b);
	} else
		buf_addf(b, "Accept %zu hunk%s?", c->len, target_many(c->len));
	unseen = fresh ? 0 : review_unseen(r, c, &lines);
	if (unseen > 0 && c->len == 1 && c->hunks[0]->text_len > 0) {
		all = seen_missing_lines(NULL, c->hunks[0]->text,
		    c->hunks[0]->text_len);
		buf_addf(b, " You have seen %d of its %d line%s.", all - lines,
		    all, target_many((size_t)all));
	} else if (unseen > 0) {
		buf_addf(b, " You haven't seen %zu of them (%d line%s): ",
		    unseen, lines, lines == 1 ? "" : "s");
		ask_unseen(r, c, b);
		buf_addc(b, '.');
	}
	if (t->scope == REVIEW_ALIKE && !fold_is_in_row(t->file))
		buf_adds(b, " All make the same change.");
	if (c->newer > 0 && t->scope == REVIEW_ALL)
		buf_addf(b, " %zu that overwrite%s newer lines stay%s open.",
		    c->newer, c->newer == 1 ? "s" : "", c->newer == 1 ? "s" :
		    "");
	for (i = 0; i < c->len && unseen > 0 && first == NULL; i++)
		if (!seen_is_full(seen_find(r, c->hunks[i]->id)))
			first = c->hunks[i];
	return first;
}
