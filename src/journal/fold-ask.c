/*
 * What is beside the work: hooks and what was found, the network, and what the
 * user was asked about them.
 */
#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/url.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

/* ---- faults that were reported ---- */

static const struct json_field fold_finding_fields[] = {
	JSON_FIELD(fold_finding, path, JSON_BYTES, "path", NULL),
	JSON_FIELD(fold_finding, severity, JSON_TEXT, "severity", "note"),
	JSON_FIELD(fold_finding, message, JSON_TEXT, "message", ""),
	JSON_FIELD(fold_finding, line, JSON_INT, "line", NULL),
};

static void
fold_finding_release(struct fold_finding *g)
{
	free(g->by);
	JSON_RELEASE(g, fold_finding_fields);
}

/* The findings of the task before. */
static void
fold_findings_clear(struct fold *f)
{
	while (f->findings.len > 0)
		fold_finding_release(&f->findings.list[--f->findings.len]);
}

static void
fold_finding_add(struct fold *f, const char *by, const cJSON *line)
{
	struct fold_finding *g;

	GROW(f->findings.list, f->findings.len);
	g = &f->findings.list[f->findings.len++];
	*g = (struct fold_finding){ .by = xstrdup_null(by) };
	JSON_READ(g, line, fold_finding_fields);
	if (g->path == NULL)
		g->path = xstrdup("");
}

static void
fold_findings_of_hook(struct fold *f, const char *by, const cJSON *findings)
{
	const cJSON *it;
	size_t i, kept = 0;

	for (i = 0; i < f->findings.len; i++)
		if (f->findings.list[i].by != NULL &&
		    strcmp(f->findings.list[i].by, by) == 0)
			fold_finding_release(&f->findings.list[i]);
		else
			f->findings.list[kept++] = f->findings.list[i];
	f->findings.len = kept;
	cJSON_ArrayForEach(it, findings)
		fold_finding_add(f, by, it);
}

static void
fold_on_finding(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	AUTO_FREE char *title =
	    xasprintf("%s:%lld: %s", json_str_or(line, "path", "?"),
		(long long)json_int(line, "line", 0),
		json_str_or(line, "severity", "note"));

	fold_item_add(f, ITEM_NOTE, title, json_str_or(line, "message", ""))
	    ->ok = true;
	fold_finding_add(f, NULL, line);
}

/* ---- hooks ---- */

static const struct json_field fold_hook_fields[] = {
	JSON_FIELD(fold_hook, id, JSON_TEXT, "id", ""),
	JSON_FIELD(fold_hook, name, JSON_TEXT, "name", "?"),
	JSON_FIELD(fold_hook, event, JSON_TEXT, "event", "?"),
	JSON_FIELD(fold_hook, subject, JSON_TEXT, "for", NULL),
}, fold_hook_results[] = {
	JSON_FIELD(fold_hook, ok, JSON_FLAG, "ok", NULL),
	JSON_FIELD(fold_hook, decision, JSON_TEXT, "decision", "allow"),
	JSON_FIELD(fold_hook, reason, JSON_TEXT, "reason", NULL),
};

static void
fold_hook_release(struct fold_hook *h)
{
	JSON_RELEASE(h, fold_hook_fields);
	JSON_RELEASE(h, fold_hook_results);
}

static void
fold_hooks_clear(struct fold_hooks *hooks)
{
	size_t i, kept = 0;

	for (i = 0; i < hooks->len; i++)
		if (hooks->list[i].running)
			hooks->list[kept++] = hooks->list[i];
		else
			fold_hook_release(&hooks->list[i]);
	hooks->len = kept;
}

static void
fold_hook_take_changed(struct fold *f, const char *name, const cJSON *list)
{
	const cJSON *it;

	if (f->hooks.changed == NULL)
		f->hooks.changed = cJSON_CreateObject();
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", NULL);

		if (path != NULL)
			json_set_take(f->hooks.changed, path,
			    cJSON_CreateString(name));
	}
}

