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
/* Never propose files that match this pattern: ask for confirmation, then send
 * it. */
void	product_list_hide(struct ui *, const char *glob);
void	product_list_hide_now(struct ui *);
/* Say why the confirmed action isn't done. If it was to hide build products,
 * also keep the typed pattern. For any question that ends without a yes. */
void	product_list_not_done(struct ui *, const char *why);
/* Handle a line from the core, in case it refuses the request. */
void	product_list_line(struct ui *, const char *type, const cJSON *line);

#endif
