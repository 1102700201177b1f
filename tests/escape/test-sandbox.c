/*
 * What a call does and leaves, its limits and its ends, as TAP; the attempts to
 * get out are test-escape's. Run as root it does everything twice: on root's
 * project, and as an ordinary user.  With "denied" it expects
 * a host that refuses namespaces (see deny.c); without arguments it runs itself
 * so too.  With "owner" it is real root on an ordinary user's project.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "sandbox/landlock.h"
#include "tests/escape/world.h"

/* ---- what must not be in a command's way; what must is in test-escape ---- */

static void
test_allowed(struct world *w)
{
	static const char *const masked[] = { ".env", "missing", NULL };
	bool inside = w->level == SANDBOX_A || w->level == SANDBOX_B;
	char *rows[] = {
		xstrdup("create=made"),
		xasprintf("create=%s/made", inside ? w->home : w->sandbox_home),
		xasprintf("create=%s/made", inside ? "/tmp" : w->sandbox_tmp),
		/* Not on C. */
		xstrdup("shmget=4096"),
		/* Not on D either. */
		xstrdup("create=/dev/shm/made"),
		xstrdup("read=" SANDBOX_OUT_DIR "/whole"),
	};
	struct buf all = BUF_INIT(1 << 16);
	size_t n = MEM_COUNT(rows) - (inside ? 0 : w->level == SANDBOX_C ? 3 :
	    2), i;

	w->masked = masked;
	buf_adds(&all, "./attempt processes");
	for (i = 0; i < n; i++)
		buf_addf(&all, " %s", rows[i]);
	world_bash(w, buf_str(&all));
	tap_ok(w, w->result.built && w->result.exit == 0,
	    "a secret file that is not there needs no mask");
	if (inside)
		/* init, bash (which may exec) and the attempt */
		tap_ok(w, world_said(w, "processes 2") ||
		    world_said(w, "processes 3"), "processes outside unseen");
	for (i = 0; i < MEM_COUNT(rows); i++) {
		char *line = xasprintf("%s OK", rows[i]);

		if (i < n)
			tap_ok(w, world_said(w, line), "%s", rows[i]);
		free(line);
		free(rows[i]);
	}
	buf_release(&all);
	w->masked = NULL;
}

/* ---- what a call leaves ---- */

static void
test_results(struct world *w)
{
	const char *top = w->level == SANDBOX_A ? w->upper : w->copy;
	struct stat st;

	world_bash(w, "pwd; echo more >> hello.txt; echo new > sub/new.txt; "
	    "rm -f gone.txt; echo $HOME $TMPDIR; tool; echo err >&2; "
	    "cat; exit 3");
	tap_ok(w, w->result.built && w->result.exit == 3, "exit status");
	tap_ok(w, world_said(w, "err"), "stderr is joined");
	tap_ok(w, strcmp(world_read(w, fs_join(top, "hello.txt")),
	    "hello\nmore\n") == 0, "a change is in the stage");
	tap_ok(w, strcmp(world_read(w, fs_join(top, "sub/new.txt")),
	    "new\n") == 0, "a new file is in the stage");
	tap_ok(w, strcmp(world_read(w, world_path(w, "home/u/p/hello.txt")),
	    "hello\n") == 0, "the real file is as it was");
	tap_ok(w, lstat(world_path(w, "home/u/p/sub/new.txt"), &st) < 0 &&
	    lstat(world_path(w, "home/u/p/gone.txt"), &st) == 0,
	    "the real tree is as it was");
	if (w->level == SANDBOX_A)
		tap_ok(w, lstat(fs_join(top, "gone.txt"), &st) == 0 &&
		    S_ISCHR(st.st_mode) && st.st_rdev == 0,
		    "a deletion is in the stage");
	if (w->level == SANDBOX_B)
		tap_ok(w, lstat(world_path(w, "state/copy/.git"), &st) < 0,
		    "the copy has no .git of ours");
	/* Paths of the copy are printed as the project's. */
	tap_ok(w, world_said(w, w->root), "the project's own path");
	if (sandbox_levels[w->level].holds)
		tap_ok(w, world_said(w, "tool ran"), "a toolchain runs");
	w->cwd = world_path(w, "home/u/p/sub");
	world_bash(w, "basename $PWD; ls ..");
	tap_ok(w, world_said(w, "sub") && world_said(w, "hello.txt"),
	    "cwd below the project");
	w->cwd = NULL;
	world_bash(w, "kill -USR1 $$");
	tap_ok(w, w->result.built && w->result.signal == SIGUSR1,
	    "a signal is reported");
	world_bash(w, "echo kept > $HOME/k; echo kept > $TMPDIR/k");
	world_bash(w, "cat $HOME/k $TMPDIR/k | sort -u");
	tap_ok(w, world_said(w, "kept"), "home and tmp last");
	world_call(w, "argv", "{\"argv\":[\"printf\",\"%s|\",\"a b\",\"\"]}");
	tap_ok(w, strcmp(buf_str(&w->output), "a b||") == 0 &&
	    w->result.exit == 0, "argv without a shell");
	world_call(w, "argv", "{\"argv\":[\"/no/such/program\"]}");
	tap_ok(w, w->result.built && w->result.exit == 127,
	    "a missing program");
	world_call(w, "argv", "{\"argv\":[]}");
	tap_ok(w, !w->result.built && w->result.error != NULL,
	    "no program named");
}

