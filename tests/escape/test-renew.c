/*
 * The worker of commands, as TAP: it makes the sandbox anew for each, and what
 * it shows is what there is: the root is built once, but never outlives a change
 * of what was planned. Nothing of a command is there for the next, no call is
 * lost or runs twice when something dies. On A and B; test-escape's table runs
 * against it, too.
 */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "tests/escape/world.h"

#define LARGE 1000000	/* more than a socket holds */

/* Did the worker that served before serve this command? */
static bool
same(struct world *w, const char *command)
{
	pid_t before = world_worker_of(getpid());

	world_bash(w, command);
	return w->ready != NULL && world_worker_of(getpid()) == before;
}

static bool
another(struct world *w, const char *command)
{
	pid_t before = world_worker_of(getpid());

	world_bash(w, command);
	return w->ready != NULL && world_worker_of(getpid()) != before;
}

static void
write_at(struct world *w, const char *below, const char *text)
{
	char *path = xstrdup(world_path(w, below)), *slash;

	slash = strrchr(path, '/');
	*slash = '\0';
	(void)fs_mkdirs(path, 0755, NULL);
	free(path);
	world_write(world_path(w, below), text);
}

static void
move(struct world *w, const char *from, const char *to)
{
	if (rename(world_path(w, from), world_path(w, to)) < 0)
		abort();
}

static void
test_anew(struct world *w)
{
	char *command = xasprintf("echo $$; (setsid sleep 1000 </dev/null "
	    ">/dev/null 2>&1 : %s &); sh -c 'exec sleep 1000 # %s' "
	    ">/dev/null 2>&1 & touch /dev/shm/x; ipcmk -M 4096 >/dev/null; "
	    "(: </dev/tcp/127.0.0.1/9) 2>/dev/null; umask 0; cd /; exit 3",
	    w->mark, w->mark);
	char *first;

	world_bash(w, command);
	first = xstrdup(buf_str(&w->output));
	tap_ok(w, w->result.exit == 3 && w->ready != NULL &&
	    world_marked(w) == 0, "a command's processes end with it");
	tap_ok(w, same(w, "echo $$; ls /dev/shm; ipcs -m | grep 0x; "
	    "sed -n 's/.* lo: *\\([0-9]\\)/\\1/p' /proc/net/dev; pwd") &&
	    strncmp(buf_str(&w->output), first, strlen(first)) == 0 &&
	    strstr(buf_str(&w->output), "\n0x") == NULL &&
	    !world_said(w, "x"), "the same worker, and all else anew");
	tap_ok(w, same(w, "ls -d /proc/[0-9]* | wc -l; awk '/lo:/ { print "
	    "\"lo\", $2 }' /proc/net/dev; hostname; ls -A /assent") &&
	    world_said(w, "lo 0") && world_said(w, "sandbox"),
	    "processes and network too");
	tap_ok(w, same(w, "ls -A /assent/.[a-z]* | grep -v '^/\\|^$'; "
	    "awk '$5 == \"/proc\" || $5 ~ \"^/assent/[.]\" { print $5 }' "
	    "/proc/self/mountinfo") &&
	    strcmp(buf_str(&w->output), "/proc\n") == 0,
	    "what it keeps isn't shown");
	free(first);
	free(command);
}

