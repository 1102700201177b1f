#include "config.h"

#include "core/question-ask.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/comment.h"
#include "core/evidence.h"
#include "core/question.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/say.h"
#include "core/model.h"
#include "journal/fold-proposal.h"

/* Ask as soon as the model has no call left to run; with `hold`, once the
 * decision that follows is carried out. */
static void
question_ask_add(struct core *c, const cJSON *command, const char *text,
    const char *client)
{
	const char *hunk = json_str_or(command, "hunk", "");
	bool hold = json_bool(command, "hold", false);
	cJSON *o, *it;

	if (c->question.next == NULL)
		c->question.next = cJSON_CreateArray();
	/* The last wording counts. */
	cJSON_ArrayForEach(it, c->question.next)
		if (comment_same_place(it, command)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(
			    c->question.next, it));
			break;
		}
	o = cJSON_CreateObject();
	json_add_str(o, "hunk", hunk);
	comment_add_place(o, command);
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	json_add_bool(o, "hold", hold);
	cJSON_AddItemToArray(c->question.next, o);
	if (hold)
		return;
	evidence_give_way(c);
	driver_soon(c);
}

int
question_ask_comment(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool asks = fold_comment_asks(text);

	if ((asks && model_needed(c, e) < 0) ||
	    comment_command(c, command, client, e) < 0)
		return -1;
	if (asks)
		question_ask_add(c, command, text, client);
	return 0;
}

/* `decided`: the decision on its hunk, or NULL. */
static void
question_ask_begin(struct core *c, const cJSON *q, const char *words,
    const char *decided)
{
	cJSON *about = cJSON_CreateObject();
	enum core_model_end model = phase_has_task(c) ? c->task.model :
	    MODEL_ENDED;

	json_add_str(about, "hunk", json_str_or(q, "hunk", ""));
	comment_add_place(about, q);
	json_add_bool(about, "goes_on", model == MODEL_GOES_ON);
	question_open(c, cJSON_Duplicate(about, 1), model);
	say_question(c, words, about, decided, json_str(q, "client"));
}

/* The next question that isn't held back, no longer in the list; or NULL. */
static cJSON *
question_ask_next(struct core *c)
{
	cJSON *q;

	cJSON_ArrayForEach(q, c->question.next)
		if (!json_bool(q, "hold", false))
			return cJSON_DetachItemViaPointer(c->question.next, q);
	return NULL;
}

bool
question_ask_step(struct core *c)
{
	const struct fold_hunk *h;
	const struct fold_file *f;
	cJSON *q;

	while (c->question.on == NULL && (q = question_ask_next(c)) != NULL) {
		AUTO_FREE char *words = NULL;

		f = fold_find_hunk(c->fold, json_str(q, "hunk"), &h);
		if (f != NULL && !h->decided) {
			words = question_words(q, f, h);
			question_ask_begin(c, q, words, NULL);
		} else if (json_str(q, "words") != NULL)
			question_ask_begin(c, q, json_str(q, "words"),
			    json_str(q, "decided"));
		else
			emit_note(c, "a question wasn't asked: its hunk "
			    "changed");
		cJSON_Delete(q);
	}
	return c->question.on != NULL;
}

void
question_ask_go_on(struct core *c)
{
	if (c->question.answered && c->context != NULL &&
	    context_is_answered(recall_context(c)))
		emit_tell_model(c, "[assent] The user has your answer. Go on "
		    "with the task.");
	c->question.answered = false;
}
