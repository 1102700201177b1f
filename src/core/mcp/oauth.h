/*
 * oauth: signing in at an MCP server. What `assent mcp login` asks the network
 * for, in a process of its own that may wait; and what a session needs of it to
 * refresh its token (mcp-token.c).
 *
 * A server's metadata is a stranger's: it names who signs the user in. All of
 * its addresses must be encrypted (but on this machine), and on the public
 * internet if the server is. Nothing secret goes to another place than the
 * addresses of the metadata whose issuer the user was shown.
 */
#ifndef ASSENT_CORE_MCP_OAUTH_H
#define ASSENT_CORE_MCP_OAUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The steps of a sign-in. Each gets an object, and returns it with more members;
 * NULL with *e.
 *
 *   find	url, and if there are any client_id, client_secret, client_issuer,
 *		more_scope: adds resource, issuer, scope, near
 *   begin	redirect_uri: adds the rest of what a token file has, open (for
 *		the browser), state, verifier, iss_needed
 *   end	code: a token file
 *
 * A token file is an object: url, resource, issuer, token_endpoint, auth, near,
 * client_id, client_secret, scope, access_token, refresh_token, expires_at.
 */
cJSON	*oauth_step(const char *step, const cJSON *asked, struct err *);

/* A parameter of the challenges in an answer's head; malloc'ed or NULL. */
char	*oauth_challenge(const char *head, const char *name);
/* May a request about this sign-in connect there? */
bool	oauth_address(bool near, const struct sockaddr *);
/* A request for a token: its header lines, each with its NUL, and its body, to
 * which "NAME=VALUE" of `more` were added by oauth_form. Both are secret. */
void	oauth_form(struct buf *body, const char *name, const char *value);
void	oauth_token_ask(const cJSON *token, struct buf *lines,
	    struct buf *body);
/* Take its answer over; -1 with *e. */
int	oauth_token_take(cJSON *token, long status, const cJSON *answer,
	    struct err *);

#endif
