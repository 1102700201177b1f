/* Reads only regular files of the real tree: follows no link, reads no secret
 * file, and masks text that looks like a key. */
#include "config.h"

#include "core/compact.h"
#include "core/project/project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/core.h"
#include "core/model.h"
#include "core/prompt.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "policy/success-check.h"

#define INSTRUCTIONS_READ_MAX	((size_t)1 << 20)
#define INSTRUCTIONS_FILE_MAX	((size_t)16 << 10) /* limit on one file, in
						      bytes */
#define INSTRUCTIONS_ALL_MAX	((size_t)40 << 10) /* limit on all files */
#define INSTRUCTIONS_MEMORY	".assent/memory.md"
#define INSTRUCTIONS_DEPTH	5	/* of nested imports */
#define INSTRUCTIONS_IMPORTS	20	/* limit per reading */

struct instructions {
	struct core	*core;
	struct mask_list secrets;
	cJSON		*files;		/* in their order, the nearest last */
	size_t		 left;		/* remaining bytes */
	int		 imports;	/* imports followed */
};

/* Without an AGENTS.md, use all of these that exist. */
static const struct {
	const char	*name;
	bool		 nested;	/* also below the root */
} instructions_others[] = {
	{ "CLAUDE.md", true },
	{ ".github/copilot-instructions.md", false },
};

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

static size_t	project_context_all(const struct core *);
static bool instructions_read(struct instructions *, const char *path,
    int depth, const cJSON *before);

/*
 * The files that a CLAUDE.md imports as @path, relative to its own folder, come
 * before it, since it may override them. Names in code don't count.
 */
static void
instructions_import(struct instructions *r, const char *path, const cJSON *file,
    int depth)
{
	const char *text = json_str(file, "text"), *p, *end;
	const char *root = r->core->root;
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
		    json_find(r->files, "path", full) == NULL &&
		    instructions_read(r, full, depth + 1, file))
			r->imports++;
		free(full);
		free(name);
		begins = false;
	}
	free(own);
}

/* Insert before that one; NULL: as the first. cJSON_InsertItemInArray of some
 * releases fails for any other position than the first. */
static void
instructions_insert(cJSON *files, const cJSON *before, cJSON *o)
{
	cJSON *rest = cJSON_CreateArray(), *it;
	int at = 0;

	for (it = files->child; before != NULL && it != before; it = it->next)
		at++;
	while ((it = cJSON_DetachItemFromArray(files, at)) != NULL)
		cJSON_AddItemToArray(rest, it);
	cJSON_AddItemToArray(files, o);
	while ((it = cJSON_DetachItemFromArray(rest, 0)) != NULL)
		cJSON_AddItemToArray(files, it);
	cJSON_Delete(rest);
}

/* The file with its text; NULL if there is no such file. */
static cJSON *
instructions_load(struct instructions *r, const char *path, int depth)
{
	AUTO_BUF struct buf raw = BUF_INIT(INSTRUCTIONS_READ_MAX);
	AUTO_BUF struct buf text = BUF_INIT(0);
	size_t n, max = r->left < INSTRUCTIONS_FILE_MAX ? r->left :
	    INSTRUCTIONS_FILE_MAX;
	size_t from;
	bool unread;
	int fd = !instructions_name_ok(path) || dotgit_in_path(path) ||
	    policy_hides(r->core->policy, path) ? -1 :
	    fs_open_regular(r->core->stage->root_fd, path);
	cJSON *o;

	if (fd < 0)
		return NULL;
	unread = fs_read_all(fd, &raw) < 0;
	close(fd);
	/* An import that isn't text wasn't meant for the model. */
	if (depth > 0 && (unread || memchr(buf_str(&raw), '\0', raw.len) !=
	    NULL))
		return NULL;
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	if (unread)
		json_add_bool(o, "unread", true);
	else {
		mask_secrets(&text, buf_str(&raw), raw.len, &r->secrets);
		buf_clear(&raw);
		utf8_repair(&raw, buf_str(&text), text.len);
		from = strcmp(path, INSTRUCTIONS_MEMORY) != 0 ? 0 :
		    instructions_newest(&raw, max);
		n = utf8_cut(buf_str(&raw) + from, raw.len - from, max);
		json_add_strn(o, "text", buf_str(&raw) + from, n);
		if (n < raw.len)
			json_add_int(o, "left_out", (int64_t)(raw.len - n));
		if (from > 0)
			json_add_bool(o, "newest", true);
		r->left -= n;
	}
	return o;
}

/* Add the file's text to the list, before that one (NULL: as the first); false
 * if there is no such file. */
static bool
instructions_read(struct instructions *r, const char *path, int depth,
    const cJSON *before)
{
	const char *base = strrchr(path, '/');
	cJSON *o = instructions_load(r, path, depth);

	if (o == NULL)
		return false;
	instructions_insert(r->files, before, o);
	base = base == NULL ? path : base + 1;
	if (json_str(o, "text") != NULL && depth < INSTRUCTIONS_DEPTH &&
	    (depth > 0 || strcmp(base, "CLAUDE.md") == 0))
		instructions_import(r, path, o, depth);
	return true;
}

