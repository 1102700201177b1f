#include "config.h"

#include "core/agent/background.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/agent/call.h"
#include "core/job/job.h"
#include "core/job/output.h"
#include "core/job/output-file.h"
#include "core/job/program.h"
#include "core/kernel/core.h"
#include "core/kernel/server.h"
#include "core/net/network.h"
#include "core/net/port.h"
#include "core/review/evidence.h"
#include "core/review/propose.h"
#include "core/stage/stages.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "loop/loop.h"
#include "policy/mask.h"
#include "sandbox/landlock.h"
#include "sandbox/sandbox.h"
#include "tool/tool.h"

#define BACKGROUND_MAX	4	/* that run at a time */
#define BACKGROUND_KEPT	16	/* with those that have ended */
#define BACKGROUND_TEXT	((size_t)30 << 10)	/* for the model at a time */
#define BACKGROUND_OUTPUT ((size_t)256 << 10)	/* kept until it is read */
#define BACKGROUND_LAST	((size_t)4 << 10)	/* for the user at a time */
/* The call that starts one ends when it has printed nothing for so long: before
 * and after its first output, and in any case. */
#define BACKGROUND_SILENT_MS 1000
#define BACKGROUND_QUIET_MS 500
#define BACKGROUND_START_MS 5000
#define BACKGROUND_LOOK_MS 100
/* The call that waits for its output or its end. */
#define BACKGROUND_WAIT_S 60
#define BACKGROUND_WAIT_MOST_S 600
#define BACKGROUND_END	"end"
#define BACKGROUND_DROPPED "[older output was dropped]\n"
#define BACKGROUND_NOTHING "[nothing new]"

struct background {
	struct core	*core;
	char		*id;		/* "b1" */
	char		*command;
	struct own_copy	 own;		/* of the project */
	struct network	*network;	/* or NULL */
	struct ports	*opened;	/* by the user; or NULL */
	struct job	 job;		/* if that doesn't run, it has ended, */
	char		*ended;		/* in these words */
	struct buf	 output;	/* not read yet */
	struct buf	 last;		/* the end of all of it */
	bool		 dropped;	/* there was more before that */
	struct output_file file;	/* all of it */
	struct ev_kept_output *kept;	/* the same, when it has ended; or
					   NULL */
	int64_t		 ports[SANDBOX_PORTS];	/* at the last answer */
	size_t		 ports_len;
	bool		 asked;		/* for them */
	int64_t		 began_ms, printed_ms;
	int64_t		 ended_ms;
	char		*wait_for;	/* by the current call, from called_ms to
					   until_ms; or NULL */
	int64_t		 called_ms, until_ms;
	int		 turn;		/* in which it began */
	int		 ns[2];		/* those that it shares, until both are
					   here; -1 */
};

struct backgrounds {
	struct background **v;
	size_t		 v_len;
	bool		 due;		/* background_step has to look */
	struct loop_timer *timer;	/* until that call ends */
	struct buf	 untold;	/* for the model */
	unsigned	*clients;	/* that want a list, as soon as the ports
					   are known */
	size_t		 clients_len;
};

static void
background_init(struct core *c)
{
	c->backgrounds = xcalloc(1, sizeof(*c->backgrounds));
	buf_init(&c->backgrounds->untold, 0);
}

static size_t
background_running(const struct core *c)
{
	const struct backgrounds *bs = c->backgrounds;
	size_t n = 0;

	MEM_EACH(bs, v, it)
		n += (*it)->job.call != NULL;
	return n;
}

/* Can others use its network? Through a Unix socket without a name in the file
 * system they could send each other descriptors of what only one may see, and
 * of what is unmounted with a call. Landlock keeps those apart since version 6.
 * The filters of some containers refuse setns. */
static bool
background_shares(const struct core *c)
{
	return sandbox_levels[c->sandbox.level].encloses &&
	    c->sandbox.joins >= 0 && landlock_version(NULL) >= 6 &&
	    setns(-1, 0) < 0 && errno == EBADF;
}

