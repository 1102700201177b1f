/*
 * The walls behind the mounts, as TAP: landlock, with and without the kernel's
 * help; and what of the home is shown and how.  As root everything is done
 * twice, the second time as an ordinary user.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/landlock.h"
#include "tests/escape/world.h"
#include "tests/messages.h"

/* One attempt; its answer is one of those in `says`. */
static void
try_one(struct world *w, const char *what, const char *path, const char *says,
    const char *label)
{
	char *attempt = xasprintf("%s=%s", what, path);
	char *command = xasprintf("./attempt %s", attempt);
	char *copy = xstrdup(says), *save = NULL, *one;
	bool found = false;

	world_bash(w, command);
	for (one = strtok_r(copy, " ", &save); one != NULL && !found;
	    one = strtok_r(NULL, " ", &save)) {
		char *line = xasprintf("%s %s", attempt, one);

		found = world_said(w, line);
		free(line);
	}
	tap_ok(w, found, "%s", label);
	free(attempt);
	free(command);
	free(copy);
}

static void
make(struct world *w, const char *below)
{
	if (fs_mkdirs(world_path(w, below), 0755, NULL) < 0)
		abort();
}

/* Without a root of its own; what can't be reached is in test-escape. */
static void
test_landlock_host(struct world *w)
{
	static const char *const masked[] = { ".env", NULL };

	w->masked = masked;
	make(w, "home/u/.rustup");
	world_bash(w, "echo $RUSTUP_HOME");
	tap_ok(w, world_said(w, world_path(w, "home/u/.rustup")),
	    "a toolchain finds the home that it is in");
	world_bash(w, "tool && cat hello.txt && ls / >/dev/null && "
	    "mkdir d && echo x >d/x && mv d/x x && mkfifo f && "
	    "ln -s x y && ln x z && rm -r d f x y z && "
	    "echo >/dev/null && (sleep 100 & kill $!) && "
	    "echo a >$TMPDIR/a && mv $TMPDIR/a $HOME/a && echo all well");
	tap_ok(w, world_said(w, "all well") && world_said(w, "tool ran"),
	    "ordinary work");
	w->masked = NULL;
}

/* Things that builds do, with both walls in force. */
static void
test_landlock_inside(struct world *w)
{
	world_bash(w, "tool && mkdir d && echo x >d/x && mv d/x x && "
	    "mkfifo f && ln -s x y && ln x z && truncate -s 1 z && "
	    "rm -r d f x y z && echo >/dev/null && "
	    "(sleep 100 & kill $!) && echo a >/tmp/a && mv /tmp/a ~/a && "
	    "mv ~/a . && echo >/dev/shm/a && echo all well");
	tap_ok(w, world_said(w, "all well"), "ordinary work");
	world_bash(w, "command -v script >/dev/null || exec echo pty; "
	    "script -qec 'tty >/dev/null && echo pty' /dev/null </dev/null | "
	    "tr -d '\\r'");
	tap_ok(w, world_said(w, "pty"), "a terminal of its own");
	world_bash(w, "command -v python3 >/dev/null || exec echo served; "
	    "python3 -c 'import socket as s\n"
	    "a=s.create_server((\"127.0.0.1\",0))\n"
	    "b=s.create_connection(a.getsockname())\nprint(\"served\")'");
	tap_ok(w, world_said(w, "served"), "a server on the loopback");
}

/* ---- what of the home is shown ---- */

static bool
holds(struct world *w, const char *below, const char *text)
{
	const char *s = world_read(w, world_path(w, below));

	return s != NULL && strcmp(s, text) == 0;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    listen(fd, 4) < 0)
		abort();
	return fd;
}

/* Caches, and a folder that the user names: nothing in them gives a way out, and
 * what is written to a cache doesn't reach it. */
