/*
 * The temporary index that git commits from, and the user's own, which gets the
 * same lines after. As with git commit -a, index.lock is there from before HEAD
 * moves: no other program can commit or stage meanwhile.
 */
#include "config.h"

#include "git/commit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "git/git-run.h"
#include "git/index-file.h"

/* ---- entries ---- */

/* What the files become that aren't as in HEAD; the names are borrowed. */
static struct index_entry *
index_entries(const struct commit_plan *now, size_t *n)
{
	struct index_entry *v = xcalloc(now->len + 1, sizeof(*v));
	const struct commit_file *f;

	*n = 0;
	for (f = now->files; f < now->files + now->len; f++)
		if (!commit_side_equal(&f->want, &f->head))
			v[(*n)++] = (struct index_entry){ .name = f->name,
				.was = f->head, .now = f->want };
	return v;
}

int
commit_index_begin(const struct commit_plan *p, struct err *e)
{
	return fs_mkdirs(p->scratch, 0700, e) < 0 || index_file_copy(&p->index,
	    p->temp, e) < 0 ? -1 : commit_git(p, p->temp, NULL, NULL, p->head == NULL ?
	    GIT_WORDS("read-tree", "--empty") :
	    GIT_WORDS("read-tree", "-i", "-m", "HEAD"), e);
}

static char *
index_tree_of(const struct commit_plan *p, const char *commit, struct err *e)
{
	AUTO_FREE char *name = xasprintf("%s^{tree}", commit);

	return commit_git_line(p, NULL, GIT_WORDS("rev-parse", "--verify", "-q",
	    name), e);
}

/* The tree that git committed from, with what hooks have staged there; NULL if
 * it is gone. */
static char *
index_temp_tree(const struct commit_plan *p, struct err *e)
{
	return access(p->temp, F_OK) < 0 ? NULL : commit_git_line(p, p->temp,
	    GIT_WORDS("write-tree"), e);
}

/* Git prints ":MODE MODE ID ID X\0NAME\0". */
int
commit_index_changes(const struct commit_plan *p, const char *to,
    struct commit_plan *changed, struct err *e)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	/* If there is no HEAD, compare with the empty tree. */
	AUTO_FREE char *from = p->head == NULL ? commit_git_line(p, NULL,
	    GIT_WORDS("mktree"), e) : index_tree_of(p, p->head, e);
	const char *at, *end;
	struct commit_file *f;

	if (from == NULL || to == NULL || commit_git(p, NULL, NULL, &out,
	    GIT_WORDS("diff-tree", "-r", "-z", "--raw", "--no-renames",
	    "--no-abbrev", "--no-ext-diff", "--end-of-options", from, to),
	    e) < 0)
		return -1;
	for (at = buf_str(&out), end = at + out.len; at < end;
	    at += strlen(at) + 1) {
		f = commit_plan_add(changed, NULL, NULL);
		if (sscanf(at, ":%o %o %64[0-9a-f] %64[0-9a-f]", &f->head.mode,
		    &f->want.mode, f->head.oid, f->want.oid) != 4)
			return err_set(e, "can't understand what git printed");
		at += strlen(at) + 1;
		f->path = xstrdup(at < end ? at : "");
		f->name = xstrdup(f->path);
	}
	MEM_SORT(changed->files, changed->len);
	return 0;
}

int
commit_index_build(struct commit_plan *p, struct commit_plan *changed,
    struct err *e)
{
	size_t n;
	AUTO_FREE struct index_entry *v = index_entries(p, &n);

	if (index_file_update(p->temp, p->top, v, n, e) < 0 ||
	    (p->tree = index_temp_tree(p, e)) == NULL)
		return -1;
	return commit_index_changes(p, p->tree, changed, e);
}

/* ---- the lock ---- */

