/* What the model is told of older messages, in the user's editor. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sanitize.h"
#include "ui/state.h"

char *
ui_summary_text(const struct ui *ui, size_t *len, int64_t *seq)
{
	const char *text = ui->fold->context_summary;
	struct buf b = BUF_INIT(0);

	if (text == NULL)
		return NULL;
	sanitize_add(&b, text, strlen(text), SANITIZE_LINES |
	    sanitize_locale());
	*len = b.len;
	*seq = ui->fold->context_summary_seq;
	return buf_take(&b);
}

void
ui_summary_edited(struct ui *ui, const char *text, size_t len, int64_t seq,
    const char *why)
{
	if (text == NULL) {
		ui_notice(ui, "%s", why);
		return;
	}
	ui->send(ui->send_arg, command_summary(text, len, seq));
	ui_notice(ui, "the summary is sent");
}
