#include "config.h"

#include "git/git-state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "git/git-run.h"

bool
git_state_has_branch(const char *dir, const char *name)
{
	AUTO_FREE char *ref = xasprintf("refs/heads/%s", name);
	AUTO_FREE char *hash = git_run_ask(dir, "rev-parse", "--verify", ref,
	    NULL);

	return hash != NULL;
}

char *
git_state_path(const char *dir, const char *name, struct err *e)
{
	/* It runs nothing, and core.hooksPath counts. */
	const struct git_run g = { .dir = dir, .trusts_repo = true };
	const char *const args[] = { "rev-parse", "--git-path", name, NULL };
	char *path = git_run_line(&g, args, e);

	if (path != NULL && path[0] != '/')
		FREE_SET(path, fs_join(dir, path));
	return path;
}

const char *
git_state_branch(const char *ref)
{
	return ref == NULL ? "no branch" : strncmp(ref, "refs/heads/", 11) == 0 ?
	    ref + 11 : ref;
}

int
git_state_repository(const char *dir, struct err *e)
{
	AUTO_FREE char *at = xstrdup(dir);
	char *slash;
	bool found = false;

	do {
		AUTO_FREE char *git = fs_join(at, ".git");
		AUTO_FREE char *bare = fs_join(at, "HEAD");

		found = access(git, F_OK) == 0 || access(bare, F_OK) == 0;
		slash = strrchr(at, '/');
		if (slash != NULL)
			*slash = '\0';
	} while (!found && slash != NULL);
	return found ? 0 : err_misuse(e, "%s isn't in a git repository", dir);
}

const char *
git_state_busy(const char *dir, struct err *e)
{
	static const struct {
		const char	*file, *what;
	} rows[] = {
		{ "MERGE_HEAD", "a merge" },
		{ "CHERRY_PICK_HEAD", "a cherry-pick" },
		{ "REVERT_HEAD", "a revert" },
		{ "rebase-merge", "a rebase" },
		{ "rebase-apply", "a rebase or git am" },
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++) {
		AUTO_FREE char *path = git_state_path(dir, rows[i].file, e);

		if (path == NULL)
			return NULL;
		if (access(path, F_OK) == 0)
			return rows[i].what;
	}
	return NULL;
}

bool
git_state_has(const char *dir, const char *file)
{
	AUTO_FREE char *path = git_state_path(dir, file, NULL);

	return path != NULL && access(path, F_OK) == 0;
}

bool
git_state_at_edit(const char *dir)
{
	/* Where a commit can't be applied, there is one of them, or no
	 * `amend`, which names what was stopped at. */
	return git_state_has(dir, "rebase-merge/interactive") &&
	    !git_state_has(dir, "CHERRY_PICK_HEAD") &&
	    !git_state_has(dir, "MERGE_HEAD") &&
	    !git_state_has(dir, "REVERT_HEAD") &&
	    (git_state_has(dir, "rebase-merge/amend") ||
	    !git_state_has(dir, "rebase-merge/stopped-sha"));
}

int
git_state_idle(const char *dir, struct err *e)
{
	const char *what = git_state_busy(dir, e);

	return what == NULL ? err_is_set(e) ? -1 : 0 : err_set(e, "%s is in "
	    "progress: finish or abort it with git first", what);
}

int
git_state_head(const char *dir, char **head, char **ref, struct err *e)
{
	static const char *const commit[] = { "rev-parse", "--verify", "-q",
		"HEAD^{commit}", NULL };
	static const char *const name[] = { "symbolic-ref", "-q", "HEAD", NULL };
	AUTO_BUF struct buf out = BUF_INIT(1 << 16);
	const struct git_run g = { .dir = dir, .out = &out };
	int rc;

	*head = *ref = NULL;
	if ((rc = git_run(&g, commit, NULL, e)) < 0)
		return -1;
	if (rc == 0 && out.len > 0)
		*head = xmemdup(out.p, out.len - 1);
	buf_clear(&out);
	if ((rc = git_run(&g, name, NULL, e)) < 0)
		return -1;
	if (rc == 0 && out.len > 0)
		*ref = xmemdup(out.p, out.len - 1);
	/* Not unborn, but broken. */
	if (*head == NULL && *ref == NULL)
		return err_set(e, "git can't read HEAD");
	return 0;
}
