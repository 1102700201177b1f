/*
 * prompt: the texts under share/prompts that a request begins with, versioned
 * by their hashes in session_start.
 */
#ifndef ASSENT_CORE_PROMPT_H
#define ASSENT_CORE_PROMPT_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct prompt_facts {
	const char	*root, *cwd;
	const char	*cage;		/* cage line */
	const char	*test;		/* criterion command, or NULL */
	bool		 plan_first;
	bool		 look;		/* nothing is to be changed */
	const cJSON	*profile;	/* of the start object, or NULL */
	const char	*user_text;	/* setting `text` of the user, or NULL */
	const char	*project_text;	/* the same of the project, or NULL */
	const cJSON	*project;	/* a `project` line (core/brief.h), or
					   NULL */
};

/* The system prompt; malloc'ed. NULL when share/prompts is missing. */
char	*prompt_system(const struct prompt_facts *, struct err *);
/* What a compaction is asked with; as above. */
char	*prompt_compact(struct err *);
/* {"system.md": SHA-256}; the caller deletes. */
cJSON	*prompt_hashes(void);

#endif
