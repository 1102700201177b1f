/*
 * schema: a tool's schema in the form that services require for enforcing it. They support less of JSON Schema than we check, so unsupported
 * keywords are omitted: we check the call anyway when it arrives.
 *
 * Sources: OpenAI, "Structured outputs", supported schemas; Anthropic, "Strict
 * tool use", limitations of JSON Schema.
 */
#ifndef ASSENT_PROVIDER_SCHEMA_H
#define ASSENT_PROVIDER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

/*
 * malloc'ed JSON text; NULL if the schema can't be expressed (an object with
 * arbitrary members). `all`: every member must be required, so an optional one
 * is null if omitted.
 */
char	*strict_schema(const char *parameters, bool all);

/* JSON text of an object with "properties", malloc'ed; nearly all of it is left
 * out if it would need more than `most` bytes, which have to be 100 at least. */
char	*plain_schema(const cJSON *, size_t most);
/* In the form of the Gemini API; NULL: without members, or no JSON. */
cJSON	*plain_schema_gemini(const char *parameters);

#endif