static void
test_folders(struct world *w)
{
	const char *more[] = { world_path(w, "home/u/sw"), NULL };
	const char *sock = world_path(w, "home/u/.cache/pip/s");
	int fd;

	make(w, "home/u/.cache/pip");
	make(w, "home/u/.cache/huggingface");
	make(w, "home/u/.cache/chromium");
	make(w, "home/u/.cargo/registry/cache");
	make(w, "home/u/sw");
	world_write(world_path(w, "home/u/.cache/pip/one"), "one\n");
	world_write(world_path(w, "home/u/.cache/huggingface/token"), "t\n");
	world_write(world_path(w, "home/u/sw/.npmrc"), "token\n");
	fd = listen_at(sock);
	w->toolchains = more;
	world_bash(w, "cd ~/.cache && echo new >pip/new; echo more >>pip/one; "
	    "echo y >~/.cargo/registry/cache/y; ls -A");
	tap_ok(w, !world_said(w, "chromium"), "other caches are not there");
	tap_ok(w, holds(w, "home/u/.cache/pip/one", "one\n") &&
	    access(world_path(w, "home/u/.cache/pip/new"), F_OK) < 0 &&
	    access(world_path(w, "home/u/.cargo/registry/cache/y"), F_OK) < 0,
	    "the caches are as they were");
	try_one(w, "unix", sock, "ECONNREFUSED", "a socket in a cache");
	try_one(w, "read", world_path(w, "home/u/.cache/huggingface/token"),
	    "EACCES", "credentials in a cache");
	try_one(w, "create", world_path(w, "home/u/.cargo/x"), "EROFS",
	    "the toolchain around a cache");
	try_one(w, "read", world_path(w, "home/u/sw/.npmrc"), "EACCES",
	    "credentials in a folder that the user names");
	try_one(w, "create", world_path(w, "home/u/sw/x"), "EROFS",
	    "writing in it");
	w->toolchains = NULL;
	close(fd);
}

/* A configuration that reads otherwise, and repositories in the project. */
static void
test_git(struct world *w)
{
	static const char *const shut[] = {
		"sub/.git", "mod/.git", "gone/.git", NULL,
	};
	char *path = xstrdup(world_path(w, "home/u/p/.git/config"));
	struct sandbox_cover cover = {
		.path = path, .text = (char *)(uintptr_t)"shown\n", .len = 6,
	};
	const char *up;

	world_write(path, "token\n");
	make(w, "home/u/p/sub/.git/hooks");
	make(w, "home/u/p/mod");
	world_write(world_path(w, "home/u/p/sub/.git/config"), "real\n");
	world_write(world_path(w, "home/u/p/mod/.git"), "gitdir: ../x\n");
	w->covers = &cover;
	w->covers_len = 1;
	w->shut = shut;
	world_bash(w, "cat .git/config; cat .git/config | wc -l");
	tap_ok(w, world_said(w, "shown") && world_said(w, "1") &&
	    !world_said(w, "token"), "credentials are not shown");
	try_one(w, "write", path, "EROFS EACCES", "nor can they be changed");
	try_one(w, "unlink", path, "EROFS EBUSY", "or removed");
	if (w->level == SANDBOX_A) {
		up = w->upper;
		try_one(w, "create", "sub/.git/hooks/pre-commit", "EROFS",
		    "a hook of a repository in the project");
		try_one(w, "write", "sub/.git/config", "EROFS",
		    "its configuration");
		try_one(w, "rename", "sub/.git", "EBUSY", "moving it away");
		try_one(w, "write", "mod/.git", "EROFS",
		    "where a submodule's .git leads");
		try_one(w, "unlink", "mod/.git", "EBUSY", "removing it");
		tap_ok(w, access(fs_join(up, "sub/.git/config"), F_OK) < 0,
		    "nothing of it is staged");
		world_bash(w, "mkdir -p new/.git/hooks && echo x >sub/y && "
		    "echo made");
		tap_ok(w, world_said(w, "made"), "work around them");
		world_bash(w, "rm -rf new sub/y");
	}
	tap_ok(w, holds(w, "home/u/p/.git/config", "token\n"),
	    "the real file is as it was");
	w->covers_len = 0;
	w->shut = NULL;
	free(path);
}

/* As on a kernel that has no landlock. */
static int
deny_landlock(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = (unsigned short)MEM_COUNT(code), .filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* The owner of the folder above may put a symlink in the project's place. */
static void
test_place(struct world *w)
{
	char *root = w->root;

	if (symlink(root, world_path(w, "link")) < 0)
		abort();
	w->root = (char *)(uintptr_t)world_path(w, "link");
	world_bash(w, "echo ran");
	tap_ok(w, !w->result.built && !world_said(w, "ran") &&
	    strncmp(w->result.error, "project: ", 9) == 0,
	    "a symlink where the project was");
	w->root = root;
}

static enum sandbox_level
best_level(const struct world *w, char **line)
{
	char *why;
	enum sandbox_level best = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, line, &why);

	free(why);
	return best;
}

