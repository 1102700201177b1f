/*
 * pr: pushes the branch that a session worked on and opens a draft pull request
 * for it, after the user has seen all of it and said yes. Never a force push.
 * What is the model's goes to `gh` as an argument or on its standard input; no
 * shell sees it.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/ask.h"
#include "cmd/cmd-commit.h"
#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "front/print.h"
#include "git/commit.h"
#include "git/gh.h"
#include "git/git-run.h"
#include "git/remote.h"
#include "journal/fold.h"

#define GH_EXIT_CANCEL	2	/* gh help exit-codes */
#define PR_COMMITS	"30"		/* shown */
#define PR_BODY_MAX	60000		/* bytes; GitHub takes 65536 characters */

struct pr {
	const struct cmd_args	*args;
	struct commit_journal	 journal;
	char			*top;		/* of the work tree */
	char			*head;		/* its commit */
	char			*branch;	/* without refs/heads/ */
	char			*remote;	/* pushed to */
	char			*to;		/* its addresses, to show */
	char			*host;		/* of the last of them; NULL:
						   a folder */
	char			*base_ref;	/* refs/remotes/... of the
						   remote's branch; NULL:
						   unknown */
	const char		*base;		/* its name */
	char			*open;		/* address of the branch's open
						   pull request, or NULL */
};

/* Ask, unless --push says yes. */
static bool
pr_asked(const struct pr *p, const char *question)
{
	fflush(stdout);
	return p->args->push || ask_yes(question);
}

/* ---- what it says ---- */

/* Text of the model's: control characters are visible marks, for what is sent as
 * for what is shown, and nothing in it is an order to the server. */
static char *
pr_text_of(const char *s, const struct fold *f, bool subject)
{
	AUTO_BUF struct buf clean = BUF_INIT(PR_BODY_MAX);
	struct buf b = BUF_INIT(PR_BODY_MAX);

	sanitize_add(&clean, s, strlen(s), SANITIZE_LINES);
	commit_quote(&b, buf_str(&clean), f, subject);
	return buf_take(&b);
}

static void
pr_text_plan(struct buf *b, const struct fold_plan *plan)
{
	if (plan->version == 0 || plan->steps_len == 0)
		return;
	buf_adds(b, "\n## Plan\n\n");
	MEM_EACH(plan, steps, it)
		buf_addf(b, "- [%s] %s\n", it->state !=
		    FOLD_STEP_OPEN ? "x" : " ",
		    it->title);
}

static void
pr_text_check(struct buf *b, const struct fold_evidence *e)
{
	if (!e->known || e->running || e->command == NULL)
		return;
	buf_addf(b, "\n## Check\n\n`%.*s` ", (int)strcspn(e->command,
	    "\n"), e->command);
	buf_adds(b, fold_check_result(e));
	if (e->exit > 0)
		buf_addf(b, ", exit %d", e->exit);
	if (e->words != NULL)
		buf_addf(b, ", %s", e->words);
	buf_adds(b, e->stale || e->past ? "; not run again since\n" : "\n");
}

/* A line, from the goal; and the rest as Markdown: goal and summary, plan,
 * check. Both malloc'ed. */
static void
pr_text(const struct fold *f, char **title, char **body)
{
	AUTO_BUF struct buf b = BUF_INIT(PR_BODY_MAX);
	AUTO_FREE char *subject = NULL;
	const char *text;

	commit_message_draft(&b, f, NULL, false);
	pr_text_plan(&b, &f->plan);
	pr_text_check(&b, &f->evidence);
	text = buf_str(&b);
	subject = xmemdup(text, strcspn(text, "\n"));
	text += strlen(subject);
	*title = pr_text_of(subject, f, true);
	*body = pr_text_of(text + strspn(text, "\n"), f, false);
}

/* ---- the repository ---- */

