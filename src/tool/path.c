/*
 * path: from a model's file name to an open descriptor. Every path must be
 * below the project (or, for reading, below the folder of complete outputs),
 * and is opened with openat2 without following symbolic links. In the sandbox,
 * where the kernel confines us anyway, links that stay inside the project are
 * resolved first; outside a sandbox no link is followed. Nothing here may block
 * or open a device.
 */
#include "config.h"

#include "tool/impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dotgit.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/near.h"

#define PATH_SHOWN 200		/* bytes of a path in a message */
#define PATH_LINKS 40		/* as the kernel */
#define PATH_LOOK 5000		/* names considered for a suggestion */

/* "." for dir itself. Points into path. */
static const char *
path_below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return path[n] == '\0' || path[n + 1] == '\0' ? "." : path + n + 1;
}

/*
 * The path below root with links resolved, as far as it exists; NULL if it
 * leads out of root. A link that leads nowhere stays, and an unresolvable path
 * is returned unchanged: opening it gives the error. Names outside the project
 * aren't looked at: a file tool may see nothing there.
 */
static char *
path_canonical(const struct tool_env *env, const char *rel)
{
	struct buf done = BUF_INIT(0);
	char *rest = xstrdup(rel), *next, *link = NULL, *out = NULL;
	char target[PATH_MAX];
	const char *p = rest, *to;
	size_t n, was, after = 0;	/* bytes of p behind the link */
	ssize_t len;
	int links = 0;

	while (*p != '\0') {
		n = strcspn(p, "/");
		was = done.len;
		if (n == 2 && memcmp(p, "..", 2) == 0) {
			if (done.len == 0)
				goto out;
			while (done.len > 0 && done.p[done.len - 1] != '/')
				done.len--;
			done.len -= done.len > 0;
			done.p[done.len] = '\0';
		} else if (n > 0 && (n > 1 || *p != '.'))
			buf_addf(&done, "%s%.*s", was > 0 ? "/" : "", (int)n,
			    p);
		p += n + (p[n] == '/');
		len = done.len <= was ? -1 : readlinkat(env->root_fd, done.p,
		    target, sizeof(target));
		if (len < 0 && done.len > was && errno != EINVAL) {
			if (errno != ENOENT && errno != ENOTDIR)
				goto as_given;
			if (link != NULL) {
				out = xstrdup(link);
				goto out;
			}
		}
		if (len >= 0) {
			if ((size_t)len == sizeof(target) ||
			    ++links > PATH_LINKS)
				goto as_given;
			target[len] = '\0';
			if (link == NULL) {
				link = xasprintf("%s%s%s", done.p,
				    *p == '\0' ? "" : "/", p);
				after = strlen(p);
			}
			to = target;
			done.len = target[0] == '/' ? 0 : was;
			done.p[done.len] = '\0';
			if (target[0] == '/') {
				if (!fs_is_below(target, env->root))
					goto out;
				to = path_below(target, env->root);
			}
			next = xasprintf("%s/%s", to, p);
			free(rest);
			p = rest = next;
		} else if (link != NULL && strlen(p) <= after) {
			FREE_NULL(link);
		}
	}
	out = xstrdup(done.len == 0 ? "." : done.p);
	goto out;
as_given:
	out = xstrdup(rel);
out:
	free(rest);
	free(link);
	buf_release(&done);
	return out;
}

static int
path_resolve_out(struct tool_path *p, const struct tool_env *env,
    const char *full, cJSON *reply)
{
	const char *dir = env->out_dir != NULL ? env->out_dir :
	    env->sandboxed ? TOOL_OUT_DIR : NULL;

	p->base_fd = dir == NULL ? -1 :
	    open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->base_fd < 0)
		return tool_fail(reply, "not_found",
		    "there is no %s here", p->shown);
	p->own_fd = true;
	p->rel = xstrdup(path_below(full, TOOL_OUT_DIR));
	return 0;
}

char *
path_given(const struct tool_env *env, const char *given)
{
	return env->copy != NULL && *given == '/' &&
	    fs_is_below(given, env->copy) ? xasprintf("%s%s", env->root,
	    given + strlen(env->copy)) : xstrdup(given);
}