static void
fold_hooks_release(struct fold_hooks *hooks)
{
	size_t i;

	for (i = 0; i < hooks->len; i++)
		fold_hook_release(&hooks->list[i]);
	free(hooks->list);
	cJSON_Delete(hooks->changed);
	memset(hooks, 0, sizeof(*hooks));
}

static struct fold_hook *
fold_hook_of(struct fold *f, const char *name, const char *event)
{
	struct fold_hook *h;
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (strcmp(f->hooks.list[i].name, name) == 0 &&
		    strcmp(f->hooks.list[i].event, event) == 0)
			return &f->hooks.list[i];
	GROW(f->hooks.list, f->hooks.len);
	h = &f->hooks.list[f->hooks.len++];
	memset(h, 0, sizeof(*h));
	h->name = xstrdup(name);
	h->event = xstrdup(event);
	return h;
}

void
fold_hook_says(const struct fold_hook *h, struct buf *b)
{
	bool denies;

	if (h->running || h->decision == NULL)
		return;
	denies = strcmp(h->decision, "deny") == 0;
	if (!h->ok)
		buf_adds(b, denies ? "failed, which blocks" : "failed");
	else if (denies || strcmp(h->decision, "ask") == 0)
		buf_adds(b, denies ? "denied" : "asks");
	else if (h->findings > 0)
		buf_addf(b, "%d finding%s", h->findings,
		    h->findings == 1 ? "" : "s");
}

const struct fold_hook *
fold_hook_blocks(const struct fold *f)
{
	const struct fold_hook *h = f->hooks.list;
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (!h[i].running && h[i].decision != NULL &&
		    strcmp(h[i].event, "before_apply") == 0 &&
		    strcmp(h[i].decision, "allow") != 0)
			return &h[i];
	return NULL;
}

/* What the user hears of a run: nothing, if it had nothing to say. */
static void
fold_hook_item(struct fold *f, const struct fold_hook *h, const cJSON *line)
{
	const cJSON *changed = json_array(line, "changed"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0), text = BUF_INIT(0);
	size_t n = 0, len;

	buf_addf(&b, "hook %s (%s): ", h->name, h->event);
	len = b.len;
	fold_hook_says(h, &b);
	if (b.len == len && changed == NULL)
		return;
	if (changed != NULL)
		buf_adds(&b, b.len > len ? ", changed " : "changed ");
	cJSON_ArrayForEach(it, changed) {
		buf_adds(&b, n++ == 0 ? "" : ", ");
		sanitize_name(&b, json_str_or(it, "path", "?"));
	}
	if (h->reason != NULL)
		buf_adds(&text, h->reason);
	fold_item_add(f, ITEM_NOTE, buf_str(&b), text.len == 0 ? NULL :
	    buf_str(&text))->ok = h->ok && strcmp(h->decision, "deny") != 0;
}

static void
fold_on_hook(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	struct fold_hook *h = fold_hook_of(f, json_str_or(line, "name", "?"),
	    json_str_or(line, "event", "?"));
	const cJSON *findings = json_array(line, "findings");

	xstrset(&h->subject, NULL);
	JSON_READ(h, line, fold_hook_fields);
	h->running = json_is(line, "status", "running");
	if (h->running)
		return;
	JSON_RELEASE(h, fold_hook_results);
	h->ok = false;
	JSON_READ(h, line, fold_hook_results);
	if (!h->ok)
		xstrset(&h->reason, json_str_or(line, "error", "?"));
	h->findings = cJSON_GetArraySize(findings);
	fold_findings_of_hook(f, h->name, findings);
	fold_hook_take_changed(f, h->name, json_array(line, "changed"));
	fold_hook_item(f, h, line);
	/* The pages of a proposal show it. */
	f->shown_seq = f->seq;
}

