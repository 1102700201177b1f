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

/* The nearest folder at or above `dir` (which is changed to it). */
int
apply_open_nearest(const struct apply_tx *tx, char *dir)
{
	for (;;) {
		int fd = apply_open_dir(tx, dir);
		char *slash;

	}
}

struct apply_tx *
apply_prepare(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n, struct err *e)
{
	for (i = 0; i < n && bad == NULL; i++)
		if (apply_path_check(ops[i].path, &sub) < 0) {
			bad = &ops[i];
			saved = EINVAL;
		}
	if (bad == NULL)
		apply_clear(tx);
	for (i = 0; i < n && bad == NULL; i++)
		if (apply_check(tx, &ops[i]) < 0) {
			saved = errno;
			bad = &ops[i];
		}
	if (bad == NULL)
	return NULL;
}

