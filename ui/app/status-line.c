/*
 * The status line: the current activity, its time, and the cost so far. Below
 * it: the available keys, a question, or a notice.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "front/bindings.h"
#include "journal/fold.h"
#include "ui/app/state.h"
#include "ui/app/decide.h"
#include "ui/app/guest.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "review/review.h"
#include "ui/panes/ui-base.h"
#include "ui/term/screen.h"
#include "ui/text/page.h"

#define STATUS_NOTICE_ROWS 6
#define STATUS_TITLE_MAX 30	/* bytes of a running command */
#define STATUS_BOTH_COLS 24	/* to show keys after a notice */
#define STATUS_KEY_COLS 22	/* "press Y to confirm", with spaces */
#define STATUS_HINTS	8	/* at most: more aren't read */
#define STATUS_STOP_COLS 60	/* to keep room for the key that interrupts, */
#define STATUS_CHECK_COLS 100	/* or ends a check, which ends by itself */
#define STATUS_SENDS_COLS 60	/* to accept and reject beside what sends */
#define STATUS_WIDE	100	/* in fewer, shorter words before fewer keys */
#define STATUS_NAME_MAX	24	/* bytes of a folder, branch or model */

static bool
key_hints_review(const struct ui *ui, struct buf *b)
{
	bool other = ui->waits.id != NULL &&
	    prompt_waiting_pane(ui) != ui->at;
	enum pane_id pane = other ? prompt_waiting_pane(ui) : ui->at;
	int64_t of;
	bool is = other || ui->waits.until != UNTIL_NOTHING ||
	    (prompt_pane(ui, &of) != PROMPT_PANE && pane != PANE_CHANGES &&
	    ui->typing && ui->purpose == UI_SAY);
	int n = fold_undecided(ui->fold->proposal);
	bool undo;

	if (!is)
		return false;
	if (pane == PANE_PLAN)
		buf_adds(b, "review the plan");
	else if (pane == PANE_ASK)
		buf_adds(b, ui->fold->ask.command == NULL ?
		    "answer the limit" : fold_ask_row(&ui->fold->ask)->look);
	else if (n > 0) {
		undo = ui->fold->proposal->undo != 0;
		buf_addf(b, "review %s%d hunk%s", !undo ? "" :
		    review_facts(&ui->review).redoes ? "the redo: " : "the undo: ", n,
		    n == 1 ? "" : "s");
	} else
		buf_adds(b, "review the changes");
	if (ui->review.waiting > 1)
		buf_addf(b, " (%d more wait%s)", ui->review.waiting - 1,
		    ui->review.waiting == 2 ? "s" : "");
	return true;
}

/* How long until the model is asked again, and the key to retry at once. */
static void
status_wait(const struct ui *ui, struct buf *b)
{
	int64_t left = ui->fold->status.left_ms -
	    (ui->now - ui->clocks.state.since);
	const char *key = ui_key_or(ui, ACTION_RETRY, "/retry");

	if (left > 0)
		buf_addf(b, "\n in %lld s", (long long)((left + 999) / 1000));
	else
		buf_adds(b, "\n now");
	if (key[0] != '\0')
		buf_addf(b, "\n (%s: now)", key);
}

/* The command that runs, or that the model writes; and for how long. */
static bool
status_does(const struct ui *ui, struct buf *b, int64_t *age)
{
	const struct fold *f = ui->fold;
	const char *title = f->output.title;
	size_t len;

	if (f->output.running && title != NULL && ui_is_working(ui)) {
		buf_adds(b, " running\n ");
		title += strncmp(title, "bash ", 5) == 0 ? 5 : 0;
		len = utf8_cut(title, strcspn(title, "\n"), STATUS_TITLE_MAX);
		buf_add(b, title, len);
		if (title[len] != '\0')
			buf_adds(b, (ui->screen->flags & SANITIZE_ASCII) != 0 ?
			    "..." : "\xe2\x80\xa6");
		*age = (ui->now - ui->clocks.output.since) / 1000;
		return true;
	}
	if (f->partial.text.len == 0 || !ui_is_working(ui))
		return false;
	buf_adds(b, " writing");
	return true;
}

