/*
 * The socket at which a command finds the proxy: it is there for each command,
 * in its own network, and what is sent there is accepted outside. Nothing else
 * of the sandbox's network changes. On A, B and C.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "tests/escape/world.h"

/* As clients find it: the host's name is not resolved for a number. */
#define ASK "p=${http_proxy##*:}; exec 3<>/dev/tcp/127.0.0.1/$p && cat <&3"

/* Does the last call's socket still listen?  Its port alone proves nothing: a
 * program beside us may have got it since. */
static bool
still_listens(const struct world *w)
{
	char line[512];
	unsigned long inode;
	bool found = false;
	FILE *f = fopen("/proc/net/tcp", "re");

	if (f == NULL)
		return true;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		/* The tenth column, proc(5). */
		found = sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %lu",
		    &inode) == 1 && inode == w->net_inode;
	fclose(f);
	return found;
}

static void
test_reached(struct world *w)
{
	int tries = 100;

	world_bash(w, ASK);
	tap_ok(w, world_said(w, "served") && w->served == 1,
	    "a command reaches the socket");
	world_bash(w, ASK "; " ASK "; (" ASK ") & wait");
	tap_ok(w, w->served == 4, "several times, and from its children");
	/* It may be over before its socket is taken: then again. */
	do
		world_bash(w, "true");
	while (w->net_port == 0 && --tries > 0);
	tap_ok(w, w->net_port > 0 && w->served == 4, "one that doesn't");
	world_bash(w, ASK);
	tap_ok(w, world_said(w, "served"), "the next one");
	tap_ok(w, !still_listens(w), "it is gone with the command");
}

static void
test_variables(struct world *w)
{
	const char *secret = w->net_secret == NULL ? "" : "assent:abc@";
	char *text = xasprintf("http://%s127.0.0.1:", secret);
	char *command = xasprintf("for v in HTTP_PROXY HTTPS_PROXY ALL_PROXY "
	    "http_proxy https_proxy all_proxy; do "
	    "case ${!v} in %s[1-9]*) echo $v;; esac; done | wc -l; "
	    "echo $NO_PROXY; echo $no_proxy; echo node $NODE_USE_ENV_PROXY",
	    text);

	world_bash(w, command);
	tap_ok(w, world_said(w, "6") && world_said(w, "node 1") &&
	    world_said(w, "localhost,127.0.0.1,::1"),
	    "the variables that lead there");
	free(command);
	free(text);
	w->net = false;
	world_bash(w, "env | grep -ci proxy");
	tap_ok(w, world_said(w, "0") && w->net_port == 0,
	    "none of them where it isn't offered");
	w->net = true;
}

/* Elsewhere a command still gets nowhere. */
static void
test_nothing_else(struct world *w)
{
	char *command = xasprintf("for a in 127.0.0.1/%d 192.0.2.1/80 "
	    "127.0.0.2/${http_proxy##*:}; do "
	    "(: </dev/tcp/$a) 2>/dev/null && echo open $a; done; "
	    "python3 - <<'P'\n"
	    "import os, socket\n"
	    "p = int(os.environ['http_proxy'].rsplit(':', 1)[1])\n"
	    "s = socket.socket()\n"
	    "try:\n    s.bind(('127.0.0.1', p)); s.listen()\n"
	    "except OSError: print('taken')\n"
	    "P\n", w->port);

	world_bash(w, command);
	tap_ok(w, strstr(buf_str(&w->output), "open") == NULL,
	    "no other address");
	tap_ok(w, world_said(w, "taken"), "nobody else gets its port");
	free(command);
}

static void
kill_worker(void *arg)
{
	(void)world_kill(*(pid_t *)arg, SIGKILL);
}

/* Each command in one worker has its own. */
static void
test_stays(struct world *w)
{
	int i, served = w->served;
	pid_t worker;

	w->loop = loop_new();
	w->stays = true;
	for (i = 0; i < 5; i++)
		world_bash(w, i == 2 ? "exit 3" : ASK);
	tap_ok(w, w->served == served + 4 && world_said(w, "served"),
	    "each command of a worker that stays");
	/* It ends before its socket was asked for. */
	for (i = 0; i < 20; i++)
		world_bash(w, "true");
	world_bash(w, ASK);
	tap_ok(w, w->served == served + 5, "after many that end at once");
	/* It dies with the command in hand, which another one runs. */
	worker = world_worker_of(getpid());
	(void)world_kill(worker, SIGSTOP);
	(void)loop_timer_new(w->loop, 0, kill_worker, &worker);
	world_bash(w, ASK);
	tap_ok(w, worker > 0 && w->served == served + 6 &&
	    world_said(w, "served"), "from the next worker, if one fails");
	w->stays = false;
}

static void
run_level(enum sandbox_level level)
{
	struct world *w;

	if (!sandbox_levels[level].holds)
		return;
	w = world_new(level);
	w->net = true;
	w->net_secret = level == SANDBOX_C ? "abc" : NULL;
	w->limits.timeout_ms = 60000;
	test_reached(w);
	test_variables(w);
	test_nothing_else(w);
	if (level != SANDBOX_C)
		test_stays(w);
	world_free(w);
}

static void
run_all(const char *who)
{
	char *label = xasprintf("%s, C", who);

	(void)world_each_level(who, "the way to the proxy", run_level);
	tap_label(label);
	if (landlock_version(NULL) > 0)
		run_level(SANDBOX_C);
	else
		tap_skip("the way to the proxy", "no landlock");
	free(label);
}

int
main(void)
{
	world_main(run_all);
}
