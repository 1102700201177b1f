#include "config.h"

#include "core/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "core/call.h"
#include "core/core.h"
#include "core/decision.h"
#include "core/disk.h"
#include "core/hook-int.h"
#include "core/net/network.h"
#include "core/propose.h"
#include "core/run.h"
#include "core/stages.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

#define HOOK_ANSWER_MAX		((size_t)1 << 20)	/* bytes */

#define HOOK_REASON_MAX		((size_t)2000)
#define HOOK_CONTEXT_MAX	((size_t)16 << 10)
#define HOOK_LINE_MAX		100000000

static const char *const hook_decisions[] = {
	[HOOK_ALLOW] = "allow", [HOOK_ASK] = "ask", [HOOK_DENY] = "deny",
};

const char *
hook_decision_word(enum hook_decision d)
{
	return hook_decisions[d];
}

void
hook_answer_release(struct hook_answer *a)
{
	free(a->reason);
	free(a->context);
	cJSON_Delete(a->findings);
	memset(a, 0, sizeof(*a));
}

/* "file:///a%20b" and "a%20b" as paths; in place. */
static void
hook_uri_path(char *s)
{
	static const char scheme[] = "file://";
	char *to = s, hex[3] = "";

	if (strncmp(s, scheme, sizeof(scheme) - 1) == 0)
		s += sizeof(scheme) - 1;
	for (; *s != '\0'; s++) {
		if (s[0] == '%' && s[1] != '\0' && s[2] != '\0' &&
		    strspn(s + 1, "0123456789abcdefABCDEF") >= 2) {
			memcpy(hex, s + 1, 2);
			*to = (char)strtol(hex, NULL, 16);
			/* No name has this byte. */
			if (*to++ == '\0')
				break;
			s += 2;
		} else
			*to++ = *s;
	}
	*to = '\0';
}

static const char *
hook_severity(const char *level)
{
	if (strcmp(level, "error") == 0)
		return "error";
	return strcmp(level, "note") == 0 || strcmp(level, "none") == 0 ||
	    strcmp(level, "info") == 0 ? "note" : "warning";
}

/* False if it isn't one. */
static bool
hook_finding_add(struct hook_answer *a, const char *path, int64_t line,
    const char *level, const char *rule, const char *text)
{
	AUTO_FREE char *cut = NULL, *rule_cut = NULL;
	cJSON *o;

	if (path == NULL || text == NULL)
		return false;
	if (path[0] == '\0' ||
	    cJSON_GetArraySize(a->findings) >= HOOK_FINDINGS_MAX) {
		a->dropped++;
		return true;
	}
	cut = utf8_cut_dup(text, HOOK_REASON_MAX);
	rule_cut = rule == NULL ? NULL : utf8_cut_dup(rule, HOOK_REASON_MAX);
	o = cJSON_CreateObject();
	json_add_path(o, "path", path);
	json_add_int(o, "line", line < 0 || line > HOOK_LINE_MAX ? 0 : line);
	json_add_str(o, "severity", hook_severity(level));
	json_add_str(o, "rule", rule_cut);
	json_add_str(o, "message", cut);
	cJSON_AddItemToArray(a->findings, o);
	return true;
}

/* ---- SARIF 2.1.0: the part that says where and what ---- */

static bool
hook_sarif_result(struct hook_answer *a, const cJSON *r)
{
	const cJSON *locations = json_array(r, "locations");
	const cJSON *place = json_get(locations == NULL ? NULL :
	    locations->child, "physicalLocation");
	const char *uri = json_str_or(json_get(place, "artifactLocation"),
	    "uri", "");
	AUTO_FREE char *path = xstrdup(uri);

	if (!cJSON_IsObject(r))
		return false;
	hook_uri_path(path);
	return hook_finding_add(a, path, json_int(json_get(place, "region"),
	    "startLine", 0), json_str_or(r, "level", "warning"),
	    json_str(r, "ruleId"), json_str(json_get(r, "message"), "text"));
}

static int
hook_sarif(struct hook_answer *a, const cJSON *log, struct err *e)
{
	const cJSON *run, *r;

	cJSON_ArrayForEach(run, json_array(log, "runs"))
		cJSON_ArrayForEach(r, json_array(run, "results"))
			if (!hook_sarif_result(a, r))
				return err_set(e, "its SARIF has a result "
				    "without a message");
	return 0;
}

