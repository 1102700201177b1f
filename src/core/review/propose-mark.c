#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "core/context/context.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/context/query.h"
#include "core/kernel/core.h"
#include "core/review/comment.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/review/undo.h"
#include "core/source/source.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "policy/approve.h"
#include "provider/provider.h"

/* Limit on a line for the rule "small" (policy/approve.h). */
#define RULE_LINE_BYTES		120	/* on average; more counts as several */

static void
rule_decided(struct core_rules *r, const struct ev_decision *d)
{
	MEM_EACH(d, files, f) {
		if (f->path_bytes == NULL)
			continue;
		if (d->rule == NULL) {
			cJSON_DeleteItemFromObjectCaseSensitive(r->lines,
			    f->path_bytes);
		} else if (ev_is(d->rule, "small") ||
		    ev_is(d->rule, "reviewer")) {
			json_add_int(r->lines, f->path_bytes,
			    json_int(r->lines, f->path_bytes, 0) + f->lines);
			r->total += f->lines;
		}
	}
}

bool
rule_small_allows(const struct core_rules *r, const char *path, int lines,
    int others)
{
	return json_int(r->lines, path, 0) + lines <= APPROVE_SMALL_FILE &&
	    r->total + others + lines <= APPROVE_SMALL_SESSION;
}

#define RULE_OUTSIDE "changed outside the plan's steps"

static void reviewer_again(struct core *);

/* Lines added and removed. */
static int
rule_lines(const struct fold_file *f)
{
	int n = 0;

	MEM_EACH(f, hunks, h) {
		n += h->added + h->removed;
		/* A long line takes as much reading as several short ones. */
		if (h->text_len / RULE_LINE_BYTES > (size_t)(h->old_lines +
		    h->new_lines))
			n += h->text_len / RULE_LINE_BYTES > 1000000 ?
			    1000000 : (int)(h->text_len / RULE_LINE_BYTES);
	}
	return n;
}

/* Each rule returns why it doesn't accept the file, or NULL: it does. The
 * answer is valid for this proposal: later calls change the copy, not
 * the proposal. */

/* Does the user hold back what it adds (--hold)? */
static bool
rule_holds(const struct core *c, const struct fold_note_row *row)
{
	return row == &fold_note_rows[NOTE_ADDS] &&
	    json_is(c->start, "hold", "adds");
}

/* The first note that stops so much, or more. */
static const struct fold_note *
rule_note(struct core *c, const struct fold_file *f, enum fold_note_stops least)
{
	MEM_EACH(f, notes, n)
		if ((n->row->stops >= least || rule_holds(c, n->row)) &&
		    (least != NOTE_STOPS_YES ||
		    n->row != &fold_note_rows[NOTE_PROTECTED] ||
		    !policy_allows(c->policy, f->path_bytes)))
			return n;
	return NULL;
}

static const char *
rule_notes(struct core *c, const struct fold_file *f, enum fold_note_stops least)
{
	const struct fold_note *n = rule_note(c, f, least);

	return n == NULL ? NULL : n->row->why;
}

void
rule_leaves(struct core *c, const struct fold_file *f, struct buf *b)
{
	bool yes = strcmp(c->approve->name, "yes") == 0;
	const char *told = yes ? f->not_yes : f->not_small;
	const struct fold_note *n = rule_note(c, f, yes ? NOTE_STOPS_YES :
	    NOTE_STOPS_SMALL);

	if (told == NULL && n == NULL)
		told = evidence_stops(c);
	if (!c->approve->rule || (told == NULL && n == NULL))
		return;
	buf_adds(b, ": ");
	if (told != NULL || n->row != &fold_note_rows[NOTE_ADDS])
		buf_adds(b, told != NULL ? told : n->row->why);
	else
		buf_addf(b, "it adds: %s", n->text);
}

static const char *
rule_yes(struct core *c, const struct fold_file *f, int *lines UNUSED)
{
	const char *why = f->not_yes != NULL ? f->not_yes :
	    rule_notes(c, f, NOTE_STOPS_YES);

	return why != NULL || pathmap_find(&c->plan.outside,
	    f->path_bytes) == NULL ? why : RULE_OUTSIDE;
}

static const char *
rule_rollback(struct core *c, const struct fold_file *f UNUSED,
    int *lines UNUSED)
{
	return c->review.undoing != 0 ? NULL : "it isn't part of the rollback";
}

static bool
rule_is_plain(const struct fold_side *s)
{
	return !s->exists || s->mode == 0100644 || s->mode == 0100755;
}

/* Can it be started by its name, or its bytes not be read? */
static bool
rule_is_program(struct core *c, const struct fold_side *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return s->exists && (s->mode == 0100755 ||
	    blob_get(c->blobs, s->hash, &b, NULL) < 0 ||
	    strncmp(buf_str(&b), "#!", 2) == 0);
}

/* Would a reader see marks in its place, as of letters that turn the line? */
static bool
rule_hides(const struct fold_hunk *h)
{
	struct sanitize_unit u;
	size_t i;

	for (i = 0; i < h->text_len; i += u.used) {
		sanitize_next(h->text + i, h->text_len - i, 0, 0, &u);
		if (u.is_mark && strchr("\t\r\n", h->text[i]) == NULL)
			return true;
	}
	return false;
}

/* Accept short changes to the project's own sources and documents that aren't
 * protected, don't affect the check, and that neither the build nor a person runs. */
