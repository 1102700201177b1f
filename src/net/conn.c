/*
 * A client's connection.
 *
 * HEAD -> ASKED -> DIALS -> OPEN -> DRAINS
 *
 * HEAD: the client says what it wants (conn_read_head). ASKED: the core is
 * asked (net_conn_answer). DIALS: the host is called (conn_dialled). OPEN: bytes
 * pass (conn_pass). DRAINS: the last answer leaves, and the client's end is
 * awaited: closing with bytes unread would reset the connection, and the client
 * might never read that answer. A client that ends its side before OPEN has
 * given up. A forward's is ASKED about at once, and nothing is read from it
 * before it is OPEN. With a key, OPEN has a relay instead of the host (relay.c).
 *
 * Of a plain request exactly its own bytes pass: a second one on that connection
 * could be for another host. It is sent with "Connection: close", and when the
 * host closes, so does the client's side. (In chunks its end isn't looked for:
 * what follows reaches the same host, which was allowed: through the user's own
 * proxy, which could lead it elsewhere, by CONNECT.)
 */
#include "config.h"

#include "net/assent-net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/head.h"
#include "net/proxy.h"

static void	conn_timer_set(struct net_conn *, int64_t ms);
static bool	conn_client_reads(struct net_conn *);

/* Does the client know the secret? Takes as long for any text of that length. */
static bool
net_same(const char *secret, const char *given)
{
	unsigned char differs = 0;
	size_t i;

	for (i = 0; given[i] != '\0'; i++) {
		differs |= (unsigned char)(*secret ^ given[i]);
		if (*secret != '\0')
			secret++;
	}
	return differs == 0 && *secret == '\0';
}

#define CONN_ROUND 8			/* reads before the others' turn */
#define CONN_REASON_MAX 200		/* bytes of words in the status line */

static void
conn_report(struct net_conn *c, const char *failed, bool refused)
{
	int64_t sent = c->host < 0 ? 0 : c->up.sent;
	int64_t received = c->host < 0 || c->down.sent < 0 ? 0 : c->down.sent;
	cJSON *o;

	if (c->id == 0 || c->reported)
		return;
	c->reported = true;
	o = cJSON_CreateObject();
	json_add_int(o, failed != NULL ? "failed" : "closed", c->id);
	if (failed != NULL) {
		json_add_str(o, "words", failed);
		json_add_bool(o, "refused", refused);
	} else {
		if (c->relay != NULL)
			net_relay_count(c->relay, &sent, &received);
		json_add_int(o, "sent", sent);
		json_add_int(o, "received", received);
	}
	net_channel_send_take(c->proxy->channel, o, -1);
}

static void
conn_hang_up(struct net_conn *c)
{
	loop_watch_free(&c->host_watch);
	if (c->host >= 0) {
		/* libcurl may still hold its descriptor. */
		(void)shutdown(c->host, SHUT_RDWR);
		close(c->host);
	}
	c->host = -1;
	net_relay_free(c->relay);
	c->relay = NULL;
}

static void
conn_free(struct net_conn *c)
{
	struct net_proxy *p = c->proxy;

	conn_report(c, NULL, false);
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	p->conns_len--;
	net_dial_free(c->dial);
	conn_hang_up(c);
	loop_watch_free(&c->client_watch);
	loop_timer_free(&c->timer);
	close(c->client);
	net_head_release(&c->head);
	upstream_free(c->upstream);
	net_flow_release(&c->up);
	net_flow_release(&c->down);
	free(c);
	proxy_listen_again(p);
}

void
net_conn_free_all(struct net_proxy *p, const struct net_listener *l)
{
	struct net_conn *c, *next;

	for (c = p->conns; c != NULL; c = next) {
		next = c->next;
		if (c->listener == l)
			conn_free(c);
	}
}

struct net_conn *
conn_find(const struct net_proxy *p, int64_t id)
{
	struct net_conn *c;

	for (c = p->conns; c != NULL && c->id != id; c = c->next)
		;
	return c;
}

