/*
 * help: the usage of assent and of each command, and what a word means.  All of
 * it comes from the tables of commands, options, keys, settings and slash
 * commands; only the exit statuses have their words here.
 */
#include "config.h"

#include "cmd/cmd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/near.h"
#include "cmd/setup.h"
#include "config/settings.h"
#include "front/bindings.h"
#include "front/editor.h"
#include "front/message.h"
#include "front/print.h"
#include "front/slash-command.h"
#include "journal/event.h"
#include "policy/approve.h"

#define HELP_COLS 80

/* The first page's, and more. */
static const struct { const char *what; unsigned first, more; } help_groups[] = {
	{ "work", CMD_EXEC | CMD_TRY, 0 },
	{ "review", CMD_REVIEW | CMD_UNDO | CMD_COMMIT,
	  CMD_DECIDE | CMD_SHOW | CMD_PR },
	{ "sessions", CMD_RESUME | CMD_INBOX | CMD_LS,
	  CMD_END | CMD_SAY | CMD_WAIT | CMD_FORK | CMD_LOG |
	  CMD_STATS },
	{ "setup and automation", CMD_DEMO | CMD_LOGIN | CMD_DOCTOR,
	  CMD_AGENTS | CMD_CONFIG | CMD_MCP | CMD_ACP | CMD_COMPLETION | CMD_HELP },
};
static const char *const help_first[] = { "agent", "approve", "max-cost",
	"model", "net", "plain", "plan", "test", "worktree" };

/* A word and its sentence, which begins at this column. */
static void
help_row(int indent, const char *word, const char *sentence)
{
	AUTO_FREE char *row = xasprintf("  %-*s %s", indent - 3, word,
	    sentence);

	print_wrap(stdout, HELP_COLS, indent, row);
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
		{ CMD_TRY | CMD_REVIEW, APPROVE_TRY },
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

/* How it is written: "--model NAME". */
static void
help_option(struct buf *b, const struct cmd_option *o)
{
	buf_addf(b, "--%s%s%s", o->name, o->arg == NULL || o->arg[0] == '[' ?
	    "" : " ", o->arg == NULL ? "" : o->arg);
}

static void
help_options(unsigned bit, bool all)
{
	size_t i;

	printf("options:\n");
	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];
		AUTO_BUF struct buf left = BUF_INIT(0);

		if ((o->commands & bit) == 0 ||
		    (!all && MEM_FIND(help_first, o->name) == NULL))
			continue;
		help_option(&left, o);
		help_row(27, buf_str(&left), o->sentence);
	}
}

/* A group in brackets stays on one line. */
static void
help_usage(const struct cmd_entry *c)
{
	int at = printf("usage: assent %s [options]", c->name), n, depth;
	const char *p;

	for (p = c->operands; *p != '\0'; p += n + (p[n] == ' ')) {
		for (n = depth = 0; p[n] != '\0' && (p[n] != ' ' || depth > 0);
		    n++)
			depth += (p[n] == '[') - (p[n] == ']');
		if (at + 1 + n > HELP_COLS)
			at = printf("\n   ") - 1;
		at += printf(" %.*s", n, p);
	}
	printf("\n");
}

/* Print the help of a command. Of assent itself, print all, or only what fits
 * on a screen. */
