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

static void
fold_finding_release(struct fold_finding *g)
{
	FREE_ALL(g->by, g->path, g->severity, g->message, g->rule, g->source,
	    g->about, g->hunk);
}

/* The findings of the task before. */
static void
fold_findings_clear(struct fold *f)
{
	while (f->findings.list_len > 0)
		fold_finding_release(&f->findings.list[--f->findings.list_len]);
}

static void
fold_finding_add(struct fold *f, const char *by, const struct ev_finding *x)
{
	*GROW_ADD(f->findings.list, f->findings.list_len) =
	    (struct fold_finding){
		.by = xstrdup_null(by),
		.path = xstrdup(ev_str(x->path_bytes, "")),
		.severity = xstrdup(ev_str(x->severity, "note")),
		.message = xstrdup(ev_str(x->message, "")),
		.rule = xstrdup_null(x->rule),
		.source = xstrdup_null(x->source),
		.line = fold_int(x->line), .end = fold_int(x->end_line),
		.untold = x->untold,
	};
}

/* Forget those of this hook or linter, about this file or all of them. */
static void
fold_findings_drop(struct fold *f, const char *by, const char *about)
{
	size_t kept = 0;

	MEM_EACH(&f->findings, list, it)
		if (ev_is(it->by, by) && (about == NULL ||
		    ev_is(it->about, about)))
			fold_finding_release(it);
		else
			f->findings.list[kept++] = *it;
	f->findings.list_len = kept;
}

static void
fold_on_finding(struct fold *f, const struct event *e)
{
	const struct ev_finding *x = &e->finding;
	/* The model may name a file as it likes. */
	AUTO_FREE char *title = xasprintf("model says: %s:%lld: %s",
	    ev_str(x->path, "?"), (long long)x->line, ev_str(x->severity,
	    "note"));

	fold_item_add(f, ITEM_NOTE, title, ev_str(x->message, ""))->ok = true;
	fold_finding_add(f, NULL, x);
}

static void
fold_on_diagnostics(struct fold *f, const struct event *e)
{
	const struct ev_diagnostics *x = &e->diagnostics;
	const char *by = ev_str(x->checker, "?"), *about = x->about_bytes;
	AUTO_FREE char *title = x->off != NULL ? xasprintf("%s is off in this "
	    "session: %s", by, x->off) : xasprintf("%s: %zu new finding%s", by,
	    x->findings_len, x->findings_len == 1 ? "" : "s");

	fold_findings_drop(f, by, about);
	MEM_EACH(x, findings, it) {
		fold_finding_add(f, by, it);
		f->findings.list[f->findings.list_len - 1].about =
		    xstrdup_null(about);
	}
	if (x->off != NULL || x->text != NULL)
		fold_item_add(f, ITEM_NOTE, title, x->text)->ok =
		    x->findings_len == 0;
	/* The pages of a proposal show them. */
	f->shown_seq = f->seq;
}

/* ---- hooks ---- */

static void
fold_hook_release(struct fold_hook *h)
{
	FREE_ALL(h->id, h->name, h->event, h->subject, h->decision, h->reason);
}

static void
fold_hooks_clear(struct fold_hooks *hooks)
{
	size_t kept = 0;

	MEM_EACH(hooks, list, h)
		if (h->running)
			hooks->list[kept++] = *h;
		else
			fold_hook_release(h);
	hooks->list_len = kept;
}

static void
fold_hook_take_changed(struct fold *f, const char *name,
    const struct ev_hook *x)
{
	if (f->hooks.changed == NULL)
		f->hooks.changed = cJSON_CreateObject();
	MEM_EACH(x, changed, it)
		if (it->path_bytes != NULL)
			json_set_take(f->hooks.changed, it->path_bytes,
			    cJSON_CreateString(name));
}

static void
fold_hooks_release(struct fold_hooks *hooks)
{
	MEM_EACH(hooks, list, h)
		fold_hook_release(h);
	free(hooks->list);
	cJSON_Delete(hooks->changed);
	memset(hooks, 0, sizeof(*hooks));
}

