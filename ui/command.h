/*
 * command: what can be typed behind a slash, in one table, for the screen's
 * input and for plain lines: names, words that complete, help, and the line for
 * the core where that is all there is to it.  Nothing here decides a change on
 * the screen: there only a key on a shown hunk does.
 */
#ifndef ASSENT_UI_COMMAND_H
#define ASSENT_UI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "journal/fold.h"

#define COMMAND_SCREEN	(1u << 0)
#define COMMAND_PLAIN	(1u << 1)

enum command_id {
	COMMAND_AGAIN, COMMAND_CHANGES, COMMAND_COMPACT, COMMAND_CHECK,
	    COMMAND_DETACH,
	COMMAND_DIFF, COMMAND_EDIT, COMMAND_EFFORT, COMMAND_END,
	COMMAND_HELP, COMMAND_INTERRUPT, COMMAND_MODE, COMMAND_MODEL, COMMAND_NEW,
	COMMAND_OUTPUT,
	COMMAND_PLAN, COMMAND_PROPOSE, COMMAND_REDO, COMMAND_RELOAD,
	COMMAND_RETRY,
	COMMAND_SEARCH,
	COMMAND_SEND, COMMAND_SHOW, COMMAND_STATUS, COMMAND_TEST,
	COMMAND_UNDO,
};

struct command {
	enum command_id	 id;
	const char	*name, *args;	/* args: "MODE", "[TEXT]", or NULL */
	unsigned	 where;
	const char	*help;
	/* The line for the core, or NULL with *e; NULL: the front end does
	 * it by itself. */
	cJSON		*(*line)(const char *rest, const struct fold *,
			    struct err *);
};

extern const struct command command_table[];
extern const size_t command_table_len;

enum command_kind {
	COMMAND_SAY,		/* no command: say this */
	COMMAND_FOUND,
	COMMAND_RUN,		/* for the core to run in the sandbox */
	COMMAND_UNKNOWN,
};

/* What a typed text is: a line "/name rest" is a command, "//x" says "/x", and
 * several lines are said as they are.  "!x", of however many lines, runs x, and
 * "!!x" says "!x".  Sets one of the others: *c with *rest (borrowed), *rest
 * alone for what is to be run, or *say (borrowed). */
enum command_kind command_parse(const char *text, unsigned where,
	    const struct command **c, const char **rest, const char **say);
/* A sentence about one that is not known, with the nearest; malloc'ed. */
char	*command_unknown(const char *text, unsigned where);
#define COMMAND_RUN_HELP "run it in the sandbox, on the staged files; what it " \
	"changes is proposed, and the agent hears of it"
#define COMMAND_RUN_BARE_HELP "run it as you, with all that you may do, since " \
	"there is no sandbox here: you are asked first; what it changes in the " \
	"copy is proposed, and the agent hears of it"
/* Is Enter to run it? Also while there is nothing but the '!' yet. */
bool	command_is_run(const char *text);
/* The line for the core. */
cJSON	*command_run(const char *command);
/* The words that its argument can be, apart by blanks; but for those of /model,
 * which the configuration has. */
void	command_words(const struct command *, struct buf *);

/* The models that can be named, and how they are reached: the caller's, since
 * the screen reads no configuration. Either may be NULL. */
struct command_models {
	void	(*names)(void *arg, struct buf *);
	/* The line for the core, with its key; NULL with *e. */
	cJSON	*(*line)(void *arg, const char *name, struct err *);
	void	*arg;
};
/* As command.line, for /model. */
cJSON	*command_model(const struct command_models *, const char *rest,
	    struct err *);
/* The line that hands in a person's version of the summary. */
cJSON	*command_summary(const char *text, size_t len, int64_t of);

#endif
