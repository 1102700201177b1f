/* See forks.h. */

#include "config.h"

#include "sandbox/forks.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define FORKS_BACKOFF	4	/* at the limit, listing may use a fifth of the
				   time */

void
forks_begin(struct forks *f, int64_t max)
{
	f->max = max;
	/* The first one. */
	f->used = 1;
	tasks_skip_others_now(&f->tasks);
}

void
forks_release(struct forks *f)
{
	tasks_release(&f->tasks);
	free(f->open);
	memset(f, 0, sizeof(*f));
}

/* The thread has asked again, so its last fork is over. */
static void
forks_close(struct forks *f, pid_t thread)
{
	size_t i;

	for (i = f->open_len; i-- > 0;)
		if (f->open[i] == thread) {
			f->open[i] = f->open[--f->open_len];
			return;
		}
}

/* Keep those that may still be making their process. */
static void
forks_look(struct forks *f)
{
	size_t n = 0, i;

	for (i = 0; i < f->open_len; i++) {
		char state = tasks_state(f->open[i]);

		if (state == 'R' || state == 'D')
			f->open[n++] = f->open[i];
	}
	f->open_len = n;
}

/* Count again. What is over is looked at before the list is made, which then
 * has its process, or that has ended. */
static void
forks_count(struct forks *f)
{
	int64_t start = clock_mono_ms(), now, n;

	forks_look(f);
	n = tasks_count_new(&f->tasks);
	/* Without a list nothing more is allowed. */
	if (n >= 0)
		f->used = n + (int64_t)f->open_len;
	/* Short-lived ones may only have used up what the last list left. */
	f->list_due = 0;
	now = clock_mono_ms();
	if (f->used >= f->max)
		f->list_due = now + (now - start) * FORKS_BACKOFF + 1;
}

bool
forks_allow(struct forks *f, pid_t thread)
{
	forks_close(f, thread);
	if (f->used >= f->max && clock_mono_ms() >= f->list_due)
		forks_count(f);
	if (f->used >= f->max)
		return false;
	f->used++;
	*GROW_ADD(f->open, f->open_len) = thread;
	return true;
}
