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

#include "config.h"

#include "gate/apply.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/pathmap.h"

#define APPLY_SYNC_EACH	64	/* with more files, sync the whole file
				   system */

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
		{ EOPNOTSUPP, "this file system can't give a file a name "
		    "without replacing another" },
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
static int
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

/* Does this transaction delete the file that is where the path needs a folder?
 * (deleting `a`, creating `a/b`) */
static bool
apply_deletes_above(const struct apply_tx *tx, const char *path)
{
	size_t i, n;

	for (i = 0; i < tx->ops_len; i++) {
		const struct apply_op *op = &tx->ops[i];

		n = strlen(op->path);
		if (op->before.exists && !op->after.exists &&
		    strncmp(path, op->path, n) == 0 && path[n] == '/')
			return true;
	}
	return false;
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

static enum apply_kind
apply_kind_of(const struct apply_op *op)
{
	if (stage_side_equal(&op->before, &op->after))
		return APPLY_NOTHING;
	if (!op->before.exists)
		return APPLY_CREATE;
	if (!op->after.exists)
		return APPLY_DELETE;
	if (strcmp(op->before.hash, op->after.hash) == 0 &&
	    op->before.mode != 0120000 && op->after.mode != 0120000)
		return APPLY_MODE;
	return APPLY_REPLACE;
}

/* Re-check one op: mark it as changed, or done, or give it an item. -1 with
 * errno. */
static int
apply_check(struct apply_tx *tx, struct apply_op *op)
{
	struct apply_item *it;
	struct worktree_state now;
	struct stat st;

	if (op->changed_on_disk)
		return 0;	/* the user's save was just restored */
	if (op->pair != NULL && op->pair->changed_on_disk) {
		apply_changed(op, NULL);
		return 0;
	}
	if (apply_look(tx, op->path, &now) < 0)
		return -1;
	if (stage_is_mount(tx->root_fd, op->path, &st)) {
		op->changed_on_disk = true;
		apply_say(op, "%s is a mount point now, which cannot be "
		    "replaced; it was left as it is", op->path);
		return 0;
	}
	if (!op->before.exists && op->after.exists &&
	    ((S_ISDIR(now.st.st_mode) && apply_deletes_below(tx, op->path)) ||
	    (!now.side.exists && !apply_is_blocked(tx, op->path)))) {
		;	/* free, or about to be */
	} else if (worktree_is(&now, &op->after)) {
		;	/* another program made the same change */
	} else if (!worktree_is(&now, &op->before) ||
	    (!now.side.exists && op->after.exists)) {
		apply_changed(op, &now);
		return 0;
	}
	it = &tx->items[tx->len++];
	it->op = op;
	it->was = now;
	it->kept_owner = true;
	it->fd = -1;
	it->kind = worktree_is(&now, &op->after) ? APPLY_NOTHING :
	    apply_kind_of(op);
	it->dir = apply_dirname(op->path);
	return 0;
}

/* For the file that gets this new name: is it still the same file, with the
 * same owner and permissions? Returns its folder, or -1 if it isn't there as
 * displayed (which is detected again when it is removed). */
static int
apply_open_pair(const struct apply_tx *tx, const struct apply_op *pair,
    const char **name, struct worktree_state *was)
{
	int fd = fs_open_parent(tx->root_fd, pair->path, false, name);

	if (fd >= 0 && worktree_read(fd, *name, was) == 0 &&
	    worktree_is(was, &pair->before))
		return fd;
	fs_close(fd);
	*name = NULL;
	return -1;
}

/* Half of the descriptors available. */
static int
apply_fds_max(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) < 0 ||
	    r.rlim_cur / 2 > INT_MAX ? 512 : (int)(r.rlim_cur / 2);
}

/* Where names can't be exchanged, the file must get its name without replacing
 * another: find out before anything is visible. */
static int
apply_try_rename(const struct apply_tx *tx, struct apply_item *it, int dirfd)
{
	char tmp[APPLY_TMP_SIZE];

	if (fs_kind_is_known(dirfd))
		return 0;
	apply_tmp_name(tmp, tx, it->op->path);
	if (worktree_rename_new(dirfd, it->tmp, dirfd, tmp) < 0)
		return -1;
	memcpy(it->tmp, tmp, sizeof(tmp));
	return 0;
}

static int
apply_write_temp(struct apply_tx *tx, struct apply_item *it, int dirfd,
    struct err *e)
{
	const char *slash = strrchr(it->op->path, '/');
	const char *name = slash == NULL ? it->op->path : slash + 1;
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct worktree_state was = it->was;
	struct worktree_new new = { .mode = it->op->after.mode, .bytes = &b,
		.unsynced = tx->many && !it->far, .old_fd = dirfd,
		.old_name = it->kind == APPLY_REPLACE ? name : NULL, .fd = -1 };
	int rc, saved, pair_fd = -1;

