/*
 * manifest: for every staged path, the content it was copied from and its
 * content when last scanned. Losing it would make `before` a guess, so two JSON
 * files are written in turn, each with a serial and its hash: while one may be
 * torn, the other is whole and durable. An id is a file's stat data; it stands
 * for the content only if it is `settled`: a file that changed a moment ago could
 * change again without new times.
 */
#ifndef ASSENT_GATE_MANIFEST_H
#define ASSENT_GATE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/pathmap.h"
#include "gate/stage.h"

struct stage_id {
	struct timespec	 mtime, ctime;
	int64_t		 size;
	uint64_t	 ino;		/* 0: unknown */
	unsigned	 mode;
	bool		 settled;
};

bool	time_before(const struct timespec *, const struct timespec *);
bool	time_equal(const struct timespec *, const struct timespec *);

void	stage_id_make(struct stage_id *, const struct stat *);
/* The same stat data (which needn't mean the same content). */
bool	stage_id_equal(const struct stage_id *, const struct stage_id *);
/* Does `now` prove the content that `then` was recorded for? */
bool	stage_id_holds(const struct stage_id *then, const struct stage_id *now);

struct manifest_entry {
	char		*path;		/* the key; must stay first */
	struct stage_side base;		/* what the staged file was made from */
	struct stage_id	 base_id;	/* the real file at that time */
	struct stage_side after;	/* the staged file as last read */
	struct stage_id	 after_id;
	bool		 during;	/* base was read after it had changed
					   under a call: it may be newer than
					   what the tool saw */
	bool		 by_tool;	/* written by a file tool, a merge or a
					   decision, not by a command */
	bool		 merging;	/* the staged file may have lines of
					   the user's that `base` lacks: it
					   becomes `after` again if a kill
					   leaves this on disk */
	bool		 during_now;	/* not reported yet */
	bool		 conflict;	/* the real file changed and could not
					   be merged */
	struct stage_side was;		/* in a conflict: the common ancestor */
	const char	*refused;	/* why it can't be proposed; static */
	unsigned	 seen;		/* serial of the last scan */
	unsigned	 changed;	/* of the one that found different
					   content */
	bool		 shown;		/* the scan before this one found a
					   change here */
};

struct manifest_hidden {
	char		*path;		/* the key; must stay first */
};

struct manifest {
	struct pathmap	 files;		/* struct manifest_entry */
	/* Real folders that the copy hid at the last scan, by path alone
	 * (see stage-overlay.c). */
	struct pathmap	 hidden;
	char		*boot;		/* boot id of the last save; NULL: the
					   next one notes it */
	bool		 rebooted;	/* the host has, since then */
	int64_t		 serial;	/* of the last save */
	int		 next;		/* the file to be written next */
};

void	manifest_release(struct manifest *);
/* Two files in dirfd; without any the manifest is empty. */
int	manifest_load(struct manifest *, int dirfd, struct err *);
int	manifest_save(struct manifest *, int dirfd, struct err *);

#endif
