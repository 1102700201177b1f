#include "config.h"

#include "core/proof/notice.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/diagnose/language.h"
#include "core/job/job.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/proof/mutate.h"
#include "core/proof/proof-int.h"
#include "core/proof/proof.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "policy/test-report.h"
#include "store/blob.h"

#define NOTICE_AUTO_MS	((int64_t)10 * 1000)	/* a check, to begin by itself */
#define NOTICE_ALL_MS	((int64_t)10 * 60 * 1000)	/* all runs */
#define NOTICE_EARLY_MS	100		/* look again, whether it is too early */
#define NOTICE_MOST	((size_t)30)	/* small changes */
#define NOTICE_HUNKS	((size_t)12)
/* What a run writes is read and put back, up to these; more of it, or in larger
 * files, stays in the copy. */
#define NOTICE_FILE	((int64_t)1 << 20)
#define NOTICE_BYTES	((int64_t)4 << 20)
#define NOTICE_FILES	((size_t)1000)
#define NOTICE_DIR	"notice"	/* the copy, as in job_rows */

/* A run: without a change, a small change, or without a hunk. */
struct notice_try {
	const struct fold_file *file;	/* NULL: without a change */
	const struct mutant *mutant;	/* NULL: the hunk is left out */
	const struct fold_hunk *hunk;
};

struct notice {
	bool		 asked;		/* for */
	int64_t		 looked;	/* as in struct proof */
	struct stage	*stage;		/* the copy; NULL: it hasn't begun, or is
					   over */
	struct mutants	 mutants;
	struct notice_try tries[NOTICE_MOST + NOTICE_HUNKS + 2];
	size_t		 len, at;	/* how many, and the next one */
	const struct fold_file *put;	/* isn't as proposed in the copy; or
					   NULL */
	const char	*path;		/* of a test, which runs first; or
					   NULL */
	bool		 first;		/* it does */
	bool		 staged;	/* what the next run is about */
	int64_t		 ms;		/* all runs took, */
	int64_t		 base_ms;	/* one without a change took */
	time_t		 wrote;		/* a file of the copy */
	struct loop_timer *timer;	/* until the next second, or NULL */
	struct ev_notice_result result;
	struct event	 holds;		/* what that consists of */
};

/* ---- what is tried ---- */

/* A file that the proposal leaves; what isn't too large in all is read. */
static struct change_text
notice_text(const struct core *c, const struct fold_file *f,
    struct ev_hunk *hunks, struct buf *text, size_t *left)
{
	struct change_text t = { .path = f->path_bytes,
		.test = policy_is_test(c->policy, f->path_bytes),
		.hunks = hunks, .hunks_len = f->hunks_len };

	MEM_EACH(f, hunks, h)
		*hunks++ = (struct ev_hunk){ .new_start = h->new_start,
			.new_lines = h->new_lines,
			.text = { h->text, h->text_len } };
	if (f->binary || f->encoding != NULL || !S_ISREG(f->after.mode) ||
	    f->after.size > (int64_t)*left || gate_text(c->blobs,
	    f->after.hash, NULL, text, NULL) < 0 || language_cost(text) >
	    *left)
		return t;
	*left -= language_cost(text);
	t.after = text;
	return t;
}

static void
notice_find(struct core *c)
{
	const struct fold_proposal *p = c->fold->proposal;
	AUTO_FREE struct change_text *files = xcalloc(p->files_len + 1,
	    sizeof(*files));
	AUTO_FREE struct ev_hunk *hunks = xcalloc(p->hunks_len + 1,
	    sizeof(*hunks));
	AUTO_FREE struct buf *texts = xcalloc(p->files_len + 1,
	    sizeof(*texts));
	size_t left = LANGUAGE_COST_MAX, at = 0, i;

	for (i = 0; i < p->files_len; i++) {
		files[i] = notice_text(c, &p->files[i], hunks + at, &texts[i],
		    &left);
		at += p->files[i].hunks_len;
	}
	mutate_find(files, p->files_len, NOTICE_MOST,
	    &c->check.notice->mutants);
	for (i = 0; i < p->files_len; i++)
		buf_release(&texts[i]);
}

static void
notice_add(struct notice *n, const struct fold_file *file,
    const struct mutant *m, const struct fold_hunk *h)
{
	n->tries[n->len++] = (struct notice_try){ file, m, h };
}

