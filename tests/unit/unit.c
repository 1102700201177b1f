/* Runs the tests of a program, in the order of its lines. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>

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

int
unit_run(void)
{
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
