/*
 * The connection of `assent acp`: a table of methods. What a client sends is
 * checked here or where it is used; a wrong type is refused, never guessed.
 */

#include "config.h"

#include "cmd/acp/acp.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/sanitize.h"
#include "base/url.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/session.h"
#include "loop/loop.h"
#include "policy/approve.h"
#include "rpc/acp-names.h"
#include "rpc/rpc.h"

#define ACP_INTERNAL	(-32603)
#define ACP_LOGIN	(-32000)	/* "authentication required" */

/* Make an error of what was printed. */
static int
acp_failed(struct err *e)
{
	return err_set(e, "%s", cmd_said());
}

/* The configuration of the project in this folder as it is now. -1 with *e. */
static int
acp_config(const struct acp *a, struct setup *s, const char *root,
    struct err *e)
{
	if (chdir(root) < 0 || setenv("PWD", root, 1) < 0)
		return err_sys(e, "can't enter %s", root);
	if (setup_project(s, a->args) != 0 ||
	    setup_config(s, a->args, "interactive") != 0)
		return acp_failed(e);
	return 0;
}

static bool
acp_option_has(const cJSON *values, const char *value)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, values)
		if (json_is(it, "value", value))
			return true;
	return false;
}

/* ---- the review mode ---- */

static const char *
acp_option_mode(const struct acp_session *s)
{
	return s->fold->approve == NULL ? "ask" : s->fold->approve;
}

/* The modes; `id` is what the protocol calls a mode's name there. */
static cJSON *
acp_option_mode_list(const char *id)
{
	cJSON *list = cJSON_CreateArray();
	const struct approve *m;

	for (m = approve_table; m < approve_table + approve_table_len; m++)
		if ((m->where & APPROVE_SCREEN) != 0)
			cJSON_AddItemToArray(list, JSON_TEXTS(id, m->name,
			    "name", m->name, "description", m->brief));
	return list;
}

/* The same of the review mode alone, for clients that know no options. */
static cJSON *
acp_option_modes(const struct acp_session *s)
{
	cJSON *o = JSON_TEXTS("currentModeId", acp_option_mode(s));

	json_set_take(o, "availableModes", acp_option_mode_list("id"));
	return o;
}

/* The line for the core; NULL: there is no such mode here. */
static cJSON *
acp_option_mode_line(const char *name)
{
	const struct approve *m = name == NULL ? NULL : approve_find(name);

	return m == NULL || (m->where & APPROVE_SCREEN) == 0 ? NULL :
	    command_text("set", "approve", m->name);
}

/* ---- the model ---- */

static const char *
acp_option_model(const struct acp_session *s)
{
	return s->fold->model == NULL ? "" : s->fold->model;
}

/* The models that a session of its project can switch to. */
static void
acp_option_models(const struct acp_session *s, struct buf *names)
{
	AUTO(setup_release) struct setup setup = { 0 };
	struct slash_command_models m = { 0 };
	struct err e = ERR_INIT;

	if (acp_config(s->acp, &setup, s->fold->root, &e) < 0)
		return;
	setup.config->held = true;
	setup_models(&setup, &m);
	m.offer(m.arg, names);
}

/* The line for the core to switch to one; NULL with *e. */
static cJSON *
acp_option_model_line(const struct acp_session *s, const char *name,
    struct err *e)
{
	AUTO(setup_release) struct setup setup = { 0 };
	struct slash_command_models m = { 0 };

	if (acp_config(s->acp, &setup, s->fold->root, e) < 0)
		return NULL;
	setup_models(&setup, &m);
	return m.line(m.arg, name, e);
}

static cJSON *
acp_option_model_list(const struct acp_session *s)
{
	AUTO_FREE char *names = xstrdup(s->models);
	char *name, *rest = NULL;
	cJSON *list = cJSON_CreateArray();

	for (name = strtok_r(names, " ", &rest); name != NULL;
	    name = strtok_r(NULL, " ", &rest))
		/* A provider alone: none of its models is known. */
		if (name[strlen(name) - 1] != '/' && !acp_option_has(list, name))
			cJSON_AddItemToArray(list, JSON_TEXTS("value", name,
			    "name", name));
	return list;
}

/* ---- both ---- */

