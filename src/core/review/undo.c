#include "config.h"

#include "core/review/undo.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/utf8.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/source/source.h"
#include "core/stage/changes.h"
#include "core/stage/stages.h"
#include "gate/hunk.h"
#include "journal/event.h"
#include "journal/fold.h"

/* What is undone together. */
struct undo_all {
	struct core		*core;
	const struct changes_op	*ops;	/* by path */
	size_t			 len;
};

#define UNDO_PART_HUNKS	1000	/* in one list */
#define UNDO_PART_TEXT	200	/* bytes of a hunk's first change */
#define UNDO_PART_DIFF	(128 * 1024)	/* of all hunks, in one list */

/* What a list still has room for. */
struct undo_part_room {
	size_t			 hunks, bytes;
	struct encodings	*declared;
};

/* Has the file hunks that can be undone one by one? */
static bool
undo_part_has_hunks(const struct fold_change_file *f)
{
	return f->before.exists && f->after.exists && f->from == NULL &&
	    !f->renamed_later;
}

/* The first line that the hunk adds, else the first that it removes; and how
 * many there are. */
static void
undo_part_first(struct ev_changed_hunk *to, struct event *owner,
    const struct hunk *h)
{
	struct hunk_walk w = hunk_walk(h->text, h->len, 0, h->new_start);

	to->line = h->new_start;
	while (hunk_walk_next(&w)) {
		if (to->added + to->removed == 0)
			to->line = w.new;
		if ((w.sign == '+' && to->added++ == 0) ||
		    (w.sign == '-' && to->removed++ == 0 && to->added == 0)) {
			to->text.len = utf8_cut(w.line, w.n -
			    (w.line[w.n - 1] == '\n'), UNDO_PART_TEXT);
			to->text.p = ev_copy(owner, w.line, to->text.len);
		}
	}
}

/* The hunk as a unified diff, as many lines of it as there is room for. */
static void
undo_part_diff(struct ev_changed_hunk *to, struct event *owner,
    const struct hunk *h, struct undo_part_room *room)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = h->len;

	while (n > room->bytes || (n > 0 && h->text[n - 1] != '\n'))
		n--;
	room->bytes -= n;
	to->cut = n < h->len;
	if (n == 0)
		return;
	buf_addf(&b, "@@ -%d,%d +%d,%d @@\n", h->old_start, h->old_lines,
	    h->new_start, h->new_lines);
	buf_add(&b, h->text, n);
	to->diff = (struct ev_bytes){ ev_copy(owner, b.p, b.len), b.len };
}

/* Mark the hunks that the file lacks after the last undo or redo of it; none
 * where it has others, which the user wrote. */
static void
undo_part_mark(struct core *c, const struct fold_change *t, const char *path,
    const struct stage_side *before, const struct gate_split *split,
    const struct hunk_list *l, struct ev_changed_file *file)
{
	const struct fold_change *d = c->fold->changes + c->fold->changes_len;
	const struct fold_change_file *now = NULL;
	struct stage_side after;
	struct hunk_list left;
	const struct hunk *h = l->v;
	size_t k = 0;

	while (now == NULL && t->undoes == 0 && --d > t)
		if (d->undoes != 0 && d->root == t->tx)
			now = fold_change_file(d, path);
	if (now == NULL)
		return;
	stages_side(&after, &now->after);
	if (gate_hunks(&left, c->blobs, path, before, &after, split, NULL,
	    NULL) < 0)
		return;
	MEM_EACH(file, hunks, v) {
		v->undone = k >= left.len ||
		    left.v[k].old_start != h->old_start ||
		    left.v[k].len != h->len || memcmp(left.v[k].text, h->text,
		    h->len) != 0;
		k += !v->undone;
		h++;
	}
	if (k < left.len)
		MEM_EACH(file, hunks, v)
			v->undone = false;
	hunk_list_release(&left);
}

