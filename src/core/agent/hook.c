/* Queued hooks, the round that runs, and the answers. */
#include "config.h"

#include "core/agent/hook.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/hook-int.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"

struct ev_hook
hook_line(const struct hook_run *r, const char *status)
{
	return (struct ev_hook){ .id = r->id,
	    .event = hook_events[r->event].name,
	    .name = json_str(r->spec, "name"), .for_ = r->for_id,
	    .status = status };
}

static void
hook_init(struct core *c)
{
	c->hooks = xcalloc(1, sizeof(*c->hooks));
	c->hooks->last = &c->hooks->first;
}

static void
hook_round_free(struct hook_round *r)
{
	cJSON_Delete(r->input);
	cJSON_Delete(r->names);
	free(r->for_id);
	free(r->verdict.by);
	free(r->verdict.reason);
	free(r);
}

static void
hook_queue_clear(struct hooks *h)
{
	struct hook_round *r;

	while ((r = h->first) != NULL) {
		h->first = r->more;
		hook_round_free(r);
	}
	h->last = &h->first;
}

static void
hook_free(struct core *c)
{
	struct hook_run *r;

	hook_queue_clear(c->hooks);
	hook_run_release(&c->hooks->run);
	while ((r = c->hooks->beside) != NULL) {
		c->hooks->beside = r->more;
		hook_run_cancel(c, r);
		hook_run_release(r);
		free(r);
	}
	free(c->hooks);
}

const cJSON *
hook_find(const struct core *c, enum hook_event event, const cJSON *names,
    int *i)
{
	const cJSON *list = json_array(c->start, "hooks"), *it;

	if (c->mode == MODE_DEMO || c->mode == MODE_REVIEW)
		return NULL;
	while ((it = cJSON_GetArrayItem(list, (*i)++)) != NULL)
		if (hook_spec_is(it, event) && hook_spec_matches(it, names))
			return it;
	return NULL;
}

bool
hook_wants(const struct core *c, enum hook_event event, const cJSON *names)
{
	int i = 0;

	return hook_find(c, event, names, &i) != NULL;
}

static struct hook_round *
hook_round_new(enum hook_event event, cJSON *input, cJSON *names,
    const char *for_id, hook_done *done)
{
	struct hook_round *r = xcalloc(1, sizeof(*r));

	r->event = event;
	r->input = input;
	r->names = names;
	r->for_id = xstrdup_null(for_id);
	r->done = done;
	return r;
}

void
hook_queue(struct core *c, enum hook_event event, cJSON *input, cJSON *names,
    const char *for_id)
{
	struct hook_round *r = hook_round_new(event, input, names, for_id,
	    NULL);

	if (!hook_wants(c, event, names)) {
		hook_round_free(r);
		return;
	}
	*c->hooks->last = r;
	c->hooks->last = &r->more;
	core_soon(c);
}

#define HOOK_INPUT_VERSION	1

/* ---- a run's two lines ---- */

static cJSON *
hook_input(const struct core *c, const struct hook_run *r, const cJSON *spec,
    const cJSON *about)
{
	cJSON *o = cJSON_CreateObject();
	const cJSON *it;

	json_add_int(o, "version", HOOK_INPUT_VERSION);
	json_add_str(o, "event", hook_events[r->event].name);
	json_add_str(o, "hook", json_str(spec, "name"));
	json_add_str(o, "session", c->id);
	json_add_str(o, "root", c->root);
	json_add_str(o, "cwd", c->cwd);
	json_add_bool(o, "sandbox", json_bool(spec, "sandbox", true));
	cJSON_ArrayForEach(it, about)
		json_copy(o, it->string, it);
	return o;
}

void
hook_start(struct core *c, struct hook_run *r, const cJSON *spec,
    const cJSON *about)
{
	AUTO_JSON cJSON *input = hook_input(c, r, spec, about);
	struct ev_hook line;
	int64_t begun;

	r->core = c;
	r->spec = spec;
	r->id = xasprintf("hook-%lld", (long long)c->journal->chain.seq + 1);
	line = hook_line(r, "running");
	line.command = json_str(spec, "command");
	line.sandbox = EV_ON(json_bool(spec, "sandbox", true));
	begun = EMIT_THIS(c, "core", hook, &line);
	emit_sync(c);
	/* invariant 3: its start is durable before it runs. */
	assert(c->journal->synced >= begun);
	hook_run_start(c, r, input);
}

