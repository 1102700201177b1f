/*
 * edit-match: finds the matches, checks that they are unambiguous, and builds
 * the new content. edit-match.h has the rules. Uses Knuth-Morris-Pratt: hostile
 * repetition costs no more than plain text.
 */

#include "config.h"

#include "tool/edit-match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "tool/impl.h"

#define EDIT_CLUSTER_MAX 32	/* code points treated as one letter */

struct edit_run {
	size_t	 norm, orig;	/* offsets on either side */
	size_t	 norm_n, orig_n;
	bool	 atom;
};

/* A text in the form used for comparison, with a map to the original. */
struct edit_norm {
	struct buf	 text;
	struct buf	 tail;		/* spaces dropped at the very end */
	struct edit_run	*runs;
	size_t		 runs_len;
};

struct edit_norm_work {
	struct edit_norm	*out;
	const char		*p;
	size_t			 n;
	size_t			 tail_norm;	/* after the line's last */
	size_t			 tail_orig;	/* character that isn't a
						   space */
};

/* The ASCII form of a code point, or the same. */
static uint32_t
edit_fold(uint32_t cp)
{
	if (cp < 0x80)
		return cp;
	if (cp >= 0x2018 && cp <= 0x201b)
		return '\'';
	if (cp >= 0x201c && cp <= 0x201f)
		return '"';
	if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xfe58 ||
	    cp == 0xfe63 || cp == 0xff0d)
		return '-';
	if (cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
	    cp == 0x202f || cp == 0x205f || cp == 0x3000)
		return ' ';
	return cp;
}

static void
edit_norm_add(struct edit_norm_work *w, size_t orig, size_t orig_n,
    const char *p, size_t n, bool atom)
{
	struct edit_norm *o = w->out;
	struct edit_run *last = o->runs_len == 0 ? NULL :
	    &o->runs[o->runs_len - 1];

	if (!atom && last != NULL && !last->atom &&
	    last->orig + last->orig_n == orig) {
		last->norm_n += n;
		last->orig_n += n;
	} else {
		GROW(o->runs, o->runs_len);
		o->runs[o->runs_len++] = (struct edit_run){
			.norm = o->text.len, .orig = orig, .norm_n = n,
			.orig_n = orig_n, .atom = atom,
		};
	}
	buf_add(&o->text, p, n);
}

/* Append a character that isn't a space. */
static void
edit_norm_letter(struct edit_norm_work *w, size_t orig, size_t orig_n,
    const char *p, size_t n, bool atom)
{
	edit_norm_add(w, orig, orig_n, p, n, atom);
	w->tail_norm = w->out->text.len;
	w->tail_orig = orig + orig_n;
}

/* Drop the spaces after the line's last character. */
static void
edit_norm_cut(struct edit_norm_work *w)
{
	struct edit_norm *o = w->out;

	while (o->runs_len > 0 &&
	    o->runs[o->runs_len - 1].norm >= w->tail_norm)
		o->runs_len--;
	if (o->runs_len > 0) {
		struct edit_run *last = &o->runs[o->runs_len - 1];

		if (last->norm + last->norm_n > w->tail_norm) {
			last->norm_n = w->tail_norm - last->norm;
			last->orig_n = last->norm_n;
		}
	}
	if (o->text.len > w->tail_norm)
		buf_cut(&o->text, w->tail_norm);
}

/* A line ending of `n` bytes at i. */
static void
edit_norm_newline(struct edit_norm_work *w, size_t i, size_t n)
{
	size_t orig = i;

	if (w->tail_orig < i) {
		edit_norm_cut(w);
		orig = w->tail_orig;
	}
	edit_norm_letter(w, orig, i + n - orig, "\n", 1, i + n - orig > 1);
}

/* The end of the letter that starts at i: a base and its marks. */
static size_t
edit_norm_cluster(const struct edit_norm_work *w, size_t i, size_t *chars)
{
	utf8proc_int32_t state = 0;
	uint32_t prev, cp;
	size_t used = utf8_next(w->p + i, w->n - i, &prev);

	*chars = 1;
	for (i += used; i < w->n && *chars < EDIT_CLUSTER_MAX; i += used) {
		used = utf8_next(w->p + i, w->n - i, &cp);
		if (used == 0 || utf8proc_grapheme_break_stateful(
		    (utf8proc_int32_t)prev, (utf8proc_int32_t)cp, &state))
			break;
		prev = cp;
		++*chars;
	}
	return i;
}

