/* The network of commands, and those of MCP servers. */
#include "config.h"

#include "core/net/network.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/endpoint.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/net/network-int.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/approve.h"
#include "policy/net-allow.h"
#include "sandbox/sandbox.h"

#define NETWORK_OVER_MS	1000	/* for the proxy to count */

#define NETWORK_KEY_LEAST	8	/* bytes */
#define NETWORK_KEY_MOST	4096
#define NETWORK_TLS		443
/* In the sandbox, below those that the kernel chooses; few programs listen
 * there. */
#define NETWORK_KEY_PORT	((size_t)29170)

/* Make a secret. Each command has a new one, which is useless after that. */
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

/* A network without settings. *to is set in any case. */
static int
network_new(struct core *c, struct network **to, struct err *e)
{
	struct network *n = *to = xcalloc(1, sizeof(*n));
	size_t i;

	n->core = c;
	for (i = 0; i < MEM_COUNT(n->sockets); i++)
		n->sockets[i].fd = -1;
	return network_secret(n, e);
}

int
network_find_forward(const struct network *n, const char *forward)
{
	int i = 0;

	while (n->forwards[i] != NULL && strcmp(n->forwards[i], forward) != 0)
		i++;
	return n->forwards[i] == NULL ? -1 : i;
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

static void
network_allow_add(struct net_allow *to, const cJSON *hosts, const char *from)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, hosts)
		if (cJSON_IsString(it))
			(void)net_allow_add(to, it->valuestring, from, NULL);
}

int
network_init(struct core *c, bool resumed, struct err *e)
{
	const char *from = json_str_or(json_get(c->start, "origins"),
	    "forward", "setting");
	const cJSON *it, *most = json_array(json_get(c->start, "machine"),
	    "net_allow");
	struct network *n;
	struct err why;
	size_t len = 0;

	if (network_new(c, &c->network, e) < 0)
		return -1;
	n = c->network;
	n->limited = most != NULL;
	network_allow_add(&n->most, most, "machine");
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
		} else if (network_find_forward(n, it->valuestring) < 0)
			n->forwards[len++] = xstrdup(it->valuestring);
	}
	return 0;
}

static void
network_close_socket(struct network_socket *d)
{
	loop_watch_free(&d->first);
	fs_close(d->fd);
	d->fd = -1;
}

void
network_shut_sockets(struct network *n)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(n->sockets); i++) {
		if (n->sockets[i].fd < 0 || n->sockets[i].first != NULL)
			continue;
		(void)shutdown(n->sockets[i].fd, SHUT_RDWR);
		network_close_socket(&n->sockets[i]);
	}
}

static void
network_row_release(struct network_row *key)
{
	cJSON_Delete(key->row);
	secret_free(key->secret);
}

static void
network_free(struct network *n)
{
	size_t i;

	if (n == NULL)
		return;
	network_process_end(&n->proxy);
	for (i = 0; i < MEM_COUNT(n->sockets); i++)
		network_close_socket(&n->sockets[i]);
	for (i = 0; i < ENDPOINT_MAX; i++) {
		free(n->forwards[i]);
		network_row_release(&n->keys[i]);
	}
	loop_timer_free(&n->ask_timer);
	loop_timer_free(&n->over_timer);
	network_hosts_drop(n, INT64_MAX);
	net_allow_release(&n->allow);
	net_allow_release(&n->until);
	net_allow_release(&n->most);
	cJSON_Delete(n->told);
	FREE_ALL(n->settings, n->until_dir, n->until_file, n->hosts, n->links, n->call_id,
	    n->command, n->refused, n->unreached, n->missing, n->ask_id,
	    n->server, n);
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
	s->settings = s->forward == NULL ? NULL : n->settings;
}

void
network_allow(struct network *n, const cJSON *hosts, const char *from)
{
	network_allow_add(&n->allow, hosts, from);
}

void
network_allow_until(struct network *n, const cJSON *hosts, const char *from,
    const char *dir, const char *file)
{
	network_allow_add(&n->until, hosts, from);
	xstrset(&n->until_dir, dir);
	xstrset(&n->until_file, file);
}

const char *
network_key_add(struct network *n, const cJSON *row, const char *secret,
    struct err *e)
{
	const char *host = json_str_or(row, "host", ""), *p = secret;
	const char *header = json_str_or(row, "header", "");
	struct net_authority to = { .v6 = false };
	struct network_row *key = n->keys;
	size_t i;

