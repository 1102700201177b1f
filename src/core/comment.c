#include "config.h"

#include "core/comment.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/line-diff.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/context.h"
#include "core/core.h"
#include "core/driver.h"
#include "core/evidence.h"
#include "core/model.h"
#include "core/propose.h"
#include "core/say.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tool/tool.h"

#define COMMENT_MAX	8000	/* bytes */
#define COMMENT_QUOTE	200

static int
comment_lines(const char *text, size_t len)
{
	size_t i;
	int n = 0;

	for (i = 0; i < len; i++)
		n += text[i] == '\n' || i + 1 == len;
	return n;
}

/* Add line and end_line of `place`, which is another comment or its command. */
static void
comment_add_place(cJSON *o, const cJSON *place)
{
	int64_t line = json_int(place, "line", 0);
	int64_t end = json_int(place, "end_line", line);

	json_add_int(o, "line", line);
	if (end > line)
		json_add_int(o, "end_line", end);
}

bool
comment_same_place(const cJSON *a, const cJSON *b)
{
	int64_t line = json_int(a, "line", 0);

	return json_is(a, "hunk", json_str_or(b, "hunk", "")) &&
	    json_int(b, "line", 0) == line &&
	    json_int(a, "end_line", line) == json_int(b, "end_line", line);
}

/* Journal a comment there; by "model": its answer. */
static void
comment_emit(struct core *c, const char *by, const char *hunk,
    const cJSON *place, const char *text, const char *client)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "hunk", hunk);
	comment_add_place(o, place);
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	emit_event(c, EVENT_COMMENT, by, o);
}

void
comment_keep(struct core *c, const char *hunk, const cJSON *comments,
    const char *client)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, comments)
	{
		comment_emit(c, "core", hunk, it,
		    json_str_or(it, "text", ""), client);
		if (json_str(it, "answer") != NULL)
			comment_emit(c, "model", hunk, it,
			    json_str(it, "answer"), NULL);
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
	comment_emit(c, "user", h->id, command, text, client);
	return 0;
}

/* Append where line n of the hunk's text is, and the line. */
static void
comment_place_line(struct buf *b, const struct fold_hunk *h, int64_t n,
    const char *word)
{
	const char *p = h->text, *end = p + h->text_len, *nl;
	int before = h->old_start, after = h->new_start, number;
	size_t len;

	for (; p < end; p = nl == NULL ? end : nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		number = *p == '-' ? before : after;
		if (--n == 0)
			break;
		before += *p == '-' || *p == ' ';
		after += *p == '+' || *p == ' ';
	}
	if (p >= end)
		return;
	len = (size_t)((nl == NULL ? end : nl) - p);
	buf_addf(b, " %s %sline %d \"%.*s%s\"", word, *p == '-' ?
	    "the old " : "", number, (int)(len > COMMENT_QUOTE ? COMMENT_QUOTE : len), p,
	    len > COMMENT_QUOTE ? " ..." : "");
}

/* Append where that is in the file, and the line or the first and the last;
 * nothing if it is the whole hunk. */
static void
comment_place(struct buf *b, const struct fold_hunk *h, const cJSON *place)
{
	int64_t line = json_int(place, "line", 0);
	int64_t end = json_int(place, "end_line", line);

	comment_place_line(b, h, line, end > line ? "from" : "on");
	if (end > line)
		comment_place_line(b, h, end, "to");
}