int
path_resolve(struct tool_path *p, const struct tool_env *env,
    const char *as_given, enum path_use use, cJSON *reply)
{
	char *full = NULL, *real, *given = path_given(env, as_given);
	size_t n = strlen(given);
	int rc = -1;

	memset(p, 0, sizeof(*p));
	p->base_fd = env->root_fd;
	p->shown = show_dup(given, n, PATH_SHOWN);
	if (n == 0 || n >= PATH_MAX) {
		tool_fail(reply, "bad_args", n == 0 ? "the path is empty" :
		    "the path is too long");
		goto out;
	}
	p->wants_dir = given[n - 1] == '/';
	if (given[0] == '~' && (given[1] == '\0' || given[1] == '/')) {
		tool_fail(reply, "outside", "%s is outside the project: ~ is "
		    "not expanded. Give a path relative to the working folder",
		    p->shown);
		goto out;
	}
	full = fs_normalize(env->cwd, given);
	if (use == PATH_READ && fs_is_below(full, TOOL_OUT_DIR) &&
	    !fs_is_below(full, env->root)) {
		rc = path_resolve_out(p, env, full, reply);
		goto out;
	}
	if (!fs_is_below(full, env->root)) {
		char *root = show_dup(env->root, strlen(env->root),
		    PATH_SHOWN);

		tool_fail(reply, "outside", "%s is outside the project. Only "
		    "paths below %s can be used%s", p->shown, root,
		    use == PATH_READ ?
		    "; bash can read the system's files" : "");
		free(root);
		goto out;
	}
	p->rel = xstrdup(path_below(full, env->root));
	if (env->sandboxed) {
		real = path_canonical(env, p->rel);
		if (real == NULL) {
			tool_fail(reply, "outside", "%s leads outside the "
			    "project through a symbolic link", p->shown);
			goto out;
		}
		free(p->rel);
		p->rel = real;
	}
	if (use == PATH_WRITE && dotgit_in_path(p->rel)) {
		tool_fail(reply, "denied", "%s is part of the repository's own "
		    "data (.git), which is read-only here", p->shown);
		goto out;
	}
	rc = 0;
out:
	free(given);
	free(full);
	return rc;
}

void
path_release(struct tool_path *p)
{
	if (p->own_fd)
		close(p->base_fd);
	free(p->rel);
	free(p->shown);
	memset(p, 0, sizeof(*p));
}

/* Up to three names in the folder `fd` that may have been meant. */
static void
path_suggest(struct buf *b, int fd, const char *name)
{
	char *best[3] = { NULL, NULL, NULL };
	size_t score[3] = { NEAR_NONE, NEAR_NONE, NEAR_NONE }, i, k, seen = 0;
	struct dirent *de;
	DIR *d = fs_dir_take(fd);

	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL && seen++ < PATH_LOOK) {
		size_t s = near_score(name, de->d_name);

		for (i = 0; i < 3 && s >= score[i]; i++)
			;
		if (i == 3)
			continue;
		free(best[2]);
		for (k = 2; k > i; k--) {
			best[k] = best[k - 1];
			score[k] = score[k - 1];
		}
		best[i] = xstrdup(de->d_name);
		score[i] = s;
	}
	closedir(d);
	for (i = 0; i < 3 && best[i] != NULL; i++) {
		buf_adds(b, i == 0 ? " Similar names: " : ", ");
		show_name(b, best[i], strlen(best[i]));
	}
	for (i = 0; i < 3; i++)
		free(best[i]);
}

