/*
 * The common part of the decoders. Its input is foreign: invalid JSON, a line
 * that is too long, or the wrong kind of data ends in an error of the reply,
 * and all later bytes are ignored.
 */
#include "config.h"

#include "provider/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "provider/provider.h"

/*
 * Maximum size of an answer, so that its journal line stays below the limit
 * even if every byte is escaped and stored twice (text and raw blocks). Events
 * up to DECODER_FRAME bytes count for what they add, longer ones in full.
 */
#define DECODER_KEEP_MAX	((size_t)4 << 20)
#define DECODER_FRAME		((size_t)1024)

struct reply *
reply_new(void)
{
	struct reply *r = xcalloc(1, sizeof(*r));

	r->text = xstrdup("");
	r->thinking = xstrdup("");
	r->refusal = xstrdup("");
	r->usage = USAGE_UNKNOWN;
	r->error.wait_ms = -1;
	return r;
}

struct reply *
reply_new_error(const struct provider_error *e)
{
	struct reply *r = reply_new();

	r->stop = REPLY_ERROR;
	r->error = *e;
	return r;
}

/* How a model begins a call for which its server has no template: in llama.cpp's
 * tests and vLLM's parsers. */
static const char *const call_marks[] = { "<tool_call>", "<function=",
	"[TOOL_CALLS]", "<|python_tag|>", "commentary to=functions." };

bool
reply_text_is_call(const struct reply *r)
{
	AUTO_JSON cJSON *o = NULL;
	const char *s = r->text + strspn(r->text, " \n"), *at, *block;
	size_t i, n;

	block = strstr(s, "```");
	for (n = strlen(s); n > 0 && strchr(" `\n", s[n - 1]) != NULL; n--)
		;
	for (i = 0; n > 0 && i < MEM_COUNT(call_marks); i++)
		if ((at = strstr(s, call_marks[i])) != NULL && (at == s ||
		    at[-1] == '\n' || at[-1] == '>') && (block == NULL ||
		    block == s || block > at) &&
		    strchr("]}>", s[n - 1]) != NULL)
			return true;
	if (strncmp(s, "```json\n", 8) == 0) {
		s += 8;
		n -= n < 8 ? n : 8;
	}
	o = s[0] == '{' ? json_parse(s, n, JSON_NUL_REPLACE, NULL) : NULL;
	return json_str(o, "name") != NULL && (json_get(o, "arguments") !=
	    NULL || json_get(o, "parameters") != NULL);
}

char *
reply_declined(const struct reply *r, const char *what)
{
	bool filter = r->stop == REPLY_CONTENT_FILTER;

	/* The word of one with a text of its own is only "stop" or so. */
	return !filter && r->stop != REPLY_REFUSAL ? NULL :
	    filter || r->refusal[0] == '\0' ?
	    xasprintf("declined to %s (%s)%s%.1000s", what, r->stop_raw,
	    r->refusal[0] == '\0' ? "" : ": ", r->refusal) :
	    xasprintf("declined to %s: %.1000s", what, r->refusal);
}

void
reply_free(struct reply *r)
{
	if (r == NULL)
		return;
	MEM_EACH(r, calls, call) {
		FREE_ALL(call->id, call->name,
		    call->arguments, call->args_error);
		cJSON_Delete(call->args);
	}
	FREE_ALL(r->calls, r->id, r->text, r->thinking, r->refusal, r->stop_raw);
	cJSON_Delete(r->raw);
	free(r);
}

char *
reply_make_id(void)
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned char raw[9];
	char id[10];
	size_t i;

	/* The name needn't be secret: zeros would only be a poor one. */
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		memset(raw, 0, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++)
		id[i] = set[raw[i] % (sizeof(set) - 1)];
	id[sizeof(raw)] = '\0';
	return xstrdup(id);
}

/* The object, or NULL with the reason (malloc'ed) in *why. */
static cJSON *
reply_parse_args(const char *args, char **why)
{
	struct err e = ERR_INIT;
	cJSON *o = json_parse(args, strlen(args), JSON_NUL_REFUSE, &e);

	if (o != NULL && !cJSON_IsObject(o)) {
		err_set(&e, "the arguments aren't a JSON object");
		json_drop(&o);
	}
	if (o == NULL && why != NULL)
		*why = xstrdup(e.text);
	return o;
}

#define REPLY_BLANK " \t\r\n"

