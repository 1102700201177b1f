#include "config.h"

#include "core/agent/slash.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "core/acp/peer.h"
#include "core/agent/attachment.h"
#include "core/agent/say.h"
#include "core/context/model.h"
#include "core/context/prompt.h"
#include "core/kernel/core.h"
#include "core/mcp/mcp.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "policy/skill.h"

#define SLASH_FILE_MAX	((size_t)256 << 10)
#define SLASH_ALL_MAX	((size_t)8 << 20)
#define SLASH_SENT_MAX	((size_t)1 << 20)	/* with the user's words */
#define SLASH_MOST	500	/* files and folders of all places */
#define SLASH_DEPTH	4	/* of folders */
#define SLASH_NAME	64	/* bytes */
#define SLASH_HINT	60
#define SLASH_ABOUT	200	/* of a description */
#define SLASH_WORDS	9	/* $1 to $9 */
#define SLASH_KEYS	9	/* ignored ones that are named */
#define SLASH_ARGUMENTS	"$ARGUMENTS"
#define SLASH_BLANK	" \t\r\n"

/* The folders of commands; of equal names, the first one counts. */
static const struct slash_place {
	const char	*start;		/* the start object has the folder, the
					   user's own; or NULL */
	const char	*folder;	/* in the project; or NULL */
	const char	*skills;	/* all skills by this one; or NULL */
} slash_places[] = {
	{ "commands_dir", NULL, NULL },
	{ NULL, NULL, "user" },
	{ NULL, ".agents/commands", NULL },
	{ NULL, ".claude/commands", NULL },
	{ NULL, NULL, "project" },
};

struct slash_list {
	struct policy	*policy;
	struct slash_entry *v;
	size_t		 v_len;
	size_t		 bytes, files;	/* looked at */
	struct buf	 left_out;	/* "PATH: why", a line each */
};

struct slash {
	cJSON		*say;		/* the message that waits for an answer */
	char		*client, *id, *hash;
	struct slash_entry *prompt;	/* that it names, of a server; or NULL */
	char		*told;		/* the last note about files left out */
};

/* ---- the files ---- */

static void
slash_left_out(struct slash_list *l, const char *path, const char *why)
{
	sanitize_add(&l->left_out, path, strlen(path), 0);
	buf_addf(&l->left_out, ": %s\n", why);
}

static void
slash_entry_release(struct slash_entry *en)
{
	FREE_ALL(en->name, en->key, en->path, en->text, en->server);
	front_matter_release(&en->front);
}

static void
slash_list_release(struct slash_list *l)
{
	while (l->v_len > 0)
		slash_entry_release(&l->v[--l->v_len]);
	free(l->v);
	buf_release(&l->left_out);
}

/* Can the name be typed, and does it look like what it is? */
static bool
slash_name_ok(const char *name)
{
	AUTO_FREE char *shown = sanitize_dup(name, 0);
	const char *p;

	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && (*p & 0x80) == 0 &&
		    strchr("-_.:", *p) == NULL)
			return false;
	return utf8_is_valid(name, strlen(name)) && strcmp(shown, name) == 0 &&
	    strlen(name) <= SLASH_NAME;
}

static const char *
slash_origin(const struct slash_entry *en)
{
	return en->server != NULL ? "server" : en->foreign ? "project" :
	    "user";
}

/* Find the command that the text begins with: "/NAME", or "/project:NAME" if
 * assent has a command of that name. */
static const struct slash_entry *
slash_find(const struct slash_list *l, const char *text)
{
	AUTO_FREE char *name = text[0] != '/' ? NULL : xmemdup(text + 1,
	    strcspn(text + 1, " \t\n"));
	size_t i, n;

	for (i = 0; name != NULL && i < l->v_len; i++) {
		n = strlen(slash_origin(&l->v[i]));
		if (strcmp(l->v[i].name, name) == 0 ||
		    (strncmp(name, slash_origin(&l->v[i]), n) == 0 &&
		    name[n] == ':' && strcmp(l->v[i].name, name + n + 1) == 0))
			return &l->v[i];
	}
	return NULL;
}

