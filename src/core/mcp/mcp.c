#include "config.h"

#include "core/mcp/mcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "provider/provider.h"
#include "provider/schema.h"

/* The program and its arguments, without the rest of the configuration. */
static char *
mcp_pins_line(const struct mcp_server *s)
{
	AUTO_JSON cJSON *o = cJSON_CreateArray();
	char hex[SHA256_HEX_SIZE];
	AUTO_FREE char *text = NULL;

	cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config,
	    "command"), 1));
	cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config, "args"),
	    1));
	if (json_get(s->config, "url") != NULL)
		cJSON_AddItemToArray(o, cJSON_Duplicate(json_get(s->config,
		    "url"), 1));
	text = json_print(o);
	sha256_hex(text, strlen(text), hex);
	return xstrdup(hex);
}

/* Set s->pins, from the file. */
static void
mcp_pins_load(struct mcp_server *s)
{
	AUTO_JSON cJSON *all = session_file_read(s->core->state_dir,
	    SESSION_MCP_FILE);
	AUTO_FREE char *line = mcp_pins_line(s);
	const cJSON *own = json_get(all, s->name);

	cJSON_Delete(s->pins);
	s->pins = json_is(own, "line", line) ?
	    cJSON_Duplicate(json_get(own, "tools"), 1) : NULL;
	s->known = s->pins != NULL;
	if (s->pins == NULL)
		s->pins = cJSON_CreateObject();
}

static void
mcp_pins_set(struct mcp_server *s, const char *tool, const char *hash,
    const char *description, const char *schema)
{
	json_set_take(s->pins, tool, JSON_TEXTS("hash", hash,
	    "description", description, "schema", schema));
}

static void
mcp_pins_save(struct mcp_server *s)
{
	/* Another session may have written other servers'. */
	AUTO_JSON cJSON *all = session_file_read(s->core->state_dir,
	    SESSION_MCP_FILE);
	AUTO_FREE char *line = mcp_pins_line(s);
	cJSON *own = cJSON_CreateObject();
	struct err e = ERR_INIT;

	json_add_str(own, "line", line);
	json_set_take(own, "tools", cJSON_Duplicate(s->pins, 1));
	json_set_take(all, s->name, own);
	if (session_file_write(s->core->state_dir, SESSION_MCP_FILE, all, &e) <
	    0)
		emit_note(s->core, "MCP server %s: what its tools are was not "
		    "kept: %s", s->name, e.text);
}

/*
 * A server's tools, as it lists them: names that providers allow, texts without
 * control characters, sizes that have a limit. Nothing of it is believed: hints
 * such as readOnlyHint change nothing here.
 */

#define LIST_NAME	64	/* what providers allow */
#define LIST_HASHED	7	/* "_" and digits, instead of what is cut */
#define LIST_TEXT	((size_t)2048)
#define LIST_SCHEMA	((size_t)16384)
#define LIST_SERVER	""		/* its own pin: a tool has a name */
#define LIST_NO_SCHEMA	"{\"type\":\"object\",\"properties\":{}}"

/* "server__tool": other characters become _, what is too long a part of its
 * hash. */
