#include "config.h"

#include "base/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

const char *
url_host(const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme == NULL ? url : scheme + 3;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));

	return at == NULL ? host : at + 1;
}

bool
url_has_user(const char *url)
{
	const char *host = url_host(url);

	return host > url && host[-1] == '@';
}

bool
url_is_local(const char *url)
{
	const char *host = url_host(url);
	size_t n = strcspn(host, ":/?#");

	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || strchr(":/?#", host[5]) != NULL;
	return (n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	    (n == strspn(host, "0123456789.") && strncmp(host, "127.", 4) == 0);
}

/* The length of the name in "NAME" or "NAME:PORT" if the port is this one; else
 * 0. An address in IPv6 has more colons, and no port here. */
static size_t
url_no_proxy_name(const char *v, size_t len, const char *port, size_t digits)
{
	const char *colon = memchr(v, ':', len);

	if (colon == NULL || colon != memrchr(v, ':', len))
		return len;
	return (size_t)(v + len - ++colon) == digits &&
	    strncmp(colon, port, digits) == 0 ? (size_t)(colon - v) - 1 : 0;
}

/* Does no_proxy name this host, or a domain that it is in? */
static bool
url_has_no_proxy(const char *url)
{
	const char *host = url_host(url), *v = getenv("no_proxy"), *port;
	bool six = *host == '[';
	size_t n = strcspn(host += six, six ? "]" : ":/?#"), len, name, digits;

	port = host + n + six;
	port = *port == ':' ? port + 1 : strncasecmp(url, "https:", 6) == 0 ?
	    "443" : "80";
	digits = strspn(port, "0123456789");
	if (v == NULL)
		v = getenv("NO_PROXY");
	for (; v != NULL && *v != '\0'; v += len + (v[len] != '\0')) {
		v += strspn(v, strncmp(v, "*.", 2) == 0 ? "*." : ".");
		len = strcspn(v, ", \t");
		if (len == 1 && *v == '*')
			return true;
		name = url_no_proxy_name(v, len, port, digits);
		if (name > 0 && name <= n &&
		    strncasecmp(host + n - name, v, name) == 0 &&
		    (name == n || host[n - name - 1] == '.'))
			return true;
	}
	return false;
}

const char *
url_proxy(const char *url, const char **from)
{
	/* These are read as curl reads them: http_proxy only in lower case. */
	static const char *const names[] = { "http_proxy", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY" };
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *v = NULL;
	size_t i;

	for (i = 0; v == NULL && i < MEM_COUNT(names) && !url_is_local(url) &&
	    !url_has_no_proxy(url); i++) {
		if (i < 3 && tls == (i == 0))
			continue;
		*from = names[i];
		v = getenv(names[i]);
		if (v != NULL && v[0] == '\0')
			v = NULL;
	}
	return v;
}

bool
url_proxy_is_sound(const char *proxy)
{
	const char *host = url_host(proxy);

	return strchr(host + strcspn(host, "/?#"), '@') == NULL;
}

char *
url_origin(const char *url)
{
	const char *host = url_host(url);
	char *out = xmemdup(url, (size_t)(host - url) + strcspn(host, "/?#"));
	char *p;

	for (p = out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return out;
}

char *
url_authority(const char *host, int port)
{
	bool six = strchr(host, ':') != NULL;

	return port == 0 ? xasprintf("%s%s%s", six ? "[" : "", host,
	    six ? "]" : "") : xasprintf("%s%s%s:%d", six ? "[" : "", host,
	    six ? "]" : "", port);
}

const char *
url_certificates(void)
{
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora, RHEL */
		"/etc/ssl/ca-bundle.pem",		/* openSUSE */
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",			/* Alpine */
	};
	size_t i;

	for (i = 0; i < MEM_COUNT(files); i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

static int
url_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *
url_decode(const char *p, size_t n)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int high, low;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] != '%') {
			buf_addc(&b, p[i]);
			continue;
		}
		high = n - i > 2 ? url_hex(p[i + 1]) : -1;
		low = high < 0 ? -1 : url_hex(p[i + 2]);
		if (low < 0 || high * 16 + low == 0)
			return NULL;
		buf_addc(&b, (char)(high * 16 + low));
		i += 2;
	}
	return buf_take(&b);
}

void
url_encode(struct buf *b, const char *p, size_t n, const char *also)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	for (; n > 0; p++, n--)
		if (*p != '\0' && (strchr(safe, *p) != NULL ||
		    strchr(also, *p) != NULL))
			buf_addc(b, *p);
		else
			buf_addf(b, "%%%02X", (unsigned char)*p);
}

char *
url_file(const char *uri)
{
	static const char scheme[] = "file://";

	if (strncmp(uri, scheme, strlen(scheme)) != 0)
		return NULL;
	uri += strlen(scheme);
	return *uri != '/' ? NULL : url_decode(uri, strcspn(uri, "#?"));
}
