/*
 * gate-tree: a project, an undo folder and a blob store in a scratch folder,
 * and ops on them.  Include it after cmocka; each function fails the test by
 * itself.
 */
#ifndef ASSENT_TESTS_GATE_TREE_H
#define ASSENT_TESTS_GATE_TREE_H

#include <dirent.h>

#include "gate/gate.h"
#include "gate/apply.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

struct tree {
	char		*dir, *root, *undo, *mark;
	int		 root_fd;
	struct blob_store *store;
};

static inline struct tree *
tree_new(void)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	struct err e = ERR_INIT;
	char *state;

	t->dir = scratch_new();
	t->root = fs_join(t->dir, "project");
	t->undo = fs_join(t->dir, "undo");
	t->mark = fs_join(t->dir, "mark");
	state = fs_join(t->dir, "session");
	assert_int_equal(mkdir(t->root, 0755), 0);
	assert_int_equal(mkdir(t->undo, 0700), 0);
	assert_int_equal(mkdir(state, 0700), 0);
	t->store = blob_store_open(state, false, &e);
	if (t->store == NULL)
		fail_msg("%s", e.text);
	free(state);
	t->root_fd = open(t->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->root_fd >= 0);
	return t;
}

static inline void
tree_free(struct tree *t)
{
	blob_store_free(t->store);
	close(t->root_fd);
	scratch_free(t->dir);
	free(t->root);
	free(t->undo);
	free(t->mark);
	free(t);
}

static inline int
tree_setup(void **state)
{
	umask(022);
	*state = tree_new();
	return 0;
}

static inline int
tree_teardown(void **state)
{
	tree_free(*state);
	return 0;
}

#define TREE_TEST(test) TEST_WITH(test, tree_setup, tree_teardown)

