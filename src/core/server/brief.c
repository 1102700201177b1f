#include "config.h"

#include "core/server/brief.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "journal/linefile.h"

struct brief {
	int		 fd;
	off_t		 end;		/* of the file */
	off_t		*offs;		/* where each line begins */
	size_t		 len;
	size_t		 written;	/* lines in the file */
	struct buf	 more;		/* those that aren't */
};

struct brief *
brief_new(void)
{
	struct brief *b = xcalloc(1, sizeof(*b));

	b->fd = -1;
	return b;
}

/* Empty, for good. */
static void
brief_give_up(struct brief *b)
{
	if (b->fd >= 0)
		close(b->fd);
	free(b->offs);
	buf_release(&b->more);
	b->fd = -2;
	b->offs = NULL;
	b->len = b->written = 0;
}

void
brief_free(struct brief *b)
{
	if (b != NULL)
		brief_give_up(b);
	free(b);
}

int64_t
brief_last(const struct brief *b)
{
	return (int64_t)b->written;
}

void
brief_add(struct brief *b, int64_t seq, const char *line, size_t n)
{
	if (b->fd == -2 || seq != (int64_t)b->len + 1)
		return;
	GROW(b->offs, b->len);
	b->offs[b->len++] = b->end + (off_t)b->more.len;
	buf_add(&b->more, line, n);
	buf_addc(&b->more, '\n');
}

void
brief_flush(struct brief *b, const char *dir)
{
	if (b->fd == -2 || b->more.len == 0)
		return;
	if (b->fd == -1)
		b->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (b->fd < 0 || fs_write_all(b->fd, b->more.p, b->more.len) < 0) {
		brief_give_up(b);
		return;
	}
	b->end += (off_t)b->more.len;
	b->written = b->len;
	buf_release(&b->more);
}

int
brief_read(struct brief *b, int64_t from, journal_raw_cb *cb, void *arg)
{
	struct linefile r;
	const char *line;
	size_t n;
	int64_t seq, last = brief_last(b);
	bool more = true;
	int rc = 0;

	linefile_init(&r, b->fd, b->offs[from - 1]);
	for (seq = from; rc == 0 && more && seq <= last; seq++) {
		if (linefile_next(&r, &line, &n, NULL) != LINEFILE_LINE)
			rc = -1;
		else
			more = cb(arg, line, n);
	}
	linefile_release(&r);
	if (rc < 0)
		brief_give_up(b);
	return rc;
}
