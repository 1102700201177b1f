/*
 * The status line: the current activity, its time, and the cost so far. Below
 * it: the available keys, a question, or a notice.
 */
#include "config.h"

#include "ui/state/status-line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/action.h"
#include "front/bindings.h"
#include "front/key-name.h"
#include "journal/fold.h"
#include "ui/base/send-decision.h"
#include "ui/base/pane-data.h"
#include "ui/base/prompt-id.h"
#include "ui/base/typing-data.h"
#include "ui/base/ui-base.h"
#include "ui/input/complete.h"
#include "ui/layout/plan-strip.h"
#include "ui/state/key-hints.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"
#include "ui/text/page.h"

#define STATUS_NOTICE_ROWS 6
#define STATUS_TITLE_MAX 30	/* bytes of a running command */
#define STATUS_BOTH_COLS 40	/* to show keys after a notice */
#define STATUS_HELP_COLS 8	/* "  ? help" */

static void
status_count(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_adds(b, "?");
	else if (n < 10000)
		buf_addf(b, "%lld", (long long)n);
	else if (n < 10000000)
		buf_addf(b, "%lldk", (long long)(n / 1000));
	else
		buf_addf(b, "%lldM", (long long)(n / 1000000));
}

/* How a task ended, as text. */
static const char *
status_outcome(const struct fold *f)
{
	static const char *const words[][2] = {
		{ "unproven", "ended unproven" },
		{ "limit", "limit reached" },
		{ "waiting", "ended" },
		{ "refused", "ended, something was refused" },
		{ "provider", "provider failed" },
		{ "error", "failed" },
	};
	const char *outcome = f->outcome;
	size_t i;

	/* How many hunks were rejected follows. */
	if (outcome != NULL && strcmp(outcome, "refused") == 0 &&
	    f->end_rejected > 0)
		return "ended";
	for (i = 0; outcome != NULL && i < MEM_COUNT(words); i++)
		if (strcmp(outcome, words[i][0]) == 0)
			return words[i][1];
	return outcome == NULL ? "ended" : outcome;
}

/* How long until the model is asked again, and the key to retry at once. */
static void
status_wait(const struct ui *ui, struct buf *b)
{
	int64_t left = ui->fold->left_ms - (ui->now - ui->state_since);
	const char *key = ui_key_of(ui, ACTION_RETRY);

	if (left > 0)
		buf_addf(b, " in %lld s", (long long)((left + 999) / 1000));
	else
		buf_adds(b, " now");
	if (key[0] != '\0' && !ui->typing)
		buf_addf(b, " (%s: now)", key);
}

/* The command that runs, or how fast the model writes; and for how long. */
static bool
status_does(const struct ui *ui, struct buf *b, int64_t *age)
{
	const struct fold *f = ui->fold;
	const char *title = f->output_title;
	int64_t ms = ui->now - ui->text_since, rate;

	if (f->output_running && title != NULL && ui_is_working(ui)) {
		buf_adds(b, " running ");
		title += strncmp(title, "bash ", 5) == 0 ? 5 : 0;
		buf_add(b, title, utf8_cut(title, strcspn(title, "\n"),
		    STATUS_TITLE_MAX));
		*age = (ui->now - ui->output_since) / 1000;
		return true;
	}
	if (f->buf_text.len == 0 || !ui_is_working(ui))
		return false;
	buf_adds(b, " writing");
	rate = ms < 1000 ? 0 : (int64_t)f->buf_text.len / 3 * 1000 / ms;
	if (rate > 0)
		buf_addf(b, " %lld tok/s", (long long)rate);
	return true;
}

static void
status_left(const struct ui *ui, struct buf *b)
{
	const struct fold *f = ui->fold;
	/* A command that the user runs after the end of the task doesn't
	 * count. */
	bool own = f->output_own && f->output_running && ui_is_working(ui);
	bool ended = f->ended && !own;
	const char *state = ended ? status_outcome(f) :
	    f->state == NULL ? "starting" : f->state;
	size_t queued = ui->say.queued + f->queued_len;
	int64_t age = (ui->now - ui->state_since) / 1000;
	bool does = f->doing != NULL && f->doing[0] != '\0';

	if (ui->checking) {
		buf_adds(b, " checking the journal");
		return;
	}
	if (ended || !status_does(ui, b, &age))
		buf_addf(b, " %s", does && !ended ? f->doing : state);
	if (ended)
		fold_add_rejected(b, f->end_rejected, f->end_decided);
	if (ended && ui_can_retry(ui))
		buf_addf(b, " (%s: ask again)", ui_key_of(ui, ACTION_RETRY));
	if (strcmp(state, "retry") == 0 && f->left_ms > 0)
		status_wait(ui, b);
	else if (ui_is_working(ui))
		buf_addf(b, " %lld:%02lld", (long long)(age / 60),
		    (long long)(age % 60));
	if (queued > 0 && ui_is_working(ui))
		buf_addf(b, " · %zu queued", queued);
	if (does && ended)
		buf_addf(b, " · %s", f->doing);
}

