#include "config.h"

#include "cmd/commit/commit-message.h"

#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"

#define SUBJECT_MAX	72

/* Text of the model's, too: nothing in it may reach a terminal raw, or end the
 * message. */
static char *
message_clean(const char *s)
{
	struct buf b = BUF_INIT(1 << 16);

	sanitize_add(&b, s, strlen(s), SANITIZE_LINES);
	while (b.len > 0 && strchr(" \n", b.p[b.len - 1]) != NULL)
		b.p[--b.len] = '\0';
	return buf_take(&b);
}

/* The first line, up to a space before it gets too long. */
static size_t
message_subject(const char *s)
{
	size_t n = strcspn(s, "\n"), at;

	if (n <= SUBJECT_MAX)
		return n;
	for (at = SUBJECT_MAX; at > 0 && s[at] != ' '; at--)
		continue;
	if (at > 0)
		return at;
	/* No space; not within a character. */
	for (at = SUBJECT_MAX; at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80;
	    at--)
		continue;
	return at;
}

void
commit_message_draft(struct buf *b, const struct fold *f)
{
	const char *said = f->plan.version > 0 && !f->plan.past &&
	    f->plan.goal != NULL ? f->plan.goal : f->task_text;
	AUTO_FREE char *goal = message_clean(said == NULL ? "" : said);
	AUTO_FREE char *body = message_clean(f->summary == NULL ? "" :
	    f->summary);
	const char *start = goal + strspn(goal, " \n");
	size_t n = message_subject(start);

	(void)buf_add(b, start, n);
	if (n == 0)
		buf_adds(b, "Apply reviewed changes");
	buf_addc(b, '\n');
	/* The rest of a goal that is no subject. */
	if (start[n] != '\0')
		buf_addf(b, "\n%s\n", start + n + strspn(start + n, " \n"));
	if (body[0] != '\0')
		buf_addf(b, "\n%s\n", body);
}

char *
commit_message_trailer(const struct fold *f)
{
	AUTO_FREE char *model = f->model == NULL ? NULL :
	    sanitize_dup(f->model, 0);

	return model == NULL ? NULL :
	    xasprintf("--trailer=Assisted-by: %s", model);
}
