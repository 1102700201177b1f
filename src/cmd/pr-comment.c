/*
 * The findings of a review as comments of a pull request, by `gh api`: on their
 * lines where the pull request's diff has them, else in the text of the review.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "git/git-run.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "cmd/pr.h"
#include "gate/patch.h"
#include "journal/fold-proposal.h"

#define PR_DIFF_MAX	((size_t)64 << 20)

/* ---- the pull request's diff ---- */

/* "+1,3 @@ ...": a number, and after a comma how many. */
static const char *
pr_range(const char *at, long *start, long *n)
{
	char *end;

	*start = strtol(at + 1, &end, 10);
	*n = 1;
	if (*end == ',')
		*n = strtol(end + 1, &end, 10);
	return end;
}

/* Has it that line of the new file, changed or as context? */
static bool
pr_diff_has(const char *diff, const char *path, int line)
{
	AUTO_BUF struct buf quoted = BUF_INIT(0);
	AUTO_FREE char *plain = xasprintf("b/%s", path);
	long start, old = 0, new = 0;
	bool here = false;
	const char *end;
	size_t n;

	patch_name(&quoted, "b/", path);
	for (; *diff != '\0'; diff = end + (*end == '\n')) {
		end = strchrnul(diff, '\n');
		n = (size_t)(end - diff);
		if (old > 0 || new > 0) {
			old -= *diff == ' ' || *diff == '-' || n == 0;
			new -= *diff == ' ' || *diff == '+' || n == 0;
		} else if (strncmp(diff, "+++ ", 4) == 0) {
			diff += 4;
			n -= 4;
			/* A name with a space ends in a tab. */
			n -= n > 0 && diff[n - 1] == '\t';
			here = (n == strlen(plain) &&
			    memcmp(diff, plain, n) == 0) || (n == quoted.len &&
			    memcmp(diff, quoted.p, n) == 0);
		} else if (strncmp(diff, "@@ -", 4) == 0) {
			diff = pr_range(diff + 3, &start, &old);
			if (strncmp(diff, " +", 2) == 0)
				(void)pr_range(diff + 1, &start, &new);
			if (here && line >= start && line < start + new)
				return true;
		}
	}
	return false;
}

/* ---- the comments ---- */

struct pr_review {
	struct buf	 text;		/* of the review itself */
	bool		 outside;	/* it has findings */
	cJSON		*comments;
};

static void
pr_add_finding(struct pr_review *r, const char *prefix, const char *diff,
    const struct fold_finding *g)
{
	AUTO_FREE char *path = xasprintf("%s%s", prefix, g->path);
	AUTO_FREE char *said = xasprintf("%s: %s", g->severity, g->message);
	AUTO_FREE char *clean = pr_text_clean(said), *name = NULL;
	cJSON *o;

	if (utf8_is_line(path) && pr_diff_has(diff, path, g->line)) {
		o = cJSON_CreateObject();
		json_add_str(o, "path", path);
		json_add_int(o, "line", g->line);
		json_add_str(o, "side", "RIGHT");
		json_add_str(o, "body", clean);
		cJSON_AddItemToArray(r->comments, o);
		return;
	}
	name = pr_text_clean(path);
	buf_addf(&r->text, "%s\n- %s:%d: %s\n", r->outside ? "" :
	    "\nNot in the diff:\n", name, g->line, clean);
	r->outside = true;
}

static void
pr_show_review(const struct pr_review *r)
{
	const cJSON *it;

	print_text(stdout, "  ", "  ", buf_str(&r->text));
	cJSON_ArrayForEach(it, r->comments) {
		print_words(stdout, "\n%s:%lld", json_str_or(it, "path", "?"),
		    (long long)json_int(it, "line", 0));
		print_text(stdout, "  ", "  ", json_str_or(it, "body", ""));
	}
}

