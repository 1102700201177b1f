/*
 * hook-spec: the hooks of the user's config: their events, and what each entry
 * may say. A hook can object, never allow: see core/agent/hook.h. Also the
 * linters of edited files, which are entries of the same kind.
 */
#ifndef ASSENT_POLICY_HOOK_SPEC_H
#define ASSENT_POLICY_HOOK_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

#define HOOK_SPEC_MAX	32	/* hooks */

enum hook_event {		/* in the order of hook_events */
	HOOK_SESSION_START,
	HOOK_BEFORE_TOOL,
	HOOK_AFTER_TOOL,
	HOOK_PLAN,
	HOOK_PROPOSAL,
	HOOK_BEFORE_APPLY,
	HOOK_APPLIED,
	HOOK_WAITS,
	HOOK_SESSION_END,
};

/* The events of hooks, and the effect of a failed or denying hook. */
struct hook_event_row {
	const char	*name;
	bool		 blocks;	/* its verdict decides what happens
					   next */
	bool		 matches;	/* `match` has something to compare */
};
extern const struct hook_event_row hook_events[];
extern const size_t hook_events_len;

/*
 * The checked list with all members: event, name, command, match (a list),
 * timeout_ms, block, sandbox. It is its own canonical form. The caller deletes;
 * NULL with the error ("must ...").
 */
cJSON	*hook_spec_list(const cJSON *, struct err *);
/* The same of linters (core/diagnose/linter.h): name, command, match,
 * timeout_ms. */
cJSON	*linter_spec_list(const cJSON *, struct err *);
/* Is this hook for the event? */
bool	hook_spec_is(const cJSON *hook, enum hook_event);
/* Does its `match` fit one of these names, or is it empty? */
bool	hook_spec_matches(const cJSON *hook, const cJSON *names);

#endif
