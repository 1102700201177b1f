#include <string.h>

#include "record.h"

static int
record_id(struct beacon *b, const uint8_t *p, size_t n)
{
	if (n != 4)
		return -1;
	b->id = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	return 0;
}

static int
record_power(struct beacon *b, const uint8_t *p, size_t n)
{
	if (n != 1)
		return -1;
	b->power = (int8_t)p[0];
	b->has_power = 1;
	return 0;
}

int
record_read(struct beacon *b, const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	int rc = 0;

	memset(b, 0, sizeof(*b));
	while (rc == 0 && end - p >= 2) {
		size_t len = p[1];

		if ((size_t)(end - p) < 2 + len)
			return -1;
		switch (p[0]) {
		case RECORD_ID:
			rc = record_id(b, p + 2, len);
			break;
		case RECORD_POWER:
			rc = record_power(b, p + 2, len);
			break;
		}
		p += 2 + len;
	}
	return rc < 0 || p != end || b->id == 0 ? -1 : 0;
}
