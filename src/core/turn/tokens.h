/*
 * tokens: how much of a model's window a text takes, where the provider has not
 * told yet, and how the window is shared out.  An estimate is meant to be too
 * high rather than too low: letters and blanks count a third of a token each,
 * other ASCII half a token, digits two thirds (some vocabularies take each by
 * itself), a byte of any other character half a token.
 */
#ifndef ASSENT_CORE_TURN_TOKENS_H
#define ASSENT_CORE_TURN_TOKENS_H

#include <stddef.h>
#include <stdint.h>

/* The window of a model of which nobody says how large it is, and the smallest
 * that is worked with. */
#define TOKENS_WINDOW_UNKNOWN	32768
#define TOKENS_WINDOW_MIN	2048
/* The longest answer that a model is asked for of which nobody says more. */
#define TOKENS_OUTPUT_UNKNOWN	8192

int64_t	tokens_estimate(const char *text, size_t n);

/* How a window is shared out; all in tokens.  What the prompt's instructions and
 * tools take stays in each request, so that shares are those of the rest. */
struct tokens_room {
	int64_t	window;		/* what prompt and answer share */
	int64_t	output;		/* the answer may have at most */
	int64_t	reserve;	/* of the window, always kept for the answer */
	int64_t	prompt;		/* and what remains, for the prompt */
	int64_t	rest;		/* of that, without the overhead */
	int64_t	shorten_at;	/* a prompt above that: old outputs go ... */
	int64_t	shorten_to;	/* ... until it is down to this */
	int64_t	compact_at;	/* above that: a summary takes their place */
	int64_t	keep;		/* of the newest messages, beside a summary */
	int64_t	results;	/* for all results of one message */
};

/* `max_output`: what the answer may have at most; `overhead`: of instructions
 * and tools. */
void	tokens_room(struct tokens_room *, int64_t window, int64_t max_output,
	    int64_t overhead);
/* How long the answer to a prompt of that size may be, thinking included: where
 * the window is small what is reserved, else all that is left. */
int64_t	tokens_answer(const struct tokens_room *, int64_t prompt);

#endif
