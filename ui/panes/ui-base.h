/*
 * ui-base: the state of the UI, and functions that all its parts use. The state
 * of a single part is in the headers named -data.
 */
#ifndef ASSENT_UI_PANES_UI_BASE_H
#define ASSENT_UI_PANES_UI_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"
#include "front/commit-run.h"
#include "front/slash-command.h"
#include "ui/panes/diff-data.h"
#include "ui/panes/output-data.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/transcript-data.h"
#include "ui/panes/typing-data.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define UI_QUIET_MS 700	/* since the last key, before focus may move */

struct colours;
struct err;
struct fold;
struct picker;
struct seen;
struct ui_shown;
struct ui_sent;
struct ui_mark_step;

enum ui_want { UI_WANT_NONE, UI_WANT_DETACH, UI_WANT_END, UI_WANT_OTHER };

struct ui_confirm {
	enum action_id	 action;	/* ACTION_NONE: no question */
	char		*question;
	int64_t		 proposal;
	char		*about;		/* confirm_about() when it was asked */
	char		**hunks;	/* ids */
	size_t		 hunks_len;
	char		*unseen;	/* the first of them that isn't seen in
					   full, or NULL */
	bool		 overwrite;	/* the question includes newer lines */
	bool		 fresh;		/* what is unseen of it isn't counted:
					   its frame isn't written yet */
	bool		 lower;		/* the key came without its capital */
	char		*glob;		/* files not to propose */
	int		 serial;	/* tells questions apart */
	enum action_id	 run;		/* chosen in the list of commands */
};

/* A list to choose from, over the pane in front. */
struct ui_pick {
	struct picker	*list;		/* NULL: none is open */
	const struct slash_command *of;	/* its words; NULL: commands, or */
	bool		 view;		/* the menu of views */
};

/* What runs in the terminal instead of the screen: an editor or a pager on a
 * text, or another program. */
enum ui_edit {
	UI_EDIT_NONE, UI_EDIT_PLAN, UI_EDIT_HUNK,
	UI_EDIT_TEXT,		/* the input line */
	UI_EDIT_SUMMARY,	/* the summary of older messages for the
				   model */
	UI_LOOK_FILE, UI_LOOK_TEXT,	/* ui.look */
	UI_RUN_DEMO, UI_RUN_LOGIN,	/* other programs in the terminal */
	UI_RUN_COMMIT,
	UI_RUN_PAUSE,		/* until the user has read why it failed */
};

/* What changed in a plan. */
struct ui_plan_news {
	char		*was;		/* the text of the version that was seen
					   or answered last, or NULL */
	int		 version;
	bool		 full;		/* it was seen in full */
	bool		 carried;	/* see plan_news_carry */
	bool		 on;		/* only changes are shown */
};

/* What a verdict would do: as drawn, and as it stands on the screen (see
 * state/verdict.h). */
struct ui_verdict_time {
	char		*drawn, *stands;
	bool		 came;		/* something came by itself since the
					   last frame, */
	bool		 drawn_came;	/* or before it, */
	bool		 unsent;	/* which may still be drawn over */
	int64_t		 came_until;	/* what came by itself doesn't count, */
	int64_t		 counts_at;	/* and what stands, */
	bool		 due;		/* and hasn't begun to */
};

/* What can wait for the user. */
enum ui_wait { UI_WAIT_ASK, UI_WAIT_LIMIT, UI_WAIT_PLAN, UI_WAIT_DIFF,
	UI_WAIT_COUNT };

struct ui_search {
	char		*text;		/* highlighted in the pane; or NULL */
	bool		 none;		/* it found nothing */
	char		*last;		/* the one before it ended; or NULL */
	char		*aside;		/* while the help is shown; or NULL */
};

/* Those from `at` on are taken back; see mark-history.h. */
struct ui_marks { struct ui_mark_step *steps; size_t len, at; };

/* What is going on, to measure how long it lasts. */
struct ui_state { char *name; int64_t since; };

/* Of the running command. */
struct ui_output { unsigned starts; int64_t since; };

/* The model's text, while it streams. */
struct ui_text {
	int64_t		 since;
	int64_t		 until;		/* its last piece */
	int64_t		 rate;		/* tokens a second; 0: unknown */
};

/* Another session of the project. */
struct ui_other {
	char		*id, *words;	/* and what it does; or NULL */
	bool		 over;		/* none is open: it was the last one */
	bool		 shown;		/* with a key that goes there */
};

/* Of a hunk; see hunk-edit.h. */
struct ui_hunk_edit {
	char		*hunk;		/* id of the one to be edited */
	bool		 overwrites;	/* and the text says that it
					   overwrites newer lines */
	char		*kept_hunk;	/* the hunk whose edit didn't apply, */
	char		*kept_text;	/* the edited text, */
	char		*kept_why;	/* and the error */
};

/* Of the syntax; see colours.h. */
struct ui_colours {
	bool		 wanted;
	int		 refused;	/* requests for them */
	struct colours	*list;
	size_t		 len;
};

typedef void ui_send_cb(void *arg, cJSON *take);

