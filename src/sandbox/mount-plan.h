/*
 * mount-plan: the contents of the sandbox's root, as a list that can be printed
 * and tested before anything is mounted. An allow list: a path without a step
 * is absent. Reads the file system (which system folders exist, which are
 * symlinks), changes nothing.
 */
#ifndef ASSENT_SANDBOX_MOUNT_PLAN_H
#define ASSENT_SANDBOX_MOUNT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "sandbox/request.h"

/*
 * The repository that a `.git` file leads to: the folder to show read-only,
 * malloc'ed, or NULL. It counts only if it points back at this project, so that a
 * hostile file can't expose another one. *own (or NULL): the git folder of this
 * work tree, which is in that folder, or it; malloc'ed.
 */
char	*gitlink_find(const char *root, char **own);

/* Ordered by target, so that deeper paths come later. */
enum mount_plan_kind {
	MOUNT_PLAN_LAYER,	/* of the image that is below all others, the
				   uppermost first */
	MOUNT_PLAN_BIND_RO,	/* source shown read-only, nosuid, nodev */
	MOUNT_PLAN_BIND_RW,	/* source shown writable, nosuid, nodev */
	MOUNT_PLAN_SHIELD,	/* read-only through an overlay of its own, so
				   that unix sockets inside can't be connected
				   to; omitted if that fails */
	MOUNT_PLAN_CACHE,	/* writable, but writes go to `layers`; a
				   MOUNT_PLAN_SHIELD if that fails */
	MOUNT_PLAN_DEVICE,	/* a device node of the host */
	MOUNT_PLAN_LINK,	/* a symlink with the text `source` */
	MOUNT_PLAN_TEXT,	/* a small file with the text `source` */
	MOUNT_PLAN_DIR,	/* an empty folder */
	MOUNT_PLAN_TMPFS,	/* a small writable tmpfs */
	MOUNT_PLAN_PROC,
	MOUNT_PLAN_DEVPTS,
	MOUNT_PLAN_PROJECT,	/* the view of the project */
	MOUNT_PLAN_MASK,	/* the target's content is hidden */
};

struct mount_plan_step {
	enum mount_plan_kind	 kind;
	char		*source;	/* NULL if the kind needs none */
	char		*target;	/* absolute, normalized */
	char		*layers;	/* cache: folder of the session with its
					   "up" and "wk" */
	int		 type;		/* the source's DT_*, and its inode, 0:
					   not looked up */
	ino_t		 ino;
	bool		 exact;		/* its source is a real path that others
					   may change */
	bool		 optional;	/* continue without it if it is absent
					   or refused */
	int		 fd;		/* worker: the detached tree, or -1 */
	int		 layers_fd;	/* worker: likewise for `layers` */
	bool		 own;		/* worker: each call has one of its own
					   (root.c) */
	bool		 kept;		/* worker: its tree is kept for them */
};

struct mount_plan {
	struct mount_plan_step	*steps;
	size_t			 len;
	char			*home;	/* $HOME inside */
	char			*tmp;	/* $TMPDIR inside */
	char			*path;	/* $PATH inside */
};

/* The changes of another copy, until they are laid over the project. */
#define MOUNT_PLAN_STAGED "/assent/.staged"

/* The certificates that the user trusts. */
#define MOUNT_PLAN_CERTIFICATES "/assent/certificates.pem"

/* Everything for levels A and B. home and tmp stay NULL in a bare one. */
void	mount_plan_build(const struct sandbox_spec *, struct mount_plan *);
void	mount_plan_release(struct mount_plan *);
/* Does a step's target cover `path`, or is it above, and does it show what the
 * host has under that name? */
bool	mount_plan_shows(const struct mount_plan *, const char *path);
/* Is the copy of .git at SANDBOX_GIT_DIR, so that the file .git has to name
 * that? */
bool	mount_plan_links_git(const struct sandbox_spec *);
/* What it shows of the host as text, with the inodes of its files and folders:
 * while this and the host's mounts stay the same, a worker's root is up to
 * date. */
void	mount_plan_print(const struct sandbox_spec *, struct buf *);

#endif
