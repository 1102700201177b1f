/*
 * port: ports of a background command that the user opened on this machine, for
 * a browser. The session listens at an address of its own (endpoint_own), and
 * the sandbox's first process makes each connection inside and hands out the
 * socket, so that nothing in the sandbox can open a port, choose where one leads,
 * or connect the other way. Bytes pass through an assent-net of the port's own.
 *
 *   browser -> 127.x.y.z -> assent-net --ask--> the core --dial--> the worker
 *                              <--answer, with the socket, if it is sound
 */
#ifndef ASSENT_CORE_NET_PORT_H
#define ASSENT_CORE_NET_PORT_H

#include "base/err.h"

struct core;
struct ev_port;
struct ports;

/* Connect to this port in the sandbox; ports_dialled follows. */
typedef void ports_dial_cb(void *arg, int port);

/* The ports of this background command; texts are borrowed. */
struct ports *ports_new(struct core *, const char *id, const char *command,
	    ports_dial_cb *, void *arg);
/* Close them all: `why`, for the journal; NULL: nothing is recorded. */
void	ports_free(struct ports *, const char *why);
/* Open or close a port for a client, and record it. -1 with *e. */
int	ports_open(struct ports *, int port, const char *client, struct err *);
int	ports_close(struct ports *, int port, const char *client,
	    struct err *);
/* Record that one was opened, or is closed. */
void	ports_emit(struct core *, struct ev_port *);
/* The socket, which may be anything, or -1; taken. */
void	ports_dialled(struct ports *, int fd_take);

#endif
