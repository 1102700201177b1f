/*
 * A service with a key, in the sandbox an origin server: requests are read here,
 * once they may pass, and asked again by libcurl, with the key, over TLS.
 *
 * Of the client's bytes only the request line, headers and body get through; of
 * the service's, status, headers and body. Neither has a say in the framing of
 * the other side.
 *
 *   client -> up -> relay_on_read -> libcurl -> service
 *          <- down <- relay_on_head, relay_on_body <-
 *
 * Each side waits for the other: libcurl rests while there is nothing to send,
 * or `down` hasn't left.
 */
#include "config.h"

#include "net/assent-net.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/param.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "base/utf8.h"
#include "loop/loop.h"
#include "net/head.h"

#define KEY_PORT		443
#define KEY_HEAD_MAX		((size_t)64 << 10)	/* of an answer */
#define KEY_TOKEN "!#$%&'*+-.^_`|~0123456789" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Headers of a request that aren't passed on: they are the client's idea of who
 * asks, of the path, or of a part or an encoding of the answer, in which the key
 * wouldn't be found. */
static const char *const key_drops[] = {
	"Accept-Encoding", "Authorization", "Content-Length", "Cookie",
	"If-Range", "Range", "Transfer-Encoding", "X-Api-Key", "X-HTTP-Method",
	"X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL",
	"X-Rewrite-URL",
};

/* Of a request to a registry these pass, and no others. */
static const char *const key_passes[] = {
	"Accept", "Cache-Control", "Content-Encoding", "Content-Type",
	"Git-Protocol", "If-Modified-Since", "If-None-Match", "Pragma",
	"User-Agent",
};

/* What isn't passed on of an answer. Its body is sent on decoded, in chunks of ours. */
static const char *const key_keeps[] = {
	"Alt-Svc", "Connection", "Content-Encoding", "Content-Length",
	"Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Set-Cookie",
	"Trailer", "Transfer-Encoding", "Upgrade",
};

struct net_relay {
	struct net_conn		*conn;
	CURL			*easy;
	int			 fd;		/* to the service, until libcurl
						   has it; then -1 */
	struct curl_slist	*headers;	/* the first is the key's */
	struct curl_slist	*to;
	int64_t			 left;		/* bytes of the body, or chunk */
	bool			 chunked;
	bool			 chunk;		/* there was one */
	bool			 malformed;
	struct buf		 head;		/* of the answer */
	bool			 begun;		/* its body follows */
	bool			 denied;	/* by a registry: programs would ask
						   for another password */
	bool			 links;		/* addresses in it lead here */
	struct buf		 held;		/* of the body, since it could be
						   the key's beginning */
	char			 words[CURL_ERROR_SIZE];
};

/* ---- the row ---- */

void
net_key_free(struct net_key *k)
{
	if (k == NULL)
		return;
	cJSON_Delete(k->row);
	secret_free(k->line);
	secret_free(k->plain);
	buf_release(&k->trusted);
	free(k);
}

struct net_key *
net_key_new(const cJSON *listen)
{
	struct net_key *k = xcalloc(1, sizeof(*k));
	const char *host = json_str_or(listen, "host", "");
	const char *header = json_str_or(listen, "header", "");
	static const char *const members[] = { "paths", "methods", "registry",
		"fetch", "links", "others", "below" };
	const char *secret = json_str_or(listen, "secret", "");
	const char *user = json_str(listen, "user");
	size_t before = strcspn(header, "%");
	AUTO_BUF struct buf line = BUF_INIT(0), both = BUF_INIT(0);

	k->row = cJSON_CreateObject();
	JSON_COPY(k->row, listen, members);
	k->plain = secret_dup(secret);
	buf_add(&line, header, before);
	if (user == NULL)
		buf_adds(&line, secret);
	else {
		buf_addf(&both, "%s:%s", user, secret);
		b64_encode(&line, both.p, both.len);
		explicit_bzero(both.p, both.len);
	}
	k->line = secret_new(buf_str(&line), line.len);
	k->secret = k->line + before;
	explicit_bzero(line.p, line.len);
	if (net_authority_parse(&k->to, host, strlen(host), KEY_PORT) < 0 ||
	    secret[0] == '\0' ||
	    header[strspn(header, KEY_TOKEN)] != ':') {
		net_key_free(k);
		k = NULL;
	}
	return k;
}

/* Is what is below a path really below it? No segment is "..", whatever a server
 * takes for its end, and nothing is escaped twice. */
