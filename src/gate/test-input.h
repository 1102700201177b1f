/*
 * test-input: does a change affect the success check? By names alone: the words
 * of a command, and a table of what well-known commands read. Shows a badge,
 * never blocks a change.
 */
#ifndef ASSENT_GATE_TEST_INPUT_H
#define ASSENT_GATE_TEST_INPUT_H

#include <stdbool.h>

/* Does the command (NULL: none) name this file, or read it to know what to
 * do? */
bool	test_input_names(const char *command, const char *path);

#endif
