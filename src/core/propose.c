/*
 * propose: from the stage to the real tree, always in this order: scan, offer,
 * marks, decision (journaled), apply_begin (journaled), apply, applied
 * (journaled), settle the stage.  The gate does the writing; this keeps the
 * order and the record.
 */
#include "config.h"

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

bool
propose_is_open(const struct core *c)
{
	return c->fold->proposal != NULL && c->fold->proposal->files_len > 0;
}

void
propose_count(struct core *c)
{
	struct stage_scan scan;
	struct err e = ERR_INIT;
	cJSON *o;

	if (stage_scan(c->stage, &scan, &e) < 0)
		return;
	c->staged_files = (int64_t)scan.changes_len;
	c->ignored_files = (int64_t)scan.ignored_len;
	stage_scan_release(&scan);
	o = cJSON_CreateObject();
	json_add_str(o, "type", "staged");
	json_add_int(o, "files", c->staged_files);
	json_add_int(o, "ignored", c->ignored_files);
	core_send(c, o);
}

/* Are these the hunks that are on offer already? */
static bool
propose_same(const struct fold_proposal *p, const cJSON *fields)
{
	const cJSON *files = json_array(fields, "files"), *f, *h;
	size_t i = 0, k;

	if (p == NULL || (size_t)cJSON_GetArraySize(files) != p->files_len)
		return false;
	cJSON_ArrayForEach(f, files) {
		const struct fold_file *now = &p->files[i++];
		const cJSON *hunks = json_array(f, "hunks");

		if ((size_t)cJSON_GetArraySize(hunks) != now->hunks_len)
			return false;
		k = 0;
		cJSON_ArrayForEach(h, hunks)
			if (strcmp(json_str_or(h, "id", ""),
			    now->hunks[k++].id) != 0)
				return false;
		if (strcmp(json_str_or(json_get(f, "after"), "hash", ""),
		    now->after.hash == NULL ? "" : now->after.hash) != 0 ||
		    strcmp(json_str_or(json_get(f, "before"), "hash", ""),
		    now->before.hash == NULL ? "" : now->before.hash) != 0)
			return false;
	}
	return true;
}

void
propose_make(struct core *c)
{
	struct stage_scan scan;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	cJSON *fields = NULL;
	bool empty;

	c->stage_touched = false;
	if (stage_before_call(c->stage, &notes, &e) < 0)
		core_note(c, "%s", e.text);
	if (notes.len > 0)
		core_note(c, "%s", buf_str(&notes));
	buf_release(&notes);
	err_clear(&e);
	if (stage_scan(c->stage, &scan, &e) < 0) {
		core_error(c, "stage", "the staged tree cannot be read: %s",
		    e.text);
		c->propose_failed = true;
		return;
	}
	c->staged_files = (int64_t)scan.changes_len;
	c->ignored_files = (int64_t)scan.ignored_len;
	fields = proposal_make(&scan, c->policy, c->blobs, c->reasons,
	    c->criterion, &e);
	stage_scan_release(&scan);
	if (fields == NULL) {
		core_error(c, "stage", "no proposal can be made: %s", e.text);
		c->propose_failed = true;
		return;
	}
	c->propose_failed = false;
	empty = cJSON_GetArraySize(json_array(fields, "files")) == 0;
	if ((empty && c->fold->proposal == NULL &&
	    cJSON_GetArraySize(json_array(fields, "refused")) == 0) ||
	    (!empty && propose_same(c->fold->proposal, fields) &&
	    c->fold->proposal->final == c->propose_final)) {
		cJSON_Delete(fields);
		return;
	}
	json_add_int(fields, "proposal", c->fold->proposal == NULL ? 0 :
	    c->fold->proposal->id);
	json_add_int(fields, "version", c->fold->proposal == NULL ? 1 :
	    c->fold->proposal->version + 1);
	json_add_bool(fields, "final", c->propose_final);
	if (!empty && c->person)
		c->prompts++;
	core_emit(c, "proposal", "core", fields);
	core_sync(c);
	c->evidence_due = !empty && c->criterion != NULL &&
	    c->mode != MODE_TRY && c->approve != APPROVE_YES &&
	    (!c->fold->evidence.known || c->fold->evidence.stale);
}