/* The namespaces stay as long as one runs, and others can join them. */
static void
background_unshare(struct core *c)
{
	if (c->sandbox.joins <= 0 || background_running(c) > 0)
		return;
	(void)sandbox_share(-1, -1);
	c->sandbox.joins = 0;
}

/* Free it, and remove its copy. */
static void
background_free_one(struct core *c, size_t i)
{
	struct backgrounds *bs = c->backgrounds;
	struct background *b = bs->v[i];

	job_drop(&b->job);
	ports_free(b->opened, NULL);
	network_server_free(c, b->network);
	own_copy_drop(c, &b->own);
	fs_close(b->ns[0]);
	fs_close(b->ns[1]);
	buf_release(&b->output);
	buf_release(&b->last);
	if (b->ended != NULL)
		output_file_remove(&b->file);
	output_file_release(&b->file);
	FREE_ALL(b->id, b->command, b->ended, b->wait_for, b);
	memmove(&bs->v[i], &bs->v[i + 1], (--bs->v_len - i) * sizeof(*bs->v));
}

static void
background_free(struct core *c)
{
	struct backgrounds *bs = c->backgrounds;

	loop_timer_free(&bs->timer);
	while (bs->v_len > 0)
		background_free_one(c, bs->v_len - 1);
	background_unshare(c);
	buf_release(&bs->untold);
	FREE_ALL(bs->clients, bs->v, bs);
	c->backgrounds = NULL;
}

/* NULL: there is none. */
static struct background *
background_find(const struct core *c, const char *id)
{
	const struct backgrounds *bs = c->backgrounds;

	MEM_EACH(bs, v, it)
		if (strcmp((*it)->id, id) == 0)
			return *it;
	return NULL;
}

/* The command's first line as its title, cut if it is long; malloc'ed. */
static char *
background_title(const char *command)
{
	size_t n = strcspn(command, "\n");
	size_t cut = utf8_cut(command, n, 60);

	return xasprintf("%.*s%s", (int)cut, command, command[cut] == '\0' ? "" :
	    "...");
}

static struct ev_background
background_of(const struct background *b)
{
	return (struct ev_background){ b->id, b->command, b->ended, b->kept };
}

/* It has ended: record that, and tell the model now, or before the user's next
 * message. */
static void
background_tell(struct core *c, struct ev_background *b)
{
	AUTO_FREE char *title = background_title(b->command);
	AUTO_FREE char *text = xasprintf("[assent] Background command %s (%s) "
	    "ended: %s", b->id, title, b->ended);

	if (task_runs(c)) {
		EMIT(c, "core", user_message, .text = text, .background = b);
		return;
	}
	EMIT(c, "core", note, .text = strchr(text, 'B'), .background = b);
	buf_addf(&c->backgrounds->untold, "%s%s",
	    c->backgrounds->untold.len > 0 ? "\n" : "", text);
}

static void
background_tell_before(struct core *c)
{
	struct buf *b = &c->backgrounds->untold;

	if (b->len > 0)
		emit_tell_model(c, buf_str(b));
	buf_clear(b);
}

/* The output that can be masked already: while the command runs, not a line
 * without its end, which could be half a secret. */
static struct buf
background_lines(const struct background *b, const struct buf *output)
{
	struct buf lines = *output;

	while (b->job.call != NULL && lines.len > 0 &&
	    lines.p[lines.len - 1] != '\n')
		lines.len--;
	return lines;
}

