/* The options table, and reading a command line by it. */
#include "config.h"

#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/near.h"

#define CMD_RUNS (CMD_SCREEN | CMD_EXEC | CMD_TRY | CMD_APPLY)
#define CMD_ASKS (CMD_SCREEN | CMD_EXEC)
#define CMD_CHOOSES (CMD_TRY | CMD_APPLY | CMD_DECIDE | CMD_UNDO | CMD_REDO)
#define CMD_LINE (CMD_SCREEN | CMD_ATTACH | CMD_RESUME | CMD_DEMO)
#define CMD_ANY (~0u)
#define CMD_PROJECT (CMD_RUNS | CMD_ATTACH | CMD_RESUME | CMD_END | \
	CMD_LS | CMD_LOG | CMD_DOCTOR | CMD_SHOW | CMD_DECIDE | \
	CMD_UNDO | CMD_REDO | CMD_ESTIMATE | CMD_STATS | CMD_MODELS)

/* clang-format off */
const struct cmd_option cmd_options[] = {
	{ "accept", "WHICH", OPTION_ACCEPT, NULL, CMD_CHOOSES,
	  "decide: all, none, mode, 1,3 or PATH=1,3 (see assent(1))" },
	{ "all", NULL, OPTION_ALL, NULL, CMD_LS | CMD_STATS,
	  "sessions of all projects" },
	{ "allow-protected", "GLOB", OPTION_SETTING, "allow_protected",
	  CMD_EXEC | CMD_TRY | CMD_APPLY,
	  "--approve yes may change these protected files too" },
	{ "approve", "WHEN", OPTION_SETTING, "approve", CMD_RUNS,
	  "when changes are put to you, and what goes through by itself" },
	{ "ca-file", "FILE", OPTION_SETTING, "ca_file", CMD_ASKS,
	  "certificates (PEM) to trust instead of the system's" },
	{ "change", "N", OPTION_CHANGE, NULL, CMD_UNDO | CMD_REDO,
	  "another than the last, by its number in --list" },
	{ "check", NULL, OPTION_CHECK, NULL, CMD_MODELS,
	  "ask the providers whether they have the configured models" },
	{ "clean", NULL, OPTION_CLEAN, NULL, CMD_TRY,
	  "run nothing; remove build products from the staged copy" },
	{ "comment", "WHAT", OPTION_COMMENT, NULL, CMD_DECIDE,
	  "FILE:LINE and words for the model about that line" },
	{ "connect-timeout", "TIME", OPTION_SETTING, "connect_timeout",
	  CMD_ASKS, "for a connection to the model's server, such as 15" },
	{ "cpu", "SHARE", OPTION_SETTING, "cpu", CMD_RUNS,
	  "processor time of a command: 25% of one core, 150%, all" },
	{ "disk", "SIZE", OPTION_SETTING, "disk", CMD_RUNS,
	  "what all commands together may write, such as 2G" },
	{ "edit", "N=FILE", OPTION_EDIT, NULL, CMD_CHOOSES,
	  "take hunk N as it stands in FILE" },
	{ "effort", "WORD", OPTION_SETTING, "effort", CMD_ASKS | CMD_DOCTOR,
	  "how much the model thinks: off, low, medium, high, xhigh, max" },
	{ "feedback", "TEXT", OPTION_FEEDBACK, NULL, CMD_DECIDE,
	  "words for the model, with what is refused" },
	{ "help", NULL, OPTION_HELP, NULL, CMD_ANY,
	  "this text" },
	{ "idle-timeout", "TIME", OPTION_SETTING, "idle_timeout", CMD_ASKS,
	  "without a byte of the model's server, such as 10m" },
	{ "include", "GLOB", OPTION_INCLUDE, NULL,
	  CMD_EXEC | CMD_TRY | CMD_DECIDE,
	  "propose these build products and caches too" },
	{ "insecure-http", NULL, OPTION_SETTING, "insecure_http",
	  CMD_ASKS | CMD_ATTACH | CMD_RESUME | CMD_DECIDE | CMD_DOCTOR,
	  "send a key over http:// to another machine: others can read it" },
	{ "json", NULL, OPTION_JSON, NULL,
	  CMD_EXEC | CMD_LOG | CMD_SHOW | CMD_ESTIMATE | CMD_STATS,
	  "journal lines on stdout, nothing else; show: one object" },
	{ "line-delay", "TIME", OPTION_SETTING, "line_delay", CMD_LINE,
	  "from your key to its echo on a slow line, such as 300ms" },
	{ "line-speed", "BAUD", OPTION_SETTING, "line_speed", CMD_LINE,
	  "bits a second of the line to your terminal" },
	{ "lines", "N:LIST", OPTION_LINES, NULL, CMD_CHOOSES,
	  "take only these + and - lines of hunk N" },
	{ "list", NULL, OPTION_LIST, NULL, CMD_UNDO | CMD_REDO,
	  "what was applied, and its numbers" },
	{ "live", NULL, OPTION_LIVE, NULL, CMD_DOCTOR,
	  "try the model itself in a scratch project; it costs some cents" },
	{ "max-cost", "USD", OPTION_SETTING, "max_cost", CMD_ASKS,
	  "money for a task, such as 2.50" },
	{ "max-repeats", "N", OPTION_SETTING, "max_repeats", CMD_ASKS,
	  "the same call so many times in a row" },
	{ "max-time", "TIME", OPTION_SETTING, "max_time", CMD_ASKS,
	  "time for a task, such as 90, 5m, 1h" },
	{ "max-total-tokens", "N", OPTION_SETTING, "max_total_tokens", CMD_ASKS,
	  "tokens of a task, sent and answered, such as 500k" },
	{ "max-turns", "N", OPTION_SETTING, "max_turns",
	  CMD_ASKS | CMD_ESTIMATE,
	  "turns of the model" },
	{ "memory", "SIZE", OPTION_SETTING, "memory", CMD_RUNS,
	  "memory of a command, such as 512M" },
	{ "model", "NAME", OPTION_SETTING, "model",
	  CMD_ASKS | CMD_ATTACH | CMD_RESUME | CMD_ESTIMATE | CMD_DOCTOR,
	  "PROVIDER/MODEL" },
	{ "output", "FILE", OPTION_OUTPUT, NULL, CMD_EXEC,
	  "one JSON object about the run" },
	{ "overwrite", "N", OPTION_OVERWRITE, NULL, CMD_CHOOSES,
	  "take hunk N although it overwrites newer lines of yours" },
	{ "patch", "FILE", OPTION_PATCH, NULL, CMD_DECIDE,
	  "take the proposal as FILE has it: amended, or parts of it" },
	{ "pids", "N", OPTION_SETTING, "pids", CMD_RUNS,
	  "processes of a command" },
	{ "plain", NULL, OPTION_PLAIN, NULL,
	  CMD_SCREEN | CMD_ATTACH | CMD_RESUME | CMD_DEMO,
	  "plain text instead of the full-screen UI" },
	{ "plan", "HOW", OPTION_SETTING, "plan", CMD_ASKS,
	  "auto, require, skip, look" },
	{ "preset", "NAME", OPTION_SETTING, "preset", CMD_RUNS,
	  "limits for commands: strict, desk" },
	{ "profile", "NAME", OPTION_SETTING, "profile", CMD_ASKS,
	  "the kind of work: code, review, bugfix, migrate, docs, tests, deps" },
	{ "proposal", "N.V", OPTION_PROPOSAL, NULL, CMD_DECIDE,
	  "only if it is still the one that show has named so" },
	{ "protected", NULL, OPTION_PROTECTED, NULL, CMD_DOCTOR,
	  "print the paths that only a person may change, and why" },
	{ "proxy", "URL", OPTION_SETTING, "proxy", CMD_ASKS,
	  "the way to the model's server, or none" },
	{ "recover", "HOW", OPTION_RECOVER, NULL,
	  CMD_ATTACH | CMD_RESUME | CMD_DECIDE | CMD_UNDO | CMD_REDO,
	  "of an apply that was interrupted: finish, undo, leave" },
	{ "retry-time", "TIME", OPTION_SETTING, "retry_time", CMD_ASKS,
	  "to wait, in all, for a request that fails, such as 2m; 0: not" },
	{ "rollback", NULL, OPTION_ROLLBACK, NULL, CMD_EXEC,
	  "undo what was applied if the success check fails on it" },
	{ "root", "DIR", OPTION_ROOT, NULL, CMD_PROJECT,
	  "the project; else the git work tree around this folder" },
	{ "sandbox", "KIND", OPTION_SETTING, "sandbox", CMD_RUNS | CMD_DOCTOR,
	  "auto, or container: you say that this container is the sandbox" },
	{ "sandbox-require", "LEVEL", OPTION_SETTING, "sandbox_require",
	  CMD_RUNS | CMD_DEMO | CMD_DOCTOR,
	  "do not run in a weaker sandbox: A, B, D, none" },
	{ "sarif", "FILE", OPTION_SARIF, NULL, CMD_EXEC,
	  "findings (--profile review) for other programs, as SARIF 2.1.0" },
	{ "split", "N", OPTION_SPLIT, NULL, CMD_CHOOSES,
	  "part hunk N first where unchanged lines lie in it" },
	{ "test", "CMD", OPTION_SETTING, "test", CMD_ASKS,
	  "the command that says whether the work is done" },
	{ "timeout", "TIME", OPTION_SETTING, "timeout", CMD_RUNS,
	  "time of a command, such as 2m" },
	{ "tools", "LIST", OPTION_SETTING, "tools", CMD_ASKS,
	  "the tools that the model has: read,edit,bash" },
	{ "verify", NULL, OPTION_VERIFY, NULL, CMD_LOG,
	  "check chain, head and contents" },
	{ "version", NULL, OPTION_VERSION, NULL, CMD_SCREEN,
	  "the version" },
	{ "yes", NULL, OPTION_YES, NULL, CMD_DOCTOR,
	  "with --live: you agree to the cost and are not asked" },
};
/* clang-format on */
const size_t cmd_options_len = MEM_COUNT(cmd_options);

