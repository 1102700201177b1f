/*
 * context-size: the size of the messages in tokens: the provider's count, and
 * an estimate for newer ones; and what can be removed of them.
 */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "core/context/context-int.h"
#include "core/context/context.h"
#include "journal/event.h"
#include "journal/summary.h"
#include "provider/provider.h"

/* How much of a token this byte is, in sixths. */
static unsigned char
tokens_of_byte(unsigned char ch)
{
	if (ch >= '0' && ch <= '9')
		return 4;
	return ch == ' ' || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') ? 2 : 3;
}

int64_t
tokens_estimate(const char *text, size_t n)
{
	static unsigned char of[256];
	int64_t sixths = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(of) && of[255] == 0; i++)
		of[i] = tokens_of_byte((unsigned char)i);
	for (i = 0; i < n; i++)
		sixths += of[(unsigned char)text[i]];
	return (sixths + 5) / 6;
}

/* In a small window the answer gets at most a quarter; in a large one an eighth
 * is reserved, and the answer gets all that the prompt leaves free. */
#define TOKENS_RESERVE		(TOKENS_SMALL / 4)

static int64_t
tokens_reserve(int64_t window, int64_t output)
{
	int64_t share = window <= TOKENS_SMALL ? window / 4 : window / 8;

	if (window > TOKENS_SMALL && share < TOKENS_RESERVE)
		share = TOKENS_RESERVE;
	return output > 0 && output < share ? output : share;
}

void
tokens_room(struct tokens_room *r, int64_t window, int64_t max_output,
    int64_t overhead)
{
	if (window < TOKENS_WINDOW_MIN)
		window = TOKENS_WINDOW_MIN;
	r->window = window;
	r->reserve = tokens_reserve(window, max_output);
	r->output = max_output > r->reserve ? max_output : r->reserve;
	r->prompt = window - r->reserve;
	r->rest = r->prompt - overhead;
	if (r->rest < r->prompt / 4)
		r->rest = r->prompt / 4;
	r->shorten_at = r->prompt - r->rest * 30 / 100;
	r->shorten_to = r->prompt - r->rest * 50 / 100;
	r->compact_at = r->prompt - r->rest * 15 / 100;
	r->keep = r->rest * 25 / 100;
	r->results = r->rest * 75 / 100;
}

static int64_t
context_scaled(const struct context *c, int64_t estimate)
{
	return estimate * c->scale / 1000;
}

static int64_t
context_pending_tokens(const struct context *c)
{
	int64_t n = 0;

	MEM_EACH(c, pending, p)
		n += tokens_estimate(p->text, strlen(p->text)) +
		    context_images_tokens(&p->images);
	return n;
}

/* Results of calls of which some have none yet. */
static int64_t
context_results_tokens(const struct context *c)
{
	int64_t n = 0;

	MEM_EACH(c, results, r)
		if (r->text != NULL)
			n += tokens_estimate(r->text, strlen(r->text));
	return n;
}

int64_t
context_share(const struct context *c, const struct tokens_room *r, size_t left)
{
	int64_t rest = (r->results - context_scaled(c,
	    context_results_tokens(c))) / (int64_t)left;

	/* This is tokens_of_byte for a text of digits. */
	return rest * 1000 / c->scale * 6 / 4;
}

int64_t
context_kinds(const struct context *c, int64_t *results)
{
	int64_t messages = context_pending_tokens(c);

	*results = context_results_tokens(c);
	MEM_EACH(c, entries, en)
		if (en->m.role == MESSAGE_TOOL_RESULTS)
			*results += en->tokens;
		else
			messages += en->tokens;
	return messages;
}

int64_t
context_tokens(const struct context *c, int64_t overhead)
{
	int64_t n = context_pending_tokens(c) + context_results_tokens(c);
	size_t i;

	for (i = c->known < 0 ? 0 : c->known_len; i < c->entries_len; i++)
		n += c->entries[i].tokens;
	return c->known < 0 ? context_scaled(c, n + overhead) :
	    c->known + context_scaled(c, n);
}

/*
 * Finds what can be removed from a context, and how much that saves. Nothing is
 * changed here: the choice becomes a line of the journal, and the fold applies
 * it.
 */

#define CUT_OLD_KEEP	2400	/* bytes kept of a message's old results */
#define CUT_KEEP_MIN	400
#define CUT_MARK	24		/* tokens of a mark */

static void
cut_add(struct ev_shortened *to, const struct context_origin *from,
    int64_t keep)
{
	*GROW_ADD(to->results, to->results_len) = (struct ev_shortened_result){
	    .seq = from->seq, .bytes = from->bytes, .keep = keep };
}

static int64_t
cut_result_tokens(const struct context *c, const struct message_result *r)
{
	return context_scaled(c, tokens_estimate(r->text, strlen(r->text)));
}

/* The largest size for one of these results, so that all fit into `room`: small
 * ones stay, the others share the rest. */