static cJSON *
background_now(struct core *c)
{
	const struct backgrounds *bs = c->backgrounds;
	AUTO_EVENT struct event e = { 0 };
	struct ev_backgrounds *l = &e.backgrounds;
	bool known = sandbox_levels[c->sandbox.level].encloses;

	l->commands = ev_alloc(&e, (bs->v_len + 1) * sizeof(*l->commands));
	MEM_EACH(bs, v, it) {
		struct background *b = *it;
		const struct buf lines = background_lines(b, &b->last);
		AUTO_FREE char *last = output_last_line(c, &lines,
		    BACKGROUND_LAST);

		l->commands[l->commands_len++] = (struct ev_background_now){
			.id = b->id,
			.ms = (b->ended != NULL ? b->ended_ms :
			    clock_mono_ms()) - b->began_ms,
			.bytes = b->file.size,
			.last = last[0] == '\0' ? NULL : ev_text(&e, last),
			.ports = known && b->ended == NULL ? b->ports : NULL,
			.ports_len = b->ports_len,
		};
	}
	return event_line(EVENT_BACKGROUNDS, l);
}

/* Send the list to clients that want it, unless they asked for ports. */
static void
background_show_all(struct core *c)
{
	struct backgrounds *bs = c->backgrounds;

	MEM_EACH(bs, v, it)
		if ((*it)->asked)
			return;
	while (bs->clients_len > 0)
		server_answer(c->server, bs->clients[--bs->clients_len],
		    background_now(c));
}

/* It is over; `words`: how; taken. */
static void
background_end_take(struct background *b, char *words)
{
	job_drop(&b->job);
	ports_free(b->opened, "the command ended");
	b->opened = NULL;
	free(b->ended);
	b->ended = words;
	b->ended_ms = clock_mono_ms();
	b->ports_len = 0;
	b->asked = false;
	b->kept = output_file_end(&b->file);
	b->core->backgrounds->due = true;
	background_show_all(b->core);
	background_unshare(b->core);
}

/* What it has printed since the last time, for the model; malloc'ed. */
static char *
background_read(struct background *b, struct event *e)
{
	const struct buf lines = background_lines(b, &b->output);
	AUTO_FREE char *output = output_keep(b->core, &lines,
	    output_cap(b->core, BACKGROUND_TEXT), false, e);
	char *text = xasprintf("%s%s", b->dropped ? BACKGROUND_DROPPED : "",
	    output);

	mask_cut(&b->output, lines.len);
	b->dropped = false;
	return text;
}

/* ---- the call that starts it, or waits for it ---- */

static bool
background_printed(const struct buf *output, const char *text)
{
	return memmem(buf_str(output), output->len, text, strlen(text)) !=
	    NULL;
}

/* Did what the call waits for happen? Also what was printed as it began, if the
 * model hasn't seen that yet. */
static bool
background_met(const struct background *b)
{
	const struct core *c = b->core;

	return b->ended != NULL || (strcmp(b->wait_for, BACKGROUND_END) != 0 &&
	    (background_printed(&c->calls.capture, b->wait_for) ||
	    (b->turn == c->fold->turn &&
	    background_printed(&b->last, b->wait_for))));
}

/* How the call that starts it or waits for it is answered; malloc'ed. */
static char *
background_how(const struct background *b)
{
	const char *id = b->id;

	if (b->wait_for == NULL)
		return b->ended != NULL ? xasprintf("it ended: %s", b->ended) :
		    xasprintf("it runs in the background as %s: the tool "
		    "background reads its output or stops it. Between calls it "
		    "gets what you change, and you get what it changes; %s",
		    id, background_shares(b->core) ?
		    "commands reach its ports on localhost, the user's "
		    "browser one that they open in /background" :
		    "on this host its ports answer to nothing but itself");
	return b->ended != NULL ? xasprintf("%s has ended: %s", id, b->ended) :
	    background_met(b) ? xasprintf("%s runs", id) :
	    xasprintf("%s runs: what you waited for didn't happen in %lld s",
	    id, (long long)(b->until_ms - b->called_ms) / 1000);
}

