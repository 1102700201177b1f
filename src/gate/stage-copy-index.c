/*
 * stage-copy-index: the stat data of each real file when it was copied, and of
 * its copy. Kept in a file, so that a resumed session needn't compare contents:
 * numbers, path, NUL.
 */
#include "config.h"

#include "base/mem.h"
#include "gate/stage-copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"

struct copy_entry *
copy_find(struct stage *st, const char *path)
{
	const struct copy_index *x = st->index;

	return pathmap_find(&x->files, path);
}

struct copy_entry *
copy_add(struct stage *st, const char *path)
{
	struct copy_index *x = st->index;

	return pathmap_add(&x->files, path, sizeof(struct copy_entry));
}

void
copy_remove(struct stage *st, const char *path)
{
	struct copy_index *x = st->index;

	if (pathmap_find(&x->files, path) == NULL)
		return;
	pathmap_remove(&x->files, path);
	st->index_dirty = true;
}

bool
copy_is_own(struct stage *st, const char *path, const struct stat *sb)
{
	const struct copy_entry *c = copy_find(st, path);
	struct stage_id id;

	stage_id_make(&id, sb);
	return c != NULL && stage_id_equal(&c->copy, &id);
}

void **
copy_list(struct stage *st)
{
	const struct copy_index *x = st->index;

	return pathmap_list(&x->files);
}

static void
copy_id_save(struct buf *b, const struct stage_id *id)
{
	buf_addf(b, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %" PRIu64 " %u %d ", id->mtime_s, id->mtime_ns, id->ctime_s,
	    id->ctime_ns, id->size, id->ino, id->mode, id->settled);
}

static bool
copy_id_load(struct stage_id *id, char **p)
{
	int64_t v[8];
	size_t i;
	char *end;

	for (i = 0; i < 8; i++) {
		errno = 0;
		v[i] = strtoll(*p, &end, 10);
		if (errno != 0 || end == *p || *end != ' ')
			return false;
		*p = end + 1;
	}
	*id = (struct stage_id){ v[0], v[1], v[2], v[3], v[4],
		(uint64_t)v[5], (unsigned)v[6], v[7] != 0 };
	return true;
}

int
copy_index_save(struct stage *st, struct err *e)
{
	AUTO_FREE void **v = copy_list(st);
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;
	int rc;

	for (i = 0; v[i] != NULL; i++) {
		const struct copy_entry *c = v[i];

		copy_id_save(&b, &c->real);
		copy_id_save(&b, &c->copy);
		buf_add(&b, c->path, strlen(c->path) + 1);
	}
	rc = fs_replace(st->dir_fd, STAGE_COPY_INDEX, buf_str(&b), b.len, 0600, e);
	if (rc == 0)
		st->index_dirty = false;
	/* A command that writes what was copied in this tick would leave its
	 * times as they are, and the scan would take it for untouched. */
	time_wait(NULL);
	return rc;
}

void
copy_index_load(struct stage *st)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct stage_id real, copy;
	struct copy_entry *c;
	char *p, *end;

	if (fs_read_file(st->dir_fd, STAGE_COPY_INDEX, &b, NULL) == 0 && b.len > 0) {
		for (p = b.p, end = b.p + b.len; p < end; p += strlen(p) + 1) {
			if (!copy_id_load(&real, &p) ||
			    !copy_id_load(&copy, &p) || *p == '\0')
				break;
			c = copy_add(st, p);
			c->real = real;
			c->copy = copy;
		}
	}
}