static struct fold_hook *
fold_hook_of(struct fold *f, const char *name, const char *event)
{
	MEM_EACH(&f->hooks, list, h)
		if (strcmp(h->name, name) == 0 && strcmp(h->event, event) == 0)
			return h;
	GROW(f->hooks.list, f->hooks.list_len);
	f->hooks.list[f->hooks.list_len] = (struct fold_hook){
		.name = xstrdup(name), .event = xstrdup(event),
	};
	return &f->hooks.list[f->hooks.list_len++];
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
	MEM_EACH(&f->hooks, list, h)
		if (!h->running && h->decision != NULL &&
		    strcmp(h->event, "before_apply") == 0 &&
		    strcmp(h->decision, "allow") != 0)
			return h;
	return NULL;
}

/* What the user hears of a run: nothing, if it had nothing to say. */
static void
fold_hook_item(struct fold *f, const struct fold_hook *h,
    const struct ev_hook *x)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *before = "changed ";
	size_t len;

	buf_addf(&b, "hook %s (%s): ", h->name, h->event);
	len = b.len;
	fold_hook_says(h, &b);
	if (b.len == len && x->changed == NULL)
		return;
	if (b.len > len && x->changed != NULL)
		buf_adds(&b, ", ");
	MEM_EACH(x, changed, it) {
		buf_adds(&b, before);
		sanitize_name(&b, ev_str(it->path, "?"));
		before = ", ";
	}
	fold_item_add(f, ITEM_NOTE, buf_str(&b), ev_str(h->reason, "")[0] ==
	    '\0' ? NULL : h->reason)->ok = h->ok &&
	    strcmp(h->decision, "deny") != 0;
}

static void
fold_on_hook(struct fold *f, const struct event *e)
{
	const struct ev_hook *x = &e->hook;
	struct fold_hook *h = fold_hook_of(f, ev_str(x->name, "?"),
	    ev_str(x->event, "?"));

	xstrset(&h->id, ev_str(x->id, ""));
	xstrset(&h->subject, x->for_);
	h->running = ev_is(x->status, "running");
	if (h->running)
		return;
	h->ok = x->ok.on;
	xstrset(&h->decision, ev_str(x->decision, "allow"));
	xstrset(&h->reason, x->ok.on ? x->reason : ev_str(x->error, "?"));
	h->findings = (int)x->findings_len;
	fold_findings_drop(f, h->name, NULL);
	MEM_EACH(x, findings, it)
		fold_finding_add(f, h->name, it);
	fold_hook_take_changed(f, h->name, x);
	fold_hook_item(f, h, x);
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
	*GROW_ADD(*list, *n) = xstrdup(name);
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
	/* What is open is always said. */
	if (words == NULL)
		words = strstr(line, "network");
	else if (!net)
		words = NULL;
	if (words != NULL) {
		end = strstr(words, " · ");
		buf_adds(b, ", ");
		buf_add(b, words, end == NULL ? strlen(words) :
		    (size_t)(end - words));
	}
	/* What the host can't give is said, however short. */
	if (strstr(line, "no Landlock") != NULL)
		buf_adds(b, ", no Landlock");
}

/* The question is answered, or there is none yet. */
static void
fold_net_unask(struct fold_net *n)
{
	FREE_NULL(n->ask_for);
	FREE_NULL(n->ask_server);
	FREE_NULL(n->ask_reason);
}

static void
fold_net_release(struct fold_net *n)
{
	fold_net_unask(n);
	free(n->line);
	xfree_list(n->entries, n->entries_len);
	xfree_list(n->allowed, n->allowed_len);
	xfree_list(n->saved, n->saved_len);
	pathmap_release(&n->hosts);
}