static const char *
rule_small_file(struct core *c, const struct fold_file *f, int *lines)
{
	int n = rule_lines(f);
	const char *why = f->not_small != NULL ? f->not_small :
	    rule_notes(c, f, NOTE_STOPS_SMALL);

	if (why != NULL)
		return why;
	if (policy_runs_at(c->policy, f->path_bytes) != NULL)
		return "it is a build file";
	if (pathmap_find(&c->plan.outside, f->path_bytes) != NULL)
		return RULE_OUTSIDE;
	if (pathmap_find(&c->reasons->stopped, f->path_bytes) != NULL)
		return "a stopped call changed it";
	if (pathmap_find(&c->rules.taken_back, f->path_bytes) != NULL)
		return "the fork takes it back";
	if (f->from != NULL)
		return "it is renamed";
	if (!rule_is_plain(&f->before) || !rule_is_plain(&f->after) ||
	    f->binary)
		return "it is not plain text";
	if (f->before.exists && f->after.exists &&
	    f->before.mode != f->after.mode)
		return "its mode changes";
	MEM_EACH(f, hunks, h) {
		if (h->text_len == 0)
			return "it can only be accepted as a whole";
		if (rule_hides(h))
			return "it has characters that aren't seen";
	}
	if (n == 0)
		return "it has no lines to count";
	why = policy_not_own(c->policy, f->path_bytes, !f->before.exists);
	if (why != NULL)
		return why;
	if (rule_is_program(c, &f->before) || rule_is_program(c, &f->after))
		return "it is a program";
	if (!rule_small_allows(&c->rules, f->path_bytes, n, *lines))
		return "it has more lines than the rule accepts";
	*lines += n;
	return NULL;
}

static bool
reviewer_is_same(const char *hash, const struct fold_side *side)
{
	return hash == NULL ? !side->exists : side->exists &&
	    side->hash != NULL && strcmp(hash, side->hash) == 0;
}

/* A verdict is bound to a path and to the hashes of both sides: a change since
 * needs a new review. */
static const struct ev_verdict *
reviewer_verdict(const struct core_rules *r, const struct fold_file *f)
{
	const struct ev_verdict *found = NULL;

	MEM_EACH(r, reviews, e)
		MEM_EACH(&(*e)->review, files, v)
			if (ev_is(v->path_bytes, f->path_bytes) &&
			    reviewer_is_same(v->before, &f->before) &&
			    reviewer_is_same(v->after, &f->after))
				found = v;
	return found;
}

/* Why this file isn't accepted, or NULL: it is. Borrowed until the next
 * event. */
static const char *
reviewer_rejects(const struct core *c, const struct fold_file *f)
{
	const struct ev_verdict *v = reviewer_verdict(&c->rules, f);

	return v == NULL ? "the reviewer has not looked at it" :
	    ev_is(v->verdict, "accept") ? NULL :
	    v->reason != NULL ? v->reason : "the reviewer asks for the user";
}

/* Accept what "small" accepts, if the reviewer accepted it, too. */
static const char *
rule_reviewer(struct core *c, const struct fold_file *f, int *lines)
{
	int before = *lines;
	const char *why = rule_small_file(c, f, lines);

	if (why == NULL && (why = reviewer_rejects(c, f)) != NULL)
		*lines = before;
	return why;
}

static const struct rule {
	const char	*name;
	const char	*(*refuses)(struct core *, const struct fold_file *,
			    int *lines);
	bool		 tells;		/* a proposal says what it would do */
} rules[] = {
	{ "reviewer", rule_reviewer, false },	/* is asked later */
	{ "rollback", rule_rollback, false },	/* undoes what this run
						   applied */
	{ "small", rule_small_file, true },
	{ "yes", rule_yes, true },
};

static const char *
rule_rejects(struct core *c, const struct rule *r, const struct fold_file *f,
    int *lines)
{
	const char *why;
	size_t over = 0;

	MEM_EACH(f, hunks, h) {
		if (h->mark != MARK_NONE)
			return "you started to review it";
		if (facts_rejected(&c->fold->facts, h->id) != NULL)
			return "you rejected this before";
		over += h->overwrites;
	}
	if (over == f->hunks_len)
		return "it overwrites newer lines";
	if (fold_is_in_row(f))
		return "it is one of many binaries that commands made there";
	if ((why = rule_notes(c, f, NOTE_STOPS_ALL)) != NULL)
		return why;
	return r->refuses(c, f, lines);
}

/* Does the rule accept this file of the open proposal? `lines`: lines it
 * accepted so far in the same decision. */
static bool
rule_accepts(struct core *c, const char *name, const struct fold_file *f,
    int *lines)
{
	const struct rule *r = MEM_FIND(rules, name);

	return r != NULL && rule_rejects(c, r, f, lines) == NULL;
}

void
rule_tell(struct core *c, struct event *made)
{
	struct ev_proposal *p = &made->proposal;
	struct ev_rules *told = ev_alloc(made, (p->files_len + 1) *
	    sizeof(*told));
	/* The rules read a proposal in the fold's form. */
	const struct event check = { .type = EVENT_CHECK, .seq = 1, .t = "",
		.by = "", .check = { .command = c->check.command } };
	const struct event e = { .type = EVENT_PROPOSAL, .seq = 2, .t = "",
		.by = "", .proposal = { .files = p->files,
		    .files_len = p->files_len } };
	struct fold *f = fold_new();
	size_t i, k;

	if (c->check.command != NULL)
		fold_event(f, &check);
	fold_event(f, &e);
	for (k = 0; k < MEM_COUNT(rules); k++) {
		int lines = 0;

		for (i = 0; rules[k].tells && f->proposal != NULL &&
		    i < f->proposal->files_len; i++) {
			const char *why = ev_text(made, rule_rejects(c,
			    &rules[k], &f->proposal->files[i], &lines));

			if (rules[k].refuses == rule_yes)
				told[i].yes = why;
			else
				told[i].small = why;
			p->files[i].rules = &told[i];
		}
	}
	fold_free(f);
}

