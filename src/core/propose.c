#include "config.h"

#include "core/propose.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call-answer.h"
#include "core/patch-call.h"
#include "core/stopped.h"
#include "core/core.h"
#include "core/hook-review.h"
#include "core/comment-carry.h"
#include "core/plan-step.h"
#include "core/reasons.h"
#include "core/rule.h"
#include "core/paths.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "policy/approve.h"

#define PROPOSE_NAMES 20	/* files named in one note */

/* Report the files that the user changed during the call that just ended. */
static void
propose_note_changed(struct core *c, const struct stage_scan *scan)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	size_t i, n = 0;

	for (i = 0; i < scan->changes_len; i++) {
		if (!scan->changes[i].changed_now)
			continue;
		if (n++ < PROPOSE_NAMES) {
			json_path_text(&notes, scan->changes[i].path);
			buf_adds(&notes, ": the user changed it while the call "
			    "ran\n");
		}
	}
	if (n > PROPOSE_NAMES)
		buf_addf(&notes, "... and %zu more\n", n - PROPOSE_NAMES);
	call_stage_notes(c, &notes);
}

cJSON *
propose_staged_line(const struct core *c)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "staged");
	json_add_int(o, "files", c->review.staged);
	json_add_int(o, "ignored", c->review.ignored);
	return o;
}

void
propose_count(struct core *c, cJSON *result)
{
	struct stage_scan scan;
	struct err e = ERR_INIT;

	if (stage_scan(c->stage, &scan, &e) < 0)
		return;
	c->review.staged = (int64_t)scan.changes_len;
	c->review.ignored = (int64_t)scan.ignored_all;
	propose_note_changed(c, &scan);
	paths_staged(c, &scan);
	if (result != NULL) {
		stopped_look(c, &scan, result);
		plan_step_look(c, &scan, result);
	}
	stage_scan_release(&scan);
	emit_line(c, propose_staged_line(c));
}

