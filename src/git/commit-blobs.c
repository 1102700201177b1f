#include "config.h"

#include "git/commit-blobs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

/* ---- the work tree ---- */

/* A folder, a device or nothing: none. */
static int
blobs_read_work(const struct commit_plan *p, struct commit_file *f,
    int root_fd, int scratch, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *name;
	AUTO_CLOSE int dir = fs_open_parent(root_fd, f->path, false, &name);
	AUTO_CLOSE int to = -1;
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISLNK(st.st_mode) && !S_ISREG(st.st_mode)))
		return 0;
	if (S_ISLNK(st.st_mode)) {
		if ((n = readlinkat(dir, name, target, sizeof(target))) < 0)
			return err_sys(e, "can't read %s", f->path);
		(void)buf_add(&b, target, (size_t)n);
	} else {
		AUTO_CLOSE int fd = openat(dir, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0 || fs_read_all(fd, &b) < 0)
			return err_sys(e, "can't read %s", f->path);
	}
	f->work.exists = true;
	f->work.mode = S_ISLNK(st.st_mode) ? 0120000 : (unsigned)st.st_mode;
	f->work.hash = xasprintf("work-%zu", (size_t)(f - p->files));
	to = openat(scratch, f->work.hash,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return to >= 0 && fs_write_all(to, buf_str(&b), b.len) == 0 ? 0 :
	    err_sys(e, "can't write to %s", p->scratch);
}

/* ---- what git knows of the names ---- */

/* Its exit status with the names of these files, or of the new ones among them,
 * by -z --stdin. */
static int
blobs_ask(const struct commit_plan *p, const char *const *args, size_t from,
    size_t to, bool new_only, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf in = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, out);
	size_t i;

	for (i = from; i < to; i++)
		if (!new_only || (p->files[i].head.mode == 0 &&
		    p->files[i].index.mode == 0)) {
			/* Not the magic of a pathspec. */
			buf_adds(&in, "./");
			(void)buf_add(&in, p->files[i].name,
			    strlen(p->files[i].name) + 1);
		}
	return in.len == 0 ? 0 : git_run(&g, args, NULL, e);
}

/* NAME, attribute, value. */
static int
blobs_find_filters(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "check-attr", "-z", "--stdin",
		"filter", "ident", "working-tree-encoding", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *at, *end, *v[3] = { "", "", "" };
	struct commit_file *f;
	size_t i;

	if (blobs_ask(p, args, 0, p->len, false, &out, e) != 0)
		return err_is_set(e) ? -1 : err_set(e, "git check-attr: it "
		    "failed");
	for (i = 0, at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1, i++) {
		v[i % 3] = at;
		if (i % 3 != 2 || strcmp(at, "unspecified") == 0 ||
		    strcmp(at, "unset") == 0)
			continue;
		if ((f = commit_plan_file(p, v[0] + strlen("./"))) != NULL)
			f->is_filtered = true;
	}
	return 0;
}

static int
blobs_find_ignored(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "--no-literal-pathspecs",
		"check-ignore", "-z", "--stdin", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	struct commit_file *f;
	const char *at, *end;
	size_t i;
	int rc = blobs_ask(p, args, 0, p->len, true, &out, e);
	bool many;

	/* 1: none is. More: one can't be, in a submodule or below a link, and
	 * git hasn't looked at the others. */
	for (i = 0, many = rc > 1; many && rc >= 0 && i < p->len; i++) {
		rc = blobs_ask(p, args, i, i + 1, true, &out, e);
		p->files[i].is_foreign = rc > 1 && p->files[i].work.exists;
	}
	if (rc < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		if ((f = commit_plan_file(p, at + strlen("./"))) != NULL)
			f->is_ignored = true;
	}
	return 0;
}

/* ---- their contents ---- */

static void
blobs_add(struct commit_plan *p, const struct fold_side *s)
{
	if (!s->exists)
		return;
	GROW(p->blobs, p->blobs_len);
	p->blobs[p->blobs_len++] = (struct commit_blob){ .name = s->hash };
}

/* Each name once. */
static void
blobs_list(struct commit_plan *p)
{
	size_t i, k, to = 0;

	for (i = 0; i < p->len; i++) {
		blobs_add(p, &p->files[i].work);
		for (k = 0; k < p->files[i].steps_len; k++) {
			blobs_add(p, p->files[i].steps[k].before);
			blobs_add(p, p->files[i].steps[k].after);
		}
	}
	MEM_SORT(p->blobs, p->blobs_len);
	for (i = 0; i < p->blobs_len; i++)
		if (to == 0 || strcmp(p->blobs[to - 1].name,
		    p->blobs[i].name) != 0)
			p->blobs[to++] = p->blobs[i];
	p->blobs_len = to;
}

/* A line of hash-object's input: quoted, since a folder may have any name. */
static int
blobs_add_path(const struct commit_plan *p, struct commit_blob *blob,
    struct buf *in, struct err *e)
{
	AUTO_FREE char *path = fs_join(p->scratch, blob->name);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *at;

	if (fs_read_file(AT_FDCWD, path, &b, e) < 0)
		return -1;
	blob->has_cr = b.len > 0 && memchr(b.p, '\r', b.len) != NULL;
	buf_addc(in, '"');
	for (at = path; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\' || *at == '\n')
			buf_addc(in, '\\');
		buf_addc(in, *at == '\n' ? 'n' : *at);
	}
	buf_adds(in, "\"\n");
	return 0;
}

static int
blobs_store(struct commit_plan *p, struct err *e)
{
	static const char *const args[] = { "hash-object", "-w", "--no-filters",
		"--stdin-paths", NULL };
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	const struct git_run g = commit_plan_git(p, NULL, &in, &out);
	const char *at;
	size_t i, n;

	for (i = 0; i < p->blobs_len; i++)
		if (blobs_add_path(p, &p->blobs[i], &in, e) < 0)
			return -1;
	if (p->blobs_len == 0 || git_run_ok(&g, args, e) < 0)
		return p->blobs_len == 0 ? 0 : -1;
	for (i = 0, at = buf_str(&out); i < p->blobs_len; i++, at += n + 1) {
		n = strcspn(at, "\n");
		if (n == 0 || n >= sizeof(p->blobs[i].oid) || at[n] == '\0')
			return err_set(e, "can't understand what git printed");
		memcpy(p->blobs[i].oid, at, n);
	}
	return 0;
}

int
commit_blobs_load(struct commit_plan *p, struct err *e)
{
	AUTO_CLOSE int root_fd = open(p->root,
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int scratch = open(p->scratch,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (root_fd < 0 || scratch < 0)
		return err_sys(e, "can't open %s", root_fd < 0 ? p->root :
		    p->scratch);
	for (i = 0; i < p->len; i++)
		if (blobs_read_work(p, &p->files[i], root_fd, scratch, e) < 0)
			return -1;
	blobs_list(p);
	return blobs_find_filters(p, e) < 0 || blobs_find_ignored(p, e) < 0 ||
	    blobs_store(p, e) < 0 ? -1 : 0;
}

const char *
commit_blobs_find(const struct commit_plan *p, const struct commit_file *f,
    const struct fold_side *s)
{
	const struct commit_blob *b = MEM_SEARCH(p->blobs, p->blobs_len,
	    s->hash);

	/* Line endings are converted where there is a CR. */
	return b == NULL || (s->mode != 0120000 && (f->is_filtered ||
	    b->has_cr)) ? NULL : b->oid;
}
