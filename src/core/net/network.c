#include "config.h"

#include "core/net/network.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/url.h"
#include "base/utf8.h"
#include "core/agent/background.h"
#include "core/kernel/core.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/net-allow.h"
#include "provider/http.h"
#include "sandbox/sandbox.h"

#define NETWORK_SECRET	16		/* bytes */

/* A connection that the proxy asked about, until it is closed. */
struct network_link {
	int64_t			 id;
	struct network_host	*host;
	bool			 waits;		/* for the answer */
};

/* A socket at which a command finds the proxy, or a forward. */
struct network_door {
	int			 fd;		/* -1 */
	struct loop_watch	*knock;		/* until somebody connects */
};

/* That of commands, c->network, and those of MCP servers (network.c). */
struct network {
	struct core		*core;
	struct network		*next;		/* a server's */
	char			*server;	/* its name; NULL */
	network_waits_cb	*waits;		/* the same */
	void			*waits_arg;
	bool			 quiet;		/* it never asks */
	struct net_allow	 allow;		/* the user's settings; of
						   commands alone */
	char			*forwards[ENDPOINT_MAX + 1];	/* the same */
	char			*missing;	/* why some aren't used */
	bool			 dropped;	/* no effect on this level */
	char			 secret[2 * NETWORK_SECRET + 1];
	/* The session's running assent-net: its messages, described in
	 * src/net/proxy.h (NULL: not started), and its process. */
	struct net_channel	*proxy;
	pid_t			 proxy_pid;
	bool			 spoke;		/* the proxy has said something */
	/* the command that runs; 0: none, or without a socket */
	int64_t			 call;
	char			*call_id, *command;
	bool			 joined;	/* sandbox_spec.joins is set */
	/* that of the proxy, and of each forward */
	struct network_door	 doors[1 + ENDPOINT_MAX];
	/* of this command, or server, and, until the proxy has ended them, earlier ones */
	struct network_host	**hosts;
	size_t			 hosts_len;
	struct network_link	*links;
	size_t			 links_len;
	int64_t			 calls;		/* so far */
	char			*refused;	/* network_refused */
	size_t			 refused_len;
	char			*unreached;	/* network_unreached */
	bool			 full;		/* it has NETWORK_HOSTS, and
						   wants more */
	bool			 direct_told;	/* network_direct_note */
	unsigned		 placeless;	/* bits: which forward was told of */
	char			*ask_id;	/* the open question, or NULL */
	struct network_host	*asked;		/* what it is about */
	struct loop_timer	*ask_timer;
};

enum network_verdict {		/* the user's, for this command */
	NETWORK_OPEN,
	NETWORK_ALLOWED,
	NETWORK_FORBIDDEN,
};

struct network_host {
	int64_t			 call;
	char			*call_id;
	char			*host;
	char			*name;		/* "host:port" */
	int			 port;		/* 0: a forward */
	const char		*by;		/* who allowed it; borrowed */
	enum network_verdict	 verdict;
	bool			 told;		/* a refusal was recorded */
	int64_t			 connections, sent, received;
};

static struct network_host *
network_host_new(int64_t call, const char *call_id, const char *host, int port)
{
	struct network_host *h = xcalloc(1, sizeof(*h));

	h->call = call;
	h->call_id = xstrdup_null(call_id);
	h->host = xstrdup(host);
	h->port = port;
	h->name = port == 0 ? xstrdup(host) : url_authority(host, port);
	return h;
}

static void
network_host_free(struct network_host *h)
{
	free(h->call_id);
	free(h->host);
	free(h->name);
	free(h);
}

/* Is it an address that only the settings can allow? Then no answer does. */
static bool
network_host_is_private(const struct network_host *h)
{
	struct net_address a;

	return net_address_parse(&a, h->host) == 0 &&
	    net_address_fault(&a) != NULL;
}

static char *
network_url(const struct network_host *h)
{
	return xasprintf("%s://%s", h->port == 80 ? "http" : "https", h->name);
}

/* The user's proxy on the way to this host, if it is one that ours can use. */
static const char *
network_upstream(const struct network_host *h)
{
	AUTO_FREE char *url = network_url(h);
	const char *from, *proxy = url_proxy(url, &from);

	return proxy == NULL || strstr(proxy, "://") == NULL ||
	    strncasecmp(proxy, "http://", 7) == 0 ? proxy : NULL;
}