static void
undo_part_file(struct core *c, const struct fold_change *t,
    const struct fold_change_file *f, struct event *owner,
    struct ev_changed_file *to, struct undo_part_room *room)
{
	const struct fold_change_file *old = f->from == NULL ? NULL :
	    fold_change_file(t, f->from);
	bool alone;
	const struct gate_split split = { .diff = c->diff, .declared =
		room->declared, .policy = c->policy };
	struct stage_side before, after;
	struct ev_changed_hunk *v;
	AUTO(hunk_list_release) struct hunk_list l = { 0 };
	size_t i;

	to->path_bytes = f->path_bytes;
	stages_side(&before, old == NULL ? &f->before : &old->before);
	stages_side(&after, &f->after);
	if (room->hunks == 0 || gate_hunks(&l, c->blobs, f->path_bytes,
	    &before, &after, &split, NULL, NULL) < 0)
		return;
	alone = l.len > 1 && !t->index && undo_part_has_hunks(f);
	to->hunks = ev_alloc(owner, (l.len + 1) * sizeof(*to->hunks));
	for (i = 0; i < l.len && room->hunks > 0; i++, room->hunks--) {
		v = &to->hunks[to->hunks_len++];
		v->id = alone ? ev_text(owner, l.v[i].id) : NULL;
		v->function = l.v[i].function[0] == '\0' ? NULL :
		    ev_text(owner, l.v[i].function);
		undo_part_first(v, owner, &l.v[i]);
		undo_part_diff(v, owner, &l.v[i], room);
	}
	if (alone)
		undo_part_mark(c, t, f->path_bytes, &before, &split, &l, to);
}

static cJSON *
undo_part_list(struct core *c, int64_t tx, struct err *e)
{
	const struct fold_change *t = fold_change_find(c->fold, tx);
	AUTO_EVENT struct event to = { .type = EVENT_CHANGE };
	AUTO(encodings_free_at) struct encodings *declared =
	    propose_declared(c);
	struct undo_part_room room = { UNDO_PART_HUNKS, UNDO_PART_DIFF,
		declared };

	if (t == NULL) {
		err_set(e, "no change %lld", (long long)tx);
		return NULL;
	}
	to.change.tx = tx;
	to.change.files = ev_alloc(&to, (t->files_len + 1) *
	    sizeof(*to.change.files));
	MEM_EACH(t, files, f)
		if (!f->renamed_later)
			undo_part_file(c, t, f, &to,
			    &to.change.files[to.change.files_len++], &room);
	return event_line(EVENT_CHANGE, &to.change);
}

/* Make the op reverse one hunk alone: what was there before is then the content
 * with all other hunks. */
static int
undo_part_hunk(struct core *c, struct changes_op *op, const char *id,
    struct err *e)
{
	AUTO(encodings_free_at) struct encodings *declared =
	    propose_declared(c);
	struct gate_choice choice = { .path = op->path, .before = op->before,
		.after = op->after, .split = { .diff = c->diff, .declared =
		declared, .policy = c->policy } };
	struct stage_side rest;
	struct hunk_list l;
	AUTO_FREE const char **yes = NULL;
	bool found = false;
	size_t i;
	int rc;

	if (gate_hunks(&l, c->blobs, op->path, &op->before, &op->after,
	    &choice.split, NULL, e) < 0)
		return -1;
	yes = xcalloc(l.len + 1, sizeof(*yes));
	for (i = 0; i < l.len; i++)
		if (strcmp(l.v[i].id, id) == 0)
			found = true;
		else
			yes[choice.yes_len++] = l.v[i].id;
	choice.yes = yes;
	choice.no = &id;
	choice.no_len = 1;
	rc = !found ? err_set(e, "that change of %s has no such hunk",
	    op->path) : gate_compose(c->blobs, &choice, &op->before, &rest, e);
	hunk_list_release(&l);
	return rc;
}

/* Leave of these ops what the command names by `path` and `hunk`: all of it, if
 * it names nothing. */
static int
undo_part_narrow(struct core *c, const struct fold_change *t,
    struct changes_op *ops, size_t *n, const cJSON *command, struct err *e)
{
	const char *hunk = json_str(command, "hunk");
	const struct fold_change_file *f;
	size_t i, to = 0;
	AUTO_FREE char *path = json_get_bytes(command, "path", NULL);
	int rc = 0;