/* What gh prints of the pull request; malloc'ed. NULL after printing why. */
static char *
pr_ask_gh(const struct pr *p, const char *number, const char *how,
    const char *what, int *code)
{
	AUTO_FREE char *at = xasprintf("repos/{owner}/{repo}/pulls/%s",
	    number);
	const char *const args[] = { "api", how, what, at, NULL };
	AUTO_BUF struct buf out = BUF_INIT(PR_DIFF_MAX);
	const struct git_run g = { .dir = p->top, .trusts_repo = true,
		.program = "gh", .out = &out };
	struct err e = ERR_INIT;
	int rc = git_run_unasked(&g, args, &e);

	if (rc == 0)
		return buf_take(&out);
	*code = pr_gh_failed(rc, "nothing was sent", &e);
	return NULL;
}

static int
pr_send(struct pr *p, const char *number, const char *json)
{
	AUTO_FREE char *at = xasprintf("repos/{owner}/{repo}/pulls/%s/reviews",
	    number);
	const char *const args[] = { "api", "--method", "POST", at, "--input",
		"-", "--jq", ".html_url", NULL };

	return pr_gh(p, "comment", args, json, "see on the server whether the "
	    "comments are there");
}

/* All findings, shown as they are sent. */
static int
pr_comment_all(struct pr *p, const char *number, const char *prefix,
    const char *diff, const char *head)
{
	const struct fold *f = p->journal.fold;
	struct pr_review r = { .text = BUF_INIT(0),
		.comments = cJSON_CreateArray() };
	AUTO_JSON cJSON *o = cJSON_CreateObject();
	AUTO_FREE char *json = NULL, *text = NULL;
	size_t i, n = f->findings_len;

	buf_addf(&r.text, "%zu finding%s of a review with assent.\n", n,
	    n == 1 ? "" : "s");
	print_words(stdout, "a review of pull request %s at %.12s:", number,
	    head);
	for (i = 0; i < n; i++)
		pr_add_finding(&r, prefix, diff, &f->findings[i]);
	pr_show_review(&r);
	if (strcmp(head, p->head) != 0)
		cmd_say("the pull request is at %.12s, your checkout at %.12s: "
		    "lines may differ", head, p->head);
	text = buf_take(&r.text);
	json_add_str(o, "event", "COMMENT");
	json_add_str(o, "commit_id", head);
	json_add_str(o, "body", text);
	json_set_take(o, "comments", r.comments);
	json = json_print(o);
	if (pr_asked(p, "Send them?"))
		return pr_send(p, number, json);
	cmd_say("nothing was sent");
	return EXIT_DONE;
}

int
pr_comment(struct pr *p, const char *number)
{
	AUTO_FREE char *head = NULL, *diff = NULL, *prefix = NULL;
	struct err e = ERR_INIT;
	int code = EXIT_ERROR;

	if (p->journal.fold->findings_len == 0) {
		cmd_say("session %s reported no findings (assent exec "
		    "--profile review)", p->journal.session.id);
		return EXIT_DONE;
	}
	if (!pr_has_gh())
		return cmd_fail(EXIT_ERROR, "gh isn't installed: see "
		    "https://cli.github.com");
	prefix = git_run_ask(p->journal.session.setup.root, "rev-parse",
	    "--show-prefix", NULL, &e);
	if (prefix == NULL)
		return cmd_fail_err(&e);
	if ((head = pr_ask_gh(p, number, "--jq", ".head.sha", &code)) == NULL)
		return code;
	head[strcspn(head, "\n")] = '\0';
	if (!git_is_hash(head))
		return cmd_fail(EXIT_ERROR, "gh didn't say which commit pull "
		    "request %s is at", number);
	diff = pr_ask_gh(p, number, "--header",
	    "Accept: application/vnd.github.diff", &code);
	if (diff == NULL && code != EXIT_ERROR)
		return code;
	/* GitHub gives none that is too large. */
	if (diff == NULL)
		cmd_say("without the diff, all findings go into the review's "
		    "text");
	return pr_comment_all(p, number, prefix, diff == NULL ? "" : diff,
	    head);
}