/* Does it change a test, beside what the check itself is? */
static bool
rule_finds_tests(const struct fold_proposal *p, const struct ev_proof *proof)
{
	MEM_EACH(p, files, f) {
		bool is_check = false;

		MEM_EACH(proof, files, it)
			is_check = is_check || strcmp(it->path_bytes,
			    f->path_bytes) == 0;
		if (f->tests && !is_check)
			return true;
	}
	return false;
}

/* May no rule accept this: since the check failed, or the user's tests as they are
 * fail or don't build, or are judged by another check than the user's, for which
 * the user decides, or, for --require-proof, as they aren't known to pass?
 * What was checked together stays together. Where no person reads it in the review,
 * it is said why. */
static bool
rule_is_unproven(struct core *c, const struct ev_decision *d)
{
	bool must = json_bool(c->start, "require_proof", false);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct fold_proof *proof = &c->fold->proofs[FOLD_YOUR_TESTS];
	const char *why = evidence_stops(c), *yours = proof->status;
	bool failed = ev_is(yours, "failed");
	size_t accepted = 0;

	MEM_EACH(d, files, f)
		accepted += f->hunks_len;
	if (why != NULL)
		must = false;
	else if (must)
		why = fold_unproven(c->fold, accepted);
	else if (c->fold->proposal->undo == 0 && (failed ||
	    ev_is(yours, "unbuilt") || (ev_is(yours, "changed") &&
	    rule_finds_tests(c->fold->proposal, &proof->line->proof)))) {
		buf_adds(&b, failed ? "the check " : "");
		(void)fold_proof_words(&b, c->fold, FOLD_YOUR_TESTS);
		why = buf_str(&b);
	}
	if (why != NULL && c->fold->proposal->final && !c->person)
		emit_note(c, "not accepted%s: %s", must ? " (--require-proof)" :
		    "", why);
	return why != NULL;
}

#define REVIEWER_SAID_MAX	((size_t)8 << 10)
#define REVIEWER_REASON_MAX	300

/* ---- the request ---- */

static void
reviewer_add_marked(struct buf *b, const char *what, const char *text,
    size_t n)
{
	AUTO_BUF struct buf repaired = BUF_INIT(0);

	utf8_repair(&repaired, text, n);
	prompt_mark(b, what, "", buf_str(&repaired), repaired.len,
	    repaired.len == 0 || repaired.p[repaired.len - 1] != '\n');
}

static void
reviewer_add_file(struct buf *b, int number, const struct fold_file *f)
{
	AUTO_BUF struct buf diff = BUF_INIT(0), why = BUF_INIT(0);
	const char *own = fold_note_text(f, FOLD_NOTE_FILE, NOTE_REASON);

	MEM_EACH(f, hunks, h) {
		const char *reason = fold_note_text(f, (int)(h - f->hunks),
		    NOTE_REASON);

		if (reason != NULL)
			buf_addf(&why, "%s%s", why.len > 0 ? "\n" : "",
			    reason);
		buf_addf(&diff, "@@ -%d,%d +%d,%d @@\n", h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
		buf_add(&diff, h->text, h->text_len);
		if (h->text_len > 0 && h->text[h->text_len - 1] != '\n')
			buf_addc(&diff, '\n');
	}
	buf_addf(b, "\n## File %d: %s (%s)\n\n", number, f->path,
	    f->status == NULL ? "modified" : f->status);
	if (own != NULL)
		buf_addf(&why, "%s%s", why.len > 0 ? "\n" : "", own);
	if (why.len > 0)
		reviewer_add_marked(b, "reason", buf_str(&why), why.len);
	reviewer_add_marked(b, "diff", buf_str(&diff), diff.len);
}

/* Ask for the changes that the rule "small" would accept and that have no
 * verdict; how many. */
static size_t
reviewer_choose(struct core *c, struct buf *text)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO_FREE struct ev_verdict *v = xcalloc(p->files_len + 1, sizeof(*v));
	size_t n = 0;
	int lines = 0;

	MEM_EACH(p, files, f) {
		if (reviewer_verdict(&c->rules, f) != NULL ||
		    !rule_accepts(c, "small", f, &lines))
			continue;
		v[n++] = (struct ev_verdict){ .path_bytes = f->path_bytes,
			.before = f->before.hash, .after = f->after.hash };
		reviewer_add_file(text, (int)n, f);
	}
	event_keep(&c->rules.asked, n == 0 ? NULL : &(struct event){
	    .type = EVENT_REVIEW, .review = { .files = v, .files_len = n } });
	return n;
}

/* ---- the answer ---- */

/* The JSON object in a text that may have a fence or words around it. */
static cJSON *
reviewer_parse(const char *text, struct err *e)
{
	const char *from = strchr(text, '{'), *to = strrchr(text, '}');
	cJSON *o;

	if (from == NULL || to == NULL || to < from) {
		err_set(e, "no JSON object in it");
		return NULL;
	}
	o = json_parse(from, (size_t)(to - from) + 1, JSON_NUL_REPLACE, e);
	if (o != NULL && json_array(o, "files") == NULL) {
		err_set(e, "no \"files\" in it");
		json_drop(&o);
	}
	return o;
}

