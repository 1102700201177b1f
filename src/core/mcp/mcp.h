/*
 * mcp: the user's MCP servers, programs that offer tools to the model. Each
 * runs in a sandbox of its own with a copy of the project of its own, and only
 * while a call to it does: in between all of it is stopped (sandbox_call_pause).
 * What it writes there is staged after the call, and so proposed.
 *
 * They start before the session's first request; the tools of those that are
 * ready in time are in that request, and stay; of the others, from the next task
 * on. One that dies is started again by a call, not too often.
 */
#ifndef ASSENT_CORE_MCP_MCP_H
#define ASSENT_CORE_MCP_MCP_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct core;
struct core_call;
struct err;
struct event;
struct ev_missing_server;
struct tool_entry;

/* The *n that didn't start; the list belongs to the event. NULL: none. */
struct ev_missing_server *mcp_missing(const struct core *, struct event *,
	    size_t *n);
/* The tool that the model calls by this name, "server__tool"; NULL: none. */
const struct tool_entry *mcp_tool(const struct core *, const char *name);
/* The i-th tool of the servers; NULL: there are no more. Of more than
 * MCP_TOOLS_FULL a request has one line each, and find_tool gives the rest; of
 * more than MCP_TOOLS_LINES it has none, and call_tool calls them: what a request
 * begins with stays the same. */
#define MCP_TOOLS_FULL	12
#define MCP_TOOLS_LINES	40
const struct tool_entry *mcp_tool_at(const struct core *, size_t i);
/* The name of the server in the settings that provides this tool
 * ("server__tool"), running or not. NULL if there is none, or if it isn't
 * sandboxed and so has no copy of the project to lose. */
const char *mcp_server_of(const struct core *, const char *name);
extern const struct core_part mcp_part;

/* The description of find_tool, with a line on each server; NULL: there is none. */
const char *mcp_find_about(const struct core *);
/* Answer a call of find_tool: tools with all that their servers say; and one of
 * call_tool with a name that no server has. */
void	mcp_tool_find(struct core *, const struct core_call *,
	    const cJSON *args);
void	mcp_tool_unknown(struct core *, const struct core_call *,
	    const cJSON *args);

/* A message names this resource of a server of the user's: it is read before the
 * next request (mcp_resource_next). */
void	mcp_resource_want(struct core *, const char *server, const char *uri);
/* Before a request: true if it has to wait for one; then core_soon follows. */
bool	mcp_resource_next(struct core *);

/* `add` is called with each text that a server has for the user to send as a
 * command: those of servers that run. The others are started. */
typedef void mcp_prompt_add(void *arg, const char *server, const char *prompt,
	    const char *hint, const char *about);
void	mcp_prompts_list(struct core *, mcp_prompt_add *, void *arg);
/* Has a server a text of this name, "SERVER:PROMPT"? True also while it starts. */
bool	mcp_prompt_is(struct core *, const char *name);
/* The end: the server's text, or NULL and why it made none. */
typedef void mcp_prompt_cb(struct core *, const char *text, const char *why);
/* Have it made from the user's words. -1 with *e: there will be no end. */
int	mcp_prompt_get(struct core *, const char *name, char *const *words,
	    size_t n, mcp_prompt_cb *done, struct err *e);

/* Run the current call; its result follows. First you are asked if the server
 * describes its tool differently than when you allowed it. */
void	mcp_call_run(struct core *, struct core_call *, const cJSON *args);
/* Stop it, with its server, and answer it. False: none runs. */
bool	mcp_call_stop(struct core *, const char *why);

#endif