const struct cmd_entry *
cmd_find(const char *name)
{
	size_t i;

	for (i = 0; i < cmd_table_len; i++)
		if (cmd_table[i].name != NULL &&
		    strcmp(cmd_table[i].name, name) == 0)
			return &cmd_table[i];
	return NULL;
}

/* The option that `arg` ("--name", "--name=value") names, or NULL. */
static const struct cmd_option *
cmd_option_find(const char *arg, unsigned commands)
{
	size_t i, n;

	if (strcmp(arg, "-h") == 0)
		arg = "--help";
	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	arg += 2;
	n = strcspn(arg, "=");
	for (i = 0; i < cmd_options_len; i++)
		if ((cmd_options[i].commands & commands) != 0 &&
		    strlen(cmd_options[i].name) == n &&
		    memcmp(cmd_options[i].name, arg, n) == 0)
			return &cmd_options[i];
	return NULL;
}

static bool
cmd_is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

const struct cmd_entry *
cmd_choose(int *argc, char **argv, struct err *e)
{
	const struct cmd_entry *c;
	const struct cmd_option *o;
	const char *near = NULL;
	size_t k, score, best = NEAR_NONE;
	int i;

	for (i = 1; i < *argc && cmd_is_option(argv[i]); i++) {
		if (strcmp(argv[i], "--") == 0)
			return &cmd_table[0];
		o = cmd_option_find(argv[i], CMD_ANY);
		if (o != NULL && o->arg != NULL && !strchr(argv[i], '='))
			i++;
	}
	if (i >= *argc)
		return &cmd_table[0];
	c = cmd_find(argv[i]);
	if (c != NULL) {
		memmove(&argv[i], &argv[i + 1],
		    (size_t)(*argc - i) * sizeof(argv[0]));
		(*argc)--;
		return c;
	}
	/* One word alone that is almost a command is hardly a task. */
	if (i + 1 < *argc || strpbrk(argv[i], " \t\n") != NULL)
		return &cmd_table[0];
	for (k = 0; k < cmd_table_len; k++) {
		if (cmd_table[k].name == NULL)
			continue;
		score = near_score(argv[i], cmd_table[k].name);
		if (score < best && score < NEAR_MAX) {
			best = score;
			near = cmd_table[k].name;
		}
	}
	if (near == NULL)
		return &cmd_table[0];
	err_set(e, "there is no command \"%.60s\"; did you mean \"%s\"? (as a "
	    "task: assent -- %.60s)", argv[i], near, argv[i]);
	return NULL;
}