/* A value of the user's git; malloc'ed. NULL: it isn't set. */
static char *
pr_config(const struct pr *p, const char *section, const char *name,
    const char *key)
{
	AUTO_FREE char *full = xasprintf("%s.%s.%s", section, name, key);

	return git_run_ask(p->top, "config", "--get", full, NULL);
}

/* Where the host begins in a remote's address, in each of git's forms; NULL:
 * it is a folder. */
static const char *
pr_host(const char *url)
{
	const char *scheme = strstr(url, "://"), *user;
	const char *at = scheme == NULL ? url : scheme + 3;

	if (scheme == NULL && at[strcspn(at, ":/")] != ':')
		return NULL;
	user = memrchr(at, '@', strcspn(at, scheme == NULL ? ":" : "/"));
	at = user == NULL ? at : user + 1;
	return at[0] == '/' ? NULL : at;
}

/* Find the remote's push addresses as git uses them, for display: a user name
 * in one may be a token. The host is the last one's; if that is a folder, the
 * host of the address as it is written. */
static void
pr_find_host(struct pr *p)
{
	const char *const args[] = { "remote", "get-url", "--push", "--all",
		"--", p->remote, NULL };
	const struct git_run g = { .dir = p->top };
	AUTO_FREE char *used = git_run_line(&g, args, NULL);
	AUTO_FREE char *written = pr_config(p, "remote", p->remote, "url");
	AUTO_BUF struct buf to = BUF_INIT(0);
	const char *host = NULL, *scheme;
	char *at, *next = NULL;

	if (used == NULL)
		used = xstrdup(p->remote);
	for (at = strtok_r(used, "\n", &next); at != NULL;
	    at = strtok_r(NULL, "\n", &next)) {
		host = pr_host(at);
		scheme = strstr(at, "://");
		buf_addf(&to, "%s%.*s%s", to.len > 0 ? " and " : "", host ==
		    NULL || scheme == NULL ? 0 : (int)(scheme + 3 - at), at,
		    host == NULL ? at : host);
	}
	p->to = buf_take(&to);
	if (host == NULL && written != NULL)
		host = pr_host(written);
	if (host != NULL)
		p->host = xmemdup(host, strcspn(host, ":/"));
}

static int
pr_find(struct pr *p, struct err *e)
{
	AUTO_FREE char *ref = NULL;

	if (git_state_repository(p->journal.session.setup.root, e) < 0)
		return -1;
	p->top = git_run_ask(p->journal.session.setup.root, "rev-parse",
	    "--show-toplevel", NULL, e);
	if (p->top == NULL || git_state_head(p->top, &p->head, &ref, e) < 0)
		return -1;
	if (p->head == NULL)
		return err_set(e, "%s has no commit yet", p->top);
	if (ref == NULL || strncmp(ref, "refs/heads/", 11) != 0)
		return err_set(e, "HEAD of %s is detached; git switch -c NAME "
		    "makes a branch of it", p->top);
	p->branch = xstrdup(ref + 11);
	p->remote = git_remote_find(p->top, p->branch, e);
	if (p->remote == NULL)
		return -1;
	pr_find_host(p);
	p->base_ref = git_remote_head(p->top, p->remote);
	if (p->base_ref != NULL)
		p->base = git_remote_branch(p->base_ref, p->remote);
	if (strcmp(p->branch, p->base != NULL ? p->base : "main") == 0)
		return err_set(e, "%s is the branch that pull requests go to; "
		    "put your commits on a new one: git switch -c NAME",
		    p->branch);
	return 0;
}

/* ---- what is shown ---- */

/* The commits that the base lacks: 0, if there is none. */
static int
pr_show_commits(const struct pr *p, struct err *e)
{
	AUTO_FREE char *range = p->base == NULL ? xstrdup(p->head) :
	    xasprintf("%s..%s", p->base_ref, p->head);
	const char *const args[] = { "log", "--no-decorate", "--no-color",
		"--format=%h %s", "-n", PR_COMMITS, range, "--", NULL };
	AUTO_BUF struct buf out = BUF_INIT(0);
	const struct git_run g = { .dir = p->top, .out = &out };

	if (git_run_ok(&g, args, e) < 0)
		return -1;
	if (out.len > 0)
		print_text(stdout, "  ", "  ", buf_str(&out));
	return out.len > 0;
}

