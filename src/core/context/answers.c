#include "config.h"

#include "core/context/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "journal/event.h"
#include "journal/reader.h"
#include "loop/loop.h"
#include "provider/format.h"
#include "provider/provider.h"

#define ANSWERS_TYPE	((size_t)256)	/* bytes of a line that have its type */
#define ANSWERS_PAUSE_MS 30		/* between two words of a paced answer */
#define ANSWERS_OTHER	"assent resume ID --model NAME goes on with a model"

struct answers_call {
	struct provider_call	 call;
	struct loop		*loop;
	struct loop_timer	*timer;
	struct call_callbacks	 cb;
	void			*arg;
	struct reply		*reply;
	const char		*untold;	/* text that the display lacks */
	bool			 paced, telling, cancelled;
};

static void
answers_free(struct answers_call *c)
{
	loop_timer_free(&c->timer);
	reply_free(c->reply);
	free(c);
}

static void
answers_cancel(struct provider_call *call)
{
	struct answers_call *c = (struct answers_call *)call;

	c->cancelled = true;
	if (!c->telling)
		answers_free(c);
}

/* ---- the journal ---- */

static struct reply *
answers_reply(const struct ev_assistant_message *m)
{
	struct reply *r = reply_new();
	const struct ev_usage *u = m->usage;
	size_t i;

	xstrset(&r->text, ev_str(m->text, ""));
	xstrset(&r->thinking, ev_str(m->thinking, ""));
	xstrset(&r->refusal, ev_str(m->refusal, ""));
	r->stop_raw = xstrdup_null(m->stop_raw);
	for (i = 0; i < REPLY_ERROR; i++)
		if (ev_is(m->stop, provider_stop_names[i]))
			r->stop = (enum reply_stop)i;
	if (u != NULL)
		r->usage = (struct usage){ ev_int(u->input, -1),
			ev_int(u->cached, -1), ev_int(u->cache_write, -1),
			ev_int(u->output, -1), ev_int(u->reasoning, -1),
			u->cache_write_1h, -1, "" };
	MEM_EACH(m, calls, call)
		reply_add_call(r, ev_str(call->id, ""), ev_str(call->name, ""),
		    call->complete ? ev_str(call->arguments, "") : "",
		    call->complete);
	reply_part_ids(r);
	return r;
}

/* Answer `n` of the file, from 0; NULL with *e. `again`: after the last one, that
 * one. */
static struct reply *
answers_read(const char *path, size_t n, bool again, const char *body,
    struct err *e)
{
	static const char mark[] = "\"type\":\"assistant_message\"";
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(linefile_release) struct linefile f = { .fd = fd };
	struct err why = ERR_INIT;
	struct reply *r = NULL;
	const char *line;
	size_t len, at = 0;
	bool replaced = false;

	if (fd < 0) {
		err_set(e, "can't open %s: %s; " ANSWERS_OTHER, path,
		    strerror(errno));
		return NULL;
	}
	while (at <= n + 1 && !err_is_set(&why) &&
	    linefile_next(&f, &line, &len, &why) == LINEFILE_LINE) {
		AUTO_JSON cJSON *o = memmem(line, len < ANSWERS_TYPE ? len :
		    ANSWERS_TYPE, mark, sizeof(mark) - 1) == NULL ? NULL :
		    json_parse(line, len, JSON_OWN, &why);
		const char *after = json_str(o, "after");
		AUTO_EVENT struct event l = { 0 };

		event_read(&l, o);
		if (l.type != EVENT_ASSISTANT_MESSAGE ||
		    l.assistant_message.broken)
			continue;
		at += after == NULL;
		if (at > n + 1 || (at < n + 1 && (!again || after != NULL)) ||
		    replaced || (after != NULL && strstr(body, after) == NULL))
			continue;
		replaced = after != NULL;
		reply_free(r);
		r = answers_reply(&l.assistant_message);
	}
	if (r != NULL)
		return r;
	if (err_is_set(&why))
		err_set(e, "can't read %s: %s; " ANSWERS_OTHER, path,
		    why.text);
	else if (at == 0)
		err_set(e, "%s has no answers of a model", path);
	else
		err_set(e, "the answers ran out: %s has %zu; " ANSWERS_OTHER,
		    path, at);
	return NULL;
}

/* ---- the answer ---- */

static void
answers_step(void *arg)
{
	struct answers_call *c = arg;
	const char *text = c->untold;
	struct call_callbacks cb = c->cb;
	void *to = c->arg;
	struct reply *r = c->reply;
	size_t n = c->paced ? strcspn(text, " ") : strlen(text);

	c->timer = NULL;
	n += text[n] != '\0';
	if (n > 0 && cb.delta != NULL) {
		c->telling = true;
		cb.delta(to, DELTA_TEXT, text, n);
		c->telling = false;
		if (c->cancelled) {
			answers_free(c);
			return;
		}
	}
	c->untold += n;
	if (*c->untold != '\0') {
		c->timer = loop_timer_new(c->loop, ANSWERS_PAUSE_MS,
		    answers_step, c);
		return;
	}
	c->reply = NULL;
	answers_free(c);
	cb.done(to, r);
}

struct provider_call *
answers_start(struct loop *loop, struct core_request *q, char *body_take,
    const struct call_callbacks *cb, void *arg)
{
	struct answers_call *c = xcalloc(1, sizeof(*c));
	struct provider_error why;
	struct err e = ERR_INIT;

	c->call.cancel = answers_cancel;
	c->loop = loop;
	c->cb = *cb;
	c->arg = arg;
	c->paced = q->target->paced;
	if (q->aside_text != NULL)
		err_set(&e, "a recording can't answer");
	else
		c->reply = answers_read(q->target->answers, q->answered++,
		    q->target->paced, body_take, &e);
	if (c->reply == NULL) {
		provider_error_set(&why, PROVIDER_NOT_FOUND, false, "%s",
		    e.text);
		c->reply = reply_new_error(&why);
	}
	c->untold = c->reply->text;
	free(body_take);
	c->timer = loop_timer_new(loop, 0, answers_step, c);
	return &c->call;
}
