/*
 * Starts the core: in its own process group and session, with one descriptor
 * and an environment from an allow list, so that a process that outlives the
 * terminal keeps nothing of the user's shell, above all no keys.
 */

#include "config.h"

#include "client/client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "journal/command.h"
#include "journal/session.h"

#define CLIENT_OUT_MAX ((size_t)64 << 20)
#define CORE_FD 3
#define TERMINAL_FD 4	/* the core has the number, too (assent-core.c) */

extern char **environ;

static bool
client_env_allowed(const char *entry)
{
	static const char *const names[] = {
		"HOME", "PATH", "LANG", "LC_", "TZ", "XDG_STATE_HOME",
		/* to ask systemd for a scope */
		"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
		/* to ask podman for an image */
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "CONTAINERS_",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy",
		"no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY",
		"NO_PROXY", "ALL_PROXY", "TMPDIR",
#ifdef __SANITIZE_ADDRESS__
		"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
#endif
	};
	size_t i, n;

	for (i = 0; i < MEM_COUNT(names); i++) {
		n = strlen(names[i]);
		if (strncmp(entry, names[i], n) == 0 &&
		    (entry[n] == '=' || names[i][n - 1] == '_'))
			return true;
	}
	return false;
}

static char **
client_env(void)
{
	static char no_gnutls[] = "GNUTLS_NO_IMPLICIT_INIT=1";
	size_t i, n = 0;
	char **env;

	for (i = 0; environ[i] != NULL; i++)
		continue;
	env = xcalloc(i + 2, sizeof(*env));
	for (i = 0; environ[i] != NULL; i++)
		if (client_env_allowed(environ[i]))
			env[n++] = environ[i];
	/* libcurl's libraries bring it along for other protocols than ours; who
	 * uses it initializes it. The core forgets this at its start. */
	env[n] = no_gnutls;
	return env;
}

static void
client_reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTSTP, SIG_DFL);
}

/* Runs in the child, after vfork: only what doesn't change our memory. */
static _Noreturn void
client_exec_core(const char *path, char *const *argv, char **env, int sock,
    int terminal, bool debug)
{
	int null, first;

	client_reset_signals();
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		_exit(127);
	/* If the descriptor already is 3, still clear its CLOEXEC. */
	if (sock == CORE_FD) {
		if (fcntl(sock, F_SETFD, 0) < 0)
			_exit(127);
	} else if (dup2(sock, CORE_FD) < 0)
		_exit(127);
	/* Above both numbers, see client_spawn_with. */
	if (terminal >= 0 && dup2(terminal, TERMINAL_FD) < 0)
		_exit(127);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    (!debug && dup2(null, 2) < 0))
		_exit(127);
	first = terminal >= 0 ? TERMINAL_FD + 1 : CORE_FD + 1;
	if (close_range((unsigned)first, ~0U, 0) < 0) {
		int fd;

		for (fd = first; fd < 1024; fd++)
			(void)close(fd);
	}
	execve(path, argv, env);
	_exit(127);
}

static pid_t __attribute__((noinline))
client_start_core(const char *path, char *const *argv, char **env, int sock,
    int terminal)
{
	bool debug = getenv("ASSENT_DEBUG") != NULL;
	pid_t pid = vfork();

	if (pid == 0)
		client_exec_core(path, argv, env, sock, terminal, debug);
	return pid;
}

static cJSON *
client_hello(cJSON *take, const char *secret)
{
	cJSON *o = take != NULL ? take : command_of("hello");
	char name[64];
	const char *tty = ttyname(0);

	snprintf(name, sizeof(name), "%.60s", tty != NULL ? tty : "no tty");
	json_add_str(o, "version", PACKAGE_VERSION);
	json_add_int(o, "protocol", SESSION_PROTOCOL);
	if (json_get(o, "client") == NULL)
		json_add_str(o, "client", name);
	json_add_str(o, "secret", secret);
	if (json_get(o, "from") == NULL)
		json_add_int(o, "from", 1);
	return o;
}

int
client_spawn(struct client *c, struct err *e)
{
	return client_spawn_with(c, -1, e);
}

int
client_spawn_with(struct client *c, int terminal, struct err *e)
{
	char name[] = "assent-core", option[] = "--terminal";
	char *const argv[] = { name, terminal < 0 ? NULL : option, NULL };
	AUTO_FREE char *path = NULL, **env = NULL;
	AUTO_CLOSE int above = terminal < 0 ? -1 :
	    fcntl(terminal, F_DUPFD_CLOEXEC, TERMINAL_FD + 1);
	int sv[2] = { -1, -1 }, rc = -1;

	path = self_find(SELF_PROGRAM, "assent-core", e);
	if (path == NULL)
		goto out;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0) {
		err_sys(e, "can't create a socket for the background process");
		goto out;
	}
	env = client_env();
	c->pid = client_start_core(path, argv, env, sv[1], above);
	if (c->pid < 0) {
		err_sys(e, "can't start the background process");
		c->pid = 0;
		goto out;
	}
	c->io = lineio_new_take(sv[0], JSON_MAX_BYTES, CLIENT_OUT_MAX);
	sv[0] = -1;
	rc = 0;
