/*
 * assent-net: the proxy of a session, for commands in its sandbox. No arguments,
 * no environment; descriptor 0 is the channel to the core (net/proxy.h). First a
 * client's connection, then the proxy that has them, and main.
 *
 * HEAD -> ASKED -> DIALS -> OPEN -> DRAINS
 *
 * HEAD: the client says what it wants (conn_read_head). ASKED: the core is
 * asked (net_conn_answer). DIALS: the host is called (conn_dialled). OPEN: bytes
 * pass (conn_pass). DRAINS: the last answer leaves, and the client's end is
 * awaited: closing with bytes unread would reset the connection, and the client
 * might never read that answer. A client that ends its side before OPEN has
 * given up. A forward's is ASKED about at once, and nothing is read from it
 * before it is OPEN.
 *
 * Of a plain request exactly its own bytes pass: a second one on that connection
 * could be for another host. It is sent with "Connection: close", and when the
 * host closes, so does the client's side. (In chunks its end isn't looked for:
 * what follows reaches the same host, which was allowed: through the user's own
 * proxy, which could lead it elsewhere, by CONNECT.)
 */
#include "config.h"

#include "net/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "loop/loop.h"
#include "net/address.h"
#include "net/head.h"

enum net_limit {
	NET_LIMIT_CONNECT_MS,
	NET_LIMIT_CONNECTIONS,
	NET_LIMIT_CROWDED_MS,
	NET_LIMIT_HEAD_BYTES,
	NET_LIMIT_HEAD_MS,
	NET_LIMIT_IDLE_MS,
	NET_LIMIT_LINGER_MS,
	NET_LIMITS
};

struct net_listener {
	struct net_listener	*next;
	int64_t			 call;
	int			 fd;
	struct loop_watch	*watch;
	char			*secret;	/* "assent:SECRET", or NULL */
	char			*forward;	/* as the core names it; NULL: HTTP */
};

struct net_proxy {
	struct loop		*loop;
	struct net_channel	*channel;
	int64_t			 limits[NET_LIMITS];
	struct net_listener	*listeners;
	struct net_conn		*conns;
	int64_t			 conns_len;
	int64_t			 last_id;
	int64_t			 silent_ms;	/* until when no answer is
						   expected about a name */
	struct loop_timer	*pause;		/* accept failed */
	bool			 begun;		/* a message came */
};

static void	proxy_listen_again(struct net_proxy *);

#define NET_FLOW_SIZE ((size_t)64 << 10)

enum net_flow_result {
	NET_FLOW_SOME,
	NET_FLOW_NOTHING,	/* not now */
	NET_FLOW_END,		/* by the other side */
	NET_FLOW_BROKEN,
};

struct net_flow {
	char	*p;
	size_t	 cap, from, to;	/* bytes from..to are here */
	bool	 ended;		/* no more come */
	bool	 passed;	/* ... which the reader knows */
	int64_t	 sent;		/* bytes that have left */
};
struct net_dial;

/* The user's own proxy. */
struct net_upstream {
	struct net_authority	 at;
	char			*name, *password;	/* secrets; NULL: none */
};

struct net_dial_end {
	int		 fd;		/* connected, not blocking, the caller's;
					   -1: failed */
	bool		 proxied;	/* to the user's proxy */
	struct net_address address;
	bool		 refused;	/* no address is allowed */
	const char	*words;		/* why it failed; borrowed */
};

/* The dial is freed after the callback. */
typedef void net_dial_cb(void *arg, const struct net_dial_end *);

struct net_conn;

static void
conn_timer_set(struct net_conn *c, int64_t ms);

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

static void
net_flow_release(struct net_flow *f)
{
	free(f->p);
	memset(f, 0, sizeof(*f));
}

static size_t
net_flow_len(const struct net_flow *f)
{
	return f->to - f->from;
}

