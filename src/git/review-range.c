#include "config.h"

#include "git/review-range.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "front/message.h"
#include "git/gh.h"
#include "git/git-run.h"
#include "git/remote.h"

#define RANGE_ID	"%.10s"		/* of a commit, as it is shown */

void
review_range_release(struct review_range *r)
{
	FREE_ALL(r->from, r->to, r->words, r->ref);
	*r = (struct review_range){ .from = NULL };
}

/* The commit of this name, or where `more` leads from there: its id, or NULL. */
static char *
range_commit(const char *root, const char *name, const char *more)
{
	AUTO_FREE char *spec = xasprintf("%s%s^{commit}", name, more);
	const struct git_run g = { .dir = root };
	char *id = name[0] == '-' ? NULL : git_run_line(&g,
	    GIT_WORDS("rev-parse", "--verify", "-q", "--end-of-options", spec),
	    NULL);

	if (!git_is_hash(id))
		FREE_NULL(id);
	return id;
}

/* The commit of --base in *id, which stays NULL without one. */
static int
range_base(const struct review_ask *ask, char **id, struct err *e)
{
	if (ask->base == NULL)
		return 0;
	*id = range_commit(ask->root, ask->base, "");
	return *id != NULL ? 0 : err_misuse(e, "--base %.200s: no commit or "
	    "branch of that name", ask->base);
}

/* The tree without files. */
static char *
range_nothing(const struct review_ask *ask, struct err *e)
{
	const struct git_run g = { .dir = ask->root };

	return git_run_line(&g, GIT_WORDS("hash-object", "-t", "tree",
	    "--stdin"), e);
}

/* Begin where the history of `to` leaves that of this base. */
static int
range_fork(struct review_range *r, const struct review_ask *ask,
    const char *base, const char *name, struct err *e)
{
	r->from = git_run_ask(ask->root, "merge-base", base, r->to, NULL);
	return r->from != NULL ? 1 : err_set(e, "%s and %.200s have no commit "
	    "in common here; --base REF compares with another one", r->words,
	    name);
}

static int
range_staged(struct review_range *r, const struct review_ask *ask,
    struct err *e)
{
	if (range_base(ask, &r->from, e) < 0)
		return -1;
	if (r->from == NULL)
		r->from = range_commit(ask->root, "HEAD", "");
	/* The branch is unborn. */
	if (r->from == NULL)
		r->from = range_nothing(ask, e);
	r->words = xasprintf("what is staged against %s", ask->base != NULL ?
	    ask->base : "HEAD");
	return r->from == NULL ? -1 : 1;
}

static int
range_of_commit(struct review_range *r, const struct review_ask *ask,
    struct err *e)
{
	const char *against = ask->base;

	r->to = range_commit(ask->root, ask->name, "");
	if (r->to == NULL || range_base(ask, &r->from, e) < 0)
		return r->to == NULL ? 0 : -1;
	if (r->from == NULL) {
		against = "its first parent";
		r->from = range_commit(ask->root, r->to, "^1");
	}
	if (r->from == NULL) {
		against = "nothing (it has no parent here)";
		r->from = range_nothing(ask, e);
	}
	r->words = xasprintf("commit " RANGE_ID " against %s", r->to,
	    against);
	return r->from == NULL ? -1 : 1;
}

/* A..B, or A...B; an end that is left out is HEAD. */
static int
range_of_two(struct review_range *r, const struct review_ask *ask,
    const char *dots, struct err *e)
{
	size_t n = dots[2] == '.' ? 3 : 2;
	AUTO_FREE char *a = dots == ask->name ? xstrdup("HEAD") :
	    xmemdup(ask->name, (size_t)(dots - ask->name));
	AUTO_FREE char *from = range_commit(ask->root, a, "");

	r->to = range_commit(ask->root, dots[n] == '\0' ? "HEAD" : dots + n,
	    "");
	if (from == NULL || r->to == NULL)
		return 0;
	if (ask->base != NULL)
		return err_misuse(e, "--base and %.200s: use one", ask->name);
	r->words = xasprintf("%s (" RANGE_ID "%.*s" RANGE_ID ")", ask->name,
	    from, (int)n, dots, r->to);
	if (n == 3)
		return range_fork(r, ask, from, a, e);
	FREE_SET(r->from, xstrdup(from));
	return 1;
}

/* Others' work is to go to upstream, if there is one. */
static char *
range_remote(const struct review_ask *ask)
{
	AUTO_FREE char *url = git_run_ask(ask->root, "config", "--get",
	    "remote.upstream.url", NULL);

	return url != NULL ? xstrdup("upstream") :
	    git_remote_find(ask->root, NULL, NULL);
}

