/*
 * success check: guesses a project's success check from its files. It runs
 * nothing and follows no links, and the guess has no effect until a person
 * accepts it.
 */
#ifndef ASSENT_POLICY_SUCCESS_CHECK_H
#define ASSENT_POLICY_SUCCESS_CHECK_H

#include <stddef.h>

/* The first row of the table that matches the folder `root`: the command, and
 * in *from the file that suggests it; both belong to the table. NULL: none. */
const char *success_check_guess(int root, const char **from);

/* The counts that the last runner in this output printed, malloc'ed; it has
 * nothing of the output but numbers. NULL: no runner is recognized. */
char	*test_summary(const char *text, size_t n);

#endif
