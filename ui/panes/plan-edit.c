/*
 * A plan in the user's editor, as Markdown. The edited text is kept until it has
 * become the plan's next version: for the next edit while that plan waits, and
 * in the input line for the model if the plan was changed or decided meanwhile
 * (draft.c).
 */
#include "config.h"

#include "ui/panes/plan-edit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/plan-markdown.h"
#include "journal/fold.h"
#include "ui/panes/draft.h"
#include "ui/panes/send-decision.h"
#include "ui/panes/typing-data.h"
#include "ui/panes/ui-base.h"
#include "ui/text/input.h"

static char *
plan_edit_id(int version)
{
	return xasprintf("%d", version);
}

/* The plan as the fold has it; NULL with *e. */
static cJSON *
plan_edit_now(const struct ui *ui, struct err *e)
{
	const char *json = ui->fold->plan.json;

	return json == NULL ? NULL : json_parse(json, strlen(json),
	    JSON_NUL_REPLACE, e);
}

/* The edited text with a comment above the line that can't be read. */
static char *
plan_edit_noted(const char *text, size_t *len, const cJSON *now)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct buf noted = BUF_INIT(0);
	const char *p, *end, *stop = text + *len;
	struct err why = ERR_INIT;
	AUTO_JSON cJSON *plan = NULL;
	int at;

	for (p = text; p < stop; p = end) {	/* without earlier ones */
		end = memchr(p, '\n', (size_t)(stop - p));
		end = end == NULL ? stop : end + 1;
		if (strncmp(p, PLAN_MARKDOWN_NOTE,
		    strlen(PLAN_MARKDOWN_NOTE)) != 0)
			buf_add(&b, p, (size_t)(end - p));
	}
	plan = plan_markdown_read(buf_str(&b), b.len, now, &at, &why);
	p = buf_str(&b);
	for (stop = p + b.len; plan == NULL && at > 1 && p < stop; at--) {
		end = memchr(p, '\n', (size_t)(stop - p));
		end = end == NULL ? stop : end + 1;
		buf_add(&noted, p, (size_t)(end - p));
		p = end;
	}
	if (plan == NULL)
		buf_addf(&noted, "%s%s -->\n", PLAN_MARKDOWN_NOTE, why.text);
	buf_add(&noted, p, (size_t)(stop - p));
	*len = noted.len;
	return buf_take(&noted);
}

char *
plan_edit_text(struct ui *ui, size_t *len, int *version, struct err *e)
{
	AUTO_JSON cJSON *now = plan_edit_now(ui, e);
	AUTO_FREE char *id = NULL, *draft = NULL;

	*version = ui->fold->plan.version;
	if (now == NULL)
		return NULL;
	id = plan_edit_id(*version);
	draft = draft_copy(&ui->drafts, UI_PLAN_TEXT, id, len);
	return draft == NULL ? plan_markdown(now, len) :
	    plan_edit_noted(draft, len, now);
}

bool
plan_edit_is_plan(const struct ui *ui, const char *text, size_t len)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = plan_edit_now(ui, &e);
	AUTO_JSON cJSON *written = NULL;
	AUTO_JSON cJSON *same = NULL;
	size_t n;
	AUTO_FREE char *s = NULL;
	int line;

	if (now == NULL)
		return false;
	s = plan_markdown(now, &n);
	written = plan_markdown_read(text, len, now, &line, &e);
	same = plan_markdown_read(s, n, now, &line, &e);
	return (n == len && memcmp(s, text, n) == 0) ||
	    (written != NULL && same != NULL &&
	    plan_markdown_is_same(written, same));
}

bool
plan_edit_waits(const struct ui *ui)
{
	AUTO_FREE char *id = plan_edit_id(ui->fold->plan.version);

	return draft_waits(&ui->drafts, UI_PLAN_TEXT, id);
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
	AUTO_FREE char *id = plan_edit_id(version);

	plan_edit_put(ui, id, text, len);
}

/* Send the edited text, or say why not, at its line. */
static void
plan_edit_send(struct ui *ui, const char *text, size_t len)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *now = plan_edit_now(ui, &e);
	int line = 0;
	AUTO_JSON cJSON *plan =
	    now == NULL ? NULL : plan_markdown_read(text, len, now, &line, &e);

	if (plan != NULL)
		decision_send_plan(ui, "edit", NULL, plan);
	else if (line > 0)
		ui_notice(ui, "line %d: %s · %s opens your edit", line, e.text,
		    ui_key_of(ui, ACTION_PLAN_EDIT));
	else
		ui_notice(ui, "%s · %s opens your edit", e.text,
		    ui_key_of(ui, ACTION_PLAN_EDIT));
}

void
plan_edit_done(struct ui *ui, const struct buf *b, int version,
    const char *why)
{
	AUTO_FREE char *id = plan_edit_id(version);

	if (b == NULL) {
		ui_notice(ui, "%s", why);
	} else if (!draft_has_object(ui, UI_PLAN_TEXT, id)) {
		plan_edit_put(ui, id, buf_str(b), b->len);
		draft_settle(ui, false);
	} else {
		if (plan_edit_is_plan(ui, buf_str(b), b->len)) {
			plan_edit_put(ui, id, NULL, 0);
			ui_notice(ui, "plan unchanged · %s approves it",
			    ui_key_of(ui, ACTION_PLAN_APPROVE));
		} else {
			plan_edit_put(ui, id, buf_str(b), b->len);
			plan_edit_send(ui, buf_str(b), b->len);
		}
	}
}
