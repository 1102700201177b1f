/*
 * stage-copy-file: copies one file of the project with its times and modes,
 * atomically. No link is followed, and nothing is copied over a tool's file.
 */
#include "config.h"

#include "gate/stage-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"

void
copy_leave_out(struct copy_walk *w, const char *why)
{
	if (++w->left_out > COPY_NAMES)
		return;
	buf_adds(&w->left_names, w->left_out == 1 ? "" : ", ");
	json_path_text(&w->left_names, buf_str(&w->path));
	buf_addf(&w->left_names, " (%s)", why);
}

/* From offset `at` up to `end`, or to the file's own end before. */
static int
copy_range(int in, int out, off_t at, off_t end)
{
	char chunk[65536];
	ssize_t n;

	if (lseek(in, at, SEEK_SET) < 0 || lseek(out, at, SEEK_SET) < 0)
		return -1;
	while (at < end) {
		n = copy_file_range(in, NULL, out, NULL, (size_t)(end - at), 0);
		if (n == 0)
			return 0;
		if (n < 0)
			break;
		at += n;
	}
	while (at < end) {
		n = fs_read(in, chunk, end - at < (off_t)sizeof(chunk) ?
		    (size_t)(end - at) : sizeof(chunk));
		if (n <= 0)
			return n < 0 ? -1 : 0;
		if (fs_write_all(out, chunk, (size_t)n) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* Keep holes: a file may claim more bytes than any disk has. */
static int
copy_bytes(int in, int out, off_t size)
{
	off_t at = 0, end;

	if (ioctl(out, FICLONE, in) == 0)
		return 0;
	while (at < size) {
		at = lseek(in, at, SEEK_DATA);
		if (at < 0 && errno == ENXIO)
			break;
		end = at < 0 ? -1 : lseek(in, at, SEEK_HOLE);
		if (end < 0)	/* unsupported here: all of it is data */
			return copy_range(in, out, 0, size);
		if (copy_range(in, out, at, end) < 0)
			return -1;
		at = end;
	}
	return ftruncate(out, size);
}

/* The file `name` in folder `from` to the new file "new" in the stage. 1: it
 * can't be read. */
static int
copy_file(struct copy_walk *w, int from, const char *name,
    struct stage_id *real, const struct stage_id *shown)
{
	struct timespec times[2];
	struct stat sb;
	AUTO_CLOSE int out = -1;
	AUTO_CLOSE int in = openat(from, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);

	if (in < 0)
		return 1;
	if (fstat(in, &sb) < 0 || !S_ISREG(sb.st_mode))
		return 1;
	stage_id_make(real, &sb);
	out = openat(w->st->dir_fd, STAGE_NEW, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		goto fail;
	if (ftruncate(out, sb.st_size) < 0 && errno == EFBIG)
		return 1;
	if (copy_bytes(in, out, sb.st_size) < 0)
		goto fail;
	stage_own(w->st, out);
	times[0] = sb.st_atim;
	times[1] = sb.st_mtim;
	if (shown != NULL && (sb.st_mtim.tv_sec < shown->mtime_s ||
	    (sb.st_mtim.tv_sec == shown->mtime_s &&
	    sb.st_mtim.tv_nsec <= shown->mtime_ns)))
		clock_gettime(CLOCK_REALTIME, &times[1]);
	if (fchmod(out, sb.st_mode & 0777) < 0 || futimens(out, times) < 0)
		goto fail;
	w->bytes += (int64_t)sb.st_blocks * 512;
	return 0;
fail:
	err_sys(w->e, "cannot copy %s", buf_str(&w->path));
	return -1;
}

static int
copy_link(struct copy_walk *w, int from, const char *name)
{
	char target[4097];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return 1;
	target[n] = '\0';
	if (symlinkat(target, w->st->dir_fd, STAGE_NEW) < 0)
		return err_sys(w->e, "cannot copy %s", buf_str(&w->path));
	return 0;
}

void
copy_one(struct copy_walk *w, int from, const char *name,
    const struct stat *sb, const struct stage_id *shown)
{
	const char *path = buf_str(&w->path), *last;
	struct err why = ERR_INIT;
	struct stage_id real;
	struct copy_entry *c;
	struct stat now;
	int fd, rc;

	stage_id_make(&real, sb);
	if (unlinkat(w->st->dir_fd, STAGE_NEW, 0) < 0 && errno != ENOENT) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
		return;
	}
	rc = S_ISLNK(sb->st_mode) ? copy_link(w, from, name) :
	    copy_file(w, from, name, &real, shown);
	if (rc != 0) {
		w->rc = rc < 0 ? -1 : 0;
		if (rc > 0)
			copy_leave_out(w, "cannot be read");
		/* The user has closed it since: to a tool, too. */
		if (rc > 0 && stage_stat(w->st->staged_fd, path, &now) == 0 &&
		    copy_is_own(w->st, path, &now)) {
			w->rc = stage_remove(w->st, path, w->e);
			copy_remove(w->st, path);
		}
		return;
	}
	fd = stage_open_parent(w->st, path, &last, &why);
	if (fd < 0 && stage_is_missing(why.sys)) {
		/* A file is above it: perhaps the user's old one. A tool's is
		 * left alone. */
		w->blocked = true;
		return;
	} else if (fd < 0) {
		w->rc = err_set(w->e, "%s", why.text);
		return;
	}
	if (renameat(w->st->dir_fd, STAGE_NEW, fd, last) < 0 &&
	    (stage_is_staged_below(w->st, path) ||
	    fs_remove_tree(fd, last, NULL) < 0 ||
	    renameat(w->st->dir_fd, STAGE_NEW, fd, last) < 0)) {
		/* Or a folder in its place, with the agent's changes. */
		w->rc = stage_count_deleted(w->st, path, w->e);
	} else if (fstatat(fd, last, &now, AT_SYMLINK_NOFOLLOW) < 0) {
		w->rc = err_sys(w->e, "cannot copy %s", path);
	} else {
		c = copy_add(w->st, path);
		c->real = real;
		stage_id_make(&c->copy, &now);
		c->seen_real = ((struct copy_index *)w->st->index)->serial;
		w->st->index_dirty = true;
		w->files++;
	}
	close(fd);
}
