/*
 * utf8: validation and repair. sanitize.h handles widths and marks.
 */
#ifndef ASSENT_BASE_UTF8_H
#define ASSENT_BASE_UTF8_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Length of the valid sequence at p (1-4), with its code point in *cp; 0 if it
 * is not valid UTF-8 (overlong, surrogate, cut off, stray). n > 0. */
size_t	utf8_next(const char *p, size_t n, uint32_t *cp);
bool	utf8_is_valid(const char *p, size_t n);
#define UTF8_BOM "\xef\xbb\xbf"	/* the byte order mark */
/* The length of the byte order mark that the text begins with, or 0. */
size_t	utf8_bom(const char *p, size_t n);
bool	utf8_is_ascii(const char *p, size_t n);
/* Is it a text for one line: valid, without control characters? */
bool	utf8_is_line(const char *);
/* Length of the longest prefix of at most `max` bytes that does not cut a
 * sequence. */
size_t	utf8_cut(const char *p, size_t n, size_t max);
/* The same prefix, malloc'ed, with an ellipsis if it isn't the whole text. */
char	*utf8_cut_dup(const char *, size_t max);
/* Start of the longest suffix of at most `max` bytes that doesn't begin inside
 * a sequence. */
size_t	utf8_tail(const char *p, size_t n, size_t max);
/* Bytes become text here: append, with each bad byte as U+FFFD, and each NUL, at
 * which a string would end, as "^@". */
void	utf8_repair(struct buf *, const char *p, size_t n);
void	utf8_put(struct buf *, uint32_t cp);

/* Can the byte be one of a name: a letter, digit, '_' or not ASCII? */
static inline bool
utf8_in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

#endif
