/*
 * plain: plain mode.  Events are printed as lines; input is a message, a
 * command that starts with '/', or the answer to the open question.  For screen
 * readers, TERM=dumb, and simple terminals.
 *
 * A question appears only on request (Enter alone), so that text being typed
 * can't answer it, and nothing else is printed while it is open.
 */
#ifndef ASSENT_CMD_PLAIN_H
#define ASSENT_CMD_PLAIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "client/client.h"
#include "front/bindings.h"
#include "front/commit-run.h"
#include "front/editor.h"
#include "front/history.h"
#include "review/review.h"
#include "ui/app/app.h"

/* Does TERM rule out the full-screen UI? */
bool	plain_is_needed(void);

/* Like app_run: returns the exit code. The caller keeps the client, which knows
 * how it ended. */
int	plain_run(struct client *, const struct ui_options *);

/* ---- of plain.c (the loop, messages and commands) and plain-ask.c (the
 * questions) alone; exec.c asks by them, too ---- */

enum plain_question {
	PLAIN_NOTHING,
	PLAIN_PLAN = 1 << 0,
	PLAIN_ALLOW = 1 << 1,	/* may this run, be sent? */
	PLAIN_OUTSIDE = 1 << 2,	/* the same, outside the sandbox */
	PLAIN_GIVEN = 1 << 3,	/* a text is asked for */
	PLAIN_HOST = 1 << 4,
	PLAIN_LIMIT = 1 << 5,
	PLAIN_CHANGE = 1 << 6,
	PLAIN_LINES = 1 << 7,	/* which lines of the change? */
	PLAIN_PICKED = 1 << 8,	/* accept them, as printed? */
	PLAIN_DISCARD = 1 << 9,	/* discard it? */
	PLAIN_WRITE = 1 << 10,	/* write what is marked? */
	PLAIN_WRITE_ALL = 1 << 11, /* the same, where only Y does */
	PLAIN_SERVICE = 1 << 12, /* wait for it? */
};

struct plain {
	struct client	*client;
	struct fold	*fold;
	struct review	*review;	/* the client's: what was printed */
	const char	*root;		/* as in struct ui_options */
	struct commit_run commit;
	struct buf	 typed;		/* an incomplete line */
	char		*told;		/* what plain_is_news() last saw */
	char		*said;		/* the model's last message, or NULL */
	char		*doing;		/* as the core described it */
	bool		 own;		/* a command of the user is running */
	struct buf	 out;		/* its last line, so far */
	size_t		 out_lines;	/* before that */
	size_t		 queued;	/* queued commands */
	cJSON		*sent;		/* messages the core may still reject */
	char		*kept;		/* rejected message, or NULL */
	bool		 kept_file;	/* that names a command of a file */
	bool		 help;		/* /help waits for the list of them, */
	bool		 ours;		/* or the rejected message does */
	struct history	 history;
	int		 code;

	/* ---- plain-ask.c ---- */
	enum plain_question question;
	char		*prompt;	/* as it was asked */
	bool		 asked;		/* one was asked */
	char		*hunk;		/* the change of the question: its id
					   says its text, too */
	struct buf	 picked;	/* with the picked lines only */
	bool		 overwrites;	/* newer lines shown with it */
	char		*after;		/* the next one is the first open one
					   after this; or NULL */
	char		*next;		/* the change to ask about next, as the
					   user chose; or NULL */
	unsigned	 marked;	/* review.marked, as the write was asked */
	bool		 quit;		/* by its letter */
	bool		 checks;	/* the check, by its letter */
	struct editor	 editor;	/* while it runs: of a change or a
					   message; then `edited` gets the
					   text, or NULL after an error */
	void		(*edited)(struct plain *, const struct buf *);
	const struct slash_command_models *models;	/* names for /model */
};
void	plain_send_take(struct plain *, cJSON *);
/* Set it up with a fold, ready for client_open. */
void	plain_init(struct plain *, struct client *);
void	plain_release(struct plain *);
/* A line that was folded: is what waits news again? */
void	plain_news_line(struct plain *, const struct event *);
/* These are callbacks of struct client_ops. Standard input is read only for
 * questions. */
bool	plain_stands(void *);
void	plain_closed(void *);
bool	plain_ask_types(void *);
void	plain_read_typed(void *);
/* Standard input has something; false: it has ended. */
bool	plain_read_line(struct plain *);
/* Nothing is asked any more: forget the question. */
void	plain_close(struct plain *);
/* The editor was started: it has the terminal. */
void	plain_editing(struct plain *, void (*edited)(struct plain *,
	    const struct buf *));
/* Has the editor ended? `now`: it must, and its text is dropped. */
void	plain_edit_end(struct plain *, bool now);
/* Prints a line of ours, even while a question is open. */
void	plain_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Does something wait that didn't before? */
bool	plain_is_news(struct plain *);
/* Show what waits, and ask. False if nothing waits. */
bool	plain_ask(struct plain *);
/* A line typed while a question was open. */
void	plain_answer(struct plain *, const char *line);
/* Announce once that something waits; plain_ask shows it. */
void	plain_announce(struct plain *);

#endif
