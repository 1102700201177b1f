/*
 * state: the screen without a terminal.  Lines from the core and keys go in,
 * commands for the core come out of a callback, a frame is drawn into a grid.
 * No clock, no I/O: the caller says what time it is and when a frame has been
 * written to the terminal.
 */
#ifndef ASSENT_UI_STATE_H
#define ASSENT_UI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "journal/fold.h"
#include "ui/action.h"
#include "ui/input.h"
#include "ui/keys.h"
#include "ui/layout.h"
#include "ui/page.h"
#include "ui/screen.h"

#define UI_QUIET_MS 1000	/* since the last key, before focus may move */

#define UI_SEEN_BUCKETS 512

struct ui;

/* What has stood in written frames, by byte of its text. */
struct seen {
	struct seen	*next;		/* in its bucket */
	char		*id;		/* hunk id, "plan:3", "ask:ID" */
	unsigned char	*bytes;		/* one flag a byte; at least one */
	size_t		 len, count;
	bool		 framed;	/* some row of it was written */
	bool		 keep;		/* for the sweep */
	enum fold_mark	 sent;		/* our mark, not yet in the fold */
};

enum pane_id {
	PANE_PLAN, PANE_TRANSCRIPT, PANE_OUTPUT, PANE_DIFF,
	PANE_ASK,		/* only while a command or a limit waits */
	PANE_COUNT,
};

struct pane {
	struct page	 page;
	size_t		 top, cur;	/* rows of the page */
	int		 height;	/* of the last frame */
	bool		 follow;	/* keep the end in view */
	bool		 streams;	/* to be at the end is to follow it */
	int64_t		 made_seq;	/* fold.seq the page was made from */
	/* transcript: rows of each item at this width; 0: not known */
	int		*heights;
	uint64_t	*sizes;		/* what they were measured from */
	size_t		 heights_len;
	int		 heights_width;
	size_t		 item;		/* top row: item and row in it */
	int		 row;
	char		*hunk;		/* diff: id of the current hunk */
	int64_t		 proposal;	/* diff: the one it was opened for */
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
	/* Go to the next match of a text; NULL: it cannot be searched. */
	bool (*search)(struct ui *, const char *text, bool back);
};

extern const struct pane_ops pane_plan, pane_transcript, pane_output,
    pane_diff, pane_ask;

enum ui_purpose { UI_SAY, UI_REFUSE, UI_RETURN };

enum ui_want { UI_WANT_NONE, UI_WANT_DETACH, UI_WANT_END };

struct ui_confirm {
	enum action_id	 action;	/* ACTION_NONE: nothing is asked */
	char		*question;
	int64_t		 proposal;
	char		**hunks;	/* ids */
	size_t		 hunks_len;
	int		 serial;	/* tells one question from the next */
};

struct ui_shown {			/* of the frame being drawn */
	struct seen	*seen;
	size_t		 off, len;
};

typedef void ui_send_cb(void *arg, cJSON *take);

struct ui {
	struct fold	*fold;
	ui_send_cb	*send;
	void		*send_arg;
	struct screen	 screen;
	int64_t		 now;
	enum pane_id	 at;
	struct pane	 panes[PANE_COUNT];
	bool		 zoom;
	bool		 help;
	struct pane	 help_pane;
	bool		 quit_asked;
	struct ui_confirm confirm;
	struct input	 input;
	bool		 typing;
	enum ui_purpose	 purpose;
	char		*purpose_id;	/* hunk, or plan version as text */
	char		*saved_text;	/* of UI_SAY, while a word is typed */
	char		*notice;	/* until the next key */
	int64_t		 last_key;
	struct seen	*seen[UI_SEEN_BUCKETS];
	struct ui_shown	*shown;
	size_t		 shown_len, shown_cap;
	char		*drawn_surface;	/* what the frame being drawn asks */
	char		*armed;		/* what a written frame has asked */
	char		*drawn_hunk;	/* under the cursor, in that frame */
	char		*armed_hunk;	/* under the cursor, in a written one */
	char		*wanted;	/* what was last brought to notice */
	bool		 waits;		/* it waits, without the focus */
	bool		 goes;		/* and gets it when the keys are quiet */
	enum pane_id	 wanted_pane;
	char		*state_name;	/* to know how long it lasts */
	int64_t		 state_since;
	enum ui_want	 want;
	bool		 want_suspend, want_redraw, want_edit;
};

