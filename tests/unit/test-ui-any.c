/*
 * The screen under everything at once: keys, pieces of sequences, pastes, lines
 * of a core, resizes and slow frames at random.  After each step its invariants
 * hold; what was sent is compared with what the last written frame showed, by
 * an oracle of its own: every character of what can be decided is another one,
 * so that what has been seen can be read off the written frames.  No key that is
 * typed is lost, each key of the row of hints does what its words say, and Esc
 * leads out of each state.
 *
 * usage: test-ui-any [STEPS [SEED]]; 1,000,000 steps in make check-slow
 */
#include "config.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pathmap.h"
#include "base/sanitize.h"
#include "base/utf8.h"
#include "journal/command.h"
#include "journal/fold.h"
#include "review/review.h"
#include "tests/unit/rounds.h"
#include "tests/unit/unit.h"
#include "ui/app/decide.h"
#include "ui/app/state.h"
#include "ui/diff/diff.h"
#include "ui/keys/keys.h"
#include "ui/panes/composer.h"
#include "ui/panes/confirm.h"
#include "ui/panes/panes.h"
#include "ui/pick/picker.h"
#include "ui/term/screen.h"
#include "ui/text/input.h"

#define ANY_CODES 0x20000
#define ANY_CHECKS 300	/* steps until the journal is read, and then until it
			   is checked */
#define ANY_TRAIL 40

/* Steps that may affect a decision. */
enum any_by { ANY_OTHER, ANY_TYPED, ANY_EDITOR };

/* A frame that is on the screen from `at` on. */
struct any_late {
	int64_t		 at;
	uint32_t	*codes;
	size_t		 codes_len;
	char		*hunk;
	unsigned	 asked;
	enum action_id	 does;		/* what its row says */
	bool		 capital;	/* and that only Y does it */
	char		*surface;	/* the prompt that it asks */
	char		*what;		/* a key's effect; `by itself`: no key
					   was typed since the frame before */
	bool		 came;
};

#define ANY_LATE 64

/* The marks that a hunk had, to which the keys that undo and redo lead back. */
struct any_had {
	char		*id;
	unsigned	 marks;		/* a bit for each */
	bool		 answered;	/* marked by a key for what isn't read */
};

struct any {
	struct ui	 ui;
	struct keys	*keys;
	struct bindings	*bindings;
	uint32_t	 random;
	uint32_t	 seed;
	int		 step;
	int64_t		 seq;
	int		 plans, asks, txs;
	int64_t		 undo;		/* the change that is proposed in reverse */
	struct pathmap	 had;		/* by hunk */
	uint32_t	 narrow, wide;	/* the last that were given out */
	unsigned char	*shown;		/* by code: stood in a written frame */
	unsigned char	*taken;		/* by code: not to be given out */
	/* the step */
	enum any_by	 by;
	bool		 in_sequence;	/* one was begun, and may go on */
	int64_t		 begun;		/* when */
	bool		 in_paste;
	int64_t		 fed;		/* when bytes came last */
	bool		 whole;		/* the last bytes were keys */
	bool		 many;		/* several, of one read */
	size_t		 events;	/* keys since bytes were fed */
	uint32_t	 key;		/* being handled */
	unsigned	 contexts;	/* when it came */
	const struct action *row;	/* of a list, that it may choose */
	struct any_late	 late[ANY_LATE];	/* oldest first */
	size_t		 late_len;
	/* the last frame that stood on the screen */
	char		*surface, *hunk;
	unsigned	 asked;		/* contexts */
	enum action_id	 does;
	bool		 capital;
	char		*what;
	char		*held;		/* what the row said for which an Enter came
					   before it had stood */
	int64_t		 counts_at;	/* no write or answer before that, */
	int64_t		 marks_at;	/* and no mark */
	bool		 keyed;		/* since the last frame */
	size_t		 chose;		/* bytes of what Y chose */
	bool		 acts;		/* what is sent, a held Enter does */
	struct buf	 sent;		/* types of commands, since it was cleared */
	/* the core's answers to sent commands */
	cJSON		*echo;
	bool		 decide;
	struct buf	 trail[ANY_TRAIL];
	int		 decided;
};

static struct {
	int		 steps;
	uint32_t	 seed;
} any_wish;

static uint32_t
any_random(struct any *a, uint32_t below)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 17;
	a->random ^= a->random << 5;
	return a->random % below;
}

static bool
any_one_in(struct any *a, uint32_t n)
{
	return any_random(a, n) == 0;
}

static void any_fail(struct any *, const char *, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void
any_fail(struct any *a, const char *fmt, ...)
{
	struct buf b = BUF_INIT(0);
	char *why;
	va_list ap;
	int i;

	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	for (i = 0; i < ANY_TRAIL; i++) {
		const struct buf *t = &a->trail[(a->step + 1 + i) % ANY_TRAIL];

		if (t->len > 0)
			print_message("# %s\n", buf_str(t));
	}
	for (i = 0; i < a->ui.screen->rows; i++) {
		buf_clear(&b);
		screen_row(a->ui.screen, i, &b);
		print_message("# |%s\n", buf_str(&b));
	}
	print_message("# surface %s, hunk %s; now prompt %d of %lld\n",
	    a->surface == NULL ? "-" : a->surface, a->hunk == NULL ? "-" :
	    a->hunk, (int)a->ui.review.stands.prompt,
	    (long long)a->ui.review.stands.of);
	fail_msg("step %d of seed %u: %s", a->step, a->seed, why);
	abort();
}

static void any_note(struct any *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
any_note(struct any *a, const char *fmt, ...)
{
	struct buf *t = &a->trail[a->step % ANY_TRAIL];
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	buf_addf(t, "%s; ", s);
	free(s);
}

/* ---- texts whose characters are all different ---- */

static void
any_taken_add(struct any *a, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; p != NULL && i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0)
			used = 1;
		else if (cp < ANY_CODES)
			a->taken[cp] = 1;
	}
}

/* All were given out: those of what is still to be decided aren't again. */
static void
any_take(struct any *a)
{
	const struct fold *f = a->ui.fold;
	char *text = plan_text(f);
	size_t i;

	memset(a->taken, 0, ANY_CODES);
	any_taken_add(a, text, strlen(text));
	free(text);
	if (f->ask.command != NULL)
		any_taken_add(a, f->ask.command, strlen(f->ask.command));
	for (i = 0; f->proposal != NULL && i < f->proposal->hunks_len; i++)
		any_taken_add(a, f->proposal->hunks[i].hunk->text,
		    f->proposal->hunks[i].hunk->text_len);
}

/* One that no text that can be decided has. */
static void
any_code_put(struct any *a, struct buf *b)
{
	bool wide = any_one_in(a, 4);
	uint32_t *at = wide ? &a->wide : &a->narrow;
	struct sanitize_unit u;
	struct buf one = BUF_INIT(0);

	do {
		if (++*at >= ANY_CODES) {
			*at = 0x1400;
			any_take(a);
		}
		buf_clear(&one);
		utf8_put(&one, *at);
		sanitize_next(one.p, one.len, 0, 0, &u);
	} while (!sanitize_is_plain(*at, 0) || u.width != (wide ? 2 : 1) ||
	    *at == 0x1f600 || a->taken[*at]);
	a->shown[*at] = 0;
	buf_add(b, one.p, one.len);
	buf_release(&one);
}

/* Lines that only need to be drawn. */
static void
any_words(struct any *a, struct buf *b, uint32_t most)
{
	static const char *const bits[] = { "alpha ", "be", "\xc3\xa9", "\t",
		"e\xcc\x81", "\xce\xb1\xce\xb2", "\x1b[2J", "\r", "\n",
		"\xf0\x9f\x98\x80", "\xe2\x80\x8b", "\xff" };
	uint32_t n = any_random(a, most);

	while (n-- > 0)
		buf_adds(b, bits[any_random(a, MEM_COUNT(bits))]);
}

static void
any_text(struct any *a, struct buf *b, uint32_t most)
{
	static const char *const bits[] = { " ", " ", "\t", "alpha ", "\x1b[2J",
		"\xe2\x80\xae", "\r", "\xff", "e\xcc\x81", "  ", "= beta(",
		"\xf0\x9f\x98\x80" };
	uint32_t n = any_random(a, most);

	while (n-- > 0) {
		if (any_one_in(a, 5))
			buf_adds(b, bits[any_random(a, MEM_COUNT(bits))]);
		any_code_put(a, b);
	}
}

static void
any_want_seen(struct any *a, const char *what, const char *p, size_t n)
{
	size_t i, used;
	uint32_t cp;

	for (i = 0; i < n; i += used) {
		used = utf8_next(p + i, n - i, &cp);
		if (used == 0) {
			used = 1;
			continue;
		}
		if (cp >= 0x1400 && cp < ANY_CODES && cp != 0x202e &&
		    cp != 0x1f600 && !a->shown[cp])
			any_fail(a, "%s: U+%X is said to be seen, and was in "
			    "no frame", what, cp);
	}
}

/* ---- what is sent ---- */

