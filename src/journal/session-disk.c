/*
 * session-disk: what sessions take on the disk, and how one is removed: renamed,
 * so that no list has a part of it, and then deleted.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "journal/session.h"

/* A name that begins so is no session, and a full disk has room for it. */
#define DISK_REMOVED ".removed-"
#define DISK_MAKING_S 3600	/* a fork that is made takes less */
#define DISK_NAMED 3		/* of the largest */

#define SESSION_GC "assent ls --gc --all removes old ones"

static DIR *
disk_sessions(struct err *e)
{
	AUTO_FREE char *top = session_root_dir(e);

	return top == NULL ? NULL : fs_opendir(top);
}

int64_t
session_bytes(const char *id)
{
	AUTO_DIR DIR *d = disk_sessions(NULL);
	struct fs_size s = { 0 };

	if (d != NULL)
		(void)fs_measure(dirfd(d), id, &s);
	return s.bytes;
}

struct disk_largest {
	char	*id;
	int64_t	 bytes;
};

/* Keep the largest, in order. */
static void
disk_note(struct disk_largest *v, const char *id, int64_t bytes)
{
	size_t i, k;

	for (i = 0; i < DISK_NAMED && v[i].bytes >= bytes; i++)
		;
	if (i == DISK_NAMED)
		return;
	free(v[DISK_NAMED - 1].id);
	for (k = DISK_NAMED - 1; k > i; k--)
		v[k] = v[k - 1];
	v[i] = (struct disk_largest){ xstrdup(id), bytes };
}

/* What they take; append it, and those that take the most. */
static int64_t
disk_look_all(struct buf *b)
{
	struct disk_largest v[DISK_NAMED] = { 0 };
	DIR *d = disk_sessions(NULL);
	struct dirent *de;
	int64_t all = 0;
	size_t i;

	while ((de = fs_dir_next(&d)) != NULL) {
		struct fs_size s = { 0 };

		(void)fs_measure(dirfd(d), de->d_name, &s);
		all += s.bytes;
		if (de->d_name[0] != '.')
			disk_note(v, de->d_name, s.bytes);
	}
	buf_adds(b, "sessions take ");
	buf_add_size(b, (uint64_t)all);
	for (i = 0; i < DISK_NAMED && v[i].id != NULL; i++) {
		buf_addf(b, "%s%s ", i == 0 ? ", most of it " : ", ", v[i].id);
		buf_add_size(b, (uint64_t)v[i].bytes);
		free(v[i].id);
	}
	return all;
}

int
session_check_disk(int64_t most, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0), limit = BUF_INIT(0);

	if (most <= 0 || disk_look_all(&b) < most)
		return 0;
	buf_add_size(&limit, (uint64_t)most);
	return err_set(e, "no room for another session (sessions_disk is %s): "
	    "%s; " SESSION_GC, buf_str(&limit), buf_str(&b));
}

void
session_full_disk(struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = strlen(e->text);

	if (e->sys != ENOSPC && e->sys != EDQUOT)
		return;
	(void)disk_look_all(&b);
	snprintf(e->text + n, sizeof(e->text) - n, "; %s; " SESSION_GC,
	    buf_str(&b));
}

/* Did it go on after it was read? */
static bool
disk_went_on(int dirfd_, const struct session_info *s)
{
	AUTO(session_info_release) struct session_info now = { 0 };

	return s->state.root != NULL && session_read(dirfd_, s->id, &now) &&
	    now.state.at != s->state.at;
}

int
session_remove(const struct session_info *s, struct err *e)
{
	const char *id = s->id;
	AUTO_FREE char *dir = session_dir(id, e);
	AUTO_FREE char *gone = xasprintf(DISK_REMOVED "%s", id);
	AUTO_DIR DIR *d = dir == NULL ? NULL : disk_sessions(e);
	AUTO_CLOSE int fd = -1, lock = -1;

	if (d == NULL)
		return err_is_set(e) ? -1 : err_set(e, "no session %s", id);
	if (session_is_alive(id))
		return err_set(e, "session %s is running; assent end %s ends "
		    "it", id, id);
	fd = openat(dirfd(d), id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "can't open %s", dir);
	/* With the lock, nobody resumes it meanwhile. */
	lock = session_lock(fd, dir, e);
	/* The session's core may have left a process that removes a copy. */
	(void)flock(fd, LOCK_EX);
	if (lock < 0 || fs_remove_tree(dirfd(d), gone, e) < 0)
		return -1;
	if (disk_went_on(dirfd(d), s))
		return err_set(e, "session %s was resumed meanwhile; it isn't "
		    "removed", id);
	if (renameat(dirfd(d), id, dirfd(d), gone) < 0)
		return err_sys(e, "can't remove %s", dir);
	return fs_remove_tree(dirfd(d), gone, e);
}

void
session_remove_rest(void)
{
	DIR *d = disk_sessions(NULL);
	struct dirent *de;
	struct stat st;

	while ((de = fs_dir_next(&d)) != NULL)
		if (de->d_name[0] == '.' && (strncmp(de->d_name, DISK_REMOVED,
		    sizeof(DISK_REMOVED) - 1) == 0 || (fstatat(dirfd(d),
		    de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < time(NULL) - DISK_MAKING_S)))
			(void)fs_remove_tree(dirfd(d), de->d_name, NULL);
}
