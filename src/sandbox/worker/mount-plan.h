/*
 * mount-plan: what the sandbox's root is made of, as a list that can be printed
 * and
 * tested before anything is mounted.  An allow list: what is not a step here is
 * not there.  Reads the file system (which of the system folders exist, which
 * are symlinks), changes nothing.
 */
#ifndef ASSENT_SANDBOX_WORKER_MOUNT_PLAN_H
#define ASSENT_SANDBOX_WORKER_MOUNT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sandbox/host/request.h"

/* In the order of their targets, so that what lies below comes later. */
enum mount_plan_kind {
	MOUNT_PLAN_BIND_RO,	/* source shown read-only, nosuid, nodev */
	MOUNT_PLAN_BIND_RW,	/* source shown writable, nosuid, nodev */
	MOUNT_PLAN_SHIELD,	/* read-only through an overlay of its own,
	    so that
			   unix sockets inside cannot be connected to; not shown
			   where that is refused */
	MOUNT_PLAN_CACHE,	/* writable, but only what lies in `layers` is
			   written; a MOUNT_PLAN_SHIELD where that is refused */
	MOUNT_PLAN_DEVICE,	/* a device node of the host */
	MOUNT_PLAN_LINK,	/* a symlink with the text `source` */
	MOUNT_PLAN_TEXT,	/* a small file with the text `source` */
	MOUNT_PLAN_DIR,	/* an empty folder */
	MOUNT_PLAN_TMPFS,	/* a small writable tmpfs */
	MOUNT_PLAN_PROC,
	MOUNT_PLAN_DEVPTS,
	MOUNT_PLAN_PROJECT,	/* the view of the project */
	MOUNT_PLAN_MASK,	/* whatever is at the target is hidden */
};

struct mount_plan_step {
	enum mount_plan_kind	 kind;
	char		*source;	/* NULL where the kind needs none */
	char		*target;	/* absolute, normalized */
	char		*layers;	/* cache: folder of the session that
					   holds its "up" and "wk" */
	bool		 exact;		/* its source is a real path that
					   another may change */
	bool		 optional;	/* absent or refused: go on without */
	int		 fd;		/* worker: the detached tree, or -1 */
	int		 layers_fd;	/* worker: the same for `layers` */
};

struct mount_plan {
	struct mount_plan_step	*steps;
	size_t			 len;
	char			*home;	/* $HOME inside */
	char			*tmp;	/* $TMPDIR inside */
	char			*path;	/* $PATH inside */
};

/* Everything for levels A and B. */
void	mount_plan_build(const struct request *, struct mount_plan *);
void	mount_plan_release(struct mount_plan *);

/* A step's target covers or is above `path`, and the step shows what is on the
 * host under the same name. */
bool	mount_plan_shows(const struct mount_plan *, const char *path);
void	mount_plan_add(struct mount_plan *, enum mount_plan_kind,
	    const char *source,
	    const char *target, bool optional);

#endif
