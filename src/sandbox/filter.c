/*
 * Two programs, of which the kernel applies the stricter answer: the first
 * allows calls by name, the second refuses some by their arguments. In one
 * program, libseccomp would drop an argument rule in favor of the one for the
 * name. A third hands some of what they allow to a broker, if there is one.
 */

#include "config.h"

#include "sandbox/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/broker.h"

const char *const filter_allowed[] = {
	/* files, by name */
	"access", "chdir", "chmod", "chown", "chown32", "creat", "faccessat",
	"faccessat2", "fchdir", "fchmod", "fchmodat", "fchmodat2", "fchown",
	"fchown32", "fchownat", "fstat", "fstat64", "fstatat64", "fstatfs",
	"fstatfs64", "futimesat", "getcwd", "getdents", "getdents64",
	"lchown", "lchown32", "link", "linkat", "lstat", "lstat64", "mkdir",
	"mkdirat", "mknod", "mknodat", "newfstatat", "open", "openat",
	"openat2", "readlink", "readlinkat", "rename", "renameat",
	"renameat2", "rmdir", "stat", "stat64", "statfs", "statfs64", "statx",
	"symlink", "symlinkat", "truncate", "truncate64", "umask", "unlink",
	"unlinkat", "utime", "utimensat", "utimensat_time64", "utimes",
	"fgetxattr", "flistxattr", "getxattr", "getxattrat", "lgetxattr",
	"listxattr", "listxattrat", "llistxattr", "inotify_add_watch",
	"inotify_init", "inotify_init1", "inotify_rm_watch",
	/* descriptors */
	"close", "close_range", "copy_file_range", "dup", "dup2", "dup3",
	"fadvise64", "fadvise64_64", "arm_fadvise64_64", "fcntl", "fcntl64",
	"fdatasync", "flock", "fsync", "ftruncate", "ftruncate64", "ioctl",
	"lseek", "_llseek", "pipe", "pipe2", "pread64", "preadv", "preadv2",
	"pwrite64", "pwritev", "pwritev2", "read", "readahead", "readv",
	"sendfile", "sendfile64", "splice", "sync", "sync_file_range",
	"sync_file_range2", "arm_sync_file_range", "syncfs", "tee",
	"vmsplice", "write", "writev",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "poll", "ppoll",
	"ppoll_time64", "pselect6", "pselect6_time64", "select",
	"_newselect", "signalfd", "signalfd4", "timerfd_create",
	"timerfd_gettime", "timerfd_gettime64", "timerfd_settime",
	"timerfd_settime64",
	/* memory */
	"brk", "madvise", "map_shadow_stack", "membarrier", "memfd_create",
	"mincore", "mlock", "mlock2", "mlockall", "mmap", "mmap2",
	"mprotect", "mremap", "mseal", "msync", "munlock", "munlockall",
	"munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
	/* processes and threads */
	"clone", "execve", "execveat", "exit", "exit_group", "fork",
	"vfork", "wait4", "waitid", "waitpid", "arch_prctl", "prctl",
	"ptrace", "process_vm_readv", "process_vm_writev", "set_tid_address",
	"set_robust_list", "get_robust_list", "set_thread_area",
	"get_thread_area", "set_tls", "cacheflush", "breakpoint", "rseq",
	"riscv_flush_icache", "riscv_hwprobe", "swapcontext",
	"uprobe", "uretprobe",	/* made by the kernel for a tracer outside */
	"futex", "futex_requeue", "futex_time64", "futex_wait",
	"futex_waitv", "futex_wake", "pidfd_open", "pidfd_send_signal",
	"getpgid", "getpgrp", "getpid", "getppid", "getsid", "gettid",
	"setpgid", "setsid", "getcpu", "sysinfo", "times", "uname",
	"getrlimit", "ugetrlimit", "setrlimit", "prlimit64", "getrusage",
	"getpriority", "setpriority", "ioprio_get", "ioprio_set",
	"sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam",
	"sched_getscheduler", "sched_rr_get_interval",
	"sched_rr_get_interval_time64", "sched_setaffinity",
	"sched_setattr", "sched_setparam", "sched_setscheduler",
	"sched_yield", "restart_syscall",
	"landlock_add_rule", "landlock_create_ruleset",
	"landlock_restrict_self", "seccomp",
	/* identity; without capabilities none of these gains anything */
	"capget", "capset", "getegid", "getegid32", "geteuid", "geteuid32",
	"getgid", "getgid32", "getgroups", "getgroups32", "getresgid",
	"getresgid32", "getresuid", "getresuid32", "getuid", "getuid32",
	"setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid",
	"setgid32", "setgroups", "setgroups32", "setregid", "setregid32",
	"setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid",
	"setreuid32", "setuid", "setuid32",
	/* signals and time */
	"kill", "pause", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo",
	"sigaltstack", "sigprocmask", "sigreturn", "tgkill", "tkill",
	"adjtimex", "alarm", "clock_adjtime", "clock_adjtime64",
	"clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"getitimer", "gettimeofday", "nanosleep", "setitimer", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
	"timer_gettime64", "timer_settime", "timer_settime64", "getrandom",
	/* sockets, queues, shared memory */
	"accept", "accept4", "bind", "connect", "getpeername",
	"getsockname", "getsockopt", "listen", "recv", "recvfrom",
	"recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shutdown", "socket",
	"socketpair",
	"mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64",
	"mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl",
	"semget", "semop", "semtimedop", "semtimedop_time64", "shmat",
	"shmctl", "shmdt", "shmget",
	NULL,
};

