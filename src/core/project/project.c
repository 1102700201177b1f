/*
 * The project context: instructions, folders and names, which prompts begin
 * with, and the check that the project suggests.
 */
#include "config.h"

#include "core/project/project.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/dotgit.h"
#include "base/encoding.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/utf8.h"
#include "core/context/compact.h"
#include "core/context/prompt.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/project/project-int.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "policy/check-guess.h"

/*
 * Instructions of the user and the project. Files are read here only if they are
 * regular ones of the real tree, or links to such: no link leads out of it, no
 * secret file is read, and text that looks like a key is masked.
 */

#define INSTRUCTIONS_READ_MAX	((size_t)1 << 20)
#define INSTRUCTIONS_FILE_MAX	((size_t)16 << 10) /* limit on one file, in
						      bytes */
#define INSTRUCTIONS_ALL_MAX	((size_t)40 << 10) /* limit on all files */
#define INSTRUCTIONS_MEMORY	".assent/memory.md"
#define INSTRUCTIONS_DEPTH	5	/* of nested imports */
#define INSTRUCTIONS_IMPORTS	20	/* limit per reading */

#define PROJECT_CONTEXT_SHARE	6	/* limit: a sixth of the window, in
					   tokens */

struct instructions {
	struct core	*core;
	struct event	*e;		/* has the texts */
	struct mask_list secrets;
	struct ev_instruction *files;	/* in their order, the nearest last */
	size_t		 len;
	const char	*reached;	/* the path that the work has reached;
					   NULL: all are read */
	size_t		 left;		/* remaining bytes */
	int		 imports;	/* imports followed */
};

static size_t
project_context_max(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &c->target, &room);
	return (size_t)(room.prompt / PROJECT_CONTEXT_SHARE) * 3;
}

/* The bytes that the files may have. */
static size_t
instructions_max(const struct core *c)
{
	size_t max = project_context_max(c);

	return max < INSTRUCTIONS_ALL_MAX ? max : INSTRUCTIONS_ALL_MAX;
}

static void
instructions_release(struct instructions *r)
{
	mask_list_release(&r->secrets);
	free(r->files);
}

/* Facts are added at the end: find where the last `max` bytes begin, at a
 * line. */
static size_t
instructions_newest(const struct buf *b, size_t max)
{
	size_t from = utf8_tail(buf_str(b), b->len, max);
	const char *nl;

	if (from == 0)
		return 0;
	nl = memchr(buf_str(b) + from, '\n', b->len - from);
	return nl == NULL || nl + 1 == b->p + b->len ? from :
	    (size_t)(nl + 1 - b->p);
}

/* The name goes into a mark of the prompt, and must not end it. */
static bool
instructions_name_ok(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path < 0x20 || *path == 0x7f ||
		    strchr("\"<>", *path) != NULL)
			return false;
	return true;
}

static bool instructions_read(struct instructions *, const char *path,
    int depth, size_t at);

/* Is a file of this path in the list, or, with `links`, a link to it? */
static bool
instructions_find(const struct ev_instruction *files, size_t n,
    const char *path, bool links)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ev_is(files[i].path_bytes, path) ||
		    (links && ev_is(files[i].link_bytes, path)))
			return true;
	return false;
}

/*
 * The files that a CLAUDE.md (number `at` of the list) imports as @path, relative
 * to its own folder, come before it, since it may override them. Names in code
 * don't count.
 */
static void
instructions_import(struct instructions *r, const char *path, const char *text,
    size_t at, int depth)
{
	const char *root = r->core->root, *p, *end;
	size_t had = r->len;
	char *own = fs_join(root, path), *name, *full;
	bool fence = false, code = false, begins = true;

	*strrchr(own, '/') = '\0';
	for (p = text; *p != '\0'; p++) {
		if (strncmp(p, "```", 3) == 0 && (p == text || p[-1] == '\n'))
			fence = !fence;
		if (*p == '\n')
			code = false;
		else if (*p == '`')
			code = !code;
		if (*p != '@' || !begins || fence || code) {
			begins = *p == ' ' || *p == '\t' || *p == '\n';
			continue;
		}
		end = p + 1 + strcspn(p + 1, " \t\r\n`");
		while (end > p + 1 && strchr(".,;:!?)", end[-1]) != NULL)
			end--;
		name = xmemdup(p + 1, (size_t)(end - p - 1));
		full = name[0] == '\0' || name[0] == '/' || name[0] == '~' ?
		    NULL : fs_inside(root, own, name);
		if (full != NULL && r->imports < INSTRUCTIONS_IMPORTS &&
		    !instructions_find(r->files, r->len, full, false) &&
		    instructions_read(r, full, depth + 1, at + r->len - had))
			r->imports++;
		FREE_ALL(full, name);
		begins = false;
	}
	free(own);
}

