/*
 * ui-base: the state of the UI, and functions that all its parts use.
 */
#ifndef ASSENT_UI_PANES_UI_BASE_H
#define ASSENT_UI_PANES_UI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/pathmap.h"
#include "client/offer.h"
#include "front/bindings.h"
#include "front/commit-run.h"
#include "front/history.h"
#include "front/slash-command.h"
#include "journal/event.h"
#include "review/review.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"
#include "ui/text/list.h"
#include "ui/text/markdown.h"
#include "ui/text/page.h"

struct colours;
struct export;
struct picker;
struct ui;

/* ---- a pane ---- */

enum pane_id {
	PANE_PLAN, PANE_TRANSCRIPT, PANE_OUTPUT, PANE_DIFF,
	PANE_ASK,		/* only while a command or a limit waits */
	PANE_CHANGES,		/* only when the user opens it */
	PANE_COUNT,
};

/* What a search has come to. */
enum found { FOUND_NONE, FOUND_ONE, FOUND_LATER };

struct pane_ops {
	const char	*name;
	bool		 streams;	/* at its end, it follows new text */
	/* Prepare the pane for display; may be NULL. */
	void (*open)(struct ui *);
	/* Append the title in the bar above the pane, which has room for so
	 * many cells. */
	void (*title)(const struct ui *, int room, struct buf *);
	/* A list: add its rows to an empty page, one cell narrower than the pane;
	 * they are made again when the version is another. The functions below
	 * may then be NULL. */
	void (*build)(const struct ui *, struct page *);
	int64_t (*version)(const struct ui *);
	/* Before a frame: make the page for this room, put it where the cursor
	 * is in view, and ask the core for what it lacks. */
	void (*place)(struct ui *, const struct rect *);
	/* Draw it. NULL: the page, as it is. */
	void (*draw)(const struct ui *, const struct rect *);
	/* True if the pane handled the action. May be NULL. */
	bool (*key)(struct ui *, enum action_id);
	/* The row was clicked: the cursor goes there. NULL: a list's does. */
	void (*go)(struct ui *, size_t row);
	/* Go to the next match for ui_search; a long search is done in pieces:
	 * search the first one, or the next. NULL: search the page. */
	enum found (*search)(struct ui *, bool begins);
	/* Export all of the pane's text, or the part to copy; false, with a
	 * notice or a general one, if there is none. NULL: it never has any. */
	bool (*look)(struct ui *, bool all, struct export *);
};

/* What the user types. */
enum ui_purpose { UI_SAY, UI_REJECT, UI_RETURN, UI_SEARCH, UI_COMMENT,
	UI_EXTEND, UI_ANSWER,
	UI_NOTE,		/* on a row of the plan: "3:step 2" */
	/* Never in the input line: written in the editor; or sent by a UI that
	 * has ended, and not yet in the journal. */
	UI_PLAN_TEXT, UI_HUNK_TEXT, UI_SENT };

/* A part of the screen with data of its own. Each function may be NULL. */
struct ui_part {
	/* A line of the core: before it is folded, and after. */
	void (*before)(struct ui *, const struct event *);
	void (*line)(struct ui *, const struct event *);
	/* True if the part handled the action. */
	bool (*key)(struct ui *, enum action_id);
	/* The user has typed a text with this purpose; its object is still in
	 * purpose_id. */
	void (*text)(struct ui *, enum ui_purpose, const char *text);
	void (*release)(struct ui *);
};

/* The position of each part of the screen. */
struct layout {
	/* The title and rows of the pane in front, and of the transcript below
	 * it. */
	struct rect	strip, title, main, beside_title, beside;
	struct rect	list;		/* to choose from: instead of main, or
					   below it, if it is short */
	struct rect	status, hints, input;
};

/* ---- the transcript ---- */

/* Functions that read the files of a session. Each may be NULL, and may return
 * nothing. */
