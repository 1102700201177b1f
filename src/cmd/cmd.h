/*
 * cmd: two tables, of the subcommands of `assent` and of their options.  Help,
 * completion and the manual's test use them.  A subcommand is one file and one
 * row.
 */
#ifndef ASSENT_CMD_CMD_H
#define ASSENT_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "cmd/select.h"
#include "config/settings.h"
#include "front/message.h"

struct client;
struct headless_result;
struct setup;

#define CMD_SCREEN	(1u << 0)	/* assent [TASK] */
#define CMD_EXEC	(1u << 1)
#define CMD_TRY		(1u << 2)
#define CMD_DEMO	(1u << 3)
#define CMD_RESUME	(1u << 4)
#define CMD_END		(1u << 5)
#define CMD_AGENTS	(1u << 11)
#define CMD_LS		(1u << 6)
#define CMD_LOG		(1u << 7)
#define CMD_DOCTOR	(1u << 8)
#define CMD_HELP	(1u << 9)
#define CMD_COMPLETION	(1u << 10)
#define CMD_SHOW	(1u << 12)
#define CMD_DECIDE	(1u << 13)
#define CMD_UNDO	(1u << 14)
#define CMD_STATS	(1u << 15)
#define CMD_LOGIN	(1u << 16)
#define CMD_CONFIG	(1u << 17)
#define CMD_COMMIT	(1u << 18)
#define CMD_PR		(1u << 20)
#define CMD_MCP		(1u << 21)
#define CMD_ACP		(1u << 22)
#define CMD_INBOX	(1u << 25)
#define CMD_REVIEW	(1u << 26)
#define CMD_SAY		(1u << 27)
#define CMD_WAIT	(1u << 28)
#define CMD_FORK	(1u << 30)
#define CMD_ANY		(~0u)

enum cmd_option_kind {
	OPTION_SETTING,		/* its value is a setting */
	OPTION_MEMBER,		/* a bool, or a const char * with a value */
	OPTION_WORDS,		/* appended to a struct cmd_words */
	OPTION_CHOICE,		/* appended to the choices */
};

struct cmd_option {
	const char		*name;		/* without the dashes */
	const char		*arg;		/* in the usage, or NULL */
	enum cmd_option_kind	 kind;
	const char		*setting;	/* OPTION_SETTING */
	size_t			 member;	/* of struct cmd_args: offset */
	enum select_kind	 choice;	/* OPTION_CHOICE */
	unsigned		 commands;	/* that accept it */
	const char		*sentence;
};
extern const struct cmd_option cmd_options[];	/* sorted by name */
extern const size_t cmd_options_len;

struct cmd_words {
	const char	**v;		/* as typed, borrowed */
	size_t		 len;
};

struct cmd_args {
	struct config_flag	*flags;
	size_t			 flags_len;
	char			**operands;	/* borrowed from argv */
	size_t			 operands_len;
	const char		*path;		/* log: after -- */
	struct select_option	*choices;
	size_t			 choices_len;
	struct cmd_words	 include;	/* patterns */
	struct cmd_words	 comments, inputs, messages, changes,
				 paths;		/* commit, review: after -- */
	const char		*agent, *root, *output, *patch_out,
				*at,		/* fork */
				*base,		/* review */
				*feedback, *change, *proposal, *recover, *fixup,
				*worktree, *branch, *commit, *on, *pull,
				*file, *sign,
				*plan, *limit,	/* decide */
				*older, *grep,	/* ls */
				*within,	/* wait */
				*scope,		/* mcp */
				*hold,		/* exec */
				*task_file, *answers, *command, *require, *name, *if_running,
				*from,		/* stats */
				*send;	/* review */
	bool			 need_model;	/* doctor */
	bool			 notice, require_mcp;	/* exec */
	bool			 require_proof;
	bool			 yes;	/* doctor, config: don't ask */
	bool			 clean;	/* try: remove ignored files */
	bool			 amend, no_edit, note, with_dirty,	/* commit */
				 dry_run, no_verify, signoff, verbose,
				 push,	/* pr */
				 find, staged,	/* review */
				 apply,		/* review: by its old name */
				 quiet;		/* no option: git's summary
						   isn't printed */
	bool			 all, csv, follow, force, help, inbox, json, list,
				 detach,	/* a new session */
				 gc, rm,		/* ls */
				 plain, rollback,
				 estimate,	/* exec */
				 remove,	/* login */
				 md,	/* log */
				 verify, version,
				 wait_limit, fresh;	/* exec */
};

struct cmd_entry {
	const char	*name;		/* NULL: the UI */
	unsigned	 bit;
	const char	*operands;	/* "[TASK|-]" */
	size_t		 operands_max;
	const char	*summary;	/* the UI: NULL */
	int		(*run)(const struct cmd_args *);
};
extern const struct cmd_entry cmd_table[];
extern const size_t cmd_table_len;

/* What people type who know other programs, and our word for it. */
struct cmd_other {
	const char	*word, *ours;
};
extern const struct cmd_other cmd_others[];
extern const size_t cmd_others_len;

/* Commands ("merge") and options ("ls --size") of the last release, and what to
 * use instead. */
extern const struct cmd_other cmd_gone[];
extern const size_t cmd_gone_len;

