/*
 * stage-bound: the limits of one scan. Build products count only for the walk:
 * a large folder of them hides no change. Changes are limited in number and in
 * bytes to read, hash and store, including holes, which no quota counts.
 * Everything beyond the limits is listed.
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
