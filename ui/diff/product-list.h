/*
 * product-list: build products, which are not proposed.
 */
#ifndef ASSENT_UI_DIFF_PRODUCT_LIST_H
#define ASSENT_UI_DIFF_PRODUCT_LIST_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "front/action.h"

struct page;
struct ui;

void	product_list_build(struct ui *, struct page *);	/* their rows */
bool	product_list_key(struct ui *, enum action_id);
/* Never propose what this pattern matches: ask whether it is meant, then it is sent. */
void	product_list_hide(struct ui *, const char *glob);
void	product_list_hide_now(struct ui *);
/* Not done, for this reason: what was typed is kept. */
void	product_list_hide_not(struct ui *, const char *why);
/* A line of the core: the same with what it refuses. */
void	product_list_line(struct ui *, const char *type, const cJSON *line);

#endif
