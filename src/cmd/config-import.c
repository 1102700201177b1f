/*
 * `config import`: the user's MCP servers and instructions for other agents, item
 * by item: each is shown in full, and copied if the user says so. Nothing of it
 * widens anything: whom another agent trusts and what it allows stays there. What
 * is already here under the name is never overwritten. What is a file here as it
 * is there, the user copies.
 */

#include "config.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "cmd/ask.h"
#include "cmd/setup.h"
#include "config/settings.h"
#include "front/message.h"
#include "front/print.h"

#define IMPORT_MAX	((size_t)64 << 20)	/* of a file */

struct import {
	struct config	*config;
	const char	*home, *cwd;
	const char	*dir;		/* of config.json */
	bool		 asks;		/* somebody can be asked */
	bool		 all;		/* --yes: but not the project's */
	bool		 failed;
	size_t		 offered, copied;
};

/* ---- the question ---- */

/* `stranger`: of the project's, which --yes isn't about. */
static bool
import_ask(struct import *m, const char *what, const char *name, bool stranger)
{
	AUTO_FREE char *about = plain_subject(name);
	AUTO_FREE char *question = xasprintf("%s %s%s: copy it?", what, about,
	    stranger ? ", which came with the project" : "");

	m->offered++;
	fflush(stdout);
	return (m->all && !stranger) || (m->asks && ask_yes(question));
}

static void
import_failed(struct import *m, const struct err *e)
{
	fflush(stdout);
	cmd_say("%s", e->text);
	m->failed = true;
}

/* `rc` of copying it. */
static void
import_did(struct import *m, int rc, const struct err *e)
{
	m->copied += rc >= 0;
	if (rc < 0)
		import_failed(m, e);
	else
		print_words(stdout, "    copied");
}

/* ---- their files ---- */

/* Takes the descriptor of a regular file, whose text is added: 1, 0 if there is
 * no file (errno), or -1 with *e. */
static int
import_text(int fd_take, const char *shown, struct buf *b, struct err *e)
{
	AUTO_CLOSE int fd = fd_take;
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "can't open %s", shown);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s is not a regular file", shown);
	if (fs_read_all(fd, b) < 0)
		return err_sys(e, "can't read %s", shown);
	if (!utf8_is_valid(buf_str(b), b->len) ||
	    strlen(buf_str(b)) != b->len)
		return err_set(e, "%s isn't UTF-8 text", shown);
	return 1;
}

/* The user may have linked it. */
static int
import_open(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
}

/* ---- MCP servers ---- */

static const struct import_servers {
	const char	*file;		/* in the home; a project's: NULL */
	const char	*member;
} import_servers[] = {
	{ ".claude.json", "mcpServers" },
	{ ".gemini/settings.json", "mcpServers" },
	{ ".cursor/mcp.json", "mcpServers" },
	{ ".config/Code/User/mcp.json", "servers" },
	{ NULL, "mcpServers" },
};
#define IMPORT_PROJECT ".mcp.json"

static const char *const import_secrets[] = { "auth", "cookie", "cred", "key",
	"pass", "secret", "token" };

#define IMPORT_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* Does it name a variable of the user's, as "Bearer $TOKEN" does? */
static bool
import_is_variable(const char *s)
{
	while ((s = strchr(s, '$')) != NULL)
		if (*++s != '\0' && strchr(IMPORT_LETTERS "{(", *s) != NULL)
			return true;
	return false;
}

void
config_add_server(struct buf *b, const cJSON *server)
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

static void
import_add_left(struct buf *left, const char *name)
{
	buf_addf(left, "%s%s", left->len == 0 ? "" : ", ", name);
}

/* Variables or headers, without those that name a variable of the user's: we
 * don't expand them, and a file is no place for what the environment holds. */
static cJSON *
import_values(const cJSON *of, struct buf *left)
{
	cJSON *o = cJSON_CreateObject();
	const cJSON *it;

	cJSON_ArrayForEach(it, of)
		if (cJSON_IsString(it) && import_is_variable(it->valuestring))
			import_add_left(left, it->string);
		else
			json_copy(o, it->string, it);
	return o;
}