static bool
key_is_plain(const char *path)
{
	AUTO_FREE char *plain = url_decode(path, strlen(path));
	const char *p;
	size_t n;

	if (plain == NULL || strpbrk(plain, "%\\") != NULL ||
	    !utf8_is_valid(plain, strlen(plain)))
		return false;
	for (p = plain; *p != '\0'; p += n + (p[n] != '\0')) {
		n = strcspn(p, "/;?#");
		if (n > 0 && n <= 2 && strspn(p, ".") >= n)
			return false;
	}
	for (p = plain; (unsigned char)*p >= ' ' && *p != 0x7f;)
		p++;
	return *p == '\0';
}

static bool
key_has_path(const struct net_key *k, const char *path)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_get(k->row, "paths")) {
		const char *s = cJSON_IsString(it) ? it->valuestring : "";
		size_t n = strlen(s);

		/* "%2f" separates, too, where a service says so. */
		if (strcmp(path, s) == 0 || (strncmp(path, s, n) == 0 && n > 0 &&
		    (s[n - 1] == '/' || (n > 3 &&
		    strcasecmp(s + n - 3, "%2f") == 0))))
			return true;
	}
	return false;
}

/* The words of the request line: the method, and the path with its query. */
static char *
key_word(const struct net_head *h, bool path)
{
	const char *p = buf_str(&h->request);

	if (path)
		p += strcspn(p, " ") + 1;
	return xmemdup(p, strcspn(p, " "));
}

/* To fetch, git asks for refs, and posts which it wants. */
static bool
key_is_fetch(const char *method, const char *path, const char *query)
{
	const char *end = strrchr(path, '/');

	return strcmp(method, "POST") == 0 ? query[0] == '\0' &&
	    strcmp(end, "/git-upload-pack") == 0 :
	    strcmp(query, "?service=git-upload-pack") == 0 && end - path >= 5 &&
	    strcmp(end - 5, "/info/refs") == 0;
}

/* Where a path leads that isn't for the key, if the row says so. */
static int
key_leads(const struct net_key *k, const char *path, struct err *e)
{
	const char *others = json_str(k->row, "others");
	const char *below = json_str_or(k->row, "below", "");
	size_t n = strlen(below);

	if (others == NULL || strncmp(path, below, n) != 0 || strlen(others) +
	    strlen(path) >= sizeof(e->text))
		return err_set(e, "the key of %s isn't for %.80s", k->to.host,
		    path);
	err_set(e, "%s%s", others, path + n);
	return HTTP_ELSEWHERE;
}

static int
key_check(const struct net_key *k, const struct net_head *h, struct err *e)
{
	AUTO_FREE char *method = key_word(h, false), *path = key_word(h, true);
	AUTO_FREE char *query = xstrdup(path + strcspn(path, "?"));

	path[strcspn(path, "?")] = '\0';
	if (!json_has(json_get(k->row, "methods"), method))
		return err_set(e, "the key of %s isn't for %s", k->to.host,
		    method);
	if (!key_is_plain(path))
		return err_set(e, "the path %.80s can be read in two ways",
		    path);
	if (!key_has_path(k, path))
		return key_leads(k, path, e);
	if (json_bool(k->row, "registry", false) && h->body != 0 &&
	    method[0] != 'P')
		return err_set(e, "the key of %s isn't for a %s with a body",
		    k->to.host, method);
	return !json_bool(k->row, "fetch", false) ||
	    key_is_fetch(method, path, query) ? 0 :
	    err_set(e, "the key of %s is for git fetch only", k->to.host);
}

int
net_key_check(const struct net_key *k, const struct net_head *h,
    struct err *e)
{
	int rc = key_check(k, h, e);

	return rc < 0 ? 403 : rc;
}

/* ---- headers ---- */

static bool
key_names(const char *line, const char *const *names, size_t n)
{
	size_t len = strcspn(line, ":"), i;

	for (i = 0; i < n; i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(line, names[i], len) == 0)
			return true;
	return false;
}

static bool
relay_passes(const struct net_key *k, const char *line)
{
	return json_bool(k->row, "registry", false) ?
	    key_names(line, key_passes, MEM_COUNT(key_passes)) :
	    !key_names(line, key_drops, MEM_COUNT(key_drops));
}