/* A hunk without a line that could be changed has none that a test would run. */
static void
notice_add_all(const struct core *c)
{
	struct notice *n = c->check.notice;
	const struct fold_proposal *p = c->fold->proposal;
	bool hunks = p->hunks_len >= 2 && p->hunks_len <= NOTICE_HUNKS;
	const struct fold_hunk *h = NULL;

	n->len = n->at = 0;
	notice_add(n, NULL, NULL, NULL);
	MEM_EACH(&n->mutants, v, m)
		notice_add(n, &p->files[m->file], m, NULL);
	/* Those of a hunk are one after the other. */
	MEM_EACH(&n->mutants, v, m) {
		const struct fold_file *f = &p->files[m->file];

		if (hunks && h != &f->hunks[m->hunk])
			notice_add(n, f, NULL, &f->hunks[m->hunk]);
		h = &f->hunks[m->hunk];
	}
	notice_add(n, NULL, NULL, NULL);
	/* A check that takes a path may be quick with the proposal's test. */
	n->path = NULL;
	if (strstr(c->check.command, "{path}") != NULL)
		MEM_EACH(p, files, f)
			if (n->path == NULL && f->after.exists &&
			    policy_is_test(c->policy, f->path_bytes))
				n->path = f->path_bytes;
}

/* ---- its end ---- */

static bool
notice_runs(const struct core *c)
{
	return c->check.notice->stage != NULL;
}

static void
notice_clear(struct core *c)
{
	struct notice *n = c->check.notice;

	loop_timer_free(&n->timer);
	stages_drop(c, &n->stage, NOTICE_DIR);
	mutants_release(&n->mutants);
	event_release(&n->holds);
	n->result = (struct ev_notice_result){ 0 };
}

/* End what runs; the copy goes. */
static void
notice_drop(struct core *c)
{
	(void)job_stop(c, JOB_NOTICE, NULL);
	notice_clear(c);
}

static void
notice_emit(struct core *c, struct ev_notice x)
{
	x.proposal = c->fold->proposal->id;
	x.version = c->fold->proposal->version;
	EMIT_THIS(c, "core", notice, &x);
}

static void
notice_over(struct core *c, struct ev_notice x)
{
	notice_emit(c, x);
	notice_drop(c);
	c->check.notice->asked = false;
}

/* It has no result: `none` with the reason, or `stopped`. */
static void
notice_none(struct core *c, const char *status, const char *reason)
{
	notice_over(c, (struct ev_notice){ .status = status,
	    .reason = reason });
}

bool
notice_stop(struct core *c)
{
	bool runs = notice_runs(c);

	if (runs)
		notice_none(c, "stopped", NULL);
	return runs;
}

/* ---- a run ---- */

/* The file's content with the small change. */
static int
notice_mutate(struct core *c, const struct fold_file *f,
    const struct mutant *m, struct stage_side *to, struct err *e)
{
	AUTO_BUF struct buf was = BUF_INIT(0), b = BUF_INIT(0);

	stages_side(to, &f->after);
	if (gate_text(c->blobs, to->hash, NULL, &was, e) < 0)
		return -1;
	buf_add(&b, was.p, m->at);
	buf_adds(&b, m->with);
	buf_add(&b, was.p + m->at + m->len, was.len - m->at - m->len);
	to->size = (int64_t)b.len;
	return blob_put(c->blobs, b.p, b.len, to->hash, e);
}

/* The file's content without this hunk. */
static int
notice_leave_out(struct core *c, const struct fold_file *f,
    const struct fold_hunk *h, struct stage_side *to, struct err *e)
{
	AUTO_FREE const char **yes = xcalloc(f->hunks_len + 1, sizeof(*yes));
	const char *no = h->id;
	struct stage_side rest;
	struct gate_choice choice;

	propose_choice(c, &choice, f);
	choice.yes = yes;
	choice.no = &no;
	choice.no_len = 1;
	MEM_EACH(f, hunks, other)
		if (other != h)
			yes[choice.yes_len++] = other->id;
	return gate_compose(c->blobs, &choice, to, &rest, e);
}

/* Put into the copy what this run is about, and back what the last one was. */
static int
notice_stage(struct core *c, const struct notice_try *t, struct err *e)
{
	struct notice *n = c->check.notice;
	const struct stage_scan *scan = &c->check.proof->scan;
	const struct stage_change *was = n->put == NULL ? NULL :
	    stage_scan_find(scan, n->put->path_bytes);
	struct stage_change now;

	if (was != NULL && stage_take_change(n->stage, was, e) < 0)
		return -1;
	n->put = t->file;
	if (t->file == NULL)
		return 0;
	was = stage_scan_find(scan, t->file->path_bytes);
	if (was == NULL)
		return err_set(e, "%s isn't in the copy", t->file->path);
	now = *was;
	return (t->mutant != NULL ? notice_mutate(c, t->file, t->mutant,
	    &now.after, e) : notice_leave_out(c, t->file, t->hunk,
	    &now.after, e)) < 0 ? -1 :
	    stage_take_change(n->stage, &now, e);
}

