/*
 * again: proposes a rejected hunk again, from the journal's line of the proposal
 * that it was in: its lines are merged into the copy, and the user decides
 * like of any other hunk. If they don't fit what is there now, nothing changes.
 */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/review/feedback.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"

static bool
again_line(void *fold, const char *line, size_t n)
{
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL);

	fold_line(fold, o);
	return false;
}

/* What the file becomes with this hunk, where it is `now`: staged, or real. */
static int
again_side(struct core *c, const struct gate_choice *choice,
    const struct stage_side *now, struct stage_side *want, struct err *e)
{
	struct stage_side with, rest;
	int rc;

	if (gate_compose(c->blobs, choice, &with, &rest, e) < 0)
		return -1;
	rc = 1;
	if (stage_side_equal(now, &choice->before))
		*want = with;
	else if (stage_side_equal(now, &with))
		*want = *now;
	else
		rc = stage_merge_sides(c->blobs, choice->path, &choice->before,
		    now, &with, false, want, e);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(e, "%s has changed in these lines, so the "
		    "hunk can't be proposed again", choice->path);
	return !stage_side_equal(now, want) ? 0 : err_set(e,
	    "%s has these lines already", choice->path);
}

static int
again_stage(struct core *c, const struct gate_choice *choice, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	AUTO(stage_scan_release) struct stage_scan scan = { 0 };
	struct stage_side real, want;
	const struct stage_change *staged;
	int rc = stage_before_call(c->stage, false, &notes, e);

	emit_stage_notes(c, &notes);
	if (rc < 0 || stage_scan(c->stage, &scan, e) < 0 ||
	    stage_read_real(c->stage, choice->path, NULL, &real, e) < 0)
		return -1;
	staged = stage_scan_find(&scan, choice->path);
	if (staged != NULL && staged->changed_on_disk)
		return err_set(e, "%s changed on disk since the open proposal: "
		    "review that first", choice->path);
	if (again_side(c, choice, staged == NULL ? &real : &staged->after,
	    &want, e) < 0)
		return -1;
	/* It was proposed, so hidden paths count, too. */
	pathmap_add(&c->policy->written, choice->path,
	    sizeof(struct policy_path));
	return stage_rebase_file(c->stage, choice->path, &real, &want, false,
	    e);
}

/* Stage this hunk of the proposal that `was` open. */
static int
again_hunk(struct core *c, const struct fold *was, const char *id,
    struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *file = fold_find_hunk(was, id, &h);
	AUTO_FREE char *text = NULL;
	struct gate_choice choice;

	if (file == NULL)
		return err_set(e, "the journal lacks that hunk");
	if (file->from != NULL)
		return err_set(e, "%s was %s: a hunk of a renamed file can't "
		    "be proposed again", file->path, file->from);
	propose_choice(c, &choice, file);
	choice.yes = &id;
	choice.yes_len = 1;
	if (again_stage(c, &choice, e) < 0)
		return -1;
	feedback_again(c, file, h);
	text = xasprintf("proposed again: %s, line %d", file->path,
	    h->new_start);
	EMIT(c, "user", note, .text = text, .again = id);
	return 0;
}

/* Client command: propose the rejected hunk of this id again. */
static int
again_propose(struct core *c, const cJSON *command, const char *client UNUSED,
    struct err *e)
{
	const char *id = json_str_or(command, "hunk", "");
	const struct facts_hunk *of = facts_rejected(&c->fold->facts, id);
	struct fold *was = fold_new();
	int rc = -1;

	if (of == NULL || !facts_is_rejected(&c->fold->facts, of))
		err_set(e, "no rejected hunk %s", id);
	else if (journal_read(c->journal, of->proposal, again_line, was,
	    e) == 0)
		rc = again_hunk(c, was, id, e);
	fold_free(was);
	if (rc < 0)
		return -1;
	/* The check ran on another text. */
	evidence_stale(c);
	c->review.final = c->review.final || c->fold->proposal == NULL;
	propose_make(c, true);
	core_soon(c);
	return 0;
}

static const struct core_command again_commands[] = {
	{ "propose", IN(PHASE_IDLE), 0, OPEN_QUESTIONS | HAS_RUN | HAS_DECISION |
	    HAS_UNDO, NOBODY, .has = "hunk", .act = again_propose },
	{ 0 }
};

const struct core_part again_part = { .commands = again_commands };
