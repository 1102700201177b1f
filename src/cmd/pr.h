/*
 * pr: what the commands about a pull request share. Its review threads
 * (pr-threads.c) are others' words: they become data in a task, and a reply to
 * each is sent when the user has seen and confirmed it.
 */
#ifndef ASSENT_CMD_PR_H
#define ASSENT_CMD_PR_H

#include <stdbool.h>

#include "cmd/cmd-commit.h"

/* Text of the model's: control characters are visible marks, for what is sent as
 * for what is shown, and nothing in it is an order to the server. */
char	*pr_text_of(const char *, const struct fold *, bool subject);

/* The last line of a text that is sent: a later try finds by it what was sent.
 * malloc'ed. */
char	*pr_marker(const char *session);
/* Did the user write this comment or review, with the session's marker as its
 * last line? Others can write such a line, too. NULL: of any session. */
bool	pr_is_marked(const cJSON *comment, const char *session);

/* `pr --threads`: start a session on the open threads of the branch's pull
 * request; the exit code. */
int	threads_begin(const struct cmd_args *);
/* `pr --reply`: to the threads of this session, one by one; the exit code. */
int	threads_reply(struct commit_journal *, const char *top);
/* Has the session threads to reply to? */
bool	threads_are(const struct commit_journal *);

#endif
