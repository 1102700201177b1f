/*
 * stages: the staged copies of a session, by name in its folder: "stage", which
 * is kept and restored by a resume, and temporary ones. Needs the sandbox, the
 * store and the policy.
 */
#ifndef ASSENT_CORE_STAGES_H
#define ASSENT_CORE_STAGES_H

#include "base/err.h"
#include "sandbox/sandbox.h"

struct core;
struct stage;

/* In this view; NULL with a message. */
struct stage *stages_open_as(struct core *, const char *name,
	    enum sandbox_view_kind, struct err *);
int	stages_remove(struct core *, const char *name, struct err *);
/* A new staged copy and its folder; always empty at first: what an
 * earlier run left is removed. *stage is NULL after a drop. */
struct stage *stages_scratch(struct core *, const char *name, struct err *);
void	stages_drop(struct core *, struct stage **, const char *name);
/* The temporary copy of the planning phase. */
int	stages_open_plan(struct core *, struct err *);
void	stages_drop_plan(struct core *);

/*
 * Open the staged copy as it was left. If this host gives another view, all
 * staged changes move there; if its folder is gone, the proposed changes are
 * staged again from the store. Missing contents are an error, unless --recover
 * leave drops those changes. *note is then a message for the user, else NULL;
 * malloc'ed. NULL with *e. `since` (or NULL): the session is a fork that was never
 * opened, and these files were written since (`note` in man/assent-journal.5).
 */
struct stage *restage_open(struct core *, const cJSON *since, char **note,
	    struct err *);

#endif
