/*
 * filter-calls: the system calls by name. Calls in neither table get ENOSYS,
 * including those of later kernels, so that libc and runtimes fall back to
 * older ones.
 */
#ifndef ASSENT_SANDBOX_FILTER_CALLS_H
#define ASSENT_SANDBOX_FILTER_CALLS_H

struct filter_row {
	const char	*name;
	int		 error;
};

/* Both end with NULL. No name is in both. */
extern const char *const filter_allowed[];
/* Refused with an error of their own, so that programs report it. */
extern const struct filter_row filter_refused[];

#endif
