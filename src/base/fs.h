/*
 * fs: file-system helpers that check every result and retry EINTR. Open paths
 * from the user's tree with fs_open_beneath, never with plain open(2).
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

/* openat2(2) that can't leave dirfd: no absolute path, no ".." above dirfd, no
 * symlink, no magic link.  -1 with errno. */
int	fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode);
/* The same for reading, regular files only: a FIFO doesn't block, and EISDIR
 * means that it is something else. */
int	fs_open_regular(int dirfd, const char *path);
/* What is at the name, without following a link, or (an empty name) what dirfd
 * is; `attributes` are those of statx(2). -1 with errno, and all is 0. */
struct stat;
int	fs_look(int dirfd, const char *name, struct stat *,
	    uint64_t *attributes);
/* Root gives a new entry (`fd`) to the owner of the user's folder it is in. */
void	fs_chown_like(int dirfd, int fd);
/* Do we, or the owner of `folder`, own the entry `path`? Doesn't follow
 * links. */
bool	fs_is_ours(const char *path, const char *folder);
/* fs_open_beneath for the folder that contains `path`; *name points to the last
 * component in path. With `make`, missing parents are created one level at a
 * time with mode 0777 & ~umask. -1 with errno. */
int	fs_open_parent(int dirfd, const char *path, bool make,
	    const char **name);
/* fdopendir(3) that also closes fd on failure; fd may be -1. NULL with errno,
 * as for the next two. Out of memory ends the process, because it must not look
 * like a missing file. */
DIR	*fs_dir_take(int fd);
DIR	*fs_opendir(const char *path);
/* Open an absolute path with O_PATH, if no part of it is a symlink; else -1
 * with errno. */
int	fs_open_plain(const char *path);
/* realpath(3); malloc'ed. */
char	*fs_realpath(const char *path);
/* The next entry but "." and "..". At the end, or with *d NULL: closes the
 * folder, sets *d to NULL and returns NULL. */
struct dirent *fs_dir_next(DIR **d);
/* The names in a folder, sorted, but not those that begin with '.', and no more
 * than `most`: a malloc'ed list of *n, for xfree_list. dirfd may be -1. */
char	**fs_names(int dirfd, size_t most, size_t *n);
/* "." or "..", as readdir(3) gives them. */
bool	fs_is_dots(const char *name);
/* read(2) and pread(2), again if a signal interrupts it. */
ssize_t	fs_read(int fd, void *p, size_t n);
/* Write everything, in as many calls of write(2) as it takes; -1 with errno. */
int	fs_write_all(int fd, const void *p, size_t n);
/* Append up to the buffer's maximum; -1 with errno (EFBIG when it is hit). */
int	fs_read_all(int fd, struct buf *);
/* A file in memory that has these bytes; -1 with errno. */
int	fs_memory(const void *p, size_t n);
/* Append all that was written to such a file. */
int	fs_memory_read(int fd, struct buf *);
/* All of a file; with AT_FDCWD also of a pipe, of which a folder has none. */
int	fs_read_file(int dirfd, const char *path, struct buf *, struct err *);
/* The id of the current boot, malloc'ed; NULL if the kernel doesn't say. */
char	*fs_boot_id(void);
/* Is it a regular file that isn't text: a NUL in its first 8 kB, or invalid
 * UTF-8? Unreadable files count as text. */
bool	fs_is_binary(int dirfd, const char *path);
/* Write a temporary file next to it, fsync, rename over it, fsync the
 * folder. */
int	fs_replace(int dirfd, const char *name, const void *p, size_t n,
	    mode_t mode, struct err *);
/* mkdir -p with this mode for each new level. */
int	fs_mkdirs(const char *path, mode_t mode, struct err *);
/* A new copy of this regular file or symlink in another folder, with its mode and
 * time. It never follows or replaces anything. */
int	fs_copy_file(int from, int to, const char *name, struct err *);
/* Create the folder `to` with this mode and the regular files of `from`, which
 * may be missing: links to them, or copies where they can't be linked. */
int	fs_link_files(const char *from, const char *to, mode_t mode,
	    struct err *);
/* Remove a tree below dirfd whatever its modes, without following links. A
 * missing tree is no error. */
int	fs_remove_tree(int dirfd, const char *name, struct err *);
/* The same in two steps, where nothing may wait for a large tree: rename it to
 * `.gone-N` now, and remove all of those in another process. 1: that has to be
 * called; 0: the tree was missing, or it can't be renamed and was removed. */
int	fs_put_aside(int dirfd, const char *name, struct err *);
bool	fs_has_aside(int dirfd);
/* Waits for another process that does so. */
int	fs_remove_aside(int dirfd);
struct fs_size {
	int64_t	 bytes, files;		/* on the disk */
};
/* Add what a folder holds, without following links. -1: some of it can't be read,
 * or it is deeper than 200 folders; the rest is added. */
int	fs_measure(int dirfd, const char *name, struct fs_size *);
int	fs_fsync_dir(int dirfd, const char *path);
/* close(2), unless fd is negative; errno stays. */
void	fs_close(int fd);
/* Close many by few system calls: `fd` later, with those before and after it that
 * follow each other. -1: now. `run` is FS_RUN at first. */
#define FS_RUN		{ -1, -1 }
void	fs_close_run(int run[2], int fd);
/* A local descriptor, or -1, that is closed where its block is left. */
#define AUTO_CLOSE	__attribute__((cleanup(fs_close_at)))
void	fs_close_at(const int *fd);
/* A local folder that is read, or NULL, closed where its block is left. */
#define AUTO_DIR	__attribute__((cleanup(fs_close_dir_at)))
void	fs_close_dir_at(DIR **);
/* Call this first in main: the parent may have closed 0, 1 or 2, and the next
 * open file would take that number and get our output. -1 with errno. */
int	fs_open_std_fds(void);
/* Make the path that of its folder; false if it has none. */
bool	fs_up(char *path);
/* malloc'ed "a/b". */
char	*fs_join(const char *a, const char *b);
/* malloc'ed absolute path without ".", "..", doubled slashes; text only. */
char	*fs_normalize(const char *cwd, const char *path);
/* Decode, in place, the \ooo escapes of paths in /proc/PID/mountinfo. */
void	fs_unescape_mount(char *);
/* Make the path (absolute, or relative to `from`) relative to `dir`: malloc'ed,
 * NULL if it is `dir` itself or outside. dir and from are normalized. */
char	*fs_inside(const char *dir, const char *from, const char *path);
/* Is `path` equal to `dir` or below it? Both normalized. */
bool	fs_is_below(const char *path, const char *dir);
/* An error if the user's `path` is, or passes, a symlink below `root`: it may
 * have come with the repository. */
int	fs_check_linked(const char *root, const char *path, struct err *);
/* Is the file on a file system that can exchange names, has stable inode
 * numbers, and stamps files with this host's clock? On others (FUSE) a file may
 * get a new number with a new name, or after a while. */
bool	fs_kind_is_known(int fd);
/* Does it end in one of n endings such as ".png", in any case, after a name? */
bool	fs_has_ending(const char *path, const char *const *ends, size_t n);
/* -1, with what is wrong and the command that fixes it, if somebody else owns or
 * can write the file or folder `path`, a folder above it, or one that a link on
 * the way leads through.  A missing file is no error.  The folders above the
 * user's home are the system's, and aren't checked. */
int	fs_check_own(const char *path, struct err *);

#endif
