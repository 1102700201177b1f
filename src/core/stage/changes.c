#include "config.h"

#include "core/stage/changes.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/stage/stages.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"

struct change {
	char		*path;
	const struct fold_change_file *first, *last;
	const char	*from;		/* its old name; NULL: not renamed */
	bool		 mixed;		/* someone else changed it in between */
};

/* All that was written in the task, by path. */
static void
changes_read(const struct core *c, struct pathmap *all)
{
	struct change *ch;

	MEM_EACH(c->fold, changes, t) {
		if (fold_change_counts(c->fold, t) == 0)
			continue;
		MEM_EACH(t, files, file) {
			ch = pathmap_add(all, file->path_bytes, sizeof(*ch));
			if (ch->first == NULL)
				ch->first = file;
			else if (!fold_change_is_back(file, ch->last))
				ch->mixed = true;
			ch->last = file;
			if (file->from != NULL)
				ch->from = file->from;
		}
	}
}

/* The file that had another name when the task began and was renamed to this
 * one, if nothing has the old name now. */
static const struct change *
change_origin(const struct pathmap *all, const struct change *c)
{
	size_t steps;

	if (c->first->before.exists || !c->last->after.exists)
		return NULL;
	for (steps = 0; c != NULL && c->from != NULL && steps < all->len;
	    steps++) {
		c = pathmap_find(all, c->from);
		if (c != NULL && c->first->before.exists)
			return c->last->after.exists ? NULL : c;
	}
	return NULL;
}

struct changes_op *
changes_ops(const struct core *c, size_t *n)
{
	AUTO(pathmap_release) struct pathmap all = { 0 };
	const struct change *from;
	struct changes_op *ops, *old;
	size_t i;

	changes_read(c, &all);
	ops = xcalloc(all.len + 1, sizeof(*ops));
	*n = 0;
	PATHMAP_EACH(&all, change, ch) {
		stages_side(&ops[*n].before, &ch->first->before);
		stages_side(&ops[*n].after, &ch->last->after);
		if (stage_side_equal(&ops[*n].before, &ops[*n].after))
			continue;
		ops[*n].path = ch->first->path_bytes;
		ops[*n].mixed = ch->mixed;
		from = change_origin(&all, ch);
		ops[(*n)++].other = from == NULL ? NULL :
		    from->first->path_bytes;
	}
	for (i = 0; i < *n; i++) {
		old = ops[i].other == NULL || !ops[i].after.exists ? NULL :
		    MEM_SEARCH(ops, *n, ops[i].other);
		if (old != NULL)
			old->other = ops[i].path;
	}
	return ops;
}

bool
changes_any(const struct core *c)
{
	size_t n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);

	return n > 0;
}

int
changes_patch(const struct core *c, struct buf *out, const char **large,
    struct err *e)
{
	const struct gate_split split = { .diff = c->diff };
	size_t i, n;
	AUTO_FREE struct changes_op *ops = changes_ops(c, &n);
	int rc = 0;

	*large = NULL;
	for (i = 0; i < n && rc >= 0; i++) {
		rc = gate_patch(out, c->blobs, ops[i].path, &ops[i].before,
		    &ops[i].after, &split, CHANGES_CONTENT_MAX, e);
		if (rc > 0)
			*large = ops[i].path;
	}
	return rc < 0 ? -1 : 0;
}
