/*
 * Compares a run of '-' lines with the '+' lines after it: a line is paired
 * with the next one on the other side that looks the same, or has similar
 * words. Pairs never cross.
 */

#include "config.h"

#include "review/pairs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/utf8.h"

#define PAIR_ALL	(PAIR_NEWLINE * 2 - 1)

struct word_diff_text {
	const char	*p, *end;
	struct lines	 words;		/* without the blanks between them */
	bool		*kept;		/* also in the other one */
	bool		*spaced;	/* after a word that is, or at the begin
					   or end, with other blanks */
};

/* ---- words ---- */

static void
word_diff_cut(struct word_diff_text *t, const char *p, size_t n)
{
	*t = (struct word_diff_text){ .p = p, .end = p + n };
	lines_cut_words(&t->words, p, n, false);
	t->kept = xcalloc(t->words.len + 1, sizeof(*t->kept));
	t->spaced = xcalloc(t->words.len + 1, sizeof(*t->spaced));
}

static void
word_diff_text_release(struct word_diff_text *t)
{
	FREE_ALL(t->words.v, t->kept, t->spaced);
}

/* The blanks before a word, or at the end. */
static const char *
word_diff_blanks(const struct word_diff_text *t, size_t i, size_t *n)
{
	const struct line *v = t->words.v;
	const char *p = i == 0 ? t->p : v[i - 1].p + v[i - 1].n;

	*n = (size_t)((i == t->words.len ? t->end : v[i].p) - p);
	return p;
}

static void
word_diff_compare(struct word_diff_text *a, struct word_diff_text *b,
    size_t *cost)
{
	ptrdiff_t work = WORD_DIFF_WORK_MAX;
	AUTO_FREE size_t *to = lines_match(&a->words, &b->words, &work);
	size_t i, j, n, m;
	const char *p, *q;

	to[b->words.len] = a->words.len + 1;
	for (j = 0; j <= b->words.len; j++) {
		if (to[j] == 0)
			continue;
		i = to[j] - 1;
		b->kept[j] = a->kept[i] = true;
		if (i == 0 ? j > 0 : j == 0 || to[j - 1] != i)
			continue;
		p = word_diff_blanks(a, i, &n);
		q = word_diff_blanks(b, j, &m);
		b->spaced[j] = a->spaced[i] = n != m || memcmp(p, q, n) != 0;
	}
	if (cost != NULL)
		*cost += a->words.len + b->words.len +
		    (size_t)(WORD_DIFF_WORK_MAX - work);
}

/* Count bytes that aren't white space, and those also in the other one. */
static void
word_diff_weigh(const struct word_diff_text *t, size_t *all, size_t *kept)
{
	size_t i;

	*all = *kept = 0;
	for (i = 0; i < t->words.len; i++) {
		*all += t->words.v[i].n;
		*kept += t->kept[i] ? t->words.v[i].n : 0;
	}
}

static void
word_diff_add(struct word_diff *w, size_t from, size_t to)
{
	*GROW_ADD(w->v, w->len) = (struct word_diff_range){ from, to };
}

/* Collect runs of changed words, with the blanks between them, and changed
 * blanks. Another indentation is worth a mark only if nothing else differs. */
static void
word_diff_collect(struct word_diff *w, const struct word_diff_text *t,
    bool indent)
{
	const struct line *v = t->words.v;
	size_t i, from, n;

	for (i = 0; i <= t->words.len; i++) {
		from = (size_t)(word_diff_blanks(t, i, &n) - t->p);
		if (t->spaced[i] && n > 0 && (i > 0 || indent))
			word_diff_add(w, from, from + n);
		if (t->kept[i])
			continue;
		if (i > 0 && !t->kept[i - 1])
			w->v[w->len - 1].to = from + n + v[i].n;
		else
			word_diff_add(w, from + n, from + n + v[i].n);
	}
}

/* Does anything differ besides the indentation? */
static bool
word_diff_beyond(const struct word_diff_text *t)
{
	size_t i;

	for (i = 0; i <= t->words.len; i++)
		if (!t->kept[i] || (t->spaced[i] && i > 0))
			return true;
	return false;
}

bool
word_diff_diff(struct word_diff *of_a, struct word_diff *of_b, const char *a,
    size_t a_len, const char *b, size_t b_len, size_t *work)
{
	struct word_diff_text ta, tb;
	size_t all_a, all_b, kept_a, kept_b;
	bool alike, indent;

	kept_a = diff_ends(a, a_len, b, b_len, &kept_b);
	if (of_a != NULL)
		of_a->len = 0;
	if (of_b != NULL)
		of_b->len = 0;
	if (a_len > WORD_DIFF_LINE_MAX || b_len > WORD_DIFF_LINE_MAX)
		return 5 * (kept_a + kept_b) >= a_len + b_len;
	word_diff_cut(&ta, a, a_len);
	word_diff_cut(&tb, b, b_len);
	word_diff_compare(&ta, &tb, work);
	word_diff_weigh(&ta, &all_a, &kept_a);
	word_diff_weigh(&tb, &all_b, &kept_b);
	/* Below two fifths in common, highlighting doesn't help. */
	alike = all_a + all_b > 0 &&
	    5 * (kept_a + kept_b) >= 2 * (all_a + all_b);
	indent = !word_diff_beyond(&ta) && !word_diff_beyond(&tb);
	if (alike && of_a != NULL)
		word_diff_collect(of_a, &ta, indent);
	if (alike && of_b != NULL)
		word_diff_collect(of_b, &tb, indent);
	word_diff_text_release(&ta);
	word_diff_text_release(&tb);
	return alike;
}

