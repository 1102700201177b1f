/*
 * What the files of the stage share: the struct, reading and writing single
 * files, and what differs between an overlay's upper folder and a copy.
 */
#ifndef ASSENT_GATE_STAGE_PRIV_H
#define ASSENT_GATE_STAGE_PRIV_H

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include "gate/manifest.h"
#include "gate/stage.h"

#define STAGE_MAX_DEPTH		100
#define STAGE_MAX_PATH		3800	/* openat2 takes 4096 */
#define STAGE_MAX_ENTRIES	((size_t)300000)
#define STAGE_MAX_IGNORED	((size_t)10000)
#define STAGE_MAX_NOTES		20	/* of one kind, in one go */

struct stage_scan_state;

/* The two ways to lay changes over a tree. Paths are relative to the root. */
struct stage_view {
	const char	*folder;	/* "up", "copy" */
	/* Make the folder's first content. */
	int	(*open)(struct stage *, struct err *);
	void	(*release)(struct stage *);
	/* Bring what is not staged up to the real tree, before a call. */
	int	(*sync)(struct stage *, struct buf *notes, struct err *);
	/* Call stage_see or stage_see_gone for all that may be staged. */
	void	(*walk)(struct stage_scan_state *);
	/* May the real file `now` be newer than what a tool saw? `since` is
	 * when the staged entry was made, or NULL. */
	bool	(*suspect)(struct stage *, const char *path,
		    const struct stage_id *now, const struct timespec *since);
	/* Make `path` not exist in the view. */
	int	(*erase)(struct stage *, const char *path, struct err *);
	/* Show the real file again, never with an older mtime than `shown`;
	 * *stays when a staged copy of it was needed for that. */
	int	(*follow)(struct stage *, const char *path,
		    const struct stage_side *real, const struct stage_id *shown,
		    bool *stays, struct err *);
	/* Is the real file itself what the view shows at `path`, as long as
	 * nothing is staged there? */
	bool	(*shows_real)(struct stage *, const char *path);
};
extern const struct stage_view stage_overlay, stage_copy;

struct stage {
	struct blob_store *blobs;
	const struct stage_view *view;
	bool		(*is_ignored)(void *, const char *, bool);
	void		*ignored_arg;
	bool		(*is_secret)(void *, const char *);
	void		*secret_arg;
	bool		 keep_owner;
	int64_t		 max_bytes;
	char		*dir;
	char		*root;		/* its path, where calls look for it */
	char		*staged_path, *work_path, *home_path, *tmp_path;
	int		 dir_fd;
	int		 root_fd;
	int		 staged_fd;	/* upper or copy */
	struct stat	 root_st;
	struct timespec	 call_start;
	bool		 unscanned;	/* a call began, no scan since */
	struct manifest	 manifest;
	bool		 dirty;		/* the manifest has news */
	unsigned	 serial;
	void		*index;		/* copy: what was copied (tsearch) */
	bool		 index_dirty;
	struct buf	 note;
};

struct stage_scan_state {
	struct stage	*st;
	struct stage_scan *out;
	struct buf	 path;		/* of the entry at hand */
	size_t		 entries;
	bool		 cut;
	struct err	*e;
	int		 rc;		/* -1: e is set, stop */
};

/* ---- stage-file.c ---- */

bool	stage_is_missing(int error);	/* ENOENT, or a parent that is none */
bool	stage_name_is_git(const char *name);
void	stage_add_path(struct buf *, const char *path);	/* readable */
bool	stage_ignores(struct stage *, const char *path, bool is_dir);
/* Is the real file at `path`, or one that is in the way above it, left out of
 * the view as a secret? (The overlay shows all; there the cage masks.) */
bool	stage_hides(struct stage *, const char *path);
/* Give a new file or folder to the project's owner when we are root. */
void	stage_own(const struct stage *, int fd);
/* As lstat, below dirfd; -1 with errno. */
int	stage_stat(int dirfd, const char *path, struct stat *);
/* openat of a folder's entry; modes that keep us out are widened. */
int	stage_open_dir(int dirfd, const char *name);

enum stage_got {
	STAGE_FAILED = -1,	/* the error is set */
	STAGE_GOT,		/* a file or link; or missing: !side->exists */
	STAGE_REFUSED,		/* *why says what it is */
};
/* Read and store. `staged`: ours to widen modes of; setuid is refused. */
enum stage_got stage_read(struct stage *, int dirfd, const char *path,
	    bool staged, struct stage_side *, struct stage_id *,
	    const char **why, struct err *);
/* The folder that holds `path` in the stage, made if needed (as the real one
 * is; in place of a whiteout it hides what the whiteout hid). */
int	stage_open_parent(struct stage *, const char *path, const char **name,
	    struct err *);
/* Stage this content with a fresh mtime. */
int	stage_write(struct stage *, const char *path, const struct stage_side *,
	    struct err *);
int	stage_remove(struct stage *, const char *path, struct err *);

/* ---- stage-scan.c ---- */

/* The file or link at s->path, which is `name` in dirfd. */
void	stage_see(struct stage_scan_state *, int dirfd, const char *name,
	    const struct stat *);
/* The view lacks s->path, which the real tree may have, also as a folder. */
void	stage_see_gone(struct stage_scan_state *, const struct timespec *since);
void	stage_refuse(struct stage_scan_state *, const char *why);
/* The stage could not be read, errno says why: what a scan did not see must not
 * be taken for deleted, so it ends here. */
void	stage_scan_fail(struct stage_scan_state *);
/* The folder's next entry but . and ..; NULL at the end, or after a failure. */
struct dirent *stage_scan_next(struct stage_scan_state *, DIR *);
/* Append a name to s->path; false if the entry is out of bounds (then said). */
bool	stage_scan_push(struct stage_scan_state *, const char *name,
	    size_t *old_len);
void	stage_scan_pop(struct stage_scan_state *, size_t old_len);

/* ---- stage.c ---- */

int	stage_save(struct stage *, struct err *);	/* the manifest */
void	stage_call_end(struct stage *);	/* what it staged is recorded */

/* ---- stage-merge.c ---- */

/* Bring one staged file up to the user's newer version. */
int	stage_catch_up(struct stage *, struct manifest_entry *,
	    struct buf *notes, struct err *);

#endif
