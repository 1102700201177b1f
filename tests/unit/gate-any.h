/*
 * gate-any: what test-gate-any is made of beside the gate: random numbers, a
 * picture of a tree, an agent that writes into the stage as a call would, and a
 * person who works in the real tree meanwhile.  Include it after cmocka.
 */
#ifndef ASSENT_TESTS_GATE_ANY_H
#define ASSENT_TESTS_GATE_ANY_H

#include <dirent.h>
#include <stdint.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "gate/gate.h"
#include "base/pathmap.h"
#include "tests/unit/staged.h"
#include "tests/unit/unit.h"

struct any {
	struct staged	 s;
	char		*undo;		/* the undo folder */
	int		 root_fd;
	int		 view_fd;	/* of the copy, or of the upper folder */
	uint64_t	 seed, round_seed;
	unsigned	 users;		/* words of the user so far */
	unsigned	 agents;
	struct pathmap	 touched;	/* by the user */
};

/* ---- numbers ---- */

static inline uint32_t
any_next(struct any *a, uint32_t below)
{
	uint64_t z = a->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 16) % below;
}

static inline bool
any_chance(struct any *a, uint32_t percent)
{
	return any_next(a, 100) < percent;
}

#define any_fail(a, fmt, ...)						\
	fail_msg("SEED=%llu ROUNDS=1: " fmt,				\
	    (unsigned long long)(a)->round_seed, __VA_ARGS__)

/* ---- names and contents ---- */

static inline const char *
any_path(struct any *a)
{
	static const char *const paths[] = {
		"a", "b", "c.txt", "run.sh", "d/e", "d/f", "d/g/h", "d/g/i",
		"n", "n/x", "n/y/z", "m/one", "odd name", "-x", "\xff\x01y",
		"d", "link", "a/below",
	};

	return paths[any_next(a, (uint32_t)MEM_COUNT(paths))];
}

static inline void
any_line(struct any *a, struct buf *b)
{
	static const char *const lines[] = {
		"one\n", "two\n", "}\n", "\n", "crlf\r\n", "\xff\xc3(\n",
		"\ttab\n", "-minus\n", "+plus\n", "\\ No newline\n",
		"@@ -1 +1 @@\n", "diff --git a/x b/x\n", "#hash\n",
	};

	buf_adds(b, lines[any_next(a, (uint32_t)MEM_COUNT(lines))]);
}

static inline void
any_content(struct any *a, struct buf *b)
{
	uint32_t kind = any_next(a, 20), n = any_next(a, 40);

	if (kind == 0)
		return;
	if (kind == 1) {
		buf_addf(b, "bin%u", any_next(a, 9));
		buf_add(b, "\0\1\2", 3);
		return;
	}
	if (kind == 2) {	/* one long line */
		for (n = 0; n < 3000; n++)
			buf_addc(b, (char)('a' + n % 26));
		return;
	}
	while (n-- > 0)
		any_line(a, b);
	if (b->len > 0 && any_chance(a, 20))
		b->len--;
}

/* A random change of a content. */
static inline void
any_edit(struct any *a, struct buf *out, const struct buf *in,
    const char *word, unsigned *count)
{
	const char *p = buf_str(in), *end = p + in->len;
	uint32_t spread = 2 + any_next(a, 20);
	bool any = false;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *next = nl == NULL ? end : nl + 1;

		switch (any_next(a, 3 * spread)) {
		case 0:
			any = true;
			break;
		case 1:
			buf_addf(out, "%s-%u-\n", word, (*count)++);
			buf_add(out, p, (size_t)(next - p));
			any = true;
			break;
		case 2:
			buf_addf(out, "%s-%u-\n", word, (*count)++);
			any = true;
			break;
		default:
			buf_add(out, p, (size_t)(next - p));
		}
		p = next;
	}
	if (!any || any_chance(a, 10)) {
		if (out->len > 0 && out->p[out->len - 1] != '\n')
			buf_addc(out, '\n');
		buf_addf(out, "%s-%u-", word, (*count)++);
		if (any_chance(a, 80))
			buf_addc(out, '\n');
	}
}

/* ---- a picture of a tree: files and links, by path ---- */

struct any_entry {
	char		*path;		/* the key; must stay first */
	unsigned	 mode;		/* 0120000, or all the bits */
	int64_t		 size;
	char		 hash[SHA256_HEX_SIZE];
};