/* Both may be NULL. */
static bool
index_is(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
commit_index_lock(const struct commit_plan *p, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL;
	AUTO_BUF struct buf now = BUF_INIT(0);

	if (index_file_lock(&p->index, e) < 0)
		return -1;
	/* Nothing may have changed since the plan was made; git status may
	 * have written the index anew. */
	if (git_state_head(p->top, &head, &ref, e) == 0 &&
	    commit_git_entries(p, NULL, &now, e) == 0 &&
	    now.len == p->index_was.len &&
	    memcmp(buf_str(&now), buf_str(&p->index_was), now.len) == 0 &&
	    index_is(head, p->head) && index_is(ref, p->ref))
		return 0;
	(void)unlink(p->index.lock);
	return err_set(e, "somebody used git here meanwhile; try again");
}

/* ---- after git ---- */

/* The first commit of this branch (or commit) after the old HEAD, if it is this
 * plan's: if that is sure, or if it has the tree. */
static int
index_find_on(const struct commit_plan *p, const char *tip, bool is_sure,
    bool is_locked, char **commit, struct err *e)
{
	AUTO_FREE char *range = xasprintf("%s%s%s", p->head == NULL ? "" :
	    p->head, p->head == NULL ? "" : "..", tip == NULL ? "" : tip);
	AUTO_FREE char *with_hooks = NULL, *tree = NULL;
	AUTO_BUF struct buf out = BUF_INIT(0);

	if (tip != NULL && commit_git(p, NULL, NULL, &out,
	    GIT_WORDS("rev-list", "--first-parent", "--reverse", range, "--"),
	    e) < 0)
		return -1;
	if (out.len == 0)
		return 0;
	*commit = xmemdup(out.p, strcspn(out.p, "\n"));
	if (is_sure || (is_locked && strcmp(*commit, tip) == 0))
		return 0;
	if ((tree = index_tree_of(p, *commit, e)) == NULL)
		return -1;
	with_hooks = index_temp_tree(p, NULL);
	if (strcmp(tree, p->tree) != 0 && !index_is(tree, with_hooks))
		FREE_NULL(*commit);
	return 0;
}

/* The commit of the branch that HEAD was on. */
static char *
index_branch(const struct commit_plan *p)
{
	return p->ref == NULL ? NULL : git_run_ask(p->top, "rev-parse",
	    "--verify", p->ref, NULL);
}

void
commit_index_hold(const struct commit_plan *p, const char *on, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *made = NULL, *was =
	    index_branch(p);

	if (on != NULL && p->head != NULL &&
	    git_state_head(p->top, &head, &ref, e) == 0 &&
	    !index_is(ref, p->ref) && index_is(was, p->head) &&
	    index_find_on(p, head, true, false, &made, e) == 0 &&
	    index_is(made, head) && commit_git(p, NULL, NULL, NULL,
	    GIT_WORDS("update-ref", "-m", "assent commit: not on this branch",
	    "HEAD", p->head, head), e) == 0)
		err_set(e, "HEAD moved to %s meanwhile: git switch %s",
		    ref == NULL ? "no branch" : ref, on);
}

/* The commit that this plan became: if HEAD is where it was, the first one after
 * it, if nobody else could commit or git has made one (it makes none where HEAD
 * has moved). It is on the branch that HEAD had, or on that which it has now:
 * *is_here. */
static int
index_find_commit(const struct commit_plan *p, bool is_locked, int status,
    char **commit, bool *is_here, struct err *e)
{
	AUTO_FREE char *head = NULL, *ref = NULL, *was = NULL;
	bool same;

	*is_here = true;
	if (git_state_head(p->top, &head, &ref, e) < 0)
		return -1;
	same = index_is(ref, p->ref);
	if (index_find_on(p, head, same && status == 0, same && is_locked,
	    commit, e) < 0)
		return -1;
	if (*commit != NULL || same)
		return 0;
	*is_here = false;
	was = index_branch(p);
	return index_find_on(p, was, false, false, commit, e);
}

/* The user's index gets what is in the commit: a new one beside it takes its
 * place. */
static int
index_install(struct commit_plan *p, const char *commit, struct err *e)
{
	/* Only the index of this plan is read. */
	AUTO(commit_plan_release) struct commit_plan now = {
	    .top = xstrdup(p->top), .scratch = xstrdup(p->scratch) };
	AUTO_FREE struct index_entry *v = NULL;
	size_t n;
	/* This includes what a hook has staged there. */
	AUTO_FREE char *tree = index_temp_tree(p, NULL);

	if (tree == NULL)
		tree = index_tree_of(p, commit, e);
	if (commit_index_changes(p, tree, &now, e) < 0 ||
	    commit_files_after(p, &now, e) < 0)
		return -1;
	v = index_entries(&now, &n);
	return index_file_install(&p->index, p->top, v, n, e);
}

/* The files that git says are in the commit. */
static size_t
index_count(const struct commit_plan *p, const char *commit)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	size_t i, n = 0;

	(void)commit_git(p, NULL, NULL, &out, GIT_WORDS("diff-tree", "-r", "-z",
	    "-M", "--root", "--no-commit-id", "--name-only", "--no-ext-diff",
	    commit), NULL);
	for (i = 0; i < out.len; i++)
		n += out.p[i] == '\0';
	/* A merge that was amended shows none. */
	return n > 0 ? n : p->len;
}

int
commit_index_finish(struct commit_plan *p, int status, char **commit,
    size_t *files, struct err *e)
{
	int is_locked = index_file_is_locked(&p->index, e), rc = 0;
	struct err why = ERR_INIT;
	bool is_here;

	*commit = NULL;
	*files = 0;
	if (is_locked < 0 || index_find_commit(p, is_locked > 0,
	    status, commit, &is_here, e) < 0)
		return -1;
	if (*commit != NULL && is_here) {
		if ((is_locked == 0 && index_file_lock(&p->index, &why) < 0) ||
		    index_install(p, *commit, &why) < 0)
			rc = err_set(e, "the commit is made, but not yet in "
			    "the index: %s; the next assent here updates it",
			    why.text);
		is_locked = 1;
	}
	if (rc == 0 && is_locked > 0 && unlink(p->index.lock) < 0)
		rc = err_sys(e, "can't remove %s", p->index.lock);
	(void)unlink(p->index.place);
	if (rc == 0 && *commit != NULL)
		*files = index_count(p, *commit);
	return rc;
}
