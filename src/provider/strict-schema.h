/*
 * strict-schema: a tool's schema as services want it that promise to keep it.
 * They know less of JSON Schema than we check, so what they do not know is left
 * out: the call is checked all the same when it comes.
 *
 * Sources: OpenAI, "Structured outputs", supported schemas; Anthropic, "Strict
 * tool use", limitations of JSON Schema.
 */
#ifndef ASSENT_PROVIDER_STRICT_SCHEMA_H
#define ASSENT_PROVIDER_STRICT_SCHEMA_H

#include <stdbool.h>

/*
 * malloc'ed JSON text; NULL if it cannot be said so (an object that may have any
 * members).  `all`: each member has to be required, so that an optional one is
 * null where it is left out.
 */
char	*strict_schema(const char *parameters, bool all);

#endif
