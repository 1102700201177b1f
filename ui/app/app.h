/*
 * app: the full-screen UI.  A frame is a pure function of (fold, UI state,
 * size); the front end holds no data of its own and can be killed at any
 * moment.  It sends decisions to the core, and shows what the core then writes
 * to the journal.
 */
#ifndef ASSENT_UI_APP_APP_H
#define ASSENT_UI_APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "front/commit-run.h"
#include "front/exit-summary.h"
#include "front/slash-command.h"
#include "journal/fold.h"
#include "ui/term/terminal.h"

struct bindings;
struct client;
struct past;

/* The user's preferences; zeroed: silent, the terminal's colours. */
struct ui_likes {
	enum draw_colour	 colour;
	bool		 no_syntax;	/* no colours for source code */
	bool		 mouse;		/* the wheel scrolls, a click moves */
	bool		 title;		/* in the window's title: what it does,
					   or waits for */
	const cJSON	*notify;	/* when something waits: "bell", "osc9"
					   (ask the terminal), or a program and
					   its arguments; or NULL. Borrowed */
	const cJSON	*paste_image;	/* see paste_image(); or NULL. The same */
};

struct ui_options {
	struct client	*client;	/* connected; the caller releases it */
	/* Begins the session, once the first frame is drawn and after each child
	 * that has ended, until it returns true; `wait`: now. NULL: it has begun. */
	bool		(*begin)(void *arg, bool wait);
	void		*begin_arg;
	struct past	**past;		/* old lines that the core doesn't
					   send; freed and set to NULL once they
					   are read. May be NULL */
	const char	*session;	/* may be NULL until the core's hello */
	bool		 ended;		/* it had ended: say that it is open */
	const struct bindings *bindings;	/* borrowed; NULL: the
					   defaults */
	/* As in struct ui. */
	int		(*save_host)(void *arg, const char *host, struct err *);
	void		*save_arg;
	struct ui_likes	 likes;
	struct slash_command_models models;	/* names for /model */
	const char	*history;	/* the history's file; NULL: none */
	const char	*view_file;	/* the file of view settings; NULL:
					   none */
	bool		 in_git;	/* the project is in a git repository */
	enum commit_when commits;	/* when to commit what is applied, */
	const char	*branch;	/* and where; NULL: on any. Borrowed */
	const char	*root;		/* of the project: say if another
					   session of it runs; or NULL */
	enum ui_end	*end;		/* how it ended; may be NULL */
	char		**other;	/* malloc'ed: the session to go to, at
					   UI_OTHER, or "" for the list of those
					   that wait; NULL: none is offered */
	char		**left;		/* malloc'ed: this session, at UI_OTHER */
	bool		*walks;		/* at UI_OTHER: by a key, so the next
					   one begins with `keys` */
	bool		 keys;		/* the panes have the keys, not the
					   message line */
	bool		 looks;		/* a try's command runs: its terminal is
					   to go back to, */
	bool		 asks;		/* by itself, once nothing is asked */
	bool		 after_command;	/* as in struct ui */
	bool		 inbox;		/* a list on another host is to go back
					   to */
};

/* A list to choose from, without a session. All is borrowed. */
struct app_choice {
	char	*key, *text, *note, *more;	/* as in struct picker_entry */
	const char *id;		/* what keeps the cursor when the rows are made
				   again; NULL: nothing */
};
struct app_choices {
	const char	*what;
	const char	*none;		/* to say without rows */
	const struct app_choice *rows;
	size_t		 len, at;	/* at: where the cursor begins */
	/* The preview of a row; malloc'ed. */
	char		*(*about)(void *arg, size_t row);
	void		*arg;
	const struct bindings *bindings;
	enum draw_colour colour;
	/* Rows that change: make them again, when this descriptor is readable,
	 * the time given (ms) has passed, or the user wants another order. False:
	 * they are the same. NULL: they stay. */
	bool		(*again)(void *arg, struct app_choices *, bool sort);
	int		 fd;
	int		 again_ms;
	/* Also after keys, to search for what is typed; they have one order. */
	bool		 searches;
	const char	*query;		/* set before `again` is called */
	const char	*progress;	/* shown beside the title, or NULL */
	/* The window's, while they are shown, or NULL. */
	const char	*title;
	bool		 alert;		/* ring the bell, once */
};
/* Let the user choose, on the whole terminal: 1 with *row, 0 if they go back, -1
 * with *e if it can't be shown. A signal that ends us does so once the terminal is
 * restored. */
int	app_pick(struct app_choices *, size_t *row, struct err *);
/* A program of another machine had the terminal: what it may have left on is reset,
 * the colours, too, and what was typed is dropped. */
void	app_reset_terminal(void);

/* Can this terminal show the UI? If not, *e says what to do. Call it before
 * starting anything; it changes nothing. */
bool	app_can_run(struct err *);

/*
 * Uses stdin and stdout, which must be a terminal, and restores them.  Then
 * prints a summary (what was applied, what waits, how to reattach).  Returns
 * the exit code: 0 if detached, that of agent_end if the session ended, 1 if
 * the core died (or the code in its `refused` line if it didn't start), 2
 * without a usable terminal.
 */
int	app_run(const struct ui_options *);

#endif
