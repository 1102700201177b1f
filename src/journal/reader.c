/*
 * Finds a line by its number without reading what is before it: lines begin with
 * their numbers, in order.
 */
#include "config.h"

#include "journal/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha.h"
#include "journal/event.h"
#include "journal/session.h"

#define LINEFILE_CHUNK ((size_t)1 << 18)

/* Append what the file has there, at most n bytes; -1 with errno. */
static int
reader_read(int fd, off_t at, size_t n, struct buf *b)
{
	char chunk[LINEFILE_CHUNK];
	ssize_t got = 1;

	for (; n > 0 && got > 0; at += got, n -= (size_t)got) {
		do
			got = pread(fd, chunk, n < sizeof(chunk) ? n :
			    sizeof(chunk), at);
		while (got < 0 && errno == EINTR);
		if (got > 0 && buf_add(b, chunk, (size_t)got) < 0) {
			errno = EFBIG;
			return -1;
		}
		if (got < 0)
			return -1;
	}
	return 0;
}

void
linefile_release(struct linefile *r)
{
	buf_release(&r->b);
}

int
linefile_next(struct linefile *r, const char **line, size_t *n, struct err *e)
{
	/* One line, its newline, and the rest of a chunk. */
	r->b.max = JSON_MAX_BYTES + 2 * LINEFILE_CHUNK;
	for (;;) {
		size_t left = r->b.len - r->scanned;
		const char *nl = left == 0 ? NULL :
		    memchr(r->b.p + r->scanned, '\n', left);

		if (nl != NULL) {
			*line = r->b.p + r->used;
			*n = (size_t)(nl - *line);
			r->used += *n + 1;
			r->scanned = r->used;
			return LINEFILE_LINE;
		}
		buf_consume(&r->b, r->used);
		r->used = 0;
		r->scanned = r->b.len;
		if (r->b.len > JSON_MAX_BYTES)
			return err_set(e, "it is longer than %zu MB",
			    JSON_MAX_BYTES >> 20);
		if (reader_read(r->fd, r->off, LINEFILE_CHUNK, &r->b) < 0)
			return err_sys(e, "it cannot be read");
		if (r->b.len == r->scanned) {
			*line = buf_str(&r->b);
			*n = r->b.len;
			r->used = r->b.len;
			return *n == 0 ? LINEFILE_END : LINEFILE_TORN;
		}
		r->off += (off_t)(r->b.len - r->scanned);
	}
}

#define READER_END ((off_t)1 << 18)	/* bytes of a journal that are recent */

bool
reader_wrote(const char *id, const char *sha256)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	AUTO_FREE char *path = fs_join(dir == NULL ? "" : dir, "journal.jsonl");
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	struct linefile lines = { .fd = fd };
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	const char *line;
	bool wrote = false;
	size_t n;

	/* The first line may be incomplete, and then is no JSON. */
	lines.off = size > READER_END ? size - READER_END : 0;
	while (!wrote && linefile_next(&lines, &line, &n, NULL) ==
	    LINEFILE_LINE) {
		AUTO_JSON cJSON *o = memmem(line, n, sha256, strlen(sha256)) ==
		    NULL ? NULL : json_parse(line, n, JSON_OWN, NULL);
		AUTO_EVENT struct event e = { 0 };

		event_read(&e, o);
		if (e.type == EVENT_APPLY_BEGIN)
			MEM_EACH(&e.apply_begin, ops, op)
				wrote = wrote || (op->after != NULL &&
				    ev_is(op->after->hash, sha256));
	}
	linefile_release(&lines);
	return wrote;
}

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
	FREE_ALL(p->dir, p);
}

