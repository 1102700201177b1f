/*
 * stages: the stages of a session, by their names in its folder: "stage", which
 * lasts, and those that are thrown away.  Needs the sandbox, the store and the
 * policy.
 */
#ifndef ASSENT_CORE_STAGES_H
#define ASSENT_CORE_STAGES_H

#include "base/err.h"
#include "sandbox/sandbox.h"

struct core;
struct stage;

/* NULL with a sentence. */
struct stage *stages_open(struct core *, const char *name, struct err *);
/* The same for a view that is not this host's. */
struct stage *stages_open_as(struct core *, const char *name,
	    enum sandbox_view_kind, struct err *);
int	stages_remove(struct core *, const char *name, struct err *);
/* A stage that is thrown away, with its folder; it begins empty, whatever an
 * earlier run left there. *stage is NULL after a drop. */
struct stage *stages_scratch(struct core *, const char *name, struct err *);
void	stages_drop(struct core *, struct stage **, const char *name);
/* The planning phase's throw-away stage. */
int	stages_open_plan(struct core *, struct err *);
void	stages_drop_plan(struct core *);

#endif
