/*
 * http: the network transport, one call from start to reply. One easy handle per
 * call, driven by the loop. It must never block, let the key into an error
 * message, or hold more of an answer than its limits allow.
 *
 *   start -> (head) -> stream: decoder ........ -> done -> stream_done
 *                  \-> an error: body, capped -> end   -> stream_done
 *   an idle timer, an abort by limit, a cancel end it from any state.
 *
 * Sources: libcurl's manual pages, curl_easy_setopt and the multi interface.
 */
#include "config.h"

#include "provider/http.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/url.h"
#include "loop/loop.h"
#include "provider/format.h"
#include "provider/provider.h"

/* ---- the URL ---- */

/* The model's name as one path segment. Model lists include the directory that
 * the path already has. */
static char *
handle_model(const char *model)
{
	struct buf b = BUF_INIT(0);

	if (model != NULL && strncmp(model, "models/", 7) == 0)
		model += 7;
	if (model != NULL)
		url_encode(&b, model, strlen(model), "@");
	return buf_take(&b);
}

char *
http_handle_url(const char *base, const char *suffix, const char *model)
{
	static const char hole[] = "{model}";
	const char *at = strstr(suffix, hole);
	size_t n = strlen(base), version = 0;
	AUTO_FREE char *name = NULL;

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (suffix[0] == '/' && suffix[1] == 'v')
		version = 1 + strcspn(suffix + 1, "/");
	if (version > 0 && n >= version &&
	    memcmp(base + n - version, suffix, version) == 0)
		n -= version;
	if (at == NULL)
		return xasprintf("%.*s%s", (int)n, base, suffix);
	name = handle_model(model);
	return xasprintf("%.*s%.*s%s%s", (int)n, base, (int)(at - suffix),
	    suffix, name, at + strlen(hole));
}

static char *
http_url(const struct call_target *t)
{
	return http_handle_url(t->base_url == NULL ? "" : t->base_url,
	    t->path != NULL ? t->path : t->format->url_suffix, t->model);
}

/* ---- the headers ---- */

/* Header lines contain the key: wipe them. */
static void
handle_lines_free(struct curl_slist *lines)
{
	struct curl_slist *l;

	for (l = lines; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(lines);
}

/* Do these lines have a header of this line's name? */
static bool
handle_has(const struct buf *lines, const char *line)
{
	size_t n = strcspn(line, ":") + 1, i;

	for (i = 0; lines != NULL && i < lines->len;
	    i += strlen(lines->p + i) + 1)
		if (strncasecmp(lines->p + i, line, n) == 0)
			return true;
	return false;
}

static void
handle_add_line(struct curl_slist **lines, const char *line)
{
	if ((*lines = curl_slist_append(*lines, line)) == NULL)
		mem_out();
}

static void
handle_add_lines(const struct http_stream_ask *a, struct curl_slist **lines)
{
	static const char *const fixed[] = {
		"Content-Type: application/json",
		"Accept: text/event-stream, application/json",
		"Expect:",	/* no "100 Continue" round trip */
	};
	const char *auth = a->auth != NULL || a->format == NULL ? a->auth :
	    a->format->auth;
	bool bearer = auth != NULL && strcmp(auth, "bearer") == 0;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < MEM_COUNT(fixed); i++)
		buf_add(&b, fixed[i], strlen(fixed[i]) + 1);
	if (a->header != NULL)
		buf_add(&b, a->header, strlen(a->header) + 1);
	if (a->format != NULL && a->format->headers != NULL)
		a->format->headers(&b, a->options);
	if (auth != NULL && a->key != NULL) {
		buf_addf(&b, "%s: %s%s", bearer ? "Authorization" : auth,
		    bearer ? "Bearer " : "", a->key);
		buf_addc(&b, '\0');
	}
	for (i = 0; i < b.len; i += strlen(b.p + i) + 1)
		if (!handle_has(a->lines, b.p + i))
			handle_add_line(lines, b.p + i);
	for (i = 0; a->lines != NULL && i < a->lines->len;
	    i += strlen(a->lines->p + i) + 1)
		handle_add_line(lines, a->lines->p + i);
	explicit_bzero(b.p, b.cap);
}

/* A line break in a key would inject headers. */
static bool
handle_key_is_clean(const char *key)
{
	size_t i;

	for (i = 0; key != NULL && key[i] != '\0'; i++)
		if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
			return false;
	return true;
}