void	ui_init(struct ui *, ui_send_cb *, void *arg);
void	ui_release(struct ui *);
/* A line of the core. */
void	ui_line(struct ui *, const cJSON *);
void	ui_key(struct ui *, const struct key_event *);
/* Draw into ui->screen, whose size was set before. */
void	ui_draw(struct ui *);
/* The frame has been written. True if a decision has become possible by it:
 * what was typed before goes through ui_key_old, and another frame shows the
 * keys that are alive now. */
bool	ui_written(struct ui *);
/* A key from before that frame: it may move and write, not decide. */
void	ui_key_old(struct ui *, const struct key_event *);
/* When ui_tick has something to do (elapsed time, a focus that may move); -1:
 * never. */
int64_t	ui_deadline(const struct ui *);
/* True if the picture may have changed. */
bool	ui_tick(struct ui *);
/* Something goes on whose time is shown. */
bool	ui_is_working(const struct ui *);
/* The edited plan, or NULL with the reason why there is none. */
void	ui_plan_edited(struct ui *, const cJSON *plan, const char *why);

/* ---- for the panes ---- */
unsigned ui_contexts(const struct ui *);
void	ui_notice(struct ui *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	ui_type(struct ui *, enum ui_purpose, const char *id);
/* Take a row of the page as standing in this frame. */
void	ui_show(struct ui *, const struct page_row *);

/* ---- pane.c ---- */
/* Rows of a page from pane->top on, with the scroll keys' bounds applied. */
void	pane_draw_page(struct ui *, struct pane *, const struct rect *);
/* True if the action scrolls. */
bool	pane_scroll(struct pane *, enum action_id);
void	pane_release(struct pane *);

/* ---- seen.c ---- */
struct seen *seen_find(const struct ui *, const char *id);
/* Found or made; a text of another length starts anew. */
struct seen *seen_get(struct ui *, const char *id, size_t len);
bool	seen_is_full(const struct seen *);
/* Lines of the text that were not seen in full. */
int	seen_missing_lines(const struct seen *, const char *text, size_t len);
/* Forget what is no longer there. */
void	seen_sweep(struct ui *);
void	seen_release(struct ui *);

/* ---- decide.c: the rules against accidents ---- */
/* What a decision key would be about: "diff:17" "plan:2" "ask:c1" "pause:…"
 * "confirm:4"; malloc'ed, NULL if nothing. */
char	*ui_surface(const struct ui *);
/* What waits for a person, whether in front or not; malloc'ed or NULL. */
char	*ui_waiting(const struct ui *);
enum pane_id ui_waiting_pane(const struct ui *);
bool	decide_has_plan(const struct ui *);	/* one to be decided */
/* Has a written frame asked what is in front now? */
bool	decide_is_armed(const struct ui *);
bool	decide_key(struct ui *, const struct action *);
void	decide_confirmed(struct ui *);
void	decide_confirm_clear(struct ui *);
void	decide_word(struct ui *, const char *word);
void	decide_plan(struct ui *, const char *action, const char *word,
	    const cJSON *plan);
/* Marks that the fold has by now, or all. */
void	decide_forget_sent(struct ui *, bool all);
/* The mark as we know it: sent, or in the fold. */
enum fold_mark decide_mark(const struct ui *, const struct fold_hunk *);

/* Text of the plan as it is decided on; malloc'ed. */
char	*plan_text(const struct fold *);

/* ---- status.c, help.c ---- */
void	status_draw(struct ui *, const struct layout *);
int	status_rows(const struct ui *, int cols);
void	help_draw(struct ui *, const struct rect *);

/* ---- pane-diff.c ---- */
/* The hunk under the cursor, or NULL. */
const struct fold_hunk *diff_hunk(const struct ui *,
	    const struct fold_file **);
void	diff_next_undecided(struct ui *);
/* ---- pane-plan.c: the strip above the other panes ---- */
int	plan_strip_rows(const struct ui *, int rows);
void	plan_strip_draw(struct ui *, const struct rect *);

#endif
