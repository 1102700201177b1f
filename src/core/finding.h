/*
 * finding: a fault that the model reports, at a place in an existing file.
 */
#ifndef ASSENT_CORE_FINDING_H
#define ASSENT_CORE_FINDING_H

#include <cjson/cJSON.h>

struct core;
struct core_call;

/* The tool `finding`: journal and answer it. */
void	finding_note(struct core *, const struct core_call *,
	    const cJSON *args);

#endif
