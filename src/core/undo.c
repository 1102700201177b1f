#include "config.h"

#include "core/undo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/call-answer.h"
#include "core/core.h"
#include "core/changes.h"
#include "core/evidence-known.h"
#include "core/propose-open.h"
#include "core/propose.h"
#include "core/undo-part.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/fold.h"

/* The reason has an event of its own. */
#define UNDO_FAILED "the staged copy can't be proposed, so nothing was undone"

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
	    stage_read_real(u->core->stage, path, &now, NULL) == 0 &&
	    stage_side_equal(&now, &op->after);
}

static int
undo_side_alone(struct undo_all *u, const struct changes_op *op,
    struct stage_side *now, struct stage_side *want, struct buf *part,
    struct err *e)
{
	struct core *c = u->core;

	/* This change was applied, so hidden paths count, too. */
	product_add_written(policy_product_rules(c->policy), op->path);
	if (op->mixed)
		return err_set(
		    e, "it was changed on disk between two of the changes");
	if (stage_read_real(c->stage, op->path, now, e) < 0)
		return -1;
	if (!gate_reverse_fits(stage_root_fd(c->stage), op->path, now,
	    undo_removes, u))
		return err_set(e, "something else is there now");
	return gate_reverse(c->blobs, op->path, &op->before, &op->after, now,
	    want, part, e);
}

/* Undoing one name of a renamed file leaves two files, or none. */
int
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

void
undo_leave(const char *path, const char *why, struct buf *left, cJSON *list)
{
	AUTO_BUF struct buf name = BUF_INIT(0);
	cJSON *o;

	json_path_text(&name, path);
	buf_addf(left, "%s%s: %s", left->len > 0 ? "\n" : "", buf_str(&name),
	    why);
	if (list == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	json_add_str(o, "why", why);
	cJSON_AddItemToArray(list, o);
}

/* Put the reverse of these changes on the staged copy. Returns how many; the
 * others are left, see undo_leave, and *had of them need none. */
static size_t
undo_stage(struct undo_all *u, struct buf *left, cJSON *list, size_t *had)
{
	size_t i, done = 0;

	for (i = 0; i < u->len; i++) {
		AUTO_BUF struct buf part = BUF_INIT(1 << 12);
		struct stage_side now, want;
		struct err e = ERR_INIT;

		if (undo_side(u, i, &now, &want, &part, &e) < 0 ||
		    stage_rebase_file(u->core->stage, u->ops[i].path, &now,
		    &want, false, &e) < 0) {
			undo_leave(u->ops[i].path, e.text, left, list);
			*had += e.sys == EALREADY;
			continue;
		}
		done++;
		if (part.len > 0) {
			u->core->review.undo_part = true;
			undo_leave(u->ops[i].path, buf_str(&part), left, list);
		}
	}
	return done;
}

/* An undo must not mix with staged changes: remaining changes of the agent,
 * once the staged copy is up to date, are proposed to the user first. */
static int
undo_clear(struct core *c, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct stage_scan scan;
	size_t staged = 0;
	int rc = stage_before_call(c->stage, &notes, e);

	call_stage_notes(c, &notes);
	if (rc == 0 && (rc = stage_scan(c->stage, &scan, e)) == 0) {
		staged = scan.changes_len;
		stage_scan_release(&scan);
	}
	if (rc < 0 || staged == 0)
		return rc;
	c->review.final = true;
	propose_make(c);
	driver_soon(c);
	if (propose_is_open(c))
		return err_set(e, "the agent has unproposed changes; review "
				  "them first: they are open now");
	/* Entries that don't change a file don't block an undo. */
	return c->review.failed ? err_set(e, UNDO_FAILED) : 0;
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
		propose_side(&ops[i].before, &t->files[i].before);
		propose_side(&ops[i].after, &t->files[i].after);
		old = t->files[i].from == NULL ? NULL :
		    fold_change_file(t, t->files[i].from);
		if (old != NULL) {
			ops[i].other = old->path_bytes;
			ops[old - t->files].other = ops[i].path;
		}
	}
	return ops;
}

static int
undo_offer(struct core *c, int64_t tx, struct err *e)
{
	bool redo;

	/* commands: an undo is a proposal of its own. */
	assert(c->phase == PHASE_IDLE && !propose_is_open(c));
	c->review.undoing = tx;
	c->review.final = true;
	propose_anew(c);
	driver_soon(c);
	if (propose_is_open(c))
		return 0;
	c->review.undoing = 0;
	if (c->review.failed)
		return err_set(e, UNDO_FAILED);
	tx = fold_change_named(c->fold, tx, &redo);
	return err_set(e, "change %lld has nothing left to %s", (long long)tx,
	    redo ? "redo" : "undo");
}

