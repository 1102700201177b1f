/* Lists all keys, from the table that dispatches them. */

#include "config.h"

#include "ui/panes/panes.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

static const struct {
	unsigned	 context;
	const char	*heading;
} help_parts[] = {
	{ ACTION_CTX_DIFF, "Diff, in a review" },
	{ ACTION_CTX_FILES, "Diff, on a file" },
	{ ACTION_CTX_LINES, "Picking lines of a hunk" },
	{ ACTION_CTX_PLAN, "Plan to review" },
	{ ACTION_CTX_ASK, "Command that needs permission" },
	{ ACTION_CTX_PAUSE, "Limit reached" },
	{ ACTION_CTX_SERVICE, "The service's limit reached" },
	{ ACTION_CTX_CHANGES, "Applied changes" },
	{ ACTION_CTX_SEARCH, "Searching" },
	{ ACTION_CTX_CONFIRM, "Confirming" },
	{ ACTION_CTX_PANE, "Everywhere" },
	{ ACTION_CTX_INPUT, "Typing" },
	{ ACTION_CTX_PICK, "In a list to choose from" },
	{ ACTION_CTX_QUIT, "Quitting" },
	{ ACTION_CTX_HELP, "This list" },
};

static void
help_add_key(struct page *p, enum style style, const char *keys,
    const char *does)
{
	bool wide = p->width >= 60;
	char *key = xasprintf("  %-*s ", wide ? 20 : 9, keys);

	page_keep_take(p, key);
	page_own(p, style, key, wide ? "                       " :
	    "            ", does);
}

/* What newcomers look for, by what it does; the keys are those of the table. */
static const struct {
	enum action_id	 id;
	const char	*does;
} help_usual[] = {
	{ ACTION_PANE_NEXT, "go to the open question or review, or to the next pane" },
	{ ACTION_TYPE, "type a message or a /command" },
	{ ACTION_ACCEPT, "accept a hunk (on a file: all of it)" },
	{ ACTION_REJECT, "reject it" },
	{ ACTION_REJECT_WORD, "reject it, and say why" },
	{ ACTION_LINE_COMMENT, "comment on a line, or ask about it" },
	{ ACTION_HUNK_EDIT, "change a hunk yourself" },
	{ ACTION_TREE_GO, "go to the list of files, and back" },
	{ ACTION_UNDO, "undo the last mark or write" },
	{ ACTION_SEND, "write what is accepted; open hunks stay open" },
	{ ACTION_CHANGES, "see what was written" },
	{ ACTION_SEARCH, "search this pane; n and N go to the matches" },
	{ ACTION_INTERRUPT, "stop the agent" },
	{ ACTION_QUIT, "quit; the session can keep running" },
};

/* The text in the words of this kind of review. */
static const char *
help_words(const struct ui *ui, struct page *p, const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	fold_add_words(&b, ui->fold, text);
	return page_keep_take(p, buf_take(&b));
}

static void
help_add_usual(const struct ui *ui, struct page *p)
{
	size_t i;

	page_row_add(p);
	page_adds(p, STYLE_BOLD, "The usual");
	for (i = 0; i < MEM_COUNT(help_usual); i++)
		if (!ui->fold->reads || (help_usual[i].id != ACTION_SEND &&
		    help_usual[i].id != ACTION_HUNK_EDIT))
			help_add_key(p, STYLE_PLAIN, ui_key_of(ui,
			    help_usual[i].id), help_words(ui, p,
			    help_usual[i].does));
}

/* Does one of the n actions from row i on do something now? */
static bool
help_works(const struct ui *ui, size_t i, size_t n)
{
	while (n > 0 && ui_offer(ui, action_table[i + n - 1].id) == NULL)
		n--;
	return n > 0;
}

/* Keys of this context that would do nothing now are dim. */
static void
help_add_part(const struct ui *ui, struct page *p, size_t i, bool now)
{
	size_t j, n;

	page_row_add(p);
	page_addf(p, STYLE_BOLD, "%s%s", help_parts[i].heading, now ?
	    " · active now" : "");
	for (j = 0; j < action_table_len; j += n) {
		AUTO_BUF struct buf names = BUF_INIT(0), keys = BUF_INIT(0),
		    does = BUF_INIT(0);

		n = bindings_row(ui->bindings, j, &names, &keys, &does);
		if (keys.len > 0 && (action_table[j].contexts &
		    help_parts[i].context) != 0)
			help_add_key(p, !now || help_works(ui, j, n) ?
			    STYLE_PLAIN : STYLE_DIM, buf_str(&keys),
			    help_words(ui, p, buf_str(&does)));
	}
}

