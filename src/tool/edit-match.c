/*
 * edit-match: finds the matches, checks that they are unambiguous, and builds
 * the new content. tool-edit.h has the rules. Uses Knuth-Morris-Pratt: hostile
 * repetition costs no more than plain text.
 */
#include "config.h"

#include "tool/tool-edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct edit_finder {
	const char		*hay, *needle;
	size_t			 hay_n, needle_n;
	uint32_t		*fail;
	size_t			 at, matched;
	const struct edit_norm	*norm;	/* positions in the hay; NULL: exact */
	const struct buf	*tail;	/* trailing spaces of the needle */
};

static const char *const edit_fold_names[EDIT_FOLDS] = {
	"curly quotes", "dashes", "special spaces", "composed letters",
	"trailing spaces", "CRLF line endings",
};

const char *
edit_fold_words(unsigned bit)
{
	unsigned i;

	for (i = 0; i < EDIT_FOLDS; i++)
		if (bit == 1u << i)
			return edit_fold_names[i];
	return "";
}

static void
edit_finder_init(struct edit_finder *f, const char *hay, size_t hay_n,
    const char *needle, size_t needle_n)
{
	size_t i, k = 0;

	memset(f, 0, sizeof(*f));
	f->hay = hay;
	f->hay_n = hay_n;
	f->needle = needle;
	f->needle_n = needle_n;
	if (needle_n == 0 || needle_n > hay_n || needle_n > UINT32_MAX) {
		f->hay_n = 0;
		return;
	}
	f->fail = xreallocarray(NULL, needle_n, sizeof(*f->fail));
	f->fail[0] = 0;
	for (i = 1; i < needle_n; i++) {
		while (k > 0 && needle[i] != needle[k])
			k = f->fail[k - 1];
		if (needle[i] == needle[k])
			k++;
		f->fail[i] = (uint32_t)k;
	}
}

static void
edit_finder_release(struct edit_finder *f)
{
	FREE_NULL(f->fail);
}

static bool
edit_finder_hit(struct edit_finder *f, size_t *end)
{
	while (f->at < f->hay_n) {
		char c = f->hay[f->at++];

		while (f->matched > 0 && c != f->needle[f->matched])
			f->matched = f->fail[f->matched - 1];
		if (c == f->needle[f->matched])
			f->matched++;
		if (f->matched == f->needle_n) {
			f->matched = f->fail[f->matched - 1];
			*end = f->at;
			return true;
		}
	}
	return false;
}

/* The next match in the file's own bytes; matches may overlap. */
static bool
edit_finder_next(struct edit_finder *f, size_t *from, size_t *to)
{
	size_t end, start;

	while (edit_finder_hit(f, &end)) {
		start = end - f->needle_n;
		if (f->norm == NULL) {
			*from = start;
			*to = end;
			return true;
		}
		/* The needle's trailing spaces must be there too, or have been
		 * dropped at a line end. */
		if (f->tail->len > 0 && f->hay_n - end >= f->tail->len &&
		    memcmp(f->hay + end, f->tail->p, f->tail->len) == 0)
			end += f->tail->len;
		else if (f->tail->len > 0 && end < f->hay_n &&
		    f->hay[end] != '\n')
			continue;
		if (edit_norm_span(f->norm, start, end, from, to))
			return true;
	}
	return false;
}

enum edit_eol
edit_eol_of(const char *p, size_t n)
{
	const char *end = p + n, *nl;
	bool lf = false, crlf = false;

	for (nl = p; nl < end && !(lf && crlf); nl++) {
		nl = memchr(nl, '\n', (size_t)(end - nl));
		if (nl == NULL)
			break;
		if (nl > p && nl[-1] == '\r')
			crlf = true;
		else
			lf = true;
	}
	return lf && crlf ? EDIT_EOL_MIXED : lf ? EDIT_EOL_LF :
	    crlf ? EDIT_EOL_CRLF : EDIT_EOL_NONE;
}

void
edit_eol_convert(struct buf *b, const char *p, size_t n, bool crlf)
{
	size_t i, start = 0;

	for (i = 0; i < n; i++) {
		if (p[i] != '\n')
			continue;
		buf_add(b, p + start,
		    i - start - (i > start && p[i - 1] == '\r' ? 1 : 0));
		buf_adds(b, crlf ? "\r\n" : "\n");
		start = i + 1;
	}
	buf_add(b, p + start, n - start);
}

