#include "config.h"

#include "policy/skill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/front-matter.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/sha.h"
#include "base/utf8.h"

#define SKILL_BYTES	((size_t)128 << 10)	/* of a SKILL.md */
#define SKILL_MOST	200		/* in a folder */
#define SKILL_ENTRIES	20000		/* of a folder that are looked at */
#define SKILL_NAME	64		/* the standard's limits */
#define SKILL_TEXT	1024
#define SKILL_LONG	((size_t)16 << 10) /* bytes: a longer file isn't a
					      skill */
#define SKILL_TEXT_LEAST 64		/* bytes of a cut description */
/* In quarters of a token; a byte of ASCII counts one. The words around the list
 * take the rest of 1,500 tokens. */
#define SKILL_ROOM	((size_t)4 * 1350)

/* The folders of a project's skills, in this order. */
static const char *const skill_project_dirs[] = {
	".agents/skills", ".claude/skills"
};

char **
skill_folders(const cJSON *paths, const char *root, struct buf *notes)
{
	char **v = NULL;
	size_t n = 0;
	const cJSON *it;

	cJSON_ArrayForEach(it, paths) {
		const char *path = cJSON_IsString(it) ? it->valuestring : "";
		const char *base = strrchr(path, '/');
		char *real = base == NULL ? NULL : fs_realpath(path);

		if (real == NULL || MEM_FIND_IN(v, n, real) != NULL) {
			free(real);
			continue;
		}
		if (strcmp(base, strrchr(real, '/')) == 0 &&
		    !fs_is_below(real, root) && !fs_is_below(root, real)) {
			GROW_BY(v, n, 2);
			v[n++] = real;
			v[n] = NULL;
			continue;
		}
		buf_addf(notes, "The skills in %s aren't used as yours: %s\n",
		    path, strcmp(base, strrchr(real, '/')) != 0 ?
		    "it is a link to a folder with another name" :
		    "it lies in the project, or the project in it");
		free(real);
	}
	return v;
}

void
skill_folders_free(char **v)
{
	size_t n = 0;

	while (v != NULL && v[n] != NULL)
		n++;
	xfree_list(v, n);
}