/* The addresses in the list for this port: only these are allowed although they
 * are private. */
static cJSON *
network_addresses(const struct net_allow *allow, int port)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < allow->len; i++)
		if (allow->v[i].kind == NET_ALLOW_ADDRESS &&
		    net_allow_find(allow, allow->v[i].host, port) != NULL)
			cJSON_AddItemToArray(list, cJSON_CreateString(
			    allow->v[i].host));
	return list;
}

#define NETWORK_LINKS	4096		/* more than the proxy has */
#define NETWORK_HOSTS	256		/* of one command; the words are
					   below */

static int	network_message(void *arg, const cJSON *m, int *fd,
    struct err *e);
static void	network_ask_next(struct network *n);
static void	network_ask_end(struct network *n);

static net_channel_cb network_message;

static void
network_proxy_start(struct network *n, struct err *e)
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
	n->proxy_pid = spawn_bare(path, "assent-net", pair[1], null, null);
	if (n->proxy_pid < 0)
		err_sys(e, "proxy: cannot start %s", path);
	close(pair[1]);
	if (n->proxy_pid < 0)
		close(pair[0]);
	else
		n->proxy = net_channel_new(n->core->loop, pair[0],
		    network_message, n);
}

/* And with it all its connections. */
static void
network_proxy_end(struct network *n)
{
	if (n->proxy == NULL)
		return;
	net_channel_free(n->proxy);
	n->proxy = NULL;
	/* It has nothing to save. */
	(void)kill(n->proxy_pid, SIGKILL);
	(void)spawn_reap(n->proxy_pid);
}

/* Answer what it asked about with a refusal, in words for the client. */
static void
network_refuse(struct network *n, int64_t id, const char *words)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "answer", id);
	json_add_bool(o, "allow", false);
	json_add_str(o, "words", words);
	net_channel_send_take(n->proxy, o, -1);
}

