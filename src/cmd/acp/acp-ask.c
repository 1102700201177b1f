/*
 * What a client is shown of a session: each line of the journal, pieces of the
 * model's text as they come, and each change.  And what it is asked, one
 * question at a time: commands and hosts, limits, the plan, and each file of a
 * proposal. An answer counts only for what was asked, in the version that was
 * sent; all others are dropped.
 */

#include "config.h"

#include "cmd/acp/acp.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "client/offer.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "review/review.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"
#include "tool/tool.h"

#define ACP_SIDE_MAX	((int64_t)1 << 20)	/* of a file in a diff */

#define ACP_RESULT_MAX	((size_t)32 << 10)	/* of a tool's result */

void
acp_update_take(struct acp_session *s, const char *kind, cJSON *update)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(update, "sessionUpdate", kind);
	json_add_str(o, "sessionId", s->client.session);
	json_set_take(o, "update", update);
	(void)rpc_ask_take(s->acp->rpc, ACP_UPDATE, o, 0, NULL, NULL);
}

static cJSON *
acp_update_text(const char *text, size_t n)
{
	cJSON *o = JSON_TEXTS("type", "text");

	json_add_strn(o, "text", text, n);
	return o;
}

/* {"type":"content",...} with this text. The client reads Markdown: in a fence,
 * the text can't draw a link or a heading. */
static cJSON *
acp_update_content(const char *text, size_t n)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *fence = NULL;
	size_t i, run = 0, most = 2;

	for (i = 0; i < n; i++) {
		run = text[i] == '`' ? run + 1 : 0;
		most = run > most ? run : most;
	}
	fence = xcalloc(most + 2, 1);
	memset(fence, '`', most + 1);
	buf_addf(&b, "%s\n", fence);
	sanitize_add(&b, text, n, SANITIZE_LINES);
	buf_addf(&b, "%s%s", n > 0 && text[n - 1] == '\n' ? "" : "\n", fence);
	json_add_str(o, "type", "content");
	json_set_take(o, "content", acp_update_text(buf_str(&b), b.len));
	return o;
}

static void
acp_update_chunk(struct acp_session *s, const char *kind, const char *text,
    size_t n)
{
	cJSON *o;

	if (n == 0)
		return;
	o = cJSON_CreateObject();
	json_set_take(o, "content", acp_update_text(text, n));
	acp_update_take(s, kind, o);
}

void
acp_update_say(struct acp_session *s, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL, *shown = NULL, *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	shown = sanitize_dup(text, 0);
	line = xasprintf("\n\n[assent] %s\n\n", shown);
	acp_update_chunk(s, ACP_TEXT, line, strlen(line));
}

/* The state of a tool call, with a text or NULL. */
static void
acp_update_call(struct acp_session *s, const char *call, const char *status,
    const char *text)
{
	cJSON *o = JSON_TEXTS("toolCallId", call, "status", status), *list;

	if (text != NULL) {
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, acp_update_content(text,
		    strlen(text)));
		json_set_take(o, "content", list);
	}
	acp_update_take(s, ACP_CALL_MORE, o);
}

#define ACP_REGULAR	0100000u
#define ACP_TYPE	0170000u

static bool
acp_change_is_open(const struct fold_file *f)
{
	MEM_EACH(f, hunks, h)
		if (h->mark == MARK_NONE && !h->decided)
			return true;
	return false;
}

/* Why the client can't decide about the file; NULL: it can. */
static const char *
acp_change_barred(const struct fold_file *f)
{
	MEM_EACH(f, hunks, h) {
		if (h->overwrites)
			return "it overwrites newer lines of yours";
		/* All of the proposed file would be shown. */
		if (h->mark != MARK_NONE || h->decided)
			return "partly decided elsewhere";
	}
	return fold_note_alone(f);
}

static bool
acp_change_is_text(const struct fold_side *side)
{
	return !side->exists || ((side->mode & ACP_TYPE) == ACP_REGULAR &&
	    side->size <= ACP_SIDE_MAX);
}

/* Can it be shown as two texts? */
static bool
acp_change_has_texts(const struct fold_file *f)
{
	return !f->binary && acp_change_is_text(&f->before) &&
	    acp_change_is_text(&f->after);
}

