/*
 * The loop of plain mode, and its handling of the core's lines.  The terminal
 * stays in canonical mode: the kernel edits the line, and we never touch a
 * half-typed one.
 */

#include "config.h"

#include "cmd/plain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "client/client.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "front/exit-summary.h"
#include "front/message.h"
#include "front/print.h"
#include "front/slash-command.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"

#define OUTPUT_LINES 200	/* as they come */
#define OUTPUT_LAST 10		/* of the others, at the end */
#define OUTPUT_LINE_MAX 8192	/* bytes; then it is broken */

static void	plain_typed_text(struct plain *p, const char *text);

static void
plain_output_line(struct plain *p, const char *s, size_t n)
{
	const char *cr;
	bool over;

	while (n > 0 && s[n - 1] == '\r')
		n--;
	cr = n == 0 ? NULL : memrchr(s, '\r', n);
	/* A leading carriage return overwrites nothing. */
	over = cr != NULL && s + strspn(s, "\r") < cr;
	if (cr != NULL) {
		n -= (size_t)(cr + 1 - s);
		s = cr + 1;
	}
	if (p->out_lines++ < OUTPUT_LINES)
		print_words(stdout, "  | %s%.*s", over ? "(...) " : "",
		    (int)n, s);
}

static void
output_add(struct plain *p, const char *s, size_t n)
{
	const char *nl;
	size_t len;

	while (n > 0) {
		nl = memchr(s, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - s);
		buf_add(&p->out, s, len);
		if (nl != NULL || p->out.len > OUTPUT_LINE_MAX) {
			plain_output_line(p, buf_str(&p->out), p->out.len);
			buf_clear(&p->out);
		}
		len += nl != NULL;
		s += len;
		n -= len;
	}
}

/* Print the output's last lines, if they weren't printed yet. */
static void
output_last(const struct plain *p, const char *text)
{
	size_t left = p->out_lines - OUTPUT_LINES, n = strlen(text), i;

	if (left > OUTPUT_LAST) {
		print_words(stdout, "  | [%zu lines omitted]",
		    left - OUTPUT_LAST);
		left = OUTPUT_LAST;
	}
	while (n > 0 && text[n - 1] == '\n')
		n--;
	for (i = n; i > 0 && left > 0; i--)
		if (text[i - 1] == '\n' && --left == 0)
			break;
	for (; i < n; i++) {
		size_t len = strcspn(text + i, "\n");

		print_words(stdout, "  | %.*s", (int)len, text + i);
		i += len;
	}
}

static void
plain_output_end(struct plain *p, const struct ev_tool_result *l)
{
	const struct ev_kept_output *out = l->out;

	if (p->out.len > 0)
		plain_output_line(p, buf_str(&p->out), p->out.len);
	buf_clear(&p->out);
	if (p->out_lines > OUTPUT_LINES && l->text != NULL)
		output_last(p, l->text);
	if (out != NULL)
		print_words(stdout, "  | [complete output, %lld bytes: "
		    "out/%.16s... in the session's directory]",
		    (long long)out->size, out->sha256);
	p->own = false;
}

/* Print a line about the user's own command; true if it is done with. */
static bool
plain_output(struct plain *p, const struct event *l)
{
	bool user = ev_is(l->by, "user");
	size_t had = p->queued;

	if (l->type == EVENT_QUEUED) {
		p->queued = l->queued.commands_len;
		if (p->queued > had)
			plain_say(p->own ? "queued; it runs after your current "
			    "command (/interrupt drops both)" :
			    "queued; it runs after the current call "
			    "(/interrupt drops it and stops the agent)");
		return true;
	}
	if (l->type == EVENT_TOOL_CALL && user) {
		p->own = true;
		p->out_lines = 0;
		buf_clear(&p->out);
	} else if (l->type == EVENT_TOOL_RESULT && user && p->own)
		plain_output_end(p, &l->tool_result);
	if (!p->own || l->type != EVENT_DELTA ||
	    !ev_is(l->delta.kind, "output"))
		return false;
	output_add(p, l->delta.text.p, l->delta.text.len);
	return true;
}

/*
 * Messages in plain mode that the core or we rejected.  They can't be put back
 * into the terminal's line, so commands bring them back.
 */

