/*
 * Queued hooks, the round that runs, and the answers; then the events that
 * hooks hear of: when, and with which input.
 */
#include "config.h"

#include "core/agent/hook.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/agent/hook-int.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/secrets.h"
#include "core/kernel/server.h"
#include "core/project/project.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "journal/session.h"
#include "tool/tool.h"

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
	FREE_ALL(r->for_id, r->verdict.by, r->verdict.reason, r);
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

/* Find the next hook that fits, from number *i on; NULL: none. */
static const cJSON *
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

/* Is there a hook for the event that fits one of these names? */
static bool
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

/* The same, as soon as the agent is between two steps; nobody waits for the
 * verdict. Does nothing if no hook fits. */
static void
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
	JSON_ADD_TEXTS(o, "event", hook_events[r->event].name,
	    "hook", json_str(spec, "name"), "session", c->id, "root", c->root,
	    "cwd", c->cwd);
	json_add_bool(o, "sandbox", json_bool(spec, "sandbox", true));
	cJSON_ArrayForEach(it, about)
		json_copy(o, it->string, it);
	return o;
}

/* Start a run, of which `event`, `for_id` and `ended` are set. */
static void
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

/* A hook changed the staged files itself: it needn't hear of that. */
static void
hook_review_digest(struct core *c)
{
	if (stage_digest(c->stage, true, c->hooks->seen) < 0)
		c->hooks->seen[0] = '\0';
}

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

/* Drop the findings whose file is in neither the project nor the copy,
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

/* Read its exit status, which is one of by_exit, and its output, with secrets
 * masked. */
static int
hook_read(struct core *c, const struct hook_run *r, struct event *line,
    enum hook_decision *decision, struct err *e)
{
	static const enum hook_decision by_exit[] = { HOOK_ALLOW, HOOK_DENY,
		HOOK_ASK };
	AUTO_BUF struct buf clean = BUF_INIT(0);
	AUTO_FREE char *said = NULL;

