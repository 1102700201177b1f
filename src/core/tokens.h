/*
 * tokens: estimates how much of a model's window a text takes until the
 * provider reports it, and divides up the window. An estimate should be too
 * high rather than too low: letters and spaces count a third of a token each,
 * other ASCII half a token, digits two thirds (some vocabularies split them
 * all), a byte of any other character half a token.
 */
#ifndef ASSENT_CORE_TOKENS_H
#define ASSENT_CORE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

/* The window of a model of unknown size, and the smallest window we support. */
#define TOKENS_WINDOW_UNKNOWN	32768
#define TOKENS_WINDOW_MIN	2048
/* The longest answer to request if the model's limit is unknown. */
#define TOKENS_OUTPUT_UNKNOWN	8192

int64_t	tokens_estimate(const char *text, size_t n);

/* How a window is divided, in tokens. Prompt instructions and tools are part of
 * each request, so the shares apply to the rest. */
struct tokens_room {
	int64_t	window;		/* shared by prompt and answer */
	int64_t	output;		/* limit on the answer */
	int64_t	reserve;	/* part of the window that is always free for
				   the answer */
	int64_t	prompt;		/* the rest, for the prompt */
	int64_t	rest;		/* the prompt without the overhead */
	int64_t	shorten_at;	/* a larger prompt: drop old outputs ... */
	int64_t	shorten_to;	/* ... until the prompt is this small */
	int64_t	compact_at;	/* a larger prompt: replace old messages by a
				   summary */
	int64_t	keep;		/* newest messages to keep beside a summary */
	int64_t	results;	/* limit on all results of one message */
};

/* `max_output`: limit on the answer; `overhead`: tokens of instructions and
 * tools. */
void	tokens_room(struct tokens_room *, int64_t window, int64_t max_output,
	    int64_t overhead);
/* Limit on the answer to a prompt of this size, thinking included: in a small
 * window the reserve, else all that is free. */
int64_t	tokens_answer(const struct tokens_room *, int64_t prompt);

#endif
