/*
 * sys: the mount calls by number.  C libraries before glibc 2.36 have no
 * wrappers, and <sys/mount.h> and <linux/mount.h> cannot be included together
 * everywhere. Only the worker uses this.
 */
#ifndef ASSENT_SANDBOX_SYS_H
#define ASSENT_SANDBOX_SYS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define SYS_UMOUNT_DETACH 2

static inline int
sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path,
	    flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* Attach the tree `from` at `to`; both by descriptor alone. */
static inline int
sys_move_mount(int from, int to)
{
	return (int)syscall(SYS_move_mount, from, "", to, "",
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* At the entry `name` of a folder; a link there isn't followed. */
static inline int
sys_move_mount_at(int from, int dir, const char *name)
{
	return (int)syscall(SYS_move_mount, from, "", dir, name,
	    MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int
sys_mount_setattr(int fd, const char *path, unsigned flags, uint64_t set)
{
	struct mount_attr a = { .attr_set = set };

	return (int)syscall(SYS_mount_setattr, fd, path, flags, &a, sizeof(a));
}

/* The same for a tree cloned from the host's: a clone is in the peer group of
 * its original mount, and mounts on one would also appear on the other. */
static inline int
sys_mount_own(int fd, unsigned flags, uint64_t set)
{
	struct mount_attr a = { .attr_set = set, .propagation = MS_PRIVATE };

	return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags,
	    &a, sizeof(a));
}

static inline int
sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

/* value NULL sets a flag. */
static inline int
sys_fsconfig(int fd, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fd,
	    value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key,
	    value, 0);
}

static inline int
sys_fscreate(int fd)
{
	return (int)syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL,
	    0);
}

static inline int
sys_fsmount(int fd, unsigned attrs)
{
	return (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attrs);
}

static inline int
sys_mount(const char *from, const char *to, const char *type,
    unsigned long flags, const char *data)
{
	return (int)syscall(SYS_mount, from, to, type, flags, data);
}

static inline int
sys_umount(const char *path)
{
	return (int)syscall(SYS_umount2, path, SYS_UMOUNT_DETACH);
}

static inline int
sys_pivot_root(const char *to, const char *old)
{
	return (int)syscall(SYS_pivot_root, to, old);
}

/* The process keeps its capabilities, but no program that it or a child of it
 * runs gets any; in a new user namespace a process has all of the set again. */
static inline void
sys_drop_bounding(void)
{
	int i;

	for (i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			break;
}

static inline int
sys_close_range(unsigned first, unsigned last)
{
	return (int)syscall(SYS_close_range, first, last, 0);
}

static inline int
sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int
sys_pidfd_kill(int fd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

/* The highest priority among the sessions that this process may have: where each
 * has its own share of the processor (autogroup). */
static inline void
sys_raise_session(void)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "-20", 3);
	close(fd);
}

/* Is it this version of Linux, or a newer one? */
static inline bool
sys_linux(int version, int patch)
{
	struct utsname u;
	int v, p;

	return uname(&u) == 0 && sscanf(u.release, "%d.%d", &v, &p) == 2 &&
	    (v > version || (v == version && p >= patch));
}

#endif
