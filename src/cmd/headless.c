/*
 * The client without a screen.  It holds no truth: it folds the core's lines,
 * prints them, and sends what a person typed.
 */
#include "config.h"

#include "cmd/headless.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/print.h"
#include "cmd/review.h"
#include "gate/patch.h"
#include "journal/fold.h"

struct headless {
	struct client			*client;
	const struct headless_options	*o;
	struct headless_result		*r;
	struct fold			*fold;
	FILE				*report;	/* all but output, diff */
	int				 sig_fd;
	int				 interrupts;
	bool				 interrupted;	/* we sent it */
	bool				 refused;
	int				 code;
	/* The open proposal that was printed, and the last one asked about. */
	int64_t				 shown_id, asked_id;
	int				 shown_version, asked_version;
	int				 asked_plan;
	bool				 asked_pause;
	char				*asked_command;
	struct buf			 tail;	/* output cut inside a letter */
	bool				 midline;	/* it ended there */
	cJSON				*printed;	/* files shown already */
	char				*told;		/* refused, told already */
};

bool
headless_person(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void
headless_send(struct headless *h, cJSON *o)
{
	lineio_send_take(h->client->io, o);
}

static cJSON *
headless_command(const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", type);
	return o;
}

static void
headless_interrupt(struct headless *h)
{
	h->interrupts++;
	if (h->interrupts > 1)
		return;
	h->interrupted = true;
	headless_send(h, headless_command("interrupt"));
}

/* ---- what comes ---- */

/* The output of `try`'s command: every byte of it, but no letter in halves on
 * a terminal. */
static void
headless_output(struct headless *h, const cJSON *line)
{
	size_t n = 0, cut;
	char *p = json_get_bytes(line, "text", &n);

	if (p == NULL || n == 0) {
		free(p);
		return;
	}
	h->midline = p[n - 1] != '\n';
	if (!isatty(STDOUT_FILENO)) {
		fwrite(p, 1, n, stdout);
		free(p);
		return;
	}
	buf_add(&h->tail, p, n);
	free(p);
	cut = utf8_cut(h->tail.p, h->tail.len, h->tail.len);
	if (cut == 0 && h->tail.len > 4)
		cut = h->tail.len;
	print_foreign(stdout, h->tail.p, cut);
	buf_consume(&h->tail, cut);
}

/* A diff begins in the first column, and so does what follows on a screen. */
static void
headless_line_start(struct headless *h)
{
	if (h->midline)
		fputc('\n', stdout);
	h->midline = false;
}

static void
headless_output_end(struct headless *h)
{
	if (h->tail.len > 0)
		print_foreign(stdout, h->tail.p, h->tail.len);
	buf_clear(&h->tail);
	if (isatty(STDOUT_FILENO))
		headless_line_start(h);
}

/* What is still open after a decision was shown before it. */
static bool
headless_is_printed(struct headless *h, const struct fold_file *f)
{
	char *key = xasprintf("%s %s %u %s %u", f->path, f->before.exists ?
	    f->before.hash : "-", f->before.mode, f->after.exists ?
	    f->after.hash : "-", f->after.mode);
	bool yes;

	if (h->printed == NULL)
		h->printed = cJSON_CreateObject();
	yes = json_get(h->printed, key) != NULL;
	if (!yes)
		json_add_bool(h->printed, key, true);
	free(key);
	return yes;
}

static void
headless_print_file(struct headless *h, const struct fold_file *f)
{
	struct buf b = BUF_INIT(0);

	if (headless_is_printed(h, f))
		return;
	headless_line_start(h);
	patch_write_file(&b, f);
	print_foreign(stdout, b.p, b.len);
	buf_release(&b);
	if (f->protected_by != NULL)
		print_words(h->report, "protected: %s: %s", f->path,
		    f->protected_by);
	if (f->judges)
		print_words(h->report, "changes what judges the work: %s",
		    f->path);
	if (f->note != NULL)
		print_words(h->report, "note: %s: %s", f->path, f->note);
}

/* What can never be proposed, also where nothing else is. */
static void
headless_refused(struct headless *h, const cJSON *l)
{
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(l, "refused"))
		buf_addf(&b, "%scannot be proposed: %s: %s",
		    b.len > 0 ? "\n" : "", json_str_or(it, "path", "?"),
		    json_str_or(it, "why", "?"));
	if (b.len > 0 && (h->told == NULL || strcmp(h->told, b.p) != 0)) {
		print_words(h->report, "%s", b.p);
		free(h->told);
		h->told = xstrdup(b.p);
	}
	buf_release(&b);
}