static inline void
any_picture_of(struct pathmap *m, int fd, const char *path,
    const char *name, const struct stat *st)
{
	struct any_entry *x = pathmap_add(m, path, sizeof(*x));
	struct buf b = BUF_INIT(0);
	char target[4096];
	ssize_t n;

	x->mode = st->st_mode & 07777;
	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(fd, name, target, sizeof(target));
		assert_true(n > 0);
		buf_add(&b, target, (size_t)n);
		x->mode = 0120000;
	} else if (S_ISREG(st->st_mode)) {
		assert_int_equal(fs_read_file(fd, name, &b, NULL), 0);
	} else {		/* a whiteout */
		x->mode = S_IFCHR;
	}
	x->size = (int64_t)b.len;
	sha256_hex(buf_str(&b), b.len, x->hash);
	buf_release(&b);
}

static inline void
any_picture(struct pathmap *m, int at, const char *path)
{
	DIR *d = fs_dir_take(openat(at, path[0] == '\0' ? "." : path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		char *sub = path[0] == '\0' ? xstrdup(de->d_name) :
		    fs_join(path, de->d_name);
		struct stat st;

		if (!fs_is_dots(de->d_name) &&
		    strncmp(de->d_name, ".assent-", 8) != 0) {
			assert_int_equal(fstatat(dirfd(d), de->d_name, &st,
			    AT_SYMLINK_NOFOLLOW), 0);
			if (S_ISDIR(st.st_mode))
				any_picture(m, at, sub);
			else
				any_picture_of(m, dirfd(d), sub, de->d_name,
				    &st);
		}
		free(sub);
	}
	closedir(d);
}

static inline int
any_count_temps(int at, const char *path)
{
	DIR *d = fs_dir_take(openat(at, path,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	int n = 0;

	if (d == NULL)
		return 0;
	while ((de = readdir(d)) != NULL) {
		n += strncmp(de->d_name, ".assent-", 8) == 0;
		if (de->d_type == DT_DIR && !fs_is_dots(de->d_name))
			n += any_count_temps(dirfd(d), de->d_name);
	}
	closedir(d);
	return n;
}

static inline bool
any_is(const struct any_entry *x, const struct stage_side *s)
{
	unsigned mode;

	if (x == NULL || !s->exists)
		return (x != NULL) == s->exists;
	mode = x->mode == 0120000 ? x->mode :
	    (x->mode & 0100) != 0 ? 0100755 : 0100644;
	return mode == s->mode && strcmp(x->hash, s->hash) == 0;
}

static inline bool
any_same(const struct any_entry *x, const struct any_entry *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	return x->mode == y->mode && strcmp(x->hash, y->hash) == 0;
}

/* ---- small acts below a folder ---- */

static inline void
any_write(int at, const char *path, mode_t mode, const struct buf *b,
    bool by_rename)
{
	const char *name;
	int dir = fs_open_parent(at, path, true, &name), fd;
	const char *to = by_rename ? ".save~" : name;

	if (dir < 0)
		return;		/* a file or link is above it */
	fd = openat(dir, to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0644);
	if (fd >= 0) {
		assert_int_equal(fs_write_all(fd, buf_str(b), b->len), 0);
		assert_int_equal(fchmod(fd, mode), 0);
		close(fd);
		if (by_rename && renameat(dir, to, dir, name) < 0)
			assert_int_equal(unlinkat(dir, to, 0), 0);
	}
	close(dir);
}

static inline bool
any_read(int at, const char *path, struct stat *st, struct buf *b)
{
	const char *name;
	int dir = fs_open_parent(at, path, false, &name);
	bool ok = dir >= 0 &&
	    fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0;

	if (ok && S_ISREG(st->st_mode) && b != NULL)
		assert_int_equal(fs_read_file(dir, name, b, NULL), 0);
	if (dir >= 0)
		close(dir);
	return ok;
}

static inline void
any_remove(int at, const char *path)
{
	const char *name;
	int dir = fs_open_parent(at, path, false, &name);

	if (dir < 0)
		return;
	assert_int_equal(fs_remove_tree(dir, name, NULL), 0);
	close(dir);
}

static inline void
any_symlink(int at, const char *path, const char *target)
{
	const char *name;
	int dir = fs_open_parent(at, path, true, &name);

	if (dir < 0)
		return;
	if (symlinkat(target, dir, name) < 0)
		assert_true(errno == EEXIST);
	close(dir);
}

static inline const char *
any_target(struct any *a)
{
	static const char *const targets[] = {
		"a", "d/e", "nowhere", "/etc/passwd", "../..", "d",
	};

	return targets[any_next(a, (uint32_t)MEM_COUNT(targets))];
}

/* ---- the user ---- */

static inline void
any_touch(struct any *a, const char *path)
{
	(void)pathmap_add(&a->touched, path, sizeof(struct any_entry));
}

/* By the user: this path, one above it or one below it? */
static inline bool
any_is_touched(struct any *a, const char *path)
{
	void **v = pathmap_list(&a->touched);
	bool yes = false;
	size_t i, n, m = strlen(path);

	for (i = 0; v[i] != NULL && !yes; i++) {
		const char *t = ((struct any_entry *)v[i])->path;

		n = strlen(t);
		yes = (n <= m && strncmp(t, path, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/')) ||
		    (n > m && strncmp(t, path, m) == 0 && t[m] == '/');
	}
	free(v);
	return yes;
}

static inline void
any_user_saves(struct any *a, const char *path)
{
	struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	struct stat st;

	if (!any_read(a->root_fd, path, &st, &in))
		st.st_mode = S_IFREG | 0644;
	if (S_ISREG(st.st_mode)) {
		any_edit(a, &out, &in, "user", &a->users);
		any_write(a->root_fd, path, st.st_mode & 0777, &out,
		    any_chance(a, 50));
	}
	buf_release(&in);
	buf_release(&out);
}

static inline void
any_user(struct any *a, const char *path)
{
	struct stat st;

	any_touch(a, path);
	switch (any_next(a, 10)) {
	case 0:
		any_remove(a->root_fd, path);
		break;
	case 1:
		if (any_read(a->root_fd, path, &st, NULL) &&
		    S_ISREG(st.st_mode))
			assert_int_equal(fchmodat(a->root_fd, path,
			    st.st_mode ^ 0111, 0), 0);
		break;
	case 2:
		if (any_chance(a, 30))
			any_remove(a->root_fd, path);
		any_symlink(a->root_fd, path, any_target(a));
		break;
	default:
		any_user_saves(a, path);
	}
}

/* ---- the agent ---- */

static inline bool
any_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

/*
 * An overlay as the kernel would leave it: the entry at `path` in the upper
 * folder; does the real tree show there?
 */
static inline bool
any_upper(struct any *a, const char *path, struct stat *st, bool *lower)
{
	char *copy = xstrdup(path), *slash = copy;
	bool there = true;
	char c;
	int fd;

	*lower = true;
	for (; slash != NULL && there; slash++) {
		slash = strchr(slash, '/');
		if (slash != NULL)
			*slash = '\0';
		there = fstatat(a->view_fd, copy, st,
		    AT_SYMLINK_NOFOLLOW) == 0;
		if (there && slash != NULL) {
			*lower = *lower && S_ISDIR(st->st_mode);
			fd = openat(a->view_fd, copy, O_RDONLY | O_DIRECTORY |
			    O_NOFOLLOW | O_CLOEXEC);
			if (fd >= 0 && fgetxattr(fd, "user.overlay.opaque",
			    &c, 1) == 1)
				*lower = false;
			if (fd >= 0)
				close(fd);
			there = S_ISDIR(st->st_mode);
		}
		if (slash == NULL)
			break;
		*slash = '/';
	}
	free(copy);
	return there;
}

/* In the agent's view. */
static inline bool
any_view_read(struct any *a, const char *path, struct stat *st, struct buf *b)
{
	bool lower;

	if (a->s.view == SANDBOX_VIEW_COPY)
		return any_read(a->view_fd, path, st, b);
	if (any_upper(a, path, st, &lower)) {
		if (any_is_whiteout(st))
			return false;
		return any_read(a->view_fd, path, st, b);
	}
	return lower && any_read(a->root_fd, path, st, b);
}

/* The folders above it; false if a file is in the way. */
static inline bool
any_view_parents(struct any *a, const char *path)
{
	char *copy = xstrdup(path), *slash = copy;
	bool ok = true;

	while (ok && (slash = strchr(slash, '/')) != NULL) {
		struct stat st, up;
		bool there, lower = false, hide = false;
		int fd;

		*slash = '\0';
		there = any_view_read(a, copy, &st, NULL);
		ok = !there || S_ISDIR(st.st_mode);
		if (ok && a->s.view == SANDBOX_VIEW_COPY) {
			if (!there)
				ok = mkdirat(a->view_fd, copy, 0755) == 0;
		} else if (ok && (!any_upper(a, copy, &up, &lower) ||
		    any_is_whiteout(&up))) {
			if (fstatat(a->view_fd, copy, &up,
			    AT_SYMLINK_NOFOLLOW) == 0) {
				hide = true;
				assert_int_equal(unlinkat(a->view_fd, copy,
				    0), 0);
			}
			assert_int_equal(mkdirat(a->view_fd, copy, 0755), 0);
			if (hide) {
				fd = openat(a->view_fd, copy,
				    O_RDONLY | O_CLOEXEC);
				assert_int_equal(fsetxattr(fd,
				    "user.overlay.opaque", "y", 1, 0), 0);
				close(fd);
			}
		}
		*slash++ = '/';
	}
	free(copy);
	return ok;
}

static inline void
any_view_delete(struct any *a, const char *path)
{
	struct stat st;
	bool lower;

	if (!any_view_read(a, path, &st, NULL) ||
	    !any_view_parents(a, path))
		return;
	assert_int_equal(fs_remove_tree(a->view_fd, path, NULL), 0);
	if (a->s.view == SANDBOX_VIEW_COPY)
		return;
	(void)any_upper(a, path, &st, &lower);
	if (lower && any_read(a->root_fd, path, &st, NULL))
		assert_int_equal(mknodat(a->view_fd, path, S_IFCHR | 0600,
		    makedev(0, 0)), 0);
}

static inline void
any_view_write(struct any *a, const char *path, mode_t mode,
    const struct buf *b)
{
	struct stat st;

	if (any_view_read(a, path, &st, NULL) && !S_ISREG(st.st_mode))
		any_view_delete(a, path);
	if (!any_view_parents(a, path))
		return;
	if (fstatat(a->view_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		assert_int_equal(unlinkat(a->view_fd, path, 0), 0);
	any_write(a->view_fd, path, mode, b, any_chance(a, 30));
}

static inline void
any_view_link(struct any *a, const char *path)
{
	struct stat st;

	if (any_view_read(a, path, &st, NULL))
		any_view_delete(a, path);
	if (!any_view_parents(a, path))
		return;
	if (fstatat(a->view_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		assert_int_equal(unlinkat(a->view_fd, path, 0), 0);
	assert_int_equal(symlinkat(any_target(a), a->view_fd, path), 0);
}

/* Give it another name, and perhaps another content. */
static inline void
any_agent_renames(struct any *a, const char *path, mode_t mode,
    const struct buf *in)
{
	const char *to = any_path(a);
	struct buf out = BUF_INIT(0);

	if (strcmp(path, to) == 0 || fs_is_below(path, to) ||
	    fs_is_below(to, path))
		return;
	if (any_chance(a, 70))
		any_edit(a, &out, in, "agent", &a->agents);
	else
		buf_add(&out, buf_str(in), in->len);
	any_view_write(a, to, any_chance(a, 10) ? mode ^ 0111 : mode, &out);
	any_view_delete(a, path);
	buf_release(&out);
}

static inline void
any_agent(struct any *a, const char *path)
{
	struct buf in = BUF_INIT(0), out = BUF_INIT(0);
	struct stat st;
	bool there = any_view_read(a, path, &st, &in);
	mode_t mode = there && S_ISREG(st.st_mode) ? st.st_mode & 0777 : 0644;

	switch (any_next(a, 16)) {
	case 12:
	case 13:
	case 14:
	case 15:
		if (there && S_ISREG(st.st_mode))
			any_agent_renames(a, path, mode, &in);
		break;
	case 0:
		any_view_delete(a, path);
		break;
	case 1:
		if (there && S_ISREG(st.st_mode))
			any_view_write(a, path, mode ^ 0111, &in);
		break;
	case 2:
		any_view_link(a, path);
		break;
	case 3:
		any_content(a, &out);
		any_view_write(a, path, any_chance(a, 20) ? 0755 : mode, &out);
		break;
	default:
		if (there && S_ISDIR(st.st_mode))
			break;
		any_edit(a, &out, &in, "agent", &a->agents);
		any_view_write(a, path, any_chance(a, 10) ? mode ^ 0111 :
		    mode, &out);
	}
	buf_release(&in);
	buf_release(&out);
}

#endif
