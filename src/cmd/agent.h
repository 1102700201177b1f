/*
 * agent: where an agent of the rows (config_agents) is on this machine, what it is
 * given, and whether you agreed to that.
 */
#ifndef ASSENT_CMD_AGENT_H
#define ASSENT_CMD_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct setup;

struct agent {
	const cJSON	*row;		/* borrowed, with its name */
	const char	*name;
	char		*program;	/* as PATH has it; NULL: it isn't there */
	char		*real;		/* where that leads */
	char		*folder;	/* of its package; or its file */
	char		*version;	/* of the package; or NULL */
	char		*state;		/* what is kept for it and this project;
					   NULL: nothing */
	char		*key_from;	/* the source of its key; NULL: none */
	bool		 signed_in;	/* there */
};

/* Find the agent of this row: with `acp` the program that speaks the protocol.
 * -1 with *e if its key is wrong. */
int	agent_find(struct agent *, const struct setup *, const cJSON *row,
	    bool acp, struct err *);
void	agent_release(struct agent *);

/* The row's name for this command, malloc'ed: its first word is an agent's program
 * that is on PATH. NULL: none, or with *e. */
char	*agent_of_command(const struct setup *, const char *word, struct err *);
/* Add `agent` to a start object: this row's, with these arguments of the user's, or
 * with NULL the program that speaks the protocol. Asks for consent before it, unless
 * that was given; the key is in setup_hello then. 0, or the exit code after printing
 * the error. */
int	agent_start(struct setup *, const char *name, const char *const *args,
	    cJSON *start);

#endif