const struct filter_row filter_refused[] = {
	{ "fallocate", EOPNOTSUPP },
	/* no proposal has them, and some file systems don't count them */
	{ "setxattr", EOPNOTSUPP }, { "lsetxattr", EOPNOTSUPP },
	{ "fsetxattr", EOPNOTSUPP }, { "setxattrat", EOPNOTSUPP },
	{ "removexattr", EOPNOTSUPP }, { "lremovexattr", EOPNOTSUPP },
	{ "fremovexattr", EOPNOTSUPP }, { "removexattrat", EOPNOTSUPP },
	/* mounts and namespaces */
	{ "mount", EPERM }, { "umount", EPERM }, { "umount2", EPERM },
	{ "pivot_root", EPERM }, { "chroot", EPERM },
	{ "move_mount", EPERM }, { "open_tree", EPERM },
	{ "open_tree_attr", EPERM },
	{ "fsopen", EPERM }, { "fsconfig", EPERM }, { "fsmount", EPERM },
	{ "fspick", EPERM }, { "mount_setattr", EPERM },
	{ "unshare", EPERM }, { "setns", EPERM },
	/* keyrings are not namespaced */
	{ "keyctl", EPERM }, { "add_key", EPERM }, { "request_key", EPERM },
	/* large attack surface */
	{ "bpf", EPERM }, { "perf_event_open", EPERM },
	{ "userfaultfd", EPERM },
	{ "open_by_handle_at", EPERM }, { "name_to_handle_at", EPERM },
	{ "fanotify_init", EPERM }, { "fanotify_mark", EPERM },
	/* other programs */
	{ "pidfd_getfd", EPERM }, { "kcmp", EPERM },
	{ "move_pages", EPERM }, { "migrate_pages", EPERM },
	{ "process_madvise", EPERM },
	/* the machine */
	{ "kexec_load", EPERM }, { "kexec_file_load", EPERM },
	{ "init_module", EPERM }, { "finit_module", EPERM },
	{ "delete_module", EPERM }, { "reboot", EPERM },
	{ "swapon", EPERM }, { "swapoff", EPERM }, { "acct", EPERM },
	{ "quotactl", EPERM }, { "quotactl_fd", EPERM },
	{ "settimeofday", EPERM }, { "clock_settime", EPERM },
	{ "clock_settime64", EPERM }, { "syslog", EPERM },
	{ "vhangup", EPERM }, { "iopl", EPERM }, { "ioperm", EPERM },
	{ "sethostname", EPERM }, { "setdomainname", EPERM },
	{ NULL, 0 },
};

