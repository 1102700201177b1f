#include "config.h"

#include "journal/linefile.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"

#define LINEFILE_CHUNK ((size_t)1 << 18)

void
linefile_init(struct linefile *r, int fd, off_t from)
{
	memset(r, 0, sizeof(*r));
	r->fd = fd;
	r->off = from;
	/* One line, its newline, and the rest of a chunk. */
	buf_init(&r->b, JSON_MAX_BYTES + 2 * LINEFILE_CHUNK);
}

void
linefile_release(struct linefile *r)
{
	buf_release(&r->b);
}

int
linefile_next(struct linefile *r, const char **line, size_t *n, struct err *e)
{
	char *chunk;
	int rc = -1;

	for (;;) {
		size_t left = r->b.len - r->scanned;
		const char *nl = left == 0 ? NULL :
		    memchr(r->b.p + r->scanned, '\n', left);
		ssize_t got;

		if (nl != NULL) {
			*line = r->b.p + r->used;
			*n = (size_t)(nl - *line);
			r->used += *n + 1;
			r->scanned = r->used;
			rc = LINEFILE_LINE;
			break;
		}
		buf_consume(&r->b, r->used);
		r->used = 0;
		r->scanned = r->b.len;
		if (r->b.len > JSON_MAX_BYTES) {
			err_set(e, "it is longer than %zu MB",
			    JSON_MAX_BYTES >> 20);
			break;
		}
		chunk = buf_room(&r->b, LINEFILE_CHUNK);
		got = fs_pread(r->fd, chunk, LINEFILE_CHUNK, r->off);
		if (got < 0) {
			err_sys(e, "it cannot be read");
			break;
		}
		if (got == 0) {
			*line = buf_str(&r->b);
			*n = r->b.len;
			r->used = r->b.len;
			rc = *n == 0 ? LINEFILE_END : LINEFILE_TORN;
			break;
		}
		r->off += got;
		buf_filled(&r->b, (size_t)got);
	}
	return rc;
}
