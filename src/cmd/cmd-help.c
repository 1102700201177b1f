/* Help, from the tables. */
#include "config.h"

#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/base/pager.h"
#include "policy/approve.h"

/* What the commands are for: the usual ones, and more. */
static const struct { const char *what; unsigned usual, more; } help_groups[] = {
	{ "set up", CMD_DEMO | CMD_DOCTOR | CMD_LOGIN,
	  CMD_MODELS | CMD_HOOKS | CMD_MCP },
	{ "work without the screen", CMD_EXEC | CMD_TRY,
	  CMD_ACP | CMD_APPLY },
	{ "come back to sessions", CMD_RESUME | CMD_LS | CMD_LOG,
	  CMD_END | CMD_STATS | CMD_RECORD | CMD_REPLAY },
	{ "review changes, and undo or commit them",
	  CMD_DECIDE | CMD_SHOW | CMD_UNDO | CMD_COMMIT,
	  CMD_MERGE | CMD_PR },
	{ "more help", 0, CMD_COMPLETION | CMD_HELP | CMD_KEYS },
};

static void
help_commands(bool all)
{
	unsigned bits;
	size_t i, k;

	for (i = 0; i < MEM_COUNT(help_groups); i++) {
		bits = help_groups[i].usual | (all ? help_groups[i].more : 0);
		if (bits == 0)
			continue;
		printf("%s%s\n", all && i > 0 ? "\n" : "",
		    help_groups[i].what);
		for (k = 0; k < cmd_table_len; k++)
			if ((cmd_table[k].bit & bits) != 0)
				printf("  %-12s %s\n", cmd_table[k].name,
				    cmd_table[k].summary);
	}
	printf("\n");
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
		printf("  %-12s %s\n", approve_table[i].name,
		    buf_str(&words));
	}
}

static void
help_options(unsigned bit)
{
	char left[64];
	size_t i;

	printf("options:\n");
	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];

		if ((o->commands & bit) == 0)
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->arg == NULL || o->arg[0] == '[' ? "" : " ",
		    o->arg == NULL ? "" : o->arg);
		printf("  %-24s %s\n", left, o->sentence);
	}
}

/* Of a command; of assent itself all of it, or what a newcomer needs. */
static void
help_print(const struct cmd_entry *c, bool all)
{
	printf("usage: assent%s%s [options]%s%s\n",
	    c->name == NULL ? "" : " ", c->name == NULL ? "" : c->name,
	    c->operands[0] == '\0' ? "" : " ", c->operands);
	if (c->name == NULL)
		printf("       assent COMMAND [options] ...\n");
	printf("\n%s\n\n", c->summary);
	if (c->name == NULL)
		help_commands(all);
	if (!all) {
		printf("assent help lists all commands and options, assent "
		    "help COMMAND those of one.\n");
		return;
	}
	help_options(c->bit);
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
	bool was;

	if (a->operands_len > 0) {
		c = cmd_find(a->operands[0]);
		ours = cmd_ours(a->operands[0], &was);
		if (c == NULL && ours != NULL)
			return cmd_fail(EXIT_USAGE, "no command \"%s\"; see "
			    "%s", a->operands[0], ours);
		if (c == NULL)
			return cmd_fail(EXIT_USAGE, "no help on \"%.60s\" "
			    "(see assent help, man assent)", a->operands[0]);
	}
	pager_begin();
	help_print(c, true);
	pager_end();
	return EXIT_DONE;
}
