/*
 * rule: decides which changes are accepted without the user, and by which rule.
 * A rule is a function and a row in one table. The journal names the rule with
 * each acceptance ("by": "rule:small"). The rule "reviewer" asks a model.
 */
#ifndef ASSENT_CORE_RULE_H
#define ASSENT_CORE_RULE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

struct core;
struct core_rules;
struct fold_file;
struct fold_hunk;

/* May this file have so many more lines accepted, besides those of other
 * files? */
bool	rule_small_allows(const struct core_rules *, const char *path,
	    int lines, int others);

/* Does the rule accept this file of the open proposal? `lines`: lines it
 * accepted so far in the same decision. */
bool	rule_accepts(struct core *, const char *rule, const struct fold_file *,
	    int *lines);
/* Add to each file of a proposal's fields what the rules would do: `rules`. */
void	rule_tell(struct core *, cJSON *fields);
/* For an accepted file: does the rule accept this hunk? */
bool	rule_accepts_hunk(struct core *, const char *rule,
	    const struct fold_file *, const struct fold_hunk *);
/* Lines added and removed. */
int	rule_lines(const struct fold_file *);

/* Ask if a small change of the open proposal has no verdict yet. True while an
 * answer is pending. */
bool	reviewer_begin(struct core *);

#endif
