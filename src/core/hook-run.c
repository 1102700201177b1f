#include "config.h"

#include "core/hook-int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/disk.h"
#include "core/call-answer.h"
#include "core/call-hint.h"
#include "core/call-result.h"
#include "core/call-sandbox.h"
#include "core/capture.h"
#include "core/host-program.h"
#include "core/run.h"
#include "core/core.h"
#include "core/net/network.h"
#include "core/decision.h"
#include "core/propose.h"
#include "core/stages.h"
#include "loop/loop.h"

#define HOOK_SAID_MAX	((size_t)64 << 10)
#define HOOK_DIR	"hook"	/* of a scratch copy */
#define HOOK_REAL	"hook-real"	/* of the project as it is */
#define HOOK_FILES	20	/* changed ones that are named */

/* What a worker joins is kept apart here: the answer is standard output alone,
 * and the messages come last, only if there is no answer. */
static const char hook_shell[] =
    "m=$(mktemp) && exec 3<>\"$m\" && rm -f \"$m\" || exit 126\n"
    "bash -c \"$1\" 2>&3 3>&-\n"
    "s=$?\n"
    "[ $s -eq 0 ] || { echo; tail -c 2000 /dev/fd/3; }\n"
    "exit $s\n";

static void
hook_run_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	struct hook_run *r = &c->hooks->run;
	size_t room = HOOK_ANSWER_MAX - r->out.len;

	r->flooded = r->flooded || n > room;
	buf_add(&r->out, p, n < room ? n : room);
}

/* The last line that says something, for a message; malloc'ed. */
static char *
hook_last_words(struct core *c, const struct buf *b)
{
	struct capture_result cr;
	const char *line;
	char *words;
	size_t n;

	call_captured(c, b, 2000, true, &cr);
	n = strlen(cr.text);
	while (n > 0 && strchr(" \t\r\n", cr.text[n - 1]) != NULL)
		cr.text[--n] = '\0';
	line = strrchr(cr.text, '\n');
	words = xstrdup(line == NULL ? cr.text : line + 1);
	capture_result_release(&cr);
	return words;
}

/* Report an end that is no answer. */
static void
hook_run_failed(struct core *c, cJSON *line, const char *how,
    const struct buf *said)
{
	AUTO_FREE char *last = said == NULL ? xstrdup("") :
	    hook_last_words(c, said);
	AUTO_FREE char *text = xasprintf("%s%s%s", how,
	    last[0] == '\0' ? "" : ": ", last);

	hook_run_ended(c, line, text);
}

/* ---- in the sandbox ---- */

static void
hook_run_drop(struct core *c, struct hook_run *r)
{
	stages_drop(c, &r->scratch, HOOK_DIR);
	stages_drop(c, &r->real, HOOK_REAL);
}

static void
hook_run_after(struct core *c, struct hook_run *r,
    const struct sandbox_result *result)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	r->worker = NULL;
	network_end(c);
	if (stage_after_call(r->stage, &notes, &e) < 0)
		buf_addf(&notes, "%s", e.text);
	if (result != NULL)
		disk_after(c, r->stage, result, &notes);
	if (c->journal != NULL && r->real == NULL)
		call_stage_notes(c, &notes);
	hook_run_drop(c, r);
}

/* The staged copy that it is about. */
static struct stage *
hook_run_about(struct core *c, struct hook_run *r, struct err *e)
{
	/* No decision: the hook is only tried. */
	if (r->event != HOOK_BEFORE_APPLY || c->decision.line == NULL)
		return c->task.planning && stages_open_plan(c, e) < 0 ? NULL :
		    call_stage(c);
	r->scratch = stages_scratch(c, HOOK_DIR, e);
	return r->scratch == NULL || decision_stage(c, r->scratch, e) < 0 ?
	    NULL : r->scratch;
}

/*
 * The copies for its run. One that decides doesn't run in what it judges, where
 * the model could have changed the program, or what it loads: it works on the
 * project as it is, with a home and a /tmp that no command has written.
 */
static int
hook_run_stages(struct core *c, struct hook_run *r, struct buf *notes,
    struct sandbox_spec *about, struct err *e)
{
	struct stage *stage = hook_run_about(c, r, e);

	if (stage == NULL || stage_before_call(stage, notes, e) < 0)
		return -1;
	if (r->scratch == NULL)
		call_stage_notes(c, notes);
	r->stage = stage;
	if (!hook_events[r->event].blocks)
		return 0;
	stage_fill_spec(stage, about);
	r->stage = r->real = stages_scratch(c, HOOK_REAL, e);
	return r->real == NULL ? -1 : stage_before_call(r->real, notes, e);
}

