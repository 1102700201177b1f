#include "config.h"

#include "rpc/rpc.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "loop/loop.h"

#define RPC_LINE	((size_t)8 << 20)
#define RPC_VALUES	((size_t)200000)
#define RPC_QUEUE	((size_t)32 << 20)
#define RPC_ASKED	256
#define RPC_FAULTS	100
#define RPC_ROUND	((size_t)2 << 20)	/* lineio reads no more at a
						   time */
#define RPC_WORDS	300	/* of a peer's message */

/* A request that we sent. */
struct rpc_asked {
	struct rpc	*rpc;
	int64_t		 id;
	rpc_done_cb	*done;
	void		*arg;
	struct loop_timer *timer;	/* or NULL */
	int64_t		 timeout_ms;
};

struct rpc {
	struct loop	*loop;
	struct lineio	*in, *out;	/* may be the same */
	struct loop_watch *from, *to;
	struct loop_timer *broken;	/* the end is due */
	char		*why;		/* that it has ended; or NULL */
	struct rpc_limits limits;
	struct rpc_handlers on;
	void		*arg;
	struct rpc_asked **asked;
	size_t		 asked_len;
	int64_t		 last_id;
	cJSON		*owed;		/* ids of the peer's requests */
	size_t		 faults;
	int		 busy;		/* callbacks that are running */
	bool		 freed;		/* by one of those */
};

/* ---- the end ---- */

static void rpc_closed(void *);

/* The connection is unusable. The loop tells the calls that wait. */
static void
rpc_break(struct rpc *r, const char *why)
{
	if (r->why != NULL)
		return;
	r->why = xstrdup(why);
	r->broken = loop_timer_new(r->loop, 0, rpc_closed, r);
}

static void
rpc_release(struct rpc *r)
{
	if (r->out != r->in)
		lineio_free(r->out);
	lineio_free(r->in);
	cJSON_Delete(r->owed);
	FREE_ALL(r->asked, r->why, r);
}

static void
rpc_unwatch(struct rpc *r)
{
	if (r->to != r->from)
		loop_watch_free(&r->to);
	loop_watch_free(&r->from);
	r->from = r->to = NULL;
}

void
rpc_free(struct rpc *r)
{
	if (r == NULL || r->freed)
		return;
	rpc_unwatch(r);
	loop_timer_free(&r->broken);
	MEM_EACH(r, asked, a) {
		loop_timer_free(&(*a)->timer);
		free(*a);
	}
	r->asked_len = 0;
	r->freed = true;
	if (r->busy == 0)
		rpc_release(r);
}

/* After a callback. False: it has freed the connection, and that is done. */
static bool
rpc_callback_end(struct rpc *r)
{
	if (--r->busy == 0 && r->freed) {
		rpc_release(r);
		return false;
	}
	return !r->freed;
}

/* ---- sending ---- */

static void
rpc_watch(struct rpc *r)
{
	bool writes = r->out->out.len > r->out->sent;

	if (r->from == NULL)
		return;
	if (r->to == r->from)
		loop_watch_set(r->from, LOOP_READ | (writes ? LOOP_WRITE : 0));
	else
		loop_watch_set(r->to, writes ? LOOP_WRITE : 0);
}

static void
rpc_flush(struct rpc *r)
{
	if (lineio_flush(r->out) < 0)
		rpc_break(r, "closed its input");
	rpc_watch(r);
}

/* Takes the message. */
static void
rpc_send_take(struct rpc *r, cJSON *o)
{
	if (r->why != NULL || r->freed) {
		cJSON_Delete(o);
		return;
	}
	if (lineio_send_take(r->out, o) < 0)
		rpc_break(r, "doesn't read what it is sent");
	else
		rpc_flush(r);
}

/* ---- our requests ---- */

static struct rpc_asked *
rpc_find(const struct rpc *r, int64_t id)
{
	MEM_EACH(r, asked, a)
		if ((*a)->id == id)
			return *a;
	return NULL;
}

static void
rpc_drop(struct rpc *r, struct rpc_asked *a)
{
	size_t i;

	for (i = 0; r->asked[i] != a; i++)
		;
	r->asked[i] = r->asked[--r->asked_len];
	loop_timer_free(&a->timer);
	free(a);
}

/* End a request, with its answer or a failure. */
static void
rpc_done(struct rpc *r, struct rpc_asked *a, const cJSON *result,
    const struct rpc_failure *failure)
{
	rpc_done_cb *done = a->done;
	void *arg = a->arg;

	rpc_drop(r, a);
	done(arg, result, failure);
}

static void
rpc_failed(struct rpc *r, struct rpc_asked *a, int code, const char *message)
{
	const struct rpc_failure failure = { code, message, NULL };

	rpc_done(r, a, NULL, &failure);
}

static void
rpc_late(void *arg)
{
	struct rpc_asked *a = arg;
	struct rpc *r = a->rpc;

	a->timer = NULL;
	r->busy++;
	rpc_failed(r, a, RPC_TIMEOUT, "it didn't answer in time");
	(void)rpc_callback_end(r);
}

