/* Hosts and addresses in a line: after a scheme, after an '@', or alone in a
 * string or setting. */
#include "config.h"

#include "core/diagnose/adds-int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define HOST_BEFORE	32	/* bytes before a host that may say so */

/* Their names say nothing of who gets what is sent, or nothing is. */
static const char *const host_reserved[] = {
	"example", "example.com", "example.edu", "example.net", "example.org",
	"internal", "intranet", "invalid", "json-schema.org", "lan", "local",
	"localdomain", "localhost",
	"readthedocs.io", "readthedocs.org",
	"schemas.android.com", "schemas.microsoft.com", "schemas.xmlsoap.org",
	"test", "w3.org",
};
static const char *const host_reserved_v4[] = {
	"0.", "10.", "127.", "192.0.2.", "192.168.", "198.51.100.",
	"203.0.113.", "255.",
};
/* In tests these are nobody's. */
static const char *const host_dummies[] = {
	"a", "abc", "acme", "another", "attacker", "b", "bar", "baz", "c",
	"company", "domain", "dummy", "evil", "fake", "foo", "foobar", "host",
	"hostname", "invalid", "mock", "my", "mydomain", "myhost", "mysite",
	"other", "placeholder", "qux", "server", "site", "some", "somewhere",
	"test", "testing", "x", "xyz", "y",
};
/* Everybody has an address there. */
static const char *const host_mailers[] = {
	"163.com", "aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net",
	"googlemail.com", "hotmail.com", "icloud.com", "mail.com", "mail.ru",
	"outlook.com", "proton.me", "protonmail.com", "qq.com", "tutanota.com",
	"web.de", "yahoo.com", "yandex.ru", "zoho.com",
};

/* A name that ends so and stands alone is a host; */
static const char *const host_tops[] = {
	"biz", "com", "edu", "gov", "net", "onion", "org", "xyz",
};
/* one of these may also be a file, a module or a word, unless the line has one of
 * the words below. */
static const char *const host_tops_unsure[] = {
	"ai", "app", "at", "au", "be", "br", "ca", "cc", "ch", "cloud", "club",
	"cn", "co", "cz", "de", "dev", "dk", "es", "eu", "fi", "fr", "icu",
	"ie", "il", "in", "info", "io", "it", "jp", "kr", "link", "live",
	"me", "mx", "network", "nl", "no", "nz", "online", "page", "pl", "pt",
	"ru", "se", "shop", "site", "space", "store", "su", "tech", "to",
	"top", "tv", "tw", "ua", "uk", "us", "ws", "zone",
};
/* Of these a name of three parts is a host. */
static const char *const host_tops_three[] = {
	"ai", "au", "br", "cloud", "club", "cn", "co", "dev", "eu", "icu",
	"io", "jp", "kr", "online", "ru", "shop", "su", "tech", "uk",
};
static const char *const host_words[] = {
	"host", "url", "uri", "server", "domain", "endpoint", "addr", "smtp",
	"proxy", "origin", "webhook", "broker", "registry", "mirror", "dns",
	"peer", "allow", "listen", "bind",
};

/* What a line with an address is about that nothing is sent to. */
static const char *const host_about[] = {
	"xmlns", "schemalocation", "$schema", "\"$id\"", "<!doctype",
	"homepage", "\"license\"", "\"funding\"", "documentation",
	"changelog", "<licenseurl>", "<projecturl>", "<organizationurl>",
	"/licenses/",
	"html_root_url", ".dtd", ".xsd", "/schema/",
};
static const char *const host_authors[] = {
	"author", "maintainer", "contributor", "copyright", "developer",
	"\"email\"", "email =", "<email>", "noreply", "@users.",
};
/* Manifests, in which an "url" is where people read about a package. */
static const char *const host_manifests[] = {
	"package.json", "composer.json", "bower.json", "Cargo.toml",
	"pyproject.toml",
};

