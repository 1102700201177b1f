/*
 * What of a context can go, and how much that gives.  Nothing is changed here:
 * the choice becomes a line of the journal, and the fold does it.
 */
#include "config.h"

#include "core/context/context-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/turn/tokens.h"
#include "journal/summary.h"
#include "provider/provider.h"

#define CUT_OLD_KEEP	2400	/* bytes that old results of a message keep */
#define CUT_KEEP_MIN	400
#define CUT_MARK	24		/* tokens that a mark takes */

static void
cut_add(cJSON *list, const struct context_origin *from, int64_t keep)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "seq", from->seq);
	json_add_int(o, "bytes", from->bytes);
	json_add_int(o, "keep", keep);
	cJSON_AddItemToArray(list, o);
}

static int64_t
cut_result_tokens(const struct context *c, const struct message_result *r)
{
	return context_scaled(c, tokens_estimate(r->text, strlen(r->text)));
}

/* The most that one of these results may have, so that all together have no
 * more than `room`: small ones are left as they are, the others share. */
static int64_t
cut_share(const struct context *c, const struct context_entry *en,
    int64_t room)
{
	int64_t share = 0, left = room, n;
	size_t more = en->m.results_len, k, small;

	/* Each round fixes those that need less than a share. */
	do {
		share = left / (int64_t)more;
		left = room;
		small = 0;
		for (k = 0; k < en->m.results_len; k++) {
			n = cut_result_tokens(c, &en->m.results[k]);
			if (n <= share) {
				left -= n;
				small++;
			}
		}
		more = en->m.results_len - small;
	} while (more > 0 && left / (int64_t)more > share);
	return more == 0 ? INT64_MAX : share;
}

/* Results that do not fit into the window; what that gives. */
static int64_t
cut_large(const struct context *c, const struct tokens_room *r, cJSON *list)
{
	int64_t won = 0, most, n, keep;
	size_t i, k;

	for (i = 0; i < c->len; i++) {
		const struct context_entry *en = &c->entries[i];

		if (en->m.results_len == 0)
			continue;
		most = cut_share(c, en, r->results);
		for (k = 0; k < en->m.results_len; k++) {
			n = cut_result_tokens(c, &en->m.results[k]);
			keep = (int64_t)strlen(en->m.results[k].text);
			if (n <= most || en->origins[k].seq == 0 ||
			    keep <= 2 * CUT_KEEP_MIN)
				continue;
			/* A little less, for the words of the mark. */
			keep = keep * most / n * 9 / 10;
			if (keep < CUT_KEEP_MIN)
				keep = CUT_KEEP_MIN;
			cut_add(list, &en->origins[k], keep);
			won += n - most;
		}
	}
	return won;
}

/* The first of the newest messages, which take no more than `keep`. */
static size_t
cut_newest(const struct context *c, int64_t keep)
{
	size_t i = c->len;
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
	size_t i = c->len;

	while (i > 0 && c->entries[i - 1].m.role != MESSAGE_ASSISTANT)
		i--;
	return i == 0 ? c->len : i - 1;
}

/* What old results of this message keep of themselves, each, in bytes; 0: all,
 * since they take little, and what they say would be lost until there is a
 * summary. */
static int64_t
cut_old_keep(const struct context *c, const struct tokens_room *r,
    const struct context_entry *en)
{
	int64_t n = 0, keep;
	size_t k;

	for (k = 0; k < en->m.results_len; k++)
		n += cut_result_tokens(c, &en->m.results[k]);
	if (!en->seen || n <= r->keep)
		return 0;
	keep = CUT_OLD_KEEP / (int64_t)en->m.results_len;
	return keep < CUT_KEEP_MIN ? CUT_KEEP_MIN : keep;
}

/* Old results that the model has seen lose their middle, the oldest first, until
 * `over` tokens are won. */
static int64_t
cut_old(const struct context *c, const struct tokens_room *r, size_t end,
    int64_t over, cJSON *list)
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
			cut_add(list, &en->origins[k], keep);
			won += n;
		}
	}
	return won;
}

/* ---- images ---- */

static void
cut_add_image(cJSON *list, const struct context_image *im)
{
	cJSON *o = cJSON_CreateObject();

	json_add_int(o, "seq", im->seq);
	json_add_str(o, "path", im->path);
	cJSON_AddItemToArray(list, o);
}

cJSON *
context_images(const struct context *c)
{
	cJSON *list = cJSON_CreateArray();
	size_t i, k;

	for (i = 0; i < c->len; i++)
		for (k = 0; k < c->entries[i].images.len; k++)
			if (!c->entries[i].images.v[k].gone)
				cut_add_image(list,
				    &c->entries[i].images.v[k]);
	if (list->child == NULL) {
		cJSON_Delete(list);
		list = NULL;
	}
	return list;
}

/* How many there are, and their bytes. */
static size_t
cut_count_images(const struct context *c, size_t *bytes)
{
	size_t i, k, n = 0;

	*bytes = 0;
	for (i = 0; i < c->len; i++)
		for (k = 0; k < c->entries[i].images.len; k++)
			if (!c->entries[i].images.v[k].gone) {
				*bytes += (size_t)
				    c->entries[i].images.v[k].size;
				n++;
			}
	return n;
}