int64_t
rpc_ask_take(struct rpc *r, const char *method, cJSON *params,
    int64_t timeout_ms, rpc_done_cb *done, void *arg)
{
	cJSON *o = JSON_TEXTS("jsonrpc", "2.0", "method", method);
	struct rpc_asked *a;

	if (params != NULL)
		json_set_take(o, "params", params);
	if (done == NULL) {
		rpc_send_take(r, o);
		return 0;
	}
	if (r->why != NULL || r->freed || r->asked_len >= r->limits.asked) {
		cJSON_Delete(o);
		return 0;
	}
	a = xcalloc(1, sizeof(*a));
	a->rpc = r;
	a->id = ++r->last_id;
	a->done = done;
	a->arg = arg;
	a->timeout_ms = timeout_ms;
	if (timeout_ms > 0)
		a->timer = loop_timer_new(r->loop, timeout_ms, rpc_late, a);
	*GROW_ADD(r->asked, r->asked_len) = a;
	json_add_int(o, "id", a->id);
	rpc_send_take(r, o);
	return r->last_id;
}

void
rpc_forget(struct rpc *r, int64_t id)
{
	struct rpc_asked *a = rpc_find(r, id);

	if (a != NULL)
		rpc_drop(r, a);
}

void
rpc_pause(struct rpc *r, int64_t id, bool pause)
{
	struct rpc_asked *a = rpc_find(r, id);

	if (a == NULL || a->timeout_ms <= 0)
		return;
	loop_timer_free(&a->timer);
	if (!pause)
		a->timer = loop_timer_new(r->loop, a->timeout_ms, rpc_late, a);
}

static void
rpc_closed(void *arg)
{
	struct rpc *r = arg;

	r->broken = NULL;
	rpc_unwatch(r);
	r->busy++;
	while (!r->freed && r->asked_len > 0)
		rpc_failed(r, r->asked[0], RPC_CLOSED, r->why);
	if (!r->freed && r->on.closed != NULL)
		r->on.closed(r->arg, r->why);
	(void)rpc_callback_end(r);
}

/* ---- the peer's requests ---- */

static const cJSON *
rpc_owed_find(const struct rpc *r, const cJSON *id)
{
	const cJSON *it;

	cJSON_ArrayForEach(it, r->owed)
		if (cJSON_Compare(it, id, true))
			return it;
	return NULL;
}

static void
rpc_respond_take(struct rpc *r, const cJSON *id, const char *member, cJSON *v)
{
	cJSON *o = JSON_TEXTS("jsonrpc", "2.0");
	const cJSON *owed = id == NULL ? NULL : rpc_owed_find(r, id);

	json_set_take(o, "id", id == NULL ? cJSON_CreateNull() :
	    cJSON_Duplicate(id, 1));
	json_set_take(o, member, v);
	if (owed != NULL)
		cJSON_Delete(cJSON_DetachItemViaPointer(r->owed,
		    (cJSON *)(uintptr_t)owed));
	rpc_send_take(r, o);
}

void
rpc_answer_take(struct rpc *r, const cJSON *id, cJSON *result)
{
	rpc_respond_take(r, id, "result", result);
}

void
rpc_refuse(struct rpc *r, const cJSON *id, int code, const char *message)
{
	cJSON *error = cJSON_CreateObject();

	json_add_int(error, "code", code);
	json_add_str(error, "message", message);
	rpc_respond_take(r, id, "error", error);
}

/* ---- what comes ---- */

static void
rpc_fault(struct rpc *r)
{
	if (++r->faults >= r->limits.faults)
		rpc_break(r, "sent too much that isn't JSON-RPC");
}

/* Count a fault of a line without an id, and answer it if the peer expects
 * that. */
static void
rpc_fault_reply(struct rpc *r, int code, const char *message)
{
	rpc_fault(r);
	if (r->on.tells_faults)
		rpc_refuse(r, NULL, code, message);
}

static void
rpc_take_request(struct rpc *r, const cJSON *o, const cJSON *id,
    const char *method)
{
	const cJSON *params = json_get(o, "params");
	bool asks = id != NULL;

	if (asks && !cJSON_IsString(id) && !cJSON_IsNumber(id)) {
		rpc_fault_reply(r, RPC_INVALID_REQUEST,
		    "the id isn't a string or a number");
	} else if (params != NULL && !cJSON_IsObject(params) &&
	    !cJSON_IsArray(params)) {
		rpc_fault(r);
		if (asks)
			rpc_refuse(r, id, RPC_INVALID_PARAMS,
			    "params isn't an object or a list");
	} else if (!asks) {
		if (r->on.notice != NULL)
			r->on.notice(r->arg, method, params);
	} else if (rpc_owed_find(r, id) != NULL) {
		/* An answer would end the first one's. */
		rpc_fault(r);
	} else if (r->on.request == NULL) {
		rpc_refuse(r, id, RPC_NO_METHOD, "no such method");
	} else if ((size_t)cJSON_GetArraySize(r->owed) >= r->limits.asked) {
		rpc_fault(r);
		rpc_refuse(r, id, RPC_BUSY, "too many requests at a time");
	} else {
		cJSON_AddItemToArray(r->owed, cJSON_Duplicate(id, 1));
		r->on.request(r->arg, id, method, params);
	}
}