static void
help_add_mark(struct page *p, enum style style, const char *mark,
    const char *words)
{
	bool wide = p->width >= 60;
	int pad = (wide ? 21 : 10) - sanitize_width(mark, strlen(mark),
	    p->flags);
	AUTO_FREE char *text = xasprintf("%s%*s%s", mark, pad < 1 ? 1 : pad,
	    "", words);
	size_t row;

	row = page_own(p, STYLE_PLAIN, "  ", wide ? "                       " :
	    "            ", text);
	page_style(p, row, p->len, p->rows[row].p, strlen(mark), style);
}

/* Explain the signs on the screen that no text explains. */
static void
help_add_marks(const struct ui *ui, struct page *p)
{
	const struct screen *s = ui->screen;

	page_row_add(p);
	page_adds(p, STYLE_BOLD, "Marks");
	help_add_mark(p, STYLE_BOLD, "[ ] [y] [n] [e]", help_words(ui, p,
	    "beside a hunk and its lines: open, accepted, rejected, accepted "
	    "with your edit"));
	help_add_mark(p, STYLE_BOLD, "[ ] [~] [*]", help_words(ui, p, "a file: "
	    "open, some hunks still open, all marked and some rejected"));
	help_add_mark(p, STYLE_BOLD, (s->flags & (SANITIZE_ASCII |
	    SANITIZE_SIGNS)) != 0 ? "[ ] [>] [x]" :
	    "[ ] [>] [x], \xe2\x96\xb8 \xe2\x9c\x93",
	    "a step of the plan: to do, current, done");
	help_add_mark(p, STYLE_PLAIN, "86% context left",
	    "how much of the model's context window is free; ~: an estimate");
	help_add_mark(p, STYLE_BLANK, screen_blank_mark(s, false),
	    "a space: at the end of an added line, or where only spaces "
	    "changed");
	help_add_mark(p, STYLE_BLANK, screen_blank_mark(s, true), "a tab there");
	help_add_mark(p, STYLE_DIM, output_over(s->flags),
	    "output: the line was overwritten; this is its last state");
	help_add_mark(p, STYLE_MARK, "^[ <U+202E> <FF>",
	    "a control or invisible character, one that reverses text, or a "
	    "byte that isn't text");
	help_add_mark(
	    p, STYLE_DIM, screen_wrap(s), "the line continues in the next row; before a "
	    "row: it continues the line above");
}

void
help_place(struct ui *ui, const struct rect *r)
{
	struct page *p = &ui->help_pane.page;
	unsigned now = ui_contexts_pane(ui);
	const char *run;
	size_t i;

	page_clear(p, r->cols, ui->screen->flags);
	page_addf(p, STYLE_DIM, "%s searches, %s and the arrows scroll; other "
	    "keys go back%s.", ui_key_of(ui, ACTION_SEARCH),
	    ui_key_of(ui, ACTION_PAGE_DOWN), ui->typing &&
	    ui->purpose != UI_SEARCH ? ", and a letter is typed" : "");
	help_add_usual(ui, p);
	for (i = 0; i < MEM_COUNT(help_parts); i++)
		if ((help_parts[i].context & now) != 0)
			help_add_part(ui, p, i, true);
	for (i = 0; i < MEM_COUNT(help_parts); i++)
		if ((help_parts[i].context & now) == 0)
			help_add_part(ui, p, i, false);
	page_row_add(p);
	page_adds(p, STYLE_BOLD, "Commands (// or !! sends the line as text)");
	run = ui_is_sandboxed(ui) ? SLASH_COMMAND_RUN_HELP
				  : SLASH_COMMAND_RUN_BARE_HELP;
	page_own(p, STYLE_PLAIN, "  !command            ",
	    "                       ", run);
	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];
		char *name;

		if (!slash_command_is_here(c, SLASH_COMMAND_SCREEN, ui->fold))
			continue;
		name = xasprintf("  /%-10s %-8s ", c->name, c->args == NULL ?
		    "" : c->args);
		page_keep_take(p, name);
		page_own(p, STYLE_PLAIN, name, "                       ",
		    c->help);
	}
	help_add_marks(ui, p);
	if (ui->fold->task.text != NULL) {
		page_row_add(p);
		page_adds(p, STYLE_BOLD, "You asked");
		page_theirs(p, STYLE_USER, "> ", "> ", ui->fold->task.text,
		    strlen(ui->fold->task.text), true);
	}
	page_row_add(p);
	plan_add_grants(ui, p);
	pane_place_page(&ui->help_pane, r);
}
