/*
 * finding: a fault that the model names, at a place of a file that there is.
 */
#ifndef ASSENT_CORE_CALL_FINDING_H
#define ASSENT_CORE_CALL_FINDING_H

#include <cjson/cJSON.h>

struct core;
struct core_call;

/* The tool `finding`: journaled and answered. */
void	finding_note(struct core *, const struct core_call *,
	    const cJSON *args);

#endif
