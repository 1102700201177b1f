/*
 * A table of failing steps, their errors, and the host's settings. The first
 * matching row applies; rows that are less sure come after those that are
 * certain.
 */
#include "config.h"

#include "sandbox/host-advice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/quote.h"

#define HOST_ADVICE_FILE_MAX (1u << 20)

/* Made by make from contrib/apparmor/assent-worker.in. */
static const char host_advice_template[] =
#include "sandbox/apparmor-profile.h"
;

/* ---- the host's settings ---- */

/* malloc'ed text of a small file, or NULL. */
static char *
host_advice_read(const struct host_advice_ask *a, const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(HOST_ADVICE_FILE_MAX);
	AUTO_FREE char *full = xasprintf("%s%s", a->top, path);

	return fs_read_file(AT_FDCWD, full, &b, NULL) == 0 ? buf_take(&b) : NULL;
}

static bool
host_advice_exists(const struct host_advice_ask *a, const char *path)
{
	AUTO_FREE char *full = xasprintf("%s%s", a->top, path);

	return access(full, F_OK) == 0;
}

static bool
host_advice_sysctl(const struct host_advice_ask *a, const char *path, char want)
{
	AUTO_FREE char *text = host_advice_read(a, path);

	return text != NULL && text[0] == want &&
	    (text[1] == '\n' || text[1] == '\0');
}

static bool
host_advice_is_filtered(const struct host_advice_ask *a)
{
	AUTO_FREE char *text = host_advice_read(a, "/proc/self/status");

	return text != NULL && strstr(text, "\nSeccomp:\t2") != NULL;
}

static bool
host_advice_is_older(const struct host_advice_ask *a, int major, int minor)
{
	char *end;
	long is = strtol(a->release, &end, 10), sub = 0;

	if (*end == '.')
		sub = strtol(end + 1, NULL, 10);
	return is < major || (is == major && sub < minor);
}

/* ---- AppArmor ---- */

/* Between double quotes in a profile. */
static void
host_advice_add_path(struct buf *b, const char *path)
{
	for (; *path != '\0'; path++) {
		if (strchr("\"\\*?[]{}^@", *path) != NULL)
			buf_addc(b, '\\');
		buf_addc(b, *path);
	}
}

/* The AppArmor profile for this worker without comments, as lines; malloc'ed.
 * contrib/apparmor/assent-worker is made from the same text. */
static char *
host_advice_profile(const char *worker)
{
	static const char hole[] = "@worker@";
	struct buf b = BUF_INIT(0);
	const char *p = host_advice_template;

	while (*p != '\0') {
		size_t n = strcspn(p, "\n");
		const char *at = memmem(p, n, hole, sizeof(hole) - 1);

		if (*p == '#')
			;
		else if (at == NULL)
			buf_add(&b, p, n + 1);
		else {
			buf_add(&b, p, (size_t)(at - p));
			host_advice_add_path(&b, worker);
			at += sizeof(hole) - 1;
			buf_add(&b, at, n + 1 - (size_t)(at - p));
		}
		p += n + 1;
	}
	return buf_take(&b);
}

