/*
 * headless-ask: asks the user on the terminal, unless the command line has the
 * answer, and sends the answer. No question is asked twice.
 */
#include "config.h"

#include "cmd/headless/headless-int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "cmd/plain/plain-int.h"
#include "cmd/base/print.h"
#include "cmd/base/review.h"
#include "journal/command.h"
#include "journal/fold-pause.h"
#include "journal/fold-proposal.h"

/* Wait for the editor of a change, if it runs. Ctrl-C is for the editor; another
 * signal ends both: then the result is true. */
static bool
headless_wait_editor(struct plain *p, const struct prompt *prompt)
{
	const struct timespec now = { 0 };
	bool interrupted = false;
	sigset_t interrupt, pending;
	int status = 0;
	AUTO_CLOSE int pidfd = -1;

	if (p->editor.pid == 0)
		return false;
	pidfd = (int)syscall(SYS_pidfd_open, p->editor.pid, 0);
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	while (pidfd >= 0 && !interrupted) {
		struct pollfd fds[2] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = prompt->sig_fd, .events = POLLIN },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		(void)sigtimedwait(&interrupt, NULL, &now);
		if (fds[0].revents != 0)
			break;
		/* It stays pending, for the main loop. Another Ctrl-C may have
		 * come meanwhile. */
		sigpending(&pending);
		interrupted = sigismember(&pending, SIGTERM) == 1 ||
		    sigismember(&pending, SIGHUP) == 1 ||
		    sigismember(&pending, SIGQUIT) == 1;
	}
	if (interrupted)
		(void)kill(p->editor.pid, SIGTERM);
	while (waitpid(p->editor.pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigtimedwait(&interrupt, NULL, &now);
	plain_edited(p, status);
	return interrupted;
}

/* Lines answer the question until there is none. True: the user quits; a signal or
 * a hang-up is left to the main loop. */
static bool
headless_answers(struct plain *p, const struct prompt *prompt)
{
	bool interrupted = false, quit = false;

	while (p->question != PLAIN_NOTHING && !quit && !interrupted) {
		AUTO_FREE char *line = review_wait(prompt, &interrupted);

		quit = line == NULL && !interrupted;
		if (line != NULL)
			plain_answer(p, line);
		if (headless_wait_editor(p, prompt))
			interrupted = true;
	}
	return quit || p->quit;
}

static void
headless_ask_changes(struct headless *h, const struct prompt *prompt)
{
	const struct fold_proposal *prop = h->fold->proposal;
	AUTO(plain_ask_release) struct plain p = {
		.client = h->client, .fold = h->fold, .few = true,
		.after = h->asked_after,
	};
	bool quit;

	h->asked_id = prop->id;
	h->asked_version = prop->version;
	plain_ask_changes(&p);
	quit = headless_answers(&p, prompt);
	if (quit && p.answered.len > 0)
		headless_send(h, command_about(prop, "decide"));
	if (quit)
		headless_send(h, command_of("end"));
	h->asked_after = p.after;
	p.after = NULL;
}

static void
headless_ask_plan(struct headless *h, const struct prompt *prompt)
{
	AUTO(plain_ask_release) struct plain p = {
		.client = h->client, .fold = h->fold, .few = true,
	};

	h->asked_plan = h->fold->plan.version;
	plain_ask_plan(&p);
	if (headless_answers(&p, prompt))
		headless_send(h, command_of("end"));
}

static void
headless_ask_command(struct headless *h, const struct prompt *p)
{
	AUTO_FREE char *line = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool interrupted, yes;

	xstrset(&h->asked_command, h->fold->ask_id);
	fold_ask_text(&b, h->fold);
	print_text(stderr, "", "    ", buf_str(&b));
	if (fold_asks_outside(h->fold))
		yes = review_confirm(p, "allow it?", &interrupted);
	else {
		line = review_line(p, "allow it? [y,n]", &interrupted);
		yes = line != NULL && strcasecmp(line, "y") == 0;
	}
	if (interrupted)
		return;
	headless_send(h, command_answer(h->fold, yes, NULL));
}

static void
headless_ask_pause(struct headless *h, const struct prompt *p)
{
	AUTO_BUF struct buf question = BUF_INIT(0);
	bool interrupted;
	AUTO_FREE char *shown = NULL;
	cJSON *o = NULL;

	h->asked_pause = h->fold->pause->seq;
	fold_pause_question(&question, h->fold);
	shown = sanitize_dup(buf_str(&question), sanitize_locale());
	while (o == NULL) {
		char *line = review_line(p, shown, &interrupted);

		if (interrupted)
			break;
		o = line == NULL ? command_budget(h->fold, "stop", 0) :
		    command_budget_typed(h->fold, line);
		free(line);
	}
	if (o != NULL)
		headless_send(h, o);
}

void
headless_ask(struct headless *h)
{
	const struct fold *f = h->fold;
	struct prompt p = {
		.sig_fd = h->sig_fd, .hangup_fd = lineio_fd(h->client->io),
	};

	if (headless_is_past(h))
		return;
	if (h->o->decide && h->interrupts == 0)
		headless_decided(h);
	/* Nobody can allow the command, or a host. */
	if (h->o->choose != NULL && !h->o->decide && f->ask_id != NULL &&
	    !f->ended && (h->asked_command == NULL ||
	    strcmp(h->asked_command, f->ask_id) != 0)) {
		xstrset(&h->asked_command, f->ask_id);
		headless_send(h, command_answer(f, false, NULL));
	}
	if (h->o->choose != NULL && h->interrupts == 0 &&
	    (!f->ended || h->o->decide) && f->proposal != NULL &&
	    f->proposal->files_len > 0 &&
	    f->state != NULL && (strcmp(f->state, "waiting") == 0 ||
	    strcmp(f->state, "idle") == 0)) {
		headless_choose(h);
		return;
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