/* An entry for a file of this path, which isn't read. */
static struct ev_instruction
instructions_named(struct instructions *r, const char *path)
{
	AUTO_BUF struct buf shown = BUF_INIT(0);

	json_path_text(&shown, path);
	return (struct ev_instruction){
	    .path = ev_copy(r->e, buf_str(&shown), shown.len),
	    .path_bytes = ev_copy(r->e, path, strlen(path)),
	    .unread = true };
}

/* The open file with its text; false if it isn't for the model, or says
 * nothing. */
static bool
instructions_load(struct instructions *r, int fd, const char *path, int depth,
    struct ev_instruction *o)
{
	AUTO_BUF struct buf raw = BUF_INIT(INSTRUCTIONS_READ_MAX);
	AUTO_BUF struct buf text = BUF_INIT(0);
	size_t n, max = r->left < INSTRUCTIONS_FILE_MAX ? r->left :
	    INSTRUCTIONS_FILE_MAX;
	size_t from;
	bool unread = fs_read_all(fd, &raw) < 0;
	char hash[SHA256_HEX_SIZE];
	struct encoding is;

	sha256_hex(buf_str(&raw), raw.len, hash);
	if (encoding_marked(&is, buf_str(&raw), raw.len))
		(void)encoding_decode_in_place(&is, &raw, NULL);
	from = utf8_bom(buf_str(&raw), raw.len);
	/* An import that isn't text wasn't meant for the model. */
	if (unread ? depth > 0 : from + strspn(buf_str(&raw) + from,
	    " \t\r\n") == raw.len || (depth > 0 && memchr(buf_str(&raw), '\0',
	    raw.len) != NULL))
		return false;
	*o = instructions_named(r, path);
	if (unread)
		return true;
	mask_secrets(&text, buf_str(&raw) + from, raw.len - from, &r->secrets);
	buf_clear(&raw);
	utf8_repair(&raw, buf_str(&text), text.len);
	from = strcmp(path, INSTRUCTIONS_MEMORY) != 0 ? 0 :
	    instructions_newest(&raw, max);
	n = utf8_cut(buf_str(&raw) + from, raw.len - from, max);
	o->unread = false;
	o->hash = ev_copy(r->e, hash, strlen(hash));
	o->text = ev_copy(r->e, buf_str(&raw) + from, n);
	o->left_out = (int64_t)(raw.len - n);
	o->newest = from > 0;
	r->left -= n;
	return true;
}

const struct ev_project *
project_known(const struct core *c)
{
	static const struct ev_project none;

	return c->project.context == NULL ? &none :
	    &c->project.context->project;
}

/* Does the model have this file, or get it now, also by a link to it? */
static bool
instructions_has(const struct instructions *r, const char *path)
{
	const struct ev_project *p = project_known(r->core);

	return instructions_find(r->files, r->len, path, true) ||
	    (r->reached != NULL &&
	    (pathmap_find(&r->core->project.instructed, path) != NULL ||
	    instructions_find(p->files, p->files_len, path, false) ||
	    strcmp(path, r->reached) == 0));
}

static bool
instructions_are_hidden(const struct instructions *r, const char *path,
    bool own)
{
	struct policy *p = r->core->policy;

	/* A file that is read for its own name is none behind a link, for which
	 * all links would have to be known. */
	return dotgit_in_path(path) || (own && !policy_is_whole(p) ?
	    policy_is_secret(p, path, NULL) : policy_hides(p, path));
}

/* Add the file's text to the list, at this place; false if there is no such
 * file. */
