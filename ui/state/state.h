/*
 * state: the screen without a terminal.  Lines from the core and keys go in,
 * commands for the core come out of a callback, a frame is drawn into a grid.
 * No clock, no I/O: the caller says what time it is and when a frame has been
 * written to the terminal.
 */
#ifndef ASSENT_UI_STATE_STATE_H
#define ASSENT_UI_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/fold.h"
#include "front/action.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "ui/diff/diff.h"
#include "ui/input/draft.h"
#include "ui/input/input.h"
#include "ui/keys/keys.h"
#include "ui/layout/layout.h"
#include "ui/panes/output-fetch.h"
#include "ui/panes/export.h"
#include "ui/text/page.h"
#include "ui/input/composer.h"
#include "ui/term/screen.h"
#include "ui/panes/transcript.h"
#include "ui/panes/output-viewer.h"

#define UI_QUIET_MS 1000	/* since the last key, before focus may move */

/* How long a notice hides the keys: some seconds, and longer to read more. */
#define UI_NOTICE_MS 8000
#define UI_NOTICE_BYTE_MS 50

struct ui;

/* What has stood in written frames, by byte of its text; of a limit by row. */
struct seen {
	struct seen	*next;		/* in its bucket */
	char		*id;		/* hunk id, "plan:3", "ask:ID", "pause:4" */
	unsigned char	*bytes;		/* one flag a byte; at least one */
	size_t		 len, count;
	bool		 framed;	/* some row of it was written */
	bool		 keep;		/* for the sweep */
	enum fold_mark	 sent;		/* our mark, not yet in the fold */
	struct pairs	*pairs;		/* of a hunk's lines, or NULL */
	bool		 pairs_edited;	/* of the hunk as it was edited */
};

enum pane_id {
	PANE_PLAN, PANE_TRANSCRIPT, PANE_OUTPUT, PANE_DIFF,
	PANE_ASK,		/* only while a command or a limit waits */
	PANE_CHANGES,		/* only when it is asked for */
	PANE_COUNT,
};

struct place_at {
	size_t		 top, cur;
	bool		 follow;
	char		*hunk;
	size_t		 item, cursor;	/* of the transcript */
	int		 row;
	bool		 marked;
};

#define PLACE_REST_MS 1000	/* in one size: a person looks at it */

/* A place, in which size, and of which content. */
struct place_in {
	int		 rows, cols;	/* of the screen; 0: none */
	int		 width;		/* of the pane */
	int64_t		 content;
	struct place_at	 at;
};

struct place {
	struct place_in	 left;		/* by a person's keys */
	struct place_in	 rested;	/* looked at without a key since */
	struct place_in	 drawn;		/* by the last frame */
	bool		 moved;		/* since then, not by a size */
};

struct pane {
	struct page	 page;
	size_t		 top, cur;	/* rows of the page */
	int		 height;	/* of the last frame */
	bool		 follow;	/* keep the end in view */
	bool		 streams;	/* to be at the end is to follow it */
	bool		 asks;		/* says how much of it is below */
	int64_t		 made_seq;	/* fold.seq the page was made from */
	bool		 found;		/* the search was here last: */
	size_t		 found_item;
	int		 found_row;
	char		*hunk;		/* diff: id of the current hunk; changes:
					   "change:3" */
	int64_t		 proposal;	/* diff: the one it was opened for */
	struct place	 place;
};

struct pane_ops {
	const char	*name;
	/* Prepare for being looked at; may be NULL. */
	void (*open)(struct ui *);
	/* What stands in the bar above it. */
	void (*title)(const struct ui *, struct buf *);
	void (*draw)(struct ui *, const struct rect *);
	/* True if it took the action. May be NULL. */
	bool (*key)(struct ui *, enum action_id);
	/* Go to the next match of a text, false if there is none; NULL: as a
	 * page is searched. */
	bool (*search)(struct ui *, const char *text, bool back);
	/* All of its text, or what is to be copied of it; false, with a notice
	 * or a general one: none. NULL: it never has any. */
	bool (*look)(struct ui *, bool all, struct export *);
};

extern const struct pane_ops pane_plan, pane_transcript, pane_output,
    pane_diff, pane_ask, pane_changes;
extern const struct pane_ops *const pane_table[PANE_COUNT];

