/* Reads only regular files of the real tree: follows no link, reads no secret
 * file, and masks text that looks like a key. */
#include "config.h"

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
	    fs_open_regular(stage_root_fd(r->core->stage), path);
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

cJSON *
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

static void
instructions_free(struct core *c)
{
	pathmap_release(&c->project.instructed);
}

const struct core_part instructions_part = {
	.line = instructions_line, .free = instructions_free,
};

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
