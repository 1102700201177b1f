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
#include "core/paths.h"
#include "core/plan-step.h"
#include "core/reasons.h"
#include "core/rule.h"
#include "core/stopped.h"

#define PROPOSE_NAMES 20	/* of files in one note */

bool
propose_is_open(const struct core *c)
{
	return c->fold->proposal != NULL && c->fold->proposal->files_len > 0;
}

/* The files that the user changed under the call that has just ended. */
static void
propose_say_moved(struct core *c, const struct stage_scan *scan)
{
	struct buf notes = BUF_INIT(1 << 16);
	size_t i, n = 0;

	for (i = 0; i < scan->changes_len; i++) {
		if (!scan->changes[i].moved_now)
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
	buf_release(&notes);
}

void
propose_count(struct core *c, cJSON *result)
{
	struct stage_scan scan;
	struct err e = ERR_INIT;
	cJSON *o;

	if (stage_scan(c->stage, &scan, &e) < 0)
		return;
	c->staged_files = (int64_t)scan.changes_len;
	c->ignored_files = (int64_t)scan.ignored_all;
	propose_say_moved(c, &scan);
	paths_staged(c, &scan);
	if (result != NULL) {
		stopped_look(c, &scan, result);
		plan_step_look(c, &scan, result);
	}
	stage_scan_release(&scan);
	o = cJSON_CreateObject();
	json_add_str(o, "type", "staged");
	json_add_int(o, "files", c->staged_files);
	json_add_int(o, "ignored", c->ignored_files);
	core_send(c, o);
}

static bool
propose_same_word(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Are these the hunks that are on offer already, and do the rules say the same
 * of them? */
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
		    json_bool(f, "moved", false) != now->moved)
			return false;
		k = 0;
		cJSON_ArrayForEach(h, hunks)
			/* What was decided and not done is asked anew. */
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

/* Said with the first proposal, and for programs with each. */
static void
propose_add_atomic(struct core *c, cJSON *fields)
{
	if (c->atomic == ATOMIC_NOT_ASKED) {
		c->atomic = apply_atomic(stage_root_fd(c->stage), c->undo_dir);
		if (c->atomic == ATOMIC_NO)
			core_note(c, "this file system can't exchange two "
			    "names, so writes aren't atomic: while assent "
			    "writes a file, it is missing or incomplete for a "
			    "moment");
		else if (c->atomic == ATOMIC_UNKNOWN)
			core_note(c, "assent hasn't tried whether this file "
			    "system can exchange two names; if it can't, "
			    "writes aren't atomic: while assent writes a "
			    "file, it is missing or incomplete for a moment");
	}
	if (c->atomic == ATOMIC_NO)
		json_add_bool(fields, "atomic", false);
	else if (c->atomic == ATOMIC_UNKNOWN)
		cJSON_AddNullToObject(fields, "atomic");
}

int
propose_restore(struct core *c, struct err *e)
{
	struct buf notes = BUF_INIT(1 << 16);
	int rc = stage_restore(c->stage, &notes, e);

	call_stage_notes(c, &notes);
	buf_release(&notes);
	return rc;
}

/* What the stage holds, as the fields of a proposal; NULL with *e. */
static cJSON *
propose_scan(struct core *c, struct err *e)
{
	struct stage_scan scan;
	cJSON *fields;

	if (stage_scan(c->stage, &scan, e) < 0)
		return NULL;
	c->staged_files = (int64_t)scan.changes_len;
	c->ignored_files = (int64_t)scan.ignored_all;
	fields = proposal_make(&scan, c->policy, c->blobs,
	    reasons_list(c->reasons), c->splits, c->check, e);
	paths_staged(c, &scan);
	stage_scan_release(&scan);
	return fields;
}

void
propose_make(struct core *c)
{
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT, first = ERR_INIT;
	cJSON *fields;
	bool empty;

	c->stage_touched = false;
	if (stage_before_call(c->stage, &notes, &e) < 0)
		core_note(c, "%s", e.text);
	call_stage_notes(c, &notes);
	buf_release(&notes);
	err_clear(&e);
	fields = propose_scan(c, &first);
	if (fields == NULL && propose_restore(c, &e) == 0)
		fields = propose_scan(c, &e);
	c->propose_failed = fields == NULL;
	if (fields == NULL) {
		core_error(c, "stage", "what is staged cannot be proposed: %s",
		    e.text);
		return;
	}
	if (json_array(fields, "refused")->child != NULL)
		c->left_out = true;
	cJSON_Delete(c->not_proposable);
	c->not_proposable = cJSON_Duplicate(json_array(fields, "refused"), 1);
	cJSON_Delete(c->products);
	c->products = cJSON_Duplicate(json_array(fields, "noise"), 1);
	stopped_tell(c, fields);
	rule_tell(c, fields);
	empty = cJSON_GetArraySize(json_array(fields, "files")) == 0;
	if ((empty && c->fold->proposal == NULL &&
	    cJSON_GetArraySize(json_array(fields, "refused")) == 0 &&
	    (c->mode != MODE_TRY || c->ignored_files ==
	    json_int(c->offered, "ignored", 0))) ||
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
	if (empty)
		c->undoing = 0;
	if (c->undoing != 0)
		json_add_int(fields, "undo", c->undoing);
	if (c->undoing != 0 && c->undo_left != NULL)
		json_set_take(fields, "undo_left",
		    cJSON_Duplicate(c->undo_left, 1));
	if (!empty)
		propose_add_atomic(c, fields);
	propose_offered(c, fields);
	core_emit(c, "proposal", "core", fields);
	core_sync(c);
	c->evidence_due = !empty && c->check != NULL &&
	    c->mode != MODE_TRY && !c->approve->at_end &&
	    (!c->fold->evidence.known || c->fold->evidence.stale);
}

/* ---- marks and decisions ---- */

/* A verdict on every hunk that has no mark. */
struct propose_all {
	const char	*verdict;	/* "yes" or "no" */
	const char	*word;		/* may be NULL */
	bool		 seen;
	const char	**ids;		/* sorted: those that were seen, or NULL:
					   as `seen` says */
	size_t		 ids_len;
};

static int
propose_id_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
propose_all_init(struct propose_all *all, const cJSON *command)
{
	const cJSON *seen = json_array(command, "seen"), *it;

	memset(all, 0, sizeof(*all));
	all->verdict = strcmp(json_str_or(command, "all", ""), "yes") == 0 ?
	    "yes" : "no";
	all->word = json_str(command, "word");
	all->seen = json_bool(command, "seen", false);
	if (seen == NULL)
		return;
	all->ids = xcalloc((size_t)cJSON_GetArraySize(seen) + 1,
	    sizeof(*all->ids));
	cJSON_ArrayForEach(it, seen)
		if (cJSON_IsString(it))
			all->ids[all->ids_len++] = it->valuestring;
	qsort(all->ids, all->ids_len, sizeof(*all->ids), propose_id_compare);
}

static bool
propose_all_seen(const struct propose_all *all, const char *id)
{
	return all->ids == NULL ? all->seen : bsearch(&id, all->ids,
	    all->ids_len, sizeof(*all->ids), propose_id_compare) != NULL;
}

/* What becomes of this hunk, or NULL: nothing. */
static cJSON *
propose_decide_hunk(struct core *c, const char *rule,
    const struct propose_all *all, const struct fold_file *f,
    const struct fold_hunk *h)
{
	bool marked = h->mark != MARK_NONE;
	cJSON *o;

	if (rule != NULL ? !rule_takes_hunk(c, rule, f, h) : !marked &&
	    (all == NULL || (h->overwrites && all->verdict[0] == 'y')))
		return NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "id", h->id);
	if (rule != NULL) {
		json_add_str(o, "decision", "yes");
		json_add_bool(o, "seen", false);
	} else if (!marked) {
		json_add_str(o, "decision", all->verdict);
		json_add_bool(o, "seen", propose_all_seen(all, h->id));
		json_add_str(o, "word", all->word);
	} else {
		json_add_str(o, "decision", h->edit != NULL ? "edited" :
		    h->mark == MARK_YES ? "yes" : "no");
		if (h->edit != NULL)
			json_add_bytes(o, "edit", h->edit, h->edit_len);
		if (h->overwrites && h->mark == MARK_YES)
			json_add_bool(o, "overwrite", true);
		json_add_bool(o, "seen", h->seen);
		json_add_str(o, "word", h->word);
	}
	comment_add(o, h);
	return o;
}

/* The decision that the marks make, with `all` for what has none; or, by a
 * rule, all that it takes. */
static cJSON *
propose_decision(struct core *c, const char *rule,
    const struct propose_all *all)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *o = cJSON_CreateObject(), *files = cJSON_CreateArray();
	int lines = 0;
	size_t i, k;

	json_add_int(o, "proposal", p->id);
	for (i = 0; i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		cJSON *fo, *hunks;

		if (rule != NULL && !rule_takes(c, rule, f, &lines))
			continue;
		/* What is taken of it has no place yet. */
		if (rule == NULL && all == NULL && f->from != NULL &&
		    f->hunks[0].mark == MARK_NONE)
			continue;
		hunks = cJSON_CreateArray();
		for (k = 0; k < f->hunks_len; k++)
			(void)cJSON_AddItemToArray(hunks, propose_decide_hunk(
			    c, rule, all, f, &f->hunks[k]));
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
		if (rule != NULL)
			json_add_int(fo, "lines", rule_lines(f));
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
propose_decide_by_rule(struct core *c, const char *rule)
{
	char *by;
	cJSON *o;

	if (c->apply_failures >= CORE_APPLY_TRIES)
		return;
	o = propose_decision(c, rule, NULL);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return;
	}
	json_add_str(o, "rule", rule);
	by = xasprintf("rule:%s", rule);
	propose_emit_decision(c, o, by);
	free(by);
}

static int
propose_check(struct core *c, const cJSON *command, struct err *e)
{
	if (!propose_is_open(c))
		return err_set(e, "no proposal is open");
	if (c->decide_due)
		return err_set(e, "a decision is being applied");
	/* What is shown was decided, and what is left could not be shown. */
	if (c->propose_failed) {
		propose_make(c);
		return err_set(e, c->propose_failed ? "what is staged cannot "
		    "be proposed: the session's journal says why" :
		    "the proposal has changed; look at it again");
	}
	if (json_int(command, "proposal", -1) != c->fold->proposal->id)
		return err_set(e, "that proposal is not open any more");
	return 0;
}

/* What was run on the marks was run on others. */
static void
propose_marks_moved(struct core *c)
{
	c->evidence_moved = true;
	if (c->fold->evidence.where != NULL &&
	    strcmp(c->fold->evidence.where, "accepted") == 0)
		evidence_stale(c);
}

cJSON *
propose_draft(const char *hunk, const char *mark, const cJSON *edit, bool seen,
    const char *word)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "hunk", hunk);
	json_add_str(o, "mark", mark);
	if (edit != NULL)
		json_set_take(o, edit->string, cJSON_Duplicate(edit, 1));
	json_add_bool(o, "seen", seen);
	json_add_str(o, "word", word);
	return o;
}