static void
rpc_take_answer(struct rpc *r, const cJSON *o, const cJSON *id)
{
	const cJSON *result = json_get(o, "result");
	const cJSON *error = json_get(o, "error");
	struct rpc_asked *a = NULL;
	struct rpc_failure failure;
	AUTO_FREE char *words = NULL;

	/* Only an integer that we sent. */
	if (cJSON_IsNumber(id) && id->valuedouble >= 1 &&
	    id->valuedouble <= (double)r->last_id)
		a = rpc_find(r, (int64_t)id->valuedouble);
	if (a == NULL || (double)a->id != id->valuedouble) {
		/* Perhaps the answer to a request that was abandoned. */
		rpc_fault(r);
		return;
	}
	if (result != NULL && error == NULL) {
		rpc_done(r, a, result, NULL);
		return;
	}
	if (!cJSON_IsObject(error) || result != NULL) {
		rpc_fault(r);
		rpc_failed(r, a, RPC_MALFORMED,
		    "its answer has no result and no error");
		return;
	}
	words = xasprintf("%.*s", RPC_WORDS, json_str_or(error, "message",
	    ""));
	failure.code = (int)json_int(error, "code", RPC_MALFORMED);
	failure.message = words;
	failure.data = json_get(error, "data");
	rpc_done(r, a, NULL, &failure);
}

static void
rpc_take(struct rpc *r, const cJSON *o)
{
	const cJSON *id = json_get(o, "id");
	const char *method = json_str(o, "method");

	if (!cJSON_IsObject(o) || !json_is(o, "jsonrpc", "2.0") ||
	    (method == NULL && id == NULL)) {
		rpc_fault_reply(r, RPC_INVALID_REQUEST,
		    "this isn't a JSON-RPC 2.0 message");
	} else if (method != NULL)
		rpc_take_request(r, o, id, method);
	else
		rpc_take_answer(r, o, id);
}

/* Would it need far more memory than the line has bytes? */
static bool
rpc_is_too_large(const struct rpc *r, const char *p, size_t n)
{
	bool in_string = false;
	size_t values = 0, i;

	for (i = 0; i < n; i++) {
		char c = p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == ',' || c == '[' || c == '{'))
			values++;
	}
	return values > r->limits.values;
}

static void
rpc_line(struct rpc *r, const char *p, size_t n)
{
	AUTO_JSON cJSON *o = NULL;

	while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == ' '))
		n--;
	if (n == 0)
		return;
	if (n > r->limits.line) {
		rpc_break(r, "sent a line that is too long");
		return;
	}
	o = rpc_is_too_large(r, p, n) ? NULL :
	    json_parse(p, n, JSON_NUL_REPLACE, NULL);
	if (o == NULL)
		rpc_fault_reply(r, RPC_PARSE_ERROR,
		    "this line isn't a JSON message");
	else
		rpc_take(r, o);
}

static void
rpc_readable(struct rpc *r)
{
	int rc = lineio_read(r->in);
	const char *line;
	size_t n;

	r->busy++;
	while (!r->freed && r->why == NULL &&
	    (line = lineio_next(r->in, &n)) != NULL)
		rpc_line(r, line, n);
	if (!r->freed && rc < 0)
		rpc_break(r, r->in->in.full ?
		    "sent a line that is too long" : "closed its output");
	if (rpc_callback_end(r) && r->why != NULL)
		rpc_unwatch(r);
}

static void
rpc_event(void *arg, int fd UNUSED, unsigned events)
{
	struct rpc *r = arg;

	if ((events & LOOP_WRITE) != 0)
		rpc_flush(r);
	if ((events & LOOP_READ) != 0)
		rpc_readable(r);
}

static void
rpc_writable(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	rpc_flush(arg);
}

static void
rpc_default(size_t *limit, size_t value)
{
	if (*limit == 0)
		*limit = value;
}

struct rpc *
rpc_new_take(struct loop *loop, int in, int out,
    const struct rpc_limits *limits, const struct rpc_handlers *on, void *arg)
{
	struct rpc *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->on = *on;
	r->arg = arg;
	if (limits != NULL)
		r->limits = *limits;
	rpc_default(&r->limits.line, RPC_LINE);
	rpc_default(&r->limits.values, RPC_VALUES);
	rpc_default(&r->limits.queue, RPC_QUEUE);
	rpc_default(&r->limits.asked, RPC_ASKED);
	rpc_default(&r->limits.faults, RPC_FAULTS);
	r->owed = cJSON_CreateArray();
	r->in = r->out = lineio_new_take(in, r->limits.line + RPC_ROUND,
	    r->limits.queue);
	r->from = r->to = loop_watch_new(loop, in, LOOP_READ, rpc_event, r);
	if (out != in) {
		r->out = lineio_new_take(out, 1, r->limits.queue);
		r->to = loop_watch_new(loop, out, 0, rpc_writable, r);
	}
	return r;
}
