/*
 * A plan in the user's editor. The edited text is kept until it has become the
 * plan: for the next edit while that plan waits, and in the input line for the
 * model if the plan was changed or decided meanwhile (draft.c).
 */
#include "config.h"

#include "ui/input/plan-edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/action.h"
#include "front/editor.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/typing-data.h"
#include "ui/base/ui-base.h"
#include "ui/input/draft.h"
#include "ui/text/input.h"

static char *
plan_edit_id(int version)
{
	return xasprintf("%d", version);
}

char *
plan_edit_text(struct ui *ui, size_t *len, int *version, struct err *e)
{
	const char *json = ui->fold->plan.json;
	cJSON *plan;
	char *id, *text;

	*version = ui->fold->plan.version;
	id = plan_edit_id(*version);
	text = draft_copy(&ui->drafts, UI_PLAN_TEXT, id, len);
	free(id);
	if (text != NULL || json == NULL)
		return text;
	plan = json_parse(json, strlen(json), JSON_NUL_REPLACE, e);
	if (plan == NULL)
		return NULL;
	text = editor_text(plan);
	*len = strlen(text);
	cJSON_Delete(plan);
	return text;
}

/* Replace the previous edit. */
static void
plan_edit_put(struct ui *ui, const char *id, const char *text, size_t len)
{
	struct input in;

	input_init(&in);
	while (draft_take(&ui->drafts, UI_PLAN_TEXT, id, &in)) {
		input_release(&in);
		input_init(&in);
	}
	if (text != NULL && input_attach_put(&in, text, len))
		draft_put(&ui->drafts, UI_PLAN_TEXT, id, &in);
	input_release(&in);
}

void
plan_edit_keep(struct ui *ui, const char *text, size_t len, int version)
{
	char *id = plan_edit_id(version);

	plan_edit_put(ui, id, text, len);
	free(id);
}

void
plan_edit_done(struct ui *ui, const struct buf *b, int version,
    const char *why)
{
	char *id = plan_edit_id(version);
	struct err e = ERR_INIT;
	cJSON *plan;
	bool same;

	if (b == NULL) {
		ui_notice(ui, "%s", why);
	} else if (!draft_has_object(ui, UI_PLAN_TEXT, id)) {
		plan_edit_put(ui, id, buf_str(b), b->len);
		draft_settle(ui, false);
	} else {
		plan = editor_plan(b, ui->fold->plan.json, &e);
		same = editor_is_same(b, ui->fold->plan.json);
		plan_edit_put(ui, id, same ? NULL : buf_str(b), b->len);
		if (plan == NULL)
			ui_notice(ui, "%s · %s %s", e.text,
			    ui_key_of(ui,
				same ? ACTION_PLAN_APPROVE : ACTION_PLAN_EDIT),
			    same ? "approves it" : "opens your edit");
		else
			decision_send_plan(ui, "edit", NULL, plan);
		cJSON_Delete(plan);
	}
	free(id);
}

