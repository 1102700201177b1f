/*
 * completion: a shell's completion script, from the tables of commands and of
 * options.  What may follow a command is read from its usage: words in small
 * letters, ID, FILE, COMMAND.
 */
#include "config.h"

#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Print the text in single quotes; `escape` has the characters that need a
 * backslash. */
static void
completion_quoted(const char *text, const char *escape, const char *quote)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			printf("%s", quote);
			continue;
		}
		if (strchr(escape, *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

/* The next word of the usage of a command's operands; NULL: that's all. */
static const char *
completion_word(const char **usage, size_t *n)
{
	const char *word = *usage + strspn(*usage, "[] |.");

	*n = strcspn(word, "[] |.");
	*usage = word + *n;
	return *n == 0 ? NULL : word;
}

/* Is this one of the operands? */
static bool
completion_has(const struct cmd_entry *c, const char *name)
{
	const char *usage = c->operands, *word;
	size_t n;

	while ((word = completion_word(&usage, &n)) != NULL)
		if (n == strlen(name) && memcmp(word, name, n) == 0)
			return true;
	return false;
}

/* The words that are to be typed as they are; true if there are some. */
static bool
completion_fixed(const struct cmd_entry *c, struct buf *b)
{
	const char *usage = c->operands, *word;
	size_t n;

	buf_clear(b);
	while ((word = completion_word(&usage, &n)) != NULL) {
		if (strspn(word, "abcdefghijklmnopqrstuvwxyz") < n)
			continue;
		if (b->len > 0)
			buf_addc(b, ' ');
		buf_add(b, word, n);
	}
	return b->len > 0;
}

/* After which word is FILE an operand? Anywhere: *n is 0. NULL: nowhere. */
static const char *
completion_file_after(const struct cmd_entry *c, size_t *n)
{
	const char *usage = c->operands, *word, *before = "";
	size_t len;

	*n = 0;
	while ((word = completion_word(&usage, &len)) != NULL) {
		if (len == strlen("FILE") && memcmp(word, "FILE", len) == 0)
			return before;
		before = word;
		*n = len;
	}
	return NULL;
}

/* `help` alone has a command of ours as its operand. */
static bool
completion_is_command(const struct cmd_entry *c)
{
	return strcmp(c->operands, "[COMMAND|WORD]") == 0;
}

static void
completion_commands(const char *between)
{
	size_t i;

	for (i = 1; i < cmd_table_len; i++)
		printf("%s%s", i == 1 ? "" : between, cmd_table[i].name);
}

static bool
completion_is_arg(const struct cmd_option *o, const char *arg)
{
	return o->arg != NULL && strcmp(o->arg, arg) == 0;
}

/* ---- bash ---- */

/* NAME='--a --b': a command's options, or those with this value; with "": those
 * with any other. */
static void
completion_bash_options(const char *name, unsigned bit, const char *arg)
{
	size_t i;

	printf(" %s='", name);
	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];

		if ((o->commands & bit) != 0 && (arg == NULL ||
		    (arg[0] != '\0' && completion_is_arg(o, arg)) ||
		    (arg[0] == '\0' && o->arg != NULL && o->arg[0] != '[' &&
		    !completion_is_arg(o, "DIR") &&
		    !completion_is_arg(o, "FILE"))))
			printf("--%s ", o->name);
	}
	putchar('\'');
}