/*
 * The network of a session's commands, as its journal tells: which
 * hosts are allowed, and which were connected to.
 */

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
		xstrset(&f->sandbox.line, n->line);
		return;
	}
	buf_add(&b, n->line, (size_t)(at - n->line));
	buf_addf(&b, "network: %s", n->entries_len > 0 ? n->entries[0] :
	    n->allowed_len > 0 ? n->allowed[0] : n->saved[0]);
	if (all > 1)
		buf_addf(&b, " and %zu more", all - 1);
	buf_adds(&b, at + strlen(none));
	xstrset(&f->sandbox.line, buf_str(&b));
}

void
fold_add_sandbox(struct buf *b, const struct fold *f, bool net)
{
	const char *level = f->sandbox.level == NULL ? "none" :
	    f->sandbox.level;
	const char *line = f->sandbox.line == NULL ? "" : f->sandbox.line;
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

static const struct json_field fold_net_fields[] = {
	JSON_FIELD(fold_net, ask_for, JSON_TEXT, "for", NULL),
	JSON_FIELD(fold_net, ask_server, JSON_TEXT, "server", NULL),
	JSON_FIELD(fold_net, ask_reason, JSON_TEXT, "reason", NULL),
};

static void
fold_net_release(struct fold_net *n)
{
	free(n->line);
	xfree_list(n->entries, n->entries_len);
	xfree_list(n->allowed, n->allowed_len);
	xfree_list(n->saved, n->saved_len);
	pathmap_release(&n->hosts);
	JSON_RELEASE(n, fold_net_fields);
}

static void
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
	cJSON_ArrayForEach(it, json_array(sandbox, "forward"))
		if (cJSON_IsString(it))
			net_add(&n->entries, &n->entries_len, it->valuestring);
	xstrset(&n->line, json_str(sandbox, "line"));
	net_line(f);
}

/* Before the question is forgotten. */
static void
fold_net_answer(struct fold *f, const cJSON *line)
{
	struct fold_net *n = &f->net;

	if (!n->asks || f->ask.command == NULL ||
	    !json_bool(line, "allow", false) ||
	    fold_net_serves(f, f->ask.command, n->ask_server))
		;
	else if (json_is(line, "scope", "session")) {
		AUTO_FREE char *name = net_name(f->ask.command, n->ask_server);

		net_add(&n->allowed, &n->allowed_len, name);
	} else if (json_is(line, "scope", "always"))
		net_add(&n->saved, &n->saved_len, f->ask.command);
	net_line(f);
	f->net.asks = false;
	JSON_RELEASE(n, fold_net_fields);
}

char *
fold_net_name(const cJSON *o)
{
	const char *forward = json_str(o, "forward");

	return forward != NULL ? xstrdup(forward) : url_authority(
	    json_str_or(o, "host", "?"), fold_int(o, "port", 0));
}