/* Another one that looks the same; NULL: none. */
static const struct slash_entry *
slash_same(const struct slash_list *l, const char *key)
{
	MEM_EACH(l, v, it)
		if (strcasecmp(it->key, key) == 0)
			return it;
	return NULL;
}

/* Why the file isn't a command, or NULL. */
static const char *
slash_read(struct slash_list *l, struct slash_entry *en, int fd)
{
	AUTO_BUF struct buf b = BUF_INIT(SLASH_FILE_MAX);
	struct err e = ERR_INIT;

	if (fs_read_all(fd, &b) < 0)
		return b.full ? "larger than 256 kB" : "it can't be read";
	if ((l->bytes += b.len) > SLASH_ALL_MAX)
		return "the files before it are 8 MB";
	sha256_hex(buf_str(&b), b.len, en->hash);
	if (front_matter_parse(&en->front, buf_str(&b), b.len, &e) < 0) {
		if (!utf8_is_valid(buf_str(&b), b.len) ||
		    strlen(buf_str(&b)) != b.len)
			return "it isn't UTF-8 text";
		slash_left_out(l, en->path, e.text);
	}
	en->text = buf_take(&b);
	return en->text[en->front.body + strspn(en->text + en->front.body,
	    " \t\r\n")] == '\0' ? "it is empty" : NULL;
}

/* Does the project's name say that it is somebody else's? */
static bool
slash_name_lies(const char *name)
{
	return strncasecmp(name, "user:", 5) == 0 ||
	    strncasecmp(name, "server:", 7) == 0;
}

/* The open file. */
static void
slash_add(struct slash_list *l, bool foreign, bool skill, const char *name,
    const char *path, int fd)
{
	struct slash_entry en = { .name = xstrdup(name), .path = xstrdup(path),
		.key = lookalike_name(name, NULL), .foreign = foreign,
		.skill = skill };
	const struct slash_entry *same = slash_same(l, en.key);
	const char *why = foreign && policy_hides(l->policy, path) ?
	    "hidden from the model as a secret file" : foreign &&
	    slash_name_lies(en.key) ? "its name says that it isn't the "
	    "project's" : slash_name_ok(name) ?
	    slash_read(l, &en, fd) : "its name is longer than 64 bytes, or has "
	    "other characters than letters, digits, -, _ and .";
	AUTO_FREE char *taken = same == NULL ? NULL :
	    xasprintf("/%s is %s", same->name, same->path);

	if (why == NULL)
		why = taken;
	if (why != NULL) {
		slash_left_out(l, path, why);
		slash_entry_release(&en);
		return;
	}
	*GROW_ADD(l->v, l->v_len) = en;
}

/* Open a command's file. Links are followed only for the user's own. */
static int
slash_open(bool foreign, int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	return foreign ? fs_open_beneath(dirfd, name, flags, 0) :
	    openat(dirfd, name, flags);
}

static void	slash_walk(struct slash_list *, bool foreign, int fd_take,
	    const char *prefix, const char *path, int depth);

static void
slash_file(struct slash_list *l, bool foreign, int dirfd, const char *file,
    const char *prefix, const char *dir, int depth)
{
	AUTO_FREE char *path = fs_join(dir, file), *name = NULL;
	size_t n = strlen(file);
	bool markdown = n > 3 && strcmp(file + n - 3, ".md") == 0;
	int fd = slash_open(foreign, dirfd, file);
	struct stat st = { 0 };

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		name = xasprintf("%s%s:", prefix, file);
		slash_walk(l, foreign, fd, name, path, depth + 1);
		return;
	}
	name = xasprintf("%s%.*s", prefix, (int)(markdown ? n - 3 : n), file);
	if (!markdown)
		;
	else if (fd < 0)
		slash_left_out(l, path, errno == ELOOP || errno == EXDEV ?
		    "a symlink" : strerror(errno));
	else if (!S_ISREG(st.st_mode))
		slash_left_out(l, path, "not a regular file");
	else
		slash_add(l, foreign, false, name, path, fd);
	fs_close(fd);
}

