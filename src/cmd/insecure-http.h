/*
 * insecure-http: a key that would go to another machine over http://, where
 * others can
 * read it.  The setting insecure_http allows it; else a person is asked once for
 * each address, and their yes is kept in the state folder (`insecure-http`).
 */
#ifndef ASSENT_CMD_INSECURE_HTTP_H
#define ASSENT_CMD_INSECURE_HTTP_H

#include <stdbool.h>

#include "cmd/setup.h"

/* Where the key of this model would be read by others, malloc'ed; NULL if nowhere,
 * or if it is allowed. */
char	*insecure_http_where(const struct setup *, const struct config_model *);
/* All models of the setup: asks where it may. 0, or the exit code after the
 * sentence; a setup that is `again` goes on without the key. */
int	insecure_http_check(struct setup *);
/* The same for where a session, as its journal has the model (an object or not),
 * would send the keys of the setup. */
int	insecure_http_check_recorded(struct setup *, const cJSON *model);
/* The sentence that refuses it. */
void	insecure_http_refuse(const struct config_model *, const char *where,
	    struct err *);

#endif