/* The file on the disk; -1 if it can't be shown as text. */
static int
acp_change_old(const struct acp_session *s, const struct fold_file *f,
    struct buf *b)
{
	const char *path = f->from_bytes != NULL ? f->from_bytes :
	    f->path_bytes;
	AUTO_CLOSE int root = open(s->fold->root, O_PATH | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_CLOSE int fd = root < 0 ? -1 : fs_open_regular(root, path);
	struct encoding c = { .name = "" };

	if (f->encoding != NULL)
		snprintf(c.name, sizeof(c.name), "%s", f->encoding);
	return fd < 0 || fs_read_all(fd, b) < 0 || (f->encoding != NULL &&
	    encoding_decode_in_place(&c, b, NULL) < 0) ||
	    memchr(buf_str(b), '\0', b->len) != NULL ||
	    !utf8_is_valid(buf_str(b), b->len) ? -1 : 0;
}

/* {"type":"diff"} from one text to the other. */
static cJSON *
acp_change_texts(const struct acp_session *s, const struct fold_file *f,
    const struct buf *old, const char *new, size_t n)
{
	AUTO_FREE char *full = fs_join(s->fold->root, f->path);
	cJSON *o = JSON_TEXTS("type", "diff", "path", full);

	if (f->before.exists)
		json_add_strn(o, "oldText", buf_str(old), old->len);
	else
		json_set_take(o, "oldText", cJSON_CreateNull());
	json_add_strn(o, "newText", new, n);
	return o;
}

/* The diff from the file on the disk, or NULL. */
static cJSON *
acp_change_diff(const struct acp_session *s, const struct fold_file *f,
    const char *text, size_t n)
{
	AUTO_BUF struct buf old = BUF_INIT((size_t)ACP_SIDE_MAX);

	if (text == NULL || memchr(text, '\0', n) != NULL ||
	    !utf8_is_valid(text, n) ||
	    (f->before.exists && acp_change_old(s, f, &old) < 0))
		return NULL;
	return acp_change_texts(s, f, &old, text, f->after.exists ? n : 0);
}

/* What has no two texts: its kind, or its hunks. */
static cJSON *
acp_change_words(const struct fold_file *f)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	buf_addf(&b, "%s\n", f->status);
	if (f->binary)
		buf_addf(&b, "%s %s\n", f->lacks, f->kind);
	for (i = 0; i < f->hunks_len && b.len < (size_t)ACP_SIDE_MAX; i++)
		buf_add(&b, f->hunks[i].text, f->hunks[i].text_len);
	return acp_update_content(buf_str(&b), b.len);
}

static void
acp_change_title(struct buf *b, const struct fold_file *f)
{
	int added = 0, removed = 0;

	MEM_EACH(f, hunks, h) {
		added += h->added;
		removed += h->removed;
	}
	buf_addf(b, "%s ", strcmp(f->status, "added") == 0 ? "Create" :
	    strcmp(f->status, "deleted") == 0 ? "Delete" :
	    f->from != NULL ? "Rename" : "Change");
	fold_add_names(b, f->from, f->path);
	if (!f->binary)
		buf_addf(b, " (+%d -%d)", added, removed);
	if ((f->after.mode & 0111) != 0 && (f->before.mode & 0111) == 0)
		buf_adds(b, ", executable");
}

/* Add a line of content. */
static void
acp_change_say(cJSON *list, const char *text)
{
	cJSON_AddItemToArray(list, acp_update_content(text, strlen(text)));
}

/* The id of its call in this version of the proposal, malloc'ed. */
static char *
acp_change_id(const struct fold_proposal *p, const struct fold_file *f)
{
	return xasprintf("change-%lld.%d.%zu", (long long)p->id, p->version,
	    (size_t)(f - p->files));
}

static cJSON *
acp_update_location(const struct acp_session *s, const char *path)
{
	cJSON *list = cJSON_CreateArray(), *o = cJSON_CreateObject();
	AUTO_FREE char *full = path[0] == '/' ? xstrdup(path) :
	    fs_join(s->fold->root == NULL ? "/" : s->fold->root, path);

	json_add_str(o, "path", full);
	cJSON_AddItemToArray(list, o);
	return list;
}

static cJSON *
acp_change_new(const struct acp_session *s, const struct fold_file *f,
    const char *call, const char *status, cJSON *content_take)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_BUF struct buf title = BUF_INIT(0);

	acp_change_title(&title, f);
	JSON_ADD_TEXTS(o, "toolCallId", call, "title", buf_str(&title),
	    "kind", strcmp(f->status, "deleted") == 0 ? "delete" : f->from !=
	    NULL ? "move" : "edit", "status", status);
	json_set_take(o, "content", content_take);
	json_set_take(o, "locations", acp_update_location(s, f->path));
	return o;
}

/* A tool call; `text` is the proposed content or NULL: its hunks are shown. */
static cJSON *
acp_change_call(const struct acp_session *s, const struct fold_file *f,
    const char *call, const char *text, size_t n)
{
	cJSON *list = cJSON_CreateArray(), *diff;

	diff = acp_change_diff(s, f, text, n);
	cJSON_AddItemToArray(list, diff != NULL ? diff : acp_change_words(f));
	MEM_EACH(f, notes, it) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		fold_add_note(&b, it);
		acp_change_say(list, buf_str(&b));
	}
	return acp_change_new(s, f, call, "pending", list);
}

/* ---- what was asked before, in a session that is loaded ---- */

