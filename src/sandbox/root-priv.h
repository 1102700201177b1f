/*
 * root-priv: shared by root.c, which decides what is shown, root-show.c, which
 * shows the project once the call has come, root-direct.c, which speeds up a
 * search there, root-renew.c, which mounts again
 * what each call has of its own, and root-place.c, which mounts things in the
 * new root. Paths are the sandbox's, absolute and normalized.
 */
#ifndef ASSENT_SANDBOX_ROOT_PRIV_H
#define ASSENT_SANDBOX_ROOT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/root.h"

#define ROOT_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* Our own places in the new root, empty except while something is being
 * mounted. */
#define ROOT_TREE	"assent/.tree"
#define ROOT_STAGE	"assent/.stage"
#define ROOT_LOWER	"assent/.lower"
#define ROOT_LAYERS	"assent/.layers"
#define ROOT_GIT	"assent/.git"
#define ROOT_KEPT	"assent/.kept"
#define ROOT_NO_DIR	"assent/masked-dir"
#define ROOT_NO_FILE	"assent/masked-file"

/* One step of the plan; its descriptors are closed. */
int	root_step(struct root *, struct mount_plan_step *, struct err *);
/* Does it wait for the call? True for the project, everything in it, and masked
 * files, because replacing a file removes its mask; the kernel's own in /proc
 * don't change. */
bool	root_is_late(const struct root *, const struct mount_plan_step *);
/* Keep what is each call's own, instead of mounting it. */
int	root_keep_own(struct root *, struct err *);
/* For a search: over `top`, the overlay, mount the real folders in which
 * nothing is staged (the staged copy is at `stage`) or hidden. */
void	root_direct(const struct root *, const char *stage, int top);
/* Remove everything in a folder: an overlay with `volatile` refuses a work
 * folder that was used before. */
int	root_empty(int dir, const char *name, struct err *);
/* The folder that contains `path`, created if missing; it stays root's. */
int	root_parent(struct root *, const char *path, const char **name);
void	root_forget_dir(struct root *);
/* The folder or file itself, created if missing; O_PATH. */
int	root_target(struct root *, const char *path, bool is_dir);
/* Attach the tree at `path` below the new root. Takes ownership of nothing. */
int	root_attach(struct root *, int tree, const char *path);
int	root_attach_at(struct root *, int tree, const char *below);
/* A file system of this kind, not created yet. Options are key, value pairs
 * with a NULL key at the end; a NULL value is a flag. */
int	root_context(const char *type, const char *const *options);
/* Create it, detached. Takes ownership of the context, which may be -1. */
int	root_make(int fs, unsigned attrs);
int	root_make_at(struct root *, const char *type,
	    const char *const *options, unsigned attrs, const char *target);
/* Read-only, and through an overlay: connect(2) to a socket inside then finds
 * another inode and is refused. The original tree is at ROOT_LOWER only during
 * this. -1: not shown. */
int	root_shield(struct root *, int tree, const char *target);
int	root_shield_lower(struct root *, const char *target);
/* Hide a file of the kernel's in /proc. */
int	root_mask_early(const char *path, struct err *);
/* Hide `path`, following symlinks, but never out of `top`. A missing path needs
 * no mask, and neither does one outside the sandbox. */
int	root_mask(struct root *, int top, const char *path, uint64_t resolve,
	    struct err *);

#endif
