/*
 * A program that serves, as TAP: what goes through its stdin and stdout, that
 * nothing of it runs while it is held, and that nothing of it is left.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "tests/escape/world.h"

/* It answers each line, while a child works without an end. */
static const char serve_script[] =
    "while :; do echo x >> ticks; done & ./attempt goes_on=ticks >/dev/null & "
    "(sleep 1000 & exec sleep 1000) & "
    "echo \"to stderr $0\" >&2; "
    "while IFS= read -r line; do case $line in "
    "wakes) ./attempt wakes;; "
    "env) echo \"$GIVEN, $HOME\";; "
    "hang) ./attempt hangs=ticks 2>&1 & sleep 1000;; "
    "spawn) ./attempt spawns | head -1 & ;; "
    "git) ls -a .git 2>&1 | head -1; git log 2>&1 | head -1;; "
    "ticks) wc -c < ticks;; "
    "end) kill %1; exit 3;; "
    "*) echo \"re $line\";; esac; done; exit 4";

struct serve {
	struct world	*w;
	struct loop	*loop;
	struct lineio	*in, *io;	/* to it, and from it */
	struct sandbox_call *call;
	int		 held;
	bool		 done;
};

static void
serve_output(void *arg, const char *p, size_t n)
{
	struct serve *s = arg;

	(void)buf_add(&s->w->output, p, n);
}

static void
serve_done(void *arg, const struct sandbox_result *r)
{
	struct serve *s = arg;

	s->w->result = *r;
	s->w->result.error = xstrdup_null(r->error);
	s->w->result.killed = xstrdup_null(r->killed);
	s->w->result.limit = s->w->result.left = NULL;
	s->done = true;
	s->call = NULL;
}

static void
serve_held(void *arg)
{
	struct serve *s = arg;

	s->held++;
}

static void
serve_begin(struct serve *s, struct world *w)
{
	static const struct sandbox_callbacks cb = {
		.output = serve_output, .done = serve_done,
		.held = serve_held,
	};
	struct sandbox_spec spec;
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	/* bash takes a socket for a network's, and would read its rc. */
	const char *const argv[] = { "bash", "--norc", "-c", serve_script,
		w->mark };
	cJSON *list = cJSON_AddArrayToObject(args, "argv");
	size_t i;
	int in[2], out[2];

	memset(s, 0, sizeof(*s));
	s->w = w;
	s->loop = loop_new();
	for (i = 0; i < MEM_COUNT(argv); i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(argv[i]));
	json_add_str(cJSON_AddObjectToObject(args, "env"), "GIVEN", "by you");
	json_add_str(cJSON_GetObjectItem(args, "env"), "HOME", "/other");
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		abort();
	s->in = lineio_new_take(in[1], 1, 65536);
	s->io = lineio_new_take(out[0], 65536, 1);
	world_spec(w, &spec);
	spec.no_git = true;
	spec.tool = "serve";
	spec.args = args;
	spec.io_take[0] = in[0];
	spec.io_take[1] = out[1];
	s->call = sandbox_call_start(s->loop, &spec, NULL, &cb, s);
}

static void
serve_end(struct serve *s)
{
	sandbox_call_cancel(&s->call);
	lineio_free(s->in);
	lineio_free(s->io);
	loop_free(s->loop);
}

static void
serve_wake(void *arg, int fd, unsigned events)
{
	(void)arg;
	(void)fd;
	(void)events;
}

/* The next line, or NULL if it has ended. */
static const char *
serve_line(struct serve *s)
{
	struct loop_watch *watch = loop_watch_new(s->loop, s->io->fd,
	    LOOP_READ, serve_wake, NULL);
	const char *answer = NULL;
	int rc = 0;
	size_t n;

	while (rc == 0 && (answer = lineio_next(s->io, &n)) == NULL) {
		loop_once(s->loop, 10000);
		rc = lineio_read(s->io);
	}
	loop_watch_free(&watch);
	return answer;
}

static void
serve_tell(struct serve *s, const char *line)
{
	(void)lineio_send(s->in, line, strlen(line));
	(void)lineio_flush(s->in);
}

static const char *
serve_ask(struct serve *s, const char *line)
{
	serve_tell(s, line);
	return serve_line(s);
}

static bool
serve_says(struct serve *s, const char *line, const char *want)
{
	const char *answer = serve_ask(s, line);

	return answer != NULL && strcmp(answer, want) == 0;
}

static void
serve_hold(struct serve *s, bool hold)
{
	int before = s->held;

	sandbox_call_pause(s->call, hold);
	while (hold && s->held == before && !s->done)
		loop_once(s->loop, 10000);
}

static int64_t
serve_ticks(struct serve *s)
{
	const char *folder = s->w->level == SANDBOX_A ? "state/upper/ticks" :
	    "state/copy/ticks";
	struct stat st;

	return stat(world_path(s->w, folder), &st) < 0 ? 0 : st.st_size;
}

