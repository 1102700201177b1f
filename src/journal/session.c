/*
 * Session folders: where they are, who may write there, and the lock. Never
 * follows a name that could lead out of the state folder.
 */
#include "config.h"

#include "journal/session.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define SESSION_LOCK_WAIT_MS	2000
#define SESSION_LOCK_PAUSE_MS	10

char *
session_state_dir(struct err *e)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	struct passwd *pw;

	/* XDG: a relative path counts as unset. */
	if (xdg != NULL && xdg[0] == '/')
		return fs_join(xdg, "assent");
	if (home == NULL || home[0] != '/') {
		pw = getpwuid(getuid());
		home = pw == NULL ? NULL : pw->pw_dir;
	}
	if (home == NULL || home[0] != '/') {
		err_set(e, "no home directory for the sessions: set HOME or "
		    "XDG_STATE_HOME");
		return NULL;
	}
	return fs_join(home, ".local/state/assent");
}

char *
session_root_dir(struct err *e)
{
	AUTO_FREE char *state = session_state_dir(e);

	if (state == NULL)
		return NULL;
	return fs_join(state, "sessions");
}

char *
session_dir(const char *id, struct err *e)
{
	AUTO_FREE char *root = NULL;

	if (id[0] == '\0' || id[0] == '.' || strchr(id, '/') != NULL) {
		err_set(e, "\"%s\" isn't a session name", id);
		return NULL;
	}
	if ((root = session_root_dir(e)) == NULL)
		return NULL;
	return fs_join(root, id);
}

#define SESSION_FILE_MAX ((size_t)16 << 20)

cJSON *
session_file_read(const char *state_dir, const char *name)
{
	AUTO_FREE char *path = fs_join(state_dir, name);
	AUTO_BUF struct buf b = BUF_INIT(SESSION_FILE_MAX);
	cJSON *o = fs_read_file(AT_FDCWD, path, &b, NULL) < 0 ? NULL :
	    json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, NULL);

	if (cJSON_IsObject(o))
		return o;
	cJSON_Delete(o);
	return cJSON_CreateObject();
}

int
session_file_write(const char *state_dir, const char *name, const cJSON *o,
    struct err *e)
{
	AUTO_CLOSE int dir = open(state_dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_FREE char *text = json_print(o);

	return dir < 0 ? err_sys(e, "cannot open %s", state_dir) :
	    fs_replace(dir, name, text, strlen(text), 0600, e);
}

int
session_marks(const char *name, bool make)
{
	AUTO_FREE char *state = session_state_dir(NULL);
	AUTO_FREE char *path = state == NULL ? NULL : fs_join(state, name);

	if (path == NULL || (make && mkdir(path, 0700) < 0 && errno != EEXIST))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

void
session_mark(const char *name, const char *id, bool on)
{
	AUTO_CLOSE int fd = session_marks(name, on);

	if (fd >= 0 && on)
		fs_close(openat(fd, id, O_WRONLY | O_CREAT | O_CLOEXEC |
		    O_NOFOLLOW, 0600));
	else if (fd >= 0)
		(void)unlinkat(fd, id, 0);
}

static int
session_check_path(const char *dir, const char *name, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, name);
	struct err why = ERR_INIT;

	if (fs_check_own(path, &why) == 0)
		return 0;
	return err_set(e, "sessions: %s. Or set XDG_STATE_HOME to a folder of "
	    "your own", why.text);
}

int
session_check(const char *id, struct err *e)
{
	/* What is in these decides, too. */
	static const char *const own[] = { "", "sessions", "history",
		SESSION_MCP_FILE, "steps", "commits", "applying" };
	AUTO_FREE char *state = session_state_dir(e), *dir = NULL;
	size_t i;

	if (state == NULL)
		return -1;
	for (i = 0; i < MEM_COUNT(own); i++)
		if (session_check_path(state, own[i], e) < 0)
			return -1;
	if (id == NULL)
		return 0;
	if ((dir = session_dir(id, e)) == NULL ||
	    session_check_path(dir, "", e) < 0)
		return -1;
	return session_check_path(dir, "journal.jsonl", e);
}

static char *
session_new_id(void)
{
	unsigned char r[2] = { 0, 0 };
	char stamp[sizeof("20261120-083206")];
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	/* UTC, so that names sort by age in every season. */
	gmtime_r(&ts.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r)) {
		r[0] = (unsigned char)(ts.tv_nsec >> 8);
		r[1] = (unsigned char)getpid();
	}
	return xasprintf("%s-%02x%02x", stamp, r[0], r[1]);
}

