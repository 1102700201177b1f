/* The questions of plain mode, answered by a letter and Enter. */

#include "config.h"

#include "cmd/plain.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/offer.h"
#include "cmd/ask.h"
#include "cmd/select.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "front/print.h"
#include "gate/patch.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/session.h"
#include "review/review.h"

#define PLAIN_TYPED_MAX ((size_t)8 << 20)

#define PLAIN_LISTED 20		/* changes that g lists */

/* The next open hunk after the one with this id; after the last comes the first.
 * NULL: there is none. */
static const struct fold_hunk *
plain_next_open(const struct plain *p, const char *id)
{
	const struct fold_proposal *pr = p->fold->proposal;
	const struct fold_hunk *after = NULL;
	size_t i, k;

	(void)fold_find_hunk(p->fold, id, &after);
	k = after == NULL ? 0 : after->place + 1;
	for (i = 0; pr != NULL && i < pr->hunks_len; i++, k++)
		if (review_is_open(p->review,
		    pr->order[k % pr->hunks_len].hunk))
			return pr->order[k % pr->hunks_len].hunk;
	return NULL;
}

static void
plain_list(const struct plain *p, size_t at)
{
	const struct fold_proposal *pr = p->fold->proposal;
	size_t n = pr->hunks_len, i, from = n <= PLAIN_LISTED ||
	    at < PLAIN_LISTED / 2 ? 0 : at - PLAIN_LISTED / 2;

	if (n > PLAIN_LISTED && from + PLAIN_LISTED > n)
		from = n - PLAIN_LISTED;
	for (i = from; i < n && i < from + PLAIN_LISTED; i++) {
		const struct fold_hunk *h = pr->order[i].hunk;

		print_words(stdout, "%c%c%4zu  %s  -%d,%d +%d,%d",
		    i == at ? '>' : ' ', review_is_open(p->review, h) ? ' ' :
		    '*', i + 1, pr->order[i].file->path, h->old_start,
		    h->old_lines, h->new_start, h->new_lines);
	}
	plain_say("* is marked; \"g %zu\" goes to the last of them", n);
}

/* "g 3": to the third hunk; "g" lists them. */
static void
plain_go(struct plain *p, const struct fold_hunk *h, const char *word)
{
	const struct fold_proposal *pr = p->fold->proposal;
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	if (word[0] == '\0')
		plain_list(p, h->place);
	else if (*end != '\0' || number < 1 || number > pr->hunks_len)
		plain_say("must be a number from 1 to %zu", pr->hunks_len);
	else
		xstrset(&p->next, pr->order[number - 1].hunk->id);
}

/*
 * The questions about hunks, one at a time.  A hunk is printed in full before
 * its question, and an answer applies only to that text.
 */

#define PLAIN_AROUND 5	/* rows: the question about a change */

static void __attribute__((format(printf, 3, 4)))
plain_prompt(struct plain *p, enum plain_question of, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	FREE_SET(p->prompt, xvasprintf(fmt, ap));
	va_end(ap);
	p->question = of;
	ask_prompt(stdout, p->prompt);
}

void
plain_close(struct plain *p)
{
	client_ask(p->client, REVIEW_NOTHING);
	p->question = PLAIN_NOTHING;
	xstrset(&p->hunk, NULL);
}

/* The answers. Their letters are the screen's default keys, and some of our
 * own. */
enum plain_own {
	PLAIN_GO = 'g', PLAIN_AGAIN = 'p', PLAIN_PAGER = 'P', PLAIN_ALIKE = '&'
};