/* The start of the first line that begins after `at`; -1: none does. */
static off_t
reader_next(const struct reader *p, off_t at)
{
	char chunk[READER_CHUNK];
	const char *nl;
	ssize_t got;

	while ((got = pread(p->fd, chunk, sizeof(chunk), at)) > 0) {
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
	ssize_t got = pread(p->fd, head, sizeof(head) - 1, at);
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

/* The path of a content in out/, or of what the background command "b1" has
 * printed so far; NULL if it is neither. Malloc'ed. */
static char *
reader_path(const struct reader *p, const char *sha256)
{
	if (sha256[0] == 'b' && sha256[1] != '\0' &&
	    strspn(sha256 + 1, "0123456789") == strlen(sha256 + 1) &&
	    strlen(sha256) < SHA256_HEX_SIZE - 1)
		return xasprintf("%s/output-%s", p->dir, sha256);
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
	char *all = reader_piece(p, sha256, 0, max, len, &size);
	AUTO_FREE char *head = NULL, *tail = NULL;

	if (all == NULL || (uint64_t)size <= max)
		return all;
	head = all;
	tail = reader_piece(p, sha256, size - (int64_t)half, half, &n, &size);
	if (tail != NULL) {
		AUTO_FREE char *path = reader_path(p, sha256);

		buf_add(&b, head, *len < half ? *len : half);
		buf_addf(&b, "\n[%lld bytes omitted; %s has all of it]\n",
		    (long long)size - 2 * (long long)half, path);
		buf_add(&b, tail, n);
	}
	*len = b.len;
	return tail == NULL ? NULL : buf_take(&b);
}

char *
reader_piece(struct reader *p, const char *sha256, int64_t at, size_t n,
    size_t *len, int64_t *size)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *path = reader_path(p, sha256);
	struct stat st;
	AUTO_CLOSE int fd = path == NULL ? -1 : open(path, O_RDONLY |
	    O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc = -1;

	*size = 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = st.st_size;
		if (at < 0 || at > *size)
			at = *size;
		if ((int64_t)n > *size - at)
			n = (size_t)(*size - at);
		rc = reader_read(fd, at, n, &b);
	}
	*len = rc < 0 ? 0 : b.len;
	return rc < 0 ? NULL : buf_take(&b);
}

/*
 * The file `brief` in a session's folder: old lines of the journal
 * without their large members (trim_line), so that a screen needn't read the whole
 * journal of a long session. The core writes it; who deletes it loses nothing.
 *
 * Its last line, the mark, names the last of these lines, where that ends in the journal,
 * its hash, and a checksum of them. The hash ties the file to the journal: a
 * journal with that line has no other lines before it, or the core finds it
 * damaged.
 */

#define BRIEF_MARK "{\"upto\":"

/* Does the line with this seq, end and hash end there in the journal `fd`? */
static bool
brief_is_end(int fd, const struct brief *b)
{
	char want[BRIEF_HEX + 16], have[BRIEF_HEX + 16];
	int n = snprintf(want, sizeof(want), ",\"h\":\"%s\"}\n", b->h);

	return b->end >= n && pread(fd, have, (size_t)n,
	    (off_t)b->end - n) == n && memcmp(want, have, (size_t)n) == 0;
}

/* Finds accidental damage only. Each round is a bijection of the sum, and of
 * the 8 bytes it takes in, so damage within 8 such bytes always changes the sum. */
static uint64_t
brief_sum(const char *p, size_t n)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t w, sum = n;
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = n < sizeof(w) ? n : sizeof(w);
		w = 0;
		memcpy(&w, p, part);
		sum = (sum ^ w) * odd;
		sum ^= sum >> 32;
	}
	return sum;
}

void
brief_mark(struct buf *lines, const struct brief *b)
{
	uint64_t sum = brief_sum(buf_str(lines), lines->len);

	buf_addf(lines, BRIEF_MARK "%" PRId64 ",\"end\":%" PRId64 ",\"h\":\"%s\","
	    "\"sum\":\"%016" PRIx64 "\"}\n", b->seq, b->end, b->h, sum);
}