void
propose_emit_drafts(struct core *c, const char *by, cJSON *drafts,
    const char *client)
{
	cJSON *o;

	if (drafts->child == NULL) {
		cJSON_Delete(drafts);
		return;
	}
	if (drafts->child->next == NULL) {
		o = cJSON_DetachItemFromArray(drafts, 0);
		cJSON_Delete(drafts);
	} else {
		o = cJSON_CreateObject();
		json_set_take(o, "marks", drafts);
	}
	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "client", client);
	core_emit(c, "draft", by, o);
	propose_marks_moved(c);
}

/* Would the edited hunk do? Tried on the change that is on offer. */
static int
propose_check_edit(struct core *c, const cJSON *command,
    const struct fold_file *f, const struct fold_hunk *h, struct err *e)
{
	struct gate_edit edit = { .id = h->id };
	struct gate_choice choice;
	struct stage_side write, rest;
	char *text;
	int rc;

	if (propose_is_renaming(f, h->id))
		return err_set(e, "a renaming is taken or refused whole");
	text = json_get_bytes(command, "edit", &edit.len);
	if (text == NULL)
		return err_set(e, "the edited hunk is missing");
	edit.text = text;
	propose_choice(&choice, f);
	choice.edits = &edit;
	choice.edits_len = 1;
	rc = gate_compose(c->blobs, &choice, &write, &rest, e);
	free(text);
	return rc;
}

