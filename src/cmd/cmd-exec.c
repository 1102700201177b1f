/* cmd-exec: runs a task without the UI, for people and pipelines. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "front/client.h"
#include "cmd/branch.h"
#include "cmd/cmd.h"
#include "cmd/proposal-file.h"
#include "cmd/headless.h"
#include "front/print.h"
#include "cmd/sarif.h"
#include "cmd/setup.h"
#include "record/stats.h"
#include "cmd/step.h"
#include "cmd/task-input.h"
#include "journal/session.h"

static int
exec_check_output(const char *flag, const char *path)
{
	struct err e = ERR_INIT;

	return fs_check_output(path, &e) == 0 ? 0 :
	    cmd_fail(EXIT_USAGE, "%s %s", flag, e.text);
}

/* The patch of what was applied; empty if nothing was. */
static int
exec_patch(const struct headless_result *r, struct buf *b, struct err *e)
{
	const char *hash = json_str(r->end, "patch");
	AUTO_FREE char *dir = NULL, *path = NULL;

	if (hash == NULL || r->dir == NULL)
		return 0;
	dir = fs_join(r->dir, "out");
	path = fs_join(dir, hash);
	return fs_read_file(AT_FDCWD, path, b, e);
}

#define EXEC_OUTPUT_VERSION 1	/* see share/output.schema.json */

/* For `stats --from`: when, and the session's figures. */
static void
exec_output_stats(cJSON *o, const struct headless_result *r, struct err *e)
{
	char now[CLOCK_STAMP_SIZE];
	cJSON *stats = r->session == NULL ? NULL :
	    stats_of_session(r->session, e);

	clock_stamp(now);
	json_add_str(o, "ended", json_str_or(r->end, "t", now));
	if (stats != NULL)
		json_set_take(o, "stats", stats);
}

/* The object of --output. If the run ended without agent_end, its summary is
 * the error. */
static cJSON *
exec_output(const struct headless_result *r, int code, struct err *e)
{
	static const char *const same[] = {
		"modified_files", "renamed", "proposed",
		"decided", "rejected", "turns", "tokens", "cost_usd",
		"check", "prompts", "accepted_by", "not_proposable",
		"products", "limit", "calls", "steps", "findings",
		"hooks", "mcp_missing",
	};
	static const char *const empty =
	    "{\"modified_files\":[],\"renamed\":[],\"proposed\":[],"
	    "\"decided\":0,\"rejected\":0,"
	    "\"not_proposable\":[],\"products\":[],\"turns\":0,\"tokens\":"
	    "{\"in\":0,\"out\":0,\"cached\":0},\"cost_usd\":null,"
	    "\"check\":null,\"prompts\":0,\"accepted_by\":{},"
	    "\"limit\":null,\"calls\":{},\"steps\":[],\"findings\":[],"
	    "\"hooks\":[],\"mcp_missing\":[]}";
	cJSON *o = cJSON_CreateObject();
	AUTO_JSON cJSON *none =
	    json_parse(empty, strlen(empty), JSON_NUL_REFUSE, e);
	AUTO_BUF struct buf patch = BUF_INIT(0);
	size_t i;

	json_add_int(o, "version", EXEC_OUTPUT_VERSION);
	json_add_str(o, "outcome", json_str_or(r->end, "outcome",
	    code == EXIT_INTERRUPTED ? "interrupted" : "error"));
	json_add_int(o, "exit", code);
	json_add_str(o, "summary", json_str_or(r->end, "summary",
	    r->error == NULL ? "" : r->error));
	for (i = 0; i < MEM_COUNT(same); i++) {
		const cJSON *v = json_get(r->end, same[i]);

		if (v == NULL)
			v = json_get(none, same[i]);
		json_set_take(o, same[i], cJSON_Duplicate(v, 1));
	}
	if (exec_patch(r, &patch, e) == 0 && (patch.len > 0 ||
	    cJSON_GetArraySize(json_get(o, "modified_files")) == 0))
		json_add_bytes(o, "patch", buf_str(&patch), patch.len);
	if (r->session == NULL)
		json_add_null(o, "session");
	else
		json_add_str(o, "session", r->session);
	return o;
}

static void
exec_print_line(FILE *f, const char *p, size_t n)
{
	print_json(f, p, n - 1);
}

/* Writes the object; *e may already say that it is incomplete. */
static int
exec_report(const char *flag, const char *path, cJSON *o_take, struct err *e,
    int code)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	json_append(&b, o_take);
	buf_addc(&b, '\n');
	if (print_file(path, b.p, b.len, exec_print_line, e) < 0 || err_is_set(e)) {
		cmd_say("%s: %s", flag, e->text);
		if (code == EXIT_DONE)
			code = EXIT_ERROR;
	}
	cJSON_Delete(o_take);
	return code;
}

