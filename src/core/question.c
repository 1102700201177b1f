#include "config.h"

#include "core/question.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/core.h"
#include "core/comment.h"
#include "journal/fold-proposal.h"
#include "tool/tool.h"

#define QUESTION_ANSWER_MAX 8000	/* bytes; the transcript has all */
#define QUESTION_TEXT 2000		/* of the hunk */

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
	json_drop(&c->question.on);
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
	if (c->question.on != NULL) {
		question_leave(&c->question.left, c->question.on,
		    c->question.model == MODEL_GOES_ON);
		question_over(c);
	}
	json_drop(&c->question.next);
}

void
question_leave(cJSON **left, const cJSON *on, bool goes_on)
{
	cJSON *o = cJSON_Duplicate(on, 1);

	json_set_take(o, "goes_on", cJSON_CreateBool(goes_on));
	cJSON_Delete(*left);
	*left = o;
}

int
question_may_repeat(const struct core *c, struct err *e)
{
	const struct fold_hunk *h;

	if (c->question.left != NULL && (fold_find_hunk(c->fold,
	    json_str(c->question.left, "hunk"), &h) == NULL || h->decided))
		return err_set(e, "nothing to retry: the hunk of your question "
		    "changed or is decided");
	return 0;
}

void
question_open(struct core *c, cJSON *on, enum core_model_end model)
{
	json_drop(&c->question.left);
	c->question.on = on;
	c->question.model = model;
	c->question.say = (int)c->check.say;
	c->task.model = MODEL_GOES_ON;
}

void
question_recover(struct core *c, cJSON *on, cJSON *left, bool answered)
{
	c->question.answered = answered;
	c->question.left = left;
	if (on == NULL || !phase_has_task(c))
		cJSON_Delete(on);
	else
		question_open(c, on, c->task.model);
}

char *
question_words(const cJSON *q, const struct fold_file *f,
    const struct fold_hunk *h)
{
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "A question about the change of %s", f->path);
	comment_place(&b, h, q);
	buf_addf(&b, ": %s", json_str_or(q, "text", ""));
	if (json_int(q, "line", 0) == 0 && h->text_len > 0)
		buf_addf(&b, "\n\n%.*s", (int)utf8_cut(h->text, h->text_len,
		    QUESTION_TEXT), h->text);
	return buf_take(&b);
}

/* A comment on a decided hunk, which may have been a question. */
static void
question_comment_decided(struct core *c, const cJSON *hunk, cJSON *comment)
{
	const struct fold_hunk *h;
	const struct fold_file *f =
	    fold_find_hunk(c->fold, json_str_or(hunk, "id", ""), &h);
	cJSON *q;

	json_copy(comment, "hunk", json_get(hunk, "id"));
	if (comment_same_place(c->question.on, comment))
		json_add_bool(comment, "asked", true);
	cJSON_ArrayForEach(q, c->question.next) {
		AUTO_FREE char *words = NULL;

		if (f == NULL || !comment_same_place(q, comment))
			continue;
		words = question_words(q, f, h);
		json_add_str(q, "words", words);
		json_copy(q, "decided", json_get(hunk, "decision"));
		json_add_bool(comment, "asked", true);
	}
}

void
question_decided(struct core *c, cJSON *files)
{
	cJSON *file, *hunk, *comment, *q;

	cJSON_ArrayForEach(q, c->question.next)
		json_add_bool(q, "hold", false);
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(hunk, cJSON_GetObjectItem(file, "hunks"))
			cJSON_ArrayForEach(comment,
			    cJSON_GetObjectItem(hunk, "comments"))
				question_comment_decided(c, hunk, comment);
}