static void
slash_walk(struct slash_list *l, bool foreign, int fd_take, const char *prefix,
    const char *path, int depth)
{
	AUTO_CLOSE int fd = fd_take;
	size_t n, i;
	char **files = fs_names(fd, SLASH_MOST - l->files + 1, &n);

	if (l->files + n > SLASH_MOST || depth > SLASH_DEPTH)
		slash_left_out(l, path, depth > SLASH_DEPTH ?
		    "its folders are nested too deeply" :
		    "more than 500 files, with those before it");
	else {
		l->files += n;
		for (i = 0; i < n; i++)
			slash_file(l, foreign, fd, files[i], prefix, path,
			    depth);
	}
	xfree_list(files, n);
}

/* The user can also call those that the model isn't offered. */
static void
slash_skills(const struct core *c, struct slash_list *l, const cJSON *list,
    const char *by)
{
	bool foreign = strcmp(by, "project") == 0;
	const cJSON *it;

	cJSON_ArrayForEach(it, list) {
		const char *path = json_str(it, "path");
		const char *why = json_str(it, "why");
		AUTO_CLOSE int fd = -1;

		if (!json_is(it, "by", by) || path == NULL || (why != NULL &&
		    strcmp(why, SKILL_MANUAL) != 0 &&
		    strcmp(why, SKILL_OVER) != 0))
			continue;
		fd = foreign ? fs_open_regular(c->stage->root_fd, path) :
		    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
		if (fd >= 0)
			slash_add(l, foreign, true, json_str_or(it, "name",
			    "?"), path, fd);
	}
}

/* ---- what the user has seen ---- */

/* SESSION_SEEN_FILE: {hash: {path, root}} */

static cJSON *
slash_seen_read(const struct core *c)
{
	return session_file_read(c->state_dir, SESSION_SEEN_FILE);
}

static void
slash_seen_add(struct core *c, const char *hash, const char *path)
{
	AUTO_JSON cJSON *all = slash_seen_read(c);
	cJSON *o = cJSON_CreateObject();
	struct err e = ERR_INIT;

	json_add_path(o, "path", path);
	json_add_path(o, "root", c->root);
	json_set_take(all, hash, o);
	if (session_file_write(c->state_dir, SESSION_SEEN_FILE, all, &e) < 0)
		emit_note(c, "that you have seen %s was not kept: %s", path,
		    e.text);
}

/* Did the user allow the file with another text? */
static bool
slash_seen_before(const struct core *c, const char *path)
{
	AUTO_JSON cJSON *all = slash_seen_read(c);
	const cJSON *it;

	cJSON_ArrayForEach(it, all)
		if (json_is(it, "path", path) && json_is(it, "root", c->root))
			return true;
	return false;
}

static void
slash_list(struct core *c, struct slash_list *l)
{
	const struct slash_place *p;
	AUTO_JSON cJSON *seen = NULL, *skills = skill_list(
	    (const char *const *)c->sandbox.skills, c->stage->root_fd, NULL);

	*l = (struct slash_list){ .policy = c->policy,
		.left_out = BUF_INIT(0) };
	for (p = slash_places; p < slash_places + MEM_COUNT(slash_places); p++) {
		const char *path = p->start == NULL ? p->folder :
		    json_str(c->start, p->start);
		AUTO_FREE char *real = path == NULL || p->start == NULL ? NULL :
		    fs_realpath(path);
		int fd = path == NULL ? -1 : slash_open(p->start == NULL,
		    c->stage->root_fd, path);

		/* A file that the project could have changed isn't the
		 * user's. */
		if (real != NULL && fs_is_below(real, c->root)) {
			slash_left_out(l, path, "it lies in the project, so "
			    "it isn't yours");
			fs_close(fd);
		} else if (p->skills != NULL)
			slash_skills(c, l, skills, p->skills);
		else if (fd >= 0)
			slash_walk(l, p->start == NULL, fd, "", path, 1);
		else if (path != NULL && errno != ENOENT && errno != ENOTDIR)
			slash_left_out(l, path, errno == ELOOP ? "a symlink" :
			    strerror(errno));
	}
	if (l->v_len > 0)
		seen = slash_seen_read(c);
	MEM_EACH(l, v, en)
		en->seen = !en->foreign || json_get(seen, en->hash) != NULL;
}

