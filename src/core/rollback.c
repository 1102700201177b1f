#include "config.h"

#include "core/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/core.h"
#include "core/changes.h"
#include "core/evidence-known.h"
#include "core/evidence.h"
#include "core/propose-mark.h"
#include "core/propose-open.h"
#include "core/propose.h"
#include "core/rule.h"
#include "core/undo.h"
#include "core/driver.h"
#include "core/emit.h"
#include "journal/fold-proposal.h"

void
rollback_reset(struct core *c)
{
	c->rollback.state = ROLLBACK_NONE;
	json_drop(&c->rollback.undoes);
}

static const struct stage_side *
rollback_staged(const struct stage_scan *scan, const char *path)
{
	const struct stage_change *found = stage_scan_find(scan, path);

	return found == NULL ? NULL : &found->after;
}

/* For a file with open hunks: the hunks that are the reverse. */
static cJSON *
rollback_hunks(struct core *c, const char *path, const struct stage_side *now,
    const struct stage_side *want, struct err *e)
{
	const struct gate_split split = { .diff = c->diff };
	struct hunk_list list;
	cJSON *ids;
	size_t i;

	if (gate_hunks(&list, c->blobs, path, now, want, &split, NULL, e) < 0)
		return NULL;
	ids = cJSON_CreateArray();
	for (i = 0; i < list.len; i++)
		cJSON_AddItemToArray(ids, cJSON_CreateString(list.v[i].id));
	hunk_list_release(&list);
	return ids;
}

/* Merge the reverse of what was applied to one file into the staged copy, whose
 * open hunks are kept. */
static int
rollback_stage(struct undo_all *u, size_t i, const struct stage_scan *scan,
    struct err *e)
{
	struct core *c = u->core;
	const char *path = u->ops[i].path;
	const struct stage_side *staged = rollback_staged(scan, path);
	struct stage_side now, want, both;
	cJSON *undoes;
	int rc;

	if (undo_side(u, i, &now, &want, NULL, e) < 0)
		return -1;
	if (staged == NULL) {
		undoes = cJSON_CreateTrue();
		both = want;
	} else {
		rc = stage_merge_sides(c->blobs, path, &now, &want, staged,
		    false, &both, e);
		if (rc == 0)
			err_set(e, "open hunks change the same lines");
		undoes = rc == 1 ? rollback_hunks(c, path, &now, &want, e) :
		    NULL;
	}
	if (undoes == NULL ||
	    stage_rebase_file(c->stage, path, &now, &both, false, e) < 0) {
		cJSON_Delete(undoes);
		return -1;
	}
	if (!stage_side_equal(&now, &want))
		json_set_take(c->rollback.undoes, path, undoes);
	else
		cJSON_Delete(undoes);
	return 0;
}

static bool
rollback_has_hunk(const struct core *c, const struct fold_file *f)
{
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (rule_rolls_back_hunk(c, f, &f->hunks[i]))
			return true;
	return false;
}

/* If no hunk of the proposal is only the reverse of a file, nothing of it is
 * rolled back: report that. */
static void
rollback_check(struct core *c, struct buf *left)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO(pathmap_release) struct pathmap names = { 0 };
	const cJSON *it;
	size_t i;

	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];

		if (!rule_rolls_back(c, f) || !rollback_has_hunk(c, f))
			continue;
		(void)pathmap_add(&names, f->path_bytes, sizeof(char *));
		if (f->from != NULL)
			(void)pathmap_add(&names, f->from_bytes,
			    sizeof(char *));
	}
	cJSON_ArrayForEach(it, c->rollback.undoes)
		if (pathmap_find(&names, it->string) == NULL)
			undo_leave(it->string, "its reverse can't be separated "
			    "from the open hunks", left, NULL);
}

/* Stage and propose the reverse of everything applied, and let the rule
 * "rollback" accept it. True if a decision is due. */
static bool
rollback_begin(struct core *c)
{
	AUTO_FREE struct changes_op *ops = NULL;
	struct stage_scan scan;
	AUTO_BUF struct buf left = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	size_t n, i;

	c->rollback.state = ROLLBACK_TRIED;
	if (stage_scan(c->stage, &scan, &e) < 0) {
		emit_note(c, "not rolled back: %s", e.text);
		return false;
	}
	cJSON_Delete(c->rollback.undoes);
	c->rollback.undoes = cJSON_CreateObject();
	ops = changes_ops(c, &n);
	for (i = 0; i < n; i++) {
		err_clear(&e);
		if (rollback_stage(&(struct undo_all){ c, ops, n }, i, &scan,
		    &e) < 0)
			undo_leave(ops[i].path, e.text, &left, NULL);
	}
	stage_scan_release(&scan);
	if (c->rollback.undoes->child != NULL) {
		c->review.final = true;
		propose_anew(c);
		rollback_check(c, &left);
		propose_decide_by_rule(c, "rollback");
		if (c->decision.line != NULL)
			c->rollback.state = ROLLBACK_DONE;
	}
	if (left.len > 0)
		emit_note(c, "not rolled back: %s", buf_str(&left));
	if (c->rollback.state == ROLLBACK_DONE)
		driver_soon(c);
	return c->rollback.state == ROLLBACK_DONE;
}

static bool
rollback_is_wanted(const struct core *c)
{
	return c->rollback.on && c->rollback.state < ROLLBACK_TRIED &&
	    c->check.command != NULL && c->decision.line == NULL;
}

bool
rollback_closed(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return rollback_is_wanted(c) && !propose_is_open(c) &&
	    evidence_counts(c) && (ev->exit != 0 || ev->killed != NULL) &&
	    rollback_begin(c);
}

static bool
rollback_has_applied(const struct core *c)
{
	AUTO_JSON cJSON *paths = changes_paths(c);

	return paths->child != NULL;
}

bool
rollback_beside_open(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;
	bool due = c->check.due;

	if (!rollback_is_wanted(c) || c->mode == MODE_TRY ||
	    c->task.stop != STOP_NONE || !rollback_has_applied(c))
		return false;
	if (c->rollback.state == ROLLBACK_NONE) {
		c->rollback.state = ROLLBACK_JUDGED;
		c->check.on = CHECK_OF_ACCEPTED;
		evidence_start(c);
		c->check.due = due;	/* the check of the open changes is due
					   as well */
		return true;
	}
	if (!ev->known || ev->stale || ev->where == NULL ||
	    strcmp(ev->where, "accepted") != 0 ||
	    (ev->exit == 0 && ev->killed == NULL))
		return false;
	return rollback_begin(c);
}
