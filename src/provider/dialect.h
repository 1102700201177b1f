/*
 * dialect: what servers make of Chat Completions.  One table, a row a service;
 * nothing else asks which server it is.  A service that has no row is the row
 * `generic`, or is described in the configuration, member by member.
 *
 * What only concerns an answer has no column: the decoder takes all of it from
 * everybody (names of reasoning, calls without index or id, usage anywhere).
 *
 * Sources: the services' own documents, and their answers to what they refuse.
 */
#ifndef ASSENT_PROVIDER_DIALECT_H
#define ASSENT_PROVIDER_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* -1 of the integers: the request does not say it. All words are static. */
struct dialect {
	const char	*name;
	const char	*hosts;		/* "a.com|b.com:80"; NULL: only by name */
	const char	*max_tokens;	/* its name; NULL: by that of the model */
	const char	*system_role;
	const char	*reasoning;	/* its name; NULL: that by which it came */
	const char	*tool_choice;	/* NULL: the request does not say it */
	const char	*conversation;	/* by what requests of one conversation
					   find the same cache: a member, or a
					   header that begins with "x-"; NULL */
	const char	*tools;		/* "text": as text-tools.h says; NULL or
					   "native": the format's own */
	bool		 include_usage;	/* stream_options is known */
	bool		 echo_reasoning;/* it goes back with the calls it led to */
	bool		 fill_reasoning;/* "" where there was none */
	bool		 structured;	/* it keeps to the schema of a tool */
	bool		 custom_tools;	/* Responses: a tool may have a grammar
					   instead of a schema */
	bool		 cache_control;	/* it caches for models of cache_ask
					   (facts.h) if the request says so */
	bool		 clear_thinking;/* it is told to keep the thinking of
					   models of keep (facts.h) */
	bool		 short_ids;	/* of calls: nine letters and digits */
	bool		 images;	/* its models may be shown some */
	int		 parallel_tool_calls;
	int		 strict;	/* of each tool */
};

extern const struct dialect dialect_table[];	/* sorted by name */
extern const size_t dialect_table_len;

/* NULL if there is no such row. */
const struct dialect *dialect_find(const char *name);
/* The row that names the host of base_url (which may be NULL), or below which
 * it is; else generic. */
const struct dialect *dialect_of(const char *base_url);
/*
 * From a configuration: a row's name; an object with some members and "like",
 * the row that has the others; NULL for what the host says. -1 with the
 * sentence ("must be ...").
 */
int	dialect_read(const cJSON *, const char *base_url, struct dialect *,
	    struct err *);
/* Is `conversation` a header? NULL: no. */
bool	dialect_has_header(const struct dialect *);
/* Are tools called in text? NULL: no. */
bool	dialect_calls_in_text(const struct dialect *);
/* Room for a short id. */
#define DIALECT_ID 10
/* The id as this dialect takes it: itself, or what is made of it in `room`, the
 * same each time. */
const char *dialect_id(const struct dialect *, const char *id,
	    char room[DIALECT_ID]);

#endif
