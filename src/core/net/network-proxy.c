/*
 * The hosts that a command connects to, and the record of them; the messages of
 * assent-net, and the answers.
 */
#include "config.h"

#include "core/net/network.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/url.h"
#include "base/utf8.h"
#include "core/kernel/core.h"
#include "core/net/network-int.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/net-allow.h"
#include "provider/http.h"

/* ---- hosts ---- */

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
	FREE_ALL(h->call_id, h->host, h->name, h);
}

/* Is it an address that only the settings can allow? Then no answer of the user
 * does. */
static bool
network_host_is_private(const struct network_host *h)
{
	struct net_address a;

	return net_address_parse(&a, h->host) == 0 &&
	    net_address_fault(&a) != NULL;
}

/* malloc'ed */
static char *
network_url(const struct network_host *h)
{
	return xasprintf("%s://%s", h->port == 80 ? "http" : "https", h->name);
}

#define NETWORK_BY_KEY "key"

/* The user's proxy on the way to this host, if it is one that ours can use. */
static const char *
network_upstream(const struct network_host *h)
{
	AUTO_FREE char *url = network_url(h);
	const char *from, *proxy = url_proxy(url, &from);

	return proxy == NULL || strstr(proxy, "://") == NULL ||
	    strncasecmp(proxy, "http://", 7) == 0 ? proxy : NULL;
}

/* The addresses in the lists for this host's port, of all that it may have: only
 * these are allowed although they are private; and that of a service with a key, if
 * the user wrote an address. */
static cJSON *
network_addresses(const struct network *n, const struct network_host *h)
{
	const struct net_allow *lists[] = { &n->core->network->allow, &n->allow,
		&n->until };
	cJSON *list = cJSON_CreateArray();
	struct net_address a;
	bool is_address = net_address_parse(&a, h->host) == 0;
	size_t i, k;

	/* Commands' own list is that of the settings. */
	for (k = n == n->core->network; k < MEM_COUNT(lists); k++)
		for (i = 0; i < lists[k]->len; i++) {
			const struct net_allow_entry *one = &lists[k]->v[i];

			if (one->kind == NET_ALLOW_ADDRESS &&
			    net_allow_has_port(one, h->port) &&
			    (!is_address || strcmp(one->host, h->host) == 0))
				cJSON_AddItemToArray(list, cJSON_CreateString(
				    one->host));
		}
	if (is_address && strcmp(h->by, NETWORK_BY_KEY) == 0)
		cJSON_AddItemToArray(list, cJSON_CreateString(h->host));
	return list;
}

#define NETWORK_HOSTS	256		/* of one command; these words name the
					   number */
#define NETWORK_TOO_MANY "one command may connect to 256 hosts and no more"

void
network_hosts_drop(struct network *n, int64_t call)
{
	size_t i, kept = 0;

	for (i = n->links_len; i > 0; i--)
		if (n->links[i - 1].host->call <= call)
			n->links[i - 1] = n->links[--n->links_len];
	MEM_EACH(n, hosts, host)
		if ((*host)->call <= call)
			network_host_free(*host);
		else
			n->hosts[kept++] = *host;
	n->hosts_len = kept;
}

/* This host of the command that runs; NULL: it has too many. */
static struct network_host *
network_host_get(struct network *n, const char *host, int port)
{
	struct network_host *h;
	size_t of_call = 0;

	MEM_EACH(n, hosts, it) {
		h = *it;
		if (h->call == n->call && h->port == port &&
		    strcmp(h->host, host) == 0)
			return h;
		of_call += h->call == n->call;
	}
	if (of_call == NETWORK_HOSTS)
		return NULL;
	h = network_host_new(n->call, n->call_id, host, port);
	*GROW_ADD(n->hosts, n->hosts_len) = h;
	return h;
}

