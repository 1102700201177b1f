#include "config.h"

#include "core/review/proof.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/kernel/core.h"
#include "core/review/evidence.h"
#include "core/stage/beside.h"
#include "core/stage/output.h"
#include "gate/gate.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "policy/test-report.h"

#define PROOF_DIR	"proof"
#define PROOF_AUTO_MS	((int64_t)60 * 1000)
#define PROOF_BYTES	((int64_t)64 << 20)	/* to copy; more would delay keys */
#define PROOF_CAP	((size_t)4000)	/* bytes of output, the last ones */

struct proof {
	struct beside	 run;
	unsigned	 due;		/* BIT() of enum fold_proof_which */
	enum fold_proof_which at;	/* that runs, or ran last */
	struct event	*failed;	/* its first run did so; or NULL */
	bool		 control;	/* it did again: does the copy do with
					   all changes? */
	bool		 flaky;		/* the check is */
	bool		 returned;	/* it has sent the model back since the
					   user's last message */
	/* Of the check's last run. */
	bool		 connected;
	int64_t		 ms;
	char		*words;
	/* The line that was looked at last: the proposal's or the check's. */
	int64_t		 looked;
	struct stage_scan scan;		/* the changes then */
	struct test_change *tests;	/* what each of them is */
	bool		 large;		/* they are more than can be copied at
					   once, with the build products */
};

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

