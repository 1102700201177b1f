/*
 * exec: runs a session without the UI, for exec, try and demo: prints its
 * lines, asks the user on a terminal, passes signals on, and returns the
 * session's exit code.
 */
#ifndef ASSENT_CMD_EXEC_H
#define ASSENT_CMD_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "client/client.h"
#include "cmd/select.h"
#include "journal/event.h"
#include "ui/app/guest.h"

struct headless_options {
	bool	 json;		/* journal lines on stdout, nothing else */
	bool	 command;	/* try: output and diff on stdout, everything
				   else on stderr */
	bool	 patch;		/* the command is ours and applies a patch:
				   print only its failure */
	bool	 person;	/* there is a terminal for questions */
	bool	 screen;	/* with the full-screen UI: leave them to it */
	struct guest *guest;	/* try: its command's terminal is shown there;
				   or NULL */
	bool	 recovered;	/* the core dealt with an interrupted apply
				   when it started; decide only */
	bool	 resumed;	/* the session's old lines are of an earlier
				   run */
	bool	 decide;	/* only until `choose` is carried out; the
				   session may continue without us */
	const cJSON *first;	/* a command that creates the proposal; decide
				   only, may be NULL */
	int64_t	 undoes;	/* the change whose interrupted undo the core
				   ends when it starts: if it's whole then,
				   `first` isn't sent; or 0 */
	cJSON	*include;	/* commands that add ignored files to the
				   proposal; decide only, may be NULL */
	const char *const *comments;	/* "FILE:LINE TEXT", sent before the
					   decision; decide only */
	size_t	 comments_len;
	int64_t	 proposal;	/* the one that `choose` is for; decide only */
	int	 version;	/* its version; 0: there was none */
	const struct select *choose;	/* answers for the user, or NULL */
	bool	 check;		/* the session's check must pass on what
				   `choose` accepts, before it is written */
	bool	 require_proof;	/* nothing is accepted if the user's tests don't
				   vouch for it */
	const char *feedback;	/* the user's comment on it, for the
				   model; or NULL */
	bool	 quiet;		/* print no lines */
	int64_t	 told;		/* lines up to this one were printed */
	/* The session began; or NULL. */
	void	(*begun)(void *arg, const char *session);
	void	*begun_arg;
	/* Hunks of this session were written to the user's files; or NULL. */
	void	(*applied)(void *arg, const char *session);
	void	*applied_arg;
};

struct headless_result {
	struct event *end;	/* the agent_end line, or NULL */
	struct event *facts;	/* the same of what the journal has */
	char	*session, *dir;	/* NULL if it didn't start */
	char	*error;		/* the reason then, or NULL */
	char	*failed;	/* the session's last error, or NULL */
	bool	 interrupted;	/* by a signal to us, */
	int	 signo;		/* this one */
	bool	 screen;	/* something waits for cmd_review(), and the
				   client is still connected */
	bool	 looks;		/* meanwhile a try's command goes on, on a
				   terminal that is to go back to, */
	bool	 asks;		/* once a question has an answer */
	bool	 after_command;	/* what was typed before was for a try's command
				   on its terminal, which has ended */
	int64_t	 seq;		/* of the last line */
};

/* Runs until the core exits; releases the client. */
int	headless_run(struct client *, const struct headless_options *,
	    struct headless_result *);
void	headless_result_release(struct headless_result *);
/* What it says of the task's end; without one, what the task had used and written
 * until then. */
const struct ev_agent_end *headless_end_of(const struct headless_result *);
/* Are stdin and stdout a terminal? */
bool	headless_person(void);

#endif
