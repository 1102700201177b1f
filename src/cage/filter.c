/*
 * What no build needs and what would lead out of the cage or past its limits.
 * ptrace and process_vm_* stay open: sanitizers, gdb and strace need them, and
 * they cannot leave the pid namespace.  Calls that programs try first and can
 * do without get ENOSYS, so that they take the older way.
 */
#include "config.h"

#include "cage/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/fs.h"
#include "base/mem.h"

/* Most that a System V segment may have: counted by nobody once it is
 * detached, but a database wants a small one. */
#define FILTER_SHM_MAX 65536

struct filter_row {
	const char	*name;
	int		 error;
};

static const struct filter_row filter_rows[] = {
	/* mounts and namespaces */
	{ "mount", EPERM }, { "umount", EPERM }, { "umount2", EPERM },
	{ "pivot_root", EPERM }, { "chroot", EPERM },
	{ "move_mount", EPERM }, { "open_tree", EPERM },
	{ "fsopen", EPERM }, { "fsconfig", EPERM }, { "fsmount", EPERM },
	{ "fspick", EPERM }, { "mount_setattr", EPERM },
	{ "unshare", EPERM }, { "setns", EPERM },
	{ "clone3", ENOSYS },	/* its flags are out of a filter's sight */
	/* keyrings are not namespaced */
	{ "keyctl", EPERM }, { "add_key", EPERM }, { "request_key", EPERM },
	/* large attack surface */
	{ "bpf", EPERM }, { "perf_event_open", EPERM },
	{ "userfaultfd", EPERM }, { "io_uring_setup", ENOSYS },
	{ "io_uring_enter", ENOSYS }, { "io_uring_register", ENOSYS },
	{ "open_by_handle_at", EPERM }, { "name_to_handle_at", EPERM },
	/* memory that cannot be swapped */
	{ "memfd_secret", ENOSYS },
	/* the machine */
	{ "kexec_load", EPERM }, { "kexec_file_load", EPERM },
	{ "init_module", EPERM }, { "finit_module", EPERM },
	{ "delete_module", EPERM }, { "reboot", EPERM },
	{ "swapon", EPERM }, { "swapoff", EPERM }, { "acct", EPERM },
	{ "quotactl", EPERM }, { "quotactl_fd", EPERM },
	{ "settimeofday", EPERM }, { "clock_settime", EPERM },
	{ "clock_settime64", EPERM }, { "syslog", EPERM },
	{ "vhangup", EPERM }, { "iopl", EPERM }, { "ioperm", EPERM },
};

/* By number, the same on all machines: younger than some libseccomp. */
static const int filter_numbers[] = {
	467,	/* open_tree_attr */
};

/* Into a terminal's input, and modules that the kernel loads for a line
 * discipline. */
static const unsigned long filter_ioctls[] = { TIOCSTI, TIOCLINUX, TIOCSETD };

static const unsigned filter_clone_flags[] = {
	CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
};

/* Everything else (packet, vsock, alg, bluetooth, ...) is refused. */
static const int filter_families[] = {
	AF_UNIX, AF_INET, AF_INET6, AF_NETLINK,
};
#define FILTER_FAMILY_TOP AF_NETLINK	/* the highest of them */

/* The kernel loads a module for a protocol that it has not yet, whoever asks.
 * TCP, UDP and ICMP are there; of netlink, routes are all that libc wants. */
static const struct {
	int	family, top;
} filter_protocols[] = {
	{ AF_INET, IPPROTO_UDP }, { AF_INET6, IPPROTO_UDP },
	{ AF_NETLINK, NETLINK_ROUTE },
};

static int
filter_rule(scmp_filter_ctx c, int error, const char *name, unsigned n,
    struct scmp_arg_cmp *args)
{
	int nr = seccomp_syscall_resolve_name(name), rc;

	/* A name that this libseccomp or this machine does not have. */
	if (nr == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add_array(c, SCMP_ACT_ERRNO((unsigned)error), nr, n,
	    args);
	return rc == -EDOM || rc == -EEXIST ? 0 : rc;
}

static int
filter_one(scmp_filter_ctx c, int error, const char *name,
    struct scmp_arg_cmp arg)
{
	return filter_rule(c, error, name, 1, &arg);
}

static int
filter_family(scmp_filter_ctx c, struct scmp_arg_cmp arg)
{
	int rc = filter_one(c, EAFNOSUPPORT, "socket", arg);

	return rc == 0 ? filter_one(c, EAFNOSUPPORT, "socketpair", arg) : rc;
}

static int
filter_sockets(scmp_filter_ctx c)
{
	int family, rc;
	size_t i;

	/* The kernel reads an int; a value with high bits is above all. */
	rc = filter_family(c, SCMP_A0(SCMP_CMP_GT, FILTER_FAMILY_TOP, 0));
	for (family = 0; family < FILTER_FAMILY_TOP && rc == 0; family++) {
		for (i = 0; i < MEM_COUNT(filter_families); i++)
			if (family == filter_families[i])
				break;
		if (i == MEM_COUNT(filter_families))
			rc = filter_family(c, SCMP_A0(SCMP_CMP_EQ,
			    (scmp_datum_t)family, 0));
	}
	for (i = 0; i < MEM_COUNT(filter_protocols) && rc == 0; i++) {
		struct scmp_arg_cmp args[] = {
			SCMP_A0(SCMP_CMP_EQ,
			    (scmp_datum_t)filter_protocols[i].family, 0),
			SCMP_A2(SCMP_CMP_GT,
			    (scmp_datum_t)filter_protocols[i].top, 0),
		};

		rc = filter_rule(c, EPROTONOSUPPORT, "socket", 2, args);
	}
	return rc;
}

static int
filter_spare(scmp_filter_ctx c, pid_t pid)
{
	static const char *const by_first[] = {
		"kill", "tkill", "tgkill", "rt_sigqueueinfo",
		"rt_tgsigqueueinfo", "pidfd_open", "process_vm_readv",
		"process_vm_writev",
	};
	uint64_t v = (uint32_t)pid;
	size_t i;
	int rc = 0;

	for (i = 0; i < MEM_COUNT(by_first) && rc == 0; i++)
		rc = filter_one(c, EPERM, by_first[i],
		    SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, v));
	/* Its process group too. */
	if (rc == 0)
		rc = filter_one(c, EPERM, "kill",
		    SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff,
		    (uint32_t)-pid));
	if (rc == 0)
		rc = filter_one(c, EPERM, "ptrace",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, v));
	return rc;
}