/* In a test an address is data, unless something is sent there, */
static const char *const host_senders[] = {
	"allow :", "allow:", "clone", "connect", "curl", "default", "delete(",
	"dial", "download", "fetch(", "get(", "goto(", "head(", "open(",
	"patch(", "post(", "put(", "request(", "send(", "socket", "upload",
	"urlopen", "visit(", "wget",
};
/* or it is, perhaps in a line of its own, the value for this. */
static const char *const host_takers[] = {
	"client", "environ", "getenv", "getproperty", "new(",
};
static const char *const host_expected[] = {
	"assert", "eq(", "equal", "expect", "intercept(", "mock", "nock(",
	"responses.", "respx", "should", "stub", "tobe(", "when(", "with(",
	"with_args", "withargs",
};
/* What follows one of these is read by people. */
static const char *const host_texts[] = {
	"description:", "description\":", "description=", "description = ",
	"help:", "help\":", "help=", "placeholder=", "summary:", "usage:",
	"usage\":", "usage=",
};
/* A list of such a name has what nothing is sent to any more. */
static const char *const host_gone[] = {
	"_old", "defunct", "formerly", "legacy", "obsolete", "oldlink",
	"oldsite", "oldurl",
};
/* Commands whose words are hosts. */
static const char *const host_commands[] = {
	"curl", "dig ", "docker", "from ", "ftp", "git ", "http", "image",
	"mail", "mysql", "nc ", "ncat", "openssl", "ping", "podman", "psql",
	"redis-cli", "registry", "rsync", "scp ", "socat", "ssh", "telnet",
	"wget",
};

static bool
host_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' ||
	    (c & 0x80) != 0;
}

/* Are strings not where its values are? */
static bool
host_is_loose(enum language l)
{
	return l == LANGUAGE_SETTINGS || adds_is_script(l);
}

static bool
host_seen(const struct adds_line *l, size_t i)
{
	return l->text[i] != ' ' && (l->code[i] == LANGUAGE_STRING ||
	    host_is_loose(l->language));
}

/* The line, or its first part, has one of the words. */
#define HOST_LINE_HAS(l, n, words) MEM_HAS_ANY_IN(words, (l)->text, n)

static bool
host_above_has(const struct adds_line *l, const char *const *words, size_t n)
{
	return l->above != NULL && mem_has_any(words, n, l->above->text,
	    l->above->len);
}

static bool
host_is_manifest(const struct adds_line *l)
{
	return MEM_FIND(host_manifests, basename(l->path)) != NULL;
}

static size_t
host_span(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && host_char(p[n]))
		n++;
	while (n > 0 && (p[n - 1] == '-' || p[n - 1] == '.'))
		n--;
	return n;
}

/* Is it reserved: one of the names, or below one? */
static bool
host_is_reserved(const char *host)
{
	const char *p;

	if (strcmp(host, "metadata.google.internal") == 0)
		return false;
	for (p = host; p != NULL; p = strchr(p, '.')) {
		p += *p == '.';
		if (MEM_FIND(host_reserved, p) != NULL)
			return true;
	}
	return false;
}

/* The host of `n` characters in lower case, or NULL if it can't be one, or
 * should not be told. */
static char *
host_make(const char *p, size_t n)
{
	AUTO_FREE char *host = xmemdup(p, n);
	size_t labels = 1, digits = 0, i;
	const char *top;
	int parts[4], used = 0;
	char *out;

	for (i = 0; i < n; i++) {
		host[i] = (char)tolower((unsigned char)host[i]);
		labels += host[i] == '.';
		digits += isdigit((unsigned char)host[i]) != 0;
	}
	if (labels < 2 || *host == '-' || *host == '.' ||
	    strstr(host, "..") != NULL || mem_starts(host, host + n, "your-") ||
	    mem_starts(host, host + n, "your."))
		return NULL;
	top = strrchr(host, '.') + 1;
	if (digits + labels - 1 == n) {
		if (labels != 4 || sscanf(host, "%3d.%3d.%3d.%3d%n", &parts[0],
		    &parts[1], &parts[2], &parts[3], &used) != 4 ||
		    (size_t)used != n || parts[0] > 255 || parts[1] > 255 ||
		    parts[2] > 255 || parts[3] > 255 ||
		    (parts[0] == 172 && parts[1] / 16 == 1) ||
		    MEM_BEGINS(host_reserved_v4, host))
			return NULL;
	} else if (strlen(top) < 2 || strspn(host, "0123456789.") ==
	    (size_t)(top - host) || strpbrk(top, "0123456789-") != NULL ||
	    host_is_reserved(host))
		return NULL;
	out = host;
	host = NULL;
	return out;
}

