/*
 * Limits of a command, as TAP: each one enforced by the kernel, where this
 * host's cgroups can be used, and by sampling. Run as root it does both as root
 * and as an ordinary user.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/cgroup.h"
#include "tests/escape/world.h"
#include "tests/messages.h"

static char *programs;		/* a folder that everybody may read */

/* ---- what must hold ---- */

static bool
killed_by(const struct world *w, const char *limit, const char *words)
{
	return w->result.built && w->result.killed != NULL &&
	    strcmp(w->result.killed, limit) == 0 && w->result.exit == -1 &&
	    w->result.limit != NULL && strstr(w->result.limit, words) != NULL;
}

/* Folders below, with our names. */
static int
count_leaves_of(const struct cgroup *c, pid_t pid)
{
	AUTO_FREE char *name = xasprintf("assent-%ld-", (long)pid);
	AUTO_DIR DIR *d = opendir(c->base);
	struct dirent *de;
	int n = 0;

	while ((de = fs_dir_next(&d)) != NULL)
		n += strncmp(de->d_name, name, strlen(name)) == 0 &&
		    strstr(de->d_name, "-core") == NULL;
	return n;
}

static int
count_leaves(const struct cgroup *c)
{
	return count_leaves_of(c, getpid());
}

/* `without`: how it is enforced without a cgroup. */
static enum limit_enforced
expected(const struct world *w, enum cgroup_part part,
    enum limit_enforced without)
{
	return w->cgroup != NULL && w->cgroup->has[part] ? ENFORCED_KERNEL :
	    without;
}

static void
test_enforcement(struct world *w)
{
	struct sandbox_limits saved = w->limits;
	char *text;

	world_bash(w, "true");
	text = sandbox_limits_enforced_text(&w->result.enforced);
	tap_ok(w, w->result.exit == 0 &&
	    w->result.enforced.memory == expected(w, CGROUP_MEMORY,
	    ENFORCED_SAMPLED) &&
	    w->result.enforced.cpu == expected(w, CGROUP_CPU,
	    ENFORCED_OFF) &&
	    w->result.enforced.disk == ENFORCED_SAMPLED &&
	    w->result.enforced.pids == (geteuid() == 0 ? expected(w,
	    CGROUP_PIDS, ENFORCED_COUNTED) : ENFORCED_KERNEL), "%s", text);
	free(text);
	text = xasprintf("%d", getpriority(PRIO_PROCESS, 0));
	world_bash(w, "nice");
	tap_ok(w, world_said(w, text), "its priority is the user's");
	free(text);
	w->limits.cpu = 0;
	world_bash(w, "nproc");
	tap_ok(w, w->result.enforced.cpu == ENFORCED_OFF,
	    "all processors: that limit is off");
	w->limits = saved;
}

/* The kernel took one process, and the others went with it. */
static bool
killed_one(const struct world *w)
{
	return killed_by(w, "memory", MSG_KILLED_ONE_OF);
}

static void
test_memory(struct world *w)
{
	struct sandbox_limits saved = w->limits;
	bool kernel = expected(w, CGROUP_MEMORY, ENFORCED_SAMPLED) ==
	    ENFORCED_KERNEL;
	int tries = 0;

	w->limits.memory_bytes = 64 << 20;
	world_bash(w, "./hog memory 200");
	tap_ok(w,
	    killed_by(w, "memory", "out of its 64 MiB") &&
		strstr(w->result.limit, MSG_MEMORY_RAISES_IT) != NULL,
	    "memory of one process");
	world_bash(w, "./hog memory 20 6");
	tap_ok(w, killed_by(w, "memory", "out of its 64 MiB"),
	    "memory of six processes");
	world_bash(w, "./hog memory 2 80");
	tap_ok(w, killed_by(w, "memory", "out of its 64 MiB"),
	    "memory of many processes");
	world_bash(w, "./hog shared 30 6");
	tap_ok(w, world_said(w, "shared"), "memory that they share counts once");
	/* The kernel may take the hog and its child at once. */
	world_bash(w, "./hog child 200 20000; sleep 20; echo lived on");
	tap_ok(w, killed_by(w, "memory", "out of its 64 MiB") &&
	    !world_said(w, "lived on"), "memory of a child");
	if (kernel) {
		/* Sampling may have been quicker, once. */
		while (!killed_one(w) && ++tries < 10)
			world_bash(w, "./hog child 200 20000; sleep 20");
		tap_ok(w, killed_one(w),
		    "and the words say that the rest was killed");
		world_bash(w, "./hog child 200 0; exit 0");
		tap_ok(w, killed_by(w, "memory", "out of its 64 MiB"),
		    "a child's kill is failed over");
	}
	world_bash(w, "./hog memfd 200");
	if (kernel)
		tap_ok(w, killed_by(w, "memory", "out of its 64 MiB"),
		    "memory in a memfd");
	else
		tap_ok(w, world_said(w, "memfd ENOSYS"), "no memfd, which "
		    "nobody would count");
	if (w->level == SANDBOX_A) {
		world_bash(w, "./hog shm 200");
		tap_ok(w, kernel ? killed_by(w, "memory", "out of its") :
		    world_said(w, "shm ENOSPC"), "memory shared");
		world_bash(w, "head -c 60000000 /dev/zero >/dev/shm/x; "
		    "echo full");
		tap_ok(w, world_said(w, "full"), "/dev/shm has an end");
	}
	w->limits = saved;
}

