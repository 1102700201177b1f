/* Names and values of credentials in a line. */
#include "config.h"

#include "core/diagnose/adds-int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "policy/mask.h"

#define NAME_WORDS	12
#define NAME_WORD	20

static const char *const name_says[] = {
	"apikey", "authorization", "authtoken", "credential", "credentials",
	"creds", "jwt", "passphrase", "passwd", "password", "secret",
	"secrets", "token",
};
/* Before "key". */
static const char *const name_keys[] = {
	"access", "account", "api", "app", "auth", "client", "consumer",
	"deploy", "encryption", "master", "private", "secret", "service",
	"session", "signing", "ssh",
};
/* Such a name is of something about a credential. */
static const char *const name_begins[] = {
	"can", "encrypted", "has", "hash", "hashed", "is", "mask", "masked",
	"max", "min", "missing", "need", "needs", "no", "num", "public",
	"redacted", "should", "total", "use", "validate", "verify",
};
static const char *const name_ends[] = {
	"address", "age", "algorithm", "available", "class", "configured",
	"count", "domain", "duration", "error", "exception", "exists",
	"expiration", "expires", "expiry", "factory", "field", "format",
	"generator", "handler", "hash", "header", "helper", "index", "invalid",
	"kind", "len", "length", "limit", "list", "manager", "missing",
	"model", "name", "names", "number", "parser", "policy", "position",
	"prefix", "present", "provider", "rate", "required", "reset",
	"service", "set", "size", "state", "status", "store", "timeout", "ttl",
	"type", "types", "uri", "url", "usage", "valid", "validator",
	"version", "view",
};
static const char *const name_wraps[] = {
	"as_str", "decode", "expose_secret", "get", "reveal", "toString",
	"to_s", "to_string", "unwrap", "value",
};
static const char *const name_gets[] = {
	"create", "decrypt", "fetch", "generate", "get", "issue", "load",
	"make", "read",
};
static const char *const name_masks[] = {
	"bool", "Boolean", "crc", "digest", "hash", "isinstance", "len",
	"mask", "obfuscate", "redact", "sanitize", "scrub", "sha", "sizeof",
	"strlen", "truncate", "type", "typeof",
};

/* Cut a name into words: "apiKey", "API_KEY". Returns how many. */
static size_t
name_cut(const char *name, size_t n, char words[NAME_WORDS][NAME_WORD])
{
	size_t i, count = 0, len = 0;

	for (i = 0; i < n; i++) {
		bool hump = isupper((unsigned char)name[i]) && i > 0 &&
		    (islower((unsigned char)name[i - 1]) || (i + 1 < n &&
		    islower((unsigned char)name[i + 1])));

		if (len > 0 && (hump || !isalnum((unsigned char)name[i]))) {
			count++;
			len = 0;
		}
		if (count == NAME_WORDS)
			break;
		if (isalnum((unsigned char)name[i]) && len < NAME_WORD - 1) {
			words[count][len++] =
			    (char)tolower((unsigned char)name[i]);
			words[count][len] = '\0';
		}
	}
	return count + (count < NAME_WORDS && len > 0);
}

/* Does it name a credential? */
static bool
adds_name_is_secret(const char *name, size_t n)
{
	char words[NAME_WORDS][NAME_WORD];
	size_t count = name_cut(name, n, words), i;
	bool says = false;

	for (i = 0; i < count; i++)
		says = says || MEM_FIND(name_says, words[i]) != NULL ||
		    ((strcmp(words[i], "pass") == 0 ||
		    strcmp(words[i], "pwd") == 0) && count > 1 &&
		    i == count - 1) || (strcmp(words[i], "key") == 0 &&
		    i > 0 && MEM_FIND(name_keys, words[i - 1]) != NULL);
	return says && MEM_FIND(name_begins, words[0]) == NULL &&
	    MEM_FIND(name_ends, words[count - 1]) == NULL &&
	    (strcmp(words[count - 1], "id") != 0 || (count > 1 &&
	    strcmp(words[count - 2], "key") == 0));
}

/* Is it only asked whether there is one: of a variable that is read at `p` and
 * whose name ends at `end`? */