	c->review.undo_part = path != NULL;
	if (path == NULL)
		return hunk == NULL ? 0 : err_set(e, "a hunk needs its path");
	f = fold_change_file(t, path);
	if (f == NULL)
		rc = err_set(e, "change %lld has no file %s", (long long)t->tx,
		    path);
	else if (hunk != NULL && !undo_part_has_hunks(f))
		rc = err_set(e, "%s is undone as a whole", path);
	/* Both names of a renamed file. */
	for (i = 0; i < *n && rc == 0; i++)
		if (strcmp(ops[i].path, path) == 0 || (ops[i].other != NULL &&
		    strcmp(ops[i].other, path) == 0))
			ops[to++] = ops[i];
	if (rc == 0)
		*n = to;
	if (rc == 0 && hunk != NULL)
		rc = undo_part_hunk(c, &ops[0], hunk, e);
	return rc;
}

/* The reason has an event of its own. */
#define UNDO_FAILED "the copy can't be reviewed, so nothing was undone"

#define UNDO_LOOK_BYTES	((int64_t)64 << 20)	/* bytes of the tree to read for
						   a list */
#define UNDO_LOOK_FILES	2000
#define UNDO_TELL_BYTES	4000

/* Did the change create this file, and is it unchanged? */
static bool
undo_removes(void *arg, const char *path)
{
	const struct undo_all *u = arg;
	const struct changes_op *op = MEM_SEARCH(u->ops, u->len, path);
	struct stage_side now;

	return op != NULL && !op->before.exists &&
	    stage_read_real(u->core->stage, path, NULL, &now, NULL) == 0 &&
	    stage_side_equal(&now, &op->after);
}

static int
undo_side_alone(struct undo_all *u, const struct changes_op *op,
    struct stage_side *now, struct stage_side *want, struct buf *part,
    struct err *e)
{
	struct core *c = u->core;
	struct stat real;

	/* This change was applied, so hidden paths count, too. */
	pathmap_add(&c->policy->written, op->path, sizeof(struct policy_path));
	if (op->mixed)
		return err_set(
		    e, "it was changed on disk between two of the changes");
	(void)stage_real_is_mount(c->stage, op->path, &real);
	if (stage_read_real(c->stage, op->path, &real, now, e) < 0)
		return -1;
	if (!gate_reverse_fits(c->stage->root_fd, op->path, now,
	    undo_removes, u))
		return err_set(e, "something else is there now");
	return gate_reverse(c->blobs, op->path, &op->before, &op->after, now,
	    want, part, e);
}

/* Undoing one name of a renamed file leaves two files, or none. */
static int
undo_side(struct undo_all *u, size_t i, struct stage_side *now,
    struct stage_side *want, struct buf *part, struct err *e)
{
	const char *name = u->ops[i].other;
	const struct changes_op *other = name == NULL ? NULL :
	    MEM_SEARCH(u->ops, u->len, name);
	struct err why = ERR_INIT;

	if (other != NULL && undo_side_alone(u, other, now, want, NULL,
	    &why) < 0 && why.sys != EALREADY)
		return err_set(e, "the same file is %s, which stays as it is",
		    name);
	return undo_side_alone(u, &u->ops[i], now, want, part, e);
}

/* This file stays as it is: add a line to `left`, and an entry to `undo_left` of
 * the proposal, if there is one. */
static void
undo_leave(const char *path, const char *why, struct buf *left,
    struct event *to)
{
	AUTO_BUF struct buf name = BUF_INIT(0);

	json_path_text(&name, path);
	buf_addf(left, "%s%s: %s", left->len > 0 ? "\n" : "", buf_str(&name),
	    why);
	if (to != NULL)
		to->proposal.undo_left[to->proposal.undo_left_len++] =
		    (struct ev_path_why){ .path_bytes = path,
			.why = ev_text(to, why) };
}

/* ---- what is under review ---- */

/* The sides of a change lack sizes: set them from the store. */
static int
undo_size(struct core *c, struct stage_side *s, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (!s->exists || s->size > 0)
		return 0;
	if (blob_get(c->blobs, s->hash, &b, e) < 0)
		return -1;
	s->size = (int64_t)b.len;
	return 0;
}