/* Add a hunk's lines, since neither file is there any more, if they are text. */
static void
acp_change_add(cJSON *list, const struct acp_session *s,
    const struct fold_file *f, const char *text, size_t len)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	AUTO_FREE struct hunk_line *v = NULL;
	size_t i, n;

	if (len == 0 || len > (size_t)ACP_SIDE_MAX ||
	    memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len)) {
		if (f->binary)
			cJSON_AddItemToArray(list, acp_change_words(f));
		return;
	}
	n = hunk_text_cut(text, len, &v);
	for (i = 0; i < n; i++) {
		if (v[i].sign != '+')
			buf_add(&old, v[i].p + 1, v[i].bytes);
		if (v[i].sign != '-')
			buf_add(&new, v[i].p + 1, v[i].bytes);
	}
	cJSON_AddItemToArray(list, acp_change_texts(s, f, &old, buf_str(&new),
	    new.len));
}

/* "accepted", "rejected: too loud"; malloc'ed. */
static char *
acp_change_outcome(const struct ev_decided_hunk *h, const char *rule)
{
	const char *word = ev_str(h->word, "");

	if (ev_is(h->decision, "no"))
		return xasprintf("rejected%s%s", word[0] == '\0' ? "" : ": ",
		    word);
	return rule != NULL ? xasprintf("accepted by the rule %s", rule) :
	    xstrdup(ev_is(h->decision, "edited") ? "accepted as edited" :
	    "accepted");
}

/* A call with what a decision says about a file, by this rule or NULL.
 * *accepted: some hunks are to be written. */
static cJSON *
acp_change_decided(const struct acp_session *s, const struct fold_file *f,
    const char *call, const struct ev_decided_file *decided, const char *rule,
    bool *accepted)
{
	cJSON *list = cJSON_CreateArray();
	AUTO_FREE char *outcome = NULL;

	*accepted = false;
	MEM_EACH(decided, hunks, it) {
		const struct fold_hunk *h;
		AUTO_FREE char *now = NULL;

		if (fold_find_hunk(s->fold, it->id, &h) != f)
			continue;
		now = acp_change_outcome(it, rule);
		/* Said once, after the last hunk that it is about. */
		if (outcome != NULL && strcmp(outcome, now) != 0)
			acp_change_say(list, outcome);
		xstrset(&outcome, now);
		if (it->edit.p != NULL)
			acp_change_add(list, s, f, it->edit.p, it->edit.len);
		else
			acp_change_add(list, s, f, h->text, h->text_len);
		*accepted = *accepted || !ev_is(it->decision, "no");
	}
	if (outcome != NULL)
		acp_change_say(list, outcome);
	return acp_change_new(s, f, call, *accepted ? "in_progress" : "failed",
	    list);
}

/* The same with the hunks that are open. */
static cJSON *
acp_change_open(const struct acp_session *s, const struct fold_file *f,
    const char *call)
{
	cJSON *list = cJSON_CreateArray();

	MEM_EACH(f, hunks, h) {
		if (h->mark != MARK_NONE || h->decided)
			continue;
		acp_change_add(list, s, f, h->text, h->text_len);
	}
	acp_change_say(list, "open");
	return acp_change_new(s, f, call, "pending", list);
}

/* ---- the model's text ---- */

/* The text so far, or all of it: send what wasn't sent. */
static void
acp_update_whole(struct acp_session *s, struct buf *sent, const char *kind,
    const char *text)
{
	size_t n = strlen(text), have = sent->len;

	if (n < have || memcmp(text, buf_str(sent), have) != 0) {
		/* Another attempt at the answer. */
		acp_update_chunk(s, kind, "\n\n", 2);
		have = 0;
	}
	acp_update_chunk(s, kind, text + have, n - have);
	buf_clear(sent);
	buf_add(sent, text, n);
}

static void
acp_update_delta(struct acp_session *s, const struct event *l)
{
	bool thinks = ev_is(l->delta.kind, "thinking");
	const char *kind = thinks ? ACP_THOUGHT : ACP_TEXT;
	const struct ev_bytes *text = &l->delta.text;
	struct buf *sent = thinks ? &s->thinking : &s->text;

	if (text->p == NULL || (!thinks && !ev_is(l->delta.kind, "text")))
		return;
	if (l->delta.at.is && l->delta.at.n == 0) {
		acp_update_whole(s, sent, kind, text->p);
		return;
	}
	acp_update_chunk(s, kind, text->p, text->len);
	buf_add(sent, text->p, text->len);
}

static void
acp_update_answer(struct acp_session *s, const struct event *l)
{
	const struct ev_assistant_message *m = &l->assistant_message;
	const char *text = ev_str(m->text, "");

	if (ev_str(m->thinking, "")[0] != '\0')
		acp_update_whole(s, &s->thinking, ACP_THOUGHT,
		    m->thinking);
	if (text[0] != '\0')
		acp_update_whole(s, &s->text, ACP_TEXT, text);
	xstrset(&s->said, text);
	s->denied = 0;
	s->refused = ev_is(m->stop, "refusal") ||
	    ev_is(m->stop, "content_filter");
	buf_clear(&s->text);
	buf_clear(&s->thinking);
}

/* ---- tools ---- */

/* The id of a call that has an item: a provider may repeat its ids, so this one
 * has the line's number. NULL: a plan, a step or the end, which is shown as what
 * it causes, or a call that began with its result, since it never ran. */
