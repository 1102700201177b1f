/*
 * Component by component: realpath(3) returns the end, not the way there.
 */
#include "config.h"

#include "sandbox/shared/host-path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
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

char *
host_path_real(const char *path, const char *root)
{
	char *todo = xstrdup(path), *done = xstrdup("");
	int left = HOST_PATH_LINKS;

	if (path[0] != '/')
		goto fail;
	for (;;) {
		char *name = todo + strspn(todo, "/"), *one, *full, *rest;
		char text[PATH_MAX];
		size_t n = strcspn(name, "/");
		ssize_t len;

		if (n == 0)
			break;
		one = xmemdup(name, n);
		full = host_path_step(done, one);
		free(one);
		len = readlink(full[0] == '\0' ? "/" : full, text,
		    sizeof(text) - 1);
		if ((len < 0 && errno != EINVAL) || (len >= 0 && left-- == 0) ||
		    (root != NULL && fs_is_below(full, root))) {
			free(full);
			goto fail;
		}
		if (len < 0) {
			rest = xstrdup(name + n);
			free(done);
			done = full;
		} else {
			text[len] = '\0';
			rest = xasprintf("%s%s", text, name + n);
			if (text[0] == '/')
				done[0] = '\0';
			free(full);
		}
		free(todo);
		todo = rest;
	}
	free(todo);
	if (done[0] != '\0')
		return done;
	free(done);
	return xstrdup("/");
fail:
	free(todo);
	free(done);
	return NULL;
}