/* The action of the key, which was typed. */
static enum action_id
any_action(struct any *a, const char *what)
{
	const struct action *act;

	if (a->by == ANY_EDITOR)
		return ACTION_NONE;
	/* Enter did, before. */
	if (a->acts)
		return ACTION_DO;
	if (a->by != ANY_TYPED || a->in_sequence || a->in_paste)
		any_fail(a, "%s by what was not typed", what);
	act = bindings_find(a->bindings, a->contexts, a->key);
	if (act == NULL)
		any_fail(a, "%s by a key that was not alive", what);
	return act->id != ACTION_PICK_TAKE || a->row == NULL ? act->id :
	    a->row->id;
}

/* What writes, approves or permits: the key of a row that said it, stood, and
 * was typed alone. */
static void
any_want_row(struct any *a, const char *what, enum action_id does)
{
	enum action_id by = any_action(a, what);

	if (a->by == ANY_EDITOR)
		return;
	if (by != ACTION_DO)
		any_fail(a, "%s by action %d", what, (int)by);
	if (a->does != does || a->capital)
		any_fail(a, "%s, and the row said %d%s", what, (int)a->does,
		    a->capital ? ", by Y" : "");
	if (a->ui.now < a->counts_at)
		any_fail(a, "%s %d ms too early", what, (int)(a->counts_at -
		    a->ui.now));
	if (a->many && !a->acts)
		any_fail(a, "%s by one of several keys", what);
	if (a->acts && !ev_is(a->held, ev_str(a->ui.confirm.question, a->held)))
		any_fail(a, "%s, and the row said \"%s\"", what, a->held);
}

static void
any_want_surface(struct any *a, const char *what, const char *prefix)
{
	if (a->by == ANY_EDITOR)
		return;
	if (!a->ui.fold->live)
		any_fail(a, "%s before the journal is checked", what);
	if (a->surface == NULL || strncmp(a->surface, prefix,
	    strlen(prefix)) != 0)
		any_fail(a, "%s, and what was asked is %s", what,
		    a->surface == NULL ? "nothing" : a->surface);
}

/* The bytes of a file's folder, with its last slash. */
static size_t
any_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash + 1 - path);
}

static void
any_had(struct any *a, const char *id, enum fold_mark mark, bool answered)
{
	struct any_had *had = pathmap_add(&a->had, id, sizeof(*had));

	had->marks |= 1u << mark;
	had->answered = had->answered || answered;
}

/* Is the key a letter that nobody presses to mark? */
static bool
any_is_text(struct any *a)
{
	const struct action *act = bindings_find(a->bindings, a->contexts,
	    a->key);

	return a->by != ANY_EDITOR && !a->acts && a->key > ' ' && a->key < KEYS_UP &&
	    (a->contexts & ACTION_CTX_PANE) != 0 && (act == NULL ||
	    (act->id != ACTION_UNDO && (act->flags & ACTION_OPENS) != 0));
}

static void
any_sent_mark(struct any *a, const cJSON *o)
{
	const char *mark = json_str_or(o, "mark", ""), *id =
	    json_str_or(o, "hunk", "");
	char *what = xasprintf("mark %s %s", mark, id);
	const struct any_had *had = pathmap_find(&a->had, id);
	const struct fold_hunk *h;
	enum action_id by;
	bool seen = json_bool(o, "seen", false);
	enum fold_mark m = strcmp(mark, "none") == 0 ? MARK_NONE :
	    strcmp(mark, "no") == 0 ? MARK_NO : MARK_YES;

	if (fold_find_hunk(a->ui.fold, id, &h) == NULL)
		any_fail(a, "%s: there is none", what);
	/* A text takes back what its letters marked. */
	if (any_is_text(a)) {
		if (m != MARK_NONE && (had == NULL ||
		    (had->marks & 1u << m) == 0))
			any_fail(a, "%s, which it never had", what);
		free(what);
		return;
	}
	by = any_action(a, what);
	if (a->by != ANY_EDITOR && (a->contexts & ACTION_CTX_INPUT) == 0 &&
	    by != ACTION_UNDO && by != ACTION_REDO && a->ui.now < a->marks_at)
		any_fail(a, "%s too early", what);
	if (seen && by != ACTION_NONE)
		any_want_seen(a, what, h->text, h->text_len);
	switch (by) {
	case ACTION_NONE:	/* the editor */
		break;
	case ACTION_ACCEPT:
	case ACTION_LINES_ACCEPT:
		if (!seen)
			any_fail(a, "%s: unseen, by one key", what);
		/* FALLTHROUGH */
	case ACTION_ACCEPT_UNREAD:
	case ACTION_REST_ACCEPT:
	case ACTION_ALL_ACCEPT:
		if (strcmp(mark, "no") == 0 || strcmp(mark, "none") == 0)
			any_fail(a, "%s by a yes", what);
		break;
	case ACTION_UNDO:	/* to clear decides nothing; else it had it, */
	case ACTION_REDO:	/* read or not: the write's row says that */
		if (m != MARK_NONE && (had == NULL ||
		    (had->marks & 1u << m) == 0))
			any_fail(a, "%s, which it never had", what);
		break;
	case ACTION_REJECT:
	case ACTION_REST_REJECT:
	case ACTION_ALL_REJECT:
		if (strcmp(mark, "yes") == 0 || strcmp(mark, "edited") == 0)
			any_fail(a, "%s by a no", what);
		break;
	case ACTION_INPUT_SEND:	/* the word to a refusal */
		if (strcmp(mark, "no") != 0)
			any_fail(a, "%s by a text", what);
		break;
	default:
		any_fail(a, "%s by action %d", what, (int)by);
	}
	free(what);
	any_had(a, id, m, by == ACTION_ACCEPT_UNREAD ||
	    (by == ACTION_NONE && seen));
	a->decided++;
}

static void
any_sent_marks(struct any *a, const cJSON *o)
{
	const cJSON *list = json_get(o, "marks"), *it;

	cJSON_ArrayForEach(it, list)
		any_sent_mark(a, it);
	if (list == NULL)
		any_sent_mark(a, o);
}

/* Only Y writes what was accepted unread, unless Y did that, too. */
static void
any_want_read(struct any *a)
{
	const struct fold_proposal *p = a->ui.fold->proposal;
	const struct fold_hunk *h;
	const struct any_had *had;
	size_t i;

	for (i = 0; a->chose == 0 && i < p->hunks_len; i++) {
		h = p->hunks[i].hunk;
		had = pathmap_find(&a->had, h->id);
		if (!h->decided && review_mark_of(&a->ui.review, h).mark ==
		    MARK_YES && (h->mark != MARK_YES || !h->seen) &&
		    (had == NULL || !had->answered))
			any_want_seen(a, "decide", h->text, h->text_len);
	}
}

/* A write; or Esc drops an undo, which changes nothing. */
static void
any_sent_decide(struct any *a, const cJSON *o)
{
	AUTO_FREE char *text = json_print(o);

	if (a->ui.fold->proposal->undo != 0 &&
	    strstr(text, "\"no\"") != NULL && strstr(text, "\"yes\"") == NULL)
		return;
	any_want_row(a, "decide", ACTION_SEND);
	any_want_surface(a, "decide", "diff:");
	any_want_read(a);
	a->decided++;
}

static void
any_sent_plan(struct any *a, const cJSON *o)
{
	const char *action = json_str_or(o, "action", "");
	enum action_id by = any_action(a, action);
	struct buf b = BUF_INIT(0);
	char *text;

	if (strcmp(action, "approve") == 0) {
		any_want_row(a, "plan", json_bool(o, "fresh", false) ?
		    ACTION_PLAN_FRESH : ACTION_PLAN_APPROVE);
		buf_addf(&b, "plan:%d", (int)json_int(o, "version", 0));
		any_want_surface(a, "plan", buf_str(&b));
		text = plan_text(a->ui.fold);
		if (json_bool(o, "seen", false))
			any_want_seen(a, "plan", text, strlen(text));
		else if (a->chose == 0)
			any_fail(a, "an unseen plan without Y");
		free(text);
	} else if (strcmp(action, "return") == 0 ||
	    strcmp(action, "note") == 0) {
		if (by != ACTION_INPUT_SEND)
			any_fail(a, "a plan gets a %s by %d", action, (int)by);
	} else if (a->by != ANY_EDITOR)
		any_fail(a, "plans are edited by %d", (int)by);
	buf_release(&b);
	a->decided++;
}

static int
any_save_host(void *arg, const char *host, struct err *e)
{
	(void)arg;
	(void)host;
	(void)e;
	return 0;
}

static void
any_sent_answer(struct any *a, const cJSON *o)
{
	struct buf b = BUF_INIT(0);
	static const struct {
		enum action_id	 by;
		const char	*scope;
	} scopes[] = {
		{ ACTION_NET_ONCE, "call" }, { ACTION_NET_SESSION, "session" },
		{ ACTION_NET_ALWAYS, "always" },
	};
	const char *command = a->ui.fold->ask.command;
	const char *scope = json_str_or(o, "scope", "");
	bool host = a->ui.fold->ask.kind == ASK_HOST;
	enum action_id does = host ? ACTION_NET_REJECT : ACTION_FORBID;
	size_t i;

	(void)any_action(a, "answer");
	if (json_bool(o, "allow", false)) {
		does = ACTION_ALLOW;
		for (i = 0; host && i < MEM_COUNT(scopes); i++)
			if (strcmp(scope, scopes[i].scope) == 0)
				does = scopes[i].by;
		if (json_bool(o, "seen", false))
			any_want_seen(a, "command", command, strlen(command));
		else if (a->chose == 0)
			any_fail(a, "an unseen command without Y");
	}
	any_want_row(a, "answer", does);
	buf_addf(&b, "ask:%s", json_str_or(o, "id", ""));
	any_want_surface(a, "answer", buf_str(&b));
	buf_release(&b);
	a->decided++;
}

