/*
 * client: a session as a front end has it: the connection to its core, the fold
 * of its lines, the question that the user is shown, and how it ended. No other
 * file reads lines of the socket or writes them; command.h and review.h make what
 * is sent.
 *
 *	client_start or client_attach	connect; hello is queued
 *	client_open			report its lines to these functions
 *	client_run			until it ends. Or, in a loop of its own, the
 *					front end polls client_fd for client_events
 *					and calls client_read
 *	client_release
 *
 * A front end that asks something says so (client_ask). From then on nothing is
 * shown (`show`) until the question is answered, or over: it no longer waits, or
 * `stands` says that it isn't what the user saw. An answer that comes after that
 * decides nothing (client_stands).
 */
#ifndef ASSENT_CLIENT_CLIENT_H
#define ASSENT_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "journal/event.h"
#include "review/review.h"

struct lineio;
struct past;

/* The functions of a front end. All but `line` may be NULL. */
struct client_ops {
	/* A line: before it is folded, and when it is. */
	void	(*before)(void *arg, const struct event *);
	void	(*line)(void *arg, const struct event *);
	/* Print the event; not called while something is asked or held
	 * (client_hold). Of the lines before `live`, only the last `past` are
	 * printed, once `live` has come (0: each at once). */
	void	(*show)(void *arg, const struct event *);
	int	past;
	bool	folds;		/* `line` folds it, not the client */
	/* Is what is asked about still as the user saw it? */
	bool	(*stands)(void *arg);
	/* The question is over without the user's answer. */
	void	(*closed)(void *arg);

	/* ---- of client_run ---- */

	/* All that came was reported: print, ask. */
	void	(*round)(void *arg);
	/* Standard input is wanted now; it has something. */
	bool	(*types)(void *arg);
	void	(*typed)(void *arg);
	/* One more descriptor, -1: none now; and when poll says that it is
	 * ready. */
	int	(*other)(void *arg, short *events);
	void	(*ready)(void *arg);
	/* When `round` has something to do, on clock_mono_ms; -1: never. */
	int64_t	(*due)(void *arg);
	/* One of these signals (0 ends the list) came. They are blocked until
	 * client_unmask or client_release. */
	const int *signals;
	void	(*signal)(void *arg, int signo);	/* NULL: client_stop */
	bool	stays;		/* it waits for a core that doesn't respond */
};

enum client_end {
	CLIENT_RUNS,
	CLIENT_ENDED,		/* the core said so: `code` */
	CLIENT_REFUSED,		/* it can't start, or go on: `code` */
	CLIENT_GONE,		/* the connection broke without that */
	CLIENT_STUCK,		/* the core doesn't respond */
};

struct client {
	struct lineio	*io;
	pid_t		 pid;		/* of a core we started, or 0 */
	const struct client_ops *ops;
	void		*arg;
	struct fold	*fold;		/* borrowed; may be NULL */
	struct review	 review;	/* of it */
	char		*session;	/* NULL before hello */
	bool		 live;		/* all old lines came */
	const char	*text;		/* the line that is reported, as it came:
					   for `before` and `line` alone */
	size_t		 text_len;
	enum client_end	 end;
	int		 code;		/* exit code: of the last task, or the end */
	bool		 unread;	/* a line couldn't be read: what the core
					   has done isn't known */
	char		*why;		/* the end's reason, or NULL */
	int		 interrupts;	/* asked for; see client_interrupt */
	cJSON		*early;		/* set by the caller: a list of what
					   waits for client_go; NULL: it is sent
					   at once */
	int		 waits;		/* set by the caller: how often to look
					   at a silent core, 0: always */

	/* ---- of client.c alone ---- */
	bool		 ended;		/* the core said that it ends */
	bool		 left;		/* client_leave; at the latest: */
	int64_t		 leave_at;	/* 0: never */
	int		 syncs;		/* answers to come; see client_sync */
	char		*asked;		/* the name of what is asked, or NULL */
	enum review_wait kind;		/* of that */
	bool		 hold;
	cJSON		*held;		/* lines to show later */
	int		 looks;		/* at a silent core */
	int		 signals;	/* descriptor, if `masked` */
	bool		 masked;
	sigset_t	 mask;		/* before that */
};

/* ---- connect ---- */

/* Start a core for a zeroed client, which waits for client_start; it can do so while the start
 * object is made. */