/* Maximum size of a System V segment: it isn't counted once it is detached, but
 * a database needs a small one. */
#define FILTER_SHM_MAX 65536

/* The kernel's struct space_resv, which no program header has. */
struct filter_space {
	int16_t		 type, whence;
	int64_t		 start, len;
	int32_t		 sysid;
	uint32_t	 pid;
	int32_t		 pad[4];
};

struct filter_ioctl {
	unsigned long	 request;
	int		 error;
};

static const struct filter_ioctl filter_ioctls[] = {
	/* Input into a terminal, and modules that the kernel loads for a line
	 * discipline. */
	{ TIOCSTI, EPERM }, { TIOCLINUX, EPERM }, { TIOCSETD, EPERM },
	/* Of any socket: for them the kernel loads modules, too. */
	{ SIOCGIFBR, EPERM }, { SIOCSIFBR, EPERM }, { SIOCBRADDBR, EPERM },
	{ SIOCBRDELBR, EPERM }, { SIOCGIFVLAN, EPERM }, { SIOCSIFVLAN, EPERM },
	/* fallocate under other names (FS_IOC_RESVSP, RESVSP64, ZERO_RANGE),
	 * and sizes that one written byte reserves (FS_IOC_FSSETXATTR). */
	{ _IOW('X', 40, struct filter_space), EOPNOTSUPP },
	{ _IOW('X', 42, struct filter_space), EOPNOTSUPP },
	{ _IOW('X', 57, struct filter_space), EOPNOTSUPP },
	{ FS_IOC_FSSETXATTR, EOPNOTSUPP },
};

/* F_SET_FILE_RW_HINT, which not every C library has. */
#define FILTER_FCNTL_LAST	1038

/* As docker has it, plus disabled address randomization, for debuggers. */
#define FILTER_NO_RANDOM 0x0040000
static const scmp_datum_t filter_personalities[] = {
	0, 8, 0x20000, 0x20008, FILTER_NO_RANDOM, FILTER_NO_RANDOM | 8,
	0xffffffff,
};

static const unsigned filter_clone_flags[] = {
	CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
};

/* Everything else (packet, vsock, alg, bluetooth, ...) is refused. */
static const int filter_families[] = {
	AF_UNIX, AF_INET, AF_INET6, AF_NETLINK,
};
#define FILTER_FAMILY_TOP AF_NETLINK	/* the highest of them */

/* The kernel loads a module for an unknown protocol for any process. TCP, UDP
 * and ICMP are built in; of netlink, libc needs only routes. */
static const struct {
	int	family, top;
} filter_protocols[] = {
	{ AF_INET, IPPROTO_UDP }, { AF_INET6, IPPROTO_UDP },
	{ AF_NETLINK, NETLINK_ROUTE },
};

static int
filter_add_nr(scmp_filter_ctx c, uint32_t action, int nr, unsigned n,
    const struct scmp_arg_cmp *args)
{
	int rc;

	/* Skip calls that this libseccomp or this machine doesn't have. */
	if (nr == __NR_SCMP_ERROR)
		return 0;
	rc = seccomp_rule_add_array(c, action, nr, n, args);
	return rc == -EDOM || rc == -EEXIST ? 0 : rc;
}

static int
filter_add(scmp_filter_ctx c, uint32_t action, const char *name, unsigned n,
    const struct scmp_arg_cmp *args)
{
	return filter_add_nr(c, action, seccomp_syscall_resolve_name(name), n,
	    args);
}

static int
filter_rule(scmp_filter_ctx c, int error, const char *name, unsigned n,
    const struct scmp_arg_cmp *args)
{
	return filter_add(c, SCMP_ACT_ERRNO((unsigned)error), name, n, args);
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

	/* The kernel reads an int; a value with high bits counts as larger. */
	rc = filter_family(c, SCMP_A0(SCMP_CMP_GT, FILTER_FAMILY_TOP, 0));
	for (family = 0; family < FILTER_FAMILY_TOP && rc == 0; family++) {
		for (i = 0; i < MEM_COUNT(filter_families); i++)
			if (family == filter_families[i])
				break;
		if (i == MEM_COUNT(filter_families))
			rc = filter_family(c, SCMP_A0(SCMP_CMP_EQ,
			    (scmp_datum_t)family, 0));
	}
	/* Its module also has the protocol 0, which is any. */
	if (rc == 0)
		rc = filter_one(c, EPROTONOSUPPORT, "socket",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DCCP));
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

