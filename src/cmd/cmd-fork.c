/*
 * fork: a new session that goes on from an earlier message of another one. The
 * core makes it (core/main/fork.h); opening it once stages its files and proposes what
 * takes the later changes back.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/session-client.h"
#include "front/message.h"
#include "journal/event.h"

/* Run the new session until it has proposed what it has to; then it ends by
 * itself. */
static int
fork_open(const struct cmd_args *a, char *id)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	struct cmd_args one = *a;
	struct err e = ERR_INIT;
	char *operands[] = { id, NULL };
	int code;

	one.operands = operands;
	one.operands_len = 1;
	if ((code = session_client_find(&r, &one)) != 0 ||
	    (code = session_client_setup(&r, &one, 0)) != 0)
		return code;
	if (session_client_connect(&c, &r, &one, true, &e) < 0)
		return cmd_fail_err(&e);
	if (client_request(&c, NULL, NULL, EVENT_LIVE, NULL, &e) > 0) {
		c.pid = 0;
		return EXIT_DONE;
	}
	return cmd_fail(EXIT_ERROR, "session %s isn't opened yet: %s", id,
	    err_is_set(&e) ? e.text : c.why);
}

int
cmd_fork(const struct cmd_args *a)
{
	AUTO_FREE char *id = NULL, *new = NULL;
	const char *at = a->at;
	struct err e = ERR_INIT;
	int code;

	if (at != NULL && (at[0] < '1' || at[0] > '9' || strlen(at) > 18 ||
	    at[strspn(at, "0123456789")] != '\0'))
		return cmd_fail(EXIT_USAGE, "--at %s: must be the number of a "
		    "line, as assent log prints it", at);
	if ((code = session_named(a, &id)) != 0)
		return code;
	if ((new = client_fork(id, at == NULL ? "0" : at, &e)) == NULL)
		return cmd_fail_err(&e);
	/* Who reads the id finds the proposal. */
	code = fork_open(a, new);
	if (printf("%s\n", new) < 0 || fflush(stdout) != 0)
		return cmd_fail(EXIT_ERROR, "session %s is made, but its id "
		    "can't be printed: %m", new);
	return code;
}
