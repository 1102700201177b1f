/* The table of commands, and functions that several of them use. */

#include "config.h"

#include "cmd/cmd.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "front/editor.h"
#include "front/exit-summary.h"
#include "journal/session.h"
#include "policy/approve.h"

#define CMD_COMPLETION	(1u << 10)
#define CMD_MCP		(1u << 21)

#define HELP_COLS 80

/* The first page's, and more. */
static const struct { const char *what; unsigned first, more; } help_groups[] = {
	{ "work", CMD_EXEC | CMD_TRY, CMD_APPLY },
	{ "review", CMD_DECIDE | CMD_SHOW | CMD_UNDO | CMD_COMMIT,
	  CMD_MERGE | CMD_PR },
	{ "sessions", CMD_RESUME | CMD_LS | CMD_END,
	  CMD_LOG | CMD_STATS | CMD_RECORD | CMD_REPLAY },
	{ "setup and automation", CMD_DEMO | CMD_LOGIN | CMD_DOCTOR,
	  CMD_CONFIG | CMD_ACP | CMD_COMPLETION | CMD_HELP },
};
static const char *const help_first[] = { "approve", "max-cost", "model",
	"net", "plain", "plan", "test", "worktree" };

/* A word and its sentence, which begins at this column. */
static void
help_row(int indent, const char *word, const char *sentence)
{
	AUTO_FREE char *row = xasprintf("  %-*s %s", indent - 3, word,
	    sentence);

	exit_summary_wrap(stdout, HELP_COLS, indent, row);
}

static void
help_commands(bool all)
{
	unsigned bits;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(help_groups); i++) {
		bits = help_groups[i].first | (all ? help_groups[i].more : 0);
		if (all)
			printf("\n%s:\n", help_groups[i].what);
		for (k = 0; k < cmd_table_len; k++)
			if ((cmd_table[k].bit & bits) != 0)
				help_row(15, cmd_table[k].name,
				    cmd_table[k].summary);
	}
}

/* The modes of --approve, if the command accepts it. */
static void
help_approve(unsigned bit)
{
	static const struct { unsigned command, where; } places[] = {
		{ CMD_SCREEN, APPROVE_SCREEN }, { CMD_EXEC, APPROVE_EXEC },
		{ CMD_TRY | CMD_APPLY, APPROVE_TRY },
	};
	AUTO_BUF struct buf words = BUF_INIT(0);
	unsigned where = 0;
	size_t i;

	for (i = 0; i < MEM_COUNT(places); i++)
		if ((places[i].command & bit) != 0)
			where = places[i].where;
	if (where == 0)
		return;
	printf("\napprove:\n");
	for (i = 0; i < approve_table_len; i++) {
		if ((approve_table[i].where & where) == 0)
			continue;
		buf_clear(&words);
		approve_words(&words, &approve_table[i], where);
		help_row(15, approve_table[i].name, buf_str(&words));
	}
}

static void
help_options(unsigned bit, bool all)
{
	char left[64];
	size_t i;

	printf("options:\n");
	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];

		if ((o->commands & bit) == 0 ||
		    (!all && MEM_FIND(help_first, o->name) == NULL))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->arg == NULL || o->arg[0] == '[' ? "" : " ",
		    o->arg == NULL ? "" : o->arg);
		help_row(27, left, o->sentence);
	}
}

/* Of a command; of assent itself all of it, or what fits on a screen. */
static void
help_print(const struct cmd_entry *c, bool all)
{
	AUTO_FREE char *usage = NULL;

	if (c->name == NULL) {
		printf("usage: assent [options] [TASK]  or  assent COMMAND "
		    "[options] ...\n");
		help_commands(all);
	} else {
		usage = xasprintf("usage: assent %s [options]%s%s", c->name,
		    c->operands[0] == '\0' ? "" : " ", c->operands);
		exit_summary_wrap(stdout, HELP_COLS, 4, usage);
		printf("\n%s\n", c->summary);
	}
	if (all)
		printf("\n");
	help_options(c->bit, all);
	if (!all) {
		printf("assent help --all lists the rest, assent COMMAND "
		    "--help the options of one.\n");
		return;
	}
	help_approve(c->bit);
	printf("\nSee man assent and man assent-config.\n");
}

void
cmd_help_print(const struct cmd_entry *c)
{
	help_print(c, c->name != NULL);
}

static int
cmd_help(const struct cmd_args *a)
{
	const struct cmd_entry *c = &cmd_table[0];
	const char *ours;

	if (a->operands_len > 0) {
		c = MEM_FIND_IN(cmd_table, cmd_table_len, a->operands[0]);
		ours = cmd_ours(a->operands[0]);
		if (c == NULL && ours != NULL)
			return cmd_fail(EXIT_USAGE, "no command \"%s\"; see "
			    "%s", a->operands[0], ours);
		if (c == NULL)
			return cmd_fail(EXIT_USAGE, "no help on \"%.60s\" "
			    "(see assent help, man assent)", a->operands[0]);
	}
	pager_begin();
	help_print(c, a->all || c->name != NULL);
	pager_end();
	return EXIT_DONE;
}