/* Accept only if the answer has exactly one verdict on this file, the word
 * "accept". */
static void
reviewer_judge(struct event *asked, size_t i, const cJSON *answer)
{
	struct ev_verdict *v = &asked->review.files[i];
	const cJSON *it, *found = NULL;
	AUTO_FREE char *cut = NULL;
	int n = 0;

	cJSON_ArrayForEach(it, json_array(answer, "files"))
		if (json_int(it, "file", 0) == (int64_t)i + 1) {
			found = it;
			n++;
		}
	cut = utf8_cut_dup(json_str_or(found, "reason", n == 1 ?
	    "no reason was given" : "the reviewer gave no verdict on it"),
	    REVIEWER_REASON_MAX);
	v->verdict = n == 1 && json_is(found, "verdict", "accept") ? "accept" :
	    "ask";
	v->reason = ev_text(asked, cut);
}

static void
reviewer_emit(struct core *c, const cJSON *answer, const struct reply *r,
    const char *failed)
{
	struct ev_review *review = &c->rules.asked->review;
	struct query_cost cost;
	size_t i;

	for (i = 0; i < review->files_len; i++)
		if (failed == NULL)
			reviewer_judge(c->rules.asked, i, answer);
		else {
			review->files[i].verdict = "ask";
			review->files[i].reason = "can't ask the reviewer";
		}
	query_cost_of(c, r, &cost);
	review->failed = failed;
	review->model = &cost.asked;
	review->usage = &cost.usage;
	review->guess = cost.guessed;
	review->cost_usd = cost.usd;
	EMIT_THIS(c, "model", review, review);
	event_drop(&c->rules.asked);
}

static void
reviewer_done(struct core *c, struct reply *r, const char *failed)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *unusable = NULL;
	AUTO_JSON cJSON *answer = NULL;

	c->request.attempt = 0;
	if (failed == NULL && (answer = reviewer_parse(r->text, &e)) == NULL)
		failed = unusable = xasprintf("unusable answer: %s", e.text);
	reviewer_emit(c, answer, r, failed);
	reply_free(r);
	core_soon(c);
}

static void
reviewer_cancelled(struct core *c)
{
	event_drop(&c->rules.asked);
}

/* Send the changes as currently proposed; false if there is nothing to ask. */
static bool
reviewer_send(struct core *c)
{
	AUTO_BUF struct buf changes = BUF_INIT(0), text = BUF_INIT(0);
	const struct core_target *own =
	    &c->models.places[ROUTE_REVIEW].target;
	char **said;
	size_t n, i;

	reviewer_cancelled(c);
	if (c->fold->proposal == NULL || reviewer_choose(c, &changes) == 0)
		return false;
	said = context_said(recall_context(c), INT64_MAX, REVIEWER_SAID_MAX,
	    &n);
	buf_adds(&text, "# What the user said\n\n");
	for (i = 0; i < n; i++)
		buf_addf(&text, "- %s\n", said[i]);
	xfree_list(said, n);
	buf_adds(&text, "\n# The changes\n");
	buf_add(&text, buf_str(&changes), changes.len);
	query_send(c, &(struct query){ 
	    .target = own->format != NULL ? own : &c->target,
	    .system = prompt_aside(c->prompts, true), .text = buf_str(&text),
	    .doing = "the reviewer model is reading", .done = reviewer_done,
	    .cancelled = reviewer_cancelled, .again = reviewer_again });
	return true;
}

static void
reviewer_again(struct core *c)
{
	if (!reviewer_send(c))
		core_soon(c);
}

/* Ask if a small change of the open proposal has no verdict yet. True while an
 * answer is pending. */
static bool
reviewer_begin(struct core *c)
{
	if (c->task.stop > STOP_LIMIT || c->context == NULL ||
	    c->target.format == NULL)
		return false;
	c->request.attempt = 0;
	return reviewer_send(c);
}

static void
rule_init(struct core *c)
{
	c->rules.lines = cJSON_CreateObject();
}

static void
rule_line(struct core *c, const struct event *e)
{
	struct core_rules *r = &c->rules;

	if (e->type == EVENT_REVIEW) {
		event_keep(GROW_ADD(r->reviews, r->reviews_len), e);
	} else if (e->type == EVENT_NOTE) {
		MEM_EACH(&e->note, files, f)
			(void)pathmap_add(&r->taken_back, f->path_bytes,
			    sizeof(char *));
	} else
		rule_decided(r, &e->decision);
}

static void
rule_free(struct core *c)
{
	free(c->review.marker);
	cJSON_Delete(c->rules.lines);
	MEM_EACH(&c->rules, reviews, e)
		event_drop(e);
	free(c->rules.reviews);
	event_drop(&c->rules.asked);
	pathmap_release(&c->rules.taken_back);
}