/* One mark as it goes into the journal. NULL with *e if it is none, or (without
 * a sentence) if there is no such hunk any more. */
static cJSON *
propose_mark_one(struct core *c, const cJSON *o, struct err *e)
{
	const char *id = json_str_or(o, "hunk", "");
	const char *mark = json_str_or(o, "mark", "");
	const cJSON *edit = NULL;
	const struct fold_file *f;
	const struct fold_hunk *h;

	f = fold_find_hunk(c->fold, id, &h);
	if (f == NULL)
		return NULL;
	if (strcmp(mark, "edited") == 0) {
		if (propose_check_edit(c, o, f, h, e) < 0)
			return NULL;
		edit = json_get(o, "edit_b64");
		if (edit == NULL)
			edit = json_get(o, "edit");
	} else if (strcmp(mark, "yes") != 0 && strcmp(mark, "no") != 0 &&
	    strcmp(mark, "none") != 0) {
		err_set(e, "unknown mark \"%s\"", mark);
		return NULL;
	}
	if (h->overwrites && (edit != NULL || strcmp(mark, "yes") == 0) &&
	    !json_bool(o, "overwrite", false)) {
		err_set(e, "that hunk overwrites newer lines of %s: it "
		    "takes an answer about it alone", f->path);
		return NULL;
	}
	return propose_draft(id, mark, edit, json_bool(o, "seen", false),
	    json_str(o, "word"));
}

