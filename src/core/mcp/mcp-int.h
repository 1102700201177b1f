/* mcp-int: shared by the files of MCP. */
#ifndef ASSENT_CORE_MCP_MCP_INT_H
#define ASSENT_CORE_MCP_MCP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sha.h"
#include "core/mcp/mcp.h"
#include "core/model.h"
#include "core/stages.h"
#include "tool/tool.h"

struct host_program;
struct loop_timer;
struct mcp_changed;
struct mcp_http;
struct mcp_server;
struct mcp_tool;
struct network;
struct rpc;

#define MCP_TOOLS_MAX	100	/* of all servers; OpenAI takes 128 */

/* How a step that takes time ended: `why` is NULL, or a predicate for the
 * server; then it may have been ended (process is NULL). Both are borrowed. */
typedef void mcp_step_cb(struct mcp_server *, const cJSON *result,
	    const char *why);

struct mcp_server {
	struct core	*core;
	char		*name;
	const cJSON	*config;	/* part of the start object */
	struct own_copy	 own;		/* of the project */
	char		*copy;		/* the path that it has there; NULL:
					   the project's */
	struct sandbox_call *process;	/* NULL: it doesn't run, or is */
	struct host_program *host;	/* not sandboxed */
	struct mcp_http	*http;		/* or at a URL */
	struct network	*network;	/* NULL: not made yet */
	bool		 outside;	/* one without a sandbox, or at a URL */
	bool		 held;		/* all of `process` stands still */
	struct rpc	*rpc;		/* NULL: it doesn't run */
	struct loop_timer *timer;	/* until it must be stopped */
	mcp_step_cb	*next;		/* what waits; NULL: nothing does */
	mcp_step_cb	*ready;		/* the same, for the start */
	char		*closed;	/* why its connection ended; or NULL */
	char		*missing;	/* why it didn't start, or NULL */
	char		*about;		/* its own name and version; or NULL */
	struct buf	 printed;	/* the end of its stderr */
	cJSON		*listing;	/* tools of the pages so far */
	int		 pages;
	int		 starts;
	bool		 starting, listed;
	cJSON		*pins;		/* tool -> hash, description, schema */
	bool		 known;		/* there were pins */
	/* of the call that runs */
	struct mcp_tool	*tool;
	bool		 failed;	/* says its answer */
	bool		 asked;		/* it was sent the call */
	int64_t		 call_id;	/* of that request */
	int64_t		 token;		/* of its progress; never twice */
	int64_t		 shown_ms;	/* when its progress was; 0: never */
	cJSON		*args;
	cJSON		*images;	/* of what it handed over; or NULL */
	int64_t		 began_ms;	/* and of a start */
};

struct mcp_tool {
	struct tool_entry	 entry;	/* its strings are these */
	char			*name, *description, *schema;
	char			*own;	/* the server's name for it */
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
	cJSON			*wanted;	/* resources to read, with
						   server and uri; or NULL */
	cJSON			*reading;	/* one of them; or NULL */
	struct given		 given;	/* to servers */
	struct mcp_server	**servers;
	size_t			 servers_len;
	struct mcp_tool		**tools;
	size_t			 tools_len;
};

/* Stop what the user no longer waits for: one at a URL is told that the call is
 * cancelled, any other is ended. */
void	mcp_server_stop(struct mcp_server *);

/* Start the process, and read its tools. */
void	mcp_server_start(struct mcp_server *, mcp_step_cb *ready);
/* Send a request, after continuing the server if it is stopped. A server that
 * doesn't answer in time is ended. A tool call is cancelled first, and the
 * server is kept if it still answers a ping. */
void	mcp_server_ask_take(struct mcp_server *, const char *method,
	    cJSON *params, int64_t timeout_ms, mcp_step_cb *next);
/* Stop all of it. One that can't be stopped is ended. */
void	mcp_server_hold(struct mcp_server *, mcp_step_cb *next);
void	mcp_server_free(struct mcp_server *);

/* NULL: none has this name. */
struct mcp_tool *mcp_list_find(const struct mcp *, const char *name);
/* Its listing is complete: take the tools over, and record that. */
void	mcp_listed(struct mcp_server *);

/* The user allows what the server says of the tool now. */
void	mcp_list_allow(struct mcp_tool *);

/*
 * mcp-http: a server at a URL, as a socket that rpc speaks to. What the user's
 * headers contain goes to that server alone.
 */

/* Takes the descriptor, the other end of rpc's, and the header lines, each with
 * its NUL. */
struct mcp_http *mcp_http_new_take(struct loop *, int fd, const char *url,
	    struct buf *lines);
void	mcp_http_free(struct mcp_http *);	/* NULL is fine */

#endif
