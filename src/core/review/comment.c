#include "config.h"

#include "core/review/comment.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context/model.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "journal/event.h"
#include "journal/fold.h"

#define COMMENT_MAX	8000	/* bytes */

static int
comment_lines(const char *text, size_t len)
{
	size_t i;
	int n = 0;

	for (i = 0; i < len; i++)
		n += text[i] == '\n' || i + 1 == len;
	return n;
}

static int64_t
comment_end(const struct ev_question *place)
{
	return MAX(place->line, place->end_line);
}

/* The place of a client's command. */
static struct ev_question
comment_where(const cJSON *command)
{
	return (struct ev_question){
		.hunk = json_str_or(command, "hunk", ""),
		.line = json_int(command, "line", 0),
		.end_line = json_int(command, "end_line", 0) };
}

/* Journal a comment there; by "model": its answer. */
static void
comment_emit(struct core *c, const char *by, const struct ev_question *place,
    const char *text, const char *client)
{
	int64_t end = comment_end(place);

	EMIT(c, by, comment, .proposal = c->fold->proposal->id,
	    .hunk = place->hunk, .line = place->line,
	    .end_line = end > place->line ? end : 0,
	    .text = ev_str(text, ""), .client = client);
}

void
comment_keep(struct core *c, const struct ev_decided_hunk *h,
    const char *client)
{
	MEM_EACH(h, comments, x) {
		const struct ev_question place = { h->id, x->line,
			x->end_line, false };

		comment_emit(c, "core", &place, x->text, client);
		if (x->answer != NULL)
			comment_emit(c, "model", &place, x->answer, NULL);
	}
}

/* Comment on lines of a hunk ("" deletes the comment). */
static int
comment_command(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	int64_t line = json_int(command, "line", 0);
	int64_t end = json_int(command, "end_line", line);
	const struct fold_hunk *h;

	if (json_int(command, "proposal", -1) !=
	    c->fold->proposal->id || fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), &h) == NULL)
		return err_set(e, "that hunk changed; look at it again");
	if (c->mode == MODE_TRY || c->fold->proposal->undo != 0)
		return err_set(e, "no model to send a comment to");
	if (h->decided)
		return err_set(e, "that hunk is already decided");
	if (line < 0 || line > comment_lines(h->text, h->text_len))
		return err_set(e, "the hunk has no line %lld",
		    (long long)line);
	if (end < line || end > comment_lines(h->text, h->text_len) ||
	    (line == 0 && end > 0))
		return err_set(e, "the hunk has no lines %lld to %lld",
		    (long long)line, (long long)end);
	if (strlen(text) > COMMENT_MAX)
		return err_set(e, "a comment has at most %d bytes",
		    COMMENT_MAX);
	comment_emit(c, "user", &(struct ev_question){ h->id, line, end,
	    false }, text, client);
	return 0;
}

/* A question that waits. */
struct question_ask {
	struct event	*message;	/* its text, `question` and client */
	bool		 hold;		/* until the decision that follows */
	char		*words, *decided;	/* what is asked, and the
						   decision on its hunk; NULL:
						   it is open */
};

/* Was, or will be, the comment there asked? */
static bool
comment_is_asked(const struct core *c, const struct ev_question *place)
{
	MEM_EACH(&c->question, next, q)
		if (fold_same_place(place,
		    q->message->user_message.question))
			return true;
	return c->question.on != NULL && fold_same_place(place,
	    c->question.on->user_message.question);
}

bool
comment_tell(const struct core *c, struct buf *b,
    const struct ev_decided_hunk *d, const struct fold_file *f)
{
	const struct fold_hunk *h = NULL;
	bool any = false;

	MEM_EACH(f, hunks, hunk)
		if (ev_is(d->id, hunk->id))
			h = hunk;
	MEM_EACH(d, comments, x) {
		const struct ev_question place = { d->id, x->line,
			x->end_line, false };

		/* The model knows comments that it has answered or was
		 * asked. */
		if (x->answer != NULL || comment_is_asked(c, &place))
			continue;
		any = true;
		if (b == NULL)
			continue;
		buf_addf(b, "\nThe user says of %s", f->path);
		if (h != NULL)
			fold_hunk_place(b, h, place.line, comment_end(&place));
		buf_addf(b, ": %s", ev_str(x->text, ""));
	}
	return any;
}

