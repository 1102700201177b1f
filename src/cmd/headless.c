/*
 * The client without a UI. It has no state of its own: it folds the core's
 * lines, prints them, and asks the user.
 */
#include "config.h"

#include "cmd/headless-int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "front/client.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"

#define HEADLESS_STOP_MS 4000	/* for the core to end what it does */
#define HEADLESS_FAILED_MAX 20	/* named */
#define HEADLESS_LOOK_MS	5000
#define HEADLESS_LOOKS_STOPPED	2
#define HEADLESS_LOOKS_HELLO	12

bool
headless_person(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void
headless_send(struct headless *h, cJSON *o)
{
	lineio_send_take(h->client->io, o);
}

bool
headless_is_past(const struct headless *h)
{
	return (h->o->decide || h->o->resumed) && !h->live;
}

static void
headless_interrupt(struct headless *h)
{
	h->interrupts++;
	if (h->interrupts > 1)
		return;
	h->interrupted = true;
	headless_send(h, command_of("interrupt"));
}

/* ---- lines from the core ---- */

/* On stderr, if it is a terminal and the report isn't printed on one. */
static void
headless_progress(const struct headless *h, const cJSON *l, enum event_type type)
{
	if (!h->progress)
		return;
	if (type == EVENT_PROPOSAL)
		print_proposal(stderr, h->fold, false);
	else if (type == EVENT_AGENT_END)
		print_end(stderr, h->fold, l, false);
	else
		print_line(stderr, h->fold, l);
}

static void
headless_journal_line(struct headless *h, const cJSON *l, enum event_type type,
    const char *text, size_t n)
{
	if (type == EVENT_APPLIED && h->choice == CHOICE_SENT)
		headless_count_applied(h, l);
	if (type == EVENT_DECISION && h->choice == CHOICE_SENT)
		headless_count_decided(h, l);
	if (type == EVENT_EVIDENCE && h->check == CHECK_RUNS)
		headless_checked(h, l);
	if (type == EVENT_AGENT_END) {
		cJSON_Delete(h->r->end);
		h->r->end = cJSON_Duplicate(l, 1);
		/* It waited only for a screen. */
		if (h->o->screen)
			headless_send(h, command_of("end"));
		h->code = (int)json_int(l, "exit", EXIT_ERROR);
	}
	if (type == EVENT_APPLIED && h->o->applied != NULL)
		h->o->applied(h->o->applied_arg, h->r->session);
	if (h->o->watch != NULL)
		return;
	headless_progress(h, l, type);
	if (h->o->json)
		print_json(stdout, text, n);
	else if (type == EVENT_PROPOSAL)
		headless_proposal(h, l);
	else if (h->o->command)
		headless_print_try(h, l, type);
	else if (type == EVENT_AGENT_END)
		print_end(h->report, h->fold, l, false);
	else
		print_line(h->report, h->fold, l);
}

/* Don't print earlier events of the session, but print errors from starting its
 * core for us. */
static void
headless_untold(struct headless *h, const cJSON *l, enum event_type type)
{
	if (type == EVENT_LIVE && h->untold.len > 0 &&
	    h->client->pid > 0)
		cmd_say("%s", buf_str(&h->untold));
	if (type == EVENT_LIVE || json_bool(l, "resumed", false))
		buf_clear(&h->untold);
	if (type == EVENT_ERROR)
		buf_addf(&h->untold, "%s%s", h->untold.len > 0 ? "\n" : "",
		    json_str_or(l, "text", ""));
}

static void
headless_line(struct headless *h, const char *text, size_t n)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *l = event_parse(text, n, &e);
	enum event_type type = event_type(l);

	if (l == NULL) {
		cmd_say("the background process sent invalid JSON: %s", e.text);
		return;
	}
	if (type == EVENT_REFUSED) {
		if (json_int(l, "exit", -1) == 0) {
			cmd_say("%s", json_str_or(l, "text", ""));
			h->left = true;
			h->code = EXIT_DONE;
		} else if (h->choice == CHOICE_SPLIT ||
		    h->choice == CHOICE_SENT ||
		    h->barrier || (h->begun && !h->opened))
			headless_choice_failed(h, json_str_or(l, "text",
			    "refused"));
		else
			cmd_say("%s", json_str_or(l, "text", "refused"));
		if (h->r->session == NULL) {
			h->refused = true;
			h->code = (int)json_int(l, "exit", EXIT_ERROR);
			xstrset(&h->r->error, json_str_or(l, "text", ""));
		}
	} else if (type == EVENT_HELLO) {
		free(h->r->session);
		free(h->r->dir);
		h->r->session = xstrdup_null(json_str(l, "session"));
		h->r->dir = xstrdup_null(json_str(l, "dir"));
		if (h->o->begun != NULL && h->r->session != NULL)
			h->o->begun(h->o->begun_arg, h->r->session);
	} else if (type == EVENT_ERROR) {
		xstrset(&h->r->failed, json_str_or(l, "text", ""));
	} else if (type == EVENT_DELTA) {
		if (h->o->command && json_is(l, "kind", "output"))
			headless_output(h, l);
	}
	if (h->choice == CHOICE_SENT && type == EVENT_STATUS &&
	    json_is(l, "state", "applying"))
		h->carried = true;
	if (h->choice == CHOICE_SENT && type == EVENT_ERROR)
		xstrset(&h->why, json_str(l, "text"));
	if (h->o->watch != NULL)
		h->o->watch(h->o->watch_arg, l);
	fold_line(h->fold, l);
	plain_news_line(&h->plain, l);
	stale_line(&h->stale, l);
	if (type == EVENT_PROPOSAL)
		h->left_out = json_array(l, "refused") != NULL &&
		    json_array(l, "refused")->child != NULL;
	/* The answer to our second attach comes after all answers to earlier
	 * commands. */
	if (h->live && type == EVENT_LIVE)
		h->barrier = false;
	if (headless_is_past(h))
		headless_untold(h, l, type);
	h->live = h->live || type == EVENT_LIVE;
	/* This also ends an interrupted apply. */
	if (h->o->recovered && !h->live && type == EVENT_APPLIED) {
		h->written = 0;
		headless_count_applied(h, l);
		h->unwritten = 0;	/* of a choice */
		cJSON_Delete(h->finished);
		h->finished = cJSON_Duplicate(l, 1);
	}
	if (headless_is_past(h))
		return;
	if (cJSON_IsNumber(json_get(l, "seq")) && type != EVENT_HELLO)
		headless_journal_line(h, l, type, text, n);
}