static int
exec_patch_out(const char *path, const cJSON *output, int code)
{
	struct err e = ERR_INIT;
	size_t n = 0;
	AUTO_FREE char *patch = json_get_bytes(output, "patch", &n);

	if (patch == NULL && cJSON_GetArraySize(json_get(output,
	    "modified_files")) > 0)
		err_set(&e, "%s isn't written: the session has no room for the "
		    "patch (--disk)", path);
	else
		(void)print_file(path, patch == NULL ? "" : patch, n,
		    print_diff, &e);
	if (!err_is_set(&e))
		return code;
	cmd_say("--patch-out: %s", e.text);
	return code == EXIT_DONE ? EXIT_ERROR : code;
}

/* *e3 and *e may say that the proposal or the object is incomplete. */
static int
exec_reports(const struct cmd_args *a, const cJSON *output,
    const cJSON *proposal, struct err *e3, struct err *e, int code)
{
	struct err e2 = ERR_INIT;
	cJSON *o;

	if (a->proposal_out != NULL && proposal == NULL) {
		cmd_say("--proposal-out: %s", e3->text);
		code = code == EXIT_DONE ? EXIT_ERROR : code;
	} else if (a->proposal_out != NULL)
		code = exec_report("--proposal-out", a->proposal_out,
		    cJSON_Duplicate(proposal, 1), e3, code);
	if (a->sarif != NULL)
		code = exec_report("--sarif", a->sarif, sarif_make(json_array(
		    output, "findings")), &e2, code);
	if (a->patch_out != NULL)
		code = exec_patch_out(a->patch_out, output, code);
	if (a->output != NULL) {
		o = cJSON_Duplicate(output, 1);
		json_set_take(o, "exit", cJSON_CreateNumber(code));
		code = exec_report("--output", a->output, o, e, code);
	}
	return code;
}

/* ---- git ---- */

struct exec_git {
	struct branch		 branch;
	int			 failed;	/* a commit's exit code */
};

struct exec {
	const struct cmd_args	*a;
	struct step		 step;
	struct exec_git		 git;
	char			*root, *profile;
};

/* Commit what was applied and isn't committed. */
static void
exec_commit(void *arg, const char *session)
{
	struct exec_git *g = arg;
	char *operands[] = { (char *)(uintptr_t)session, NULL };
	struct cmd_args a = { .operands = operands, .operands_len = 1,
		.no_edit = true, .quiet = true, .on = g->branch.name };
	int code = cmd_commit(&a);

	if (code != EXIT_DONE) {
		cmd_say("what was applied isn't committed: assent commit %s",
		    session);
		g->failed = code;
	}
}

/* At the end of the task, or `again`, if that was cut off. */
static int
exec_commit_rest(struct exec_git *g, const struct headless_result *r, int code,
    bool again)
{
	bool begun = r->session != NULL && code != EXIT_INTERRUPTED &&
	    cJSON_GetArraySize(json_get(r->end, "modified_files")) > 0;

	if (begun && g->failed == 0 && (g->branch.when == COMMIT_TASK ||
	    (again && g->branch.when == COMMIT_DECISION)))
		exec_commit(g, r->session);
	return code == EXIT_DONE ? g->failed : code;
}

static void
exec_release(struct exec *x)
{
	step_release(&x->step);
	free(x->root);
	free(x->profile);
}

static void
exec_signals_wait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* ---- --name ---- */

static void
exec_begun(void *arg, const char *session)
{
	struct step *s = arg;
	struct err e = ERR_INIT;

	if (step_begin(s, NULL, session, &e) < 0)
		cmd_say("%s: %s", s->name, e.text);
}

/* Before the core starts: what a new run and a resumed one differ in. */
static int
exec_begin(const struct cmd_args *a, struct step *s, enum step_what what,
    cJSON *start, const struct setup *setup, struct headless_options *o)
{
	struct err e = ERR_INIT;
	int code;

	if (what == STEP_RESUME) {
		json_add_str(start, "session", s->session);
		json_add_bool(start, "go_on", true);
		json_add_str(start, "recover", "finish");
		/* Its server may have moved. */
		json_add_bool(start, "override_model", true);
		o->resumed = true;
		return 0;
	}
	if ((code = branch_check(a, setup->root, s->name == NULL ? NULL :
	    step_branch(s))) != 0)
		return code;
	if (s->name == NULL)
		return branch_switch(a, setup->root);
	o->begun = exec_begun;
	o->begun_arg = s;
	/* What is made for a run is in its record before it is made. */
	return step_begin(s, a->branch, NULL, &e) == 0 ? branch_switch(a,
	    setup->root) : cmd_fail(EXIT_ERROR, "%s: %s", s->name, e.text);
}

