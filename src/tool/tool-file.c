/*
 * tool-file: reads and writes whole files for the tools that write. A file is
 * replaced by renaming a temporary file over it, so that a full disk or a kill
 * leaves the old one intact; nothing is written through a symbolic link, and a
 * file that its owner made read-only isn't replaced.
 */
#include "config.h"

#include "tool/impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "tool/tool-edit.h"

/* By its byte order mark, or by its first two characters, if they are ASCII; or
 * UTF-32, which has such a mark, too. */
static bool
file_is_utf16(const char *p, size_t n)
{
	return (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 ||
	    memcmp(p, "\xfe\xff", 2) == 0)) || (n >= 4 &&
	    (memcmp(p, "\0\0\xfe\xff", 4) == 0 ||
	    (isprint((unsigned char)p[0]) && p[1] == '\0' &&
	    isprint((unsigned char)p[2]) && p[3] == '\0') ||
	    (p[0] == '\0' && isprint((unsigned char)p[1]) &&
	    p[2] == '\0' && isprint((unsigned char)p[3]))));
}

bool
file_is_binary(const char *p, size_t n, const char *shown, off_t size,
    cJSON *reply)
{
	AUTO_BUF struct buf b = BUF_INIT(64);
	bool utf16 = file_is_utf16(p, n);

	if (!utf16 && (n == 0 || memchr(p, '\0', n < TOOL_BINARY_LOOK ? n :
	    TOOL_BINARY_LOOK) == NULL))
		return false;
	buf_add_size(&b, (uint64_t)size);
	if (reply != NULL)
		tool_fail(reply, "binary", "%s is %s (%s)%s", shown, utf16 ?
		    "UTF-16 or UTF-32 text" : "a binary file", buf_str(&b), utf16 ?
		    ", which the file tools don't read or change; use bash, "
		    "with iconv to convert it" : "");
	return true;
}

int
file_may_get(const struct tool_path *p, const struct buf *file,
    const char *text, size_t n, cJSON *reply)
{
	if (file_is_utf16(buf_str(file), file->len))
		return file_is_binary(buf_str(file), file->len, p->shown,
		    (off_t)file->len, reply) ? -1 : 0;
	/* ISO-2022-JP and the like are ASCII but for their escapes. */
	if (utf8_is_ascii(text, n) || (utf8_is_valid(buf_str(file), file->len) &&
	    (!utf8_is_ascii(buf_str(file), file->len) ||
	    memmem(buf_str(file), file->len, "\033$", 2) == NULL)))
		return 0;
	return tool_fail(reply, "encoding", "%s is not UTF-8, and the new text "
	    "is not ASCII: the file would not keep its encoding. Nothing was "
	    "changed. Give ASCII, or use bash with a program that writes the "
	    "file's encoding (iconv converts)", p->shown);
}

void
file_keep_form(const struct buf *old, struct buf *new, struct buf *kept)
{
	struct buf b = BUF_INIT(0);
	size_t bom = new->len == 0 || utf8_bom(buf_str(new), new->len) > 0 ? 0 :
	    utf8_bom(buf_str(old), old->len);
	bool crlf = edit_eol_of(buf_str(old), old->len) == EDIT_EOL_CRLF;

	buf_add(&b, buf_str(old), bom);
	if (crlf)
		edit_eol_convert(&b, buf_str(new), new->len, true);
	else
		buf_add(&b, buf_str(new), new->len);
	crlf = b.len > new->len + bom;
	buf_release(new);
	*new = b;
	if (bom > 0 || crlf)
		buf_addf(kept, " It keeps its %s%s%s.", bom > 0 ?
		    "byte order mark" : "", bom > 0 && crlf ? " and " : "",
		    crlf ? "CRLF line endings" : "");
}

