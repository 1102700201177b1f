/* The network of an MCP server: a proxy of its own, and answers of its own. A
 * call of it is to the network what a command is: its connections end with it,
 * and are recorded. The socket stays. */
#include "config.h"

#include "core/net/network.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/core.h"
#include "core/net/network-int.h"
#include "sandbox/sandbox.h"

struct network *
network_server_new(struct core *c, const char *name, struct err *e)
{
	struct network *n;

	if (c->network == NULL) {
		(void)err_set(e, "a replay has no network");
		return NULL;
	}
	if (network_open_new(c, &n, e) < 0) {
		network_free(n);
		return NULL;
	}
	n->server = xstrdup(name);
	n->next = c->network->next;
	c->network->next = n;
	network_server_call(n, NULL, NULL);
	return n;
}

void
network_server_free(struct core *c, struct network *n)
{
	struct network *at;

	for (at = n == NULL ? NULL : c->network; at != NULL; at = at->next)
		if (at->next == n)
			at->next = n->next;
	network_free(n);
}

void
network_server_spec(const struct network *n, struct sandbox_spec *s)
{
	s->net = sandbox_level_holds(s->level);
	s->net_secret = s->net && sandbox_levels[s->level].brokers ?
	    n->secret : NULL;
}

void
network_server_call(struct network *n, const char *id, const char *tool)
{
	AUTO_FREE char *own = xasprintf("mcp-%s", n->server);
	AUTO_FREE char *command = xasprintf("%s of MCP server %s", tool == NULL ?
	    "the start" : tool, n->server);
	int fd = n->listener < 0 ? -1 : fcntl(n->listener, F_DUPFD_CLOEXEC, 3);

	network_finish(n);
	network_set(n, id == NULL ? own : id, command);
	if (fd >= 0)
		network_listen(n, fd);
}

const char *
network_server_refused(const struct network *n)
{
	return n->refused;
}

void
network_server_begin(struct network *n, int fd_take)
{
	network_listen(n, fd_take);
}

void
network_server_end(struct network *n)
{
	network_finish(n);
}
