#include "config.h"

#include "cmd/pr-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "git/commit-message.h"
#include "git/commit-quote.h"
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

void
pr_text(const struct fold *f, char **title, char **body)
{
	AUTO_BUF struct buf b = BUF_INIT(PR_BODY_MAX);
	AUTO_FREE char *subject = NULL;
	const char *text;

	commit_message_draft(&b, f, NULL);
	pr_text_plan(&b, &f->plan);
	pr_text_check(&b, &f->evidence);
	text = buf_str(&b);
	subject = xmemdup(text, strcspn(text, "\n"));
	text += strlen(subject);
	*title = pr_text_of(subject, f, true);
	*body = pr_text_of(text + strspn(text, "\n"), f, false);
}
