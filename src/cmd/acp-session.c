/* A session of `assent acp`: its core, whose lines are folded, and the one
 * prompt that it may work on. */
#include "config.h"

#include "cmd/acp-int.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "journal/command.h"
#include "journal/event.h"

#define ACP_DIED "the background process died. No decision was lost; " \
	"continue with assent resume %s"

struct acp_session *
acp_session_find(struct acp *a, const char *id)
{
	struct acp_session *s;

	for (s = a->sessions; s != NULL; s = s->next)
		if (s->live && strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

void
acp_session_free(struct acp_session *s)
{
	struct acp_session **p = &s->acp->sessions;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	acp_ask_forget(s);
	(void)acp_send_forget(s);
	loop_watch_free(s->watch);
	client_end(&s->client);
	fold_free(s->fold);
	free(s->id);
	cJSON_Delete(s->opens);
	free(s->models);
	free(s->told_mode);
	free(s->told_model);
	cJSON_Delete(s->prompt);
	free(s->error);
	free(s->said);
	buf_release(&s->text);
	buf_release(&s->thinking);
	free(s->did_ask);
	pathmap_release(&s->did_files);
	pathmap_release(&s->calls);
	pathmap_release(&s->shown);
	free(s->left);
	free(s);
}

static void
acp_session_watch(struct acp_session *s)
{
	(void)lineio_flush(s->client.io);	/* reading finds out */
	loop_watch_set(s->watch, LOOP_READ |
	    (lineio_wants_write(s->client.io) ? LOOP_WRITE : 0));
}

void
acp_session_send_take(struct acp_session *s, cJSON *o)
{
	(void)lineio_send_take(s->client.io, o);
	acp_session_watch(s);
}

/* ---- a turn ---- */

static void
acp_session_turn_over(struct acp_session *s)
{
	acp_ask_forget(s);
	cJSON_Delete(s->prompt);
	s->prompt = NULL;
	s->cancelled = s->command = false;
	FREE_NULL(s->error);
	FREE_NULL(s->left);
	/* What stays open is asked again in the next turn; a plan is returned
	 * by its prompt. */
	FREE_NULL(s->did_ask);
	s->did_pause = s->did_proposal = s->denied = 0;
}

void
acp_session_stop(struct acp_session *s, const char *reason)
{
	cJSON *o;

	if (s->prompt == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "stopReason", s->cancelled ? "cancelled" : reason);
	rpc_answer_take(s->acp->rpc, s->prompt, o);
	acp_session_turn_over(s);
}

/* The same with an error. */
static void
acp_session_fail(struct acp_session *s, const char *why)
{
	if (s->cancelled) {
		acp_session_stop(s, "cancelled");
		return;
	}
	if (s->prompt == NULL)
		return;
	rpc_refuse(s->acp->rpc, s->prompt, ACP_INTERNAL, why);
	acp_session_turn_over(s);
}

void
acp_session_cancel(struct acp_session *s)
{
	if (s->prompt == NULL || s->cancelled)
		return;
	s->cancelled = true;
	acp_ask_forget(s);
	if (!acp_send_forget(s))
		acp_session_send_take(s, command_of("interrupt"));
	else
		acp_session_stop(s, "cancelled");
	/* It has no task whose end would be told. */
	if (s->command && !s->works)
		acp_session_stop(s, "cancelled");
}

/* ---- the core's lines ---- */

/* All old lines came. */
static void
acp_session_opened(struct acp_session *s)
{
	cJSON *o = cJSON_CreateObject();

	s->live = true;
	if (s->loads)
		acp_update_loaded(s);
	else
		json_add_str(o, "sessionId", s->id);
	acp_option_open(s);
	json_set_take(o, "configOptions", acp_option_list(s));
	json_set_take(o, "modes", acp_option_modes(s));
	rpc_answer_take(s->acp->rpc, s->opens, o);
	json_drop(&s->opens);
	acp_command_offer(s);
}

static void
acp_session_refused(struct acp_session *s, const cJSON *l)
{
	const char *text = json_str_or(l, "text", "refused");

	if (s->opens != NULL) {
		rpc_refuse(s->acp->rpc, s->opens, ACP_INTERNAL, text);
		json_drop(&s->opens);
	} else if (json_is(l, "to", "say"))
		acp_session_fail(s, text);
	else if (json_is(l, "to", "file"))
		acp_ask_fetched(s, NULL);
	else
		acp_update_say(s, "%s", text);
}

/* The task is over; what waits beside it isn't asked in this turn. */
static void
acp_session_task_end(struct acp_session *s, const cJSON *l)
{
	const char *outcome = json_str_or(l, "outcome", "");
	const cJSON *limit = json_get(l, "limit");

	/* The outcome "refused" is the user's word. */
	if (s->refused)
		acp_session_stop(s, "refusal");
	else if (strcmp(outcome, "provider") == 0 || strcmp(outcome, "error") == 0)
		acp_session_fail(s, s->error == NULL ? "the task failed" :
		    s->error);
	else if (strcmp(outcome, "limit") == 0)
		acp_session_stop(s, json_is(limit, "what", "tokens") ?
		    "max_tokens" : "max_turn_requests");
	else
		acp_session_stop(s, strcmp(outcome, "interrupted") == 0 ?
		    "cancelled" : "end_turn");
}

static void
acp_session_line(struct acp_session *s, const char *text, size_t n)
{
	AUTO_JSON cJSON *l = event_parse(text, n, NULL);
	enum event_type type = event_type(l);

	if (l == NULL)
		return;
	fold_line(s->fold, l);
	if (type == EVENT_HELLO && s->id == NULL)
		s->id = xstrdup(json_str_or(l, "session", "?"));
	else if (type == EVENT_LIVE && s->opens != NULL &&
	    s->id != NULL)
		acp_session_opened(s);
	else if (type == EVENT_REFUSED)
		acp_session_refused(s, l);
	else if (type == EVENT_FILE)
		acp_ask_fetched(s, l);
	else if (s->id != NULL && (s->live || s->loads))
		acp_update_line(s, l);
	acp_command_line(s, l);
	if (s->live)
		acp_option_line(s, l);
	if (s->live && type == EVENT_ERROR)
		xstrset(&s->error, json_str(l, "text"));
	if (s->live && type == EVENT_AGENT_END)
		acp_session_task_end(s, l);
}

static void
acp_session_ready(void *arg, int fd, unsigned events)
{
	struct acp_session *s = arg;
	const char *line;
	AUTO_FREE char *why = NULL;
	size_t n;
	int rc;

	(void)fd;
	(void)events;
	rc = lineio_read(s->client.io);
	while ((line = lineio_next(s->client.io, &n)) != NULL)
		acp_session_line(s, line, n);
	if (rc == 0) {
		acp_ask(s);
		acp_command_end(s);
		acp_session_watch(s);
		return;
	}
	why = s->id == NULL ? xstrdup("the background process didn't start") :
	    xasprintf(ACP_DIED, s->id);
	if (s->opens != NULL)
		rpc_refuse(s->acp->rpc, s->opens, ACP_INTERNAL, why);
	acp_session_fail(s, why);
	acp_session_free(s);
}

struct acp_session *
acp_session_new_take(struct acp *a, struct client *c, const cJSON *request,
    bool loads)
{
	struct acp_session *s = xcalloc(1, sizeof(*s));

	s->acp = a;
	s->client = *c;
	memset(c, 0, sizeof(*c));
	s->opens = cJSON_Duplicate(request, 1);
	s->loads = loads;
	s->fold = fold_new();
	s->next = a->sessions;
	a->sessions = s;
	s->watch = loop_watch_new(a->loop, lineio_fd(s->client.io), LOOP_READ,
	    acp_session_ready, s);
	acp_session_watch(s);
	return s;
}
