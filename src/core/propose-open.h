/*
 * propose-open: the open proposal in the fold: its files in the gate's form,
 * and the content that the marks on a file would write.
 */
#ifndef ASSENT_CORE_PROPOSE_OPEN_H
#define ASSENT_CORE_PROPOSE_OPEN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct core;
struct fold_file;
struct fold_side;
struct gate_choice;
struct stage_side;

bool	propose_is_open(const struct core *);
void	propose_side(struct stage_side *to, const struct fold_side *from);
/* {"path":...,"before":HASH,"after":HASH}; the caller deletes. */
cJSON	*propose_names(const struct fold_file *);
/* Is this the hunk for the new name itself? */
bool	propose_is_renaming(const struct fold_file *, const char *id);
/* An empty choice for the proposed change; borrows from it. */
void	propose_choice(const struct core *, struct gate_choice *,
	    const struct fold_file *);
/* The content that the marks on this file would write; false if nothing is
 * accepted. -1 in *rc with *e if it can't be composed. *renames: write to the
 * new name, remove the old one. */
bool	propose_marked(struct core *, const struct fold_file *,
	    struct stage_side *write, bool *renames, int *rc, struct err *);

#endif
