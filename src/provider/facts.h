/*
 * facts: what the model table (share/models.json) says about a model: the size
 * of its window and answers, and how to set its thinking. Defaults are
 * cautious: see facts_read.
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
/* EFFORT_UNSET if it is no such word, or NULL. */
enum effort facts_effort_find(const char *name);

enum thinking {
	THINKING_UNKNOWN,	/* nothing about it is sent */
	THINKING_NONE,		/* the model does not think */
	THINKING_ADAPTIVE,	/* Anthropic: "thinking" and "output_config" */
	THINKING_BUDGET,	/* a number of tokens (older Claude, Gemini 2.5) */
	THINKING_EFFORT,	/* a word: OpenAI and compatible */
	THINKING_LEVEL,		/* Gemini 3 and later: "thinkingLevel" */
};

struct model_facts {
	int64_t		 window;	/* tokens of prompt and answer; 0:
					   unknown */
	int64_t		 output;	/* maximum tokens of an answer,
					   including thinking; 0: unknown */
	enum thinking	 thinking;
	unsigned	 efforts;	/* EFFORT_BITs that it supports */
	enum effort	 effort_default;
	char		 off[24];	/* the word for EFFORT_OFF; "": the
					   usual one */
	bool		 bound;		/* rejects signed thinking if the
					   history before it has changed */
	bool		 responses;	/* combines tools and thinking only in
					   the Responses API */
	bool		 markers;	/* a change of effort goes among the
					   messages, so caches stay valid */
	bool		 apply_patch;	/* trained on apply_patch */
	bool		 keep;		/* ask the server to keep the thinking
					   sent back to it */
	bool		 cache_ask;	/* caches only on request */
};

/* A row of the table, or NULL (an unknown model). */
void	facts_read(struct model_facts *, const cJSON *row);
/* The nearest supported effort, the lower of two; EFFORT_UNSET if there is none
 * or `want` is EFFORT_UNSET. */
enum effort facts_effort(const struct model_facts *, enum effort want);
/* How to set the model's thinking: as the table says, or, if it doesn't (or `f`
 * is NULL) and an effort is wanted, in the `usual` way. *e goes from the wanted
 * effort to the one to send. */
enum thinking facts_thinking(const struct model_facts *f, enum thinking usual,
	    enum effort *e);
/* Does a request with this effort send it among the messages? */
bool	facts_marks(const struct model_facts *, enum effort);
/* For a model whose thinking is a number of tokens, in an answer of this
 * size. */
int64_t	facts_budget(enum effort, int64_t max_tokens);
/* Is this a row of the table? -1 with the message. */
int	facts_check(const cJSON *row, struct err *);

#endif