static int
cmd_unknown_option(const struct cmd_entry *c, const char *arg, struct err *e)
{
	const char *near = NULL, *who = c->name == NULL ? "assent" : c->name;
	size_t i, score, best = NEAR_NONE;
	char *name = xmemdup(arg, strcspn(arg, "="));

	for (i = 0; i < cmd_options_len; i++) {
		if ((cmd_options[i].commands & c->bit) == 0)
			continue;
		score = near_score(name, cmd_options[i].name);
		if (score < best) {
			best = score;
			near = cmd_options[i].name;
		}
	}
	if (near != NULL)
		err_set(e, "%s has no option %.60s; did you mean --%s?", who,
		    name, near);
	else
		err_set(e, "%s has no option %.60s (assent %s%s--help lists "
		    "them)", who, name, c->name == NULL ? "" : c->name,
		    c->name == NULL ? "" : " ");
	free(name);
	return -1;
}

static void
cmd_add_flag(struct cmd_args *a, const struct cmd_option *o, const char *text)
{
	a->flags = xreallocarray(a->flags, a->flags_len + 1,
	    sizeof(*a->flags));
	a->flags[a->flags_len].setting = o->setting;
	a->flags[a->flags_len].text = text;
	a->flags[a->flags_len].flag = xasprintf("--%s", o->name);
	a->flags_len++;
}

