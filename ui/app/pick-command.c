/* The list of all commands, and the menu of views; see state.h. */

#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/approve.h"
#include "ui/app/decide.h"
#include "ui/app/state.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/panes/transcript.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/pick/picker.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

#define PICK_COMMAND_NONE "no match · type a command and its words as a message"

/* Where a decision is made. */
#define PICK_COMMAND_DECIDES (ACTION_CTX_ASK | ACTION_CTX_NET | \
	ACTION_CTX_PAUSE | ACTION_CTX_SERVICE | \
	ACTION_CTX_PLAN | ACTION_CTX_LINES | ACTION_CTX_FILES | \
	ACTION_CTX_DIFF)
/* Only while something of the kind is there. */
#define PICK_COMMAND_ASKED (ACTION_CTX_ASK | ACTION_CTX_NET | \
	ACTION_CTX_PAUSE | ACTION_CTX_SERVICE | ACTION_CTX_PLAN | \
	ACTION_CTX_CHANGES | \
	ACTION_CTX_LINES | ACTION_CTX_SEARCH)
#define PICK_COMMAND_PLACES (PICK_COMMAND_DECIDES | ACTION_CTX_CHANGES | \
	ACTION_CTX_SEARCH | ACTION_CTX_PANE)

/* Commands that do the same as a key: they are in its row. */
static const struct {
	enum slash_command_id	 command;
	enum action_id		 action;
} pick_command_same[] = {
	{ SLASH_COMMAND_BACKGROUND, ACTION_BACKGROUND },
	{ SLASH_COMMAND_CHANGES, ACTION_CHANGES },
	{ SLASH_COMMAND_DIFF, ACTION_PANE_DIFF },
	{ SLASH_COMMAND_END, ACTION_QUIT },
	{ SLASH_COMMAND_HELP, ACTION_HELP },
	{ SLASH_COMMAND_INTERRUPT, ACTION_INTERRUPT },
	{ SLASH_COMMAND_OUTPUT, ACTION_PANE_OUTPUT },
	{ SLASH_COMMAND_PLAN, ACTION_PANE_PLAN },
	{ SLASH_COMMAND_PROPOSE, ACTION_PROPOSE },
	{ SLASH_COMMAND_QUIT, ACTION_QUIT },
	{ SLASH_COMMAND_REDO, ACTION_REDO },
	{ SLASH_COMMAND_RETRY, ACTION_RETRY },
	{ SLASH_COMMAND_TEST, ACTION_CHECK },
	{ SLASH_COMMAND_UNDO, ACTION_UNDO },
};

/* Is the command the same as this action (NULL: as any)? */
static bool
pick_command_same_as(const struct slash_command *c, const struct action *a)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(pick_command_same); i++)
		if (pick_command_same[i].command == c->id &&
		    (a == NULL || pick_command_same[i].action == a->id))
			return true;
	return false;
}

/* The command with this name after its slash; the name ends at a space. */
static const struct slash_command *
pick_command_slash(const char *text)
{
	return slash_command_find(text + 1, strcspn(text + 1, " "));
}

/* The same among those of files; or NULL. */
static const struct ev_custom_command *
pick_command_file(const struct ui *ui, const char *text)
{
	MEM_EACH(ui_commands(ui), commands, it) {
		AUTO_FREE char *name = slash_command_file_name(it);

		if (strcmp(name, text) == 0)
			return it;
	}
	return NULL;
}

/* ---- why not now ---- */

/* malloc'ed; NULL: it may. */
static char *
pick_command_why(const struct ui *ui, const struct action *a)
{
	if ((a->contexts & ui_contexts_pane(ui)) != 0)
		return NULL;
	if ((a->contexts & (ACTION_CTX_DIFF | ACTION_CTX_FILES |
	    ACTION_CTX_LINES)) == 0)
		return xstrdup("nothing to use it on now");
	if (ui->at != PANE_DIFF)
		return xasprintf("show the diff first (%s)",
		    ui_key_of(ui, ACTION_PANE_DIFF));
	if (ui->fold->proposal == NULL)
		return xstrdup("no changes to review");
	return ui->lines.hunk == NULL ? xstrdup("go to a file first") :
	    xasprintf("stop picking lines first (%s)",
	    ui_key_of(ui, ACTION_LINES_LEAVE));
}

/* ---- the list ---- */

static void
pick_command_preview_action(const struct ui *ui, const struct action *a,
    struct page *p)
{
	AUTO_BUF struct buf places = BUF_INIT(0);
	const char *keys = bindings_of(ui->bindings, a, &places);
	AUTO_FREE char *why = pick_command_why(ui, a);