static const struct plain_choice {
	unsigned	 of;		/* these questions */
	enum action_id	 id;
	char		 letter;	/* its own; or 0 */
	const char	*text;		/* that follows: "TEXT", or "[N]", which
					   can be missing; or NULL */
	bool		 asks;		/* the question names it */
	const char	*does;		/* NULL: as the key's sentence says, or what
					   is asked */
} plain_choices[] = {
	{ PLAIN_ALLOW, ACTION_ALLOW, 0, NULL, true, NULL },
	{ PLAIN_GIVEN, ACTION_ALLOW, 0, "[ANSWER]", true,
	    "gives your answer; alone the one that is there" },
	{ PLAIN_OUTSIDE, ACTION_ALLOW, 'Y', NULL, true, NULL },
	{ PLAIN_ALLOW | PLAIN_GIVEN | PLAIN_OUTSIDE, ACTION_FORBID, 0, NULL,
	    true, NULL },
	{ PLAIN_HOST, ACTION_NET_ONCE, 0, NULL, true, NULL },
	{ PLAIN_HOST, ACTION_NET_SESSION, 0, NULL, true, NULL },
	{ PLAIN_HOST, ACTION_NET_REJECT, 0, NULL, true, NULL },
	{ PLAIN_PICKED, ACTION_LINES_ACCEPT, 'y', NULL, true, "accept it" },
	{ PLAIN_DISCARD, ACTION_DISCARD, 'Y', NULL, true, "discard it" },
	{ PLAIN_WRITE, ACTION_SEND, 'y', NULL, true, "write it" },
	{ PLAIN_WRITE_ALL, ACTION_SEND, 'Y', NULL, true, "write it" },
	{ PLAIN_PICKED | PLAIN_WRITE | PLAIN_DISCARD | PLAIN_WRITE_ALL,
	    ACTION_ROW_LEAVE, 'n', NULL, true, "go back" },
	{ PLAIN_PLAN, ACTION_PLAN_APPROVE, 0, NULL, true, NULL },
	{ PLAIN_PLAN, ACTION_PLAN_FRESH, 'f', NULL, true, NULL },
	{ PLAIN_PLAN, ACTION_PLAN_RETURN, 0, "[TEXT]", true, NULL },
	{ PLAIN_PLAN, ACTION_PLAN_NOTE, 0, "ROW TEXT", true,
	    "note on a row: a step's number, goal, check, \"file N\" or "
	    "\"risk N\"; the model gets it with your answer" },
	{ PLAIN_PLAN, ACTION_QUIT, 0, NULL, true, "leave" },
	{ PLAIN_LIMIT, ACTION_EXTEND, 0, "[AMOUNT]", true, NULL },
	{ PLAIN_LIMIT, ACTION_WRAP, 0, NULL, true, NULL },
	{ PLAIN_SERVICE, ACTION_WAIT, 0, NULL, true, NULL },
	{ PLAIN_LIMIT | PLAIN_SERVICE, ACTION_STOP, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_ACCEPT, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_ACCEPT_UNREAD, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_NONE, PLAIN_ALIKE, NULL, false,
	    "accept it and all that make the same change" },
	{ PLAIN_CHANGE, ACTION_REJECT, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_REJECT_WORD, 0, "TEXT", true, NULL },
	{ PLAIN_CHANGE, ACTION_REST_ACCEPT, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_REST_REJECT, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_ALL_ACCEPT, 0, NULL, false,
	    "accept all open hunks" },
	{ PLAIN_CHANGE, ACTION_SPLIT, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_DISCARD, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_HUNK_EDIT, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_LINES, 0, NULL, false,
	    "accept some of its lines" },
	{ PLAIN_CHANGE, ACTION_LINE_COMMENT, 0, "[N TEXT]", false,
	    "comment on its line N, as numbered by v (0: the whole hunk); it goes "
	    "along with your decision, or with /send" },
	{ PLAIN_CHANGE, ACTION_UNDO, 0, NULL, false, "undo your last mark" },
	{ PLAIN_CHANGE, ACTION_HUNK_NEXT, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_HUNK_PREV, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_NONE, PLAIN_GO, "[N]", false,
	    "to hunk N; without N, list the hunks" },
	{ PLAIN_CHANGE, ACTION_NONE, PLAIN_AGAIN, NULL, false,
	    "print it again" },
	{ PLAIN_CHANGE, ACTION_LOOK_PAGER, PLAIN_PAGER, NULL, false,
	    "show it in the pager" },
	{ PLAIN_CHANGE, ACTION_CHECK, 0, NULL, false, NULL },
	{ PLAIN_CHANGE, ACTION_SEND, 0, NULL, true, NULL },
	{ PLAIN_CHANGE, ACTION_QUIT, 0, NULL, true,
	    "leave; your marks are kept" },
};

static char
plain_letter(const struct plain_choice *c)
{
	return c->letter != 0 ? c->letter : action_find(c->id)->keys[0];
}

/* What a line chooses, and *word, the text after the letter; NULL: nothing. */
static const struct plain_choice *
plain_choose(enum plain_question of, const char *line, const char **word)
{
	const struct plain_choice *c = plain_choices;

	line += strspn(line, " ");
	*word = line[0] == '\0' ? line : line + 1 + strspn(line + 1, " ");
	while (c < plain_choices + MEM_COUNT(plain_choices) &&
	    ((c->of & of) == 0 || plain_letter(c) != line[0]))
		c++;
	return c == plain_choices + MEM_COUNT(plain_choices) ||
	    (line[1] != '\0' && line[1] != ' ' && c->letter != PLAIN_GO) ||
	    (**word != '\0' ? c->text == NULL : c->text != NULL &&
	    c->text[0] != '[') ? NULL : c;
}

/* What a question is about: a hunk of the file, or else the text. */
static void
plain_print(FILE *out, const struct fold_file *f, size_t at, const char *text)
{
	if (f != NULL)
		ask_change(out, out, f, &f->hunks[at]);
	else
		print_text(out, "- ", "    ", text);
}

/* Does it fit on the terminal, and so many rows beside it? One without a size
 * fits any. */
