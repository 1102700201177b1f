/*
 * pane-plan: the plan, and the auto-approvals.
 */
#ifndef ASSENT_UI_PANES_PANE_PLAN_H
#define ASSENT_UI_PANES_PANE_PLAN_H

struct fold;
struct page;
struct ui;

/* The text of the plan that the user decides about; malloc'ed. */
char	*plan_text(const struct fold *);
/* The rows that the pane can fill, at this width; 0: all. */
int	plan_enough(struct ui *, int cols);
/* Add the auto-approvals, and how all other changes are reviewed. */
void	plan_add_grants(const struct ui *, struct page *);

#endif