/* ---- our own form ---- */

/* A member that has to be text if it's there. */
static int
hook_member(const cJSON *o, const char *key, size_t max, char **out,
    struct err *e)
{
	const cJSON *v = json_get(o, key);

	if (v == NULL || cJSON_IsNull(v))
		return 0;
	if (!cJSON_IsString(v))
		return err_set(e, "its answer has a \"%s\" that is no text",
		    key);
	if (v->valuestring[0] != '\0')
		*out = utf8_cut_dup(v->valuestring, max);
	return 0;
}

static int
hook_own(struct hook_answer *a, const cJSON *o, struct err *e)
{
	const cJSON *d = json_get(o, "decision");
	const cJSON *list = json_get(o, "findings"), *it;
	size_t i;

	if (d != NULL) {
		for (i = 0; i < MEM_COUNT(hook_decisions) &&
		    !json_is(o, "decision", hook_decisions[i]); i++)
			continue;
		if (i == MEM_COUNT(hook_decisions))
			return err_set(e, "its answer has a \"decision\" that "
			    "is none of allow, ask and deny");
		a->decision = (enum hook_decision)i;
	}
	if (hook_member(o, "reason", HOOK_REASON_MAX, &a->reason, e) < 0 ||
	    hook_member(o, "context", HOOK_CONTEXT_MAX, &a->context, e) < 0)
		return -1;
	if (list != NULL && !cJSON_IsArray(list))
		return err_set(e, "its answer has \"findings\" that are no "
		    "list");
	cJSON_ArrayForEach(it, list)
		if (!hook_finding_add(a, json_str(it, "file"),
		    json_int(it, "line", 0), json_str_or(it, "level",
		    "warning"), json_str(it, "rule"), json_str(it, "text")))
			return err_set(e, "its answer has a finding without "
			    "\"file\" or \"text\"");
	return 0;
}

int
hook_answer_read(struct hook_answer *a, const char *p, size_t n,
    struct err *e)
{
	AUTO_JSON cJSON *o = NULL;
	struct err why = ERR_INIT;

	memset(a, 0, sizeof(*a));
	a->findings = cJSON_CreateArray();
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return 0;
	o = json_parse(p, n, JSON_NUL_REFUSE, &why);
	if (o == NULL)
		return err_set(e, "its answer isn't JSON: %s", why.text);
	if (!cJSON_IsObject(o))
		return err_set(e, "its answer isn't an object");
	return json_array(o, "runs") != NULL ? hook_sarif(a, o, e) :
	    hook_own(a, o, e);
}

/*
 * host-program: a program that the user's config runs outside of the sandbox
 * ("sandbox": false: a hook, an MCP server), as the user, below a guard
 * (guard_run): all that it starts ends with it, with the call that
 * needs it, and with the core, even a killed one.
 */

#define HOST_PROGRAM_END_MS 5000	/* the guard needs less */

struct host_program {
	struct loop		*loop;
	const struct host_program_ops *ops;
	void			*arg;
	pid_t			 pid;		/* 0: reaped */
	int			 out, said, end;	/* end: a pidfd */
	struct loop_watch	*out_watch, *said_watch, *end_watch;
	struct loop_timer	*timer;
	bool			 late;
};

/* The guard kills the rest, and then itself. */
static void
host_program_stop(const struct host_program *h)
{
	(void)kill(h->pid, SIGTERM);
	(void)kill(h->pid, SIGCONT);
}

static int
host_program_reap(struct host_program *h)
{
	struct pollfd end = { .fd = h->end, .events = POLLIN };
	int status = 0;

	if (h->pid == 0)
		return 0;
	host_program_stop(h);
	if (h->end < 0 || poll(&end, 1, HOST_PROGRAM_END_MS) <= 0)
		(void)kill(h->pid, SIGKILL);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	h->pid = 0;
	return status;
}

void
host_program_free(struct host_program *h)
{
	if (h == NULL)
		return;
	(void)host_program_reap(h);
	loop_watch_free(h->out_watch);
	loop_watch_free(h->said_watch);
	loop_watch_free(h->end_watch);
	loop_timer_free(h->timer);
	fs_close(h->out);
	fs_close(h->said);
	fs_close(h->end);
	free(h);
}

static void
host_program_unwatch(struct loop_watch **w)
{
	loop_watch_free(*w);
	*w = NULL;
}