static bool
plain_ask_fits(const struct fold_file *f, size_t at, const char *ask,
    int around)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0, k;
	struct winsize ws;
	FILE *out;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_row == 0 ||
	    (out = open_memstream(&text, &n)) == NULL)
		return true;
	print_as(out, pager_columns(stdout));
	plain_print(out, f, at, ask);
	print_as(NULL, 0);
	if (fclose(out) != 0)
		return true;
	for (k = 0; k < n; k++)
		around += text[k] == '\n';
	return around <= ws.ws_row;
}

/* Print it; in the pager if the user wants that (`page`), or the terminal can't
 * show all of it at once, as git does with a diff. If the pager fails, without.
 * False: the user left the pager before it had read all of it. */
static bool
plain_page(const struct fold_file *f, size_t at, const char *ask, bool page)
{
	enum pager_result r = PAGER_FAILED;

	if (page || (!plain_is_needed() && !plain_ask_fits(f, at, ask,
	    PLAIN_AROUND))) {
		(void)pager_begin();
		plain_print(stdout, f, at, ask);
		r = pager_end();
	}
	if (r == PAGER_FAILED)
		plain_print(stdout, f, at, ask);
	return r != PAGER_LEFT;
}

/* All of a text of this length was shown. */
static void
plain_seen(struct plain *p, const char *id, size_t len)
{
	struct seen *s = seen_get(p->review, id, len);

	s->framed = true;
	seen_count(s, 0, s->len);
}

static void
plain_ask_show(struct plain *p, const struct fold_file *f, size_t at, bool page)
{
	if (plain_page(f, at, NULL, page))
		plain_seen(p, f->hunks[at].id, f->hunks[at].text_len);
}

/* ---- what can be answered ---- */

/* What the answer marks. */
static struct review_target
plain_target(enum action_id id, const struct fold_file *file,
    const struct fold_hunk *h)
{
	struct review_target t = { .scope = REVIEW_HUNK, .mark = MARK_YES,
		.file = file, .hunk = h };

	switch (id) {
	case ACTION_REJECT:
	case ACTION_REJECT_WORD:
		t.mark = MARK_NO;
		break;
	case ACTION_REST_REJECT:
		t.mark = MARK_NO;
		/* FALLTHROUGH */
	case ACTION_REST_ACCEPT:
		t.scope = REVIEW_REST;
		break;
	case ACTION_ALL_ACCEPT:
		t.scope = REVIEW_ALL;
		break;
	case ACTION_NONE:	/* PLAIN_ALIKE */
		t.scope = REVIEW_ALIKE;
		break;
	default:
		break;
	}
	return t;
}

/* What a choice does, in words; malloc'ed. */
static char *
plain_does(const struct plain *p, const struct plain_choice *c)
{
	const struct action *a = action_find(c->id);
	const struct fold_ask_row *row = fold_ask_row(&p->fold->ask);
	AUTO_FREE char *key = a == NULL ? NULL : xmemdup(a->help,
	    action_does(a));
	struct buf words = BUF_INIT(0);

	fold_add_words(&words, p->fold, c->does != NULL ? c->does :
	    c->id == ACTION_ALLOW ? row->yes : c->id == ACTION_FORBID ?
	    row->no : key);
	return buf_take(&words);
}

static void
plain_help(const struct plain *p, const struct fold_file *file,
    const struct fold_hunk *h)
{
	const struct plain_choice *c = plain_choices;

	for (; c < plain_choices + MEM_COUNT(plain_choices); c++) {
		AUTO_FREE char *keys = xasprintf("%c %s", plain_letter(c),
		    c->text == NULL ? "" : c->text);
		AUTO_FREE char *lead = xasprintf("%-11s", keys), *does = NULL;

		if ((c->of & p->question) == 0 ||
		    !offer_can(p->review, file, h, c->id))
			continue;
		does = plain_does(p, c);
		print_text(stdout, lead, "           ", does);
	}
}

/* "n,r,x,q": the letters that the question names; for a hunk they come after
 * its y. Some are followed by what to type, or by what they do. */
static char *
plain_letters(const struct plain *p, enum plain_question of,
    const struct fold_file *file, const struct fold_hunk *h)
{
	const struct plain_choice *c = plain_choices;
	struct buf b = BUF_INIT(0);

	for (; c < plain_choices + MEM_COUNT(plain_choices); c++) {
		if ((c->of & of) == 0 || !c->asks ||
		    !offer_can(p->review, file, h, c->id))
			continue;
		buf_addf(&b, "%s%c", b.len == 0 ? "" : of == PLAIN_HOST ? ", " :
		    ",", plain_letter(c));
		if (of == PLAIN_GIVEN && c->text != NULL)
			buf_adds(&b, " ANSWER");
		if (of == PLAIN_HOST && c->id != ACTION_NET_REJECT)
			buf_addf(&b, " = %s", action_find(c->id)->hint);
	}
	return buf_take(&b);
}

