/*
 * edit-norm: a text in the form edit compares, with a map to the original
 * bytes. The map is a list of runs: most are unchanged stretches; an atom is a
 * changed piece and can only match as a whole. Bytes that aren't UTF-8 stand
 * for themselves.
 */
#include "config.h"

#include "tool/tool-edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

#define EDIT_CLUSTER_MAX 32	/* code points treated as one letter */

struct edit_run {
	size_t	 norm, orig;	/* where it starts on either side */
	size_t	 norm_n, orig_n;
	bool	 atom;
};

struct edit_norm_work {
	struct edit_norm	*out;
	const char		*p;
	size_t			 n;
	unsigned		 folds;
	size_t			 tail_norm;	/* after the line's last */
	size_t			 tail_orig;	/* character that isn't a
						   space */
};

/* The ASCII form of a code point, or the same. */
static uint32_t
edit_fold(uint32_t cp, unsigned folds)
{
	if (cp < 0x80)
		return cp;
	if ((folds & EDIT_FOLD_QUOTES) != 0) {
		if (cp >= 0x2018 && cp <= 0x201b)
			return '\'';
		if (cp >= 0x201c && cp <= 0x201f)
			return '"';
	}
	if ((folds & EDIT_FOLD_DASHES) != 0 &&
	    ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xfe58 ||
	    cp == 0xfe63 || cp == 0xff0d))
		return '-';
	if ((folds & EDIT_FOLD_BLANKS) != 0 &&
	    (cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
	    cp == 0x202f || cp == 0x205f || cp == 0x3000))
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
	if (o->text.len > w->tail_norm) {
		o->text.len = w->tail_norm;
		o->text.p[o->text.len] = '\0';
	}
}

/* A line ending of `n` bytes at i. */
static void
edit_norm_newline(struct edit_norm_work *w, size_t i, size_t n)
{
	size_t orig = i;

	if ((w->folds & EDIT_FOLD_TRAILING) != 0 && w->tail_orig < i) {
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
		utf8_put(&b, edit_fold((uint32_t)cps[k], w->folds));
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
	end = i + used;
	if ((w->folds & EDIT_FOLD_COMPOSED) != 0) {
		end = edit_norm_cluster(w, i, &chars);
		if (chars > 1 || utf8proc_get_property(
		    (utf8proc_int32_t)cp)->decomp_seqindex != UINT16_MAX) {
			edit_norm_compose(w, i, end);
			return end;
		}
	}
	to = edit_fold(cp, w->folds);
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

	return (w->folds & EDIT_FOLD_COMPOSED) != 0 &&
	    utf8_next(w->p + i, w->n - i, &cp) != 0 &&
	    !utf8proc_grapheme_break_stateful(w->p[i - 1],
	    (utf8proc_int32_t)cp, &state);
}

void
edit_norm_init(struct edit_norm *o, const char *p, size_t n, unsigned folds)
{
	struct edit_norm_work w = { .out = o, .p = p, .n = n, .folds = folds };
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
		} else if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' &&
		    (folds & EDIT_FOLD_CRLF) != 0) {
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
	if ((folds & EDIT_FOLD_TRAILING) != 0 && w.tail_norm < o->text.len) {
		buf_add(&o->tail, o->text.p + w.tail_norm,
		    o->text.len - w.tail_norm);
		edit_norm_cut(&w);
	}
}

void
edit_norm_release(struct edit_norm *o)
{
	buf_release(&o->text);
	buf_release(&o->tail);
	free(o->runs);
	memset(o, 0, sizeof(*o));
}

/* The run that contains byte `at` of the text. */
static const struct edit_run *
edit_norm_find(const struct edit_norm *o, size_t at)
{
	/* The first one begins at 0. */
	return &o->runs[MEM_FIRST(o->runs_len, i, o->runs[i].norm > at) - 1];
}

bool
edit_norm_span(const struct edit_norm *o, size_t start, size_t end,
    size_t *from, size_t *to)
{
	const struct edit_run *r = edit_norm_find(o, start);

	if (r->atom && start != r->norm)
		return false;
	*from = r->orig + (start - r->norm);
	r = edit_norm_find(o, end - 1);
	if (r->atom && end != r->norm + r->norm_n)
		return false;
	*to = r->orig + (r->atom ? r->orig_n : end - r->norm);
	return true;
}
