/*
 * The list of sessions: what the first and the last lines of a journal say of
 * its session, and which one a user means. A folder whose first line can't be
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
#define SESSION_TASK_MAX 200
/* How much of the end it searches for agent_end. */
#define SESSION_TAIL_MAX ((off_t)256 << 10)
/* One line may be longer: an apply of many files. */
#define SESSION_LAST_MAX ((off_t)64 << 20)

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
session_first_line(int dirfd, const char *id, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(SESSION_FIRST_MAX);
	AUTO_FREE char *path = fs_join(id, "journal.jsonl");
	AUTO_CLOSE int folder = -1;
	char chunk[4096];
	char *nl = NULL;
	ssize_t n;
	AUTO_CLOSE int fd =
	    openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	int saved = errno;

	while (fd >= 0 && nl == NULL) {
		n = fs_read(fd, chunk, sizeof(chunk));
		if (n <= 0 || buf_add(&b, chunk, (size_t)n) < 0)
			break;
		nl = memchr(b.p + b.len - (size_t)n, '\n', (size_t)n);
	}
	if (nl != NULL)
		return json_parse(b.p, (size_t)(nl - b.p), JSON_OWN, e);
	folder = openat(dirfd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errno = saved;
	if (folder >= 0 && session_never_began(folder))
		err_set(e, "%s: " SESSION_NEVER_BEGAN, id);
	else if (fd < 0)
		err_sys(e, "can't open %s", path);
	else
		err_set(e, "%s has no first line", path);
	return NULL;
}

enum session_state { SESSION_UNKNOWN, SESSION_ENDED, SESSION_WAITS,
	SESSION_WORKS, SESSION_APPLIES };

/* What later lines said. */
struct session_later {
	bool	 decided;	/* the offer is decided */
	bool	 ended;		/* the user ended the session */
	bool	 ran;		/* the user's command came to its end */
};

/* The session's state according to a line. */
static enum session_state
session_line_state(const char *line, size_t n, struct session_later *later)
{
	AUTO_JSON cJSON *o = json_parse(line, n, JSON_OWN, NULL);
	enum event_type type = event_type(o);
	enum session_state says = type == EVENT_USER_MESSAGE ||
	    type == EVENT_TURN_START || type == EVENT_ASSISTANT_MESSAGE ||
	    type == EVENT_TOOL_CALL || type == EVENT_TOOL_RESULT ||
	    type == EVENT_ANSWER || type == EVENT_INTERRUPT ?
	    SESSION_WORKS : SESSION_UNKNOWN;
	bool own = json_is(o, "by", "user") && json_is(o, "name", "bash");
	bool offers;

	/* A command of the user's is no work on a task. */
	if (own && type == EVENT_TOOL_RESULT) {
		later->ran = true;
		says = SESSION_UNKNOWN;
	} else if (own && type == EVENT_TOOL_CALL && later->ran)
		says = SESSION_UNKNOWN;
	else if (type == EVENT_APPLY_BEGIN) {
		if (!later->decided)
			says = SESSION_APPLIES;
	} else if (type == EVENT_AGENT_END) {
		offers = cJSON_GetArraySize(json_array(o, "proposed")) > 0;
		says = (offers && !later->decided) || (!offers &&
		    json_is(o, "outcome", "waiting")) ?
		    SESSION_WAITS : SESSION_ENDED;
	} else if (type == EVENT_PROPOSAL) {
		offers = cJSON_GetArraySize(json_array(o, "files")) > 0;
		if (offers && !later->decided)
			says = SESSION_WAITS;
		later->decided = true;
	} else if (type == EVENT_DECISION ||
	    type == EVENT_APPLIED) {
		if (!later->decided)
			says = SESSION_WORKS;
		later->decided = true;
	} else if (type == EVENT_NOTE)
		later->ended = later->ended || json_bool(o, "ended", false);
	else if (type == EVENT_PLAN)
		says = json_is(o, "status", "proposed") ?
		    SESSION_WAITS : SESSION_WORKS;
	else if (type == EVENT_BUDGET)
		says = json_str(o, "action") == NULL ? SESSION_WAITS :
		    SESSION_WORKS;
	else if (type == EVENT_ASK)
		says = SESSION_WAITS;
	return says;
}

/* From the last `size` bytes of a journal of `all`. */
static enum session_state
session_tail_state(int fd, off_t all, off_t size,
    struct session_later *later)
{
	AUTO_FREE char *text = xmalloc((size_t)size + 1);
	char *end, *line;
	ssize_t n = pread(fd, text, (size_t)size, all - size);
	enum session_state says = SESSION_UNKNOWN;

	*later = (struct session_later){ .ended = false };
	/* From the last line back; one that is cut in two is no JSON. */
	for (; says == SESSION_UNKNOWN && n > 0; n = line - text) {
		end = text + n;
		if (end[-1] == '\n')
			end--;
		line = memrchr(text, '\n', (size_t)(end - text));
		line = line == NULL ? text : line + 1;
		says = session_line_state(line, (size_t)(end - line),
		    later);
	}
	return says;
}

/* The state at its last line; unknown if that is too far back for a list. */
static enum session_state
session_state(int fd, off_t all, bool *ended)
{
	enum session_state says = SESSION_UNKNOWN;
	struct session_later later = { .ended = false };
	off_t size = SESSION_TAIL_MAX;

	for (; says == SESSION_UNKNOWN && size <= SESSION_LAST_MAX; size *= 4) {
		says = session_tail_state(fd, all, size < all ? size : all,
		    &later);
		if (size >= all)
			break;
	}
	*ended = later.ended;
	/* Only such commands: nothing else was done, but it isn't empty. */
	return says == SESSION_UNKNOWN && later.ran ? SESSION_ENDED : says;
}

static char *
session_task(const char *s)
{
	return s == NULL ? NULL : utf8_cut_dup(s, SESSION_TASK_MAX);
}

/* The first message, or the command of `try`, if there was no task. */
static char *
session_first_words(int fd)
{
	char *task = NULL, *line, *nl;
	AUTO_BUF struct buf b = BUF_INIT(SESSION_TAIL_MAX);

	/* A longer file fills the buffer; its start is enough. */
	(void)fs_read_all(fd, &b);
	for (line = b.p; task == NULL && line != NULL && line < b.p + b.len &&
	    (nl = memchr(line, '\n', (size_t)(b.p + b.len - line))) != NULL;
	    line = nl + 1) {
		AUTO_JSON cJSON *o =
		    json_parse(line, (size_t)(nl - line), JSON_OWN, NULL);

		if (event_type(o) == EVENT_USER_MESSAGE &&
		    json_is(o, "by", "user"))
			task = session_task(json_str(o, "text"));
		else if (event_type(o) == EVENT_TOOL_CALL &&
		    json_is(o, "name", "argv"))
			task = session_task(json_str(json_get(o, "args"),
			    "command"));
	}
	return task;
}

/* The message that began the latest task, if it isn't the first one's and near
 * the journal's end; *outcome is how it ended, or NULL. */
static char *
session_latest_task(int fd, off_t all, char **outcome)
{
	AUTO_FREE char *text = xmalloc((size_t)SESSION_TAIL_MAX);
	char *task = NULL, *line, *nl, *end;
	bool ended = false;
	ssize_t n = pread(fd, text, (size_t)SESSION_TAIL_MAX, all <
	    SESSION_TAIL_MAX ? 0 : all - SESSION_TAIL_MAX);

	end = text + (n < 0 ? 0 : n);
	for (line = text; (nl = memchr(line, '\n', (size_t)(end - line))) != NULL;
	    line = nl + 1) {
		size_t len = (size_t)(nl - line);
		AUTO_JSON cJSON *o = NULL;

		/* Few lines are worth parsing. */
		if (memmem(line, len, "\"agent_end\"", 11) == NULL &&
		    ((!ended && *outcome == NULL) ||
		    memmem(line, len, "\"user_message\"", 14) == NULL))
			continue;
		o = json_parse(line, len, JSON_OWN, NULL);
		if (event_type(o) == EVENT_AGENT_END)
			xstrset(outcome, json_str(o, "outcome"));
		else if (event_type(o) == EVENT_USER_MESSAGE &&
		    json_is(o, "by", "user"))
			FREE_NULL(*outcome);
		if (event_type(o) == EVENT_AGENT_END)
			/* A message continues one that stopped. */
			ended = !json_is(o, "outcome", "waiting") &&
			    !json_bool(o, "stopped", json_is(o, "outcome",
			    "interrupted"));
		else if (ended && event_type(o) == EVENT_USER_MESSAGE &&
		    json_is(o, "by", "user")) {
			free(task);
			task = session_task(json_str(o, "text"));
			ended = false;
		}
	}
	return task;
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
}

/* Did a screen keep text that wasn't sent? (ui/panes/draft.c) */
static bool
session_has_draft(int dirfd, const char *folder)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(dirfd, folder, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC));
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, "typed-", 6) == 0)
			return true;
	return false;
}