static void
completion_bash(void)
{
	AUTO_BUF struct buf fixed = BUF_INIT(0);
	const char *after;
	size_t i, n;

	printf("_assent()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} word cmd= kind=\n"
	    "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal options= dirs= files= values= after= operands=\n\n"
	    "\t[[ $cur == = ]] && cur=\n"
	    "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	    "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	    "\t\tcase $word in\n\t\t--) kind=-f; break ;;\n\t\t");
	completion_commands("|");
	printf(") cmd=${cmd:-$word} ;;\n\t\tesac\n\tdone\n"
	    "\tcase $cmd in\n");
	for (i = 0; i < cmd_table_len; i++) {
		const struct cmd_entry *c = &cmd_table[i];

		printf("\t%s)", i == 0 ? "''" : c->name);
		completion_bash_options("options", c->bit, NULL);
		completion_bash_options("dirs", c->bit, "DIR");
		completion_bash_options("files", c->bit, "FILE");
		completion_bash_options("values", c->bit, "");
		after = completion_file_after(c, &n);
		printf(" after=%.*s operands='", (int)n, after == NULL ? "" :
		    after);
		if (i == 0 || completion_is_command(c))
			completion_commands(" ");
		else if (completion_fixed(c, &fixed))
			printf("%s", buf_str(&fixed));
		else if (completion_has(c, "ID"))
			printf("ID");
		else if (after != NULL)
			printf("FILE");
		printf("' ;;\n");
	}
	printf("\tesac\n"
	    "\tcase $kind in -f) ;; *)\n"
	    "\t\tcase \" $dirs\" in *\" $prev \"*) kind=-d ;; esac\n"
	    "\t\tcase \" $files\" in *\" $prev \"*) kind=-f ;; esac\n"
	    "\t\tcase \" $values\" in *\" $prev \"*) return ;; esac\n"
	    "\tesac\n"
	    "\t[[ -n $after && $prev == \"$after\" ]] && kind=-f\n"
	    "\tcase $operands,$cur in\n"
	    "\t*,-*) ;;\n"
	    "\tFILE,*) kind=${kind:--f} ;;\n"
	    "\tID,*) operands=$(assent ls 2>/dev/null | cut -d ' ' -f 1) ;;\n"
	    "\tesac\n"
	    "\tif [[ -n $kind ]]; then\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen $kind -- \"$cur\")\n"
	    "\telse\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options $operands\" "
	    "-- \"$cur\")\n"
	    "\tfi\n"
	    "}\ncomplete -F _assent assent\n");
}

/* ---- zsh ---- */

static void
completion_zsh_option(const struct cmd_option *o)
{
	bool may = o->arg != NULL && o->arg[0] == '[';

	printf(" \\\n\t\t    '*--%s%s[", o->name, o->arg == NULL ? "" :
	    may ? "=-" : "=");
	completion_quoted(o->sentence, "[]:\\", "'\\''");
	putchar(']');
	if (o->arg != NULL) {
		printf("%s:", may ? ":" : "");
		completion_quoted(o->arg, "[]:\\", "'\\''");
		printf(":%s", completion_is_arg(o, "DIR") ? "_files -/" :
		    completion_is_arg(o, "FILE") ? "_files" : " ");
	}
	putchar('\'');
}

static void
completion_zsh(void)
{
	AUTO_BUF struct buf fixed = BUF_INIT(0);
	size_t i, k, n;

	printf("#compdef assent\n"
	    "_assent_sessions()\n{\n"
	    "\tlocal -a ids\n"
	    "\tids=(${(f)\"$(assent ls 2>/dev/null)\"})\n"
	    "\tids=(\"${(@)ids/  /:}\")\n"
	    "\t_describe -t sessions session ids\n}\n\n"
	    "_assent()\n{\n"
	    "\tlocal cmd i\n"
	    "\tlocal -a commands\n\n"
	    "\tcommands=(\n");
	for (i = 1; i < cmd_table_len; i++) {
		printf("\t\t'%s:", cmd_table[i].name);
		completion_quoted(cmd_table[i].summary, "\\", "'\\''");
		printf("'\n");
	}
	printf("\t)\n"
	    "\tfor (( i = 2; i < CURRENT; i++ )); do\n"
	    "\t\t[[ $words[i] == -- ]] && break\n"
	    "\t\tif (( ${commands[(I)${(b)words[i]}:*]} )); then\n"
	    "\t\t\tcmd=$words[i]\n"
	    "\t\t\twords[i]=()\n"
	    "\t\t\t(( CURRENT-- ))\n"
	    "\t\t\tbreak\n"
	    "\t\tfi\n\tdone\n"
	    "\tcase $cmd in\n");
	for (i = 0; i < cmd_table_len; i++) {
		const struct cmd_entry *c = &cmd_table[i];
		const char *after = completion_file_after(c, &n);

		printf("\t%s)\n\t\t_arguments -S", i == 0 ? "''" : c->name);
		for (k = 0; k < cmd_options_len; k++)
			if ((cmd_options[k].commands & c->bit) != 0)
				completion_zsh_option(&cmd_options[k]);
		if (i == 0 || completion_is_command(c)) {
			printf(" \\\n\t\t    '*: :{_describe -t commands "
			    "command commands}' ;;\n");
			continue;
		}
		if (completion_fixed(c, &fixed))
			printf(" \\\n\t\t    '1: :(%s)'", buf_str(&fixed));
		printf(" \\\n\t\t    '*: :{");
		if (after != NULL && n > 0)
			printf("if (( $words[(I)%.*s] )); then _files; fi; ",
			    (int)n, after);
		else if (after != NULL)
			printf("_files; ");
		if (completion_has(c, "ID"))
			printf("_assent_sessions; ");
		printf("}'");
		printf(" ;;\n");
	}
	printf("\tesac\n}\n"
	    "if [[ $funcstack[1] == _assent ]]; then\n"
	    "\t_assent \"$@\"\nelse\n\tcompdef _assent assent\nfi\n");
}

