/*
 * replay: the transport that plays a recording. A folder contains
 * recording.json, such as {"format":"anthropic"}, and the answers 01.sse,
 * 02.sse, ... exactly as received. They go through the same decoders as live
 * answers; nothing here makes up an event. The request's body is ignored, but
 * for what recording.json has under "instead", such as {"Rejected in a.c":
 * "no"}: a request with the first of these texts gets 01-no.sse, if there is one.
 * An answer 01.wait is one that whoever plays the recording still holds: it comes
 * once that is renamed to 01.sse.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "provider/format.h"
#include "provider/provider.h"

#define REPLAY_FILE_MAX	((size_t)64 << 20)
/* Paced: send one event, or at most this many bytes of it, then wait this long.
 * About the speed of a quick model; visibly streaming. */
#define REPLAY_PIECE	512
#define REPLAY_PAUSE_MS	12

struct replay_call {
	struct provider_call			 call;
	struct loop			*loop;
	struct loop_timer		*timer;
	struct call_callbacks		 cb;
	void				*arg;
	const struct provider_format	*format;
	struct decoder			*decoder;
	struct buf			 bytes;
	size_t				 at;
	char				*dir;
	size_t				 turn;
	char				*body;
	char				*instead;
	bool				 paced;
	bool				 held;
	bool				 feeding;
	bool				 cancelled;
	struct provider_error		 error;
};

static void
replay_free(struct replay_call *c)
{
	loop_timer_free(&c->timer);
	if (c->decoder != NULL)
		reply_free(decoder_end_free(c->decoder));
	buf_release(&c->bytes);
	free(c->dir);
	free(c->body);
	free(c->instead);
	free(c);
}

static void
replay_cancel(struct provider_call *call)
{
	struct replay_call *c = (struct replay_call *)call;

	c->cancelled = true;
	if (!c->feeding)
		replay_free(c);
}

static void
replay_delta(void *arg, enum delta_kind kind, const char *text, size_t n)
{
	struct replay_call *c = arg;

	if (!c->cancelled && c->cb.delta != NULL)
		c->cb.delta(c->arg, kind, text, n);
}

static void
replay_finish(struct replay_call *c)
{
	struct call_callbacks cb = c->cb;
	void *arg = c->arg;
	struct reply *r;

	if (c->decoder == NULL) {
		r = reply_new_error(&c->error);
	} else {
		/* The end may still release a last event. */
		c->feeding = true;
		r = decoder_end_free(c->decoder);
		c->feeding = false;
		c->decoder = NULL;
	}
	if (c->cancelled) {
		reply_free(r);
		replay_free(c);
		return;
	}
	replay_free(c);
	cb.done(arg, r);
}

/* Up to the end of the next event, at most one piece. */
static size_t
replay_piece(const struct replay_call *c)
{
	const char *p = c->bytes.p + c->at, *end;
	size_t left = c->bytes.len - c->at;

	end = memmem(p, left, "\n\n", 2);
	if (end != NULL)
		left = (size_t)(end - p) + 2;
	return left < REPLAY_PIECE ? left : REPLAY_PIECE;
}

static int
replay_read_format(struct replay_call *c, int dirfd, const char *dir,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(65536);
	struct err why = ERR_INIT;
	const char *name;
	AUTO_JSON cJSON *o = NULL;
	const cJSON *it;

	if (fs_read_file(dirfd, "recording.json", &b, &why) < 0 ||
	    (o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, &why)) == NULL)
		return err_set(e, "%s isn't a recording: recording.json: %s",
		    dir, why.text);
	cJSON_ArrayForEach(it, cJSON_GetObjectItemCaseSensitive(o, "instead"))
		if (c->instead == NULL && cJSON_IsString(it) &&
		    c->body != NULL && strstr(c->body, it->string) != NULL)
			c->instead = xstrdup(it->valuestring);
	name = json_str_or(o, "format", "");
	c->format = provider_format_find(name);
	return c->format != NULL && c->format != &replay_format ? 0 : err_set(e,
	    "%s/recording.json: \"format\" must be a provider's, such as "
	    "\"openai-chat\", not \"%s\"", dir, name);
}

static int
replay_read(struct replay_call *c, struct err *e)
{
	struct err why = ERR_INIT;
	const char *dir = c->dir;
	char name[32];
	AUTO_CLOSE int dirfd = -1;

	if (dir == NULL)
		return err_set(e, "the replay provider needs the folder of a "
		    "recording (\"dir\")");
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(e, "cannot open the recording %s", dir);
	if (replay_read_format(c, dirfd, dir, e) < 0)
		return -1;
	snprintf(name, sizeof(name), "%02zu.wait", c->turn + 1);
	c->held = faccessat(dirfd, name, F_OK, 0) == 0;
	if (c->held)
		return 0;
	snprintf(name, sizeof(name), "%02zu-%s.sse", c->turn + 1,
	    c->instead == NULL ? "" : c->instead);
	if (c->instead == NULL || faccessat(dirfd, name, R_OK, 0) < 0)
		snprintf(name, sizeof(name), "%02zu.sse", c->turn + 1);
	if (faccessat(dirfd, name, R_OK, 0) < 0)
		return err_set(e, "the recording %s has ended: it holds no %s; "
		    "the run asked for more than was recorded", dir, name);
	if (fs_read_file(dirfd, name, &c->bytes, &why) < 0)
		return err_set(e, "the recording %s: %s", dir, why.text);
	c->decoder = decoder_new(c->format, replay_delta, c);
	return 0;
}

static void
replay_open(struct replay_call *c)
{
	struct err e = ERR_INIT;

	c->held = false;
	if (replay_read(c, &e) < 0)
		provider_error_set(&c->error, PROVIDER_NOT_FOUND, false, "%s",
		    e.text);
}

static void
replay_step(void *arg)
{
	struct replay_call *c = arg;
	size_t n;

	c->timer = NULL;
	if (c->held)
		replay_open(c);
	if (c->decoder != NULL && c->at < c->bytes.len) {
		n = c->paced ? replay_piece(c) : c->bytes.len - c->at;
		c->feeding = true;
		decoder_feed(c->decoder, c->bytes.p + c->at, n);
		c->feeding = false;
		c->at += n;
		if (c->cancelled) {
			replay_free(c);
			return;
		}
	}
	if (c->held || (c->decoder != NULL && c->at < c->bytes.len &&
	    !decoder_is_done(c->decoder)))
		c->timer = loop_timer_new(c->loop, REPLAY_PAUSE_MS,
		    replay_step, c);
	else
		replay_finish(c);
}

struct provider_call *
replay_start(struct loop *loop, const struct call_target *target, char *body,
    const struct call_callbacks *cb, void *arg)
{
	struct replay_call *c = xcalloc(1, sizeof(*c));

	c->call.cancel = replay_cancel;
	c->loop = loop;
	c->cb = *cb;
	c->arg = arg;
	c->paced = target->replay_paced;
	buf_init(&c->bytes, REPLAY_FILE_MAX);
	c->dir = xstrdup_null(target->replay_dir);
	c->turn = target->replay_turn;
	c->body = body;
	replay_open(c);
	c->timer = loop_timer_new(loop, 0, replay_step, c);
	return &c->call;
}
