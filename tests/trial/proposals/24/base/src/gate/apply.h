/*
 * apply: what the apply*.c files share. gate.h has the interface.
 */
#ifndef ASSENT_GATE_APPLY_H
#define ASSENT_GATE_APPLY_H

/* The folder part of a path, malloc'ed; "." for the root. */
char	*apply_dirname(const char *path);
int	apply_open_dir(const struct apply_tx *, const char *dir);
/* The nearest folder at or above `dir` (which is changed to it). */
int	apply_open_nearest(const struct apply_tx *, char *dir);
/* What is at the path; a missing folder means nothing. */
int	apply_look(const struct apply_tx *, const char *path,
	    struct worktree_state *);
/* Does the transaction delete something below the path? */
bool	apply_deletes_below(const struct apply_tx *, const char *path);

/* Handle leftovers of a crash, or of a step that couldn't be undone: never
 * files of a transaction under way, so only before its first write. */
void	apply_clear(const struct apply_tx *);

