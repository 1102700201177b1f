/*
 * Tells the user that something waits: bell, window title, a program of theirs;
 * not while they are typing. None of these contains text from a model, a file
 * or a server.
 */
#include "config.h"

#include "ui/app/app-int.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "base/mem.h"
#include "ui/app/app.h"
#include "ui/base/pane-data.h"
#include "ui/base/ui-base.h"
#include "ui/term/tty.h"

#define ATTENTION_HERE_MS 3000	/* since the last key: the user is here */

static const char *
attention_words(const struct app *a)
{
	switch (a->ui.wanted_pane) {
	case PANE_DIFF:
		return "assent: changes to review";
	case PANE_PLAN:
		return "assent: a plan to review";
	default:
		return a->ui.fold->ask_command != NULL
			   ? "assent: a command needs permission"
			   : "assent: limit reached";
	}
}

static void
attention_exec(char *const argv[])
{
	struct sigaction sa;
	sigset_t none;
	int fd, i;

	/* In its own session it gets no signals from our terminal. */
	setsid();
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	for (i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		_exit(127);
	for (i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			_exit(127);
	if (chdir("/") < 0)
		_exit(127);
	execvp(argv[0], argv);
	_exit(127);
}

static void
attention_run(struct app *a, const char *words)
{
	const cJSON *list = a->options->likes.notify, *it;
	int n = cJSON_GetArraySize(list);
	char **argv;
	size_t i = 0;

	/* One at a time: don't start it again before it has ended. */
	if (n < 1 || a->notify != 0)
		return;
	argv = xcalloc((size_t)n + 2, sizeof(*argv));
	cJSON_ArrayForEach(it, list)
		argv[i++] = xstrdup(cJSON_IsString(it) ? it->valuestring :
		    "");
	argv[i] = xstrdup(words);
	a->notify = fork();
	if (a->notify == 0)
		attention_exec(argv);
	if (a->notify < 0) {
		a->notify = 0;
		ui_notice(&a->ui, "notify: can't start the program");
	}
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

void
notify(struct app *a)
{
	const struct ui_likes *likes = &a->options->likes;
	bool here = a->ui.now - a->ui.last_key < ATTENTION_HERE_MS ||
	    a->ui.now - a->started < ATTENTION_HERE_MS;

	if (a->ui.wanted == NULL && a->titled) {
		tty_title(a->tty, NULL);
		a->titled = false;
	}
	if (!a->ui.alert)
		return;
	a->ui.alert = false;
	if (a->ui.wanted == NULL || a->editor.pid != 0)
		return;
	if (likes->title) {
		tty_title(a->tty, attention_words(a));
		a->titled = true;
	}
	if (here)
		return;
	if (likes->bell)
		tty_bell(a->tty);
	attention_run(a, attention_words(a));
}

void
notify_end(struct app *a)
{
	int status;

	if (a->notify == 0 || waitpid(a->notify, &status, WNOHANG) !=
	    a->notify)
		return;
	a->notify = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		ui_notice(
		    &a->ui, "notify: can't run the program set in config.json");
		a->dirty = true;
	}
}
