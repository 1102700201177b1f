/*
 * rpc: JSON-RPC 2.0, one message a line, over a socket or two pipes (MCP's
 * stdio, ACP). Both sides may ask. The peer is hostile: its lines have a limit
 * in bytes, values and depth, and it gets no memory that it doesn't pay for with
 * one of those. A line that can't be used is dropped and counted, and so is an
 * answer to nothing; too many of them end the connection.
 *
 * Callbacks come from the loop and never from within a call of this module,
 * except rpc_free's: there are none then. A callback may call anything here,
 * even rpc_free.
 */
#ifndef ASSENT_RPC_RPC_H
#define ASSENT_RPC_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct loop;
struct rpc;

struct rpc_limits {
	size_t	 line;		/* bytes of a line; 0: 8 MB */
	size_t	 values;	/* of a line; 0: 200,000 */
	size_t	 queue;		/* bytes that wait to be read by the peer; 0:
				   32 MB */
	size_t	 asked;		/* requests, ours and the peer's, that wait for
				   an answer; 0: 256 each */
	size_t	 faults;	/* that end the connection; 0: 100 */
};

/* Codes of a request that failed without an answer of the peer's. The peer's
 * own codes are negative, as far as it keeps to the rules. */
enum rpc_code {
	RPC_TIMEOUT = 1,
	RPC_CLOSED,
	RPC_MALFORMED,		/* an answer without result and error */
};
#define RPC_PARSE_ERROR		(-32700)
#define RPC_INVALID_REQUEST	(-32600)
#define RPC_NO_METHOD		(-32601)
#define RPC_INVALID_PARAMS	(-32602)
#define RPC_BUSY		(-32000)

struct rpc_failure {
	int		 code;
	const char	*message;	/* the peer's: foreign text */
	const cJSON	*data;		/* the peer's; or NULL */
};

/* One of both is NULL. Borrowed. */
typedef void rpc_done_cb(void *arg, const cJSON *result,
	    const struct rpc_failure *);

struct rpc_handlers {
	/* The peer asks. Answer, now or later, with rpc_answer_take or
	 * rpc_refuse and this id (a copy of it, if later). NULL: all are
	 * refused. `params` may be NULL. */
	void	(*request)(void *arg, const cJSON *id, const char *method,
		    const cJSON *params);
	/* It tells something. NULL: dropped. */
	void	(*notice)(void *arg, const char *method, const cJSON *params);
	/* The connection has ended: all requests have failed, and nothing more
	 * comes. It is called once, and not after rpc_free. `why` is the
	 * predicate of a sentence about the peer: "closed its output". */
	void	(*closed)(void *arg, const char *why);
	/* Answer a line that is no message with an error, as a server does;
	 * else only count it: programs print there. */
	bool	 tells_faults;
};

/* Takes both descriptors, which may be the same one, and makes them
 * non-blocking. A limit of 0 is the default; NULL: all of them are. */
struct rpc *rpc_new_take(struct loop *, int in, int out,
	    const struct rpc_limits *, const struct rpc_handlers *, void *arg);
void	rpc_free(struct rpc *);			/* NULL is fine */

/*
 * Ask. Takes `params` (NULL: none). done() is called once, unless rpc_forget or
 * rpc_free comes first; if it is NULL, this is a notification. timeout_ms 0: no
 * time limit. Returns the request's id, for rpc_forget; 0 if too many wait or
 * the connection has ended: then done() isn't called.
 */
int64_t	rpc_ask_take(struct rpc *, const char *method, cJSON *params,
	    int64_t timeout_ms, rpc_done_cb *, void *arg);
/* Don't wait for this one any more: no done(), its answer is dropped. The peer
 * isn't told: that depends on the protocol. */
void	rpc_forget(struct rpc *, int64_t id);
/* Stop its time limit, or start it anew. Nothing, if it has none or has its
 * answer. */
void	rpc_pause(struct rpc *, int64_t id, bool pause);

void	rpc_answer_take(struct rpc *, const cJSON *id, cJSON *result);
void	rpc_refuse(struct rpc *, const cJSON *id, int code,
	    const char *message);

#endif