static int64_t
cut_share(const struct context *c, const struct context_entry *en,
    int64_t room)
{
	int64_t share = 0, left = room, n;
	size_t more = en->m.results_len, small;

	/* Each round settles those below an equal share. */
	do {
		share = left / (int64_t)more;
		left = room;
		small = 0;
		MEM_EACH(&en->m, results, r) {
			n = cut_result_tokens(c, r);
			if (n <= share) {
				left -= n;
				small++;
			}
		}
		more = en->m.results_len - small;
	} while (more > 0 && left / (int64_t)more > share);
	return more == 0 ? INT64_MAX : share;
}

/* Trim results that don't fit into the window; returns the savings. */
static int64_t
cut_large(const struct context *c, const struct tokens_room *r,
    struct ev_shortened *to)
{
	int64_t won = 0, most, n, keep;
	size_t k;

	MEM_EACH(c, entries, en) {
		/* Most fit as a whole: don't count their bytes each time. */
		if (en->m.results_len == 0 ||
		    context_scaled(c, en->tokens) <= r->results)
			continue;
		most = cut_share(c, en, r->results);
		for (k = 0; k < en->m.results_len; k++) {
			n = cut_result_tokens(c, &en->m.results[k]);
			keep = (int64_t)strlen(en->m.results[k].text);
			if (n <= most || en->origins[k].seq == 0 ||
			    keep <= 2 * CUT_KEEP_MIN)
				continue;
			/* A little less, to leave room for the mark. */
			keep = keep * most / n * 9 / 10;
			if (keep < CUT_KEEP_MIN)
				keep = CUT_KEEP_MIN;
			cut_add(to, &en->origins[k], keep);
			won += n - most;
		}
	}
	return won;
}

/* The first of the newest messages, which use at most `keep`. */
static size_t
cut_newest(const struct context *c, int64_t keep)
{
	size_t i = c->entries_len;
	int64_t sum = 0;

	while (i > 0) {
		sum += context_scaled(c, c->entries[i - 1].tokens);
		if (sum > keep)
			break;
		i--;
	}
	return i;
}

static size_t
cut_last_answer(const struct context *c)
{
	size_t i = c->entries_len;

	while (i > 0 && c->entries[i - 1].m.role != MESSAGE_ASSISTANT)
		i--;
	return i == 0 ? c->entries_len : i - 1;
}

/* How many bytes each old result of this message keeps; 0: all, since they are
 * small, and their content would be lost until the next summary. */
static int64_t
cut_old_keep(const struct context *c, const struct tokens_room *r,
    const struct context_entry *en)
{
	int64_t n = 0, keep;

	MEM_EACH(&en->m, results, it)
		n += cut_result_tokens(c, it);
	if (!en->seen || n <= r->keep)
		return 0;
	keep = CUT_OLD_KEEP / (int64_t)en->m.results_len;
	return keep < CUT_KEEP_MIN ? CUT_KEEP_MIN : keep;
}

/* Cut the middle of old results that the model has seen, the oldest first,
 * until `over` tokens are saved. */
static int64_t
cut_old(const struct context *c, const struct tokens_room *r, size_t end,
    int64_t over, struct ev_shortened *to)
{
	int64_t won = 0, n, keep, all, len;
	size_t i, k;

	for (i = 0; i < end && won < over; i++) {
		const struct context_entry *en = &c->entries[i];

		keep = cut_old_keep(c, r, en);
		for (k = 0; keep > 0 && k < en->m.results_len; k++) {
			len = (int64_t)strlen(en->m.results[k].text);
			if (en->origins[k].seq == 0 || len <= 2 * keep)
				continue;
			all = cut_result_tokens(c, &en->m.results[k]);
			n = all - all * keep / len - CUT_MARK;
			if (n <= 0)
				continue;
			cut_add(to, &en->origins[k], keep);
			won += n;
		}
	}
	return won;
}

/* ---- images ---- */

static void
cut_add_image(struct ev_shortened *to, const struct context_image *im)
{
	*GROW_ADD(to->images, to->images_len) = (struct ev_shortened_image){
	    .seq = im->seq, .path = im->path };
}

bool
context_images(const struct context *c, struct ev_shortened *to)
{
	MEM_EACH(c, entries, en)
		MEM_EACH(&en->images, v, it)
			if (!it->gone)
				cut_add_image(to, it);
	return to->images_len > 0;
}

/* The number of images, and their bytes. */
static size_t
cut_count_images(const struct context *c, size_t *bytes)
{
	size_t n = 0;

	*bytes = 0;
	MEM_EACH(c, entries, en)
		MEM_EACH(&en->images, v, it)
			if (!it->gone) {
				*bytes += (size_t)
				    it->size;
				n++;
			}
	return n;
}

/*
 * Remove images, the oldest first: as many as exceed the limit per request,
 * wherever they are; then those before `end` until `over` tokens are saved,
 * since images are large and the text about them stays.
 */
static int64_t
cut_images(const struct context *c, size_t end, int64_t over,
    struct ev_shortened *to)
{
	size_t bytes, n = cut_count_images(c, &bytes), i, k;
	struct context_images one = { NULL, 1 };
	int64_t won = 0;