int
undo_propose(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	int64_t number = json_int(command, "tx", 0);
	const struct fold_change *t;
	AUTO_FREE struct changes_op *ops = NULL;
	AUTO_BUF struct buf left = BUF_INIT(1 << 16);
	size_t n, had = 0;
	bool redo;
	int rc = -1;

	(void)client;
	if (undo_clear(c, e) < 0)
		return -1;
	t = number == 0 ? fold_change_last(c->fold, false) :
	    fold_change_find(c->fold, number);
	if (t == NULL && number > 0)
		return err_set(e, "no change %lld", (long long)number);
	if (t == NULL)
		return err_set(e, "no applied change to undo");
	cJSON_Delete(c->review.undo_left);
	c->review.undo_left = cJSON_CreateArray();
	ops = undo_ops(t);
	n = t->files_len;
	if (undo_part_narrow(c, t, ops, &n, command, e) < 0) {
		/* *e says why. */
	} else if (undo_stage(&(struct undo_all){ c, ops, n }, &left,
	    c->review.undo_left, &had) == 0) {
		number = fold_change_named(c->fold, t->tx, &redo);
		err_set(e, "%s %s %schange %lld: %s", had == n ? "nothing to" :
		    "can't", redo ? "redo" : "undo", json_str(command,
		    "hunk") != NULL ? "in this hunk of " : had == n ? "in " :
		    "", (long long)number, buf_str(&left));
		e->sys = had == n ? EALREADY : 0;
	} else {
		/* The check ran on another text. */
		evidence_stale(c);
		/* For clients that show no list. */
		if (left.len > 0)
			emit_note(c, "not undone: %s", buf_str(&left));
		rc = undo_offer(c, t->tx, e);
	}
	return rc;
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

static void
undo_add_changed(cJSON *list, const struct undo_file *f)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "tx", f->change->tx);
	json_add_path(o, "path", f->file->path_bytes);
	cJSON_AddItemToArray(list, o);
}

/* The files of all changes in effect, by path; the caller frees. */
static struct undo_file *
undo_files(const struct fold *f, size_t *len)
{
	struct undo_file *v;
	size_t i, k, n = 0;

	for (i = 0; i < f->changes_len; i++)
		n += f->changes[i].files_len;
	v = xcalloc(n + 1, sizeof(*v));
	for (i = 0, *len = 0; i < f->changes_len; i++)
		for (k = 0; !f->changes[i].undone &&
		    k < f->changes[i].files_len; k++) {
			v[*len].change = &f->changes[i];
			v[(*len)++].file = &f->changes[i].files[k];
		}
	qsort(v, *len, sizeof(*v), undo_file_compare);
	return v;
}

cJSON *
undo_look(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	int64_t most = UNDO_LOOK_BYTES, left = 0;
	struct stage_side now, after;
	size_t i, n, files = 0;
	int rc = 0;
	AUTO_FREE struct undo_file *v = undo_files(c->fold, &n);

	for (i = 0; i < n; i++) {
		/* Read each file once, for all its changes. */
		if (i == 0 || strcmp(v[i].file->path_bytes,
		    v[i - 1].file->path_bytes) != 0) {
			rc = files++ >= UNDO_LOOK_FILES ? 1 :
			    gate_look(stage_root_fd(c->stage),
			    v[i].file->path_bytes, most, &now);
			if (rc == 0 && now.exists)
				most -= now.size;
			left += rc != 0;
		}
		propose_side(&after, &v[i].file->after);
		if (rc == 0 && !stage_side_equal(&now, &after))
			undo_add_changed(list, &v[i]);
	}
	json_add_str(o, "type", "changes");
	json_set_take(o, "changed_on_disk", list);
	json_add_int(o, "left", left);
	return o;
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
	const struct fold_change *t;
	struct undo_told *u;
	size_t k;

	for (t = f->changes; t < f->changes + f->changes_len; t++)
		for (k = 0; t->seq >= since && k < t->files_len; k++) {
			u = pathmap_add(files, t->files[k].path, sizeof(*u));
			if (t->undoes == 0)
				u->known = &t->files[k].after;
			else if (u->known == NULL)
				u->known = &t->files[k].before;
			u->now = &t->files[k].after;
			u->undone = u->undone || t->undoes != 0;
		}
}

/* Not of a file that is back as the model knows it. */
void
undo_tell_model(struct core *c)
{
	const struct fold *f = c->fold;
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	AUTO(pathmap_release) struct pathmap files = { 0 };
	struct stage_side known, now;
	AUTO_FREE void **list = NULL;
	int64_t since = 0;
	size_t i;

	for (i = f->items_len; i-- > 0 && since == 0;)
		if (f->items[i].kind == ITEM_USER)
			since = f->items[i].seq;
	undo_told(f, since, &files);
	list = pathmap_list(&files);
	for (i = 0; list[i] != NULL && b.len < UNDO_TELL_BYTES; i++) {
		const struct undo_told *u = list[i];

		propose_side(&known, u->known);
		propose_side(&now, u->now);
		if (!u->undone || stage_side_equal(&known, &now))
			continue;
		if (b.len == 0)
			buf_adds(&b, "[assent] Since then the user has "
			    "undone or redone changes. These files are "
			    "different now; read them before you change "
			    "them:");
		buf_addf(&b, "\n%s", u->path);
	}
	if (b.len >= UNDO_TELL_BYTES)
		buf_adds(&b, "\n... and others");
	if (b.len > 0 && c->context != NULL)
		emit_tell_model(c, buf_str(&b));
}
