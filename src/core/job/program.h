/*
 * program: a program on a copy. What a call runs is started here, in the
 * sandbox of this session's level: which files it sees and which are hidden, its
 * limits, and the sandbox that was prepared for it.
 */
#ifndef ASSENT_CORE_PROGRAM_H
#define ASSENT_CORE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/job/job.h"
#include "sandbox/sandbox.h"

struct mount_plan;

/* What runs in a sandbox, described once and handed down. */
struct program_plan {
	/* Set by who starts it. */
	job_ended	*ended;
	struct stage	*stage;
	const char	*command;	/* for a shell, unless the spec has a tool;
					   and for the record of its
					   connections, */
	const char	*path;		/* of the check: what {path} stands for
					   in it, "" for all; or NULL */
	const char	*id;		/* with this id; NULL: it makes none */
	bool		 net;		/* one beside others may connect, too */
	bool		 agent;		/* the program of another agent
					   (agent-plan.h) */
	/* What gets its output, called with the core or, of one that lasts, the
	 * job's arg; or NULL: the job keeps its first or last bytes. */
	void		(*output)(void *arg, const char *, size_t);
	size_t		 first, last;
	/* Of one that lasts, whose tool is "serve": it has no network but this,
	 * and `held`, `ports` and, from SANDBOX_NS_USER on, `net` are called
	 * with the job's arg. */
	struct network	*network;
	const struct sandbox_callbacks *more;
	bool		 whole;		/* all of the spec is made: it sees
					   nothing of the project */
	struct sandbox_spec spec;	/* tool and args; where it has its own,
					   also cwd, staged, io_take, and a time
					   limit below that of commands. Strings
					   are borrowed */

	/* Of a linter, else NULL: it can't write the project and has no network;
	 * home, /tmp, caches and the limit on disk are those of this
	 * copy. */
	struct stage	*apart;
	const char	*view;		/* not on A: this folder is shown as the
					   project; or NULL */

	/* Made from these, with the rest of the spec. */
	enum job_kind	 kind;		/* the job's */
	bool		 of_files;	/* a file tool, or several */
	bool		 reads;		/* it changes nothing */
	bool		 kept;		/* on the copy that the agent works on;
					   others are thrown away */
	struct sandbox_ready **ready;	/* the place of a sandbox prepared for
					   it; or NULL */
};

/* Over such a time a program isn't watched: poll(2) can wait so long. */
#define PROGRAM_LASTS_MS ((int64_t)20 * 24 * 3600 * 1000)

/*
 * Make the rest. The limit on CPU time is for commands: file tools and the
 * inspection, which ends after a few seconds, have none. From a user's message
 * until the model stops, the file tools share a worker, whose sandbox shows only
 * the project. Commands share another one, which builds a new sandbox for each;
 * on a level without namespaces each command has its own worker.
 */
void	program_plan_make(struct core *, struct program_plan *);
/* What the user's command is shown of this machine. */
void	program_view(struct core *, struct mount_plan *);
/* Look at the copy and make the plan for the files as they are now. -1 with a
 * message if it can't be started. */
int	program_ready(struct core *, struct program_plan *, struct err *);
/* It has ended (NULL: was stopped) on this copy: `notes` gets what was
 * removed there. */
void	program_after(struct core *, struct stage *, const struct sandbox_result *,
	    struct buf *notes);
/* -1 with a message if a command could make the user's decisions in another
 * session. */
int	program_others_wait(const struct core *, struct err *);
/* Were all of the project's files looked at, and has the self-test passed, so that
 * a program may start? Else both go on from the loop, and core_soon follows. */
bool	program_masks(struct core *);
/* Prepare sandboxes for the next calls, or for the inspection of the project
 * (core/project/project.h), or drop the prepared ones. */
void	program_prepare(struct core *);
void	program_prepare_inspection(struct core *);
void	program_unprepare(struct core *);
/* The temporary copy of the planning phase is needed no more. */
void	program_drop_plan(struct core *);
/* Why to ask about what would run without a sandbox; `what`: "the
 * check". malloc'ed. */
char	*program_outside_why(const char *what);

/*
 * git-redact: hides credentials in a repository's own files. The configuration
 * may hold tokens (in an address, in an extra header), but without it git
 * doesn't work in the sandbox at all, so the sandbox shows it with the tokens
 * replaced.
 */

/* Add the files below `gitdir` that hold credentials to *v (malloc'ed with its
 * members; *n of them), and to `looks` what was looked at. `gitdir` is a folder
 * such as .git. */
void	git_redact_add(const char *gitdir, struct sandbox_cover **v, size_t *n,
	    struct buf *looks);
/* Is nothing of that known to have changed? */
bool	git_redact_holds(const struct buf *looks);
/* Append a configuration so; had it any? */
bool	git_redact_text(struct buf *, const char *, size_t);
void	git_redact_free(struct sandbox_cover *v, size_t n);

#endif