void
conn_watch_update(struct net_conn *c)
{
	bool up = net_flow_len(&c->up) > 0, down = net_flow_len(&c->down) > 0;
	bool reads = c->state == CONN_DRAINS ||
	    (c->state == CONN_OPEN && c->relay == NULL ? !up && !c->up.ended :
	    c->listener->forward == NULL && net_flow_has_room(&c->up));

	loop_watch_set(c->client_watch, (reads ? LOOP_READ : 0) |
	    (down ? LOOP_WRITE : 0));
	if (c->state == CONN_OPEN && c->host_watch != NULL)
		loop_watch_set(c->host_watch,
		    (!down && !c->down.ended ? LOOP_READ : 0) |
		    (up ? LOOP_WRITE : 0));
}

/* A limit of time. Anyone on the host can connect to a port with a secret. If
 * many have, clients that haven't sent it get less time, so that they can't
 * keep others out. */
static int64_t
conn_time_limit(const struct net_conn *c, enum net_limit which)
{
	const int64_t *limits = c->proxy->limits;
	bool crowded = c->listener->secret != NULL && c->id == 0 &&
	    c->proxy->conns_len > limits[NET_LIMIT_CONNECTIONS] / 2;

	return crowded && limits[which] > limits[NET_LIMIT_CROWDED_MS] ?
	    limits[NET_LIMIT_CROWDED_MS] : limits[which];
}

/* Nothing more passes but what is in `down`. */
static void
conn_drain(struct net_conn *c)
{
	conn_report(c, NULL, false);
	conn_hang_up(c);
	c->state = CONN_DRAINS;
	conn_timer_set(c, conn_time_limit(c, NET_LIMIT_LINGER_MS));
	conn_watch_update(c);
}

/* The answer of a request that goes nowhere. The words are in the status line,
 * too: of a CONNECT many clients show nothing else. */
static void
conn_answer_http(struct net_conn *c, int status, const char *words)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *p;

	buf_addf(&b, "HTTP/1.1 %d ", status);
	for (p = words; *p != '\0' && p - words < CONN_REASON_MAX; p++)
		buf_addc(&b, *p >= ' ' && *p <= '~' ? *p : '?');
	if (status == 407)
		buf_adds(&b, "\r\nProxy-Authenticate: Basic realm=\"assent\"");
	if (status == HTTP_ELSEWHERE)
		buf_addf(&b, "\r\nLocation: %s", words);
	buf_addf(&b, "\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	    strlen(words) + 1);
	if (!c->head.bodyless) {
		for (p = words; *p != '\0'; p++)
			buf_addc(&b, (unsigned char)*p < ' ' || *p == 0x7f ?
			    ' ' : *p);
		buf_addc(&b, '\n');
	}
	net_flow_add(&c->down, b.p, b.len);
	conn_drain(c);
}

/*
 * OPEN
 */

/* Count n bytes of the request's body. Those after its end are dropped, and
 * nothing more is read. */
static void
conn_count_body(struct net_conn *c, size_t n)
{
	if (c->body < 0)
		return;
	if ((int64_t)n > c->body) {
		c->up.to -= n - (size_t)c->body;
		c->up.ended = true;
		n = (size_t)c->body;
		if (c->up.to == c->up.from)
			c->up.to = c->up.from = 0;
	}
	c->body -= (int64_t)n;
}

/* Bytes in one direction. false: the client has gone. */
static bool
conn_move(struct net_conn *c, struct net_flow *f, int from, int to)
{
	bool up = f == &c->up;
	enum net_flow_result r;
	int i;

	for (i = 0; i < CONN_ROUND; i++) {
		if (net_flow_len(f) == 0) {
			if (f->ended)
				break;
			r = net_flow_read(f, from);
			if (r == NET_FLOW_NOTHING)
				break;
			if (r == NET_FLOW_BROKEN && up)
				return false;
			f->ended = r != NET_FLOW_SOME;
			c->host_broken |= r == NET_FLOW_BROKEN;
			if (up)
				conn_count_body(c, net_flow_len(f));
			c->moved_ms = clock_mono_ms();
			continue;
		}
		r = net_flow_write(f, to);
		if (r == NET_FLOW_NOTHING)
			break;
		if (r == NET_FLOW_BROKEN && !up)
			return false;
		/* The host takes no more: what it says is still passed on. */
		if (r == NET_FLOW_BROKEN) {
			net_flow_drop(f, net_flow_len(f));
			f->ended = c->host_broken = true;
		}
		c->moved_ms = clock_mono_ms();
	}
	if (f->ended && net_flow_len(f) == 0 && !f->passed) {
		(void)shutdown(to, SHUT_WR);
		f->passed = true;
	}
	return true;
}