/* Messages that the model gets after the user's answer. */
static void
status_queue(const struct ui *ui, struct buf *b, const char *before)
{
	AUTO_FREE char *waiting = review_wait_name(&ui->review,
	    ui->review.first);
	size_t n = ui->fold->ended ? 0 : ui->fold->unread;

	if (n == 0 || waiting == NULL)
		return;
	buf_addf(b, "%syour message%s read after your %s", before, n == 1 ?
	    " is" : "s are", prompt_waiting_pane(ui) == PANE_ASK ? "answer" :
	    "review");
}

/* The text's width in cells. */
static int
status_cols(const struct ui *ui, const struct buf *b)
{
	return sanitize_width(buf_str(b), b->len, ui->screen->flags);
}

/* Append the facts, a line each, that there is room for in full. */
static void
status_fit(const struct ui *ui, struct buf *b, const struct buf *facts,
    int room)
{
	const char *p = buf_str(facts);
	size_t n, kept;

	for (; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		kept = b->len;
		buf_add(b, p, n);
		if (status_cols(ui, b) > room)
			buf_cut(b, kept);
	}
}

/* A line for each fact; the most useful comes first. */
static void
status_left(const struct ui *ui, struct buf *b)
{
	const struct fold *f = ui->fold;
	/* A command that the user runs after the end of the task doesn't
	 * count. */
	bool own = f->output.own && f->output.running && ui_is_working(ui);
	bool ended = f->ended && !own;
	const char *state = ended ? fold_outcome(f) :
	    f->status.state == NULL ? "starting" : f->status.state;
	size_t queued = f->unread + f->queued, runs = fold_background_runs(f);
	int64_t age = (ui->now - ui->clocks.state.since) / 1000;
	bool does = f->status.doing != NULL && f->status.doing[0] != '\0';

	if (ui->checking) {
		buf_adds(b, " checking the journal");
		return;
	}
	if (ended || !status_does(ui, b, &age))
		buf_addf(b, " %s", does && !ended ? f->status.doing : state);
	if (strcmp(state, "retry") == 0 && f->status.left_ms > 0)
		status_wait(ui, b);
	else if (ui_is_working(ui))
		buf_addf(b, "\n %lld:%02lld", (long long)(age / 60),
		    (long long)(age % 60));
	if (ended && ui_can_retry(ui))
		buf_addf(b, "\n (%s: %s)", ui_key_or(ui, ACTION_RETRY, "/retry"),
		    strcmp(f->end.outcome, "provider") == 0 ? "ask again" :
		    "continue");
	buf_addc(b, '\n');
	/* Beside how many of those that are open are left. */
	if (ended)
		fold_add_rejected(b, f->end.rejected,
		    fold_undecided(f->proposal) > 0 ? 0 : f->end.decided);
	if (queued > 0 && ui_is_working(ui))
		buf_addf(b, "\n · %zu%s queued", queued, f->queued > 0 ? "" :
		    queued == 1 ? " message" : " messages");
	else
		status_queue(ui, b, "\n · ");
	if (does && ended)
		buf_addf(b, "\n · %s", f->status.doing);
	if (runs > 0)
		buf_addf(b, "\n · %zu in the background: %s", runs, ui->typing ?
		    "/background" : ui_key_of(ui, ACTION_BACKGROUND));
}

/* Other sessions that want a person, and the key that lists them. */
static void
status_others(const struct ui *ui, struct buf *b)
{
	if (ui->other.way != OTHER_NO_WAY && ui->other.waiting > 0)
		buf_addf(b, "\n · %zu other%s: %s%s%s", ui->other.waiting,
		    ui->other.waiting == 1 ? " waits" : "s wait",
		    ui->typing ? ui_key_of(ui, ACTION_INPUT_LEAVE) : "",
		    ui->typing ? " " : "", ui_key_of(ui, ACTION_INBOX));
}

/* The share of the context that is left, "~" if part of it is an estimate: of
 * what streams, a third of the bytes. */
static void
status_context(const struct ui *ui, struct buf *b)
{
	const struct fold *f = ui->fold;
	int64_t streamed = (int64_t)(f->partial.text.len +
	    f->partial.thinking.len) / 3;
	int64_t left = f->facts.usage.window - f->facts.usage.context - streamed;

	if (f->facts.usage.window <= 0)
		return;
	buf_addf(b, "%s%lld%% context left", f->facts.usage.context_guessed ||
	    streamed > 0 ? "~" : "", (long long)(left < 0 ? 0 : 100 * left /
	    f->facts.usage.window));
}

