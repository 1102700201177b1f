/*
 * The connection of `assent acp`: a table of methods. What a client sends is
 * checked here or where it is used; a wrong type is refused, never guessed.
 */
#include "config.h"

#include "cmd/acp-int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/session-client.h"
#include "front/client.h"
#include "journal/command.h"
#include "journal/session.h"

#define ACP_VERSION	1
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
	cJSON *o = cJSON_CreateObject(), *can = cJSON_CreateObject(), *it;
	cJSON *methods = cJSON_CreateArray();

	acp_set_client(a, json_str_or(json_get(params, "clientInfo"), "name",
	    ""));
	a->initialized = true;
	a->reads = json_bool(json_get(json_get(params, "clientCapabilities"),
	    "fs"), "readTextFile", false);
	json_add_int(o, "protocolVersion", ACP_VERSION);
	json_add_bool(can, "loadSession", true);
	it = cJSON_CreateObject();
	json_add_bool(it, "image", true);
	json_add_bool(it, "audio", false);
	json_add_bool(it, "embeddedContext", true);
	json_set_take(can, "promptCapabilities", it);
	it = cJSON_CreateObject();
	json_set_take(it, "list", cJSON_CreateObject());
	json_set_take(can, "sessionCapabilities", it);
	json_set_take(o, "agentCapabilities", can);
	it = cJSON_CreateObject();
	json_add_str(it, "name", "assent");
	json_add_str(it, "version", PACKAGE_VERSION);
	json_set_take(o, "agentInfo", it);
	it = cJSON_CreateObject();
	json_add_str(it, "id", "assent-login");
	json_add_str(it, "name", "assent login");
	json_add_str(it, "description", "In a terminal, run assent login, or "
	    "name a model in assent's config.json; then try again.");
	cJSON_AddItemToArray(methods, it);
	json_set_take(o, "authMethods", methods);
	rpc_answer_take(a->rpc, id, o);
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

/* What was printed is the error, too. */
static int
acp_failed(struct err *e)
{
	return err_set(e, "%s", cmd_said());
}

int
acp_config(const struct acp *a, struct setup *s, const char *root,
    struct err *e)
{
	if (chdir(root) < 0)
		return err_sys(e, "can't enter %s", root);
	if (setup_project(s, a->args) != 0 ||
	    setup_config(s, a->args, "interactive") != 0)
		return acp_failed(e);
	return 0;
}

/* *login: there is no model, or no key for it. */
static int
acp_start(const struct acp *a, const char *cwd, struct client *c, bool *login,
    struct err *e)
{
	AUTO(setup_release) struct setup s = { 0 };

	if (acp_config(a, &s, cwd, e) < 0)
		return -1;
	s.client = a->client;
	if (setup_model(&s) != 0) {
		*login = true;
		return acp_failed(e);
	}
	return client_start(c, setup_session(&s, "interactive", NULL, true,
	    false), setup_hello(&s), e);
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
	acp_session_new_take(a, &c, id, false)->servers =
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
	if (session_client_find(&r, &named) != 0 ||
	    session_client_recover(&r, &named) != 0)
		return acp_failed(e);
	r.setup.client = a->client;
	/* The client gets all of it at once. */
	r.setup.cut = true;
	if (session_client_setup(&r, &named, true) != 0)
		return acp_failed(e);
	return session_client_connect(c, &r, &named, false, e);
}

static void
acp_on_load(struct acp *a, const cJSON *id, const cJSON *params)
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
		acp_session_new_take(a, &c, id, true)->servers =
		    acp_names_servers(params);
}

static cJSON *
acp_listed(const struct session_info *info)
{
	AUTO_FREE char *words = session_words(info);
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "sessionId", info->id);
	json_add_str(o, "cwd", info->root);
	json_add_str(o, "title", words[0] == '\0' ? NULL : words);
	json_add_str(o, "updatedAt", info->started);
	return o;
}

static void
acp_on_list(struct acp *a, const cJSON *id, const cJSON *params)
{
	cJSON *o, *list;
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;

	if (session_list(json_str(params, "cwd"), &v, &n, &e) < 0) {
		rpc_refuse(a->rpc, id, ACP_INTERNAL, e.text);
		return;
	}
	session_list_shorten(v, &n);
	o = cJSON_CreateObject();
	list = cJSON_AddArrayToObject(o, "sessions");
	for (i = 0; i < n; i++)
		if (v[i].root != NULL)
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

static void
acp_on_prompt(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);
	AUTO(acp_prompt_release) struct acp_prompt p = { 0 };
	struct err e = ERR_INIT;
	const char *say;

	if (s == NULL)
		return;
	if (s->prompt != NULL) {
		rpc_refuse(a->rpc, id, RPC_INVALID_REQUEST,
		    "this session is working on a prompt; cancel it first");
		return;
	}
	if (acp_prompt_read(json_array(params, "prompt"), s->fold->root, &p,
	    &e) < 0) {
		rpc_refuse(a->rpc, id, RPC_INVALID_PARAMS, e.text);
		return;
	}
	s->prompt = cJSON_Duplicate(id, 1);
	if (s->servers)
		acp_update_say(s, "The MCP servers that your editor named "
		    "aren't used: assent starts only those of its own "
		    "config.json.");
	s->servers = false;
	if (acp_command_run(s, buf_str(&p.text), &say) == ACP_MESSAGE)
		acp_send(s, say, &p);
}

static void
acp_on_mode(struct acp *a, const cJSON *id, const cJSON *params)
{
	struct acp_session *s = acp_session_of(a, id, params);
	cJSON *line = acp_option_mode_line(json_str(params, "modeId"));

	if (s == NULL) {
		cJSON_Delete(line);
		return;
	}
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
	{ "initialize", acp_on_initialize },
	{ "session/list", acp_on_list },
	{ "session/load", acp_on_load },
	{ "session/new", acp_on_new },
	{ "session/prompt", acp_on_prompt },
	{ "session/set_config_option", acp_on_option },
	{ "session/set_mode", acp_on_mode },
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

	if (strcmp(method, "session/cancel") != 0)
		return;
	s = acp_session_find(a, json_str_or(params, "sessionId", ""));
	if (s != NULL)
		acp_session_cancel(s);
}

static void
acp_closed(void *arg, const char *why)
{
	struct acp *a = arg;

	(void)why;
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
