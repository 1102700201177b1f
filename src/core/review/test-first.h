/*
 * test-first: was a test seen to fail on the code as it was?  Only the success
 * check counts, or a command that the approved plan names, and only while
 * nothing but tests has been changed in this task.
 */
#ifndef ASSENT_CORE_REVIEW_TEST_FIRST_H
#define ASSENT_CORE_REVIEW_TEST_FIRST_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct stage;

/* Does this result show a test that fails on the code as it was? */
bool	test_first_failed(struct core *, struct stage *, const char *tool,
	    const char *args_text, const cJSON *result);

#endif
