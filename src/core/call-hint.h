/*
 * call-hint: why a command of this session failed, for the model or the user.
 */
#ifndef ASSENT_CORE_CALL_HINT_H
#define ASSENT_CORE_CALL_HINT_H

#include <stdbool.h>

struct buf;
struct core;
struct sandbox_result;

/* A message about a limit that made the command fail without killing it (the
 * kernel refuses a new process, but kills none); malloc'ed, NULL if none. */
char	*call_limit_hit(struct core *, const struct sandbox_result *);
/* What the model is told about why a command failed: `met`, or hints; malloc'ed.
 * `joined` as in hint_about. */
char	*call_hints(struct core *, const struct sandbox_result *, bool joined,
	    const char *met);
/* What hint_not_shown says about this output. */
const char *call_not_shown(struct core *, const struct sandbox_result *,
	    const struct buf *output);

#endif
