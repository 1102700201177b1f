/*
 * The session's socket. A unix socket's address holds 107 bytes and paths of
 * state folders are often longer, so it is reached as /proc/self/fd/N/sock, and
 * by its own path only without /proc.
 */
#include "config.h"

#include "base/mem.h"
#include "journal/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fs.h"

#define SOCK_SECRET "secret"
#define SOCK_BACKLOG 16
#define SOCK_STEPS 256		/* levels of a process's ancestors */
#define SOCK_TRIES 3
#define SOCK_WAIT_S 10		/* wait for a place in a full backlog */

static int
sock_address(int dirfd, const char *dir, struct sockaddr_un *sa,
    struct err *e)
{
	int n;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	n = snprintf(sa->sun_path, sizeof(sa->sun_path),
	    "/proc/self/fd/%d", dirfd);
	if (access(sa->sun_path, F_OK) == 0) {
		snprintf(sa->sun_path + n, sizeof(sa->sun_path) - (size_t)n,
		    "/sock");
		return 0;
	}
	n = snprintf(sa->sun_path, sizeof(sa->sun_path), "%s/sock", dir);
	if (n < 0 || (size_t)n >= sizeof(sa->sun_path))
		return err_set(e, "the path of %s is too long for a socket, "
		    "and /proc isn't mounted", dir);
	return 0;
}

/* A socket and its address; -1, or the socket and *dirfd to close. */
static int
sock_open(const char *dir, int *dirfd, struct sockaddr_un *sa, struct err *e)
{
	int fd;

	*dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return err_sys(e, "cannot open the session's folder %s", dir);
	if (sock_address(*dirfd, dir, sa, e) < 0)
		goto fail;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		return fd;
	err_sys(e, "cannot create a socket");
fail:
	close(*dirfd);
	*dirfd = -1;
	return -1;
}

int
session_connect(const char *id, struct err *e)
{
	static const struct timeval wait = { .tv_sec = SOCK_WAIT_S };
	struct sockaddr_un sa;
	AUTO_FREE char *dir =
	    session_check(id, e) < 0 ? NULL : session_dir(id, e);
	AUTO_CLOSE int dirfd = -1;
	int fd = -1, rc = -1;

	if (dir == NULL)
		return -1;
	if ((fd = sock_open(dir, &dirfd, &sa, e)) < 0)
		goto out;
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
	else if (!session_peer_is_us(fd))
		rc = err_set(e, "the socket of session %s belongs to another "
		    "user", id);
out:
	if (rc < 0 && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return rc < 0 ? -1 : fd;
}

int
session_listen(const char *dir, struct err *e)
{
	struct sockaddr_un sa;
	struct stat st;
	int dirfd = -1, fd, rc = -1;

	if ((fd = sock_open(dir, &dirfd, &sa, e)) < 0)
		return -1;
	/* No living core owns what is there. */
	if (fstatat(dirfd, "sock", &st, AT_SYMLINK_NOFOLLOW) == 0)
		(void)unlinkat(dirfd, "sock", S_ISDIR(st.st_mode) ?
		    AT_REMOVEDIR : 0);
	/* On Linux the socket file takes its mode from here. */
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    fchmodat(dirfd, "sock", 0600, 0) < 0 ||
	    listen(fd, SOCK_BACKLOG) < 0)
		err_sys(e, "cannot listen on %s/sock", dir);
	else
		rc = 0;
	close(dirfd);
	if (rc < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
session_secret_make(const char *dir, char secret[SESSION_SECRET_SIZE],
    struct err *e)
{
	unsigned char random[(SESSION_SECRET_SIZE - 1) / 2];
	AUTO_FREE char *path = fs_join(dir, SOCK_SECRET);
	size_t i;
	AUTO_CLOSE int fd = -1;
	int rc = -1;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
		err_sys(e, "cannot create the session's secret");
		return rc;
	}
	for (i = 0; i < sizeof(random); i++)
		(void)!snprintf(secret + 2 * i, 3, "%02x", random[i]);
	/* Never write into a file that somebody has open. */
	if (unlink(path) < 0 && errno != ENOENT) {
		err_sys(e, "cannot replace %s", path);
		return rc;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    fs_write_all(fd, secret, SESSION_SECRET_SIZE - 1) < 0)
		err_sys(e, "cannot write %s", path);
	else
		rc = 0;
	return rc;
}

int
session_secret_read(const char *id, char secret[SESSION_SECRET_SIZE],
    struct err *e)
{
	AUTO_FREE char *dir = session_dir(id, e), *path = NULL;
	ssize_t n = -1;
	int fd;

	secret[0] = '\0';
	if (dir == NULL)
		return -1;
	path = fs_join(dir, SOCK_SECRET);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, secret, SESSION_SECRET_SIZE - 1);
		close(fd);
	}
	if (n < 0)
		err_sys(e, "cannot read %s", path);
	secret[n < 0 ? 0 : n] = '\0';
	return n < 0 ? -1 : 0;
}

bool
session_peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	    n == sizeof(peer) && peer.uid == geteuid();
}

/* The parent of a process, or -1 if there is no such process. */
static pid_t
sock_parent(pid_t pid)
{
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	(void)!snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* "pid (any name) S ppid" */
	p = strrchr(text, ')');
	if (p == NULL || strlen(p) < 5)
		return -1;
	return (pid_t)strtol(p + 4, NULL, 10);
}

bool
session_peer_is_below_us(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);
	pid_t pid, us = getpid();
	int tries, steps;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0 ||
	    n != sizeof(peer))
		return true;
	/* From another pid namespace: not a child of ours. Without /proc nobody
	 * can tell. */
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