static void
help_print(const struct cmd_entry *c, bool all)
{
	if (c->name == NULL) {
		printf("usage: assent [options] [TASK]  or  assent COMMAND "
		    "[options] ...\n");
		help_commands(all);
	} else {
		help_usage(c);
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

/* ---- what a word means ---- */

/* The exit statuses, in the words that assent(1) begins with. */
static const struct { const char *name, *about; } help_exits[] = {
	{ "0", "done; the check, if there is one, passed" },
	{ "1", "what you asked for failed" },
	{ "2", "nothing began: an option, a name, the configuration or the "
	    "folder is wrong" },
	{ "3", "the check didn't pass, or the model's answer was "
	    "empty" },
	{ "4", "the task, the check or the command reached a limit" },
	{ "5", "something waits for your review, everything was rejected, a "
	    "command was denied or a host refused" },
	{ "6", "the provider failed" },
	{ "7", "the sandbox is weaker than --sandbox-require allows, or "
	    "nothing can hold a command to --cpu here; nothing was run" },
	{ "124", "wait --timeout: nothing to answer or review yet" },
	{ "130", "interrupted; other signals: 128 plus the signal's number" },
};

struct help_word {
	const char	*typed;		/* "/mode" */
	struct near	 near;		/* "mode" */
	const char	*kind;		/* of the row before; NULL: none */
	size_t		 found;
};

/* Is it this name, whatever its case, with '_' or '-'? */
static bool
help_is(struct help_word *w, const char *name)
{
	near_try(&w->near, name);
	return near_score(w->near.name, name) == 0;
}

/* A row, below its kind, which says where the manual has more: how the word is
 * written, what it does, and, in parentheses, where (or NULL). */
static void
help_found(struct help_word *w, const char *kind, const char *as,
    const char *does, const char *where)
{
	AUTO_FREE char *right = where == NULL ? xstrdup(does) :
	    xasprintf("%s (%s)", does, where);

	if (w->kind == NULL)
		(void)pager_begin();
	if (w->kind != kind)
		printf("%s%s:\n", w->kind == NULL ? "" : "\n", kind);
	w->kind = kind;
	w->found++;
	help_row(23, as, right);
}

static void
help_word_options(struct help_word *w)
{
	size_t i, k;

	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];
		AUTO_BUF struct buf as = BUF_INIT(0), of = BUF_INIT(0);

		if (!help_is(w, o->name))
			continue;
		help_option(&as, o);
		for (k = 0; k < cmd_table_len; k++)
			if ((cmd_table[k].bit & o->commands) != 0)
				buf_addf(&of, "%sassent%s%s", of.len == 0 ? "" :
				    ", ", cmd_table[k].name == NULL ? "" : " ",
				    ev_str(cmd_table[k].name, ""));
		help_found(w, "option (man assent, OPTIONS)", buf_str(&as),
		    o->sentence, o->commands == CMD_ANY ? NULL :
		    buf_str(&of));
	}
}

static void
help_word_modes(struct help_word *w)
{
	bool all = help_is(w, "approve");
	size_t i;

	for (i = 0; i < approve_table_len; i++) {
		const struct approve *mode = &approve_table[i];
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (!help_is(w, mode->name) && !all)
			continue;
		approve_words(&b, mode, mode->where);
		help_found(w, "approve (man assent, --approve)", mode->name,
		    buf_str(&b), NULL);
	}
}

static void
help_word_settings(struct help_word *w)
{
	const char *name;
	size_t i;

	for (i = 0; (name = config_setting(i, NULL)) != NULL; i++) {
		AUTO_BUF struct buf b = BUF_INIT(0);

		if (!help_is(w, name))
			continue;
		(void)config_setting(i, &b);
		help_found(w, "setting (man assent-config)", name, buf_str(&b),
		    NULL);
	}
}

static void
help_word_keys(struct help_word *w, const struct bindings *b)
{
	uint32_t key = key_name_parse(w->typed, strlen(w->typed));
	size_t i, k, n;

	for (i = 0; i < action_table_len; i += n) {
		AUTO_BUF struct buf names = BUF_INIT(0), keys = BUF_INIT(0);
		AUTO_BUF struct buf does = BUF_INIT(0), more = BUF_INIT(0);
		bool is = false;

		n = bindings_row(b, i, &names, &keys, &does);
		for (k = i; k < i + n; k++)
			is |= help_is(w, action_table[k].name) ||
			    bindings_have(b, &action_table[k], key);
		if (!is)
			continue;
		(void)bindings_of(b, &action_table[i], &more);
		buf_addf(&more, ": %s", buf_str(&names));
		help_found(w, "key (man assent, KEYS; assent config keys lists "
		    "all)", keys.len == 0 ? "-" : buf_str(&keys),
		    buf_str(&does), buf_str(&more));
	}
}

