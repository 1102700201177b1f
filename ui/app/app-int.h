/* app-int: shared only by the files of ui/app. */
#ifndef ASSENT_UI_APP_APP_INT_H
#define ASSENT_UI_APP_APP_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "front/editor.h"
#include "ui/app/app.h"
#include "ui/panes/ui-base.h"
#include "ui/term/terminal.h"

struct draft_file;
struct keys;
struct reader;
struct review_file;

struct app {
	const struct ui_options *options;
	struct ui	 ui;
	struct tty	*tty;
	struct draw	*draw;
	struct keys	*keys;
	bool		 ground_asked;	/* for the background, and not answered
					   yet */
	struct editor	 editor;
	enum ui_edit	 editing;
	char		*edit_given;	/* the text to edit; NULL: to look at */
	int64_t		 edit_of;	/* its version */
	int		 signals;
	bool		 stopped;	/* by ourselves: a SIGCONT will come */
	bool		 done;
	bool		 begun;		/* the session; see ui_options */
	int64_t		 frame_at;	/* when app_frame has something to do;
					   -1: only after input from the
					   terminal or the core, or when the
					   terminal accepts output */
	int64_t		 frames_until[2];	/* until then, the frames drawn
					   so far use up the frame rate
					   (APP_FRAME_MS each): of the core's
					   lines, and of keys */
	size_t		 sent;		/* bytes, when last written */
	int64_t		 started;
	bool		 serial;	/* the kernel counts what the line has
					   not transmitted yet: bytes, when last
					   looked at, and when to look again */
	int		 left;
	int64_t		 look_at;
	bool		 keyed;		/* a key came since the last frame */
	bool		 full;		/* the terminal hasn't accepted all that
					   was written */
	bool		 stuck;		/* some of that is still in our queue */
	bool		 leaving;	/* among it, the rest of a frame */
	pid_t		 notify;	/* the user's program that says so */
	/* What it was last said of, or that it would have been: the prompt
	 * (NULL: none waits), and how many other sessions wait. */
	char		*told;
	size_t		 told_others;
	enum ui_end	 end;
	int		 code;
	struct bindings	*own_bindings;
	char		*view_saved;		/* view settings, as in the file */
	int64_t		 view_at;	/* when to save it; -1: not */
	char		*told_type;	/* there, too: TERM, if it was said that
					   the host doesn't know it; or NULL */
	bool		 crash_told;	/* tty_crash_words was called */
	struct draft_file *draft;	/* of unsent text; NULL: no session
					   yet */
	struct review_file *review;	/* what was seen; NULL: no session yet */
	int64_t		 typed_at;	/* the last change that isn't saved; */
	int64_t		 typed_since;	/* and the first, or -1 */
	struct reader	*reader;		/* reads the session's folder */
	struct session_watch *watch;	/* all sessions; NULL: not yet */
	unsigned	 watched;	/* its changes, when last looked at */
	bool		 watching;	/* there is more to read */
};

/* ---- app.c ---- */
/* A descriptor for the signals that matter here, which are blocked. */
int	app_signals(void);
/* Can the terminal be read without waiting? */
bool	app_tty_ready(void);
/* No shell could continue us if we stopped. */
bool	app_has_no_shell(void);
/* Stop until somebody continues us; true if the SIGCONT is still to be read. */
bool	app_stop_job(void);

/* ---- app-frame.c: frames, and that something waits ---- */
/* Notify the user if something began to wait. Then, unless the editor has the
 * terminal, draw a frame, send it, and record it as displayed, each if it is
 * due. */
void	app_frame(struct app *);
/* Write the queue to the terminal; false if something is left. */
bool	app_flush(struct app *);

#endif
