/*
 * attempt: tries to get out.  Runs as a command inside the sandbox and prints
 * one
 * line for each argument: what was asked, and what the kernel answered ("OK" if
 * it let it happen). An argument is the number of a case (cases.c), or an
 * attempt by its name, NAME or NAME=VALUE; "all" are the cases that need no
 * limit of their own.  With -t the lines are for test-escape; without, they
 * also say what is expected on this level.
 *
 * A file "baits" in the current folder says where things are: a letter of
 * cases.h, a blank, and the value; one a line.
 */
#include "config.h"

#include "tests/escape/attempt.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/cases.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ATTEMPT_SECONDS 20	/* the longest that one case may take */

static char *baits[128];
static bool terse;

static struct attempt *attempts;

void
attempt_add(struct attempt *a)
{
	a->next = attempts;
	attempts = a;
}

int
attempt_sys(long rc)
{
	return rc < 0 ? errno : 0;
}

static const char *
attempt_word(int answer)
{
	static const struct {
		int		 answer;
		const char	*name;
	} names[] = {
		{ 0, "OK" }, { ATTEMPT_LEAK, "LEAK" },
		{ ATTEMPT_CLEAN, "CLEAN" }, { ATTEMPT_SANDBOXED, "SANDBOXED" },
		{ ATTEMPT_NONE, "NONE" }, { EPERM, "EPERM" },
		{ ENOENT, "ENOENT" }, { ESRCH, "ESRCH" }, { EIO, "EIO" },
		{ EBADF, "EBADF" }, { EACCES, "EACCES" }, { EBUSY, "EBUSY" },
		{ EXDEV, "EXDEV" }, { EINVAL, "EINVAL" }, { EROFS, "EROFS" },
		{ ENXIO, "ENXIO" }, { ENOSYS, "ENOSYS" }, { EFBIG, "EFBIG" },
		{ ENOSPC, "ENOSPC" }, { ENODATA, "ENODATA" },
		{ ELOOP, "ELOOP" }, { ENOMEM, "ENOMEM" }, { ENOTTY, "ENOTTY" },
		{ ENOTDIR, "ENOTDIR" }, { EEXIST, "EEXIST" },
		{ ENOPROTOOPT, "ENOPROTOOPT" },
		{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ ENETUNREACH, "ENETUNREACH" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { EAGAIN, "EAGAIN" },
		{ EMFILE, "EMFILE" }, { EOVERFLOW, "EOVERFLOW" },
	};
	static char number[32];
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (names[i].answer == answer)
			return names[i].name;
	snprintf(number, sizeof(number), "errno-%d", answer);
	return number;
}

static const struct attempt *
attempt_find(const char *text, size_t n)
{
	const struct attempt *a = attempts;

	while (a != NULL && (strlen(a->name) != n ||
	    strncmp(a->name, text, n) != 0))
		a = a->next;
	return a;
}

static int
attempt_run(const char *text)
{
	size_t n = strcspn(text, "=");
	const struct attempt *a = attempt_find(text, n);

	if (a == NULL) {
		fprintf(stderr, "attempt: no such one: %s\n", text);
		exit(2);
	}
	return a->fn(text[n] == '=' ? text + n + 1 : "");
}

static void
bait_set(char letter, const char *value)
{
	if (letter > 0 && baits[(int)letter] == NULL)
		baits[(int)letter] = strdup(value);
}

static int
attempt_level(void)
{
	static const char *const names[] = { "A", "B", "C", "D", "none" };
	const char *level = getenv("ASSENT_SANDBOX");
	int i;

	for (i = 0; i < ESCAPE_LEVELS && level != NULL; i++)
		if (strcmp(names[i], level) == 0)
			return i;
	return ESCAPE_LEVELS - 1;
}

/* By hand: this home, this project, and what is usual elsewhere. */
static void
baits_read(void)
{
	FILE *f = fopen("baits", "r");
	const char *home = getenv("HOME");
	struct passwd *pw = getpwuid(getuid());
	char line[4400], cwd[4096];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[1] == ' ')
			bait_set(line[0], line + 2);
	}
	if (f != NULL)
		fclose(f);
	/* Inside, the home has its own path; elsewhere it is another folder. */
	bait_set('h', attempt_level() >= 2 && pw != NULL ? pw->pw_dir :
	    home == NULL ? "/root" : home);
	bait_set('p', getcwd(cwd, sizeof(cwd)) == NULL ? "." : cwd);
	snprintf(line, sizeof(line), "%s/.local/state/assent", baits['h']);
	bait_set('s', line);
	bait_set('n', "22");
	bait_set('u', "53");
	bait_set('a', "/tmp/.X11-unix/X0");
	bait_set('q', "/assent");
	bait_set('m', "9999999");
	bait_set('y', "1634934131");
	bait_set('k', "attempt");
	/* With a namespace of processes: a pid that can't be seen. */
	snprintf(line, sizeof(line), "%ld", attempt_level() < 2 ? 4000000l :
	    (long)getppid());
	bait_set('i', line);
	bait_set('v', line);
}