/* A hash with a bit per word: lines whose hashes have little in common
 * aren't similar. */
static uint64_t
word_diff_sign(const char *p, size_t n)
{
	struct lines words = { 0 };
	uint64_t sign = 0;
	size_t i;

	lines_cut_words(&words, p, n > WORD_DIFF_LINE_MAX ?
	    WORD_DIFF_LINE_MAX : n, false);
	for (i = 0; i < words.len; i++)
		sign |= (uint64_t)1 << (words.v[i].hash *
		    0x9e3779b97f4a7c15u >> 58);
	free(words.v);
	return sign;
}

#define PAIRS_LOOK	12	/* candidates on the other side */
#define PAIRS_WORK_MAX	((size_t)2 << 20)	/* budget for one hunk */

const char *
pairs_text(const struct pair_line *l, const char *text, size_t *len)
{
	/* A line without a known sign is shown whole. */
	size_t skip = l->len > 0 && text[l->off] == l->sign;

	*len = l->len - skip;
	return text + l->off + skip;
}

/* ---- how a line looks ---- */

static bool
pairs_is_plain_ascii(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x7f || (unsigned char)p[i] < ' ')
			return false;
	return n == 0 || p[n - 1] != ' ';
}

static void
pairs_form(struct buf *b, unsigned mask)
{
	AUTO_FREE utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n;

	if ((mask & PAIR_FORM) == 0 || !utf8_is_valid(buf_str(b), b->len))
		return;
	n = utf8proc_map((const utf8proc_uint8_t *)buf_str(b),
	    (utf8proc_ssize_t)b->len, &out,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n >= 0) {
		buf_clear(b);
		buf_add(b, (const char *)out, (size_t)n);
	}
}

/* The line with the differences in the mask removed. */
static void
pairs_look(struct buf *b, const char *p, size_t n, unsigned mask)
{
	AUTO_BUF struct buf all = BUF_INIT(0);
	struct sanitize_unit u;
	size_t i, used;
	uint32_t cp;
	int column = 0;

	if (n > 0 && p[n - 1] == '\r' && (mask & PAIR_CR) != 0)
		n--;
	while (n > 0 && (mask & PAIR_TRAILING) != 0 &&
	    (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	/* Invisible characters first, so that tab stops are right. */
	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0)
			used = 1;
		else if ((mask & PAIR_INVISIBLE) != 0 && cp >= 0x80 &&
		    !sanitize_is_plain(cp, 0)) {
			utf8proc_category_t c = utf8proc_category(
			    (utf8proc_int32_t)cp);

			if (c == UTF8PROC_CATEGORY_ZS) {
				buf_addc(&all, ' ');
				continue;
			}
			if ((c != UTF8PROC_CATEGORY_MN &&
			    c != UTF8PROC_CATEGORY_ME) || cp == 0x34f ||
			    (cp >= 0xfe00 && cp <= 0xfe0f))
				continue;
		}
		buf_add(&all, p + i, used);
	}
	pairs_form(&all, mask);
	for (i = 0; i < all.len; i += used) {
		used = 1;
		if ((mask & PAIR_TABS) == 0) {
			buf_addc(b, all.p[i]);
			continue;
		}
		sanitize_next(all.p + i, all.len - i, 0, column, &u);
		if (all.p[i] == '\t')
			buf_add(b, u.text, u.len);
		else
			buf_add(b, all.p + i, u.used);
		column += u.width;
		used = u.used;
	}
}

static bool
pairs_look_same(const char *a, size_t a_len, const char *b, size_t b_len,
    unsigned mask)
{
	AUTO_BUF struct buf x = BUF_INIT(0), y = BUF_INIT(0);

	pairs_look(&x, a, a_len, mask);
	pairs_look(&y, b, b_len, mask);
	return x.len == y.len && memcmp(buf_str(&x), buf_str(&y), x.len) == 0;
}

/* How two lines that look the same differ; 0 if they are equal or look
 * different. */
static unsigned
pairs_hidden(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned why = 0, bit;

	if ((a_len == b_len && memcmp(a, b, a_len) == 0) ||
	    !pairs_look_same(a, a_len, b, b_len, PAIR_ALL))
		return 0;
	/* Find the differences that are needed. */
	for (bit = 1; bit < PAIR_NEWLINE; bit <<= 1)
		if (!pairs_look_same(a, a_len, b, b_len, PAIR_ALL & ~bit))
			why |= bit;
	return why != 0 ? why : PAIR_INVISIBLE;
}