/* ---- the loop ---- */

static void
headless_signals(struct headless *h, sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (h->o->person)
		sigaddset(&set, SIGCHLD);	/* an editor */
	/* A line callback has something to clean up. */
	if (h->o->watch != NULL)
		sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, old);
	h->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
headless_take_signal(struct headless *h)
{
	struct signalfd_siginfo si;

	while (read(h->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		/* Ctrl-C is for the editor while one runs. */
		if (si.ssi_signo == SIGCHLD ||
		    (h->plain.editor.pid != 0 && si.ssi_signo == SIGINT)) {
			plain_edit_end(&h->plain, false);
			continue;
		}
		plain_edit_end(&h->plain, true);
		if (h->plain.question != PLAIN_NOTHING)
			fputc('\n', stdout);
		plain_close(&h->plain);
		headless_interrupt(h);
		/* Who sends it won't wait long. */
		if (si.ssi_signo == SIGTERM && h->stop_ms == 0)
			h->stop_ms = clock_mono_ms() + HEADLESS_STOP_MS;
	}
}

/* How long to wait for a line. */
static int
headless_wait_ms(const struct headless *h)
{
	int64_t left = h->stop_ms - clock_mono_ms();

	return h->stop_ms == 0 || left > HEADLESS_LOOK_MS ? HEADLESS_LOOK_MS :
	    left < 0 ? 0 : (int)left;
}

/* The core didn't end in time: it ends when we are gone. */
static bool
headless_is_late(const struct headless *h)
{
	return h->stop_ms != 0 && clock_mono_ms() >= h->stop_ms;
}

/* No line came for a while. A model or an apply may take long; but give up on a
 * core that is stopped at two checks, or doesn't even send hello. */
static void
headless_look(struct headless *h)
{
	long pid = (long)client_core_pid(h->client);
	struct err e = ERR_INIT;
	int most = HEADLESS_LOOKS_STOPPED;

	h->looks++;
	if (client_check_stopped(h->client, &e) == 0) {
		if (h->client->pid > 0 || h->r->session != NULL) {
			h->looks = 0;
			return;
		}
		most = HEADLESS_LOOKS_HELLO;
		err_set(&e, "the session doesn't respond: its background "
		    "process %ld is busy or hangs; try again, or kill it (no "
		    "decision is lost)", pid);
	}
	if (h->looks < most)
		return;
	cmd_say("%s", e.text);
	xstrset(&h->r->error, e.text);
	h->stuck = true;
}

/* After SIGTERM, the core isn't waited for in vain. */
static bool
headless_core_ends(const struct headless *h)
{
	struct pollfd p = { .events = POLLIN };
	bool ends;

	if (h->stop_ms == 0 || h->client->pid <= 0)
		return true;
	p.fd = (int)syscall(SYS_pidfd_open, h->client->pid, 0);
	ends = p.fd < 0 || poll(&p, 1, headless_wait_ms(h)) > 0;
	if (p.fd >= 0)
		close(p.fd);
	return ends;
}

static void
headless_loop(struct headless *h)
{
	struct lineio *io = h->client->io;
	struct pollfd fds[3] = {
		{ .fd = lineio_fd(io) },
		{ .fd = h->sig_fd, .events = POLLIN },
		{ .events = POLLIN },
	};
	bool asks;
	const char *line;
	size_t n;
	int rc = 0, ready;

	while (rc == 0 && h->interrupts < 2 && !h->left && !h->stuck &&
	    !headless_is_late(h)) {
		asks = h->plain.question != PLAIN_NOTHING;
		/* Nothing is printed into a question. */
		fds[0].events = asks ? POLLRDHUP : POLLIN;
		fds[2].fd = asks && h->plain.editor.pid == 0 ? STDIN_FILENO :
		    -1;
		/* If it fails, earlier lines may still be unread. */
		if (lineio_flush(io) == 0 && lineio_wants_write(io))
			fds[0].events |= POLLOUT;
		ready = poll(fds, 3, headless_wait_ms(h));
		if (ready < 0 && errno != EINTR)
			break;
		if (ready == 0 && h->stop_ms == 0 && !asks)
			headless_look(h);
		if (ready <= 0)
			continue;
		h->looks = 0;
		if (fds[1].revents != 0)
			headless_take_signal(h);
		if (fds[2].revents != 0)
			headless_typed(h);
		if ((fds[0].revents & ~POLLOUT) == 0)
			continue;
		rc = lineio_read(io);
		while ((line = lineio_next(io, &n)) != NULL)
			headless_line(h, line, n);
		if (fflush(stdout) != 0 && h->interrupts == 0) {
			cmd_say("standard output was closed; stopping");
			headless_interrupt(h);
		}
		if (rc == 0)
			headless_ask(h);
	}
}

/* Count the files of an interrupted apply that couldn't be finished or
 * undone. */
static int
headless_say_failed(const struct headless *h)
{
	const cJSON *op;
	int n = 0;

	cJSON_ArrayForEach(op, json_array(h->finished, "ops"))
		if (json_is(op, "error", "failed") && n++ < HEADLESS_FAILED_MAX)
			cmd_say("%s", json_str_or(op, "text", "?"));
	if (n > HEADLESS_FAILED_MAX)
		cmd_say("... and %d more", n - HEADLESS_FAILED_MAX);
	return n;
}

int
headless_run(struct client *c, const struct headless_options *o,
    struct headless_result *r)
{
	struct headless h = { .client = c, .o = o, .r = r, .code = -1 };
	sigset_t old;

	memset(r, 0, sizeof(*r));
	h.fold = h.plain.fold = fold_new();
	h.plain.client = c;
	h.stale.id = o->proposal;
	h.stale.version = o->version;
	h.report = o->command ? stderr : stdout;
	h.progress = !o->command && !o->decide && isatty(STDERR_FILENO) &&
	    !isatty(STDOUT_FILENO);
	headless_signals(&h, &old);
	headless_loop(&h);
	headless_output_end(&h);
	if (o->recovered && h.choice == CHOICE_OPEN && h.code >= 0 &&
	    o->watch == NULL)
		cmd_say("%d file%s written", h.written, h.written == 1 ?
		    " is" : "s are");
	if (headless_say_failed(&h) > 0 && h.code == EXIT_DONE)
		h.code = EXIT_ERROR;
	if (!r->screen)
		client_release(c, h.interrupts < 2 && !h.stuck &&
		    headless_core_ends(&h));
	if (headless_is_late(&h) && r->session != NULL)
		cmd_say("interrupted; continue with assent resume %s",
		    r->session);
	if (h.stuck)
		h.code = EXIT_ERROR;
	else if ((r->interrupted = h.interrupted))
		h.code = EXIT_INTERRUPTED;
	else if (h.choice == CHOICE_FAILED)
		h.code = h.check == CHECK_FAILED ? h.check_code :
		    EXIT_ERROR;
	else if (h.choice == CHOICE_SENT && h.code >= 0)
		h.code = headless_chosen(&h);
	else if (h.code < 0 && !r->screen) {
		h.code = EXIT_ERROR;
		if (r->session == NULL) {
			r->error =
			    xstrdup("the background process didn't start");
			cmd_say("%s (ASSENT_DEBUG=1 shows its messages)",
			    r->error);
		} else {
			r->error = xstrdup("the background process died");
			cmd_say("the background process died; continue "
			    "with assent resume %s", r->session);
		}
	}
	close(h.sig_fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	buf_release(&h.tail);
	pathmap_release(&h.printed);
	pathmap_release(&h.chosen);
	cJSON_Delete(h.finished);
	buf_release(&h.untold);
	free(h.told);
	free(h.why);
	plain_ask_release(&h.plain);
	free(h.asked_command);
	stale_release(&h.stale);
	fold_free(h.fold);
	return h.code;
}

void
headless_result_release(struct headless_result *r)
{
	cJSON_Delete(r->end);
	free(r->session);
	free(r->dir);
	free(r->error);
	free(r->failed);
	memset(r, 0, sizeof(*r));
}