/* Without a pid namespace "all processes" includes the user's, and a filter
 * can't see the targets of these signals. */
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

/* From Linux 5.19. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1u << 5)
#endif

/* ioprio_set(2); no program header has it. */
#define FILTER_IOPRIO_PROCESS 1

/* On level C, where the host's namespaces are in use. */
static const struct filter_row filter_host_wide[] = {
	/* Objects of all programs of this user, by number or name. */
	{ "shmget", ENOSYS }, { "shmat", ENOSYS }, { "shmctl", ENOSYS },
	{ "shmdt", ENOSYS }, { "msgget", ENOSYS }, { "msgctl", ENOSYS },
	{ "msgsnd", ENOSYS }, { "msgrcv", ENOSYS }, { "semget", ENOSYS },
	{ "semctl", ENOSYS }, { "semop", ENOSYS }, { "semtimedop", ENOSYS },
	{ "semtimedop_time64", ENOSYS }, { "mq_open", ENOSYS },
	{ "mq_unlink", ENOSYS },
	/* Landlock lets anybody read them, of any file. */
	{ "getxattr", EOPNOTSUPP }, { "lgetxattr", EOPNOTSUPP },
	{ "listxattr", EOPNOTSUPP }, { "llistxattr", EOPNOTSUPP },
	/* Newer forms and those of 32-bit machines; the broker serves the
	 * others. */
	{ "getxattrat", ENOSYS }, { "listxattrat", ENOSYS },
	{ "chown32", ENOSYS }, { "fchown32", ENOSYS }, { "lchown32", ENOSYS },
	{ "truncate64", ENOSYS }, { "utimensat_time64", ENOSYS },
};

/* Refused by arguments, of which all must match. */
struct filter_shared_row {
	const char	*name;
	int		 error;
	int		 below;		/* landlock decides it from this version
					   on; 0: never */
	unsigned	 n;
	struct scmp_arg_cmp args[2];	/* number, operator, mask, value */
};

#define FILTER_NOT(n, value)	{ n, SCMP_CMP_NE, value, 0 }
#define FILTER_PART(n, mask, value) { n, SCMP_CMP_MASKED_EQ, mask, value }
#define FILTER_INT(n, value)	FILTER_PART(n, 0xffffffff, value)
#define FILTER_OPTION(level, name) { "setsockopt", ENOPROTOOPT, 0, 2, \
	{ FILTER_INT(1, level), FILTER_INT(2, name) } }
/* O_ACCMODE without musl's O_SEARCH. */
#define FILTER_ACCESS		3