/* ---- curl's errors ---- */

/* TLS failed, possibly because the server doesn't speak it. */
static void
handle_error_tls(const char *words, struct provider_error *e)
{
	/* Messages of OpenSSL and GnuTLS. */
	static const char *const plain[] = { "wrong version number",
		"packet length too long", "http request",
		"unexpected TLS packet" };

	if (MEM_HAS_ANY(plain, words))
		provider_error_set(e, PROVIDER_TLS, false,
		    "the server doesn't use TLS there (%s)", words);
	else
		provider_error_set(e, PROVIDER_CONNECT, true, "%s", words);
}

char *
http_handle_proxy_name(const char *url)
{
	const char *from, *v = url_proxy(url, &from), *host, *at;

	if (v == NULL)
		return NULL;
	host = strstr(v, "://");
	host = host == NULL ? v : host + 3;
	/* Leave out the name and password that it may contain. */
	at = strrchr(host, '@');
	if (at != NULL)
		host = at + 1;
	return xasprintf("the proxy %.*s (%s)", (int)strcspn(host, "/?#"), host,
	    from);
}

/* Nothing usable came: curl's error as a kind. `words` may be empty. */
static void
handle_error(CURLcode code, const char *words, const char *url,
    struct provider_error *e)
{
	static const struct handle_row {
		CURLcode			 code;
		enum provider_error_kind	 kind;
		bool				 retry;
		const char			*words;	/* instead of curl's */
	} rows[] = {
		{ CURLE_GOT_NOTHING, PROVIDER_TRUNCATED, true,
		    "the connection was closed without an answer" },
		/* There was a connection. */
		{ CURLE_HTTP2, PROVIDER_TRUNCATED, true, NULL },
		{ CURLE_HTTP2_STREAM, PROVIDER_TRUNCATED, true, NULL },
		{ CURLE_PARTIAL_FILE, PROVIDER_TRUNCATED, true, NULL },
		{ CURLE_RECV_ERROR, PROVIDER_TRUNCATED, true, NULL },
		{ CURLE_SEND_ERROR, PROVIDER_TRUNCATED, true, NULL },
		{ CURLE_OPERATION_TIMEDOUT, PROVIDER_TIMEOUT, true, NULL },
		{ CURLE_WEIRD_SERVER_REPLY, PROVIDER_PROTOCOL, false, NULL },
		{ CURLE_UNSUPPORTED_PROTOCOL, PROVIDER_INVALID_REQUEST, false,
		    NULL },
		{ CURLE_URL_MALFORMAT, PROVIDER_INVALID_REQUEST, false, NULL },
		{ CURLE_PEER_FAILED_VERIFICATION, PROVIDER_TLS, false, NULL },
		{ CURLE_SSL_CERTPROBLEM, PROVIDER_TLS, false, NULL },
		{ CURLE_SSL_ISSUER_ERROR, PROVIDER_TLS, false, NULL },
		{ CURLE_COULDNT_RESOLVE_PROXY, PROVIDER_CONNECT, false, NULL },
	}, other = { CURLE_OK, PROVIDER_CONNECT, true, NULL };
	const struct handle_row *r = &other;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++)
		if (rows[i].code == code)
			r = &rows[i];
	if (words[0] == '\0')
		words = curl_easy_strerror(code);
	if (code == CURLE_SSL_CONNECT_ERROR)
		handle_error_tls(words, e);
	else if (code == CURLE_SSL_CACERT_BADFILE)
		provider_error_set(e, PROVIDER_TLS, false,
		    "no trusted certificates (%s)", words);
	else if (code == CURLE_UNSUPPORTED_PROTOCOL &&
	    /* In the answer, not in the URL. */
	    strstr(words, "HTTP") != NULL)
		provider_error_set(e, PROVIDER_PROTOCOL, false,
		    "the server doesn't speak HTTP there, or it needs "
		    "https:// (%s)", words);
	else
		provider_error_set(e, r->kind, r->retry, "%s", r->words !=
		    NULL ? r->words : words);
	e->refused = code == CURLE_COULDNT_CONNECT && url_is_local(url);
}

static void
handle_proxy_error(const char *url, long status,
    struct provider_error *e)
{
	AUTO_FREE char *found = http_handle_proxy_name(url);
	const char *name = found == NULL ? "the proxy" : found;

