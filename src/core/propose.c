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

		if ((size_t)cJSON_GetArraySize(hunks) != now->hunks_len ||
		    json_bool(f, "moved", false) != now->moved)
			return false;
		k = 0;
		cJSON_ArrayForEach(h, hunks)
			/* What was decided and not done is asked anew. */
			if (now->hunks[k].decided ||
			    strcmp(json_str_or(h, "id", ""),
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
	if (json_array(fields, "refused")->child != NULL)
		c->left_out = true;
	empty = cJSON_GetArraySize(json_array(fields, "files")) == 0;
	if ((empty && c->fold->proposal == NULL &&
	    cJSON_GetArraySize(json_array(fields, "refused")) == 0) ||
	    (!empty && !c->offer_anew &&
	    propose_same(c->fold->proposal, fields) &&
	    c->fold->proposal->final == c->propose_final)) {
		cJSON_Delete(fields);
		return;
	}
	c->offer_anew = false;
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

		if (by_rule && (f->moved || (f->protected_by != NULL &&
		    !policy_allowed(c->policy, f->path_bytes))))
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
		json_add_path(fo, "path", f->path_bytes);
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

	if (c->apply_failures >= CORE_APPLY_TRIES)
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
	} else
		core_step_soon(c);	/* it says how many are left */
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