/* The check failed with this, or (`noticed` is false) passed. */
static void
notice_tried(struct core *c, const struct notice_try *t, bool noticed)
{
	struct ev_notice_result *x = &c->check.notice->result;

	x->of += t->mutant != NULL;
	x->noticed += t->mutant != NULL && noticed;
	if (!noticed)
		x->unnoticed[x->unnoticed_len++] = (struct ev_unnoticed){
			.path_bytes = t->file->path_bytes,
			.line = t->mutant != NULL ? t->mutant->line :
			    t->hunk->new_start,
			.words = t->mutant != NULL ? t->mutant->words : NULL,
			.hunk = t->mutant != NULL ? NULL : t->hunk->id };
}

/* Go on to the next run; in the end, and after all that time, to the one without a
 * change. */
static void
notice_next(struct notice *n)
{
	n->at = n->ms > NOTICE_ALL_MS && n->at + 2 < n->len ? n->len - 1 :
	    n->at + 1;
	n->staged = false;
	n->first = n->path != NULL && n->at + 1 < n->len;
}

/* Without a change it has to pass, as the check did. Then the test alone, too. */
static void
notice_unchanged(struct core *c, const struct sandbox_result *r, bool passed,
    const char *words)
{
	struct notice *n = c->check.notice;

	if (n->first) {
		n->path = passed ? n->path : NULL;
		notice_next(n);
	} else if (!passed && n->at == 0)
		notice_none(c, "none", "the check failed in a clean copy");
	else if (!passed || !ev_is(ev_str(words, ""),
	    ev_str(c->check.proof->words, "")))
		notice_none(c, "none", "the check isn't the same twice");
	else if (n->at == 0 && n->path != NULL)
		n->first = true;
	else
		notice_next(n);
	n->base_ms = MAX(c->check.proof->ms, r->ms);
}

/* What a run says. A check that passes, though its output names tests that failed,
 * says nothing; nor does what doesn't build, or was killed by something else than
 * a limit. */
static void
notice_judge(struct core *c, const struct sandbox_result *r,
    const struct test_report *report)
{
	struct notice *n = c->check.notice;
	const struct notice_try *t = &n->tries[n->at];
	const char *reason = NULL, *status = proof_outcome(r, report, &reason);
	bool passed = ev_is(status, "passed") && proof_failures(report) == 0;

	if (!r->built)
		notice_none(c, "none", reason);
	else if (t->file == NULL)
		notice_unchanged(c, r, passed, report->words);
	else if (passed && n->first)
		n->first = false;
	else {
		if (passed || ev_is(status, "failed") || r->killed != NULL)
			notice_tried(c, t, !passed);
		notice_next(n);
	}
}

static void
notice_ended(struct core *c, struct job *was, const struct sandbox_result *r)
{
	struct notice *n = c->check.notice;
	AUTO(test_report_release) struct test_report report = { 0 };

	core_soon(c);
	if (r == NULL)		/* it begins again, or all is over */
		return;
	n->ms += r->ms;
	test_report_read(buf_str(&was->out), was->out.len, &report);
	notice_judge(c, r, &report);
}

static void
notice_due(void *arg)
{
	struct core *c = arg;

	c->check.notice->timer = NULL;
	core_soon(c);
}

/* Stage what the next run is about; true: it has to wait. Programs compare a
 * file's time in seconds (Python's do, of what they have compiled), so each content
 * gets another one (invariant 9). */
static bool
notice_is_early(struct core *c)
{
	struct notice *n = c->check.notice;
	struct err e = ERR_INIT;

	if (n->staged)
		return false;
	if (time(NULL) == n->wrote) {
		n->timer = loop_timer_new(c->loop, NOTICE_EARLY_MS, notice_due,
		    c);
		return true;
	}
	n->staged = true;
	if (notice_stage(c, &n->tries[n->at], &e) < 0) {
		notice_none(c, "none", e.text);
		return true;
	}
	n->wrote = time(NULL);
	return false;
}

static void
notice_run(struct core *c)
{
	struct notice *n = c->check.notice;
	struct program_plan plan = { .ended = notice_ended, .stage = n->stage,
		.command = c->check.command, .path = n->first ? n->path : "",
		.last = JOB_OUTPUT,
		.spec.limits.timeout_ms = 3 * n->base_ms + 5000 };
	struct err e = ERR_INIT;

	/* What the last one wrote is no reason for what this one says. */
	if (stage_put_back(n->stage, true, NULL, &e) < 0 ||
	    (!notice_is_early(c) &&
	    job_start(&c->jobs[JOB_NOTICE], &plan, &e) < 0))
		notice_none(c, "none", e.text);
}

/* ---- when ---- */

/* Does somebody ask for it, and is it then told why there is none? */
static bool
notice_is_asked(const struct core *c)
{
	return c->check.notice->asked || (c->mode == MODE_EXEC &&
	    json_bool(c->start, "notice", false));
}