static void
help_word_slash(struct help_word *w)
{
	static const char kind[] = "slash command (man assent, Slash commands)";
	size_t i;

	for (i = 0; i < slash_command_table_len; i++) {
		const struct slash_command *c = &slash_command_table[i];
		AUTO_FREE char *as = xasprintf("/%s%s%s", c->name,
		    c->args == NULL ? "" : " ", ev_str(c->args, ""));

		if (help_is(w, c->name))
			help_found(w, kind, as, c->help, NULL);
	}
	if (strcmp(w->typed, "!") == 0)
		help_found(w, kind, "!COMMAND", SLASH_COMMAND_RUN_HELP, NULL);
}

/* What others call by this name. */
static void
help_word_others(struct help_word *w)
{
	static const char kind[] = "in other programs";
	size_t i;

	for (i = 0; i < slash_command_others_len; i++) {
		const struct slash_command_other *o = &slash_command_others[i];
		AUTO_FREE char *as = xasprintf("/%s", o->name);
		AUTO_FREE char *does = xasprintf("%s%s", strchr("/!",
		    o->is[0]) == NULL ? "" : "here it is ", o->is);

		if (help_is(w, o->name))
			help_found(w, kind, as, does, NULL);
	}
	for (i = 0; i < cmd_others_len; i++) {
		AUTO_FREE char *does = xasprintf("here it is %s",
		    cmd_others[i].ours);

		if (help_is(w, cmd_others[i].word))
			help_found(w, kind, cmd_others[i].word, does, NULL);
	}
	for (i = 0; i < cmd_gone_len; i++) {
		const char *word = strrchr(cmd_gone[i].word, ' ');
		AUTO_FREE char *does = xasprintf("use %s", cmd_gone[i].ours);

		if (help_is(w, word == NULL ? cmd_gone[i].word : word + 1))
			help_found(w, "removed", cmd_gone[i].word, does, NULL);
	}
}

/* What the word is, beside a command. */
static void
help_word(struct help_word *w, const struct cmd_args *a)
{
	AUTO(setup_release) struct setup s = { 0 };
	AUTO(bindings_free_at) struct bindings *keys = NULL;
	bool exits = help_is(w, "exit") || help_is(w, "status");
	size_t i;

	/* A mistake in the configuration is named, and hides no help. */
	if (setup_config(&s, a, "interactive") == 0)
		keys = setup_bindings(&s);
	if (keys == NULL)
		keys = bindings_new(NULL, "", NULL);
	help_word_options(w);
	help_word_modes(w);
	help_word_settings(w);
	help_word_keys(w, keys);
	help_word_slash(w);
	help_word_others(w);
	for (i = 0; i < MEM_COUNT(help_exits); i++)
		if (exits || strcmp(help_exits[i].name, w->typed) == 0)
			help_found(w, "exit status (man assent, EXIT STATUS)",
			    help_exits[i].name, help_exits[i].about, NULL);
}

int
cmd_help(const struct cmd_args *a)
{
	const char *word = a->operands_len == 0 ? NULL : a->operands[0];
	const struct cmd_entry *c = word == NULL ? &cmd_table[0] :
	    MEM_FIND_IN(cmd_table, cmd_table_len, word);
	struct help_word w = { .typed = word, .near =
	    NEAR_INIT(word == NULL ? NULL : word + (word[0] == '/')) };
	size_t i;

	for (i = 1; word != NULL && i < cmd_table_len; i++)
		(void)help_is(&w, cmd_table[i].name);
	if (c != NULL) {
		(void)pager_begin();
		help_print(c, a->all || c->name != NULL);
		w.kind = "";
	}
	if (word != NULL)
		help_word(&w, a);
	pager_end();
	if (c != NULL || w.found > 0)
		return EXIT_DONE;
	return cmd_fail(EXIT_USAGE, "no help on \"%.60s\"%s%s%s (see assent "
	    "help --all, man assent)", word, w.near.known == NULL ? "" :
	    "; did you mean \"", ev_str(w.near.known, ""),
	    w.near.known == NULL ? "" : "\"?");
}