/* Does the address at `p` stand in a sentence? */
static bool
host_in_prose(const struct adds_line *l, const char *p, const char *end)
{
	static const char *const commands[] = { "curl", "wget", "git ", "git+",
		"fetch", "docker", "pip", "npm", "ssh", "scp", "GET ", "POST ",
		"PUT ", "-src", "iwr", "http" };
	static const char *const says[] = { "echo ", "printf ", "warn ",
		"die ", "log " };
	static const char *const sends[] = { "|", " > ", ">>" };
	const char *q = p, *start;

	start = l->text + pattern_blanks(l->text, p);
	if (host_is_loose(l->language))
		return mem_begins(says, MEM_COUNT(says), start,
		    (size_t)(p - start)) && !HOST_LINE_HAS(l, l->len, sends);
	while (end < l->text + l->len && strchr(" \"'`", *end) == NULL)
		end++;
	if (end + 1 < l->text + l->len && *end == ' ' &&
	    l->code[end - l->text] == LANGUAGE_STRING &&
	    isalpha((unsigned char)end[1]))
		return true;
	while (q > l->text && l->code[q - 1 - l->text] == LANGUAGE_STRING)
		q--;
	start = q;
	while (q < p && !isalpha((unsigned char)*q))
		q++;
	while (q < p && isalpha((unsigned char)*q))
		q++;
	if (q == p || memchr(q, ' ', (size_t)(p - q)) == NULL)
		return false;
	for (size_t i = 0; i < MEM_COUNT(commands); i++)
		if (memmem(start, (size_t)(p - start), commands[i],
		    strlen(commands[i])) != NULL)
			return false;
	return true;
}

/* Is the address at `p` in the value of a key that people read? */
static bool
host_in_text(const struct adds_line *l, const char *p)
{
	const char *comma = memrchr(l->text, ',', (size_t)(p - l->text));
	const char *value = comma == NULL ? l->text : comma;

	return MEM_HAS_ANY_IN(host_texts, value, (size_t)(p - value));
}

/* Past what a template puts before the rest of a host: "${name}." */
static const char *
host_past_template(const char *p, const char *end)
{
	const char *q = p;

	if (p < end && *p == '$')
		q++;
	if (q < end && (*q == '{' || *q == '<')) {
		q = memchr(q, *q == '{' ? '}' : '>', (size_t)(end - q));
		return q != NULL && q + 1 < end && q[1] == '.' ? q + 2 : p;
	}
	return p;
}

/* Has it a label that tests call anything by? */
static bool
host_is_dummy(const char *host)
{
	AUTO_FREE char *copy = xstrdup(host);
	char *label, *next = copy;

	while ((label = strsep(&next, ".")) != NULL)
		if (MEM_FIND(host_dummies, label) != NULL)
			return true;
	return false;
}

/* The IPv6 address in brackets at `p`; NULL: none, or one that isn't told. */
static char *
host_v6(const char *p, const char *end)
{
	static const char *const local[] = { "[::", "[fc", "[fd", "[fe80:",
		"[2001:db8:" };
	const char *q = p + 1;

	while (q < end && (isxdigit((unsigned char)*q) || *q == ':'))
		q++;
	return q + 1 > end || *p != '[' || *q != ']' || q - p < 4 ||
	    mem_begins(local, MEM_COUNT(local), p, (size_t)(end - p)) ? NULL :
	    xmemdup(p, (size_t)(q - p) + 1);
}

/* The length of what comes before a host at `p`, as in JSON and the shell, too; or
 * 0. */
static size_t
host_scheme(const char *p, const char *end)
{
	static const char *const words[] = { "://", ":\\/\\/", "/dev/tcp/",
		"/dev/udp/" };

	return mem_begins(words, MEM_COUNT(words), p, (size_t)(end - p));
}

/* Has it a usual ending? */
static bool
host_top(const char *host)
{
	const char *top = strrchr(host, '.') + 1;

	return MEM_FIND(host_tops, top) != NULL ||
	    MEM_FIND(host_tops_unsure, top) != NULL;
}

/* After "://" at `p`. */
static char *
host_of_url(const struct adds_line *l, const char *p, size_t *at)
{
	const char *end = l->text + l->len, *q, *scheme = p - 3;
	char *host;
	size_t n;

	while (scheme > l->text && (isalnum((unsigned char)scheme[-1]) ||
	    strchr("+.-:\\/", scheme[-1]) != NULL))
		scheme--;
	for (q = p; q < end && strchr("/\\?#\"'<> `)", *q) == NULL; q++)
		if (*q == '@')
			p = q + 1;
	p = host_past_template(p, end);
	n = host_span(p, end);
	*at = (size_t)(p - l->text) + n;
	host = n == 0 ? host_v6(p, end) : host_make(p, n);
	/* "https://acme.{top}", but "https://acme.org{path}". */
	if (host != NULL && p + n < end && strchr("{$<%*", p[n]) != NULL &&
	    !host_top(host))
		FREE_NULL(host);
	if (host != NULL && (mem_starts(scheme, p, "file:") ||
	    (l->test && host_is_dummy(host)) ||
	    host_in_prose(l, scheme, p + n) || host_in_text(l, scheme)))
		FREE_NULL(host);
	return host;
}