/* ENOENT: which part is missing, and what may have been meant. */
static int
path_fail_missing(const struct tool_path *p, const char *kind, cJSON *reply)
{
	struct buf b = BUF_INIT(2048);
	char *dir = xstrdup(p->rel), *slash;
	const char *name = dir;
	int fd = -1;

	for (;;) {
		slash = strrchr(dir, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		name = slash + 1;
		fd = fs_open_beneath(p->base_fd, dir,
		    O_RDONLY | O_DIRECTORY, 0);
		if (fd >= 0)
			break;
	}
	if (fd < 0) {
		name = dir;
		fd = fs_open_beneath(p->base_fd, ".",
		    O_RDONLY | O_DIRECTORY, 0);
	}
	if (strchr(p->rel, '/') != NULL &&
	    name - dir + (ptrdiff_t)strlen(name) <
	    (ptrdiff_t)strlen(p->rel)) {
		buf_adds(&b, " (there is no folder ");
		if (name != dir) {
			show_name(&b, dir, strlen(dir));
			buf_addc(&b, '/');
		}
		show_name(&b, name, strlen(name));
		buf_adds(&b, ").");
	} else {
		buf_addc(&b, '.');
	}
	if (fd >= 0)
		path_suggest(&b, fd, name);
	tool_fail(reply, kind, "%s does not exist%s", p->shown, buf_str(&b));
	buf_release(&b);
	free(dir);
	return -1;
}

/* ELOOP: which part is a link, and where it points. */
static int
path_fail_link(const struct tool_path *p, cJSON *reply)
{
	char target[PATH_MAX], *prefix = xstrdup(p->rel), *end = prefix;
	char *link = NULL, *to = NULL;
	struct stat st;
	bool last = false;

	while (!last && link == NULL) {
		ssize_t n;
		int fd;

		end = strchrnul(end, '/');
		last = *end == '\0';
		*end = '\0';
		fd = fs_open_beneath(p->base_fd, prefix, O_PATH | O_NOFOLLOW,
		    0);
		if (fd < 0)
			break;
		if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) &&
		    (n = readlinkat(fd, "", target, sizeof(target))) > 0) {
			link = show_dup(prefix, strlen(prefix), PATH_SHOWN);
			to = show_dup(target, (size_t)n, PATH_SHOWN);
		}
		close(fd);
		if (!last)
			*end++ = '/';
	}
	if (link == NULL)
		tool_fail(reply, "denied", "%s goes through a symbolic link, "
		    "which is not followed here", p->shown);
	else
		tool_fail(reply, "denied", "%s is a symbolic link to %s, which "
		    "is not followed here. Use the path of the file itself",
		    link, to);
	free(link);
	free(to);
	free(prefix);
	return -1;
}

int
path_fail(const struct tool_path *p, const char *doing, int error,
    cJSON *reply)
{
	switch (error) {
	case ENOENT:
		return path_fail_missing(p, "not_found", reply);
	case ENOTDIR:
		return tool_fail(reply, "not_dir", "cannot %s %s: part of the "
		    "path is a file, not a folder", doing, p->shown);
	case EISDIR:
		return tool_fail(reply, "is_dir", "%s is a folder", p->shown);
	case ELOOP:
		return path_fail_link(p, reply);
	case EXDEV:
		return tool_fail(reply, "outside", "%s leads outside the "
		    "project", p->shown);
	case EACCES:
	case EPERM:
	case EBUSY:	/* renaming over a mounted file */
		return tool_fail(reply, "denied", "cannot %s %s: it is hidden "
		    "or not accessible", doing, p->shown);
	case EROFS:
		return tool_fail(reply, "denied", "cannot %s %s: it is "
		    "read-only here", doing, p->shown);
	case ENXIO:
	case ENODEV:
		return tool_fail(reply, "not_regular", "%s isn't a regular "
		    "file",
		    p->shown);
	case ENAMETOOLONG:
		return tool_fail(reply, "bad_args", "cannot %s %s: the name is "
		    "too long", doing, p->shown);
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return tool_fail(reply, "io", "cannot %s %s: no space left; "
		    "the disk limit may be reached", doing, p->shown);
	default:
		return tool_fail(reply, "io", "cannot %s %s: %s", doing,
		    p->shown, strerror(error));
	}
}

static const char *
path_kind_words(mode_t mode)
{
	return S_ISFIFO(mode) ? "a named pipe" : S_ISSOCK(mode) ? "a socket" :
	    S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : "not a regular file";
}

int
path_open(const struct tool_path *p, const char *missing, struct stat *st,
    cJSON *reply)
{
	int fd, error;

	/* Check before opening: opening a device or a pipe has effects. */
	fd = fs_open_beneath(p->base_fd, p->rel, O_PATH, 0);
	error = errno;
	if (fd >= 0 && fstat(fd, st) < 0) {
		error = errno;
		close(fd);
		fd = -1;
	}
	if (fd < 0 && error == ENOENT)
		return path_fail_missing(p, missing, reply);
	if (fd < 0)
		return path_fail(p, "open", error, reply);
	close(fd);
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		goto not_regular;
	if (p->wants_dir && !S_ISDIR(st->st_mode))
		return tool_fail(reply, "not_dir", "%s is a file, not a folder",
		    p->shown);
	fd = fs_open_beneath(p->base_fd, p->rel,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 || fstat(fd, st) < 0) {
		error = errno;
		fs_close(fd);
		return path_fail(p, "read", error, reply);
	}
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
		return fd;
	close(fd);
not_regular:
	return tool_fail(reply, "not_regular", "%s is %s, not a regular file",
	    p->shown, path_kind_words(st->st_mode));
}
