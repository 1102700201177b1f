/*
 * fold-ask: the open question (fold.ask.command), for every front end: what it
 * is about and what a yes allows are the journal's words, `why` and what is
 * shown; the rest is one row of words for each kind.
 */
#ifndef ASSENT_JOURNAL_FOLD_ASK_H
#define ASSENT_JOURNAL_FOLD_ASK_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct buf;
struct fold;

struct fold_ask {
	char	*command, *id;	/* may it run? NULL: there is none */
	char	*why;		/* a sentence, mostly without its end */
	char	*change;	/* a tool's new description, as a diff; or NULL */
	bool	 own;		/* the user typed the command */
	bool	 hook;		/* a hook wants it asked */
	bool	 server;	/* about a call of an MCP server's tool */
};

struct fold_ask_words {
	const char	*title;		/* "run this command?" */
	const char	*look;		/* what a key that goes there does */
	const char	*waits;		/* of the status, and of a notification */
	const char	*yes;		/* what a yes does: "runs it" */
	const char	*confirm;	/* asked by a second key */
};

/* Is that question about this call? Its id is the call's, or that and ".2". */
bool	fold_ask_is_of(const char *ask, const char *call);
const struct fold_ask_words *fold_ask_words(const struct fold *);
/* Append the reason, as the beginning of a sentence. */
void	fold_ask_why(struct buf *, const struct fold *);
/* Append what a yes allows: it must be shown, all of it. */
void	fold_ask_shown(struct buf *, const struct fold *);
/* Append all of the question, as lines. */
void	fold_ask_text(struct buf *, const struct fold *);
/* Would it happen outside the sandbox, and did the user not type it? */
bool	fold_asks_outside(const struct fold *);

/* ---- for fold.c ---- */

void	fold_on_ask(struct fold *, const cJSON *line);
void	fold_ask_clear(struct fold *);

#endif