static const struct filter_shared_row filter_shared_rows[] = {
	/* A process other than the caller, which is 0. */
	{ "sched_setaffinity", EPERM, 0, 1, { FILTER_NOT(0, 0) } },
	{ "sched_setattr", EPERM, 0, 1, { FILTER_NOT(0, 0) } },
	{ "sched_setparam", EPERM, 0, 1, { FILTER_NOT(0, 0) } },
	{ "sched_setscheduler", EPERM, 0, 1, { FILTER_NOT(0, 0) } },
	{ "setpriority", EPERM, 0, 1, { FILTER_NOT(0, 0) } },
	{ "setpriority", EPERM, 0, 1, { FILTER_NOT(1, 0) } },
	{ "ioprio_set", EPERM, 0, 1,
	    { FILTER_NOT(0, FILTER_IOPRIO_PROCESS) } },
	{ "ioprio_set", EPERM, 0, 1, { FILTER_NOT(1, 0) } },
	/* Signals, with kill and its like the broker's. */
	{ "rt_sigqueueinfo", EPERM, 6, 0, { { 0 } } },
	{ "rt_tgsigqueueinfo", EPERM, 6, 0, { { 0 } } },
	/* Connections to an address that no filter sees. */
	{ "sendto", EOPNOTSUPP, 0, 1,
	    { FILTER_PART(3, MSG_FASTOPEN, MSG_FASTOPEN) } },
	{ "sendmsg", EOPNOTSUPP, 0, 1,
	    { FILTER_PART(2, MSG_FASTOPEN, MSG_FASTOPEN) } },
	{ "sendmmsg", EOPNOTSUPP, 0, 1,
	    { FILTER_PART(3, MSG_FASTOPEN, MSG_FASTOPEN) } },
	/* With this option connect() only stores the address and the first
	 * write connects, after the broker's check. */
	FILTER_OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT),
	/* A source route leads elsewhere than the address that connect has. */
	FILTER_OPTION(IPPROTO_IP, IP_OPTIONS),
	FILTER_OPTION(IPPROTO_IPV6, IPV6_RTHDR),
	FILTER_OPTION(IPPROTO_IPV6, IPV6_2292PKTOPTIONS),
	/* The host would announce the group to the network, on any device. */
	FILTER_OPTION(IPPROTO_IP, IP_ADD_MEMBERSHIP),
	FILTER_OPTION(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP),
	FILTER_OPTION(IPPROTO_IP, MCAST_JOIN_GROUP),
	FILTER_OPTION(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP),
	FILTER_OPTION(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP),
	FILTER_OPTION(IPPROTO_IPV6, MCAST_JOIN_GROUP),
	FILTER_OPTION(IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP),
	/* It could get connections meant for a server of the host. */
	FILTER_OPTION(SOL_SOCKET, SO_REUSEPORT),
	/* Datagrams, whose data carry an address; whatever the flags. */
	{ "socketpair", EACCES, 0, 1, { FILTER_PART(1, 0xf, SOCK_DGRAM) } },
	{ "socketpair", EACCES, 0, 1, { FILTER_PART(1, 0xf, SOCK_RAW) } },
	/* Tells names in folders, too. */
	{ "fcntl", EACCES, 0, 1, { FILTER_INT(1, F_NOTIFY) } },
	/* Landlock doesn't check opens with access mode 3. */
	{ "open", EACCES, 0, 1,
	    { FILTER_PART(1, FILTER_ACCESS, FILTER_ACCESS) } },
	{ "openat", EACCES, 0, 1,
	    { FILTER_PART(2, FILTER_ACCESS, FILTER_ACCESS) } },
	/* The broker reads its memory, and limits are sampled. There are no core
	 * files (see filter_core), so it is told that it worked. */
	{ "prctl", 0, 0, 2, { FILTER_INT(0, PR_SET_DUMPABLE),
	    FILTER_INT(1, 0) } },
	/* Opened to be read, and emptied. */
	{ "open", EACCES, 3, 1,
	    { FILTER_PART(1, O_TRUNC | FILTER_ACCESS, O_TRUNC) } },
	{ "openat", EACCES, 3, 1,
	    { FILTER_PART(2, O_TRUNC | FILTER_ACCESS, O_TRUNC) } },
};

/* ioctls by which the owner of a file changes it, or what is in a folder, with
 * no more than a descriptor for reading: type and number, whatever the size. */
static const unsigned filter_file_ioctls[] = {
	/* flags, version; ext4's; encryption; verity */
	0x6602, 0x6604, 0x7602, 0x6607, 0x6608, 0x6609, 0x660c, 0x660f, 0x6610,
	0x6611, 0x6613, 0x6615, 0x6616, 0x6617, 0x6618, 0x6619, 0x661a, 0x6685,
	/* btrfs: snapshots, subvolumes, defragmentation */
	0x9401, 0x9402, 0x940e, 0x940f, 0x9410, 0x9417, 0x9418, 0x941a, 0x9425,
	0x943f,
	0x7211,	/* FAT */
};
/* Whole types: XFS, F2FS, bcachefs, CIFS. */
static const unsigned filter_file_types[] = {
	'X' << 8, 0xf5 << 8, 0xbc << 8, 0xcf << 8,
};

