/* One run of a hook, in the sandbox or as the user, and what it printed. */
#include "config.h"

#include "core/agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/agent/hook-int.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/review/decision.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

void
hook_run_release(struct hook_run *r)
{
	FREE_ALL(r->id, r->for_id, r->staged);
	buf_release(&r->out);
	buf_release(&r->said);
	if (r->scanned)
		stage_scan_release(&r->before);
	memset(r, 0, sizeof(*r));
}

#define HOOK_ANSWER_MAX	((size_t)1 << 20)	/* bytes */
#define HOOK_SAID_MAX	((size_t)64 << 10)
#define HOOK_DIR	"hook"	/* of a scratch copy */
#define HOOK_FILES	20	/* changed ones that are named */

/* The sandbox joins stdout and stderr, but a hook's answer is its stdout alone:
 * keep stderr in a file, and print its end, after a NUL, only if the hook
 * objects or fails. */
static const char hook_shell[] =
    "m=$(mktemp) && exec 3<>\"$m\" && rm -f \"$m\" || exit 126\n"
    "bash -c \"$1\" 2>&3 3>&-\n"
    "s=$?\n"
    "[ $s -eq 0 ] || { printf '\\0'; tail -c 2000 /dev/fd/3; }\n"
    "exit $s\n";

static void
hook_run_add(struct hook_run *r, const char *p, size_t n)
{
	size_t room = HOOK_ANSWER_MAX - r->out.len;

	r->flooded = r->flooded || n > room;
	buf_add(&r->out, p, n < room ? n : room);
}

/* Report a run that ended without an answer. */
static void
hook_run_failed(struct hook_run *r, struct event *line, const char *how,
    const struct buf *said)
{
	AUTO_FREE char *last = said == NULL ? xstrdup("") :
	    output_last_line(r->core, said, HOOK_SAID_SHOWN);
	AUTO_FREE char *text = xasprintf("%s%s%s", how,
	    last[0] == '\0' ? "" : ": ", last);

	r->ended(r->core, r, line, text);
}

/* ---- in the sandbox ---- */

/* The copy that the event is about. */
static struct stage *
hook_run_staged(struct core *c, struct hook_run *r, struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct stage *stage = NULL;

	/* No decision: the hook is only tried. */
	if (r->event == HOOK_BEFORE_APPLY && c->decision.line != NULL) {
		stage = r->scratch = stages_scratch(c, HOOK_DIR, e);
		if (stage == NULL || decision_stage(c,
		    &c->decision.line->decision, stage, e) < 0)
			return NULL;
	} else if (!task_plans(c) || stages_open_plan(c, e) == 0)
		stage = stages_current(c);
	if (stage == NULL || stage_before_call(stage, false, &notes, e) < 0)
		return NULL;
	if (r->scratch == NULL)
		emit_stage_notes(c, &notes);
	return stage;
}

/* Report the end of the run, which `line` has. `limit`, `why`: more about a
 * limit or a failure, or NULL. */
static void
hook_run_report(struct hook_run *r, struct event *line, const char *limit,
    const char *why)
{
	const struct ev_hook *h = &line->hook;
	AUTO_FREE char *how = NULL;

	if (h->killed != NULL)
		how = xasprintf("it was ended at a limit (%s)",
		    limit == NULL ? h->killed : limit);
	else if (h->signal.is)
		how = xasprintf("it was killed by signal %lld",
		    (long long)h->signal.n);
	else if (!h->exit.is || h->exit.n > HOOK_EXIT_MAX)
		how = xasprintf("exit status %lld%s%s", (long long)h->exit.n,
		    why == NULL ? "" : ", ", why == NULL ? "" : why);
	if (how != NULL)
		hook_run_failed(r, line, how, r->said.len > 0 ? &r->said :
		    &r->out);
	else
		r->ended(r->core, r, line, NULL);
}

