/*
 * session-watch: all sessions, and what becomes of them, by inotify: of a folder
 * that a core writes its state to, of its lock when the core is gone, of what
 * keys mark as seen, and of folders that come and go.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "journal/session.h"

#define WATCH_STEP	32	/* sessions read in one step */
/* After a change: others follow it, and a core that is gone has closed its lock
 * before it gives it up. */
#define WATCH_QUIET_NS	(30 * 1000 * 1000)
/* How often a folder is looked at that the kernel gives no watch for. */
#define WATCH_AGAIN_S	3

struct watched {
	struct session_info info;
	int	 wd;		/* -1: none */
	bool	 stale;		/* to be read (again) */
};

struct session_watch {
	char	*top;
	int	 dirfd, notify, timer, poll;
	struct watched *list;
	size_t	 list_len, stale, at;	/* at: the next one to look at */
	unsigned changes;
	bool	 armed;		/* the timer runs */
	int	 top_wd;	/* of the folder of all; -1: none */
	size_t	 unwatched;	/* sessions without one */
};

static void
watch_add(struct session_watch *w, const char *id)
{
	AUTO_FREE char *path = fs_join(w->top, id);

	if (id[0] == '.')
		return;
	MEM_EACH(w, list, x)
		if (strcmp(x->info.id, id) == 0)
			return;
	GROW(w->list, w->list_len);
	w->list[w->list_len] = (struct watched){ .info.id = xstrdup(id),
	    .wd = inotify_add_watch(w->notify, path, IN_CLOSE_WRITE |
	    IN_MOVED_TO | IN_ONLYDIR), .stale = true };
	w->unwatched += w->list[w->list_len++].wd < 0;
	w->stale++;
}

static void
watch_add_all(struct session_watch *w)
{
	AUTO_DIR DIR *d = fs_opendir(w->top);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		watch_add(w, de->d_name);
}

/* What has no watch may have changed. */
static void
watch_look_again(struct session_watch *w)
{
	MEM_EACH(w, list, x)
		if (x->wd < 0 && !x->stale) {
			x->stale = true;
			w->stale++;
		}
	if (w->top_wd < 0)
		watch_add_all(w);
}

static void
watch_arm(struct session_watch *w, time_t s, long ns)
{
	struct itimerspec in = { .it_value = { s, ns } };

	w->armed = timerfd_settime(w->timer, 0, &in, NULL) == 0;
}

static void
watch_remove(struct session_watch *w, struct watched *x)
{
	if (x->wd >= 0)
		(void)inotify_rm_watch(w->notify, x->wd);
	w->stale -= x->stale;
	w->unwatched -= x->wd < 0;
	session_info_release(&x->info);
	*x = w->list[--w->list_len];
	w->changes++;
}