/* "$0.04" of this task; of the session before the task's first answer. Nothing
 * if it is unknown: `assent stats` says it. */
static void
status_cost(const struct ui *ui, struct buf *b)
{
	const struct task_usage *u = &ui->fold->facts.usage;
	struct task_usage_sum s = task_usage_whole(u);

	if (s.in == 0)
		s = u->session;
	if (s.in == 0 || s.unpriced > 0)
		return;
	buf_adds(b, s.guessed ? "~" : "");
	money_text(b, s.cost);
}

static void
status_add_cut(struct buf *b, const char *text)
{
	AUTO_FREE char *s = utf8_cut_dup(text, STATUS_NAME_MAX);

	buf_adds(b, s);
}

/* Where you are: cost, folder and branch, model, context. Each keeps its place; on
 * a narrow screen the folder is dropped last. */
static void
status_right(const struct ui *ui, struct buf *b, int room)
{
	const struct fold *f = ui->fold;
	struct buf parts[4] = { BUF_INIT(0), BUF_INIT(0), BUF_INIT(0),
		BUF_INIT(0) };
	static const size_t drop[] = { 0, 2, 3, 1 };
	const char *slash;
	size_t i, dropped;

	status_cost(ui, &parts[0]);
	if (f->root != NULL) {
		slash = strrchr(f->root, '/');
		if (ui->other.host[0] != '\0')
			buf_addf(&parts[1], "%.*s:", (int)strcspn(ui->other.host, "."),
			    ui->other.host);
		status_add_cut(&parts[1], slash == NULL || slash[1] == '\0' ?
		    f->root : slash + 1);
		buf_adds(&parts[1], ui->git.branch == NULL ? "" : " ");
		if (ui->git.branch != NULL)
			status_add_cut(&parts[1], ui->git.branch);
	}
	if (f->model != NULL) {
		status_add_cut(&parts[2], basename(f->model));
	}
	status_context(ui, &parts[3]);
	for (dropped = 0; dropped <= MEM_COUNT(parts); dropped++) {
		buf_clear(b);
		for (i = 0; i < MEM_COUNT(parts); i++)
			if (parts[i].len > 0)
				buf_addf(b, "%s%s", b->len > 0 ? "  " : "",
				    parts[i].p);
		if (b->len > 0)
			buf_addc(b, ' ');
		if (status_cols(ui, b) <= room || dropped == MEM_COUNT(parts))
			break;
		buf_clear(&parts[drop[dropped]]);
	}
	for (i = 0; i < MEM_COUNT(parts); i++)
		buf_release(&parts[i]);
}

/* The keys of the question. */
static void
status_question_keys(const struct ui *ui, struct buf *b)
{
	if (ui->confirm.action != ACTION_QUIT)
		buf_addf(b, "press %s to confirm · other keys go back",
		    confirm_key(ui));
	else if (ui->fold->mode != NULL &&
	    strcmp(ui->fold->mode, "demo") == 0)
		buf_addf(b, "%s: end the demo · Esc goes back", ui_key_of(ui,
		    ACTION_END));
	else
		buf_addf(b, "%s: detach%s · %s: end%s · Esc goes back",
		    ui_key_of(ui, ACTION_DETACH), ui_is_working(ui) ?
		    " (keeps running)" : fold_background_runs(ui->fold) > 0 ?
		    " (ends background commands)" : "",
		    ui_key_of(ui, ACTION_END),
		    ui->fold->proposal == NULL && ui->fold->staged_files == 0 ?
		    "" : " (open changes are kept)");
}

/* The question, row or notice that replaces the keys, with our own signs;
 * malloc'ed. A question's keys begin at *keys: in a row of their own, if none fits
 * after a long question. */