/* `id` is the protocol's category, too. */
static cJSON *
acp_option_new(const char *id, const char *name, const char *current,
    cJSON *values_take)
{
	cJSON *o = JSON_TEXTS("id", id, "name", name, "category", id,
	    "type", "select", "currentValue", current);

	/* The client can't show a value that isn't one of the options. */
	if (!acp_option_has(values_take, current))
		cJSON_AddItemToArray(values_take, JSON_TEXTS("value", current,
		    "name", current[0] == '\0' ? "none" : current));
	json_set_take(o, "options", values_take);
	return o;
}

static cJSON *
acp_option_list(const struct acp_session *s)
{
	cJSON *list = cJSON_CreateArray();

	cJSON_AddItemToArray(list, acp_option_new("mode", "Review mode",
	    s->told_mode, acp_option_mode_list("value")));
	if (s->fold->agent == NULL)
		cJSON_AddItemToArray(list, acp_option_new("model", "Model",
		    s->told_model, acp_option_model_list(s)));
	return list;
}

/* Once the fold is complete. */
static void
acp_option_open(struct acp_session *s)
{
	AUTO_BUF struct buf names = BUF_INIT(0);

	if (s->fold->root != NULL)
		acp_option_models(s, &names);
	/* It may be one that isn't configured: on this machine. */
	buf_addf(&names, " %s", acp_option_model(s));
	s->models = buf_take(&names);
	xstrset(&s->told_mode, acp_option_mode(s));
	xstrset(&s->told_model, acp_option_model(s));
}

/* A line of the core that was folded: tell the client of another value. */
static void
acp_option_line(struct acp_session *s, const struct event *l)
{
	bool refused = l->type == EVENT_REFUSED;
	bool mode = refused ? ev_is(l->refused.to, "set") :
	    l->type == EVENT_MODE;
	bool model = refused ? ev_is(l->refused.to, "model") :
	    l->type == EVENT_MODEL;
	cJSON *o;

	mode = mode && strcmp(s->told_mode, acp_option_mode(s)) != 0;
	model = model && strcmp(s->told_model, acp_option_model(s)) != 0;
	if (mode)
		xstrset(&s->told_mode, acp_option_mode(s));
	if (model)
		xstrset(&s->told_model, acp_option_model(s));
	if (!mode && !model)
		return;
	o = cJSON_CreateObject();
	json_set_take(o, "configOptions", acp_option_list(s));
	acp_update_take(s, ACP_OPTIONS, o);
}

/* -1 with *e. */
static int
acp_option_set(struct acp_session *s, const char *id, const char *value,
    struct err *e)
{
	bool model = strcmp(id, "model") == 0;
	AUTO_JSON cJSON *models = acp_option_model_list(s);
	cJSON *line;

	if (model && acp_option_has(models, value))
		line = acp_option_model_line(s, value, e);
	else if (!model && strcmp(id, "mode") == 0)
		line = acp_option_mode_line(value);
	else
		line = NULL;
	if (line == NULL)
		return err_is_set(e) ? -1 : err_set(e, "configId and value: "
		    "not one of configOptions");
	xstrset(model ? &s->told_model : &s->told_mode, value);
	acp_session_send_take(s, line);
	return 0;
}

/* A prompt's blocks as one message. What a block embeds is data, fenced like
 * the inputs of exec; a link into the project is what @ names in a message. */

#define ACP_PROMPT_MAX	((size_t)4 << 20)
#define ACP_LINKS_MAX	16	/* files that the client is asked for */

struct acp_prompt {
	struct buf	 text;
	cJSON		*images;	/* for the command say */
	cJSON		*links;		/* files of the project, relative */
};