/* What waits, if somebody asks for it or a later run of the name may. */
static cJSON *
exec_proposal(const struct exec *x, const struct headless_result *r, bool open,
    struct err *e)
{
	if (x->a->proposal_out == NULL && (x->step.name == NULL || !open))
		return NULL;
	return proposal_file_make(open ? r->dir : NULL, x->root, x->profile, e);
}

/* A run that has ended ended so, whatever became of us meanwhile. */
static int
exec_recorded(const struct headless_result *r, int code)
{
	return code == EXIT_INTERRUPTED ?
	    (int)json_int(r->end, "exit", code) : code;
}

static int
exec_end(struct exec *x, const struct headless_result *r, int code)
{
	bool open = cJSON_GetArraySize(json_array(r->end, "proposed")) > 0;
	/* Else the next run commits. */
	bool committed = x->git.failed == 0 && (code != EXIT_INTERRUPTED ||
	    x->git.branch.when == COMMIT_NEVER);
	struct step *s = &x->step;
	struct err e = ERR_INIT, e2 = ERR_INIT, e3 = ERR_INIT;
	AUTO_JSON cJSON *output = exec_output(r, code, &e);
	AUTO_JSON cJSON *proposal = exec_proposal(x, r, open, &e3);

	json_add_str(output, "name", s->name);
	if (x->a->output != NULL || s->name != NULL)
		exec_output_stats(output, r, &e);
	/* The next run tries again to make what is missing. */
	if (s->name != NULL && committed && ((open && proposal == NULL) ||
	    step_end(s, r->end, output, proposal, exec_recorded(r, code),
	    &e2) < 0))
		cmd_say("%s isn't recorded as done: %s", s->name,
		    open && proposal == NULL ? e3.text : e2.text);
	return exec_reports(x->a, output, proposal, &e3, &e, code);
}

/* After the run, its user rejected all that waited: nothing is left to do. */
static int
exec_rejected(const struct step *s, int code)
{
	const cJSON *end = s->end, *check = json_get(end, "check");
	int64_t rejected = json_int(end, "rejected", 0);

	if (!json_is(end, "outcome", "refused") || rejected == 0 ||
	    rejected != json_int(end, "decided", 0) ||
	    cJSON_GetArraySize(json_array(end, "not_proposable")) > 0)
		return code;
	cmd_say("%s: what it proposed was rejected", s->name);
	return cJSON_IsObject(check) ? EXIT_UNPROVEN : EXIT_DONE;
}

/* The reports of a run that is over. */
static int
exec_again(struct exec *x, enum step_what what)
{
	AUTO(headless_result_release) struct headless_result r = { 0 };
	struct step *s = &x->step;
	struct err e = ERR_INIT;
	struct err e3 = ERR_INIT;
	AUTO_JSON cJSON *none = NULL;
	const cJSON *output, *proposal;
	int code;

	if (what == STEP_SKIP) {
		output = step_output(s, &proposal, &code);
		if (proposal == NULL)
			proposal = none = exec_proposal(x, &r, false, &e3);
		return exec_reports(x->a, output, proposal, &e3, &e, code);
	}
	r.end = cJSON_Duplicate(s->end, 1);
	r.session = xstrdup(s->session);
	r.dir = session_dir(s->session, &e);
	code = exec_rejected(s, (int)json_int(s->end, "exit", EXIT_ERROR));
	step_say_over(s, json_str_or(s->end, "outcome", ""), code);
	code = exec_commit_rest(&x->git, &r, code, true);
	return exec_end(x, &r, code);
}

