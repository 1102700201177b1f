/*
 * Shared by the files of the stage: reading and writing single files, and the
 * differences between an overlay's upper folder and a copy.
 */
#ifndef ASSENT_GATE_STAGE_PRIV_H
#define ASSENT_GATE_STAGE_PRIV_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "gate/manifest.h"
#include "gate/stage.h"

struct stage_scan_state;

#define STAGE_MAX_DEPTH		100
#define STAGE_MAX_PATH		3800	/* openat2 accepts 4096 */
#define STAGE_MAX_WALK		((size_t)5000000)	/* staged entries */
#define STAGE_MAX_NOTES		20	/* of one kind, at a time */

/* Files in the stage's folder: the start of a call that hasn't been scanned
 * yet; what is being written. */
#define STAGE_CALL		"call"
#define STAGE_NEW		".new"
#define STAGE_COPY_INDEX	"copy-index"

/* Each struct manifest_entry of the stage. */
#define STAGE_EACH(st, m) \
	PATHMAP_EACH(&(st)->manifest->files, manifest_entry, m)

/* The two ways to lay changes over a tree. Paths are relative to the root. */
struct stage_view {
	const char	*folder;	/* "up", "copy" */
	/* Create the folder's first content. */
	int	(*open)(struct stage *, struct err *);
	void	(*release)(struct stage *);
	/* Update everything that isn't staged to the real tree, before a
	 * call, and after staged files were merged. */
	int	(*sync)(struct stage *, struct buf *notes, struct err *);
	/* Call stage_scan_add or stage_scan_add_gone for everything that may be
	 * staged. */
	void	(*walk)(struct stage_scan_state *);
	/* Can the real file `now` be newer than what a tool saw? `since` is
	 * when the staged entry was created, or NULL. */
	bool	(*suspect)(struct stage *, const char *path,
		    const struct stage_id *now, const struct timespec *since);
	/* The real tree has no `path`: could a tool have seen one? */
	bool	(*lost)(struct stage *, const char *path);
	/* Remove `path` from the view. */
	int	(*erase)(struct stage *, const char *path, struct err *);
	/* Show the real file again, never with an older mtime than `shown`;
	 * sets *stays if that needed a copy. */
	int	(*follow)(struct stage *, const char *path,
		    const struct stage_side *real, const struct stage_id *shown,
		    bool *stays, struct err *);
	/* Does the view show the real file itself at `path`, as long as nothing
	 * is staged there? */
	bool	(*shows_real)(struct stage *, const char *path);
};
extern const struct stage_view stage_overlay, stage_copy;

struct stage_scan_state {
	struct stage	*st;
	struct timespec	 product;
	struct stage_scan *out;
	struct buf	 path;		/* of the current entry */
	size_t		 ignored_bytes;	/* of names kept */
	struct pathmap	 hidden;	/* see struct manifest */
	bool		 came_later;	/* skipped something below the last
					   folder that is gone */
	bool		 moved_in;	/* files below it may be newer than
					   their own times say */
	size_t		 entries;	/* entries visited */
	size_t		 changes;	/* of these, neither ignored nor
					   refused */
	int64_t		 bytes;		/* of staged differences, and of their
					   originals */
	bool		 cut;		/* the scan is incomplete */
	bool		 counts;	/* `changes`, and no more */
	struct err	*e;
	int		 rc;		/* -1: e is set, stop */
};

/* Is the real file still the entry's base, by its stat data? If not, its
 * content may be. */
bool	stage_is_at_base(struct stage *, const struct manifest_entry *);
bool	stage_ignores(struct stage *, const char *path, bool is_dir);
/* Is the real file at `path`, or one above it, left out of the view as a
 * secret? (The overlay shows everything; there the sandbox masks it.) */
bool	stage_hides(struct stage *, const char *path);
/* Give a new file or folder to the project's owner if we are root. */
void	stage_own(const struct stage *, int fd);
/* Like lstat, below dirfd; -1 with errno. */
int	stage_stat(int dirfd, const char *path, struct stat *);
/* The project's own, also in a pass. */
int	stage_stat_real(struct stage *, const char *path, struct stat *);
const char *stage_type_name(mode_t);	/* "a fifo" */
/* openat of a folder's entry; adds permissions that we lack. */
int	stage_open_dir(int dirfd, const char *name);
/* The same for a scan, which adds none in a live stage. */
int	stage_scan_dir(const struct stage *, int dirfd, const char *name);
/* The stage's folder `name` in fd, which is `path`, like its real one is; its
 * descriptor or -1. */
int	stage_make_dir(struct stage *, int fd, const char *name,
	    const char *path, bool opaque);
bool	stage_is_opaque(int fd);	/* it hides the real folder's content */