static bool
name_is_asked(const struct adds_line *l, const char *p, const char *end)
{
	static const char *const tests[] = { "-n \"", "-z \"", "-n ", "-z " };
	const char *to = l->text + l->len;
	size_t i;

	for (i = 0; i < MEM_COUNT(tests); i++) {
		size_t n = strlen(tests[i]);

		if ((size_t)(p - l->text) >= n &&
		    memcmp(p - n, tests[i], n) == 0)
			return true;
	}
	return (p > l->text && p[-1] == '!') || mem_starts(end, to, ":+") ||
	    mem_starts(end, to, " ? ");
}

char *
adds_name_read(const struct adds_line *l, const char *p, const char *after)
{
	const char *end = l->text + l->len;
	size_t n;

	/* const { A_TOKEN } = process.env */
	if (*p == '}')
		return adds_name_logged(l, l->text, p);
	while (after < end && strchr(" (\"'[{.:!", *after) != NULL)
		after++;
	n = pattern_name(after, end);
	return n > 0 && adds_name_is_secret(after, n) &&
	    !name_is_asked(l, p, after + n) ? xmemdup(after, n) : NULL;
}

/* ---- what is logged ---- */

/* A chain of members: "user.token", `row["token"]`. */
struct name_chain {
	const char	*p, *end;	/* of all */
	const char	*last;		/* the last name, or the one that it is
					   a value of */
	size_t		 last_n;
	bool		 calls;
};

/* The next member's name after `p`, or NULL. */
static const char *
name_member(const char *p, const char *end)
{
	static const char *const links[] = { ".", "?.", "->", "::", "[\"",
		"['", "[:", "&.", "!." };
	size_t n = mem_begins(links, MEM_COUNT(links), p, (size_t)(end - p));

	return n > 0 && p + n < end && (isalpha((unsigned char)p[n]) ||
	    p[n] == '_') ? p + n : NULL;
}

static struct name_chain
name_chain(const char *p, const char *end)
{
	struct name_chain c = { .p = p };
	const char *next = p;

	while (next != NULL) {
		size_t n = pattern_name(next, end);
		bool wraps = false, secret = c.last != NULL &&
		    adds_name_is_secret(c.last, c.last_n);
		AUTO_FREE char *name = xmemdup(next, n);

		c.end = next + n;
		c.calls = c.end < end && *c.end == '(';
		wraps = secret && MEM_FIND(name_wraps, name) != NULL;
		if (!wraps) {
			c.last = next;
			c.last_n = n;
		} else
			c.calls = false;
		while (c.end < end && strchr("\"']", *c.end) != NULL)
			c.end++;
		if (wraps && mem_starts(c.end, end, "()"))
			c.end += 2;
		next = name_member(c.end, end);
	}
	return c;
}

/* Is the chain's value what is logged, and not something about it? */
static bool
name_is_told(const struct adds_line *l, const struct name_chain *c)
{
	const char *end = l->text + l->len, *q = c->end, *p = c->p;
	char words[NAME_WORDS][NAME_WORD];
	size_t n, i;
	bool string = l->code[c->p - l->text] == LANGUAGE_STRING;

	if (!adds_name_is_secret(c->last, c->last_n) ||
	    (l->tokens && memmem(c->last, c->last_n, "oken", 4) != NULL))
		return false;
	if (c->calls && (name_cut(c->last, c->last_n, words) < 2 ||
	    MEM_FIND(name_gets, words[0]) == NULL))
		return false;
	if (q < end && *q == '[' && q + 1 < end && (q[1] == ':' ||
	    isdigit((unsigned char)q[1])))
		return false;
	while (q < end && *q == ' ')
		q++;
	if (mem_starts(q, end, "==") || mem_starts(q, end, "!=") ||
	    mem_starts(c->end, end, ":+") || mem_starts(q, end, "? ") ||
	    mem_starts(q, end, "is ") || (!string && q < end &&
	    (*q == '=' || *q == '?' || (*q == ':' && !mem_starts(q, end,
	    "::")))))
		return false;
	while (p > l->text && strchr(" $&*@", p[-1]) != NULL)
		p--;
	if (p == l->text || p[-1] == '!')
		return p == l->text;
	if (p[-1] != '(')
		return true;
	for (n = 0; p - 1 - n > l->text && pattern_is_name(p[-2 - (long)n]);)
		n++;
	for (i = 0; i < MEM_COUNT(name_masks); i++)
		if (n >= strlen(name_masks[i]) && strncasecmp(p - 1 - n,
		    name_masks[i], strlen(name_masks[i])) == 0)
			return false;
	return true;
}

