/*
 * Shared by preparing, committing and recovering: messages, names of temporary
 * files, checking a path, and setting displaced files aside. Nothing is
 * unlinked here unless its content is kept.
 */
#include "config.h"

#include "gate/apply-tx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"

void
apply_say(struct apply_op *op, const char *fmt, ...)
{
	char text[1024];
	AUTO_FREE char *old = op->text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	op->text = old == NULL ? xstrdup(text) :
	    xasprintf("%s; %s", old, text);
}

const char *
apply_why(int error)
{
	static const struct { int error; const char *words; } table[] = {
		{ ENOSPC, "the disk is full: free some space and decide "
		    "again" },
		{ EPERM, "the system does not permit it (the file may be "
		    "someone else's, or immutable)" },
		{ EBUSY, "it is a mount point, which cannot be replaced" },
		{ ENOENT, "its folder is gone" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(table); i++)
		if (table[i].error == error)
			return table[i].words;
	return strerror(error);
}

void
apply_error(struct apply_op *op, int error)
{
	op->error = error;
	apply_say(op, "cannot write %s: %s", op->path, apply_why(error));
}

void
apply_changed(struct apply_op *op, const struct worktree_state *now)
{
	op->changed_on_disk = true;
	if (now != NULL && !now->side.exists)
		apply_say(op, "%s no longer exists; nothing was written",
		    op->path);
	else if (!op->before.exists)
		apply_say(op, "%s exists now; it was left as it is", op->path);
	else
		apply_say(op, "%s has changed since it was shown; it was left "
		    "as it is", op->path);
}

/* ---- paths and names ---- */

int
apply_path_check(const char *path, struct err *e)
{
	const char *p = path;

	if (*p == '\0')
		return err_set(e, "a path is empty");
	for (;;) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(e, "%s is outside the project or not a "
			    "plain path", path);
		if (p[n] == '\0')
			break;
		p += n + 1;
	}
	return !dotgit_in_path(path) ? 0 : err_set(e, "%s is in .git, where "
	    "assent never writes", path);
}

static void
apply_tag(char tag[APPLY_TAG + 1], const char *s)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(s, strlen(s), hex);
	memcpy(tag, hex, APPLY_TAG);
	tag[APPLY_TAG] = '\0';
}

static uint32_t
apply_random(void)
{
	uint32_t r = 0;

	/* Four bytes are never read short; names are created with O_EXCL. */
	(void)!getrandom(&r, sizeof(r), 0);
	return r;
}

void
apply_tmp_name(char tmp[APPLY_TMP_SIZE], const struct apply_tx *tx,
    const char *path)
{
	char p[APPLY_TAG + 1];

	apply_tag(p, path);
	snprintf(tmp, APPLY_TMP_SIZE, ".assent-%s%s%08x.tmp", tx->tag, p,
	    apply_random());
}

bool
gate_is_temp(const char *name)
{
	return strlen(name) == 8 + 3 * APPLY_TAG + 4 &&
	    strncmp(name, ".assent-", 8) == 0 &&
	    strspn(name + 8, "0123456789abcdef") == 3 * APPLY_TAG &&
	    strcmp(name + 8 + 3 * APPLY_TAG, ".tmp") == 0;
}

bool
apply_tmp_is_ours(const struct apply_tx *tx, const char *name)
{
	return gate_is_temp(name) &&
	    strncmp(name + 8, tx->tag, APPLY_TAG) == 0;
}

/* The folder part of a path, malloc'ed; "." for the root. */
char *
apply_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? xstrdup(".") :
	    xmemdup(path, (size_t)(slash - path));
}

int
apply_open_dir(const struct apply_tx *tx, const char *dir)
{
	return fs_open_beneath(tx->root_fd, dir, O_RDONLY | O_DIRECTORY, 0);
}

/* The nearest folder at or above `dir` (which is changed to it). */
int
apply_open_nearest(const struct apply_tx *tx, char *dir)
{
	for (;;) {
		int fd = apply_open_dir(tx, dir);
		char *slash;

		if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR &&
		    errno != ELOOP))
			return fd;
		slash = strrchr(dir, '/');
		if (slash != NULL)
			*slash = '\0';
		else if (strcmp(dir, ".") == 0)
			return -1;
		else
			memcpy(dir, ".", 2);
	}
}

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

/* Does the transaction delete something below the path? (It deletes `a/b` and
 * makes `a`.) */
bool
apply_deletes_below(const struct apply_tx *tx, const char *path)
{
	size_t i, n = strlen(path);

	for (i = 0; i < tx->ops_len; i++) {
		const struct apply_op *op = &tx->ops[i];

		if (op->before.exists && !op->after.exists &&
		    strncmp(op->path, path, n) == 0 && op->path[n] == '/')
			return true;
	}
	return false;
}

/* Remove the path's empty folders, deepest first, up to but not including
 * `stop`. */