static int
propose_check(struct core *c, const cJSON *command, struct err *e)
{
	/* commands: while a proposal is open, and no decision is pending. */
	assert(c->fold->proposal != NULL && c->decision.line == NULL);
	if (source_is_open(c) && c->review.scan == SCAN_OWES) {
		propose_make(c, true);
		return err_set(e, "your files have to be read again: wait for "
		    "it");
	}
	/* The copy couldn't be read when this proposal was last made,
	 * so it may be out of date: try to make it again. */
	if (c->review.scan != SCAN_READ && !source_is_open(c)) {
		int64_t version = c->fold->proposal->version;

		propose_make(c, false);
		if (c->review.scan != SCAN_READ)
			return err_set(e, "the copy can't be reviewed: "
			    "see assent log");
		if (c->fold->proposal == NULL ||
		    c->fold->proposal->version != version)
			return err_set(e, "the changes are new; look at them "
			    "again");
	}
	if (json_int(command, "proposal", -1) != c->fold->proposal->id)
		return err_set(e, "that proposal is closed");
	return 0;
}

/* ---- the decision ---- */

/* A verdict for all hunks without a mark, and what was seen by now. */
struct propose_all {
	const char	*verdict;	/* "yes" or "no"; NULL: none */
	const char	*word;		/* may be NULL */
	bool		 seen;
	const char	**ids;		/* sorted: hunks that were seen; NULL:
					   see `seen` */
	size_t		 ids_len;
};

static void
propose_all_init(struct propose_all *all, const cJSON *command)
{
	const cJSON *seen = json_array(command, "seen"), *it;

	memset(all, 0, sizeof(*all));
	all->verdict = json_is(command, "all", "yes") ? "yes" :
	    json_str(command, "all") != NULL ? "no" : NULL;
	all->word = json_str(command, "word");
	all->seen = json_bool(command, "seen", false);
	if (seen == NULL)
		return;
	all->ids = xcalloc((size_t)cJSON_GetArraySize(seen) + 1,
	    sizeof(*all->ids));
	cJSON_ArrayForEach(it, seen)
		if (cJSON_IsString(it))
			all->ids[all->ids_len++] = it->valuestring;
	MEM_SORT(all->ids, all->ids_len);
}

static bool
propose_all_seen(const struct propose_all *all, const char *id)
{
	return all->ids == NULL ? all->seen :
	    MEM_SEARCH(all->ids, all->ids_len, id) != NULL;
}

/* The hunk's comments, for its decision. */
static void
propose_add_comments(struct event *to, struct ev_decided_hunk *d,
    const struct fold_hunk *h)
{
	size_t i;

	if (h->comments_len == 0)
		return;
	d->comments = ev_alloc(to, h->comments_len * sizeof(*d->comments));
	d->comments_len = h->comments_len;
	for (i = 0; i < h->comments_len; i++) {
		const struct fold_comment *x = &h->comments[i];

		d->comments[i] = (struct ev_hunk_comment){ .line = x->line,
			.end_line = x->end > x->line ? x->end : 0,
			.text = x->text, .answer = x->answer };
	}
}

/* Is there a decision on this hunk? */
static bool
propose_decide_hunk(struct event *to, struct ev_decided_hunk *d,
    const char *rule, const struct propose_all *all, const struct fold_hunk *h)
{
	bool marked = h->mark != MARK_NONE;

	if (rule != NULL ? h->overwrites : !marked &&
	    (all == NULL || all->verdict == NULL || (h->overwrites &&
	    all->verdict[0] == 'y')))
		return false;
	*d = (struct ev_decided_hunk){ .id = h->id, .decision = "yes" };
	/* invariant 2: no rule accepts what overwrites newer text. */
	assert(rule == NULL || !h->overwrites);
	if (rule == NULL && !marked) {
		/* invariant 2: "accept all" doesn't either. */
		assert(!h->overwrites || all->verdict[0] != 'y');
		d->decision = all->verdict;
		d->seen = propose_all_seen(all, h->id);
		d->word = all->word;
	} else if (rule == NULL) {
		d->decision = h->edit != NULL ? "edited" :
		    h->mark == MARK_YES ? "yes" : "no";
		d->edit = (struct ev_bytes){ h->edit, h->edit_len };
		d->overwrite = h->overwrites && h->mark == MARK_YES;
		d->seen = h->seen || (all != NULL && all->ids != NULL &&
		    propose_all_seen(all, h->id));
		d->word = h->word;
	}
	propose_add_comments(to, d, h);
	return true;
}

void
propose_decision(struct core *c, struct event *to, const char *rule,
    const struct propose_all *all)
{
	const struct fold_proposal *p = c->fold->proposal;
	struct ev_decision *d = &to->decision;
	int lines = 0;

	to->type = EVENT_DECISION;
	*d = (struct ev_decision){ .proposal = p->id, .rule = rule,
		.files = ev_alloc(to, (p->files_len + 1) *
		    sizeof(*d->files)) };
	MEM_EACH(p, files, f) {
		struct ev_decided_file *x = &d->files[d->files_len];

		if (rule != NULL && !rule_accepts(c, rule, f, &lines))
			continue;
		/* A renamed file waits until its first hunk, the new name, is
		 * marked. */
		if (rule == NULL && (all == NULL || all->verdict == NULL) &&
		    f->from != NULL && f->hunks[0].mark == MARK_NONE)
			continue;
		*x = (struct ev_decided_file){ .path_bytes = f->path_bytes,
			.before = f->before.hash, .after = f->after.hash,
			.lines = rule == NULL ? 0 : rule_lines(f),
			.hunks = ev_alloc(to, f->hunks_len *
			    sizeof(*x->hunks)) };
		MEM_EACH(f, hunks, h)
			x->hunks_len += propose_decide_hunk(to,
			    &x->hunks[x->hunks_len], rule, all, h);
		d->files_len += x->hunks_len > 0;
	}
}

