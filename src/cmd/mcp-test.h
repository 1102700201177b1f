/* mcp-test: `assent config mcp test`. */
#ifndef ASSENT_CMD_MCP_TEST_H
#define ASSENT_CMD_MCP_TEST_H

#include <cjson/cJSON.h>

#include "cmd/setup.h"

/* Start this server of the configuration, and print what it offers. `known`:
 * what sessions know of all servers' tools. The exit code. */
int	mcp_test(const struct setup *, const char *name,
	    cJSON *(*known)(void));

#endif