struct session_watch *
session_watch_new(void)
{
	struct session_watch *w = xcalloc(1, sizeof(*w));
	struct epoll_event in = { .events = EPOLLIN };

	w->top = session_root_dir(NULL);
	w->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	w->poll = epoll_create1(EPOLL_CLOEXEC);
	(void)epoll_ctl(w->poll, EPOLL_CTL_ADD, w->notify, &in);
	(void)epoll_ctl(w->poll, EPOLL_CTL_ADD, w->timer, &in);
	w->dirfd = -1;
	if (w->top == NULL || fs_mkdirs(w->top, 0700, NULL) < 0)
		return w;
	w->top_wd = inotify_add_watch(w->notify, w->top, IN_CREATE |
	    IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
	w->dirfd = open(w->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	watch_add_all(w);
	return w;
}

int
session_watch_fd(const struct session_watch *w)
{
	return w->poll;
}

unsigned
session_watch_changes(const struct session_watch *w)
{
	return w->changes;
}

static void
watch_event(struct session_watch *w, const struct inotify_event *ev)
{
	MEM_EACH(w, list, x) {
		if ((ev->mask & IN_Q_OVERFLOW) == 0 && x->wd != ev->wd)
			continue;
		w->stale += !x->stale;
		x->stale = true;
	}
	if ((ev->mask & IN_Q_OVERFLOW) != 0)
		watch_add_all(w);
	if ((ev->mask & IN_ISDIR) == 0 || ev->len == 0)
		return;
	if ((ev->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
		watch_add(w, ev->name);
		return;
	}
	MEM_EACH(w, list, x)
		if (strcmp(x->info.id, ev->name) == 0) {
			watch_remove(w, x);
			return;
		}
}

static void
watch_events(struct session_watch *w)
{
	char chunk[8192] __attribute__((aligned(8)));
	size_t was = w->stale;
	ssize_t n;
	char *p;

	while ((n = read(w->notify, chunk, sizeof(chunk))) > 0)
		for (p = chunk; p < chunk + n; p += sizeof(struct
		    inotify_event) + ((struct inotify_event *)(void *)p)->len)
			watch_event(w, (void *)p);
	if (w->stale > was && was == 0)
		watch_arm(w, 0, WATCH_QUIET_NS);
}

bool
session_watch_step(struct session_watch *w)
{
	size_t left = WATCH_STEP;
	uint64_t times;

	watch_events(w);
	if (w->armed && read(w->timer, &times, sizeof(times)) !=
	    (ssize_t)sizeof(times))
		return false;
	if (w->armed && w->stale == 0)
		watch_look_again(w);
	w->armed = false;
	while (w->stale > 0 && left-- > 0) {
		struct session_info one;
		struct watched *x;

		do
			w->at = w->at + 1 < w->list_len ? w->at + 1 : 0;
		while (!w->list[w->at].stale);
		x = &w->list[w->at];
		x->stale = false;
		w->stale--;
		w->changes++;
		if (!session_read(w->dirfd, x->info.id, &one)) {
			watch_remove(w, x);
			continue;
		}
		session_info_release(&x->info);
		x->info = one;
	}
	if (w->stale == 0 && (w->top_wd < 0 || w->unwatched > 0))
		watch_arm(w, WATCH_AGAIN_S, 0);
	return w->stale > 0;
}

/* Since when; ids of the same time by age. */
static int
watch_compare(const void *a, const void *b)
{
	const struct session_info *x = *(const struct session_info *const *)a;
	const struct session_info *y = *(const struct session_info *const *)b;
	int order = strcmp(x->state.since == NULL ? "" : x->state.since,
	    y->state.since == NULL ? "" : y->state.since);

	return order != 0 ? order : strcmp(x->id, y->id);
}

const struct session_info **
session_watch_waiting(const struct session_watch *w, size_t *n)
{
	const struct session_info **v = xcalloc(w->list_len + 1,
	    sizeof(const struct session_info *));

	*n = 0;
	MEM_EACH(w, list, x)
		if (session_wants(&x->info) != SESSION_NOTHING)
			v[(*n)++] = &x->info;
	qsort(v, *n, sizeof(const struct session_info *), watch_compare);
	return v;
}

const struct session_info *
session_watch_of(const struct session_watch *w, const char *root,
    const char *own)
{
	const struct session_info *best = NULL;
	bool best_open = false;

	MEM_EACH(w, list, x) {
		const struct session_info *s = &x->info;
		bool open = s->alive && s->state.mode != NULL &&
		    strcmp(s->state.mode, "interactive") == 0;

		if (s->state.root == NULL || strcmp(s->state.root, root) != 0 ||
		    strcmp(s->id, own) == 0 || (s->alive && !open) ||
		    s->state.task == NULL)
			continue;
		/* Ids begin with their time. */
		if (best == NULL || open > best_open || (open == best_open &&
		    strcmp(s->id, best->id) > 0)) {
			best = s;
			best_open = open;
		}
	}
	return best;
}

void
session_watch_free(struct session_watch *w)
{
	if (w == NULL)
		return;
	MEM_EACH(w, list, x)
		session_info_release(&x->info);
	fs_close(w->dirfd);
	fs_close(w->notify);
	fs_close(w->timer);
	fs_close(w->poll);
	FREE_ALL(w->list, w->top, w);
}
