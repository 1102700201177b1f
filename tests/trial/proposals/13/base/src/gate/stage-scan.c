/*
 * stage-scan: the staged changes relative to the recorded contents. The walk of
 * the stage's view (overlay or copy, see stage-priv.h) calls a function here
 * for each path that may be staged. Its manifest entry is found or made, the
 * staged file is read if it changed since the last scan, and both sides are
 * compared.
 * What can't be proposed is listed, never skipped silently; build products are
 * counted.
 */

static void
stage_ignore(struct stage_scan_state *s, const struct stat *sb)
{
	struct stage_scan *o = s->out;

	if (sb != NULL && (sb->st_mtim.tv_sec > s->product.tv_sec ||
	    (sb->st_mtim.tv_sec == s->product.tv_sec &&
	    sb->st_mtim.tv_nsec > s->product.tv_nsec)))
		s->product = sb->st_mtim;
	o->ignored_all++;
	o->ignored_mix += stage_ignored_mix(buf_str(&s->path), sb);
	if (s->ignored_bytes + s->path.len >= STAGE_IGNORED_NAMES)
		return;
	s->ignored_bytes += s->path.len + 1;
	GROW(o->ignored, o->ignored_len);
	o->ignored[o->ignored_len++] = xstrdup(buf_str(&s->path));
}

/* The same for a path that is a change with any content. */
static void
stage_scan_add_change(struct stage_scan_state *s, const struct stat *sb)
{
	then = m->after_id;
	got = stage_read(s->st, path, true, &m->after,
	    &m->after_id, &why, s->e);
	/* Written since the last scan, by the last call or by us: with known
	 * stat data, a new time counts, too. */
	if (then.ino == 0 ? !stage_side_equal(&had, &m->after) :
	    then.mtime_s != id.mtime_s || then.mtime_ns != id.mtime_ns ||
	    !stage_side_equal(&had, &m->after))
		m->by_tool = !s->st->command;
	if (!stage_side_equal(&had, &m->after))
		m->changed = s->st->serial;
	if (got == STAGE_FAILED)
		s->rc = -1;
		m->refused = why;
}