/* Answer that call, with `error` and a text if it failed. */
static void
background_started(struct background *b, const char *error, const char *why)
{
	struct core *c = b->core;
	const struct core_call *call = &c->calls.list[c->calls.next];
	AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);
	struct ev_tool_result *t = &e.tool_result;
	struct ev_background line = background_of(b);
	AUTO_FREE char *output = NULL, *text = NULL, *how = NULL;

	c->calls.starting = NULL;
	loop_timer_free(&c->backgrounds->timer);
	delta_flush(c);
	output = background_read(b, &e);
	how = background_how(b);
	capture_end(&c->calls);
	text = xasprintf("%s\n%s", why != NULL ? why : how, output[0] == '\0' &&
	    b->wait_for != NULL ? BACKGROUND_NOTHING : output);
	t->ok = error == NULL;
	t->error = error;
	t->text = text;
	t->ms = clock_mono_ms() - b->called_ms;
	if (b->wait_for == NULL || b->ended != NULL)
		t->background = &line;
	FREE_NULL(b->wait_for);
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	emit_add_notes(c, &e);
	emit_result_made(c, call, t);
	EMIT_THIS(c, "core", tool_result, t);
	c->calls.next++;
	core_soon(c);
}

/* How long the call may go on; 0 or less: it ends. */
static int64_t
background_left(const struct background *b, int64_t now)
{
	if (b->wait_for != NULL)
		return background_met(b) ? 0 : b->until_ms - now;
	if (now - b->began_ms >= BACKGROUND_START_MS)
		return 0;
	return b->printed_ms == 0 ? b->began_ms + BACKGROUND_SILENT_MS - now :
	    b->printed_ms + BACKGROUND_QUIET_MS - now;
}

static void
background_look(void *arg)
{
	struct background *b = arg;
	struct backgrounds *bs = b->core->backgrounds;
	int64_t left = background_left(b, clock_mono_ms());

	bs->timer = NULL;
	if (left <= 0)
		background_started(b, NULL, NULL);
	else
		bs->timer = loop_timer_new(b->core->loop,
		    MIN(left, BACKGROUND_LOOK_MS), background_look, b);
}

bool
background_stop_start(struct core *c, const char *why)
{
	struct background *b = c->calls.starting;

	if (b == NULL)
		return false;
	/* One that is only waited for goes on. */
	if (b->wait_for == NULL)
		background_end_take(b, xstrdup(why == NULL ? "" : why));
	if (why != NULL) {
		background_started(b, "interrupted", why);
		return true;
	}
	/* At the session's end nothing is recorded any more. */
	c->calls.starting = NULL;
	c->calls.running = 0;
	phase_set(c, PHASE_IDLE);
	return true;
}

/* ---- its process ---- */

static void
background_output(void *arg, const char *p, size_t n)
{
	struct background *b = arg;

	b->printed_ms = clock_mono_ms();
	output_file_add(&b->file, p, n);
	buf_add(&b->last, p, n);
	if (b->last.len > BACKGROUND_LAST)
		mask_cut(&b->last, b->last.len - BACKGROUND_LAST);
	buf_add(&b->output, p, n);
	if (b->output.len > BACKGROUND_OUTPUT) {
		mask_cut(&b->output, b->output.len - BACKGROUND_OUTPUT);
		b->dropped = true;
	}
	if (b->core->calls.starting == b)
		capture_output(b->core, p, n);
}

/* It is over, as `words` (taken) say, and the model doesn't know. `ok`: it
 * succeeded. */
static void
background_over_take(struct background *b, bool ok, char *words)
{
	struct core *c = b->core;
	struct ev_background line;

	background_end_take(b, words);
	if (c->calls.starting == b) {
		background_started(b, ok || b->wait_for != NULL ? NULL :
		    "exit", NULL);
		return;
	}
	line = background_of(b);
	background_tell(c, &line);
	core_soon(c);
}

static void
background_done(struct core *c UNUSED, struct job *was,
    const struct sandbox_result *r)
{
	background_over_take(was->arg, r != NULL && r->exit == 0, r == NULL ?
	    xstrdup(was->why) : output_verdict(r));
}

/* Something else begins to use the copy first: they go on, and that step
 * comes later. */