struct transcript_source {
	/* A line of the journal, borrowed until the next one. */
	const char *(*line)(void *arg, int64_t seq, size_t *n);
	/* At most `max` bytes of a content: its beginning and its end, with a
	 * line between that says how much is omitted; malloc'ed. */
	char	*(*content)(void *arg, const char *sha256, size_t max,
		    size_t *len);
	/* At most n bytes of the content starting at `at`, and its size;
	 * malloc'ed. */
	char	*(*piece)(void *arg, const char *sha256, int64_t at, size_t n,
		    size_t *len, int64_t *size);
	void	*arg;
};

/* The rows of one item. */
struct transcript_page {
	size_t		 item;
	uint64_t	 version;	/* version of the item; 0: none */
	uint64_t	 used;		/* time of the last use, as a counter */
	struct page	 page;
	struct markdown	 markdown;
	bool		 grows;		/* it is streaming */
	unsigned	 partials;	/* which one */
};

struct transcript_height {
	int		 rows;
	uint64_t	 version;	/* version of the item; 0: none */
	bool		 open;
};

struct transcript {
	struct transcript_source source;
	struct transcript_page *pages;	/* of the items used last: more than a
					   screen shows */
	size_t		 pages_len;
	uint64_t	 count;
	struct transcript_height *heights;
	size_t		 heights_len;
	int		 width;		/* of all pages and heights */
	size_t		 item;		/* top row: item and row in it */
	int		 row;
	size_t		 cursor;	/* an item, if `marked` */
	bool		 marked;
	int64_t		 copied;	/* the seq of the item whose command was
					   copied: its output is next */
	size_t		 find_item;	/* the next item to search, */
	int		 find_row;	/* and the row to start after */
};

/* ---- the texts that the user types ---- */

struct draft {
	int		 purpose;	/* enum ui_purpose */
	char		*id;		/* the object of the text, or NULL */
	struct input	 input;
};

struct drafts {
	struct draft	*list;		/* oldest first */
	size_t		 list_len;
	struct input	 message;	/* of UI_SAY, while another text is
					   typed */
	char		*about;		/* "a.c, hunk 2/5", or NULL */
	char		*begun;		/* the input before a key, or NULL */
};

enum complete_kind {
	COMPLETE_NONE, COMPLETE_COMMAND, COMPLETE_ARGUMENT, COMPLETE_PATH,
	COMPLETE_WORD,			/* a path without its '@', by Tab */
};

/* The core's answer to a request for paths. */
enum complete_wait {
	COMPLETE_WAITS,
	COMPLETE_TAB,		/* Tab was pressed: complete when it comes */
	COMPLETE_ANSWERED,
};

struct complete {
	enum complete_kind kind;
	size_t		 from, to;	/* the part of the text to replace */
	struct picker	*list;		/* NULL: none is shown */
	size_t		 len;		/* its rows */
	size_t		 more;		/* files that the core has not listed */
	char		*asked;		/* path: the request sent to the core */
	enum complete_wait wait;
	bool		 chosen;	/* chosen with the arrows */
};

struct ui_say {
	struct history	 history;
	size_t		 at;		/* entry shown now; history.len: none */
	bool		 walking;	/* `draft` has the user's own text */
	struct buf	 draft;		/* that text, as the input has it */
	struct buf	 needle;
	char		*prompt;	/* while searching, else NULL */
	int64_t		 told_ms;	/* when the core was told of it; 0: it
					   wasn't */
	struct complete	 complete;
	cJSON		*outside;	/* images outside the project that may
					   be sent: their paths, or NULL */
	int64_t		 taking;	/* line of the message that the core is
					   asked to give back; 0: none */
	size_t		 kept;		/* messages that an ended task hasn't
					   sent, until the next key */
	int		 editing;	/* attachment in the editor, or -1 */
	struct input	*sent;		/* messages, oldest first, that are
					   not */
	size_t		 pending;	/* yet in the journal: this many; */
	int64_t		 sent_after;	/* all of them after this line */
};

/* ---- a command's output, and texts for other programs ---- */

