/*
 * stage-copy: the stage as a copy of the project, for hosts without overlays.
 * For each copied file the index keeps the stat data of the real one and of the
 * copy: if the copy's is unchanged, no tool touched it; if the real file's is
 * unchanged, the user didn't. Leaves out folders named .git at every depth, and
 * secret files, which can't be masked here.
 */

static int
copy_follow(struct stage *st, const char *path, const struct stage_side *real,
    const struct stage_id *shown, bool *stays, struct err *e)
{
	struct copy_walk w = { .st = st, .e = e };
	const char *name;
	struct stat sb;
	int fd;

	*stays = false;
	fd = real->exists ? fs_open_parent(st->root_fd, path, false, &name) :
	    -1;
	if (fd < 0 || fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0) {
		fs_close(fd);
		copy_remove(st, path);
		return stage_remove(st, path, e);
	}
	buf_adds(&w.path, path);
	copy_one(&w, fd, name, &sb, shown);
	buf_release(&w.path);
	buf_release(&w.left_names);
	close(fd);
	return w.rc;
}