static int
count_mounts(void)
{
	struct buf b = BUF_INIT(1 << 20);
	const char *p;
	int n = 0;

	if (fs_read_file(AT_FDCWD, "/proc/self/mountinfo", &b, NULL) < 0)
		abort();
	for (p = buf_str(&b); (p = strchr(p, '\n')) != NULL; p++)
		n++;
	buf_release(&b);
	return n;
}

/* Real root takes trees from the host, whose mounts systemd makes shared. */
static void
run_shared(const char *who)
{
	static const enum sandbox_level levels[] = { SANDBOX_A, SANDBOX_B };
	struct world *w;
	char label[64], *line;
	int before;
	size_t i;

	snprintf(label, sizeof(label), "%s, shared mounts", who);
	tap_label(label);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC |
	    MS_PRIVATE, NULL) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SHARED,
	    NULL) < 0) {
		tap_skip("shared mounts", "mounts are refused");
		return;
	}
	before = count_mounts();
	for (i = 0; i < MEM_COUNT(levels); i++) {
		w = world_new(levels[i]);
		if (best_level(w, &line) > levels[i]) {
			tap_skip("shared mounts", line);
		} else {
			world_bash(w, "grep -c -e shared: -e master: "
			    "/proc/self/mountinfo; echo looked");
			tap_ok(w, world_said(w, "0") && world_said(w,
			    "looked"), "%s: none is shared with the host",
			    sandbox_levels[levels[i]].name);
			tap_ok(w, count_mounts() == before, "%s: and none "
			    "comes to the host", sandbox_levels[levels[i]].name);
		}
		free(line);
		world_free(w);
	}
}

static void
run_without_landlock(const char *who)
{
	struct world *w = world_new(SANDBOX_D);
	enum sandbox_level with, without;
	char label[64], *line;

	snprintf(label, sizeof(label), "%s, no landlock", who);
	tap_label(label);
	with = best_level(w, &line);
	free(line);
	/* A worker that was started ahead has no filter. */
	sandbox_worker_ahead(NULL);
	tap_ok(NULL, deny_landlock() == 0 && landlock_version(NULL) == 0,
	    "the kernel has none");
	without = best_level(w, &line);
	tap_ok(NULL, without == (with == SANDBOX_C ? SANDBOX_NONE : with),
	    "the level is the same, but for C: %s", line);
	tap_ok(NULL, (strstr(line, "no Landlock") != NULL) ==
	    (without == SANDBOX_NONE), "it is said where it is the only wall");
	free(line);
	world_bash(w, "tool");
	tap_ok(w, world_said(w, "tool ran"), "a command runs");
	world_free(w);
}

static void
run_all(const char *who)
{
	static const enum sandbox_level levels[] = {
		SANDBOX_A, SANDBOX_B, SANDBOX_D, SANDBOX_NONE,
	};
	struct world *w = world_new(SANDBOX_A);
	char *line;
	enum sandbox_level best = best_level(w, &line);
	size_t i;

	world_free(w);
	for (i = 0; i < MEM_COUNT(levels); i++) {
		char label[64];

		snprintf(label, sizeof(label), "%s, %s", who,
		    sandbox_levels[levels[i]].name);
		tap_label(label);
		if (levels[i] < best) {
			tap_skip("walls", line);
			continue;
		}
		w = world_new(levels[i]);
		if (levels[i] == SANDBOX_A || levels[i] == SANDBOX_B) {
			test_landlock_inside(w);
			test_folders(w);
			test_git(w);
			test_place(w);
		} else if (landlock_version(NULL) > 0)
			test_landlock_host(w);
		else
			tap_skip("landlock", "this kernel has none");
		world_free(w);
	}
	free(line);
	run_without_landlock(who);
	if (geteuid() == 0)
		run_shared(who);
}

int
main(void)
{
	world_main(run_all);
}