/* The line ending of the line at `at`, in a file with both kinds. *next caches
 * the last one found: matches come in order. */
static bool
edit_eol_is_crlf(const char *p, size_t n, size_t at, size_t *next)
{
	const char *nl;

	if (*next < at || *next == SIZE_MAX) {
		nl = memchr(p + at, '\n', n - at);
		if (nl == NULL)
			nl = memrchr(p, '\n', n);
		*next = nl == NULL ? n : (size_t)(nl - p);
		if (nl != NULL && *next < at) {	/* the last line ending */
			bool crlf = nl > p && nl[-1] == '\r';

			*next = n + (crlf ? 1 : 0);
			return crlf;
		}
	}
	if (*next >= n)
		return *next > n;
	return *next > 0 && p[*next - 1] == '\r';
}

static void
edit_line_note(struct edit_result *r, const char *file, size_t from,
    size_t *line, size_t *counted)
{
	if (r->lines_len == EDIT_LINES_MAX)
		return;
	for (; *counted < from; ++*counted)
		if (file[*counted] == '\n')
			++*line;
	r->lines[r->lines_len++] = *line;
}

/* What a fuzzy match ignored: the two differ only in that. */
static unsigned
edit_folds_of(const char *a, size_t n, const char *b, size_t m)
{
	unsigned i, folds = 0;

	for (i = 0; i < EDIT_FOLDS; i++) {
		AUTO(edit_norm_release) struct edit_norm x = { 0 }, y = { 0 };

		edit_norm_init(&x, a, n, EDIT_FOLD_ALL & ~(1u << i));
		edit_norm_init(&y, b, m, EDIT_FOLD_ALL & ~(1u << i));
		if (x.text.len != y.text.len || (x.text.len > 0 &&
		    memcmp(x.text.p, y.text.p, x.text.len) != 0))
			folds |= 1u << i;
	}
	return folds;
}

/* One edit of a list with its position: the next match is [from, to). */
struct edit_place {
	struct edit_finder	 f;
	struct edit_norm	 needle;
	struct buf		 lf, crlf;	/* new, with either line
						   ending */
	bool			 literal;	/* insert new unchanged */
	bool			 more;
	size_t			 from, to;
};

/* Count the matches; the first goes to p->from, p->to. */
static void
edit_count(struct edit_result *r, struct edit_place *p, const char *file)
{
	size_t line = 1, counted = 0, a, b;

	r->count = r->lines_len = 0;
	while (edit_finder_next(&p->f, &a, &b)) {
		if (r->count++ == 0) {
			p->from = a;
			p->to = b;
		}
		edit_line_note(r, file, a, &line, &counted);
	}
}

/* Locate one edit: r->kind is EDIT_OK if there is one match, or all are wanted.
 * `hay` is the file in comparison form, built when first needed. */
static void
edit_find(struct edit_result *r, struct edit_place *p, const char *file,
    size_t n, const struct edit_one *one, struct edit_norm *hay, bool *made)
{
	r->kind = EDIT_EMPTY_OLD;
	if (one->old_n == 0)
		return;
	r->kind = EDIT_NO_CHANGE;
	if (one->old_n == one->new_n &&
	    memcmp(one->old, one->new, one->old_n) == 0)
		return;
	edit_finder_init(&p->f, file, n, one->old, one->old_n);
	edit_count(r, p, file);
	if (r->count == 0) {
		edit_finder_release(&p->f);
		if (!*made)
			edit_norm_init(hay, file, n, EDIT_FOLD_ALL);
		*made = true;
		edit_norm_init(&p->needle, one->old, one->old_n,
		    EDIT_FOLD_ALL);
		edit_finder_init(&p->f, buf_str(&hay->text), hay->text.len,
		    buf_str(&p->needle.text), p->needle.text.len);
		p->f.norm = hay;
		p->f.tail = &p->needle.tail;
		edit_count(r, p, file);
		if (r->count > 0)
			r->folds |= edit_folds_of(file + p->from,
			    p->to - p->from, one->old, one->old_n);
	}
	r->kind = r->count == 0 ? EDIT_NOT_FOUND :
	    r->count > 1 && !one->all ? EDIT_AMBIGUOUS : EDIT_OK;
}