/* ---- messages on their way to the core ---- */

/* Keep a message that was not taken, for /again; without a model nothing takes
 * it. */
static void
plain_hold(struct plain *p, const char *text, bool file)
{
	if (!ev_mode_has_model(p->fold->mode))
		return;
	xstrset(&p->kept, text);
	p->kept_file = file;
}

/* The core accepted or rejected one. */
static void
plain_kept_line(struct plain *p, const struct event *l)
{
	bool refused = l->type == EVENT_REFUSED && ev_is(l->refused.to, "say");
	AUTO_JSON cJSON *first = NULL;

	/* The plan is asked about again, with it; and what waited when /btw
	 * was typed. */
	if (fold_plan_status(l) == FOLD_PLAN_NOTE || (l->type == EVENT_BTW &&
	    ev_is(l->btw.status, "done")))
		xstrset(&p->told, NULL);
	/* While a plan waits, a message is a comment on it. */
	if (!refused && fold_plan_status(l) != FOLD_PLAN_RETURNED &&
	    (l->type != EVENT_USER_MESSAGE || !ev_is(l->by, "user") ||
	    l->user_message.again))
		return;
	first = cJSON_DetachItemFromArray(p->sent, 0);
	if (refused && first != NULL)
		plain_hold(p, json_str(first, "text"), json_bool(first,
		    "slash", false));
}

static void
plain_kept_say(const struct plain *p)
{
	if (p->kept != NULL)
		plain_say(
		    "your message is kept: /again sends it, /edit opens it "
		    "in the editor first");
}

static void
plain_keep(struct plain *p, const char *text, bool file)
{
	plain_hold(p, text, file);
	plain_kept_say(p);
}

static void
plain_send_own(void *arg, cJSON *o)
{
	plain_send_take(arg, o);
}

/* `file`: it may name a command of a file. */
static void
plain_message(struct plain *p, const char *text, bool file)
{
	cJSON *o = command_text("say", "text", text), *images;
	AUTO_BUF struct buf left_out = BUF_INIT(0);

	if (!ask_images(text, p->fold->root, &images)) {
		plain_keep(p, text, file);
		cJSON_Delete(images);
		cJSON_Delete(o);
		return;
	}
	if (images != NULL)
		json_set_take(o, "outside", images);
	if (file) {
		slash_command_mark(o, text, SLASH_COMMAND_PLAIN, p->fold);
		slash_command_own(text, p->fold, p->models, plain_send_own, p,
		    &left_out);
		if (left_out.len > 0)
			plain_say("%s", left_out.p);
	}
	cJSON_AddItemToArray(p->sent, cJSON_Duplicate(o, 1));
	plain_send_take(p, o);
}

/* ---- again ---- */

static void
plain_do_again(struct plain *p)
{
	AUTO_FREE char *text = p->kept;

	if (text == NULL) {
		plain_say("no message is kept");
		return;
	}
	p->kept = NULL;
	plain_message(p, text, p->kept_file);
}

static void
plain_written(struct plain *p, const struct buf *b)
{
	AUTO_FREE char *s = NULL;
	size_t len;

	if (b == NULL)
		return;
	len = b->len;
	s = editor_unmark(buf_str(b), &len, p->kept == NULL ? "" : p->kept);
	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		s[--len] = '\0';
	if (len == 0)
		plain_say("empty message; nothing sent");
	else if (p->kept != NULL && strcmp(s, p->kept) == 0)
		plain_say("not edited; nothing sent (/again sends it as it "
		    "is)");
	else {
		xstrset(&p->kept, NULL);
		plain_typed_text(p, s);
	}
}

static void
plain_do_edit(struct plain *p)
{
	struct err e = ERR_INIT;
	size_t len;
	AUTO_FREE char *s = editor_mark(p->kept == NULL ? "" : p->kept, &len);

	fflush(stdout);
	if (editor_start(&p->editor, "message.md", s, len, 0, &e) < 0)
		plain_say("%s", e.text);
	else
		plain_editing(p, plain_written);
}

/*
 * Input in plain mode without an open question: a message, a command that
 * starts with '/' or '!', or Enter alone, which shows what waits.
 */

