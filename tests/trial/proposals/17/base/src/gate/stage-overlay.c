/*
 * stage-overlay: the stage as an overlay's upper folder, read and edited while
 * nothing is mounted. With `userxattr` there are exactly three marks: a
 * character device 0:0 is a deletion, user.overlay.opaque=y hides the real
 * folder's contents, everything else is content. A tool can't forge any of
 * them.
 */

/* A work folder used with `volatile` can't be mounted again. */
static int
overlay_sync(struct stage *st, struct buf *notes, struct err *e)
{
	int fd;

	if (stage_unhide(st, notes, e) < 0)
		return -1;
	/* The worker empties it, and may be creating it, too. */
	if (mkdirat(st->dir_fd, "wk", 0700) < 0)
		return errno == EEXIST ? 0 :
		    err_sys(e, "cannot prepare the staged copy");
	fd = openat(st->dir_fd, "wk", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd >= 0) {
		stage_own(st, fd);
		close(fd);
	}
	return 0;
}

/* Git tracked it when the call began, and the folder changed since. */
static bool
overlay_lost(struct stage *st, const char *path)
{
	char *copy, *slash;
	struct stage_id id;
	struct stat sb;
	bool lost = false;

	if (!st->o.is_tracked(st->o.policy, path))
		return false;
	copy = xstrdup(path);
	for (;;) {
		slash = strrchr(copy, '/');
		if (slash != NULL)
			*slash = '\0';
		if (stage_stat(st->root_fd, slash == NULL ? "." : copy,
		    &sb) == 0) {
			stage_id_make(&id, &sb);
			lost = stage_real_is_newer(st, &id, NULL);
			break;
		}
		if (slash == NULL)
			break;
	}
	free(copy);
	return lost;
}

static int
overlay_erase(struct stage *st, const char *path, struct err *e)
{
	enum overlay_cover cover = overlay_cover(st, path);
	const char *name;
	struct stat sb;
	int fd, rc = 0;

	if (cover == OVERLAY_DELETED)
		return 0;
	if (stage_remove(st, path, e) < 0)
		return -1;
	/* If the real tree or the stage has a folder, its files are handled one
	    S_ISDIR(sb.st_mode)) ||
	    stage_stat(st->root_fd, path, &sb) < 0 || S_ISDIR(sb.st_mode))
		return 0;
	fd = stage_open_parent(st, path, &name, e);
	if (fd < 0)
		return -1;
	if (mknodat(fd, name, S_IFCHR, makedev(0, 0)) < 0)
		rc = err_sys(e, "can't delete %s in the staged copy",
		    path);
	close(fd);
	return rc;
}

static int
overlay_follow(struct stage *st, const char *path,
    const struct stage_side *real, const struct stage_id *shown, bool *stays,
    struct err *e)
{
	enum overlay_cover cover = overlay_cover(st, path);
	struct stat sb;
	bool newer = false;

	*stays = false;
	if (cover == OVERLAY_BLOCKED)	/* that file hides it */
		return 0;
	if (real->exists && stage_stat(st->root_fd, path, &sb) == 0)
		newer = sb.st_mtim.tv_sec > shown->mtime_s ||
		    (sb.st_mtim.tv_sec == shown->mtime_s &&
		    sb.st_mtim.tv_nsec > shown->mtime_ns);
	if (real->exists &&
	    (!newer || cover != OVERLAY_OPEN)) {
		*stays = true;
		return stage_write(st, path, real, e);
	}
	return stage_remove(st, path, e);
}

