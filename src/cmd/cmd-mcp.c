/*
 * `config mcp`: lists the user's MCP servers, copies those of a file into the
 * user's config.json, after showing them, removes one there, or starts one to
 * see what it offers.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "front/review.h"
#include "cmd/cmd.h"
#include "cmd/mcp-test.h"
#include "cmd/setup.h"

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
	mcp_print_key(server);
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

static void
mcp_list(const struct setup *s)
{
	const cJSON *servers = config_mcp_servers(s->config), *it;

	if (servers == NULL || servers->child == NULL)
		print_words(stdout, "no MCP servers (see assent-config(5), "
		    "MCP servers)");
	cJSON_ArrayForEach(it, servers)
		mcp_print(it);
}

static int
mcp_add(const struct setup *s, const struct cmd_args *a, const char *file)
{
	AUTO_FREE char *to = config_saved(s->config);
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *servers = config_mcp_of(file, &e);
	int n = cJSON_GetArraySize(servers);
	cJSON *it;

	if (servers == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (n == 0)
		return cmd_fail(EXIT_USAGE, "%s has no mcpServers", file);
	cJSON_ArrayForEach(it, servers) {
		/* No file decides whom you trust. */
		while (json_get(it, "trust") != NULL)
			cJSON_DeleteItemFromObjectCaseSensitive(it, "trust");
		mcp_print_added(it);
	}
	if (!review_add(a->yes, "this", to))
		return EXIT_ERROR;
	if (config_save_mcp(s->config, servers, &e) < 0)
		return cmd_fail_err(&e);
	cmd_say("added %d MCP server%s to %s", n, n == 1 ? "" : "s", to);
	return EXIT_DONE;
}

static int
mcp_remove(const struct setup *s, const char *name)
{
	AUTO_FREE char *path = config_saved(s->config);
	struct err e = ERR_INIT;

	if (config_remove_mcp(s->config, name, &e) < 0)
		return cmd_fail_err(&e);
	cmd_say("removed %s from %s", name, path);
	return EXIT_DONE;
}

static int
mcp_of_name(struct setup *s, const char *what, const char *name)
{
	if (json_get(config_mcp_servers(s->config), name) == NULL)
		return cmd_fail(EXIT_USAGE, "no MCP server is called %.40s "
		    "(see assent config mcp)", name);
	if (strcmp(what, "remove") == 0)
		return mcp_remove(s, name);
	return mcp_test(s, name);
}

int
cmd_mcp(const struct cmd_args *a)
{
	static const char *const known[] = { "add", "remove", "test" };
	const char *what = a->operands_len == 0 ? "" : a->operands[0];
	struct setup s = { 0 };
	int code = 0;

	if (a->operands_len > 0 && (a->operands_len != 2 ||
	    MEM_FIND(known, what) == NULL))
		return cmd_fail(EXIT_USAGE, "usage: assent config mcp [add "
		    "FILE | test NAME | remove NAME]");
	/* Only a session is of a project. */
	if (strcmp(what, "test") == 0)
		code = setup_project(&s, a);
	if (code == 0)
		code = setup_config(&s, a, "interactive");
	if (code != 0)
		return code;
	if (a->operands_len == 0)
		mcp_list(&s);
	else if (strcmp(what, "add") == 0)
		code = mcp_add(&s, a, a->operands[1]);
	else
		code = mcp_of_name(&s, what, a->operands[1]);
	setup_release(&s);
	return code;
}