/*
 * Images, the oldest first: as many as a request may not have, wherever they
 * are; and of those before `end` until `over` tokens are won, since they are
 * large and the words about them stay.
 */
static int64_t
cut_images(const struct context *c, size_t end, int64_t over, cJSON *list)
{
	size_t bytes, n = cut_count_images(c, &bytes), i, k;
	struct context_images one = { NULL, 1 };
	int64_t won = 0;

	for (i = 0; i < c->len; i++)
		for (k = 0; k < c->entries[i].images.len; k++) {
			one.v = &c->entries[i].images.v[k];
			if (one.v->gone || (n <= CONTEXT_IMAGES_MAX &&
			    bytes <= c->format->images.total &&
			    (i >= end || won >= over)))
				continue;
			cut_add_image(list, one.v);
			won += context_scaled(c, context_images_tokens(&one));
			bytes -= (size_t)one.v->size;
			n--;
		}
	return won;
}

/* Of all, without what the provider has counted: that is void once something
 * is shortened. */
static int64_t
cut_estimate(const struct context *c, const struct tokens_room *r)
{
	int64_t n = context_held_tokens(c);
	size_t i;

	for (i = 0; i < c->len; i++)
		n += c->entries[i].tokens;
	return r->prompt - r->rest + context_scaled(c, n);
}

cJSON *
context_shorten(const struct context *c, const struct tokens_room *r,
    int64_t all, cJSON **images)
{
	cJSON *list = cJSON_CreateArray(), *old = cJSON_CreateArray(), *it;
	int64_t won = cut_large(c, r, list), then;
	size_t end = cut_newest(c, r->keep), last = cut_last_answer(c);

	if (end > last)
		end = last;
	then = cut_estimate(c, r) - all;
	all -= won;
	*images = cJSON_CreateArray();
	all -= cut_images(c, end, all > r->shorten_at ? all - r->shorten_to :
	    0, *images);
	if (all > r->shorten_at) {
		won = cut_old(c, r, end, all - r->shorten_to, old);
		/* The cache of all that follows is lost: not for little, and
		 * not where a summary is needed all the same. */
		while (won >= (r->prompt - r->shorten_to) * 4 / 10 &&
		    all - won + (then > 0 ? then : 0) <= r->compact_at &&
		    (it = cJSON_DetachItemFromArray(old, 0)) != NULL)
			cJSON_AddItemToArray(list, it);
	}
	cJSON_Delete(old);
	if ((*images)->child == NULL) {
		cJSON_Delete(*images);
		*images = NULL;
	}
	if (list->child == NULL && *images == NULL) {
		cJSON_Delete(list);
		list = NULL;
	}
	return list;
}

/* Is there an answer in what would go? Else nothing is won. */
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

	if (last == c->len)
		return 0;
	while (at < c->len && c->entries[at].m.role != MESSAGE_ASSISTANT)
		at++;
	if (at > last) {
		for (i = last; i < c->len; i++)
			sum += context_scaled(c, c->entries[i].tokens);
		at = c->results_len > 0 || sum <= r->results * 12 / 10 ? last :
		    c->len;
	}
	if (!cut_is_worth(c, at) || (at < c->len &&
	    c->entries[at - 1].seq >= c->entries[at].seq))
		return 0;
	return c->entries[at - 1].seq;
}

int64_t
context_tokens_after(const struct context *c, int64_t upto, const cJSON *line,
    int64_t overhead)
{
	struct buf b = BUF_INIT(0);
	int64_t n = overhead;
	size_t i;

	summary_message(&b, line);
	n += tokens_estimate(buf_str(&b), b.len);
	buf_release(&b);
	for (i = context_after(c, upto); i < c->len; i++)
		n += c->entries[i].tokens;
	return context_scaled(c, n + context_held_tokens(c));
}

/* The text, or its beginning and end if it is long; malloc'ed. */
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

/* All that the person said up to there, also what an earlier line has kept. */
static const char **
cut_all_said(const struct context *c, size_t end, size_t *n)
{
	const cJSON *old = json_array(c->compaction, "said"), *it;
	const char **all;
	size_t i;

	*n = 0;
	all = xcalloc((size_t)cJSON_GetArraySize(old) + end + 1, sizeof(*all));
	cJSON_ArrayForEach(it, old)
		if (cJSON_IsString(it))
			all[(*n)++] = it->valuestring;
	for (i = 0; i < end; i++)
		if (c->entries[i].said != NULL)
			all[(*n)++] = c->entries[i].said;
	return all;
}

cJSON *
context_said(const struct context *c, int64_t upto, size_t max)
{
	size_t n, i, left = max;
	const char **all = cut_all_said(c, context_after(c, upto), &n);
	cJSON *list = cJSON_CreateArray();
	size_t from = n;
	char *text;

	/* The first one is the task; of the others the last ones. */
	for (i = 0; i < n; i = i == 0 ? from : i + 1) {
		text = cut_said(all[i], max / 3);
		if (i == 0)
			left -= strlen(text) < left ? strlen(text) : left;
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
		free(text);
		while (i == 0 && from > 1 &&
		    cut_said_size(all[from - 1], max / 3) <= left)
			left -= cut_said_size(all[--from], max / 3);
	}
	free(all);
	return list;
}