static void
propose_emit_decision(struct core *c, struct ev_decision *d, const char *by,
    const char *client)
{
	/* invariant 4: one decision at a time. */
	assert(c->decision.line == NULL);
	d->check = evidence_word(c, d);
	d->client = client;
	EMIT_THIS(c, by, decision, d);
	/* invariant 3: a decision is durable before it is acknowledged. */
	assert(c->decision.line != NULL &&
	    c->journal->synced >= c->decision.line->seq);
	core_soon(c);
}

bool
propose_decide_by_rule(struct core *c, const char *rule)
{
	AUTO_EVENT struct event made = { 0 };
	AUTO_FREE char *by = NULL;

	if (strcmp(rule, "reviewer") == 0 && evidence_stops(c) == NULL &&
	    reviewer_begin(c))
		return true;
	if (c->decision.tries >= CORE_APPLY_TRIES)
		return false;
	propose_decision(c, &made, rule, NULL);
	if (made.decision.files_len == 0)
		return false;
	if (evidence_begin(c))
		return true;
	if (rule_is_unproven(c, &made.decision))
		return false;
	by = xasprintf("rule:%s", rule);
	propose_emit_decision(c, &made.decision, by, NULL);
	return true;
}

/* ---- marks ---- */

static void
propose_emit_drafts(struct core *c, const char *by, struct ev_mark *m,
    size_t n, const char *client)
{
	struct ev_draft d = { .client = client };

	if (n == 0)
		return;
	d.proposal = c->fold->proposal->id;
	if (n == 1) {
		d.hunk = m->hunk;
		d.mark = m->mark;
		d.edit = m->edit;
		d.seen = m->seen;
		d.word = m->word;
	} else {
		d.marks = m;
		d.marks_len = n;
	}
	EMIT_THIS(c, by, draft, &d);
	if (!ev_is(client, c->review.marker)) {
		c->review.marked_before = c->review.marked;
		xstrset(&c->review.marker, client);
	}
	c->review.marked = c->fold->seq;
	evidence_marks_changed(c);
}

/* Can the edited hunk be composed? Try it on the proposed change. */
static int
propose_check_edit(struct core *c, const struct ev_bytes *text,
    const struct fold_file *f, const struct fold_hunk *h, struct err *e)
{
	struct gate_edit edit = { .id = h->id, .text = text->p,
		.len = text->len };
	struct gate_choice choice;
	struct stage_side write, rest;

	if (propose_is_renaming(f, h->id))
		return err_set(e, "accept or reject a rename as a whole");
	if (text->p == NULL)
		return err_set(e, "the edited hunk is missing");
	propose_choice(c, &choice, f);
	choice.edits = &edit;
	choice.edits_len = 1;
	return gate_compose(c->blobs, &choice, &write, &rest, e);
}

/* One mark of a command. -1 with *e if it is invalid, or without a message if
 * the hunk is gone. */
static int
propose_mark_one(struct core *c, struct event *made, struct ev_mark *m,
    const cJSON *o, struct err *e)
{
	static const char *const marks[] = { "no", "none", "yes" };
	bool edited = json_is(o, "mark", "edited");
	const struct fold_file *f;
	const struct fold_hunk *h;
	AUTO_FREE char *edit = NULL;
	size_t n = 0;

	*m = (struct ev_mark){ .hunk = json_str_or(o, "hunk", ""),
		.mark = json_str_or(o, "mark", ""),
		.seen = json_bool(o, "seen", false),
		.word = json_str(o, "word") };
	f = fold_find_hunk(c->fold, m->hunk, &h);
	if (f == NULL)
		return -1;
	if (edited && (edit = json_get_bytes(o, "edit", &n)) != NULL)
		m->edit = (struct ev_bytes){ ev_copy(made, edit, n), n };
	if (edited && propose_check_edit(c, &m->edit, f, h, e) < 0)
		return -1;
	if (!edited && MEM_FIND(marks, m->mark) == NULL)
		return err_set(e, "unknown mark \"%s\"", m->mark);
	if (h->overwrites && (edited || ev_is(m->mark, "yes")) &&
	    !json_bool(o, "overwrite", false))
		return err_set(e, "that hunk overwrites newer lines of %s: "
		    "decide it alone", f->path);
	return 0;
}

/* All marks from `it` on whose hunk is in the proposal, as a draft; *gone counts
 * the others. -1 with *e if one is invalid: then none is made. */
static int
propose_mark_list(struct core *c, struct event *made, const cJSON *it,
    int *gone, struct err *e)
{
	struct ev_draft *d = &made->draft;
	const cJSON *o;
	size_t n = 1;

	for (o = it; o != NULL; o = o->next)
		n++;
	d->marks = ev_alloc(made, n * sizeof(*d->marks));
	for (*gone = 0; it != NULL; it = it->next)
		if (propose_mark_one(c, made, &d->marks[d->marks_len], it,
		    e) == 0)
			d->marks_len++;
		else if (err_is_set(e))
			return -1;
		else
			++*gone;
	return 0;
}