/* How a person wants the room to be shared out. */
struct view {
	bool		 columns;	/* where there is room */
	bool		 strip_away;	/* the plan's strip is hidden */
	int		 strip_more;	/* rows more than it has by itself */
	int		 share;		/* of the left column, in hundredths */
	enum pane_id	 other;		/* right of the transcript */
	bool		 jump;		/* of the frame being drawn: what
					   streams scrolls by half a pane */
};

enum ui_purpose { UI_SAY, UI_REJECT, UI_RETURN, UI_HIDE, UI_SEARCH, UI_COMMENT,
	UI_EXTEND,
	/* Never in the line: written in the editor; sent by a screen that is
	 * gone, and in no line of the journal yet. */
	UI_PLAN_TEXT, UI_SENT };

enum ui_want { UI_WANT_NONE, UI_WANT_DETACH, UI_WANT_END };

struct ui_confirm {
	enum action_id	 action;	/* ACTION_NONE: nothing is asked */
	char		*question;
	int64_t		 proposal;
	char		*about;		/* decide_about() when it was asked */
	char		**hunks;	/* ids */
	size_t		 hunks_len;
	bool		 overwrite;	/* it asks about newer lines too */
	int64_t		 change;	/* to be undone or redone */
	char		*glob;		/* not to be proposed; */
	char		*path;		/* and where that was typed, or NULL */
	int		 serial;	/* tells one question from the next */
};

/* What is to be edited, or is being edited. */
enum ui_edit {
	UI_EDIT_NONE, UI_EDIT_PLAN, UI_EDIT_HUNK,
	UI_EDIT_TEXT,		/* what is typed */
	UI_EDIT_SUMMARY,	/* what the model is told of older messages */
	UI_LOOK_FILE, UI_LOOK_TEXT,	/* ui.look, to be thrown away */
};

/* Single lines of a hunk being picked. */
struct ui_lines {
	char		*hunk;		/* id; NULL: they are not */
	bool		*pick;		/* one for each '+' and '-' line */
	size_t		 len;
};

struct ui_shown {			/* a row of a frame */
	struct seen	*seen;		/* NULL: gone since */
	size_t		 off, len;
};

/* A frame that was sent in full. */
struct ui_sent {
	int64_t		 at;		/* when a key can be an answer to it */
	char		*surface;	/* what it asks, or NULL */
	char		*hunk;		/* under the cursor in it, or NULL */
	struct ui_shown	*shown;
	size_t		 shown_len;
};

typedef void ui_send_cb(void *arg, cJSON *take);

