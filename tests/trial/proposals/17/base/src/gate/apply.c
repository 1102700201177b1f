/*
 * Apply: a decision becomes files. This is the only place in assent that
 * changes the user's tree.
 *
 *  1. It writes the blobs that were shown, and never reads the stage.
 *  2. All temporary files are written and synced before anything is visible,
 *     in the folder of the target (or its nearest one that exists), so that a
 *     full disk is found while nothing has changed. Many are synced at once,
 *     with their file system: that costs one commit of its journal.
 *  3. A file is exchanged with its temporary one, and what came out is hashed.
 *     If that is not `before`, somebody saved in between: it goes back.
 *  4. Nothing is overwritten and nothing unlinked whose content is not kept:
 *     displaced files move to the undo folder (a program that still has one
 *     open writes there), or their content is in the blob store.
 *  5. A temporary file's name says which session and which path it belongs to,
 *     so that recovery after a crash can tell an orphan from a user's file.
 */

/* Look at the file at the path; a missing folder means that it doesn't
 * exist. */
int
apply_look(
    const struct apply_tx *tx, const char *path, struct worktree_state *s)
{
	const char *name;
	int fd, rc, saved;

	memset(s, 0, sizeof(*s));
	fd = fs_open_parent(tx->root_fd, path, false, &name);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ?
		    0 : -1;
	rc = worktree_read(fd, name, s);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

/* Is a parent of the path a file or a link now, and not about to be removed? */
static bool
apply_is_blocked(const struct apply_tx *tx, const char *path)
{
	const char *name;
	int fd = fs_open_parent(tx->root_fd, path, false, &name);

	if (fd >= 0) {
		close(fd);
		return false;
	}
	return (errno == ENOTDIR || errno == ELOOP) &&
	    !apply_deletes_above(tx, path);
}

/* Run all steps that can fail without leaving a trace. -1 with errno. */
static int
apply_ready(struct apply_tx *tx, struct apply_item *it, struct err *e)
{
	struct statvfs vfs;
	struct stat st;
	int fd, rc = 0, saved;

	if (it->kind == APPLY_NOTHING)
		return 0;
	fd = apply_open_nearest(tx, it->dir);
	if (fd < 0)
		return -1;
	else if (it->kind == APPLY_DELETE)
		rc = faccessat(fd, ".", W_OK | X_OK, AT_EACCESS);
	else if (fstatvfs(fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0)
		rc = (errno = EROFS, -1);
	else if (geteuid() != 0 && it->was.st.st_uid != geteuid())
		rc = (errno = EPERM, -1);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

