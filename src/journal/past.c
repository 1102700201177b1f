#include "config.h"

#include "journal/past.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/linefile.h"
#include "journal/session.h"

#define PAST_LOOKED 400		/* sessions of any project */
#define PAST_SESSIONS 40	/* of this one */
#define PAST_TASKS 200
#define PAST_TAIL ((off_t)128 << 10)	/* of a journal */

struct past_turns { int64_t v[PAST_TASKS]; size_t len; };

static int
past_compare(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*y, *x);
}

static int
past_compare_turns(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The folders' names, the newest first: an id begins with its time. */
static char **
past_names(DIR *d, size_t *n)
{
	struct dirent *de;
	char **v = NULL;
	size_t cap = 0;

	*n = 0;
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if (*n == cap) {
			cap = cap == 0 ? 64 : 2 * cap;
			v = xreallocarray(v, cap, sizeof(*v));
		}
		v[(*n)++] = xstrdup(de->d_name);
	}
	if (*n > 1)
		qsort(v, *n, sizeof(*v), past_compare);
	return v;
}

static bool
past_is_of(int fd, const char *root)
{
	struct linefile f;
	const char *line;
	size_t n;
	cJSON *o = NULL;
	bool is = false;

	linefile_init(&f, fd, 0);
	if (linefile_next(&f, &line, &n, NULL) == LINEFILE_LINE &&
	    (o = json_parse(line, n, JSON_NUL_REPLACE, NULL)) != NULL)
		is = strcmp(json_str_or(o, "root", ""), root) == 0 &&
		    strcmp(json_str_or(o, "mode", ""), "demo") != 0;
	cJSON_Delete(o);
	linefile_release(&f);
	return is;
}

/* A task that has ended. Where `session` is missing the tokens may be those of
 * several tasks. */
static bool
past_end(struct past *p, struct past_turns *t, const char *line, size_t n)
{
	static const char want[] = "\"type\":\"agent_end\"";
	const cJSON *tokens;
	int64_t turns, in, out;
	cJSON *o;
	bool counts;

	if (memmem(line, n, want, sizeof(want) - 1) == NULL ||
	    (o = json_parse(line, n, JSON_NUL_REPLACE, NULL)) == NULL)
		return false;
	tokens = json_get(o, "tokens");
	turns = json_int(o, "turns", 0);
	in = json_int(tokens, "in", -1);
	out = json_int(tokens, "out", -1);
	counts = strcmp(json_str_or(o, "type", ""), "agent_end") == 0 &&
	    json_get(o, "session") != NULL && turns > 0 && turns < 1000000 &&
	    in > 0 && out >= 0 && in < INT64_MAX / 1000000 &&
	    out < INT64_MAX / 1000000 && t->len < PAST_TASKS;
	if (counts) {
		t->v[t->len++] = turns;
		p->tasks++;
		p->turns += turns;
		p->in += in;
		p->out += out;
		p->cached += json_int(tokens, "cached", 0) > 0 ?
		    json_int(tokens, "cached", 0) : 0;
	}
	cJSON_Delete(o);
	return counts;
}

static void
past_tail(struct past *p, struct past_turns *t, int fd)
{
	struct linefile f;
	struct stat st;
	const char *line;
	size_t n;
	bool any = false, whole;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	whole = st.st_size <= PAST_TAIL;
	linefile_init(&f, fd, whole ? 0 : st.st_size - PAST_TAIL);
	while (linefile_next(&f, &line, &n, NULL) == LINEFILE_LINE) {
		/* The first may be the end of one. */
		if (whole && past_end(p, t, line, n))
			any = true;
		whole = true;
	}
	p->sessions += any;
	linefile_release(&f);
}

int
past_read(const char *root, const char *but, struct past *p, struct err *e)
{
	char *state = session_state_dir(e), *top, *path, **names;
	struct past_turns t = { .len = 0 };
	size_t i, n, looked = 0, found = 0;
	DIR *d;
	int fd;

	memset(p, 0, sizeof(*p));
	if (state == NULL)
		return -1;
	top = fs_join(state, "sessions");
	free(state);
	d = opendir(top);
	if (d == NULL) {
		int rc = errno == ENOENT ? 0 : err_sys(e, "cannot read the "
		    "sessions in %s", top);

		free(top);
		return rc;
	}
	names = past_names(d, &n);
	for (i = 0; i < n; i++) {
		if (looked < PAST_LOOKED && found < PAST_SESSIONS &&
		    (but == NULL || strcmp(names[i], but) != 0)) {
			looked++;
			path = fs_join(names[i], "journal.jsonl");
			fd = openat(dirfd(d), path, O_RDONLY | O_CLOEXEC |
			    O_NOFOLLOW | O_NONBLOCK);
			free(path);
			if (fd >= 0 && past_is_of(fd, root)) {
				found++;
				past_tail(p, &t, fd);
			}
			if (fd >= 0)
				close(fd);
		}
		free(names[i]);
	}
	free(names);
	closedir(d);
	free(top);
	if (t.len > 0) {
		qsort(t.v, t.len, sizeof(t.v[0]), past_compare_turns);
		p->turns_low = t.v[(t.len - 1) / 4];
		p->turns_median = t.v[(t.len - 1) / 2];
	}
	return 0;
}
