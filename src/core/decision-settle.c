/*
 * The staged copy after a decision was applied: the real tree, with the accepted
 * and the undecided hunks, and what the agent wrote meanwhile.
 */
#include "config.h"

#include "core/decision-int.h"

#include "core/core.h"
#include "core/emit.h"
#include "journal/fold-proposal.h"

bool
decision_is_done(const struct chosen *ch)
{
	return ch->composed && (ch->op == NULL || ch->op->done);
}

/* The staged state of this path, if its text changed since the decision: the
 * agent continued meanwhile. */
static const struct stage_side *
decision_newer(const struct stage_scan *scan, const struct chosen *ch)
{
	const struct stage_change *c = stage_scan_find(scan, ch->choice.path);

	return c != NULL && !stage_side_equal(&c->after, &ch->choice.after) &&
	    !stage_side_equal(&c->after, &ch->rest) ? &c->after : NULL;
}

/* Merge the decision into the agent's newer text; leave the text alone if that
 * fails. */
static void
decision_keep_newer(struct core *c, struct chosen *ch,
    const struct stage_side *newer)
{
	struct stage_side want;
	struct err e = ERR_INIT;
	int rc = stage_merge_sides(c->blobs, ch->choice.path,
	    &ch->choice.after, newer, &ch->rest, false, &want, &e);

	if (rc != 1)
		emit_note(c,
		    "%s changed since it was proposed and your decision "
		    "doesn't fit the new text; it is proposed again",
		    ch->file->path);
	ch->rest = rc == 1 ? want : *newer;
}

/* Is the file missing from the staged copy? False if unknown. */
static bool
decision_is_gone(const struct stage_scan *scan, const char *path)
{
	const struct stage_change *c = stage_scan_find(scan, path);

	return c != NULL && !c->after.exists;
}

/* Handle the old name after a decision about the new one: remove it, or leave
 * it with the accepted and the undecided changes. If the agent made the old
 * file again, leave it to the agent. */
static int
decision_settle_old(struct core *c, const struct chosen *ch,
    const struct stage_scan *scan, struct err *e)
{
	const struct stage_side none = { 0 };
	const char *from = ch->file->from_bytes;

	if (ch->renames && !ch->old->done) {
		emit_note(c, "%s was not renamed as shown", ch->file->from);
		return 0;
	}
	if (!decision_is_gone(scan, from))
		return 0;
	if (ch->renames)
		return stage_rebase_file(c->stage, from, &none, &none, true, e);
	return stage_rebase_file(c->stage, from, ch->op != NULL ? &ch->write :
	    &ch->choice.before, &ch->rest, false, e);
}

static int
decision_settle_file(struct core *c, struct chosen *ch,
    const struct stage_scan *scan, struct err *e)
{
	static const struct stage_side none = { 0 };
	const struct stage_side *newer = decision_newer(scan, ch), *left;
	bool whole = newer == NULL && ch->op != NULL &&
	    ch->choice.no_len == 0 && ch->choice.edits_len == 0;
	int rc;

	/* The agent has two files now: no longer a renaming. */
	left = newer != NULL && ch->file->from != NULL &&
	    !decision_is_gone(scan, ch->file->from_bytes) ? newer : &none;
	if (newer != NULL)
		decision_keep_newer(c, ch, newer);
	if (ch->file->from == NULL)
		return stage_rebase_file(c->stage, ch->choice.path,
		    ch->op != NULL ? &ch->write : &ch->choice.before, &ch->rest,
		    whole, e);
	rc = ch->renames ? stage_rebase_file(c->stage, ch->choice.path,
			       &ch->write, &ch->rest, whole, e)
			 : stage_rebase_file(c->stage, ch->choice.path, &none,
			       left, false, e);
	return rc < 0 ? -1 : decision_settle_old(c, ch, scan, e);
}

void
decision_settle(struct core *c, struct chosen *ch, size_t n)
{
	struct stage_scan scan = { 0 };
	struct err scan_e = ERR_INIT;
	bool scanned = stage_scan(c->stage, &scan, &scan_e) == 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct err e = ERR_INIT;

		if (!decision_is_done(&ch[i]))
			continue;
		if (decision_settle_file(c, &ch[i], &scan, &e) < 0)
			emit_note(c, "can't update the staged copy of %s: %s",
			    ch[i].choice.path, e.text);
	}
	if (scanned)
		stage_scan_release(&scan);
}
