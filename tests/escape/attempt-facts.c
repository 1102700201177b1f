/*
 * Facts about the host that a program can find by looking.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

#define PROXY	"http://127.0.0.1:"
#define SECRET	"http://assent:"	/* level C */

/* Of what the sandbox sets, by the beginning of the name. */
ATTEMPT(env, v)
{
	static const char *const ours[] = {
		"ASSENT_SANDBOX=", "GIT_CEILING_DIRECTORIES=", "GIT_CONFIG_",
		"GIT_OPTIONAL_LOCKS=", "GIT_PAGER=", "GIT_TERMINAL_PROMPT=",
		"HOME=", "LANG=", "NO_COLOR=", "OLDPWD=", "PAGER=", "PATH=",
		"PWD=", "SHELL=", "SHLVL=", "TERM=", "TMPDIR=", "_=",
		/* the sandbox's caches and tools */
		"CARGO_", "GOCACHE=", "GOFLAGS=", "GOMODCACHE=", "GOPATH=",
		"GOPROXY=", "GOTOOLCHAIN=", "NPM_CONFIG_", "PIP_",
		"PYTHON", "RUSTUP_", "UV_", "XDG_", "npm_config_",
		"MAKEFLAGS=", "CCACHE_", "JAVA_TOOL_OPTIONS=", "TMUX_TMPDIR=",
		/* the way to the proxy, not the user's */
		"HTTP_PROXY=" PROXY, "HTTPS_PROXY=" PROXY, "ALL_PROXY=" PROXY,
		"http_proxy=" PROXY, "https_proxy=" PROXY, "all_proxy=" PROXY,
		"HTTP_PROXY=" SECRET, "HTTPS_PROXY=" SECRET,
		"ALL_PROXY=" SECRET, "http_proxy=" SECRET,
		"https_proxy=" SECRET, "all_proxy=" SECRET,
		"NO_PROXY=localhost,", "no_proxy=localhost,",
		"NODE_USE_ENV_PROXY=1", "NO_UPDATE_NOTIFIER=1",
	};
	char **e;
	size_t i;

	(void)v;
	for (e = environ; *e != NULL; e++) {
		for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (strncmp(*e, ours[i], strlen(ours[i])) == 0)
				break;
		if (i == sizeof(ours) / sizeof(ours[0]))
			return ATTEMPT_LEAK;
	}
	return ATTEMPT_CLEAN;
}

/* FILE:TEXT */
ATTEMPT(tells, value)
{
	static char content[1 << 16];
	const char *text = strrchr(value, ':');
	size_t n = 0;
	ssize_t got;
	char *path;
	int fd;

	if (text == NULL || (path = strndup(value, (size_t)(text - value))) ==
	    NULL)
		return EINVAL;
	fd = open(path, O_RDONLY);
	free(path);
	if (fd < 0)
		return errno;
	while (n < sizeof(content) &&
	    (got = read(fd, content + n, sizeof(content) - n)) > 0)
		n += (size_t)got;
	close(fd);
	return memmem(content, n, text + 1, strlen(text + 1)) != NULL ?
	    ATTEMPT_LEAK : ATTEMPT_CLEAN;
}

ATTEMPT(devices, v)
{
	static const char *const ours[] = {
		".", "..", "fd", "full", "null", "ptmx", "pts", "random",
		"shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero",
	};
	DIR *d = opendir("/dev");
	struct dirent *de;
	bool leak = false;
	size_t i;

	(void)v;
	while (d != NULL && (de = readdir(d)) != NULL) {
		for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (strcmp(de->d_name, ours[i]) == 0)
				break;
		leak = leak || i == sizeof(ours) / sizeof(ours[0]);
	}
	if (d != NULL)
		closedir(d);
	return leak ? ATTEMPT_LEAK : ATTEMPT_CLEAN;
}

ATTEMPT(hostname, v)
{
	struct utsname u;

	(void)v;
	return uname(&u) == 0 && strcmp(u.nodename, "sandbox") == 0 ?
	    ATTEMPT_CLEAN : ATTEMPT_LEAK;
}

/* Interfaces but the loopback: two lines of head, one for each. */
ATTEMPT(interfaces, v)
{
	FILE *f = fopen("/proc/net/dev", "r");
	char line[512];
	int n = 0;

	(void)v;
	if (f == NULL)
		return errno;
	while (fgets(line, sizeof(line), f) != NULL)
		n++;
	fclose(f);
	return n <= 3 ? ATTEMPT_CLEAN : ATTEMPT_LEAK;
}
