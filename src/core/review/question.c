#include "config.h"

#include "core/review/question.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/core.h"
#include "core/review/comment.h"
#include "journal/fold-proposal.h"
#include "tool/tool.h"

#define QUESTION_ANSWER_MAX 8000	/* bytes; the transcript has all */

char *
question_refuses(const struct core *c, const struct tool_entry *t)
{
	return c->question.on == NULL || (t->effects & TOOL_READS) != 0 ? NULL :
	    xasprintf("the user asked a question about a change under review: "
	    "%s doesn't work in this turn. Answer in plain text, without "
	    "calling done; you go on afterwards", t->name);
}

/* The question is over: what was so before it, is so again. */
static void
question_over(struct core *c)
{
	c->task.model = c->question.model;
	c->check.say = (enum core_check_say)c->question.say;
	cJSON_Delete(c->question.on);
	c->question.on = NULL;
}

bool
question_answered(struct core *c, const char *text)
{
	const cJSON *on = c->question.on;
	const struct fold_hunk *h;
	const char *hunk;

	if (on == NULL)
		return false;
	hunk = json_str_or(on, "hunk", "");
	if (fold_find_hunk(c->fold, hunk, &h) != NULL && !h->decided &&
	    text[0] != '\0') {
		char *s = xasprintf("%.*s", (int)utf8_cut(text, strlen(text),
		    QUESTION_ANSWER_MAX), text);

		comment_emit(c, "model", hunk, on, s, NULL);
		free(s);
	}
	question_over(c);
	c->question.answered = true;
	return true;
}

void
question_drop(struct core *c)
{
	if (c->question.on != NULL)
		question_over(c);
	cJSON_Delete(c->question.next);
	c->question.next = NULL;
}

void
question_recover(struct core *c, cJSON *on, bool answered)
{
	c->question.answered = answered;
	if (on == NULL || !phase_has_task(c)) {
		cJSON_Delete(on);
		return;
	}
	c->question.on = on;
	c->question.model = c->task.model;
	c->question.say = (int)c->check.say;
	c->task.model = MODEL_GOES_ON;
}
