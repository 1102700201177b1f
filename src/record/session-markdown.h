/*
 * session-markdown: a session as Markdown, for a colleague or a pull request.
 * What identifies the user is removed (record/scrub.h). Foreign text is in
 * fences that it can't end, or escaped, and orders to a server are quoted
 * (git/commit.h).
 */
#ifndef ASSENT_RECORD_SESSION_MARKDOWN_H
#define ASSENT_RECORD_SESSION_MARKDOWN_H

#include "base/buf.h"
#include "base/err.h"

/* Append the session in this folder. -1 with *e. */
int	session_markdown(const char *dir, struct buf *out, struct err *e);

#endif