/* The user's proxy refuses a plain request: its own words are not the
 * client's business. */
static bool
conn_is_refused(struct net_conn *c)
{
	static const char refused[] = " 407";
	AUTO_BUF struct buf at = BUF_INIT(0);
	struct err e = ERR_INIT;
	char p[12];

	if (!c->proxied || c->body < 0 || c->down.sent > 0 ||
	    net_flow_len(&c->down) > 0 ||
	    recv(c->host, p, sizeof(p), MSG_PEEK | MSG_DONTWAIT) != sizeof(p) ||
	    memcmp(p + sizeof(p) - 4, refused, 4) != 0)
		return false;
	net_authority_add(&c->upstream->at, &at, 0);
	err_set(&e, UPSTREAM_407, buf_str(&at));
	conn_report(c, e.text, false);
	conn_answer_http(c, 502, e.text);
	return true;
}

/* Bytes of the client, to and from the relay. One that ends its side has given
 * up. */
static void
conn_pass_relay(struct net_conn *c)
{
	if ((net_flow_len(&c->down) > 0 &&
	    net_flow_write(&c->down, c->client) == NET_FLOW_BROKEN) ||
	    (net_flow_has_room(&c->up) && !conn_client_reads(c))) {
		conn_free(c);
		return;
	}
	net_relay_go_on(c->relay);
	conn_watch_update(c);
}

void
conn_relayed(struct net_conn *c, int status, const char *words)
{
	if (status != 0) {
		conn_report(c, words, false);
		conn_answer_http(c, status, words);
	} else
		conn_drain(c);
}

static void
conn_pass(struct net_conn *c)
{
	if (c->relay != NULL) {
		conn_pass_relay(c);
		return;
	}
	if (!conn_move(c, &c->up, c->client, c->host)) {
		conn_free(c);
		return;
	}
	if (conn_is_refused(c))
		return;
	if (!conn_move(c, &c->down, c->host, c->client))
		conn_free(c);
	else if (!c->down.passed)
		conn_watch_update(c);
	else if (c->host_broken ||
	    (!c->head.tunnel && c->listener->forward == NULL))
		conn_drain(c);
	else if (c->up.passed)
		conn_free(c);
	else
		conn_watch_update(c);
}

static void
conn_host_ready(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	conn_pass(arg);
}

/*
 * DIALS
 */

void
conn_begin_passing(struct net_conn *c)
{
	static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";

	c->state = CONN_OPEN;
	if (c->listener->key != NULL) {
		conn_timer_set(c, c->proxy->limits[NET_LIMIT_IDLE_MS]);
		c->moved_ms = clock_mono_ms();
		c->relay = net_relay_new(c, c->host);
		c->host = -1;
		conn_pass(c);
		return;
	}
	if (c->listener->forward != NULL)
		c->body = -1;
	else if (c->head.tunnel)
		net_flow_add(&c->down, ok, sizeof(ok) - 1);
	else
		conn_count_body(c, net_flow_len(&c->up) - c->head.request.len);
	/* What `down` has now is our answer, not the host's bytes. */
	c->down.sent = -(int64_t)net_flow_len(&c->down);
	c->moved_ms = clock_mono_ms();
	/* A forwarded service may be idle for as long as it likes. */
	if (c->listener->forward == NULL)
		conn_timer_set(c, c->proxy->limits[NET_LIMIT_IDLE_MS]);
	c->host_watch = loop_watch_new(c->proxy->loop, c->host, LOOP_READ,
	    conn_host_ready, c);
	conn_pass(c);
}

/* A plain request as the user's proxy expects it: with the whole address, and
 * the credentials. */
static void
conn_address_request(struct net_conn *c)
{
	const struct net_upstream *u = c->upstream;
	const char *old = buf_str(&c->head.request), *path = strchr(old, ' ') + 1;
	const char *line = strstr(path, "\r\n") + 2;
	AUTO_BUF struct buf b = BUF_INIT(0), both = BUF_INIT(0);

	buf_addf(&b, "%.*shttp://", (int)(path - old), old);
	net_authority_add(&c->head.to, &b, 80);
	buf_add(&b, path, (size_t)(line - path));
	if (u->name != NULL) {
		buf_addf(&both, "%s:%s", u->name, u->password == NULL ? "" :
		    u->password);
		buf_adds(&b, "Proxy-Authorization: Basic ");
		b64_encode(&b, both.p, both.len);
		buf_adds(&b, "\r\n");
		explicit_bzero(both.p, both.len);
	}
	buf_adds(&b, line);
	net_flow_put(&c->up, c->head.request.len, b.p, b.len);
	buf_clear(&c->head.request);
	buf_add(&c->head.request, b.p, b.len);
}

