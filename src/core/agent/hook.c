#include "config.h"

#include "core/agent/hook.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/agent/call.h"
#include "core/agent/run.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/kernel/secrets.h"
#include "core/net/network.h"
#include "core/project/project.h"
#include "core/review/decision.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/output.h"
#include "core/stage/program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "journal/journal.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

static void	hook_run_ended(struct core *, struct event *line,
		    const char *failure);

/* The members of a line about the run. */
static struct ev_hook
hook_line(const struct core *c, const char *status)
{
	const struct hook_run *r = &c->hooks->run;

	return (struct ev_hook){ .id = r->id,
	    .event = hook_events[r->event].name,
	    .name = json_str(r->spec, "name"),
	    .for_ = c->hook_round->for_id, .status = status };
}

static void
hook_run_release(struct hook_run *r)
{
	free(r->id);
	free(r->staged);
	buf_release(&r->out);
	buf_release(&r->said);
	if (r->scanned)
		stage_scan_release(&r->before);
	memset(r, 0, sizeof(*r));
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
	hook_queue_clear(c->hooks);
	hook_run_release(&c->hooks->run);
	free(c->hooks);
}

/* From number *i on, the next hook that fits; NULL: none. */
static const cJSON *
hook_queue_find(const struct core *c, enum hook_event event, const cJSON *names,
    int *i)
{
	const cJSON *list = json_array(c->start, "hooks"), *it;

	if (c->mode == MODE_DEMO)
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

	return hook_queue_find(c, event, names, &i) != NULL;
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

/* The same as soon as the agent is between two steps; nothing waits for the
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

/*
 * hook-review: the events proposal and applied, for which nothing waits: there
 * is this proposal (not again for the same staged files), or files were
 * written.
 */

/* A hook changed the staged files: it has seen its own changes. */
static void
hook_review_seen(struct core *c)
{
	if (stage_digest(c->stage, c->hooks->seen, NULL) < 0)
		c->hooks->seen[0] = '\0';
}

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
	hook_review_seen(c);
	if (had[0] != '\0' && strcmp(had, c->hooks->seen) == 0)
		return;
	id = xasprintf("%lld", (long long)p->version);
	o = cJSON_CreateObject();
	json_add_bool(o, "final", p->final.on);
	files = cJSON_AddArrayToObject(o, "files");
	EV_EACH(p, files, f)
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

	EV_EACH(a, ops, op)
		if (op->ok)
			hook_review_add(files, op->path_bytes, NULL,
			    op->from_bytes);
	if (files->child != NULL)
		hook_queue(c, HOOK_APPLIED, o, hook_file_names(files), id);
	else
		cJSON_Delete(o);
}

#define HOOK_INPUT_VERSION	1

/*
 * hook-run: one run, in the sandbox or as the user.
 */

#define HOOK_ANSWER_MAX	((size_t)1 << 20)	/* bytes */
#define HOOK_SAID_MAX	((size_t)64 << 10)
#define HOOK_DIR	"hook"	/* of a scratch copy */
#define HOOK_REAL	"hook-real"	/* of the project as it is */
#define HOOK_FILES	20	/* changed ones that are named */

/* The sandbox joins stdout and stderr, but a hook's answer is its stdout alone:
 * keep stderr in a file, and print its end only if the hook fails. */
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
	AUTO_FREE char *text = output_keep(c, b, 2000, true, NULL);
	size_t n = strlen(text);
	const char *line;

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		text[--n] = '\0';
	line = strrchr(text, '\n');
	return xstrdup(line == NULL ? text : line + 1);
}

/* Report an end that is no answer. */
static void
hook_run_failed(struct core *c, struct event *line, const char *how,
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

	r->worker = NULL;
	program_after(c, r->stage, result, &notes);
	if (c->journal != NULL && r->real == NULL)
		emit_stage_notes(c, &notes);
	hook_run_drop(c, r);
}

/* The staged copy that it is about. */
static struct stage *
hook_run_about(struct core *c, struct hook_run *r, struct err *e)
{
	/* No decision: the hook is only tried. */
	if (r->event != HOOK_BEFORE_APPLY || c->decision.line == NULL)
		return task_plans(c) && stages_open_plan(c, e) < 0 ? NULL :
		    stages_current(c);
	r->scratch = stages_scratch(c, HOOK_DIR, e);
	return r->scratch == NULL || decision_stage(c,
	    &c->decision.line->decision, r->scratch, e) < 0 ? NULL :
	    r->scratch;
}

