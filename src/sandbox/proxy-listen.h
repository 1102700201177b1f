/*
 * proxy-listen: the socket at which a command finds the proxy (src/net). It is
 * made where the command's loopback is, before the command runs, and goes to the
 * core: a connection to it is accepted outside, by a process that the command
 * cannot see.
 */
#ifndef ASSENT_SANDBOX_PROXY_LISTEN_H
#define ASSENT_SANDBOX_PROXY_LISTEN_H

/* The environment variables that lead programs to a proxy. */
extern const char *const proxy_variables[];	/* NULL-terminated */
#define PROXY_NOT_FOR "localhost,127.0.0.1,::1"

/* A listening socket on 127.0.0.1, and its port; or -1. */
int	proxy_listen(int *port);
/* What those variables are set to, malloc'ed. The secret is NULL where the
 * loopback is the sandbox's own. */
char	*proxy_address(int port, const char *secret);

#endif