static void
background_go_on(struct core *c)
{
	const struct backgrounds *bs = c->backgrounds;

	MEM_EACH(bs, v, it)
		job_go_on(&(*it)->job);
}

static void
background_held(void *arg)
{
	struct background *b = arg;

	core_soon(b->core);
}

static void
background_net(void *arg, unsigned which, int fd_take)
{
	struct background *b = arg;
	int *to = &b->ns[which == SANDBOX_NS_USER ? 0 : 1];

	if (which == SANDBOX_DIALLED) {
		if (b->opened != NULL)
			ports_dialled(b->opened, fd_take);
		else
			fs_close(fd_take);
		return;
	}
	fs_close(*to);
	*to = fd_take;
	if (b->ns[0] < 0 || b->ns[1] < 0 || b->core->sandbox.joins < 0)
		return;
	b->core->sandbox.joins = sandbox_share(b->ns[0], b->ns[1]);
	b->ns[0] = b->ns[1] = -1;
}

static void
background_ports(void *arg, const int64_t *ports, size_t n)
{
	struct background *b = arg;

	memcpy(b->ports, ports, n * sizeof(*ports));
	b->ports_len = n;
	b->asked = false;
	background_show_all(b->core);
}

static int
background_run(struct background *b, const char *id, const cJSON *call,
    struct err *e)
{
	static const struct sandbox_callbacks more = {
		.held = background_held, .net = background_net,
		.ports = background_ports,
	};
	struct core *c = b->core;
	AUTO_FREE char *dir = xasprintf("background-%s", b->id);
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	cJSON *argv = cJSON_AddArrayToObject(args, "argv");
	struct program_plan plan = { .ended = background_done,
		.output = background_output, .more = &more,
		.spec = { .tool = "serve", .args = args, .io_take = { -1, -1 },
		.joins = MAX(c->sandbox.joins, 0),
		.shares = background_shares(c) && c->sandbox.joins == 0 } };
	int rc;

	cJSON_AddItemToArray(argv, cJSON_CreateString("bash"));
	cJSON_AddItemToArray(argv, cJSON_CreateString("-c"));
	cJSON_AddItemToArray(argv, cJSON_CreateString(b->command));
	json_copy(args, "timeout_s", json_get(call, "timeout_s"));
	if ((task_plans(c) && stages_open_plan(c, e) < 0) ||
	    own_copy_open(c, &b->own, dir, e) < 0)
		return -1;
	job_yield(c, JOB_COPY);
	rc = own_copy_update(&b->own, stages_current(c), &notes, e);
	emit_stage_notes(c, &notes);
	if (rc < 0)
		return -1;
	plan.stage = b->own.stage;
	plan.network = b->network = network_background_new(c, id, b->command);
	return job_start(&b->job, &plan, e);
}

static struct background *
background_new(struct core *c, const char *command)
{
	struct backgrounds *bs = c->backgrounds;
	struct background *b;
	size_t i;

	for (i = 0; bs->v_len >= BACKGROUND_KEPT && i < bs->v_len; i++)
		if (bs->v[i]->job.call == NULL)
			background_free_one(c, i);
	b = xcalloc(1, sizeof(*b));
	b->core = c;
	b->job = (struct job){ .core = c, .kind = JOB_LASTING,
		.arg = b };
	b->id = xasprintf("b%zu", c->fold->background_len + 1);
	b->command = xstrdup(command);
	b->began_ms = b->called_ms = clock_mono_ms();
	b->turn = c->fold->turn;
	b->ns[0] = b->ns[1] = -1;
	b->own.ignored = true;
	buf_init(&b->output, 0);
	buf_init(&b->last, 0);
	output_file_init(&b->file, c, b->id, true);
	*GROW_ADD(bs->v, bs->v_len) = b;
	return b;
}

