/*
 * Input in plain mode without an open question: a message, a command that
 * starts with '/' or '!', or Enter alone, which shows what waits.
 */
#include "config.h"

#include "cmd/plain-int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/print.h"
#include "journal/command.h"
#include "front/slash-command.h"

#define PLAIN_PASTE_MS 30	/* between lines of one paste */

static void
plain_status(struct plain *p)
{
	const struct fold *f = p->fold;
	AUTO_FREE char *branch = f->root == NULL ? NULL :
	    commit_run_branch(f->root);
	AUTO_BUF struct buf b = BUF_INIT(0);
	char *line, *save = NULL;

	plain_say("%s", f->doing != NULL && f->doing[0] != '\0' ? f->doing :
	    f->state == NULL ? "starting" : f->state);
	slash_command_status(&b, f, branch);
	for (line = strtok_r(b.p, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		print_sandbox(stdout, "- ", line);
}

static void
plain_do_help(struct plain *p);

void
plain_do_detach(struct plain *p)
{
	p->done = true;
	p->end = UI_DETACHED;
	p->code = 0;
}

static void
plain_do_diff(struct plain *p)
{
	if (p->fold->proposal == NULL)
		plain_say("nothing is proposed");
	else
		print_proposal_diff(stdout, p->fold->proposal);
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
plain_do_profile(struct plain *p)
{
	plain_say(SLASH_COMMAND_PROFILE_TEXT, p->fold->profile == NULL ?
	    "code" : p->fold->profile);
}

static void
plain_do_show(struct plain *p)
{
	if (!plain_ask(p))
		plain_say("nothing is waiting for you");
}

/* Opens the summary in the editor. */
static void
plain_summary(struct plain *p)
{
	const char *text = p->fold->context_summary;
	struct err e = ERR_INIT;
	size_t len;
	AUTO_FREE char *s = NULL;

	if (text == NULL) {
		plain_say("no summary yet (/compact creates one)");
		return;
	}
	s = editor_mark(text, &len);
	fflush(stdout);
	if (editor_start(&p->editor, "summary.md", s, len, &e) < 0)
		plain_say("%s", e.text);
	else
		p->summary_seq = p->fold->context_summary_seq;
}

void
plain_summary_edited(struct plain *p, int status)
{
	const char *before = p->fold->context_summary;
	struct err e = ERR_INIT;
	AUTO_BUF struct buf b = { 0 };
	size_t len;
	char *s;

	if (editor_finish(&p->editor, status, &b, &e) < 0)
		plain_say("%s", e.text);
	else {
		len = b.len;
		s = editor_unmark(buf_str(&b), &len, before == NULL ? "" :
		    before);
		plain_send_take(
		    p, command_summary(s, len, p->summary_seq));
		free(s);
	}
	p->summary_seq = 0;
}

/* Commands that aren't sent to the core. */
static const struct plain_entry {
	enum slash_command_id	 id;
	void		(*run)(struct plain *);
} plain_table[] = {
	{ SLASH_COMMAND_AGAIN, plain_do_again },
	{ SLASH_COMMAND_DETACH, plain_do_detach },
	{ SLASH_COMMAND_DIFF, plain_do_diff },
	{ SLASH_COMMAND_EDIT, plain_do_edit },
	{ SLASH_COMMAND_EXIT, plain_do_detach },
	{ SLASH_COMMAND_HELP, plain_do_help },
	{ SLASH_COMMAND_PLAN, plain_do_plan },
	{ SLASH_COMMAND_PROFILE, plain_do_profile },
	{ SLASH_COMMAND_QUIT, plain_do_detach },
	{ SLASH_COMMAND_SHOW, plain_do_show },
	{ SLASH_COMMAND_STATUS, plain_status },
};

static void
plain_do_help(struct plain *p)
{
	const char *level = p->fold->level;
	bool bare = level != NULL && strcmp(level, "none") == 0;
	const struct slash_command *c;
	size_t i;

	printf("A line is a message to the agent; //x sends \"/x\". Ctrl-C "
	    "interrupts, Ctrl-D detaches.\n"
	    "!x runs x: %s (!!x sends \"!x\").\n", bare ?
	    SLASH_COMMAND_RUN_BARE_HELP : SLASH_COMMAND_RUN_HELP);
	for (i = 0; i < slash_command_table_len; i++) {
		c = &slash_command_table[i];
		if ((c->where & SLASH_COMMAND_PLAIN) != 0)
			printf("/%-10s %-6s %s\n", c->name, c->args == NULL ?
			    "" : c->args, c->help);
	}
}

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
	if (c->id == SLASH_COMMAND_COMPACT && strcmp(rest, "edit") == 0) {
		plain_summary(p);
		return;
	}
	o = c->id == SLASH_COMMAND_MODEL
		? slash_command_model(p->models, rest, &e)
		: slash_command_line(c, rest, p->fold, &e);
	if (o == NULL)
		plain_say("%s", e.text);
	else
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
	AUTO_FREE char *waiting = plain_waiting(p->fold);
	bool asked = waiting != NULL || p->about != NULL;

	return plain_is_letters(text) || (asked &&
	    (MEM_FIND(words, text) != NULL ||
	    (strchr("rce", text[0]) != NULL && text[1] == ' ')));
}

void
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
	if (!plain_is_letters(text)) {
		history_add(&p->history, text);
		history_save(&p->history);
	}
	kind = slash_command_parse(text, SLASH_COMMAND_PLAIN, &c, &rest, &say);
	if (kind == SLASH_COMMAND_FOUND)
		plain_typed_command(p, c, rest);
	else if (kind == SLASH_COMMAND_RUN && strchr(text, '\n') != NULL) {
		plain_say("several lines at once; nothing was run (put !! in "
		    "front to send them to the agent)");
		plain_keep(p, text);
	} else if (kind == SLASH_COMMAND_RUN)
		plain_send_take(p, command_text("run", "command", rest));
	else if (kind == SLASH_COMMAND_UNKNOWN) {
		AUTO_FREE char *why =
		    slash_command_unknown(text, SLASH_COMMAND_PLAIN);

		plain_say("%s", why);
		xstrset(&p->kept, text);
	} else if (plain_is_answer(p, text)) {
		plain_say("no open question, nothing sent (Enter shows what "
		    "waits; a space in front sends it to the agent)");
		xstrset(&p->kept, text);
	} else
		plain_message(p, say);
}

/* Complete lines that arrived together. */
static void
plain_typed(struct plain *p, char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	p->interrupts = 0;
	if (!utf8_is_valid(text, n))
		plain_say("not UTF-8; ignored");
	else if (p->question == PLAIN_NOTHING)
		plain_typed_text(p, text);
	else if (strchr(text, '\n') != NULL ||
	    text[strcspn(text, "\033")] != '\0') {
		plain_say("several lines or an escape sequence: no answer");
		plain_answer(p, "?");
	} else
		plain_answer(p, text);
}

/* Lines that arrive together are one pasted text.  The terminal returns them
 * one by one. */
void
plain_read_typed(struct plain *p)
{
	struct pollfd fd = { STDIN_FILENO, POLLIN, 0 };
	char chunk[4096], *text;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			plain_do_detach(p);
			return;
		}
		if (buf_add(&p->typed, chunk, (size_t)n) < 0) {
			plain_say("the text is too long; nothing sent");
			buf_clear(&p->typed);
			return;
		}
	} while (poll(&fd, 1, PLAIN_PASTE_MS) > 0 &&
	    (fd.revents & POLLIN) != 0);
	/* Ctrl-D within a line doesn't end it. */
	if (p->typed.p[p->typed.len - 1] != '\n')
		return;
	if (memchr(p->typed.p, '\0', p->typed.len) != NULL) {
		plain_say("not text; ignored");
		buf_clear(&p->typed);
		return;
	}
	text = buf_take(&p->typed);
	plain_typed(p, text);
	free(text);
}