/*
 * The copies for its run. One that decides doesn't run in what it judges, where
 * the model could have changed the program, or what it loads: it works on the
 * project as it is, with a home and a /tmp that no command has written.
 */
static int
hook_run_stages(struct core *c, struct hook_run *r, struct sandbox_spec *about,
    struct err *e)
{
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct stage *stage = hook_run_about(c, r, e);

	if (stage == NULL || stage_before_call(stage, false, &notes, e) < 0)
		return -1;
	if (r->scratch == NULL)
		emit_stage_notes(c, &notes);
	r->stage = stage;
	if (!hook_events[r->event].blocks)
		return 0;
	stage_fill_spec(stage, about);
	r->stage = r->real = stages_scratch(c, HOOK_REAL, e);
	return r->real == NULL ? -1 : 0;
}

/* It has ended, as `line` says; `limit` of a limit, `why` of a failure: more
 * about that, or NULL. `said`: its last line says more; or NULL. */
static void
hook_run_over(struct core *c, struct event *line, const char *limit,
    const char *why, const struct buf *said)
{
	const struct ev_hook *h = &line->hook;
	AUTO_FREE char *how = NULL;

	if (h->killed != NULL)
		how = xasprintf("it was ended at a limit (%s)",
		    limit == NULL ? h->killed : limit);
	else if (h->signal.is)
		how = xasprintf("it was killed by signal %lld",
		    (long long)h->signal.n);
	else if (!h->exit.is || h->exit.n != 0)
		how = xasprintf("exit status %lld%s%s", (long long)h->exit.n,
		    why == NULL ? "" : ", ", why == NULL ? "" : why);
	if (how != NULL)
		hook_run_failed(c, line, how, said);
	else
		hook_run_ended(c, line, NULL);
}

static void
hook_run_finished(void *arg, const struct sandbox_result *result)
{
	struct core *c = arg;
	struct hook_run *r = &c->hooks->run;
	const char *why = output_not_shown(c, result, &r->out);
	AUTO_EVENT struct event line = { .hook = hook_line(c, "done") };

	hook_run_after(c, r, result);
	if (!result->built) {
		AUTO_FREE char *how = xasprintf("the sandbox could not be "
		    "built: %s", result->error);

		hook_run_failed(c, &line, how, NULL);
		return;
	}
	output_note_weaker(c, result);
	line.hook.exit = EV_KNOWN(result->exit);
	line.hook.signal = (struct ev_number){ result->signal != 0,
	    result->signal };
	line.hook.killed = result->killed;
	line.hook.limit = result->limit;
	line.hook.ms = result->ms;
	hook_run_over(c, &line, result->limit, why, result->killed != NULL ?
	    NULL : &r->out);
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
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	AUTO_FREE char *text = NULL;
	struct sandbox_spec about = { 0 };
	struct program_plan plan = { .spec.tool = "argv", .spec.args = args,
		.callbacks = &callbacks, .id = r->id, .command = command,
		.spec.cwd = c->root,
		.spec.limits.timeout_ms = json_int(r->spec, "timeout_ms", 0) };

	if (c->sandbox.level == SANDBOX_NONE)
		return err_set(e, "this host has no sandbox, and its entry "
		    "doesn't say \"sandbox\": false");
	if (hook_run_stages(c, r, &about, e) == 0) {
		r->scanned = r->stage == c->stage &&
		    stage_scan(c->stage, &r->before, NULL) == 0;
		plan.stage = r->stage;
		plan.spec.staged = about.upper != NULL ? about.upper : about.copy;
		r->staged = xstrdup(r->real == NULL ? c->root :
		    sandbox_levels[c->sandbox.level].encloses ?
		    SANDBOX_STAGED_DIR : plan.spec.staged);
		json_set_take(args, "argv", cJSON_CreateStringArray(argv,
		    (int)MEM_COUNT(argv)));
		json_add_path(input, "staged", r->staged);
		text = json_print(input);
		json_add_str(args, "input", text);
		/* phases: nothing else uses the staged copy. */
		assert(c->runs->state == RUN_NONE);
		r->worker = program_begin(c, &plan, e);
	}
	if (r->worker == NULL)
		hook_run_drop(c, r);
	return r->worker == NULL ? -1 : 0;
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
	AUTO_FREE char *limit = xasprintf("it took longer than %lld s; "
	    "timeout_s raises it", (long long)(json_int(r->spec, "timeout_ms",
	    0) / 1000));
	AUTO_EVENT struct event line = { .hook = hook_line(c, "done") };

	line.hook.ms = clock_mono_ms() - r->from_ms;
	if (late)
		line.hook.killed = "timeout";
	else if (WIFSIGNALED(status))
		line.hook.signal = EV_IS(WTERMSIG(status));
	else
		line.hook.exit = EV_IS(WEXITSTATUS(status));
	host_program_free(r->host);
	r->host = NULL;
	hook_run_over(c, &line, limit, NULL, r->said.len > 0 ? &r->said :
	    &r->out);
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
	AUTO_EVENT struct event line = { .hook = hook_line(c, "done") };

	c->hooks->run.failed = NULL;
	hook_run_ended(c, &line, why.text);
}

