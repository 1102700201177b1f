/*
 * The list of sessions: what the first line of a journal and the session's state
 * say of it, and which one a user means. A folder whose first line can't be
 * read is in the list, without a project.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "journal/session.h"

/* How much of a journal session_list reads for its first line. */
#define SESSION_FIRST_MAX ((size_t)8 << 20)

bool
session_never_began(int dirfd)
{
	static const char none[] = "seq=0 ";
	AUTO_BUF struct buf b = BUF_INIT(CHAIN_HEAD_SIZE);
	struct stat lines;

	if (fstatat(dirfd, "journal.jsonl", &lines, AT_SYMLINK_NOFOLLOW) < 0 ?
	    errno != ENOENT : lines.st_size > 0)
		return false;
	if (fs_read_file(dirfd, "head", &b, NULL) < 0)
		return errno == ENOENT;
	return b.len < CHAIN_HEAD_SIZE ||
	    (memcmp(b.p, none, sizeof(none) - 1) == 0 &&
	    memcmp(b.p + CHAIN_HEAD_SLOT, none, sizeof(none) - 1) == 0);
}

/* A session's folder and journal; -1: it can't be opened. */
struct session_fds {
	int	 folder, journal;
};

static struct session_fds
session_open(int dirfd, const char *folder)
{
	struct session_fds f = {
		openat(dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1
	};

	if (f.folder >= 0)
		f.journal = openat(f.folder, "journal.jsonl", O_RDONLY |
		    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return f;
}

static void
session_close(struct session_fds *f)
{
	fs_close(f->journal);
	fs_close(f->folder);
}

static cJSON *
session_first(const struct session_fds *f, const char *folder, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(SESSION_FIRST_MAX);
	char chunk[4096];
	char *nl = NULL;
	int why = errno;	/* if it can't be opened */
	ssize_t n;

	while (f->journal >= 0 && nl == NULL) {
		n = fs_read(f->journal, chunk, sizeof(chunk));
		if (n <= 0 || buf_add(&b, chunk, (size_t)n) < 0)
			break;
		nl = memchr(b.p + b.len - (size_t)n, '\n', (size_t)n);
	}
	if (nl != NULL)
		return json_parse(b.p, (size_t)(nl - b.p), JSON_OWN, e);
	if (f->folder >= 0 && session_never_began(f->folder)) {
		err_set(e, "%s: " SESSION_NEVER_BEGAN, folder);
	} else if (f->journal < 0) {
		errno = why;
		err_sys(e, "can't open %s/journal.jsonl", folder);
	} else {
		err_set(e, "%s/journal.jsonl has no first line", folder);
	}
	return NULL;
}

cJSON *
session_first_line(const char *folder, struct err *e)
{
	AUTO(session_close) struct session_fds f = session_open(AT_FDCWD,
	    folder);

	return session_first(&f, folder, e);
}

char *
session_words(const struct session_info *s)
{
	const char *first = s->task == NULL ? "" : s->task;
	int n = (int)strcspn(first, "\n");

	return s->latest == NULL ? xasprintf("%.*s", n, first) :
	    xasprintf("%.*s (first: %.*s)", (int)strcspn(s->latest, "\n"),
	    s->latest, n, first);
}

/* Ids begin with their time, so names sort by age. */
#define SESSION_ID_SECOND (sizeof("20261120-083206") - 1)

static int
session_compare(const void *a, const void *b)
{
	const struct session_info *x = a, *y = b;
	int order = strncmp(y->id, x->id, SESSION_ID_SECOND);

	/* An id has the second only; the first line's time is finer. */
	if (order == 0)
		order = strcmp(y->started == NULL ? "" : y->started,
		    x->started == NULL ? "" : x->started);
	return order != 0 ? order : strcmp(y->id, x->id);
}

static const struct json_field session_fields[] = {
	JSON_FIELD(session_info, root, JSON_TEXT, "root", NULL),
	JSON_FIELD(session_info, mode, JSON_TEXT, "mode", NULL),
	JSON_FIELD(session_info, started, JSON_TEXT, "t", NULL),
};

void
session_info_release(struct session_info *s)
{
	free(s->id);
	JSON_RELEASE(s, session_fields);
	free(s->task);
	free(s->latest);
	free(s->name);
	free(s->outcome);
	memset(s, 0, sizeof(*s));
}

/* Did a screen keep text that wasn't sent? (ui/panes/draft.c) */
static bool
session_has_draft(int folder)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(folder, ".", O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, "typed-", 6) == 0)
			return true;
	return false;
}

