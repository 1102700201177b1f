/*
 * The worker that stays, as TAP: call by call at random it answers as a fresh
 * sandbox does, whatever the user and commands did meanwhile; nothing of a call
 * is left when the next one comes; and no call is lost or runs twice when it
 * dies. SEED and ROUNDS as in tests/unit/rounds.h.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "tests/escape/world.h"
#include "tests/unit/rounds.h"

/* ---- the same answers ---- */

struct pair {
	struct world	*stays, *fresh;
	unsigned long long seed;
	bool		 root;
};

static unsigned
pick(struct pair *p, unsigned n)
{
	p->seed = p->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(p->seed >> 33) % n;
}

/* Actions of the user or a command between two calls, in a shell in the real
 * project or in the sandbox. */
static const char *const outside_acts[] = {
	"echo user >> hello.txt", "rm -f hello.txt", "echo new > hello.txt",
	"mkfifo pipe", "rm -f pipe", "ln -sf loop2 loop1; ln -sf loop1 loop2",
	"ln -sfn sub link", "ln -sfn /etc out-link", "ln -sf hello.txt flink",
	"ln -sfn \"$PWD/sub\" abs-link", "ln -sfn link/.. up-link",
	"ln -sf out-link/passwd chain", "ln -sfn nowhere dangling",
	"chmod 000 hello.txt", "chmod 644 hello.txt", "chmod 000 sub",
	"chmod 755 sub", "printf 'x\\n' > \"$(printf 'n\\377me')\"",
	"mv sub old; mkdir sub; echo other > sub/deep.txt",
	"rm -rf old; mkdir -p sub; echo more > sub/more.txt",
	"rm -rf sub; echo file > sub", "rm -f sub; mkdir -p sub",
	"echo TOKEN=two > .env; mkdir -p sub; echo key > sub/.env",
	"mkdir -p nested/.git; echo ref > nested/.git/HEAD; echo n > nested/f",
	"rm -rf nested", "mv .git .git2; mv .git2 .git", "echo x > .gitignore",
	"mkdir -p deep/a/b; echo deep > deep/a/b/c", "rm -rf deep",
	"mknod dev c 1 3", "rm -f dev",
	"cd ..; mv p q; mkdir p; mv q/* q/.[a-z]* p; rmdir q",
};
static const char *const inside_acts[] = {
	"rm -rf sub", "rm -rf sub; mkdir sub; echo opaque > sub/o",
	"rm -f hello.txt", "mkfifo inside; ln -sf / slash",
	"mkdir -p deep/a; echo i > deep/a/i", "rm -rf deep; mkdir deep",
	"mv sub moved; mv moved sub", "rm -rf ~/* /tmp/*; ln -s /etc ~/x",
	"chmod 000 deep", "chmod 755 deep", "ln -sfn ../p/sub dotted",
	"printf 'y\\n' > \"$(printf '\\351t')\"", "echo s >> .env",
};
static const char *const names[] = {
	"hello.txt", "sub", "sub/deep.txt", "sub/o", "pipe", "loop1", "link",
	"link/deep.txt", "out-link", "out-link/passwd", "chain", "flink", ".env",
	"sub/.env", "link/.env", "nested/.git/HEAD", "nested/f", ".git/HEAD",
	".git/config", "dangling", "dangling/x", "abs-link/deep.txt", "dev",
	"up-link/hello.txt", "deep/a/b/c", "deep/a", "dotted/deep.txt", "inside",
	"slash/etc", "/etc/passwd", "/assent/out/whole", "..", ".", "new/dir/f",
	"s", "attempt",
};

static void
act_outside(struct world *w, const char *command)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (dup2(null, 2) < 0 || chdir(w->root) < 0)
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* One time for everything: order by time must not depend on the clock. */
static void
same_times(int at, const char *name)
{
	const struct timespec t[2] = { { .tv_sec = 1600000000 },
		{ .tv_sec = 1600000000 } };
	DIR *d = fs_dir_take(openat(at, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC));
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (!fs_is_dots(de->d_name))
			same_times(dirfd(d), de->d_name);
	if (d != NULL)
		closedir(d);
	(void)utimensat(at, name, t, AT_SYMLINK_NOFOLLOW);
}

