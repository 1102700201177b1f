/*
 * lexer: runs Pygments on a file's texts, in a sandbox of its own at the
 * session's level: nothing of the project is mounted there, there is no
 * network, and little time and memory.  Nothing waits for it.
 */
#ifndef ASSENT_CORE_SYNTAX_LEXER_H
#define ASSENT_CORE_SYNTAX_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct core;
struct lexer;

#define LEXER_TEXTS	2	/* in one run */

/* Called once, never from within lexer_start. `out` is what it printed (see
 * spans.h), borrowed; NULL: it failed, or was killed. */
typedef void lexer_done_cb(struct core *, const char *out, size_t n);

/* NULL is allowed: kills what runs. */
void	lexer_free(struct lexer *);
/* Is one running? */
bool	lexer_is_on(const struct lexer *);
/* Is there nothing to try: no sandbox, or no Pygments? */
bool	lexer_is_missing(const struct core *);
/* Start with these texts of a file of this name. -1: it can't. */
int	lexer_start(struct core *, const char *name, const struct buf *texts,
	    size_t n, lexer_done_cb *, struct err *);

extern const char lexer_script[];	/* lexer-script.c */

#endif
