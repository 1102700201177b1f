#include "config.h"

#include "cmd/trial.h"

#include <fcntl.h>
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

static int
trial_take(void *arg, const cJSON *line, struct err *e)
{
	struct trial *t = arg;
	enum event_type type = event_type(line);

	(void)e;
	if (t->told)
		return 0;
	if (type == EVENT_SESSION_START) {
		xstrset(&t->session, json_str(line, "session"));
		print_sandbox(stdout, "", json_str_or(json_get(line,
		    "sandbox"), "line", "sandbox"));
	}
	if (type == EVENT_ERROR || type == EVENT_REFUSED) {
		cmd_say("%s", json_str_or(line, "text", "refused"));
		t->told = t->failed = true;
	} else
		t->told = t->line(t->arg, &t->client, line);
	if (t->told)
		client_send(&t->client, "end");
	return 0;
}

int
trial_run(const struct setup *s, cJSON *start, trial_line *line, void *arg)
{
	struct trial t = { .line = line, .arg = arg };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	/* It ends when the core has ended. */
	if (client_start(&t.client, start, setup_hello(s), &e) < 0 ||
	    client_lines(&t.client, 0, trial_take, &t, &e) < 0) {
		cmd_say("%s", e.text);
		t.told = t.failed = true;
	}
	client_release(&t.client, true);
	dir = t.session == NULL ? NULL : session_dir(t.session, &e);
	free(t.session);
	if (dir != NULL && fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
	if (!t.told)
		cmd_say("the background process ended");
	return t.told && !t.failed ? 0 : -1;
}
