#include "config.h"

/* The mark: it is being made or removed, or that was interrupted. */
static char *
worktrees_mark(const char *folder, const char *name)
{
	return xasprintf("%s/.%s", folder, name);
}

int
worktrees_open(const char *dir, const char *name, const char *branch,
    const cJSON *copy, char **at, struct worktree_made *made, struct err *e)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	AUTO_FREE char *prefix = NULL, *to = NULL, *any = NULL;
	AUTO_CLOSE int lock = -1;

	*at = NULL;
	memset(made, 0, sizeof(*made));
	if (name[0] != '\0' && !worktrees_name_ok(name))
		return err_set(e, "--worktree=%s: a name has letters, digits, "
		    "'.', '_' and '-', and begins with a letter or digit",
		    name);
	if (worktrees_lock(&l, dir, &lock, e) < 0 || (prefix = git_run_ask(dir,
	    "rev-parse", "--show-prefix", NULL, e)) == NULL)
		return -1;
	if (name[0] == '\0')
		name = any = worktrees_free_name(&l, dir);
	if ((worktrees_find(&l, name) != NULL ?
	    worktrees_check(l.folder, name, e) :
	    worktrees_make(&l, dir, name, branch, copy, made, e)) < 0)
		return -1;
	to = fs_join(l.folder, name);
	*at = fs_join(to, prefix);
	return 0;
}

/* ---- removal ---- */

int
worktrees_uncommitted(const struct worktree *w, struct err *e)
{
	/* A submodule's status would be by its own configuration. */
	static const char *const args[] = { "status", "--porcelain",
		"--ignore-submodules=dirty", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = w->dir, .out = &out };
	size_t i;
	int n = 0;

	if (git_run_ok(&g, args, e) < 0)
		return -1;
	for (i = 0; i < out.len; i++)
		n += out.p[i] == '\n';
	return n;
}

/* -1 if it is locked or, without `force`, with what would be lost with it. */
static int
worktrees_check_removal(const struct worktrees *l, const struct worktree *w,
    bool force, struct err *e)
{
	AUTO_FREE char *mark = worktrees_mark(l->folder, w->name);
	AUTO_FREE char *modules = NULL;
	struct err busy = ERR_INIT;
	int n;

	/* Nobody worked there, or it was asked already. Git's own lock is on
	 * one that it was making. */
	if (access(mark, F_OK) == 0)
		return 0;
	if (w->is_locked)
		return err_set(e, "%s is locked: git worktree unlock %s",
		    w->name, w->dir);
	if (force || access(w->dir, F_OK) < 0)
		return 0;
	if (w->is_unfinished)
		return err_set(e, "uncommitted files in %s are unknown: git "
		    "worktree repair in %s may restore it; assent end "
		    "--worktree %s --force removes all", w->dir, l->main,
		    w->name);
	if (git_state_idle(w->dir, &busy) < 0)
		return err_set(e, "in %s, %s: %s", w->name, busy.text, w->dir);
	if ((n = worktrees_uncommitted(w, e)) != 0)
		return n < 0 ? -1 : err_set(e, "%s has changes that aren't "
		    "committed; commit or remove them there: %s", w->name,
		    w->dir);
	/* A submodule's commits may be nowhere else. */
	modules = git_state_path(w->dir, "modules", NULL);
	return modules == NULL || access(modules, F_OK) < 0 ? 0 : err_set(e, "%s has "
	    "submodules checked out: assent end --worktree %s --force "
	    "removes it with them", w->name, w->name);
}

/* With the lock. What an error or a kill leaves goes by the next call. The branch
 * stays. */
static int
worktrees_delete(const struct worktrees *l, const struct worktree *w,
    struct err *e)
{
	AUTO_FREE char *mark = worktrees_mark(l->folder, w->name);
	const struct git_run g = { .dir = l->main };
	const char *const args[] = { "worktree", "remove", "-f", "-f", "--",
		w->dir, NULL };
	AUTO_CLOSE int dir = open(l->folder,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "can't create %s", mark);
	if (fs_remove_tree(dir, w->name, e) < 0) {
		/* If nothing is gone, it is asked again. */
		if (!w->is_unfinished && worktrees_uncommitted(w, NULL) == 0)
			(void)unlink(mark);
		return -1;
	}
	if (w->is_known && git_run_ok(&g, args, e) < 0)
		return -1;
	return unlink(mark) == 0 ? 0 : err_sys(e, "can't remove %s", mark);
}

/* Git keeps what isn't merged. */
static int
worktrees_drop_branch(const char *main, const char *branch, struct err *e)
{
	const struct git_run g = { .dir = main };
	const char *const args[] = { "branch", "-q", "-d", "--", branch, NULL };

	return git_run_ok(&g, args, e);
}

