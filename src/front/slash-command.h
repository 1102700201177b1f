/*
 * slash-command: the commands after a slash, in one table, for the screen's
 * input line, for plain mode and for editors: names, words for completion, help, and the
 * line for the core if that is all a command does.  On the screen no command
 * decides about a change: only a key on a displayed hunk does.
 */
#ifndef ASSENT_FRONT_SLASH_COMMAND_H
#define ASSENT_FRONT_SLASH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/fold.h"

#define SLASH_COMMAND_SCREEN	(1u << 0)
#define SLASH_COMMAND_PLAIN	(1u << 1)
#define SLASH_COMMAND_EDITOR	(1u << 2)	/* `assent acp`; a type is needed */
#define SLASH_COMMAND_KEY	(1u << 3)	/* as a key does: the menu has it
						   once some of it is typed */
#define SLASH_COMMAND_OWN	(1u << 4)	/* of no use with an agent of
						   others */

/* "/commit --note" must not make a commit of that title. */
#define SLASH_COMMAND_NO_OPTIONS \
	"/commit takes a title only; options are for assent commit in a shell"

enum slash_command_id {
	SLASH_COMMAND_AGAIN, SLASH_COMMAND_BACKGROUND, SLASH_COMMAND_BTW,
	SLASH_COMMAND_CHANGES, SLASH_COMMAND_CHECK, SLASH_COMMAND_COMMIT,
	SLASH_COMMAND_COMPACT, SLASH_COMMAND_CONTEXT, SLASH_COMMAND_DEMO,
	SLASH_COMMAND_DIFF, SLASH_COMMAND_EDIT, SLASH_COMMAND_EFFORT,
	SLASH_COMMAND_ENCODING, SLASH_COMMAND_END, SLASH_COMMAND_HELP,
	SLASH_COMMAND_INTERRUPT, SLASH_COMMAND_LOCAL, SLASH_COMMAND_LOGIN,
	SLASH_COMMAND_LOOK, SLASH_COMMAND_MODE, SLASH_COMMAND_MODEL,
	SLASH_COMMAND_NEW, SLASH_COMMAND_NOTICE, SLASH_COMMAND_OUTPUT,
	SLASH_COMMAND_PLAN,
	SLASH_COMMAND_PROOF, SLASH_COMMAND_PROPOSE, SLASH_COMMAND_QUIT,
	SLASH_COMMAND_REDO, SLASH_COMMAND_REREAD, SLASH_COMMAND_RETRY,
	SLASH_COMMAND_SEND, SLASH_COMMAND_STATUS, SLASH_COMMAND_STOP,
	SLASH_COMMAND_TEST, SLASH_COMMAND_UNDO, SLASH_COMMAND_WRITE,
};

struct slash_command_models;

struct slash_command {
	enum slash_command_id	 id;
	const char	*name, *args;	/* args: "MODE", "[TEXT]", or NULL */
	unsigned	 where;
	const char	*help;
	/* The type of the line for the core, with the argument as `member`;
	 * NULL: the front end carries the command out. */
	const char	*type, *member;
	/* Makes that line if it needs more; NULL with *e. */
	cJSON		*(*line)(const char *rest, const struct fold *,
			    struct err *);
};

extern const struct slash_command slash_command_table[];
extern const size_t slash_command_table_len;

/* The one whose name is these n bytes, without the slash; or NULL. */
const struct slash_command *slash_command_find(const char *name, size_t n);
/* Is it about what an agent of others, whose session it is, does its own way? */
bool	slash_command_is_theirs(const struct slash_command *,
	    const struct fold *);
/* Is it offered there by this name, which isn't one of that agent's commands? */
bool	slash_command_is_here(const struct slash_command *, unsigned where,
	    const struct fold *);
/* Does it do nothing alone? */
bool	slash_command_needs_words(const struct slash_command *);

/* What users of other agents type: here it is another "/command", "!" for a
 * command in the sandbox, or a sentence says what does it. Sorted; none is in
 * the table above, and completion offers none. */
struct slash_command_other {
	const char	*name, *is;
};
extern const struct slash_command_other slash_command_others[];
extern const size_t slash_command_others_len;

enum slash_command_kind {
	SLASH_COMMAND_SAY,		/* a message, no command */
	SLASH_COMMAND_FOUND,
	SLASH_COMMAND_RUN,		/* a command to run in the sandbox */
	SLASH_COMMAND_UNKNOWN,
};

/* A line whose first word begins with one '/' is a command, whatever blanks and
 * empty lines are around it: take them away. */
