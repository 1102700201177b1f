/*
 * pr: what the commands about a pull request share. Its review threads
 * (pr-threads.c) are others' words: they become data in a task, and a reply to
 * each is sent when the user has seen and confirmed it.
 */
#ifndef ASSENT_CMD_PR_H
#define ASSENT_CMD_PR_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd-commit.h"

#define PR_BODY_MAX	60000		/* bytes; GitHub takes 65536 characters */

/* Text of the model's: control characters are visible marks, for what is sent as
 * for what is shown, and nothing in it is an order to the server. */
char	*pr_text_of(const char *, const struct fold *, bool subject);

/* A pull request at GitHub, as gh has it. */
struct pull {
	const char	*dir;		/* where gh runs */
	char		 host[256], owner[100], repo[100], number[10];
	char		*url, *id;
	char		*head;		/* its commit; NULL: not asked for */
};

/* The open one of this number; NULL: of the branch that is checked out. -1 with
 * *e. */
int	pull_find(struct pull *, const char *number, struct err *);
void	pull_release(struct pull *);
/* All nodes of this member of the node `id`, page by page, and the head if the
 * query asks for it; the caller deletes. NULL with *e. */
cJSON	*pull_nodes(struct pull *, const char *query, const char *id,
	    const char *member, struct err *);

/* The last line of a text that is sent begins with this and the session's id: a
 * later try finds by it what was sent. */
#define PR_MARKER	"<!-- assent "
/* Did the user write this comment or review, and does its last line begin so?
 * Others can write such a line, too. The number that follows; -1: no. */
int64_t	pr_marked(const cJSON *comment, const char *prefix);

/* A review to be sent: comments on lines of the diff, and a text with those on
 * others. */
struct pr_review {
	struct buf	 text;
	bool		 outside;	/* it has some */
	cJSON		*comments;
	const char	*look;		/* what to do if it may have been sent, or
					   not */
};
struct pr_place {
	const char	*path;
	int		 start, line;	/* the first and the last; 0: none */
	bool		 start_old, old;	/* of the old file */
};
void	pr_review_add(struct pr_review *, const char *diff,
	    const struct pr_place *, const char *said);
/* What the lines are looked for in: the diff of `of`, such as "pulls/12", in the
 * pull request's repository. Empty after a message, if GitHub gives none. The exit
 * code, not 0 if the user interrupted. */
int	pr_review_diff(const struct pull *, const char *of, struct buf *out);
/* Show it, ask, and send it as a review of this commit; releases it. The exit
 * code. */
int	pr_review_send(struct commit_journal *, const struct pull *,
	    struct pr_review *, const char *commit, bool asks);
/* The exit code after `gh` ended so; prints why, and `look` (or NULL). */
int	pr_gh_code(enum gh_end, const char *look, const struct err *);

/* `review --send`: the comments of a session of `review`, to a session or to
 * GitHub; the exit code. */
int	notes_send(const struct cmd_args *);
/* `pr --threads`: start a session on the open threads of the branch's pull
 * request; the exit code. */
int	threads_begin(const struct cmd_args *);
/* `pr --reply`: to the threads of this session, one by one; the exit code. */
int	threads_reply(struct commit_journal *, const char *top);
/* Has the session threads to reply to? */
bool	threads_are(const struct commit_journal *);

#endif