	for (i = 0; i < c->entries_len; i++)
		for (k = 0; k < c->entries[i].images.v_len; k++) {
			one.v = &c->entries[i].images.v[k];
			if (one.v->gone || (n <= CONTEXT_IMAGES_MAX &&
			    bytes <= c->format->images.total &&
			    (i >= end || won >= over)))
				continue;
			cut_add_image(to, one.v);
			won += context_scaled(c, context_images_tokens(&one));
			bytes -= (size_t)one.v->size;
			n--;
		}
	return won;
}

/* Size of all messages without the provider's count, which is void after
 * trimming. */
static int64_t
cut_estimate(const struct context *c, const struct tokens_room *r)
{
	int64_t n = context_pending_tokens(c);

	MEM_EACH(c, entries, en)
		n += en->tokens;
	return r->prompt - r->rest + context_scaled(c, n);
}

bool
context_shorten(const struct context *c, const struct tokens_room *r,
    int64_t all, struct ev_shortened *to)
{
	int64_t won = cut_large(c, r, to), then = cut_estimate(c, r) - all;
	size_t end = cut_newest(c, r->keep), last = cut_last_answer(c);
	size_t large = to->results_len;

	if (end > last)
		end = last;
	all -= won;
	all -= cut_images(c, end, all > r->shorten_at ? all - r->shorten_to :
	    0, to);
	if (all > r->shorten_at) {
		won = cut_old(c, r, end, all - r->shorten_to, to);
		/* This loses the cache of everything after it: only for a large
		 * saving, and not if a summary is needed anyway. */
		if (won < (r->prompt - r->shorten_to) * 4 / 10 ||
		    all - won + (then > 0 ? then : 0) > r->compact_at)
			to->results_len = large;
	}
	return to->results_len > 0 || to->images_len > 0;
}

/* Does the part to remove contain an answer? Else nothing is saved. */
static bool
cut_is_worth(const struct context *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c->entries[i].m.role == MESSAGE_ASSISTANT)
			return true;
	return false;
}

int64_t
context_cut(const struct context *c, const struct tokens_room *r)
{
	size_t last = cut_last_answer(c), at = cut_newest(c, r->keep), i;
	int64_t sum = 0;

	if (last == c->entries_len)
		return 0;
	while (at < c->entries_len && c->entries[at].m.role != MESSAGE_ASSISTANT)
		at++;
	if (at > last) {
		for (i = last; i < c->entries_len; i++)
			sum += context_scaled(c, c->entries[i].tokens);
		at = c->results_len > 0 || sum <= r->results * 12 / 10 ? last :
		    c->entries_len;
	}
	if (!cut_is_worth(c, at) || (at < c->entries_len &&
	    c->entries[at - 1].seq >= c->entries[at].seq))
		return 0;
	return c->entries[at - 1].seq;
}

int64_t
context_tokens_after(const struct context *c,
    const struct ev_compaction *line, int64_t overhead)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	int64_t n = overhead;
	size_t i;

	summary_message(&b, line);
	n += tokens_estimate(buf_str(&b), b.len);
	for (i = context_after(c, line->upto); i < c->entries_len; i++)
		n += c->entries[i].tokens;
	return context_scaled(c, n + context_pending_tokens(c));
}

/* The text, or the beginning and end of a long one; malloc'ed. */
static char *
cut_said(const char *text, size_t max)
{
	size_t n = strlen(text), head, tail;

	if (n <= max)
		return xstrdup(text);
	head = utf8_cut(text, n, max / 2);
	tail = utf8_tail(text, n, max / 2);
	return xasprintf("%.*s\n[...]\n%s", (int)head, text, text + tail);
}

static size_t
cut_said_size(const char *text, size_t max)
{
	size_t n = strlen(text);

	return n <= max ? n : max + 8;
}

/* All of the user's messages up to there, including those that an earlier line
 * kept. */
static const char **
cut_all_said(const struct context *c, size_t end, size_t *n)
{
	const struct ev_compaction *old = c->compaction == NULL ? NULL :
	    &c->compaction->compaction;
	const char **all;
	size_t i;

	*n = old == NULL ? 0 : old->said_len;
	all = xcalloc(*n + end + 1, sizeof(*all));
	for (i = 0; i < *n; i++)
		all[i] = old->said[i];
	for (i = 0; i < end; i++)
		if (c->entries[i].said != NULL)
			all[(*n)++] = c->entries[i].said;
	return all;
}

char **
context_said(const struct context *c, int64_t upto, size_t max, size_t *n)
{
	size_t len, i, left = max;
	AUTO_FREE const char **all =
	    cut_all_said(c, context_after(c, upto), &len);
	char **list = xcalloc(len + 1, sizeof(*list));
	size_t from = len;

	*n = 0;
	/* Keep the first one, the task, and the last of the others. */
	for (i = 0; i < len; i = i == 0 ? from : i + 1) {
		list[(*n)++] = cut_said(all[i], max / 3);
		if (i > 0)
			continue;
		left -= strlen(list[0]) < left ? strlen(list[0]) : left;
		while (from > 1 &&
		    cut_said_size(all[from - 1], max / 3) <= left)
			left -= cut_said_size(all[--from], max / 3);
	}
	return list;
}