static char *
acp_update_id(const struct acp_session *s, const char *id)
{
	MEM_EACH_BACK(s->fold, items, it)
		if (it->kind == ITEM_TOOL && it->seq != it->result_seq &&
		    id != NULL && ev_is(it->call_id, id))
			return xasprintf("call-%lld", (long long)it->seq);
	return NULL;
}

static void
acp_update_tool(struct acp_session *s, const struct event *l)
{
	const struct ev_tool_call *call = &l->tool_call;
	const char *name = ev_str(call->name, "");
	const char *path = json_str(call->args, "path");
	const struct tool_entry *tool = tool_find(name);
	AUTO_FREE char *id = acp_update_id(s, call->id);
	AUTO_FREE char *title = sanitize_dup(ev_str(call->title, name), 0);
	cJSON *o;

	if (id == NULL)
		return;
	o = JSON_TEXTS("toolCallId", id,
	    "title", title[0] == '\0' ? name : title,
	    "kind", tool == NULL || tool->acp == NULL ? "other" : tool->acp,
	    "status", "in_progress");
	json_copy(o, "rawInput", call->args);
	if (path != NULL)
		json_set_take(o, "locations", acp_update_location(s, path));
	acp_update_take(s, ACP_CALL, o);
}

static void
acp_update_result(struct acp_session *s, const struct event *l)
{
	const struct ev_tool_result *r = &l->tool_result;
	const char *text = ev_str(r->text, "");
	AUTO_FREE char *id = acp_update_id(s, r->id);
	AUTO_FREE char *cut = NULL;
	size_t n = utf8_cut(text, strlen(text), ACP_RESULT_MAX);

	if (id == NULL)
		return;
	cut = text[n] == '\0' ? xstrdup(text) :
	    xasprintf("%.*s\n... (assent log has all of it)", (int)n, text);
	acp_update_call(s, id, r->ok ? "completed" : "failed",
	    cut[0] == '\0' ? NULL : cut);
}

/* ---- hooks ---- */

/* What the user's hook objected to, or that it failed. The result of a tool
 * call has those of its own hooks. */
static void
acp_update_hook(struct acp_session *s, const struct event *l)
{
	const struct ev_hook *h = &l->hook;
	bool denied = ev_is(h->event, "before_apply") &&
	    !ev_is(h->decision, "allow");

	if (!s->client.live || !ev_is(h->status, "done"))
		return;
	if (!h->ok.on)
		acp_update_say(s, "Your hook %s failed: %s", h->name,
		    ev_str(h->error, "?"));
	else if (denied)
		acp_update_say(s, "Nothing was written: your hook %s doesn't "
		    "allow it: %s", h->name, ev_str(h->reason,
		    "it gave no reason"));
	s->denied += denied;
}

/* ---- the rest ---- */

static void
acp_update_plan(struct acp_session *s, const struct event *l UNUSED)
{
	const struct fold_plan *p = &s->fold->plan;
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	bool first = p->status == FOLD_PLAN_APPROVED;

	MEM_EACH(p, steps, step) {
		it = JSON_TEXTS("content", step->title, "priority", "medium",
		    "status", step->state != FOLD_STEP_OPEN ? "completed" :
		    first ? "in_progress" : "pending");
		if (step->state == FOLD_STEP_OPEN)
			first = false;
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "entries", list);
	acp_update_take(s, ACP_PLAN, o);
}

static void
acp_update_remember(struct pathmap *calls, const char *path, const char *id)
{
	struct acp_call *c = pathmap_add(calls, path, sizeof(*c));

	snprintf(c->id, sizeof(c->id), "%s", id);
}

/* A decision in a session that is loaded: what was asked, and the answer. */
static void
acp_update_decision(struct acp_session *s, const struct event *l)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct ev_decision *d = &l->decision;

	if (s->client.live || p == NULL || p->id != d->proposal)
		return;
	MEM_EACH(d, files, it) {
		const char *path = it->path_bytes;
		const struct fold_file *f = path == NULL ? NULL :
		    fold_find_file(s->fold, path);
		AUTO_FREE char *id = NULL;
		bool accepted;

		if (f == NULL)
			continue;
		id = acp_change_id(p, f);
		acp_update_take(s, ACP_CALL, acp_change_decided(s, f, id,
		    it, d->rule, &accepted));
		if (accepted)
			acp_update_remember(&s->calls, path, id);
	}
}

/* The rest of the changes that aren't written yet. */
static void
acp_update_settle(struct acp_session *s, const char *status, const char *text)
{
	PATHMAP_EACH(&s->calls, acp_call, c)
		acp_update_call(s, c->id, status, text);
	pathmap_release(&s->calls);
}

/* Changes that the client was asked about: are they written? */
static void
acp_update_applied(struct acp_session *s, const struct event *l)
{
	struct acp_call *c;

	MEM_EACH(&l->applied, ops, op) {
		c = op->path_bytes == NULL ? NULL : pathmap_find(&s->calls,
		    op->path_bytes);
		if (c == NULL)
			continue;
		if (op->ok) {
			acp_update_call(s, c->id, "completed", NULL);
			pathmap_remove(&s->calls, op->path_bytes);
		} else
			s->unwritten = true;
	}
	/* If the rename wasn't written, the file was written under its old
	 * name. */
	if (!s->client.live)
		acp_update_settle(s, "completed", NULL);
}