/* It as a path in the project, malloc'ed; NULL: it is elsewhere. */
static char *
acp_prompt_inside(const char *uri, const char *root)
{
	AUTO_FREE char *path = url_file(uri);

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
acp_prompt_text(struct acp_prompt *p, const cJSON *block,
    const char *root UNUSED, struct err *e)
{
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
	AUTO_FREE char *path = url_file(json_str_or(block, "uri", ""));
	const char *name = path == NULL ? NULL : strrchr(path, '/') + 1;

	return name == NULL || name[0] == '\0' || !utf8_is_line(name) ?
	    xasprintf("image %d (editor)", n) : xasprintf("%s (editor)", name);
}

static int
acp_prompt_image(struct acp_prompt *p, const cJSON *block,
    const char *root UNUSED, struct err *e)
{
	const char *data = json_str(block, "data");
	AUTO_FREE char *name = acp_prompt_image_name(block,
	    cJSON_GetArraySize(p->images) + 1);
	cJSON *o;

	if (data == NULL || data[0] == '\0')
		return err_set(e, "prompt: an image needs data");
	o = JSON_TEXTS("name", name, "data_b64", data);
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

static const struct acp_block {
	const char	*type;
	int		(*take)(struct acp_prompt *, const cJSON *block,
			    const char *root, struct err *);
} acp_prompt_blocks[] = {
	{ "image", acp_prompt_image }, { "resource", acp_prompt_resource },
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

static void	acp_send_next(struct acp_session *);
static void	acp_session_watch(struct acp_session *);

static void
acp_send_got(void *arg, const cJSON *result,
    const struct rpc_failure *failure UNUSED)
{
	struct acp_read *r = arg;
	struct acp_session *s = r->session;
	const char *text = json_str(result, "content");
	cJSON *o;

	if (s != NULL && text != NULL && strlen(text) <= ACP_READ_MAX) {
		o = JSON_TEXTS("path", r->path, "text", text);
		cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(s->say,
		    "unsaved"), o);
	}
	FREE_ALL(r->path, r);
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
	JSON_ADD_TEXTS(o, "sessionId", s->client.session, "path", full);
	if (rpc_ask_take(s->acp->rpc, "fs/read_text_file", o, ACP_READ_MS,
	    acp_send_got, s->read) == 0)
		acp_send_got(s->read, NULL, NULL);
}

/* What is open isn't asked before this has been done: the agent may go on, and
 * make another version. */
static void
acp_prompt_send_take(struct acp_session *s, cJSON *line)
{
	(void)client_send(&s->client, line);
	client_sync(&s->client);
	acp_session_watch(s);
}

static void
acp_send_next(struct acp_session *s)
{
	AUTO_JSON cJSON *link = s->links == NULL ? NULL :
	    cJSON_DetachItemFromArray(s->links, 0);
	cJSON *say;

	if (link != NULL && s->acp->reads)
		acp_send_ask(s, link->valuestring);
	else {
		say = s->say;
		s->say = NULL;
		json_drop(&s->links);
		acp_prompt_send_take(s, say);
	}
}

static void
acp_send(struct acp_session *s, const char *text, struct acp_prompt *p)
{
	s->say = command_text("say", "text", text);
	/* A text that was "//x" names no file's command. */
	s->file = text == p->text.p && slash_command_is_file(text);
	if (s->file)
		slash_command_mark(s->say, text, SLASH_COMMAND_EDITOR,
		    s->fold);
	if (p->images->child != NULL)
		json_copy(s->say, "images", p->images);
	(void)cJSON_AddArrayToObject(s->say, "unsaved");
	s->links = p->links;
	p->links = NULL;
	acp_send_next(s);
}

/* Drop the prompt if it hasn't been sent to the core yet. True if there was one. */
static bool
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

/* Slash commands of a client: those of the screen that are a line for the core.
 * None decides about a change. */

static void
acp_command_add(cJSON *list, const char *name, const char *about,
    const char *hint)
{
	cJSON *it = JSON_TEXTS("name", name, "description", about);

	if (hint != NULL)
		json_add_str(cJSON_AddObjectToObject(it, "input"), "hint",
		    hint);
	cJSON_AddItemToArray(list, it);
}

/* `files`: those of files. */
static void
acp_command_offer(struct acp_session *s, const struct ev_commands *files)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];

		if (!slash_command_is_here(c, SLASH_COMMAND_EDITOR, s->fold))
			continue;
		acp_command_add(list, c->name, c->help, c->args);
	}
	MEM_EACH(files, commands, it) {
		AUTO_FREE char *name = slash_command_file_name(it);
		AUTO_FREE char *note = slash_command_file_note(it);

		acp_command_add(list, name + 1, note, ev_str(it->hint,
		    "words"));
	}
	json_set_take(o, "availableCommands", list);
	acp_update_take(s, ACP_COMMANDS, o);
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
	switch (slash_command_parse(text, SLASH_COMMAND_EDITOR, s->fold, &c,
	    &rest, &say)) {
	case SLASH_COMMAND_SAY:
		return say;
	case SLASH_COMMAND_FOUND:
		if (c->member != NULL && strcmp(c->type, "set") == 0 &&
		    rest[0] == '\0')
			err_set(&e, "/%s needs a word: %s", c->name, c->help);
		else
			line = slash_command_line(c, rest, s->fold, NULL, &e);
		break;
	default: {
		if (slash_command_is_file(text))
			return text;
		AUTO_FREE char *why = slash_command_unknown(text,
		    SLASH_COMMAND_EDITOR, s->fold);

		err_set(&e, "%s", why);
	}
	}
	if (line == NULL) {
		acp_update_say(s, "%s", e.text);
		acp_session_stop(s, ACP_END_TURN);
		return NULL;
	}
	s->command = true;
	s->works = false;
	acp_prompt_send_take(s, line);
	return NULL;
}

