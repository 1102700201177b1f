/*
 * Hunks of a change. libgit2 finds which lines differ; a hunk's old and new
 * bytes are then taken from the two contents by line number, so that composing
 * copies bytes and never parses the displayed text. If accepting all hunks
 * wouldn't give exactly `after`, the change becomes a whole one instead.
 */

#include "config.h"

#include "gate/hunk.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <git2.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/utf8.h"
#include "gate/patch.h"
#include "store/gitlib.h"

static bool
hunk_function_is(const char *line, size_t n)
{
	return n > 0 && (line[0] == '_' || line[0] == '$' ||
	    (line[0] >= 'a' && line[0] <= 'z') ||
	    (line[0] >= 'A' && line[0] <= 'Z'));
}

/* Set the function's name from its line, without the brace and the spaces at
 * the end. */
static void
hunk_function_set(struct hunk *h, const char *line, size_t n)
{
	while (n > 0 && strchr(" \t\r{", line[n - 1]) != NULL)
		n--;
	n = utf8_cut(line, n, sizeof(h->function) - 1);
	memcpy(h->function, line, n);
	h->function[n] = '\0';
}

/* Set the function of each hunk; the list is in the order of `before`. */
static void
hunk_list_functions(struct hunk_list *l, const struct buf *before)
{
	const char *p = buf_str(before), *found = NULL, *nl;
	size_t off = 0, end, len = 0, i;

	for (i = 0; i < l->len; i++) {
		struct hunk *h = &l->v[i];

		if (h->kind != HUNK_TEXT)
			continue;
		for (; off < before->len && off < h->old_off; off = end) {
			nl = memchr(p + off, '\n', before->len - off);
			end = nl == NULL ? before->len : (size_t)(nl - p) + 1;
			if (hunk_function_is(p + off, end - off)) {
				found = p + off;
				len = end - off - (nl != NULL);
			}
		}
		if (found != NULL)
			hunk_function_set(h, found, len);
	}
}

/*
 * The cost of a diff. A few distinct lines that each occur thousands of times,
 * or hundreds of thousands of lines that differ or have moved, keep any diff
 * busy for seconds, and the hunks would tell a person nothing: such a change is
 * accepted as a whole or not at all.
 */

#define COST_LINES	((size_t)150000)	/* in both; fewer are always
						   cheap */
#define COST_ALIKE	20		/* lines per distinct line */
#define COST_MANY	((size_t)400000)	/* in both; more are cheap if few
						   differ: */
#define COST_PAIRS	4096		/* pairs of lines in only one of them */
/* A diff has about 130 bytes for each line between equal ends; what gives a
 * hunk its id has 20 for each of the file. */
#define COST_LINES_MAX	((size_t)2500000)
#define COST_FILE_MAX	((size_t)8000000)

static int
cost_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The hash of each line. Returns how many. */
static size_t
cost_lines(uint64_t *v, const char *p, size_t len)
{
	const char *end = p + len, *nl;
	size_t n = 0;

	for (; (nl = memchr(p, '\n', (size_t)(end - p))) != NULL; p = nl + 1)
		v[n++] = hash_bytes(HASH_BEGIN, p, (size_t)(nl + 1 - p));
	return n;
}

/* The lines of both between equal ends. */
static size_t
hunk_cost_lines(const struct buf *before, const struct buf *after)
{
	size_t tail, head = diff_ends(buf_str(before), before->len,
	    buf_str(after), after->len, &tail);

	return mem_lines(buf_str(before) + head, before->len - head - tail) +
	    mem_lines(buf_str(after) + head, after->len - head - tail);
}

/* How many numbers are in only one of the two; sorts them. */
static size_t
cost_differ(uint64_t *a, size_t an, uint64_t *b, size_t bn)
{
	size_t i = 0, k = 0, same = 0;

	qsort(a, an, sizeof(*a), cost_compare);
	qsort(b, bn, sizeof(*b), cost_compare);
	while (i < an && k < bn)
		if (a[i] == b[k]) {
			same++;
			i++;
			k++;
		} else if (a[i] < b[k])
			i++;
		else
			k++;
	return an + bn - 2 * same;
}

/* Do many lines have another one after them? Makes pairs of the numbers. */
static bool
cost_is_much(const uint64_t *v, size_t before, size_t n)
{
	AUTO_FREE uint64_t *pair = xreallocarray(NULL, n, sizeof(*pair));
	size_t i;

	for (i = 0; i + 1 < n; i++)
		pair[i] = v[i] * 31 + v[i + 1];
	pair[n - 1] = 0;
	return cost_differ(pair, before, pair + before, n - before) >
	    COST_PAIRS;
}