static bool
instructions_read(struct instructions *r, const char *path, int depth,
    size_t place)
{
	const char *base = basename(path), *root = r->core->root;
	AUTO_FREE char *full = fs_join(root, path), *at = fs_realpath(full);
	AUTO_FREE char *real = at == NULL ? NULL : fs_inside(root, root, at);
	bool own = depth == 0 && real != NULL && strcmp(path, real) == 0;
	AUTO_CLOSE int fd = -1;
	struct ev_instruction o;

	if (instructions_has(r, path) ||
	    (real != NULL && instructions_has(r, real)))
		return true;
	if (real != NULL && instructions_name_ok(path) &&
	    !instructions_are_hidden(r, path, own) &&
	    !instructions_are_hidden(r, real, own))
		fd = fs_open_regular(r->core->stage->root_fd, real);
	if (fd < 0 || !instructions_load(r, fd, path, depth, &o))
		return false;
	if (strcmp(path, real) != 0)
		o.link_bytes = ev_copy(r->e, real, strlen(real));
	GROW(r->files, r->len);
	memmove(r->files + place + 1, r->files + place,
	    (r->len++ - place) * sizeof(o));
	r->files[place] = o;
	if (o.text != NULL && depth < INSTRUCTIONS_DEPTH &&
	    (depth > 0 || strncmp(base, "CLAUDE.", 7) == 0))
		instructions_import(r, path, o.text, place, depth);
	return true;
}

/* Read this file of a folder, unless the model has it; false if there is no
 * such file. */
static bool
instructions_of(struct instructions *r, const char *dir, const char *name)
{
	AUTO_FREE char *path = dir[0] == '\0' ? xstrdup(name) :
	    fs_join(dir, name);

	return instructions_read(r, path, 0, 0);
}

/* AGENTS.override.md replaces the AGENTS.md beside it, and AGENTS.local.md
 * comes after it. False if there is no AGENTS.md, and no other for it. */
static bool
instructions_agents(struct instructions *r, const char *dir)
{
	(void)instructions_of(r, dir, "AGENTS.local.md");
	return instructions_of(r, dir, "AGENTS.override.md") ||
	    instructions_of(r, dir, "AGENTS.md");
}

/* The same for CLAUDE.md, which may be in .claude, and CLAUDE.local.md. */
static bool
instructions_claude(struct instructions *r, const char *dir)
{
	(void)instructions_of(r, dir, "CLAUDE.local.md");
	return instructions_of(r, dir, "CLAUDE.md") ||
	    instructions_of(r, dir, ".claude/CLAUDE.md");
}

static bool
instructions_gemini(struct instructions *r, const char *dir)
{
	return instructions_of(r, dir, "GEMINI.md");
}

/* Read those in each folder from where commands start up to the root, the
 * nearest first, so that files further away don't use up its space. */
static bool
instructions_upwards(struct instructions *r,
    bool (*in_folder)(struct instructions *, const char *dir))
{
	const struct core *c = r->core;
	size_t len = strlen(c->root);
	const char *below = c->cwd[len] == '/' ? c->cwd + len + 1 : "";
	AUTO_FREE char *dir = xstrdup(below);
	char *slash;
	bool any = false;

	for (;;) {
		any = in_folder(r, dir) || any;
		if (dir[0] == '\0')
			break;
		slash = strrchr(dir, '/');
		if (slash == NULL)
			dir[0] = '\0';
		else
			*slash = '\0';
	}
	return any;
}

/* The user's own file: it may be a link, and is said to be there also if it
 * can't be read. */