	while (*p > ' ' && *p <= '~')
		p++;
	if (net_authority_parse(&to, host, strlen(host), NETWORK_TLS) < 0)
		err_set(e, "\"%s\" isn't a host", host);
	else if (strstr(header, ": ") == NULL ||
	    strcmp(header + strcspn(header, "%"), "%s") != 0)
		err_set(e, "the header of %s isn't \"NAME: %%s\"", host);
	else if (*p != '\0' || p - secret < NETWORK_KEY_LEAST ||
	    p - secret > NETWORK_KEY_MOST)
		err_set(e, "the key of %s doesn't have %d to %d letters, digits "
		    "and signs", host, NETWORK_KEY_LEAST, NETWORK_KEY_MOST);
	for (i = 0; n->forwards[i] != NULL &&
	    !cJSON_Compare(key->row, row, 1); i++)
		key++;
	if (i == ENDPOINT_MAX)
		err_set(e, "too many forwards and registries");
	if (err_is_set(e))
		return NULL;
	network_row_release(key);
	key->to = to;
	key->row = cJSON_Duplicate(row, 1);
	key->secret = secret_dup(secret);
	if (n->forwards[i] == NULL)
		n->forwards[i] = xasprintf("127.0.0.1:%zu", NETWORK_KEY_PORT +
		    i);
	return n->forwards[i];
}

cJSON *
network_level(struct core *c)
{
	struct network *n = c->network;
	AUTO_JSON cJSON *own = grant_agent_hosts(json_get(c->start, "agent"));
	cJSON *list = cJSON_CreateArray(), *it;
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
	while ((it = cJSON_DetachItemFromArray(own, 0)) != NULL)
		cJSON_AddItemToArray(list, it);
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
	for (i = 0; n != NULL && n->forwards[i] != NULL &&
	    n->keys[i].row == NULL; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(n->forwards[i]));
	/* Leave out services that are missing. */
	if (n != NULL && n->missing != NULL)
		json_set_take(c->start, "forward", cJSON_Duplicate(list, 1));
	for (; n != NULL && n->forwards[i] != NULL; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(
		    n->keys[i].to.host));
	return list;
}

/* ---- a command ---- */

/* The command that uses the network from here on: an id in the journal, and
 * words for the user. */
static void
network_set_command(struct network *n, const char *id, const char *command)
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
	network_set_command(c->network, id, command);
	c->network->joined = s->joins != 0;
}

/* The proxy can't open the user's certificates. Without them the system's would
 * count. */
static int
network_trust(const struct network *n, const struct network_row *key)
{
	const char *path = json_str_or(key->row, "ca_file",
	    n->core->sandbox.certificates);
	AUTO_CLOSE int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	cJSON *o;

	if (path == NULL)
		return 0;
	if (fd < 0) {
		emit_note(n->core, "nothing is asked of %s: can't read %s",
		    key->to.host, path);
		return -1;
	}
	o = cJSON_CreateObject();
	json_add_bool(o, "certificates", true);
	net_channel_send_take(n->proxy.channel, o, fd);
	return 0;
}

/* Somebody connects: the proxy gets the socket, and accepts all that follow. */
static void
network_connected(void *arg, int fd, unsigned events UNUSED)
{
	struct network *n = arg;
	struct core *c = n->core;
	struct err e = ERR_INIT;
	size_t i = 0;
	const struct network_row *key = NULL;
	cJSON *o;

	while (n->sockets[i].fd != fd)
		i++;
	loop_watch_free(&n->sockets[i].first);
	if (n->proxy.channel == NULL) {
		n->spoke = false;
		network_proxy_start(n, &e);
	}
	if (n->proxy.channel == NULL) {
		emit_note(c, "commands have no network: %s", e.text);
		network_shut_sockets(n);
		return;
	}
	if (i > 0 && n->keys[i - 1].row != NULL)
		key = &n->keys[i - 1];
	if (key != NULL && network_trust(n, key) < 0) {
		(void)shutdown(fd, SHUT_RDWR);
		network_close_socket(&n->sockets[i]);
		return;
	}
	o = key != NULL ? cJSON_Duplicate(key->row, 1) : cJSON_CreateObject();
	json_add_int(o, "listen", n->call);
	if (i > 0)
		json_add_str(o, "forward", n->forwards[i - 1]);
	if (key != NULL)
		cJSON_AddStringToObject(o, "secret", key->secret);
	else if (i == 0 && network_needs_secret(n, c->sandbox.level, n->joined))
		json_add_str(o, "secret", n->secret);
	net_channel_send_take(n->proxy.channel, o, fd);
}