int
file_load(const struct tool_path *p, struct buf *b, struct stat *st,
    cJSON *reply)
{
	int fd = path_open(p, "file_missing", st, reply), error = 0;
	struct buf size = BUF_INIT(64);

	if (fd < 0)
		return -1;
	b->max = TOOL_FILE_MAX;
	if (S_ISDIR(st->st_mode))
		error = EISDIR;
	else if (st->st_size > (off_t)TOOL_FILE_MAX)
		error = EFBIG;
	else if (fs_read_all(fd, b) < 0)
		error = errno;
	close(fd);
	if (error == EFBIG) {
		buf_add_size(&size, (uint64_t)st->st_size);
		tool_fail(reply, "too_large", "%s is too large to edit here "
		    "(%s); use bash", p->shown, buf_str(&size));
		buf_release(&size);
		return -1;
	}
	return error == 0 ? 0 : path_fail(p, "read", error, reply);
}

/* A new file in dir with a unique name; -1 with errno. */
static int
file_temp(int dir, char name[64])
{
	uint64_t r;
	int fd, i;

	for (i = 0; i < 16; i++) {
		if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
			return -1;
		snprintf(name, 64, ".assent-%016llx", (unsigned long long)r);
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int
file_prepare(struct file_new *f, const struct tool_path *p, const void *data,
    size_t n, const struct stat *old, cJSON *reply)
{
	struct stat st;
	int fd = -1, error = 0;

	memset(f, 0, sizeof(*f));
	f->dir = -1;
	if (old != NULL && (old->st_mode & 0222) == 0)
		return tool_fail(reply, "denied", "%s is read-only (mode "
		    "%04o). If it must change, give it write permission with "
		    "chmod first", p->shown, (unsigned)(old->st_mode & 07777));
	f->dir = fs_open_parent(p->base_fd, p->rel, true, &f->name);
	if (f->dir < 0)
		return path_fail(p, "write", errno == EINVAL ? EISDIR : errno,
		    reply);
	if (fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(st.st_mode))
			error = ELOOP;
		else if (S_ISDIR(st.st_mode))
			error = EISDIR;
		else if (!S_ISREG(st.st_mode))
			error = ENODEV;
	} else if (errno != ENOENT) {
		error = errno;
	}
	if (error != 0)
		goto out;
	fd = file_temp(f->dir, f->temp);
	if (fd < 0) {
		error = errno;
		f->temp[0] = '\0';
		goto out;
	}
	/* Drop set-user-id bits for new content, as write(2) does. */
	if (fs_write_all(fd, data, n) < 0 ||
	    (old != NULL && fchmod(fd, old->st_mode & 01777) < 0))
		error = errno;
	if (close(fd) < 0 && error == 0)
		error = errno;
out:
	if (error == 0)
		return 0;
	file_drop(f);
	return path_fail(p, "write", error, reply);
}

int
file_commit(struct file_new *f, const struct tool_path *p, cJSON *reply)
{
	int error = renameat(f->dir, f->temp, f->dir, f->name) < 0 ? errno : 0;

	if (error == 0)
		f->temp[0] = '\0';
	file_drop(f);
	return error == 0 ? 0 : path_fail(p, "write", error, reply);
}

void
file_drop(struct file_new *f)
{
	if (f->dir < 0)
		return;
	if (f->temp[0] != '\0')
		unlinkat(f->dir, f->temp, 0);
	close(f->dir);
	f->dir = -1;
}

int
file_remove(const struct tool_path *p, cJSON *reply)
{
	const char *name;
	int dir = fs_open_parent(p->base_fd, p->rel, false, &name), error = 0;

	if (dir < 0 || unlinkat(dir, name, 0) < 0)
		error = errno;
	fs_close(dir);
	return error == 0 ? 0 : path_fail(p, "remove", error, reply);
}

int
file_store(const struct tool_path *p, const void *data, size_t n,
    const struct stat *old, cJSON *reply)
{
	struct file_new f;

	return file_prepare(&f, p, data, n, old, reply) < 0 ? -1 :
	    file_commit(&f, p, reply);
}