/* ---- pairing ---- */

struct pairs_key {		/* of a changed line */
	uint64_t	look, sign;
	int		line;		/* index */
};

static void
pairs_key_make(struct pairs_key *k, const struct pairs *ps, size_t i,
    const char *text)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t len;
	const char *p = pairs_text(&ps->v[i], text, &len);

	k->line = (int)i;
	k->sign = word_diff_sign(p, len);
	if (pairs_is_plain_ascii(p, len))
		k->look = hash_bytes(HASH_BEGIN, p, len);
	else {
		pairs_look(&b, p, len, PAIR_ALL);
		k->look = hash_bytes(HASH_BEGIN, buf_str(&b), b.len);
	}
}

static bool
pairs_are_alike(const struct pairs_key *a, const struct pairs_key *b,
    const struct pairs *ps, const char *text, size_t *work)
{
	int common = __builtin_popcountll(a->sign & b->sign);
	int most = __builtin_popcountll(a->sign | b->sign);
	size_t a_len, b_len;
	const char *p, *q;

	*work += 4;
	if (*work > PAIRS_WORK_MAX || common * 4 < most)
		return false;
	p = pairs_text(&ps->v[a->line], text, &a_len);
	q = pairs_text(&ps->v[b->line], text, &b_len);
	return word_diff_diff(NULL, NULL, p, a_len, q, b_len, work);
}

/* Is it the file's last line, without a newline? */
static bool
pairs_is_last(const struct pairs *ps, int line)
{
	return (size_t)line + 1 < ps->len && ps->v[line + 1].sign == '\\';
}

static void
pairs_join(struct pairs *ps, const struct pairs_key *a,
    const struct pairs_key *b, const char *text)
{
	struct pair_line *x = &ps->v[a->line], *y = &ps->v[b->line];
	size_t x_len, y_len;
	const char *p = pairs_text(x, text, &x_len);
	const char *q = pairs_text(y, text, &y_len);

	x->other = b->line + 1;
	y->other = a->line + 1;
	if (a->look != b->look)
		return;
	x->why = pairs_hidden(p, x_len, q, y_len);
	if (pairs_is_last(ps, a->line) != pairs_is_last(ps, b->line))
		x->why |= PAIR_NEWLINE;
	y->why = x->why;
}

/* The lines of a run: old ones [0, m), new ones [m, m + n) of the keys. */
static void
pairs_run(struct pairs *ps, const struct pairs_key *k, size_t m, size_t n,
    const char *text, size_t *work)
{
	size_t i, j, from = 0, end;

	for (i = 0; i < m && from < n; i++) {
		end = from + PAIRS_LOOK < n ? from + PAIRS_LOOK : n;
		for (j = from; j < end && k[m + j].look != k[i].look; j++)
			;
		if (j == end)
			for (j = from; j < end && !pairs_are_alike(&k[i],
			    &k[m + j], ps, text, work); j++)
				;
		if (j == end)
			continue;
		pairs_join(ps, &k[i], &k[m + j], text);
		from = j + 1;
	}
}

static void
pairs_cut(struct pairs *ps, const char *text, size_t n, int before, int after)
{
	struct hunk_walk w = hunk_walk(text, n, before, after);
	struct pair_line *l;
	int change = 0;

	while (hunk_walk_next(&w)) {
		if (strchr("+-\\", w.sign) == NULL || w.sign == '\0')
			w.sign = ' ';
		l = GROW_ADD(ps->v, ps->len);
		*l = (struct pair_line){ .off = (size_t)(w.line - text),
			.end = (size_t)(w.p - text), .sign = w.sign,
			.len = w.n - (w.line[w.n - 1] == '\n') };
		if (l->sign == ' ' || l->sign == '-')
			l->before = w.old;
		if (l->sign == ' ' || l->sign == '+')
			l->after = w.new;
		if (l->sign == '+' || l->sign == '-')
			l->change = ++change;
	}
}

void
pairs_make(struct pairs *ps, const char *text, size_t n, int old_start,
    int new_start)
{
	AUTO_FREE struct pairs_key *keys = NULL;
	size_t i, m, k, work = 0;

	memset(ps, 0, sizeof(*ps));
	pairs_cut(ps, text, n, old_start, new_start);
	keys = xcalloc(ps->len + 1, sizeof(*keys));
	for (i = 0; i < ps->len;) {
		for (m = k = 0; i < ps->len; i++) {
			char sign = ps->v[i].sign;

			if (sign == ' ' || (sign == '-' && k > m))
				break;
			if (sign == '\\')
				continue;
			pairs_key_make(&keys[k++], ps, i, text);
			m += sign == '-';
		}
		if (m > 0 && k > m)
			pairs_run(ps, keys, m, k - m, text, &work);
		while (i < ps->len && k == 0 && ps->v[i].sign == ' ')
			i++;
	}
}
