/* A prompt's blocks as one message. What a block embeds is data, fenced like
 * the inputs of exec; a link into the project is what @ names in a message. */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "cmd/acp.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "rpc/rpc.h"

#define ACP_PROMPT_MAX	((size_t)4 << 20)
#define ACP_LINKS_MAX	16	/* files that the client is asked for */

struct acp_prompt {
	struct buf	 text;
	cJSON		*images;	/* for the command say */
	cJSON		*links;		/* files of the project, relative */
};

static int
acp_prompt_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The path of a file: URI, malloc'ed; NULL: it is none. */
static char *
acp_prompt_path(const char *uri)
{
	static const char scheme[] = "file://";
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p;
	int high, low;

	if (strncmp(uri, scheme, strlen(scheme)) != 0 ||
	    uri[strlen(scheme)] != '/')
		return NULL;
	for (p = uri + strlen(scheme); *p != '\0' && *p != '#' && *p != '?';
	    p++) {
		if (*p != '%') {
			buf_addc(&b, *p);
			continue;
		}
		high = acp_prompt_hex(p[1]);
		low = high < 0 ? -1 : acp_prompt_hex(p[2]);
		if (low < 0 || high * 16 + low == 0)
			return NULL;
		buf_addc(&b, (char)(high * 16 + low));
		p += 2;
	}
	return buf_take(&b);
}

/* It as a path in the project, malloc'ed; NULL: it is elsewhere. */
static char *
acp_prompt_inside(const char *uri, const char *root)
{
	AUTO_FREE char *path = acp_prompt_path(uri);

	return path == NULL || root == NULL ? NULL :
	    fs_inside(root, root, path);
}

/* How a message names it: "@src/a.c" in the project, else the URI. */
static void
acp_prompt_name(struct buf *b, const char *uri, const char *root)
{
	AUTO_FREE char *inside = acp_prompt_inside(uri, root);

	if (inside != NULL && utf8_is_line(inside) &&
	    strchr(inside, ' ') == NULL)
		buf_addf(b, "@%s", inside);
	else
		sanitize_add(b, uri, strlen(uri), 0);
}

#define ACP_INCOMPLETE "prompt: unknown or incomplete block"

static int
acp_prompt_text(struct acp_prompt *p, const cJSON *block, const char *root,
    struct err *e)
{
	(void)root;
	if (json_str(block, "text") == NULL)
		return err_set(e, ACP_INCOMPLETE);
	buf_adds(&p->text, json_str(block, "text"));
	return 0;
}

static int
acp_prompt_resource(struct acp_prompt *p, const cJSON *block,
    const char *root, struct err *e)
{
	const cJSON *r = json_get(block, "resource");
	const char *text = json_str(r, "text"), *uri = json_str(r, "uri");
	AUTO_BUF struct buf about = BUF_INIT(0);

	if (uri == NULL || text == NULL)
		return err_set(e, "prompt: an embedded resource needs uri and "
		    "text; others aren't supported");
	buf_adds(&about, "The editor's text of ");
	acp_prompt_name(&about, uri, root);
	fence_add(&p->text, buf_str(&about), text, strlen(text), "");
	return 0;
}

/* "shot.png" of its URI, or a number. */
static char *
acp_prompt_image_name(const cJSON *block, int n)
{
	AUTO_FREE char *path = acp_prompt_path(json_str_or(block, "uri", ""));
	const char *name = path == NULL ? NULL : strrchr(path, '/') + 1;

	return name == NULL || name[0] == '\0' || !utf8_is_line(name) ?
	    xasprintf("image %d (editor)", n) : xasprintf("%s (editor)", name);
}

static int
acp_prompt_image(struct acp_prompt *p, const cJSON *block, const char *root,
    struct err *e)
{
	const char *data = json_str(block, "data");
	AUTO_FREE char *name = acp_prompt_image_name(block,
	    cJSON_GetArraySize(p->images) + 1);
	cJSON *o;

	(void)root;
	if (data == NULL || data[0] == '\0')
		return err_set(e, "prompt: an image needs data");
	o = cJSON_CreateObject();
	json_add_str(o, "name", name);
	json_add_str(o, "data_b64", data);
	cJSON_AddItemToArray(p->images, o);
	buf_adds(&p->text, "[image ");
	sanitize_add(&p->text, name, strlen(name), 0);
	buf_adds(&p->text, "]");
	return 0;
}

