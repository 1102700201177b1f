/* fuzz-git: for the targets that diff. */
#ifndef ASSENT_TESTS_FUZZ_GIT_H
#define ASSENT_TESTS_FUZZ_GIT_H

#include "store/gitlib.h"
#include "tests/fuzz/fuzz.h"

/* libgit2 is started once, and not for each diff. */
static inline void
fuzz_git(void)
{
	static bool is_up;

	if (!is_up)
		FUZZ_CHECK(gitlib_init(NULL) == 0);
	is_up = true;
}

#endif
