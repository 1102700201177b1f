/*
 * The request that is sent is written from the parsed one; the client's own
 * bytes are never forwarded.
 */
#include "config.h"

#include "net/head.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/mem.h"

#define HEAD_HTTP_PORT 80
#define HEAD_HEADERS_MAX 200		/* each is looked for in all */
#define HEAD_LENGTH_DIGITS 18		/* of a length; fits 64 bits */
#define HEAD_CHUNK_DIGITS 15		/* likewise */

#define HEAD_BAD		400
#define HEAD_TOO_LARGE		431
#define HEAD_EXPECTS		417
#define HEAD_NO_METHOD		501
#define HEAD_NO_VERSION		505

/* Part of the head. */
struct head_text {
	const char	*p;
	size_t		 n;
};

/* Headers that may appear only once. */
struct head_fields {
	bool			 origin, host, chunked, has_length, old_version;
	struct head_text	 length;
};

static const char *const head_methods[] = {
	"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT",
};

/* Hop-by-hop headers, which aren't forwarded; nor is any that begins with
 * "Proxy-". */
static const char *const head_hop[] = {
	"Connection", "Keep-Alive", "TE", "Upgrade",
};

/* They say where the request goes and where it ends. A Connection header can't
 * remove them. */
static const char *const head_framing[] = {
	"Content-Length", "Host", "Transfer-Encoding",
};

int64_t
net_head_find(const char *p, size_t n, size_t *seen)
{
	size_t i;

	for (i = *seen; i < n; i++) {
		unsigned char ch = (unsigned char)p[i];
		bool ends = p[i] == '\n' && i > 0 && p[i - 1] == '\r';

		if ((ch < ' ' && ch != '\t' && ch != '\r' && !ends) ||
		    ch == 0x7f || (i > 0 && p[i - 1] == '\r' && !ends))
			return -1;
		if (ends && i >= 3 && p[i - 2] == '\n')
			return (int64_t)i + 1;
	}
	*seen = n;
	return 0;
}

static bool
head_is(struct head_text t, const char *word)
{
	return t.n == strlen(word) && strncasecmp(t.p, word, t.n) == 0;
}

static bool
head_is_one(struct head_text t, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (head_is(t, words[i]))
			return true;
	return false;
}

/* Methods are case-sensitive, unlike all other names. */
static bool
head_is_method(struct head_text t)
{
	size_t i;

	for (i = 0; i < MEM_COUNT(head_methods); i++)
		if (t.n == strlen(head_methods[i]) &&
		    memcmp(t.p, head_methods[i], t.n) == 0)
			return true;
	return false;
}

static bool
head_is_token(struct head_text t)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	size_t i;

	for (i = 0; i < t.n; i++) {
		char ch = t.p[i];

		if (!(ch >= '0' && ch <= '9') && !(ch >= 'a' && ch <= 'z') &&
		    !(ch >= 'A' && ch <= 'Z') && strchr(marks, ch) == NULL)
			return false;
	}
	return t.n > 0;
}

/* The next piece up to `end`, which is dropped; the last one has no end. */
static struct head_text
head_cut(struct head_text *rest, char end)
{
	const char *at = memchr(rest->p, end, rest->n);
	struct head_text t = { rest->p, at == NULL ? rest->n :
	    (size_t)(at - rest->p) };
	size_t used = at == NULL ? t.n : t.n + 1;

	rest->p += used;
	rest->n -= used;
	return t;
}

/* Cut the next line, without its CR LF. */
static struct head_text
head_line(struct head_text *rest)
{
	struct head_text t = head_cut(rest, '\n');

	t.n--;
	return t;
}

static struct head_text
head_trim(struct head_text t)
{
	while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
		t.n--;
	return t;
}

static int
head_fault(int status, struct err *e, const char *words)
{
	err_set(e, "%s", words);
	return status;
}

/* http://authority/path?query; *path is what follows the authority, and all there
 * is for an origin server. */
static int
head_target(struct net_head *h, bool origin, struct head_text target,
    struct head_text *path, struct err *e)
{
	static const char scheme[] = "http://";
	size_t n = sizeof(scheme) - 1, i;

	for (i = 0; i < target.n; i++)
		if (target.p[i] <= ' ' || target.p[i] > '~' ||
		    target.p[i] == '#')
			return head_fault(HEAD_BAD, e,
			    "the address contains an invalid character");
	*path = target;
	if (origin)
		return target.p[0] == '/' ? 0 : head_fault(HEAD_BAD, e,
		    "this isn't a proxy: ask for /path");
	if (target.n < n || strncasecmp(target.p, scheme, n) != 0)
		return head_fault(HEAD_BAD, e, "this is a proxy: ask for "
		    "http://host/path, or use CONNECT");
	target.p += n;
	target.n -= n;
	for (i = 0; i < target.n && target.p[i] != '/' && target.p[i] != '?';)
		i++;
	path->p = target.p + i;
	path->n = target.n - i;
	/* A name and a password before the host: refused there, by the @. */
	if (net_authority_parse(&h->to, target.p, i, HEAD_HTTP_PORT) < 0)
		return head_fault(HEAD_BAD, e, "the address has no valid host");
	return 0;
}

