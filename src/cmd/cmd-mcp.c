/*
 * mcp: signs in at an MCP server, and out. The network is assent-core's; here is
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

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "cmd/callback.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/client.h"
#include "front/print.h"

#define MCP_ANSWER	((size_t)1 << 20)

/* The server's entry, if the user can sign in there; NULL with *e. */
static const cJSON *
mcp_server(const struct setup *s, const char *name, struct err *e)
{
	const cJSON *o = json_get(s->config->mcp_servers, name), *it;
	bool own = json_get(o, "api_key_command") != NULL;

	cJSON_ArrayForEach(it, json_get(o, "headers"))
		own = own || strcasecmp(it->string, "authorization") == 0;
	if (o == NULL)
		err_misuse(e, "no MCP server is called %.40s (see assent "
		    "config mcp)", name);
	else if (json_get(o, "url") == NULL)
		err_misuse(e, "%s is a program; only a server with a url has a "
		    "sign-in", name);
	else if (own)
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

/* Who gets what, by the hosts in these addresses. */
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
	json_add_str(o, "client_id", json_str(own, "clientId"));
	json_add_str(o, "client_secret", secret);
	json_add_str(o, "client_issuer", json_str(own, "issuer"));
	json_add_str(o, "scope", a->scope);
	return 0;
}

/* The answer of the browser; -1 with *e. */
static int
mcp_answer(struct callback *c, cJSON *o, struct err *e)
{
	const char *issuer = json_str_or(o, "issuer", "");
	const char *open = json_str_or(o, "open", "");

	cmd_say("open this address in a browser:");
	/* Not in rows: it is copied. */
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

/* ---- the others ---- */

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

/* Only those with a url. */
static bool
mcp_print(const char *dir, const cJSON *server)
{
	AUTO_FREE char *path = fs_join(dir, server->string);
	AUTO_CLOSE int fd = secret_open(path, NULL);
	AUTO(mcp_drop) cJSON *o = secret_read(fd);
	const char *url = json_str(server, "url"), *scope, *refused;

	if (url == NULL)
		return false;
	if (!json_is(o, "url", url))
		json_drop(&o);
	scope = json_str_or(o, "scope", "");
	refused = json_str(o, "refused");
	print_words(stdout, "%s  %s: %s%s%s%s", server->string, url,
	    o == NULL ? "not signed in" : refused != NULL ?
	    "needs a new sign-in: " : "signed in by ", refused != NULL ?
	    refused : json_str_or(o, "issuer", ""), refused != NULL ||
	    scope[0] == '\0' ? "" : ", for ", refused != NULL ? "" : scope);
	return true;
}

int
cmd_mcp(const struct cmd_args *a)
{
	const char *name = a->operands_len == 2 ? a->operands[1] : NULL;
	bool in = name != NULL && strcmp(a->operands[0], "login") == 0;
	bool any = false;
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_FREE char *dir = NULL, *path = NULL;
	struct err e = ERR_INIT;
	const cJSON *server;
	int code;

	if (a->operands_len > 0 && !in && (name == NULL ||
	    strcmp(a->operands[0], "logout") != 0))
		return cmd_fail(EXIT_USAGE, "usage: assent mcp [login NAME | "
		    "logout NAME]; assent config mcp adds and tries servers");
	if ((code = setup_config(&s, a, "exec")) != 0)
		return code;
	if ((dir = config_beside(s.config, CONFIG_TOKENS)) == NULL)
		return cmd_fail(EXIT_USAGE, "HOME isn't set");
	if (name == NULL) {
		cJSON_ArrayForEach(server, s.config->mcp_servers)
			any |= mcp_print(dir, server);
		if (!any)
			print_words(stdout, "no MCP servers with a url (see "
			    "assent config mcp)");
		return EXIT_DONE;
	}
	path = fs_join(dir, name);
	/* Out also of one that the settings don't have any more. */
	server = in ? mcp_server(&s, name, &e) : NULL;
	if (in ? server == NULL || mcp_login(a, name, server, path, &e) < 0 :
	    mcp_logout(name, path, &e) < 0)
		return cmd_fail_err(&e);
	return EXIT_DONE;
}
