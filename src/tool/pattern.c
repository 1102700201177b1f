/*
 * pattern: globs through PCRE2's conversion. Most real patterns are a plain
 * name or "*.suffix"; these are compared directly. A pattern that is too
 * expensive to match doesn't match.
 */
#include "config.h"

#include "tool/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define PATTERN_MAX	1024		/* bytes of a glob */
#define PATTERN_ALTS	64		/* alternatives of {a,b} */
#define PATTERN_STEPS	100000

struct pattern {
	char			**literal;	/* or NULL where code is */
	pcre2_code		**code;
	pcre2_code		**bytes;	/* for names that aren't
						   UTF-8 */
	size_t			 len;
	pcre2_match_data	*data;
	pcre2_match_context	*limits;
};

static void *
pattern_malloc(size_t n, void *unused)
{
	(void)unused;
	return xmalloc(n);
}

static void
pattern_unmalloc(void *p, void *unused)
{
	(void)unused;
	free(p);
}

void *
pattern_memory(void)
{
	static pcre2_general_context *g;

	if (g == NULL)
		g = pcre2_general_context_create(pattern_malloc,
		    pattern_unmalloc, NULL);
	return g;
}

static int
pattern_add(struct pattern *p, const char *glob, size_t n, struct err *e)
{
	pcre2_convert_context *cc =
	    pcre2_convert_context_create(pattern_memory());
	pcre2_compile_context *own =
	    pcre2_compile_context_create(pattern_memory());
	PCRE2_UCHAR *regex = NULL;
	PCRE2_SIZE regex_n, at;
	pcre2_code *code = NULL, *bytes = NULL;
	char *literal = NULL, shown[128];
	int rc = -1, code_rc;
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr("*?[\\", glob[i]) != NULL)
			break;
	if (i == n) {
		literal = xmemdup(glob, n);
		rc = 0;
		goto out;
	}
	code_rc = pcre2_pattern_convert((PCRE2_SPTR)glob, n,
	    PCRE2_CONVERT_GLOB, &regex, &regex_n, cc);
	if (code_rc == 0) {
		code = pcre2_compile(regex, regex_n, PCRE2_NO_AUTO_CAPTURE |
		    (utf8_is_valid(glob, n) ? PCRE2_UTF : 0), &code_rc, &at,
		    own);
		if (code != NULL)
			bytes = pcre2_compile(regex, regex_n,
			    PCRE2_NO_AUTO_CAPTURE, &code_rc, &at, own);
		if (bytes != NULL) {
			/* Without it, matching is only slower. */
			(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
			rc = 0;
			goto out;
		}
	}
	pcre2_code_free(code);
	pcre2_get_error_message(code_rc, (PCRE2_UCHAR *)shown, sizeof(shown));
	err_set(e, "the glob \"%.*s\" is invalid: %s",
	    (int)utf8_cut(glob, n, 100), glob, shown);
out:
	pcre2_converted_pattern_free(regex);
	pcre2_convert_context_free(cc);
	pcre2_compile_context_free(own);
	if (rc == 0) {
		GROW(p->literal, p->len);
		GROW(p->code, p->len);
		GROW(p->bytes, p->len);
		p->literal[p->len] = literal;
		p->bytes[p->len] = bytes;
		p->code[p->len++] = code;
	}
	return rc;
}

/* The first brace group: its '{' and '}', or NULL. */
static const char *
pattern_braces(const char *p, const char *end, const char **close)
{
	const char *open = NULL;
	bool comma = false;
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end) {
			p++;
		} else if (*p == '{') {
			if (depth++ == 0)
				open = p;
		} else if (*p == ',' && depth == 1) {
			comma = true;
		} else if (*p == '}' && depth > 0 && --depth == 0) {
			if (comma) {
				*close = p;
				return open;
			}
		}
	}
	return NULL;
}

/* Expand the first group and continue with each result. */
static int
pattern_expand(struct pattern *p, const char *glob, size_t n, struct err *e)
{
	const char *end = glob + n, *close, *open, *from, *q;
	int rc = 0, depth = 0;

	open = pattern_braces(glob, end, &close);
	if (p->len >= PATTERN_ALTS)
		return err_set(e, "the glob has more than %d alternatives",
		    PATTERN_ALTS);
	if (open == NULL)
		return pattern_add(p, glob, n, e);
	for (from = q = open + 1; rc == 0 && q <= close; q++) {
		AUTO_BUF struct buf b = BUF_INIT(2 * PATTERN_MAX);

		if (*q == '\\' && q < close) {
			q++;
			continue;
		}
		if (*q == '{')
			depth++;
		if (*q == '}' && q < close)
			depth--;
		if ((*q != ',' && q != close) || depth > 0)
			continue;
		buf_add(&b, glob, (size_t)(open - glob));
		buf_add(&b, from, (size_t)(q - from));
		buf_add(&b, close + 1, (size_t)(end - close - 1));
		rc = pattern_expand(p, buf_str(&b), b.len, e);
		from = q + 1;
	}
	return rc;
}

struct pattern *
pattern_new(const char *glob, size_t n, struct err *e)
{
	struct pattern *p = xcalloc(1, sizeof(*p));
	int rc;

	if (n > PATTERN_MAX)
		rc = err_set(e, "the glob is longer than %d bytes",
		    PATTERN_MAX);
	else
		rc = pattern_expand(p, glob, n, e);
	if (rc < 0) {
		pattern_free(p);
		return NULL;
	}
	p->data = pcre2_match_data_create(1, pattern_memory());
	p->limits = pcre2_match_context_create(pattern_memory());
	pcre2_set_match_limit(p->limits, PATTERN_STEPS);
	return p;
}

void
pattern_free(struct pattern *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->len; i++) {
		free(p->literal[i]);
		pcre2_code_free(p->code[i]);
		pcre2_code_free(p->bytes[i]);
	}
	free(p->literal);
	free(p->code);
	free(p->bytes);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->limits);
	free(p);
}

bool
pattern_match(const struct pattern *p, const char *s, size_t n)
{
	bool text = utf8_is_valid(s, n);
	size_t i;

	for (i = 0; i < p->len; i++) {
		if (p->literal[i] != NULL ?
		    strlen(p->literal[i]) == n &&
		    memcmp(p->literal[i], s, n) == 0 :
		    pcre2_match(text ? p->code[i] : p->bytes[i],
		    (PCRE2_SPTR)s, n, 0, text ? PCRE2_NO_UTF_CHECK : 0,
		    p->data, p->limits) >= 0)
			return true;
	}
	return false;
}
