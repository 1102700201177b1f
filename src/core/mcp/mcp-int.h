/* mcp-int: shared by the files of MCP. */
#ifndef ASSENT_CORE_MCP_MCP_INT_H
#define ASSENT_CORE_MCP_MCP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "core/job/lasting.h"
#include "core/kernel/secrets.h"
#include "core/mcp/mcp.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "tool/tool.h"

struct host_program;
struct mcp_ask;
struct mcp_changed;
struct mcp_http;
struct mcp_server;
struct mcp_tool;
struct rpc_failure;

#define MCP_FIRST_MS	5000	/* that the first request waits for servers */
#define MCP_RESTARTS	3	/* of a server in MCP_RESTARTS_MS */
#define MCP_RESTARTS_MS	(10 * 60 * 1000)

/* How a step that takes time ended: `why` is NULL, or a predicate for the
 * server; then it may have been ended. Both are borrowed. */
typedef void mcp_step_cb(struct mcp_server *, const cJSON *result,
	    const char *why);

/* A request that the server may ask something about before it answers it. */
struct mcp_round {
	const char	*method;
	cJSON		*params;	/* as they were sent; or NULL: it may
					   not */
	cJSON		*asked;		/* what isn't answered yet */
	int64_t		 timeout_ms;
	int		 count;
};

struct mcp_server {
	struct core	*core;
	char		*name;
	const cJSON	*config;	/* part of the start object */
	struct lasting	 run;		/* its process, unless that is `host` */
	char		*copy;		/* the path that the project has there;
					   NULL: its own */
	struct host_program *host;	/* not sandboxed */
	struct mcp_http	*http;		/* or at a URL */
	bool		 outside;	/* one without a sandbox, or at a URL */
	bool		 legacy;	/* it speaks 2025-11-25 or older */
	int		 probes;	/* which version it speaks */
	char		*version;	/* of the protocol; or NULL */
	mcp_step_cb	*next;		/* what waits; NULL: nothing does */
	const struct rpc_failure *failure; /* while next() is told of one */
	struct mcp_round round;
	mcp_step_cb	*ready;		/* the same, for the start */
	char		*missing;	/* why it didn't start, or NULL */
	char		*about;		/* its own name and version; or NULL */
	char		*instructions;	/* to the model; or NULL */
	cJSON		*listing;	/* of the pages so far: {"tools",
					   "prompts", "resources"} */
	cJSON		*able;		/* what it says that it has */
	size_t		 kind;		/* that is being listed */
	int		 pages;		/* of it so far */
	int		 starts;
	int64_t		 restarts[MCP_RESTARTS];	/* when, of the last
							   ones; 0: none */
	int64_t		 start_ms;	/* that its start took */
	bool		 starting;
	bool		 listed;	/* its tools have their places */
	bool		 relist;	/* it says that they have changed */
	bool		 waits;		/* for an answer about a host */
	cJSON		*pins;		/* tool -> hash, description, schema */
	bool		 known;		/* there were pins */
	/* of the call that runs */
	struct mcp_tool	*tool;
	bool		 failed;	/* says its answer */
	bool		 asked;		/* it was sent the call */
	struct mcp_ask	*ask;		/* what it asks the user; or NULL */
	bool		 declined;	/* the user was told of one that nobody
					   answered */
	int64_t		 call_id;	/* of that request */
	int64_t		 token;		/* of its progress; never twice */
	int64_t		 shown_ms;	/* when its progress was; 0: never */
	cJSON		*args;
	struct event	 images;	/* a message of what it handed over */
	int64_t		 began_ms;	/* and of a start */
};

struct mcp_tool {
	struct tool_entry	 entry;	/* its strings are these */
	char			*name, *description, *schema;
	char			*told;	/* the description with what the server
					   says of all its tools; or NULL */
	char			*own;	/* the server's name for it */
	cJSON			*marked; /* of mcp_header_read; or NULL */
	struct mcp_server	*server;
	bool			 fresh;		/* seen for the first time */
	bool			 reads;		/* it says so: readOnlyHint */
	char			 hash[SHA256_HEX_SIZE];
	/* Not allowed yet: what the server says of it now. The model still has
	 * what was allowed. */
	struct mcp_changed	*changed;
};

struct mcp_changed {
	char			*description, *schema;
	char			 hash[SHA256_HEX_SIZE];
};

struct mcp {
	bool			 begun;	/* all were started */
	bool			 shared;	/* the places for tools were */
	bool			 late;		/* the first request has waited
						   long enough */
	struct loop_timer	*first;		/* until then */
	cJSON			*wanted;	/* resources to read, with
						   server and uri; or NULL */
	cJSON			*reading;	/* one of them; or NULL */
	mcp_prompt_cb		*prompted;	/* one is made, for this; or
						   NULL */
	char			*made, *unmade;	/* its text, or why not */
	struct given		 given;	/* to servers */
	char			*tokens; /* the folder of sign-ins; or NULL */
	struct mcp_server	**servers;
	size_t			 servers_len;
	struct mcp_tool		**tools;
	size_t			 tools_len;
	char			*about;	/* a line on each server; or NULL */
};

/* Stop what the user no longer waits for: one at a URL is told that the call is
 * cancelled, any other is ended. */
void	mcp_server_stop(struct mcp_server *);

