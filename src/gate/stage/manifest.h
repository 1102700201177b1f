/*
 * manifest: for every staged path, the content it was copied from and what it
 * held when last looked at.  One JSON file, replaced atomically; losing it
 * would make `before` a guess.  An id is what stat says of a file; it stands
 * for the content only when it is `settled`: a file that changed a moment ago
 * could change again without its times showing it.
 */
#ifndef ASSENT_GATE_STAGE_MANIFEST_H
#define ASSENT_GATE_STAGE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/pathmap.h"
#include "gate/stage/stage.h"

struct stage_id {
	int64_t		 mtime_s, mtime_ns, ctime_s, ctime_ns;
	int64_t		 size;
	uint64_t	 ino;		/* 0: unknown */
	unsigned	 mode;
	bool		 settled;
};

void	stage_id_make(struct stage_id *, const struct stat *);
/* The same stat, whatever that proves. */
bool	stage_id_equal(const struct stage_id *, const struct stage_id *);
/* `now` shows the content that `then` was made for. */
bool	stage_id_holds(const struct stage_id *then, const struct stage_id *now);

struct manifest_entry {
	char		*path;		/* the key; must stay first */
	struct stage_side base;		/* what the staged file was made from */
	struct stage_id	 base_id;	/* of the real file then */
	struct stage_side after;	/* the staged file as last read */
	struct stage_id	 after_id;
	bool		 during;	/* base was read after it had changed
					   under a call: it may be newer than
					   what the tool saw */
	bool		 by_tool;	/* a file tool, a merge or a decision
					   wrote it, not a command */
	bool		 xattr;		/* has attributes of its own */
	bool		 during_now;	/* not said yet */
	bool		 conflict;	/* the real file moved on and could not
					   be merged */
	struct stage_side was;		/* in a conflict: what both sides
					   began with */
	const char	*refused;	/* why it cannot be proposed; static */
	unsigned	 seen;		/* serial of the last scan */
	unsigned	 changed;	/* of the one that found another
					   content */
};

struct manifest_hidden {
	char		*path;		/* the key; must stay first */
};

struct manifest_product {
	char		*path;		/* the key; must stay first */
	struct stage_id	 id;		/* of the staged file */
};

struct manifest {
	struct pathmap	 files;		/* of struct manifest_entry */
	/* Real folders that the stage hid when it was last scanned, by path
	 * alone (see stage-unhide.c). */
	struct pathmap	 hidden;
	/* Staged files that are build products for what they hold, of struct
	 * manifest_product (see stage-product.c). */
	struct pathmap	 products;
	char		*boot;		/* boot id of the last save */
};

/* Of this run of the kernel, malloc'ed; NULL if it does not say. */
char	*manifest_boot_id(void);
void	manifest_release(struct manifest *);
struct manifest_entry *manifest_find(const struct manifest *, const char *path);
struct manifest_entry *manifest_add(struct manifest *, const char *path);
void	manifest_remove(struct manifest *, const char *path);
/* File `name` in dirfd; a missing one is an empty manifest. */
int	manifest_load(struct manifest *, int dirfd, const char *name,
	    struct err *);
int	manifest_save(struct manifest *, int dirfd, const char *name,
	    struct err *);

#endif