/* Facts about the project; its programs change nothing. */
static void
test_inspection(struct world *w)
{
	const char *out;

	world_call(w, "inspect", "{\"programs\":[\"no-such\",\"git\"],"
	    "\"ctags\":[\"sh\",\"-c\",\"echo names; exit 3\"]}");
	out = buf_str(&w->output);
	tap_ok(w, w->result.exit == 3 &&
	    strncmp(out, "m no-such\nt git: git version ", 29) == 0 &&
	    strstr(out, "\n.\nnames\n") != NULL, "an inspection");
	if (w->level != SANDBOX_A)
		return;
	world_call(w, "inspect", "{\"ctags\":[\"sh\",\"-c\","
	    "\"echo > hello.txt || touch new || rm sub || echo held\"]}");
	tap_ok(w, world_said(w, "held"), "an inspection only reads");
}

static void
test_environment(struct world *w)
{
	static const char *const allowed[] = {
		"ASSENT_SANDBOX", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_COUNT",
		"GIT_CONFIG_KEY_0", "GIT_CONFIG_KEY_1", "GIT_CONFIG_KEY_2",
		"GIT_CONFIG_KEY_3", "GIT_CONFIG_KEY_4",	/* on C */
		"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_VALUE_0",
		"GIT_CONFIG_VALUE_1", "GIT_CONFIG_VALUE_2",
		"GIT_CONFIG_VALUE_3", "GIT_CONFIG_VALUE_4",
		"GIT_OPTIONAL_LOCKS", "GIT_PAGER", "GIT_TERMINAL_PROMPT",
		"HOME", "LANG", "NO_COLOR", "NO_UPDATE_NOTIFIER",
		"npm_config_update_notifier", "PIP_DISABLE_PIP_VERSION_CHECK",
		"PAGER", "PATH", "SHELL", "TERM",
		"TMPDIR", "JAVA_TOOL_OPTIONS", "TMUX_TMPDIR",	/* on C, D, none */
		/* bash's own */
		"OLDPWD", "PWD", "SHLVL", "_",
	};
	char *line, *save = NULL, *copy;
	bool sound = true;

	setenv("ASSENT_TEST_KEY", "secret", 1);
	setenv("BASH_ENV", "/nowhere", 1);
	world_bash(w, "env");
	copy = xstrdup(buf_str(&w->output));
	for (line = strtok_r(copy, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		size_t i, n = strcspn(line, "=");

		for (i = 0; i < MEM_COUNT(allowed); i++)
			if (strlen(allowed[i]) == n &&
			    strncmp(allowed[i], line, n) == 0)
				break;
		sound = sound && i < MEM_COUNT(allowed);
	}
	free(copy);
	tap_ok(w, sound && w->output.len > 0,
	    "the environment is the allow list");
	tap_ok(w, world_said(w, "npm_config_update_notifier=false"),
	    "programs don't look for updates of themselves");
}

/* ---- limits; the others are test-limits' ---- */

static bool
killed_by(const struct world *w, const char *limit, const char *flag)
{
	return w->result.built && w->result.killed != NULL &&
	    strcmp(w->result.killed, limit) == 0 && w->result.exit == -1 &&
	    w->result.limit != NULL && strstr(w->result.limit, flag) != NULL;
}

static void
test_limits(struct world *w)
{
	const struct rlimit some = { 5, 5 };
	struct sandbox_limits saved = w->limits;
	char *command;

	command = xasprintf("trap '' TERM HUP INT; (setsid sh -c \"trap '' "
	    "TERM HUP; sleep 1000; : %s\" &) ; echo started; sleep 1000; : "
	    "%s", w->mark, w->mark);
	/* The time to build the sandbox and to start a shell is in it. */
	for (w->limits.timeout_ms = 3000; w->limits.timeout_ms < 60000;
	    w->limits.timeout_ms *= 2) {
		world_bash(w, command);
		if (world_said(w, "started"))
			break;
	}
	tap_ok(w, killed_by(w, "timeout", "--timeout"), "timeout");
	tap_ok(w, world_said(w, "started"), "output before the timeout");
	tap_ok(w, world_marked(w) == 0, "nothing left by the timeout");
	free(command);
	w->limits = saved;

	world_call(w, "bash", "{\"command\":\"sleep 1000\","
	    "\"timeout_s\":2}");
	tap_ok(w, killed_by(w, "timeout", "timeout_s"), "the call's timeout");

	w->limits.output_bytes = 100000;
	world_bash(w, "yes");
	tap_ok(w, killed_by(w, "output", "file") &&
	    w->output.len == 100000, "output flood");
	w->limits = saved;

	world_bash(w, "nproc; ulimit -c");
	tap_ok(w, world_said(w, "1") && world_said(w, "0"),
	    "one processor, no core dumps");

	/* Only root may raise them. */
	(void)setrlimit(RLIMIT_RTPRIO, &some);
	(void)setrlimit(RLIMIT_NICE, &some);
	world_bash(w, "echo \"$(ulimit -r) $(ulimit -e)\"");
	tap_ok(w, world_said(w, "0 0"), "nothing runs before all others");
}

/* ---- ends ---- */

/* Start a call with a marked daemon, and wait until it has said so. */
static void
ready_start(struct world *w, struct world_command *c)
{
	AUTO_FREE char *command = xasprintf("(setsid sh -c \"trap '' TERM HUP; "
	    "sleep 1000; : %s\" &); echo said; sleep 1000; : %s", w->mark,
	    w->mark);

	world_command(w, c, command);
	loop_run(c->loop);
}

static void
test_ends(struct world *w)
{
	struct world_command c;
	char *command;
	pid_t pid;
	int p[2];
	char byte;

	command = xasprintf("(setsid sh -c \"trap '' TERM HUP; sleep 1000; : "
	    "%s\" &); echo over", w->mark);
	world_bash(w, command);
	tap_ok(w, w->result.built && w->result.exit == 0 &&
	    world_said(w, "over"), "a daemon does not hold the call");
	tap_ok(w, world_marked(w) == 0, "no daemon is left at the end");
	free(command);

	ready_start(w, &c);
	tap_ok(w, c.said && world_marked(w) > 0, "a call under way");
	world_command_end(&c);
	tap_ok(w, world_marked(w) == 0 && !c.done, "nothing left by a cancel");

	ready_start(w, &c);
	pid = world_worker_of(getpid());
	if (pid > 0)
		(void)world_kill(pid, SIGKILL);
	loop_run(c.loop);
	tap_ok(w, pid > 0 && c.done && !c.ran,
	    "a killed worker is an error");
	tap_ok(w, world_wait_gone(w), "nothing left by a killed worker");
	world_command_end(&c);

	if (pipe(p) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ready_start(w, &c);
		(void)!write(p[1], "r", 1);
		for (;;)
			pause();
	}
	close(p[1]);
	(void)!read(p[0], &byte, 1);
	close(p[0]);
	tap_ok(w, world_marked(w) > 0, "a core's call under way");
	(void)world_kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	tap_ok(w, world_wait_gone(w), "nothing left by a killed core");

	w->worker[0] = 'X';
	world_bash(w, "true");
	tap_ok(w, !w->result.built && w->result.error_errno != 0,
	    "a missing worker is an error");
	w->worker[0] = '/';
}

/* ---- what earlier calls may leave in the way ---- */

static void
test_traps(struct world *w)
{
	char *top = xstrdup(w->dir + strlen("/tmp/"));
	char *command;
	struct stat st;

	/* The project lies below /tmp, so the sandbox's /tmp holds its path. */
	command = xasprintf("cd /tmp && mv %s away && ln -s /etc %s; ls -la",
	    top, top);
	world_bash(w, command);
	free(command);
	world_bash(w, "pwd; cat hello.txt");
	tap_ok(w, w->result.built && world_said(w, w->root) &&
	    world_said(w, "hello"), "a symlink in the way of the project");
	tap_ok(w, access("/etc/hello.txt", F_OK) < 0 &&
	    lstat(world_path(w, "state/tmp"), &st) == 0,
	    "and nothing beyond it was touched");
	world_bash(w, "rm -rf sub; ln -s /etc sub; cat sub/hostname");
	tap_ok(w, world_said(w, "sandbox"),
	    "a symlink out shows the sandbox's");
	world_bash(w, "rm -rf $TMPDIR/* sub; mkdir -m 0 shut; exit 0");
	world_bash(w, "echo next");
	tap_ok(w, world_said(w, "next"), "a shut folder in the stage");
	free(top);
}

static void
test_probe(struct world *w, enum sandbox_level want)
{
	char *line, *why;
	enum sandbox_level got = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, &line, &why);
	DIR *d = opendir(w->state);
	struct dirent *de;
	bool clean = true;

	tap_ok(NULL, got == want, "probe gives %s: %s: %s",
	    sandbox_levels[got].name, line, why == NULL ? "-" : why);
	tap_ok(NULL, strstr(line, "CPU (not held)") != NULL && strncmp(line,
	    sandbox_levels[want].line, strlen(sandbox_levels[want].line)) == 0,
	    "the line says it");
	if (want != SANDBOX_A)
		tap_ok(NULL, why != NULL &&
		    strstr(why, "clone is refused") != NULL &&
		    strstr(why, want == SANDBOX_NONE ?
		    "--sandbox container" : "see assent doctor") != NULL,
		    "and why: %s", why == NULL ? "-" : why);
	while (d != NULL && (de = readdir(d)) != NULL)
		clean = clean && strncmp(de->d_name, "probe-", 6) != 0;
	if (d != NULL)
		closedir(d);
	tap_ok(NULL, clean, "the probe leaves nothing");
	free(line);
	free(why);
}