void
brief_load(struct brief *b, int dirfd, int fd, struct buf *lines)
{
	const char *mark;
	uint64_t sum;

	memset(b, 0, sizeof(*b));
	lines->max = BRIEF_MAX;
	(void)fs_read_file(dirfd, BRIEF_FILE, lines, NULL);
	mark = lines->len == 0 ? NULL : memrchr(lines->p, '\n',
	    lines->len - 1);
	if (mark != NULL && sscanf(mark + 1, BRIEF_MARK "%15" SCNd64
	    ",\"end\":%15" SCNd64 ",\"h\":\"%64[0-9a-f]\",\"sum\":\"%16" SCNx64
	    "\"}", &b->seq, &b->end, b->h, &sum) == 4 && brief_is_end(fd, b)) {
		lines->len = (size_t)(mark + 1 - lines->p);
		if (brief_sum(lines->p, lines->len) == sum)
			return;
	}
	buf_release(lines);
	memset(b, 0, sizeof(*b));
}

/*
 * The lines that a session already has, for a screen that shows it before its
 * core answers. Read from the session's folder up to the durable end, so no
 * core ever takes them back; whether the journal is sound is for the core to
 * say. Only reads.
 */

#define PAST_MAX ((int64_t)8 << 20)	/* bytes: some 15 ms to fold */

/* Read the journal's durable end from the file `head`: the later of its two
 * slots. A half-written slot matches no line of the journal and is skipped. */
static int
past_head(int dirfd, int fd, struct brief *head)
{
	AUTO_BUF struct buf b = BUF_INIT(1024);
	struct brief at;
	const char *p;

	head->seq = 0;
	(void)fs_read_file(dirfd, "head", &b, NULL);
	for (p = buf_str(&b); *p != '\0'; p += strcspn(p, "\n"),
	    p += *p == '\n')
		if (sscanf(p, "seq=%15" SCNd64 " end=%15" SCNd64 " h=%64[0-9a-f]",
		    &at.seq, &at.end, at.h) == 3 && at.seq > head->seq &&
		    brief_is_end(fd, &at))
			*head = at;
	return head->seq > 0 ? 0 : -1;
}

/* Are these the lines from `seq` to `last`? */
static bool
past_are_lines(const struct buf *b, int64_t seq, int64_t last)
{
	const char *p = buf_str(b), *end = p + b->len, *nl;
	char begin[32];
	size_t n;

	for (; p < end; p = nl + 1, seq++) {
		n = (size_t)snprintf(begin, sizeof(begin), "{\"seq\":%lld,",
		    (long long)seq);
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL || (size_t)(nl - p) < n ||
		    memcmp(p, begin, n) != 0)
			return false;
	}
	return seq == last + 1;
}

static int
past_load(struct past *p, int dirfd, int fd)
{
	struct brief head, b;

	if (past_head(dirfd, fd, &head) < 0)
		return -1;
	brief_load(&b, dirfd, fd, &p->brief);
	if (b.seq > head.seq || head.end - b.end > PAST_MAX ||
	    reader_read(fd, (off_t)b.end, (size_t)(head.end - b.end),
	    &p->lines) < 0 || p->lines.len != (size_t)(head.end - b.end) ||
	    !past_are_lines(&p->lines, b.seq + 1, head.seq))
		return -1;
	p->last = head.seq;
	return 0;
}

struct past *
past_open(const char *dir)
{
	struct past *p = xcalloc(1, sizeof(*p));
	AUTO_CLOSE int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	p->dir = xstrdup(dir);
	if (fd >= 0 && past_load(p, dirfd, fd) == 0)
		return p;
	past_free(p);
	return NULL;
}

void
past_free(struct past *p)
{
	if (p == NULL)
		return;
	buf_release(&p->brief);
	buf_release(&p->lines);
	FREE_ALL(p->dir, p);
}

static void
past_lines(const struct buf *b, past_line_cb *cb, void *arg)
{
	const char *line = buf_str(b), *end = line + b->len, *nl;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		cb(arg, line, (size_t)(nl - line));
	}
}

void
past_each(const struct past *p, past_line_cb *cb, void *arg)
{
	past_lines(&p->brief, cb, arg);
	past_lines(&p->lines, cb, arg);
}
