#include "config.h"

#include "core/recall.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/context.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "loop/loop.h"

#define RECALL_STEP ((size_t)2 << 20)	/* bytes: some milliseconds */
#define RECALL_WAIT_MS 100		/* clients get their lines first */
#define RECALL_SOON ((int64_t)16 << 20)	/* bytes of lines that are sent; more
					   only when it is asked for */

struct recall {
	struct core		*core;
	int64_t			 next;	/* the next line; 0: all are read */
	size_t			 left;	/* bytes to read in this step */
	struct loop_timer	*timer;
	struct err		 err;
};

static bool
recall_line(void *arg, const char *line, size_t n)
{
	struct recall *r = arg;
	AUTO_JSON cJSON *event = event_parse(line, n, &r->err);

	if (event == NULL)
		return false;
	context_event(r->core->context, event);
	r->next++;
	r->left -= n < r->left ? n : r->left;
	return r->left > 0;
}

static void
recall_read(struct recall *r, size_t bytes)
{
	struct core *c = r->core;
	struct err e = ERR_INIT;

	r->left = bytes;
	if (journal_read(c->journal, r->next, recall_line, r, &e) < 0)
		emit_failed(c, &e);
	if (err_is_set(&r->err))
		emit_failed(c, &r->err);
	if (r->next > journal_seq(c->journal))
		r->next = 0;
}

static void
recall_step(void *arg)
{
	struct recall *r = arg;

	r->timer = NULL;
	if (r->next > 0)
		recall_read(r, RECALL_STEP);
	if (r->next > 0)
		r->timer = loop_timer_new(r->core->loop, 0, recall_step, r);
}

void
recall_begin(struct core *c, int64_t upto)
{
	struct recall *r;

	if (c->context == NULL)
		return;
	r = c->recall = xcalloc(1, sizeof(*r));
	r->core = c;
	r->next = 1;
	if (journal_bytes_from(c->journal, upto + 1) <= RECALL_SOON)
		r->timer = loop_timer_new(c->loop, RECALL_WAIT_MS,
		    recall_step, r);
}

void
recall_free(struct recall *r)
{
	if (r != NULL)
		loop_timer_free(r->timer);
	free(r);
}

void
recall_event(struct core *c, const cJSON *event)
{
	/* Otherwise it is read with the others. */
	if (c->context != NULL && (c->recall == NULL || c->recall->next == 0))
		context_event(c->context, event);
}

struct context *
recall_context(const struct core *c)
{
	if (c->recall != NULL && c->recall->next > 0)
		recall_read(c->recall, SIZE_MAX);
	return c->context;
}
