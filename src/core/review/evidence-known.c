#include "config.h"

#include "core/review/evidence-known.h"

#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold.h"

void
evidence_emit_stale(struct core *c)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "status", "stale");
	emit_event(c, "evidence", "core", o);
}

void
evidence_stale(struct core *c)
{
	if (c->fold->evidence.known && !c->fold->evidence.stale)
		evidence_emit_stale(c);
}

bool
evidence_counts(const struct core *c)
{
	const struct fold_evidence *ev = &c->fold->evidence;

	return ev->known && !ev->stale && (ev->where == NULL ||
	    strcmp(ev->where, "stage") == 0);
}