int
session_make_dir(char **id, char **dir, bool hidden, struct err *e)
{
	AUTO_FREE char *root = session_root_dir(e);
	int rc = root == NULL || session_check(NULL, e) < 0 ? -1 :
	    fs_mkdirs(root, 0700, e);

	*id = *dir = NULL;
	while (rc == 0) {
		FREE_SET(*id, session_new_id());
		FREE_SET(*dir, session_dir(*id, e));
		if (*dir == NULL)
			return -1;
		if (hidden && access(*dir, F_OK) == 0)
			continue;
		if (hidden)
			FREE_SET(*dir, xasprintf("%s/.%s", root, *id));
		if (mkdir(*dir, 0700) == 0)
			break;
		if (errno != EEXIST)
			return err_sys(e, "cannot create the folder %s", *dir);
	}
	return rc;
}

int
session_show_dir(const char *id, const char *dir, struct err *e)
{
	AUTO_FREE char *root = session_root_dir(e);
	AUTO_FREE char *to = root == NULL ? NULL : fs_join(root, id);

	/* Another session has the same id by a chance of 1 in 65536 each
	 * second. */
	if (to == NULL || (access(to, F_OK) == 0 && (errno = EEXIST) != 0) ||
	    rename(dir, to) < 0 || fs_fsync_dir(AT_FDCWD, root) < 0)
		return to == NULL ? -1 : err_sys(e, "cannot create the folder "
		    "%s", to);
	return 0;
}

static struct flock
session_whole_lock(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/* A core that ends drops its clients before the system releases its lock: wait
 * a moment for that, and try again. False if it took too long. */
static bool
session_lock_wait(int *rounds)
{
	const struct timespec pause = { 0, SESSION_LOCK_PAUSE_MS * 1000000L };

	if (++*rounds > SESSION_LOCK_WAIT_MS / SESSION_LOCK_PAUSE_MS)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int
session_lock_take(int fd)
{
	struct flock l = session_whole_lock();
	int rounds = 0;

	while (fcntl(fd, F_OFD_SETLK, &l) < 0)
		if ((errno != EAGAIN && errno != EACCES) ||
		    !session_lock_wait(&rounds))
			return -1;
	return 0;
}

int
session_lock(int dirfd, const char *dir, struct err *e)
{
	char pid[32];
	ssize_t n;
	int fd;

	fd = openat(dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return err_sys(e, "cannot open %s/lock", dir);
	if (session_lock_take(fd) < 0) {
		if (errno != EAGAIN && errno != EACCES) {
			err_sys(e, "cannot lock %s", dir);
		} else {
			n = pread(fd, pid, sizeof(pid) - 1, 0);
			pid[n < 0 ? 0 : n] = '\0';
			pid[strcspn(pid, "\n")] = '\0';
			err_set(e, "the session in %s is already running"
			    "%s%s; attach to it, or end it", dir,
			    pid[0] == '\0' ? "" : ", process ", pid);
		}
		close(fd);
		return -1;
	}
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* Only for the message above: a full disk may leave it empty. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, pid, strlen(pid), 0);
	return fd;
}

bool
session_is_alive(const char *id)
{
	struct flock l = session_whole_lock();
	AUTO_FREE char *dir = session_dir(id, NULL);
	AUTO_FREE char *path = dir == NULL ? NULL : fs_join(dir, "lock");
	AUTO_CLOSE int fd = path == NULL ? -1 :
	    open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &l) == 0 &&
	    l.l_type != F_UNLCK;
}

bool
session_ends(const char *id)
{
	int rounds = 0;

	while (session_is_alive(id))
		if (!session_lock_wait(&rounds))
			return false;
	return true;
}

/*
 * The session's socket. A unix socket's address holds 107 bytes and paths of
 * state folders are often longer, so it is reached as /proc/self/fd/N/sock.
 */

#define SOCK_SECRET "secret"
#define SOCK_BACKLOG 16
#define SOCK_STEPS 256		/* levels of a process's ancestors */
#define SOCK_TRIES 3
#define SOCK_WAIT_S 10		/* wait for a place in a full backlog */

/* A socket and its address; -1 or the socket. The caller closes *dirfd. */
static int
sock_open(const char *dir, int *dirfd, struct sockaddr_un *sa, struct err *e)
{
	int fd;

	*dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return err_sys(e, "cannot open the session's folder %s", dir);
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(sa->sun_path, sizeof(sa->sun_path),
	    "/proc/self/fd/%d/sock", *dirfd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0 ? fd : err_sys(e, "cannot create a socket");
}

static int
sock_secret_make(const char *dir, char secret[SESSION_SECRET_SIZE],
    struct err *e)
{
	unsigned char random[(SESSION_SECRET_SIZE - 1) / 2];
	AUTO_FREE char *path = fs_join(dir, SOCK_SECRET);
	size_t i;
	AUTO_CLOSE int fd = -1;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, "cannot create the session's secret");
	for (i = 0; i < sizeof(random); i++)
		(void)!snprintf(secret + 2 * i, 3, "%02x", random[i]);
	/* Never write into a file that somebody has open. */
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "cannot replace %s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    fs_write_all(fd, secret, SESSION_SECRET_SIZE - 1) < 0)
		return err_sys(e, "cannot write %s", path);
	return 0;
}

static int
sock_secret_read(const char *dir, char secret[SESSION_SECRET_SIZE],
    struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, SOCK_SECRET);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, secret, SESSION_SECRET_SIZE - 1);

	secret[n < 0 ? 0 : n] = '\0';
	return n < 0 ? err_sys(e, "cannot read %s", path) : 0;
}