static void
conn_dialled(void *arg, const struct net_dial_end *end)
{
	AUTO_BUF struct buf proxy = BUF_INIT(0);
	struct net_conn *c = arg;
	char text[NET_ADDRESS_TEXT];
	cJSON *o;

	c->dial = NULL;			/* frees itself */
	if (end->fd < 0) {
		conn_report(c, end->words, end->refused);
		conn_answer_http(c, end->refused ? 403 : 502, end->words);
		return;
	}
	c->host = end->fd;
	net_address_text(&end->address, text);
	o = cJSON_CreateObject();
	json_add_int(o, "open", c->id);
	json_add_str(o, "address", text);
	if (end->proxied) {
		net_authority_add(&c->upstream->at, &proxy, 0);
		json_add_str(o, "proxy", buf_str(&proxy));
		if (c->body >= 0)
			conn_address_request(c);
	}
	c->proxied = end->proxied;
	net_channel_send_take(c->proxy->channel, o, -1);
	if (!c->waits)
		conn_begin_passing(c);
}

/*
 * ASKED
 */

void
net_conn_answer(struct net_conn *c, bool allow, bool waits, const char *proxy,
    const struct net_address *listed, size_t n, const char *words)
{
	if (allow && proxy != NULL &&
	    (c->upstream = upstream_new(proxy)) == NULL) {
		words = "the user's proxy has a malformed address";
		conn_report(c, words, false);
		allow = false;
	}
	if (!allow) {
		conn_answer_http(c, 403, words);
		return;
	}
	c->state = CONN_DIALS;
	c->waits = waits;
	c->dial = net_dial_new(c->proxy, &c->head.to, c->body < 0, c->upstream,
	    listed, n, conn_dialled, c);
}

/* A forward's service has answered. */
static void
conn_forward_ready(void *arg, int fd, unsigned events UNUSED)
{
	struct net_conn *c = arg;
	struct err e = ERR_INIT;
	socklen_t n = sizeof(errno);
	cJSON *o;

	loop_watch_free(&c->host_watch);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &n) == 0 &&
	    errno == 0) {
		o = cJSON_CreateObject();
		json_add_int(o, "open", c->id);
		net_channel_send_take(c->proxy->channel, o, -1);
		if (!c->waits)
			conn_begin_passing(c);
		return;
	}
	err_sys(&e, "can't connect to %s", c->listener->forward);
	conn_report(c, e.text, false);
	conn_free(c);
}

void
conn_answer_forward(struct net_conn *c, bool waits, int *fd)
{
	if (*fd < 0) {
		conn_free(c);
		return;
	}
	c->host = *fd;
	*fd = -1;
	(void)fcntl(c->host, F_SETFL, O_NONBLOCK);
	c->state = CONN_DIALS;
	c->waits = waits;
	c->host_watch = loop_watch_new(c->proxy->loop, c->host, LOOP_WRITE,
	    conn_forward_ready, c);
}

static void
conn_ask(struct net_conn *c)
{
	cJSON *o = cJSON_CreateObject();

	c->state = CONN_ASKED;
	c->id = ++c->proxy->last_id;
	conn_timer_set(c, 0);
	json_add_int(o, "ask", c->id);
	json_add_int(o, "call", c->listener->call);
	json_add_str(o, "forward", c->listener->name);
	if (c->listener->name == NULL) {
		json_add_str(o, "host", c->head.to.host);
		json_add_int(o, "port", c->head.to.port);
	}
	net_channel_send_take(c->proxy->channel, o, -1);
	conn_watch_update(c);
}

/*
 * HEAD
 */