char *
adds_name_logged(const struct adds_line *l, const char *p, const char *end)
{
	bool brace = false, shell = adds_is_script(l->language);
	bool fills = l->language != LANGUAGE_C && l->language != LANGUAGE_GO;

	for (; p < end; p++) {
		bool string = l->code[p - l->text] == LANGUAGE_STRING;
		bool dollar = p > l->text && (p[-1] == '$' ||
		    (p[-1] == '{' && p - 1 > l->text && p[-2] == '$'));
		struct name_chain c;

		brace = string && fills && (*p == '{' || (brace &&
		    *p != '}'));
		if ((!isalpha((unsigned char)*p) && *p != '_') ||
		    (p > l->text && pattern_is_name(p[-1])) ||
		    (shell ? !dollar : string && !brace && !dollar))
			continue;
		c = name_chain(p, end);
		if (name_is_told(l, &c))
			return xmemdup(c.last, c.last_n);
		p = c.end - 1;
	}
	return NULL;
}

/* ---- values ---- */

/* Is the value so mixed that it can't be a word? */
static bool
value_is_mixed(const char *p, size_t n)
{
	static const char *const samples[] = { "xxx", "your", "example",
		"dummy", "placeholder", "change", "replace", "test", "sample",
		"insert", "secret", "password", "token", "1234567890",
		"00000000" };
	size_t i, digits = 0, letters = 0, turns = 0;

	for (i = 0; i < n; i++) {
		bool digit = isdigit((unsigned char)p[i]);

		if (!digit && !isalpha((unsigned char)p[i]) &&
		    strchr("+/=_-", p[i]) == NULL)
			return false;
		digits += digit;
		letters += isalpha((unsigned char)p[i]) != 0;
		turns += i > 0 && digit != (isdigit((unsigned char)
		    p[i - 1]) != 0);
	}
	return n >= 20 && n <= 200 && digits >= 3 && letters >= 3 &&
	    turns >= 4 && !MEM_HAS_ANY_IN(samples, p, n);
}

/* A setting or constant whose name is a credential's: name = "value". */
static char *
value_named(const struct adds_line *l)
{
	const char *end = l->text + l->len, *p, *q, *name;
	size_t n;

	for (p = l->text; p < end; p += n + 1) {
		for (n = 0; p + n < end && (isalnum((unsigned char)p[n]) ||
		    strchr("+/=_-", p[n]) != NULL) && (n == 0 ||
		    p[n - 1] != '=' || p[n] == '='); n++)
			;
		if (n < 20 || p == l->text || !value_is_mixed(p, n))
			continue;
		/* A password in an address. */
		if (p[-1] == ':' && p + n < end && p[n] == '@')
			return xmemdup(p, n);
		for (q = p; q > l->text && strchr(" \"'=:>(,`", q[-1]) != NULL;
		    q--)
			;
		for (name = q; name > l->text && (pattern_is_name(name[-1]) ||
		    name[-1] == '-'); name--)
			;
		if (name < q && q < p && adds_name_is_secret(name,
		    (size_t)(q - name)))
			return xmemdup(p, n);
	}
	return NULL;
}

char *
adds_value_key(const struct adds_line *l, struct keytext_lines *key)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i, n;

	if (keytext_line(key, l->text, l->len))
		return xmemdup(l->text, l->len);
	if (memmem(l->text, l->len, "PRIVATE KEY", 11) == NULL)
		mask_secrets(&b, l->text, l->len, NULL);
	for (i = 0; i < b.len && i < l->len && b.p[i] == l->text[i]; i++)
		;
	if (i == l->len || b.len == 0)
		return value_named(l);
	for (n = i; n < l->len && (pattern_is_name(l->text[n]) ||
	    l->text[n] == '-'); n++)
		;
	return xmemdup(l->text + i, n - i);
}

