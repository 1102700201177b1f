/*
 * ui-base: the state of the screen, and what all of its parts ask of it.  What a
 * part keeps for itself is in the headers named -data.
 */
#ifndef ASSENT_UI_BASE_UI_BASE_H
#define ASSENT_UI_BASE_UI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/action.h"
#include "front/bindings.h"
#include "front/slash-command.h"
#include "ui/base/diff-data.h"
#include "ui/base/output-data.h"
#include "ui/base/pane-data.h"
#include "ui/base/transcript-data.h"
#include "ui/base/typing-data.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define UI_QUIET_MS 1000	/* since the last key, before focus may move */

struct fold;
struct seen;
struct ui_shown;
struct ui_sent;

enum ui_want { UI_WANT_NONE, UI_WANT_DETACH, UI_WANT_END };

struct ui_confirm {
	enum action_id	 action;	/* ACTION_NONE: nothing is asked */
	char		*question;
	int64_t		 proposal;
	char		*about;		/* confirm_about() when it was asked */
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

unsigned ui_contexts(const struct ui *);
unsigned ui_contexts_pane(const struct ui *);
const struct pane_ops *ui_pane(const struct ui *);	/* in front */
/* The first key of an action, as this user has it. */
const char *ui_key_of(const struct ui *, enum action_id);
void	ui_notice(struct ui *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Something goes on whose time is shown. */
bool	ui_is_working(const struct ui *);
bool	ui_can_retry(const struct ui *);	/* the model is asked again */
/* Is there any sandbox for commands, or is it not known yet? */
bool	ui_is_sandboxed(const struct ui *);

#endif
