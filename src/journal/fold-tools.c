/*
 * What ran and how it ended: tool calls, the success check, commands with their
 * output, and hooks; what was asked about them, and the network.
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
#include "base/url.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/fold-int.h"
#include "journal/fold.h"

static void
fold_hook_release(struct fold_hook *h)
{
	free(h->id);
	free(h->name);
	free(h->event);
	free(h->subject);
	free(h->decision);
	free(h->reason);
}

void
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

const char *
fold_hook_changed(const struct fold *f, const char *path)
{
	return json_str(f->hooks.changed, path);
}

void
fold_hook_applied(struct fold *f, const char *path)
{
	cJSON_DeleteItemFromObjectCaseSensitive(f->hooks.changed, path);
}

static void
fold_hook_take_changed(struct fold *f, const char *name, const cJSON *list)
{
	const cJSON *it;
	size_t n;

	if (f->hooks.changed == NULL)
		f->hooks.changed = cJSON_CreateObject();
	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		if (path != NULL)
			json_set_take(f->hooks.changed, path,
			    cJSON_CreateString(name));
	}
}

void
fold_hooks_release(struct fold_hooks *hooks)
{
	size_t i;

	for (i = 0; i < hooks->len; i++)
		fold_hook_release(&hooks->list[i]);
	free(hooks->list);
	cJSON_Delete(hooks->changed);
	memset(hooks, 0, sizeof(*hooks));
}

const struct fold_hook *
fold_hook_open(const struct fold *f)
{
	size_t i;

	for (i = 0; i < f->hooks.len; i++)
		if (f->hooks.list[i].running)
			return &f->hooks.list[i];
	return NULL;
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
		fold_add_path(&b, json_str_or(it, "path", "?"));
	}
	if (h->reason != NULL)
		buf_adds(&text, h->reason);
	fold_item_add(f, ITEM_NOTE, buf_str(&b), text.len == 0 ? NULL :
	    buf_str(&text))->ok = h->ok && strcmp(h->decision, "deny") != 0;
}

void
fold_on_hook(struct fold *f, const cJSON *line)
{
	struct fold_hook *h = fold_hook_of(f, json_str_or(line, "name", "?"),
	    json_str_or(line, "event", "?"));
	const cJSON *findings = json_array(line, "findings");

	xstrset(&h->id, json_str_or(line, "id", ""));
	xstrset(&h->subject, json_str(line, "for"));
	h->running = json_is(line, "status", "running");
	if (h->running)
		return;
	h->ok = json_bool(line, "ok", false);
	xstrset(&h->decision, json_str_or(line, "decision", "allow"));
	xstrset(&h->reason, h->ok ? json_str(line, "reason") :
	    json_str_or(line, "error", "?"));
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

static void
fold_net_ask(struct fold *f, const cJSON *line)
{
	f->net.asks = json_str(line, "host") != NULL;
	xstrset(&f->net.ask_for, json_str(line, "for"));
	xstrset(&f->net.ask_server, json_str(line, "server"));
	xstrset(&f->net.ask_reason, json_str(line, "reason"));
}

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

/*
 * The open question (fold.ask.command), for every front end: what it
 * is about and what a yes allows are the journal's words, `why` and what is
 * shown; the rest is one row of words for each kind.
 */

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
};

bool
fold_ask_is_of(const char *ask, const char *call)
{
	size_t n = strlen(call);

	return strncmp(ask, call, n) == 0 && (ask[n] == '\0' || ask[n] == '.');
}

const struct fold_ask_words *
fold_ask_words(const struct fold *f)
{
	return f->net.asks ? &ask_host : f->ask.change != NULL ? &ask_tool :
	    f->ask.hook || f->ask.server ? &ask_call : f->ask.own ? &ask_own :
	    &ask_command;
}

void
fold_ask_why(struct buf *b, const struct fold *f)
{
	size_t at = b->len;

	buf_adds(b, f->ask.why == NULL || f->ask.why[0] == '\0' ? "?" :
	    f->ask.why);
	/* None begins with a name. */
	b->p[at] = (char)toupper((unsigned char)b->p[at]);
	if (strchr("?!.", b->p[b->len - 1]) == NULL)
		buf_addc(b, ':');
}

void
fold_ask_shown(struct buf *b, const struct fold *f)
{
	buf_adds(b, f->ask.command == NULL ? "?" : f->ask.command);
	if (f->ask.change != NULL)
		buf_addf(b, "\n%s", f->ask.change);
}