struct ui_whole {
	char	*text;		/* the window: bytes [from, from + len); NULL:
				   the tail is shown, of output_shown */
	unsigned of;		/* `starts` of that */
	size_t	 len;
	int64_t	 from, size;	/* size: of the whole output */
	int64_t	 goes_to;	/* the byte to scroll to; -1: none */
	int64_t	 at;		/* position of the search */
	int	 failure;	/* of the rows (page_row.kind): those of this
				   kind are its failures; 0: none */
	/* The pane was opened for a failed check: then it goes to the first
	 * failure, and follows again when another command begins. */
	enum { FIRST_NOT, FIRST_DUE, FIRST_SHOWN } first;
	unsigned first_of;	/* the command whose failure it is */
};

/* Background commands, see background-list.c. */
struct ui_background {
	struct event *now;	/* the core's last list; or NULL */
	int64_t	 asked;		/* when it was asked for one */
	char	*follows;	/* the one whose output the pane shows; NULL: that
				   of the running or last command */
	struct fold_output *output;	/* of that one; or NULL */
	unsigned starts;	/* how many were followed */
	char	*port_of;	/* a port of this one is to be opened or closed */
};

struct ui_look {
	char	*name, *text;		/* for the pager */
	size_t	 len;
	char	*path;			/* or the user's own file */
	int	 line;			/* line to start at, from 1 */
	char	*copy;			/* for the terminal's clipboard */
	size_t	 copy_len;
};

/* ---- how the changes are displayed ---- */

/* Unchanged lines around a hunk, as the core sent them, and what else is shown of
 * it. */
struct diff_around {
	char	*hunk;			/* id */
	char	*before;		/* hash of the file, and */
	int	 start;			/* the hunk's first line, then */
	int	 lines;			/* requested on each side */
	char	*above, *below;		/* raw; whole lines */
	size_t	 above_len, below_len;
	int	 above_from;		/* number of its first line, in
					   `before` */
	bool	 all;			/* there are no more lines */
	bool	 moved;			/* equal lines of blocks that moved are
					   shown */
};

enum diff_wish { DIFF_BY_WIDTH, DIFF_ON, DIFF_OFF };

/* The hunk that is being edited; see hunk-edit.c. */
struct ui_hunk_edit {
	char		*hunk;		/* id of the one to be edited */
	bool		 overwrites;	/* and the text says that it
					   overwrites newer lines */
	bool		 sent;		/* the core can still refuse it */
};

/* Where the cursor of the diff is. On a file's row its keys are about the file,
 * unless the last key turned a page. */
enum diff_on { DIFF_ON_OTHER, DIFF_ON_PAGE, DIFF_ON_FILE,
	DIFF_ON_TREE };		/* of files: it has the keys */

struct ui_diff {
	enum diff_wish columns;		/* two columns: as the user wishes, */
	bool	 side;			/* and in the last frame */
	struct pane	 tree;		/* of files, beside the diff */
	struct pathmap folded;		/* its folders, each with its '/' */
	int	 listed_cols;		/* of the list of files, without the
					   tallies */
	enum diff_on	 on;		/* the cursor */
	struct pathmap open;		/* what the user has unfolded: generated
					   files; the first of hunks that make
					   the same change, by its id */
	bool	 header;		/* rows above the page have room, */
	bool	 checks;		/* and the first one is the check's */
	bool	 beside;		/* the page has two columns */
	size_t	 begin;		/* the row of the model's reason why the
					   check can't pass; SIZE_MAX: none */
	bool	 reasons;	/* the list has what the model says */
	bool	 quiet;		/* what no test notices is known, but has no
				   rows until the cursor leaves its hunk */
	int	 digits;		/* of the largest line number */
	char	*listed_from;		/* the hunk that was left for the list
					   of files; or NULL */
	char	*back;			/* the hunk to begin at, or NULL */
	char	*path;			/* of the cursor; NULL: of no file's */
	int	 start;			/* its hunk's old line; without a hunk
					   the row is `below` the first one of
					   this kind */
	int	 kind;
	long	 below;
	struct page right;		/* new lines, row by row beside those
					   of the pane's page */
	struct event *unwritten;	/* a line `applied`, if a file changed on
					   disk; and what that means */
	char	*disk;
	struct page	 note;		/* the rows that say so */
	struct rect	 tree_at;	/* where the tree is; no columns: there
					   is none */
	char	*made;			/* when this version was, or NULL */
	struct diff_around *around;
	size_t	 around_len;
	struct ui_hunk_edit edit;
};