static void
serve_talks(struct world *w)
{
	struct serve s;
	const char *answer;

	serve_begin(&s, w);
	tap_ok(w, serve_says(&s, "hello", "re hello"), "it answers");
	tap_ok(w, serve_says(&s, "env", "by you, /other"),
	    "it has the variables that it was given, instead of ours");
	tap_ok(w, serve_says(&s, "wakes", "wakes EPERM"),
	    "nothing that ends can wake it");
	while (!s.done && strstr(buf_str(&w->output), "to stderr") == NULL)
		loop_once(s.loop, 10000);
	tap_ok(w, !s.done, "what it prints to stderr is output");
	answer = serve_ask(&s, "git");
	tap_ok(w, answer != NULL && strstr(answer, "HEAD") == NULL &&
	    (strcmp(answer, ".") == 0 || strstr(answer, "ls:") != NULL),
	    "it doesn't see .git: %s", answer);
	answer = serve_line(&s);
	tap_ok(w, answer != NULL && strstr(answer, "fatal") != NULL,
	    "git knows of no repository: %s", answer);
	serve_tell(&s, "end");
	while (!s.done)
		loop_once(s.loop, 10000);
	tap_ok(w, w->result.exit == 3 && w->result.killed == NULL,
	    "it ends by itself");
	tap_ok(w, world_wait_gone(w), "with all that it had started");
	serve_end(&s);
}

static void
serve_holds(struct world *w)
{
	struct serve s;
	int64_t before, after = 0;
	const char *answer;
	int i;

	buf_clear(&w->output);
	serve_begin(&s, w);
	(void)serve_ask(&s, "spawn");
	for (i = 0; i < 3; i++) {
		serve_hold(&s, true);
		before = serve_ticks(&s);
		/* It is told, and a signal that wakes others doesn't. */
		serve_tell(&s, "late");
		loop_once(s.loop, 30);
		after = serve_ticks(&s);
		tap_ok(w, s.held == i + 1 && before == after && before > 0,
		    "held, it does nothing");
		serve_hold(&s, false);
		answer = serve_line(&s);
		tap_ok(w, answer != NULL && strcmp(answer, "re late") == 0 &&
		    serve_says(&s, "more", "re more"),
		    "then it goes on where it was");
	}
	while (serve_ticks(&s) == after)
		loop_once(s.loop, 1);
	serve_hold(&s, true);
	sandbox_call_cancel(&s.call);
	tap_ok(w, world_marked(w) == 0, "one that is held can be ended");
	serve_end(&s);
}

/* As any program of the machine may: the kernel then drops the sockets that only
 * each other's queues have. */
static void
serve_collect(void)
{
	const struct iovec byte = { (char[]) { 'x' }, 1 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    fdpass_send(pair[0], &byte, 1, &pair[0], 1) < 0)
		abort();
	close(pair[1]);
	close(pair[0]);
}

/* Nothing wakes it from outside. */
static void
serve_hangs(struct world *w)
{
	struct serve s;
	struct pollfd p;
	int64_t before;
	size_t n;

	serve_begin(&s, w);
	(void)serve_ask(&s, "hello");
	serve_tell(&s, "hang");
	p = (struct pollfd){ .fd = s.io->fd, .events = POLLIN };
	(void)poll(&p, 1, 10000);
	serve_hold(&s, true);
	before = serve_ticks(&s);
	tap_ok(w, lineio_read(s.io) == 0 && lineio_next(s.io, &n) != NULL,
	    "held, its output is read");
	serve_collect();
	loop_once(s.loop, 30);
	tap_ok(w, before > 0 && serve_ticks(&s) == before,
	    "and with its terminal dropped it does nothing");
	serve_end(&s);
}

static void
serve_stops(struct world *w)
{
	struct serve s;

	serve_begin(&s, w);
	(void)serve_ask(&s, "hello");
	lineio_free(s.in);
	s.in = NULL;
	while (!s.done)
		loop_once(s.loop, 10000);
	tap_ok(w, w->result.exit == 4, "the end of its input ends it");
	tap_ok(w, world_wait_gone(w), "and all that it had started");
	serve_end(&s);
}

static void
serve_level(enum sandbox_level level)
{
	struct world *w = world_new(level);

	serve_talks(w);
	serve_holds(w);
	serve_hangs(w);
	serve_stops(w);
	world_free(w);
}

static void
serve_as(const char *who)
{
	AUTO_FREE char *label = xasprintf("%s, C", who);

	(void)world_each_level(who, "a server", serve_level);
	tap_label(label);
	if (landlock_version(NULL) > 0)
		serve_level(SANDBOX_C);
	else
		tap_skip("a server", "this kernel has no landlock");
}

int
main(void)
{
	world_main(serve_as);
}