/* Can the journal have this word, which comes after that one? */
static int
import_check(const char *before, const char *word, struct err *e)
{
	const char *url = strstr(word, "://");
	const char *part = url == NULL ? word : word + strcspn(word, "?");

	if (import_is_variable(word))
		return err_set(e, "a variable in its command or URL isn't "
		    "expanded here");
	if ((MEM_HAS_ANY(import_secrets, part) && strpbrk(part, "=:") != NULL) ||
	    (url != NULL && memchr(url + 3, '@', strcspn(url + 3, "/")) !=
	    NULL) || (MEM_HAS_ANY(import_secrets, before) && before[0] == '-' &&
	    strchr(before, '=') == NULL && word[0] != '-'))
		return err_set(e, "its command or URL has a secret, which the "
		    "journal would have: env and headers are for secrets");
	return 0;
}

static int
import_check_server(const cJSON *server, struct err *e)
{
	const char *before = "";
	const cJSON *it;

	if (import_check("", json_str_or(server, "command", ""), e) < 0 ||
	    import_check("", json_str_or(server, "url", ""), e) < 0)
		return -1;
	cJSON_ArrayForEach(it, json_array(server, "args")) {
		if (!cJSON_IsString(it))
			continue;
		if (import_check(before, it->valuestring, e) < 0)
			return -1;
		before = it->valuestring;
	}
	return 0;
}

/* Their server as an entry of mcpServers; `left` gets the names of the members
 * that are left out. NULL with *e: it can't be copied. */
static cJSON *
import_server_of(const cJSON *theirs, const char *file, struct buf *left,
    struct err *e)
{
	const char *name = theirs->string;
	static const struct { const char *name, *ours; } members[] = {
		{ "args", "args" }, { "command", "command" }, { "env", "env" },
		{ "headers", "headers" }, { "httpUrl", "url" },
		{ "type", "type" }, { "url", "url" },
	}, *row;
	AUTO_JSON cJSON *all = cJSON_CreateObject();
	cJSON *o = cJSON_CreateObject(), *values;
	const cJSON *it;

	if (!cJSON_IsObject(theirs))
		theirs = NULL;
	cJSON_ArrayForEach(it, theirs) {
		row = MEM_FIND(members, it->string);
		if (row != NULL && cJSON_IsObject(it)) {
			values = import_values(it, left);
			if (values->child != NULL)
				json_set_take(o, row->ours, values);
			else
				cJSON_Delete(values);
		} else if (row != NULL)
			json_copy(o, row->ours, it);
		else if (strcmp(it->string, "disabled") != 0 &&
		    strcmp(it->string, "enabled") != 0)
			import_add_left(left, it->string);
	}
	json_set_take(all, name, o);
	if (json_bool(theirs, "disabled", false) ||
	    !json_bool(theirs, "enabled", true))
		err_set(e, "it is disabled there");
	else if (import_check_server(o, e) == 0)
		(void)config_mcp_check(all, file, e);
	return err_is_set(e) ? NULL :
	    cJSON_DetachItemFromObjectCaseSensitive(all, name);
}

static void
import_print_server(const cJSON *server, const struct buf *left)
{
	const cJSON *it, *v;

	cJSON_ArrayForEach(it, server) {
		AUTO_FREE char *text = json_print(it);
		const cJSON *values = cJSON_IsObject(it) ? it : NULL;

		if (values == NULL)
			print_words(stdout, "    %s: %s", it->string, text);
		cJSON_ArrayForEach(v, values)
			print_words(stdout, "    %s %s: %s", it->string,
			    v->string, secret_is_value(v->string,
			    v->valuestring) ? "a secret, not shown" :
			    v->valuestring);
	}
	if (left->len > 0)
		print_words(stdout, "    left out: %s; add what it needs to "
		    "its entry in saved.json", buf_str(left));
}