/* Tokens that the model hasn't reported yet: a third of the streamed bytes. */
static int64_t
status_streamed(const struct fold *f)
{
	return (int64_t)((f->buf_text.len + f->buf_thinking.len +
	    f->buf_call.len) / 3);
}

/* "ctx 34k", "ctx 17% of 200k"; "~" if part of it is an estimate. */
static void
status_context(const struct ui *ui, struct buf *b, bool full)
{
	const struct task_usage *s = &ui->fold->spent;
	int64_t now = s->context + status_streamed(ui->fold);

	buf_addf(b, "ctx %s", s->context_guessed || now > s->context ? "~" :
	    "");
	if (s->window <= 0) {
		status_count(b, now);
		return;
	}
	buf_addf(b, "%lld%%", (long long)(100 * now / s->window));
	if (full) {
		buf_adds(b, " of ");
		status_count(b, s->window);
	}
}

static void
status_tokens(const struct ui *ui, struct buf *b)
{
	const struct task_usage_sum *s = &ui->fold->spent.session;
	int64_t streamed = status_streamed(ui->fold);

	buf_adds(b, s->guessed || streamed > 0 ? "~" : "");
	status_count(b, s->in);
	buf_adds(b, " in ");
	status_count(b, s->out + streamed);
	buf_adds(b, " out");
}

static void
status_cost(const struct ui *ui, struct buf *b)
{
	const struct task_usage_sum *s = &ui->fold->spent.session;

	buf_adds(b, s->guessed ? "~" : "");
	money_text(b, s->cost);
}

/*
 * The usage, as much of it as fits. Dropped in this order: the cached tokens,
 * the turn, the tokens, the window's size, the context; the cost stays longest.
 * An unknown cost isn't shown: `assent stats` and the end of the task say it.
 */
static void
status_right(const struct ui *ui, struct buf *b, int room)
{
	enum { TURN = 1, TOKENS = 2, COST = 4, CTX = 8, FULL = 16, CACHE = 32 };
	const struct task_usage *s = &ui->fold->spent;
	static const unsigned tries[] = {
		TURN | TOKENS | CACHE | CTX | FULL | COST,
		TURN | TOKENS | CTX | FULL | COST, TOKENS | CTX | FULL | COST,
		CTX | FULL | COST, CTX | COST, COST,
	};
	size_t i;

	if (ui->fold->turn < 1)
		return;
	for (i = 0; i < MEM_COUNT(tries); i++) {
		buf_clear(b);
		if (tries[i] & TURN)
			buf_addf(b, "turn %d  ", ui->fold->turn);
		if ((tries[i] & CTX) != 0 && s->session.in > 0) {
			status_context(ui, b, (tries[i] & FULL) != 0);
			buf_adds(b, "  ");
		}
		if ((tries[i] & TOKENS) != 0 && s->session.in > 0) {
			status_tokens(ui, b);
			buf_adds(b, "  ");
		}
		if ((tries[i] & CACHE) != 0 && s->session.cached_told) {
			buf_adds(b, "cache ");
			task_usage_cache_text(b, &s->session);
			buf_adds(b, "  ");
		}
		if ((tries[i] & COST) != 0 && s->session.in > 0 &&
		    s->session.unpriced == 0)
			status_cost(ui, b);
		while (b->len > 0 && b->p[b->len - 1] == ' ')
			b->p[--b->len] = '\0';
		if (b->len > 0)
			buf_addc(b, ' ');
		if ((int)b->len <= room)
			return;
	}
	buf_clear(b);
}

/* The question or notice that replaces the keys; malloc'ed. A question names
 * its keys once they count, but its length always includes them. */
