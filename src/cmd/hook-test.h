/* hook-test: `assent config hooks test`. */
#ifndef ASSENT_CMD_HOOK_TEST_H
#define ASSENT_CMD_HOOK_TEST_H

#include <cjson/cJSON.h>

#include "cmd/setup.h"

/* Run this hook of the configuration once, on a sample of its event that is
 * about these words (files, or a tool first), and print its answer. The exit
 * code. */
int	hook_test(const struct setup *, const cJSON *hook, char *const *words,
	    size_t n);

#endif