static void
import_server(struct import *m, const cJSON *theirs, const char *from,
    bool stranger)
{
	AUTO_BUF struct buf left = BUF_INIT(0), about = BUF_INIT(0);
	struct err e = ERR_INIT, why = ERR_INIT;
	AUTO_JSON cJSON *all = cJSON_CreateObject();
	const cJSON *mine = json_get(m->config->mcp_servers, theirs->string);
	cJSON *server;

	print_words(stdout, "\nMCP server %s, from %s%s", theirs->string, from,
	    stranger ? ", which came with the project" : "");
	if (mine != NULL) {
		config_add_server(&about, mine);
		print_words(stdout, "    not copied: you have %s",
		    buf_str(&about));
		return;
	}
	server = import_server_of(theirs, from, &left, &why);
	if (server == NULL) {
		print_words(stdout, "    not copied: %s", why.text);
		return;
	}
	json_set_take(all, theirs->string, server);
	import_print_server(server, &left);
	config_add_server(&about, server);
	if (!import_ask(m, "MCP server", buf_str(&about), stranger)) {
		if (m->all)
			print_words(stdout, "    not copied: --yes isn't for "
			    "what came with the project");
		return;
	}
	import_did(m, config_save(m->config, config_mcp_add, all, &e), &e);
	if (m->config->mcp_servers == NULL)
		m->config->mcp_servers = cJSON_CreateObject();
	json_copy(m->config->mcp_servers, theirs->string, server);
}

static void
import_servers_in(struct import *m, const cJSON *list, const char *from,
    bool stranger)
{
	const cJSON *it = cJSON_IsObject(list) ? list->child : NULL;

	for (; it != NULL; it = it->next)
		import_server(m, it, from, stranger);
}

/* The object in their file, or NULL. */
static cJSON *
import_object(struct import *m, int fd_take, const char *from)
{
	AUTO_BUF struct buf b = BUF_INIT(IMPORT_MAX);
	struct err e = ERR_INIT, why = ERR_INIT;
	cJSON *o = NULL;

	if (import_text(fd_take, from, &b, &e) == 1) {
		o = config_json(b.p, b.len, &why);
		if (o == NULL)
			err_set(&e, "%s: %s", from, why.text);
	}
	if (err_is_set(&e))
		import_failed(m, &e);
	return o;
}

static void
import_servers_of(struct import *m, const struct import_servers *row)
{
	AUTO_FREE char *from = row->file == NULL ? xstrdup(IMPORT_PROJECT) :
	    xasprintf("~/%s", row->file);
	AUTO_FREE char *here = xasprintf("%s, which has it for this folder "
	    "only; here it is for all", from);
	AUTO_FREE char *path = row->file == NULL ? NULL :
	    fs_join(m->home, row->file);
	AUTO_CLOSE int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_JSON cJSON *o = import_object(m, path == NULL ?
	    fs_open_regular(dir, IMPORT_PROJECT) : import_open(AT_FDCWD, path),
	    from);

	import_servers_in(m, json_get(o, row->member), from, path == NULL);
	/* What Claude Code has for this folder. */
	import_servers_in(m, json_get(json_get(json_get(o, "projects"),
	    m->cwd), row->member), here, false);
}

/* ---- instructions ---- */

static int
import_append(const char *path, const struct buf *had, const struct buf *b,
    struct err *e)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_APPEND | O_CREAT |
	    O_CLOEXEC, 0600);
	AUTO_BUF struct buf all = BUF_INIT(0);

	if (had->len > 0)
		buf_adds(&all, had->p[had->len - 1] == '\n' ? "\n" : "\n\n");
	buf_add(&all, b->p, b->len);
	if (all.p[all.len - 1] != '\n')
		buf_addc(&all, '\n');
	return fd < 0 || fs_write_all(fd, all.p, all.len) < 0 || fsync(fd) <
	    0 ? err_sys(e, "can't write %s", path) : 0;
}

