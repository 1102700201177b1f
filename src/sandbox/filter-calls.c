/*
 * What docker's default profile allows without any capability, less what no
 * build needs.  Left out of it, and why:
 *
 * fallocate          takes a disk faster than anybody can look; libc writes
 * clone3             its flags are out of a filter's sight
 * memfd_secret       memory that cannot be swapped
 * name_to_handle_at  half of a way around a folder's rights
 * fanotify_mark      of no use without fanotify_init, which needs rights
 * statmount, listmount  the host's paths; /proc/self/mounts is what libc reads
 * cachestat          which pages are in memory tells of other programs
 * modify_ldt         16-bit segments, often attacked, for Wine of old
 * io_setup           takes from a number that the whole machine shares
 * remap_file_pages   slow emulation of what nothing has used since 2015
 * process_mrelease   memory of processes that are being killed
 * ipc, socketcall    many calls behind one number, arguments out of sight
 * epoll_ctl_old, epoll_wait_old  never implemented
 *
 * ptrace and process_vm_* stay: sanitizers, gdb and strace need them, and they
 * cannot leave the pid namespace.
 */
#include "config.h"

#include "sandbox/filter-calls.h"

#include <errno.h>
#include <stddef.h>

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