enum stage_got {
	STAGE_FAILED = -1,	/* the error is set */
	STAGE_GOT,		/* a file or link; or missing: !side->exists */
	STAGE_REFUSED,		/* *why says what it is */
};
/* Read and store the project's own file, or the `staged` one: that is ours, so
 * permissions may be added; setuid and setgid are refused unless the real file
 * has them. `why` may be NULL. */
enum stage_got stage_read(struct stage *, const char *path, bool staged,
	    struct stage_side *, struct stage_id *, const char **why,
	    struct err *);
/* What is on record of the file, with its content in the store, if it hasn't
 * changed since. */
bool	stage_known(struct stage *, const char *path, bool staged,
	    const struct stat *now, struct stage_side *);
/* Does the stage have this at `path`? */
bool	stage_has_staged(struct stage *, const char *path,
	    const struct stage_side *);
/* Does the staged folder `path` have files of the agent's, on record or not? */
bool	stage_is_staged_below(struct stage *, const char *path);
/* The user has put a file where the agent has a folder: count it as deleted,
 * after it had changed. */
int	stage_count_deleted(struct stage *, const char *path, struct err *);
/* The folder that contains `path` in the stage, created if needed (like the
 * real one; in place of a whiteout it hides what the whiteout hid). */
int	stage_open_parent(struct stage *, const char *path, const char **name,
	    struct err *);
/* Stage this content with a new mtime. */
int	stage_write(struct stage *, const char *path, const struct stage_side *,
	    struct err *);
/* Stage again what is on record of a file. */
int	stage_again(struct stage *, struct manifest_entry *, struct err *);
/* Remove the staged `path`, and the folders that are empty then, unless the
 * project has them. */
int	stage_remove(struct stage *, const char *path, struct err *);

/* The file or link at s->path. */
void	stage_scan_add(struct stage_scan_state *, const struct stat *);
/* The view lacks s->path, which may exist in the real tree, also as a
 * folder. */
void	stage_scan_add_gone(struct stage_scan_state *,
	    const struct timespec *since);
/* List s->path as refused, because of `why`. */
void	stage_leave_out(struct stage_scan_state *, const char *why);
/* Is `name`, at the project's top, part of what makes it a repository?
 * Everything else may be proposed. */
bool	stage_is_repo_part(const char *name);
#define STAGE_REPO "looks like a git repository"
#define STAGE_REPO_PART \
	"the project's top " STAGE_REPO "; remove it, or HEAD"
/* The stage could not be read, errno says why: end the scan, because unseen
 * files must not count as deleted. */
void	stage_scan_fail(struct stage_scan_state *);
/* The folder's next entry except . and ..; NULL at the end, or after a
 * failure. */
struct dirent *stage_scan_next(struct stage_scan_state *, DIR *);
/* Append a name to s->path; false if the entry is beyond the limits (then
 * reported). */
bool	stage_scan_push(struct stage_scan_state *, const char *name,
	    size_t *old_len);

int	stage_save(struct stage *, struct err *);	/* the manifest */

/* Wait until the kernel stamps new writes with a later time than `t`, or than
 * the writes so far (NULL): a tick or two, 50 ms at most. Returns at once if
 * `t` is in the future. */
void	time_wait(const struct timespec *t);

/* Can the stat data of this real file or folder be from after the last call
 * began, or after `since` (or NULL)? It may have been saved while the clock was
 * ahead. */
bool	stage_real_is_newer(const struct stage *, const struct stage_id *,
	    const struct timespec *since);
/* Is it from after the last call began, and not from the tick in which it
 * did? */
bool	stage_is_surely_newer(const struct stage *, const struct stage_id *);
/* Count all staged differences as edited now, in their old order. */
void	stage_touch(struct stage *);
/* Record that a call begins now. `opens`: the stage is being opened: instead,
 * load from STAGE_CALL when a call began that was cut off. */
int	stage_call_begin(struct stage *, bool opens, struct err *);

/* The copy hides the real folder `path`. */
void	stage_hidden_add(struct pathmap *, const char *path);
/* Does it hide `path` or a folder above it? */
bool	stage_hidden_in(const struct pathmap *, const char *path);

/* Did the user build the program or library that is there? */
bool	stage_is_built(struct stage *, const char *path);

/* What a copied view was made from (stage-copy.c). */
struct copy_entry {
	char		*path;		/* the key; must stay first */
	struct stage_id	 real, copy;
	unsigned	 seen;		/* by the walk of the copy */
	unsigned	 seen_real;	/* by the walk of the real tree */
};

void	copy_remove(struct stage *, const char *path);
int	copy_index_save(struct stage *, struct err *);
/* Does the view show the user's own file there, which no tool has touched? */
bool	copy_is_own(struct stage *, const char *path, const struct stat *);

#endif
