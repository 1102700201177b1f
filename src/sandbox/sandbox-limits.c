/* See sandbox-limits.h. */

#include "config.h"

#include "sandbox/sandbox-limits.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "sandbox/sys.h"

#define SANDBOX_NO_NETWORK "no network"

/* Best first, as in the enum. */
const struct sandbox_level_row sandbox_levels[] = {
	[SANDBOX_A] = {
		.name = "A", .overlays = true, .encloses = true, .holds = true,
		.line = "sandbox A · " SANDBOX_NO_NETWORK,
		.model = "no network but hosts that the user allows, by the proxy "
		    "in HTTPS_PROXY; it sees the copy and the system's "
		    "programs, not the user's home",
	},
	[SANDBOX_B] = {
		.name = "B", .encloses = true, .holds = true,
		.line = "sandbox B · project copied · " SANDBOX_NO_NETWORK,
		.model = "no network but hosts that the user allows, by the proxy "
		    "in HTTPS_PROXY; it sees the copy and the system's "
		    "programs, not the user's home",
	},
	[SANDBOX_C] = {
		.name = "C", .brokers = true, .holds = true,
		.line = "sandbox C · no namespaces · project copied · "
		    SANDBOX_NO_NETWORK,
		.sees = "names, sizes and times of files by their path, "
		    "processes and their arguments, network interfaces",
		.lacks = "/tmp by that name (commands use $TMPDIR), UDP, "
		    "System V shared memory and semaphores",
		.model = "no network but hosts that the user allows, by the proxy "
		    "in HTTPS_PROXY (servers on 127.0.0.1 "
		    "work, UDP doesn't); it sees a copy of the "
		    "project in another folder (use relative paths or $PWD) "
		    "and the system's programs, not the user's home; "
		    "temporary files go to $TMPDIR, not to /tmp",
	},
	[SANDBOX_D] = {
		.name = "D",
		.line = "sandbox D · this container · network open",
		.model = "this container, with its network",
	},
	[SANDBOX_NONE] = {
		.name = "none",
		.line = "no sandbox · project copied · network open",
		.model = "none here: the user is asked before each command",
	},
};

/* Do the modes of all folders above the absolute `path` let this user
 * through? */
static bool
sandbox_lets_pass(const char *path, uid_t uid, gid_t gid)
{
	AUTO_FREE char *copy = xstrdup(path);
	char *slash = NULL;
	struct stat st;

	while (slash != copy && (slash = strrchr(copy, '/')) != NULL) {
		slash[slash == copy] = '\0';	/* "/" stays */
		if (stat(copy, &st) < 0 || (st.st_mode & (st.st_uid == uid ?
		    0100 : st.st_gid == gid ? 010 : 01)) == 0)
			return false;
	}
	return true;
}

bool
sandbox_stays_root(enum sandbox_level level, const char *root, const char *copy)
{
	struct stat st;

	return geteuid() == 0 && !sandbox_levels[level].encloses &&
	    copy != NULL && stat(root, &st) == 0 && st.st_uid != 0 &&
	    !sandbox_lets_pass(copy, st.st_uid, st.st_gid);
}

int
sandbox_level_find(const char *name)
{
	const struct sandbox_level_row *row = MEM_FIND(sandbox_levels, name);

	return row == NULL ? -1 : (int)(row - sandbox_levels);
}

#define MIB ((int64_t)1 << 20)

#define LIMIT(m)	offsetof(struct sandbox_limits, m)
#define ENFORCED(m)	offsetof(struct limit_enforcement, m)

/* clang-format off */
const struct sandbox_limit sandbox_limit_table[] = {
	{ "timeout_ms", "timeout", NULL, NULL, 0, LIMIT(timeout_ms),
	  600 * 1000, false },
	/* At least this; half of the memory if that is more (see below). */
	{ "memory_bytes", "memory", "memory", "memory", ENFORCED(memory),
	  LIMIT(memory_bytes), 512 * MIB, false },
	{ "cpu_percent", "cpu", "cpu", "cpu", ENFORCED(cpu), LIMIT(cpu),
	  0, true },
	{ "pids", "pids", "pids", "processes", ENFORCED(pids), LIMIT(pids),
	  512, false },
	{ "disk_bytes", "disk", "disk", "disk", ENFORCED(disk), LIMIT(disk_bytes),
	  4096 * MIB, false },
	{ "disk_inodes", NULL, NULL, NULL, 0, LIMIT(disk_inodes),
	  400000, false },
	{ "output_bytes", NULL, NULL, NULL, 0, LIMIT(output_bytes),
	  64 * MIB, false },
};
/* clang-format on */
const size_t sandbox_limit_table_len = MEM_COUNT(sandbox_limit_table);

#define EACH_LIMIT(t)	for (t = sandbox_limit_table; \
    t < sandbox_limit_table + MEM_COUNT(sandbox_limit_table); t++)

void
sandbox_limits_usual(struct sandbox_limits *l, int64_t most)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	const struct sandbox_limit *t;

	EACH_LIMIT(t)
		sandbox_limit_set(l, t, t->usual);
	if (pages > 0 && size > 0 && pages * size < most)
		most = pages * size;
	if (most < INT64_MAX && most / 2 > l->memory_bytes)
		l->memory_bytes = most / 2 / MIB * MIB;
}

void
sandbox_limits_json(const struct sandbox_limits *l, cJSON *to)
{
	const struct sandbox_limit *t;

	EACH_LIMIT(t)
		json_add_int(to, t->name, sandbox_limit_get(l, t));
}

