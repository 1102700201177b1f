/*
 * fuzz: shared by the targets in this folder. Each is one function that takes
 * any bytes and must return; a target asserts facts about its results by
 * FUZZ_CHECK. The same file is linked with libFuzzer (make fuzz) and with fuzz-
 * main.c (make check).
 */
#ifndef ASSENT_TESTS_FUZZ_H
#define ASSENT_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define FUZZ_CHECK(c) do { \
	if (!(c)) { \
		fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__, __LINE__, \
		    #c); \
		abort(); \
	} \
} while (0)

/* Parts of an input end at this byte (ASCII's record separator). */
#define FUZZ_END 0x1e

struct fuzz_input {
	const uint8_t	*p;
	size_t		 len;
};

static inline uint8_t
fuzz_byte(struct fuzz_input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->p++;
}

/* The bytes up to the next separator, in a buffer of their own, so that reading
 * beyond them is detected. */
static inline void
fuzz_part(struct fuzz_input *in, struct buf *out)
{
	const uint8_t *end = in->len == 0 ? NULL :
	    memchr(in->p, FUZZ_END, in->len);
	size_t n = end == NULL ? in->len : (size_t)(end - in->p);

	buf_init(out, 0);
	if (n > 0)
		buf_add(out, in->p, n);
	in->p += n;
	in->len -= n;
	if (end != NULL)
		fuzz_byte(in);
}

static inline bool
fuzz_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 ||
	    memcmp(a->p, b->p, a->len) == 0);
}

#endif
