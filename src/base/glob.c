#include "config.h"

#include "base/glob.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#define GLOB_MAX_RULES 5000
#define GLOB_BYTES	((size_t)1024)	/* of a glob with {a,b} */
#define GLOB_BRACES	64		/* its alternatives */

struct glob_rule {
	char	*pattern;	/* without "!", leading or trailing slash */
	bool	 taken_back;
	bool	 dir_only;
	bool	 anchored;
	bool	 slash;		/* it began with one */
	/* The last name must begin and end with these, or '\0': most rules are
	 * skipped quickly. */
	unsigned char first, last;
};

struct glob_list {
	struct glob_rule *v;
	size_t		 len;
	bool		 fold;
	char		*near;		/* the last folder asked about, or NULL:
					   files come folder by folder */
	bool		 near_yes;	/* it is covered */
};

struct glob_list *
glob_list_new(bool fold_case)
{
	struct glob_list *g = xcalloc(1, sizeof(*g));

	g->fold = fold_case;
	return g;
}

void
glob_list_free(struct glob_list *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->len; i++)
		free(g->v[i].pattern);
	FREE_ALL(g->v, g->near, g);
}

static unsigned char
glob_fold(char c, bool fold)
{
	if (fold && c >= 'A' && c <= 'Z')
		return (unsigned char)(c - 'A' + 'a');
	return (unsigned char)c;
}

void
glob_list_add(struct glob_list *g, const char *p, size_t n)
{
	struct glob_rule r = { .pattern = NULL };

	if (n > 0 && p[n - 1] == '\r')
		n--;
	while (n > 0 && p[n - 1] == ' ' && (n < 2 || p[n - 2] != '\\'))
		n--;
	if (n == 0 || p[0] == '#')
		return;
	if (p[0] == '!') {
		r.taken_back = true;
		p++;
		n--;
	}
	if (n > 0 && p[n - 1] == '/') {
		r.dir_only = true;
		n--;
	}
	if (n > 0 && p[0] == '/') {
		r.anchored = r.slash = true;
		p++;
		n--;
	}
	if (n == 0 || memchr(p, '\0', n) != NULL)
		return;
	if (memchr(p, '/', n) != NULL)
		r.anchored = true;
	if (!r.anchored && strchr("*?[\\", p[0]) == NULL)
		r.first = glob_fold(p[0], g->fold);
	if (strchr("*?]", p[n - 1]) == NULL)
		r.last = glob_fold(p[n - 1], g->fold);
	r.pattern = xmemdup(p, n);
	FREE_NULL(g->near);
	*GROW_ADD(g->v, g->len) = r;
}

void
glob_list_add_words(struct glob_list *g, const char *p)
{
	size_t n;

	MEM_EACH_WORD(p, n, p)
		glob_list_add(g, p, n);
}

bool
glob_list_add_lines(struct glob_list *g, const char *p, size_t n)
{
	const char *end = p + n, *nl;

	p += utf8_bom(p, n);
	MEM_EACH_LINE(p, nl, end) {
		if (g->len >= GLOB_MAX_RULES)
			return false;
		glob_list_add(g, p, (size_t)(nl - p));
	}
	return true;
}

/* The first brace group: its '{' and '}', or NULL. */
static const char *
glob_find_braces(const char *p, const char *end, const char **close)
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
		} else if (*p == '}' && depth > 0 && --depth == 0 && comma) {
			*close = p;
			return open;
		}
	}
	return NULL;
}

/* Expand the first group and continue with each result. */
static int
glob_expand(struct glob_list *g, size_t *len, const char *glob, size_t n,
    struct err *e)
{
	const char *end = glob + n, *close, *open, *from, *q;
	int rc = 0, depth = 0;

	open = glob_find_braces(glob, end, &close);
	if (open == NULL && ++*len > GLOB_BRACES)
		return err_set(e, "the glob has more than %d alternatives",
		    GLOB_BRACES);
	if (open == NULL) {
		/* In an ignore file these begin an exception and a comment. */
		AUTO_FREE char *plain = xasprintf("%s%.*s", n > 0 &&
		    (*glob == '!' || *glob == '#') ? "\\" : "", (int)n, glob);

		glob_list_add(g, plain, strlen(plain));
		return 0;
	}
	for (from = q = open + 1; rc == 0 && q <= close; q++) {
		AUTO_BUF struct buf b = BUF_INIT(2 * GLOB_BYTES);

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
		rc = glob_expand(g, len, buf_str(&b), b.len, e);
		from = q + 1;
	}
	return rc;
}