	if (status == 407)
		provider_error_set(e, PROVIDER_CONNECT, false,
		    "%s needs a name and password, as in "
		    "http://NAME:PASSWORD@HOST:PORT (HTTP 407)", name);
	else
		provider_error_set(e, PROVIDER_CONNECT, status >= 500,
		    "%s refused (HTTP %ld)", name, status);
}

/* ---- a request ---- */

#define HTTP_CONNECT_MS	(15 * 1000)
#define HTTP_HEAD_MAX	((size_t)64 << 10)

struct http_stream {
	struct loop		*loop;
	struct http_stream_callbacks cb;
	void			*arg;
	CURL			*easy;
	bool			 in_loop;
	bool			 not_there;	/* an address was refused */
	struct curl_slist	*lines;
	struct loop_timer	*failed;	/* it couldn't even start */
	char			*url;
	struct buf		 head;
	uint64_t		 head_bytes;	/* of all heads */
	struct provider_error	 early;
	char			 words[CURL_ERROR_SIZE];
};

void
http_stream_free(struct http_stream *s)
{
	if (s == NULL)
		return;
	if (s->in_loop)
		loop_transfer_remove(s->loop, s->easy);
	loop_timer_free(&s->failed);
	if (s->easy != NULL)
		curl_easy_cleanup(s->easy);
	handle_lines_free(s->lines);
	buf_release(&s->head);
	FREE_ALL(s->url, s);
}

const char *
http_stream_head(const struct http_stream *s, long *status)
{
	*status = 0;
	if (s->easy != NULL)
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, status);
	return buf_str(&s->head);
}

static size_t
stream_on_head(char *p, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;

	s->head_bytes += size * n;
	if (s->head_bytes > HTTP_HEAD_MAX) {
		provider_error_set(&s->early, PROVIDER_PROTOCOL, false,
		    "its head is longer than %zu kB and was cut off",
		    HTTP_HEAD_MAX >> 10);
		return 0;
	}
	/* A new status line: the previous one was "100 Continue". */
	if (size * n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_clear(&s->head);
	buf_add(&s->head, p, size * n);
	return size * n;
}

static size_t
stream_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;

	return s->cb.body(s->arg, p, size * n) ? size * n : 0;
}

static curl_socket_t
stream_on_socket(void *arg, curlsocktype purpose UNUSED,
    struct curl_sockaddr *a)
{
	struct http_stream *s = arg;

	if (s->cb.address(s->arg, &a->addr))
		return socket(a->family, a->socktype | SOCK_CLOEXEC,
		    a->protocol);
	s->not_there = true;
	return CURL_SOCKET_BAD;
}

#if LIBCURL_VERSION_NUM >= 0x075000
static int
stream_on_connected(void *arg UNUSED, char *to UNUSED, char *from UNUSED,
    int to_port UNUSED, int from_port UNUSED)
{
	return CURL_PREREQFUNC_ABORT;
}
#endif

static int
stream_options(struct http_stream *s, const struct http_stream_ask *a)
{
	CURL *e = s->easy;
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR"), *from;
	int bad = 0;

#define SET(o, v) (bad |= curl_easy_setopt(e, (o), (v)) != CURLE_OK)
	SET(CURLOPT_URL, a->url);
	SET(CURLOPT_HTTPHEADER, s->lines);
	if (a->body == NULL)
		SET(CURLOPT_HTTPGET, 1L);
	else {
		SET(CURLOPT_POSTFIELDS, a->body);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(a->body));
	}
	SET(CURLOPT_USERAGENT, "assent/" PACKAGE_VERSION);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, a->timeout_ms);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* The key is for the server, not for the proxy. */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_ERRORBUFFER, s->words);
	SET(CURLOPT_HEADERFUNCTION, stream_on_head);
	SET(CURLOPT_HEADERDATA, s);
	SET(CURLOPT_WRITEFUNCTION, stream_on_body);
	SET(CURLOPT_WRITEDATA, s);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	/* Trusted certificates: the user's file alone, also for a proxy, or the
	 * system's. The curl program reads these two variables, the library
	 * doesn't. */
	if (a->ca_file != NULL) {
		SET(CURLOPT_CAINFO, a->ca_file);
		SET(CURLOPT_CAPATH, NULL);
		SET(CURLOPT_PROXY_CAINFO, a->ca_file);
	}
	if (a->ca_file == NULL && file != NULL && file[0] != '\0')
		SET(CURLOPT_CAINFO, file);
	if (a->ca_file == NULL && dir != NULL && dir[0] != '\0')
		SET(CURLOPT_CAPATH, dir);
	/* curl reads the variables for a proxy, and less in no_proxy; none
	 * could reach a server on this machine. */
	if (url_proxy(a->url, &from) == NULL)
		SET(CURLOPT_PROXY, "");
	if (s->cb.address != NULL && url_proxy(a->url, &from) == NULL) {
		SET(CURLOPT_OPENSOCKETFUNCTION, stream_on_socket);
		SET(CURLOPT_OPENSOCKETDATA, s);
	}
