/*
 * oauth: signing in at an MCP server. What `assent mcp login` asks the network
 * for, in a process of its own that may wait; and what a session needs of it to
 * refresh its token (mcp-http.c).
 *
 * A server's metadata is a stranger's: it names who signs the user in. All of
 * its addresses must be encrypted (but on this machine), and on the public
 * internet if the server is. Nothing secret goes to another place than the
 * addresses of the metadata whose issuer the user was shown.
 */
#ifndef ASSENT_CORE_MCP_OAUTH_H
#define ASSENT_CORE_MCP_OAUTH_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"

struct http_stream;
struct loop;

/*
 * The steps of a sign-in. Each gets an object, and returns it with more members;
 * NULL with *e.
 *
 *   find	url, and if there are any client_id, client_secret, client_issuer,
 *		scope: adds resource, issuer, scope, near
 *   begin	redirect_uri: adds the rest of what a token file has, open (for
 *		the browser), state, verifier, iss_needed
 *   end	code: a token file
 *
 * A token file is an object: url, resource, issuer, token_endpoint, auth, near,
 * client_id, client_secret, scope, access_token, refresh_token; and refused, if
 * the last refresh was: why.
 */
cJSON	*oauth_step(const char *step, const cJSON *asked, struct err *);

/* A parameter of the challenge in an answer's head; malloc'ed or NULL. */
char	*oauth_challenge(const char *head, const char *name);

/* A request and its answer; start with zeroes. */
struct oauth_ask {
	struct buf	 lines;		/* header lines, each with its NUL */
	struct buf	 form;		/* or another body; empty: a GET */
	bool		 near;		/* it may go to a private address */
	bool		 finds;		/* `near` is whether it did */
	/* at the end */
	long		 status;	/* 0: no answer */
	char		*head;
	cJSON		*o;		/* NULL: the answer is no object */
	struct err	 why;		/* there is none */
	/* of oauth.c */
	bool		 public;	/* one of its addresses is */
	struct http_stream *stream;
	struct buf	 body;
	void		(*done)(void *);
	void		*arg;
};

/* `done` comes from the loop, after 20 s at the latest. */
void	oauth_ask_start(struct oauth_ask *, struct loop *, const char *url,
	    void (*done)(void *), void *arg);
/* Release it, also while a request is under way, and wipe its secrets. */
void	oauth_ask_release(struct oauth_ask *);
/* Ask for a token: NAME and its secret, GRANT being what it is for. */
void	oauth_ask_token(struct oauth_ask *, const cJSON *token,
	    const char *grant, const char *name, const char *secret);
/* Take its answer over; -1 with *e. */
int	oauth_token_take(cJSON *token, const struct oauth_ask *, struct err *);

#endif
