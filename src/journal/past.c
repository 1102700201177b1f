#include "config.h"

#include "journal/past.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

#define PAST_MAX ((int64_t)8 << 20)	/* bytes: some 15 ms to fold */
#define PAST_HEX 64

struct past {
	char		*dir;
	int64_t		 last;
	struct buf	 lines;
};

/* A place in the journal: a line's number, where it ends, its hash. */
struct past_place {
	int64_t	 seq, end;
	char	 h[PAST_HEX + 1];
};

static int
past_read(int fd, int64_t from, int64_t to, struct buf *b)
{
	size_t n = (size_t)(to - from), have = 0;
	char *p = buf_room(b, n);
	ssize_t got = 1;

	while (p != NULL && have < n && got > 0) {
		do {
			got = pread(fd, p + have, n - have,
			    (off_t)from + (off_t)have);
		} while (got < 0 && errno == EINTR);
		have += got > 0 ? (size_t)got : 0;
	}
	if (p == NULL || have < n)
		return -1;
	buf_filled(b, n);
	return 0;
}

/* Does a line with this hash end there? */
static bool
past_is_end(int fd, const struct past_place *at)
{
	struct buf b = BUF_INIT(0);
	char tail[PAST_HEX + 16];
	int n = snprintf(tail, sizeof(tail), ",\"h\":\"%s\"}\n", at->h);
	bool is;

	is = at->end > n && past_read(fd, at->end - n, at->end, &b) == 0 &&
	    memcmp(b.p, tail, (size_t)n) == 0;
	buf_release(&b);
	return is;
}

/* The durable end. `head` has two slots, and a torn one names no line. */
static int
past_head(int dirfd, int fd, struct past_place *head)
{
	struct buf b = BUF_INIT(1024);
	struct past_place at;
	const char *p;

	head->seq = 0;
	(void)fs_read_file(dirfd, "head", &b, NULL);
	for (p = buf_str(&b); *p != '\0'; p += strcspn(p, "\n"),
	    p += *p == '\n')
		if (sscanf(p, "seq=%15" SCNd64 " end=%15" SCNd64 " h=%64[0-9a-f]",
		    &at.seq, &at.end, at.h) == 3 && at.seq > head->seq &&
		    past_is_end(fd, &at))
			*head = at;
	buf_release(&b);
	return head->seq > 0 ? 0 : -1;
}

/* Are these the lines from `seq` to `last`? */
static bool
past_are_lines(const struct buf *b, int64_t seq, int64_t last)
{
	const char *p = b->p, *end = b->p + b->len;
	char begin[32];
	size_t n;

	for (; p < end; seq++) {
		n = (size_t)snprintf(begin, sizeof(begin), "{\"seq\":%lld,",
		    (long long)seq);
		if ((size_t)(end - p) < n || memcmp(p, begin, n) != 0)
			return false;
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	}
	return seq == last + 1;
}

static int
past_load(struct past *p, int dirfd, int fd)
{
	struct past_place head;

	if (past_head(dirfd, fd, &head) < 0 || head.end > PAST_MAX ||
	    past_read(fd, 0, head.end, &p->lines) < 0 ||
	    !past_are_lines(&p->lines, 1, head.seq))
		return -1;
	p->last = head.seq;
	return 0;
}

struct past *
past_open(const char *dir)
{
	struct past *p = xcalloc(1, sizeof(*p));
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = dirfd < 0 ? -1 : openat(dirfd, "journal.jsonl",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc;

	p->dir = xstrdup(dir);
	rc = fd < 0 ? -1 : past_load(p, dirfd, fd);
	if (fd >= 0)
		close(fd);
	if (dirfd >= 0)
		close(dirfd);
	if (rc == 0)
		return p;
	past_free(p);
	return NULL;
}

void
past_free(struct past *p)
{
	if (p == NULL)
		return;
	buf_release(&p->lines);
	free(p->dir);
	free(p);
}

const char *
past_dir(const struct past *p)
{
	return p->dir;
}

int64_t
past_last(const struct past *p)
{
	return p->last;
}

void
past_each(const struct past *p, past_line_cb *cb, void *arg)
{
	const char *line = p->lines.p, *end = line + p->lines.len, *nl;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		cb(arg, line, (size_t)(nl - line));
	}
}
