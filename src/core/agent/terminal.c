#include "config.h"

#include "core/agent/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "core/job/job.h"
#include "core/kernel/core.h"
#include "core/review/propose.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

#define TERMINAL_COUNT_MS	2000	/* between looks at what was changed, */
#define TERMINAL_COUNT_SHARE	10	/* or so many times what one took */
#define TERMINAL_KILL_MS	2000	/* after SIGTERM */
#define TERMINAL_CLOSED		0	/* its exit status: by the command */

struct terminal {
	int		 channel;	/* to the front end; -1: none, or gone */
	pid_t		 pid;		/* of assent-term, or 0 */
	int		 pidfd;
	struct loop_watch *watch;	/* of that */
	struct loop_timer *count, *kill;
};

static void
terminal_init(struct core *c)
{
	c->terminal = xcalloc(1, sizeof(*c->terminal));
	c->terminal->channel = c->terminal->pidfd = -1;
}

void
terminal_take(struct core *c, int channel)
{
	if (fcntl(channel, F_SETFD, FD_CLOEXEC) == 0)
		c->terminal->channel = channel;
}

void
terminal_add(const struct core *c, cJSON *args)
{
	if (c->terminal->channel >= 0 && json_get(c->start, "terminal") != NULL)
		json_copy(args, "terminal", json_get(c->start, "terminal"));
}

/* It may have closed its terminal. */
static bool
terminal_runs(const struct core *c)
{
	return json_get(c->start, "terminal") != NULL && job_runs(c, JOB_CALL);
}

static void
terminal_stop(struct core *c, const char *why)
{
	if (job_stop(c, JOB_CALL, why))
		core_soon(c);
}

/* ---- what was changed so far ---- */

static void
terminal_count(void *arg)
{
	struct core *c = arg;
	int64_t from = clock_mono_ms();

	c->terminal->count = NULL;
	if (!job_runs(c, JOB_CALL))
		return;
	propose_count_live(c);
	c->terminal->count = loop_timer_new(c->loop, MAX(TERMINAL_COUNT_MS,
	    TERMINAL_COUNT_SHARE * (clock_mono_ms() - from)),
	    terminal_count, c);
}

/* Client command: the changes so far, to be read and marked. */
static int
terminal_look(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	if (!terminal_runs(c))
		return err_set(e, "no command runs on a terminal");
	c->review.final = false;
	propose_make(c, true);
	return c->fold->proposal != NULL ? 0 :
	    err_set(e, "nothing has changed so far");
}

/* ---- assent-term ---- */

static void
terminal_reap(struct terminal *t, int *status)
{
	loop_watch_free(&t->watch);
	fs_close(t->pidfd);
	t->pidfd = -1;
	if (t->pid > 0)
		*status = spawn_reap(t->pid);
	t->pid = 0;
}

/* It has ended: with the command's terminal, or nobody sees that any more. */
static void
terminal_gone(void *arg, int fd UNUSED, unsigned events UNUSED)
{
	struct core *c = arg;
	int status = 0;

	terminal_reap(c->terminal, &status);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != TERMINAL_CLOSED)
		terminal_stop(c, "its terminal was closed");
}

static void
terminal_net(void *arg, unsigned which, int master_take)
{
	struct core *c = arg;
	struct terminal *t = c->terminal;
	AUTO_FREE char *path = self_find(SELF_PROGRAM, "assent-term", NULL);
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_CLOSE int master = master_take;

	if (which != SANDBOX_TERMINAL || t->pid != 0 || t->channel < 0)
		return;
	if (path != NULL && master >= 0)
		t->pid = spawn_bare(path, "assent-term", t->channel, master,
		    null);
	fs_close(t->channel);
	t->channel = -1;
	if (t->pid <= 0 || (t->pidfd = (int)syscall(SYS_pidfd_open, t->pid,
	    0)) < 0) {
		terminal_stop(c, "its terminal can't be shown");
		return;
	}
	t->watch = loop_watch_new(c->loop, t->pidfd, LOOP_READ, terminal_gone,
	    c);
	t->count = loop_timer_new(c->loop, TERMINAL_COUNT_MS, terminal_count,
	    c);
}

const struct sandbox_callbacks *
terminal_of(const cJSON *args)
{
	static const struct sandbox_callbacks more = { .net = terminal_net };

	return json_get(args, "terminal") == NULL ? NULL : &more;
}

/* ---- stopping the command ---- */

static void
terminal_kill(void *arg)
{
	struct core *c = arg;

	c->terminal->kill = NULL;
	terminal_stop(c, "stopped by the user");
}

/* Client command: SIGTERM, and soon the end. */
static int
terminal_terminate(struct core *c, const cJSON *command UNUSED,
    const char *client UNUSED, struct err *e)
{
	struct terminal *t = c->terminal;

	if (!terminal_runs(c))
		return err_set(e, "no command runs on a terminal");
	if (t->kill != NULL)
		return 0;
	sandbox_call_terminate(c->jobs[JOB_CALL].call);
	t->kill = loop_timer_new(c->loop, TERMINAL_KILL_MS, terminal_kill, c);
	return 0;
}

static void
terminal_free(struct core *c)
{
	struct terminal *t = c->terminal;
	int status;

	loop_timer_free(&t->count);
	loop_timer_free(&t->kill);
	if (t->pid > 0)
		(void)kill(t->pid, SIGKILL);
	terminal_reap(t, &status);
	fs_close(t->channel);
	FREE_NULL(c->terminal);
}

static const struct core_command terminal_commands[] = {
	{ "look", IN_ANY, 0, 0, WITH_USER, .act = terminal_look },
	{ "terminate", IN_ANY, 0, 0, WITH_USER, .act = terminal_terminate },
	{ 0 }
};

const struct core_part terminal_part = {
	.init = terminal_init, .commands = terminal_commands,
	.free = terminal_free,
};
