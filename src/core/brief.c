/* Only the real tree counts, by its real files: no link is followed, nothing
 * that is secret is read, and what looks like a key is masked. */
#include "config.h"

#include "core/brief.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/compact.h"
#include "core/core.h"
#include "core/map.h"
#include "core/mask.h"
#include "core/symbols.h"
#include "policy/criterion.h"

#define BRIEF_READ_MAX	((size_t)1 << 20)
#define BRIEF_FILE_MAX	((size_t)16 << 10)	/* of one file, in bytes */
#define BRIEF_ALL_MAX	((size_t)40 << 10)	/* and of all of them */
#define BRIEF_MAP_MAX	((size_t)4 << 10)
#define BRIEF_SHARE	6	/* of the window, at most a sixth in tokens */
#define BRIEF_MEMORY	".assent/memory.md"

struct brief_reader {
	struct core	*core;
	struct mask_list secrets;
	cJSON		*files;		/* as they are told: the nearest last */
	size_t		 left;		/* bytes */
};

/* Where there is no AGENTS.md, each of these that there is. */
static const struct {
	const char	*name;
	bool		 nested;	/* also below the root */
} brief_others[] = {
	{ "CLAUDE.md", true },
	{ ".github/copilot-instructions.md", false },
};

/* Facts are added at the end: where its last `max` bytes begin, at a line. */
static size_t
brief_newest(const struct buf *b, size_t max)
{
	size_t from = utf8_tail(buf_str(b), b->len, max);
	const char *nl;

	if (from == 0)
		return 0;
	nl = memchr(buf_str(b) + from, '\n', b->len - from);
	return nl == NULL || nl + 1 == b->p + b->len ? from :
	    (size_t)(nl + 1 - b->p);
}

/* Its text as the first of the files; false if there is no such file. */
static bool
brief_read(struct brief_reader *r, const char *path)
{
	struct buf raw = BUF_INIT(BRIEF_READ_MAX), text = BUF_INIT(0);
	size_t max = r->left < BRIEF_FILE_MAX ? r->left : BRIEF_FILE_MAX, n;
	size_t from;
	int fd = policy_hides(r->core->policy, path) ? -1 :
	    fs_open_regular(stage_root_fd(r->core->stage), path);
	cJSON *o;

	if (fd < 0)
		return false;
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	if (fs_read_all(fd, &raw) < 0)
		json_add_bool(o, "unread", true);
	else {
		mask_secrets(&text, buf_str(&raw), raw.len, &r->secrets);
		buf_clear(&raw);
		utf8_repair(&raw, buf_str(&text), text.len);
		from = strcmp(path, BRIEF_MEMORY) != 0 ? 0 :
		    brief_newest(&raw, max);
		n = utf8_cut(buf_str(&raw) + from, raw.len - from, max);
		json_add_strn(o, "text", buf_str(&raw) + from, n);
		if (n < raw.len)
			json_add_int(o, "left_out", (int64_t)(raw.len - n));
		if (from > 0)
			json_add_bool(o, "newest", true);
		r->left -= n;
	}
	close(fd);
	buf_release(&raw);
	buf_release(&text);
	cJSON_InsertItemInArray(r->files, 0, o);
	return true;
}

/* `name` in each folder from where commands start up to the root, the nearest
 * first, since it may not be cut for what is further away. */
static bool
brief_read_upwards(struct brief_reader *r, const char *name)
{
	const struct core *c = r->core;
	size_t len = strlen(c->root);
	const char *below = c->cwd[len] == '/' ? c->cwd + len + 1 : "";
	char *dir = xstrdup(below), *slash;
	bool any = false;

	for (;;) {
		char *path = dir[0] == '\0' ? xstrdup(name) :
		    fs_join(dir, name);

		any = brief_read(r, path) || any;
		free(path);
		if (dir[0] == '\0')
			break;
		slash = strrchr(dir, '/');
		if (slash == NULL)
			dir[0] = '\0';
		else
			*slash = '\0';
	}
	free(dir);
	return any;
}

static cJSON *
brief_files(struct core *c, size_t max)
{
	struct brief_reader r = { .core = c, .files = cJSON_CreateArray(),
		.left = max < BRIEF_ALL_MAX ? max : BRIEF_ALL_MAX };
	size_t i;

	model_secrets(c, &r.secrets);
	(void)brief_read(&r, BRIEF_MEMORY);
	if (!brief_read_upwards(&r, "AGENTS.md"))
		for (i = 0; i < MEM_COUNT(brief_others); i++) {
			if (brief_others[i].nested)
				(void)brief_read_upwards(&r,
				    brief_others[i].name);
			else
				(void)brief_read(&r, brief_others[i].name);
		}
	mask_list_release(&r.secrets);
	return r.files;
}

