/*
 * The questions of plain mode, answered by a letter and Enter.  Those about
 * changes are in plain-change.c.
 */
#include "config.h"

#include "cmd/plain-int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "front/print.h"
#include "front/review.h"
#include "journal/command.h"
#include "journal/fold-pause.h"
#include "journal/fold-proposal.h"

void
plain_prompt(const char *fmt, ...)
{
	va_list ap;
	AUTO_FREE char *text = NULL;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	review_prompt(stdout, text);
}

void
plain_close(struct plain *p)
{
	p->question = PLAIN_NOTHING;
	xstrset(&p->hunk, NULL);
	xstrset(&p->text, NULL);
}

char *
plain_waiting(const struct fold *f)
{
	if (f->ask.command != NULL)
		return xasprintf("ask:%s", f->ask.id == NULL ? "" : f->ask.id);
	if (f->pause != NULL)
		return xasprintf("limit:%lld", (long long)f->pause->seq);
	if (f->plan.version > 0 && f->plan.status != NULL &&
	    strcmp(f->plan.status, "proposed") == 0)
		return xasprintf("plan:%d", f->plan.version);
	if (f->proposal != NULL && f->proposal->files_len > 0)
		return xasprintf("diff:%lld", (long long)f->proposal->id);
	return NULL;
}

static void
plain_ask_plan(struct plain *p)
{
	p->question = PLAIN_PLAN;
	plain_prompt("approve this plan? [y,r,q,?]");
}

static void
plain_answer_plan(struct plain *p, const char *line)
{
	const char *word;
	char letter = plain_letter(line, &word);
	cJSON *o;

	if (letter == '?' || strchr("yrq", letter) == NULL) {
		plain_prompt("y approves the plan, r TEXT sends it back with "
		    "this comment, q leaves:");
		return;
	}
	plain_close(p);
	if (letter == 'q') {
		p->quit = true;
		return;
	}
	o = command_plan(p->fold, letter == 'y' ? "approve" : "return",
	    letter == 'y' ? NULL : word);
	if (letter == 'y')
		json_add_bool(o, "seen", true);
	plain_send_take(p, o);
}

static void
plain_answer_command(struct plain *p, const char *line)
{
	bool host = p->fold->net.asks, outside = fold_asks_outside(p->fold);

	if (strlen(line) != 1 || strchr(host ? "ysn" : outside ? "Yn" : "yn",
	    *line) == NULL) {
		plain_prompt(host ? "y for this command, s for this session, "
		    "n refuses:" : "%s %s, n doesn't:", outside ?
		    "a capital Y" : "y", fold_ask_words(p->fold)->yes);
		return;
	}
	plain_send_take(p, command_answer(p->fold, *line != 'n', !host ||
	    *line == 'n' ? NULL : *line == 'y' ? "call" : "session"));
	plain_close(p);
}

static void
plain_answer_limit(struct plain *p, const char *line)
{
	cJSON *o = command_budget_typed(p->fold, line);

	if (o == NULL) {
		plain_prompt(
		    "e extends the limit (\"e 10\": by 10), w lets the "
		    "model wrap up, s stops:");
		return;
	}
	plain_send_take(p, o);
	plain_close(p);
}

void
plain_answer(struct plain *p, const char *line)
{
	switch (p->question) {
	case PLAIN_PLAN:
		plain_answer_plan(p, line);
		break;
	case PLAIN_COMMAND:
		plain_answer_command(p, line);
		break;
	case PLAIN_LIMIT:
		plain_answer_limit(p, line);
		break;
	case PLAIN_CHANGE:
		plain_answer_change(p, line);
		break;
	case PLAIN_LINES:
		plain_answer_lines(p, line);
		break;
	case PLAIN_PICKED:
		plain_answer_picked(p, line);
		break;
	case PLAIN_CONFIRM:
		plain_answer_confirm(p, line);
		break;
	default:
		break;
	}
}

/* ---- asking ---- */

bool
plain_is_still(const struct plain *p)
{
	const char *state = p->fold->state;

	return state != NULL && (strcmp(state, "waiting") == 0 ||
	    strcmp(state, "idle") == 0);
}

bool
plain_is_news(struct plain *p)
{
	const struct fold *f = p->fold;
	char *waiting = plain_waiting(f), *version;
	bool diff = waiting != NULL && strncmp(waiting, "diff:", 5) == 0;
	int done;

	/* While the agent works on it, it is reviewed on request; and one with
	 * all its answers is on its way. */
	if (waiting != NULL && ((!plain_is_still(p) &&
	    strncmp(waiting, "ask:", 4) != 0) ||
	    (diff && plain_count(p, &done) == done))) {
		free(waiting);
		return false;
	}
	if (diff) {
		/* Also remaining and added hunks. */
		version = xasprintf("%s:%d", waiting, f->proposal->version);
		FREE_SET(waiting, version);
	}
	diff = waiting != NULL && (p->told == NULL ||
	    strcmp(waiting, p->told) != 0);
	FREE_SET(p->told, waiting);
	return diff;
}

bool
plain_ask(struct plain *p)
{
	const struct fold *f = p->fold;
	char *waiting = plain_waiting(p->fold);
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (waiting == NULL)
		return false;
	FREE_SET(p->about, waiting);
	if (strncmp(waiting, "ask:", 4) == 0) {
		p->question = PLAIN_COMMAND;
		fold_ask_text(&b, f);
		print_text(stdout, "- ", "    ", buf_str(&b));
		plain_prompt(f->net.asks ? "allow it? [y = this command, s = "
		    "this session, n]" : "%s [%s,n]", fold_ask_words(f)->title,
		    fold_asks_outside(f) ? "Y" : "y");
	} else if (strncmp(waiting, "limit:", 6) == 0) {
		p->question = PLAIN_LIMIT;
		fold_pause_question(&b, f);
		plain_prompt("%s", buf_str(&b));
	} else if (strncmp(waiting, "plan:", 5) == 0) {
		print_plan_of(stdout, &f->plan);
		plain_ask_plan(p);
	} else
		plain_ask_changes(p);
	return true;
}

void
plain_ask_check(struct plain *p)
{
	AUTO_FREE char *waiting = NULL;
	bool gone;

	if (p->question == PLAIN_NOTHING || p->editor.pid != 0)
		return;
	waiting = plain_waiting(p->fold);
	gone = waiting == NULL || strcmp(waiting, p->about) != 0 ||
	    ((p->question == PLAIN_CHANGE || p->question == PLAIN_LINES ||
	    p->question == PLAIN_PICKED || p->question == PLAIN_CONFIRM) &&
	    !plain_change_stands(p));
	if (!gone)
		return;
	putchar('\n');
	plain_say("this has changed; nothing was decided");
	plain_close(p);
	xstrset(&p->told, NULL);
}

void
plain_ask_release(struct plain *p)
{
	plain_close(p);
	free(p->told);
	free(p->about);
	buf_release(&p->typed);
	buf_release(&p->picked);
	free(p->last_answered);
	free(p->after);
	free(p->next);
	pathmap_release(&p->answered);
	pathmap_release(&p->printed);
}
