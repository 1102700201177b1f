/*
 * Component by component: realpath(3) returns the end, not the way there.
 */
#include "config.h"

#include "sandbox/host-path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define HOST_PATH_LINKS 40	/* as many as the kernel follows */

/* Join the folder `dir` (without links) and a component; "" is the top. */
static char *
host_path_step(const char *dir, const char *name)
{
	char *full = fs_normalize(dir[0] == '\0' ? "/" : dir, name);

	if (strcmp(full, "/") == 0)
		full[0] = '\0';
	return full;
}

/* Is it there, without a symlink on the way? False if that isn't known. */
static bool
host_path_is_plain(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	AUTO_CLOSE int fd =
	    (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0)
		return false;
	return true;
}

char *
host_path_real(const char *path, const char *root)
{
	AUTO_FREE char *todo = xstrdup(path);
	char *done = xstrdup("");
	int left = HOST_PATH_LINKS;

	if (path[0] != '/')
		goto fail;
	if (host_path_is_plain(path)) {
		FREE_SET(done, fs_normalize("/", path));
		if (root != NULL && fs_is_below(done, root))
			goto fail;
		return done;
	}
	for (;;) {
		char *name = todo + strspn(todo, "/"), *full, *rest;
		AUTO_FREE char *one = NULL;
		char text[PATH_MAX];
		size_t n = strcspn(name, "/");
		ssize_t len;

		if (n == 0)
			break;
		one = xmemdup(name, n);
		full = host_path_step(done, one);
		len = readlink(full[0] == '\0' ? "/" : full, text,
		    sizeof(text) - 1);
		if ((len < 0 && errno != EINVAL) || (len >= 0 && left-- == 0) ||
		    (root != NULL && fs_is_below(full, root))) {
			free(full);
			goto fail;
		}
		if (len < 0) {
			rest = xstrdup(name + n);
			FREE_SET(done, full);
		} else {
			text[len] = '\0';
			rest = xasprintf("%s%s", text, name + n);
			if (text[0] == '/')
				done[0] = '\0';
			free(full);
		}
		FREE_SET(todo, rest);
	}
	if (done[0] != '\0')
		return done;
	free(done);
	return xstrdup("/");
fail:
	free(done);
	return NULL;
}

static int
host_names_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
host_names_read(struct host_names *n, const char *dir)
{
	AUTO_DIR DIR *d = fs_opendir(dir);
	struct dirent *de;

	memset(n, 0, sizeof(*n));
	n->unknown = d == NULL && errno != ENOENT && errno != ENOTDIR;
	while (d != NULL && (de = readdir(d)) != NULL) {
		GROW(n->v, n->len);
		n->v[n->len++] = xstrdup(de->d_name);
	}
	if (n->len > 0)
		qsort(n->v, n->len, sizeof(*n->v), host_names_compare);
}

void
host_names_release(struct host_names *n)
{
	size_t i;

	for (i = 0; i < n->len; i++)
		free(n->v[i]);
	free(n->v);
	memset(n, 0, sizeof(*n));
}

bool
host_names_have(const struct host_names *n, const char *path)
{
	AUTO_FREE char *one = NULL;

	if (n->unknown || n->len == 0)
		return n->unknown;
	one = xmemdup(path, strcspn(path, "/"));
	return bsearch(&one, n->v, n->len, sizeof(*n->v),
	    host_names_compare) != NULL;
}
