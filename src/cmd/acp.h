/*
 * acp: `assent acp`, the agent side of the Agent Client Protocol for editors,
 * on two descriptors. A front end like the others: each session has a core,
 * and what the editor allows becomes commands to it. It never asks the client
 * to write a file or to run a command.
 */
#ifndef ASSENT_CMD_ACP_H
#define ASSENT_CMD_ACP_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "front/client.h"

/* How sessions are made. `client` is what the journal calls this client. -1
 * with *e. */
struct acp_host {
	void	*arg;
	/* *login: there is no model, or no key for it. */
	int	(*start)(void *arg, const char *cwd, const char *client,
		    struct client *, bool *login, struct err *);
	/* An existing one. */
	int	(*load)(void *arg, const char *id, const char *client,
		    struct client *, struct err *);
	/* Append the models that a session of this project can switch to,
	 * separated by spaces. */
	void	(*models)(void *arg, const char *root, struct buf *);
	/* The line for the core to switch to one; NULL with *e. */
	cJSON	*(*model)(void *arg, const char *root, const char *name,
		    struct err *);
};

/* Until the client is gone; takes the descriptors. The exit status. */
int	acp_run(const struct acp_host *, int in, int out);

#endif