void
fold_ask_text(struct buf *b, const struct fold *f)
{
	fold_ask_why(b, f);
	buf_addc(b, '\n');
	fold_ask_shown(b, f);
	if (f->net.ask_for != NULL)
		buf_addf(b, "\nThe command: %s", f->net.ask_for);
	if (f->net.ask_reason != NULL)
		buf_addf(b, "\nThe model said: %s", f->net.ask_reason);
}

bool
fold_asks_outside(const struct fold *f)
{
	return f->ask.command != NULL && !f->ask.own && !f->ask.hook &&
	    !f->net.asks && f->ask.change == NULL;
}

void
fold_on_ask(struct fold *f, const cJSON *line)
{
	f->ask.own = json_is(line, "by", "user");
	f->ask.hook = json_str(line, "hook") != NULL;
	f->ask.server = json_str(line, "server") != NULL;
	xstrset(&f->ask.why, json_str(line, "why"));
	xstrset(&f->ask.change, json_str(line, "change"));
	xstrset(&f->ask.id, json_str_or(line, "id", ""));
	xstrset(&f->ask.command, json_str_or(line, "command", ""));
	fold_net_ask(f, line);
}

void
fold_ask_clear(struct fold *f)
{
	FREE_NULL(f->ask.command);
	FREE_NULL(f->ask.id);
	FREE_NULL(f->ask.why);
	FREE_NULL(f->ask.change);
}

#define FOLD_TEXT_MAX 65536	/* bytes of a tool's result in an item */

void
fold_evidence_release(struct fold_evidence *ev)
{
	free(ev->command);
	free(ev->by);
	free(ev->killed);
	free(ev->limit);
	free(ev->met);
	free(ev->words);
	free(ev->where);
	free(ev->whole);
	memset(ev, 0, sizeof(*ev));
}

static bool
fold_is_command(const char *tool)
{
	return strcmp(tool, "bash") == 0 || strcmp(tool, "run_tests") == 0 ||
	    strcmp(tool, "web_fetch") == 0 || strcmp(tool, "argv") == 0;
}

/* A command that the user typed; `assent try` records its own differently. */
static bool
fold_is_own(const cJSON *line)
{
	return json_is(line, "by", "user") && !json_is(line, "name", "argv") &&
	    fold_is_command(json_str_or(line, "name", ""));
}

/* Calls whose success is an item of its own: a plan, a step, the end. */
static bool
fold_is_told(const char *tool)
{
	return strcmp(tool, "plan") == 0 || strcmp(tool, "step_done") == 0 ||
	    strcmp(tool, "done") == 0;
}

/* Does it change no file? */
static bool
fold_only_looks(const char *tool)
{
	static const char *const names[] = { "finding", "glob", "grep",
		"mcp_tool_schema", "read", "web_fetch" };

	return MEM_FIND(names, tool) != NULL;
}

/* Changes of a command that the user runs between two tasks are of neither,
 * unless some of the last one's are open. */
static void
fold_own_task(struct fold *f, const char *title)
{
	if (f->task.own == NULL && (f->proposal != NULL ||
	    (f->task.text != NULL && !f->ended)))
		return;
	free(f->task.own);
	f->task.own = xasprintf("Run %s", title + (strncmp(title, "! ", 2) ==
	    0 ? 2 : 0));
	f->task.own_id = f->seq;
}

void
fold_on_tool_call(struct fold *f, const cJSON *line)
{
	const char *name = json_str_or(line, "name", "?");
	const char *title = json_str_or(line, "title", name);
	struct fold_item *it;

	if (!fold_is_own(line)) {
		if (f->calls == NULL)
			f->calls = cJSON_CreateObject();
		json_set_take(f->calls, name, cJSON_CreateNumber((double)(1 +
		    json_int(f->calls, name, 0))));
	}
	if (fold_is_told(name))
		return;
	if (!fold_only_looks(name))
		fold_plan_worked(&f->plan, fold_is_own(line));
	it = fold_item_add(f, ITEM_TOOL, title, NULL);
	it->name = xstrdup(name);
	it->call_id = xstrdup(json_str_or(line, "id", ""));
	it->running = true;
	it->own = fold_is_own(line);
	if (it->own)
		fold_own_task(f, title);
	if (fold_is_command(name))
		fold_output_start(f, title, it->own);
}