/* Without a pid namespace "all processes" are the user's too, and whom a
 * signal of these goes to is out of a filter's sight. */
static int
filter_signals(scmp_filter_ctx c)
{
	static const struct {
		const char	*name;
		unsigned	 request;
	} owners[] = {
		{ "fcntl", F_SETOWN }, { "fcntl", F_SETOWN_EX },
		{ "ioctl", FIOSETOWN }, { "ioctl", SIOCSPGRP },
	};
	size_t i;
	int rc;

	rc = filter_one(c, EPERM, "kill",
	    SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, 0xffffffff));
	if (rc == 0)
		rc = filter_rule(c, EPERM, "pidfd_send_signal", 0, NULL);
	for (i = 0; i < MEM_COUNT(owners) && rc == 0; i++)
		rc = filter_one(c, EPERM, owners[i].name,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
		    owners[i].request));
	return rc;
}

int
filter_build(const struct filter_options *o, struct buf *out, struct err *e)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);
	int ends[2], rc, result = -1;
	size_t i;

	if (c == NULL)
		return err_set(e, "seccomp: cannot start a filter");
	for (i = 0, rc = 0; i < MEM_COUNT(filter_rows) && rc == 0; i++)
		rc = filter_rule(c, filter_rows[i].error, filter_rows[i].name,
		    0, NULL);
	for (i = 0; i < MEM_COUNT(filter_clone_flags) && rc == 0; i++)
		rc = filter_one(c, EPERM, "clone",
		    SCMP_A0(SCMP_CMP_MASKED_EQ, filter_clone_flags[i],
		    filter_clone_flags[i]));
	for (i = 0; i < MEM_COUNT(filter_numbers) && rc == 0; i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM),
		    filter_numbers[i], 0);
	for (i = 0; i < MEM_COUNT(filter_ioctls) && rc == 0; i++)
		rc = filter_one(c, EPERM, "ioctl",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
		    filter_ioctls[i]));
	/* Memory that the watchdog cannot see. */
	if (rc == 0 && !o->counted)
		rc = filter_rule(c, ENOSYS, "memfd_create", 0, NULL);
	if (rc == 0 && !(o->counted && o->own_ipc))
		rc = filter_one(c, ENOSPC, "shmget",
		    SCMP_A1(SCMP_CMP_GT, FILTER_SHM_MAX, 0));
	/* Limits of another process, the first one above all. */
	if (rc == 0)
		rc = filter_one(c, EPERM, "prlimit64",
		    SCMP_A0(SCMP_CMP_GT, 0, 0));
	if (rc == 0 && o->pinned)
		rc = filter_rule(c, EPERM, "sched_setaffinity", 0, NULL);
	if (rc == 0)
		rc = filter_sockets(c);
	for (i = 0; i < o->spared_len && rc == 0; i++)
		rc = filter_spare(c, o->spared[i]);
	if (rc == 0 && o->spared_len > 0)
		rc = filter_signals(c);
	if (rc < 0) {
		err_set(e, "seccomp: cannot build the filter: %s",
		    strerror(-rc));
		goto out;
	}
	/* A filter is far smaller than a pipe. */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		err_sys(e, "seccomp: pipe");
		goto out;
	}
	rc = seccomp_export_bpf(c, ends[1]);
	close(ends[1]);
	if (rc < 0 || fs_read_all(ends[0], out) < 0)
		err_set(e, "seccomp: cannot export the filter");
	else
		result = 0;
	close(ends[0]);
out:
	seccomp_release(c);
	return result;
}

int
filter_load(const void *p, size_t n, struct err *e)
{
	struct sock_fprog prog;

	if (n == 0 || n % sizeof(struct sock_filter) != 0 ||
	    n / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return err_set(e, "seccomp: the filter is malformed");
	prog.len = (unsigned short)(n / sizeof(struct sock_filter));
	prog.filter = (struct sock_filter *)(uintptr_t)p;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return err_sys(e, "seccomp: cannot load the filter");
	return 0;
}