static int
filter_shared(scmp_filter_ctx c, const struct filter_options *o)
{
	const struct filter_shared_row *r = filter_shared_rows;
	size_t i;
	int rc = 0;

	for (i = 0; i < MEM_COUNT(filter_host_wide) && rc == 0; i++)
		rc = filter_rule(c, filter_host_wide[i].error,
		    filter_host_wide[i].name, 0, NULL);
	for (i = 0; i < MEM_COUNT(filter_shared_rows) && rc == 0; i++, r++)
		if (r->below == 0 || o->landlock < r->below)
			rc = filter_rule(c, r->error, r->name, r->n, r->args);
	for (i = 0; i < MEM_COUNT(filter_file_ioctls) && rc == 0; i++)
		rc = filter_one(c, EOPNOTSUPP, "ioctl",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffff,
		    filter_file_ioctls[i]));
	for (i = 0; i < MEM_COUNT(filter_file_types) && rc == 0; i++)
		rc = filter_one(c, EOPNOTSUPP, "ioctl",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, filter_file_types[i]));
	/* A filter can't see openat2's flags. The file tools need openat2; they
	 * are our own programs, and get no sockets. */
	return rc < 0 || o->no_sockets ? rc :
	    filter_rule(c, ENOSYS, "openat2", 0, NULL);
}

struct filter_call {
	int		 nr;
	uint32_t	 action;
};

static int
filter_call_compare(const void *a, const void *b)
{
	const struct filter_call *x = a, *y = b;

	return x->nr < y->nr ? 1 : x->nr > y->nr ? -1 : 0;
}

/* By name. The library puts each into a list sorted by number: the highest
 * first, or it goes through the list each time. */
static int
filter_calls(scmp_filter_ctx c)
{
	struct filter_call v[MEM_COUNT(filter_allowed) +
	    MEM_COUNT(filter_refused)];
	size_t i, n = 0;
	int rc = 0;

	/* Binary search instead of one comparison after another; an older
	 * library can't, which is only slower. */
	(void)seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (i = 0; filter_allowed[i] != NULL; i++)
		v[n++] = (struct filter_call){ seccomp_syscall_resolve_name(
		    filter_allowed[i]), SCMP_ACT_ALLOW };
	for (i = 0; filter_refused[i].name != NULL; i++)
		v[n++] = (struct filter_call){ seccomp_syscall_resolve_name(
		    filter_refused[i].name),
		    SCMP_ACT_ERRNO((unsigned)filter_refused[i].error) };
	qsort(v, n, sizeof(*v), filter_call_compare);
	for (i = 0; i < n && rc == 0; i++)
		rc = filter_add_nr(c, v[i].action, v[i].nr, 0, NULL);
	for (i = 0; i < MEM_COUNT(filter_personalities) && rc == 0; i++) {
		struct scmp_arg_cmp arg = SCMP_A0(SCMP_CMP_MASKED_EQ,
		    0xffffffff, filter_personalities[i]);

		rc = filter_add(c, SCMP_ACT_ALLOW, "personality", 1, &arg);
	}
	return rc;
}

/* A limit of 1 prevents a handler in core_pattern, which 0 doesn't (see
 * payload_limits). A program that sets 0 wants no core file and gets none, so it
 * is told that it worked. */
static int
filter_core(scmp_filter_ctx c)
{
	int rc = filter_one(c, 0, "setrlimit",
	    SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, RLIMIT_CORE));
	struct scmp_arg_cmp args[] = {
		SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, RLIMIT_CORE),
		SCMP_A2(SCMP_CMP_NE, 0, 0),
	};

	return rc < 0 ? rc : filter_rule(c, 0, "prlimit64", 2, args);
}

