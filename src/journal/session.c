/*
 * Session folders: where they are, who may write there, and the lock. Never
 * follows a name that could lead out of the state folder.
 */
#include "config.h"

#include "journal/session.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/mine.h"

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

static int
session_check_path(const char *dir, const char *name, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, name);
	struct err why = ERR_INIT;

	if (mine_check(path, &why) == 0)
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

char *
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
session_make_dir(char **id, char **dir, struct err *e)
{
	AUTO_FREE char *root = session_root_dir(e);
	int rc = root == NULL || session_check(NULL, e) < 0 ? -1 :
	    fs_mkdirs(root, 0700, e);

	*dir = NULL;
	while (rc == 0) {
		free(*dir);
		if ((*dir = session_dir(*id, e)) == NULL)
			return -1;
		if (mkdir(*dir, 0700) == 0)
			break;
		if (errno != EEXIST)
			return err_sys(e, "cannot create the folder %s", *dir);
		FREE_SET(*id, session_new_id());
	}
	return rc;
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
