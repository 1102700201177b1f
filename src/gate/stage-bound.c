/*
 * stage-bound: the limits of one scan. Build products count only for the walk:
 * a large folder of them hides no change. Changes are limited in number and in
 * bytes to read, hash and store, including holes, which no quota counts. Small
 * files come first, so that large ones don't crowd them out. Everything beyond
 * the limits is listed.
 */
#include "config.h"

#include "base/mem.h"
#include "gate/stage-priv.h"

void
stage_cut(struct stage_scan_state *s)
{
	size_t len = s->path.len;

	if (s->cut)
		return;
	s->cut = true;
	s->path.len = 0;	/* of the whole */
	stage_leave_out(s, "too many entries: the rest was not scanned");
	s->path.len = len;
}

bool
stage_bound_change(struct stage_scan_state *s)
{
	if (++s->changes <= s->st->o.max_changes)
		return true;
	stage_cut(s);
	return false;
}

bool
stage_bound_bytes(struct stage_scan_state *s, int64_t size)
{
	if (size > s->st->o.max_bytes)
		return true;	/* refused on its own, unread */
	if (size > s->st->o.max_scan - s->bytes)
		return false;
	s->bytes += size;
	return true;
}

bool
stage_late(struct stage_scan_state *s, const struct stat *sb)
{
	if (!S_ISREG(sb->st_mode) || sb->st_size <= STAGE_LATE)
		return false;
	(void)pathmap_add(&s->late, buf_str(&s->path),
	    sizeof(struct manifest_hidden));
	return true;
}

void
stage_late_end(struct stage_scan_state *s)
{
	AUTO_FREE void **v = pathmap_list(&s->late);
	struct stat sb;
	size_t i, len;

	for (i = 0; v[i] != NULL && s->rc == 0; i++) {
		const char *path = ((struct manifest_hidden *)v[i])->path;

		if (!stage_scan_push(s, path, &len))
			break;
		if (stage_stat(s->st->staged_fd, path, &sb) < 0)
			stage_scan_fail(s);
		else
			stage_scan_add_change(s, &sb);
		stage_scan_pop(s, len);
	}
	pathmap_release(&s->late);
}