static void
headless_proposal(struct headless *h, const cJSON *l)
{
	const struct fold_proposal *p = h->fold->proposal;
	size_t i;

	if (p == NULL || p->files_len == 0) {
		headless_refused(h, l);
		return;
	}
	if (p->id == h->shown_id && p->version == h->shown_version)
		return;
	h->shown_id = p->id;
	h->shown_version = p->version;
	if (!h->o->command)
		print_words(h->report, "\nproposal: %zu file%s, %d change%s",
		    p->files_len, p->files_len == 1 ? "" : "s",
		    fold_hunks(p), fold_hunks(p) == 1 ? "" : "s");
	/* A person is shown each change with its question. */
	for (i = 0; i < p->files_len && !h->o->person; i++)
		headless_print_file(h, &p->files[i]);
	headless_refused(h, l);
	if (p->ignored > 0)
		print_words(h->report, "%lld build products, not proposed",
		    (long long)p->ignored);
}

/* `try` has no model: only what its command and the gate did is of interest. */
static void
headless_print_try(struct headless *h, const cJSON *l, const char *type)
{
	static const char *const quiet[] = {
		"assistant_message", "plan", "tool_call", "user_message",
	};
	const cJSON *end = json_get(l, "exit");
	const char *note = json_str(l, "note");
	size_t i;

	for (i = 0; i < MEM_COUNT(quiet); i++)
		if (strcmp(type, quiet[i]) == 0)
			return;
	if (strcmp(type, "tool_result") != 0) {
		print_line(h->report, h->fold, l);
		return;
	}
	headless_output_end(h);
	fflush(stdout);
	if (json_str(l, "limit") != NULL || json_str(l, "killed") != NULL)
		cmd_say("the command was stopped: %s", json_str_or(l, "limit",
		    json_str_or(l, "killed", "")));
	else if (cJSON_IsNumber(end))
		cmd_say("the command's exit status: %lld",
		    (long long)json_int(l, "exit", 0));
	else if (cJSON_IsNumber(json_get(l, "signal")))
		cmd_say("the command was killed by signal %lld",
		    (long long)json_int(l, "signal", 0));
	else
		cmd_say("%s", json_str_or(l, "text", "the command did not run"));
	if (note != NULL)
		print_words(h->report, "note: %.*s", (int)strlen(note) -
		    (note[0] != '\0' && note[strlen(note) - 1] == '\n'),
		    note);
}

static void
headless_journal_line(struct headless *h, const cJSON *l, const char *type,
    const char *text, size_t n)
{
	if (strcmp(type, "agent_end") == 0) {
		cJSON_Delete(h->r->end);
		h->r->end = cJSON_Duplicate(l, 1);
		h->code = (int)json_int(l, "exit", EXIT_ERROR);
	}
	if (h->o->json) {
		fwrite(text, 1, n, stdout);
		fputc('\n', stdout);
	} else if (strcmp(type, "proposal") == 0)
		headless_proposal(h, l);
	else if (h->o->command)
		headless_print_try(h, l, type);
	else if (strcmp(type, "agent_end") == 0)
		print_end(h->report, l);
	else
		print_line(h->report, h->fold, l);
}

