/*
 * The common part of the decoders. Its input is foreign: invalid JSON, a line
 * that is too long, or the wrong kind of data ends in an error of the reply,
 * and all later bytes are ignored.
 */
#include "config.h"

#include "provider/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "provider/error.h"
#include "provider/reply.h"

static int
decoder_count(struct decoder *d, size_t n)
{
	d->kept += n;
	if (d->kept <= DECODER_KEEP_MAX)
		return 0;
	provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
	    "the answer is longer than %zu MB", DECODER_KEEP_MAX >> 20);
	return -1;
}

/* The data of an event, or of a whole answer. The caller deletes. */
static cJSON *
decoder_parse(struct decoder *d, const char *data, size_t n, struct buf *b,
    struct err *e)
{
	d->nul = memmem(data, n, "\\u0000", 6) != NULL;
	utf8_repair(b, data, n);
	return json_parse(buf_str(b), b->len, JSON_NUL_REPLACE, e);
}

static void
decoder_event(void *arg, const char *event, const char *data, size_t n)
{
	struct decoder *d = arg;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_JSON cJSON *root = NULL;
	struct err e = ERR_INIT;

	if (n == 0 || decoder_is_done(d))
		return;
	if (strncmp(data, "[DONE]", 6) == 0) {
		d->done = d->ops->done_mark;
		goto out;
	}
	d->counted = n > DECODER_FRAME;
	if (d->counted && decoder_count(d, n) < 0)
		goto out;
	root = decoder_parse(d, data, n, &b, &e);
	/* Retried only if there was an event of this format before: else it is
	 * a server of another kind. */
	if (root == NULL)
		provider_error_set(&d->error, PROVIDER_PROTOCOL, d->seen,
		    "%s, in: %.120s", e.text, buf_str(&b));
	else
		d->ops->take(d, event, root);
out:
	/* Data after the end is irrelevant, wherever it was cut. */
	d->sse.stopped = decoder_is_done(d);
}

struct decoder *
decoder_new(const struct provider_format *format, delta_cb *delta, void *arg)
{
	struct decoder *d = xcalloc(1, format->decoder->size);

	d->ops = format->decoder;
	d->delta = delta;
	d->arg = arg;
	d->error.wait_ms = -1;
	d->usage = USAGE_UNKNOWN;
	sse_init(&d->sse, decoder_event, d);
	return d;
}

void
decoder_emit(struct decoder *d, enum delta_kind kind, const char *s, size_t n)
{
	if (n > 0 && d->delta != NULL)
		d->delta(d->arg, kind, s, n);
}

int
decoder_keep(struct decoder *d, struct buf *to, const char *s)
{
	if (!d->counted && decoder_count(d, strlen(s)) < 0)
		return -1;
	return buf_adds(to, s);
}

void
decoder_append(struct decoder *d, struct buf *to, enum delta_kind kind,
    const char *s)
{
	if (s != NULL && decoder_keep(d, to, s) == 0)
		decoder_emit(d, kind, s, strlen(s));
}

void
decoder_set(char **word, const char *s)
{
	if (s != NULL && s[0] != '\0')
		xstrset(word, s);
}

void
decoder_feed(struct decoder *d, const char *p, size_t n)
{
	if (decoder_is_done(d))
		return;
	if (sse_feed(&d->sse, p, n) < 0)
		provider_error_set(&d->error, PROVIDER_PROTOCOL, false,
		    "a line or event of the stream is too long");
}

struct reply *
decoder_whole(const struct provider_format *format, const char *p, size_t n,
    delta_cb *delta, void *arg)
{
	struct decoder *d = decoder_new(format, delta, arg);
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_JSON cJSON *root = decoder_parse(d, p, n, &b, NULL);
	struct reply *r;
	bool took;

	d->counted = true;
	took = root != NULL && (decoder_count(d, n) < 0 ||
	    d->ops->whole(d, root));
	r = decoder_end_free(d);
	if (took)
		return r;
	reply_free(r);
	return NULL;
}

bool
decoder_is_done(const struct decoder *d)
{
	return d->done || d->error.kind != PROVIDER_OK;
}

/* An error that was not an event. */
static void
decoder_bare_error(struct decoder *d)
{
	const struct buf *b = &d->sse.bare;
	AUTO_JSON cJSON *root = NULL;

	if (b->len == 0 || b->full || !d->ops->bare_errors)
		return;
	root = json_parse(b->p, b->len, JSON_NUL_REPLACE, NULL);
	if (cJSON_IsArray(root) || json_get(root, "error") != NULL)
		provider_error_from_json(&d->error, 0, "", root);
}

bool
decoder_end_stop(struct decoder *d, bool whole, struct reply *r)
{
	if (!whole && d->error.kind == PROVIDER_OK)
		decoder_bare_error(d);
	r->error = d->error;
	if (d->error.kind != PROVIDER_OK) {
		r->stop = REPLY_ERROR;
		return false;
	}
	if (whole)
		return true;
	if (!d->seen && d->sse.foreign) {
		r->stop = REPLY_ERROR;
		provider_error_set(&r->error, PROVIDER_PROTOCOL, false,
		    "the answer isn't a stream of events");
	} else {
		r->stop = REPLY_TRUNCATED;
		provider_error_set(&r->error, PROVIDER_TRUNCATED, true,
		    "%s", "");
	}
	return false;
}

struct reply *
decoder_end_free(struct decoder *d)
{
	struct reply *r = reply_new();

	if (d->error.kind == PROVIDER_OK)
		sse_end(&d->sse);
	r->usage = d->usage;
	d->ops->end(d, r);
	reply_part_ids(r);
	d->ops->release(d);
	sse_release(&d->sse);
	free(d);
	return r;
}
