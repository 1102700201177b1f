/*
 * git-commit: `assent commit` from the screen, in the terminal when the user
 * asks for it (app-edit.c runs it), or beside the screen (commit-run.h).
 */
#ifndef ASSENT_UI_PANES_GIT_COMMIT_H
#define ASSENT_UI_PANES_GIT_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

struct fold_change;
struct ui;

/* Is there a repository, and is this change, or any, applied and not
 * committed? */
bool	git_commit_is_offered(const struct ui *, const struct fold_change *);
/* The user asks for it: of all changes, or of this one only. */
void	git_commit_ask(struct ui *, const struct fold_change *);
/* The same of all changes of the task that this one is of. */
void	git_commit_ask_task(struct ui *, const struct fold_change *);
/* It has ended in the terminal, after printing this. If it needs other changes,
 * too, ask for that. Returns whether git's words there say why there is no
 * commit. */
bool	git_commit_ran(struct ui *, const char *text, size_t len);
/* A child has ended, perhaps the one beside the screen. */
bool	git_commit_end(struct ui *);

#endif
