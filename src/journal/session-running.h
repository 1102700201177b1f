/*
 * session-running: is another session of this project running, and which was
 * the last one? Looks at each stored session's lock, the newest first, a few at
 * a time: a front end does it while it has nothing else to do.
 */
#ifndef ASSENT_JOURNAL_SESSION_RUNNING_H
#define ASSENT_JOURNAL_SESSION_RUNNING_H

#include <stdbool.h>

struct session_running;
/* The message for the id that was found. */
#define SESSION_RUNNING \
	"a session of this project is open: assent resume %s"

/* Sessions of project `root` that run with a screen, or have one to attach to;
 * not the session `own`. */
struct session_running *session_running_new(const char *root, const char *own);
/* Look at a few. False when one is found: *id, malloc'ed, is the newest, or if
 * none runs, the latest of this project in which something was asked; or NULL. */
bool	session_running_step(struct session_running *, char **id);
void	session_running_free(struct session_running *);

#endif