/* Say once what was left out. */
static void
slash_note(struct core *c, const struct slash_list *l)
{
	struct slash *s = c->slash;

	if (l->left_out.len == 0 ||
	    (s->told != NULL && strcmp(s->told, buf_str(&l->left_out)) == 0))
		return;
	xstrset(&s->told, buf_str(&l->left_out));
	emit_note(c, "commands that can't be used, or only in part:\n%.*s",
	    (int)utf8_cut(s->told, l->left_out.len, 2000), s->told);
}

/* Add one to the list of commands: with the words that it takes (or NULL), and
 * the first line of what it is about; both are cut. */
static void
slash_list_add(struct event *to, const struct slash_entry *en,
    const char *hint, const char *about)
{
	struct ev_commands *list = &to->commands;
	AUTO_FREE char *words = utf8_cut_dup(hint == NULL ? "" : hint,
	    SLASH_HINT);
	const char *start = about + strspn(about, " \t\r\n#");
	AUTO_FREE char *line = xmemdup(start, strcspn(start, "\r\n"));
	AUTO_FREE char *cut = utf8_cut_dup(line, SLASH_ABOUT);

	*GROW_ADD(list->commands, list->commands_len) =
	    (struct ev_custom_command){
	    .name = ev_text(to, en->name),
	    .hint = words[0] == '\0' ? NULL : ev_text(to, words),
	    .about = ev_text(to, cut), .origin = slash_origin(en),
	    .path_bytes = ev_text(to, en->path), .seen = en->seen };
}

/* Add an MCP server's prompt as a command. */
static void
slash_add_prompt(void *list, const char *server, const char *prompt,
    const char *hint, const char *about)
{
	AUTO_FREE char *name = xasprintf("%s:%s", server, prompt);
	AUTO_FREE char *path = xasprintf("MCP server %s", server);
	AUTO_FREE char *owner = xstrdup(server);
	struct slash_entry en = { .name = name, .path = path,
		.server = owner };

	if (slash_name_ok(name))
		slash_list_add(list, &en, hint, about);
}

/* Add the agent's own. */
static void
slash_add_agent(struct core *c, struct event *to)
{
	AUTO_FREE char *path = xstrdup("");
	const cJSON *it;

	cJSON_ArrayForEach(it, peer_commands(c)) {
		AUTO_FREE char *name = xstrdup(json_str(it, "name"));
		struct slash_entry en = { .name = name, .path = path,
			.seen = true };

		if (!slash_name_ok(name))
			continue;
		slash_list_add(to, &en, json_str(it, "hint"), json_str_or(it,
		    "description", ""));
		to->commands.commands[to->commands.commands_len - 1].origin =
		    "agent";
	}
}

/* Does the agent get this text as it is? It may know a name that isn't known here
 * before it has told its own. */
static bool
slash_is_agents(const struct core *c, const char *name, bool ours)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, peer_commands(c))
		if (json_is(it, "name", name))
			return true;
	return c->peer != NULL && peer_commands(c) == NULL && !ours;
}

/* Client command `commands`: those that can be typed. */
static cJSON *
slash_commands(struct core *c, const cJSON *command UNUSED,
    struct err *e UNUSED)
{
	AUTO(slash_list_release) struct slash_list l;
	AUTO_EVENT struct event all = { 0 };
	cJSON *o;

