/*
 * pane-plan: the plan, and what goes through without a key.
 */
#ifndef ASSENT_UI_PANES_PANE_PLAN_H
#define ASSENT_UI_PANES_PANE_PLAN_H

struct fold;
struct page;
struct ui;

/* Text of the plan as it is decided on; malloc'ed. */
char	*plan_text(const struct fold *);
/* What goes through without a key, and how the rest is asked. */
void	plan_add_grants(const struct ui *, struct page *);

#endif
