/*
 * attempt: one function a way out, in a file by subject. Each gives 0 if the
 * kernel let it happen, an errno, or one of the words below; none may harm the
 * host where it succeeds.
 */
#ifndef ASSENT_TESTS_ESCAPE_ATTEMPT_H
#define ASSENT_TESTS_ESCAPE_ATTEMPT_H

#define ATTEMPT_LEAK	250	/* something of the outside was seen */
#define ATTEMPT_CLEAN	251	/* looked for it, nothing there */
#define ATTEMPT_SANDBOXED	252	/* allowed, and nothing was gained */
#define ATTEMPT_NONE	253	/* cannot be tried on this host */
#define ATTEMPT_SAID	-1	/* has printed its answer itself */

typedef int attempt_fn(const char *value);

struct attempt {
	const char	*name;
	attempt_fn	*fn;
};

/* Each ends with a NULL name. */
extern const struct attempt attempt_files[];
extern const struct attempt attempt_processes[];
extern const struct attempt attempt_sockets[];
extern const struct attempt attempt_calls[];
extern const struct attempt attempt_facts[];
extern const struct attempt attempt_hogs[];

/* errno of a call that failed, else 0. */
int	attempt_sys(long rc);

#endif
