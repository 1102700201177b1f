/*
 * A server's process: a sandbox with a copy of the project that stays, JSON-RPC
 * over a socket, and the first messages. One step waits at a time (`next`).
 */

#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/url.h"
#include "base/utf8.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp-int.h"
#include "core/net/network.h"
#include "loop/loop.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

/* What a server gets of the user's environment; the rest is its `env`. */
static const char *const host_names[] = { "HOME", "LANG", "LC_ALL", "LOGNAME",
	"PATH", "SHELL", "TERM", "TMPDIR", "USER" };

static void
host_env_free(char *text)
{
	explicit_bzero(text, strlen(text));
	free(text);
}

static void
host_env_add(char **env, size_t *n, const char *name, const char *value)
{
	size_t i, len = strlen(name);

	for (i = 0; i < *n; i++)
		if (strncmp(env[i], name, len) == 0 && env[i][len] == '=')
			break;
	if (i < *n)
		host_env_free(env[i]);
	else
		(*n)++;
	env[i] = xasprintf("%s=%s", name, value);
}

/* NULL-terminated; it has secrets. */
static char **
host_env(const struct mcp_server *s)
{
	const struct mcp *m = s->core->mcp;
	char **env = xcalloc(MEM_COUNT(host_names) + m->given.v_len + 1,
	    sizeof(*env));
	size_t n = 0, i;

	for (i = 0; i < MEM_COUNT(host_names); i++)
		if (getenv(host_names[i]) != NULL)
			host_env_add(env, &n, host_names[i],
			    getenv(host_names[i]));
	MEM_EACH(&m->given, v, it)
		if (strcmp(it->owner, s->name) == 0)
			host_env_add(env, &n, it->name, it->value);
	return env;
}

static const char **
host_argv(const struct mcp_server *s)
{
	const cJSON *args = json_array(s->config, "args"), *it;
	const char **argv = xcalloc((size_t)cJSON_GetArraySize(args) + 2,
	    sizeof(*argv));
	size_t n = 0;

	argv[n++] = json_str_or(s->config, "command", "");
	cJSON_ArrayForEach(it, args)
		argv[n++] = it->valuestring;
	return argv;
}

/* `io`: its standard input and output, which stay the caller's. */
static int
mcp_host_start(struct mcp_server *s, const int io[2],
    const struct host_program_ops *ops, struct err *e)
{
	struct core *c = s->core;
	AUTO_FREE char **env = host_env(s);
	AUTO_FREE const char **argv = host_argv(s);
	struct host_program_spec spec = {
		.worker = c->worker, .argv = argv,
		.dir = json_str_or(c->start, "home", "/"),
		.env = (const char *const *)env, .in = io[0], .out = io[1],
	};
	size_t i;

	if (s->starts == 1 && s->probes == 0)
		emit_note(c, "MCP server %s is not sandboxed: it runs with "
		    "your rights", s->name);
	/* Before it runs. */
	emit_sync(c);
	s->host = host_program_new(c->loop, &spec, ops, s, e);
	for (i = 0; env[i] != NULL; i++)
		host_env_free(env[i]);
	return s->host == NULL ? -1 : 0;
}

/* Speak to the one there, by `io`, which stays the caller's. */
static int
mcp_host_connect(struct mcp_server *s, int io, struct err *e)
{
	const struct mcp *m = s->core->mcp;
	const char *url = json_str_or(s->config, "url", "");
	AUTO_FREE char *path = m->tokens == NULL ? NULL :
	    fs_join(m->tokens, s->name);
	struct buf lines = BUF_INIT(0);

	if ((io = fcntl(io, F_DUPFD_CLOEXEC, 3)) < 0)
		return err_sys(e, "a socket");
	/* They are the user's headers for it. */
	given_lines(&m->given, s->name, &lines);
	s->http = mcp_http_new_take(s->core->loop, io, s->name, url, &lines,
	    path == NULL || given_has(&m->given, s->name, "authorization") ?
	    NULL : mcp_token_new(s->core->loop, path, url));
	return 0;
}