#if LIBCURL_VERSION_NUM >= 0x075000
	if (a->connect_only)
		SET(CURLOPT_PREREQFUNCTION, stream_on_connected);
#endif
#undef SET
	/* HTTP/2 if TLS negotiates it. A libcurl without support returns an
	 * error. */
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	/* No compression is asked for; what comes compressed is read. */
	(void)curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "identity");
	/* Wait for a connection that is being opened, if it can take several
	 * requests. Without TLS none can, and curl would learn that only from
	 * the first answer: a question beside it (aside.c) would wait for it. */
	(void)curl_easy_setopt(e, CURLOPT_PIPEWAIT, (long)(strncmp(a->url,
	    "https:", 6) == 0));
	return bad ? -1 : 0;
}

static void
stream_done(void *arg, void *easy UNUSED, int code)
{
	struct http_stream *s = arg;
	const char *from, *address = url_proxy(s->url, &from);
	long proxy = 0;

	s->in_loop = false;
	/* It may contain a password. */
	if (address != NULL && strstr(s->words, address) != NULL)
		s->words[0] = '\0';
	if (s->early.kind == PROVIDER_OK && code != CURLE_OK) {
		curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
		if (proxy >= 300)
			handle_proxy_error(s->url, proxy, &s->early);
		else if (s->not_there)
			provider_error_set(&s->early, PROVIDER_CONNECT, false,
			    "its address isn't on the public internet");
		else
			handle_error((CURLcode)code, s->words, s->url,
			    &s->early);
	}
	s->cb.done(s->arg, s->early.kind == PROVIDER_OK ? NULL : &s->early);
	http_stream_free(s);
}

/* End the stream without waiting for the rest of the answer. */
static void
stream_end(struct http_stream *s, CURLcode code)
{
	loop_transfer_remove(s->loop, s->easy);
	stream_done(s, s->easy, (int)code);
}

static void
stream_failed(void *arg)
{
	struct http_stream *s = arg;

	s->failed = NULL;
	stream_done(s, s->easy, CURLE_OK);
}

struct http_stream *
http_stream_new(struct loop *loop, const struct http_stream_ask *a,
    const struct http_stream_callbacks *cb, void *arg)
{
	struct http_stream *s = xcalloc(1, sizeof(*s));
	const char *from, *proxy = url_proxy(a->url, &from);

	s->loop = loop;
	s->cb = *cb;
	s->arg = arg;
	s->url = xstrdup(a->url);
	buf_init(&s->head, HTTP_HEAD_MAX);
	handle_add_lines(a, &s->lines);
	if (!handle_key_is_clean(a->key))
		provider_error_set(&s->early, PROVIDER_AUTH, false,
		    "the key contains a line break or control character");
	else if (proxy != NULL && !url_proxy_is_sound(proxy))
		provider_error_set(&s->early, PROVIDER_CONNECT, false,
		    "the address in %s is malformed: a / in a name or password "
		    "is written %%2F", from);
	else if ((s->easy = loop_transfer_new(loop)) == NULL ||
	    stream_options(s, a) < 0 ||
	    loop_transfer_add(loop, s->easy, stream_done, s) < 0)
		provider_error_set(&s->early, PROVIDER_CONNECT, false,
		    "cannot start libcurl");
	s->in_loop = s->early.kind == PROVIDER_OK;
	if (!s->in_loop)
		s->failed = loop_timer_new(loop, 0, stream_failed, s);
	return s;
}

/* ---- a model's call ---- */

#define HTTP_IDLE_MS	(10 * 60 * 1000)
#define HTTP_BODY_MAX	((size_t)4 << 20)	/* of no stream */
#define HTTP_STREAM_MAX	((uint64_t)256 << 20)
/* After the last event, the time the server has to end the answer, so that the
 * connection can be reused. */
