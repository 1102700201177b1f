/* See http-handle.h. */
#include "config.h"

#include "provider/http-handle.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/url.h"
#include "loop/loop.h"
#include "provider/error.h"

/* ---- the URL ---- */

/* The model's name as one path segment. Model lists include the directory that
 * the path already has. */
static char *
handle_model(const char *model)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	struct buf b = BUF_INIT(0);

	if (model != NULL && strncmp(model, "models/", 7) == 0)
		model += 7;
	for (; model != NULL && *model != '\0'; model++) {
		if (strchr(safe, *model) != NULL)
			buf_addc(&b, *model);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*model);
	}
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

/* ---- the headers ---- */

void
http_handle_lines_free(struct curl_slist *lines)
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

static int
handle_add_line(struct curl_slist **lines, const char *line)
{
	struct curl_slist *more = curl_slist_append(*lines, line);

	if (more == NULL)
		return -1;
	*lines = more;
	return 0;
}

static int
handle_add_lines(const struct http_ask *a, struct curl_slist **lines)
{
	static const char *const fixed[] = {
		"Content-Type: application/json",
		"Accept: text/event-stream, application/json",
		"Expect:",	/* no "100 Continue" round trip */
	};
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;
	int rc = 0;

	for (i = 0; i < MEM_COUNT(fixed); i++)
		buf_add(&b, fixed[i], strlen(fixed[i]) + 1);
	if (a->header != NULL)
		buf_add(&b, a->header, strlen(a->header) + 1);
	if (a->format != NULL)
		a->format->headers(&b, a->key, a->options);
	for (i = 0; rc == 0 && i < b.len; i += strlen(b.p + i) + 1)
		if (!handle_has(a->more, b.p + i))
			rc = handle_add_line(lines, b.p + i);
	for (i = 0; rc == 0 && a->more != NULL && i < a->more->len;
	    i += strlen(a->more->p + i) + 1)
		rc = handle_add_line(lines, a->more->p + i);
	explicit_bzero(b.p, b.cap);
	return rc;
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

/* ---- proxy and certificates ---- */

/* Trusted certificates: the user's file alone, or the system's. The curl
 * program reads these two variables, the library doesn't. */
static int
handle_trust(CURL *e, const char *ca_file)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");
	int bad = 0;

	if (ca_file != NULL) {
		bad |= curl_easy_setopt(e, CURLOPT_CAINFO, ca_file) !=
		    CURLE_OK;
		bad |= curl_easy_setopt(e, CURLOPT_CAPATH, NULL) != CURLE_OK;
		/* A proxy with TLS is verified the same way. */
		bad |= curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, ca_file) !=
		    CURLE_OK;
		return bad ? -1 : 0;
	}
	if (file != NULL && file[0] != '\0')
		bad |= curl_easy_setopt(e, CURLOPT_CAINFO, file) != CURLE_OK;
	if (dir != NULL && dir[0] != '\0')
		bad |= curl_easy_setopt(e, CURLOPT_CAPATH, dir) != CURLE_OK;
	return bad ? -1 : 0;
}

/* curl reads the variables; for a server on this machine, which no proxy could
 * reach, they are ignored. */
static int
handle_proxy(CURL *e, const char *url)
{
	if (!url_is_local(url))
		return 0;
	return curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK ? 0 : -1;
}

static int
handle_options(CURL *e, const struct http_ask *a, struct curl_slist *lines)
{
	int bad = 0;

#define SET(o, v) (bad |= curl_easy_setopt(e, (o), (v)) != CURLE_OK)
	SET(CURLOPT_URL, a->url);
	SET(CURLOPT_HTTPHEADER, lines);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_USERAGENT, "assent/" PACKAGE_VERSION);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)a->connect_ms);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* The key is for the server, not for the proxy. */
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_ERRORBUFFER, a->words);
	SET(CURLOPT_HEADERFUNCTION, a->on_head);
	SET(CURLOPT_HEADERDATA, a->arg);
	SET(CURLOPT_WRITEFUNCTION, a->on_body);
	SET(CURLOPT_WRITEDATA, a->arg);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#undef SET
	/* HTTP/2 if TLS negotiates it. A libcurl without support returns an
	 * error. */
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	/* Wait for a connection that is being opened, if it can take several
	 * requests. */
	(void)curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	if (handle_trust(e, a->ca_file) < 0 ||
	    handle_proxy(e, a->url) < 0)
		return -1;
	return bad ? -1 : 0;
}