/* ---- fish ---- */

/* complete -c assent -n '__assent_in NAME...', of these commands; `after`: only
 * after this word, if n isn't 0. */
static void
completion_fish_row(unsigned commands, const char *after, size_t n)
{
	size_t i;

	printf("complete -c assent -n '__assent_in");
	for (i = 0; i < cmd_table_len; i++)
		if ((cmd_table[i].bit & commands) != 0)
			printf(" %s", i == 0 ? "-" : cmd_table[i].name);
	if (n > 0)
		printf("; and __assent_after %.*s", (int)n, after);
	putchar('\'');
}

static void
completion_fish(void)
{
	AUTO_BUF struct buf fixed = BUF_INIT(0);
	const char *after;
	size_t i, n;

	printf("function __assent_in\n"
	    "\tset -l cmd -\n"
	    "\tfor word in (commandline -opc)\n"
	    "\t\ttest \"$word\" = --; and break\n"
	    "\t\tif contains -- \"$word\" ");
	completion_commands(" ");
	printf("\n\t\t\tset cmd $word\n\t\t\tbreak\n\t\tend\n\tend\n"
	    "\tcontains -- $cmd $argv\nend\n"
	    "function __assent_after\n"
	    "\tcontains -- $argv (commandline -opc)\nend\n"
	    "function __assent_sessions\n"
	    "\tassent ls 2>/dev/null | string replace -r '^(\\S+)\\s+' "
	    "'$1\\t'\nend\n"
	    "complete -c assent -f\n");
	for (i = 1; i < cmd_table_len; i++) {
		const struct cmd_entry *c = &cmd_table[i];

		completion_fish_row(CMD_SCREEN | CMD_HELP, NULL, 0);
		printf(" -a %s -d '", c->name);
		completion_quoted(c->summary, "\\", "\\'");
		printf("'\n");
		if (completion_fixed(c, &fixed)) {
			completion_fish_row(c->bit, NULL, 0);
			printf(" -a '%s'\n", buf_str(&fixed));
		}
		if (completion_has(c, "ID")) {
			completion_fish_row(c->bit, NULL, 0);
			printf(" -k -a '(__assent_sessions)'\n");
		}
		after = completion_file_after(c, &n);
		if (after != NULL) {
			completion_fish_row(c->bit, after, n);
			printf(" -F\n");
		}
	}
	for (i = 0; i < cmd_options_len; i++) {
		const struct cmd_option *o = &cmd_options[i];

		completion_fish_row(o->commands, NULL, 0);
		printf(" -l %s%s -d '", o->name,
		    o->arg == NULL || o->arg[0] == '[' ? "" :
		    completion_is_arg(o, "FILE") ? " -r -F" :
		    completion_is_arg(o, "DIR") ?
		    " -x -a '(__fish_complete_directories)'" : " -x");
		completion_quoted(o->sentence, "\\", "\\'");
		printf("'\n");
	}
}

int
cmd_completion(const struct cmd_args *a)
{
	static const struct { const char *name; void (*print)(void); } of[] = {
		{ "bash", completion_bash }, { "fish", completion_fish },
		{ "zsh", completion_zsh },
	};
	const char *shell = a->operands_len == 0 ? "bash" : a->operands[0];
	size_t i;

	for (i = 0; i < MEM_COUNT(of); i++) {
		if (strcmp(of[i].name, shell) != 0)
			continue;
		if (strcmp(shell, "zsh") != 0)	/* #compdef comes first */
			printf("# Completion of assent for %s; made by "
			    "`assent completion %s`.\n", shell, shell);
		of[i].print();
		return EXIT_DONE;
	}
	return cmd_fail(EXIT_USAGE, "unknown shell \"%.40s\" (bash, fish or "
	    "zsh)", shell);
}