static void
hook_run_finished(struct core *c, struct job *was,
    const struct sandbox_result *result)
{
	struct hook_run *r = &c->hooks->run;
	AUTO_EVENT struct event line = { .hook = hook_line(r, "done") };
	const char *errors;
	size_t from;

	if (!was->scratch)
		emit_stage_notes(c, &was->notes);
	job_drop_copy(was);
	stages_drop(c, &r->scratch, HOOK_DIR);
	if (result == NULL)
		return;
	hook_run_add(r, buf_str(&was->out), was->out.len);
	if (!result->built) {
		AUTO_FREE char *how = xasprintf("the sandbox could not be "
		    "built: %s", result->error);

		hook_run_failed(r, &line, how, NULL);
		return;
	}
	output_note_weaker(c, result);
	line.hook.exit = EV_KNOWN(result->exit);
	line.hook.signal = (struct ev_number){ result->signal != 0,
	    result->signal };
	line.hook.killed = result->killed;
	line.hook.limit = result->limit;
	line.hook.ms = result->ms;
	errors = memrchr(buf_str(&r->out), '\0', r->out.len);
	if (result->exit != 0 && errors != NULL) {
		from = (size_t)(errors - r->out.p);
		buf_add(&r->said, errors + 1, r->out.len - from - 1);
		buf_cut(&r->out, from);
	}
	hook_run_report(r, &line, result->limit,
	    output_not_shown(c, result, r->said.len > 0 ? &r->said :
	    &r->out));
}

/*
 * One that decides doesn't run in what it judges, where the model could have
 * changed the program, or what it loads: it works on the project as it is, with a
 * home and a /tmp that no command has written.
 */
static int
hook_run_sandboxed(struct core *c, struct hook_run *r, cJSON *input,
    struct err *e)
{
	const char *command = json_str_or(r->spec, "command", "");
	const char *const argv[] = { "bash", "-c", hook_shell, "hook",
		command };
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	bool decides = hook_events[r->event].blocks;
	struct sandbox_spec about = { 0 };
	struct program_plan plan = { .ended = hook_run_finished,
		.first = HOOK_ANSWER_MAX + 1,
		.id = r->id, .command = command,
		.spec.tool = "argv", .spec.args = args, .spec.cwd = c->root,
		.spec.limits.timeout_ms = json_int(r->spec, "timeout_ms", 0) };

	if (c->sandbox.level == SANDBOX_NONE)
		return err_set(e, "this host has no sandbox, and its entry "
		    "doesn't say \"sandbox\": false");
	/* At a session's end nothing waits for it. */
	if (!program_masks(c) && !policy_is_whole(c->policy))
		return err_set(e, "the session ended before all of the "
		    "project's files had been looked at");
	plan.stage = hook_run_staged(c, r, e);
	if (plan.stage != NULL && decides) {
		stage_fill_spec(plan.stage, &about);
		plan.spec.staged = about.upper != NULL ? about.upper :
		    about.copy;
		plan.stage = job_scratch(c, JOB_HOOK, e);
	}
	if (plan.stage != NULL) {
		r->scanned = plan.stage == c->stage &&
		    stage_scan(c->stage, &r->before, NULL) == 0;
		r->staged = xstrdup(!decides ? c->root :
		    sandbox_levels[c->sandbox.level].encloses ?
		    SANDBOX_STAGED_DIR : plan.spec.staged);
		json_set_take(args, "argv", cJSON_CreateStringArray(argv,
		    (int)MEM_COUNT(argv)));
		json_add_path(input, "staged", r->staged);
		text = json_print(input);
		json_add_str(args, "input", text);
		if (job_start(&c->jobs[JOB_HOOK], &plan, e) == 0)
			return 0;
	}
	stages_drop(c, &r->scratch, HOOK_DIR);
	return -1;
}

/* ---- as the user ---- */

static void
hook_run_host_output(void *arg, bool out, const char *p, size_t n)
{
	struct hook_run *r = arg;

	if (out)
		hook_run_add(r, p, n);
	else if (r->said.len < HOOK_SAID_MAX)
		buf_add(&r->said, p, n);
}