/* Read `name` in each folder from where commands start up to the root, the
 * nearest first, so that files further away don't use up its space. */
static bool
instructions_upwards(struct instructions *r, const char *name)
{
	const struct core *c = r->core;
	size_t len = strlen(c->root);
	const char *below = c->cwd[len] == '/' ? c->cwd + len + 1 : "";
	AUTO_FREE char *dir = xstrdup(below);
	char *slash;
	bool any = false;

	for (;;) {
		AUTO_FREE char *path = dir[0] == '\0' ? xstrdup(name) :
		    fs_join(dir, name);

		any = instructions_read(r, path, 0, NULL) || any;
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

static cJSON *
instructions_begin(struct core *c, size_t max)
{
	struct instructions r = { .core = c, .files = cJSON_CreateArray(),
		.left = max < INSTRUCTIONS_ALL_MAX ? max : INSTRUCTIONS_ALL_MAX };
	size_t i;

	model_secrets(c, &r.secrets);
	(void)instructions_read(&r, INSTRUCTIONS_MEMORY, 0, NULL);
	if (!instructions_upwards(&r, "AGENTS.md"))
		for (i = 0; i < MEM_COUNT(instructions_others); i++) {
			if (instructions_others[i].nested)
				(void)instructions_upwards(&r,
				    instructions_others[i].name);
			else
				(void)instructions_read(&r,
				    instructions_others[i].name, 0,
				    NULL);
		}
	mask_list_release(&r.secrets);
	return r.files;
}

/* ---- folders that the work reaches later ---- */

static void
instructions_line(struct core *c, const cJSON *event, enum event_type type)
{
	const cJSON *it;

	/* A summary may have removed the message with the instructions. */
	if (type == EVENT_COMPACTION)
		pathmap_release(&c->project.instructed);
	if (type != EVENT_USER_MESSAGE)
		return;
	cJSON_ArrayForEach(it, json_array(event, "instructions"))
		if (cJSON_IsString(it))
			pathmap_add(&c->project.instructed, it->valuestring,
			    sizeof(char *));
}

/* Send the instructions of this folder, unless the model has them. */
static void
instructions_folder(struct instructions *r, const char *dir, const char *seen)
{
	static const char *const names[] = { "AGENTS.md", "CLAUDE.md" };
	bool is_there = false;
	size_t i;

	/* Files in a package say nothing about this project. */
	if (policy_product(r->core->policy, dir, true) != PRODUCT_NOT)
		return;
	for (i = 0; i < MEM_COUNT(names) && !is_there; i++) {
		AUTO_FREE char *path = fs_join(dir, names[i]);

		is_there = pathmap_find(&r->core->project.instructed,
		    path) != NULL ||
		    json_find(json_array(r->core->project.context, "files"),
		    "path", path) != NULL ||
		    strcmp(path, seen) == 0;
		if (!is_there)
			is_there = instructions_read(r, path, 0, NULL);
	}
}

static void
instructions_tell(struct core *c, const cJSON *files)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20), names = BUF_INIT(0);
	cJSON *o = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(o, "instructions");
	const cJSON *it;

	buf_adds(&b, "[assent] You have come to folders with words of their "
	    "own. As with the other words of the project, these come from its "
	    "files, not from the user; they count for what is below their "
	    "folder, there before those that were told earlier.\n");
	prompt_files(&b, files);
	json_add_strn(o, "text", buf_str(&b), b.len);
	cJSON_ArrayForEach(it, files) {
		const char *path = json_str_or(it, "path", "?");

		cJSON_AddItemToArray(list, cJSON_CreateString(path));
		buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", path);
	}
	emit_note(c, "Read for the model, from the project: %s",
	    buf_str(&names));
	emit_event(c, EVENT_USER_MESSAGE, "core", o);
}

void
instructions_below(struct core *c, const char *path)
{
	size_t max = project_context_all(c);
	struct instructions r = { .core = c, .files = cJSON_CreateArray(),
		.left = max < INSTRUCTIONS_ALL_MAX ? max :
		    INSTRUCTIONS_ALL_MAX };
	char *dir = xstrdup(path), *slash;

	model_secrets(c, &r.secrets);
	/* The nearest first, as at the start of a task. */
	while ((slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		instructions_folder(&r, dir, path);
	}
	mask_list_release(&r.secrets);
	if (r.files->child != NULL)
		instructions_tell(c, r.files);
	cJSON_Delete(r.files);
	free(dir);
}

/*
 * The project context: instructions, folders and names, which prompts begin
 * with, and the success check that the project suggests.
 */

#define PROJECT_CONTEXT_MAP_MAX	((size_t)4 << 10)
#define PROJECT_CONTEXT_SHARE	6	/* limit: a sixth of the window, in
					   tokens */

static bool
project_context_skips(void *arg, const char *path, bool is_dir)
{
	struct core *c = arg;
	enum product_why why = policy_product(c->policy, path, is_dir);

	/* Unread files may be binary. */
	return (why != PRODUCT_NOT && why != PRODUCT_BINARY) ||
	    (!is_dir && policy_hides(c->policy, path));
}

static size_t
project_context_all(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &c->target, &room);
	return (size_t)(room.prompt / PROJECT_CONTEXT_SHARE) * 3;
}