/* The user picks single lines of a hunk. */
struct ui_lines {
	char		*hunk;		/* id; NULL: not picking */
	bool		*pick;		/* one for each '+' and '-' line */
	size_t		 len, picked;
	unsigned	 picks;		/* counts the changes of `pick` */
};

/* ---- the whole ---- */

#define UI_QUIET_MS 700	/* since the last key, before focus may move */

/* What keys ask the loop for: of several, the last one of these. */
enum ui_want { UI_WANT_NONE, UI_WANT_REDRAW, UI_WANT_SUSPEND, UI_WANT_DETACH,
	UI_WANT_END, UI_WANT_OTHER };

/* What a question is about, as numbers that are only compared. */
struct confirm_about {
	int64_t		 of;
	size_t		 notes;
};

/* Keys less than UI_QUIET_MS apart, where keys act. */
struct ui_burst {
	struct buf	 letters;	/* as they were typed, */
	size_t		 moved;		/* the last of them, which only move: none
					   is of the burst */
	int64_t		 typed, at;	/* when the last was, and the last that is
					   of it */
	size_t		 len;		/* those that are */
	size_t		 lost;		/* that did nothing: Enter doesn't,
					   either; nor does it after the Enter that
					   ended a reason */
	size_t		 steps;		/* review.step_at when it began */
	size_t		 drafted;	/* where such a text begins in the message
					   line, plus 1; 0: there is none */
};

/* An Enter that came before its row had stood. */
struct ui_held {
	char		*row;		/* its words; NULL: there is none */
	struct review_act act;
	int		 cols;
	int64_t		 together;	/* read with other keys, at that time */
};

struct ui_confirm {
	enum action_id	 action;	/* ACTION_NONE: no question;
					   ACTION_QUIT: detach or end? */
	enum review_prompt pane;	/* whose row it is; PROMPT_CONFIRM: a
					   question, which another key ends */
	char		*question;	/* or the row's words */
	struct confirm_about about;	/* when it was asked */
	bool		 capital;	/* Enter does it once Y chose it; */
	char		*said;		/* the row's words before it did, and those */
	char		*chosen;	/* that it chose; or NULL */
	bool		 unread;	/* Enter shows what wasn't read */
	bool		 pressed;	/* the key came too early, or another one
					   in its place */
	char		*subject;	/* a glob of files not to propose, the
					   path of an image to send, an amount */
	int64_t		 again_at;	/* C-d asked how to leave: from then on it
					   detaches; or 0 */
	int		 serial;	/* tells questions apart */
	size_t		 open;		/* hunks, when it was asked */
	unsigned	 left;		/* with these marks the row was closed:
					   review.marked + 1 */
};

/* A list to choose from, over the pane in front. */
struct ui_pick {
	struct picker	*list;		/* NULL: none is open */
	enum {
		PICK_COMMANDS,
		PICK_BACKGROUND,	/* background commands */
		PICK_PORTS,		/* of one, ui_background.port_of */
	}		 kind;
};

/* What runs in the terminal instead of the screen: an editor or a pager on a
 * text, or another program. */
enum ui_edit {
	UI_EDIT_NONE, UI_EDIT_PLAN, UI_EDIT_HUNK,
	UI_EDIT_TEXT,		/* the input line */
	UI_LOOK_FILE, UI_LOOK_TEXT,	/* ui.look */
	UI_RUN_DEMO, UI_RUN_LOGIN,	/* other programs in the terminal */
	UI_RUN_COMMIT, UI_RUN_SEND,
	UI_RUN_PAUSE,		/* until the user has read why it failed */
};

/* A text for the user's editor; `of` is its version. For another program, only
 * what is done at its end is set. */
