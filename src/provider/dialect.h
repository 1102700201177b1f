/*
 * dialect: how servers differ in Chat Completions. One table, a row per
 * service; no other code asks which server it is. A service without a row uses
 * `generic`, or the row that the configuration names.
 *
 * Differences that only affect answers have no column: the decoder accepts all
 * variants from every server (names of reasoning, calls without index or id,
 * usage anywhere).
 *
 * Sources: the services' own documentation, and their error messages.
 */
#ifndef ASSENT_PROVIDER_DIALECT_H
#define ASSENT_PROVIDER_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* All strings are static. */
struct dialect {
	const char	*name;
	const char	*hosts;		/* "a.com|b.com:80"; NULL: by name
					   only */
	const char	*max_tokens;	/* its name; NULL: depends on the
					   model */
	const char	*system_role;
	const char	*reasoning;	/* its name; NULL: the one it arrived
					   in */
	const char	*conversation;	/* the member that ties a conversation's
					   requests to one cache, or a header
					   that begins with "x-"; NULL */
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
	bool		 short_ids;	/* call ids: nine letters and digits */
	bool		 images;	/* its models accept images */
};

extern const struct dialect dialect_table[];	/* sorted by name */
extern const size_t dialect_table_len;

/* NULL if there is no such row. */
const struct dialect *dialect_find(const char *name);
/* The row that names the host of base_url (which may be NULL) or a parent
 * domain; otherwise generic. */
const struct dialect *dialect_of(const char *base_url);
/* From a configuration: a row's name, or NULL to go by the host. NULL with the
 * message ("must be ..."). */
const struct dialect *dialect_read(const char *name, const char *base_url,
	    struct err *);
/* Is `conversation` a header? NULL: no. */
bool	dialect_has_header(const struct dialect *);
/* Size of a short id. */
#define DIALECT_ID 10
/* The id in this dialect's form: itself, or one derived from it in `room`,
 * always the same. */
const char *dialect_id(const struct dialect *, const char *id,
	    char room[DIALECT_ID]);

#endif
