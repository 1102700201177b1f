/*
 * The deaths of level C's processes, with each way in which landlock keeps
 * signals apart: what the call started ends, and nothing else; and what goes on
 * without a broker can do nothing more than before. Needs python3 for that.
 */
#include "config.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "sandbox/tasks.h"
#include "tests/escape/world.h"

/* The newest version of landlock that leaves signals to the broker. */
#define GUARD_UNSCOPED	5

/* A process of the same user's, beside the call. */
static pid_t
guard_neighbor(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

/* Wait until the call has had its three processes. */
static bool
guard_is_full(struct world *w)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	int64_t end = clock_mono_ms() + 60000;
	bool full;

	while (!(full = world_marked(w) >= 3) && clock_mono_ms() < end)
		(void)nanosleep(&tick, NULL);
	return full;
}

/* Stop our worker, and wait until it has stopped. */
static pid_t
guard_stop_worker(void)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	int64_t end = clock_mono_ms() + 60000;
	pid_t worker = world_worker_of(getpid());
	char state = 0;

	(void)world_kill(worker, SIGSTOP);
	while (world_worker_find(getpid(), &state) == worker &&
	    state != 'T' && clock_mono_ms() < end)
		(void)nanosleep(&tick, NULL);
	return worker;
}

static void
guard_dies(struct world *w, bool launcher)
{
	AUTO_FREE char *command = xasprintf("(setsid sh -c \"trap '' TERM HUP; "
	    "sleep 1000; : %s\" &)\nsh -c 'sleep 1000; : %s' &\necho said; "
	    "sleep 1000; : %s", w->mark, w->mark, w->mark);
	const char *what = launcher ? "the launcher dies" : "the guard dies";
	pid_t neighbor = guard_neighbor(), worker;
	struct world_command c;
	bool full;

	world_command(w, &c, command);
	loop_run(c.loop);
	full = guard_is_full(w);
	worker = world_worker_of(getpid());
	(void)world_kill(launcher ? worker : world_worker_of(worker), SIGKILL);
	/* The shell may print that it can't fork any more. */
	while (!c.done)
		loop_run(c.loop);
	tap_ok(NULL, full && c.done && !c.ran && world_wait_gone(w),
	    "%s: the call ends, with all its processes", what);
	tap_ok(NULL, kill(neighbor, 0) == 0 && waitpid(neighbor, NULL,
	    WNOHANG) == 0, "%s: no other process ends", what);
	world_command_end(&c);
	(void)world_kill(neighbor, SIGKILL);
	world_reap();
}

/* Processes that survive their guard. Everything must fail. */
static const char guard_tries[] =
    "import ctypes, os, platform, signal, socket, sys, time\n"
    "home, tree, port, pid = sys.argv[1:5]\n"
    "port, pid, guard = int(port), int(pid), os.getppid()\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def check(n):\n"
    "    if n < 0: raise OSError()\n"
    "def listener():\n"
    "    n = {'x86_64': 317, 'aarch64': 277}.get(platform.machine())\n"
    "    check(libc.syscall(n, 1, 8, 0) if n else -1)\n"
    "    print('open listener')\n"
    "def connect(family, to):\n"
    "    with socket.socket(family) as s: s.connect(to)\n"
    "def queue(to):\n"
    "    signal.pidfd_send_signal(os.pidfd_open(to), 0)\n"
    "tries = {\n"
    "    'home': lambda: open(home).read(),\n"
    "    'tree': lambda: open(tree, 'a'),\n"
    "    'mode': lambda: os.chmod(home, 0o666),\n"
    "    'times': lambda: os.utime(tree),\n"
    "    'host': lambda: connect(2, ('127.0.0.1', port)),\n"
    "    'listener': listener,\n"
    "    'neighbor': lambda: os.kill(pid, 0),\n"
    "    'neighbor, by descriptor': lambda: queue(pid),\n"
    "    'launcher': lambda: os.kill(os.getppid(), 0),\n"
    "    'everybody': lambda: os.kill(-1, 0),\n"
    "    'memory': lambda: open('/proc/%d/mem' % os.getppid(), 'rb'),\n"
    "    'descriptor': lambda: os.readlink('/proc/%d/fd/0' % os.getppid()),\n"
    "}\n"
    "print('said', flush=True)\n"
    "while os.getppid() == guard: time.sleep(0.002)\n"
    "with open('result', 'w') as f:\n"
    "    for name, do in tries.items():\n"
    "        try: do()\n"
    "        except OSError: print('held', name, file=f)\n"
    "        else: print('open', name, file=f)\n"
    "os.mkdir('done')\n"
    "while True: time.sleep(1000)\n";

static const char *
guard_wait_result(struct world *w)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	const char *path = world_path(w, "state/copy/done");
	int64_t end = clock_mono_ms() + 60000;

	while (access(path, F_OK) < 0 && clock_mono_ms() < end)
		(void)nanosleep(&tick, NULL);
	return world_read(w, world_path(w, "state/copy/result"));
}

/* The guard dies while the launcher is stopped, so that nobody ends the
 * command. */