/* A branch of yours, or a remote's as it was fetched last, whose full name begins
 * so. */
static int
range_of_branch(struct review_range *r, const struct review_ask *ask,
    const char *begin, const char *remote, struct err *e)
{
	AUTO_FREE char *ref = xasprintf("%s%s", begin, ask->name);
	AUTO_FREE char *head = NULL, *base = NULL, *here = NULL;
	const struct git_run g = { .dir = ask->root };
	const char *name = ask->base;

	r->to = git_run_line(&g, GIT_WORDS("show-ref", "--verify", "--hash",
	    ref), NULL);
	if (r->to == NULL || range_base(ask, &base, e) < 0)
		return r->to == NULL ? 0 : -1;
	if (base == NULL && remote != NULL)
		head = git_remote_head(ask->root, remote);
	if (head != NULL) {
		name = head + strlen("refs/remotes/");
		base = range_commit(ask->root, head, "");
	}
	/* If there is no remote, compare with the branch that you are on, or
	 * main. */
	if (base == NULL) {
		here = git_run_ask(ask->root, "symbolic-ref", "--short",
		    "HEAD", NULL);
		name = here == NULL || strcmp(here, ask->name) == 0 ? "main" :
		    here;
		base = range_commit(ask->root, name, "");
	}
	if (base == NULL)
		return err_set(e, "--base REF says what %.200s is compared "
		    "with: no remote's default branch is known here, and there "
		    "is no main", ask->name);
	r->words = xasprintf("branch %s at " RANGE_ID, strchr(ref + 5, '/') + 1,
	    r->to);
	if (range_fork(r, ask, base, name, e) < 0)
		return -1;
	FREE_SET(r->words, xasprintf("%s against %s (merge base " RANGE_ID
	    ")", r->words, name, r->from));
	return 1;
}

static int
range_of_name(struct review_range *r, const struct review_ask *ask,
    struct err *e)
{
	AUTO_FREE char *remote = range_remote(ask);
	AUTO_FREE char *there = xasprintf("refs/remotes/%s/", remote == NULL ?
	    "" : remote);
	const char *dots = strstr(ask->name, "..");
	int rc;

	if (dots != NULL)
		return range_of_two(r, ask, dots, e);
	if ((rc = range_of_branch(r, ask, "refs/heads/", remote, e)) == 0 &&
	    (rc = range_of_branch(r, ask, "refs/remotes/", remote, e)) == 0 &&
	    (rc = range_of_commit(r, ask, e)) == 0 && !ask->is_path)
		rc = range_of_branch(r, ask, there, remote, e);
	return rc;
}

/* ---- a pull request ---- */

static bool
pull_is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < 10 && s[n] == '\0';
}

/* The branch that it is to go to, by the server's word if gh is there, else the
 * default one; malloc'ed, or NULL. */
static char *
pull_base(const struct review_ask *ask, const char *remote)
{
	AUTO_BUF struct buf name = BUF_INIT(1 << 16);
	AUTO_FREE char *head = NULL;
	size_t n = gh_ask(ask->root, GIT_WORDS("pr", "view", ask->pull,
	    "--json", "baseRefName", "--jq", ".baseRefName"), &name) ?
	    strcspn(buf_str(&name), "\n") : 0;

	if (n > 0)
		return xmemdup(name.p, n);
	head = git_remote_head(ask->root, remote);
	return head == NULL ? NULL : xstrdup(git_remote_branch(head, remote));
}

/* Have the user's git fetch it, and this branch of the remote (NULL: none) beside
 * it, until the common commit is known. */
static int
pull_fetch(const struct review_ask *ask, const char *remote, const char *ref,
    const char *branch, struct err *e)
{
	AUTO_FREE char *pull = xasprintf("+refs/pull/%s/head:%s", ask->pull,
	    ref);
	AUTO_FREE char *base = branch == NULL ? NULL : xasprintf(
	    "+refs/heads/%s:%s-base", branch, ref);
	const char *const args[] = { "-c", "core.hooksPath=/dev/null", "-c",
		"fetch.fsckObjects=true", "fetch", "--no-tags",
		"--no-recurse-submodules", "--no-write-fetch-head", "--refmap=",
		"--no-auto-gc", "--end-of-options", remote, pull, base, NULL };
	const struct git_run g = { .dir = ask->root, .trusts_repo = true,
		.to_err = true };
	int rc;

	rc = git_run_shown(&g, args, -1, e);
	return rc <= 0 ? rc : err_set(e, "pull request %s can't be fetched "
	    "from %s (git fetch: exit %d)", ask->pull, remote, rc);
}

