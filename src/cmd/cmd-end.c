/* cmd-end: ends a running session, or removes a worktree. */
#include "config.h"

#include "base/mem.h"
#include "front/client.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "cmd/half-applied.h"
#include "journal/session.h"

#define END_WAITS 5

/* Nothing to end, but there may be something to report. */
static int
end_not_running(const char *id)
{
	struct half_applied s;
	struct err e = ERR_INIT;

	if (half_applied_look(id, &s, &e) < 0)
		return cmd_fail(EXIT_ERROR, "session %s isn't running: %s",
		    id, e.text);
	if (!s.known) {
		cmd_say("session %s isn't running: nothing to end", id);
		return EXIT_DONE;
	}
	return cmd_fail(EXIT_WAITS,
	    "session %s isn't running: it %s; continue with "
	    "assent resume %s",
	    id, half_applied_words(&s), id);
}

static int
end_ignore(void *arg, const cJSON *line, struct err *e)
{
	(void)arg;
	(void)line;
	(void)e;
	return 0;
}

int
cmd_end(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup project = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *id = NULL;
	int code = 0;

	if (a->old_worktree != NULL && a->operands_len > 0)
		return cmd_fail(EXIT_USAGE, "--worktree and a session; use "
		    "one");
	if (a->old_worktree != NULL)
		return cmd_worktrees_remove(a);
	if (a->operands_len == 0 && (code = setup_project(&project, a)) != 0)
		return code;
	id = session_resolve(a->operands_len > 0 ? a->operands[0] : NULL,
	    project.root, &e);
	if (id == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (!session_is_alive(id))
		return end_not_running(id);
	if (client_attach(&c, id, NULL, &e) < 0) {
		/* It may be ending on its own. */
		return session_ends(id) ? end_not_running(id) :
		    cmd_fail_err(&e);
	}
	client_send(&c, "end");
	/* The core hangs up when its journal is closed. */
	if (client_lines(&c, END_WAITS, end_ignore, NULL, &e) < 0)
		code = cmd_fail_err(&e);
	else
		cmd_say("session %s has ended", id);
	client_release(&c, false);
	return code;
}
