/* mcp-test: `assent config mcp test`. */
#ifndef ASSENT_CMD_MCP_TEST_H
#define ASSENT_CMD_MCP_TEST_H

#include "cmd/setup.h"

/* Start this server of the configuration, and print what it offers; the exit
 * code. */
int	mcp_test(const struct setup *, const char *name);

#endif
