/* See authority.h. */
#include "config.h"

#include "net/authority.h"

#include <string.h>

#include "net/address.h"

#define AUTHORITY_PORT_DIGITS 5

static bool
authority_is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

int
net_authority_host(struct net_authority *t, const char *p, size_t n)
{
	char text[NET_HOST_MAX + 2];
	struct net_address a;

	if (n >= sizeof(text) || memchr(p, '\0', n) != NULL)
		return -1;
	memcpy(text, p, n);
	text[n] = '\0';
	t->v6 = strchr(text, ':') != NULL;
	if (net_address_parse(&a, text) == 0) {
		net_address_text(&a, t->host);
		return 0;
	}
	return !t->v6 && net_allow_host(text, t->host) ? 0 : -1;
}

/* Digits alone, no sign, no zero ahead. */
static int
authority_port(struct net_authority *t, const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > AUTHORITY_PORT_DIGITS || p[0] == '0')
		return -1;
	t->port = 0;
	for (i = 0; i < n; i++) {
		if (!authority_is_digit(p[i]))
			return -1;
		t->port = t->port * 10 + (unsigned)(p[i] - '0');
	}
	return t->port <= 65535 ? 0 : -1;
}

int
net_authority_parse(struct net_authority *t, const char *p, size_t n,
    unsigned default_port)
{
	const char *end = n > 0 && p[0] == '[' ? memchr(p, ']', n) : NULL;
	const char *host = p, *colon;
	size_t len;

	if (end != NULL) {
		host = p + 1;
		len = (size_t)(end - host);
		colon = (size_t)(end - p) + 1 < n ? end + 1 : NULL;
		if (colon != NULL && *colon != ':')
			return -1;
	} else {
		colon = memchr(p, ':', n);
		len = colon == NULL ? n : (size_t)(colon - p);
	}
	/* Brackets are for IPv6, and it needs them. */
	if (net_authority_host(t, host, len) < 0 || t->v6 != (end != NULL))
		return -1;
	t->port = default_port;
	if (colon != NULL)
		return authority_port(t, colon + 1, (size_t)(p + n - colon - 1));
	return default_port == 0 ? -1 : 0;
}

void
net_authority_add(const struct net_authority *t, struct buf *b, unsigned but_port)
{
	buf_addf(b, t->v6 ? "[%s]" : "%s", t->host);
	if (t->port != but_port)
		buf_addf(b, ":%u", t->port);
}