/* False, and *s is zeroes, if its project isn't `root`, which may be NULL.
 * `folder` is relative to the descriptor. */
static bool
session_info_read(int dirfd, const char *folder, const char *id,
    const char *root, struct session_info *s)
{
	AUTO(session_close) struct session_fds f = session_open(dirfd, folder);
	AUTO_JSON cJSON *first = session_first(&f, id, NULL);
	const char *task = json_str(first, "task");
	struct session_state state;
	enum session_says says;

	memset(s, 0, sizeof(*s));
	if (root != NULL && !json_is(first, "root", root))
		return false;
	session_state_read(f.folder, f.journal, &state);
	says = session_state_says(&state);
	*s = (struct session_info){
		.id = xstrdup(id),
		.task = state.task,
		.latest = state.latest,
		.outcome = state.outcome,
		.name = xstrdup_null(json_str(json_get(first, "settings"),
		    "name")),
		.alive = session_is_alive(id),
		.waits = says == SESSION_WAITS,
		.works = says == SESSION_WORKS || says == SESSION_APPLIES,
		.applying = says == SESSION_APPLIES,
		.ended = state.ended,
	};
	JSON_READ(s, first, session_fields);
	if (task != NULL) {
		free(s->task);
		s->task = utf8_cut_dup(task, SESSION_WORDS_MAX);
	}
	s->empty = s->root != NULL && !s->alive && s->task == NULL &&
	    says == SESSION_UNKNOWN && !session_has_draft(f.folder);
	return true;
}

bool
session_look(const char *id, struct session_info *s)
{
	AUTO_FREE char *dir = session_dir(id, NULL);

	memset(s, 0, sizeof(*s));
	if (dir != NULL && session_info_read(AT_FDCWD, dir, id, NULL, s) &&
	    s->root == NULL)
		session_info_release(s);
	return s->root != NULL;
}

static int
session_rank(const struct session_info *s)
{
	return s->waits && (s->alive || !s->ended) ? 0 :
	    s->task == NULL ? 3 : s->alive ? 1 : 2;
}

static int
session_compare_rank(const void *a, const void *b)
{
	int order = session_rank(a) - session_rank(b);

	return order != 0 ? order : session_compare(a, b);
}

int
session_list(const char *root, enum session_which which,
    struct session_info **out, size_t *n, struct err *e)
{
	struct session_info *list = NULL, one;
	AUTO_FREE char *state = session_state_dir(e);
	AUTO_FREE char *top = state == NULL ? NULL : fs_join(state, "sessions");
	size_t len = 0;
	struct dirent *de;
	AUTO_DIR DIR *d = NULL;

	*out = NULL;
	*n = 0;
	if (top == NULL)
		return -1;
	if ((d = fs_opendir(top)) == NULL)
		return errno == ENOENT ? 0 :
		    err_sys(e, "cannot read the sessions in %s", top);
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || !session_info_read(dirfd(d),
		    de->d_name, de->d_name, root, &one))
			continue;
		GROW(list, len);
		list[len++] = one;
		if (which != SESSION_ALL && one.empty)
			session_info_release(&list[--len]);
	}
	if (len > 0)
		qsort(list, len, sizeof(*list), which == SESSION_RANKED ?
		    session_compare_rank : session_compare);
	*out = list;
	*n = len;
	return 0;
}

void
session_list_free(struct session_info *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		session_info_release(&list[i]);
	free(list);
}

static bool
session_exists(const char *id)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	struct stat st;

	return dir != NULL && stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "a, b, c and 4 more": the ids that begin with prefix. */
static void
session_names(struct buf *b, const struct session_info *list, size_t n,
    const char *prefix)
{
	size_t i, shown = 0, left = 0;

	for (i = 0; i < n; i++) {
		if (strncmp(list[i].id, prefix, strlen(prefix)) != 0)
			continue;
		if (shown == 5) {
			left++;
			continue;
		}
		buf_addf(b, "%s%s", shown++ == 0 ? "" : ", ", list[i].id);
	}
	if (left > 0)
		buf_addf(b, " and %zu more", left);
}