static char *
status_message(const struct ui *ui, int cols, size_t *keys)
{
	AUTO_FREE char *question = NULL, *text = NULL;
	AUTO_BUF struct buf b = BUF_INIT(0);
	unsigned flags = ui->screen->flags;
	bool row = !confirm_is_question(ui);
	int n;

	*keys = SIZE_MAX;
	if (!confirm_stands(ui))
		return ui->notice == NULL ? NULL :
		    sanitize_own(ui->notice, flags);
	question = sanitize_own(ui->confirm.question, flags);
	if (ui->confirm.pressed)
		buf_addf(&b, "press %s%s", confirm_key(ui), row ? " · " : "");
	else if (!row)
		status_question_keys(ui, &b);
	if (row)
		buf_addf(&b, "%s back", ui_key_of(ui, ACTION_ROW_LEAVE));
	n = sanitize_width(question, strlen(question), flags);
	*keys = strlen(question);
	text = xasprintf("%s%s%s%s%s", question, row ? " · " :
	    n + status_cols(ui, &b) + 2 <= cols || n + STATUS_KEY_COLS <= cols ?
	    "  " : "\n", buf_str(&b), ui->notice == NULL ? "" : "\n",
	    ev_str(ui->notice, ""));
	return sanitize_own(text, flags);
}

/* The width of the notice, in cells. */
static int
status_notice_cols(const struct ui *ui)
{
	AUTO_FREE char *own = sanitize_own(ui->notice, ui->screen->flags);

	return sanitize_width(own, strlen(own), ui->screen->flags);
}

bool
status_has_both(const struct ui *ui, int cols)
{
	AUTO_FREE char *waiting = review_wait_name(&ui->review,
	    ui->review.first);

	/* One that stays must not hide the keys of a review meanwhile. */
	return ui->notice != NULL && !confirm_stands(ui) &&
	    complete_rows(ui) == 0 &&
	    (!ui_notice_stays(ui) || waiting == NULL) &&
	    status_notice_cols(ui) + STATUS_BOTH_COLS <= cols;
}

/* Is there a notice that leaves the keys visible below it? */
static bool
status_stays(const struct ui *ui)
{
	return ui_notice_stays(ui) && !confirm_stands(ui);
}

/* The message in rows; none: there is none. It warns if you would decide about
 * more than you have seen. */
static void
status_page(const struct ui *ui, int cols, struct page *p)
{
	bool warns = confirm_stands(ui) && ui->confirm.capital &&
	    !confirm_is_question(ui);
	size_t keys;
	char *text = status_message(ui, cols, &keys);

	page_clear(p, cols, ui->screen->flags);
	if (text == NULL)
		return;
	page_keep_take(p, text);
	page_lines(p, warns ? STYLE_BADGE : STYLE_BOLD, "", "", text,
	    strlen(text));
	if (keys < strlen(text))
		page_style(p, 0, p->len, text + keys, strlen(text + keys),
		    STYLE_KEY);
}

int
status_rows(const struct ui *ui, int cols)
{
	AUTO(page_release) struct page p = { 0 };
	/* One for the keys. */
	int n, keys = status_stays(ui);

	status_page(ui, cols, &p);
	n = (int)p.len;
	if (n == 0)
		return MAX(complete_rows(ui), 1);
	if (status_has_both(ui, cols))
		return 1;
	/* A question must be readable in full; a notice may be cut. */
	return confirm_stands(ui) ? n : MIN(n + keys, STATUS_NOTICE_ROWS);
}

/* The keys that go to the prompt that is waiting, and what is done there; no key
 * if it has another meaning now. NULL: no prompt is waiting; malloc'ed. */
static char *
status_line_review(const struct ui *ui, struct buf *b)
{
	unsigned contexts = ui_contexts(ui);
	bool types = contexts == ACTION_CTX_INPUT && ui->purpose == UI_SAY;
	bool text = types && !input_is_empty(&ui->input);

	buf_clear(b);
	if (!key_hints_review(ui, b))
		return NULL;
	if (ui->waits.until == UNTIL_GUEST_KEY)
		return xstrdup(GUEST_KEY_NAME);
	return !types && (contexts & ACTION_CTX_PANE) == 0 ? xstrdup("") :
	    xasprintf("%s%s%s", text ? ui_key_of(ui, ACTION_INPUT_LEAVE) : "",
	    text ? " " : "", ui_key_of(ui, types && !text ?
	    ACTION_INPUT_COMPLETE : ACTION_PANE_NEXT));
}

/* The hint that must always fit: the one that shows all other keys, or that
 * leaves what is open. */
