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
#include "journal/fold-proposal.h"
#include "journal/fold.h"
#include "ui/app/app.h"
#include "ui/panes/pane-data.h"
#include "ui/panes/ui-base.h"
#include "ui/term/rate-limit.h"
#include "ui/term/tty.h"

#define ATTENTION_HERE_MS 3000	/* since the last key: the user is here */

static const char *
attention_words(const struct app *a)
{
	switch (a->ui.wanted_pane) {
	case PANE_DIFF:
		return "changes to review";
	case PANE_PLAN:
		return "a plan to review";
	default:
		return a->ui.fold->ask.command == NULL ? "limit reached" :
		    fold_ask_words(a->ui.fold)->waits;
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
	AUTO_FREE char **argv = NULL;
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
}

/* The title: what waits, else whether the agent works. */
static void
attention_title(struct app *a)
{
	int n;
	AUTO_FREE char *words = NULL;

	/* A slow line has no time for it. */
	if (!a->options->likes.title || a->editor.pid != 0 ||
	    rate_limit_is_slow(&a->pace))
		return;
	if (a->ui.wanted != NULL && a->ui.wanted_pane == PANE_DIFF) {
		n = fold_undecided(a->ui.fold->proposal);
		words = xasprintf("assent: %d hunk%s to review", n,
		    n == 1 ? "" : "s");
	} else
		words = xasprintf("assent: %s", a->ui.wanted != NULL ?
		    attention_words(a) : ui_is_working(&a->ui) ? "working" :
		    "ready");
	tty_title(a->tty, words);
}

/* Is the list of the setting this word alone? */
static bool
attention_is(const cJSON *list, const char *word)
{
	const cJSON *it = cJSON_GetArrayItem(list, 0);

	return cJSON_GetArraySize(list) == 1 && cJSON_IsString(it) &&
	    strcmp(it->valuestring, word) == 0;
}

void
notify(struct app *a)
{
	const struct ui_likes *likes = &a->options->likes;
	AUTO_FREE char *words = NULL;
	bool here = a->ui.now - a->ui.last_key < ATTENTION_HERE_MS ||
	    a->ui.now - a->started < ATTENTION_HERE_MS;

	attention_title(a);
	if (!a->ui.alert)
		return;
	a->ui.alert = false;
	if (a->ui.wanted == NULL || a->editor.pid != 0 || here)
		return;
	words = xasprintf("assent: %s", attention_words(a));
	if (attention_is(likes->notify, "bell"))
		tty_bell(a->tty);
	else if (attention_is(likes->notify, "osc9"))
		tty_notify(a->tty, words);
	else
		attention_run(a, words);
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
