#include "config.h"

#include "core/project/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/call/call-sandbox.h"
#include "core/call/capture.h"
#include "core/call/run.h"
#include "core/core.h"
#include "core/project/environment.h"
#include "core/project/symbols.h"
#include "core/session/driver-soon.h"
#include "core/session/status.h"

#define INSPECT_MS	3000
#define INSPECT_OUTPUT	(((size_t)4 << 20) + ((size_t)8 << 10))

struct inspect {
	struct sandbox_call	*worker;
	struct loop_timer	*timer;
	struct buf		 output;
	bool			 environment, symbols;	/* what it looks for */
};

/* sh -c SCRIPT sh ROOT "git"|"" PROGRAM... -- [CTAGS ARG...]. One line for each
 * fact, with a letter before it; c: the number of s lines; then a dot, then the
 * output of ctags. The repository's own settings change no output. Its filters
 * may be slow, and so may programs that print their versions. */
static const char inspect_script[] =
    "cd \"$1\" || exit 0; git=$2; shift 2\n"
    "IFS='\n'\n"
    "set -f\n"
    "limit=; command -v timeout >/dev/null && limit='timeout\n1'\n"
    "version() {\n"
    "  command -v \"$1\" >/dev/null || { echo \"m $1\"; return; }\n"
    "  case $1 in go|zig) v=version ;; *) v=--version ;; esac\n"
    "  for l in $($limit \"$1\" $v 2>/dev/null </dev/null); do\n"
    "    case $l in *[0-9]*) echo \"t $1: $l\"; return ;; esac\n"
    "  done\n"
    "  echo \"t $1: \"\n"
    "}\n"
    "if [ \"$git\" = git ]; then\n"
    "  { b=$(git symbolic-ref -q --short HEAD) && echo \"b $b\"; } &\n"
    "  git log -5 --no-color --no-show-signature --format='l %h %s'"
    " 2>/dev/null &\n"
    "fi\n"
    "p=; while [ \"$1\" != -- ]; do p=\"$p$1\n\"; shift; done; shift\n"
    "{ for p in $p; do version \"$p\" & done; wait; } | sort &\n"
    "if [ \"$git\" = git ]; then\n"
    "  n=0\n"
    "  s=$($limit git --no-optional-locks status --porcelain 2>/dev/null)\n"
    "  wait\n"
    "  for l in $s; do\n"
    "    n=$((n + 1)); [ $n -gt 40 ] || echo \"s $l\"\n"
    "  done\n"
    "  [ $n = 0 ] || echo \"c $n\"\n"
    "fi\n"
    "wait\n"
    "echo .\n"
    "[ $# = 0 ] || exec \"$@\"\n";

/* The inspection ended, and the loop can continue. `whole`: it succeeded. */
static void
inspect_end(struct core *c, bool whole)
{
	struct inspect *l = c->project.look;
	struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	const char *out = buf_str(&l->output), *end;

	assert(c->phase == PHASE_LOOK);	/* phases: an inspection ends in LOOK */
	c->project.look = NULL;
	phase_set(c, PHASE_IDLE);
	(void)stage_after_call(c->stage, &notes, &e);
	buf_release(&notes);
	capture_free(c->capture);
	c->capture = NULL;
	loop_timer_free(l->timer);
	end = strncmp(out, ".\n", 2) == 0 ? out : strstr(out, "\n.\n");
	if (end != NULL && end != out)
		end++;
	/* The output of a killed program is partial, and differs each time. */
	if (l->environment)
		environment_found(c, end == NULL ? NULL : out,
		    end == NULL ? 0 : (size_t)(end - out));
	if (l->symbols)
		symbols_found(c, whole && end != NULL ? end + 2 : NULL,
		    whole && end != NULL ?
		    l->output.len - (size_t)(end + 2 - out) : 0);
	buf_release(&l->output);
	free(l);
}

void
inspect_stop(struct core *c)
{
	symbols_drop(c);
	environment_drop(c);
	if (c->project.look == NULL)
		return;
	sandbox_call_cancel(c->project.look->worker);
	inspect_end(c, false);
}

void
inspect_give_way(struct core *c)
{
	if (c->phase != PHASE_LOOK || c->task.active)
		return;
	sandbox_call_cancel(c->project.look->worker);
	c->project.look->environment = c->project.look->symbols = false;
	inspect_end(c, false);
}

static void
inspect_late(void *arg)
{
	struct core *c = arg;

	c->project.look->timer = NULL;
	sandbox_call_cancel(c->project.look->worker);
	inspect_end(c, false);
	driver_soon(c);
}

static void
inspect_output(void *arg, const char *p, size_t n)
{
	struct core *c = arg;
	struct inspect *l = c->project.look;

	if (l->output.len < INSPECT_OUTPUT)
		buf_add(&l->output, p, n < INSPECT_OUTPUT - l->output.len ? n :
		    INSPECT_OUTPUT - l->output.len);
}

static void
inspect_finished(void *arg, const struct sandbox_result *r)
{
	struct core *c = arg;

	inspect_end(c, r->built && r->exit == 0 && r->killed == NULL);
	driver_soon(c);
}

/* True if it runs. */
static bool
inspect_run(struct core *c)
{
	static const struct sandbox_callbacks callbacks = {
		.output = inspect_output, .done = inspect_finished,
	};
	static const char *const words[] = { "/bin/sh", "-c", inspect_script,
		"sh" };
	struct inspect *l = xcalloc(1, sizeof(*l));
	cJSON *args = cJSON_CreateObject(), *argv = cJSON_CreateArray();
	struct err e = ERR_INIT;
	int64_t ms = INSPECT_MS;
	size_t i;

	for (i = 0; i < MEM_COUNT(words); i++)
		cJSON_AddItemToArray(argv, cJSON_CreateString(words[i]));
	cJSON_AddItemToArray(argv, cJSON_CreateString(c->root));
	l->environment = environment_argv(c, argv);
	cJSON_AddItemToArray(argv, cJSON_CreateString("--"));
	l->symbols = symbols_argv(c, argv, &ms);
	json_set_take(args, "argv", argv);
	if (!l->environment && !l->symbols)
		goto out;
	/* phases: nothing else uses the staged copy, and no question is
	 * open. */
	assert(!run_is_on(c) && c->waits == 0);
	l->worker = call_begin_at_root(c, c->stage, "argv", args, &callbacks,
	    &e);
	if (l->worker == NULL) {
		symbols_drop(c);
		environment_drop(c);
		goto out;
	}
	cJSON_Delete(args);
	c->project.look = l;
	l->timer = loop_timer_new(c->loop, ms, inspect_late, c);
	phase_set(c, PHASE_LOOK);
	if (c->task.active)
		status_tell(c, "tool", l->symbols ?
		    "looking for names in the project" :
		    "looking at the toolchain");
	return true;
out:
	cJSON_Delete(args);
	free(l);
	return false;
}

/* Without a sandbox nothing runs without the user's permission. */
static bool
inspect_can(const struct core *c)
{
	return c->level != SANDBOX_NONE && c->context != NULL &&
	    c->target.replay_dir == NULL;
}

bool
inspect_before_turn(struct core *c)
{
	if (inspect_can(c) && inspect_run(c))
		return true;
	symbols_tell(c);
	environment_tell(c);
	return false;
}

void
inspect_ahead(struct core *c)
{
	if (c->task.active || c->phase != PHASE_IDLE || c->waits != 0 ||
	    c->decision.due || c->ending || run_is_on(c) || !inspect_can(c))
		return;
	(void)inspect_run(c);
}
