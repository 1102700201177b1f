#include "config.h"

#include "base/keytext.h"

#include <string.h>

#define KEYTEXT_RUN 20	/* more base64 than this isn't a word */

static bool
keytext_has(const char *p, size_t n, const char *what)
{
	return memmem(p, n, what, strlen(what)) != NULL;
}

static bool
keytext_starts(const char *p, size_t n, const char *what)
{
	size_t len = strlen(what);

	return n >= len && memcmp(p, what, len) == 0;
}

static bool
keytext_is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

/* The rest after "-----BEGIN RSA PRIVATE KEY"; NULL if there is none. */
static const char *
keytext_pem(const char *p, size_t n)
{
	static const char begin[] = "-----BEGIN ", what[] = "PRIVATE KEY";
	const char *b = memmem(p, n, begin, sizeof(begin) - 1), *k;
	size_t rest;

	if (b == NULL)
		return NULL;
	b += sizeof(begin) - 1;
	rest = n - (size_t)(b - p);
	k = memmem(b, rest < 64 ? rest : 64, what, sizeof(what) - 1);
	return k == NULL ? NULL : k + sizeof(what) - 1;
}

/* A line that starts a key by itself. */
static bool
keytext_line_begins(const char *p, size_t n)
{
	static const char *const starts[] = {
		"PuTTY-User-Key-File-", "AGE-SECRET-KEY-", "AGE-PLUGIN-",
		"SSH PRIVATE KEY FILE FORMAT ",
		"untrusted comment: minisign encrypted secret key",
		"untrusted comment: rsign encrypted secret key",
		"untrusted comment: signify secret key",
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (keytext_starts(p, n, starts[i]))
			return true;
	if (keytext_starts(p, n, "---- BEGIN "))
		return keytext_has(p, n, "PRIVATE KEY");
	return keytext_starts(p, n, "-----BEGIN ") && keytext_pem(p, n) != NULL;
}

/* What openssl and age-keygen print before the key. */
static bool
keytext_line_is_idle(const char *p, size_t n)
{
	static const char *const starts[] = {
		"#", " ", "\t", "Bag Attributes", "Key Attributes", "subject=",
		"issuer=",
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (keytext_starts(p, n, starts[i]))
			return true;
	return n == 0;
}

enum keytext
keytext_begins(const char *p, size_t n, bool all)
{
	const char *end, *nl;
	bool other = false;	/* inside a certificate */

	if (keytext_starts(p, n, "\xef\xbb\xbf")) {
		p += 3;
		n -= 3;
	}
	for (end = p + n; p < end && strchr(" \t\r\n", *p) != NULL;)
		p++;
	/* {"type": "service_account", ... "private_key": "-----BEGIN ... */
	if (p < end && *p == '{' && keytext_has(p, (size_t)(end - p),
	    "\"private_key\""))
		return keytext_pem(p, (size_t)(end - p)) != NULL ?
		    KEYTEXT_YES : all ? KEYTEXT_NO : KEYTEXT_MORE;
	for (; p < end; p = nl + 1) {
		size_t len;

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL && !all && (size_t)(end - p) < 80)
			break;
		if (nl == NULL)
			nl = end;
		len = (size_t)(nl - p);
		if (len > 0 && p[len - 1] == '\r')
			len--;
		if (other) {
			other = !keytext_starts(p, len, "-----END ");
			continue;
		}
		if (keytext_line_begins(p, len))
			return KEYTEXT_YES;
		other = keytext_starts(p, len, "-----BEGIN ");
		if (!other && !keytext_line_is_idle(p, len))
			return KEYTEXT_NO;
	}
	return all ? KEYTEXT_NO : KEYTEXT_MORE;
}

/* Strip what can surround a line of a key in a program or in YAML. */
static void
keytext_trim(const char **p, size_t *n)
{
	while (*n > 0 && !keytext_is_base64(**p)) {
		(*p)++;
		(*n)--;
	}
	for (;;) {
		if (*n >= 2 && (*p)[*n - 2] == '\\' && ((*p)[*n - 1] == 'n' ||
		    (*p)[*n - 1] == 'r'))
			*n -= 2;
		else if (*n > 0 && (!keytext_is_base64((*p)[*n - 1]) ||
		    (*n >= 2 && (*p)[*n - 2] == ' ' && (*p)[*n - 1] == '+')))
			(*n)--;
		else
			return;
	}
}

/* Does a piece contain so much base64 that it can't be a word? */
static bool
keytext_has_run(const char *p, size_t n)
{
	size_t i, run = 0;

	for (i = 0; i < n && run < KEYTEXT_RUN; i++)
		run = keytext_is_base64(p[i]) ? run + 1 : 0;
	return run >= KEYTEXT_RUN;
}

/* Can the line be part of a key's body? The last one is short, and there can be
 * empty lines and headers. */
static bool
keytext_is_body(const char *p, size_t n)
{
	static const char *const headers[] = {
		"Proc-Type:", "DEK-Info:", "Comment:", "Version:", "Subject:",
	};
	size_t i;

	keytext_trim(&p, &n);
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (keytext_starts(p, n, headers[i]))
			return true;
	for (i = 0; i < n && keytext_is_base64(p[i]); i++)
		;
	return i == n || i >= KEYTEXT_RUN;
}

/* A key begins on this line; `p` is the text after the marker. */
static bool
keytext_open(struct keytext_lines *k, const char *p, size_t n, bool putty)
{
	k->left = keytext_has(p, n, "-----END ") ? 0 : KEYTEXT_LINES;
	k->putty = putty;
	k->inside = keytext_has_run(p, n);
	return k->inside;
}

static bool
keytext_inside(struct keytext_lines *k, const char *p, size_t n)
{
	bool body = keytext_is_body(p, n), ends, mac;

	ends = keytext_has(p, n, "-----END ") || keytext_has(p, n, "---- END ");
	mac = k->putty && keytext_starts(p, n, "Private-MAC:");
	k->left--;
	k->inside = k->inside || keytext_has_run(p, n);
	if (ends || mac || (!body && !k->putty))
		k->left = 0;
	return k->inside && (ends ? keytext_has_run(p, n) : body || k->putty);
}

bool
keytext_line(struct keytext_lines *k, const char *p, size_t n)
{
	const char *end = p + n, *q = keytext_pem(p, n);

	if (q != NULL)
		return keytext_open(k, q, (size_t)(end - q), false);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	n = (size_t)(end - p);
	if (keytext_line_begins(p, n))
		return keytext_open(k, p, n, keytext_starts(p, n, "PuTTY"));
	return k->left > 0 && keytext_inside(k, p, n);
}
