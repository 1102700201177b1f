/* Text leaves the screen here, always sanitized. */
#include "config.h"

#include "ui/panes/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"

void
export_clear(struct ui *ui)
{
	free(ui->look.name);
	free(ui->look.text);
	free(ui->look.path);
	free(ui->look.copy);
	memset(&ui->look, 0, sizeof(ui->look));
}

/* ---- the pager ---- */

void
export_add(struct export *l, const struct ui *ui, const char *text, size_t len)
{
	sanitize_add(&l->text, text, len, ui->screen.flags | SANITIZE_LINES);
	if (l->text.len > 0 && l->text.p[l->text.len - 1] != '\n')
		buf_addc(&l->text, '\n');
}

void
export_add_line(struct export *l, const struct ui *ui, const char *before,
    const char *text)
{
	buf_adds(&l->text, before);
	sanitize_add(&l->text, text, strlen(text), ui->screen.flags);
	buf_addc(&l->text, '\n');
}

int
export_lines(const char *p, size_t n)
{
	const char *end = p + n;
	int lines = 0;

	for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

static void
export_page(struct ui *ui)
{
	const struct pane_ops *ops = ui_pane(ui);
	struct export l = { .text = BUF_INIT(0), .line = 1 };

	if (ops->look == NULL || !ops->look(ui, true, &l)) {
		if (ui->notice == NULL)
			ui_notice(ui, "nothing here for the pager");
		buf_release(&l.text);
		return;
	}
	export_clear(ui);
	ui->look.line = l.line;
	ui->look.name = xstrdup(l.name);
	ui->look.len = l.text.len;
	ui->look.text = buf_take(&l.text);
	ui->want_edit = UI_LOOK_TEXT;
}

/* ---- the clipboard ---- */

/* Control characters become marks, so that pasting can't run anything. */
static char *
export_clean(const char *p, size_t n, size_t *len)
{
	struct sanitize_unit u;
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i += u.used) {
		sanitize_next(p + i, n - i, 0, 0, &u);
		if (p[i] == '\n' || p[i] == '\t')
			buf_addc(&b, p[i]);
		else
			buf_add(&b, u.text, u.len);
	}
	*len = b.len;
	return buf_take(&b);
}

static void
export_copy(struct ui *ui)
{
	const struct pane_ops *ops = ui_pane(ui);
	struct export l = { .text = BUF_INIT(0) };
	size_t len;

	if (ops->look == NULL || !ops->look(ui, false, &l)) {
		if (ui->notice == NULL)
			ui_notice(ui, "nothing here to copy");
		goto out;
	}
	export_clear(ui);
	len = l.text.len;
	if (len <= EXPORT_COPY_MAX)
		ui->look.copy = export_clean(buf_str(&l.text), len,
		    &ui->look.copy_len);
	if (len > EXPORT_COPY_MAX || ui->look.copy_len > EXPORT_COPY_MAX) {
		export_clear(ui);
		ui_notice(ui,
		    "too long for the clipboard: %zu bytes, limit %d · %s "
		    "opens the pager",
		    len, EXPORT_COPY_MAX, ui_key_of(ui, ACTION_LOOK_PAGER));
		goto out;
	}
	ui_notice(ui, "copied %s", l.what);
out:
	buf_release(&l.text);
}

bool
export_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_LOOK_PAGER:
		export_page(ui);
		return true;
	case ACTION_LOOK_COPY:
		export_copy(ui);
		return true;
	default:
		return false;
	}
}