/* How many others make the same change. */
static void
plain_say_alike(const struct plain *p, const struct fold_hunk *h)
{
	size_t group;

	review_alike_make(p->review);
	group = review_alike(p->review, h);
	if (group > 0)
		plain_say("%zu others make the same change; %c %s all of "
		    "them", review_alike_len(p->review, group) - 1,
		    PLAIN_ALIKE, fold_word(p->fold, "accepts"));
}

/* Ask whether what is marked is to be written, in the words of the screen's row;
 * once it is written, nothing is asked. */
static void
plain_ask_write(struct plain *p)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	enum plain_question of = review_write(p->review, "y", "capital Y",
	    &b).capital ? PLAIN_WRITE_ALL : PLAIN_WRITE;
	AUTO_FREE char *letters = plain_letters(p, of, NULL, NULL);

	p->marked = p->review->marked;
	client_ask(p->client, REVIEW_DIFF);
	plain_prompt(p, of, "%s; n goes back [%s]", buf_str(&b), letters);
}

/* It is printed, unless it was just asked about. */
static void
plain_ask_change(struct plain *p)
{
	const struct fold_file *f = NULL;
	const struct fold_hunk *h = NULL;
	AUTO_FREE char *about = NULL, *letters = NULL;
	const char *alone;
	bool again, none = review_effect(p->review).open == 0;

	f = fold_find_hunk(p->fold, p->next, &h);
	if (f == NULL || h->decided) {
		h = plain_next_open(p, p->after);
		f = h == NULL ? NULL : fold_find_hunk(p->fold, h->id, NULL);
	}
	if (h == NULL && p->fold->reads)
		plain_say("no hunk is open; your marks stay until it changes");
	if (h == NULL && (p->fold->reads || review_effect(p->review).all == 0))
		plain_close(p);
	else if (h == NULL)
		plain_ask_write(p);
	if (h == NULL)
		return;
	again = p->hunk != NULL && strcmp(p->hunk, h->id) == 0 &&
	    p->overwrites == h->overwrites;
	if (!again) {
		putchar('\n');
		plain_ask_show(p, f, (size_t)(h - f->hunks), false);
		plain_say_alike(p, h);
	}
	xstrset(&p->hunk, h->id);
	p->overwrites = h->overwrites;
	client_ask(p->client, REVIEW_DIFF);
	about = ask_about(f->path);
	letters = plain_letters(p, PLAIN_CHANGE, f, h);
	alone = fold_note_alone(f);
	plain_prompt(p, PLAIN_CHANGE, "%sin %s%s%s (%zu/%d) %s this hunk? "
	    "[y,%s,?]", !none || p->fold->reads ? "" :
	    "all hunks are marked; x asks once more\n",
	    about, alone != NULL ? ", " : "", ev_str(alone, ""), h->place + 1,
	    fold_hunks(p->fold->proposal), fold_word(p->fold, "accept"),
	    letters);
}

/* The change of the question, if its text is still the same and it overwrites
 * newer lines only if the question said so. */
static const struct fold_hunk *
plain_hunk(struct plain *p, const struct fold_file **file)
{
	const struct fold_hunk *h;

	*file = fold_find_hunk(p->fold, p->hunk, &h);
	return h == NULL || h->decided || h->overwrites != p->overwrites ?
	    NULL : h;
}

/* The answer about this change. */
static void
plain_answered(struct plain *p, const struct fold_hunk *h, cJSON *o_take)
{
	xstrset(&p->after, h->id);
	xstrset(&p->next, NULL);
	if (o_take != NULL)
		plain_send_take(p, o_take);
}

static void
plain_edit_accept(struct plain *p, const struct fold_hunk *h, const char *text,
    size_t len)
{
	plain_answered(p, h, review_edit(p->review, h, text, len, true,
	    false));
}

/* Mark what the answer names, and ask about the next open hunk. */
static void
plain_mark(struct plain *p, const struct fold_file *f,
    const struct fold_hunk *h, enum action_id id, const char *word)
{
	struct review_target t = plain_target(id, f, h);
	AUTO(review_choice_release) struct review_choice c =
	    review_choose(p->review, &t);

	if (id == ACTION_ACCEPT && !seen_is_full(seen_find(p->review, h->id)))
		plain_say("you left the pager before the end of this hunk; p "
		    "prints it again, Y %s it %s", fold_word(p->fold,
		    "accepts"), fold_word(p->fold, "unread"));
	else if (c.len == 0)
		plain_say("%s", c.newer > 0 ? FOLD_OVERWRITES_ALONE :
		    "no hunk is open");
	else
		plain_answered(p, t.scope == REVIEW_HUNK || t.scope ==
		    REVIEW_ALIKE ? h : c.hunks[c.len - 1], review_marks(
		    p->review, c.hunks, c.len, t.mark, word, t.scope ==
		    REVIEW_HUNK, id == ACTION_ACCEPT_UNREAD ||
		    t.scope == REVIEW_ALIKE));
}

