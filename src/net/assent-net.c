/*
 * assent-net: the proxy of a session, for commands in its sandbox. No arguments,
 * no environment; descriptor 0 is the channel to the core (net/proxy.h).
 */
#include "config.h"

#include "net/assent-net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/proxy.h"
#include "policy/net-allow.h"

#define PROXY_USER "assent:"
#define PROXY_SECRET_MAX 200
#define PROXY_FDS_OWN 64		/* the channel, listeners, resolvers */
#define PROXY_FDS_EACH 6		/* client and host, while several
					   addresses are tried */
#define PROXY_BACKLOG 4096		/* clients to be accepted later */
#define PROXY_PAUSE_MS 1000
#define PROXY_ROUND 64			/* clients accepted at once */

/* clang-format off */
static const struct {
	const char	*name;
	int64_t		 value;
} net_limit_rows[NET_LIMITS] = {
	[NET_LIMIT_CONNECT_MS] =	{ "connect_ms",	30 * 1000 },
	[NET_LIMIT_CONNECTIONS] =	{ "connections",	512 },
	/* For a client to send the secret, once half of the connections are in
	 * use. */
	[NET_LIMIT_CROWDED_MS] =	{ "crowded_ms",	2 * 1000 },
	[NET_LIMIT_HEAD_BYTES] =	{ "head_bytes",	32 << 10 },
	/* From the first moment to the head's last byte. */
	[NET_LIMIT_HEAD_MS] =		{ "head_ms",	30 * 1000 },
	[NET_LIMIT_IDLE_MS] =		{ "idle_ms",	10 * 60 * 1000 },
	/* For a client to close after the last answer. */
	[NET_LIMIT_LINGER_MS] =		{ "linger_ms",	5 * 1000 },
};
/* clang-format on */

void
proxy_listen_again(struct net_proxy *p)
{
	bool full = p->conns_len >= p->limits[NET_LIMIT_CONNECTIONS] ||
	    p->pause != NULL;
	struct net_listener *l;

	for (l = p->listeners; l != NULL; l = l->next)
		loop_watch_set(l->watch, full ? 0 : LOOP_READ);
}

static void
proxy_pause_end(void *arg)
{
	struct net_proxy *p = arg;

	p->pause = NULL;
	proxy_listen_again(p);
}

static bool
proxy_has_listener(const struct net_proxy *p, int64_t call,
    const char *name)
{
	const struct net_listener *l;

	for (l = p->listeners; l != NULL; l = l->next)
		if (l->call == call && (l->name == NULL || name == NULL ?
		    l->name == name : strcmp(l->name, name) == 0))
			return true;
	return false;
}

static bool
proxy_is_listening(int fd, bool forward)
{
	int type = 0, listens = 0, domain = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
	    listens != 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	    (domain == AF_INET || domain == AF_INET6 ||
	    (forward && domain == AF_UNIX));
}

/* A callback of the loop has one argument: the listener is found by its
 * descriptor. */
static void
proxy_accept(void *arg, int fd, unsigned events UNUSED)
{
	struct net_proxy *p = arg;
	struct net_listener *l;
	int i, client;

	for (l = p->listeners; l != NULL && l->fd != fd; l = l->next)
		;
	for (i = 0; l != NULL && i < PROXY_ROUND &&
	    p->conns_len < p->limits[NET_LIMIT_CONNECTIONS]; i++) {
		client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client >= 0) {
			net_conn_new(p, l, client);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			p->pause = loop_timer_new(p->loop, PROXY_PAUSE_MS,
			    proxy_pause_end, p);
		break;
	}
	proxy_listen_again(p);
}

