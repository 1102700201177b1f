/* agent-int: shared by the files of agent-plan.h. */
#ifndef ASSENT_CORE_AGENT_INT_H
#define ASSENT_CORE_AGENT_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "core/job/agent-plan.h"
#include "core/job/job.h"
#include "core/kernel/secrets.h"

#define AGENT_GIT_DIR	"git"		/* of the stage's folder */

/* The copy of .git. */
struct agent_git {
	char	*dir, *objects;	/* NULL: none was made */
	char	*head, *old;	/* what HEAD said then, and its commit; "": no
				   commit yet */
};
/* Make it in the folder of the agent's stage; again, if the user's HEAD has moved.
 * None if there is no repository, or one that has no HEAD as we know it. */
int	agent_git_make(struct core *, struct agent_git *, const struct stage *,
	    struct err *);
void	agent_git_release(struct agent_git *);

struct agent {
	struct given	 given;		/* the key's secret; or nothing */
	const char	**shown, **read; /* for the spec; borrowed strings */
	cJSON		*args;		/* the same */
	struct agent_git git;
	bool		 due;		/* there may be new commits, */
	int64_t		 task, since;	/* of this task, which began then */
	struct job	 reading;	/* git, which says their messages */
	struct stage	*commits;	/* of that */
};

#endif
