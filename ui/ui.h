/*
 * ui: the screen of `assent`.  A frame is a pure function of (fold, state of
 * the screen, size); the front end holds no truth and can be killed at any
 * moment.  Decisions are sent to the core; what the core then writes to the
 * journal is what the screen shows.
 */
#ifndef ASSENT_UI_UI_H
#define ASSENT_UI_UI_H

#include <stdbool.h>

#include "base/err.h"
#include "base/lineio.h"

enum ui_end {
	UI_NO_SCREEN,	/* the terminal cannot do it; nothing was read or sent
			   and `io` is untouched; the sentence was printed */
	UI_DETACHED,	/* the core goes on without us */
	UI_ENDED,	/* the core said agent_end after `end`, or was ended */
	UI_CORE_GONE,	/* the stream broke off without agent_end */
};

struct ui_options {
	struct lineio	*io;		/* connected, hello sent (and start);
					   borrowed: the caller frees it */
	const char	*session;	/* may be NULL until hello tells it */
	bool		 task_given;	/* else the input line has the focus */
	enum ui_end	*end;		/* how it ended; may be NULL */
};

/* Can this terminal show the screen? To be asked before anything is started
 * for it; touches nothing.  Else the sentence says what to do. */
bool	ui_can_run(struct err *);

/*
 * Takes stdin and stdout, which must be a terminal, and gives them back as
 * they were.  Prints a plain summary after that (what was applied, what waits,
 * how to come back).  Returns the exit code: 0 when detached, that of
 * agent_end when ended, 1 when the core is gone (or what its `refused` line
 * said, when it would not start), 2 without a usable terminal.
 */
int	ui_run(const struct ui_options *);

#endif