/* 1; 0: there is nothing to push. */
static int
pr_show(const struct pr *p, const char *title, const char *body,
    struct err *e)
{
	static const char *const status[] = { "status", "--porcelain",
		"--untracked-files=no", NULL };
	AUTO_BUF struct buf dirty = BUF_INIT(0);
	const struct git_run g = { .dir = p->top, .trusts_repo = true,
		.out = &dirty };
	int rc;

	print_words(stdout, "branch %s, to %s (%s):", p->branch, p->remote,
	    p->to);
	if ((rc = pr_show_commits(p, e)) <= 0 || git_run_ok(&g, status, e) < 0)
		return rc < 0 || err_is_set(e) ? -1 : 0;
	if (p->open != NULL)
		print_words(stdout, "\nto the open pull request %s", p->open);
	else
		print_words(stdout, "\ndraft: %s", title);
	if (p->open == NULL && body[0] != '\0')
		print_text(stdout, "  ", "  ", body);
	if (dirty.len > 0)
		cmd_say("uncommitted changes aren't included: assent "
		    "commit %s", p->journal.session.id);
	if (p->journal.fold->proposal != NULL &&
	    p->journal.fold->proposal->undecided > 0)
		cmd_say("hunks that you haven't reviewed aren't included: "
		    "assent decide %s", p->journal.session.id);
	return 1;
}

/* ---- push, and open it ---- */

static int
pr_push(struct pr *p)
{
	AUTO_FREE char *spec = xasprintf("refs/heads/%s:refs/heads/%s",
	    p->branch, p->branch);
	AUTO_FREE char *upstream = pr_config(p, "branch", p->branch, "merge");
	/* Nothing but what was shown. */
	const char *const args[] = { "-c", "push.pushOption=", "push",
		"--no-follow-tags", "--recurse-submodules=no", upstream == NULL ?
		"-u" : "--no-set-upstream", "--", p->remote, spec, NULL };
	const struct git_act act = { .what = "push", .dir = p->top,
		.args = args };
	struct err e = ERR_INIT;
	int rc = git_act(&p->journal, &act, &e);

	if (rc < 0)
		return cmd_fail_err(&e);
	return rc == 0 ? 0 : cmd_fail(EXIT_ERROR, "git push failed, exit %d; no "
	    "pull request was opened", rc);
}

/* gh finds a pushed branch by its remote-tracking branch; a shallow clone has
 * none. */
static bool
pr_is_tracked(const struct pr *p)
{
	AUTO_FREE char *ref = xasprintf("refs/remotes/%s/%s", p->remote,
	    p->branch);
	AUTO_FREE char *hash = git_run_ask(p->top, "rev-parse", "--verify", ref,
	    NULL);

	return hash != NULL && strcmp(hash, p->head) == 0;
}

/* `gh` ended so, and said this: the exit code, after printing why. */
static int
pr_gh_failed(int status, const char *said)
{
	size_t n = strcspn(said, "\n");

	if (status == 128 + SIGALRM)
		return cmd_fail(EXIT_ERROR, "gh had no answer after %u seconds",
		    GH_SECONDS);
	if (status > 128 || status == GH_EXIT_CANCEL)
		return cmd_fail(EXIT_INTERRUPTED, "interrupted; see on the "
		    "server whether a draft was opened");
	return cmd_fail(EXIT_ERROR, "gh failed (exit %d)%s%.*s; gh auth status "
	    "says whether you are logged in, gh repo set-default which "
	    "repository is meant", status, n > 0 ? ": " : "",
	    (int)(n < 500 ? n : 500), said);
}

