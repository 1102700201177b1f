/* See tree-hash.h. */
#include "config.h"

#include "core/project/tree-hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#define TREE_HASH_PIECE ((size_t)64 << 10)

struct tree_names {
	char	**v;
	size_t	 len;
};

static void
tree_names_add(struct tree_names *t, const char *name)
{
	GROW(t->v, t->len);
	t->v[t->len++] = xstrdup(name);
}

static int
tree_names_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files below `dir` (relative to rootfd); 0, or -1 with errno. */
static int
tree_walk(int rootfd, const char *dir, struct tree_names *t)
{
	AUTO_DIR DIR *d = fs_dir_take(openat(rootfd, dir[0] == '\0' ? "." : dir,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;
	struct stat st;
	int rc = 0;

	if (d == NULL)
		return -1;
	while (rc == 0 && (de = fs_dir_next(&d)) != NULL) {
		AUTO_FREE char *path = dir[0] == '\0' ? xstrdup(de->d_name) :
		    fs_join(dir, de->d_name);

		if (strcmp(de->d_name, ".git") == 0)
			continue;
		if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			rc = errno == ENOENT ? 0 : -1;
		else if (S_ISDIR(st.st_mode))
			rc = tree_walk(rootfd, path, t);
		else
			tree_names_add(t, path);
	}
	return rc;
}

/* Its kind and content; what is gone or is a folder has none. */
static int
tree_file(int rootfd, const char *path, struct sha256 *all)
{
	char piece[TREE_HASH_PIECE], hex[SHA256_HEX_SIZE];
	struct sha256 *one;
	struct stat st;
	ssize_t n = 0;
	AUTO_CLOSE int fd = -1;

	if (fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		sha256_add(all, "-", 2);
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	}
	if (S_ISLNK(st.st_mode)) {
		n = readlinkat(rootfd, path, piece, sizeof(piece));
		sha256_add(all, "l", 2);
		sha256_add(all, piece, n < 0 ? 0 : (size_t)n);
		sha256_add(all, "", 1);
		return n < 0 ? -1 : 0;
	}
	if (!S_ISREG(st.st_mode)) {
		sha256_add(all, "o", 2);
		return 0;
	}
	fd = openat(rootfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	if (fd < 0)
		return -1;
	sha256_add(all, (st.st_mode & 0100) != 0 ? "x" : "f", 2);
	one = sha256_new();
	while ((n = fs_read(fd, piece, sizeof(piece))) > 0)
		sha256_add(one, piece, (size_t)n);
	sha256_end_free(one, hex);
	sha256_add(all, hex, SHA256_HEX_SIZE);
	return n < 0 ? -1 : 0;
}

int
tree_hash(const char *root, const struct buf *names,
    char hex[SHA256_HEX_SIZE], struct err *e)
{
	struct tree_names t = { 0 };
	struct sha256 *all = sha256_new();
	AUTO_CLOSE int rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;
	int rc = rootfd < 0 ? -1 : 0;

	if (rc == 0 && names->len == 0)
		rc = tree_walk(rootfd, "", &t);
	if (rc < 0)
		err_sys(e, "can't read %s", root);
	for (i = 0; i < names->len; i += strlen(names->p + i) + 1)
		tree_names_add(&t, names->p + i);
	if (t.len > 0)
		qsort(t.v, t.len, sizeof(*t.v), tree_names_compare);
	for (i = 0; rc == 0 && i < t.len; i++) {
		/* A file in conflict is there three times. */
		if (i > 0 && strcmp(t.v[i], t.v[i - 1]) == 0)
			continue;
		sha256_add(all, t.v[i], strlen(t.v[i]) + 1);
		rc = tree_file(rootfd, t.v[i], all);
		if (rc < 0)
			err_sys(e, "can't read %s", t.v[i]);
	}
	sha256_end_free(all, hex);
	for (i = 0; i < t.len; i++)
		free(t.v[i]);
	free(t.v);
	return rc;
}

/* Its content's hash; false if it isn't a file or link that can be read. */
static bool
tree_content(int dirfd, const char *name, const struct stat *st,
    char hex[SHA256_HEX_SIZE])
{
	char piece[TREE_HASH_PIECE];
	struct sha256 *sum = sha256_new();
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dirfd, name, piece, sizeof(piece));
		if (n > 0)
			sha256_add(sum, piece, (size_t)n);
	} else {
		fd = fs_open_regular(dirfd, name);
		while ((n = fd < 0 ? -1 : fs_read(fd, piece,
		    sizeof(piece))) > 0)
			sha256_add(sum, piece, (size_t)n);
	}
	sha256_end_free(sum, hex);
	return n >= 0;
}

static cJSON *
tree_side(int rootfd, const char *path)
{
	char hex[SHA256_HEX_SIZE];
	const char *name;
	AUTO_CLOSE int dir = fs_open_parent(rootfd, path, false, &name);
	struct stat st;
	cJSON *o;

	if ((dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) &&
	    (errno == ENOENT || errno == ENOTDIR))
		return cJSON_CreateNull();
	o = cJSON_CreateObject();
	if (dir < 0 || !tree_content(dir, name, &st, hex))
		return o;
	json_add_str(o, "hash", hex);
	json_add_int(o, "mode", S_ISLNK(st.st_mode) ? 0120000 :
	    (st.st_mode & 0100) != 0 ? 0100755 : 0100644);
	return o;
}

cJSON *
tree_sides(const char *root, const cJSON *files, struct err *e)
{
	AUTO_CLOSE int rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cJSON *list = NULL;
	const cJSON *it;

	if (rootfd < 0) {
		err_sys(e, "can't read %s", root);
		return NULL;
	}
	list = cJSON_CreateArray();
	cJSON_ArrayForEach(it, files) {
		size_t n;
		AUTO_FREE char *path = json_get_bytes(it, "path", &n);

		cJSON_AddItemToArray(list, path == NULL || path[0] == '\0' ?
		    cJSON_CreateObject() : tree_side(rootfd, path));
	}
	return list;
}
