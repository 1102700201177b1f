#include "config.h"

#include "core/net/port.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/net/network-int.h"
#include "loop/loop.h"
#include "net/proxy.h"
#include "sandbox/sandbox-limits.h"

#define PORTS_MAX	8		/* of a command */
#define PORT_LINKS	4096		/* more than their proxies ask about */
#define PORT_DIALS	64		/* sockets that still connect */
#define PORT_LEAST	1024		/* others have meanings of their own */

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

/* A connection that the proxy asked about, until it is answered. */
struct port_link {
	struct port		*port;
	int64_t			 id;
	int			 fd;		/* -1: not there yet */
	struct loop_watch	*watch;		/* until it is connected */
};

struct port {
	struct ports		*of;
	int			 number;
	char			 at[ENDPOINT_TEXT];
	uint64_t		 network;	/* of this machine; 0:
						   unknown */
	struct network_process	 proxy;
	int64_t			 connections;
};

struct ports {
	struct core		*core;
	const char		*id, *command;
	ports_dial_cb		*dial;
	void			*arg;
	struct port		**v;
	size_t			 v_len;
	struct port_link	**links;	/* in the order of their asking */
	size_t			 links_len;
	bool			 asked;		/* the sandbox has an order, */
	struct port_link	*dialled;	/* for this one; NULL: it is gone */
};

struct ports *
ports_new(struct core *c, const char *id, const char *command,
    ports_dial_cb *dial, void *arg)
{
	struct ports *ps = xcalloc(1, sizeof(*ps));

	ps->core = c;
	ps->id = id;
	ps->command = command;
	ps->dial = dial;
	ps->arg = arg;
	return ps;
}

/* ---- connections ---- */

static void
port_link_free(struct ports *ps, size_t i)
{
	struct port_link *l = ps->links[i];

	loop_watch_free(&l->watch);
	fs_close(l->fd);
	if (ps->dialled == l)
		ps->dialled = NULL;
	free(l);
	memmove(&ps->links[i], &ps->links[i + 1],
	    (--ps->links_len - i) * sizeof(*ps->links));
}

/* Ask the sandbox for the next one. */
static void
ports_next(struct ports *ps)
{
	struct port_link *first = NULL;
	size_t waiting = 0;

	MEM_EACH(ps, links, it) {
		waiting += (*it)->fd >= 0;
		if (first == NULL && (*it)->fd < 0)
			first = *it;
	}
	if (ps->asked || first == NULL || waiting >= PORT_DIALS)
		return;
	ps->asked = true;
	ps->dialled = first;
	ps->dial(ps->arg, first->port->number);
}

/* The proxy gets the socket, or closes the connection. */
static void
port_link_answer(struct port_link *l, bool sound)
{
	struct ports *ps = l->port->of;
	cJSON *o = cJSON_CreateObject();
	size_t i = 0;

	json_add_int(o, "answer", l->id);
	json_add_bool(o, "allow", sound);
	net_channel_send_take(l->port->proxy.channel, o, sound ? l->fd : -1);
	while (ps->links[i] != l)
		i++;
	port_link_free(ps, i);
	ports_next(ps);
}

static bool
port_socket_is(int fd, int option, int value)
{
	socklen_t n = sizeof(int);
	int is;

	return getsockopt(fd, SOL_SOCKET, option, &is, &n) == 0 && is == value;
}

static uint64_t
port_network(int fd)
{
	uint64_t cookie = 0;
	socklen_t n = sizeof(cookie);

	(void)getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &n);
	return cookie;
}

/* Is it connected to that port, on a loopback that isn't this machine's? */
static bool
port_is_sound(const struct port *p, int fd)
{
	struct endpoint at = { .len = sizeof(at.un) };
	uint64_t network = port_network(fd);

	if (!port_socket_is(fd, SO_ERROR, 0) ||
	    getpeername(fd, &at.any, &at.len) < 0 ||
	    (network != 0 && network == p->network))
		return false;
	return at.any.sa_family == AF_INET ? ntohl(at.four.sin_addr.s_addr) ==
	    INADDR_LOOPBACK && ntohs(at.four.sin_port) == p->number :
	    at.any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&at.six.sin6_addr) &&
	    ntohs(at.six.sin6_port) == p->number;
}

static void
port_connected(void *arg, int fd, unsigned events UNUSED)
{
	struct port_link *l = arg;

	port_link_answer(l, port_is_sound(l->port, fd));
}

void
ports_dialled(struct ports *ps, int fd_take)
{
	struct port_link *l = ps->dialled;

	if (!ps->asked || l == NULL)
		fs_close(fd_take);
	else
		l->fd = fd_take;
	ps->asked = false;
	ps->dialled = NULL;
	if (l == NULL)
		ports_next(ps);
	else if (port_socket_is(l->fd, SO_TYPE, SOCK_STREAM) &&
	    port_socket_is(l->fd, SO_PROTOCOL, IPPROTO_TCP) &&
	    port_socket_is(l->fd, SO_ACCEPTCONN, 0) &&
	    fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0) {
		l->watch = loop_watch_new(ps->core->loop, l->fd, LOOP_WRITE,
		    port_connected, l);
		ports_next(ps);
	} else
		port_link_answer(l, false);
}

/* ---- opening and closing ---- */

static struct port *
ports_find(const struct ports *ps, int number)
{
	MEM_EACH(ps, v, it)
		if ((*it)->number == number)
			return *it;
	return NULL;
}

