/*
 * panes: all panes but the proposal's (ui/diff/diff.h) and the transcript's, and
 * what they share.
 */
#ifndef ASSENT_UI_PANES_PANES_H
#define ASSENT_UI_PANES_PANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "front/bindings.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"

extern const struct pane_ops pane_plan, pane_transcript, pane_output, pane_ask,
    pane_changes;
extern const struct ui_edit_ops edit_look, run_login, run_commit,
	    run_send;
extern const struct ui_part part_panes, part_plan, part_transcript, part_output,
    part_changes, part_ask, part_background, part_btw, part_colours;

/* ---- pane-ask.c: the prompt for a limit that was reached ---- */
/* Was all of the prompt displayed, or is it in the frame being drawn? */
bool	limit_is_shown(const struct ui *);

/* ---- pane.c: rectangles, which pane is in front, scrolling, the search, the
 * pager and the clipboard ---- */
struct layout_wish {
	int	strip;		/* rows of the plan's strip */
	int	input;		/* rows of the message line; 0: none */
	int	hints;		/* rows below the status line */
	int	enough;		/* rows that the focused pane can fill; 0: all.
				   On a high screen the transcript has the
				   rest */
};

void	layout_make(struct layout *, int rows, int cols,
	    const struct layout_wish *);
/* A screen of so many rows has room for little but hunks in front of the diff. */
#define LAYOUT_LOW_ROWS 24
/* One of so many has room for a pane below another. */
#define LAYOUT_BELOW_ROWS 45

/* Bring a pane to the front. */
void	view_go(struct ui *, enum pane_id);
/* The pane beside the one in front: 1, the next; -1, the one before. */
enum pane_id view_beside(const struct ui *, int step);
/* Where Tab leads: to what else waits, what stops the agent first, or to the next
 * pane, but not past a plan or a question. False: nowhere. */
bool	view_next(const struct ui *, enum pane_id *to);
/* Like view_go, but the user chose the pane: don't bring another one to the
 * front while something waits there. */
void	view_visit(struct ui *, enum pane_id);

/* Before a frame: see pane_ops. */
void	pane_place(struct ui *, struct pane *, const struct rect *);
/* Make the rows of a list, if they would be others. */
void	pane_make(struct ui *, struct pane *, int width);
/* Clamp pane->top to the page; then draw it from there. */
void	pane_place_page(struct pane *, const struct rect *);
void	pane_draw_page(const struct ui *, const struct pane *,
	    const struct rect *);
/* True if the action scrolls, or moves a list's cursor. */
bool	pane_scroll(struct pane *, enum action_id);
/* A key of the pane's own, or one that scrolls; false: it is neither. */
bool	pane_key(struct ui *, struct pane *, enum action_id);

/* Search the next piece, or the first: see pane_ops. */
void	search_step(struct ui *, bool begins);
/* Open or close the help, or the box of a question. It has a search of its own: the
 * text searched for in the panes is set aside until it closes. */
void	search_help(struct ui *, enum ui_help);

#define EXPORT_COPY_MAX	24000	/* bytes: terminals take more, slow lines not */
#define EXPORT_OUTPUT_MAX	((size_t)16 << 20)	/* of one output, in a pager */

/* From a pane: all its text, sanitized, for the pager; or the bytes under the
 * cursor, for the clipboard. */
struct export {
	struct buf	 text;
	const char	*name;		/* pager: of the file */
	int		 line;		/* pager: to begin at, from 1 */
	const char	*what;		/* copy: for the notice, "the line" */
};

void	export_clear(struct ui *);

/* ---- for the panes ---- */
/* Append foreign text, and a newline if it does not end in one. */
void	export_add(struct export *, const struct ui *, const char *text,
	    size_t len);
/* Append one line: our words, then a foreign text. */
void	export_add_line(struct export *, const struct ui *, const char *before,
	    const char *text);

/*
 * colours: syntax colours as the core sends them, by a name of what they belong
 * to (a content's hash, a block of code in the transcript).  Text is drawn at
 * once, colours when they are here.  They change only how text looks.
 */

/* A line from the core: true if it was an answer of this kind, or a refusal. */
bool	colours_line(struct ui *, const struct event *);
#define COLOURS_BLOCK	128	/* lines asked for at once */
#define COLOURS_LINES	(1 << 20)	/* of one text */

