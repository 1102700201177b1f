/*
 * plan-news: what changed in a plan since the version that the user saw last.
 */
#ifndef ASSENT_UI_PANES_PLAN_NEWS_H
#define ASSENT_UI_PANES_PLAN_NEWS_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/bindings.h"

struct page;
struct seen;
struct ui;

/* Call before a line `plan` is folded. */
void	plan_news_line(struct ui *, const cJSON *line);
/* Is there an earlier version, seen or answered? */
bool	plan_news_has(const struct ui *);
/* Once for a version: what was seen of the earlier version counts as seen in
 * this text, too. */
void	plan_news_carry(struct ui *, struct seen *, const char *text);
/* Only what changed; false: the whole plan is to be shown. */
bool	plan_news_rows(struct ui *, struct page *, struct seen *,
	    const char *text);
bool	plan_news_key(struct ui *, enum action_id);

#endif
