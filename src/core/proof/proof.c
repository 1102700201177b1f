#include "config.h"

#include "core/proof/proof.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/proof/proof-int.h"
#include "core/review/evidence.h"
#include "gate/gate.h"
#include "gate/manifest.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/test-report.h"

#define PROOF_BYTES	((int64_t)64 << 20)	/* to copy; more would delay keys */
#define PROOF_FILES	((size_t)500)	/* of the project, where the copy has
					   them: 0.1 s */
#define PROOF_CAP	((size_t)4000)	/* bytes of output, the last ones */

/* ---- which files ---- */

bool
proof_takes(bool its, const struct test_change *t, const struct stage_change *c)
{
	if (its)
		return t->role == TEST_TEST && c->after.exists;
	return t->role != TEST_TEST || !t->existed;
}

/* Is this change a reason for this proof? */
static bool
proof_calls_for(enum fold_proof_which which, const struct test_change *t,
    const struct stage_change *c)
{
	if (which == FOLD_YOUR_TESTS)
		return t->role != TEST_CODE && t->existed;
	return (t->role == TEST_TEST || t->role == TEST_BOTH) &&
	    c->after.exists;
}

/* Why this file says that there is no such proof, or NULL. */
static const char *
proof_file_hinders(enum fold_proof_which which, const struct test_change *t,
    const struct stage_change *c)
{
	if (c->changed_on_disk)
		return "changed on disk meanwhile";
	if (which == FOLD_YOUR_TESTS && !t->existed)
		return NULL;
	return t->role == TEST_BOTH ? "has code and tests in one file" :
	    t->role == TEST_CHECK ? "changes the check itself" : NULL;
}

/* The proof's copy gets only ignored files from before the model's first call,
 * such as a hook's. Later ones may be built from the tests as they are now, or
 * be there to deceive, and are in no proposal. The ctime tells, which no
 * command can set. */
