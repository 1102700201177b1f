/*
 * syntax: the colours of a proposal's files, and of code in the model's texts,
 * for a client that shows them: the commands `colours` and `code`.  The answer comes when the lexer has read the file; it is
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
/* The same for a text in a language, which the client has: command `code`. */
int	syntax_code(struct core *, const cJSON *command, unsigned client,
	    struct err *);

#endif