static enum action_id
status_way(unsigned contexts)
{
	return (contexts & ACTION_CTX_PANE) != 0 ? ACTION_HELP :
	    (contexts & ACTION_CTX_PICK) != 0 ? ACTION_PICK_LEAVE :
	    (contexts & ACTION_CTX_INPUT) != 0 ? ACTION_INPUT_LEAVE :
	    (contexts & ACTION_CTX_HELP) != 0 ? ACTION_HELP_LEAVE :
	    ACTION_NONE;
}

static int
status_hint_cols(const struct offer *o)
{
	return o == NULL ? 0 : o->cols;
}

/* A key and its words; the next hint's column. */
static int
status_hint_draw(const struct ui *ui, const struct rect *r, int x, const char *key,
    enum style style, const char *words)
{
	x = screen_own(ui->screen, r->y, x, r->cols, STYLE_KEY, key);
	if (words[0] != '\0')
		x = screen_puts(ui->screen, r->y, x, r->cols, style, " ");
	return screen_puts(ui->screen, r->y, x, r->cols, style, words) + 2;
}

/* The key to the rest of a pause's question, whose answers don't count yet. */
static int
status_hint_pause(const struct ui *ui, const struct rect *r, int x, int kept)
{
	bool service = fold_pause_until(ui->fold) > 0;
	AUTO_FREE char *words = xasprintf("the rest, then %s%s%s/%s",
	    service ? "" : ui_key_of(ui, ACTION_EXTEND), service ? "" : "/",
	    ui_key_of(ui, service ? ACTION_WAIT : ACTION_WRAP),
	    ui_key_of(ui, ACTION_STOP));

	/* The way out comes first. */
	return status_hint_draw(ui, r, x, ui_key_of(ui, ACTION_LINE_DOWN),
	    STYLE_BOLD, x + 2 + (int)strlen(words) + kept > r->cols ?
	    "the rest" : words);
}

/* The characters that a text can begin with; a file may be named in the middle
 * of one. */
static void
status_hint_begins(const struct ui *ui, const struct rect *r, int x)
{
	const char *const begins[][2] = {
		{ "@", "file" },
		{ "!", ui_is_sandboxed(ui) ? "shell command" :
		    "runs WITHOUT a sandbox" },
		{ "/", "command" },
	};
	enum offer_typed typed = offers_typed(ui);
	size_t i, n = typed == TYPED_NOTHING ? MEM_COUNT(begins) :
	    typed == TYPED_COMMAND ? 0 : 1;

	/* If there is no model, your messages and commands go nowhere. */
	for (i = ev_mode_has_model(ui->fold->mode) ? 0 : 2; i < n &&
	    x + (int)strlen(begins[i][1]) + 2 <= r->cols; i++)
		x = status_hint_draw(ui, r, x, begins[i][0], STYLE_DIM,
		    begins[i][1]);
}

/* Would the key only change a mark, where a narrow row has no room for the one
 * that sends them? Or does its hint say what it does in another pane? */
static bool
status_hint_yields(const struct ui *ui, enum action_id id, int cols)
{
	if (id == ACTION_ITEM_NEXT)
		return ui->at != PANE_OUTPUT;
	if (id == ACTION_UNDO || id == ACTION_REDO)
		return ui->at != PANE_DIFF && ui->at != PANE_CHANGES;
	return (id == ACTION_ACCEPT || id == ACTION_REJECT) &&
	    cols < STATUS_SENDS_COLS && review_effect(&ui->review).open == 0;
}

/* The cells of the hint after this one. */
static int
status_hint_after(const struct offers *all, size_t i)
{
	while (++i < all->len && all->list[i].cols == 0)
		;
	return i < all->len ? all->list[i].cols : 0;
}

/* A page with a question has come whose keys don't count yet, and soon do by
 * themselves. */
static bool
status_just_came(const struct ui *ui)
{
	struct review_act act = verdict_act(ui);

	if (ui->waits.until != UNTIL_NOTHING)
		return false;
	return act.prompt >= PROMPT_ASK && act.prompt != PROMPT_CHANGES &&
	    (act.prompt != PROMPT_LIMIT || limit_is_shown(ui));
}

