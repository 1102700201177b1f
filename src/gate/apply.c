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
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"

#define APPLY_SYNC_EACH	64	/* with more files, sync the whole file
				   system */

/* ---- one name in a folder of the tree, by descriptor ---- */

/* Staged files are far smaller: a larger file can't be the one that a change
 * was made for, so it isn't read. */
#define WORKTREE_MAX_BYTES	((off_t)1 << 30)
#define WORKTREE_ACL	"system.posix_acl_access"
/* A program that saves in place has the file open for less time than this;
 * don't wait for a program that keeps it open. */
#define WORKTREE_WAIT_MS	100

static int
worktree_read_link(int dirfd, const char *name, struct worktree_state *s)
{
	size_t cap = (size_t)s->st.st_size + 2;
	AUTO_FREE char *target = xmalloc(cap);
	ssize_t n = readlinkat(dirfd, name, target, cap);

	if (n >= 0 && (size_t)n < cap) {
		sha256_hex(target, (size_t)n, s->side.hash);
		s->side.mode = 0120000;
		s->side.size = n;
	} else if (n >= 0) {
		s->other = true;	/* changed while we read it */
	}
	return n < 0 ? -1 : 0;
}

static void
worktree_nap(void)
{
	const struct timespec nap = { 0, 1000000 };

	nanosleep(&nap, NULL);
}

/* Wait a moment for programs that have the file open for writing, if the kernel
 * can tell, so that what we read next is final. */
static void
worktree_wait_writers(int fd)
{
	int i;

	/* A read lease is refused while there are writers. It ends with the
	 * descriptor; if it is broken meanwhile, its signal is ignored. */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	for (i = 0; i < WORKTREE_WAIT_MS; i++) {
		if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN)
			break;
		worktree_nap();
	}
}

static int
worktree_read_file(int dirfd, const char *name, bool waits,
    struct worktree_state *s)
{
	AUTO_CLOSE int fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && waits)
		worktree_wait_writers(fd);
	if (fd < 0 || fstat(fd, &s->st) < 0)
		return -1;
	s->other = !S_ISREG(s->st.st_mode) ||
	    s->st.st_size > WORKTREE_MAX_BYTES;
	s->side.mode = (s->st.st_mode & S_IXUSR) != 0 ? 0100755 : 0100644;
	s->side.size = s->st.st_size;
	return s->other || sha256_fd(fd, s->st.st_size, s->side.hash) >= 0 ? 0 :
	    -1;
}

int
worktree_read(int dirfd, const char *name, bool waits,
    struct worktree_state *s)
{
	int tries, rc = -1;

	for (tries = 0; tries < 16; tries++) {
		memset(s, 0, sizeof(*s));
		if (fs_look(dirfd, name, &s->st, &s->attributes) < 0)
			return stage_is_missing(errno) ? 0 : -1;
		s->side.exists = true;
		if (S_ISLNK(s->st.st_mode)) {
			rc = worktree_read_link(dirfd, name, s);
		} else if (S_ISREG(s->st.st_mode)) {
			rc = worktree_read_file(dirfd, name, waits, s);
		} else {
			s->other = true;
			return 0;
		}
		/* Errors that mean that another type of file has replaced it
		 * meanwhile. */
		if (rc == 0 || (errno != ENOENT && errno != ELOOP &&
		    errno != EINVAL && errno != ENXIO))
			return rc;
	}
	return rc;
}

/* Attributes that are never carried over to another content: capabilities and
 * measurements belong to the old bytes, overlay marks to a file system. */
static bool
worktree_xattr_is_left(const char *name)
{
	return strcmp(name, "security.capability") == 0 ||
	    strcmp(name, "security.ima") == 0 ||
	    strcmp(name, "security.evm") == 0 ||
	    strncmp(name, "trusted.overlay.", 16) == 0 ||
	    strncmp(name, "user.overlay.", 13) == 0;
}

/* Losing one of these attributes silently would be an unreviewed change. */
static bool
worktree_xattr_must_stay(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	       strcmp(name, WORKTREE_ACL) == 0;
}