static char *
a_call(struct pair *p, const char **tool)
{
	const char *name = names[pick(p, MEM_COUNT(names))];
	const char *more = names[pick(p, MEM_COUNT(names))];

	switch (pick(p, 8)) {
	case 0:
	case 1:
		*tool = "read";
		return xasprintf("{\"path\":\"%s\"}", name);
	case 2:
		*tool = "glob";
		return xasprintf("{\"pattern\":\"**/*\",\"path\":\"%s\"}",
		    name);
	case 3:
		*tool = "grep";
		return xasprintf("{\"pattern\":\"e\",\"path\":\"%s\"}", name);
	case 4:
		*tool = "write";
		return xasprintf("{\"path\":\"%s\",\"content\":\"w %u\\n\"}",
		    name, pick(p, 1000));
	case 5:
		*tool = "edit";
		return xasprintf("{\"path\":\"%s\",\"old_string\":\"e\","
		    "\"new_string\":\"E%u\"}", name, pick(p, 1000));
	case 6:
		*tool = "apply_patch";
		return xasprintf("{\"input\":\"*** Begin Patch\\n*** Add File: "
		    "%s\\n+patched\\n*** End Patch\\n\"}", name);
	default:
		*tool = "together";
		return xasprintf("{\"calls\":[{\"name\":\"read\",\"args\":{"
		    "\"path\":\"%s\"}},{\"name\":\"glob\",\"args\":{"
		    "\"pattern\":\"*\"}},{\"name\":\"read\",\"args\":{"
		    "\"path\":\"%s\"}}]}", name, more);
	}
}

/* The output, with the world's folder left out; malloc'ed. */
static char *
told(const struct world *w)
{
	char *text = xasprintf("built %d exit %d signal %d killed %s: %s",
	    w->result.built, w->result.exit, w->result.signal,
	    w->result.killed == NULL ? "-" : w->result.killed,
	    w->result.error == NULL ? buf_str(&w->output) : w->result.error);
	char *at;

	while ((at = strstr(text, w->dir)) != NULL)
		memset(at, '_', strlen(w->dir));
	return text;
}

