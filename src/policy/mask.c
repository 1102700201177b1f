#include "config.h"

#include "policy/mask.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MASK_KEY_MIN 8	/* characters; a shorter key would match everywhere */

/* A token: this prefix, then at least `min` characters of [A-Za-z0-9_-]. */
static const struct {
	const char	*prefix;
	size_t		 min;
} mask_tokens[] = {
	{ "AKIA", 16 },		/* AWS access key id */
	{ "ASIA", 16 },
	{ "AGE-SECRET-KEY-", 50 },
	{ "AIza", 30 },		/* Google API key */
	{ "ghp_", 30 },		/* GitHub tokens */
	{ "gho_", 30 },
	{ "ghs_", 30 },
	{ "github_pat_", 30 },
	{ "glpat-", 18 },	/* GitLab */
	{ "npm_", 30 },
	{ "sk-ant-", 20 },
	{ "sk-proj-", 20 },
	{ "sk-", 32 },
	{ "xoxb-", 20 },	/* Slack */
	{ "xoxp-", 20 },
};

static const char mask_pem_begin[] = "-----BEGIN ";
static const char mask_pem_end[] = "-----END ";
#define MASK_PEM_LABEL ((size_t)64)	/* for example "RSA PRIVATE KEY-----" */

static bool
mask_is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Length of the token that starts at p, or 0. */
static size_t
mask_token(const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < MEM_COUNT(mask_tokens); i++) {
		size_t plen = strlen(mask_tokens[i].prefix);

		if (n < plen || memcmp(p, mask_tokens[i].prefix, plen) != 0)
			continue;
		for (len = plen; len < n && mask_is_token_char(p[len]); len++)
			;
		if (len - plen >= mask_tokens[i].min)
			return len;
	}
	return 0;
}

/* Past the five dashes that end a line of PEM. Limit the search: scanning to
 * the end of the output from each of many beginnings would take hours. */
static const char *
mask_pem_dashes(const char *p, size_t n)
{
	const char *d = memmem(p, n < MASK_PEM_LABEL ? n : MASK_PEM_LABEL,
	    "-----", 5);

	return d == NULL ? NULL : d + 5;
}

/* Length of a private key in PEM that starts at p, or 0. Its lines may be
 * joined, as in a JSON string. */
static size_t
mask_pem(const char *p, size_t n)
{
	const char *head, *end, *tail;
	size_t blen = sizeof(mask_pem_begin) - 1;
	size_t elen = sizeof(mask_pem_end) - 1;

	if (n < blen || memcmp(p, mask_pem_begin, blen) != 0)
		return 0;
	head = mask_pem_dashes(p + blen, n - blen);
	if (head == NULL || memmem(p, (size_t)(head - p), "PRIVATE KEY", 11) ==
	    NULL)
		return 0;
	end = memmem(head, n - (size_t)(head - p), mask_pem_end, elen);
	if (end == NULL)
		return n;	/* cut off: hide the part we have */
	tail = mask_pem_dashes(end + elen, n - (size_t)(end - p) - elen);
	return tail == NULL ? n : (size_t)(tail - p);
}

void
mask_list_add(struct mask_list *l, const char *secret)
{
	if (secret == NULL || strlen(secret) < MASK_KEY_MIN)
		return;
	GROW(l->v, l->len);
	l->v[l->len++] = secret;
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
		if (*p != l->v[i][0])
			continue;
		len = strlen(l->v[i]);
		if (len > best && n >= len && memcmp(p, l->v[i], len) == 0)
			best = len;
	}
	return best;
}

void
mask_secrets(struct buf *out, const char *p, size_t n,
    const struct mask_list *l)
{
	size_t i = 0, start = 0, len;
	bool boundary = true;

	while (i < n) {
		len = mask_key(l, p + i, n - i);
		if (len == 0 && boundary && strchr("Agnsx-", p[i]) != NULL &&
		    p[i] != '\0') {
			len = p[i] == '-' ? mask_pem(p + i, n - i) :
			    mask_token(p + i, n - i);
		}
		if (len == 0) {
			boundary = !mask_is_token_char(p[i]) || p[i] == '-';
			i++;
			continue;
		}
		buf_add(out, p + start, i - start);
		buf_adds(out, MASK_TEXT);
		i += len;
		start = i;
		boundary = false;
	}
	buf_add(out, p + start, n - start);
}
