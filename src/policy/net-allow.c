#include "config.h"

#include "policy/net-allow.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/url.h"

enum net_allow_fault {
	FAULT_NONE,
	FAULT_FORM,
	FAULT_ASCII,
	FAULT_BRACKETS,
	FAULT_NUMBER,
	FAULT_PORT,
	FAULT_URL,
	FAULT_WILDCARD,
};

static const char *const fault_texts[] = {
	[FAULT_FORM] = "be HOST[:PORT], such as registry.example.org",
	[FAULT_ASCII] = "be ASCII, an international name in its xn-- form",
	[FAULT_BRACKETS] = "have an IPv6 address in brackets, such as "
	    "[::1]:8080",
	[FAULT_NUMBER] = "have an IPv4 address as four numbers, such as "
	    "127.0.0.1",
	[FAULT_PORT] = "have a port from 1 to 65535 after the colon",
	[FAULT_URL] = "be HOST[:PORT], without a scheme, a user or a path",
	[FAULT_WILDCARD] = "have at least two labels after \"*.\", such as "
	    "*.example.org",
};

/* Only hosts to download from. But a command can send data through any host
 * where others can upload or rent a name, such as github. */
/* clang-format off */
static const struct {
	const char	*name;
	const char	*hosts[8];
} profiles[] = {
	{ "crates", { "index.crates.io:443", "static.crates.io:443" } },
	{ "debian", { "deb.debian.org", "security.debian.org" } },
	{ "github", { "github.com:443", "codeload.github.com:443",
	  "objects.githubusercontent.com:443",
	  "raw.githubusercontent.com:443",
	  "release-assets.githubusercontent.com:443" } },
	/* The module proxy redirects to Google's storage. */
	{ "go", { "proxy.golang.org:443", "sum.golang.org:443",
	  "storage.googleapis.com:443" } },
	{ "npm", { "registry.npmjs.org:443", "registry.yarnpkg.com:443" } },
	{ "pypi", { "pypi.org:443", "files.pythonhosted.org:443" } },
};
/* clang-format on */

/* ---- hosts ---- */

static bool
host_address(const char *s, char *to, bool *v6)
{
	struct in6_addr a6;
	struct in_addr a4;

	*v6 = false;
	if (inet_pton(AF_INET, s, &a4) == 1)
		return inet_ntop(AF_INET, &a4, to, INET6_ADDRSTRLEN) != NULL;
	if (inet_pton(AF_INET6, s, &a6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a6))
		return inet_ntop(AF_INET, &a6.s6_addr[12], to,
		    INET6_ADDRSTRLEN) != NULL;
	*v6 = true;
	return inet_ntop(AF_INET6, &a6, to, INET6_ADDRSTRLEN) != NULL;
}

/* Does getaddrinfo(3) take it for an address: "127.1", "0x7f.0.0.1"? */
static bool
host_is_number(const char *label)
{
	size_t n = strlen(label);

	if (n > 1 && label[0] == '0' && label[1] == 'x')
		return strspn(label + 2, "0123456789abcdef") == n - 2;
	return strspn(label, "0123456789") == n;
}

/* A name in lower case, without the trailing dot. */
static enum net_allow_fault
host_name(const char *s, char *to)
{
	size_t n = strlen(s), i, label = 0;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return FAULT_ASCII;
	if (n > 0 && s[n - 1] == '.')
		n--;
	if (n == 0 || n > NET_ALLOW_HOST_MAX)
		return FAULT_FORM;
	for (i = 0; i <= n; i++) {
		char c = i == n ? '.' : s[i];

		if (c == '.') {
			if (i == label || i - label > 63 || s[label] == '-' ||
			    s[i - 1] == '-')
				return FAULT_FORM;
			label = i < n ? i + 1 : label;
		} else if (!isalnum((unsigned char)c) && c != '-' && c != '_')
			return FAULT_FORM;
		to[i] = (char)tolower((unsigned char)c);
	}
	to[n] = '\0';
	return host_is_number(to + label) ? FAULT_NUMBER : FAULT_NONE;
}