/* Each name below, with kind, mode and content. */
static void
print_tree(struct buf *b, int at, const char *name)
{
	struct dirent **list;
	struct stat st;
	int fd, n, i;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	buf_addf(b, "%s %o %llu", name, st.st_mode,
	    (unsigned long long)st.st_rdev);
	if (S_ISREG(st.st_mode) && st.st_size < 10000) {
		struct buf text = BUF_INIT(0);

		(void)fs_read_file(at, name, &text, NULL);
		buf_addf(b, " %s", buf_str(&text));
		buf_release(&text);
	}
	buf_adds(b, "\n");
	if (!S_ISDIR(st.st_mode))
		return;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = fd < 0 ? -1 : scandirat(fd, ".", &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (!fs_is_dots(list[i]->d_name))
			print_tree(b, fd, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (fd >= 0)
		close(fd);
}

static bool
same_trees(const struct pair *p)
{
	const bool overlay = p->stays->level == SANDBOX_A;
	struct buf a = BUF_INIT(0), b = BUF_INIT(0);
	bool same;

	print_tree(&a, AT_FDCWD, overlay ? p->stays->upper : p->stays->copy);
	print_tree(&b, AT_FDCWD, overlay ? p->fresh->upper : p->fresh->copy);
	same = strcmp(strchr(buf_str(&a), '\n'), strchr(buf_str(&b),
	    '\n')) == 0;
	if (!same)
		printf("# %s\n# other than\n# %s\n", buf_str(&a), buf_str(&b));
	buf_release(&a);
	buf_release(&b);
	return same;
}

static void
both_act(struct pair *p)
{
	struct world *each[2] = { p->stays, p->fresh };
	bool inside = pick(p, 3) == 0;
	const char *command = inside ?
	    inside_acts[pick(p, MEM_COUNT(inside_acts))] :
	    outside_acts[pick(p, MEM_COUNT(outside_acts))];
	size_t i;

	for (i = 0; i < 2; i++) {
		struct world *w = each[i];
		struct sandbox_ready *files = w->ready;

		if (!inside) {
			act_outside(w, command);
			continue;
		}
		/* A command has a sandbox of its own. */
		w->ready = NULL;
		w->stays = w->bare = false;
		world_bash(w, command);
		w->stays = w->bare = w == p->stays;
		w->ready = files;
	}
}

static void
times_of(struct world *w)
{
	same_times(AT_FDCWD, w->root);
	same_times(AT_FDCWD, w->level == SANDBOX_A ? w->upper : w->copy);
}

/* False if an answer differs. */
static bool
both_call(struct pair *p, unsigned *kept)
{
	static const char *const masks[][3] = {
		{ ".env" }, { ".env", "sub/.env" }, { "link/.env", ".env" },
		{ "sub" }, { NULL },
	};
	static const char *const shut[] = { "nested/.git", NULL };
	const char *const *masked = masks[pick(p, MEM_COUNT(masks))];
	bool same, shows_all = pick(p, 2) == 0;
	struct sandbox_ready *before = p->stays->ready;
	char *args, *a, *b;
	const char *tool;

	args = a_call(p, &tool);
	p->stays->masked = p->fresh->masked = masked;
	p->stays->shut = p->fresh->shut = shut;
	times_of(p->stays);
	times_of(p->fresh);
	p->fresh->bare = !shows_all;
	world_call(p->stays, tool, args);
	world_call(p->fresh, tool, args);
	*kept += before != NULL && p->stays->ready == before;
	a = told(p->stays);
	b = told(p->fresh);
	same = strcmp(a, b) == 0;
	if (getenv("SHOW") != NULL)
		printf("# %s %s: %s\n", tool, args, a);
	if (!same)
		printf("# %s %s\n# stays: %s\n# fresh: %s\n", tool, args, a, b);
	free(a);
	free(b);
	free(args);
	return same;
}

static void
test_same(enum sandbox_level level)
{
	struct pair p = { .root = geteuid() == 0 };
	unsigned long long n = rounds_of(level == SANDBOX_A ? 40 : 12, 1500);
	unsigned long long i;
	unsigned kept = 0;
	bool same = true;

	p.seed = rounds_seed() + (unsigned long long)level;
	p.stays = world_new(level);
	p.fresh = world_new(level);
	p.stays->loop = p.fresh->loop = loop_new();
	p.stays->stays = p.stays->bare = true;
	for (i = 0; i < n && same; i++) {
		while (pick(&p, 2) == 0)
			both_act(&p);
		same = both_call(&p, &kept);
		if (same && i % 10 == 0)
			same = same_trees(&p);
	}
	tap_ok(NULL, same && same_trees(&p), "%llu of %llu calls answered as a "
	    "fresh sandbox does", i - !same, n);
	tap_ok(NULL, kept > n / 2, "%u of them by a worker that stayed", kept);
	world_free(p.stays);
	loop_free(p.fresh->loop);
	p.fresh->loop = NULL;
	world_free(p.fresh);
}

/* ---- nothing is left ---- */

static bool
none_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static bool
lines(struct world *w, const char *path, size_t n)
{
	const char *text = world_read(w, path);
	size_t k = 0;

	for (; text != NULL && *text != '\0'; text++)
		k += *text == '\n';
	return k == n;
}

static const char *
counted(struct world *w)
{
	return world_path(w, w->level == SANDBOX_A ? "state/upper/count" :
	    "state/copy/count");
}

static void
test_left(struct world *w)
{
	struct sandbox_ready *first;
	char *command = xasprintf("(setsid sleep 1000 </dev/null >/dev/null "
	    "2>&1 : %s &) ; sh -c 'exec sleep 1000 # %s' >/dev/null 2>&1 & "
	    "echo ran", w->mark, w->mark);

	world_bash(w, command);
	first = w->ready;
	tap_ok(w, world_said(w, "ran") && first != NULL &&
	    world_marked(w) == 0, "a call's processes end with it");
	world_bash(w, "echo x >> count; ls -d /proc/[0-9]* | wc -l; pwd");
	tap_ok(w, w->ready == first && w->result.exit == 0 &&
	    lines(w, counted(w), 1), "the next call in the same worker");
	w->limits.output_bytes = 64 << 20;
	free(command);
	if (w->level == SANDBOX_A || w->level == SANDBOX_B) {
		world_bash(w, "touch /dev/shm/x /run/x; ipcmk -M 4096");
		world_bash(w, "ipcs -m | grep -c 0x");
		tap_ok(w, world_said(w, "0"), "no shared memory of the last");
	}
	if (w->level != SANDBOX_A)
		return;
	world_bash(w, "cat .env");
	{
		static const char *const masked[] = { ".env", NULL };

		w->masked = masked;
		world_bash(w, "cat .env");
		tap_ok(w, w->result.exit != 0 && w->ready == first,
		    "a secret is masked from the next call on");
		w->masked = NULL;
	}
	world_write(world_path(w, "home/u/p/later.txt"), "later\n");
	world_bash(w, "cat later.txt; grep -c /assent/.tree /proc/self/"
	    "mountinfo; ls -A /assent/.tree /assent/.stage");
	tap_ok(w, world_said(w, "later") && world_said(w, "0") &&
	    strstr(buf_str(&w->output), "hello.txt") == NULL,
	    "the real tree as it is now, and its layers hidden");
}

/* ---- a search ---- */

/* "slow": a search for [xy]*[xy]*[zw] takes its time there. */
static void
slow_file(struct world *w)
{
	static const char line[] = "xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy"
	    "xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy\n";
	struct buf b = BUF_INIT(0);
	int i;

	for (i = 0; i < 100000; i++)
		buf_adds(&b, line);
	world_write(world_path(w, w->level == SANDBOX_A ? "home/u/p/slow" :
	    "state/copy/slow"), buf_str(&b));
	buf_release(&b);
}

/* The first process of the worker below this one. */
static pid_t
inner(void)
{
	return world_worker_of(world_worker_of(getpid()));
}

/* As root: nothing of the overlay is left when the result is there. */
static void
test_overlay_ends(struct world *w)
{
	struct buf b = BUF_INIT(0);
	char path[64], *options;
	pid_t pid;
	int status;

	world_bash(w, "echo up > made.txt");
	if (geteuid() != 0) {
		tap_skip("its overlay", "only root can see it");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)inner());
	tap_ok(w, fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    strstr(buf_str(&b), "/assent/.stage") != NULL &&
	    strstr(buf_str(&b), "upperdir=assent") == NULL,
	    "between calls no overlay of the project is mounted");
	buf_release(&b);
	/* The kernel refuses this while another overlay uses the folders. */
	(void)fs_remove_tree(AT_FDCWD, w->work, NULL);
	if (mkdir(w->work, 0700) < 0)
		abort();
	options = xasprintf("lowerdir=%s,upperdir=%s,workdir=%s,index=on",
	    w->root, w->upper, w->work);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		_exit(mount("x", w->root, "overlay", 0, options) == 0 ? 0 :
		    errno == EBUSY ? 1 : 77);
	}
	(void)waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		tap_skip("its folders", "an overlay with index is refused");
	else
		tap_ok(w, status == 0, "the copy's folders are free");
	free(options);
	(void)fs_remove_tree(AT_FDCWD, w->work, NULL);
	if (mkdir(w->work, 0700) < 0)
		abort();
}