struct ui {
	struct fold	*fold;
	const struct bindings *bindings;
	ui_send_cb	*send;
	void		*send_arg;
	struct screen	 screen;
	int64_t		 now;
	struct layout	 layout;	/* of the last frame */
	enum pane_id	 at;
	struct pane	 panes[PANE_COUNT];
	struct transcript transcript;
	bool		 zoom;
	struct view	 view;
	bool		 help;
	struct pane	 help_pane;
	bool		 quit_asked;
	struct ui_confirm confirm;
	struct input	 input;
	bool		 typing;
	enum ui_purpose	 purpose;
	char		*purpose_id;	/* hunk, or plan version as text */
	char		*begun;		/* what the input held before a key, or NULL */
	struct input	 saved_input;	/* of UI_SAY, while a word is typed */
	struct drafts	 drafts;
	char		*summary_sent;	/* and not yet answered, or NULL; */
	char		*hide_glob, *hide_path;	/* the same */
	struct ui_say	 say;
	char		*search;	/* shown wherever it stands; or NULL */
	char		*notice;	/* until the next key; where it hides
					   what is alive, for a while */
	int64_t		 notice_since;
	int64_t		 last_key;
	bool		 tabbed;	/* out of a text, and no pause since */
	int		 key_rows, key_cols;	/* the screen it was typed at */
	struct ui_sized {		/* the screen of the last frame */
		int	 rows, cols;
		int64_t	 since;
		int	 rest_rows, rest_cols;	/* the last one that stood */
	}		 sized;
	struct seen	**seen;		/* by id, in buckets: as many as there
					   are entries, and at most twice that */
	size_t		 seen_len, seen_buckets;
	struct ui_shown	*shown;
	size_t		 shown_len;
	struct ui_sent	*sent;		/* and not settled yet; oldest first */
	size_t		 sent_len;
	char		*drawn_surface;	/* what the frame being drawn asks */
	char		*armed;		/* what a written frame has asked */
	char		*drawn_hunk;	/* under the cursor, in that frame */
	char		*marked;	/* hunk that was marked last here */
	char		*armed_hunk;	/* under the cursor, in a written one */
	char		*wanted;	/* what was last brought to notice */
	bool		 alert;		/* it began to wait: the loop is to tell */
	bool		 waits;		/* it waits, without the focus */
	bool		 goes;		/* and gets it when the keys are quiet */
	enum pane_id	 wanted_pane;
	bool		 asked;		/* for an undo, by the last key: its
					   proposal does not wait for quiet */
	enum pane_id	 back;		/* from the list of changes */
	char		*state_name;	/* to know how long it lasts */
	int64_t		 state_since;
	unsigned	 output_starts;	/* and the running command */
	int64_t		 output_since;
	bool		 own_output;	/* the output pane is in front for what
					   the user ran: it is not taken away */
	enum ui_want	 want;
	bool		 want_suspend, want_redraw, want_reload;
	bool		 no_shell;	/* no job of one: who stops stays so */
	enum action_id	 before;	/* the last key's, if it is one that does
					   the same everywhere */
	bool		 want_frame;	/* what a frame showed has changed what
					   the next one says */
	enum ui_edit	 want_edit;
	struct slash_command_models models;	/* that /model may name */
	char		*edit_hunk;	/* id of the hunk to be edited */
	bool		 edit_overwrites; /* newer lines, as is said there */
	char		*kept_hunk;	/* id of one whose edit did not fit, */
	char		*kept_text;	/* what was written, */
	char		*kept_why;	/* and what is wrong with it */
	struct ui_lines	 lines;
	bool		 product_open;	/* build products are listed */
	struct ui_diff	 diff;
	struct ui_look	 look;
	struct ui_whole	 whole;		/* of the output */
	struct ui_live	 live;		/* of the running command */
};

/* The bindings are borrowed. */
void	ui_init(struct ui *, const struct bindings *, ui_send_cb *, void *arg);
void	ui_release(struct ui *);
/* A line of the core. */
void	ui_line(struct ui *, const cJSON *);
void	ui_key(struct ui *, const struct key_event *);
/* frame.c: draw into ui->screen, whose size was set before. */
void	ui_draw(struct ui *);
/* The last frame was sent in full, and stands on the screen in time for keys
 * that come at `at`.  One that is drawn over before it was sent has shown
 * nothing and asked nothing. */
void	ui_sent(struct ui *, int64_t at);
/* Take what the frames up to `now` have shown and asked as shown and asked. True
 * if a decision has become possible by it: what was typed before goes through
 * ui_key_old, and another frame shows the keys that are alive now. */
bool	ui_settle(struct ui *, int64_t now);
/* When there is something to settle; -1: nothing. */
int64_t	ui_settles(const struct ui *);
/* What is on its way will not be seen. */
void	ui_unsend(struct ui *);
/* Both at once, where a frame stands on the screen as it is written. */
bool	ui_written(struct ui *);
/* Is a frame on its way that asks what is in front now? Keys are then from
 * before it. */
bool	ui_is_early(const struct ui *);
/* A key from before that frame: it may move and write, not decide. */
void	ui_key_old(struct ui *, const struct key_event *);
/* When ui_tick has something to do (elapsed time, a focus that may move); -1:
 * never. */
int64_t	ui_deadline(const struct ui *);
/* True if the picture may have changed. */
bool	ui_tick(struct ui *);
/* Something goes on whose time is shown. */
bool	ui_can_retry(const struct ui *);	/* the model is asked again */
bool	ui_is_working(const struct ui *);

