#include "config.h"

#include "policy/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/mem.h"

#define MASK_KEY_MIN 8	/* characters; a shorter key would match everywhere */

/* A token: this prefix, then at least `min` characters of [A-Za-z0-9_-]. */
#define MASK_TOKENS "Agnsx"	/* each begins with one of these */
static const struct {
	const char	*prefix;
	size_t		 min;
} mask_tokens[] = {
	{ "AKIA", 16 },		/* AWS access key id */
	{ "ASIA", 16 },
	{ "AGE-SECRET-KEY-", 50 },
	{ "AIza", 30 },		/* Google API key */
	{ "gho_", 30 },		/* GitHub tokens */
	{ "ghp_", 30 },
	{ "ghr_", 30 },
	{ "ghs_", 30 },
	{ "ghu_", 30 },
	{ "github_pat_", 30 },
	{ "glpat-", 18 },	/* GitLab */
	{ "npm_", 30 },
	{ "sk-ant-", 20 },
	{ "sk-proj-", 20 },
	{ "sk-", 32 },
	{ "xoxb-", 20 },	/* Slack */
	{ "xoxp-", 20 },
};

/* Is masked, and with it what follows in the same word. */
#define MASK_TOKEN_BEGIN "AKIA0000000000000000"

#define MASK_PEM_BEGIN "-----BEGIN "
#define MASK_PEM_END "-----END "
/* From there to the dashes that end the line: "RSA PRIVATE KEY-----". */
#define MASK_PEM_LABEL ((size_t)128)

/* What another character is written as, in JSON, in an address, by cat -A; '#'
 * is a hexadecimal digit. */
static const char *const mask_escapes[] = {
	"\\u####", "\\x##", "\\0##", "\\b", "\\e", "\\f", "\\n", "\\r", "\\t",
	"\\v", "%##", "^I", "^J", "^M",
};
/* ESC, also as it is written there. */
static const char *const mask_esc[] = {
	"\033", "\\u001b", "\\u001B", "\\x1b", "\\x1B", "\\033", "\\e", "^[",
};

static bool
mask_is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool
mask_is_one_of(const char *chars, char c)
{
	while (*chars != '\0' && *chars != c)
		chars++;
	return *chars != '\0';
}

/* Length of the first of these that p starts with, or 0. */
static size_t
mask_one_of(const char *const *v, size_t v_len, const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < v_len; i++) {
		for (len = 0; v[i][len] != '\0' && len < n; len++)
			if (v[i][len] == '#' ? !isxdigit((unsigned char)
			    p[len]) : p[len] != v[i][len])
				break;
		if (v[i][len] == '\0')
			return len;
	}
	return 0;
}

/* Length of the sequence that starts at p and sets a colour, or 0. tput ends one
 * with a character set. */
static size_t
mask_colour(const char *p, size_t n)
{
	size_t i = mask_one_of(mask_esc, MEM_COUNT(mask_esc), p, n);

	if (i > 0 && i + 1 < n && mask_is_one_of("()", p[i]))
		return i + 2;
	if (i == 0 || i == n || p[i++] != '[')
		return 0;
	while (i < n && p[i] >= '0' && p[i] <= '?')
		i++;
	return i < n && isalpha((unsigned char)p[i]) ? i + 1 : 0;
}

/* Past the colours at p + i. */
static size_t
mask_past_colours(const char *p, size_t n, size_t i)
{
	size_t len;

	while ((len = mask_colour(p + i, n - i)) > 0)
		i += len;
	return i;
}

/* Length of this text at p, or 0. grep colours parts of words. */
static size_t
mask_text(const char *p, size_t n, const char *text)
{
	size_t i;

	for (i = 0; *text != '\0'; i++, text++) {
		if (i < n && i > 0 && p[i] != *text)
			i = mask_past_colours(p, n, i);
		if (i >= n || p[i] != *text)
			return 0;
	}
	return i;
}

/* Past this text, which begins before p + n; NULL: it isn't there. */
static const char *
mask_find(const char *p, size_t n, const char *text, const char *end)
{
	const char *last = p + MIN(n, (size_t)(end - p));
	size_t len;

	for (; (p = memchr(p, *text, (size_t)(last - p))) != NULL; p++)
		if ((len = mask_text(p, (size_t)(end - p), text)) > 0)
			return p + len;
	return NULL;
}

