/*
 * Staged files that are not proposed, in the diff pane: one line that opens
 * into the names, and the keys for them. The keys only send requests to the
 * core: they write nothing to the tree, and decide nothing.
 */
#include "config.h"

#include "ui/diff/product-list.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "ui/diff/diff.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define PRODUCT_NAMES 2		/* in the summary line, if it is one row */

static const char *
product_list_why(const struct fold_product *n)
{
	if (strcmp(n->why, "git") == 0)
		return "ignored by git";
	if (strcmp(n->why, "hidden") == 0)
		return "hidden in this session";
	if (strcmp(n->why, "binary") == 0)
		return "made by a command, untracked";
	return "cache or build product";
}

static char *
product_list_text(const struct ui *ui, size_t names)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	AUTO_BUF struct buf b = BUF_INIT(0);

	fold_product_text(&b, pr, names);
	if (pr->product_len > 0)
		buf_addf(&b, " %s %s %s them",
		    ui->screen.flags & SANITIZE_ASCII ? "-" : "\xc2\xb7",
		    ui_key_of(ui, ACTION_PRODUCTS),
		    ui->product_open ? "folds" : "lists");
	return sanitize_dup(buf_str(&b), ui->screen.flags);
}

void
product_list_build(struct ui *ui, struct page *p)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	int64_t rest;
	char *text;
	size_t i, row, names = ui->product_open ? 0 : PRODUCT_NAMES;

	if (pr->ignored <= 0)
		return;
	rest = pr->ignored;
	for (text = product_list_text(ui, names); names > 0 &&
	    sanitize_width(text, strlen(text), ui->screen.flags) > p->width;
	    text = product_list_text(ui, --names))
		free(text);
	row = page_addf(p, STYLE_DIM, "%s", text);
	free(text);
	for (; row < p->len; row++)
		p->rows[row].kind = DIFF_PRODUCT;
	for (i = 0; ui->product_open && i < pr->product_len; i++) {
		const struct fold_product *n = &pr->products[i];

		text = sanitize_dup(n->path, ui->screen.flags);
		row = page_addf(p, STYLE_DIM, "  %s  %lld file%s  %s", text,
		    (long long)n->files, n->files == 1 ? "" : "s",
		    product_list_why(n));
		free(text);
		rest -= n->files;
		for (; row < p->len; row++) {
			p->rows[row].kind = DIFF_PRODUCT;
			p->rows[row].change = (int)i + 1;
		}
	}
	if (ui->product_open && rest > 0 && pr->product_len > 0)
		page_addf(p, STYLE_DIM, "  and %lld more file%s",
		    (long long)rest, rest == 1 ? "" : "s");
}

static void
product_toggle(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;

	if (pr == NULL || pr->product_len == 0) {
		ui_notice(ui, "no build products in this proposal");
		return;
	}
	ui->product_open = !ui->product_open;
	diff_goto_product(ui);
}

static void
product_include(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	int n = diff_numbered(ui, DIFF_PRODUCT);

	if (pr == NULL || n < 1 || (size_t)n > pr->product_len) {
		if (!ui->product_open && pr != NULL && pr->product_len > 0)
			product_toggle(ui);
		ui_notice(ui, "p proposes the build product under the cursor");
		return;
	}
	ui->send(ui->send_arg, command_bytes("include", "path",
	    pr->products[n - 1].path_bytes,
	    strlen(pr->products[n - 1].path_bytes)));
}

/* The pattern for files of this kind: by the extension, else by the name. */
static char *
product_suggest(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot, *p;
	const char *name = slash == NULL ? path : slash + 1;

	dot = strrchr(name, '.');
	if (dot == NULL || dot == name || dot[1] == '\0')
		dot = NULL;
	/* Suggest no pattern with unusual characters. */
	for (p = dot == NULL ? path : dot; *p != '\0'; p++)
		if ((*p < '0' || *p > '9') && ((*p | 32) < 'a' ||
		    (*p | 32) > 'z') && strchr("._-/+", *p) == NULL)
			return xstrdup("");
	return xasprintf("%s%s", dot == NULL ? "/" : "*",
	    dot == NULL ? path : dot);
}

static void
product_never(struct ui *ui)
{
	const struct fold_proposal *pr = ui->fold->proposal;
	const struct fold_file *f = NULL;
	int n = diff_numbered(ui, DIFF_PRODUCT);

	const char *path;
	AUTO_FREE char *text = NULL;

	diff_hunk(ui, &f);
	path = pr != NULL && n > 0 && (size_t)n <= pr->product_len ?
	    pr->products[n - 1].path : f != NULL ? f->path : NULL;
	text = path == NULL ? xstrdup("") : product_suggest(path);
	typing_begin_with(ui, UI_HIDE, path, text);
}

void
product_list_hide(struct ui *ui, const char *glob)
{
	confirm_clear(ui);
	ui->confirm.glob = xstrdup(glob);
	confirm_ask(ui, ACTION_NEVER,
	    xasprintf(
		"Stop proposing files that match %s in this session?", glob));
}

void
product_list_hide_now(struct ui *ui)
{
	ui->send(
	    ui->send_arg, command_text("hide", "glob", ui->confirm.glob));
}

bool
product_list_key(struct ui *ui, enum action_id id)
{
	switch (id) {
	case ACTION_PRODUCTS:
		product_toggle(ui);
		return true;
	case ACTION_INCLUDE:
		product_include(ui);
		return true;
	case ACTION_NEVER:
		product_never(ui);
		return true;
	default:
		return false;
	}
}
