/*
 * insecure-http: keeps keys from being sent unencrypted, over http://, to
 * another machine, unless the setting insecure_http allows it.
 */
#ifndef ASSENT_CMD_INSECURE_HTTP_H
#define ASSENT_CMD_INSECURE_HTTP_H

#include "cmd/setup.h"

/* -1 with the error if this model's key may not be sent to its address. */
int	insecure_http_check_model(const struct setup *,
	    const struct config_model *, struct err *);
/* Check all models of the setup; `recorded`, if not NULL, is a model in a
 * session's journal, to whose address the keys would be sent. 0, or the exit
 * code after printing the error; a setup with `again` continues without the
 * key. */
int	insecure_http_check(struct setup *, const cJSON *recorded);

#endif