static bool
sock_peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	    n == sizeof(peer) && peer.uid == geteuid();
}

int
session_connect(const char *id, char secret[SESSION_SECRET_SIZE],
    struct err *e)
{
	static const struct timeval wait = { .tv_sec = SOCK_WAIT_S };
	struct sockaddr_un sa;
	AUTO_FREE char *dir =
	    session_check(id, e) < 0 ? NULL : session_dir(id, e);
	AUTO_CLOSE int dirfd = -1;
	int fd = -1, rc = -1;

	if (dir == NULL || (fd = sock_open(dir, &dirfd, &sa, e)) < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	do {
		rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	} while (rc < 0 && errno == EINTR);
	if (rc < 0 && (errno == ENOENT || errno == ECONNREFUSED))
		err_set(e, "session %s isn't running; continue it with assent "
		    "resume %s", id, id);
	else if (rc < 0 && errno == EAGAIN)
		err_set(e, "session %s doesn't answer; other clients are "
		    "waiting for it too", id);
	else if (rc < 0)
		err_sys(e, "cannot reach session %s", id);
	else if (!sock_peer_is_us(fd))
		rc = err_set(e, "the socket of session %s belongs to another "
		    "user", id);
	else
		/* The core that listens wrote it before. */
		rc = sock_secret_read(dir, secret, e);
	if (rc == 0)
		return fd;
	close(fd);
	return -1;
}

int
session_listen(const char *dir, char secret[SESSION_SECRET_SIZE], struct err *e)
{
	struct sockaddr_un sa;
	struct stat st;
	AUTO_CLOSE int dirfd = -1;
	int fd;

	if (sock_secret_make(dir, secret, e) < 0 ||
	    (fd = sock_open(dir, &dirfd, &sa, e)) < 0)
		return -1;
	/* No living core owns what is there. */
	if (fstatat(dirfd, "sock", &st, AT_SYMLINK_NOFOLLOW) == 0)
		(void)unlinkat(dirfd, "sock", S_ISDIR(st.st_mode) ?
		    AT_REMOVEDIR : 0);
	/* On Linux the socket file takes its mode from here. */
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    fchmodat(dirfd, "sock", 0600, 0) < 0 ||
	    listen(fd, SOCK_BACKLOG) < 0) {
		err_sys(e, "cannot listen on %s/sock", dir);
		close(fd);
		return -1;
	}
	return fd;
}

/* The parent of a process, or -1 if there is no such process. */
static pid_t
sock_parent(pid_t pid)
{
	char path[64], text[512], *p;
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	(void)!snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* "pid (any name) S ppid" */
	p = strrchr(text, ')');
	if (p == NULL || strlen(p) < 5)
		return -1;
	return (pid_t)strtol(p + 4, NULL, 10);
}

/* Did this process start the peer, directly or indirectly? One that is gone
 * counts as if it did. */
static bool
sock_peer_is_below_us(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	pid_t pid, us = getpid();
	int tries, steps;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 ||
	    n != sizeof(peer))
		return true;
	/* A peer in another pid namespace is no child of ours. If there is no
	 * /proc, this isn't known. */
	if (peer.pid == 0 || sock_parent(us) < 0)
		return false;
	/* An invisible ancestor has either just died, and a second look finds
	 * another, or it is hidden from us and not ours. */
	for (tries = 0; tries < SOCK_TRIES; tries++) {
		for (pid = peer.pid, steps = 0; pid > 1 && steps < SOCK_STEPS;
		    steps++)
			if ((pid = sock_parent(pid)) == us)
				return true;
		if (pid == 0 || pid == 1)
			return false;
		if (steps <= 1)
			return true;
	}
	return false;
}

bool
session_peer_is_user(int fd)
{
	return sock_peer_is_us(fd) && !sock_peer_is_below_us(fd);
}
