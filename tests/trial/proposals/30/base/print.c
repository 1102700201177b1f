#include <stdio.h>

#include "record.h"

void
beacon_print(const struct beacon *b)
{
	printf("id %08x", (unsigned)b->id);
	if (b->has_power)
		printf(" power %d", b->power);
	putchar('\n');
}
