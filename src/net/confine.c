/*
 * The proxy keeps the right to connect, and to read the files of the resolver.
 * Landlock by number, as in sandbox/landlock.c: the kernel's header may be
 * older.
 */
#include "config.h"

#include "net/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/fs.h"
#include "base/harden.h"
#include "base/mem.h"

/* Two for each connection, and those that are tried for it. */
#define CONFINE_FDS 4096

#define CONFINE_NR_CREATE	444
#define CONFINE_NR_ADD		445
#define CONFINE_NR_RESTRICT	446
#define CONFINE_GIVE_VERSION	1u
#define CONFINE_BENEATH		1

#define CONFINE_READ_FILE	((uint64_t)1 << 2)
#define CONFINE_READ_DIR	((uint64_t)1 << 3)
#define CONFINE_BIND_TCP	((uint64_t)1 << 0)
/* Abstract sockets, signals. */
#define CONFINE_SCOPES		((uint64_t)3)

/* All rights of files that a version knows. */
static const uint64_t confine_rights[] = {
	0,
	((uint64_t)1 << 13) - 1,
	((uint64_t)1 << 14) - 1,	/* refer */
	((uint64_t)1 << 15) - 1,	/* truncate */
	((uint64_t)1 << 15) - 1,
	((uint64_t)1 << 16) - 1,	/* ioctl */
};

struct confine_ruleset {
	uint64_t	 fs, net, scoped;
};

struct confine_beneath {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((packed));

/* Files that the C library's resolvers read. */
static const char *const confine_reads[] = {
	"/etc", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib",
	"/nix/store", "/gnu/store", "/run/NetworkManager", "/run/connman",
	"/run/nscd", "/run/resolvconf", "/run/systemd/resolve",
	"/var/run/nscd", "/dev/null", "/dev/urandom",
#ifdef __SANITIZE_ADDRESS__
	"/proc",		/* for what it reports at the end */
#endif
};

static void
confine_allow(int rules, const char *path)
{
	struct confine_beneath b = {
		.allowed = CONFINE_READ_FILE | CONFINE_READ_DIR,
	};
	struct stat st;

	if ((b.fd = open(path, O_PATH | O_CLOEXEC)) < 0)
		return;
	if (fstat(b.fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			b.allowed = CONFINE_READ_FILE;
		(void)syscall(CONFINE_NR_ADD, rules, CONFINE_BENEATH, &b, 0);
	}
	close(b.fd);
}

/* The folder that the file is really in: it is replaced there when the network
 * changes. */
static void
confine_allow_resolver(int rules)
{
	AUTO_FREE char *real = fs_realpath("/etc/resolv.conf");
	char *slash = real == NULL ? NULL : strrchr(real, '/');

	if (slash != NULL && slash != real)
		*slash = '\0';
	if (real != NULL)
		confine_allow(rules, real);
}

static void
confine_files(void)
{
	long version = syscall(CONFINE_NR_CREATE, NULL, 0,
	    CONFINE_GIVE_VERSION);
	size_t known = MEM_COUNT(confine_rights) - 1, i;
	struct confine_ruleset set = { 0 };
	int rules;

	if (version < 1)
		return;
	set.fs = confine_rights[(size_t)version < known ? (size_t)version :
	    known];
	set.net = CONFINE_BIND_TCP;
	set.scoped = CONFINE_SCOPES;
	rules = (int)syscall(CONFINE_NR_CREATE, &set, version >= 6 ?
	    sizeof(set) : version >= 4 ? 2 * sizeof(set.fs) : sizeof(set.fs),
	    0);
	if (rules < 0)
		return;
	for (i = 0; i < MEM_COUNT(confine_reads); i++)
		confine_allow(rules, confine_reads[i]);
	confine_allow_resolver(rules);
	(void)syscall(CONFINE_NR_RESTRICT, rules, 0);
	close(rules);
}

/* Refuse Unix sockets, which Landlock doesn't cover in each version: some of
 * the user's services there start programs. Resolvers that have such a socket
 * are asked by DNS instead. */
static void
confine_calls(void)
{
	static const struct {
		int	 call, error;
	} rows[] = {
		{ SCMP_SYS(execve), EACCES },
		{ SCMP_SYS(execveat), EACCES },
		{ SCMP_SYS(io_uring_setup), EPERM },	/* has sockets, too */
		{ SCMP_SYS(kill), EPERM },
		{ SCMP_SYS(pidfd_getfd), EPERM },
		{ SCMP_SYS(pidfd_send_signal), EPERM },
		{ SCMP_SYS(process_vm_readv), EPERM },
		{ SCMP_SYS(process_vm_writev), EPERM },
#ifndef __SANITIZE_ADDRESS__
		{ SCMP_SYS(ptrace), EPERM },
#endif
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;

	if (filter == NULL)
		return;
	for (i = 0; i < MEM_COUNT(rows); i++)
		(void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(
		    (unsigned)rows[i].error), rows[i].call, 0);
	(void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket),
	    1, SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX, 0));
	(void)seccomp_load(filter);
	seccomp_release(filter);
}

/* How many descriptors it may have. */
static int
confine_fds(void)
{
	struct rlimit fds;

	if (getrlimit(RLIMIT_NOFILE, &fds) < 0)
		return 0;
	if (fds.rlim_max > CONFINE_FDS)
		fds.rlim_max = CONFINE_FDS;
	fds.rlim_cur = fds.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &fds);
	return (int)fds.rlim_cur;
}

int
net_confine(void)
{
	int fds;

	harden_process(3);
	fds = confine_fds();
	(void)harden_rights();
	confine_files();
	confine_calls();
	return fds;
}