static bool
propose_same_word(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Are the same hunks proposed already, with the same results of the rules? */
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
		const cJSON *rules = json_get(f, "rules");

		if (!propose_same_word(json_str(rules, "small"),
		    now->not_small) || !propose_same_word(json_str(rules,
		    "yes"), now->not_yes))
			return false;
		if ((size_t)cJSON_GetArraySize(hunks) != now->hunks_len ||
		    json_bool(f, "changed_on_disk", false) !=
		    now->changed_on_disk)
			return false;
		k = 0;
		cJSON_ArrayForEach(h, hunks)
			/* Decided but not applied: ask again. */
			if (now->hunks[k].decided ||
			    json_bool(h, "overwrites", false) !=
			    now->hunks[k].overwrites ||
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

/* Are writes atomic? If not, a note tells the user before the first proposal,
 * and each proposal has the member `atomic`, for programs. */
static void
propose_add_atomic(struct core *c, cJSON *fields)
{
	if (c->atomic == ATOMIC_NOT_ASKED) {
		c->atomic = apply_atomic(stage_root_fd(c->stage), c->undo_dir);
		if (c->atomic == ATOMIC_NO)
			emit_note(c, "this file system can't exchange two "
			    "names, so writes aren't atomic: while assent "
			    "writes a file, it is missing or incomplete for a "
			    "moment");
		else if (c->atomic == ATOMIC_UNKNOWN)
			emit_note(c, "assent hasn't tested this file system "
			    "for atomic writes; without them, a file is "
			    "missing or incomplete for a moment while assent "
			    "writes it");
	}
	if (c->atomic == ATOMIC_NO)
		json_add_bool(fields, "atomic", false);
	else if (c->atomic == ATOMIC_UNKNOWN)
		cJSON_AddNullToObject(fields, "atomic");
}

int
propose_restore(struct core *c, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	int rc = stage_restore(c->stage, &notes, e);

	call_stage_notes(c, &notes);
	return rc;
}

/* The staged changes, as the fields of a proposal; NULL with *e. */
static cJSON *
propose_scan(struct core *c, struct err *e)
{
	struct stage_scan scan;
	cJSON *fields;

	if (stage_scan(c->stage, &scan, e) < 0)
		return NULL;
	c->review.staged = (int64_t)scan.changes_len;
	c->review.ignored = (int64_t)scan.ignored_all;
	fields = proposal_make(&scan, c->policy, c->blobs, c->diff,
	    reasons_list(c->reasons), c->review.splits, c->check.command, e);
	paths_staged(c, &scan);
	stage_scan_release(&scan);
	return fields;
}

/* Does the proposal tell the user anything new? */
static bool
propose_is_news(const struct core *c, const cJSON *fields, bool anew)
{
	const struct fold_proposal *open = c->fold->proposal;

	if (json_array(fields, "files")->child != NULL)
		return anew || !propose_same(open, fields) ||
		    open->final != c->review.final;
	/* Nothing is staged: the open one ends, files can't be proposed, or a
	 * try has new build products. */
	return open != NULL || json_array(fields, "refused")->child != NULL ||
	    (c->mode == MODE_TRY && c->review.ignored !=
	    json_int(c->review.offered, "ignored", 0));
}

static void
propose_staged(struct core *c, bool anew)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT, first = ERR_INIT;
	cJSON *fields;
	bool empty;

	anew = anew || c->review.owed;
	c->review.touched = false;
	if (stage_before_call(c->stage, &notes, &e) < 0)
		emit_note(c, "%s", e.text);
	call_stage_notes(c, &notes);
	err_clear(&e);
	fields = propose_scan(c, &first);
	if (fields == NULL && propose_restore(c, &e) == 0)
		fields = propose_scan(c, &e);
	c->review.failed = fields == NULL;
	c->review.owed = anew && c->review.failed;
	if (fields == NULL) {
		emit_error(c, "stage", "the staged copy can't be proposed: %s",
		    e.text);
		return;
	}
	if (patch_check(c, json_array(fields, "files"), &e) < 0) {
		c->review.failed = true;
		emit_error(c, "stage", "%s", e.text);
		cJSON_Delete(fields);
		return;
	}
	if (json_array(fields, "refused")->child != NULL)
		c->task.faults |= FAULT_LEFT_OUT;
	cJSON_Delete(c->review.not_proposable);
	c->review.not_proposable =
	    cJSON_Duplicate(json_array(fields, "refused"), 1);
	cJSON_Delete(c->review.products);
	c->review.products = cJSON_Duplicate(json_array(fields, "products"), 1);
	stopped_tell(c, fields);
	rule_tell(c, fields);
	empty = cJSON_GetArraySize(json_array(fields, "files")) == 0;
	if (!propose_is_news(c, fields, anew)) {
		cJSON_Delete(fields);
		return;
	}
	json_add_int(fields, "proposal", c->fold->proposal == NULL ? 0 :
	    c->fold->proposal->id);
	json_add_int(fields, "version", c->fold->proposal == NULL ? 1 :
	    c->fold->proposal->version + 1);
	json_add_bool(fields, "final", c->review.final);
	if (empty)
		c->review.undoing = 0;
	if (c->review.undoing != 0)
		json_add_int(fields, "undo", c->review.undoing);
	if (c->review.undoing != 0 && c->review.undo_part)
		json_add_bool(fields, "undo_part", true);
	if (c->review.undoing != 0)
		json_copy(fields, "undo_left", c->review.undo_left);
	if (!empty)
		propose_add_atomic(c, fields);
	propose_offered(c, fields);
	if (!empty)
		hook_review_proposal(c, fields);
	comment_carry(c->fold, json_array(fields, "files"));
	emit_event(c, EVENT_PROPOSAL, "core", fields);
	emit_sync(c);
	c->check.due = !empty && c->check.command != NULL &&
	    c->mode != MODE_TRY && !c->approve->at_end &&
	    (!c->fold->evidence.known || c->fold->evidence.stale);
}

void
propose_make(struct core *c)
{
	propose_staged(c, false);
}

void
propose_anew(struct core *c)
{
	propose_staged(c, true);
}

void
propose_offered(struct core *c, const cJSON *line)
{
	static const char *const members[] = {
		"files", "refused", "ignored", "ignored_some", "products",
		"final", "undo", "undo_part", "undo_left", "atomic",
	};
	const cJSON *file;
	cJSON *left = cJSON_Duplicate(json_array(line, "undo_left"), 1);

	cJSON_Delete(c->review.offered);
	cJSON_Delete(c->review.splits);
	cJSON_Delete(c->review.undo_left);
	c->review.undo_left = left;
	c->review.undoing = json_int(line, "undo", 0);
	c->review.undo_part = json_bool(line, "undo_part", false);
	c->review.offered = cJSON_CreateObject();
	c->review.splits = cJSON_CreateObject();
	JSON_COPY(c->review.offered, line, members);
	cJSON_ArrayForEach(file, json_array(line, "files")) {
		const cJSON *list = json_array(file, "split");
		size_t len;
		AUTO_FREE char *path = NULL;

		if (list == NULL)
			continue;
		path = json_get_bytes(file, "path", &len);
		if (path != NULL)
			json_set_take(c->review.splits, path,
			    cJSON_Duplicate(list, 1));
	}
}
