#include "config.h"

#include "core/rule.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "core/stopped.h"
#include "core/core.h"
#include "core/plan-step.h"
#include "core/reviewer.h"
#include "journal/fold-proposal.h"

#define RULE_OUTSIDE "changed outside the plan's steps"

int
rule_lines(const struct fold_file *f)
{
	int n = 0;
	size_t i;

	for (i = 0; i < f->hunks_len; i++) {
		const struct fold_hunk *h = &f->hunks[i];

		n += h->added + h->removed;
		/* A long line takes as much reading as several short ones. */
		if (h->text_len / RULE_LINE_BYTES > (size_t)(h->old_lines +
		    h->new_lines))
			n += h->text_len / RULE_LINE_BYTES > 1000000 ?
			    1000000 : (int)(h->text_len / RULE_LINE_BYTES);
	}
	return n;
}

/* Each rule returns why it doesn't accept the file, or NULL: it does. The
 * answer is valid for this proposal: later calls change the staged copy, not
 * the proposal. */

static const char *
rule_yes(struct core *c, const struct fold_file *f, int *lines)
{
	(void)lines;
	if (f->not_yes != NULL)
		return f->not_yes;
	if (f->protected_by != NULL &&
	    !policy_allowed(c->policy, f->path_bytes))
		return "its path is protected";
	return plan_step_is_outside(c, f->path_bytes) ? RULE_OUTSIDE : NULL;
}

bool
rule_rolls_back(const struct core *c, const struct fold_file *f)
{
	return json_get(c->rollback.undoes, f->path_bytes) != NULL &&
	    (f->from == NULL ||
	    json_get(c->rollback.undoes, f->from_bytes) != NULL);
}

bool
rule_rolls_back_hunk(const struct core *c, const struct fold_file *f,
    const struct fold_hunk *h)
{
	const cJSON *v = json_get(c->rollback.undoes, f->path_bytes), *id;

	if (!cJSON_IsArray(v))
		return v != NULL;
	cJSON_ArrayForEach(id, v)
		if (strcmp(id->valuestring, h->id) == 0)
			return true;
	return false;
}

static const char *
rule_rollback(struct core *c, const struct fold_file *f, int *lines)
{
	(void)lines;
	return rule_rolls_back(c, f) ? NULL : "it isn't part of the rollback";
}

static bool
rule_is_plain(const struct fold_side *s)
{
	return !s->exists || s->mode == 0100644 || s->mode == 0100755;
}

/* Accept short changes to text in ordinary files that aren't protected, don't
 * affect the check and aren't run by the build. */
static const char *
rule_small(struct core *c, const struct fold_file *f, int *lines)
{
	int n = rule_lines(f);
	size_t i;

	if (f->not_small != NULL)
		return f->not_small;
	if (f->protected_by != NULL)
		return "its path is protected";
	if (f->judges)
		return "it affects the success check";
	if (policy_runs_at(c->policy, f->path_bytes) != NULL)
		return "it is a build file";
	if (plan_step_is_outside(c, f->path_bytes))
		return RULE_OUTSIDE;
	if (stopped_has(c, f->path_bytes))
		return "a stopped call changed it";
	if (f->from != NULL)
		return "it is renamed";
	if (!rule_is_plain(&f->before) || !rule_is_plain(&f->after) ||
	    f->binary)
		return "it is not plain text";
	if (f->before.exists && f->after.exists &&
	    f->before.mode != f->after.mode)
		return "its mode changes";
	for (i = 0; i < f->hunks_len; i++)
		if (f->hunks[i].text_len == 0)
			return "it can only be accepted as a whole";
	if (n == 0)
		return "it has no lines to count";
	if (!rule_small_allows(c->small, f->path_bytes, n, *lines))
		return "it has more lines than the rule accepts";
	*lines += n;
	return NULL;
}

/* Accept what "small" accepts, if the reviewer accepted it, too. */
static const char *
rule_reviewer(struct core *c, const struct fold_file *f, int *lines)
{
	int before = *lines;
	const char *why = rule_small(c, f, lines);

	if (why == NULL && (why = reviewer_rejects(c, f)) != NULL)
		*lines = before;
	return why;
}

static const struct rule {
	const char	*name;
	const char	*(*refuses)(struct core *, const struct fold_file *,
			    int *lines);
} rules[] = {
	{ "reviewer", rule_reviewer },
	{ "rollback", rule_rollback },	/* undoes what this run applied */
	{ "small", rule_small },
	{ "yes", rule_yes },
};

static const char *
rule_rejects(struct core *c, const struct rule *r, const struct fold_file *f,
    int *lines)
{
	size_t i, over = 0;

	for (i = 0; i < f->hunks_len; i++) {
		if (f->hunks[i].mark != MARK_NONE)
			return "you started to review it";
		over += f->hunks[i].overwrites;
	}
	if (over == f->hunks_len)
		return "it overwrites newer lines";
	return r->refuses(c, f, lines);
}

bool
rule_accepts(struct core *c, const char *name, const struct fold_file *f,
    int *lines)
{
	const struct rule *r = MEM_FIND(rules, name);

	return r != NULL && rule_rejects(c, r, f, lines) == NULL;
}

void
rule_tell(struct core *c, cJSON *fields)
{
	struct fold *f = fold_new();
	size_t i, k;

	/* The rules read a proposal in the fold's form. */
	json_add_str(fields, "type", "proposal");
	json_add_int(fields, "seq", 1);
	fold_line(f, fields);
	cJSON_DeleteItemFromObjectCaseSensitive(fields, "type");
	cJSON_DeleteItemFromObjectCaseSensitive(fields, "seq");
	for (k = 0; k < MEM_COUNT(rules); k++) {
		cJSON *file = cJSON_GetObjectItemCaseSensitive(fields, "files")->child;
		int lines = 0;

		/* Only the core uses "rollback", and "reviewer" is asked
		 * later. */
		if (strcmp(rules[k].name, "rollback") == 0 ||
		    strcmp(rules[k].name, "reviewer") == 0)
			continue;
		for (i = 0; f->proposal != NULL && file != NULL &&
		    i < f->proposal->files_len; i++, file = file->next) {
			cJSON *o = cJSON_GetObjectItemCaseSensitive(file, "rules");
			const char *why = rule_rejects(c, &rules[k],
			    &f->proposal->files[i], &lines);

			if (o == NULL)
				o = cJSON_AddObjectToObject(file, "rules");
			if (why == NULL)
				json_add_null(o, rules[k].name);
			else
				json_add_str(o, rules[k].name, why);
		}
	}
	fold_free(f);
}

bool
rule_accepts_hunk(struct core *c, const char *name, const struct fold_file *f,
    const struct fold_hunk *h)
{
	return !h->overwrites && (strcmp(name, "rollback") != 0 ||
	    rule_rolls_back_hunk(c, f, h));
}
