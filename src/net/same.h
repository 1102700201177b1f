/* same: compare what a client sent with a secret. */
#ifndef ASSENT_NET_SAME_H
#define ASSENT_NET_SAME_H

#include <stdbool.h>
#include <stddef.h>

/* Takes as long for any text of that length. */
static inline bool
net_same(const char *secret, const char *given)
{
	unsigned char differs = 0;
	size_t i;

	for (i = 0; given[i] != '\0'; i++) {
		differs |= (unsigned char)(*secret ^ given[i]);
		if (*secret != '\0')
			secret++;
	}
	return differs == 0 && *secret == '\0';
}

#endif
