#include "config.h"

#include "sandbox/duty.h"

#define DUTY_SAVED_US	100000	/* most that is saved up, and the start */
#define DUTY_GO_US	10000	/* enough to go on with */
#define DUTY_LOOK_MS	20
#define DUTY_LOOK_MIN_MS 5

void
duty_start(struct duty *d, int percent, int64_t wall_us)
{
	*d = (struct duty){
		.percent = percent, .credit_us = DUTY_SAVED_US,
		.wall_us = wall_us,
	};
}

int
duty_step(struct duty *d, int64_t wall_us, int64_t used_us)
{
	int64_t need;

	/* What was counted of a process may go with it; nothing comes back. */
	if (used_us < d->used_us)
		used_us = d->used_us;
	d->credit_us += (wall_us - d->wall_us) * d->percent / 100 -
	    (used_us - d->used_us);
	if (d->credit_us > DUTY_SAVED_US)
		d->credit_us = DUTY_SAVED_US;
	d->wall_us = wall_us;
	d->used_us = used_us;
	if (d->credit_us <= 0)
		d->stopped = true;
	else if (d->credit_us >= DUTY_GO_US)
		d->stopped = false;
	if (!d->stopped) {
		need = d->credit_us / 1000;
		return need < DUTY_LOOK_MIN_MS ? DUTY_LOOK_MIN_MS :
		    need > DUTY_LOOK_MS ? DUTY_LOOK_MS : (int)need;
	}
	need = (DUTY_GO_US - d->credit_us) * 100 / d->percent / 1000 + 1;
	return need > 1000 ? 1000 : (int)need;
}
