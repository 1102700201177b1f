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

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "journal/event.h"
#include "journal/fold.h"
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

cJSON *
session_first_line(const char *folder, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(SESSION_FIRST_MAX);
	AUTO_FREE char *path = fs_join(folder, "journal.jsonl");
	AUTO_CLOSE int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	int why = errno;
	char chunk[4096];
	char *nl = NULL;
	ssize_t n;

	while (fd >= 0 && nl == NULL) {
		n = fs_read(fd, chunk, sizeof(chunk));
		if (n <= 0 || buf_add(&b, chunk, (size_t)n) < 0)
			break;
		nl = memchr(b.p + b.len - (size_t)n, '\n', (size_t)n);
	}
	if (nl != NULL)
		return json_parse(b.p, (size_t)(nl - b.p), JSON_OWN, e);
	errno = why;
	if (dir >= 0 && session_never_began(dir))
		err_set(e, "%s: " SESSION_NEVER_BEGAN, folder);
	else if (fd < 0)
		err_sys(e, "can't open %s", path);
	else
		err_set(e, "%s has no first line", path);
	return NULL;
}

char *
session_task(const struct session_info *s)
{
	const char *first = s->state.task == NULL ? "" : s->state.task;
	const char *latest = s->state.latest;
	int n = (int)strcspn(first, "\n");

	return latest == NULL ? xasprintf("%.*s", n, first) :
	    xasprintf("%.*s (first: %.*s)", (int)strcspn(latest, "\n"),
	    latest, n, first);
}

char *
session_words(const struct session_info *s)
{
	AUTO_FREE char *task = session_task(s);

	return s->state.name == NULL ? xstrdup(task) :
	    xasprintf("%s: %s", s->state.name, task);
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
		order = strcmp(y->state.started == NULL ? "" :
		    y->state.started, x->state.started == NULL ? "" :
		    x->state.started);
	return order != 0 ? order : strcmp(y->id, x->id);
}