	if (it->op->pair != NULL)
		pair_fd = apply_open_pair(tx, it->op->pair, &new.old_name,
		    &was);
	if (pair_fd >= 0)
		new.old_fd = pair_fd;
	new.old = new.old_name == NULL ? NULL : &was;
	if (blob_get(tx->store, it->op->after.hash, &b, e) < 0) {
		rc = -1;
		errno = EIO;
	} else {
		apply_tmp_name(it->tmp, tx, it->op->path);
		rc = worktree_write_new(dirfd, it->tmp, &new);
		if (rc == 0)
			rc = apply_try_rename(tx, it, dirfd);
		it->kept_owner = new.kept_owner;
		it->written = rc == 0;
	}
	saved = errno;
	if (rc < 0 && new.fd >= 0)
		(void)unlinkat(dirfd, it->tmp, 0);
	if (rc == 0 && (new.fd < 0 || fstat(new.fd, &it->made) < 0))
		(void)fstatat(dirfd, it->tmp, &it->made, AT_SYMLINK_NOFOLLOW);
	/* While the file is open, its inode can't be reused; if it were open
	 * for writing we would wait for it. With very many files only the first
	 * are kept open. */
	if (rc == 0 && new.fd >= 0) {
		it->fd = worktree_open_path(dirfd, it->tmp);
		if (it->fd >= 0 && (it->fd >= apply_fds_max() ||
		    !worktree_is_same_file(it->fd, new.fd))) {
			close(it->fd);
			it->fd = -1;
		}
	}
	fs_close(new.fd);
	fs_close(pair_fd);
	errno = saved;
	return rc;
}

/* Detect early a file that only the last step would fail on: an immutable file,
 * or a file of another user in a folder like /tmp. -1 with EPERM. */
static int
apply_may_go(const struct apply_item *it, int fd)
{
	const uint64_t fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	const char *slash = strrchr(it->op->path, '/');
	const char *name = slash == NULL ? it->op->path : slash + 1;
	struct statx dir, file;
	uid_t me = geteuid();

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &dir) < 0)
		return 0;
	if (it->kind == APPLY_CREATE ||
	    statx(fd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &file) < 0)
		memset(&file, 0, sizeof(file));
	else if ((dir.stx_mode & S_ISVTX) != 0 && it->kind != APPLY_MODE &&
	    me != 0 && file.stx_uid != me && dir.stx_uid != me)
		file.stx_attributes |= STATX_ATTR_IMMUTABLE;
	if (((dir.stx_attributes | file.stx_attributes) & fixed) == 0)
		return 0;
	errno = EPERM;
	return -1;
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
	it->far = fstat(fd, &st) < 0 || st.st_dev != tx->dev;
	if (apply_may_go(it, fd) < 0)
		rc = -1;
	else if (it->kind == APPLY_CREATE || it->kind == APPLY_REPLACE)
		rc = apply_write_temp(tx, it, fd, e);
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

/* Was the file removed or replaced while we prepared for it? Then the
 * transaction continues without it. */
static bool
apply_is_late(const struct apply_tx *tx, struct apply_item *it)
{
	struct worktree_state now;
	bool late = it->op->before.exists &&
	    apply_look(tx, it->op->path, &now) == 0 &&
	    !worktree_is(&now, &it->op->before);

	if (late)
		apply_changed(it->op, &now);
	return late;
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
static void
apply_clear(const struct apply_tx *tx)
{
	if (apply_sweep_ops(tx, false) == 0)
		return;
	(void)apply_recover_temps(tx);
	(void)apply_sweep_ops(tx, true);
}

/* Sync the temporary files that weren't synced one by one. The kernel reports
 * errors since Linux 5.8. */
static int
apply_sync_temps(const struct apply_tx *tx, struct apply_op **bad)
{
	size_t i;

	for (i = 0; tx->many && i < tx->len; i++)
		if (tx->items[i].written && !tx->items[i].far) {
			*bad = tx->items[i].op;
			return syncfs(tx->root_fd);
		}
	return 0;
}

/* Leave out each half of a rename whose other half was left out. */
static void
apply_drop_halves(struct apply_tx *tx)
{
	size_t i, n = 0;

	for (i = 0; i < tx->len; i++) {
		struct apply_item *it = &tx->items[i];

		if (it->op->pair != NULL && it->op->pair->changed_on_disk) {
			apply_changed(it->op, NULL);
			free(it->dir);	/* nothing is written yet */
		} else {
			tx->items[n++] = *it;
		}
	}
	tx->len = n;
}

struct apply_tx *
apply_prepare(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n, struct err *e)
{
	struct apply_tx *tx = apply_tx_new(root_fd, undo_dir, store, ops, n);
	struct apply_op *bad = NULL;
	struct err sub = ERR_INIT;
	size_t i;
	int saved = 0;

	for (i = 0; i < n; i++)
		apply_op_reset(&ops[i]);
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
		apply_drop_halves(tx);
	for (i = 0; i < tx->len && bad == NULL; i++)
		if (apply_ready(tx, &tx->items[i], &sub) < 0) {
			saved = errno;
			if (apply_is_late(tx, &tx->items[i]))
				err_clear(&sub);
			else
				bad = tx->items[i].op;
		}
	if (bad == NULL && apply_sync_temps(tx, &bad) == 0) {
		/* invariant 4: nothing is visible before all is ready. */
		for (i = 0; i < tx->len; i++)
			assert(!tx->items[i].op->done);
		return tx;
	}
	if (saved == 0)
		saved = errno;
	apply_abort_free(tx);
	for (i = 0; i < n; i++)
		apply_op_reset(&ops[i]);
	bad->error = saved;
	if (err_is_set(&sub))
		apply_say(bad, "cannot write %s: %s", bad->path, sub.text);
	else
		apply_say(bad, "cannot write %s: %s", bad->path,
		    apply_why(saved));
	err_set(e, "%s", bad->text);
	if (e != NULL)
		e->sys = saved;
	return NULL;
}

void
apply_abort_free(struct apply_tx *tx)
{
	size_t i;

	for (i = 0; i < tx->len; i++) {
		struct apply_item *it = &tx->items[i];
		AUTO_CLOSE int fd = -1;

		if (!it->written)
			continue;
		fd = apply_open_dir(tx, it->dir);
		if (fd < 0)
			continue;
		(void)unlinkat(fd, it->tmp, 0);
	}
	apply_tx_free(tx);
}
