/* app-int: what the files of the screen's loop share. */
#ifndef ASSENT_UI_APP_APP_INT_H
#define ASSENT_UI_APP_APP_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ui/term/draw.h"
#include "front/editor.h"
#include "ui/keys/keys.h"
#include "ui/term/rate-limit.h"
#include "ui/state/state.h"
#include "ui/term/tty.h"
#include "ui/app/app.h"

struct app {
	const struct ui_options *options;
	struct ui	 ui;
	struct tty	*tty;
	struct draw	*draw;
	struct keys	*keys;
	struct editor	 editor;
	enum ui_edit	 editing;
	char		*edit_given;	/* to the editor; NULL: to look at */
	int		 plan_version;	/* of the plan that is edited */
	int64_t		 summary_seq;	/* of the summary */
	int		 signals;
	bool		 dirty;
	bool		 draining;	/* keys from before the frame */
	bool		 ended;		/* the core has said so: it is no death */
	bool		 stopped;	/* by ourselves: a SIGCONT is due */
	bool		 done;
	int64_t		 last_frame;
	int64_t		 started;
	struct rate_limit	 pace;		/* of the line */
	bool		 unsent;	/* rows of the picture are to follow */
	bool		 keyed;		/* a key came since the last one */
	bool		 full;		/* the terminal has yet to take what
					   was written */
	bool		 stuck;		/* some of it is still here */
	bool		 leaving;	/* the rest of a picture is among it */
	int64_t		 look_at;	/* whether it has got there */
	bool		 titled;	/* the title says that something waits */
	pid_t		 notify;	/* the user's program that says so */
	enum ui_end	 end;
	int		 code;
	struct bindings	*own_bindings;
	char		*kept;		/* as it is in the file */
	int64_t		 kept_at;	/* when to look at that; -1 */
	bool		 crash_told;	/* to the terminal: how to come back */
	char		*refused;	/* why the core would not start */
	struct draft_file *draft;	/* of what is typed; NULL: no session yet */
	int64_t		 typed_at;	/* the last change that is not in it; */
	int64_t		 typed_since;	/* and the first, or -1 */
	struct reader	*peek;		/* into the session's folder */
};

/* ---- app.c ---- */
bool	app_tty_ready(void);
/* One read; false at the end of the terminal. */
bool	app_read_tty(struct app *);
/* The terminal is the screen's again. */
void	app_back(struct app *);
/* Until the shell has it go on; the terminal is not ours now. */
void	app_stop_job(struct app *);

/* ---- app-edit.c: the user's editor and pager ---- */
/* Start it on what is wanted. */
void	app_edit(struct app *);
void	app_look(struct app *);
/* A child has ended: if it was that, take what was written.  If it was stopped,
 * the screen stops too: else the shell would not get its terminal back. */
void	app_editor_done(struct app *);
/* End it, since the screen ends. */
void	app_stop_editor(struct app *);

/* ---- app-frame.c ---- */
/* Draw, send and settle what is due. */
void	app_frame(struct app *);
/* When that has something to do; -1: only after a key, a line, or room. */
int64_t	app_frame_at(const struct app *);
/* The terminal is to be asked for room. */
bool	app_wants_room(const struct app *);

/* ---- app-draft.c: what is typed and not sent ---- */
/* A key has changed it. */
void	app_draft_typed(struct app *);
/* When it is to be written; -1: it is. */
int64_t	app_draft_at(const struct app *);
/* Now; true if there was something. */
bool	app_draft_save(struct app *);
/* Once the session is known: what was begun in it is offered again. */
void	app_draft_load(struct app *);
/* The screen leaves. True if something is kept that was not sent. */
bool	app_draft_end(struct app *);

/* ---- app-kept.c: sizes and views, from one screen to the next ---- */
void	app_kept_load(struct app *);
/* A key may have changed them: to be saved soon. */
void	app_kept_key(struct app *);
/* Save them now, if they have changed here. */
void	app_kept_save(struct app *);

/* ---- notify.c: something waits for a person ---- */
/* Call them, if something began to wait. */
void	notify(struct app *);
/* A child has ended. */
void	notify_end(struct app *);

#endif