/* A new one for each command: it is useless after that. */
static int
network_secret(struct network *n, struct err *e)
{
	unsigned char raw[NETWORK_SECRET];
	size_t i;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(e, "network: no random numbers");
	for (i = 0; i < sizeof(raw); i++)
		snprintf(n->secret + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

/* One without settings. *to is set in any case. */
static int
network_open_new(struct core *c, struct network **to, struct err *e)
{
	struct network *n = *to = xcalloc(1, sizeof(*n));
	size_t i;

	n->core = c;
	for (i = 0; i < MEM_COUNT(n->doors); i++)
		n->doors[i].fd = -1;
	return network_secret(n, e);
}

static bool
network_has_forward(const struct network *n, const char *forward)
{
	char *const *v = n->forwards;

	while (*v != NULL && strcmp(*v, forward) != 0)
		v++;
	return *v != NULL;
}

/* A port can't be checked: its service may start later. */
static int
network_check_socket(const struct core *c, const struct endpoint *at,
    struct err *e)
{
	const char *path = at->un.sun_path;
	AUTO_FREE char *real = NULL;
	struct stat st;

	if (at->any.sa_family != AF_UNIX)
		return 0;
	real = fs_realpath(path);
	if (fs_is_below(path, c->root) ||
	    (real != NULL && fs_is_below(real, c->root)))
		return err_set(e, "is in the project; let the service listen "
		    "elsewhere");
	if (real == NULL || stat(real, &st) < 0)
		return err_set(e, "doesn't exist; start the service first, or "
		    "leave it out");
	return S_ISSOCK(st.st_mode) ? 0 : err_set(e, "isn't a socket; name the "
	    "service's, or leave it out");
}

int
network_init(struct core *c, bool resumed, struct err *e)
{
	const char *from = json_str_or(json_get(c->start, "origins"),
	    "forward", "setting");
	const cJSON *it;
	struct network *n;
	struct err why;
	size_t len = 0;

	/* A recording may be somebody else's, so its list of hosts isn't used:
	 * a replay has no network. */
	if (json_bool(c->start, "replay", false))
		return 0;
	if (network_open_new(c, &c->network, e) < 0)
		return -1;
	n = c->network;
	cJSON_ArrayForEach(it, json_array(c->start, "net_allow")) {
		const char *entry = json_str_or(it, "entry", "");

		why = (struct err)ERR_INIT;
		if (net_allow_add(&n->allow, entry, json_str_or(it, "from",
		    "config"), &why) < 0)
			return err_set(e, "net_allow: \"%s\" %s", entry,
			    why.text);
	}
	cJSON_ArrayForEach(it, json_array(c->start, "forward")) {
		struct endpoint at;

		why = (struct err)ERR_INIT;
		if (!cJSON_IsString(it) || len == ENDPOINT_MAX ||
		    endpoint_parse(&at, it->valuestring, &why) < 0)
			return err_set(e, "forward: %s", err_is_set(&why) ?
			    why.text : "too many, or not a string");
		if (network_check_socket(c, &at, &why) < 0) {
			c->exit_code = resumed ? c->exit_code :
			    CORE_EXIT_USAGE;
			err_set(e, "forward (%s): %s %s", from,
			    it->valuestring, why.text);
			if (!resumed)
				return -1;
			/* There may be hunks to review. */
			FREE_SET(n->missing, n->missing == NULL ?
			    xstrdup(e->text) : xasprintf("%s\n%s",
			    n->missing, e->text));
			*e = (struct err)ERR_INIT;
		} else if (!network_has_forward(n, it->valuestring))
			n->forwards[len++] = xstrdup(it->valuestring);
	}
	return 0;
}

/* Hosts of this command and earlier ones, with their connections. */
static void
network_hosts_drop(struct network *n, int64_t call)
{
	size_t i, kept = 0;

	for (i = n->links_len; i > 0; i--)
		if (n->links[i - 1].host->call <= call)
			n->links[i - 1] = n->links[--n->links_len];
	for (i = 0; i < n->hosts_len; i++)
		if (n->hosts[i]->call <= call)
			network_host_free(n->hosts[i]);
		else
			n->hosts[kept++] = n->hosts[i];
	n->hosts_len = kept;
}

static void
network_close_door(struct network_door *d)
{
	loop_watch_free(&d->knock);
	fs_close(d->fd);
	d->fd = -1;
}

/* Nobody will accept at those where somebody connected. On level C the broker
 * keeps the socket, too, and clients would wait. */
static void
network_shut_doors(struct network *n)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(n->doors); i++) {
		if (n->doors[i].fd < 0 || n->doors[i].knock != NULL)
			continue;
		(void)shutdown(n->doors[i].fd, SHUT_RDWR);
		network_close_door(&n->doors[i]);
	}
}

static void
network_free(struct network *n)
{
	size_t i;

	if (n == NULL)
		return;
	network_proxy_end(n);
	for (i = 0; i < MEM_COUNT(n->doors); i++)
		network_close_door(&n->doors[i]);
	for (i = 0; i < ENDPOINT_MAX; i++)
		free(n->forwards[i]);
	loop_timer_free(&n->ask_timer);
	network_hosts_drop(n, INT64_MAX);
	net_allow_release(&n->allow);
	free(n->hosts);
	free(n->links);
	free(n->call_id);
	free(n->command);
	free(n->refused);
	free(n->unreached);
	free(n->missing);
	free(n->ask_id);
	free(n->server);
	free(n);
}

static void
network_release(struct core *c)
{
	network_free(c->network);
	c->network = NULL;
}

static void
network_note(struct core *c)
{
	const struct sandbox_level_row *l = &sandbox_levels[c->sandbox.level];

	if (c->network != NULL && c->network->dropped)
		emit_note(c, "The network is open on level %s: --net and "
		    "net_allow have no effect", l->name);
	if (c->network != NULL && c->network->missing != NULL)
		emit_note(c, "%s", c->network->missing);
	if (c->network != NULL && !l->encloses && c->network->forwards[0] != NULL)
		emit_note(c, "forward has no effect on level %s: %s", l->name,
		    l->holds ? "it has no network of its own, and commands "
		    "can't reach services of this machine" :
		    "the network is open");
}

/* Can other programs connect to its proxy? */
static bool
network_needs_secret(const struct network *n, enum sandbox_level level,
    bool joined)
{
	return sandbox_levels[level].brokers || n->quiet || joined;
}

void
network_spec(const struct network *n, struct sandbox_spec *s)
{
	s->net = n != NULL && sandbox_levels[s->level].holds;
	s->net_secret = s->net && network_needs_secret(n, s->level,
	    s->joins != 0) ? n->secret : NULL;
	s->forward = s->net && sandbox_levels[s->level].encloses ?
	    (const char *const *)n->forwards : NULL;
}

