#include "config.h"

#include "journal/past.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "journal/brief.h"

#define PAST_MAX ((int64_t)8 << 20)	/* bytes: some 15 ms to fold */

struct past {
	char		*dir;
	int64_t		 last;
	/* The lines in the file `brief`, and the later ones of the journal. */
	struct buf	 brief, lines;
};

static int
past_read(int fd, int64_t from, int64_t to, struct buf *b)
{
	size_t n = (size_t)(to - from), have = 0;
	char *p = buf_room(b, n);
	ssize_t got = 1;

	while (p != NULL && have < n && got > 0) {
		got = fs_pread(fd, p + have, n - have,
		    (off_t)from + (off_t)have);
		have += got > 0 ? (size_t)got : 0;
	}
	if (p == NULL || have < n)
		return -1;
	buf_filled(b, n);
	return 0;
}

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
	    past_read(fd, b.end, head.end, &p->lines) < 0 ||
	    !past_are_lines(&p->lines, b.seq + 1, head.seq))
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
	fs_close(fd);
	fs_close(dirfd);
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
	buf_release(&p->brief);
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

static void
past_lines(const struct buf *b, past_line_cb *cb, void *arg)
{
	const char *line = buf_str(b), *end = line + b->len, *nl;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (!brief_is_mark(line, (size_t)(nl - line)))
			cb(arg, line, (size_t)(nl - line));
	}
}

void
past_each(const struct past *p, past_line_cb *cb, void *arg)
{
	past_lines(&p->brief, cb, arg);
	past_lines(&p->lines, cb, arg);
}
