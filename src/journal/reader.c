/*
 * Finds a line by its number without reading what is before it: lines begin with
 * their numbers, in order.
 */
#include "config.h"

#include "journal/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha256.h"

#define READER_CHUNK ((size_t)1 << 14)
#define READER_NEAR ((off_t)1 << 17)	/* from here on, line by line */

struct reader {
	char	*dir;
	int	 fd;
	off_t	 next;		/* start of the line after the last one asked
				   for */
	int64_t	 next_seq;	/* its seq; 0: none yet */
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
	fs_close(p->fd);
	buf_release(&p->line);
	free(p->dir);
	free(p);
}

static int
reader_read(int fd, off_t at, size_t n, struct buf *b)
{
	AUTO_FREE char *chunk = xmalloc(n);
	size_t have = 0;
	ssize_t got = 1;

	while (have < n && got > 0) {
		got = fs_pread(fd, chunk + have, n - have,
		    at + (off_t)have);
		have += got > 0 ? (size_t)got : 0;
	}
	buf_add(b, chunk, have);
	return got < 0 ? -1 : 0;
}

/* The start of the first line that begins after `at`; -1: none does. */
static off_t
reader_next(const struct reader *p, off_t at)
{
	char chunk[READER_CHUNK];
	const char *nl;
	ssize_t got;

	while ((got = fs_pread(p->fd, chunk, sizeof(chunk), at)) > 0) {
		if ((nl = memchr(chunk, '\n', (size_t)got)) != NULL)
			return at + (nl + 1 - chunk);
		at += got;
	}
	return -1;
}

/* The seq of the line that begins there; 0: it isn't complete. */
static int64_t
reader_seq(const struct reader *p, off_t at)
{
	static const char open[] = "{\"seq\":";
	char head[32], *end;
	ssize_t got = fs_pread(p->fd, head, sizeof(head) - 1, at);
	long long seq;

	if (got < (ssize_t)sizeof(open) ||
	    memcmp(head, open, sizeof(open) - 1) != 0)
		return 0;
	head[got] = '\0';
	seq = strtoll(head + sizeof(open) - 1, &end, 10);
	return *end == '\0' ? 0 : seq;
}

/* The start of line `seq`; -1: there is none. A line begins with its seq, so
 * only a few places of the journal are read. */
static off_t
reader_find(const struct reader *p, int64_t seq)
{
	off_t low = 0, high, mid, next;
	int64_t at = 1, found;
	struct stat st;

	if (fstat(p->fd, &st) < 0)
		return -1;
	high = st.st_size;
	if (p->next_seq > 0 && p->next_seq <= seq) {
		low = p->next;
		at = p->next_seq;
	}
	while (at < seq && high - low > READER_NEAR) {
		mid = low + (high - low) / 2;
		next = reader_next(p, mid);
		found = next < 0 ? 0 : reader_seq(p, next);
		if (found > 0 && found <= seq) {
			low = next;
			at = found;
		} else
			high = mid;
	}
	for (; at < seq && low >= 0; at++)
		low = reader_next(p, low);
	return low;
}

const char *
reader_line(struct reader *p, int64_t seq, size_t *n)
{
	off_t from, next, len;

	if (seq < 1)
		return NULL;
	if (p->fd < 0) {
		AUTO_FREE char *path = fs_join(p->dir, "journal.jsonl");

		p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (p->fd < 0)
		return NULL;
	if ((from = reader_find(p, seq)) < 0 ||
	    (next = reader_next(p, from)) < 0)
		return NULL;
	len = next - from - 1;
	p->next = next;
	p->next_seq = seq + 1;
	buf_clear(&p->line);
	if (len > (off_t)JSON_MAX_BYTES || reader_read(p->fd, from, (size_t)len,
	    &p->line) < 0 || p->line.len != (size_t)len)
		return NULL;
	*n = p->line.len;
	return buf_str(&p->line);
}

/* The path of a content in out/; NULL if that is no hash. Malloc'ed. */
static char *
reader_path(const struct reader *p, const char *sha256)
{
	if (strlen(sha256) != SHA256_HEX_SIZE - 1 ||
	    strspn(sha256, "0123456789abcdef") != SHA256_HEX_SIZE - 1)
		return NULL;
	return xasprintf("%s/out/%s", p->dir, sha256);
}

char *
reader_content(struct reader *p, const char *sha256, size_t max, size_t *len)
{
	struct buf b = BUF_INIT(0);
	size_t half = max / 2, n;
	int64_t size;
	char *head, *tail;

	head = reader_piece(p, sha256, 0, max, len, &size);
	if (head == NULL || (uint64_t)size <= max)
		return head;
	tail = reader_piece(p, sha256, size - (int64_t)half, half, &n, &size);
	if (tail != NULL) {
		AUTO_FREE char *path = reader_path(p, sha256);

		buf_add(&b, head, *len < half ? *len : half);
		buf_addf(&b, "\n[%lld bytes omitted; %s has all of it]\n",
		    (long long)size - 2 * (long long)half, path);
		buf_add(&b, tail, n);
	}
	free(head);
	free(tail);
	*len = b.len;
	return tail == NULL ? NULL : buf_take(&b);
}

char *
reader_piece(struct reader *p, const char *sha256, int64_t at, size_t n,
    size_t *len, int64_t *size)
{
	struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = reader_path(p, sha256);
	struct stat st;
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK), rc = -1;

	*len = 0;
	*size = 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = st.st_size;
		if (at < 0 || at > *size)
			at = *size;
		if ((int64_t)n > *size - at)
			n = (size_t)(*size - at);
		rc = reader_read(fd, at, n, &b);
	}
	fs_close(fd);
	if (rc < 0) {
		buf_release(&b);
		return NULL;
	}
	*len = b.len;
	return buf_take(&b);
}
