#include "config.h"

#include "core/hook.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/event.h"
#include "policy/mask.h"
#include "core/run.h"
#include "core/core.h"
#include "core/hook-int.h"
#include "core/hook-review.h"
#include "core/evidence-known.h"
#include "core/propose-open.h"
#include "core/propose.h"
#include "core/driver.h"
#include "core/emit.h"
#include "core/status.h"
#include "core/model.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"

#define HOOK_INPUT_VERSION	1

/* ---- a run's two lines ---- */

static cJSON *
hook_line(const struct hook_round *round, const struct hook_run *r,
    const char *status)
{
	cJSON *o = cJSON_CreateObject();

	json_add_str(o, "id", r->id);
	json_add_str(o, "event", hook_events[round->event].name);
	json_add_str(o, "name", json_str(r->spec, "name"));
	json_add_str(o, "for", round->for_id);
	json_add_str(o, "status", status);
	return o;
}

static cJSON *
hook_input(const struct core *c, const struct hook_round *round,
    const cJSON *spec)
{
	cJSON *o = cJSON_CreateObject();
	const cJSON *it;

	json_add_int(o, "version", HOOK_INPUT_VERSION);
	json_add_str(o, "event", hook_events[round->event].name);
	json_add_str(o, "hook", json_str(spec, "name"));
	json_add_str(o, "session", c->id);
	json_add_str(o, "root", c->root);
	json_add_str(o, "cwd", c->cwd);
	json_add_bool(o, "sandbox", json_bool(spec, "sandbox", true));
	cJSON_ArrayForEach(it, round->input)
		json_copy(o, it->string, it);
	return o;
}

static void
hook_start(struct core *c, const cJSON *spec)
{
	struct hook_run *r = &c->hooks->run;
	const struct hook_round *round = c->hook_round;
	AUTO_JSON cJSON *input = hook_input(c, round, spec);
	cJSON *o;
	int64_t begun;

	r->spec = spec;
	r->event = round->event;
	r->id = xasprintf("hook-%lld", (long long)journal_seq(c->journal) + 1);
	o = hook_line(round, r, "running");
	json_add_str(o, "command", json_str(spec, "command"));
	json_add_bool(o, "sandbox", json_bool(spec, "sandbox", true));
	begun = emit_event(c, EVENT_HOOK, "core", o);
	emit_sync(c);
	/* invariant 3: its start is durable before it runs. */
	assert(journal_durable(c->journal) >= begun);
	if (propose_is_open(c))
		status_review(c, "tool");
	else
		status_tell(c, "tool", "running your hook `%s`",
		    json_str_or(spec, "name", "?"));
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
		hook_review_seen(c);
		propose_make(c);
	}
	hook_round_free(round);
	driver_soon(c);
}

/* The next hook of the round, or its end. Nobody waits for those after one that
 * denies. */
static void
hook_go_on(struct core *c)
{
	struct hook_round *round = c->hook_round;
	const cJSON *spec = round->verdict.decision == HOOK_DENY &&
	    round->done != NULL ? NULL :
	    hook_queue_find(c, round->event, round->names, &round->next);

	if (spec != NULL)
		hook_start(c, spec);
	else
		hook_round_over(c);
}

