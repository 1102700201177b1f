/*
 * What a program looks for in /dev and would find there of the whole host.
 *
 * Terminals: the launcher, outside the walls, opens them, and knows which are
 * this call's (terminals.h). It is asked, and the caller waits for its answer;
 * we don't.
 *
 * Shared memory and semaphores: /dev/shm/NAME is a file of a folder in the
 * payload's tmp, which counts against its limit. We work by its descriptor, since
 * the payload can reach that folder, too; landlock restricts us as it does the
 * payload, so we can make, move and remove nothing there that it couldn't.
 *
 * inotify: it tells the names in folders that may not be listed, and landlock
 * doesn't know it. We make each instance, keep a copy, and add the watches,
 * beneath the roots. All instances have one inode; ours have a watch of their own
 * by which the kernel's list in /proc tells them apart. The payload can remove
 * that watch, and then add no more.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/broker.h"
#include "sandbox/init.h"
#include "sandbox/terminals.h"

#define DEVICE_SHARED	"/dev/shm/"
#define DEVICE_PATH	(sizeof(DEVICE_SHARED) + NAME_MAX)

/* The name of shared memory in /dev/shm/NAME; NULL for another path. */
static const char *
device_shared(const char *path)
{
	const char *name = path + sizeof(DEVICE_SHARED) - 1;

	return strncmp(path, DEVICE_SHARED, sizeof(DEVICE_SHARED) - 1) != 0 ||
	    *name == '\0' || strchr(name, '/') != NULL || fs_is_dots(name) ?
	    NULL : name;
}

/* The path in its memory; false: it isn't one that we serve. */
static bool
device_path(struct broker_call *c, uint64_t at, char path[DEVICE_PATH])
{
	return c->b->roots_len == BROKER_ROOTS &&
	    broker_read_string(c, at, path, DEVICE_PATH) == 0 &&
	    strncmp(path, "/dev/", 5) == 0;
}

/* ---- terminals ---- */

/* The launcher's queue is long enough for so many answers. */
#define TERMINAL_ASKED	64

/* Goes to the launcher and comes back. */
struct terminal_ask {
	uint64_t	 id;		/* of the call */
	int		 flags;
};

static int64_t
terminal_open(struct broker_call *c, int number, int flags)
{
	const struct terminal_ask ask = { .id = c->id, .flags = flags };

	if (c->b->asked == TERMINAL_ASKED)
		return -ENOSPC;
	if (report_send(c->b->launcher, 'Y', number, &ask, sizeof(ask), NULL,
	    0) < 0)
		return -EIO;
	c->b->asked++;
	return BROKER_LATER;
}

void
broker_terminal(struct broker *b, const void *p, size_t n, int fd, int error)
{
	struct terminal_ask ask;
	int64_t result = error != 0 ? -error : -EMFILE;

	if (n != sizeof(ask))
		return;
	memcpy(&ask, p, sizeof(ask));
	b->asked--;
	if (fd >= 0 && (ask.flags & O_NONBLOCK) != 0)
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (fd >= 0)
		result = broker_give(b, ask.id, fd,
		    (ask.flags & O_CLOEXEC) != 0);
	broker_answer(b, ask.id, result);
}

/* ---- shared memory ---- */

/* The broker's folder for shared memory, made when it is first needed;
 * -errno. */
static int
shared_folder(struct broker *b)
{
	AUTO_FREE char *path = NULL;

	if (b->shared != NULL)
		return b->shared_fd;
	path = fs_join(b->roots[BROKER_TMP].path, ".shm.XXXXXX");
	(void)umask(077);
	if (mkdtemp(path) == NULL)
		return -errno;
	b->shared_fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (b->shared_fd < 0)
		return -errno;
	b->shared = path;
	path = NULL;
	return b->shared_fd;
}

static int64_t
shared_open(struct broker_call *c, const char *name, int flags, mode_t mode)
{
	int how = flags & (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND);
	int dir = shared_folder(c->b);
	AUTO_CLOSE int fd = -1;
	struct stat st;

	if (dir < 0)
		return dir;
	if ((flags & O_CREAT) != 0)
		(void)umask(broker_umask(c));
	/* The payload may have made a FIFO. */
	fd = fs_open_beneath(dir, name, how | O_NONBLOCK, mode);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EACCES;
	(void)fcntl(fd, F_SETFL, flags & (O_APPEND | O_NONBLOCK));
	return broker_give(c->b, c->id, fd, (flags & O_CLOEXEC) != 0);
}

/* Both names are of shared memory, or it isn't ours. renameat2's flags; or -1:
 * a link. */
static int64_t
shared_move(struct broker_call *c, int flags)
{
	char a[DEVICE_PATH], b[DEVICE_PATH];
	const char *from, *to;
	int dir;
	long rc;

	if (!device_path(c, c->args[c->path], a) ||
	    (from = device_shared(a)) == NULL ||
	    !device_path(c, c->args[c->path == 0 ? 1 : 3], b) ||
	    (to = device_shared(b)) == NULL)
		return BROKER_CONTINUE;
	dir = shared_folder(c->b);
	if (dir < 0)
		return dir;
	rc = flags < 0 ? linkat(dir, from, dir, to, 0) :
	    syscall(SYS_renameat2, dir, from, dir, to, (unsigned)flags);
	return rc < 0 ? -errno : 0;
}

