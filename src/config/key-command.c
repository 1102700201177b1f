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
#include "base/sanitize.h"
#include "base/utf8.h"
#include "config/config-int.h"

#define KEY_COMMAND_MS 60000	/* with its prompts */
#define COMMAND_OUT_MAX ((size_t)16 << 10)
#define COMMAND_SAID_MAX ((size_t)64 << 10)

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

struct command {
	pid_t		 pid;
	int		 out, said, pidfd;	/* -1: closed or never opened */
	struct buf	 key;
	struct buf	 words;			/* of standard error */
	size_t		 shown;			/* of them */
	bool		 quiet;
};

/* Runs in the child: async-signal-safe calls only. */
static _Noreturn void
command_exec(char *const *argv, const char *home, int out, int said)
{
	sigset_t none;
	int null;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Standard input may be a pipe with the task: not for the program. */
	null = isatty(STDIN_FILENO) ? -1 : open("/dev/null", O_RDONLY);
	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0 ||
	    (chdir(home != NULL ? home : "/") < 0 && chdir("/") < 0))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static int
command_pipe(int p[2])
{
	if (pipe(p) < 0)
		return -1;
	(void)fcntl(p[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(p[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static int
command_start(struct command *k, char *const *argv, const char *home,
    struct err *e)
{
	int out[2], said[2];

	if (command_pipe(out) < 0)
		return err_sys(e, "can't create a pipe");
	if (command_pipe(said) < 0) {
		err_sys(e, "can't create a pipe");
		close(out[0]);
		close(out[1]);
		return -1;
	}
	k->pid = fork();
	if (k->pid == 0)
		command_exec(argv, home, out[1], said[1]);
	close(out[1]);
	close(said[1]);
	k->out = out[0];
	k->said = said[0];
	(void)fcntl(k->out, F_SETFL, O_NONBLOCK);
	(void)fcntl(k->said, F_SETFL, O_NONBLOCK);
	if (k->pid < 0) {
		close(k->out);
		close(k->said);
		return err_sys(e, "can't start %s", argv[0]);
	}
	k->pidfd = (int)syscall(SYS_pidfd_open, k->pid, 0);
	return 0;
}

/* Shows its messages line by line; at the end also an unfinished line. */
static void
command_show(struct command *k, bool end)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	size_t n = k->words.len;

	while (!end && n > k->shown && k->words.p[n - 1] != '\n')
		n--;
	if (!k->quiet && n > k->shown) {
		sanitize_add(&b, k->words.p + k->shown, n - k->shown,
		    SANITIZE_LINES | sanitize_locale());
		fputs(buf_str(&b), stderr);
		if (end && k->words.p[n - 1] != '\n')
			fputc('\n', stderr);
		fflush(stderr);
	}
	k->shown = n;
}

/* Reads what is available; closes *fd at its end. */
static void
command_read(int *fd, struct buf *to)
{
	char chunk[4096];
	ssize_t n;

	for (;;) {
		n = fs_read(*fd, chunk, sizeof(chunk));
		if (n > 0) {
			(void)buf_add(to, chunk, (size_t)n);
			continue;
		}
		if (n == 0 || errno != EAGAIN) {
			close(*fd);
			*fd = -1;
		}
		break;
	}
	explicit_bzero(chunk, sizeof(chunk));
}

/* Waits until it has exited; false at the deadline. */
static bool
command_wait(struct command *k, int64_t deadline)
{
	while (k->out >= 0 || k->said >= 0 || k->pidfd >= 0) {
		struct pollfd p[3] = { { k->out, POLLIN, 0 },
			{ k->said, POLLIN, 0 }, { k->pidfd, POLLIN, 0 } };
		int64_t left = deadline - clock_mono_ms();

		if (left <= 0)
			return false;
		if (poll(p, 3, (int)(left < 60000 ? left : 60000)) < 0 &&
		    errno != EINTR)
			return false;
		if (k->out >= 0)
			command_read(&k->out, &k->key);
		if (k->said >= 0)
			command_read(&k->said, &k->words);
		command_show(k, false);
		/* Processes it left behind may keep the pipes open. */
		if (k->pidfd >= 0 && (p[2].revents & POLLIN) != 0)
			return true;
	}
	return true;
}

/* The last line of its messages, for an error; malloc'ed. */
static char *
command_last_words(const struct command *k)
{
	const char *p = k->words.p;
	size_t n = k->words.len, from;
	struct buf b = BUF_INIT(0);

	while (n > 0 && isspace((unsigned char)p[n - 1]))
		n--;
	for (from = n; from > 0 && p[from - 1] != '\n'; from--)
		continue;
	if (n - from > 200)
		n = from + 200;
	if (n > from)
		utf8_repair(&b, p + from, n - from);
	return buf_take(&b);
}

static void
command_failed(const struct command *k, const char *name, int status,
    struct err *e)
{
	AUTO_FREE char *last = k->quiet ? command_last_words(k) : xstrdup("");
	const char *colon = last[0] == '\0' ? "" : ": ";

	if (WIFSIGNALED(status))
		err_set(e, "api_key_command %s was killed by signal %d%s%s",
		    name, WTERMSIG(status), colon, last);
	else if (WEXITSTATUS(status) == 127 && k->words.len == 0)
		err_set(e, "api_key_command %s: command not found", name);
	else
		err_set(e, "api_key_command %s exited with status %d%s%s",
		    name, WEXITSTATUS(status), colon, last);
}

char *
key_command_run(char *const *argv, const char *home, bool quiet,
    struct err *e)
{
	struct command k = { .out = -1, .said = -1, .pidfd = -1,
		.key = BUF_INIT(COMMAND_OUT_MAX),
		.words = BUF_INIT(COMMAND_SAID_MAX), .quiet = quiet };
	char *key = NULL;
	int status = 0;
	bool ended;

	fflush(stdout);
	if (command_start(&k, argv, home, e) < 0)
		return NULL;
	ended = command_wait(&k, clock_mono_ms() + KEY_COMMAND_MS);
	if (!ended)
		(void)kill(k.pid, SIGKILL);
	while (waitpid(k.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (k.out >= 0)
		command_read(&k.out, &k.key);
	if (k.said >= 0)
		command_read(&k.said, &k.words);
	command_show(&k, true);
	if (!ended)
		err_set(e, "api_key_command %s took longer than %d s "
		    "and was killed", argv[0], KEY_COMMAND_MS / 1000);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		command_failed(&k, argv[0], status, e);
	else {
		AUTO_FREE char *from =
		    xasprintf("the output of api_key_command %s", argv[0]);

		/* Password stores keep other data in the following lines. */
		key = config_key_clean(buf_str(&k.key), strcspn(buf_str(&k.key),
		    "\n"), from, e);
	}
	fs_close(k.out);
	fs_close(k.said);
	fs_close(k.pidfd);
	if (k.key.p != NULL)
		explicit_bzero(k.key.p, k.key.cap);
	buf_release(&k.key);
	buf_release(&k.words);
	return key;
}