static void
guard_leaves(struct world *w)
{
	pid_t neighbor = guard_neighbor(), worker;
	struct world_command c;
	AUTO_FREE char *command = xasprintf("exec python3 tries.py "
	    "%s/.ssh/id_rsa %s/hello.txt %d %d; : %s", w->home, w->root,
	    w->port, (int)neighbor, w->mark);
	const char *result;
	char *line, *save = NULL, *text;
	int held = 0;

	world_write(world_path(w, "state/copy/tries.py"), guard_tries);
	world_command(w, &c, command);
	loop_run(c.loop);
	worker = guard_stop_worker();
	(void)world_kill(world_worker_of(worker), SIGKILL);
	result = c.done ? NULL : guard_wait_result(w);
	(void)world_kill(worker, SIGCONT);
	if (!c.done)
		loop_run(c.loop);
	text = xstrdup(result == NULL ? "" : result);
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "held ", 5) == 0)
			held++;
		else
			tap_ok(NULL, false, "without a broker: %s", line);
	}
	tap_ok(NULL, held >= 12, "without a broker %d ways out stay closed%s%s",
	    held, held > 0 ? "" : ": ", held > 0 ? "" : buf_str(&c.output));
	tap_ok(NULL, c.done && !c.ran && world_wait_gone(w),
	    "and the launcher ends it once it goes on");
	free(text);
	world_command_end(&c);
	(void)world_kill(neighbor, SIGKILL);
	world_reap();
}

static void
guard_on(const char *who, int landlock)
{
	struct world *w = world_new(SANDBOX_C);
	char label[64];

	snprintf(label, sizeof(label), "%s, landlock %d", who, landlock);
	tap_label(label);
	w->landlock = landlock;
	w->limits.timeout_ms = 120000;
	guard_dies(w, false);
	guard_dies(w, true);
	guard_leaves(w);
	world_free(w);
}

/* A process that can't be inspected ends with the call, too: one whose program
 * can't be read. (prctl can't make it so.) */
static const char guard_hidden[] =
    "import os, shutil, time\n"
    "shutil.copy('/bin/sleep', 'hidden'); os.chmod('hidden', 0o111)\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        with open('new', 'w') as f: f.write(str(os.getpid()))\n"
    "        os.rename('new', 'pid'); os.closerange(0, 100)\n"
    "        os.execl('./hidden', 'hidden', '1000')\n"
    "    os._exit(0)\n"
    "os.wait()\n"
    "while not os.path.exists('pid'): time.sleep(0.001)\n"
    "while os.path.exists('/proc/' + open('pid').read()): time.sleep(0.001)\n";

/* Of a child that is stopped, and its child, which /proc hides and which isn't:
 * do they count as stopped? */
static bool
guard_overlooks(const char *program)
{
	AUTO(tasks_release) struct tasks l = { 0 };
	AUTO_BUF struct buf seen = BUF_INIT(0);
	pid_t pids[2] = { 0, 0 };
	char path[64];
	int ends[2], i;
	bool still = false;

	if (pipe(ends) < 0)
		abort();
	pids[0] = fork();
	if (pids[0] == 0) {
		pids[1] = fork();
		if (pids[1] == 0)
			execl(program, "hidden", "1000", NULL);
		(void)!write(ends[1], &pids[1], sizeof(pids[1]));
		(void)pause();
	}
	(void)!read(ends[0], &pids[1], sizeof(pids[1]));
	snprintf(path, sizeof(path), "/proc/%d", (int)pids[1]);
	while (kill(pids[1], 0) == 0 && access(path, F_OK) == 0)
		(void)sched_yield();
	(void)kill(pids[0], SIGSTOP);
	(void)waitpid(pids[0], NULL, WUNTRACED);
	for (i = 0; i < 3; i++)
		still = tasks_list_below(&l) < 0 ||
		    tasks_are_stopped(&l, &seen) || still;
	for (i = 0; i < 2; i++)
		(void)kill(pids[i], SIGKILL);
	for (i = 0; i < 2; i++)
		(void)waitpid(pids[i], NULL, 0);
	close(ends[0]);
	close(ends[1]);
	return still;
}

static void
guard_hides(const char *who)
{
	int version = landlock_version(NULL);
	const int versions[] = { version, GUARD_UNSCOPED };
	size_t i;

	tap_label(who);
	for (i = 0; i < MEM_COUNT(versions); i++) {
		struct world *w = world_new(SANDBOX_C);
		const char *text;
		pid_t pid;

		if (versions[i] > version)
			continue;
		w->landlock = versions[i];
		world_write(world_path(w, "state/copy/hide.py"), guard_hidden);
		world_bash(w, "exec python3 hide.py");
		text = world_read(w, world_path(w, "state/copy/pid"));
		pid = text == NULL ? 0 : (pid_t)strtol(text, NULL, 10);
		tap_ok(w, pid > 0 && w->result.exit == 0 && kill(pid, 0) < 0,
		    "a process that /proc hides ends with the call, "
		    "landlock %d", versions[i]);
		if (pid > 0)
			(void)world_kill(pid, SIGKILL);
		tap_ok(w, !guard_overlooks(world_path(w,
		    "state/copy/hidden")), "nor does a held server have one");
		world_free(w);
	}
}

/* /proc mounted with hidepid, in a namespace of our own. */
static void
guard_hidepid(void)
{
	const char *who = "user, hidepid";
	pid_t pid;
	int status = -1;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC |
		    MS_PRIVATE, NULL) < 0 || mount("proc", "/proc", "proc", 0,
		    "hidepid=2") < 0)
			_exit(99);
		/* A user whom no other test has: here their processes can't
		 * be counted, and the limit of processes is a user's. */
		world_end_as(world_begin_as(ORDINARY + 1, guard_hides, who),
		    who);
		fflush(stdout);
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	if (status != 0)
		tap_skip(who, "/proc can't be mounted");
}

static void
guard_as(const char *who)
{
	int version = landlock_version(NULL);

	/* Orphans of a killed worker become our children. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (version > GUARD_UNSCOPED)
		guard_on(who, GUARD_UNSCOPED);
	guard_on(who, version);
	if (geteuid() == 0)
		guard_hidepid();
}

int
main(void)
{
	if (landlock_version(NULL) == 0) {
		printf("1..0 # SKIP this kernel has no landlock\n");
		return 0;
	}
	world_main(guard_as);
}