/*
 * Where a server's copy has a path of its own (levels C and D), the model and
 * the user never see that path: what the server says gets the project's, and
 * what it is asked gets the copy's. Text that merely mentions a path is left as
 * it is: it may be what a file shall contain.
 */

#define PATH_SCHEME	"file://"

/* Is the whole text this folder, something in it, or its address? */
static const char *
folder_below(const char *text, const char *dir)
{
	size_t n = strlen(dir);

	if (strncmp(text, PATH_SCHEME, strlen(PATH_SCHEME)) == 0)
		text += strlen(PATH_SCHEME);
	return strncmp(text, dir, n) == 0 && (text[n] == '\0' ||
	    text[n] == '/') && strchr(text, '\n') == NULL ? text : NULL;
}

/* Paths of the project become those of the server's copy: texts that are one. */
static void
mcp_path_in(const struct mcp_server *s, cJSON *o)
{
	const char *root = s->core->root, *at;
	AUTO_FREE char *text = NULL;
	cJSON *it;

	if (s->copy == NULL)
		return;
	cJSON_ArrayForEach(it, o)
		mcp_path_in(s, it);
	if (!cJSON_IsString(o) || (at = folder_below(o->valuestring, root)) ==
	    NULL)
		return;
	text = xasprintf("%.*s%s%s", (int)(at - o->valuestring),
	    o->valuestring, s->copy, at + strlen(root));
	cJSON_SetValuestring(o, text);
}

static char *
mcp_path_text(const struct mcp_server *s, const char *text)
{
	return s->copy == NULL ? xstrdup(text) :
	    text_fill(text, s->copy, s->core->root);
}

/* Paths of its copy, wherever they are, become the project's. */
static void
mcp_path_out(const struct mcp_server *s, cJSON *o)
{
	AUTO_FREE char *text = NULL;
	cJSON *it;

	if (s->copy == NULL)
		return;
	cJSON_ArrayForEach(it, o)
		mcp_path_out(s, it);
	if (!cJSON_IsString(o) || strstr(o->valuestring, s->copy) == NULL)
		return;
	text = mcp_path_text(s, o->valuestring);
	cJSON_SetValuestring(o, text);
}

/* The project as the server has it: file:///home/u/p */
static char *
mcp_path_root(const struct mcp_server *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *root = s->copy != NULL ? s->copy : s->core->root;

	buf_adds(&b, PATH_SCHEME);
	url_encode(&b, root, strlen(root), "/");
	return buf_take(&b);
}

/*
 * What a server tells without being asked: how far a call is, and that its tools
 * have changed. The rest (its log) is dropped. And what it asks.
 */

#define NOTICE_EVERY_MS	200
#define NOTICE_LONGER	10	/* times the time of a call */
#define NOTICE_WORDS	((size_t)80)

/* "3 of 10", "30", with its words. */
static void
notice_progress(struct mcp_server *s, const cJSON *params)
{
	double at = json_num(params, "progress", -1);
	double total = json_num(params, "total", -1);
	const char *words = json_str_or(params, "message", "");
	AUTO_BUF struct buf b = BUF_INIT(0), line = BUF_INIT(0);
	int64_t now = clock_mono_ms();

	if (s->core->mcp_call != s || !s->asked || s->ask != NULL ||
	    json_int(params, "progressToken", -1) != s->token)
		return;
	/* What goes on isn't late, but not for ever. */
	if (now - s->began_ms < NOTICE_LONGER * mcp_call_timeout_ms(s))
		rpc_pause(s->run.rpc, s->call_id, false);
	if (s->shown_ms != 0 && now - s->shown_ms < NOTICE_EVERY_MS)
		return;
	s->shown_ms = now;
	buf_addf(&b, "running `%s`:", s->tool->name);
	if (at >= 0)
		buf_addf(&b, " %.10g", at);
	if (at >= 0 && total > 0)
		buf_addf(&b, " of %.10g", total);
	if (words[0] != '\0')
		buf_addf(&b, " %.*s", (int)utf8_cut(words, strlen(words),
		    NOTICE_WORDS), words);
	core_mask(s->core, &line, buf_str(&b), b.len);
	status_progress(s->core, buf_str(&line));
}