void
session_info_release(struct session_info *s)
{
	FREE_NULL(s->id);
	FREE_NULL(s->stopped);
	FREE_NULL(s->also);
	FREE_NULL(s->also_in);
	FREE_NULL(s->match.text);
	session_state_release(&s->state);
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

/* Was a key pressed on its screen after it began to say what it says? */
static bool
session_is_seen(int folder, const struct session_state *s)
{
	struct stat st;

	return s->since != NULL && fstatat(folder, "seen", &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && (int64_t)st.st_mtim.tv_sec * 1000 +
	    st.st_mtim.tv_nsec / 1000000 >= clock_stamp_ms(s->since);
}

bool
session_read(int dirfd, const char *id, struct session_info *s)
{
	AUTO_CLOSE int folder = openat(dirfd, id, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);

	*s = (struct session_info){ .id = NULL };
	if (folder < 0)
		return false;
	s->id = xstrdup(id);
	session_state_read(folder, &s->state);
	s->says = session_state_says(&s->state);
	s->alive = session_is_alive(id);
	s->open = session_state_waits(&s->state);
	s->seen = session_is_seen(folder, &s->state);
	s->empty = s->state.root != NULL && !s->alive &&
	    s->state.task == NULL && s->says == SESSION_UNKNOWN &&
	    !session_has_draft(folder);
	return true;
}

bool
session_look(const char *id, struct session_info *s)
{
	AUTO_FREE char *top = session_root_dir(NULL);
	AUTO_CLOSE int dirfd = top == NULL ? -1 : open(top, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC);

	if (session_read(dirfd, id, s) && s->state.root == NULL)
		session_info_release(s);
	return s->state.root != NULL;
}

/* ---- what a person is wanted for ---- */

const char *
session_word(const struct session_info *s)
{
	bool waits = s->open != SESSION_NOTHING;

	if (s->says == SESSION_APPLIES && !s->alive)
		return s->stopped != NULL ? s->stopped :
		    "stopped while applying";
	if (s->state.ended && !s->alive)
		return waits ? "left open" : "ended";
	if (waits)
		return "waiting";
	if (s->says == SESSION_WORKS || s->says == SESSION_APPLIES)
		return s->alive ? "running" : "stopped";
	return s->alive ? "ready" : "finished";
}

const char *
session_project(const struct session_info *s)
{
	const char *slash = s->state.root == NULL ? NULL :
	    strrchr(s->state.root, '/');

	return s->state.root == NULL ? "?" : slash == NULL ||
	    slash[1] == '\0' ? s->state.root : slash + 1;
}

enum session_wait
session_wants(const struct session_info *s)
{
	const struct session_state *t = &s->state;

	if (t->applies != 0 && !s->alive)
		return SESSION_STOPPED;
	if (s->open != SESSION_NOTHING)
		return s->alive || !t->ended ? s->open : SESSION_NOTHING;
	/* What a script started, the script looks at; not what is open there. */
	if (t->ended || t->task == NULL || t->mode == NULL ||
	    (strcmp(t->mode, "interactive") != 0 && t->hunks == 0))
		return SESSION_NOTHING;
	if (t->work == SESSION_WORKS && !s->alive)
		return SESSION_STOPPED;
	/* Who decides knows that the rest of it follows. */
	return t->work != SESSION_ENDED || t->decided || s->seen ? SESSION_NOTHING :
	    t->check < 0 ? SESSION_CHECK : SESSION_DONE;
}

const char *
session_wait_name(enum session_wait w)
{
	static const char *const names[SESSION_WAIT_KINDS] = {
		[SESSION_QUESTION] = "question", [SESSION_LIMIT] = "limit",
		[SESSION_PLAN] = "plan", [SESSION_HUNKS] = "hunks",
		[SESSION_CHECK] = "check", [SESSION_DONE] = "done",
		[SESSION_STOPPED] = "stopped",
	};

	return names[w];
}

void
session_wait_words(const struct session_info *s, struct buf *b)
{
	const struct session_state *t = &s->state;
	char until[CLOCK_STAMP_SIZE];

	switch (session_wants(s)) {
	case SESSION_QUESTION:
		buf_adds(b, t->question);
		break;
	case SESSION_LIMIT:
		clock_local_ms(t->until, until);
		buf_addf(b, "limit reached: %s%s%s", t->limit, t->until > 0 ?
		    " until " : "", t->until > 0 ? until : "");
		break;
	case SESSION_PLAN:
		buf_addf(b, "plan with %d step%s", t->steps,
		    t->steps == 1 ? "" : "s");
		break;
	case SESSION_HUNKS:
		buf_addf(b, "%d hunk%s in %d file%s%s", t->hunks,
		    t->hunks == 1 ? "" : "s", t->files,
		    t->files == 1 ? "" : "s", t->check > 0 ?
		    ", check passed" : t->check < 0 ? ", check failed" : "");
		break;
	case SESSION_CHECK:
		buf_adds(b, "ended, check failed");
		break;
	case SESSION_DONE:
		buf_adds(b, t->outcome == NULL ? "ended" :
		    fold_outcome_words(t->outcome));
		break;
	case SESSION_STOPPED:
		buf_adds(b, t->applies != 0 ? "killed while writing" : "killed");
		break;
	default:
		break;
	}
}

/* ---- files that two sessions change ---- */

const char *
session_short(const char *id)
{
	const char *dash = strrchr(id, '-');

	return dash == NULL ? id : dash + 1;
}

/* What it changes and waits with, a line each. */
static const char *
session_paths(const struct session_info *s)
{
	return session_wants(s) == SESSION_NOTHING ? "" :
	    ev_str(s->state.paths, "");
}

void
session_also_add(struct buf *b, const struct session_info *s,
    const struct fold *f)
{
	const char *p = session_paths(s), *end;

	if (strcmp(ev_str(s->state.root, "?"), ev_str(f->root, "")) != 0 ||
	    strcmp(s->id, ev_str(f->session, "")) == 0)
		return;
	for (; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		AUTO_FREE char *path = xmemdup(p, (size_t)(end - p));

		if (fold_find_shown(f, path) != NULL)
			buf_addf(b, "%s %s\n", s->id, path);
	}
}

void
session_also(struct fold *f)
{
	struct session_info *list = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = 0, i;

	(void)session_list(f->root, SESSION_USED, &list, &n, NULL);
	for (i = 0; i < n; i++)
		session_also_add(&b, &list[i], f);
	session_list_free(list, n);
	(void)fold_also(f, buf_str(&b));
}

void
session_list_also(struct session_info *v, size_t n)
{
	/* The first and the last of these that change a file, from 1. */
	struct pathmap first = { 0 }, last = { 0 };
	const char *p, *end;
	size_t i;

	for (i = 0; i < 2 * n; i++) {
		struct session_info *s = &v[i % n];

		for (p = session_paths(s); (end = strchr(p, '\n')) != NULL;
		    p = end + 1) {
			AUTO_FREE char *path = xmemdup(p, (size_t)(end - p));
			AUTO_FREE char *key = xasprintf("%s//%s",
			    ev_str(s->state.root, "?"), path);
			size_t other = pathmap_number(&last, key);

			if (i < n && other == 0)
				pathmap_set_number(&first, key, i + 1);
			if (i < n)
				pathmap_set_number(&last, key, i + 1);
			else if (other == i - n + 1)
				other = pathmap_number(&first, key);
			if (i >= n && other != i - n + 1 &&
			    s->also_files++ == 0) {
				s->also = xstrdup(path);
				s->also_in = xstrdup(v[other - 1].id);
			}
		}
	}
	pathmap_release(&first);
	pathmap_release(&last);
}

/* ---- lists ---- */

static int
session_rank(const struct session_info *s)
{
	return s->open != SESSION_NOTHING && (s->alive || !s->state.ended) ?
	    0 : s->state.task == NULL ? 3 : s->alive ? 1 : 2;
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
	AUTO_FREE char *top = session_root_dir(e);
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
		if (de->d_name[0] == '.' || !session_read(dirfd(d),
		    de->d_name, &one))
			continue;
		if ((root != NULL && (one.state.root == NULL ||
		    strcmp(one.state.root, root) != 0)) ||
		    (which != SESSION_ALL && one.empty)) {
			session_info_release(&one);
			continue;
		}
		*GROW_ADD(list, len) = one;
	}
	MEM_SORT_BY(list, len,
	    which == SESSION_RANKED ? session_compare_rank : session_compare);
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

void
session_add_reviews(struct buf *b)
{
	struct session_info *list = NULL;
	struct session_state sum = { 0 };
	size_t n = 0, i;
	int sessions = 0;
	int64_t tenths;

	if (session_list(NULL, SESSION_USED, &list, &n, NULL) < 0)
		return;
	for (i = 0; i < n && sessions < SESSION_REVIEWS; i++) {
		const struct session_state *s = &list[i].state;

		sessions += s->reviewed > 0;
		sum.reviewed += s->reviewed;
		sum.accepted += s->accepted;
		sum.unseen += s->unseen;
		sum.comments += s->comments;
		sum.timed += s->timed;
		sum.timed_ms += s->timed_ms;
	}
	session_list_free(list, n);
	if (sum.reviewed <= 0)
		return;
	buf_addf(b, "your reviews, last %d session%s: %d hunk%s", sessions,
	    sessions == 1 ? "" : "s", sum.reviewed, sum.reviewed == 1 ? "" :
	    "s");
	if (sum.timed > 0) {
		tenths = sum.timed_ms / 100 / sum.timed;
		buf_addf(b, ", %lld.%lld s a hunk", (long long)(tenths / 10),
		    (long long)(tenths % 10));
	}
	buf_addf(b, ", %d%% accepted, %d unread, %d comment%s",
	    (int)(100LL * sum.accepted / sum.reviewed), sum.unseen,
	    sum.comments, sum.comments == 1 ? "" : "s");
}

bool
session_exists(const char *id)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	struct stat st;

	return dir != NULL && stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
session_is_called(const struct session_info *s, const char *given)
{
	return strncmp(s->id, given, strlen(given)) == 0 ||
	    strcmp(session_short(s->id), given) == 0;
}

/* "a, b, c and 4 more": the ids that this stands for. */
static void
session_names(struct buf *b, const struct session_info *list, size_t n,
    const char *given)
{
	size_t i, shown = 0, left = 0;

	for (i = 0; i < n; i++) {
		if (!session_is_called(&list[i], given))
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

/* Since when it says what it says; "" if the clock was wrong then: nothing was
 * used later than now. */
static const char *
session_used(const struct session_info *s)
{
	const char *at = s->state.since != NULL ? s->state.since :
	    s->state.started != NULL ? s->state.started : "";
	char now[CLOCK_STAMP_SIZE];

	clock_stamp(now);
	return strcmp(at, now) > 0 ? "" : at;
}

static char *
session_latest(const char *root, struct err *e)
{
	struct session_info *list = NULL;
	char *id = NULL;
	size_t n, i, best = 0;

	if (session_list(root, SESSION_USED, &list, &n, e) < 0)
		return NULL;
	for (i = 1; i < n; i++)
		if (strcmp(session_used(&list[i]),
		    session_used(&list[best])) > 0)
			best = i;
	if (n > 0)
		id = xstrdup(list[best].id);
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
		if (session_is_called(&list[i], given)) {
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