static void
cmd_add_choice(struct cmd_args *a, enum choose_kind kind, const char *text)
{
	a->choices = xreallocarray(a->choices, a->choices_len + 1,
	    sizeof(*a->choices));
	a->choices[a->choices_len].kind = kind;
	a->choices[a->choices_len++].text = text;
}

static void
cmd_take_option(struct cmd_args *a, const struct cmd_option *o,
    const char *value)
{
	switch (o->id) {
	case OPTION_SETTING:
		cmd_add_flag(a, o, o->arg == NULL ? "on" : value);
		break;
	case OPTION_ACCEPT:
		cmd_add_choice(a, CHOOSE_ACCEPT, value);
		break;
	case OPTION_SPLIT:
		cmd_add_choice(a, CHOOSE_SPLIT, value);
		break;
	case OPTION_LINES:
		cmd_add_choice(a, CHOOSE_LINES, value);
		break;
	case OPTION_EDIT:
		cmd_add_choice(a, CHOOSE_EDIT, value);
		break;
	case OPTION_OVERWRITE:
		cmd_add_choice(a, CHOOSE_OVERWRITE, value);
		break;
	case OPTION_PATCH:
		cmd_add_choice(a, CHOOSE_PATCH, value);
		break;
	case OPTION_INCLUDE:
		a->include = xreallocarray(a->include, a->include_len + 1,
		    sizeof(*a->include));
		a->include[a->include_len++] = value;
		break;
	case OPTION_COMMENT:
		a->comments = xreallocarray(a->comments, a->comments_len + 1,
		    sizeof(*a->comments));
		a->comments[a->comments_len++] = value;
		break;
	case OPTION_FEEDBACK:
		a->feedback = value;
		break;
	case OPTION_CHANGE:
		a->change = value;
		break;
	case OPTION_PROPOSAL:
		a->proposal = value;
		break;
	case OPTION_PLAIN:
		a->plain = true;
		break;
	case OPTION_LIST:
		a->list = true;
		break;
	case OPTION_PROTECTED:
		a->protected_paths = true;
		break;
	case OPTION_RECOVER:
		a->recover = value;
		break;
	case OPTION_ROLLBACK:
		a->rollback = true;
		break;
	case OPTION_LIVE:
		a->live = true;
		break;
	case OPTION_YES:
		a->yes = true;
		break;
	case OPTION_CLEAN:
		a->clean = true;
		break;
	case OPTION_ALL:
		a->all = true;
		break;
	case OPTION_CHECK:
		a->check = true;
		break;
	case OPTION_HELP:
		a->help = true;
		break;
	case OPTION_JSON:
		a->json = true;
		break;
	case OPTION_OUTPUT:
		a->output = value;
		break;
	case OPTION_SARIF:
		a->sarif = value;
		break;
	case OPTION_ROOT:
		a->root = value;
		break;
	case OPTION_VERIFY:
		a->verify = true;
		break;
	case OPTION_VERSION:
		a->version = true;
		break;
	}
}