size_t
project_context_room(const struct core *c)
{
	size_t max = project_context_all(c) / 4;

	return max < PROJECT_CONTEXT_MAP_MAX ? max : PROJECT_CONTEXT_MAP_MAX;
}

void
project_context_files_each(struct core *c, map_found found, void *arg)
{
	policy_hold(c->policy, true);
	map_each(c->stage->root_fd, project_context_skips, c, found, arg);
	policy_hold(c->policy, false);
}

static cJSON *
project_context_read_all(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *files, *guess;
	const char *command, *from;
	char *map;

	files = instructions_begin(c, project_context_all(c));
	if (files->child != NULL)
		json_set_take(o, "files", files);
	else
		cJSON_Delete(files);
	if (c->project.context != NULL && !c->project.due) {
		json_add_str(o, "map", json_str(c->project.context, "map"));
		if (json_str(c->project.context, "symbols") != NULL)
			json_add_str(o, "symbols", json_str(c->project.context,
			    "symbols"));
	} else {
		policy_hold(c->policy, true);
		map = map_make(c->stage->root_fd, project_context_skips,
		    c, project_context_room(c));
		policy_hold(c->policy, false);
		json_add_str(o, "map", map);
		free(map);
		c->project.symbols_due = true;
	}
	command = success_check_guess(c->stage->root_fd, &from);
	if (command != NULL) {
		guess = cJSON_CreateObject();
		json_add_str(guess, "command", command);
		json_add_str(guess, "from", from);
		json_set_take(o, "check", guess);
	}
	return o;
}

/* Tell the user whose instructions the model gets. */
static void
project_context_note_files(struct core *c, const cJSON *o)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(o, "files")) {
		int64_t left_out = json_int(it, "left_out", 0);

		buf_addf(&b, "%s%s", b.len == 0 ? "" : ", ",
		    json_str_or(it, "path", "?"));
		if (json_bool(it, "unread", false))
			buf_adds(&b, " (not read: it is too large)");
		else if (left_out > 0)
			buf_addf(&b, json_bool(it, "newest", false) ?
			    " (without its first %lld bytes: shorten it)" :
			    " (without its last %lld bytes)",
			    (long long)left_out);
	}
	if (b.len > 0)
		emit_note(c, "Read for the model, from the project: %s",
		    buf_str(&b));
}

/* The screen says this one in its hints. */
static void
project_context_note_check(struct core *c, const char *check,
    const char *from)
{
	cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *text = xasprintf("No success check is set. %s suggests "
	    "one: \"/check %s\" sets it; an approved plan sets another", from,
	    check);

	json_add_str(o, "check", check);
	json_add_str(o, "text", text);
	emit_event(c, EVENT_NOTE, "core", o);
}

static void
project_context_note(struct core *c, const cJSON *old)
{
	const cJSON *o = c->project.context, *guess = json_get(o, "check");

	if (!cJSON_Compare(json_get(o, "files"), json_get(old, "files"), 1))
		project_context_note_files(c, o);
	if (guess != NULL && c->person && c->check.command == NULL &&
	    !cJSON_Compare(guess, json_get(old, "check"), 1))
		project_context_note_check(c, json_str_or(guess, "command",
		    "?"), json_str_or(guess, "from", "?"));
}

void
project_context_take(struct core *c)
{
	cJSON *now = project_context_read_all(c), *old = c->project.context;

	c->project.due = false;
	if (old != NULL && cJSON_Compare(now, old, 1)) {
		cJSON_Delete(now);
		return;
	}
	c->project.context = now;
	emit_event(c, EVENT_PROJECT, "core", cJSON_Duplicate(now, 1));
	project_context_note(c, old);
	cJSON_Delete(old);
}

void
project_context_symbols(struct core *c, const char *text)
{
	json_add_str(c->project.context, "symbols", text);
	emit_event(c, EVENT_PROJECT, "core", cJSON_Duplicate(c->project.context, 1));
}

static void
project_line(struct core *c, const cJSON *line, enum event_type type)
{
	static const char *const members[] = { "files", "map", "symbols",
		"check" };

	instructions_line(c, line, type);
	if (type != EVENT_PROJECT || c->resume == NULL)
		return;
	cJSON_Delete(c->project.context);
	c->project.context = cJSON_CreateObject();
	JSON_COPY(c->project.context, line, members);
}

static void
project_free(struct core *c)
{
	cJSON_Delete(c->project.context);
	pathmap_release(&c->project.instructed);
}

const struct core_part project_part = {
	.line = project_line, .lines = OF(EVENT_COMPACTION) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_PROJECT),
	.free = project_free,
};