static void
status_hints(const struct ui *ui, const struct rect *r, int x)
{
	const struct offers *all = &ui->offers;
	unsigned contexts = ui_contexts(ui);
	bool counts = verdict_marks(ui);
	AUTO_BUF struct buf b = BUF_INIT(0);
	const struct offer *way = ui_offer(ui, status_way(contexts)), *o;
	/* Where the hints of a prompt come first, the key that stops what runs
	 * keeps its room, too. */
	int stop = (contexts & ACTION_CTX_PANE) != 0 && ui_is_working(ui) &&
	    r->cols >= (ui_is_checking(ui) ? STATUS_CHECK_COLS :
	    STATUS_STOP_COLS) ? status_hint_cols(ui_offer(ui,
	    ACTION_INTERRUPT)) : 0;
	int kept = status_hint_cols(way), room, follow = all->cols, left;
	AUTO_FREE char *reviews = status_line_review(ui, &b);
	const char *words;
	int n = (way != NULL) + (stop > 0);	/* hints, with those to come */
	size_t i;

	if (!counts && status_just_came(ui)) {
		x = screen_puts(ui->screen, r->y, x, r->cols, STYLE_DIM,
		    "just came: keys in a moment") + 2;
		if (way != NULL)
			(void)status_hint_draw(ui, r, x, way->key, STYLE_DIM,
			    offer_words(way, true));
		return;
	}
	if (reviews != NULL && reviews[0] != '\0' &&
	    x + (int)strlen(reviews) + 2 + (int)b.len <= r->cols) {
		x = screen_puts(ui->screen, r->y, x, r->cols, STYLE_KEY,
		    reviews);
		x = screen_puts(ui->screen, r->y, x, r->cols, STYLE_BOLD,
		    ": ");
		x = screen_puts(ui->screen, r->y, x, r->cols, STYLE_BOLD,
		    buf_str(&b)) + 2;
		n++;
	}
	if ((contexts & ACTION_CTX_PAUSES) != 0 && !limit_is_shown(ui))
		x = status_hint_pause(ui, r, x, kept + stop);
	for (i = 0; i < all->len; i++) {
		o = &all->list[i];
		follow -= o->cols;
		if (o->cols == 0 || status_hint_yields(ui, o->a->id, r->cols) ||
		    (reviews != NULL && o->a->id == ACTION_PANE_NEXT))
			continue;
		if (o == way || (stop > 0 && o->a->id == ACTION_INTERRUPT))
			n--;
		kept = o == way ? 0 : kept;
		stop = o->a->id == ACTION_INTERRUPT ? 0 : stop;
		if (n >= STATUS_HINTS)
			continue;
		/* Show a hint in full or not at all. */
		room = r->cols - x - kept - stop - (int)strlen(o->key) - 1;
		words = offer_words(o, false);
		/* Beside its long words the next hint fits; in a narrow row, all
		 * that follow. */
		left = room - (r->cols < STATUS_WIDE ? follow :
		    status_hint_after(all, i));
		if ((int)strlen(words) > left)
			words = offer_words(o, true);
		if ((int)strlen(words) > room)
			continue;
		n++;
		/* It is shown exactly while it counts; its room is kept. */
		if (!counts && (o->a->flags & ACTION_DECIDES) != 0)
			x += (int)strlen(o->key) + (words[0] != '\0') +
			    (int)strlen(words) + 2;
		else
			x = status_hint_draw(ui, r, x, o->key, STYLE_DIM,
			    words);
	}
	if (contexts == ACTION_CTX_INPUT && ui->purpose == UI_SAY)
		status_hint_begins(ui, r, x);
}

/* The sandbox is always visible; that it has no network, before the first task. */
static int
status_sandbox(const struct ui *ui, int y, int x, int end)
{
	const char *level = ui->fold->sandbox.level;
	AUTO_BUF struct buf b = BUF_INIT(0);
	bool usual = level != NULL && (level[0] == 'A' || level[0] == 'B');

	if (level == NULL)
		return x;
	buf_addc(&b, ' ');
	fold_add_sandbox(&b, ui->fold, ui->fold->task.text == NULL);
	buf_adds(&b, usual ? " ·" : " ");
	return screen_own(ui->screen, y, x, end, usual ? STYLE_STATUS :
	    STYLE_ALARM, buf_str(&b));
}