/* Headers that the service gets, the key's first. libcurl has our allocator. */
static struct curl_slist *
relay_headers(const struct net_relay *r, const struct net_key *k)
{
	const char *p = strstr(buf_str(&r->conn->head.request), "\r\n") + 2;
	struct curl_slist *list = curl_slist_append(NULL, k->line);
	size_t n, own = strcspn(k->line, ":");

	list = curl_slist_append(list, "Connection: close");
	list = curl_slist_append(list, "Expect:");	/* not libcurl's */
	for (; (n = strcspn(p, "\r")) > 0; p += n + 2) {
		AUTO_FREE char *line = xmemdup(p, n);
		size_t name = strcspn(line, ":");

		if (!relay_passes(k, line) || (name == own &&
		    strncasecmp(line, k->line, own) == 0))
			continue;
		/* How libcurl is told that it has no value. */
		if (n == name + 2)
			memcpy(line + name, ";", 2);
		list = curl_slist_append(list, line);
	}
	return list;
}

static void
relay_origin(const struct net_relay *r, struct buf *b)
{
	buf_adds(b, "https://");
	net_authority_add(&r->conn->listener->key->to, b, KEY_PORT);
}

/* A redirect to the service itself leads back here. */
static const char *
relay_location(const struct net_relay *r, const char *value)
{
	AUTO_BUF struct buf at = BUF_INIT(0);

	relay_origin(r, &at);
	return strncasecmp(value, at.p, at.len) == 0 &&
	    strchr("/?#", value[at.len]) != NULL ? value + at.len : NULL;
}

/* Types of those bodies. */
static const char *const relay_pages[] = { "html", "json" };

/* A header of the answer: only one that is sound, and hasn't the key. */
static void
relay_add_line(struct net_relay *r, const char *line)
{
	const struct net_key *k = r->conn->listener->key;
	size_t name = strspn(line, KEY_TOKEN), n;
	const char *value = line + name + 1, *rest;

	for (n = 0; (unsigned char)line[n] >= ' ' || line[n] == '\t';)
		n++;
	if (line[n] != '\0' || name == 0 || line[name] != ':' ||
	    strstr(line, k->secret) != NULL || strstr(line, k->plain) != NULL ||
	    key_names(line, key_keeps, MEM_COUNT(key_keeps)))
		return;
	value += strspn(value, " \t");
	if (name == 12 && strncasecmp(line, "Content-Type", name) == 0)
		r->links = json_bool(k->row, "links", false) &&
		    MEM_HAS_ANY(relay_pages, value);
	rest = name == 8 && strncasecmp(line, "Location", name) == 0 ?
	    relay_location(r, value) : NULL;
	if (rest != NULL)
		buf_addf(&r->head, "Location: http://%s%s\r\n",
		    r->conn->listener->name, rest);
	else
		buf_addf(&r->head, "%s\r\n", line);
}

/* The head is complete. */
static void
relay_begin(struct net_relay *r, long status)
{
	struct net_conn *c = r->conn;
	AUTO_BUF struct buf b = BUF_INIT(0);

	r->begun = true;
	/* These have no body. */
	c->head.bodyless |= status == 204 || status == 304;
	buf_addf(&b, "HTTP/1.1 %ld \r\n%sConnection: close\r\n%s\r\n", status,
	    buf_str(&r->head), c->head.bodyless ? "" :
	    "Transfer-Encoding: chunked\r\n");
	net_flow_add(&c->down, b.p, b.len);
	conn_watch_update(c);
}

static size_t
relay_on_head(char *p, size_t size, size_t n, void *arg)
{
	struct net_relay *r = arg;
	AUTO_FREE char *line = NULL;
	long status = 0;

	n *= size;
	line = xmemdup(p, n);
	line[strcspn(line, "\r\n")] = '\0';
	/* After the body: trailers. */
	if (r->begun)
		return n;
	/* One of status 1xx may be before it. */
	if (strncmp(line, "HTTP/", 5) == 0)
		buf_clear(&r->head);
	else if (line[0] != '\0')
		relay_add_line(r, line);
	else if (curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status) ==
	    CURLE_OK && status >= 200 && !(r->denied = status == 401 &&
	    json_bool(r->conn->listener->key->row, "registry", false)))
		relay_begin(r, status);
	return r->head.full || r->denied ? 0 : n;
}

/* ---- bodies ---- */

static void
relay_chunk(struct net_relay *r, const char *p, size_t n)
{
	struct net_flow *down = &r->conn->down;
	char size[24];

	if (n == 0 || r->conn->head.bodyless)
		return;
	snprintf(size, sizeof(size), "%zx\r\n", n);
	net_flow_add(down, size, strlen(size));
	net_flow_add(down, p, n);
	net_flow_add(down, "\r\n", 2);
}

