#include "config.h"

#include "core/hunk-context.h"

#include <string.h>

#include "base/json.h"
#include "core/core.h"
#include "journal/fold-proposal.h"

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

static int
hunk_context_count(const struct buf *b)
{
	size_t i;
	int n = 0;

	for (i = 0; i < b->len; i++)
		n += b->p[i] == '\n' || i + 1 == b->len;
	return n;
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
hunk_context_read(struct core *c, const struct fold_side *side, struct buf *b,
    struct err *e)
{
	if (side->size > HUNK_CONTEXT_FILE_MAX)
		return err_set(e, "the file is too large to be shown whole");
	return blob_get(c->blobs, side->hash, b, e);
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

cJSON *
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
	if (want < 0 || hunk_context_read(c, &f->before, &b, e) < 0)
		return o;
	begin = hunk_context_begin(h);
	end = begin + h->old_lines;
	hunk_context_bounds(f, h, &from, &to);
	last = hunk_context_count(&b);
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

cJSON *
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
	if (hunk_context_read(c, side, &b, e) == 0) {
		o = cJSON_CreateObject();
		json_add_str(o, "type", "file");
		json_add_int(o, "proposal", c->fold->proposal->id);
		json_add_str(o, "hunk", h->id);
		json_add_str(o, "side", f->after.exists ? "after" : "before");
		json_add_bytes(o, "text", buf_str(&b), b.len);
	}
	return o;
}
