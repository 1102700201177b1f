#include "config.h"

#include "review/review.h"

#include <string.h>

#include "base/mem.h"

bool
review_has_plan(const struct review *r)
{
	const struct fold_plan *p = &r->fold->plan;

	return p->version > 0 && p->status == FOLD_PLAN_PROPOSED;
}

bool
review_has_proposal(const struct review *r)
{
	return r->fold->proposal != NULL && r->fold->proposal->files_len > 0;
}

char *
review_limit(const struct review *r)
{
	return xasprintf("pause:%lld", (long long)r->fold->pause->seq);
}

char *
review_question(const struct review *r)
{
	const struct fold *f = r->fold;

	return review_wait_name(r, f->ask.command != NULL ? REVIEW_ASK :
	    f->pause != NULL ? REVIEW_LIMIT : REVIEW_WAITS);
}

/* Does this kind wait? */
static bool
review_waits(const struct review *r, enum review_wait kind)
{
	const struct fold *f = r->fold;

	switch (kind) {
	case REVIEW_ASK:
		return f->ask.command != NULL;
	case REVIEW_LIMIT:
		return f->pause != NULL;
	case REVIEW_PLAN:
		/* Not before an undo: that was asked for meanwhile. */
		return review_has_plan(r) && !(review_has_proposal(r) &&
		    f->proposal->undo != 0);
	default:
		return review_has_proposal(r) && (f->proposal->final ||
		    f->approve == NULL || strcmp(f->approve, "later") != 0);
	}
}

void
review_look(struct review *r)
{
	int i;

	for (i = 0; i < REVIEW_WAITS; i++)
		if (!review_waits(r, (enum review_wait)i))
			r->waits[i] = 0;
		else if (r->waits[i] == 0)
			r->waits[i] = ++r->waits_last;
}

enum review_wait
review_oldest(const struct review *r)
{
	int i, oldest = REVIEW_WAITS;

	for (i = 0; i < REVIEW_WAITS; i++)
		if (r->waits[i] != 0 && (oldest == REVIEW_WAITS ||
		    r->waits[i] < r->waits[oldest]))
			oldest = i;
	return (enum review_wait)oldest;
}

int
review_waiting_count(const struct review *r)
{
	int i, n = 0;

	for (i = 0; i < REVIEW_WAITS; i++)
		n += r->waits[i] != 0;
	return n;
}

char *
review_wait_name(const struct review *r, enum review_wait kind)
{
	const struct fold *f = r->fold;

	switch (kind) {
	case REVIEW_ASK:
		return xasprintf("ask:%s", f->ask.id == NULL ? "" : f->ask.id);
	case REVIEW_LIMIT:
		return review_limit(r);
	case REVIEW_PLAN:
		return xasprintf("plan:%d", f->plan.version);
	case REVIEW_DIFF:
		return xasprintf("diff:%lld", (long long)f->proposal->id);
	default:
		return NULL;
	}
}