cJSON *
network_level(struct core *c)
{
	struct network *n = c->network;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	if (n != NULL && !sandbox_levels[c->sandbox.level].holds &&
	    n->allow.len > 0) {
		n->dropped = true;
		net_allow_release(&n->allow);
		cJSON_DeleteItemFromObjectCaseSensitive(c->start, "net_allow");
	}
	for (i = 0; n != NULL && i < n->allow.len; i++)
		cJSON_AddItemToArray(list,
		    cJSON_CreateString(n->allow.v[i].text));
	return list;
}

cJSON *
network_forwards(struct core *c)
{
	const struct network *n = c->network;
	cJSON *list = cJSON_CreateArray();
	size_t i;

	if (!sandbox_levels[c->sandbox.level].encloses) {
		cJSON_DeleteItemFromObjectCaseSensitive(c->start, "forward");
		return list;
	}
	for (i = 0; n != NULL && n->forwards[i] != NULL; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(n->forwards[i]));
	/* Without those that are missing. */
	if (n != NULL && n->missing != NULL)
		json_set_take(c->start, "forward", cJSON_Duplicate(list, 1));
	return list;
}

/* ---- a command ---- */

/* Who uses it from here on: an id in the journal, and words for the user. */
static void
network_set(struct network *n, const char *id, const char *command)
{
	xstrset(&n->call_id, id);
	xstrset(&n->command, command);
	xstrset(&n->refused, NULL);
	xstrset(&n->unreached, NULL);
	n->refused_len = 0;
	n->full = false;
}

void
network_command(struct core *c, const char *id, const char *command,
    const struct sandbox_spec *s)
{
	if (c->network == NULL)
		return;
	network_set(c->network, id, command);
	c->network->joined = s->joins != 0;
}

/* The first connection: to the proxy, with all that follow. */
static void
network_knock(void *arg, int fd, unsigned events)
{
	struct network *n = arg;
	struct core *c = n->core;
	struct err e = ERR_INIT;
	size_t i = 0;
	cJSON *o;

	(void)events;
	while (n->doors[i].fd != fd)
		i++;
	loop_watch_free(&n->doors[i].knock);
	if (n->proxy == NULL) {
		n->spoke = false;
		network_proxy_start(n, &e);
	}
	if (n->proxy == NULL) {
		emit_note(c, "commands have no network: %s", e.text);
		network_shut_doors(n);
		return;
	}
	o = cJSON_CreateObject();
	json_add_int(o, "listen", n->call);
	if (i > 0)
		json_add_str(o, "forward", n->forwards[i - 1]);
	else if (network_needs_secret(n, c->sandbox.level, n->joined))
		json_add_str(o, "secret", n->secret);
	net_channel_send_take(n->proxy, o, fd);
}

/* It has this socket, until network_end. */
static void
network_listen(struct network *n, unsigned which, int fd_take)
{
	struct network_door *d = &n->doors[which];
	const char *forward = which == 0 || which > ENDPOINT_MAX ? NULL :
	    n->forwards[which - 1];

	if (fd_take < 0 || (which > 0 && forward == NULL)) {
		fs_close(fd_take);
		/* There a background command's answers. */
		if (forward != NULL && n->core->sandbox.joins == 0 &&
		    (n->placeless & 1u << which) == 0)
			emit_note(n->core, "commands can't use the forward %s: "
			    "the sandbox has no place for its socket there, or "
			    "its port is taken", forward);
		n->placeless |= forward != NULL ? 1u << which : 0;
		return;
	}
	network_close_door(d);
	/* The proxy's comes first. */
	if (which == 0 || n->call == 0)
		n->call = ++n->calls;
	d->fd = fd_take;
	d->knock = loop_watch_new(n->core->loop, fd_take, LOOP_READ,
	    network_knock, n);
}

void
network_begin(void *core, unsigned which, int fd_take)
{
	struct core *c = core;

	network_listen(c->network, which, fd_take);
}

