/* The messages of assent-net, and the answers. */
#include "config.h"

#include "core/net/network.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/kernel/core.h"
#include "core/net/network-int.h"
#include "journal/fold.h"
#include "net/proxy.h"
#include "policy/net-allow.h"
#include "provider/http.h"

#define NETWORK_LINKS	4096		/* more than the proxy has */

static net_channel_cb network_message;

void
network_process_start(struct network_process *p, struct loop *loop,
    net_channel_cb *cb, void *arg, struct err *e)
{
	AUTO_FREE char *path = self_find(SELF_PROGRAM, "assent-net", e);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	if (path == NULL)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(e, "proxy: socketpair");
		return;
	}
	p->pid = spawn_bare(path, "assent-net", pair[1], null, null);
	if (p->pid < 0)
		err_sys(e, "proxy: cannot start %s", path);
	close(pair[1]);
	if (p->pid < 0)
		close(pair[0]);
	else
		p->channel = net_channel_new(loop, pair[0], cb, arg);
}

void
network_process_end(struct network_process *p)
{
	if (p->channel == NULL)
		return;
	net_channel_free(p->channel);
	p->channel = NULL;
	/* It has nothing to save. */
	(void)kill(p->pid, SIGKILL);
	(void)spawn_reap(p->pid);
}

void
network_proxy_start(struct network *n, struct err *e)
{
	network_process_start(&n->proxy, n->core->loop, network_message, n, e);
}

/* Answer what it asked about with a refusal, in words for the client. */
static void
network_refuse(struct network *n, int64_t id, const char *words)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "answer", id);
	json_add_bool(o, "allow", false);
	json_add_str(o, "words", words);
	net_channel_send_take(n->proxy.channel, o, -1);
}

static void
network_reply(struct network *n, struct network_link *l, const char *refused)
{
	cJSON *o;

	l->waits = false;
	if (refused != NULL) {
		network_refuse(n, l->id, refused);
		return;
	}
	o = cJSON_CreateObject();
	json_add_int(o, "answer", l->id);
	json_add_bool(o, "allow", true);
	/* The next ones wait until the first connection to a host is
	 * recorded. */
	json_add_bool(o, "wait", l->host->connections == 0);
	json_add_str(o, "proxy", network_upstream(l->host));
	json_set_take(o, "addresses", network_addresses(&n->core->network->allow,
	    l->host));
	net_channel_send_take(n->proxy.channel, o, -1);
}

void
network_reply_all(struct network *n, const struct network_host *h,
    const char *refused)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		if (n->links[i].waits && n->links[i].host == h)
			network_reply(n, &n->links[i], refused);
}

const char *
network_allowed(const struct network *n, const struct network_host *h)
{
	const struct core *c = n->core;
	const struct net_allow_entry *entry;

	if (h->verdict == NETWORK_ALLOWED)
		return "you";
	entry = net_allow_find(&c->network->allow, h->host, h->port);
	if (entry != NULL)
		return entry->from;
	return fold_net_serves(c->fold, h->name, n->server) ? "you" :
	    NULL;
}

static struct network_link *
network_link_add(struct network *n, int64_t id, struct network_host *h)
{
	struct network_link *l;

	GROW(n->links, n->links_len);
	l = &n->links[n->links_len++];
	*l = (struct network_link){ .id = id, .host = h };
	return l;
}

static void
network_unreachable(struct network *n, struct network_host *h,
    const char *words)
{
	if (h->port == 0)
		xstrset(&n->unreached, words);
	network_failed(n, h, words);
}

/* A connection to one of the forwards: we make it, since the proxy can't use
 * unix sockets. */
static void
network_forward(struct network *n, int64_t id, const char *forward)
{
	struct network_host *h = network_host_get(n, forward, 0);
	struct err e = ERR_INIT;
	AUTO_CLOSE int fd = h == NULL ? -1 : endpoint_connect(forward, &e);
	cJSON *o;

	if (fd < 0) {
		if (h != NULL)
			network_unreachable(n, h, e.text);
		network_refuse(n, id, "not connected");
		return;
	}
	(void)network_link_add(n, id, h);
	h->by = "forward";
	o = cJSON_CreateObject();
	json_add_int(o, "answer", id);
	json_add_bool(o, "allow", true);
	json_add_bool(o, "wait", h->connections == 0);
	net_channel_send_take(n->proxy.channel, o, fd);
}

