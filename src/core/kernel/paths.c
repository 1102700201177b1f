/*
 * Each request walks the tree for up to 30 ms, and a new walk begins when the
 * last one is 5 seconds old. Until it is complete, requests are answered from
 * the previous walk.
 */
#include "config.h"

#include "core/kernel/paths.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/dotgit.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "gate/gate.h"

#define PATHS_ROUND_MS	30	/* of walking, for one request */
#define PATHS_AGE_MS	5000	/* then it is walked again */
#define PATHS_MAX	200000
#define PATHS_BYTES	((size_t)32 << 20)
#define PATHS_SHOWN	20
#define PATHS_NEEDLE	200

struct paths_list {
	char	**v;
	size_t	 len, bytes;
};

struct paths {
	struct ignore	*ignore;
	struct paths_list have, next;
	struct paths_list staged;	/* new ones: not in the tree yet */
	bool		 walked;	/* `have` is of a whole walk */
	bool		 walking;
	int64_t		 walked_ms;
	struct paths_list dirs;		/* still to be read */
	DIR		*dir;		/* being read, */
	char		*name;		/* and its name; "" is the root */
};

static void
paths_list_add_take(struct paths_list *l, char *s)
{
	*GROW_ADD(l->v, l->len) = s;
	l->bytes += strlen(s) + 1;
}

static void
paths_list_release(struct paths_list *l)
{
	xfree_list(l->v, l->len);
	memset(l, 0, sizeof(*l));
}

static void
paths_dir_close(struct paths *p)
{
	if (p->dir != NULL)
		closedir(p->dir);
	p->dir = NULL;
	FREE_NULL(p->name);
}

static void
paths_free(struct core *c)
{
	struct paths *p = c->paths;

	if (p == NULL)
		return;
	paths_dir_close(p);
	paths_list_release(&p->have);
	paths_list_release(&p->next);
	paths_list_release(&p->staged);
	paths_list_release(&p->dirs);
	ignore_free(p->ignore);
	free(p);
}

