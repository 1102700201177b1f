/*
 * success check: which command would show success in a project, guessed from
 * its
 * files.  Nothing is run, no link is followed, and what is guessed counts for
 * nothing until a person takes it.
 */
#ifndef ASSENT_POLICY_SUCCESS_CHECK_H
#define ASSENT_POLICY_SUCCESS_CHECK_H

/* The first row of the table that fits the folder behind `root`: the command,
 * and in *from the file that says so; both are the table's. NULL: none fits. */
const char *success_check_guess(int root, const char **from);

#endif
