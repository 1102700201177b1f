/* What waits for the user, the hunks that a key or an answer affects, and what a
 * write would do. */
#include "config.h"

#include "review/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "journal/command.h"

#define TARGET_NAMED 3		/* files that an undo names */

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
	return !fold_note_warns(f, (int)(h - f->hunks)) && !f->binary &&
	    f->from == NULL && f->before.exists && f->after.exists &&
	    f->before.mode == f->after.mode && f->after.mode != 0120000 &&
	    !h->decided;
}

void
review_alike_make(struct review *r)
{
	const struct fold_proposal *p = r->fold->proposal;
	const char *reason;
	size_t i;

	if (p == NULL || r->alike.len > 0)
		return;
	for (i = 0; i < p->hunks_len; i++) {
		const struct fold_file *f = p->order[i].file;
		const struct fold_hunk *h = p->order[i].hunk;

		if (fold_is_in_row(f)) {
			AUTO_BUF struct buf name = BUF_INIT(0);

			fold_row_text(&name, f);
			alike_add_named(&r->alike, buf_str(&name));
			continue;
		}
		reason = fold_note_text(f, (int)(h - f->hunks), NOTE_REASON);
		alike_add(&r->alike, reason != NULL ? reason :
		    fold_note_text(f, FOLD_NOTE_FILE, NOTE_REASON), h->text,
		    review_may_be_alike(f, h) ? h->text_len : 0);
	}
	alike_find(&r->alike);
}

size_t
review_alike(const struct review *r, const struct fold_hunk *h)
{
	return r->alike.len == 0 ? 0 : r->alike.hunks[h->place].group;
}

size_t
review_alike_len(const struct review *r, size_t group)
{
	return r->alike.groups[group - 1].len;
}

const struct fold_at *
review_alike_member(const struct review *r, size_t group, size_t i)
{
	return &r->fold->proposal->order[r->alike.members[
	    r->alike.groups[group - 1].from + i]];
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
		group = review_alike(r, t->hunk);
		return h == t->hunk || (group > 0 && group ==
		    review_alike(r, h));
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
	size_t i, yes;

	if (t != NULL)
		c.hunks = xcalloc(p->hunks_len + 1, sizeof(*c.hunks));
	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		yes = e->yes;
		MEM_EACH(f, hunks, h) {
			if (h->decided)
				continue;
			m = target_take(r, t, f, h, &c);
			e->all++;
			e->yes += m == MARK_YES;
			e->no += m == MARK_NO;
			e->open += m == MARK_NONE;
			e->binaries += m == MARK_NONE && fold_is_in_row(f);
		}
		e->files += e->yes > yes;
	}
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
	/* Your own changes, on their way to git's index, needn't be read. */
	if (fold_stages(r->fold))
		return 0;
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

/* ---- what a write would do ---- */

const struct moved *
review_moved(struct review *r)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_hunk *h;
	size_t i, k;

	if (p != NULL && r->moved.runs > 0)
		return &r->moved;
	moved_release(&r->moved);
	for (i = 0; p != NULL && i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++) {
			h = &p->files[i].hunks[k];
			moved_add(&r->moved, (int)i, (int)k, h->text,
			    h->text_len, h->old_start + (h->old_lines == 0),
			    h->new_start + (h->new_lines == 0));
		}
	moved_find(&r->moved);
	return &r->moved;
}

static const char *
target_many(size_t n)
{
	return n == 1 ? "" : "s";
}

static enum fold_mark
write_mark(const struct review *r, int file, int hunk)
{
	return review_mark_of(r, &r->fold->proposal->files[file].
	    hunks[hunk]).mark;
}

/* Does only one half of it get written: of a block that moved, of a new name and
 * what is in the file, or of code and its tests? Append which. */