static void
conn_read_head(struct net_conn *c)
{
	const char *p = c->up.p + c->up.from, *secret = c->listener->secret;
	const struct net_key *key = c->listener->key;
	int64_t most = c->proxy->limits[NET_LIMIT_HEAD_BYTES], n;
	size_t len = net_flow_len(&c->up);
	struct err e = ERR_INIT;
	int status;

	/* It isn't HTTP, so there is no way to send an error. */
	if (*p < 'A' || *p > 'Z') {
		conn_free(c);
		return;
	}
	n = net_head_find(p, len, &c->head_seen);
	if (n < 0)
		conn_answer_http(c, 400, "the request is malformed");
	else if (n > most || (n == 0 && (int64_t)len >= most))
		conn_answer_http(c, 431, "the request's head is too large");
	else if (n == 0)
		conn_watch_update(c);
	else if ((status = net_head_parse(&c->head, p, (size_t)n, key != NULL,
	    &e)) != 0)
		conn_answer_http(c, status, e.text);
	else if (key != NULL &&
	    (status = net_key_check(key, &c->head, &e)) != 0)
		conn_answer_http(c, status, e.text);
	else if (secret != NULL && (c->head.credentials == NULL ||
	    !net_same(secret, c->head.credentials)))
		conn_answer_http(c, 407, "this proxy needs a password");
	else if (key != NULL) {
		c->head.to = key->to;
		c->body = -1;
		net_flow_drop(&c->up, (size_t)n);
		conn_ask(c);
	} else {
		c->body = c->head.tunnel ? -1 : c->head.body;
		net_flow_put(&c->up, (size_t)n, buf_str(&c->head.request),
		    c->head.request.len);
		conn_ask(c);
	}
}

static void
conn_timer(void *arg)
{
	struct net_conn *c = arg;
	int64_t left = 0;

	c->timer = NULL;
	if (c->state == CONN_OPEN)
		left = c->moved_ms + c->proxy->limits[NET_LIMIT_IDLE_MS] -
		    clock_mono_ms();
	if (left > 0)
		conn_timer_set(c, left);
	else if (c->state == CONN_HEAD && net_flow_len(&c->up) > 0)
		conn_answer_http(c, 408, "the request took too long");
	else
		conn_free(c);
}

/* 0: none. */
static void
conn_timer_set(struct net_conn *c, int64_t ms)
{
	loop_timer_free(&c->timer);
	c->timer = ms == 0 ? NULL : loop_timer_new(c->proxy->loop, ms,
	    conn_timer, c);
}

/* Read from the client, before and after OPEN. False: the connection has to be
 * freed. */
static bool
conn_client_reads(struct net_conn *c)
{
	enum net_flow_result r;

	/* Drop anything a client sends after the last answer. */
	if (c->state == CONN_DRAINS)
		net_flow_drop(&c->up, net_flow_len(&c->up));
	r = net_flow_read(&c->up, c->client);
	return r == NET_FLOW_NOTHING || r == NET_FLOW_SOME;
}

static void
conn_client_ready(void *arg, int fd UNUSED, unsigned events)
{
	struct net_conn *c = arg;

	if (c->state == CONN_OPEN) {
		conn_pass(c);
		return;
	}
	if ((events & LOOP_WRITE) != 0 && net_flow_len(&c->down) > 0 &&
	    net_flow_write(&c->down, c->client) == NET_FLOW_BROKEN)
		goto gone;
	if (c->state == CONN_DRAINS && net_flow_len(&c->down) == 0 &&
	    !c->down.passed) {
		(void)shutdown(c->client, SHUT_WR);
		c->down.passed = true;
	}
	if ((events & LOOP_READ) != 0 && !conn_client_reads(c))
		goto gone;
	if ((events & LOOP_READ) != 0 && c->state == CONN_HEAD &&
	    net_flow_len(&c->up) > 0)
		conn_read_head(c);
	else
		conn_watch_update(c);
	return;
gone:
	conn_free(c);
}

void
net_conn_new(struct net_proxy *p, struct net_listener *l, int fd)
{
	struct net_conn *c = xcalloc(1, sizeof(*c));
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->proxy = p;
	c->listener = l;
	c->client = fd;
	c->host = -1;
	c->next = p->conns;
	c->at = &p->conns;
	if (c->next != NULL)
		c->next->at = &c->next;
	p->conns = c;
	p->conns_len++;
	c->client_watch = loop_watch_new(p->loop, fd, LOOP_READ,
	    conn_client_ready, c);
	if (l->forward != NULL)
		conn_ask(c);
	else
		conn_timer_set(c, conn_time_limit(c, NET_LIMIT_HEAD_MS));
}
