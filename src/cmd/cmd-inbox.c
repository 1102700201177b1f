/*
 * cmd-inbox: what waits for you in all sessions, as a list to choose from, as
 * lines or as JSON. Nothing can be decided here: a row opens its session.
 */
#include "config.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/sanitize.h"
#include "cmd/inbox.h"
#include "cmd/session-client.h"
#include "cmd/setup.h"
#include "front/editor.h"
#include "front/print.h"
#include "journal/session.h"
#include "ui/app/app.h"

#define HOST_LINE_MAX	((size_t)4 << 20)
#define INBOX_AGAIN_MS	30000	/* ages are said anew */

/* Are there none, or can't they be read? */
static int
inbox_check(void)
{
	struct err e = ERR_INIT;
	AUTO_FREE char *top = session_root_dir(&e);
	AUTO_CLOSE int fd = -1;

	if (top == NULL || session_check(NULL, &e) < 0)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 || errno == ENOENT ? 0 : cmd_fail(EXIT_ERROR,
	    "can't read the sessions in %s: %m", top);
}

/* ---- the list on the screen ---- */

struct inbox_list {
	struct inbox	*inbox;
	enum inbox_order order;
	const struct inbox_row *rows;
	struct app_choice *choices;
	size_t		 len;
	char		*what, *title;
	bool		 titles, alerts;	/* the user likes them */
};

static void
inbox_list_release(struct inbox_list *l)
{
	pick_free(l->choices, l->len);
	FREE_ALL(l->what, l->title);
	inbox_free(l->inbox);
}

/* How long, cost, task: with the most important first, since it may be cut. */
static char *
inbox_note(const struct inbox_row *r)
{
	struct buf b = BUF_INIT(0);

	inbox_row_age(r, &b);
	if (r->cost > 0) {
		buf_adds(&b, "  ");
		money_text(&b, r->cost);
	}
	buf_addf(&b, "%s%s", b.len > 0 ? "  " : "", r->task);
	return buf_take(&b);
}

static void
inbox_choice(const struct inbox_row *r, struct app_choice *c)
{
	const char *project = r->id == NULL ? "" : inbox_row_project(r);

	*c = (struct app_choice){
		.key = xasprintf("%s%s%s", r->host == NULL ? "" : r->host,
		    r->host == NULL || r->id == NULL ? "" : ":", project),
		.text = xstrdup(r->words),
		.note = r->id == NULL ? xstrdup("") : inbox_note(r),
	};
	c->more = xasprintf("%s %s %s %s", r->waits, c->key, r->id == NULL ?
	    "" : r->id, r->project == NULL ? "" : r->project);
	/* Whatever it waits for. */
	c->id = c->more + strlen(r->waits);
}

static bool
inbox_list_again(void *arg, struct app_choices *c, bool sort)
{
	static const char *const orders[INBOX_ORDERS] = {
		[INBOX_BY_AGE] = "longest first",
		[INBOX_BY_PROJECT] = "by project",
		[INBOX_BY_COST] = "by cost",
	};
	struct inbox_list *l = arg;
	size_t i, n, waiting = 0;
	int due;

	(void)inbox_read(l->inbox, &c->alert);
	pick_free(l->choices, l->len);
	if (sort)
		l->order = (enum inbox_order)((l->order + 1) % INBOX_ORDERS);
	l->rows = inbox_rows(l->inbox, l->order, &n);
	l->choices = xcalloc(n + 1, sizeof(*l->choices));
	for (l->len = i = 0; i < n; i++) {
		inbox_choice(&l->rows[i], &l->choices[l->len++]);
		waiting += l->rows[i].id != NULL;
	}
	FREE_SET(l->what, xasprintf("waiting for you: %zu%s%s", waiting,
	    waiting == 0 ? "" : ", ", waiting == 0 ? "" : orders[l->order]));
	FREE_SET(l->title, xasprintf("assent: %zu session%s for you", waiting,
	    waiting == 1 ? " waits" : "s wait"));
	c->alert = c->alert && l->alerts && c->rows != NULL;
	due = inbox_timeout(l->inbox);
	c->again_ms = due < 0 || due > INBOX_AGAIN_MS ? INBOX_AGAIN_MS : due;
	c->what = l->what;
	c->title = l->titles ? l->title : NULL;
	c->rows = l->choices;
	c->len = n;
	return true;
}