/* All from `it` on that are about a hunk of the proposal; *gone counts the
 * others. NULL with *e if one cannot be done: then none is. */
static cJSON *
propose_mark_list(struct core *c, const cJSON *it, int *gone, struct err *e)
{
	cJSON *drafts = cJSON_CreateArray(), *o;

	for (*gone = 0; it != NULL; it = it->next) {
		o = propose_mark_one(c, it, e);
		if (o == NULL && err_is_set(e)) {
			cJSON_Delete(drafts);
			return NULL;
		}
		*gone += o == NULL;
		cJSON_AddItemToArray(drafts, o);
	}
	return drafts;
}

int
propose_mark(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *list = json_array(command, "marks");
	cJSON *drafts;
	int gone;

	if (propose_check(c, command, e) < 0)
		return -1;
	/* It is one of a choice that was made about all hunks of a version. */
	if (json_bool(command, "exact", false) &&
	    json_int(command, "version", -1) != c->fold->proposal->version)
		return err_set(e, "the proposal has changed; look at it again");
	drafts = propose_mark_list(c, list == NULL ? command : list->child,
	    &gone, e);
	if (drafts == NULL)
		return -1;
	if (drafts->child == NULL) {
		cJSON_Delete(drafts);
		return err_set(e, "that hunk has changed; look at it again");
	}
	propose_emit_drafts(c, "user", drafts, client);
	if (fold_undecided(c->fold->proposal) == 0) {
		cJSON *o = propose_decision(c, NULL, NULL);

		json_add_str(o, "client", client);
		propose_emit_decision(c, o, "user");
	} else
		core_step_soon(c);	/* it says how many are left */
	return gone == 0 ? 0 : err_set(e, "%d of these hunks %s changed; look "
	    "at %s again", gone, gone == 1 ? "has" : "have",
	    gone == 1 ? "it" : "them");
}

/* Has a renamed file no mark on its new name, but on its content? */
static const char *
propose_nameless(const struct core *c, const cJSON *drafts)
{
	const struct fold_proposal *p = c->fold->proposal;
	bool *name = xcalloc(p->files_len + 1, sizeof(*name));
	bool *content = xcalloc(p->files_len + 1, sizeof(*content));
	const char *path = NULL;
	const cJSON *o;
	size_t i;

	cJSON_ArrayForEach(o, drafts) {
		const char *id = json_str_or(o, "hunk", "");
		const struct fold_file *f = fold_find_hunk(c->fold, id, NULL);

		if (strcmp(json_str_or(o, "mark", ""), "none") == 0)
			continue;
		if (propose_is_renaming(f, id))
			name[f - p->files] = true;
		else
			content[f - p->files] = true;
	}
	for (i = 0; i < p->files_len && path == NULL; i++)
		if (p->files[i].from != NULL && content[i] && !name[i])
			path = p->files[i].path;
	free(name);
	free(content);
	return path;
}