int
cmd_parse(const struct cmd_entry *c, int argc, char **argv,
    struct cmd_args *a, struct err *e)
{
	const struct cmd_option *o;
	const char *value;
	bool options = true;
	int i;

	memset(a, 0, sizeof(*a));
	a->operands = xcalloc((size_t)argc + 1, sizeof(*a->operands));
	for (i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (!options || !cmd_is_option(argv[i])) {
			a->operands[a->operands_len++] = argv[i];
			continue;
		}
		o = cmd_option_find(argv[i], c->bit);
		if (o == NULL) {
			cmd_unknown_option(c, argv[i], e);
			goto fail;
		}
		value = strchr(argv[i], '=');
		if (value != NULL)
			value++;
		if (value != NULL && o->arg == NULL) {
			err_set(e, "--%s takes no value", o->name);
			goto fail;
		}
		if (o->arg != NULL && value == NULL) {
			if (i + 1 >= argc) {
				err_set(e, "--%s needs a value: %s", o->name,
				    o->arg);
				goto fail;
			}
			value = argv[++i];
		}
		cmd_take_option(a, o, value);
	}
	if (!a->help && a->operands_len > c->operands_max) {
		err_set(e, "%s does not know what to do with \"%.60s\"",
		    c->name == NULL ? "assent" : c->name,
		    a->operands[c->operands_max]);
		goto fail;
	}
	return 0;
fail:
	cmd_args_release(a);
	return -1;
}

void
cmd_args_release(struct cmd_args *a)
{
	size_t i;

	for (i = 0; i < a->flags_len; i++)
		free((char *)(uintptr_t)a->flags[i].flag);
	free(a->flags);
	free(a->choices);
	free(a->include);
	free(a->comments);
	free(a->operands);
	memset(a, 0, sizeof(*a));
}

cJSON *
cmd_included(const struct cmd_args *a)
{
	cJSON *list = a->include_len == 0 ? NULL : cJSON_CreateArray();
	size_t i;

	for (i = 0; i < a->include_len; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(a->include[i]));
	return list;
}

const char *
cmd_flag(const struct cmd_args *a, const char *setting)
{
	size_t i;

	for (i = a->flags_len; i > 0; i--)
		if (strcmp(a->flags[i - 1].setting, setting) == 0)
			return a->flags[i - 1].text;
	return NULL;
}
