/*
 * propose-open: the proposal that is open, as the fold has it: its files as the
 * gate takes them, and what the marks on one would write.
 */
#ifndef ASSENT_CORE_REVIEW_PROPOSE_OPEN_H
#define ASSENT_CORE_REVIEW_PROPOSE_OPEN_H

#include <stdbool.h>

#include "base/err.h"

struct core;
struct fold_file;
struct fold_side;
struct gate_choice;
struct stage_side;

bool	propose_is_open(const struct core *);
void	propose_side(struct stage_side *to, const struct fold_side *from);
/* Is that the hunk that stands for the new name itself? */
bool	propose_is_renaming(const struct fold_file *, const char *id);
/* A choice of nothing yet, of the change as it is on offer; borrows from it. */
void	propose_choice(struct gate_choice *, const struct fold_file *);
/* What the marks on this file would write; false if nothing is taken. -1 in
 * *rc with *e if it cannot be made. *renames: under the new name, the old one
 * goes. */
bool	propose_marked(struct core *, const struct fold_file *,
	    struct stage_side *write, bool *renames, int *rc, struct err *);

#endif