/* Start it; its end is reported to hook_run_ended() from the loop, always. */
static void
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
		r->failed = loop_timer_new(c->loop, 0, hook_run_not_begun, c);
}

/* End it without a report. */
static void
hook_run_cancel(struct core *c, struct hook_run *r)
{
	if (r->worker != NULL) {
		sandbox_call_cancel(&r->worker);
		hook_run_after(c, r, NULL);
	}
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

/* Add the paths that it changed in the session's staged copy; true if there
 * are any. */
static bool
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

/* ---- a run's two lines ---- */

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
	struct ev_hook line;
	int64_t begun;

	r->spec = spec;
	r->event = round->event;
	r->id = xasprintf("hook-%lld", (long long)c->journal->chain.seq + 1);
	line = hook_line(c, "running");
	line.command = json_str(spec, "command");
	line.sandbox = EV_ON(json_bool(spec, "sandbox", true));
	begun = EMIT_THIS(c, "core", hook, &line);
	emit_sync(c);
	/* invariant 3: its start is durable before it runs. */
	assert(c->journal->synced >= begun);
	if (c->fold->proposal != NULL)
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
		propose_make(c, false);
	}
	hook_round_free(round);
	core_soon(c);
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

/* Drop the findings whose file is in neither the project nor the staged copy,
 * and make the others' paths relative to the project. */
static void
hook_place(const struct core *c, const char *staged, struct event *line)
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

/* Its output with secrets masked, as an answer. */
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
	hook_place(c, r->staged, line);
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
hook_take_failure(struct hook_round *round, const cJSON *spec,
    const char *failure, struct ev_hook *h)
{
	bool blocks = json_bool(spec, "block", false);
	AUTO_FREE char *reason = xasprintf("it failed: %s", failure);

	/* What was read of an answer that is none. */
	h->reason = h->context = NULL;
	h->findings = NULL;
	h->dropped = 0;
	h->ok = EV_ON(false);
	h->error = failure;
	h->decision = hook_decision_words[blocks ? HOOK_DENY : HOOK_ALLOW];
	if (blocks)
		hook_object(&round->verdict, HOOK_DENY, json_str(spec, "name"),
		    reason);
}

/* Its last line, and the end of its run. */
static void
hook_close(struct core *c, struct event *line)
{
	struct hook_run *r = &c->hooks->run;

	if (hook_run_changed(c, r, line)) {
		c->hook_round->changed = true;
		evidence_stale(c);
	}
	EMIT_THIS(c, "core", hook, &line->hook);
	hook_run_release(r);
}

/* The run is over: `line` has how it ended; `failure`: why that is no answer, or
 * NULL. */
static void
hook_run_ended(struct core *c, struct event *line, const char *failure)
{
	struct hook_run *r = &c->hooks->run;
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
		hook_object(&round->verdict, decision, h->name,
		    h->reason == NULL ? "it gave no reason" : h->reason);
	} else
		hook_take_failure(round, r->spec, failure, h);
	hook_close(c, line);
	hook_go_on(c);
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
	line.hook = hook_line(c, "done");
	hook_take_failure(c->hook_round, r->spec, why, &line.hook);
	hook_object(&c->hook_round->verdict, HOOK_DENY, json_str(r->spec, "name"),
	    why);
	hook_close(c, &line);
	hook_round_over(c);
}