static void
hook_run_finished(void *arg, const struct sandbox_result *result)
{
	struct core *c = arg;
	struct hook_run *r = &c->hooks->run;
	AUTO_FREE char *met = call_limit_hit(c, result);
	AUTO_FREE char *how = NULL;
	const char *why = met != NULL ? met : call_not_shown(c, result,
	    &r->out);
	cJSON *line = cJSON_CreateObject();

	hook_run_after(c, r, result);
	if (!result->built) {
		how = xasprintf("the sandbox could not be built: %s",
		    result->error);
		hook_run_failed(c, line, how, NULL);
		return;
	}
	call_add_outcome(c, line, result);
	if (result->killed != NULL)
		how = xasprintf("it was ended at a limit (%s)",
		    result->limit == NULL ? result->killed : result->limit);
	else if (result->signal != 0)
		how = xasprintf("it was killed by signal %d", result->signal);
	else if (result->exit != 0)
		how = xasprintf("exit status %d%s%s", result->exit,
		    why == NULL ? "" : ", ", why == NULL ? "" : why);
	if (how != NULL)
		hook_run_failed(c, line, how, result->killed != NULL ? NULL :
		    &r->out);
	else
		hook_run_ended(c, line, NULL);
}

static int
hook_run_sandboxed(struct core *c, struct hook_run *r, cJSON *input,
    struct err *e)
{
	static const struct sandbox_callbacks callbacks = {
		.output = hook_run_output, .done = hook_run_finished,
		.net = network_begin,
	};
	const char *command = json_str_or(r->spec, "command", "");
	const char *const argv[] = { "bash", "-c", hook_shell, "hook",
		command };
	int64_t ms = json_int(r->spec, "timeout_ms", 0);
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	struct sandbox_limits limits;
	struct sandbox_spec spec, about = { 0 };
	struct sandbox_disk disk;
	struct sandbox_start start = { .worker = c->worker, .spec = &spec,
		.limits = &limits, .tool = "argv", .args = args,
		.cb = &callbacks, .arg = c };

	if (c->level == SANDBOX_NONE)
		return err_set(e, "this host has no sandbox, and its entry "
		    "doesn't say \"sandbox\": false");
	if (call_others_wait(c, e) < 0 ||
	    hook_run_stages(c, r, &notes, &about, e) < 0 ||
	    disk_before(c, r->stage, &disk, e) < 0) {
		hook_run_drop(c, r);
		return -1;
	}
	r->scanned = r->stage == c->stage &&
	    stage_scan(c->stage, &r->before, NULL) == 0;
	stage_freshen(r->stage);
	start.ready = call_setup(c, r->stage, "bash", &spec, &limits);
	spec.cwd = c->root;
	spec.stays = spec.stays && r->real == NULL;
	spec.staged = about.upper != NULL ? about.upper : about.copy;
	r->staged = xstrdup(r->real == NULL ? c->root :
	    sandbox_levels[c->level].encloses ? SANDBOX_STAGED_DIR :
	    spec.staged);
	spec.disk = disk;
	if (limits.timeout_ms <= 0 || ms < limits.timeout_ms)
		limits.timeout_ms = ms;
	call_hide(c, &spec);
	json_set_take(args, "argv", cJSON_CreateStringArray(argv,
	    (int)MEM_COUNT(argv)));
	json_add_path(input, "staged", r->staged);
	text = json_print(input);
	json_add_str(args, "input", text);
	call_alone(c, start.ready);
	network_command(c, r->id, command);
	/* phases: nothing else uses the staged copy. */
	assert(!run_is_on(c) && c->worker_call == NULL);
	r->worker = sandbox_call_start(c->loop, &start);
	return 0;
}

/* ---- as the user ---- */

