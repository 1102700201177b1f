/*
 * Finds the project's directory.  A wrong answer could show the agent a whole
 * home directory, so unusual places are errors with a way out.
 */
#include "config.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/mem.h"

/* Marks a work tree: a repository directory, or a file that points to one. */
static bool
project_is_top(const char *dir)
{
	struct stat st;
	AUTO_FREE char *git = fs_join(dir, ".git");
	AUTO_FREE char *head = fs_join(git, "HEAD");
	bool is_top = false;

	if (lstat(git, &st) == 0)
		is_top = S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) &&
		    lstat(head, &st) == 0);
	return is_top;
}

/* Does dir's .git belong to us or to the owner of the current directory?
 * Anybody may create /tmp/.git, above other users' projects. */
static bool
project_is_ours(const char *dir, const char *start)
{
	AUTO_FREE char *git = fs_join(dir, ".git");

	return fs_is_ours(git, start);
}

/* The top of the work tree that contains dir, else dir itself. */
static char *
project_top(const char *dir)
{
	char *p = xstrdup(dir), *slash;

	for (;;) {
		if (project_is_top(p) && (strcmp(p, dir) == 0 ||
		    project_is_ours(p, dir)))
			return p;
		slash = strrchr(p, '/');
		if (slash == NULL || slash == p)
			break;
		*slash = '\0';
	}
	free(p);
	return xstrdup(dir);
}

bool
project_has_git(const char *root)
{
	AUTO_FREE char *top = project_top(root);

	return project_is_top(top);
}

/* The real path if it exists, else the absolute one. */
static char *
project_real(const char *cwd, const char *path)
{
	char *text, *real;

	if (path == NULL || *path == '\0')
		return NULL;
	text = fs_normalize(cwd, path);
	real = fs_realpath(text);
	if (real == NULL)
		return text;
	free(text);
	return real;
}

static bool
project_touches(const char *root, const char *own)
{
	return own != NULL && (fs_is_below(root, own) ||
	    fs_is_below(own, root));
}

static int
project_check(const char *root, const struct project_request *r,
    struct err *e)
{
	static const char way[] = "change to the project's directory, or use "
	    "--root DIR";
	char *home = project_real(r->cwd, r->home);
	AUTO_FREE char *state = project_real(r->cwd, r->state_dir);
	AUTO_FREE char *conf = project_real(r->cwd, r->config_dir);
	int rc = 0;

	if (strcmp(root, "/") == 0)
		rc = err_set(e, "the whole file system can't be the project: "
		    "%s", way);
	else if (home != NULL && strcmp(home, "/") != 0 &&
	    strcmp(root, home) == 0)
		rc = err_set(e,
		    "your home directory %s can't be the project: %s", root,
		    way);
	else if (home != NULL && strcmp(home, "/") != 0 &&
	    fs_is_below(home, root))
		rc = err_set(e, "%s contains your home directory and can't "
		    "be the project: %s", root, way);
	else if (project_touches(root, state))
		rc = err_set(e, "%s can't be the project, because assent "
		    "keeps its sessions in %s: %s", root, state, way);
	else if (project_touches(root, conf))
		rc = err_set(e, "%s can't be the project, because assent's "
		    "configuration is in %s: %s", root, conf, way);
	free(home);
	return rc;
}

char *
project_find(const struct project_request *r, char **cwd_out, struct err *e)
{
	AUTO_FREE char *cwd = NULL, *given = NULL;
	char *root = NULL;
	struct stat st;

	*cwd_out = NULL;
	cwd = fs_realpath(r->cwd);
	if (cwd == NULL) {
		err_sys(e, "can't find the current directory %s", r->cwd);
		return NULL;
	}
	if (r->root != NULL) {
		given = fs_normalize(cwd, r->root);
		root = fs_realpath(given);
		if (root == NULL)
			err_sys(e, "can't find the directory %s", given);
		else if (stat(root, &st) < 0 || !S_ISDIR(st.st_mode)) {
			err_set(e, "%s isn't a directory", given);
			FREE_NULL(root);
		}
	} else
		root = project_top(cwd);
	if (root != NULL && project_check(root, r, e) < 0)
		FREE_NULL(root);
	if (root != NULL) {
		/* With --root the current directory may be anywhere. */
		*cwd_out = fs_is_below(cwd, root) ? xstrdup(cwd) :
		    xstrdup(root);
	}
	return root;
}