#define PLAIN_PASTE_MS 30	/* between lines of one paste */

static void
plain_lines(struct buf *b)
{
	char *line, *save = NULL;

	for (line = strtok_r(b->p, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		print_sandbox(stdout, "- ", line);
}

static void
plain_context(struct plain *p)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	slash_command_context(&b, p->fold);
	plain_lines(&b);
}

static void
plain_status(struct plain *p)
{
	const struct fold *f = p->fold;
	AUTO_FREE char *branch = f->root == NULL ? NULL :
	    commit_run_branch(f->root);
	AUTO_BUF struct buf b = BUF_INIT(0);

	plain_say("%s", f->status.doing != NULL &&
	    f->status.doing[0] != '\0' ? f->status.doing :
	    f->status.state == NULL ? "starting" : f->status.state);
	slash_command_status(&b, f, branch);
	plain_lines(&b);
}

static void
plain_do_detach(struct plain *p)
{
	client_leave(p->client);
	p->code = 0;
}

/* All files of the open proposal as one diff. */
static void
plain_print_diff(const struct fold_proposal *p)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(p, files, file) {
		patch_write_file(&b, file);
		print_diff(stdout, b.p, b.len);
		buf_clear(&b);
	}
}

static void
plain_do_diff(struct plain *p)
{
	if (p->fold->proposal == NULL)
		plain_say("nothing to review");
	else
		plain_print_diff(p->fold->proposal);
}

/* Run `assent commit` for this session; git and its editor get the terminal. */
static void
plain_commit(struct plain *p, const char *title)
{
	char *id[] = { p->fold->session };
	const struct cmd_args a = { .operands = id, .operands_len = 1,
		.messages = { &title, title[0] != '\0' } };

	(void)cmd_commit(&a);
}

static void
plain_review_send(struct plain *p)
{
	char *id[] = { p->fold->session };
	const struct cmd_args a = { .operands = id, .operands_len = 1,
		.send = "ask", .plain = true };

	(void)notes_send(&a);
}

static void
plain_do_plan(struct plain *p)
{
	if (p->fold->plan.version == 0)
		plain_say("no plan yet");
	else
		print_plan_of(stdout, &p->fold->plan);
}

static void
plain_do_help(struct plain *p)
{
	const char *level = p->fold->sandbox.level;
	bool bare = level != NULL && strcmp(level, "none") == 0;
	const struct slash_command *c;
	size_t i;

	if (ev_mode_has_model(p->fold->mode))
		printf("A line is a message to the agent; //x sends \"/x\". "
		    "Ctrl-C interrupts, Ctrl-D detaches.\n"
		    "!x runs x: %s (!!x sends \"!x\").\n", bare ?
		    SLASH_COMMAND_RUN_BARE_HELP : SLASH_COMMAND_RUN_HELP);
	else
		puts("This session has no model. Enter asks about the next "
		    "hunk, Ctrl-D detaches.");
	for (i = 0; i < slash_command_table_len; i++) {
		c = &slash_command_table[i];
		if (slash_command_is_here(c, SLASH_COMMAND_PLAIN, p->fold))
			printf("/%-10s %-6s %s\n", c->name, c->args == NULL ?
			    "" : c->args, c->help);
	}
	p->help = true;
	plain_send_take(p, command_of("commands"));
}

/* The rest of /help: those of files and servers. */
static void
plain_help_files(struct plain *p, const struct ev_commands *l)
{
	MEM_EACH(l, commands, it) {
		AUTO_FREE char *name = slash_command_file_name(it);
		AUTO_FREE char *note = slash_command_file_note(it);

		print_words(stdout, "%s %s", name, note);
	}
	p->help = false;
}

/* The core's answer to /background. */
static void
plain_background(struct plain *p, const struct ev_backgrounds *now)
{
	MEM_EACH(p->fold, background, it) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		slash_command_background(&b, it, now);
		print_words(stdout, "%s (%.*s) %s", it->id,
		    (int)strcspn(it->command, "\n"), it->command, buf_str(&b));
	}
	if (p->fold->background_len == 0)
		plain_say("no command was started in the background");
}

