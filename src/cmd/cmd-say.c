/*
 * cmd-say: starts a session without a screen (--detach), and sends a message to
 * one. Both leave it again as soon as the journal has the text.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "cmd/session-client.h"
#include "front/message.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

/* Say what happens to the message, by what the session does when it comes. */
static const char *
say_how(const struct fold *f)
{
	if (f->plan.status == FOLD_PLAN_PROPOSED)
		return f->ended ? NULL : "returned the plan with this message";
	if (f->ask.id != NULL || f->pause != NULL)
		return "queued: answer the open question first";
	if (f->proposal != NULL)
		return "sent; its proposal is still open";
	return f->ended || fold_is_idle(f) ? NULL :
	    "queued: the agent gets it with its next turn";
}

struct say {
	const char	*text;
	const char	*how;		/* what becomes of it; NULL: the model
					   gets it at once */
};

static int
say_text(struct client *c, const struct fold *f, void *arg,
    struct err *e UNUSED)
{
	struct say *s = arg;

	s->how = say_how(f);
	return client_send(c, command_text("say", "text", s->text));
}

int
cmd_send(struct client *c, int (*sends)(struct client *, const struct fold *,
    void *, struct err *), void *arg)
{
	struct fold *f = fold_new();
	struct err e = ERR_INIT;
	int rc = client_request(c, f, NULL, EVENT_LIVE, NULL, &e);

	if (rc > 0)
		c->code = 0;	/* of an earlier task */
	if (rc > 0 && sends != NULL && (rc = sends(c, f, arg, &e)) == 0) {
		client_sync(c);
		rc = client_request(c, f, NULL, EVENT_SYNCED, NULL, &e);
	}
	fold_free(f);
	if (rc <= 0)
		return cmd_fail(c->code > 0 ? c->code : EXIT_ERROR, "%s",
		    rc < 0 ? e.text : c->why);
	c->pid = 0;
	return EXIT_DONE;
}

int
cmd_detach(struct client *c)
{
	int code = cmd_send(c, NULL, NULL);

	if (code == EXIT_DONE && (printf("%s\n", c->session) < 0 ||
	    fflush(stdout) != 0))
		code = cmd_fail(EXIT_ERROR, "session %s runs, but its id can't "
		    "be printed: %m", c->session);
	return code;
}

int
cmd_say_text(const struct cmd_args *a)
{
	AUTO(session_client_release) struct session_client r = { 0 };
	AUTO(client_release) struct client c = { 0 };
	AUTO_FREE char *text = NULL;
	struct session_info info = { 0 };
	struct say s = { NULL, NULL };
	struct cmd_args words = *a;
	struct err e = ERR_INIT;
	int code;

	if (a->operands_len > 0) {
		words.operands++;
		words.operands_len--;
	}
	if (cmd_task(&words, words.operands_len > 0, &text, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (text == NULL)
		return cmd_fail(EXIT_USAGE, "say needs a session and a "
		    "message: assent say ID 'use tabs' (- reads it from "
		    "standard input)");
	if ((code = session_client_find(&r, a)) != 0)
		return code;
	if (session_look(r.id, &info) && info.state.ended && !info.alive)
		code = cmd_fail(EXIT_ERROR, "session %s was ended; assent "
		    "resume %s continues it", r.id, r.id);
	session_info_release(&info);
	if (code != 0 || (code = session_client_setup(&r, a, SESSION_MODEL |
	    SESSION_RECOVER)) != 0)
		return code;
	r.setup.cut = true;
	if (session_client_connect(&c, &r, a, true, &e) < 0)
		return cmd_fail_err(&e);
	s.text = text;
	/* What the message needs can begin while old lines come. */
	(void)client_send(&c, command_of("typing"));
	code = cmd_send(&c, say_text, &s);
	if (code == EXIT_DONE && s.how != NULL)
		cmd_say("session %s: %s", r.id, s.how);
	return code;
}
