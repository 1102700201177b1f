/* Runs the tests of a program, in the order of its lines. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"
#include "tests/unit/unit.h"

static struct CMUnitTest tests[64];
static int lines[MEM_COUNT(tests)];
static size_t count;

void
unit_add(int line, struct CMUnitTest test)
{
	size_t i = count++;

	if (count > MEM_COUNT(tests))
		abort();
	for (; i > 0 && lines[i - 1] > line; i--) {
		lines[i] = lines[i - 1];
		tests[i] = tests[i - 1];
	}
	lines[i] = line;
	tests[i] = test;
}

/* ---- the deadline ---- */

#define IDLE_S	20

static unsigned long idle_ticks;	/* at the last look */

static ssize_t
idle_read(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n;
}

/* Ticks of a processor that this process and those below it have used. *moves:
 * one of those below runs, waits to, or is being debugged. */
static unsigned long
idle_count(pid_t pid, bool *moves)
{
	char name[64], text[1024], *p, *rest;
	unsigned long user = 0, system = 0;
	char state = '?';

	if (idle_read(pid, "stat", text, sizeof(text)) <= 0 ||
	    (p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &state, &user, &system) != 3)
		return 0;
	if (pid != getpid() && strchr("RDTt", state) != NULL)
		*moves = true;
	user += system;
	snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	(void)idle_read(pid, name, text, sizeof(text));
	for (p = strtok_r(text, " ", &rest); p != NULL;
	    p = strtok_r(NULL, " ", &rest))
		user += idle_count((pid_t)strtol(p, NULL, 10), moves);
	return user;
}

/* A function in which nothing moves fails: cmocka takes SIGSYS for that, and goes
 * on. A slow machine makes the time no shorter: there they run, or wait to. */
static void
idle_look(int sig UNUSED)
{
	bool moves = false;
	unsigned long ticks = idle_count(getpid(), &moves);

	(void)alarm(IDLE_S);
	if (!moves && ticks - idle_ticks < 3)
		(void)raise(SIGSYS);
	idle_ticks = ticks;
}

int
unit_run(void)
{
	const struct sigaction look = { .sa_handler = idle_look,
		.sa_flags = SA_RESTART | SA_NODEFER };

	(void)sigaction(SIGALRM, &look, NULL);
	(void)alarm(IDLE_S);
	/* It skips those without a name. */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
unit_inotify(void)
{
	int fd, tries = 1000;

	while ((fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0 &&
	    errno == EMFILE && tries-- > 0)
		(void)poll(NULL, 0, 10);
	assert_true(fd >= 0);
	return fd;
}

/* Of a program that has none of its own. */
__attribute__((weak)) int
main(void)
{
	return unit_run();
}