/* Why none can be started, malloc'ed; NULL: one can. */
static char *
background_refused(const struct core *c)
{
	return !sandbox_levels[c->sandbox.level].holds ?
	    xstrdup("background commands need a sandbox that this host doesn't "
	    "give: nothing was started. Start it in the command that uses it "
	    "(it ends with the command)") :
	    background_running(c) >= BACKGROUND_MAX ?
	    xasprintf("%d background commands run, and more aren't possible: "
	    "stop one", BACKGROUND_MAX) : NULL;
}

void
background_start(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	AUTO_FREE char *why = background_refused(c);
	struct err e = ERR_INIT;
	struct background *b;

	if (why != NULL) {
		call_deny(c, call, "background", why, 0);
		return;
	}
	b = background_new(c, json_str_or(args, "command", ""));
	c->calls.starting = b;
	c->calls.running = 1;
	phase_set(c, PHASE_TOOL);
	status_tell(c, "tool", "starting %s in the background", b->id);
	capture_begin(c);
	if (background_run(b, call->id, args, &e) < 0) {
		background_end_take(b, xstrdup(e.text));
		background_started(b, "background", NULL);
	} else
		background_look(b);
}

bool
background_wait(struct core *c, const cJSON *args)
{
	struct background *b = background_find(c, json_str_or(args, "id", ""));
	const char *what = json_str(args, "wait_for");
	int64_t s = json_int(args, "timeout_s", BACKGROUND_WAIT_S);

	if (b == NULL || b->job.call == NULL || what == NULL ||
	    json_bool(args, "stop", false))
		return false;
	c->calls.starting = b;
	c->calls.running = 1;
	phase_set(c, PHASE_TOOL);
	status_tell(c, "tool", "waiting for %s", b->id);
	capture_begin(c);
	capture_output(c, buf_str(&b->output), b->output.len);
	xstrset(&b->wait_for, what);
	b->called_ms = clock_mono_ms();
	b->until_ms = b->called_ms + 1000 * MIN(s, BACKGROUND_WAIT_MOST_S);
	background_look(b);
	return true;
}

/* ---- its copy ---- */

/* What it wrote, into the session's copy; then its copy is thrown away if
 * it has ended, or updated. */
static int
background_stage(struct background *b, bool *wrote, struct buf *notes,
    struct err *e)
{
	struct core *c = b->core;
	struct stage *stage = stages_current(c);
	AUTO(stage_scan_release) struct stage_scan now = { 0 };
	AUTO_EVENT struct event made = { 0 };
	int rc;

	job_yield(c, JOB_COPY);
	rc = stage_before_call(stage, false, notes, e);
	if (rc == 0)
		rc = stage_scan(stage, &now, e);
	if (rc == 0)
		rc = own_copy_merge(&b->own, stage, &now, &made, notes, e);
	*wrote = *wrote || made.tool_result.wrote_len > 0;
	if (b->job.call == NULL)
		own_copy_drop(c, &b->own);
	else if (rc == 0)
		rc = own_copy_update(&b->own, stage, notes, e);
	return rc;
}

bool
background_step(struct core *c)
{
	struct backgrounds *bs = c->backgrounds;
	AUTO_BUF struct buf notes = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	bool wrote = false, wait = false;

	if (!bs->due)
		return false;
	MEM_EACH(bs, v, it) {
		struct background *b = *it;

		if (b->job.call == NULL || b->job.held)
			continue;
		wait = true;
		job_hold(&b->job);
	}
	if (wait)
		return true;
	bs->due = false;
	MEM_EACH(bs, v, it) {
		struct background *b = *it;

		if (b->own.stage != NULL && ((task_plans(c) &&
		    stages_open_plan(c, &e) < 0) ||
		    background_stage(b, &wrote, &notes, &e) < 0))
			emit_note(c, "what background command %s wrote is not in "
			    "the copy: %s", b->id, e.text);
	}
	background_go_on(c);
	emit_stage_notes(c, &notes);
	if (wrote)
		propose_count(c, NULL);
	if (wrote && !task_plans(c)) {
		c->review.touched = true;
		evidence_stale(c);
	}
	return false;
}

/* ---- reading and stopping ---- */