/* The bytes of the line around p[at]. */
static size_t
cost_line(const struct buf *b, size_t at)
{
	const char *p = buf_str(b), *nl = memrchr(p, '\n', at);

	return (size_t)(mem_line_after(p + at, p + b->len) -
	    (nl == NULL ? p : nl + 1));
}

/* Would a diff take many seconds or much memory? */
static bool
hunk_is_costly(const struct buf *before, const struct buf *after)
{
	size_t head, tail, n, old, i, distinct = 1;
	AUTO_FREE uint64_t *v = NULL;

	if (before->len + after->len < 2 * COST_LINES)
		return false;
	head = diff_ends(buf_str(before), before->len, buf_str(after),
	    after->len, &tail);
	/* The first lines that differ are part of the text. */
	if (cost_line(before, head) + cost_line(after, head) > HUNK_TEXT_MAX)
		return true;
	/* Equal lines at both ends cost nothing. */
	n = mem_lines(buf_str(before) + head, before->len - head - tail) +
	    mem_lines(buf_str(after) + head, after->len - head - tail);
	if (n > COST_LINES_MAX || (before->len > COST_FILE_MAX &&
	    mem_lines(before->p, before->len) > COST_FILE_MAX))
		return true;
	if (n < COST_LINES)
		return false;
	v = xreallocarray(NULL, n, sizeof(*v));
	old = cost_lines(v, buf_str(before) + head, before->len - head - tail);
	(void)cost_lines(v + old, buf_str(after) + head,
	    after->len - head - tail);
	if (n > COST_MANY && cost_is_much(v, old, n))
		return true;
	qsort(v, n, sizeof(*v), cost_compare);
	for (i = 1; i < n; i++)
		distinct += v[i] != v[i - 1];
	return n / COST_ALIKE > distinct;
}

#define HUNK_CONTEXT 3
/* The smallest diff takes time by the square of the lines: seconds for these. */
#define HUNK_MINIMAL_LINES 20000
/* In a content of more than HUNK_WHOLE_BYTES, only this much of the equal bytes
 * around the changes is shown to libgit2. */
#define HUNK_WHOLE_BYTES ((size_t)1 << 20)
#define HUNK_EQUAL_BYTES ((size_t)64 << 10)

struct hunk_build {
	struct hunk_list *list;
	struct buf	 text;		/* in the current hunk */
	size_t		 left;		/* bytes that it and later ones may
					   have */
	int		 lead, trail;	/* context lines before, after */
	bool		 changed;
	bool		 full;		/* they would have more */
	bool		 bad;		/* libgit2 reported something
					   impossible */
};

static const struct {
	const char	*name;
	uint32_t	 flags;
} hunk_diffs[] = {
	[HUNK_DIFF_MYERS] = { "myers", GIT_DIFF_INDENT_HEURISTIC },
	[HUNK_DIFF_MINIMAL] = { "minimal", GIT_DIFF_INDENT_HEURISTIC |
	    GIT_DIFF_MINIMAL },
	[HUNK_DIFF_PATIENCE] = { "patience", GIT_DIFF_INDENT_HEURISTIC |
	    GIT_DIFF_PATIENCE },
	[HUNK_DIFF_OLD] = { "", 0 },
};

enum hunk_diff
hunk_diff_find(const char *name)
{
	int i;

	for (i = 0; name != NULL && i < HUNK_DIFF_OLD; i++)
		if (strcmp(hunk_diffs[i].name, name) == 0)
			return (enum hunk_diff)i;
	return name == NULL ? HUNK_DIFF_OLD : HUNK_DIFF_MYERS;
}

void
hunk_release(struct hunk *h)
{
	FREE_ALL(h->text, h->new_text);
	memset(h, 0, sizeof(*h));
}

