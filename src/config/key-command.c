/*
 * key-command: runs the user's program that prints a key, such as a password
 * store: outside of the sandbox, without a shell, with a time limit, and in the
 * home directory, so that a project can't influence it.  It may use the
 * terminal.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "config/config-int.h"

#define KEY_COMMAND_MS 60000	/* with its prompts */
#define COMMAND_OUT_MAX ((size_t)16 << 10)

/* ---- words ---- */

void
key_command_free(char **argv)
{
	size_t i;

	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

/* Reads one word and moves *p after it; NULL with *e. */
static char *
command_word(const char **p, struct err *e)
{
	struct buf b = BUF_INIT(0);
	char quote = '\0';

	buf_adds(&b, "");
	for (; **p != '\0' && (quote != '\0' ||
	    !isspace((unsigned char)**p)); (*p)++) {
		if (quote != '\0' ? **p == quote : **p == '\'' || **p == '"') {
			quote = quote != '\0' ? '\0' : **p;
			continue;
		}
		if (quote != '\'' && strchr("$`\\", **p) != NULL)
			break;
		if (quote == '\0' && strchr("|&;<>()*?", **p) != NULL)
			break;
		buf_addc(&b, **p);
	}
	if (quote == '\0' && (**p == '\0' || isspace((unsigned char)**p)))
		return buf_take(&b);
	buf_release(&b);
	if (**p == '\0')
		err_set(e, "has an unterminated quote");
	else
		err_set(e, "runs without a shell, so %c has no meaning; use "
		    "[\"sh\", \"-c\", \"...\"]", **p);
	return NULL;
}

char **
key_command_words(const cJSON *v, struct err *e)
{
	const char *p = cJSON_IsString(v) ? v->valuestring : "";
	const cJSON *it;
	char **argv = xcalloc(1, sizeof(*argv)), *word;
	size_t n = 0;

	if (!cJSON_IsString(v) && !cJSON_IsArray(v)) {
		err_set(e, "must be a string or a list of strings");
		goto fail;
	}
	for (it = cJSON_IsArray(v) ? v->child : NULL; it != NULL;
	    it = it->next) {
		if (!cJSON_IsString(it)) {
			err_set(e, "must be a list of strings");
			goto fail;
		}
		GROW_BY(argv, n, 2);
		argv[n++] = xstrdup(it->valuestring);
		argv[n] = NULL;
	}
	for (p += strspn(p, " \t\r\n"); *p != '\0';
	    p += strspn(p, " \t\r\n")) {
		if ((word = command_word(&p, e)) == NULL)
			goto fail;
		GROW_BY(argv, n, 2);
		argv[n++] = word;
		argv[n] = NULL;
	}
	if (n == 0 || argv[0][0] == '\0') {
		err_set(e, "must name a program");
		goto fail;
	}
	return argv;
fail:
	key_command_free(argv);
	return NULL;
}

/* ---- running it ---- */

/* Runs in the child: async-signal-safe calls only. */
static _Noreturn void
command_exec(char *const *argv, const char *home, int out, bool quiet)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Standard input may be a pipe with the task: not for the program. */
	if (dup2(out, STDOUT_FILENO) < 0 ||
	    (!isatty(STDIN_FILENO) && dup2(null, STDIN_FILENO) < 0) ||
	    (quiet && dup2(null, STDERR_FILENO) < 0) ||
	    (chdir(home != NULL ? home : "/") < 0 && chdir("/") < 0))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

/* Reads what is available; closes *fd at its end. */
static void
command_read(int *fd, struct buf *to)
{
	char chunk[4096];
	ssize_t n;

	while ((n = fs_read(*fd, chunk, sizeof(chunk))) > 0)
		(void)buf_add(to, chunk, (size_t)n);
	if (n == 0 || errno != EAGAIN) {
		close(*fd);
		*fd = -1;
	}
	explicit_bzero(chunk, sizeof(chunk));
}

/* Reads until it has exited: processes that it left behind may keep the pipe
 * open. False at the deadline. */
static bool
command_wait(int pidfd, int *out, struct buf *key)
{
	int64_t deadline = clock_mono_ms() + KEY_COMMAND_MS, left;
	struct pollfd p[2] = { { *out, POLLIN, 0 }, { pidfd, POLLIN, 0 } };

	while (p[1].revents == 0 && (left = deadline - clock_mono_ms()) > 0) {
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			break;
		if (*out >= 0)
			command_read(out, key);
		p[0].fd = *out;
	}
	return p[1].revents != 0;
}

static void
command_failed(const char *name, int status, struct err *e)
{
	if (WIFSIGNALED(status))
		err_set(e, "api_key_command %s was killed by signal %d", name,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		err_set(e, "api_key_command %s: command not found", name);
	else
		err_set(e, "api_key_command %s exited with status %d", name,
		    WEXITSTATUS(status));
}

char *
key_command_run(char *const *argv, const char *home, bool quiet,
    struct err *e)
{
	struct buf b = BUF_INIT(COMMAND_OUT_MAX);
	char *key = NULL;
	int out[2], status = 0;
	AUTO_CLOSE int pidfd = -1;
	bool ended;
	pid_t pid;

	fflush(stdout);
	if (pipe(out) < 0) {
		err_sys(e, "can't create a pipe");
		return NULL;
	}
	(void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(out[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0)
		command_exec(argv, home, out[1], quiet);
	close(out[1]);
	(void)fcntl(out[0], F_SETFL, O_NONBLOCK);
	if (pid < 0 || (pidfd = (int)syscall(SYS_pidfd_open, pid, 0)) < 0)
		err_sys(e, "can't start %s", argv[0]);
	ended = pidfd >= 0 && command_wait(pidfd, &out[0], &b);
	if (pid > 0 && !ended)
		(void)kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (pidfd >= 0 && !ended)
		err_set(e, "api_key_command %s took longer than %d s "
		    "and was killed", argv[0], KEY_COMMAND_MS / 1000);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		command_failed(argv[0], status, e);
	else if (ended) {
		AUTO_FREE char *from =
		    xasprintf("the output of api_key_command %s", argv[0]);

		/* Password stores keep other data in the following lines. */
		key = config_key_clean(buf_str(&b), strcspn(buf_str(&b), "\n"),
		    from, e);
	}
	fs_close(out[0]);
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	buf_release(&b);
	return key;
}