/* The letter at i, up to `end`, composed and folded. */
static void
edit_norm_compose(struct edit_norm_work *w, size_t i, size_t end)
{
	utf8proc_int32_t cps[EDIT_CLUSTER_MAX * 8];
	const utf8proc_option_t opts = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	AUTO_BUF struct buf b = BUF_INIT(0);
	utf8proc_ssize_t n, k;

	n = utf8proc_decompose((const utf8proc_uint8_t *)w->p + i,
	    (utf8proc_ssize_t)(end - i), cps, MEM_COUNT(cps), opts);
	if (n > 0 && (size_t)n <= MEM_COUNT(cps))
		n = utf8proc_normalize_utf32(cps, n, opts);
	else
		n = 0;
	for (k = 0; k < n; k++)
		utf8_put(&b, edit_fold((uint32_t)cps[k]));
	if (b.len == 0)
		edit_norm_letter(w, i, end - i, w->p + i, end - i, true);
	else if (b.len == 1 && b.p[0] == ' ')
		edit_norm_add(w, i, end - i, " ", 1, true);
	else
		edit_norm_letter(w, i, end - i, buf_str(&b), b.len,
		    b.len != end - i || memcmp(b.p, w->p + i, b.len) != 0);
}

/* One letter at i that is not plain ASCII. Returns its end. */
static size_t
edit_norm_wide(struct edit_norm_work *w, size_t i)
{
	uint32_t cp, to;
	size_t end, chars = 1;
	size_t used = utf8_next(w->p + i, w->n - i, &cp);
	char c;

	if (used == 0) {
		edit_norm_letter(w, i, 1, w->p + i, 1, false);
		return i + 1;
	}
	end = edit_norm_cluster(w, i, &chars);
	if (chars > 1 || utf8proc_get_property(
	    (utf8proc_int32_t)cp)->decomp_seqindex != UINT16_MAX) {
		edit_norm_compose(w, i, end);
		return end;
	}
	to = edit_fold(cp);
	c = (char)to;
	if (to == cp)
		edit_norm_letter(w, i, used, w->p + i, used, false);
	else if (to == ' ')
		edit_norm_add(w, i, used, &c, 1, true);
	else
		edit_norm_letter(w, i, used, &c, 1, true);
	return end;
}

/* Does the character at i (not ASCII) combine with the ASCII letter before
 * it? */
static bool
edit_norm_is_mark(const struct edit_norm_work *w, size_t i)
{
	utf8proc_int32_t state = 0;
	uint32_t cp;

	return utf8_next(w->p + i, w->n - i, &cp) != 0 &&
	    !utf8proc_grapheme_break_stateful(w->p[i - 1],
	    (utf8proc_int32_t)cp, &state);
}

static void
edit_norm_init(struct edit_norm *o, const char *p, size_t n)
{
	struct edit_norm_work w = { .out = o, .p = p, .n = n };
	size_t i, k;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < n; i = k) {
		for (k = i; k < n && (unsigned char)p[k] < 0x80 &&
		    strchr(" \t\r\n", p[k]) == NULL; k++)
			;
		/* strchr finds NUL too: treat it as a letter. */
		while (k < n && p[k] == '\0')
			k++;
		if (k > i && k < n && (unsigned char)p[k] >= 0x80 &&
		    edit_norm_is_mark(&w, k)) {
			k--;
			if (k > i)
				edit_norm_letter(&w, i, k - i, p + i, k - i,
				    false);
			k = edit_norm_wide(&w, k);
		} else if (k > i) {
			edit_norm_letter(&w, i, k - i, p + i, k - i, false);
		} else if (p[i] == '\n') {
			edit_norm_newline(&w, i, 1);
			k = i + 1;
		} else if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n') {
			edit_norm_newline(&w, i, 2);
			k = i + 2;
		} else if (p[i] == ' ' || p[i] == '\t') {
			if (i + 1 < n && (unsigned char)p[i + 1] >= 0x80 &&
			    edit_norm_is_mark(&w, i + 1)) {
				k = edit_norm_wide(&w, i);
			} else {
				edit_norm_add(&w, i, 1, p + i, 1, false);
				k = i + 1;
			}
		} else if (p[i] == '\r') {
			edit_norm_letter(&w, i, 1, p + i, 1, false);
			k = i + 1;
		} else {
			k = edit_norm_wide(&w, i);
		}
	}
	if (w.tail_norm < o->text.len) {
		buf_add(&o->tail, o->text.p + w.tail_norm,
		    o->text.len - w.tail_norm);
		edit_norm_cut(&w);
	}
}