static void
write_halves(struct review *r, struct buf *why)
{
	const struct fold_proposal *p = r->fold->proposal;
	const char *rejected = fold_word(r->fold, "rejected");
	size_t code[3] = { 0 }, tests[3] = { 0 };
	bool renamed = false;

	MEM_EACH(review_moved(r), blocks, b)
		if (write_mark(r, b->at.file, b->at.hunk) == MARK_YES &&
		    write_mark(r, b->other.file, b->other.hunk) == MARK_NO) {
			buf_addf(why, "lines moved %s %s:%d are %s there"
			    " · ", b->added ? "from" : "to",
			    p->files[b->other.file].name, b->other.number,
			    rejected);
			break;
		}
	MEM_EACH(p, files, f)
		MEM_EACH(f, hunks, h) {
			enum fold_mark m = review_mark_of(r, h).mark;

			(f->tests ? tests : code)[m]++;
			renamed = renamed || (f->from != NULL && m ==
			    MARK_YES && review_mark_of(r,
			    f->hunks).mark == MARK_NO);
		}
	if (renamed)
		buf_addf(why, "a new name is %s · ", rejected);
	if (code[MARK_YES] > 0 && tests[MARK_YES] == 0 && tests[MARK_NO] > 0)
		buf_addf(why, "its tests are %s · ", rejected);
	if (tests[MARK_YES] > 0 && code[MARK_YES] == 0 && code[MARK_NO] > 0)
		buf_addf(why, "only its tests are %s · ",
		    fold_word(r->fold, "accepted"));
}

/* Append what the check said of exactly these hunks to `then`, or to `why` if it
 * fails. */
static void
write_check(const struct review *r, const struct review_effect *e, bool edited,
    struct buf *why, struct buf *then)
{
	const struct fold_evidence *v = &r->fold->evidence;
	const struct fold_check check = fold_check(r->fold);
	const char *whole = e->yes == e->all && !edited ? v->whole : NULL;
	bool all = e->yes == e->all && !edited;
	bool ran = whole != NULL || (check.ran && !v->running && !v->stale &&
	    !fold_not_run(v->killed) && (all || v->partial));

	if (!check.is || e->yes == 0 || r->fold->proposal->undo != 0)
		return;
	if (ran && (whole != NULL ? strcmp(whole, "passed") != 0 :
	    v->exit != 0))
		buf_adds(why, "check fails with these · ");
	else
		buf_adds(then, ran ? " · check passes with these" :
		    v->running ? " · check is running on these" :
		    " · check not run on these");
	if (whole != NULL && ev_is(r->fold->proofs[FOLD_YOUR_TESTS].status,
	    "failed"))
		buf_adds(then, ", your tests fail");
}

/* "puts back 3 hunks in 2 files (a.c, b.c)" */
static void
write_undo(const struct review *r, const struct review_effect *e, bool all,
    struct buf *b)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_change *of = fold_change_find(r->fold, p->undo);
	bool redo = review_facts(r).redoes, index = of != NULL && of->index;
	const char *before = " (";
	size_t n = 0;

	buf_addf(b, "%s %zu hunk%s in %zu file%s", redo ? index ? "stages" :
	    "writes" : index ? "takes" : "puts back", e->yes,
	    target_many(e->yes), e->files, target_many(e->files));
	MEM_EACH(p, files, f) {
		bool any = false;

		MEM_EACH(f, hunks, h)
			any = any || (!h->decided && (all ||
			    review_mark_of(r, h).mark == MARK_YES));
		if (!any || n > TARGET_NAMED)
			continue;
		buf_adds(b, before);
		before = ", ";
		if (n++ < TARGET_NAMED)
			sanitize_name(b, f->path_bytes);
		else
			buf_adds(b, "...");
	}
	buf_addf(b, ")%s", redo ? " again" : index ? " out of git's index" :
	    "");
}

/* "writes 3 hunks to 2 files, rejects 1" */
static void
write_what(const struct review *r, const struct review_effect *e, bool all,
    bool unread, struct buf *b)
{
	struct review_facts facts = review_facts(r);
	bool stages = fold_stages(r->fold);

	if (r->fold->proposal->undo != 0 && e->yes > 0)
		write_undo(r, e, all, b);
	else if (e->yes > 0) {
		buf_adds(b, stages ? "stages " : "writes ");
		if (unread)
			buf_adds(b, "them too");
		else
			buf_addf(b, "%zu hunk%s to %zu file%s", e->yes,
			    target_many(e->yes), e->files,
			    target_many(e->files));
	}
	if (e->no > 0)
		buf_addf(b, "%s%s %zu%s", e->yes > 0 ? ", " : "", stages ?
		    "leaves" : r->fold->proposal->undo != 0 ? "keeps" :
		    "rejects", e->no, e->yes > 0 ? "" : e->no == 1 ? " hunk" :
		    " hunks");
	if (e->no > 0 && e->yes == 0 && facts.tells)
		buf_addf(b, " and tells %s", fold_agent_or(r->fold,
		    "the model"));
	if (e->open > e->binaries)
		buf_addf(b, ", %zu stay%s open", e->open - e->binaries,
		    e->open - e->binaries == 1 ? "s" : "");
	if (e->binaries > 0)
		buf_addf(b, ", %zu binaries stay", e->binaries);
}