/* A connection is wanted. */
static void
network_decide(struct network *n, int64_t id, const char *host, int port)
{
	struct core *c = n->core;
	struct network_host *h = network_host_get(n, host, port);
	struct network_link *l;

	if (h == NULL) {
		if (!n->full)
			emit_note(c, "a command tries to connect to more than "
			    "256 hosts; the rest are refused, and not listed");
		n->full = true;
		network_refuse(n, id, "one command may connect to "
		    "256 hosts and no more");
		return;
	}
	l = network_link_add(n, id, h);
	l->waits = true;
	h->by = network_allowed(n, h);
	if (h->by != NULL) {
		network_reply(n, l, NULL);
	} else if (h->verdict == NETWORK_FORBIDDEN) {
		network_reply(n, l, "the user did not allow it");
	} else if (c->fold->ask.kind != ASK_NONE &&
	    c->fold->ask.kind != ASK_HOST) {
		network_reply(n, l, "the user is asked something else");
	} else if (c->person && !n->quiet && !network_host_is_private(h)) {
		network_ask_next(c);
	} else {
		AUTO_FREE char *words = xasprintf("%s is not allowed here; the "
		    "user can allow it with --net %s", h->name, h->name);

		network_forbidden(n, h, words);
		network_reply(n, l, words);
		if (!n->quiet)
			c->task.faults |= FAULT_NO_NET;
	}
}

/* ---- messages ---- */

static struct network_link *
network_link_find(const struct network *n, int64_t id)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		if (n->links[i].id == id)
			return &n->links[i];
	return NULL;
}

/* If only the user's own proxy, of another kind, leads to the internet, all
 * hosts seem to be gone. */
static void
network_direct_note(struct network *n, const struct network_host *h)
{
	AUTO_FREE char *url = network_url(h);
	AUTO_FREE char *name = http_handle_proxy_name(url);

	if (name == NULL || n->direct_told || network_upstream(h) != NULL)
		return;
	n->direct_told = true;
	emit_note(n->core, "Commands connect directly, not through %s, which isn't "
	    "an http:// proxy: if your network needs it, they can't reach %s",
	    name, h->name);
}

static void
network_link_end(struct network *n, struct network_link *l)
{
	*l = n->links[--n->links_len];
}

static void
network_lost(struct network *n)
{
	network_process_end(&n->proxy);
	network_shut_sockets(n);
	emit_note(n->core, "%s", n->spoke ? "the network proxy ended; the next "
	    "command has a new one" : "commands have no network: the proxy, "
	    "assent-net, ended at once; install assent again");
	network_ask_end(n);
	network_ended_all(n);
}

/* The proxy reads what commands send, so its words are checked: 0, or -1 if it
 * says what it never should. */
static int
network_take_message(struct network *n, const cJSON *m)
{
	char host[NET_ALLOW_HOST_MAX + 1];
	int64_t id = json_int(m, "ask", -1), call = json_int(m, "call", 0);
	int64_t port = json_int(m, "port", 0);
	const char *forward = json_str(m, "forward");
	struct network_link *l;

	if (id >= 0) {
		if (n->links_len == NETWORK_LINKS ||
		    network_link_find(n, id) != NULL ||
		    (forward != NULL ? !network_has_forward(n, forward) :
		    port < 1 || port > 65535 ||
		    !net_allow_host(json_str_or(m, "host", ""), host)))
			return -1;
		if (call == 0 || call != n->call)
			network_refuse(n, id, "the command has ended");
		else if (forward != NULL)
			network_forward(n, id, forward);
		else
			network_decide(n, id, host, (int)port);
		return 0;
	}
	if (json_get(m, "ended") != NULL) {
		call = json_int(m, "ended", 0);
		if (n->call != 0 && call >= n->call)
			return -1;
		network_ended(n, call);
	} else if ((l = network_link_find(n, json_int(m, "open", -1))) != NULL) {
		if (l->waits)
			return -1;
		network_open(n, l, m);
	} else if ((l = network_link_find(n, json_int(m, "failed", -1))) !=
	    NULL) {
		network_unreachable(n, l->host, json_str_or(m, "words",
		    "failed"));
		if (!json_bool(m, "refused", false) && l->host->port != 0)
			network_direct_note(n, l->host);
		network_link_end(n, l);
	} else if ((l = network_link_find(n, json_int(m, "closed", -1))) !=
	    NULL) {
		l->host->sent += json_int(m, "sent", 0);
		l->host->received += json_int(m, "received", 0);
		network_link_end(n, l);
	}
	return 0;
}

static int
network_message(void *arg, const cJSON *m, int *fd, struct err *e)
{
	struct network *n = arg;

	(void)fd;
	if (m == NULL)
		network_lost(n);
	else {
		n->spoke = true;
		if (network_take_message(n, m) < 0)
			return err_set(e, "out of turn");
	}
	network_counted(n->core);
	return 0;
}