/* What a server tells without being asked; `arg` is the server. */
static void
mcp_notice(void *arg, const char *method, const cJSON *params)
{
	struct mcp_server *s = arg;

	if (strcmp(method, "notifications/progress") == 0)
		notice_progress(s, params);
	else if (strcmp(method, "notifications/tools/list_changed") == 0)
		/* Some say so while they are listed. */
		s->relist = !s->starting;
	else if (strcmp(method, "notifications/cancelled") == 0)
		mcp_ask_cancelled(s, json_get(params, "requestId"));
}

cJSON *
mcp_server_roots(const struct mcp_server *s)
{
	AUTO_FREE char *uri = mcp_path_root(s);
	cJSON *o = cJSON_CreateObject(), *root = cJSON_CreateObject();

	JSON_ADD_TEXTS(root, "uri", uri, "name", "project");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "roots"), root);
	return o;
}

/* The user's answer to what it asked, with the id of its request. */
static void
mcp_asked(struct mcp_server *s, const cJSON *id, cJSON *answer_take,
    const char *why)
{
	if (why != NULL) {
		rpc_refuse(s->run.rpc, id, RPC_INVALID_PARAMS, why);
		return;
	}
	rpc_answer_take(s->run.rpc, id, answer_take != NULL ? answer_take :
	    JSON_TEXTS("action", "cancel"));
}

/* The server asks: where the project is, whether we live, and what only the user
 * knows. Nothing asks the model on its behalf. Since 2026-07-28 it asks in its
 * results, and a request has no answer. */
static void
mcp_request(void *arg, const cJSON *id, const char *method,
    const cJSON *params)
{
	struct mcp_server *s = arg;

	if (!s->legacy)
		return;
	if (strcmp(method, "ping") == 0)
		rpc_answer_take(s->run.rpc, id, cJSON_CreateObject());
	else if (strcmp(method, "roots/list") == 0 && s->http == NULL)
		rpc_answer_take(s->run.rpc, id, mcp_server_roots(s));
	else if (strcmp(method, "elicitation/create") == 0)
		mcp_ask(s, params, mcp_asked, cJSON_Duplicate(id, 1));
	else
		rpc_refuse(s->run.rpc, id, RPC_NO_METHOD,
		    "assent doesn't do this for a server");
}

#define SERVER_START_MS	30000
#define SERVER_PING_MS	2000
#define SERVER_PAGES	20
#define SERVER_TOOLS	1000	/* read */

static const struct listing_kind {
	const char	*name, *method, *key;
} listing_kinds[] = {
	{ "tools", "tools/list", "name" },
	{ "prompts", "prompts/list", "name" },
	{ "resources", "resources/list", "uri" },
};

static void mcp_server_list(struct mcp_server *, const char *cursor);

/* ---- the end ---- */

/* Kill it; nothing that waits is called. */
static void
mcp_server_end(struct mcp_server *s)
{
	lasting_drop(&s->run);
	mcp_http_free(s->http);
	s->http = NULL;
	host_program_free(s->host);
	s->host = NULL;
	s->next = NULL;
	json_drop(&s->listing);
	json_drop(&s->able);
}

void
mcp_server_free(struct mcp_server *s)
{
	lasting_release(&s->run);
	mcp_ask_free(s);
	mcp_server_end(s);
	FREE_ALL(s->copy, s->missing, s->about, s->instructions, s->version);
	cJSON_Delete(s->round.params);
	cJSON_Delete(s->round.asked);
	cJSON_Delete(s->args);
	event_release(&s->images);
	cJSON_Delete(s->pins);
	FREE_ALL(s->name, s);
}