static void
paths_entry(struct paths *p, const struct dirent *d)
{
	struct stat st;
	char *path;
	bool is_dir = d->d_type == DT_DIR;

	if (fs_is_dots(d->d_name) || dotgit_in_path(d->d_name) ||
	    !utf8_is_line(d->d_name))
		return;		/* that cannot be typed */
	if (d->d_type == DT_UNKNOWN) {
		if (fstatat(dirfd(p->dir), d->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			return;
		is_dir = S_ISDIR(st.st_mode);
	}
	path = p->name[0] == '\0' ? xstrdup(d->d_name) :
	    xasprintf("%s/%s", p->name, d->d_name);
	if (ignore_match(p->ignore, path, is_dir))
		free(path);
	else
		paths_list_add_take(is_dir ? &p->dirs : &p->next, path);
}

/* The next folder; false if there is none. */
static bool
paths_dir_next(struct paths *p, int root)
{
	int fd;

	while (p->dirs.len > 0) {
		paths_dir_close(p);
		p->name = p->dirs.v[--p->dirs.len];
		fd = fs_open_beneath(root, p->name[0] == '\0' ? "." : p->name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
		if (fd >= 0 && (p->dir = fs_dir_take(fd)) != NULL)
			return true;
	}
	paths_dir_close(p);
	return false;
}

static void
paths_walk_end(struct paths *p)
{
	paths_dir_close(p);
	paths_list_release(&p->dirs);
	paths_list_release(&p->have);
	p->have = p->next;
	memset(&p->next, 0, sizeof(p->next));
	ignore_hold(p->ignore, false);
	p->walking = false;
	p->walked = true;
	p->walked_ms = clock_mono_ms();
}

static void
paths_walk(struct paths *p, int root)
{
	int64_t until = clock_mono_ms() + PATHS_ROUND_MS;
	const struct dirent *d;
	int n;

	if (!p->walking) {
		if (p->walked && clock_mono_ms() - p->walked_ms <
		    PATHS_AGE_MS)
			return;
		p->walking = true;
		ignore_hold(p->ignore, true);
		paths_list_add_take(&p->dirs, xstrdup(""));
	}
	for (n = 0; n % 64 != 63 || clock_mono_ms() < until; n++) {
		if (p->next.len + p->dirs.len >= PATHS_MAX ||
		    p->next.bytes + p->dirs.bytes >= PATHS_BYTES ||
		    (p->dir == NULL && !paths_dir_next(p, root))) {
			paths_walk_end(p);
			return;
		}
		if ((d = readdir(p->dir)) != NULL)
			paths_entry(p, d);
		else
			paths_dir_close(p);
	}
}

/* ---- matching ---- */

static bool
paths_same(char c, char needle)
{
	return c == needle || (islower((unsigned char)needle) &&
	    tolower((unsigned char)c) == needle);
}

static const char *
paths_substring(const char *s, const char *needle)
{
	size_t i;

	for (; *s != '\0'; s++) {
		for (i = 0; needle[i] != '\0' && s[i] != '\0' &&
		    paths_same(s[i], needle[i]); i++)
			;
		if (needle[i] == '\0')
			return s;
	}
	return NULL;
}

/* The number of characters of `s` between those of `needle`; -1 if `s` doesn't
 * contain them in this order. */
static int
paths_gaps(const char *s, const char *needle)
{
	const char *first = NULL;
	int n = 0;

	for (; *s != '\0' && *needle != '\0'; s++) {
		if (paths_same(*s, *needle)) {
			if (first == NULL)
				first = s;
			needle++;
			n++;
		}
	}
	return *needle != '\0' ? -1 : (int)(s - first) - n;
}

int
paths_score(const char *path, const char *needle)
{
	const char *base = basename(path), *at;
	size_t length = strlen(path);
	int rank, gaps = 0;

	if (needle[0] == '\0')
		rank = 0;
	else if ((at = paths_substring(base, needle)) != NULL)
		rank = at == base ? 0 : 1;
	else if ((at = paths_substring(path, needle)) != NULL)
		rank = at == path || at[-1] == '/' ? 1 : 2;
	else if ((gaps = paths_gaps(base, needle)) >= 0)
		rank = 3;
	else if ((gaps = paths_gaps(path, needle)) >= 0)
		rank = 4;
	else
		return -1;
	if (gaps > 255)
		gaps = 255;
	return rank << 24 | gaps << 16 | (length > 65535 ? 65535 :
	    (int)length);
}

struct paths_hit {
	const char	*path;
	int		 score;
};

static bool
paths_is_before(const struct paths_hit *a, const struct paths_hit *b)
{
	return a->score != b->score ? a->score < b->score :
	    strcmp(a->path, b->path) < 0;
}

/* Merge the matches from `l` into `best`, which keeps the PATHS_SHOWN best,
 * sorted. Returns the number of matches. */
static size_t
paths_best(const struct paths_list *l, const char *needle,
    struct paths_hit *best, size_t *len)
{
	struct paths_hit h;
	size_t i, k, n = 0;

	for (i = 0; i < l->len; i++) {
		h.path = l->v[i];
		if ((h.score = paths_score(h.path, needle)) < 0)
			continue;
		n++;
		for (k = *len; k > 0 && paths_is_before(&h, &best[k - 1]);
		    k--)
			if (k < PATHS_SHOWN)
				best[k] = best[k - 1];
		if (k < PATHS_SHOWN)
			best[k] = h;
		if (*len < PATHS_SHOWN)
			(*len)++;
	}
	return n;
}

/* ---- what the model has made ---- */

static struct paths *
paths_get(struct core *c)
{
	if (c->paths == NULL)
		c->paths = xcalloc(1, sizeof(*c->paths));
	return c->paths;
}

/* Something that was staged may be in the tree by now: walk it again. */
static void
paths_are_old(struct paths *p)
{
	p->walked_ms = INT64_MIN / 2;
}

void
paths_staged(struct core *c, const struct stage_scan *scan)
{
	struct paths_list *l = &paths_get(c)->staged;
	size_t i;

	if (l->len > 0)
		paths_are_old(c->paths);
	paths_list_release(l);
	for (i = 0; i < scan->changes_len && l->len < PATHS_MAX &&
	    l->bytes < PATHS_BYTES; i++)
		if (!scan->changes[i].before.exists &&
		    scan->changes[i].after.exists &&
		    utf8_is_line(scan->changes[i].path))
			paths_list_add_take(l, xstrdup(scan->changes[i].path));
}

/* Drop the staged names that are in the tree by now: they were applied, and the
 * walk finds them. */
static void
paths_staged_sweep(struct paths *p, int root)
{
	struct paths_list *l = &p->staged;
	struct stat st;
	size_t i, to = 0;

	for (i = 0; i < l->len; i++) {
		if (fstatat(root, l->v[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			l->v[to++] = l->v[i];
		else {
			l->bytes -= strlen(l->v[i]) + 1;
			free(l->v[i]);
			paths_are_old(p);
		}
	}
	l->len = to;
}

/* The answer to a client's `paths`: those that match best; NULL with *e. */
static cJSON *
paths_find(struct core *c, const cJSON *command, struct err *e)
{
	const char *match = json_str_or(command, "match", "");
	struct paths_hit best[PATHS_SHOWN];
	const struct paths_list *l;
	struct paths *p = paths_get(c);
	int root = c->stage->root_fd;
	AUTO_JSON cJSON *servers = cJSON_CreateArray();
	const char *texts[2 * PATHS_SHOWN];
	const cJSON *it;
	size_t i, n, len = 0, k = 0;

	if (strlen(match) > PATHS_NEEDLE) {
		err_set(e, "that text is too long to search for");
		return NULL;
	}
	if (p->ignore == NULL && (p->ignore = ignore_new(c->root, e)) == NULL)
		return NULL;
	paths_staged_sweep(p, root);
	paths_walk(p, root);
	l = p->walked ? &p->have : &p->next;
	n = paths_best(l, match, best, &len);
	n += paths_best(&p->staged, match, best, &len);
	if (match[0] != '\0')
		PART_EACH(c, part)
			if ((*part)->names != NULL)
				(*part)->names(c, match, PATHS_SHOWN, servers);
	cJSON_ArrayForEach(it, servers)
		texts[k++] = it->valuestring;
	for (i = 0; i < len; i++)
		texts[k++] = best[i].path;
	/* If it is partial: ask again, and there may be others. */
	return EVENT_LINE(paths, .match = match, .paths = texts,
	    .paths_len = k, .more = (int64_t)(n - len),
	    .partial = !p->walked);
}

static const struct core_command paths_commands[] = {
	{ "paths", IN_ANY, 0, 0, NOBODY, .answer = paths_find },
	{ 0 }
};

const struct core_part paths_part = {
	.free = paths_free, .commands = paths_commands,
};
