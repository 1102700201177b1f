#include "config.h"

#include "cmd/pr-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "git/commit-message.h"
#include "git/commit-quote.h"
#include "journal/event.h"
#include "journal/fold.h"

#define PR_BODY_MAX	((size_t)60000)	/* GitHub takes 65536 characters */

static char *
pr_text_of(const char *s, const struct fold *f, bool subject)
{
	AUTO_BUF struct buf clean = BUF_INIT(PR_BODY_MAX);
	struct buf b = BUF_INIT(PR_BODY_MAX);

	sanitize_add(&clean, s, strlen(s), SANITIZE_LINES);
	commit_quote(&b, buf_str(&clean), f, subject);
	return buf_take(&b);
}

char *
pr_text_clean(const char *s)
{
	return pr_text_of(s, NULL, true);
}

static void
pr_text_plan(struct buf *b, const struct fold_plan *plan)
{
	size_t i;

	if (plan->version == 0 || plan->steps_len == 0)
		return;
	buf_adds(b, "\n## Plan\n\n");
	for (i = 0; i < plan->steps_len; i++)
		buf_addf(b, "- [%s] %s\n", plan->steps[i].done ? "x" : " ",
		    plan->steps[i].title);
}

static void
pr_text_check(struct buf *b, const struct fold_evidence *e)
{
	if (!e->known || e->running || e->command == NULL)
		return;
	buf_addf(b, "\n## Success check\n\n`%.*s` ", (int)strcspn(e->command,
	    "\n"), e->command);
	buf_adds(b, fold_check_result(e));
	if (e->exit > 0)
		buf_addf(b, ", exit %d", e->exit);
	if (e->words != NULL)
		buf_addf(b, ", %s", e->words);
	buf_adds(b, e->stale || e->past ? "; not run again since\n" : "\n");
}

/* ---- what was rejected ---- */

struct pr_rejected {
	struct buf	 rows;
	int		 hunks, decided, more;
};

static void
pr_rejected_hunk(struct pr_rejected *r, const char *path, const cJSON *hunk)
{
	const char *word = json_str(hunk, "word");

	r->decided++;
	if (!json_is(hunk, "decision", "no"))
		return;
	r->hunks++;
	if (r->rows.len > PR_BODY_MAX / 2) {
		r->more++;
		return;
	}
	buf_addf(&r->rows, "- %s%s%s\n", path, word == NULL || word[0] ==
	    '\0' ? "" : ": ", word == NULL ? "" : word);
}

static int
pr_rejected_line(void *arg, const char *line, size_t n, struct err *e)
{
	AUTO_JSON cJSON *o = event_parse(line, n, e);
	const cJSON *file, *hunk;

	if (o == NULL)
		return -1;
	if (!json_is(o, "type", "decision"))
		return 0;
	cJSON_ArrayForEach(file, json_array(o, "files"))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			pr_rejected_hunk(arg, json_str_or(file, "path", "?"),
			    hunk);
	return 0;
}

static int
pr_text_rejected(struct buf *b, const struct commit_journal *j, struct err *e)
{
	struct pr_rejected r = { .rows = BUF_INIT(0) };
	int rc = session_client_lines(&j->session, pr_rejected_line, &r, e);

	if (rc == 0 && r.hunks > 0)
		buf_addf(b, "\n## Rejected in review\n\n%d of %d hunks:\n\n%s",
		    r.hunks, r.decided, buf_str(&r.rows));
	if (rc == 0 && r.more > 0)
		buf_addf(b, "- and %d more\n", r.more);
	buf_release(&r.rows);
	return rc;
}

int
pr_text(const struct commit_journal *j, char **title, char **body,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(PR_BODY_MAX);
	AUTO_FREE char *subject = NULL;
	const char *text;

	*title = *body = NULL;
	commit_message_draft(&b, j->fold, NULL);
	pr_text_plan(&b, &j->fold->plan);
	pr_text_check(&b, &j->fold->evidence);
	if (pr_text_rejected(&b, j, e) < 0)
		return -1;
	text = buf_str(&b);
	subject = xmemdup(text, strcspn(text, "\n"));
	text += strlen(subject);
	*title = pr_text_of(subject, j->fold, true);
	*body = pr_text_of(text + strspn(text, "\n"), j->fold, false);
	return 0;
}