static void
acp_update_user(struct acp_session *s, const struct event *l)
{
	const char *text = l->user_message.text;

	if (text != NULL && !ev_is(l->by, "core") && (!s->client.live ||
	    !ev_is(l->user_message.client, s->acp->client)))
		acp_update_chunk(s, "user_message_chunk", text, strlen(text));
}

static void
acp_update_mode(struct acp_session *s, const struct event *l)
{
	cJSON *o;

	if (!s->client.live || l->mode.approve == NULL)
		return;
	o = JSON_TEXTS("currentModeId", l->mode.approve);
	acp_update_take(s, ACP_MODE, o);
}

static void
acp_update_end(struct acp_session *s, const struct event *l)
{
	const char *summary = l->agent_end.summary;

	if (summary != NULL && !ev_is(s->said, summary))
		acp_update_chunk(s, ACP_TEXT, summary,
		    strlen(summary));
	FREE_NULL(s->said);
}

/* All its lines came: show the calls for what is open. */
static void
acp_update_loaded(struct acp_session *s, const struct event *l UNUSED)
{
	const struct fold_proposal *p = s->fold->proposal;
	bool writes = false;
	size_t i;

	if (!s->loads || s->opens == NULL)
		return;
	for (i = 0; p != NULL && i < p->hunks_len; i++)
		writes = writes || p->hunks[i].hunk->decided;
	if (!writes)
		acp_update_settle(s, "failed", "not written");
	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		AUTO_FREE char *id = acp_change_id(p, f);

		if (!acp_change_is_open(f))
			continue;
		acp_update_take(s, ACP_CALL, acp_change_open(s, f, id));
		acp_update_remember(&s->shown, f->path_bytes, id);
	}
}

/* An editor that accepts every question must not be asked for ever. */
#define ACP_DENIED_MAX	2
#define ACP_OUT_OF_DATE	"out of date: it changed, or was decided elsewhere"

static const struct acp_option acp_change[] = {
	{ "accept", "Accept", true, ACTION_ACCEPT },
	{ "reject", "Reject", false, ACTION_REJECT },
	{ .id = NULL },
};
static const struct acp_option acp_allow[] = {
	{ "accept", "Allow once", true, ACTION_ALLOW },
	{ "reject", "Don't allow", false, ACTION_FORBID },
	{ .id = NULL },
};
static const struct acp_option acp_decline[] = {
	{ "reject", "Decline (assent resume can answer)", false,
	    ACTION_FORBID },
	{ .id = NULL },
};
static const struct acp_option acp_plan[] = {
	{ "accept", "Approve the plan", true, ACTION_PLAN_APPROVE },
	{ "reject", "Don't: I'll say what to change", false, ACTION_NONE },
	{ .id = NULL },
};
static const struct acp_option acp_write[] = {
	{ "accept", "Write", true, ACTION_SEND },
	{ "reject", "Don't write", false, ACTION_NONE },
	{ .id = NULL },
};
static const struct acp_option acp_service[] = {
	{ "accept", "Wait until then", true, ACTION_WAIT },
	{ "reject", "Stop", false, ACTION_STOP },
	{ .id = NULL },
};
static const struct acp_option acp_pause[] = {
	{ "accept", "Extend the limit", true, ACTION_EXTEND },
	{ "wrap", "Wrap up", false, ACTION_WRAP },
	{ "reject", "Stop", false, ACTION_STOP },
	{ .id = NULL },
};

/* Is the change still open, in the same version? */
bool
acp_ask_stands(void *arg)
{
	const struct acp_session *s = arg;
	const struct acp_ask *a = s->ask;
	const struct fold_file *file = a->path == NULL ? NULL :
	    fold_find_file(s->fold, a->path);

	return a->version == 0 || (s->fold->proposal->version == a->version &&
	    (a->path == NULL || (file != NULL && acp_change_is_open(file) &&
	    acp_change_barred(file) == NULL)));
}

static void
acp_ask_free(struct acp_ask *a)
{
	FREE_ALL(a->call, a->path, a);
}

void
acp_ask_forget(struct acp_session *s)
{
	struct acp_ask *a = s->ask;

	client_ask(&s->client, REVIEW_NOTHING);
	if (a == NULL)
		return;
	s->ask = NULL;
	a->session = NULL;
	if (!a->fetched)
		acp_ask_free(a);
}

void
acp_ask_closed(void *arg)
{
	struct acp_session *s = arg;

	if (s->ask->fetched)
		acp_update_call(s, s->ask->call, "failed", ACP_OUT_OF_DATE);
	acp_ask_forget(s);
}

static struct acp_ask *
acp_ask_new(struct acp_session *s, enum review_wait kind, char *call_take)
{
	struct acp_ask *a = xcalloc(1, sizeof(*a));

	a->session = s;
	a->call = call_take;
	s->ask = a;
	client_ask(&s->client, kind);
	return a;
}