void
apply_rmdirs(const struct apply_tx *tx, const char *path, const char *stop)
{
	AUTO_FREE char *dir = apply_dirname(path);

	while (strcmp(dir, ".") != 0 && strcmp(dir, stop) != 0) {
		const char *name;
		int fd = fs_open_parent(tx->root_fd, dir, false, &name);
		bool gone = fd >= 0 && unlinkat(fd, name, AT_REMOVEDIR) == 0;
		char *up;

		fs_close(fd);
		if (!gone)
			break;
		up = apply_dirname(dir);
		FREE_SET(dir, up);
	}
}

/* ---- keeping displaced files ---- */

/* Move `name` to the undo folder; -1 with errno on failure. */
static int
apply_undo_move(const struct apply_tx *tx, int dirfd, const char *name,
    const char *path, char **undo)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	char *to;
	int rc;

	if (tx->undo_fd < 0) {
		errno = EXDEV;
		return -1;
	}
	to = xasprintf("%08x-%.200s", apply_random(), base);
	rc = worktree_move_aside(dirfd, name, tx->undo_fd, to);
	if (rc == 0)
		*undo = to;
	else
		free(to);
	return rc;
}

/* Make sure that the store has the content of `name`. */
static int
apply_store(const struct apply_tx *tx, int dirfd, const char *name,
    const struct worktree_state *s, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	char hex[SHA256_HEX_SIZE];
	char target[4096];
	ssize_t n;
	int rc = -1;

	if (s->other)
		return err_set(e, "%s is not a file", name);
	if (blob_has(tx->store, s->side.hash))
		return 0;
	if (s->side.mode == 0120000) {
		n = readlinkat(dirfd, name, target, sizeof(target));
		if (n >= 0)
			rc = blob_put(tx->store, target, (size_t)n, hex, e);
	} else if (fs_read_file(dirfd, name, &b, e) == 0) {
		rc = blob_put(tx->store, buf_str(&b), b.len, hex, e);
	}
	return rc;
}

/*
 * Set aside the file at `name` (a temporary name): move it to the undo folder,
 * so that a program that has it open keeps writing to an existing file;
 * otherwise store it in the blob store and unlink it. If neither works, the
 * file stays at `name`, and the op says so. `known`: the content that was read
 * there, or NULL. `item`: remembers where the file went. `loud`: tell the user.
 */
void
apply_keep(const struct apply_tx *tx, int dirfd, const char *name,
    struct apply_op *op, const struct worktree_state *known,
    struct apply_item *item, bool loud)
{
	struct worktree_state s;
	struct err e = ERR_INIT;
	char *undo = NULL;

	if (apply_undo_move(tx, dirfd, name, op->path, &undo) == 0) {
		if (loud)
			apply_say(op, "another version of %s is kept as %s in "
			    "the session's undo folder", op->path, undo);
		if (item != NULL && known != NULL) {
			item->undo = undo;
			item->undo_st = known->st;
		} else {
			free(undo);
		}
		return;
	}
	if (errno == ENOENT)
		return;
	if (known != NULL)
		s = *known;
	else if (worktree_read(dirfd, name, &s) < 0)
		s.other = true;
	if (apply_store(tx, dirfd, name, &s, &e) == 0 &&
	    unlinkat(dirfd, name, 0) == 0) {
		if (loud)
			apply_say(op, "another version of %s is kept in the "
			    "session's objects as %.16s", op->path,
			    s.side.hash);
		return;
	}
	apply_say(op, "the former %s could not be moved away and is next to it "
	    "as %s", op->path, name);
}

/* ---- the transaction ---- */

struct apply_tx *
apply_tx_new(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n)
{
	struct apply_tx *tx = xcalloc(1, sizeof(*tx));
	struct stat st;

	tx->root_fd = root_fd;
	tx->many = n > APPLY_SYNC_EACH && fstat(root_fd, &st) == 0;
	if (tx->many)
		tx->dev = st.st_dev;
	tx->store = store;
	tx->ops = ops;
	tx->ops_len = n;
	tx->items = xcalloc(n + 1, sizeof(*tx->items));
	tx->undo_fd = undo_dir == NULL ? -1 :
	    open(undo_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	apply_tag(tx->tag, undo_dir == NULL ? "" : undo_dir);
	return tx;
}

void
apply_tx_free(struct apply_tx *tx)
{
	size_t i;

	for (i = 0; i < tx->len; i++) {
		fs_close(tx->items[i].fd);
		free(tx->items[i].dir);
		free(tx->items[i].undo);
	}
	fs_close(tx->undo_fd);
	free(tx->items);
	free(tx);
}

void
apply_op_reset(struct apply_op *op)
{
	FREE_NULL(op->text);
	op->error = 0;
	op->changed_on_disk = op->done = false;
}

void
apply_ops_release(struct apply_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(ops[i].path);
		free(ops[i].text);
		memset(&ops[i], 0, sizeof(ops[i]));
	}
}