struct ui {
	struct fold	*fold;
	const struct bindings *bindings;
	ui_send_cb	*send;
	void		*send_arg;
	const char	*client;	/* our name in the journal */
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
	struct ui_pick	 pick;
	const struct slash_command *want_words;	/* open the list of its
						   words */
	bool		 quit_asked;
	struct ui_confirm confirm;
	struct input	 input;
	bool		 typing;
	bool		 typed_say;	/* before a text with another purpose,
					   typed over the help */
	bool		 typed_before;	/* before the list of commands: the
					   message line gets the focus back */
	enum ui_purpose	 purpose;
	char		*purpose_id;	/* hunk, or plan version as text */
	unsigned	 purpose_marked;	/* `marked` when it began */
	char		*about;		/* "a.c, hunk 2/5", or NULL */
	char		*begun;		/* the input before a key, or NULL */
	struct input	 saved_input;	/* of UI_SAY, while another text is
					   typed */
	struct drafts	 drafts;
	char		*summary_sent;	/* sent, not yet answered; or NULL */
	struct ui_say	 say;
	struct ui_search search;
	char		*notice;	/* until the next key; while it hides
					   the keys, for a limited time */
	int64_t		 notice_since;
	bool		 notice_stays;	/* the keys are in a row below it */
	bool		 notice_begins;	/* says what begins: until the status
					   shows it */
	bool		 notice_undoes;	/* offers to undo: until something
					   waits */
	int64_t		 away_seq;	/* says what happened since this line; 0 */
	int64_t		 away_now;	/* to this one */
	int64_t		 last_key;
	struct seen	**seen;		/* by id, in a hash table with at least
					   as many buckets as entries */
	size_t		 seen_len, seen_buckets;
	bool		 seen_fresh;	/* some of it isn't saved */
	struct ui_shown	*shown;
	size_t		 shown_len;
	struct ui_sent	*sent;		/* not settled yet; oldest first */
	size_t		 sent_len;
	struct ui_verdict_time verdict;
	unsigned	 marked;	/* counts the changes of the proposal
					   and of the marks in it */
	struct ui_marks	 marks;
	int64_t		 waits[UI_WAIT_COUNT];	/* the order in which they
						   began to wait; 0: not */
	int64_t		 waits_last;
	char		*wanted;	/* the prompt that was last announced */
	bool		 alert;		/* it began to wait: the loop
					   notifies */
	enum pane_id	 wanted_pane;
	bool		 kept;		/* the message line was asked for, or
					   typed in, since Enter or Esc: it
					   keeps the keys */
	bool		 away;		/* the user left what waits for another
					   pane */
	bool		 asked;		/* for an undo, by the last key */
	bool		 asked_list;	/* in the list of changes, which comes
					   back after it */
	enum pane_id	 back;		/* the pane before the list of
					   changes */
	bool		 check_offered;	/* the one that was found */
	bool		 checking;	/* see state_checking() */
	struct ui_state	 state;
	struct ui_output output;
	struct ui_text	 text;
	bool		 own_output;	/* the output pane is in front for the
					   user's own command: don't leave it */
	enum ui_want	 want;
	struct ui_other	 other;
	bool		 want_suspend, want_redraw;
	/* Write a host ("host:port") into the user's settings. -1 with *e.
	 * NULL: there are no settings. */
	int		(*save_host)(void *arg, const char *host, struct err *);
	void		*save_arg;
	bool		 no_shell;	/* no job-control shell: nothing could
					   resume us */
	enum action_id	 before;	/* the last key's, if it does the same
					   everywhere */
	bool		 want_frame;	/* a frame changed the text of the next
					   one */
	enum ui_edit	 want_edit;
	int64_t		*commit_changes;	/* of UI_RUN_COMMIT; none: all */
	size_t		 commit_changes_len;
	bool		 in_git;	/* the project is in a repository */
	char		*branch;	/* see commit_run_branch */
	struct commit_run commit;
	struct slash_command_models models;	/* models for /model */
	struct ui_hunk_edit edit;
	struct ui_lines	 lines;
	struct ui_plan_news plan_news;
	cJSON		*change;	/* the one whose hunks are listed: the
					   core's line, or NULL */
	bool		 product_open;	/* show the list of build products */
	struct ui_diff	 diff;
	struct ui_colours colours;
	struct ui_look	 look;
	struct ui_whole	 whole;		/* of the output */
	struct ui_live	 live;		/* of the running command */
};

unsigned ui_contexts(const struct ui *);
unsigned ui_contexts_pane(const struct ui *);
const struct pane_ops *ui_pane(const struct ui *);	/* in front */
/* The first key that this user has bound to an action. */
const char *ui_key_of(const struct ui *, enum action_id);
/* How a notice begins; the one about the model that follows repeats it. */
#define UI_KEY_STORED "the key is stored"
void	ui_notice(struct ui *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* The notice stays until the next key, however long that takes. */
void	ui_notice_stay(struct ui *);
/* Is an activity running whose time is shown? */
bool	ui_is_working(const struct ui *);
/* Is it a check of the accepted hunks? */
bool	ui_is_checking(const struct ui *);
/* End the search of the pane in front; it can be repeated. */
void	ui_search_end(struct ui *);
bool	ui_has_draft(const struct ui *);	/* is a text being typed, not
						   empty? */
bool	ui_can_retry(const struct ui *);	/* is the model to be asked
						   again? */
/* Is there a sandbox for commands, or is the level not known yet? */
bool	ui_is_sandboxed(const struct ui *);
/* Has nothing been said or run in this session? */
bool	ui_has_notes_only(const struct ui *);
/* Is all of it in the staged copy so far? */
#define UI_NOTHING_WRITTEN "nothing written yet"
bool	ui_has_written_nothing(const struct ui *);
/* Is there no model yet, and nothing in this session? */
bool	ui_is_first(const struct ui *);
/* Does Enter go to `other`? Only where nothing was said or typed. */
bool	ui_offers_other(const struct ui *);

#endif