/* Around the '@' at `p`: "name@host"; a command goes to the host. */
static char *
host_of_mail(const struct adds_line *l, const char *p, size_t *at,
    char **target)
{
	static const char *const commands[] = { "ssh", "scp ", "rsync ",
		"sftp ", "git " };
	const char *start = p, *end = l->text + l->len;
	AUTO_FREE char *host = NULL;
	size_t n = host_span(p + 1, end);

	while (start > l->text && (isalnum((unsigned char)start[-1]) ||
	    strchr("._+-", start[-1]) != NULL))
		start--;
	*at = (size_t)(p - l->text) + 1 + n;
	if (start == p || n == 0 || host_is_manifest(l) ||
	    (p + 1 + n < end && strchr("/{$@", p[1 + n]) != NULL) ||
	    HOST_LINE_HAS(l, l->len, host_authors))
		return NULL;
	host = host_make(p + 1, n);
	if (host == NULL || !host_top(host))
		return NULL;
	*target = xstrdup(host);
	if ((p + 2 + n < end && p[1 + n] == ':' && (p[2 + n] == '/' ||
	    p[2 + n] == '~' || isalnum((unsigned char)p[2 + n]))) ||
	    HOST_LINE_HAS(l, l->len, commands))
		return xstrdup(host);
	if (MEM_FIND(host_mailers, host) != NULL)
		FREE_SET(*target, xasprintf("%.*s@%s", (int)(p - start), start,
		    host));
	return xasprintf("%.*s@%s", (int)(p - start), start, host);
}

/* Say the words before a token that it is a host? */
static bool
host_is_said(const struct adds_line *l, size_t i)
{
	size_t n = i < HOST_BEFORE ? i : HOST_BEFORE;

	return MEM_HAS_ANY_IN(host_words, l->text + i - n, n);
}

/* Is it an address and not a version: with a large number in it, or alone in its
 * line, as in a list? */
static bool
host_is_address(const struct adds_line *l, const char *host, size_t from,
    size_t to)
{
	static const char *const other[] = { "version", "release" };
	size_t i, run = 0;

	if (HOST_LINE_HAS(l, l->len, other) ||
	    strcmp(host + strlen(host) - 2, ".0") == 0)
		return false;
	for (i = 0; host[i] != '\0'; i++)
		if ((run = host[i] == '.' ? 0 : run + 1) == 3)
			return true;
	for (i = 0; i < l->len; i++)
		if ((i < from || i >= to) && pattern_is_name(l->text[i]))
			return false;
	return true;
}

/* May a token that nothing says to be a host be one? `from`: where it begins in
 * the line, `to`: what comes after it. */
static bool
host_speaks(const struct adds_line *l, const char *host, size_t from, size_t to)
{
	const char *top = strrchr(host, '.') + 1;

	if (isdigit((unsigned char)*top))
		return host_is_address(l, host, from, to);
	return MEM_FIND(host_tops, top) != NULL ||
	    (strchr(host, '.') + 1 != top &&
	    MEM_FIND(host_tops_three, top) != NULL);
}

/* Has the line more than a string, as what names a module by its address has
 * not? */
static bool
host_has_use(const struct adds_line *l)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		if (strchr(":=(,", l->code[i]) != NULL)
			return true;
	return false;
}

/* Is it a plain word of a command, and not an option's or a key's value? */
static bool
host_is_word(const struct adds_line *l, size_t i)
{
	const char *end = l->text + i, *p;

	while (end > l->text && strchr(" \t", end[-1]) != NULL)
		end--;
	for (p = end; p > l->text && strchr(" \t", p[-1]) == NULL; p--)
		;
	return adds_is_script(l->language) && end < l->text + i && end > p &&
	    *p != '-' && end[-1] != ':';
}

/* A token at `i` that is a host: in code all of a string, or its beginning with a
 * path after it; in settings a value. */