/* ---- some of its lines ---- */

static void
plain_ask_lines(struct plain *p, const struct fold_hunk *h)
{
	AUTO_FREE struct hunk_line *lines = NULL;
	size_t i, n = hunk_text_cut(h->text, h->text_len, &lines);
	int k = 0;

	for (i = 0; i < n; i++) {
		AUTO_FREE char *text = NULL, *lead = NULL, *rest = NULL;

		if (lines[i].sign != '+' && lines[i].sign != '-')
			continue;
		text = xmemdup(lines[i].p + 1, lines[i].len - 1);
		lead = xasprintf("%4d %c", ++k, lines[i].sign);
		rest = xasprintf("     %c", lines[i].sign);
		print_text(stdout, lead, rest, text);
	}
	if (k == 0) {
		plain_say("this hunk has no lines");
		return;
	}
	plain_prompt(p, PLAIN_LINES, "%s which lines, such as 1,3-5? "
	    "[Enter: back]", fold_word(p->fold, "accept"));
}

static void
plain_answer_lines(struct plain *p, const struct fold_hunk *h,
    const char *line)
{
	AUTO_FREE char *letters = plain_letters(p, PLAIN_PICKED, NULL, NULL);
	AUTO_FREE int *numbers = NULL;
	struct err e = ERR_INIT;
	size_t n = 0;

	if (*line == '\0')
		p->question = PLAIN_CHANGE;
	else if (select_numbers(line, &numbers, &n) < 0 ||
	    select_lines(h, numbers, n, &p->picked, &e) < 0) {
		plain_say("%s", err_is_set(&e) ? e.text : "must be numbers such "
		    "as 1,3-5");
		ask_prompt(stdout, p->prompt);
	} else {
		print_hunk(stdout, buf_str(&p->picked), p->picked.len);
		plain_prompt(p, PLAIN_PICKED, "%s this? [%s]",
		    fold_word(p->fold, "accept"), letters);
	}
}

/* ---- the editor ---- */

static void
plain_edited(struct plain *p, const struct buf *b)
{
	const struct fold_file *f;
	const struct fold_hunk *h;
	struct hunk_amended m;
	struct err e = ERR_INIT;

	h = plain_hunk(p, &f);
	if (b == NULL)
		;
	else if (h == NULL)
		plain_say("the hunk is different now; your edit was not "
		    "sent");
	else if (hunk_text_amend(&m, h->text, h->text_len, buf_str(b), b->len,
	    &e) < 0)
		plain_say("not sent, because it doesn't fit: %s", e.text);
	else {
		if (m.len == h->text_len &&
		    memcmp(m.text, h->text, m.len) == 0)
			plain_say("not edited; y %s it as it is",
			    fold_word(p->fold, "accepts"));
		else
			plain_edit_accept(p, h, m.text, m.len);
		hunk_amended_release(&m);
	}
	plain_ask_change(p);
}

static void
plain_edit(struct plain *p, const struct fold_hunk *h)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	struct err e = ERR_INIT;

	if (h->text_len == 0) {
		plain_say("this hunk has no lines to edit");
		return;
	}
	buf_addf(&b,
	    "# ' ' keeps a line, '-' removes it, '+' adds one; lines with "
	    "# are ignored.\n@@ -%d,%d +%d,%d @@\n",
	    h->old_start, h->old_lines, h->new_start, h->new_lines);
	buf_add(&b, h->text, h->text_len);
	if (editor_start(&p->editor, "hunk.diff", buf_str(&b), b.len, 0,
	    &e) < 0)
		plain_say("%s", e.text);
	else
		plain_editing(p, plain_edited);
}

/* ---- comments ---- */

/* The line in the text of the n-th changed line; 0 if there is none. */
static int
plain_changed_line(const struct fold_hunk *h, unsigned long n)
{
	AUTO_FREE struct hunk_line *lines = NULL;
	size_t i, len = hunk_text_cut(h->text, h->text_len, &lines);
	int at = 0;

	for (i = 0; i < len && at == 0; i++)
		if ((lines[i].sign == '+' || lines[i].sign == '-') && --n == 0)
			at = (int)i + 1;
	return at;
}

/* "3 why so": a comment on the hunk's third changed line; without text, removes
 * the comment. */
static void
plain_comment(struct plain *p, const struct fold_hunk *h, const char *s)
{
	char *end = NULL;
	unsigned long n = isdigit((unsigned char)*s) ? strtoul(s, &end, 10) : 0;
	int line = end == NULL || n == 0 ? 0 : plain_changed_line(h, n);

	if (end == NULL || (*end != '\0' && *end != ' ') ||
	    (n > 0 && line == 0)) {
		plain_say("no such line; a comment on line 1 is \"c 1 TEXT\", "
		    "one on the whole hunk \"c 0 TEXT\" (v prints the "
		    "numbers)");
		return;
	}
	plain_send_take(p, command_comment(p->fold->proposal, h->id, line,
	    line, end + strspn(end, " ")));
}

