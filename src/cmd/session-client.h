/*
 * session-client: finds an existing session and connects to its core, the
 * running one or a new one on its journal.
 */
#ifndef ASSENT_CMD_SESSION_CLIENT_H
#define ASSENT_CMD_SESSION_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"


struct half_applied {
	bool	 known;			/* it did, and the rest is set */
	int64_t	 files, written, open;	/* open: unchanged */
	char	 words[128];		/* "stopped while applying, 445 of 2000
					   files written" */
};

/* Sets nothing for a running session or one that stopped otherwise. -1 with *e.
 */
int	half_applied_look(const char *id, struct half_applied *, struct err *);
/* Set `stopped` of these. */
void	half_applied_list(struct session_info *, size_t n);
struct session_client {
	char		*id;
	struct event	*first;		/* the journal's first line, with the
					   last model used: */
	cJSON		*model;		/* if that is another */
	struct past	*past;		/* lines for the screen, which the core
					   doesn't send; or NULL */
	struct setup	 setup;
	const char	*recover;	/* for an interrupted apply, or NULL */
	bool		 stopped;	/* there was one */
	bool		 redecide;	/* a decision replaces one that wasn't
					   started */
	bool		 rests;		/* a task that was killed doesn't go on
					   for this; so without SESSION_MODEL */
};

/* The session that the operand names, else the project's last one; malloc'ed. 0, or
 * the exit code after printing the error. */
int	session_named(const struct cmd_args *, char **id);
/* Find it by the operand, else the project's last session. 0, or the exit code
 * after printing the error. */
int	session_client_find(struct session_client *, const struct cmd_args *);
#define SESSION_MODEL	1u	/* also the key, of the recorded model unless a
				   flag names another */
#define SESSION_RECOVER	2u	/* first ask what to do about an interrupted
				   apply, if there is one */
/* Load the configuration; errors are reported as above. */
int	session_client_setup(struct session_client *, const struct cmd_args *,
	    unsigned what);
/* Connect to the running core, or to a new one that stays when its last client
 * leaves (`keep_alive`). */
int	session_client_connect(struct client *, const struct session_client *,
	    const struct cmd_args *, bool keep_alive, struct err *);
/* Fold the journal's complete lines. -1 with *e. */
int	session_fold(const char *id, struct fold *, struct err *);
void	session_client_release(struct session_client *);

/* If no session is named and this project has several: *id is the one that
 * waits, or the chosen one (malloc'ed), else NULL. 0, or the exit code if the user
 * goes back. */
int	session_pick(const struct cmd_args *, char **id);
/* Choose a row on the terminal, with the user's keys and colours: 0 with *row,
 * EXIT_INTERRUPTED if they go back, or the exit code of an error, which was
 * printed. */
struct app_choice;
struct app_choices;
int	pick_row(const struct setup *, struct app_choices *, size_t *row);
/* Rows whose texts are malloc'ed. */
void	pick_free(struct app_choice *, size_t n);

#endif