/* All connections of a command are closed: record what it sent and received. */
static void
network_ended(struct network *n, int64_t call)
{
	struct ev_net_end line = { NULL, NULL, 0 };

	MEM_EACH(n, hosts, host) {
		const struct network_host *h = *host;

		if (h->call != call || h->connections <= 0)
			continue;
		line.call = h->call_id;
		*GROW_ADD(line.hosts, line.hosts_len) = (struct ev_net_host){
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

void
network_ended_all(struct network *n)
{
	while (n->hosts_len > 0)
		network_ended(n, n->hosts[0]->call);
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

/* Record a connection of the proxy's message, and let it go on. */
static void
network_open(struct network *n, struct network_link *l, const cJSON *m)
{
	cJSON *go = cJSON_CreateObject();

	network_count(n, l->host, m);
	json_add_int(go, "go", l->id);
	net_channel_send_take(n->proxy.channel, go, -1);
}

/* Record why there was no connection; once a host. */
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

/* ---- asking the user about a host ---- */

/* How long a connection waits for the user. */
#define NETWORK_ASK_MS	(10 * 60 * 1000)
#define NETWORK_REASON	500		/* bytes of the model's words */

static void	network_answered(struct network *, const cJSON *command,
	    const char *client, const char *words);

static void
network_ask_late(void *arg)
{
	struct network *n = arg;

	n->ask_timer = NULL;
	network_answered(n, NULL, NULL, "you did not answer");
}

/* Is it a call of the model's last message? */
static bool
network_is_last_call(const struct core *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->calls.len; i++)
		if (strcmp(c->calls.list[i].id, id) == 0)
			return true;
	return false;
}

/* The model's words in the message that calls the command, or NULL. */
static char *
network_reason(const struct core *c)
{
	const struct fold_item *it = c->fold->items + c->fold->items_len;

	while (it-- > c->fold->items && it->kind != ITEM_USER) {
		if (it->kind == ITEM_ASSISTANT && it->text != NULL)
			return utf8_cut_dup(it->text, NETWORK_REASON);
		if (it->kind == ITEM_TOOL && it->call_id != NULL &&
		    !network_is_last_call(c, it->call_id))
			break;
	}
	return NULL;
}

/* Ask the user about n->asked, for the command that runs. */
static void
network_ask(struct network *n)
{
	struct core *c = n->core;
	const struct network_host *h = n->asked;
	AUTO_FREE char *why = xasprintf("%s%s tries to reach a host that isn't in "
	    "your settings; it could send the host anything %s sandbox can "
	    "read", n->server == NULL ? "a command" : network_kind(n),
	    n->server == NULL ? "" : n->server, n->server == NULL ? "the" : "its");
	AUTO_FREE char *reason = c->phase == PHASE_TOOL ? network_reason(c) :
	    NULL;

	EMIT(c, "core", ask, .id = n->ask_id, .call = h->call_id,
	    .host = h->host, .port = h->port, .command = h->name,
	    .for_ = n->command, .server = n->server, .reason = reason,
	    .why = why);
	status_tell(c, "waiting", "may it connect to %s?", h->name);
}

static void
network_ask_begin(struct network *n, struct network_host *h)
{
	n->ask_id = xasprintf("net-%lld",
	    (long long)n->core->journal->chain.seq + 1);
	n->asked = h;
	network_ask(n);
	n->ask_timer = loop_timer_new(n->core->loop, NETWORK_ASK_MS,
	    network_ask_late, n);
	if (n->waits != NULL)
		n->waits(n->waits_arg, true);
}

static bool
network_may_ask(const struct core *c)
{
	return c->fold->ask.kind == ASK_NONE && c->ending == ENDING_NOT;
}

unsigned
network_facts(const struct core *c)
{
	const struct network *n;

	for (n = c->network; n != NULL; n = n->next)
		if (n->ask_id != NULL)
			return HAS_ASK;
	return 0;
}

/* What network_allow_until waits for: is it there? */
static bool
network_is_after(const struct network *n)
{
	AUTO_CLOSE int dir = open(n->until_dir, O_PATH | O_DIRECTORY |
	    O_CLOEXEC);
	AUTO_CLOSE int fd = fs_open_beneath(dir, n->until_file, O_PATH, 0);

	return fd >= 0;
}

/* The entry that allows it: the user's, or its own. */
static const struct net_allow_entry *
network_entry(const struct network *n, const struct network_host *h)
{
	const struct net_allow_entry *entry = net_allow_find(
	    &n->core->network->allow, h->host, h->port);

	if (entry == NULL)
		entry = net_allow_find(&n->allow, h->host, h->port);
	if (entry == NULL && (entry = net_allow_find(&n->until, h->host,
	    h->port)) != NULL && network_is_after(n))
		entry = NULL;
	return entry;
}

/* The name of the rule or person that allows it, or NULL. */
static const char *
network_allowed(const struct network *n, const struct network_host *h)
{
	const struct core *c = n->core;
	const struct net_allow_entry *entry;

	if (h->verdict == NETWORK_ALLOWED)
		return "you";
	entry = network_entry(n, h);
	if (entry != NULL)
		return entry->from;
	return fold_net_serves(c->fold, h->name, n->server) ? "you" :
	    NULL;
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
	json_set_take(o, "addresses", network_addresses(n, l->host));
	net_channel_send_take(n->proxy.channel, o, -1);
}

/* Answer all connections to this host that wait; `refused`: why not, or NULL. */
static void
network_reply_all(struct network *n, const struct network_host *h,
    const char *refused)
{
	MEM_EACH(n, links, link)
		if (link->waits && link->host == h)
			network_reply(n, link, refused);
}

void
network_ask_next(struct core *c)
{
	struct network *n;

	for (n = c->network; n != NULL; n = n->next) {
		/* The question about a call hid it. */
		if (n->ask_id != NULL && network_may_ask(c))
			network_ask(n);
		MEM_EACH(n, links, link) {
			struct network_host *h = link->host;

			if (!link->waits)
				continue;
			h->by = network_allowed(n, h);
			if (h->by != NULL)
				network_reply_all(n, h, NULL);
			else if (n->ask_id == NULL && network_may_ask(c))
				network_ask_begin(n, h);
		}
	}
}

/* The open question is answered: `command` has the answer of that client, with
 * "call", "session" or "always" (a front end has saved the host in the
 * settings); NULL: nobody answered. `words`: why it isn't allowed, if it isn't. */
static void
network_answered(struct network *n, const cJSON *command, const char *client,
    const char *words)
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
		network_forbidden(n, h, words);
	network_reply_all(n, h, allow ? NULL : client != NULL ?
	    "the user did not allow it" : "the user did not answer");
	network_ask_next(n->core);
}

bool
network_answer(struct core *c, const cJSON *command, const char *client)
{
	struct network *n = c->network;

	while (n != NULL && (n->ask_id == NULL ||
	    !json_is(command, "id", n->ask_id)))
		n = n->next;
	if (n != NULL)
		network_answered(n, command, client, "you did not allow it");
	return n != NULL;
}

void
network_ask_end(struct network *n)
{
	MEM_EACH(n, links, link)
		link->waits = false;
	if (n->ask_id != NULL)
		network_answered(n, NULL, NULL, "it ended before you allowed it");
}

/* ---- the messages of assent-net ---- */

#define NETWORK_LINKS	4096		/* more than the proxy has */

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

static struct network_link *
network_link_find(const struct network *n, int64_t id)
{
	MEM_EACH(n, links, link)
		if (link->id == id)
			return link;
	return NULL;
}

static void
network_unreachable(struct network *n, struct network_host *h,
    const char *words)
{
	if (h->port == 0)
		xstrset(&n->unreached, words);
	network_failed(n, h, words);
}

static struct network_link *
network_link_add(struct network *n, int64_t id, struct network_host *h)
{
	struct network_link *l;

	l = GROW_ADD(n->links, n->links_len);
	*l = (struct network_link){ .id = id, .host = h };
	return l;
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

/* Does the machine's configuration let anybody allow it? */
static bool
network_is_within(const struct network *n, const char *host, int port)
{
	const struct network *all = n->core->network;

	return !all->limited || net_allow_find(&all->most, host, port) != NULL;
}

#define NETWORK_BEYOND "the machine's configuration doesn't allow %s"

/* A request with a key: the row is the decision. */
static void
network_serve(struct network *n, int64_t id, const struct network_row *key)
{
	struct network_host *h = network_host_get(n, key->to.host,
	    (int)key->to.port);
	AUTO_FREE char *words = NULL;

	if (h == NULL) {
		network_refuse(n, id, NETWORK_TOO_MANY);
		return;
	}
	h->by = NETWORK_BY_KEY;
	if (!network_is_within(n, h->host, h->port))
		words = xasprintf(NETWORK_BEYOND, h->name);
	network_reply(n, network_link_add(n, id, h), words);
}

/* A connection is wanted. */
static void
network_decide(struct network *n, int64_t id, const char *host, int port)
{
	struct core *c = n->core;
	struct network_host *h = network_host_get(n, host, port);
	struct network_link *l;
	bool within = network_is_within(n, host, port);

	if (h == NULL) {
		if (!n->full)
			emit_note(c, "a command tries to connect to more than "
			    "256 hosts; the rest are refused, and not listed");
		n->full = true;
		network_refuse(n, id, NETWORK_TOO_MANY);
		return;
	}
	l = network_link_add(n, id, h);
	l->waits = true;
	h->by = within ? network_allowed(n, h) : NULL;
	if (h->by != NULL) {
		network_reply(n, l, NULL);
	} else if (h->verdict == NETWORK_FORBIDDEN) {
		network_reply(n, l, "the user did not allow it");
	} else if (c->fold->ask.kind != ASK_NONE &&
	    c->fold->ask.kind != ASK_HOST) {
		network_reply(n, l, "the user is asked something else");
	} else if (within && c->person && !n->quiet && !network_host_is_private(h)) {
		network_ask_next(c);
	} else {
		AUTO_FREE char *words = !within ?
		    xasprintf(NETWORK_BEYOND, h->name) :
		    xasprintf("%s is not allowed here; the user can allow it "
		    "with --net %s", h->name, h->name);

		/* What the user can do isn't advised where nobody can. */
		if (within)
			network_forbidden(n, h, words);
		else
			network_failed(n, h, words);
		network_reply(n, l, words);
		if (!n->quiet)
			c->task.faults |= FAULT_NO_NET;
	}
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

/* The proxy reads what commands send, so its words are checked: 0, or -1 if it
 * says what it never should. */
static int
network_take_message(struct network *n, const cJSON *m)
{
	char host[NET_ALLOW_HOST_MAX + 1];
	int64_t id = json_int(m, "ask", -1), call = json_int(m, "call", 0);
	int64_t port = json_int(m, "port", 0);
	const char *forward = json_str(m, "forward");
	int which = forward == NULL ? -1 : network_find_forward(n, forward);
	struct network_link *l;

	if (id >= 0) {
		if (n->links_len == NETWORK_LINKS ||
		    network_link_find(n, id) != NULL ||
		    (forward != NULL ? which < 0 :
		    port < 1 || port > 65535 ||
		    !net_allow_host(json_str_or(m, "host", ""), host)))
			return -1;
		if (call == 0 || call != n->call)
			network_refuse(n, id, "the command has ended");
		else if (forward != NULL && n->keys[which].row != NULL)
			network_serve(n, id, &n->keys[which]);
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
network_message(void *arg, const cJSON *m, int *fd UNUSED, struct err *e)
{
	struct network *n = arg;

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
network_proxy_start(struct network *n, struct err *e)
{
	network_process_start(&n->proxy, n->core->loop, network_message, n, e);
}