/* Read what is there, one piece at a time: who floods doesn't hold the loop. */
static bool
host_program_read(struct host_program *h, int fd)
{
	char chunk[16384];
	ssize_t n = fs_read(fd, chunk, sizeof(chunk));

	if (n > 0)
		h->ops->output(h->arg, fd == h->out, chunk, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		host_program_unwatch(fd == h->out ? &h->out_watch :
		    &h->said_watch);
	return n > 0;
}

static void
host_program_ready(void *arg, int fd, unsigned events)
{
	(void)events;
	(void)host_program_read(arg, fd);
}

static void
host_program_ended(void *arg, int fd, unsigned events)
{
	struct host_program *h = arg;
	siginfo_t si = { 0 };
	int i, status;

	(void)fd;
	(void)events;
	/* It is a zombie until host_program_reap, so its status is its own. */
	if (waitid(P_PID, (id_t)h->pid, &si, WEXITED | WNOWAIT | WNOHANG) < 0 ||
	    si.si_pid == 0)
		return;
	/* What a pipe holds. */
	for (i = 0; i < 128 && host_program_read(h, h->out); i++)
		continue;
	for (i = 0; i < 128 && host_program_read(h, h->said); i++)
		continue;
	status = host_program_reap(h);
	host_program_unwatch(&h->out_watch);
	host_program_unwatch(&h->said_watch);
	host_program_unwatch(&h->end_watch);
	h->ops->done(h->arg, status, h->late);
}

static void
host_program_stuck(void *arg)
{
	struct host_program *h = arg;

	h->timer = NULL;
	(void)kill(h->pid, SIGKILL);
}

static void
host_program_late(void *arg)
{
	struct host_program *h = arg;

	h->late = true;
	host_program_stop(h);
	h->timer = loop_timer_new(h->loop, HOST_PROGRAM_END_MS,
	    host_program_stuck, h);
}

/* -1 with *e. `*out` is the program's end, which is the caller's with `own`. */
static int
host_program_pipe(int own, int *out, struct err *e)
{
	int p[2];

	*out = own;
	if (own >= 0)
		return -1;
	if (pipe2(p, O_CLOEXEC) < 0) {
		err_sys(e, "can't create a pipe");
		return -1;
	}
	(void)fcntl(p[0], F_SETFL, O_NONBLOCK);
	*out = p[1];
	return p[0];
}

static pid_t
host_program_spawn(const struct host_program_spec *spec, int out, int said)
{
	AUTO_FREE char *own = xasprintf("%ld", (long)getpid());
	const char *const guard[] = { "assent-worker", GUARD_WORD, own };
	const int fds[3] = { spec->in, out, said };
	const char **argv;
	size_t n = 0;
	pid_t pid;

	while (spec->argv[n] != NULL)
		n++;
	argv = xcalloc(MEM_COUNT(guard) + n + 1, sizeof(*argv));
	memcpy(argv, guard, sizeof(guard));
	memcpy(&argv[MEM_COUNT(guard)], spec->argv, n * sizeof(*argv));
	pid = spawn_as_user(spec->worker, argv, spec->dir, spec->env, fds);
	free(argv);
	return pid;
}

static struct loop_watch *
host_program_watch(struct host_program *h, struct loop *loop, int fd,
    loop_fd_cb *cb)
{
	return fd < 0 ? NULL : loop_watch_new(loop, fd, LOOP_READ, cb, h);
}

struct host_program *
host_program_new(struct loop *loop, const struct host_program_spec *spec,
    const struct host_program_ops *ops, void *arg, struct err *e)
{
	struct host_program *h = xcalloc(1, sizeof(*h));
	int out, said;

	h->loop = loop;
	h->ops = ops;
	h->arg = arg;
	h->end = -1;
	h->out = host_program_pipe(spec->out, &out, e);
	h->said = host_program_pipe(-1, &said, e);
	if (!err_is_set(e) && (h->pid = host_program_spawn(spec, out, said)) <
	    0) {
		h->pid = 0;
		err_sys(e, "can't start it");
	}
	if (spec->out < 0)
		fs_close(out);
	fs_close(said);
	if (h->pid > 0 &&
	    (h->end = (int)syscall(SYS_pidfd_open, h->pid, 0)) < 0)
		err_sys(e, "can't watch it");
	if (err_is_set(e)) {
		host_program_free(h);
		return NULL;
	}
	h->out_watch = host_program_watch(h, loop, h->out, host_program_ready);
	h->said_watch = host_program_watch(h, loop, h->said,
	    host_program_ready);
	h->end_watch = host_program_watch(h, loop, h->end, host_program_ended);
	if (spec->timeout_ms > 0)
		h->timer = loop_timer_new(loop, spec->timeout_ms,
		    host_program_late, h);
	return h;
}

#define HOOK_SAID_MAX	((size_t)64 << 10)
#define HOOK_DIR	"hook"	/* of a scratch copy */
#define HOOK_REAL	"hook-real"	/* of the project as it is */
#define HOOK_FILES	20	/* changed ones that are named */

/* What a worker joins is kept apart here: the answer is standard output alone,
 * and the messages come last, only if there is no answer. */
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
	struct capture_result cr;
	const char *line;
	char *words;
	size_t n;

	call_captured(c, b, 2000, true, &cr);
	n = strlen(cr.text);
	while (n > 0 && strchr(" \t\r\n", cr.text[n - 1]) != NULL)
		cr.text[--n] = '\0';
	line = strrchr(cr.text, '\n');
	words = xstrdup(line == NULL ? cr.text : line + 1);
	capture_result_release(&cr);
	return words;
}