/* Zeroed memory becomes a server that doesn't run. */
void	mcp_server_init(struct mcp_server *, struct core *);
/* Start the process, and read its tools. */
void	mcp_server_start(struct mcp_server *, mcp_step_cb *ready);
/* A part of that: the process, without ending its start. */
void	mcp_server_launch(struct mcp_server *);
/* What it said it can do, when the version is known; then its tools follow. */
void	mcp_server_greeted(struct mcp_server *, const cJSON *able);
/* Call it when the server's start has ended, with `why` as in mcp_step_cb. */
void	mcp_server_ready(struct mcp_server *, const char *why);
/* Send a request, after continuing the server if it is stopped. A server that
 * doesn't answer in time is ended. A tool call is cancelled first, and the
 * server is kept if it still answers a ping. */
void	mcp_server_ask_take(struct mcp_server *, const char *method,
	    cJSON *params, int64_t timeout_ms, mcp_step_cb *next);
/* The same request again, with other members in its parameters. */
void	mcp_server_ask_again(struct mcp_server *);
/* What waits goes on. */
void	mcp_server_next(struct mcp_server *, const cJSON *result,
	    const char *why);
/* {"roots"}: the project, as it has it. */
cJSON	*mcp_server_roots(const struct mcp_server *);
/* Stop all of it. One that can't be stopped is ended. */
void	mcp_server_hold(struct mcp_server *, mcp_step_cb *next);
void	mcp_server_free(struct mcp_server *);

int64_t	mcp_call_timeout_ms(const struct mcp_server *);

/* Start all servers, if they haven't been and nothing runs. */
void	mcp_ahead(struct core *);
/* NULL: none has this name. */
struct mcp_server *mcp_server_find(const struct mcp *, const char *name);
struct mcp_tool *mcp_list_find(const struct mcp *, const char *name);
/* It was started again, and its listing is complete: its tools have to be those
 * that the model knows. */
void	mcp_listed(struct mcp_server *);

/* The user allows what the server says of the tool now. */
void	mcp_list_allow(struct mcp_tool *);

/*
 * mcp-version: which version of the protocol a server speaks. All that differs
 * between them is asked here, or says `legacy`.
 */

#define MCP_VERSION	"2026-07-28"
#define MCP_META	"io.modelcontextprotocol/"

/* Find the version out, and tell mcp_server_greeted. */
void	mcp_version_begin(struct mcp_server *);
/* Add what each request says of us, if it has to. */
void	mcp_version_meta(const struct mcp_server *, cJSON *params);
/* Does it still react? The id of the request. */
int64_t	mcp_version_ping(struct mcp_server *, int64_t timeout_ms,
	    void (*done)(void *, const cJSON *, const struct rpc_failure *));

/* A result that isn't complete: the server asks something, and gets the same
 * request again, with the answers. */

/* Remember the request, if the server may do so. */
void	mcp_round_begin(struct mcp_server *, const char *method,
	    const cJSON *params, int64_t timeout_ms);
/* Is this such a result? Then what waits goes on later. */
bool	mcp_round_take(struct mcp_server *, const cJSON *result);

/*
 * mcp-header: what a request of MCP_VERSION to a URL has in its head, too.
 */

/* Arguments that a tool's server wants there: [{"header", "path"}] in *list, or
 * NULL. False: the schema says that in a way that isn't allowed. */
bool	mcp_header_read(const cJSON *schema, cJSON **list);
/* Append the lines, each with its NUL; none, if the message is of another
 * version. */
void	mcp_header_add(struct buf *lines, const cJSON *message,
	    const cJSON *marked);

/*
 * mcp-ask: what a server asks the user while a call of it runs
 * (elicitation/create); the call's time limit stands still meanwhile.
 */

/* The end of it, from within mcp_ask or later: `answer_take` is the result for
 * the server, {"action", "content"}; or `why` says what was wrong with the
 * question; or both are NULL: it isn't asked any more, since the call has
 * ended. */
typedef void mcp_ask_cb(struct mcp_server *, const cJSON *arg,
	    cJSON *answer_take, const char *why);

/* Ask the user, while the server is `asked`; `params` are those of
 * elicitation/create. If there is no user, the question is declined. */
void	mcp_ask(struct mcp_server *, const cJSON *params, mcp_ask_cb *done,
	    cJSON *arg_take);
/* The call ends: so does the question. */
void	mcp_ask_end(struct mcp_server *);
/* The same without a record, and without done(). */
void	mcp_ask_free(struct mcp_server *);
/* The server has cancelled its request with this id, the question's `arg`. */
void	mcp_ask_cancelled(struct mcp_server *, const cJSON *id);
/* A client's answer. False: it is to another question. */
bool	mcp_ask_answer(struct core *, const cJSON *command, const char *client);

/*
 * mcp-token: the token of a sign-in, which the user's file has.
 */

struct mcp_token;

/* The end of a renewal: NULL, or why it failed; "": there is no file. */
typedef void mcp_token_cb(void *arg, const char *why);

/* Reads the file; one that isn't of this URL doesn't count. */
struct mcp_token *mcp_token_new(struct loop *, const char *path,
	    const char *url);

/*
 * mcp-http: a server at a URL, as a socket that rpc speaks to. What the user's
 * headers contain goes to that server alone.
 */

/* Takes the descriptor, the other end of rpc's, the header lines, each with its
 * NUL, and the token, if the user can sign in. */
struct mcp_http *mcp_http_new_take(struct loop *, int fd, const char *name,
	    const char *url, struct buf *lines, struct mcp_token *);
/* Add its token to what is masked. */
void	mcp_http_secrets(const struct mcp_http *, struct mask_list *);
/* For the tools that are called next; borrowed until the next time. */
void	mcp_http_mark(struct mcp_http *, const cJSON *marked);
/* The error code of a request that the server didn't process: it couldn't be
 * reached, or it refused without a key (HTTP 401, 403). */
#define MCP_HTTP_FAILED	(-1)
void	mcp_http_free(struct mcp_http *);	/* NULL is fine */

#endif