/*
 * If the new version lacks a hunk, its comments move to where their lines are
 * now, or to the first of those lines that is still there; but only to a new
 * hunk, so never to one that is marked already. A comment without such a place
 * is dropped with the old version, and the front end says so.
 */

/* Where a line of the version before is now. */
struct carry {
	struct ev_hunk *hunk;	/* NULL: nowhere, or in one that isn't new */
	int	 line;
};

static void
carry_add(struct buf *b, const char *text, size_t n)
{
	buf_add(b, text, n);
	if (n > 0 && text[n - 1] != '\n')
		buf_addc(b, '\n');
}

/* Map all lines of the file's old hunks to the new ones; malloc'ed. */
static struct carry *
carry_map(const struct fold *was, const struct fold_file *f,
    const struct ev_proposed_file *file)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	AUTO_FREE struct line_op *ops = NULL;
	AUTO_FREE struct carry *now = NULL;
	struct carry *map;
	size_t i, n, len = 0, from = 0, to = 0;
	int line;

	MEM_EACH(file, hunks, hunk) {
		bool is_new = fold_find_hunk(was, hunk->id, NULL) == NULL;
		int lines = comment_lines(hunk->text.p, hunk->text.len);

		carry_add(&new, hunk->text.p, hunk->text.len);
		for (line = 1; line <= lines; line++) {
			*GROW_ADD(now, len) =
			    (struct carry){ is_new ? hunk : NULL,
				line };
		}
	}
	MEM_EACH(f, hunks, h)
		carry_add(&old, h->text, h->text_len);
	ops = line_ops(buf_str(&old), old.len, buf_str(&new), new.len, false, &n);
	map = xcalloc(n + 1, sizeof(*map));
	for (i = 0; i < n; i++) {
		if (ops[i].sign == ' ')
			map[from] = now[to];
		from += ops[i].sign != '+';
		to += ops[i].sign != '-';
	}
	return map;
}

/* False if the hunk is NULL, or has a comment there. */
static bool
carry_put(struct event *made, struct ev_hunk *h, int line, int end,
    const char *text)
{
	struct ev_hunk_comment *v;
	size_t i;

	if (h == NULL)
		return false;
	MEM_EACH(h, comments, x)
		if (x->line == line && MAX(line, x->end_line) == end)
			return false;
	v = ev_alloc(made, (h->comments_len + 1) * sizeof(*v));
	for (i = 0; i < h->comments_len; i++)
		v[i] = h->comments[i];
	v[i] = (struct ev_hunk_comment){ .line = line,
		.end_line = end > line ? end : 0, .text = text };
	h->comments = v;
	h->comments_len++;
	return true;
}

/* A comment on lines that are at `map`, `n` of them; `whole`: on all of their
 * hunk. */
static void
carry_one(struct event *made, const struct carry *map, int n, bool whole,
    const char *text)
{
	int i = 1;

	while (i < n && map[i].hunk == map->hunk &&
	    map[i].line == map->line + i)
		i++;
	if (!whole && i == n && carry_put(made, map->hunk, map->line,
	    map->line + n - 1, text))
		return;
	for (i = 0; i < n; i++)
		if (carry_put(made, map[i].hunk, whole ? 0 : map[i].line,
		    whole ? 0 : map[i].line, text))
			return;
}

static bool
carry_has(const struct ev_proposed_file *file, const char *id)
{
	MEM_EACH(file, hunks, h)
		if (ev_is(h->id, id))
			return true;
	return false;
}

static void
carry_file(const struct fold *was, const struct fold_file *f,
    struct event *made, const struct ev_proposed_file *file)
{
	AUTO_FREE struct carry *all = carry_map(was, f, file);
	const struct carry *map = all;
	int n = 0;

	MEM_EACH(f, hunks, h) {
		map += n;
		n = comment_lines(h->text, h->text_len);
		if (h->comments_len == 0 || carry_has(file, h->id))
			continue;
		MEM_EACH(h, comments, c)
			/* The model was asked this question at once. */
			if (fold_comment_asks(was, c->text) || c->end > n)
				continue;
			else if (c->line == 0)
				carry_one(made, map, n, true, c->text);
			else
				carry_one(made, map + c->line - 1, c->end -
				    c->line + 1, false, c->text);
	}
}