static enum net_allow_fault
host_read(const char *s, bool brackets, char *to, enum net_allow_kind *kind)
{
	bool v6;

	*kind = NET_ALLOW_ADDRESS;
	if (brackets)
		return strchr(s, ':') != NULL && host_address(s, to, &v6) ?
		    FAULT_NONE : FAULT_FORM;
	if (host_address(s, to, &v6))
		return strchr(s, ':') == NULL ? FAULT_NONE : FAULT_BRACKETS;
	*kind = NET_ALLOW_NAME;
	return host_name(s, to);
}

/* host_read of a host that is asked for: IPv6 with or without brackets. */
static bool
host_asked(const char *s, char *to, enum net_allow_kind *kind)
{
	size_t n = strlen(s);
	AUTO_FREE char *inner = NULL;
	enum net_allow_fault fault;

	if (n > 2 && s[0] == '[' && s[n - 1] == ']') {
		inner = xmemdup(s + 1, n - 2);
		return host_read(inner, true, to, kind) == FAULT_NONE;
	}
	fault = host_read(s, false, to, kind);
	return fault == FAULT_NONE || fault == FAULT_BRACKETS;
}

bool
net_allow_host(const char *host, char to[NET_ALLOW_HOST_MAX + 1])
{
	enum net_allow_kind kind;

	return host_asked(host, to, &kind);
}

/* ---- entries ---- */

/* 1 to 65535, in the only usual spelling; else 0. */
static int
entry_port(const char *s)
{
	size_t n = strlen(s);
	long v;

	if (n == 0 || n > 5 || strspn(s, "0123456789") != n || s[0] == '0')
		return 0;
	v = strtol(s, NULL, 10);
	return v <= 65535 ? (int)v : 0;
}

/* Points *port at the text after the colon, or sets it to NULL; returns the
 * host, malloc'ed. */
static enum net_allow_fault
entry_split(const char *s, bool *brackets, char **host, const char **port)
{
	const char *end = strchr(s, *s == '[' ? ']' : ':');

	*brackets = *s == '[';
	*port = NULL;
	if (strpbrk(s, "/@") != NULL)
		return FAULT_URL;
	if (*brackets) {
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return FAULT_BRACKETS;
		*host = xmemdup(s + 1, (size_t)(end - s) - 1);
		*port = end[1] == ':' ? end + 2 : NULL;
		return FAULT_NONE;
	}
	if (end != NULL && strchr(end + 1, ':') != NULL)
		return FAULT_BRACKETS;
	*host = end == NULL ? xstrdup(s) : xmemdup(s, (size_t)(end - s));
	*port = end == NULL ? NULL : end + 1;
	return FAULT_NONE;
}

static enum net_allow_fault
entry_host(const char *s, bool brackets, char *to, enum net_allow_kind *kind)
{
	enum net_allow_fault fault;
	bool wild = !brackets && s[0] == '*';

	if (!wild)
		return host_read(s, brackets, to, kind);
	if (s[1] != '.')
		return FAULT_WILDCARD;
	fault = host_read(s + 2, false, to, kind);
	if (fault == FAULT_ASCII)
		return fault;
	if (fault != FAULT_NONE || *kind != NET_ALLOW_NAME ||
	    strchr(to, '.') == NULL)
		return FAULT_WILDCARD;
	*kind = NET_ALLOW_BELOW;
	return FAULT_NONE;
}

static void
entry_release(struct net_allow_entry *a)
{
	FREE_ALL(a->text, a->host, a->from);
}