/* "b1 (npm run dev), b2 (make watch)"; `running`: no others. */
static char *
background_list(const struct core *c, bool running)
{
	const struct backgrounds *bs = c->backgrounds;
	AUTO_BUF struct buf b = BUF_INIT(0);

	MEM_EACH(bs, v, it) {
		AUTO_FREE char *title = background_title((*it)->command);

		if (!running || (*it)->job.call != NULL)
			buf_addf(&b, "%s%s (%s)", b.len == 0 ? "" : ", ",
			    (*it)->id, title);
	}
	return xstrdup(b.len == 0 ? "none" : buf_str(&b));
}

void
background_answer(struct core *c, const struct core_call *call,
    const cJSON *args)
{
	struct background *b = background_find(c, json_str_or(args, "id", ""));
	bool stops = json_bool(args, "stop", false);
	AUTO_FREE char *list = NULL, *output = NULL, *text = NULL;
	AUTO_EVENT struct event e = CALL_RESULT(call->id, call->name);
	struct ev_background line;

	if (b == NULL) {
		list = background_list(c, false);
		text = xasprintf("there is no such background command; there "
		    "are: %s", list);
		emit_result(c, call->id, call->name, false, "not_found", text);
		return;
	}
	if (stops && b->job.call != NULL) {
		background_end_take(b, xstrdup("stopped by the model"));
		line = background_of(b);
		e.tool_result.background = &line;
	}
	output = background_read(b, &e);
	text = xasprintf("%s %s%s\n%s", b->id, b->ended == NULL ? "runs" :
	    "has ended: ", b->ended == NULL ? "" : b->ended,
	    output[0] == '\0' ? BACKGROUND_NOTHING : output);
	e.tool_result.ok = true;
	e.tool_result.text = text;
	emit_add_notes(c, &e);
	EMIT_THIS(c, "core", tool_result, &e.tool_result);
}

/* The one of this name, or, without one, the only one that runs. */
static struct background *
background_named(const struct core *c, const char *id, struct err *e)
{
	const struct backgrounds *bs = c->backgrounds;
	struct background *b = id == NULL ? NULL : background_find(c, id);
	AUTO_FREE char *list = background_list(c, true);
	long n = id != NULL && id[0] == 'b' ? strtol(id + 1, NULL, 10) : 0;
	AUTO_FREE char *name = xasprintf("b%ld", n);
	size_t i;

	for (i = 0; id == NULL && background_running(c) == 1 && i < bs->v_len;
	    i++)
		if (bs->v[i]->job.call != NULL)
			b = bs->v[i];
	if (b != NULL && b->job.call != NULL)
		return b;
	/* Their names count from b1. */
	if (n > 0 && n <= (long)c->fold->background_len &&
	    strcmp(id, name) == 0)
		err_set(e, "%s has ended; in the background: %s", id, list);
	else
		err_set(e, "%s; in the background: %s", id == NULL ?
		    "which one?" : "there is none of this name", list);
	return NULL;
}

/* Client command: stop this one, or the only one. */
static int
background_stop(struct core *c, const cJSON *command,
    const char *client UNUSED, struct err *e)
{
	struct background *b = background_named(c, json_str(command, "id"), e);

	if (b == NULL)
		return -1;
	if (c->calls.starting == b && b->wait_for == NULL)
		return background_stop_start(c, "stopped by the user") ? 0 : -1;
	background_over_take(b, true, xstrdup("stopped by the user"));
	return 0;
}

/* Client command: what this one, or the only one, has printed last. */
static int
background_show(struct core *c, const cJSON *command,
    const char *client UNUSED, struct err *e)
{
	struct background *b = background_named(c, json_str(command, "id"), e);
	AUTO_FREE char *text = NULL;
	struct buf last;

	if (b == NULL)
		return -1;
	last = background_lines(b, &b->last);
	text = output_keep(c, &last, BACKGROUND_LAST, true, NULL);
	emit_note(c, "%s printed %s%s", b->id, last.len == 0 ?
	    "nothing yet" : "last:\n", text);
	return 0;
}