static void
proof_keep_ignored(const struct core *c, struct stage_scan *scan)
{
	size_t kept = 0;
	struct stat st;

	MEM_EACH(scan, ignored, it)
		if (fstatat(c->stage->staged_fd, *it, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 &&
		    (int64_t)st.st_ctim.tv_sec * 1000 +
		    st.st_ctim.tv_nsec / 1000000 < c->check.proof->begun_ms)
			scan->ignored[kept++] = *it;
		else
			free(*it);
	scan->ignored_all -= kept == 0 ? scan->ignored_all :
	    scan->ignored_len - kept;
	scan->ignored_len = kept;
}

/* Is it more than can be copied at once? */
static bool
proof_is_large(const struct core *c, const struct stage_scan *scan)
{
	struct stat st;
	size_t files;
	int64_t n = stage_copied(c->stage, &files);

	MEM_EACH(scan, changes, change)
		n += change->after.size;
	MEM_EACH(scan, ignored, path)
		if (fstatat(c->stage->staged_fd, *path, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			n += st.st_size;
	return n > PROOF_BYTES || files > PROOF_FILES ||
	    scan->ignored_all > scan->ignored_len;
}

const char *
proof_barred(const struct core *c)
{
	const struct proof *p = c->check.proof;

	return !sandbox_levels[c->sandbox.level].encloses ?
	    "that needs a sandbox of level A or B" : p->connected ?
	    "the check has used the network" : p->large ?
	    "there is too much to copy" : NULL;
}

/* Why there is none; malloc'ed, or NULL. */
static char *
proof_hindered(const struct core *c, enum fold_proof_which which)
{
	const struct proof *p = c->check.proof;
	const struct test_change *t = p->roles;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *why = proof_barred(c);

	if (why != NULL)
		return xstrdup(why);
	if (p->ms > PROOF_AUTO_MS && !json_is(c->start, "proofs", "on"))
		return xasprintf("the check took %lld s, and proofs is "
		    "auto", (long long)p->ms / 1000);
	MEM_EACH(&p->scan, changes, change)
		if ((why = proof_file_hinders(which, t++, change)) != NULL) {
			json_path_text(&b, change->path);
			buf_addf(&b, " %s", why);
			return buf_take(&b);
		}
	return NULL;
}

/* ---- what is told ---- */

/* Did the tests of this file run? In an unknown output its path says so. */
static bool
proof_saw(const struct proof *p, const char *path)
{
	return p->report.runner != NULL ? test_report_saw(&p->report, path) :
	    p->out != NULL && memmem(buf_str(p->out), p->out->len, path,
	    strlen(path)) != NULL;
}

/* Does the runner name such files? Or, those that fail. */
static bool
proof_names_files(const struct proof *p, const char *path, bool failed)
{
	const char *end = strrchr(basename(path), '.');

	MEM_EACH(&p->report, v, test)
		if (end != NULL && strstr(test->name, end) != NULL &&
		    (!failed || test->outcome == TEST_FAILED ||
		    test->outcome == TEST_ERROR))
			return true;
	return false;
}

/* If it doesn't, those of this one have run when as many tests did as with the
 * change. */
static bool
proof_counts(const struct proof *p, const char *path)
{
	return !proof_names_files(p, path, false) && p->report.words != NULL && ev_is(p->words, p->report.words);
}

/* Is it shown that this status is true of this file? Of one that a passing check
 * didn't read, it isn't: a binary ran that was built before, or other tests. */
static bool
proof_shows(const struct proof *p, const char *status, size_t i)
{
	const char *path = p->scan.changes[i].path;

	if (ev_is(status, "passed") && p->unread != NULL && p->unread[i])
		return false;
	if (ev_is(status, "failed"))
		return test_report_failed(&p->report, path);
	if (p->at == FOLD_ITS_TESTS && ev_is(status, "passed"))
		return proof_saw(p, path) || proof_counts(p, path);
	return !ev_is(status, "none");
}

/* Add the files of tests that the event is true of. Where that isn't known, one
 * alone must be it. */
static void
proof_files(struct proof *p, struct event *to)
{
	struct ev_proof *x = &to->proof;
	struct ev_proof_file *all = ev_alloc(to, (p->scan.changes_len + 1) *
	    sizeof(*all)), *some = ev_alloc(to, (p->scan.changes_len + 1) *
	    sizeof(*some));
	const struct test_change *t = p->roles;
	size_t n = 0;

	x->files = some;
	p->others = false;
	MEM_EACH(&p->scan, changes, change) {
		if (proof_takes(p->at == FOLD_ITS_TESTS, t++, change) !=
		    (p->at == FOLD_ITS_TESTS))
			continue;
		all[n].path_bytes = ev_text(to, change->path);
		if (proof_shows(p, x->status,
		    (size_t)(change - p->scan.changes)))
			some[x->files_len++] = all[n];
		p->others = p->others || proof_names_files(p, change->path,
		    true);
		n++;
	}
	if (x->files_len == 0 && ev_is(x->status, "failed") && n == 1 &&
	    (p->at == FOLD_YOUR_TESTS || (!p->before && !p->others))) {
		x->files = all;
		x->files_len = n;
	}
}

/* ---- a run ---- */

static void
proof_emit(struct core *c, struct ev_proof *x)
{
	const struct fold_proposal *open = c->fold->proposal;

	x->which = fold_proof_names[c->check.proof->at];
	x->proposal = open->id;
	x->version = open->version;
	EMIT_THIS(c, "core", proof, x);
}

/* It is over, and says this. */
static void
proof_over(struct core *c, struct ev_proof *x)
{
	struct proof *p = c->check.proof;

	p->due &= ~BIT(p->at);
	proof_emit(c, x);
	event_drop(&p->failed);
}

int
proof_fill(const struct core *c, struct stage *stage, struct err *e)
{
	const struct stage_scan none = { 0 }, *scan = &c->check.proof->scan;

	return stage == NULL || stage_level(stage, &none, scan, true, e) < 0 ?
	    -1 : stage_take_ignored(stage, c->stage, scan, NULL, e);
}

/* Make the copy. All changes are put there, and some back again: so those files
 * are new to make, too (invariant 9). */
static int
proof_stage(struct core *c, struct err *e)
{
	struct proof *p = c->check.proof;
	struct stage_scan want = { 0 };
	AUTO_FREE struct stage_change *some = xcalloc(p->scan.changes_len + 1,
	    sizeof(*some));
	const struct test_change *t = p->roles;
	struct stage *stage = job_scratch(c, JOB_PROOF, e);

	want.changes = some;
	MEM_EACH(&p->scan, changes, change)
		if (proof_takes(p->at == FOLD_ITS_TESTS, t++, change) ||
		    p->failed != NULL)
			some[want.changes_len++] = *change;
	return proof_fill(c, stage, e) < 0 ||
	    stage_level(stage, &p->scan, &want, true, e) < 0 ? -1 : 0;
}

/* ---- its end ---- */

/* Which files of the copy has nobody read? A read moves an access time that isn't
 * later than the change's, unless the file system keeps none. */
static void
proof_look_back(struct proof *p, int fd)
{
	struct statvfs fs;
	struct stat st;
	size_t i;

	FREE_NULL(p->unread);
	if (fstatvfs(fd, &fs) < 0 || (fs.f_flag & ST_NOATIME) != 0)
		return;
	p->unread = xcalloc(p->scan.changes_len + 1, sizeof(*p->unread));
	for (i = 0; i < p->scan.changes_len; i++)
		p->unread[i] = fstatat(fd, p->scan.changes[i].path, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    !time_before(&st.st_mtim, &st.st_atim);
}

int64_t
proof_failures(const struct test_report *r)
{
	return r->n[TEST_FAILED] + r->n[TEST_ERROR];
}

/* From outside, which says nothing of the tests; a shell makes it 128 and the
 * signal's number. A crash is the program's own. */
static bool
proof_was_killed(const struct sandbox_result *r)
{
	int sig = r->signal != 0 ? r->signal : r->exit - 128;

	return sig == SIGKILL || sig == SIGTERM;
}

const char *
proof_outcome(const struct sandbox_result *r, const struct test_report *report,
    const char **reason)
{
	if (!r->built) {
		*reason = ev_str(r->error, "no sandbox for it");
		return "none";
	}
	if (r->killed != NULL || proof_was_killed(r)) {
		*reason = r->killed == NULL ? "something killed the check" :
		    ev_str(r->limit, r->killed);
		return "killed";
	}
	if (r->exit == 0 && r->signal == 0)
		return "passed";
	/* 126, 127: the shell's, it couldn't be started. */
	return r->exit == 126 || r->exit == 127 ||
	    (report->n[TEST_BROKEN] > 0 && proof_failures(report) == 0) ?
	    "unbuilt" : "failed";
}

/* May it be that the tests say nothing? They didn't run, as far as is known, or
 * failed all the same. Or, of new ones, others fail, as they do without any
 * change. */
static void
proof_doubt(const struct proof *p, struct event *to)
{
	struct ev_proof *x = &to->proof;
	int64_t failures = proof_failures(&p->report);
	bool passed = ev_is(x->status, "passed"), yours =
	    p->at == FOLD_YOUR_TESTS;

	if (passed && failures > 0) {
		AUTO_FREE char *why = xasprintf("the check passes, but its "
		    "output says that %lld failed", (long long)failures);

		x->status = "none";
		x->reason = ev_text(to, why);
		return;
	}
	if (yours && (!passed || p->failed != NULL))
		return;
	if (x->files_len > 0 || !(passed || (ev_is(x->status, "failed") &&
	    (p->before || p->others))))
		return;
	x->status = "none";
	x->reason = yours ? "the check passes, but didn't read them" :
	    passed ? "the check passes without the change, but its "
	    "output doesn't show that they ran" : p->before ? "the check fails "
	    "without them, too" : "without the change other tests fail";
}

/* If nobody reads the proofs first, the model hears of a doubt once before it
 * may end. */
static bool
proof_returns(const struct core *c)
{
	return c->mode == MODE_EXEC && !c->person && !c->check.proof->returned &&
	    c->task.stop == STOP_NONE && (c->task.model == MODEL_CALLED_DONE ||
	    c->task.model == MODEL_ENDED) && json_int(c->start,
	    "check_retries", 1) > 0;
}

static void
proof_give_back(struct core *c)
{
	const struct ev_proof *x =
	    &c->fold->proofs[FOLD_YOUR_TESTS].line->proof;
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "with the user's tests as they are, without your changes "
	    "to them, the check `%s` failed", c->check.command);
	if (x->words != NULL)
		buf_addf(&b, ": %s", x->words);
	buf_addf(&b, ". Let those tests pass, too; if they have to change, or "
	    "failed by chance, say why in the summary of done, and the user "
	    "decides.\n%s",
	    ev_str(x->text, ""));
	emit_not_done(c, "check", buf_str(&b));
	c->task.go_on = true;	/* beside the open proposal */
}

/* Client command: the model hears at once that the check fails with the user's
 * tests, and goes on while the proposal is open. */
static int
proof_tell(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	const struct fold_proof *of = &c->fold->proofs[FOLD_YOUR_TESTS];
	struct event *line = NULL;

	if (!ev_is(of->status, "failed"))
		return err_set(e, "the check didn't fail with your "
		    "tests as they are");
	if (of->line->proof.returned)
		return err_set(e, "the model was told");
	event_keep(&line, of->line);
	line->proof.returned = true;
	EMIT_THIS(c, "core", proof, &line->proof);
	event_drop(&line);
	proof_give_back(c);
	core_soon(c);
	return 0;
}

/* It can fail for another reason, such as a file in the sandbox's home: then it
 * does so in a copy with all changes, too. If your tests passed or failed, the copy
 * will do. */
static bool
proof_is_doubted(const struct proof *p, const struct fold_proof *yours,
    const struct ev_proof *x)
{
	if (p->failed != NULL || (!ev_is(x->status, "failed") &&
	    !ev_is(x->status, "unbuilt")))
		return false;
	return p->at == FOLD_YOUR_TESTS || (!ev_is(yours->status, "passed") &&
	    !ev_is(yours->status, "failed"));
}

static void
proof_ended(struct core *c, struct job *was, const struct sandbox_result *r)
{
	struct proof *p = c->check.proof;
	AUTO_EVENT struct event e = { .type = EVENT_PROOF };
	AUTO_FREE char *text = NULL;
	struct ev_proof *x = &e.proof;

	if (r == NULL)
		return;
	core_soon(c);
	proof_look_back(p, was->stage->staged_fd);
	job_drop_copy(was);
	text = output_keep(c, &was->out, PROOF_CAP, true, NULL);
	*x = (struct ev_proof){ .exit = EV_KNOWN(r->exit), .text = text,
		.ms = r->ms, .signal = { r->signal != 0, r->signal } };
	test_report_release(&p->report);
	test_report_read(buf_str(&was->out), was->out.len, &p->report);
	x->words = p->report.words;
	x->status = proof_outcome(r, &p->report, &x->reason);
	/* The model's code may have ended the check, or used up what it may
	 * use. */
	if (ev_is(x->status, "killed"))
		x->status = p->at == FOLD_YOUR_TESTS ? "failed" : "none";
	p->out = &was->out;
	proof_files(p, &e);
	p->out = NULL;
	proof_doubt(p, &e);
	if (proof_is_doubted(p, &c->fold->proofs[FOLD_YOUR_TESTS], x)) {
		event_keep(&p->failed, &e);
		return;
	}
	if (p->failed != NULL && ev_is(x->status, "passed"))
		*x = p->failed->proof;
	else if (p->failed != NULL) {
		x->status = "none";
		x->reason = ev_str(x->reason, "in a clean copy the check fails "
		    "with all changes, too");
	}
	x->returned = p->at == FOLD_YOUR_TESTS && ev_is(x->status, "failed") &&
	    proof_returns(c);
	proof_over(c, x);
	if (x->returned)
		proof_give_back(c);
}

static void
proof_start(struct core *c)
{
	struct proof *p = c->check.proof;
	AUTO_FREE char *why = proof_hindered(c, p->at);
	struct program_plan plan = { .ended = proof_ended,
		.command = c->check.command, .path = "", .last = JOB_OUTPUT,
		.spec.limits.timeout_ms = json_is(c->start, "proofs", "on") ?
		    0 : PROOF_MOST_MS };
	struct err e = ERR_INIT;

	if (why == NULL && (proof_stage(c, &e) < 0 ||
	    job_start(&c->jobs[JOB_PROOF], &plan, &e) < 0)) {
		(void)job_stop(c, JOB_PROOF, NULL);
		why = xstrdup(e.text);
	}
	if (why != NULL)
		proof_over(c, &(struct ev_proof){ .status = "none",
		    .reason = why });
}

/* ---- when ---- */

bool
proof_is_on(const struct core *c)
{
	const char *proofs = json_str(c->start, "proofs");

	return proofs == NULL || strcmp(proofs, "off") != 0;
}

bool
proof_is_wanted(const struct core *c)
{
	const struct fold_proposal *open = c->fold->proposal;

	return (evidence_reruns(c) || (c->check.proof->asked &&
	    c->review.staged > 0 && c->ending == ENDING_NOT)) &&
	    open != NULL && open->undo == 0 &&
	    c->check.command != NULL && c->decision.line == NULL &&
	    evidence_passed(c);
}

/* Nothing is known of it for these contents. */
static bool
proof_is_missing(const struct core *c, int which)
{
	const char *status = c->fold->proofs[which].status;

	return status == NULL || (c->check.proof->asked &&
	    ev_is(status, "stopped"));
}

/* What is to be proved of the changes as they are? */
static void
proof_look(struct core *c)
{
	struct proof *p = c->check.proof;
	struct test_change *t;
	struct err e = ERR_INIT;
	bool more = false;	/* than the tests that it makes */
	int which;

	stage_scan_release(&p->scan);
	FREE_NULL(p->roles);
	FREE_NULL(p->unread);
	if (stage_scan(c->stage, &p->scan, &e) < 0)
		return;
	proof_keep_ignored(c, &p->scan);
	t = p->roles = xcalloc(p->scan.changes_len + 1, sizeof(*t));
	MEM_EACH(&p->scan, changes, change) {
		*t = test_change(c->policy, c->blobs, c->check.command, change);
		for (which = 0; which < FOLD_PROOFS; which++)
			if (proof_is_on(c) && proof_is_missing(c, which) &&
			    proof_calls_for(
			    (enum fold_proof_which)which, t, change))
				p->due |= BIT(which);
		more = more || !proof_takes(true, t, change);
		t++;
	}
	if (!more)
		p->due &= ~BIT(FOLD_ITS_TESTS);
	p->large = proof_is_large(c, &p->scan);
}

/* Add the changes to what the check runs, which say nothing of the tests as they
 * are. True: there are some. */
static bool
proof_check_changed(const struct proof *p, struct event *to)
{
	struct ev_proof *x = &to->proof;
	struct ev_proof_file *files = ev_alloc(to, (p->scan.changes_len + 1) *
	    sizeof(*files));
	const struct test_change *t = p->roles;
	AUTO_BUF struct buf b = BUF_INIT(0);

	x->files = files;
	MEM_EACH(&p->scan, changes, change) {
		if (t->role == TEST_CHECK && t->existed) {
			buf_adds(&b, b.len > 0 ? ", " : "");
			json_path_text(&b, change->path);
			files[x->files_len++].path_bytes = ev_text(to,
			    change->path);
		}
		t++;
	}
	if (x->files_len > 0)
		x->reason = ev_text(to, buf_str(&b));
	return x->files_len > 0;
}

/* Say at once what is to come, so that a review's rows need not move later. */
static void
proof_announce(struct core *c)
{
	struct proof *p = c->check.proof;
	int which;

	for (which = 0; which < FOLD_PROOFS; which++) {
		AUTO_FREE char *why = NULL;
		AUTO_EVENT struct event e = { .type = EVENT_PROOF,
			.proof.status = "running" };

		if ((p->due & BIT(which)) == 0 || !proof_is_missing(c, which))
			continue;
		p->at = (enum fold_proof_which)which;
		if (p->at == FOLD_YOUR_TESTS && proof_check_changed(p, &e)) {
			e.proof.status = "changed";
			proof_over(c, &e.proof);
		} else if ((why = proof_hindered(c, p->at)) != NULL)
			proof_over(c, &(struct ev_proof){ .status = "none",
			    .reason = why });
		else {
			proof_files(p, &e);
			proof_emit(c, &e.proof);
		}
	}
}

bool
proof_step(struct core *c)
{
	struct proof *p = c->check.proof;
	int64_t last = c->fold->open.last[EVENT_PROPOSAL];

	if (job_runs(c, JOB_PROOF))
		return true;
	if (!proof_is_wanted(c))
		return false;
	last = last > c->fold->evidence.seq ? last : c->fold->evidence.seq;
	if (p->looked != last) {
		p->looked = last;
		proof_look(c);
		proof_announce(c);
	}
	while (p->due != 0 && !job_runs(c, JOB_PROOF)) {
		p->at = (p->due & BIT(FOLD_YOUR_TESTS)) != 0 ?
		    FOLD_YOUR_TESTS : FOLD_ITS_TESTS;
		proof_start(c);
	}
	return p->due != 0;
}

static void
proof_drop(struct core *c)
{
	struct proof *p = c->check.proof;

	(void)job_stop(c, JOB_PROOF, NULL);
	p->due = 0;
	event_drop(&p->failed);
}

/* End what runs; for these contents nothing runs again. */
static void
proof_stop(struct core *c)
{
	struct proof *p = c->check.proof;
	int which;

	proof_drop(c);
	p->asked = false;
	if (c->journal == NULL || c->fold->proposal == NULL)
		return;
	for (which = 0; which < FOLD_PROOFS; which++)
		if (ev_is(c->fold->proofs[which].status, "running")) {
			p->at = (enum fold_proof_which)which;
			proof_emit(c, &(struct ev_proof){
			    .status = "stopped" });
		}
}

int
proof_need(struct core *c, struct err *e)
{
	c->check.proof->asked = true;
	if (proof_is_wanted(c))
		return 0;
	c->check.proof->asked = false;
	return err_set(e, "not now: the last check failed, or ran on a part of "
	    "the changes");
}

/* Client command: a decision needs what isn't known yet. */
static int
proof_ask(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	struct proof *p = c->check.proof;

	if (!proof_is_on(c))
		return err_set(e, "proofs is off");
	if (proof_need(c, e) < 0)
		return -1;
	if (!job_runs(c, JOB_PROOF))
		p->looked = 0;
	core_soon(c);
	return proof_step(c) || !proof_is_missing(c, FOLD_YOUR_TESTS) ? 0 :
	    err_set(e, "your tests as they are can't be run");
}

/* ---- the part ---- */

static void
proof_init(struct core *c)
{
	c->check.proof = xcalloc(1, sizeof(*c->check.proof));
}

static void
proof_evidence(struct proof *p, const struct ev_evidence *x)
{
	if (ev_is(x->status, "running"))
		p->connected = false;
	else if (ev_is(x->status, "done") && ev_is(x->where, "stage")) {
		p->connected = p->runs ? p->connected : p->tests_connected;
		p->ms = x->ms;
		xstrset(&p->words, x->words);
	}
	p->runs = ev_is(x->status, "running");
}

static void
proof_net(struct proof *p, const struct ev_net *x)
{
	if (x->refused != NULL)
		return;
	p->connected = p->connected || ev_is(x->call, "check");
	p->tests_connected = p->tests_connected || (p->tests != NULL &&
	    ev_is(x->call, p->tests));
}

static void
proof_line(struct core *c, const struct event *e)
{
	struct proof *p = c->check.proof;

	if (e->type == EVENT_EVIDENCE)
		proof_evidence(p, &e->evidence);
	else if (e->type == EVENT_NET)
		proof_net(p, &e->net);
	else if (e->type == EVENT_TOOL_CALL) {
		if (p->begun_ms == 0 && ev_is(e->by, "model"))
			p->begun_ms = clock_stamp_ms(e->t);
		if (!ev_is(e->tool_call.name, "run_tests"))
			return;
		xstrset(&p->tests, e->tool_call.id);
		p->tests_connected = false;
	} else if (e->type == EVENT_PROOF)
		p->returned = p->returned || e->proof.returned;
	else if (e->type == EVENT_NOTE || e->type == EVENT_APPLIED)
		p->before = e->type == EVENT_NOTE && (p->before ||
		    e->note.before);
	else if (e->type == EVENT_USER_MESSAGE)
		p->returned = p->returned && ev_is(e->by, "core");
	else {
		p->before = p->before && e->type != EVENT_CHECK;
		/* What ran says nothing of other contents, or of another
		 * check. */
		if (c->fold->proofs[p->at].status == NULL)
			proof_drop(c);
	}
}

static void
proof_free(struct core *c)
{
	struct proof *p = c->check.proof;

	event_drop(&p->failed);
	stage_scan_release(&p->scan);
	test_report_release(&p->report);
	FREE_ALL(p->roles, p->tests, p->words, p->unread);
	free(p);
}

static const struct core_command proof_commands[] = {
	{ "evidence", IN(PHASE_IDLE), HAS_REVIEW, OPEN_QUESTIONS | HAS_RUN |
	    HAS_DECISION | HAS_UNDO, WITH_ANSWERS, .has = "tell",
	    .act = proof_tell },
	{ "evidence", IN(PHASE_IDLE), HAS_REVIEW, OPEN_QUESTIONS | HAS_RUN |
	    HAS_DECISION | HAS_UNDO, NOBODY, .has = "prove",
	    .act = proof_ask },
	{ 0 }
};

const struct core_part proof_part = {
	.init = proof_init, .job = JOB_PROOF, .yield = proof_stop,
	.line = proof_line,
	.lines = OF(EVENT_APPLIED) | OF(EVENT_CHECK) | OF(EVENT_EVIDENCE) |
	    OF(EVENT_NET) | OF(EVENT_NOTE) | OF(EVENT_PROOF) |
	    OF(EVENT_PROPOSAL) | OF(EVENT_TOOL_CALL) | OF(EVENT_USER_MESSAGE),
	.commands = proof_commands, .free = proof_free,
};
