/* The core's side of source.h: it starts the process, and takes its answer. */
#include "config.h"

#include "core/source/source.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/kernel/core.h"
#include "core/kernel/host-program.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"

#define SOURCE_SECONDS	300	/* that git may take, with the user's filters */
#define SOURCE_SAID_MAX	((size_t)64 << 10)

struct source_run {
	struct host_program *process;	/* NULL: none runs */
	int		 out;		/* a file in memory: what it prints */
	struct buf	 said;
	/* NULL: it is for a decision, */
	void		(*done)(struct core *, const cJSON *answer);
	cJSON		*answer;	/* which takes this; or NULL */
};

bool
source_is_open(const struct core *c)
{
	return c->mode == MODE_REVIEW && c->review.undoing == 0;
}

bool
source_stages(const struct core *c)
{
	const struct fold_change *t = fold_change_find(c->fold,
	    c->review.undoing);

	return source_is_open(c) || (t != NULL && t->index);
}

bool
source_reads(const struct core *c)
{
	const struct source_run *s = c->review.source;

	return s->process != NULL && s->done != NULL;
}

bool
source_writes(const struct core *c)
{
	const struct source_run *s = c->review.source;

	return s->process != NULL && s->done == NULL;
}

/* End it without a word. */
static void
source_drop(struct source_run *s)
{
	host_program_free(s->process);
	s->process = NULL;
	fs_close(s->out);
	s->out = -1;
	buf_release(&s->said);
}

static void
source_stop(struct core *c)
{
	struct source_run *s = c->review.source;

	if (!source_reads(c))
		return;
	source_drop(s);
	s->done(c, NULL);
}

/* Send the answer to the client that asked. */
static void
source_answer(struct core *c, cJSON *answer_take)
{
	struct source_run *s = c->review.source;

	source_drop(s);
	if (s->done == NULL)
		s->answer = answer_take;
	else {
		s->done(c, answer_take);
		cJSON_Delete(answer_take);
	}
	core_soon(c);
}

static void
source_fail(struct core *c, const char *why)
{
	cJSON *o = JSON_TEXTS("error", why);

	source_answer(c, o);
}

void
source_interrupt(struct core *c)
{
	if (source_reads(c))
		source_fail(c, "interrupted by the user");
}

static void
source_said(void *arg, bool out UNUSED, const char *p, size_t n)
{
	struct core *c = arg;

	(void)buf_add(&c->review.source->said, p, n);
}