static bool
brief_skips(void *arg, const char *path, bool is_dir)
{
	struct core *c = arg;

	return policy_noise(c->policy, path, is_dir) != NOISE_NOT ||
	    (!is_dir && policy_hides(c->policy, path));
}

/* For all of it, at three bytes a token. */
static size_t
brief_all(const struct core *c)
{
	struct tokens_room room;

	compact_room(c, &room);
	return (size_t)(room.prompt / BRIEF_SHARE) * 3;
}

size_t
brief_room(const struct core *c)
{
	size_t max = brief_all(c) / 4;

	return max < BRIEF_MAP_MAX ? max : BRIEF_MAP_MAX;
}

void
brief_files_each(struct core *c, map_found found, void *arg)
{
	policy_hold(c->policy, true);
	map_each(stage_root_fd(c->stage), brief_skips, c, found, arg);
	policy_hold(c->policy, false);
}

static cJSON *
brief_read_all(struct core *c)
{
	cJSON *o = cJSON_CreateObject(), *files, *guess;
	const char *command, *from;
	char *map;

	files = brief_files(c, brief_all(c));
	if (files->child != NULL)
		json_set_take(o, "files", files);
	else
		cJSON_Delete(files);
	if (c->brief != NULL && !c->brief_due) {
		json_add_str(o, "map", json_str(c->brief, "map"));
		if (json_str(c->brief, "symbols") != NULL)
			json_add_str(o, "symbols", json_str(c->brief,
			    "symbols"));
	} else {
		policy_hold(c->policy, true);
		map = map_make(stage_root_fd(c->stage), brief_skips, c,
		    brief_room(c));
		policy_hold(c->policy, false);
		json_add_str(o, "map", map);
		free(map);
		symbols_ask(c);
	}
	command = criterion_guess(stage_root_fd(c->stage), &from);
	if (command != NULL) {
		guess = cJSON_CreateObject();
		json_add_str(guess, "command", command);
		json_add_str(guess, "from", from);
		json_set_take(o, "criterion", guess);
	}
	return o;
}

/* The person hears of whose words the model is told. */
static void
brief_note_files(struct core *c, const cJSON *o)
{
	struct buf b = BUF_INIT(0);
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
		core_note(c, "The model is told, as words of the project: %s",
		    buf_str(&b));
	buf_release(&b);
}

static void
brief_note(struct core *c, const cJSON *old)
{
	const cJSON *o = c->brief, *guess = json_get(o, "criterion");

	if (!cJSON_Compare(json_get(o, "files"), json_get(old, "files"), 1))
		brief_note_files(c, o);
	if (guess != NULL && c->person && c->criterion == NULL &&
	    !cJSON_Compare(guess, json_get(old, "criterion"), 1))
		core_note(c, "No success criterion is set. By its %s it could "
		    "be \"%s\": /criterion takes that, /criterion COMMAND "
		    "another one, and so does a plan that you approve",
		    json_str_or(guess, "from", "?"),
		    json_str_or(guess, "command", "?"));
}

void
brief_take(struct core *c)
{
	cJSON *now = brief_read_all(c), *old = c->brief;

	c->brief_due = false;
	if (old != NULL && cJSON_Compare(now, old, 1)) {
		cJSON_Delete(now);
		return;
	}
	c->brief = now;
	core_emit(c, "project", "core", cJSON_Duplicate(now, 1));
	brief_note(c, old);
	cJSON_Delete(old);
}

void
brief_symbols(struct core *c, const char *text)
{
	json_add_str(c->brief, "symbols", text);
	core_emit(c, "project", "core", cJSON_Duplicate(c->brief, 1));
}

void
brief_renew(struct core *c)
{
	c->brief_due = true;
}

void
brief_recall(struct core *c, const cJSON *line)
{
	static const char *const members[] = { "files", "map", "symbols",
		"criterion" };
	size_t i;

	if (strcmp(json_str_or(line, "type", ""), "project") != 0)
		return;
	cJSON_Delete(c->brief);
	c->brief = cJSON_CreateObject();
	for (i = 0; i < MEM_COUNT(members); i++) {
		const cJSON *v = json_get(line, members[i]);

		if (v != NULL)
			json_set_take(c->brief, members[i],
			    cJSON_Duplicate(v, 1));
	}
}

const char *
brief_criterion(const struct core *c)
{
	return json_str(json_get(c->brief, "criterion"), "command");
}