/* Of 100 forks with 20 allowed: were so many refused? */
static bool
forks_refused(const struct world *w)
{
	const char *p = strstr(buf_str(&w->output), "forks ");
	long n = p == NULL ? -1 : strtol(p + 6, NULL, 10);

	return w->result.killed == NULL && n >= 10 && n <= 20 &&
	    strstr(p, "EAGAIN") != NULL;
}

static void
test_pids(struct world *w)
{
	struct sandbox_limits saved = w->limits;
	int64_t end = clock_mono_ms() + 60000;

	w->limits.pids = 20;
	/* Where the kernel counts all processes of the user, other tests that
	 * run now change its count. */
	do
		world_bash(w, "exec ./hog forks 100");
	while (w->result.enforced.pids == ENFORCED_KERNEL &&
	    w->level == SANDBOX_D && !forks_refused(w) &&
	    clock_mono_ms() < end);
	tap_ok(w, forks_refused(w), "the processes above the limit are refused");
	/* One that has ended makes room. */
	world_bash(w, "for i in $(seq 60); do /bin/true || exit 9; done; "
	    "echo room");
	tap_ok(w, world_said(w, "room"), "one after another isn't too much");
	w->limits = saved;
}

/* Used and wall time in milliseconds, as hog prints them; `percent` of the wall
 * time with what may be saved up, and as much again. */
static bool
burnt(const struct world *w, int percent, long *used, long *wall)
{
	const char *p = strstr(buf_str(&w->output), "used ");
	char *end;

	if (p == NULL)
		return false;
	*used = strtol(p + 5, &end, 10);
	if (strncmp(end, " of ", 4) != 0)
		return false;
	*wall = strtol(end + 4, NULL, 10);
	return *used <= *wall * percent / 100 + 250;
}

static void
test_cpu(struct world *w)
{
	static const struct {
		const char *command;
		int percent;
	} cases[] = {
		{ "./hog burn 1000", 25 },
		{ "./hog burn 1000 4", 25 },
		{ "./hog burn 1000 2", 50 },
	};
	struct sandbox_limits saved = w->limits;
	long used = 0, wall = 0;
	bool held = expected(w, CGROUP_CPU, ENFORCED_OFF) == ENFORCED_KERNEL;
	size_t i;

	if (!held)
		tap_skip("a share of a processor", w->cgroup == NULL ?
		    "no cgroup holds it" : "the cgroup has no cpu controller");
	for (i = 0; held && i < (w->level == SANDBOX_A ? MEM_COUNT(cases) : 2);
	    i++) {
		w->limits.cpu = cases[i].percent;
		world_bash(w, cases[i].command);
		tap_ok(w, burnt(w, cases[i].percent, &used, &wall),
		    "%s at %d%%: %ld of %ld ms", cases[i].command,
		    cases[i].percent, used, wall);
	}
	w->limits = saved;
	world_bash(w, "nproc; ulimit -c; ulimit -v");
	tap_ok(w, strncmp(buf_str(&w->output), "1\n0\nunlimited\n", 14) == 0,
	    "one processor, no core dumps, no bound on addresses");
	w->limits.timeout_ms = 3000;
	world_bash(w, "exec ./hog burn 20000 3");
	tap_ok(w, killed_by(w, "timeout", "--timeout"),
	    "the deadline holds for who computes");
	w->limits = saved;
}

/* Free 100 MB on the same disk as soon as the command has made its file
 * "ready", and remove that. */
