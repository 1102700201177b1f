#include "config.h"

#include "core/review/evidence-known.h"

#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

void
evidence_emit_stale(struct core *c, bool stopped)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "status", "stale");
	if (stopped)
		json_add_bool(o, "stopped", true);
	emit_event(c, "evidence", "core", o);
}

void
evidence_part_stale(struct core *c)
{
	if (c->fold->evidence.known && !c->fold->evidence.stale)
		evidence_emit_stale(c, false);
}

void
evidence_stale(struct core *c)
{
	c->check.whole = NULL;
	evidence_part_stale(c);
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
	if (c->check.whole != NULL && evidence_accepts_all(c, decision))
		return c->check.whole;
	if (c->phase == PHASE_CHECK)
		return "running";
	if (!ev->known || ev->stale || (!evidence_accepts_all(c, decision) &&
	    (ev->where == NULL || strcmp(ev->where, "accepted") != 0)))
		return "none";
	return ev->exit == 0 ? "passed" : "failed";
}
