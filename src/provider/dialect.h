/*
 * dialect: how servers differ in Chat Completions. One table, a row per
 * service; no other code asks which server it is. A service without a row uses
 * `generic`, or the row that the configuration names.
 *
 * Differences that only affect answers have no column: the decoder accepts all
 * variants from every server (calls without index or id, usage anywhere, each
 * name of reasoning in chat_reasoning_names).
 *
 * Sources: the services' own documentation, and their error messages.
 */
#ifndef ASSENT_PROVIDER_DIALECT_H
#define ASSENT_PROVIDER_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/mem.h"

/* The wire formats: ROW(the struct in the format's file, its name in journals and
 * configurations, what follows it in a sentence). */
#define FORMAT_TABLE(ROW) \
	ROW(openai_chat_format, "openai-chat", ", ") \
	ROW(openai_responses_format, "openai-responses", ", ") \
	ROW(anthropic_format, "anthropic", " or ") \
	ROW(gemini_format, "gemini", "")

/* "openai-chat, ... or gemini" */
#define FORMAT_TEXT(format, name, then)	name then
#define FORMAT_NAMES	FORMAT_TABLE(FORMAT_TEXT)

/* All strings are static. */
struct dialect {
	const char	*name;
	const char	*hosts;		/* "a.com|b.com:80"; NULL: by name
					   only */
	enum {
		MAX_TOKENS_GUESS,	/* by the model */
		MAX_TOKENS_OLD,		/* "max_tokens" */
		MAX_TOKENS_NEW,		/* "max_completion_tokens" */
	}		 max_tokens;
	const char	*system_role;
	const char	*reasoning;	/* its name; NULL: the one it arrived
					   in */
	const char	*conversation;	/* the member that ties a conversation's
					   requests to one cache; or NULL */
	const char	*header;	/* ... or a header does; or NULL */
	bool		 include_usage;	/* supports stream_options */
	bool		 echo_reasoning;/* send reasoning back with the calls it
					   led to */
	bool		 fill_reasoning;/* send "" if there was none */
	bool		 structured;	/* enforces the schema of a tool */
	bool		 custom_tools;	/* Responses: a tool may have a grammar
					   instead of a schema */
	bool		 cache_control;	/* send cache_control for models whose
					   facts have cache_ask */
	bool		 clear_thinking;/* send clear_thinking: false, so that
					   the server keeps earlier thinking,
					   for models whose facts have keep */
	bool		 eager;		/* Messages: streams arguments as they
					   are made, on request */
	bool		 diagnoses;	/* Messages: says why its cache missed */
	bool		 routes;	/* to models of all makers: effort is
					   in a member of its own */
	bool		 levels;	/* models with levels take an effort */
	bool		 short_ids;	/* call ids: nine letters and digits */
	bool		 images;	/* its models accept images */
};

extern const struct dialect dialect_table[];	/* sorted by name */
extern const size_t dialect_table_len;

/* From a configuration: by a row's name, NULL with the message ("must be ...");
 * or with NULL the row that names the host of base_url (which may be NULL) or a
 * parent domain, otherwise generic. */
const struct dialect *dialect_read(const char *name, const char *base_url,
	    struct err *);

/* ---- facts: what the model table (share/models.json) says about a model ---- */

/* How much a model thinks, for all families; in this order. */
enum effort {
	EFFORT_UNSET,		/* the model's own default: nothing is sent */
	EFFORT_OFF, EFFORT_LOW, EFFORT_MEDIUM, EFFORT_HIGH, EFFORT_XHIGH,
	EFFORT_MAX,
};
#define EFFORT_WORDS	"off|low|medium|high|xhigh|max"
#define EFFORT_BIT(e)	(1u << (unsigned)(e))

/* "off" ... "max"; NULL for EFFORT_UNSET. */
extern const char *const facts_effort_names[EFFORT_MAX + 1];
/* EFFORT_UNSET if it is no such word, or NULL. */
#define FACTS_EFFORT(name) ((enum effort)MEM_WORD(facts_effort_names, (name)))

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
int	facts_validate(const cJSON *row, struct err *);

#endif