	slash_list(c, &l);
	slash_note(c, &l);
	mcp_prompts_list(c, slash_add_prompt, &all);
	slash_add_agent(c, &all);
	MEM_EACH(&l, v, en) {
		const char *about = front_matter_get(&en->front, "description");

		slash_list_add(&all, en, front_matter_get(&en->front,
		    "argument-hint"), about != NULL && about[0] != '\0' ?
		    about : en->text + en->front.body);
	}
	o = event_line(EVENT_COMMANDS, &all.commands);
	free(all.commands.commands);
	return o;
}

static void
slash_changed(struct core *c)
{
	emit_line(c, slash_commands(c, NULL, NULL));
}

/* ---- the message ---- */

/* Quotes count only around a whole word, as shell_quote writes them: an
 * apostrophe is one. */
static char *
slash_word(const char **p)
{
	struct buf b = BUF_INIT(0);
	const char *s = *p, *end;

	while ((*s == '\'' || *s == '"') &&
	    (end = strchr(s + 1, *s)) != NULL) {
		buf_add(&b, s + 1, (size_t)(end - s) - 1);
		s = end + 1;
	}
	if (strchr(SLASH_BLANK, *s) == NULL) {
		buf_clear(&b);
		buf_add(&b, *p, strcspn(*p, SLASH_BLANK));
		s = *p + b.len;
	}
	*p = s + strspn(s, SLASH_BLANK);
	return buf_take(&b);
}

/* $1 to $9; the rest isn't split. */
static size_t
slash_split(const char *s, char *words[SLASH_WORDS])
{
	size_t n = 0;

	s += strspn(s, SLASH_BLANK);
	while (*s != '\0' && n < SLASH_WORDS)
		words[n++] = slash_word(&s);
	return n;
}

/* The length of a placeholder for arguments at the start of the text; 0: none.
 * $10 and $1.2M are amounts. */
static size_t
slash_argument_length(const char *p)
{
	if (strncmp(p, SLASH_ARGUMENTS, strlen(SLASH_ARGUMENTS)) == 0)
		return strlen(SLASH_ARGUMENTS);
	return p[0] == '$' && p[1] >= '1' && p[1] <= '9' &&
	    !isdigit((unsigned char)p[2]) &&
	    (p[2] != '.' || !isdigit((unsigned char)p[3])) ? 2 : 0;
}

/* The text with the user's arguments filled in; they follow it if it has no
 * placeholder. */
static void
slash_fill(struct buf *b, const char *text, const char *given)
{
	char *words[SLASH_WORDS];
	size_t n = slash_split(given, words), len, at, i;
	bool placed = false, escaped;
	const char *p;

	for (p = text; *p != '\0'; p += len) {
		escaped = strchr("\\$", *p) != NULL &&
		    slash_argument_length(p + 1) > 0;
		p += escaped;
		len = slash_argument_length(p);
		at = len == 2 ? (size_t)(p[1] - '0') : 0;
		if (len == 0 || escaped || at > n) {
			len = len == 0 ? 1 : len;
			buf_add(b, p, len);
			continue;
		}
		buf_adds(b, at == 0 ? given : words[at - 1]);
		placed = true;
	}
	if (!placed && given[0] != '\0')
		buf_addf(b, "\n%s\n", given);
	for (i = 0; i < n; i++)
		free(words[i]);
}

static bool
slash_has_shell(const struct slash_entry *en)
{
	const char *text = en->text + en->front.body;

	return strstr(text, "!`") != NULL || strstr(text, "```!") != NULL;
}

