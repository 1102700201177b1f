/*
 * Sandboxes prepared ahead, as TAP: one is used; changes until the call comes
 * are seen, or another sandbox is built; no call fails because one died; none
 * outlives the core. As test-sandbox, it runs as root and as an ordinary user.
 */
#include "config.h"

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
#include "tests/messages.h"

/* ---- processes ---- */

/* Wait until the worker and its first process are asleep, so that a test means
 * what it says.  Never -1: that would be everybody, for who kills it. */
static pid_t
settle(void)
{
	const struct timespec tick = { .tv_nsec = 2000000 };
	int64_t end = clock_mono_ms() + 60000;
	pid_t worker;
	char outer = 0, inner = 0;

	for (;;) {
		(void)nanosleep(&tick, NULL);
		worker = world_worker_find(getpid(), &outer);
		if (worker > 0 && world_worker_find(worker, &inner) > 0 &&
		    outer == 'S' && inner == 'S')
			return worker;
		if (clock_mono_ms() >= end) {
			printf("Bail out! no sandbox gets ready\n");
			fflush(stdout);
			_exit(99);
		}
	}
}

static bool
none_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static void
prepare_only(struct world *w)
{
	struct sandbox_spec s;

	world_spec(w, &s);
	sandbox_prepare(&w->ready, w->loop, &s);
}

static pid_t
prepare(struct world *w)
{
	prepare_only(w);
	return settle();
}

/* Does it stay? Else there is another one afterwards. */
static bool
fits(struct world *w)
{
	struct sandbox_ready *before = w->ready;

	prepare_only(w);
	return before != NULL && w->ready == before;
}

static void
real_write(struct world *w, const char *below, const char *text)
{
	world_write(world_path(w, below), text);
}

/* ---- it is used, or it is not ---- */

static void
test_used(struct world *w)
{
	int64_t start;
	pid_t pid = prepare(w);

	tap_ok(NULL, pid > 0 && fits(w), "a sandbox waits");
	start = clock_mono_ms();
	world_bash(w, "echo ran; echo made > made");
	tap_ok(w, w->result.exit == 0 && world_said(w, "ran"),
	    "a call in it");
	tap_ok(w, w->result.ms <= clock_mono_ms() - start + 1,
	    "its time starts with the call");
	tap_ok(NULL, none_left(), "and it is gone afterwards");
	(void)prepare(w);
	world_call(w, "read", "{\"path\":\"made\"}");
	tap_ok(w, strstr(buf_str(&w->output), "made\\n") != NULL,
	    "the next sees what the first one made");
	(void)prepare(w);
	w->limits.pids++;
	tap_ok(NULL, !fits(w), "other limits want another sandbox");
	world_bash(w, "echo ran");
	tap_ok(w, w->result.exit == 0 && world_said(w, "ran") &&
	    none_left(), "which they get");
	w->limits.pids--;
}

/* ---- it dies ---- */

static void
test_dead(struct world *w)
{
	pid_t pid = prepare(w), inner;
	char state;

	(void)world_kill(pid, SIGKILL);
	world_bash(w, "echo ran");
	tap_ok(w, w->result.exit == 0 && world_said(w, "ran"),
	    "a killed one is replaced");
	pid = prepare(w);
	inner = world_worker_find(pid, &state);
	(void)world_kill(inner, SIGKILL);
	world_bash(w, "echo ran");
	tap_ok(w, inner > 0 && w->result.exit == 0 && world_said(w, "ran"),
	    "one whose first process was killed, too");
	/* It looks well when the call comes. */
	pid = prepare(w);
	(void)world_kill(pid, SIGSTOP);
	if (fork() == 0) {
		const struct timespec tick = { .tv_nsec = 20000000 };

		(void)nanosleep(&tick, NULL);
		(void)world_kill(pid, SIGKILL);
		_exit(0);
	}
	world_bash(w, "echo ran");
	tap_ok(w, w->result.exit == 0 && world_said(w, "ran"),
	    "one that dies with the call in its hands");
	(void)world_none_stays();
	pid = prepare(w);
	(void)world_kill(pid, SIGKILL);
	while (fits(w))
		loop_once(w->loop, 1000);
	tap_ok(NULL, fits(w), "a dead one fits no call");
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	tap_ok(NULL, world_none_stays(), "and leaves nothing");
	w->worker[0] = 'X';
	prepare_only(w);
	w->worker[0] = '/';
	world_bash(w, "echo ran");
	tap_ok(w, w->result.exit == 0, "a worker that was not there");
}