void	slash_command_trim(char *text);
/* Parse a typed text: the line "/name rest" is a command, "//x" is the message
 * "/x", and several lines are a message. "!x", of any number of lines, runs x,
 * and "!!x" is the message "!x". In a session of an agent of others (NULL: in none)
 * a name of its commands makes a message, and ":name" is ours of that name. Sets *c and *rest for a command, *rest for a
 * text to run, or *say for a message (all borrowed). */
enum slash_command_kind slash_command_parse(const char *text, unsigned where,
	    const struct fold *, const struct slash_command **c,
	    const char **rest, const char **say);
/* The same line in our words, if it begins with another agent's; malloc'ed, NULL:
 * it doesn't, or one of the files' commands has that name, or only a sentence
 * (slash_command_unknown) says what does it. */
char	*slash_command_ours(const char *text, const struct ev_commands *files);
/* Is it such a command alone? What is said to it is its answer: a front end keeps
 * no text of it. */
bool	slash_command_is_other(const char *text);

/* An error about an unknown command, with the most similar one, or what does it
 * here, in this session; malloc'ed. */
char	*slash_command_unknown(const char *text, unsigned where,
	    const struct fold *);
#define SLASH_COMMAND_RUN_HELP "run it in the sandbox, on the copy; you " \
	"review its changes, and the agent sees its output"
#define SLASH_COMMAND_RUN_BARE_HELP "run it with your full rights (no sandbox " \
	"here; assent asks first), on the copy; you review its changes, " \
	"and the agent sees its output"
/* The text of /status, in three lines. */
void	slash_command_status(struct buf *, const struct fold *,
	    const char *branch);
/* How a background command is: whether it runs, and, of the core's last line (or
 * NULL), for how long, its ports and its last line. */
void	slash_command_background(struct buf *, const struct fold_background *,
	    const struct ev_backgrounds *);
/* The background command's port, if it is open on this machine; or NULL. */
const struct fold_port *slash_command_port(const struct fold_background *,
	    int64_t port);
/* The text of /context. */
void	slash_command_context(struct buf *, const struct fold *);
/* Will Enter run this text? Also if it is only "!". */
bool	slash_command_is_run(const char *text);
/* The line for the core, for a command with a type, or /model; NULL with *e. */
cJSON	*slash_command_line(const struct slash_command *, const char *rest,
	    const struct fold *, const struct slash_command_models *,
	    struct err *);
/* The possible words of its argument, separated by spaces; not those of /model,
 * which are in the configuration. */
void	slash_command_words(const struct slash_command *, struct buf *);

/* The models that can be named, and the line to switch to one: from the caller,
 * since the screen reads no configuration. Either may be NULL. */
struct slash_command_models {
	void	(*names)(void *arg, struct buf *);
	/* The same and others that are known, for a list to choose from. */
	void	(*offer)(void *arg, struct buf *);
	/* The line for the core, with its key; NULL with *e. */
	cJSON	*(*line)(void *arg, const char *name, struct err *);
	/* Look for servers on this machine: how many models they have, the
	 * first one's name (malloc'ed, or NULL), and which servers these are:
	 * "ollama at 127.0.0.1:11434". From then on, names() has them. */
	int	(*local)(void *arg, char **first, struct buf *servers);
	/* The line for the model that a new session would use now; NULL with
	 * *e. */
	cJSON	*(*by_default)(void *arg, struct err *);
	/* Set it for new sessions in config.json: 1, or 0 if one is set; -1 with
	 * *e. */
	int	(*keep)(void *arg, const char *name, struct err *);
	/* Save what these patterns of files are encoded in, checked, for this
	 * project, or (null) forget it; -1 with *e. */
	int	(*encoding)(void *arg, cJSON *rules, struct err *);
	/* The settings of the user's own command of this name: {effort, model,
	 * plan}, or NULL. */
	cJSON	*(*own)(void *arg, const char *name);
	void	*arg;
};

/* Is it "/NAME ..." with a name that isn't in this table? Then it may be a
 * command from a file, which the core knows. */
bool	slash_command_is_file(const char *text);
/* How it is typed, and its words and what it is about, in a list of commands;
 * malloc'ed. One with the name of a command of this table is
 * "/project:NAME" or "/user:NAME". */
char	*slash_command_file_name(const struct ev_custom_command *);
char	*slash_command_file_note(const struct ev_custom_command *);
/* Send the lines for what the user's own command sets, as if they were typed
 * before it. What can't be set, such as another agent's model, is left out. */
void	slash_command_own(const char *text, const struct fold *,
	    const struct slash_command_models *, void (*send)(void *, cJSON *),
	    void *send_arg, struct buf *left_out);
/* This `say` may be such a command; one line is nothing else. */
void	slash_command_mark(cJSON *say, const char *text, unsigned where,
	    const struct fold *);

#endif
