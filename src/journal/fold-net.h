/*
 * fold-net: the network of a session's commands, as its journal tells: which
 * hosts are allowed, and which were connected to.
 */
#ifndef ASSENT_JOURNAL_FOLD_NET_H
#define ASSENT_JOURNAL_FOLD_NET_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/pathmap.h"

struct buf;
struct fold;

struct fold_net {
	char	*line;		/* the sandbox's, as in the journal */
	char	**entries;	/* of the settings: "*.example.org:443" */
	size_t	 entries_len;
	char	**allowed;	/* "host:port", by the user for the session; an
				   MCP server's: "host:port (server)" */
	size_t	 allowed_len;
	char	**saved;	/* likewise, and the settings have it since; a
				   resumed session has the settings' hosts */
	size_t	 saved_len;
	struct pathmap	 hosts;	/* "host:port" that were connected to */
	/* The open question (fold.ask.command): may a command connect there? */
	bool	 asks;
	char	*ask_for;	/* that command, or NULL */
	char	*ask_server;	/* or the MCP server whose it is; NULL */
	char	*ask_reason;	/* what the model said before it, or NULL */
};

/* The user allowed this host for the session, to an MCP server; NULL: to
 * commands. */
bool	fold_net_serves(const struct fold *, const char *host_and_port,
	    const char *server);

/* ---- for fold.c ---- */

void	fold_net_release(struct fold_net *);
/* Of the member "sandbox". fold.sandbox is its line, in which "network:
 * registry.npmjs.org and 2 more" stands for "no network". */
void	fold_net_settings(struct fold *, const cJSON *sandbox);
void	fold_net_ask(struct fold *, const cJSON *line);
void	fold_net_answer(struct fold *, const cJSON *line);
void	fold_on_net(struct fold *, const cJSON *line);

/* Append the sandbox in short, for the user: "sandboxed", and with `net`
 * ", no network". */
void	fold_add_sandbox(struct buf *, const struct fold *, bool net);

#endif