/* The edit whose next match comes first; NULL if there are no more. */
static struct edit_place *
edit_first(struct edit_place *v, size_t len)
{
	struct edit_place *first = NULL;
	size_t i;

	for (i = 0; i < len; i++)
		if (v[i].more && (first == NULL || v[i].from < first->from))
			first = &v[i];
	return first;
}

/* Go through all matches of all edits in file order. */
static void
edit_build(struct edit_result *r, struct edit_place *v, size_t len,
    const char *file, size_t n, const struct edit_one *edits)
{
	enum edit_eol eol = edit_eol_of(file, n);
	struct edit_place *p, *last = NULL;
	size_t pos = 0, line = 1, counted = 0, next = SIZE_MAX, i;
	int rc = 0;

	for (i = 0; i < len; i++) {
		const struct edit_one *one = &edits[i];

		v[i].literal = eol == EDIT_EOL_NONE || (eol ==
		    EDIT_EOL_MIXED && v[i].f.norm == NULL &&
		    memchr(one->old, '\n', one->old_n) != NULL);
		edit_eol_convert(&v[i].lf, one->new, one->new_n, false);
		edit_eol_convert(&v[i].crlf, one->new, one->new_n, true);
		v[i].f.at = v[i].f.matched = 0;
		v[i].more = edit_finder_next(&v[i].f, &v[i].from, &v[i].to);
	}
	r->count = r->lines_len = 0;
	while (rc == 0 && (p = edit_first(v, len)) != NULL) {
		const struct edit_one *one = &edits[p - v];
		const struct buf *b = &p->lf;
		size_t from = p->from, to = p->to;

		p->more = edit_finder_next(&p->f, &p->from, &p->to);
		if (from < pos && p != last) {
			r->kind = EDIT_OVERLAP;
			r->at = (size_t)(p - v);
			r->other = (size_t)(last - v);
			goto out;
		}
		if (from < pos)		/* overlaps the previous one */
			continue;
		last = p;
		r->count++;
		edit_line_note(r, file, from, &line, &counted);
		/* A match that starts between CR and LF includes the CR. */
		if (!p->literal && from > pos && file[from] == '\n' &&
		    file[from - 1] == '\r')
			from--;
		rc = buf_add(&r->content, file + pos, from - pos);
		if (eol == EDIT_EOL_CRLF || (eol == EDIT_EOL_MIXED &&
		    !p->literal && edit_eol_is_crlf(file, n, from, &next)))
			b = &p->crlf;
		if (rc == 0 && p->literal)
			rc = buf_add(&r->content, one->new, one->new_n);
		else if (rc == 0)
			rc = buf_add(&r->content, buf_str(b), b->len);
		pos = to;
	}
	if (rc == 0)
		rc = buf_add(&r->content, file + pos, n - pos);
	if (rc < 0)
		r->kind = EDIT_TOO_LARGE;
	else if (r->content.len == n && memcmp(r->content.p, file, n) == 0)
		r->kind = EDIT_NO_CHANGE;
	else
		r->kind = EDIT_OK;
out:
	if (r->kind != EDIT_OK)
		buf_release(&r->content);
}

void
edit_apply_list(struct edit_result *r, const char *file, size_t n,
    const struct edit_one *edits, size_t len, size_t max)
{
	struct edit_place *v = xcalloc(len, sizeof(*v));
	AUTO(edit_norm_release) struct edit_norm hay = { 0 };
	bool made = false;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	r->kind = EDIT_EMPTY_OLD;
	for (i = 0; i < len; i++) {
		r->at = i;
		edit_find(r, &v[i], file, n, &edits[i], &hay, &made);
		if (r->kind != EDIT_OK)
			break;
	}
	if (r->kind == EDIT_OK)
		edit_build(r, v, len, file, n, edits);
	for (i = 0; i < len; i++) {
		edit_finder_release(&v[i].f);
		edit_norm_release(&v[i].needle);
		buf_release(&v[i].lf);
		buf_release(&v[i].crlf);
	}
	free(v);
}

void
edit_result_release(struct edit_result *r)
{
	buf_release(&r->content);
	r->lines_len = r->count = 0;
}