/* ---- answers ---- */

/* Take back the last marks, and ask about the first of them again. */
static void
plain_unmark(struct plain *p)
{
	struct review_stepped step;
	cJSON *o = review_step(p->review, true, &step);

	if (o != NULL)
		plain_send_take(p, o);
	if (step.hunk == NULL)
		plain_say("no mark to undo");
	else if (step.n == 0)
		plain_say("not undone: it overwrites newer lines");
	else
		xstrset(&p->next, step.hunk);
}

static void
plain_answer_change(struct plain *p, const struct fold_file *f,
    const struct fold_hunk *h, const struct plain_choice *c, const char *word)
{
	const struct fold_proposal *pr = p->fold->proposal;
	bool back = c->id == ACTION_HUNK_PREV;

	switch (c->id) {
	case ACTION_ACCEPT:
	case ACTION_ACCEPT_UNREAD:
	case ACTION_REJECT:
	case ACTION_REJECT_WORD:
	case ACTION_ALL_ACCEPT:
	case ACTION_REST_REJECT:
		plain_mark(p, f, h, c->id, word);
		break;
	case ACTION_REST_ACCEPT:
		if (h->overwrites)
			plain_say("%s", FOLD_OVERWRITES_ALONE);
		else
			plain_mark(p, f, h, c->id, NULL);
		break;
	case ACTION_SPLIT:
		if (!hunk_text_has_parts(h->text, h->text_len)) {
			plain_say("can't split this hunk: no unchanged lines "
			    "separate its parts");
			break;
		}
		/* Ask about the hunk's first part next. */
		xstrset(&p->after, h->place == 0 ? NULL :
		    pr->order[h->place - 1].hunk->id);
		plain_send_take(p, command_about(p->fold->proposal,
		    "split", h->id));
		/* The hunk's parts come with the next version of the
		 * proposal. */
		plain_close(p);
		break;
	case ACTION_LINES:
		plain_ask_lines(p, h);
		break;
	case ACTION_HUNK_EDIT:
		if (p->fold->reads)
			plain_say(FOLD_NO_EDIT);
		else
			plain_edit(p, h);
		break;
	case ACTION_LINE_COMMENT:
		plain_comment(p, h, word);
		break;
	case ACTION_DISCARD:
		if (!fold_stages(p->fold)) {
			plain_say(FOLD_NO_DISCARD);
			break;
		}
		plain_prompt(p, PLAIN_DISCARD, "discard it? It goes out of your "
		    "file; /undo brings it back. [Y,n]");
		break;
	case ACTION_UNDO:
		plain_unmark(p);
		break;
	case ACTION_HUNK_NEXT:
	case ACTION_HUNK_PREV:
		if (h->place == (back ? 0 : pr->hunks_len - 1))
			plain_say("no %s hunk", back ? "earlier" : "later");
		else
			xstrset(&p->next, pr->order[back ? h->place - 1 :
			    h->place + 1].hunk->id);
		break;
	case ACTION_NONE:
		if (c->letter == PLAIN_GO)
			plain_go(p, h, word);
		else if (c->letter == PLAIN_ALIKE)
			plain_mark(p, f, h, ACTION_NONE, NULL);
		else
			FREE_NULL(p->hunk);
		break;
	case ACTION_LOOK_PAGER:
		plain_ask_show(p, f, (size_t)(h - f->hunks), true);
		break;
	case ACTION_CHECK:
		plain_send_take(p, command_of("evidence"));
		p->checks = true;
		plain_close(p);
		break;
	case ACTION_SEND:
		if (offer_can(p->review, f, h, c->id))
			plain_ask_write(p);
		else
			plain_say(p->fold->reads ?
			    "nothing is staged in this review" :
			    "nothing is marked");
		break;
	case ACTION_QUIT:
		p->quit = true;
		plain_close(p);
		break;
	default:
		break;
	}
}

bool
plain_stands(void *arg)
{
	struct plain *p = arg;
	const struct fold_file *f;

	return p->client->kind != REVIEW_DIFF || ((p->question & (PLAIN_WRITE |
	    PLAIN_WRITE_ALL)) != 0 ? p->marked == p->review->marked :
	    plain_hunk(p, &f) != NULL);
}

void
plain_closed(void *arg)
{
	struct plain *p = arg;

	putchar('\n');
	plain_say("this has changed; nothing was marked");
	plain_close(p);
	xstrset(&p->told, NULL);
}

