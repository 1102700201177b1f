/*
 * mcp: the user's MCP servers. For a sign-in the network is assent-core's; here is
 * what the user sees and where the answer comes from. A stranger's metadata
 * names who signs in, so that is shown before the browser gets an address.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "client/client.h"
#include "cmd/admin/callback.h"
#include "cmd/admin/trial.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/session.h"

#define MCP_ANSWER	((size_t)1 << 20)

/* The server's entry; NULL with *e. */
static const cJSON *
mcp_find(const struct setup *s, const char *name, struct err *e)
{
	const cJSON *o = json_get(s->config->mcp_servers, name);

	if (o == NULL)
		err_misuse(e, "no MCP server is called %.40s (see assent mcp "
		    "ls)", name);
	return o;
}

/* Has the user given it a key? */
static bool
mcp_has_key(const cJSON *server)
{
	const cJSON *it;
	bool own = json_get(server, "api_key_command") != NULL;

	cJSON_ArrayForEach(it, json_get(server, "headers"))
		own = own || strcasecmp(it->string, "authorization") == 0;
	return own;
}

/* The server's entry, if the user can sign in there; NULL with *e. */
static const cJSON *
mcp_server(const struct setup *s, const char *name, struct err *e)
{
	const cJSON *o = mcp_find(s, name, e);

	if (o == NULL)
		return NULL;
	if (json_get(o, "url") == NULL)
		err_misuse(e, "%s is a program; only a server with a url has a "
		    "sign-in", name);
	else if (mcp_has_key(o))
		err_misuse(e, "%s has a key (headers or api_key_command), "
		    "which is used instead of a sign-in", name);
	return err_is_set(e) ? NULL : o;
}

static void
mcp_drop(cJSON **o)
{
	json_wipe(*o, NULL);
	json_drop(o);
}

/* ---- login ---- */

/* Ask assent-core, which replaces *o. */
static int
mcp_step(const char *step, cJSON **o, struct err *e)
{
	const char *const args[] = { "sign-in", step, NULL };
	AUTO_FREE char *why = NULL;

	*o = client_ask_core(args, *o, MCP_ANSWER, e);
	/* It may have a stranger's words, which must not begin a line. */
	why = xstrdup_null(json_str(*o, "error"));
	while (why != NULL && strchr(why, '\n') != NULL)
		*strchr(why, '\n') = ' ';
	if (why != NULL)
		return err_set(e, "%s", why);
	return *o != NULL ? 0 : err_set(e, "no answer from assent-core");
}

/* Say which hosts the sign-in involves: the page and the tokens. */
static void
mcp_tell_hosts(const char *name, const cJSON *o)
{
	AUTO_FREE char *server = url_origin(json_str_or(o, "url", ""));
	AUTO_FREE char *issuer = url_origin(json_str_or(o, "issuer", ""));
	AUTO_FREE char *page = url_origin(json_str_or(o, "open", ""));
	AUTO_FREE char *token = url_origin(json_str_or(o, "token_endpoint",
	    ""));
	bool other = strcmp(page, issuer) != 0 || strcmp(token, issuer) != 0;

	if (page[0] == '\0')
		cmd_say("%s (%s) has its sign-in at %s%s", name, server,
		    strcmp(server, issuer) == 0 ? "the same server" : issuer,
		    strcmp(server, issuer) == 0 ? "" : ", another server");
	else if (other)
		cmd_say("%s sends you to %s, and gives tokens at %s: other "
		    "servers", issuer, page, token);
	if (page[0] != '\0' && json_str(o, "scope") != NULL)
		cmd_say("rights that assent asks for: %s",
		    json_str(o, "scope"));
}

/* What the user's settings have of a client. */
static int
mcp_own_client(const struct cmd_args *a, const cJSON *server, cJSON *o,
    struct err *e)
{
	const cJSON *own = json_get(server, "oauth");
	const char *env = json_str(own, "clientSecretEnv");
	const char *secret = env == NULL ? NULL : getenv(env);

