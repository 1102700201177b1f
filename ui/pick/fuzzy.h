/*
 * fuzzy: how well a text matches what was typed.  Pure.  Words in the query
 * may come in any order, and all must match.  Letters that stand together beat
 * letters that are spread; the start of the text beats the start of a word,
 * and that beats the middle of one.
 */
#ifndef ASSENT_UI_PICK_FUZZY_H
#define ASSENT_UI_PICK_FUZZY_H

#include <stddef.h>

#include "ui/term/screen.h"

#define FUZZY_TEXT_MAX 256	/* characters of a text that count */
#define FUZZY_SPANS_MAX 32

/* Bytes of the text that matched, to be highlighted. */
struct fuzzy_spans {
	struct screen_span	of[FUZZY_SPANS_MAX];
	size_t			len;
};

/*
 * The higher the better; -1: no match; 0 for an empty query.  Ignores case for
 * a word without capitals.  A word that isn't in `text` may stand in `more` (or
 * NULL), letter by letter, which counts less.  Both may be any bytes.  `spans`
 * may be NULL.
 */
int	fuzzy_score(const char *query, const char *text, const char *more,
	    struct fuzzy_spans *spans);

#endif