static void
hook_round_begin(struct core *c, struct hook_round *round_take)
{
	/* phases: one at a time, between two steps of the agent. */
	assert(c->hook_round == NULL && c->phase == PHASE_IDLE);
	c->hook_round = round_take;
	phase_set(c, PHASE_HOOK);
	hook_go_on(c);
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
hook_place(const struct core *c, const char *staged, struct hook_answer *a)
{
	cJSON *it = a->findings->child, *next;
	struct stat st;
	size_t n;

	for (; it != NULL; it = next) {
		AUTO_FREE char *said = json_get_bytes(it, "path", &n);
		AUTO_FREE char *path = said == NULL ? NULL : staged != NULL &&
		    fs_is_below(said, staged) ? fs_inside(staged, staged,
		    said) : fs_inside(c->root, c->root, said);

		next = it->next;
		if (path != NULL && (fstatat(stage_root_fd(c->stage), path,
		    &st, AT_SYMLINK_NOFOLLOW) == 0 || fstatat(stage_view_fd(
		    c->stage), path, &st, AT_SYMLINK_NOFOLLOW) == 0)) {
			cJSON_DeleteItemFromObjectCaseSensitive(it, "path");
			cJSON_DeleteItemFromObjectCaseSensitive(it,
			    "path_b64");
			json_add_path(it, "path", path);
			continue;
		}
		a->dropped++;
		cJSON_Delete(cJSON_DetachItemViaPointer(a->findings, it));
	}
}

/* Its output with secrets masked, as an answer. */
static int
hook_read(struct core *c, const struct hook_run *r, struct hook_answer *a,
    struct err *e)
{
	struct mask_list secrets = { 0 };
	AUTO_BUF struct buf clean = BUF_INIT(0);

	if (r->flooded) {
		memset(a, 0, sizeof(*a));
		return err_set(e, "its answer is larger than 1 MB");
	}
	model_secrets(c, &secrets);
	mask_secrets(&clean, buf_str(&r->out), r->out.len, &secrets);
	mask_list_release(&secrets);
	if (hook_answer_read(a, buf_str(&clean), clean.len, e) < 0)
		return -1;
	hook_place(c, r->staged, a);
	return 0;
}

static void
hook_object(struct hook_verdict *v, enum hook_decision d, const char *by,
    const char *reason)
{
	if (d <= v->decision)
		return;
	v->decision = d;
	xstrset(&v->by, by);
	xstrset(&v->reason, reason);
}

static void
hook_take_answer(struct hook_round *round, const cJSON *spec,
    struct hook_answer *a, cJSON *line)
{
	json_add_bool(line, "ok", true);
	json_add_str(line, "decision", hook_decision_word(a->decision));
	json_add_str(line, "reason", a->reason);
	json_add_str(line, "context", a->context);
	if (a->dropped > 0)
		json_add_int(line, "dropped", a->dropped);
	json_set_take(line, "findings", a->findings);
	a->findings = NULL;
	hook_object(&round->verdict, a->decision, json_str(spec, "name"),
	    a->reason == NULL ? "it gave no reason" : a->reason);
}

static void
hook_take_failure(struct hook_round *round, const cJSON *spec,
    const char *failure, cJSON *line)
{
	bool blocks = json_bool(spec, "block", false);
	AUTO_FREE char *reason = xasprintf("it failed: %s", failure);

	json_add_bool(line, "ok", false);
	json_add_str(line, "error", failure);
	json_add_str(line, "decision", hook_decision_word(blocks ? HOOK_DENY :
	    HOOK_ALLOW));
	if (blocks)
		hook_object(&round->verdict, HOOK_DENY, json_str(spec, "name"),
		    reason);
}

/* Its last line, and the end of its run. */
static void
hook_close(struct core *c, cJSON *line_take)
{
	struct hook_run *r = &c->hooks->run;
	bool changed = hook_run_changed(c, r, line_take);

	if (changed) {
		c->hook_round->changed = true;
		evidence_stale(c);
	}
	emit_event(c, EVENT_HOOK, "core", line_take);
	hook_run_release(r);
}

void
hook_run_ended(struct core *c, cJSON *line, const char *failure)
{
	struct hook_run *r = &c->hooks->run;
	struct hook_round *round = c->hook_round;
	struct hook_answer a = { 0 };
	struct err e = ERR_INIT;
	const cJSON *it;
	cJSON *o = hook_line(round, r, "done");

	/* phases: a hook ends in HOOK only. */
	assert(c->phase == PHASE_HOOK && round != NULL && r->spec != NULL);
	cJSON_ArrayForEach(it, line)
		json_copy(o, it->string, it);
	cJSON_Delete(line);
	if (failure == NULL && hook_read(c, r, &a, &e) < 0)
		failure = e.text;
	if (failure == NULL)
		hook_take_answer(round, r->spec, &a, o);
	else
		hook_take_failure(round, r->spec, failure, o);
	hook_answer_release(&a);
	hook_close(c, o);
	hook_go_on(c);
}

void
hook_stop(struct core *c, const char *why)
{
	struct hooks *h = c->hooks;
	struct hook_run *r = &h->run;
	cJSON *o;

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
	o = hook_line(c->hook_round, r, "done");
	hook_take_failure(c->hook_round, r->spec, why, o);
	hook_object(&c->hook_round->verdict, HOOK_DENY, json_str(r->spec, "name"),
	    why);
	hook_close(c, o);
	hook_round_over(c);
}

void
hook_recover(struct core *c)
{
	const struct fold_hook *open = fold_hook_open(c->fold);
	cJSON *o;

	if (open == NULL)
		return;
	o = cJSON_CreateObject();
	json_add_str(o, "id", open->id);
	json_add_str(o, "event", open->event);
	json_add_str(o, "name", open->name);
	json_add_str(o, "for", open->subject);
	json_add_str(o, "status", "done");
	json_add_bool(o, "ok", false);
	json_add_str(o, "error", "assent was restarted while it ran; it isn't "
	    "run again for this");
	/* Its call has a result by now; a decision isn't applied (hook-apply.c). */
	json_add_str(o, "decision", strncmp(open->event, "before_", 7) == 0 ?
	    "deny" : "allow");
	evidence_stale(c);
	emit_event(c, EVENT_HOOK, "core", o);
}