/* Was it decided without having been read: accepted, and not seen in full, or
 * rejected, and never on the screen? */
static bool
write_is_unread(const struct review *r, const struct fold_hunk *h, bool all)
{
	const struct seen *s = seen_find(r, h->id);
	enum fold_mark m = all ? MARK_YES : review_mark_of(r, h).mark;

	if (fold_stages(r->fold) || h->decided || m == MARK_NONE ||
	    (s != NULL && s->answered && !all))
		return false;
	return !seen_is_full(s) && (all || h->mark != m || !h->seen) &&
	    (m == MARK_YES || s == NULL || !s->framed);
}

bool
review_is_undo(const struct review *r)
{
	struct review_choice c = review_choose(r, NULL);

	return r->fold->proposal->undo != 0 && c.effect.open > 0 &&
	    c.effect.open == c.effect.all && c.newer == 0;
}

struct review_write
review_write(struct review *r, const char *enter, const char *capital,
    struct buf *b)
{
	const struct fold_proposal *p = r->fold->proposal;
	const struct fold_item *tried = fold_tried(r->fold);
	struct review_write w = { .effect = review_effect(r) };
	AUTO_BUF struct buf why = BUF_INIT(0), then = BUF_INIT(0);
	size_t over = 0;
	bool all = review_is_undo(r), edited = false;

	if (all) {
		w.effect.yes = w.effect.open;
		w.effect.open = 0;
	}
	MEM_EACH(p, hunks, it) {
		const struct fold_hunk *h = it->hunk;
		bool yes = all || review_mark_of(r, h).mark == MARK_YES;

		over += !h->decided && yes && h->overwrites;
		edited = edited || h->edit != NULL;
		if (write_is_unread(r, h, all) && w.unread++ == 0)
			w.first = h;
	}
	if (all)
		MEM_EACH(p, files, f)
			w.effect.files += f->hunks_len > 0;
	if (w.unread > 0)
		buf_addf(&why, "%zu of %zu unread · ", w.unread,
		    w.effect.yes + w.effect.no);
	if (over > 0)
		buf_addf(&why, "%zu overwrite%s your newer lines · ", over,
		    over == 1 ? "s" : "");
	if (w.effect.yes > 0 && fold_hook_blocks(r->fold) != NULL)
		buf_addf(&why, "%s blocked this · ",
		    fold_hook_blocks(r->fold)->name);
	write_check(r, &w.effect, edited, &why, &then);
	if (p->undo == 0 && w.effect.yes > 0)
		write_halves(r, &why);
	if (w.effect.yes == w.effect.all)
		(void)fold_notes_all(&then, p->files, p->files_len, " · ");
	w.capital = why.len > 0;
	buf_addf(b, "%s%s ", buf_str(&why), w.capital ? capital : enter);
	write_what(r, &w.effect, all, w.unread > 0, b);
	if (tried != NULL && tried->running)
		buf_adds(b, " when the command has ended");
	buf_adds(b, buf_str(&then));
	return w;
}

cJSON *
review_decide(struct review *r, bool undoes)
{
	const struct fold_proposal *p = r->fold->proposal;
	cJSON *list = cJSON_CreateArray(), *o;

	if (!review_is_undo(r)) {
		/* What was marked unread, and read since. */
		MEM_EACH(p, hunks, it)
			if (!it->hunk->seen && review_mark_of(r,
			    it->hunk).mark != MARK_NONE &&
			    seen_is_full(seen_find(r, it->hunk->id)))
				cJSON_AddItemToArray(list,
				    cJSON_CreateString(it->hunk->id));
		o = command_decide(r->fold);
		json_set_take(o, "seen", list);
		return o;
	}
	MEM_EACH(p, hunks, it)
		if (!it->hunk->decided)
			cJSON_AddItemToArray(list, command_mark(p,
			    it->hunk->id, undoes ? "yes" : "no",
			    seen_is_full(seen_find(r, it->hunk->id)), NULL));
	return command_marks(p, COMMAND_DECISION, list);
}

bool
review_is_unchecked(const struct review *r)
{
	const struct fold *f = r->fold;
	struct review_effect e = review_effect(r);

	return !f->evidence.partial && e.open < e.all &&
	    e.yes < f->proposal->hunks_len;
}
