/*
 * Finds line starts only as far as needed and remembers them: any line is one
 * read away, also backwards.
 */
#include "config.h"

#include "journal/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha256.h"

#define READER_CHUNK ((size_t)1 << 18)

struct reader {
	char	*dir;
	int	 fd;
	off_t	*marks;		/* start of each line, and of the one after the
				   last complete line */
	size_t	 marks_len;
	struct buf line;	/* requested last */
};

struct reader *
reader_new(const char *dir)
{
	struct reader *p = xcalloc(1, sizeof(*p));

	p->dir = xstrdup(dir);
	p->fd = -1;
	buf_init(&p->line, JSON_MAX_BYTES);
	return p;
}

void
reader_free(struct reader *p)
{
	if (p == NULL)
		return;
	if (p->fd >= 0)
		close(p->fd);
	buf_release(&p->line);
	free(p->marks);
	free(p->dir);
	free(p);
}

static void
reader_mark(struct reader *p, off_t at)
{
	GROW(p->marks, p->marks_len);
	p->marks[p->marks_len++] = at;
}

static ssize_t
reader_pread(int fd, char *b, size_t n, off_t at)
{
	ssize_t got;

	do {
		got = pread(fd, b, n, at);
	} while (got < 0 && errno == EINTR);
	return got;
}

static int
reader_read(int fd, off_t at, size_t n, struct buf *b)
{
	char *chunk = xmalloc(n);
	size_t have = 0;
	ssize_t got = 1;

	while (have < n && got > 0) {
		got = reader_pread(fd, chunk + have, n - have,
		    at + (off_t)have);
		have += got > 0 ? (size_t)got : 0;
	}
	buf_add(b, chunk, have);
	free(chunk);
	return got < 0 ? -1 : 0;
}

/* Look for newlines until `seq` lines have ended or the file ends. The rest
 * after the last newline may change and is read again. */
static void
reader_scan(struct reader *p, int64_t seq)
{
	char *chunk;
	const char *nl, *from;
	ssize_t got;
	off_t at;

	if (p->marks_len == 0)
		reader_mark(p, 0);
	if ((int64_t)p->marks_len > seq)
		return;
	chunk = xmalloc(READER_CHUNK);
	at = p->marks[p->marks_len - 1];
	while ((int64_t)p->marks_len <= seq && (got = reader_pread(p->fd, chunk,
	    READER_CHUNK, at)) > 0) {
		for (from = chunk; (nl = memchr(from, '\n', (size_t)(chunk +
		    got - from))) != NULL; from = nl + 1)
			reader_mark(p, at + (nl + 1 - chunk));
		at += got;
	}
	free(chunk);
}

const char *
reader_line(struct reader *p, int64_t seq, size_t *n)
{
	char *path;
	off_t from, len;

	if (seq < 1)
		return NULL;
	if (p->fd < 0) {
		path = fs_join(p->dir, "journal.jsonl");
		p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		free(path);
	}
	if (p->fd < 0)
		return NULL;
	reader_scan(p, seq);
	if ((int64_t)p->marks_len <= seq)
		return NULL;
	from = p->marks[seq - 1];
	len = p->marks[seq] - from - 1;
	buf_clear(&p->line);
	if (len > (off_t)JSON_MAX_BYTES || reader_read(p->fd, from, (size_t)len,
	    &p->line) < 0 || p->line.len != (size_t)len)
		return NULL;
	*n = p->line.len;
	return buf_str(&p->line);
}

/* A content in out/, with its path (owned by the caller) and size; -1: none. */
static int
reader_open(
    const struct reader *p, const char *sha256, char **path, off_t *size)
{
	struct stat st;
	char *name;
	int fd;

	*path = NULL;
	if (strlen(sha256) != SHA256_HEX_SIZE - 1 ||
	    strspn(sha256, "0123456789abcdef") != SHA256_HEX_SIZE - 1)
		return -1;
	name = xasprintf("out/%s", sha256);
	*path = fs_join(p->dir, name);
	free(name);
	fd = open(*path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	*size = fd < 0 ? 0 : st.st_size;
	return fd;
}

char *
reader_kept(struct reader *p, const char *sha256, size_t max, size_t *len)
{
	struct buf b = BUF_INIT(0);
	size_t half = max / 2;
	char *path;
	off_t size;
	int fd = reader_open(p, sha256, &path, &size), rc = -1;

	*len = 0;
	if (fd < 0)
		goto out;
	if ((uint64_t)size <= max) {
		rc = reader_read(fd, 0, (size_t)size + 1, &b);
	} else {
		rc = reader_read(fd, 0, half, &b);
		buf_addf(&b, "\n[%lld bytes omitted; %s has all of it]\n",
		    (long long)size - 2 * (long long)half, path);
		rc |= reader_read(fd, size - (off_t)half, half, &b);
	}
	close(fd);
out:
	free(path);
	if (rc < 0) {
		buf_release(&b);
		return NULL;
	}
	*len = b.len;
	return buf_take(&b);
}

char *
reader_piece(struct reader *p, const char *sha256, int64_t at, size_t n,
    size_t *len, int64_t *size)
{
	struct buf b = BUF_INIT(0);
	char *path;
	off_t all = 0;
	int fd = reader_open(p, sha256, &path, &all), rc = -1;

	*len = 0;
	*size = all;
	if (fd >= 0) {
		if (at < 0 || at > all)
			at = all;
		if ((int64_t)n > all - at)
			n = (size_t)(all - at);
		rc = reader_read(fd, at, n, &b);
		close(fd);
	}
	free(path);
	if (rc < 0) {
		buf_release(&b);
		return NULL;
	}
	*len = b.len;
	return buf_take(&b);
}