static pid_t
free_when_ready(struct world *w)
{
	static const char chunk[1 << 20];
	const struct timespec tick = { .tv_nsec = 20000000 };
	char *other = fs_join(w->state, "other");
	char *ready = fs_join(w->sandbox_tmp, "ready");
	int fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), i;
	pid_t pid;

	(void)unlink(other);
	for (i = 0; i < 100; i++)
		if (write(fd, chunk, sizeof(chunk)) != sizeof(chunk))
			abort();
	if ((pid = fork()) == 0) {
		for (i = 0; i < 1200 && access(ready, F_OK) < 0; i++)
			(void)nanosleep(&tick, NULL);
		close(fd);
		(void)unlink(ready);
		_exit(0);
	}
	close(fd);
	free(other);
	free(ready);
	return pid;
}

static void
test_rest(struct world *w)
{
	struct sandbox_limits saved = w->limits;
	char *command;
	pid_t pid;

	w->limits.timeout_ms = 3000;
	command = xasprintf("trap '' TERM HUP; (setsid sh -c \"trap '' TERM "
	    "HUP; (sleep 1000; : %s) & sleep 1000; : %s\" &); sleep 1000; : "
	    "%s", w->mark, w->mark, w->mark);
	world_bash(w, command);
	tap_ok(w, killed_by(w, "timeout", "--timeout") &&
	    world_marked(w) == 0, "daemons are gone at the deadline");
	free(command);
	w->limits = saved;
	w->limits.output_bytes = 100000;
	world_bash(w, "exec yes");
	tap_ok(w, killed_by(w, "output", "file") &&
	    w->output.len == 100000, "output has an end");
	w->limits = saved;
	w->limits.cpu = 0;
	w->limits.disk_bytes = 24 << 20;
	world_bash(w, "i=0; while :; do i=$((i+1)); head -c 4000000 /dev/zero "
	    "> $TMPDIR/big$i; done");
	tap_ok(w, killed_by(w, "disk", "--disk"), "what is written has");
	/* Below the limit again only when it is done. */
	w->limits.disk_bytes = saved.disk_bytes;
	world_bash(w, "rm -f $TMPDIR/big*");
	w->limits.disk_bytes = 24 << 20;
	pid = free_when_ready(w);
	world_bash(w, "exec 3> $TMPDIR/gone; rm $TMPDIR/gone; "
	    ": > $TMPDIR/ready; while [ -e $TMPDIR/ready ]; do sleep 0.02; "
	    "done; head -c 40000000 /dev/zero >&3; sleep 20");
	(void)waitpid(pid, NULL, 0);
	tap_ok(w, killed_by(w, "disk", "--disk"),
	    "a deleted file counts while others free as much");
	world_bash(w, "exec 3> $TMPDIR/gone; rm $TMPDIR/gone; "
	    "head -c 8000000 /dev/zero >&3; "
	    "for i in 1 2 3 4 5 6; do sleep 3 & done; wait; echo held");
	tap_ok(w, world_said(w, "held"), "it counts once, however many hold it");
	world_bash(w, "exec 3> /dev/shm/gone && rm /dev/shm/gone && "
	    "head -c 40000000 /dev/zero >&3; sleep 3; echo held");
	tap_ok(w, world_said(w, "held"), "one that is memory isn't on the disk");
	w->limits.disk_bytes = 5 << 20;
	w->limits.disk_inodes = 500;
	world_bash(w, "i=0; while :; do i=$((i+1)); : > $HOME/f$i; done");
	tap_ok(w, killed_by(w, "disk", "--disk"), "so have files");
	w->limits = saved;
	world_bash(w, "rm -f $HOME/f*");
}

static void
test_leaves(struct world *w)
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	pid_t parent = getpid(), pid;
	int tries;

	if (w->cgroup == NULL)
		return;
	tap_ok(w, count_leaves(w->cgroup) == 0,
	    "no call has left a cgroup behind");
	if ((pid = fork()) == 0) {
		pid_t worker;
		int i;

		for (i = 0; i < 1200; i++) {
			(void)nanosleep(&tick, NULL);
			worker = world_worker_of(parent);
			if (worker > 0 && count_leaves_of(w->cgroup,
			    parent) > 0) {
				(void)world_kill(worker, SIGKILL);
				break;
			}
		}
		_exit(0);
	}
	world_bash(w, "sleep 1000");
	(void)waitpid(pid, NULL, 0);
	tap_ok(w, !w->result.built && w->result.error != NULL,
	    "the worker was shot");
	/* Processes that died with it may need a moment, and a later call
	 * cleans up. */
	for (tries = 0; tries < 500 && count_leaves(w->cgroup) > 0; tries++) {
		world_bash(w, "true");
		(void)nanosleep(&tick, NULL);
	}
	tap_ok(w, count_leaves(w->cgroup) == 0, "nor has it");
}