/* End a command's turn once the core has run the command, and there is neither
 * a task nor a change to ask about. */
static void
acp_command_line(struct acp_session *s, enum event_type type)
{
	if (!s->command)
		return;
	s->works = s->works || type == EVENT_USER_MESSAGE;
	if (client_is_synced(&s->client) && !s->works && s->prompt != NULL &&
	    fold_is_idle(s->fold) && fold_undecided(s->fold->proposal) == 0)
		acp_session_stop(s, ACP_END_TURN);
}

static int
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

/* A session of `assent acp`: its core, whose lines are folded, and the one
 * prompt that it may work on. */

#define ACP_DIED "the background process died. No decision was lost; " \
	"continue with assent resume %s"

static struct acp_session *
acp_session_find(struct acp *a, const char *id)
{
	struct acp_session *s;

	for (s = a->sessions; s != NULL; s = s->next)
		if (s->client.live && strcmp(s->client.session, id) == 0)
			return s;
	return NULL;
}

static void
acp_session_free(struct acp_session *s)
{
	struct acp_session **p = &s->acp->sessions;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	acp_ask_forget(s);
	(void)acp_prompt_forget(s);
	loop_watch_free(&s->watch);
	(void)client_release(&s->client);
	fold_free(s->fold);
	cJSON_Delete(s->opens);
	FREE_ALL(s->models, s->told_mode, s->told_model);
	cJSON_Delete(s->prompt);
	FREE_ALL(s->error, s->said);
	buf_release(&s->text);
	buf_release(&s->thinking);
	FREE_ALL(s->did[REVIEW_ASK], s->did[REVIEW_LIMIT], s->did[REVIEW_PLAN]);
	pathmap_release(&s->did_files);
	pathmap_release(&s->calls);
	pathmap_release(&s->shown);
	FREE_ALL(s->left, s);
}

static void
acp_session_watch(struct acp_session *s)
{
	loop_watch_set(s->watch, LOOP_READ |
	    (client_is_sending(&s->client) ? LOOP_WRITE : 0));
}

void
acp_session_send_take(struct acp_session *s, cJSON *o)
{
	(void)client_send(&s->client, o);
	acp_session_watch(s);
}

/* ---- a turn ---- */

static void
acp_session_turn_over(struct acp_session *s)
{
	acp_ask_forget(s);
	json_drop(&s->prompt);
	s->cancelled = s->command = false;
	FREE_NULL(s->error);
	FREE_NULL(s->left);
	/* What stays open is asked again in the next turn; a plan is returned
	 * by its prompt. */
	FREE_NULL(s->did[REVIEW_ASK]);
	FREE_NULL(s->did[REVIEW_LIMIT]);
	s->did_proposal = s->denied = 0;
}

void
acp_session_stop(struct acp_session *s, const char *reason)
{
	cJSON *o;

	if (s->prompt == NULL)
		return;
	o = JSON_TEXTS("stopReason", s->cancelled ? ACP_CANCELLED : reason);
	rpc_answer_take(s->acp->rpc, s->prompt, o);
	acp_session_turn_over(s);
}

/* The same with an error. */
static void
acp_session_fail(struct acp_session *s, const char *why)
{
	if (s->cancelled) {
		acp_session_stop(s, ACP_CANCELLED);
		return;
	}
	if (s->prompt == NULL)
		return;
	rpc_refuse(s->acp->rpc, s->prompt, ACP_INTERNAL, why);
	acp_session_turn_over(s);
}

