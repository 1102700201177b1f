/*
 * libcurl closes the connection of a handle that leaves the loop, so what it
 * opens is duplicated, and of the duplicates (happy eyeballs tries several) the
 * one with the transfer's own port is kept.
 */
#include "config.h"

#include "net/assent-net.h"

#include <curl/curl.h>
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

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "loop/loop.h"
#include "net/address.h"

#define DIAL_TRIES_MAX 16		/* addresses; each keeps a descriptor */
#define DIAL_LOOK_PART 6		/* of the time, for a name that a proxy
					   may know */
#define DIAL_LOOK_AGAIN_MS 100		/* for the next names if none comes */
#define DIAL_SILENT_MS 60000		/* so long */

struct dial_try {
	int			 fd;
	struct net_address	 address;
};

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
	struct dial_try		*tries;
	size_t			 tries_len;
	const char		*fault;		/* of the first address that
						   was refused; NULL: none */
	struct net_address	 faulty;
	net_dial_cb		*cb;
	void			*arg;
};

void
upstream_free(struct net_upstream *u)
{
	if (u == NULL)
		return;
	secret_free(u->name);
	secret_free(u->password);
	free(u);
}

struct net_upstream *
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

void
net_dial_free(struct net_dial *d)
{
	if (d == NULL)
		return;
	if (d->easy != NULL) {
		loop_transfer_remove(d->loop, d->easy);
		curl_easy_cleanup(d->easy);
	}
	loop_timer_free(&d->look);
	MEM_EACH(d, tries, one)
		fs_close(one->fd);
	FREE_ALL(d->tries, d->listed, d);
}

/* May we connect to it? If the user has a proxy, public addresses are left to
 * that. */
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
	*GROW_ADD(d->tries, d->tries_len) = (struct dial_try){ copy, a };
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
dial_ended(void *arg, void *easy UNUSED, int code)
{
	struct net_dial *d = arg;
	struct net_dial_end end = { .fd = -1 };
	struct err e = ERR_INIT;

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

struct net_dial *
net_dial_new(struct net_proxy *p, const struct net_authority *to, bool tunnel,
    const struct net_upstream *upstream, const struct net_address *listed,
    size_t n, net_dial_cb *cb, void *arg)
{
	struct net_dial *d = xcalloc(1, sizeof(*d));

	d->loop = p->loop;
	d->to = *to;
	d->tunnel = tunnel;
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