/* The text as one line, with control characters made visible. */
static char *
skill_line(const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p;

	for (p = text; *p != '\0'; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			buf_addc(&b, *p);
		else if (b.len > 0 && b.p[b.len - 1] != ' ')
			buf_addc(&b, ' ');
	return sanitize_dup(buf_str(&b), 0);
}

static bool
skill_name_is(const char *name, const char *letters)
{
	return strspn(name, letters) == strlen(name) && name[0] != '-' &&
	    strlen(name) <= SKILL_NAME;
}

/* Set the description to the beginning of this text, at most `most` bytes. */
static void
skill_describe(cJSON *o, const char *text, size_t most)
{
	size_t n = utf8_cut(text, strlen(text), most);
	AUTO_FREE char *cut = xmemdup(text, n);
	int64_t left_out = json_int(o, "left_out", 0) +
	    (int64_t)strlen(text + n);

	if (left_out > 0)
		json_set_take(o, "left_out",
		    cJSON_CreateNumber((double)left_out));
	json_set_take(o, "description", cJSON_CreateString(cut));
}

/* The first line under its headings, for one without a description. */
static char *
skill_first(const char *text)
{
	while (*text != '\0' && strchr("#\r\n", *text) != NULL) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return xmemdup(text, strcspn(text, "\r\n"));
}

/* Read the front matter of SKILL.md. */
static void
skill_parse(cJSON *o, const char *p, size_t n)
{
	AUTO(front_matter_release) struct front_matter f = { 0 };
	struct err e = ERR_INIT;
	bool bad = front_matter_parse(&f, p, n, &e) < 0;
	const char *name = front_matter_get(&f, "name");
	const char *tools = front_matter_get(&f, "allowed-tools");
	const char *given = front_matter_get(&f, "description");
	AUTO_FREE char *first = skill_first(p + f.body);
	const char *text = given != NULL ? given : bad ? "" : first;
	AUTO_FREE char *line = skill_line(strlen(text) > SKILL_LONG ? "" :
	    text);
	const char *manual = front_matter_get(&f, "disable-model-invocation");

	if (bad)
		json_add_str(o, "fault", e.text);
	else if (given == NULL && line[0] != '\0')
		json_add_str(o, "fault", "it has no description: its first "
		    "line is used");
	else if (name == NULL || strcmp(name, json_str_or(o, "name", "")) != 0)
		json_add_str(o, "fault", name == NULL ?
		    "it has no name: its folder's is used" :
		    "its name isn't its folder's, which is used");
	else if (strstr(name, "--") != NULL || name[strlen(name) - 1] == '-' ||
	    !skill_name_is(name, "abcdefghijklmnopqrstuvwxyz0123456789-"))
		json_add_str(o, "fault", "a name should have small letters, "
		    "digits and single hyphens");
	if (line[0] == '\0')
		json_add_str(o, "why", text[0] == '\0' ?
		    "it has no description" :
		    "its description has more than 16 kB");
	else if (manual != NULL && strcmp(manual, "true") == 0)
		json_add_str(o, "why", SKILL_MANUAL);
	skill_describe(o, line, SKILL_TEXT);
	if (tools != NULL) {
		AUTO_FREE char *shown = skill_line(tools);

		json_add_strn(o, "tools", shown, utf8_cut(shown,
		    strlen(shown), SKILL_TEXT));
	}
}

struct skill_dir {
	cJSON		*list;
	skill_hash	*hash;
	const char	*by, *path;
	int		 fd;
	int		 n;
};

static void
skill_add(struct skill_dir *d, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	AUTO_BUF struct buf b = BUF_INIT(SKILL_BYTES);
	AUTO_FREE char *file = fs_join(name, SKILL_FILE), *path = NULL;
	AUTO_CLOSE int fd = fs_open_regular(d->fd, file);
	int error = fd < 0 ? errno : 0;
	struct stat st = { 0 };
	char hash[SHA256_HEX_SIZE];
	cJSON *o;

	/* Something else lies there. */
	if (error == ENOENT || error == ENOTDIR)
		return;
	o = cJSON_CreateObject();
	path = fs_join(d->path, file);
	JSON_ADD_TEXTS(o, "name", name, "by", d->by);
	json_add_path(o, "path", path);
	cJSON_AddItemToArray(d->list, o);
	if (fd >= 0 && fstat(fd, &st) == 0)
		json_add_int(o, "bytes", st.st_size);
	if (fd >= 0 && fs_read_all(fd, &b) < 0)
		error = errno;
	if (!skill_name_is(name, letters))
		json_add_str(o, "why", "rename its folder: letters, digits, "
		    "and . _ - between them, 64 at most");
	else if (error != 0)
		json_add_str(o, "why", error == ELOOP ? "it is a link, or "
		    "reached by one" : error == EISDIR ? "it isn't a regular "
		    "file" : error == EFBIG ? "it is larger than 128 kB" :
		    "it can't be read");
	else {
		if (d->hash != NULL) {
			d->hash(buf_str(&b), b.len, hash);
			json_add_str(o, "hash", hash);
		}
		skill_parse(o, buf_str(&b), b.len);
	}
	if (++d->n > SKILL_MOST && json_str(o, "why") == NULL)
		json_add_str(o, "why", "the folder has more than 200 skills");
}

static void
skill_read_dir(struct skill_dir *d)
{
	size_t n, i;
	char **names = fs_names(d->fd, SKILL_ENTRIES, &n);

	for (i = 0; i < n && d->n <= SKILL_MOST; i++)
		if (utf8_is_line(names[i]))
			skill_add(d, names[i]);
	xfree_list(names, n);
}

/* The first of a name counts. */
static void
skill_shadow(const cJSON *list)
{
	cJSON *it;

	cJSON_ArrayForEach(it, list) {
		const cJSON *first = json_find(list, "name",
		    json_str_or(it, "name", ""));
		AUTO_FREE char *why = NULL;

		if (first == it || json_str(it, "why") != NULL)
			continue;
		why = xasprintf("%s has this name", json_str_or(first, "path",
		    "?"));
		json_add_str(it, "why", why);
	}
}

/* The skill's cost in the request, with the description cut to so many
 * bytes. */
static size_t
skill_cost(const cJSON *o, size_t most)
{
	const char *text = json_str_or(o, "description", ""), *p;
	size_t n = strlen(text), cost = 8 + strlen(json_str_or(o, "name", ""));

	n = utf8_cut(text, n, most);
	for (p = text; p < text + n; p++)
		cost += (unsigned char)*p >= 0x80 ? 2 : 1;
	return cost;
}

static bool
skill_is_offered(const cJSON *o, const char *by)
{
	return json_is(o, "by", by) && json_str(o, "why") == NULL;
}

static size_t
skill_need(const cJSON *list, const char *by, size_t most)
{
	const cJSON *it;
	size_t sum = 0;

	cJSON_ArrayForEach(it, list)
		if (skill_is_offered(it, by))
			sum += skill_cost(it, most);
	return sum;
}

/* Fit the skills of the user, or those of the project: all descriptions are cut
 * to the same length. Returns how much of the room they take. */
static size_t
skill_fit(const cJSON *list, const char *by, size_t room)
{
	size_t most = SKILL_TEXT_LEAST, step, used = 0;
	cJSON *it;

	for (step = SKILL_TEXT / 2; step >= SKILL_TEXT_LEAST / 4; step /= 2)
		if (skill_need(list, by, most + step) <= room)
			most += step;
	cJSON_ArrayForEach(it, list)
		if (skill_is_offered(it, by)) {
			if (used + skill_cost(it, most) > room) {
				json_add_str(it, "why", SKILL_OVER);
				continue;
			}
			used += skill_cost(it, most);
			skill_describe(it, json_str_or(it, "description", ""),
			    most);
		}
	return used;
}

/* The project's get a third of the room if they need it, but none of the user's
 * is left out for them. */
static void
skill_fit_all(const cJSON *list)
{
	size_t room = SKILL_ROOM, kept = room / 3;
	size_t need = skill_need(list, "project", SIZE_MAX);

	if (need < kept)
		kept = need;
	if (skill_need(list, "user", SKILL_TEXT_LEAST) <= room - kept)
		room -= kept;
	(void)skill_fit(list, "project", SKILL_ROOM -
	    skill_fit(list, "user", room));
}

cJSON *
skill_list(const char *const *folders, int root, skill_hash *hash)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; folders != NULL && folders[i] != NULL; i++) {
		AUTO_CLOSE int fd = open(folders[i], O_PATH | O_DIRECTORY |
		    O_CLOEXEC);
		struct skill_dir d = { list, hash, "user", folders[i], fd, 0 };

		skill_read_dir(&d);
	}
	for (i = 0; i < MEM_COUNT(skill_project_dirs); i++) {
		AUTO_CLOSE int fd = fs_open_beneath(root, skill_project_dirs[i],
		    O_PATH | O_DIRECTORY, 0);
		struct skill_dir d = { list, hash, "project",
			skill_project_dirs[i], fd, 0 };

		skill_read_dir(&d);
	}
	skill_shadow(list);
	skill_fit_all(list);
	return list;
}
