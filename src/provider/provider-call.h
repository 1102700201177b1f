/*
 * provider-call: shared by the two transports. A transport's struct begins with
 * a struct provider_call.
 */
#ifndef ASSENT_PROVIDER_PROVIDER_CALL_H
#define ASSENT_PROVIDER_PROVIDER_CALL_H

#include "provider/provider.h"

struct provider_call {
	void	(*cancel)(struct provider_call *);
};

struct provider_call *http_start(struct loop *, const struct call_target *,
	    char *body,
	    const struct call_callbacks *, void *arg);
struct provider_call *replay_start(struct loop *, const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);

#endif
