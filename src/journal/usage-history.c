#include "config.h"

#include "journal/usage-history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "journal/linefile.h"
#include "journal/session.h"

#define USAGE_HISTORY_LOOKED 400		/* sessions of any project */
#define USAGE_HISTORY_SESSIONS 40	/* of this one */
#define USAGE_HISTORY_TASKS 200
#define USAGE_HISTORY_TAIL ((off_t)128 << 10)	/* of a journal */

struct usage_history_turns { int64_t v[USAGE_HISTORY_TASKS]; size_t len; };

/* The last end of a task: a task that waited for review ends again once it is
 * decided, with all its tokens, so only the last end counts. */
struct usage_history_task { bool is; int64_t turns, in, out, cached; };

static int
usage_history_compare(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*y, *x);
}

static int
usage_history_compare_turns(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The folders' names, newest first: an id begins with its time. */
static char **
usage_history_names(DIR *d, size_t *n)
{
	struct dirent *de;
	char **v = NULL;

	*n = 0;
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		GROW(v, *n);
		v[(*n)++] = xstrdup(de->d_name);
	}
	if (*n > 1)
		qsort(v, *n, sizeof(*v), usage_history_compare);
	return v;
}

static bool
usage_history_is_of(int fd, const char *root)
{
	AUTO(linefile_release) struct linefile f = { 0 };
	const char *line;
	size_t n;
	AUTO_JSON cJSON *o = NULL;
	bool is = false;

	linefile_init(&f, fd, 0);
	if (linefile_next(&f, &line, &n, NULL) == LINEFILE_LINE &&
	    (o = event_parse(line, n, NULL)) != NULL)
		is = strcmp(json_str_or(o, "root", ""), root) == 0 &&
		    !json_is(o, "mode", "demo");
	return is;
}

static bool
usage_history_holds(const char *line, size_t n, const char *word)
{
	return memmem(line, n, word, strlen(word)) != NULL;
}

static void
usage_history_count(struct usage_history *p, struct usage_history_turns *t,
    struct usage_history_task *task)
{
	if (task->is && t->len < USAGE_HISTORY_TASKS) {
		t->v[t->len++] = task->turns;
		p->tasks++;
		p->turns += task->turns;
		p->in += task->in;
		p->out += task->out;
		p->cached += task->cached;
	}
	task->is = false;
}

/* Without `session` the tokens may cover several tasks. */
static void
usage_history_end(struct usage_history_task *task, const cJSON *o)
{
	const cJSON *tokens = json_get(o, "tokens");
	struct usage_history_task now = {
		.turns = json_int(o, "turns", 0),
		.in = json_int(tokens, "in", -1),
		.out = json_int(tokens, "out", -1),
		.cached = json_int(tokens, "cached", 0),
	};

	if (json_get(o, "session") == NULL || now.turns <= 0 ||
	    now.turns >= 1000000 || now.in <= 0 || now.out < 0 ||
	    now.in >= INT64_MAX / 1000000 || now.out >= INT64_MAX / 1000000)
		return;
	if (now.cached < 0)
		now.cached = 0;
	now.is = true;
	*task = now;
}

static void
usage_history_line(struct usage_history *p, struct usage_history_turns *t,
    struct usage_history_task *task, const char *line, size_t n)
{
	bool said = usage_history_holds(line, n, "\"type\":\"user_message\"");
	const char *type;
	cJSON *o;

	if ((!said &&
		!usage_history_holds(line, n, "\"type\":\"agent_end\"")) ||
	    (o = event_parse(line, n, NULL)) == NULL)
		return;
	type = json_str_or(o, "type", "");
	if (strcmp(type, "agent_end") == 0)
		usage_history_end(task, o);
	else if (strcmp(type, "user_message") == 0 && json_is(o, "by", "user"))
		usage_history_count(p, t, task);
	cJSON_Delete(o);
}

static void
usage_history_tail(
    struct usage_history *p, struct usage_history_turns *t, int fd)
{
	struct usage_history_task task = { .is = false };
	struct linefile f;
	struct stat st;
	const char *line;
	size_t n;
	bool whole;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	whole = st.st_size <= USAGE_HISTORY_TAIL;
	linefile_init(&f, fd, whole ? 0 : st.st_size - USAGE_HISTORY_TAIL);
	while (linefile_next(&f, &line, &n, NULL) == LINEFILE_LINE) {
		/* The first may be the end of a line. */
		if (whole)
			usage_history_line(p, t, &task, line, n);
		whole = true;
	}
	usage_history_count(p, t, &task);
	linefile_release(&f);
}

int
usage_history_read(
    const char *root, const char *but, struct usage_history *p, struct err *e)
{
	AUTO_FREE char *state = session_state_dir(e);
	AUTO_FREE char *top = NULL;
	AUTO_FREE char **names = NULL;
	char *path;
	struct usage_history_turns t = { .len = 0 };
	size_t i, n, looked = 0, found = 0;
	DIR *d;
	int fd;

	memset(p, 0, sizeof(*p));
	if (state == NULL)
		return -1;
	top = fs_join(state, "sessions");
	d = fs_opendir(top);
	if (d == NULL) {
		int rc = errno == ENOENT ? 0 : err_sys(e, "cannot read the "
		    "sessions in %s", top);

		return rc;
	}
	names = usage_history_names(d, &n);
	for (i = 0; i < n; i++) {
		if (looked < USAGE_HISTORY_LOOKED &&
		    found < USAGE_HISTORY_SESSIONS &&
		    (but == NULL || strcmp(names[i], but) != 0)) {
			looked++;
			path = fs_join(names[i], "journal.jsonl");
			fd = openat(dirfd(d), path, O_RDONLY | O_CLOEXEC |
			    O_NOFOLLOW | O_NONBLOCK);
			free(path);
			if (fd >= 0 && usage_history_is_of(fd, root)) {
				found++;
				usage_history_tail(p, &t, fd);
			}
			fs_close(fd);
		}
		free(names[i]);
	}
	closedir(d);
	if (t.len > 0) {
		qsort(t.v, t.len, sizeof(t.v[0]), usage_history_compare_turns);
		p->turns_low = t.v[(t.len - 1) / 4];
	}
	return 0;
}
