/* beacon HEX: prints a packet. */
#include <stdio.h>
#include <string.h>

#include "record.h"

int
main(int argc, char **argv)
{
	uint8_t packet[512];
	size_t n, i;
	struct beacon b;

	if (argc != 2 || (n = strlen(argv[1]) / 2) > sizeof(packet)) {
		fprintf(stderr, "usage: beacon HEX\n");
		return 2;
	}
	for (i = 0; i < n; i++) {
		unsigned byte;

		if (sscanf(argv[1] + 2 * i, "%2x", &byte) != 1)
			return 2;
		packet[i] = (uint8_t)byte;
	}
	if (record_read(&b, packet, n) < 0) {
		fprintf(stderr, "beacon: not a packet\n");
		return 1;
	}
	beacon_print(&b);
	return 0;
}
