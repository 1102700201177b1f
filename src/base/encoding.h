/*
 * encoding: which encoding somebody declared for a text file, and strict
 * conversion to UTF-8 and back with iconv. The file tools and the review use it.
 *
 * What counts, in this order:
 *   - a byte order mark: UTF-8, UTF-16, UTF-32
 *   - the user's setting "encodings", {"*.ini": "shift_jis"}: patterns as in
 *     .gitignore, of which the last one that matches counts; any encoding that
 *     iconv knows and that leaves ASCII as it is. The project can't set it.
 *   - git's attribute working-tree-encoding: of .git/info/attributes, then of
 *     .gitattributes in the file's folder, then in those above it
 *   - "charset" of .editorconfig, likewise, up to one with "root = true"
 * The last two are the project's, which isn't trusted: they can name only
 * encodings of the table in encoding.c (of .editorconfig: latin1 and UTF), whose
 * tables in the C library, or in GNU libiconv where that is linked, are in common
 * use.
 *
 * For a new file also git's attribute eol, in the same places.
 *
 * Not read: git's macros ([attr]), escapes in its quoted patterns, its files
 * outside the project, and .git/info/attributes where .git is a file; an
 * .editorconfig above the project's root, and {1..9} in its sections; files of
 * more than 256 kB, or with more than 1000 rules about these.
 */
#ifndef ASSENT_BASE_ENCODING_H
#define ASSENT_BASE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define ENCODING_NAME_MAX 32

struct encoding {
	char	 name[ENCODING_NAME_MAX];	/* iconv's; "": none is
						   declared */
	bool	 bom;		/* the file begins with a byte order mark; a new
				   one: should */
	char	 from[128];	/* who says so, for messages: "byte order mark",
				   "user settings", ".gitattributes:3" */
};

struct encodings;

/* The encodings declared below this folder. .gitattributes and .editorconfig
 * are read once, when a path needs them. `user`: the setting, or NULL. Both are
 * borrowed. */
struct encodings *encodings_new(int root_fd, const cJSON *user);
void	encodings_free(struct encodings *);
AUTO_AT(encodings_free, struct encodings)
/* Find the encoding of the file `path`, relative to the root, with these
 * contents; n is 0 for a new file. */
void	encodings_find(struct encodings *, const char *path, const char *p,
	    size_t n, struct encoding *);

/* Git's attribute eol: do a new file's lines end in CRLF? */
bool	encodings_crlf(struct encodings *, const char *path);

/* Does it begin with a mark? Then by that alone. */
bool	encoding_marked(struct encoding *, const char *p, size_t n);

/* UTF-16 or UTF-32: its text has NULs. */
bool	encoding_is_wide(const char *name);

/* Is the setting an object whose values can be used here? -1 with what is wrong
 * and the nearest name. */
int	encodings_check(const cJSON *user, struct err *);
/* Add rules to such a setting, after those that it has: they win. A pattern
 * with null is taken out. */
void	encodings_add(cJSON *to, const cJSON *rules);

/*
 * Append the text, which begins with U+FEFF if the file has a mark, or append
 * nothing and return -1 with the place: the bytes aren't of this encoding, have
 * a NUL, wouldn't be the same after encoding_encode, or are UTF-8 where
 * something else is declared; or UTF-16 is, but they have no NUL, so that a
 * shell could run what they hide. The time is linear in the file.
 */
int	encoding_decode(const struct encoding *, const char *p, size_t n,
	    struct buf *, struct err *);
/* The same, with the text instead of the bytes. */
int	encoding_decode_in_place(const struct encoding *, struct buf *,
	    struct err *);
/* Append the bytes of this text in UTF-8; or nothing, and -1 with the first
 * character that the encoding doesn't have and its place. Adds no mark. */
int	encoding_encode(const struct encoding *, const char *text, size_t n,
	    struct buf *, struct err *);

/* The folder with the tables that iconv loads, malloc'ed: a sandbox must show
 * it. NULL: there is none. */
char	*encoding_tables(void);

#endif