static void
test_freed(struct world *w)
{
	int p[2];
	char byte;
	pid_t pid;

	(void)prepare(w);
	sandbox_ready_free(w->ready);
	w->ready = NULL;
	tap_ok(NULL, none_left(), "one that nobody wants");
	/* A core that is killed: its worker is ours then, and must end. */
	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		(void)prepare(w);
		(void)!write(p[1], "r", 1);
		for (;;)
			pause();
	}
	close(p[1]);
	(void)!read(p[0], &byte, 1);
	close(p[0]);
	(void)world_kill(pid, SIGKILL);
	tap_ok(NULL, world_none_stays(), "none outlives a killed core");
}

/* ---- the world goes on ---- */

static void
test_changes(struct world *w)
{
	(void)prepare(w);
	real_write(w, "home/u/p/new.txt", "new\n");
	real_write(w, "home/u/p/hello.txt", "changed\n");
	if (rename(world_path(w, "home/u/p/sub"),
	    world_path(w, "home/u/p/moved")) < 0 ||
	    unlink(world_path(w, "home/u/p/gone.txt")) < 0)
		abort();
	world_bash(w, "cat new.txt hello.txt moved/deep.txt; ls sub; "
	    "ls gone.txt");
	tap_ok(w, world_said(w, "new") && world_said(w, "changed") &&
	    world_said(w, "deep") && !world_said(w, "gone.txt"),
	    "what the user did meanwhile");
	if (rename(world_path(w, "home/u/p/moved"),
	    world_path(w, "home/u/p/sub")) < 0)
		abort();
	/* As the stage does before each call. */
	(void)prepare(w);
	(void)fs_remove_tree(AT_FDCWD, w->work, NULL);
	if (mkdir(w->work, 0700) < 0)
		abort();
	tap_ok(NULL, fits(w), "a work folder made anew does not matter");
	world_bash(w, "echo work > work.txt && cat work.txt");
	tap_ok(w, world_said(w, "work"), "and serves");
}

static void
test_root_replaced(struct world *w)
{
	char *old = xasprintf("%s.old", w->root);

	(void)prepare(w);
	if (rename(w->root, old) < 0 || mkdir(w->root, 0755) < 0)
		abort();
	real_write(w, "home/u/p/other.txt", "another project\n");
	world_bash(w, "cat other.txt; cat hello.txt");
	tap_ok(w, world_said(w, "another project") && w->result.exit != 0,
	    "another folder at the project's place is what the call sees");
	if (fs_remove_tree(AT_FDCWD, w->root, NULL) < 0 ||
	    rename(old, w->root) < 0)
		abort();
	free(old);
	(void)prepare(w);
	if (rename(w->sandbox_home, world_path(w, "state/away")) < 0 ||
	    mkdir(w->sandbox_home, 0755) < 0)
		abort();
	world_bash(w, "echo x > ~/mark; ls ~");
	tap_ok(w, access(world_path(w, "state/home/mark"), F_OK) == 0,
	    "another home");
}

