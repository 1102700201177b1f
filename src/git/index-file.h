/*
 * index-file: git's index of a work tree as a file: its lock, and entries that
 * change all at once, with the objects that they name. No other program can stage
 * or commit meanwhile.
 */
#ifndef ASSENT_GIT_INDEX_FILE_H
#define ASSENT_GIT_INDEX_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct index_file {
	char	*path, *lock;	/* "index", "index.lock" */
	char	*place;		/* beside it: where a new one is made */
	char	*session;	/* its id, which our lock contains */
};

/* The index of the work tree that this folder is in, or the one whose path is
 * set. */
int	index_file_find(struct index_file *, const char *dir,
	    const char *session, struct err *);
void	index_file_release(struct index_file *);
/* Copy it; if there is none, git makes one. */
int	index_file_copy(const struct index_file *, const char *to,
	    struct err *);
/* Take the lock. */
int	index_file_lock(const struct index_file *, struct err *);
/* Is the lock there, and this session's? -1 with *e. */
int	index_file_is_locked(const struct index_file *, struct err *);

struct index_side {
	unsigned	 mode;		/* 0100644 0100755 0120000, 0160000; 0:
					   there is none */
	char		 oid[65];
};

/* Contents, in files of the folder `dir`, and the sides that get their ids. */
struct index_contents {
	const char	*dir;
	char		**names;
	struct index_side **sides;
	size_t		 len;
};

void	index_contents_release(struct index_contents *);
/* A file that is there, or will be. */
void	index_contents_add(struct index_contents *, const char *name,
	    struct index_side *);
/* A new file with these bytes. */
int	index_contents_write(struct index_contents *, const struct buf *,
	    struct index_side *, struct err *);
/* Make objects of them, as they are, in the repository of the work tree `top`. */
int	index_contents_store(const struct index_contents *, const char *top,
	    struct err *);

/* Is it the content of an empty file, which `git add -N` writes? */
bool	index_side_is_empty(const char *oid);

/* An entry that changes. */
struct index_entry {
	char		*name;		/* from the top of the work tree */
	struct index_side was, now;
	bool		 stale;		/* set: it is neither `was` nor changed
					   already, */
	bool		 blocked;	/* or a file is where its folder would
					   be, or a folder where it would */
	bool		 committed;	/* HEAD has `was`, too */
};

/* How many are stale or blocked; with `committed`, that is set, too. */
int	index_file_check(const char *dir, struct index_entry *, size_t n,
	    bool committed, struct err *);

/* Change these entries in this index file of the work tree with the top `dir`. */
int	index_file_update(const char *index, const char *dir,
	    const struct index_entry *, size_t n, struct err *);
/* Put a new index in its place, in which these entries are changed. */
int	index_file_install(const struct index_file *, const char *dir,
	    const struct index_entry *, size_t n, struct err *);
/* Call it with the lock held. Changes these entries, in the work tree with the
 * top `dir`: all or none. Returns 1 if one is stale or blocked, -1 with *e. A
 * file that is only intended to be added counts as missing. */
int	index_file_change(const struct index_file *, const char *dir,
	    struct index_entry *, size_t n, struct err *);

#endif