static bool
instructions_user(struct instructions *r, struct ev_instruction *o)
{
	const char *path = json_str(r->core->start, "instructions");
	AUTO_CLOSE int fd = path == NULL ? -1 : open(path, O_RDONLY |
	    O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		return instructions_load(r, fd, path, 0, o);
	if (path == NULL || errno == ENOENT)
		return false;
	*o = instructions_named(r, path);
	return true;
}

static void
instructions_begin(struct instructions *r, struct ev_instruction *user)
{
	struct ev_project *p = &r->e->project;
	bool any;

	core_secrets(r->core, &r->secrets);
	p->user_files_len = instructions_user(r, user);
	p->user_files = p->user_files_len > 0 ? user : NULL;
	(void)instructions_read(r, INSTRUCTIONS_MEMORY, 0, 0);
	if (!instructions_upwards(r, instructions_agents)) {
		any = instructions_upwards(r, instructions_claude);
		any = instructions_read(r, ".github/copilot-instructions.md",
		    0, 0) || any;
		if (!any)
			(void)instructions_upwards(r, instructions_gemini);
	}
	p->files = r->files;
	p->files_len = r->len;
}

/* ---- folders that the work reaches later ---- */

/* Add the user's to the event, and its project's to the list. */
static void
instructions_line(struct core *c, const struct event *e)
{
	size_t i;

	/* A summary may have removed the message with the instructions. */
	if (e->type == EVENT_COMPACTION)
		pathmap_release(&c->project.instructed);
	for (i = 0; e->type == EVENT_USER_MESSAGE &&
	    i < e->user_message.instructions_len; i++)
		pathmap_add(&c->project.instructed,
		    e->user_message.instructions[i], sizeof(char *));
}

/* Send the instructions of this folder, unless the model has them. */
static void
instructions_folder(struct instructions *r, const char *dir)
{
	/* Files in a package say nothing about this project. */
	if (policy_ignores(r->core->policy, dir, true) != IGNORED_NOT)
		return;
	if (!instructions_agents(r, dir) && !instructions_claude(r, dir))
		(void)instructions_gemini(r, dir);
}

static void
instructions_tell(struct core *c, const struct ev_instruction *files, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20), names = BUF_INIT(0);
	AUTO_FREE const char **list = xcalloc(n, sizeof(*list));
	size_t i;

	buf_adds(&b, "[assent] These folders have instructions of their own. "
	    "Like the project's other instructions, they come from its files, "
	    "not from the user. They apply below their folder, where they "
	    "override earlier ones.\n");
	prompt_files(&b, "project-file", true, files, n);
	for (i = 0; i < n; i++) {
		list[i] = files[i].path;
		buf_addf(&names, "%s%s", i > 0 ? ", " : "", list[i]);
	}
	emit_note(c, "Read for the model, from the project: %s",
	    buf_str(&names));
	EMIT(c, "core", user_message, .text = buf_str(&b),
	    .instructions = list, .instructions_len = n);
}

void
instructions_below(struct core *c, const char *path)
{
	AUTO_EVENT struct event e = { 0 };
	AUTO(instructions_release) struct instructions r = { .core = c,
		.e = &e, .left = instructions_max(c), .reached = path };
	AUTO_FREE char *dir = xstrdup(path);

	core_secrets(c, &r.secrets);
	/* The nearest first, as at the start of a task. */
	while (fs_up(dir))
		instructions_folder(&r, dir);
	if (r.len > 0)
		instructions_tell(c, r.files, r.len);
}

/* ---- the project context ---- */

#define PROJECT_CONTEXT_MAP_MAX	((size_t)1400)

static bool
project_context_skips(void *arg, const char *path, bool is_dir)
{
	struct core *c = arg;

	return policy_ignores(c->policy, path, is_dir) != IGNORED_NOT ||
	    (!is_dir && policy_is_named(c->policy, path));
}

size_t
project_map_max(const struct core *c)
{
	return MIN(project_context_max(c) / 4, PROJECT_CONTEXT_MAP_MAX);
}

char *
project_map(struct core *c, map_found found, void *arg)
{
	char *map;

	policy_hold(c->policy, true);
	map = map_make(c->stage->root_fd, project_context_skips, c,
	    project_map_max(c), found, arg);
	policy_hold(c->policy, false);
	return map;
}

static void
project_context_map(struct core *c, struct event *e)
{
	AUTO_FREE char *map = c->project.map != NULL ? c->project.map :
	    project_map(c, NULL, NULL);

	c->project.map = NULL;
	e->project.map = ev_copy(e, map, strlen(map));
	c->project.symbols_due = true;
}

static bool
project_context_same(const struct ev_project *a, const struct ev_project *b)
{
	AUTO_JSON cJSON *one = event_write(EVENT_PROJECT, a);
	AUTO_JSON cJSON *other = event_write(EVENT_PROJECT, b);

	return cJSON_Compare(one, other, 1);
}