/* ---- rounds ---- */

static void
hook_round_over(struct core *c)
{
	struct hook_round *round = c->hook_round;

	c->hook_round = NULL;
	phase_set(c, PHASE_IDLE);
	if (round->done != NULL)
		round->done(c, &round->verdict);
	if (round->changed && round->event == HOOK_PROPOSAL &&
	    c->decision.line == NULL) {
		hook_review_digest(c);
		propose_make(c, false);
	}
	hook_round_free(round);
	core_soon(c);
}

static hook_ended hook_run_ended;

/* Run the round's next hook, or end it. If a hook denies, and somebody waits
 * for the verdict, the others aren't run. */
static void
hook_next(struct core *c)
{
	struct hook_round *round = c->hook_round;
	struct hook_run *r = &c->hooks->run;
	const cJSON *spec = round->verdict.decision == HOOK_DENY &&
	    round->done != NULL ? NULL :
	    hook_find(c, round->event, round->names, &round->next);

	if (spec == NULL) {
		hook_round_over(c);
		return;
	}
	if (c->fold->proposal != NULL)
		status_review(c, "tool");
	else
		status_tell(c, "tool", "running your hook `%s`",
		    json_str_or(spec, "name", "?"));
	r->event = round->event;
	r->for_id = xstrdup_null(round->for_id);
	r->ended = hook_run_ended;
	hook_start(c, r, spec, round->input);
}

static void
hook_round_begin(struct core *c, struct hook_round *round_take)
{
	/* phases: one at a time, between two steps of the agent. */
	assert(c->hook_round == NULL && c->phase == PHASE_IDLE);
	c->hook_round = round_take;
	phase_set(c, PHASE_HOOK);
	hook_next(c);
}

void
hook_begin(struct core *c, enum hook_event event, cJSON *input, cJSON *names,
    const char *for_id, hook_done *done)
{
	hook_round_begin(c, hook_round_new(event, input, names, for_id, done));
}

bool
hook_step(struct core *c)
{
	struct hooks *h = c->hooks;
	struct hook_round *r = h->first;

	if (r == NULL)
		return false;
	h->first = r->more;
	if (h->first == NULL)
		h->last = &h->first;
	r->more = NULL;
	hook_round_begin(c, r);
	return true;
}

/* ---- the answer ---- */

/* Drop the findings whose file is in neither the project nor the staged copy,
 * and make the others' paths relative to the project. */
static void
hook_place_findings(const struct core *c, const char *staged, struct event *line)
{
	struct ev_hook *h = &line->hook;
	size_t n = h->findings_len, i;
	struct stat st;

	h->findings_len = 0;
	for (i = 0; i < n; i++) {
		const char *said = h->findings[i].path_bytes;
		AUTO_FREE char *path = staged != NULL &&
		    fs_is_below(said, staged) ? fs_inside(staged, staged,
		    said) : fs_inside(c->root, c->root, said);

		if (path == NULL || (fstatat(c->stage->root_fd, path, &st,
		    AT_SYMLINK_NOFOLLOW) != 0 && fstatat(c->stage->staged_fd,
		    path, &st, AT_SYMLINK_NOFOLLOW) != 0)) {
			h->dropped++;
			continue;
		}
		h->findings[i].path_bytes = ev_text(line, path);
		h->findings[h->findings_len++] = h->findings[i];
	}
}

/* Read its output, with secrets masked, as an answer. */
static int
hook_read(struct core *c, const struct hook_run *r, struct event *line,
    enum hook_decision *decision, struct err *e)
{
	AUTO_BUF struct buf clean = BUF_INIT(0);

	if (r->flooded)
		return err_set(e, "its answer is larger than 1 MB");
	core_mask(c, &clean, buf_str(&r->out), r->out.len);
	if (hook_answer_read(line, decision, buf_str(&clean), clean.len,
	    e) < 0)
		return -1;
	hook_place_findings(c, r->staged, line);
	return 0;
}

