/* hash: FNV-1a, for bytes that no attacker chose. */
#ifndef ASSENT_BASE_HASH_H
#define ASSENT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN	0xcbf29ce484222325u

/* `h` is HASH_BEGIN, or the hash of the bytes before. */
static inline uint64_t
hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (; n > 0; p++, n--)
		h = (h ^ *p) * 0x100000001b3u;
	return h;
}

#endif