/* Is it more than can be copied at once? */
static bool
proof_is_large(const struct core *c, const struct stage_scan *scan)
{
	struct stat st;
	int64_t n = 0;

	EV_EACH(scan, changes, change)
		n += change->after.size;
	EV_EACH(scan, ignored, path)
		if (fstatat(c->stage->staged_fd, *path, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			n += st.st_size;
	return n > PROOF_BYTES || scan->ignored_all > scan->ignored_len;
}

/* Why there is none; malloc'ed, or NULL. */
static char *
proof_hindered(const struct core *c, enum fold_proof_which which)
{
	const struct proof *p = c->check.proof;
	const struct test_change *t = p->tests;
	AUTO_BUF struct buf b = BUF_INIT(0);
	const char *why;

	if (p->flaky)
		return xstrdup("the success check is flaky");
	if (!sandbox_levels[c->sandbox.level].overlays)
		return xstrdup("that needs a sandbox of level A");
	if (p->connected)
		return xstrdup("the success check has used the network");
	if (c->fold->background_len > 0)
		return xstrdup("a background command runs");
	if (p->ms > PROOF_AUTO_MS && !json_is(c->start, "proofs", "on"))
		return xasprintf("the success check took %lld s, and proofs is "
		    "auto", (long long)p->ms / 1000);
	if (p->large)
		return xstrdup("there is more than 64 MB to copy");
	EV_EACH(&p->scan, changes, change)
		if ((why = proof_file_hinders(which, t++, change)) != NULL) {
			json_path_text(&b, change->path);
			buf_addf(&b, " %s", why);
			return buf_take(&b);
		}
	return NULL;
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
	p->control = false;
	proof_emit(c, x);
	event_drop(&p->failed);
}

/* Make the copy. All changes are put there, and some back again: so those files
 * are new to make, too (invariant 9). */
static int
proof_stage(struct core *c, struct err *e)
{
	struct proof *p = c->check.proof;
	const struct stage_scan none = { 0 };
	struct stage_scan want = { 0 };
	AUTO_FREE struct stage_change *some = xcalloc(p->scan.changes_len + 1,
	    sizeof(*some));
	const struct test_change *t = p->tests;

	want.changes = some;
	EV_EACH(&p->scan, changes, change)
		if (proof_takes(p->at == FOLD_ITS_TESTS, t++, change) ||
		    p->control)
			some[want.changes_len++] = *change;
	return beside_open(&p->run, e) < 0 ||
	    stage_level(p->run.stage, &none, &p->scan, true, e) < 0 ||
	    stage_level(p->run.stage, &p->scan, &want, true, e) < 0 ||
	    stage_take_products(p->run.stage, c->stage, &p->scan, NULL, e) < 0 ?
	    -1 : 0;
}

static void
proof_start(struct core *c)
{
	struct proof *p = c->check.proof;
	AUTO_FREE char *why = proof_hindered(c, p->at);
	struct err e = ERR_INIT;

	if (why == NULL && (proof_stage(c, &e) < 0 ||
	    beside_start(&p->run, c->check.command, &e) < 0)) {
		beside_stop(&p->run);
		why = xstrdup(e.text);
	}
	if (why != NULL)
		proof_over(c, &(struct ev_proof){ .status = "none",
		    .reason = why });
}

/* ---- its end ---- */

/* What a run says by itself; *reason if nothing. */
static const char *
proof_outcome(const struct sandbox_result *r, const char **reason)
{
	if (!r->built || r->killed != NULL) {
		*reason = !r->built ? ev_str(r->error, "no sandbox for it") :
		    ev_str(r->limit, r->killed);
		return "none";
	}
	/* The shell's: it couldn't be started. */
	if (r->exit == 126 || r->exit == 127)
		return "unbuilt";
	return r->exit == 0 && r->signal == 0 ? "passed" : "failed";
}

/* Did the new tests run? As many have as with the change, or a file of them is
 * named. */
static bool
proof_saw_tests(struct proof *p, const char *words)
{
	const char *out = buf_str(&p->run.out), *name;
	const struct test_change *t = p->tests;

	if (words != NULL && p->words != NULL && strcmp(words, p->words) == 0)
		return true;
	EV_EACH(&p->scan, changes, change) {
		name = basename(change->path);
		if (proof_takes(true, t++, change) && memmem(out,
		    p->run.out.len, name, strlen(name)) != NULL)
			return true;
	}
	return false;
}

/* Where nobody reads it first, the model hears it once before it may end. */
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
	const struct fold_proof *x = &c->fold->proofs[FOLD_YOUR_TESTS];
	AUTO_BUF struct buf b = BUF_INIT(0);

	buf_addf(&b, "with the user's tests as they are, without your changes "
	    "to them, the success check `%s` fails", c->check.command);
	if (x->words != NULL)
		buf_addf(&b, ": %s", x->words);
	buf_addf(&b, ". Let those tests pass, too; if they have to change, say "
	    "why in the summary of done.\n%s", ev_str(x->text, ""));
	emit_not_done(c, "check", buf_str(&b));
	c->task.go_on = true;	/* beside the open proposal */
}

/* The copy without the user's tests as they are: it can fail for another reason,
 * such as a file in the sandbox's home, or by chance. */
static bool
proof_repeats(struct proof *p, const struct ev_proof *x)
{
	if (p->at != FOLD_YOUR_TESTS || p->control ||
	    !ev_is(x->status, "failed"))
		return false;
	p->control = p->failed != NULL;
	if (p->failed == NULL)
		event_keep(&p->failed, &(struct event){ .type = EVENT_PROOF,
		    .proof = *x });
	return true;
}

/* What it says in the end, after that. */
static void
proof_conclude(struct proof *p, struct ev_proof *x, const char *words)
{
	bool passed = ev_is(x->status, "passed");

	if (p->control && passed)
		*x = p->failed->proof;
	else if (p->control) {
		x->status = "none";
		x->reason = ev_str(x->reason, "in a copy the check fails with "
		    "all changes, too");
	} else if (p->failed != NULL && passed)
		x->status = "flaky";
	else if (p->at == FOLD_ITS_TESTS && passed &&
	    !proof_saw_tests(p, words)) {
		x->status = "none";
		x->reason = "the check passes without the change, but its "
		    "output doesn't show that they ran";
	}
}

static void
proof_ended(struct core *c, const struct sandbox_result *r)
{
	struct proof *p = c->check.proof;
	AUTO_FREE char *words = test_summary(buf_str(&p->run.out),
	    p->run.out.len);
	AUTO_FREE char *text = output_keep(c, &p->run.out, PROOF_CAP, true,
	    NULL);
	struct ev_proof x = { .exit = EV_KNOWN(r->exit), .words = words,
		.signal = { r->signal != 0, r->signal }, .text = text,
		.ms = r->ms };

	core_soon(c);
	x.status = proof_outcome(r, &x.reason);
	if (proof_repeats(p, &x))
		return;
	proof_conclude(p, &x, words);
	x.returned = p->at == FOLD_YOUR_TESTS && ev_is(x.status, "failed") &&
	    proof_returns(c);
	proof_over(c, &x);
	if (x.returned)
		proof_give_back(c);
}

/* ---- when ---- */

static bool
proof_is_on(const struct core *c)
{
	const char *proofs = json_str(c->start, "proofs");

	/* A recording of an older version has none. */
	return proofs == NULL ? c->target.replay_dir == NULL :
	    strcmp(proofs, "off") != 0;
}

static bool
proof_is_wanted(const struct core *c)
{
	const struct fold_proposal *open = c->fold->proposal;
	const struct fold_evidence *ev = &c->fold->evidence;

	return beside_may(c) && open != NULL && open->undo == 0 &&
	    c->check.command != NULL && c->decision.line == NULL &&
	    evidence_counts(c) && ev->exit == 0 && ev->killed == NULL &&
	    proof_is_on(c);
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
	FREE_NULL(p->tests);
	if (stage_scan(c->stage, &p->scan, &e) < 0)
		return;
	t = p->tests = xcalloc(p->scan.changes_len + 1, sizeof(*t));
	EV_EACH(&p->scan, changes, change) {
		*t = test_change(c->policy, c->blobs, c->check.command, change);
		for (which = 0; which < FOLD_PROOFS; which++)
			if (c->fold->proofs[which].status == NULL &&
			    proof_calls_for((enum fold_proof_which)which, t,
			    change))
				p->due |= BIT(which);
		more = more || !proof_takes(true, t, change);
		t++;
	}
	if (!more)
		p->due &= ~BIT(FOLD_ITS_TESTS);
	p->large = p->due != 0 && proof_is_large(c, &p->scan);
}

/* Say at once what is to come, so that a review's rows need not move later. */
static void
proof_announce(struct core *c)
{
	struct proof *p = c->check.proof;
	int which;

	for (which = 0; which < FOLD_PROOFS; which++) {
		AUTO_FREE char *why = NULL;

		if ((p->due & BIT(which)) == 0 ||
		    c->fold->proofs[which].status != NULL)
			continue;
		p->at = (enum fold_proof_which)which;
		why = proof_hindered(c, p->at);
		if (why == NULL)
			proof_emit(c, &(struct ev_proof){
			    .status = "running" });
		else
			proof_over(c, &(struct ev_proof){ .status = "none",
			    .reason = why });
	}
}

bool
proof_step(struct core *c)
{
	struct proof *p = c->check.proof;
	int64_t last = c->fold->open.last[EVENT_PROPOSAL];

	if (p->run.call != NULL)
		return true;
	if (!proof_is_wanted(c))
		return false;
	last = last > c->fold->evidence.seq ? last : c->fold->evidence.seq;
	if (p->looked != last) {
		p->looked = last;
		proof_look(c);
		proof_announce(c);
	}
	while (p->due != 0 && p->run.call == NULL) {
		p->at = (p->due & BIT(FOLD_YOUR_TESTS)) != 0 ?
		    FOLD_YOUR_TESTS : FOLD_ITS_TESTS;
		proof_start(c);
	}
	return p->due != 0;
}

static void
proof_drop(struct proof *p)
{
	beside_stop(&p->run);
	p->due = 0;
	p->control = false;
	event_drop(&p->failed);
}

void
proof_stop(struct core *c)
{
	struct proof *p = c->check.proof;
	int which;

	proof_drop(p);
	if (c->journal == NULL || c->fold->proposal == NULL)
		return;
	for (which = 0; which < FOLD_PROOFS; which++)
		if (ev_is(c->fold->proofs[which].status, "running")) {
			p->at = (enum fold_proof_which)which;
			proof_emit(c, &(struct ev_proof){
			    .status = "stopped" });
		}
}

/* ---- the part ---- */

static void
proof_init(struct core *c)
{
	struct proof *p = xcalloc(1, sizeof(*p));

	p->run = (struct beside){ .name = PROOF_DIR, .ended = proof_ended };
	beside_init(&p->run, c);
	c->check.proof = p;
}

static void
proof_evidence(struct proof *p, const struct ev_evidence *x)
{
	if (ev_is(x->status, "running"))
		p->connected = false;
	else if (ev_is(x->status, "done") && ev_is(x->where, "stage")) {
		p->ms = x->ms;
		xstrset(&p->words, x->words);
	}
}

static void
proof_line(struct core *c, const struct event *e)
{
	struct proof *p = c->check.proof;

	if (e->type == EVENT_EVIDENCE)
		proof_evidence(p, &e->evidence);
	else if (e->type == EVENT_NET)
		p->connected = p->connected || (ev_is(e->net.call, "check") &&
		    e->net.refused == NULL);
	else if (e->type == EVENT_PROOF) {
		p->flaky = p->flaky || ev_is(e->proof.status, "flaky");
		p->returned = p->returned || e->proof.returned;
	} else if (e->type == EVENT_USER_MESSAGE)
		p->returned = p->returned && ev_is(e->by, "core");
	/* What ran says nothing of other contents, or of another check. */
	else if (c->fold->proofs[p->at].status == NULL)
		proof_drop(p);
}

static void
proof_begun(struct core *c)
{
	beside_sweep(&c->check.proof->run);
}

static void
proof_free(struct core *c)
{
	struct proof *p = c->check.proof;

	proof_drop(p);
	stage_scan_release(&p->scan);
	free(p->tests);
	free(p->words);
	free(p);
}

const struct core_part proof_part = {
	.init = proof_init, .begun = proof_begun, .line = proof_line,
	.lines = OF(EVENT_CHECK) | OF(EVENT_EVIDENCE) | OF(EVENT_NET) |
	    OF(EVENT_PROOF) | OF(EVENT_PROPOSAL) | OF(EVENT_USER_MESSAGE),
	.free = proof_free,
};
