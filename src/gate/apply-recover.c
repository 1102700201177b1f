/*
 * Recovery: after a crash between apply_begin and applied, each op's file is
 * new (done), still old, or anything else (the user's, left alone). As the user
 * decides, the old files are replaced from the blob store, the new ones are
 * restored from it, or all stay. Leftover temporary files are set aside, or
 * moved back if they contain a version that the user saved.
 */
#include "config.h"

#include "gate/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/*
 * Handle a temporary file of this op, found after a crash. If it is ours, or
 * the displaced file: set it aside. Any other content was saved by the user
 * when the crash came between the exchange and the exchange back: move it back
 * now.
 */
static void
apply_recover_temp(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *tmp)
{
	const char *slash = strrchr(op->path, '/');
	const char *name = slash == NULL ? op->path : slash + 1;
	struct worktree_state t, now;
	int ours;

	if (worktree_read(dirfd, tmp, &t) < 0 || !t.side.exists)
		return;
	if ((op->after.exists && strcmp(t.side.hash, op->after.hash) == 0) ||
	    !op->before.exists) {
		/* We wrote it from the store, completely or partly. */
		if (!t.other && blob_has(tx->store, t.side.hash))
			(void)unlinkat(dirfd, tmp, 0);
		else
			apply_keep(tx, dirfd, tmp, op, &t, NULL, false);
		return;
	}
	if (apply_recover_aside(tx, op, dirfd, tmp, name))
		return;
	if (strcmp(t.side.hash, op->before.hash) == 0 ||
	    worktree_read(dirfd, name, &now) < 0) {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, false);
		return;
	}
	if (!op->after.exists && !now.side.exists) {
		apply_changed(op, NULL);
		apply_move_back(tx, op, dirfd, tmp, name);
	} else if (op->after.exists && worktree_is(&now, &op->after)) {
		apply_changed(op, NULL);
		ours = worktree_open_path(dirfd, name);
		apply_put_back(tx, dirfd, name, tmp, ours, op);
		fs_close(ours);
	} else {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, true);
	}
}

/* ---- all temporary files, reading each folder once ---- */

struct temp_op {
	char		 tag[APPLY_TAG + 1];	/* of its path */
	char		*dir;
	struct apply_op	*op;
};

struct temps {
	const struct apply_tx *tx;
	struct temp_op	*ops;		/* by tag */
	size_t		 len;
	char		**dirs;		/* sorted */
	size_t		 dirs_len;
	size_t		 found;
};

static int
temp_op_compare(const void *a, const void *b)
{
	return strcmp(((const struct temp_op *)a)->tag,
	    ((const struct temp_op *)b)->tag);
}

/* Where the temporary file of an op may be: in the folder of its path; for a
 * new file also above the folders that the op creates. */
