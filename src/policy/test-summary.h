/*
 * test summary: what a test runner says at its end, as "1 failed, 8 passed". For
 * display only: whether a check passed is its exit status.
 */
#ifndef ASSENT_POLICY_TEST_SUMMARY_H
#define ASSENT_POLICY_TEST_SUMMARY_H

#include <stddef.h>

/* The counts that the last runner in this output printed, malloc'ed; it has
 * nothing of the output but numbers. NULL: no runner is recognized. */
char	*test_summary(const char *text, size_t n);

#endif