/* Before a line of the text (from 1) is drawn: the first line of a block of it to
 * ask for; 0: none. */
size_t	colours_lack(struct ui *, const char *name, int number);
/* The colours of what is drawn next, as far as they are here: `len` bytes from
 * `off` on of a line that has n bytes. */
void	colours_ink(const struct ui *, const char *name, int number, size_t n,
	    size_t off, size_t len);

/* The same for code in a row of item i. It asks for the whole block. */
void	code_colours_ask(struct ui *, size_t item, const struct page *,
	    size_t row);
void	code_colours_ink(const struct ui *, size_t item, const struct page *,
	    size_t row);

/* ---- btw.c: a question beside the work ---- */
/* Open its box for the answer after this line; 0: for the last one. */
void	btw_open(struct ui *, int64_t after);
/* Close it; an answer that still comes is stopped. */
void	btw_leave(struct ui *);
bool	btw_waits(const struct ui *);	/* does it? */
void	btw_place(struct ui *, const struct rect *);

/* ---- help.c: the keys ---- */
void	help_place(struct ui *, const struct rect *);

/* ---- plan-strip.c: the row above the panes ---- */
/* The model's text on one line, without Markdown, a space for each line
 * break. Malloc'ed. */
char	*plan_words(const struct ui *, const char *words);
/* 1; 0: there is nothing to say, or too small a screen. */
int	plan_strip_rows(const struct ui *);
void	plan_strip_draw(const struct ui *, const struct rect *);

/* ---- pane-plan.c: the plan, and the auto-approvals ---- */
/* Append what a key does, with the number of notes that go along, if any:
 * "approve with 2 notes". */
void	plan_add_notes(const struct ui *, const char *does, struct buf *);

/* The text of the plan that the user decides about, as Markdown; malloc'ed. */
char	*plan_text(const struct fold *);
/* The rows that the pane can fill, at this width; 0: all. */
int	plan_enough(const struct ui *, int cols);
/* Add the auto-approvals, and how all other changes are reviewed. */
void	plan_add_grants(const struct ui *, struct page *);

/* ---- pane-output.c: the output of a command ---- */
/* The best first: of an output, only lines of the best kind that it has count,
 * so that a failure counts once. */
enum failure_line {
	FAILURE_LINE_NONE,
	FAILURE_LINE_TEST,	/* the head of a failed test's own output */
	FAILURE_LINE_LIST,	/* a failed test in a list */
	FAILURE_LINE_ERROR,	/* a compiler's */
	FAILURE_LINE_REST,
};

/* What a line, without its newline, says of a failure. */
enum failure_line failure_line(const char *p, size_t n);

/* The mark in front of a line that was overwritten. */
const char *output_over(unsigned sanitize_flags);

/* ---- background-list.c: the list of background commands ---- */
/* Open it; a notice if there was none. */
void	background_list_open(struct ui *);
/* A key while it is open; false: it is the list's own. */
bool	background_list_key(struct ui *, const struct action *);
/* Does C-x do something at the cursor? */
bool	background_list_can_stop(const struct ui *);
bool	background_list_has_port(const struct ui *);
/* This row of PICK_PORTS was chosen: ask, or close it. */
void	background_port_take(struct ui *, const char *port);
void	background_port_send(struct ui *, const char *port, bool closes);
/* When background_list_tick has to ask the core again; -1: nobody looks. */
int64_t	background_list_due(const struct ui *);
void	background_list_tick(struct ui *);
/* What the output pane shows: of a background command that is followed, else of
 * the running or last command. */
const struct fold_output *output_shown(const struct ui *);
/* Show the running or last command again; false: it is shown already. */
bool	follow_end(struct ui *);

/* ---- pane-changes.c: the list of applied changes, and `assent commit` ---- */
/* The user asks for it: of all changes, or of this one only. */
void	git_commit_ask(struct ui *, const struct fold_change *, const char *title);
/* The command that undoes, or redoes, what is under the cursor; NULL: there is
 * nothing, and the user was told. */
cJSON	*changes_undo(struct ui *, bool redo);
/* Append what a key of the list would do at the cursor; false: nothing. */
bool	changes_hint(const struct ui *, enum action_id, bool brief,
	    struct buf *);

#endif
