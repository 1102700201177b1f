/*
 * A comment goes to the nearest lines of its file that are the same, or to the
 * last of its lines that is there; only to a hunk that wasn't in the version
 * before, so never to one that is marked already. A comment on a whole hunk goes
 * to the one in its place. Where there is none, the comment stays with the old
 * version: a front end says so.
 */
#include "config.h"

#include "core/comment-carry.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "journal/fold-proposal.h"
#include "journal/fold.h"

#define CARRY_ALIKE 8		/* bytes that lines have, at least, to be found
				   in any hunk of the file */
#define CARRY_TRIES 20		/* lines of a comment that are looked for */

/* A line of a hunk's text. */
struct carry_line {
	const char *p, *end;		/* without its newline */
	int	 line, number;		/* from 1; in the old or new file */
	int	 before, after;		/* numbers of the next ones */
};

/* Lines that a comment is about. */
struct carry {
	const struct fold_hunk *hunk;
	int	 line, end;
	const char *p;			/* their text */
	size_t	 len;
	int	 number;		/* of the first one */
};

struct carry_best { cJSON *hunk; int line, end, away; };

static bool
carry_next(struct carry_line *l, const char *end)
{
	const char *nl;

	l->p = l->line++ == 0 ? l->p : l->end == end ? end : l->end + 1;
	if (l->p >= end)
		return false;
	nl = memchr(l->p, '\n', (size_t)(end - l->p));
	l->end = nl == NULL ? end : nl;
	l->number = *l->p == '-' ? l->before : l->after;
	l->before += *l->p == '-' || *l->p == ' ';
	l->after += *l->p == '+' || *l->p == ' ';
	return true;
}

/* Find them; false if the hunk has no lines (a binary file). */
static bool
carry_lines(struct carry *c)
{
	const struct fold_hunk *h = c->hunk;
	struct carry_line l = { .p = h->text, .before = h->old_start,
		.after = h->new_start };

	c->p = NULL;
	while (carry_next(&l, h->text + h->text_len)) {
		if (l.line == c->line) {
			c->p = l.p;
			c->number = l.number;
		}
		if (c->p != NULL && l.line == c->end) {
			c->len = (size_t)(l.end - c->p);
			return true;
		}
	}
	return false;
}

static bool
carry_is_free(const cJSON *hunk, int line, int end)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(hunk, "comments"))
		if (json_int(it, "line", 0) == line &&
		    json_int(it, "end_line", line) == end)
			return false;
	return true;
}

/* Are both changes of the same lines, or of neighbours? */
static bool
carry_touches(const struct fold_hunk *was, const cJSON *hunk)
{
	int64_t from = json_int(hunk, "old_start", 0);

	return from <= (int64_t)was->old_start + was->old_lines &&
	    was->old_start <= from + json_int(hunk, "old_lines", 0);
}

static void
carry_try(const struct carry *c, cJSON *hunk, int line, int64_t away,
    struct carry_best *best)
{
	int end = line + c->end - c->line;

	away = away < 0 ? -away : away;
	if ((best->hunk == NULL || away < best->away) &&
	    carry_is_free(hunk, line, end)) {
		best->hunk = hunk;
		best->line = line;
		best->end = end;
		best->away = away > INT_MAX ? INT_MAX : (int)away;
	}
}

static void
carry_look(const struct carry *c, cJSON *hunk, struct carry_best *best)
{
	int old = (int)json_int(hunk, "old_start", 0);
	int new = (int)json_int(hunk, "new_start", 0);
	bool touches = carry_touches(c->hunk, hunk);
	AUTO_FREE char *text = NULL;
	const char *end;
	size_t len = 0;
	struct carry_line l = { .before = old, .after = new };

	if (c->line == 0) {
		if (touches)
			carry_try(c, hunk, 0, old - (int64_t)c->hunk->old_start,
			    best);
		return;
	}
	text = json_get_bytes(hunk, "text", &len);
	if (text == NULL || (!touches && c->len <= CARRY_ALIKE))
		return;
	end = text + len;
	l.p = text;
	while (carry_next(&l, end))
		if ((size_t)(end - l.p) >= c->len &&
		    memcmp(l.p, c->p, c->len) == 0 &&
		    (l.p + c->len == end || l.p[c->len] == '\n'))
			carry_try(c, hunk, l.line, l.number -
			    (int64_t)c->number, best);
}

/* The best place in the file, in a hunk that the version before hasn't. */
static struct carry_best
carry_find(const struct fold *was, struct carry *c, const cJSON *file)
{
	struct carry_best best = { .hunk = NULL };
	cJSON *hunk;

	if (c->line == 0 || carry_lines(c))
		cJSON_ArrayForEach(hunk, json_array(file, "hunks"))
			if (fold_find_hunk(was, json_str(hunk, "id"), NULL) ==
			    NULL)
				carry_look(c, hunk, &best);
	return best;
}

static void
carry_one(const struct fold *was, const struct fold_hunk *h,
    const struct fold_comment *comment, const cJSON *file)
{
	struct carry c = { .hunk = h, .line = comment->line,
		.end = comment->end };
	struct carry_best best = carry_find(was, &c, file);
	cJSON *list, *o;

	/* Without all of the lines: one of them, from the last on. */
	for (; best.hunk == NULL && comment->end > comment->line &&
	    c.end >= comment->line && comment->end - c.end < CARRY_TRIES;
	    c.end--) {
		c.line = c.end;
		best = carry_find(was, &c, file);
	}
	if (best.hunk == NULL)
		return;
	list = cJSON_GetObjectItemCaseSensitive(best.hunk, "comments");
	if (list == NULL) {
		list = cJSON_CreateArray();
		json_set_take(best.hunk, "comments", list);
	}
	o = cJSON_CreateObject();
	json_add_int(o, "line", best.line);
	if (best.end > best.line)
		json_add_int(o, "end_line", best.end);
	json_add_str(o, "text", comment->text);
	cJSON_AddItemToArray(list, o);
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
carry_hunk(const struct fold *was, const struct fold_at *at, const cJSON *files)
{
	const struct fold_comment *c;
	const cJSON *file;
	size_t i;

	cJSON_ArrayForEach(file, files)
		if (json_is_path(file, at->file->path_bytes))
			break;
	if (file == NULL || carry_has(file, at->hunk->id))
		return;
	for (i = 0; i < at->hunk->comments_len; i++) {
		c = &at->hunk->comments[i];
		/* The model was asked at once. */
		if (!fold_comment_asks(c->text))
			carry_one(was, at->hunk, c, file);
	}
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
	for (i = 0; p != NULL && i < p->hunks_len; i++)
		if (p->hunks[i].hunk->comments_len > 0)
			carry_hunk(was, &p->hunks[i], files);
}
