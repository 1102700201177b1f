/*
 * insecure-http: guards keys that would be sent unencrypted, over http://, to
 * another machine.  The setting insecure_http allows it; otherwise the user is
 * asked once for each address, and a yes is stored in the state directory
 * (`insecure-http`).
 */
#ifndef ASSENT_CMD_INSECURE_HTTP_H
#define ASSENT_CMD_INSECURE_HTTP_H

#include <stdbool.h>

#include "cmd/setup.h"

/* The address to which this model's key would be sent unencrypted, malloc'ed;
 * NULL: none, or allowed. */
char	*insecure_http_where(const struct setup *, const struct config_model *);
/* Check all models of the setup, asking the user if possible. 0, or the exit
 * code after printing the error; a setup with `again` continues without the
 * key. */
int	insecure_http_check(struct setup *);
/* The same for the model in a session's journal (NULL or an object), to which
 * the setup's keys would be sent. */
int	insecure_http_check_recorded(struct setup *, const cJSON *model);
/* The error message. */
void	insecure_http_refuse(const struct config_model *, const char *where,
	    struct err *);

#endif
