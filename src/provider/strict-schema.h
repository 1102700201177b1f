/*
 * strict-schema: a tool's schema in the form that services require for
 * enforcing it. They support less of JSON Schema than we check, so unsupported
 * keywords are omitted: we check the call anyway when it arrives.
 *
 * Sources: OpenAI, "Structured outputs", supported schemas; Anthropic, "Strict
 * tool use", limitations of JSON Schema.
 */
#ifndef ASSENT_PROVIDER_STRICT_SCHEMA_H
#define ASSENT_PROVIDER_STRICT_SCHEMA_H

#include <stdbool.h>

/*
 * malloc'ed JSON text; NULL if the schema can't be expressed (an object with
 * arbitrary members). `all`: every member must be required, so an optional one
 * is null if omitted.
 */
char	*strict_schema(const char *parameters, bool all);

#endif