static void
headless_line(struct headless *h, const char *text, size_t n)
{
	struct err e = ERR_INIT;
	cJSON *l = json_parse(text, n, JSON_NUL_REPLACE, &e);
	const char *type = json_str_or(l, "type", "");

	if (l == NULL) {
		cmd_say("the core sent a line that is no JSON: %s", e.text);
		return;
	}
	if (strcmp(type, "refused") == 0) {
		cmd_say("%s", json_str_or(l, "text", "refused"));
		if (h->r->session == NULL) {
			h->refused = true;
			h->code = (int)json_int(l, "exit", EXIT_ERROR);
			free(h->r->error);
			h->r->error = xstrdup(json_str_or(l, "text", ""));
		}
	} else if (strcmp(type, "hello") == 0) {
		free(h->r->session);
		free(h->r->dir);
		h->r->session = xstrdup_null(json_str(l, "session"));
		h->r->dir = xstrdup_null(json_str(l, "dir"));
	} else if (strcmp(type, "delta") == 0) {
		if (h->o->command && strcmp(json_str_or(l, "kind", ""),
		    "output") == 0)
			headless_output(h, l);
	}
	fold_line(h->fold, l);
	if (cJSON_IsNumber(json_get(l, "seq")) && strcmp(type, "hello") != 0)
		headless_journal_line(h, l, type, text, n);
	cJSON_Delete(l);
}

/* ---- what a person is asked ---- */

static void
headless_ask_changes(struct headless *h, const struct prompt *p)
{
	const struct fold_proposal *prop = h->fold->proposal;
	cJSON *marks, *o;
	bool quit;
	int n;

	h->asked_id = prop->id;
	h->asked_version = prop->version;
	marks = review_run(p, h->fold, &quit);
	if (marks == NULL)
		return;		/* the main loop sees the signal or hang-up */
	n = cJSON_GetArraySize(marks);
	while ((o = cJSON_DetachItemFromArray(marks, 0)) != NULL)
		headless_send(h, o);
	cJSON_Delete(marks);
	if (n > 0 && quit) {
		o = headless_command("decide");
		json_add_int(o, "proposal", prop->id);
		json_add_int(o, "version", prop->version);
		headless_send(h, o);
	}
	if (quit)
		headless_send(h, headless_command("end"));
}

static void
headless_ask_plan(struct headless *h, const struct prompt *p)
{
	bool interrupted;
	char *line;
	cJSON *o;

	h->asked_plan = h->fold->plan.version;
	line = prompt_line(p, "approve this plan? [y, or what should be "
	    "different]", &interrupted);
	if (line == NULL) {
		if (!interrupted)
			headless_send(h, headless_command("end"));
		return;
	}
	o = headless_command("plan");
	json_add_int(o, "version", h->fold->plan.version);
	if (strcmp(line, "y") == 0)
		json_add_str(o, "action", "approve");
	else {
		json_add_str(o, "action", "return");
		json_add_str(o, "word", line);
	}
	headless_send(h, o);
	free(line);
}

static void
headless_ask_command(struct headless *h, const struct prompt *p)
{
	bool interrupted;
	char *line;
	cJSON *o;

	free(h->asked_command);
	h->asked_command = xstrdup(h->fold->ask_id);
	print_words(stderr, "there is no cage on this host; to be run on a "
	    "copy of the project: %s", h->fold->ask_command == NULL ? "?" :
	    h->fold->ask_command);
	line = prompt_line(p, "allow it? [y,n]", &interrupted);
	if (interrupted)
		return;
	o = headless_command("answer");
	json_add_str(o, "id", h->fold->ask_id);
	json_add_bool(o, "allow", line != NULL && strcmp(line, "y") == 0);
	headless_send(h, o);
	free(line);
}

static void
headless_ask_pause(struct headless *h, const struct prompt *p)
{
	static const char *const words[][2] = {
		{ "e", "extend" }, { "w", "wrap" }, { "s", "stop" },
	};
	bool interrupted;
	char *line;
	cJSON *o;
	size_t i;

	h->asked_pause = true;
	for (;;) {
		line = prompt_line(p, "a limit was reached: extend it, wrap "
		    "up, or stop? [e,w,s]", &interrupted);
		if (interrupted)
			return;
		for (i = 0; i < MEM_COUNT(words); i++)
			if (line == NULL || strcmp(line, words[i][0]) == 0)
				break;
		if (i < MEM_COUNT(words))
			break;
		free(line);
	}
	o = headless_command("budget");
	json_add_str(o, "action", line == NULL ? "stop" : words[i][1]);
	headless_send(h, o);
	free(line);
}

