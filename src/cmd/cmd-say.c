/*
 * cmd-say: starts a session without a screen (--detach), and sends a message to
 * one. Both leave it again as soon as the journal has the text.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

struct say {
	struct client	*client;
	struct fold	*fold;
	const char	*text;		/* NULL: only wait until it has begun */
	const char	*how;		/* what becomes of the text; NULL: the
					   model gets it at once */
	bool		 sent;
};

/* By what the session does when the message comes. */
static const char *
say_how(const struct fold *f)
{
	if (f->plan.status == FOLD_PLAN_PROPOSED)
		return f->ended ? NULL : "returned the plan with this message";
	if (f->ask.id != NULL || f->pause != NULL)
		return "queued: something waits for your answer first";
	if (f->proposal != NULL)
		return "sent; its proposal is still open";
	return f->status.idle ? NULL :
	    "queued: the model gets it with its next turn";
}

static int
say_line(void *arg, const struct event *l, struct err *e)
{
	struct say *s = arg;

	if (l->type == EVENT_REFUSED) {
		err_set(e, "%s", l->refused.text);
		return (int)ev_int(l->refused.exit, EXIT_ERROR);
	}
	if (l->type != EVENT_LIVE || !client_is_synced(s->client))
		return 0;
	if (s->text == NULL || s->sent)
		return -1;
	s->how = say_how(s->fold);
	s->sent = true;
	(void)client_send(s->client, command_text("say", "text", s->text));
	client_sync(s->client);
	return 0;
}

/* Leaves a core running that has taken the text. The exit code. */
static int
say_run(struct say *s)
{
	struct err e = ERR_INIT;
	int code;

	s->fold = fold_new();
	code = client_lines(s->client, s->fold, 0, say_line, s, &e);
	fold_free(s->fold);
	if (code < 0 && !err_is_set(&e)) {
		s->client->pid = 0;
		return EXIT_DONE;
	}
	if (code > 0)
		return cmd_fail(code, "%s", e.text);
	return cmd_fail(EXIT_ERROR, "%s", err_is_set(&e) ? e.text :
	    "the background process died");
}

int
cmd_detach(struct client *c)
{
	struct say s = { .client = c };
	int code = say_run(&s);

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
	struct say s = { .client = &c };
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
	s.text = text;
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
	code = say_run(&s);
	if (code == EXIT_DONE && s.how != NULL)
		cmd_say("session %s: %s", r.id, s.how);
	return code;
}
