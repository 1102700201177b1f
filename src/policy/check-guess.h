/*
 * check: guesses a project's check from its files. It runs
 * nothing and follows no links, and the guess has no effect until a person
 * accepts it.
 */
#ifndef ASSENT_POLICY_CHECK_GUESS_H
#define ASSENT_POLICY_CHECK_GUESS_H

/* The first row of the table that matches the folder `root`: the command, and
 * in *from the file that suggests it; both belong to the table. NULL: none. */
const char *check_guess(int root, const char **from);

#endif
