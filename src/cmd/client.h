/*
 * client: a core to talk to: started by us on a socket pair, or found at its
 * session's socket.
 */
#ifndef ASSENT_CMD_CLIENT_H
#define ASSENT_CMD_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/lineio.h"

struct client {
	struct lineio	*io;
	pid_t		 pid;	/* of a core that we started, or 0 */
};

struct setup;

/* Start a core and queue hello (with the keys of the setup, which may be NULL)
 * and the start object, which is taken. */
int	client_start(struct client *, cJSON *start, const struct setup *,
	    struct err *);
/* Connect to a living session and queue hello. */
int	client_attach(struct client *, const char *id, const struct setup *,
	    struct err *);
/* Wait for its first byte, for `ms` at most; false if it hung up instead: a core
 * with nothing to do was just leaving. */
bool	client_is_answered(struct client *, int ms);
/* Queue a command such as {"type":"interrupt"}. */
void	client_send(struct client *, const char *type);
/* Close; a core of ours is waited for when `wait` is set. */
void	client_release(struct client *, bool wait);
/* Run `assent-core` with these arguments (NULL-ended, after argv[0]), stdout
 * ours or into fd `out` (-1: ours); its exit status, or -1 with *e. */
int	client_run_core(const char *const *args, int out, struct err *);

#endif
