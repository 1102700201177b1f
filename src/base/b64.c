#include "config.h"

#include "base/b64.h"

#include <stdint.h>
#include <string.h>

static const char b64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
b64_encode(struct buf *out, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16;
		char q[4];

		if (left > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		q[0] = b64_digits[v >> 18];
		q[1] = b64_digits[(v >> 12) & 63];
		q[2] = left > 1 ? b64_digits[(v >> 6) & 63] : '=';
		q[3] = left > 2 ? b64_digits[v & 63] : '=';
		buf_add(out, q, 4);
	}
}

int
b64_decode(struct buf *out, const char *p, size_t n)
{
	size_t i;

	if (n % 4 != 0)
		return -1;
	for (i = 0; i < n; i += 4) {
		uint32_t v = 0;
		size_t pad = 0, k;
		unsigned char o[3];

		if (i + 4 == n) {
			pad += p[n - 1] == '=';
			pad += pad == 1 && p[n - 2] == '=';
		}
		for (k = 0; k < 4; k++) {
			const char *d;

			v <<= 6;
			if (k >= 4 - pad)
				continue;
			d = p[i + k] == '\0' ? NULL :
			    strchr(b64_digits, p[i + k]);
			if (d == NULL)
				return -1;
			v |= (uint32_t)(d - b64_digits);
		}
		o[0] = (unsigned char)(v >> 16);
		o[1] = (unsigned char)(v >> 8);
		o[2] = (unsigned char)v;
		if (buf_add(out, o, 3 - pad) < 0)
			return -1;
	}
	return 0;
}