static void
import_instructions(struct import *m, const char *file)
{
	AUTO_FREE char *from = fs_join(m->home, file);
	AUTO_FREE char *to = fs_join(m->dir, "AGENTS.md");
	AUTO_BUF struct buf b = BUF_INIT(IMPORT_MAX), had = BUF_INIT(0);
	struct err e = ERR_INIT;
	int rc = import_text(import_open(AT_FDCWD, from), from, &b, &e);

	if (rc < 0 || import_text(import_open(AT_FDCWD, to), to, &had, &e) < 0)
		import_failed(m, &e);
	if (b.len == 0 || err_is_set(&e))
		return;
	print_words(stdout, "\ninstructions, from ~/%s, to be added to your "
	    "AGENTS.md", file);
	if (strstr(buf_str(&had), b.p) != NULL)
		print_words(stdout, "    already there");
	else {
		print_text(stdout, "    | ", "    | ", b.p);
		if (import_ask(m, "instructions", from, false))
			import_did(m, import_append(to, &had, &b, &e), &e);
	}
}

/* ---- what the user copies ---- */

static const struct {
	const char	*from;		/* in the home */
	const char	*to;		/* beside config.json; or NULL, and what to
					   do */
	const char	*how;
} import_files[] = {
	{ ".claude/commands", "commands", NULL },
	{ ".claude/settings.json", NULL, "hooks: assent config hooks add FILE; "
	  "the rest: config.json" },
	{ ".claude/skills", "skills", NULL },
	{ ".codex/config.toml", NULL, "MCP servers: assent mcp add NAME -- "
	  "COMMAND" },
	{ ".codex/prompts", "commands", NULL },
	{ ".codex/skills", "skills", NULL },
};

/* Say how, if there is such a file or folder. */
static void
import_file(const struct import *m, size_t row)
{
	AUTO_FREE char *from = fs_join(m->home, import_files[row].from);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *to = import_files[row].to;
	AUTO_FREE char *dir = to == NULL ? NULL : fs_join(m->dir, to);

	if (access(from, F_OK) < 0)
		return;
	if (dir != NULL) {
		buf_adds(&b, "mkdir -p ");
		shell_quote(&b, dir);
		buf_addf(&b, " && cp -ri ~/%s/. ", import_files[row].from);
		shell_quote(&b, dir);
	} else
		buf_adds(&b, import_files[row].how);
	print_words(stdout, "\n%s, from ~/%s: %s", to == NULL ? "settings" : to,
	    import_files[row].from, buf_str(&b));
}

/* ---- all of it ---- */

int
config_import(const struct cmd_args *a)
{
	static const char *const instructions[] = { ".claude/CLAUDE.md",
		".codex/AGENTS.md", ".gemini/GEMINI.md" };
	AUTO(setup_release) struct setup s = { 0 };
	AUTO_FREE char *cwd = getcwd(NULL, 0), *dir = NULL;
	struct import m = { .home = getenv("HOME"), .all = a->yes,
		.cwd = cwd == NULL ? "" : cwd,
		.asks = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) };
	int code = setup_config(&s, a, "interactive");
	size_t i;

	if (code != 0)
		return code;
	m.config = s.config;
	dir = config_beside(s.config, ".");
	if (dir != NULL)
		dir[strlen(dir) - strlen("/.")] = '\0';
	m.dir = dir;
	if (dir == NULL || m.home == NULL)
		return cmd_fail(EXIT_USAGE, "there is no home directory");
	for (i = 0; i < MEM_COUNT(instructions); i++)
		import_instructions(&m, instructions[i]);
	for (i = 0; i < MEM_COUNT(import_servers); i++)
		import_servers_of(&m, &import_servers[i]);
	for (i = 0; i < MEM_COUNT(import_files); i++)
		import_file(&m, i);
	if (m.offered == 0)
		print_words(stdout, "\nnothing to copy");
	else if (m.copied > 0)
		print_words(stdout, "\ncopied %zu of %zu to %s", m.copied,
		    m.offered, dir);
	else if (!m.asks && !m.all)
		cmd_say("nothing copied: nobody is here to be asked (--yes "
		    "copies all but the project's)");
	return m.failed ? EXIT_ERROR : EXIT_DONE;
}
