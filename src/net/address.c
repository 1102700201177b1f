/*
 * The table follows IANA's registries of special-purpose addresses (RFC 6890).
 * Of IPv6 only 2000::/3 is given out, so the rest needs no row to be refused:
 * a row says why, or where to find the address of IPv4.
 */
#include "config.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

#define ADDRESS_V4_BYTES 4
#define ADDRESS_V6_BYTES 16

struct address_row {
	const char	*prefix;
	unsigned	 bits;
	unsigned	 holds;		/* the byte where an address of IPv4
					   begins, which is judged instead */
	const char	*what;
};

/* clang-format off */
static const struct address_row address_rows_v4[] = {
	{ "0.0.0.0",		 8, 0, "this network, RFC 791" },
	{ "10.0.0.0",		 8, 0, "private, RFC 1918" },
	{ "100.64.0.0",		10, 0, "shared by a provider's customers, RFC 6598" },
	{ "127.0.0.0",		 8, 0, "loopback, RFC 1122" },
	{ "168.63.129.16",	32, 0, "Azure's metadata" },
	{ "169.254.0.0",	16, 0, "link-local or metadata, RFC 3927" },
	{ "172.16.0.0",		12, 0, "private, RFC 1918" },
	{ "192.0.0.0",		24, 0, "protocol assignments, RFC 6890" },
	{ "192.0.2.0",		24, 0, "documentation, RFC 5737" },
	{ "192.88.99.0",	24, 0, "6to4 relays, RFC 7526" },
	{ "192.168.0.0",	16, 0, "private, RFC 1918" },
	{ "198.18.0.0",		15, 0, "benchmarks, RFC 2544" },
	{ "198.51.100.0",	24, 0, "documentation, RFC 5737" },
	{ "203.0.113.0",	24, 0, "documentation, RFC 5737" },
	{ "224.0.0.0",		 4, 0, "multicast, RFC 5771" },
	{ "240.0.0.0",		 4, 0, "reserved, RFC 1112" },
};

/* The first that fits counts. */
static const struct address_row address_rows_v6[] = {
	{ "::",			128, 0, "unspecified, RFC 4291" },
	{ "::1",		128, 0, "loopback, RFC 4291" },
	{ "::",			 96, 12, "IPv4-compatible, RFC 4291" },
	{ "::ffff:0:0",		 96, 12, "IPv4-mapped, RFC 4291" },
	{ "::ffff:0:0:0",	 96, 0, "IPv4-translated, RFC 7915" },
	{ "64:ff9b::",		 96, 12, "NAT64, RFC 6052" },
	{ "64:ff9b:1::",	 48, 0, "local NAT64, RFC 8215" },
	{ "100::",		 64, 0, "discarded, RFC 6666" },
	{ "2001::",		 32, 0, "Teredo, RFC 4380" },
	{ "2001:2::",		 48, 0, "benchmarks, RFC 5180" },
	{ "2001::",		 23, 0, "protocol assignments, RFC 2928" },
	{ "2001:db8::",		 32, 0, "documentation, RFC 3849" },
	{ "2002::",		 16, 2, "6to4, RFC 3056" },
	{ "3fff::",		 20, 0, "documentation, RFC 9637" },
	{ "2000::",		  3, 0, NULL },		/* the public rest */
	{ "fc00::",		  7, 0, "private, RFC 4193" },
	{ "fe80::",		 10, 0, "link-local, RFC 4291" },
	{ "fec0::",		 10, 0, "site-local, RFC 3879" },
	{ "ff00::",		  8, 0, "multicast, RFC 4291" },
	{ "::",			  0, 0, "not given out, RFC 4291" },
};
/* clang-format on */

int
net_address_parse(struct net_address *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
	return inet_pton(a->family, text, a->bytes) == 1 ? 0 : -1;
}

int
net_address_from(struct net_address *a, const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(a, 0, sizeof(*a));
	a->family = sa->sa_family;
	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&v4, sa, sizeof(v4));
		memcpy(a->bytes, &v4.sin_addr, ADDRESS_V4_BYTES);
		return 0;
	case AF_INET6:
		memcpy(&v6, sa, sizeof(v6));
		memcpy(a->bytes, &v6.sin6_addr, ADDRESS_V6_BYTES);
		return 0;
	default:
		return -1;
	}
}

void
net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT])
{
	if (inet_ntop(a->family, a->bytes, out, NET_ADDRESS_TEXT) == NULL)
		out[0] = '\0';
}

static bool
address_fits(const struct net_address *a, const struct address_row *row)
{
	unsigned whole = row->bits / 8, rest = row->bits % 8;
	struct net_address prefix;

	if (net_address_parse(&prefix, row->prefix) < 0 ||
	    memcmp(a->bytes, prefix.bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    ((a->bytes[whole] ^ prefix.bytes[whole]) >> (8 - rest)) == 0;
}

/* In the network of our address `own`? A mask without bits is no network. */
static bool
address_is_beside(const struct net_address *a, const struct net_address *own,
    const struct sockaddr *netmask)
{
	struct net_address mask;
	bool some = false;
	size_t i;

	if (netmask == NULL || net_address_from(&mask, netmask) < 0)
		return false;
	for (i = 0; i < sizeof(a->bytes); i++) {
		some = some || mask.bytes[i] != 0;
		if (((a->bytes[i] ^ own->bytes[i]) & mask.bytes[i]) != 0)
			return false;
	}
	return some;
}

/* Services of this machine and its network may trust connections from
 * inside. */
static const char *
address_near(const struct net_address *a)
{
	struct ifaddrs *all, *it;
	struct net_address own, peer;
	const char *what = NULL;

	if (getifaddrs(&all) < 0)
		return "this machine's own addresses can't be read";
	for (it = all; it != NULL && what == NULL; it = it->ifa_next) {
		if (it->ifa_addr == NULL ||
		    net_address_from(&own, it->ifa_addr) < 0 ||
		    own.family != a->family)
			continue;
		if (memcmp(a, &own, sizeof(own)) == 0)
			what = "one of this machine's own";
		else if (address_is_beside(a, &own, it->ifa_netmask) ||
		    (it->ifa_dstaddr != NULL &&
		    net_address_from(&peer, it->ifa_dstaddr) == 0 &&
		    memcmp(a, &peer, sizeof(peer)) == 0))
			what = "in this machine's own network";
	}
	freeifaddrs(all);
	return what;
}

const char *
net_address_fault(const struct net_address *a)
{
	const struct address_row *rows = address_rows_v4;
	size_t n = MEM_COUNT(address_rows_v4), i;
	struct net_address held = { .family = AF_INET };

	if (a->family == AF_INET6) {
		rows = address_rows_v6;
		n = MEM_COUNT(address_rows_v6);
	} else if (a->family != AF_INET)
		return "not an IP address";
	for (i = 0; i < n; i++) {
		if (!address_fits(a, &rows[i]))
			continue;
		if (rows[i].holds == 0)
			return rows[i].what != NULL ? rows[i].what :
			    address_near(a);
		memcpy(held.bytes, a->bytes + rows[i].holds, ADDRESS_V4_BYTES);
		return net_address_fault(&held);
	}
	return address_near(a);
}

#define AUTHORITY_PORT_DIGITS 5

static bool
authority_is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* A name of [a-z0-9._-] or an IP address. Refuses (-1) all that could be read
 * otherwise. */
static int
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