static bool
temp_may_be_in(const struct temp_op *t, const char *dir)
{
	size_t n = strlen(dir);

	if (strcmp(t->dir, dir) == 0)
		return true;
	return !t->op->before.exists && (strcmp(dir, ".") == 0 ||
	    (strncmp(t->dir, dir, n) == 0 && t->dir[n] == '/'));
}

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
	struct apply_op *op;
	AUTO_FREE char **names = NULL;
	DIR *d = fs_dir_take(fd < 0 ? -1 : openat(fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	while ((de = fs_dir_next(&d)) != NULL) {
		if (!apply_tmp_is_ours(t->tx, de->d_name))
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

static void
temps_add_dirs(struct temps *t, const struct temp_op *o)
{
	char *dir = xstrdup(o->dir), *up;

	for (;;) {
		GROW(t->dirs, t->dirs_len);
		t->dirs[t->dirs_len++] = dir;
		if (o->op->before.exists || strcmp(dir, ".") == 0)
			break;
		up = apply_dirname(dir);
		dir = up;
	}
}

size_t
apply_recover_temps(const struct apply_tx *tx)
{
	struct temps t = { .tx = tx };
	char hex[SHA256_HEX_SIZE];
	size_t i;

	t.ops = xcalloc(tx->ops_len + 1, sizeof(*t.ops));
	for (i = 0; i < tx->ops_len; i++) {
		struct temp_op *o = &t.ops[t.len];

		if (tx->ops[i].error != 0)
			continue;
		t.len++;
		o->op = &tx->ops[i];
		o->dir = apply_dirname(o->op->path);
		sha256_hex(o->op->path, strlen(o->op->path), hex);
		memcpy(o->tag, hex, APPLY_TAG);
		temps_add_dirs(&t, o);
	}
	qsort(t.ops, t.len, sizeof(*t.ops), temp_op_compare);
	MEM_SORT(t.dirs, t.dirs_len);
	for (i = 0; i < t.dirs_len; i++)
		if (i == 0 || strcmp(t.dirs[i], t.dirs[i - 1]) != 0)
			temps_folder(&t, t.dirs[i]);
	for (i = 0; i < t.dirs_len; i++)
		free(t.dirs[i]);
	for (i = 0; i < t.len; i++)
		free(t.ops[i].dir);
	free(t.dirs);
	free(t.ops);
	return t.found;
}

/* Reset the ops; one whose path the gate may not write to gets an error. */
static void
apply_recover_check(struct apply_op *ops, size_t n)
{
	struct err e = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		apply_op_reset(&ops[i]);
		if (apply_path_check(ops[i].path, &e) < 0) {
			ops[i].error = EINVAL;
			apply_say(&ops[i], "%s", e.text);
			err_clear(&e);
		}
	}
}

size_t
apply_sweep(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n)
{
	struct apply_tx *tx = apply_tx_new(root_fd, undo_dir, store, ops, n);
	size_t found;

	apply_recover_check(ops, n);
	found = apply_recover_temps(tx);
	apply_tx_free(tx);
	return found;
}

enum apply_where { APPLY_WRITTEN, APPLY_OPEN, APPLY_OTHER };

/* The state of the file, by hash; -1 with errno. */
static int
apply_where(const struct apply_tx *tx, const struct apply_op *op,
    struct worktree_state *now)
{
	if (apply_look(tx, op->path, now) < 0)
		return -1;
	if (worktree_is(now, &op->after))
		return APPLY_WRITTEN;
	if (worktree_is(now, &op->before) || (!op->before.exists &&
	    S_ISDIR(now->st.st_mode) && apply_deletes_below(tx, op->path)))
		return APPLY_OPEN;
	return APPLY_OTHER;
}

void
apply_look_all(int root_fd, struct apply_op *ops, size_t n,
    struct apply_stand *s)
{
	struct apply_tx *tx = apply_tx_new(root_fd, NULL, NULL, ops, n);
	struct worktree_state now;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		int where = apply_path_check(ops[i].path, NULL) < 0 ?
		    APPLY_OTHER : apply_where(tx, &ops[i], &now);

		if (where == APPLY_WRITTEN)
			s->written++;
		else if (where == APPLY_OPEN)
			s->open++;
		else
			s->other++;
	}
	apply_tx_free(tx);
}

/* Is the content to write in the store? If not, report it. */
static bool
apply_recover_can(const struct apply_tx *tx, struct apply_op *op,
    const struct stage_side *want)
{
	if (!want->exists || blob_has(tx->store, want->hash))
		return true;
	op->error = ENOENT;
	apply_say(op, "%s was left as it is: the content that would be "
	    "written is not in the session's store", op->path);
	return false;
}

/* Mark the op as done or changed; true if it still has to be acted on. */
static bool
apply_recover_look(const struct apply_tx *tx, struct apply_op *op,
    enum apply_recovery how)
{
	struct worktree_state now;
	int where = apply_where(tx, op, &now);

	op->done = where == APPLY_WRITTEN;
	if (where < 0)
		apply_error(op, errno);
	else if (where == APPLY_OTHER)
		apply_changed(op, &now);
	else if (where == APPLY_WRITTEN && !op->after.exists &&
	    how == APPLY_FINISH)
		apply_rmdirs(tx, op->path, ".");
	else if (where == APPLY_OPEN && how == APPLY_LEAVE)
		apply_say(op, "%s was not written before assent stopped, and "
		    "was left as it is", op->path);
	else if (where == APPLY_OPEN && how == APPLY_UNDO)
		apply_say(op, "%s is as it was before", op->path);
	if (where == APPLY_OPEN && how == APPLY_FINISH)
		return apply_recover_can(tx, op, &op->after);
	return where == APPLY_WRITTEN && how == APPLY_UNDO &&
	    apply_recover_can(tx, op, &op->before);
}

/* The other half of a rename, which may need to be redone too. */
static struct apply_op *
apply_recover_pair(const struct apply_op *op, struct apply_op *again,
    struct apply_op **from, size_t n)
{
	size_t i;

	for (i = 0; i < n && op->pair != NULL; i++)
		if (from[i] == op->pair)
			return &again[i];
	return op->pair;
}

/* The same op in reverse. */
static struct apply_op
apply_reverse(const struct apply_op *op)
{
	struct apply_op r = *op;

	r.before = op->after;
	r.after = op->before;
	r.done = false;
	memset(&r.staged, 0, sizeof(r.staged));	/* not as staged */
	return r;
}

/* Copy the result to the op that it belongs to. */
static void
apply_recover_take(struct apply_op *op, const struct apply_op *got,
    enum apply_recovery how, bool failed, const struct err *e)
{
	op->text = got->text;
	if (failed && got->error == 0) {
		op->error = e->sys == 0 ? EIO : e->sys;
		apply_say(op, "%s", e->text);
		return;
	}
	op->error = got->error;
	if (how == APPLY_FINISH) {
		op->done = got->done;
		op->changed_on_disk = got->changed_on_disk;
	} else if (got->done) {
		op->done = false;
		apply_say(op, "%s was restored", op->path);
	} else if (got->changed_on_disk) {
		op->done = false;
		op->changed_on_disk = true;
	}
}

void
apply_recover(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n, enum apply_recovery how)
{
	struct apply_tx *tx = apply_tx_new(root_fd, undo_dir, store, ops, n);
	struct apply_op *again = xcalloc(n + 1, sizeof(*again));
	struct apply_op **from = xcalloc(n + 1, sizeof(*from));
	struct apply_tx *redo = NULL;
	struct err e = ERR_INIT;
	size_t i, todo = 0;

	apply_recover_check(ops, n);
	(void)apply_recover_temps(tx);
	for (i = 0; i < n; i++) {
		if (ops[i].changed_on_disk || ops[i].error != 0 ||
		    !apply_recover_look(tx, &ops[i], how))
			continue;
		from[todo] = &ops[i];
		again[todo++] = how == APPLY_UNDO ? apply_reverse(&ops[i]) :
		    ops[i];
	}
	for (i = 0; i < todo; i++) {
		again[i].pair = apply_recover_pair(&again[i], again, from,
		    todo);
		/* Half a rename alone doesn't wait for the other half. */
		if (how == APPLY_UNDO && again[i].pair == from[i]->pair)
			again[i].pair = NULL;
	}
	if (todo > 0)
		redo = apply_prepare(root_fd, undo_dir, store, again, todo,
		    &e);
	if (redo != NULL)
		apply_commit_free(redo);
	for (i = 0; i < todo; i++)
		apply_recover_take(from[i], &again[i], how, redo == NULL, &e);
	if (todo > 0 && how == APPLY_FINISH)
		apply_times_again(tx);
	free(again);
	free(from);
	apply_tx_free(tx);
}