	if (why == NULL && ui_offer(ui, a->id) == NULL)
		why = xstrdup_null(a->none);
	if (why != NULL)
		page_addf(p, STYLE_BADGE, "Not now: %s.", why);
	page_adds(p, STYLE_PLAIN, a->help);
	page_addf(p, STYLE_DIM, "keys: %s · works in: %s",
	    keys[0] == '\0' ? "none" : keys, buf_str(&places));
	page_addf(p, STYLE_DIM, "another key: \"keys\": { \"%s\": \"...\" } in "
	    "config.json", a->name);
}

static void
pick_command_preview(void *arg, size_t row, struct page *p)
{
	struct ui *ui = arg;
	const char *text = picker_text(ui->pick.list, row);
	const struct slash_command *c;
	const struct action *a;
	const char *about;

	if (text[0] != '/') {
		if ((a = action_named(text)) != NULL)
			pick_command_preview_action(ui, a, p);
		return;
	}
	if ((c = pick_command_slash(text)) == NULL) {
		const struct ev_custom_command *it = pick_command_file(ui,
		    text);

		if (it == NULL)
			return;
		about = page_keep_take(p, xstrdup(ev_str(it->about, "")));
		page_theirs(p, STYLE_PLAIN, page_bar(p), page_bar(p), about,
		    strlen(about), true);
		page_addf(p, STYLE_DIM, "%s's own, from %s%s", it->origin,
		    it->path, it->seen ? "" :
		    ": you are shown it before it is sent");
		return;
	}
	page_adds(p, STYLE_PLAIN, c->help);
	page_addf(p, STYLE_DIM, "typed in the message line: /%s%s%s", c->name,
	    c->args == NULL ? "" : " ", c->args == NULL ? "" : c->args);
}

/* The row is found by the commands that do the same, too. */
static void
pick_command_add_action(struct ui *ui, const struct action *a)
{
	AUTO_BUF struct buf note = BUF_INIT(0);
	const char *first = NULL;
	size_t i;

	buf_adds(&note, a->help);
	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];

		if (!pick_command_same_as(c, a))
			continue;
		buf_addf(&note, "%s/%s", first == NULL ? " (" : ", ", c->name);
		first = first == NULL ? c->name : first;
	}
	buf_adds(&note, first == NULL ? "" : ")");
	picker_add(ui->pick.list, &(struct picker_entry){
	    .key = bindings_first(ui->bindings, a->id), .text = a->name,
	    .alias = first, .note = buf_str(&note),
	    .off = ui_offer(ui, a->id) == NULL });
}

/* Keys with a hint are needed most. Those that answer a question are listed while
 * it waits. */
static void
pick_command_add_actions(struct ui *ui, bool hinted)
{
	unsigned now = ui_contexts_pane(ui);
	size_t i;

	for (i = 0; i < action_table_len; i++) {
		const struct action *a = &action_table[i];

		if ((a->contexts & PICK_COMMAND_PLACES) != 0 &&
		    (a->flags & ACTION_UNLISTED) == 0 &&
		    ((a->contexts & PICK_COMMAND_ASKED) == 0 ||
		    (a->contexts & now) != 0) &&
		    a->id != ACTION_PALETTE && (a->hint != NULL) == hinted)
			pick_command_add_action(ui, a);
	}
}

static void
pick_command_close(struct ui *ui)
{
	picker_free(ui->pick.list);
	memset(&ui->pick, 0, sizeof(ui->pick));
}

static void
pick_command_add_files(struct ui *ui)
{
	MEM_EACH(ui_commands(ui), commands, it) {
		AUTO_FREE char *name = slash_command_file_name(it);
		AUTO_FREE char *note = slash_command_file_note(it);

		/* Typed, it's the agent's; chosen here, ours. */
		if (pick_command_slash(name) != NULL)
			continue;
		picker_add(ui->pick.list, &(struct picker_entry){
		    .text = name, .alias = name + 1, .note = note });
	}
}

static void
pick_command_all(struct ui *ui)
{
	size_t i;

	offers_make(ui);
	picker_free(ui->pick.list);
	ui->pick.list = picker_new(&(struct picker_kind){ .what = "commands",
	    .preview = pick_command_preview, .arg = ui, .notes_first = true,
	    .no_match = PICK_COMMAND_NONE });
	ui->pick.kind = PICK_COMMANDS;
	pick_command_add_actions(ui, true);
	pick_command_add_actions(ui, false);
	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];
		AUTO_FREE char *text = NULL;

		if ((c->where & SLASH_COMMAND_SCREEN) == 0 ||
		    slash_command_is_theirs(c, ui->fold) ||
		    pick_command_same_as(c, NULL))
			continue;
		text = xasprintf("/%s%s%s", c->name, c->args == NULL ? "" : " ",
		    c->args == NULL ? "" : c->args);
		picker_add(ui->pick.list, &(struct picker_entry){
		    .text = text, .alias = c->name, .note = c->help });
	}
	pick_command_add_files(ui);
	picker_start(ui->pick.list, 0);
}

