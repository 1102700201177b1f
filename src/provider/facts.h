/*
 * facts: what the model table (share/models.json) says about one model: how large
 * its window and its answers are, and how it is told to think.  What the table
 * does not say is cautious: see facts_read.
 */
#ifndef ASSENT_PROVIDER_FACTS_H
#define ASSENT_PROVIDER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* How much a model thinks, for all families; in this order. */
enum effort {
	EFFORT_UNSET,		/* the model's own default: nothing is sent */
	EFFORT_OFF, EFFORT_LOW, EFFORT_MEDIUM, EFFORT_HIGH, EFFORT_XHIGH,
	EFFORT_MAX,
};
#define EFFORT_WORDS	"off|low|medium|high|xhigh|max"
#define EFFORT_BIT(e)	(1u << (unsigned)(e))

/* "off" ... "max"; NULL for EFFORT_UNSET. */
const char *facts_effort_name(enum effort);
/* EFFORT_UNSET: it is no such word, or NULL. */
enum effort facts_effort_find(const char *name);

enum thinking {
	THINKING_UNKNOWN,	/* nothing about it is sent */
	THINKING_NONE,		/* the model does not think */
	THINKING_ADAPTIVE,	/* Anthropic: "thinking" and "output_config" */
	THINKING_BUDGET,	/* a number of tokens (older Claude, Gemini 2.5) */
	THINKING_EFFORT,	/* a word: OpenAI and those who follow it */
	THINKING_LEVEL,		/* Gemini 3 and later: "thinkingLevel" */
};

struct model_facts {
	int64_t		 window;	/* tokens of prompt and answer; 0: unknown */
	int64_t		 output;	/* tokens of an answer at most, thinking
					   included; 0: unknown */
	enum thinking	 thinking;
	unsigned	 efforts;	/* EFFORT_BITs that it takes */
	enum effort	 effort_default;
	char		 off[24];	/* how EFFORT_OFF is told; "": as usual */
	bool		 bound;		/* signed thinking is refused where the
					   history before it has changed */
	bool		 responses;	/* tools and thinking go together only
					   in the Responses API */
	bool		 markers;	/* a change of effort stands among the
					   messages, so that caches live */
	bool		 apply_patch;	/* trained on apply_patch */
	bool		 keep;		/* the server is to keep the thinking
					   that is given back to it */
	bool		 cache_ask;	/* nothing is cached unless the request
					   asks for it */
	int64_t		 cache_min;	/* tokens that a cache needs; 0: unknown */
};

/* A row of the table, or NULL (an unknown model). */
void	facts_read(struct model_facts *, const cJSON *row);
/* The nearest effort that the model takes, the lower of two; EFFORT_UNSET if it
 * takes none or `want` is EFFORT_UNSET. */
enum effort facts_effort(const struct model_facts *, enum effort want);
/* How a model is told to think: as the table says, or, where that knows nothing
 * of it (or `f` is NULL) and an effort is wanted, in the way that is `usual`. *e
 * is what it is told, of what is wanted. */
enum thinking facts_thinking(const struct model_facts *f, enum thinking usual,
	    enum effort *e);
/* Is the effort told among the messages, of a request with this one? */
bool	facts_marks(const struct model_facts *, enum effort);
/* For a model whose thinking is a number of tokens, of an answer of so many. */
int64_t	facts_budget(enum effort, int64_t max_tokens);
/* Is this a row of the table? -1 with the sentence. */
int	facts_check(const cJSON *row, struct err *);

#endif