/* One line of what a row is about. */
static void
about_add(struct buf *b, const char *bar, const char *text)
{
	buf_adds(b, bar);
	sanitize_name(b, text);
	buf_addc(b, '\n');
}

static char *
inbox_about(void *arg, size_t row)
{
	const struct inbox_list *l = arg;
	const struct inbox_row *r = &l->rows[row];
	const char *bar = r->host == NULL ? "" : "| ";
	AUTO_FREE char *since = NULL, *what = NULL;
	char at[CLOCK_STAMP_SIZE];
	struct buf b = BUF_INIT(0);

	if (r->host != NULL)
		buf_addf(&b, "on %s\n", r->host);
	if (r->id == NULL) {
		about_add(&b, bar, r->words);
		buf_adds(&b, "It is tried again from time to time. "
		    "Enter opens its own inbox, by ssh.\n");
		return buf_take(&b);
	}
	what = xasprintf("%s, %s", r->id, r->words);
	about_add(&b, bar, what);
	about_add(&b, bar, r->project == NULL ? "?" : r->project);
	clock_local(r->since == NULL ? "" : r->since, at);
	if (at[0] != '\0') {
		since = xasprintf("since %s", at);
		about_add(&b, bar, since);
	}
	if (strcmp(r->waits, session_wait_name(SESSION_STOPPED)) == 0)
		buf_adds(&b, "its process was killed; opening it continues "
		    "where it was\n");
	buf_addc(&b, '\n');
	about_add(&b, bar, r->task);
	return buf_take(&b);
}

/* Print a line of the host; on a terminal it has a bar in front. */
static void
ssh_print_line(FILE *f, const char *line)
{
	const char *lead = pager_is_terminal(f) ? "| " : "";

	print_text(f, lead, lead, line);
}

/* A stranger's lines, as text, until both pipes are closed. */
static void
ssh_print(const int pipes[2])
{
	struct lineio *io[2] = { lineio_new_take(pipes[0], HOST_LINE_MAX, 0),
		lineio_new_take(pipes[1], HOST_LINE_MAX, 0) };
	const char *line;
	size_t i, n;
	bool end;

	while (io[0] != NULL || io[1] != NULL) {
		struct pollfd fds[2] = {
			{ io[0] == NULL ? -1 : io[0]->fd, POLLIN, 0 },
			{ io[1] == NULL ? -1 : io[1]->fd, POLLIN, 0 },
		};

		(void)poll(fds, 2, -1);
		for (i = 0; i < 2; i++) {
			if (fds[i].revents == 0)
				continue;
			end = lineio_read(io[i]) < 0;
			n = io[i]->in.len;
			/* A last line without a newline. */
			if (end && n > 0 && io[i]->in.p[n - 1] != '\n')
				(void)buf_addc(&io[i]->in, '\n');
			while ((line = lineio_next(io[i], &n)) != NULL)
				ssh_print_line(i == 0 ? stdout : stderr, line);
			(void)fflush(stdout);
			if (end) {
				lineio_free(io[i]);
				io[i] = NULL;
			}
		}
	}
}