static int
propose_mark(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *list = json_array(command, "marks");
	AUTO_EVENT struct event made = { 0 };
	const struct ev_draft *d = &made.draft;
	int gone;

	if (propose_check(c, command, e) < 0)
		return -1;
	/* `exact`: this mark is part of a choice about all hunks of the version
	 * that the client showed. */
	if (json_bool(command, "exact", false) &&
	    json_int(command, "version", -1) != c->fold->proposal->version)
		return err_set(e, "the changes are new; look at them again");
	if (propose_mark_list(c, &made, list == NULL ? command : list->child,
	    &gone, e) < 0)
		return -1;
	if (d->marks_len == 0)
		return err_set(e, "that hunk changed; look at it again");
	propose_emit_drafts(c, "user", d->marks, d->marks_len, client);
	core_soon(c);	/* the driver reports how many remain */
	return gone == 0 ? 0 : err_set(e, "%d of these hunks %s changed; look "
	    "at %s again", gone, gone == 1 ? "has" : "have",
	    gone == 1 ? "it" : "them");
}

/* A renamed file with marks on its content but none on its new name; NULL: there
 * is none. */
static const char *
propose_nameless(const struct core *c, const struct ev_draft *d)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO_FREE bool *name = xcalloc(p->files_len + 1, sizeof(*name));
	AUTO_FREE bool *content = xcalloc(p->files_len + 1, sizeof(*content));
	size_t i;

	MEM_EACH(d, marks, m) {
		const struct fold_file *f = fold_find_hunk(c->fold, m->hunk,
		    NULL);

		if (ev_is(m->mark, "none"))
			continue;
		if (propose_is_renaming(f, m->hunk))
			name[f - p->files] = true;
		else
			content[f - p->files] = true;
	}
	for (i = 0; i < p->files_len; i++)
		if (p->files[i].from != NULL && content[i] && !name[i])
			return p->files[i].path;
	return NULL;
}

/* Make the marks of this command: all of them, or none. */
static int
propose_decide_marks(struct core *c, const cJSON *marks, const char *client,
    struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO_EVENT struct event made = { 0 };
	const struct ev_draft *d = &made.draft;
	AUTO_FREE struct ev_mark *was = NULL;
	const char *path;
	bool any = false;
	size_t n = 0;
	int gone;

	if (propose_mark_list(c, &made, marks->child, &gone, e) < 0)
		return -1;
	MEM_EACH(d, marks, m)
		any = any || !ev_is(m->mark, "none");
	path = propose_nameless(c, d);
	if (path != NULL)
		return err_set(e, "%s is renamed: mark the rename too", path);
	if (gone > 0 || !any)
		return err_set(e, gone > 0 ?
				      "that hunk changed; look at it again" :
				      "no hunk is marked");
	was = xcalloc(p->hunks_len + 1, sizeof(*was));
	MEM_EACH(p, hunks, h)
		if (h->hunk->mark != MARK_NONE)
			was[n++] = (struct ev_mark){ .mark = "none",
				.hunk = h->hunk->id };
	propose_emit_drafts(c, "user", was, n, client);
	propose_emit_drafts(c, "user", d->marks, d->marks_len, client);
	return 0;
}

static int
propose_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	AUTO_EVENT struct event made = { 0 };
	const struct fold_proposal *p;
	const cJSON *marks = json_array(command, "marks");
	const char *say = json_str(command, "say");
	struct propose_all all;

	if (propose_check(c, command, e) < 0)
		return -1;
	p = c->fold->proposal;
	/* The command is about the version that was on the screen. */
	if (json_int(command, "version", -1) != p->version)
		return err_set(e, "the changes are new; look at them again");
	if (json_int(command, "after", INT64_MAX) < (ev_is(client,
	    c->review.marker) ? c->review.marked_before : c->review.marked))
		return err_set(e, "somebody else marked hunks meanwhile: look "
		    "at them again");
	if (c->fold->reads)
		return err_set(e, "nothing is staged in this review: marks "
		    "and comments are kept in the session");
	if (say != NULL && model_needed(c, e) < 0)
		return -1;
	if (marks != NULL && propose_decide_marks(c, marks, client, e) < 0)
		return -1;
	propose_all_init(&all, command);
	propose_decision(c, &made, NULL, &all);
	free(all.ids);
	if (made.decision.files_len == 0)
		return err_set(e, "%s", all.verdict != NULL ?
		    "the open hunks overwrite "
		    "newer lines: decide each alone" : fold_undecided(p) ==
		    fold_hunks(p) ? "no hunk is marked: accept or reject one "
		    "first" : "only hunks of a renamed file are marked: mark "
		    "the rename too");
	if (all.verdict != NULL && p->undecided > 0 &&
	    all.verdict[0] == 'y')
		evidence_part_stale(c);
	made.decision.say = say;
	propose_emit_decision(c, &made.decision, "user", client);
	return 0;
}

/* Client command, in assent review: take this hunk out of the user's file. */
static int
propose_discard(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct ev_decided_hunk hunk = { .decision = "no", .seen = true };
	struct ev_decided_file file = { .hunks = &hunk, .hunks_len = 1 };
	struct ev_decision d = { .proposal = json_int(command, "proposal", -1),
		.discard = true, .files = &file, .files_len = 1 };

	if (propose_check(c, command, e) < 0)
		return -1;
	if (c->fold->reads)
		return err_set(e, "it isn't in your files");
	f = fold_find_hunk(c->fold, json_str_or(command, "hunk", ""), &h);
	if (f == NULL)
		return err_set(e, "that hunk changed; look at it again");
	if (f->from != NULL)
		return err_set(e, "%s is renamed: rename it back with mv",
		    f->path);
	hunk.id = h->id;
	file.path_bytes = f->path_bytes;
	file.before = f->before.hash;
	file.after = f->after.hash;
	propose_emit_decision(c, &d, "user", client);
	return 0;
}

