/*
 * json: parse bytes from outside with cJSON, safely. cJSON alone cuts strings
 * at \u0000, accepts invalid UTF-8 and rejects lone surrogates. json_parse
 * checks UTF-8, depth, size and trailing input, and turns lone surrogates into
 * U+FFFD. A tree has one owner, who calls cJSON_Delete. Member names are
 * case-sensitive.
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
#define JSON_OWN_DEPTH 8
#define JSON_MAX_BYTES ((size_t)64 << 20)

enum json_nul {
	JSON_NUL_REPLACE,	/* \u0000 becomes U+FFFD (text) */
	JSON_NUL_REFUSE,	/* \u0000 is an error (tool arguments) */
	JSON_OWN,		/* as REPLACE; a line of our own, with room for
				   JSON_OWN_DEPTH levels around foreign JSON */
};

/* A local tree that is deleted where its block is left. */
#define AUTO_JSON	__attribute__((cleanup(json_drop), unused))

/* A tree for the caller to delete, or NULL with *e set. */
cJSON	*json_parse(const char *p, size_t n, enum json_nul, struct err *e);
/* The same, with the byte where it fails beside the message instead of in it. */
cJSON	*json_parse_at(const char *p, size_t n, enum json_nul, size_t *at,
	    struct err *e);

/* Compact text, malloc'ed (free with free()); or appended. */
char	*json_print(const cJSON *);
void	 json_append(struct buf *, const cJSON *);

/* Borrowed; the default (or NULL) when the member is missing or of another
 * type.  `o` may be NULL. */
const char *json_str(const cJSON *o, const char *key);
const char *json_str_or(const cJSON *o, const char *key, const char *def);
/* Is that member this string? */
bool	 json_is(const cJSON *o, const char *key, const char *s);
int64_t	 json_int(const cJSON *o, const char *key, int64_t def);
double	 json_num(const cJSON *o, const char *key, double def);
bool	 json_bool(const cJSON *o, const char *key, bool def);
const cJSON *json_get(const cJSON *o, const char *key);
const cJSON *json_array(const cJSON *o, const char *key); /* NULL if it is no
							     array */

/* The object in the list that has this member; NULL: none. */
const cJSON *json_find(const cJSON *list, const char *key, const char *s);
/* Is this string in the list? */
bool	 json_has(const cJSON *list, const char *s);

/* Wipe all text of a member, or, without a name, of the node itself. */
void	 json_wipe(cJSON *o, const char *key);

/* Builders. Text is repaired to valid UTF-8 (bad bytes become U+FFFD); a NULL
 * string adds nothing. The added node belongs to `o`. */
void	 json_add_str(cJSON *o, const char *key, const char *s);
void	 json_add_strn(cJSON *o, const char *key, const char *s, size_t n);
/* Several names, each with its text: added, or in a new object. */
#define JSON_ADD_TEXTS(o, ...)	json_add_texts((o), \
	    (const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define JSON_TEXTS(...)	JSON_ADD_TEXTS(cJSON_CreateObject(), __VA_ARGS__)
cJSON	*json_add_texts(cJSON *o, const char *const *v, size_t n);
void	 json_add_int(cJSON *o, const char *key, int64_t);
/* Adds null if the number is negative (unknown). */
void	 json_add_count(cJSON *o, const char *key, int64_t);
void	 json_add_bool(cJSON *o, const char *key, bool);
/* Delete *o and set it to NULL. */
void	 json_drop(cJSON **o);
/* A copy of `v`; nothing if it is NULL. Replaces a member of that name. */
void	 json_copy(cJSON *o, const char *key, const cJSON *v);
/* Copies of those members, of a list of names, that `from` has. A NULL is no
 * name. */
#define JSON_COPY(o, from, names) json_copy_names((o), (from), (names), \
				    sizeof(names) / sizeof((names)[0]))
void	 json_copy_names(cJSON *o, const cJSON *from, const char *const *names,
	    size_t n);
/* Takes ownership of `v`; replaces a member of that name. */
void	 json_set_take(cJSON *o, const char *key, cJSON *v);
/*
 * Bytes that may not be UTF-8: valid UTF-8 without NUL is stored under `key`,
 * anything else as base64 under "<key>_b64". json_get_bytes reads either
 * (base64 if both exist) and returns a malloc'ed copy (length in *n, which may
 * be NULL), or NULL.
 */
void	 json_add_bytes(cJSON *o, const char *key, const void *p, size_t n);
char	*json_get_bytes(const cJSON *o, const char *key, size_t *n);
/* Are these bytes stored as text? */
bool	 json_is_text(const void *p, size_t n);
/*
 * A file name: stored as text if it is valid. A name with control characters (a
 * newline would start a new line in any output) or bad bytes is stored under
 * `key` escaped, for people, and under "<key>_b64" as bytes.
 */
void	 json_add_path(cJSON *o, const char *key, const char *path);
/* Append the name in the form json_add_path stores under `key`. */
void	 json_path_text(struct buf *, const char *path);
/* The same for a row in which our own words follow: quoted as in C, if the name
 * contains a blank, or begins with a quote. */
void	 json_path_quoted(struct buf *, const char *path);

/*
 * Members of an object that become those of a struct. One that is missing, or of
 * another type, leaves what is there; a text that is replaced is freed. JSON_WRITE
 * adds them to an object; a text that is NULL adds nothing.
 */
enum json_type {
	JSON_TEXT,		/* char *, a copy; `def` if it is missing */
	JSON_FLAG,		/* bool */
	JSON_INT,		/* int, clamped to its range */
	JSON_INT64,		/* int64_t */
};
struct json_field {
	const char	*name;
	enum json_type	 type;
	size_t		 at;		/* offsetof */
	const char	*def;		/* of a text; or NULL */
};
#define JSON_FIELD(of, member, type, name, def) \
	{ (name), (type), offsetof(struct of, member), (def) }
#define JSON_READ(to, o, fields) \
	json_read((to), (o), (fields), sizeof(fields) / sizeof((fields)[0]))
#define JSON_WRITE(o, from, fields) \
	json_write((o), (from), (fields), sizeof(fields) / sizeof((fields)[0]))
#define JSON_RELEASE(of, fields) \
	json_release((of), (fields), sizeof(fields) / sizeof((fields)[0]))
void	 json_read(void *to, const cJSON *o, const struct json_field *, size_t n);
void	 json_write(cJSON *o, const void *from, const struct json_field *,
	    size_t n);
/* Free its texts, which are NULL then. */
void	 json_release(void *of, const struct json_field *, size_t n);

/* Append `s` as a JSON string literal, quotes included; or a number. Both are as
 * json_append prints them. */
void	 json_quote(struct buf *, const char *s, size_t n);
void	 json_put_number(struct buf *, double);

/* The strings of both arrays (NULL: none), borrowed, NULL-terminated; free() the
 * list. */
const char **json_strings(const cJSON *, const cJSON *more);
/* The words of a command of the user's settings, which is a list of them, or a text
 * for the shell; likewise. */
const char **json_command(const cJSON *);

#endif