static void
edit_norm_release(struct edit_norm *o)
{
	buf_release(&o->text);
	buf_release(&o->tail);
	free(o->runs);
	memset(o, 0, sizeof(*o));
}

char *
edit_plain(const char *p, size_t n)
{
	AUTO(edit_norm_release) struct edit_norm o = { 0 };

	edit_norm_init(&o, p, n);
	buf_add(&o.text, buf_str(&o.tail), o.tail.len);
	return buf_take(&o.text);
}

/* The place of byte `at` on the other side: of the text, or of the original.
 * False: it is inside of a letter. */
static bool
edit_norm_place(const struct edit_norm *o, bool orig, size_t at, size_t *to)
{
	size_t k = MEM_FIRST(o->runs_len, i,
	    (orig ? o->runs[i].orig : o->runs[i].norm) > at);
	const struct edit_run *r = &o->runs[k - 1];
	size_t in = at - (orig ? r->orig : r->norm);
	size_t n = orig ? r->orig_n : r->norm_n;

	*to = (orig ? r->norm : r->orig) + (in != n ? in : orig ? r->norm_n :
	    r->orig_n);
	return in == n || in == 0 || (in < n && !r->atom);
}

struct edit_finder {
	const char		*hay, *needle;
	size_t			 hay_n, needle_n;
	uint32_t		*fail;
	size_t			 at, matched;
	const struct edit_norm	*norm;	/* positions in the hay; NULL: exact */
	const struct buf	*tail;	/* trailing spaces of the needle */
	const char		*other;	/* the file, if it isn't UTF-8 */
};

/* May a match begin here? Not in the second byte of a character, which looks
 * like ASCII in Shift_JIS, GBK and Big5; an undeclared file may be in one of
 * these. */
static bool
edit_finder_takes(const struct edit_finder *f, size_t from)
{
	return f->other == NULL || from == 0 ||
	    (f->other[from - 1] & 0x80) == 0;
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
		if (f->norm == NULL && edit_finder_takes(f, start)) {
			*from = start;
			*to = end;
			return true;
		}
		if (f->norm == NULL)
			continue;
		/* The needle's trailing spaces must be there too, or have been
		 * dropped at a line end. */
		if (f->tail->len > 0 && f->hay_n - end >= f->tail->len &&
		    memcmp(f->hay + end, f->tail->p, f->tail->len) == 0)
			end += f->tail->len;
		else if (f->tail->len > 0 && end < f->hay_n &&
		    f->hay[end] != '\n')
			continue;
		if (edit_norm_place(f->norm, false, start, from) &&
		    edit_norm_place(f->norm, false, end, to) &&
		    edit_finder_takes(f, *from))
			return true;
	}
	return false;
}

/* The line ending of a text. */
enum edit_eol { EDIT_EOL_NONE, EDIT_EOL_LF, EDIT_EOL_CRLF, EDIT_EOL_MIXED };

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

/* Append the text with a uniform line ending. */
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