int
glob_list_add_braces(struct glob_list *g, const char *glob, size_t n,
    struct err *e)
{
	size_t len = 0;

	if (n > GLOB_BYTES)
		return err_set(e, "the glob is longer than %zu bytes",
		    GLOB_BYTES);
	return glob_expand(g, &len, glob, n, e);
}

/* The named class at p ("[:alpha:]"), its length in *len; NULL if none. */
static int
(*glob_class(const char *p, const char *end, size_t *len))(int)
{
	static const struct { const char *name; int (*is)(int); } t[] = {
		{ "alnum", isalnum }, { "alpha", isalpha },
		{ "blank", isblank }, { "cntrl", iscntrl },
		{ "digit", isdigit }, { "graph", isgraph },
		{ "lower", islower }, { "print", isprint },
		{ "punct", ispunct }, { "space", isspace },
		{ "upper", isupper }, { "xdigit", isxdigit },
	};
	size_t i;

	if (end - p < 2 || p[0] != '[' || p[1] != ':')
		return NULL;
	for (i = 0; i < MEM_COUNT(t); i++) {
		size_t n = strlen(t[i].name);

		if ((size_t)(end - p) >= n + 4 &&
		    memcmp(p + 2, t[i].name, n) == 0 &&
		    p[n + 2] == ':' && p[n + 3] == ']') {
			*len = n + 4;
			return t[i].is;
		}
	}
	return NULL;
}

/* Does the bracket expression at *pp (past the "[") match c? *pp moves past its
 * end; an unterminated expression matches nothing. */
static bool
glob_bracket(const char **pp, const char *end, char c, bool fold)
{
	const char *p = *pp;
	unsigned char x = glob_fold(c, fold);
	bool negate = false, hit = false, first = true;

	if (p < end && (*p == '!' || *p == '^')) {
		negate = true;
		p++;
	}
	for (; p < end && (*p != ']' || first); first = false) {
		int (*is)(int);
		size_t len;
		unsigned char lo, hi;

		is = glob_class(p, end, &len);
		if (is != NULL) {
			if (is((unsigned char)c) || (fold && is(x)))
				hit = true;
			p += len;
			continue;
		}
		if (*p == '\\' && p + 1 < end)
			p++;
		lo = hi = glob_fold(*p++, fold);
		if (p + 1 < end && *p == '-' && p[1] != ']') {
			p++;
			if (*p == '\\' && p + 1 < end)
				p++;
			hi = glob_fold(*p++, fold);
		}
		if (x >= lo && x <= hi)
			hit = true;
	}
	if (p >= end) {
		*pp = end;
		return false;
	}
	*pp = p + 1;
	return hit != negate;
}

/* Match one component. */
static bool
glob_segment(const char *p, const char *pend, const char *s, const char *send,
    bool fold)
{
	const char *star = NULL, *back = NULL;

	while (s < send) {
		const char *next = p;
		bool fine = false;

		if (p < pend && *p == '*') {
			star = ++p;
			back = s;
			continue;
		}
		if (p < pend) {
			next = p + 1;
			if (*p == '?') {
				fine = true;
			} else if (*p == '[') {
				fine = glob_bracket(&next, pend, *s, fold);
			} else {
				if (*p == '\\' && next < pend)
					p = next++;
				fine = glob_fold(*p, fold) ==
				    glob_fold(*s, fold);
			}
		}
		if (fine) {
			p = next;
			s++;
		} else if (star != NULL) {
			p = star;
			s = ++back;
		} else {
			return false;
		}
	}
	while (p < pend && *p == '*')
		p++;
	return p == pend;
}

static const char *
glob_segment_end(const char *p)
{
	const char *slash = strchr(p, '/');

	return slash == NULL ? p + strlen(p) : slash;
}

static bool
glob_is_any(const char *p, const char *end)
{
	return end - p == 2 && p[0] == '*' && p[1] == '*';
}

/* Match whole paths, component by component: like glob_segment, with components
 * for characters and "**" for "*". */
static bool
glob_path(const char *p, const char *s, bool fold)
{
	const char *star = NULL, *back = NULL;

	while (s != NULL) {
		const char *pend = NULL, *send = glob_segment_end(s);

		if (p != NULL) {
			pend = glob_segment_end(p);
			if (glob_is_any(p, pend)) {
				/* At the end it needs a component: s. */
				if (*pend == '\0')
					return true;
				star = p = pend + 1;
				back = s;
				continue;
			}
		}
		if (p != NULL && glob_segment(p, pend, s, send, fold)) {
			p = *pend == '\0' ? NULL : pend + 1;
			s = *send == '\0' ? NULL : send + 1;
		} else if (star != NULL) {
			send = glob_segment_end(back);
			p = star;
			s = back = *send == '\0' ? NULL : send + 1;
		} else {
			return false;
		}
	}
	return p == NULL;
}