/* ---- marks and decisions ---- */

/* The decision that the marks make (or, by rule, all that it may take). */
static cJSON *
propose_decision(struct core *c, bool by_rule)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	size_t i, k;

	json_add_int(o, "proposal", p->id);
	for (i = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		cJSON *fo, *hunks;

		if (by_rule && f->protected_by != NULL &&
		    !policy_allowed(c->policy, f->path_bytes))
			continue;
		hunks = cJSON_CreateArray();
		for (k = 0; k < f->hunks_len; k++) {
			const struct fold_hunk *h = &f->hunks[k];
			cJSON *ho;

			if (!by_rule && h->mark == MARK_NONE)
				continue;
			ho = cJSON_CreateObject();
			json_add_str(ho, "id", h->id);
			json_add_str(ho, "decision", by_rule ||
			    h->mark == MARK_YES ? "yes" : "no");
			json_add_bool(ho, "seen", !by_rule && h->seen);
			json_add_str(ho, "word", h->word);
			cJSON_AddItemToArray(hunks, ho);
		}
		if (hunks->child == NULL) {
			cJSON_Delete(hunks);
			continue;
		}
		fo = cJSON_CreateObject();
		json_add_bytes(fo, "path", f->path_bytes,
		    strlen(f->path_bytes));
		json_add_str(fo, "before", f->before.exists ? f->before.hash :
		    NULL);
		json_add_str(fo, "after", f->after.exists ? f->after.hash :
		    NULL);
		json_set_take(fo, "hunks", hunks);
		cJSON_AddItemToArray(files, fo);
	}
	json_set_take(o, "files", files);
	return o;
}

static void
propose_emit_decision(struct core *c, cJSON *fields, const char *by)
{
	cJSON_Delete(c->decision);
	c->decision = cJSON_Duplicate(fields, 1);
	c->decision_seq = core_emit(c, "decision", by, fields);
	c->decide_due = true;
	core_step_soon(c);
}

void
propose_decide_by_rule(struct core *c)
{
	cJSON *o;

	if (c->apply_failures > 2)
		return;
	o = propose_decision(c, true);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return;
	}
	json_add_str(o, "rule", "yes");
	propose_emit_decision(c, o, "rule:yes");
}

static int
propose_check(struct core *c, const cJSON *command, struct err *e)
{
	if (!propose_is_open(c))
		return err_set(e, "no proposal is open");
	if (c->decide_due)
		return err_set(e, "a decision is being applied");
	if (json_int(command, "proposal", -1) != c->fold->proposal->id)
		return err_set(e, "that proposal is not open any more");
	return 0;
}

static void
propose_draft(struct core *c, const char *hunk, const char *mark, bool seen,
    const char *word, const char *client)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "hunk", hunk);
	json_add_str(o, "mark", mark);
	json_add_bool(o, "seen", seen);
	json_add_str(o, "word", word);
	json_add_str(o, "client", client);
	core_emit(c, "draft", "user", o);
}

int
propose_mark(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *id = json_str_or(command, "hunk", "");
	const char *mark = json_str_or(command, "mark", "");
	const struct fold_hunk *h;

	if (propose_check(c, command, e) < 0)
		return -1;
	if (fold_find_hunk(c->fold, id, &h) == NULL)
		return err_set(e, "that hunk has changed; look at it again");
	if (strcmp(mark, "yes") != 0 && strcmp(mark, "no") != 0 &&
	    strcmp(mark, "none") != 0)
		return err_set(e, "unknown mark \"%s\"", mark);
	propose_draft(c, id, mark, json_bool(command, "seen", false),
	    json_str(command, "word"), client);
	if (fold_undecided(c->fold->proposal) == 0) {
		cJSON *o = propose_decision(c, false);

		json_add_str(o, "client", client);
		propose_emit_decision(c, o, "user");
	}
	return 0;
}