	if (env != NULL && (secret == NULL || secret[0] == '\0'))
		return err_misuse(e, "%.60s isn't set (oauth.clientSecretEnv)",
		    env);
	JSON_ADD_TEXTS(o, "client_id", json_str(own, "clientId"),
	    "client_secret", secret, "client_issuer", json_str(own, "issuer"),
	    "scope", a->scope);
	return 0;
}

/* The answer of the browser; -1 with *e. */
static int
mcp_answer(struct callback *c, cJSON *o, struct err *e)
{
	const char *issuer = json_str_or(o, "issuer", "");
	const char *open = json_str_or(o, "open", "");

	cmd_say("open this address in a browser:");
	/* The address isn't broken into rows, since it is copied. */
	fputc('\n', stderr);
	print_foreign(stderr, open, strlen(open));
	fputs("\n\n", stderr);
	cmd_say("waiting up to 10 minutes for the answer, C-c stops; a browser "
	    "on another machine ends at an address that it can't open: paste "
	    "that here");
	callback_browse(open);
	if (callback_wait(c, json_str_or(o, "state", ""), e) < 0)
		return -1;
	/* Before anything of it is used. */
	if (c->iss == NULL && json_bool(o, "iss_needed", false))
		return err_set(e, "the answer doesn't say that it is from %s",
		    issuer);
	if (c->iss != NULL && strcmp(c->iss, issuer) != 0)
		return err_set(e, "the answer is from %.200s, not from %s",
		    c->iss, issuer);
	if (c->code == NULL)
		return err_set(e, "%s refused: %.100s%s%.300s", issuer,
		    c->error == NULL ? "no code" : c->error,
		    c->description == NULL ? "" : ": ", c->description == NULL ?
		    "" : c->description);
	json_add_str(o, "code", c->code);
	return 0;
}

static int
mcp_login(const struct cmd_args *a, const char *name, const cJSON *server,
    const char *path, struct err *e)
{
	AUTO(callback_release) struct callback c = { .fd = -1 };
	AUTO(mcp_drop) cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *back = NULL, *text = NULL;
	struct err none = ERR_INIT;
	AUTO_CLOSE int lock = -1;

	json_copy(o, "url", json_get(server, "url"));
	if (mcp_own_client(a, server, o, e) < 0 || mcp_step("find", &o, e) < 0)
		return -1;
	mcp_tell_hosts(name, o);
	if (callback_open(&c, (int)json_int(json_get(server, "oauth"),
	    "callbackPort", 0), e) < 0)
		return -1;
	back = xasprintf("http://127.0.0.1:%d/callback", c.port);
	json_add_str(o, "redirect_uri", back);
	if (mcp_step("begin", &o, e) < 0)
		return -1;
	mcp_tell_hosts(name, o);
	if (mcp_answer(&c, o, e) < 0 || mcp_step("end", &o, e) < 0)
		return -1;
	/* A session may be refreshing the old one. */
	lock = secret_lock(path, true, &none);
	text = json_print(o);
	if (secret_save(path, text, e) == 0)
		cmd_say("signed in; stored in %s, readable only by you", path);
	explicit_bzero(text, strlen(text));
	return err_is_set(e) ? -1 : 0;
}

static int
mcp_logout(const char *name, const char *path, struct err *e)
{
	struct err none = ERR_INIT;
	bool plain = strchr(name, '/') == NULL;
	AUTO_CLOSE int lock = plain ? secret_lock(path, true, &none) : -1;

	if (plain && unlink(path) == 0)
		cmd_say("signed out of %s; the token is valid until it "
		    "expires, or you revoke it where you signed in", name);
	else if (!plain || errno == ENOENT || errno == ENOTDIR)
		return err_misuse(e, "you aren't signed in at %.40s", name);
	else
		return err_sys(e, "can't remove %s", path);
	return 0;
}

/* ---- test ---- */

#define MCP_TEST_HASH	12	/* digits of it */

