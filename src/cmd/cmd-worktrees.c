/* `ls --worktrees` and `end --worktree NAME`: the worktrees that --worktree
 * made. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cmd/cmd-ls.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "front/print.h"
#include "git/git-run.h"
#include "git/worktrees.h"
#include "journal/session.h"

/* "2 ahead, 1 behind, 3 files uncommitted", as seen from the user's branch. */
static void
worktrees_distance(const struct worktrees *l, const struct worktree *w,
    struct buf *b)
{
	AUTO_FREE char *range = NULL, *text = NULL;
	const struct git_run g = { .dir = l->main };
	struct err e = ERR_INIT;
	long ahead = 0, behind = 0;
	const char *busy;
	int dirty;
	char *end;

	if (w->branch != NULL) {
		const char *const args[] = { "rev-list", "--left-right",
			"--count", range = xasprintf("HEAD...refs/heads/%s",
			w->branch), "--", NULL };

		text = git_run_line(&g, args, &e);
		if (text != NULL) {
			behind = strtol(text, &end, 10);
			ahead = strtol(end, NULL, 10);
		}
	}
	buf_addf(b, "%ld ahead, %ld behind", ahead, behind);
	if (w->is_unfinished)
		return;
	busy = git_state_busy(w->dir, &e);
	if (busy != NULL)
		buf_addf(b, ", %s in progress", busy);
	dirty = worktrees_uncommitted(w, &e);
	if (dirty > 0)
		buf_addf(b, ", %d uncommitted", dirty);
}

int
cmd_worktrees_list(const char *root)
{
	AUTO(worktrees_release) struct worktrees l = { 0 };
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;

	if (worktrees_list(&l, root, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (session_list(NULL, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	for (i = 0; i < l.len; i++) {
		const struct worktree *w = &l.v[i];
		const struct session_info *s = worktrees_session(w, v, n);
		AUTO_FREE char *task = s == NULL ? xstrdup("") :
		    session_words(s);
		AUTO_BUF struct buf distance = BUF_INIT(0);

		worktrees_distance(&l, w, &distance);
		print_words(stdout, "%-12s  %-18s  %-9s  %s  %s", w->name,
		    w->branch == NULL ? "(no branch)" : w->branch,
		    w->is_unfinished ? "unfinished" : s == NULL ? "no session" :
		    cmd_ls_state(s), buf_str(&distance), task);
	}
	if (l.len == 0)
		cmd_say("no worktrees of %s; assent --worktree makes one",
		    l.main);
	session_list_free(v, n);
	return EXIT_DONE;
}

/* A session that runs there, or waits with hunks, would lose its ground. Where
 * that is lost already, nothing can be reviewed. */
static int
worktrees_in_use(const struct worktree *w)
{
	struct session_info *v = NULL;
	struct err e = ERR_INIT;
	size_t i, n = 0;
	int code = 0;

	if (session_list(NULL, &v, &n, &e) < 0)
		return cmd_fail_err(&e);
	for (i = 0; i < n && code == 0; i++) {
		if (v[i].root == NULL || !fs_is_below(v[i].root, w->dir))
			continue;
		if (v[i].alive)
			code = cmd_fail(EXIT_ERROR, "session %s runs in %s: "
			    "assent end %s", v[i].id, w->name, v[i].id);
		else if (v[i].waits && !w->is_unfinished)
			code = cmd_fail(EXIT_WAITS, "session %s in %s has "
			    "hunks to review: assent decide %s", v[i].id,
			    w->name, v[i].id);
	}
	session_list_free(v, n);
	return code;
}

static int
worktrees_remove(const struct worktrees *l, const char *name, bool force)
{
	const struct worktree *w = worktrees_find_any(l, name);
	const struct git_run g = { .dir = l->main };
	/* git keeps what isn't merged. */
	const char *const branch[] = { "branch", "-q", "-d", "--",
		w == NULL ? NULL : w->branch, NULL };
	struct err e = ERR_INIT;
	int code;

	if (w == NULL)
		return cmd_fail(EXIT_USAGE, "no worktree is named %s; assent "
		    "ls --worktrees lists them", name);
	if ((code = worktrees_in_use(w)) != 0)
		return code;
	if (worktrees_check_removal(l, w, force, &e) < 0 ||
	    worktrees_delete(l, w, &e) < 0)
		return cmd_fail_err(&e);
	if (w->branch != NULL && strncmp(w->branch, WORKTREES_BRANCH,
	    strlen(WORKTREES_BRANCH)) != 0)
		cmd_say("removed %s; its branch %s is yours and is kept: git "
		    "branch -d %s", w->name, w->branch, w->branch);
	else if (w->branch != NULL && git_run_ok(&g, branch, &e) < 0)
		cmd_say("removed %s; its branch %s isn't merged and is kept",
		    w->name, w->branch);
	else
		cmd_say("removed %s", w->name);
	return EXIT_DONE;
}

int
cmd_worktrees_remove(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(worktrees_release) struct worktrees l = { 0 };
	AUTO_CLOSE int lock = -1;
	struct err e = ERR_INIT;
	int code;

	if ((code = setup_project(&s, a)) != 0)
		return code;
	if (worktrees_lock(&l, s.root, &lock, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	return worktrees_remove(&l, a->old_worktree, a->force);
}