/* The first connection to a host is shown, and each refusal. */
static void
fold_on_net(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const char *address = json_str(line, "address");
	const char *proxy = json_str(line, "proxy");
	const char *refused = json_str(line, "refused");
	struct fold_net *n = &f->net;
	AUTO_FREE char *name = fold_net_name(line);
	AUTO_FREE char *title = NULL;

	if (refused != NULL) {
		AUTO_FREE char *same = xasprintf("can't connect to %s: ", name);

		title = xasprintf("not connected to %s", name);
		fold_item_add(f, ITEM_NOTE, title, strncmp(refused, same,
		    strlen(same)) == 0 ? refused + strlen(same) : refused)
		    ->ok = false;
		return;
	}
	if (pathmap_find(&n->hosts, name) != NULL)
		return;
	(void)pathmap_add(&n->hosts, name, sizeof(char *));
	title = xasprintf("connected to %s%s%s%s%s%s, allowed by %s", name,
	    address == NULL ? "" : " (", address == NULL ? "" : address,
	    proxy == NULL ? "" : ", through ", proxy == NULL ? "" : proxy,
	    address == NULL ? "" : ")", json_str_or(line, "allowed_by", "?"));
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

/* ---- the open question ---- */

static const struct fold_ask_words ask_command = {
	"run this command?", "review the command",
	"a command needs permission", "runs it",
	"Run it without a sandbox, with all your rights?"
}, ask_own = {
	"run this command?", "review the command",
	"your command needs permission", "runs it", NULL
}, ask_host = {
	"connect to this host?", "may it connect?",
	"a connection needs permission", "lets it connect", NULL
}, ask_call = {
	"allow this call?", "review the call", "a call needs permission",
	"allows it", "Allow it, outside the sandbox?"
}, ask_tool = {
	"accept this description?", "review the description",
	"a tool's description changed", "accepts it and calls the tool", NULL
}, ask_form = {
	"answer this server?", "answer the question",
	"an MCP server asks you something", "lets you type the answer", NULL
}, ask_agree = {
	"say yes to this server?", "answer the question",
	"an MCP server asks you something", "tells it so", NULL
}, ask_file = {
	"send this project command?", "read the command",
	"a project command is new", "sends it", NULL
}, ask_prompt = {
	"send this text of a server's?", "read the text",
	"an MCP server's text is new", "sends it", NULL
};

const struct fold_ask_words *
fold_ask_words(const cJSON *line)
{
	const cJSON *form = json_get(line, "form");
	bool server = json_str(line, "server") != NULL;

	if (form != NULL)
		return json_str(form, "given") != NULL ? &ask_form : &ask_agree;
	if (json_str(line, "contents") != NULL)
		return server ? &ask_prompt : &ask_file;
	return json_str(line, "host") != NULL ? &ask_host :
	    json_str(line, "change") != NULL ? &ask_tool :
	    server || json_str(line, "hook") != NULL ? &ask_call :
	    json_is(line, "by", "user") ? &ask_own : &ask_command;
}

static const struct json_field fold_ask_fields[] = {
	JSON_FIELD(fold_ask, command, JSON_TEXT, "command", ""),
	JSON_FIELD(fold_ask, id, JSON_TEXT, "id", ""),
	JSON_FIELD(fold_ask, why, JSON_TEXT, "why", ""),
	JSON_FIELD(fold_ask, change, JSON_TEXT, "change", NULL),
	JSON_FIELD(fold_ask, contents, JSON_TEXT, "contents", NULL),
};

static void
fold_ask_clear(struct fold *f)
{
	JSON_RELEASE(&f->ask, fold_ask_fields);
	FREE_NULL(f->ask.shown);
	FREE_NULL(f->ask.text);
	FREE_NULL(f->ask.given);
	f->ask.form = f->ask.foreign = false;
}

/* What front ends show of it. */
static void
fold_ask_texts(struct fold_ask *a, const struct fold_net *n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *more = a->contents != NULL ? a->contents : a->change, *p;

	a->foreign = a->form || a->contents != NULL;
	a->outside = !a->own && !a->hook && !n->asks && more == NULL &&
	    !a->form;
	if (a->why[0] == '\0')
		xstrset(&a->why, a->words->waits);
	/* None begins with a name. */
	a->why[0] = (char)toupper((unsigned char)a->why[0]);
	if (strchr("?!.", a->why[strlen(a->why) - 1]) == NULL)
		FREE_SET(a->why, xasprintf("%s:", a->why));
	a->shown = xasprintf("%s%s%s", a->command, more == NULL ? "" : "\n",
	    more == NULL ? "" : more);
	buf_addf(&b, "%s\n%s", a->why, a->foreign ? "| " : "");
	for (p = a->shown; *p != '\0'; p++) {
		buf_addc(&b, *p);
		if (*p == '\n' && a->foreign)
			buf_adds(&b, "| ");
	}
	if (n->ask_for != NULL)
		buf_addf(&b, "\nThe command: %s", n->ask_for);
	if (n->ask_reason != NULL)
		buf_addf(&b, "\nThe model said: %s", n->ask_reason);
	a->text = buf_take(&b);
}

static void
fold_on_ask(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	fold_ask_clear(f);
	JSON_READ(&f->ask, line, fold_ask_fields);
	f->ask.words = fold_ask_words(line);
	f->ask.own = json_is(line, "by", "user");
	f->ask.hook = json_str(line, "hook") != NULL;
	f->ask.server = json_str(line, "server") != NULL;
	f->ask.form = json_get(line, "form") != NULL;
	f->ask.given = xstrdup_null(json_str(json_get(line, "form"), "given"));
	JSON_RELEASE(&f->net, fold_net_fields);
	JSON_READ(&f->net, line, fold_net_fields);
	f->net.asks = json_str(line, "host") != NULL;
	fold_ask_texts(&f->ask, &f->net);
}

static void
fold_on_answer(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	bool allow = json_bool(line, "allow", false);
	AUTO_FREE char *title = f->ask.form ? xasprintf("%s an MCP server%s%s",
	    allow ? "answered" : "declined to answer", json_str(line, "text") !=
	    NULL ? ": " : "", json_str_or(line, "text", "")) :
	    xasprintf("%s: `%s`%s", allow ? "allowed" : "not allowed",
		f->ask.command == NULL ? "?" : f->ask.command,
		json_is(line, "scope", "session") ? " for this session" :
		json_is(line, "scope", "always") ? " always" : "");

	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = allow;
	fold_net_answer(f, line);
	fold_ask_clear(f);
}

/* What was written is the user's. */
static void
fold_on_applied(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const cJSON *op;

	cJSON_ArrayForEach(op, json_array(line, "ops")) {
		AUTO_FREE char *path = !json_bool(op, "ok", false) ? NULL :
		    json_get_bytes(op, "path", NULL);

		cJSON_DeleteItemFromObjectCaseSensitive(f->hooks.changed,
		    path);
	}
}

static void
fold_on_agent_end(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	(void)line;
	/* A command of the user's may still wait for a connection, and a message
	 * doesn't belong to the task. */
	if (!f->net.asks && f->ask.contents == NULL)
		fold_ask_clear(f);
}

/* A new task: findings and hooks were about the files of the one before. */
static void
fold_on_user_message(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;

	if (!f->ended || !json_is(line, "by", "user"))
		return;
	fold_findings_clear(f);
	fold_hooks_clear(&f->hooks);
}

static const struct json_field fold_sandbox_fields[] = {
	JSON_FIELD(fold_sandbox, level, JSON_TEXT, "level", NULL),
	JSON_FIELD(fold_sandbox, why, JSON_TEXT, "why", NULL),
	JSON_FIELD(fold_sandbox, open, JSON_TEXT, "open", NULL),
};

/* A resumed session may run on another host, in another sandbox. */
static void
fold_on_sandbox(struct fold *f, const struct event *e)
{
	const cJSON *line = e->line;
	const cJSON *sandbox = json_get(line, "sandbox");

	if (json_str(sandbox, "level") == NULL)
		return;
	JSON_RELEASE(&f->sandbox, fold_sandbox_fields);
	JSON_READ(&f->sandbox, sandbox, fold_sandbox_fields);
	fold_net_settings(f, sandbox);
}

static void
fold_asks_release(struct fold *f)
{
	fold_ask_clear(f);
	fold_net_release(&f->net);
	fold_hooks_release(&f->hooks);
	fold_findings_clear(f);
	free(f->findings.list);
	JSON_RELEASE(&f->sandbox, fold_sandbox_fields);
	free(f->sandbox.line);
}

const struct fold_part fold_asks = {
	.on = {
		[EVENT_AGENT_END] = fold_on_agent_end,
		[EVENT_ANSWER] = fold_on_answer,
		[EVENT_APPLIED] = fold_on_applied,
		[EVENT_ASK] = fold_on_ask,
		[EVENT_FINDING] = fold_on_finding,
		[EVENT_HOOK] = fold_on_hook,
		[EVENT_NET] = fold_on_net,
		[EVENT_NOTE] = fold_on_sandbox,
		[EVENT_SESSION_START] = fold_on_sandbox,
		[EVENT_USER_MESSAGE] = fold_on_user_message,
	},
	.release = fold_asks_release,
};