/* ---- a fork bomb ---- */

#define BOMB_PIDS	30
#define BOMB_BUSY	8

/* So many programs that only compute. */
static void
busy_begin(pid_t busy[BOMB_BUSY])
{
	size_t i;

	for (i = 0; i < BOMB_BUSY; i++)
		if ((busy[i] = fork()) == 0)
			for (;;)
				;
}

static void
busy_end(const pid_t busy[BOMB_BUSY])
{
	size_t i;

	for (i = 0; i < BOMB_BUSY; i++) {
		(void)world_kill(busy[i], SIGKILL);
		(void)waitpid(busy[i], NULL, 0);
	}
}

/* Does this come to be there? */
static bool
appears(const char *path)
{
	const struct timespec tick = { .tv_nsec = 20000000 };
	int64_t end = clock_mono_ms() + 60000;

	while (access(path, F_OK) < 0 && clock_mono_ms() < end)
		(void)nanosleep(&tick, NULL);
	return access(path, F_OK) == 0;
}

/* With what checks at intervals stopped, and so much else to do that it would
 * seldom run; then what counts is killed. */
static void
test_bomb(struct world *w)
{
	struct sandbox_limits saved = w->limits;
	AUTO_FREE char *refused = fs_join(w->level == SANDBOX_A ? w->upper :
	    w->copy, "refused");
	AUTO_FREE char *command = xasprintf("echo said; exec ./hog bomb 100 %s",
	    w->mark);
	int nice = getpriority(PRIO_PROCESS, 0);
	struct world_command c;
	pid_t busy[BOMB_BUSY], worker;
	int64_t most;

	if (!world_bound(w, "a fork bomb"))
		return;
	busy_begin(busy);
	(void)setpriority(PRIO_PROCESS, 0, 19);
	w->limits.pids = BOMB_PIDS;
	world_command(w, &c, command);
	while (!c.said && !c.done)
		loop_once(c.loop, -1);
	worker = world_worker_of(getpid());
	if (geteuid() == 0)
		tap_ok(w, getpriority(PRIO_PROCESS, (id_t)worker) < 0 &&
		    getpriority(PRIO_PROCESS, (id_t)world_worker_of(worker)) <
		    0, "what watches it goes first");
	(void)world_kill(worker, SIGSTOP);
	tap_ok(w, appears(refused), "a fork bomb is refused");
	(void)world_kill(world_worker_of(worker), SIGKILL);
	(void)world_kill(worker, SIGCONT);
	while (!c.done)
		loop_once(c.loop, -1);
	tap_ok(w, !c.ran && world_wait_gone(w),
	    "the death of what counts ends the call");
	world_command_end(&c);
	busy_end(busy);
	if (geteuid() == 0)
		(void)setpriority(PRIO_PROCESS, 0, nice);
	(void)unlink(refused);
	w->limits = saved;
	most = world_unbound(w);
	/* Beside it, the worker, the first process and the one of all calls. */
	if (most < 0 || w->cgroup != NULL)
		tap_skip("how many there were", w->cgroup != NULL ?
		    "they are in the worker's own cgroup" :
		    "nobody counted them");
	else
		tap_ok(w, most <= BOMB_PIDS + 3, "%lld processes at most",
		    (long long)most);
}

/* ---- where ---- */

static struct world *
level_world(enum sandbox_level level, const char *who, struct cgroup *c)
{
	struct world *w = world_new(level);
	AUTO_FREE char *hog = fs_join(programs, "hog");
	char label[64];

	snprintf(label, sizeof(label), "%s, %s, %s", who,
	    sandbox_levels[level].name, c == NULL ? "sampled" : "cgroup");
	tap_label(label);
	world_copy(hog, level == SANDBOX_A ? world_path(w, "home/u/p/hog") :
	    world_path(w, "state/copy/hog"));
	w->cgroup = c;
	w->limits.timeout_ms = 25000;
	return w;
}

static void
run_bomb(enum sandbox_level level, const char *who, struct cgroup *c)
{
	struct world *w = level_world(level, who, c);

	w->limits.timeout_ms = 120000;
	test_bomb(w);
	world_free(w);
}