static void
any_send(void *arg, cJSON *take)
{
	struct any *a = arg;
	const char *type = json_str_or(take, "type", "");

	buf_addf(&a->sent, " %s ", type);
	any_note(a, "sends %s %s %s", type, json_str_or(take, "mark", ""),
	    json_str_or(take, "hunk", ""));
	if (strcmp(type, "mark") == 0)
		any_sent_marks(a, take);
	else if (strcmp(type, "plan") == 0)
		any_sent_plan(a, take);
	else if (strcmp(type, "answer") == 0)
		any_sent_answer(a, take);
	else if (strcmp(type, "decide") == 0)
		any_sent_decide(a, take);
	else if (strcmp(type, "budget") == 0) {
		any_want_row(a, type, a->does);
		any_want_surface(a, type, "pause:");
	} else if (strcmp(type, "undo") == 0) {
		(void)any_action(a, type);
	} else if (strcmp(type, "say") == 0) {
		if (any_action(a, type) != ACTION_INPUT_SEND)
			any_fail(a, "a text is sent by no Enter");
	}
	if (a->echo != NULL && cJSON_GetArraySize(a->echo) < 200)
		cJSON_AddItemToArray(a->echo, take);
	else
		cJSON_Delete(take);
}

/* ---- the core ---- */

static cJSON *
any_line(struct any *a, const char *type)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "seq", ++a->seq);
	json_add_str(o, "type", type);
	json_add_str(o, "by", "core");
	return o;
}

/* Typed text stays, and so does the cursor. */
static void
any_say(struct any *a, cJSON *take)
{
	struct ui *ui = &a->ui;
	bool typing = ui->typing && !input_is_empty(&ui->input);
	char *text = xstrdup(buf_str(&ui->input.text));
	enum ui_purpose purpose = ui->purpose;
	enum pane_id at = ui->at;
	bool due = ui->say.complete.wait == COMPLETE_TAB;
	AUTO_EVENT struct event l = { 0 };
	size_t i;

	any_note(a, "line %s", json_str_or(take, "type", ""));
	event_read(&l, take);
	state_line(ui, &l);
	for (i = 0; ui->fold->proposal != NULL && i <
	    ui->fold->proposal->hunks_len; i++)
		any_had(a, ui->fold->proposal->hunks[i].hunk->id,
		    ui->fold->proposal->hunks[i].hunk->mark, false);
	if (typing && (!ui->typing || ui->purpose != purpose ||
	    (!due && strcmp(text, buf_str(&ui->input.text)) != 0)))
		any_fail(a, "a line of the core took the text away");
	if (typing && at != ui->at && at != PANE_ASK &&
	    ui->at != PANE_TRANSCRIPT)
		any_fail(a, "a line of the core moved who typed");
	free(text);
	cJSON_Delete(take);
}

static cJSON *
any_hunk(struct any *a, int start)
{
	cJSON *h = cJSON_CreateObject();
	struct buf b = BUF_INIT(0);
	char id[20];
	int i, lines = 1 + (int)any_random(a, 8), old = 0, new = 0;

	for (i = 0; i < lines; i++) {
		char sign = "+++- -"[any_random(a, 6)];

		old += sign != '+';
		new += sign != '-';
		buf_addc(&b, sign);
		any_text(a, &b, any_one_in(a, 12) ? 150 : 12);
		buf_addc(&b, '\n');
	}
	snprintf(id, sizeof(id), "%08x%08x", any_random(a, 0xffffffff),
	    (unsigned)a->seq);
	json_add_str(h, "id", id);
	json_add_int(h, "old_start", start);
	json_add_int(h, "old_lines", old);
	json_add_int(h, "new_start", start);
	json_add_int(h, "new_lines", new);
	json_add_bytes(h, "text", b.p, b.len);
	buf_release(&b);
	return h;
}

static cJSON *
any_hunk_again(const struct fold_hunk *h)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", h->id);
	json_add_int(o, "old_start", h->old_start);
	json_add_int(o, "old_lines", h->old_lines);
	json_add_int(o, "new_start", h->new_start);
	json_add_int(o, "new_lines", h->new_lines);
	json_add_bytes(o, "text", h->text == NULL ? "" : h->text, h->text_len);
	return o;
}

static void
any_file_into(cJSON *files, const char *path, cJSON *hunks)
{
	cJSON *f = cJSON_CreateObject(), *side = cJSON_CreateObject();

	json_add_str(f, "path", path);
	json_add_str(f, "status", "modified");
	json_add_str(side, "hash", "ab");
	json_add_int(side, "mode", 0100644);
	json_add_int(side, "size", 10);
	json_set_take(f, "before", cJSON_Duplicate(side, true));
	json_set_take(f, "after", side);
	json_add_str(f, "reason", "because \x1b]0;x\x07 it is so");
	json_set_take(f, "hunks", hunks);
	cJSON_AddItemToArray(files, f);
}

/* A new one, or the next version: some hunks stay, some are gone, some come.
 * `done`: what is decided is gone, and no more. */
static void
any_propose(struct any *a, bool again, bool done)
{
	static const char *const paths[] = { "a.c", "src/b.c", "src/deep/c.h",
		"src/d \x1b[31m.txt", "z" };
	const struct fold_proposal *p = done && a->ui.fold->proposal->undo != 0 &&
	    a->ui.fold->below != NULL ? a->ui.fold->below : a->ui.fold->proposal;
	cJSON *o = any_line(a, "proposal"), *files = cJSON_CreateArray();
	int64_t undo;
	size_t i, j;
	uint32_t n;

	again = again && p != NULL;
	json_add_int(o, "proposal", again ? p->id : 0);
	json_add_int(o, "version", again ? p->version + 1 : 1);
	json_add_bool(o, "final", done || any_one_in(a, 2));
	undo = again ? p->undo : a->undo;
	if (undo != 0)
		json_add_int(o, "undo", undo);
	for (i = 0; i < MEM_COUNT(paths); i++) {
		cJSON *hunks = cJSON_CreateArray();

		for (j = 0; again && i < p->files_len && j <
		    p->files[i].hunks_len; j++)
			if (done ? !p->files[i].hunks[j].decided :
			    !any_one_in(a, 4))
				cJSON_AddItemToArray(hunks, any_hunk_again(
				    &p->files[i].hunks[j]));
		for (n = done ? 0 : any_random(a, again ? 2 : 4); n > 0; n--)
			cJSON_AddItemToArray(hunks, any_hunk(a,
			    (int)n * 100));
		if (cJSON_GetArraySize(hunks) > 0)
			any_file_into(files, again && i < p->files_len ?
			    p->files[i].path : paths[i], hunks);
		else
			cJSON_Delete(hunks);
	}
	json_set_take(o, "files", files);
	any_say(a, o);
}

/* Marks become a decision, which is applied. */
static void
any_decide(struct any *a, const char *all)
{
	const struct fold_proposal *p = a->ui.fold->proposal;
	cJSON *o, *files = cJSON_CreateArray(), *ops = cJSON_CreateArray();
	int64_t undoes = p == NULL ? 0 : p->undo;
	size_t i, j;

	if (p == NULL) {
		cJSON_Delete(files);
		cJSON_Delete(ops);
		return;
	}
	for (i = 0; i < p->files_len; i++) {
		cJSON *f = cJSON_CreateObject(), *hunks = cJSON_CreateArray();
		cJSON *op = cJSON_CreateObject();

		json_add_str(f, "path", p->files[i].path);
		for (j = 0; j < p->files[i].hunks_len; j++) {
			const struct fold_hunk *h = &p->files[i].hunks[j];
			cJSON *d;

			if (h->mark == MARK_NONE && all == NULL)
				continue;
			d = cJSON_CreateObject();
			json_add_str(d, "id", h->id);
			json_add_str(d, "decision", h->mark == MARK_NONE ?
			    all : h->mark == MARK_YES ? "yes" : "no");
			cJSON_AddItemToArray(hunks, d);
		}
		json_set_take(f, "hunks", hunks);
		cJSON_AddItemToArray(files, f);
		json_add_str(op, "path", p->files[i].path);
		json_add_str(op, "op", "replace");
		json_add_bool(op, "ok", true);
		cJSON_AddItemToArray(ops, op);
	}
	o = any_line(a, "decision");
	json_add_int(o, "proposal", p->id);
	json_set_take(o, "files", files);
	any_say(a, o);
	o = any_line(a, "apply_begin");
	json_add_int(o, "tx", ++a->txs);
	json_add_int(o, "decision", a->seq - 1);
	json_add_int(o, "undoes", undoes);
	json_set_take(o, "ops", cJSON_Duplicate(ops, true));
	any_say(a, o);
	o = any_line(a, "applied");
	json_add_int(o, "tx", a->txs);
	json_set_take(o, "ops", ops);
	any_say(a, o);
	any_propose(a, true, true);
}

