/*
 * root: the mounts inside. Two halves: root_build creates everything that
 * doesn't depend on the project and enters it, ahead of the call; root_project
 * shows the project once the call has come. In between nothing is mounted over
 * the live tree: it is held only as a detached tree of mounts that nobody sees.
 *
 * Order: root_take (outside as real root, else inside by root_build),
 * root_build, root_keep, root_project. In a worker that stays each call's first
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
	const struct request	*r;
	struct mount_plan		*plan;
	uid_t			 uid;	/* the payload's identity */
	gid_t			 gid;
	int			 place;	/* the project's folder until it is
					   taken, or -1 */
	int			 base;	/* the new root; -1 before */
	int			 at;	/* the project's future path */
	int			 stage;	/* A: tree with the staged copy */
	int			 git;	/* B: tree of the real .git, or -1 */
	bool			 taken;
	/* The previous step's folder, so that steps in one folder needn't all
	 * walk to it. */
	char			*dir;
	int			 dir_fd;
};

void	root_init(struct root *, const struct request *, struct mount_plan *);
/* Closes all descriptors; the plan belongs to the caller. */
void	root_release(struct root *);
/* What is at this real path, if no part of it is a symlink; O_PATH, or -1. */
int	root_place(const char *path);
/* Copies of every mount that is needed, as descriptors, before anything is
 * covered: sources may be below /tmp or a folder that only real root can
 * enter. */
int	root_take(struct root *, struct err *);
int	root_build(struct root *, struct err *);
/* Append the descriptors that must stay open until root_project; the array has
 * room. */
size_t	root_keep(const struct root *, int *fds);
#define ROOT_KEEP_MAX(r) (4 + 2 * (r)->plan->len)
/* In a copy of the mounts of root_build: mount what a call has of its own. */
int	root_renew(struct root *, struct err *);
int	root_project(struct root *, struct err *);

/*
 * root-priv: shared by root.c, which decides what is shown, root-show.c, which
 * shows the project once the call has come, root-show.c, which speeds up a
 * search there, root.c, which mounts again
 * what each call has of its own, and root.c, which mounts things in the
 * new root. Paths are the sandbox's, absolute and normalized.
 */

#define ROOT_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* Our own places in the new root, empty except while something is being
 * mounted. */
#define ROOT_TREE	"assent/.tree"
#define ROOT_STAGE	"assent/.stage"
#define ROOT_LAYERS	"assent/.layers"

/* One step of the plan; its descriptors are closed. */
int	root_step(struct root *, struct mount_plan_step *, struct err *);
/* Does it wait for the call? True for the project, everything in it, and masked
 * files, because replacing a file removes its mask; the kernel's own in /proc
 * don't change. */
bool	root_is_late(const struct root *, const struct mount_plan_step *);
/* Remove everything in a folder: an overlay with `volatile` refuses a work
 * folder that was used before. */
int	root_empty(int dir, const char *name, struct err *);
/* Attach the tree at `path` below the new root. Takes ownership of nothing. */
int	root_attach_at(struct root *, int tree, const char *below);
/* A file system of this kind, not created yet. Options are key, value pairs
 * with a NULL key at the end; a NULL value is a flag. */
int	root_context(const char *type, const char *const *options);
/* Create it, detached. Takes ownership of the context, which may be -1. */
int	root_make(int fs, unsigned attrs);
/* Read-only, and through an overlay: connect(2) to a socket inside then finds
 * another inode and is refused. The original tree is at ROOT_LOWER only during
 * this. -1: not shown. */
int	root_shield(struct root *, int tree, const char *target);
/* Hide `path`, following symlinks, but never out of `top`. A missing path needs
 * no mask, and neither does one outside the sandbox. */
int	root_mask(struct root *, int top, const char *path, uint64_t resolve,
	    struct err *);

/*
 * copy-git: the project's repository, and those in it, in a copy that isn't
 * mounted (level C): a folder of symlinks to the parts of the real one, which
 * landlock lets commands read. git writes HEAD and locks beside the links, and
 * those are removed after the call; writing through a link is refused.
 */

/* Before the payload is confined. Best effort: without it git finds no
 * repository. */
void	copy_git_show(const struct request *);
/* After the call's last process has ended. */
void	copy_git_remove(const struct request *);

#endif