static int
undo_add(struct core *c, const char *path, const struct stage_side *before,
    const struct stage_side *after, struct err *e)
{
	struct stage_scan *s = c->review.undo;
	struct stage_change change = { .path = NULL, .before = *before,
		.after = *after };

	if (undo_size(c, &change.before, e) < 0 ||
	    undo_size(c, &change.after, e) < 0)
		return -1;
	change.path = xstrdup(path);
	*GROW_ADD(s->changes, s->changes_len) = change;
	return 0;
}

/* Drop the list, for another one; until then it is as the fold has it. */
static void
undo_drop(struct core *c)
{
	if (c->review.undo != NULL)
		stage_scan_release(c->review.undo);
	FREE_NULL(c->review.undo);
}

static void
undo_begin(struct core *c)
{
	undo_drop(c);
	c->review.undo = xcalloc(1, sizeof(*c->review.undo));
}

struct stage_scan *
undo_scan(struct core *c)
{
	static const struct stage_side none = { 0 };
	struct stage_scan *s = c->review.undo;
	struct stage_side before, after;

	if (s != NULL || c->fold->proposal == NULL)
		return s;
	undo_begin(c);
	s = c->review.undo;
	MEM_EACH(c->fold->proposal, files, f) {
		stages_side(&before, &f->before);
		stages_side(&after, &f->after);
		if (f->from != NULL)
			(void)undo_add(c, f->from_bytes, &before, &none, NULL);
		(void)undo_add(c, f->path_bytes, f->from != NULL ? &none :
		    &before, &after, NULL);
	}
	MEM_SORT(s->changes, s->changes_len);
	return s;
}

void
undo_settle(struct core *c, const char *path, const struct stage_side *before,
    const struct stage_side *after)
{
	struct stage_scan *s = undo_scan(c);
	struct stage_change *to = MEM_SEARCH(s->changes, s->changes_len, path);

	if (to != NULL) {
		to->before = *before;
		to->after = *after;
	}
}

/* Merge the user's newer version of one file. 1: it goes on; 0: nothing is left
 * of it. */
static int
undo_merge(struct core *c, struct stage_change *to, struct err *e)
{
	struct stage_side now, both = to->after;
	struct stat real;

	if (stage_side_equal(&to->before, &to->after))
		return 0;
	if (stage_real_is_mount(c->stage, to->path, &real))
		return err_set(e, "a mount point, which can't be replaced");
	stage_change_real(to, &real);
	if (stage_read_real(c->stage, to->path, &real, &now, e) < 0)
		return -1;
	/* A folder where a file was counts as nothing, see gate_reverse. */
	if (!to->before.exists && now.exists && S_ISDIR(now.mode))
		now.exists = false;
	if (stage_side_equal(&now, &to->after))
		return 0;
	if (!stage_side_equal(&now, &to->before)) {
		if (stage_merge_sides(c->blobs, to->path, &to->before, &now,
		    &to->after, false, &both, e) != 1)
			return err_is_set(e) ? -1 : err_set(e, "the same lines "
			    "were edited meanwhile");
		to->before = now;
		to->after = both;
	}
	return !stage_side_equal(&to->before, &to->after);
}

bool
undo_goes_on(struct core *c)
{
	struct stage_scan *s = undo_scan(c);
	const struct fold_change *t = fold_change_find(c->fold,
	    c->review.undoing);
	AUTO_BUF struct buf left = BUF_INIT(1 << 16);
	size_t i, n = 0;
	int rc;

	stage_pass(c->stage, true);
	for (i = 0; s != NULL && i < s->changes_len; i++) {
		struct stage_change *to = &s->changes[i];
		struct err e = ERR_INIT;

		/* The index is compared when it is written. */
		rc = t != NULL && t->index ? 1 : undo_merge(c, to, &e);
		if (rc > 0)
			s->changes[n++] = *to;
		else if (rc < 0)
			undo_leave(to->path, e.text, &left, NULL);
		if (rc <= 0)
			free(to->path);
	}
	stage_pass(c->stage, false);
	if (s != NULL)
		s->changes_len = n;
	if (left.len > 0)
		emit_note(c, "not undone: %s", buf_str(&left));
	return n > 0;
}