static void
any_plan(struct any *a)
{
	cJSON *o = any_line(a, "plan"), *steps = cJSON_CreateArray(), *s;
	struct buf b = BUF_INIT(0);
	int n;

	json_add_int(o, "version", ++a->plans);
	json_add_str(o, "status", "proposed");
	any_text(a, &b, 40);
	json_add_bytes(o, "goal", b.p == NULL ? "" : b.p, b.len);
	for (n = (int)any_random(a, 6); n >= 0; n--) {
		s = cJSON_CreateObject();
		buf_clear(&b);
		any_text(a, &b, 30);
		/* Its text is UTF-8 in a plan. */
		json_add_bytes(s, "title", b.p == NULL ? "" : b.p, b.len);
		cJSON_AddItemToArray(steps, s);
	}
	json_set_take(o, "steps", steps);
	buf_release(&b);
	any_say(a, o);
}

static void
any_ask(struct any *a)
{
	cJSON *o = any_line(a, "ask");
	struct buf b = BUF_INIT(0), id = BUF_INIT(0);

	buf_addf(&id, "q%d", ++a->asks);
	json_add_str(o, "id", buf_str(&id));
	buf_adds(&b, "run ");
	do
		any_code_put(a, &b);
	while (!any_one_in(a, 60));
	json_add_str(o, "command", buf_str(&b));
	if (any_one_in(a, 2)) {
		json_add_str(o, "host", buf_str(&b));
		json_add_int(o, "port", 443);
		json_add_str(o, "for", "fetch it");
	}
	json_add_str(o, "why", "no sandbox");
	buf_release(&b);
	buf_release(&id);
	any_say(a, o);
}

static void
any_budget(struct any *a)
{
	cJSON *o = any_line(a, "budget");

	json_add_str(o, "what", any_one_in(a, 2) ? "turns" :
	    any_one_in(a, 2) ? "service" : "tokens");
	json_add_int(o, "used", (int64_t)any_random(a, 100));
	json_add_int(o, "limit", 30);
	any_say(a, o);
}

/* Colours of lines of all lengths, and of none. */
static void
any_colours(struct any *a, const cJSON *c)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(a->ui.fold,
	    json_str_or(c, "hunk", ""), &h);
	const struct fold_side *side;
	char *text;
	int i, n;

	json_add_str(o, "type", any_one_in(a, 8) ? "refused" : "colours");
	json_add_str(o, "to", json_str_or(c, "type", "colours"));
	if (json_str(c, "id") != NULL)
		json_add_str(o, "id", json_str(c, "id"));
	json_add_int(o, "from", any_one_in(a, 16) ? -1 :
	    json_int(c, "from", 1));
	if (f != NULL) {
		side = strcmp(json_str_or(c, "side", ""), "before") == 0 ?
		    &f->before : &f->after;
		json_add_str(o, "hash", side->hash);
	}
	for (i = 0; i < 200; i++) {
		n = i % 40;
		text = xasprintf("%d 0+%dk %d+1s", n, n / 2 + any_one_in(a, 9),
		    n - 1);
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
		free(text);
	}
	json_set_take(o, "lines", list);
	if (any_one_in(a, 16))
		json_add_bool(o, "none", true);
	any_say(a, o);
}

/* Files that the user could mean. */
static cJSON *
any_names(struct any *a)
{
	static const char *const names[] = { "y", "src/A.c", "a \x1b[2J.c", "-",
		"d.png", "\xe6\xbc\xa2.txt" };
	cJSON *list = cJSON_CreateArray();
	uint32_t n = any_random(a, MEM_COUNT(names) + 1);

	while (n-- > 0)
		cJSON_AddItemToArray(list, cJSON_CreateString(names[n]));
	return list;
}

/* An answer to the oldest of what was sent. */
static void
any_echo(struct any *a)
{
	cJSON *c = cJSON_DetachItemFromArray(a->echo, 0), *o;
	const char *type = json_str_or(c, "type", "");
	const cJSON *list = json_get(c, "marks");

	if (any_one_in(a, 8)) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "refused");
		json_add_str(o, "text", "it cannot be \x1b[2J taken");
		any_say(a, o);
	} else if (strcmp(type, "mark") == 0 || strcmp(type, "comment") == 0) {
		o = any_line(a, strcmp(type, "mark") == 0 ? "draft" :
		    "comment");
		json_add_int(o, "proposal", json_int(c, "proposal", 0));
		json_add_str(o, "hunk", json_str_or(c, "hunk", ""));
		json_add_str(o, "mark", strcmp(json_str_or(c, "mark", ""),
		    "edited") == 0 ? "yes" : json_str_or(c, "mark", "none"));
		json_add_int(o, "line", json_int(c, "line", 0));
		json_add_str(o, "text", json_str_or(c, "text", ""));
		json_add_bool(o, "seen", json_bool(c, "seen", false));
		if (list != NULL)
			json_set_take(o, "marks", cJSON_Duplicate(list, 1));
		json_add_str(o, "client", "tty");
		any_say(a, o);
	} else if (strcmp(type, "decide") == 0) {
		any_decide(a, json_str(c, "all"));
	} else if (strcmp(type, "plan") == 0) {
		const char *action = json_str_or(c, "action", "");

		o = any_line(a, "plan");
		json_add_int(o, "version", json_int(c, "version", 0));
		json_add_str(o, "status", strcmp(action, "return") == 0 ?
		    "returned" : strcmp(action, "note") == 0 ? "note" :
		    "approved");
		json_add_str(o, "at", json_str(c, "at"));
		json_add_str(o, "word", json_str(c, "word"));
		any_say(a, o);
	} else if (strcmp(type, "answer") == 0 || strcmp(type, "budget") == 0) {
		o = any_line(a, type);
		json_add_str(o, "id", json_str_or(c, "id", ""));
		json_add_bool(o, "allow", json_bool(c, "allow", false));
		json_add_str(o, "what", "turns");
		json_add_str(o, "action", json_str_or(c, "action", ""));
		any_say(a, o);
	} else if (strcmp(type, "around") == 0) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", type);
		json_add_int(o, "proposal", json_int(c, "proposal", 0));
		json_add_str(o, "hunk", json_str_or(c, "hunk", ""));
		json_add_int(o, "lines", json_int(c, "lines", 0));
		json_add_int(o, "from", 1);
		json_add_str(o, "above", "above\none \x1b[2J\n");
		json_add_str(o, "below", "below\n\ttwo\n");
		json_add_bool(o, "top", any_one_in(a, 2));
		json_add_bool(o, "bottom", any_one_in(a, 2));
		any_say(a, o);
	} else if (strcmp(type, "paths") == 0) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", type);
		json_add_str(o, "match", any_one_in(a, 4) ? "y" :
		    json_str_or(c, "match", ""));
		json_set_take(o, "paths", any_names(a));
		json_add_int(o, "more", any_random(a, 3));
		json_add_bool(o, "partial", any_one_in(a, 4));
		any_say(a, o);
	} else if (strcmp(type, "colours") == 0 ||
	    strcmp(type, "code") == 0) {
		any_colours(a, c);
	} else if (strcmp(type, "undo") == 0 && fold_can_undo(a->ui.fold)) {
		a->undo = json_int(c, "tx", 1);
		any_propose(a, false, false);
		a->undo = 0;
	}
	cJSON_Delete(c);
}

/* The journal's text of lines that came cut; some aren't there any more. */
static const char *
any_journal(void *arg, int64_t seq, size_t *n)
{
	static char line[4096];
	int i;

	(void)arg;
	if (seq % 11 == 0)
		return NULL;
	*n = (size_t)snprintf(line, sizeof(line), "{\"seq\":%lld,\"text\":\"",
	    (long long)seq);
	for (i = (int)(seq % 37); i >= 0; i--)
		*n += (size_t)snprintf(line + *n, sizeof(line) - *n,
		    "%d \\u202ea\\u0301 \\u001b[2J \\u4e2d\\n", i);
	*n += (size_t)snprintf(line + *n, sizeof(line) - *n,
	    "\",\"thinking\":\"so\\nit is %lld\"}", (long long)seq);
	return line;
}

/* The members of the line that are away, and no text. */
static void
any_cut(cJSON *o, const char *member)
{
	cJSON *cut = cJSON_CreateObject();

	json_add_int(cut, member, 5000);
	json_set_take(o, "cut", cut);
}