static void
fold_net_settings(struct fold *f, const cJSON *sandbox)
{
	struct fold_net *n = &f->net;
	const cJSON *it;

	xfree_list(n->entries, n->entries_len);
	xfree_list(n->saved, n->saved_len);
	n->entries = n->saved = NULL;
	n->entries_len = n->saved_len = 0;
	cJSON_ArrayForEach(it, json_array(sandbox, "net"))
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
fold_net_answer(struct fold *f, const struct ev_answer *a)
{
	struct fold_net *n = &f->net;

	if (f->ask.kind != ASK_HOST || !a->allow ||
	    fold_net_serves(f, f->ask.command, n->ask_server))
		;
	else if (ev_is(a->scope, "session")) {
		AUTO_FREE char *name = net_name(f->ask.command, n->ask_server);

		net_add(&n->allowed, &n->allowed_len, name);
	} else if (ev_is(a->scope, "always"))
		net_add(&n->saved, &n->saved_len, f->ask.command);
	net_line(f);
	fold_net_unask(n);
}

char *
fold_net_name(const char *host, int64_t port, const char *forward)
{
	return forward != NULL ? xstrdup(forward) :
	    url_authority(ev_str(host, "?"), fold_int(port));
}

/* The first connection to a host is shown, and each refusal. */
static void
fold_on_net(struct fold *f, const struct event *e)
{
	const struct ev_net *x = &e->net;
	struct fold_net *n = &f->net;
	AUTO_FREE char *name = fold_net_name(x->host, x->port, x->forward);
	AUTO_FREE char *title = NULL;

	if (x->refused != NULL) {
		AUTO_FREE char *same = xasprintf("can't connect to %s: ", name);

		title = xasprintf("not connected to %s", name);
		fold_item_add(f, ITEM_NOTE, title, x->refused +
		    (strncmp(x->refused, same, strlen(same)) == 0 ?
		    strlen(same) : 0))->ok = false;
		return;
	}
	if (pathmap_find(&n->hosts, name) != NULL)
		return;
	(void)pathmap_add(&n->hosts, name, sizeof(char *));
	title = xasprintf("connected to %s%s%s%s%s%s, allowed by %s", name,
	    x->address == NULL ? "" : " (", ev_str(x->address, ""),
	    x->proxy == NULL ? "" : ", through ", ev_str(x->proxy, ""),
	    x->address == NULL ? "" : ")", ev_str(x->allowed_by, "?"));
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = true;
}

/* ---- the open question ---- */

const struct fold_ask_row fold_ask_rows[ASK_KINDS] = {
	/* The question of a call that waits, while another one is open. */
	[ASK_NONE] = {
		.title = "allow this?",
		.look = "answer the question",
		.waits = "something needs permission",
		.yes = "allows it", .no = "doesn't",
	},
	[ASK_OWN] = {
		.title = "run this command?",
		.look = "review the command",
		.waits = "your command needs permission",
		.yes = "runs it", .no = "doesn't",
		.hint_yes = "run it", .hint_no = "don't run it",
	},
	[ASK_HOST] = {
		.title = "connect to this host?",
		.look = "may it connect?",
		.waits = "a connection needs permission",
		.yes = "lets it connect", .no = "doesn't",
		/* A command of the user's may be what connects. */
		.flags = ASK_OUTLIVES_TASK | ASK_DIES_WITH_CORE,
	},
	[ASK_TOOL] = {
		.title = "accept this description?",
		.look = "review the description",
		.waits = "a tool's description changed",
		.yes = "accepts it and calls the tool", .no = "doesn't",
	},
	[ASK_HOOK] = {
		.title = "allow this call?",
		.look = "review the call",
		.waits = "a call needs permission",
		.yes = "allows it", .no = "doesn't",
	},
	[ASK_COMMAND] = {
		.title = "run this command?",
		.look = "review the command",
		.waits = "a command needs permission",
		.yes = "runs it", .no = "doesn't",
		.confirm = "Run it without a sandbox, with all your rights?",
		.flags = ASK_OUTSIDE,
	},
	[ASK_CALL] = {
		.title = "allow this call?",
		.look = "review the call",
		.waits = "a call needs permission",
		.yes = "allows it", .no = "doesn't",
		.confirm = "Allow it, outside the sandbox?",
		.flags = ASK_OUTSIDE,
	},
	[ASK_FILE] = {
		.title = "send this project command?",
		.look = "read the command",
		.waits = "a project command is new",
		.yes = "sends it", .no = "doesn't",
		.hint_yes = "send", .hint_no = "don't send",
		.flags = ASK_FOREIGN | ASK_SENDS | ASK_OUTLIVES_TASK,
	},
	[ASK_PROMPT] = {
		.title = "send this text of a server's?",
		.look = "read the text",
		.waits = "an MCP server's text is new",
		.yes = "sends it", .no = "doesn't",
		.hint_yes = "send", .hint_no = "don't send",
		.flags = ASK_FOREIGN | ASK_SENDS | ASK_OUTLIVES_TASK |
		    ASK_DIES_WITH_CORE,
	},
	[ASK_FORM] = {
		.title = "answer this question?",
		.look = "answer the question",
		.waits = "a question for you",
		.yes = "lets you type the answer", .no = "declines",
		.hint_yes = "answer", .hint_no = "decline",
		.was_yes = "answered what was asked",
		.was_no = "declined to answer",
		.flags = ASK_FOREIGN | ASK_DIES_WITH_CORE,
	},
	[ASK_AGREE] = {
		.title = "say yes to this question?",
		.look = "answer the question",
		.waits = "a question for you",
		.yes = "tells it so", .no = "declines",
		.hint_yes = "answer", .hint_no = "decline",
		.was_yes = "answered what was asked",
		.was_no = "declined to answer",
		.flags = ASK_FOREIGN | ASK_DIES_WITH_CORE,
	},
};

enum fold_ask_kind
fold_ask_kind(const struct event *e)
{
	const struct ev_ask *a = &e->ask;

	if (a->form != NULL)
		return a->form->given != NULL ? ASK_FORM : ASK_AGREE;
	if (a->contents != NULL)
		return a->server != NULL ? ASK_PROMPT : ASK_FILE;
	return a->host != NULL ? ASK_HOST : a->change != NULL ? ASK_TOOL :
	    a->hook != NULL ? ASK_HOOK : a->server != NULL ? ASK_CALL :
	    ev_is(e->by, "user") ? ASK_OWN : ASK_COMMAND;
}

static void
fold_ask_clear(struct fold_ask *a)
{
	FREE_ALL(a->command, a->id, a->why, a->change, a->contents, a->shown,
	    a->text, a->given);
	*a = (struct fold_ask){ .kind = ASK_NONE };
}

/* What front ends show of it. */
static void
fold_ask_texts(struct fold_ask *a, const struct fold_net *n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *more = a->contents != NULL ? a->contents : a->change, *p;
	bool foreign = fold_ask_is(a, ASK_FOREIGN);

	if (a->why[0] == '\0')
		xstrset(&a->why, fold_ask_row(a)->waits);
	/* None begins with a name. */
	a->why[0] = (char)toupper((unsigned char)a->why[0]);
	if (strchr("?!.", a->why[strlen(a->why) - 1]) == NULL)
		FREE_SET(a->why, xasprintf("%s:", a->why));
	a->shown = xasprintf("%s%s%s", a->command, more == NULL ? "" : "\n",
	    more == NULL ? "" : more);
	buf_addf(&b, "%s\n%s", a->why, foreign ? "| " : "");
	for (p = a->shown; *p != '\0'; p++) {
		buf_addc(&b, *p);
		if (*p == '\n' && foreign)
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
	const struct ev_ask *a = &e->ask;

	fold_ask_clear(&f->ask);
	f->ask = (struct fold_ask){
		.kind = fold_ask_kind(e),
		.command = xstrdup(ev_str(a->command, "")),
		.id = xstrdup(ev_str(a->id, "")),
		.seq = e->seq,
		.why = xstrdup(ev_str(a->why, "")),
		.change = xstrdup_null(a->change),
		.contents = xstrdup_null(a->contents),
		.given = a->form == NULL ? NULL :
		    xstrdup_null(a->form->given),
	};
	xstrset(&f->net.ask_for, a->for_);
	xstrset(&f->net.ask_server, a->server);
	xstrset(&f->net.ask_reason, a->reason);
	fold_ask_texts(&f->ask, &f->net);
}

static void
fold_on_answer(struct fold *f, const struct event *e)
{
	const struct ev_answer *a = &e->answer;
	const struct fold_ask_row *row = fold_ask_row(&f->ask);
	AUTO_FREE char *title = NULL;

	/* The answer is to a question that this one has hidden. */
	if (f->ask.id != NULL && !ev_is(a->id, f->ask.id))
		return;
	title = row->was_yes != NULL ?
	    xasprintf("%s%s%s", a->allow ? row->was_yes : row->was_no,
		a->text != NULL ? ": " : "", ev_str(a->text, "")) :
	    xasprintf("%s: `%s`%s", a->allow ? "allowed" : "not allowed",
		ev_str(f->ask.command, "?"),
		ev_is(a->scope, "session") ? " for this session" :
		ev_is(a->scope, "always") ? " always" : "");
	fold_item_add(f, ITEM_NOTE, title, NULL)->ok = a->allow;
	fold_net_answer(f, a);
	fold_ask_clear(&f->ask);
}

/* What was written is the user's. */
static void
ask_on_applied(struct fold *f, const struct event *e)
{
	MEM_EACH(&e->applied, ops, op)
		cJSON_DeleteItemFromObjectCaseSensitive(f->hooks.changed,
		    op->ok ? op->path_bytes : NULL);
}

static void
ask_on_agent_end(struct fold *f, const struct event *e UNUSED)
{
	if (!fold_ask_is(&f->ask, ASK_OUTLIVES_TASK))
		fold_ask_clear(&f->ask);
}

/* A new task: findings and hooks were about the files of the one before. */
static void
ask_on_user_message(struct fold *f, const struct event *e)
{
	if (!f->ended || !ev_is(e->by, "user"))
		return;
	fold_findings_clear(f);
	fold_hooks_clear(&f->hooks);
}

/* A resumed session may run on another host, in another sandbox. */
static void
fold_on_sandbox(struct fold *f, const struct event *e)
{
	const cJSON *sandbox = e->type == EVENT_NOTE ? e->note.sandbox :
	    e->session_start.sandbox;

	if (json_str(sandbox, "level") == NULL)
		return;
	xstrset(&f->sandbox.level, json_str(sandbox, "level"));
	xstrset(&f->sandbox.why, json_str(sandbox, "why"));
	xstrset(&f->sandbox.open, json_str(sandbox, "open"));
	fold_net_settings(f, sandbox);
}

static void
fold_asks_release(struct fold *f)
{
	fold_ask_clear(&f->ask);
	fold_net_release(&f->net);
	fold_hooks_release(&f->hooks);
	fold_findings_clear(f);
	FREE_ALL(f->findings.list, f->sandbox.level, f->sandbox.why,
	    f->sandbox.open, f->sandbox.line);
}

const struct fold_part fold_asks = {
	.on = {
		[EVENT_AGENT_END] = ask_on_agent_end,
		[EVENT_ANSWER] = fold_on_answer,
		[EVENT_APPLIED] = ask_on_applied,
		[EVENT_ASK] = fold_on_ask,
		[EVENT_DIAGNOSTICS] = fold_on_diagnostics,
		[EVENT_FINDING] = fold_on_finding,
		[EVENT_HOOK] = fold_on_hook,
		[EVENT_NET] = fold_on_net,
		[EVENT_NOTE] = fold_on_sandbox,
		[EVENT_SESSION_START] = fold_on_sandbox,
		[EVENT_USER_MESSAGE] = ask_on_user_message,
	},
	.release = fold_asks_release,
};
