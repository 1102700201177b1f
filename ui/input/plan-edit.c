/*
 * A plan in the user's editor.  What comes back is kept until it has become the
 * plan: for the next time while that plan waits, and in the line for the model
 * when it was changed or decided meanwhile (draft.c).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/editor.h"
#include "ui/state/state.h"

static char *
plan_edit_id(int version)
{
	return xasprintf("%d", version);
}

char *
ui_plan_edit(struct ui *ui, size_t *len, int *version, struct err *e)
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

/* Instead of what was written the time before. */
static void
plan_edit_keep(struct ui *ui, const char *id, const char *text, size_t len)
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
ui_plan_keep(struct ui *ui, const char *text, size_t len, int version)
{
	char *id = plan_edit_id(version);

	plan_edit_keep(ui, id, text, len);
	free(id);
}

void
ui_plan_edited(struct ui *ui, const struct buf *b, int version,
    const char *why)
{
	char *id = plan_edit_id(version);
	struct err e = ERR_INIT;
	cJSON *plan;
	bool same;

	if (b == NULL) {
		ui_notice(ui, "%s", why);
	} else if (!draft_has_object(ui, UI_PLAN_TEXT, id)) {
		plan_edit_keep(ui, id, buf_str(b), b->len);
		draft_settle(ui, false);
	} else {
		plan = editor_plan(b, ui->fold->plan.json, &e);
		same = editor_is_same(b, ui->fold->plan.json);
		plan_edit_keep(ui, id, same ? NULL : buf_str(b), b->len);
		if (plan == NULL)
			ui_notice(ui, "%s · %s %s", e.text, ui_key_of(ui,
			    same ? ACTION_PLAN_APPROVE : ACTION_PLAN_EDIT),
			    same ? "approves it" : "opens what you wrote");
		else
			decide_plan(ui, "edit", NULL, plan);
		cJSON_Delete(plan);
	}
	free(id);
}

static const char *
plan_edit_check(const cJSON *plan)
{
	const cJSON *c = json_get(plan, "check");

	return cJSON_IsString(c) ? c->valuestring : json_str_or(c, "command",
	    "");
}

/* Who a success check is from changes when it is approved. */
static bool
plan_edit_is_same(const cJSON *a, const cJSON *b)
{
	static const char *const kept[] = { "goal", "steps", "files", "risks" };
	const cJSON *x, *y;
	size_t i;

	for (i = 0; i < MEM_COUNT(kept); i++) {
		x = json_get(a, kept[i]);
		y = json_get(b, kept[i]);
		if ((x != NULL || y != NULL) && !cJSON_Compare(x, y, true))
			return false;
	}
	return strcmp(plan_edit_check(a), plan_edit_check(b)) == 0;
}

bool
ui_plan_is_taken(const struct ui *ui, const struct input *in)
{
	const struct fold_plan *p = &ui->fold->plan;
	cJSON *now, *written;
	size_t len;
	char *text;
	bool same;

	if (p->status == NULL || strcmp(p->status, "approved") != 0 ||
	    p->json == NULL)
		return false;
	text = input_whole(in, &len);
	written = json_parse(text, len, JSON_NUL_REFUSE, NULL);
	now = json_parse(p->json, strlen(p->json), JSON_NUL_REPLACE, NULL);
	same = written != NULL && now != NULL &&
	    plan_edit_is_same(written, now);
	cJSON_Delete(written);
	cJSON_Delete(now);
	free(text);
	return same;
}