static void
any_chatter(struct any *a)
{
	bool cut = any_one_in(a, 3);
	static const char *const states[] = { "model", "tool", "evidence",
		"retry", "waiting", "idle", "applying", "starting" };
	struct buf b = BUF_INIT(0);
	cJSON *o;

	any_words(a, &b, any_one_in(a, 5) ? 400 : 20);
	if (any_one_in(a, 3))
		buf_adds(&b, "\n# Head\n- item `code`\n```c\nx\n```\n");
	switch (any_random(a, 11)) {
	case 0:
		o = cJSON_CreateObject();
		json_add_str(o, "type", "status");
		json_add_str(o, "state", states[any_random(a,
		    MEM_COUNT(states))]);
		break;
	case 1:
	case 2:
		o = cJSON_CreateObject();
		json_add_str(o, "type", "delta");
		json_add_str(o, "kind", any_one_in(a, 2) ? "text" :
		    any_one_in(a, 2) ? "thinking" : "output");
		break;
	case 3:
		o = any_line(a, "user_message");
		break;
	case 4:
		o = any_line(a, "assistant_message");
		if (cut)
			any_cut(o, "thinking");
		break;
	case 5:
		o = any_line(a, "tool_call");
		json_add_str(o, "id", "c1");
		json_add_str(o, "name", "bash");
		json_add_str(o, "title", buf_str(&b));
		break;
	case 6:
		o = any_line(a, "tool_result");
		json_add_str(o, "id", "c1");
		json_add_str(o, "name", "bash");
		json_add_bool(o, "ok", any_one_in(a, 2));
		if (cut)
			any_cut(o, "text");
		break;
	case 7:
		o = any_line(a, "evidence");
		json_add_str(o, "status", any_one_in(a, 2) ? "running" :
		    "done");
		json_add_str(o, "command", "make check");
		json_add_int(o, "exit", (int64_t)any_random(a, 3));
		break;
	case 8:
		o = any_line(a, "note");
		break;
	case 9:
		o = any_line(a, "error");
		json_add_str(o, "kind", "server");
		break;
	default:
		o = any_line(a, any_one_in(a, 6) ? "agent_end" : "turn_start");
		json_add_int(o, "turn", a->step);
		json_add_str(o, "phase", "execute");
		json_add_str(o, "outcome", "done");
		break;
	}
	json_add_bytes(o, "text", b.p == NULL ? "" : b.p, b.len);
	buf_release(&b);
	any_say(a, o);
}

/* Another screen marks some hunks, or edits them. */
static void
any_elsewhere(struct any *a)
{
	static const char *const marks[] = { "yes", "no", "none", "edited" };
	const struct fold_proposal *p = a->ui.fold->proposal;
	cJSON *o, *list, *m;
	uint32_t n = 1 + any_random(a, 3);

	if (p == NULL || p->hunks_len == 0)
		return;
	o = any_line(a, "draft");
	json_add_int(o, "proposal", p->id);
	json_add_str(o, "client", "other");
	list = cJSON_CreateArray();
	while (n-- > 0) {
		m = cJSON_CreateObject();
		json_add_str(m, "hunk", p->hunks[any_random(a,
		    (uint32_t)p->hunks_len)].hunk->id);
		json_add_str(m, "mark", marks[any_random(a,
		    MEM_COUNT(marks))]);
		json_add_str(m, "edit", any_one_in(a, 2) ? "+a\n" : "+bc\n");
		cJSON_AddItemToArray(list, m);
	}
	json_set_take(o, "marks", list);
	any_say(a, o);
}

static void
any_core(struct any *a)
{
	const struct fold *f = a->ui.fold;

	if (cJSON_GetArraySize(a->echo) > 0 && !any_one_in(a, 3)) {
		any_echo(a);
		return;
	}
	switch (any_random(a, 40)) {
	case 0:
		any_propose(a, false, false);
		break;
	case 1:
	case 2:
		any_propose(a, true, false);
		break;
	case 3:
		if (a->ui.fold->plan.status != FOLD_PLAN_PROPOSED)
			any_plan(a);
		break;
	case 4:
		if (f->ask.command == NULL)
			any_ask(a);
		break;
	case 5:
		if (f->pause == NULL && any_one_in(a, 3))
			any_budget(a);
		break;
	case 6:
		any_elsewhere(a);
		break;
	default:
		if (f->proposal == NULL && any_one_in(a, 4))
			any_propose(a, false, false);
		else
			any_chatter(a);
		break;
	}
}

/* ---- the terminal ---- */

/* The action of the current row of the list of commands. */
static const struct action *
any_row(struct any *a)
{
	const struct picker *p = a->ui.pick.list;
	size_t row = p == NULL ? SIZE_MAX : picker_row(p), i;

	for (i = 0; row != SIZE_MAX && i < action_table_len; i++)
		if (strcmp(action_table[i].name, picker_text(p, row)) == 0)
			return &action_table[i];
	return NULL;
}

static void
any_key(void *arg, const struct key_event *ev)
{
	struct any *a = arg;
	size_t len = a->ui.input.text.len;
	enum ui_purpose purpose = a->ui.purpose;
	const struct action *act;

	a->key = ev->key;
	a->contexts = ui_contexts(&a->ui);
	a->row = any_row(a);
	a->events += ev->key != 0;
	if (ev->key == 0)
		a->by = ANY_OTHER;
	a->keyed = true;
	a->chose = strlen(ev_str(a->ui.confirm.chosen, ""));
	state_key(&a->ui, ev);
	/* No write for a while after a key that doesn't only move. */
	act = bindings_find(a->bindings, a->contexts, ev->key);
	if (ev->key != KEYS_ENTER && (act == NULL ||
	    (act->flags & ACTION_UNLISTED) == 0) &&
	    a->counts_at < a->ui.now + REVIEW_OWN_MS)
		a->counts_at = a->ui.now + REVIEW_OWN_MS;
	a->in_sequence = false;
	/* Typed characters are in the text; in the empty line one shows the
	 * keys. */
	if (a->contexts == ACTION_CTX_INPUT && ev->key >= ' ' &&
	    ev->key < 0x7f && (ev->key != '?' || len > 0) && a->ui.typing && a->ui.purpose == purpose &&
	    a->ui.pick.list == NULL &&
	    a->ui.input.text.len != len + 1)
		any_fail(a, "'%c' is lost while a text is typed",
		    (int)ev->key);
}

/* Is it one key, and not the begin of a mark? */
static bool
any_is_key(const char *p, size_t n)
{
	uint32_t cp;

	if (n == 0)
		return false;
	return p[0] != '\033' ? utf8_next(p, n, &cp) == n : n == 1 ||
	    (p[1] != '[' && n <= (p[1] == 'O' ? 3 : 2));
}

static void
any_feed(struct any *a, const char *p, size_t n, enum any_by by)
{
	struct buf b = BUF_INIT(0);
	bool whole;

	sanitize_add(&b, p, n, SANITIZE_ASCII);
	any_note(a, "key %s", buf_str(&b));
	buf_release(&b);
	a->by = by;
	/* A key alone after a second of silence ends a paste. */
	a->in_paste = a->in_paste && (!any_is_key(p, n) ||
	    a->ui.now - a->fed < KEYS_WAIT_MS);
	a->fed = a->ui.now;
	/* A lone ESC that came to nothing, in a paste's wake. */
	if (by == ANY_TYPED && n > 0 && memchr("[O]", p[0], 3) == NULL)
		a->in_sequence = false;
	whole = by == ANY_TYPED && !a->in_paste && memchr(p, '\033', n) == NULL;
	a->events = 0;
	keys_expect(a->keys, true);
	a->many = n > 1;
	keys_feed(a->keys, p, n, a->ui.now);
	/* After ESC or a paste one may be taken for the rest of that. */
	if (whole && a->whole && a->events != n)
		any_fail(a, "of %zu keys came %zu", n, a->events);
	a->whole = whole && a->events == n;
	a->by = ANY_OTHER;
}

static void
any_wait(struct any *a, int64_t ms)
{
	a->ui.now += ms;
	a->in_sequence = a->in_sequence &&
	    a->ui.now < a->begun + KEYS_WAIT_MS;
	keys_tick(a->keys, a->ui.now);
	if (state_deadline(&a->ui) < 0 || a->ui.now < state_deadline(&a->ui))
		return;
	a->acts = a->ui.held.row != NULL;
	a->chose = strlen(ev_str(a->ui.confirm.chosen, ""));
	xstrset(&a->held, a->ui.held.row);
	(void)state_tick(&a->ui);
	a->acts = false;
}

static void
any_keys(struct any *a)
{
	static const char letters[] = "yyyynnYYYYaadfFAJJJKKuxxrsvevt hp!UUmm]["
	    "++=--cPwWWSS<>|| jkbgGzz//NnC\x0eZRio?qdc12341234ZCewsDTXEBVM;::@@@";
	static const char *const seqs[] = { "\033[A", "\033[B", "\033OA",
		"\033[1;5A", "\033[5~", "\033[6~", "\033[I", "\033[O",
		"\033[[A", "\033[M yA", "\033[<0;1;1M", "\033]11;rgb:y/A/a\007",
		"\033[?62;c", "\033[200~yA\rY\033[201~", "\033[Z",
		"\033[H", "\033[F", "\033P1$ry\033\\", "\xc3\xa9",
		"\xe6\xbc\xa2", "\033[13;2u" };
	static const char others[] = "\r\r\r\r\r\r\r\t\t\033\033\003\006\002\016\020"
	    "\014\001\005\013\025\027\004\010\177\032\012";
	char c[4];
	const char *s;
	size_t n, cut;

	switch (any_random(a, 10)) {
	case 0:
		c[0] = others[any_random(a, sizeof(others) - 1)];
		any_feed(a, c, 1, ANY_TYPED);
		a->in_sequence = c[0] == '\033';
		a->begun = a->ui.now;
		break;
	case 1:
		s = seqs[any_random(a, MEM_COUNT(seqs))];
		n = strlen(s);
		cut = any_random(a, (uint32_t)n + 1);
		/* Nobody asked for one of these, so after a lone Esc its bytes
		 * are keys. */
		if (cut == 1 && s[1] == 'P')
			cut = 2;
		a->in_sequence = true;
		any_feed(a, s, cut, ANY_OTHER);
		any_wait(a, any_one_in(a, 3) ? 100 : any_one_in(a, 2) ? 1500 :
		    0);
		a->in_sequence = true;
		any_feed(a, s + cut, n - cut, ANY_OTHER);
		a->in_sequence = false;
		/* One paste in another ends both. */
		a->in_paste = a->in_paste && strstr(s, "[201~") == NULL;
		break;
	case 2:		/* more than one in one read */
		for (n = 0; n < 3; n++)
			c[n] = letters[any_random(a, sizeof(letters) - 1)];
		any_feed(a, c, 2 + any_random(a, 2), ANY_TYPED);
		a->in_sequence = false;
		break;
	case 3:
		if (!any_one_in(a, 8))
			break;
		a->in_paste = true;
		any_feed(a, "\033[200~yA", 8, ANY_OTHER);
		break;
	default:
		c[0] = any_one_in(a, 6) ? (char)(' ' + any_random(a, 95)) :
		    letters[any_random(a, sizeof(letters) - 1)];
		any_feed(a, c, 1, ANY_TYPED);
		a->in_sequence = false;
		break;
	}
	if (a->in_paste && any_one_in(a, 6)) {
		any_feed(a, "\033[201~yAY", 9, ANY_OTHER);
		a->in_paste = false;
		/* Bytes right after it belong to it. */
		any_wait(a, KEYS_PASTE_MS);
	}
}