/* ---- a check that is turned off ---- */

static bool
off_has(char words[NAME_WORDS][NAME_WORD], size_t count,
    const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (mem_find(list, n, sizeof(*list), words[i]) != NULL)
			return true;
	return false;
}
#define OFF_HAS(...) off_has(words, count, (const char *const[]){ \
	__VA_ARGS__ }, MEM_COUNT(((const char *const[]){ __VA_ARGS__ })))

/* Does a value of "no" for this name, or of "yes", turn a check off? */
static bool
off_name(char words[NAME_WORDS][NAME_WORD], size_t count, bool value)
{
	if (!value)
		return OFF_HAS("verify", "verification", "verified",
		    "validate", "validation", "check", "strict", "reject",
		    "verifypeer", "verifyhost", "sslverify") &&
		    OFF_HAS("ssl", "tls", "cert", "certs", "certificate",
		    "certificates", "peer", "hostname", "https", "x509",
		    "unauthorized", "verifypeer", "verifyhost", "sslverify",
		    "signature", "signatures") && !OFF_HAS("dependencies");
	return (OFF_HAS("insecure", "skip", "disable", "disabled", "ignore",
	    "bypass", "danger") && (OFF_HAS("cert", "certs", "certificate",
	    "certificates", "tls", "ssl", "unauthorized", "signature",
	    "signatures") || (OFF_HAS("insecure", "skip") &&
	    OFF_HAS("verify", "verification")))) ||
	    (OFF_HAS("allow", "accept", "trust") && OFF_HAS("invalid", "self",
	    "selfsigned", "unverified", "untrusted", "server", "any") &&
	    OFF_HAS("cert", "certs", "certificate", "certificates", "signed",
	    "selfsigned", "tls", "ssl", "https")) ||
	    (count == 1 && OFF_HAS("insecure"));
}

/* A value at `p`: 0 or 1, or -1 if it is neither "no" nor "yes". */
static int
off_value(const char *p, const char *end)
{
	static const char *const no[] = { "false", "no", "none", "off", "0",
		"0l", "never", "disable", "disabled" };
	static const char *const yes[] = { "true", "yes", "on", "1" };
	AUTO_FREE char *value = xmemdup(p, pattern_name(p, end));
	char *c;

	for (c = value; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return MEM_FIND(no, value) != NULL ? 0 :
	    MEM_FIND(yes, value) != NULL ? 1 : -1;
}

/* The first word of the name that a line begins with: 0 or 1. */
static size_t
name_cut_top(const struct language_line *line, char word[1][NAME_WORD])
{
	const char *end = line->text + line->len, *p = line->text;
	char words[NAME_WORDS][NAME_WORD];

	while (p < end && !pattern_is_name(*p))
		p++;
	if (name_cut(p, pattern_name(p, end), words) == 0)
		return 0;
	memcpy(word[0], words[0], NAME_WORD);
	return 1;
}

bool
adds_is_off(const struct adds_line *l, bool *signature)
{
	const char *end = l->text + l->len, *p = l->text, *q;
	char words[NAME_WORDS][NAME_WORD];
	size_t n, count;
	int value;

	for (; p < end; p += n + (n == 0)) {
		for (n = 0; p + n < end && (pattern_is_name(p[n]) || (n > 0 &&
		    (p[n] == '-' || p[n] == '.'))); n++)
			;
		for (q = p + n; n > 0 && q < end && q < p + n + 8 &&
		    strchr(" \"'=:>,(", *q) != NULL; q++)
			;
		if (n < 5 || q == p + n || (value = off_value(q, end)) < 0)
			continue;
		count = name_cut(p, n, words);
		if (l->above != NULL && count <= 2 && OFF_HAS("verify",
		    "verification", "validate") && count < NAME_WORDS)
			count += name_cut_top(l->above, &words[count]);
		if (off_name(words, count, value != 0)) {
			*signature = OFF_HAS("signature", "signatures");
			return true;
		}
	}
	return false;
}