/* A tree in another group of ours: seen at its top, and copied. */
static void
test_probe_group(struct world *w)
{
	enum sandbox_level level;
	char *line, *why;

	if (geteuid() != 0) {
		tap_skip("a tree in another group", "it takes a second group");
		return;
	}
	if (chown(world_path(w, "home/u/p/hello.txt"), 0, 54321) < 0)
		abort();
	level = sandbox_probe(w->worker, w->root, w->state, &w->limits, false,
	    &line, &why);
	tap_ok(NULL, level == SANDBOX_B && why != NULL &&
	    strstr(why, "hello.txt belongs to another group") != NULL &&
	    strstr(line, "copied") != NULL,
	    "a tree in another group: %s: %s", line, why);
	if (chown(world_path(w, "home/u/p/hello.txt"), 0, 0) < 0)
		abort();
	free(line);
	free(why);
}

static void
run_level(enum sandbox_level level, const char *who)
{
	struct world *w = world_new(level);
	char label[64];

	snprintf(label, sizeof(label), "%s, %s", who,
	    sandbox_levels[level].name);
	tap_label(label);
	if (level == SANDBOX_A)
		test_probe(w, SANDBOX_A);
	if (level == SANDBOX_A)
		test_probe_group(w);
	test_allowed(w);
	test_results(w);
	test_inspection(w);
	test_environment(w);
	test_limits(w);
	test_ends(w);
	if (level == SANDBOX_A || level == SANDBOX_B)
		test_traps(w);
	world_free(w);
}