static void any_frame(struct any *);
static void any_stand(struct any *);

/* A user who looks around: out of whatever is open, to what waits, and through
 * it. */
static void
any_look(struct any *a)
{
	static const char *const ways[] = { "\025\0334gJA\rY",
		"\025\0334J:hrej\r", "\025\0334x\r", "\025\0331y\rY",
		"\025\033\ty\rY", "\025\033\ts\r", "\025\033i @", "\025\0334gJ", "\025\0334gJ",
		"\0334", "\025\033\t", "\025\0331", "\033C" };
	const char *p = ways[any_random(a, MEM_COUNT(ways))];
	int pages = (int)any_random(a, 6);

	if (a->in_paste || a->in_sequence)
		return;
	for (; *p != '\0'; p++) {
		any_feed(a, p, 1, ANY_TYPED);
		any_wait(a, 1100);
		any_frame(a);
		any_wait(a, 1100);
	}
	while (pages-- > 0) {
		any_feed(a, " ", 1, ANY_TYPED);
		any_wait(a, 100);
		any_frame(a);
	}
}

/* The last write is undone, or the one in the list; or not after all. */
static void
any_undo(struct any *a)
{
	static const char *const ways[] = { "\025\0332u", "\025\0332U",
		"\025\0333Cu" };
	const char *p = ways[any_random(a, MEM_COUNT(ways))];
	cJSON *o;

	if (a->in_paste || a->in_sequence)
		return;
	/* Somebody else decides what is open, or it stays so. */
	if (any_one_in(a, 2))
		any_decide(a, "yes");
	if (a->ui.fold->ask.command != NULL) {
		o = any_line(a, "answer");
		json_add_str(o, "id", a->ui.fold->ask.id);
		any_say(a, o);
	}
	for (; *p != '\0'; p++) {
		any_stand(a);
		any_feed(a, p, 1, ANY_TYPED);
	}
	while (cJSON_GetArraySize(a->echo) > 0)
		any_echo(a);
	any_stand(a);
	if (any_one_in(a, 2)) {
		any_feed(a, "\r", 1, ANY_TYPED);
		any_stand(a);
		any_feed(a, "Y", 1, ANY_TYPED);
	}
}

/* The plan in the editor: looked at, changed, made no plan, or not ended
 * well. */
static void
any_plan_edited(struct any *a)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(0);
	size_t len = 0;
	int64_t version;
	char *text = edit_plan.text(&a->ui, &len, &version, &e);

	buf_add(&b, text == NULL ? "" : text, len);
	free(text);
	if (any_one_in(a, 3) && b.len > 0)
		b.p[b.len - 1] = '!';
	else if (any_one_in(a, 2)) {
		buf_clear(&b);
		buf_adds(&b, "# Goal\nanother\n# Steps\n1. one\n");
	}
	if (any_one_in(a, 2))
		any_core(a);
	a->by = ANY_EDITOR;
	edit_plan.done(&a->ui, any_one_in(a, 3) ? NULL : buf_str(&b), b.len,
	    version, "it failed");
	a->by = ANY_OTHER;
	buf_release(&b);
}

/* The loop's work for the screen: the editor returns with a text. */
static void
any_wants(struct any *a)
{
	struct ui *ui = &a->ui;
	enum ui_edit edit = ui->want_edit;
	char *text, *plus;
	size_t len = 0;

	ui->want.loop = UI_WANT_NONE;
	if (ui->look.copy != NULL)
		export_clear(ui);
	ui->want_edit = UI_EDIT_NONE;
	if (edit == UI_EDIT_NONE)
		return;
	any_note(a, "editor %d", (int)edit);
	ui_draws(ui, FRAME_ALL);
	if (edit == UI_EDIT_PLAN) {
		any_plan_edited(a);
		return;
	}
	if (any_one_in(a, 2))
		any_core(a);
	a->by = ANY_EDITOR;
	if (edit == UI_EDIT_HUNK) {
		text = any_one_in(a, 3) ? NULL : edit_hunk.text(ui, &len, NULL, NULL);
		plus = text == NULL ? NULL : strstr(text, "\n+");
		if (plus != NULL && any_one_in(a, 2))
			plus[1] = '#';	/* one line less */
		edit_hunk.done(ui, text, len, 0, "it failed");
		free(text);
	} else {
		export_clear(ui);
	}
	a->by = ANY_OTHER;
}

/* ---- frames ---- */

/* No byte that a terminal would obey, and no half of a wide character. */
static void
any_check_grid(struct any *a)
{
	const struct screen *s = a->ui.screen;
	struct sanitize_unit u;
	const struct cell *c;
	size_t n;
	int y, x;

	for (y = 0; y < s->rows; y++)
		for (x = 0; x < s->cols; x++) {
			c = screen_cell(s, y, x);
			n = strlen(c->text);
			if (n == 0)
				any_fail(a, "half a character at %d,%d", y, x);
			if (c->style >= STYLE_COUNT)
				any_fail(a, "no style at %d,%d", y, x);
			sanitize_next(c->text, n, s->flags, 0, &u);
			if (u.used != n || u.is_mark || u.width > 2)
				any_fail(a, "not for a terminal at %d,%d", y,
				    x);
			if (u.width == 2 && (++x >= s->cols ||
			    screen_cell(s, y, x)->text[0] != '\0'))
				any_fail(a, "a wide one is cut at %d,%d", y,
				    x);
		}
	if (s->cursor_y >= s->rows || s->cursor_x >= s->cols)
		any_fail(a, "the cursor is outside");
}

/* The same once more, with nothing left of how it came about. */
static void
any_check_redraw(struct any *a, bool anew)
{
	struct ui *ui = &a->ui;
	struct screen was = *ui->screen;
	size_t i, n = (size_t)was.rows * (size_t)was.cols;
	int x, y;

	memset(ui->screen, 0, sizeof(*ui->screen));
	screen_resize(ui->screen, was.rows, was.cols);
	ui->screen->flags = was.flags;
	for (i = 0; anew && i < PANE_COUNT; i++)
		ui->panes[i].stale = true;
	frame_draw(ui, FRAME_ALL);
	if (memcmp(was.cells, ui->screen->cells, n * sizeof(*was.cells)) != 0) {
		struct buf b = BUF_INIT(0);

		for (y = 0; y < was.rows; y++) {
			x = memcmp(was.cells + y * was.cols,
			    ui->screen->cells + y * was.cols,
			    (size_t)was.cols * sizeof(*was.cells));
			if (x == 0)
				continue;
			buf_clear(&b);
			screen_row(&was, y, &b);
			print_message("# was %d |%s\n", y, buf_str(&b));
			buf_clear(&b);
			screen_row(ui->screen, y, &b);
			print_message("# now %d |%s\n", y, buf_str(&b));
		}
		any_fail(a, "drawn again it looks otherwise%s", anew ?
		    " (pages made anew)" : "");
	}
	if (was.cursor_y != ui->screen->cursor_y ||
	    was.cursor_x != ui->screen->cursor_x)
		any_fail(a, "drawn again the cursor is elsewhere");
	screen_release(&was);
}

/* All marks, which are what a key of the review writes. */
static char *
any_all_marks(const struct any *a)
{
	const struct fold_proposal *p = a->ui.fold->proposal;
	struct buf b = BUF_INIT(0);
	struct review_mark m;
	size_t i;

	for (i = 0; a->ui.at == PANE_DIFF && p != NULL && i < p->hunks_len;
	    i++) {
		m = review_mark_of(&a->ui.review, p->hunks[i].hunk);
		buf_addf(&b, "%d.%zu ", (int)m.mark, m.edit_len);
	}
	return buf_take(&b);
}