static struct fold_item *
fold_running_tool(const struct fold *f, const char *id, bool own)
{
	size_t i;

	for (i = f->items_len; i > 0; i--)
		if (f->items[i - 1].kind == ITEM_TOOL &&
		    f->items[i - 1].running && f->items[i - 1].own == own &&
		    strcmp(f->items[i - 1].call_id, id) == 0)
			return &f->items[i - 1];
	return NULL;
}

static void
fold_add_time(struct buf *b, const cJSON *line)
{
	double ms = json_num(line, "ms", -1);

	if (ms >= 100 && ms < 1e12)
		buf_addf(b, "%s%.1f s", b->len == 0 ? "" : ", ", ms / 1000);
}

bool
fold_not_run(const char *killed)
{
	static const char *const why[] = { "sandbox", "no_sandbox", "refused",
		"stage" };

	return MEM_FIND(why, killed) != NULL;
}

static void
fold_add_exit(struct buf *b, int code, bool check)
{
	if (check && code == 0)
		buf_adds(b, "passed");
	else
		buf_addf(b, "%sexit %d", check ? "failed, " : "", code);
}

/* "exit 2, 0.8 s: 1 failed, 8 passed": how a command, tool or check ended; for a
 * check without the last part. */
char *
fold_result_summary(const cJSON *line, bool ok)
{
	struct buf b = BUF_INIT(0);
	const char *killed = json_str(line, "killed");
	const char *limit = json_str(line, "limit");

	if (fold_not_run(killed))
		buf_addf(
		    &b, "didn't run: %s", limit == NULL ? "no sandbox" : limit);
	else if (killed != NULL)
		buf_addf(&b, "stopped at a limit: %s%s%s%s", killed,
		    limit == NULL ? "" : " (", limit == NULL ? "" : limit,
		    limit == NULL ? "" : ")");
	else if (json_int(line, "signal", 0) > 0)
		buf_addf(&b, "killed by signal %d", fold_int(line, "signal", 0));
	else if (cJSON_IsNumber(json_get(line, "exit")))
		fold_add_exit(&b, fold_int(line, "exit", 0),
		    event_type(line) != EVENT_TOOL_RESULT);
	else if (!ok)
		buf_adds(&b, json_str_or(line, "error", "failed"));
	fold_add_time(&b, line);
	if (event_type(line) == EVENT_TOOL_RESULT &&
	    json_str(line, "words") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ": ",
		    json_str(line, "words"));
	if (json_str(line, "met") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "met"));
	if (json_str(line, "note") != NULL)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str(line, "note"));
	return b.len == 0 ? NULL : buf_take(&b);
}

/* Start and end of a long text. */
static char *
fold_text_cut(const char *text)
{
	size_t n = strlen(text), head, tail;

	if (n <= FOLD_TEXT_MAX)
		return xstrdup(text);
	head = utf8_cut(text, n, FOLD_TEXT_MAX / 2);
	tail = utf8_tail(text, n, FOLD_TEXT_MAX / 2);
	return xasprintf("%.*s\n[%zu bytes omitted]\n%s", (int)head,
	    text, tail - head, text + tail);
}

/* What the model got, without the notes at its end if the summary has them;
 * malloc'ed. */
static char *
fold_result_text(const cJSON *line)
{
	const char *text = json_str_or(line, "text", "");
	const char *note = json_str_or(line, "note", ""), *end;
	size_t n = strlen(note);

	while (n > 0 && note[n - 1] == '\n')
		n--;
	end = n == 0 ? NULL : strstr(text, FOLD_NOTES);
	if (end == NULL || strncmp(end + strlen(FOLD_NOTES), note, n) != 0 ||
	    end[strlen(FOLD_NOTES) + n] != '\0')
		return xstrdup(text);
	return xasprintf("%.*s", (int)(end - text), text);
}

