/*
 * request: what the core asks of one worker, as JSON.  Encoded in the core,
 * decoded in the worker; the two sides sit together here so that they cannot
 * drift apart.  Paths are bytes and need not be UTF-8.
 */
#ifndef ASSENT_SANDBOX_REQUEST_H
#define ASSENT_SANDBOX_REQUEST_H

#include <stddef.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/sandbox.h"

#define REQUEST_MAX ((size_t)96 << 20)

/*
 * Three messages, the last two from one sandbox_spec, by one table of its
 * members. The leaf is the worker's own cgroup, with what earlier workers found
 * out (frame 'f'). The setup says what the sandbox is made of, so that it can be
 * built ahead; the call says what runs in it.
 */
struct cgroup_leaf;

/* malloc'ed text of *n bytes. */
char	*request_encode_leaf(const struct cgroup_leaf *, const cJSON *filters,
	    size_t *n);
char	*request_encode_setup(const struct sandbox_spec *, size_t *n);
char	*request_encode_call(const struct sandbox_spec *, size_t *n);
/* The setup as bytes that aren't sent: two calls with the same ones may use the
 * same prepared sandbox. */
void	request_key(const struct sandbox_spec *, struct buf *);
/* 0, or -1 when a member that the level needs is missing or not absolute. The
 * setup comes first, and once; release after either, also when it failed. A
 * worker that stays decodes one call after another, each released alone. */
int	request_decode_leaf(const char *p, size_t n, struct cgroup_leaf *,
	    cJSON **filters, struct err *);
int	request_decode_setup(const char *p, size_t n, struct sandbox_spec *,
	    struct err *);
int	request_decode_call(const char *p, size_t n, struct sandbox_spec *,
	    struct err *);
/* All that was decoded, or of the call alone. */
void	request_release(struct sandbox_spec *, bool all);

#endif