/* Commands that aren't sent to the core. */
static const struct plain_entry {
	enum slash_command_id	 id;
	void		(*run)(struct plain *);
} plain_table[] = {
	{ SLASH_COMMAND_AGAIN, plain_do_again },
	{ SLASH_COMMAND_CONTEXT, plain_context },
	{ SLASH_COMMAND_DIFF, plain_do_diff },
	{ SLASH_COMMAND_EDIT, plain_do_edit },
	{ SLASH_COMMAND_HELP, plain_do_help },
	{ SLASH_COMMAND_PLAN, plain_do_plan },
	{ SLASH_COMMAND_QUIT, plain_do_detach },
	{ SLASH_COMMAND_SEND, plain_review_send },
	{ SLASH_COMMAND_STATUS, plain_status },
};

static void
plain_typed_command(struct plain *p, const struct slash_command *c,
    const char *rest)
{
	struct err e = ERR_INIT;
	cJSON *o;
	size_t i;

	for (i = 0; i < MEM_COUNT(plain_table); i++)
		if (plain_table[i].id == c->id && (rest[0] == '\0' ||
		    c->id != SLASH_COMMAND_PLAN)) {
			plain_table[i].run(p);
			return;
		}
	if (c->id == SLASH_COMMAND_COMMIT) {
		if (strncmp(rest, "--", 2) == 0)
			plain_say(SLASH_COMMAND_NO_OPTIONS);
		else
			plain_commit(p, rest);
		return;
	}
	o = slash_command_line(c, rest, p->fold, p->models, &e);
	if (o == NULL) {
		plain_say("%s", e.text);
		return;
	}
	if (c->id == SLASH_COMMAND_BTW)
		json_add_str(o, "hunk", p->hunk);
	plain_send_take(p, o);
}

/* All its lines are at most one character long. */
static bool
plain_is_letters(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != '\n' && text[1] != '\n' && text[1] != '\0')
			return false;
	return true;
}

/* Letters, or "yes", "r too slow", "c why?", "e 10" to a question that was or
 * will be asked: more likely a late answer than a message. */
static bool
plain_is_answer(const struct plain *p, const char *text)
{
	static const char *const words[] = { "yes", "no", "ok" };
	bool asked = p->asked || p->fold->proposal != NULL ||
	    p->review->waiting > 0;

	return plain_is_letters(text) || (asked &&
	    (MEM_FIND(words, text) != NULL ||
	    (strchr("rce", text[0]) != NULL && text[1] == ' ')));
}

/* Handles a typed or edited line. */
static void
plain_typed_text(struct plain *p, const char *text)
{
	enum slash_command_kind kind;
	const struct slash_command *c;
	const char *rest, *say;

	if (*text == '\0') {
		if (!plain_ask(p))
			plain_status(p);
		return;
	}
	if (!plain_is_letters(text))
		history_add(&p->history, text);
	kind = slash_command_parse(text, SLASH_COMMAND_PLAIN, p->fold, &c,
	    &rest, &say);
	if (kind == SLASH_COMMAND_FOUND)
		plain_typed_command(p, c, rest);
	else if (kind == SLASH_COMMAND_RUN && strchr(text, '\n') != NULL) {
		plain_say("several lines at once; nothing was run (put !! in "
		    "front to send them to the agent)");
		plain_keep(p, text, false);
	} else if (kind == SLASH_COMMAND_RUN)
		plain_send_take(p, command_text("run", "command", rest));
	else if (kind != SLASH_COMMAND_FOUND && slash_command_is_file(text))
		plain_message(p, text, true);
	else if (kind == SLASH_COMMAND_UNKNOWN) {
		AUTO_FREE char *why =
		    slash_command_unknown(text, SLASH_COMMAND_PLAIN, p->fold);

		plain_say("%s", why);
		plain_hold(p, text, false);
	} else if (plain_is_answer(p, text)) {
		plain_say("no open question, nothing sent (Enter asks the "
		    "next one%s)", ev_mode_has_model(p->fold->mode) ?
		    "; a space in front sends it to the agent" : "");
		plain_hold(p, text, false);
	} else
		plain_message(p, say, false);
}

/* The message was refused: if its first word is another agent's, and no file's in
 * this list, do what it is here. */