static int
proxy_listen(struct net_proxy *p, const cJSON *o, int *fd, struct err *e)
{
	int64_t call = json_int(o, "listen", -1);
	const char *secret = json_str(o, "secret");
	const char *forward = json_str(o, "forward");
	char text[sizeof(PROXY_USER) + PROXY_SECRET_MAX] = PROXY_USER;
	bool has_key = json_get(o, "host") != NULL;
	struct net_listener *l;
	struct net_key *key = NULL;

	if (call < 0 || proxy_has_listener(p, call, forward))
		return err_set(e, "listen: not a new call");
	if (json_get(o, "secret") != NULL && (secret == NULL ||
	    secret[0] == '\0' || (!has_key &&
	    strlen(secret) > PROXY_SECRET_MAX)))
		return err_set(e, "listen: not a secret");
	if (*fd < 0 || !proxy_is_listening(*fd, forward != NULL) ||
	    fcntl(*fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set(e, "listen: not a listening socket");
	if (has_key && (forward == NULL || (key = net_key_new(o)) == NULL))
		return err_set(e, "listen: not a key");
	(void)listen(*fd, PROXY_BACKLOG);
	l = xcalloc(1, sizeof(*l));
	l->call = call;
	l->fd = *fd;
	l->name = xstrdup_null(forward);
	l->forward = has_key ? NULL : l->name;
	l->key = key;
	if (has_key) {
		key->trusted = p->trusted;
		buf_init(&p->trusted, 0);
	}
	*fd = -1;
	if (secret != NULL && !has_key) {
		memcpy(text + strlen(PROXY_USER), secret, strlen(secret));
		l->secret = secret_dup(text);
		explicit_bzero(text, sizeof(text));
	}
	l->watch = loop_watch_new(p->loop, l->fd, 0, proxy_accept, p);
	l->next = p->listeners;
	p->listeners = l;
	proxy_listen_again(p);
	return 0;
}

static void
proxy_listener_free(struct net_proxy *p, struct net_listener *l)
{
	struct net_listener **at = &p->listeners;

	net_conn_free_all(p, l);
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	loop_watch_free(&l->watch);
	close(l->fd);
	secret_free(l->secret);
	net_key_free(l->key);
	FREE_ALL(l->name, l);
}

static int
proxy_end(struct net_proxy *p, const cJSON *o, int *fd UNUSED, struct err *e)
{
	int64_t call = json_int(o, "end", -1);
	struct net_listener *l, *next;
	bool any = false;
	cJSON *said;

	for (l = p->listeners; l != NULL; l = next) {
		next = l->next;
		if (l->call != call)
			continue;
		any = true;
		proxy_listener_free(p, l);
	}
	if (!any)
		return err_set(e, "end: not a call");
	said = cJSON_CreateObject();
	json_add_int(said, "ended", call);
	net_channel_send_take(p->channel, said, -1);
	return 0;
}

static int
proxy_answer(struct net_proxy *p, const cJSON *o, int *fd, struct err *e)
{
	int64_t id = json_int(o, "answer", -1);
	const cJSON *list = json_array(o, "addresses"), *it;
	AUTO_FREE struct net_address *listed = NULL;
	bool allow = json_bool(o, "allow", false);
	struct net_conn *c;
	int n = 0, rc = 0;

	if (id <= 0 || id > p->last_id || !cJSON_IsBool(json_get(o, "allow")) ||
	    (list == NULL && json_get(o, "addresses") != NULL) ||
	    cJSON_GetArraySize(list) > NET_ALLOW_MAX)
		return err_set(e, "answer: malformed");
	listed = xcalloc((size_t)cJSON_GetArraySize(list) + 1,
	    sizeof(*listed));
	cJSON_ArrayForEach(it, list)
		if (!cJSON_IsString(it) ||
		    net_address_parse(&listed[n++], it->valuestring) < 0)
			rc = err_set(e, "answer: not an address");
	c = conn_find(p, id);
	if (rc == 0 && c != NULL && c->state == CONN_ASKED &&
	    c->listener->forward != NULL)
		conn_answer_forward(c, json_bool(o, "wait", false), fd);
	else if (rc == 0 && c != NULL && c->state == CONN_ASKED)
		net_conn_answer(c, allow, json_bool(o, "wait", false),
		    json_str(o, "proxy"), listed, (size_t)n,
		    json_str_or(o, "words", "refused"));
	return rc;
}

static int
proxy_let_pass(struct net_proxy *p, const cJSON *o, int *fd UNUSED,
    struct err *e UNUSED)
{
	struct net_conn *c = conn_find(p, json_int(o, "go", -1));

	if (c != NULL && c->waits && c->host >= 0) {
		c->waits = false;
		conn_begin_passing(c);
	}
	return 0;
}

static int
proxy_certificates(struct net_proxy *p, const cJSON *o UNUSED, int *fd,
    struct err *e)
{
	buf_clear(&p->trusted);
	(void)fs_read_all(*fd, &p->trusted);
	return p->trusted.len > 0 ? 0 : err_set(e, "certificates: none");
}

static int
proxy_limits(struct net_proxy *p, const cJSON *o, int *fd UNUSED,
    struct err *e)
{
	const cJSON *it;
	size_t i;

	if (p->begun)
		return err_set(e, "limits: not the first message");
	cJSON_ArrayForEach(it, json_get(o, "limits")) {
		for (i = 0; i < NET_LIMITS && (it->string == NULL ||
		    strcmp(net_limit_rows[i].name, it->string) != 0); i++)
			;
		if (i == NET_LIMITS || !cJSON_IsNumber(it) ||
		    it->valuedouble < 1 || it->valuedouble > INT32_MAX)
			return err_set(e, "limits: malformed");
		p->limits[i] = (int64_t)it->valuedouble;
	}
	return 0;
}

static int
proxy_message(void *arg, const cJSON *o, int *fd, struct err *e)
{
	static const struct {
		const char	*name;
		int		 (*act)(struct net_proxy *, const cJSON *,
				    int *fd, struct err *);
		bool		 has_fd;
	} rows[] = {
		{ "answer", proxy_answer, true },
		{ "certificates", proxy_certificates, true },
		{ "end", proxy_end, false },
		{ "go", proxy_let_pass, false },
		{ "limits", proxy_limits, false },
		{ "listen", proxy_listen, true },
	};
	struct net_proxy *p = arg;
	size_t i;
	int rc;

	if (o == NULL) {
		if (err_is_set(e))
			fprintf(stderr, "assent-net: %s\n", e->text);
		loop_stop(p->loop, err_is_set(e));
		return 0;
	}
	for (i = 0; i < MEM_COUNT(rows); i++) {
		if (json_get(o, rows[i].name) == NULL)
			continue;
		if (*fd >= 0 && !rows[i].has_fd)
			break;
		rc = rows[i].act(p, o, fd, e);
		p->begun = true;
		return rc;
	}
	return err_set(e, "a message that isn't known");
}

/* `fds`: how many descriptors the process may have open. */
static struct net_proxy *
net_proxy_new(struct loop *loop, int channel, int fds)
{
	struct net_proxy *p = xcalloc(1, sizeof(*p));
	int64_t most = (fds - PROXY_FDS_OWN) / PROXY_FDS_EACH;
	size_t i;

	for (i = 0; i < NET_LIMITS; i++)
		p->limits[i] = net_limit_rows[i].value;
	/* A host with a lower limit of descriptors. */
	if (most < p->limits[NET_LIMIT_CONNECTIONS])
		p->limits[NET_LIMIT_CONNECTIONS] = most < 1 ? 1 : most;
	p->loop = loop;
	p->channel = net_channel_new(loop, channel, proxy_message, p);
	return p;
}

static void
net_proxy_free(struct net_proxy *p)
{
	while (p->listeners != NULL)
		proxy_listener_free(p, p->listeners);
	loop_timer_free(&p->pause);
	net_channel_free(p->channel);
	buf_release(&p->trusted);
	free(p);
}

static bool
main_has_channel(void)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) ==
	    0 && type == SOCK_SEQPACKET;
}

int
main(void)
{
	struct net_proxy *proxy;
	struct loop *loop;
	int fds, status;

	if (fs_open_std_fds() < 0)
		return 1;
	if (!main_has_channel()) {
		fputs("assent-net is started by assent; see assent(1)\n",
		    stderr);
		return 2;
	}
	fds = net_confine();
	loop = loop_new();
	proxy = net_proxy_new(loop, STDIN_FILENO, fds);
	status = loop_run(loop);
	net_proxy_free(proxy);
	loop_free(loop);
	return status;
}
