/*
 * Commit: each prepared op becomes visible by one rename, and the displaced
 * file is compared with the one that was displayed. An op that fails here
 * leaves the user's file and reports the failure; the others continue.
 *
 * Recovery: after a crash between apply_begin and applied, each op's file is
 * new (done), still old, or anything else (the user's, left alone). As the user
 * decides, the old files are replaced from the blob store, the new ones are
 * restored from it, or all stay. Leftover temporary files are set aside, or
 * moved back if they contain a version that the user saved.
 */

static struct apply_op *
temps_find(const struct temps *t, const char *dir, const char *name)
{
	struct temp_op key, *it;

	memcpy(key.tag, name + 8 + APPLY_TAG, APPLY_TAG);
	key.tag[APPLY_TAG] = '\0';
	it = bsearch(&key, t->ops, t->len, sizeof(key), temp_op_compare);
	while (it != NULL && it > t->ops &&
	    temp_op_compare(it - 1, &key) == 0)
		it--;
	for (; it != NULL && it < t->ops + t->len &&
	    temp_op_compare(it, &key) == 0; it++)
		if (temp_may_be_in(it, dir))
			return it->op;
	return NULL;
}

static void
temps_folder(struct temps *t, const char *dir)
{
	AUTO_CLOSE int fd = apply_open_dir(t->tx, dir);
	int n = 0, i;
	struct dirent *de;
			continue;
		GROW(names, n);
		names[n++] = xstrdup(de->d_name);
	}
	MEM_SORT(names, (size_t)n);
	for (i = 0; i < n; i++) {
		if ((op = temps_find(t, dir, names[i])) != NULL) {
			apply_recover_temp(t->tx, op, fd, names[i]);
			t->found++;
		}
		free(names[i]);
	}
}

static size_t
apply_recover_temps(const struct apply_tx *tx)
{
	struct temps t = { .tx = tx };
	char hex[SHA256_HEX_SIZE];
	size_t i;

		free(t.dirs[i]);
	for (i = 0; i < t.len; i++)
		free(t.ops[i].dir);
	free(t.dirs);
	free(t.ops);
	return t.found;
}

/* Temporary files of this session in a folder; with `clear`, remove them. */
static size_t
apply_sweep_dir(const struct apply_tx *tx, int dirfd, struct apply_op *op,
    bool clear)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fs_dir_take(fd);
	struct dirent *de;
	size_t found = 0;

	while ((de = fs_dir_next(&d)) != NULL) {
		struct worktree_state s;

		if (!apply_tmp_is_ours(tx, de->d_name))
			continue;
		found++;
		if (!clear)
			continue;
		/* A content that the store has needs no second copy. */
		if (worktree_read(dirfd, de->d_name, &s) == 0 && !s.other &&
		    s.side.exists && blob_has(tx->store, s.side.hash))
			(void)unlinkat(dirfd, de->d_name, 0);
		else
			apply_keep(tx, dirfd, de->d_name, op, NULL, NULL, false);
	}
	return found;
}

static size_t
apply_sweep_ops(const struct apply_tx *tx, bool clear)
{
	AUTO(pathmap_release) struct pathmap swept = { 0 };
	size_t i, found = 0;

	for (i = 0; i < tx->ops_len; i++) {
		AUTO_FREE char *dir = apply_dirname(tx->ops[i].path);
		AUTO_CLOSE int fd = apply_open_nearest(tx, dir);

		if (fd >= 0 && pathmap_find(&swept, dir) == NULL) {
			pathmap_add(&swept, dir, sizeof(char *));
			found += apply_sweep_dir(tx, fd, &tx->ops[i], clear);
		}
	}
	return found;
}

/* Handle leftovers of a crash, or of a step that couldn't be undone: never
 * files of a transaction under way, so only before its first write. A temporary
 * file that is the only copy of a file is moved back to its name first. */
void
apply_clear(const struct apply_tx *tx)
{
	if (apply_sweep_ops(tx, false) == 0)
		return;
	(void)apply_recover_temps(tx);
	(void)apply_sweep_ops(tx, true);
}