int	client_spawn(struct client *, struct err *);
/* The same, with the core's end of the channel to assent-term (term/term.h), which
 * stays the caller's. */
int	client_spawn_with(struct client *, int terminal, struct err *);
/* Start a core, unless it was spawned, and queue hello (setup_hello, or NULL:
 * without keys) and the start object. Takes both. */
int	client_start(struct client *, cJSON *start_take, cJSON *hello_take,
	    struct err *);
/* Send what waits. */
void	client_go(struct client *);
/* Connect to a running session and queue hello. */
int	client_attach(struct client *, const char *id, cJSON *hello_take,
	    struct err *);
/* -1 with *e if the core's process is stopped (SIGSTOP, a debugger) and so
 * can't answer, or `hangs`. */
int	client_check_stopped(const struct client *, bool hangs, struct err *);

/* ---- lines ---- */

/* Report its lines from now on; `fold` may be NULL. */
void	client_open(struct client *, struct fold *fold,
	    const struct client_ops *, void *arg);
int	client_fd(const struct client *);
short	client_events(const struct client *);	/* for poll */
/* Send and read what is possible now. -1: it has ended, see `end`. */
int	client_read(struct client *);
/* Returns when the session has ended, or the front end leaves it (`end`:
 * CLIENT_RUNS). */
void	client_run(struct client *);
/* Report old lines that the core doesn't send. */
void	client_read_past(struct client *, const struct past *,
	    const char *session);
/* Queue a command. -1: too much waits, the core doesn't read. */
int	client_send(struct client *, cJSON *take);
bool	client_is_sending(const struct client *);
/* Ask the core to answer once it has done all that was sent before, and the step
 * after that: then client_is_synced. */
void	client_sync(struct client *);
bool	client_is_synced(const struct client *);
/* Ask the core to stop what it does. False: that was asked already, so the user
 * wants to leave. */
bool	client_interrupt(struct client *);
/* Leave it, now. */
void	client_leave(struct client *);
/* A signal without a screen: an interrupt, then leaving; the sender of SIGTERM
 * won't wait long. */
void	client_stop(struct client *, int signo);

/* ---- what is asked ---- */

/* The first question for the user, if something waits; a proposal that doesn't
 * wait yet can be looked at. */
enum review_wait client_waits(const struct client *);
/* The name of that, such as "diff:17"; malloc'ed, or NULL. */
char	*client_waits_name(const struct client *, enum review_wait);
/* The user is asked about this; REVIEW_NOTHING: about nothing any more. */
void	client_ask(struct client *, enum review_wait);
/* Before its answer is sent: does the question still stand? If not, it is
 * closed. */
bool	client_stands(struct client *);
/* Show nothing, and close no question: another program has the terminal. */
void	client_hold(struct client *, bool on);

/* ---- the end, and a client for one command ---- */

/* Send a command (or NULL) and wait for a line of this type, which is kept in *got
 * (or NULL): 1. 0: the core hung up. -1 with *e: it refused, or is stopped, or
 * silent for `waits` times 2 s (0: it may be). `fold` may be NULL. */
int	client_request(struct client *, struct fold *fold, cJSON *take,
	    enum event_type answer, struct event **got, struct err *);
/* Signals are as they were before. */
void	client_unmask(struct client *);
/* Close, and wait for a core we started, unless its `pid` is forgotten. False: it
 * didn't end in time, after SIGTERM. */
bool	client_release(struct client *);

/* ---- client-start.c: other answers of a core ---- */

/* Run `assent-core` with these arguments (NULL-ended, after argv[0]), stdin from
 * fd `in` and stdout into fd `out` (-1: ours); its exit status, or -1 with *e. */
int	client_run_core(const char *const *args, int in, int out, struct err *);
/* The JSON that it prints, up to `max` bytes (0: any number), after reading
 * `asked` (or NULL); NULL if it fails, with *e unless it printed the reason. */
cJSON	*client_ask_core(const char *const *args, cJSON *asked_take, size_t max,
	    struct err *);
/* Make a session that goes on from the message on line `at` of this one's
 * journal, or "0" for the last one: its id, malloc'ed. NULL with *e: nothing was
 * made. */
char	*client_fork(const char *id, const char *at, struct err *);

/* An exit code of the core's, as a process can end with it; any other number is a
 * failure. */
int	client_exit(int64_t code);

#endif
