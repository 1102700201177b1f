/*
 * edit-match: find the places, decide whether they are the one that was meant,
 * and build the new content.  See edit.h for the rules.  Searching is
 * Knuth-Morris-Pratt: hostile repetitions cost no more than plain text.
 */
#include "config.h"

#include "tool/edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Which line end the file has. */
enum edit_eol { EDIT_EOL_NONE, EDIT_EOL_LF, EDIT_EOL_CRLF, EDIT_EOL_MIXED };

struct edit_finder {
	const char		*hay, *needle;
	size_t			 hay_n, needle_n;
	uint32_t		*fail;
	size_t			 at, matched;
	const struct edit_norm	*norm;	/* of the hay; NULL: exact */
	const struct buf	*tail;	/* blanks that ended the needle */
};

static const char *const edit_fold_names[EDIT_FOLDS] = {
	"curly quotes", "dashes", "special blanks", "composed letters",
	"blanks at line ends", "CRLF line ends",
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
	free(f->fail);
	f->fail = NULL;
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

/* The next place in the file's own bytes; places may overlap. */
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
		/* Blanks that ended the needle are there too, or stood at a
		 * line end. */
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

static void
edit_finder_rewind(struct edit_finder *f)
{
	f->at = f->matched = 0;
}

static enum edit_eol
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

/* new_string with one kind of line end. */
static void
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

/* The line end of the line that holds `at`, in a file that has both kinds.
 * *next remembers the line end found last: places come in order. */
static bool
edit_eol_is_crlf(const char *p, size_t n, size_t at, size_t *next)
{
	const char *nl;

	if (*next < at || *next == SIZE_MAX) {
		nl = memchr(p + at, '\n', n - at);
		if (nl == NULL)
			nl = memrchr(p, '\n', n);
		*next = nl == NULL ? n : (size_t)(nl - p);
		if (nl != NULL && *next < at) {	/* the last one, for good */
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

/* What a fuzzy match overlooked: without that, the two would differ. */
static unsigned
edit_folds_of(const char *a, size_t n, const char *b, size_t m)
{
	unsigned i, folds = 0;

	for (i = 0; i < EDIT_FOLDS; i++) {
		struct edit_norm x, y;

		edit_norm_init(&x, a, n, EDIT_FOLD_ALL & ~(1u << i));
		edit_norm_init(&y, b, m, EDIT_FOLD_ALL & ~(1u << i));
		if (x.text.len != y.text.len || (x.text.len > 0 &&
		    memcmp(x.text.p, y.text.p, x.text.len) != 0))
			folds |= 1u << i;
		edit_norm_release(&x);
		edit_norm_release(&y);
	}
	return folds;
}

/* Count the places; the first in *from, *to. */
static void
edit_count(struct edit_result *r, struct edit_finder *f, const char *file,
    size_t *from, size_t *to)
{
	size_t line = 1, counted = 0, a, b;

	while (edit_finder_next(f, &a, &b)) {
		if (r->count++ == 0) {
			*from = a;
			*to = b;
		}
		edit_line_note(r, file, a, &line, &counted);
	}
}

static void
edit_build(struct edit_result *r, struct edit_finder *f, const char *file,
    size_t n, const char *old, size_t old_n, const char *new, size_t new_n)
{
	enum edit_eol eol = edit_eol_of(file, n);
	struct buf lf = BUF_INIT(0), crlf = BUF_INIT(0);
	size_t pos = 0, from, to, line = 1, counted = 0, next = SIZE_MAX;
	bool literal = eol == EDIT_EOL_NONE || (eol == EDIT_EOL_MIXED &&
	    f->norm == NULL && memchr(old, '\n', old_n) != NULL);
	int rc = 0;

	edit_eol_convert(&lf, new, new_n, false);
	edit_eol_convert(&crlf, new, new_n, true);
	r->count = r->lines_len = 0;
	edit_finder_rewind(f);
	while (rc == 0 && edit_finder_next(f, &from, &to)) {
		const struct buf *b = &lf;

		if (from < pos)		/* overlaps the one before */
			continue;
		r->count++;
		edit_line_note(r, file, from, &line, &counted);
		/* A match from between CR and LF takes the CR along. */
		if (!literal && from > pos && file[from] == '\n' &&
		    file[from - 1] == '\r')
			from--;
		rc = buf_add(&r->content, file + pos, from - pos);
		if (eol == EDIT_EOL_CRLF || (eol == EDIT_EOL_MIXED &&
		    !literal && edit_eol_is_crlf(file, n, from, &next)))
			b = &crlf;
		if (rc == 0 && literal)
			rc = buf_add(&r->content, new, new_n);
		else if (rc == 0)
			rc = buf_add(&r->content, buf_str(b), b->len);
		pos = to;
	}
	if (rc == 0)
		rc = buf_add(&r->content, file + pos, n - pos);
	buf_release(&lf);
	buf_release(&crlf);
	if (rc < 0)
		r->kind = EDIT_TOO_LARGE;
	else if (r->content.len == n && memcmp(r->content.p, file, n) == 0)
		r->kind = EDIT_NO_CHANGE;
	else
		r->kind = EDIT_OK;
	if (r->kind != EDIT_OK)
		buf_release(&r->content);
}

void
edit_apply(struct edit_result *r, const char *file, size_t n,
    const char *old, size_t old_n, const char *new, size_t new_n,
    bool replace_all, size_t max)
{
	struct edit_finder f;
	struct edit_norm hay = { 0 }, needle = { 0 };
	size_t from = 0, to = 0;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	r->kind = EDIT_EMPTY_OLD;
	if (old_n == 0)
		return;
	r->kind = EDIT_NO_CHANGE;
	if (old_n == new_n && memcmp(old, new, old_n) == 0)
		return;
	edit_finder_init(&f, file, n, old, old_n);
	edit_count(r, &f, file, &from, &to);
	if (r->count == 0) {
		edit_finder_release(&f);
		edit_norm_init(&hay, file, n, EDIT_FOLD_ALL);
		edit_norm_init(&needle, old, old_n, EDIT_FOLD_ALL);
		edit_finder_init(&f, buf_str(&hay.text), hay.text.len,
		    buf_str(&needle.text), needle.text.len);
		f.norm = &hay;
		f.tail = &needle.tail;
		edit_count(r, &f, file, &from, &to);
		if (r->count > 0)
			r->folds = edit_folds_of(file + from, to - from, old,
			    old_n);
	}
	if (r->count == 0)
		r->kind = EDIT_NOT_FOUND;
	else if (r->count > 1 && !replace_all)
		r->kind = EDIT_AMBIGUOUS;
	else
		edit_build(r, &f, file, n, old, old_n, new, new_n);
	edit_finder_release(&f);
	edit_norm_release(&hay);
	edit_norm_release(&needle);
}

void
edit_result_release(struct edit_result *r)
{
	buf_release(&r->content);
	r->lines_len = r->count = 0;
}
