/* See trial.h. */

#include "config.h"

#include "cmd/trial.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/lineio.h"
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
	struct client	 client;
	struct plain	 plain;		/* the questions */
	trial_line	*line;
	void		*arg;
	char		*session;
	bool		 told, failed;
};

/* Ask, and wait for the answer. */
static void
trial_ask(struct plain *p)
{
	if (plain_is_news(p, false) && plain_ask(p))
		while (p->question != PLAIN_NOTHING && !p->done && !p->quit)
			plain_read_typed(p);
}

static int
trial_take(void *arg, const struct event *l, struct err *e)
{
	struct trial *t = arg;
	AUTO_BUF struct buf b = BUF_INIT(0);

	(void)e;
	if (t->told)
		return 0;
	plain_fold(&t->plain, l);
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
	if (!t->told)
		trial_ask(&t->plain);
	if (t->told)
		lineio_send_take(t->client.io, command_of("end"));
	return 0;
}

int
trial_run(const struct setup *s, cJSON *start, trial_line *line, void *arg)
{
	struct trial t = { .line = line, .arg = arg };
	struct err e = ERR_INIT;
	AUTO_FREE char *dir = NULL;

	t.plain.fold = fold_new();
	t.plain.review.fold = t.plain.fold;
	t.plain.client = &t.client;
	/* It ends when the core has ended. */
	if (client_start(&t.client, start, setup_hello(s), &e) < 0 ||
	    client_lines(&t.client, NULL, 0, trial_take, &t, &e) < 0) {
		cmd_say("%s", e.text);
		t.told = t.failed = true;
	}
	client_release(&t.client);
	fold_free(t.plain.fold);
	plain_ask_release(&t.plain);
	dir = t.session == NULL ? NULL : session_dir(t.session, &e);
	free(t.session);
	if (dir != NULL && fs_remove_tree(AT_FDCWD, dir, &e) < 0)
		cmd_say("can't remove %s: %s", dir, e.text);
	if (!t.told)
		cmd_say("the background process ended");
	return t.told && !t.failed ? 0 : -1;
}