static char *
list_name(const struct mcp_server *s, const char *own)
{
	char hex[SHA256_HEX_SIZE];
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool whole = true;
	const char *p;

	buf_addf(&b, "%s__", s->name);
	for (p = own; *p != '\0'; p++) {
		bool fits = (*p >= 'a' && *p <= 'z') || (*p >= 'A' &&
		    *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_' ||
		    *p == '-';

		whole = whole && fits;
		buf_addc(&b, fits ? *p : '_');
	}
	if (whole && b.len <= LIST_NAME)
		return buf_take(&b);
	sha256_hex(own, strlen(own), hex);
	if (b.len > LIST_NAME - LIST_HASHED)
		b.len = LIST_NAME - LIST_HASHED;
	buf_addf(&b, "_%.*s", LIST_HASHED - 1, hex);
	return buf_take(&b);
}

/* The text for the model, without characters that the user can't see. */
static char *
list_text(const char *text)
{
	size_t n = utf8_cut(text, strlen(text), LIST_TEXT);
	AUTO_BUF struct buf b = BUF_INIT(0);

	sanitize_add(&b, text, n, SANITIZE_LINES);
	if (text[n] != '\0')
		buf_adds(&b, " ...");
	return buf_take(&b);
}

static char *
list_schema(const cJSON *tool)
{
	return plain_schema(json_get(tool, "inputSchema"), LIST_SCHEMA);
}

static void
list_hash(const cJSON *tool, char hex[SHA256_HEX_SIZE])
{
	AUTO_FREE char *text = json_print(tool);

	sha256_hex(text, strlen(text), hex);
}

struct mcp_tool *
mcp_list_find(const struct mcp *m, const char *name)
{
	MEM_EACH(m, tools, tool)
		if (strcmp((*tool)->name, name) == 0)
			return *tool;
	return NULL;
}

static void
list_changed_free(struct mcp_changed *n)
{
	if (n == NULL)
		return;
	FREE_ALL(n->description, n->schema, n);
}

static void
mcp_list_free(struct mcp_tool *t)
{
	list_changed_free(t->changed);
	cJSON_Delete(t->marked);
	FREE_ALL(t->name, t->own, t->description, t->told, t->schema, t);
}

static char *
list_description(const cJSON *tool)
{
	return list_text(json_str_or(tool, "description", json_str_or(tool,
	    "title", "")));
}

/* Is it what was allowed? */
static void
list_judge(struct mcp_tool *t, const cJSON *tool)
{
	struct mcp_changed *n;
	char hex[SHA256_HEX_SIZE];

	list_hash(tool, hex);
	list_changed_free(t->changed);
	t->changed = NULL;
	if (strcmp(hex, t->hash) == 0)
		return;
	t->changed = n = xcalloc(1, sizeof(*n));
	memcpy(n->hash, hex, sizeof(hex));
	n->description = list_description(tool);
	n->schema = list_schema(tool);
}

void
mcp_list_allow(struct mcp_tool *t)
{
	struct mcp_changed *n = t->changed;

	/* The request's texts stay: they are in the provider's cache. */
	memcpy(t->hash, n->hash, sizeof(t->hash));
	mcp_pins_set(t->server, t->own, n->hash, n->description, n->schema);
	mcp_pins_save(t->server);
	list_changed_free(n);
	t->changed = NULL;
}

/* Does the tool run only as a task of the server's? assent has no such
 * tasks. */
static bool
list_needs_task(const cJSON *tool)
{
	return json_is(json_get(tool, "execution"), "taskSupport", "required");
}

enum list_added { LIST_ADDED, LIST_MARKED, LIST_NEEDS_TASK,
	LIST_UNNAMED, LIST_RESULTS };

/* Why tools can't be offered. */
static const char *const list_reasons[] = {
	[LIST_MARKED] = "with an x-mcp-header that the protocol doesn't allow",
	[LIST_NEEDS_TASK] = "run only as tasks of the server's, which assent "
	    "doesn't support",
	[LIST_UNNAMED] = "without a name of their own",
};

/* Set what a call of it says in the header, too. False: it can't be called. */
static bool
list_mark(struct mcp_tool *t, const cJSON *tool)
{
	json_drop(&t->marked);
	return t->server->http == NULL || t->server->legacy ||
	    mcp_header_read(json_get(tool, "inputSchema"), &t->marked);
}

static enum list_added
list_add(struct mcp *m, struct mcp_server *s, const cJSON *tool)
{
	const char *own = json_str_or(tool, "name", "");
	const cJSON *pin = json_get(s->pins, own);
	AUTO_FREE char *name = list_name(s, own);
	AUTO_FREE char *schema = list_schema(tool);
	struct mcp_tool *t;

	if (own[0] == '\0' || mcp_list_find(m, name) != NULL)
		return LIST_UNNAMED;
	if (list_needs_task(tool))
		return LIST_NEEDS_TASK;
	t = xcalloc(1, sizeof(*t));
	t->server = s;
	if (!list_mark(t, tool)) {
		mcp_list_free(t);
		return LIST_MARKED;
	}
	t->own = xstrdup(own);
	t->name = name;
	name = NULL;
	if (pin == NULL) {
		t->fresh = true;
		t->description = list_description(tool);
		t->schema = schema;
		schema = NULL;
		list_hash(tool, t->hash);
		mcp_pins_set(s, own, t->hash, t->description, t->schema);
	} else {
		t->description = xstrdup(json_str_or(pin, "description", ""));
		t->schema = xstrdup(json_str_or(pin, "schema",
		    LIST_NO_SCHEMA));
		snprintf(t->hash, sizeof(t->hash), "%s", json_str_or(pin,
		    "hash", ""));
		list_judge(t, tool);
	}
	t->entry.name = t->name;
	t->entry.description = t->description;
	t->entry.schema = t->schema;
	t->reads = json_bool(json_get(tool, "annotations"), "readOnlyHint",
	    false);
	/* What writes without a copy, writes. */
	t->entry.effects = TOOL_COMMAND | TOOL_SERVER | (s->outside ?
	    TOOL_WRITES : 0);
	*GROW_ADD(m->tools, m->tools_len) = t;
	return LIST_ADDED;
}

/* Started again: its tools have to be those that the model knows. */
static void
list_compare(struct mcp *m, struct mcp_server *s)
{
	const cJSON *tool;

	cJSON_ArrayForEach(tool, json_get(s->listing, "tools")) {
		AUTO_FREE char *name = list_name(s, json_str_or(tool, "name",
		    ""));
		struct mcp_tool *t = mcp_list_find(m, name);

		if (t != NULL && t->server == s) {
			list_judge(t, tool);
			(void)list_mark(t, tool);
		}
	}
}

static void
list_note_changed(const struct mcp *m, const struct mcp_server *s,
    const char *first, struct buf *note)
{
	AUTO_BUF struct buf names = BUF_INIT(0);

	MEM_EACH(m, tools, tool)
		if ((*tool)->server == s && (*tool)->changed != NULL)
			buf_addf(&names, "%s%s", names.len > 0 ? ", " : "",
			    (*tool)->name);
	if (names.len > 0)
		buf_addf(note, "%sdescribed differently than when you allowed "
		    "them, so you're asked before a call: %s", note->len > 0 ?
		    "; " : first, buf_str(&names));
}

static void
list_note_count(const struct mcp_server *s, const char *what, struct buf *note)
{
	AUTO_FREE char *kind = xasprintf("%ss", what);
	int n = cJSON_GetArraySize(json_get(s->listing, kind));

	if (n > 0)
		buf_addf(note, ", %d %s%s", n, what, n == 1 ? "" : "s");
}

/* A server whose tools are added, and what came of them so far. */
struct list_share {
	struct mcp_server	*server;
	const cJSON		*tool;	/* the next one of its listing */
	size_t			 count[LIST_RESULTS], fresh;
};

/* How all tools of the server are used stands with the first one. As with a tool,
 * the model has what it was when the server was first met; but some say it anew at
 * each start, so nobody is asked about a change. */
static void
list_instruct(struct mcp_server *s, struct mcp_tool *first)
{
	AUTO_FREE char *said = list_text(ev_str(s->instructions, ""));
	const cJSON *pin = json_get(s->pins, LIST_SERVER);

	if (pin == NULL && said[0] == '\0')
		return;
	if (pin == NULL) {
		mcp_pins_set(s, LIST_SERVER, "", said, "");
		mcp_pins_save(s);
	}
	first->told = xasprintf("%s\n\n%s says of all its tools: %s",
	    first->description, s->name, pin == NULL ? said :
	    json_str_or(pin, "description", ""));
	first->entry.description = first->told;
}

/* Add the server's next tool that can be offered. False: there is none. */
static bool
list_share_next(struct mcp *m, struct list_share *sh)
{
	enum list_added how = LIST_RESULTS;

	for (; sh->tool != NULL && how != LIST_ADDED;
	    sh->tool = sh->tool->next) {
		how = list_add(m, sh->server, sh->tool);
		sh->count[how]++;
	}
	if (how != LIST_ADDED)
		return false;
	if (sh->count[LIST_ADDED] == 1)
		list_instruct(sh->server, m->tools[m->tools_len - 1]);
	sh->fresh += m->tools[m->tools_len - 1]->fresh;
	return true;
}

/* Sort tools in the order of servers, and each server's as it lists them, so
 * that requests begin alike, whichever server was ready first. */
static void
list_sort(struct mcp *m)
{
	AUTO_FREE struct mcp_tool **v = xcalloc(m->tools_len + 1, sizeof(*v));
	size_t i, n = 0;

	MEM_EACH(m, servers, server)
		MEM_EACH(m, tools, tool)
			if ((*tool)->server == *server)
				v[n++] = *tool;
	for (i = 0; i < n; i++)
		m->tools[i] = v[i];
}

/* What became of its tools. A tool that is described differently than when it
 * was pinned is marked as changed. */
static void
list_note(const struct mcp *m, const struct list_share *sh, struct buf *note)
{
	const struct mcp_server *s = sh->server;
	size_t n = sh->count[LIST_ADDED], i;

	buf_addf(note, "MCP server %s: %zu tool%s", s->name, n,
	    n == 1 ? "" : "s");
	list_note_count(s, "prompt", note);
	list_note_count(s, "resource", note);
	if (s->known && sh->fresh > 0)
		buf_addf(note, ", %zu of them new", sh->fresh);
	for (i = LIST_ADDED + 1; i < LIST_RESULTS; i++)
		if (sh->count[i] > 0)
			buf_addf(note, "; %zu left out (%s)", sh->count[i],
			    list_reasons[i]);
	list_note_changed(m, s, "", note);
}

/* The journal's notes about a server: a sentence, and the facts behind it. */

#define NOTE_NAMES	100

/* The names of its prompts, or addresses of its resources; NULL: it lists none. */
static const char **
note_offered(struct event *e, const struct mcp_server *s, const char *kind,
    const char *key, size_t *n)
{
	const cJSON *it, *list = json_get(s->listing, kind);
	const char **names = list == NULL ? NULL : ev_alloc(e, NOTE_NAMES *
	    sizeof(*names));

	cJSON_ArrayForEach(it, list) {
		AUTO_FREE char *name = list_text(json_str_or(it, key, "?"));

		if (*n < NOTE_NAMES)
			names[(*n)++] = ev_text(e, name);
	}
	return names;
}

/* Record it, "started", "changed" or "failed", with the tools as they are, and
 * with these members. */
static void
mcp_note(const struct mcp_server *s, const char *status, const char *text,
    struct ev_mcp mcp)
{
	const struct mcp *m = s->core->mcp;
	bool failed = strcmp(status, "failed") == 0;
	AUTO_EVENT struct event e = { 0 };
	size_t i;

	mcp.server = s->name;
	mcp.status = status;
	mcp.version = s->about;
	mcp.protocol = s->version;
	mcp.ms = strcmp(status, "started") == 0 ? s->start_ms : 0;
	mcp.tools = failed ? NULL : ev_alloc(&e, (m->tools_len + 1) *
	    sizeof(*mcp.tools));
	for (i = 0; !failed && i < m->tools_len; i++) {
		const struct mcp_tool *t = m->tools[i];

		if (t->server == s)
			mcp.tools[mcp.tools_len++] = (struct ev_mcp_tool){
			    .name = t->own, .hash = t->changed == NULL ?
			    t->hash : t->changed->hash,
			    .state = t->changed != NULL ? "changed" :
			    t->fresh ? "new" : "known",
			    .description = t->changed == NULL ? NULL :
			    t->changed->description };
	}
	mcp.prompts = note_offered(&e, s, "prompts", "name",
	    &mcp.prompts_len);
	mcp.resources = note_offered(&e, s, "resources", "uri",
	    &mcp.resources_len);
	EMIT(s->core, "core", note, .text = text, .mcp = &mcp);
}

void
mcp_listed(struct mcp_server *s)
{
	struct mcp *m = s->core->mcp;
	AUTO_BUF struct buf note = BUF_INIT(0);

	list_compare(m, s);
	list_note_changed(m, s, "MCP tools ", &note);
	if (note.len > 0)
		mcp_note(s, "changed", buf_str(&note), (struct ev_mcp){ 0 });
}

static bool
mcp_is_starting(const struct mcp *m)
{
	MEM_EACH(m, servers, server)
		if ((*server)->starting)
			return true;
	return false;
}

/* What stands in the way of its start. */
static void
mcp_failed(struct mcp_server *s, const char *why)
{
	AUTO_FREE char *folder = NULL, *hidden = s->outside ? NULL :
	    hidden_find(s->core, json_str_or(s->config, "command", ""),
	    json_array(s->config, "args"), &folder);

	FREE_SET(s->missing, hidden == NULL ? xasprintf("MCP server %s %s; its "
	    "tools are missing until you end and resume the session", s->name,
	    why) : xasprintf("MCP server %s %s; %s is in your home, which the "
	    "sandbox doesn't show: see assent mcp test %s", s->name, why,
	    hidden, s->name));
	mcp_note(s, "failed", s->missing, (struct ev_mcp){ .why = why,
	    .hidden = hidden, .folder = folder });
}

/* Is it ready for its places? If not, you're told once. */
static bool
mcp_is_ready(struct mcp_server *s)
{
	bool ready = !s->starting && s->listing != NULL;

	if (s->listed)
		return false;
	if (ready || s->missing != NULL)
		return ready;
	if (s->starting) {
		s->missing = xasprintf("MCP server %s hasn't started after "
		    "%d s; its tools come with the next task", s->name,
		    MCP_FIRST_MS / 1000);
		emit_note(s->core, "%s", s->missing);
	} else
		mcp_failed(s, "has ended");
	return false;
}

#define LIST_ABOUT	400	/* bytes of what a server says of its tools */

/* Make find_tool's description: a request without the servers' tools must still
 * say which servers there are. */
static void
list_about(struct mcp *m)
{
	struct buf b = BUF_INIT(0);
	size_t j, n;

	buf_adds(&b, tool_find("find_tool")->description);
	MEM_EACH(m, servers, server) {
		const char *told = "";

		for (j = n = 0; j < m->tools_len; j++) {
			const struct mcp_tool *t = m->tools[j];

			if (t->server == *server && ++n == 1 && t->told != NULL)
				told = t->told + strlen(t->description) + 1;
		}
		if (n > 0)
			buf_addf(&b, "\n%s: %zu tool%s.%.*s",
			    (*server)->name, n, n == 1 ? "" : "s",
			    (int)utf8_cut(told, strlen(told), LIST_ABOUT), told);
	}
	FREE_SET(m->about, buf_take(&b));
}

/* The tools of servers that are ready and had none. */
static void
mcp_share(struct mcp *m)
{
	AUTO_FREE struct list_share *v = xcalloc(m->servers_len + 1,
	    sizeof(*v));
	size_t n = 0, i;

	m->shared = true;
	MEM_EACH(m, servers, server) {
		struct mcp_server *s = *server;

		if (!mcp_is_ready(s))
			continue;
		s->listed = true;
		FREE_NULL(s->missing);
		mcp_pins_load(s);
		v[n++] = (struct list_share){ .server = s, .tool =
			json_array(s->listing, "tools") == NULL ? NULL :
			json_array(s->listing, "tools")->child };
	}
	for (i = 0; i < n; i++)
		while (list_share_next(m, &v[i]))
			;
	list_sort(m);
	list_about(m);
	for (i = 0; i < n; i++) {
		AUTO_BUF struct buf note = BUF_INIT(0);

		if (v[i].fresh > 0)
			mcp_pins_save(v[i].server);
		list_note(m, &v[i], &note);
		mcp_note(v[i].server, "started", buf_str(&note),
			    (struct ev_mcp){ 0 });
	}
}

/* Before the first request, or late. */
static void
mcp_started(struct mcp_server *s, const cJSON *result UNUSED, const char *why)
{
	struct core *c = s->core;

	s->start_ms = clock_mono_ms() - s->began_ms;
	if (why != NULL)
		mcp_failed(s, why);
	else if (json_get(s->listing, "prompts") != NULL)
		PART_EACH(c, p)
			if ((*p)->prompts != NULL)
				(*p)->prompts(c);
	if (why == NULL && c->mcp->shared)
		emit_note(c, "MCP server %s has started; its tools come with "
		    "the next task", s->name);
	else if (!c->mcp->shared && !mcp_is_starting(c->mcp))
		mcp_share(c->mcp);
	core_soon(c);
}

static struct mcp *
mcp_get(struct core *c)
{
	if (c->mcp == NULL)
		c->mcp = xcalloc(1, sizeof(*c->mcp));
	return c->mcp;
}

/* The values of servers' variables, from the user's configuration: kept apart
 * from the start object, which is journaled. The first ones count. */
static void
mcp_offer(struct core *c, const cJSON *hello)
{
	const char *tokens = json_str(hello, "mcp_tokens");
	const cJSON *it;

	if (tokens != NULL && mcp_get(c)->tokens == NULL)
		c->mcp->tokens = xstrdup(tokens);
	cJSON_ArrayForEach(it, json_get(hello, "mcp_env"))
		given_add(&mcp_get(c)->given, it->string, it);
}

static void
mcp_secrets(const struct core *c, struct mask_list *l)
{
	const struct mcp *m = c->mcp;
	size_t i;

	if (m != NULL)
		given_secrets(&m->given, l);
	for (i = 0; m != NULL && i < m->servers_len; i++)
		if (m->servers[i]->http != NULL)
			mcp_http_secrets(m->servers[i]->http, l);
}

static void
mcp_begin(struct core *c, const cJSON *servers)
{
	struct mcp *m = c->mcp;
	const cJSON *it;

	m->begun = true;
	if (servers == NULL || servers->child == NULL ||
	    c->mode == MODE_DEMO || !core_has_model(c) || c->peer != NULL)
		return;
	cJSON_ArrayForEach(it, servers) {
		struct mcp_server *s = xcalloc(1, sizeof(*s));

		mcp_server_init(s, c);
		s->name = xstrdup(it->string);
		s->config = it;
		s->outside = json_get(it, "url") != NULL ||
		    !json_bool(it, "sandbox", true);
		s->starting = true;
		*GROW_ADD(m->servers, m->servers_len) = s;
	}
	MEM_EACH(m, servers, server)
		mcp_server_start(*server, mcp_started);
}

struct ev_missing_server *
mcp_missing(const struct core *c, struct event *to, size_t *n)
{
	struct ev_missing_server *list = NULL;
	size_t i;

	*n = 0;
	for (i = 0; c->mcp != NULL && i < c->mcp->servers_len; i++) {
		const struct mcp_server *s = c->mcp->servers[i];

		if (s->missing == NULL)
			continue;
		if (list == NULL)
			list = ev_alloc(to, c->mcp->servers_len *
			    sizeof(*list));
		list[(*n)++] = (struct ev_missing_server){ s->name,
		    s->missing };
	}
	return list;
}

/* The user said that the work needs all of them. True if it ends for that. */
static bool
mcp_is_unmet(struct core *c)
{
	AUTO_EVENT struct event made = { 0 };
	const struct ev_missing_server *list;
	size_t n;

	if (!json_bool(c->start, "require_mcp", false) ||
	    (list = mcp_missing(c, &made, &n)) == NULL)
		return false;
	FREE_SET(c->task.summary, xasprintf("what --require-mcp asks for isn't "
	    "met: %s", list->text));
	phase_stop(c, STOP_UNMET);
	core_soon(c);
	return true;
}

static void
mcp_is_late(void *arg)
{
	struct core *c = arg;

	c->mcp->first = NULL;
	c->mcp->late = true;
	core_soon(c);
}

/* Does the first request have to wait? Only so long, but for a question that is
 * open, and for what --require-mcp asks for. */
static bool
mcp_waits(struct core *c)
{
	struct mcp *m = c->mcp;
	bool asks = json_bool(c->start, "require_mcp", false);

	if (m->shared || !mcp_is_starting(m))
		return false;
	MEM_EACH(m, servers, server)
		asks = asks || ((*server)->starting && (*server)->waits);
	if (m->first == NULL && !m->late)
		m->first = loop_timer_new(c->loop, MCP_FIRST_MS, mcp_is_late,
		    c);
	return asks || !m->late;
}

/* A server has said that its tools are others now: a task that begins has
 * them. */
static void
mcp_list_again(struct core *c)
{
	struct mcp *m = c->mcp;
	size_t j, kept;

	MEM_EACH(m, servers, server) {
		struct mcp_server *s = *server;

		if (!s->relist || !s->listed || s->starting)
			continue;
		for (j = kept = 0; j < m->tools_len; j++)
			if (m->tools[j]->server == s)
				mcp_list_free(m->tools[j]);
			else
				m->tools[kept++] = m->tools[j];
		m->tools_len = kept;
		s->relist = s->listed = m->shared = m->late = false;
		mcp_server_stop(s);
		mcp_server_start(s, mcp_started);
	}
}

/* A request waits until the servers have started. The task ends if
 * --require-mcp isn't met. */
static bool
mcp_before_turn(struct core *c)
{
	if (!mcp_get(c)->begun)
		mcp_begin(c, json_get(c->start, "mcp_servers"));
	if (c->fold->facts.usage.task.turns == 0)
		mcp_list_again(c);
	if (mcp_waits(c)) {
		status_tell(c, "model", "starting MCP servers");
		return true;
	}
	if (!c->mcp->shared || c->fold->facts.usage.task.turns == 0)
		mcp_share(c->mcp);
	return mcp_is_unmet(c) || c->mcp->prompted != NULL ||
	    mcp_resource_next(c);
}

void
mcp_ahead(struct core *c)
{
	if (c->phase == PHASE_IDLE && c->ending == ENDING_NOT &&
	    !mcp_get(c)->begun && program_masks(c))
		mcp_begin(c, json_get(c->start, "mcp_servers"));
}

/* Add "SERVER:URI" of those that servers have to the list. `match` is the
 * beginning of a name, or a name, a colon and a part of the address. */
static void
mcp_resources_find(const struct core *c, const char *match, int most,
    cJSON *list)
{
	size_t i, n = strcspn(match, ":");
	const char *part = match[n] == '\0' ? "" : match + n + 1;
	const cJSON *it;

	for (i = 0; c->mcp != NULL && i < c->mcp->servers_len; i++) {
		const struct mcp_server *s = c->mcp->servers[i];

		if (strncmp(s->name, match, n) != 0 || (match[n] == ':' &&
		    s->name[n] != '\0'))
			continue;
		cJSON_ArrayForEach(it, json_get(s->listing, "resources")) {
			const char *uri = json_str_or(it, "uri", "");
			AUTO_FREE char *name = xasprintf("%s:%s", s->name, uri);

			if (cJSON_GetArraySize(list) < most &&
			    strcasestr(uri, part) != NULL &&
			    utf8_is_line(name))
				cJSON_AddItemToArray(list,
				    cJSON_CreateString(name));
		}
	}
}

const struct tool_entry *
mcp_tool(const struct core *c, const char *name)
{
	const struct mcp_tool *t = c->mcp == NULL ? NULL :
	    mcp_list_find(c->mcp, name);

	return t == NULL ? NULL : &t->entry;
}

const char *
mcp_find_about(const struct core *c)
{
	return c->mcp == NULL ? NULL : c->mcp->about;
}

const struct tool_entry *
mcp_tool_at(const struct core *c, size_t i)
{
	return c->mcp != NULL && i < c->mcp->tools_len ?
	    &c->mcp->tools[i]->entry : NULL;
}

#define FIND_TOLD	8	/* tools in an answer, */
#define FIND_BYTES	((size_t)24 << 10)	/* and about so much of them */

/* How many words of the query its name or description has; a name alone is
 * enough. */
static size_t
mcp_find_score(const struct mcp_tool *t, const char *query)
{
	size_t score = 0, n;

	if (strcmp(t->name, query) == 0)
		return SIZE_MAX;
	for (; *query != '\0'; query += n, query += strspn(query, " ,")) {
		AUTO_FREE char *word = xmemdup(query, n = strcspn(query,
		    " ,"));

		score += n > 0 && (strcasestr(t->name, word) != NULL ||
		    strcasestr(t->description, word) != NULL);
	}
	return score;
}

/* What the server of this one says of all its tools, unless one before it is its,
 * too: it stands with its first tool. */
static void
mcp_find_server(const struct mcp *m, const struct mcp_tool *const *best,
    size_t at, struct buf *b)
{
	const struct mcp_server *s = best[at]->server;
	size_t i;

	for (i = 0; i < at; i++)
		if (best[i]->server == s)
			return;
	MEM_EACH(m, tools, tool)
		if ((*tool)->server == s && (*tool)->told != NULL)
			buf_addf(b, "%s\n\n", (*tool)->told +
			    strlen((*tool)->description) + 2);
}

void
mcp_tool_find(struct core *c, const struct core_call *call, const cJSON *args)
{
	const struct mcp_tool *t, *best[FIND_TOLD];
	size_t scores[FIND_TOLD], n = 0, all = 0, i, j, score;
	const char *query = json_str_or(args, "query", json_str_or(args, "name",
	    ""));
	AUTO_BUF struct buf b = BUF_INIT(0);

	for (i = 0; mcp_tool_at(c, i) != NULL; i++) {
		t = c->mcp->tools[i];
		if ((score = mcp_find_score(t, query)) == 0)
			continue;
		all++;
		for (j = n; j > 0 && scores[j - 1] < score; j--)
			if (j < FIND_TOLD) {
				scores[j] = scores[j - 1];
				best[j] = best[j - 1];
			}
		if (j < FIND_TOLD) {
			scores[j] = score;
			best[j] = t;
			n += n < FIND_TOLD;
		}
	}
	if (n > 0 && scores[0] == SIZE_MAX)
		n = all = 1;
	for (i = 0; i < n; i++)
		mcp_find_server(c->mcp, best, i, &b);
	for (i = 0; i < n && b.len < FIND_BYTES; i++)
		buf_addf(&b, "%s%s: %s\nArguments: %s", i > 0 ? "\n\n" : "",
		    best[i]->name, best[i]->description, best[i]->schema);
	if (i < all)
		buf_addf(&b, "\n\n%zu more have such words: ask with others.",
		    all - i);
	emit_result(c, call->id, call->name, n > 0, n > 0 ? NULL : "not_found",
	    n > 0 ? buf_str(&b) : "no tool of an MCP server has these words");
}

void
mcp_tool_unknown(struct core *c, const struct core_call *call,
    const cJSON *args UNUSED)
{
	emit_result(c, call->id, call->name, false, "not_found",
	    "no MCP server has a tool of this name: find_tool tells which there "
	    "are");
}

const char *
mcp_server_of(const struct core *c, const char *name)
{
	const cJSON *it;
	size_t n;

	cJSON_ArrayForEach(it, json_get(c->start, "mcp_servers")) {
		n = strlen(it->string);
		if (strncmp(name, it->string, n) == 0 &&
		    strncmp(name + n, "__", 2) == 0 &&
		    json_bool(it, "sandbox", true) &&
		    json_get(it, "url") == NULL)
			return it->string;
	}
	return NULL;
}

static void
mcp_free(struct core *c)
{
	struct mcp *m = c->mcp;

	if (m == NULL)
		return;
	c->mcp = NULL;
	c->mcp_call = NULL;
	loop_timer_free(&m->first);
	MEM_EACH(m, servers, server)
		mcp_server_free(*server);
	MEM_EACH(m, tools, tool)
		mcp_list_free(*tool);
	given_release(&m->given);
	FREE_ALL(m->tokens, m->about);
	cJSON_Delete(m->wanted);
	cJSON_Delete(m->reading);
	FREE_ALL(m->made, m->unmade, m->servers, m->tools, m);
}

const struct core_part mcp_part = {
	.secrets = mcp_secrets,
	.names = mcp_resources_find, .offer = mcp_offer, .ahead = mcp_ahead, .wait = mcp_before_turn,
	.answer = mcp_ask_answer, .free = mcp_free,
};