/* The marks of this command, and no others; all of them, or none. */
static int
propose_decide_marks(struct core *c, const cJSON *marks, const char *client,
    struct err *e)
{
	const struct fold_proposal *p = c->fold->proposal;
	cJSON *drafts, *was;
	const cJSON *o;
	const char *path;
	bool any = false;
	size_t i, k;
	int gone;

	drafts = propose_mark_list(c, marks->child, &gone, e);
	if (drafts == NULL)
		return -1;
	cJSON_ArrayForEach(o, drafts)
		any = any || strcmp(json_str_or(o, "mark", ""), "none") != 0;
	path = propose_nameless(c, drafts);
	if (gone > 0 || !any || path != NULL) {
		cJSON_Delete(drafts);
		if (path != NULL)
			return err_set(e, "%s is renamed: mark the renaming "
			    "itself too", path);
		return err_set(e, gone > 0 ? "that hunk has changed; look at "
		    "it again" : "no hunk is marked");
	}
	was = cJSON_CreateArray();
	for (i = 0; i < p->files_len; i++)
		for (k = 0; k < p->files[i].hunks_len; k++)
			if (p->files[i].hunks[k].mark != MARK_NONE)
				cJSON_AddItemToArray(was, propose_draft(
				    p->files[i].hunks[k].id, "none", NULL,
				    false, NULL));
	propose_emit_drafts(c, "user", was, client);
	propose_emit_drafts(c, "user", drafts, client);
	return 0;
}

int
propose_decide(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const struct fold_proposal *p;
	const cJSON *marks = json_array(command, "marks");
	bool is_all = json_str(command, "all") != NULL;
	struct propose_all all;
	cJSON *o;

	if (propose_check(c, command, e) < 0)
		return -1;
	p = c->fold->proposal;
	/* It is about what was on the screen then. */
	if (json_int(command, "version", -1) != p->version)
		return err_set(e, "the proposal has changed; look at it again");
	if (marks != NULL && propose_decide_marks(c, marks, client, e) < 0)
		return -1;
	propose_all_init(&all, command);
	o = propose_decision(c, NULL, is_all ? &all : NULL);
	free(all.ids);
	if (json_get(o, "files")->child == NULL) {
		cJSON_Delete(o);
		return err_set(e, is_all ? "what is open overwrites newer "
		    "lines: each hunk takes an answer about it alone" :
		    "no hunk is marked yet, or only those of a "
		    "renamed file: mark the renaming itself too");
	}
	if (is_all && p->undecided > 0)
		propose_marks_moved(c);
	json_add_str(o, "client", client);
	propose_emit_decision(c, o, "user");
	return 0;
}

/* ---- hunks in parts ---- */

void
propose_offered(struct core *c, const cJSON *line)
{
	static const char *const members[] = {
		"files", "refused", "ignored", "ignored_some", "noise",
		"final", "undo", "undo_left", "atomic",
	};
	const cJSON *file;
	cJSON *left = cJSON_Duplicate(json_array(line, "undo_left"), 1);
	size_t i;

	cJSON_Delete(c->offered);
	cJSON_Delete(c->splits);
	cJSON_Delete(c->undo_left);
	c->undo_left = left;
	c->undoing = json_int(line, "undo", 0);
	c->offered = cJSON_CreateObject();
	c->splits = cJSON_CreateObject();
	for (i = 0; i < MEM_COUNT(members); i++) {
		const cJSON *v = json_get(line, members[i]);

		if (v != NULL)
			json_set_take(c->offered, members[i],
			    cJSON_Duplicate(v, 1));
	}
	cJSON_ArrayForEach(file, json_array(line, "files")) {
		const cJSON *list = json_array(file, "split");
		size_t len;
		char *path;

		if (list == NULL)
			continue;
		path = json_get_bytes(file, "path", &len);
		if (path != NULL)
			json_set_take(c->splits, path,
			    cJSON_Duplicate(list, 1));
		free(path);
	}
}

