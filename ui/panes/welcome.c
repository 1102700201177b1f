#include "config.h"

#include "ui/panes/welcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/fold.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

#define WELCOME_WHY_MAX 240	/* bytes */

static const struct {
	enum action_id	 id;
	const char	*text;
} welcome_ways[] = {
	{ ACTION_FIRST_DEMO, "watch the demo: no key, no network" },
	{ ACTION_FIRST_KEY, "paste an API key: it is checked, and stored "
	    "readable only by you" },
	{ ACTION_FIRST_SERVER, "use a model server on this machine" },
	{ ACTION_FIRST_MANUAL, "read the manual" },
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
	page_adds(&p, STYLE_BOLD, "Welcome. No model is configured yet:");
	page_row_add(&p);
	for (i = 0; i < MEM_COUNT(welcome_ways); i++) {
		line = xasprintf("  %s  ", ui_key_of(ui, welcome_ways[i].id));
		row = page_add(&p, STYLE_PLAIN, page_keep_take(&p, line),
		    "     ", welcome_ways[i].text,
		    strlen(welcome_ways[i].text), true);
		p.rows[row].prefix_style = STYLE_KEY;
	}
	page_row_add(&p);
	page_addf(&p, STYLE_DIM, "Any letter begins a message; %s quits. "
	    "Without a model, only commands work: !COMMAND runs one in the "
	    "sandbox, / lists those of assent.",
	    ui_key_of(ui, ACTION_FIRST_QUIT));
	welcome_sandbox(ui, &p);
	for (i = 0; i < p.len && (int)i < r->rows; i++)
		page_draw_row(&ui->screen, &p, i, NULL, r->y + (int)i, r->x,
		    r->x + r->cols);
}

/* Begin "/model NAME", to be completed. */
static void
welcome_server(struct ui *ui)
{
	AUTO_BUF struct buf servers = BUF_INIT(0);
	AUTO_FREE char *first = NULL, *text = NULL;
	int n;

	if (!input_is_empty(&ui->input)) {
		ui_notice(ui, "you have a draft: send or clear it first");
		ui->typing = true;
		return;
	}
	n = ui->models.local == NULL ? 0 :
	    ui->models.local(ui->models.arg, &first, &servers);
	if (n == 0) {
		ui_notice(ui, "no model server answers on its usual port: "
		    "start llama.cpp, LM Studio, Ollama or vLLM, and press %s "
		    "again", ui_key_of(ui, ACTION_FIRST_SERVER));
		return;
	}
	text = xasprintf("/model %s", n == 1 ? first : "");
	(void)input_insert(&ui->input, text, strlen(text));
	ui->typing = true;
	ui_notice(ui, "found %s: %d model%s · %s", buf_str(&servers), n,
	    n == 1 ? "" : "s", n == 1 ? "Enter uses it" :
	    "Tab completes a name, Enter uses it");
	ui_notice_stay(ui);
}

bool
welcome_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_FIRST_DEMO:
		ui->want_edit = UI_RUN_DEMO;
		return true;
	case ACTION_FIRST_KEY:
		ui->want_edit = UI_RUN_LOGIN;
		return true;
	case ACTION_FIRST_MANUAL:
		ui->want_edit = UI_RUN_MANUAL;
		return true;
	case ACTION_FIRST_SERVER:
		welcome_server(ui);
		return true;
	default:
		return false;
	}
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
	if (why != NULL && what == UI_RUN_MANUAL)
		ui_notice(ui, "man can't show assent(1): man or the "
		    "page isn't installed");
	else if (why != NULL && why[0] != '\0' && what != UI_RUN_DEMO)
		ui_notice(ui, "%s", why);
	else if (why == NULL && what == UI_RUN_LOGIN)
		welcome_model(ui, true);
	return false;
}