/* A journal that ended with a running hook: it gets its end. */
static void
hook_resumed(struct core *c)
{
	const struct fold_hook *open = c->fold->hooks.list;
	const struct fold_hook *end = open + c->fold->hooks.len;

	while (open < end && !open->running)
		open++;
	if (open == end)
		return;
	evidence_stale(c);
	/* Its call has a result by now; a decision isn't applied (hook.c). */
	EMIT(c, "core", hook, .id = open->id, .event = open->event,
	    .name = open->name, .for_ = open->subject, .status = "done",
	    .ok = EV_ON(false),
	    .error = "assent was restarted while it ran; it isn't run again "
	    "for this", .decision = strncmp(open->event, "before_", 7) == 0 ?
	    "deny" : "allow");
}

/*
 * hook-session: the events session_start, plan and session_end.
 */

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
	o = cJSON_CreateObject();
	json_add_str(o, "mode", json_str(c->start, "mode"));
	json_add_str(o, "task", json_str(c->start, "task"));
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
hook_session_ended(struct core *c, const struct hook_verdict *v)
{
	(void)v;
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
	inspect_stop(c, false);
	(void)evidence_stop(c, CHECK_ANY);
	/* A request or a command that is still ending: nothing waits for it. */
	if (c->phase != PHASE_IDLE || c->runs->state != RUN_NONE)
		return false;
	c->hooks->over = over;
	o = cJSON_CreateObject();
	json_add_str(o, "outcome", c->fold->end.outcome);
	json_add_int(o, "exit", c->exit_code);
	json_add_int(o, "open", fold_undecided(c->fold->proposal));
	hook_begin(c, HOOK_SESSION_END, o, NULL, NULL, hook_session_ended);
	return true;
}

/*
 * hook-apply: the event before_apply: between a decision and its writes. It is
 * about what would be written: the real tree with the accepted hunks, in a
 * staged copy of its own.
 */

/* The files of which something would be written: [{path, status?, from?}]. */
static cJSON *
hook_apply_files(const struct core *c)
{
	cJSON *list = cJSON_CreateArray();

	EV_EACH(&c->decision.line->decision, files, file) {
		bool any = false;
		cJSON *o;

		EV_EACH(file, hunks, h)
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

	if (c->hooks->passed == c->decision.line->seq ||
	    json_array(c->start, "hooks") == NULL)
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
	const struct fold_hook *h = c->fold->hooks.list;
	size_t i;

	for (i = 0; i < c->fold->hooks.len; i++)
		if (strcmp(h[i].event, "before_apply") == 0 &&
		    h[i].subject != NULL && strcmp(h[i].subject, seq) == 0)
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
	o = cJSON_CreateObject();
	files = hook_apply_files(c);
	by = rule == NULL ? xstrdup("user") : xasprintf("rule:%s", rule);
	json_add_str(o, "by", by);
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
	} else if (c->phase == PHASE_IDLE)
		hook_apply_before(c);
	else
		status_tell(c, "applying", "your hooks look at the decision "
		    "after the model's answer");
	return true;
}

/*
 * hook-tool: the events before_tool and after_tool.
 */

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

	json_add_str(tool, "id", call->id);
	json_add_str(tool, "name", call->name);
	if (args != NULL)
		json_set_take(tool, "args", cJSON_Duplicate(args, 1));
	for (it = names->child->next; it != NULL; it = it->next) {
		cJSON *f = cJSON_CreateObject();

		json_add_path(f, "path", it->valuestring);
		cJSON_AddItemToArray(files, f);
	}
	return o;
}

/* What the call does, as the user is asked about it: the command, or the tool
 * and its files. */
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

static void
hook_new_line(struct core *c, const struct event *e)
{
	if (c->resume != NULL || json_array(c->start, "hooks") == NULL)
		return;
	if (e->type == EVENT_PROPOSAL)
		hook_review_proposal(c, &e->proposal);
	else if (e->type == EVENT_APPLIED)
		hook_review_applied(c, &e->applied);
	else if (ev_is(e->by, "model") && ev_is(e->plan.status, "proposed"))
		hook_session_plan(c, &e->plan);
}

const struct core_part hook_part = {
	.result = hook_tool_after,
	.init = hook_init, .begun = hook_session_start,
	.line = hook_new_line, .lines = OF(EVENT_PROPOSAL) |
	    OF(EVENT_APPLIED) | OF(EVENT_PLAN),
	.resumed = hook_resumed, .free = hook_free,
};
