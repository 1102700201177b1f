/*
 * The loop of plain mode, and its handling of the core's lines.  The terminal
 * stays in canonical mode: the kernel edits the line, and we never touch a
 * half-typed one.
 */
#include "config.h"

#include "cmd/plain-int.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "front/client.h"
#include "front/exit-summary.h"
#include "front/print.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"
#include "journal/session-running.h"
#include "journal/session.h"

#define PLAIN_TYPED_MAX ((size_t)8 << 20)
#define PLAIN_BEFORE 12		/* past lines printed when attaching */

bool
plain_is_needed(void)
{
	const char *term = getenv("TERM");

	return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

void
plain_send_take(struct plain *p, cJSON *o)
{
	if (lineio_send_take(p->client->io, o) < 0)
		plain_say("the background process doesn't respond; not sent");
}

void
plain_say(const char *fmt, ...)
{
	va_list ap;
	AUTO_FREE char *text = NULL;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	print_words(stdout, "- %s", text);
}

/* ---- lines from the core ---- */

void
plain_news_line(struct plain *p, const cJSON *l)
{
	bool refused = event_type(l) == EVENT_REFUSED;

	if (refused)
		pathmap_release(&p->answered);
	if (refused || (p->checks && event_type(l) == EVENT_EVIDENCE &&
	    json_is(l, "status", "done"))) {
		p->checks = false;
		FREE_NULL(p->told);
	}
}

static void
plain_say_others(const char *root, const char *own)
{
	struct session_running *r = session_running_new(root, own);
	AUTO_FREE char *id = NULL;

	while (session_running_step(r, &id))
		;
	session_running_free(r);
	if (id != NULL && session_is_alive(id))
		plain_say(SESSION_RUNNING, id);
}

static void
plain_print(struct plain *p, const cJSON *l)
{
	enum event_type type = event_type(l);

	if (plain_output(p, l))
		return;
	if (type == EVENT_REFUSED) {
		plain_say("%s", json_str_or(l, "text", "refused"));
		if (json_is(l, "to", "say"))
			plain_kept_say(p);
	} else if (type == EVENT_PROPOSAL && p->fold->proposal != NULL)
		print_proposal(stdout, p->fold, true);
	else if (type == EVENT_AGENT_END)
		print_end(stdout, p->fold, l, p->said != NULL &&
		    strcmp(p->said, json_str_or(l, "summary", "")) == 0);
	else if (cJSON_IsNumber(json_get(l, "seq")) &&
	    type != EVENT_HELLO)
		print_line(stdout, p->fold, l);
	if (type == EVENT_ASSISTANT_MESSAGE)
		FREE_SET(p->said, json_bool(l, "broken", false) ? NULL :
		    xstrdup_null(json_str(l, "text")));
	else if (type == EVENT_SESSION_START && p->root != NULL)
		plain_say_others(p->root, p->fold->session);
}

/* Don't print into a question: it would have to be repeated. */
static void
plain_print_or_hold(struct plain *p, const cJSON *l)
{
	if (p->live && p->question == PLAIN_NOTHING && p->editor.pid == 0) {
		plain_print(p, l);
		return;
	}
	cJSON_AddItemToArray(p->held, cJSON_Duplicate(l, 1));
	while (!p->live && cJSON_GetArraySize(p->held) > PLAIN_BEFORE)
		cJSON_DeleteItemFromArray(p->held, 0);
}

static void
plain_print_held(struct plain *p)
{
	cJSON *l;

	if (p->question != PLAIN_NOTHING || p->editor.pid != 0)
		return;
	while ((l = cJSON_DetachItemFromArray(p->held, 0)) != NULL) {
		plain_print(p, l);
		cJSON_Delete(l);
	}
}

/* What a line changes, besides being printed. */
static void
plain_accept(struct plain *p, const cJSON *l)
{
	enum event_type type = event_type(l);

	plain_kept_line(p, l);
	if (type == EVENT_REFUSED) {
		if (p->fold->session == NULL) {
			p->end = UI_CORE_GONE;
			p->code = (int)json_int(l, "exit", EXIT_ERROR);
			cmd_say("%s", json_str_or(l, "text", "refused"));
			p->done = true;
		}
	} else if (type == EVENT_LIVE && !p->live) {
		p->live = true;
		if (p->fold->seq > PLAIN_BEFORE)
			plain_say("earlier lines: assent log %s",
			    p->fold->session == NULL ? "" : p->fold->session);
	} else if (type == EVENT_ENDED) {
		p->ended = true;
		if (!p->fold->ended)
			p->code = (int)json_int(l, "exit", EXIT_ERROR);
	} else if (type == EVENT_AGENT_END)
		p->code = (int)json_int(l, "exit", EXIT_ERROR);
	commit_run_line(&p->commit, p->fold, type);
	if (p->commit.due)
		commit_run_start(&p->commit, p->fold->session);
}

static void
plain_read_core(struct plain *p)
{
	struct lineio *io = p->client->io;
	struct err e = ERR_INIT;
	const char *line;
	size_t n;
	int rc = lineio_read(io);

	while ((line = lineio_next(io, &n)) != NULL && !p->done) {
		AUTO_JSON cJSON *l = event_parse(line, n, &e);

		if (l == NULL) {
			plain_say(
			    "the background process sent invalid JSON: %s",
			    e.text);
			err_clear(&e);
			continue;
		}
		fold_line(p->fold, l);
		plain_news_line(p, l);
		plain_accept(p, l);
		if (!p->done)
			plain_print_or_hold(p, l);
	}
	if (rc < 0 && !p->done) {
		p->done = true;
		p->end = p->ended ? UI_ENDED : UI_CORE_GONE;
		if (!p->ended)
			p->code = EXIT_ERROR;
	}
}

static void
plain_announce_one(const struct plain *p, const char *waiting)
{
	int done, n = plain_count(p, &done);

	if (strncmp(waiting, "diff:", 5) == 0)
		plain_say("%d of %d hunk%s to review. Press Enter to see %s.",
		    n - done, n, n == 1 ? "" : "s", n - done == 1 ? "it" :
		    "them");
	else
		plain_say("%s. Press Enter to see it.",
		    strncmp(waiting, "plan:", 5) == 0 ? "a plan to review" :
		    strncmp(waiting, "ask:", 4) == 0 ?
		    fold_ask_words(p->fold)->waits : "limit reached");
	putchar('\a');
}

/* Announce once that something waits; Enter shows it. */
static void
plain_announce(struct plain *p)
{
	const char *words = p->fold->doing;
	AUTO_FREE char *waiting = NULL;

	if (!p->live || p->question != PLAIN_NOTHING || p->editor.pid != 0)
		return;
	if (plain_is_news(p)) {
		waiting = plain_waiting(p->fold);
		plain_announce_one(p, waiting);
	} else if (p->told == NULL && words != NULL && words[0] != '\0' &&
	    plain_is_still(p) && (p->doing == NULL ||
	    strcmp(p->doing, words) != 0))
		plain_say("%s", words);
	FREE_SET(p->doing, plain_is_still(p) ? xstrdup_null(words) :
	    NULL);
}

/* ---- the loop ---- */

static void
plain_signals(struct plain *p, sigset_t *old)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < MEM_COUNT(wanted); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	p->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
plain_interrupt(struct plain *p)
{
	const char *state = p->fold->state;
	bool idle = state != NULL && p->fold->queued == 0 &&
	    (strcmp(state, "idle") == 0 || strcmp(state, "waiting") == 0);

	putchar('\n');
	if (++p->interrupts > 1) {
		plain_do_detach(p);
		return;
	}
	/* What waits for the user isn't stopped by it. */
	if (!idle)
		plain_send_take(p, command_of("interrupt"));
	plain_say("%s; Ctrl-C again detaches", idle ? "nothing is running" :
	    "interrupt sent");
}

static void
plain_committed(struct plain *p)
{
	bool made;
	AUTO_FREE char *words = commit_run_end(&p->commit, &made);

	if (words != NULL && !made)
		plain_say("%s; later: assent commit %s", words,
		    p->fold->session);
	if (words != NULL && p->commit.due)
		commit_run_start(&p->commit, p->fold->session);
}

void
plain_edit_end(struct plain *p, bool now)
{
	AUTO_BUF struct buf b = { 0 };
	int status;
	pid_t pid;

	if (p->editor.pid == 0)
		return;
	if (now)
		kill(p->editor.pid, SIGHUP);
	while ((pid = waitpid(p->editor.pid, &status, now ? 0 :
	    WNOHANG)) < 0 && errno == EINTR)
		;
	if (pid != p->editor.pid)
		return;
	if (now)
		(void)editor_finish(&p->editor, status, &b, NULL);
	else if (p->writing)
		plain_written(p, status);
	else if (p->summary_seq != 0)
		plain_summary_edited(p, status);
	else
		plain_edited(p, status);
}

static void
plain_read_signals(struct plain *p)
{
	struct signalfd_siginfo si;

	while (read(p->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			plain_committed(p);
			plain_edit_end(p, false);
		} else if (p->editor.pid != 0 && si.ssi_signo == SIGINT) {
			/* It was for the editor. */
		} else if (si.ssi_signo == SIGINT)
			plain_interrupt(p);
		else {
			plain_do_detach(p);
			p->code = 128 + (int)si.ssi_signo;
		}
	}
}

static void
plain_loop(struct plain *p)
{
	struct lineio *io = p->client->io;

	while (!p->done) {
		struct pollfd fds[3] = {
			{ lineio_fd(io), POLLIN, 0 },
			{ p->sig_fd, POLLIN, 0 },
			{ p->editor.pid != 0 ? -1 : STDIN_FILENO, POLLIN, 0 },
		};

		plain_ask_check(p);
		plain_print_held(p);
		plain_announce(p);
		if (fflush(stdout) != 0) {
			plain_do_detach(p);
			p->code = EXIT_ERROR;
			break;
		}
		(void)lineio_flush(io);
		if (lineio_wants_write(io))
			fds[0].events |= POLLOUT;
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0)
			plain_read_signals(p);
		if (fds[0].revents != 0)
			plain_read_core(p);
		if (fds[2].revents != 0 && !p->done && p->editor.pid == 0)
			plain_read_typed(p);
		if (p->quit)
			plain_say("your marks are kept; Enter continues, "
			    "/send writes what you accepted");
		p->quit = false;
	}
	(void)lineio_flush(io);
}

