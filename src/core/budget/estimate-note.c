#include "config.h"

#include "core/budget/estimate-note.h"

#include "core/core.h"
#include "core/session/emit.h"
#include "journal/fold.h"
#include "journal/task-limit.h"
#include "journal/usage-history.h"
#include "policy/estimate.h"

void
estimate_note(struct core *c)
{
	struct estimate_past e;
	struct usage_history p;

	if (c->turn != 1 || c->request.attempt != 1 || c->mode == MODE_DEMO ||
	    c->mode == MODE_TRY ||
	    usage_history_read(c->root, c->id, &p, NULL) < 0 || p.tasks == 0)
		return;
	e = (struct estimate_past) { p.tasks, p.turns, p.in, p.out, p.cached,
		p.turns_low };
	emit_event(c, "estimate", "core", estimate_make(&e,
	    limit_now(&c->fold->spent, LIMIT_TURNS),
	    c->target.priced ? &c->target.price : NULL));
}
