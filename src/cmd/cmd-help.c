/* Help, from the tables. */
#include "config.h"

#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "policy/approve.h"

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

void
cmd_help_print(const struct cmd_entry *c)
{
	size_t i;

	printf("usage: assent%s%s [options]%s%s\n\n%s\n\n",
	    c->name == NULL ? "" : " ", c->name == NULL ? "" : c->name,
	    c->operands[0] == '\0' ? "" : " ", c->operands, c->summary);
	if (c->name == NULL) {
		printf("commands:\n");
		for (i = 0; i < cmd_table_len; i++)
			if (cmd_table[i].name != NULL)
				printf("  %-12s %s\n", cmd_table[i].name,
				    cmd_table[i].summary);
		printf("\n");
	}
	help_options(c->bit);
	help_approve(c->bit);
	printf("\nSee man assent and man assent-config.\n");
}

int
cmd_help(const struct cmd_args *a)
{
	const struct cmd_entry *c = &cmd_table[0];

	if (a->operands_len > 0) {
		c = cmd_find(a->operands[0]);
		if (c == NULL)
			return cmd_fail(EXIT_USAGE, "unknown command "
			    "\"%.60s\" (see assent --help)", a->operands[0]);
	}
	cmd_help_print(c);
	return EXIT_DONE;
}