CURL *
http_handle_new(struct loop *loop, const struct http_ask *a,
    struct curl_slist **lines, struct provider_error *early)
{
	CURL *e = NULL;

	if (!handle_key_is_clean(a->key)) {
		provider_error_set(early, PROVIDER_AUTH, false,
		    "the key contains a line break or control character");
		return NULL;
	}
	e = loop_transfer_new(loop);
	if (e == NULL || handle_add_lines(a, lines) < 0 ||
	    handle_options(e, a, *lines) < 0)
		provider_error_set(early, PROVIDER_CONNECT, false,
		    "cannot start libcurl");
	return e;
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
	size_t i;

	for (i = 0; i < MEM_COUNT(plain); i++)
		if (strstr(words, plain[i]) != NULL) {
			provider_error_set(e, PROVIDER_TLS, false,
			    "the server doesn't use TLS there (%s)", words);
			return;
		}
	provider_error_set(e, PROVIDER_CONNECT, true, "%s", words);
}

char *
http_handle_proxy_name(const char *url)
{
	/* As curl reads them: http_proxy only in lower case. */
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *from = NULL, *v = NULL, *host, *at;
	size_t i, n;

	for (i = 0; v == NULL && i < MEM_COUNT(names) &&
	    !url_is_local(url); i++) {
		if (i < 3 && tls == (i == 0))
			continue;
		from = names[i];
		v = getenv(from);
		if (v != NULL && v[0] == '\0')
			v = NULL;
	}
	if (v == NULL)
		return NULL;
	/* Without the name and password it may contain. */
	host = strstr(v, "://");
	host = host == NULL ? v : host + 3;
	n = strcspn(host, "/?#");
	at = memrchr(host, '@', n);
	if (at != NULL) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return xasprintf("the proxy %.*s (%s)", (int)n, host, from);
}

void
http_handle_error(CURLcode code, const char *words, const char *url,
    struct provider_error *e)
{
	if (words[0] == '\0')
		words = curl_easy_strerror(code);
	switch (code) {
	case CURLE_OK:
		provider_error_set(e, PROVIDER_TRUNCATED, true,
		    "the answer is empty");
		break;
	case CURLE_GOT_NOTHING:
		provider_error_set(e, PROVIDER_TRUNCATED, true,
		    "the connection was closed without an answer");
		break;
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* There was a connection. */
		provider_error_set(e, PROVIDER_TRUNCATED, true, "%s", words);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		handle_error_tls(words, e);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		provider_error_set(e, PROVIDER_TIMEOUT, true, "%s", words);
		break;
	case CURLE_WEIRD_SERVER_REPLY:
		provider_error_set(e, PROVIDER_PROTOCOL, false, "%s", words);
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* In the answer, not in the URL. */
		if (strstr(words, "HTTP") != NULL) {
			provider_error_set(e, PROVIDER_PROTOCOL, false,
			    "the server doesn't speak HTTP there, or it needs "
			    "https:// (%s)",
			    words);
			break;
		}
		/* FALLTHROUGH */
	case CURLE_URL_MALFORMAT:
		provider_error_set(e, PROVIDER_INVALID_REQUEST, false,
		    "%s", words);
		break;
	case CURLE_SSL_CACERT_BADFILE:
		provider_error_set(e, PROVIDER_TLS, false,
		    "no trusted certificates (%s)", words);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		provider_error_set(e, PROVIDER_TLS, false, "%s", words);
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		provider_error_set(e, PROVIDER_CONNECT, false, "%s", words);
		break;
	case CURLE_COULDNT_CONNECT:
		provider_error_set(e, PROVIDER_CONNECT, true, "%s", words);
		e->refused = url_is_local(url);
		break;
	default:
		provider_error_set(e, PROVIDER_CONNECT, true, "%s", words);
		break;
	}
}