static int
filter_fcntl(scmp_filter_ctx c)
{
	/* F_SETSIG with one of these would let input wake a stopped process, or
	 * kill it, and its end wakes a group that is then an orphan's. */
	static const int wake[] = { SIGCONT, SIGKILL };
	size_t i;
	int rc = 0;

	for (i = 0; i < MEM_COUNT(wake) && rc == 0; i++) {
		const struct scmp_arg_cmp args[] = {
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, F_SETSIG),
			SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffff,
			    (scmp_datum_t)wake[i]),
		};

		rc = filter_rule(c, EPERM, "fcntl", 2, args);
	}
	/* A lease (or a delegation, Linux 6.19) makes other programs that open
	 * the file wait for its holder, which may be stopped. */
	if (rc == 0)
		rc = filter_one(c, EACCES, "fcntl",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, F_SETLEASE));
	return rc < 0 ? rc : filter_one(c, EACCES, "fcntl",
	    SCMP_A1(SCMP_CMP_GT, FILTER_FCNTL_LAST, 0));
}

/* By arguments. */
static int
filter_arguments(scmp_filter_ctx c, const struct filter_options *o)
{
	size_t i;
	int rc = filter_fcntl(c);

	for (i = 0; i < MEM_COUNT(filter_clone_flags) && rc == 0; i++)
		rc = filter_one(c, EPERM, "clone",
		    SCMP_A0(SCMP_CMP_MASKED_EQ, filter_clone_flags[i],
		    filter_clone_flags[i]));
	for (i = 0; i < MEM_COUNT(filter_ioctls) && rc == 0; i++)
		rc = filter_one(c, filter_ioctls[i].error, "ioctl",
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
		    filter_ioctls[i].request));
	/* Memory that the watchdog cannot see. */
	if (rc == 0 && !o->counted)
		rc = filter_rule(c, ENOSYS, "memfd_create", 0, NULL);
	if (rc == 0 && !(o->counted && o->own_ipc))
		rc = filter_one(c, ENOSPC, "shmget",
		    SCMP_A1(SCMP_CMP_GT, FILTER_SHM_MAX, 0));
	/* Limits of another process, especially the first one. */
	if (rc == 0)
		rc = filter_one(c, EPERM, "prlimit64",
		    SCMP_A0(SCMP_CMP_GT, 0, 0));
	if (rc == 0)
		rc = filter_core(c);
	if (rc == 0 && o->pinned)
		rc = filter_rule(c, EPERM, "sched_setaffinity", 0, NULL);
	if (rc == 0)
		rc = o->no_sockets ? filter_rule(c, EACCES, "socket", 0, NULL) :
		    filter_sockets(c);
	for (i = 0; i < o->spared_len && rc == 0; i++)
		rc = filter_spare(c, o->spared[i]);
	if (rc == 0 && (o->spared_len > 0 || o->brokered))
		rc = filter_signals(c);
	if (rc == 0 && o->brokered)
		rc = filter_shared(c, o);
	return rc;
}

static bool
filter_is_brokered(const struct broker_row *row, const struct filter_options *o)
{
	if (row->fn == broker_fork)
		return o->counts_forks;
	if (o->no_sockets && strcmp(row->name, "socket") == 0)
		return false;
	return o->brokered && (row->below == 0 || o->landlock < row->below);
}

/* The calls that a broker gets. */
static int
filter_brokered(scmp_filter_ctx c, const struct filter_options *o)
{
	const struct broker_row *row;
	int rc = 0;

	for (row = broker_rows; row->name != NULL && rc == 0; row++)
		if (filter_is_brokered(row, o))
			rc = filter_add(c, SCMP_ACT_NOTIFY, row->name, row->n,
			    row->args);
	/* Once the broker is dead another could take its place. Here, because
	 * the filters before this one must let it be loaded. */
	return rc < 0 ? rc : filter_one(c, EPERM, "seccomp",
	    SCMP_A1(SCMP_CMP_MASKED_EQ, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER));
}