/* What sessions know of the tools, or NULL. */
static cJSON *
mcp_known(void)
{
	AUTO_FREE char *dir = session_state_dir(NULL);

	return dir == NULL ? NULL : session_file_read(dir, SESSION_MCP_FILE);
}

static void
mcp_test_tool(const struct ev_mcp_tool *tool, const cJSON *known)
{
	const char *about = ev_str(tool->description, json_str_or(json_get(
	    known, tool->name), "description", ""));
	AUTO_FREE char *line = xasprintf("%s (%s, %.*s): %.*s", tool->name,
	    tool->state, MCP_TEST_HASH, tool->hash, (int)strcspn(about, "\n"),
	    about);

	print_text(stdout, "    ", "      ", line);
}

struct mcp_test {
	bool	 failed;
	char	*folder;	/* that would have to be shown; or NULL */
};

static void
mcp_test_failed(struct mcp_test *t, const struct ev_mcp *mcp)
{
	t->failed = true;
	xstrset(&t->folder, mcp->folder);
	print_words(stdout, "MCP server %s %s", mcp->server,
	    ev_str(mcp->why, "failed"));
	if (mcp->hidden != NULL)
		print_words(stdout, "  %s is in your home, which the sandbox "
		    "doesn't show%s%s", mcp->hidden, t->folder != NULL ?
		    "; the setting toolchains shows " : ": put it into a "
		    "folder of its own, without secrets", t->folder != NULL ?
		    t->folder : "");
}

static void
mcp_test_print(struct mcp_test *t, const struct ev_note *note)
{
	const struct ev_mcp *mcp = note->mcp;
	AUTO_JSON cJSON *all = NULL;

	if (!ev_is(mcp->status, "started")) {
		mcp_test_failed(t, mcp);
		return;
	}
	print_text(stdout, "", "  ", ev_str(note->text, ""));
	/* By now the file has them. */
	all = mcp_known();
	print_words(stdout, "  started in %lld.%02lld s%s%s",
	    (long long)mcp->ms / 1000, (long long)mcp->ms % 1000 / 10,
	    mcp->version == NULL ? "" : ": ",
	    ev_str(mcp->version, ""));
	MEM_EACH(mcp, tools, tool)
		mcp_test_tool(tool, json_get(json_get(all, mcp->server),
		    "tools"));
	MEM_EACH(mcp, prompts, name)
		print_words(stdout, "    /%s:%s", mcp->server, *name);
	MEM_EACH(mcp, resources, address)
		print_words(stdout, "    @%s:%s", mcp->server, *address);
}

static bool
mcp_test_line(void *arg, struct client *c, const struct event *l)
{
	bool last = l->type == EVENT_NOTE && l->note.mcp != NULL;

	if (l->type == EVENT_LIVE)
		(void)client_send(c, command_of("typing"));
	else if (last)
		mcp_test_print(arg, &l->note);
	else if (l->type == EVENT_NET && l->net.refused != NULL)
		print_words(stdout, "  it needs %s:%lld: say yes to that on a "
		    "terminal, or add it to \"net_allow\" in config.json",
		    ev_str(l->net.host, "?"),
		    (long long)l->net.port);
	return last;
}

static int
mcp_show_folder(cJSON *saved, void *folder, struct err *e)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(saved, "toolchains");

	if (list == NULL)
		list = cJSON_AddArrayToObject(saved, "toolchains");
	if (json_has(list, folder))
		return err_set(e, "%s is shown already", (char *)folder);
	cJSON_AddItemToArray(list, cJSON_CreateString(folder));
	return 1;
}

/* Start this server of the configuration as for a model, and print what it
 * offers; the exit code. */