static bool
net_flow_has_room(const struct net_flow *f)
{
	return !f->ended && (f->p == NULL || f->to < f->cap);
}

static enum net_flow_result
flow_failed(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ?
	    NET_FLOW_NOTHING : NET_FLOW_BROKEN;
}

/* Once, and only if it has room; the first call makes it. */
static enum net_flow_result
net_flow_read(struct net_flow *f, int fd)
{
	ssize_t n;

	if (f->p == NULL) {
		f->p = xmalloc(NET_FLOW_SIZE);
		f->cap = NET_FLOW_SIZE;
	}
	n = recv(fd, f->p + f->to, f->cap - f->to, MSG_DONTWAIT);
	if (n < 0)
		return flow_failed();
	f->to += (size_t)n;
	return n == 0 ? NET_FLOW_END : NET_FLOW_SOME;
}

static void
net_flow_drop(struct net_flow *f, size_t n)
{
	f->from += n;
	if (f->from == f->to)
		f->from = f->to = 0;
}

static enum net_flow_result
net_flow_write(struct net_flow *f, int fd)
{
	ssize_t n = send(fd, f->p + f->from, net_flow_len(f),
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return flow_failed();
	net_flow_drop(f, (size_t)n);
	f->sent += n;
	return NET_FLOW_SOME;
}

static void
net_flow_add(struct net_flow *f, const char *p, size_t n)
{
	if (f->cap - f->to < n) {
		f->cap = f->to + n > NET_FLOW_SIZE ? f->to + n : NET_FLOW_SIZE;
		f->p = xrealloc(f->p, f->cap);
	}
	memcpy(f->p + f->to, p, n);
	f->to += n;
}

/* Put these bytes instead of the first `drop`; add them at the end; drop. The
 * first two may go beyond NET_FLOW_SIZE. */
static void
net_flow_put(struct net_flow *f, size_t drop, const char *p, size_t n)
{
	size_t rest = net_flow_len(f) - drop;
	size_t cap = n + rest > NET_FLOW_SIZE ? n + rest : NET_FLOW_SIZE;
	char *all = xmalloc(cap);

	memcpy(all, p, n);
	if (rest > 0)
		memcpy(all + n, f->p + f->from + drop, rest);
	free(f->p);
	f->p = all;
	f->cap = cap;
	f->from = 0;
	f->to = n + rest;
}

/*
 * libcurl closes the connection of a handle that leaves the loop, so what it
 * opens is duplicated, and of the duplicates (happy eyeballs tries several) the
 * one with the transfer's own port is kept.
 */

#define DIAL_TRIES_MAX 16		/* addresses; each keeps a descriptor */
#define DIAL_LOOK_PART 6		/* of the time, for a name that a proxy
					   may know */
#define DIAL_LOOK_AGAIN_MS 100		/* for the next names if none comes */
#define DIAL_SILENT_MS 60000		/* so long */
#define UPSTREAM_407 "the proxy %s needs a name and password, as in " \
	"http://NAME:PASSWORD@HOST:PORT (HTTP 407)"

struct net_dial {
	struct loop		*loop;
	CURL			*easy;
	struct net_authority	 to;
	const struct net_upstream *upstream;	/* NULL: none */
	bool			 tunnel;	/* it must connect us */
	bool			 proxied;	/* to the user's proxy, by now */
	bool			 public;	/* the host has such an address */
	struct net_address	*listed;
	size_t			 listed_len;
	int64_t			 timeout_ms;
	struct loop_timer	*look;		/* then the proxy gets the name */
	int64_t			*silent_ms;	/* net_proxy's */
	struct {
		int		 fd;
		struct net_address address;
	}			*tries;
	size_t			 tries_len;
	const char		*fault;		/* of the first address that
						   was refused; NULL: none */
	struct net_address	 faulty;
	net_dial_cb		*cb;
	void			*arg;
};

static void
upstream_free(struct net_upstream *u)
{
	if (u == NULL)
		return;
	secret_free(u->name);
	secret_free(u->password);
	free(u);
}

/* NULL if this isn't the address of a proxy. The default port is 1080, as for
 * curl. */
static struct net_upstream *
upstream_new(const char *url)
{
	struct net_upstream *u = xcalloc(1, sizeof(*u));
	char *host = NULL, *port = NULL, *name = NULL, *password = NULL;
	AUTO_BUF struct buf at = BUF_INIT(0);
	CURLU *c = curl_url();

	if (c != NULL && curl_url_set(c, CURLUPART_URL, url,
	    CURLU_DEFAULT_SCHEME) == CURLUE_OK &&
	    curl_url_get(c, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		(void)curl_url_get(c, CURLUPART_PORT, &port, 0);
		(void)curl_url_get(c, CURLUPART_USER, &name, CURLU_URLDECODE);
		(void)curl_url_get(c, CURLUPART_PASSWORD, &password,
		    CURLU_URLDECODE);
		buf_addf(&at, "%s:%s", host, port == NULL ? "1080" : port);
		u->name = secret_dup(name);
		u->password = secret_dup(password);
	}
	if (!url_proxy_is_sound(url) ||
	    net_authority_parse(&u->at, buf_str(&at), at.len, 0) < 0) {
		upstream_free(u);
		u = NULL;
	}
	curl_free(host);
	curl_free(port);
	curl_free(name);
	if (password != NULL)
		explicit_bzero(password, strlen(password));
	curl_free(password);
	curl_url_cleanup(c);
	return u;
}

static void
net_dial_free(struct net_dial *d)
{
	size_t i;

	if (d == NULL)
		return;
	if (d->easy != NULL) {
		loop_transfer_remove(d->loop, d->easy);
		curl_easy_cleanup(d->easy);
	}
	loop_timer_free(&d->look);
	for (i = 0; i < d->tries_len; i++)
		fs_close(d->tries[i].fd);
	free(d->tries);
	free(d->listed);
	free(d);
}

/* May we connect to it? With a proxy not to a public one: that is the proxy's. */
static bool
dial_is_allowed(struct net_dial *d, const struct net_address *a)
{
	static const struct net_address none;
	const char *fault = d->proxied ? NULL : net_address_fault(a);
	size_t i;

	d->public |= fault == NULL;
	if (fault == NULL)
		return d->upstream == NULL || d->proxied;
	/* 0.0.0.0 and ::, listed or not, lead to this machine. */
	for (i = 0; i < d->listed_len && memcmp(a->bytes, none.bytes,
	    sizeof(none.bytes)) != 0; i++)
		if (memcmp(a, &d->listed[i], sizeof(*a)) == 0)
			return true;
	if (d->fault == NULL) {
		d->fault = fault;
		d->faulty = *a;
	}
	return false;
}

static curl_socket_t
dial_open(void *arg, curlsocktype purpose, struct curl_sockaddr *sa)
{
	struct net_dial *d = arg;
	struct net_address a;
	int fd, copy;

	if (purpose != CURLSOCKTYPE_IPCXN || sa->socktype != SOCK_STREAM ||
	    d->tries_len == DIAL_TRIES_MAX ||
	    net_address_from(&a, &sa->addr) < 0 || !dial_is_allowed(d, &a))
		return CURL_SOCKET_BAD;
	fd = socket(sa->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    sa->protocol);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	GROW(d->tries, d->tries_len);
	d->tries[d->tries_len].fd = copy;
	d->tries[d->tries_len++].address = a;
	return fd;
}

/* The port on our side; 0: it isn't connected. */
static long
dial_port(int fd)
{
	struct sockaddr_storage sa;
	struct sockaddr_in v4;
	socklen_t len = sizeof(sa);

	if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	/* IPv6 has it in the same place. */
	memcpy(&v4, &sa, sizeof(v4));
	return ntohs(v4.sin_port);
}

static void
dial_done(struct net_dial *d, struct net_dial_end *end)
{
	long port = 0;
	size_t i;

	(void)curl_easy_getinfo(d->easy, CURLINFO_LOCAL_PORT, &port);
	for (i = 0; i < d->tries_len && end->fd < 0; i++) {
		if (port == 0 || dial_port(d->tries[i].fd) != port)
			continue;
		end->fd = d->tries[i].fd;
		end->address = d->tries[i].address;
		d->tries[i].fd = -1;
	}
}

static void
dial_words_proxy(struct net_dial *d, const char *to, CURLcode code,
    long number, struct err *e)
{
	AUTO_BUF struct buf proxy = BUF_INIT(0);
	long status = 0;

	net_authority_add(&d->upstream->at, &proxy, 0);
	(void)curl_easy_getinfo(d->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status == 407)
		err_set(e, UPSTREAM_407, buf_str(&proxy));
	else if (status >= 300)
		err_set(e, "the proxy %s refused to connect to %s (HTTP %ld)",
		    buf_str(&proxy), to, status);
	else if (code == CURLE_COULDNT_RESOLVE_PROXY ||
	    code == CURLE_COULDNT_RESOLVE_HOST)
		err_set(e, "can't resolve the proxy %s", buf_str(&proxy));
	else if (code == CURLE_OPERATION_TIMEDOUT)
		err_set(e, "can't connect to %s through the proxy %s: no answer "
		    "after %llds", to, buf_str(&proxy),
		    (long long)(d->timeout_ms / 1000));
	else
		err_set(e, "can't connect to %s through the proxy %s: %s", to,
		    buf_str(&proxy), number != 0 ? strerror((int)number) :
		    code == CURLE_COULDNT_CONNECT ? curl_easy_strerror(code) :
		    "it doesn't answer as an HTTP proxy does");
}

static void
dial_words(struct net_dial *d, struct net_dial_end *end, CURLcode code,
    struct err *e)
{
	char text[NET_ADDRESS_TEXT];
	AUTO_BUF struct buf to = BUF_INIT(0);
	long number = 0;

	net_authority_add(&d->to, &to, 0);
	end->refused = d->fault != NULL && d->tries_len == 0;
	(void)curl_easy_getinfo(d->easy, CURLINFO_OS_ERRNO, &number);
	if (d->proxied)
		dial_words_proxy(d, buf_str(&to), code, number, e);
	else if (end->refused) {
		net_address_text(&d->faulty, text);
		if (strcmp(text, d->to.host) == 0)
			err_set(e, "%s isn't a public address (%s)", text,
			    d->fault);
		else
			err_set(e, "%s leads to %s, which isn't a public "
			    "address (%s)", d->to.host, text, d->fault);
	} else if (code == CURLE_COULDNT_RESOLVE_HOST)
		err_set(e, "can't resolve %s", d->to.host);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		err_set(e, "can't connect to %s: no answer after %llds",
		    buf_str(&to), (long long)(d->timeout_ms / 1000));
	else
		err_set(e, "can't connect to %s: %s", buf_str(&to),
		    number != 0 ? strerror((int)number) :
		    curl_easy_strerror(code));
	end->words = e->text;
}

static void	dial_start(struct net_dial *);

static void
dial_proxy(struct net_dial *d)
{
	loop_timer_free(&d->look);
	curl_easy_cleanup(d->easy);
	d->proxied = true;
	dial_start(d);
}

/* The name couldn't be resolved in time: let the user's proxy resolve it. */
static void
dial_resolve_late(void *arg)
{
	struct net_dial *d = arg;
	int64_t now = clock_mono_ms();

	d->look = NULL;
	if (d->fault != NULL || d->tries_len > 0)
		return;
	if (*d->silent_ms <= now)
		*d->silent_ms = now + DIAL_SILENT_MS;
	loop_transfer_remove(d->loop, d->easy);
	dial_proxy(d);
}

static void
dial_ended(void *arg, void *easy, int code)
{
	struct net_dial *d = arg;
	struct net_dial_end end = { .fd = -1 };
	struct err e = ERR_INIT;

	(void)easy;
	/* Behind a proxy, many names can't be resolved here. */
	if (d->upstream != NULL && !d->proxied && d->fault == NULL &&
	    d->tries_len == 0 && (d->public ||
	    code == CURLE_COULDNT_RESOLVE_HOST)) {
		*d->silent_ms = 0;
		dial_proxy(d);
		return;
	}
	end.proxied = d->proxied;
	if (code == CURLE_OK)
		dial_done(d, &end);
	if (end.fd < 0)
		dial_words(d, &end, (CURLcode)code, &e);
	d->cb(d->arg, &end);
	net_dial_free(d);
}

static void
dial_setopts(struct net_dial *d, const char *url)
{
	const struct net_upstream *u = d->proxied && d->tunnel ? d->upstream :
	    NULL;
	AUTO_BUF struct buf proxy = BUF_INIT(0);
	CURL *c = d->easy;

	if (u != NULL)
		net_authority_add(&u->at, &proxy, 0);

#define SET(option, value) (void)curl_easy_setopt(c, option, value)
	SET(CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http");
#else
	SET(CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_PROXY, buf_str(&proxy));
	SET(CURLOPT_NOPROXY, u == NULL ? "*" : "");
	SET(CURLOPT_HTTPPROXYTUNNEL, 1L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (u != NULL && u->name != NULL) {
		SET(CURLOPT_PROXYUSERNAME, u->name);
		SET(CURLOPT_PROXYPASSWORD, u->password == NULL ? "" :
		    u->password);
	}
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)d->timeout_ms);
	SET(CURLOPT_OPENSOCKETFUNCTION, dial_open);
	SET(CURLOPT_OPENSOCKETDATA, d);
	/* Else a transfer that ends early waits for its resolver. */
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#undef SET
}

static void
dial_start(struct net_dial *d)
{
	const struct net_authority *to = d->proxied && !d->tunnel ?
	    &d->upstream->at : &d->to;
	AUTO_BUF struct buf url = BUF_INIT(0);

	buf_adds(&url, "http://");
	net_authority_add(to, &url, 0);
	buf_addc(&url, '/');
	if ((d->easy = loop_transfer_new(d->loop)) == NULL)
		mem_out();
	dial_setopts(d, buf_str(&url));
	/* Only a lack of memory is left as a reason. */
	if (loop_transfer_add(d->loop, d->easy, dial_ended, d) < 0)
		mem_out();
}

/* `listed`: addresses allowed though they aren't public; copied. With an upstream,
 * which is borrowed, the host's name is only looked up, and if no address is
 * refused, the upstream gets the name. */
static struct net_dial *
net_dial_new(struct net_proxy *p, const struct net_head *head,
    const struct net_upstream *upstream, const struct net_address *listed,
    size_t n, net_dial_cb *cb, void *arg)
{
	struct net_dial *d = xcalloc(1, sizeof(*d));

	d->loop = p->loop;
	d->to = head->to;
	d->tunnel = head->tunnel || head->body < 0;
	d->upstream = upstream;
	d->timeout_ms = p->limits[NET_LIMIT_CONNECT_MS];
	d->silent_ms = &p->silent_ms;
	d->cb = cb;
	d->arg = arg;
	if (n > 0) {
		d->listed = xreallocarray(NULL, n, sizeof(*listed));
		memcpy(d->listed, listed, n * sizeof(*listed));
		d->listed_len = n;
	}
	if (upstream != NULL)
		d->look = loop_timer_new(d->loop, p->silent_ms >
		    clock_mono_ms() ? DIAL_LOOK_AGAIN_MS : d->timeout_ms /
		    DIAL_LOOK_PART, dial_resolve_late, d);
	dial_start(d);
	return d;
}

#define CONN_ROUND 8			/* reads before the others' turn */
#define CONN_REASON_MAX 200		/* bytes of words in the status line */

enum conn_state { CONN_HEAD, CONN_ASKED, CONN_DIALS, CONN_OPEN, CONN_DRAINS };

struct net_conn {
	struct net_conn		*next, **at;
	struct net_proxy	*proxy;
	struct net_listener	*listener;
	enum conn_state		 state;
	int64_t			 id;		/* 0: the user wasn't asked */
	bool			 reported;	/* its end */
	struct net_head		 head;		/* HTTP */
	struct net_upstream	*upstream;	/* NULL: none */
	bool			 proxied;	/* the host's end is the
						   upstream's */
	size_t			 head_seen;
	int64_t			 body;		/* bytes that may still pass up;
						   -1: any number */
	bool			 waits;		/* for `go`, once it is open */
	int			 client, host;
	bool			 host_broken;	/* not by an end */
	struct loop_watch	*client_watch, *host_watch;
	struct loop_timer	*timer;
	int64_t			 moved_ms;	/* when bytes last passed */
	struct net_dial		*dial;
	struct net_flow		 up, down;
};

static void
conn_report(struct net_conn *c, const char *failed, bool refused)
{
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
		json_add_int(o, "sent", c->host < 0 ? 0 : c->up.sent);
		json_add_int(o, "received", c->host < 0 || c->down.sent < 0 ?
		    0 : c->down.sent);
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

/* Close all of a listener's. */
static void
net_conn_free_all(struct net_proxy *p, const struct net_listener *l)
{
	struct net_conn *c, *next;

	for (c = p->conns; c != NULL; c = next) {
		next = c->next;
		if (c->listener == l)
			conn_free(c);
	}
}

static struct net_conn *
conn_find(const struct net_proxy *p, int64_t id)
{
	struct net_conn *c;

	for (c = p->conns; c != NULL && c->id != id; c = c->next)
		;
	return c;
}

/* Choose the events to wait for. */
static void
conn_watch_update(struct net_conn *c)
{
	bool up = net_flow_len(&c->up) > 0, down = net_flow_len(&c->down) > 0;
	bool reads = c->state == CONN_DRAINS ||
	    (c->state == CONN_OPEN ? !up && !c->up.ended :
	    c->listener->forward == NULL && net_flow_has_room(&c->up));

	loop_watch_set(c->client_watch, (reads ? LOOP_READ : 0) |
	    (down ? LOOP_WRITE : 0));
	if (c->state == CONN_OPEN && c->host_watch != NULL)
		loop_watch_set(c->host_watch,
		    (!down && !c->down.ended ? LOOP_READ : 0) |
		    (up ? LOOP_WRITE : 0));
}

/* With a secret, anyone on the host can connect to the port: clients that
 * haven't sent it can't keep others out for long. */
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

/* Of n bytes that came up, those after the request's end are dropped, and
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

static void
conn_pass(struct net_conn *c)
{
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
conn_host_ready(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	conn_pass(arg);
}

/*
 * DIALS
 */

/* Pass bytes on from here. */
static void
conn_begin_passing(struct net_conn *c)
{
	static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";

	c->state = CONN_OPEN;
	if (c->listener->forward != NULL)
		c->body = -1;
	else if (c->head.tunnel)
		net_flow_add(&c->down, ok, sizeof(ok) - 1);
	else
		conn_count_body(c, net_flow_len(&c->up) - c->head.request.len);
	/* Those bytes aren't the host's. */
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

/* `words` are for the client, if it is denied. `waits`: once connected, until
 * proxy_let_pass, which is for any id. */
static void
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
	c->dial = net_dial_new(c->proxy, &c->head, c->upstream, listed, n,
	    conn_dialled, c);
}

/* A forward's service has answered. */
static void
conn_forward_ready(void *arg, int fd, unsigned events)
{
	struct net_conn *c = arg;
	struct err e = ERR_INIT;
	socklen_t n = sizeof(errno);
	cJSON *o;

	(void)events;
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

/* With the socket to its service, which may still be connecting; without one it
 * is refused. */
static void
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
	json_add_str(o, "forward", c->listener->forward);
	if (c->listener->forward == NULL) {
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
	int64_t most = c->proxy->limits[NET_LIMIT_HEAD_BYTES], n;
	size_t len = net_flow_len(&c->up);
	struct err e = ERR_INIT;
	int status;

	/* Not HTTP: there is no way to send an error. */
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
	else if ((status = net_head_parse(&c->head, p, (size_t)n, &e)) != 0)
		conn_answer_http(c, status, e.text);
	else if (secret != NULL && (c->head.credentials == NULL ||
	    !net_same(secret, c->head.credentials)))
		conn_answer_http(c, 407, "this proxy needs a password");
	else {
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

/* Before and after OPEN. false: it is to be freed. */
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
conn_client_ready(void *arg, int fd, unsigned events)
{
	struct net_conn *c = arg;

	(void)fd;
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

/* Takes the descriptor. It frees itself when it ends. */
static void
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

/* ---- the proxy ---- */

#define PROXY_USER "assent:"
#define PROXY_SECRET_MAX 200
#define PROXY_FDS_OWN 64		/* the channel, listeners, resolvers */
#define PROXY_FDS_EACH 6		/* client and host, while several
					   addresses are tried */
#define PROXY_BACKLOG 4096		/* clients to be accepted later */
#define PROXY_PAUSE_MS 1000
#define PROXY_ROUND 64			/* clients accepted at once */
#define PROXY_LISTED_MAX 256

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

static void
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
    const char *forward)
{
	const struct net_listener *l;

	for (l = p->listeners; l != NULL; l = l->next)
		if (l->call == call && (l->forward == NULL || forward == NULL ?
		    l->forward == forward : strcmp(l->forward, forward) == 0))
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
proxy_accept(void *arg, int fd, unsigned events)
{
	struct net_proxy *p = arg;
	struct net_listener *l;
	int i, client;

	(void)events;
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
	struct net_listener *l;

	if (call < 0 || proxy_has_listener(p, call, forward))
		return err_set(e, "listen: not a new call");
	if (json_get(o, "secret") != NULL && (secret == NULL ||
	    secret[0] == '\0' || strlen(secret) > PROXY_SECRET_MAX))
		return err_set(e, "listen: not a secret");
	if (*fd < 0 || !proxy_is_listening(*fd, forward != NULL) ||
	    fcntl(*fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set(e, "listen: not a listening socket");
	(void)listen(*fd, PROXY_BACKLOG);
	l = xcalloc(1, sizeof(*l));
	l->call = call;
	l->fd = *fd;
	l->forward = xstrdup_null(forward);
	*fd = -1;
	if (secret != NULL) {
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
	free(l->forward);
	free(l);
}

static int
proxy_end(struct net_proxy *p, const cJSON *o, int *fd, struct err *e)
{
	int64_t call = json_int(o, "end", -1);
	struct net_listener *l, *next;
	bool any = false;
	cJSON *said;

	(void)fd;
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
	    cJSON_GetArraySize(list) > PROXY_LISTED_MAX)
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
proxy_let_pass(struct net_proxy *p, const cJSON *o, int *fd, struct err *e)
{
	struct net_conn *c = conn_find(p, json_int(o, "go", -1));

	(void)fd;
	(void)e;
	if (c != NULL && c->waits && c->host >= 0) {
		c->waits = false;
		conn_begin_passing(c);
	}
	return 0;
}

static int
proxy_limits(struct net_proxy *p, const cJSON *o, int *fd, struct err *e)
{
	const cJSON *it;
	size_t i;

	(void)fd;
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