/* Its length in four bytes, then the program. */
static int
filter_export(scmp_filter_ctx c, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	uint32_t n;
	int ends[2], rc;

	/* A filter is far smaller than a pipe. */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(e, "seccomp: pipe");
	rc = seccomp_export_bpf(c, ends[1]);
	close(ends[1]);
	if (rc == 0)
		rc = fs_read_all(ends[0], &b);
	close(ends[0]);
	n = (uint32_t)b.len;
	if (rc == 0 && buf_add(out, &n, sizeof(n)) == 0)
		rc = buf_add(out, b.p, b.len);
	return rc < 0 ? err_set(e, "seccomp: cannot export the filter") : 0;
}

int
filter_build(const struct filter_options *o, struct buf *out, struct err *e)
{
	scmp_filter_ctx calls = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	scmp_filter_ctx arguments = seccomp_init(SCMP_ACT_ALLOW);
	scmp_filter_ctx brokered = seccomp_init(SCMP_ACT_ALLOW);
	bool third = o->brokered || o->counts_forks;
	int rc = -ENOMEM, result = -1;

	if (calls != NULL && arguments != NULL && brokered != NULL)
		rc = filter_calls(calls);
	if (rc == 0)
		rc = filter_arguments(arguments, o);
	if (rc == 0 && third)
		rc = filter_brokered(brokered, o);
	if (rc < 0)
		err_set(e, "seccomp: cannot build the filter: %s",
		    strerror(-rc));
	else if (filter_export(calls, out, e) == 0 &&
	    filter_export(arguments, out, e) == 0 &&
	    (!third || filter_export(brokered, out, e) == 0))
		result = 0;
	if (calls != NULL)
		seccomp_release(calls);
	if (arguments != NULL)
		seccomp_release(arguments);
	if (brokered != NULL)
		seccomp_release(brokered);
	return result;
}

/* A signal must not end a call that the broker may have performed; older
 * kernels can't help it. */
static int
filter_listen(struct sock_fprog *prog)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER |
	    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog);

	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, prog);
	return (int)fd;
}

static int
filter_load_one(void *p, size_t n, int *listener, struct err *e)
{
	struct sock_fprog prog;

	if (n == 0 || n % sizeof(struct sock_filter) != 0 ||
	    n / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return err_set(e, "seccomp: the filter is malformed");
	prog.len = (unsigned short)(n / sizeof(struct sock_filter));
	prog.filter = p;
	if (listener != NULL ? (*listener = filter_listen(&prog)) < 0 :
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		return err_sys(e, "seccomp: cannot load the filter");
	return 0;
}

#define FILTER_LOW	(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)

/*
 * Beside it for a server, which is held between calls: no timer, child or parent
 * that sends SIGCONT when it ends. And no terminal: when its other end is
 * closed, the kernel sends SIGCONT to its session, and that end may be in the
 * queue of a socket that the kernel drops at any time. A terminal that stays
 * locked can't be opened, and none is made its own by way of the other end: two
 * threads at once could do so with two, of which the process then shows one.
 */
static int
filter_load_held(struct err *e)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timer_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0]) + FILTER_LOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CSIGNAL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIGCONT, 11, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0]) + FILTER_LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_PDEATHSIG, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1]) + FILTER_LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIGCONT, 5, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1]) + FILTER_LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSPTLCK, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSCTTY, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};

	return filter_load_one(f, sizeof(f), NULL, e);
}

int
filter_load(const void *p, size_t n, bool held, int *listener, struct err *e)
{
	const char *at = p, *end = at + n;
	uint32_t len;
	void *copy;
	int rc;

	if (n == 0)
		return err_set(e, "seccomp: the filter is malformed");
	if (held && filter_load_held(e) < 0)
		return -1;
	while (at < end) {
		if ((size_t)(end - at) < sizeof(len))
			return err_set(e, "seccomp: the filter is malformed");
		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
		if (len == 0 || len > (size_t)(end - at))
			return err_set(e, "seccomp: the filter is malformed");
		copy = xmalloc(len);	/* aligned */
		memcpy(copy, at, len);
		rc = filter_load_one(copy, len, at + len == end ? listener :
		    NULL, e);
		free(copy);
		if (rc < 0)
			return -1;
		at += len;
	}
	return 0;
}