static void
source_ended(void *arg, int status, bool late)
{
	struct core *c = arg;
	const struct source_run *s = c->review.source;
	AUTO_BUF struct buf b = BUF_INIT(0);
	AUTO_FREE char *why = NULL;
	cJSON *o = NULL;

	if (status == 0 && fs_memory_read(s->out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_OWN, NULL);
	if (o != NULL) {
		source_answer(c, o);
		return;
	}
	why = late ? xasprintf("git had no answer after %d seconds; a program "
	    "that its configuration names may hang", SOURCE_SECONDS) :
	    xasprintf("the process that runs git has ended (%s %d) %s",
	    WIFSIGNALED(status) ? "signal" : "exit status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    buf_str(&s->said));
	source_fail(c, why);
}

/* Start it with this question. */
static void
source_start(struct core *c, cJSON *asked_take,
    void (*done)(struct core *, const cJSON *answer))
{
	static const struct host_program_ops ops = { source_said, source_ended };
	struct source_run *s = c->review.source;
	struct err e = ERR_INIT;
	AUTO_JSON cJSON *asked = asked_take;
	AUTO_FREE char *program = self_find(SELF_PROGRAM, "assent-core", &e),
	    *text = NULL;
	const char *const argv[] = { program, "review", c->dir, NULL };
	struct host_program_spec spec = { .worker = c->worker, .argv = argv,
		.dir = c->dir, .timeout_ms = 1000 * SOURCE_SECONDS };
	AUTO_CLOSE int in = -1;

	json_add_str(asked, "id", c->id);
	json_add_bool(asked, "reads", c->fold->reads);
	JSON_ADD_TEXTS(asked, "cwd", c->cwd, "command", c->check.command);
	json_copy(asked, "start", c->start);
	text = json_print(asked);
	s->done = done;
	spec.out = s->out = fs_memory(NULL, 0);
	spec.in = in = program == NULL ? -1 : host_program_input(text,
	    strlen(text), &e);
	if (in >= 0)
		s->process = host_program_new(c->loop, &spec, &ops, c, &e);
	if (s->process == NULL)
		source_fail(c, e.text);
}

/* ---- what changed ---- */

void
source_read(struct core *c, void (*done)(struct core *, const cJSON *answer))
{
	const struct event *was = c->review.offered;
	AUTO_EVENT struct event open = { .type = EVENT_PROPOSAL };
	cJSON *o = cJSON_CreateObject();

	source_stop(c);
	/* Hunks that are shown split stay so. */
	if (was != NULL && c->fold->proposal != NULL) {
		open.proposal.files = ev_alloc(&open,
		    (was->proposal.files_len + 1) *
		    sizeof(*open.proposal.files));
		MEM_EACH(&was->proposal, files, f)
			if (f->split_len > 0)
				open.proposal.files[open.proposal.files_len++] =
				    *f;
	}
	json_set_take(o, "open", event_line(EVENT_PROPOSAL,
	    &open.proposal));
	source_start(c, o, done);
}

/* A question about these files. */
static cJSON *
source_asked(const char *what, const struct apply_op *ops, size_t n)
{
	AUTO_EVENT struct event about = { 0 };
	cJSON *o = cJSON_CreateObject();

	stages_add_ops(&about, ops, n);
	json_set_take(o, what, event_write(EVENT_APPLY_BEGIN,
	    &about.apply_begin));
	return o;
}

void
source_check(struct core *c, const struct apply_op *ops, size_t n,
    bool committed, void (*done)(struct core *, const cJSON *answer))
{
	cJSON *o = source_asked("check", ops, n);

	source_stop(c);
	json_add_bool(o, "committed", committed);
	source_start(c, o, done);
}

/* ---- what a decision does ---- */

/* The answer to that; NULL: it isn't there yet. */
static const cJSON *
source_answered(struct core *c, const char *what, const struct apply_op *ops,
    size_t n)
{
	struct source_run *s = c->review.source;

	source_stop(c);
	if (s->answer == NULL && s->process == NULL)
		source_start(c, source_asked(what, ops, n), NULL);
	return s->answer;
}

void
source_forget(struct core *c)
{
	json_drop(&c->review.source->answer);
}

bool
source_write(struct core *c, struct apply_op *ops, size_t n)
{
	AUTO_EVENT struct event e = { 0 };
	const cJSON *o = source_answered(c, "stage", ops, n);
	const char *why = json_str(o, "error");
	size_t i;

	if (o == NULL)
		return false;
	event_read_as(&e, EVENT_APPLIED, o);
	/* Both have the same order. */
	for (i = 0; i < n; i++) {
		const struct ev_applied_op *is = i < e.applied.ops_len ?
		    &e.applied.ops[i] : &(const struct ev_applied_op){
			.text = why };

		ops[i].done = is->ok;
		ops[i].changed_on_disk = ev_is(is->error, "changed");
		ops[i].text = xstrdup_null(is->text);
	}
	return true;
}

int
source_discard(struct core *c, const struct fold_file *f,
    struct gate_choice *choice, struct apply_op *op, struct err *e)
{
	AUTO_FREE const char **yes = xcalloc(f->hunks_len + 1, sizeof(*yes));
	struct apply_op one = { .path = f->path_bytes,
		.before = choice->after };
	struct stage_side rest, shown, now, want;
	AUTO_EVENT struct event is = { 0 };
	const cJSON *o;

	choice->yes_len = 0;
	MEM_EACH(f, hunks, h)
		if (strcmp(h->id, choice->no[0]) != 0)
			yes[choice->yes_len++] = h->id;
	choice->yes = yes;
	if (choice->before.mode == SOURCE_MODULE ||
	    choice->after.mode == SOURCE_MODULE)
		return err_set(e, "a submodule is checked out with git "
		    "submodule update");
	if (gate_compose(c->blobs, choice, &one.after, &rest, e) < 0)
		return -1;
	o = source_answered(c, "discard", &one, 1);
	if (o == NULL)
		return 1;
	event_read_as(&is, EVENT_APPLY_BEGIN, o);
	if (is.apply_begin.ops_len != 1)
		return err_set(e, "%s", json_str_or(o, "error", "?"));
	gate_side(&shown, is.apply_begin.ops[0].before);
	gate_side(&want, is.apply_begin.ops[0].after);
	if (stage_read_real(c->stage, f->path_bytes, NULL, &now, e) < 0)
		return -1;
	if (now.exists != shown.exists || (now.exists &&
	    strcmp(now.hash, shown.hash) != 0))
		return err_set(e, "nothing is discarded: it changed since it "
		    "was shown, or has line ends that git wouldn't check out");
	/* If core.fileMode is off, the index has another mode. */
	if (now.exists && one.after.mode == choice->after.mode)
		want.mode = now.mode;
	*op = (struct apply_op){ .path = xstrdup(f->path_bytes),
		.before = now, .after = want };
	return 0;
}

/* ---- the part ---- */

static void
source_init(struct core *c)
{
	c->review.source = xcalloc(1, sizeof(*c->review.source));
	c->review.source->out = -1;
	buf_init(&c->review.source->said, SOURCE_SAID_MAX);
}

static void
source_free(struct core *c)
{
	AUTO_FREE char *scratch = fs_join(c->dir, "review");

	source_drop(c->review.source);
	/* It has all that is new, also what is too large to show. */
	if (c->mode == MODE_REVIEW)
		(void)fs_remove_tree(AT_FDCWD, scratch, NULL);
	source_forget(c);
	free(c->review.source);
}

const struct core_part source_part = {
	.init = source_init, .free = source_free
};