void
network_end(struct network *n)
{
	bool known = false;
	size_t i;
	cJSON *o;

	if (n == NULL || n->call == 0)
		return;
	network_ask_end(n);
	for (i = 0; i < MEM_COUNT(n->doors); i++) {
		known |= n->doors[i].fd >= 0 && n->doors[i].knock == NULL;
		network_close_door(&n->doors[i]);
	}
	/* Without a connection the proxy doesn't know the command. */
	if (known && n->proxy != NULL) {
		o = cJSON_CreateObject();
		json_add_int(o, "end", n->call);
		net_channel_send_take(n->proxy, o, -1);
	}
	n->call = 0;
	/* A server gets the first one, as before. */
	if (n->server == NULL)
		(void)network_secret(n, NULL);
}

/* ---- the record ---- */

/* Of the command that runs; NULL: it has too many. */
static struct network_host *
network_host_get(struct network *n, const char *host, int port)
{
	struct network_host *h;
	size_t i, of_call = 0;

	for (i = 0; i < n->hosts_len; i++) {
		h = n->hosts[i];
		if (h->call == n->call && h->port == port &&
		    strcmp(h->host, host) == 0)
			return h;
		of_call += h->call == n->call;
	}
	if (of_call == NETWORK_HOSTS)
		return NULL;
	h = network_host_new(n->call, n->call_id, host, port);
	GROW(n->hosts, n->hosts_len);
	n->hosts[n->hosts_len++] = h;
	return h;
}

/* Everything of a command is closed: what it sent and received. */
static void
network_ended(struct network *n, int64_t call)
{
	struct ev_net_end line = { NULL, NULL, 0 };
	size_t i;

	for (i = 0; i < n->hosts_len; i++) {
		const struct network_host *h = n->hosts[i];

		if (h->call != call || h->connections <= 0)
			continue;
		line.call = h->call_id;
		GROW(line.hosts, line.hosts_len);
		line.hosts[line.hosts_len++] = (struct ev_net_host){
		    .host = h->port == 0 ? NULL : h->host, .port = h->port,
		    .forward = h->port == 0 ? h->host : NULL,
		    .connections = h->connections, .sent = h->sent,
		    .received = h->received };
	}
	if (line.hosts_len > 0)
		EMIT_THIS(n->core, "core", net_end, &line);
	free(line.hosts);
	network_hosts_drop(n, call);
}

/* Record a connection, before a byte is passed on: to where the proxy's message
 * says; a forward has no address but its own. */
static void
network_count(struct network *n, struct network_host *h, const cJSON *m)
{
	if (h->connections++ > 0)
		return;
	EMIT(n->core, "core", net, .call = h->call_id,
	    .host = h->port == 0 ? NULL : h->host, .port = h->port,
	    .forward = h->port == 0 ? h->host : NULL,
	    .address = h->port == 0 ? NULL : json_str_or(m, "address", "?"),
	    .proxy = json_str(m, "proxy"), .allowed_by = h->by);
	emit_sync(n->core);
}

static void
network_open(struct network *n, struct network_link *l, const cJSON *m)
{
	cJSON *go = cJSON_CreateObject();

	network_count(n, l->host, m);
	json_add_int(go, "go", l->id);
	net_channel_send_take(n->proxy, go, -1);
}

static void
network_failed(struct network *n, struct network_host *h, const char *words)
{
	if (h->told)
		return;
	h->told = true;
	EMIT(n->core, "core", net, .call = h->call_id,
	    .host = h->port == 0 ? NULL : h->host, .port = h->port,
	    .forward = h->port == 0 ? h->host : NULL, .refused = words);
}

/* Record that the host isn't allowed. */
static void
network_forbidden(struct network *n, struct network_host *h, const char *words)
{
	if (!h->told && n->refused_len++ == 0)
		xstrset(&n->refused, h->name);
	network_failed(n, h, words);
}

const char *
network_refused(const struct network *n, size_t *len)
{
	*len = n == NULL ? 0 : n->refused_len;
	return *len == 0 ? NULL : n->refused;
}

const char *
network_unreached(const struct network *n)
{
	return n == NULL ? NULL : n->unreached;
}

/* ---- decisions ---- */

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
	/* Until the first connection to a host is recorded. */
	json_add_bool(o, "wait", l->host->connections == 0);
	json_add_str(o, "proxy", network_upstream(l->host));
	json_set_take(o, "addresses", network_addresses(&n->core->network->allow,
	    l->host->port));
	net_channel_send_take(n->proxy, o, -1);
}

