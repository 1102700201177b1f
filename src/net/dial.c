/*
 * libcurl closes the connection of a handle that leaves the loop, so what it
 * opens is duplicated, and of the duplicates (happy eyeballs tries several) the
 * one with the transfer's own port is kept.
 */
#include "config.h"

#include "net/dial.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/err.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"

#define DIAL_TRIES_MAX 16		/* addresses; each keeps a descriptor */

struct net_dial {
	struct loop		*loop;
	CURL			*easy;
	struct net_authority	 to;
	struct net_address	*listed;
	size_t			 listed_len;
	int64_t			 timeout_ms;
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

void
net_dial_free(struct net_dial *d)
{
	size_t i;

	if (d == NULL)
		return;
	if (d->easy != NULL) {
		loop_transfer_remove(d->loop, d->easy);
		curl_easy_cleanup(d->easy);
	}
	for (i = 0; i < d->tries_len; i++)
		fs_close(d->tries[i].fd);
	free(d->tries);
	free(d->listed);
	free(d);
}

static bool
dial_may(struct net_dial *d, const struct net_address *a)
{
	static const struct net_address none;
	const char *fault = net_address_fault(a);
	size_t i;

	if (fault == NULL)
		return true;
	/* 0.0.0.0 and ::, listed or not, lead to this machine. */
	for (i = 0; i < d->listed_len && memcmp(a->bytes, none.bytes,
	    sizeof(none.bytes)) != 0; i++)
		if (net_address_equals(a, &d->listed[i]))
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
	    net_address_from(&a, &sa->addr) < 0 || !dial_may(d, &a))
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
	struct sockaddr_in6 v6;
	socklen_t len = sizeof(sa);

	if (getpeername(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		return 0;
	if (sa.ss_family == AF_INET) {
		memcpy(&v4, &sa, sizeof(v4));
		return ntohs(v4.sin_port);
	}
	memcpy(&v6, &sa, sizeof(v6));
	return ntohs(v6.sin6_port);
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
dial_words(struct net_dial *d, struct net_dial_end *end, CURLcode code,
    struct err *e)
{
	char text[NET_ADDRESS_TEXT];
	AUTO_BUF struct buf to = BUF_INIT(0);
	long number = 0;

	net_authority_add(&d->to, &to, 0);
	end->refused = d->fault != NULL && d->tries_len == 0;
	(void)curl_easy_getinfo(d->easy, CURLINFO_OS_ERRNO, &number);
	if (end->refused) {
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

static void
dial_ended(void *arg, void *easy, int code)
{
	struct net_dial *d = arg;
	struct net_dial_end end = { .fd = -1 };
	struct err e = ERR_INIT;

	(void)easy;
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
	CURL *c = d->easy;

#define SET(option, value) (void)curl_easy_setopt(c, option, value)
	SET(CURLOPT_URL, url);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http");
#else
	SET(CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
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

struct net_dial *
net_dial_new(struct loop *loop, const struct net_authority *to,
    const struct net_address *listed, size_t n, int64_t timeout_ms,
    net_dial_cb *cb, void *arg)
{
	struct net_dial *d = xcalloc(1, sizeof(*d));
	AUTO_BUF struct buf url = BUF_INIT(0);

	d->loop = loop;
	d->to = *to;
	d->timeout_ms = timeout_ms;
	d->cb = cb;
	d->arg = arg;
	if (n > 0) {
		d->listed = xreallocarray(NULL, n, sizeof(*listed));
		memcpy(d->listed, listed, n * sizeof(*listed));
		d->listed_len = n;
	}
	buf_adds(&url, "http://");
	net_authority_add(to, &url, 0);
	buf_addc(&url, '/');
	if ((d->easy = loop_transfer_new(loop)) == NULL)
		mem_out();
	dial_setopts(d, buf_str(&url));
	/* Only a lack of memory is left as a reason. */
	if (loop_transfer_add(loop, d->easy, dial_ended, d) < 0)
		mem_out();
	return d;
}
