/*
 * set: settings that the user changes during a session: approval mode, success
 * check, effort.
 */
#ifndef ASSENT_CORE_SET_H
#define ASSENT_CORE_SET_H

#include <cjson/cJSON.h>

#include "base/err.h"

struct approve;
struct core;

/* Client command. */
int	set_command(struct core *, const cJSON *command, const char *client,
	    struct err *);
/* Use this approval mode from now on. */
void	set_mode(struct core *, const struct approve *, const char *by,
	    const char *client);

#endif