void
network_listen(struct network *n, unsigned which, int fd_take)
{
	struct network_socket *d = &n->sockets[which];
	const char *forward = which == 0 || which > ENDPOINT_MAX ? NULL :
	    n->forwards[which - 1];

	if (fd_take < 0 || (which > 0 && forward == NULL)) {
		fs_close(fd_take);
		/* There a background command's answers. */
		if (forward != NULL && n->core->sandbox.joins <= 0 &&
		    (n->placeless & 1u << which) == 0)
			emit_note(n->core, "commands can't use the forward %s: "
			    "the sandbox has no place for its socket there, or "
			    "its port is taken", forward);
		n->placeless |= forward != NULL ? 1u << which : 0;
		return;
	}
	network_close_socket(d);
	/* The proxy's comes first. */
	if (which == 0 || n->call == 0)
		n->call = ++n->calls;
	d->fd = fd_take;
	d->first = loop_watch_new(n->core->loop, fd_take, LOOP_READ,
	    network_connected, n);
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
	for (i = 0; i < MEM_COUNT(n->sockets); i++) {
		known |= n->sockets[i].fd >= 0 && n->sockets[i].first == NULL;
		network_close_socket(&n->sockets[i]);
	}
	/* If there is no connection, the proxy doesn't know the command. */
	if (known && n->proxy.channel != NULL) {
		o = cJSON_CreateObject();
		json_add_int(o, "end", n->call);
		net_channel_send_take(n->proxy.channel, o, -1);
	}
	n->call = 0;
	/* A server keeps its first secret. */
	if (n->server == NULL)
		(void)network_secret(n, NULL);
}

/* Record what is known. */
static void
network_over_late(void *arg)
{
	struct core *c = arg;
	struct network *n;

	for (n = c->network; n != NULL; n = n->next)
		network_ended_all(n);
	network_counted(c);
}

bool
network_session_end(struct core *c)
{
	bool open = false;
	struct network *n;

	if (c->network == NULL)
		return false;
	for (n = c->network; n != NULL; n = n->next) {
		network_end(n);
		MEM_EACH(n, hosts, host)
			open |= (*host)->connections > 0;
	}
	if (!open)
		loop_timer_free(&c->network->over_timer);
	else if (c->network->over_timer == NULL)
		c->network->over_timer = loop_timer_new(c->loop,
		    NETWORK_OVER_MS, network_over_late, c);
	return open;
}

void
network_counted(struct core *c)
{
	if (c->network->over_timer != NULL && !network_session_end(c))
		server_end_flush(c->server);
}

const struct core_part network_part = {
	.facts = network_facts, .has = HAS_ASK,
	.begun = network_note,
	.answer = network_answer, .free = network_release,
};

/* The network of an MCP server: a proxy and answers of its own. A call counts
 * as a command: its connections end with it, and are recorded. The socket
 * stays. */

static struct network *
network_add(struct core *c, struct err *e)
{
	struct network *n;
	size_t i, len = 0;

	if (network_new(c, &n, e) < 0) {
		network_free(n);
		return NULL;
	}
	for (i = 0; c->network->forwards[i] != NULL; i++)
		if (c->network->keys[i].row == NULL)
			n->forwards[len++] = xstrdup(c->network->forwards[i]);
	n->next = c->network->next;
	c->network->next = n;
	return n;
}

struct network *
network_server_new(struct core *c, const char *name, network_waits_cb *waits,
    void *arg, struct err *e)
{
	struct network *n = network_add(c, e);

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
	struct network *n = network_add(c, NULL);

	if (n == NULL)
		return NULL;
	n->quiet = true;
	network_set_command(n, id, command);
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

const char *
network_kind(const struct network *n)
{
	return json_is(json_get(n->core->start, "agent"), "name", n->server) ?
	    "" : "MCP server ";
}

void
network_server_call(struct network *n, const char *id, const char *tool)
{
	AUTO_FREE char *own = xasprintf("mcp-%s", n->server);
	AUTO_FREE char *command = xasprintf("%s of %s%s", tool == NULL ?
	    "the start" : tool, network_kind(n), n->server);
	int fds[MEM_COUNT(n->sockets)];
	unsigned i;

	for (i = 0; i < MEM_COUNT(fds); i++)
		fds[i] = n->sockets[i].fd < 0 ? -1 :
		    fcntl(n->sockets[i].fd, F_DUPFD_CLOEXEC, 3);
	network_end(n);
	network_set_command(n, id == NULL ? own : id, command);
	for (i = 0; i < MEM_COUNT(fds); i++)
		if (fds[i] >= 0)
			network_listen(n, i, fds[i]);
}
