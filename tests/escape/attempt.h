/*
 * attempt: one function a way out, in a file by subject. Each gives 0 if the
 * kernel let it happen, an errno, or one of the words below; none may harm the
 * host where it succeeds.
 */
#ifndef ASSENT_TESTS_ESCAPE_ATTEMPT_H
#define ASSENT_TESTS_ESCAPE_ATTEMPT_H

#include <stddef.h>

#define ATTEMPT_LEAK	250	/* something of the outside was seen */
#define ATTEMPT_CLEAN	251	/* looked for it, nothing there */
#define ATTEMPT_SANDBOXED	252	/* allowed, and nothing was gained */
#define ATTEMPT_NONE	253	/* cannot be tried on this host */
#define ATTEMPT_SAID	-1	/* has printed its answer itself */

typedef int attempt_fn(const char *value);

struct attempt {
	const char	*name;
	attempt_fn	*fn;
	struct attempt	*next;
};

void	attempt_add(struct attempt *);

/* ATTEMPT(word, value) { ... } is the attempt of that name. */
#define ATTEMPT(word, value)						\
	static attempt_fn try_##word;					\
	__attribute__((constructor)) static void			\
	word##_add(void)						\
	{								\
		static struct attempt a = { #word, try_##word, NULL };	\
		attempt_add(&a);					\
	}								\
	static int							\
	try_##word(const char *value)

/* errno of a call that failed, else 0. */
int	attempt_sys(long rc);

#endif