/* ---- a row is chosen ---- */

/* Of the list of all commands: do what its key does. */
static void
pick_command_act(struct ui *ui, const struct action *a)
{
	AUTO_FREE char *why = pick_command_why(ui, a);

	if (why != NULL) {
		ui_notice(ui, "%s: %s", a->name, why);
		return;
	}
	pick_command_close(ui);
	state_action(ui, a);
}

/* Put the line into the message, with the menu of its words, if no other text
 * is there. */
static void
pick_command_type(struct ui *ui, const char *line)
{
	AUTO_FREE char *text = xasprintf("%s%s", line, strchr(line, ' ') ==
	    NULL ? " " : "");
	bool empty = input_is_empty(&ui->input);

	if (fold_agent_command(ui->fold, line) && pick_command_slash(line) !=
	    NULL)
		text[0] = ':';
	typing_begin_with(ui, UI_SAY, NULL, text);
	if (empty)
		composer_changed(ui, true);
	else
		ui_notice(ui, "%s is typed here: send or delete this text first",
		    line);
}

/* Is it run at once? Not what throws away, or costs, or needs words. */
static bool
pick_command_runs(const struct slash_command *c, bool words)
{
	return c->id != SLASH_COMMAND_NEW &&
	    c->id != SLASH_COMMAND_COMPACT && c->id != SLASH_COMMAND_END &&
	    c->id != SLASH_COMMAND_BTW && (words ||
	    !slash_command_needs_words(c));
}

char *
pick_command_box(const struct ui *ui, bool *runs)
{
	const struct page *p = &ui->panes[ui->at].page;
	const char *text = buf_str(&ui->input.text), *rest, *say;
	AUTO_FREE char *line = xasprintf("/%s", text);
	const struct slash_command *c;

	*runs = slash_command_parse(line, SLASH_COMMAND_SCREEN, ui->fold, &c,
	    &rest, &say) == SLASH_COMMAND_FOUND;
	if (ui->help || (!*runs && pick_command_file(ui, line) == NULL) ||
	    page_find(p, 0, text, false) < p->len)
		return NULL;
	*runs = *runs && pick_command_runs(c, rest[0] != '\0');
	return xstrdup(line);
}

void
pick_command_do(struct ui *ui, const char *line, bool runs)
{
	const struct slash_command *c;
	const char *rest, *say;

	if (runs && slash_command_parse(line, SLASH_COMMAND_SCREEN, NULL, &c,
	    &rest, &say) == SLASH_COMMAND_FOUND)
		(void)composer_command(ui, c, rest);
	else
		pick_command_type(ui, line);
}

static void
pick_command_take(struct ui *ui)
{
	const char *text = picker_text(ui->pick.list, picker_row(ui->pick.list));
	AUTO_FREE char *line = xmemdup(text, strcspn(text, " "));
	const struct slash_command *c;
	const struct action *a;

	if (ui->pick.kind == PICK_PORTS)
		background_port_take(ui, text);
	else if (text[0] != '/') {
		if ((a = action_named(text)) != NULL)
			pick_command_act(ui, a);
	} else {
		c = pick_command_slash(text);
		pick_command_close(ui);
		pick_command_do(ui, line, c != NULL &&
		    pick_command_runs(c, false));
	}
}

void
pick_command_key(struct ui *ui, const struct action *a, uint32_t key)
{
	if (ui->pick.kind == PICK_BACKGROUND && background_list_key(ui, a))
		return;
	switch (picker_key(ui->pick.list, a, key)) {
	case PICKER_TAKEN:
		pick_command_take(ui);
		break;
	case PICKER_LEFT:
		pick_command_close(ui);
		break;
	default:
		break;
	}
}

static bool
pick_key(struct ui *ui, enum action_id id)
{
	if (id != ACTION_PALETTE)
		return false;
	ui->send(ui->send_arg, command_of("commands"));
	pick_command_all(ui);
	return true;
}

/* The list of files may have come after it was opened. */
static void
pick_line(struct ui *ui, const struct event *e)
{
	if (e->type == EVENT_COMMANDS && ui->pick.list != NULL &&
	    ui->pick.kind == PICK_COMMANDS &&
	    picker_query(ui->pick.list)[0] == '\0' &&
	    picker_row(ui->pick.list) == 0)
		pick_command_all(ui);
}

const struct ui_part part_pick = { .key = pick_key, .line = pick_line,
	.release = pick_command_close };
