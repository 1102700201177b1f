/*
 * driver-soon: any file may request the driver, but only the loop calls it, so
 * those files need not include it.
 */
#ifndef ASSENT_CORE_DRIVER_SOON_H
#define ASSENT_CORE_DRIVER_SOON_H

struct core;

/* Run the driver from the loop, after the current callback. */
void	driver_soon(struct core *);

#endif