/* What waits for the user, where the row of hints doesn't say it; x if it does. */
static int
status_badge(const struct ui *ui, const struct layout *l, int y, int x, int end)
{
	AUTO_BUF struct buf what = BUF_INIT(0), facts = BUF_INIT(0);
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *key = status_line_review(ui, &what);
	size_t keys;
	AUTO_FREE char *message = status_message(ui, l->hints.cols, &keys);
	bool hidden = complete_rows(ui) > 0 || (message != NULL &&
	    !status_has_both(ui, l->hints.cols) && !(status_stays(ui) &&
	    l->hints.rows > 1));

	if (key != NULL && (key[0] == '\0' || l->hints.rows < 1 || hidden)) {
		buf_addf(&facts, " %s%s%s ", key, key[0] == '\0' ? "" :
		    ":\n ", buf_str(&what));
		status_fit(ui, &b, &facts, end - x);
		x = screen_own(ui->screen, y, x, end, STYLE_ALARM,
		    buf_str(&b));
	}
	return x;
}

void
status_draw(const struct ui *ui, const struct layout *l)
{
	struct screen *s = ui->screen;
	AUTO_BUF struct buf b = BUF_INIT(0), facts = BUF_INIT(0);
	AUTO_FREE char *message = NULL;
	size_t keys;
	int x, end = l->status.cols, y = l->status.y, room;

	if (l->status.rows > 0) {
		screen_fill(s, y, 0, end, STYLE_STATUS);
		room = status_sandbox(ui, y, 0, end);
		x = status_badge(ui, l, y, room, end);
		/* In other states it is said already. */
		if (x == room || ui_is_working(ui) || ui->fold->ended)
			status_left(ui, &facts);
		else
			status_queue(ui, &facts, " ");
		status_others(ui, &facts);
		status_fit(ui, &b, &facts, end - x);
		x = screen_own(s, y, x, end, fold_waits(ui->fold) ?
		    STYLE_TURN : STYLE_STATUS, buf_str(&b));
		buf_clear(&b);
		status_right(ui, &b, end - x - 1);
		screen_puts(s, y, end - status_cols(ui, &b), end,
		    STYLE_STATUS, buf_str(&b));
	}
	if (l->hints.rows < 1)
		return;
	message = status_message(ui, l->hints.cols, &keys);
	if (message == NULL && complete_rows(ui) > 0) {
		complete_draw(ui, &l->hints);
	} else if (message == NULL) {
		status_hints(ui, &l->hints, l->hints.x);
	} else if (status_has_both(ui, l->hints.cols)) {
		x = screen_own(s, l->hints.y, 0, l->hints.cols, STYLE_BOLD,
		    message);
		status_hints(ui, &l->hints, x + 3);
	} else {
		AUTO(page_release) struct page p = { 0 };
		struct rect below = l->hints;
		int rows = l->hints.rows;

		if (status_stays(ui) && rows > 1) {
			rows--;
			below.y += rows;
			below.rows = 1;
			status_hints(ui, &below, below.x);
		}
		status_page(ui, l->hints.cols, &p);
		for (y = 0; y < rows && y < (int)p.len; y++)
			page_draw_row(s, &p, (size_t)y, NULL, l->hints.y + y, 0,
			    l->hints.cols);
		if (confirm_stands(ui) && ui->confirm.action != ACTION_QUIT &&
		    (int)p.len > rows) {
			/* Cut, it isn't asked. */
			y = l->hints.y + rows - 1;
			screen_fill(s, y, 0, l->hints.cols, STYLE_PLAIN);
			screen_own(s, y, 0, l->hints.cols, STYLE_KEY,
			    "Esc goes back: no room to ask");
		} else if (ui->confirm.action == ACTION_QUIT && rows == 1 &&
		    p.len > 1) {
			/* Only this answer counts without the whole. */
			AUTO_FREE char *only = xasprintf("Quit?  %s: detach",
			    ui_key_of(ui, ACTION_DETACH));

			screen_fill(s, l->hints.y, 0, l->hints.cols,
			    STYLE_PLAIN);
			screen_own(s, l->hints.y, 0, l->hints.cols, STYLE_BOLD,
			    only);
		} else if ((int)p.len > rows)
			/* More than the last cell has room for. */
			screen_puts(s, l->hints.y + y - 1, l->hints.cols - 1,
			    l->hints.cols, STYLE_BOLD, "  ");
	}
}