static void
relay_swap(struct buf *b, const char *what, const char *by)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	const char *p = buf_str(b), *at;
	size_t n = b->len, len = strlen(what);

	for (; (at = memmem(p, n, what, len)) != NULL; p = at + len) {
		buf_add(&out, p, (size_t)(at - p));
		buf_adds(&out, by);
		n -= (size_t)(at - p) + len;
	}
	if (n == b->len)
		return;
	buf_add(&out, p, n);
	buf_clear(b);
	buf_add(b, out.p, out.len);
}

/* Pass on what the service sent, with a mark where it is the key, and with the
 * address inside for its own. As many bytes as could be the beginning of one wait
 * for the next, whatever they are: else a client learned, by an echo, how the key
 * begins. A line is passed on whole. */
static void
relay_pass(struct net_relay *r, const char *p, size_t n, bool last)
{
	const struct net_listener *l = r->conn->listener;
	AUTO_BUF struct buf own = BUF_INIT(0), here = BUF_INIT(0);
	struct buf *b = &r->held;
	const char *end;
	size_t keep;

	relay_origin(r, &own);
	buf_addc(&own, '/');
	buf_addf(&here, "http://%s/", l->name);
	keep = MAX(own.len, MAX(strlen(l->key->secret),
	    strlen(l->key->plain))) - 1;
	buf_add(b, p, n);
	relay_swap(b, l->key->secret, KEYTEXT_MARK);
	relay_swap(b, l->key->plain, KEYTEXT_MARK);
	if (r->links)
		relay_swap(b, buf_str(&own), buf_str(&here));
	p = buf_str(b);
	n = b->len;
	keep = last ? 0 : MIN(n, keep);
	end = memrchr(p, '\n', n);
	if (end != NULL && (size_t)(p + n - end - 1) < keep)
		keep = (size_t)(p + n - end - 1);
	relay_chunk(r, p, n - keep);
	buf_consume(b, n - keep);
}

static size_t
relay_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct net_relay *r = arg;

	if (net_flow_len(&r->conn->down) > 0)
		return CURL_WRITEFUNC_PAUSE;
	r->conn->moved_ms = clock_mono_ms();
	relay_pass(r, p, size * n, false);
	conn_watch_update(r->conn);
	return size * n;
}

/* Bytes of the body that are next; 0: none now. */
static size_t
relay_next(struct net_relay *r)
{
	struct net_flow *up = &r->conn->up;
	size_t n = net_flow_len(up);
	int64_t framing;

	if (r->chunked && r->left == 0 && n > 0) {
		framing = net_chunk_find(up->p + up->from, n, !r->chunk,
		    &r->left);
		r->malformed = framing < 0;
		if (framing <= 0) {
			r->left = 0;
			return 0;
		}
		net_flow_drop(up, (size_t)framing);
		r->chunk = true;
		r->chunked = r->left > 0;
		n -= (size_t)framing;
	}
	return r->left < (int64_t)n ? (size_t)r->left : n;
}

static size_t
relay_on_read(char *p, size_t size, size_t n, void *arg)
{
	struct net_relay *r = arg;
	struct net_flow *up = &r->conn->up;
	size_t room = size * n, got = 0;

	r->conn->moved_ms = clock_mono_ms();
	while (got < room && (n = relay_next(r)) > 0) {
		n = n < room - got ? n : room - got;
		memcpy(p + got, up->p + up->from, n);
		net_flow_drop(up, n);
		r->left -= (int64_t)n;
		got += n;
	}
	conn_watch_update(r->conn);
	return r->malformed ? CURL_READFUNC_ABORT : got == 0 &&
	    (r->chunked || r->left > 0) ? CURL_READFUNC_PAUSE : got;
}

void
net_relay_go_on(struct net_relay *r)
{
	struct net_conn *c = r->conn;

	/* No second request. */
	if (!r->chunked && r->left == 0)
		net_flow_drop(&c->up, net_flow_len(&c->up));
	(void)curl_easy_pause(r->easy, CURLPAUSE_CONT);
}

/* ---- the transfer ---- */

static curl_socket_t
relay_open(void *arg, curlsocktype purpose UNUSED,
    struct curl_sockaddr *sa UNUSED)
{
	struct net_relay *r = arg;
	int fd = r->fd;