void
edit_eol_keep(struct buf *b, const char *old, size_t old_n, const char *new,
    size_t new_n)
{
	if (edit_eol_of(old, old_n) == EDIT_EOL_CRLF)
		edit_eol_convert(b, new, new_n, true);
	else
		buf_add(b, new, new_n);
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

/* A match that wasn't exact. */
struct edit_kept {
	struct buf	*out;
	const char	*file;
	struct edit_norm of_file, of_old;	/* the same text */
	bool		 crlf;
};

/* The place in the file of one in the old text. */
static bool
edit_kept_in_file(const struct edit_kept *k, size_t at, size_t *to)
{
	return edit_norm_place(&k->of_old, true, at, to) &&
	    edit_norm_place(&k->of_file, false, *to, to);
}

/* Append bytes [at, end) of the old text, which the new one (p) has, too, as
 * they are in the file. */
static void
edit_keep_same(const struct edit_kept *k, size_t at, size_t end, const char *p)
{
	size_t from = at, to = end, x = 0, y = 0;

	while (from < end && !edit_kept_in_file(k, from, &x))
		from++;
	while (to > from && !edit_kept_in_file(k, to, &y))
		to--;
	edit_eol_convert(k->out, p, from - at, k->crlf);
	if (from < to)
		buf_add(k->out, k->file + x, y - x);
	edit_eol_convert(k->out, p + (to - at), end - to, k->crlf);
}

/* Append the new text, but where the old one has the same characters, those of
 * the file (n bytes, which match the old text): only what differs changes. The
 * rest ends its lines in CRLF if `crlf`. */
static void
edit_keep(struct buf *out, const char *file, size_t n, const char *old,
    size_t old_n, const char *new, size_t new_n, bool crlf)
{
	struct edit_kept k = { .out = out, .file = file, .crlf = crlf };
	AUTO_FREE struct line_op *ops = NULL;
	size_t len = 0, i = 0, at = 0, x, y, head, tail;
	bool same;

	edit_norm_init(&k.of_file, file, n);
	edit_norm_init(&k.of_old, old, old_n);
	if (k.of_old.runs_len > 0 && k.of_old.text.len == k.of_file.text.len &&
	    memcmp(k.of_old.text.p, k.of_file.text.p, k.of_old.text.len) == 0)
		ops = line_ops(old, old_n, new, new_n, true, &len);
	else
		edit_eol_convert(out, new, new_n, crlf);
	/* One word alone between others is the same by chance. */
	for (x = 1; x + 1 < len; x++)
		if (ops[x].sign == ' ' && ops[x - 1].sign != ' ' &&
		    ops[x + 1].sign != ' ')
			ops[x].sign = '=';
	while (i < len) {
		/* Words that are the same, or all until the next such one. */
		same = ops[i].sign == ' ';
		for (x = y = 0; i < len && same == (ops[i].sign == ' '); i++) {
			x += ops[i].sign != '+' ? ops[i].n : 0;
			y += ops[i].sign != '-' ? ops[i].n : 0;
		}
		head = diff_ends(old + at, x, new, y, &tail);
		edit_keep_same(&k, at, at + head, new);
		edit_eol_convert(out, new + head, y - head - tail, crlf);
		edit_keep_same(&k, at + x - tail, at + x, new + y - tail);
		at += x;
		new += y;
	}
	edit_norm_release(&k.of_file);
	edit_norm_release(&k.of_old);
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
    size_t n, const char *other, const struct edit_one *one,
    struct edit_norm *hay, bool *made)
{
	r->kind = EDIT_EMPTY_OLD;
	if (one->old_n == 0)
		return;
	r->kind = EDIT_NO_CHANGE;
	if (one->old_n == one->new_n &&
	    memcmp(one->old, one->new, one->old_n) == 0)
		return;
	edit_finder_init(&p->f, file, n, one->old, one->old_n);
	p->f.other = other;
	edit_count(r, p, file);
	if (r->count == 0) {
		edit_finder_release(&p->f);
		if (!*made)
			edit_norm_init(hay, file, n);
		*made = true;
		edit_norm_init(&p->needle, one->old, one->old_n);
		edit_finder_init(&p->f, buf_str(&hay->text), hay->text.len,
		    buf_str(&p->needle.text), p->needle.text.len);
		p->f.other = other;
		p->f.norm = hay;
		p->f.tail = &p->needle.tail;
		edit_count(r, p, file);
		r->fuzzy = r->fuzzy || r->count > 0;
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
		/* A match that starts between CR and LF includes the CR. */
		if (!p->literal && from > pos && file[from] == '\n' &&
		    file[from - 1] == '\r')
			from--;
		rc = buf_add(&r->content, file + pos, from - pos);
		edit_line_note(r, r->content.p, r->content.len, &line,
		    &counted);
		if (eol == EDIT_EOL_CRLF || (eol == EDIT_EOL_MIXED &&
		    !p->literal && edit_eol_is_crlf(file, n, from, &next)))
			b = &p->crlf;
		if (p->f.norm != NULL)
			edit_keep(&r->content, file + from, to - from,
			    one->old, one->old_n, buf_str(&p->lf), p->lf.len,
			    b == &p->crlf || (p->literal && memmem(one->new,
			    one->new_n, "\r\n", 2) != NULL));
		else if (p->literal)
			buf_add(&r->content, one->new, one->new_n);
		else
			buf_add(&r->content, buf_str(b), b->len);
		rc = r->content.full ? -1 : 0;
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
	AUTO_FREE struct edit_place *v = xcalloc(len, sizeof(*v));
	AUTO(edit_norm_release) struct edit_norm hay = { 0 };
	const char *other = utf8_is_valid(file, n) ? NULL : file;
	bool made = false;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	r->kind = EDIT_EMPTY_OLD;
	for (i = 0; i < len; i++) {
		r->at = i;
		edit_find(r, &v[i], file, n, other, &edits[i], &hay, &made);
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
}

/*
 * After a failed match, guesses the intended place. Each line of the
 * file that equals a line of old_string (ignoring surrounding spaces) votes for
 * a start of old_string; without such lines, the letter pairs of its longest
 * line decide. Linear in the file.
 */

#define NEAR_OLD_LINES	200	/* lines of old_string considered */
#define NEAR_SAME	8	/* equal lines that get a vote each */
#define NEAR_LINE	400	/* bytes of a line compared */
#define NEAR_SHOWN	12	/* lines shown */
#define NEAR_QUOTE	120	/* bytes of a line that are shown */

struct near_line {
	const char	*p;
	size_t		 n;
	uint64_t	 hash;	/* the line without surrounding spaces */
	unsigned	 weight; /* 0: blank */
};

static struct near_line
near_line_next(const char **p, const char *end)
{
	struct near_line l = { .p = *p };
	size_t i, k;

	l.n = (size_t)(mem_line_end(*p, end) - *p);
	*p = mem_line_after(*p, end);
	if (l.n > 0 && l.p[l.n - 1] == '\r')
		l.n--;
	for (k = l.n; k > 0 && (l.p[k - 1] == ' ' || l.p[k - 1] == '\t'); k--)
		;
	for (i = 0; i < k && (l.p[i] == ' ' || l.p[i] == '\t'); i++)
		;
	l.weight = k == i ? 0 : k - i < 3 ? 1 : 4;
	l.hash = hash_bytes(HASH_BEGIN, l.p + i, k - i);
	return l;
}

/* The same, masked if it belongs to a private key. */
static struct near_line
near_line_shown(const char **p, const char *end, struct keytext_lines *key)
{
	struct near_line l = near_line_next(p, end);

	if (keytext_line(key, l.p, l.n)) {
		l.p = KEYTEXT_MARK;
		l.n = sizeof(KEYTEXT_MARK) - 1;
	}
	return l;
}

static size_t
near_pair(const char *p)
{
	return ((size_t)(unsigned char)p[0] * 31 + (unsigned char)p[1]) & 4095;
}

/* Similarity of two lines in thousandths, by shared letter pairs. */
static unsigned
near_alike(const unsigned char set[4096], size_t set_n,
    const struct near_line *l)
{
	size_t n = l->n > NEAR_LINE ? NEAR_LINE : l->n, i, common = 0;

	if (n < 2)
		return 0;
	for (i = 0; i + 1 < n; i++)
		common += set[near_pair(l->p + i)];
	return (unsigned)(2000 * common / (set_n + n - 1));
}

/* The line number (from 0) where old_string should start; false: none. */
static bool
near_start(const char *file, size_t n, const struct near_line *old,
    size_t old_n, size_t *start)
{
	const char *p, *end = file + n;
	unsigned char set[4096] = { 0 };
	AUTO_FREE uint32_t *votes = NULL;
	size_t lines = 0, f, j, longest = 0, set_n, best_at = 0;
	unsigned best = 0;

	for (p = file; p < end; lines++)
		(void)near_line_next(&p, end);
	votes = xcalloc(lines + 1, sizeof(*votes));
	for (j = 0; j < old_n; j++)
		if (old[j].n > old[longest].n)
			longest = j;
	for (p = file, f = 0; p < end; f++) {
		struct near_line l = near_line_next(&p, end);
		size_t same = 0;

		if (l.weight == 0)
			continue;
		for (j = 0; j < old_n && same < NEAR_SAME; j++) {
			if (old[j].hash != l.hash || old[j].weight == 0)
				continue;
			same++;
			votes[f >= j ? f - j : 0] += l.weight;
		}
	}
	for (f = 0; f < lines; f++)
		if (votes[f] > best) {
			best = votes[f];
			best_at = f;
		}
	if (best >= 4) {
		*start = best_at;
		return true;
	}
	set_n = old[longest].n > NEAR_LINE ? NEAR_LINE : old[longest].n;
	for (j = 0; j + 1 < set_n; j++)
		set[near_pair(old[longest].p + j)] = 1;
	best = 0;
	for (p = file, f = 0; p < end; f++) {
		struct near_line l = near_line_next(&p, end);
		unsigned alike = near_alike(set, set_n == 0 ? 0 : set_n - 1,
		    &l);

		if (alike > best) {
			best = alike;
			best_at = f >= longest ? f - longest : 0;
		}
	}
	*start = best_at;
	return best >= 500;
}

/* Does old_string's line j match this line of the file exactly? */
static bool
near_fits(const struct near_line *l, const struct near_line *o, bool first,
    bool last)
{
	if (o->n > l->n)
		return false;
	if (first && last)
		return o->n == 0 || memmem(l->p, l->n, o->p, o->n) != NULL;
	if (first)
		return memcmp(l->p + l->n - o->n, o->p, o->n) == 0;
	if (last)
		return memcmp(l->p, o->p, o->n) == 0;
	return l->n == o->n && memcmp(l->p, o->p, o->n) == 0;
}

static void
near_show(struct buf *out, const char *file, size_t n, size_t start,
    const struct near_line *old, size_t old_n)
{
	const char *p = file, *end = file + n;
	AUTO_BUF struct buf list = BUF_INIT(0);
	struct keytext_lines key = { .left = 0 }, at;
	size_t i, shown = 0, skip = 0, differs = old_n;

	for (i = 0; i < start && p < end; i++)
		(void)near_line_shown(&p, end, &key);
	file = p;
	at = key;
	for (i = 0; i < old_n && p < end; i++) {
		struct near_line l = near_line_shown(&p, end, &at);
		AUTO_FREE char *a = NULL, *b = NULL;

		if (near_fits(&l, &old[i], i == 0, i + 1 == old_n))
			continue;
		differs = i;
		a = show_dup(l.p, l.n, NEAR_QUOTE);
		b = show_dup(old[i].p, old[i].n, NEAR_QUOTE);
		buf_addf(&list, "\nThe first difference: line %zu is `%s`, "
		    "old_string has `%s`.", start + i + 1, a, b);
		break;
	}
	if (old_n > NEAR_SHOWN && differs < old_n && differs > 2)
		skip = differs - 2;
	buf_adds(out, "The most similar lines of the file are:");
	for (i = 0, p = file; i < old_n && p < end && shown < NEAR_SHOWN;
	    i++) {
		struct near_line l = near_line_shown(&p, end, &key);
		size_t keep = utf8_cut(l.p, l.n, NEAR_QUOTE);

		if (i < skip)
			continue;
		buf_addf(out, "\n%zu: ", start + i + 1);
		tool_show_text(out, l.p, keep);
		if (keep < l.n)
			buf_adds(out, "\xe2\x80\xa6");
		shown++;
	}
	buf_adds(out, buf_str(&list));
}

void
edit_nearest(struct buf *out, const char *file, size_t n, const char *old,
    size_t old_n)
{
	AUTO_FREE struct near_line *lines = NULL;
	const char *p = old, *end = old + old_n;
	size_t len = 0, start;

	if (n == 0)
		return;
	lines = xcalloc(NEAR_OLD_LINES, sizeof(*lines));
	while (p < end && len < NEAR_OLD_LINES)
		lines[len++] = near_line_next(&p, end);
	if (len > 0 && near_start(file, n, lines, len, &start))
		near_show(out, file, n, start, lines, len);
}