static char *
session_latest(const char *root, struct err *e)
{
	struct session_info *list = NULL;
	char *id = NULL;
	size_t n;

	if (session_list(root, SESSION_USED, &list, &n, e) < 0)
		return NULL;
	if (n > 0)
		id = xstrdup(list[0].id);
	else if (root != NULL)
		err_set(e, "%s has no session yet; assent ls --all lists those "
		    "of other projects", root);
	else
		err_set(e, "there is no session yet");
	session_list_free(list, n);
	return id;
}

char *
session_resolve(const char *given, const char *root, struct err *e)
{
	struct session_info *list = NULL;
	AUTO_BUF struct buf names = BUF_INIT(0);
	size_t n = 0, i, hits = 0, hit = 0;
	char *id = NULL;

	if (given == NULL)
		return session_latest(root, e);
	if (session_exists(given))
		return xstrdup(given);
	if (session_list(NULL, SESSION_ALL, &list, &n, e) < 0)
		return NULL;
	for (i = 0; given[0] != '\0' && i < n; i++)
		if (strncmp(list[i].id, given, strlen(given)) == 0) {
			hits++;
			hit = i;
		}
	if (hits == 1) {
		id = xstrdup(list[hit].id);
	} else if (hits > 1) {
		session_names(&names, list, n, given);
		err_set(e, "'%s' is ambiguous: %s", given,
		    buf_str(&names));
	} else if (n == 0) {
		err_set(e, "no session \"%s\": there are none yet",
		    given);
	} else {
		session_names(&names, list, n, "");
		err_set(e, "no session \"%s\"; there are %s", given,
		    buf_str(&names));
	}
	session_list_free(list, n);
	return id;
}

/* Sessions in one step: less than a millisecond if nothing is read from disk. */
#define SESSION_RUNNING_STEP 32

struct session_running {
	char	*top;		/* the folder of the sessions */
	char	*root;
	char	*last;		/* the latest that is over; or NULL */
	char	**ids;		/* the newest last */
	size_t	 len;
};

/* Ids begin with their time. */
static int
session_running_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct session_running *
session_running_new(const char *root, const char *own)
{
	struct session_running *r = xcalloc(1, sizeof(*r));
	AUTO_FREE char *state = session_state_dir(NULL);
	AUTO_DIR DIR *d = NULL;
	struct dirent *de;

	r->root = xstrdup(root);
	r->top = state == NULL ? NULL : fs_join(state, "sessions");
	d = r->top == NULL ? NULL : fs_opendir(r->top);
	while (d != NULL && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' || strcmp(de->d_name, own) == 0)
			continue;
		GROW(r->ids, r->len);
		r->ids[r->len++] = xstrdup(de->d_name);
	}
	if (r->len > 0)
		qsort(r->ids, r->len, sizeof(*r->ids),
		    session_running_compare);
	return r;
}

/* Otherwise it may be the last one. */
static bool
session_running_is(struct session_running *r, const char *id)
{
	AUTO_FREE char *dir = fs_join(r->top, id);
	AUTO(session_info_release) struct session_info s = { 0 };

	if ((r->last != NULL && !session_is_alive(id)) ||
	    !session_info_read(AT_FDCWD, dir, id, r->root, &s))
		return false;
	if (s.alive)
		return s.mode != NULL && strcmp(s.mode, "interactive") == 0;
	if (s.task != NULL && r->last == NULL)
		r->last = xstrdup(id);
	return false;
}

bool
session_running_step(struct session_running *r, char **id)
{
	int left;

	*id = NULL;
	for (left = SESSION_RUNNING_STEP; r->len > 0 && left > 0; left--) {
		AUTO_FREE char *next = r->ids[--r->len];

		if (session_running_is(r, next)) {
			*id = xstrdup(next);
			return false;
		}
	}
	if (r->len == 0) {
		*id = r->last;
		r->last = NULL;
	}
	return r->len > 0;
}

void
session_running_free(struct session_running *r)
{
	if (r == NULL)
		return;
	while (r->len > 0)
		free(r->ids[--r->len]);
	free(r->ids);
	free(r->last);
	free(r->top);
	free(r->root);
	free(r);
}