static int
head_request(struct net_head *h, struct head_fields *f, struct head_text line,
    struct err *e)
{
	struct head_text method = head_cut(&line, ' '), path = { "", 0 };
	struct head_text target = head_cut(&line, ' ');
	int status = 0;

	if (!head_is_token(method) || target.n == 0)
		return head_fault(HEAD_BAD, e, "the request line is malformed");
	f->old_version = line.n == 8 && memcmp(line.p, "HTTP/1.0", 8) == 0;
	if ((!f->old_version || f->origin) &&
	    (line.n != 8 || memcmp(line.p, "HTTP/1.1", 8) != 0))
		return head_fault(HEAD_NO_VERSION, e, f->origin ?
		    "only HTTP/1.1 is supported" :
		    "only HTTP/1.0 and HTTP/1.1 are supported");
	h->tunnel = !f->origin && method.n == 7 &&
	    memcmp(method.p, "CONNECT", 7) == 0;
	if (h->tunnel) {
		if (net_authority_parse(&h->to, target.p, target.n, 0) < 0)
			return head_fault(HEAD_BAD, e,
			    "CONNECT needs a valid host:port");
		return 0;
	}
	if (!head_is_method(method))
		return f->origin ? head_fault(HEAD_BAD, e,
		    "this method isn't supported") : head_fault(HEAD_NO_METHOD,
		    e, "this method isn't supported; use CONNECT");
	h->bodyless = head_is(method, "HEAD");
	if ((status = head_target(h, f->origin, target, &path, e)) != 0)
		return status;
	buf_add(&h->request, method.p, method.n);
	buf_adds(&h->request, path.n > 0 && path.p[0] == '/' ? " " : " /");
	buf_add(&h->request, path.p, path.n);
	buf_addc(&h->request, ' ');
	buf_add(&h->request, line.p, line.n);
	if (!f->origin) {
		buf_adds(&h->request, "\r\nHost: ");
		net_authority_add(&h->to, &h->request, HEAD_HTTP_PORT);
		buf_adds(&h->request, "\r\nConnection: close");
	}
	buf_adds(&h->request, "\r\n");
	return 0;
}

/* Is the name in a list "a, b"? */
static bool
head_lists(struct head_text list, struct head_text name)
{
	while (list.n > 0) {
		struct head_text it = head_trim(head_cut(&list, ','));

		if (it.n == name.n && strncasecmp(it.p, name.p, it.n) == 0)
			return true;
	}
	return false;
}

/* Is it in the list of any Connection header of the head? */
static bool
head_is_listed(struct head_text headers, struct head_text name)
{
	while (headers.n > 0) {
		struct head_text line = head_line(&headers);
		struct head_text of = head_cut(&line, ':');

		if ((head_is(of, "Connection") ||
		    head_is(of, "Proxy-Connection")) && head_lists(line, name))
			return true;
	}
	return false;
}

static int
head_length(struct net_head *h, struct head_fields *f, struct head_text v,
    struct err *e)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		n = i < HEAD_LENGTH_DIGITS ? n * 10 + (v.p[i] - '0') : n;
	if (v.n == 0 || i < v.n || v.n > HEAD_LENGTH_DIGITS || f->has_length)
		return head_fault(HEAD_BAD, e, f->has_length ?
		    "there are two Content-Lengths" :
		    "Content-Length is malformed");
	f->has_length = true;
	f->length = v;
	h->body = n;
	return 0;
}

static void
head_credentials(struct net_head *h, struct head_text v)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct head_text scheme = head_cut(&v, ' ');

	if (!head_is(scheme, "Basic") || h->credentials != NULL ||
	    b64_decode(&b, v.p, v.n) < 0)
		return;
	/* No secret has a NUL. */
	h->credentials = buf_take(&b);
}

