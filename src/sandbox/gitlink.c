/*
 * Finds the real repository of a worktree or a submodule. The `.git` file comes
 * with the project and may be hostile, so its target counts only if it is a git
 * folder that itself points back at this project.
 */
#include "config.h"

#include "sandbox/gitlink.h"

#include <fcntl.h>
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
	AUTO_BUF struct buf b = BUF_INIT(GITLINK_MAX);
	AUTO_FREE char *path = fs_join(dir, name);
	char *text = NULL;
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
	if (fd >= 0)
		close(fd);
	return text;
}

/* The real path of `text` as seen from `dir`, malloc'ed, or NULL. */
static char *
gitlink_resolve(const char *dir, const char *text)
{
	AUTO_FREE char *full =
	    text[0] == '/' ? xstrdup(text) : fs_join(dir, text);

	return fs_realpath(full);
}

static bool
gitlink_has(const char *dir, const char *name)
{
	AUTO_FREE char *path = fs_join(dir, name);

	return access(path, F_OK) == 0;
}

/* A worktree's git folder has a file "gitdir" with the path of our .git. */
static bool
gitlink_is_worktree(const char *gitdir, const char *root)
{
	AUTO_FREE char *back = gitlink_read(gitdir, "gitdir");
	AUTO_FREE char *real = NULL;
	AUTO_FREE char *ours = NULL;

	if (back == NULL)
		return false;
	real = gitlink_resolve(gitdir, back);
	ours = fs_join(root, ".git");
	return real != NULL && strcmp(real, ours) == 0;
}

/* The repository confirms it: a worktree's folder is one of its own. Otherwise
 * anyone could expose any repository by creating two folders. */
static bool
gitlink_is_of(const char *gitdir, const char *common)
{
	AUTO_FREE char *all = fs_join(common, "worktrees");
	size_t n = strlen(all);

	return fs_is_below(gitdir, all) && gitdir[n] == '/' &&
	    strchr(gitdir + n + 1, '/') == NULL;
}

/* A submodule's git folder has core.worktree set to us. */
static bool
gitlink_is_submodule(const char *gitdir, const char *root)
{
	AUTO_FREE char *config = gitlink_read(gitdir, "config");
	char *line, *save = NULL;
	bool is = false;

	if (config == NULL)
		return false;
	for (line = strtok_r(config, "\n", &save); line != NULL && !is;
	    line = strtok_r(NULL, "\n", &save)) {
		AUTO_FREE char *real = NULL;

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
	}
	return is;
}

size_t
gitlink_find(const char *root, char *dirs[2])
{
	AUTO_FREE char *text = gitlink_read(root, ".git"), *gitdir = NULL;
	AUTO_FREE char *common = NULL, *rel = NULL;
	size_t n = 0;

	if (text == NULL || strncmp(text, "gitdir: ", 8) != 0)
		return n;
	gitdir = gitlink_resolve(root, text + 8);
	if (gitdir == NULL || fs_is_below(gitdir, root) ||
	    fs_is_below(root, gitdir) || !gitlink_has(gitdir, "HEAD"))
		return n;
	if (gitlink_is_worktree(gitdir, root)) {
		rel = gitlink_read(gitdir, "commondir");
		if (rel != NULL)
			common = gitlink_resolve(gitdir, rel);
		if (common == NULL || fs_is_below(root, common) ||
		    !gitlink_is_of(gitdir, common) ||
		    !gitlink_has(common, "objects") ||
		    !gitlink_has(common, "refs"))
			return n;
		dirs[n++] = xstrdup(common);
	} else if (gitlink_is_submodule(gitdir, root) &&
	    gitlink_has(gitdir, "objects"))
		dirs[n++] = xstrdup(gitdir);
	return n;
}