void
ports_emit(struct core *c, struct ev_port *line)
{
	AUTO_FREE char *text = line->closed == NULL ? xasprintf("port %lld of "
	    "%s is open at http://%s", (long long)line->port, line->id,
	    line->address) : xasprintf("port %lld of %s is closed: %s",
	    (long long)line->port, line->id, line->closed);

	EMIT(c, line->client != NULL ? "user" : "core", note, .text = text,
	    .port = line);
	emit_sync(c);
}

static void
port_emit(const struct port *p, const char *client, const char *closed)
{
	const struct ports *ps = p->of;

	ports_emit(ps->core, &(struct ev_port){ .id = ps->id,
	    .command = ps->command, .port = p->number, .address = p->at,
	    .closed = closed, .connections = { closed != NULL,
	    p->connections }, .client = client });
}

/* Close the port and its connections. */
static void
port_close(struct port *p, const char *client, const char *why)
{
	struct ports *ps = p->of;
	size_t i;

	for (i = ps->links_len; i > 0; i--)
		if (ps->links[i - 1]->port == p)
			port_link_free(ps, i - 1);
	network_process_end(&p->proxy);
	if (why != NULL)
		port_emit(p, client, why);
	for (i = 0; ps->v[i] != p; i++)
		;
	memmove(&ps->v[i], &ps->v[i + 1], (--ps->v_len - i) * sizeof(*ps->v));
	free(p);
}

void
ports_free(struct ports *ps, const char *why)
{
	if (ps == NULL)
		return;
	while (ps->v_len > 0)
		port_close(ps->v[0], NULL, why);
	FREE_ALL(ps->v, ps->links, ps);
}

static int
port_message(void *arg, const cJSON *m, int *fd UNUSED, struct err *e)
{
	struct port *p = arg;
	struct ports *ps = p->of;
	struct port_link *l;

	if (m == NULL) {
		port_close(p, NULL, "its proxy ended");
		return 0;
	}
	p->connections += json_get(m, "open") != NULL;
	if (json_get(m, "ask") == NULL)
		return 0;
	if (ps->links_len == PORT_LINKS)
		return err_set(e, "out of turn");
	l = xcalloc(1, sizeof(*l));
	l->port = p;
	l->id = json_int(m, "ask", 0);
	l->fd = -1;
	*GROW_ADD(ps->links, ps->links_len) = l;
	ports_next(ps);
	return 0;
}

/* The same port at the session's address, or any. */
static int
port_listen(struct port *p, struct err *e)
{
	struct endpoint at;
	int fd;

	endpoint_own(&at, p->of->core->id);
	at.four.sin_port = htons((uint16_t)p->number);
	fd = endpoint_listen(&at);
	if (fd < 0) {
		at.four.sin_port = 0;
		fd = endpoint_listen(&at);
	}
	endpoint_text(&at, p->at);
	if (fd < 0)
		return err_sys(e, "can't listen at %s", p->at);
	p->network = port_network(fd);
	return fd;
}

/* Does a service of the user's answer there? */
static bool
ports_forwards(const struct network *n, int number)
{
	const char *colon;
	size_t i;

	for (i = 0; n->forwards[i] != NULL; i++) {
		colon = strrchr(n->forwards[i], ':');
		if (colon != NULL && strtol(colon + 1, NULL, 10) == number)
			return true;
	}
	return false;
}

static int
ports_check(const struct ports *ps, int number, struct err *e)
{
	const struct core *c = ps->core;
	const struct port *p = ports_find(ps, number);

	if (!sandbox_levels[c->sandbox.level].encloses || c->network == NULL)
		return err_set(e, "port %d can't be opened: on level %s "
		    "commands have no network of their own", number,
		    sandbox_levels[c->sandbox.level].name);
	if (number < PORT_LEAST || number > 65535)
		return err_set(e, "port %d can't be opened: let it listen on "
		    "one from %d to 65535", number, PORT_LEAST);
	if (ports_forwards(c->network, number))
		return err_set(e, "port %d can't be opened: a forward of yours "
		    "has it in the sandbox", number);
	if (p != NULL)
		return err_set(e, "port %d of %s is open: %s", number, ps->id,
		    p->at);
	return ps->v_len < PORTS_MAX ? 0 : err_set(e, "%s has %d open ports: "
	    "close one", ps->id, PORTS_MAX);
}

int
ports_open(struct ports *ps, int number, const char *client, struct err *e)
{
	struct port now = { .of = ps, .number = number }, *p;
	AUTO_CLOSE int fd = -1;
	cJSON *o;

	if (ports_check(ps, number, e) < 0 || (fd = port_listen(&now, e)) < 0)
		return -1;
	p = xmalloc(sizeof(*p));
	*p = now;
	network_process_start(&p->proxy, ps->core->loop, port_message, p,
	    e);
	if (p->proxy.channel == NULL) {
		free(p);
		return -1;
	}
	*GROW_ADD(ps->v, ps->v_len) = p;
	port_emit(p, client, NULL);
	o = cJSON_CreateObject();
	json_add_int(o, "listen", p->number);
	json_add_str(o, "forward", p->at);
	net_channel_send_take(p->proxy.channel, o, fd);
	return 0;
}

int
ports_close(struct ports *ps, int number, const char *client, struct err *e)
{
	struct port *p = ports_find(ps, number);

	if (p == NULL)
		return err_set(e, "port %d of %s isn't open", number, ps->id);
	port_close(p, client, "you closed it");
	return 0;
}