/* A line on standard error, where whoever keeps the progress elsewhere looks. */
static void
exec_say_why(const struct headless_result *r)
{
	const cJSON *check = json_get(r->end, "check");
	const cJSON *status = json_get(check, "exit");
	AUTO_BUF struct buf b = BUF_INIT(0);

	if (print_end_limit(&b, r->end))
		cmd_say("%s", buf_str(&b));
	if (json_is(r->end, "outcome", "unmet"))
		cmd_say("%s", json_str_or(r->end, "summary", ""));
	if (json_is(r->end, "outcome", "waiting"))
		cmd_say("waiting for your review: assent resume %s",
		    r->session);
	else if (json_is(r->end, "outcome", "limit"))
		cmd_say("staged changes are kept; review or continue: assent "
		    "resume %s", r->session);
	else if (json_is(r->end, "outcome", "unproven") &&
	    cJSON_IsNumber(status) && status->valueint != 0)
		cmd_say("the success check failed: %s, exit %d", json_str_or(
		    check, "command", "?"), status->valueint);
	else if (json_is(r->end, "outcome", "unproven") &&
	    !cJSON_IsObject(check) && r->failed != NULL)
		cmd_say("%s", r->failed);
	else if (json_is(r->end, "outcome", "unproven"))
		cmd_say("the success check hasn't passed: %s", json_str_or(
		    check, "command", "none is set"));
	else if (json_is(r->end, "outcome", "provider") && r->failed != NULL)
		cmd_say("%.*s", (int)strcspn(r->failed, "\n"), r->failed);
}

int
cmd_exec(const struct cmd_args *a)
{
	struct headless_options o = { .json = a->json };
	AUTO(headless_result_release) struct headless_result r = { 0 };
	AUTO(client_end) struct client c = { 0 };
	AUTO(setup_release) struct setup s = { 0 };
	struct err e = ERR_INIT;
	AUTO(task_input_release) struct task_input task = { 0 };
	cJSON *start;
	AUTO(exec_release) struct exec x = { .a = a };
	enum step_what what = STEP_RUN;
	int code;

	if (a->estimate)
		return cmd_exec_estimate(a);
	if ((code = setup_project(&s, a)) != 0)
		return code;
	/* The core loads its libraries while the configuration is read. */
	(void)client_spawn(&c, NULL);
	if ((code = setup_config(&s, a, "exec")) != 0 ||
	    (code = exec_check_output("--output", a->output)) != 0 ||
	    (code = exec_check_output("--sarif", a->sarif)) != 0 ||
	    (code = exec_check_output("--patch-out", a->patch_out)) != 0 ||
	    (code = exec_check_output("--proposal-out",
	    a->proposal_out)) != 0)
		return code;
	if (task_input_read(&task, a, s.root, &e) < 0 || task.text == NULL)
		return cmd_fail(EXIT_USAGE, "%s", err_is_set(&e) ? e.text :
		    "no task given; use assent exec 'fix the failing test', or "
		    "pass it on standard input");
	if ((code = setup_model(&s)) != 0 ||
	    (code = branch_parse(&x.git.branch, a)) != 0 ||
	    (code = step_open(&x.step, a, &s)) != 0)
		return code;
	if (x.git.branch.when == COMMIT_DECISION) {
		o.applied = exec_commit;
		o.applied_arg = &x.git;
	}
	o.person = !a->json && headless_person();
	start = setup_session(&s, "exec", task.text, o.person, false);
	x.root = xstrdup(s.root);
	x.profile = xstrdup_null(json_str(json_get(start, "profile"), "name"));
	branch_add(&x.git.branch, start);
	if (a->inputs.len > 0)
		json_add_str(start, "typed", task.typed);
	json_add_str(start, "require", a->require);
	if (a->rollback)
		json_add_bool(start, "rollback", true);
	if (a->require_mcp)
		json_add_bool(start, "require_mcp", true);
	if (a->include.len > 0)
		json_set_take(start, "include", cmd_included(a));
	if (x.step.name != NULL && (code = step_choose(&x.step, a, start,
	    task.inputs, &what)) != 0) {
		cJSON_Delete(start);
		return code;
	}
	if (what == STEP_SKIP || what == STEP_ENDED) {
		cJSON_Delete(start);
		return exec_again(&x, what);
	}
	if ((code = exec_begin(a, &x.step, what, start, &s, &o)) != 0) {
		cJSON_Delete(start);
		return code;
	}
	/* Not what the work depends on: it comes after step_choose. */
	json_add_str(start, "name", x.step.name);
	/* From here to the reports, a signal ends the task, not us. */
	exec_signals_wait();
	if (client_start(&c, start, setup_hello(&s), &e) < 0)
		return cmd_fail_err(&e);
	code = headless_run(&c, &o, &r);
	code = exec_commit_rest(&x.git, &r, code, false);
	if (a->branch != NULL && what != STEP_RESUME &&
	    json_is(r.end, "outcome", "unmet"))
		cmd_say("nothing was done on the new branch %s; git switch - "
		    "goes back", a->branch);
	exec_say_why(&r);
	return exec_end(&x, &r, code);
}
