/*
 * The commands of all front ends in one place: the screen, plain text, prompts
 * on a terminal, scripts.
 */
#include "config.h"

/* Have both the same mark and the same reason? */
static bool
command_is_like(const cJSON *first, const cJSON *o)
{
	return strcmp(json_str_or(o, "mark", ""),
	    json_str_or(first, "mark", "")) == 0 &&
	    strcmp(json_str_or(o, "word", ""),
	    json_str_or(first, "word", "")) == 0;
}

/* The command "decide" with "all", if the list has the same yes or no for every
 * open hunk; else NULL. */
static cJSON *
command_all(const struct fold_proposal *p, const cJSON *list)
{
	const cJSON *first = list->child, *it;
	const char *mark = json_str_or(first, "mark", "");
	size_t n = 0;
	cJSON *o;

	if (strcmp(mark, "yes") != 0 && strcmp(mark, "no") != 0)
		return NULL;
	cJSON_ArrayForEach(it, list) {
		const struct fold_at *at = fold_proposal_find(p,
		    json_str(it, "hunk"));

		if (at == NULL || at->hunk->mark != MARK_NONE ||
	return o;
}

