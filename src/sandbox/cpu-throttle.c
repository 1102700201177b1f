#include "config.h"

#include "sandbox/cpu-throttle.h"

#define CPU_THROTTLE_SAVED_US	100000	/* maximum credit, and the initial
					   one */
#define CPU_THROTTLE_GO_US	10000	/* enough to continue */
#define CPU_THROTTLE_LOOK_MS	20
#define CPU_THROTTLE_LOOK_MIN_MS 5

void
cpu_throttle_start(struct cpu_throttle *d, int percent, int64_t wall_us)
{
	*d = (struct cpu_throttle){
		.percent = percent, .credit_us = CPU_THROTTLE_SAVED_US,
		.wall_us = wall_us,
	};
}

int
cpu_throttle_step(struct cpu_throttle *d, int64_t wall_us, int64_t used_us)
{
	int64_t need;

	/* The CPU time of a process may vanish when it ends; credit is never
	 * given back. */
	if (used_us < d->used_us)
		used_us = d->used_us;
	d->credit_us += (wall_us - d->wall_us) * d->percent / 100 -
	    (used_us - d->used_us);
	if (d->credit_us > CPU_THROTTLE_SAVED_US)
		d->credit_us = CPU_THROTTLE_SAVED_US;
	d->wall_us = wall_us;
	d->used_us = used_us;
	if (d->credit_us <= 0)
		d->stopped = true;
	else if (d->credit_us >= CPU_THROTTLE_GO_US)
		d->stopped = false;
	if (!d->stopped) {
		need = d->credit_us / 1000;
		return need < CPU_THROTTLE_LOOK_MIN_MS
			   ? CPU_THROTTLE_LOOK_MIN_MS
		       : need > CPU_THROTTLE_LOOK_MS ? CPU_THROTTLE_LOOK_MS
						     : (int)need;
	}
	need =
	    (CPU_THROTTLE_GO_US - d->credit_us) * 100 / d->percent / 1000 + 1;
	return need > 1000 ? 1000 : (int)need;
}