/* ---- it ends ---- */

/* Kill the first process that runs a part of a call, as a memory error there
 * does; never returns. */
static _Noreturn void
kill_a_part(pid_t core)
{
	pid_t at;
	int tries, depth;

	for (tries = 0; tries < 2000; tries++) {
		/* The worker, its first process, the call's, a part of it. */
		for (at = core, depth = 0; depth < 4 && at > 0; depth++)
			at = world_worker_of(at);
		if (at > 0)
			_exit(world_kill(at, SIGSEGV) == 0 ? 0 : 1);
		usleep(1000);
	}
	_exit(1);
}

/* Each call's process has the same memory layout: an attacker who learned it in
 * a crash must not find it again. */
static void
test_part_crashes(struct world *w)
{
	const pid_t core = getpid();
	bool bare = w->bare;
	int status;
	pid_t pid;

	slow_file(w);
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	w->bare = true;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		kill_a_part(core);
	world_call(w, "together", "{\"calls\":[{\"name\":\"grep\",\"args\":{"
	    "\"path\":\"slow\",\"pattern\":\"[xy]*[xy]*[zw]\"}}]}");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	tap_ok(w, status == 0 && w->result.exit == 0 && w->ready == NULL &&
	    strcmp(buf_str(&w->output), "[{\"killed\":11}]") == 0,
	    "a part of a call crashes: it answers, and the worker ends");
	world_call(w, "together", "{\"calls\":[{\"name\":\"read\",\"args\":{"
	    "\"path\":\"hello.txt\"}}]}");
	tap_ok(w, w->ready != NULL && w->result.exit == 0 &&
	    strstr(buf_str(&w->output), "hello") != NULL,
	    "the next call has a new one");
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	w->bare = bare;
}

