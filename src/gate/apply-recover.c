/*
 * Recovery: after a crash between apply_begin and applied, each op is new
 * (done), still old or something else (the user's, left alone).  What is old is
 * written now from the blob store, what is new is taken back from there, or
 * both stay, as a person said.  Temporary files that were left behind are put
 * away, or put back where they hold what the user saved.
 */
#include "config.h"

#include "gate/apply-tx.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/*
 * A temporary file of this op, found after a crash. Ours, or the file it
 * displaced: put away. Anything else is what the user saved when the crash came
 * between the exchange and the exchange back: it goes back now.
 */
static void
apply_recover_temp(const struct apply_tx *tx, struct apply_op *op, int dirfd,
    const char *tmp)
{
	const char *slash = strrchr(op->path, '/');
	const char *name = slash == NULL ? op->path : slash + 1;
	struct real_state t, now;
	int ours;

	if (real_read(dirfd, tmp, &t) < 0 || !t.side.exists)
		return;
	if ((op->after.exists && strcmp(t.side.hash, op->after.hash) == 0) ||
	    !op->before.exists) {
		/* Written by us from the store, or on the way to be. */
		(void)unlinkat(dirfd, tmp, 0);
		return;
	}
	if (apply_recover_aside(tx, op, dirfd, tmp, name))
		return;
	if (strcmp(t.side.hash, op->before.hash) == 0 ||
	    real_read(dirfd, name, &now) < 0) {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, false);
		return;
	}
	if (!op->after.exists && !now.side.exists) {
		apply_moved(op, NULL);
		apply_move_back(tx, op, dirfd, tmp, name);
	} else if (op->after.exists && real_is(&now, &op->after)) {
		apply_moved(op, NULL);
		ours = real_pin(dirfd, name);
		apply_put_back(tx, dirfd, name, tmp, ours, op);
		if (ours >= 0)
			close(ours);
	} else {
		apply_keep(tx, dirfd, tmp, op, NULL, NULL, true);
	}
}

/* All of this op in a folder; with `halves`, only what they tell of its name. */
static void
apply_recover_folder(const struct apply_tx *tx, struct apply_op *op, int fd,
    bool halves)
{
	int copy = fd < 0 ? -1 : openat(fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fs_dir_take(copy);
	struct real_state t;
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		if (!apply_tmp_is_ours(tx, de->d_name, op->path))
			continue;
		if (!halves)
			apply_recover_temp(tx, op, fd, de->d_name);
		else if (real_read(fd, de->d_name, &t) == 0 && t.side.exists)
			apply_recover_half(tx, op, &t);
	}
	if (d != NULL)
		closedir(d);
}

static void
apply_recover_temps(const struct apply_tx *tx, struct apply_op *op)
{
	char *dir = apply_dirname(op->path);
	int fd = apply_open_nearest(tx, dir);

	for (;;) {
		char *up;

		apply_recover_folder(tx, op, fd, true);
		apply_recover_folder(tx, op, fd, false);
		if (fd >= 0)
			close(fd);
		if (op->before.exists || strcmp(dir, ".") == 0)
			break;
		/* A new file's may be above the folders it brings. */
		up = apply_dirname(dir);
		free(dir);
		dir = up;
		fd = apply_open_dir(tx, dir);
	}
	free(dir);
}

enum apply_where { APPLY_WRITTEN, APPLY_OPEN, APPLY_OTHER };

/* Where the file stands, by hash; -1 with errno. */
static int
apply_where(const struct apply_tx *tx, const struct apply_op *op,
    struct real_state *now)
{
	if (apply_look(tx, op->path, now) < 0)
		return -1;
	if (real_is(now, &op->after))
		return APPLY_WRITTEN;
	if (real_is(now, &op->before) || (!op->before.exists &&
	    S_ISDIR(now->st.st_mode) && apply_deletes_below(tx, op->path)))
		return APPLY_OPEN;
	return APPLY_OTHER;
}

void
apply_look_all(int root_fd, struct apply_op *ops, size_t n,
    struct apply_stand *s)
{
	struct apply_tx *tx = apply_tx_new(root_fd, NULL, NULL, ops, n);
	struct real_state now;
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

/* Done, moved, or (true) the one that is to be acted on. */
static bool
apply_recover_look(const struct apply_tx *tx, struct apply_op *op,
    enum apply_recovery how)
{
	struct real_state now;
	int where = apply_where(tx, op, &now);

	op->done = where == APPLY_WRITTEN;
	if (where < 0)
		apply_error(op, errno);
	else if (where == APPLY_OTHER)
		apply_moved(op, &now);
	else if (where == APPLY_WRITTEN && !op->after.exists &&
	    how == APPLY_FINISH)
		apply_rmdirs(tx, op->path, ".");
	else if (where == APPLY_OPEN && how == APPLY_LEAVE)
		apply_say(op, "%s was not written before assent stopped, and "
		    "was left so", op->path);
	else if (where == APPLY_OPEN && how == APPLY_UNDO)
		apply_say(op, "%s is as it was before", op->path);
	return (where == APPLY_OPEN && how == APPLY_FINISH) ||
	    (where == APPLY_WRITTEN && how == APPLY_UNDO);
}

/* Its other half, which may be done again too. */
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

/* The same op the other way round. */
static struct apply_op
apply_reverse(const struct apply_op *op)
{
	struct apply_op r = *op;

	r.before = op->after;
	r.after = op->before;
	r.done = false;
	return r;
}

/* What came of it, on the op that it is about. */
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
		op->moved = got->moved;
	} else if (got->done) {
		op->done = false;
		apply_say(op, "%s was taken back", op->path);
	} else if (got->moved) {
		op->done = false;
		op->moved = true;
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

	for (i = 0; i < n; i++) {
		apply_op_reset(&ops[i]);
		if (apply_path_check(ops[i].path, &e) < 0) {
			ops[i].error = EINVAL;
			apply_say(&ops[i], "%s", e.text);
			err_clear(&e);
			continue;
		}
		apply_recover_temps(tx, &ops[i]);
	}
	for (i = 0; i < n; i++) {
		if (ops[i].moved || ops[i].error != 0 ||
		    !apply_recover_look(tx, &ops[i], how))
			continue;
		from[todo] = &ops[i];
		again[todo++] = how == APPLY_UNDO ? apply_reverse(&ops[i]) :
		    ops[i];
	}
	for (i = 0; i < todo; i++) {
		again[i].pair = apply_recover_pair(&again[i], again, from,
		    todo);
		/* One half alone has nothing to wait for. */
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
	free(again);
	free(from);
	apply_tx_free(tx);
}