static int
acp_prompt_link(struct acp_prompt *p, const cJSON *block, const char *root,
    struct err *e)
{
	const char *uri = json_str(block, "uri");
	AUTO_FREE char *path = NULL;

	if (uri == NULL)
		return err_set(e, ACP_INCOMPLETE);
	path = acp_prompt_inside(uri, root);
	acp_prompt_name(&p->text, uri, root);
	if (path != NULL && cJSON_GetArraySize(p->links) < ACP_LINKS_MAX)
		cJSON_AddItemToArray(p->links, cJSON_CreateString(path));
	return 0;
}

static int
acp_prompt_audio(struct acp_prompt *p, const cJSON *block, const char *root,
    struct err *e)
{
	(void)p;
	(void)block;
	(void)root;
	return err_set(e, "prompt: audio isn't supported");
}

static const struct acp_block {
	const char	*type;
	int		(*take)(struct acp_prompt *, const cJSON *block,
			    const char *root, struct err *);
} acp_prompt_blocks[] = {
	{ "audio", acp_prompt_audio }, { "image", acp_prompt_image },
	{ "resource", acp_prompt_resource },
	{ "resource_link", acp_prompt_link }, { "text", acp_prompt_text },
};

static int
acp_prompt_read(const cJSON *blocks, const char *root, struct acp_prompt *p,
    struct err *e)
{
	const struct acp_block *row;
	const cJSON *it;

	memset(p, 0, sizeof(*p));
	buf_init(&p->text, 0);
	p->images = cJSON_CreateArray();
	p->links = cJSON_CreateArray();
	if (blocks == NULL)
		return err_set(e, "prompt: not a list");
	cJSON_ArrayForEach(it, blocks) {
		row = MEM_FIND(acp_prompt_blocks, json_str_or(it, "type", ""));
		if (row == NULL)
			return err_set(e, ACP_INCOMPLETE);
		if (row->take(p, it, root, e) < 0)
			return -1;
		if (p->text.len > ACP_PROMPT_MAX)
			return err_set(e, "prompt: larger than %zu MB",
			    ACP_PROMPT_MAX >> 20);
	}
	return p->text.len == 0 ? err_set(e, "prompt: empty") : 0;
}

static void
acp_prompt_release(struct acp_prompt *p)
{
	buf_release(&p->text);
	cJSON_Delete(p->images);
	cJSON_Delete(p->links);
}

/*
 * A prompt on its way to the core. If the client can be asked for the text of a
 * file that the prompt links to, it is: what wasn't saved goes along, and the
 * core says that it is that, or leaves it out.
 */

#define ACP_READ_MS	5000	/* an editor has it at hand */
#define ACP_READ_MAX	((size_t)1 << 20)

struct acp_read {
	struct acp_session *session;	/* NULL: nobody waits */
	char		*path;
};

static void acp_send_next(struct acp_session *);

static void
acp_send_got(void *arg, const cJSON *result, const struct rpc_failure *failure)
{
	struct acp_read *r = arg;
	struct acp_session *s = r->session;
	const char *text = json_str(result, "content");
	cJSON *o;

	(void)failure;
	if (s != NULL && text != NULL && strlen(text) <= ACP_READ_MAX) {
		o = cJSON_CreateObject();
		json_add_str(o, "path", r->path);
		json_add_str(o, "text", text);
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(s->say,
		    "unsaved"), o);
	}
	free(r->path);
	free(r);
	if (s != NULL) {
		s->read = NULL;
		acp_send_next(s);
	}
}

static void
acp_send_ask(struct acp_session *s, const char *path)
{
	AUTO_FREE char *full = fs_join(s->fold->root, path);
	cJSON *o = cJSON_CreateObject();

	s->read = xcalloc(1, sizeof(*s->read));
	s->read->session = s;
	s->read->path = xstrdup(path);
	json_add_str(o, "sessionId", s->id);
	json_add_str(o, "path", full);
	if (rpc_ask_take(s->acp->rpc, "fs/read_text_file", o, ACP_READ_MS,
	    acp_send_got, s->read) == 0)
		acp_send_got(s->read, NULL, NULL);
}