/* Length of the token that starts at p, or 0. */
static size_t
mask_token(const char *p, size_t n)
{
	size_t i, at, end, len;

	for (i = 0; i < MEM_COUNT(mask_tokens); i++) {
		end = mask_text(p, n, mask_tokens[i].prefix);
		if (end == 0)
			continue;
		for (at = end, len = 0; (at = mask_past_colours(p, n, at)) < n &&
		    mask_is_token_char(p[at]); len++)
			end = ++at;
		if (len >= mask_tokens[i].min)
			return end;
	}
	return 0;
}

/* The length of a private key in PEM that starts at p, or 0. The key's lines
 * may be joined, as in a JSON string. *cut is set if its end is missing; then
 * all the rest is the key. */
static size_t
mask_pem(const char *p, size_t n, bool *cut)
{
	const char *end = p + n, *head, *tail;
	size_t len = mask_text(p, n, MASK_PEM_BEGIN);

	*cut = false;
	/* Limit the search: scanning to the end of the output from each of
	 * many beginnings would take hours. */
	head = len == 0 ? NULL :
	    mask_find(p + len, MASK_PEM_LABEL, "-----", end);
	if (head == NULL || mask_find(p + len, (size_t)(head - p) - len,
	    "PRIVATE KEY", head) == NULL)
		return 0;
	tail = mask_find(head, n, MASK_PEM_END, end);
	if (tail != NULL)
		tail = mask_find(tail, MASK_PEM_LABEL, "-----", end);
	*cut = tail == NULL;
	return *cut ? n : (size_t)(tail - p);
}

void
mask_cut(struct buf *b, size_t n)
{
	AUTO_BUF struct buf rest = BUF_INIT(0);
	const char *p = buf_str(b), *end = p + b->len, *nl;
	const bool all = n == b->len;
	bool cut = false;
	size_t len;

	if (n == 0)
		return;
	/* Half a line could be half a secret. */
	nl = memchr(p + n - 1, '\n', b->len - (n - 1));
	n = nl == NULL ? b->len : (size_t)(nl + 1 - p);
	for (end = p + n; !cut && (p = memchr(p, '-', (size_t)(end - p))) !=
	    NULL; p += len == 0 ? 1 : len)
		len = mask_pem(p, (size_t)(end - p), &cut);
	if (cut)
		buf_adds(&rest, MASK_PEM_BEGIN "PRIVATE KEY-----\n");
	else if (nl == NULL && !all)
		buf_adds(&rest, MASK_TOKEN_BEGIN);
	buf_add(&rest, b->p + n, b->len - n);
	buf_clear(b);
	buf_add(b, rest.p, rest.len);
}

void
mask_list_add(struct mask_list *l, const char *secret)
{
	if (secret == NULL || strlen(secret) < MASK_KEY_MIN)
		return;
	*GROW_ADD(l->v, l->len) = secret;
}

void
mask_list_release(struct mask_list *l)
{
	FREE_NULL(l->v);
	l->len = 0;
}

/* Length of the longest key that starts at p, or 0. */
static size_t
mask_key(const struct mask_list *l, const char *p, size_t n)
{
	size_t i, len, best = 0;

	for (i = 0; l != NULL && i < l->len; i++) {
		len = *p == l->v[i][0] ? mask_text(p, n, l->v[i]) : 0;
		best = MAX(best, len);
	}
	return best;
}

void
mask_secrets(struct buf *out, const char *p, size_t n,
    const struct mask_list *l)
{
	size_t i = 0, start = 0, word = 0, len;
	bool cut;

	while (i < n) {
		len = mask_key(l, p + i, n - i);
		if (len == 0 && p[i] == '-')
			len = mask_pem(p + i, n - i, &cut);
		/* Inside a word it is none. */
		if (len == 0 && mask_is_one_of(MASK_TOKENS, p[i]) &&
		    (i == word || !mask_is_token_char(p[i - 1]) ||
		    p[i - 1] == '-'))
			len = mask_token(p + i, n - i);
		if (len > 0) {
			buf_add(out, p + start, i - start);
			buf_adds(out, MASK_TEXT);
			start = i += len;
			continue;
		}
		if (i >= word && mask_is_one_of("\033\\%^", p[i])) {
			len = mask_colour(p + i, n - i);
			word = i + (len > 0 ? len : mask_one_of(mask_escapes,
			    MEM_COUNT(mask_escapes), p + i, n - i));
		}
		i++;
	}
	buf_add(out, p + start, n - start);
}