void
undo_end(struct core *c)
{
	const struct fold_proposal *p = c->fold->below;

	/* What was open before is as final as it was. */
	if (c->review.undoing != 0 && p != NULL && task_runs(c))
		c->review.final = p->final;
	c->review.undoing = 0;
	undo_drop(c);
}

bool
undo_was_alone(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;

	if (!task_runs(c) || c->fold->below != NULL || p == NULL ||
	    c->mode == MODE_REVIEW)
		return false;
	c->review.scan = SCAN_READ;
	EMIT(c, "core", proposal, .proposal = p->id,
	    .version = p->version + 1, .final = EV_ON(c->review.final));
	emit_sync(c);
	return true;
}

/* Add the reverse of these changes to the list. Returns how many; the
 * others are left, see undo_leave, and *had of them need none. Without `to` none
 * is reversed in part. */
static size_t
undo_stage(struct undo_all *u, struct buf *left, struct event *to,
    size_t *had)
{
	size_t i, done = 0;

	stage_pass(u->core->stage, true);
	for (i = 0; i < u->len; i++) {
		AUTO_BUF struct buf part = BUF_INIT(1 << 12);
		struct stage_side now, want;
		struct err e = ERR_INIT;

		if (undo_side(u, i, &now, &want, to == NULL ? NULL : &part,
		    &e) < 0 ||
		    undo_add(u->core, u->ops[i].path, &now, &want, &e) < 0) {
			undo_leave(u->ops[i].path, e.text, left, to);
			*had += e.sys == EALREADY;
			continue;
		}
		done++;
		if (part.len > 0) {
			u->core->review.undo_part = true;
			undo_leave(u->ops[i].path, buf_str(&part), left, to);
		}
	}
	stage_pass(u->core->stage, false);
	return done;
}

/* The files of a change as ops; paths are borrowed. */
static struct changes_op *
undo_ops(const struct fold_change *t)
{
	struct changes_op *ops = xcalloc(t->files_len + 1, sizeof(*ops));
	const struct fold_change_file *old;
	size_t i;

	for (i = 0; i < t->files_len; i++) {
		ops[i].path = t->files[i].path_bytes;
		stages_side(&ops[i].before, &t->files[i].before);
		stages_side(&ops[i].after, &t->files[i].after);
		old = t->files[i].from == NULL ? NULL :
		    fold_change_file(t, t->files[i].from);
		if (old != NULL) {
			ops[i].other = old->path_bytes;
			ops[old - t->files].other = ops[i].path;
		}
	}
	return ops;
}

/* Propose what is in the list, the reverse of change tx. */
static int
undo_offer(struct core *c, int64_t tx, struct err *e)
{
	int64_t had = c->fold->facts.proposal;
	bool redo, final = c->review.final;

	assert(c->phase == PHASE_IDLE);	/* commands: nothing runs */
	c->review.undoing = tx;
	c->review.final = true;
	propose_make(c, true);
	core_soon(c);
	if (c->review.scan == SCAN_READ && c->fold->facts.proposal != had)
		return 0;
	/* What was open before stays so. */
	undo_drop(c);
	c->review.undoing = c->fold->proposal == NULL ? 0 :
	    c->fold->proposal->undo;
	c->review.final = final;
	if (c->review.scan != SCAN_READ)
		return err_set(e, UNDO_FAILED);
	tx = fold_change_named(c->fold, tx, &redo);
	return err_set(e, "change %lld has nothing left to %s", (long long)tx,
	    redo ? "redo" : "undo");
}

static int
undo_is_mixed(const struct core *c, struct err *e)
{
	return fold_can_undo(c->fold) ? 0 : err_set(e, "first %s what you "
	    "marked, or unmark it: an undo is reviewed alone",
	    source_is_open(c) ? "stage" : "write");
}

/* All that was staged then can go back to what it was, or `error` says why not;
 * NULL: something else is asked instead. */
