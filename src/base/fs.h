/*
 * fs: file-system helpers that check what they do and retry EINTR.  Paths that
 * come from the user's tree are opened with fs_open_beneath, never by a plain
 * open(2).
 */
#ifndef ASSENT_BASE_FS_H
#define ASSENT_BASE_FS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* openat2(2) below dirfd: no symlink, no magic link, no "..", no mount
 * crossed upwards.  `path` is relative.  -1 with errno. */
int	fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode);
/* The same for reading, and only what is a regular file: a FIFO does not hang, and
 * EISDIR says that it is something else. */
int	fs_open_regular(int dirfd, const char *path);
/* Root's new entry of a user's folder is that user's: `fd` is what was made. */
void	fs_own_as(int dirfd, int fd);
/* Does the entry `path` (which is not followed) belong to us, or to who owns
 * `folder`? */
bool	fs_is_ours(const char *path, const char *folder);
/* May this user pass through all folders above the absolute `path`, by their
 * modes? */
bool	fs_lets_pass(const char *path, uid_t uid, gid_t gid);
/* As above, for the folder that holds `path`; *name points into path at its
 * last component.  Missing parents are made with mode 0777 & ~umask if
 * `make` is set, one level at a time. -1 with errno. */
int	fs_open_parent(int dirfd, const char *path, bool make,
	    const char **name);
/* fdopendir(3) that closes fd, too, when it fails; fd may be -1. NULL with
 * errno, as with the next two; out of memory ends the process, lest it pass for
 * a file that does not exist. */
DIR	*fs_dir_take(int fd);
DIR	*fs_opendir(const char *path);
/* realpath(3); malloc'ed. */
char	*fs_realpath(const char *path);
/* "." or "..", as readdir(3) gives them. */
bool	fs_is_dots(const char *name);
/* Everything, or -1 with errno. */
int	fs_write_all(int fd, const void *p, size_t n);
/* Append up to the buffer's maximum; -1 with errno (EFBIG when it is hit). */
int	fs_read_all(int fd, struct buf *);
int	fs_read_file(int dirfd, const char *path, struct buf *, struct err *);
/* A regular file that is no text: a NUL in its first 8 kB, or no UTF-8. What
 * cannot be read is not. */
bool	fs_is_binary(int dirfd, const char *path);
/* Write a temporary file beside it, fsync, rename over, fsync the folder. */
int	fs_replace(int dirfd, const char *name, const void *p, size_t n,
	    mode_t mode, struct err *);
/* mkdir -p with this mode for each new level. */
int	fs_mkdirs(const char *path, mode_t mode, struct err *);
/* Remove a tree below dirfd, following nothing, whatever its modes; missing
 * is fine. */
int	fs_remove_tree(int dirfd, const char *name, struct err *);
int	fs_fsync_dir(int dirfd, const char *path);
/* First in a program: whoever started it may have closed 0, 1 or 2, and what
 * is opened next would stand there and get what is printed. -1 with errno. */
int	fs_hold_std(void);
/* malloc'ed "a/b". */
char	*fs_join(const char *a, const char *b);
/* malloc'ed absolute path without ".", "..", doubled slashes; text only. */
char	*fs_normalize(const char *cwd, const char *path);
/* Undo in place the \ooo of the paths in /proc/PID/mountinfo. */
void	fs_unescape_mount(char *);
/* The path, which may be relative to `from`, as one below `dir`: malloc'ed, NULL
 * if it is `dir` itself or not inside.  dir and from are normalized. */
char	*fs_inside(const char *dir, const char *from, const char *path);
/* Is `path` equal to `dir` or below it? Both normalized. */
bool	fs_is_below(const char *path, const char *dir);

#endif