/* A file in memory: nothing of ours waits for a hook that doesn't read. */
static int
hook_run_input(const char *text, struct err *e)
{
	int fd = memfd_create("hook", MFD_CLOEXEC);

	if (fd < 0 || fs_write_all(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		err_sys(e, "can't create a file in memory");
		fs_close(fd);
		return -1;
	}
	return fd;
}

static void
hook_run_host_output(void *arg, bool out, const char *p, size_t n)
{
	struct core *c = arg;
	struct buf *said = &c->hooks->run.said;

	if (out)
		hook_run_output(c, p, n);
	else if (said->len < HOOK_SAID_MAX)
		buf_add(said, p, n);
}

static void
hook_run_host_done(void *arg, int status, bool late)
{
	struct core *c = arg;
	struct hook_run *r = &c->hooks->run;
	int64_t ms = json_int(r->spec, "timeout_ms", 0);
	cJSON *line = cJSON_CreateObject();
	AUTO_FREE char *how = NULL;

	json_add_int(line, "ms", clock_mono_ms() - r->from_ms);
	if (late) {
		json_add_str(line, "killed", "timeout");
		how = xasprintf("it was ended at a limit (it took longer than "
		    "%lld s; timeout_s raises it)", (long long)(ms / 1000));
	} else if (WIFSIGNALED(status)) {
		json_add_int(line, "signal", WTERMSIG(status));
		how = xasprintf("it was killed by signal %d",
		    WTERMSIG(status));
	} else {
		json_add_int(line, "exit", WEXITSTATUS(status));
		if (WEXITSTATUS(status) != 0)
			how = xasprintf("exit status %d", WEXITSTATUS(status));
	}
	host_program_free(r->host);
	r->host = NULL;
	if (how != NULL)
		hook_run_failed(c, line, how, r->said.len > 0 ? &r->said :
		    &r->out);
	else
		hook_run_ended(c, line, NULL);
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
	AUTO_CLOSE int in = hook_run_input(text, e);
	const struct host_program_spec spec = {
		.worker = c->worker, .argv = argv, .dir = c->root, .in = in,
		.out = -1, .timeout_ms = json_int(r->spec, "timeout_ms", 0),
	};

	if (in >= 0)
		r->host = host_program_new(c->loop, &spec, &ops, c, e);
	return r->host == NULL ? -1 : 0;
}

/* ---- either ---- */

static void
hook_run_not_begun(void *arg)
{
	struct core *c = arg;
	struct err why = c->hooks->run.why;

	c->hooks->run.failed = NULL;
	hook_run_ended(c, cJSON_CreateObject(), why.text);
}

void
hook_run_start(struct core *c, struct hook_run *r, cJSON *input)
{
	int rc;

	buf_init(&r->out, HOOK_ANSWER_MAX + 1);
	buf_init(&r->said, HOOK_SAID_MAX + 16384);
	err_clear(&r->why);
	r->from_ms = clock_mono_ms();
	rc = json_bool(r->spec, "sandbox", true) ?
	    hook_run_sandboxed(c, r, input, &r->why) :
	    hook_run_as_user(c, r, input, &r->why);
	if (rc < 0)
		r->failed = loop_timer_new(c->loop, 0, hook_run_not_begun, c);
}

void
hook_run_cancel(struct core *c, struct hook_run *r)
{
	if (r->worker != NULL) {
		sandbox_call_cancel(r->worker);
		hook_run_after(c, r, NULL);
	}
	host_program_free(r->host);
	r->host = NULL;
	loop_timer_free(r->failed);
	r->failed = NULL;
}

/* ---- what it changed ---- */

/* Add the changes of `a` that `b` lacks, or has with other contents. */
static void
hook_changed_add(cJSON *list, const struct stage_scan *a,
    const struct stage_scan *b, bool missing)
{
	const struct stage_change *same;
	size_t i;

	for (i = 0; i < a->changes_len &&
	    cJSON_GetArraySize(list) < HOOK_FILES; i++) {
		cJSON *o;

		same = stage_scan_find(b, a->changes[i].path);
		if (missing ? same != NULL : same != NULL && stage_side_equal(
		    &same->after, &a->changes[i].after))
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", a->changes[i].path);
		cJSON_AddItemToArray(list, o);
	}
}

bool
hook_run_changed(struct core *c, struct hook_run *r, cJSON *line)
{
	struct stage_scan now;
	cJSON *list;

	if (!r->scanned)
		return false;
	/* First: it tells the user about files that changed on disk. */
	propose_count(c, NULL);
	if (stage_scan(c->stage, &now, NULL) < 0)
		return false;
	list = cJSON_CreateArray();
	hook_changed_add(list, &now, &r->before, false);
	hook_changed_add(list, &r->before, &now, true);
	stage_scan_release(&now);
	if (list->child == NULL) {
		cJSON_Delete(list);
		return false;
	}
	json_set_take(line, "changed", list);
	c->review.touched = true;
	return true;
}