static const struct glob_rule *
glob_find(const struct glob_list *g, const char *path, bool is_dir)
{
	const char *base = basename(path);
	size_t n = strlen(base), i;
	unsigned char first = glob_fold(base[0], g->fold);
	unsigned char last = n == 0 ? 0 : glob_fold(base[n - 1], g->fold);

	for (i = g->len; i-- > 0;) {
		const struct glob_rule *r = &g->v[i];

		if ((r->dir_only && !is_dir) ||
		    (r->first != '\0' && r->first != first) ||
		    (r->last != '\0' && r->last != last))
			continue;
		if (r->anchored ? glob_path(r->pattern, path, g->fold) :
		    glob_segment(r->pattern, r->pattern + strlen(r->pattern),
		    base, base + n, g->fold))
			return r;
	}
	return NULL;
}

enum glob_verdict
glob_list_match(const struct glob_list *g, const char *path, bool is_dir)
{
	const struct glob_rule *r = glob_find(g, path, is_dir);

	return r == NULL ? GLOB_NONE : r->taken_back ? GLOB_TAKEN_BACK :
	    GLOB_YES;
}

void
glob_list_pattern(const struct glob_list *g, const char *path, bool is_dir,
    struct buf *b)
{
	const struct glob_rule *r = glob_find(g, path, is_dir);

	if (r != NULL)
		buf_addf(b, "%s%s%s", r->slash ? "/" : "", r->pattern,
		    r->dir_only ? "/" : "");
}

static bool
glob_covers_folder(const struct glob_list *g, char *dir)
{
	char *slash;
	bool yes = glob_list_match(g, dir, true) == GLOB_YES;

	for (slash = strchr(dir, '/'); slash != NULL && !yes;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		yes = glob_list_match(g, dir, true) == GLOB_YES;
		*slash = '/';
	}
	return yes;
}

bool
glob_list_covers(struct glob_list *g, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	if (g->len == 0)
		return false;
	if (n > 0 && (g->near == NULL || strncmp(g->near, path, n) != 0 ||
	    g->near[n] != '\0')) {
		FREE_SET(g->near, xmemdup(path, n));
		g->near_yes = glob_covers_folder(g, g->near);
	}
	return (n > 0 && g->near_yes) ||
	    glob_list_match(g, path, false) == GLOB_YES;
}

void
glob_word_read(struct glob_word *w, const char *text)
{
	char *files, *also = xstrdup(text);
	const char *p;

	w->word = also;
	(void)strsep(&also, "\t");
	files = strsep(&also, "\t");
	w->also = also == NULL ? "" : also;
	w->files = files == NULL ? NULL : glob_list_new(false);
	if (files != NULL)
		glob_list_add_words(w->files, files);
	w->n = strlen(w->word);
	w->plain = false;
	for (p = w->word; *p != '\0'; p++)
		w->plain = w->plain || islower((unsigned char)*p);
	w->dotted = w->plain && strchr(w->word, '.') != NULL;
}

/* Would this byte beside it make it another word? `next`: what is beyond. */
static bool
glob_word_goes_on(const struct glob_word *w, char c, char next)
{
	return utf8_in_name(c) || (w->plain && c == '-') ||
	    (w->dotted && c == '.' && utf8_in_name(next));
}

bool
glob_word_stands(const struct glob_word *w, const char *p, const char *text,
    const char *end)
{
	const char *to = p + w->n;

	return (size_t)(end - p) >= w->n &&
	    memcmp(p, w->word, w->n) == 0 && (p == text ||
	    !utf8_in_name(*p) || !glob_word_goes_on(w, p[-1],
	    p - 1 > text ? p[-2] : ' ')) && (to == end ||
	    !utf8_in_name(to[-1]) || !glob_word_goes_on(w, *to,
	    to + 1 < end ? to[1] : ' '));
}

/* May it count in this file? */
bool
glob_word_is_in(const struct glob_word *w, const char *path, const char *text,
    size_t n)
{
	const char *p;
	size_t len;

	if (w->files != NULL && glob_list_match(w->files, path, false) !=
	    GLOB_YES)
		return false;
	MEM_EACH_WORD(p, len, w->also)
		if (memmem(text, n, p, len) == NULL)
			return false;
	return true;
}

void
glob_word_release(struct glob_word *w)
{
	free(w->word);
	glob_list_free(w->files);
}