static void
test_seen(struct world *w)
{
	static const char *const masked[] = { ".env", NULL };
	char *path = xasprintf("%s/.local/bin:%s", w->home, w->path);

	if (w->level == SANDBOX_A) {
		tap_ok(w, same(w, "cat .env") && w->result.exit == 0,
		    "a file that isn't secret");
		w->masked = masked;
		tap_ok(w, same(w, "cat .env") && w->result.exit != 0,
		    "a secret is hidden from the next command on");
		w->masked = NULL;
		write_at(w, "home/u/p/later.txt", "later\n");
		tap_ok(w, same(w, "cat later.txt") && world_said(w, "later"),
		    "a new file of the project");
	}
	w->path = path;
	world_bash(w, "ls -A ~/.local");
	write_at(w, "home/u/.local/bin/two", "#!/bin/sh\necho two ran\n");
	(void)chmod(world_path(w, "home/u/.local/bin/two"), 0755);
	write_at(w, "home/u/.local/bin/.npmrc", "token\n");
	tap_ok(w, another(w, "two; cat ~/.local/bin/.npmrc") &&
	    world_said(w, "two ran") && !world_said(w, "token"),
	    "a toolchain that appears, without its credentials");
	write_at(w, "home/u/.local/bin/three", "#!/bin/sh\necho three ran\n");
	(void)chmod(world_path(w, "home/u/.local/bin/three"), 0755);
	tap_ok(w, same(w, "three") && world_said(w, "three ran"),
	    "a program that appears in one");
	move(w, "home/u/.local/bin", "home/u/.local/bin2");
	write_at(w, "home/u/.local/bin/two", "#!/bin/sh\necho other\n");
	(void)chmod(world_path(w, "home/u/.local/bin/two"), 0755);
	tap_ok(w, another(w, "two; three") && world_said(w, "other") &&
	    !world_said(w, "three ran"), "one that is replaced");
	move(w, "home/u/.local/bin", "home/u/.local/bin3");
	tap_ok(w, another(w, "two; ls -A ~/.local/bin") &&
	    strstr(buf_str(&w->output), "other") == NULL &&
	    !world_said(w, "two"), "one that is removed");
	write_at(w, "home/u/.cargo/config.toml", "[net]\n");
	tap_ok(w, another(w, "cat ~/.cargo/config.toml") &&
	    world_said(w, "[net]"), "a toolchain's settings");
	write_at(w, "home/u/.cargo/config.toml", "token = \"t\"\n");
	tap_ok(w, another(w, "cat ~/.cargo/config.toml") &&
	    w->result.exit != 0, "once they hold a credential they are hidden");
	write_at(w, "home/u/.cache/pip/one", "one\n");
	tap_ok(w, another(w, "cat ~/.cache/pip/one; echo more > "
	    "~/.cache/pip/mine") && world_said(w, "one"),
	    "a cache that appears");
	write_at(w, "home/u/.cache/pip/two", "two\n");
	tap_ok(w, same(w, "cat ~/.cache/pip/two") && world_said(w, "two"),
	    "and what the user's programs write there");
	if (w->level == SANDBOX_A)
		tap_ok(w, same(w, "cat ~/.cache/pip/mine") &&
		    world_said(w, "more"), "or a command wrote");
}

/* The process so many levels below this one, asleep. */
static pid_t
below(int depth)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	int64_t end = clock_mono_ms() + 60000;
	pid_t at;
	int i;

	while (clock_mono_ms() < end) {
		char state = 0;

		for (i = 0, at = getpid(); i < depth && at > 0; i++)
			at = world_worker_find(at, &state);
		if (at > 0 && state == 'S')
			return at;
		(void)nanosleep(&tick, NULL);
	}
	printf("Bail out! no sandbox gets ready\n");
	fflush(stdout);
	_exit(99);
}

static void
output(void *arg, const char *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static void
done(void *arg, const struct sandbox_result *r)
{
	struct world *w = arg;

	w->result.built = r->built;
	loop_stop(w->loop, 0);
}

/* While a new worker waits for the rest of a call that no socket holds at once,
 * the host mounts something elsewhere. */
static void
test_mounted_early(struct world *w, const char *at)
{
	static const struct sandbox_callbacks cb = {
		.output = output, .done = done,
	};
	AUTO_FREE char *big = xmalloc(LARGE + 1);
	AUTO_JSON cJSON *args = cJSON_CreateObject();
	const char *text;

	memset(big, 'x', LARGE);
	big[LARGE] = '\0';
	json_add_str(args, "path", "big");
	json_add_str(args, "content", big);
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	w->bare = true;
	world_start(w, w->loop, "write", args, &cb, w);
	(void)below(2);
	if (mount("x", at, "tmpfs", 0, "mode=755") < 0)
		abort();
	loop_run(w->loop);
	text = world_read(w, world_path(w, w->level == SANDBOX_A ?
	    "state/upper/big" : "state/copy/big"));
	tap_ok(NULL, w->result.built && text != NULL && strlen(text) == LARGE,
	    "a mount before a large call has come doesn't end it");
	if (umount2(at, MNT_DETACH) < 0)
		abort();
	w->bare = false;
}

/* A folder's inode doesn't say which folder a mount of the host shows there. */
static void
test_mounted(struct world *w)
{
	const char *at = world_path(w, "home/u/.cargo");

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		tap_skip("mounts of the host", "only root can make one");
		return;
	}
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	world_bash(w, "true");
	if (mount("x", at, "tmpfs", 0, "mode=755") < 0)
		abort();
	write_at(w, "home/u/.cargo/bin/new", "#!/bin/sh\necho mounted\n");
	(void)chmod(world_path(w, "home/u/.cargo/bin/new"), 0755);
	tap_ok(w, another(w, "new") && world_said(w, "mounted"),
	    "what the host mounts over a toolchain");
	if (umount2(at, MNT_DETACH) < 0)
		abort();
	tap_ok(w, another(w, "new; tool") && world_said(w, "tool ran") &&
	    !world_said(w, "mounted"), "and what was below it");
	/* No step of the mount plan changes with it. */
	if (mount("x", "/usr/share", "tmpfs", 0, "mode=755") < 0)
		abort();
	tap_ok(w, another(w, "ls /usr/share | wc -l") && world_said(w, "0"),
	    "what it mounts below a folder of the system");
	if (umount2("/usr/share", MNT_DETACH) < 0)
		abort();
	tap_ok(w, another(w, "ls /usr/share | wc -l") && !world_said(w, "0"),
	    "and when that is gone");
	test_mounted_early(w, at);
}

