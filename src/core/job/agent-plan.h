/*
 * agent-plan: the program of another agent (the start object's member `agent`)
 * in the sandbox: the command of a `try`, or what ACP is spoken with (a job that
 * lasts, tool "serve", on a copy of its own). Its $HOME is a folder that is kept
 * for this agent and project; the agent writes there, so nothing outside of the
 * sandbox follows a link in it. Its package is shown read-only; it has the row's
 * variables, hosts and key, and the limits of commands, raised.
 *
 * It gets a copy of .git, in which it can commit: HEAD, refs, index and
 * configuration; the objects are the real ones, shown read-only. Nothing of that
 * copy is read outside of the sandbox again: git says there, with no network, the
 * messages of new commits, which the event `commits` has.
 */
#ifndef ASSENT_CORE_AGENT_PLAN_H
#define ASSENT_CORE_AGENT_PLAN_H

#include <stdbool.h>

#include "base/err.h"

struct core;
struct program_plan;
struct sandbox_spec;
struct stage;

/* What the user is told of them, and, with the rest, the agent. */
#define AGENT_COMMITS "commits made here aren't kept; their messages are " \
	"offered by /commit"
#define AGENT_NO_PUSH "git push and gh fail"

/* NULL: it is assent's own. */
const char *agent_name(const struct core *);
/* Raise the session's limits that the user hasn't set, for another agent or a
 * command on a terminal: what an agent installs, the check meets, too. */
void	agent_limits(struct core *);
/* Show what its program needs to be found. */
void	agent_show(struct core *, struct sandbox_spec *);
/* For a plan with `agent`: the rest of the spec. Of one that lasts, argv is made
 * here, and `network` and an own copy's stage are set. -1 with the reason why it
 * isn't started: for example, the level of the sandbox. */
int	program_plan_agent(struct core *, struct program_plan *, struct err *);
/* Its program, or a prompt, has ended: say which commits it made since. True: git
 * is being asked, and core_soon follows. */
bool	agent_commits(struct core *);
/* Before each prompt, while all of it stands still, on this stage: if the user's
 * HEAD has moved, its copy of .git is as the user's again, without its commits. */
int	agent_renew(struct core *, const struct stage *, struct err *);

#endif
