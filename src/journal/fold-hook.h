/*
 * fold-hook: the user's hooks, as far as they have run: the last run of each.
 */
#ifndef ASSENT_JOURNAL_FOLD_HOOK_H
#define ASSENT_JOURNAL_FOLD_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct buf;
struct fold;

struct fold_hook {
	char	*id, *name, *event, *subject;	/* subject: `for`, or NULL */
	bool	 running, ok;
	char	*decision;	/* "allow" "ask" "deny"; NULL while it runs */
	char	*reason;	/* its own, or how it failed; or NULL */
	int	 findings;
};

struct fold_hooks {
	struct fold_hook *list;		/* one for each name and event */
	size_t		 len;
	cJSON		*changed;	/* path -> the hook that changed the
					   staged file last; or NULL */
};

void	fold_on_hook(struct fold *, const cJSON *line);
void	fold_hooks_release(struct fold_hooks *);
/* A new task: what ran for the one before is no longer known. */
void	fold_hooks_clear(struct fold_hooks *);
/* Append "2 findings", "denied", "failed" or nothing. */
void	fold_hook_says(const struct fold_hook *, struct buf *);
/* The hook that changed this staged file, or NULL; its path as on disk. */
const char *fold_hook_changed(const struct fold *, const char *path);
/* The file was written. */
void	fold_hook_applied(struct fold *, const char *path);
/* The hook whose verdict on the last decision kept it from being applied; NULL:
 * none. */
const struct fold_hook *fold_hook_blocks(const struct fold *);
/* The one that runs, or NULL. */
const struct fold_hook *fold_hook_open(const struct fold *);

#endif
