/* See trial.h. */

#include "config.h"

#include "cmd/admin/trial.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "client/client.h"
#include "cmd/plain.h"
#include "cmd/setup.h"
#include "front/message.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

struct trial {
	struct plain	 plain;		/* the questions; must be first, its
					   functions get this, too */
	struct client	 client;
	trial_line	*line;
	void		*arg;
	char		*session;
	bool		 told, failed;
};

static void
trial_take(void *arg, const struct event *l)
{
	struct trial *t = arg;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (t->told)
		return;
	if (l->type == EVENT_SESSION_START) {
		xstrset(&t->session, l->session_start.session);
		fold_add_sandbox(&b, t->plain.fold, true);
		print_sandbox(stdout, "", buf_str(&b));
	}
	if (l->type == EVENT_ERROR || l->type == EVENT_REFUSED) {
		cmd_say("%s", l->type == EVENT_ERROR ? l->error.text :
		    l->refused.text);
		t->told = t->failed = true;
	} else
		t->told = t->line(t->arg, &t->client, l);
	if (t->told)
		(void)client_send(&t->client, command_of("end"));
}

static void
trial_round(void *arg)
{
	struct trial *t = arg;

	if (t->plain.quit)
		client_leave(&t->client);
	else if (!t->told && plain_is_news(&t->plain))
		(void)plain_ask(&t->plain);
}

int
trial_run(const struct setup *s, cJSON *start, trial_line *line, void *arg)
{
	static const struct client_ops ops = { .line = trial_take,
		.stands = plain_stands, .closed = plain_closed,
		.round = trial_round, .types = plain_ask_types,
		.typed = plain_read_typed };
	struct trial t = { .line = line, .arg = arg };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	plain_init(&t.plain, &t.client);
	if (client_start(&t.client, start, setup_hello(s), &e) == 0) {
		client_open(&t.client, t.plain.fold, &ops, &t);
		/* It ends when the core has ended. */
		client_run(&t.client);
		if (t.client.end == CLIENT_STUCK)
			err_set(&e, "%s", t.client.why);
	}
	if (err_is_set(&e)) {
		cmd_say("%s", e.text);
		t.told = t.failed = true;
	}
	(void)client_release(&t.client);
	plain_release(&t.plain);
	dir = t.session == NULL ? NULL : session_dir(t.session, &e);
	free(t.session);
	if (dir != NULL && fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
	if (!t.told)
		cmd_say("the background process ended");
	return t.told && !t.failed ? 0 : -1;
}
