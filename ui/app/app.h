/*
 * app: the screen of `assent`.  A frame is a pure function of (fold, state of
 * the screen, size); the front end holds no truth and can be killed at any
 * moment.  Decisions are sent to the core; what the core then writes to the
 * journal is what the screen shows.
 */
#ifndef ASSENT_UI_APP_APP_H
#define ASSENT_UI_APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/lineio.h"
#include "front/bindings.h"
#include "front/exit-summary.h"
#include "front/slash-command.h"
#include "ui/term/draw.h"

/* How this user likes it; zeroed: quiet, one pane, the terminal's colours. */
struct ui_likes {
	bool		 columns;	/* two panes where there is room */
	enum draw_colour	 colour;
	bool		 bell;		/* when something waits */
	bool		 title;		/* say so in the window's title */
	int64_t		 line_speed;	/* baud; 0: as the terminal's settings
					   say, below that: never to wait */
	int64_t		 line_delay;	/* ms to the person and back */
	const cJSON	*notify;	/* a program and its arguments, run
					   then; or NULL. Borrowed */
};

struct ui_options {
	struct lineio	*io;		/* connected, hello sent (and start);
					   borrowed: the caller frees it */
	const char	*session;	/* may be NULL until hello tells it */
	bool		 task_given;	/* else the input line has the focus */
	const struct bindings *bindings;	/* borrowed; NULL: the keys of
					   the table */
	/* They are read again, for us to free; NULL with the reason. May be
	 * NULL. */
	struct bindings *(*reload)(void *arg, struct err *);
	void		*reload_arg;
	struct ui_likes	 likes;
	struct slash_command_models models;	/* that /model may name */
	const char	*history;	/* file of what was said; NULL: none
					   is kept */
	const char	*kept;		/* file of what the keys have set; NULL:
					   nothing of it is kept */
	enum ui_end	*end;		/* how it ended; may be NULL */
};

/* Can this terminal show the screen? To be asked before anything is started
 * for it; touches nothing.  Else the sentence says what to do. */
bool	app_can_run(struct err *);

/*
 * Takes stdin and stdout, which must be a terminal, and gives them back as
 * they were.  Prints a plain summary after that (what was applied, what waits,
 * how to come back).  Returns the exit code: 0 when detached, that of
 * agent_end when ended, 1 when the core is gone (or what its `refused` line
 * said, when it would not start), 2 without a usable terminal.
 */
int	app_run(const struct ui_options *);

#endif
