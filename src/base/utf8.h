/*
 * utf8: valid or not, and repair.  Widths and marks for the screen are in
 * sanitize.h.
 */
#ifndef ASSENT_BASE_UTF8_H
#define ASSENT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Bytes of the valid sequence at p (1-4), its code point in *cp; 0 if the
 * bytes are not valid UTF-8 (overlong, surrogate, cut off, stray). n > 0. */
size_t	utf8_next(const char *p, size_t n, uint32_t *cp);
bool	utf8_is_valid(const char *p, size_t n);
/* Text for one line: valid, without control characters. */
bool	utf8_is_line(const char *);
/* Length of the longest prefix of at most `max` bytes that does not cut a
 * sequence. */
size_t	utf8_cut(const char *p, size_t n, size_t max);
/* Where the longest end of at most `max` bytes begins that does not cut one. */
size_t	utf8_tail(const char *p, size_t n, size_t max);
/* Append, with each bad byte as U+FFFD. */
void	utf8_repair(struct buf *, const char *p, size_t n);
void	utf8_put(struct buf *, uint32_t cp);

#endif