/* Answer all connections to this host that wait; `refused`: why not, or NULL. */
static void
network_reply_all(struct network *n, const struct network_host *h,
    const char *refused)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		if (n->links[i].waits && n->links[i].host == h)
			network_reply(n, &n->links[i], refused);
}

/* Who allows it, or NULL. */
static const char *
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
	net_channel_send_take(n->proxy, o, fd);
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
		network_ask_next(n);
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

/* Where only the user's own proxy leads out, and it is of another kind, all hosts
 * seem to be gone. */
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
	struct core *c = n->core;

	network_proxy_end(n);
	network_shut_doors(n);
	if (n->spoke)
		emit_note(c, "the network proxy ended; the next command has a "
		    "new one");
	else
		emit_note(c, "commands have no network: the proxy, assent-net, "
		    "ended at once; install assent again");
	network_ask_end(n);
	while (n->hosts_len > 0)
		network_ended(n, n->hosts[0]->call);
}

/* The proxy reads what commands send, so its words are checked: 0, or -1 if it
 * says what it never should. */
static int
network_take(struct network *n, const cJSON *m)
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
	if (m == NULL) {
		network_lost(n);
		return 0;
	}
	n->spoke = true;
	return network_take(n, m) < 0 ? err_set(e, "out of turn") :
	    0;
}

/* A connection waits so long for the user. */
#define NETWORK_ASK_MS	(10 * 60 * 1000)
#define NETWORK_REASON	500		/* bytes of the model's words */

static void	network_answered(struct network *, const cJSON *command,
	    const char *client);

static void
network_ask_late(void *arg)
{
	struct network *n = arg;

	n->ask_timer = NULL;
	network_answered(n, NULL, NULL);
}

/* Is it a call of the model's last message? */
static bool
network_is_last(const struct core *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++)
		if (strcmp(c->calls.list[i].id, id) == 0)
			return true;
	return false;
}

/* What the model said in the message that calls the command, if it did. */
static char *
network_reason(const struct core *c)
{
	const struct fold_item *it = c->fold->items + c->fold->items_len;

	while (it-- > c->fold->items && it->kind != ITEM_USER) {
		if (it->kind == ITEM_ASSISTANT && it->text != NULL)
			return utf8_cut_dup(it->text, NETWORK_REASON);
		if (it->kind == ITEM_TOOL && it->call_id != NULL &&
		    !network_is_last(c, it->call_id))
			break;
	}
	return NULL;
}

/* Ask the user about this host, for the command that runs. */
static void
network_ask(struct network *n, struct network_host *h)
{
	struct core *c = n->core;
	AUTO_FREE char *why = xasprintf("%s%s tries to reach a host that isn't in "
	    "your settings; it could send the host anything the %s can "
	    "read", n->server == NULL ? "a command" : "MCP server ",
	    n->server == NULL ? "" : n->server, n->server == NULL ? "sandbox" :
	    "server's sandbox");
	AUTO_FREE char *reason = c->phase == PHASE_TOOL ? network_reason(c) :
	    NULL;

	free(n->ask_id);
	n->ask_id = xasprintf("net-%lld", (long long)c->journal->chain.seq +
	    1);
	n->asked = h;
	EMIT(c, "core", ask, .id = n->ask_id, .call = h->call_id,
	    .host = h->host, .port = h->port, .command = h->name,
	    .for_ = n->command, .server = n->server, .reason = reason,
	    .why = why);
	n->ask_timer = loop_timer_new(c->loop, NETWORK_ASK_MS,
	    network_ask_late, n);
	status_tell(c, "waiting", "may it connect to %s?", h->name);
	if (n->waits != NULL)
		n->waits(n->waits_arg, true);
}

/* Ask about the next host that a connection waits for, unless a question is
 * open. */
static void
network_ask_next(struct network *n)
{
	size_t i;

	for (i = 0; n->ask_id == NULL && i < n->links_len; i++)
		if (n->links[i].waits)
			network_ask(n, n->links[i].host);
}

/* Does a connection wait for the user? */
static bool
network_is_asking(const struct core *c)
{
	const struct network *n;

	for (n = c->network; n != NULL; n = n->next)
		if (n->ask_id != NULL)
			return true;
	return false;
}

/* The open question is answered: `command` has the answer of that client, with
 * "call", "session" or "always" (a front end has saved the host in the
 * settings); NULL: nobody answered. */