/* Write a file, in place if it is there. */
static inline void
tree_put(struct tree *t, const char *path, mode_t mode, const char *text)
{
	const char *name;
	int dir = fs_open_parent(t->root_fd, path, true, &name), fd;

	assert_true(dir >= 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	close(dir);
}

/* Save as editors do: another file, renamed over. */
static inline void
tree_save(struct tree *t, const char *path, const char *text)
{
	tree_put(t, ".save~", 0644, text);
	assert_int_equal(renameat(t->root_fd, ".save~", t->root_fd, path), 0);
}

static inline void
tree_link(struct tree *t, const char *path, const char *target)
{
	assert_int_equal(symlinkat(target, t->root_fd, path), 0);
}

/* ---- what is there, as text ---- */

static inline void
tree_list(struct buf *out, int fd, const char *name, const char *path,
    bool temps)
{
	int dir = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n, i;
	struct dirent **v;

	assert_true(dir >= 0);
	n = scandirat(dir, ".", &v, NULL, alphasort);
	assert_true(n >= 0);
	for (i = 0; i < n; i++) {
		const char *d = v[i]->d_name;
		char *sub = path[0] == '\0' ? xstrdup(d) : fs_join(path, d);
		struct buf b = BUF_INIT(0);
		char target[4096] = "";
		struct stat st;

		if (strcmp(d, ".") == 0 || strcmp(d, "..") == 0 || (!temps &&
		    strncmp(d, ".assent-", 8) == 0))
			goto next;
		assert_int_equal(fstatat(dir, d, &st, AT_SYMLINK_NOFOLLOW), 0);
		if (S_ISDIR(st.st_mode)) {
			tree_list(out, dir, d, sub, temps);
		} else if (S_ISLNK(st.st_mode)) {
			assert_true(readlinkat(dir, d, target,
			    sizeof(target) - 1) > 0);
			buf_addf(out, "%s -> %s\n", sub, target);
		} else {
			assert_int_equal(fs_read_file(dir, d, &b, NULL), 0);
			buf_addf(out, "%s %o <", sub, st.st_mode & 07777u);
			buf_add(out, buf_str(&b), b.len);
			buf_adds(out, ">\n");
		}
next:
		buf_release(&b);
		free(sub);
		free(v[i]);
	}
	free(v);
	close(dir);
}

static inline char *
tree_text(struct tree *t)
{
	struct buf b = BUF_INIT(0);

	tree_list(&b, AT_FDCWD, t->root, "", true);
	return buf_take(&b);
}

static inline char *
tree_text_no_temps(struct tree *t)
{
	struct buf b = BUF_INIT(0);

	tree_list(&b, AT_FDCWD, t->root, "", false);
	return buf_take(&b);
}

static inline void
tree_check(struct tree *t, const char *want)
{
	char *got = tree_text(t);

	if (strcmp(got, want) != 0)
		fail_msg("the tree is\n%s\nand not\n%s", got, want);
	free(got);
}

static inline bool
tree_undo_has(struct tree *t, const char *text)
{
	char *want = xasprintf("<%s>\n", text);
	struct buf b = BUF_INIT(0);
	bool has;

	tree_list(&b, AT_FDCWD, t->undo, "", true);
	has = strstr(buf_str(&b), want) != NULL;
	free(want);
	buf_release(&b);
	return has;
}

static inline void
tree_mark(struct tree *t)
{
	close(open(t->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static inline bool
tree_is_marked(struct tree *t)
{
	return access(t->mark, F_OK) == 0;
}

/* ---- ops ---- */

static inline struct stage_side
tree_side(struct tree *t, unsigned mode, const void *p, size_t n)
{
	struct stage_side s = { .exists = true, .size = (int64_t)n };
	struct err e = ERR_INIT;

	s.mode = mode == 0120000 ? mode : (mode & 0100) != 0 ? 0100755 :
	    0100644;
	if (blob_put(t->store, p, n, s.hash, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

/* The entry there, its content in the store. */
static inline struct stage_side
tree_now(struct tree *t, const char *path)
{
	struct stage_side none = { .exists = false };
	struct buf b = BUF_INIT(0);
	char target[4096];
	struct stage_side s;
	struct stat st;
	ssize_t n;

	if (path[0] == '\0' || fstatat(t->root_fd, path, &st,
	    AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(st.st_mode))
		return none;
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(t->root_fd, path, target, sizeof(target));
		assert_true(n > 0);
		return tree_side(t, 0120000, target, (size_t)n);
	}
	if (fs_read_file(t->root_fd, path, &b, NULL) < 0)
		return none;
	s = tree_side(t, st.st_mode, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

/* From what is there to this content; NULL: delete. */
static inline struct apply_op
tree_op(struct tree *t, const char *path, unsigned mode, const char *text)
{
	struct apply_op op = { .path = xstrdup(path) };

	op.before = tree_now(t, path);
	if (text != NULL)
		op.after = tree_side(t, mode, text, strlen(text));
	return op;
}

/* One of "path 644 <text>\n", "path -> target\n", "path gone\n"; after it. */
static inline const char *
tree_parse(const char *p, char **path, unsigned *mode, char **text)
{
	size_t len = strcspn(p, " ");
	const char *end;
	char *word;

	*path = xmemdup(p, len);
	*text = NULL;
	*mode = 0;
	p += len;
	if (strncmp(p, " gone\n", 6) == 0)
		return p + 6;
	if (strncmp(p, " -> ", 4) == 0) {
		end = strchr(p, '\n');
		*mode = 0120000;
		*text = xmemdup(p + 4, (size_t)(end - p) - 4);
		return end + 1;
	}
	*mode = (unsigned)strtoul(p, &word, 8);
	end = strstr(word, ">\n");
	*text = xmemdup(word + 2, (size_t)(end - word) - 2);
	return end + 2;
}

/* Make it so, as tree_text() would say it; `save`: as editors do. */
static inline void
tree_do(struct tree *t, const char *list, bool save)
{
	char *path, *text;
	unsigned mode;

	while (list != NULL && *list != '\0') {
		list = tree_parse(list, &path, &mode, &text);
		if (text == NULL) {
			assert_int_equal(fs_remove_tree(t->root_fd, path,
			    NULL), 0);
		} else if (mode == 0120000) {
			tree_link(t, path, text);
		} else {
			bool by_rename = save &&
			    faccessat(t->root_fd, path, F_OK, 0) == 0;

			tree_put(t, by_rename ? ".save~" : path, mode, text);
			if (by_rename)
				assert_int_equal(renameat(t->root_fd,
				    ".save~", t->root_fd, path), 0);
		}
		free(path);
		free(text);
	}
}

/* An op for each, from what is there now. */
static inline size_t
tree_ops(struct tree *t, struct apply_op *ops, const char *list)
{
	char *path, *text;
	unsigned mode;
	size_t n;

	for (n = 0; *list != '\0'; n++) {
		list = tree_parse(list, &path, &mode, &text);
		ops[n] = tree_op(t, path, mode, text);
		free(path);
		free(text);
	}
	return n;
}

#endif
