/*
 * rule: which changes are taken without a person, by which rule.  One table; a
 * rule is a row and a function.  What each let through stands in the journal
 * under its name ("by": "rule:small").
 */
#ifndef ASSENT_CORE_REVIEW_RULE_H
#define ASSENT_CORE_REVIEW_RULE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "journal/fold.h"

struct core;

/* What a line may have for the rule "small" (policy/approve.h). */
#define RULE_LINE_BYTES		120	/* on average; more counts as more */

struct rule_small;
struct rule_small *rule_small_new(void);
void	rule_small_free(struct rule_small *);
/* Any event; decisions count. A pure fold. */
void	rule_small_event(struct rule_small *, const cJSON *event);
/* Would so many more lines of this file do, beside those of others? */
bool	rule_small_allows(const struct rule_small *, const char *path,
	    int lines, int others);

/* Does the rule take this file of the open proposal? `lines` has what it took
 * of others in the same decision. */
bool	rule_accepts(struct core *, const char *rule, const struct fold_file *,
	    int *lines);
/* Put into each file of a proposal's fields what the rules would do: `rules`. */
void	rule_tell(struct core *, cJSON *fields);
/* Of a file that it takes: this hunk? */
bool	rule_accepts_hunk(struct core *, const char *rule,
	    const struct fold_file *, const struct fold_hunk *);
/* Lines added and removed. */
int	rule_lines(const struct fold_file *);

/* Is this file, and this hunk of it, being rolled back (c->rolling)? */
bool	rule_rolls_back(const struct core *, const struct fold_file *);
bool	rule_rolls_back_hunk(const struct core *, const struct fold_file *,
	    const struct fold_hunk *);

#endif
