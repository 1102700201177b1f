/*
 * stage-overlay: the stage as an overlay's upper folder, read and edited while
 * nothing is mounted. With `userxattr` there are exactly three marks: a
 * character device 0:0 is a deletion, user.overlay.opaque=y hides the real
 * folder's contents, everything else is content. A tool can't forge any of
 * them.
 */

static int
overlay_follow(struct stage *st, const char *path,
    const struct stage_side *real, const struct stage_id *shown, bool *stays,
    struct err *e)
	*stays = false;
	if (cover == OVERLAY_BLOCKED)	/* that file hides it */
		return 0;
	/* Unless the real file is visible, and newer. */
	*stays = real->exists && (cover != OVERLAY_OPEN ||
	    stage_stat_real(st, path, &sb) < 0 ||
	    sb.st_mtim.tv_sec < shown->mtime_s ||
	    (sb.st_mtim.tv_sec == shown->mtime_s &&
	    sb.st_mtim.tv_nsec <= shown->mtime_ns));
	return *stays ? stage_write(st, path, real, e) :
	    stage_remove(st, path, e);
}