	r->fd = -1;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int
relay_opened(void *arg UNUSED, curl_socket_t fd UNUSED,
    curlsocktype purpose UNUSED)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static void
relay_ended(void *arg, void *easy UNUSED, int code)
{
	struct net_relay *r = arg;
	struct net_conn *c = r->conn;
	struct err e = ERR_INIT;

	if (r->begun && code == CURLE_OK) {
		relay_pass(r, "", 0, true);
		if (!c->head.bodyless)
			net_flow_add(&c->down, "0\r\n\r\n", 5);
	} else if (r->malformed)
		err_set(&e, "the request's chunks are malformed");
	else if (r->denied)
		err_set(&e, "%s doesn't accept the key of registries (401)",
		    c->listener->key->to.host);
	else
		err_set(&e, "no answer from %s: %s", c->listener->key->to.host,
		    r->words[0] != '\0' ? r->words :
		    curl_easy_strerror((CURLcode)code));
	/* One that has begun just breaks off. */
	conn_relayed(c, r->begun ? 0 : r->malformed ? 400 : r->denied ? 403 :
	    502, e.text);
}

static void
relay_setopts(struct net_relay *r, const char *method)
{
	const struct net_conn *c = r->conn;
	const struct buf *trusted = &c->listener->key->trusted;
	AUTO_FREE char *target = key_word(&c->head, true);
	AUTO_BUF struct buf url = BUF_INIT(0);

	relay_origin(r, &url);
	buf_addc(&url, '/');
#define SET(option, value) (void)curl_easy_setopt(r->easy, option, value)
	SET(CURLOPT_URL, url.p);
	SET(CURLOPT_REQUEST_TARGET, target);
	SET(CURLOPT_CUSTOMREQUEST, method);
	SET(CURLOPT_NOBODY, (long)c->head.bodyless);
	if (r->chunked || r->left > 0 || method[0] == 'P') {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)(r->chunked ? -1 : r->left));
	}
	SET(CURLOPT_HTTPHEADER, r->headers);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "https");
#else
	SET(CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_ACCEPT_ENCODING, "identity");	/* and decode */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS,
	    (long)c->proxy->limits[NET_LIMIT_CONNECT_MS]);
	SET(CURLOPT_ERRORBUFFER, r->words);
	/* The connection is there: nothing is resolved. */
	SET(CURLOPT_CONNECT_TO, r->to);
	SET(CURLOPT_OPENSOCKETFUNCTION, relay_open);
	SET(CURLOPT_OPENSOCKETDATA, r);
	SET(CURLOPT_SOCKOPTFUNCTION, relay_opened);
	SET(CURLOPT_READFUNCTION, relay_on_read);
	SET(CURLOPT_READDATA, r);
	SET(CURLOPT_HEADERFUNCTION, relay_on_head);
	SET(CURLOPT_HEADERDATA, r);
	SET(CURLOPT_WRITEFUNCTION, relay_on_body);
	SET(CURLOPT_WRITEDATA, r);
#if LIBCURL_VERSION_NUM >= 0x074d00
	if (trusted->len > 0)
		SET(CURLOPT_CAINFO_BLOB, &((struct curl_blob){ trusted->p,
		    trusted->len, CURL_BLOB_COPY }));
#endif
#undef SET
}

struct net_relay *
net_relay_new(struct net_conn *c, int fd)
{
	struct net_relay *r = xcalloc(1, sizeof(*r));
	AUTO_FREE char *method = key_word(&c->head, false);

	r->conn = c;
	r->fd = fd;
	r->chunked = c->head.body < 0;
	r->left = r->chunked ? 0 : c->head.body;
	buf_init(&r->head, KEY_HEAD_MAX);
	if ((r->easy = loop_transfer_new(c->proxy->loop)) == NULL)
		mem_out();
	r->headers = relay_headers(r, c->listener->key);
	r->to = curl_slist_append(NULL, "::127.0.0.1:1");
	relay_setopts(r, method);
	if (loop_transfer_add(c->proxy->loop, r->easy, relay_ended, r) < 0)
		mem_out();
	return r;
}

void
net_relay_count(const struct net_relay *r, int64_t *sent, int64_t *received)
{
	curl_off_t up = 0, down = 0;
	long request = 0, head = 0;

	(void)curl_easy_getinfo(r->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	(void)curl_easy_getinfo(r->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	(void)curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &request);
	(void)curl_easy_getinfo(r->easy, CURLINFO_HEADER_SIZE, &head);
	*sent = up + request;
	*received = down + head;
}

void
net_relay_free(struct net_relay *r)
{
	if (r == NULL)
		return;
	loop_transfer_remove(r->conn->proxy->loop, r->easy);
	curl_easy_cleanup(r->easy);
	explicit_bzero(r->headers->data, strlen(r->headers->data));
	curl_slist_free_all(r->headers);
	curl_slist_free_all(r->to);
	fs_close(r->fd);
	buf_release(&r->head);
	buf_release(&r->held);
	free(r);
}
