/* The command `assent`: choose the command, read its options, run it. */
#include "config.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/sanitize.h"
#include "base/spawn.h"
#include "cmd/cmd-commit.h"
#include "cmd/cmd.h"
#include "cmd/version.h"
#include "front/message.h"

/* Before these work in a project, what a dead `assent commit` has left there is
 * put in order. */
#define MAIN_ENDS_COMMITS (CMD_SCREEN | CMD_EXEC | CMD_TRY | \
	CMD_RESUME | CMD_REVIEW | CMD_DECIDE | CMD_UNDO | \
	CMD_COMMIT | CMD_PR)
/* These only look, and so they say it. */
#define MAIN_SAYS_COMMITS (CMD_LS | CMD_SHOW | CMD_LOG | CMD_STATS | CMD_END)

/* If HOME isn't set (env -i), use the entry in the user database. */
static void
main_find_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home != NULL && home[0] != '\0')
		return;
	pw = getpwuid(geteuid());
	if (pw != NULL && pw->pw_dir != NULL && pw->pw_dir[0] == '/')
		(void)setenv("HOME", pw->pw_dir, 1);
}

/* What a shell has lowered: a sandbox needs about 100 descriptors, the core more
 * than the smallest stacks. Others inherit it. */
static rlim_t
main_raise(int what, rlim_t want)
{
	struct rlimit l;

	if (getrlimit(what, &l) < 0)
		return want;
	if (l.rlim_cur < want) {
		l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
		(void)setrlimit(what, &l);
	}
	return l.rlim_cur;
}

/* Report that the output failed, unless its reader, such as head(1), closed
 * it. */
static int
main_flush(void)
{
	if (fflush(stdout) == 0)
		return 0;
	if (errno != EPIPE)
		cmd_say("can't write to standard output");
	return -1;
}

#define MAIN_STACK	(512u << 10)

int
main(int argc, char **argv)
{
	const struct cmd_entry *c;
	struct cmd_args a;
	struct err e = ERR_INIT;
	rlim_t stack;
	int code;

	if (fs_open_std_fds() < 0 || spawn_clean_path(true) < 0)
		return EXIT_ERROR;
	sanitize_set_locale();
	signal(SIGPIPE, SIG_IGN);
	main_find_home();
	(void)main_raise(RLIMIT_NOFILE, 1024);
	stack = main_raise(RLIMIT_STACK, MAIN_STACK);
	if (stack < MAIN_STACK)
		return cmd_fail(EXIT_ERROR, "the stack may have only %llu kB, "
		    "but %u are needed: see `ulimit -Hs`", (unsigned long long)
		    stack >> 10, MAIN_STACK >> 10);
	if ((c = cmd_parse(argc, argv, &a, &e)) == NULL)
		return cmd_fail(EXIT_USAGE, "%s", e.text);
	if (a.help) {
		/* What isn't a command is the task. */
		if (c->name == NULL && a.operands_len == 1 &&
		    strchr(a.operands[0], ' ') == NULL)
			cmd_say("\"%.60s\" isn't a command; the usage of a "
			    "task:", a.operands[0]);
		cmd_help_print(c);
		code = EXIT_DONE;
	} else if (a.version) {
		puts("assent " VERSION_TEXT);
		code = EXIT_DONE;
	} else {
		if ((c->bit & MAIN_ENDS_COMMITS) != 0)
			commit_journal_sweep(&a, false);
		else if ((c->bit & MAIN_SAYS_COMMITS) != 0)
			commit_journal_sweep(&a, true);
		code = c->run(&a);
	}
	cmd_args_release(&a);
	if (main_flush() < 0 && code == EXIT_DONE)
		code = EXIT_ERROR;
	return code;
}
