/*
 * cpu-throttle: limits processes to a share of a core by stopping and
 * continuing them; only the arithmetic. Time credit grows at the share's rate
 * and shrinks as CPU time is used; without credit all processes stop. Some
 * credit can be saved up, so that short work isn't slowed.
 */
#ifndef ASSENT_SANDBOX_CPU_THROTTLE_H
#define ASSENT_SANDBOX_CPU_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_throttle {
	int	percent;	/* of one core */
	int64_t	credit_us;
	int64_t	wall_us, used_us;	/* at the last step */
	bool	stopped;
};

void	cpu_throttle_start(struct cpu_throttle *, int percent, int64_t wall_us);
/* `used_us`: CPU time of everything inside since the start. Sets `stopped`;
 * returns in how many milliseconds to check again. */
int	cpu_throttle_step(struct cpu_throttle *, int64_t wall_us,
	    int64_t used_us);

#endif