static char *
status_message(const struct ui *ui, bool armed)
{
	if (ui->confirm.action != ACTION_NONE && !armed)
		return xstrdup(ui->confirm.question);
	if (ui->confirm.action != ACTION_NONE)
		return xasprintf("%s  %s to confirm",
		    ui->confirm.question, ui_key_of(ui, ACTION_CONFIRM));
	if (ui->quit_asked)
		return xasprintf("Quit?  %s: detach (keeps running) · "
		    "%s: end (open changes are kept) · any other key: cancel", ui_key_of(ui, ACTION_DETACH),
		    ui_key_of(ui, ACTION_END));
	return xstrdup_null(ui->notice);
}

/* The width of the notice, in cells. */
static int
status_notice_cols(const struct ui *ui)
{
	char *own = sanitize_own(ui->notice, ui->screen.flags);
	int n = sanitize_width(own, strlen(own), ui->screen.flags);

	free(own);
	return n;
}

bool
status_has_both(const struct ui *ui, int cols)
{
	return ui->notice != NULL && ui->confirm.action == ACTION_NONE &&
	    !ui->quit_asked && complete_rows(ui) == 0 &&
	    status_notice_cols(ui) + STATUS_BOTH_COLS <= cols;
}

/* Is it a notice that has the keys below it? */
static bool
status_stays(const struct ui *ui)
{
	return ui->notice_stays && ui->notice != NULL &&
	    ui->confirm.action == ACTION_NONE && !ui->quit_asked;
}

int
status_rows(const struct ui *ui, int cols)
{
	char *message = status_message(ui, true);
	struct wrap w = { .width = cols, .flags = ui->screen.flags,
		.words = true };
	struct wrap_row r;
	int n = 0;

	if (message == NULL)
		return complete_rows(ui) > 0 ? complete_rows(ui) : 1;
	if (status_has_both(ui, cols)) {
		free(message);
		return 1;
	}
	if (status_stays(ui))
		n++;		/* for the keys */
	w.p = message;
	w.n = strlen(message);
	/* A question must be readable in full; a notice may be cut. */
	while (page_wrap_next(&w, &r) && (n < STATUS_NOTICE_ROWS ||
	    ui->confirm.action != ACTION_NONE || ui->quit_asked))
		n++;
	free(message);
	return n;
}

static void
status_hints(struct ui *ui, const struct rect *r, int x)
{
	unsigned contexts = ui_contexts(ui);
	bool armed = decision_is_armed(ui);
	struct screen *s = &ui->screen;
	static const char *const begins[][2] = {
		{ "!", " runs in the sandbox" },
		{ "!", " runs WITHOUT a sandbox" },
		{ "/", " command" },
		{ "@", " file" },
	};
	const char *other = ui_is_sandboxed(ui) ? begins[1][1] : begins[0][1];
	struct buf b = BUF_INIT(0);
	unsigned bit;
	size_t i;
	bool helped;
	const char *key;

	/* Reserve room for the key that shows all the others. */
	helped = (contexts & ACTION_CTX_PANE) == 0;
	for (bit = 1; bit <= ACTION_CTX_PANE; bit <<= 1)
		for (i = 0; (contexts & bit) != 0 && i < action_table_len;
		    i++) {
			const struct action *a = &action_table[i];

			if ((a->contexts & bit) == 0 || a->hint == NULL ||
			    ((a->flags & (ACTION_DECIDES | ACTION_FRESH)) != 0 &&
			    !armed))
				continue;
			if (!key_hints_offer(ui, a->id))
				continue;
			key = ui_key_of(ui, a->id);
			/* Skip it if the key has a different meaning here. */
			if (bindings_find(ui->bindings, contexts,
			    key_name_parse(key, strlen(key))) != a)
				continue;
			buf_clear(&b);
			buf_addc(&b, ' ');
			key_hints_words(ui, a, r->cols, &b);
			helped = helped || a->id == ACTION_HELP;
			/* Show a hint in full or not at all. */
			if (x + (int)strlen(key) + (int)b.len +
			    (helped ? 0 : STATUS_HELP_COLS) > r->cols)
				continue;
			x = screen_puts(s, r->y, x, r->cols, STYLE_KEY, key);
			x = screen_puts(s, r->y, x, r->cols, STYLE_DIM,
			    buf_str(&b));
			x += 2;
		}
	buf_release(&b);
	/* The characters that a text can begin with. */
	for (i = 0; contexts == ACTION_CTX_INPUT && ui->purpose == UI_SAY &&
	    input_is_empty(&ui->input) && i < MEM_COUNT(begins) &&
	    x + (int)strlen(begins[i][1]) + 1 <= r->cols; i++) {
		if (begins[i][1] == other)
			continue;
		x = screen_puts(s, r->y, x, r->cols, STYLE_KEY, begins[i][0]);
		x = screen_puts(s, r->y, x, r->cols, STYLE_DIM, begins[i][1]);
		x += 2;
	}
}