/* Report an end that is no answer. */
static void
hook_run_failed(struct core *c, cJSON *line, const char *how,
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
	call_after(c, r->stage, result, &notes);
	if (c->journal != NULL && r->real == NULL)
		call_stage_notes(c, &notes);
	hook_run_drop(c, r);
}

/* The staged copy that it is about. */
static struct stage *
hook_run_about(struct core *c, struct hook_run *r, struct err *e)
{
	/* No decision: the hook is only tried. */
	if (r->event != HOOK_BEFORE_APPLY || c->decision.line == NULL)
		return c->task.planning && stages_open_plan(c, e) < 0 ? NULL :
		    call_stage(c);
	r->scratch = stages_scratch(c, HOOK_DIR, e);
	return r->scratch == NULL || decision_stage(c, r->scratch, e) < 0 ?
	    NULL : r->scratch;
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

	if (stage == NULL || stage_before_call(stage, &notes, e) < 0)
		return -1;
	if (r->scratch == NULL)
		call_stage_notes(c, &notes);
	r->stage = stage;
	if (!hook_events[r->event].blocks)
		return 0;
	stage_fill_spec(stage, about);
	r->stage = r->real = stages_scratch(c, HOOK_REAL, e);
	return r->real == NULL ? -1 : 0;
}

static void
hook_run_finished(void *arg, const struct sandbox_result *result)
{
	struct core *c = arg;
	struct hook_run *r = &c->hooks->run;
	AUTO_FREE char *met = call_limit_hit(c, result);
	AUTO_FREE char *how = NULL;
	const char *why = met != NULL ? met : call_not_shown(c, result,
	    &r->out);
	cJSON *line = cJSON_CreateObject();

	hook_run_after(c, r, result);
	if (!result->built) {
		how = xasprintf("the sandbox could not be built: %s",
		    result->error);
		hook_run_failed(c, line, how, NULL);
		return;
	}
	call_add_outcome(c, line, result);
	if (result->killed != NULL)
		how = xasprintf("it was ended at a limit (%s)",
		    result->limit == NULL ? result->killed : result->limit);
	else if (result->signal != 0)
		how = xasprintf("it was killed by signal %d", result->signal);
	else if (result->exit != 0)
		how = xasprintf("exit status %d%s%s", result->exit,
		    why == NULL ? "" : ", ", why == NULL ? "" : why);
	if (how != NULL)
		hook_run_failed(c, line, how, result->killed != NULL ? NULL :
		    &r->out);
	else
		hook_run_ended(c, line, NULL);
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
	struct call_how how = { .tool = "argv", .args = args,
		.callbacks = &callbacks, .id = r->id, .command = command,
		.cwd = c->root,
		.timeout_ms = json_int(r->spec, "timeout_ms", 0) };

	if (c->sandbox.level == SANDBOX_NONE)
		return err_set(e, "this host has no sandbox, and its entry "
		    "doesn't say \"sandbox\": false");
	if (hook_run_stages(c, r, &about, e) == 0) {
		r->scanned = r->stage == c->stage &&
		    stage_scan(c->stage, &r->before, NULL) == 0;
		how.stage = r->stage;
		how.staged = about.upper != NULL ? about.upper : about.copy;
		r->staged = xstrdup(r->real == NULL ? c->root :
		    sandbox_levels[c->sandbox.level].encloses ?
		    SANDBOX_STAGED_DIR : how.staged);
		json_set_take(args, "argv", cJSON_CreateStringArray(argv,
		    (int)MEM_COUNT(argv)));
		json_add_path(input, "staged", r->staged);
		text = json_print(input);
		json_add_str(args, "input", text);
		/* phases: nothing else uses the staged copy. */
		assert(!run_is_on(c));
		r->worker = call_begin(c, &how, e);
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
	int64_t ms = json_int(r->spec, "timeout_ms", 0);
	cJSON *line = cJSON_CreateObject();
	AUTO_FREE char *how = NULL;

	json_add_int(line, "ms", clock_mono_ms() - r->from_ms);
	if (late) {
		json_add_str(line, "killed", "timeout");
		how = xasprintf("it was ended at a limit (it took longer than "
		    "%lld s; timeout_s raises it)", (long long)(ms / 1000));
	} else if (WIFSIGNALED(status)) {
		json_add_int(line, "signal", WTERMSIG(status));
		how = xasprintf("it was killed by signal %d",
		    WTERMSIG(status));
	} else {
		json_add_int(line, "exit", WEXITSTATUS(status));
		if (WEXITSTATUS(status) != 0)
			how = xasprintf("exit status %d", WEXITSTATUS(status));
	}
	host_program_free(r->host);
	r->host = NULL;
	if (how != NULL)
		hook_run_failed(c, line, how, r->said.len > 0 ? &r->said :
		    &r->out);
	else
		hook_run_ended(c, line, NULL);
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

	c->hooks->run.failed = NULL;
	hook_run_ended(c, cJSON_CreateObject(), why.text);
}

void
hook_run_start(struct core *c, struct hook_run *r, cJSON *input)
{
	int rc;

	buf_init(&r->out, HOOK_ANSWER_MAX + 1);
	buf_init(&r->said, HOOK_SAID_MAX + 16384);
	err_clear(&r->why);
	r->from_ms = clock_mono_ms();
	rc = json_bool(r->spec, "sandbox", true) ?
	    hook_run_sandboxed(c, r, input, &r->why) :
	    hook_run_as_user(c, r, input, &r->why);
	if (rc < 0)
		r->failed = loop_timer_new(c->loop, 0, hook_run_not_begun, c);
}

void
hook_run_cancel(struct core *c, struct hook_run *r)
{
	if (r->worker != NULL) {
		sandbox_call_cancel(r->worker);
		hook_run_after(c, r, NULL);
	}
	host_program_free(r->host);
	r->host = NULL;
	loop_timer_free(r->failed);
	r->failed = NULL;
}

/* ---- what it changed ---- */

/* Add the changes of `a` that `b` lacks, or has with other contents. */
static void
hook_changed_add(cJSON *list, const struct stage_scan *a,
    const struct stage_scan *b, bool missing)
{
	const struct stage_change *same;
	size_t i;

	for (i = 0; i < a->changes_len &&
	    cJSON_GetArraySize(list) < HOOK_FILES; i++) {
		cJSON *o;

		same = stage_scan_find(b, a->changes[i].path);
		if (missing ? same != NULL : same != NULL && stage_side_equal(
		    &same->after, &a->changes[i].after))
			continue;
		o = cJSON_CreateObject();
		json_add_path(o, "path", a->changes[i].path);
		cJSON_AddItemToArray(list, o);
	}
}

bool
hook_run_changed(struct core *c, struct hook_run *r, cJSON *line)
{
	struct stage_scan now;
	cJSON *list;

	if (!r->scanned)
		return false;
	/* First: it tells the user about files that changed on disk. */
	propose_count(c, NULL);
	if (stage_scan(c->stage, &now, NULL) < 0)
		return false;
	list = cJSON_CreateArray();
	hook_changed_add(list, &now, &r->before, false);
	hook_changed_add(list, &r->before, &now, true);
	stage_scan_release(&now);
	if (list->child == NULL) {
		cJSON_Delete(list);
		return false;
	}
	json_set_take(line, "changed", list);
	c->review.touched = true;
	return true;
}
