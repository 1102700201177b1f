/*
 * root-priv: between root.c, which says what is shown, root-show.c, which does
 * the project's part of it when the call has come, and root-place.c, which puts
 * things there.  Paths are the sandbox's, absolute and normalized.
 */
#ifndef ASSENT_SANDBOX_WORKER_ROOT_PRIV_H
#define ASSENT_SANDBOX_WORKER_ROOT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/worker/root.h"

#define ROOT_QUIET (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* Places of ours in the new root, empty but while something is being shown. */
#define ROOT_TREE	"assent/.tree"
#define ROOT_STAGE	"assent/.stage"
#define ROOT_LOWER	"assent/.lower"
#define ROOT_LAYERS	"assent/.layers"
#define ROOT_NO_DIR	"assent/masked-dir"
#define ROOT_NO_FILE	"assent/masked-file"

/* One step of the plan; its descriptors are closed. */
int	root_step(struct root *, struct mount_plan_step *, struct err *);
/* Does it wait for the call? The project, what lies in it, and the files that
 * are masked, since whoever replaces one takes its mask away; the kernel's own
 * in /proc stay as they are. */
bool	root_is_late(const struct root *, const struct mount_plan_step *);
/* close(2) that leaves errno alone; -1 is fine. */
void	root_close(int fd);
/* The folder that holds `path`, made if it is missing; it stays root's. */
int	root_parent(struct root *, const char *path, const char **name);
void	root_forget_dir(struct root *);
/* The folder or file itself, made if it is missing; O_PATH. */
int	root_target(struct root *, const char *path, bool is_dir);
/* Attach the tree at `path`, or at what is there below the new root. Takes
 * nothing. */
int	root_attach(struct root *, int tree, const char *path);
int	root_attach_at(struct root *, int tree, const char *below);
/* A file system of this kind, not made yet. Options are key, value pairs with
 * a NULL key at the end; a NULL value is a flag. */
int	root_context(const char *type, const char *const *options);
/* Make it, detached. Takes the context, which may be -1. */
int	root_make(int fs, unsigned attrs);
int	root_make_at(struct root *, const char *type,
	    const char *const *options, unsigned attrs, const char *target);
/* Read-only, and through an overlay: connect(2) to a socket inside then finds
 * another inode and is refused. The other's tree stands at ROOT_LOWER, and does
 * so no more. -1: it is not shown. */
int	root_shield(struct root *, int tree, const char *target);
int	root_shield_lower(struct root *, const char *target);
/* Hide what `path` is, following symlinks, but never out of `top`; what is not
 * there needs no mask, and what leads out of the sandbox's sight neither. */
int	root_mask(struct root *, int top, const char *path, uint64_t resolve,
	    struct err *);

#endif
