/*
 * filter-calls: the system calls by name.  What stands in neither table gets
 * ENOSYS, also what a later kernel brings: libc and runtimes then take the
 * older way.
 */
#ifndef ASSENT_SANDBOX_WORKER_FILTER_CALLS_H
#define ASSENT_SANDBOX_WORKER_FILTER_CALLS_H

struct filter_row {
	const char	*name;
	int		 error;
};

/* Both end with NULL. No name is in both. */
extern const char *const filter_allowed[];
/* Refused with an error of their own, so that programs say what it is. */
extern const struct filter_row filter_refused[];

#endif