int64_t
broker_device_link(struct broker_call *c)
{
	return shared_move(c, -1);
}

int64_t
broker_device_rename(struct broker_call *c)
{
	return shared_move(c, 0);
}

int64_t
broker_device_renameat2(struct broker_call *c)
{
	unsigned flags = (unsigned)c->args[4];

	return flags > (RENAME_NOREPLACE | RENAME_EXCHANGE) ?
	    BROKER_CONTINUE : shared_move(c, (int)flags);
}

int64_t
broker_device_unlink(struct broker_call *c)
{
	char path[DEVICE_PATH];
	const char *name;
	int dir;

	/* unlinkat's flag for folders. */
	if ((c->path == 1 && c->args[2] != 0) ||
	    !device_path(c, c->args[c->path], path) ||
	    (name = device_shared(path)) == NULL)
		return BROKER_CONTINUE;
	dir = shared_folder(c->b);
	if (dir < 0)
		return dir;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

void
broker_end(struct broker *b)
{
	const char *name = b->shared == NULL ? NULL : strrchr(b->shared, '/');
	struct err e = ERR_INIT;

	if (name != NULL)
		(void)fs_remove_tree(b->roots[BROKER_TMP].fd, name + 1, &e);
}

int64_t
broker_device_open(struct broker_call *c)
{
	static const char pts[] = "/dev/pts/";
	char path[DEVICE_PATH];
	const char *name = path + sizeof(pts) - 1;
	int flags = (int)c->args[c->path + 1];

	/* O_TMPFILE has O_DIRECTORY, too. */
	if ((flags & (O_PATH | O_DIRECTORY)) != 0 ||
	    !device_path(c, c->args[c->path], path))
		return BROKER_CONTINUE;
	if (strcmp(path, "/dev/ptmx") == 0 || strcmp(path, "/dev/pts/ptmx") == 0)
		return terminal_open(c, TERMINALS_NEW, flags);
	if (strncmp(path, pts, sizeof(pts) - 1) == 0 && *name != '\0' &&
	    strlen(name) < 8 && name[strspn(name, "0123456789")] == '\0')
		return terminal_open(c, (int)strtol(name, NULL, 10), flags);
	name = device_shared(path);
	return name == NULL ? BROKER_CONTINUE : shared_open(c, name, flags,
	    (mode_t)c->args[c->path + 2]);
}

/* ---- inotify ---- */

#define WATCHERS	64	/* as on A: half of what a user may have */
#define WATCHERS_FEW	256	/* watches of one */
#define WATCHERS_MOST	16384
#define WATCHERS_LIST	(4u << 20)
#define WATCHERS_READ	64	/* lists, in one sweep */

/* The list of its watches: how many there are, and the first. 0 or -errno. */
static int
watcher_read(int list, struct broker_watcher *w)
{
	AUTO_BUF struct buf b = BUF_INIT(WATCHERS_LIST);
	const char *at;

	if (list < 0 || fs_read_all(list, &b) < 0)
		return errno == EFBIG ? -ENOSPC : -EINVAL;
	at = strstr(buf_str(&b), "inotify wd:1 ");
	if (at == NULL || sscanf(at, "inotify wd:1 ino:%lx sdev:%x", &w->ino,
	    &w->dev) != 2)
		return -EINVAL;
	for (w->added = 0, at = b.p; (at = strchr(at, '\n')) != NULL; at++)
		w->added++;
	return 0;
}

/* Which of our instances is this? */
static int
watcher_find(struct broker *b, int list, struct broker_watcher **w)
{
	struct broker_watcher is;
	int rc = watcher_read(list, &is);
	size_t i;

	for (i = 0; i < b->watchers_len && rc == 0; i++) {
		*w = &b->watchers[i];
		if ((*w)->fd >= 0 && (*w)->ino == is.ino && (*w)->dev == is.dev) {
			(*w)->added = is.added;
			return 0;
		}
	}
	return rc < 0 ? rc : -EINVAL;
}

static void
watcher_mark(struct broker *b, pid_t pid, const char *fd, const char *link)
{
	AUTO_CLOSE int list = -1;
	struct broker_watcher *w;
	char path[64];

	if (strcmp(link, "anon_inode:inotify") != 0 ||
	    ++b->watchers_read > WATCHERS_READ)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	list = open(path, O_RDONLY | O_CLOEXEC);
	if (watcher_find(b, list, &w) == 0)
		w->used = true;
}

/* Forget instances that nobody has open: those that the kernel has removed from
 * our epoll. A look at the processes isn't enough: a descriptor can be on its
 * way between two, or its instance may have lost the watch that identifies
 * it. */
static void
watcher_forget(struct broker *b)
{
	AUTO_BUF struct buf list = BUF_INIT(WATCHERS_LIST);
	AUTO_CLOSE int fd = -1;
	char text[64];
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", b->alive);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fs_read_all(fd, &list) < 0)
		return;
	MEM_EACH(b, watchers, watcher) {
		(void)snprintf(text, sizeof(text), "data: %16llx ",
		    (unsigned long long)watcher->serial);
		if (strstr(buf_str(&list), text) != NULL)
			b->watchers[n++] = *watcher;
	}
	b->watchers_len = n;
}

/* Close our descriptors of instances that no process seems to have open. */
static void
watcher_sweep(struct broker *b)
{
	MEM_EACH(b, watchers, watcher)
		watcher->used = false;
	b->watchers_read = 0;
	if (b->watchers_len > 0 && broker_visit_fds(b, watcher_mark) &&
	    b->watchers_read <= WATCHERS_READ)
		MEM_EACH(b, watchers, it)
			if (!it->used) {
				fs_close(it->fd);
				it->fd = -1;
			}
	watcher_forget(b);
}

/* Add a first watch, on a socket that is closed at once: no event ever comes,
 * and its inode, which identifies the instance, lasts as long as the watch. */
static int
watcher_know(struct broker_watcher *w)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[BROKER_NAME], path[64];
	AUTO_CLOSE int list = -1;

	if (fd < 0 || inotify_add_watch(w->fd, broker_name(fd, name),
	    IN_MOVE_SELF) != 1)
		return -ENOSPC;
	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", w->fd);
	list = open(path, O_RDONLY | O_CLOEXEC);
	return watcher_read(list, w);
}