/* The command in argv (argv[0] is the program; a word that looks like a mistyped
 * command is an error), with its options and operands, in any order; -- ends
 * options. NULL with an error, which suggests a name for an unknown option. */
const struct cmd_entry *cmd_parse(int argc, char **argv, struct cmd_args *,
	    struct err *);
void	cmd_args_release(struct cmd_args *);
/* The value of the last flag for this setting, or NULL. */
const char *cmd_flag(const struct cmd_args *, const char *setting);

/* Creates a temporary directory in $TMPDIR or /tmp; malloc'ed. NULL with *e. */
char	*cmd_scratch(const char *what, struct err *);
#define TASK_MAX_BYTES ((size_t)4 << 20)
/* The operands joined by spaces, the file of --task-file, or standard input for
 * "-"; malloc'ed; NULL if there are none. 1: it was standard input; -1 with *e. */
int	cmd_task(const struct cmd_args *, bool stdin_too, char **out,
	    struct err *);
/* Can the full-screen UI be used: is there a terminal for it, and wasn't plain
 * mode chosen? */
bool	cmd_has_screen(const struct cmd_args *);
/* Is there a terminal to show a session on? 0, or the exit status after printing
 * why not. */
int	screen_needed(const struct cmd_args *);
/* Review in it what waits in this session, and leave the client to it, if there
 * is one; the exit status. */
int	cmd_review(struct client *, struct headless_result *);

/* Begin the session of this start object (made with `later`), and show it, unless --detach leaves it;
 * the exit status. */
int	cmd_begin(const struct cmd_args *, struct setup *, cJSON *start_take);

/* Send to a session what this sends (-1 with *e) for its state as it is now, NULL:
 * nothing, and leave a core running that has it; the exit status. */
int	cmd_send(struct client *, int (*sends)(struct client *,
	    const struct fold *, void *arg, struct err *), void *arg);
/* Wait until the session of a core that was started has begun, and print its id;
 * the exit status. */
int	cmd_detach(struct client *);

/* The list of sessions that wait, and the screens that keys lead to from there,
 * each of which goes back to it. The exit status. */
int	screen_walk(void);
/* The list of sessions that wait: *id, malloc'ed, is the chosen one, or NULL; the
 * exit status. */
int	inbox_choose(const struct cmd_args *, char **id);
/* Run assent with this command on another host, by the user's ssh and in this
 * terminal; `id` may be NULL. Returns the exit status. */
int	inbox_ssh(const char *host, const char *command, const char *id);
/* Before a screen hides what was printed: until the user presses Enter. */
void	cmd_pause(void);

int	cmd_screen(const struct cmd_args *);
int	cmd_acp(const struct cmd_args *);
int	cmd_agents(const struct cmd_args *);
/* `config skills` */
int	config_print_skills(const struct cmd_args *);
int	cmd_stats(const struct cmd_args *);
int	cmd_exec(const struct cmd_args *);
int	cmd_say_text(const struct cmd_args *);
int	cmd_undo(const struct cmd_args *);
int	cmd_wait(const struct cmd_args *);
int	cmd_mcp(const struct cmd_args *);
int	cmd_pr(const struct cmd_args *);
int	cmd_show(const struct cmd_args *);
int	cmd_decide(const struct cmd_args *);
int	cmd_commit(const struct cmd_args *);
int	cmd_review_own(const struct cmd_args *);
int	cmd_try(const struct cmd_args *);
int	cmd_demo(const struct cmd_args *);
int	cmd_fork(const struct cmd_args *);
int	cmd_resume(const struct cmd_args *);
int	cmd_end(const struct cmd_args *);
int	cmd_inbox(const struct cmd_args *);
int	cmd_login(const struct cmd_args *);
int	cmd_ls(const struct cmd_args *);
/* Remove the session of this name, also if its journal can't be read. 0, or the exit
 * code after printing the error, such as that something waits there and `force`
 * isn't set. */
int	cmd_ls_remove(const char *name, bool force);
int	cmd_log(const struct cmd_args *);
int	cmd_doctor(const struct cmd_args *);
int	cmd_config(const struct cmd_args *);
int	cmd_completion(const struct cmd_args *);
int	cmd_help(const struct cmd_args *);
void	cmd_help_print(const struct cmd_entry *);

/* May this, which was printed, be added to the file? `yes`: --yes says so. */
bool	config_ask_add(bool yes, const char *what, const char *to,
	    const struct buf *about);
/* `review --send`: the comments of a session of `review`, to another session; the
 * exit code. */
int	notes_send(const struct cmd_args *);
/* Does `review` take this operand for a patch (or a pipe), rather than for a commit
 * or a path? */
bool	review_is_patch(const char *operand);
/* `review FILE...`: all patches as one; the exit code. */
int	review_patches(const struct cmd_args *);
/* What `stats --json` has of this session, for `exec --output`; NULL with *e. */
cJSON	*stats_of_session(const char *id, struct err *);
/* The line before a patch's first file that says what it is made on. Other readers
 * of patches skip it. */
#define PATCH_BASE	"base-commit: "
/* What it says for the project at `root`: the commit that is checked out and, below
 * the top of its repository, ":FOLDER/"; malloc'ed. NULL: there is none. */
char	*patch_base_of(const char *root);
/* `exec --estimate`; the exit code. */
int	stats_estimate(const struct cmd_args *);

#endif
