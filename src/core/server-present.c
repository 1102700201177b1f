/*
 * server-present: what a client is sent once it has all old lines: what is only
 * in memory.  From then on it is live.
 */
#include "config.h"

#include "core/server-int.h"

#include "base/json.h"
#include "core/run.h"
#include "core/core.h"
#include "core/propose.h"
#include "core/delta.h"
#include "core/output.h"
#include "core/status.h"
#include "journal/fold.h"

static void
client_simple(struct client *cl, const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	client_send(cl, o);
}

/* All of it so far, in place of what the client may have. */
static void
client_send_partial(struct client *cl, const char *kind, const char *text)
{
	cJSON *o;

	if (text == NULL || text[0] == '\0')
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "type", "delta");
	json_add_str(o, "kind", kind);
	json_add_int(o, "at", 0);
	json_add_str(o, "text", text);
	client_send(cl, o);
}

void
client_present(struct client *cl)
{
	struct core *c = cl->server->core;
	bool behind = cl->state == CLIENT_BEHIND;
	cJSON *o;

	/* First to the others: the partial text below contains it. */
	delta_flush(c);
	cl->state = CLIENT_LIVE;
	client_send_partial(cl, "thinking", c->fold->partial.thinking.p);
	client_send_partial(cl, "text", c->fold->partial.text.p);
	if ((o = output_end(c)) != NULL)
		client_send(cl, o);
	if (c->review.staged > 0)
		client_send(cl, propose_staged_line(c));
	if ((o = status_line(c)) != NULL)
		client_send(cl, o);
	if ((o = run_queue_line(c)) != NULL)
		client_send(cl, o);
	if (!behind)
		client_simple(cl, "live");
	if (cl->server->ending)
		client_send(cl, server_ended_line(cl->server));
}