static void
network_answered(struct network *n, const cJSON *command, const char *client)
{
	AUTO_FREE char *asked = n->ask_id;
	bool allow = json_bool(command, "allow", false);
	const cJSON *seen = json_get(command, "seen");
	struct network_host *h = n->asked;

	loop_timer_free(&n->ask_timer);
	n->asked = NULL;
	n->ask_id = NULL;
	EMIT(n->core, client == NULL ? "core" : "user", answer, .id = asked,
	    .allow = allow, .client = client,
	    .scope = allow ? json_str_or(command, "scope", "call") : NULL,
	    .seen = { cJSON_IsBool(seen), cJSON_IsTrue(seen) });
	h->verdict = allow ? NETWORK_ALLOWED : NETWORK_FORBIDDEN;
	h->by = "you";
	if (n->waits != NULL)
		n->waits(n->waits_arg, false);
	if (n->server == NULL)
		status_tell(n->core, "tool", "running a command");
	else
		status_tell(n->core, "tool", "running %s", n->command);
	if (!allow)
		network_forbidden(n, h, client != NULL ? "you did not allow it" :
		    "you did not answer");
	network_reply_all(n, h, allow ? NULL : client != NULL ?
	    "the user did not allow it" : "the user did not answer");
	network_ask_next(n);
}

static bool
network_answer(struct core *c, const cJSON *command, const char *client)
{
	struct network *n = c->network;

	while (n != NULL && (n->ask_id == NULL ||
	    !json_is(command, "id", n->ask_id)))
		n = n->next;
	if (n != NULL)
		network_answered(n, command, client);
	return n != NULL;
}

/* Nobody needs the answer any more, nor one about another host. */
static void
network_ask_end(struct network *n)
{
	size_t i;

	for (i = 0; i < n->links_len; i++)
		n->links[i].waits = false;
	if (n->ask_id != NULL)
		network_answered(n, NULL, NULL);
}

const struct core_part network_part = {
	.begun = network_note, .asks = network_is_asking,
	.answer = network_answer, .free = network_release,
};

/* The network of an MCP server: a proxy of its own, and answers of its own. A
 * call of it is to the network what a command is: its connections end with it,
 * and are recorded. The socket stays. */

static struct network *
network_own_new(struct core *c, struct err *e)
{
	struct network *n;
	size_t i;

	if (c->network == NULL) {
		(void)err_set(e, "a replay has no network");
		return NULL;
	}
	if (network_open_new(c, &n, e) < 0) {
		network_free(n);
		return NULL;
	}
	for (i = 0; c->network->forwards[i] != NULL; i++)
		n->forwards[i] = xstrdup(c->network->forwards[i]);
	n->next = c->network->next;
	c->network->next = n;
	return n;
}

struct network *
network_server_new(struct core *c, const char *name, network_waits_cb *waits,
    void *arg, struct err *e)
{
	struct network *n = network_own_new(c, e);

	if (n == NULL)
		return NULL;
	n->server = xstrdup(name);
	n->waits = waits;
	n->waits_arg = arg;
	network_server_call(n, NULL, NULL);
	return n;
}

struct network *
network_background_new(struct core *c, const char *id, const char *command)
{
	struct network *n = network_own_new(c, NULL);

	if (n == NULL)
		return NULL;
	n->quiet = true;
	network_set(n, id, command);
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
network_server_call(struct network *n, const char *id, const char *tool)
{
	AUTO_FREE char *own = xasprintf("mcp-%s", n->server);
	AUTO_FREE char *command = xasprintf("%s of MCP server %s", tool == NULL ?
	    "the start" : tool, n->server);
	int fds[MEM_COUNT(n->doors)];
	unsigned i;

	for (i = 0; i < MEM_COUNT(fds); i++)
		fds[i] = n->doors[i].fd < 0 ? -1 :
		    fcntl(n->doors[i].fd, F_DUPFD_CLOEXEC, 3);
	network_end(n);
	network_set(n, id == NULL ? own : id, command);
	for (i = 0; i < MEM_COUNT(fds); i++)
		if (fds[i] >= 0)
			network_listen(n, i, fds[i]);
}

void
network_server_begin(struct network *n, unsigned which, int fd_take)
{
	network_listen(n, which, fd_take);
}
