/*
 * stage-copy: shared by the files of the copied view: stage-copy.c (the view),
 * stage-copy-file.c (copying one file) and stage-copy-index.c (what was
 * copied), and by stage-time.c, which reads the index.
 */
#ifndef ASSENT_GATE_STAGE_COPY_H
#define ASSENT_GATE_STAGE_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "gate/stage-priv.h"

#define COPY_NAMES	5		/* of what was left out */

struct copy_entry {
	char		*path;		/* the key; must stay first */
	struct stage_id	 real, copy;
	unsigned	 seen;		/* by the walk of the copy */
	unsigned	 seen_real;	/* by the walk of the real tree */
};

struct copy_index {
	struct pathmap	files;		/* struct copy_entry */
	unsigned	serial;
};

/* State of one walk of the real tree. */
struct copy_walk {
	struct stage	*st;
	struct buf	 path;
	bool		 sync;		/* else everything is new */
	int64_t		 bytes;
	size_t		 files, entries;
	bool		 blocked;	/* a file was in a folder's place */
	size_t		 left_out, secret;
	struct buf	 left_names;	/* of the first, and why */
	struct buf	*notes;
	struct err	*e;
	int		 rc;
};

/* ---- stage-copy-index.c ---- */

struct copy_entry *copy_find(struct stage *, const char *path);
struct copy_entry *copy_add(struct stage *, const char *path);
void	copy_remove(struct stage *, const char *path);
/* Does the view show the user's own file there, which no tool has touched? */
bool	copy_is_own(struct stage *, const char *path, const struct stat *);
void	**copy_list(struct stage *);	/* free() it */
int	copy_index_save(struct stage *, struct err *);
/* A damaged index is just incomplete: missing entries are compared by
 * content. */
void	copy_index_load(struct stage *);

/* ---- stage-copy-file.c ---- */

/* Leave w->path out of the copy; the note names the first ones. */
void	copy_leave_out(struct copy_walk *, const char *why);
/* Copy w->path, `name` in folder `from`, over the copy; never with an older
 * mtime than `shown` (or NULL). */
void	copy_one(struct copy_walk *, int from, const char *name,
	    const struct stat *, const struct stage_id *shown);

#endif