static char *
host_alone(const struct adds_line *l, size_t i, size_t *at)
{
	static const char *const images[] = { "image", "FROM", "docker",
		"registry" };
	static const char *const packages[] = { "com.", "io.", "net.", "org." };
	static const char *const sends[] = { "curl ", "wget ", "nc ", "ssh ",
		"telnet ", "socat ", "openssl " };
	const char *p = l->text + i, *end = l->text + l->len, *q, *top;
	bool loose = host_is_loose(l->language), port, said = false;
	char *host;
	size_t n = host_span(p, end);

	*at = i + (n == 0 ? 1 : n);
	q = p + n;
	if (n < 4 || memchr(p, '.', n) == NULL)
		return NULL;
	port = q + 1 < end && *q == ':' && isdigit((unsigned char)q[1]);
	if (port)
		for (q++; q < end && isdigit((unsigned char)*q); q++)
			;
	if (loose) {
		if (i > 0 && strchr(" \t\"',=:[(<>;|", p[-1]) == NULL)
			return NULL;
		said = (q < end && *q == '/' && HOST_LINE_HAS(l, i, images)) ||
		    HOST_LINE_HAS(l, i, sends);
		if (q < end && strchr(" \t\"',;])<>|\r", *q) == NULL && !said)
			return NULL;
	} else if ((i > 0 && l->code[i - 1] == LANGUAGE_STRING) || (q < end &&
	    l->code[q - l->text] == LANGUAGE_STRING && (*q != '/' ||
	    !host_has_use(l))))
		return NULL;
	if (!port && host_is_word(l, i) &&
	    !HOST_LINE_HAS(l, l->len, host_commands))
		return NULL;
	/* ("62.4.8.15", 514) */
	port = port || (q + 2 < end && strchr("\"'", *q) != NULL && q[1] ==
	    ',' && isdigit((unsigned char)q[q[2] == ' ' && q + 3 < end ? 3 :
	    2]));
	said = said || port || host_is_said(l, i);
	host = host_make(p, n);
	if (host == NULL)
		return NULL;
	top = strrchr(host, '.') + 1;
	if (memcmp(host, p, n) != 0 || MEM_BEGINS(packages, host) ||
	    (l->test && host_is_dummy(host)) ||
	    (!host_speaks(l, host, i, (size_t)(q - l->text)) && (!said ||
	    (!isdigit((unsigned char)*top) && MEM_FIND(host_tops_unsure,
	    top) == NULL))))
		FREE_NULL(host);
	return host;
}

/* Is it in a list of former hosts? */
static bool
host_is_gone(const struct adds_line *l)
{
	size_t n = pattern_blanks(l->text, l->text + l->len);

	return n < l->len && strchr("\"'`-", l->text[n]) != NULL &&
	    host_above_has(l, host_gone, MEM_COUNT(host_gone));
}

/* Is it of a test that only looks at it? */
static bool
host_is_data(const struct adds_line *l)
{
	return l->test && !host_is_loose(l->language) &&
	    (HOST_LINE_HAS(l, l->len, host_expected) ||
	    (!HOST_LINE_HAS(l, l->len, host_senders) &&
	    !HOST_LINE_HAS(l, l->len, host_takers) &&
	    !host_above_has(l, host_takers, MEM_COUNT(host_takers))));
}

/* An address of a manifest that nothing is fetched from? */
static bool
host_is_told_about(const struct adds_line *l)
{
	static const char *const keys[] = { "\"url\":", "bugs", "repository" };

	return host_is_data(l) || host_is_gone(l) ||
	    strcmp(basename(l->path), "FUNDING.yml") == 0 ||
	    strstr(l->path, "/ISSUE_TEMPLATE/") != NULL ||
	    ((host_is_loose(l->language) || memchr(l->code, '(', l->len) ==
	    NULL) && HOST_LINE_HAS(l, l->len, host_about)) ||
	    (host_is_manifest(l) && HOST_LINE_HAS(l, l->len, keys));
}

char *
adds_host_next(const struct adds_line *l, size_t *at, char **target)
{
	size_t i = *at;
	char *host = NULL;

	*target = NULL;
	if (i == 0 && host_is_told_about(l))
		return NULL;
	while (i < l->len && host == NULL) {
		const char *p = l->text + i;
		size_t scheme = host_scheme(p, l->text + l->len);

		*at = i + 1;
		if (!host_seen(l, i))
			;
		else if (scheme > 0)
			host = host_of_url(l, p + scheme, at);
		else if (*p == '@')
			host = l->test ? NULL : host_of_mail(l, p, at, target);
		else if (host_char(*p) && (i == 0 || !host_char(p[-1]))) {
			host = host_alone(l, i, at);
			/* What comes before an '@' or "://" isn't one. */
			if (host != NULL && *at < l->len && strchr("@",
			    l->text[*at]) != NULL)
				FREE_NULL(host);
		}
		i = *at;
	}
	if (host != NULL && *target == NULL)
		*target = xstrdup(host);
	return host;
}