void
acp_session_cancel(struct acp_session *s)
{
	if (s->prompt == NULL || s->cancelled)
		return;
	s->cancelled = true;
	acp_ask_forget(s);
	if (!acp_prompt_forget(s))
		acp_session_send_take(s, command_of("interrupt"));
	else
		acp_session_stop(s, ACP_CANCELLED);
	/* It has no task whose end is reported. */
	if (s->command && !s->works)
		acp_session_stop(s, ACP_CANCELLED);
}

/* ---- the core's lines ---- */

/* All old lines came. */
static void
acp_session_opened(struct acp_session *s, const struct event *l)
{
	cJSON *o = cJSON_CreateObject();

	if (s->is_new)
		json_add_str(o, "sessionId", s->client.session);
	acp_option_open(s);
	json_set_take(o, "configOptions", acp_option_list(s));
	json_set_take(o, "modes", acp_option_modes(s));
	acp_update_line(s, l);
	rpc_answer_take(s->acp->rpc, s->opens, o);
	json_drop(&s->opens);
	acp_session_send_take(s, command_of("commands"));
}

static void
acp_session_refused(struct acp_session *s, const struct event *l)
{
	const char *text = l->refused.text;
	bool say = ev_is(l->refused.to, "say");

	if (s->opens != NULL) {
		rpc_refuse(s->acp->rpc, s->opens, ACP_INTERNAL, text);
		json_drop(&s->opens);
	} else if (say && s->file) {
		acp_update_say(s, "%s", text);
		acp_session_stop(s, ACP_END_TURN);
	} else if (say)
		acp_session_fail(s, text);
	else
		acp_update_line(s, l);
}

/* The task is over; what waits beside it isn't asked in this turn. */
static void
acp_session_task_end(struct acp_session *s, const struct ev_agent_end *end)
{
	/* The outcome "refused" is the user's word. */
	if (s->refused)
		acp_session_stop(s, ACP_REFUSAL);
	else if (ev_is(end->outcome, "provider") ||
	    ev_is(end->outcome, "error"))
		acp_session_fail(s, s->error == NULL ? "the task failed" :
		    s->error);
	else if (ev_is(end->outcome, "limit"))
		acp_session_stop(s, end->limit != NULL &&
		    ev_is(end->limit->what, "tokens") ?
		    ACP_MAX_TOKENS : "max_turn_requests");
	else
		acp_session_stop(s, ev_is(end->outcome, "interrupted") ?
		    ACP_CANCELLED : ACP_END_TURN);
}

static void
acp_session_line(void *arg, const struct event *l)
{
	struct acp_session *s = arg;

	if (l->type == EVENT_LIVE && s->opens != NULL)
		acp_session_opened(s, l);
	else if (l->type == EVENT_REFUSED)
		acp_session_refused(s, l);
	else if (l->type == EVENT_COMMANDS)
		acp_command_offer(s, &l->commands);
	else if (s->client.live || s->loads) {
		acp_update_line(s, l);
		acp_command_line(s, l->type);
	}
	if (!s->client.live)
		return;
	acp_option_line(s, l);
	if (l->type == EVENT_ERROR)
		xstrset(&s->error, l->error.text);
	if (l->type == EVENT_AGENT_END)
		acp_session_task_end(s, &l->agent_end);
}

static void
acp_session_ready(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	struct acp_session *s = arg;
	AUTO_FREE char *why = NULL;

	if (client_read(&s->client) == 0) {
		acp_ask(s);
		acp_session_watch(s);
		return;
	}
	why = s->client.session == NULL ? xstrdup(s->client.why) :
	    xasprintf(ACP_DIED, s->client.session);
	if (s->opens != NULL)
		rpc_refuse(s->acp->rpc, s->opens, ACP_INTERNAL, why);
	acp_session_fail(s, why);
	acp_session_free(s);
}

