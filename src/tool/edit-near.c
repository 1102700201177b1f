/*
 * edit-near: after a failed match, guesses the intended place. Each line of the
 * file that equals a line of old_string (ignoring surrounding spaces) votes for
 * a start of old_string; without such lines, the letter pairs of its longest
 * line decide. Linear in the file.
 */
#include "config.h"

#include "tool/tool-edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/keytext.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tool/impl.h"

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
	const char *nl = memchr(*p, '\n', (size_t)(end - *p));
	struct near_line l = { .p = *p, .hash = 14695981039346656037u };
	size_t i, k;

	l.n = (size_t)((nl == NULL ? end : nl) - *p);
	*p = nl == NULL ? end : nl + 1;
	if (l.n > 0 && l.p[l.n - 1] == '\r')
		l.n--;
	for (k = l.n; k > 0 && (l.p[k - 1] == ' ' || l.p[k - 1] == '\t'); k--)
		;
	for (i = 0; i < k && (l.p[i] == ' ' || l.p[i] == '\t'); i++)
		;
	l.weight = k == i ? 0 : k - i < 3 ? 1 : 4;
	for (; i < k; i++)
		l.hash = (l.hash ^ (unsigned char)l.p[i]) * 1099511628211u;
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
	char *a, *b;

	for (i = 0; i < start && p < end; i++)
		(void)near_line_shown(&p, end, &key);
	file = p;
	at = key;
	for (i = 0; i < old_n && p < end; i++) {
		struct near_line l = near_line_shown(&p, end, &at);

		if (near_fits(&l, &old[i], i == 0, i + 1 == old_n))
			continue;
		differs = i;
		a = show_dup(l.p, l.n, NEAR_QUOTE);
		b = show_dup(old[i].p, old[i].n, NEAR_QUOTE);
		buf_addf(&list, "\nThe first difference: line %zu is `%s`, "
		    "old_string has `%s`.", start + i + 1, a, b);
		free(a);
		free(b);
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
		show_text(out, l.p, keep);
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