void
mcp_server_next(struct mcp_server *s, const cJSON *result, const char *why)
{
	mcp_step_cb *next = s->next;

	s->next = NULL;
	if (next != NULL)
		next(s, result, why);
}

/* It is unusable: end it, and tell who waits. */
static void
mcp_server_failed(void *arg, const char *why)
{
	struct mcp_server *s = arg;
	mcp_step_cb *next = s->next;

	mcp_server_end(s);
	s->next = next;
	mcp_server_next(s, NULL, why);
}

/* ---- standing still ---- */

static void
mcp_server_held(void *arg)
{
	mcp_server_next(arg, NULL, NULL);
}

void
mcp_server_hold(struct mcp_server *s, mcp_step_cb *next)
{
	if (s->run.job.call == NULL) {
		next(s, NULL, s->run.rpc != NULL ? NULL : "has ended");
		return;
	}
	s->next = next;
	job_hold(&s->run.job);
}

/* ---- messages ---- */

static void
mcp_server_closed(void *arg, const char *why)
{
	struct mcp_server *s = arg;

	lasting_closed(&s->run, why);
}

/* A call took too long, and was cancelled: if the server answers this, it isn't
 * what hangs. */
static void
mcp_server_pinged(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct mcp_server *s = arg;
	AUTO_FREE char *why = NULL;

	if (result != NULL || f->code < 0) {
		why = xasprintf("the MCP server %s didn't answer in time: the "
		    "call was cancelled", s->name);
		mcp_server_next(s, NULL, why);
	} else if (f->code != RPC_CLOSED)
		lasting_fail(&s->run, "didn't answer in time and was ended");
}

static void
mcp_server_cancel(struct mcp_server *s, const char *why)
{
	cJSON *params = cJSON_CreateObject();

	json_add_int(params, "requestId", s->call_id);
	json_add_str(params, "reason", why);
	(void)rpc_ask_take(s->run.rpc, "notifications/cancelled", params, 0,
	    NULL, NULL);
}

void
mcp_server_stop(struct mcp_server *s)
{
	if (s->http != NULL && s->asked) {
		mcp_server_cancel(s, "the user stopped it");
		rpc_forget(s->run.rpc, s->call_id);
		s->next = NULL;
		return;
	}
	mcp_server_end(s);
	s->starting = false;
	s->ready = NULL;
	/* That stop wasn't the server's fault. */
	if (s->starts > 0)
		s->restarts[--s->starts % MCP_RESTARTS] = 0;
}

static void
mcp_server_late(struct mcp_server *s)
{
	if (s->asked) {
		mcp_server_cancel(s, "it took too long");
		if (mcp_version_ping(s, SERVER_PING_MS, mcp_server_pinged) != 0)
			return;
	}
	lasting_fail(&s->run, "didn't answer in time and was ended");
}

static void
mcp_server_answer(void *arg, const cJSON *result, const struct rpc_failure *f)
{
	struct mcp_server *s = arg;
	AUTO_JSON cJSON *mapped = f != NULL || s->copy == NULL ? NULL :
	    cJSON_Duplicate(result, 1);
	AUTO_FREE char *why = NULL;

	if (f == NULL) {
		if (mcp_round_take(s, result))
			return;
		mcp_path_out(s, mapped);
		mcp_server_next(s, mapped == NULL ? result : mapped, NULL);
		return;
	}
	why = mcp_path_text(s, f->message);
	/* What it refuses is an answer. */
	if (f->code < 0) {
		s->failure = f;
		mcp_server_next(s, NULL, why);
		s->failure = NULL;
	} else if (f->code == RPC_TIMEOUT)
		mcp_server_late(s);
	else if (f->code != RPC_CLOSED)
		lasting_fail(&s->run, why);
}