static void
plain_do_ours(struct plain *p, const struct ev_commands *files)
{
	AUTO_FREE char *ours = p->kept == NULL ? NULL :
	    slash_command_ours(p->kept, files);

	p->ours = false;
	if (ours != NULL || (p->kept != NULL &&
	    slash_command_is_other(p->kept)))
		FREE_NULL(p->kept);
	if (ours != NULL)
		plain_typed_text(p, ours);
	else
		plain_kept_say(p);
}

/* Complete lines that arrived together. */
static void
plain_typed(struct plain *p, char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	slash_command_trim(text);
	p->client->interrupts = 0;
	if (!utf8_is_valid(text, n))
		plain_say("not UTF-8; ignored");
	else if (p->question == PLAIN_NOTHING)
		plain_typed_text(p, text);
	else if (strncmp(text, "/btw ", 5) == 0) {
		/* The answer isn't printed into the question, which Enter asks
		 * again: plain_kept_line. */
		plain_typed_text(p, text);
		plain_close(p);
	} else if (!client_stands(p->client)) {
		/* plain_closed has said so. */
	} else if (strchr(text, '\n') != NULL ||
	    text[strcspn(text, "\033")] != '\0') {
		plain_say("several lines or an escape sequence: no answer");
		plain_answer(p, "?");
	} else
		plain_answer(p, text);
}

/* Lines that arrive together are one pasted text.  The terminal returns them
 * one by one. */
bool
plain_read_line(struct plain *p)
{
	struct pollfd fd = { STDIN_FILENO, POLLIN, 0 };
	char chunk[4096], *text;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (buf_add(&p->typed, chunk, (size_t)n) < 0) {
			plain_say("the text is too long; nothing sent");
			buf_clear(&p->typed);
			return true;
		}
	} while (poll(&fd, 1, PLAIN_PASTE_MS) > 0 &&
	    (fd.revents & POLLIN) != 0);
	/* Ctrl-D within a line doesn't end it. */
	if (p->typed.p[p->typed.len - 1] != '\n')
		return true;
	if (memchr(p->typed.p, '\0', p->typed.len) != NULL) {
		plain_say("not text; ignored");
		buf_clear(&p->typed);
		return true;
	}
	text = buf_take(&p->typed);
	plain_typed(p, text);
	free(text);
	return true;
}

void
plain_read_typed(void *arg)
{
	if (!plain_read_line(arg))
		plain_do_detach(arg);
}

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
	if (client_send(p->client, o) < 0)
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

static void
plain_say_others(const char *root, const char *own)
{
	struct session_watch *w = session_watch_new();
	const struct session_info *other;

	while (session_watch_step(w))
		;
	other = session_watch_of(w, root, own);
	if (other != NULL && other->alive)
		plain_say(SESSION_RUNNING, other->id);
	session_watch_free(w);
}

static void
plain_show(void *arg, const struct event *l)
{
	struct plain *p = arg;

	if (plain_output(p, l))
		return;
	if (l->type == EVENT_COMMANDS && p->help)
		plain_help_files(p, &l->commands);
	else if (l->type == EVENT_COMMANDS && p->ours)
		plain_do_ours(p, &l->commands);
	else if (l->type == EVENT_BACKGROUNDS)
		plain_background(p, &l->backgrounds);
	else if (l->type == EVENT_REFUSED) {
		plain_say("%s", l->refused.text);
		/* The list says whether its first word is a file's. */
		p->ours = ev_is(l->refused.to, "say");
		if (p->ours)
			plain_send_take(p, command_of("commands"));
	} else if (l->seq > 0 && l->type != EVENT_HELLO)
		print_line(stdout, p->fold, l, PRINT_FILES |
		    (p->said != NULL && l->type == EVENT_AGENT_END &&
		    ev_is(l->agent_end.summary, p->said) ? PRINT_SAID : 0));
	if (l->type == EVENT_ASSISTANT_MESSAGE)
		xstrset(&p->said, l->assistant_message.broken ? NULL :
		    l->assistant_message.text);
	else if (l->type == EVENT_SESSION_START && p->root != NULL)
		plain_say_others(p->root, p->fold->session);
}

