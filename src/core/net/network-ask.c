/* Asking the user about a host. */
#include "config.h"

#include "core/net/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/net/network-int.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"

/* How long a connection waits for the user. */
#define NETWORK_ASK_MS	(10 * 60 * 1000)
#define NETWORK_REASON	500		/* bytes of the model's words */

static void	network_answered(struct network *, const cJSON *command,
	    const char *client);

static void
network_ask_late(void *arg)
{
	struct network *n = arg;

	n->ask_timer = NULL;
	network_answered(n, NULL, NULL);
}

/* Is it a call of the model's last message? */
static bool
network_is_last_call(const struct core *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++)
		if (strcmp(c->calls.list[i].id, id) == 0)
			return true;
	return false;
}

/* The model's words in the message that calls the command, or NULL. */
static char *
network_reason(const struct core *c)
{
	const struct fold_item *it = c->fold->items + c->fold->items_len;

	while (it-- > c->fold->items && it->kind != ITEM_USER) {
		if (it->kind == ITEM_ASSISTANT && it->text != NULL)
			return utf8_cut_dup(it->text, NETWORK_REASON);
		if (it->kind == ITEM_TOOL && it->call_id != NULL &&
		    !network_is_last_call(c, it->call_id))
			break;
	}
	return NULL;
}

/* Ask the user about n->asked, for the command that runs. */
static void
network_ask(struct network *n)
{
	struct core *c = n->core;
	const struct network_host *h = n->asked;
	AUTO_FREE char *why = xasprintf("%s%s tries to reach a host that isn't in "
	    "your settings; it could send the host anything the %s can "
	    "read", n->server == NULL ? "a command" : "MCP server ",
	    n->server == NULL ? "" : n->server, n->server == NULL ? "sandbox" :
	    "server's sandbox");
	AUTO_FREE char *reason = c->phase == PHASE_TOOL ? network_reason(c) :
	    NULL;

	EMIT(c, "core", ask, .id = n->ask_id, .call = h->call_id,
	    .host = h->host, .port = h->port, .command = h->name,
	    .for_ = n->command, .server = n->server, .reason = reason,
	    .why = why);
	status_tell(c, "waiting", "may it connect to %s?", h->name);
}

static void
network_ask_begin(struct network *n, struct network_host *h)
{
	n->ask_id = xasprintf("net-%lld",
	    (long long)n->core->journal->chain.seq + 1);
	n->asked = h;
	network_ask(n);
	n->ask_timer = loop_timer_new(n->core->loop, NETWORK_ASK_MS,
	    network_ask_late, n);
	if (n->waits != NULL)
		n->waits(n->waits_arg, true);
}

static bool
network_may_ask(const struct core *c)
{
	return c->fold->ask.kind == ASK_NONE && c->ending == ENDING_NOT;
}

unsigned
network_facts(const struct core *c)
{
	const struct network *n;

	for (n = c->network; n != NULL; n = n->next)
		if (n->ask_id != NULL)
			return HAS_ASK;
	return 0;
}

void
network_ask_next(struct core *c)
{
	struct network *n;
	size_t i;

	for (n = c->network; n != NULL; n = n->next) {
		/* The question about a call hid it. */
		if (n->ask_id != NULL && network_may_ask(c))
			network_ask(n);
		for (i = 0; i < n->links_len; i++) {
			struct network_host *h = n->links[i].host;

			if (!n->links[i].waits)
				continue;
			h->by = network_allowed(n, h);
			if (h->by != NULL)
				network_reply_all(n, h, NULL);
			else if (n->ask_id == NULL && network_may_ask(c))
				network_ask_begin(n, h);
		}
	}
}

/* The open question is answered: `command` has the answer of that client, with
 * "call", "session" or "always" (a front end has saved the host in the
 * settings); NULL: nobody answered. */
static void
network_answered(struct network *n, const cJSON *command, const char *client)
{
	AUTO_FREE char *asked = n->ask_id;
	bool allow = json_bool(command, "allow", false);
	const cJSON *seen = json_get(command, "seen");
	struct network_host *h = n->asked;

	loop_timer_free(&n->ask_timer);
	n->asked = NULL;
	n->ask_id = NULL;
	EMIT(n->core, client == NULL ? "core" : "user", answer, .id = asked,
	    .allow = allow, .client = client,
	    .scope = allow ? json_str_or(command, "scope", "call") : NULL,
	    .seen = { cJSON_IsBool(seen), cJSON_IsTrue(seen) });
	h->verdict = allow ? NETWORK_ALLOWED : NETWORK_FORBIDDEN;
	h->by = "you";
	if (n->waits != NULL)
		n->waits(n->waits_arg, false);
	if (n->server == NULL)
		status_tell(n->core, "tool", "running a command");
	else
		status_tell(n->core, "tool", "running %s", n->command);
	if (!allow)
		network_forbidden(n, h, client != NULL ? "you did not allow it" :
		    "you did not answer");
	network_reply_all(n, h, allow ? NULL : client != NULL ?
	    "the user did not allow it" : "the user did not answer");
	network_ask_next(n->core);
}

bool
network_answer(struct core *c, const cJSON *command, const char *client)
{
	struct network *n = c->network;

	while (n != NULL && (n->ask_id == NULL ||
	    !json_is(command, "id", n->ask_id)))
		n = n->next;
	if (n != NULL)
		network_answered(n, command, client);
	return n != NULL;
}

void
network_ask_end(struct network *n)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		n->links[i].waits = false;
	if (n->ask_id != NULL)
		network_answered(n, NULL, NULL);
}
