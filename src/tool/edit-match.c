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
	enum edit_form		 form;
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
		*GROW_ADD(o->runs, o->runs_len) = (struct edit_run){
			.norm = o->text.len, .orig = orig, .norm_n = n,
			.orig_n = orig_n, .atom = atom,
		};
	}
	buf_add(&o->text, p, n);
}

/* Append a character that is read as a space. */
static void
edit_norm_space(struct edit_norm_work *w, size_t orig, size_t orig_n, char c)
{
	const struct buf *b = &w->out->text;

	if (w->form != EDIT_FLUSH || (b->len > 0 && b->p[b->len - 1] != '\n'))
		edit_norm_add(w, orig, orig_n, &c, 1, orig_n > 1);
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
		edit_norm_space(w, i, end - i, ' ');
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
		edit_norm_space(w, i, used, ' ');
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
edit_norm_init(struct edit_norm *o, enum edit_form form, const char *p,
    size_t n)
{
	struct edit_norm_work w = { .out = o, .form = form, .p = p, .n = n };
	size_t i, k;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < n; i = k) {
		k = i + 1;
		if (p[i] == '\n')
			edit_norm_newline(&w, i, 1);
		else if (mem_starts(p + i, p + n, "\r\n")) {
			edit_norm_newline(&w, i, 2);
			k++;
		} else if ((unsigned char)p[i] >= 0x80 || (k < n &&
		    (unsigned char)p[k] >= 0x80 && edit_norm_is_mark(&w, k)))
			k = edit_norm_wide(&w, i);
		else if (p[i] == ' ' || p[i] == '\t')
			edit_norm_space(&w, i, 1, p[i]);
		else
			edit_norm_letter(&w, i, 1, p + i, 1, false);
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

void
edit_form(struct buf *b, enum edit_form form, const char *p, size_t n)
{
	AUTO(edit_norm_release) struct edit_norm o = { 0 };

	if (form == EDIT_EXACT) {
		buf_add(b, p, n);
		return;
	}
	edit_norm_init(&o, form, p, n);
	buf_add(b, buf_str(&o.text), o.text.len);
	buf_add(b, buf_str(&o.tail), o.tail.len);
}

char *
edit_plain(const char *p, size_t n)
{
	struct buf b = BUF_INIT(0);

	edit_form(&b, EDIT_PLAIN, p, n);
	return buf_take(&b);
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

/* The file, also in the form used for comparison when that is needed. */
struct edit_text {
	const char	*p;
	size_t		 n;
	bool		 is_utf8;
	bool		 is_made;
	struct edit_norm norm;
};

/* Knuth-Morris-Pratt: hostile repetition costs no more than plain text. */
struct edit_finder {
	struct edit_text *file;
	const char	*hay, *needle;
	size_t		 hay_n, needle_n;
	uint32_t	*fail;
	size_t		 at, matched;
	bool		 is_plain;	/* hay and needle are in that form */
	struct edit_norm of_needle;
};

/* May a match begin here? Not in the second byte of a character, which looks
 * like ASCII in Shift_JIS, GBK and Big5; an undeclared file may be in one of
 * these. */
static bool
edit_finder_takes(const struct edit_finder *f, size_t from)
{
	return f->file->is_utf8 || from == 0 ||
	    (f->file->p[from - 1] & 0x80) == 0;
}

static void
edit_finder_init(struct edit_finder *f, struct edit_text *file, bool plain,
    const char *old, size_t old_n)
{
	size_t i, k = 0;

	*f = (struct edit_finder){ .file = file, .hay = file->p,
		.hay_n = file->n, .needle = old, .needle_n = old_n,
		.is_plain = plain };
	if (plain) {
		if (!file->is_made)
			edit_norm_init(&file->norm, EDIT_PLAIN, file->p,
			    file->n);
		file->is_made = true;
		edit_norm_init(&f->of_needle, EDIT_PLAIN, old, old_n);
		f->hay = buf_str(&file->norm.text);
		f->hay_n = file->norm.text.len;
		f->needle = buf_str(&f->of_needle.text);
		f->needle_n = f->of_needle.text.len;
	}
	if (f->needle_n == 0 || f->needle_n > f->hay_n ||
	    f->needle_n > UINT32_MAX) {
		f->hay_n = 0;
		return;
	}
	f->fail = xreallocarray(NULL, f->needle_n, sizeof(*f->fail));
	f->fail[0] = 0;
	for (i = 1; i < f->needle_n; i++) {
		while (k > 0 && f->needle[i] != f->needle[k])
			k = f->fail[k - 1];
		if (f->needle[i] == f->needle[k])
			k++;
		f->fail[i] = (uint32_t)k;
	}
}

static void
edit_finder_release(struct edit_finder *f)
{
	FREE_NULL(f->fail);
	edit_norm_release(&f->of_needle);
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
	const struct buf *tail = &f->of_needle.tail;
	size_t end, start;

	while (edit_finder_hit(f, &end)) {
		start = end - f->needle_n;
		/* The needle's trailing spaces must be there too, or have been
		 * dropped at a line end. */
		if (tail->len > 0 && f->hay_n - end >= tail->len &&
		    memcmp(f->hay + end, tail->p, tail->len) == 0)
			end += tail->len;
		else if (tail->len > 0 && end < f->hay_n &&
		    f->hay[end] != '\n')
			continue;
		*from = start;
		*to = end;
		if ((!f->is_plain || (edit_norm_place(&f->file->norm, false,
		    start, from) && edit_norm_place(&f->file->norm, false, end,
		    to))) && edit_finder_takes(f, *from))
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

/* The line ending of the line at `at`, or of the last line, at `last`, that has
 * one. *next is the newline that was found before: matches come in order. */
static bool
edit_eol_is_crlf(const char *p, size_t n, size_t at, const char **next,
    const char *last)
{
	const char *nl;

	if (*next <= p + at)
		*next = mem_line_end(p + at, p + n);
	nl = *next < p + n ? *next : last;
	return nl != NULL && nl > p && nl[-1] == '\r';
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

	edit_norm_init(&k.of_file, EDIT_PLAIN, file, n);
	edit_norm_init(&k.of_old, EDIT_PLAIN, old, old_n);
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

void
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

/* Locate one edit: r->kind is EDIT_OK if there is one match, or all are
 * wanted. */
static void
edit_find(struct edit_result *r, struct edit_place *p, struct edit_text *file,
    const struct edit_one *one)
{
	int plain;

	r->kind = EDIT_EMPTY_OLD;
	if (one->old_n == 0)
		return;
	r->kind = EDIT_NO_CHANGE;
	if (one->old_n == one->new_n &&
	    memcmp(one->old, one->new, one->old_n) == 0)
		return;
	r->count = 0;
	for (plain = 0; plain < 2 && r->count == 0; plain++) {
		edit_finder_release(&p->f);
		edit_finder_init(&p->f, file, plain, one->old, one->old_n);
		edit_count(r, p, file->p);
	}
	r->fuzzy = r->fuzzy || (r->count > 0 && p->f.is_plain);
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

/* Append what replaces the match [from, to), with the line ending of its
 * place. */
static void
edit_put(struct buf *out, const struct edit_place *p,
    const struct edit_one *one, size_t from, size_t to, bool crlf)
{
	AUTO_BUF struct buf lf = BUF_INIT(0);

	if (p->f.is_plain) {
		edit_eol_convert(&lf, one->new, one->new_n, false);
		edit_keep(out, p->f.file->p + from, to - from, one->old,
		    one->old_n, buf_str(&lf), lf.len, p->literal ?
		    memmem(one->new, one->new_n, "\r\n", 2) != NULL : crlf);
	} else if (p->literal)
		buf_add(out, one->new, one->new_n);
	else
		edit_eol_convert(out, one->new, one->new_n, crlf);
}

/* Go through all matches of all edits in file order. */
static void
edit_build(struct edit_result *r, struct edit_place *v, size_t len,
    const char *file, size_t n, const struct edit_one *edits)
{
	enum edit_eol eol = edit_eol_of(file, n);
	struct edit_place *p, *last = NULL;
	size_t pos = 0, line = 1, counted = 0, from, to, i;
	const char *next = file, *last_nl = memrchr(file, '\n', n);

	for (i = 0; i < len; i++) {
		v[i].literal = eol == EDIT_EOL_NONE || (eol ==
		    EDIT_EOL_MIXED && !v[i].f.is_plain &&
		    memchr(edits[i].old, '\n', edits[i].old_n) != NULL);
		v[i].f.at = v[i].f.matched = 0;
		v[i].more = edit_finder_next(&v[i].f, &v[i].from, &v[i].to);
	}
	r->count = r->lines_len = 0;
	while (!r->content.full && (p = edit_first(v, len)) != NULL) {
		from = p->from;
		to = p->to;
		p->more = edit_finder_next(&p->f, &p->from, &p->to);
		if (from < pos && p != last) {
			r->kind = EDIT_OVERLAP;
			r->at = (size_t)(p - v);
			r->other = (size_t)(last - v);
			return;
		}
		if (from < pos)		/* overlaps the previous one */
			continue;
		last = p;
		r->count++;
		/* A match that starts between CR and LF includes the CR. */
		if (!p->literal && from > pos && file[from] == '\n' &&
		    file[from - 1] == '\r')
			from--;
		buf_add(&r->content, file + pos, from - pos);
		edit_line_note(r, r->content.p, r->content.len, &line,
		    &counted);
		edit_put(&r->content, p, &edits[p - v], from, to,
		    edit_eol_is_crlf(file, n, from, &next, last_nl));
		pos = to;
	}
	buf_add(&r->content, file + pos, n - pos);
	if (r->content.full)
		r->kind = EDIT_TOO_LARGE;
	else if (r->content.len == n && memcmp(r->content.p, file, n) == 0)
		r->kind = EDIT_NO_CHANGE;
}

void
edit_apply_list(struct edit_result *r, const char *file, size_t n,
    const struct edit_one *edits, size_t len, size_t max)
{
	AUTO_FREE struct edit_place *v = xcalloc(len, sizeof(*v));
	struct edit_text text = { .p = file, .n = n,
		.is_utf8 = utf8_is_valid(file, n) };
	size_t i;

	memset(r, 0, sizeof(*r));
	r->content.max = max;
	r->kind = EDIT_EMPTY_OLD;
	for (i = 0; i < len; i++) {
		r->at = i;
		edit_find(r, &v[i], &text, &edits[i]);
		if (r->kind != EDIT_OK)
			break;
	}
	if (r->kind == EDIT_OK)
		edit_build(r, v, len, file, n, edits);
	if (r->kind != EDIT_OK)
		buf_release(&r->content);
	for (i = 0; i < len; i++)
		edit_finder_release(&v[i].f);
	edit_norm_release(&text.norm);
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

/* A line without the spaces around it. */
static const char *
near_said(const struct line *l, size_t *n)
{
	const char *p = l->p, *end = p + l->n;

	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*n = (size_t)(end - p);
	return p;
}

/* The lines without their ends; those with the same hash say the same. */
static void
near_cut(struct lines *l, const char *text, size_t len)
{
	const char *p;
	size_t i, n;

	lines_cut(l, text, len);
	for (i = 0; i < l->len; i++) {
		struct line *x = &l->v[i];

		x->n -= x->n > 0 && x->p[x->n - 1] == '\n';
		x->n -= x->n > 0 && x->p[x->n - 1] == '\r';
		p = near_said(x, &n);
		x->hash = hash_bytes(HASH_BEGIN, p, n);
	}
}

/* The same, masked if it belongs to a private key. */
static struct line
near_shown(const struct line *l, struct keytext_lines *key)
{
	return keytext_line(key, l->p, l->n) ? (struct line){ KEYTEXT_MARK,
		sizeof(KEYTEXT_MARK) - 1, 0 } : *l;
}

static size_t
near_pair(const char *p)
{
	return ((size_t)(unsigned char)p[0] * 31 + (unsigned char)p[1]) & 4095;
}

/* Similarity of two lines in thousandths, by shared letter pairs. */
static unsigned
near_alike(const unsigned char set[4096], size_t set_n, const struct line *l)
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
near_start(const struct lines *file, const struct lines *old, size_t *start)
{
	unsigned char set[4096] = { 0 };
	AUTO_FREE unsigned *votes = xcalloc(file->len + 1, sizeof(*votes));
	size_t f, j, longest = 0, set_n, n, same;
	unsigned best = 0, alike;

	for (f = 0; f < file->len; f++) {
		(void)near_said(&file->v[f], &n);
		for (j = same = 0; j < old->len && n > 0 && same < NEAR_SAME;
		    j++)
			if (old->v[j].hash == file->v[f].hash) {
				same++;
				votes[f >= j ? f - j : 0] += n < 3 ? 1 : 4;
			}
	}
	for (f = 0; f < file->len; f++)
		if (votes[f] > best) {
			best = votes[f];
			*start = f;
		}
	if (best >= 4)
		return true;
	for (j = 0; j < old->len; j++)
		if (old->v[j].n > old->v[longest].n)
			longest = j;
	n = old->v[longest].n;
	set_n = n < 2 ? 0 : (n > NEAR_LINE ? NEAR_LINE : n) - 1;
	for (j = 0; j < set_n; j++)
		set[near_pair(old->v[longest].p + j)] = 1;
	for (f = 0, best = 0; f < file->len; f++) {
		alike = near_alike(set, set_n, &file->v[f]);
		if (alike > best) {
			best = alike;
			*start = f >= longest ? f - longest : 0;
		}
	}
	return best >= 500;
}

/* Does old_string's line j match this line of the file exactly? */
static bool
near_fits(const struct line *l, const struct line *o, bool first, bool last)
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
near_show(struct buf *out, const struct lines *file, size_t start,
    const struct lines *old)
{
	size_t i, shown = 0, skip = 0, end = start + old->len, differs = end;
	AUTO_BUF struct buf list = BUF_INIT(0);
	struct keytext_lines key = { .left = 0 }, at;

	end = end < file->len ? end : file->len;
	for (i = 0; i < start; i++)
		(void)near_shown(&file->v[i], &key);
	at = key;
	for (; i < end && differs >= end; i++) {
		const struct line l = near_shown(&file->v[i], &at);
		const struct line *o = &old->v[i - start];
		AUTO_FREE char *a = NULL, *b = NULL;

		if (near_fits(&l, o, i == start, i - start + 1 == old->len))
			continue;
		differs = i;
		a = show_dup(l.p, l.n, NEAR_QUOTE);
		b = show_dup(o->p, o->n, NEAR_QUOTE);
		buf_addf(&list, "\nThe first difference: line %zu is `%s`, "
		    "old_string has `%s`.", i + 1, a, b);
	}
	if (old->len > NEAR_SHOWN && differs < end && differs > start + 2)
		skip = differs - 2;
	buf_adds(out, "The most similar lines of the file are:");
	for (i = start; i < end && shown < NEAR_SHOWN; i++) {
		const struct line l = near_shown(&file->v[i], &key);
		size_t keep = utf8_cut(l.p, l.n, NEAR_QUOTE);

		if (i < skip)
			continue;
		buf_addf(out, "\n%zu: ", i + 1);
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
	struct lines of_file = { 0 }, of_old = { 0 };
	size_t start = 0;

	near_cut(&of_file, file, n);
	near_cut(&of_old, old, old_n);
	if (of_old.len > NEAR_OLD_LINES)
		of_old.len = NEAR_OLD_LINES;
	if (of_old.len > 0 && near_start(&of_file, &of_old, &start))
		near_show(out, &of_file, start, &of_old);
	else
		buf_adds(out, "Nothing in the file is similar; read the file "
		    "again.");
	FREE_ALL(of_file.v, of_old.v);
}