/* Make a session for the request of this method; takes the client. */
static struct acp_session *
acp_session_new_take(struct acp *a, struct client *c, const cJSON *request,
    const char *method)
{
	static const struct client_ops ops = { .line = acp_session_line,
		.stands = acp_ask_stands, .closed = acp_ask_closed };
	struct acp_session *s = xcalloc(1, sizeof(*s));

	s->acp = a;
	s->client = *c;
	memset(c, 0, sizeof(*c));
	s->opens = cJSON_Duplicate(request, 1);
	s->is_new = strcmp(method, ACP_NEW) == 0;
	s->loads = strcmp(method, ACP_LOAD) == 0;
	s->fold = fold_new();
	client_open(&s->client, s->fold, &ops, s);
	s->next = a->sessions;
	a->sessions = s;
	s->watch = loop_watch_new(a->loop, client_fd(&s->client), LOOP_READ,
	    acp_session_ready, s);
	/* An editor says nothing before its first prompt. */
	acp_session_send_take(s, command_of("typing"));
	return s;
}

#define ACP_LINE	((size_t)48 << 20)	/* of a prompt with images */

/* A name for the journal: what follows is the client's own word for itself. */
static void
acp_set_client(struct acp *a, const char *name)
{
	size_t n = strlen("acp");

	for (; name[0] != '\0' && n + 2 < sizeof(a->client); name++)
		if (name[0] > ' ' && name[0] < 0x7f) {
			if (n == strlen("acp"))
				a->client[n++] = ' ';
			a->client[n++] = name[0];
		}
	a->client[n] = '\0';
}

static void
acp_on_initialize(struct acp *a, const cJSON *id, const cJSON *params)
{
	static const char answer[] = "{\"protocolVersion\":1,"
	    "\"agentCapabilities\":{\"loadSession\":true,"
	    "\"promptCapabilities\":{\"image\":true,\"audio\":false,"
	    "\"embeddedContext\":true},\"sessionCapabilities\":{"
	    "\"close\":{},\"delete\":{},\"list\":{},\"resume\":{}}},"
	    "\"agentInfo\":{\"name\":\"assent\",\"version\":\""
	    PACKAGE_VERSION "\"},\"authMethods\":[{\"id\":\"assent-login\","
	    "\"name\":\"assent login\",\"description\":\"In a terminal, run "
	    "assent login, or name a model in assent's config.json; then try "
	    "again.\"}]}";

	acp_set_client(a, json_str_or(json_get(params, "clientInfo"), "name",
	    ""));
	a->initialized = true;
	a->reads = json_bool(json_get(json_get(params, "clientCapabilities"),
	    "fs"), "readTextFile", false);
	rpc_answer_take(a->rpc, id, json_parse(answer, sizeof(answer) - 1,
	    JSON_NUL_REFUSE, NULL));
}

/* The key is the user's to store; the next session/new sees it. */
static void
acp_on_authenticate(struct acp *a, const cJSON *id, const cJSON *params)
{
	if (json_is(params, "methodId", "assent-login"))
		rpc_answer_take(a->rpc, id, cJSON_CreateObject());
	else
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "methodId: there is only assent-login");
}

/* The folder of a session; NULL after refusing it. */
static const char *
acp_cwd(struct acp *a, const cJSON *id, const cJSON *params)
{
	const char *cwd = json_str(params, "cwd");
	struct stat st;

	if (cwd == NULL || cwd[0] != '/' || stat(cwd, &st) < 0 ||
	    !S_ISDIR(st.st_mode)) {
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "cwd: not the absolute path of a folder");
		return NULL;
	}
	return cwd;
}

static bool
acp_names_servers(const cJSON *params)
{
	return cJSON_GetArraySize(json_array(params, "mcpServers")) > 0;
}

/* *login: there is no model, or no key for it. */
static int
acp_start(const struct acp *a, const char *cwd, struct client *c, bool *login,
    struct err *e)
{
	static const struct setup_task task = { .person = true };
	AUTO(setup_release) struct setup s = { 0 };

	if (acp_config(a, &s, cwd, e) < 0)
		return -1;
	s.client = a->client;
	if (setup_processes(&s) != 0)
		return acp_failed(e);
	if (setup_model(&s, true) != 0) {
		*login = s.agent_name == NULL;
		return acp_failed(e);
	}
	return client_start(c, setup_start(&s, "interactive", &task),
	    setup_hello(&s), e);
}