/* Make the `command` of its message; NULL with *e. */
static cJSON *
slash_named(const struct slash_entry *en, const char *given, struct err *e)
{
	cJSON *o;
	AUTO_BUF struct buf text = BUF_INIT(SLASH_SENT_MAX), all = BUF_INIT(0);
	AUTO_FREE char *more = xasprintf(" name=\"/%s\" path=\"%s\"", en->name,
	    en->path);

	if (en->server != NULL)
		buf_adds(&text, en->text);
	/* In a skill, $1 isn't for us. */
	else if (en->skill && strstr(en->text + en->front.body,
	    SLASH_ARGUMENTS) == NULL)
		buf_addf(&text, "%s\n%s\n", en->text + en->front.body, given);
	else
		slash_fill(&text, en->text + en->front.body, given);
	if (text.full) {
		err_misuse(e, "/%s is longer than 1 MB with these words",
		    en->name);
		return NULL;
	}
	if (en->foreign) {
		buf_addf(&all, "The user sends you this %s; its words are not "
		    "theirs%s%s:\n", en->server != NULL ?
		    "prompt of an MCP server" : "command of the project's",
		    given[0] == '\0' ? "" : ", but for these: ", given);
		prompt_mark(&all, en->server != NULL ? "server-prompt" :
		    "project-command", more, buf_str(&text), text.len, true);
	} else
		buf_add(&all, buf_str(&text), text.len);
	if (en->skill)
		buf_addf(&all, "\n[assent] This was the skill in %s: names in "
		    "it are relative to that file's folder.", en->path);
	if (slash_has_shell(en))
		buf_adds(&all, "\n[assent] What stands in !`...` above was not "
		    "run: run with bash what you need of it.");
	o = JSON_TEXTS("name", en->name, "origin", slash_origin(en));
	json_add_path(o, "path", en->path);
	JSON_ADD_TEXTS(o, "hash", en->hash, "text", buf_str(&all));
	return o;
}

/* ---- the question ---- */

static void
slash_drop(struct slash *s)
{
	json_drop(&s->say);
	FREE_NULL(s->client);
	FREE_NULL(s->id);
	FREE_NULL(s->hash);
	if (s->prompt != NULL)
		slash_entry_release(s->prompt);
	FREE_NULL(s->prompt);
}

/* Name the keys of the front matter that have no effect in a stranger's file. */
static void
slash_ignored(const struct slash_entry *en, struct buf *b)
{
	static const char *const shown[] = { "description", "argument-hint",
		"name" };
	size_t i, n = 0;

	for (i = 0; i < en->front.nfields && n < SLASH_KEYS; i++)
		if (MEM_FIND(shown, en->front.fields[i].key) == NULL)
			buf_addf(b, "%s%s", n++ == 0 ? " Ignored: " : ", ",
			    en->front.fields[i].key);
	if (n > 0)
		buf_addc(b, '.');
}

static void
slash_ask(struct core *c, const struct slash_entry *en, const cJSON *say,
    const char *client)
{
	struct slash *s = c->slash;
	AUTO_BUF struct buf why = BUF_INIT(0);

	if (s->say == NULL) {
		s->say = cJSON_Duplicate(say, 1);
		s->client = xstrdup_null(client);
	}
	s->hash = xstrdup(en->hash);
	s->id = xasprintf("slash-%lld", (long long)c->journal->chain.seq + 1);
	buf_addf(&why, "/%s is the %s%s%s. Read what it tells the model to do.",
	    en->name, en->server != NULL ? "text of " : "project's, in ", en->path,
	    en->server == NULL && slash_seen_before(c, en->path) ? ", and has changed "
	    "since you allowed it" : "");
	slash_ignored(en, &why);
	if (slash_has_shell(en))
		buf_adds(&why, " Nothing in !`...` is run.");
	EMIT(c, "core", ask, .id = s->id, .command = json_str(say, "text"),
	    .why = buf_str(&why), .contents = en->text, .server = en->server,
	    .hash = en->hash);
	core_soon(c);
}

/* Why the user can't be asked about it now, or NULL. */
static const char *
slash_cannot_ask(const struct core *c)
{
	if (!c->person || c->mode != MODE_INTERACTIVE)
		return "send it in a session on the screen first, which "
		    "shows it";
	if (c->phase != PHASE_IDLE || c->waits != 0 || c->fold->ask.id != NULL)
		return "send it when nothing runs and no question is open, "
		    "and it is shown first";
	return NULL;
}