/* ---- answers ---- */

static void
acp_ask_mark(struct acp_session *s, const struct acp_ask *a, bool yes)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct fold_file *f = fold_find_file(s->fold, a->path);
	cJSON *list = cJSON_CreateArray();
	struct acp_call *c;
	size_t i;

	/* assent can't know what the editor has shown. */
	for (i = 0; f != NULL && i < f->hunks_len; i++) {
		cJSON_AddItemToArray(list, command_mark(p, f->hunks[i].id, yes ?
		    "yes" : "no", false, NULL));
		seen_get(&s->client.review, f->hunks[i].id,
		    f->hunks[i].text_len)->answered = true;
	}
	acp_session_send_take(s, command_marks(p, COMMAND_EXACT, list));
	s->did_marks++;
	if (yes) {
		c = pathmap_add(&s->calls, a->path, sizeof(*c));
		/* It was accepted in a version that isn't open any more. */
		if (c->id[0] != '\0')
			acp_update_call(s, c->id, "failed", ACP_OUT_OF_DATE);
		snprintf(c->id, sizeof(c->id), "%s", a->call);
	}
	acp_update_call(s, a->call, yes ? "in_progress" : "failed",
	    yes ? NULL : "rejected");
}

static void
acp_ask_take(struct acp_session *s, const struct acp_ask *a,
    const struct acp_option *option)
{
	cJSON *o;

	if (a->path != NULL) {
		acp_ask_mark(s, a, option->yes);
		return;
	}
	o = offer_command(&s->client.review, option->action, NULL);
	/* assent can't know what the editor has shown. */
	if (option->action == ACTION_FORBID)
		json_add_bool(o, "seen", false);
	if (o != NULL)
		acp_session_send_take(s, o);
	acp_update_call(s, a->call, option->yes ? "completed" : "failed", NULL);
	/* It stays open: the next prompt returns the plan. */
	if (o == NULL)
		acp_session_stop(s, ACP_END_TURN);
}

static void
acp_ask_answered(void *arg, const cJSON *result,
    const struct rpc_failure *failure)
{
	struct acp_ask *a = arg;
	struct acp_session *s = a->session;
	const cJSON *outcome = json_get(result, "outcome");
	const struct acp_option *option = a->options;

	if (s != NULL && (failure == NULL || failure->code != RPC_CLOSED) &&
	    client_stands(&s->client)) {
		while (option->id != NULL && !json_is(outcome, "optionId",
		    option->id))
			option++;
		if (option->id != NULL && json_is(outcome, "outcome",
		    "selected"))
			acp_ask_take(s, a, option);
		else {
			/* Nothing is decided, and nobody will. */
			acp_update_call(s, a->call, "failed", "not decided");
			acp_session_cancel(s);
		}
	}
	if (a->session != NULL)
		acp_ask_forget(s);
	acp_ask_free(a);
	if (s != NULL)
		acp_ask(s);
}

/* ---- questions ---- */

static void
acp_ask_send(struct acp_session *s, struct acp_ask *a, cJSON *call_take,
    const struct acp_option *options)
{
	cJSON *o = JSON_TEXTS("sessionId", s->client.session);
	cJSON *list = cJSON_CreateArray();

	a->options = options;
	acp_update_take(s, ACP_CALL, cJSON_Duplicate(call_take, 1));
	json_set_take(o, "toolCall", call_take);
	for (; options->id != NULL; options++)
		cJSON_AddItemToArray(list, JSON_TEXTS("optionId", options->id,
		    "name", options->name,
		    "kind", options->yes ? ACP_ALLOW_ONCE : ACP_REJECT_ONCE));
	json_set_take(o, "options", list);
	a->fetched = true;
	if (rpc_ask_take(s->acp->rpc, ACP_PERMISSION, o, 0,
	    acp_ask_answered, a) == 0) {
		a->fetched = false;
		acp_ask_forget(s);
		acp_update_say(s, "Too many questions wait for an answer of "
		    "your editor. This one is open: assent resume %s",
		    s->client.session);
	}
}

/* A tool call for a question without a file. */
static cJSON *
acp_ask_call(const struct acp_ask *a, const char *title, const char *kind,
    const char *text)
{
	cJSON *o = cJSON_CreateObject(), *list;
	AUTO_FREE char *shown = sanitize_dup(title, 0);

	JSON_ADD_TEXTS(o, "toolCallId", a->call, "title", shown, "kind", kind,
	    "status", "pending");
	if (text != NULL && text[0] != '\0') {
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, acp_update_content(text,
		    strlen(text)));
		json_set_take(o, "content", list);
	}
	return o;
}