void
hunk_list_release(struct hunk_list *l)
{
	size_t i;

	for (i = 0; i < l->len; i++)
		hunk_release(&l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static struct hunk *
hunk_list_insert(struct hunk_list *l, size_t i)
{
	GROW(l->v, l->len);
	memmove(&l->v[i + 1], &l->v[i], (l->len - i) * sizeof(*l->v));
	l->len++;
	memset(&l->v[i], 0, sizeof(l->v[i]));
	return &l->v[i];
}

static void
hunk_id_end(struct sha256 *h, char id[HUNK_ID_SIZE])
{
	char hex[SHA256_HEX_SIZE];

	sha256_end_free(h, hex);
	memcpy(id, hex, HUNK_ID_SIZE - 1);
	id[HUNK_ID_SIZE - 1] = '\0';
}

static unsigned
hunk_side_mode(const struct hunk_side *s)
{
	return s->exists ? s->mode : 0;
}

void
hunk_whole_id(char id[HUNK_ID_SIZE], const char *path,
    const struct hunk_side *before, const struct hunk_side *after)
{
	const char *b = before->exists ? before->hash : "";
	const char *a = after->exists ? after->hash : "";
	struct sha256 *h = sha256_new();
	char modes[32];
	int n;

	n = snprintf(modes, sizeof(modes), "%o %o", hunk_side_mode(before),
	    hunk_side_mode(after));
	sha256_add(h, path, strlen(path) + 1);
	sha256_add(h, b, strlen(b) + 1);
	sha256_add(h, a, strlen(a) + 1);
	sha256_add(h, modes, (size_t)n);
	hunk_id_end(h, id);
}

/* Offsets of a content's lines; off[len] is its size. */
struct hunk_lines {
	size_t	*off;
	size_t	 len;
};

/* A content's lines by their text: `first` of a bucket, then `next` of a line,
 * both numbers from 1, and how many a bucket has. */
struct hunk_place {
	const struct buf *content;	/* borrowed; may be NULL */
	struct hunk_lines lines;
	uint32_t	*first, *next, *count;
	size_t		 buckets;	/* a power of two */
	size_t		 budget;	/* bytes that may still be compared */
};

#define HUNK_PLACE_BYTES ((size_t)256 << 20)

static void
hunk_place_cut(struct hunk_lines *x, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len;

	x->off = NULL;
	GROW(x->off, 0);
	x->off[0] = 0;
	x->len = 0;
	while (p < end) {
		p = mem_line_after(p, end);
		x->len++;
		GROW(x->off, x->len);
		x->off[x->len] = (size_t)(p - buf_str(b));
	}
}

/* The bucket of line i. */
static size_t
hunk_place_bucket(const struct hunk_place *x, size_t i)
{
	uint64_t h = hash_bytes(HASH_BEGIN, buf_str(x->content) + x->lines.off[i],
	    x->lines.off[i + 1] - x->lines.off[i]);

	return (size_t)(h ^ h >> 32) & (x->buckets - 1);
}

static void
hunk_place_init(struct hunk_place *x, const struct buf *content)
{
	size_t i, k;

	memset(x, 0, sizeof(*x));
	if (content == NULL || content->len == 0)
		return;
	x->content = content;
	x->budget = HUNK_PLACE_BYTES;
	hunk_place_cut(&x->lines, content);
	for (x->buckets = 1; x->buckets < x->lines.len; x->buckets *= 2)
		;
	x->first = xcalloc(x->buckets, sizeof(*x->first));
	x->count = xcalloc(x->buckets, sizeof(*x->count));
	x->next = xcalloc(x->lines.len, sizeof(*x->next));
	for (i = x->lines.len; i-- > 0;) {
		k = hunk_place_bucket(x, i);
		x->next[i] = x->first[k];
		x->first[k] = (uint32_t)i + 1;
		x->count[k]++;
	}
}

static void
hunk_place_release(struct hunk_place *x)
{
	FREE_ALL(x->lines.off, x->first, x->count, x->next);
}

/* The lines [*from, *to) of the content that the hunk's ' ' and '-' lines
 * cover, and their bytes. */
static bool
hunk_place_find(const struct hunk_place *x, const struct hunk *h, size_t *from,
    size_t *to, size_t *len)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(h->text, h->len, &v), i, lead = 0, at;

	*len = 0;
	*to = 0;
	for (i = 0; i < n && v[i].sign == ' '; i++)
		lead += v[i].bytes;
	for (i = 0; i < n; i++)
		if (v[i].sign != '+') {
			*len += v[i].bytes;
			++*to;
		}
	at = h->old_off - lead;
	if (*len == 0 || lead > h->old_off || at > x->content->len ||
	    *len > x->content->len - at)
		return false;
	*from = MEM_FIRST(x->lines.len, k, x->lines.off[k] >= at);
	*to += *from;
	return x->lines.off[*from] == at && *to <= x->lines.len &&
	    x->lines.off[*to] == at + *len;
}

/* Do the hunk's old lines occur nowhere else in the content?  False if the
 * budget doesn't last to find out. */
static bool
hunk_place_is_only(struct hunk_place *x, const struct hunk *h)
{
	size_t from, to, len, i, k, rare = 0, best = SIZE_MAX, at;
	const char *p;

	if (h->kind != HUNK_TEXT || x->content == NULL)
		return true;
	if (!hunk_place_find(x, h, &from, &to, &len))
		return false;
	for (i = from; i < to; i++) {
		k = hunk_place_bucket(x, i);
		if (x->count[k] < best) {
			best = x->count[k];
			rare = i;
		}
	}
	p = buf_str(x->content);
	k = hunk_place_bucket(x, rare);
	for (i = x->first[k]; i != 0; i = x->next[i - 1]) {
		/* Where the hunk's first line would be. */
		if (i - 1 == rare || i - 1 < rare - from)
			continue;
		at = x->lines.off[i - 1 - (rare - from)];
		if (len > x->content->len - at)
			continue;
		if (x->budget < len)
			return false;
		x->budget -= len;
		if (memcmp(p + at, p + x->lines.off[from], len) == 0)
			return false;
	}
	return true;
}

static int
hunk_text_cmp(const struct hunk *a, const struct hunk *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->len == 0 ? 0 : memcmp(a->text, b->text, a->len);
}

/* By text, duplicates in the order of the list. */
static int
hunk_sort_cmp(const void *pa, const void *pb)
{
	const struct hunk *a = *(struct hunk *const *)pa;
	const struct hunk *b = *(struct hunk *const *)pb;
	int c = hunk_text_cmp(a, b);

	return c != 0 ? c : (a > b) - (a < b);
}

static void
hunk_id_text(struct hunk *h, const char *path, const char *tail)
{
	struct sha256 *s = sha256_new();

	sha256_add(s, path, strlen(path) + 1);
	sha256_add(s, h->len == 0 ? "" : h->text, h->len);
	sha256_add(s, "", 1);
	sha256_add(s, tail, strlen(tail));
	hunk_id_end(s, h->id);
}

/*
 * An id stays the same as long as the text and its index among equal texts do.
 * If a text, or its old lines, occur more than once, the line number is part of
 * the id, so that a mark can't move to a duplicate in this list or another one.
 * Creating or deleting a file gets a different id than filling or emptying it,
 * and includes the mode. The same text in another encoding is another change.
 */
static void
hunk_list_ids(struct hunk_list *l, const char *path, const struct buf *before,
    unsigned old_mode, unsigned new_mode)
{
	AUTO_FREE struct hunk **v = xreallocarray(NULL, l->len + 1, sizeof(*v));
	struct hunk_place place;
	size_t i, from, to;

	hunk_place_init(&place, before);
	for (i = 0; i < l->len; i++)
		v[i] = &l->v[i];
	qsort(v, l->len, sizeof(struct hunk *), hunk_sort_cmp);
	for (from = 0; from < l->len; from = to) {
		for (to = from + 1; to < l->len &&
		    hunk_text_cmp(v[from], v[to]) == 0; to++)
			;
		for (i = from; i < to; i++) {
			AUTO_BUF struct buf tail = BUF_INIT(0);

			if (v[i]->kind == HUNK_MODE && v[i]->id[0] != '\0')
				continue;	/* a split list */
			buf_addf(&tail, "%zu", i - from);
			if (to - from > 1 || !hunk_place_is_only(&place, v[i]))
				buf_addf(&tail, "@%d", v[i]->old_start);
			if (v[i]->kind == HUNK_MODE ||
			    (old_mode == 0) != (new_mode == 0))
				buf_addf(&tail, " %o %o", old_mode, new_mode);
			if (v[i]->kind == HUNK_TEXT)
				buf_adds(&tail, l->encoding.name);
			hunk_id_text(v[i], path, tail.p);
		}
	}
	hunk_place_release(&place);
}

/* Finish the hunk that libgit2's callbacks were filling. */
static void
hunk_build_end(struct hunk_build *b)
{
	struct hunk *h;

	if (b->list->len == 0)
		return;
	h = &b->list->v[b->list->len - 1];
	if (h->text != NULL)
		return;
	h->len = b->text.len;
	h->text = buf_take(&b->text);
	b->left -= h->len;
	/* In lines for now; hunk_list_place converts to bytes. */
	h->old_off = (size_t)b->lead;
	h->old_len = (size_t)b->trail;
}

static int
hunk_on_hunk(const git_diff_delta *delta UNUSED, const git_diff_hunk *g,
    void *arg)
{
	struct hunk_build *b = arg;
	struct hunk *h;

	hunk_build_end(b);
	h = hunk_list_insert(b->list, b->list->len);
	h->kind = HUNK_TEXT;
	h->old_start = g->old_start;
	h->old_lines = g->old_lines;
	h->new_start = g->new_start;
	h->new_lines = g->new_lines;
	b->lead = b->trail = 0;
	b->changed = false;
	return 0;
}

static int
hunk_on_line(const git_diff_delta *delta UNUSED, const git_diff_hunk *g UNUSED,
    const git_diff_line *line, void *arg)
{
	struct hunk_build *b = arg;

	switch (line->origin) {
	case GIT_DIFF_LINE_CONTEXT:
		if (b->changed)
			b->trail++;
		else
			b->lead++;
		buf_addc(&b->text, ' ');
		break;
	case GIT_DIFF_LINE_ADDITION:
	case GIT_DIFF_LINE_DELETION:
		b->changed = true;
		b->trail = 0;
		buf_addc(&b->text, line->origin);
		break;
	case GIT_DIFF_LINE_CONTEXT_EOFNL:
	case GIT_DIFF_LINE_ADD_EOFNL:
	case GIT_DIFF_LINE_DEL_EOFNL:
		break;	/* the content has its own backslash line */
	default:
		b->bad = true;
		return 0;
	}
	b->full = b->text.len + line->content_len > b->left;
	return b->full ? -1 : buf_add(&b->text, line->content,
	    line->content_len);
}

/* The parts of two contents between their equal ends, except for
 * HUNK_EQUAL_BYTES of these and the context. Borrowed. */
struct hunk_middle {
	struct buf	 before, after;
	size_t		 skip;		/* bytes before them, */
	int		 lines;		/* and lines */
};

/* The offset of the line that begins some lines before p[at]. */
static size_t
hunk_middle_back(const char *p, size_t at)
{
	size_t from = at, lines;
	const char *nl;

	for (lines = 0; at > 0 && (lines <= HUNK_CONTEXT ||
	    from - at < HUNK_EQUAL_BYTES); lines++) {
		nl = memrchr(p, '\n', at - 1);
		at = nl == NULL ? 0 : (size_t)(nl + 1 - p);
	}
	return at;
}

/* The offset after the line that ends some lines after p[at]. */
static size_t
hunk_middle_on(const char *p, size_t at, size_t len)
{
	size_t from = at, lines;

	for (lines = 0; at < len && (lines <= HUNK_CONTEXT ||
	    at - from < HUNK_EQUAL_BYTES); lines++)
		at = (size_t)(mem_line_after(p + at, p + len) - p);
	return at;
}

static void
hunk_middle_make(struct hunk_middle *m, const struct buf *before,
    const struct buf *after)
{
	size_t head, tail, end;
	const char *p = buf_str(before);

	memset(m, 0, sizeof(*m));
	m->before = *before;
	m->after = *after;
	if (before->len <= HUNK_WHOLE_BYTES && after->len <= HUNK_WHOLE_BYTES)
		return;
	head = diff_ends(buf_str(before), before->len, buf_str(after),
	    after->len, &tail);
	m->skip = hunk_middle_back(p, head);
	end = hunk_middle_on(p, before->len - tail, before->len);
	m->lines = (int)mem_lines(p, m->skip);
	m->before.p += m->skip;
	m->before.len = end - m->skip;
	m->after.p += m->skip;
	m->after.len = after->len - (before->len - end) - m->skip;
}

/* Is [first, first + n) a range of lines within a content? */
static bool
hunk_range_ok(const struct hunk_lines *x, size_t first, size_t n)
{
	return first <= x->len && n <= x->len - first;
}

/* Convert line counts to bytes of the two contents. */
static int
hunk_list_place(struct hunk_list *l, const struct buf *before,
    const struct buf *after)
{
	struct hunk_lines old, new;
	size_t i;
	int rc = 0;

	hunk_place_cut(&old, before);
	hunk_place_cut(&new, after);
	for (i = 0; i < l->len && rc == 0; i++) {
		struct hunk *h = &l->v[i];
		size_t lead = h->old_off, trail = h->old_len;
		/* If the hunk has no lines there, its start is the line
		 * before. */
		size_t o = (size_t)h->old_start - (h->old_lines > 0);
		size_t n = (size_t)h->new_start - (h->new_lines > 0);
		size_t on = (size_t)h->old_lines, nn = (size_t)h->new_lines;

		if (lead + trail > on || lead + trail > nn ||
		    !hunk_range_ok(&old, o, on) ||
		    !hunk_range_ok(&new, n, nn)) {
			rc = -1;
			break;
		}
		o += lead;
		n += lead;
		on -= lead + trail;
		nn -= lead + trail;
		h->old_off = old.off[o];
		h->old_len = old.off[o + on] - old.off[o];
		h->new_len = new.off[n + nn] - new.off[n];
		h->new_text = xmemdup(buf_str(after) + new.off[n], h->new_len);
	}
	FREE_ALL(old.off, new.off);
	return rc;
}

static bool
hunk_list_is_exact(const struct hunk_list *l, const struct buf *before,
    const struct buf *after)
{
	AUTO_BUF struct buf out = BUF_INIT(0);
	AUTO_FREE bool *take = xcalloc(l->len + 1, sizeof(*take));
	size_t i;

	for (i = 0; i < l->len; i++)
		take[i] = true;
	return hunk_compose(&out, before, l, take) == 0 &&
	    out.len == after->len &&
	    (out.len == 0 || memcmp(out.p, after->p, out.len) == 0);
}

/* Fill the list with text hunks. 1: not possible; 2: too much text. */
static int
hunk_list_diff(struct hunk_list *l, const struct buf *before,
    const struct buf *after, enum hunk_diff diff, struct err *e)
{
	git_diff_options opt;
	struct hunk_build b = { .list = l, .text = BUF_INIT(0),
		.left = HUNK_TEXT_MAX };
	struct hunk_middle m;
	size_t i;
	int rc;

	if (gitlib_init(e) < 0)
		return -1;
	if (diff == HUNK_DIFF_MINIMAL && hunk_cost_lines(before, after) >
	    HUNK_MINIMAL_LINES)
		diff = HUNK_DIFF_MYERS;
	git_diff_options_init(&opt, GIT_DIFF_OPTIONS_VERSION);
	opt.context_lines = HUNK_CONTEXT;
	opt.interhunk_lines = 0;
	opt.flags = GIT_DIFF_FORCE_TEXT | hunk_diffs[diff].flags;
	hunk_middle_make(&m, before, after);
	rc = git_diff_buffers(buf_str(&m.before), m.before.len, NULL,
	    buf_str(&m.after), m.after.len, NULL, &opt, NULL, NULL,
	    hunk_on_hunk, hunk_on_line, &b);
	gitlib_release();
	hunk_build_end(&b);
	buf_release(&b.text);
	if (b.full)
		rc = 2;
	else
		rc = rc < 0 || b.bad || l->len == 0 ||
		    hunk_list_place(l, &m.before, &m.after) < 0;
	for (i = 0; i < l->len && rc == 0; i++) {
		l->v[i].old_off += m.skip;
		l->v[i].old_start += m.lines;
		l->v[i].new_start += m.lines;
	}
	if (rc == 0)
		rc = !hunk_list_is_exact(l, before, after);
	while (rc != 0 && l->len > 0)
		hunk_release(&l->v[--l->len]);
	return rc;
}

/* Append each line with `sign` before it. */
static int
hunk_text_lines(struct buf *out, char sign, const struct buf *b)
{
	const char *p = buf_str(b), *end = p + b->len, *next;
	int n;

	for (n = 0; p < end; p = next, n += n < INT_MAX) {
		next = mem_line_after(p, end);
		buf_addc(out, sign);
		buf_add(out, p, (size_t)(next - p));
	}
	if (b->len > 0 && b->p[b->len - 1] != '\n')
		buf_adds(out, "\n\\ No newline at end of file\n");
	return n;
}

static bool
hunk_is_binary(const struct hunk_side *s)
{
	if (!s->exists)
		return false;
	return s->content == NULL || s->content->len > HUNK_MAX_BYTES ||
	    (s->content->len > 0 &&
	    memchr(s->content->p, '\0', s->content->len) != NULL);
}

static void
hunk_list_whole(struct hunk_list *l, const char *path,
    const struct hunk_side *before, const struct hunk_side *after,
    bool with_text)
{
	struct buf text = BUF_INIT(0);
	struct hunk *h = hunk_list_insert(l, 0);

	l->whole = true;
	h->kind = HUNK_WHOLE;
	hunk_whole_id(h->id, path, before, after);
	if (before->exists && before->content != NULL)
		h->old_len = before->content->len;
	if (after->exists && after->content != NULL && !l->binary) {
		h->new_len = after->content->len;
		h->new_text = xmemdup(buf_str(after->content), h->new_len);
	}
	if (with_text) {
		if (before->exists)
			h->old_lines = hunk_text_lines(&text, '-',
			    before->content);
		if (after->exists)
			h->new_lines = hunk_text_lines(&text, '+',
			    after->content);
		h->old_start = h->old_lines > 0;
		h->new_start = h->new_lines > 0;
	}
	h->len = text.len;
	h->text = buf_take(&text);
}

static bool
hunk_side_is_link(const struct hunk_side *s)
{
	return s->exists && (s->mode & 0170000) == 0120000;
}

/* Does a line that is added give a file that isn't UTF-8 a second encoding?
 * Lines of `known` don't count, nor those after it was searched for too many:
 * *left is the bytes that may still be. */
static bool
hunk_mixes(const char *text, size_t len, const char *known, size_t known_len,
    size_t *left)
{
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n = hunk_text_cut(text, len, &v), i;

	for (i = 0; i < n && known_len <= *left; i++) {
		if (v[i].sign != '+' || utf8_is_ascii(v[i].p, v[i].len) ||
		    !utf8_is_valid(v[i].p, v[i].len))
			continue;
		*left -= known_len;
		if (memmem(known, known_len, v[i].p + 1, v[i].len - 1) == NULL)
			return true;
	}
	return false;
}

int
hunk_list_change(struct hunk_list *l, const char *path,
    const struct hunk_side *before, const struct hunk_side *after,
    const struct encoding *encoding, enum hunk_diff diff, struct err *e)
{
	static const struct buf nothing = BUF_INIT(0);
	bool link = hunk_side_is_link(before) || hunk_side_is_link(after);
	bool same;
	size_t left = HUNK_PLACE_BYTES, i;
	int rc;

	memset(l, 0, sizeof(*l));
	if (encoding != NULL)
		l->encoding = *encoding;
	if (!before->exists && !after->exists)
		return err_set(e, "%s does not exist on either side", path);
	same = before->exists && after->exists &&
	    strcmp(before->hash, after->hash) == 0;
	if (same && !link) {	/* the mode alone, or nothing */
		hunk_list_whole(l, path, before, after, false);
		return 0;
	}
	if (hunk_is_binary(before) || hunk_is_binary(after) ||
	    (before->exists && after->exists &&
	    hunk_is_costly(before->content, after->content))) {
		l->binary = true;
		hunk_list_whole(l, path, before, after, false);
		return 0;
	}
	if (link) {
		hunk_list_whole(l, path, before, after, true);
		return 0;
	}
	rc = hunk_list_diff(l, before->exists ? before->content : &nothing,
	    after->exists ? after->content : &nothing, diff, e);
	if (rc < 0)
		return -1;
	if (rc > 0) {	/* an empty file created or deleted, or too much */
		l->binary = rc == 2;
		hunk_list_whole(l, path, before, after, rc == 1);
		return 0;
	}
	if (before->exists && after->exists && before->mode != after->mode) {
		struct hunk *h = hunk_list_insert(l, 0);

		h->kind = HUNK_MODE;
		h->text = xstrdup("");
		h->new_text = xstrdup("");
	}
	hunk_list_ids(l, path, before->content, hunk_side_mode(before),
	    hunk_side_mode(after));
	if (!before->exists || !after->exists || l->encoding.name[0] != '\0' ||
	    utf8_is_valid(buf_str(before->content), before->content->len) ||
	    utf8_is_valid(buf_str(after->content), after->content->len))
		return 0;
	for (i = 0; i < l->len && !l->mixes; i++)
		l->mixes = hunk_mixes(l->v[i].text, l->v[i].len,
		    buf_str(before->content), before->content->len, &left);
	if (l->mixes)
		err_set(&l->unconverted, "new lines are UTF-8, but the file "
		    "isn't: it would get two encodings");
	return 0;
}

int
hunk_compose(struct buf *out, const struct buf *before,
    const struct hunk_list *l, const bool *take)
{
	const char *p = before == NULL ? "" : buf_str(before);
	size_t len = before == NULL ? 0 : before->len, at = 0, i;

	if (l->whole && l->len == 1 && take[0]) {
		if (l->v[0].new_text == NULL && l->binary)
			return -1;
		return buf_add(out, l->v[0].new_text == NULL ? "" :
		    l->v[0].new_text, l->v[0].new_len);
	}
	for (i = 0; i < l->len; i++) {
		const struct hunk *h = &l->v[i];

		if (!take[i] || h->kind != HUNK_TEXT)
			continue;
		if (h->old_off < at || h->old_off > len ||
		    h->old_len > len - h->old_off)
			return -1;
		if (buf_add(out, p + at, h->old_off - at) < 0 ||
		    buf_add(out, h->new_text, h->new_len) < 0)
			return -1;
		at = h->old_off + h->old_len;
	}
	return buf_add(out, p + at, len - at);
}

/*
 * Hunks made from a hunk: its parts, split at unchanged lines, and a person's
 * edit of its text. The results apply to the same place of the same `before`.
 */

/* The part made from lines [first, end), whose changes are [from, to). It knows
 * where it starts. */
static void
hunk_part_make(struct hunk *part, const struct hunk_line *v, size_t first,
    size_t from, size_t to, size_t end)
{
	struct buf text = BUF_INIT(0), put = BUF_INIT(0);
	size_t i;

	part->kind = HUNK_TEXT;
	for (i = first; i < end; i++) {
		buf_add(&text, v[i].p, v[i].len);
		part->old_lines += v[i].sign != '+';
		part->new_lines += v[i].sign != '-';
		if (i < from || i >= to)
			continue;
		if (v[i].sign == '+')
			buf_add(&put, v[i].p + 1, v[i].bytes);
		else
			part->old_len += v[i].bytes;
	}
	part->old_start -= part->old_lines == 0;
	part->new_start -= part->new_lines == 0;
	part->len = text.len;
	part->text = buf_take(&text);
	part->new_len = put.len;
	part->new_text = buf_take(&put);
}

static size_t
hunk_cut(struct hunk_list *l, size_t at, const struct buf *before)
{
	struct hunk old = l->v[at];
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n, i, parts = 0, groups = 0, off;

	if (old.kind != HUNK_TEXT || before == NULL)
		return 0;
	n = hunk_text_cut(old.text, old.len, &v);
	for (i = 0; i < n; i++)
		groups += v[i].sign != ' ' && (i == 0 || v[i - 1].sign == ' ');
	if (groups < 2)
		return 0;
	memset(&l->v[at], 0, sizeof(l->v[at]));
	off = old.old_off;
	for (i = 0; i < n && v[i].sign == ' '; i++)
		;
	/* i: first changed line of the next part; off: its place in before. */
	while (i < n) {
		size_t first = i, to = i, end, k;
		struct hunk *part = parts == 0 ? &l->v[at] :
		    hunk_list_insert(l, at + parts);

		while (first > 0 && v[first - 1].sign == ' ')
			first--;
		while (to < n && v[to].sign != ' ')
			to++;
		for (end = to; end < n && v[end].sign == ' '; end++)
			;
		part->old_off = off;
		part->old_start = old.old_start + (old.old_lines == 0);
		part->new_start = old.new_start + (old.new_lines == 0);
		for (k = 0; k < first; k++) {
			part->old_start += v[k].sign != '+';
			part->new_start += v[k].sign != '-';
		}
		hunk_part_make(part, v, first, i, to, end);
		parts++;
		for (k = i; k < end; k++)
			if (v[k].sign != '+')
				off += v[k].bytes;
		i = end;
	}
	hunk_release(&old);
	return parts;
}

void
hunk_split_ids(struct hunk_list *l, const char *const *ids, size_t n,
    const char *path, const struct buf *before)
{
	bool any = false;
	size_t i, k;

	/* From the end, so that no part is visited again. */
	for (i = l->len; i-- > 0;)
		for (k = 0; k < n; k++)
			if (strcmp(l->v[i].id, ids[k]) == 0) {
				any = hunk_cut(l, i, before) > 0 || any;
				break;
			}
	if (any)
		hunk_list_ids(l, path, before, 0100644, 0100644);
	hunk_list_functions(l, before);
}

int
hunk_amend(struct hunk *out, const struct hunk *h, const struct buf *before,
    const char *text, size_t len, struct err *e)
{
	struct hunk_amended m;
	AUTO_FREE struct hunk_line *v = NULL;
	size_t n, i, lead = 0, old = 0, budget = HUNK_PLACE_BYTES;

	memset(out, 0, sizeof(*out));
	if (h->kind != HUNK_TEXT)
		return err_set(e, "only a hunk of text lines can be edited");
	if (hunk_text_amend(&m, h->text, h->len, text, len, e) < 0)
		return -1;
	/* What the hunk adds anyway was shown. */
	if (before != NULL && !utf8_is_valid(buf_str(before), before->len) &&
	    hunk_mixes(m.text, m.len, h->text, h->len, &budget)) {
		hunk_amended_release(&m);
		return err_set(e, "your text is UTF-8, but the file isn't: it "
		    "would get two encodings; save the hunk in the file's "
		    "encoding, or give ASCII");
	}
	n = hunk_text_cut(h->text, h->len, &v);
	for (i = 0; i < n && v[i].sign == ' '; i++)
		lead += v[i].bytes;
	for (i = 0; i < n; i++)
		old += v[i].sign == '+' ? 0 : v[i].bytes;
	if (lead > h->old_off || (m.no_newline && before != NULL &&
	    h->old_off - lead + old != before->len)) {
		hunk_amended_release(&m);
		return err_set(e, "only the last line of a file can be "
		    "without a newline");
	}
	out->kind = HUNK_TEXT;
	memcpy(out->id, h->id, sizeof(out->id));
	out->old_start = h->old_start;
	out->new_start = h->new_start;
	out->old_lines = m.old_lines;
	out->new_lines = m.new_lines;
	out->old_off = h->old_off - lead + m.skip;
	out->old_len = m.old_len;
	out->new_text = m.new_text;
	out->new_len = m.new_len;
	out->text = m.text;
	out->len = m.len;
	return 0;
}