int
plain_run(struct client *c, const struct ui_options *options)
{
	struct plain p = { .client = c, .end = UI_CORE_GONE,
		.code = EXIT_ERROR, .models = &options->models,
		.root = options->root, .commit.when = options->commits,
		.commit.branch = options->branch };
	sigset_t old;

	p.fold = fold_new();
	p.held = cJSON_CreateArray();
	p.sent = cJSON_CreateArray();
	if (options->history != NULL)
		history_open(&p.history, options->history);
	buf_init(&p.typed, PLAIN_TYPED_MAX);
	plain_signals(&p, &old);
	printf("/help lists commands.\n");
	plain_loop(&p);
	plain_edit_end(&p, true);
	if (p.end != UI_CORE_GONE || p.fold->session != NULL)
		exit_summary(stdout, print_columns(stdout), p.fold,
		    p.fold->session != NULL ? p.fold->session :
		    options->session == NULL ? "" : options->session, p.end,
		    false);
	if (options->end != NULL)
		*options->end = p.end;
	close(p.sig_fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	plain_ask_release(&p);
	cJSON_Delete(p.sent);
	free(p.kept);
	history_release(&p.history);
	buf_release(&p.out);
	cJSON_Delete(p.held);
	free(p.said);
	free(p.doing);
	fold_free(p.fold);
	return p.code;
}
