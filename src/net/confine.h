/* confine: take from this process what it doesn't need. */
#ifndef ASSENT_NET_CONFINE_H
#define ASSENT_NET_CONFINE_H

/* Call it first; one thread. Descriptors above 2 are closed. What this kernel
 * doesn't have is left out. How many descriptors may be open. */
int	net_confine(void);

#endif