static bool
notice_is_wanted(const struct core *c)
{
	const struct event *known = c->fold->notice;

	if (known != NULL && !ev_is(known->notice.status, "running"))
		return c->check.notice->asked && proof_is_wanted(c);
	return proof_is_wanted(c) && (notice_is_asked(c) ||
	    (c->mode != MODE_EXEC && proof_is_on(c) &&
	    c->check.proof->ms <= NOTICE_AUTO_MS));
}

/* Make the copy. What a run writes there is stored before it is put back, while keys
 * wait. */
static int
notice_copy(struct core *c, struct err *e)
{
	const struct stage_scan *scan = &c->check.proof->scan;
	struct stage *stage = stages_scratch(c, NOTICE_DIR, e);

	c->check.notice->stage = stage;
	if (stage == NULL)
		return -1;
	stage->o.max_bytes = NOTICE_FILE;
	stage->o.max_scan = NOTICE_BYTES;
	MEM_EACH(scan, changes, change)
		stage->o.max_scan += change->before.size + change->after.size;
	stage->o.max_changes = scan->changes_len + NOTICE_FILES;
	return proof_fill(c, stage, e);
}

/* Begin it, if there is something to try: once for these contents. */
static void
notice_begin(struct core *c)
{
	struct notice *n = c->check.notice;
	const char *why = proof_barred(c);
	struct err e = ERR_INIT;

	if (!notice_is_wanted(c) || n->looked == c->check.proof->looked)
		return;
	n->looked = c->check.proof->looked;
	notice_drop(c);
	if (why == NULL) {
		notice_find(c);
		notice_add_all(c);
		why = n->mutants.v_len > 0 ? NULL :
		    "none is known for its new lines";
	}
	if (why != NULL) {
		if (notice_is_asked(c))
			notice_none(c, "none", why);
		return;
	}
	notice_emit(c, (struct ev_notice){ .status = "running" });
	n->result.unnoticed = ev_alloc(&n->holds, n->len *
	    sizeof(*n->result.unnoticed));
	n->put = NULL;
	n->ms = 0;
	n->base_ms = MAX(PROOF_AUTO_MS, c->check.proof->ms);
	n->wrote = time(NULL);
	n->staged = true;
	n->first = false;
	if (notice_copy(c, &e) < 0)
		notice_none(c, "none", e.text);
}

bool
notice_waits(const struct core *c)
{
	return c->check.notice->timer != NULL;
}

bool
notice_step(struct core *c)
{
	struct notice *n = c->check.notice;

	if (!notice_runs(c))
		notice_begin(c);
	if (notice_runs(c) && n->at == n->len)
		notice_over(c, (struct ev_notice){ .status = "done",
		    .result = &n->result, .ms = n->ms });
	if (notice_runs(c) && n->timer == NULL &&
	    !job_runs(c, JOB_NOTICE) && job_may(c, JOB_NOTICE))
		notice_run(c);
	return notice_runs(c);
}

/* Client command. */
static int
notice_ask(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	struct notice *n = c->check.notice;

	if (notice_runs(c))
		return err_set(e, "small changes are being tried");
	if (proof_need(c, e) < 0)
		return -1;
	(void)proof_step(c);
	if (proof_barred(c) != NULL)
		return err_set(e, "%s", proof_barred(c));
	n->asked = true;
	n->looked = 0;
	core_soon(c);
	return 0;
}

/* ---- the part ---- */

static void
notice_init(struct core *c)
{
	c->check.notice = xcalloc(1, sizeof(*c->check.notice));
}

/* A decision is the end; after anything else the run begins again. */
static void
notice_yield(struct core *c)
{
	if (c->decision.line != NULL)
		(void)notice_stop(c);
	else if (c->ending != ENDING_NOT)
		notice_drop(c);
	else
		(void)job_stop(c, JOB_NOTICE, NULL);
}

static void
notice_line(struct core *c, const struct event *e)
{
	if (e->type == EVENT_PROPOSAL || c->fold->notice == NULL)
		notice_drop(c);
}

static void
notice_free(struct core *c)
{
	notice_clear(c);
	free(c->check.notice);
}

static const struct core_command notice_commands[] = {
	{ "evidence", IN(PHASE_IDLE), HAS_REVIEW, OPEN_QUESTIONS | HAS_RUN |
	    HAS_DECISION | HAS_UNDO, NOBODY, .has = "notice",
	    .act = notice_ask },
	{ 0 }
};

const struct core_part notice_part = {
	.init = notice_init, .job = JOB_NOTICE, .yield = notice_yield,
	.line = notice_line,
	.lines = OF(EVENT_CHECK) | OF(EVENT_PROPOSAL) | OF(EVENT_USER_MESSAGE),
	.commands = notice_commands, .free = notice_free,
};
