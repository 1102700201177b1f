/*
 * fold-hook: the user's hooks, as far as they have run: the last run of each.
 */
#ifndef ASSENT_JOURNAL_FOLD_HOOK_H
#define ASSENT_JOURNAL_FOLD_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

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
	char		*asks;		/* why a hook wants the open question
					   asked; NULL: none does */
};

void	fold_on_hook(struct fold *, const cJSON *line);
/* A question: does a hook ask it? */
void	fold_hook_ask(struct fold *, const cJSON *line);
void	fold_hooks_release(struct fold_hooks *);
/* The one that runs, or NULL. */
const struct fold_hook *fold_hook_open(const struct fold *);

#endif
