/*
 * root: the mounts inside. Two halves: root_build creates everything that
 * doesn't depend on the project and enters it, ahead of the call; root_project
 * shows the project once the call has come. In between nothing is mounted over
 * the live tree: it is held only as a detached tree of mounts that nobody sees.
 *
 * Order: root_open_trees (outside as real root, else inside by root_build),
 * root_build, root_project. In a worker that stays each call's first
 * process calls root_renew ahead of it. Errors read "step: what".
 */
#ifndef ASSENT_SANDBOX_ROOT_H
#define ASSENT_SANDBOX_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/mount-plan.h"
#include "sandbox/request.h"

struct root {
	const struct sandbox_spec	*r;
	struct mount_plan		*plan;
	uid_t			 uid;	/* the payload's identity */
	gid_t			 gid;
	/* Descriptors, -1 before there is one. */
	int			 place;	/* the project's folder until it is
					   taken */
	int			 base;	/* the new root */
	int			 at;	/* the project's future path */
	int			 stage;	/* A: tree with the copy */
	int			 git;	/* B: tree of the real .git */
	bool			 taken;
	bool			 placed;	/* most mount points exist */
	/* The previous step's folder, so that steps in one folder needn't all
	 * walk to it. */
	char			*dir;
	int			 dir_fd;
};

/* Closes all descriptors; the plan belongs to the caller. */
void	root_release(struct root *);
/* Copies of every mount that is needed, as descriptors, before anything is
 * covered: sources may be below /tmp or a folder that only real root can
 * enter. */
int	root_open_trees(struct root *, struct err *);
int	root_build(struct root *, struct err *);
/* In a copy of the mounts of root_build: mount what a call has of its own. */
int	root_renew(struct root *, struct err *);
int	root_project(struct root *, struct err *);

/* Where the real tree is in the new root until the project is shown. */
#define ROOT_TREE	"assent/.tree"

/* For a search: over `top`, the overlay, mount the real folders in which nothing
 * is staged (the copy is at `stage`) or hidden. */
void	root_direct(const struct root *, const char *stage, int top);

/*
 * copy-git: the project's repository, and those in it, in a copy that isn't
 * mounted (level C): a folder of symlinks to the parts of the real one, which
 * landlock lets commands read. git writes HEAD and locks beside the links, and
 * those are removed after the call; writing through a link is refused.
 */

/* Show it before the payload is confined: best effort, without it git finds no
 * repository. Remove it after the call's last process has ended. */
void	copy_git(const struct sandbox_spec *, bool show);

#endif