static int
slash_send(struct core *c, const struct slash_entry *en, const cJSON *say,
    const char *client, struct err *e)
{
	const char *text = json_str_or(say, "text", "");
	const char *given = text + strcspn(text, " \t\n");
	AUTO_JSON cJSON *with = cJSON_Duplicate(say, 1);
	cJSON *named = slash_named(en, given + strspn(given, " \t\n"), e);
	/* A file of the project can't attach anything. */
	const char *typed = en->foreign ? given : json_str(named, "text");

	if (named == NULL)
		return -1;
	json_set_take(with, "command", named);
	if (c->journal->chain.seq == 0) {
		e->misuse = attach_check_all(c, typed, with, e) < 0;
		return e->misuse ? -1 : 0;
	}
	if (!en->foreign && slash_has_shell(en))
		emit_note(c, "/%s: what stands in !`...` isn't run; the model "
		    "can run it in the sandbox", en->name);
	return say_message(c, text, typed, with, client, e);
}

static void
slash_refuse(struct core *c, const char *why)
{
	emit_line(c, EVENT_LINE(refused, .to = "say", .text = why));
}

/* The server has made its text. */
static void
slash_prompt_made(struct core *c, const char *text, const char *why)
{
	struct slash *s = c->slash;
	AUTO_JSON cJSON *seen = slash_seen_read(c);
	struct err e = ERR_INIT;

	if (why == NULL && (why = slash_cannot_ask(c)) == NULL) {
		s->prompt->text = xstrdup(text);
		sha256_hex(text, strlen(text), s->prompt->hash);
		if (json_get(seen, s->prompt->hash) == NULL) {
			slash_ask(c, s->prompt, s->say, s->client);
			return;
		}
		(void)slash_send(c, s->prompt, s->say, s->client, &e);
		why = err_is_set(&e) ? e.text : NULL;
	}
	slash_drop(s);
	if (why != NULL)
		slash_refuse(c, why);
}

/* Have it made, and ask then. */
static int
slash_make(struct core *c, const char *name, const cJSON *say,
    const char *client, struct err *e)
{
	struct slash *s = c->slash;
	const char *text = json_str_or(say, "text", "");
	char *words[SLASH_WORDS];
	size_t n = slash_split(text + strcspn(text, " \t\n"), words), i;
	int rc;

	s->say = cJSON_Duplicate(say, 1);
	s->client = xstrdup_null(client);
	s->prompt = xcalloc(1, sizeof(*s->prompt));
	s->prompt->name = xstrdup(name);
	s->prompt->server = xmemdup(name, strcspn(name, ":"));
	s->prompt->path = xasprintf("MCP server %s", s->prompt->server);
	s->prompt->foreign = true;
	/* This may call slash_prompt_made at once. */
	rc = mcp_prompt_get(c, name, words, n, slash_prompt_made, e);
	for (i = 0; i < n; i++)
		free(words[i]);
	if (rc < 0)
		slash_drop(s);
	return rc < 0 ? -1 : 1;
}