static int
entry_read(const char *s, struct net_allow_entry *a, struct err *e)
{
	char to[NET_ALLOW_HOST_MAX + 1];
	AUTO_FREE char *host = NULL;
	const char *port;
	bool brackets;
	enum net_allow_fault fault = entry_split(s, &brackets, &host, &port);

	memset(a, 0, sizeof(*a));
	if (fault == FAULT_NONE)
		fault = entry_host(host, brackets, to, &a->kind);
	if (fault == FAULT_NONE && port != NULL &&
	    (a->port = entry_port(port)) == 0)
		fault = FAULT_PORT;
	if (fault != FAULT_NONE)
		return err_set(e, "must %s, not \"%.60s\"", fault_texts[fault],
		    s);
	a->host = xstrdup(to);
	return 0;
}

static char *
entry_text(const struct net_allow_entry *a)
{
	AUTO_FREE char *text = url_authority(a->host, a->port);

	return xasprintf("%s%s", a->kind == NET_ALLOW_BELOW ? "*." : "", text);
}

bool
net_allow_has_port(const struct net_allow_entry *a, int port)
{
	return a->port == port || (a->port == 0 &&
	    (port == 443 || port == 80));
}

/* Does the entry's host match all hosts of `kind` and `host`? */
static bool
entry_covers(const struct net_allow_entry *a, enum net_allow_kind kind,
    const char *host)
{
	size_t n = strlen(host), own = strlen(a->host);

	if (a->kind != NET_ALLOW_BELOW || kind == NET_ALLOW_ADDRESS)
		return a->kind == kind && strcmp(a->host, host) == 0;
	if (kind == NET_ALLOW_BELOW && strcmp(a->host, host) == 0)
		return true;
	return n > own && host[n - own - 1] == '.' &&
	    strcmp(host + n - own, a->host) == 0;
}

/* ---- lists ---- */

void
net_allow_release(struct net_allow *l)
{
	while (l->len > 0)
		entry_release(&l->v[--l->len]);
	FREE_NULL(l->v);
}

/* Takes the host. */
static void
net_allow_push(struct net_allow *l, struct net_allow_entry *a,
    const char *from)
{
	size_t i;

	a->text = entry_text(a);
	for (i = 0; i < l->len; i++)
		if (strcmp(l->v[i].text, a->text) == 0) {
			entry_release(a);
			return;
		}
	a->from = xstrdup(from);
	*GROW_ADD(l->v, l->len) = *a;
}

/* The hosts of such a list, from "profile NAME": are there any? */
static bool
net_allow_add_profile(struct net_allow *l, const char *name)
{
	AUTO_FREE char *from = xasprintf("profile %s", name);
	const char *const *host;
	struct net_allow_entry a;

	if (MEM_FIND(profiles, name) == NULL)
		return false;
	for (host = MEM_FIND(profiles, name)->hosts; *host != NULL; host++)
		if (entry_read(*host, &a, NULL) == 0)
			net_allow_push(l, &a, from);
	return true;
}

int
net_allow_add(struct net_allow *l, const char *entry, const char *from,
    struct err *e)
{
	struct net_allow_entry a;

	if (net_allow_add_profile(l, entry))
		return 0;
	if (l->len >= NET_ALLOW_MAX)
		return err_set(e, "must have at most %d entries",
		    NET_ALLOW_MAX);
	if (entry_read(entry, &a, e) < 0)
		return -1;
	net_allow_push(l, &a, from);
	return 0;
}

int
net_allow_check(const char *entry, struct err *e)
{
	struct net_allow_entry a;

	if (entry_read(entry, &a, e) < 0)
		return -1;
	entry_release(&a);
	return 0;
}

const struct net_allow_entry *
net_allow_find(const struct net_allow *l, const char *host, int port)
{
	char to[NET_ALLOW_HOST_MAX + 1];
	enum net_allow_kind kind;
	size_t i;

	if (port < 1 || port > 65535 || !host_asked(host, to, &kind))
		return NULL;
	for (i = 0; i < l->len; i++)
		if (net_allow_has_port(&l->v[i], port) &&
		    entry_covers(&l->v[i], kind, to))
			return &l->v[i];
	return NULL;
}
