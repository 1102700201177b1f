/*
 * product-list: build products, which are not proposed.
 */
#ifndef ASSENT_UI_DIFF_PRODUCT_LIST_H
#define ASSENT_UI_DIFF_PRODUCT_LIST_H

#include <stdbool.h>

#include "front/bindings.h"

struct page;
struct ui;

void	product_list_build(struct ui *, struct page *);	/* their rows */
bool	product_list_key(struct ui *, enum action_id);
/* Never propose files that match this pattern: ask for confirmation, then send
 * it. */
void	product_list_hide(struct ui *, const char *glob);
void	product_list_hide_now(struct ui *);

#endif