int
slash_say(struct core *c, const cJSON *say, const char *client, struct err *e)
{
	AUTO(slash_list_release) struct slash_list l;
	const char *text = json_str_or(say, "text", ""), *why;
	const char *unknown = json_str(say, "unknown");
	const char *at = text + (text[0] == '/');
	AUTO_FREE char *name = xmemdup(at, strcspn(at, " \t\n"));
	const struct slash_entry *en;
	bool begun = c->journal->chain.seq > 0, made;

	slash_list(c, &l);
	en = slash_find(&l, text);
	if (slash_is_agents(c, name, en != NULL))
		return 0;
	made = text[0] == '/' && (en == NULL || en->foreign) &&
	    slash_name_ok(name) && mcp_prompt_is(c, name);
	if (en == NULL && !made && unknown == NULL)
		return 0;
	if (begun)
		slash_note(c, &l);
	if (en == NULL && !made)
		return err_misuse(e, "%s%s%.*s", unknown, begun ||
		    l.left_out.len == 0 ? "" : "; left out are\n", begun ||
		    l.left_out.len == 0 ? 0 : (int)l.left_out.len - 1,
		    buf_str(&l.left_out));
	if (json_bool(say, "interrupt", false))
		return err_set(e, "a command can't interrupt the agent");
	if ((c->waits & WAIT_PLAN) != 0)
		return err_set(e, "a plan is open: approve it, or send it back "
		    "first");
	if (model_needed(c, e) < 0)
		return -1;
	if (!made && en->seen)
		return slash_send(c, en, say, client, e) < 0 ? -1 : 1;
	if ((why = slash_cannot_ask(c)) != NULL)
		return err_set(e, "/%s (%s) is %s, and %s: %s", name, made ?
		    "an MCP server's" : en->path, made ? "made anew each time" :
		    "the project's", !made && slash_seen_before(c, en->path) ?
		    "it has changed since you allowed it" :
		    "you haven't looked at it", why);
	if (c->slash->say != NULL)
		return err_set(e, "/%s: another one is being made", name);
	if (made)
		return slash_make(c, name, say, client, e);
	slash_ask(c, en, say, client);
	return 1;
}

static bool
slash_answer(struct core *c, const cJSON *command, const char *client)
{
	struct slash s = *c->slash;
	AUTO(slash_list_release) struct slash_list l = { 0 };
	const char *text = json_str_or(s.say, "text", "/");
	const struct slash_entry *en = NULL;
	struct err e = ERR_INIT;

	if (s.id == NULL || !json_is(command, "id", s.id))
		return false;
	*c->slash = (struct slash){ .told = s.told };
	emit_answered(c, command, client);
	if (json_bool(command, "allow", false)) {
		slash_list(c, &l);
		en = s.prompt != NULL ? s.prompt : slash_find(&l, text);
		/* Exactly the shown text is sent. */
		if (en == NULL || strcmp(en->hash, s.hash) != 0)
			err_set(&e, "not sent: its file has changed meanwhile");
		else {
			slash_seen_add(c, en->hash, en->path);
			(void)slash_send(c, en, s.say, s.client, &e);
		}
	} else
		err_set(&e, "not sent");
	if (err_is_set(&e))
		slash_refuse(c, e.text);
	slash_drop(&s);
	core_soon(c);
	return true;
}

/* Another question took the place of the open one. */
static void
slash_line(struct core *c, const struct event *e)
{
	struct slash *s = c->slash;

	if (s->id == NULL || ev_is(e->ask.id, s->id))
		return;
	slash_drop(s);
	slash_refuse(c, "not sent: another question came first");
}

/* Ask again the question of a core that has ended; not about a server's text,
 * which it would have to make again. */
static void
slash_resumed(struct core *c)
{
	const struct fold_ask *ask = &c->fold->ask;
	char hash[SHA256_HEX_SIZE];

	if (ask->kind != ASK_FILE)
		return;
	sha256_hex(ask->contents, strlen(ask->contents), hash);
	c->slash->id = xstrdup(ask->id);
	c->slash->hash = xstrdup(hash);
	c->slash->say = cJSON_CreateObject();
	json_add_str(c->slash->say, "text", ask->command);
}

static void
slash_init(struct core *c)
{
	c->slash = xcalloc(1, sizeof(*c->slash));
}

static void
slash_free(struct core *c)
{
	slash_drop(c->slash);
	FREE_ALL(c->slash->told, c->slash);
}

static const struct core_command slash_command_list[] = {
	{ "commands", IN_ANY, 0, 0, NOBODY, .answer = slash_commands },
	{ 0 }
};

const struct core_part slash_part = {
	.prompts = slash_changed, .init = slash_init, .line = slash_line, .lines = OF(EVENT_ASK),
	.resumed = slash_resumed, .answer = slash_answer, .free = slash_free,
	.commands = slash_command_list,
};