/* One command: the profile's lines go through the shell's quotes. */
static char *
host_advice_apparmor(const struct host_advice_ask *a)
{
	char *profile = host_advice_profile(a->worker), *line, *save = NULL;
	struct buf b = BUF_INIT(0);

	buf_adds(&b, "AppArmor restricts user namespaces; this allows them to "
	    "assent's worker alone: printf '%s\\n'");
	for (line = strtok_r(profile, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		while (*line == ' ')
			line++;
		buf_addc(&b, ' ');
		shell_quote(&b, line);
	}
	buf_adds(&b, " | sudo tee /etc/apparmor.d/assent-worker && sudo "
	    "apparmor_parser -r /etc/apparmor.d/assent-worker");
	free(profile);
	return buf_take(&b);
}

/* ---- containers ---- */

static char *
host_advice_container(const struct host_advice_ask *a)
{
	const char *how;

	if (getenv("KUBERNETES_SERVICE_HOST") != NULL)
		how = "for level A set hostUsers: false, procMount: Unmasked "
		    "and seccompProfile: {type: Unconfined} in the pod";
	else if (host_advice_exists(a, "/run/.containerenv"))
		how = "podman run --security-opt seccomp=unconfined "
		    "--security-opt unmask=ALL gives level A";
	else if (host_advice_exists(a, "/.dockerenv"))
		how = "docker run --security-opt seccomp=unconfined "
		    "--security-opt apparmor=unconfined --security-opt "
		    "systempaths=unconfined gives level A";
	else
		how = "inside a container, allow it user namespaces and "
		    "mounts for level A; in a chroot there are none";
	return xasprintf("%s; or use --sandbox container if the container "
	    "itself is the sandbox", how);
}

/* ---- the kernel's settings ---- */

static char *
host_advice_kernel(const struct host_advice_ask *a)
{
	if (host_advice_is_older(a, 5, 12))
		return xasprintf("a sandbox needs Linux 5.12 or newer, this is "
		    "%s", a->release);
	if (host_advice_is_filtered(a))
		return xstrdup("a seccomp filter denies this system call: use "
		    "a newer container engine, or --security-opt "
		    "seccomp=unconfined");
	return NULL;
}

static char *
host_advice_namespaces(const struct host_advice_ask *a)
{
	if (a->sys == ENOSPC)
		return xstrdup("a limit of namespaces is reached: sudo sysctl "
		    "user.max_user_namespaces=10000 allows more, or another of "
		    "user.max_*_namespaces");
	if (a->sys != EPERM && a->sys != EACCES)
		return NULL;
	if (host_advice_sysctl(a, "/proc/sys/kernel/unprivileged_userns_clone",
	    '0'))
		return xstrdup("sudo sysctl kernel.unprivileged_userns_clone=1 "
		    "allows them");
	return host_advice_container(a);
}

static char *
host_advice_overlay(const struct host_advice_ask *a)
{
	if (strstr(a->step, "mounted below") != NULL)
		return xstrdup("an overlay would hide it, so the project is "
		    "copied; unmount it to avoid the copy");
	if (a->sys == EOVERFLOW)
		return xstrdup("such files could not be changed in an overlay, "
		    "so the project is copied; chgrp to your own group to "
		    "avoid the copy");
	if (a->sys == ENODEV)
		return xstrdup("the kernel has no overlay file system: sudo "
		    "modprobe overlay");
	if (a->sys == EPERM && host_advice_is_older(a, 5, 12))
		return host_advice_kernel(a);
	if (a->sys == EPERM || a->sys == EACCES)
		return host_advice_container(a);
	return xstrdup("the state folder cannot hold an overlay's upper layer: "
	    "set XDG_STATE_HOME to a folder on ext4, xfs, btrfs or tmpfs, in a "
	    "container to a volume or /dev/shm");
}

/* ---- level C ---- */

static char *
host_advice_landlock(const struct host_advice_ask *a)
{
	if (host_advice_is_older(a, 5, 13))
		return xasprintf("level C needs Linux 5.13 or newer, this is "
		    "%s", a->release);
	return xstrdup("level C needs Landlock: a kernel with "
	    "CONFIG_SECURITY_LANDLOCK, \"landlock\" in its option lsm= (see "
	    "/sys/kernel/security/lsm); in a container also a newer container "
	    "engine, whose seccomp profile allows it");
}

/* The broker answers for the command, whose memory it has to read. */
static char *
host_advice_broker(const struct host_advice_ask *a)
{
	if (host_advice_sysctl(a, "/proc/sys/kernel/yama/ptrace_scope", '2') ||
	    host_advice_sysctl(a, "/proc/sys/kernel/yama/ptrace_scope", '3'))
		return xstrdup("ptrace is disabled (Yama); for level C: sudo "
		    "sysctl kernel.yama.ptrace_scope=1, or if that is refused, "
		    "in /etc/sysctl.d and reboot");
	return xstrdup("level C needs seccomp's user notification, and the "
	    "environment must let assent use it");
}

static char *
host_advice_seccomp(const struct host_advice_ask *a)
{
	if (a->sys == EBUSY)
		return xstrdup("another program already answers this "
		    "container's system calls, as LXD, Incus and Sysbox do: "
		    "turn off system call interception for level C");
	return xstrdup("the kernel needs CONFIG_SECCOMP_FILTER, and the "
	    "environment must let assent call seccomp");
}

static char *
host_advice_worker(const struct host_advice_ask *a)
{
	if (a->sys == EACCES || a->sys == EPERM)
		return xasprintf("%s must be on a file system that is not "
		    "mounted noexec", a->worker);
	return NULL;
}

static char *
host_advice_forged(const struct host_advice_ask *a)
{
	return xasprintf("newer kernels prevent forging them; this is %s",
	    a->release);
}

/* ---- the table ---- */

char *
host_advice_for(const struct host_advice_ask *a)
{
	static const char seen[] = "commands would see the state folder: set "
	    "XDG_STATE_HOME to a folder in your home, not below /usr, /opt or "
	    "other folders that commands can read";
	static const struct {
		const char	*step;
		char		*(*say)(const struct host_advice_ask *);
		const char	*text;	/* if there is nothing to find out */
	} rows[] = {
		{ "namespaces:", host_advice_namespaces, NULL },
		{ "overlay:", host_advice_overlay, NULL },
		{ "owner:", NULL, "root lacks CAP_SETUID or CAP_SETGID here: "
		    "run assent as the project's owner" },
		{ "proc:", NULL, "the container hides parts of /proc: "
		    "--security-opt systempaths=unconfined (docker) or "
		    "unmask=ALL (podman) shows them, for level A" },
		{ "seccomp:", host_advice_seccomp, NULL },
		{ "landlock:", host_advice_landlock, NULL },
		{ "broker:", host_advice_broker, NULL },
		{ "no_new_privs:", host_advice_seccomp, NULL },
		{ "self-test: broker ", host_advice_broker, NULL },
		{ "self-test: exec ", NULL, "the state folder is mounted "
		    "noexec, and so no program in the copy could run: set "
		    "XDG_STATE_HOME to a folder on a file system without "
		    "noexec" },
		{ "self-test: overlay marks ", host_advice_forged, NULL },
		{ "self-test: home ", NULL, seen },
		{ "self-test: socket ", NULL, seen },
		{ "self-test: abstract_socket ", NULL, seen },
		{ "state folder:", NULL, "set XDG_STATE_HOME to a folder that "
		    "you can write in" },
		{ "worker:", host_advice_worker, NULL },
		{ "copy:", host_advice_container, NULL },
		{ "git:", host_advice_container, NULL },
		{ "host name:", host_advice_container, NULL },
		{ "mounts:", host_advice_container, NULL },
		{ "network:", host_advice_container, NULL },
		{ "root:", host_advice_container, NULL },
		{ "user namespace:", host_advice_container, NULL },
		{ "dev", host_advice_container, NULL },
	};
	bool refused = a->sys == EPERM || a->sys == EACCES;
	bool ours;
	size_t i;

	for (i = 0; i < MEM_COUNT(rows); i++)
		if (strncmp(a->step, rows[i].step, strlen(rows[i].step)) == 0)
			break;
	if (i == MEM_COUNT(rows))
		return a->sys == ENOSYS ? host_advice_kernel(a) : NULL;
	/* AppArmor strips the capabilities of a new user namespace unless a
	 * profile allows them to the program. */
	ours = rows[i].say == host_advice_namespaces ||
	    rows[i].say == host_advice_container;
	if (refused && ours && host_advice_sysctl(a,
	    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return host_advice_apparmor(a);
	if (a->sys == ENOSYS)
		return host_advice_kernel(a);
	if (rows[i].say == host_advice_container && !refused)
		return NULL;
	return rows[i].say == NULL ? xstrdup(rows[i].text) : rows[i].say(a);
}
