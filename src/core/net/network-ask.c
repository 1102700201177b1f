#include "config.h"

#include "core/net/network-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/core.h"
#include "core/net/network.h"
#include "core/emit.h"
#include "core/status.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"

/* A connection waits so long for the user. */
#define NETWORK_ASK_MS	(10 * 60 * 1000)
#define NETWORK_REASON	500		/* bytes of the model's words */

static void
network_ask_late(void *arg)
{
	struct network *n = arg;

	n->ask_timer = NULL;
	(void)network_answer(n->core, n->ask_id, false, NULL, NULL, NULL);
}

/* Is it a call of the model's last message? */
static bool
network_is_last(const struct core *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++)
		if (strcmp(c->calls.list[i].id, id) == 0)
			return true;
	return false;
}

/* What the model said in the message that calls the command, if it did. */
static char *
network_reason(const struct core *c)
{
	const struct fold_item *it = c->fold->items + c->fold->items_len;

	while (it-- > c->fold->items && it->kind != ITEM_USER) {
		if (it->kind == ITEM_ASSISTANT && it->text != NULL)
			return utf8_cut_dup(it->text, NETWORK_REASON);
		if (it->kind == ITEM_TOOL && it->call_id != NULL &&
		    !network_is_last(c, it->call_id))
			break;
	}
	return NULL;
}

/* Ask the user about this host, for the command that runs. */
static void
network_ask(struct network *n, struct network_host *h)
{
	struct core *c = n->core;
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *why = xasprintf("%s%s tries to reach a host that isn't in "
	    "your settings; it could send the host anything the %s can "
	    "read", n->server == NULL ? "a command" : "MCP server ",
	    n->server == NULL ? "" : n->server, n->server == NULL ? "sandbox" :
	    "server's sandbox");
	AUTO_FREE char *reason = c->phase == PHASE_TOOL ? network_reason(c) :
	    NULL;

	free(n->ask_id);
	n->ask_id = xasprintf("net-%lld", (long long)journal_seq(c->journal) +
	    1);
	n->asked = h;
	json_add_str(o, "id", n->ask_id);
	json_add_str(o, "call", h->call_id);
	json_add_str(o, "host", h->host);
	json_add_int(o, "port", h->port);
	json_add_str(o, "command", h->name);
	json_add_str(o, "for", n->command);
	json_add_str(o, "server", n->server);
	json_add_str(o, "reason", reason);
	json_add_str(o, "why", why);
	emit_event(c, EVENT_ASK, "core", o);
	n->ask_timer = loop_timer_new(c->loop, NETWORK_ASK_MS,
	    network_ask_late, n);
	status_tell(c, "waiting", "may it connect to %s?", h->name);
}

void
network_ask_next(struct network *n)
{
	size_t i;

	for (i = 0; n->ask_id == NULL && i < n->links_len; i++)
		if (n->links[i].waits)
			network_ask(n, n->links[i].host);
}

bool
network_is_asking(const struct core *c)
{
	const struct network *n;

	for (n = c->network; n != NULL; n = n->next)
		if (n->ask_id != NULL)
			return true;
	return false;
}

bool
network_answer(struct core *c, const char *id, bool allow, const char *scope,
    const cJSON *seen, const char *client)
{
	struct network *n = c->network;
	AUTO_FREE char *asked = NULL;
	struct network_host *h;
	cJSON *o;

	while (n != NULL && (n->ask_id == NULL || strcmp(id, n->ask_id) != 0))
		n = n->next;
	if (n == NULL)
		return false;
	h = n->asked;
	loop_timer_free(n->ask_timer);
	n->ask_timer = NULL;
	n->asked = NULL;
	asked = n->ask_id;	/* which may be `id` */
	n->ask_id = NULL;
	o = cJSON_CreateObject();
	json_add_str(o, "id", asked);
	json_add_bool(o, "allow", allow);
	if (allow)
		json_add_str(o, "scope", scope == NULL ? "call" : scope);
	emit_add_seen(o, seen);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_ANSWER, client == NULL ? "core" : "user", o);
	h->verdict = allow ? NETWORK_ALLOWED : NETWORK_FORBIDDEN;
	h->by = "you";
	if (n->server == NULL)
		status_tell(c, "tool", "running a command");
	else
		status_tell(c, "tool", "running %s", n->command);
	if (!allow)
		network_forbidden(n, h, client != NULL ? "you did not allow it" :
		    "you did not answer");
	network_reply_all(n, h, allow ? NULL : client != NULL ?
	    "the user did not allow it" : "the user did not answer");
	network_ask_next(n);
	return true;
}

void
network_ask_end(struct network *n)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		n->links[i].waits = false;
	if (n->ask_id != NULL)
		(void)network_answer(n->core, n->ask_id, false, NULL, NULL, NULL);
}

void
network_recover(struct core *c)
{
	cJSON *o;

	if (c->fold->ask.id == NULL || !c->fold->net.asks)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "id", c->fold->ask.id);
	json_add_bool(o, "allow", false);
	emit_event(c, EVENT_ANSWER, "core", o);
}
