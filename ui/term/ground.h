/*
 * ground: is the terminal's background dark or light?  By the environment, else
 * by its answer to a question (OSC 11).  It only watches the input: what the
 * keys are is decided elsewhere (ui/keys).
 */
#ifndef ASSENT_UI_TERM_GROUND_H
#define ASSENT_UI_TERM_GROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/term/palette.h"

/* Zeroed: nothing was seen yet. */
struct ground {
	size_t	matched;	/* bytes of what an answer begins with */
	char	answer[32];
	size_t	len;
};

/* By COLORFGBG (NULL: unset) and TERM. */
enum palette_ground ground_by_environment(const char *colorfgbg,
	    const char *term);
/* Input of the terminal, in pieces of any size; true if it has an answer, whose
 * colour is set, or PALETTE_UNKNOWN if it can't be read. */
bool	ground_feed(struct ground *, const char *p, size_t n,
	    enum palette_ground *);

#endif