static void
plain_ask_plan(struct plain *p)
{
	const struct fold_plan *plan = &p->fold->plan;
	AUTO_FREE char *letters = plain_letters(p, PLAIN_PLAN, NULL, NULL);
	AUTO_BUF struct buf notes = BUF_INIT(0);

	if (plan->notes_len > 0)
		buf_addf(&notes, ", %zu note%s", plan->notes_len,
		    plan->notes_len == 1 ? "" : "s");
	plain_prompt(p, PLAIN_PLAN, "plan v%d, %zu step%s%s: approve this "
	    "plan? [%s,?]", plan->version - plan->before, plan->steps_len,
	    plan->steps_len == 1 ? "" : "s", buf_str(&notes), letters);
}

/* "2 why so", "check use ctest": a note; without a text, removes it. */
static void
plain_note(struct plain *p, const char *s)
{
	AUTO_FREE char *at = fold_plan_at_cut(&p->fold->plan, &s);

	if (at != NULL) {
		plain_send_take(p, command_plan_note(p->fold, at, s));
		return;
	}
	plain_say("no such row; a note on step 1 is \"c 1 TEXT\", one on the "
	    "goal \"c goal TEXT\"");
	xstrset(&p->told, NULL);
}

/* The limit, the usage so far, and the answers to type. */
static void
plain_ask_limit(struct plain *p)
{
	AUTO_BUF struct buf text = BUF_INIT(0), used = BUF_INIT(0);
	AUTO_BUF struct buf step = BUF_INIT(0);
	enum plain_question of = fold_pause_until(p->fold) > 0 ?
	    PLAIN_SERVICE : PLAIN_LIMIT;
	AUTO_FREE char *letters = plain_letters(p, of, NULL, NULL);

	fold_pause_words(p->fold, &text, &used, &step);
	if (of == PLAIN_SERVICE) {
		plain_prompt(p, of, "%s: wait until then, or stop? [%s,?]",
		    buf_str(&text), letters);
		return;
	}
	if (step.len > 0)
		buf_addf(&text, "; so far %s: extend by %s or another amount "
		    "(\"e 10\")", buf_str(&used), buf_str(&step));
	else
		buf_addf(&text, "; so far %s: continue", buf_str(&used));
	plain_prompt(p, PLAIN_LIMIT, "%s, let the model wrap up, or stop? "
	    "[%s,?]", buf_str(&text), letters);
}

/* May this run, connect, be sent? The text was printed. */
static void
plain_ask_allow(struct plain *p)
{
	const struct fold_ask *ask = &p->fold->ask;
	bool foreign = fold_ask_is(ask, ASK_FOREIGN);
	enum plain_question of = ask->kind == ASK_HOST ? PLAIN_HOST :
	    ask->given != NULL ? PLAIN_GIVEN :
	    fold_ask_is(ask, ASK_OUTSIDE) ? PLAIN_OUTSIDE : PLAIN_ALLOW;
	AUTO_FREE char *about = ask_about(foreign ? ask->why :
	    ask->command);
	AUTO_FREE char *letters = plain_letters(p, of, NULL, NULL);

	if (ask->given != NULL && ask->given[0] != '\0')
		plain_say("y alone answers: %s", ask->given);
	plain_prompt(p, of, foreign ? "%s %s [%s]" : "about %s: %s [%s]",
	    about, fold_ask_row(ask)->title, letters);
}

void
plain_answer(struct plain *p, const char *line)
{
	const struct fold_file *f = NULL;
	const struct fold_hunk *h = p->client->kind == REVIEW_DIFF ?
	    plain_hunk(p, &f) : NULL;
	const char *word;
	const struct plain_choice *c = plain_choose(p->question, line, &word);
	cJSON *o = c == NULL || p->question == PLAIN_CHANGE ? NULL :
	    offer_command(p->review, c->id, c->id == ACTION_DISCARD ? h->id :
	    word[0] == '\0' ? NULL : word);

	if (o != NULL) {
		plain_send_take(p, o);
		plain_close(p);
	} else if (p->question == PLAIN_LINES)
		plain_answer_lines(p, h, line);
	else if (p->question == PLAIN_CHANGE && c != NULL)
		plain_answer_change(p, f, h, c, word);
	else if (c == NULL || c->id == ACTION_EXTEND) {
		if (line[0] != '\0')
			plain_help(p, f, h);
		ask_prompt(stdout, p->prompt);
		return;
	} else if (c->id == ACTION_PLAN_NOTE || c->id == ACTION_QUIT) {
		plain_close(p);
		p->quit = c->id == ACTION_QUIT;
		if (!p->quit)
			plain_note(p, word);
	} else if (c->id == ACTION_LINES_ACCEPT) {
		plain_edit_accept(p, h, buf_str(&p->picked), p->picked.len);
		p->question = PLAIN_CHANGE;
	} else {
		if ((p->question & (PLAIN_WRITE | PLAIN_WRITE_ALL)) != 0) {
			xstrset(&p->next,
			    p->fold->proposal->order[0].hunk->id);
			plain_say("nothing written");
		}
		p->question = PLAIN_CHANGE;
	}
	/* The next hunk's turn comes, unless the answer asks more, or ends the
	 * question. */
	if (p->question == PLAIN_CHANGE && p->editor.pid == 0)
		plain_ask_change(p);
}

