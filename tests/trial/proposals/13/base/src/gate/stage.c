/*
 * stage: opening, the steps around a call, and the effect of a decision on a
 * staged file. The order is always: before_call, call, after_call, scan;
 * nothing here runs while a view is mounted.
 */

/* Merge the user's newer version into one staged file. */
static int
stage_merge_upstream(struct stage *st, struct manifest_entry *m,
    struct buf *notes, struct err *e)
		    "readable file there");
		return 0;
	}
	if (!stage_side_equal(&real, &m->base))
		return merge_changed(st, m, &real, &id, notes, e);
	/* The same content. Perhaps touched on purpose: show that. */
	touched = m->base_id.ino != 0 && (id.mtime_s != m->base_id.mtime_s ||
	    id.mtime_ns != m->base_id.mtime_ns);
	merge_rebase(m, &real, &id);
	if (touched && real.exists && stage_side_equal(&m->after, &m->base) &&
	    (id.mtime_s > m->after_id.mtime_s ||
	    (id.mtime_s == m->after_id.mtime_s &&
	    id.mtime_ns > m->after_id.mtime_ns)))
		return stage_fast_forward(st, m, &real, &id, e);
	return 0;
}

/* Give the staged file the real file's time. */
static void
stage_date(struct stage *st, const char *path, const struct stage_id *real)
{
	const struct timespec t = { .tv_sec = real->mtime_s,
		.tv_nsec = real->mtime_ns }, times[2] = { t, t };
	const char *name;
	AUTO_CLOSE int fd = fs_open_parent(st->staged_fd, path, false, &name);

	if (fd >= 0)
		(void)utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
}

void
stage_staged_time(struct stage *st, const char *path, struct timespec *t)
{
	const struct manifest_entry *m = pathmap_find(&st->manifest->files,
	    path);
	struct stat sb;

	if (stage_is_seen(st, m) && m->after_id.ino != 0)
		*t = (struct timespec){ .tv_sec = m->after_id.mtime_s,
			.tv_nsec = m->after_id.mtime_ns };
	else if (stage_stat(st->staged_fd, path, &sb) == 0)
		*t = sb.st_mtim;
}