int
propose_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const struct fold_proposal *p;
	const char *all = json_str(command, "all");
	bool seen = json_bool(command, "seen", false);
	size_t i, k;
	cJSON *o;

	if (propose_check(c, command, e) < 0)
		return -1;
	p = c->fold->proposal;
	/* Everything at once is about what was on the screen then. */
	if (all != NULL && json_int(command, "version", -1) != p->version)
		return err_set(e, "the proposal has changed; look at it again");
	for (i = 0; all != NULL && i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			if (p->files[i].hunks[k].mark == MARK_NONE)
				propose_draft(c, p->files[i].hunks[k].id,
				    strcmp(all, "yes") == 0 ? "yes" : "no",
				    seen, NULL, client);
	o = propose_decision(c, false);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return err_set(e, "no hunk is marked yet");
	}
	json_add_str(o, "client", client);
	propose_emit_decision(c, o, "user");
	return 0;
}

/* ---- apply ---- */

/* One file of a decision on its way to the real tree. */
struct chosen {
	const struct fold_file	*file;
	struct gate_choice	 choice;
	const char		**yes, **no;
	struct stage_side	 write, rest;
	bool			 composed;
	struct apply_op		*op;	/* NULL: nothing of it was taken */
};

static void
propose_side(struct stage_side *to, const struct fold_side *from)
{
	memset(to, 0, sizeof(*to));
	to->exists = from->exists;
	if (from->hash != NULL)
		snprintf(to->hash, sizeof(to->hash), "%s", from->hash);
	to->mode = from->mode;
	to->size = from->size;
}

static const struct fold_file *
propose_find_file(const struct core *c, const char *path)
{
	const struct fold_proposal *p = c->fold->proposal;
	size_t i;

	for (i = 0; p != NULL && i < p->files_len; i++)
		if (strcmp(p->files[i].path_bytes, path) == 0)
			return &p->files[i];
	return NULL;
}

static void
propose_choose(struct core *c, struct chosen *ch, const cJSON *file)
{
	const cJSON *hunks = json_array(file, "hunks"), *h;
	size_t n = (size_t)cJSON_GetArraySize(hunks), len;
	char *path = json_get_bytes(file, "path", &len);

	ch->file = path == NULL ? NULL : propose_find_file(c, path);
	free(path);
	if (ch->file == NULL)
		return;
	ch->yes = xcalloc(n + 1, sizeof(*ch->yes));
	ch->no = xcalloc(n + 1, sizeof(*ch->no));
	cJSON_ArrayForEach(h, hunks) {
		const char *id = json_str_or(h, "id", "");

		if (strcmp(json_str_or(h, "decision", ""), "yes") == 0)
			ch->yes[ch->choice.yes_len++] = id;
		else
			ch->no[ch->choice.no_len++] = id;
	}
	ch->choice.path = ch->file->path_bytes;
	ch->choice.yes = ch->yes;
	ch->choice.no = ch->no;
	propose_side(&ch->choice.before, &ch->file->before);
	propose_side(&ch->choice.after, &ch->file->after);
}

static cJSON *
propose_side_json(const struct stage_side *s)
{
	cJSON *o;

	if (!s->exists)
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	json_add_str(o, "hash", s->hash);
	json_add_int(o, "mode", s->mode);
	return o;
}

static const char *
propose_op_name(const struct apply_op *op)
{
	if (!op->after.exists)
		return "delete";
	if (op->after.mode == 0120000)
		return "symlink";
	if (!op->before.exists)
		return "create";
	return strcmp(op->before.hash, op->after.hash) == 0 ? "mode" :
	    "replace";
}