static void
acp_ask_question(struct acp_session *s, enum review_wait kind)
{
	const struct fold *f = s->fold;
	AUTO_BUF struct buf title = BUF_INIT(0), text = BUF_INIT(0);
	const struct acp_option *options = acp_plan;
	const char *does = "switch_mode";
	struct acp_ask *a;
	char *call;

	if (kind == REVIEW_ASK) {
		call = xasprintf("ask-%lld", (long long)f->seq);
		buf_addf(&title, "%s %s", f->ask.why, f->ask.command);
		buf_adds(&text, f->ask.text);
		does = f->ask.kind == ASK_HOST ? "fetch" : "execute";
		options = f->ask.given != NULL ? acp_decline : acp_allow;
	} else if (kind == REVIEW_LIMIT) {
		call = xasprintf("limit-%lld", (long long)f->pause->seq);
		fold_pause_words(f, &title, NULL, NULL);
		does = "other";
		options = fold_pause_until(f) > 0 ? acp_service : acp_pause;
	} else {
		call = xasprintf("plan-%d", f->plan.version);
		buf_addf(&title, "Plan: %s", f->plan.goal == NULL ? "" :
		    f->plan.goal);
		fold_plan_rows(&f->plan, &text);
	}
	a = acp_ask_new(s, kind, call);
	acp_ask_send(s, a, acp_ask_call(a, buf_str(&title), does,
	    buf_str(&text)), options);
}

/* ---- files ---- */

static bool
acp_ask_is_new(const struct acp_session *s, const char *path)
{
	return pathmap_find(&s->did_files, path) == NULL;
}

static void
acp_ask_change(struct acp_session *s, const struct fold_file *f)
{
	const struct fold_proposal *p = s->fold->proposal;
	const struct acp_call *shown = pathmap_find(&s->shown, f->path_bytes);
	struct acp_ask *a = acp_ask_new(s, REVIEW_DIFF, shown != NULL ?
	    xstrdup(shown->id) : acp_change_id(p, f));
	cJSON *o;

	a->version = p->version;
	a->path = xstrdup(f->path_bytes);
	pathmap_toggle(&s->did_files, a->path);
	pathmap_remove(&s->shown, a->path);
	if (acp_change_has_texts(f)) {
		o = command_about(p, "file", f->hunks[0].id);
		acp_session_send_take(s, o);
	} else
		acp_ask_send(s, a, acp_change_call(s, f, a->call, NULL, 0),
		    acp_change);
}

/* The core's answer to "file", or its refusal. */
static void
acp_ask_fetched(struct acp_session *s, const struct event *l)
{
	struct acp_ask *a = s->ask;
	struct ev_bytes text = { 0 };
	const struct fold_file *f;

	if (a == NULL || a->path == NULL || a->fetched ||
	    !client_stands(&s->client))
		return;
	f = fold_find_file(s->fold, a->path);
	if (l->type == EVENT_FILE && !ev_is(l->file.hunk, f->hunks[0].id))
		return;
	if (l->type == EVENT_FILE)
		text = l->file.text;
	acp_ask_send(s, a, acp_change_call(s, f, a->call, text.p, text.len),
	    acp_change);
}

/* The files that are left to the screen; once for each list of them. */
static void
acp_ask_tell_left(struct acp_session *s)
{
	const struct fold_proposal *p = s->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(p, files, file) {
		const char *why = acp_change_barred(file);

		if (why == NULL || !acp_change_is_open(file))
			continue;
		buf_addf(&b, "%s%s (%s)", b.len > 0 ? ", " : "",
		    file->path, why);
	}
	if (b.len == 0 || (s->left != NULL && strcmp(s->left, b.p) == 0))
		return;
	acp_update_say(s, "An editor can't decide about %s. Review it in a "
	    "terminal: assent resume %s, or assent show and assent decide. "
	    "The agent waits.", b.p, s->client.session);
	xstrset(&s->left, b.p);
}

/* Once: it isn't asked again until the model has answered. */
static void
acp_ask_tell_denied(struct acp_session *s)
{
	if (s->denied > ACP_DENIED_MAX)
		return;
	s->denied++;
	acp_update_say(s, "Your hooks don't let this change be written. It is "
	    "open: assent resume %s. Or cancel, and say what to change.",
	    s->client.session);
}

/* The decision, or a file of it, wasn't written, and its marks are back. Remove
 * those of this client, so that it can decide about each file again. True if
 * there were any; the core's next line removes them. */
static bool
acp_ask_unmark(struct acp_session *s)
{
	const struct fold_proposal *p = s->fold->proposal;
	cJSON *list = cJSON_CreateArray();
	struct acp_call *call;

	MEM_EACH(p, files, f) {
		call = pathmap_find(&s->calls, f->path_bytes);
		if (call == NULL)
			continue;
		MEM_EACH(f, hunks, h)
			if (h->mark != MARK_NONE)
				cJSON_AddItemToArray(list, command_mark(p,
				    h->id, "none", false, NULL));
		acp_update_call(s, call->id, "failed", "not written");
		pathmap_remove(&s->calls, f->path_bytes);
	}
	if (list->child == NULL) {
		cJSON_Delete(list);
		return false;
	}
	acp_session_send_take(s, command_marks(p, COMMAND_EXACT, list));
	return true;
}

/* Write what was accepted; after another question where something is known to
 * speak against it. */