static bool
carry_is_due(const struct fold_file *f)
{
	size_t i = 0;

	while (i < f->hunks_len && f->hunks[i].comments_len == 0)
		i++;
	return i < f->hunks_len;
}

void
comment_carry(const struct fold *was, struct event *made)
{
	const struct fold_file *old;

	MEM_EACH(&made->proposal, files, f) {
		/* Remove the comments that an earlier version got, if this one
		 * is made from it. */
		MEM_EACH(f, hunks, h) {
			h->comments = NULL;
			h->comments_len = 0;
		}
		old = fold_version_file(was, made->proposal.undo, f->path_bytes);
		if (old != NULL && carry_is_due(old))
			carry_file(was, old, made, f);
	}
}

/* ---- questions of the user about a hunk ---- */

/*
 * The model answers one in a turn in which it can only read; the hunk stays
 * undecided, and the task goes on from where it was. comment.h begins one.
 */

#define QUESTION_ANSWER_MAX 8000	/* bytes; the transcript has all */
#define QUESTION_TEXT 2000		/* of the hunk */

/* The question is over: restore the state from before it. */
static void
question_over(struct core *c)
{
	c->task.model = c->question.model;
	c->check.final = c->question.final_check;
	event_drop(&c->question.on);
}

bool
question_answered(struct core *c, const char *text)
{
	const struct ev_question *on;
	const struct fold_hunk *h;

	if (c->question.on == NULL)
		return false;
	on = c->question.on->user_message.question;
	if (fold_find_hunk(c->fold, on->hunk, &h) != NULL && !h->decided &&
	    text[0] != '\0') {
		AUTO_FREE char *s = utf8_cut_dup(text, QUESTION_ANSWER_MAX);

		comment_emit(c, "model", on, s, NULL);
	}
	question_over(c);
	return true;
}

static void
question_ask_release(struct question_ask *q)
{
	event_drop(&q->message);
	FREE_ALL(q->words, q->decided);
}

/* Remove question number `i` of those that wait; its own. */
static struct question_ask
question_ask_take(struct core *c, size_t i)
{
	struct question_ask q = c->question.next[i];

	memmove(&c->question.next[i], &c->question.next[i + 1],
	    (--c->question.next_len - i) * sizeof(q));
	return q;
}

static void
question_ask_clear(struct core *c)
{
	while (c->question.next_len > 0)
		question_ask_release(
		    &c->question.next[--c->question.next_len]);
}

void
question_drop(struct core *c)
{
	if (c->question.on != NULL)
		question_over(c);
	question_ask_clear(c);
}

void
question_open(struct core *c, const struct event *message,
    enum core_model_end model)
{
	event_keep(&c->question.on, message);
	c->question.model = model;
	c->question.final_check = c->check.final;
	c->task.model = MODEL_GOES_ON;
}

/* The question about this hunk as a message of the user; malloc'ed. */
static char *
question_words(const struct ev_user_message *q, const struct fold_file *f,
    const struct fold_hunk *h)
{
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "A question about the change of %s", f->path);
	fold_hunk_place(&b, h, q->question->line, comment_end(q->question));
	buf_addf(&b, ": %s", q->text);
	if (q->question->line == 0 && h->text_len > 0)
		buf_addf(&b, "\n\n%.*s", (int)utf8_cut(h->text, h->text_len,
		    QUESTION_TEXT), h->text);
	return buf_take(&b);
}

/* The hunk of these questions is decided. */
static void
question_hunk_decided(struct core *c, const struct ev_decided_hunk *d)
{
	const struct fold_hunk *h;
	const struct fold_file *f = fold_find_hunk(c->fold, d->id, &h);

	MEM_EACH(&c->question, next, q)
		MEM_EACH(d, comments, x) {
			if (f == NULL || !fold_same_place(
			    q->message->user_message.question,
			    &(struct ev_question){ d->id, x->line,
				x->end_line, false }))
				continue;
			FREE_SET(q->words, question_words(
			    &q->message->user_message, f, h));
			xstrset(&q->decided, d->decision);
		}
}

void
question_decided(struct core *c, const struct ev_decision *d)
{
	MEM_EACH(&c->question, next, q)
		q->hold = false;
	MEM_EACH(d, files, file)
		MEM_EACH(file, hunks, h)
			question_hunk_decided(c, h);
}

/* ---- a comment that ends in a question mark ---- */

