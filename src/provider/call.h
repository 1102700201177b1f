/*
 * call: what the two transports share.  A transport's struct begins with a
 * struct call.
 */
#ifndef ASSENT_PROVIDER_CALL_H
#define ASSENT_PROVIDER_CALL_H

#include "provider/provider.h"

struct call {
	void	(*cancel)(struct call *);
};

struct call *http_start(struct loop *, const struct call_target *, char *body,
	    const struct call_callbacks *, void *arg);
struct call *replay_start(struct loop *, const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);

#endif
