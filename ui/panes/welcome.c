#include "config.h"

#include "ui/panes/welcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/fold.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define WELCOME_WHY_MAX 240	/* bytes */

static const struct {
	const char	*command, *text;
} welcome_ways[] = {
	{ "/demo", "watch the demo: no key, no network" },
	{ "/login", "paste an API key: it is checked, and stored readable "
	    "only by you" },
	{ "/local", "use a model server on this machine" },
	{ "/help", "list keys and commands (the manual: man assent)" },
};

/* A weak sandbox, why it is one, and what to do; a strong one is shown by the
 * status. */
static void
welcome_sandbox(const struct ui *ui, struct page *p)
{
	const struct fold *f = ui->fold;
	char *why;

	if (f->sandbox == NULL || f->level == NULL || f->level[0] == 'A' ||
	    f->level[0] == 'B')
		return;
	page_row_add(p);
	page_addf(p, STYLE_BADGE, "%s", f->sandbox);
	/* A profile for AppArmor is a long command. */
	if (f->sandbox_why != NULL) {
		why = utf8_cut_dup(f->sandbox_why, WELCOME_WHY_MAX);
		page_adds(p, STYLE_PLAIN, page_keep_take(p, why));
	}
	page_adds(p, STYLE_DIM, "assent doctor says how to get a stronger "
	    "sandbox.");
}

void
welcome_draw(struct ui *ui, const struct rect *r)
{
	AUTO(page_release) struct page p = { 0 };
	size_t i, row;
	char *line;

	page_clear(&p, r->cols, ui->screen.flags);
	page_row_add(&p);
	page_adds(&p, STYLE_BOLD, "Welcome. No model is configured yet. Type one of these:");
	page_row_add(&p);
	for (i = 0; i < MEM_COUNT(welcome_ways); i++) {
		line = xasprintf("  %-8s", welcome_ways[i].command);
		row = page_add(&p, STYLE_PLAIN, page_keep_take(&p, line),
		    "          ", welcome_ways[i].text,
		    strlen(welcome_ways[i].text), true);
		p.rows[row].prefix_style = STYLE_KEY;
	}
	page_row_add(&p);
	page_adds(&p, STYLE_DIM, "!COMMAND runs a command in the sandbox; you "
	    "review its changes. C-d quits.");
	welcome_sandbox(ui, &p);
	for (i = 0; i < p.len && (int)i < r->rows; i++)
		page_draw_row(&ui->screen, &p, i, NULL, r->y + (int)i, r->x,
		    r->x + r->cols);
}

/* If a key was stored, use its provider's model. */
static void
welcome_model(struct ui *ui, bool checked)
{
	struct err e = ERR_INIT;
	cJSON *o = ui->models.by_default == NULL ? NULL :
	    ui->models.by_default(ui->models.arg, &e);

	if (o != NULL)
		ui->send(ui->send_arg, o);
	if (o == NULL && !checked)
		return;
	ui_notice(ui, "%s%s", o == NULL && err_is_set(&e) ? e.text :
	    UI_KEY_STORED, checked ? "" : ", but it was not checked");
}

bool
welcome_ran(struct ui *ui, enum ui_edit what, const char *why)
{
	/* The demo's status says how its task ended. */
	if (what == UI_RUN_LOGIN && why != NULL && why[0] != '\0') {
		welcome_model(ui, false);
		return true;
	}
	if (why != NULL && why[0] != '\0' && what != UI_RUN_DEMO)
		ui_notice(ui, "%s", why);
	else if (why == NULL && what == UI_RUN_LOGIN)
		welcome_model(ui, true);
	return false;
}