/*
 * It becomes a message to the model, as soon as it has no call left to run, or
 * with the decision it came with.
 */

/* Ask as soon as the model has no call left to run; with `hold`, once the
 * decision that follows is carried out. */
static void
question_ask_add(struct core *c, const cJSON *command, const char *text,
    const char *client)
{
	struct ev_question place = comment_where(command);
	struct question_ask q = { .hold = json_bool(command, "hold", false) };
	size_t i;

	/* The last wording counts. */
	for (i = 0; i < c->question.next_len; i++)
		if (fold_same_place(&place,
		    c->question.next[i].message->user_message.question)) {
			struct question_ask old = question_ask_take(c, i);

			question_ask_release(&old);
			break;
		}
	event_keep(&q.message, &(struct event){ .type = EVENT_USER_MESSAGE,
	    .user_message = { .text = text, .client = client,
		.question = &place } });
	*GROW_ADD(c->question.next, c->question.next_len) = q;
	if (q.hold)
		return;
	(void)evidence_stop(c, BIT(CHECK_BY_ITSELF));
	core_soon(c);
}

/* Client command: comment on a line of a hunk, or ask. */
static int
question_ask_comment(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool asks = fold_comment_asks(c->fold, text);

	if ((asks && model_needed(c, e) < 0) ||
	    comment_command(c, command, client, e) < 0)
		return -1;
	if (asks)
		question_ask_add(c, command, text, client);
	return 0;
}

/* `decided`: the decision on its hunk, or NULL. */
static void
question_ask_begin(struct core *c, const struct ev_user_message *q,
    const char *words, const char *decided, question_say *say)
{
	struct ev_question about = *q->question;
	enum core_model_end model = task_runs(c) ? c->task.model :
	    MODEL_ENDED;

	about.goes_on = model == MODEL_GOES_ON;
	question_open(c, &(struct event){ .type = EVENT_USER_MESSAGE,
	    .user_message = { .text = words, .question = &about } }, model);
	say(c, words, &about, decided, q->client);
}

/* The first question that isn't held back; or their number. */
static size_t
question_ask_next(const struct core *c)
{
	size_t i = 0;

	while (i < c->question.next_len && c->question.next[i].hold)
		i++;
	return i;
}

bool
question_ask_step(struct core *c, question_say *say)
{
	const struct fold_hunk *h;
	const struct fold_file *f;
	size_t i;

	while (c->question.on == NULL &&
	    (i = question_ask_next(c)) < c->question.next_len) {
		AUTO(question_ask_release) struct question_ask q =
		    question_ask_take(c, i);
		const struct ev_user_message *m = &q.message->user_message;

		f = fold_find_hunk(c->fold, m->question->hunk, &h);
		if (f != NULL && !h->decided) {
			FREE_SET(q.words, question_words(m, f, h));
			question_ask_begin(c, m, q.words, NULL, say);
		} else if (q.words != NULL)
			question_ask_begin(c, m, q.words, q.decided,
			    say);
		else
			emit_note(c, "a question wasn't asked: its hunk "
			    "changed");
	}
	return c->question.on != NULL;
}

/* ---- the unchanged lines around a hunk, and the proposed file ---- */

/* For one client. Nothing is journaled, and nothing is decided. */

#define HUNK_CONTEXT_FILE_MAX	((int64_t)64 << 20)
#define HUNK_CONTEXT_MAX	((size_t)4 << 20)	/* on each side */

/* Where the file's lines that the hunk replaces begin, from 0. */
static int
hunk_context_begin(const struct fold_hunk *h)
{
	return h->old_lines > 0 ? h->old_start - 1 : h->old_start;
}

/* The lines that lie between the hunk and its neighbours: [*from, begin) and
 * [end, *to). */
static void
hunk_context_bounds(
    const struct fold_file *f, const struct fold_hunk *h, int *from, int *to)
{
	int end;

	*from = 0;
	*to = -1;
	MEM_EACH(f, hunks, o) {
		end = hunk_context_begin(o) + o->old_lines;
		if (o == h || o->text_len == 0)
			continue;
		if (o < h && end > *from)
			*from = end;
		if (o > h && *to < 0)
			*to = hunk_context_begin(o);
	}
}

