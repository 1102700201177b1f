/*
 * gitignore: .gitignore semantics on top of pattern.h. The last matching rule
 * decides, the innermost file first; a pattern with a slash before its end is
 * anchored at the file's folder, any other matches the last component. Invalid
 * patterns are ignored, as in git.
 */
#include "config.h"

#include "tool/gitignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tool/pattern.h"

#define GITIGNORE_RULES 5000	/* a file; the rest is ignored */

struct gitignore_rule {
	struct pattern	*pattern;
	bool		 negated, dir_only, anchored;
};

struct gitignore {
	const struct gitignore	*up;
	size_t			 base_n;	/* with its slash */
	struct gitignore_rule	*rules;
	size_t			 len;
};

/* Parse one line; false if it has no rule. */
static bool
gitignore_parse(struct gitignore_rule *r, const char *p, size_t n)
{
	memset(r, 0, sizeof(*r));
	if (n > 0 && p[n - 1] == '\r')
		n--;
	/* Trailing spaces count only if quoted. */
	while (n > 0 && p[n - 1] == ' ' && !(n > 1 && p[n - 2] == '\\'))
		n--;
	if (n == 0 || p[0] == '#')
		return false;
	if (p[0] == '!') {
		r->negated = true;
		p++;
		n--;
	}
	if (n > 0 && p[n - 1] == '/') {
		r->dir_only = true;
		n--;
	}
	if (n > 0 && p[0] == '/') {
		r->anchored = true;
		p++;
		n--;
	}
	if (n == 0)
		return false;
	if (memchr(p, '/', n) != NULL)
		r->anchored = true;
	r->pattern = pattern_new(p, n, false, NULL);
	return r->pattern != NULL;
}

struct gitignore *
gitignore_new(const struct gitignore *up, const char *base, const char *text,
    size_t n)
{
	struct gitignore *ig = xcalloc(1, sizeof(*ig));
	const char *p = text, *end = text + n, *nl;

	ig->up = up;
	ig->base_n = *base == '\0' ? 0 : strlen(base) + 1;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < end && ig->len < GITIGNORE_RULES; p = nl + 1) {
		struct gitignore_rule r;

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		if (!gitignore_parse(&r, p, (size_t)(nl - p)))
			continue;
		GROW(ig->rules, ig->len);
		ig->rules[ig->len++] = r;
	}
	return ig;
}

void
gitignore_free(struct gitignore *ig)
{
	size_t i;

	if (ig == NULL)
		return;
	for (i = 0; i < ig->len; i++)
		pattern_free(ig->rules[i].pattern);
	free(ig->rules);
	free(ig);
}

bool
gitignore_match(const struct gitignore *ig, const char *path, bool is_dir)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t i;

	for (; ig != NULL; ig = ig->up)
		for (i = ig->len; i > 0; i--) {
			const struct gitignore_rule *r = &ig->rules[i - 1];
			const char *s = r->anchored ? path + ig->base_n : name;

			if (r->dir_only && !is_dir)
				continue;
			if (pattern_match(r->pattern, s, strlen(s)))
				return !r->negated;
		}
	return false;
}
