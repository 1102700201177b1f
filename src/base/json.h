/*
 * json: the one door to cJSON for bytes that we did not write ourselves.
 * cJSON alone cuts strings at \u0000, accepts invalid UTF-8 and refuses lone
 * surrogates; json_parse checks UTF-8, depth, size and that the whole input was
 * used, and turns lone surrogates into U+FFFD.  A tree has one owner, who calls
 * cJSON_Delete.  Members are looked up case-sensitively.
 */
#ifndef ASSENT_BASE_JSON_H
#define ASSENT_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

#define JSON_MAX_DEPTH 64
#define JSON_MAX_BYTES ((size_t)64 << 20)

enum json_nul {
	JSON_NUL_REPLACE,	/* \u0000 becomes U+FFFD (text) */
	JSON_NUL_REFUSE,	/* \u0000 is an error (tool arguments) */
};

/* A tree that the caller deletes, or NULL with *e set. */
cJSON	*json_parse(const char *p, size_t n, enum json_nul, struct err *e);

/* Compact text, malloc'ed (free with free()). */
char	*json_print(const cJSON *);

/* Borrowed; the default (or NULL) when the member is missing or of another
 * type.  `o` may be NULL. */
const char *json_str(const cJSON *o, const char *key);
const char *json_str_or(const cJSON *o, const char *key, const char *def);
int64_t	 json_int(const cJSON *o, const char *key, int64_t def);
double	 json_num(const cJSON *o, const char *key, double def);
bool	 json_bool(const cJSON *o, const char *key, bool def);
const cJSON *json_get(const cJSON *o, const char *key);
const cJSON *json_array(const cJSON *o, const char *key); /* NULL if no array */

/* Clear the text of a member, or (without a name) of the node itself, where it
 * is one. */
void	 json_wipe(cJSON *o, const char *key);

/* Builders; text is repaired to valid UTF-8 (bad bytes become U+FFFD), and
 * a NULL string adds nothing.  The added node belongs to `o`. */
void	 json_add_str(cJSON *o, const char *key, const char *s);
void	 json_add_strn(cJSON *o, const char *key, const char *s, size_t n);
void	 json_add_int(cJSON *o, const char *key, int64_t);
/* null when it is below zero: not told. */
void	 json_add_count(cJSON *o, const char *key, int64_t);
void	 json_add_num(cJSON *o, const char *key, double);
void	 json_add_bool(cJSON *o, const char *key, bool);
void	 json_add_null(cJSON *o, const char *key);
/* `v` is taken; replaces a member of that name. */
void	 json_set_take(cJSON *o, const char *key, cJSON *v);
/*
 * Bytes that may not be UTF-8: valid UTF-8 without NUL is stored under `key`,
 * anything else as base64 under "<key>_b64".  json_get_bytes reads either (the
 * latter where there are both) and gives a malloc'ed copy (length in *n), or
 * NULL.
 */
void	 json_add_bytes(cJSON *o, const char *key, const void *p, size_t n);
/* How long that is, without the key. */
size_t	 json_bytes_cost(const char *p, size_t n);
char	*json_get_bytes(const cJSON *o, const char *key, size_t *n);
/*
 * A file's name: as text if that is what it is. One with control characters
 * (a newline would begin a line of its own wherever it is printed) or bad bytes
 * stands under `key` escaped, to be read, and as bytes under "<key>_b64".
 */
void	 json_add_path(cJSON *o, const char *key, const char *path);
/* Is it this name that stands there? */
bool	 json_is_path(const cJSON *o, const char *key, const char *path);
/* Append the name as json_add_path has it under `key`. */
void	 json_path_text(struct buf *, const char *path);

/* Append `s` as a JSON string literal, quotes included. */
void	 json_quote(struct buf *, const char *s, size_t n);

#endif
