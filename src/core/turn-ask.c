#include "config.h"

#include "core/turn-ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/delta.h"
#include "core/status.h"
#include "core/amend.h"
#include "core/model.h"
#include "core/target.h"
#include "core/turn-body.h"
#include "provider/provider-call.h"
#include "provider/provider.h"

#define TURN_WARM_MS	60000	/* servers keep an idle connection about as
				   long */

static void
turn_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct core *c = arg;

	if (kind == DELTA_CALL)
		status_tell(c, "model", "writing a tool call");
	else
		delta_add(c, kind == DELTA_TEXT ? &c->delta.text :
		    &c->delta.thinking, text, n);
}

/* The connection details for a request (borrowed strings); for a recording, its
 * next answer. The caller wipes the lines. */
static void
turn_target(struct core *c, const struct core_target *from,
    struct call_target *t, struct buf *lines)
{
	memset(t, 0, sizeof(*t));
	given_lines(&c->headers, from->provider, lines);
	t->headers = lines;
	t->format = from->format;
	t->base_url = from->base_url;
	t->model = from->model;
	t->options = c->request.options;
	t->key = from->key;
	t->ca_file = from->ca_file;
	t->replay_dir = from->replay_dir;
	t->replay_turn = c->request.replay_turn;
	t->replay_paced = from->replay_paced;
	t->idle_timeout_ms = json_int(c->start, "idle_timeout_ms", 600000);
}

static void	turn_arrived(void *, struct reply *);

/* Send the current request, for the first time or again. */
static void
turn_send(struct core *c)
{
	const struct call_callbacks callbacks = {
		.delta = c->request.aside_text != NULL ? NULL : turn_delta,
		.done = turn_arrived,
	};
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	struct call_target t;
	char *body = turn_body(c), *header = NULL;
	uint64_t images;

	c->request.attempt++;
	c->request.bytes = strlen(body);
	images = c->request.aside_text != NULL ? 0 :
	    context_image_bytes(recall_context(c));
	c->request.bytes -= images < c->request.bytes ? images : 0;
	turn_target(c, c->request.target, &t, &lines);
	c->request.replay_turn++;
	if (c->request.aside_text == NULL &&
	    dialect_has_header(c->request.target->dialect))
		t.header = header = xasprintf("%s: %s",
		    c->request.target->dialect->conversation, c->id);
	/* phases: one request at a time. */
	assert(c->request.call == NULL);
	phase_set(c, PHASE_MODEL);
	c->request.call = provider_call_start(c->loop, &t, body, &callbacks, c);
	free(header);
}

void
turn_warm(struct core *c)
{
	AUTO(given_wipe) struct buf lines = BUF_INIT(0);
	struct call_target t;

	if (!model_is_chosen(c) || c->phase == PHASE_MODEL ||
	    (c->request.heard_ms != 0 &&
	    clock_mono_ms() - c->request.heard_ms < TURN_WARM_MS))
		return;
	turn_target(c, &c->target, &t, &lines);
	provider_warm(c->loop, &t, &c->request.warm);
}

void
turn_ask(struct core *c, const struct core_target *to, const char *system,
    const char *text, const char *doing,
    void (*done)(void *core, struct reply *))
{
	free(c->request.aside_system);
	free(c->request.aside_text);
	c->request.aside_system = xstrdup_null(system);
	c->request.aside_text = xstrdup_null(text);
	c->request.target = to;
	c->request.done = done;
	if (c->request.attempt == 0) {
		c->request.amendments = 0;
		c->request.amend_output = false;
		c->request.amend_afford = 0;
	}
	status_tell(c, "model", "%s", doing);
	turn_send(c);
}

static void
turn_arrived(void *arg, struct reply *r)
{
	struct core *c = arg;

	c->request.heard_ms = clock_mono_ms();
	if (r->stop == REPLY_ERROR &&
	    amend_refused(c, c->request.target, &r->error)) {
		reply_free(r);
		c->request.call = NULL;
		c->request.attempt--;
		turn_send(c);
		return;
	}
	provider_add_hour(&r->usage, c->request.options);
	c->request.done(c, r);
}