static void
propose_emit_begin(struct core *c, const struct apply_op *ops, size_t n)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	size_t i;

	json_add_int(o, "tx", ++c->tx);
	json_add_int(o, "decision", c->decision_seq);
	for (i = 0; i < n; i++) {
		cJSON *it;

		if (ops[i].moved || ops[i].error != 0)
			continue;
		it = cJSON_CreateObject();
		json_add_bytes(it, "path", ops[i].path, strlen(ops[i].path));
		json_add_str(it, "op", propose_op_name(&ops[i]));
		json_set_take(it, "before", propose_side_json(&ops[i].before));
		json_set_take(it, "after", propose_side_json(&ops[i].after));
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "ops", list);
	core_emit(c, "apply_begin", "core", o);
	core_sync(c);
}

static void
propose_emit_applied(struct core *c, const struct apply_op *ops, size_t n)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	struct blob_entry *entries = xcalloc(n + 1, sizeof(*entries));
	struct err e = ERR_INIT;
	char id[41];
	size_t i, done = 0;

	json_add_int(o, "tx", c->tx);
	for (i = 0; i < n; i++) {
		cJSON *it = cJSON_CreateObject();

		json_add_bytes(it, "path", ops[i].path, strlen(ops[i].path));
		json_add_bool(it, "ok", ops[i].done);
		if (!ops[i].done) {
			json_add_str(it, "error", ops[i].moved ? "moved" :
			    "failed");
			c->apply_failures++;
		} else {
			entries[done].path = ops[i].path;
			entries[done].hash = ops[i].after.exists ?
			    ops[i].after.hash : NULL;
			entries[done++].mode = ops[i].after.mode;
		}
		json_add_str(it, "text", ops[i].text);
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "ops", list);
	if (done > 0 && blob_commit(c->blobs, entries, done, "applied", id,
	    &e) == 0)
		json_add_str(o, "commit", id);
	free(entries);
	core_emit(c, "applied", "core", o);
	core_sync(c);
}

/* What was refused, in words for the model. */
static void
propose_feedback(struct core *c, const cJSON *file, const struct chosen *ch)
{
	const cJSON *h;

	cJSON_ArrayForEach(h, json_array(file, "hunks")) {
		const char *word = json_str(h, "word");
		const struct fold_hunk *fh = NULL;
		size_t i;

		if (strcmp(json_str_or(h, "decision", ""), "no") != 0)
			continue;
		c->refused_any = true;
		if (c->mode == MODE_TRY)	/* there is no model to tell */
			continue;
		for (i = 0; i < ch->file->hunks_len; i++)
			if (strcmp(ch->file->hunks[i].id,
			    json_str_or(h, "id", "")) == 0)
				fh = &ch->file->hunks[i];
		if (word == NULL && c->fold->proposal->final &&
		    c->feedback.len == 0 && !c->feedback_wanted) {
			/* A plain no at the end ends it; nothing to say. */
			continue;
		}
		if (c->feedback.len == 0)
			buf_adds(&c->feedback, "[assent] The person refused "
			    "some of the changes. They are no longer in the "
			    "staged tree; what was taken is in the real one.");
		buf_addf(&c->feedback, "\n\nRefused in %s", ch->file->path);
		if (word != NULL)
			buf_addf(&c->feedback, ", because: %s", word);
		if (fh != NULL && fh->text_len > 0)
			buf_addf(&c->feedback, "\n%.*s",
			    fh->text_len > 4000 ? 4000 : (int)fh->text_len,
			    fh->text);
	}
}

