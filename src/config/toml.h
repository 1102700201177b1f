/* toml: what other agents keep in TOML, as JSON. */
#ifndef ASSENT_CONFIG_TOML_H
#define ASSENT_CONFIG_TOML_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

/* The document as an object, which the caller deletes; NULL with *e, which names
 * the line. Dates, and numbers that JSON writes differently, are strings; strings
 * of several lines keep their backslashes, and others can have JSON's escapes.
 * [[name]] is the same as [name]; of a key that is defined twice, the last value
 * counts. */
cJSON	*toml_parse(const char *p, size_t n, struct err *e);

#endif