static void
hook_raise(struct hook_verdict *v, enum hook_decision d, const char *by,
    const char *reason)
{
	if (d <= v->decision)
		return;
	v->decision = d;
	xstrset(&v->by, by);
	xstrset(&v->reason, reason);
}

static void
hook_set_failure(struct hook_round *round, const cJSON *spec,
    const char *failure, struct ev_hook *h)
{
	bool blocks = json_bool(spec, "block", false);
	AUTO_FREE char *reason = xasprintf("it failed: %s", failure);

	/* Drop the parts that were read before the error. */
	h->reason = h->context = NULL;
	h->findings = NULL;
	h->dropped = 0;
	h->ok = EV_ON(false);
	h->error = failure;
	h->decision = hook_decision_words[blocks ? HOOK_DENY : HOOK_ALLOW];
	if (blocks)
		hook_raise(&round->verdict, HOOK_DENY, json_str(spec, "name"),
		    reason);
}

/* Journal its last line, and end the run. */
static void
hook_run_record(struct core *c, struct event *line)
{
	struct hook_run *r = &c->hooks->run;

	if (hook_run_changed(c, r, line)) {
		c->hook_round->changed = true;
		evidence_stale(c);
	}
	EMIT_THIS(c, "core", hook, &line->hook);
	hook_run_release(r);
}

static void
hook_run_ended(struct core *c, struct hook_run *r, struct event *line,
    const char *failure)
{
	struct hook_round *round = c->hook_round;
	struct ev_hook *h = &line->hook;
	enum hook_decision decision;
	struct err e = ERR_INIT;

	/* phases: a hook ends in HOOK only. */
	assert(c->phase == PHASE_HOOK && round != NULL && r->spec != NULL);
	if (failure == NULL && hook_read(c, r, line, &decision, &e) < 0)
		failure = e.text;
	if (failure == NULL) {
		h->ok = EV_ON(true);
		h->decision = hook_decision_words[decision];
		hook_raise(&round->verdict, decision, h->name,
		    h->reason == NULL ? "it gave no reason" : h->reason);
	} else
		hook_set_failure(round, r->spec, failure, h);
	hook_run_record(c, line);
	hook_next(c);
}

void
hook_stop(struct core *c, const char *why)
{
	struct hooks *h = c->hooks;
	struct hook_run *r = &h->run;
	AUTO_EVENT struct event line = { 0 };

	hook_queue_clear(h);
	if (c->hook_round == NULL)
		return;
	hook_run_cancel(c, r);
	if (why == NULL || c->journal == NULL) {
		hook_run_release(r);
		hook_round_free(c->hook_round);
		c->hook_round = NULL;
		return;
	}
	line.hook = hook_line(r, "done");
	hook_set_failure(c->hook_round, r->spec, why, &line.hook);
	hook_raise(&c->hook_round->verdict, HOOK_DENY, json_str(r->spec, "name"),
	    why);
	hook_run_record(c, &line);
	hook_round_over(c);
}

/* A journal that ended with running hooks: they get their end. */
static void
hook_resumed(struct core *c)
{
	const struct fold_hook *open;
	size_t i;

	for (i = 0; i < c->fold->hooks.len; i++) {
		open = &c->fold->hooks.list[i];
		if (!open->running)
			continue;
		evidence_stale(c);
		/* Its call has a result by now; a decision isn't applied
		 * (hook-event.c). */
		EMIT(c, "core", hook, .id = open->id, .event = open->event,
		    .name = open->name, .for_ = open->subject,
		    .status = "done", .ok = EV_ON(false),
		    .error = "assent was restarted while it ran; it isn't run "
		    "again for this", .decision = strncmp(open->event,
		    "before_", 7) == 0 ? "deny" : "allow");
	}
}

const struct core_part hook_part = {
	.result = hook_tool_after,
	.init = hook_init, .begun = hook_session_start,
	.line = hook_new_line, .lines = OF(EVENT_PROPOSAL) |
	    OF(EVENT_APPLIED) | OF(EVENT_PLAN) | OF(EVENT_ASK) |
	    OF(EVENT_BUDGET) | OF(EVENT_HOOK),
	.resumed = hook_resumed, .free = hook_free,
};
