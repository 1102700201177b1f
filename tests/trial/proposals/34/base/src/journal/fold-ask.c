/*
 * What is beside the work: hooks and what was found, the network, and what the
 * user was asked about them.
 */
#include "config.h"

/* Before the question is forgotten. */
static void
fold_net_answer(struct fold *f, const cJSON *line)
{
	struct fold_net *n = &f->net;
	const char *scope = json_str_or(line, "scope", "");

	if (!n->asks || f->ask.command == NULL ||
	    !json_bool(line, "allow", false) ||
	    fold_net_serves(f, f->ask.command, n->ask_server))
		;
	else if (strcmp(scope, "session") == 0) {
		AUTO_FREE char *name = net_name(f->ask.command, n->ask_server);

		net_add(&n->allowed, &n->allowed_len, name);
	} else if (strcmp(scope, "always") == 0)
		net_add(&n->saved, &n->saved_len, f->ask.command);
	net_line(f);
	f->net.asks = false;
	JSON_RELEASE(n, fold_net_fields);
}

static void
fold_on_answer(struct fold *f, const cJSON *line)
{
	bool allow = json_bool(line, "allow", false);
	const char *scope = json_str_or(line, "scope", "");
	AUTO_FREE char *title =
	    xasprintf("%s: `%s`%s", allow ? "allowed" : "not allowed",
		f->ask.command == NULL ? "?" : f->ask.command,
		strcmp(scope, "session") == 0 ? " for this session" :
		strcmp(scope, "always") == 0 ? " always" : "");

	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = allow;
	fold_net_answer(f, line);
	fold_ask_clear(f);
}

