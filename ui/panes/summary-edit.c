/* The summary of older messages for the model, in the user's editor. */
#include "config.h"

#include "ui/panes/summary-edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "ui/panes/draft.h"
#include "ui/panes/ui-base.h"

char *
summary_edit_text(const struct ui *ui, size_t *len, int64_t *seq)
{
	const char *text = ui->fold->context_summary;

	if (text == NULL)
		return NULL;
	*seq = ui->fold->context_summary_seq;
	return editor_mark(text, len);
}

void
summary_edit_done(struct ui *ui, const char *text, size_t len, int64_t seq,
    const char *why)
{
	const char *before = ui->fold->context_summary;
	char *s;

	if (text == NULL) {
		ui_notice(ui, "%s", why);
		return;
	}
	s = editor_unmark(text, &len, before == NULL ? "" : before);
	if (before != NULL && strcmp(s, before) == 0) {
		ui_notice(ui, "summary unchanged");
		free(s);
		return;
	}
	ui->send(ui->send_arg, command_summary(s, len, seq));
	FREE_SET(ui->summary_sent, s);
	ui_notice(ui, "summary sent");
}

void
summary_edit_line(struct ui *ui, enum event_type type, const cJSON *line)
{
	bool refused = type == EVENT_REFUSED &&
	    strcmp(json_str_or(line, "to", ""), "compact") == 0;
	char *s = ui->summary_sent;

	if (s == NULL || (!refused && type != EVENT_COMPACTION))
		return;
	ui->summary_sent = NULL;
	if (refused && draft_text_to_line(ui, s, strlen(s)))
		ui_notice(ui, "%s \xc2\xb7 press %s for your text",
		    json_str_or(line, "text", "refused"),
		    ui_key_of(ui, ACTION_TYPE));
	free(s);
}