void
fold_on_tool_result(struct fold *f, const cJSON *line)
{
	const char *id = json_str_or(line, "id", "");
	const char *name = json_str_or(line, "name", "?");
	AUTO_FREE char *all = fold_result_text(line);
	const char *text = all;
	bool own = fold_is_own(line), cut;
	struct fold_item *it = fold_running_tool(f, id, own);
	AUTO_FREE char *diff = NULL;
	size_t n;

	if (it == NULL && fold_is_told(name) && json_bool(line, "ok", false))
		return;
	if (it == NULL) {
		it = fold_item_add(f, ITEM_TOOL, name, NULL);
		it->name = xstrdup(name);
		it->call_id = xstrdup(id);
		it->own = own;
	}
	it->running = false;
	it->result_seq = f->seq;
	it->kept = json_get(line, "out") != NULL;
	it->rev++;
	it->ok = json_bool(line, "ok", false);
	free(it->text);
	diff = json_get_bytes(line, "diff", &n);
	cut = trim_has(line, "diff") || trim_has(line, "diff_b64");
	it->diff = diff != NULL || cut;
	it->text_dropped = it->diff ? cut : trim_has(line, "text");
	it->text = it->text_dropped ? NULL : fold_text_cut(it->diff ? diff :
	    text);
	f->texts.len += it->text_dropped ? 0 : strlen(it->text);
	FREE_SET(it->summary, fold_result_summary(line, it->ok));
	/* A client that wasn't there while it ran sees what the model got, but
	 * for the line that the summary is about. */
	if (strncmp(text, "exit status ", 12) == 0)
		text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
	if (fold_is_command(it->name) && f->output.text.len == 0)
		fold_output_add(f, text, strlen(text));
	if (fold_is_command(it->name))
		fold_output_end(f, line, it->ok);
}

/* Append " with 1 of 2 hunks": what the check of an early choice ran on. */
static void
fold_check_add_choice(const struct fold *f, struct buf *b)
{
	const struct fold_proposal *p = f->proposal;
	size_t i, j, n = 0;

	for (i = 0; i < p->files_len; i++)
		for (j = 0; j < p->files[i].hunks_len; j++)
			n += p->files[i].hunks[j].mark == MARK_YES;
	buf_addf(b, " with %zu of %d hunk%s", n, fold_hunks(p),
	    fold_hunks(p) == 1 ? "" : "s");
}

static void
fold_evidence_done(struct fold *f, const cJSON *line)
{
	struct fold_evidence *ev = &f->evidence;
	AUTO_BUF struct buf title = BUF_INIT(0);
	const char *text = json_str_or(line, "text", "");
	AUTO_FREE char *how = NULL;
	bool early = fold_check_is_early(f);

	ev->known = true;
	ev->seq = json_int(line, "seq", 0);
	ev->stale = ev->past = false;
	ev->decided = true;
	ev->running = false;
	ev->returned = fold_int(line, "returned", ev->returned);
	ev->exit = fold_int(line, "exit", -1);
	xstrset(&ev->killed, json_str(line, "killed"));
	if (!fold_check_is_partial(ev))
		xstrset(&ev->whole, fold_not_run(ev->killed) ? NULL :
		    ev->exit == 0 ? "passed" : "failed");
	xstrset(&ev->limit, json_str(line, "limit"));
	xstrset(&ev->met, json_str(line, "met"));
	xstrset(&ev->words, json_str(line, "words"));
	how = fold_result_summary(line, ev->exit == 0);
	buf_adds(&title, "check");
	if (early)
		fold_check_add_choice(f, &title);
	buf_addf(&title, "%s: %s %s", !early && fold_check_is_partial(ev) ?
	    " of the accepted hunks" : "",
	    ev->command == NULL ? "?" : ev->command, how == NULL ? "" : how);
	/* What fails may need the rest: no alarm. */
	if (ev->words != NULL && !(early && ev->exit != 0))
		buf_addf(&title, ": %s", ev->words);
	fold_item_add(f, ITEM_EVIDENCE, buf_str(&title), NULL)->ok =
	    ev->exit == 0 || early;
	if (f->output.text.len == 0)
		fold_output_add(f, text, strlen(text));
	fold_output_end(f, line, ev->exit == 0);
}

/* The result of another command says nothing about this one. */
void
fold_check_becomes(struct fold *f, const char *command)
{
	if (f->evidence.command != NULL && command != NULL &&
	    strcmp(f->evidence.command, command) != 0) {
		f->evidence.known = false;
		FREE_NULL(f->evidence.whole);
	}
}

const char *
fold_check_result(const struct fold_evidence *e)
{
	return !e->known || fold_not_run(e->killed) ? "not run" :
	    e->killed != NULL ? "stopped at a limit" :
	    e->exit == 0 ? "passed" :
	    e->met != NULL ? "failed at a limit" : "failed";
}

const char *
fold_check_state(const struct fold_evidence *e)
{
	return e->running ? "running" : e->known && e->stale ? "stale" :
	    fold_check_result(e);
}

bool
fold_check_has_run(const struct fold_evidence *e)
{
	return e->known && !e->past;
}

