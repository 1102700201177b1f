/*
 * index-file: git's index of a work tree as a file: its lock, and entries that
 * change all at once. No other program can stage or commit meanwhile.
 */
#ifndef ASSENT_GIT_INDEX_FILE_H
#define ASSENT_GIT_INDEX_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct index_file {
	const char	*path, *lock;	/* "index", "index.lock" */
	const char	*place;		/* beside it: where a new one is made */
	const char	*session;	/* whose lock it is: what is in it */
};

/* Copy it; if there is none, git makes one. */
int	index_file_copy(const struct index_file *, const char *to,
	    struct err *);
/* Take the lock. */
int	index_file_lock(const struct index_file *, struct err *);
/* Is the lock there, and this session's? -1 with *e. */
int	index_file_is_locked(const struct index_file *, struct err *);

/* An entry that changes; mode 0: there is none. */
struct index_entry {
	const char	*name;		/* from the top of the work tree */
	unsigned	 was_mode, mode;
	char		 was[65], oid[65];
	bool		 stale;		/* set: it is neither `was` nor changed
					   already, */
	bool		 blocked;	/* or a file is where its folder would
					   be, or a folder where it would */
};

/* Change these entries, in the work tree with the top `dir`: all, or none, with 1
 * if one is stale or blocked, and with -1. What is only intended to be added counts as
 * missing. */
int	index_file_change(const struct index_file *, const char *dir,
	    struct index_entry *, size_t n, struct err *);

#endif