static void
acp_on_new(struct acp *a, const cJSON *id, const cJSON *params)
{
	const char *cwd = acp_cwd(a, id, params);
	struct client c = { 0 };
	struct err e = ERR_INIT;
	bool login = false;

	if (cwd == NULL)
		return;
	if (acp_start(a, cwd, &c, &login, &e) < 0) {
		rpc_refuse(a->rpc, id, login ? ACP_LOGIN : ACP_INTERNAL,
		    e.text);
		return;
	}
	acp_session_new_take(a, &c, id, ACP_NEW)->servers =
	    acp_names_servers(params);
}

/* An existing session. */
static int
acp_load(const struct acp *a, const char *id, struct client *c, struct err *e)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO_FREE char *operand = xstrdup(id);
	struct cmd_args named = *a->args;

	named.operands = &operand;
	named.operands_len = 1;
	if (session_client_find(&r, &named) != 0)
		return acp_failed(e);
	r.setup.client = a->client;
	/* The client gets all of it at once. */
	r.setup.cut = true;
	if (session_client_setup(&r, &named, SESSION_MODEL |
	    SESSION_RECOVER) != 0)
		return acp_failed(e);
	return session_client_connect(c, &r, &named, false, e);
}

static void
acp_open(struct acp *a, const cJSON *id, const cJSON *params,
    const char *method)
{
	const char *session = json_str(params, "sessionId");
	struct client c = { 0 };
	struct err e = ERR_INIT;

	if (session == NULL)
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "sessionId: not a text");
	else if (acp_session_find(a, session) != NULL)
		rpc_refuse(a->rpc, id, RPC_INVALID_REQUEST,
		    "this session is open already");
	else if (acp_load(a, session, &c, &e) < 0)
		rpc_refuse(a->rpc, id, ACP_INTERNAL, e.text);
	else
		acp_session_new_take(a, &c, id, method)->servers =
		    acp_names_servers(params);
}

static void
acp_on_load(struct acp *a, const cJSON *id, const cJSON *params)
{
	acp_open(a, id, params, ACP_LOAD);
}

static void
acp_on_resume(struct acp *a, const cJSON *id, const cJSON *params)
{
	acp_open(a, id, params, ACP_RESUME);
}

static cJSON *
acp_listed(const struct session_info *info)
{
	AUTO_FREE char *words = session_words(info);

	return JSON_TEXTS("sessionId", info->id, "cwd", info->state.root,
	    "title", words[0] == '\0' ? NULL : words,
	    "updatedAt", info->state.started);
}

static void
acp_on_list(struct acp *a, const cJSON *id, const cJSON *params)
{
	cJSON *o, *list;
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;

	if (session_list(json_str(params, "cwd"), SESSION_USED, &v, &n,
	    &e) < 0) {
		rpc_refuse(a->rpc, id, ACP_INTERNAL, e.text);
		return;
	}
	o = cJSON_CreateObject();
	list = cJSON_AddArrayToObject(o, "sessions");
	for (i = 0; i < n; i++)
		if (v[i].state.root != NULL)
			cJSON_AddItemToArray(list, acp_listed(&v[i]));
	rpc_answer_take(a->rpc, id, o);
	session_list_free(v, n);
}

/* An open session; NULL after refusing the request. */
static struct acp_session *
acp_session_of(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_find(a, json_str_or(params,
	    "sessionId", ""));

	if (s == NULL)
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "sessionId: no session of this connection");
	return s;
}

/* Its prompt is answered before the request that closes it. */
static void
acp_close(struct acp_session *s)
{
	acp_session_cancel(s);
	acp_session_stop(s, "cancelled");
	acp_session_free(s);
}

static void
acp_on_close(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);

	if (s == NULL)
		return;
	acp_close(s);
	rpc_answer_take(a->rpc, id, cJSON_CreateObject());
}

/* One that is gone, or never was, isn't an error; one with something that nobody
 * has decided is. */
static void
acp_on_delete(struct acp *a, const cJSON *id, const cJSON *params)
{
	const char *session = json_str(params, "sessionId");
	struct acp_session *s = acp_session_find(a, session == NULL ? "" :
	    session);

	if (s != NULL)
		acp_close(s);
	if (session == NULL)
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "sessionId: not a text");
	else if (session_exists(session) &&
	    cmd_ls_remove(session, false) != EXIT_DONE)
		rpc_refuse(a->rpc, id, ACP_INTERNAL, cmd_said());
	else
		rpc_answer_take(a->rpc, id, cJSON_CreateObject());
}