static int
worktree_xattr_copy_one(int from, int to, const char *name)
{
	ssize_t n = fgetxattr(from, name, NULL, 0);
	AUTO_FREE char *value = NULL;

	if (n < 0)
		return worktree_xattr_must_stay(name) && errno != ENODATA ? -1
									  : 0;
	value = xmalloc((size_t)n + 1);
	n = fgetxattr(from, name, value, (size_t)n);
	return (n < 0 || fsetxattr(to, name, value, (size_t)n, 0) < 0) &&
	    worktree_xattr_must_stay(name) ? -1 : 0;
}

static int
worktree_xattr_copy(int from, int to)
{
	AUTO_FREE char *names = NULL;
	char *p;
	ssize_t n;

	/* The folder's default may give the new file an ACL that the old one
	 * doesn't have. */
	(void)fremovexattr(to, WORKTREE_ACL);
	n = flistxattr(from, NULL, 0);
	if (n <= 0)
		return n == 0 || worktree_is_unsupported(errno) ? 0 : -1;
	names = xmalloc((size_t)n + 1);
	n = flistxattr(from, names, (size_t)n);
	for (p = names; p < names + n; p += strlen(p) + 1)
		if (!worktree_xattr_is_left(p) &&
		    worktree_xattr_copy_one(from, to, p) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

/* A file to create. Owner, mode, ACL and attributes come from the old one if it
 * is given and has the same type, otherwise as for any new file; never
 * setuid. `hidden` are bits that a new one hasn't. */
struct worktree_new {
	unsigned	 mode, hidden;
	const char	*hash;		/* of the content, in `store` */
	struct blob_store *store;
	struct err	*e;		/* set if it is missing or damaged */
	bool		 unsynced;	/* the caller syncs the file system */
	int		 old_fd;
	const char	*old_name;	/* in old_fd, and what is there; NULL */
	const struct worktree_state *old;
	bool		 kept_owner;	/* false: owner, group, setuid or
					   setgid could not be kept */
	int		 fd;		/* the new file (O_PATH for a link),
					   also on failure if it was created,
					   for the caller to remove; else -1 */
	struct stat	 made;		/* it, with its content */
};

/* Owner, attributes, then mode: a chown clears bits, an ACL sets some. */
static int
worktree_copy_meta(struct worktree_new *new)
{
	const struct worktree_state *old = new->old;
	mode_t bits = stage_mode(old->st.st_mode, new->mode);
	struct stat st = new->made;
	AUTO_CLOSE int from = -1;
	int to = new->fd;

	if ((st.st_uid != old->st.st_uid || st.st_gid != old->st.st_gid) &&
	    fchown(to, old->st.st_uid, old->st.st_gid) < 0) {
		new->kept_owner = st.st_uid == old->st.st_uid;
		if (st.st_gid != old->st.st_gid &&
		    fchown(to, (uid_t)-1, old->st.st_gid) < 0) {
			/* Another group must not get the permissions of this
			 * one. */
			new->kept_owner = false;
			bits = (bits & ~(mode_t)02070) | ((bits & 07) << 3);
		}
	}
	from = openat(new->old_fd, new->old_name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from < 0)
		return -1;
	if (worktree_xattr_copy(from, to) < 0 || fchmod(to, bits) < 0)
		return -1;
	if ((old->st.st_mode & (S_ISUID | S_ISGID)) != 0 && (fstat(to, &st) <
	    0 || ((old->st.st_mode ^ st.st_mode) & (S_ISUID | S_ISGID)) != 0))
		new->kept_owner = false;
	return 0;
}

static int
worktree_make_link(int dirfd, const char *name, struct worktree_new *new)
{
	const struct worktree_state *old = new->old;
	AUTO_BUF struct buf target = BUF_INIT(0);

	if (blob_get(new->store, new->hash, &target, new->e) < 0) {
		errno = EIO;
		return -1;
	}
	if (target.len == 0 || strlen(target.p) != target.len) {
		errno = EINVAL;
		return -1;
	}
	if (symlinkat(target.p, dirfd, name) < 0)
		return -1;
	new->fd = worktree_open_path(dirfd, name);
	if (new->fd < 0 || fstat(new->fd, &new->made) < 0 ||
	    !S_ISLNK(new->made.st_mode))
		return 0;	/* a later comparison will see it */
	fs_chown_like(dirfd, new->fd);
	if (old != NULL && S_ISLNK(old->st.st_mode) && geteuid() == 0 &&
	    fchownat(new->fd, "", old->st.st_uid, old->st.st_gid,
	    AT_EMPTY_PATH) < 0)
		new->kept_owner = false;
	return 0;
}

static int
worktree_write_new(int dirfd, const char *name, struct worktree_new *new)
{
	bool keep = new->old_name != NULL && S_ISREG(new->old->st.st_mode);
	int fd;

	new->kept_owner = true;
	new->fd = -1;
	if (new->mode == 0120000)
		return worktree_make_link(dirfd, name, new);
	/* A new file's mode comes from the umask and the folder; a file that
	 * replaces another is unreadable until it has its mode. */
	fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, keep ? 0600 : ((new->mode & 0111) != 0 ? 0777 : 0666) &
	    ~new->hidden);
	if (fd < 0)
		return -1;
	new->fd = fd;
	if (!keep)
		fs_chown_like(dirfd, fd);
	return blob_copy(new->store, new->hash, fd, new->e) == 0 &&
	    fstat(fd, &new->made) == 0 && (!keep || worktree_copy_meta(new) == 0) &&
	    (new->unsynced || fsync(fd) == 0) ? 0 : -1;
}

bool
worktree_is_unsupported(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP ||
	    error == ENOTSUP;
}

static bool
worktree_is_same_name(int fd_a, const char *a, int fd_b, const char *b)
{
	struct stat x, y;

	return fstatat(fd_a, a, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(fd_b, b, &y, AT_SYMLINK_NOFOLLOW) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int
worktree_rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
	if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!worktree_is_unsupported(errno))
		return -1;
	/* A server may have made the link although its answer was lost. */
	if (linkat(from_fd, from, to_fd, to, 0) < 0 && (errno != EEXIST ||
	    !worktree_is_same_name(from_fd, from, to_fd, to))) {
		if (errno == EPERM || errno == EMLINK ||
		    worktree_is_unsupported(errno))
			errno = EOPNOTSUPP;
		return -1;
	}
	/* If this fails, the next apply sets aside the file under the other
	 * name. */
	(void)unlinkat(from_fd, from, 0);
	return 0;
}

int
worktree_open_path(int dirfd, const char *name)
{
	return openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

bool
worktree_is_same(int fd, const struct stat *a, const struct stat *b)
{
	if (a->st_dev != b->st_dev || a->st_ino == b->st_ino)
		return a->st_dev == b->st_dev;
	return ((a->st_mode ^ b->st_mode) & S_IFMT) == 0 &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       !fs_kind_is_known(fd);
}

bool
worktree_is_same_file(int fd_a, int fd_b)
{
	struct stat a, b;

	return fstat(fd_a, &a) == 0 && fstat(fd_b, &b) == 0 &&
	    worktree_is_same(fd_a, &a, &b);
}

/* ---- messages ---- */

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
apply_changed(struct apply_op *op, const struct worktree_state *now)
{
	op->changed_on_disk = true;
	if (now != NULL && !now->side.exists)
		apply_say(op, op->before.exists ? "%s no longer exists" :
		    "%s has no folder to be in: a file or link is in its "
		    "place", op->path);
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

void
apply_tmp_name(char tmp[APPLY_TMP_SIZE], const struct apply_tx *tx,
    const char *path)
{
	static uint32_t r;
	char p[APPLY_TAG + 1];

	apply_tag(p, path);
	/* Four bytes are never read short; names are created with O_EXCL. */
	if (r == 0)
		(void)!getrandom(&r, sizeof(r), 0);
	snprintf(tmp, APPLY_TMP_SIZE, ".assent-%s%s%08x.tmp", tx->tag, p, r++);
}

bool
gate_is_temp(const char *name)
{
	return strlen(name) == 8 + 3 * APPLY_TAG + 4 &&
	    strncmp(name, ".assent-", 8) == 0 &&
	    strspn(name + 8, "0123456789abcdef") == 3 * APPLY_TAG &&
	    strcmp(name + 8 + 3 * APPLY_TAG, ".tmp") == 0;
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

/* The folder, or the nearest one above it that is there. While files are looked
 * at and prepared it is opened once for those that follow one another; what is
 * done there is checked again when they get their names. */
static const struct apply_folder *
apply_near(struct apply_tx *tx, const char *dir)
{
	struct apply_folder *f = &tx->near;

	if (f->fd >= 0 && strcmp(f->asked, dir) == 0)
		return f;
	fs_close(f->fd);
	xstrset(&f->asked, dir);
	xstrset(&f->dir, dir);
	f->error = 0;
	while ((f->fd = apply_open_dir(tx, f->dir)) < 0) {
		if (!stage_is_missing(errno) || strcmp(f->dir, ".") == 0)
			return f;
		f->error = f->error == 0 ? errno : f->error;
		FREE_SET(f->dir, apply_dirname(f->dir));
	}
	(void)fs_look(f->fd, "", &f->st, &f->attributes);
	f->known = fs_kind_is_known(f->fd);
	return f;
}

/* Look at the file at the path; a missing folder means that it doesn't exist. */
static int
apply_look(struct apply_tx *tx, const char *path, struct worktree_state *s)
{
	AUTO_FREE char *dir = apply_dirname(path);
	const struct apply_folder *f = apply_near(tx, dir);

	memset(s, 0, sizeof(*s));
	return f->fd < 0 ? -1 : f->error != 0 ? 0 :
	    worktree_read(f->fd, basename(path), false, s);
}

/* Does the transaction delete something below the path (it deletes `a/b` and
 * makes `a`), or the file that is where it needs a folder (`above`: it deletes
 * `a` and makes `a/b`)? */
static bool
apply_deletes(const struct apply_tx *tx, const char *path, bool above)
{
	size_t i, n;

	for (i = 0; i < tx->ops_len; i++) {
		const struct apply_op *op = &tx->ops[i];
		const char *top = above ? op->path : path;
		const char *in = above ? path : op->path;

		n = strlen(top);
		if (op->before.exists && !op->after.exists &&
		    strncmp(in, top, n) == 0 && in[n] == '/')
			return true;
	}
	return false;
}

int
apply_where(struct apply_tx *tx, const struct apply_op *op,
    struct worktree_state *now)
{
	if (apply_look(tx, op->path, now) < 0)
		return -1;
	if (stage_side_equal(&now->side, &op->after))
		return APPLY_WRITTEN;
	if (stage_side_equal(&now->side, &op->before) || (!op->before.exists &&
	    S_ISDIR(now->st.st_mode) && apply_deletes(tx, op->path, false)))
		return APPLY_OPEN;
	return APPLY_OTHER;
}

/* ---- the transaction ---- */

static void
apply_op_reset(struct apply_op *op)
{
	FREE_NULL(op->text);
	op->error = 0;
	op->changed_on_disk = op->done = false;
}

struct apply_tx *
apply_tx_new(int root_fd, const char *undo_dir, struct blob_store *store,
    struct apply_op *ops, size_t n)
{
	struct apply_tx *tx = xcalloc(1, sizeof(*tx));
	struct rlimit r;
	struct stat st;
	size_t i;

	for (i = 0; i < n; i++)
		apply_op_reset(&ops[i]);
	tx->root_fd = root_fd;
	tx->near.fd = -1;
	/* Half of the descriptors available. */
	tx->fds_max = getrlimit(RLIMIT_NOFILE, &r) < 0 ||
	    r.rlim_cur / 2 > INT_MAX ? 512 : (int)(r.rlim_cur / 2);
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
	int run[2] = FS_RUN;
	size_t i;

	for (i = 0; i < tx->len; i++) {
		if (tx->items[i].fd >= 0)
			fs_close_run(run, tx->items[i].fd);
		FREE_ALL(tx->items[i].dir, tx->items[i].undo);
	}
	fs_close_run(run, -1);
	fs_close(tx->near.fd);
	fs_close(tx->undo_fd);
	FREE_ALL(tx->near.asked, tx->near.dir, tx->items, tx);
}

void
apply_ops_release(struct apply_op *ops, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		FREE_ALL(ops[i].path, ops[i].text);
		memset(&ops[i], 0, sizeof(ops[i]));
	}
}

/* Is a folder of the path, which was just looked at, a file or a link now, and not
 * about to be removed? */
static bool
apply_is_blocked(const struct apply_tx *tx, const char *path)
{
	return (tx->near.error == ENOTDIR || tx->near.error == ELOOP) &&
	    !apply_deletes(tx, path, true);
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

	if (op->changed_on_disk)
		return 0;	/* the user's save was just restored */
	if (op->pair != NULL && op->pair->changed_on_disk) {
		apply_changed(op, NULL);
		return 0;
	}
	if (apply_look(tx, op->path, &now) < 0)
		return -1;
	if ((now.attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
		op->changed_on_disk = true;
		apply_say(op, "%s is a mount point now, which cannot be "
		    "replaced; it was left as it is", op->path);
		return 0;
	}
	if (!op->before.exists && op->after.exists &&
	    ((S_ISDIR(now.st.st_mode) && apply_deletes(tx, op->path, false)) ||
	    (!now.side.exists && !apply_is_blocked(tx, op->path)))) {
		;	/* free, or about to be */
	} else if (stage_side_equal(&now.side, &op->after)) {
		;	/* another program made the same change */
	} else if (!stage_side_equal(&now.side, &op->before) ||
	    (!now.side.exists && op->after.exists)) {
		apply_changed(op, &now);
		return 0;
	}
	it = &tx->items[tx->len++];
	it->op = op;
	it->was = now;
	it->kept_owner = true;
	it->fd = -1;
	it->kind = stage_side_equal(&now.side, &op->after) ? APPLY_NOTHING :
	    apply_kind_of(op);
	it->dir = xstrdup(tx->near.asked);
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

	if (fd >= 0 && worktree_read(fd, *name, false, was) == 0 &&
	    stage_side_equal(&was->side, &pair->before))
		return fd;
	fs_close(fd);
	*name = NULL;
	return -1;
}

/* Where names can't be exchanged, the file must get its name without replacing
 * another: find out before anything is visible. */
static int
apply_try_rename(const struct apply_tx *tx, struct apply_item *it, int dirfd)
{
	char tmp[APPLY_TMP_SIZE];

	if (tx->near.known)
		return 0;
	apply_tmp_name(tmp, tx, it->op->path);
	if (worktree_rename_new(dirfd, it->tmp, dirfd, tmp) < 0)
		return -1;
	memcpy(it->tmp, tmp, sizeof(tmp));
	return 0;
}

unsigned
apply_hidden(const struct apply_op *op, const char *path)
{
	return op->hidden == NULL ? 0 :
	    (unsigned)pathmap_number(op->hidden, path) & 077;
}

static int
apply_write_temp(struct apply_tx *tx, struct apply_item *it, int dirfd,
    struct err *e)
{
	const char *name = basename(it->op->path);
	struct worktree_state was = it->was;
	struct worktree_new new = { .mode = it->op->after.mode,
		.hidden = apply_hidden(it->op, it->op->path),
		.hash = it->op->after.hash, .store = tx->store, .e = e,
		.unsynced = tx->many && !it->far, .old_fd = dirfd,
		.old_name = it->kind == APPLY_REPLACE ? name : NULL, .fd = -1 };
	int rc, saved, pair_fd = -1;

	if (it->op->pair != NULL)
		pair_fd = apply_open_pair(tx, it->op->pair, &new.old_name,
		    &was);
	if (pair_fd >= 0)
		new.old_fd = pair_fd;
	new.old = new.old_name == NULL ? NULL : &was;
	apply_tmp_name(it->tmp, tx, it->op->path);
	rc = worktree_write_new(dirfd, it->tmp, &new);
	if (rc == 0)
		rc = apply_try_rename(tx, it, dirfd);
	it->kept_owner = new.kept_owner;
	it->written = rc == 0;
	saved = errno;
	if (rc < 0 && new.fd >= 0)
		(void)unlinkat(dirfd, it->tmp, 0);
	it->made = new.made;
	if (rc == 0 && new.fd < 0)
		(void)fstatat(dirfd, it->tmp, &it->made, AT_SYMLINK_NOFOLLOW);
	/* While the file is open, its inode can't be reused; if it were open
	 * for writing we would wait for it. With very many files only the first
	 * are kept open. */
	if (rc == 0 && new.fd >= 0) {
		it->fd = worktree_open_path(dirfd, it->tmp);
		if (it->fd >= tx->fds_max) {
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
apply_may_go(const struct apply_item *it, const struct apply_folder *dir)
{
	const uint64_t fixed = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	uint64_t has = dir->attributes;
	uid_t me;

	if (it->kind != APPLY_CREATE) {
		has |= it->was.attributes;
		me = (dir->st.st_mode & S_ISVTX) == 0 ||
		    it->kind == APPLY_MODE ? 0 : geteuid();
		if (me != 0 && it->was.st.st_uid != me &&
		    dir->st.st_uid != me)
			has |= STATX_ATTR_IMMUTABLE;
	}
	if ((has & fixed) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

/* Run all steps that can fail without leaving a trace. -1 with errno. */
static int
apply_ready(struct apply_tx *tx, struct apply_item *it, struct err *e)
{
	const struct apply_folder *f;
	struct statvfs vfs;
	int fd;

	if (it->kind == APPLY_NOTHING)
		return 0;
	f = apply_near(tx, it->dir);
	fd = f->fd;
	if (fd < 0)
		return -1;
	xstrset(&it->dir, f->dir);
	it->far = f->st.st_dev != tx->dev;
	if (apply_may_go(it, f) < 0)
		return -1;
	if (it->kind == APPLY_CREATE || it->kind == APPLY_REPLACE)
		return apply_write_temp(tx, it, fd, e);
	if (it->kind == APPLY_DELETE)
		return faccessat(fd, ".", W_OK | X_OK, AT_EACCESS);
	errno = fstatvfs(fd, &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0 ?
	    EROFS : geteuid() != 0 && it->was.st.st_uid != geteuid() ? EPERM :
	    0;
	return errno == 0 ? 0 : -1;
}

/* Was the file removed or replaced while we prepared for it? Then the
 * transaction continues without it. */
static bool
apply_is_late(struct apply_tx *tx, struct apply_item *it)
{
	struct worktree_state now;
	bool late = it->op->before.exists &&
	    apply_look(tx, it->op->path, &now) == 0 &&
	    !stage_side_equal(&now.side, &it->op->before);

	if (late)
		apply_changed(it->op, &now);
	return late;
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

/* Remove the temporary files. */
static void
apply_abort_free(struct apply_tx *tx)
{
	size_t i;

	for (i = 0; i < tx->len; i++) {
		struct apply_item *it = &tx->items[i];
		AUTO_CLOSE int fd = -1;

		if (it->written && (fd = apply_open_dir(tx, it->dir)) >= 0)
			(void)unlinkat(fd, it->tmp, 0);
	}
	apply_tx_free(tx);
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

	for (i = 0; i < n && bad == NULL; i++)
		if (apply_path_check(ops[i].path, &sub) < 0) {
			bad = &ops[i];
			saved = EINVAL;
		}
	if (bad == NULL)
		(void)apply_recover_temps(tx);
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
				sub = (struct err)ERR_INIT;
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

/* ---- can names be exchanged here? ---- */

/* Is this a file system that can never exchange two names? */
static bool
plain_cannot_exchange(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return false;
	switch ((unsigned long)st.f_type) {
	case NFS_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case V9FS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Try the exchange with two empty files, and remove them. */
static enum apply_atomic
plain_try_exchange(int fd, const char *own_dir)
{
	struct apply_tx *tx = apply_tx_new(fd, own_dir, NULL, NULL, 0);
	char name[2][APPLY_TMP_SIZE];
	enum apply_atomic found = ATOMIC_UNKNOWN;
	int file[2], i;

	for (i = 0; i < 2; i++) {
		apply_tmp_name(name[i], tx, "");
		file[i] = openat(fd, name[i], O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (file[0] >= 0 && file[1] >= 0) {
		if (renameat2(fd, name[0], fd, name[1],
		    RENAME_EXCHANGE) == 0)
			found = ATOMIC_YES;
		else if (worktree_is_unsupported(errno))
			found = ATOMIC_NO;
	}
	for (i = 0; i < 2; i++)
		if (file[i] >= 0) {
			(void)unlinkat(fd, name[i], 0);
			close(file[i]);
		}
	apply_tx_free(tx);
	return found;
}

enum apply_atomic
apply_atomic(int root_fd, const char *own_dir)
{
	enum apply_atomic found = ATOMIC_UNKNOWN;
	struct stat root, own;
	AUTO_CLOSE int fd = -1;

	if (fs_kind_is_known(root_fd))
		return ATOMIC_YES;
	if (plain_cannot_exchange(root_fd))
		return ATOMIC_NO;
	fd = own_dir == NULL ? -1 : open(own_dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &own) == 0 && fstat(root_fd, &root) == 0 &&
	    own.st_dev == root.st_dev)
		found = plain_try_exchange(fd, own_dir);
	return found;
}