static int
pr_open_gh(struct pr *p, const char *title, const char *body)
{
	AUTO_FREE char *title_arg = xasprintf("--title=%s", title);
	AUTO_FREE char *head_arg = xasprintf("--head=%s", p->branch);
	const char *const args[] = { "pr", "create", "--draft", title_arg,
		"--body-file=-", pr_is_tracked(p) ? NULL : head_arg, NULL };
	AUTO_BUF struct buf in = BUF_INIT(0), out = BUF_INIT(GH_SAID_MAX);
	AUTO_BUF struct buf said = BUF_INIT(GH_SAID_MAX);
	const struct git_act act = { .what = "pr", .dir = p->top, .args = args,
		.program = "gh", .in = &in, .out = &out, .said = &said,
		.seconds = GH_SECONDS };
	struct err e = ERR_INIT;
	int rc;

	buf_adds(&in, body);
	if ((rc = git_act(&p->journal, &act, &e)) < 0)
		return cmd_fail_err(&e);
	if (rc != 0)
		return pr_gh_failed(rc, buf_str(&said));
	if (out.len > 0)
		print_text(stdout, "", "", buf_str(&out));
	return EXIT_DONE;
}

/* Is it a GitHub, where the user is logged in? */
static bool
pr_uses_gh(const struct pr *p)
{
	const char *const args[] = { "auth", "status", "--hostname", p->host,
		NULL };
	AUTO_BUF struct buf out = BUF_INIT(1 << 16);

	return p->host != NULL && gh_ask(p->top, args, &out);
}

/* A branch that is pushed again has one. */
static void
pr_find_open(struct pr *p)
{
	static const char *const args[] = { "pr", "view", "--json",
		"state,url", "--jq", "select(.state == \"OPEN\") | .url", NULL };
	AUTO_BUF struct buf out = BUF_INIT(1 << 16);

	if (gh_ask(p->top, args, &out) &&
	    strncmp(buf_str(&out), "https://", 8) == 0)
		p->open = xmemdup(out.p, strcspn(out.p, "\n"));
}

static int
pr_branch(struct pr *p)
{
	AUTO_FREE char *title = NULL, *body = NULL, *question = NULL;
	struct err e = ERR_INIT;
	int rc, code;
	bool gh = pr_uses_gh(p);

	if (gh)
		pr_find_open(p);
	pr_text(p->journal.fold, &title, &body);
	if ((rc = pr_show(p, title, body, &e)) < 0)
		return cmd_fail_err(&e);
	if (rc == 0)
		return cmd_fail(EXIT_ERROR, "%s has no commit that %s/%s "
		    "lacks: assent commit %s", p->branch, p->remote, p->base,
		    p->journal.session.id);
	question = xasprintf("Push %s to %s%s?", p->branch, p->remote, gh &&
	    p->open == NULL ? " and open this draft" : "");
	if (!pr_asked(p, question)) {
		cmd_say("nothing was pushed");
		return EXIT_DONE;
	}
	if ((code = pr_push(p)) != 0)
		return code;
	if (p->open != NULL) {
		print_words(stdout, "%s", p->open);
		return EXIT_DONE;
	}
	if (gh)
		return pr_open_gh(p, title, body);
	cmd_say("pushed; open the pull request on the server (with gh, logged "
	    "in there, a draft is opened)");
	return EXIT_DONE;
}

/* ---- */

int
cmd_pr(const struct cmd_args *a)
{
	struct pr p = { .args = a };
	struct err e = ERR_INIT;
	int code;

	if (!a->push && !headless_person())
		return cmd_fail(EXIT_USAGE, "nothing was sent: there is no "
		    "terminal to ask on; assent pr --push doesn't ask");
	if ((code = commit_journal_open(&p.journal, a, NULL)) == 0)
		code = pr_find(&p, &e) < 0 ? cmd_fail_err(&e) : pr_branch(&p);
	commit_journal_close(&p.journal);
	FREE_ALL(p.host, p.top, p.head, p.branch, p.remote, p.to, p.base_ref,
	    p.open);
	return code;
}