/* Read the fields that say where the request ends, and for which host it is. */
static int
head_field(struct net_head *h, struct head_fields *f, struct head_text name,
    struct head_text v, struct err *e)
{
	if (head_is(name, "Host")) {
		if (f->host)
			return head_fault(HEAD_BAD, e, "there are two Hosts");
		f->host = true;
	} else if (head_is(name, "Content-Length")) {
		return head_length(h, f, v, e);
	} else if (head_is(name, "Transfer-Encoding")) {
		if (f->chunked || f->old_version || !head_is(v, "chunked"))
			return head_fault(HEAD_BAD, e,
			    "this Transfer-Encoding isn't supported");
		f->chunked = true;
	} else if (head_is(name, "Proxy-Authorization"))
		head_credentials(h, v);
	else if (f->origin && head_is(name, "Upgrade") && !head_is(v, "h2c"))
		return head_fault(HEAD_BAD, e, "no other protocol is offered");
	else if (f->origin && head_is(name, "Expect"))
		return head_fault(HEAD_EXPECTS, e, "send the body at once");
	return 0;
}

static bool
head_passes_on(struct head_text headers, struct head_text name)
{
	return !head_is_one(name, head_hop, MEM_COUNT(head_hop)) &&
	    !head_is_one(name, head_framing, MEM_COUNT(head_framing)) &&
	    !(name.n >= 6 && strncasecmp(name.p, "Proxy-", 6) == 0) &&
	    !head_is_listed(headers, name);
}

static int
head_headers(struct net_head *h, struct head_fields *f,
    struct head_text headers, struct err *e)
{
	struct head_text rest = headers;
	size_t i, n;

	for (n = 0; rest.n > 0; n++)
		(void)head_line(&rest);
	if (n > HEAD_HEADERS_MAX)
		return head_fault(HEAD_TOO_LARGE, e, "too many headers");
	for (i = 0; i < MEM_COUNT(head_framing); i++) {
		struct head_text name = { head_framing[i],
			strlen(head_framing[i]) };

		if (head_is_listed(headers, name))
			return head_fault(HEAD_BAD, e,
			    "the Connection header lists one that can't be dropped");
	}
	for (rest = headers; rest.n > 0;) {
		struct head_text line = head_line(&rest), value = line, name;
		int status;

		name = head_cut(&value, ':');
		/* A space before the colon, a folded line: no token. */
		if (!head_is_token(name) || name.n == line.n)
			return head_fault(HEAD_BAD, e, "a header is malformed");
		value = head_trim(value);
		if ((status = head_field(h, f, name, value, e)) != 0)
			return status;
		if (h->tunnel || !head_passes_on(headers, name))
			continue;
		buf_add(&h->request, name.p, name.n);
		buf_adds(&h->request, ": ");
		buf_add(&h->request, value.p, value.n);
		buf_adds(&h->request, "\r\n");
	}
	return 0;
}

int
net_head_parse(struct net_head *h, const char *p, size_t n, bool origin,
    struct err *e)
{
	struct head_fields f = { .origin = origin };
	struct head_text rest = { p, n - 2 };	/* without the empty line */
	int status;

	memset(h, 0, sizeof(*h));
	if ((status = head_request(h, &f, head_line(&rest), e)) != 0 ||
	    (status = head_headers(h, &f, rest, e)) != 0)
		return status;
	if (origin && !f.host)
		return head_fault(HEAD_BAD, e, "there is no Host");
	if (f.chunked && f.has_length)
		return head_fault(HEAD_BAD, e,
		    "both Content-Length and Transfer-Encoding");
	if (h->tunnel)
		return 0;
	if (f.chunked) {
		h->body = -1;
		buf_adds(&h->request, "Transfer-Encoding: chunked\r\n");
	} else if (f.has_length) {
		buf_adds(&h->request, "Content-Length: ");
		buf_add(&h->request, f.length.p, f.length.n);
		buf_adds(&h->request, "\r\n");
	}
	buf_adds(&h->request, "\r\n");
	return 0;
}

void
net_head_release(struct net_head *h)
{
	if (h->credentials != NULL)
		explicit_bzero(h->credentials, strlen(h->credentials));
	FREE_NULL(h->credentials);
	buf_release(&h->request);
}

int64_t
net_chunk_find(const char *p, size_t n, bool first, int64_t *size)
{
	const char *end = first ? "" : "\r\n";
	size_t i = 0, digits;

	for (; *end != '\0'; end++, i++)
		if (i == n || p[i] != *end)
			return i == n ? 0 : -1;
	*size = 0;
	for (digits = 0; i < n && isxdigit((unsigned char)p[i]); i++) {
		char ch = p[i];

		if (digits++ == HEAD_CHUNK_DIGITS)
			return -1;
		*size = *size * 16 + (ch <= '9' ? ch - '0' :
		    (ch | 0x20) - 'a' + 10);
	}
	if (i < n && digits == 0)
		return -1;
	for (end = *size == 0 ? "\r\n\r\n" : "\r\n"; *end != '\0'; end++, i++)
		if (i == n || p[i] != *end)
			return i == n ? 0 : -1;
	return (int64_t)i;
}