/* The sandbox level is always visible: here, or in full in the strip. A session
 * without our sandbox shows it here in any case. */
static int
status_sandbox(struct ui *ui, const struct layout *l, int y, int x, int end)
{
	const char *level = ui->fold->level;
	struct buf b = BUF_INIT(0);

	if (level == NULL || ((level[0] == 'A' || level[0] == 'B') &&
	    plan_strip_has_sandbox(ui, l->strip.rows)))
		return x;
	if (strcmp(level, "none") == 0)
		buf_adds(&b, " NO SANDBOX ");
	else
		buf_addf(&b, " sandbox %s%s", level,
		    strcmp(level, "D") == 0 ? " " : " ·");
	x = screen_own(&ui->screen, y, x, end, level[0] == 'A' ||
	    level[0] == 'B' ? STYLE_STATUS : STYLE_ALARM, buf_str(&b));
	buf_release(&b);
	return x;
}

void
status_draw(struct ui *ui, const struct layout *l)
{
	struct screen *s = &ui->screen;
	struct buf b = BUF_INIT(0);
	char *message;
	int x, end = l->status.cols, y = l->status.y, room;

	if (l->status.rows > 0) {
		screen_fill(s, y, 0, end, STYLE_STATUS);
		x = 0;
		x = status_sandbox(ui, l, y, x, end);
		if (ui->waits) {
			enum pane_id p = prompt_id_waiting_pane(ui);

			buf_addf(&b, " %s waits · %s ",
			    p == PANE_DIFF ? "proposal" :
			    p == PANE_PLAN ? "plan" :
			    ui->fold->ask_command != NULL ? "command" :
			    "limit", ui_key_of(ui, ACTION_PANE_NEXT));
			x = screen_own(s, y, x, end, STYLE_ALARM,
			    buf_str(&b));
			buf_clear(&b);
		}
		status_left(ui, &b);
		x = screen_own(s, y, x, end, STYLE_STATUS, buf_str(&b));
		buf_clear(&b);
		/* The activity has priority over the usage. */
		room = end - x - 1;
		status_right(ui, &b, room < end / 2 - 8 ? room : end / 2 - 8);
		screen_puts(s, y, end - (int)b.len, end, STYLE_STATUS,
		    buf_str(&b));
	}
	buf_release(&b);
	if (l->hints.rows < 1)
		return;
	message = status_message(ui, decision_is_armed(ui));
	if (message == NULL && complete_rows(ui) > 0) {
		complete_draw(ui, &l->hints);
	} else if (message == NULL) {
		status_hints(ui, &l->hints, l->hints.x);
	} else if (status_has_both(ui, l->hints.cols)) {
		x = screen_own(s, l->hints.y, 0, l->hints.cols, STYLE_BOLD,
		    message);
		status_hints(ui, &l->hints, x + 3);
		free(message);
	} else {
		struct wrap wr = { .p = message, .n = strlen(message),
			.width = l->hints.cols, .flags = s->flags,
			.words = true };
		struct wrap_row row;
		struct rect keys = l->hints;
		int rows = l->hints.rows;

		if (status_stays(ui) && rows > 1) {
			rows--;
			keys.y += rows;
			keys.rows = 1;
			status_hints(ui, &keys, keys.x);
		}
		for (y = 0; y < rows && page_wrap_next(&wr, &row); y++) {
			char *part = xmemdup(message + row.start, row.len);

			screen_own(s, l->hints.y + y, 0, l->hints.cols,
			    ui->notice == NULL ? STYLE_BADGE : STYLE_BOLD,
			    part);
			free(part);
		}
		if (y == rows && !wr.end)
			screen_puts(s, l->hints.y + y - 1, l->hints.cols - 1,
			    l->hints.cols, STYLE_MARK, ">");
		free(message);
	}
}