/* Wait until ssh, which has the terminal, ends; at a signal ssh restores it. */
static int
ssh_wait(pid_t pid)
{
	static const int held[] = { SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	sigset_t set, mask;
	int status = 0, got, last = 0;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < MEM_COUNT(held); i++)
		sigaddset(&set, held[i]);
	sigprocmask(SIG_BLOCK, &set, &mask);
	while (waitpid(pid, &status, WNOHANG | WUNTRACED) != pid ||
	    WIFSTOPPED(status)) {
		if (WIFSTOPPED(status))
			(void)raise(SIGSTOP);
		status = 0;
		if (sigwait(&set, &got) != 0 || (got != SIGTERM &&
		    got != SIGHUP))
			continue;
		last = got;
		(void)kill(pid, got);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (last != 0) {
		(void)signal(last, SIG_DFL);
		(void)raise(last);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 +
	    WTERMSIG(status);
}

static void
ssh_exec(const char *path, const char *const argv[], const int out[2],
    const int err[2])
{
	(void)prctl(PR_SET_PDEATHSIG, SIGHUP);
	if (out[1] < 0 || (dup2(out[1], STDOUT_FILENO) >= 0 &&
	    dup2(err[1], STDERR_FILENO) >= 0))
		execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

int
inbox_ssh(const char *host, const char *command, const char *id)
{
	static const char *const name[] = { "ssh" };
	bool prints = strcmp(command, "ls") == 0;
	const char *const argv[] = { "ssh", prints ? "-T" : "-t", host,
		INBOX_PROGRAM, command, prints ? "--all" : id, NULL };
	AUTO_FREE char *path = setup_find(getenv("PATH"), name, 1);
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, status;
	pid_t pid;

	if (!inbox_host_is_plain(host) || (id != NULL &&
	    !inbox_id_is_plain(id)))
		return cmd_fail(EXIT_USAGE, "%s:%s isn't a host and a session",
		    host, id == NULL ? "" : id);
	if (path == NULL)
		return cmd_fail(EXIT_ERROR, "ssh isn't installed");
	if (prints && (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0))
		return cmd_fail(EXIT_ERROR, "can't make a pipe: %m");
	if ((pid = fork()) == 0)
		ssh_exec(path, argv, out, err);
	if (pid < 0)
		return cmd_fail(EXIT_ERROR, "can't start ssh: %m");
	if (prints) {
		close(out[1]);
		close(err[1]);
		ssh_print((const int[2]){ out[0], err[0] });
		return ssh_wait(pid);
	}
	status = ssh_wait(pid);
	app_reset_terminal();
	return status;
}

void
cmd_pause(void)
{
	char c = 0;

	fputs("\nPress Enter to go back: ", stderr);
	while (c != '\n' && c != '\r' && fs_read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Go to the host's session by the user's ssh, in this terminal. If that fails,
 * the user can read what ssh says first. */
static void
inbox_go_host(const struct inbox_row *r)
{
	if (inbox_ssh(r->host, r->id == NULL ? "inbox" : "resume --inbox",
	    r->id) != 0)
		cmd_pause();
}

int
inbox_choose(const struct cmd_args *a, char **id)
{
	AUTO(inbox_list_release) struct inbox_list l = { .order = INBOX_BY_AGE };
	AUTO(setup_release) struct setup s = { 0 };
	struct app_choices c = { .none = "nothing waits for you",
		.about = inbox_about, .arg = &l, .again = inbox_list_again,
		.again_ms = INBOX_AGAIN_MS };
	struct ui_likes likes;
	size_t row = 0;
	int code;

	*id = NULL;
	/* From anywhere: it is of no project. */
	if ((code = setup_config(&s, a, "interactive")) != 0)
		return code;
	if ((code = inbox_check()) != 0)
		return code;
	setup_likes(&s, &likes);
	l.inbox = inbox_new(json_array(s.config->values, "hosts"));
	l.titles = likes.title;
	l.alerts = cJSON_GetArraySize(likes.notify) > 0;
	c.fd = inbox_fd(l.inbox);
	for (;;) {
		c.rows = NULL;
		(void)inbox_list_again(&l, &c, false);
		if ((code = pick_row(&s, &c, &row)) != 0)
			return code == EXIT_INTERRUPTED ? EXIT_DONE : code;
		c.at = row;
		if (l.rows[row].host == NULL)
			break;
		inbox_go_host(&l.rows[row]);
	}
	*id = xstrdup(l.rows[row].id);
	return EXIT_DONE;
}

/* ---- lines ---- */

/* "ID  PROJECT  3m  5 hunks in 3 files", of a row and of the line above all. */
#define INBOX_COLUMNS "%-20s  %-12s  %4s  %s"

static void
inbox_print_line(const struct inbox_row *r)
{
	AUTO_BUF struct buf age = BUF_INIT(0);

	inbox_row_age(r, &age);
	print_words(stdout, INBOX_COLUMNS "  %s", r->id,
	    inbox_row_project(r), buf_str(&age), r->words, r->task);
}

/* What was printed of a session last. */
struct inbox_said {
	char	*id, *text;
	bool	 there;		/* it is still a row */
};

struct inbox_printer {
	bool	 json;
	struct inbox_said *said;
	size_t	 len;
};

static void
inbox_print_row(struct inbox_printer *p, const struct inbox_row *r)
{
	AUTO_JSON cJSON *o = inbox_row_json(r);
	AUTO_FREE char *text = json_print(o);
	struct inbox_said *s;

	for (s = p->said; s < p->said + p->len; s++)
		if (strcmp(s->id, r->id) == 0)
			break;
	if (s == p->said + p->len) {
		s = GROW_ADD(p->said, p->len);
		*s = (struct inbox_said){ .id = xstrdup(r->id) };
	}
	s->there = true;
	if (s->text != NULL && strcmp(s->text, text) == 0)
		return;
	if (p->json)
		print_object(o);
	else
		inbox_print_line(r);
	FREE_SET(s->text, xstrdup(text));
}

/* It no longer waits: decided, seen, or removed. */
static void
inbox_print_gone(struct inbox_printer *p, struct inbox_said *s)
{
	AUTO_JSON cJSON *o = JSON_TEXTS("id", s->id);

	cJSON_AddNullToObject(o, "waits");
	if (p->json)
		print_object(o);
	FREE_ALL(s->id, s->text);
	*s = p->said[--p->len];
}

static void
inbox_print(struct inbox_printer *p, struct inbox *b)
{
	size_t i, n;
	const struct inbox_row *rows = inbox_rows(b, INBOX_BY_AGE, &n);

	for (i = 0; i < p->len; i++)
		p->said[i].there = false;
	if (n > 0 && p->len == 0 && !p->json && pager_columns(stdout) > 0)
		print_words(stdout, INBOX_COLUMNS, "session", "project", "age",
		    "waits for you");
	for (i = 0; i < n; i++)
		inbox_print_row(p, &rows[i]);
	for (i = p->len; i > 0; i--)
		if (!p->said[i - 1].there)
			inbox_print_gone(p, &p->said[i - 1]);
}

/* We are there, and this is how we speak. */
static void
inbox_beat(void)
{
	AUTO_JSON cJSON *o = cJSON_CreateObject();

	json_add_int(o, "inbox", INBOX_VERSION);
	json_add_str(o, "version", PACKAGE_VERSION);
	print_object(o);
}

static int
inbox_lines(const struct cmd_args *a)
{
	struct inbox_printer p = { .json = a->json };
	struct inbox *b;
	bool beats = a->json && a->follow;
	struct pollfd fds[2] = { { -1, POLLIN, 0 }, { STDOUT_FILENO, 0, 0 } };
	int code = inbox_check();

	if (code != 0)
		return code;
	b = inbox_new(NULL);
	fds[0].fd = inbox_fd(b);
	if (beats)
		inbox_beat();
	(void)inbox_read(b, NULL);
	inbox_print(&p, b);
	if (p.len == 0 && !a->json && !a->follow)
		cmd_say("nothing waits for you");
	for (;;) {
		if (fflush(stdout) != 0 && errno != EPIPE)
			code = cmd_fail(EXIT_ERROR,
			    "can't write to standard output: %m");
		/* Go on until the reader of the output is gone. */
		if (!a->follow || ferror(stdout) || (fds[1].revents &
		    (POLLERR | POLLHUP | POLLNVAL)) != 0)
			break;
		if (poll(fds, 2, beats ? INBOX_BEAT_MS : -1) == 0)
			inbox_beat();
		if (inbox_read(b, NULL))
			inbox_print(&p, b);
	}
	while (p.len > 0) {
		FREE_ALL(p.said[--p.len].id, p.said[p.len].text);
	}
	free(p.said);
	inbox_free(b);
	return code;
}

int
cmd_inbox(const struct cmd_args *a)
{
	if (a->json || a->follow || !cmd_has_screen(a))
		return inbox_lines(a);
	return screen_walk();
}