static void
acp_ask_write(struct acp_session *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0), title = BUF_INIT(0);
	struct review_write w = review_write(&s->client.review, "This",
	    "This", &b);
	struct acp_ask *a;

	if (!w.capital) {
		acp_session_send_take(s, review_decide(&s->client.review,
		    true));
		return;
	}
	buf_addf(&title, "Write %zu hunk%s to %zu file%s?", w.effect.yes,
	    w.effect.yes == 1 ? "" : "s", w.effect.files,
	    w.effect.files == 1 ? "" : "s");
	a = acp_ask_new(s, REVIEW_DIFF, xasprintf("write-%lld",
	    (long long)s->fold->seq));
	a->version = s->fold->proposal->version;
	acp_ask_send(s, a, acp_ask_call(a, buf_str(&title), "edit",
	    buf_str(&b)), acp_write);
}

static void
acp_ask_changes(struct acp_session *s)
{
	const struct fold_proposal *p = s->fold->proposal;

	if (p->id != s->did_proposal || p->version != s->did_version) {
		pathmap_release(&s->did_files);
		/* Marks stay in the next version. */
		if (p->id != s->did_proposal)
			s->did_marks = 0;
		s->did_proposal = p->id;
		s->did_version = p->version;
		s->did_decide = false;
		session_also(s->fold);
	}
	if (s->denied >= ACP_DENIED_MAX) {
		acp_ask_tell_denied(s);
		return;
	}
	if ((s->denied > 0 || s->unwritten) && acp_ask_unmark(s))
		return;
	s->unwritten = false;
	MEM_EACH(p, files, file)
		if (acp_change_is_open(file) &&
		    acp_change_barred(file) == NULL &&
		    acp_ask_is_new(s, file->path_bytes)) {
			acp_ask_change(s, file);
			return;
		}
	/* Marks are still on their way. */
	MEM_EACH(p, files, file)
		if (acp_change_is_open(file) && acp_change_barred(file) == NULL)
			return;
	acp_ask_tell_left(s);
	/* The rest isn't ours: don't let it hold up what is decided. */
	if (s->did_marks > 0 && !s->did_decide) {
		s->did_decide = true;
		acp_ask_write(s);
	}
}

/* Calls for what was open aren't left pending once it no longer is. */
static void
acp_ask_shown(struct acp_session *s)
{
	PATHMAP_EACH(&s->shown, acp_call, c) {
		const struct fold_file *f = fold_find_file(s->fold, c->path);

		if (f != NULL && acp_change_is_open(f))
			continue;
		acp_update_call(s, c->id, "failed", ACP_OUT_OF_DATE);
		pathmap_remove(&s->shown, c->path);
	}
}

void
acp_ask(struct acp_session *s)
{
	enum review_wait kind = client_waits(&s->client);
	AUTO_FREE char *name = client_waits_name(&s->client, kind);

	if (s->shown.len > 0)
		acp_ask_shown(s);
	if (s->say != NULL || !client_is_synced(&s->client) ||
	    s->prompt == NULL || s->cancelled || s->ask != NULL || name == NULL ||
	    (kind != REVIEW_ASK && !fold_waits(s->fold)))
		return;
	if (kind == REVIEW_DIFF) {
		if (review_effect(&s->client.review).all > 0)
			acp_ask_changes(s);
	} else if (s->did[kind] == NULL || strcmp(s->did[kind], name) != 0) {
		xstrset(&s->did[kind], name);
		acp_ask_question(s, kind);
	}
}

static void
acp_update_refused(struct acp_session *s, const struct event *l)
{
	if (ev_is(l->refused.to, "file"))
		acp_ask_fetched(s, l);
	else
		acp_update_say(s, "%s", l->refused.text);
}

static void
acp_update_note(struct acp_session *s, const struct event *l)
{
	if (s->client.live)
		acp_update_say(s, "%s", l->type == EVENT_NOTE ? l->note.text :
		    l->error.text);
}

static void (*const acp_updates[EVENT_TYPES_LEN])(struct acp_session *,
    const struct event *) = {
	[EVENT_AGENT_END] = acp_update_end,
	[EVENT_APPLIED] = acp_update_applied,
	[EVENT_ASSISTANT_MESSAGE] = acp_update_answer,
	[EVENT_DECISION] = acp_update_decision,
	[EVENT_DELTA] = acp_update_delta,
	[EVENT_ERROR] = acp_update_note,
	[EVENT_FILE] = acp_ask_fetched,
	[EVENT_HOOK] = acp_update_hook,
	[EVENT_LIVE] = acp_update_loaded,
	[EVENT_MODE] = acp_update_mode,
	[EVENT_NOTE] = acp_update_note,
	[EVENT_PLAN] = acp_update_plan,
	[EVENT_REFUSED] = acp_update_refused,
	[EVENT_TOOL_CALL] = acp_update_tool,
	[EVENT_TOOL_RESULT] = acp_update_result,
	[EVENT_USER_MESSAGE] = acp_update_user,
};

void
acp_update_line(struct acp_session *s, const struct event *l)
{
	if (acp_updates[l->type] != NULL)
		acp_updates[l->type](s, l);
}
