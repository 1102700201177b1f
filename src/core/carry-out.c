/*
 * carry out a decision: re-check, apply_begin (journaled), apply, applied
 * (journaled), settle the stage, tell the model what was refused.  The gate
 * does the writing; this keeps the order and the record.
 */
#include "config.h"

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define PROPOSE_FEEDBACK_MAX ((size_t)64 << 10)

/* How far a decision got before the core died. */
enum apply_stage { APPLY_NOT_BEGUN, APPLY_BEGUN, APPLY_DONE };

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
		json_add_path(it, "path", ops[i].path);
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

		json_add_path(it, "path", ops[i].path);
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
propose_feedback(struct core *c, const cJSON *file, const struct fold_file *ff)
{
	const cJSON *h;

	cJSON_ArrayForEach(h, json_array(file, "hunks")) {
		const char *word = json_str(h, "word");
		const struct fold_hunk *fh = NULL;
		size_t i;

		if (strcmp(json_str_or(h, "decision", ""), "no") != 0)
			continue;
		c->refused_any = true;
		if (c->mode == MODE_TRY ||	/* there is no model to tell */
		    c->feedback.len > PROPOSE_FEEDBACK_MAX)
			continue;
		for (i = 0; i < ff->hunks_len; i++)
			if (strcmp(ff->hunks[i].id,
			    json_str_or(h, "id", "")) == 0)
				fh = &ff->hunks[i];
		if (word == NULL && c->fold->proposal->final &&
		    c->feedback.len == 0 && !c->feedback_wanted) {
			/* A plain no at the end ends it; nothing to say. */
			continue;
		}
		if (c->feedback.len == 0)
			buf_adds(&c->feedback, "[assent] The person refused "
			    "some of the changes. They are no longer in the "
			    "staged tree; what was taken is in the real one.");
		buf_addf(&c->feedback, "\n\nRefused in %s", ff->path);
		if (word != NULL)
			buf_addf(&c->feedback, ", because: %s", word);
		if (fh != NULL && fh->text_len > 0)
			buf_addf(&c->feedback, "\n%.*s",
			    fh->text_len > 4000 ? 4000 : (int)fh->text_len,
			    fh->text);
		if (c->feedback.len > PROPOSE_FEEDBACK_MAX)
			buf_adds(&c->feedback, "\n\n[... what else was "
			    "refused is not shown here ...]");
	}
}

static void
propose_wants_feedback(struct core *c, const cJSON *files)
{
	const cJSON *file, *h;

	c->feedback_wanted = false;
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(h, json_array(file, "hunks"))
			if (json_str(h, "word") != NULL)
				c->feedback_wanted = true;
}

void
propose_recall(struct core *c, const cJSON *decision)
{
	const cJSON *files = json_array(decision, "files"), *file;

	buf_clear(&c->feedback);
	propose_wants_feedback(c, files);
	cJSON_ArrayForEach(file, files) {
		size_t len;
		char *path = json_get_bytes(file, "path", &len);
		const struct fold_file *ff = path == NULL ? NULL :
		    propose_find_file(c, path);

		if (ff != NULL)
			propose_feedback(c, file, ff);
		free(path);
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

/* What the journal says of these files: done, or not. */
static void
propose_take_applied(const cJSON *applied, struct apply_op *ops, size_t n)
{
	const cJSON *it;
	size_t i, len;

	cJSON_ArrayForEach(it, json_array(applied, "ops")) {
		char *path = json_get_bytes(it, "path", &len);

		for (i = 0; path != NULL && i < n; i++)
			if (strcmp(ops[i].path, path) == 0)
				ops[i].done = json_bool(it, "ok", false);
		free(path);
	}
}

/* Prepare, announce, commit; or after a crash find out what was done. */
static int
propose_write(struct core *c, struct apply_op *ops, size_t n,
    enum apply_stage from, const cJSON *applied)
{
	struct apply_tx *tx;
	struct err e = ERR_INIT;

	if (from == APPLY_DONE) {
		propose_take_applied(applied, ops, n);
		return 0;
	}
	if (from == APPLY_BEGUN) {
		apply_recover(stage_root_fd(c->stage), c->undo_dir, c->blobs,
		    ops, n);
		propose_emit_applied(c, ops, n);
		return 0;
	}
	tx = apply_prepare(stage_root_fd(c->stage), c->undo_dir, c->blobs, ops,
	    n, &e);
	if (tx == NULL) {
		core_error(c, "apply", "nothing was written: %s", e.text);
		/* What stands in the way does not go by asking again. */
		c->apply_failures = CORE_APPLY_TRIES;
		return -1;
	}
	propose_emit_begin(c, ops, n);
	apply_commit_free(tx);
	propose_emit_applied(c, ops, n);
	return 0;
}

static void
propose_apply_decision(struct core *c, enum apply_stage from,
    const cJSON *applied)
{
	const cJSON *files = json_array(c->decision, "files"), *file;
	size_t n = (size_t)cJSON_GetArraySize(files), i = 0, ops_len = 0;
	struct chosen *ch = xcalloc(n + 1, sizeof(*ch));
	struct apply_op *ops = xcalloc(n + 1, sizeof(*ops));
	cJSON *o;

	core_status(c, "applying", "your decision");
	propose_wants_feedback(c, files);
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
		propose_feedback(c, file, now->file);
	}
	if (ops_len == 0 || propose_write(c, ops, ops_len, from,
	    applied) == 0)
		propose_settle(c, ch, n);
	else
		buf_clear(&c->feedback);
	if (c->fold->evidence.known && !c->fold->evidence.stale) {
		o = cJSON_CreateObject();
		json_add_str(o, "status", "stale");
		core_emit(c, "evidence", "core", o);
	}
	for (i = 0; i < n; i++) {
		/* The model's words were about what is decided now. */
		if (ch[i].file != NULL && ch[i].choice.yes_len +
		    ch[i].choice.no_len == ch[i].file->hunks_len &&
		    (ch[i].op == NULL || ch[i].op->done))
			cJSON_DeleteItemFromObjectCaseSensitive(c->reasons,
			    ch[i].choice.path);
		free(ch[i].yes);
		free(ch[i].no);
	}
	apply_ops_release(ops, ops_len);
	free(ops);
	free(ch);
	cJSON_Delete(c->decision);
	c->decision = NULL;
	c->offer_anew = true;
	propose_make(c);
}

void
propose_apply(struct core *c)
{
	c->decide_due = false;
	if (c->decision != NULL && c->fold->proposal != NULL)
		propose_apply_decision(c, APPLY_NOT_BEGUN, NULL);
}

void
propose_recover(struct core *c, cJSON *decision_take, const cJSON *begin,
    const cJSON *applied)
{
	cJSON_Delete(c->decision);
	c->decision = decision_take;
	c->decision_seq = json_int(decision_take, "seq", 0);
	c->tx = json_int(begin, "tx", c->tx);
	buf_clear(&c->feedback);	/* it is made again */
	if (begin == NULL)
		c->decide_due = true;	/* decided; nothing done about it yet */
	else if (c->fold->proposal != NULL)
		propose_apply_decision(c, applied == NULL ? APPLY_BEGUN :
		    APPLY_DONE, applied);
}