static void
hook_run_host_done(void *arg, int status, bool late)
{
	struct hook_run *r = arg;
	AUTO_FREE char *limit = xasprintf("it took longer than %lld s; "
	    "timeout_s raises it", (long long)(json_int(r->spec, "timeout_ms",
	    0) / 1000));
	AUTO_EVENT struct event line = { .hook = hook_line(r, "done") };

	line.hook.ms = clock_mono_ms() - r->from_ms;
	if (late)
		line.hook.killed = "timeout";
	else if (WIFSIGNALED(status))
		line.hook.signal = EV_IS(WTERMSIG(status));
	else
		line.hook.exit = EV_IS(WEXITSTATUS(status));
	host_program_free(r->host);
	r->host = NULL;
	hook_run_report(r, &line, limit, NULL);
}

static int
hook_run_as_user(struct core *c, struct hook_run *r, const cJSON *input,
    struct err *e)
{
	static const struct host_program_ops ops = {
		.output = hook_run_host_output, .done = hook_run_host_done,
	};

	const char *argv[] = { "/bin/sh", "-c", json_str_or(r->spec, "command",
	    ""), NULL };
	AUTO_FREE char *text = json_print(input);
	AUTO_CLOSE int in = host_program_input(text, strlen(text), e);
	const struct host_program_spec spec = {
		.worker = c->worker, .argv = argv, .dir = c->root, .in = in,
		.out = -1, .timeout_ms = json_int(r->spec, "timeout_ms", 0),
	};

	if (in >= 0)
		r->host = host_program_new(c->loop, &spec, &ops, r, e);
	return r->host == NULL ? -1 : 0;
}

/* ---- either ---- */

static void
hook_run_not_begun(void *arg)
{
	struct hook_run *r = arg;
	struct err why = r->why;
	AUTO_EVENT struct event line = { .hook = hook_line(r, "done") };

	r->failed = NULL;
	r->ended(r->core, r, &line, why.text);
}

void
hook_run_start(struct core *c, struct hook_run *r, cJSON *input)
{
	int rc;

	buf_init(&r->out, HOOK_ANSWER_MAX + 1);
	buf_init(&r->said, HOOK_SAID_MAX + 16384);
	r->why = (struct err)ERR_INIT;
	r->from_ms = clock_mono_ms();
	rc = json_bool(r->spec, "sandbox", true) ?
	    hook_run_sandboxed(c, r, input, &r->why) :
	    hook_run_as_user(c, r, input, &r->why);
	if (rc < 0)
		r->failed = loop_timer_new(c->loop, 0, hook_run_not_begun, r);
}

void
hook_run_cancel(struct core *c, struct hook_run *r)
{
	if (r == &c->hooks->run)
		(void)job_stop(c, JOB_HOOK, NULL);
	host_program_free(r->host);
	r->host = NULL;
	loop_timer_free(&r->failed);
}

/* ---- what it changed ---- */

/* Add the changes of `a` that `b` lacks, or has with other contents. */
static void
hook_changed_add(struct event *line, const struct stage_scan *a,
    const struct stage_scan *b, bool missing)
{
	struct ev_hook *h = &line->hook;
	const struct stage_change *same;
	size_t i;

	for (i = 0; i < a->changes_len && h->changed_len < HOOK_FILES; i++) {
		same = stage_scan_find(b, a->changes[i].path);
		if (same == NULL || (!missing && !stage_side_equal(
		    &same->after, &a->changes[i].after)))
			h->changed[h->changed_len++].path_bytes =
			    ev_text(line, a->changes[i].path);
	}
}

bool
hook_run_changed(struct core *c, struct hook_run *r, struct event *line)
{
	AUTO(stage_scan_release) struct stage_scan now = { 0 };
	struct ev_path_only *list;

	if (!r->scanned)
		return false;
	/* First: it tells the user about files that changed on disk. */
	propose_count(c, NULL);
	if (stage_scan(c->stage, &now, NULL) < 0)
		return false;
	list = line->hook.changed = ev_alloc(line, HOOK_FILES *
	    sizeof(*list));
	hook_changed_add(line, &now, &r->before, false);
	hook_changed_add(line, &r->before, &now, true);
	if (line->hook.changed_len == 0) {
		line->hook.changed = NULL;
		return false;
	}
	c->review.touched = true;
	return true;
}