static void
run_all(const char *who)
{
	struct world *w = world_new(SANDBOX_A);
	char *line, *why;
	enum sandbox_level best = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, &line, &why);

	world_free(w);
	tap_label(who);
	if (best == SANDBOX_A)
		run_level(SANDBOX_A, who);
	else
		tap_skip("full sandbox", why == NULL ? line : why);
	if (best == SANDBOX_A || best == SANDBOX_B)
		run_level(SANDBOX_B, who);
	if (landlock_version(NULL) > 0)
		run_level(SANDBOX_C, who);
	else
		tap_skip("level C", "this kernel has no landlock");
	run_level(SANDBOX_D, who);
	free(line);
	free(why);
}

static void
run_denied(const char *who)
{
	struct world *w = world_new(SANDBOX_D);
	enum sandbox_level level;
	char label[64], *line, *why;

	snprintf(label, sizeof(label), "%s, denied", who);
	tap_label(label);
	test_probe(w, landlock_version(NULL) > 0 ? SANDBOX_C : SANDBOX_NONE);
	level = sandbox_probe(w->worker, w->root, w->state, &w->limits, true,
	    &line, &why);
	tap_ok(NULL, level == SANDBOX_D, "a declared container: %s", line);
	free(line);
	free(why);
	w->level = SANDBOX_A;
	world_bash(w, "echo ran");
	tap_ok(w, !w->result.built && w->output.len == 0 &&
	    w->result.error_errno == EPERM, "no sandbox, no run");
	w->level = SANDBOX_NONE;
	world_bash(w, "echo ran");
	tap_ok(w, w->result.exit == 0 && world_said(w, "ran"),
	    "without a sandbox it runs on the copy");
	w->level = SANDBOX_D;
	test_results(w);
	test_inspection(w);
	test_ends(w);
	world_free(w);
	if (landlock_version(NULL) > 0)
		run_level(SANDBOX_C, who);
}

