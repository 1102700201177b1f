/*
 * duty: how to hold processes to a share of a core by stopping and going on, as
 * a matter of numbers.  Time credit comes in at the share's rate and goes out
 * as processor time is used; without credit everything stands still.  A little
 * may be saved up, so that what is short is not slowed at all.
 */
#ifndef ASSENT_SANDBOX_DUTY_H
#define ASSENT_SANDBOX_DUTY_H

#include <stdbool.h>
#include <stdint.h>

struct duty {
	int	percent;	/* of one core */
	int64_t	credit_us;
	int64_t	wall_us, used_us;	/* at the last step */
	bool	stopped;
};

void	duty_start(struct duty *, int percent, int64_t wall_us);
/* `used_us`: what all inside have used since the start. Sets `stopped`; returns
 * in how many milliseconds to look again. */
int	duty_step(struct duty *, int64_t wall_us, int64_t used_us);

#endif
