/* Applies the journal lines that remove parts of messages: `shortened` trims
 * results and images, `compaction` replaces the oldest messages by a
 * summary. */
#include "config.h"

#include "core/context-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "journal/summary.h"
#include "provider/provider.h"

char *
context_cut_text(const char *text, int64_t keep, int64_t bytes,
    const char *out)
{
	size_t n = strlen(text), head, tail;
	AUTO_FREE char *where = out == NULL ? xstrdup("") :
	    xasprintf("; the whole output: read %s", out);

	if (keep <= 0)
		return xasprintf("[output shortened: %lld bytes%s]",
		    (long long)bytes, where);
	if ((size_t)keep >= n)
		return xstrdup(text);
	head = utf8_cut(text, n, (size_t)keep / 2);
	tail = utf8_tail(text, n, (size_t)keep / 2);
	return xasprintf("%.*s\n[output shortened: %lld bytes; the middle is "
	    "left out here%s]\n%s", (int)head, text, (long long)bytes, where,
	    text + tail);
}

static void
context_shorten_one(struct context *c, int64_t seq, int64_t keep)
{
	size_t i, k;

	for (i = c->len; seq > 0 && i-- > 0;)
		for (k = 0; k < c->entries[i].m.results_len; k++) {
			struct context_entry *en = &c->entries[i];
			char **text = &en->m.results[k].text, *cut;

			if (en->origins[k].seq != seq)
				continue;
			cut = context_cut_text(*text, keep,
			    en->origins[k].bytes, en->origins[k].out);
			/* A summary is made from the whole text. */
			if (en->origins[k].whole == NULL)
				en->origins[k].whole = *text;
			else
				free(*text);
			*text = cut;
			context_serialize(c, en);
			context_changed(c, i);
			return;
		}
}

static void
context_drop_image(struct context *c, int64_t seq, const char *path)
{
	size_t i, k;

	for (i = 0; i < c->len; i++)
		for (k = 0; k < c->entries[i].images.len; k++) {
			struct context_image *im = &c->entries[i].images.v[k];

			if (im->gone || im->seq != seq ||
			    strcmp(im->path, path) != 0)
				continue;
			im->gone = true;
			context_serialize(c, &c->entries[i]);
			context_changed(c, i);
			return;
		}
}

void
context_shortened(struct context *c, const cJSON *event)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, json_array(event, "images"))
		context_drop_image(c, json_int(it, "seq", 0),
		    json_str_or(it, "path", ""));
	cJSON_ArrayForEach(it, json_array(event, "results"))
		context_shorten_one(c, json_int(it, "seq", 0),
		    json_int(it, "keep", 0));
	if (json_bool(event, "thinking", false)) {
		context_unbind(c, 0, true);
		context_changed(c, 0);
	}
}

void
context_compaction(struct context *c, const cJSON *event)
{
	int64_t upto = json_int(event, "upto", 0);
	size_t n = context_after(c, upto), i;
	struct buf b = BUF_INIT(0);
	struct context_entry *en;

	for (i = 0; i < n; i++)
		context_entry_release(&c->entries[i]);
	c->len -= n;
	for (i = 0; n > 0 && i < c->len; i++) {
		c->entries[i] = c->entries[i + n];
		c->wires[i] = c->wires[i + n];
	}
	json_drop(&c->compaction);
	context_changed(c, 0);
	/* A new conversation: an open question needs no answer any more. */
	if (c->len == 0 && upto >= c->seq - 1 &&
	    json_get(event, "summary") == NULL) {
		context_results_clear(c);
		context_pending_clear(c);
	}
	summary_message(&b, event);
	if (b.len == 0)
		return;
	en = context_insert(c, 0);
	en->m.role = MESSAGE_USER;
	en->m.text = buf_take(&b);
	en->seq = upto;
	en->summary = true;
	context_serialize(c, en);
	c->compaction = cJSON_Duplicate(event, 1);
}
