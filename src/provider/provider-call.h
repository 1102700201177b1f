/*
 * provider-call: a request over a transport.
 */
#ifndef ASSENT_PROVIDER_PROVIDER_CALL_H
#define ASSENT_PROVIDER_PROVIDER_CALL_H

#include "provider/provider.h"

struct loop;

struct call_target {
	const struct provider_format	*format;
	const char	*base_url;	/* no trailing slash */
	const char	*model;		/* for formats that have it in the URL */
	const char	*key;		/* NULL: none; never logged */
	unsigned	 options;	/* as `request` returned them */
	const char	*header;	/* an extra one, "name: value"; NULL:
					   none */
	/* The user's own, with secrets: lines, each with its NUL. They replace
	 * ours of the same name; or NULL. */
	const struct buf *headers;
	const char	*replay_dir;	/* not NULL: play this recording */
	size_t		 replay_turn;	/* which of its answers, from 0 */
	bool		 replay_paced;	/* stream it at a visible speed */
	/* The trusted certificates (PEM); NULL: the system's. */
	const char	*ca_file;
	int64_t		 idle_timeout_ms;
};

struct call_callbacks {
	delta_cb *delta;
	/* Called once, last, never from within call_start; takes over the
	 * reply. Errors of every kind are in reply->error, with stop
	 * REPLY_ERROR or REPLY_TRUNCATED. The call frees itself afterwards. */
	void	(*done)(void *arg, struct reply *);
};

/*
 * Takes over `body`; copies the target. A single attempt: the caller decides
 * about retries (error.retry, error.wait_ms). Timeouts of 0 or less mean the
 * defaults (15 s to connect, 10 min without a byte). Cancel running calls
 * before loop_free. A process that makes calls must ignore SIGPIPE.
 */
struct provider_call *provider_call_start(struct loop *,
	    const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);
/* There is no callback after this. */
void	provider_call_cancel(struct provider_call *);

/*
 * Open the connection ahead of a request, without sending anything, if it takes
 * TLS: *owner, which must be NULL or the last one, is NULL again afterwards.
 * Failures are left to the request.
 */
struct provider_warm;
void	provider_warm(struct loop *, const struct call_target *,
	    struct provider_warm **owner);
void	provider_warm_free(struct provider_warm *);	/* NULL is allowed */

/* ---- for the two transports ---- */

/* A transport's struct begins with this one. */
struct provider_call {
	void	(*cancel)(struct provider_call *);
};

struct provider_call *http_start(struct loop *, const struct call_target *,
	    char *body,
	    const struct call_callbacks *, void *arg);
struct provider_call *replay_start(struct loop *, const struct call_target *,
	    char *body, const struct call_callbacks *, void *arg);

#endif