static void
run_level(enum sandbox_level level, const char *who, struct cgroup *c)
{
	struct world *w = level_world(level, who, c);

	test_enforcement(w);
	test_memory(w);
	test_pids(w);
	test_cpu(w);
	test_rest(w);
	test_leaves(w);
	world_free(w);
}

static void
run_all(const char *who)
{
	struct world *w = world_new(SANDBOX_A);
	const struct cgroup_host h = { 0 };
	enum sandbox_level level;
	struct cgroup *c;
	char *line, *why;
	bool full = sandbox_probe(w->worker, w->root, w->state, &w->limits,
	    false, &line, &why) == SANDBOX_A;

	world_free(w);
	tap_label(who);
	c = cgroup_find(&h);
	if (!full)
		tap_skip("full sandbox", why == NULL ? line : why);
	else
		run_level(SANDBOX_A, who, NULL);
	run_level(SANDBOX_D, who, NULL);
	for (level = full ? SANDBOX_A : SANDBOX_C; level <= SANDBOX_NONE;
	    level++)
		run_bomb(level, who, NULL);
	tap_label(who);
	if (c->pids == NULL)
		tap_skip("version 1's limit of processes", "there is no such "
		    "cgroup that can be written, or version 2 has it");
	else
		run_bomb(SANDBOX_D, who, c);
	tap_label(who);
	if (c->base == NULL)
		tap_skip("limits of the kernel's", c->why);
	else {
		if (full)
			run_level(SANDBOX_A, who, c);
		run_level(SANDBOX_D, who, c);
	}
	cgroup_free(c);
	free(line);
	free(why);
}

/* Real root in another user's project: the limits are set before the rights are
 * dropped, and the process that keeps them removes the folders. */
static void
run_owner(struct cgroup *c)
{
	struct world *w = world_new(SANDBOX_A);
	char *command = xasprintf("chown -R %u:%u %s/home", ORDINARY, ORDINARY,
	    w->dir);
	AUTO_FREE char *id = xasprintf("%u", ORDINARY);
	char *line = NULL, *why = NULL;
	bool full;
	pid_t pid;

	tap_label("root on a user's project");
	full = c->base != NULL && sandbox_probe(w->worker, w->root,
	    w->state, &w->limits, false, &line, &why) == SANDBOX_A;
	free(line);
	free(why);
	if (!full) {
		tap_skip("limits of the kernel's",
		    "needs a sandbox and cgroups");
		free(command);
		world_free(w);
		return;
	}
	if ((pid = fork()) == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	free(command);
	w->cgroup = c;
	world_bash(w, "id -u");
	tap_ok(w, world_said(w, id) &&
	    w->result.enforced.memory == expected(w, CGROUP_MEMORY,
	    ENFORCED_SAMPLED) &&
	    w->result.enforced.pids == ENFORCED_KERNEL,
	    "the owner is limited by the kernel");
	tap_ok(w, count_leaves(c) == 0, "and the folders are gone");
	world_free(w);
}

/* `test-limits leaf`: what is found and made here, for a person. */
static int
show(void)
{
	struct sandbox_limits l;
	const struct cgroup_host h = { 0 };
	struct cgroup_leaf *leaf;
	struct cgroup *c;
	int i;

	sandbox_limits_usual(&l, INT64_MAX);
	c = cgroup_find(&h);
	leaf = cgroup_leaf_new(c, &l);
	printf("%s\n", c->base == NULL ? c->why : c->base);
	for (i = 0; i < CGROUP_PARTS; i++)
		printf("%s: %s\n", cgroup_parts[i], leaf != NULL &&
		    leaf->has[i] ? leaf->dir : "-");
	cgroup_leaf_free(c, leaf);
	cgroup_free(c);
	return 0;
}

int
main(int argc, char **argv)
{
	bool root = geteuid() == 0;
	const char *who;
	const struct cgroup_host h = { 0 };
	struct cgroup *c;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "leaf") == 0)
		return show();
	tap_begin();
	programs = world_public_programs();
	signal(SIGPIPE, SIG_IGN);
	who = root ? "root" : "user";
	pid = world_begin_as(0, run_all, who);
	if (root) {
		/* Beside the other: they share no limits. */
		world_end_as(world_begin_as(ORDINARY, run_all, "user"), "user");
		tap_label("root");
		c = cgroup_find(&h);
		run_owner(c);
		cgroup_free(c);
	}
	world_end_as(pid, who);
	(void)fs_remove_tree(AT_FDCWD, programs, NULL);
	return tap_end();
}
