#include "config.h"

#include "cmd/commit/commit-message.h"

#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define SUBJECT_MIN	15	/* bytes */
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

/* Where to end a line that is too long: after a sentence, else after a clause,
 * else at a space. */
static size_t
message_cut(const char *s)
{
	size_t at, sentence = 0, clause = 0, space = 0;

	for (at = 1; at <= SUBJECT_MAX; at++) {
		if (s[at] != ' ')
			continue;
		space = at;
		if (at >= SUBJECT_MIN && strchr(".!?", s[at - 1]) != NULL)
			sentence = at;
		if (at >= SUBJECT_MIN && strchr(",;:", s[at - 1]) != NULL)
			clause = at;
	}
	if (space > 0)
		return sentence > 0 ? sentence : clause > 0 ? clause : space;
	return utf8_cut(s, strlen(s), SUBJECT_MAX);
}

/* Append subject and body: the first line, and the rest; all of it if that line
 * was too long. */
static void
message_goal(struct buf *b, const char *text)
{
	AUTO_FREE char *goal = message_clean(text);
	const char *start = goal + strspn(goal, " \n"), *rest;
	size_t n = strcspn(start, "\n");

	rest = n > SUBJECT_MAX ? start : start + n + strspn(start + n, " \n");
	if (n > SUBJECT_MAX)
		n = message_cut(start);
	while (n > 0 && strchr(" .,;:", start[n - 1]) != NULL)
		n--;
	(void)buf_add(b, start, n);
	if (n == 0)
		buf_adds(b, "Apply reviewed changes");
	buf_addc(b, '\n');
	if (rest[0] != '\0')
		buf_addf(b, "\n%s\n", rest);
}

/* The change that gives the commit its name: the last one in it that is neither
 * undone nor an undo; NULL: none. */
static const struct fold_change *
message_change(const struct fold *f, const struct commit_plan *p)
{
	const struct fold_change *c, *last = NULL;
	const cJSON *tx, *all = p == NULL ? NULL : p->changes;

	cJSON_ArrayForEach(tx, all) {
		c = fold_change_find(f, (int64_t)tx->valuedouble);
		if (c != NULL && c->is_redo)
			c = fold_change_find(f, fold_change_root(f, c));
		if (c != NULL && c->undoes == 0 && !c->undone)
			last = c;
	}
	return last;
}

void
commit_message_draft(struct buf *b, const struct fold *f,
    const struct commit_plan *p)
{
	const struct fold_change *c = message_change(f, p);
	/* The session has gone on to another task? */
	bool later = c != NULL && c->task != NULL && (f->task_text == NULL ||
	    strcmp(c->task, f->task_text) != 0);
	bool planned = f->plan.version > 0 && !f->plan.past &&
	    !f->plan.ahead && f->plan.goal != NULL;
	const char *said = later ? c->task : planned ? f->plan.goal :
	    f->task_text;
	/* Until the task ends, it is an earlier one's. */
	AUTO_FREE char *body = message_clean(f->summary == NULL || later ||
	    !f->ended ? "" : f->summary);

	message_goal(b, said == NULL ? "" : said);
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