void
sandbox_limits_decode(const cJSON *o, struct sandbox_limits *l)
{
	const struct sandbox_limit *t;

	EACH_LIMIT(t)
		sandbox_limit_set(l, t, json_int(o, t->name,
		    sandbox_limit_get(l, t)));
}

void
sandbox_limits_memory(struct buf *b, const struct sandbox_limits *l)
{
	if (l->memory_bytes >= (int64_t)10 << 30)
		buf_addf(b, "%lldG memory", (long long)(l->memory_bytes >> 30));
	else
		buf_addf(b, "%lldM memory", (long long)(l->memory_bytes >> 20));
}

/* ---- how limits are enforced ---- */

static const char *const limits_enforced[] = {
	[ENFORCED_OFF] = "off",
	[ENFORCED_SAMPLED] = "sampled",
	[ENFORCED_NUMBERS] = "pid_max",
	[ENFORCED_COUNTED] = "counted",
	[ENFORCED_KERNEL] = "kernel",
};

static enum limit_enforced
limits_enforced_of(const struct limit_enforcement *k,
    const struct sandbox_limit *t)
{
	return *(const enum limit_enforced *)(const void *)
	    ((const char *)k + t->enforced);
}

bool
sandbox_limits_enforced_weaker(const struct limit_enforcement *a,
    const struct limit_enforcement *b)
{
	const struct sandbox_limit *t;

	EACH_LIMIT(t)
		if (t->enforced_name != NULL &&
		    limits_enforced_of(a, t) < limits_enforced_of(b, t))
			return true;
	return false;
}

int64_t
sandbox_limits_host(int what, int64_t limit)
{
	struct rlimit host;

	if (getrlimit((unsigned)what, &host) < 0 ||
	    host.rlim_max >= (rlim_t)limit)
		return limit;
	return (int64_t)host.rlim_max;
}

static bool
limits_try_to_count(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &all };
	int status;
	pid_t pid;

	/* An older one can't let a call through. */
	if (!sys_linux(5, 5))
		return false;
	/* Only somebody else's filter can be in the way, with a listener of its
	 * own. */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0)
		return true;
	if ((pid = fork()) < 0)
		return false;
	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) >= 0 ? 0 : 1);
	status = spawn_reap(pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool
sandbox_limits_can_count(void)
{
	static enum { UNKNOWN, YES, NO } known;

	/* A worker is asked for each call. */
	if (known == UNKNOWN)
		known = limits_try_to_count() ? YES : NO;
	return known == YES;
}

bool
sandbox_limits_lacks_pids(void)
{
	AUTO_BUF struct buf b = BUF_INIT(0);
	unsigned inside, outside;

	if (geteuid() != 0)
		return false;
	return fs_read_file(AT_FDCWD, "/proc/self/uid_map", &b, NULL) < 0 ||
	    sscanf(buf_str(&b), "%u %u", &inside, &outside) != 2 ||
	    inside != 0 || outside == 0;
}

int64_t
sandbox_limits_pids(const struct sandbox_limits *l,
    const struct limit_enforcement *k)
{
	if (k->pids == ENFORCED_NUMBERS && l->pids < SANDBOX_PID_MAX - 1)
		return SANDBOX_PID_MAX - 1;
	return l->pids;
}

char *
sandbox_limits_enforced_text(const struct limit_enforcement *k)
{
	static const char *const words[] = {
		[ENFORCED_OFF] = "not held",
		[ENFORCED_SAMPLED] = "checked at intervals",
		[ENFORCED_NUMBERS] = "held by pid_max",
		[ENFORCED_COUNTED] = "counted one by one",
		[ENFORCED_KERNEL] = "held by the kernel",
	};
	struct buf b = BUF_INIT(256);
	const struct sandbox_limit *t;
	int h;

	for (h = ENFORCED_KERNEL; h >= ENFORCED_OFF; h--) {
		size_t before = b.len;

		EACH_LIMIT(t)
			if (t->enforced_name != NULL &&
			    (int)limits_enforced_of(k, t) == h)
				buf_addf(&b, "%s%s", b.len > before ? ", " :
				    before > 0 ? "; " : "", t->word);
		if (b.len > before)
			buf_addf(&b, " %s", words[h]);
	}
	return buf_take(&b);
}

int
sandbox_limits_check_cpu(const struct sandbox_limits *l,
    const struct limit_enforcement *k, const char *why, struct err *e)
{
	if (l->cpu == 0 || k->cpu == ENFORCED_KERNEL)
		return 0;
	return err_set(e, "cpu: this host can't hold a command to %lld%% of a "
	    "core: %s; use --cpu all, or a container with a limit of its own",
	    (long long)l->cpu, why != NULL ? why :
	    "its cgroup v2 has no cpu controller");
}

cJSON *
sandbox_limits_enforced_json(const struct limit_enforcement *k)
{
	const struct sandbox_limit *t;
	cJSON *o = cJSON_CreateObject();

	EACH_LIMIT(t)
		if (t->enforced_name != NULL)
			json_add_str(o, t->enforced_name,
			    limits_enforced[limits_enforced_of(k, t)]);
	return o;
}

void
sandbox_limits_enforced_decode(const cJSON *o, struct limit_enforcement *k)
{
	const struct sandbox_limit *t;
	enum limit_enforced h;
	const char *s;

	EACH_LIMIT(t) {
		if (t->enforced_name == NULL)
			continue;
		s = json_str_or(o, t->enforced_name, "");
		for (h = ENFORCED_KERNEL; h > ENFORCED_OFF &&
		    strcmp(s, limits_enforced[h]) != 0; h--)
			;
		*(enum limit_enforced *)(void *)((char *)k + t->enforced) = h;
	}
}