static void
acp_send_next(struct acp_session *s)
{
	cJSON *link = s->links == NULL ? NULL :
	    cJSON_DetachItemFromArray(s->links, 0), *say;

	if (link != NULL && s->acp->reads)
		acp_send_ask(s, link->valuestring);
	else {
		say = s->say;
		s->say = NULL;
		json_drop(&s->links);
		acp_session_send_take(s, say);
	}
	cJSON_Delete(link);
}

static void
acp_send(struct acp_session *s, const char *text, struct acp_prompt *p)
{
	s->say = command_say(text, strlen(text), false);
	if (p->images->child != NULL)
		json_copy(s->say, "images", p->images);
	(void)cJSON_AddArrayToObject(s->say, "unsaved");
	s->links = p->links;
	p->links = NULL;
	acp_send_next(s);
}

bool
acp_prompt_forget(struct acp_session *s)
{
	bool any = s->say != NULL;

	if (s->read != NULL)
		s->read->session = NULL;
	s->read = NULL;
	json_drop(&s->say);
	json_drop(&s->links);
	return any;
}

/* What a client is shown of a session: each line of the journal, and pieces of
 * the model's text as they come. */

#define ACP_RESULT_MAX	((size_t)32 << 10)	/* of a tool's result */

void
acp_update_take(struct acp_session *s, const char *kind, cJSON *update)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(update, "sessionUpdate", kind);
	json_add_str(o, "sessionId", s->id);
	json_set_take(o, "update", update);
	rpc_tell_take(s->acp->rpc, "session/update", o);
}

static cJSON *
acp_update_text(const char *text, size_t n)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "text");
	json_add_strn(o, "text", text, n);
	return o;
}

cJSON *
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
	acp_update_chunk(s, "agent_message_chunk", line, strlen(line));
}

void
acp_update_call(struct acp_session *s, const char *call, const char *status,
    const char *text)
{
	cJSON *o = cJSON_CreateObject(), *list;

	json_add_str(o, "toolCallId", call);
	json_add_str(o, "status", status);
	if (text != NULL) {
		list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, acp_update_content(text,
		    strlen(text)));
		json_set_take(o, "content", list);
	}
	acp_update_take(s, "tool_call_update", o);
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
acp_update_delta(struct acp_session *s, const cJSON *l)
{
	bool thinks = json_is(l, "kind", "thinking");
	const char *kind = thinks ? "agent_thought_chunk" :
	    "agent_message_chunk";
	const char *text = json_str_or(l, "text", "");
	struct buf *sent = thinks ? &s->thinking : &s->text;

	if (!thinks && !json_is(l, "kind", "text"))
		return;
	if (json_int(l, "at", -1) == 0) {
		acp_update_whole(s, sent, kind, text);
		return;
	}
	acp_update_chunk(s, kind, text, strlen(text));
	buf_adds(sent, text);
}

static void
acp_update_answer(struct acp_session *s, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");
	const char *thinking = json_str_or(l, "thinking", "");

	if (thinking[0] != '\0')
		acp_update_whole(s, &s->thinking, "agent_thought_chunk",
		    thinking);
	if (text[0] != '\0')
		acp_update_whole(s, &s->text, "agent_message_chunk", text);
	xstrset(&s->said, text);
	s->denied = 0;
	s->refused = json_is(l, "stop", "refusal") ||
	    json_is(l, "stop", "content_filter");
	buf_clear(&s->text);
	buf_clear(&s->thinking);
}

/* ---- tools ---- */

static const struct {
	const char	*name;		/* of a tool */
	const char	*kind;
} acp_kinds[] = {
	{ "apply_patch", "edit" },
	{ "bash", "execute" },
	{ "edit", "edit" },
	{ "glob", "search" },
	{ "grep", "search" },
	{ "read", "read" },
	{ "run_tests", "execute" },
	{ "web_fetch", "fetch" },
	{ "write", "edit" },
};

/* These are shown as what they cause. */
static bool
acp_update_is_inner(const char *tool)
{
	static const char *const inner[] = { "done", "plan", "step_done" };

	return MEM_FIND(inner, tool) != NULL;
}