/* The name of a prompt, malloc'ed; NULL for none. */
static char *
any_surface(const struct any *a, enum review_prompt prompt, int64_t of)
{
	static const char *const names[] = {
		[PROMPT_CONFIRM] = "confirm", [PROMPT_LIMIT] = "pause",
		[PROMPT_PLAN] = "plan",
		[PROMPT_CHANGES] = "changes", [PROMPT_DIFF] = "diff",
		[PROMPT_LINES] = "lines",
	};

	/* Answers name it. */
	if (prompt == PROMPT_ASK)
		return xasprintf("ask:%s", a->ui.fold->ask.id);
	return names[prompt] == NULL ? NULL : xasprintf("%s:%lld",
	    names[prompt], (long long)of);
}

/* The texts and questions of a frame, to be compared when it is on the
 * screen. */
static void
any_send_frame(struct any *a, int64_t at)
{
	const struct screen *s = a->ui.screen;
	struct any_late *l = &a->late[a->late_len];
	char *surface, *marks;
	const struct fold_file *file;
	const struct fold_hunk *h;
	enum review_prompt prompt;
	struct review_target target = { 0 };
	uint32_t cp;
	int64_t of;
	size_t i, n = (size_t)s->rows * (size_t)s->cols;

	l->at = a->late_len > 0 && l[-1].at > at ? l[-1].at : at;
	l->codes = xcalloc(n + 1, sizeof(*l->codes));
	l->codes_len = 0;
	for (i = 0; i < n; i++)
		if ((unsigned char)s->cells[i].text[0] >= 0x80 &&
		    utf8_next(s->cells[i].text, strlen(s->cells[i].text),
		    &cp) > 0 && cp < ANY_CODES)
			l->codes[l->codes_len++] = cp;
	h = diff_hunk(&a->ui, &file);
	/* On the row of a file or folder, its hunks are what a key is for. */
	file = diff_row(&a->ui, &target);
	if (a->ui.at != PANE_DIFF)
		l->hunk = NULL;
	else if (file == NULL)
		l->hunk = h == NULL ? NULL : xstrdup(h->id);
	else
		l->hunk = xasprintf("file:%.*s", (int)(target.scope ==
		    REVIEW_FOLDER ? any_folder(file->path) :
		    strlen(file->path)), file->path);
	l->asked = ui_contexts(&a->ui);
	/* A row that doesn't stand says nothing, nor does a hunk of a pane that
	 * isn't in front: neither is news. */
	l->does = confirm_stands(&a->ui) ? a->ui.confirm.action : ACTION_NONE;
	l->capital = l->does != ACTION_NONE && (a->ui.review.told ?
	    a->ui.review.drawn.capital : a->ui.confirm.capital);
	prompt = prompt_now(&a->ui, &of);
	l->surface = surface = any_surface(a, prompt, of);
	marks = any_all_marks(a);
	l->what = xasprintf("%s %s %x %d %d %s", surface == NULL ? "" :
	    surface, l->hunk == NULL ? "" : l->hunk,
	    l->asked, (int)l->does + 1000 * l->capital, (int)a->ui.at, marks);
	free(marks);
	l->came = !a->keyed;
	a->keyed = false;
	a->late_len++;
	review_sent(&a->ui.review, at);
}

static void
any_late_release(struct any_late *l)
{
	free(l->codes);
	free(l->hunk);
	free(l->what);
	free(l->surface);
}

/* It begins to stand, unless it stood before. */
static void
any_stands(struct any *a, const struct any_late *l, bool moved)
{
	if (a->what != NULL && strcmp(a->what, l->what) == 0)
		return;
	xstrset(&a->what, l->what);
	a->counts_at = a->ui.now + (l->came ? REVIEW_MS : REVIEW_OWN_MS);
	if (l->came && moved)
		a->marks_at = a->counts_at;
}

static void
any_settle(struct any *a)
{
	size_t n, i;
	bool moved;

	verdict_settle(&a->ui, a->ui.now);

	for (n = 0; n < a->late_len && a->late[n].at <= a->ui.now; n++) {
		struct any_late *l = &a->late[n];

		for (i = 0; i < l->codes_len; i++)
			a->shown[l->codes[i]] = 1;
		/* A row that says more is no other text. */
		moved = strcmp(ev_str(a->surface, ""), ev_str(l->surface,
		    "")) != 0 || strcmp(ev_str(a->hunk, ""), ev_str(l->hunk,
		    "")) != 0;
		free(a->surface);
		free(a->hunk);
		a->surface = xstrdup_null(l->surface);
		any_stands(a, l, moved);
		a->hunk = xstrdup_null(l->hunk);
		a->asked = l->asked;
		a->does = l->does;
		a->capital = l->capital;
		any_late_release(l);
		any_note(a, "shown");
	}
	a->late_len -= n;
	memmove(a->late, a->late + n, a->late_len * sizeof(*a->late));
	if (a->ui.review.frames_len != a->late_len || (a->late_len > 0 &&
	    a->ui.review.frames[0].at != a->late[0].at))
		any_fail(a, "the next to settle is another one");
}

static void
any_frame(struct any *a)
{
	enum frame what = a->ui.want.frame;
	bool again, anew;

	/* As the loop does it: what is said to differ, no more. */
	frame_draw_told(&a->ui, what == FRAME_NONE ? FRAME_SAME :
	    what);
	any_check_grid(a);
	/* Drawn again before it settles, what it shows is still unread. */
	again = any_one_in(a, what == FRAME_LINE || what == FRAME_HINTS ? 2 :
	    8);
	anew = again && any_one_in(a, 2);
	if (again && !a->ui.review.told)
		any_check_redraw(a, anew);
	/* One that could not be written has shown nothing. */
	if (any_one_in(a, 12))
		return;
	any_send_frame(a, a->ui.now + (a->late_len + 1 < ANY_LATE &&
	    any_one_in(a, 3) ? (int64_t)any_random(a, 400) : 0));
	any_note(a, "frame");
	/* It is full: time goes by. */
	if (a->late_len + 1 == ANY_LATE)
		a->ui.now = a->late[a->late_len - 1].at;
	any_settle(a);
}

static void
any_check(struct any *a)
{
	const struct ui *ui = &a->ui;

	if ((unsigned)ui->at >= PANE_COUNT)
		any_fail(a, "no pane has the focus");
	if (ui->at == PANE_ASK && ui->fold->ask.command == NULL &&
	    ui->fold->pause == NULL)
		any_fail(a, "the focus is where nothing is asked");
	if (confirm_is_question(ui) && ui->confirm.question == NULL)
		any_fail(a, "a question without words");
	if (confirm_stands(ui) && ui->confirm.question == NULL)
		any_fail(a, "a row without words");
	if (ui_contexts(ui) == ACTION_CTX_CONFIRM && ui->typing)
		any_fail(a, "a question while a text is typed");
	if (confirm_is_question(ui) && ui->pick.list != NULL)
		any_fail(a, "a question below a list");
}

/* Does the row of hints name a way out? A notice ends by itself. */
static void
any_check_hints(struct any *a)
{
	static const char *const ways[] = { "Esc", "q quit", "? help", "Tab",
		"cancel", "confirm", "any other key", "detach", "back",
		": commands",
		"keys in a moment" };	/* it ends by itself, too */
	const struct ui *ui = &a->ui;
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t i;
	int y;

	if (ui->screen->rows < 8 || ui->screen->cols < 20 || ui->notice != NULL)
		return;
	for (y = 0; y < ui->layout.hints.rows; y++)
		screen_row(ui->screen, ui->layout.hints.y + y, &b);
	for (i = 0; i < MEM_COUNT(ways); i++)
		if (strstr(buf_str(&b), ways[i]) != NULL)
			return;
	any_fail(a, "no way out in the hints at %d columns: \"%s\"",
	    ui->screen->cols, buf_str(&b));
}

/* Wait until a frame is on the screen. */
static void
any_stand(struct any *a)
{
	any_wait(a, 1100);
	frame_draw(&a->ui, FRAME_ALL);
	any_send_frame(a, a->ui.now);
	any_settle(a);
	any_wait(a, REVIEW_MS);
	frame_draw(&a->ui, FRAME_ALL);
}

/* Out of whatever is open, by Esc alone, to the question whether to quit. */
static void
any_leave(struct any *a)
{
	struct ui *ui = &a->ui;
	int i;

	if (a->in_paste || a->in_sequence)
		return;
	any_note(a, "leave");
	for (i = 0; i < 3 && !a->whole; i++) {
		any_stand(a);
		any_feed(a, "\014", 1, ANY_TYPED);
	}
	any_stand(a);
	for (i = 0; i < 10 && (ui_contexts(ui) & ACTION_CTX_PANE) == 0; i++) {
		any_check_hints(a);
		any_feed(a, "\033", 1, ANY_TYPED);
		any_stand(a);
	}
	if ((ui_contexts(ui) & ACTION_CTX_PANE) == 0)
		any_fail(a, "Esc doesn't lead out");
	/* A page that came by itself may still wait for Tab. */
	if (ui->waits.until == UNTIL_TAB) {
		any_feed(a, "\033", 1, ANY_TYPED);
		any_stand(a);
	}
	any_check_hints(a);
	any_feed(a, "q", 1, ANY_TYPED);
	if (ui->want.loop == UI_WANT_END || ui->want.loop == UI_WANT_DETACH) {
		/* There was nothing to choose. */
		ui->want.loop = UI_WANT_NONE;
		return;
	}
	if (ui->confirm.action != ACTION_QUIT)
		any_fail(a, "q doesn't ask whether to quit");
	any_stand(a);
	any_check_hints(a);
	any_feed(a, "x", 1, ANY_TYPED);
	if (ui->confirm.action == ACTION_QUIT)
		any_fail(a, "another key doesn't stay");
}