static cJSON *
propose_offered_file(const struct core *c, const char *path)
{
	cJSON *file;

	cJSON_ArrayForEach(file, json_array(c->offered, "files"))
		if (json_is_path(file, "path", path))
			return file;
	return NULL;
}

/*
 * Offer the same change with this hunk in parts. The stage is not looked at: a
 * command may be running in it.
 */
int
propose_split(struct core *c, const cJSON *command, struct err *e)
{
	const char *id = json_str_or(command, "hunk", "");
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct stage_side before, after;
	cJSON *file, *list, *fields;
	size_t had;

	if (propose_check(c, command, e) < 0)
		return -1;
	f = fold_find_hunk(c->fold, id, &h);
	file = f == NULL ? NULL : propose_offered_file(c, f->path_bytes);
	if (file == NULL)
		return err_set(e, "that hunk has changed; look at it again");
	if (propose_is_renaming(f, id))
		return err_set(e, "a renaming is taken or refused whole");
	if (f->binary || h->text_len == 0)
		return err_set(e, "this change is taken or refused whole");
	had = f->hunks_len;
	list = cJSON_GetObjectItemCaseSensitive(c->splits, f->path_bytes);
	if (list == NULL) {
		list = cJSON_CreateArray();
		json_set_take(c->splits, f->path_bytes, list);
	}
	cJSON_AddItemToArray(list, cJSON_CreateString(id));
	propose_side(&before, &f->before);
	propose_side(&after, &f->after);
	if (proposal_resplit(file, c->blobs, f->path_bytes, &before, &after,
	    c->splits, reasons_list(c->reasons), e) < 0) {
		cJSON_DeleteItemFromArray(list,
		    cJSON_GetArraySize(list) - 1);
		return -1;
	}
	if ((size_t)cJSON_GetArraySize(json_array(file, "hunks")) == had) {
		cJSON_DeleteItemFromArray(list,
		    cJSON_GetArraySize(list) - 1);
		cJSON_DeleteItemFromObjectCaseSensitive(file, "split");
		if (list->child == NULL)
			cJSON_DeleteItemFromObjectCaseSensitive(c->splits,
			    f->path_bytes);
		else
			json_set_take(file, "split", cJSON_Duplicate(list, 1));
		return err_set(e, "can't split this hunk further; pick "
		    "lines (v) or edit it (e)");
	}
	fields = cJSON_Duplicate(c->offered, 1);
	json_add_int(fields, "proposal", c->fold->proposal->id);
	json_add_int(fields, "version", c->fold->proposal->version + 1);
	core_emit(c, "proposal", "core", fields);
	core_sync(c);
	core_step_soon(c);	/* it says how many are left */
	return 0;
}

bool
propose_marked(struct core *c, const struct fold_file *f,
    struct stage_side *write, bool *renames, int *rc, struct err *e)
{
	struct gate_choice choice;
	const char **yes = xcalloc(f->hunks_len + 1, sizeof(*yes));
	struct gate_edit *edits = xcalloc(f->hunks_len + 1, sizeof(*edits));
	struct stage_side rest;
	size_t i = f->from != NULL;
	bool any;

	*rc = 0;
	*renames = f->from != NULL && f->hunks[0].mark == MARK_YES;
	propose_choice(&choice, f);
	for (; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		if (h->mark != MARK_YES)
			continue;
		if (h->edit != NULL) {
			edits[choice.edits_len].id = h->id;
			edits[choice.edits_len].text = h->edit;
			edits[choice.edits_len++].len = h->edit_len;
		} else
			yes[choice.yes_len++] = h->id;
	}
	choice.yes = yes;
	choice.edits = edits;
	any = *renames || (choice.yes_len + choice.edits_len > 0 &&
	    (f->from == NULL || f->hunks[0].mark == MARK_NO));
	if (any)
		*rc = gate_compose(c->blobs, &choice, write, &rest, e);
	free(yes);
	free(edits);
	return *rc == 0 && any;
}