/* Offset of line n, from 0; the length if there are fewer. */
static size_t
hunk_context_line(const struct buf *b, int n)
{
	size_t at = 0;
	const char *nl;

	for (; n > 0 && at < b->len; n--) {
		nl = memchr(b->p + at, '\n', b->len - at);
		at = nl == NULL ? b->len : (size_t)(nl - b->p) + 1;
	}
	return at;
}

/* Lines [from, to), as many of them as are not too much. */
static struct ev_bytes
hunk_context_text(const struct buf *b, int from, int to)
{
	size_t at = hunk_context_line(b, from), end = hunk_context_line(b, to);

	return at < end ? (struct ev_bytes){ b->p + at, end - at } :
	    (struct ev_bytes){ "", 0 };
}

static int
hunk_context_read(struct core *c, const struct fold_file *f,
    const struct fold_side *from, struct buf *b, struct err *e)
{
	if (from->size > HUNK_CONTEXT_FILE_MAX)
		return err_set(e, "the file is too large to be shown whole");
	return gate_text(c->blobs, from->hash, f->encoding, b, e);
}

static const struct fold_file *
hunk_context_find(struct core *c, const cJSON *command,
    const struct fold_hunk **h, struct err *e)
{
	const struct fold_file *f = fold_find_hunk(c->fold,
	    json_str_or(command, "hunk", ""), h);

	if (f == NULL)
		err_set(e, "that hunk has changed; look at it again");
	return f;
}

/* Unchanged lines around a hunk. */
static cJSON *
hunk_context_lines(struct core *c, const cJSON *command, struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = hunk_context_find(c, command, &h, e);
	int64_t want = json_int(command, "lines", 0);
	AUTO_BUF struct buf b = BUF_INIT(0);
	int begin, end, from, to, first, last;

	if (f == NULL)
		return NULL;
	if (f->binary || h->text_len == 0 || !f->before.exists) {
		err_set(e, !f->before.exists ? "the file is new: no lines "
		    "around this change" : "this change has no lines");
		return NULL;
	}
	if (want < 0 || hunk_context_read(c, f, &f->before, &b, e) < 0)
		return NULL;
	begin = hunk_context_begin(h);
	end = begin + h->old_lines;
	hunk_context_bounds(f, h, &from, &to);
	last = comment_lines(b.p, b.len);
	if (to < 0 || to > last)
		to = last;
	if (to < end)
		to = end;
	if (from > begin)
		from = begin;
	first = want < begin - from ? begin - (int)want : from;
	last = want < to - end ? end + (int)want : to;
	while (hunk_context_line(&b, begin) - hunk_context_line(&b, first) >
	       HUNK_CONTEXT_MAX)
		first += (begin - first + 1) / 2;
	while (hunk_context_line(&b, last) - hunk_context_line(&b, end) >
	       HUNK_CONTEXT_MAX)
		last -= (last - end + 1) / 2;
	return EVENT_LINE(around, .proposal = c->fold->proposal->id,
	    .hunk = h->id, .lines = want, .from = first + 1,
	    .above = hunk_context_text(&b, first, begin),
	    .below = hunk_context_text(&b, end, last),
	    .top = first == from, .bottom = last == to);
}

/* The file as it is proposed (or as it is, when it is to go). */
static cJSON *
hunk_context_file(struct core *c, const cJSON *command, struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = hunk_context_find(c, command, &h, e);
	const struct fold_side *side;
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (f == NULL)
		return NULL;
	side = f->after.exists ? &f->after : &f->before;
	return hunk_context_read(c, f, side, &b, e) < 0 ? NULL :
	    EVENT_LINE(file, .proposal = c->fold->proposal->id, .hunk = h->id,
		.side = f->after.exists ? "after" : "before",
		.text = { buf_str(&b), b.len });
}

static void
question_free(struct core *c)
{
	question_ask_clear(c);
	free(c->question.next);
	event_drop(&c->question.on);
}

static const struct core_command comment_commands[] = {
	{ "around", IN_ANY, HAS_HUNKS, 0, NOBODY, .answer = hunk_context_lines },
	{ "comment", IN_ANY, HAS_HUNKS, 0, NOBODY, .act = question_ask_comment },
	{ "file", IN_ANY, HAS_HUNKS, 0, NOBODY, .answer = hunk_context_file },
	{ 0 }
};

const struct core_part comment_part = {
	.free = question_free, .commands = comment_commands,
};
