/*
 * git-commit: `assent commit` from the screen: in the terminal when the user
 * asks for it, or beside the screen when --commit says so.  This only says when,
 * and what came of it; app-edit.c and app-commit.c run it.
 */
#ifndef ASSENT_UI_LAYOUT_GIT_COMMIT_H
#define ASSENT_UI_LAYOUT_GIT_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

struct ui;

/* Is there a repository, and an applied change that isn't committed? */
bool	git_commit_is_offered(const struct ui *);
/* The user asks for it. */
void	git_commit_ask(struct ui *);
/* A line of this type was folded: perhaps a commit is due. */
void	git_commit_line(struct ui *, const char *type);
/* It has ended, after printing this on standard output, and `said` on standard
 * error (NULL: in the terminal). Returns whether git's words in the terminal say
 * why there is no commit. */
bool	git_commit_ran(struct ui *, const char *text, size_t len,
	    const char *said);

#endif
