/*
 * headless-ask: asks the user on the terminal, unless the command line has the
 * answer, and sends the answer. No question is asked twice.
 */
#include "config.h"

#include "cmd/headless/headless-int.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/plain/plain-int.h"
#include "cmd/base/print.h"
#include "cmd/base/review.h"
#include "journal/command.h"
#include "journal/fold-proposal.h"

/* Wait for the editor of a change, if it runs; Ctrl-C is for the editor. */
static void
headless_wait_editor(struct plain *p)
{
	const struct timespec now = { 0 };
	sigset_t interrupt;
	int status = 0;

	if (p->editor.pid == 0)
		return;
	while (waitpid(p->editor.pid, &status, 0) < 0 && errno == EINTR)
		;
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	(void)sigtimedwait(&interrupt, NULL, &now);
	plain_edited(p, status);
}

static void
headless_ask_changes(struct headless *h, const struct prompt *prompt)
{
	const struct fold_proposal *prop = h->fold->proposal;
	struct plain p = {
		.client = h->client, .fold = h->fold, .few = true,
		.after = h->asked_after,
	};
	bool interrupted = false, quit = false;
	char *line;

	h->asked_id = prop->id;
	h->asked_version = prop->version;
	plain_ask_changes(&p);
	while (p.question != PLAIN_NOTHING && !quit && !interrupted) {
		line = review_wait(prompt, &interrupted);
		quit = line == NULL && !interrupted;
		if (line != NULL)
			plain_answer(&p, line);
		free(line);
		headless_wait_editor(&p);
	}
	quit = quit || p.quit;
	if (quit && p.answered.len > 0)
		headless_send(h, command_about(prop, "decide"));
	if (quit)
		headless_send(h, command_of("end"));
	h->asked_after = p.after;
	p.after = NULL;
	/* Otherwise the main loop handles the signal or hang-up. */
	plain_ask_release(&p);
}

static void
headless_ask_plan(struct headless *h, const struct prompt *p)
{
	bool interrupted, yes;
	char *line;

	h->asked_plan = h->fold->plan.version;
	line = review_line(p, "approve this plan? [y, or a comment to return "
	    "it]", &interrupted);
	if (line == NULL) {
		if (!interrupted)
			headless_send(h, command_of("end"));
		return;
	}
	yes = strcmp(line, "y") == 0;
	headless_send(h, command_plan(h->fold, yes ? "approve" : "return",
	    yes ? NULL : line));
	free(line);
}

static void
headless_ask_command(struct headless *h, const struct prompt *p)
{
	bool interrupted;
	char *line;

	xstrset(&h->asked_command, h->fold->ask_id);
	print_words(stderr,
	    "no sandbox on this host; the command would run on a "
	    "copy of the project: %s",
	    h->fold->ask_command == NULL ? "?" : h->fold->ask_command);
	line = review_line(p, "allow it? [y,n]", &interrupted);
	if (interrupted)
		return;
	headless_send(h, command_answer(h->fold, line != NULL &&
	    strcmp(line, "y") == 0));
	free(line);
}

static void
headless_ask_pause(struct headless *h, const struct prompt *p)
{
	struct buf question = BUF_INIT(0);
	bool interrupted;
	char *line, *shown;
	cJSON *o = NULL;

	h->asked_pause = h->fold->pause->seq;
	fold_pause_question(&question, h->fold);
	shown = sanitize_dup(buf_str(&question), sanitize_locale());
	while (o == NULL) {
		line = review_line(p, shown, &interrupted);
		if (interrupted)
			break;
		o = line == NULL ? command_budget(h->fold, "stop", 0) :
		    command_budget_typed(h->fold, line);
		free(line);
	}
	if (o != NULL)
		headless_send(h, o);
	free(shown);
	buf_release(&question);
}

void
headless_ask(struct headless *h)
{
	const struct fold *f = h->fold;
	struct prompt p = {
		.sig_fd = h->sig_fd, .hangup_fd = lineio_fd(h->client->io),
	};

	if (h->o->decide && !h->live)
		return;
	if (h->o->decide && h->interrupts == 0)
		headless_decided(h);
	if (h->o->choose != NULL && h->interrupts == 0 &&
	    (!f->ended || h->o->decide) && f->proposal != NULL &&
	    f->proposal->files_len > 0 &&
	    f->state != NULL && (strcmp(f->state, "waiting") == 0 ||
	    strcmp(f->state, "idle") == 0)) {
		headless_choose(h);
		return;
	}
	/* Nobody can allow the command. */
	if (h->o->choose != NULL && !h->o->decide && f->ask_id != NULL &&
	    !f->ended && h->asked_command == NULL) {
		h->asked_command = xstrdup(f->ask_id);
		headless_send(h, command_answer(f, false));
	}
	/* With `decide`, an ended session may have an open proposal again. */
	if (!h->o->person || h->interrupts > 0 ||
	    (f->ended && !h->o->decide))
		return;
	if (f->ask_id != NULL) {
		if (h->asked_command == NULL ||
		    strcmp(h->asked_command, f->ask_id) != 0)
			headless_ask_command(h, &p);
		return;
	}
	if (f->state == NULL || strcmp(f->state, "waiting") != 0)
		return;
	if (f->pause != NULL && f->pause->seq != h->asked_pause)
		headless_ask_pause(h, &p);
	else if (f->plan.status != NULL && f->plan.version != h->asked_plan &&
	    strcmp(f->plan.status, "proposed") == 0)
		headless_ask_plan(h, &p);
	else if (f->proposal != NULL && fold_undecided(f->proposal) > 0 &&
	    (f->proposal->id != h->asked_id ||
	    f->proposal->version != h->asked_version))
		headless_ask_changes(h, &p);
}
