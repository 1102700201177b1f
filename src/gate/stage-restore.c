/*
 * stage-restore: contents missing from the store while the stage still exists.
 * Contents that the stage or the real tree still has are stored again. If a
 * change's original content is lost, the change becomes one of the user's
 * newest version, all of which it then overwrites: the reviewer sees that, and
 * no rule accepts it.
 */
#include "config.h"

#include "base/json.h"
#include "base/mem.h"
#include "gate/stage-priv.h"

#include <string.h>

/* Is it in the store, and undamaged? */
static bool
restore_has(const struct stage *st, const struct stage_side *s)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	return !s->exists || blob_get(st->blobs, s->hash, &b, NULL) == 0;
}

static int
restore_base(struct stage *st, struct manifest_entry *m, struct buf *notes,
    struct err *e)
{
	struct stage_side real;
	struct stage_id id;
	enum stage_got got = stage_get_real(st, m->path, &real, &id, e);

	if (got == STAGE_FAILED)
		return -1;
	if (got == STAGE_REFUSED || stage_side_equal(&real, &m->base))
		return 0;
	json_path_text(notes, m->path);
	buf_adds(notes, ": the original content of this change is missing from "
	    "the session's store; the change is shown against the current "
	    "file\n");
	m->base = real;
	m->base_id = id;
	m->conflict = false;
	m->during = m->during_now = true;
	return 0;
}

static int
restore_one(struct stage *st, struct manifest_entry *m, struct buf *notes,
    struct err *e)
{
	struct stage_side now;
	struct stage_id id;
	const char *why;

	if (m->refused != NULL || stage_side_equal(&m->base, &m->after) ||
	    stage_hides(st, m->path))
		return 0;
	if (!restore_has(st, &m->after)) {
		st->dirty = true;
		switch (stage_read(st, st->staged_fd, m->path, true, &now, &id,
		    &why, e)) {
		case STAGE_FAILED:
			return -1;
		case STAGE_REFUSED:
			m->refused = why;
			return 0;
		case STAGE_GOT:
			m->after = now;
			m->after_id = id;
			break;
		}
	}
	/* It is unknown where the lines differ: all of it overwrites. */
	if (m->conflict && !restore_has(st, &m->was)) {
		m->conflict = false;
		m->during = st->dirty = true;
	}
	if (restore_has(st, &m->base))
		return 0;
	st->dirty = true;
	return restore_base(st, m, notes, e);
}

int
stage_restore(struct stage *st, struct buf *notes, struct err *e)
{
	AUTO_FREE void **v = pathmap_list(&st->manifest.files);
	size_t i;
	int rc = 0;

	for (i = 0; v[i] != NULL && rc == 0; i++)
		rc = restore_one(st, v[i], notes, e);
	return rc < 0 ? -1 : stage_save(st, e);
}