static void
test_ends(struct world *w)
{
	pid_t pid, first;
	int p[2];
	char byte;

	world_bash(w, "echo ran");
	w->limits.timeout_ms = 200;
	world_bash(w, "sleep 1000");
	w->limits.timeout_ms = 120000;
	tap_ok(w, w->result.killed != NULL && w->ready == NULL && none_left(),
	    "a time limit ends the worker, too");
	world_bash(w, "kill -9 $$");
	tap_ok(w, w->result.signal == 9 && w->ready == NULL && none_left(),
	    "so does a call that was killed");
	w->limits.output_bytes = 3000;
	world_bash(w, "head -c 2000 /dev/zero");
	pid = world_worker_of(getpid());
	world_bash(w, "head -c 2000 /dev/zero");
	tap_ok(w, w->result.exit == 0 && world_worker_of(getpid()) == pid,
	    "limits count per call");
	world_bash(w, "head -c 4000 /dev/zero");
	tap_ok(w, w->result.killed != NULL && w->ready == NULL && none_left(),
	    "and end the worker");
	w->limits.output_bytes = 64 << 20;
	world_bash(w, "rm -f count");
	first = world_worker_of(getpid());
	(void)world_kill(first, SIGSTOP);
	(void)world_kill(world_worker_of(first), SIGKILL);
	(void)world_kill(first, SIGCONT);
	world_bash(w, "echo x >> count");
	tap_ok(w, w->result.exit == 0 && lines(w, counted(w), 1),
	    "its first process is killed: the next call runs once");
	(void)world_kill(world_worker_of(getpid()), SIGKILL);
	world_bash(w, "echo x >> count");
	tap_ok(w, w->result.exit == 0 && lines(w, counted(w), 2),
	    "so it does if the worker itself is killed");
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	tap_ok(NULL, world_none_stays(), "nothing is left of both");
	/* A core that is killed between two calls. */
	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		world_bash(w, "echo x >> count");
		(void)!write(p[1], "r", 1);
		for (;;)
			pause();
	}
	close(p[1]);
	(void)!read(p[0], &byte, 1);
	close(p[0]);
	(void)world_kill(pid, SIGKILL);
	tap_ok(NULL, world_none_stays() && lines(w, counted(w), 3),
	    "the core is killed between two calls: nothing stays");
}