/* clang-format off */
const struct cmd_entry cmd_table[] = {
	{ NULL, CMD_SCREEN, "[TASK]", SIZE_MAX,
	  NULL, cmd_screen },
	{ "acp", CMD_ACP, "", 0,
	  "Speak the Agent Client Protocol, for editors.", cmd_acp },
	{ "apply", CMD_APPLY, "FILE|-", 1,
	  "Review a patch and apply the hunks you accept.",
	  cmd_apply },
	{ "commit", CMD_COMMIT, "[ID] [-- PATH...]", 1,
	  "Commit what a session wrote, with git.", cmd_commit },
	{ "completion", CMD_COMPLETION, "[bash | fish | zsh]", 1,
	  "Print a shell's completion script.", cmd_completion },
	{ "config", CMD_CONFIG, "[hooks | keys | mcp | models | profiles] "
	  "[add FILE | test NAME | remove NAME]", SIZE_MAX,
	  "List hooks, keys, MCP servers, models, profiles; add or try one.",
	  cmd_config },
	{ "decide", CMD_DECIDE, "[ID]", 1,
	  "Accept or reject the hunks that a session proposes.", cmd_decide },
	{ "demo", CMD_DEMO, "", 0,
	  "Watch a recorded session (no key, no network).",
	  cmd_demo },
	{ "doctor", CMD_DOCTOR, "", 0,
	  "Check this host: programs, sandbox, configuration, model.",
	  cmd_doctor },
	{ "end", CMD_END, "[ID]", 1,
	  "End a session (open changes are kept), or remove a worktree.", cmd_end },
	{ "exec", CMD_EXEC, "[TASK|-]", SIZE_MAX,
	  "Run a task without the full-screen UI.", cmd_exec },
	{ "help", CMD_HELP, "[COMMAND]", 1,
	  "Print the usual commands and options, or those of a command.", cmd_help },
	{ "log", CMD_LOG, "[ID] | -- FILE", 1,
	  "Print a session's journal, or who accepted a file's changes.", cmd_log },
	{ "login", CMD_LOGIN, "[PROVIDER]", 1,
	  "Store or remove a provider's API key, or list the providers.", cmd_login },
	{ "ls", CMD_LS, "", 0,
	  "List this project's sessions, or its worktrees.", cmd_ls },
	{ "merge", CMD_MERGE, "NAME", 1,
	  "Merge the branch of a worktree into your checkout, with git.",
	  cmd_merge },
	{ "pr", CMD_PR, "[ID]", 1,
	  "Push a session's branch, and open a draft pull request.", cmd_pr },
	{ "record", CMD_RECORD, "[ID]", 1,
	  "Record a session for replay, without its names and secrets.",
	  cmd_record },
	{ "replay", CMD_REPLAY, "FILE...", SIZE_MAX,
	  "Run recordings again, without a model, and compare.", cmd_replay },
	{ "resume", CMD_RESUME, "[ID]", 1,
	  "Go back to a session, running or not.", cmd_resume },
	{ "show", CMD_SHOW, "[ID]", 1,
	  "Print the changes that a session proposes.", cmd_show },
	{ "stats", CMD_STATS, "[ID]", 1,
	  "Print what sessions used, and how their tasks went.", cmd_stats },
	{ "try", CMD_TRY, "-- COMMAND... | --clean [ID]", SIZE_MAX,
	  "Run a command in the sandbox and review its changes.",
	  cmd_try },
	{ "undo", CMD_UNDO, "[ID]", 1,
	  "Undo a change, or an earlier undo; shows it first.", cmd_undo },
};
/* clang-format on */
const size_t cmd_table_len = MEM_COUNT(cmd_table);

char *
cmd_scratch(const char *what, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/assent-%s.XXXXXX", tmp != NULL &&
	    tmp[0] == '/' ? tmp : "/tmp", what);

	if (mkdtemp(dir) != NULL)
		return dir;
	err_sys(e, "can't create %s", dir);
	free(dir);
	return NULL;
}

static bool
cmd_task_is_stdin(const struct cmd_args *a)
{
	return a->task_file == NULL && ((a->operands_len == 0 && !isatty(0)) ||
	    (a->operands_len == 1 && strcmp(a->operands[0], "-") == 0));
}

int
cmd_task(const struct cmd_args *a, bool stdin_too, char **out, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(TASK_MAX_BYTES);
	size_t i;

	*out = NULL;
	if (a->task_file != NULL) {
		if (a->operands_len > 0)
			return err_set(e, "--task-file and a task; use one");
		if (fs_read_file(AT_FDCWD, a->task_file, &b, e) < 0)
			return -1;
	} else if (stdin_too && cmd_task_is_stdin(a)) {
		if (fs_read_all(STDIN_FILENO, &b) < 0)
			return err_sys(
			    e, "can't read the task from standard input");
	} else {
		for (i = 0; i < a->operands_len; i++) {
			if (i > 0)
				buf_addc(&b, ' ');
			buf_adds(&b, a->operands[i]);
		}
	}
	while (b.len > 0 && strchr(" \t\r\n", b.p[b.len - 1]) != NULL)
		b.p[--b.len] = '\0';
	if (b.len > 0 && (!utf8_is_valid(b.p, b.len) ||
	    memchr(b.p, '\0', b.len) != NULL))
		return err_set(e, "the task isn't UTF-8 text");
	if (b.len > 0)
		*out = buf_take(&b);
	return stdin_too && cmd_task_is_stdin(a);
}
