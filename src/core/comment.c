#include "config.h"

#include "core/comment.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "core/emit.h"
#include "journal/event.h"
#include "journal/fold-proposal.h"

#define COMMENT_MAX	8000	/* bytes */
#define COMMENT_QUOTE	200

static int
comment_lines(const struct fold_hunk *h)
{
	size_t i;
	int n = 0;

	for (i = 0; i < h->text_len; i++)
		n += h->text[i] == '\n' || i + 1 == h->text_len;
	return n;
}

void
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

void
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

int
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
	if (line < 0 || line > comment_lines(h))
		return err_set(e, "the hunk has no line %lld",
		    (long long)line);
	if (end < line || end > comment_lines(h) || (line == 0 && end > 0))
		return err_set(e, "the hunk has no lines %lld to %lld",
		    (long long)line, (long long)end);
	if (strlen(text) > COMMENT_MAX)
		return err_set(e, "a comment has at most %d bytes",
		    COMMENT_MAX);
	comment_emit(c, "user", h->id, command, text, client);
	return 0;
}

void
comment_add(cJSON *decided, const struct fold_hunk *h)
{
	cJSON *list, *o;
	size_t i;

	if (h->comments_len == 0)
		return;
	list = cJSON_CreateArray();
	for (i = 0; i < h->comments_len; i++) {
		o = cJSON_CreateObject();
		json_add_int(o, "line", h->comments[i].line);
		if (h->comments[i].end > h->comments[i].line)
			json_add_int(o, "end_line", h->comments[i].end);
		json_add_str(o, "text", h->comments[i].text);
		json_add_str(o, "answer", h->comments[i].answer);
		cJSON_AddItemToArray(list, o);
	}
	json_set_take(decided, "comments", list);
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

void
comment_place(struct buf *b, const struct fold_hunk *h, const cJSON *place)
{
	int64_t line = json_int(place, "line", 0);
	int64_t end = json_int(place, "end_line", line);

	comment_place_line(b, h, line, end > line ? "from" : "on");
	if (end > line)
		comment_place_line(b, h, end, "to");
}

/* Not known to the model: neither answered nor asked. */
static bool
comment_is_news(const cJSON *comment)
{
	return json_str(comment, "answer") == NULL &&
	    !json_bool(comment, "asked", false);
}

bool
comment_has_news(const cJSON *decided)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(decided, "comments"))
		if (comment_is_news(it))
			return true;
	return false;
}

void
comment_tell(struct buf *b, const cJSON *decided, const struct fold_file *f)
{
	const char *id = json_str_or(decided, "id", "");
	const struct fold_hunk *h = NULL;
	const cJSON *it;
	size_t i;

	for (i = 0; i < f->hunks_len; i++)
		if (strcmp(f->hunks[i].id, id) == 0)
			h = &f->hunks[i];
	cJSON_ArrayForEach(it, json_array(decided, "comments")) {
		if (!comment_is_news(it))
			continue;
		buf_addf(b, "\nThe user says of %s", f->path);
		if (h != NULL)
			comment_place(b, h, it);
		buf_addf(b, ": %s", json_str_or(it, "text", ""));
	}
}
