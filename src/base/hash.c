#include "config.h"

#include "base/hash.h"

uint64_t
hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (; n > 0; p++, n--)
		h = (h ^ *p) * 0x100000001b3u;
	return h;
}