static void
mcp_server_send_take(struct mcp_server *s, const char *method, cJSON *params,
    int64_t timeout_ms)
{
	s->call_id = 0;
	if (s->run.rpc == NULL)
		cJSON_Delete(params);
	else
		s->call_id = rpc_ask_take(s->run.rpc, method, params, timeout_ms,
		    mcp_server_answer, s);
	if (s->call_id == 0)
		lasting_fail(&s->run, "doesn't take requests");
	else if (s->waits)
		rpc_pause(s->run.rpc, s->call_id, true);
}

void
mcp_server_ask_again(struct mcp_server *s)
{
	mcp_server_send_take(s, s->round.method,
	    cJSON_Duplicate(s->round.params, 1), s->round.timeout_ms);
}

void
mcp_server_ask_take(struct mcp_server *s, const char *method, cJSON *params,
    int64_t timeout_ms, mcp_step_cb *next)
{
	s->next = next;
	job_go_on(&s->run.job);
	mcp_path_in(s, params);
	mcp_version_meta(s, params);
	mcp_round_begin(s, method, params, timeout_ms);
	mcp_server_send_take(s, method, params, timeout_ms);
}

/* ---- the start ---- */

void
mcp_server_ready(struct mcp_server *s, const char *why)
{
	mcp_step_cb *ready = s->ready;

	s->starting = false;
	s->ready = NULL;
	if (why != NULL)
		mcp_server_end(s);
	if (ready != NULL)
		ready(s, NULL, why);
}

static void
mcp_server_begun(struct mcp_server *s, const cJSON *result UNUSED,
    const char *why)
{
	mcp_server_ready(s, why);
}

/* Add a page to its listing; false: it has nothing new. */
static bool
mcp_list_take(struct mcp_server *s, const cJSON *page)
{
	const struct listing_kind *k = &listing_kinds[s->kind];
	cJSON *list = cJSON_GetObjectItemCaseSensitive(s->listing, k->name);
	int had = cJSON_GetArraySize(list), n = had;
	const cJSON *it;

	cJSON_ArrayForEach(it, page) {
		const char *name = json_str_or(it, k->key, "");

		if (n >= SERVER_TOOLS || json_find(list, k->key, name) != NULL)
			continue;
		cJSON_AddItemToArray(list, cJSON_Duplicate(it, 1));
		n++;
	}
	return n > had;
}

/* What it says that it has; it needn't have tools. */
static void
mcp_server_list_next(struct mcp_server *s)
{
	while (s->kind < MEM_COUNT(listing_kinds) &&
	    json_get(s->able, listing_kinds[s->kind].name) == NULL)
		s->kind++;
	s->pages = 0;
	if (s->kind == MEM_COUNT(listing_kinds)) {
		mcp_server_hold(s, mcp_server_begun);
		return;
	}
	cJSON_AddArrayToObject(s->listing, listing_kinds[s->kind].name);
	mcp_server_list(s, NULL);
}

static void
mcp_server_listed(struct mcp_server *s, const cJSON *result, const char *why)
{
	const char *cursor = json_str(result, "nextCursor");

	if (why != NULL && (s->kind == 0 || s->run.rpc == NULL)) {
		mcp_server_ready(s, why);
		return;
	}
	/* Some servers send the same page with a cursor for ever. */
	if (mcp_list_take(s, json_array(result, listing_kinds[s->kind].name)) &&
	    cursor != NULL && ++s->pages < SERVER_PAGES)
		mcp_server_list(s, cursor);
	else {
		s->kind++;
		mcp_server_list_next(s);
	}
}

static void
mcp_server_list(struct mcp_server *s, const char *cursor)
{
	cJSON *params = JSON_TEXTS("cursor", cursor);

	mcp_server_ask_take(s, listing_kinds[s->kind].method, params, SERVER_START_MS,
	    mcp_server_listed);
}

void
mcp_server_greeted(struct mcp_server *s, const cJSON *able)
{
	json_drop(&s->able);
	s->able = cJSON_Duplicate(able, 1);
	s->kind = 0;
	mcp_server_list_next(s);
}

