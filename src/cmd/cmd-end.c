/* cmd-end: ends a running session, or removes a worktree. */
#include "config.h"

#include <poll.h>

#include "base/mem.h"
#include "front/client.h"
#include "cmd/cmd.h"
#include "cmd/setup.h"
#include "cmd/half-applied.h"
#include "journal/session.h"

#define END_WAIT_MS 2000	/* before checking the process */
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

int
cmd_end(const struct cmd_args *a)
{
	AUTO(setup_release) struct setup project = { 0 };
	struct client c = { 0 };
	struct err e = ERR_INIT;
	struct pollfd fd;
	AUTO_FREE char *id = NULL;
	size_t n;
	int code = 0, waits = 0;

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
	for (;;) {
		fd.fd = lineio_fd(c.io);
		fd.events = POLLIN | (lineio_wants_write(c.io) ? POLLOUT : 0);
		if (poll(&fd, 1, END_WAIT_MS) <= 0) {
			if (client_check_stopped(&c, &e) == 0 &&
			    ++waits < END_WAITS)
				continue;
			code = cmd_fail(EXIT_ERROR, "%s", err_is_set(&e) ?
			    e.text : "the session doesn't respond");
			break;
		}
		waits = 0;
		(void)lineio_flush(c.io);
		if (lineio_read(c.io) < 0) {
			cmd_say("session %s has ended", id);
			break;
		}
		while (lineio_next(c.io, &n) != NULL)
			continue;
	}
	client_release(&c, false);
	return code;
}