static void
undo_checked(struct core *c, const cJSON *answer)
{
	struct err e = ERR_INIT;
	int64_t tx = c->review.undo_tx;
	const struct fold_change *t = fold_change_find(c->fold, tx);
	struct stage_side before, after;
	int rc;
	const char *why = answer == NULL || c->phase != PHASE_IDLE ||
	    c->decision.line != NULL || c->own_command != OWN_NONE ?
	    "something else was asked" : json_str(answer, "error");

	c->review.undo_tx = 0;
	rc = why != NULL ? -1 : undo_is_mixed(c, &e);
	if (rc == 0)
		undo_begin(c);
	MEM_EACH(t, files, f) {
		stages_side(&before, &f->after);
		stages_side(&after, &f->before);
		if (rc == 0)
			rc = undo_add(c, f->path_bytes, &before, &after, &e);
	}
	if (rc == 0)
		rc = undo_offer(c, tx, &e);
	if (rc < 0)
		server_answer(c->server, c->review.undo_client,
		    EVENT_LINE(refused, .to = "undo", .text = why != NULL ?
		    why : e.text, .exit = EV_IS(1)));
}

static int
undo_staged(struct core *c, const struct fold_change *t, const cJSON *command,
    unsigned client, struct err *e)
{
	AUTO_FREE struct apply_op *ops = xcalloc(t->files_len + 1,
	    sizeof(*ops));
	size_t i;

	if (c->review.undo_tx != 0)
		return err_set(e, "another undo is looked at: ask again when "
		    "it has ended");
	if (json_get(command, "path") != NULL)
		return err_set(e, "what was staged together is undone "
		    "together");
	for (i = 0; i < t->files_len; i++) {
		ops[i].path = t->files[i].path_bytes;
		stages_side(&ops[i].before, &t->files[i].after);
		stages_side(&ops[i].after, &t->files[i].before);
	}
	c->review.undo_tx = t->tx;
	c->review.undo_client = client;
	source_check(c, ops, t->files_len, t->undoes == 0 || t->is_redo,
	    undo_checked);
	return 0;
}

const struct fold_change *
undo_change(const struct core *c, const cJSON *command, struct err *e)
{
	int64_t number = json_int(command, "tx", 0);
	const struct fold_change *t = number == 0 ?
	    fold_change_last(c->fold, false) :
	    fold_change_find(c->fold, number);

	if (t == NULL && number > 0)
		err_set(e, "no change %lld", (long long)number);
	else if (t == NULL)
		err_set(e, "no written change to undo");
	return t == NULL || undo_is_mixed(c, e) < 0 ? NULL : t;
}

int
undo_propose(struct core *c, const cJSON *command, unsigned client,
    struct err *e)
{
	int64_t number;
	const struct fold_change *t;
	AUTO_FREE struct changes_op *ops = NULL;
	AUTO_BUF struct buf left = BUF_INIT(1 << 16);
	AUTO_EVENT struct event to = { .type = EVENT_PROPOSAL };
	size_t n, had = 0;
	bool redo, part = c->review.undo_part;

	t = undo_change(c, command, e);
	if (t == NULL)
		return -1;
	if (t->index)
		return undo_staged(c, t, command, client, e);
	undo_begin(c);
	blob_keep(c->blobs, true);
	ops = undo_ops(t);
	n = t->files_len;
	to.proposal.undo_left = ev_alloc(&to, (n + 1) *
	    sizeof(*to.proposal.undo_left));
	if (undo_part_narrow(c, t, ops, &n, command, e) < 0) {
		/* *e says why. */
	} else if (undo_stage(&(struct undo_all){ c, ops, n }, &left,
	    &to, &had) == 0) {
		number = fold_change_named(c->fold, t->tx, &redo);
		err_set(e, "%s %s %schange %lld: %s", had == n ? "nothing to" :
		    "can't", redo ? "redo" : "undo", json_str(command,
		    "hunk") != NULL ? "in this hunk of " : had == n ? "in " :
		    "", (long long)number, buf_str(&left));
		e->sys = had == n ? EALREADY : 0;
	} else {
		event_keep(&c->review.undo_left, &to);
		/* The check ran on another text. */
		evidence_stale(c);
		/* For clients that show no list. */
		if (left.len > 0)
			emit_note(c, "not undone: %s", buf_str(&left));
		return undo_offer(c, t->tx, e);
	}
	/* An undo that was open before stays so. */
	undo_drop(c);
	c->review.undo_part = part;
	return -1;
}

