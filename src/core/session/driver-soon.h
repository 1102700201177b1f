/*
 * driver-soon: the driver is asked for from everywhere and called from the loop
 * alone, so that what asks for it need not know it.
 */
#ifndef ASSENT_CORE_SESSION_DRIVER_SOON_H
#define ASSENT_CORE_SESSION_DRIVER_SOON_H

struct core;

/* Run the driver from the loop, after the present callback. */
void	driver_soon(struct core *);

#endif
