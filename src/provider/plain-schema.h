/*
 * plain-schema: the schema of a tool's arguments, in the part of JSON Schema
 * that services accept. They refuse a whole request for one schema that they
 * can't read, and each of them reads another part: so references and "allOf" are
 * put in their place, alternatives are "anyOf", each node has a type, and what
 * is left over becomes words or is omitted. Who runs the tool checks the call
 * anyway. A schema may come from somebody's server: depth and size have limits,
 * and circular references end.
 *
 * Sources: the Gemini API documentation, "Schema" and "Function calling";
 * OpenAI, "Function calling"; Anthropic, "Tool use"; llama.cpp's grammars.
 */
#ifndef ASSENT_PROVIDER_PLAIN_SCHEMA_H
#define ASSENT_PROVIDER_PLAIN_SCHEMA_H

#include <stddef.h>

#include <cjson/cJSON.h>

/* JSON text of an object with "properties", malloc'ed; nearly all of it is left
 * out if it would need more than `most` bytes, which have to be 100 at least. */
char	*plain_schema(const cJSON *, size_t most);
/* In the form of the Gemini API; NULL: without members, or no JSON. */
cJSON	*plain_schema_gemini(const char *parameters);

#endif
