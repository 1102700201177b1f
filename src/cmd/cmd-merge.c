/*
 * merge: merges the branch of one of assent's worktrees into the checkout that
 * the user is in, with their own git and at their terminal. Conflicts are git's,
 * and so is what goes on from there.
 */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cmd/cmd-commit.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "git/git-run.h"
#include "git/worktrees.h"
#include "journal/session.h"

struct merge {
	const char		*name;
	const struct worktree	*from;
	char			*branch;	/* for git */
	char			*into;		/* top of the user's checkout */
	char			*session;	/* the worktree's latest */
	bool			 rebase;
};

/* ---- what the worktree still has ---- */

static int
merge_uncommitted(const struct merge *m, struct err *e)
{
	int n = worktrees_uncommitted(m->from, e);

	return n <= 0 ? n : err_set(e, "worktree %s has changes that aren't "
	    "committed: assent commit %s, or git status in %s", m->name,
	    m->session, m->from->dir);
}

/* 0, or the exit code after printing the error. Sets the session. */
static int
merge_check_sessions(struct merge *m)
{
	struct session_info *v = NULL;
	const struct session_info *last;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (session_list(NULL, SESSION_ALL, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	for (i = 0; i < n && code == 0; i++) {
		if (v[i].state.root == NULL || !fs_is_below(v[i].state.root, m->from->dir))
			continue;
		if (v[i].open != SESSION_NOTHING)
			code = cmd_fail(EXIT_WAITS, "session %s in worktree "
			    "%s has an open question or review: assent resume %s", v[i].id,
			    m->name, v[i].id);
		else if (m->rebase && v[i].alive && !session_ends(v[i].id))
			code = cmd_fail(EXIT_ERROR, "session %s runs in %s, "
			    "whose files a rebase changes: assent end %s",
			    v[i].id, m->name, v[i].id);
	}
	last = worktrees_session(m->from, v, n);
	if (code == 0 && last == NULL)
		code = cmd_fail(EXIT_ERROR, "no session of worktree %s is "
		    "left to record the merge in: git merge %s", m->name,
		    m->from->branch);
	else if (code == 0)
		m->session = xstrdup(last->id);
	session_list_free(v, n);
	return code;
}

/* ---- where to ---- */

/* As git's message will name it: the shortest name that can't mean a tag. */
static char *
merge_branch_name(const struct worktree *w, struct err *e)
{
	AUTO_FREE char *ref = xasprintf("refs/heads/%s", w->branch);
	char *name = git_run_ask(w->dir, "rev-parse", "--abbrev-ref", ref, e);

	if (name != NULL && name[0] == '-')
		FREE_SET(name, xstrdup(ref));
	return name;
}

/* The checkout that the user is in; from the worktree itself, the main one. */
static int
merge_find(struct merge *m, const struct worktrees *l, const char *root,
    struct err *e)
{
	const struct worktree *w = worktrees_find_any(l, m->name);
	bool inside = w != NULL && fs_is_below(root, w->dir);

	if (w == NULL)
		return err_set(e, "no worktree is named %s; assent ls "
		    "--worktrees lists them", m->name);
	m->from = w;
	m->name = w->name;
	if (w->is_unfinished)
		return err_set(e, "worktree %s is unfinished: git merge %s "
		    "merges its branch, assent end --worktree %s removes "
		    "it", m->name, w->branch == NULL ? "" : w->branch,
		    m->name);
	if (git_state_idle(w->dir, e) < 0) {
		struct err why = *e;

		*e = (struct err)ERR_INIT;
		return err_set(e, "in worktree %s, %s: %s", m->name, why.text,
		    w->dir);
	}
	if (w->branch == NULL)
		return err_set(e, "worktree %s has no branch checked out: git "
		    "switch -c NAME in %s", m->name, w->dir);
	if ((m->branch = merge_branch_name(w, e)) == NULL)
		return -1;
	m->into = git_run_ask(inside ? l->main : root, "rev-parse",
	    "--show-toplevel", NULL, e);
	if (m->into == NULL && inside) {
		*e = (struct err)ERR_INIT;
		return err_set(e, "%s isn't a checkout; run assent merge %s in "
		    "one", l->main, m->name);
	}
	return m->into == NULL ? -1 : git_state_idle(m->into, e);
}

/* ---- git ---- */

static int
merge_stopped(const char *dir, const char *what, const char *again)
{
	struct err e = ERR_INIT;

	if (git_state_idle(dir, &e) == 0)
		return cmd_fail(EXIT_ERROR, "nothing was merged");
	return cmd_fail(EXIT_ERROR, "the %s isn't finished. In %s: resolve the "
	    "conflicts, git add the files and git %s --continue%s; or git %s "
	    "--abort takes it back", what, dir, what, again, what);
}

/* The branch's commits again, on top of the checkout's HEAD. */
static int
merge_onto_head(const struct merge *m, struct commit_journal *j)
{
	AUTO_FREE char *head = NULL, *ref = NULL;
	AUTO_FREE char *again = xasprintf(", then assent merge %s --rebase",
	    m->name);
	const char *args[] = { "rebase", NULL, NULL };
	const struct git_act act = { .what = "rebase", .dir = m->from->dir,
		.args = args };
	struct err e = ERR_INIT;
	int rc;

	if (git_state_head(m->into, &head, &ref, &e) < 0)
		return cmd_fail_err(&e);
	if (head == NULL)
		return cmd_fail(EXIT_ERROR, "%s has no commit yet: merge "
		    "without --rebase", m->into);
	args[1] = head;
	if ((rc = git_act(j, &act, &e)) < 0)
		return cmd_fail_err(&e);
	return rc == 0 ? 0 : merge_stopped(m->from->dir, "rebase", again);
}

static int
merge_run(const struct merge *m)
{
	char *id = m->session;
	const struct cmd_args one = { .operands = &id, .operands_len = 1 };
	/* As git does whose output is that terminal. */
	const char *edit = isatty(0) && isatty(1) &&
	    getenv("GIT_MERGE_AUTOEDIT") == NULL ? "--edit" : NULL;
	const char *const plain[] = { "merge", m->branch, edit, NULL };
	const char *const ff[] = { "merge", "--ff-only", m->branch, NULL };
	const struct git_act act = { .what = "merge", .dir = m->into,
		.args = m->rebase ? ff : plain };
	AUTO(commit_journal_close) struct commit_journal j = { .lock = -1 };
	struct err e = ERR_INIT;
	int code, rc;

	if ((code = commit_journal_open(&j, &one, NULL)) != 0)
		return code;
	if (merge_uncommitted(m, &e) < 0)
		return cmd_fail_err(&e);
	if (m->rebase && (code = merge_onto_head(m, &j)) != 0)
		return code;
	if ((rc = git_act(&j, &act, &e)) < 0)
		return cmd_fail_err(&e);
	if (rc != 0)
		return merge_stopped(m->into, "merge", "");
	cmd_say("merged %s; assent end --worktree %s removes the worktree",
	    m->from->branch, m->name);
	return EXIT_DONE;
}

int
cmd_merge(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(worktrees_release) struct worktrees l = { 0 };
	struct merge m = { .rebase = a->rebase };
	struct err e = ERR_INIT;
	int code;

	if (a->operands_len == 0)
		return cmd_fail(EXIT_USAGE, "which worktree? assent ls "
		    "--worktrees lists them");
	m.name = a->operands[0];
	if ((code = setup_project(&s, a)) != 0)
		return code;
	if (worktrees_list(&l, s.root, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (merge_find(&m, &l, s.root, &e) < 0)
		code = cmd_fail(m.from == NULL ? EXIT_USAGE : EXIT_ERROR, "%s",
		    e.text);
	else if ((code = merge_check_sessions(&m)) == 0)
		code = merge_run(&m);
	FREE_ALL(m.branch, m.into, m.session);
	return code;
}