/* ---- the current state of applied changes ---- */

struct undo_file {
	const struct fold_change	*change;
	const struct fold_change_file	*file;
};

static int
undo_file_compare(const void *a, const void *b)
{
	const struct undo_file *x = a, *y = b;
	int rc = strcmp(x->file->path_bytes, y->file->path_bytes);

	return rc != 0 ? rc : (x->change->tx > y->change->tx) -
	    (x->change->tx < y->change->tx);
}

/* The files of all changes in effect, by path; the caller frees. */
static struct undo_file *
undo_files(const struct fold *f, size_t *len)
{
	struct undo_file *v;
	size_t n = 0;

	MEM_EACH(f, changes, t)
		n += t->files_len;
	v = xcalloc(n + 1, sizeof(*v));
	*len = 0;
	MEM_EACH(f, changes, t)
		MEM_EACH(t, files, file)
			if (!t->undone && !t->index)
				v[(*len)++] = (struct undo_file){ t, file };
	qsort(v, *len, sizeof(*v), undo_file_compare);
	return v;
}

static cJSON *
undo_look(struct core *c)
{
	int64_t most = UNDO_LOOK_BYTES, left = 0;
	struct stage_side now, after;
	size_t i, n, files = 0, len = 0;
	int rc = 0;
	AUTO_FREE struct undo_file *v = undo_files(c->fold, &n);
	AUTO_FREE struct ev_changed_path *list = xcalloc(n + 1, sizeof(*list));

	for (i = 0; i < n; i++) {
		/* Read each file once, for all its changes. */
		if (i == 0 || strcmp(v[i].file->path_bytes,
		    v[i - 1].file->path_bytes) != 0) {
			rc = files++ >= UNDO_LOOK_FILES ? 1 :
			    gate_look(c->stage->root_fd,
			    v[i].file->path_bytes, most, &now);
			if (rc == 0 && now.exists)
				most -= now.size;
			left += rc != 0;
		}
		stages_side(&after, &v[i].file->after);
		if (rc == 0 && !stage_side_equal(&now, &after))
			list[len++] = (struct ev_changed_path){
			    .tx = v[i].change->tx,
			    .path_bytes = v[i].file->path_bytes };
	}
	return EVENT_LINE(changes, .changed_on_disk = list,
	    .changed_on_disk_len = len, .left = left);
}

/* The answer to a client's `changes`: applied changes, and what changed in the
 * tree since; with `tx` a line "change": the files of that one with their hunks
 * (only one that can be undone without the rest of its file has an `id`). The
 * caller deletes; NULL with *e. */
static cJSON *
undo_changes(struct core *c, const cJSON *command, struct err *e)
{
	int64_t tx = json_int(command, "tx", 0);

	return tx == 0 ? undo_look(c) : undo_part_list(c, tx, e);
}

/* ---- messages to the model ---- */

struct undo_told {			/* a file since the user's message */
	char				*path;
	const struct fold_side		*known, *now;	/* known to the model */
	bool				 undone;	/* or redone */
};

/* Since line `since`. */
static void
undo_told(const struct fold *f, int64_t since, struct pathmap *files)
{
	struct undo_told *u;

	MEM_EACH(f, changes, t)
		MEM_EACH(t, files, file) {
			if (t->seq < since)
				break;
			u = pathmap_add(files, file->path, sizeof(*u));
			if (t->undoes == 0)
				u->known = &file->after;
			else if (u->known == NULL)
				u->known = &file->before;
			u->now = &file->after;
			u->undone = u->undone || t->undoes != 0;
		}
}

/* Tell the model what the undo changed, but not files that are again as it
 * knows them. */
