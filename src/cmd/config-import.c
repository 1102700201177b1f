/*
 * `config import`: what the user has for other agents, item by item: each is
 * shown in full, and copied if the user says so. Nothing of it widens anything:
 * whom another agent trusts and what it allows stays there. What is already here
 * under the name is never overwritten.
 */

#include "config.h"

#include "cmd/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
#include "config/toml.h"
#include "front/message.h"
#include "front/print.h"

#define IMPORT_MAX	((size_t)64 << 20)	/* of a file, or a skill's files */

struct import {
	struct config	*config;
	const char	*home, *cwd;
	const char	*dir;		/* of config.json */
	bool		 asks;		/* somebody can be asked */
	bool		 all, quit;	/* as was answered */
	bool		 failed;
	size_t		 offered, copied;
};

/* ---- the question ---- */

/* `stranger`: of the project's, which no answer about others counts for. */
static bool
import_ask(struct import *m, const char *what, const char *name, bool stranger)
{
	AUTO_FREE char *line = NULL, *about = ask_subject(name);
	AUTO_FREE char *question = xasprintf("%s %s%s: copy it? [y,n,q%s]", what,
	    about, stranger ? ", which came with the project" : "",
	    stranger ? "" : ", a: all that follow");

	m->offered++;
	fflush(stdout);
	if (m->all && !stranger)
		return true;
	while (m->asks) {
		FREE_SET(line, ask_line(question));
		m->quit = line == NULL || strcmp(line, "q") == 0;
		m->all = m->all || (line != NULL && !stranger &&
		    strcmp(line, "a") == 0);
		if (m->quit || strcmp(line, "n") == 0)
			return false;
		if (strcmp(line, "y") == 0 || (m->all && !stranger))
			return true;
	}
	return false;
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
	bool		 toml;
} import_servers[] = {
	{ ".claude.json", "mcpServers", false },
	{ ".codex/config.toml", "mcp_servers", true },
	{ ".gemini/settings.json", "mcpServers", false },
	{ ".cursor/mcp.json", "mcpServers", false },
	{ ".config/Code/User/mcp.json", "servers", false },
	{ NULL, "mcpServers", false },
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

/* Is it the name of one? The journal and a shell get it. */
static bool
import_names_variable(const cJSON *it)
{
	const char *s = cJSON_IsString(it) ? it->valuestring : "";

	return *s != '\0' && strchr(IMPORT_LETTERS, *s) != NULL &&
	    s[strspn(s, IMPORT_LETTERS "0123456789")] == '\0';
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
	if ((MEM_SAYS(import_secrets, part) && strpbrk(part, "=:") != NULL) ||
	    (url != NULL && memchr(url + 3, '@', strcspn(url + 3, "/")) !=
	    NULL) || (MEM_SAYS(import_secrets, before) && before[0] == '-' &&
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
import_server_of(const cJSON *theirs, bool stranger, const char *file,
    struct buf *left, struct err *e)
{
	const char *name = theirs->string;
	static const struct { const char *name, *ours; } members[] = {
		{ "args", "args" }, { "command", "command" }, { "env", "env" },
		{ "headers", "headers" }, { "http_headers", "headers" },
		{ "httpUrl", "url" }, { "type", "type" }, { "url", "url" },
	}, *row;
	AUTO_JSON cJSON *all = cJSON_CreateObject();
	AUTO_FREE char *command = NULL;
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
		else if (strcmp(it->string, "bearer_token_env_var") == 0 &&
		    !stranger && import_names_variable(it)) {
			command = xasprintf("printenv %s", it->valuestring);
			json_add_str(o, "api_key_command", command);
		} else
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
			print_words(stdout, "    %s: %s%s", it->string, text,
			    strcmp(it->string, "api_key_command") != 0 ? "" :
			    ", run with your rights, for its key");
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
	cJSON *server;

	if (m->quit)
		return;
	print_words(stdout, "\nMCP server %s, from %s%s", theirs->string, from,
	    stranger ? ", which came with the project" : "");
	if (json_get(m->config->mcp_servers, theirs->string) != NULL) {
		print_words(stdout, "    already there");
		return;
	}
	server = import_server_of(theirs, stranger, from, &left,
	    &why);
	if (server == NULL) {
		print_words(stdout, "    not copied: %s", why.text);
		return;
	}
	json_set_take(all, theirs->string, server);
	import_print_server(server, &left);
	config_add_server(&about, server);
	if (!import_ask(m, "MCP server", buf_str(&about), stranger))
		return;
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
import_object(struct import *m, int fd_take, const char *from, bool toml)
{
	AUTO_BUF struct buf b = BUF_INIT(IMPORT_MAX);
	struct err e = ERR_INIT, why = ERR_INIT;
	cJSON *o = NULL;

	if (import_text(fd_take, from, &b, &e) == 1) {
		o = toml ? toml_parse(buf_str(&b), b.len, &why) :
		    config_json(b.p, b.len, &why);
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
	    from, row->toml);

	import_servers_in(m, json_get(o, row->member), from, path == NULL);
	/* What Claude Code has for this folder. */
	import_servers_in(m, json_get(json_get(json_get(o, "projects"),
	    m->cwd), row->member), here, false);
}

#define IMPORT_SETTINGS "~/.claude/settings.json"

/* Name what isn't copied. */
static void
import_left_out(struct import *m)
{
	AUTO_FREE char *path = fs_join(m->home, IMPORT_SETTINGS + 2);
	AUTO_BUF struct buf left = BUF_INIT(0);
	AUTO_JSON cJSON *o = import_object(m, import_open(AT_FDCWD, path),
	    IMPORT_SETTINGS, false);
	const cJSON *it;

	cJSON_ArrayForEach(it, o)
		import_add_left(&left, it->string);
	if (left.len > 0)
		print_words(stdout, "\nnot copied, from %s: %s (hooks: assent "
		    "config hooks add; the rest: config.json)",
		    IMPORT_SETTINGS, buf_str(&left));
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
	int rc = m->quit ? 0 : import_text(import_open(AT_FDCWD, from), from,
	    &b, &e);

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

/* ---- commands and skills ---- */

/* Show the item, and ask whether it is copied: the folder it goes to, or -1. */
static int
import_item(struct import *m, const char *kind, const char *name,
    const char *from, const struct buf *text)
{
	const char *below = strchr(strchr(from, '/') + 1, '/');
	AUTO_FREE char *folder = xasprintf("%s/%ss%s", m->dir, kind,
	    below == NULL ? "" : below);
	AUTO_FREE char *path = fs_join(folder, name);
	struct err e = ERR_INIT;
	int fd = -1;

	print_words(stdout, "\n%s %s, from ~/%s", kind, name, from);
	if (access(path, F_OK) == 0) {
		print_words(stdout, "    already there");
		return -1;
	}
	print_text(stdout, "    | ", "    | ", buf_str(text));
	if (!import_ask(m, kind, name, false))
		return -1;
	if (fs_mkdirs(folder, 0700, &e) < 0 || (fd = open(folder, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC)) < 0) {
		err_sys(&e, "can't open %s", folder);
		import_failed(m, &e);
	}
	return fd;
}

static void import_entries(struct import *, const char *from,
    void one(struct import *, int dirfd, const char *from, const char *name));

#define IMPORT_UNUSABLE " \t\n!\"#$%&'()*+,;<=>?@[\\]^`{|}~"

static void
import_command(struct import *m, int dirfd, const char *from,
    const char *name)
{
	AUTO_BUF struct buf b = BUF_INIT(IMPORT_MAX);
	AUTO_FREE char *path = fs_join(from, name);
	const char *dot = strrchr(name, '.');
	struct err e = ERR_INIT;
	AUTO_CLOSE int to = -1, folder = openat(dirfd, name, O_RDONLY |
	    O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (folder >= 0)
		import_entries(m, path, import_command);
	else if (dot == NULL || strcmp(dot, ".md") != 0)
		print_words(stdout, "\n~/%s: not copied: a command is a "
		    "Markdown file here", path);
	else if (strpbrk(name, IMPORT_UNUSABLE) != NULL)
		print_words(stdout, "\n~/%s: not copied: a command's name has "
		    "only letters, digits and - _ . :", path);
	else if (import_text(import_open(dirfd, name), path, &b, &e) < 0)
		import_failed(m, &e);
	else if ((to = import_item(m, "command", name, from, &b)) >= 0)
		import_did(m, fs_replace(to, name, buf_str(&b), b.len, 0600,
		    &e), &e);
}

/* Copy the files and folders in `from`; others, such as links, are left out. */
static int
import_tree(int from, int to, const char *below, struct err *e)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(from, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	const struct dirent *de;

	while ((de = fs_dir_next(&d)) != NULL) {
		const char *name = de->d_name;
		AUTO_FREE char *shown = fs_join(below, name);
		AUTO_CLOSE int in = -1, out = -1;
		struct stat st;

		if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "can't read %s", shown);
		if (S_ISREG(st.st_mode)) {
			if (fs_copy_file(from, to, name, e) < 0)
				return -1;
		} else if (!S_ISDIR(st.st_mode))
			print_words(stdout, "    left out: %s", shown);
		else if ((in = fs_open_beneath(from, name, O_RDONLY |
		    O_DIRECTORY, 0)) < 0 || mkdirat(to, name, 0700) < 0 ||
		    (out = openat(to, name, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC)) < 0)
			return err_sys(e, "can't copy %s", shown);
		else if (import_tree(in, out, shown, e) < 0)
			return -1;
	}
	return 0;
}

#define IMPORT_UNFINISHED ".import"

/* By way of a folder of another name: there is never a part of a skill. */
static int
import_skill_copy(int from, int skills, const char *name, struct err *e)
{
	AUTO_CLOSE int to = -1;

	if (fs_remove_tree(skills, IMPORT_UNFINISHED, e) < 0)
		return -1;
	if (mkdirat(skills, IMPORT_UNFINISHED, 0700) < 0 ||
	    (to = openat(skills, IMPORT_UNFINISHED, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) < 0 || (import_tree(from, to, name, e) == 0 &&
	    renameat(skills, IMPORT_UNFINISHED, skills, name) < 0))
		err_sys(e, "can't create %s", name);
	if (err_is_set(e))
		(void)fs_remove_tree(skills, IMPORT_UNFINISHED, NULL);
	return err_is_set(e) ? -1 : 0;
}

static void
import_skill(struct import *m, int dirfd, const char *from, const char *name)
{
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC), to = -1;
	AUTO_BUF struct buf b = BUF_INIT(IMPORT_MAX);
	struct fs_size size = { 0 };
	struct err e = ERR_INIT;
	int rc = import_text(fd < 0 ? -1 : import_open(fd, "SKILL.md"), name,
	    &b, &e);

	if (rc > 0 && (fs_measure(fd, ".", &size) < 0 ||
	    size.bytes > (int64_t)IMPORT_MAX))
		rc = err_set(&e, "skill %s: it has more than 64 MB, or can't "
		    "be read", name);
	if (rc < 0)
		import_failed(m, &e);
	if (rc <= 0)
		return;
	if (size.files > 2)
		buf_addf(&b, "\n[more files and folders: %lld]",
		    (long long)size.files - 2);
	to = import_item(m, "skill", name, from, &b);
	if (to >= 0)
		import_did(m, import_skill_copy(fd, to, name, &e), &e);
}

/* ---- all of it ---- */

static void
import_entries(struct import *m, const char *from,
    void one(struct import *, int dirfd, const char *from, const char *name))
{
	AUTO_FREE char *dir = fs_join(m->home, from);
	AUTO_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i, n;
	char **names = fs_names(fd, SIZE_MAX, &n);

	for (i = 0; i < n && !m->quit; i++)
		one(m, fd, from, names[i]);
	xfree_list(names, n);
}

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
	m.dir = dir = config_beside(s.config, ".");
	if (dir == NULL || m.home == NULL)
		return cmd_fail(EXIT_USAGE, "there is no home directory");
	for (i = 0; i < MEM_COUNT(instructions); i++)
		import_instructions(&m, instructions[i]);
	for (i = 0; i < MEM_COUNT(import_servers); i++)
		import_servers_of(&m, &import_servers[i]);
	import_entries(&m, ".claude/commands", import_command);
	import_entries(&m, ".codex/prompts", import_command);
	import_entries(&m, ".gemini/commands", import_command);
	import_entries(&m, ".claude/skills", import_skill);
	import_entries(&m, ".codex/skills", import_skill);
	import_left_out(&m);
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