/* The providers' ids may come again: with the line's number they don't. */
static char *
acp_update_id(const struct acp_session *s, const char *id)
{
	size_t i;

	for (i = s->fold->items_len; i-- > 0;) {
		const struct fold_item *it = &s->fold->items[i];

		if (it->kind == ITEM_TOOL && it->call_id != NULL &&
		    strcmp(it->call_id, id) == 0)
			return xasprintf("call-%lld", (long long)it->seq);
	}
	return NULL;
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

static void
acp_update_tool(struct acp_session *s, const cJSON *l)
{
	const char *name = json_str_or(l, "name", "");
	const char *kind = "other";
	AUTO_FREE char *id = acp_update_id(s, json_str_or(l, "id", ""));
	AUTO_FREE char *title = sanitize_dup(json_str_or(l, "title", name), 0);
	const cJSON *args = json_get(l, "args");
	cJSON *o;

	if (id == NULL || acp_update_is_inner(name))
		return;
	if (MEM_FIND(acp_kinds, name) != NULL)
		kind = MEM_FIND(acp_kinds, name)->kind;
	o = cJSON_CreateObject();
	json_add_str(o, "toolCallId", id);
	json_add_str(o, "title", title[0] == '\0' ? name : title);
	json_add_str(o, "kind", kind);
	json_add_str(o, "status", "in_progress");
	json_copy(o, "rawInput", args);
	if (json_str(args, "path") != NULL)
		json_set_take(o, "locations", acp_update_location(s,
		    json_str(args, "path")));
	acp_update_take(s, "tool_call", o);
}

static void
acp_update_result(struct acp_session *s, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");
	AUTO_FREE char *id = acp_update_id(s, json_str_or(l, "id", ""));
	AUTO_FREE char *cut = NULL;
	size_t n = utf8_cut(text, strlen(text), ACP_RESULT_MAX);

	if (id == NULL || acp_update_is_inner(json_str_or(l, "name", "")))
		return;
	cut = text[n] == '\0' ? xstrdup(text) :
	    xasprintf("%.*s\n... (assent log has all of it)", (int)n, text);
	acp_update_call(s, id, json_bool(l, "ok", false) ? "completed" :
	    "failed", cut[0] == '\0' ? NULL : cut);
}

/* ---- hooks ---- */

/* What the user's hook objected to, or that it failed. The result of a tool
 * call has those of its own hooks. */
static void
acp_update_hook(struct acp_session *s, const cJSON *l)
{
	bool apply = json_is(l, "event", "before_apply");
	const char *name = json_str_or(l, "name", "?");

	if (!json_is(l, "status", "done"))
		return;
	if (!json_bool(l, "ok", false))
		acp_update_say(s, "Your hook %s failed: %s", name,
		    json_str_or(l, "error", "?"));
	else if (apply && !json_is(l, "decision", "allow"))
		acp_update_say(s, "Nothing was written: your hook %s doesn't "
		    "allow it: %s", name, json_str_or(l, "reason",
		    "it gave no reason"));
	if (apply && !json_is(l, "decision", "allow"))
		s->denied++;
}

/* ---- the rest ---- */

static void
acp_update_plan(struct acp_session *s)
{
	const struct fold_plan *p = &s->fold->plan;
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray(), *it;
	bool first = p->status == FOLD_PLAN_APPROVED;
	size_t i;

	for (i = 0; i < p->steps_len; i++) {
		it = cJSON_CreateObject();
		json_add_str(it, "content", p->steps[i].title);
		json_add_str(it, "priority", "medium");
		json_add_str(it, "status", p->steps[i].done ? "completed" :
		    first ? "in_progress" : "pending");
		if (!p->steps[i].done)
			first = false;
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "entries", list);
	acp_update_take(s, "plan", o);
}

static void
acp_update_remember(struct pathmap *calls, const char *path, const char *id)
{
	struct acp_call *c = pathmap_add(calls, path, sizeof(*c));

	snprintf(c->id, sizeof(c->id), "%s", id);
}

/* A decision in a session that is loaded: what was asked, and the answer. */
static void
acp_update_decision(struct acp_session *s, const cJSON *l)
{
	const struct fold_proposal *p = s->fold->proposal;
	const cJSON *it;

	if (p == NULL || p->id != json_int(l, "proposal", 0))
		return;
	cJSON_ArrayForEach(it, json_array(l, "files")) {
		AUTO_FREE char *path = json_get_bytes(it, "path", NULL);
		AUTO_FREE char *id = NULL;
		cJSON *call;
		const struct fold_file *f = path == NULL ? NULL :
		    fold_find_file(s->fold, path);
		bool accepted;

		if (f == NULL)
			continue;
		id = acp_change_id(p, f);
		call = acp_change_decided(s, f, id, json_array(it, "hunks"),
		    json_str(l, "rule"), &accepted);
		acp_update_take(s, "tool_call", call);
		if (accepted)
			acp_update_remember(&s->calls, path, id);
	}
}

/* The rest of the changes that aren't written yet. */
static void
acp_update_settle(struct acp_session *s, const char *status, const char *text)
{
	AUTO_FREE void **v = pathmap_list(&s->calls);
	size_t i;

	for (i = 0; v[i] != NULL; i++)
		acp_update_call(s, ((struct acp_call *)v[i])->id, status, text);
	pathmap_release(&s->calls);
}

/* Changes that the client was asked about: are they written? */
static void
acp_update_applied(struct acp_session *s, const cJSON *l)
{
	const cJSON *op;
	struct acp_call *c;

	cJSON_ArrayForEach(op, json_array(l, "ops")) {
		AUTO_FREE char *path = json_get_bytes(op, "path", NULL);

		c = path == NULL ? NULL : pathmap_find(&s->calls, path);
		if (c == NULL)
			continue;
		if (json_bool(op, "ok", false)) {
			acp_update_call(s, c->id, "completed", NULL);
			pathmap_remove(&s->calls, path);
		} else
			s->unwritten = true;
	}
	/* Without its rename, a file was written under its old name. */
	if (!s->live)
		acp_update_settle(s, "completed", NULL);
}

static void
acp_update_user(struct acp_session *s, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "");

	if (!json_is(l, "by", "core") && (!s->live ||
	    !json_is(l, "client", s->acp->client)))
		acp_update_chunk(s, "user_message_chunk", text, strlen(text));
}