/* ---- hunks in parts ---- */

static bool
propose_offered_line(void *arg, const char *line, size_t n)
{
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL);
	AUTO_EVENT struct event e = { 0 };

	event_read(&e, o);
	event_keep(arg, &e);
	return false;
}

/* Read the open proposal from the journal; its file of this path, to change it
 * there. */
static struct ev_proposed_file *
propose_offered_file(const struct core *c, struct event **made,
    const char *path)
{
	if (c->review.offered != NULL && journal_read(c->journal,
	    c->review.offered->seq, propose_offered_line, made, NULL) == 0 &&
	    *made != NULL)
		MEM_EACH(&(*made)->proposal, files, f)
			if (ev_is(f->path_bytes, path))
				return f;
	return NULL;
}

/*
 * Propose the same change with this hunk split. Don't scan the copy: a
 * command may be running in it.
 */
static int
propose_split(struct core *c, const cJSON *command, const char *client UNUSED,
    struct err *e)
{
	const char *id = json_str_or(command, "hunk", "");
	AUTO(event_drop) struct event *made = NULL;
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct stage_change change = { .path = NULL };
	struct ev_proposed_file *file;
	const char **ids;
	size_t i;

	if (propose_check(c, command, e) < 0)
		return -1;
	f = fold_find_hunk(c->fold, id, &h);
	file = f == NULL ? NULL : propose_offered_file(c, &made,
	    f->path_bytes);
	if (file == NULL)
		return err_set(e, "that hunk changed; look at it again");
	if (propose_is_renaming(f, id))
		return err_set(e, "accept or reject a rename as a whole");
	if (f->binary || h->text_len == 0)
		return err_set(e, "accept or reject this change as a whole");
	ids = ev_alloc(made, (file->split_len + 1) * sizeof(*ids));
	for (i = 0; i < file->split_len; i++)
		ids[i] = file->split[i];
	ids[i] = id;
	file->split = ids;
	file->split_len++;
	change.path = f->path_bytes;
	stages_side(&change.before, &f->before);
	stages_side(&change.after, &f->after);
	if (proposal_resplit(made, file, c->blobs, &change, c->diff,
	    c->reasons->paths, e) < 0)
		return -1;
	if (file->hunks_len == f->hunks_len)
		return err_set(e, "can't split this hunk further; pick "
		    "lines (v) or edit it (e)");
	made->proposal.proposal = c->fold->proposal->id;
	made->proposal.version = c->fold->proposal->version + 1;
	comment_carry(c->fold, made);
	EMIT_THIS(c, "core", proposal, &made->proposal);
	emit_sync(c);
	core_soon(c);	/* it says how many are left */
	return 0;
}

/* ---- the marks of a decision that couldn't be written ---- */

/* They are restored on the open version of the proposal. */

/* Keep only the hunks that are asked about again, unchanged; of those that now
 * overwrite newer lines no acceptance. How many are left. */
static size_t
marks_restore_those_open(const struct core *c, struct ev_decided_hunk *kept,
    size_t n)
{
	const struct fold_hunk *is;
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		struct ev_decided_hunk h = kept[i];

		if (h.id == NULL || fold_find_hunk(c->fold, h.id, &is) ==
		    NULL || is->decided || is->mark != MARK_NONE)
			continue;
		if (is->overwrites && !ev_is(h.decision, "no") && !h.overwrite)
			h.decision = "none";
		kept[left++] = h;
	}
	return left;
}

void
marks_keep_take(struct core *c, struct event *decided,
    struct ev_decided_hunk *kept, size_t n)
{
	event_drop(&c->review.decided);
	free(c->review.kept);
	c->review.decided = decided;
	c->review.kept = kept;
	c->review.kept_len = n;
}

void
marks_restore(struct core *c)
{
	struct ev_decided_hunk *kept = c->review.kept;
	const char *client = c->review.decided == NULL ? NULL :
	    c->review.decided->decision.client;
	size_t n = marks_restore_those_open(c, kept, c->review.kept_len);
	AUTO_FREE struct ev_mark *marks = xcalloc(n + 1, sizeof(*marks));
	const struct ev_decided_hunk *h;
	size_t len = 0;

	for (h = kept; h < kept + n; h++) {
		comment_keep(c, h, client);
		if (!ev_is(h->decision, "none"))
			marks[len++] = (struct ev_mark){ .hunk = h->id,
				.mark = h->decision, .edit = h->edit,
				.seen = h->seen, .word = h->word };
	}
	propose_emit_drafts(c, "core", marks, len, client);
	marks_keep_take(c, NULL, NULL, 0);
}

static const struct core_command mark_commands[] = {
	{ "decide", IN_ANY, HAS_HUNKS, HAS_DECISION, NOBODY,
	    .act = propose_decide },
	{ "discard", IN_ANY, HAS_OWN, HAS_DECISION, NOBODY,
	    .act = propose_discard },
	{ "mark", IN_ANY, HAS_HUNKS, HAS_DECISION, NOBODY,
	    .act = propose_mark },
	{ "split", IN_ANY, HAS_HUNKS, HAS_DECISION, NOBODY,
	    .act = propose_split },
	{ 0 }
};

const struct core_part rule_part = {
	.init = rule_init,
	.line = rule_line,
	.lines = OF(EVENT_DECISION) | OF(EVENT_NOTE) | OF(EVENT_REVIEW),
	.free = rule_free, .commands = mark_commands,
};
