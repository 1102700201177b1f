/*
 * Finds the real repository of a worktree or a submodule. The `.git` file comes
 * with the project and may be hostile, so its target counts only if it is a git
 * folder that itself points back at this project.
 */
#include "config.h"

#include "sandbox/shared/gitlink.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"

#define GITLINK_MAX 65536

/* A small regular file as text, without its trailing newline; NULL if it is
 * anything else. */
static char *
gitlink_read(const char *dir, const char *name)
{
	struct buf b = BUF_INIT(GITLINK_MAX);
	char *path = fs_join(dir, name), *text = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    fs_read_all(fd, &b) == 0 && b.len > 0 &&
	    memchr(b.p, '\0', b.len) == NULL) {
		while (b.len > 0 &&
		    (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
			b.p[--b.len] = '\0';
		text = buf_take(&b);
	}
	buf_release(&b);
	if (fd >= 0)
		close(fd);
	free(path);
	return text;
}

/* The real path of `text` as seen from `dir`, malloc'ed, or NULL. */
static char *
gitlink_resolve(const char *dir, const char *text)
{
	char *full = text[0] == '/' ? xstrdup(text) : fs_join(dir, text);
	char *real = fs_realpath(full);

	free(full);
	return real;
}

static bool
gitlink_has(const char *dir, const char *name)
{
	char *path = fs_join(dir, name);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

/* A worktree's git folder has a file "gitdir" with the path of our .git. */
static bool
gitlink_is_worktree(const char *gitdir, const char *root)
{
	char *back = gitlink_read(gitdir, "gitdir"), *real = NULL, *ours;
	bool is;

	if (back == NULL)
		return false;
	real = gitlink_resolve(gitdir, back);
	ours = fs_join(root, ".git");
	is = real != NULL && strcmp(real, ours) == 0;
	free(ours);
	free(real);
	free(back);
	return is;
}

/* The repository confirms it: a worktree's folder is one of its own. Otherwise
 * anyone could expose any repository by creating two folders. */
static bool
gitlink_is_of(const char *gitdir, const char *common)
{
	char *all = fs_join(common, "worktrees");
	size_t n = strlen(all);
	bool is = fs_is_below(gitdir, all) && gitdir[n] == '/' &&
	    strchr(gitdir + n + 1, '/') == NULL;

	free(all);
	return is;
}

/* A submodule's git folder has core.worktree set to us. */
static bool
gitlink_is_submodule(const char *gitdir, const char *root)
{
	char *config = gitlink_read(gitdir, "config"), *line, *save = NULL;
	bool is = false;

	if (config == NULL)
		return false;
	for (line = strtok_r(config, "\n", &save); line != NULL && !is;
	    line = strtok_r(NULL, "\n", &save)) {
		char *real;

		line += strspn(line, " \t");
		if (strncmp(line, "worktree", 8) != 0)
			continue;
		line += 8;
		line += strspn(line, " \t");
		if (*line++ != '=')
			continue;
		line += strspn(line, " \t");
		real = gitlink_resolve(gitdir, line);
		is = real != NULL && strcmp(real, root) == 0;
		free(real);
	}
	free(config);
	return is;
}

size_t
gitlink_find(const char *root, char *dirs[2])
{
	char *text = gitlink_read(root, ".git"), *gitdir = NULL;
	char *common = NULL, *rel = NULL;
	size_t n = 0;

	if (text == NULL || strncmp(text, "gitdir: ", 8) != 0)
		goto out;
	gitdir = gitlink_resolve(root, text + 8);
	if (gitdir == NULL || fs_is_below(gitdir, root) ||
	    fs_is_below(root, gitdir) || !gitlink_has(gitdir, "HEAD"))
		goto out;
	if (gitlink_is_worktree(gitdir, root)) {
		rel = gitlink_read(gitdir, "commondir");
		if (rel != NULL)
			common = gitlink_resolve(gitdir, rel);
		if (common == NULL || fs_is_below(root, common) ||
		    !gitlink_is_of(gitdir, common) ||
		    !gitlink_has(common, "objects") ||
		    !gitlink_has(common, "refs"))
			goto out;
		dirs[n++] = xstrdup(common);
	} else if (gitlink_is_submodule(gitdir, root) &&
	    gitlink_has(gitdir, "objects"))
		dirs[n++] = xstrdup(gitdir);
out:
	free(text);
	free(gitdir);
	free(common);
	free(rel);
	return n;
}