/* All but the id, which it has. `folder` is relative to the descriptor. */
static void
session_info_read(int dirfd, const char *folder, const cJSON *first,
    struct session_info *s)
{
	AUTO_FREE char *path = fs_join(folder, "journal.jsonl");
	AUTO_CLOSE int fd =
	    openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum session_state state;
	struct stat st = { 0 };

	/* Without the file it is empty. */
	(void)fstat(fd, &st);
	*s = (struct session_info){ .id = s->id };
	JSON_READ(s, first, session_fields);
	s->task = session_task(json_str(first, "task"));
	s->alive = session_is_alive(s->id);
	state = session_state(fd, st.st_size, &s->ended);
	s->waits = state == SESSION_WAITS;
	s->applying = state == SESSION_APPLIES;
	s->works = s->applying || state == SESSION_WORKS;
	if (s->task == NULL)
		s->task = session_first_words(fd);
	s->name = xstrdup_null(json_str(json_get(first, "settings"), "name"));
	s->latest = session_latest_task(fd, st.st_size, &s->outcome);
	s->empty = s->root != NULL && !s->alive && s->task == NULL &&
	    state == SESSION_UNKNOWN && !session_has_draft(dirfd, folder);
}

bool
session_look(const char *id, struct session_info *s)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	AUTO_JSON cJSON *first = dir == NULL ? NULL :
	    session_first_line(AT_FDCWD, dir, NULL);

	memset(s, 0, sizeof(*s));
	if (first == NULL)
		return false;
	s->id = xstrdup(id);
	session_info_read(AT_FDCWD, dir, first, s);
	return true;
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
	struct session_info *list = NULL, *s;
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
		AUTO_JSON cJSON *first = de->d_name[0] == '.' ? NULL :
		    session_first_line(dirfd(d), de->d_name, NULL);

		if (de->d_name[0] == '.' || (root != NULL &&
		    !json_is(first, "root", root)))
			continue;
		GROW(list, len);
		s = &list[len++];
		s->id = xstrdup(de->d_name);
		session_info_read(dirfd(d), de->d_name, first, s);
		if (which != SESSION_ALL && s->empty)
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
	AUTO_JSON cJSON *first = NULL;
	AUTO(session_info_release) struct session_info s = { 0 };
	bool alive = session_is_alive(id);

	if (!alive && r->last != NULL)
		return false;
	first = session_first_line(AT_FDCWD, dir, NULL);
	if (!json_is(first, "root", r->root))
		return false;
	if (alive)
		return json_is(first, "mode", "interactive");
	if (session_look(id, &s) && s.task != NULL)
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
