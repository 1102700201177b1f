/*
 * The user's commands for the conversation: summarize now, replace the last
 * summary by an edited one, or start anew.
 */
#include "config.h"

#include "core/compact-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/context.h"
#include "core/recall.h"
#include "core/core.h"
#include "core/feedback.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/say.h"
#include "core/model.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "journal/summary.h"

#define COMPACT_WORDS_MAX	((size_t)4 << 10)
#define COMPACT_TEXT_MAX	((size_t)64 << 10)

/* Replace the last summary by the user's version. */
static int
compact_edit(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const cJSON *last = context_summary(recall_context(c));
	const char *text = json_str_or(command, "text", "");
	cJSON *summary, *o;

	if (last == NULL)
		return err_set(e, "no summary to edit");
	if (json_int(command, "of", 0) != json_int(last, "seq", -1))
		return err_set(
		    e, "the summary was replaced meanwhile; nothing changed");
	if (strlen(text) > COMPACT_TEXT_MAX)
		return err_set(e, "the summary is too long");
	summary = summary_parse(text, strlen(text), e);
	if (summary == NULL)
		return -1;
	if (cJSON_Compare(summary, json_get(last, "summary"), 1)) {
		cJSON_Delete(summary);
		return err_set(e, "summary unchanged");
	}
	o = compact_fields(c, "edit", json_int(last, "upto", 0), summary);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_COMPACTION, "user", o);
	return 0;
}

int
compact_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct compact *k = c->compact;
	const char *words = json_str_or(command, "words", "");

	if (model_needed(c, e) < 0)
		return -1;
	if (json_str(command, "text") != NULL)
		return compact_edit(c, command, client, e);
	if (strlen(words) > COMPACT_WORDS_MAX)
		return err_set(e, "the text on what to keep is too long");
	compact_clear_asked(k);
	k->asked = true;
	k->asked_words = words[0] == '\0' ? NULL : xstrdup(words);
	k->asked_client = xstrdup(client);
	driver_soon(c);
	return 0;
}

int
compact_new_task(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	cJSON *o;

	if (text[0] != '\0' && model_needed(c, e) < 0)
		return -1;
	/* commands: between two tasks; the last plan may still be open. */
	assert(!phase_has_task(c) && c->phase == PHASE_IDLE &&
	    (c->waits & ~(unsigned)WAIT_PLAN) == 0);
	FREE_NULL(c->task.done_call_id);
	feedback_clear(c);
	phase_task(c, TASK_ENDED);
	compact_clear_asked(c->compact);
	c->project.due = true;
	o = cJSON_CreateObject();
	json_add_str(o, "why", "new");
	json_add_int(o, "upto", journal_seq(c->journal));
	json_add_str(o, "client", client);
	emit_event(c, EVENT_COMPACTION, "user", o);
	if (text[0] != '\0')
		return say_message(c, text, text, NULL, client, e);
	return 0;
}