struct ui_edit_ops {
	const char	*name;		/* of the file */
	/* Malloc'ed; NULL, with *e or a general reason: there is none. */
	char *(*text)(struct ui *, size_t *len, int64_t *of, struct err *);
	/* Handle the saved text, or NULL with the reason. */
	void (*done)(struct ui *, const char *text, size_t len, int64_t of,
	    const char *why);
	/* The UI ends: keep it for the next time. NULL: it becomes a message. */
	void (*keep)(struct ui *, const char *text, size_t len, int64_t of);
};

/* What a new version of the plan is compared with. */
struct ui_plan_news {
	char		*was;		/* the text of the version that was seen
					   or answered last, or NULL */
	int		 version;
	bool		 full;		/* it was seen in full: so is what the
					   next one has of it */
};

struct ui_search {
	char		*text;		/* highlighted in the pane; or NULL */
	bool		 back;
	bool		 runs;		/* it goes on: */
	int64_t		 left, all;	/* still to search, and at first */
};

/* What is going on, to measure how long it lasts. */
struct ui_clocks {
	struct { char *name; int64_t since; } state;
	struct { unsigned starts; int64_t since; } output;	/* of the running
					   command */
};

/* What a notice stands for. Each ends at the next key; a plain one, which hides
 * the keys, after a time. */
enum notice {
	NOTICE_PLAIN,
	NOTICE_INTERRUPT,	/* an interrupt was sent */
	NOTICE_RUNS,		/* a command runs after another one */
	NOTICE_KEY_STORED,	/* the one about the model repeats it */
	NOTICE_ASKED,		/* the model was asked about a hunk */
	NOTICE_BEGINS,		/* what begins: until the status shows it */
	/* Those from here on stay until the next key, however long that takes;
	 * keys are in a row below them. */
	NOTICE_STAYS,
	NOTICE_QUEUED,		/* a message: until the model has it */
	NOTICE_KEPT,		/* messages that an ended task hasn't sent */
	NOTICE_OFFERS,		/* offers to undo, or a check: until something
				   waits */
	NOTICE_AWAY,		/* what happened since the last key */
};

struct ui_noticed {
	enum notice	 kind;
	int64_t		 since;
	/* Of NOTICE_AWAY: the line of that key, the last one that is said, and
	 * the notice that it was added to, or NULL. */
	int64_t		 away_seq, away_now;
	char		*before;
};

/* An undo or redo: a key asks the core for it, another key ends that; its proposal
 * comes to the front, and once that is decided the list of changes comes back
 * where it was asked for there. */
enum ui_undo {
	UNDO_NONE,
	UNDO_ASKED, UNDO_ASKED_IN_LIST,	/* by the last key */
	UNDO_OF_LIST,			/* the proposal is in front */
};

/* The user's last act. */
enum ui_last {
	LAST_MESSAGE,		/* or nothing yet */
	LAST_DECISION,
	LAST_KEY,		/* another key, which may be meant for what was
				   there then */
};

/* The key that a page which came by itself waits for: until then keys only move,
 * since others may have been typed for what was there before. */
enum ui_until {
	UNTIL_NOTHING,
	UNTIL_TAB,
	UNTIL_GUEST_KEY,	/* after a command of `try` */
};

/* What waits for the user, and where they are meanwhile. */
struct ui_waits {
	char		*id;		/* the prompt that was last announced */
	enum pane_id	 pane;
	enum ui_last	 last;		/* keys that only move don't count */
	enum ui_until	 until;
	bool		 away;		/* the user left what waits for another
					   pane */
	enum ui_undo	 undo;
	enum pane_id	 back;		/* the pane before the list of
					   changes */
	bool		 lent;		/* the message line gets its keys back
					   from a text with another purpose */
	bool		 own_output;	/* the output pane is in front for the
					   user's own command: don't leave it */
};

#define STAGING_KEYS	32

/* In a review of your own tree, from a decision on until what is left is shown:
 * keys are kept, and done there. */
struct ui_staging {
	bool		 on;
	char		*hunk;		/* at the cursor, or NULL */
	uint32_t	 keys[STAGING_KEYS];
	size_t		 len;
};

/* The message line after a decision that left nothing open. */
struct ui_written {
	int64_t	until;		/* letters may be meant for what is decided */
	bool	first;		/* no message was sent since: one of marks only
				   asks */
};

