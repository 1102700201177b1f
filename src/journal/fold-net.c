#include "config.h"

#include "journal/fold-net.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/url.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

static void
net_add(char ***list, size_t *n, const char *name)
{
	GROW(*list, *n);
	(*list)[(*n)++] = xstrdup(name);
}

static char *
net_name(const char *name, const char *server)
{
	return server == NULL ? xstrdup(name) : xasprintf("%s (%s)", name,
	    server);
}

bool
fold_net_serves(const struct fold *f, const char *name, const char *server)
{
	AUTO_FREE char *own = net_name(name, server);

	return MEM_FIND_IN(f->net.allowed, f->net.allowed_len, own) != NULL ||
	    MEM_FIND_IN(f->net.saved, f->net.saved_len, name) != NULL;
}

/* fold.sandbox: the line, with the hosts that are allowed. */
static void
net_line(struct fold *f)
{
	static const char none[] = "no network";	/* sandbox-limits.c */
	const struct fold_net *n = &f->net;
	size_t all = n->entries_len + n->allowed_len + n->saved_len;
	const char *at = n->line == NULL ? NULL : strstr(n->line, none);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (at == NULL || all == 0) {
		xstrset(&f->sandbox, n->line);
		return;
	}
	buf_add(&b, n->line, (size_t)(at - n->line));
	buf_addf(&b, "network: %s", n->entries_len > 0 ? n->entries[0] :
	    n->allowed_len > 0 ? n->allowed[0] : n->saved[0]);
	if (all > 1)
		buf_addf(&b, " and %zu more", all - 1);
	buf_adds(&b, at + strlen(none));
	xstrset(&f->sandbox, buf_str(&b));
}

void
fold_add_sandbox(struct buf *b, const struct fold *f, bool net)
{
	const char *level = f->level == NULL ? "none" : f->level;
	const char *line = f->sandbox == NULL ? "" : f->sandbox;
	const char *words = strstr(line, "no network"), *end;

	if (strcmp(level, "none") == 0)
		buf_adds(b, "NO SANDBOX");
	else if (level[0] == 'A' || level[0] == 'B')
		buf_adds(b, "sandboxed");
	else
		buf_addf(b, "sandbox %s", level);
	if (words == NULL)
		words = strstr(line, "network");
	if (net && words != NULL) {
		end = strstr(words, " · ");
		buf_adds(b, ", ");
		buf_add(b, words, end == NULL ? strlen(words) :
		    (size_t)(end - words));
	}
	/* What the host can't give is said, however short. */
	if (strstr(line, "no Landlock") != NULL)
		buf_adds(b, ", no Landlock");
	if (strstr(line, "not enforced") != NULL)
		buf_adds(b, ", limits not enforced");
}

void
fold_net_release(struct fold_net *n)
{
	free(n->line);
	xfree_list(n->entries, n->entries_len);
	xfree_list(n->allowed, n->allowed_len);
	xfree_list(n->saved, n->saved_len);
	pathmap_release(&n->hosts);
	free(n->ask_for);
	free(n->ask_server);
	free(n->ask_reason);
}

void
fold_net_settings(struct fold *f, const cJSON *sandbox)
{
	struct fold_net *n = &f->net;
	const cJSON *list = json_array(sandbox, "net"), *it;

	xfree_list(n->entries, n->entries_len);
	xfree_list(n->saved, n->saved_len);
	n->entries = n->saved = NULL;
	n->entries_len = n->saved_len = 0;
	cJSON_ArrayForEach(it, list)
		if (cJSON_IsString(it))
			net_add(&n->entries, &n->entries_len, it->valuestring);
	xstrset(&n->line, json_str(sandbox, "line"));
	net_line(f);
}

void
fold_net_ask(struct fold *f, const cJSON *line)
{
	f->net.asks = json_str(line, "host") != NULL;
	xstrset(&f->net.ask_for, json_str(line, "for"));
	xstrset(&f->net.ask_server, json_str(line, "server"));
	xstrset(&f->net.ask_reason, json_str(line, "reason"));
}

/* Before the question is forgotten. */
void
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
	xstrset(&f->net.ask_for, NULL);
	xstrset(&f->net.ask_server, NULL);
	xstrset(&f->net.ask_reason, NULL);
}

/* The first connection to a host is told, and each refusal. */
void
fold_on_net(struct fold *f, const cJSON *line)
{
	struct fold_net *n = &f->net;
	const char *host = json_str_or(line, "host", "?");
	AUTO_FREE char *name = url_authority(host, fold_int(line, "port", 0));
	AUTO_FREE char *title = NULL;

	if (json_str(line, "refused") != NULL) {
		title = xasprintf("not connected to %s", name);
		fold_item_add(f, ITEM_NOTE, title, json_str(line, "refused"))
		    ->ok = false;
		return;
	}
	if (pathmap_find(&n->hosts, name) != NULL)
		return;
	(void)pathmap_add(&n->hosts, name, sizeof(char *));
	title = xasprintf("connected to %s (%s), allowed by %s", name,
	    json_str_or(line, "address", "?"),
	    json_str_or(line, "allowed_by", "?"));
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}