/* Something waits for the person who sits here. */
static void
headless_ask(struct headless *h)
{
	const struct fold *f = h->fold;
	struct prompt p = {
		.sig_fd = h->sig_fd, .hangup_fd = lineio_fd(h->client->io),
	};

	if (!h->o->person || h->interrupts > 0 || f->ended)
		return;
	if (f->pause == NULL)
		h->asked_pause = false;
	if (f->ask_id != NULL) {
		if (h->asked_command == NULL ||
		    strcmp(h->asked_command, f->ask_id) != 0)
			headless_ask_command(h, &p);
		return;
	}
	if (f->state == NULL || strcmp(f->state, "waiting") != 0)
		return;
	if (f->pause != NULL && !h->asked_pause)
		headless_ask_pause(h, &p);
	else if (f->plan.status != NULL && f->plan.version != h->asked_plan &&
	    strcmp(f->plan.status, "proposed") == 0)
		headless_ask_plan(h, &p);
	else if (f->proposal != NULL && fold_undecided(f->proposal) > 0 &&
	    (f->proposal->id != h->asked_id ||
	    f->proposal->version != h->asked_version))
		headless_ask_changes(h, &p);
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
	sigprocmask(SIG_BLOCK, &set, old);
	h->sig_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
headless_take_signal(struct headless *h)
{
	struct signalfd_siginfo si;

	while (read(h->sig_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		headless_interrupt(h);
}

static void
headless_loop(struct headless *h)
{
	struct lineio *io = h->client->io;
	struct pollfd fds[2];
	const char *line;
	size_t n;
	int rc = 0;

	while (rc == 0 && h->interrupts < 2) {
		fds[0].fd = lineio_fd(io);
		fds[0].events = POLLIN;
		if (lineio_flush(io) < 0)
			rc = 0;		/* what it said before is still there */
		else if (lineio_wants_write(io))
			fds[0].events |= POLLOUT;
		fds[1].fd = h->sig_fd;
		fds[1].events = POLLIN;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents != 0)
			headless_take_signal(h);
		if (fds[0].revents == 0)
			continue;
		rc = lineio_read(io);
		while ((line = lineio_next(io, &n)) != NULL)
			headless_line(h, line, n);
		if (fflush(stdout) != 0 && h->interrupts == 0) {
			cmd_say("nobody reads stdout any more: stopping");
			headless_interrupt(h);
		}
		if (rc == 0)
			headless_ask(h);
	}
}

int
headless_run(struct client *c, const struct headless_options *o,
    struct headless_result *r)
{
	struct headless h = { .client = c, .o = o, .r = r, .code = -1 };
	sigset_t old;

	memset(r, 0, sizeof(*r));
	h.fold = fold_new();
	h.report = o->command ? stderr : stdout;
	headless_signals(&h, &old);
	headless_loop(&h);
	headless_output_end(&h);
	client_release(c, h.interrupts < 2);
	if (h.interrupted)
		h.code = EXIT_INTERRUPTED;
	else if (h.code < 0) {
		h.code = EXIT_ERROR;
		if (r->session == NULL) {
			r->error = xstrdup("the core did not start");
			cmd_say("%s (ASSENT_DEBUG=1 shows what it says)",
			    r->error);
		} else {
			r->error = xstrdup("the core broke off");
			cmd_say("the core broke off; what was decided is "
			    "kept: assent resume %s", r->session);
		}
	}
	close(h.sig_fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	buf_release(&h.tail);
	cJSON_Delete(h.printed);
	free(h.told);
	free(h.asked_command);
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
	memset(r, 0, sizeof(*r));
}