static int
mcp_test(struct setup *s, const struct cmd_args *a)
{
	AUTO_FREE char *to = config_beside(s->config, CONFIG_SAVED);
	AUTO_BUF struct buf about = BUF_INIT(0);
	struct mcp_test t = { .failed = false };
	const char *name = a->operands[1];
	struct err e = ERR_INIT;
	AUTO_FREE char *folder = NULL;
	cJSON *start, *one;

	if (mcp_find(s, name, &e) == NULL)
		return cmd_fail_err(&e);
	start = setup_start(s, "interactive", &(struct setup_task){
	    .person = headless_person() });
	one = cJSON_CreateObject();
	json_copy(one, name, json_get(json_get(start, "mcp_servers"), name));
	json_set_take(start, "mcp_servers", one);
	cJSON_DeleteItemFromObjectCaseSensitive(start, "hooks");
	if (trial_run(s, start, mcp_test_line, &t) == 0 && !t.failed)
		return EXIT_DONE;
	folder = t.folder;
	if (folder == NULL)
		return EXIT_ERROR;
	buf_adds(&about, folder);
	/* --yes is about the server. */
	if (!config_ask_add(false, "this folder, read-only for all servers and "
	    "commands,", to, &about))
		return EXIT_ERROR;
	return config_save(s->config, mcp_show_folder, folder, &e) > 0 ?
	    cmd_mcp(a) : cmd_fail_err(&e);
}

/*
 * The others: lists the user's MCP servers, adds one or copies those of a file
 * to saved.json, after showing them, or removes one there.
 */

/* One that runs as the user. */
static void
mcp_print_open(const cJSON *server)
{
	const cJSON *trust = json_get(server, "trust"), *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (json_is(server, "trust", "always"))
		buf_adds(&b, "any tool");
	cJSON_ArrayForEach(it, trust)
		if (strcmp(it->valuestring, "always") == 0)
			buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
			    it->string);
	print_words(stdout, "    not sandboxed: it runs with your rights; you "
	    "are asked before a call%s%s", b.len > 0 ? ", but not of " : "",
	    buf_str(&b));
}

/* The values are secrets. */
static void
mcp_print_names(const cJSON *of, const char *kind)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, of)
		print_words(stdout, "    %s %s", kind, it->string);
}

static void
mcp_print_key(const cJSON *server)
{
	const cJSON *command = json_get(server, "api_key_command");
	AUTO_FREE char *words = command == NULL ? NULL : json_print(command);

	if (words != NULL)
		print_words(stdout, "    not sandboxed: each session runs %s "
		    "with your rights, for its key", words);
}

/* All that is copied of a file's server, as it is. */
static void
mcp_print_added(const cJSON *server)
{
	const cJSON *it;

	print_words(stdout, "%s", server->string);
	cJSON_ArrayForEach(it, server) {
		AUTO_FREE char *value = json_print(it);

		print_words(stdout, "    %s: %s", it->string, value);
	}
	if (!json_bool(server, "sandbox", true))
		mcp_print_open(server);
}

static void
mcp_print(const cJSON *server)
{
	const cJSON *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "%s  %s", server->string, json_str_or(server, "command",
	    json_str_or(server, "url", "")));
	cJSON_ArrayForEach(it, json_array(server, "args"))
		buf_addf(&b, " %s", it->valuestring);
	print_words(stdout, "%s", buf_str(&b));
	if (!json_bool(server, "sandbox", true))
		mcp_print_open(server);
	mcp_print_names(json_get(server, "env"), "variable");
	mcp_print_names(json_get(server, "headers"), "header");
	mcp_print_key(server);
}

/* Print whether the user is signed in to a server that has a url and no key. */
static void
mcp_print_signed(const char *dir, const cJSON *server)
{
	AUTO_FREE char *path = fs_join(dir, server->string);
	AUTO_CLOSE int fd = secret_open(path, NULL);
	AUTO(mcp_drop) cJSON *o = secret_read(fd);
	const char *url = json_str(server, "url"), *scope, *refused;

	if (url == NULL || mcp_has_key(server))
		return;
	if (!json_is(o, "url", url))
		json_drop(&o);
	scope = json_str_or(o, "scope", "");
	refused = json_str(o, "refused");
	print_words(stdout, "    %s%s%s%s", o == NULL ? "not signed in" :
	    refused != NULL ? "needs a new sign-in: " : "signed in by ",
	    o == NULL ? "" : refused != NULL ? refused :
	    json_str_or(o, "issuer", ""), refused != NULL ||
	    scope[0] == '\0' ? "" : ", for ", refused != NULL ? "" : scope);
}

