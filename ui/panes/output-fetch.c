#include "config.h"

#include "ui/panes/output-fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "ui/panes/export.h"
#include "ui/panes/output-data.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/pane.h"
#include "ui/panes/panes.h"
#include "ui/panes/search.h"
#include "ui/panes/ui-base.h"

const char *
output_fetch_bytes(const struct ui *ui, size_t *len)
{
	const struct ui_live *l = &ui->live;

	*len = l->of == ui->fold->output.starts ? l->b.len : 0;
	return *len == 0 ? NULL : l->b.p;
}

/* Append the part of the fold's tail that follows the fetched bytes. */
static void
output_fetch_take_end(struct ui *ui)
{
	const struct fold *f = ui->fold;
	struct ui_live *l = &ui->live;
	int64_t from = f->output.bytes - (int64_t)f->output.text.len;
	int64_t have = (int64_t)l->b.len;

	if (have >= from && have < f->output.bytes)
		buf_add(&l->b, f->output.text.p + (have - from),
		    (size_t)(f->output.bytes - have));
}

static void
output_fetch_ask(struct ui *ui)
{
	struct ui_live *l = &ui->live;

	ui_notice(ui, "reading the output so far: %d%%",
	    (int)(100 * (int64_t)l->b.len / l->want));
	if (l->asked)
		return;
	l->asked = true;
	ui->send(ui->send_arg, command_int("output", "at",
	    (int64_t)l->b.len));
}

bool
output_fetch_waits(struct ui *ui, enum action_id id)
{
	const struct fold *f = ui->fold;
	struct ui_live *l = &ui->live;

	if (l->doing || !f->output.running ||
	    f->output.bytes <= (int64_t)f->output.text.len)
		return false;
	if (l->of != f->output.starts) {
		buf_release(&l->b);
		l->of = f->output.starts;
		l->asked = false;
	}
	output_fetch_take_end(ui);
	if ((int64_t)l->b.len >= f->output.bytes)
		return false;
	l->want = f->output.bytes;
	l->then = id;
	output_fetch_ask(ui);
	return true;
}

/* Handle the key as if it were typed now. */
static void
output_fetch_do(struct ui *ui, enum action_id id)
{
	output_fetch_stop(ui);
	FREE_NULL(ui->notice);
	if (ui->at != PANE_OUTPUT || ui->typing || ui->help)
		return;
	ui->live.doing = true;
	pane_output.key(ui, id);
	if (!export_key(ui, id) && !search_key(ui, id))
		pane_scroll(&ui->panes[PANE_OUTPUT], id);
	ui->live.doing = false;
}

void
output_fetch_line(struct ui *ui, const cJSON *line)
{
	struct ui_live *l = &ui->live;
	size_t n = 0;
	AUTO_FREE char *p = NULL;

	if (!l->asked || l->of != ui->fold->output.starts)
		return;
	l->asked = false;
	if (json_int(line, "at", -1) != (int64_t)l->b.len)
		return;
	p = json_get_bytes(line, "text", &n);
	if (p != NULL)
		buf_add(&l->b, p, n);
	output_fetch_take_end(ui);
	if (l->then == ACTION_NONE)
		return;
	/* The command has ended meanwhile, or all requested bytes are here. */
	if (n == 0 || (int64_t)l->b.len >= l->want)
		output_fetch_do(ui, l->then);
	else
		output_fetch_ask(ui);
}

void
output_fetch_refused(struct ui *ui, const cJSON *line)
{
	if (strcmp(json_str_or(line, "to", ""), "output") != 0)
		return;
	ui->live.asked = false;
	output_fetch_stop(ui);
}

void
output_fetch_stop(struct ui *ui)
{
	ui->live.then = ACTION_NONE;
}

