#include "config.h"

#include "cmd/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "cmd/cmd.h"
#include "journal/event.h"
#include "journal/session.h"

struct trial {
	struct client	 client;
	trial_line	*line;
	void		*arg;
	char		*session;
	bool		 told, failed;
};

static void
trial_take(struct trial *t, const cJSON *line)
{
	const char *type = json_str_or(line, "type", "");

	if (strcmp(type, "session_start") == 0) {
		xstrset(&t->session, json_str(line, "session"));
		print_sandbox(stdout, "", json_str_or(json_get(line,
		    "sandbox"), "line", "sandbox"));
	}
	if (strcmp(type, "error") == 0 || strcmp(type, "refused") == 0) {
		cmd_say("%s", json_str_or(line, "text", "refused"));
		t->told = t->failed = true;
	} else
		t->told = t->line(t->arg, &t->client, line);
	if (t->told)
		client_send(&t->client, "end");
}

/* Until the core has ended. */
static void
trial_lines(struct trial *t)
{
	const char *line;
	bool ended = false;
	size_t n;

	while (!ended) {
		struct pollfd fd = { .fd = lineio_fd(t->client.io),
			.events = POLLIN };

		if (lineio_wants_write(t->client.io))
			fd.events |= POLLOUT;
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			break;
		(void)lineio_flush(t->client.io);
		ended = lineio_read(t->client.io) < 0;
		while ((line = lineio_next(t->client.io, &n)) != NULL) {
			AUTO_JSON cJSON *o = event_parse(line, n, NULL);

			if (!t->told)
				trial_take(t, o);
		}
	}
}

int
trial_run(const struct setup *s, cJSON *start, trial_line *line, void *arg)
{
	struct trial t = { .line = line, .arg = arg };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	if (client_start(&t.client, start, setup_hello(s), &e) < 0) {
		cmd_say("%s", e.text);
		return -1;
	}
	trial_lines(&t);
	client_release(&t.client, true);
	dir = t.session == NULL ? NULL : session_dir(t.session, &e);
	free(t.session);
	if (dir != NULL && fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
	if (!t.told)
		cmd_say("the background process ended");
	return t.told && !t.failed ? 0 : -1;
}
