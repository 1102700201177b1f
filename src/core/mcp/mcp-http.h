/*
 * mcp-http: a server at a URL, as a socket that rpc speaks to. What the user's
 * headers contain goes to that server alone.
 */
#ifndef ASSENT_CORE_MCP_MCP_HTTP_H
#define ASSENT_CORE_MCP_MCP_HTTP_H

#include "base/buf.h"

struct loop;
struct mcp_http;

/* Takes the descriptor, the other end of rpc's, and the header lines, each with
 * its NUL. */
struct mcp_http *mcp_http_new_take(struct loop *, int fd, const char *url,
	    struct buf *lines);
void	mcp_http_free(struct mcp_http *);	/* NULL is fine */

#endif