/* Real root, but the project is another's: the payload must be that one. */
static void
run_owner(void)
{
	struct world *w = world_new(SANDBOX_A);
	AUTO_FREE char *id = xasprintf("%u", ORDINARY);
	struct stat st;
	char *command, *line, *why;
	pid_t pid;
	enum sandbox_level best = sandbox_probe(w->worker, w->root, w->state,
	    &w->limits, false, &line, &why);

	tap_label("root on a user's project");
	if (best != SANDBOX_A)
		tap_skip("full sandbox", why == NULL ? line : why);
	free(line);
	free(why);
	if (best != SANDBOX_A) {
		world_free(w);
		return;
	}
	command = xasprintf("chown -R %u:%u %s/home", ORDINARY, ORDINARY,
	    w->dir);
	if (chmod(w->state, 0700) < 0)
		abort();
	if ((pid = fork()) == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
	free(command);
	world_bash(w, "id -u; echo mine > mine; echo more >> hello.txt");
	tap_ok(w, w->result.exit == 0 && world_said(w, id),
	    "runs as the owner");
	tap_ok(w, lstat(world_path(w, "state/upper/mine"), &st) == 0 &&
	    st.st_uid == ORDINARY, "what it makes is the owner's");
	tap_ok(w, stat(world_path(w, "home/u/p/hello.txt"), &st) == 0 &&
	    st.st_size == 6, "the real file is as it was");
	w->limits.pids = 12;
	world_bash(w, "./attempt forks=100");
	tap_ok(w, w->result.killed == NULL &&
	    world_said(w, "forks=100 EAGAIN"),
	    "the kernel counts its processes");
	world_free(w);
}

int
main(int argc, char **argv)
{
	char *programs;
	int i;

	tap_begin();
	programs = world_public_programs();
	signal(SIGPIPE, SIG_IGN);
	/* Nothing may be left, wherever it went. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (argc > 1 && strcmp(argv[1], "denied") == 0) {
		world_as_each(run_denied);
	} else {
		world_as_each(run_all);
		if (geteuid() == 0)
			run_owner();
	}
	world_reap();
	(void)fs_remove_tree(AT_FDCWD, programs, NULL);
	tap_label("all");
	tap_ok(NULL, waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	    "no process is left");
	fflush(stdout);
	i = tap_end();
	/* Not exit: a world's strings live as long as the program. */
	fflush(stdout);
	_exit(i);
}