/* The stage after a decision: real + accepted + undecided. */
static void
propose_settle(struct core *c, struct chosen *ch, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct err e = ERR_INIT;
		const struct stage_side *base;
		bool whole;

		if (!ch[i].composed || (ch[i].op != NULL && !ch[i].op->done))
			continue;
		base = ch[i].op != NULL ? &ch[i].write : &ch[i].choice.before;
		whole = ch[i].op != NULL && ch[i].choice.no_len == 0;
		if (stage_settle(c->stage, ch[i].choice.path, base,
		    &ch[i].rest, whole, &e) < 0)
			core_note(c, "the stage of %s could not be settled: %s",
			    ch[i].choice.path, e.text);
	}
}

/* Prepare, announce, commit; or after a crash find out what was done. */
static int
propose_write(struct core *c, struct apply_op *ops, size_t n, bool recover)
{
	struct apply_tx *tx;
	struct err e = ERR_INIT;

	if (recover) {
		apply_recover(stage_root_fd(c->stage), c->undo_dir, c->blobs,
		    ops, n);
		propose_emit_applied(c, ops, n);
		return 0;
	}
	tx = apply_prepare(stage_root_fd(c->stage), c->undo_dir, c->blobs, ops,
	    n, &e);
	if (tx == NULL) {
		core_error(c, "apply", "nothing was written: %s", e.text);
		c->apply_failures++;
		return -1;
	}
	propose_emit_begin(c, ops, n);
	apply_commit_free(tx);
	propose_emit_applied(c, ops, n);
	return 0;
}

static void
propose_apply_decision(struct core *c, bool recover)
{
	const cJSON *files = json_array(c->decision, "files"), *file;
	size_t n = (size_t)cJSON_GetArraySize(files), i = 0, ops_len = 0;
	struct chosen *ch = xcalloc(n + 1, sizeof(*ch));
	struct apply_op *ops = xcalloc(n + 1, sizeof(*ops));
	cJSON *o;

	core_status(c, "applying", "your decision");
	c->feedback_wanted = false;
	cJSON_ArrayForEach(file, files) {
		const cJSON *h;

		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			if (json_str(h, "word") != NULL)
				c->feedback_wanted = true;
	}
	cJSON_ArrayForEach(file, files) {
		struct err e = ERR_INIT;
		struct chosen *now = &ch[i++];

		propose_choose(c, now, file);
		if (now->file == NULL)
			continue;
		if (gate_compose(c->blobs, &now->choice, &now->write,
		    &now->rest, &e) < 0) {
			core_error(c, "apply", "%s: %s", now->choice.path,
			    e.text);
			continue;
		}
		now->composed = true;
		if (now->choice.yes_len > 0) {
			now->op = &ops[ops_len++];
			now->op->path = xstrdup(now->choice.path);
			now->op->before = now->choice.before;
			now->op->after = now->write;
		}
		propose_feedback(c, file, now);
	}
	if (ops_len == 0 || propose_write(c, ops, ops_len, recover) == 0)
		propose_settle(c, ch, n);
	else
		buf_clear(&c->feedback);
	if (c->fold->evidence.known && !c->fold->evidence.stale) {
		o = cJSON_CreateObject();
		json_add_str(o, "status", "stale");
		core_emit(c, "evidence", "core", o);
	}
	for (i = 0; i < n; i++) {
		free(ch[i].yes);
		free(ch[i].no);
	}
	apply_ops_release(ops, ops_len);
	free(ops);
	free(ch);
	cJSON_Delete(c->decision);
	c->decision = NULL;
	propose_make(c);
}

void
propose_apply(struct core *c)
{
	c->decide_due = false;
	if (c->decision != NULL && c->fold->proposal != NULL)
		propose_apply_decision(c, false);
}

void
propose_recover(struct core *c, cJSON *decision_take, const cJSON *begin)
{
	cJSON_Delete(c->decision);
	c->decision = decision_take;
	c->decision_seq = json_int(decision_take, "seq", 0);
	c->tx = json_int(begin, "tx", c->tx);
	if (begin == NULL)
		c->decide_due = true;	/* decided; nothing done about it yet */
	else if (c->fold->proposal != NULL)
		propose_apply_decision(c, true);
}