/* An action that does something now. */
struct offer {
	const struct action *a;
	const char	*key;		/* the first; "" if it has none */
	bool		 quiet;		/* a hint would be in the way */
	int		 cols;		/* in the row of hints, in its shorter
					   words; 0: it has none */
	struct buf	 words, brief;	/* for it, and if it is narrow; empty:
					   the action's hint */
};

struct offers {
	struct offer	*list;
	size_t		 len;
	int		 cols;		/* of all hints */
};

/* What a frame draws. */
enum frame {
	FRAME_NONE,
	FRAME_LINE,		/* a key edited a text: the message line */
	FRAME_HINTS,		/* keys begin to count: the row of hints, too */
	FRAME_SAME,		/* text came, or time went by: the keys do what
				   they did */
	FRAME_ALL,
};

/* What is to be done. */
struct ui_wants {
	enum ui_want	 loop;
	enum frame	 frame;		/* what the next frame has to draw */
	enum frame	 least;		/* and, whatever it is drawn for, at
					   least */
	int64_t		 frame_at;	/* draw all then, if nothing has been
					   drawn since; 0: not */
	int64_t		 fork;		/* the line of the message to go on from,
					   -1: the last one; 0: no wish */
};

struct ui_git {
	bool		 here;		/* the project is in a repository */
	char		*branch;	/* see commit_run_branch */
	struct commit_run run;
	int64_t		*changes;	/* of UI_RUN_COMMIT; none: all */
	char		*title;		/* of its message; NULL: the drafted */
	size_t		 changes_len;
};

enum ui_other_is {
	OTHER_OPEN,
	OTHER_SHOWN,		/* by the last frame, with a key that goes there */
	OTHER_OVER,		/* none is open: it was the last one */
};

/* Whether keys go to other sessions. */
enum ui_other_way {
	OTHER_NO_WAY,		/* leave this one first */
	OTHER_GOES,
	OTHER_FROM_LIST,	/* of another host: back to it by leaving */
};

/* Another session of the project. */
struct ui_other {
	char		*id, *words;	/* and what it does; or NULL */
	enum ui_other_is is;
	/* All sessions of the user: */
	size_t		 waiting;	/* those that want a person, but this */
	char		*next, *next_words;	/* one of them; or NULL */
	size_t		 project;	/* bytes of the words up to its project */
	char		 host[65];	/* this one, if the terminal is elsewhere */
	enum ui_other_way way;
	const char	*go;		/* where to, "" for the list, at
					   UI_WANT_OTHER */
};

/* The syntax colours; see colours.c. */
struct ui_colours {
	bool		 wanted;
	int		 refused;	/* requests for them */
	struct colours	*list;
	size_t		 list_len;
};

typedef void ui_send_cb(void *arg, cJSON *take);

