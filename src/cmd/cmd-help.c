/* Help, from the tables. */
#include "config.h"

#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "front/editor.h"
#include "front/exit-summary.h"
#include "policy/approve.h"

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

int
cmd_help(const struct cmd_args *a)
{
	const struct cmd_entry *c = &cmd_table[0];
	const char *ours;

	if (a->operands_len > 0) {
		c = cmd_find(a->operands[0]);
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