/* ---- for the panes ---- */
unsigned ui_contexts(const struct ui *);
unsigned ui_contexts_pane(const struct ui *);
const struct pane_ops *ui_pane(const struct ui *);	/* in front */
/* The first key of an action, as this user has it. */
const char *ui_key_of(const struct ui *, enum action_id);
/* What the agent does now is to end. */
void	ui_interrupt(struct ui *);
void	ui_notice(struct ui *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	ui_type(struct ui *, enum ui_purpose, const char *id);
/* The same, with a text to begin with, if none was left there. */
void	ui_type_with(struct ui *, enum ui_purpose, const char *id,
	    const char *text);
/* Back to the panes, and from a word to what was being said; what is left of the
 * word is kept for the next time. */
void	ui_type_end(struct ui *);
/* A key, or a paste, where text is typed. */
void	ui_key_input(struct ui *, const struct action *, uint32_t key);
void	ui_paste(struct ui *, const struct key_event *);
void	ui_go(struct ui *, enum pane_id);
/* frame.c: is there room for all of the question in the rows of hints? */
bool	ui_has_room(const struct ui *);
/* frame.c: take a row of the page as standing in this frame. */
void	ui_show(struct ui *, const struct page_row *);

/* ---- pane.c ---- */
/* Rows of a page from pane->top on, with the scroll keys' bounds applied. */
void	pane_draw_page(struct ui *, struct pane *, const struct rect *);
/* Go to a match in a page that is scrolled by its top. */
bool	pane_search(struct pane *, const char *text, bool back);
/* True if the action scrolls. */
bool	pane_scroll(struct pane *, enum action_id);
void	pane_release(struct pane *);

/* ---- displayed.c ---- */
struct seen *displayed_find(const struct ui *, const char *id);
/* Found or made; a text of another length starts anew. */
struct seen *displayed_get(struct ui *, const char *id, size_t len);
bool	displayed_is_full(const struct seen *);
/* Nothing of it has been seen. */
void	displayed_again(struct ui *, struct seen *);
/* Lines of the text that were not seen in full. */
int	displayed_missing_lines(const struct seen *, const char *text,
	    size_t len);
/* Forget what is no longer there. */
void	displayed_sweep(struct ui *);
void	displayed_release(struct ui *);

/* ---- prompt-id.c ---- */
/* What a decision key would be about: "diff:17" "lines:17" "plan:2" "ask:c1"
 * "pause:…" "confirm:4"; malloc'ed, NULL if nothing. */
char	*prompt_id(const struct ui *);
char	*prompt_id_pane(const struct ui *);	/* with nothing before it */
/* What waits for a person, whether in front or not; malloc'ed or NULL. */
char	*prompt_id_waiting(const struct ui *);
enum pane_id prompt_id_waiting_pane(const struct ui *);
bool	prompt_id_has_plan(const struct ui *);	/* one to be decided */

/* ---- decide.c: the rules against accidents ---- */
/* Has a written frame asked what is in front now? */
bool	decide_is_armed(const struct ui *);
bool	decide_key(struct ui *, const struct action *);
void	decide_confirmed(struct ui *);
void	decide_confirm_clear(struct ui *);
/* Is what was asked about still what stands for a decision? */
bool	decide_confirm_holds(const struct ui *);
void	decide_word(struct ui *, const char *word);
/* Taken in this form; `seen`: its giver has seen all of it; `overwrite`: and
 * that it overwrites newer lines. */
void	decide_send_edit(struct ui *, const struct fold_hunk *,
	    const char *text, size_t len, bool seen, bool overwrite);
/* Ask about the newer lines, and that many lines that were not seen. */
void	decide_overwrite(struct ui *, enum action_id, const char *what,
	    int lines);
/* Ask for the second key. */
void	decide_confirm_ask(struct ui *, enum action_id, char *question_take);
void	decide_plan(struct ui *, const char *action, const char *word,
	    const cJSON *plan);
/* Marks that the fold has by now, or all. */
void	decide_forget_sent(struct ui *, bool all);
/* The mark as we know it: sent, or in the fold. */
enum fold_mark decide_mark(const struct ui *, const struct fold_hunk *);

/* ---- limit.c: a limit that was reached ---- */
char	*limit_id(const struct ui *);	/* of the present pause; malloc'ed */
void	limit_page(struct ui *, struct page *);
/* Has all of it stood on the screen, or does it in the frame being drawn? */
bool	limit_is_shown(const struct ui *);
bool	limit_key(struct ui *, enum action_id);
/* What was typed as how much more. */
void	limit_amount(struct ui *, const char *text);

/* ---- view.c: which panes stand where ---- */
void	view_init(struct view *);
/* What the layout is to be, without input and hints. */
void	view_wish(const struct ui *, struct layout_wish *);
/* The pane that is shown beside the one in front, if one is. */
enum pane_id view_beside(const struct ui *);
/* Another pane is in front. */
void	view_went(struct ui *);
/* True if the action changes how the room is shared out. */
bool	view_key(struct ui *, enum action_id);
/* The top of a page of `len` rows that is followed to its end. */
size_t	view_follow(const struct ui *, size_t top, size_t len, int rows);

/* ---- search.c ---- */
void	search_set(struct ui *, const char *text);	/* and go there */
/* True if the action is one of the search's. */
bool	search_key(struct ui *, enum action_id);
/* One that is long goes on in pieces: the next is due; look through it, true if
 * there is something to be shown; it is given up. */
bool	search_is_busy(const struct ui *);
bool	search_step(struct ui *);
void	search_stop(struct ui *);

/* Text of the plan as it is decided on; malloc'ed. */
char	*plan_text(const struct fold *);

/* ---- status.c, help.c ---- */
/* Is there any sandbox for commands, or is it not known yet? */
bool	ui_is_sandboxed(const struct ui *);
void	status_draw(struct ui *, const struct layout *);
int	status_rows(const struct ui *, int cols);
/* Is there room for some keys behind the notice? */
bool	status_has_both(const struct ui *, int cols);
void	help_draw(struct ui *, const struct rect *);

/* ---- hunk-edit.c: less than a hunk, or another one ---- */
/* Split, edit and pick lines; true if the key was taken. `h` is the hunk under
 * the cursor. */
bool	hunk_edit_key(struct ui *, enum action_id, const struct fold_hunk *h);
/* What goes into the editor; malloc'ed, NULL if the hunk is gone. */
char	*hunk_edit_text(const struct ui *, size_t *len);
/* What came out of it, or NULL with the reason. */
void	hunk_edit_edited(struct ui *, const char *text, size_t len,
	    const char *why);
/* A line came: an edit that was taken needs not be kept any more, and one that
 * was refused (why) comes back with the reason. */
void	hunk_edit_settle(struct ui *, const char *why);
/* The screen leaves: what could not be sent goes to the line for the model. */
void	hunk_edit_leave(struct ui *);
/* The picked lines of the hunk, sent; or a question, if they overwrite newer
 * lines and that was not asked. */
void	hunk_edit_lines_send(struct ui *, bool overwrite);
/* Forget the picks if the hunk is gone, or (`all`) in any case. */
void	hunk_edit_lines_drop(struct ui *, bool all);
/* Is the n-th changed line (from 1) of this hunk picked? */
bool	hunk_edit_is_picked(const struct ui *, const struct fold_hunk *, int n);

/* ---- key-hints.c ---- */
/* Would the key of this action do something now? */
bool	key_hints_offer(const struct ui *, enum action_id);

/* ---- product-list.c: build products, which are not proposed ---- */
void	product_list_build(struct ui *, struct page *);	/* their rows */
bool	product_list_key(struct ui *, enum action_id);
/* Never propose what this pattern matches: ask whether it is meant, then it is sent. */
void	product_list_hide(struct ui *, const char *glob);
void	product_list_hide_now(struct ui *);
/* Not done, for this reason: what was typed is kept. */
void	product_list_hide_not(struct ui *, const char *why);
/* A line of the core: the same with what it refuses. */
void	product_list_line(struct ui *, const char *type, const cJSON *line);

/* ---- pane-changes.c: what was applied ---- */
bool	changes_key(struct ui *, enum action_id);
/* Ask the core which files have changed since. */
void	changes_look(struct ui *);
/* Ask for the proposal that takes this change back, or brings it again. */
void	changes_send(struct ui *, int64_t tx, bool redo);

/* ---- apply-notice.c ---- */
/* Says what of a decision was not carried out. */
void	apply_notice_line(struct ui *, const cJSON *line);

/* ---- diff-page.c ---- */
/* Make the page of the open proposal; its rows have a diff_kind. */
void	diff_build(struct ui *, struct page *, int width);

/* ---- pane-diff.c ---- */
enum diff_kind {
	DIFF_TEXT, DIFF_FILE, DIFF_HEAD, DIFF_LINE, DIFF_PRODUCT,
	DIFF_LISTED,		/* a file, in the list at the top */
	DIFF_NOTE,		/* a word about the lines above it */
	DIFF_CONTEXT,		/* a line that is no part of the hunk */
};
/* With the cursor on this row, and what follows in view. */
void	diff_goto_row(struct ui *, size_t row);
/* The number, from 1, of the build product under the cursor; 0: none. */
int	diff_product(const struct ui *);
/* Make the page anew, with the cursor on their first row. */
void	diff_goto_product(struct ui *);
/* The number, from 1, of the changed line under the cursor; 0: none. */
int	diff_change(const struct ui *);
/* The cursor to a changed line of its hunk: the next one, else the first. */
void	diff_goto_change(struct ui *);
/* The hunk of a row of its page, as the proposal has it now, or NULL. */
const struct fold_hunk *diff_row_hunk(const struct ui *,
	    const struct page_row *);
/* The hunk under the cursor, or NULL. */
const struct fold_hunk *diff_hunk(const struct ui *,
	    const struct fold_file **);
void	diff_next_undecided(struct ui *);

/* ---- pane-output.c ---- */
/* Rows of what was printed; the text is borrowed. */
void	output_add_lines(struct page *, const char *p, size_t n);
/* Stands in front of a line that was written over. */
const char *output_over(unsigned sanitize_flags);

/* ---- scroll-state.c: of a pane, through changes of size ---- */
/* A frame is going to be drawn. */
void	scroll_state_size(struct ui *);
/* It is going to be drawn; before its page is made for another width. */
void	scroll_state_begin(const struct ui *, struct pane *);
/* The page is made. In the size and with the content in which the pane was left,
 * it is there again. */
void	scroll_state_back(struct ui *, struct pane *, const struct rect *,
	    int64_t content);
/* Was it left in another size? Then so many rows stood above the cursor. */
bool	scroll_state_is_elsewhere(const struct ui *, const struct pane *,
	    size_t *above);
/* It has its place in this frame. */
void	scroll_state_keep(const struct ui *, struct pane *, const struct rect *,
	    int64_t content);
void	scroll_state_release(struct pane *);

/* ---- pane-plan.c ---- */
/* What goes through without a key, and how the rest is asked. */
void	plan_add_grants(const struct ui *, struct page *);
/* Did the plan that was approved expect this file, or its folder? */
bool	plan_expects(const struct fold_plan *, const char *path);

/* ---- plan-strip.c: the plan above the other panes ---- */
/* Words of the model on one line, as the pane has them: no marks of Markdown,
 * a blank where a row ends.  Malloc'ed. */
char	*plan_words(const struct ui *, const char *words);
int	plan_strip_rows(const struct ui *, int rows);
int	plan_strip_most(const struct ui *);	/* that it has words for */
/* Does the line of the sandbox stand in so many rows of it? */
bool	plan_strip_has_sandbox(const struct ui *, int rows);
void	plan_strip_draw(struct ui *, const struct rect *);

/* ---- plan-edit.c ---- */
/* The plan for the editor, or what was written of it before, malloc'ed, and its
 * version; NULL if there is none. */
char	*ui_plan_edit(struct ui *, size_t *len, int *version, struct err *);
/* What came out of it, or NULL with the reason. */
void	ui_plan_edited(struct ui *, const struct buf *, int version,
	    const char *why);
/* The same for one who leaves: it is kept for the next time. */
void	ui_plan_keep(struct ui *, const char *text, size_t len, int version);
/* Has it become the plan? */
bool	ui_plan_is_taken(const struct ui *, const struct input *);

/* ---- summary-edit.c ---- */
/* The summary for the editor, malloc'ed, and its line's seq; NULL if there is
 * none. */
char	*ui_summary_text(const struct ui *, size_t *len, int64_t *seq);
/* What came out of it, or NULL with the reason. */
void	ui_summary_edited(struct ui *, const char *text, size_t len,
	    int64_t seq, const char *why);
/* A line of the core: what it refuses of that goes to the line for the model. */
void	ui_summary_line(struct ui *, const char *type, const cJSON *line);

#endif