static void
background_dial(void *arg, int port)
{
	struct background *b = arg;

	sandbox_call_dial(b->job.call, port);
}

/* Client command: open this port of one on this machine, or close it. */
static int
background_port(struct core *c, const cJSON *command, const char *client,
    struct err *e)
{
	struct background *b = background_named(c, json_str(command, "id"), e);
	int port = (int)json_int(command, "port", 0);

	if (b == NULL)
		return -1;
	if (c->calls.starting == b && b->wait_for == NULL)
		return err_set(e, "%s is being started: wait for it", b->id);
	if (b->opened == NULL)
		b->opened = ports_new(c, b->id, b->command, background_dial, b);
	return json_bool(command, "close", false) ?
	    ports_close(b->opened, port, client, e) :
	    ports_open(b->opened, port, client, e);
}

/* ---- the journal ---- */

/* Anything may have been written since, by one of them or in the session. */
static void
background_line(struct core *c, const struct event *e)
{
	const struct ev_tool_result *r = e->type == EVENT_TOOL_RESULT ?
	    &e->tool_result : NULL;

	if (c->backgrounds->v_len > 0 &&
	    (r == NULL || !tool_only_reads(r->name)))
		c->backgrounds->due = true;
}

static void
background_ports_resumed(struct core *c, const struct fold_background *b)
{
	while (b->ports_len > 0)
		ports_emit(c, &(struct ev_port){ .id = b->id,
		    .command = b->command, .port = b->ports[0].port,
		    .address = b->ports[0].address, .closed = "assent ended" });
}

/* End the background commands of an earlier core in the journal: they ended
 * with it. */
static void
background_resumed(struct core *c)
{
	const struct fold *f = c->fold;

	MEM_EACH(f, background, b) {
		struct ev_background line = { b->id,
			b->command, "assent ended or was detached, "
			"and what the command had written since the last step "
			"is lost", NULL };
		AUTO_FREE char *dir = xasprintf("background-%s", line.id);
		struct output_file file;

		if (b->ended != NULL)
			continue;
		(void)stages_remove(c, dir, NULL);
		background_ports_resumed(c, b);
		output_file_init(&file, c, line.id, false);
		line.out = output_file_end(&file);
		background_tell(c, &line);
		output_file_remove(&file);
		output_file_release(&file);
	}
}

/* Client command: all of them, with their ports as they are now. */
static int
background_list_all(struct core *c, const cJSON *command UNUSED,
    unsigned client, struct err *e UNUSED)
{
	struct backgrounds *bs = c->backgrounds;

	*GROW_ADD(bs->clients, bs->clients_len) = client;
	MEM_EACH(bs, v, it) {
		struct background *b = *it;

		if (b->job.call == NULL || b->asked ||
		    !sandbox_levels[c->sandbox.level].encloses)
			continue;
		b->asked = true;
		sandbox_call_ports(b->job.call);
	}
	background_show_all(c);
	return 0;
}

static const struct core_command background_commands[] = {
	{ "background", IN_ANY, 0, 0, NOBODY,
	    .serve = background_list_all },
	{ "output", IN_ANY, 0, 0, NOBODY, .act = background_show },
	{ "port", IN_ANY, 0, 0, WITH_USER, .act = background_port },
	{ "stop", IN_ANY, 0, 0, NOBODY, .act = background_stop },
	{ 0 }
};

const struct core_part background_part = {
	.init = background_init, .line = background_line,
	.lines = OF(EVENT_ASSISTANT_MESSAGE) | OF(EVENT_TOOL_RESULT) |
	    OF(EVENT_USER_MESSAGE) | OF(EVENT_DECISION) | OF(EVENT_APPLIED),
	.job = JOB_LASTING, .yield = background_go_on, .tell = background_tell_before,
	.resumed = background_resumed, .free = background_free,
	.commands = background_commands,
};