static void
acp_on_prompt(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);
	struct err e = ERR_INIT;

	if (s == NULL)
		return;
	if (s->prompt != NULL)
		rpc_refuse(a->rpc, id, RPC_INVALID_REQUEST,
		    "this session is working on a prompt; cancel it first");
	else if (acp_prompt(s, id, json_array(params, "prompt"), &e) < 0)
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS, e.text);
}

static void
acp_on_mode(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);
	cJSON *line;

	if (s == NULL)
		return;
	line = acp_option_mode_line(json_str(params, "modeId"));
	if (line == NULL) {
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
		    "modeId: not one of availableModes");
		return;
	}
	acp_session_send_take(s, line);
	rpc_answer_take(a->rpc, id, cJSON_CreateObject());
}

static void
acp_on_option(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);
	struct err e = ERR_INIT;
	cJSON *o;

	if (s == NULL)
		return;
	if (acp_option_set(s, json_str_or(params, "configId", ""),
	    json_str_or(params, "value", ""), &e) < 0) {
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS, e.text);
		return;
	}
	o = cJSON_CreateObject();
	json_set_take(o, "configOptions", acp_option_list(s));
	rpc_answer_take(a->rpc, id, o);
}

static const struct {
	const char	*name;
	void		(*on)(struct acp *, const cJSON *id, const cJSON *);
} acp_methods[] = {
	{ "authenticate", acp_on_authenticate },
	{ ACP_INITIALIZE, acp_on_initialize },
	{ "session/close", acp_on_close },
	{ "session/delete", acp_on_delete },
	{ "session/list", acp_on_list },
	{ ACP_LOAD, acp_on_load },
	{ ACP_NEW, acp_on_new },
	{ ACP_PROMPT, acp_on_prompt },
	{ ACP_RESUME, acp_on_resume },
	{ ACP_SET_OPTION, acp_on_option },
	{ ACP_SET_MODE, acp_on_mode },
};

static void
acp_request(void *arg, const cJSON *id, const char *method,
    const cJSON *params)
{
	struct acp *a = arg;
	size_t i;

	for (i = 0; i < MEM_COUNT(acp_methods); i++) {
		if (strcmp(acp_methods[i].name, method) != 0)
			continue;
		if (!cJSON_IsObject(params))
			rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS,
			    "params: not an object");
		else if (!a->initialized &&
		    acp_methods[i].on != acp_on_initialize)
			rpc_refuse(a->rpc, id, RPC_INVALID_REQUEST,
			    "begin with initialize");
		else
			acp_methods[i].on(a, id, params);
		return;
	}
	rpc_refuse(a->rpc, id, RPC_NO_METHOD, "no such method");
}

static void
acp_notice(void *arg, const char *method, const cJSON *params)
{
	struct acp *a = arg;
	struct acp_session *s;

	if (strcmp(method, ACP_CANCEL) != 0)
		return;
	s = acp_session_find(a, json_str_or(params, "sessionId", ""));
	if (s != NULL)
		acp_session_cancel(s);
}

static void
acp_closed(void *arg, const char *why UNUSED)
{
	struct acp *a = arg;

	loop_stop(a->loop, EXIT_DONE);
}

int
cmd_acp(const struct cmd_args *args)
{
	static const struct rpc_handlers on = {
		.request = acp_request, .notice = acp_notice,
		.closed = acp_closed, .tells_faults = true,
	};
	static const struct rpc_limits limits = { .line = ACP_LINE };
	struct acp a = { .args = args, .client = "acp" };
	struct err e = ERR_INIT;
	int in, out, null, code;

	/* Nothing else may read or write there. */
	in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0 || out < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		err_sys(&e, "can't set up standard input and output");
		return cmd_fail_err(&e);
	}
	close(null);
	a.loop = loop_new();
	a.rpc = rpc_new_take(a.loop, in, out, &limits, &on, &a);
	code = loop_run(a.loop);
	while (a.sessions != NULL)
		acp_session_free(a.sessions);
	rpc_free(a.rpc);
	loop_free(a.loop);
	return code;
}
