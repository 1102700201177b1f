/* Three ways to match, tried from the best to the worst: the word as it stands,
 * the beginnings of words ("hac" in "hunk-accept"), the letters in their order.
 * Each is one pass over the text. */
#include "config.h"

#include "ui/pick/fuzzy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "base/utf8.h"

#define FUZZY_WORD_MAX 64	/* characters of a word in the query */

enum {
	FUZZY_ALL = 1000,	/* the word is the whole text, */
	FUZZY_START = 900,	/* or stands at its start, */
	FUZZY_WORD = 800,	/* at the start of a word, */
	FUZZY_INSIDE = 600,	/* or in one */
	FUZZY_STARTS = 500,	/* its letters begin words */
	FUZZY_SPREAD = 300,	/* or are in the text in their order */
	FUZZY_MORE_WORD = 250,	/* the same for the second text */
	FUZZY_MORE = 100,
};

struct fuzzy_unit {
	uint32_t	 cp, folded;
	size_t		 at, end;	/* its bytes */
	bool		 start;		/* of a word */
};

struct fuzzy_text {
	struct fuzzy_unit	of[FUZZY_TEXT_MAX];
	size_t			len;
};

static bool
fuzzy_is_letter(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
	    (cp >= 'A' && cp <= 'Z') || cp >= 0x80;
}

/* Code points; a byte that isn't part of one stands for itself. */
static void
fuzzy_read(struct fuzzy_text *t, const char *p, size_t n, size_t most)
{
	size_t i, used;
	uint32_t before = 0;

	t->len = 0;
	for (i = 0; i < n && t->len < most; i += used) {
		struct fuzzy_unit *u = &t->of[t->len++];

		used = utf8_next(p + i, n - i, &u->cp);
		u->folded = u->cp;
		if (used == 0) {
			used = 1;
			u->cp = u->folded = 0x80000000u | (unsigned char)p[i];
		} else if (u->cp >= 0x80)
			u->folded = (uint32_t)utf8proc_tolower(
			    (utf8proc_int32_t)u->cp);
		else if (u->cp >= 'A' && u->cp <= 'Z')
			u->folded += 'a' - 'A';
		u->at = i;
		u->end = i + used;
		u->start = fuzzy_is_letter(u->cp) && (!fuzzy_is_letter(before) ||
		    (u->cp != u->folded && before >= 'a' && before <= 'z'));
		before = u->cp;
	}
}

static bool
fuzzy_folds(const struct fuzzy_text *w)
{
	size_t i;

	for (i = 0; i < w->len; i++)
		if (w->of[i].cp != w->of[i].folded)
			return false;
	return true;
}

static bool
fuzzy_same(const struct fuzzy_text *t, size_t i, const struct fuzzy_text *w,
    size_t k, bool fold)
{
	return fold ? t->of[i].folded == w->of[k].cp :
	    t->of[i].cp == w->of[k].cp;
}

/* The best place of the word as it stands; -1: none. */
static int
fuzzy_whole(const struct fuzzy_text *t, const struct fuzzy_text *w, bool fold,
    size_t *at)
{
	int best = -1, score;
	size_t i, k;

	for (i = 0; i + w->len <= t->len; i++) {
		for (k = 0; k < w->len && fuzzy_same(t, i + k, w, k, fold); k++)
			;
		if (k < w->len)
			continue;
		score = i == 0 ? (w->len == t->len ? FUZZY_ALL : FUZZY_START) :
		    t->of[i].start ? FUZZY_WORD : FUZZY_INSIDE;
		if (score > best) {
			best = score;
			*at = i;
		}
		if (best >= FUZZY_WORD)
			break;
	}
	return best;
}

/* Its letters, each right after the last one or (`starts`) at the start of a
 * word; sets `where`. The number of pieces; 0: no match. */
static size_t
fuzzy_pieces(const struct fuzzy_text *t, const struct fuzzy_text *w, bool fold,
    bool starts, size_t *where)
{
	size_t i, k = 0, pieces = 0;

	for (i = 0; i < t->len && k < w->len; i++) {
		bool joins = k > 0 && where[k - 1] + 1 == i;

		if (!fuzzy_same(t, i, w, k, fold) ||
		    (starts && !joins && !t->of[i].start))
			continue;
		pieces += !joins;
		where[k++] = i;
	}
	return k == w->len ? pieces : 0;
}

/* The letters as close to their last one as possible. */
static size_t
fuzzy_tighten(const struct fuzzy_text *t, const struct fuzzy_text *w, bool fold,
    size_t *where)
{
	size_t i = where[w->len - 1] + 1, k = w->len, pieces = 0;

	while (k > 0 && i-- > 0)
		if (fuzzy_same(t, i, w, k - 1, fold)) {
			where[--k] = i;
			pieces += k + 1 == w->len || where[k + 1] != i + 1;
		}
	return pieces;
}

static void
fuzzy_add_span(struct fuzzy_spans *s, size_t from, size_t to)
{
	if (s->len > 0 && s->of[s->len - 1].to == from)
		s->of[s->len - 1].to = to;
	else if (s->len < FUZZY_SPANS_MAX)
		s->of[s->len++] = (struct screen_span){ from, to, STYLE_LINK };
}

/* The score of one word of the query. */
static int
fuzzy_word(const struct fuzzy_text *t, const struct fuzzy_text *w,
    struct fuzzy_spans *spans)
{
	size_t where[FUZZY_WORD_MAX], at = 0, i, pieces;
	bool fold = fuzzy_folds(w);
	int score = fuzzy_whole(t, w, fold, &at);

	for (i = 0; i < w->len; i++)
		where[i] = at + i;
	if (score < 0 && (pieces = fuzzy_pieces(t, w, fold, true, where)) > 0)
		score = FUZZY_STARTS - (int)pieces;
	else if (score < 0 && fuzzy_pieces(t, w, fold, false, where) > 0)
		score = FUZZY_SPREAD - (int)fuzzy_tighten(t, w, fold, where);
	for (i = 0; score >= 0 && spans != NULL && i < w->len; i++)
		fuzzy_add_span(spans, t->of[where[i]].at, t->of[where[i]].end);
	return score;
}

int
fuzzy_score(const char *query, const char *text, const char *more,
    struct fuzzy_spans *spans)
{
	struct fuzzy_text t, m, w;
	size_t n, at = 0;
	int sum = 0, score;

	if (spans != NULL)
		spans->len = 0;
	t.len = 0;
	for (;; query += n) {
		query += strspn(query, " ");
		n = strcspn(query, " ");
		if (n == 0)
			return sum;
		if (t.len == 0)
			fuzzy_read(&t, text, strlen(text), FUZZY_TEXT_MAX);
		fuzzy_read(&w, query, n, FUZZY_WORD_MAX);
		score = fuzzy_word(&t, &w, spans);
		/* Spread letters in a sentence mean nothing. */
		if (score < 0 && more != NULL) {
			fuzzy_read(&m, more, strlen(more), FUZZY_TEXT_MAX);
			score = fuzzy_whole(&m, &w, fuzzy_folds(&w), &at);
			if (score >= 0)
				score = score >= FUZZY_WORD ? FUZZY_MORE_WORD :
				    FUZZY_MORE;
		}
		if (score < 0)
			return -1;
		sum += score;
	}
}