static void
test_git_appears(struct world *w)
{
	const char *git = world_path(w, "home/u/p/.git");
	const char *away = world_path(w, "home/u/git");

	if (rename(git, away) < 0)
		abort();
	(void)prepare(w);
	if (rename(away, git) < 0)
		abort();
	world_bash(w, "echo x > .git/config; cat .git/HEAD");
	tap_ok(w, strstr(buf_str(&w->output), "Read-only") != NULL &&
	    world_said(w, "ref: refs/heads/main"),
	    "a .git that appears is read-only");
	/* A linked worktree: another repository's folder has to be shown. */
	if (rename(git, away) < 0 ||
	    fs_mkdirs(world_path(w, "home/u/o/.git/worktrees/p"), 0755,
	    NULL) < 0 || mkdir(world_path(w, "home/u/o/.git/objects"),
	    0755) < 0 || mkdir(world_path(w, "home/u/o/.git/refs"), 0755) < 0)
		abort();
	real_write(w, "home/u/o/.git/HEAD", "common head\n");
	real_write(w, "home/u/o/.git/worktrees/p/HEAD", "linked head\n");
	real_write(w, "home/u/o/.git/worktrees/p/commondir", "../..\n");
	real_write(w, "home/u/o/.git/worktrees/p/gitdir",
	    world_path(w, "home/u/p/.git\n"));
	(void)prepare(w);
	real_write(w, "home/u/p/.git", "gitdir: ../o/.git/worktrees/p\n");
	world_bash(w, "cat ~/o/.git/worktrees/p/HEAD; echo x > .git");
	tap_ok(w, world_said(w, "linked head") && w->result.exit != 0,
	    "so is a worktree's");
	if (unlink(git) < 0 || rename(away, git) < 0)
		abort();
}

static void
test_secret_appears(struct world *w)
{
	const char *path = world_path(w, "home/u/.cargo/credentials.toml");

	if (unlink(path) < 0)
		abort();
	(void)prepare(w);
	world_write(path, "token\n");
	world_bash(w, "tool; cat ~/.cargo/credentials.toml");
	tap_ok(w, world_said(w, "tool ran") && !world_said(w, "token") &&
	    w->result.exit != 0, "a toolchain's new key is masked");
	(void)prepare(w);
	/* As a program saves: what replaces it has no mask of its own. */
	real_write(w, "home/u/.cargo/new", "token\n");
	if (rename(world_path(w, "home/u/.cargo/new"), path) < 0)
		abort();
	world_bash(w, "cat ~/.cargo/credentials.toml");
	tap_ok(w, !world_said(w, "token") && w->result.exit != 0,
	    "and so is one that was replaced");
}

/* In a mount namespace of its own, which the worker is in as well. */
static void
test_mount_appears(struct world *w)
{
	pid_t pid;
	int status;

	if (geteuid() != 0) {
		tap_skip("a mount below the project", "it takes root");
		return;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		const char *sub = world_path(w, "home/u/p/sub");

		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(77);
		(void)prepare(w);
		if (mount("x", sub, "tmpfs", 0, NULL) < 0)
			_exit(77);
		world_bash(w, "echo ran");
		tap_ok(w,
		    !w->result.built && w->output.len == 0 &&
			w->result.error != NULL &&
			strstr(w->result.error,
			    MSG_MOUNTED_BELOW_THE_PROJECT) != NULL,
		    "a mount that appears below the project");
		(void)umount(sub);
		world_bash(w, "cat sub/deep.txt");
		tap_ok(w, world_said(w, "deep"), "and goes");
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		tap_skip("a mount below the project", "mounts are refused");
}

/* ---- ends ---- */

static void
run_level(enum sandbox_level level)
{
	struct world *w = world_new(level);
	bool inside = level == SANDBOX_A || level == SANDBOX_B;

	w->loop = loop_new();
	test_used(w);
	test_dead(w);
	test_freed(w);
	if (level == SANDBOX_A) {
		test_changes(w);
		test_root_replaced(w);
		test_mount_appears(w);
	}
	if (inside) {
		test_git_appears(w);
		test_secret_appears(w);
	}
	loop_free(w->loop);
	world_free(w);
}

/* Real root on another user's project: prepared files already belong to that
 * user. */
static void
run_owner(struct world *w)
{
	struct stat st;

	world_give(w);
	tap_label("root on a user's project");
	w->loop = loop_new();
	test_used(w);
	test_changes(w);
	tap_ok(w, lstat(world_path(w, "state/upper/made"), &st) == 0 &&
	    st.st_uid == ORDINARY, "what is made is the owner's");
	loop_free(w->loop);
	world_free(w);
}

static void
run_all(const char *who)
{
	if (world_each_level(who, "prepared sandboxes", run_level) == SANDBOX_A &&
	    geteuid() == 0)
		run_owner(world_new(SANDBOX_A));
}

int
main(void)
{
	world_main(run_all);
}