static cJSON *
mcp_server_args(const struct mcp_server *s)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *argv = cJSON_AddArrayToObject(o, "argv"), *env;
	const struct mcp *m = s->core->mcp;
	const cJSON *it;

	cJSON_AddItemToArray(argv, cJSON_CreateString(json_str_or(s->config,
	    "command", "")));
	cJSON_ArrayForEach(it, json_array(s->config, "args"))
		cJSON_AddItemToArray(argv, cJSON_Duplicate(it, 1));
	env = cJSON_AddObjectToObject(o, "env");
	MEM_EACH(&m->given, v, one)
		if (strcmp(one->owner, s->name) == 0)
			json_add_str(env, one->name, one->value);
	return o;
}

/* The user is asked about a host: its time limit stands still. */
static void
mcp_server_waits(void *arg, bool waits)
{
	struct mcp_server *s = arg;

	s->waits = waits;
	if (s->run.rpc != NULL)
		rpc_pause(s->run.rpc, s->call_id, waits);
}

/* On a copy of its own, without a mount of the real tree. */
static int
mcp_server_run(struct mcp_server *s, const int io[2], struct err *e)
{
	struct core *c = s->core;
	AUTO_JSON cJSON *args = mcp_server_args(s);
	AUTO_FREE char *dir = xasprintf("mcp-%s", s->name);
	struct program_plan plan = {
		.spec = { .args = args, .cwd = c->root } };
	int rc;

	if (c->sandbox.level == SANDBOX_NONE)
		return err_set(e, "there is no sandbox on this host");
	rc = lasting_run(&s->run, &plan, s->name, dir, io, e);
	if (rc == 0 && !sandbox_levels[plan.spec.level].encloses)
		xstrset(&s->copy, plan.spec.copy);
	json_wipe(args, "env");
	return rc;
}

static void
mcp_server_host_output(void *arg, bool out UNUSED, const char *p, size_t n)
{
	struct mcp_server *s = arg;

	lasting_printed(&s->run, p, n);
}

static void
mcp_server_host_done(void *arg, int status, bool late UNUSED)
{
	struct mcp_server *s = arg;
	AUTO_FREE char *why = WIFSIGNALED(status) ?
	    xasprintf("ended by signal %d", WTERMSIG(status)) :
	    xasprintf("ended with status %d", WEXITSTATUS(status));

	lasting_fail(&s->run, why);
}

static int
mcp_server_begin(void *arg, const int io[2], struct err *e)
{
	static const struct host_program_ops ops = {
		.output = mcp_server_host_output, .done = mcp_server_host_done,
	};
	struct mcp_server *s = arg;

	return json_str(s->config, "url") != NULL ?
	    mcp_host_connect(s, io[0], e) :
	    s->outside ? mcp_host_start(s, io, &ops, e) :
	    mcp_server_run(s, io, e);
}

void
mcp_server_init(struct mcp_server *s, struct core *c)
{
	static const struct lasting_ops ops = { .failed = mcp_server_failed,
		.held = mcp_server_held, .waits = mcp_server_waits,
		.start = mcp_server_begin };

	s->core = c;
	lasting_init(&s->run, c, &ops, s);
}

void
mcp_server_launch(struct mcp_server *s)
{
	static const struct rpc_handlers handlers = {
		.request = mcp_request, .notice = mcp_notice,
		.closed = mcp_server_closed,
	};
	struct err e = ERR_INIT;
	AUTO_FREE char *why = NULL;

	cJSON_Delete(s->listing);
	s->listing = cJSON_CreateObject();
	if (lasting_open(&s->run, json_str(s->config, "url") != NULL,
	    &handlers, &e) == 0) {
		mcp_version_begin(s);
		return;
	}
	why = xasprintf("can't be started: %s", e.text);
	mcp_server_ready(s, why);
}

void
mcp_server_start(struct mcp_server *s, mcp_step_cb *ready)
{
	s->ready = ready;
	s->starting = true;
	s->starts++;
	s->began_ms = clock_mono_ms();
	mcp_server_launch(s);
}