static void
prepare(struct world *w)
{
	struct sandbox_spec s;

	world_spec(w, &s);
	sandbox_prepare(&w->ready, w->loop, &s);
}

#define STOPPED_MS	7000	/* less than each of our limits */

/* Before Linux 6.12, a command on D can stop a worker that isn't its own, which
 * then enforces no limit; on each level the user can. */
static void
test_stopped(struct world *w)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	char *command = xasprintf("sleep 1000; : %s", w->mark);
	const int64_t limit = w->limits.timeout_ms;
	const pid_t core = getpid();
	pid_t pid, worker;
	int64_t since;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		/* On a slow machine the limit may come first. */
		while (world_marked(w) == 0)
			(void)nanosleep(&tick, NULL);
		worker = world_worker_of(core);
		if (worker > 0)
			(void)world_kill(worker, SIGSTOP);
		_exit(0);
	}
	w->limits.timeout_ms = 1000;
	world_bash(w, command);
	free(command);
	(void)world_kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	tap_ok(w, w->result.killed != NULL &&
	    strcmp(w->result.killed, "timeout") == 0 && w->ready == NULL &&
	    none_left() && world_wait_gone(w),
	    "a worker that is stopped in a call goes on, and ends");
	w->limits.timeout_ms = limit;
	prepare(w);
	worker = world_worker_of(core);
	if (worker > 0)
		(void)world_kill(worker, SIGSTOP);
	since = clock_mono_ms();
	world_bash(w, "echo again");
	tap_ok(w, worker > 0 && world_said(w, "again") &&
	    clock_mono_ms() - since < STOPPED_MS,
	    "one that is stopped before it runs it goes on");
	prepare(w);
	worker = world_worker_of(core);
	if (worker > 0)
		(void)world_kill(worker, SIGSTOP);
	since = clock_mono_ms();
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	tap_ok(w, worker > 0 && none_left() &&
	    clock_mono_ms() - since < STOPPED_MS, "one that isn't needed ends");
}

/* Somebody kills a part of it during a call, or the user stops the call. */
static void
test_struck(struct world *w, int who)
{
	static const char *const what[] = { "the call is stopped",
		"its first process is killed", "the worker is killed" };
	struct world_command c;
	char *command = xasprintf("echo x >> count; echo said; sleep 1000; : "
	    "%s", w->mark);
	pid_t worker;

	world_bash(w, "rm -f count");
	world_command(w, &c, command);
	loop_run(c.loop);
	worker = world_worker_of(getpid());
	if (who != 0) {
		(void)world_kill(who == 1 ? world_worker_of(worker) : worker,
		    SIGKILL);
		/* Where forks are counted, the next one fails and prints that. */
		do
			loop_run(w->loop);
		while (!c.done);
	}
	world_command_end(&c);
	tap_ok(NULL, (who == 0 || c.done) && !c.ran && w->ready == NULL &&
	    world_none_stays() && world_wait_gone(w) && lines(w, counted(w), 1),
	    "%s during it: it ran once, and nothing is left", what[who]);
	free(command);
}

static void
run_level(enum sandbox_level level)
{
	struct world *w = world_new(level);
	int who;

	w->loop = loop_new();
	w->stays = sandbox_levels[level].encloses;
	if (w->stays)
		test_left(w);
	if (level == SANDBOX_A)
		test_overlay_ends(w);
	if (w->stays) {
		test_part_crashes(w);
		test_ends(w);
	}
	if (level == SANDBOX_D)
		test_stopped(w);
	for (who = 0; who < 3; who++)
		test_struck(w, who);
	loop_free(w->loop);
	if (w->stays)
		test_same(level);
	world_free(w);
}

static void
run_all(const char *who)
{
	(void)world_each_level(who, "a worker that stays", run_level);
}

int
main(void)
{
	world_main(run_all);
}