static int
pull_found(struct review_range *r, const struct review_ask *ask,
    const char *base, const char *name, const char *remote, struct err *e)
{
	r->to = range_commit(ask->root, r->ref, "");
	if (r->to == NULL || base == NULL)
		return err_set(e, "git fetched no commit as pull request %s",
		    ask->pull);
	r->words = xasprintf("pull request %s at " RANGE_ID, ask->pull, r->to);
	if (range_fork(r, ask, base, name, e) < 0)
		return -1;
	FREE_SET(r->words, xasprintf("%s against %s%s%s (merge base " RANGE_ID
	    ")", r->words, name, remote == NULL ? "" : " of ", remote ==
	    NULL ? "" : remote, r->from));
	return 1;
}

static int
range_of_pull(struct review_range *r, const struct review_ask *ask,
    struct err *e)
{
	AUTO_FREE char *remote = range_remote(ask), *base = NULL;
	AUTO_FREE char *branch = NULL, *at = NULL;
	int rc;

	if (!pull_is_number(ask->pull))
		return err_misuse(e, "--pr %.200s: must be the number of a "
		    "pull request", ask->pull);
	if (remote == NULL)
		return err_set(e, "no remote to fetch pull request %s from: "
		    "one, upstream or origin", ask->pull);
	if (range_base(ask, &base, e) < 0)
		return -1;
	cmd_say("fetching pull request %s from %s", ask->pull, remote);
	if (base == NULL && (branch = pull_base(ask, remote)) == NULL)
		return err_set(e, "pull request %s is for which branch? "
		    "--base REF says it", ask->pull);
	r->ref = xasprintf(REVIEW_PULL_REF "%s", ask->pull);
	at = xasprintf("%s-base", r->ref);
	if (pull_fetch(ask, remote, r->ref, branch, e) < 0)
		return -1;
	if (branch != NULL)
		base = range_commit(ask->root, at, "");
	rc = pull_found(r, ask, base, branch != NULL ? branch : ask->base,
	    branch != NULL ? remote : NULL, e);
	if (branch != NULL)
		review_range_drop(ask->root, at, base);
	return rc;
}

void
review_range_drop(const char *root, const char *ref, const char *commit)
{
	const struct git_run g = { .dir = root };

	if (commit != NULL && strncmp(ref, REVIEW_PULL_REF,
	    strlen(REVIEW_PULL_REF)) == 0)
		(void)git_run_ok(&g, GIT_WORDS("update-ref", "-d", ref, commit), NULL);
}

void
review_range_sweep(const char *root, const struct pathmap *named)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = root, .out = &out };
	char *at, *line;

	if (git_run_ok(&g, GIT_WORDS("for-each-ref", "--format=%(refname)",
	    REVIEW_PULL_REF), NULL) < 0)
		return;
	for (at = out.p; (line = strsep(&at, "\n")) != NULL && *line != '\0';)
		if (pathmap_find(named, line) == NULL)
			(void)git_run_ok(&(const struct git_run){
			    .dir = root }, GIT_WORDS("update-ref", "-d", line),
			    NULL);
}

/* ---- */

int
review_range_find(struct review_range *r, const struct review_ask *ask,
    struct err *e)
{
	*r = (struct review_range){ .from = NULL };
	return git_state_repository(ask->root, e) < 0 ? -1 : ask->pull != NULL ?
	    range_of_pull(r, ask, e) : ask->staged ? range_staged(r, ask, e) :
	    range_of_name(r, ask, e);
}

int
review_range_differs(const struct review_range *r, const char *dir,
    const char *const *paths, size_t n, struct err *e)
{
	/* A clone without trees fetches those that differ. */
	const struct git_run g = { .dir = dir, .lazy = true };
	AUTO_BUF struct buf said = BUF_INIT(1 << 16);
	AUTO_FREE const char **args = xcalloc(n + 9, sizeof(*args));
	int rc;

	memcpy(args, r->to == NULL ? GIT_WORDS("diff-index", "--quiet",
	    "--ignore-submodules=none", "--cached", "--end-of-options",
	    r->from, "--") : GIT_WORDS("diff-tree", "--quiet",
	    "--ignore-submodules=none", "-r", r->from, r->to, "--"),
	    7 * sizeof(*args));
	if (n == 0)
		args[7] = ".";
	else
		memcpy(args + 7, paths, n * sizeof(*args));
	rc = git_run(&g, args, &said, e);
	return rc < 0 ? -1 : rc == 1 ? 0 : rc == 0 ? err_misuse(e,
	    "nothing to review in %s", r->words) : err_set(e, "git can't "
	    "compare %s: %s", r->words, buf_str(&said));
}