/* What the words of a key promise: a mark, a row that asks, or something that
 * opens. */
static bool
any_does(const struct any *a, const struct action *act)
{
	const struct ui *ui = &a->ui;
	const char *sent = buf_str(&a->sent);

	if (act->id == ACTION_INTERRUPT)
		return input_is_empty(&ui->input) || strstr(sent,
		    "interrupt") != NULL || strncmp(ev_str(ui->notice, ""),
		    "again: ", 7) == 0;
	if ((act->flags & ACTION_OPENS) != 0)
		return ui->typing || ui->help || ui->pick.list != NULL ||
		    ui->want_edit != UI_EDIT_NONE || a->sent.len > 0 ||
		    ui->confirm.action == ACTION_QUIT;
	if ((act->flags & ACTION_DECIDES) == 0 || act->id == ACTION_DO ||
	    act->id == ACTION_CONFIRM)
		return true;
	return (act->contexts & (ACTION_CTX_DIFF | ACTION_CTX_LINES)) != 0 &&
	    act->id != ACTION_SEND ? strstr(sent, " mark ") != NULL :
	    confirm_stands(ui) && ui->confirm.action == act->id;
}

/* A key that is shown, in words or by the row of a write or answer, or any key. */
static const struct action *
any_pick(struct any *a, bool *shown)
{
	const struct ui *ui = &a->ui;
	const struct action *act = &action_table[any_random(a,
	    (uint32_t)action_table_len)];
	const struct offer *o = &ui->offers.list[any_random(a,
	    (uint32_t)ui->offers.len)];

	*shown = !any_one_in(a, 3);
	if (*shown && confirm_stands(ui) && any_one_in(a, 2))
		return action_find(ui->confirm.capital ? ACTION_CONFIRM :
		    ACTION_DO);
	if (*shown)
		return o->cols > 0 ? o->a : NULL;
	return (ui_contexts(ui) & (ACTION_CTX_PANE | ACTION_CTX_PICK)) != 0 &&
	    (act->flags & ACTION_UNLISTED) == 0 &&
	    (act->contexts & (ACTION_CTX_PICK | ACTION_CTX_INPUT)) == 0 ? act :
	    NULL;
}

/* A key that the screen shows does what its words say once it counts, and never
 * says that it does nothing.  (What writes or answers needs a row: any_want_row.)
 * Any other key changes the screen, or says why not. */
static void
any_offered(struct any *a)
{
	static const char *const nothing[] = { "does nothing", "just changed",
		"text? ", "press it again", "(null)" };
	struct ui *ui = &a->ui;
	const struct action *act;
	struct key_event ev = { 0 };
	size_t n = (size_t)ui->screen->rows * (size_t)ui->screen->cols, i;
	AUTO_FREE void *was = NULL;
	bool shown;

	if (a->in_paste || a->in_sequence || !ui->fold->live ||
	    ui->screen->rows < 16 || ui->screen->cols < 60)
		return;
	any_feed(a, "\014", 1, ANY_TYPED);
	ui->want.loop = UI_WANT_NONE;
	any_stand(a);
	if (ui->offers.len == 0 || ui->confirm.action == ACTION_QUIT ||
	    (act = any_pick(a, &shown)) == NULL ||
	    ui_key_of(ui, act->id)[0] == '\0')
		return;
	ev.key = key_name_parse(ui_key_of(ui, act->id),
	    strcspn(ui_key_of(ui, act->id), " "));
	any_note(a, "presses %s", act->name);
	was = xmemdup(ui->screen->cells, n * sizeof(*ui->screen->cells));
	buf_clear(&a->sent);
	FREE_NULL(ui->notice);
	a->by = ANY_TYPED;
	any_key(a, &ev);
	a->by = ANY_OTHER;
	for (i = 0; shown && ui->notice != NULL && i < MEM_COUNT(nothing); i++)
		if (strstr(ui->notice, nothing[i]) != NULL || (act->none !=
		    NULL && (act->flags & ACTION_UNLISTED) == 0 &&
		    strstr(ui->notice, act->none) != NULL))
			any_fail(a, "%s is shown, and says: %s", act->name,
			    ui->notice);
	if (shown && !any_does(a, act))
		any_fail(a, "%s is shown, and does something else: %s",
		    act->name, ev_str(ui->notice, ""));
	frame_draw(ui, FRAME_ALL);
	if (a->sent.len == 0 && ui->want_edit == UI_EDIT_NONE &&
	    ui->want.loop == UI_WANT_NONE && ui->want.fork == 0 &&
	    ui->look.copy == NULL && memcmp(was, ui->screen->cells, n *
	    sizeof(*ui->screen->cells)) == 0)
		any_fail(a, "%s is silent", act->name);
}

static void
any_step(struct any *a)
{
	static const int64_t pauses[] = { 0, 1, 30, 60, 700, 1100 };
	int rows, cols;

	buf_clear(&a->trail[a->step % ANY_TRAIL]);
	any_note(a, "%d", a->step);
	if (any_one_in(a, 2)) {
		any_settle(a);
		any_keys(a);
		any_wants(a);
	}
	/* The terminal was somebody else's for a while. */
	if (any_one_in(a, 200)) {
		review_unsend(&a->ui.review);
		FREE_NULL(a->what);
		a->counts_at = a->ui.now + 1;
		while (a->late_len > 0)
			any_late_release(&a->late[--a->late_len]);
	}
	switch (any_random(a, 16)) {
	case 0:
		if (!any_one_in(a, 6))
			break;
		rows = (int)any_random(a, any_one_in(a, 3) ? 8 : 60);
		cols = (int)any_random(a, any_one_in(a, 3) ? 30 : 170);
		any_note(a, "size %d %d", rows, cols);
		screen_resize(a->ui.screen, rows, cols);
		a->ui.review.came = true;
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		any_core(a);
		break;
	case 5:
		if (any_one_in(a, 8))
			any_leave(a);
		else
			any_look(a);
		break;
	case 6:
		any_wait(a, pauses[any_random(a, MEM_COUNT(pauses))]);
		break;
	case 7:
		if (any_one_in(a, 16))
			any_undo(a);
		else
			any_offered(a);
		break;
	default:
		any_keys(a);
		break;
	}
	any_wants(a);
	any_check(a);
	if (any_one_in(a, 5))
		return;
	any_wait(a, (int64_t)any_random(a, 40));
	any_frame(a);
	if (any_one_in(a, 2)) {
		any_keys(a);
		any_wants(a);
		any_frame(a);
	}
	any_check(a);
}

static cJSON *
any_live(void)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "type", "live");
	return o;
}

static void
any_run(uint32_t seed, int steps)
{
	struct any *a = xcalloc(1, sizeof(*a));
	size_t i;

	a->seed = seed;
	a->narrow = a->wide = 0x1400;
	a->random = seed * 2654435761u | 1;
	a->shown = xcalloc(ANY_CODES, 1);
	a->taken = xcalloc(ANY_CODES, 1);
	a->echo = cJSON_CreateArray();
	a->bindings = bindings_new(NULL, "", NULL);
	state_init(&a->ui, a->bindings, any_send, a);
	a->ui.save_host = any_save_host;
	a->ui.colours.wanted = true;
	a->ui.transcript.source.line = any_journal;
	a->keys = keys_new(any_key, a);
	a->ui.now = 100000;
	screen_resize(a->ui.screen, 24, 80);
	any_say(a, any_line(a, "session_start"));
	for (a->step = 0; a->step < steps; a->step++) {
		if (a->step == ANY_CHECKS)
			state_checking(&a->ui);
		if (a->step == 2 * ANY_CHECKS)
			any_say(a, any_live());
		any_step(a);
	}
	print_message("# seed %u: %d steps, %d decisions, %d changes\n", seed,
	    steps, a->decided, a->txs);
	/* It would be a poor test that never got that far. */
	if (steps >= 5000)
		assert_true(a->decided > 0);
	for (i = 0; i < ANY_TRAIL; i++)
		buf_release(&a->trail[i]);
	while (a->late_len > 0)
		any_late_release(&a->late[--a->late_len]);
	cJSON_Delete(a->echo);
	a->echo = NULL;
	buf_release(&a->sent);
	free(a->surface);
	free(a->hunk);
	free(a->what);
	pathmap_release(&a->had);
	free(a->shown);
	free(a->taken);
	keys_free(a->keys);
	state_release(&a->ui);
	bindings_free(a->bindings);
	free(a);
}

TEST(test_any)
{
	uint32_t seed;

	if (any_wish.seed != 0) {
		any_run(any_wish.seed, any_wish.steps);
		return;
	}
	/* Short runs begin where long ones never come again. */
	for (seed = 1; seed <= 4; seed++)
		any_run((uint32_t)rounds_seed() - 1 + seed, any_wish.steps);
}

int
main(int argc, char **argv)
{
	any_wish.steps = (int)rounds_of(6000, 250000);
	if (argc > 1)
		any_wish.steps = (int)strtol(argv[1], NULL, 10);
	if (argc > 2)
		any_wish.seed = (uint32_t)strtoul(argv[2], NULL, 10);
	return unit_run();
}
