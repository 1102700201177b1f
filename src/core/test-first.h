/*
 * test-first: did a test fail before the code was changed? Only the success
 * check counts, or a command named in the approved plan, and only while the
 * task has changed nothing but tests.
 */
#ifndef ASSENT_CORE_TEST_FIRST_H
#define ASSENT_CORE_TEST_FIRST_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct stage;

/* Does this result show a failing test on the old code? */
bool	test_first_failed(struct core *, struct stage *, const char *tool,
	    const char *args_text, const cJSON *result);

#endif