static int
mcp_list(struct setup *s, const struct cmd_args *a UNUSED)
{
	AUTO_FREE char *dir = config_beside(s->config, CONFIG_TOKENS);
	const cJSON *servers = s->config->mcp_servers, *it;

	if (servers == NULL || servers->child == NULL)
		print_words(stdout, "no MCP servers (assent mcp add NAME -- "
		    "COMMAND adds one)");
	cJSON_ArrayForEach(it, servers) {
		mcp_print(it);
		if (dir != NULL)
			mcp_print_signed(dir, it);
	}
	return EXIT_DONE;
}

#define MCP_THERE "mcpServers.%s: there is one of this name"

/* 0: config.json has it, which the user edits. */
static int
mcp_forget(cJSON *saved, void *name, struct err *e UNUSED)
{
	cJSON *of = cJSON_GetObjectItemCaseSensitive(saved, "mcpServers");

	if (json_get(of, name) == NULL)
		return 0;
	cJSON_DeleteItemFromObjectCaseSensitive(of, name);
	return 1;
}

static void
mcp_leave_out(cJSON *o, const char *name, struct buf *left)
{
	if (json_get(o, name) != NULL)
		buf_addf(left, "%s%s", left->len > 0 ? ", " : "", name);
	while (json_get(o, name) != NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(o, name);
}

/* NAME and its command, or its address, as a file would have it; NULL with
 * *e. */
static cJSON *
mcp_typed(const struct cmd_args *a, struct err *e)
{
	cJSON *servers = cJSON_CreateObject(), *server;
	const char *name = a->operands[1], *first = a->operands[2];
	bool url = strstr(first, "://") != NULL && a->operands_len == 3;

	server = cJSON_AddObjectToObject(servers, name);
	json_add_str(server, url ? "url" : "command", first);
	if (a->operands_len > 3)
		json_set_take(server, "args", cJSON_CreateStringArray(
		    (const char *const *)a->operands + 3,
		    (int)a->operands_len - 3));
	if (config_mcp_check(servers, "assent mcp add", e) < 0)
		json_drop(&servers);
	return servers;
}

/* Add what the question says of the server: what it may do beyond others, its
 * name, and its address or command. */
static void
mcp_add_about(struct buf *b, const cJSON *server)
{
	const cJSON *it;

	buf_addf(b, "%s%s%s (%s", json_bool(server, "sandbox", true) ? "" :
	    "not sandboxed, ", json_get(server, "api_key_command") == NULL ?
	    "" : "with a key of yours, ", server->string, json_str_or(server,
	    "url", json_str_or(server, "command", "?")));
	cJSON_ArrayForEach(it, json_array(server, "args"))
		buf_addf(b, " %s", cJSON_IsString(it) ? it->valuestring : "?");
	buf_addc(b, ')');
}

static int
mcp_add(struct setup *s, const struct cmd_args *a)
{
	AUTO_FREE char *to = config_beside(s->config, CONFIG_SAVED);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *servers = a->file == NULL ? mcp_typed(a, &e) :
	    config_of_file(a->file, true, &e);
	AUTO_BUF struct buf about = BUF_INIT(0);
	int n = cJSON_GetArraySize(servers);
	cJSON *it;

	if (servers == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (n == 0)
		return cmd_fail(EXIT_USAGE, "%s has no mcpServers", a->file);
	cJSON_ArrayForEach(it, servers) {
		AUTO_BUF struct buf left = BUF_INIT(0);

		/* No file decides whom you trust, */
		mcp_leave_out(it, "trust", &left);
		/* nor which of your keys is sent to whom. */
		mcp_leave_out(it, "api_key_command", &left);
		mcp_leave_out(cJSON_GetObjectItemCaseSensitive(it, "oauth"),
		    "clientSecretEnv", &left);
		mcp_print_added(it);
		if (left.len > 0)
			print_words(stdout, "    left out: %s; add what it "
			    "needs to its entry in saved.json", buf_str(&left));
		buf_adds(&about, about.len > 0 ? "; " : "");
		mcp_add_about(&about, it);
	}
	if (!config_ask_add(a->yes, n == 1 ? "this server" : "these servers",
	    to, &about))
		return EXIT_ERROR;
	cJSON_ArrayForEach(it, servers)
		if (json_get(s->config->mcp_servers, it->string) != NULL)
			return cmd_fail(EXIT_ERROR, MCP_THERE, it->string);
	if (config_save(s->config, config_mcp_add, servers, &e) < 0)
		return cmd_fail_err(&e);
	cmd_say("added %d MCP server%s to %s", n, n == 1 ? "" : "s", to);
	return EXIT_DONE;
}

static int
mcp_remove(struct setup *s, const struct cmd_args *a)
{
	AUTO_FREE char *path = config_beside(s->config, CONFIG_SAVED);
	char *name = a->operands[1];
	struct err e = ERR_INIT;
	int rc = mcp_find(s, name, &e) == NULL ? -1 :
	    config_save(s->config, mcp_forget, name, &e);

	if (rc == 0)
		return cmd_fail(EXIT_ERROR, "mcpServers.%s is in %s, which you "
		    "edit: take it out there", name, s->config->path);
	if (rc < 0)
		return cmd_fail_err(&e);
	cmd_say("removed %s from %s", name, path);
	return EXIT_DONE;
}

/* Sign in, or out. */
static int
mcp_sign(struct setup *s, const struct cmd_args *a)
{
	AUTO_FREE char *dir = config_beside(s->config, CONFIG_TOKENS);
	AUTO_FREE char *path = NULL;
	const char *name = a->operands[1];
	bool in = strcmp(a->operands[0], "login") == 0;
	struct err e = ERR_INIT;
	const cJSON *server;

	if (dir == NULL)
		return cmd_fail(EXIT_USAGE, "HOME isn't set");
	path = fs_join(dir, name);
	/* Out also of one that the settings don't have any more. */
	server = in ? mcp_server(s, name, &e) : NULL;
	if (in ? server == NULL || mcp_login(a, name, server, path, &e) < 0 :
	    mcp_logout(name, path, &e) < 0)
		return cmd_fail_err(&e);
	return EXIT_DONE;
}

int
cmd_mcp(const struct cmd_args *a)
{
	static const struct {
		const char	*name;
		size_t		 least, most;	/* words, with its own */
		int		(*run)(struct setup *, const struct cmd_args *);
	} verbs[] = {
		{ "add", 3, SIZE_MAX, mcp_add },
		{ "login", 2, 2, mcp_sign },
		{ "logout", 2, 2, mcp_sign },
		{ "ls", 0, 1, mcp_list },
		{ "rm", 2, 2, mcp_remove },
		{ "test", 2, 2, mcp_test },
	}, *verb;
	AUTO(setup_release) struct setup s = { 0 };
	bool file;
	int code = 0;

	verb = MEM_FIND(verbs, a->operands_len == 0 ? "ls" : a->operands[0]);
	file = a->file != NULL && verb != NULL && verb->run == mcp_add;
	if (verb == NULL || (a->file != NULL) != file || (file ?
	    a->operands_len != 1 : a->operands_len < verb->least ||
	    a->operands_len > verb->most))
		return cmd_fail(EXIT_USAGE, "usage: assent mcp [ls | add NAME "
		    "-- COMMAND... | add NAME URL | add --file FILE | test NAME "
		    "| login NAME | logout NAME | rm NAME]");
	/* Only a session is of a project. */
	if (verb->run == mcp_test)
		code = setup_project(&s, a);
	if (code == 0)
		code = setup_config(&s, a, verb->run == mcp_test ?
		    "interactive" : "exec");
	return code != 0 ? code : verb->run(&s, a);
}