/* Tell the user whose instructions the model gets. */
static void
project_context_note_files(struct core *c, const struct ev_project *now,
    const struct ev_project *old, const char *from)
{
	const struct ev_instruction *it;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (project_context_same(now, old))
		return;
	for (it = now->files; it < now->files + now->files_len; it++) {
		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ", it->path);
		if (it->unread)
			buf_adds(&b, " (not read: it is too large, or not "
			    "readable)");
		else if (it->left_out > 0)
			buf_addf(&b, it->newest ?
			    " (without its first %lld bytes: shorten it)" :
			    " (without its last %lld bytes)",
			    (long long)it->left_out);
	}
	if (b.len > 0)
		emit_note(c, "Read for the model, from %s: %s", from,
		    buf_str(&b));
}

/* The screen shows this note in its hints. */
static void
project_context_note_check(struct core *c, const struct ev_guessed_check *k)
{
	AUTO_FREE char *text = xasprintf("No check is set. %s suggests "
	    "one: \"/check %s\" sets it; an approved plan sets another",
	    k->from, k->command);

	EMIT(c, "core", note, .check = k->command, .text = text);
}

static void
project_context_note(struct core *c, const struct ev_project *now,
    const struct ev_project *old)
{
	project_context_note_files(c, &(struct ev_project){
	    .files = now->user_files, .files_len = now->user_files_len },
	    &(struct ev_project){ .files = old->user_files,
	    .files_len = old->user_files_len }, "you");
	project_context_note_files(c, &(struct ev_project){
	    .files = now->files, .files_len = now->files_len },
	    &(struct ev_project){ .files = old->files,
	    .files_len = old->files_len }, "the project");
	if (now->skills_len > 0 && !project_context_same(&(struct ev_project){
	    .skills = now->skills, .skills_len = now->skills_len },
	    &(struct ev_project){ .skills = old->skills,
	    .skills_len = old->skills_len }))
		skills_note(c, now->skills, now->skills_len);
	if (now->check != NULL && c->person && c->check.command == NULL &&
	    !project_context_same(&(struct ev_project){ .check = now->check },
	    &(struct ev_project){ .check = old->check }))
		project_context_note_check(c, now->check);
}

void
project_context_take(struct core *c)
{
	static const struct ev_project none;
	struct event *old = c->project.context;
	const struct ev_project *had = old == NULL ? &none : &old->project;
	AUTO_JSON cJSON *skills = event_line(EVENT_PROJECT, &none);
	AUTO_EVENT struct event now = { 0 };
	AUTO(instructions_release) struct instructions r = { .core = c,
		.e = &now, .left = instructions_max(c) };
	struct ev_guessed_check guess;
	struct ev_instruction user;

	/* The list of another module, read as a part of the line. */
	skills_read(c, skills);
	event_read(&now, skills);
	instructions_begin(&r, &user);
	if (old == NULL || c->project.due)
		project_context_map(c, &now);
	else {
		now.project.map = had->map;
		now.project.symbols = had->symbols;
	}
	guess.command = check_guess(c->stage->root_fd, &guess.from);
	now.project.check = guess.command != NULL ? &guess : NULL;
	c->project.due = false;
	if (old != NULL && project_context_same(&now.project, had))
		return;
	c->project.context = NULL;
	EMIT_THIS(c, "core", project, &now.project);
	project_context_note(c, &now.project, had);
	event_drop(&old);
}

void
project_context_symbols(struct core *c, const char *text)
{
	struct ev_project now = *project_known(c);

	now.symbols = text;
	EMIT_THIS(c, "core", project, &now);
}

static void
project_line(struct core *c, const struct event *e)
{
	instructions_line(c, e);
	if (e->type == EVENT_PROJECT)
		event_keep(&c->project.context, e);
}

static void
project_free(struct core *c)
{
	event_drop(&c->project.context);
	free(c->project.map);
	pathmap_release(&c->project.instructed);
}

const struct core_part project_part = {
	.line = project_line, .lines = OF(EVENT_COMPACTION) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_PROJECT),
	.free = project_free,
};