/* ---- asking ---- */

void
plain_news_line(struct plain *p, const struct event *l)
{
	if (l->type == EVENT_REFUSED || (p->checks &&
	    l->type == EVENT_EVIDENCE && (l->evidence.stopped ||
	    ev_is(l->evidence.status, "done")))) {
		p->checks = false;
		FREE_NULL(p->told);
	}
}

/* Is it the user's turn? */
static bool
plain_is_still(const struct plain *p)
{
	return fold_waits(p->fold) || fold_is_idle(p->fold);
}

bool
plain_is_news(struct plain *p)
{
	enum review_wait wait = client_waits(p->client);
	AUTO_FREE char *waiting = client_waits_name(p->client, wait);
	bool news;

	/* While the agent works on it, it is reviewed on request; and one
	 * that is decided is on its way. */
	if ((wait != REVIEW_NOTHING && wait != REVIEW_ASK && !plain_is_still(p)) ||
	    (wait == REVIEW_DIFF && review_effect(p->review).all == 0))
		return false;
	/* Hunks that remain or were added are news, too. */
	if (wait == REVIEW_DIFF)
		FREE_SET(waiting, xasprintf("%s:%d", waiting,
		    p->fold->proposal->version));
	news = waiting != NULL && (p->told == NULL ||
	    strcmp(waiting, p->told) != 0);
	xstrset(&p->told, waiting);
	return news;
}

static void
plain_announce_one(const struct plain *p)
{
	size_t open = review_effect(p->review).open;
	enum review_wait wait = client_waits(p->client);

	if (wait == REVIEW_DIFF && open == 0)
		plain_say("All hunks are marked. Press Enter to write them.");
	else if (wait == REVIEW_DIFF)
		plain_say("%zu of %d hunk%s to review. Press Enter to see %s.",
		    open, fold_hunks(p->fold->proposal),
		    fold_hunks(p->fold->proposal) == 1 ? "" : "s", open == 1 ?
		    "it" : "them");
	else
		plain_say("%s. Press Enter to see it.",
		    review_wait_words(p->review, wait));
	putchar('\a');
}

/* Announce once that something waits; Enter shows it. */
void
plain_announce(struct plain *p)
{
	const char *words = p->fold->status.doing;

	if (!p->client->live || p->question != PLAIN_NOTHING ||
	    p->editor.pid != 0)
		return;
	if (plain_is_news(p))
		plain_announce_one(p);
	else if (p->told == NULL && words != NULL && words[0] != '\0' &&
	    plain_is_still(p) && (p->doing == NULL ||
	    strcmp(p->doing, words) != 0))
		plain_say("%s", words);
	FREE_SET(p->doing, plain_is_still(p) ? xstrdup_null(words) :
	    NULL);
}

bool
plain_ask(struct plain *p)
{
	const struct fold *f = p->fold;
	enum review_wait wait = client_waits(p->client);
	AUTO_FREE char *waiting = client_waits_name(p->client, wait);

	if (waiting == NULL)
		return false;
	client_ask(p->client, wait);
	p->asked = true;
	switch (wait) {
	case REVIEW_ASK:
		if (plain_page(NULL, 0, f->ask.text, false))
			plain_seen(p, waiting, strlen(f->ask.text));
		plain_ask_allow(p);
		break;
	case REVIEW_LIMIT:
		plain_ask_limit(p);
		break;
	case REVIEW_PLAN:
		print_plan_of(stdout, &f->plan);
		plain_seen(p, waiting, 1);
		plain_ask_plan(p);
		break;
	case REVIEW_DIFF:
		session_also(p->fold);
		plain_ask_change(p);
		break;
	default:
		break;
	}
	return true;
}

void
plain_editing(struct plain *p, void (*edited)(struct plain *,
    const struct buf *))
{
	client_hold(p->client, true);
	p->edited = edited;
}

bool
plain_ask_types(void *arg)
{
	const struct plain *p = arg;

	return p->question != PLAIN_NOTHING && p->editor.pid == 0;
}

void
plain_init(struct plain *p, struct client *c)
{
	p->client = c;
	p->review = &c->review;
	p->fold = fold_new();
	buf_init(&p->typed, PLAIN_TYPED_MAX);
}

void
plain_release(struct plain *p)
{
	FREE_ALL(p->told, p->prompt, p->hunk, p->after, p->next);
	buf_release(&p->typed);
	buf_release(&p->picked);
	fold_free(p->fold);
}