/* A command may move what its own mounts are on. */
static void
test_moved(struct world *w)
{
	char *command = xasprintf("cd /; for d in /tmp/*; do mv \"$d\" "
	    "\"$d.moved\"; done; mkdir -p %s; ln -sfn /etc %s/home; "
	    "ls -l /tmp /tmp/*", w->dir, w->dir);

	world_bash(w, command);
	tap_ok(w, same(w, "tool; pwd; cat hello.txt; touch ~/here && echo "
	    "home; touch /tmp/there && echo tmp") &&
	    world_said(w, "tool ran") && world_said(w, w->root) &&
	    world_said(w, "hello") && world_said(w, "home") &&
	    world_said(w, "tmp"), "everything is in its place again");
	tap_ok(w, same(w, "ls ~/here /tmp/there") && w->result.exit == 0,
	    "home and temporary files stay");
	free(command);
}

static void
test_dies(struct world *w)
{
	static const char *const what[] = { NULL, "the worker",
		"its first process", "the next command's first process" };
	const char *count = w->level == SANDBOX_A ? "state/upper/count" :
	    "state/copy/count";
	char lines[16] = "";
	int depth;

	world_bash(w, "rm -f count");
	for (depth = 1; depth <= 3; depth++) {
		const char *text;

		(void)world_kill(below(depth), SIGKILL);
		world_bash(w, "echo x >> count");
		strcat(lines, "x\n");
		text = world_read(w, world_path(w, count));
		tap_ok(w, w->result.exit == 0 && text != NULL &&
		    strcmp(text, lines) == 0,
		    "%s is killed: the next command runs once", what[depth]);
	}
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	tap_ok(NULL, world_none_stays(), "and nothing is left");
	world_bash(w, "kill -9 $$");
	tap_ok(w, w->result.signal == 9 && w->ready == NULL,
	    "a command that was killed ends the worker");
	w->limits.timeout_ms = 300;
	world_bash(w, "sleep 1000 & sleep 1000");
	w->limits.timeout_ms = 120000;
	tap_ok(w, w->result.killed != NULL && w->ready == NULL &&
	    world_none_stays(), "so does a time limit");
	world_bash(w, "echo ran");
	tap_ok(w, world_said(w, "ran") && same(w, "(echo ran)"),
	    "the next has a new one");
}

static void
run_level(enum sandbox_level level)
{
	struct world *w;

	if (level != SANDBOX_A && level != SANDBOX_B)
		return;
	w = world_new(level);
	w->loop = loop_new();
	w->stays = true;
	test_anew(w);
	test_seen(w);
	test_moved(w);
	test_dies(w);
	test_mounted(w);
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	loop_free(w->loop);
	world_free(w);
}

static void
run_all(const char *who)
{
	(void)world_each_level(who, "the worker of commands", run_level);
}

int
main(void)
{
	world_main(run_all);
}