/* What a line changes, besides being printed. */
static void
plain_line(void *arg, const struct event *l)
{
	struct plain *p = arg;

	plain_news_line(p, l);
	plain_kept_line(p, l);
	if (l->type == EVENT_LIVE && p->fold->seq > PLAIN_BEFORE)
		plain_say("earlier lines: assent log %s",
		    p->fold->session == NULL ? "" : p->fold->session);
	commit_run_line(&p->commit, p->fold, l->type);
	if (p->commit.due)
		commit_run_start(&p->commit, p->fold->session);
}

/* ---- the loop ---- */

static void
plain_interrupt(struct plain *p)
{
	/* What waits for the user isn't stopped by it. */
	bool idle = p->fold->queued == 0 && (fold_waits(p->fold) ||
	    fold_is_idle(p->fold));

	putchar('\n');
	if (idle ? p->client->interrupts++ > 0 : !client_interrupt(p->client))
		plain_do_detach(p);
	else
		plain_say("%s; Ctrl-C again detaches", idle ?
		    "nothing is running" : "interrupt sent");
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
	struct err e = ERR_INIT;
	int status, rc;
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
	rc = editor_finish(&p->editor, status, &b, &e);
	client_hold(p->client, false);
	if (now)
		return;
	if (rc < 0)
		plain_say("%s", e.text);
	p->edited(p, rc < 0 ? NULL : &b);
}

static void
plain_signal(void *arg, int signo)
{
	struct plain *p = arg;

	if (signo == SIGCHLD) {
		plain_committed(p);
		plain_edit_end(p, false);
	} else if (p->editor.pid != 0 && signo == SIGINT) {
		/* It was for the editor. */
	} else if (signo == SIGINT)
		plain_interrupt(p);
	else {
		plain_do_detach(p);
		p->code = 128 + signo;
	}
}

static void
plain_round(void *arg)
{
	struct plain *p = arg;

	if (p->quit)
		plain_say("your marks are kept; Enter continues%s",
		    p->fold->reads ? "" : fold_stages(p->fold) ?
		    ", /write stages" : ", /write writes what you accepted");
	p->quit = false;
	plain_announce(p);
	if (fflush(stdout) != 0) {
		plain_do_detach(p);
		p->code = EXIT_ERROR;
	}
}

static bool
plain_types_all(void *arg)
{
	return ((struct plain *)arg)->editor.pid == 0;
}

/* The session's exit code. */
static int
plain_code(const struct plain *p, enum ui_end *end)
{
	const struct client *c = p->client;

	*end = c->end == CLIENT_RUNS ? UI_DETACHED : c->end == CLIENT_ENDED ?
	    UI_ENDED : UI_CORE_GONE;
	if (c->end == CLIENT_REFUSED && c->session == NULL)
		cmd_say("%s", c->why);
	return c->end == CLIENT_RUNS ? p->code : c->end == CLIENT_GONE ?
	    EXIT_ERROR : c->code;
}

int
plain_run(struct client *c, const struct ui_options *options)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, 0 };
	static const struct client_ops ops = { .line = plain_line,
		.show = plain_show, .past = PLAIN_BEFORE,
		.stands = plain_stands, .closed = plain_closed,
		.round = plain_round, .types = plain_types_all,
		.typed = plain_read_typed, .signals = signals,
		.signal = plain_signal, .stays = true };
	struct plain p = { .models = &options->models,
		.root = options->root, .commit.when = options->commits,
		.commit.branch = options->branch };
	enum ui_end end;
	int code;

	plain_init(&p, c);
	p.sent = cJSON_CreateArray();
	if (options->history != NULL)
		history_open(&p.history, options->history);
	client_open(c, p.fold, &ops, &p);
	printf("/help lists commands.\n");
	client_run(c);
	plain_edit_end(&p, true);
	code = plain_code(&p, &end);
	if (end != UI_CORE_GONE || p.fold->session != NULL)
		exit_summary(stdout, p.fold,
		    p.fold->session != NULL ? p.fold->session :
		    options->session == NULL ? "" : options->session, end,
		    false);
	if (options->end != NULL)
		*options->end = end;
	cJSON_Delete(p.sent);
	history_release(&p.history);
	buf_release(&p.out);
	FREE_ALL(p.kept, p.said, p.doing);
	plain_release(&p);
	return code;
}
