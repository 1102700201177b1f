/*
 * hook-host: a hook that the user's config runs outside of the sandbox
 * ("sandbox": false): as the user, in the project's folder, with the core's
 * environment, which has no key. Its whole process group ends with it.
 */
#ifndef ASSENT_CORE_HOOK_HOOK_HOST_H
#define ASSENT_CORE_HOOK_HOOK_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hook_host;
struct loop;

struct hook_host_ops {
	/* Of standard output (false: of standard error). */
	void	(*output)(void *arg, bool out, const char *p, size_t n);
	/* Once, last, unless it is freed before. `status` as of waitpid(2). */
	void	(*done)(void *arg, int status, bool late);
};

/* NULL with *e. It is killed after the time, and by hook_host_free. */
struct hook_host *hook_host_new(struct loop *, const char *dir,
	    const char *command, const char *input, int64_t timeout_ms,
	    const struct hook_host_ops *, void *arg, struct err *);
void	hook_host_free(struct hook_host *);	/* NULL is fine */

#endif