void
undo_tell_model(struct core *c)
{
	const struct fold *f = c->fold;
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	AUTO(pathmap_release) struct pathmap files = { 0 };
	struct stage_side known, now;
	int64_t since = c->review.undo_told;
	size_t i;

	if (f->changes_len == 0 || f->changes[f->changes_len - 1].seq <= since)
		return;
	for (i = f->items_len; i-- > 0 && since == 0;)
		if (f->items[i].kind == ITEM_USER)
			since = f->items[i].seq;
	c->review.undo_told = f->seq;
	undo_told(f, since, &files);
	PATHMAP_EACH(&files, undo_told, u) {
		stages_side(&known, u->known);
		stages_side(&now, u->now);
		if (b.len >= UNDO_TELL_BYTES || !u->undone ||
		    stage_side_equal(&known, &now))
			continue;
		if (b.len == 0)
			buf_adds(&b, "[assent] Since then changes were "
			    "undone or redone, by the user or since the check "
			    "failed. These files are different now; read them "
			    "before you change them:");
		buf_addf(&b, "\n%s", u->path);
	}
	if (b.len >= UNDO_TELL_BYTES)
		buf_adds(&b, "\n... and others");
	if (b.len > 0 && c->context != NULL)
		emit_tell_model(c, buf_str(&b));
}

/* ---- changes that fail the check ---- */

/*
 * Changes that were applied in a run and fail the check are undone by the rule
 * "rollback". Open changes stay open: they are neither checked nor decided here.
 */

static void
rollback_reset(struct core *c)
{
	c->rollback.state = ROLLBACK_NONE;
}

/* Propose the reverse of everything applied, as an undo of the last change, and
 * let the rule "rollback" accept it. True if a decision is due. */
static bool
rollback_begin(struct core *c)
{
	const struct fold_change *t = fold_change_last(c->fold, false);
	AUTO_FREE struct changes_op *ops = NULL;
	AUTO_BUF struct buf left = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	size_t n, had = 0;

	c->rollback.state = ROLLBACK_TRIED;
	undo_begin(c);
	ops = changes_ops(c, &n);
	if (t == NULL || undo_stage(&(struct undo_all){ c, ops, n }, &left,
	    NULL, &had) == 0)
		undo_drop(c);
	else if (undo_offer(c, t->tx, &e) < 0)
		emit_note(c, "not rolled back: %s", e.text);
	else if (propose_decide_by_rule(c, "rollback"))
		c->rollback.state = ROLLBACK_DONE;
	if (left.len > 0)
		emit_note(c, "not rolled back: %s", buf_str(&left));
	return c->rollback.state == ROLLBACK_DONE;
}

static bool
rollback_is_wanted(const struct core *c)
{
	return c->rollback.on && c->rollback.state < ROLLBACK_TRIED &&
	    c->check.command != NULL && c->decision.line == NULL;
}

bool
rollback_step(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;
	bool due = c->check.due;

	if (c->fold->proposal == NULL)
		return rollback_is_wanted(c) && evidence_counts(c) &&
		    !evidence_passed(c) && rollback_begin(c);
	if (!rollback_is_wanted(c) || c->mode == MODE_TRY ||
	    c->task.stop != STOP_NONE || !changes_any(c))
		return false;
	if (c->rollback.state == ROLLBACK_NONE) {
		c->rollback.state = ROLLBACK_JUDGED;
		c->check.on = CHECK_OF_ACCEPTED;
		evidence_start(c);
		c->check.due = due;	/* the check of the open changes is due
					   as well */
		return true;
	}
	if (!ev->known || ev->stale || !ev->partial ||
	    (ev->exit == 0 && ev->killed == NULL))
		return false;
	return rollback_begin(c);
}

static const struct core_command undo_commands[] = {
	{ "changes", IN_ANY, 0, 0, NOBODY, .answer = undo_changes },
	{ 0 }
};

static void
undo_free(struct core *c)
{
	rollback_reset(c);
	undo_drop(c);
	json_drop(&c->review.undo_asked);
}

static unsigned
undo_facts(const struct core *c)
{
	return c->review.undoing != 0 ? HAS_UNDO : 0;
}

const struct core_part undo_part = {
	.facts = undo_facts, .has = HAS_UNDO,
	.task = rollback_reset, .tell = undo_tell_model, .free = undo_free,
	.commands = undo_commands,
};
