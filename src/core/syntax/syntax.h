/*
 * syntax: the colours of a proposal's files, for a client that shows them: the
 * command `colours`.  The answer comes when the lexer has read the file; it is
 * for that client alone, never journaled, and decides nothing.
 */
#ifndef ASSENT_CORE_SYNTAX_SYNTAX_H
#define ASSENT_CORE_SYNTAX_SYNTAX_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct syntax;

void	syntax_free(struct syntax *);
/* The command; -1 with *e.  The answer goes to this client (server_answer), now
 * or later. */
int	syntax_command(struct core *, const cJSON *command, unsigned client,
	    struct err *);

#endif