struct ui {
	struct fold	*fold;
	const struct bindings *bindings;
	ui_send_cb	*send;
	void		*send_arg;
	const char	*client;	/* our name in the journal */
	struct screen	*screen;	/* all that drawing may change */
	int64_t		 now;
	struct layout	 layout;	/* of the last frame */
	enum pane_id	 at;
	struct pane	 panes[PANE_COUNT];
	struct transcript transcript;
	enum ui_help {	/* what is over the pane in front */
		HELP_NOT,
		HELP_KEYS,
		HELP_BTW,	/* a question beside the work */
	}		 help;
	struct pane	 help_pane;
	int64_t		 btw_after;	/* only an answer after this line is
					   shown there; 0: the last one */
	struct ui_pick	 pick;
	struct ui_confirm confirm;
	struct input	 input;
	bool		 typing;
	enum ui_purpose	 purpose;
	char		*purpose_id;	/* hunk, or plan version as text */
	struct drafts	 drafts;
	struct ui_say	 say;
	struct ui_search search;
	char		*notice;	/* until the next key; while it hides
					   the keys, for a limited time */
	struct ui_noticed noticed;
	int64_t		 last_key;
	struct ui_burst	 burst;
	struct ui_held	 held;
	int64_t		 read_at;	/* keys that came together: when, and */
	size_t		 read_len;	/* how many of them there were before */
	int64_t		 enter_at;	/* after a write or an answer: no Enter
					   before that */
	struct review	 review;
	struct ui_waits	 waits;
	struct ui_written written;
	struct ui_staging staging;
	bool		 check_offered;	/* the one that was found */
	bool		 checking;	/* see state_checking() */
	struct ui_clocks clocks;
	struct ui_wants	 want;
	struct offers	 offers;
	struct ui_other	 other;
	/* Write a host ("host:port") into the user's settings. -1 with *e.
	 * NULL: there are no settings. */
	int		(*save_host)(void *arg, const char *host, struct err *);
	void		*save_arg;
	/* The path of a new file with the image on the clipboard, malloc'ed;
	 * NULL with *e. NULL: there is no such program. */
	char		*(*paste)(void *arg, struct err *);
	void		*paste_arg;
	bool		 looks;		/* as in ui_options */
	bool		 no_shell;	/* no job-control shell: nothing could
					   resume us */
	enum action_id	 before;	/* the last key's, if it does the same
					   everywhere, or left the empty message
					   line */
	enum ui_edit	 want_edit;
	struct ui_git	 git;
	struct slash_command_models models;	/* models for /model */
	struct ui_lines	 lines;
	struct ui_plan_news plan_news;
	struct event	*change;	/* the one whose hunks are listed: the
					   core's line, or NULL */
	bool		 ignored_open;	/* show the list of ignored files */
	struct ui_diff	 diff;
	struct ui_colours colours;
	struct ui_look	 look;
	struct ui_whole	 whole;		/* of the output */
	struct ui_background background;
};

/* The commands of files, of the core's list. */
const struct ev_commands *ui_commands(const struct ui *);
unsigned ui_contexts(const struct ui *);
unsigned ui_contexts_pane(const struct ui *);
/* What the key of this action would do now; NULL: nothing. */
const struct offer *ui_offer(const struct ui *, enum action_id);
/* The first key that this user has bound to an action. */
const char *ui_key_of(const struct ui *, enum action_id);
/* The same, or how to find one without a key: ":fork". */
const char *ui_way_of(const struct ui *, enum action_id);
/* The command while a message is typed, or if no key does it. */
const char *ui_key_or(const struct ui *, enum action_id, const char *command);
/* The one that leaves: C-d in the empty line, another where keys act. */
const char *ui_leave_key(const struct ui *);
/* The next frame draws this, too. */
void	ui_draws(struct ui *, enum frame);
/* The loop has to do this. */
void	ui_asks(struct ui *, enum ui_want);
void	ui_notice(struct ui *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Lines of ours, in which names have no newline; it stays. Takes the text. */
void	ui_notice_lines(struct ui *, struct buf *);
void	ui_notice_as(struct ui *, enum notice, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* The key of this action can do nothing: say what its row says. */
void	ui_none(struct ui *, enum action_id);
bool	ui_has_notice(const struct ui *, enum notice);
bool	ui_notice_stays(const struct ui *);
/* It isn't true any more. */
void	ui_notice_end(struct ui *, enum notice);
/* Send a command, and say what it leaves out. False: there is none (NULL). */
bool	ui_send(struct ui *, cJSON *take);
/* Is an activity running whose time is shown? */
bool	ui_is_working(const struct ui *);
/* Is it a check of the accepted hunks? */
bool	ui_is_checking(const struct ui *);
bool	ui_has_draft(const struct ui *);	/* is a text being typed, not
						   empty? */
bool	ui_can_retry(const struct ui *);	/* is the model to be asked
						   again? */
/* Does the session go on in its command's terminal, once this screen is left? */
bool	ui_leaves_to_command(const struct ui *);
/* Is there a sandbox for commands, or is the level not known yet? */
bool	ui_is_sandboxed(const struct ui *);
#define UI_NOTHING_WRITTEN "nothing written yet"
/* Is there no model yet, and nothing in this session? */
bool	ui_is_first(const struct ui *);
/* Does Enter go to `other`? Only where nothing was said or typed. */
bool	ui_offers_other(const struct ui *);

#endif