#define HTTP_GRACE_MS	200
/* Pieces of a long answer that come quickly are read together: what has come in
 * the time of a rest, or a few hundred bytes. The end of an answer has more in most
 * formats, so the last piece waits for nothing, nor does a short answer. */
#define HTTP_QUICK_MS	24
#define HTTP_SHORT	4096
#define HTTP_REST_MS	4

struct http_call {
	struct provider_call			 call;
	struct loop			*loop;
	const struct provider_format	*format;
	struct call_callbacks		 cb;
	void				*arg;
	struct http_stream		*stream;
	char				*key;
	struct buf			 headers;	/* the user's, secret */
	char				*send;
	struct buf			 body;
	struct decoder			*decoder;
	uint64_t			 received;
	int64_t				 idle_ms;
	int64_t				 last_ms;	/* a byte arrived or
							   left */
	uint64_t			 sent;		/* or got, of heads */
	struct loop_timer		*idle_timer;
	struct loop_timer		*end_timer;
	bool				 in_callback;
	bool				 cancelled;
	bool				 too_long;
	bool				 timed_out;
};

static void
http_free(struct http_call *c)
{
	loop_timer_free(&c->idle_timer);
	loop_timer_free(&c->end_timer);
	http_stream_free(c->stream);
	if (c->decoder != NULL)
		reply_free(decoder_end_free(c->decoder));
	secret_free(c->key);
	if (c->headers.p != NULL)
		explicit_bzero(c->headers.p, c->headers.cap);
	buf_release(&c->headers);
	free(c->send);
	buf_release(&c->body);
	free(c);
}

static void
http_cancel(struct provider_call *call)
{
	struct http_call *c = (struct http_call *)call;

	c->cancelled = true;
	c->cb.done = NULL;
	/* A transfer must not be removed from within curl's own callback: the
	 * callback returns an error, and the end of the transfer frees the
	 * call. */
	if (!c->in_callback)
		http_free(c);
}

/* ---- the answer ---- */

static void
http_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct http_call *c = arg;

	if (!c->cancelled && c->cb.delta != NULL)
		c->cb.delta(c->arg, kind, text, n);
}

static bool
http_status_is_ok(long status)
{
	return status >= 200 && status < 300;
}

/* Keep the beginning of an answer that isn't a stream. */
static void
http_take_body(struct http_call *c, const char *p, size_t n)
{
	size_t room = HTTP_BODY_MAX - c->body.len;

	buf_add(&c->body, p, n < room ? n : room);
}

/*
 * Servers and proxies send a JSON error or a web page with status 200 and any
 * content type, so the first byte decides: {, [ or < begins a JSON value or a web
 * page, and no line of an event stream begins with one of them.
 */
static void
http_take_ok(struct http_call *c, const char *p, size_t n)
{
	size_t i = 0;

	if (c->decoder == NULL && c->body.len == 0) {
		/* Skip blank lines and a byte order mark. */
		while (i < n && strchr(" \t\r\n\xef\xbb\xbf", p[i]) != NULL &&
		    p[i] != '\0')
			i++;
		if (i == n)
			return;
		if (strchr("{[<", p[i]) == NULL || p[i] == '\0')
			c->decoder = decoder_new(c->format, http_delta, c);
	}
	if (c->decoder == NULL)
		http_take_body(c, p + i, n - i);
	else
		decoder_feed(c->decoder, p + i, n - i);
}

static void
http_on_end(void *arg)
{
	struct http_call *c = arg;

	c->end_timer = NULL;
	stream_end(c->stream, CURLE_OK);
}

static bool
http_on_body(void *arg, const char *p, size_t n)
{
	struct http_call *c = arg;
	int64_t now = clock_mono_ms();
	long status;

	if (c->received > HTTP_SHORT && now - c->last_ms < HTTP_QUICK_MS)
		loop_transfers_rest(c->loop, HTTP_REST_MS);
	c->last_ms = now;
	c->received += n;
	if (c->cancelled || c->received > HTTP_STREAM_MAX) {
		c->too_long = true;
		return false;
	}
	(void)http_stream_head(c->stream, &status);
	if (http_status_is_ok(status)) {
		c->in_callback = true;
		http_take_ok(c, p, n);
		c->in_callback = false;
	} else
		http_take_body(c, p, n);
	if (c->cancelled)
		return false;
	if (c->decoder != NULL && c->end_timer == NULL &&
	    decoder_is_done(c->decoder)) {
		c->end_timer = loop_timer_new(c->loop, HTTP_GRACE_MS,
		    http_on_end, c);
		loop_transfers_rest(c->loop, 0);
	}
	return true;
}

