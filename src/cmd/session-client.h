/*
 * session-client: a session that is there already: which one is meant, and a
 * core to talk
 * to, the living one or a new one on its journal.
 */
#ifndef ASSENT_CMD_SESSION_CLIENT_H
#define ASSENT_CMD_SESSION_CLIENT_H

#include <stdbool.h>

#include "cmd/client.h"
#include "cmd/setup.h"

struct session_client {
	char		*id;
	cJSON		*first;		/* the journal's first line, with the
					   model that it last spoke to */
	struct setup	 setup;
	const char	*recover;	/* of an interrupted apply, or NULL */
	bool		 stopped;	/* there was one */
	bool		 redecide;	/* a decision takes the place of one
					   that was not begun */
};

/* By the operand, or the project's last session. 0, or the exit code after the
 * sentence was printed. */
int	session_client_find(struct session_client *, const struct cmd_args *);
/* Configuration; with `model`, its key too: of the recorded model unless a flag
 * names another. As above. */
int	session_client_setup(struct session_client *, const struct cmd_args *,
	    bool model);
/* What is to become of an interrupted apply is known, and the person was told.
 * As above. */
int	session_client_recover(struct session_client *,
	    const struct cmd_args *);
/* To the living core, or to a new one that stays when its last client leaves
 * (`keep_alive`). */
int	session_client_connect(struct client *, const struct session_client *,
	    const struct cmd_args *, bool keep_alive, struct err *);
/* Each whole line of the journal, as it stands now. `fn` returns -1 with *e when
 * it cannot take one. */
int	session_client_lines(const struct session_client *, int (*fn)(void *,
	    const char *,
	    size_t, struct err *), void *, struct err *);
void	session_client_release(struct session_client *);

#endif