bool
fold_check_has_why(const struct fold *f)
{
	const struct fold_evidence *e = &f->evidence;

	return fold_check_has_run(e) && !e->running && !e->stale &&
	    e->exit != 0 && f->output.seq == e->seq && !f->output.running &&
	    f->output.text.len > 0;
}

bool
fold_check_is_partial(const struct fold_evidence *e)
{
	return e->where != NULL && strcmp(e->where, "accepted") == 0;
}

bool
fold_check_is_early(const struct fold *f)
{
	return fold_check_is_partial(&f->evidence) &&
	    fold_undecided(f->proposal) > 0;
}

/* The last result is of the text before the undo: the check hasn't run since, nor
 * on what else was written. */
const char *
fold_check_since(const struct fold *f)
{
	const struct fold_change *c = f->changes_len == 0 ? NULL :
	    &f->changes[f->changes_len - 1], *at;

	if (!f->evidence.stale || c == NULL || c->undoes == 0 ||
	    c->seq < f->evidence.seq)
		return "";
	for (at = c; at > f->changes && at->seq > f->evidence.stale_seq; at--)
		if (at->undoes == 0)
			return " on what was written since";
	return c->is_redo ? " since the redo" : " since the undo";
}

void
fold_add_check(struct buf *b, const struct fold *f)
{
	const struct fold_evidence *e = &f->evidence;
	const char *since = fold_check_since(f);

	buf_adds(b, fold_check_result(e));
	if (e->stale && e->known && !fold_not_run(e->killed))
		buf_addf(b, " before; not run%s", since[0] == '\0' ?
		    " since" : since);
}

static void
fold_check_stale(struct fold *f)
{
	if (!f->evidence.stale)
		f->evidence.stale_seq = f->seq;
	f->evidence.stale = true;
}

void
fold_check_stopped(struct fold *f)
{
	if (!f->evidence.running)
		return;
	fold_check_stale(f);
	f->shown_seq = f->seq;	/* a note is otherwise aside */
	f->evidence.running = f->output.running = false;
	xstrset(&f->output.end, "stopped");
	f->output.made++;
}

void
fold_on_evidence(struct fold *f, const cJSON *line)
{
	const char *status = json_str_or(line, "status", "");
	struct fold_evidence *ev = &f->evidence;
	AUTO_FREE char *title = NULL;

	if (strcmp(status, "stale") == 0) {
		fold_check_stale(f);
		if (!json_is(line, "where", "accepted"))
			FREE_NULL(ev->whole);
		if (json_bool(line, "stopped", false))
			fold_check_stopped(f);
		return;
	}
	if (strcmp(status, "valid") == 0)
		ev->stale = false;
	if (strcmp(status, "running") != 0 && strcmp(status, "done") != 0)
		return;
	if (json_str(line, "command") != NULL)
		xstrset(&ev->command, json_str(line, "command"));
	if (json_str(line, "check_by") != NULL)
		xstrset(&ev->by, json_str(line, "check_by"));
	if (json_str(line, "where") != NULL)
		xstrset(&ev->where, json_str(line, "where"));
	if (strcmp(status, "done") == 0) {
		fold_evidence_done(f, line);
		return;
	}
	ev->running = true;
	if (!fold_check_is_partial(ev))
		FREE_NULL(ev->whole);
	title = xasprintf("check: %s", ev->command == NULL ? "?" : ev->command);
	fold_output_start(f, title, false);
}

/* The command of --require. */
void
fold_on_require(struct fold *f, const cJSON *line)
{
	bool ok = fold_int(line, "exit", -1) == 0;
	const char *text = json_str_or(line, "text", "");
	bool running = json_is(line, "status", "running");
	AUTO_FREE char *how = running ? NULL : fold_result_summary(line, ok);
	AUTO_FREE char *title = xasprintf("required: %s%s%s", json_str_or(line,
	    "command", "?"), how == NULL ? "" : " ", how == NULL ? "" : how);

	if (running)
		fold_output_start(f, title, false);
	else if (json_is(line, "status", "done")) {
		fold_item_add(f, ITEM_EVIDENCE, title, ok ? NULL : text)->ok =
		    ok;
		if (f->output.text.len == 0)
			fold_output_add(f, text, strlen(text));
		fold_output_end(f, line, ok);
	} else if (f->output.running) {
		f->output.running = false;
		xstrset(&f->output.end, "stopped");
		f->output.made++;
	}
}

void
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
