#include "config.h"

#include "core/review/evidence-known.h"

#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

/* `where`: of only that run; NULL: whatever ran. */
static void
evidence_emit_stale(struct core *c, const char *where, bool stopped)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "status", "stale");
	json_add_str(o, "where", where);
	if (stopped)
		json_add_bool(o, "stopped", true);
	emit_event(c, "evidence", "core", o);
}

void
evidence_part_stale(struct core *c)
{
	if (c->fold->evidence.known && !c->fold->evidence.stale)
		evidence_emit_stale(c, "accepted", false);
}

void
evidence_stale(struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (ev->whole != NULL || (ev->known && !ev->stale))
		evidence_emit_stale(c, NULL, false);
}

void
evidence_stopped(struct core *c)
{
	evidence_emit_stale(c, c->fold->evidence.where, true);
}

bool
evidence_counts(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->stale && (ev->where == NULL ||
	    strcmp(ev->where, "stage") == 0);
}

static bool
evidence_accepts_all(const struct core *c, const cJSON *decision)
{
	const cJSON *file, *hunk;
	int accepted = 0;

	cJSON_ArrayForEach(file, json_array(decision, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			accepted += json_is(hunk, "decision", "yes");
	return accepted == fold_hunks(c->fold->proposal);
}

const char *
evidence_word(const struct core *c, const cJSON *decision)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	if (c->check.command == NULL)
		return NULL;
	if (ev->whole != NULL && evidence_accepts_all(c, decision))
		return ev->whole;
	if (c->phase == PHASE_CHECK)
		return "running";
	if (!ev->known || ev->stale || (!evidence_accepts_all(c, decision) &&
	    (ev->where == NULL || strcmp(ev->where, "accepted") != 0)))
		return "none";
	return ev->exit == 0 ? "passed" : "failed";
}