static int64_t
watcher_new(struct broker_call *c, int flags)
{
	struct broker *b = c->b;
	struct broker_watcher w = { .serial = ++b->watchers_made };
	struct epoll_event none = { .data.u64 = w.serial };
	int64_t rc;

	if ((flags & ~(IN_NONBLOCK | IN_CLOEXEC)) != 0)
		return -EINVAL;
	watcher_sweep(b);
	if (b->watchers_len == WATCHERS || b->roots_len != BROKER_ROOTS)
		return -EMFILE;
	w.fd = inotify_init1(flags | IN_CLOEXEC);
	if (w.fd < 0)
		return -errno;
	rc = epoll_ctl(b->alive, EPOLL_CTL_ADD, w.fd, &none) < 0 ? -errno :
	    watcher_know(&w);
	if (rc == 0)
		rc = broker_give(b, c->id, w.fd, (flags & IN_CLOEXEC) != 0);
	if (rc < 0) {
		close(w.fd);
		return rc;
	}
	/* Nothing else is there now. */
	MEM_EACH(b, watchers, watcher)
		if (watcher->at == (int)rc)
			watcher->holder = 0;
	*GROW_ADD(b->watchers, b->watchers_len) = w;
	return rc;
}

int64_t
broker_inotify_init(struct broker_call *c)
{
	return watcher_new(c, 0);
}

int64_t
broker_inotify_init1(struct broker_call *c)
{
	return watcher_new(c, (int)c->args[0]);
}

/* Find the instance of the caller's descriptor. Reading a long list of watches
 * is slow, so an instance with many watches is expected at the number where it
 * was last. Only a program that puts another of its instances there would
 * notice. */
static int
watcher_of(struct broker_call *c, int fd, struct broker_watcher **w)
{
	AUTO_CLOSE int list = -1;
	struct stat st;
	char name[64];
	int rc;

	(void)snprintf(name, sizeof(name), "/proc/%d", (int)c->pid);
	if (stat(name, &st) < 0)
		return -EACCES;
	MEM_EACH(c->b, watchers, watcher) {
		*w = watcher;
		if ((*w)->fd >= 0 && (*w)->at == fd &&
		    (*w)->holder == st.st_ino &&
		    (*w)->added > WATCHERS_FEW && (*w)->added < WATCHERS_MOST)
			return 0;
	}
	(void)snprintf(name, sizeof(name), "fdinfo/%d", fd);
	list = broker_open(c, name, O_RDONLY);
	if (list < 0)
		return list == -ENOENT ? -EBADF : -EACCES;
	rc = watcher_find(c->b, list, w);
	if (rc < 0)
		return rc;
	(*w)->holder = st.st_ino;
	(*w)->at = fd;
	return 0;
}

int64_t
broker_inotify_add_watch(struct broker_call *c)
{
	uint32_t mask = (uint32_t)c->args[2];
	struct broker_watcher *w;
	char name[BROKER_NAME];
	AUTO_CLOSE int file = -1;
	int wd = watcher_of(c, (int)c->args[0], &w);

	if (wd < 0)
		return wd;
	if (w->added >= WATCHERS_MOST)
		return -ENOSPC;
	w->added++;
	file = broker_path(c, AT_FDCWD, c->args[1],
	    (mask & IN_DONT_FOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0);
	if (file < 0)
		return file;
	/* Ours is a link to it. */
	wd = inotify_add_watch(w->fd, broker_name(file, name),
	    mask & ~(uint32_t)IN_DONT_FOLLOW);
	return wd < 0 ? -errno : wd;
}