out:
	fs_close(sv[0]);
	fs_close(sv[1]);
	return rc;
}

int
client_start(struct client *c, cJSON *start, cJSON *hello, struct err *e)
{
	if (c->pid == 0 && client_spawn(c, e) < 0) {
		cJSON_Delete(start);
		cJSON_Delete(hello);
		return -1;
	}
	(void)client_send(c, client_hello(hello, NULL));
	(void)client_send(c, start);
	return 0;
}

int
client_attach(struct client *c, const char *id, cJSON *hello, struct err *e)
{
	char secret[SESSION_SECRET_SIZE];
	int fd = session_connect(id, secret, e);

	memset(c, 0, sizeof(*c));
	if (fd < 0) {
		cJSON_Delete(hello);
		return -1;
	}
	c->io = lineio_new_take(fd, JSON_MAX_BYTES, CLIENT_OUT_MAX);
	(void)client_send(c, client_hello(hello, secret));
	return 0;
}

/* The peer of a connected socket is the process that listened. */
static pid_t
client_core_pid(const struct client *c)
{
	struct ucred peer = { .pid = 0 };
	socklen_t n = sizeof(peer);

	if (c->pid == 0)
		(void)getsockopt(c->io->fd, SOL_SOCKET, SO_PEERCRED,
		    &peer, &n);
	return c->pid > 0 ? c->pid : peer.pid;
}

int
client_check_stopped(const struct client *c, bool hangs, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	long pid = (long)client_core_pid(c);
	AUTO_FREE char *path = xasprintf("/proc/%ld/stat", pid);
	const char *state = NULL;
	bool stopped;

	/* "PID (NAME) STATE …"; the name may contain any byte. */
	if (pid > 0 && fs_read_file(AT_FDCWD, path, &b, NULL) == 0)
		state = strrchr(buf_str(&b), ')');
	stopped = state != NULL && state[1] == ' ' &&
	    (state[2] == 'T' || state[2] == 't');
	if (stopped)
		return err_set(e, "the session doesn't respond: its background "
		    "process %ld is stopped (kill -CONT %ld continues it)",
		    pid, pid);
	return !hangs ? 0 : err_set(e, "the session doesn't respond: its "
	    "background process %ld is busy or hangs; try again, or kill it "
	    "(no decision is lost)", pid);
}

int
client_run_core(const char *const *args, int in, int out, struct err *e)
{
	AUTO_FREE char *path = self_find(SELF_PROGRAM, "assent-core", e);
	AUTO_FREE char **env = NULL;
	AUTO_FREE const char **argv = NULL;
	size_t n = 0;
	int status;
	pid_t pid;

	if (path == NULL)
		return -1;
	while (args[n] != NULL)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = "assent-core";
	memcpy(argv + 1, args, n * sizeof(*argv));
	fflush(stdout);
	env = client_env();
	pid = fork();
	if (pid == 0) {
		client_reset_signals();
		if ((in >= 0 && dup2(in, STDIN_FILENO) < 0) ||
		    (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
			_exit(127);
		execve(path, (char *const *)(uintptr_t)argv, env);
		_exit(127);
	}
	if (pid < 0)
		return err_sys(e, "can't start the background process");
	if ((status = spawn_reap(pid)) < 0)
		return err_sys(e, "can't wait for the background process");
	return WIFEXITED(status) ? WEXITSTATUS(status) : err_set(e,
	    "the background process was killed by signal %d", WTERMSIG(status));
}

cJSON *
client_ask_core(const char *const *args, cJSON *asked_take, size_t max,
    struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(max);
	AUTO_FREE char *text =
	    asked_take == NULL ? NULL : json_print(asked_take);
	cJSON *o = NULL;
	AUTO_CLOSE int out = fs_memory(NULL, 0), in = text == NULL ? -1 :
	    fs_memory(text, strlen(text));

	if (out < 0 || (text != NULL && in < 0))
		err_sys(e, "can't create a file in memory");
	else if (client_run_core(args, in, out, e) == 0 &&
	    fs_memory_read(out, &b) == 0)
		o = json_parse(buf_str(&b), b.len, JSON_NUL_REFUSE, e);
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	cJSON_Delete(asked_take);
	return o;
}

char *
client_fork(const char *id, const char *at, struct err *e)
{
	const char *const args[] = { "fork", id, at, NULL };
	AUTO_JSON cJSON *o = client_ask_core(args, NULL, 0, e);

	if (json_str(o, "session") == NULL && !err_is_set(e)) {
		err_set(e, "%s", json_str_or(o, "error", "the background "
		    "process died; nothing was made"));
		e->misuse = json_bool(o, "misuse", false);
	}
	return xstrdup_null(json_str(o, "session"));
}
