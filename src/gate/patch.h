/*
 * patch: the unified diff of changes as git writes it, for `git apply` and
 * people: quoted names, modes, new and deleted files, symbolic links. Raw
 * bytes: sanitize them before printing on a terminal. Depends on base only, so
 * that front ends can link it.
 */
#ifndef ASSENT_GATE_PATCH_H
#define ASSENT_GATE_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct fold_file;

struct patch_hunk {
	int		 old_start, old_lines, new_start, new_lines;
	const char	*text;		/* ' ' '+' '-' '\' lines */
	size_t		 len;		/* 0: a mode, or nothing to show */
};

struct patch_file {
	const char	*path;		/* raw bytes */
	const char	*from;		/* its old name; or NULL */
	int		 same;		/* for a rename: similarity in
					   percent */
	bool		 old_exists, new_exists;
	unsigned	 old_mode, new_mode;
	bool		 binary;	/* its contents are not shown, but by: */
	const char	*binary_patch;	/* patch_binary_make; or NULL */
	const struct patch_hunk *hunks;
	size_t		 hunks_len;
};

/* Append one file's patch; -1 if the buffer is full. A change of type (a file
 * becomes a link) is written as a deletion and a new file, as git does. */
int	patch_format(struct buf *out, const struct patch_file *);
/* As above, from the open proposal: all of the file's hunks. */
int	patch_write_file(struct buf *out, const struct fold_file *);
/* The hunk whose "@@ -" line begins at p: its numbers, and its lines in `text`
 * (borrowed). The NUL after the patch must be readable. Its end, or NULL if none
 * begins there. */
const char *patch_hunk_read(struct patch_hunk *, const char *p,
	    const char *end);
/* Append `prefix` and path, quoted and escaped as git does. */
void	patch_name(struct buf *out, const char *prefix, const char *path);

#endif