	if (r->flooded)
		return err_set(e, "it printed more than 1 MB");
	*decision = by_exit[line->hook.exit.n];
	core_mask(c, &clean, buf_str(&r->out), r->out.len);
	if (hook_answer_read(line, *decision != HOOK_ALLOW, buf_str(&clean),
	    clean.len, e) < 0)
		return -1;
	if (*decision != HOOK_ALLOW && line->hook.reason == NULL) {
		said = output_last_line(c, &r->said, HOOK_SAID_SHOWN);
		if (said[0] != '\0')
			line->hook.reason = ev_text(line, said);
	}
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
hook_run_ended(struct core *c, struct hook_run *r, struct event *line,
    const char *failure)
{
	struct hook_round *round = c->hook_round;
	struct ev_hook *h = &line->hook;
	enum hook_decision decision = HOOK_ALLOW;
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

static void
hook_round_begin(struct core *c, struct hook_round *round_take)
{
	/* phases: one at a time, between two steps of the agent. */
	assert(c->hook_round == NULL && c->phase == PHASE_IDLE);
	c->hook_round = round_take;
	phase_set(c, PHASE_HOOK);
	hook_next(c);
}

/*
 * Run the hooks that fit, now: in IDLE. `input` (taken) is their input, `names`
 * (taken, may be NULL) is compared with their `match`, `for_id` says in the
 * journal what it is about. done() is called from the loop, in IDLE, unless the
 * round is stopped.
 */
static void
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

/* ---- the events proposal and applied ---- */

/*
 * Nothing waits for them: there is this proposal (not again for the same staged
 * files), or files were written.
 */

static cJSON *
hook_file_names(const cJSON *files)
{
	cJSON *names = cJSON_CreateArray();
	const cJSON *it;

	cJSON_ArrayForEach(it, files)
		cJSON_AddItemToArray(names, cJSON_CreateString(json_str_or(it,
		    "path", "")));
	return names;
}

/* Add a file to the list of an input. */
static void
hook_review_add(cJSON *files, const char *path, const char *status,
    const char *from)
{
	cJSON *o = cJSON_CreateObject();

	json_add_path(o, "path", path);
	json_add_str(o, "status", status);
	if (from != NULL)
		json_add_path(o, "from", from);
	cJSON_AddItemToArray(files, o);
}

static void
hook_review_proposal(struct core *c, const struct ev_proposal *p)
{
	char had[SHA256_HEX_SIZE];
	AUTO_FREE char *id = NULL;
	cJSON *o, *files;

	if (p->undo != 0 || p->files_len == 0)
		return;
	memcpy(had, c->hooks->seen, sizeof(had));
	hook_review_digest(c);
	if (had[0] != '\0' && strcmp(had, c->hooks->seen) == 0)
		return;
	id = xasprintf("%lld", (long long)p->version);
	o = cJSON_CreateObject();
	json_add_bool(o, "final", p->final.on);
	files = cJSON_AddArrayToObject(o, "files");
	MEM_EACH(p, files, f)
		hook_review_add(files, f->path_bytes, f->status,
		    f->from_bytes);
	hook_queue(c, HOOK_PROPOSAL, o, hook_file_names(files), id);
}

static void
hook_review_applied(struct core *c, const struct ev_applied *a)
{
	AUTO_FREE char *id = xasprintf("%lld", (long long)a->tx);
	cJSON *o = cJSON_CreateObject();
	cJSON *files = cJSON_AddArrayToObject(o, "files");

	MEM_EACH(a, ops, op)
		if (op->ok)
			hook_review_add(files, op->path_bytes, NULL,
			    op->from_bytes);
	if (files->child != NULL)
		hook_queue(c, HOOK_APPLIED, o, hook_file_names(files), id);
	else
		cJSON_Delete(o);
}

/* ---- the events session_start, plan and session_end ---- */

/* The session is for trying one hook, on this sample of its event. */
static void
hook_session_sample(struct core *c, const cJSON *sample)
{
	size_t i;

	for (i = 0; i < hook_events_len; i++)
		if (json_is(sample, "event", hook_events[i].name))
			hook_queue(c, (enum hook_event)i, cJSON_Duplicate(
			    json_get(sample, "input"), 1), cJSON_Duplicate(
			    json_get(sample, "names"), 1), NULL);
}

/* The session begins, or goes on. */
static void
hook_session_start(struct core *c)
{
	const cJSON *sample = json_get(c->start, "hook_test");
	cJSON *o;

	if (sample != NULL) {
		hook_session_sample(c, sample);
		return;
	}
	o = JSON_TEXTS("mode", json_str(c->start, "mode"),
	    "task", json_str(c->start, "task"));
	json_add_bool(o, "resumed", json_str(c->start, "session") != NULL);
	hook_queue(c, HOOK_SESSION_START, o, NULL, NULL);
}

static void
hook_session_plan(struct core *c, const struct ev_plan *p)
{
	AUTO_FREE char *version = xasprintf("%lld", (long long)p->version);
	struct ev_plan plan = *p;
	cJSON *o = cJSON_CreateObject();

	plan.status = plan.client = NULL;
	json_set_take(o, "plan", event_write(EVENT_PLAN, &plan));
	hook_queue(c, HOOK_PLAN, o, NULL, version);
}

static void
hook_session_ended(struct core *c, const struct hook_verdict *v UNUSED)
{
	c->hooks->over(c);
}

bool
hook_session_end(struct core *c, void (*over)(struct core *))
{
	cJSON *o;

	if (c->hook_round != NULL) {
		hook_stop(c, "the session was ended");
		if (c->hooks->over != NULL)
			return true;
	} else if (c->hooks->over != NULL)
		return false;
	if (!hook_wants(c, HOOK_SESSION_END, NULL))
		return false;
	job_yield(c, JOB_APPLY);
	/* A request or a command that is still ending: nothing waits for it. */
	if (c->phase != PHASE_IDLE || c->own_command != OWN_NONE)
		return false;
	if (c->sandbox.untested != NULL)
		c->main->settle(c);
	c->hooks->over = over;
	o = JSON_TEXTS("outcome", c->fold->end.outcome);
	json_add_int(o, "exit", c->exit_code);
	json_add_int(o, "open", fold_undecided(c->fold->proposal));
	hook_begin(c, HOOK_SESSION_END, o, NULL, NULL, hook_session_ended);
	return true;
}

/* ---- the event before_apply, between a decision and its writes ---- */

/*
 * It is about what would be written: the real tree with the accepted hunks, in
 * a copy of its own.
 */

/* The files of which something would be written: [{path, status?, from?}]. */
static cJSON *
hook_apply_files(const struct core *c)
{
	cJSON *list = cJSON_CreateArray();

	MEM_EACH(&c->decision.line->decision, files, file) {
		bool any = false;
		cJSON *o;

		MEM_EACH(file, hunks, h)
			any = any || !ev_is(h->decision, "no");
		if (!any || file->path_bytes == NULL)
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", file->path_bytes);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static bool
hook_apply_is_due(const struct core *c)
{
	AUTO_JSON cJSON *files = NULL, *names = NULL;

	/* Begun: an earlier core's hooks have allowed it. */
	if (c->hooks->passed == c->decision.line->seq ||
	    c->fold->open.begin != NULL || json_array(c->start, "hooks") == NULL)
		return false;
	files = hook_apply_files(c);
	names = hook_file_names(files);
	return files->child != NULL &&
	    hook_wants(c, HOOK_BEFORE_APPLY, names);
}

static void
hook_apply_done(struct core *c, const struct hook_verdict *v)
{
	if (v->decision == HOOK_ALLOW)
		c->hooks->passed = c->decision.line->seq;
	else
		decision_block(c);
}

/* Has an earlier core begun with this decision's hooks? */
static bool
hook_apply_was_begun(const struct core *c, const char *seq)
{
	MEM_EACH(&c->fold->hooks, list, h)
		if (strcmp(h->event, "before_apply") == 0 &&
		    h->subject != NULL && strcmp(h->subject, seq) == 0)
			return true;
	return false;
}

static void
hook_apply_before(struct core *c)
{
	AUTO_FREE char *seq = xasprintf("%lld", (long long)c->decision.line->seq);
	const char *rule = c->decision.line->decision.rule;
	AUTO_FREE char *by = NULL;
	cJSON *o, *files;

	if (hook_apply_was_begun(c, seq)) {
		emit_note(c, "nothing was written: assent was restarted while "
		    "your hooks looked at the decision. Decide its hunks again "
		    "to run them again");
		decision_block(c);
		core_soon(c);
		return;
	}
	files = hook_apply_files(c);
	by = rule == NULL ? xstrdup("user") : xasprintf("rule:%s", rule);
	o = JSON_TEXTS("by", by);
	json_set_take(o, "files", files);
	hook_begin(c, HOOK_BEFORE_APPLY, o, hook_file_names(files), seq,
	    hook_apply_done);
}

bool
hook_apply(struct core *c, bool last)
{
	if (!hook_apply_is_due(c))
		return false;
	if (last) {
		emit_note(c, "nothing was written: the session ended before "
		    "your hooks had looked at the decision");
		decision_block(c);
	} else if (c->phase == PHASE_IDLE) {
		/* Else the driver comes back when all files were looked at. */
		if (program_masks(c))
			hook_apply_before(c);
	} else
		status_tell(c, "applying", "your hooks look at the decision "
		    "after the model's answer");
	return true;
}

/* ---- the events before_tool and after_tool ---- */

#define HOOK_RESULT_MAX	((size_t)4000)	/* of a result's text */

/* The tool's name, and the files that it names, relative to the project. */
static cJSON *
hook_tool_names(const struct core *c, const struct core_call *call,
    const cJSON *args)
{
	cJSON *names = cJSON_CreateArray();
	struct tool_target *v = NULL;
	size_t n = 0, i;

	cJSON_AddItemToArray(names, cJSON_CreateString(call->name));
	if (call->tool != NULL && args != NULL)
		v = tool_targets(call->tool, args, &n);
	for (i = 0; v != NULL && i < n; i++) {
		AUTO_FREE char *path = fs_inside(c->root, c->cwd, v[i].path);

		if (path != NULL)
			cJSON_AddItemToArray(names, cJSON_CreateString(path));
	}
	if (v != NULL)
		tool_targets_free(v, n);
	return names;
}

static cJSON *
hook_tool_input(const struct core_call *call, const cJSON *args,
    const cJSON *names)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *tool = cJSON_AddObjectToObject(o, "tool");
	cJSON *files = cJSON_AddArrayToObject(o, "files");
	const cJSON *it;

	JSON_ADD_TEXTS(tool, "id", call->id, "name", call->name);
	if (args != NULL)
		json_set_take(tool, "args", cJSON_Duplicate(args, 1));
	for (it = names->child->next; it != NULL; it = it->next) {
		cJSON *f = cJSON_CreateObject();

		json_add_path(f, "path", it->valuestring);
		cJSON_AddItemToArray(files, f);
	}
	return o;
}

/* The call, as the user is asked about it: the command, or the tool and its
 * files. */
static char *
hook_tool_title(const struct core *c, const struct core_call *call)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = call_args(c, call, &e), *names = NULL;
	const char *command = json_str(args, "command");
	struct buf b = BUF_INIT(0);
	const cJSON *it;

	if (command != NULL)
		return xstrdup(command);
	names = hook_tool_names(c, call, args);
	cJSON_ArrayForEach(it, names)
		buf_addf(&b, "%s%s", b.len == 0 ? "" : " ", it->valuestring);
	if (names->child->next == NULL && call->args_text != NULL)
		buf_addf(&b, " %s", call->args_text);
	return buf_take(&b);
}

/* The user decides. On level none another question follows. */
static void
hook_tool_ask(struct core *c, struct core_call *call,
    const struct hook_verdict *v)
{
	AUTO_FREE char *why = xasprintf("your hook %s asks: %s", v->by,
	    v->reason);
	AUTO_FREE char *what = NULL;

	if (!c->person) {
		AUTO_FREE char *text = xasprintf("the user's hook %s needs "
		    "the user's answer (%s), and nobody is there", v->by,
		    v->reason);

		call_deny(c, call, "hook", text, FAULT_REFUSED);
		return;
	}
	what = hook_tool_title(c, call);
	emit_ask(c, call, ASKED_BY_HOOK, &(struct ev_ask){ .command = what,
	    .why = why, .hook = v->by });
}

static void
hook_tool_done(struct core *c, const struct hook_verdict *v)
{
	struct core_call *call;

	/* The task was stopped meanwhile, and the calls with it. */
	if (c->calls.next >= c->calls.len)
		return;
	call = &c->calls.list[c->calls.next];
	call->hooked = true;
	if (v->decision == HOOK_DENY) {
		AUTO_FREE char *text = xasprintf("the user's hook %s doesn't "
		    "allow this: %s", v->by, v->reason);

		call_deny(c, call, "hook", text, 0);
	} else if (v->decision == HOOK_ASK)
		hook_tool_ask(c, call, v);
}

bool
hook_tool(struct core *c, const struct core_call *call, const cJSON *args,
    bool run)
{
	cJSON *names;
	bool due;

	if (call->hooked || json_array(c->start, "hooks") == NULL)
		return false;
	names = hook_tool_names(c, call, args);
	due = hook_wants(c, HOOK_BEFORE_TOOL, names);
	if (due && run)
		hook_begin(c, HOOK_BEFORE_TOOL, hook_tool_input(call, args,
		    names), names, call->id, hook_tool_done);
	else
		cJSON_Delete(names);
	return due;
}

static void
hook_tool_after(struct core *c, const struct core_call *call,
    const struct ev_tool_result *result)
{
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *args = NULL;
	cJSON *names, *o, *r;
	const char *text = result->text == NULL ? "" : result->text;

	if (json_array(c->start, "hooks") == NULL)
		return;
	args = call_args(c, call, &e);
	names = hook_tool_names(c, call, args);
	o = hook_tool_input(call, args, names);
	r = cJSON_AddObjectToObject(o, "result");
	json_add_bool(r, "ok", result->ok);
	json_add_str(r, "error", result->error);
	if (result->exit.is)
		json_add_int(r, "exit", result->exit.n);
	json_add_strn(r, "text", text, strlen(text) < HOOK_RESULT_MAX ?
	    strlen(text) : HOOK_RESULT_MAX);
	hook_queue(c, HOOK_AFTER_TOOL, o, names, call->id);
}

/* ---- the event waits ---- */

/*
 * Something waits for the user. Its hooks run in any phase and beside the others:
 * nothing waits for them, and their answers count for nothing. They are told once
 * of each thing, by the line of the journal with which it began to wait; a new
 * version of a proposal counts only after another turn of the model's. While they
 * run they aren't started again: an MCP server can ask and take it back at once,
 * as often as it likes.
 */

static cJSON *
hook_waits_input(const struct core *c, enum session_wait what)
{
	char host[256] = "";
	AUTO_FREE char *words = NULL, *line = NULL;
	cJSON *o = cJSON_CreateObject();
	int n = fold_undecided(c->fold->proposal);

	(void)gethostname(host, sizeof(host) - 1);
	line = xasprintf("ssh -t %s assent resume %s", host, c->id);
	words = what == SESSION_HUNKS ? xasprintf("%d hunk%s to review", n,
	    n == 1 ? "" : "s") : xstrdup(what == SESSION_PLAN ?
	    "plan to review" : what == SESSION_LIMIT ? "limit reached" :
	    fold_ask_row(&c->fold->ask)->waits);
	JSON_ADD_TEXTS(o, "waits", session_wait_name(what), "words", words,
	    "attach", line);
	json_add_bool(o, "attached", c->person && c->server->clients != NULL);
	return o;
}

static void
hook_waits_ended(struct core *c, struct hook_run *r, struct event *line,
    const char *failure)
{
	struct hook_run **at = &c->hooks->beside;

	line->hook.ok = EV_ON(failure == NULL);
	line->hook.error = failure;
	line->hook.decision = hook_decision_words[HOOK_ALLOW];
	EMIT_THIS(c, "core", hook, &line->hook);
	while (*at != r)
		at = &(*at)->more;
	*at = r->more;
	hook_run_release(r);
	free(r);
	hook_waits(c);
	if (c->hooks->over != NULL && c->hook_round == NULL)
		c->hooks->over(c);
	else
		core_soon(c);
}

void
hook_waits(struct core *c)
{
	enum session_wait what = session_state_waits(&c->fold->facts.state);
	AUTO_JSON cJSON *input = NULL;
	const cJSON *spec;
	int i = 0;

	if (what == SESSION_NOTHING || c->hooks->waits <= c->hooks->told ||
	    c->hooks->beside != NULL)
		return;
	c->hooks->told = c->hooks->waits;
	input = hook_waits_input(c, what);
	while ((spec = hook_find(c, HOOK_WAITS, NULL, &i)) != NULL) {
		struct hook_run *r = xcalloc(1, sizeof(*r));

		r->more = c->hooks->beside;
		c->hooks->beside = r;
		r->event = HOOK_WAITS;
		r->for_id = xasprintf("%lld", (long long)c->hooks->waits);
		r->ended = hook_waits_ended;
		hook_start(c, r, spec, input);
	}
}

bool
hook_waits_end(struct core *c, void (*over)(struct core *))
{
	if (c->hooks->beside != NULL)
		c->hooks->over = over;
	return c->hooks->beside != NULL;
}

static void
hook_waits_line(struct hooks *h, const struct event *e, int turn)
{
	if (e->type == EVENT_HOOK && ev_is(e->hook.event, "waits"))
		h->told = strtoll(ev_str(e->hook.for_, "0"), NULL, 10);
	else if (e->type == EVENT_PROPOSAL ? e->proposal.files_len > 0 &&
	    e->proposal.undo == 0 && h->waits_turn != turn :
	    e->type == EVENT_PLAN ? ev_is(e->plan.status, "proposed") :
	    e->type == EVENT_BUDGET ? e->budget.action == NULL :
	    e->type == EVENT_ASK)
		h->waits = e->seq;
	if (e->type == EVENT_PROPOSAL)
		h->waits_turn = turn;
}

static void
hook_new_line(struct core *c, const struct event *e)
{
	hook_waits_line(c->hooks, e, c->fold->turn);
	if (c->resume != NULL || json_array(c->start, "hooks") == NULL)
		return;
	if (e->type == EVENT_PROPOSAL)
		hook_review_proposal(c, &e->proposal);
	else if (e->type == EVENT_APPLIED)
		hook_review_applied(c, &e->applied);
	else if (e->type == EVENT_ASK)
		core_soon(c);
	else if (e->type == EVENT_PLAN && ev_is(e->by, "model") &&
	    ev_is(e->plan.status, "proposed"))
		hook_session_plan(c, &e->plan);
}

/* ---- the session ---- */

/* A journal that ended with running hooks: they get their end. */
static void
hook_resumed(struct core *c)
{
	MEM_EACH(&c->fold->hooks, list, open) {
		if (!open->running)
			continue;
		evidence_stale(c);
		/* The call has a result by now; a decision isn't applied
		 * (hook_apply_was_begun). */
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
