#include "config.h"

#include "core/job/lasting.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "core/job/output.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/net/network.h"
#include "core/stage/stages.h"
#include "gate/stage.h"
#include "journal/event.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#define LASTING_CLOSED_MS	2000	/* until its process has ended, too */
#define LASTING_PRINTED		((size_t)4096)	/* of that is kept */

void
lasting_init(struct lasting *l, struct core *c, const struct lasting_ops *ops,
    void *arg)
{
	l->ops = ops;
	l->arg = arg;
	l->job = (struct job){ .core = c, .kind = JOB_LASTING, .arg = l };
	buf_init(&l->printed, 0);
}

/* ---- its end ---- */

void
lasting_drop(struct lasting *l)
{
	loop_timer_free(&l->timer);
	FREE_NULL(l->closed);
	rpc_free(l->rpc);
	l->rpc = NULL;
	job_drop(&l->job);
}

void
lasting_release(struct lasting *l)
{
	struct core *c = l->job.core;

	/* Nothing is recorded any more. */
	network_server_free(c, l->network);
	l->network = l->job.network = NULL;
	lasting_drop(l);
	own_copy_drop(c, &l->own);
	buf_release(&l->printed);
}

void
lasting_fail(struct lasting *l, const char *why)
{
	AUTO_FREE char *text = output_error(l->job.core, why, &l->printed);

	l->ops->failed(l->arg, text);
}

static void
lasting_done(struct core *c UNUSED, struct job *was,
    const struct sandbox_result *r)
{
	AUTO_FREE char *why = r == NULL ? xstrdup(was->why) : output_ending(r);

	lasting_fail(was->arg, why);
}

static void
lasting_closed_late(void *arg)
{
	struct lasting *l = arg;
	AUTO_FREE char *why = l->closed;

	l->closed = NULL;
	l->timer = NULL;
	lasting_fail(l, why);
}

void
lasting_closed(struct lasting *l, const char *why)
{
	xstrset(&l->closed, why);
	loop_timer_free(&l->timer);
	l->timer = loop_timer_new(l->job.core->loop, LASTING_CLOSED_MS,
	    lasting_closed_late, l);
}

/* ---- its life ---- */

void
lasting_printed(void *arg, const char *p, size_t n)
{
	struct lasting *l = arg;

	(void)buf_add(&l->printed, p, n);
	if (l->printed.len > LASTING_PRINTED)
		mask_cut(&l->printed, l->printed.len - LASTING_PRINTED);
}

static void
lasting_held(void *arg)
{
	struct lasting *l = arg;

	l->ops->held(l->arg);
}

bool
lasting_merge(struct lasting *l, const char *name, struct event *r)
{
	struct core *c = l->job.core;
	struct ev_tool_result *t = &r->tool_result;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	if (own_copy_merge(&l->own, stages_current(c), NULL, r, &notes, &e) < 0)
		buf_addf(&notes, "what %s changed is not in the copy: %s\n",
		    name, e.text);
	own_copy_clear(&l->own);
	emit_stage_notes(c, &notes);
	t->wrote = t->wrote_len > 0 ? t->wrote : NULL;
	return t->wrote_len > 0;
}

int
lasting_run(struct lasting *l, struct program_plan *p, const char *name,
    const char *dir, const int io[2], struct err *e)
{
	static const struct sandbox_callbacks more = { .held = lasting_held };
	struct core *c = l->job.core;
	AUTO_BUF struct buf unsaid = BUF_INIT(1 << 16);
	int i, rc;

	if (l->network == NULL)
		l->network = network_server_new(c, name, l->ops->waits, l->arg,
		    e);
	if (l->network == NULL || own_copy_open(c, &l->own, dir, e) < 0 ||
	    stage_before_call(l->own.stage, false, &unsaid, e) < 0)
		return -1;
	p->ended = lasting_done;
	p->output = lasting_printed;
	p->more = &more;
	p->stage = l->own.stage;
	p->network = l->network;
	p->spec.tool = "serve";
	for (i = 0; i < 2; i++)
		p->spec.io_take[i] = fcntl(io[i], F_DUPFD_CLOEXEC, 3);
	rc = job_start(&l->job, p, e);
	for (i = 0; i < 2 && rc < 0; i++)
		fs_close(p->spec.io_take[i]);
	return rc;
}

int
lasting_open(struct lasting *l, bool one, const struct rpc_handlers *on,
    struct err *e)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 }, rc;

	buf_clear(&l->printed);
	if (one ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) < 0 :
	    pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		rc = err_sys(e, "a pipe");
	else
		rc = l->ops->start(l->arg, (int[]){ to[0], from[1] }, e);
	fs_close(to[0]);
	fs_close(from[1]);
	if (rc == 0)
		l->rpc = rpc_new_take(l->job.core->loop, one ? to[1] : from[0],
		    to[1], NULL, on, l->arg);
	else {
		fs_close(to[1]);
		fs_close(from[0]);
	}
	return rc;
}
