/*
 * Records of a beacon: one byte of type, one of length, and so many bytes.
 * What a packet says is anybody's: nothing in it is trusted.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stddef.h>
#include <stdint.h>

enum record_type {
	RECORD_ID = 1,		/* 4 bytes */
	RECORD_POWER = 2,	/* 1 byte, signed, dBm */
};

struct beacon {
	uint32_t	 id;
	int		 power;
	int		 has_power;
};

/* 0; -1 if the packet isn't one. */
int	record_read(struct beacon *, const uint8_t *, size_t);
void	beacon_print(const struct beacon *);

#endif