static void
acp_update_mode(struct acp_session *s, const cJSON *l)
{
	cJSON *o;

	if (!s->live || json_str(l, "approve") == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "currentModeId", json_str(l, "approve"));
	acp_update_take(s, "current_mode_update", o);
}

static void
acp_update_end(struct acp_session *s, const cJSON *l)
{
	const char *summary = json_str_or(l, "summary", "");

	if (s->said == NULL || strcmp(s->said, summary) != 0)
		acp_update_chunk(s, "agent_message_chunk", summary,
		    strlen(summary));
	FREE_NULL(s->said);
}

/* What a line says of a command's turn, which ends once the core has taken it and
 * there is neither a task nor a change to ask about. */
static void
acp_command_line(struct acp_session *s, enum event_type type)
{
	if (!s->command)
		return;
	s->works = s->works || type == EVENT_USER_MESSAGE;
	s->taken = s->taken || type == EVENT_CHANGES;
	if (s->taken && !s->works && s->prompt != NULL &&
	    s->fold->status.idle && fold_undecided(s->fold->proposal) == 0)
		acp_session_stop(s, "end_turn");
}

void
acp_update_line(struct acp_session *s, const cJSON *l)
{
	enum event_type type = event_type(l);

	if (type == EVENT_DELTA)
		acp_update_delta(s, l);
	else if (type == EVENT_ASSISTANT_MESSAGE)
		acp_update_answer(s, l);
	else if (type == EVENT_USER_MESSAGE)
		acp_update_user(s, l);
	else if (type == EVENT_TOOL_CALL)
		acp_update_tool(s, l);
	else if (type == EVENT_TOOL_RESULT)
		acp_update_result(s, l);
	else if (type == EVENT_PLAN)
		acp_update_plan(s);
	else if (!s->live && type == EVENT_DECISION)
		acp_update_decision(s, l);
	else if (type == EVENT_APPLIED)
		acp_update_applied(s, l);
	else if (s->live && type == EVENT_HOOK)
		acp_update_hook(s, l);
	else if (type == EVENT_MODE)
		acp_update_mode(s, l);
	else if (type == EVENT_AGENT_END)
		acp_update_end(s, l);
	else if (s->live && (type == EVENT_ERROR ||
	    type == EVENT_NOTE))
		acp_update_say(s, "%s", json_str_or(l, "text", ""));
	acp_command_line(s, type);
}

