/*
 * cpu-throttle: how to hold processes to a share of a core by stopping and
 * going on, as
 * a matter of numbers.  Time credit comes in at the share's rate and goes out
 * as processor time is used; without credit everything stands still.  A little
 * may be saved up, so that what is short is not slowed at all.
 */
#ifndef ASSENT_SANDBOX_LIMITS_CPU_THROTTLE_H
#define ASSENT_SANDBOX_LIMITS_CPU_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_throttle {
	int	percent;	/* of one core */
	int64_t	credit_us;
	int64_t	wall_us, used_us;	/* at the last step */
	bool	stopped;
};

void	cpu_throttle_start(struct cpu_throttle *, int percent, int64_t wall_us);
/* `used_us`: what all inside have used since the start. Sets `stopped`; returns
 * in how many milliseconds to look again. */
int	cpu_throttle_step(struct cpu_throttle *, int64_t wall_us,
	    int64_t used_us);

#endif