bool
comment_tell(struct buf *b, const cJSON *decided, const struct fold_file *f)
{
	const char *id = json_str_or(decided, "id", "");
	const struct fold_hunk *h = NULL;
	const cJSON *it;
	bool any = false;
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (strcmp(f->hunks[i].id, id) == 0)
			h = &f->hunks[i];
	cJSON_ArrayForEach(it, json_array(decided, "comments")) {
		/* Those that it has answered or was asked it knows. */
		if (json_str(it, "answer") != NULL ||
		    json_bool(it, "asked", false))
			continue;
		any = true;
		if (b == NULL)
			continue;
		buf_addf(b, "\nThe user says of %s", f->path);
		if (h != NULL)
			comment_place(b, h, it);
		buf_addf(b, ": %s", json_str_or(it, "text", ""));
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
	cJSON	*hunk;		/* NULL: nowhere, or in one that isn't new */
	int	 line;
};

static void
carry_add(struct buf *b, const char *text, size_t n)
{
	buf_add(b, text, n);
	if (n > 0 && text[n - 1] != '\n')
		buf_addc(b, '\n');
}

/* Of all lines of the file's hunks; malloc'ed. */
static struct carry *
carry_map(const struct fold *was, const struct fold_file *f, const cJSON *file)
{
	AUTO_BUF struct buf old = BUF_INIT(0), new = BUF_INIT(0);
	AUTO_FREE struct line_op *ops = NULL;
	AUTO_FREE struct carry *now = NULL;
	struct carry *map;
	size_t i, n, len = 0, from = 0, to = 0;
	cJSON *hunk;
	int line;

	cJSON_ArrayForEach(hunk, json_array(file, "hunks")) {
		bool is_new = fold_find_hunk(was, json_str(hunk, "id"),
		    NULL) == NULL;
		AUTO_FREE char *text = json_get_bytes(hunk, "text", &n);
		int lines;

		if (text == NULL)
			continue;
		carry_add(&new, text, n);
		lines = comment_lines(text, n);
		for (line = 1; line <= lines; line++) {
			GROW(now, len);
			now[len++] = (struct carry){ is_new ? hunk : NULL,
				line };
		}
	}
	for (i = 0; i < f->hunks_len; i++)
		carry_add(&old, f->hunks[i].text, f->hunks[i].text_len);
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
carry_put(cJSON *hunk, int line, int end, const char *text)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(hunk, "comments"), *o;
	const cJSON *it;

	cJSON_ArrayForEach(it, list)
		if (json_int(it, "line", 0) == line &&
		    json_int(it, "end_line", line) == end)
			return false;
	if (hunk == NULL)
		return false;
	if (list == NULL)
		list = cJSON_AddArrayToObject(hunk, "comments");
	o = cJSON_CreateObject();
	json_add_int(o, "line", line);
	if (end > line)
		json_add_int(o, "end_line", end);
	json_add_str(o, "text", text);
	cJSON_AddItemToArray(list, o);
	return true;
}

/* A comment on lines that are at `map`, `n` of them; `whole`: on all of their
 * hunk. */
static void
carry_one(const struct carry *map, int n, bool whole, const char *text)
{
	int i = 1;

	while (i < n && map[i].hunk == map->hunk &&
	    map[i].line == map->line + i)
		i++;
	if (!whole && i == n && carry_put(map->hunk, map->line, map->line + n -
	    1, text))
		return;
	for (i = 0; i < n; i++)
		if (carry_put(map[i].hunk, whole ? 0 : map[i].line,
		    whole ? 0 : map[i].line, text))
			return;
}

static bool
carry_has(const cJSON *file, const char *id)
{
	const cJSON *hunk;

	cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
		if (json_is(hunk, "id", id))
			return true;
	return false;
}

static void
carry_file(const struct fold *was, const struct fold_file *f,
    const cJSON *file)
{
	AUTO_FREE struct carry *all = carry_map(was, f, file);
	const struct carry *map = all;
	const struct fold_comment *c;
	const struct fold_hunk *h;
	int n;

	for (h = f->hunks; h < f->hunks + f->hunks_len; h++, map += n) {
		n = comment_lines(h->text, h->text_len);
		if (h->comments_len == 0 || carry_has(file, h->id))
			continue;
		for (c = h->comments; c < h->comments + h->comments_len; c++)
			/* Of a question the model was asked at once. */
			if (fold_comment_asks(c->text) || c->end > n)
				continue;
			else if (c->line == 0)
				carry_one(map, n, true, c->text);
			else
				carry_one(map + c->line - 1, c->end - c->line +
				    1, false, c->text);
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
comment_carry(const struct fold *was, const cJSON *files)
{
	const struct fold_proposal *p = was->proposal;
	const cJSON *file;
	cJSON *hunk;
	size_t i;

	/* Those that the version before got, if this one is made from it. */
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			cJSON_DeleteItemFromObjectCaseSensitive(hunk,
			    "comments");
	for (i = 0; p != NULL && i < p->files_len; i++) {
		if (!carry_is_due(&p->files[i]))
			continue;
		cJSON_ArrayForEach(file, files)
			if (json_is_path(file, p->files[i].path_bytes))
				carry_file(was, &p->files[i], file);
	}
}

/*
 * question: a question of the user about a hunk. The model answers it in a turn
 * in which it can only read; the hunk stays undecided, and the task goes on from
 * where it was. comment.h begins one.
 */

#define QUESTION_ANSWER_MAX 8000	/* bytes; the transcript has all */
#define QUESTION_TEXT 2000		/* of the hunk */

/* The question is over: restore the state from before it. */
static void
question_over(struct core *c)
{
	c->task.model = c->question.model;
	c->check.say = (enum core_check_say)c->question.say;
	json_drop(&c->question.on);
}

bool
question_answered(struct core *c, const char *text)
{
	const cJSON *on = c->question.on;
	const struct fold_hunk *h;
	const char *hunk;

	if (on == NULL)
		return false;
	hunk = json_str_or(on, "hunk", "");
	if (fold_find_hunk(c->fold, hunk, &h) != NULL && !h->decided &&
	    text[0] != '\0') {
		AUTO_FREE char *s = utf8_cut_dup(text, QUESTION_ANSWER_MAX);

		comment_emit(c, "model", hunk, on, s, NULL);
	}
	question_over(c);
	c->question.answered = true;
	return true;
}

void
question_drop(struct core *c)
{
	if (c->question.on != NULL) {
		cJSON_Delete(c->question.left);
		c->question.left = cJSON_Duplicate(c->question.on, 1);
		json_set_take(c->question.left, "goes_on", cJSON_CreateBool(
		    c->question.model == MODEL_GOES_ON));
		question_over(c);
	}
	json_drop(&c->question.next);
}

void
question_open(struct core *c, cJSON *on, enum core_model_end model)
{
	json_drop(&c->question.left);
	c->question.on = on;
	c->question.model = model;
	c->question.say = (int)c->check.say;
	c->task.model = MODEL_GOES_ON;
}

/* The question `q` about this hunk as a message of the user; malloc'ed. */
static char *
question_words(const cJSON *q, const struct fold_file *f,
    const struct fold_hunk *h)
{
	struct buf b = BUF_INIT(0);

	buf_addf(&b, "A question about the change of %s", f->path);
	comment_place(&b, h, q);
	buf_addf(&b, ": %s", json_str_or(q, "text", ""));
	if (json_int(q, "line", 0) == 0 && h->text_len > 0)
		buf_addf(&b, "\n\n%.*s", (int)utf8_cut(h->text, h->text_len,
		    QUESTION_TEXT), h->text);
	return buf_take(&b);
}

/* A comment on a decided hunk, which may have been a question. */
static void
question_comment_decided(struct core *c, const cJSON *hunk, cJSON *comment)
{
	const struct fold_hunk *h;
	const struct fold_file *f =
	    fold_find_hunk(c->fold, json_str_or(hunk, "id", ""), &h);
	cJSON *q;

	json_copy(comment, "hunk", json_get(hunk, "id"));
	if (comment_same_place(c->question.on, comment))
		json_add_bool(comment, "asked", true);
	cJSON_ArrayForEach(q, c->question.next) {
		AUTO_FREE char *words = NULL;

		if (f == NULL || !comment_same_place(q, comment))
			continue;
		words = question_words(q, f, h);
		json_add_str(q, "words", words);
		json_copy(q, "decided", json_get(hunk, "decision"));
		json_add_bool(comment, "asked", true);
	}
}

void
question_decided(struct core *c, cJSON *files)
{
	cJSON *file, *hunk, *comment, *q;

	cJSON_ArrayForEach(q, c->question.next)
		json_add_bool(q, "hold", false);
	cJSON_ArrayForEach(file, files)
		cJSON_ArrayForEach(hunk, cJSON_GetObjectItem(file, "hunks"))
			cJSON_ArrayForEach(comment,
			    cJSON_GetObjectItem(hunk, "comments"))
				question_comment_decided(c, hunk, comment);
}

/*
 * question-ask: a comment that ends in a question mark becomes a message to the
 * model, as soon as it has no call left to run, or with the decision it came with.
 */

/* Ask as soon as the model has no call left to run; with `hold`, once the
 * decision that follows is carried out. */
static void
question_ask_add(struct core *c, const cJSON *command, const char *text,
    const char *client)
{
	const char *hunk = json_str_or(command, "hunk", "");
	bool hold = json_bool(command, "hold", false);
	cJSON *o, *it;

	if (c->question.next == NULL)
		c->question.next = cJSON_CreateArray();
	/* The last wording counts. */
	cJSON_ArrayForEach(it, c->question.next)
		if (comment_same_place(it, command)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(
			    c->question.next, it));
			break;
		}
	o = cJSON_CreateObject();
	json_add_str(o, "hunk", hunk);
	comment_add_place(o, command);
	json_add_str(o, "text", text);
	json_add_str(o, "client", client);
	json_add_bool(o, "hold", hold);
	cJSON_AddItemToArray(c->question.next, o);
	if (hold)
		return;
	(void)evidence_stop(c, IN(CHECK_BY_ITSELF));
	driver_soon(c);
}

/* Client command: comment on a line of a hunk, or ask. */
static int
question_ask_comment(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	const char *text = json_str_or(command, "text", "");
	bool asks = fold_comment_asks(text);

	if ((asks && model_needed(c, e) < 0) ||
	    comment_command(c, command, client, e) < 0)
		return -1;
	if (asks)
		question_ask_add(c, command, text, client);
	return 0;
}

/* `decided`: the decision on its hunk, or NULL. */
static void
question_ask_begin(struct core *c, const cJSON *q, const char *words,
    const char *decided)
{
	cJSON *about = cJSON_CreateObject();
	enum core_model_end model = c->task.state == TASK_RUNS ? c->task.model :
	    MODEL_ENDED;

	json_add_str(about, "hunk", json_str_or(q, "hunk", ""));
	comment_add_place(about, q);
	json_add_bool(about, "goes_on", model == MODEL_GOES_ON);
	question_open(c, cJSON_Duplicate(about, 1), model);
	say_question(c, words, about, decided, json_str(q, "client"));
}

/* The next question that isn't held back, no longer in the list; or NULL. */
static cJSON *
question_ask_next(struct core *c)
{
	cJSON *q;

	cJSON_ArrayForEach(q, c->question.next)
		if (!json_bool(q, "hold", false))
			return cJSON_DetachItemViaPointer(c->question.next, q);
	return NULL;
}

bool
question_ask_step(struct core *c)
{
	const struct fold_hunk *h;
	const struct fold_file *f;
	cJSON *next;

	while (c->question.on == NULL &&
	    (next = question_ask_next(c)) != NULL) {
		AUTO_JSON cJSON *q = next;
		AUTO_FREE char *words = NULL;

		f = fold_find_hunk(c->fold, json_str(q, "hunk"), &h);
		if (f != NULL && !h->decided) {
			words = question_words(q, f, h);
			question_ask_begin(c, q, words, NULL);
		} else if (json_str(q, "words") != NULL)
			question_ask_begin(c, q, json_str(q, "words"),
			    json_str(q, "decided"));
		else
			emit_note(c, "a question wasn't asked: its hunk "
			    "changed");
	}
	return c->question.on != NULL;
}

/*
 * hunk-context: the unchanged lines around a hunk, and the file as it is
 * proposed, for one client. Nothing is journaled, and nothing is decided.
 */

#define HUNK_CONTEXT_FILE_MAX	((int64_t)64 << 20)
#define HUNK_CONTEXT_MAX	((size_t)4 << 20)	/* on each side */

/* Where lines of the file begin that a hunk is put instead of, from 0. */
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
	const struct fold_hunk *o;
	size_t i;
	int end;

	*from = 0;
	*to = -1;
	for (i = 0; i < f->hunks_len; i++) {
		o = &f->hunks[i];
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

/* Lines [from, to) under this name, as many of them as are not too much. */
static void
hunk_context_add(
    cJSON *o, const char *name, const struct buf *b, int from, int to)
{
	size_t at = hunk_context_line(b, from), end = hunk_context_line(b, to);

	json_add_bytes(o, name, at < end ? b->p + at : "",
	    at < end ? end - at : 0);
}

static int
hunk_context_read(struct core *c, const struct fold_file *f,
    const struct fold_side *from, struct buf *b, struct err *e)
{
	struct stage_side side;

	if (from->size > HUNK_CONTEXT_FILE_MAX)
		return err_set(e, "the file is too large to be shown whole");
	propose_side(&side, from);
	return gate_text(c->blobs, &side, f->encoding == NULL ? "" :
	    f->encoding, b, e);
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
	cJSON *o = NULL;

	if (f == NULL)
		return NULL;
	if (f->binary || h->text_len == 0 || !f->before.exists) {
		err_set(e, !f->before.exists ? "the file is new: no lines "
		    "around this change" : "this change has no lines");
		return NULL;
	}
	if (want < 0 || hunk_context_read(c, f, &f->before, &b, e) < 0)
		return o;
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
	o = cJSON_CreateObject();
	json_add_str(o, "type", "around");
	json_add_int(o, "proposal", c->fold->proposal->id);
	json_add_str(o, "hunk", h->id);
	json_add_int(o, "lines", want);
	json_add_int(o, "from", first + 1);
	hunk_context_add(o, "above", &b, first, begin);
	hunk_context_add(o, "below", &b, end, last);
	json_add_bool(o, "top", first == from);
	json_add_bool(o, "bottom", last == to);
	return o;
}

/* The file as it is proposed (or as it is, when it is to go). */
static cJSON *
hunk_context_file(struct core *c, const cJSON *command, struct err *e)
{
	const struct fold_hunk *h;
	const struct fold_file *f = hunk_context_find(c, command, &h, e);
	const struct fold_side *side;
	AUTO_BUF struct buf b = BUF_INIT(0);
	cJSON *o = NULL;

	if (f == NULL)
		return NULL;
	side = f->after.exists ? &f->after : &f->before;
	if (hunk_context_read(c, f, side, &b, e) == 0) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "file");
		json_add_int(o, "proposal", c->fold->proposal->id);
		json_add_str(o, "hunk", h->id);
		json_add_str(o, "side", f->after.exists ? "after" : "before");
		json_add_bytes(o, "text", buf_str(&b), b.len);
	}
	return o;
}

static void
question_free(struct core *c)
{
	cJSON_Delete(c->question.next);
	cJSON_Delete(c->question.on);
	cJSON_Delete(c->question.left);
}

static const struct core_command comment_commands[] = {
	{ "around", IN_ANY, HAS_REVIEW, 0, NOBODY, .answer = hunk_context_lines },
	{ "comment", IN_ANY, HAS_REVIEW, 0, NOBODY, .act = question_ask_comment },
	{ "file", IN_ANY, HAS_REVIEW, 0, NOBODY, .answer = hunk_context_file },
	{ 0 }
};

const struct core_part comment_part = {
	.free = question_free, .commands = comment_commands,
};