static void
http_on_idle(void *arg)
{
	struct http_call *c = arg;
	int64_t now = clock_mono_ms(), quiet;
	curl_off_t up = 0;
	uint64_t sent;

	c->idle_timer = NULL;
	curl_easy_getinfo(c->stream->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	sent = (uint64_t)up + c->stream->head_bytes;
	if (sent != c->sent) {
		c->sent = sent;
		c->last_ms = now;
	}
	quiet = now - c->last_ms;
	if (quiet < c->idle_ms) {
		c->idle_timer = loop_timer_new(c->loop, c->idle_ms - quiet,
		    http_on_idle, c);
		return;
	}
	c->timed_out = true;
	stream_end(c->stream, CURLE_OPERATION_TIMEDOUT);
}

/* ---- the end ---- */

static void
http_idle_error(const struct http_call *c, const char *where,
    struct provider_error *e)
{
	bool ms = c->idle_ms % 1000 != 0;

	provider_error_set(e, PROVIDER_TIMEOUT, true, "not a byte for %lld "
	    "%s%s",
	    (long long)(ms ? c->idle_ms : c->idle_ms / 1000), ms ? "ms" : "s",
	    where);
}

/* Nothing usable came. */
static void
http_no_answer(const struct http_call *c, const struct provider_error *why,
    struct provider_error *e)
{
	if (c->timed_out)
		http_idle_error(c, "", e);
	else if (why != NULL)
		*e = *why;
	else
		provider_error_set(e, PROVIDER_TRUNCATED, true,
		    "the answer is empty");
}

/* The stream's own result, plus what the transport knows about its end. */
static void
http_stream_error(const struct http_call *c, const struct provider_error *why,
    struct reply *r)
{
	struct provider_error *e = &r->error;

	if (r->stop == REPLY_TRUNCATED && c->timed_out)
		http_idle_error(c, ", in the middle of the answer", e);
	else if (r->stop == REPLY_TRUNCATED && why != NULL)
		provider_error_set(e, PROVIDER_TRUNCATED, true, "%s",
		    why->message);
}

/* The answer of a server that doesn't stream, or NULL. */
static struct reply *
http_whole(struct http_call *c)
{
	struct reply *r;

	c->in_callback = true;
	r = decoder_whole(c->format, buf_str(&c->body), c->body.len,
	    http_delta, c);
	c->in_callback = false;
	return r;
}

/* A redirect's message names its target for the user. */
static void
http_tell_redirect(const char *head, long status, struct provider_error *e)
{
	char where[256];

	if (e->status < 300 || e->status >= 400 ||
	    !provider_header_get(head, "location", where, sizeof(where)))
		return;
	provider_error_set(e, PROVIDER_INVALID_REQUEST, false,
	    "the server redirects to %s; redirects are not followed, because "
	    "they would get the key",
	    where);
	e->status = status;
}

static struct reply *
http_reply(struct http_call *c, const struct provider_error *why)
{
	long status;
	const char *head = http_stream_head(c->stream, &status);
	struct provider_error e;
	struct reply *r = NULL;

	if (c->decoder != NULL) {
		if (c->too_long)
			provider_error_set(&c->decoder->error,
			    PROVIDER_PROTOCOL, false, "the answer is longer "
			    "than %llu MB and was cut off",
			    (unsigned long long)(HTTP_STREAM_MAX >> 20));
		c->in_callback = true;
		r = decoder_end_free(c->decoder);
		c->in_callback = false;
		c->decoder = NULL;
		http_stream_error(c, why, r);
	} else if (why == NULL && c->body.len > 0 && http_status_is_ok(status))
		r = http_whole(c);
	if (r == NULL) {
		memset(&e, 0, sizeof(e));
		if (status == 407) {
			/* If TLS isn't used, the proxy's error arrives as the
			 * answer. */
			handle_proxy_error(c->stream->url, status, &e);
			status = 0;
		} else if (status != 0 && (!http_status_is_ok(status) ||
		    c->body.len > 0))
			provider_error_from_body(&e, status,
			    head, buf_str(&c->body), c->body.len);
		else
			http_no_answer(c, why, &e);
		/* Part of an answer in JSON. */
		if (e.kind == PROVIDER_PROTOCOL && why != NULL && !c->too_long)
			http_no_answer(c, why, &e);
		r = reply_new_error(&e);
		if (e.kind == PROVIDER_TRUNCATED)
			r->stop = REPLY_TRUNCATED;
	}
	if (r->error.kind == PROVIDER_OK)
		return r;
	r->error.status = status;
	r->error.keyless = c->key == NULL;
	if (r->error.request_id[0] == '\0' &&
	    !provider_header_get(head, "request-id",
	    r->error.request_id, sizeof(r->error.request_id)))
		provider_header_get(head, "x-request-id",
		    r->error.request_id, sizeof(r->error.request_id));
	http_tell_redirect(head, status, &r->error);
	return r;
}

static void
http_done(void *arg, const struct provider_error *why)
{
	struct http_call *c = arg;
	struct reply *r = c->cancelled ? NULL : http_reply(c, why);
	void (*done)(void *, struct reply *) = c->cb.done;
	void *done_arg = c->arg;

	c->stream = NULL;	/* it frees itself */
	if (r != NULL)
		provider_error_mask(&r->error, c->key, &c->headers);
	http_free(c);
	if (done != NULL)
		done(done_arg, r);
	else
		reply_free(r);
}

struct provider_call *
provider_call_start(struct loop *loop, const struct call_target *target,
    char *body, const struct call_callbacks *cb, void *arg)
{
	static const struct http_stream_callbacks stream_cb = {
		.body = http_on_body, .done = http_done,
	};
	AUTO_FREE char *url = NULL;
	struct http_stream_ask ask = {
		.format = target->format,
		.options = target->options, .header = target->header,
		.auth = target->auth,
		.lines = target->headers, .ca_file = target->ca_file,
		.body = body,
	};
	struct http_call *c;

	c = xcalloc(1, sizeof(*c));
	c->call.cancel = http_cancel;
	c->loop = loop;
	c->format = target->format;
	c->cb = *cb;
	c->arg = arg;
	c->send = body;
	ask.url = url = http_url(target);
	c->key = target->key == NULL || target->key[0] == '\0' ? NULL :
	    secret_dup(target->key);
	ask.key = c->key;
	buf_init(&c->headers, 0);
	if (target->headers != NULL)
		buf_add(&c->headers, target->headers->p, target->headers->len);
	c->idle_ms = target->idle_timeout_ms > 0 ? target->idle_timeout_ms :
	    HTTP_IDLE_MS;
	c->last_ms = clock_mono_ms();
	buf_init(&c->body, HTTP_BODY_MAX);
	c->stream = http_stream_new(loop, &ask, &stream_cb, c);
	c->idle_timer = loop_timer_new(loop, c->idle_ms, http_on_idle, c);
	return &c->call;
}

/*
 * Opens the connection of the next request ahead of it, as far as TLS, but
 * sends nothing: curl asks before it would send a request, and is told to stop.
 * With HTTP/2 the connection stays open for the request. With HTTP/1 curl
 * closes it; then only the address and the session of TLS 1.2 remain. Sources:
 * libcurl's manual pages, CURLOPT_PREREQFUNCTION.
 */

static void
warm_done(void *owner, const struct provider_error *why UNUSED)
{
	*(struct http_stream **)owner = NULL;
}

void
provider_warm(struct loop *loop, const struct call_target *t,
    struct http_stream **owner)
{
	static const struct http_stream_callbacks cb = { .done = warm_done };
	AUTO_FREE char *url = NULL;
	struct http_stream_ask ask = {
		.key = t->key, .format = t->format, .options = t->options,
		.ca_file = t->ca_file, .connect_only = true,
	};

	if (LIBCURL_VERSION_NUM < 0x075000 || *owner != NULL ||
	    t->base_url == NULL)
		return;
	/* Elsewhere a connection is made at once, but libcurl sets up TLS. */
	if (strncasecmp(t->base_url, "https:", 6) != 0) {
		curl_easy_cleanup(loop_transfer_new(loop));
		return;
	}
	ask.url = url = http_url(t);
	*owner = http_stream_new(loop, &ask, &cb, owner);
	if (*owner != NULL)
		loop_transfers_begin(loop);
}
