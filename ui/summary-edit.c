/* What the model is told of older messages, in the user's editor. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/editor.h"
#include "ui/state.h"

char *
ui_summary_text(const struct ui *ui, size_t *len, int64_t *seq)
{
	const char *text = ui->fold->context_summary;

	if (text == NULL)
		return NULL;
	*seq = ui->fold->context_summary_seq;
	return editor_mark(text, len);
}

void
ui_summary_edited(struct ui *ui, const char *text, size_t len, int64_t seq,
    const char *why)
{
	const char *before = ui->fold->context_summary;
	char *s;

	if (text == NULL) {
		ui_notice(ui, "%s", why);
		return;
	}
	s = editor_unmark(text, &len, before == NULL ? "" : before);
	ui->send(ui->send_arg, command_summary(s, len, seq));
	free(s);
	ui_notice(ui, "the summary is sent");
}