static char *
attempt_expand(const char *how)
{
	size_t max = 16384, n = 0;
	char *out = malloc(max);

	for (; *how != '\0' && n < max - 1 && out != NULL; how++) {
		int rc;

		if (*how != '%') {
			out[n++] = *how;
			continue;
		}
		how++;
		rc = snprintf(out + n, max - n, "%s",
		    *how > 0 && baits[(int)*how] != NULL ?
		    baits[(int)*how] : "");
		n += rc < 0 || (size_t)rc >= max - n ? 0 : (size_t)rc;
	}
	if (out == NULL)
		exit(2);
	out[n] = '\0';
	return out;
}

/* In a process of its own: what it leaves is not the next one's. */
static const char *
attempt_fork(const char *how)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(ATTEMPT_SECONDS);
		_exit(attempt_run(how));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return attempt_word(errno);
	if (WIFEXITED(status))
		return attempt_word(WEXITSTATUS(status));
	return WTERMSIG(status) == SIGSYS ? "SIGSYS" :
	    WTERMSIG(status) == SIGXFSZ ? "SIGXFSZ" :
	    WTERMSIG(status) == SIGALRM ? "SIGALRM" : "signal";
}

static void
attempt_case(const struct escape_case *c)
{
	const char *says = escape_says(c, attempt_level(), geteuid() == 0);
	const char *answer;
	char *how;
	bool open;

	if (c->kind == ESCAPE_TEST || *says == '\0') {
		if (!terse)
			printf("%-5s %s: %s%s\n", c->id, c->title,
			    c->kind == ESCAPE_TEST ? "see " :
			    "not on this level", c->kind == ESCAPE_TEST ?
			    c->how : "");
		return;
	}
	how = attempt_expand(c->how);
	if (c->kind == ESCAPE_CALL) {
		if (!terse)
			printf("%-5s %s, expected: %s\n", c->id, c->title,
			    says);
		fflush(stdout);
		execl("/bin/bash", "bash", "-c", how, (char *)NULL);
		execl("/bin/sh", "sh", "-c", how, (char *)NULL);
		exit(127);
	}
	answer = attempt_fork(how);
	if (terse)
		printf("%s %s\n", c->id, answer);
	else if ((c->flags & ESCAPE_SAMPLED) != 0 && strcmp(answer, "OK") == 0)
		printf("%-5s %s: OK, counted if the limit is the kernel's\n",
		    c->id, c->title);
	else if (!escape_is_right(says, answer, &open))
		printf("%-5s %s: %s, the table says %s%s\n", c->id, c->title,
		    answer, says, strcmp(answer, "ENOENT") == 0 ?
		    " (it is not here)" : "");
	else
		printf("%-5s %s: %s, %s\n", c->id, c->title, answer,
		    open ? "OPEN" : "held");
	free(how);
}

int
main(int argc, char **argv)
{
	int i = 1;

	terse = argc > 1 && strcmp(argv[1], "-t") == 0;
	baits_read();
	for (i += terse; i < argc; i++) {
		const struct escape_case *c = escape_find(argv[i]);
		int answer;

		if (strcmp(argv[i], "all") == 0) {
			size_t k;

			for (k = 0; k < escape_cases_len; k++)
				if (escape_cases[k].kind == ESCAPE_TRY)
					attempt_case(&escape_cases[k]);
			continue;
		}
		if (c != NULL)
			attempt_case(c);
		else if ((answer = attempt_run(argv[i])) >= 0)
			printf("%s %s\n", argv[i], attempt_word(answer));
		fflush(stdout);
	}
	/* Threads may be about, and nothing is to be tidied. */
	_exit(0);
}
