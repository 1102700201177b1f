/*
 * set: what a person changes of a session: who is asked, the success check, how
 * much the model thinks.
 */
#ifndef ASSENT_CORE_SESSION_SET_H
#define ASSENT_CORE_SESSION_SET_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct approve;
struct core;

/* A client's command. */
int	set_command(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* From now on changes are put to a person in this mode. */
void	set_mode(struct core *, const struct approve *, const char *by,
	    const char *client);

#endif