void
reply_add_call(struct reply *r, const char *id, const char *name,
    const char *args, bool whole)
{
	struct reply_call *c;

	/* Templates leave blanks around a name, and gpt-oss what it knows the
	 * tools by before it. */
	name += strspn(name, REPLY_BLANK);
	name += strncmp(name, "functions.", 10) == 0 ? 10 : 0;
	c = GROW_ADD(r->calls, r->calls_len);
	c->id = xstrdup(id);
	c->name = xmemdup(name, strcspn(name, REPLY_BLANK));
	if (args[0] == '\0' && !whole) {
		/* No arguments arrived: not the same as empty ones. */
		c->arguments = xstrdup("{}");
		c->args_error = xstrdup("the call was cut off");
		return;
	}
	c->arguments = xstrdup(args[0] == '\0' ? "{}" : args);
	c->args = reply_parse_args(c->arguments, &c->args_error);
	c->complete = whole || c->args != NULL;
}

void
reply_part_ids(struct reply *r)
{
	size_t i, j;

	for (i = 1; i < r->calls_len; i++) {
		for (j = 0; j < i; j++)
			if (strcmp(r->calls[i].id, r->calls[j].id) == 0)
				break;
		if (j == i)
			continue;
		FREE_SET(r->calls[i].id, reply_make_id());
		json_drop(&r->raw);
	}
}

/* No call of this reply may run. */
static void
reply_break_calls(struct reply *r)
{
	MEM_EACH(r, calls, c) {
		c->complete = false;
		json_drop(&c->args);
		if (c->args_error == NULL)
			c->args_error = xstrdup("the answer broke off");
	}
}

char *
reply_echo_args(const char *args)
{
	AUTO_JSON cJSON *o = args == NULL ? NULL : reply_parse_args(args, NULL);

	return xstrdup(o == NULL ? "{}" : args);
}

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

static void
decoder_event(void *arg, const char *event, const char *data, size_t n)
{
	struct decoder *d = arg;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_JSON cJSON *root = NULL;
	struct err e = ERR_INIT;

	if (n == 0 || decoder_is_done(d))
		return;
	d->counted = n > DECODER_FRAME;
	if (strncmp(data, "[DONE]", 6) == 0)
		d->done = d->ops->done_mark;
	else if (!d->counted || decoder_count(d, n) == 0) {
		d->nul = memmem(data, n, "\\u0000", 6) != NULL;
		/* A NUL is no text of a call's: it stays an error. */
		if (memchr(data, '\0', n) != NULL)
			(void)buf_add(&b, data, n);
		else
			utf8_repair(&b, data, n);
		root = json_parse(buf_str(&b), b.len, JSON_NUL_REPLACE, &e);
		/* Retried only if there was an event of this format before:
		 * else it is a server of another kind. */
		if (root == NULL)
			provider_error_set(&d->error, PROVIDER_PROTOCOL,
			    d->seen, "%s, in: %.120s", e.text, buf_str(&b));
		else
			d->ops->take(d, event, root);
	}
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
	if (n > 0 && d->delta != NULL && kind != DELTA_NONE)
		d->delta(d->arg, kind, s, n);
}

void
decoder_emit_call(struct decoder *d, const char *name)
{
	if (d->calls++ > 0)
		decoder_emit(d, DELTA_CALL, "\n", 1);
	decoder_emit(d, DELTA_CALL, name, strlen(name));
	decoder_emit(d, DELTA_CALL, " ", 1);
}

void
decoder_append(struct decoder *d, struct buf *to, enum delta_kind kind,
    const char *s)
{
	if (s != NULL && (d->counted || decoder_count(d, strlen(s)) == 0) &&
	    buf_adds(to, s) == 0)
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
	/* No call of an answer that broke off may run, or be sent back. */
	if (r->stop == REPLY_ERROR || r->stop == REPLY_TRUNCATED) {
		reply_break_calls(r);
		json_drop(&r->raw);
	}
	reply_part_ids(r);
	d->ops->release(d);
	sse_release(&d->sse);
	free(d);
	return r;
}

struct reply *
decoder_whole(const struct provider_format *format, const char *p, size_t n,
    delta_cb *delta, void *arg)
{
	struct decoder *d = decoder_new(format, delta, arg);
	struct reply *r;
	bool took;

	d->whole = true;
	decoder_event(d, "", p, n);
	took = d->done;
	r = decoder_end_free(d);
	if (took)
		return r;
	reply_free(r);
	return NULL;
}