/* Slash commands of a client: those of the screen that are a line for the core.
 * None decides about a change. */

static void
acp_command_offer(struct acp_session *s)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	cJSON *input, *it;
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];

		if ((c->where & SLASH_COMMAND_EDITOR) == 0)
			continue;
		it = cJSON_CreateObject();
		json_add_str(it, "name", c->name);
		json_add_str(it, "description", c->help);
		if (c->args != NULL) {
			input = cJSON_AddObjectToObject(it, "input");
			json_add_str(input, "hint", c->args);
		}
		cJSON_AddItemToArray(list, it);
	}
	json_set_take(o, "availableCommands", list);
	acp_update_take(s, "available_commands_update", o);
}

/* Run the text if it is a command; else the message that it is. */
static const char *
acp_command_run(struct acp_session *s, const char *text)
{
	const struct slash_command *c = NULL;
	struct err e = ERR_INIT;
	const char *rest = "", *say = text;
	cJSON *line = NULL;

	if (text[0] != '/')
		return text;
	switch (slash_command_parse(text, SLASH_COMMAND_EDITOR, &c, &rest,
	    &say)) {
	case SLASH_COMMAND_SAY:
		return say;
	case SLASH_COMMAND_FOUND:
		if (c->member != NULL && strcmp(c->type, "set") == 0 &&
		    rest[0] == '\0')
			err_set(&e, "/%s needs a word: %s", c->name, c->help);
		else
			line = slash_command_line(c, rest, s->fold, &e);
		break;
	default: {
		AUTO_FREE char *why = slash_command_unknown(text,
		    SLASH_COMMAND_EDITOR);

		err_set(&e, "%s", why);
	}
	}
	if (line == NULL) {
		acp_update_say(s, "%s", e.text);
		acp_session_stop(s, "end_turn");
		return NULL;
	}
	s->command = true;
	s->taken = s->works = false;
	acp_session_send_take(s, line);
	/* Answered after the command's immediate effects. */
	acp_session_send_take(s, command_of("changes"));
	return NULL;
}

static void
acp_update_loaded(struct acp_session *s)
{
	const struct fold_proposal *p = s->fold->proposal;
	bool writes = false;
	size_t i;

	for (i = 0; p != NULL && i < p->hunks_len; i++)
		writes = writes || p->hunks[i].hunk->decided;
	if (!writes)
		acp_update_settle(s, "failed", "not written");
	for (i = 0; p != NULL && i < p->files_len; i++) {
		const struct fold_file *f = &p->files[i];
		AUTO_FREE char *id = acp_change_id(p, f);

		if (!acp_change_is_open(f))
			continue;
		acp_update_take(s, "tool_call", acp_change_open(s, f, id));
		acp_update_remember(&s->shown, f->path_bytes, id);
	}
}

void
acp_update_opened(struct acp_session *s, cJSON *answer_take)
{
	if (s->loads)
		acp_update_loaded(s);
	rpc_answer_take(s->acp->rpc, s->opens, answer_take);
	json_drop(&s->opens);
	acp_command_offer(s);
}

int
acp_prompt(struct acp_session *s, const cJSON *id, const cJSON *blocks,
    struct err *e)
{
	AUTO(acp_prompt_release) struct acp_prompt p = { 0 };
	const char *say;

	if (acp_prompt_read(blocks, s->fold->root, &p, e) < 0)
		return -1;
	s->prompt = cJSON_Duplicate(id, 1);
	if (s->servers)
		acp_update_say(s, "The MCP servers that your editor named "
		    "aren't used: assent starts only those of its own "
		    "config.json.");
	s->servers = false;
	if ((say = acp_command_run(s, buf_str(&p.text))) != NULL)
		acp_send(s, say, &p);
	return 0;
}
