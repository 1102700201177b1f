/*
 * hook-answer: what a hook printed, as an answer. It is a foreign program's
 * text: anything that isn't an answer is an error.
 */
#ifndef ASSENT_CORE_HOOK_ANSWER_H
#define ASSENT_CORE_HOOK_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"

#define HOOK_ANSWER_MAX		((size_t)1 << 20)	/* bytes */
#define HOOK_FINDINGS_MAX	1000			/* of one run */

/* In order: of several hooks' answers the highest counts. */
enum hook_decision { HOOK_ALLOW, HOOK_ASK, HOOK_DENY };

struct hook_answer {
	enum hook_decision decision;
	char		*reason, *context;	/* or NULL */
	cJSON		*findings;	/* as in the event `finding`; path as
					   the hook wrote it */
	int64_t		 dropped;	/* findings beyond the limit, or without
					   a file */
};

/* An object with decision, reason, context and findings, or a SARIF log; no
 * text at all means allow. -1 with *e. Release it either way. */
int	hook_answer_read(struct hook_answer *, const char *p, size_t n,
	    struct err *);
void	hook_answer_release(struct hook_answer *);
const char *hook_decision_word(enum hook_decision);

#endif