/* ---- what it printed ---- */

#define HOOK_REASON_MAX		((size_t)2000)
#define HOOK_CONTEXT_MAX	((size_t)16 << 10)
#define HOOK_LINE_MAX		100000000

const char *const hook_decision_words[] = {
	[HOOK_ALLOW] = "allow", [HOOK_ASK] = "ask", [HOOK_DENY] = "deny",
};

/* The beginning of a text, or NULL. */
static const char *
hook_cut(struct event *a, const char *text, size_t max)
{
	return text == NULL ? NULL : ev_copy(a, text, utf8_cut(text,
	    strlen(text), max));
}

static const char *
hook_severity(const char *level)
{
	if (strcmp(level, "error") == 0)
		return "error";
	return strcmp(level, "note") == 0 || strcmp(level, "none") == 0 ||
	    strcmp(level, "info") == 0 ? "note" : "warning";
}

/* False if it isn't one. */
static bool
hook_finding_add(struct event *a, const char *path, int64_t line,
    const char *level, const char *rule, const char *text)
{
	struct ev_hook *h = &a->hook;

	if (path == NULL || text == NULL)
		return false;
	if (path[0] == '\0' || h->findings_len >= HOOK_FINDINGS_MAX)
		h->dropped++;
	else
		h->findings[h->findings_len++] = (struct ev_finding){
		    .path_bytes = ev_text(a, path),
		    .line = line < 0 || line > HOOK_LINE_MAX ? 0 : line,
		    .severity = hook_severity(level),
		    .rule = hook_cut(a, rule, HOOK_REASON_MAX),
		    .message = hook_cut(a, text, HOOK_REASON_MAX) };
	return true;
}

/* A text that earlier versions read as an answer. */
static int
hook_answer_old(const cJSON *o, struct err *e)
{
	static const char *const members[] = { "decision", "reason", "context",
		"runs" };
	size_t i;

	for (i = 0; i < MEM_COUNT(members); i++)
		if (json_get(o, members[i]) != NULL)
			return err_set(e, "it prints JSON with \"%s\": a hook "
			    "objects by its exit status (1: no; 2: ask), says "
			    "why as text, and prints JSON only with "
			    "\"findings\"", members[i]);
	return 0;
}

int
hook_answer_read(struct event *a, bool objects, const char *p, size_t n,
    struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	AUTO_BUF struct buf text = BUF_INIT(0);
	struct err why = ERR_INIT;
	const cJSON *list, *it;

	a->hook.findings = ev_alloc(a, HOOK_FINDINGS_MAX *
	    sizeof(*a->hook.findings));
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return 0;
	if (*p == '{')
		o = json_parse(p, n, JSON_NUL_REFUSE, &why);
	if (o == NULL && *p == '{' && memmem(p, n, "\"findings\"", 10) != NULL)
		return err_set(e, "its findings aren't JSON: %s", why.text);
	if (hook_answer_old(o, e) < 0)
		return -1;
	list = json_get(o, "findings");
	if (list == NULL) {
		utf8_repair(&text, p, n);
		*(objects ? &a->hook.reason : &a->hook.context) = hook_cut(a,
		    buf_str(&text), objects ? HOOK_REASON_MAX :
		    HOOK_CONTEXT_MAX);
		return 0;
	}
	if (!cJSON_IsArray(list))
		return err_set(e, "its \"findings\" are no list");
	cJSON_ArrayForEach(it, list)
		if (!hook_finding_add(a, json_str(it, "file"),
		    json_int(it, "line", 0), json_str_or(it, "level",
		    "warning"), json_str(it, "rule"), json_str(it, "text")))
			return err_set(e, "it has a finding without \"file\" "
			    "or \"text\"");
	return 0;
}
